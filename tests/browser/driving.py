"""Opens a notebook in JupyterLab and does what a student does: drags, picks, types, presses keys, and looks."""

import statistics
from collections.abc import Iterator
from dataclasses import dataclass

from lab import Lab
from playwright.sync_api import Browser, Locator, Page

FOCUSABLE = "button, input, select, textarea, [contenteditable=true], [tabindex]:not([tabindex='-1'])"
COMMAND_KEYS = ("ArrowDown", "ArrowUp", "ArrowRight", "ArrowLeft", "a", "b", "m", "x", "d", "d", "Shift+Enter")
LIGHT, DARK = "JupyterLab Light", "JupyterLab Dark"

READY = "() => window.jupyterapp?.shell?.currentWidget?.sessionContext"
RUN = """async (theme) => {
    const { restored, shell, commands } = window.jupyterapp;
    await restored;
    await shell.currentWidget.sessionContext.ready;
    await commands.execute("apputils:change-theme", { theme });
    await commands.execute("notebook:run-all-cells");
}"""
ERRORS = """() => window.jupyterapp.shell.currentWidget.content.widgets
    .flatMap((cell) => cell.model.type === "code" ? cell.model.outputs.toJSON() : [])
    .filter((output) => output.output_type === "error")
    .map((output) => `${output.ename}: ${output.evalue}`)"""
NOTEBOOK = """() => {
    const notebook = window.jupyterapp.shell.currentWidget.content;
    const cell = ({ model }) => [model.type, model.sharedModel.getSource(), model.executionCount ?? null];
    return { active: notebook.activeCellIndex, mode: notebook.mode, cells: notebook.widgets.map(cell) };
}"""
# The kernel answers in turn, so its answer says that all before it is done. Widgets hold back a second change until
# the first is done, so one answer is not enough.
SETTLED = """async () => {
    const { session } = window.jupyterapp.shell.currentWidget.sessionContext;
    const pause = () => new Promise((done) => setTimeout(done, 8));
    await pause();
    for (let answers = 0; answers < 3; answers++) {
        await session.kernel.requestKernelInfo();
        await pause();
    }
}"""
LOOK = """(root) => {
    const [picture, readout, error] = ["picture", "readout", "error"].map((name) => root.querySelector(`.course-${name}`));
    const [frame, box] = [root, picture].map((element) => element.getBoundingClientRect());
    const place = [box.left - frame.left, box.top - frame.top, box.width, box.height].map(Math.round).join(" ");
    return [picture.innerHTML, readout.innerText.trim(), error.innerText.trim(), place];
}"""
# From each input event to the next change of the picture, on the page's own clock.
WATCH = """(picture) => {
    const watch = (window.courseWatch = { started: 0, taken: [] });
    const start = () => (watch.started = performance.now());
    for (const type of ["pointermove", "pointerdown", "click", "input", "change"])
        document.addEventListener(type, start, true);
    new MutationObserver(() => {
        if (watch.started) watch.taken.push(performance.now() - watch.started);
        watch.started = 0;
    }).observe(picture, { subtree: true, childList: true, characterData: true, attributes: true });
}"""


class OpenNotebook:
    """A notebook in a page of its own, with all its cells run."""

    def __init__(self, browser: Browser, lab: Lab, name: str, theme: str = LIGHT, width: int = 1280, height: int = 1400):
        self.page: Page = browser.new_page(viewport={"width": width, "height": height})
        self.page.set_default_timeout(30_000)
        self.page_errors: list[str] = []
        self.page.on("pageerror", lambda error: self.page_errors.append(str(error)))
        self.page.goto(lab.url(name))
        self.page.wait_for_function(READY, timeout=90_000)
        self.page.evaluate(RUN, theme)
        errors = self.page.evaluate(ERRORS)
        assert not errors, f"{name} does not run: {errors}"

    def close(self) -> None:
        self.page.close()

    def state(self) -> dict:
        """What a stray shortcut would change: the cells, their types and counts, and which one is active."""
        return self.page.evaluate(NOTEBOOK)

    def settle(self) -> None:
        self.page.evaluate(SETTLED)

    def hidden_errors(self) -> list[str]:
        """What JupyterLab keeps in its log instead of showing it, and what the page's scripts threw."""
        log = self.page.locator('#jp-main-statusbar [title*="log entries"]')
        return [log.nth(i).get_attribute("title") for i in range(log.count())] + self.page_errors

    def explorations(self) -> list["Shown"]:
        roots = self.page.locator(".course-exploration")
        return [Shown(self, roots.nth(i)) for i in range(roots.count())]

    def guesses(self) -> list[Locator]:
        return self.page.locator(".course-guess").all()

    def press_command_keys(self, root: Locator) -> list[str]:
        """Press every command-mode key in everything in `root` that takes the focus; what changed the notebook."""
        stray = []
        for element in root.locator(FOCUSABLE).all():
            if not element.is_visible() or not element.is_enabled():
                continue
            element.focus()
            before = self.state()
            for key in COMMAND_KEYS:
                self.page.keyboard.press(key)
            self.settle()
            if (after := self.state()) != before:
                name = element.evaluate("element => element.closest('[class*=control-]')?.className ?? element.outerHTML")
                stray.append(f"{name}: {before} became {after}")
        return stray


@dataclass(frozen=True)
class Seen:
    """What an exploration shows: the picture, the words under it, the error line and where the picture stands."""

    picture: str
    readout: str
    error: str
    place: str


class Shown:
    """One exploration in the page."""

    def __init__(self, notebook: OpenNotebook, root: Locator):
        self.notebook, self.root, self.page = notebook, root, notebook.page
        root.scroll_into_view_if_needed()
        root.locator(".course-picture svg, .course-picture img").first.wait_for()

    def look(self) -> Seen:
        return Seen(*self.root.evaluate(LOOK))

    def call(self) -> str:
        return self.root.locator(".course-call").inner_text().strip()

    def reset(self) -> None:
        self.root.locator(".control-reset").click()
        self.notebook.settle()

    def presets(self) -> list[Locator]:
        return self.root.locator("[class*=control-preset-]").all()

    def controls(self) -> list["Driven"]:
        return [Driven(self, control) for control in self.root.locator(".course-control").all()]


class Driven:
    """One control, whatever it is made of. `by_mouse` and `by_keyboard` use its whole range and stop after each step."""

    def __init__(self, shown: Shown, root: Locator):
        self.shown, self.root, self.page = shown, root, shown.page
        classes = root.get_attribute("class").split()
        self.name = next(name for name in classes if name.startswith("control-"))

    def has_range(self) -> bool:
        """A slider can be stuck: with one layer there is one layer to look at."""
        handle = self.root.locator("[role=slider]")
        limits = ("aria-valuemin", "aria-valuemax")
        return not handle.count() or len({handle.get_attribute(limit) for limit in limits}) == 2

    def free(self) -> None:
        """Go to the first state or puzzle in which the control can move."""
        self.shown.reset()
        for preset in self.shown.presets():
            if self.has_range():
                return
            preset.click()
            self.shown.notebook.settle()
        assert self.has_range(), f"{self.name} can be moved in no state that a button leads to"

    def by_mouse(self) -> Iterator[None]:
        kinds = {
            "[role=slider]": self._drag,
            "select": self._pick,
            "input[type=text], input[type=number]": self._type_by_mouse,
            "button, input[type=radio], input[type=checkbox]": self._click_all,
        }
        yield from self._settled(self._kind(kinds)())

    def by_keyboard(self) -> Iterator[None]:
        kinds = {
            "[role=slider]": self._slide_keys,
            "select": self._pick_keys,
            "input[type=text], input[type=number]": self._type,
            "button, input[type=radio], input[type=checkbox]": self._press_all,
        }
        yield from self._settled(self._kind(kinds)())

    def _kind(self, kinds: dict):
        return next(drive for selector, drive in kinds.items() if self.root.locator(selector).count())

    def _settled(self, steps: Iterator[None]) -> Iterator[None]:
        for step in steps:
            self.shown.notebook.settle()
            yield step

    def _drag(self) -> Iterator[None]:
        for share in (0.0, 1.0, 0.5):
            handle, track = self.root.locator("[role=slider]"), self.root.locator(".noUi-base")
            start, line = handle.bounding_box(), track.bounding_box()
            y = start["y"] + start["height"] / 2
            self.page.mouse.move(start["x"] + start["width"] / 2, y)
            self.page.mouse.down()
            self.page.mouse.move(line["x"] + share * line["width"], y, steps=12)
            self.page.mouse.up()
            yield

    def _slide_keys(self) -> Iterator[None]:
        self.root.locator("[role=slider]").focus()
        for key in ("Home", "End", "ArrowLeft", "ArrowRight", "PageDown", "ArrowUp", "ArrowDown"):
            self.page.keyboard.press(key)
            yield

    def _pick(self) -> Iterator[None]:
        box = self.root.locator("select")
        for option in box.locator("option").all_inner_texts():
            box.select_option(label=option)
            yield

    def _pick_keys(self) -> Iterator[None]:
        box = self.root.locator("select")
        box.focus()
        for key in ("Home", *["ArrowDown"] * (box.locator("option").count() - 1), "ArrowUp"):
            self.page.keyboard.press(key)
            yield

    def _type_by_mouse(self) -> Iterator[None]:
        self.root.locator("input").click(click_count=3)
        yield from self._type_over()

    def _type(self) -> Iterator[None]:
        self.root.locator("input").focus()
        yield from self._type_over()
        for key in ("ArrowUp", "ArrowDown"):
            self.page.keyboard.press(key)
            yield

    def _type_over(self) -> Iterator[None]:
        for number in ("-3", "0.5", "1/9", "2"):
            self.page.keyboard.press("ControlOrMeta+a")
            self.page.keyboard.type(number)
            self.page.keyboard.press("Enter")
            yield

    def _click_all(self) -> Iterator[None]:
        for button in self.root.locator("button, input").all():
            button.click()
            yield

    def _press_all(self) -> Iterator[None]:
        for button in self.root.locator("button, input").all():
            button.focus()
            self.page.keyboard.press("Space")
            yield


def watch(shown: Shown) -> None:
    """Start the stopwatch of `latencies`."""
    shown.root.locator(".course-picture").evaluate(WATCH)


def latencies(shown: Shown, steps: Iterator[None], wanted: int) -> list[float]:
    """Milliseconds from input to changed picture for `wanted` steps of `steps`; steps without a change do not count."""
    shown.page.evaluate("() => { window.courseWatch.taken = []; }")
    for _ in steps:
        shown.notebook.settle()
        if shown.page.evaluate("() => window.courseWatch.taken.length") >= wanted:
            break
    return shown.page.evaluate("() => window.courseWatch.taken")[:wanted]


def median(values: list[float]) -> float:
    return statistics.median(values) if values else float("inf")
