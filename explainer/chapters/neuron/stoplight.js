// The stage of "One neuron": a stoplight, three wires, a sum, a curve, a verdict, the table of all
// eight combinations, and training replayed step by step. It answers in the browser; Python hears
// of a change once it has ended, as the state "neuron".

// --- The neuron, as in explainer/chapters/neuron/model.py: same order of operations, same rounding ---------------

const CURVES = {
  none: (z) => z,
  step: (z) => (z > 0 ? 1 : 0),
  sigmoid: (z) => 1 / (1 + Math.exp(-z)),
  tanh: (z) => Math.tanh(z),
  relu: (z) => Math.max(0, z),
};
const THRESHOLDS = { none: 0, step: 0, sigmoid: 0.5, tanh: 0, relu: 0 };

export const ROWS = [...Array(8).keys()].map((row) => [row >> 2, (row >> 1) & 1, row & 1]);

/** Rounded, halves away from zero. */
export function tidy(value, digits = 9) {
  const scale = 10 ** digits;
  return (Math.sign(value) * Math.floor(Math.abs(value) * scale + 0.5)) / scale + 0;
}

/** What a neuron {weights, bias, activation} makes of three lights. */
export function weigh({ weights, bias, activation }, lights) {
  const products = weights.map((weight, i) => lights[i] * weight + 0);
  const total = tidy(products[0] + products[1] + products[2] + bias);
  const output = CURVES[activation](total);
  const threshold = THRESHOLDS[activation];
  return { products, total, output, threshold, fires: output > threshold };
}

/** Decimals that show this neuron's numbers exactly. */
export function decimals({ weights, bias }) {
  return [...weights, bias].every((value) => tidy(value, 1) === tidy(value)) ? 1 : 2;
}

/** A number for the page: +1.0, −0.5, 0.0. */
export function number(value, digits = 1, plus = "+") {
  const rounded = tidy(value, digits);
  return (rounded < 0 ? "−" : rounded > 0 ? plus : "") + Math.abs(rounded).toFixed(digits);
}

/** Output against threshold: 0.62 > 0.5. */
export function compared({ output, threshold, fires }, digits = 2) {
  let shown = Number.isInteger(output) ? 0 : digits;
  while (shown < 9 && tidy(output, shown) === threshold && output !== threshold) shown += 1;
  return `${number(output, shown, "")} ${fires ? ">" : "≤"} ${threshold}`;
}

// --- Drawing ------------------------------------------------------------------------------------------

const LIGHTS = ["red", "yellow", "green"];
const LAMP_KEYS = { r: 0, y: 1, g: 2 };
const REACH = 4; // the curve's little picture runs from sum −4 to +4
const HEIGHTS = { none: [-4, 4], step: [-0.2, 1.2], sigmoid: [-0.2, 1.2], tanh: [-1.3, 1.3], relu: [-1, 4] };

/** Where everything stands on a stage of this width. */
function geometry(width) {
  if (width >= 560) {
    const middle = 113;
    return {
      wide: true, width, height: 228, pole: 228,
      box: { x: 12, y: 7, w: 80, h: 212 }, lamps: [47, 113, 179].map((y) => [52, y]), lamp: 26,
      from: 98, sum: { x: Math.round(width * 0.475), y: middle, r: 38 }, bias: "below",
      curve: { x: Math.round(width * 0.695), y: middle, half: 39 }, verdict: { x: Math.round(width * 0.815), y: middle },
    };
  }
  return {
    wide: false, width, height: 300, pole: 300,
    box: { x: 2, y: 7, w: 74, h: 202 }, lamps: [45, 108, 171].map((y) => [39, y]), lamp: 25,
    from: 81, sum: { x: width - 44, y: 108, r: 36 }, bias: "above",
    curve: { x: width - 44, y: 236, half: 38 }, verdict: { x: width - 132, y: 242 },
  };
}

/** Thicker for a larger weight; hardly there for none. */
const thickness = (value) => (tidy(value, 2) === 0 ? 1.5 : 1.8 + 2.6 * Math.abs(value) ** 0.6);
const sign = (value, digits = 2) => ["negative", "zero", "positive"][Math.sign(tidy(value, digits)) + 1];

function drawCurve(activation, { x, y, half }) {
  const inner = half - 7;
  const [low, high] = HEIGHTS[activation];
  const across = (z) => x + (z / REACH) * inner;
  const up = (value) => y + inner - ((value - low) / (high - low)) * 2 * inner;
  const points = [];
  for (let i = 0; i <= 160; i += 1) {
    const z = -REACH + (i / 160) * 2 * REACH;
    points.push(`${across(z).toFixed(2)},${up(CURVES[activation](z)).toFixed(2)}`);
  }
  return { across, up, path: `M${points.join("L")}` };
}

/** The fixed parts of the picture for one width; returns the parts that move. */
function draw(picture, g) {
  picture.replaceChildren();
  picture.setAttribute("viewBox", `0 0 ${g.width} ${g.height}`);
  picture.setAttribute("height", g.height);
  const lens = LIGHTS.map((name) =>
    drawn("radialGradient", { id: `lens-${name}`, cx: 0.5, cy: 0.38, r: 0.68 },
      drawn("stop", { offset: 0, class: `${name} bright` }), drawn("stop", { offset: 0.55, class: `${name} plain` }),
      drawn("stop", { offset: 1, class: `${name} deep` })));
  picture.append(drawn("defs", {},
    ...lens,
    drawn("linearGradient", { id: "housing", x1: 0, x2: 1, y1: 0, y2: 0 },
      drawn("stop", { offset: 0, "stop-color": "#33363b" }), drawn("stop", { offset: 0.5, "stop-color": "#26282c" }),
      drawn("stop", { offset: 1, "stop-color": "#1c1d20" })),
    drawn("filter", { id: "glow", x: "-100%", y: "-100%", width: "300%", height: "300%" },
      drawn("feGaussianBlur", { stdDeviation: 9 }))));

  const wires = g.lamps.map(([, y], i) => {
    const angle = ((180 + (1 - i) * 34) * Math.PI) / 180;
    const [endX, endY] = [g.sum.x + g.sum.r * Math.cos(angle), g.sum.y + g.sum.r * Math.sin(angle)];
    const bend = (g.from + endX) / 2;
    return drawn("path", { class: "wire", d: `M${g.from},${y} C${bend},${y} ${bend},${endY} ${endX},${endY}` });
  });
  const labels = g.lamps.map(([, y], i) =>
    drawn("text", { class: "label number", x: g.from + 12, y: i === 2 ? y + 22 : y - 12 }));

  const way = g.bias === "below" ? 1 : -1;
  const biasWire = drawn("path", { class: "wire", d: `M${g.sum.x},${g.sum.y + way * (g.sum.r + 24)} V${g.sum.y + way * g.sum.r}` });
  const biasLabel = g.wide
    ? drawn("text", { class: "label number dim", x: g.sum.x, y: g.sum.y + g.sum.r + 42, "text-anchor": "middle" })
    : drawn("text", { class: "label number dim", x: g.width - 2, y: g.sum.y - g.sum.r - 32, "text-anchor": "end" });

  const { x, y, half } = g.curve;
  const sumWire = drawn("path", {
    class: "wire", d: g.wide ? `M${g.sum.x + g.sum.r},${y} H${x - half}` : `M${x},${g.sum.y + g.sum.r} V${y - half}`,
  });
  const outWire = drawn("path", {
    class: "wire", d: g.wide ? `M${x + half},${y} H${g.verdict.x - 12}` : `M${x - half},${y} H${g.verdict.x + 14}`,
  });
  const circle = drawn("circle", { class: "sum", cx: g.sum.x, cy: g.sum.y, r: g.sum.r });
  const total = drawn("text", { class: "total number", x: g.sum.x, y: g.sum.y + 2, "text-anchor": "middle" });
  const sumWord = drawn("text", { class: "small dim", x: g.sum.x, y: g.sum.y + 18, "text-anchor": "middle" }, "sum");

  const frame = drawn("rect", { class: "frame", x: x - half, y: y - half, width: 2 * half, height: 2 * half, rx: 10 });
  const zero = drawn("path", { class: "axis", d: `M${x},${y - half + 7} V${y + half - 7}` });
  const level = drawn("path", { class: "axis level" });
  const curve = drawn("path", { class: "curve" });
  const dot = drawn("circle", { class: "dot", r: 5.5 });
  const curveName = drawn("text", { class: "label", x, y: y + half + 19, "text-anchor": "middle" });

  const anchor = g.wide ? "start" : "end";
  const verdict = drawn("text", { class: "verdict", x: g.verdict.x, y: g.verdict.y + 2, "text-anchor": anchor });
  const comparison = drawn("text", { class: "label number dim", x: g.verdict.x, y: g.verdict.y + 26, "text-anchor": anchor });

  const post = drawn("rect", { class: "post", x: g.lamps[0][0] - 6, y: g.box.y + g.box.h - 4, width: 12, height: g.pole - g.box.y - g.box.h + 4 });
  const housing = drawn("rect", { class: "housing", x: g.box.x, y: g.box.y, width: g.box.w, height: g.box.h, rx: 17, fill: "url(#housing)" });
  const lamps = g.lamps.map(([cx, cy], i) => {
    const r = g.lamp;
    const visor = `M${cx - r - 4},${cy + 2} A${r + 4},${r + 4} 0 0 1 ${cx + r + 4},${cy + 2} A${r + 6},${r - 2} 0 0 0 ${cx - r - 4},${cy + 2} Z`;
    return drawn("g", { class: `lamp ${LIGHTS[i]}`, role: "switch", tabindex: 0, "aria-label": `${LIGHTS[i]} light`, "data-lamp": i },
      drawn("circle", { class: "halo", cx, cy, r: r + 5, filter: "url(#glow)" }),
      drawn("circle", { class: "bezel", cx, cy, r: r + 3 }),
      drawn("circle", { class: "lens off", cx, cy, r }),
      drawn("circle", { class: "lens on", cx, cy, r, fill: `url(#lens-${LIGHTS[i]})` }),
      drawn("path", { class: "visor", d: visor }),
      drawn("circle", { class: "ring", cx, cy, r: r + 5 }),
      drawn("rect", { class: "hit", x: g.box.x, y: cy - 33, width: g.box.w, height: 66 }));
  });

  picture.append(...wires, biasWire, sumWire, outWire, circle, total, sumWord, frame, zero, level, curve, dot,
    curveName, verdict, comparison, ...labels, biasLabel, post, housing, ...lamps);
  return { g, wires, labels, biasWire, biasLabel, sumWire, outWire, circle, total, level, curve, dot, curveName, verdict, comparison, lamps };
}

function setWire(wire, value, carries = true) {
  wire.setAttribute("class", `wire ${sign(value)}${carries ? "" : " idle"}`);
  wire.style.strokeWidth = thickness(value);
}

// --- The stage ------------------------------------------------------------------------------------------

class Stage {
  constructor(parent) {
    this.root = make("div", { class: "stage", tabindex: -1 });
    parent.append(this.root);
    this.playing = false;
    this.step = null; // place in the training run that the sliders show, or null once they were moved by hand
    this.wish = null; // "play", "step" or "rewind", when the run for it has yet to come from Python
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
    this.width = 0;
  }

  // Parts that never change are built once, when the first data are there.
  build(data) {
    this.picture = drawn("svg", { class: "picture", role: "group", "aria-label": "stoplight and neuron" });
    this.live = make("p", { class: "unseen", "aria-live": "polite" });
    this.choices = data.activations.map(({ name, label }) =>
      make("button", { type: "button", role: "radio", "data-activation": name }, label));
    const fine = make("span", { class: "keys" }, ", or press R, Y, G");
    const head = make("div", { class: "head" },
      make("p", { class: "hint" }, "Tap a light, drag a weight", fine),
      make("div", { class: "segments", role: "radiogroup", "aria-label": "activation" }, ...this.choices));
    const sample = (kind, words) => {
      const line = drawn("svg", { class: "sample", width: 22, height: 6, "aria-hidden": true },
        drawn("path", { class: `wire ${kind}`, d: "M1,3 H21" }));
      return make("span", {}, line, words);
    };
    this.legend = make("p", { class: "legend" }, sample("positive", "adds"), sample("negative", "takes away"),
      sample("zero", "no say"), make("span", {}, "thick: large weight"), make("span", {}, "pale: light off"));
    this.report = make("p", { class: "report" });
    this.left = make("div", { class: "left" }, make("div", { class: "scene" }, this.picture, this.legend), this.buildSliders(data));
    const foot = make("div", { class: "foot" }, this.buildTable(), this.buildTraining(data), this.report);
    this.root.append(this.live, head, make("div", { class: "panels" }, this.left, foot));
    this.listen();
    this.observer = new ResizeObserver(() => this.fit());
    this.observer.observe(this.root);
    this.fit();
  }

  buildSliders({ limit, example }) {
    const names = [...LIGHTS.map((light) => `${light} weight`), "bias"];
    this.sliders = names.map((name, i) => {
      const tick = [...example.weights, example.bias][i];
      const input = make("input", { type: "range", min: -limit, max: limit, step: 0.1, "aria-label": name, "data-slider": i });
      const value = make("output", { class: "number" });
      const mark = make("i", { class: "tick", title: `worked example: ${number(tick)}` });
      mark.style.setProperty("--at", (tick + limit) / (2 * limit));
      const title = make("span", { class: "name" }, name);
      const element = make("div", { class: "slider" }, title, value, make("div", { class: "track" }, mark, input));
      return { input, value, tick, element };
    });
    return make("div", { class: "sliders" }, ...this.sliders.map(({ element }) => element));
  }

  buildTable() {
    const head = [...LIGHTS, "sum", "verdict", "wanted"].map((title) => make("th", { scope: "col" }, title));
    this.rows = ROWS.map((lights, row) => {
      const cells = lights.map((on, i) => {
        const bulb = make("i", { class: `bulb ${LIGHTS[i]}${on ? " on" : ""}` });
        return make("td", {}, bulb, make("span", { class: "unseen" }, on ? "on" : "off"));
      });
      const sum = make("td", { class: "number" });
      const verdict = make("td");
      const wanted = make("button", { type: "button", role: "switch", class: "wanted", "data-wanted": row });
      const element = make("tr", { "data-row": row, tabindex: -1 }, ...cells, sum, verdict, make("td", {}, wanted));
      return { element, sum, verdict, wanted };
    });
    const widths = ["14%", "15%", "15%", "17%", "17%", "22%"].map((width) => make("col", { style: `width: ${width}` }));
    return make("table", { "aria-label": "all eight combinations of lights; a row sets the lights" },
      make("colgroup", {}, ...widths), make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...this.rows.map(({ element }) => element)));
  }

  buildTraining({ lessons }) {
    this.lesson = make("select", { "aria-label": "table to learn" },
      ...lessons.map(({ name, label }) => make("option", { value: name }, label)),
      make("option", { value: "", disabled: "" }, "my own table"));
    this.graph = drawn("svg", { class: "graph", role: "img", height: 112 });
    const button = (action, words) => make("button", { type: "button", "data-action": action }, words);
    this.buttons = { play: button("play", "▶ Train"), step: button("step", "Step"), rewind: button("rewind", "Reset"), renew: button("renew", "New start") };
    return make("div", { class: "training", role: "group", "aria-label": "training" },
      make("p", { class: "title" }, "Let it find the weights by itself"),
      make("label", { class: "lesson" }, make("span", {}, "go on"), this.lesson),
      this.graph, make("div", { class: "buttons" }, ...Object.values(this.buttons)));
  }

  // --- What the visitor does ---

  listen() {
    const { root } = this;
    root.addEventListener("click", (event) => this.click(event));
    root.addEventListener("keydown", (event) => this.key(event));
    // R, Y and G switch the lights from anywhere on the page where nothing is being filled in.
    window.addEventListener("keydown", (event) => {
      const at = event.composedPath()[0];
      const elsewhere = !root.isConnected || event.composedPath().includes(root) || event.ctrlKey || event.metaKey || event.altKey;
      if (elsewhere || at.matches?.("input, textarea, select, [contenteditable='true']") || !(event.key.toLowerCase() in LAMP_KEYS)) return;
      event.preventDefault();
      event.stopImmediatePropagation(); // or Streamlit would take R for "run again"
      this.toggle(LAMP_KEYS[event.key.toLowerCase()]);
    }, true);
    for (const { input, tick } of this.sliders) {
      let dragged = false;
      input.addEventListener("pointerdown", () => { dragged = true; });
      input.addEventListener("pointerup", () => { dragged = false; });
      input.addEventListener("pointercancel", () => { dragged = false; });
      input.addEventListener("input", () => {
        const near = dragged && Math.abs(input.value - tick) < 0.15;
        this.slide(Number(input.dataset.slider), near ? tick : tidy(Number(input.value), 1));
      });
      input.addEventListener("change", () => this.send(150));
    }
    this.lesson.addEventListener("change", () => {
      const { targets } = this.data.lessons.find(({ name }) => name === this.lesson.value);
      this.ask({ targets: [...targets] });
    });
  }

  click(event) {
    const target = event.target.closest("[data-lamp], [data-wanted], [data-row], [data-activation], [data-action]");
    if (!target) return;
    const { lamp, wanted, row, activation, action } = target.dataset;
    if (lamp !== undefined) this.toggle(Number(lamp));
    else if (wanted !== undefined) this.want(Number(wanted));
    else if (row !== undefined) this.setLights(ROWS[row]);
    else if (activation !== undefined) this.ask({ activation });
    else this.act(action);
  }

  /** Keys the stage uses are kept from the page's own shortcuts; the others go on to it. */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target;
    const lamp = LAMP_KEYS[event.key.toLowerCase()];
    const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    const press = event.key === " " || event.key === "Enter";
    let used = true;
    if (target === this.lesson) {
      event.stopPropagation();
      return;
    }
    if (lamp !== undefined) this.toggle(lamp);
    else if (target.dataset.lamp !== undefined && press) this.toggle(Number(target.dataset.lamp));
    else if (target.dataset.row !== undefined && press) this.want(Number(target.dataset.row));
    else if (target.dataset.row !== undefined && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      const next = (Number(target.dataset.row) + step + 8) % 8;
      this.setLights(ROWS[next]);
      this.rows[next].element.focus();
    } else if (target.dataset.activation !== undefined && step) {
      const next = this.choices[(this.choices.indexOf(target) + step + this.choices.length) % this.choices.length];
      next.focus();
      this.ask({ activation: next.dataset.activation });
    } else used = false;
    if (used) event.preventDefault();
    const ofSlider = target.dataset.slider !== undefined && (step || /^(Home|End|PageUp|PageDown)$/.test(event.key));
    if (used || ofSlider || (press && target.closest("button"))) event.stopPropagation();
  }

  toggle(lamp) {
    this.setLights(this.scene.lights.map((light, i) => (i === lamp ? 1 - light : light)));
  }

  setLights(lights) {
    this.scene.lights = [...lights];
    this.render();
    this.send(150);
  }

  slide(i, value) {
    this.pause();
    this.step = null;
    this.wish = null;
    if (i < 3) this.scene.weights[i] = value;
    else this.scene.bias = value;
    this.render();
  }

  want(row) {
    this.ask({ targets: this.scene.targets.map((target, i) => (i === row ? 1 - target : target)) });
  }

  /** A change that calls for another training run, which Python makes. */
  ask(change) {
    this.pause();
    this.step = null;
    this.wish = null;
    Object.assign(this.scene, change);
    this.render();
    this.send(0);
  }

  act(action) {
    if (action === "play" && this.playing) {
      this.pause();
      this.send(0);
    } else if (action === "renew") {
      this.ask({ seed: (this.scene.seed + 1) % 10000 });
      this.wish = "rewind";
    } else if (!this.run()) {
      this.wish = action;
      this.send(0);
    } else this.fulfil(action);
    this.render();
  }

  // --- Training, replayed ---

  /** The run that Python made for what is set now, if it is here already. */
  run() {
    const { run } = this.data;
    const fits = run && run.activation === this.scene.activation && run.seed === this.scene.seed
      && run.targets.join() === this.scene.targets.join();
    return fits ? run : null;
  }

  fulfil(wish) {
    this.wish = null;
    const last = this.run().path.length - 1;
    if (wish === "rewind") this.goTo(0);
    else if (wish === "step") this.goTo(this.step === null ? 0 : Math.min(this.step + 1, last));
    else this.play(last);
    if (wish !== "play") {
      this.pause();
      this.send(150);
    }
  }

  goTo(step) {
    const [red, yellow, green, bias] = this.run().path[step];
    this.step = step;
    this.scene.weights = [red, yellow, green];
    this.scene.bias = bias;
    this.render();
  }

  play(last) {
    if (this.calm.matches) {
      this.goTo(last);
      this.send(0);
      return;
    }
    const first = this.step === null || this.step === last ? 0 : this.step;
    const pace = Math.min(Math.max(last * 70, 1500), 5000) / last; // milliseconds a step
    let begun = null;
    let told = 0;
    this.playing = true;
    const frame = (now) => {
      if (!this.playing) return;
      begun ??= now;
      const step = Math.min(first + Math.floor((now - begun) / pace), last);
      if (step !== this.step) this.goTo(step);
      if (step === last) {
        this.playing = false;
        this.render();
        this.send(0);
        return;
      }
      if (now - told > 700) {
        told = now;
        this.send(0);
      }
      this.frame = requestAnimationFrame(frame);
    };
    this.goTo(first);
    this.frame = requestAnimationFrame(frame);
  }

  pause() {
    this.playing = false;
    cancelAnimationFrame(this.frame);
  }

  // --- To and from Python ---

  send(delay) {
    clearTimeout(this.sending);
    this.sending = setTimeout(() => {
      const value = { version: this.version, ...this.scene };
      const text = JSON.stringify(value);
      if (text !== this.sent) this.setStateValue("neuron", JSON.parse(text));
      this.sent = text;
    }, delay);
  }

  receive({ data, setStateValue }) {
    const first = !this.data;
    this.data = data;
    this.setStateValue = setStateValue;
    if (first || data.version !== this.version) {
      clearTimeout(this.sending);
      this.pause();
      this.version = data.version;
      this.scene = structuredClone(data.state);
      this.step = null;
      this.wish = null;
    }
    if (first) this.build(data);
    if (this.wish && this.run()) this.fulfil(this.wish);
    this.render();
  }

  leave() {
    this.pause();
    clearTimeout(this.sending);
    clearTimeout(this.speaking);
    this.observer?.disconnect();
  }

  // --- Showing what is ---

  fit() {
    const width = this.left?.clientWidth; // as laid out, however large it is shown
    if (!width || width === this.width) return;
    this.width = width;
    this.root.classList.toggle("wide", this.root.clientWidth >= 560);
    this.parts = draw(this.picture, geometry(width));
    this.render();
  }

  render() {
    if (!this.parts) return;
    const neuron = this.scene;
    const digits = decimals(neuron);
    const answer = weigh(neuron, neuron.lights);
    this.renderPicture(neuron, answer, digits);
    this.renderControls(neuron, digits);
    this.renderTable(neuron, digits);
    this.renderTraining();
    this.speak(neuron, answer, digits);
  }

  renderPicture({ lights, weights, bias, activation }, answer, digits) {
    const { g, wires, labels, biasWire, biasLabel, sumWire, outWire, circle, total, level, curve, dot, curveName, verdict, comparison, lamps } = this.parts;
    lights.forEach((on, i) => {
      lamps[i].setAttribute("aria-checked", Boolean(on));
      setWire(wires[i], weights[i], on);
      const sum = g.width < 420 ? "" : ` = ${number(answer.products[i], digits)}`;
      labels[i].replaceChildren(`${on} × ${number(weights[i], digits)}`, drawn("tspan", { class: "dim" }, sum));
      labels[i].classList.toggle("idle", !on);
    });
    setWire(biasWire, bias);
    biasLabel.textContent = `bias ${number(bias, digits)}`;
    setWire(sumWire, answer.total);
    circle.setAttribute("class", `sum ${sign(answer.total)}`);
    total.textContent = number(answer.total, digits);
    setWire(outWire, answer.output - answer.threshold);
    const plot = drawCurve(activation, g.curve);
    curve.setAttribute("d", plot.path);
    const { x, half } = g.curve;
    level.setAttribute("d", `M${x - half + 7},${plot.up(answer.threshold)} H${x + half - 7}`);
    const seen = Math.min(Math.max(answer.total, -REACH), REACH);
    dot.setAttribute("class", `dot ${sign(answer.output - answer.threshold, 9)}`);
    dot.style.transform = `translate(${plot.across(seen)}px, ${plot.up(CURVES[activation](seen))}px)`;
    curveName.textContent = activation === "none" ? "no activation" : this.data.activations.find(({ name }) => name === activation).label;
    verdict.textContent = answer.fires ? "Go" : "Wait";
    verdict.classList.toggle("go", answer.fires);
    comparison.textContent = compared(answer);
  }

  renderControls({ weights, bias, activation }, digits) {
    this.sliders.forEach(({ input, value, element }, i) => {
      const setting = [...weights, bias][i];
      input.value = setting;
      const text = number(setting, digits);
      value.textContent = text;
      input.setAttribute("aria-valuetext", text);
      element.dataset.sign = sign(setting);
      const { limit } = this.data;
      input.style.setProperty("--at", (Math.min(Math.max(setting, -limit), limit) + limit) / (2 * limit));
    });
    for (const choice of this.choices) {
      const chosen = choice.dataset.activation === activation;
      choice.setAttribute("aria-checked", chosen);
      choice.tabIndex = chosen ? 0 : -1;
    }
  }

  renderTable(neuron, digits) {
    const run = this.run();
    const clash = run && this.step === run.path.length - 1 ? run.contradiction : null;
    this.rows.forEach(({ element, sum, verdict, wanted }, row) => {
      const answer = weigh(neuron, ROWS[row]);
      const here = ROWS[row].join() === neuron.lights.join();
      const right = answer.fires === Boolean(neuron.targets[row]);
      element.className = [here && "here", answer.fires && "goes", clash?.go.includes(row) && "clash positive",
        clash?.wait.includes(row) && "clash negative"].filter(Boolean).join(" ");
      element.tabIndex = here ? 0 : -1;
      element.setAttribute("aria-current", here);
      sum.textContent = number(answer.total, digits);
      verdict.textContent = answer.fires ? "go" : "wait";
      wanted.replaceChildren(make("i", {}, right ? "✓" : "✗"), neuron.targets[row] ? "go" : "wait");
      wanted.className = `wanted ${right ? "right" : "wrong"}`;
      wanted.tabIndex = here ? 0 : -1;
      wanted.setAttribute("aria-checked", Boolean(neuron.targets[row]));
      const names = LIGHTS.filter((_, i) => ROWS[row][i]).join(", ") || "no light";
      wanted.setAttribute("aria-label", `wanted for ${names}: ${neuron.targets[row] ? "go" : "wait"}`);
    });
  }

  renderTraining() {
    const { lessons } = this.data;
    const { targets } = this.scene;
    this.lesson.value = lessons.find((lesson) => lesson.targets.join() === targets.join())?.name ?? "";
    const run = this.run();
    const last = run ? run.path.length - 1 : 0;
    const words = this.playing ? "❚❚ Pause" : "▶ Train";
    if (this.buttons.play.textContent !== words) this.buttons.play.textContent = words;
    this.buttons.step.disabled = Boolean(run) && this.step === last;
    this.buttons.rewind.disabled = this.step === 0;
    this.renderGraph(run, last);
    const right = ROWS.filter((lights, row) => weigh(this.scene, lights).fires === Boolean(targets[row])).length;
    const ended = run && this.step === last && !this.playing;
    this.report.textContent = ended ? run.sentence : `${right} of 8 rows right.`;
    this.report.classList.toggle("solved", right === 8);
  }

  renderGraph(run, last) {
    const width = Math.max(this.graph.clientWidth || 300, 160);
    const [left, right, top, bottom] = [6, width - 6, 20, 94];
    this.graph.setAttribute("viewBox", `0 0 ${width} 112`);
    const parts = [
      drawn("path", { class: "axis", d: `M${left},${top - 6} V${bottom} H${right}` }),
      drawn("text", { class: "small dim", x: left + 5, y: 11 }, "error"),
      drawn("text", { class: "small dim", x: right, y: 109, "text-anchor": "end" }, run ? `${last} steps` : "steps"),
    ];
    let words = "error while training, not started";
    if (run && this.step !== null) {
      const tallest = Math.max(...run.path.map((point) => point[4]));
      const place = (step) => [
        left + (step / Math.max(last, 1)) * (right - left), bottom - (run.path[step][4] / tallest) * (bottom - top)];
      const line = [...Array(this.step + 1).keys()].map((step) => place(step).map((v) => v.toFixed(1)).join(","));
      const [x, y] = place(this.step);
      const error = run.path[this.step][4];
      const shown = error.toFixed(error < 0.1 ? 3 : 2);
      const side = x > width * 0.6 ? "end" : "start";
      parts.push(drawn("path", { class: "curve", d: `M${line.join("L")}` }), drawn("circle", { class: "dot now", cx: x, cy: y, r: 4 }),
        drawn("text", { class: "small number", x: x + (side === "end" ? 4 : 8), y: Math.max(y - 9, 11), "text-anchor": side },
          `${shown} after ${this.step}`));
      words = `error ${shown} after ${this.step} of ${last} steps`;
    } else parts.push(drawn("text", { class: "small dim", x: width / 2, y: 60, "text-anchor": "middle" }, "Train draws its error here"));
    this.graph.replaceChildren(...parts);
    this.graph.setAttribute("aria-label", words);
  }

  /** One sentence for a screen reader, once things have settled. */
  speak({ lights, activation }, answer, digits) {
    const lit = lights.map((on, i) => `${LIGHTS[i]} ${on ? "on" : "off"}`).join(", ");
    const through = activation === "none" ? "" : `, after ${activation} ${number(answer.output, 2, "")}`;
    const sentence = `${lit}: sum ${number(answer.total, digits)}${through}, threshold ${answer.threshold}: ${answer.fires ? "go" : "wait"}.`;
    clearTimeout(this.speaking);
    this.speaking = setTimeout(() => {
      if (this.live.textContent !== sentence) this.live.textContent = sentence;
    }, 350);
  }
}

const stages = new WeakMap();

function receive(component) {
  const { parentElement } = component;
  let stage = stages.get(parentElement);
  if (!stage) {
    stage = new Stage(parentElement);
    stages.set(parentElement, stage);
  }
  stage.receive(component);
  return () => {
    stage.leave();
    stage.root.remove();
    stages.delete(parentElement);
  };
}
