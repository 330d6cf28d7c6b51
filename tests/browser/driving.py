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
# What the page's widgets tell the kernel is noted until the kernel says that it is done with it.
RUN = """async (theme) => {
    const { restored, shell, commands } = window.jupyterapp;
    await restored;
    const { sessionContext } = shell.currentWidget;
    await sessionContext.ready;
    if (!window.courseAsked) {
        const asked = (window.courseAsked = new Set());
        sessionContext.session.kernel.anyMessage.connect((_, { msg, direction }) => {
            if (direction === "send" && msg.header.msg_type === "comm_msg") asked.add(msg.header.msg_id);
            if (msg.content.execution_state === "idle") asked.delete(msg.parent_header.msg_id);
        });
    }
    window.courseAsked.clear();
    await commands.execute("apputils:change-theme", { theme });
    await commands.execute("notebook:run-all-cells");
}"""
RESTART = "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()"
ERRORS = """() => window.jupyterapp.shell.currentWidget.content.widgets
    .flatMap((cell) => cell.model.type === "code" ? cell.model.outputs.toJSON() : [])
    .filter((output) => output.output_type === "error")
    .map((output) => `${output.ename}: ${output.evalue}`)"""
NOTEBOOK = """() => {
    const notebook = window.jupyterapp.shell.currentWidget.content;
    const cell = ({ model }) => [model.type, model.sharedModel.getSource(), model.executionCount ?? null];
    return { active: notebook.activeCellIndex, mode: notebook.mode, cells: notebook.widgets.map(cell) };
}"""
# Widgets speak with a thread of their own in the kernel, so an answer from its main thread says nothing about them; but
# it comes after all that they were told before. Widgets hold back a second change until the first is done, so one
# answer is not enough.
SETTLED = """async (wanted) => {
    const { session } = window.jupyterapp.shell.currentWidget.sessionContext;
    const pause = () => new Promise((done) => setTimeout(done, 8));
    const patience = performance.now() + 30_000;
    await pause();
    for (let answers = 0; answers < wanted; answers++) {
        while (window.courseAsked.size && performance.now() < patience) await pause();
        await session.kernel.requestKernelInfo();
        await pause();
    }
}"""
LOOK = """(root) => {
    const part = (name) => root.querySelector(`.course-${name}`);
    const [picture, readout, error] = ["picture", "readout", "error"].map(part);
    const [frame, box] = [root, picture].map((element) => element.getBoundingClientRect());
    const place = [box.left - frame.left, box.top - frame.top, box.width, box.height].map(Math.round).join(" ");
    return [picture.innerHTML, readout.innerText.trim(), error.innerText.trim(), place];
}"""
# From each input event to the next change of the picture, on the page's own clock.
WATCH = """(picture) => {
    const watch = (window.courseWatch = { started: 0, taken: [] });
    const start = () => (watch.started = performance.now());
    for (const type of ["pointermove", "pointerdown", "pointerup", "click", "input", "change"])
        document.addEventListener(type, start, true);
    new MutationObserver(() => {
        if (watch.started) watch.taken.push(performance.now() - watch.started);
        watch.started = 0;
    }).observe(picture, { subtree: true, childList: true, characterData: true, attributes: true });
}"""


class OpenNotebook:
    """A notebook in a page of its own, with all its cells run."""

    def __init__(self, browser: Browser, lab: Lab, name: str, theme: str = LIGHT, width: int = 1280):
        self.page: Page = browser.new_page(viewport={"width": width, "height": 1400})
        self.page.set_default_timeout(30_000)
        self.page_errors: list[str] = []
        self.page.on("pageerror", lambda error: self.page_errors.append(str(error)))
        self._address, self._theme = lab.url(name), theme
        self.load()

    def load(self) -> None:
        """Load the page, for the first time or anew, and run all cells. A kernel that runs goes on running."""
        self.page.goto(self._address)
        self.page.wait_for_function(READY, timeout=90_000)
        self.run()

    def run(self) -> None:
        """Run all cells."""
        self.page.evaluate(RUN, self._theme)
        errors = self.page.evaluate(ERRORS)
        assert not errors, f"{self.page.url} does not run: {errors}"

    def restart(self) -> None:
        """Restart the kernel, and run all cells."""
        self.page.evaluate(RESTART)
        self.run()

    def close(self) -> None:
        self.page.close()

    def state(self) -> dict:
        """What a stray shortcut would change: the cells, their types and counts, and which one is active."""
        return self.page.evaluate(NOTEBOOK)

    def settle(self, answers: int = 3) -> None:
        """Wait until the kernel and the page are done with all that was done to them."""
        self.page.evaluate(SETTLED, answers)

    def hidden_errors(self) -> list[str]:
        """What JupyterLab keeps in its log instead of showing it, and what the page's scripts threw."""
        log = self.page.locator('#jp-main-statusbar [title*="log entries"]')
        return [log.nth(i).get_attribute("title") for i in range(log.count())] + self.page_errors

    def exploration(self, number: int = 0) -> "Shown":
        return Shown(self, self.page.locator(".course-exploration").nth(number))

    def guess(self, number: int = 0) -> Locator:
        return self.page.locator(".course-guess").nth(number)

    def press_command_keys(self, element: Locator) -> tuple[dict, dict]:
        """Press every command-mode key in an element with the focus; the notebook's state before and after."""
        element.focus()
        before = self.state()
        for key in COMMAND_KEYS:
            self.page.keyboard.press(key)
        self.settle()
        return before, self.state()


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
        root.locator(".course-picture svg, .course-picture img").first.wait_for()
        root.scroll_into_view_if_needed()

    def look(self) -> Seen:
        return Seen(*self.root.evaluate(LOOK))

    def call(self) -> str:
        return self.root.locator(".course-call").inner_text().strip()

    def reset(self) -> None:
        self.root.locator(".control-reset").click()
        self.notebook.settle()

    def targets(self) -> list[str]:
        """The names of the places in the picture that one can point at."""
        places = self.root.locator(".course-picture [data-pick]")
        return places.evaluate_all("all => all.map((one) => one.dataset.pick)")

    def point(self, target: str, x: float, y: float) -> None:
        """Press at a place of a target, both from 0 to 1, and drag a little."""
        box = self.root.locator(f".course-picture [data-pick='{target}']").bounding_box()
        place = box["x"] + x * box["width"], box["y"] + y * box["height"]
        self.page.mouse.move(*place)
        self.page.mouse.down()
        self.page.mouse.move(place[0] + 1, place[1] + 1)
        self.page.mouse.up()
        self.notebook.settle()

    def presets(self) -> list[Locator]:
        return self.root.locator("[class*=control-preset-]").all()

    def controls(self) -> list["Driven"]:
        return [Driven(self, control) for control in self.root.locator(".course-control").all()]


class Driven:
    """One control, whatever it is made of. `by_mouse` and `by_keyboard` move through it and stop after each step."""

    def __init__(self, shown: Shown, root: Locator):
        self.shown, self.root, self.page = shown, root, shown.page
        classes = root.get_attribute("class").split()
        self.name = next(name for name in classes if name.startswith("control-"))

    def is_slider(self) -> bool:
        return self.root.locator("[role=slider]").count() == 1

    def has_range(self) -> bool:
        """A slider can be stuck: with one layer there is one layer to look at."""
        if not self.is_slider():
            return True
        low, high = (self.root.locator("[role=slider]").get_attribute(f"aria-value{end}") for end in ("min", "max"))
        return low != high

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
            ".pad-canvas": self._draw,
            "textarea": self._write_by_mouse,
            "[role=slider]": self._drag,
            "select": self._pick,
            "input[type=text], input[type=number]": self._type_by_mouse,
            "button, input[type=radio], input[type=checkbox]": self._click_all,
        }
        yield from self._settled(self._kind(kinds)())

    def by_keyboard(self) -> Iterator[None]:
        kinds = {
            ".pad-canvas": self._draw_keys,
            "textarea": self._write,
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

    def _draw(self) -> Iterator[None]:
        """Two strokes, and one with the eraser."""
        box = self.root.locator(".pad-canvas").bounding_box()
        for tool, stroke in (
            ("pen", (0.3, 0.2, 0.4, 0.8)),
            ("pen", (0.4, 0.8, 0.7, 0.8)),
            ("eraser", (0, 0.5, 1, 0.5)),
        ):
            self.root.locator(f".control-{tool}").click()
            x, y, to_x, to_y = (share * box["width"] for share in stroke)
            self.page.mouse.move(box["x"] + x, box["y"] + y)
            self.page.mouse.down()
            self.page.mouse.move(box["x"] + to_x, box["y"] + to_y, steps=8)
            self.page.mouse.up()
            yield

    def _draw_keys(self) -> Iterator[None]:
        for way in ("ArrowDown", "ArrowLeft"):
            self.root.locator(".pad-canvas").focus()
            for key in ("Space", *[way] * 9, "Space"):
                self.page.keyboard.press(key)
            yield

    def _write_by_mouse(self) -> Iterator[None]:
        self.root.locator("textarea").click()
        yield from self._write_over(".##.\n#..#\n.##.\n#..#\n.##.")

    def _write(self) -> Iterator[None]:
        self.root.locator("textarea").focus()
        yield from self._write_over("##\n.#\n.#", "###\n.#.")

    def _write_over(self, *texts: str) -> Iterator[None]:
        """Text counts when its field is left."""
        for text in texts:
            self.root.locator("textarea").focus()
            self.page.keyboard.press("ControlOrMeta+a")
            self.page.keyboard.type(text)
            self.page.keyboard.press("Tab")
            yield

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
        for key in ("End", "ArrowUp", "Home", "ArrowDown"):
            self.page.keyboard.press(key)
            yield

    def _type_by_mouse(self) -> Iterator[None]:
        self.root.locator("input").click(click_count=3)
        yield from self._type_over("-3", "2")

    def _type(self) -> Iterator[None]:
        self.root.locator("input").focus()
        yield from self._type_over("0.5", "1/9", "2")
        for key in ("ArrowUp", "ArrowDown"):
            self.page.keyboard.press(key)
            yield

    def _type_over(self, *numbers: str) -> Iterator[None]:
        for number in numbers:
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
    """Milliseconds from input to changed picture for `wanted` steps of `steps`, each after the last one was answered.

    Steps without a change do not count.
    """
    shown.page.evaluate("() => { window.courseWatch.taken = []; }")
    for _ in steps:
        shown.notebook.settle(answers=1)
        if shown.page.evaluate("() => window.courseWatch.taken.length") >= wanted:
            break
    return shown.page.evaluate("() => window.courseWatch.taken")[:wanted]


def median(values: list[float]) -> float:
    return statistics.median(values) if values else float("inf")
