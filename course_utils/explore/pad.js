// The drawing pad: 32 × 32 pixels, drawn in the page. The drawing goes to Python when a stroke ends.
const SIZE = 32;
const RADII = { pen: 1.5, eraser: 2.1 };
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const LABEL =
  "Drawing pad of 32 by 32 pixels. Arrow keys move the cursor, with Shift by four pixels. " +
  "Space puts the pen down and lifts it. Tab leaves.";
const HINT = "or by keys: arrows move, Space draws";

const handles = ({ key, ctrlKey, altKey, metaKey }) => (key in STEPS || key === " ") && !ctrlKey && !altKey && !metaKey;
const read = (text) => Uint8Array.from(text.replaceAll("\n", ""), (character) => character === "#");
const write = (ink) =>
  Array.from({ length: SIZE }, (_, row) =>
    Array.from(ink.subarray(row * SIZE, (row + 1) * SIZE), (value) => (value ? "#" : ".")).join(""),
  ).join("\n");

const make = (tag, name, more = {}) => Object.assign(document.createElement(tag), { className: name }, more);

// Distance of a point from the piece of a line between two others.
function distance(x, y, [x0, y0], [x1, y1]) {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const along = ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy || 1);
  const t = Math.min(1, Math.max(0, along));
  return Math.hypot(x - x0 - t * dx, y - y0 - t * dy);
}

function rule(ink, from, to, tool) {
  const radius = RADII[tool];
  const [left, right] = [Math.min(from[0], to[0]) - radius, Math.max(from[0], to[0]) + radius];
  const [top, bottom] = [Math.min(from[1], to[1]) - radius, Math.max(from[1], to[1]) + radius];
  for (let row = Math.max(0, Math.floor(top)); row < Math.min(SIZE, bottom); row++)
    for (let column = Math.max(0, Math.floor(left)); column < Math.min(SIZE, right); column++)
      if (distance(column + 0.5, row + 0.5, from, to) <= radius) ink[row * SIZE + column] = tool === "pen";
}

function boxOf(ink) {
  const places = Array.from(ink.keys()).filter((place) => ink[place]);
  if (!places.length) return null;
  const [rows, columns] = [places.map((place) => Math.floor(place / SIZE)), places.map((place) => place % SIZE)];
  const [top, left] = [Math.min(...rows), Math.min(...columns)];
  return { top, left, height: Math.max(...rows) + 1 - top, width: Math.max(...columns) + 1 - left };
}

function render({ model, el }) {
  const paper = make("div", "pad-paper");
  const canvas = make("canvas", "pad-canvas", { width: SIZE, height: SIZE, tabIndex: 0 });
  const frame = make("div", "pad-frame");
  const cursor = make("div", "pad-cursor");
  const tools = make("div", "pad-tools");
  const live = make("div", "pad-live");
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-label", LABEL);
  live.setAttribute("aria-live", "polite");
  live.textContent = HINT;
  tools.setAttribute("role", "group");
  tools.setAttribute("aria-label", "Tool");
  paper.append(canvas, make("div", "pad-lines"), frame, cursor);
  el.classList.add("pad");
  el.append(paper, tools, live);

  const context = canvas.getContext("2d");
  let ink = read(model.get("value"));
  let tool = "pen";
  let stroke = null; // { by: pointer id or "keys", tool, last: [x, y] } while the pen is down
  let place = [SIZE / 2, SIZE / 2]; // of the keyboard's cursor

  function show() {
    const pixels = context.createImageData(SIZE, SIZE);
    for (let i = 0; i < ink.length; i++) pixels.data.set(ink[i] ? [255, 255, 255, 255] : [0, 0, 0, 255], 4 * i);
    context.putImageData(pixels, 0, 0);
    const box = stroke || model.get("blocks") ? null : boxOf(ink);
    frame.hidden = !box;
    for (const [side, value] of Object.entries(box ?? {})) frame.style[side] = `${(100 * value) / SIZE}%`;
    paper.classList.toggle("pad-blocks", model.get("blocks"));
    for (const [side, value] of [["left", place[0]], ["top", place[1]]]) cursor.style[side] = `${(100 * value) / SIZE}%`;
    cursor.classList.toggle("pad-down", stroke?.by === "keys");
  }

  // Strokes

  function begin(by, at, with_) {
    end();
    stroke = { by, tool: with_, last: at };
    rule(ink, at, at, with_);
    show();
  }
  function draw(at) {
    rule(ink, stroke.last, at, stroke.tool);
    stroke.last = at;
    show();
  }
  function end() {
    if (!stroke) return;
    stroke = null;
    show();
    model.set("value", write(ink));
    model.save_changes();
  }

  // Mouse, touch and pen: one pointer at a time

  function at(event) {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * SIZE, ((event.clientY - box.top) / box.height) * SIZE];
  }
  canvas.addEventListener("pointerdown", (event) => {
    const erases = Boolean(event.buttons & 32); // the other end of a pen
    if ((stroke && stroke.by !== "keys") || (event.button !== 0 && !erases)) return;
    event.preventDefault();
    canvas.focus({ preventScroll: true });
    canvas.setPointerCapture(event.pointerId);
    paper.classList.remove("pad-keys");
    live.textContent = HINT;
    begin(event.pointerId, at(event), erases ? "eraser" : tool);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (stroke?.by !== event.pointerId) return;
    const between = event.getCoalescedEvents?.() ?? [];
    for (const each of between.length ? between : [event]) draw(at(each));
  });
  for (const type of ["pointerup", "pointercancel", "lostpointercapture"])
    canvas.addEventListener(type, (event) => stroke?.by === event.pointerId && end());

  // Keys

  function say() {
    const [column, row] = place.map((value) => Math.floor(value) + 1);
    const inked = ink[(row - 1) * SIZE + column - 1] ? "ink" : "paper";
    live.textContent = `row ${row}, column ${column}, ${inked}; ${tool} ${stroke ? "down" : "up"}`;
  }
  function move([right, down], steps) {
    place = place.map((value, i) => Math.min(SIZE - 0.5, Math.max(0.5, Math.floor(value) + 0.5 + steps * [right, down][i])));
    if (stroke?.by === "keys") draw(place);
    show();
  }
  canvas.addEventListener("keydown", (event) => {
    if (!handles(event)) return;
    const step = STEPS[event.key];
    event.preventDefault();
    event.stopPropagation();
    paper.classList.add("pad-keys");
    if (step) move(step, event.shiftKey ? 4 : 1);
    else if (!event.repeat && stroke?.by === "keys") end();
    else if (!event.repeat && !stroke) begin("keys", place.map((value) => Math.floor(value) + 0.5), tool);
    say();
  });
  canvas.addEventListener("keyup", (event) => handles(event) && event.stopPropagation());
  canvas.addEventListener("focus", () => {
    if (!canvas.matches(":focus-visible")) return;
    paper.classList.add("pad-keys");
    say();
  });
  canvas.addEventListener("blur", () => {
    if (stroke?.by === "keys") end();
    paper.classList.remove("pad-keys");
    live.textContent = HINT;
  });

  // Tools

  const buttons = Object.keys(RADII).map((name) => {
    const button = make("button", `pad-tool jupyter-button control-${name}`, { type: "button", textContent: name });
    button.addEventListener("click", () => choose(name));
    return button;
  });
  function choose(name) {
    tool = name;
    for (const button of buttons) {
      const chosen = button.textContent === name;
      button.classList.toggle("mod-active", chosen);
      button.setAttribute("aria-pressed", String(chosen));
    }
    paper.classList.toggle("pad-erasing", name === "eraser");
  }
  tools.append(...buttons);
  choose(tool);

  function changed() {
    if (stroke) return; // what is being drawn now will be sent, and then holds
    ink = read(model.get("value"));
    if (!ink.includes(1)) choose("pen"); // there is nothing left to erase
    show();
  }
  model.on("change:value", changed);
  model.on("change:blocks", show);
  show();
  return () => {
    model.off("change:value", changed);
    model.off("change:blocks", show);
  };
}

export default { render };
