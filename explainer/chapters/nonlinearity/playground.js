// A small network that splits the plane: every neuron's own picture of it, the answer, the plane as the last layer folds it,
// the cost, and the numbers of one point. Python trains; the browser draws, and glides from one state to the next.

const [TILE, FINE] = [22, 52]; // squares each way, of a neuron's picture and of the large one
const GLIDE_MS = 220;

function receive(component) {
  const view = standing(component, (data) => new View(data));
  view.take(component);
}

/** Numbers between two states of a network of the same shape. */
function between(a, b, share) {
  if (typeof a === "number") return a + (b - a) * share;
  return a.map((value, i) => between(value, b[i], share));
}

const shapeOf = ({ weights }) => JSON.stringify(weights.map((w) => [w.length, w[0].length]));

class View {
  constructor(data) {
    const { words } = data;
    this.words = words;
    this.wires = make("canvas", { "aria-hidden": true });
    this.columns = make("div", { style: "display: contents" });
    const plane = (name) => {
      const [ground, dots] = [make("canvas", { "aria-hidden": true }), make("canvas", { class: "dots" })];
      const caption = make("div", { class: "caption" });
      this[name] = { ground, dots, caption };
      return make("div", {}, caption, make("div", { class: "plane" }, ground, dots));
    };
    const planes = make("div", { class: "planes" }, plane("answer"), plane("folded"));
    this.answer.dots.setAttribute("tabindex", 0);
    this.answer.dots.setAttribute("role", "application");
    this.folded.dots.setAttribute("role", "img");
    this.slider = make("input", { type: "range", min: 0, max: 100, step: 1, value: 100, "aria-label": words.fold_slider });
    this.hide = make("input", { type: "checkbox", checked: "" });
    this.say = make("p", { class: "say", "aria-live": "off" });
    this.curve = drawn("svg", { class: "curve", viewBox: "0 0 300 74", preserveAspectRatio: "none", role: "img" });
    this.numbers = make("div", { class: "numbers" });
    this.root = make("div", { class: "root" }, make("div", { class: "all" },
      make("div", { class: "net" }, this.wires, this.columns),
      make("div", {}, planes,
        make("div", { class: "row planes" }, make("label", {}, this.hide, words.play_unseen), make("label", {}, words.fold_flat, this.slider, words.fold_folded)),
        this.say, this.curve), this.numbers));
    this.folding = 1;
    this.listen();
    new ResizeObserver(() => this.data && drawWires(this.wires, this.tiles, this.shown, this.colour)).observe(this.root);
  }

  take(component) {
    const { data } = component;
    this.component = component;
    const before = this.shown;
    this.data = data;
    this.ramp = rampOf(this.root);
    const style = getComputedStyle(this.root);
    this.colour = (name) => style.getPropertyValue(name).trim();
    const shape = JSON.stringify([data.layers, data.network.features, data.network.weights.length]);
    if (shape !== this.shape) this.lay();
    this.shape = shape;
    this.stop?.();
    const { network } = data;
    let side = data.side;
    if (before && shapeOf(before) === shapeOf(network)) {
      if (side.reduce((sum, v, i) => sum + v * before.side[i], 0) < 0) side = side.map((v) => -v);
      const keep = { ...network, side };
      const changed = data.epoch !== this.epoch;
      this.stop = glide(changed ? GLIDE_MS : 0, (t) => {
        this.shown = { ...keep, ...Object.fromEntries(["weights", "biases", "side"].map((name) => [name, between(before[name], keep[name], t)])) };
        this.draw();
      });
    } else {
      this.shown = { ...network, side };
      this.draw();
    }
    this.epoch = data.epoch;
    this.tell();
  }

  // --- what stands there ---------------------------------------------------------------------------------

  lay() {
    const { data, words } = this;
    const { layers, every, limits } = data;
    const knob = (sign, label, able, to) => {
      const button = make("button", { type: "button", "aria-label": label }, sign);
      button.disabled = !able;
      button.addEventListener("click", () => this.reshape(to()));
      return button;
    };
    const depth = make("div", { class: "depth" }, words.play_layers, knob("−", words.play_less_layers, layers.length > 1, () => layers.slice(0, -1)), String(layers.length),
      knob("+", words.play_more_layers, layers.length < limits.layers, () => [...layers, layers.at(-1)]));
    this.tiles = [];
    const tile = (layer, i, name) => {
      const canvas = make("canvas", { "aria-hidden": true });
      const button = make("button", { type: "button", class: "tile", "data-neuron": `${layer}-${i}` }, canvas, ...(name ? [make("i", {}, name)] : []));
      this.tiles.push({ layer, i, button, canvas, name });
      return button;
    };
    const inputs = every.map((name) => {
      const button = tile(0, name, data.labels[name]);
      button.addEventListener("click", () => this.toggle(name));
      return button;
    });
    const columns = [make("div", { class: "column" }, make("div", { class: "change" }, words.play_inputs), ...inputs)];
    layers.forEach((count, at) => {
      const wanted = (n) => layers.map((old, l) => (l === at ? n : old));
      const change = make("div", { class: "change" },
        knob("−", filled(words.play_less, { layer: at + 1 }), count > 1, () => wanted(count - 1)),
        knob("+", filled(words.play_more_neurons, { layer: at + 1 }), count < limits.neurons, () => wanted(count + 1)));
      columns.push(make("div", { class: "column" }, change, ...Array.from({ length: count }, (_, i) => tile(at + 1, i))));
    });
    const end = tile(layers.length + 1, 0);
    columns.push(make("div", { class: "column" }, make("div", { class: "change" }, words.play_output), end, depth));
    this.columns.replaceChildren(...columns);
    for (const { layer, i, button } of this.tiles) {
      if (layer === 0) continue;
      const look = (which) => { this.over = which; this.draw(); };
      button.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && look([layer, i]));
      button.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && look(null));
      button.addEventListener("click", () => this.look({ chosen: `${layer}-${i}` }));
    }
  }

  reshape(layers) {
    this.component.setStateValue("shape", { layers: layers.join("-"), features: this.data.network.features.join("-") });
  }

  toggle(name) {
    const { features } = this.data.network;
    const next = this.data.every.filter((each) => (each === name) !== features.includes(each));
    if (next.length) this.component.setStateValue("shape", { layers: this.data.layers.join("-"), features: next.join("-") });
  }

  look(change) {
    this.data = { ...this.data, ...change };
    if (change.chosen) this.data.point ??= 0;
    this.draw();
    this.tell();
    this.component.setStateValue("look", { chosen: this.data.chosen, point: this.data.point });
  }

  chosen() {
    const [layer, i] = this.data.chosen.split("-").map(Number);
    const last = this.data.layers.length + 1;
    return layer >= 1 && layer <= last && i < (layer === last ? 1 : this.data.layers[layer - 1]) ? [layer, i] : [last, 0];
  }

  // --- drawing ---------------------------------------------------------------------------------------------

  draw() {
    const { shown: network, data, ramp } = this;
    const grid = (this.grid ??= gridOf(TILE, -REACH, REACH));
    const said = grid.map((place) => forward(network, place));
    const [chosenLayer, chosenNeuron] = this.chosen();
    for (const { layer, i, button, canvas } of this.tiles) {
      const values = layer === 0 ? grid.map(([x, y]) => FEATURES[i](x, y)) : said.map((all) => all[layer]?.[i] ?? 0);
      const most = layer > data.layers.length ? 1 : Math.max(1e-6, ...values.map(Math.abs));
      paint(canvas, values, most, ramp);
      if (layer === 0) {
        const on = network.features.includes(i);
        button.classList.toggle("off", !on);
        button.setAttribute("aria-pressed", String(on));
        button.setAttribute("aria-label", filled(this.words.play_feature, { feature: data.labels[i] }));
      } else {
        button.dataset.chosen = String(layer === chosenLayer && i === chosenNeuron);
        button.setAttribute("aria-label", layer > data.layers.length ? this.words.play_answer : filled(this.words.play_neuron, { neuron: i + 1, layer }));
      }
    }
    const [layer, i] = this.over ?? this.chosen();
    const values = gridOf(FINE, -REACH, REACH).map((place) => forward(network, place)[layer]?.[i] ?? 0);
    const final = layer > data.layers.length;
    paint(this.answer.ground, values, final ? 1 : Math.max(1e-6, ...values.map(Math.abs)), ramp, 0.75);
    this.answer.caption.textContent = final ? this.words.play_answer : filled(this.words.play_neuron, { neuron: i + 1, layer });
    drawPoints(this.answer.dots, this.points(), ([x, y]) => [x / REACH, y / REACH], this.colour);
    this.fold();
    drawWires(this.wires, this.tiles, network, this.colour);
  }

  points() {
    const { seen, unseen, point } = this.data;
    return { seen, unseen: this.hide.checked ? unseen : [], chosen: point };
  }

  /** The plane as the last hidden layer hands it on. */
  fold() {
    const { shown: network, data, folding: share } = this;
    paint(this.folded.ground, gridOf(FINE, -1, 1).map(([u]) => u * share), 1, this.ramp, 0.3);
    this.folded.caption.textContent = this.words.play_folded;
    drawPoints(this.folded.dots, this.points(), foldOf(network, data.seen, share), this.colour, (pen, px) => drawSheet(pen, px, share, this.colour));
  }

  // --- telling ----------------------------------------------------------------------------------------------

  tell() {
    const { data, words } = this;
    const percent = (share) => `${(100 * share).toFixed(1)}%`;
    const strong = (text, values) => {
      const span = make("span", {});
      filled(text, values).split("|").forEach((part, i) => span.append(i % 2 ? make("b", {}, part) : part));
      return span;
    };
    this.say.replaceChildren(strong(words.play_seen_line, { right: percent(data.right), cost: shown(data.cost, 3), n: data.seen.length }),
      strong(words.play_unseen_line, { unseen_right: percent(data.unseenRight), cost: shown(data.unseenCost, 3), n: data.unseen.length }));
    Object.assign(this.root.dataset, { epoch: data.epoch, right: data.right, unseen: data.unseenRight, weights: JSON.stringify(data.network.weights) });
    const top = Math.max(0.05, ...data.curve.flatMap(([, a, b]) => [a, b]));
    const line = (which) => data.curve.map((point) => `${((300 * point[0]) / data.epochs).toFixed(1)},${(72 - (68 * point[which]) / top).toFixed(1)}`).join(" ");
    this.curve.replaceChildren(drawn("polyline", { class: "unseen", points: line(2) }), drawn("polyline", { points: line(1) }));
    this.curve.setAttribute("aria-label", filled(words.play_curve, { cost: shown(data.cost, 3), unseen: shown(data.unseenCost, 3), epoch: data.epoch }));
    const values = { right: percent(data.right), unseen: percent(data.unseenRight), epoch: data.epoch };
    this.answer.dots.setAttribute("aria-label", filled(words.play_answer_alt, values));
    this.folded.dots.setAttribute("aria-label", filled(words.play_folded_alt, values));
    this.tellNumbers();
  }

  /** The chosen point through the chosen neuron: what comes in, times its weights, and the step that the point asks for. */
  tellNumbers() {
    const { data, words } = this;
    const { step, network } = data;
    const [layer, i] = this.chosen();
    const row = network.weights[layer - 1]?.[i];
    if (data.point === null) return this.numbers.replaceChildren(make("p", { class: "hint" }, words.play_invitation));
    if (!row || step?.point !== data.point || step.said.length !== network.weights.length + 1) return;
    const [x, y, kind] = data.seen[data.point];
    const last = layer === data.layers.length + 1;
    const texts = {
      x: shown(x / 100), y: shown(y / 100), kind: words[kind > 0 ? "play_orange" : "play_blue"], said: shown(step.said.at(-1)[0]), wanted: shown(kind, 0),
      name: last ? words.play_the_output : filled(words.play_neuron_name, { neuron: i + 1, layer }),
      z: shown(step.sums[layer - 1][i]), a: shown(step.said[layer][i]), delta: shown(step.deltas[layer - 1][i], 4), rate: data.rate,
    };
    const from = (k) => (layer === 1 ? data.labels[network.features[k]] : filled(words.play_neuron_short, { neuron: k + 1 }));
    const slopes = [...step.byWeight[layer - 1][i], step.deltas[layer - 1][i]];
    const line = (name, values, digits) => make("tr", {}, make("th", { scope: "row" }, name), ...values.map((value) => make("td", {}, shown(value, digits))));
    const heads = ["", ...row.map((_, k) => from(k)), words.play_bias].map((name) => make("th", { scope: "col" }, name));
    const close = make("button", { type: "button", "aria-label": words.play_close }, "×");
    close.addEventListener("click", () => this.look({ point: null, chosen: "" }));
    this.numbers.replaceChildren(
      make("p", {}, filled(words.play_point_line, texts), " ", filled(words.play_neuron_line, texts), " ", close),
      make("div", { class: "wide" }, make("table", {}, make("tr", {}, ...heads),
        line(words.play_says, [...step.said[layer - 1], 1], 2), line(words.play_weight, [...row, network.biases[layer - 1][i]], 2),
        line(words.play_slope, slopes, 4), line(words.play_change, slopes.map((slope) => -data.rate * slope), 4))));
  }

  // --- listening --------------------------------------------------------------------------------------------

  listen() {
    const { dots } = this.answer;
    dots.addEventListener("click", (event) => {
      const box = dots.getBoundingClientRect();
      const place = [(event.clientX - box.left) / box.width, 1 - (event.clientY - box.top) / box.height].map((v) => (2 * v - 1) * REACH * 100);
      const away = this.data.seen.map(([x, y]) => Math.hypot(x - place[0], y - place[1]));
      this.look({ point: away.indexOf(Math.min(...away)) });
    });
    dots.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1, ArrowUp: 1, ArrowDown: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      event.stopPropagation(); // or the page would turn to the next chapter
      this.look({ point: ((this.data.point ?? -1) + step + this.data.seen.length) % this.data.seen.length });
    });
    this.columns.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1, ArrowRight: 1, ArrowLeft: -1 }[event.key];
      const at = this.tiles.findIndex(({ button }) => button === event.target);
      if (!step || at < 0) return;
      event.preventDefault();
      event.stopPropagation();
      this.tiles[Math.max(0, Math.min(this.tiles.length - 1, at + step))].button.focus();
    });
    this.slider.addEventListener("input", () => {
      this.folding = this.slider.value / 100;
      this.fold();
    });
    this.slider.addEventListener("keydown", (event) => event.key.startsWith("Arrow") && event.stopPropagation());
    this.hide.addEventListener("change", () => this.draw());
  }
}
