// The picture with the square that the network sees: drag it, or its corner; arrow keys move it, + and − size it.
// The square is drawn at once; Python hears of it when it has come to rest.

const REST = 250;
const UNITS = 1000; // of the width, of the height, and for the side of the shorter one

function receive(component) {
  const frame = standing(component, build);
  const { data } = component;
  frame.component = component;
  frame.data = data;
  if (frame.image.src !== data.image) frame.image.src = data.image;
  frame.stage.style.setProperty("--wide", data.width / data.height);
  frame.stage.style.setProperty("--natural", `${data.width}px`);
  frame.stage.classList.toggle("tiny", data.tiny);
  frame.stage.setAttribute("aria-label", data.alt);
  if (!frame.drag && !frame.timer) frame.square = [...data.square];
  draw(frame);
}

function build() {
  const image = make("img", { alt: "", draggable: "false" });
  const grip = make("div", { class: "grip" });
  const square = make("div", { class: "square" }, grip);
  const stage = make("div", { class: "stage", tabindex: 0, role: "application" }, image, square);
  const hint = make("span", {});
  const middle = make("button", { type: "button" }, "back to the middle");
  const root = make("div", {}, stage, make("div", { class: "hint" }, hint, " ", middle));
  const frame = { root, stage, image, box: square, hint, middle, drag: null, timer: 0, data: null, square: null };
  middle.addEventListener("click", () => tell(frame, null));
  stage.addEventListener("pointerdown", (event) => {
    const [x, y] = at(frame, event);
    const sizing = event.target === grip;
    const inside = event.target === square;
    if (!sizing && !inside) {
      if (event.pointerType !== "mouse") return; // a finger beside the square scrolls the page
      const [across, down] = extent(frame, frame.square[2]);
      put(frame, x - across / 2, y - down / 2, frame.square[2]);
    }
    frame.drag = { sizing, x, y, from: [...frame.square] };
    stage.setPointerCapture(event.pointerId);
    event.preventDefault();
    stage.focus({ preventScroll: true });
  });
  stage.addEventListener("pointermove", (event) => {
    if (!frame.drag) return;
    const [x, y] = at(frame, event);
    const { sizing, from } = frame.drag;
    const [dx, dy] = [x - frame.drag.x, y - frame.drag.y];
    if (sizing) {
      const [across, down] = extent(frame, UNITS); // the shorter side, as shares of width and height
      put(frame, from[0], from[1], from[2] + Math.max((dx / across) * UNITS, (dy / down) * UNITS));
    } else put(frame, from[0] + dx, from[1] + dy, from[2]);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    stage.addEventListener(end, () => {
      if (!frame.drag) return;
      frame.drag = null;
      if (frame.moved) tell(frame, frame.square);
    });
  }
  stage.addEventListener("keydown", (event) => keys(frame, event));
  return frame;
}

/** Where a pointer is, in thousandths of width and height. */
function at({ stage }, event) {
  const box = stage.getBoundingClientRect();
  return [((event.clientX - box.left) / box.width) * UNITS, ((event.clientY - box.top) / box.height) * UNITS];
}

/** A side in thousandths of the shorter one, in thousandths of width and of height. */
function extent({ data }, side) {
  const shorter = Math.min(data.width, data.height);
  return [(side * shorter) / data.width, (side * shorter) / data.height];
}

function put(frame, left, top, side) {
  const { data } = frame;
  const clip = (value, low, high) => Math.max(low, Math.min(high, Math.round(value)));
  let most = UNITS;
  if (frame.drag?.sizing) {
    const [across, down] = extent(frame, UNITS); // the corner that is not held stays where it is
    most = Math.min(most, ((UNITS - left) / across) * UNITS, ((UNITS - top) / down) * UNITS);
  }
  const size = clip(Math.min(side, most), data.least, UNITS);
  const [across, down] = extent(frame, size);
  frame.square = [clip(left, 0, Math.floor(UNITS - across)), clip(top, 0, Math.floor(UNITS - down)), size];
  frame.moved = true;
  draw(frame);
}

function tell(frame, square) {
  clearTimeout(frame.timer);
  frame.moved = false;
  frame.timer = setTimeout(() => {
    frame.timer = 0;
    frame.component.setTriggerValue("square", square ?? "middle");
  }, square ? REST : 0);
}

function keys(frame, event) {
  const [left, top, side] = frame.square;
  const step = event.shiftKey ? 50 : 10;
  const grown = (by) => {
    const [before, after] = [extent(frame, side), extent(frame, side + by)];
    return [left - (after[0] - before[0]) / 2, top - (after[1] - before[1]) / 2, side + by];
  };
  const to = {
    ArrowRight: [left + step, top, side], ArrowLeft: [left - step, top, side], ArrowDown: [left, top + step, side],
    ArrowUp: [left, top - step, side], "+": grown(20), "=": grown(20), "-": grown(-20), "−": grown(-20),
  }[event.key];
  if (event.ctrlKey || event.metaKey || event.altKey || (!to && event.key !== "Home")) return;
  event.preventDefault();
  event.stopPropagation(); // or the page would turn to the next chapter
  if (!to) return tell(frame, null);
  put(frame, ...to);
  tell(frame, frame.square);
}

function draw(frame) {
  const { data, square } = frame;
  const [across, down] = extent(frame, square[2]);
  Object.assign(frame.box.style, { left: `${square[0] / 10}%`, top: `${square[1] / 10}%`, width: `${across / 10}%`, height: `${down / 10}%` });
  const chosen = data.chosen || frame.moved || frame.drag;
  frame.stage.classList.toggle("chosen", Boolean(chosen));
  frame.hint.textContent = data.hint;
  frame.middle.hidden = !data.chosen;
}
