// A picture, and what a kernel makes of it: point at either to see the window and the sum behind one pixel.

const MOVES = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };
const MOST_TALL = 250;

function receive(component) {
  const { data } = component;
  const view = standing(component, () => new KernelView());
  view.take(data);
}

/** The sum of a kernel's weights times the brightness, 0 to 255, under it. pixels: RGBA bytes. */
export function sumAt(pixels, width, kernel, side, row, column) {
  let sum = 0;
  for (let i = 0; i < side * side; i += 1) {
    const at = 4 * ((row + Math.floor(i / side)) * width + column + (i % side));
    sum += (kernel[i] * (pixels[at] + pixels[at + 1] + pixels[at + 2])) / 3;
  }
  return sum;
}

class KernelView {
  constructor() {
    this.root = document.createElement("div");
    this.root.className = "root";
    this.root.innerHTML = `<div class="pair">
      <figure><figcaption class="before"></figcaption><div class="frame" tabindex="0" role="application"><img alt=""><div class="window" hidden></div></div></figure>
      <figure><figcaption class="after"></figcaption><div class="frame"><img alt=""><div class="dot" hidden></div></div></figure>
      </div><div class="readout" aria-live="polite"></div>`;
    const find = (name) => [...this.root.querySelectorAll(name)];
    [this.before, this.after] = find("img");
    this.frames = find(".frame");
    [this.window, this.dot, this.readout] = [...find(".window"), ...find(".dot"), ...find(".readout")];
    this.captions = find("figcaption");
    this.before.addEventListener("load", () => this.read());
    this.frames.forEach((frame) => {
      for (const name of ["pointermove", "click"]) frame.addEventListener(name, (event) => this.point(frame, event));
    });
    this.frames[0].addEventListener("keydown", (event) => {
      const step = MOVES[event.key];
      if (!step) return;
      event.preventDefault();
      event.stopPropagation(); // or the page would turn to the next chapter
      const pace = event.shiftKey ? 1 : 5;
      this.go((this.place ?? this.middle()).map((at, axis) => at + pace * step[axis]));
    });
  }

  take(data) {
    const fresh = data.before !== this.data?.before;
    this.data = data;
    if (fresh) {
      this.pixels = null;
      this.place = null;
      this.window.hidden = this.dot.hidden = true;
      this.before.src = data.before;
    }
    this.after.src = data.after;
    this.after.alt = data.alt;
    this.after.style.imageRendering = data.width > 330 ? "auto" : "pixelated";
    const [rows, columns] = this.sizes();
    this.captions[0].textContent = data.words.before;
    this.captions[1].textContent = data.words.after;
    for (const frame of this.frames) {
      frame.style.aspectRatio = `${data.width} / ${data.height}`;
      frame.style.maxWidth = `${(MOST_TALL * data.width) / data.height}px`;
    }
    // The map is smaller than the picture by the kernel's side less 1; drawn to scale, in the middle.
    Object.assign(this.after.style, {
      width: `${(100 * columns) / data.width}%`, height: `${(100 * rows) / data.height}%`,
      left: `${(50 * (data.side - 1)) / data.width}%`, top: `${(50 * (data.side - 1)) / data.height}%`,
    });
    this.frames[0].setAttribute("aria-label", data.words.keys);
    if (this.place) this.go(this.place);
    else this.readout.textContent = data.words.invitation;
  }

  sizes() {
    return [this.data.height - this.data.side + 1, this.data.width - this.data.side + 1];
  }

  middle() {
    return this.sizes().map((count) => Math.floor(count / 2));
  }

  read() {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [this.data.width, this.data.height];
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    pen.drawImage(this.before, 0, 0);
    this.pixels = pen.getImageData(0, 0, canvas.width, canvas.height).data;
  }

  point(frame, event) {
    const box = frame.getBoundingClientRect();
    const { width, height, side } = this.data;
    this.go([
      Math.round(((event.clientY - box.top) / box.height) * height - side / 2),
      Math.round(((event.clientX - box.left) / box.width) * width - side / 2),
    ]);
  }

  go(place) {
    const { width, height, side, kernel, words } = this.data;
    this.place = place.map((at, axis) => Math.max(0, Math.min(this.sizes()[axis] - 1, at)));
    const [row, column] = this.place;
    const put = (element, left, top, size) => {
      element.hidden = false;
      Object.assign(element.style, {
        left: `${(100 * left) / width}%`, top: `${(100 * top) / height}%`, width: `${(100 * size) / width}%`, height: `${(100 * size) / height}%`,
      });
    };
    put(this.window, column, row, side);
    put(this.dot, column + (side - 1) / 2, row + (side - 1) / 2, 1);
    if (!this.pixels) return;
    const sum = sumAt(this.pixels, width, kernel, side, row, column);
    this.root.dataset.sum = sum;
    const text = Math.abs(sum).toLocaleString("en-US", { maximumFractionDigits: 1 });
    this.readout.textContent = words.readout.replace("{row}", row).replace("{column}", column).replace("{sum}", `${sum < -0.05 ? "−" : ""}${text}`);
  }
}
