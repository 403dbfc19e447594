// A line of digits with the ten outputs' maps under it, column for column: each map says what one output answers with the
// window centred there. Point at the line, or use the arrow keys, to see the window and what it says.

const WINDOW = 28;

function receive(component) {
  const view = standing(component, (data) => new View(data));
  view.take(component.data);
}

class View {
  constructor({ words }) {
    this.canvas = make("canvas", { "aria-hidden": "true" });
    this.window = make("div", { class: "window", hidden: "" });
    this.paper = make("div", { class: "paper", tabindex: 0, role: "application" });
    this.maps = Array.from({ length: 10 }, (_, digit) => {
      const canvas = make("canvas", { role: "img", "aria-label": filled(words.map_of, { digit }) });
      return { canvas, root: make("div", { class: "map" }, make("b", {}, String(digit)), canvas) };
    });
    this.stack = make("div", { class: "maps" }, ...this.maps.map((map) => map.root));
    this.number = make("p", { class: "number", "aria-live": "polite" });
    this.note = make("p", { class: "note" });
    this.head = make("p", { class: "note" });
    this.rows = Array.from({ length: 10 }, (_, digit) => {
      const [bar, text] = [make("u"), make("span")];
      return { bar, text, root: make("div", {}, make("b", {}, String(digit)), make("i", {}, bar), text) };
    });
    this.root = make("div", { class: "root" }, make("div", { class: "layout" },
      make("div", { class: "left" }, this.paper, this.stack),
      make("div", { class: "right" }, this.number, this.note, this.head, make("div", { class: "outputs" }, ...this.rows.map((row) => row.root)))));
    this.listen();
    new ResizeObserver(() => this.size()).observe(this.root);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => setTimeout(() => this.show(), 300));
  }

  take(data) {
    if (!this.data || this.data.version !== data.version) this.at = null;
    this.data = data;
    this.ink = bytes(data.strip);
    this.levels = data.maps ? bytes(data.maps) : null;
    this.show();
  }

  size() {
    if (!this.data) return;
    const { columns } = this.data;
    const room = this.root.querySelector(".left").clientWidth - 20;
    const wide = Math.min(room, columns * 3);
    this.paper.style.width = this.stack.style.width = `${wide}px`;
  }

  show() {
    const { data, words = data.words } = this;
    const { rows, columns } = data;
    const style = getComputedStyle(this.root);
    const [paper, ink] = ["--page", "--ink"].map((name) => rgb(style.getPropertyValue(name)));
    this.canvas.width = columns;
    this.canvas.height = rows;
    const pen = this.canvas.getContext("2d");
    const image = pen.createImageData(columns, rows);
    this.ink.forEach((value, i) => image.data.set([...paper.map((from, c) => Math.round(from + ((ink[c] - from) * value) / 255)), 255], 4 * i));
    pen.putImageData(image, 0, 0);
    const share = (value, of) => `${(100 * value) / of}%`;
    const boxes = data.found.map(({ digit, said, box: [top, left, bottom, right] }) => {
      const box = make("div", { class: "box" }, make("span", { title: filled(words.said, { digit, said }) }, String(digit)));
      Object.assign(box.style, { top: share(top, rows), left: share(left, columns), height: share(bottom - top, rows), width: share(right - left, columns) });
      return box;
    });
    this.paper.replaceChildren(this.canvas, ...boxes, this.window);
    if (this.levels) {
      const { map_rows: high, map_columns: wide } = data;
      this.maps.forEach(({ canvas }, digit) => {
        canvas.width = wide;
        canvas.height = high;
        Object.assign(canvas.style, { left: share(WINDOW / 2 - 0.5, columns), width: share(wide, columns) });
        const map = canvas.getContext("2d");
        const picture = map.createImageData(wide, high);
        for (let i = 0; i < wide * high; i += 1) {
          const level = this.levels[digit * wide * high + i];
          picture.data.set(level === 255 ? [0, 0, 0, 0] : [...data.magma[level], 255], 4 * i);
        }
        map.putImageData(picture, 0, 0);
      });
    }
    this.number.textContent = data.number || "—";
    this.note.textContent = data.number ? words.reads : words.reads_nothing;
    this.root.dataset.number = data.number;
    this.size();
    this.mark();
  }

  /** The window at this.at = [row, column], and its ten answers; where it stands by itself, the surest one. */
  mark() {
    const { data, levels } = this;
    if (!levels) return;
    const { words, rows, columns, map_rows: high, map_columns: wide } = data;
    let place = this.at;
    if (!place) {
      const best = data.found[0];
      place = best ? [best.box[0] - 4, best.box[1] - 4] : [high >> 1, wide >> 1];
    }
    const [row, column] = (this.shownAt = [Math.max(0, Math.min(high - 1, place[0])), Math.max(0, Math.min(wide - 1, place[1]))]);
    this.window.hidden = false;
    const share = (value, of) => `${(100 * value) / of}%`;
    Object.assign(this.window.style, { top: share(row, rows), left: share(column, columns), height: share(WINDOW, rows), width: share(WINDOW, columns) });
    const said = this.rows.map((_, digit) => levels[digit * high * wide + row * wide + column]);
    this.rows.forEach(({ bar, text }, digit) => {
      const unread = said[digit] === 255;
      bar.style.width = unread ? "0" : `${(100 * said[digit]) / 254}%`;
      text.textContent = unread ? "–" : (said[digit] / 254).toFixed(2);
    });
    const top = said.indexOf(Math.max(...said.filter((level) => level < 255)));
    this.head.textContent = filled(words.window, { row, column });
    this.paper.setAttribute("aria-label", filled(words.paper_alt, {
      number: data.number || words.nothing, row, column, digit: top, said: top < 0 ? "–" : (said[top] / 254).toFixed(2),
    }));
  }

  listen() {
    const point = (event) => {
      if (!this.levels) return;
      const box = this.paper.getBoundingClientRect();
      const column = Math.round(((event.clientX - box.left) / box.width) * this.data.columns - WINDOW / 2);
      const row = Math.round(((event.clientY - box.top) / box.height) * this.data.rows - WINDOW / 2);
      this.at = [row, column];
      this.mark();
    };
    this.paper.addEventListener("pointermove", point);
    this.paper.addEventListener("pointerdown", point);
    this.stack.addEventListener("pointermove", (event) => {
      const map = event.target.closest(".map");
      if (!map || !this.levels) return;
      const [over, box] = [map.getBoundingClientRect(), this.paper.getBoundingClientRect()];
      const column = Math.round(((event.clientX - box.left) / box.width) * this.data.columns - WINDOW / 2);
      this.at = [Math.floor(((event.clientY - over.top) / over.height) * this.data.map_rows), column];
      this.mark();
    });
    this.paper.addEventListener("keydown", (event) => {
      const step = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
      if (!step || !this.levels) return;
      event.preventDefault();
      event.stopPropagation(); // or the page would turn to the next chapter
      this.at = this.shownAt.map((value, axis) => value + step[axis]);
      this.mark();
      this.at = this.shownAt;
    });
  }
}
