// A window slides over a padded grid: how large is the map? Hover, click or arrow keys move the window.

const ARROW_STEPS = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };

function receive(component) {
  const { data } = component;
  const view = standing(component, () => new Sizes());
  view.take(data);
}

function part(name, className, ...children) {
  const element = document.createElement(name);
  element.className = className;
  element.append(...children);
  return element;
}

const clamp = (value, count) => Math.max(0, Math.min(count - 1, value));

class Sizes {
  constructor() {
    this.place = [0, 0];
    this.formula = part("div", "formula number");
    this.verdict = part("div", "verdict");
    this.window = part("div", "window");
    this.input = part("div", "grid input");
    this.input.tabIndex = 0;
    this.input.setAttribute("role", "application");
    this.room = part("div", "room", this.input);
    this.mark = part("div", "mark");
    this.output = part("div", "grid output");
    this.output.setAttribute("role", "img");
    this.leftCaption = part("div", "caption");
    this.rightCaption = part("div", "caption");
    this.rule = part("div", "caption rule");
    this.root = part("div", "root", part("div", "all", this.rule, this.formula, this.verdict,
      part("div", "pair", part("div", "side", this.leftCaption, this.room), part("div", "side", this.rightCaption, this.output))));
    this.input.addEventListener("pointermove", (event) => this.hover(event));
    this.input.addEventListener("click", (event) => this.hover(event));
    this.input.addEventListener("keydown", (event) => {
      const step = ARROW_STEPS[event.key];
      if (!step) return;
      event.preventDefault();
      event.stopPropagation(); // or the page would turn to the next chapter
      if (this.data.positions) this.go(this.place.map((at, axis) => clamp(at + step[axis], this.data.positions)));
    });
  }

  take(data) {
    this.data = data;
    const { padded, padding, positions, looks, words } = data;
    this.rule.textContent = words.rule;
    this.formula.textContent = data.formula;
    this.verdict.textContent = data.verdict;
    this.root.classList.toggle("impossible", positions === 0);
    this.leftCaption.textContent = words.input;
    this.rightCaption.textContent = positions ? words.output : words.none;
    this.input.style.setProperty("--across", padded);
    this.input.style.width = `${(100 * padded) / Math.max(padded, data.kernel)}%`; // room for a window that is too large
    const most = Math.max(...looks, 1);
    this.input.replaceChildren(...looks.map((count, i) => {
      const cell = part("div", "cell", padded <= 20 ? String(count) : "");
      const [row, column] = [Math.floor(i / padded), i % padded];
      const outside = Math.min(row, column, padded - 1 - row, padded - 1 - column) < padding;
      cell.classList.toggle("padding", outside);
      cell.classList.toggle("never", count === 0);
      cell.style.setProperty("--looks", count / most);
      return cell;
    }), this.window);
    this.output.style.setProperty("--across", Math.max(positions, 1));
    // Cells are as large as the picture's, so that the map is drawn to scale.
    this.output.style.width = `${(100 * Math.max(positions, 1)) / Math.max(padded, data.kernel)}%`;
    this.output.replaceChildren(...[...Array(positions * positions)].map((_, i) => {
      const cell = part("div", "cell");
      cell.addEventListener("pointerenter", () => this.go([Math.floor(i / positions), i % positions]));
      return cell;
    }), this.mark);
    this.output.setAttribute("aria-label", data.verdict);
    this.go(this.place.map((at) => clamp(at, Math.max(1, positions))));
  }

  hover(event) {
    const { padded, kernel, stride, positions } = this.data;
    if (!positions) return;
    const box = this.input.getBoundingClientRect();
    const nearest = (at, from, length) => clamp(Math.round((((at - from) / length) * padded - kernel / 2) / stride), positions);
    this.go([nearest(event.clientY, box.top, box.height), nearest(event.clientX, box.left, box.width)]);
  }

  go(place) {
    this.place = place;
    const { padded, kernel, stride, positions, padding } = this.data;
    const [row, column] = place;
    const share = (cells, across) => `${(100 * cells) / across}%`;
    Object.assign(this.window.style, {
      left: share(positions ? column * stride : 0, padded), top: share(positions ? row * stride : 0, padded),
      width: share(kernel, padded), height: share(kernel, padded),
    });
    this.mark.hidden = !positions;
    Object.assign(this.mark.style, {
      left: share(column, positions || 1), top: share(row, positions || 1), width: share(1, positions || 1), height: share(1, positions || 1),
    });
    const from = (at) => at * stride - padding;
    this.input.setAttribute("aria-label", positions
      ? `${this.data.alt} Window at row ${row}, column ${column} of the map: picture rows ${from(row)} to ${from(row) + kernel - 1}, columns ${from(column)} to ${from(column) + kernel - 1}`
      : this.data.verdict);
  }
}
