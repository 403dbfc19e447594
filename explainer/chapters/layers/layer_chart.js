// All layers of a network as boxes to scale, with their numbers below; click or arrow keys choose one.
// Wide enough it is a drawing, on a phone a table; both answer at once and report "layer".

const SETTLE_MS = 120;
const NS = "http://www.w3.org/2000/svg";
const HEADS = 92; // room for the words on the left
const HIGH = 58; // the largest box; on a stage as wide as a wall, where height is dear, less
const highest = (width) => (width > 860 ? 40 : HIGH);
const LINE = 16;

function receive(component) {
  const { data } = component;
  const chart = standing(component, build);
  chart.component = component;
  chart.data = data;
  if (chart.timer === 0) chart.selected = data.selected;
  draw(chart);
}

function build() {
  const root = document.createElement("div");
  root.className = "root";
  root.innerHTML = '<div class="picture"></div><div class="hint" aria-live="polite"></div>';
  const chart = { root, box: root.querySelector(".picture"), hint: root.querySelector(".hint"), timer: 0, width: 0 };
  const layer = (event) => event.target.closest("[data-layer]")?.dataset.layer;
  chart.box.addEventListener("click", (event) => layer(event) && choose(chart, layer(event), 0));
  chart.box.addEventListener("pointerover", (event) => say(chart, layer(event) ?? chart.selected));
  chart.box.addEventListener("pointerleave", () => say(chart, chart.selected));
  chart.box.addEventListener("keydown", (event) => move(chart, event));
  new ResizeObserver(([entry]) => {
    const width = Math.round(entry.contentRect.width);
    if (!width || width === chart.width) return;
    chart.width = width;
    draw(chart);
  }).observe(root);
  return chart;
}

function draw(chart) {
  if (!chart.data || !chart.width) return;
  const focused = chart.box.contains(chart.root.getRootNode().activeElement);
  chart.box.replaceChildren(chart.width < 480 ? table(chart) : drawing(chart));
  const narrow = chart.box.querySelector("table");
  if (narrow) chart.box.removeAttribute("role");
  else chart.box.setAttribute("role", "listbox");
  (narrow ?? chart.box).setAttribute("aria-label", chart.data.alt);
  if (narrow) chart.box.removeAttribute("aria-label");
  mark(chart, focused);
  say(chart, chart.selected);
}

// --- wide: boxes to scale ---------------------------------------------------------------------------

function element(name, attributes, parent, text) {
  const node = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  parent?.appendChild(node);
  return node;
}

function drawing({ data, width }) {
  let { layers, rows } = data;
  const column = (width - HEADS) / layers.length;
  const tight = column < 46;
  const crowded = column < 38; // no room for names side by side: they lean
  const wired = layers.some((layer) => layer.wiring === "apart");
  if (crowded) {
    // No room for 55²×96 in one line either.
    rows = ["positions", "maps", ...rows.slice(1)];
    layers = layers.map((layer) => {
      const [places, maps] = layer.texts[0].includes("×") ? layer.texts[0].split("×") : ["", layer.texts[0]];
      return { ...layer, texts: [places, maps, ...layer.texts.slice(1)], shares: [null, ...layer.shares] };
    });
  }
  const names = crowded ? 66 : 20;
  const base = highest(width) + 15; // where boxes stand
  const wires = base + 8;
  const top = wires + (wired ? 18 : 0) + names;
  const height = top + rows.length * LINE + 4;
  const svg = element("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "presentation" });
  rows.forEach((row, i) => element("text", { class: "head", x: 0, y: top + i * LINE + 12 }, svg, row));
  if (wired) element("text", { class: "head", x: 0, y: wires + 12 }, svg, "two groups");
  const scale = scales(layers, column, width);
  layers.forEach((layer, i) => {
    const left = HEADS + i * column;
    const group = element("g", { class: "layer", "data-layer": layer.name, role: "option" }, svg);
    element("title", {}, group, layer.words);
    element("rect", { class: "back", x: left, y: 1, width: column, height: height - 2, rx: 7 }, group);
    (layer.neurons_tall ? tower : box)(group, layer, left + column / 2, base, scale);
    if (wired) wire(group, layer, layers[i + 1], left, wires + 8, column);
    const name = { class: "name", x: left + column / 2, y: top - 7 };
    if (crowded) {
      Object.assign(name, { "text-anchor": "start", x: left + column / 2 + 1, y: top - 10 });
      name.transform = `translate(4 -4) rotate(-58 ${name.x} ${name.y})`;
    }
    element("text", name, group, layer.name);
    layer.texts.forEach((text, row) => {
      const y = top + row * LINE;
      const share = layer.shares[row];
      if (share) element("rect", { class: "bar", x: left + 2, y: y + 1.5, width: Math.max(1, share * (column - 4)), height: 13, rx: 2 }, group);
      const short = tight ? text.replace(/(\d) (?=[kMG])/, "$1") : text;
      element("text", { class: short.length * 5.6 > column ? "value tiny" : tight ? "value small" : "value", x: left + column / 2, y: y + 12 }, group, short);
    });
  });
  return svg;
}

// Pixels a position, a map, a neuron: one scale each for the whole network.
function scales(layers, column, width) {
  const most = (kind) => Math.max(1, ...layers.map((layer) => (layer.neurons_tall ? 0 : layer[kind])));
  const map = (0.56 * column) / most("channels");
  const room = (layer) => (column - 6 - map * layer.channels) / (0.5 * layer.side);
  const position = Math.min(highest(width) / most("side"), ...layers.filter((layer) => !layer.neurons_tall).map(room));
  return { map, position, neuron: highest(width) / Math.max(...layers.map((layer) => layer.neurons_tall), 1) };
}

// A block lying on its side: as long as it has maps, its end the strongest of them, leaning away.
function box(parent, layer, middle, base, scale) {
  const side = Math.max(2.5, scale.position * layer.side);
  const long = Math.max(1, scale.map * layer.channels);
  const lean = [side * 0.5, side * 0.22];
  const x = middle - (long + lean[0]) / 2;
  const y = base - side;
  const points = (...corners) => corners.map((corner) => corner.join(",")).join(" ");
  element("polygon", { class: "front", points: points([x, y], [x + long, y], [x + long, base], [x, base]) }, parent);
  element("polygon", {
    class: "top",
    points: points([x, y], [x + lean[0], y - lean[1]], [x + long + lean[0], y - lean[1]], [x + long, y]),
  }, parent);
  const face = element("image", { href: layer.face, width: 1, height: 1, preserveAspectRatio: "none" }, parent);
  face.setAttribute("transform", `matrix(${lean[0]} ${-lean[1]} 0 ${side} ${x + long} ${y})`);
  if (layer.wiring === "apart") {
    const half = x + long / 2;
    element("line", { class: "cut", x1: half, x2: half, y1: y, y2: base }, parent);
    element("line", { class: "cut", x1: half, x2: half + lean[0], y1: y, y2: y - lean[1] }, parent);
  }
}

function tower(parent, layer, middle, base, scale) {
  const tall = Math.max(3, scale.neuron * layer.neurons_tall);
  element("image", { href: layer.face, x: middle - 5, y: base - tall, width: 10, height: tall, preserveAspectRatio: "none" }, parent);
  element("rect", { class: "edge", x: middle - 5, y: base - tall, width: 10, height: tall }, parent);
}

// The two halves as two lines: side by side while apart, crossing where they meet.
function wire(parent, layer, next, left, middle, column) {
  const path = (d) => element("path", { class: "wire", d }, parent);
  const [a, b, right, centre] = [middle - 4.5, middle + 4.5, left + column, left + column / 2];
  const on = next && (layer.wiring === "split" || next.wiring !== "one" || layer.wiring === "apart");
  if (layer.wiring === "apart") {
    path(`M${left} ${a}H${right}`);
    path(`M${left} ${b}H${right}`);
  } else if (layer.wiring === "split") {
    for (const y of [a, b]) path(`M${centre - 10} ${middle}C${centre} ${middle} ${centre} ${y} ${centre + 10} ${y}H${right}`);
  } else if (layer.wiring === "meet") {
    const [near, far] = [centre - 12, centre + 12];
    for (const [from, to] of [[a, b], [b, a]]) {
      if (on) path(`M${left} ${from}H${near}C${centre} ${from} ${centre} ${to} ${far} ${to}H${right}`);
      else path(`M${left} ${from}H${near}C${centre} ${from} ${centre} ${middle} ${far} ${middle}H${right}`);
    }
    element("circle", { class: "knot", cx: centre, cy: middle, r: 3.5 }, parent);
  } else {
    path(`M${left} ${middle}H${next ? right : centre + 4}`);
  }
}

// --- narrow: one line a layer -----------------------------------------------------------------------

function table({ data }) {
  const shown = [0, 2, 3, 4]; // no room for neurons
  const node = document.createElement("table");
  node.setAttribute("role", "grid");
  const cell = (kind, text, parent) => {
    const made = document.createElement(kind);
    made.textContent = text;
    parent.appendChild(made);
    return made;
  };
  const head = node.createTHead().insertRow();
  for (const text of ["", "hands on", "weights", "mult-adds", "sees"]) cell("th", text, head);
  const body = node.createTBody();
  for (const layer of data.layers) {
    const row = body.insertRow();
    row.dataset.layer = layer.name;
    row.setAttribute("aria-label", layer.words);
    row.className = "layer";
    const name = { meet: `${layer.name} ✕`, apart: `${layer.name} ‖` }[layer.wiring] ?? layer.name;
    cell("th", name, row);
    for (const i of shown) {
      const made = cell("td", layer.texts[i], row);
      if (layer.shares[i]) made.style.setProperty("--share", `${100 * layer.shares[i]}%`);
    }
  }
  if (data.layers.some((layer) => layer.wiring === "apart")) {
    node.createCaption().textContent = "‖ two groups side by side, ✕ they meet";
  }
  return node;
}

// --- choosing ----------------------------------------------------------------------------------------

function options(chart) {
  return [...chart.box.querySelectorAll("[data-layer]")];
}

function mark(chart, focus) {
  for (const option of options(chart)) {
    const chosen = option.dataset.layer === chart.selected;
    option.setAttribute("aria-selected", chosen);
    option.setAttribute("tabindex", chosen ? 0 : -1);
    if (chosen && focus) option.focus();
  }
}

function say(chart, name) {
  chart.hint.textContent = chart.data.layers.find((layer) => layer.name === name)?.hint ?? "";
}

function choose(chart, name, delay) {
  chart.selected = name;
  mark(chart, delay > 0);
  say(chart, name);
  clearTimeout(chart.timer);
  chart.timer = setTimeout(() => {
    chart.timer = 0;
    chart.component.setStateValue("layer", name);
  }, delay);
}

function move(chart, event) {
  const names = chart.data.layers.map((layer) => layer.name);
  const current = names.indexOf(chart.selected);
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -names.length, End: names.length }[event.key];
  const enter = event.key === "Enter" || event.key === " ";
  if (step === undefined && !enter) return;
  event.preventDefault();
  event.stopPropagation(); // or the page would turn to the next chapter
  const next = Math.max(0, Math.min(names.length - 1, current + (step ?? 0)));
  choose(chart, names[next], SETTLE_MS);
}
