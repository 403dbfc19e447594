// A digit to be moved: drag it, point at a map, or use the arrow keys. Both networks' answers to every shift are here
// already, so that they follow at once; Python hears of the place once the visitor rests.

const SIDE = 28;
const SETTLE_MS = 300;

function receive(component) {
  const view = standing(component, (data) => new View(data));
  view.take(component);
}

const signed = (value) => (value > 0 ? `+${value}` : value < 0 ? `−${-value}` : "0");

class View {
  constructor(data) {
    const { words } = data;
    this.frame = make("canvas", { class: "frame", width: SIDE, height: SIDE, tabindex: 0, role: "application" });
    this.edge = make("div", { class: "edge" }); // on a sheet: what the fully connected network sees of it
    this.paper = make("div", { class: "paper" }, this.frame, this.edge);
    this.where = make("p", { class: "where", "aria-live": "polite" });
    const back = make("button", { type: "button" }, words.centre);
    back.addEventListener("click", () => this.go(0, 0));
    this.title = make("p", { class: "sub" });
    this.sides = [0, 1].map((index) => this.side(index, words));
    this.root = make("div", { class: "root" }, make("div", { class: "layout" },
      make("div", { class: "digit" }, make("h4", {}, words.digit_head), this.title, this.paper, this.where, make("p", { class: "hint" }, words.hint), back),
      ...this.sides.map((side) => side.root)));
    this.listen();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => setTimeout(() => this.show(), 300));
  }

  side(index, words) {
    const map = make("canvas", { class: "map", width: 21, height: 21, role: "img" });
    const here = make("div", { class: "here" });
    const box = make("div", { class: "mapbox" }, map, here);
    const rows = Array.from({ length: 10 }, (_, digit) => {
      const bar = make("u");
      const text = make("span");
      const row = make("div", {}, make("b", {}, String(digit)), make("i", {}, bar), text);
      return { row, bar, text };
    });
    const readout = make("p", { class: "readout" });
    const says = make("p", { class: "says" });
    const sub = make("p", { class: "sub" });
    const root = make("div", { class: "network" }, make("h4", {}, words[`head_${index}`]), sub, box, readout,
      says, make("div", { class: "outputs" }, ...rows.map((each) => each.row)));
    const point = (event) => {
      const edge = map.getBoundingClientRect();
      const along = (at, from, length) => Math.floor(((at - from) / length) * (2 * this.data.reach + 1)) - this.data.reach;
      this.go(along(event.clientX, edge.left, edge.width), along(event.clientY, edge.top, edge.height));
    };
    box.addEventListener("pointermove", point);
    box.addEventListener("pointerdown", point);
    return { root, map, here, rows, readout, says, sub };
  }

  take(component) {
    const { data } = component;
    this.component = component;
    if (!this.data || data.version !== this.data.version) [this.dx, this.dy] = [data.dx, data.dy];
    this.data = data;
    this.picture = floats(data.picture);
    this.outputs = data.outputs.map(floats);
    this.maps = data.maps.map((map) => (map ? floats(map) : null));
    this.sides.forEach(({ sub }, i) => (sub.textContent = data.words[i === 0 ? "sub_0" : data.sheet ? "sub_sheet" : "sub_1"]));
    this.show();
  }

  go(dx, dy) {
    const { reach } = this.data;
    const hold = (value) => Math.max(-reach, Math.min(reach, value));
    [dx, dy] = [hold(dx), hold(dy)];
    if (dx === this.dx && dy === this.dy) return;
    [this.dx, this.dy] = [dx, dy];
    this.mark();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.component.setStateValue("shift", [this.dx, this.dy]), SETTLE_MS);
  }

  show() {
    const { data } = this;
    const size = 2 * data.reach + 1;
    const empty = rgb(getComputedStyle(this.root).getPropertyValue("--soft"));
    this.sides.forEach(({ map }, i) => {
      const pen = map.getContext("2d");
      const image = pen.createImageData(size, size);
      for (let at = 0; at < size * size; at += 1) {
        const value = this.maps[i]?.[at];
        image.data.set([...(value === undefined || Number.isNaN(value) ? empty : data.magma[Math.round(255 * value)]), 255], 4 * at);
      }
      pen.putImageData(image, 0, 0);
    });
    this.mark();
  }

  mark() {
    const { data, dx, dy, frame } = this;
    const { words, reach } = data;
    const style = getComputedStyle(this.root);
    const [paper, ink] = ["--page", "--ink"].map((name) => rgb(style.getPropertyValue(name)));
    const room = data.sheet ? reach : 0; // around the frame, on every side
    const side = SIDE + 2 * room;
    if (frame.width !== side) frame.width = frame.height = side;
    this.edge.hidden = !room;
    this.edge.style.inset = `${(100 * room) / side}%`;
    const pen = frame.getContext("2d");
    const image = pen.createImageData(side, side);
    const inside = (at) => at >= 0 && at < SIDE;
    let seen = 0;
    for (let y = 0; y < side; y += 1) for (let x = 0; x < side; x += 1) {
      const [row, column] = [y - room - dy, x - room - dx];
      const share = inside(row) && inside(column) ? this.picture[row * SIDE + column] : 0;
      image.data.set([...paper.map((value, i) => Math.round(value + (ink[i] - value) * share)), 255], 4 * (y * side + x));
      if (inside(y - room) && inside(x - room)) seen += share;
    }
    pen.putImageData(image, 0, 0);
    const all = this.picture.reduce((sum, share) => sum + share, 0);
    const lost = Math.max(0, Math.round((100 * (all - seen)) / (all || 1)));
    const values = { dx: signed(dx), dy: signed(dy), label: data.label, lost };
    this.title.textContent = filled(words.digit_sub, values);
    frame.setAttribute("aria-label", filled(words.frame, values));
    this.where.textContent = filled(words[lost > 0 && !data.sheet ? "where_lost" : "where"], values);
    const size = 2 * reach + 1;
    const at = (dy + reach) * size + dx + reach;
    this.sides.forEach(({ map, here, rows, readout, says }, i) => {
      here.style.left = `${((dx + reach) * 100) / size}%`;
      here.style.top = `${((dy + reach) * 100) / size}%`;
      const share = this.maps[i]?.[at];
      readout.textContent = share === undefined || Number.isNaN(share) ? words.not_yet : filled(words.right_here, { share: (100 * share).toFixed(1) });
      map.setAttribute("aria-label", filled(words.map_alt, { network: words[`head_${i}`], ...values, said: readout.textContent }));
      const outputs = this.outputs[i].subarray(at * 10, at * 10 + 10);
      const first = outputs.indexOf(Math.max(...outputs));
      rows.forEach(({ row, bar, text }, digit) => {
        row.classList.toggle("first", digit === first);
        row.classList.toggle("right", digit === data.label);
        bar.style.width = `${100 * outputs[digit]}%`;
        text.textContent = outputs[digit].toFixed(2);
      });
      const good = first === data.label;
      says.textContent = filled(words[good ? "says_right" : "says_wrong"], { digit: first, label: data.label });
      says.className = `says ${good ? "is-right" : "is-wrong"}`;
      says.dataset.said = first;
      readout.dataset.share = share ?? "";
    });
    this.root.dataset.shift = `${dx},${dy}`;
  }

  listen() {
    const { frame } = this;
    frame.addEventListener("pointerdown", (event) => {
      frame.setPointerCapture(event.pointerId);
      frame.focus({ preventScroll: true });
      this.from = [event.clientX, event.clientY, this.dx, this.dy];
    });
    frame.addEventListener("pointermove", (event) => {
      if (!this.from) return;
      const cell = frame.getBoundingClientRect().width / frame.width;
      const [x, y, dx, dy] = this.from;
      this.go(dx + Math.round((event.clientX - x) / cell), dy + Math.round((event.clientY - y) / cell));
    });
    for (const end of ["pointerup", "pointercancel"]) frame.addEventListener(end, () => { this.from = null; });
    frame.addEventListener("keydown", (event) => {
      const step = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[event.key];
      if (!step) return;
      event.preventDefault();
      event.stopPropagation(); // or the page would turn to the next chapter
      this.go(this.dx + step[0], this.dy + step[1]);
    });
  }
}
