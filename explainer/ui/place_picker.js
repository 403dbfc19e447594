// A picture with one feature map laid over it: hover to read a position, click or arrow keys to choose it.

const SETTLE_MS = 120;

function receive(component) {
  const { data } = component;
  const picker = standing(component, build);
  picker.component = component;
  draw(picker, data);
}

function build() {
  const root = document.createElement("div");
  root.className = "root";
  root.innerHTML = `<div class="stage" tabindex="0" role="application">
      <img alt=""><canvas></canvas><div class="field chosen"></div><div class="field hovered"></div>
    </div><div class="hint number" aria-live="polite"></div>`;
  const find = (name) => root.querySelector(name);
  const picker = {
    root, stage: find(".stage"), image: find("img"), canvas: find("canvas"), hint: find(".hint"),
    chosen: find(".chosen"), hovered: find(".hovered"), timer: 0,
  };
  picker.stage.addEventListener("pointermove", (event) => hover(picker, place(picker, event)));
  picker.stage.addEventListener("pointerleave", () => hover(picker, null));
  picker.stage.addEventListener("click", (event) => choose(picker, place(picker, event), 0));
  picker.stage.addEventListener("keydown", (event) => move(picker, event));
  return picker;
}

function draw(picker, data) {
  if (picker.data?.image !== data.image) picker.image.src = data.image;
  picker.data = data;
  picker.values = floats(data.values);
  picker.stage.setAttribute("aria-label", data.alt);
  picker.stage.style.aspectRatio = `${data.width} / ${data.height}`;
  overlay(picker);
  if (picker.timer === 0) picker.selected = data.selected;
  hover(picker, null);
}

// One canvas pixel a unit, each over the middle of what the unit sees; silent units stay clear.
function overlay({ canvas, data, values }) {
  const { rows, columns, window: w, ramp, signed } = data;
  canvas.width = columns;
  canvas.height = rows;
  const corner = w.start + (w.size - w.step) / 2;
  place_on(canvas, data, corner, corner, columns * w.step, rows * w.step);
  const pen = canvas.getContext("2d");
  const picture = pen.createImageData(columns, rows);
  const size = (value) => (signed ? Math.abs(value) : Math.max(0, value));
  const largest = data.largest ?? values.reduce((most, value) => Math.max(most, size(value)), 1e-12);
  values.forEach((value, i) => {
    const level = Math.min(1, size(value) / largest);
    const colour = ramp[Math.round(signed ? 127.5 + 127.5 * Math.sign(value) * level : level * 255)];
    picture.data.set([...colour, Math.round(255 * Math.min(1, 1.8 * level))], 4 * i);
  });
  pen.putImageData(picture, 0, 0);
}

function place_on(element, data, left, top, width, height) {
  element.style.left = `${(100 * left) / data.width}%`;
  element.style.top = `${(100 * top) / data.height}%`;
  element.style.width = `${(100 * width) / data.width}%`;
  element.style.height = `${(100 * height) / data.height}%`;
}

function place({ stage, data }, event) {
  const box = stage.getBoundingClientRect();
  const x = ((event.clientX - box.left) / box.width) * data.width;
  const y = ((event.clientY - box.top) / box.height) * data.height;
  const { start, size, step } = data.window;
  const nearest = (pixel, count) =>
    Math.max(0, Math.min(count - 1, Math.round((pixel - start - size / 2) / step)));
  return [nearest(y, data.rows), nearest(x, data.columns)];
}

function hover(picker, where) {
  const { data, selected, values } = picker;
  frame(picker.chosen, data, selected);
  frame(picker.hovered, data, where);
  const [row, column] = where ?? selected;
  const value = values[row * data.columns + column];
  picker.hint.textContent = `row ${row}, column ${column}: ${value.toFixed(2)}`;
}

function frame(element, data, where) {
  element.hidden = !where;
  if (!where) return;
  const { start, size, step } = data.window;
  // A field may reach beyond the picture; its frame stays where it can be seen.
  const span = (index, length) => {
    const near = Math.max(0, start + index * step);
    return [near, Math.min(length, start + index * step + size) - near];
  };
  const [left, width] = span(where[1], data.width);
  const [top, height] = span(where[0], data.height);
  place_on(element, data, left, top, width, height);
}

function choose(picker, where, delay) {
  picker.selected = where;
  hover(picker, null);
  clearTimeout(picker.timer);
  picker.timer = setTimeout(() => {
    picker.timer = 0;
    picker.component.setStateValue("place", where);
  }, delay);
}

function move(picker, event) {
  const step = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
  if (!step) return;
  event.preventDefault();
  event.stopPropagation(); // or the page would turn to the next chapter
  const { rows, columns } = picker.data;
  const row = Math.max(0, Math.min(rows - 1, picker.selected[0] + step[0]));
  const column = Math.max(0, Math.min(columns - 1, picker.selected[1] + step[1]));
  choose(picker, [row, column], SETTLE_MS);
}
