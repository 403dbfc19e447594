// A picture on whose raster a region is painted: drag to paint, or move with the arrow keys and press space.
// Every stroke shows at once; Python hears of it through "cells" when the stroke ends.

const SETTLE_MS = 250;

function receive(component) {
  const { data } = component;
  const brush = standing(component, build);
  brush.component = component;
  if (brush.data?.image !== data.image) brush.image.src = data.image;
  brush.data = data;
  if (!brush.drawing && brush.timer === 0) brush.cells = [...data.cells].map(Number);
  brush.stage.setAttribute("aria-label", data.alt);
  draw(brush);
}

function build() {
  const root = document.createElement("div");
  root.className = "root";
  root.innerHTML = `<div class="tools" role="toolbar" aria-label="Painting">
      <button data-tool="brush" aria-pressed="true">brush</button><button data-tool="box" aria-pressed="false">box</button>
      <button data-tool="erase" aria-pressed="false">erase</button>
      <span class="gap"></span><button data-do="invert">all else</button><button data-do="clear">clear</button></div>
    <div class="stage" tabindex="0" role="application"><img alt=""><canvas></canvas></div>
    <div class="hint" aria-live="polite"></div>`;
  const find = (name) => root.querySelector(name);
  const brush = {
    root, stage: find(".stage"), image: find("img"), canvas: find("canvas"), hint: find(".hint"),
    tool: "brush", cells: [], drawing: false, timer: 0, cursor: null,
  };
  for (const button of root.querySelectorAll("[data-tool]")) {
    button.addEventListener("click", () => {
      brush.tool = button.dataset.tool;
      for (const other of root.querySelectorAll("[data-tool]")) other.setAttribute("aria-pressed", other === button);
    });
  }
  find("[data-do=clear]").addEventListener("click", () => all(brush, () => 0));
  find("[data-do=invert]").addEventListener("click", () => all(brush, (cell) => 1 - cell));
  const { stage } = brush;
  stage.addEventListener("pointerdown", (event) => {
    stage.setPointerCapture(event.pointerId);
    Object.assign(brush, { drawing: true, from: at(brush, event), before: [...brush.cells], cursor: null });
    stroke(brush, brush.from);
    event.preventDefault();
    stage.focus({ preventScroll: true });
  });
  stage.addEventListener("pointermove", (event) => brush.drawing && stroke(brush, at(brush, event)));
  for (const end of ["pointerup", "pointercancel"]) stage.addEventListener(end, () => finish(brush, 0));
  stage.addEventListener("keydown", (event) => keys(brush, event));
  stage.addEventListener("blur", () => { brush.cursor = null; draw(brush); });
  return brush;
}

function at({ stage, data }, event) {
  const box = stage.getBoundingClientRect();
  const cell = (offset, length) => Math.max(0, Math.min(data.side - 1, Math.floor((offset / length) * data.side)));
  return [cell(event.clientY - box.top, box.height), cell(event.clientX - box.left, box.width)];
}

function stroke(brush, [row, column]) {
  const { side } = brush.data;
  const value = brush.tool === "erase" ? 0 : 1;
  let rows, columns;
  if (brush.tool === "box") {
    brush.cells = [...brush.before];
    rows = [brush.from[0], row].sort((a, b) => a - b);
    columns = [brush.from[1], column].sort((a, b) => a - b);
  } else {
    rows = [row - 1, row + 1];
    columns = [column - 1, column + 1];
  }
  for (let r = Math.max(0, rows[0]); r <= Math.min(side - 1, rows[1]); r++)
    for (let c = Math.max(0, columns[0]); c <= Math.min(side - 1, columns[1]); c++) brush.cells[r * side + c] = value;
  draw(brush);
}

function all(brush, change) {
  brush.cells = brush.cells.map(change);
  draw(brush);
  finish(brush, 0);
}

function finish(brush, delay) {
  brush.drawing = false;
  clearTimeout(brush.timer);
  brush.timer = setTimeout(() => {
    brush.timer = 0;
    brush.component.setStateValue("cells", brush.cells.join(""));
  }, delay);
}

function keys(brush, event) {
  const step = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
  const paint = event.key === " " || event.key === "Enter";
  if (!step && !paint) return;
  event.preventDefault();
  event.stopPropagation(); // or the page would turn to the next chapter
  const last = brush.data.side - 1;
  const [row, column] = brush.cursor ?? [last >> 1, last >> 1];
  const clip = (place) => Math.max(0, Math.min(last, place));
  brush.cursor = step ? [clip(row + step[0]), clip(column + step[1])] : [row, column];
  if (paint) {
    Object.assign(brush, { from: brush.cursor, before: [...brush.cells] });
    stroke(brush, brush.cursor);
    finish(brush, SETTLE_MS);
  }
  draw(brush);
}

// While it is drawn, the region is tinted; its outline stays.
function draw(brush) {
  const { canvas, data, cells, cursor } = brush;
  const zoom = 12;
  canvas.width = canvas.height = data.side * zoom;
  const pen = canvas.getContext("2d");
  const colour = getComputedStyle(brush.root).getPropertyValue("--accent").trim() || "#e2572e";
  const painted = (r, c) => r >= 0 && c >= 0 && r < data.side && c < data.side && cells[r * data.side + c] === 1;
  const shown = [...data.cells].map(Number);
  for (let r = 0; r < data.side; r++)
    for (let c = 0; c < data.side; c++) {
      if (!painted(r, c)) continue;
      const [x, y] = [c * zoom, r * zoom];
      if (!shown[r * data.side + c]) {
        pen.fillStyle = colour;
        pen.globalAlpha = 0.55;
        pen.fillRect(x, y, zoom, zoom);
        pen.globalAlpha = 1;
      }
      pen.fillStyle = colour;
      if (!painted(r - 1, c)) pen.fillRect(x, y, zoom, 2);
      if (!painted(r + 1, c)) pen.fillRect(x, y + zoom - 2, zoom, 2);
      if (!painted(r, c - 1)) pen.fillRect(x, y, 2, zoom);
      if (!painted(r, c + 1)) pen.fillRect(x + zoom - 2, y, 2, zoom);
    }
  if (cursor) {
    pen.strokeStyle = "#fff";
    pen.lineWidth = 3;
    pen.strokeRect(cursor[1] * zoom - zoom + 1, cursor[0] * zoom - zoom + 1, 3 * zoom - 2, 3 * zoom - 2);
  }
  const share = Math.round((100 * cells.filter(Boolean).length) / cells.length);
  brush.hint.textContent = share ? `${share}% ${data.said}` : data.invitation;
}
