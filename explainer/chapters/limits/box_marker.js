// A picture on which boxes are marked: drag to draw one, drag a box to move it, its round handle to resize it.
// Keys: arrows move the chosen box, with Shift they resize it, Delete removes it. Every change shows at once;
// Python hears of it through "boxes" when it is finished.

const SETTLE_MS = 400;
const SMALLEST = 15; // of the thousand units of a side: less is a slip of the hand

function receive(component) {
  const { data } = component;
  const marker = standing(component, build);
  marker.component = component;
  if (marker.data?.image !== data.image) marker.image.src = data.image;
  const other = JSON.stringify(marker.data?.boxes) !== JSON.stringify(data.boxes);
  marker.data = data;
  if (!marker.drag && marker.timer === 0 && (other || !marker.boxes)) {
    marker.boxes = data.boxes.map((box) => [...box]);
    if (!(marker.chosen < marker.boxes.length)) marker.chosen = marker.boxes.length - 1;
  }
  marker.stage.setAttribute("aria-label", data.alt);
  draw(marker);
}

function build() {
  const root = document.createElement("div");
  root.className = "root";
  root.innerHTML = `<div class="tools" role="toolbar" aria-label="Boxes"><button data-do="add">add</button>
    <button data-do="next">next</button><button data-do="remove">remove</button><button data-do="clear">clear</button></div>
    <div class="stage" tabindex="0" role="application"><img alt=""><div class="layer"></div></div>
    <div class="hint" aria-live="polite"></div>`;
  const find = (name) => root.querySelector(name);
  const marker = {
    root, stage: find(".stage"), image: find("img"), layer: find(".layer"), hint: find(".hint"),
    boxes: null, chosen: -1, drag: null, timer: 0, data: null,
  };
  const actions = {
    add: () => {
      if (marker.boxes.length < marker.data.most) marker.chosen = marker.boxes.push([400, 425, 200, 150]) - 1;
    },
    next: () => { marker.chosen = (marker.chosen + 1) % Math.max(1, marker.boxes.length); },
    remove: () => remove(marker),
    clear: () => { marker.boxes = []; marker.chosen = -1; },
  };
  for (const button of root.querySelectorAll("[data-do]")) {
    button.addEventListener("click", () => {
      actions[button.dataset.do]();
      draw(marker);
      if (button.dataset.do !== "next") tell(marker, 0);
      if (button.dataset.do !== "clear") marker.stage.focus({ preventScroll: true });
    });
  }
  const { stage } = marker;
  stage.addEventListener("pointerdown", (event) => {
    const [x, y] = at(marker, event);
    const index = event.target.classList.contains("box") ? Number(event.target.dataset.index) : -1;
    if (index < 0 && marker.boxes.length >= marker.data.most) return;
    stage.setPointerCapture(event.pointerId);
    if (index >= 0) {
      marker.chosen = index;
      const box = marker.boxes[index];
      const grip = Math.hypot(x - box[0] - box[2], y - box[1] - box[3]) < 25;
      marker.drag = { kind: grip ? "resize" : "move", x, y, box: [...box] };
    } else {
      marker.chosen = marker.boxes.push([x, y, 0, 0]) - 1;
      marker.drag = { kind: "draw", x, y };
    }
    event.preventDefault();
    stage.focus({ preventScroll: true });
    draw(marker);
  });
  stage.addEventListener("pointermove", (event) => {
    const { drag } = marker;
    if (!drag) return;
    const [x, y] = at(marker, event);
    const box = marker.boxes[marker.chosen];
    if (drag.kind === "draw") {
      box.splice(0, 4, Math.min(x, drag.x), Math.min(y, drag.y), Math.abs(x - drag.x), Math.abs(y - drag.y));
    } else if (drag.kind === "move") {
      place(box, drag.box[0] + x - drag.x, drag.box[1] + y - drag.y);
    } else {
      size(box, drag.box[2] + x - drag.x, drag.box[3] + y - drag.y);
    }
    draw(marker);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    stage.addEventListener(end, () => {
      if (!marker.drag) return;
      const box = marker.boxes[marker.chosen];
      const slip = marker.drag.kind === "draw" && (box[2] < SMALLEST || box[3] < SMALLEST);
      marker.drag = null;
      if (slip) remove(marker);
      draw(marker);
      if (!slip) tell(marker, 0);
    });
  }
  stage.addEventListener("keydown", (event) => keys(marker, event));
  return marker;
}

function at({ stage }, event) {
  const box = stage.getBoundingClientRect();
  const unit = (offset, length) => Math.round(Math.max(0, Math.min(1, offset / length)) * 1000);
  return [unit(event.clientX - box.left, box.width), unit(event.clientY - box.top, box.height)];
}

const clip = (value, low, high) => Math.round(Math.max(low, Math.min(high, value)));

function place(box, left, top) {
  box[0] = clip(left, 0, 1000 - box[2]);
  box[1] = clip(top, 0, 1000 - box[3]);
}

function size(box, width, height) {
  box[2] = clip(width, SMALLEST, 1000 - box[0]);
  box[3] = clip(height, SMALLEST, 1000 - box[1]);
}

function remove(marker) {
  if (marker.chosen >= 0) marker.boxes.splice(marker.chosen, 1);
  marker.chosen = Math.min(marker.chosen, marker.boxes.length - 1);
}

function tell(marker, delay) {
  clearTimeout(marker.timer);
  marker.timer = setTimeout(() => {
    marker.timer = 0;
    marker.component.setStateValue("boxes", marker.boxes.map((box) => box.join("-")).join("_"));
  }, delay);
}

function keys(marker, event) {
  const step = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[event.key];
  const gone = event.key === "Delete" || event.key === "Backspace";
  if (!step && !gone) return;
  event.preventDefault();
  event.stopPropagation(); // or the page would turn to the next chapter
  const box = marker.boxes[marker.chosen];
  if (!box) return;
  if (gone) remove(marker);
  else if (event.shiftKey) size(box, box[2] + 10 * step[0], box[3] + 10 * step[1]);
  else place(box, box[0] + 10 * step[0], box[1] + 10 * step[1]);
  draw(marker);
  tell(marker, SETTLE_MS);
}

function draw(marker) {
  const { layer, boxes, chosen, data, root } = marker;
  layer.innerHTML = boxes
    .map(([left, top, width, height], index) =>
      `<div class="box${index === chosen ? " chosen" : ""}" data-index="${index}" style="left:${left / 10}%;top:${top / 10}%;` +
      `width:${width / 10}%;height:${height / 10}%"></div>`)
    .join("");
  for (const name of ["next", "remove", "clear"]) root.querySelector(`[data-do=${name}]`).disabled = !boxes.length;
  root.querySelector("[data-do=add]").disabled = boxes.length >= data.most;
  const count = boxes.length === 1 ? "1 box" : `${boxes.length} boxes`;
  marker.hint.textContent = boxes.length ? `${count} · arrow keys move the chosen one, with Shift they resize it` : data.invitation;
}
