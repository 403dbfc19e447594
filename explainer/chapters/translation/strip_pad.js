// A wide pad: mouse, finger, or arrow keys with the space bar. The app hears of the drawing when the pen has rested.

const [HEIGHT, PEN] = [112, 9];
const SETTLE_MS = 350;

function receive(component) {
  const pad = standing(component, (data) => new Pad(data));
  pad.component = component;
  pad.retint();
}

class Pad {
  constructor({ words, drawing, width }) {
    this.words = words;
    this.width = width;
    this.canvas = make("canvas", { class: "pad", width, height: HEIGHT, style: `aspect-ratio: ${width} / ${HEIGHT}`, tabindex: 0, role: "application", "aria-label": words.pad });
    const chip = (text, action) => {
      const made = make("button", { type: "button", class: "chip" }, text);
      made.addEventListener("click", action);
      return made;
    };
    this.pens = [chip(words.pen, () => this.hold(false)), chip(words.rubber, () => this.hold(true))];
    this.said = make("span", { "aria-live": "polite" }, words.pad_head);
    this.root = make("div", {}, this.canvas, make("div", { class: "tools" }, ...this.pens, chip(words.clear, () => this.clear()), this.said));
    this.pen = this.canvas.getContext("2d", { willReadFrequently: true });
    this.first = drawing;
    this.at = null;
    this.key = [40, HEIGHT / 3];
    this.hold(false);
    this.listen();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => setTimeout(() => this.retint(), 300));
  }

  alphas() {
    const { data } = this.pen.getImageData(0, 0, this.width, HEIGHT);
    return Uint8Array.from({ length: this.width * HEIGHT }, (_, i) => data[4 * i + 3]);
  }

  /** The ink in the theme's colour; how much of it there is stands in its opacity. */
  retint() {
    const pen = document.createElement("canvas").getContext("2d");
    pen.fillStyle = getComputedStyle(this.root).getPropertyValue("--ink").trim();
    const tint = pen.fillStyle;
    if (tint === this.tint) return;
    const ink = this.first ? bytes(this.first) : this.alphas();
    this.first = "";
    this.tint = tint;
    const rgb = [1, 3, 5].map((at) => parseInt(tint.slice(at, at + 2), 16));
    const image = this.pen.createImageData(this.width, HEIGHT);
    ink.forEach((value, i) => image.data.set([...rgb, value], 4 * i));
    this.pen.putImageData(image, 0, 0);
  }

  hold(rubber) {
    this.rubber = rubber;
    this.pens.forEach((pen, i) => pen.setAttribute("aria-pressed", String((i === 1) === rubber)));
  }

  clear() {
    this.pen.clearRect(0, 0, this.width, HEIGHT);
    this.report();
  }

  stroke(to) {
    const { pen } = this;
    pen.globalCompositeOperation = this.rubber ? "destination-out" : "source-over";
    pen.strokeStyle = this.tint;
    pen.lineCap = pen.lineJoin = "round";
    pen.lineWidth = this.rubber ? PEN * 2.5 : PEN;
    pen.beginPath();
    pen.moveTo(...this.at);
    pen.lineTo(to[0] + 0.01, to[1]);
    pen.stroke();
    pen.globalCompositeOperation = "source-over";
    this.at = to;
    clearTimeout(this.timer);
  }

  report() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      let text = "";
      for (const value of this.alphas()) text += String.fromCharCode(value);
      this.component.setStateValue("drawing", btoa(text));
    }, SETTLE_MS);
  }

  listen() {
    const { canvas } = this;
    const place = (event) => {
      const box = canvas.getBoundingClientRect();
      return [((event.clientX - box.left) / box.width) * this.width, ((event.clientY - box.top) / box.height) * HEIGHT];
    };
    canvas.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      canvas.focus({ preventScroll: true });
      canvas.setPointerCapture(event.pointerId);
      this.at = place(event);
      this.stroke(this.at);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!this.at) return;
      for (const each of event.getCoalescedEvents?.() ?? [event]) this.stroke(place(each));
    });
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => {
      if (!this.at) return;
      this.at = null;
      this.report();
    });
    canvas.addEventListener("keydown", (event) => {
      const move = { ArrowRight: [6, 0], ArrowLeft: [-6, 0], ArrowDown: [0, 6], ArrowUp: [0, -6] }[event.key];
      if (!move && event.key !== " " && event.key !== "Delete") return;
      event.preventDefault();
      event.stopPropagation(); // or the page would turn to the next chapter
      if (event.key === "Delete") this.clear();
      else if (event.key === " ") this.down = !this.down;
      else {
        const to = [Math.max(6, Math.min(this.width - 6, this.key[0] + move[0])), Math.max(6, Math.min(HEIGHT - 6, this.key[1] + move[1]))];
        if (this.down) {
          this.at = this.key;
          this.stroke(to);
          this.at = null;
          this.report();
        }
        this.key = to;
      }
      const text = this.words[this.down ? "pen_down" : "pen_up"];
      this.said.textContent = text.replace("{x}", Math.round(this.key[0])).replace("{y}", Math.round(this.key[1]));
    });
  }
}
