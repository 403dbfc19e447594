// A kernel as a grid to paint on: drag with −1, 0 or +1, or with the arrow keys and the keys −, 0 and +.

const STEPS = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };
const SETTLE_MS = 140;

function receive(component) {
  const { data } = component;
  const painter = standing(component, (data) => new Painter(data));
  painter.component = component;
  painter.take(data);
}

const minus = (value) => String(Math.round(value * 100) / 100).replace("-", "−").replace(/^(−?)0\./, "$1.");

class Painter {
  constructor({ words }) {
    this.brush = 1;
    this.cursor = [0, 0];
    this.root = document.createElement("div");
    this.root.className = "root";
    this.root.innerHTML = `<div class="caption"></div><div class="kernel" tabindex="0" role="application"></div>
      <div class="brushes" role="radiogroup"></div>`;
    this.root.querySelector(".caption").textContent = words.paint;
    this.kernel = this.root.querySelector(".kernel");
    const brushes = this.root.querySelector(".brushes");
    brushes.setAttribute("aria-label", words.paint);
    this.brushes = [-1, 0, 1].map((value) => {
      const choice = document.createElement("button");
      choice.type = "button";
      choice.textContent = value > 0 ? "+1" : minus(value);
      choice.dataset.sign = value;
      choice.setAttribute("role", "radio");
      choice.addEventListener("click", () => this.pick(value));
      brushes.append(choice);
      return choice;
    });
    this.kernel.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      this.kernel.focus({ preventScroll: true });
      this.kernel.setPointerCapture(event.pointerId);
      this.stroke = true;
      this.paint(event);
    });
    this.kernel.addEventListener("pointermove", (event) => this.stroke && this.paint(event));
    for (const end of ["pointerup", "pointercancel"]) this.kernel.addEventListener(end, () => (this.stroke = false));
    this.kernel.addEventListener("keydown", (event) => this.key(event));
    for (const change of ["focus", "blur"]) this.kernel.addEventListener(change, () => this.show());
    this.pick(1);
  }

  take(data) {
    this.data = data;
    const arrived = JSON.stringify(data.kernel);
    if (arrived === this.sent || this.stroke) return; // our own strokes, come back
    this.sent = arrived;
    this.side = data.side;
    this.weights = [...data.kernel];
    this.kernel.style.setProperty("--side", this.side);
    this.kernel.replaceChildren(...this.weights.map(() => document.createElement("div")));
    this.cursor = this.cursor.map((at) => Math.min(at, this.side - 1));
    this.show();
  }

  pick(value) {
    this.brush = value;
    for (const choice of this.brushes) choice.setAttribute("aria-checked", String(Number(choice.dataset.sign) === value));
  }

  paint(event) {
    const box = this.kernel.getBoundingClientRect();
    const along = (at, from, length) => Math.max(0, Math.min(this.side - 1, Math.floor(((at - from) / length) * this.side)));
    this.cursor = [along(event.clientY, box.top, box.height), along(event.clientX, box.left, box.width)];
    this.put(this.brush);
  }

  put(value) {
    this.weights[this.cursor[0] * this.side + this.cursor[1]] = value;
    this.show();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.sent = JSON.stringify(this.weights);
      this.component.setStateValue("kernel", { side: this.side, weights: [...this.weights] });
    }, SETTLE_MS);
  }

  key(event) {
    const step = STEPS[event.key];
    const value = { "-": -1, "−": -1, 0: 0, "+": 1, "=": 1, 1: 1, " ": this.brush, Enter: this.brush }[event.key];
    if (step) {
      this.cursor = this.cursor.map((at, axis) => Math.max(0, Math.min(this.side - 1, at + step[axis])));
      this.show();
    } else if (value !== undefined) this.put(value);
    else return;
    event.preventDefault();
    event.stopPropagation(); // or the page would turn to the next chapter
  }

  show() {
    if (!this.weights) return;
    const largest = Math.max(...this.weights.map(Math.abs)) || 1;
    const focused = this.kernel.getRootNode().activeElement === this.kernel;
    const cursor = this.cursor[0] * this.side + this.cursor[1];
    [...this.kernel.children].forEach((cell, i) => {
      const share = this.weights[i] / largest;
      cell.style.background = `color-mix(in srgb, var(--${share < 0 ? "negative" : "positive"}) ${(60 * Math.abs(share)).toFixed(0)}%, var(--soft))`;
      cell.textContent = this.side <= 7 ? minus(this.weights[i]) : "";
      cell.className = focused && i === cursor ? "cursor" : "";
    });
    this.kernel.style.setProperty("--type", this.side <= 4 ? "13px" : "10px");
    this.kernel.setAttribute("aria-label", `${this.data.alt} Row ${this.cursor[0]}, column ${this.cursor[1]}: ${minus(this.weights[cursor])}`);
  }
}
