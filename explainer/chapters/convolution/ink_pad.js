// A drawing of 10 × 10 amounts of ink: its numbers, drawings to start from, a pencil. Shared by components.

const INK_SIDE = 10;
const FULL_INK = 100;
const PENCILS = [0, 40, 85, 100];
const ARROWS = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };
const SETTLE_MS = 300;

function button(text, onclick, attributes = {}) {
  const element = make("button", { type: "button", ...attributes }, text);
  element.addEventListener("click", onclick);
  return element;
}

/** A number for the page: 19,800 or −12.5. */
function shown(value, digits = 2) {
  const text = Math.abs(value).toLocaleString("en-US", { maximumFractionDigits: digits });
  return value < 0 && /[1-9]/.test(text) ? `−${text}` : text;
}

const within = (value, count) => Math.max(0, Math.min(count - 1, value));
const same = (a, b) => a.length === b.length && a.every((value, i) => value === b[i]);

/** Blue to neutral to orange, as a CSS colour: share from −1 to 1. */
function signedColour(share) {
  const strength = Math.min(60, Math.abs(share) * 60).toFixed(1); // a number can be read on the strongest
  return `color-mix(in srgb, var(--${share < 0 ? "negative" : "positive"}) ${strength}%, var(--soft))`;
}

/** Colour a cell by a signed share, and let its number stand out from it. */
function tint(element, share, most = 1) {
  element.style.background = signedColour(most * share);
  element.classList.toggle("loud", most * Math.abs(share) > 0.55);
  element.classList.toggle("minus", share < 0);
}

/**
 * What the visitor made in the browser, and what the app sends back. The browser owns it: what it
 * reported is not taken over again when it comes back late; anything else the app sends is.
 */
class Report {
  constructor(name) {
    this.name = name;
    this.sent = []; // reports that may still come back, oldest first
    this.timer = 0;
  }

  /** Whether what arrives is neither what is shown now nor an echo of an older report. */
  isNews(value, shown) {
    const text = JSON.stringify(value);
    const echo = this.sent.indexOf(text);
    const news = !this.started || (text !== JSON.stringify(shown) && echo < 0);
    this.sent = news ? [] : this.sent.slice(Math.max(0, echo));
    this.started = true;
    return news;
  }

  send(component, value) {
    this.sent.push(JSON.stringify(value));
    clearTimeout(this.timer);
    this.timer = setTimeout(() => component().setStateValue(this.name, value), SETTLE_MS);
  }
}

/** The drawing. `on` may have: paint(), hover(row, column, event) and leave() in looking mode, pick(row, column), key(event). */
class InkPad {
  constructor(words, faces, on, { looking = true } = {}) {
    this.on = on;
    this.faces = faces;
    this.ink = Array(INK_SIDE * INK_SIDE).fill(0);
    this.drawing = !looking;
    this.pencil = FULL_INK;
    this.cursor = [4, 4];
    this.typed = "";
    this.cells = this.ink.map(() => make("div", { class: "ink" }));
    this.frame = make("div", { class: "cursor", hidden: "" });
    this.paper = make("div", { class: "paper", tabindex: 0, role: "application" }, ...this.cells, this.frame);
    this.modes = [["look", false], ["draw", true]].map(([label, drawing]) =>
      button(label, () => this.setMode(drawing), { role: "radio" }));
    this.pencils = PENCILS.map((ink) => {
      const swatch = button("", () => this.take(ink), { class: "pencil", role: "radio", "aria-label": ink ? `pencil, ink ${ink}` : "rubber, ink 0", title: ink ? `ink ${ink}` : "rubber" });
      swatch.style.setProperty("--ink-share", ink / FULL_INK);
      return swatch;
    });
    this.faceButtons = Object.entries(faces).map(([name, ink]) => button(name, () => this.start(ink), { class: "chip", "data-face": name }));
    const tools = make("div", { class: "tools" });
    if (looking) tools.append(make("div", { class: "segments", role: "radiogroup", "aria-label": words.mode }, ...this.modes));
    tools.append(make("div", { class: "pencils", role: "radiogroup", "aria-label": words.pencil }, ...this.pencils));
    this.hint = make("div", { class: "hint" });
    this.words = words;
    this.root = make("div", { class: "pad" }, this.paper, tools, make("div", { class: "faces" }, ...this.faceButtons), this.hint);
    this.listen();
    this.setMode(this.drawing);
  }

  listen() {
    const { paper } = this;
    paper.addEventListener("pointerdown", (event) => {
      if (!this.drawing) return;
      event.preventDefault();
      paper.focus({ preventScroll: true });
      paper.setPointerCapture(event.pointerId);
      this.stroke = true;
      this.paintAt(event);
    });
    paper.addEventListener("pointermove", (event) => {
      if (this.drawing) {
        if (this.stroke) this.paintAt(event);
      } else this.on.hover?.(...this.place(event), event);
    });
    for (const end of ["pointerup", "pointercancel"]) paper.addEventListener(end, () => (this.stroke = false));
    paper.addEventListener("pointerleave", () => !this.drawing && this.on.leave?.());
    paper.addEventListener("click", (event) => !this.drawing && this.on.pick?.(...this.place(event)));
    paper.addEventListener("keydown", (event) => (this.drawing ? this.type(event) : this.on.key?.(event)));
    paper.addEventListener("focus", () => this.point());
    paper.addEventListener("blur", () => this.point());
  }

  /** Row and column under the pointer, as fractions. */
  place(event) {
    const box = this.paper.getBoundingClientRect();
    const along = (at, from, length) => Math.max(0, Math.min(INK_SIDE - 1e-6, ((at - from) / length) * INK_SIDE));
    return [along(event.clientY, box.top, box.height), along(event.clientX, box.left, box.width)];
  }

  paintAt(event) {
    const [row, column] = this.place(event).map(Math.floor);
    this.cursor = [row, column];
    this.typed = "";
    this.put(this.pencil);
  }

  put(ink) {
    const place = this.cursor[0] * INK_SIDE + this.cursor[1];
    this.point();
    if (this.ink[place] === ink) return;
    this.ink[place] = ink;
    this.show();
    this.on.paint?.();
  }

  /** Keys while drawing: arrows move, digits write a number, space takes the pencil, delete rubs out. */
  type(event) {
    const { key } = event;
    const step = ARROWS[key];
    if (step) {
      this.cursor = this.cursor.map((at, axis) => within(at + step[axis], INK_SIDE));
      this.typed = "";
      this.point();
    } else if (/^\d$/.test(key)) {
      const longer = this.typed + key;
      this.typed = Number(longer) <= FULL_INK ? longer : key;
      this.put(Number(this.typed));
    } else if (key === " " || key === "Enter") this.put(this.pencil);
    else if (key === "Delete" || key === "Backspace") {
      this.typed = "";
      this.put(0);
    } else return;
    event.preventDefault();
    event.stopPropagation(); // or the page would turn to the next chapter
  }

  /** Frame the cell that the keyboard writes to. */
  point() {
    const root = this.paper.getRootNode();
    this.frame.hidden = !(this.drawing && root.activeElement === this.paper);
    this.frame.style.transform = `translate(${this.cursor[1] * 100}%, ${this.cursor[0] * 100}%)`;
    if (this.drawing) this.describe();
  }

  describe() {
    const [row, column] = this.cursor;
    this.paper.setAttribute("aria-label", `${this.words.drawing} Row ${row}, column ${column}: ink ${this.ink[row * INK_SIDE + column]}`);
  }

  setMode(drawing) {
    this.drawing = drawing;
    this.root.classList.toggle("drawing", drawing);
    this.modes.forEach((mode, i) => mode.setAttribute("aria-checked", String((i === 1) === drawing)));
    this.hint.textContent = drawing ? this.words.draw_hint : this.words.look_hint;
    this.pencils.forEach((swatch, i) => swatch.setAttribute("aria-checked", String(drawing && PENCILS[i] === this.pencil)));
    this.point();
    this.on.mode?.();
  }

  take(ink) {
    this.pencil = ink;
    this.setMode(true);
  }

  start(ink) {
    this.ink = [...ink];
    this.show();
    this.on.paint?.(true);
  }

  set(ink) {
    this.ink = [...ink];
    this.show();
  }

  show() {
    this.cells.forEach((cell, i) => {
      const ink = this.ink[i];
      if (cell.textContent === String(ink)) return;
      cell.textContent = ink;
      cell.style.setProperty("--ink-share", ink / FULL_INK);
      cell.classList.toggle("dark", ink > 68);
      cell.classList.toggle("middling", ink > 51 && ink <= 68);
      cell.classList.toggle("blank", ink === 0);
    });
    for (const chip of this.faceButtons) chip.setAttribute("aria-pressed", String(same(this.faces[chip.dataset.face], this.ink)));
  }
}
