// Convolution by hand: a magnifier slides a 4 × 4 filter over a drawing and fills a map. Every answer to
// hover, click and keys is given here; the app hears only of a changed drawing or filter.

const SIDE = 4;
const MAP = INK_SIDE - SIDE + 1;
const LIMIT = 999;
const PLAY_MS = 85;
const ROW_MS = 450; // with reduced motion the map fills a row at a time

function receive(component) {
  const { data } = component;
  const scan = standing(component, (data) => new Scan(data));
  scan.component = component;
  scan.take(data);
}

/** The sixteen products of weights and ink under the window at (row, column), and their sum. */
export function productsAt(ink, weights, row, column) {
  const products = weights.map((weight, i) => weight * ink[(row + (i >> 2)) * INK_SIDE + column + (i & 3)] + 0);
  return { products, sum: products.reduce((sum, product) => sum + product, 0) };
}

/** A weight for a small cell: 30, −7.5, .42 or 1/16. */
function weightText(weight) {
  if (!Number.isInteger(weight) && Number.isInteger(weight * 16)) {
    let [above, below] = [Math.abs(weight * 16), 16];
    while (above % 2 === 0) [above, below] = [above / 2, below / 2];
    if (above < 16) return `${weight < 0 ? "−" : ""}${above}/${below}`;
  }
  return shown(weight).replaceAll(",", "").replace(/^(−?)0\./, "$1.");
}

class Scan {
  constructor({ words, faces }) {
    this.words = words;
    this.pin = [3, 0];
    this.here = this.pin;
    this.seen = new Set();
    this.weights = Array(SIDE * SIDE).fill(0);
    this.report = new Report("setup");
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
    this.pad = new InkPad(words, faces, {
      hover: (row, column) => this.look(row, column),
      leave: () => this.go(this.pin),
      pick: (row, column) => this.look(row, column, true),
      key: (event) => this.key(event),
      paint: (fresh) => this.changed(fresh),
      mode: () => this.pad && this.label(),
    });
    this.build();
  }

  build() {
    const { words } = this;
    this.stencil = [...Array(16)].map(() => make("i"));
    this.lens = make("div", { class: "lens", "aria-hidden": "true" }, make("b", { class: "handle" }), make("div", { class: "glass" }, ...this.stencil));
    this.pad.paper.append(this.lens);

    this.presets = make("div", { class: "presets", role: "radiogroup", "aria-label": words.filter });
    this.inputs = this.weights.map((_, i) => {
      const input = make("input", { inputmode: "text", "aria-label": `weight, row ${i >> 2}, column ${i & 3}`, maxlength: 7, spellcheck: "false", autocomplete: "off" });
      input.addEventListener("focus", () => {
        input.value = String(this.weights[i]);
        input.select();
      });
      input.addEventListener("blur", () => this.showFilter());
      input.addEventListener("input", () => this.typed(i, input));
      input.addEventListener("keydown", (event) => this.weightKey(i, event));
      return input;
    });
    this.products = this.weights.map(() => {
      const [sum, product] = [make("small"), make("b")];
      return { cell: make("div", { class: "product" }, sum, product), sum, product };
    });
    this.sum = make("div", { class: "sum number" });
    this.verdict = make("div", { class: "verdict" });
    this.cells = [...Array(MAP * MAP)].map((_, i) => {
      const cell = make("div", { class: "cell" });
      cell.addEventListener("pointerenter", () => this.go([Math.floor(i / MAP), i % MAP]));
      cell.addEventListener("click", () => this.choose([Math.floor(i / MAP), i % MAP]));
      return cell;
    });
    this.ring = make("div", { class: "ring" });
    this.map = make("div", { class: "map", role: "img" }, ...this.cells, this.ring);
    this.map.addEventListener("pointerleave", () => this.go(this.pin));
    this.playButton = button("", () => this.toggle(), { class: "play" });
    this.stepButton = button("Step", () => this.step());
    this.allButton = button("All", () => this.all());
    this.clearButton = button("Clear", () => this.clear());
    this.count = make("div", { class: "caption" });
    this.spoken = make("div", { class: "unseen", "aria-live": "polite" });
    this.complaint = make("div", { class: "complaint", role: "status" });

    const column = (title, ...children) => make("div", { class: "part" }, make("div", { class: "caption" }, title), ...children);
    this.root = make("div", { class: "root" }, make("div", { class: "scan" },
      make("div", { class: "left" }, make("div", { class: "caption" }, words.picture), this.pad.root),
      make("div", { class: "right" },
        make("div", { class: "choose" }, make("span", { class: "caption" }, words.filter), this.presets),
        make("div", { class: "sums" },
          column(words.weights, make("div", { class: "filter" }, ...this.inputs)),
          column(words.products, make("div", { class: "products" }, ...this.products.map(({ cell }) => cell)))),
        this.complaint,
        make("div", { class: "total" }, this.sum, this.verdict),
        make("div", { class: "result" },
          column(words.map, this.map),
          make("div", { class: "buttons" }, this.playButton, this.stepButton, this.allButton, this.clearButton, this.count)))), this.spoken);
  }

  take(data) {
    this.data = data;
    if (!this.presets.childElementCount) {
      this.chips = Object.entries(data.filters).map(([name, weights]) => button(name, () => this.preset(weights), { class: "chip", role: "radio", "data-filter": name }));
      this.presets.append(...this.chips);
    }
    if (!this.report.isNews(data.setup, this.setup())) return;
    this.pad.set(data.setup.ink);
    this.weights = [...data.setup.weights];
    this.refresh();
    this.pin = this.strongest();
    this.go(this.pin);
    if (data.greet && !this.calm.matches) this.play();
    else this.all();
  }

  // --- the numbers ---

  setup() {
    return { ink: [...this.pad.ink], weights: [...this.weights] };
  }

  refresh() {
    this.values = [...Array(MAP * MAP)].map((_, i) => productsAt(this.pad.ink, this.weights, Math.floor(i / MAP), i % MAP).sum);
    this.largest = Math.max(...this.values.map(Math.abs));
    this.showFilter();
    this.showMap();
  }

  strongest() {
    const place = this.values.indexOf(Math.max(...this.values));
    return [Math.floor(place / MAP), place % MAP];
  }

  changed(fresh) {
    this.refresh();
    if (fresh) this.restart();
    this.go(this.here);
    this.report.send(() => this.component, this.setup());
  }

  restart() {
    this.pin = this.strongest();
    this.here = this.pin;
    if (this.calm.matches) this.all();
    else this.play(true);
  }

  preset(weights) {
    this.weights = [...weights];
    this.complain("");
    this.changed(true);
  }

  typed(i, input) {
    const text = input.value.trim().replace("−", "-").replace(",", ".");
    const [above, below, more] = text.split("/").map((part) => (part.trim() === "" ? NaN : Number(part)));
    const value = below === undefined ? above : above / below;
    if (!Number.isFinite(value) || more !== undefined || Math.abs(value) > LIMIT) {
      this.complain(["", "-", "."].includes(text) ? "" : Number.isFinite(value) ? this.words.too_large : this.words.not_a_number);
      return;
    }
    this.complain("");
    this.weights[i] = value;
    this.changed();
  }

  weightKey(i, event) {
    event.stopPropagation();
    const nudge = { ArrowUp: 5, ArrowDown: -5 }[event.key];
    const input = this.inputs[i];
    if (nudge) {
      event.preventDefault();
      this.weights[i] = Math.max(-LIMIT, Math.min(LIMIT, this.weights[i] + nudge));
      this.changed();
      input.value = String(this.weights[i]);
    } else if (event.key === "Enter") input.blur();
    else if (event.key === "Escape") this.complain("") || input.blur();
  }

  complain(text) {
    this.complaint.textContent = text;
  }

  // --- the magnifier ---

  /** Centre the window on a point of the drawing, given as fractions of cells. */
  look(row, column, keep = false) {
    const place = [row, column].map((at) => within(Math.round(at - SIDE / 2), MAP));
    if (keep) this.choose(place);
    else this.go(place);
  }

  key(event) {
    const step = ARROWS[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation(); // or the page would turn to the next chapter
    this.choose(this.here.map((at, axis) => within(at + step[axis], MAP)));
  }

  choose(place) {
    this.stop();
    this.pin = place;
    this.go(place);
    const { sum } = productsAt(this.pad.ink, this.weights, ...place);
    this.spoken.textContent = `Row ${place[0]}, column ${place[1]}: ${shown(sum)}. ${this.verdict.textContent}`;
  }

  go(place) {
    this.here = place;
    const [row, column] = place;
    const transform = `translate(${column * 25}%, ${row * 25}%)`;
    this.lens.style.transform = transform;
    this.ring.style.transform = `translate(${column * 100}%, ${row * 100}%)`;
    const mark = row * MAP + column;
    if (!this.seen.has(mark)) {
      this.seen.add(mark);
      this.showMap();
    }
    const { products, sum } = productsAt(this.pad.ink, this.weights, row, column);
    const scale = Math.max(...this.weights.map(Math.abs)) * FULL_INK || 1;
    this.products.forEach(({ cell, sum: line, product }, i) => {
      const ink = this.pad.ink[(row + (i >> 2)) * INK_SIDE + column + (i & 3)];
      const weight = this.weights[i];
      line.textContent = `${ink} × ${weight < 0 ? `(${weightText(weight)})` : weightText(weight)}`;
      product.textContent = shown(products[i]);
      tint(cell, products[i] / scale, 0.85);
      cell.classList.toggle("zero", products[i] === 0);
    });
    this.sum.textContent = `= ${shown(sum)}`;
    this.sum.dataset.value = sum;
    this.verdict.textContent = this.judge(sum, row, column);
    this.root.dataset.place = place;
  }

  judge(sum, row, column) {
    const { words } = this;
    if (this.weights.every((weight) => weight === 0)) return words.all_zero;
    const patch = this.weights.map((_, i) => this.pad.ink[(row + (i >> 2)) * INK_SIDE + column + (i & 3)]);
    if (patch.every((ink) => ink === 0)) return words.nothing;
    const best = Math.max(...this.values);
    if (sum > 0 && sum === best) return words.best;
    if (sum < 0) return words.against;
    if (sum === 0) return words.balanced;
    return sum >= 0.6 * best ? words.good : words.partial;
  }

  // --- the map ---

  showFilter() {
    const largest = Math.max(...this.weights.map(Math.abs)) || 1;
    this.inputs.forEach((input, i) => {
      const share = this.weights[i] / largest;
      if (this.root?.getRootNode().activeElement !== input) input.value = weightText(this.weights[i]);
      tint(input, share, 0.8);
      input.classList.toggle("zero", share === 0);
      this.stencil[i].style.setProperty("--tint", share === 0 ? "transparent" : `color-mix(in srgb, var(--${share < 0 ? "negative" : "positive"}) ${(20 + 75 * Math.abs(share)).toFixed(0)}%, transparent)`);
    });
    for (const chip of this.chips ?? []) chip.setAttribute("aria-checked", String(same(this.data.filters[chip.dataset.filter], this.weights)));
  }

  showMap() {
    this.cells.forEach((cell, i) => {
      const filled = this.seen.has(i);
      const share = this.largest ? this.values[i] / this.largest : 0;
      cell.classList.toggle("empty", !filled);
      cell.textContent = filled ? shown(this.values[i], Math.abs(this.values[i]) < 100 ? 1 : 0) : "";
      cell.dataset.value = filled ? this.values[i] : "";
      tint(cell, filled ? share : 0);
      if (!filled) cell.style.background = "";
    });
    const filled = this.seen.size;
    this.count.textContent = `${filled} of ${MAP * MAP} places`;
    this.stepButton.disabled = filled === MAP * MAP;
    this.allButton.disabled = filled === MAP * MAP && !this.timer;
    const [row, column] = this.strongest();
    this.map.setAttribute("aria-label", `Map of ${MAP} by ${MAP} sums, ${filled} filled; the largest of all is ${shown(Math.max(...this.values))} at row ${row}, column ${column}`);
    this.label();
    this.playing();
  }

  label() {
    if (this.pad.drawing) this.pad.describe();
    else this.pad.paper.setAttribute("aria-label", this.words.looking);
  }

  // --- the scan ---

  next() {
    return this.cells.findIndex((_, i) => !this.seen.has(i));
  }

  step() {
    this.stop();
    const next = this.next();
    if (next >= 0) this.choose([Math.floor(next / MAP), next % MAP]);
  }

  all() {
    this.stop();
    this.cells.forEach((_, i) => this.seen.add(i));
    this.showMap();
  }

  clear() {
    this.stop();
    this.seen.clear();
    this.seen.add(this.here[0] * MAP + this.here[1]);
    this.showMap();
  }

  toggle() {
    if (this.timer) this.stop();
    else this.play(this.next() < 0);
  }

  /** Fill the map place by place; the pointer on the drawing holds the scan, and leaves it running. */
  play(afresh = true) {
    this.stop();
    if (afresh) this.seen.clear();
    const tick = () => {
      if (!this.root.isConnected) return this.stop();
      if (this.root.querySelector(".paper:hover, .map:hover")) return;
      const next = this.next();
      if (next < 0) {
        this.stop();
        this.go(this.pin);
        return;
      }
      if (this.calm.matches) for (let i = next; i % MAP < MAP - 1; i += 1) this.seen.add(i);
      this.go([Math.floor(next / MAP), this.calm.matches ? MAP - 1 : next % MAP]);
    };
    this.timer = setInterval(tick, this.calm.matches ? ROW_MS : PLAY_MS);
    this.showMap();
  }

  stop() {
    clearInterval(this.timer);
    this.timer = 0;
    this.playing();
  }

  playing() {
    const playing = Boolean(this.timer);
    this.root?.classList.toggle("playing", playing);
    this.playButton.textContent = playing ? "❚❚ Pause" : "▶ Play";
  }
}
