// A picture in colour under a filter: three sheets of light, three of weights; the window's three sums make one number.

const STEPS = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };

function receive(component) {
  standing(component, (data) => new ColourScan(data)).take(component.data);
}

const plain = (value) => `${value < 0 ? "−" : ""}${Math.abs(value).toLocaleString("en")}`;
const withSign = (value) => (value < 0 ? plain(value) : `+${plain(value)}`);

class ColourScan {
  constructor({ words, colours }) {
    this.words = words;
    this.colours = colours;
    this.sheets = [];
    this.whole = this.sheet(words.colour_picture, words.colour_keys);
    const rows = colours.map((name) => {
      const sheet = this.sheet(words[`colour_${name}`]);
      const weights = make("div", { class: "weights" });
      const part = make("div", { class: "part number" });
      return { sheet, weights, part };
    });
    this.rows = rows;
    this.map = this.sheet(words.colour_map);
    this.total = make("div", { class: "total", "aria-live": "polite" });
    const caption = (text) => make("div", { class: "caption" }, text);
    this.root = make("div", { class: "root" }, make("div", { class: "all" },
      make("div", { class: "whole" }, caption(words.colour_picture), this.whole.root),
      make("div", { class: "rows" }, ...rows.map(({ sheet, weights, part }, i) =>
        make("div", { class: "row" }, make("b", { class: colours[i] }, words[`colour_${colours[i]}`]), sheet.root, make("span", { class: "sign" }, "×"), weights, make("span", { class: "sign" }, "="), part))),
      make("div", { class: "after" }, caption(words.colour_map), this.map.root)), this.total);
  }

  /** A canvas with a window on it that the pointer moves; with a description, the arrow keys as well. */
  sheet(label, keys) {
    const canvas = make("canvas", { role: "img", "aria-label": label });
    const box = make("div", { class: "window" });
    const root = make("div", { class: "sheet", ...(keys && { tabindex: 0, role: "application", "aria-label": keys }) }, canvas, box);
    const sheet = { root, canvas, box };
    for (const name of ["pointermove", "click"]) root.addEventListener(name, (event) => this.point(sheet, event));
    if (keys) root.addEventListener("keydown", (event) => this.key(event));
    this.sheets.push(sheet);
    return sheet;
  }

  take(data) {
    this.data = data;
    this.most = data.side - data.kernel;
    const { picture, weights, parts, ramp, full, side } = data;
    const light = (i) => picture.map((sheet) => (255 * sheet[i]) / full);
    this.paint(this.whole, side, (i) => light(i));
    this.rows.forEach(({ sheet }, c) => this.paint(sheet, side, (i) => light(i).map((value, at) => (at === c ? value : 0))));
    const sums = parts[0].map((_, i) => parts.reduce((sum, part) => sum + part[i], 0));
    this.sums = sums;
    const largest = Math.max(1, ...sums.map(Math.abs));
    this.paint(this.map, this.most + 1, (i) => ramp[Math.round(127.5 + (127.5 * sums[i]) / largest)]);
    const heaviest = Math.max(1, ...weights.flat().map(Math.abs));
    this.rows.forEach(({ weights: box }, c) => box.replaceChildren(...weights[c].map((weight) => {
      const cell = make("i", {}, plain(weight));
      const [r, g, b] = ramp[Math.round(127.5 + (127.5 * weight) / heaviest)];
      Object.assign(cell.style, { background: `rgb(${r} ${g} ${b})`, color: 0.3 * r + 0.6 * g + 0.1 * b > 120 ? "#1d1c1a" : "#f3f0ea" });
      return cell;
    })));
    const best = sums.indexOf(Math.max(...sums));
    const fresh = JSON.stringify([picture, weights]);
    if (fresh !== this.shown) this.place = [Math.floor(best / (this.most + 1)), best % (this.most + 1)];
    this.shown = fresh;
    this.tell();
  }

  paint({ canvas }, side, colour) {
    canvas.width = canvas.height = side;
    const pen = canvas.getContext("2d");
    const pixels = pen.createImageData(side, side);
    for (let i = 0; i < side * side; i += 1) pixels.data.set([...colour(i), 255], 4 * i);
    pen.putImageData(pixels, 0, 0);
  }

  point(sheet, event) {
    const box = sheet.root.getBoundingClientRect();
    const size = sheet === this.map ? this.most + 1 : this.data.side;
    const middle = sheet === this.map ? 0.5 : this.data.kernel / 2;
    this.go([(event.clientY - box.top) / box.height, (event.clientX - box.left) / box.width].map((share) => Math.round(share * size - middle)));
  }

  key(event) {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation(); // or the page would turn to the next chapter
    this.go(this.place.map((at, axis) => at + step[axis]));
  }

  go(place) {
    this.place = place.map((at) => Math.max(0, Math.min(this.most, at)));
    this.tell();
  }

  tell() {
    const { side, kernel, parts } = this.data;
    const [row, column] = this.place;
    for (const sheet of this.sheets) {
      const [all, wide] = sheet === this.map ? [this.most + 1, 1] : [side, kernel];
      Object.assign(sheet.box.style, { left: `${(100 * column) / all}%`, top: `${(100 * row) / all}%`, width: `${(100 * wide) / all}%`, height: `${(100 * wide) / all}%` });
    }
    const at = row * (this.most + 1) + column;
    this.rows.forEach(({ part }, c) => { part.textContent = plain(parts[c][at]); });
    const values = { row: row + 1, column: column + 1, sum: plain(this.sums[at]), terms: parts.map((part, c) => (c ? withSign(part[at]) : plain(part[at]))).join(" ").replace(/ ([+−])/g, " $1 ") };
    this.total.textContent = filled(this.words.colour_total, values);
    this.root.dataset.sum = this.sums[at];
  }
}
