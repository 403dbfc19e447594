// A digit network as a picture: 784 pixels, hidden neurons, ten outputs, and every wire between them. A part, shared by components.

const SIDE = 28;
const PIXELS = SIDE * SIDE;
const MOST_WIRES = 40; // drawn from the pixels to one neuron, the strongest; all of them once it is pointed at

/** A number for the page: −0.031, or ≈ 0 where all its places would be zeros, which is not the same as 0. */
function shown(value, digits = 2) {
  const text = Math.abs(value).toFixed(digits);
  if (Number(text) === 0) return value === 0 ? text : "≈ 0";
  return (value < 0 ? "−" : "") + text;
}
const signed = (value, digits = 2) => (value > 0 && !shown(value, digits).startsWith("≈") ? "+" : "") + shown(value, digits);

const withArticle = (digit) => `${digit === 8 ? "an" : "a"} ${digit}`;
const largestOf = (values) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;

/** The size that only the largest fiftieth of the numbers pass: a few extremes must not make all else pale. */
function strong(values) {
  const sizes = values.map(Math.abs).sort();
  return sizes[Math.floor(0.98 * (sizes.length - 1))] || sizes[sizes.length - 1] || 1;
}

const between = (a, b, share) => a.map((value, i) => Math.round(value + (b[i] - value) * share));

/** The theme's colours as numbers, as they are at this moment. */
function coloursOf(element) {
  const style = getComputedStyle(element);
  const read = (name) => rgb(style.getPropertyValue(`--${name}`));
  return { positive: read("positive"), negative: read("negative"), soft: read("soft"), page: read("page"), ink: read("ink"), dim: read("dim") };
}
const signedColour = (colours, share) =>
  between(colours.soft, share < 0 ? colours.negative : colours.positive, Math.min(1, Math.abs(share)));

/** Paint a square of numbers: how is "ink" (0 to 1) or "signed" (−most to most). */
function paint(canvas, values, offset, how, most, colours) {
  const pen = canvas.getContext("2d");
  const image = pen.createImageData(SIDE, SIDE);
  for (let i = 0; i < PIXELS; i += 1) {
    const value = values[offset + i];
    const colour = how === "ink" ? between(colours.page, colours.ink, Math.max(0, Math.min(1, value))) : signedColour(colours, value / most);
    image.data.set([...colour, 255], 4 * i);
  }
  pen.putImageData(image, 0, 0);
}

/**
 * The picture of the network. Give it a view:
 *   picture {values [784], how, most?}, tiles {values [hidden × 784], most?}: without most, each on a scale of its own
 *   pixelWires [hidden × 784], wires [10 × hidden]: signed numbers, or null where none are drawn
 *   hidden, outputs: for each neuron {dot: CSS colour, text, bar?, mark?, right?}
 * and it calls on.point(layer, index) when a neuron is pointed at, layer −1 when none is; on.pick(layer, index).
 */
class NetPicture {
  constructor(hidden, outputs, on = {}) {
    this.on = on;
    this.pointed = null;
    this.wires = make("canvas", { class: "wires", "aria-hidden": "true" });
    this.pixels = make("canvas", { class: "pixels", width: SIDE, height: SIDE, role: "img" });
    this.caption = make("div", { class: "caption" });
    this.hidden = Array.from({ length: hidden }, (_, i) => this.neuron(0, i));
    this.outputs = Array.from({ length: outputs }, (_, i) => this.neuron(1, i));
    this.heads = ["", "", ""].map(() => make("div", { class: "colhead" }));
    this.left = make("div", { class: "inputs" }, this.heads[0], this.pixels, this.caption);
    this.root = make("div", { class: "net" }, this.wires, this.left,
      make("div", { class: "column hidden" }, this.heads[1], make("div", { class: "stack" }, ...this.hidden.map((n) => n.root))),
      make("div", { class: "column outputs" }, this.heads[2], make("div", { class: "stack" }, ...this.outputs.map((n) => n.root))));
    this.root.style.setProperty("--count", hidden);
    this.root.addEventListener("pointerleave", () => this.point(null));
    new ResizeObserver(() => this.redraw()).observe(this.root);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => setTimeout(() => this.redraw(), 300));
  }

  neuron(layer, index) {
    const dot = make("i", { class: "dot" });
    const text = make("span", { class: "number value" });
    const root = make("button", { type: "button", class: "neuron", "data-layer": layer, "data-index": index });
    const tile = layer === 0 ? make("canvas", { class: "tile", width: SIDE, height: SIDE }) : make("b", {}, String(index));
    const bar = layer === 1 ? make("i", { class: "bar" }, make("i"), make("u")) : null;
    const inside = layer === 0 ? [tile, dot, text] : [dot, tile, bar, text];
    for (const part of inside) part.setAttribute("aria-hidden", "true"); // the button's own name says it all
    const name = make("span", { class: "unseen" });
    root.append(name, ...inside);
    root.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && this.point([layer, index]));
    root.addEventListener("focus", () => root.matches(":focus-visible") && this.point([layer, index]));
    root.addEventListener("blur", () => this.point(null));
    root.addEventListener("click", () => {
      this.point([layer, index]);
      this.on.pick?.(layer, index);
    });
    root.addEventListener("keydown", (event) => this.move(event, layer, index));
    return { root, name, tile, dot, text, bar };
  }

  /** Arrow keys go up and down in a layer; the page must not turn. */
  move(event, layer, index) {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!step) return;
    const all = layer === 0 ? this.hidden : this.outputs;
    event.preventDefault();
    event.stopPropagation();
    all[Math.max(0, Math.min(all.length - 1, index + step))].root.focus();
  }

  point(place) {
    if (String(place) === String(this.pointed)) return;
    this.pointed = place;
    this.on.point?.(...(place ?? [-1, -1]));
    this.redraw();
  }

  show(view) {
    this.view = view;
    this.redraw();
  }

  redraw() {
    if (!this.view || !this.root.isConnected || this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.draw();
    });
  }

  draw() {
    const { view } = this;
    const colours = (this.colours = coloursOf(this.root));
    const { picture, tiles } = view;
    paint(this.pixels, picture.values, 0, picture.how, picture.most ?? strong(picture.values), colours);
    this.pixels.setAttribute("aria-label", picture.alt ?? "");
    this.caption.textContent = view.caption ?? "";
    this.heads.forEach((head, i) => (head.textContent = view.heads[i]));
    this.hidden.forEach((neuron, j) => {
      const most = tiles.most ?? strong(tiles.values.subarray(j * PIXELS, (j + 1) * PIXELS));
      paint(neuron.tile, tiles.values, j * PIXELS, "signed", most, colours);
      this.dress(neuron, view.hidden[j], 0, j);
    });
    this.outputs.forEach((neuron, k) => this.dress(neuron, view.outputs[k], 1, k));
    this.drawWires(colours);
  }

  dress(neuron, look, layer, index) {
    neuron.dot.style.background = look.dot;
    neuron.text.textContent = look.text;
    neuron.name.textContent = look.label ?? look.text;
    neuron.root.title = look.label ?? "";
    neuron.root.classList.toggle("right", Boolean(look.right));
    neuron.root.classList.toggle("first", Boolean(look.first));
    neuron.root.classList.toggle("chosen", Boolean(look.chosen));
    const { pointed } = this;
    neuron.root.classList.toggle("pointed", Boolean(pointed && pointed[0] === layer && pointed[1] === index));
    if (!neuron.bar) return;
    neuron.bar.firstChild.style.width = `${100 * Math.min(1, Math.max(0, look.bar ?? 0))}%`;
    neuron.bar.firstChild.style.background = look.barTone ?? "";
    neuron.bar.lastChild.style.left = `${100 * (look.mark ?? 0)}%`;
    neuron.bar.lastChild.hidden = look.mark === undefined;
    neuron.bar.hidden = look.bar === undefined;
  }

  drawWires(colours) {
    const { wires, view, pointed } = this;
    const box = this.root.getBoundingClientRect();
    const scale = window.devicePixelRatio || 1;
    wires.width = Math.round(box.width * scale);
    wires.height = Math.round(box.height * scale);
    const pen = wires.getContext("2d");
    pen.scale(scale, scale);
    pen.lineCap = "round";
    const at = (element, side) => {
      const place = element.getBoundingClientRect();
      return [(side === "left" ? place.left : place.right) - box.left, (place.top + place.bottom) / 2 - box.top];
    };
    const picture = this.pixels.getBoundingClientRect();
    const [left, top, cell] = [picture.left - box.left, picture.top - box.top, picture.width / SIDE];
    const stroke = (share, alpha) => {
      const [r, g, b] = share < 0 ? colours.negative : colours.positive;
      pen.strokeStyle = `rgba(${r}, ${g}, ${b}, ${alpha})`;
    };
    const ends = this.hidden.map((neuron) => [at(neuron.tile, "left"), at(neuron.root, "right")]);

    if (view.pixelWires) {
      const most = largestOf(view.pixelWires);
      pen.lineWidth = 0.7;
      this.hidden.forEach((_, j) => {
        const here = pointed && pointed[0] === 0 && pointed[1] === j;
        if (pointed && !here) return;
        const part = view.pixelWires.subarray(j * PIXELS, (j + 1) * PIXELS);
        let lines = [...part.keys()].filter((i) => Math.abs(part[i]) > most * 0.02);
        if (!here) lines = lines.sort((a, b) => Math.abs(part[b]) - Math.abs(part[a])).slice(0, MOST_WIRES);
        const [x, y] = ends[j][0];
        for (const i of lines) {
          const share = part[i] / most;
          stroke(share, Math.min(0.9, (here ? 0.25 : 0.05) + 0.55 * Math.abs(share)).toFixed(3));
          const [x0, y0] = [left + ((i % SIDE) + 0.5) * cell, top + (Math.floor(i / SIDE) + 0.5) * cell];
          pen.beginPath();
          pen.moveTo(x0, y0);
          pen.bezierCurveTo(x0 + (x - x0) * 0.5, y0, x0 + (x - x0) * 0.6, y, x - 1, y);
          pen.stroke();
        }
      });
    }
    if (view.wires) {
      const most = largestOf(view.wires);
      this.outputs.forEach((output, k) => {
        const [x, y] = at(output.dot, "left");
        this.hidden.forEach((_, j) => {
          const share = view.wires[k * this.hidden.length + j] / most;
          const mine = !pointed || pointed[1] === (pointed[0] === 0 ? j : k);
          if (Math.abs(share) < 0.01) return;
          stroke(share, mine ? Math.min(0.95, 0.12 + 0.85 * Math.abs(share)).toFixed(3) : 0.04);
          pen.lineWidth = 0.5 + 4.5 * Math.abs(share);
          const [x0, y0] = ends[j][1];
          pen.beginPath();
          pen.moveTo(x0 + 1, y0);
          pen.bezierCurveTo(x0 + (x - x0) * 0.5, y0, x0 + (x - x0) * 0.5, y, x - 2, y);
          pen.stroke();
        });
      });
    }
  }
}
