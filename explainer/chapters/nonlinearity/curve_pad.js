// A curve to draw with mouse, finger or arrow keys; on it the sum of a small network, below it what each hidden neuron adds.

const SETTLE_MS = 250;
const [WIDTH, HEIGHT, TOP] = [640, 236, 1.15]; // TOP: the height drawn at the upper edge

function receive(component) {
  const view = standing(component, (data) => new View(data));
  view.take(component);
}

/** Heights with a stroke from one point to another drawn over them; points are (x, y) in −1 … 1. */
export function stroked(heights, from, to) {
  const last = heights.length - 1;
  const place = (x) => ((x + 1) / 2) * last;
  const [a, b] = from[0] <= to[0] ? [from, to] : [to, from];
  const height = (y) => Math.round(100 * Math.max(-1, Math.min(1, y)));
  const next = [...heights];
  for (let i = Math.round(place(a[0])); i <= Math.round(place(b[0])); i += 1) {
    if (i < 0 || i > last) continue;
    const share = b[0] === a[0] ? 1 : Math.max(0, Math.min(1, (i - place(a[0])) / (place(b[0]) - place(a[0]))));
    next[i] = height(b[0] === a[0] ? to[1] : a[1] + share * (b[1] - a[1]));
  }
  return next;
}

const shown = (value, digits = 2) => {
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) !== 0 ? `−${text}` : text;
};

class View {
  constructor(data) {
    const { words } = data;
    this.cursor = 20;
    this.pad = drawn("svg", { class: "pad", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "application", tabindex: 0, "aria-label": words.pad });
    const sample = (kind) => drawn("svg", { viewBox: "0 0 26 10" }, drawn("line", { class: kind, x1: 3, x2: 23, y1: 5, y2: 5 }));
    this.legend = make("div", { class: "caption" }, ...[["target", words.key_target], ["sum", words.key_sum], ["part up", words.key_up], ["part down", words.key_down]]
      .map(([kind, text]) => make("span", {}, sample(kind), text)));
    this.verdict = make("p", { class: "verdict", "aria-live": "polite" });
    this.heading = make("div", { class: "caption" });
    this.tiles = make("div", { class: "tiles" });
    this.note = make("p", { class: "note" });
    const number = (text, along, up) => make("span", { class: "tick", style: `left: ${50 + 50 * along}%; top: ${50 - (50 * up) / TOP}%`, "aria-hidden": "true" }, text);
    const ticks = [["−1", -1, 0], ["1", 1, 0], ["1", 0, 1], ["−1", 0, -1]].map((tick) => number(...tick));
    this.root = make("div", { class: "root" }, this.legend, make("div", { class: "plot" }, this.pad, ...ticks), this.verdict, this.heading, this.tiles, this.note);
    this.chosen = null;
    this.listen();
  }

  take(component) {
    const { data } = component;
    this.component = component;
    if (!this.data || data.version !== this.data.version) {
      this.heights = data.heights;
      this.edited = false;
    }
    this.data = data;
    this.show();
  }

  at([x, y], top = TOP, width = WIDTH, height = HEIGHT) {
    return `${(((x + 1) / 2) * width).toFixed(1)},${(height / 2 - (y / top) * (height / 2)).toFixed(1)}`;
  }

  line(values, kind, ...size) {
    const points = values.map((y, i) => this.at([-1 + (2 * i) / (values.length - 1), y], ...size));
    return drawn("polyline", { class: kind, points: points.join(" ") });
  }

  show() {
    const { data, words = data.words } = this;
    const target = this.edited ? this.heights.map((h) => h / 100) : data.target;
    const parts = [
      drawn("line", { class: "axis", x1: 0, x2: WIDTH, y1: HEIGHT / 2, y2: HEIGHT / 2 }),
      drawn("line", { class: "axis", x1: WIDTH / 2, x2: WIDTH / 2, y1: 0, y2: HEIGHT }),
      this.line(target, "target"),
    ];
    const { fit } = data;
    if (fit && !this.edited) {
      const kinds = fit.v.map((v) => (v < 0 ? "part down" : "part up"));
      fit.parts.forEach((part, j) => { if (j !== this.chosen) parts.push(this.line(part, kinds[j])); });
      parts.push(this.line(fit.sum, "sum"));
      if (this.chosen !== null && fit.parts[this.chosen]) parts.push(this.line(fit.parts[this.chosen], `${kinds[this.chosen]} chosen`));
      this.showTiles(kinds);
    } else this.tiles.replaceChildren();
    if (this.focused) {
      const [cx, cy] = this.at([-1 + this.cursor / 20, this.heights[this.cursor] / 100]).split(",");
      parts.push(drawn("circle", { class: "cursor", cx, cy, r: 6 }));
    }
    this.pad.replaceChildren(...parts);
    this.verdict.textContent = this.edited ? words.drawing : data.words.verdict;
    this.root.dataset.error = fit ? fit.error : "";
    this.root.dataset.drawn = String(this.edited);
    this.explain();
  }

  showTiles(kinds) {
    const { fit, words } = this.data;
    const most = Math.max(0.3, ...fit.parts.flat().map(Math.abs));
    const many = fit.parts.length;
    this.tiles.style.setProperty("--least", many > 12 ? "42px" : many > 9 ? "50px" : "66px");
    this.tiles.style.setProperty("--tall", many > 28 ? "24px" : many > 12 ? "34px" : "46px");
    this.heading.textContent = filled(words.each, { most: shown(most) });
    while (this.tiles.children.length > many) this.tiles.lastChild.remove();
    while (this.tiles.children.length < many) {
      const j = this.tiles.children.length;
      const tile = make("button", { type: "button", class: "tile" });
      const choose = (which) => {
        if (this.chosen === which) return;
        this.chosen = which;
        this.show();
      };
      tile.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && choose(j));
      tile.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && choose(null));
      tile.addEventListener("focus", () => choose(j));
      tile.addEventListener("click", () => choose(j));
      tile.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (!step) return;
        event.preventDefault();
        event.stopPropagation(); // or the page would turn to the next chapter
        this.tiles.children[Math.max(0, Math.min(this.tiles.children.length - 1, j + step))].focus();
      });
      this.tiles.append(tile);
    }
    [...this.tiles.children].forEach((tile, j) => {
      tile.setAttribute("aria-pressed", String(j === this.chosen));
      tile.setAttribute("aria-label", this.said(j));
      tile.replaceChildren(drawn("svg", { viewBox: "0 0 100 46", preserveAspectRatio: "none" },
        drawn("line", { class: "axis", x1: 0, x2: 100, y1: 23, y2: 23 }), this.line(fit.parts[j], kinds[j], most * 1.08, 100, 46)));
    });
  }

  said(j) {
    const { fit, words } = this.data;
    return filled(words.neuron, { neuron: j + 1, v: shown(fit.v[j]), w: shown(fit.w[j]), b: shown(Math.abs(fit.b[j])), sign: fit.b[j] < 0 ? "−" : "+" });
  }

  explain() {
    const { fit, words } = this.data;
    const named = fit && this.chosen !== null && this.chosen < fit.parts.length;
    this.note.textContent = named && !this.edited ? this.said(this.chosen) : filled(words.invitation, { c: fit ? shown(fit.c) : "" });
  }

  listen() {
    const { pad } = this;
    const place = (event) => {
      const box = pad.getBoundingClientRect();
      return [((event.clientX - box.left) / box.width) * 2 - 1, -(((event.clientY - box.top) / box.height) * 2 - 1) * TOP];
    };
    const draw = (to) => {
      this.heights = stroked(this.heights, this.from ?? to, to);
      this.from = to;
      this.edited = true;
      this.show();
      clearTimeout(this.timer);
    };
    const rest = () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.component.setStateValue("drawn", [...this.heights]), SETTLE_MS);
    };
    pad.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      pad.focus({ preventScroll: true });
      pad.setPointerCapture(event.pointerId);
      this.from = null;
      this.held = true;
      draw(place(event));
    });
    pad.addEventListener("pointermove", (event) => {
      if (!this.held) return;
      for (const each of event.getCoalescedEvents?.() ?? [event]) draw(place(each));
    });
    for (const end of ["pointerup", "pointercancel"]) pad.addEventListener(end, () => {
      if (!this.held) return;
      this.held = false;
      rest();
    });
    pad.addEventListener("focus", () => { this.focused = pad.matches(":focus-visible"); this.show(); });
    pad.addEventListener("blur", () => { this.focused = false; this.show(); });
    pad.addEventListener("keydown", (event) => {
      const along = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      const up = { ArrowUp: 5, ArrowDown: -5 }[event.key];
      if (!along && !up) return;
      event.preventDefault();
      event.stopPropagation(); // or the page would turn to the next chapter
      this.focused = true;
      if (along) this.cursor = Math.max(0, Math.min(this.heights.length - 1, this.cursor + along));
      else {
        this.heights = this.heights.map((h, i) => (i === this.cursor ? Math.max(-100, Math.min(100, h + up)) : h));
        this.edited = true;
        rest();
      }
      this.show();
    });
  }
}
