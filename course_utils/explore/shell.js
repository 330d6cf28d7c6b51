// What native ipywidgets cannot do for an exploration: announce its read-out, let a picture be pointed at,
// and step a number in a text field with the arrow keys.
const clamp = (value) => Math.min(1, Math.max(0, value));

function announce(root) {
  for (const line of root.querySelectorAll(".course-live")) line.setAttribute("aria-live", "polite");
}

// Pointing at an element with data-pick tells Python its name and the place in it, both from 0 to 1.
// The picture is redrawn while the pointer moves, so the element is looked up again each time.
function pointing(root, model) {
  const picture = root.querySelector(".course-picture");
  let name = null;
  const pick = (event) => {
    const box = picture.querySelector(`[data-pick="${name}"]`)?.getBoundingClientRect();
    if (!box) return;
    const x = clamp((event.clientX - box.left) / box.width);
    const y = clamp((event.clientY - box.top) / box.height);
    model.set("picked", { name, x, y });
    model.save_changes();
  };
  picture.addEventListener("pointerdown", (event) => {
    name = event.target.closest("[data-pick]")?.dataset.pick ?? null;
    if (name === null) return;
    event.preventDefault();
    picture.setPointerCapture(event.pointerId);
    pick(event);
  });
  picture.addEventListener("pointermove", (event) => name !== null && pick(event));
  for (const end of ["pointerup", "pointercancel"]) picture.addEventListener(end, () => (name = null));
}

function stepping(root) {
  root.addEventListener("keydown", (event) => {
    const field = event.target.closest(".course-number input");
    const step = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!field || !step) return;
    const value = Number(field.value.replace("−", "-"));
    if (Number.isNaN(value)) return;
    event.preventDefault();
    field.value = String(Number((value + step).toFixed(6))).replace("-", "−");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

// The frame is rendered before it stands in the page.
function render({ model, el }) {
  let waiting = requestAnimationFrame(function connect() {
    const root = el.closest(".course-exploration");
    if (!root) return (waiting = requestAnimationFrame(connect));
    announce(root);
    pointing(root, model);
    stepping(root);
  });
  return () => cancelAnimationFrame(waiting);
}

export default { render };
