// Reading a digit: one to look at, a pad to draw on or a photograph to cut from, and the network's answer while it is drawn.

const PAD = 112; // side of the pad in pixels of its own: four to each pixel that the network sees
const PEN = 9;
const [BOX, CENTRE, INK, MOST_ENLARGED, SURE] = [20, 14, 0.1, 4, 0.5];

function receive(component) {
  const reader = standing(component, (data) => new Reader(data));
  reader.take(component);
}

/** A row of numbers shrunk or enlarged with a tent as wide as the step: what PyTorch calls bilinear and antialias. */
function stretched(line, count) {
  const step = line.length / count;
  const reach = Math.max(1, step);
  return Array.from({ length: count }, (_, place) => {
    const centre = (place + 0.5) * step;
    let [sum, total] = [0, 0];
    for (let i = Math.max(0, Math.floor(centre - reach + 0.5)); i < Math.min(line.length, Math.floor(centre + reach + 0.5)); i += 1) {
      const weight = Math.max(0, 1 - Math.abs((i + 0.5 - centre) / reach));
      sum += weight * line[i];
      total += weight;
    }
    return total ? sum / total : 0;
  });
}

/** Round as Python does, halves to the even neighbour. */
function rounded(value) {
  const down = Math.floor(value);
  const rest = value - down;
  return rest < 0.5 || (rest === 0.5 && down % 2 === 0) ? down : down + 1;
}

/** Ink [side × side], 0 to 1, made as MNIST's digits were: fitted into 20 × 20, its mass in the middle of 28 × 28. */
export function fit(ink, side) {
  let [top, left, bottom, right] = [side, side, 0, 0];
  ink.forEach((value, i) => {
    if (value <= INK) return;
    const [row, column] = [Math.floor(i / side), i % side];
    [top, left, bottom, right] = [Math.min(top, row), Math.min(left, column), Math.max(bottom, row + 1), Math.max(right, column + 1)];
  });
  const pixels = new Float32Array(PIXELS);
  if (bottom === 0) return { pixels, box: null };
  const scale = Math.min(BOX / Math.max(bottom - top, right - left), (MOST_ENLARGED * SIDE) / side);
  const [height, width] = [bottom - top, right - left].map((size) => Math.max(1, rounded(size * scale)));
  const wide = Array.from({ length: bottom - top }, (_, row) =>
    stretched(Array.from(ink.slice((top + row) * side + left, (top + row) * side + right)), width));
  const columns = Array.from({ length: width }, (_, column) => stretched(wide.map((line) => line[column]), height));
  let [mass, down, across] = [0, 0, 0];
  columns.forEach((column, x) => column.forEach((value, y) => {
    mass += value;
    down += value * y;
    across += value * x;
  }));
  const corner = [[down, height], [across, width]].map(([sum, size]) =>
    Math.min(Math.max(rounded(CENTRE - sum / Math.max(mass, 1e-6)), 0), SIDE - size));
  columns.forEach((column, x) => column.forEach((value, y) => {
    pixels[(corner[0] + y) * SIDE + corner[1] + x] = Math.max(0, Math.min(1, value));
  }));
  return { pixels, box: [top, left, bottom, right] };
}

/** One forward pass: sums and activations of both layers. */
export function forward(net, x) {
  const [hidden, outputs] = [net.b1.length, net.b2.length];
  const layer = (weights, bias, input, count) => {
    const z = Float64Array.from(bias);
    for (let k = 0; k < count; k += 1) for (let i = 0; i < input.length; i += 1) z[k] += weights[k * input.length + i] * input[i];
    return [z, z.map((value) => 1 / (1 + Math.exp(-value)))];
  };
  const [z1, a1] = layer(net.w1, net.b1, x, hidden);
  const [z2, a2] = layer(net.w2, net.b2, a1, outputs);
  return { z1, a1, z2, a2 };
}

class Reader {
  constructor(data) {
    this.pad = make("canvas", { class: "pad", width: PAD, height: PAD, tabindex: 0, role: "application", "aria-label": data.words.pad });
    this.photo = make("img", { alt: data.words.photo });
    this.frame = make("div", { class: "frame" });
    this.cutting = make("div", { class: "photo", tabindex: 0, role: "application", "aria-label": data.words.photo }, this.photo, this.frame);
    const button = (text, action) => {
      const made = make("button", { type: "button", class: "chip" }, text);
      made.addEventListener("click", action);
      return made;
    };
    this.pens = [button(data.words.pen, () => this.hold(false)), button(data.words.rubber, () => this.hold(true))];
    this.tools = make("div", { class: "tools" }, ...this.pens, button(data.words.clear, () => this.clear()));
    this.padHead = make("div", { class: "colhead" });
    this.padArea = make("div", { class: "padarea" }, this.padHead, this.pad, this.cutting, this.tools);
    this.net = new NetPicture(data.hidden, 10, { point: (layer, index) => this.explain(layer, index) });
    this.net.root.prepend(this.padArea);
    this.verdict = make("p", { class: "verdict", "aria-live": "polite" });
    this.note = make("p", { class: "note" });
    this.root = make("div", { class: "root" }, this.net.root, this.verdict, this.note);
    this.pen = this.pad.getContext("2d", { willReadFrequently: true });
    this.tint = [0, 0, 0];
    this.hold(false);
    this.listen();
    this.listenToCut();
  }

  take(component) {
    const { data } = component;
    const first = !this.component;
    const anew = first || data.version !== this.data.version;
    this.component = component;
    this.data = data;
    if (first || data.w1 !== this.packed) {
      this.packed = data.w1;
      this.weights = { w1: floats(data.w1), b1: floats(data.b1), w2: floats(data.w2), b2: floats(data.b2) };
    }
    this.root.dataset.mode = data.mode;
    this.padArea.hidden = data.mode === "test digits";
    this.pad.hidden = this.tools.hidden = data.mode !== "draw";
    this.cutting.hidden = data.mode !== "photograph";
    this.padHead.textContent = data.mode === "draw" ? data.words.pad_head : data.words.photo_head;
    if (data.mode === "photograph") {
      if (this.photo.src !== data.photo) this.photo.src = data.photo;
      if (!this.dragging) this.putFrame(data.cut);
    }
    if (data.mode === "draw") {
      if (anew) this.restore(data.drawing ? bytes(data.drawing) : null);
      else this.retint();
      this.read(fit(this.ink(), PAD).pixels);
    } else this.read(floats(data.pixels));
  }

  // The pad

  /** Put ink on the pad, bytes [PAD × PAD], in the theme's colour; how much of it there is stands in its opacity. */
  restore(ink) {
    const image = this.pen.createImageData(PAD, PAD);
    const colour = (this.tint = coloursOf(this.root).ink);
    for (let i = 0; i < PAD * PAD; i += 1) image.data.set([...colour, ink ? ink[i] : 0], 4 * i);
    this.pen.putImageData(image, 0, 0);
  }

  retint() {
    if (String(this.tint) !== String(coloursOf(this.root).ink)) this.restore(this.ink().map((value) => Math.round(255 * value)));
  }

  ink() {
    const { data } = this.pen.getImageData(0, 0, PAD, PAD);
    return Float32Array.from({ length: PAD * PAD }, (_, i) => data[4 * i + 3] / 255);
  }

  hold(rubber) {
    this.rubber = rubber;
    this.pens.forEach((pen, i) => pen.setAttribute("aria-pressed", String((i === 1) === rubber)));
  }

  clear() {
    this.pen.clearRect(0, 0, PAD, PAD);
    this.drawn(true);
  }

  listen() {
    const place = (event) => {
      const box = this.pad.getBoundingClientRect();
      return [((event.clientX - box.left) / box.width) * PAD, ((event.clientY - box.top) / box.height) * PAD];
    };
    this.pad.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      this.pad.focus({ preventScroll: true });
      this.pad.setPointerCapture(event.pointerId);
      this.at = place(event);
      this.stroke(this.at);
    });
    this.pad.addEventListener("pointermove", (event) => {
      if (!this.at) return;
      for (const each of event.getCoalescedEvents?.() ?? [event]) this.stroke(place(each));
    });
    for (const end of ["pointerup", "pointercancel"]) this.pad.addEventListener(end, () => {
      if (!this.at) return;
      this.at = null;
      this.drawn(true);
    });
    this.key = [PAD / 2, PAD / 4];
    this.pad.addEventListener("keydown", (event) => {
      const move = { ArrowRight: [4, 0], ArrowLeft: [-4, 0], ArrowDown: [0, 4], ArrowUp: [0, -4] }[event.key];
      if (!move && event.key !== " " && event.key !== "Delete") return;
      event.preventDefault();
      event.stopPropagation(); // or the page would turn to the next chapter
      if (event.key === "Delete") this.clear();
      else if (event.key === " ") this.down = !this.down;
      else {
        const to = this.key.map((value, axis) => Math.max(6, Math.min(PAD - 6, value + move[axis])));
        if (this.down) {
          this.at = this.key;
          this.stroke(to);
          this.at = null;
          this.drawn(true);
        }
        this.key = to;
      }
      this.pad.style.setProperty("--x", `${(100 * this.key[0]) / PAD}%`);
      this.pad.style.setProperty("--y", `${(100 * this.key[1]) / PAD}%`);
      this.padHead.textContent = filled(this.data.words[this.down ? "pen_down" : "pen_up"], { x: Math.round(this.key[0]), y: Math.round(this.key[1]) });
    });
  }

  stroke(to) {
    const { pen } = this;
    pen.globalCompositeOperation = this.rubber ? "destination-out" : "source-over";
    pen.strokeStyle = `rgb(${this.tint.join(" ")})`;
    pen.lineCap = pen.lineJoin = "round";
    pen.lineWidth = this.rubber ? PEN * 1.8 : PEN;
    pen.beginPath();
    pen.moveTo(...this.at);
    pen.lineTo(to[0] + 0.01, to[1]);
    pen.stroke();
    this.at = to;
    this.drawn(false);
  }

  /** Read at once, at most once a frame; tell the app when the pen has rested. */
  drawn(rested) {
    if (!this.reading) {
      this.reading = true;
      requestAnimationFrame(() => {
        this.reading = false;
        this.read(fit(this.ink(), PAD).pixels);
      });
    }
    clearTimeout(this.timer);
    if (!rested) return;
    this.timer = setTimeout(() => {
      const { data } = this.pen.getImageData(0, 0, PAD, PAD);
      let text = "";
      for (let i = 3; i < data.length; i += 4) text += String.fromCharCode(data[i]);
      this.component.setStateValue("drawing", btoa(text));
    }, 350);
  }

  // The photograph

  putFrame([left, top, size]) {
    this.cut = [left, top, size];
    const wide = this.data.photo_width / this.data.photo_height;
    Object.assign(this.frame.style, { left: `${100 * left}%`, top: `${100 * top}%`, width: `${100 * size}%`, height: `${100 * size * wide}%` });
  }

  listenToCut() {
    const place = (event) => {
      const box = this.cutting.getBoundingClientRect();
      return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    };
    const put = (left, top, size) => {
      const wide = this.data.photo_width / this.data.photo_height;
      const side = Math.max(0.04, Math.min(size, 1, 1 / wide));
      const within = (value, most) => Math.max(0, Math.min(most, value));
      this.putFrame([within(left, 1 - side), within(top, 1 - side * wide), side]);
      clearTimeout(this.cutTimer);
      this.cutTimer = setTimeout(() => this.component.setStateValue("cut", this.cut), 250);
    };
    this.cutting.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      this.cutting.focus({ preventScroll: true });
      this.cutting.setPointerCapture(event.pointerId);
      this.dragging = place(event);
    });
    this.cutting.addEventListener("pointermove", (event) => {
      if (!this.dragging) return;
      const [from, to] = [this.dragging, place(event)];
      const wide = this.data.photo_width / this.data.photo_height;
      const size = Math.max(Math.abs(to[0] - from[0]), Math.abs(to[1] - from[1]) / wide);
      put(Math.min(from[0], to[0]), Math.min(from[1], to[1]), size);
    });
    for (const end of ["pointerup", "pointercancel"]) this.cutting.addEventListener(end, () => (this.dragging = null));
    this.cutting.addEventListener("keydown", (event) => {
      const [left, top, size] = this.cut;
      const move = {
        ArrowRight: [left + 0.02, top, size], ArrowLeft: [left - 0.02, top, size], ArrowDown: [left, top + 0.02, size],
        ArrowUp: [left, top - 0.02, size], "+": [left, top, size * 1.1], "-": [left, top, size / 1.1],
      }[event.key];
      if (!move) return;
      event.preventDefault();
      event.stopPropagation();
      put(...move);
    });
  }

  // The network

  read(pixels) {
    this.x = pixels;
    this.found = forward(this.weights, pixels);
    this.show();
  }

  show() {
    const { found, x, data, weights, net } = this;
    const { words, magma } = data;
    const { a1, a2, z1 } = found;
    const order = [...a2.keys()].sort((a, b) => a2[b] - a2[a]);
    const blank = x.every((value) => value < INK);
    const pixelWires = new Float32Array(weights.w1.length);
    for (let i = 0; i < pixelWires.length; i += 1) pixelWires[i] = weights.w1[i] * x[i % PIXELS];
    this.products = pixelWires;
    const wires = Array.from(weights.w2, (weight, i) => weight * a1[i % a1.length]);
    const plain = (value) => value.toFixed(2);
    const level = (value) => `rgb(${magma[Math.round(255 * value)].join(" ")})`;
    const focus = net.pointed && net.pointed[0] === 0 ? net.pointed[1] : null;
    net.show({
      heads: [words.head_pixels, filled(words.head_hidden, data), words.head_outputs],
      picture: focus === null
        ? { values: x, how: "ink", alt: words.seen }
        : { values: pixelWires.slice(focus * PIXELS, (focus + 1) * PIXELS), how: "signed", alt: words.products },
      caption: focus === null ? (data.label === null ? words.seen_note : filled(words.label_note, { a_label: withArticle(data.label) })) : filled(words.products_note, { neuron: focus }),
      tiles: { values: weights.w1 },
      pixelWires,
      wires,
      hidden: Array.from(a1, (value, j) => ({
        dot: level(value), text: plain(value), label: filled(words.hidden_label, { neuron: j, z: signed(z1[j]), a: plain(value) }),
      })),
      outputs: Array.from(a2, (value, k) => ({
        dot: level(value), bar: value, text: plain(value), first: !blank && k === order[0], right: data.label === k,
        label: filled(words.output_label, { output: k, a: plain(value) }),
      })),
    });
    const agreeing = a2.filter((value) => value >= SURE).length;
    const kind = blank ? "blank" : ["unsure", "sure", "torn"][Math.min(2, agreeing)];
    this.root.dataset.verdict = kind;
    this.root.dataset.guess = order[0];
    this.root.dataset.outputs = JSON.stringify([...a2].map((value) => Number(value.toFixed(4))));
    const wrong = !blank && data.label !== null && data.label !== order[0];
    const values = { guess: order[0], runner_up: order[1], said: plain(a2[order[0]]), said_next: plain(a2[order[1]]), a_guess: withArticle(order[0]), a_label: withArticle(data.label) };
    this.verdict.textContent = filled(words[`verdict_${kind}`], values) + (wrong ? ` ${filled(words.verdict_wrong, values)}` : "");
    this.verdict.classList.toggle("is-right", !blank && data.label === order[0]);
    if (!net.pointed) this.note.textContent = words.invitation;
  }

  explain(layer, index) {
    const { found, weights, data } = this;
    if (!found) return;
    const { words } = data;
    if (layer < 0) this.note.textContent = words.invitation;
    else if (layer === 0) {
      const bias = weights.b1[index];
      this.note.textContent = filled(words.hidden_note, {
        neuron: index, sum: signed(found.z1[index] - bias), bias: signed(bias), z: signed(found.z1[index]), a: found.a1[index].toFixed(2),
      });
    } else {
      const bias = weights.b2[index];
      this.note.textContent = filled(words.output_note, {
        output: index, sum: signed(found.z2[index] - bias), bias: signed(bias), z: signed(found.z2[index]), a: found.a2[index].toFixed(2), hidden: found.a1.length,
      });
    }
    this.show();
  }
}
