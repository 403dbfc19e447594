// Layers without activation, number by number, and the one matrix that does the same. Any number can be edited and the
// input dragged; the planes show where the whole grid of inputs goes. Python hears of the numbers once they rest.

const REACH = 2; // inputs are shown from −2 to 2
const LARGEST = 99;
const SETTLE_MS = 300;

function receive(component) {
  const view = standing(component, (data) => new View(data));
  view.take(component);
}

/** What every layer hands on, the input first; a ReLU follows every layer but the last. */
export function through({ weights, biases }, x, relu) {
  const values = [x];
  weights.forEach((w, layer) => {
    const z = w.map((row, i) => row.reduce((sum, weight, k) => sum + weight * values[layer][k], 0) + biases[layer][i]);
    values.push(relu && layer < weights.length - 1 ? z.map((v) => Math.max(0, v)) : z);
  });
  return values;
}

/** The one matrix and the one bias: every column is what the stack without bends makes of it. */
export function collapsed({ weights, biases }) {
  let [matrix, bias] = [weights[0], biases[0]];
  for (let layer = 1; layer < weights.length; layer += 1) {
    const w = weights[layer];
    matrix = w.map((row) => matrix[0].map((_, column) => row.reduce((sum, weight, k) => sum + weight * matrix[k][column], 0)));
    bias = w.map((row, i) => row.reduce((sum, weight, k) => sum + weight * bias[k], 0) + biases[layer][i]);
  }
  return { weights: [matrix], biases: [bias] };
}

/** A number for the page: at most two places, no −0. */
function shown(value) {
  const text = String(Math.round(Math.abs(value) * 100) / 100);
  return value < 0 && Number(text) !== 0 ? `−${text}` : text;
}

/** The largest of 1, 2, 5, 10 … that is not above a size. */
function round(size) {
  const power = 10 ** Math.floor(Math.log10(size));
  return power * [5, 2, 1].find((count) => count * power <= size);
}

const subscript = (number) => String.fromCharCode(0x2080 + number);
const written = (vector) => `(${vector.map(shown).join(", ")})`;

function tint(cell, value, most) {
  const share = Math.max(-1, Math.min(1, value / most));
  cell.style.background = `color-mix(in srgb, var(--${share < 0 ? "negative" : "positive"}) ${(60 * Math.abs(share)).toFixed(0)}%, var(--soft))`;
  cell.classList.toggle("loud", Math.abs(share) > 0.55);
  cell.classList.toggle("minus", share < 0);
}

class View {
  constructor(data) {
    this.words = data.words;
    this.flow = make("div", { class: "flow" });
    this.one = make("div", { class: "flow low" });
    this.input = drawn("svg", { class: "input", viewBox: "0 0 218 218", role: "application", tabindex: 0 });
    this.output = drawn("svg", { class: "output", viewBox: "0 0 218 218", role: "img" });
    const plane = (svg, caption) => make("figure", {}, make("div", { class: "caption" }, caption), svg);
    this.say = make("p", { class: "say" });
    this.verdict = make("p", { class: "verdict", "aria-live": "polite" });
    this.root = make("div", { class: "root" }, make("div", { class: "all" },
      make("div", {}, make("div", { class: "caption" }, this.words.stack), this.flow,
        make("div", { class: "caption" }, this.words.one), this.one),
      make("div", { class: "planes" }, plane(this.input, this.words.plane_in), plane(this.output, this.words.plane_out), this.say)));
    this.listen();
  }

  take(component) {
    const { data } = component;
    const anew = !this.data || data.version !== this.data.version;
    const bent = this.data && data.relu !== this.data.relu;
    this.component = component;
    this.data = data;
    if (anew) {
      this.x = [...data.x];
      this.stack = { weights: data.weights.map((w) => w.map((row) => [...row])), biases: data.biases.map((b) => [...b]) };
    }
    if (anew || bent) this.lay();
    this.show();
  }

  /** A number that can be edited; `put` stores it. */
  field(label, value, put, extra = "") {
    const cell = make("input", { class: `cell ${extra}`, "aria-label": label, inputmode: "decimal", size: 4 });
    cell.value = shown(value);
    const accept = (given) => {
      const number = Math.max(-LARGEST, Math.min(LARGEST, given));
      put(number);
      tint(cell, number, 3);
      this.show();
      this.report();
    };
    cell.addEventListener("focus", () => cell.select());
    cell.addEventListener("input", () => {
      const text = cell.value.trim().replace("−", "-").replace(",", ".");
      if (/^-?(\d+\.?\d*|\.\d+)$/.test(text)) accept(Number(text));
    });
    cell.addEventListener("blur", () => { cell.value = shown(cell.now()); });
    cell.addEventListener("keydown", (event) => {
      if (event.key.startsWith("Arrow")) event.stopPropagation(); // or the page would turn to the next chapter
      const step = { ArrowUp: 0.5, ArrowDown: -0.5 }[event.key];
      if (!step) return;
      event.preventDefault();
      accept(cell.now() + step);
      cell.value = shown(cell.now());
    });
    tint(cell, value, 3);
    return cell;
  }

  /** Build the cells for a stack of this shape. */
  lay() {
    const { stack, data } = this;
    const depth = stack.weights.length;
    this.root.classList.toggle("deep", depth > 3);
    const part = (name, ...children) => make("div", { class: "part" }, make("small", {}, name), ...children);
    const arrow = (text, bend) => make("div", { class: `arrow${bend ? " bend" : ""}` }, text);
    const column = (count) => {
      const cells = Array.from({ length: count }, () => make("div", { class: "cell" }));
      return [make("div", { class: "matrix", style: "grid-template-columns: auto" }, ...cells), cells];
    };
    const grid = (columns) => make("div", { class: "matrix", style: `grid-template-columns: repeat(${columns}, auto)` });

    this.fields = this.x.map((value, i) => {
      const cell = this.field(`input ${i + 1}`, value, (v) => { this.x[i] = v; });
      cell.now = () => this.x[i];
      return cell;
    });
    this.flow.replaceChildren(part("x", make("div", { class: "matrix" }, ...this.fields)));
    this.middle = [];
    stack.weights.forEach((w, layer) => {
      const matrix = grid(w[0].length + 1);
      w.forEach((row, i) => {
        row.forEach((value, k) => {
          const cell = this.field(`layer ${layer + 1}, neuron ${i + 1}, weight ${k + 1}`, value, (v) => { row[k] = v; });
          cell.now = () => row[k];
          matrix.append(cell);
        });
        const bias = stack.biases[layer];
        const cell = this.field(`layer ${layer + 1}, neuron ${i + 1}, bias`, bias[i], (v) => { bias[i] = v; }, "bias");
        cell.now = () => bias[i];
        matrix.append(cell);
      });
      const last = layer === depth - 1;
      const [holder, cells] = column(w.length);
      this.middle.push(cells);
      const bend = data.relu && !last;
      this.flow.append(make("div", { class: "group" }, part(`W${subscript(layer + 1)} | b${subscript(layer + 1)}`, matrix),
        arrow(bend ? "ReLU\n→" : "→", bend), part(last ? "y" : `h${subscript(layer + 1)}`, holder)));
    });

    const [xs, inputs] = column(2);
    const [ys, outputs] = column(2);
    const matrix = grid(3);
    this.single = { inputs, outputs, cells: Array.from({ length: 6 }, (_, i) => make("div", { class: i % 3 === 2 ? "cell bias" : "cell" })) };
    matrix.append(...this.single.cells);
    this.one.replaceChildren(part("x", xs), part("W | b", matrix), arrow("→"), part("y", ys), this.verdict);
  }

  show() {
    const { x, stack, data, words, single } = this;
    const values = through(stack, x, data.relu);
    const flat = collapsed(stack);
    const y = through(flat, x, false)[1];
    const most = Math.max(3, ...values.slice(1).flat().map(Math.abs));
    const put = (cell, value, scale) => {
      cell.textContent = shown(value);
      tint(cell, value, scale);
    };
    const depth = stack.weights.length;
    this.middle.forEach((cells, layer) => cells.forEach((cell, i) => {
      const value = values[layer + 1][i];
      put(cell, value, most);
      const z = stack.weights[layer][i].reduce((sum, weight, k) => sum + weight * values[layer][k], 0) + stack.biases[layer][i];
      const cut = data.relu && layer < depth - 1 && z < 0;
      cell.title = cut ? filled(words.cut, { z: shown(z) }) : "";
      cell.classList.toggle("cut", cut);
    }));
    this.fields.forEach((cell, i) => {
      if (cell !== cell.getRootNode().activeElement) cell.value = shown(x[i]);
      tint(cell, x[i], 3);
    });
    single.inputs.forEach((cell, i) => put(cell, x[i], 3));
    const numbers = [0, 1].flatMap((i) => [...flat.weights[0][i], flat.biases[0][i]]);
    const largest = Math.max(3, ...numbers.map(Math.abs));
    single.cells.forEach((cell, i) => put(cell, numbers[i], largest));
    single.outputs.forEach((cell, i) => put(cell, y[i], most));

    const end = values[depth];
    const away = Math.max(...end.map((value, i) => Math.abs(value - y[i])));
    const equal = away < 1e-9 * Math.max(1, ...y.map(Math.abs));
    const kind = equal ? (data.relu ? "lucky" : "same") : "other";
    this.root.dataset.verdict = kind;
    this.root.dataset.stack = JSON.stringify(end);
    this.root.dataset.one = JSON.stringify(y);
    this.verdict.className = `verdict ${kind === "other" ? "other" : "same"}`;
    const texts = { depth, stack: written(end), one: written(y) };
    this.verdict.replaceChildren(filled(words[kind], texts), make("small", {}, filled(words[`${kind}_note`], texts)));
    this.say.textContent = words[data.relu ? "say_bent" : "say_straight"];
    this.planes(flat, end, y);
  }

  /** Where a grid of inputs goes, line by line. */
  planes(flat, end, y) {
    const { stack, data, words } = this;
    const ticks = Array.from({ length: 9 }, (_, i) => -REACH + (i * REACH) / 4);
    const fine = Array.from({ length: 65 }, (_, i) => -REACH + (i * REACH) / 32);
    const lines = [
      ...ticks.map((a) => ["line", fine.map((t) => [a, t])]),
      ...ticks.map((b) => ["line across", fine.map((t) => [t, b])]),
    ];
    const image = lines.map(([kind, points]) => [kind, points.map((p) => through(stack, p, data.relu).at(-1))]);
    const corners = [[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]].map((p) => through(flat, p.map((v) => v * REACH), false)[1]);
    const reach = Math.max(1e-6, ...image.flatMap(([, points]) => points.flat().map(Math.abs)), ...corners.flat().map(Math.abs)) * 1.08;
    const paths = (svg, all, size) => {
      const at = ([a, b]) => [109 + (a / size) * 109, 109 - (b / size) * 109];
      svg.replaceChildren(
        drawn("line", { class: "axis", x1: 0, x2: 218, y1: 109, y2: 109 }), drawn("line", { class: "axis", x1: 109, x2: 109, y1: 0, y2: 218 }),
        ...all.map(([kind, points]) => drawn("polyline", { class: kind, points: points.map((p) => at(p).map((v) => v.toFixed(1)).join(",")).join(" ") })));
      for (const tick of [-round(size), round(size)]) { // numbers for the axis across
        const [x] = at([tick, 0]);
        const label = drawn("text", { x: Math.max(12, Math.min(206, x)), y: 125, "text-anchor": "middle" });
        label.textContent = shown(tick);
        svg.append(drawn("line", { class: "axis", x1: x, x2: x, y1: 105, y2: 113 }), label);
      }
      return at;
    };
    const dot = (svg, [cx, cy], kind, r) => svg.append(drawn("circle", { class: kind, cx, cy, r }));
    const within = paths(this.input, lines, REACH * 1.08);
    dot(this.input, within(this.x), "dot", 7);
    this.input.setAttribute("aria-label", filled(words.input_alt, { x: written(this.x) }));
    const out = paths(this.output, [...image, ["flat", corners]], Math.max(reach, ...end.map(Math.abs), ...y.map(Math.abs)));
    dot(this.output, out(y), "ring", 9);
    dot(this.output, out(end), "dot", 6);
    this.output.setAttribute("aria-label", filled(words[data.relu ? "bent_alt" : "straight_alt"], { y: written(end) }));
  }

  listen() {
    const { input } = this;
    const put = (values) => {
      this.x = values.map((v) => Math.max(-REACH, Math.min(REACH, Math.round(v * 10) / 10)));
      this.show();
      this.report();
    };
    const place = (event) => {
      const box = input.getBoundingClientRect();
      const along = (at, from, length) => (((at - from) / length) * 2 - 1) * REACH * 1.08;
      put([along(event.clientX, box.left, box.width), -along(event.clientY, box.top, box.height)]);
    };
    input.addEventListener("pointerdown", (event) => {
      input.setPointerCapture(event.pointerId);
      this.dragging = true;
      place(event);
    });
    input.addEventListener("pointermove", (event) => this.dragging && place(event));
    for (const end of ["pointerup", "pointercancel"]) input.addEventListener(end, () => { this.dragging = false; });
    input.addEventListener("keydown", (event) => {
      const step = { ArrowRight: [0.1, 0], ArrowLeft: [-0.1, 0], ArrowUp: [0, 0.1], ArrowDown: [0, -0.1] }[event.key];
      if (!step) return;
      event.preventDefault();
      event.stopPropagation();
      put(this.x.map((v, i) => v + step[i]));
    });
  }

  report() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const { weights, biases } = this.stack;
      const layers = weights.flatMap((w, layer) => [...w.flat(), ...biases[layer]]);
      const text = [...this.x, ...layers].map((v) => String(Number(v.toFixed(6)))).join("_");
      this.component.setStateValue("numbers", { version: this.data.version, text });
    }, SETTLE_MS);
  }
}
