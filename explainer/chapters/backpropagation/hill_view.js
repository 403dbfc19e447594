// A cost as a surface to turn: squares drawn from the back to the front, and the ball's way on them.

const [WIDE, TALL] = [640, 615]; // pixels of the drawing
const HEIGHT = 0.78; // of the hill, for a square from −1 to 1
const SETTLE_MS = 400;

function receive(component) {
  const view = standing(component, (data) => new View(data));
  view.take(component);
}

/** Where a place (a, b from −1 to 1, h from 0 to 1) comes to lie on the drawing, and how far back. */
export function seen([a, b, h], [turn, tilt]) {
  const [c, s, down, up] = [Math.cos(turn), Math.sin(turn), Math.sin(tilt), Math.cos(tilt)];
  const [across, back] = [a * c - b * s, a * s + b * c];
  const scale = WIDE * 0.335;
  return [WIDE / 2 + across * scale, TALL * 0.5 - (back * down + (h - 0.5) * 2 * HEIGHT * 0.7 * up) * scale, back];
}

class View {
  constructor(data) {
    const { words } = data;
    this.canvas = make("canvas", { width: WIDE, height: TALL, tabindex: 0, role: "application" });
    this.root = make("div", { class: "root" }, this.canvas, make("p", { class: "hint" }, words.hill_turn));
    this.listen();
  }

  take(component) {
    const { data } = component;
    this.component = component;
    if (!this.turned) this.angles = data.angles.map((degrees) => (degrees * Math.PI) / 180);
    this.data = data;
    this.draw();
  }

  draw() {
    const { data, angles } = this;
    const { heights, ramp } = data;
    const n = heights.length;
    const pen = this.canvas.getContext("2d");
    const style = getComputedStyle(this.root);
    const colour = (name) => style.getPropertyValue(name).trim();
    pen.clearRect(0, 0, WIDE, TALL);
    const even = (i) => (2 * i) / (n - 1) - 1;
    const at = heights.map((row, i) => row.map((h, k) => seen([even(k), even(i), h], angles)));
    this.frame(pen, colour);
    const squares = [];
    for (let i = 0; i + 1 < n; i += 1)
      for (let k = 0; k + 1 < n; k += 1) {
        const corners = [at[i][k], at[i][k + 1], at[i + 1][k + 1], at[i + 1][k]];
        const mean = (heights[i][k] + heights[i][k + 1] + heights[i + 1][k + 1] + heights[i + 1][k]) / 4;
        squares.push([corners.reduce((sum, corner) => sum + corner[2], 0), corners, mean]);
      }
    squares.sort((p, q) => q[0] - p[0]);
    pen.lineWidth = 0.8;
    for (const [, corners, mean] of squares) {
      pen.beginPath();
      corners.forEach(([x, y], i) => pen[i ? "lineTo" : "moveTo"](x, y));
      pen.closePath();
      const [r, g, b] = ramp[Math.round(mean * (ramp.length - 1))];
      pen.fillStyle = `rgb(${r} ${g} ${b})`;
      pen.strokeStyle = `rgb(${r * 0.8} ${g * 0.8} ${b * 0.8})`;
      pen.fill();
      pen.stroke();
    }
    this.way(pen, colour);
    this.canvas.setAttribute("aria-label", data.alt);
    this.canvas.dataset.turn = angles.map((angle) => Math.round((angle * 180) / Math.PI)).join("_");
  }

  /** The square below, with the names of its sides. */
  frame(pen, colour) {
    pen.strokeStyle = colour("--line");
    pen.lineWidth = 2;
    pen.beginPath();
    [[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]].forEach(([a, b], i) => pen[i ? "lineTo" : "moveTo"](...seen([a, b, 0], this.angles).slice(0, 2)));
    pen.stroke();
    [pen.fillStyle, pen.font, pen.textAlign] = [colour("--ink"), `22px ${getComputedStyle(this.root).fontFamily}`, "center"];
    const near = (one, other) => (seen([...one, 0], this.angles)[2] < seen([...other, 0], this.angles)[2] ? one : other);
    pen.fillText("a", ...seen([...near([0, -1.16], [0, 1.16]), 0], this.angles).slice(0, 2));
    pen.fillText("b", ...seen([...near([-1.16, 0], [1.16, 0]), 0], this.angles).slice(0, 2));
  }

  way(pen, colour) {
    const { path, last } = this.data;
    const places = path.map(([a, b, h]) => seen([a, b, h + 0.015], this.angles));
    const line = (from, width, radius) => {
      [pen.strokeStyle, pen.fillStyle, pen.lineWidth] = ["#fff", colour("--positive"), width]; // on the ramp, white in every theme
      pen.beginPath();
      places.slice(from).forEach(([x, y], i) => pen[i ? "lineTo" : "moveTo"](x, y));
      pen.stroke();
      for (const [x, y] of places.slice(from)) {
        pen.beginPath();
        pen.arc(x, y, radius, 0, 2 * Math.PI);
        pen.fill();
      }
    };
    line(0, 2, 3);
    line(Math.max(0, places.length - 1 - last), 4.5, 5);
    if (!places.length) return;
    const [x, y] = places.at(-1);
    pen.beginPath();
    pen.arc(x, y, 12, 0, 2 * Math.PI);
    [pen.fillStyle, pen.strokeStyle, pen.lineWidth] = [colour("--positive"), "#fff", 3.5];
    pen.fill();
    pen.stroke();
  }

  turn(across, up) {
    const [turn, tilt] = this.angles;
    this.angles = [(turn + across + 2 * Math.PI) % (2 * Math.PI), Math.max(0.15, Math.min(1.5, tilt + up))];
    this.turned = true;
    this.draw();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.component.setStateValue("angles", this.angles.map((angle) => Math.round((angle * 180) / Math.PI))), SETTLE_MS);
  }

  listen() {
    const { canvas } = this;
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.from = [event.clientX, event.clientY];
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!this.from) return;
      this.turn((event.clientX - this.from[0]) / 120, (event.clientY - this.from[1]) / 160);
      this.from = [event.clientX, event.clientY];
    });
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { this.from = null; });
    canvas.addEventListener("keydown", (event) => {
      const step = { ArrowRight: [0.1, 0], ArrowLeft: [-0.1, 0], ArrowUp: [0, 0.1], ArrowDown: [0, -0.1] }[event.key];
      if (!step) return;
      event.preventDefault();
      event.stopPropagation(); // or the page would turn to the next chapter
      this.turn(...step);
    });
  }
}
