// Two lines to drag across the plane of exclusive-or, and the plane as the two neurons fold it: four points, one line between.

const [LOW, HIGH, MIDDLE] = [-0.5, 1.5, 0.5];
const SIZE = 300; // of a plane's drawing
const SETTLE_MS = 300;
const FOLD_MS = 1400;
const FINE = 56; // squares of the tinted planes, each way
const FARTHEST = 1.5;
const LETTER = [7, 13]; // width and height of one in a corner's label, roughly

function receive(component) {
  const view = standing(component, (data) => new View(data));
  view.take(component);
}

const radians = (angle) => (angle * Math.PI) / 180;

/** Where a place lies on the folded plane: what each of the two neurons says. */
export function hidden(lines, bend, steepness, [x, y]) {
  return lines.map(({ angle, offset }) =>
    BENDS[bend](steepness * (Math.cos(radians(angle)) * (x - MIDDLE) + Math.sin(radians(angle)) * (y - MIDDLE) - offset)));
}

/** Where the labels of places begin, [x, y] each: right above the place, or on whichever side hides least of the others. */
export function apart(places, names) {
  const taken = places.map(([x, y]) => [x - 8, y - 8, x + 8, y + 8]);
  return names.map((name, i) => {
    const [x, y] = places[i];
    const [wide, tall] = [LETTER[0] * name.length, LETTER[1]];
    const starts = [y - 9, y + 19, y + 5, y - 23, y + 33].flatMap((at) => [[x + 11, at], [x - 11 - wide, at]]);
    const hidden = ([left, base]) => {
      const box = [left, base - tall, left + wide, base];
      const off = Math.max(0, -box[0]) + Math.max(0, box[2] - SIZE) + Math.max(0, -box[1]) + Math.max(0, box[3] - SIZE);
      return taken.reduce((sum, other) => sum + shared(box, other), off * tall);
    };
    const best = starts.reduce((one, other) => (hidden(other) < hidden(one) ? other : one));
    taken.push([best[0], best[1] - tall, best[0] + wide, best[1]]);
    return best;
  });
}

/** The area that two boxes, [left, top, right, bottom] each, have in common. */
function shared([a, b, c, d], [e, f, g, h]) {
  return Math.max(0, Math.min(c, g) - Math.max(a, e)) * Math.max(0, Math.min(d, h) - Math.max(b, f));
}

class View {
  constructor(data) {
    const { words } = data;
    this.words = words;
    const plane = (alt) => {
      const canvas = make("canvas", { "aria-hidden": true });
      const svg = drawn("svg", { viewBox: `0 0 ${SIZE} ${SIZE}`, ...alt });
      return [make("div", { class: "plane" }, canvas, svg), canvas, svg];
    };
    const [first, tint, input] = plane({ role: "group" });
    const [second, halves, folded] = plane({ role: "img" });
    Object.assign(this, { tint, input, halves, folded });
    this.play = make("button", { type: "button" }, words.fold_play);
    this.slider = make("input", { type: "range", min: 0, max: 100, step: 1, "aria-label": words.fold_slider });
    this.solve = make("button", { type: "button" }, words.fold_solve);
    this.again = make("button", { type: "button" }, words.fold_again);
    this.table = make("table", {});
    this.verdict = make("p", { class: "verdict", "aria-live": "polite" });
    this.root = make("div", { class: "root" }, make("div", { class: "all" },
      make("div", {}, make("div", { class: "caption" }, words.fold_in), first, make("div", { class: "row" }, this.solve, this.again)),
      make("div", {}, make("div", { class: "caption" }, words.fold_out), second,
        make("div", { class: "row" }, this.play, make("label", {}, words.fold_flat, this.slider, words.fold_folded))),
      make("div", { class: "side" }, this.table, this.verdict)));
    this.lay();
    this.listen();
  }

  take(component) {
    const { data } = component;
    const anew = !this.data || data.version !== this.data.version;
    const first = !this.data;
    this.component = component;
    this.data = data;
    this.ramp = rampOf(this.root);
    if (anew) {
      this.lines = data.lines.map((line) => ({ ...line }));
      this.pivots = this.lines.map((line) => this.foot(line));
      this.share = first ? 0 : data.folded / 100;
      if (first) this.unfold(data.folded / 100, FOLD_MS);
    }
    this.solve.disabled = !data.solution.length;
    this.show();
  }

  /** The point of a line nearest to the middle of the plane. */
  foot({ angle, offset }) {
    return [MIDDLE + offset * Math.cos(radians(angle)), MIDDLE + offset * Math.sin(radians(angle))];
  }

  unfold(to, milliseconds) {
    this.stop?.();
    const from = this.share;
    this.stop = glide(milliseconds, (t) => {
      this.share = from + (to - from) * t;
      this.show();
    }, () => this.report());
  }

  /** The lines go to others, on the shortest way. */
  move(lines) {
    this.stop?.();
    const from = this.lines.map((line) => ({ ...line }));
    this.stop = glide(900, (t) => {
      this.lines = from.map((line, k) => {
        const turn = ((((lines[k].angle - line.angle) % 360) + 540) % 360) - 180;
        return { angle: line.angle + turn * t, offset: line.offset + (lines[k].offset - line.offset) * t };
      });
      this.pivots = this.lines.map((line) => this.foot(line));
      this.show();
    }, () => this.report());
  }

  /** What stays, built once: lines with their grips, corners. */
  lay() {
    const { words } = this;
    this.creases = [0, 1].map((k) => {
      const kind = k ? " second" : "";
      const parts = {
        line: drawn("line", { class: `crease${kind}` }),
        arrow: drawn("line", { class: "arrow" }),
        hits: [drawn("circle", { class: "hit", r: 20 }), drawn("circle", { class: "hit", r: 18 })],
        move: drawn("circle", { class: "grip move", r: 8, tabindex: 0, role: "slider" }),
        turn: drawn("circle", { class: "grip turn", r: 6, tabindex: 0, role: "slider" }),
        name: drawn("text", { class: "name" }, `h${"₁₂"[k]}`),
      };
      this.drag(parts.move, parts.hits[0], (place) => this.shift(k, place), k, { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] },
        ([a, b]) => this.shift(k, [this.pivots[k][0] + 0.05 * a, this.pivots[k][1] + 0.05 * b]));
      this.drag(parts.turn, parts.hits[1], (place) => this.turn(k, Math.atan2(place[1] - this.pivots[k][1], place[0] - this.pivots[k][0]) / radians(1)), k,
        { ArrowLeft: 5, ArrowUp: 5, ArrowRight: -5, ArrowDown: -5 }, (step) => this.turn(k, this.lines[k].angle + step));
      return parts;
    });
    this.marks = drawn("g");
    this.input.append(this.marks, ...this.creases.flatMap(({ line, arrow, hits, move, turn, name }) => [line, arrow, ...hits, move, turn, name]));
    this.input.setAttribute("aria-label", words.fold_in);
  }

  shift(k, place) {
    this.pivots[k] = place.map((v) => Math.max(LOW + 0.06, Math.min(HIGH - 0.06, v)));
    this.settle(k);
  }

  turn(k, angle) {
    this.lines[k].angle = ((Math.round(angle) % 360) + 360) % 360;
    this.settle(k);
  }

  settle(k) {
    const { angle } = this.lines[k];
    const along = Math.cos(radians(angle)) * (this.pivots[k][0] - MIDDLE) + Math.sin(radians(angle)) * (this.pivots[k][1] - MIDDLE);
    this.lines[k].offset = Math.max(-FARTHEST, Math.min(FARTHEST, Math.round(100 * along) / 100));
    this.stop?.();
    this.show();
    this.report();
  }

  drag(grip, hit, take, k, keys, press) {
    for (const handle of [grip, hit]) {
      handle.addEventListener("pointerdown", (event) => {
        event.preventDefault();
        grip.focus({ preventScroll: true });
        handle.setPointerCapture(event.pointerId);
        this.held = handle;
      });
      handle.addEventListener("pointermove", (event) => {
        if (this.held !== handle) return;
        const box = this.input.getBoundingClientRect();
        const along = (at, from, length) => LOW + ((at - from) / length) * (HIGH - LOW);
        take([along(event.clientX, box.left, box.width), LOW + HIGH - along(event.clientY, box.top, box.height)]);
      });
      for (const end of ["pointerup", "pointercancel"]) handle.addEventListener(end, () => { this.held = null; });
    }
    grip.addEventListener("keydown", (event) => {
      if (!(event.key in keys)) return;
      event.preventDefault();
      event.stopPropagation(); // or the page would turn to the next chapter
      press(keys[event.key]);
    });
  }

  show() {
    const { data, words, lines } = this;
    const at = (place) => hidden(lines, data.bend, data.steepness, place);
    const corners = data.corners.map(at);
    const gap = widestGap(corners, data.wanted);
    const value = gap && (([a, b]) => (a * gap.normal[0] + b * gap.normal[1] - gap.middle) / gap.width);
    paint(this.tint, gridOf(FINE, LOW, HIGH).map((place) => (gap ? value(at(place)) : 0)), 1, this.ramp, 0.55);
    const px = ([x, y]) => [((x - LOW) / (HIGH - LOW)) * SIZE, SIZE - ((y - LOW) / (HIGH - LOW)) * SIZE];
    const path = (points) => points.map((p) => px(p).join(",")).join(" ");
    const sheet = sheetOf(LOW, HIGH, 17, 2).map(([kind, points]) => drawn("polyline", { class: kind, points: path(points) }));
    this.marks.replaceChildren(...sheet, ...this.corners(data.corners.map(px)));
    lines.forEach((line, k) => this.crease(line, k, px));
    this.fold(at, corners, gap, value);
    this.say(corners, gap);
    this.slider.value = Math.round(100 * this.share);
    this.root.dataset.corners = JSON.stringify(corners);
    this.root.dataset.gap = gap ? gap.width.toFixed(6) : "";
  }

  corners(places) {
    const { names, wanted } = this.data;
    const dots = places.map(([cx, cy], i) => drawn("circle", { class: `corner ${wanted[i] > 0 ? "go" : "wait"}`, cx, cy, r: 8 }));
    const labels = apart(places, names).map(([x, y], i) => drawn("text", { x, y }, names[i]));
    return [...dots, ...labels];
  }

  crease({ angle, offset }, k, px) {
    const { line, arrow, hits, move, turn, name } = this.creases[k];
    const [dx, dy] = [Math.cos(radians(angle)), Math.sin(radians(angle))];
    const [x, y] = this.pivots[k];
    const set = (element, values) => { for (const [key, v] of Object.entries(values)) element.setAttribute(key, v); };
    const [[x1, y1], [x2, y2], [cx, cy], [tx, ty]] = [[x - 4 * dy, y + 4 * dx], [x + 4 * dy, y - 4 * dx], [x, y], [x + 0.24 * dx, y + 0.24 * dy]].map(px);
    set(line, { x1, y1, x2, y2 });
    set(arrow, { x1: cx, y1: cy, x2: tx, y2: ty });
    [[move, hits[0], cx, cy], [turn, hits[1], tx, ty]].forEach(([grip, hit, gx, gy]) => {
      set(grip, { cx: gx, cy: gy });
      set(hit, { cx: gx, cy: gy });
    });
    set(name, { x: tx + 9, y: ty + 4 });
    const said = { line: k + 1, angle: Math.round(angle), offset: shown(offset) };
    set(move, { "aria-label": filled(this.words.fold_move, said), "aria-valuenow": offset.toFixed(2), "aria-valuetext": shown(offset) });
    set(turn, { "aria-label": filled(this.words.fold_turn, said), "aria-valuenow": Math.round(angle), "aria-valuetext": `${Math.round(angle)}°` });
  }

  /** The plane on its way from flat to folded. */
  fold(at, corners, gap, value) {
    const { data, share, words } = this;
    const way = (place) => {
      const [a, b] = at(place);
      return [place[0] * (1 - share) + a * share, place[1] * (1 - share) + b * share];
    };
    const lines = sheetOf(LOW, HIGH, 17, 33);
    const ends = lines.flatMap(([, points]) => [points[0], points[16], points[32]].map(at)).concat(corners);
    const bounds = [0, 1].map((c) => {
      const [low, high] = [Math.min(...ends.map((p) => p[c])), Math.max(...ends.map((p) => p[c]))];
      return [LOW * (1 - share) + low * share, HIGH * (1 - share) + high * share];
    });
    const span = 1.12 * Math.max(0.5, ...bounds.map(([low, high]) => high - low));
    const centre = bounds.map(([low, high]) => (low + high) / 2);
    const px = ([x, y]) => [SIZE / 2 + ((x - centre[0]) / span) * SIZE, SIZE / 2 - ((y - centre[1]) / span) * SIZE];
    const path = (points) => points.map((p) => px(p).map((v) => v.toFixed(1)).join(",")).join(" ");
    const onIt = gap && share > 0.99;
    paint(this.halves, gridOf(FINE, -0.5, 0.5).map(([x, y]) => (onIt ? value([centre[0] + x * span, centre[1] + y * span]) : 0)), 1, this.ramp, 0.3);
    const parts = lines.map(([kind, points]) => drawn("polyline", { class: kind, points: path(points.map(way)) }));
    if (onIt) {
      const [a, b] = gap.normal;
      const along = [a * gap.middle, b * gap.middle];
      const [[x1, y1], [x2, y2]] = [[along[0] - 20 * b, along[1] + 20 * a], [along[0] + 20 * b, along[1] - 20 * a]].map(px);
      parts.push(drawn("line", { class: "cut", x1, y1, x2, y2 }));
    }
    parts.push(...this.corners(data.corners.map((corner) => px(way(corner)))));
    this.folded.replaceChildren(...parts);
    this.folded.setAttribute("aria-label", filled(words.fold_alt, {
      where: corners.map((c, i) => `${data.names[i]} ${this.place(c)}`).join(", "), verdict: gap ? words.fold_yes : words.fold_no,
    }));
  }

  place([a, b]) {
    return `(${shown(a)}, ${shown(b)})`;
  }

  say(corners, gap) {
    const { data, words } = this;
    const row = (kind, cells) => make("tr", {}, ...cells.map((cell) => make(kind, kind === "th" ? { scope: "col" } : {}, cell)));
    this.table.replaceChildren(row("th", [words.fold_lights, "h₁", "h₂"]), ...corners.map((corner, i) => {
      const dot = make("i", { class: data.wanted[i] > 0 ? "go" : "wait" });
      const cells = row("td", ["", shown(corner[0]), shown(corner[1])]);
      cells.firstChild.append(dot, data.names[i]);
      return cells;
    }));
    this.verdict.className = `verdict ${gap ? "yes" : "no"}`;
    const detail = gap ? filled(words.fold_yes_more, { width: shown(gap.width) }) : words.fold_no_more;
    const text = `${gap ? words.fold_yes : words.fold_no}|${detail}`;
    if (this.told === text) return; // or a screen reader would read it again with every frame
    this.told = text;
    this.verdict.replaceChildren(gap ? words.fold_yes : words.fold_no, make("small", {}, detail));
  }

  listen() {
    this.play.addEventListener("click", () => {
      if (this.share > 0.99) this.share = 0;
      this.unfold(1, FOLD_MS);
    });
    this.slider.addEventListener("input", () => {
      this.stop?.();
      this.share = this.slider.value / 100;
      this.show();
      this.report();
    });
    this.slider.addEventListener("keydown", (event) => event.key.startsWith("Arrow") && event.stopPropagation());
    this.solve.addEventListener("click", () => this.move(this.data.solution));
    this.again.addEventListener("click", () => this.move(this.data.start));
  }

  report() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const text = this.lines.map(({ angle, offset }) => `${((Math.round(angle) % 360) + 360) % 360}_${Number(offset.toFixed(2))}`).join("_");
      this.component.setStateValue("lines", { version: this.data.version, text, folded: Math.round(100 * this.share) });
    }, SETTLE_MS);
  }
}
