// Activation functions beside each other: point anywhere, or use the slider, and all of them show value and slope there.

const SETTLE_MS = 300;
const [WIDTH, HEIGHT] = [210, 148];
const [LOW, HIGH] = [-1.5, 2.5]; // of the outputs drawn; steeper curves leave the frame

function receive(component) {
  const view = standing(component, (data) => new View(data));
  view.component = component;
}

const shown = (value, digits = 2) => {
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) !== 0 ? `−${text}` : text;
};

class View {
  constructor(data) {
    this.data = data;
    const { words } = data;
    this.count = data.curves[0].value.length;
    this.slider = make("input", { type: "range", min: 0, max: this.count - 1, step: 1, "aria-label": words.slider });
    this.slider.addEventListener("input", () => this.go(Number(this.slider.value)));
    this.slider.addEventListener("keydown", (event) => event.key.startsWith("Arrow") && event.stopPropagation());
    this.z = make("output");
    const sample = (kind) => drawn("svg", { viewBox: "0 0 26 8" }, drawn("line", { class: kind, x1: 1, x2: 25, y1: 4, y2: 4 }));
    const how = make("div", { class: "how" }, make("div", { class: "name" }, `${words.slider} `, this.z), this.slider,
      make("div", { class: "key" }, ...[["value", words.key_value], ["slope", words.key_slope], ["tangent", words.key_tangent]].map(
        ([kind, text]) => make("span", {}, sample(kind), text))));
    this.cells = data.curves.map((curve) => this.cell(curve));
    this.root = make("div", { class: "root" }, make("div", { class: "grid" }, ...this.cells.map((cell) => cell.root), how));
    this.go(Math.round((data.z + data.most) / data.step), true);
  }

  x(index) {
    return (index / (this.count - 1)) * WIDTH;
  }

  y(value) {
    return HEIGHT - ((value - LOW) / (HIGH - LOW)) * HEIGHT;
  }

  /** Broken where there is no number, and where the function jumps. */
  path(values) {
    let [text, before] = ["", null];
    values.forEach((value, i) => {
      const gap = value === null || before === null || (Math.abs(value - before) > 0.5 && this.jumps);
      if (value !== null) text += `${gap ? "M" : "L"}${this.x(i).toFixed(1)},${this.y(Math.max(-9, Math.min(9, value))).toFixed(1)}`;
      before = value;
    });
    return text;
  }

  cell(curve) {
    this.jumps = curve.name === "step" || curve.name === "relu";
    const svg = drawn("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" },
      drawn("line", { class: "axis", x1: 0, x2: WIDTH, y1: this.y(0), y2: this.y(0) }),
      drawn("line", { class: "axis", x1: WIDTH / 2, x2: WIDTH / 2, y1: 0, y2: HEIGHT }),
      drawn("line", { class: "axis", x1: 0, x2: WIDTH, y1: this.y(1), y2: this.y(1), "stroke-dasharray": "2 3" }),
      drawn("path", { class: "slope", d: this.path(curve.slope) }), drawn("path", { class: "value", d: this.path(curve.value) }));
    for (const [text, x, y] of [["1", WIDTH / 2 + 4, this.y(1) - 3], ["0", WIDTH / 2 + 4, this.y(0) + 11], ["−4", 3, this.y(0) + 11], ["4", WIDTH - 9, this.y(0) + 11]]) {
      const label = drawn("text", { x, y });
      label.textContent = text;
      svg.append(label);
    }
    const here = drawn("line", { class: "here", y1: 0, y2: HEIGHT });
    const tangent = drawn("line", { class: "tangent" });
    const dot = drawn("circle", { class: "dot", r: 4.5 });
    svg.append(here, tangent, dot);
    const point = (event) => {
      const box = svg.getBoundingClientRect();
      this.go(Math.round(((event.clientX - box.left) / box.width) * (this.count - 1)));
    };
    svg.addEventListener("pointermove", point);
    svg.addEventListener("pointerdown", point);
    const numbers = make("span");
    const root = make("div", { class: "cell", "data-name": curve.name }, make("h4", {}, curve.name === "relu" ? "ReLU" : curve.name, numbers), svg, make("p", {}, curve.note));
    return { root, svg, here, tangent, dot, numbers };
  }

  go(index, silent = false) {
    index = Math.max(0, Math.min(this.count - 1, index));
    if (index === this.index) return;
    this.index = index;
    const { data } = this;
    const z = index * data.step - data.most;
    this.slider.value = index;
    this.slider.setAttribute("aria-valuetext", `z ${shown(z)}`);
    this.z.textContent = shown(z);
    data.curves.forEach((curve, i) => {
      const { root, svg, here, tangent, dot, numbers } = this.cells[i];
      const [value, slope] = [curve.value[index], curve.slope[index]];
      const x = this.x(index);
      here.setAttribute("x1", x);
      here.setAttribute("x2", x);
      dot.setAttribute("cx", x);
      dot.setAttribute("cy", this.y(Math.max(LOW + 0.1, Math.min(HIGH - 0.1, value))));
      tangent.style.display = slope === null || value < LOW || value > HIGH ? "none" : "";
      if (slope !== null) {
        const run = 1 / Math.hypot(1, slope);
        for (const [end, sign] of [["1", -1], ["2", 1]]) {
          tangent.setAttribute(`x${end}`, this.x(index + (sign * run) / data.step));
          tangent.setAttribute(`y${end}`, this.y(value + sign * run * slope));
        }
      }
      const said = slope === null ? data.words.no_slope : shown(slope);
      numbers.replaceChildren(`${shown(value)} `, make("em", {}, `${data.words.slope} ${said}`));
      svg.setAttribute("aria-label", `${curve.name}: at z ${shown(z)} the value is ${shown(value)}, the slope ${said}`);
      root.dataset.value = value;
      root.dataset.slope = slope;
    });
    if (silent) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.component.setStateValue("z", Math.round(z * 100) / 100), SETTLE_MS);
  }
}
