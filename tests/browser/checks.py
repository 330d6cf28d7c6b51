"""What must hold for every exploration and guess, in any notebook."""

from collections.abc import Iterator

from driving import FOCUSABLE, Driven, OpenNotebook, Seen, Shown, latencies, median, watch
from playwright.sync_api import Locator

TARGETS = {"drag": 50, "stroke": 50, "click": 300}  # milliseconds; the build fails above three times as many
SAMPLES = 30


def check_control(shown: Shown, control: Driven) -> None:
    """By mouse and by keyboard the control changes picture and read-out, without an error, and nothing jumps."""
    for drive in (control.by_mouse, control.by_keyboard):
        control.free()
        seen = [shown.look(), *_looks(shown, drive())]
        where = f"{control.name}, {drive.__name__.replace('_', ' ')}"
        assert len({each.picture for each in seen}) > 1, f"{where}: the picture did not change"
        assert len({each.readout for each in seen}) > 1, f"{where}: the read-out did not change"
        assert not [each.error for each in seen if each.error], f"{where}: {[each.error for each in seen]}"
        assert len({each.place for each in seen}) == 1, f"{where}: the picture jumped, {[each.place for each in seen]}"


def _looks(shown: Shown, steps: Iterator[None]) -> Iterator[Seen]:
    for _ in steps:
        yield shown.look()


def check_pointing(shown: Shown) -> None:
    """Pointing into the picture changes what is on view, wherever the picture offers it."""
    shown.reset()
    calls = [shown.call()]
    for target in shown.targets():
        for place in ((0.3, 0.6), (0.99, 0.99)):
            shown.point(target, *place)
            calls.append(shown.call())
    assert len(set(calls)) > 1 or not shown.targets(), "Pointing at the picture changes nothing"
    assert not shown.look().error
    shown.reset()


def check_puzzles(shown: Shown) -> None:
    """Every puzzle button asks its question, and Reset leads back to where it all began."""
    shown.reset()
    first = shown.look()
    for preset in shown.presets():
        preset.click()
        shown.notebook.settle()
        asked = shown.root.locator(".course-task").inner_text()
        assert asked.startswith(preset.get_attribute("title")), f"{preset.inner_text()} asks {asked!r}"
        assert not shown.look().error
    shown.reset()
    assert shown.look() == first, "Reset does not lead back to the first state"


def check_keys(notebook: OpenNotebook, root: Locator) -> None:
    """No key pressed in a control reaches the notebook, and Tab and Escape leave."""
    for element in root.locator(FOCUSABLE).all():
        if element.is_visible() and element.is_enabled():
            name = element.evaluate("element => element.closest('[class*=control-]')?.className ?? element.outerHTML")
            before, after = notebook.press_command_keys(element)
            assert before == after, f"A key pressed in {name} changed the notebook from {before} to {after}"
    inside = "root => root.contains(document.activeElement)"
    root.locator(FOCUSABLE).locator("visible=true").last.focus()
    for _ in range(3):  # a slider's read-out may follow its handle
        notebook.page.keyboard.press("Tab")
    assert not root.evaluate(inside), "Tab does not leave the last control"
    root.locator(FOCUSABLE).locator("visible=true").first.focus()
    notebook.page.keyboard.press("Escape")
    assert notebook.page.evaluate("() => document.activeElement.matches('.jp-Cell')"), "Escape does not leave"


def measure(shown: Shown) -> dict[str, float]:
    """Median milliseconds from input to picture, for 30 steps of a drag and 30 clicks."""
    shown.reset()
    watch(shown)
    times = {}
    if sliders := [control for control in shown.controls() if control.is_slider() and control.has_range()]:
        times["drag"] = median(latencies(shown, _small_drags(sliders), SAMPLES))
    times["click"] = median(latencies(shown, _clicks(shown), SAMPLES))
    return times


def _small_drags(sliders: list[Driven]) -> Iterator[None]:
    """One slider after the other, from end to end and back, a few pixels at a time."""
    for control in sliders * 4:
        page, handle = control.page, control.root.locator("[role=slider]")
        box, line = handle.bounding_box(), control.root.locator(".noUi-base").bounding_box()
        y = box["y"] + box["height"] / 2
        page.mouse.move(box["x"] + box["width"] / 2, y)
        page.mouse.down()
        for step in [*range(0, 13), *range(12, -1, -1)]:
            page.mouse.move(line["x"] + line["width"] * step / 12, y)
            yield
        page.mouse.up()


def _clicks(shown: Shown) -> Iterator[None]:
    """Puzzles and Reset in turn."""
    buttons = [*shown.presets(), shown.root.locator(".control-reset")]
    for button in buttons * 40:
        button.click()
        yield


def check_latency(times: dict[str, float], name: str, record) -> None:
    """Fail above three times the target; what was measured is shown at the end of the run, also of a green one."""
    measured = ", ".join(f"{kind} {time:.0f} ms (target {TARGETS[kind]})" for kind, time in times.items())
    record("latency", f"{name}: {measured}")
    slow = [kind for kind, time in times.items() if time > 3 * TARGETS[kind]]
    assert not slow, f"{name}: {' and '.join(slow)} more than three times as slow as wanted: {measured}"
