"""What must hold for every exploration and guess, in any notebook; the tests of the lessons and of these checks share it."""

from collections.abc import Iterator

from driving import Driven, OpenNotebook, Seen, Shown, latencies, median, watch
from playwright.sync_api import Locator

DRAG, CLICK, SAMPLES = 50, 300, 30  # milliseconds; the build fails above three times as many


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


def check_keys(notebook: OpenNotebook, root: Locator) -> None:
    """No key pressed in a control reaches the notebook, and Tab and Escape leave."""
    stray = notebook.press_command_keys(root)
    assert not stray, "A key pressed in a control changed the notebook:\n" + "\n".join(stray)
    inside = "root => root.contains(document.activeElement)"
    root.locator("button:visible, input:visible, select:visible, [role=slider]:visible").last.focus()
    for _ in range(3):  # a slider's read-out may follow its handle
        notebook.page.keyboard.press("Tab")
    assert not root.evaluate(inside), "Tab does not leave the last control"
    root.locator("button:visible, input:visible, [role=slider]:visible").first.focus()
    notebook.page.keyboard.press("Escape")
    assert notebook.page.evaluate("() => document.activeElement.matches('.jp-Cell')"), "Escape does not leave"


def measure(shown: Shown) -> dict[str, float]:
    """Median milliseconds from input to picture, for 30 steps of a drag and 30 clicks."""
    shown.reset()
    watch(shown)
    times = {}
    sliders = [control for control in shown.controls() if control.has_range() and control.root.locator("[role=slider]").count()]
    if sliders:
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


def check_latency(times: dict[str, float], name: str) -> None:
    print(f"\n{name}: " + ", ".join(f"{kind} {time:.0f} ms" for kind, time in times.items()) + f" (targets {DRAG}, {CLICK})")
    targets = {"drag": DRAG, "click": CLICK}
    slow = {kind: round(time) for kind, time in times.items() if time > 3 * targets[kind]}
    assert not slow, f"{name}: {slow} ms, more than three times the target of {DRAG} ms a drag, {CLICK} ms a click"
