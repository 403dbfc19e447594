// One step of learning, stop by stop: what flows forward, what is wrong, and how that flows back. Arrow keys step.

const SETTLE_MS = 140;

function receive(component) {
  const stepper = standing(component, (data) => new Stepper(data));
  stepper.take(component);
}

class Stepper {
  constructor(data) {
    const { words } = data;
    const button = (text, action, attributes) => {
      const made = make("button", { type: "button", ...attributes }, text);
      made.addEventListener("click", action);
      return made;
    };
    this.back = button("←", () => this.go(this.stop - 1), { class: "move", "aria-label": words.back });
    this.next = button("→", () => this.forward(), { class: "move next" });
    this.chips = data.stops.map((name, i) => button(name, () => this.go(i), { class: "chip", role: "radio" }));
    this.bar = make("div", { class: "stops" }, this.back, make("div", { class: "chips", role: "radiogroup", "aria-label": words.stops }, ...this.chips), this.next);
    this.title = make("p", { class: "title", "aria-live": "polite" });
    this.note = make("p", { class: "note" });
    this.net = new NetPicture(data.hidden, 10, { pick: (layer, index) => this.choose(layer, index) });
    this.root = make("div", { class: "root", tabindex: 0, role: "application", "aria-label": words.stepper }, this.bar, this.title, this.net.root, this.note);
    this.root.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowRight" && event.key !== "ArrowLeft") return;
      event.preventDefault();
      event.stopPropagation(); // or the page would turn to the next chapter
      if (event.key === "ArrowRight") this.forward();
      else this.go(this.stop - 1);
    });
    document.addEventListener("step-by", (event) => { // an arrow key while presenting
      const next = this.stop + event.detail;
      if (!this.root.isConnected || next < 0 || next >= this.data.stops.length) return;
      event.preventDefault();
      this.go(next);
    });
  }

  take(component) {
    const { data } = component;
    this.component = component;
    if (!this.data || data.version !== this.data.version) {
      [this.stop, this.output, this.chosen] = [data.stop, data.output, data.chosen];
      this.waiting = false;
      this.numbers = Object.fromEntries(Object.entries(data.numbers).map(([name, text]) => [name, floats(text)]));
    }
    this.data = data;
    this.show();
  }

  forward() {
    if (this.stop < this.data.stops.length - 1) this.go(this.stop + 1);
    else if (!this.waiting) {
      this.waiting = true; // the next example comes once
      clearTimeout(this.timer);
      this.component.setTriggerValue("next", true);
    }
  }

  go(stop) {
    this.stop = Math.max(0, Math.min(this.data.stops.length - 1, stop));
    if (this.chips.includes(this.root.getRootNode().activeElement)) this.chips[this.stop].focus();
    this.report();
  }

  choose(layer, index) {
    if (layer === 0) this.chosen = index;
    else this.output = index;
    this.report();
  }

  report() {
    this.show();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.component.setStateValue("at", {
      version: this.data.version, stop: this.stop, output: this.output, hidden: this.chosen,
    }), SETTLE_MS);
  }

  show() {
    const { data, numbers: n, stop, output: k, chosen: j } = this;
    const { words } = data;
    const last = data.stops.length - 1;
    this.root.dataset.stop = stop;
    this.back.disabled = stop === 0;
    this.next.textContent = stop === last ? words.next_example : "→";
    this.next.setAttribute("aria-label", stop === last ? words.next_example : words.next);
    this.chips.forEach((chip, i) => {
      chip.setAttribute("aria-checked", String(i === stop));
      chip.classList.toggle("done", i < stop);
    });
    const a = stop === last ? n.a2_after : n.a2;
    const values = {
      label: data.label, a_label: withArticle(data.label), output: k, hidden: j, rate: data.rate,
      a: n.a2[k].toFixed(2), y: n.y[k], delta: signed(n.delta2[k], 3), cost: shown(data.cost, 3), cost_after: shown(data.cost_after, 3),
      part: shown(n.parts[k], 3), a1: n.a1[j].toFixed(2), delta1: signed(n.delta1[j], 4), handed: signed(n.handed[j * 10 + k], 4),
      a_after: n.a2_after[k].toFixed(2), right_before: n.a2[data.label].toFixed(2), right_after: n.a2_after[data.label].toFixed(2),
    };
    const chip = this.chips[stop]; // where the stops pass by, the one chosen stays in sight
    chip.parentElement.scrollLeft = chip.offsetLeft - (chip.parentElement.clientWidth - chip.clientWidth) / 2;
    this.title.textContent = `${stop + 1} · ${data.stops[stop]}`;
    this.note.textContent = filled(words[`stop_${stop}`], values);
    this.root.dataset.says = JSON.stringify([...a].map((value) => Number(value.toFixed(4))));
    this.net.show(this.view(a));
  }

  /** What the picture of the network shows at this stop. */
  view(a) {
    const { data, numbers: n, stop } = this;
    const { words, magma } = data;
    const last = data.stops.length - 1;
    const colours = coloursOf(this.root);
    const level = (value) => `rgb(${magma[Math.round(255 * value)].join(" ")})`;
    const tone = (value, most) => `rgb(${signedColour(colours, value / most).join(" ")})`;
    const most1 = largestOf(n.delta1);
    const most2 = largestOf(n.delta2);
    const mostParts = largestOf(n.parts);
    const hiddenCount = n.delta1.length;
    const scaled = (values, factor) => values.map((value) => value * factor);
    const blamed = stop === 5 || stop === 6 || stop === 7;
    const hidden = Array.from(stop === last ? n.a1_after : n.a1, (value, j) => ({
      dot: blamed ? tone(stop === 7 ? -n.delta1[j] : n.delta1[j], most1) : level(value),
      text: stop === 7 ? signed(-data.rate * n.delta1[j], 3) : blamed ? signed(n.delta1[j], 4) : value.toFixed(2),
      chosen: j === this.chosen,
    }));
    const outputs = Array.from(a, (value, k) => {
      // The bar is as long as the number beside it says, against the largest of the ten.
      const blame = { dot: tone(n.delta2[k], most2), bar: Math.abs(n.delta2[k]) / most2 };
      const error = { ...blame, barTone: blame.dot, text: signed(n.delta2[k], 3) };
      const look = [
        { dot: "transparent", text: "" },
        { dot: level(value), text: value.toFixed(2), bar: value },
        { dot: level(value), text: shown(n.parts[k], 3), bar: n.parts[k] / mostParts },
        error, error, error, error,
        { dot: tone(-n.delta2[k], most2), text: signed(-data.rate * n.delta2[k], 3), bar: blame.bar, barTone: tone(-n.delta2[k], most2) },
        { dot: level(value), text: `${n.a2[k].toFixed(2)} → ${value.toFixed(2)}`, bar: value, mark: n.y[k] },
      ][stop];
      return { ...look, right: k === data.label, chosen: stop > 0 && k === this.output };
    });
    [...hidden, ...outputs].forEach((look, i) => {
      look.label = `${i < hiddenCount ? `${words.hidden_neuron} ${i}` : `${words.output_neuron} ${i - hiddenCount}`}: ${look.text}`;
    });
    const handed = new Float32Array(n.handed.length); // [hidden × 10] as [10 × hidden], like weights
    n.handed.forEach((value, i) => (handed[(i % 10) * hiddenCount + Math.floor(i / 10)] = value));
    const forwards = n.w1.map((weight, i) => weight * n.x[i % PIXELS]);
    const votes = n.w2.map((weight, i) => weight * n.a1[i % hiddenCount]);
    const change = stop === 7 ? scaled(n.nabla_w1, -data.rate) : n.nabla_w1;
    const gradients = { values: change, most: strong(change) };
    return {
      heads: [words.head_pixels, words[`head_hidden_${stop}`] ?? words.head_hidden, words[`head_output_${stop}`] ?? words.head_outputs],
      picture: { values: n.x, how: "ink", alt: filled(words.picture, { a_label: withArticle(data.label) }) },
      caption: filled(words.picture, { a_label: withArticle(data.label) }),
      tiles: stop === 6 || stop === 7 ? gradients : { values: stop === 8 ? n.w1_after : n.w1 },
      pixelWires: stop === 0 ? forwards : stop === 6 || stop === 7 ? change : null,
      wires: [null, votes, null, null, n.nabla_w2, handed, null, scaled(n.nabla_w2, -data.rate), null][stop],
      hidden,
      outputs,
    };
  }
}
