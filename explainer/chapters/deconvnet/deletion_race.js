// A race of heat maps: what each marks is hidden, most first, and the name's probability falls. The curves grow
// while it is run; then the slider (or Play) goes through the pictures. All is answered here.

const EDGE = { left: 46, right: 14, above: 22, below: 36 };
const HEIGHT = 230;
const TICKS = [0, 0.01, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1];
const FRAME_MS = 180;

function receive(component) {
  const { data } = component;
  const view = standing(component, build);
  const fresh = view.data?.racers[0].steps !== data.racers[0].steps;
  view.data = data;
  if (!view.moved || view.at >= data.done) view.at = data.done - 1;
  if (fresh) {
    view.at = data.racers[0].steps ? middle(data) : data.done - 1;
    view.moved = false;
    load(view);
  }
  fill(view);
}

/** Where the curves lie farthest apart: the step that shows most when the race is over. */
function middle({ racers, done }) {
  const apart = (step) => Math.max(...racers.map((one) => one.hidden[step])) - Math.min(...racers.map((one) => one.hidden[step]));
  return [...Array(done).keys()].reduce((best, step) => (apart(step) > apart(best) ? step : best), 0);
}

function build() {
  const root = make("div", { class: "root" });
  const hide = make("button", { type: "button" });
  const uncover = make("button", { type: "button" });
  const play = make("button", { type: "button" });
  const slider = make("input", { type: "range", min: 0, step: 1 });
  const said = make("span", { class: "number" });
  const tiles = make("div", { class: "tiles" });
  const chart = drawn("svg", { class: "chart", role: "img" });
  root.append(chart, make("div", { class: "bar" }, hide, uncover, play, slider, said), tiles);
  const view = { root, hide, uncover, play, slider, said, tiles, chart, at: 0, moved: false, mode: "hidden", timer: 0 };
  const mode = (name) => () => {
    view.mode = name;
    fill(view);
  };
  hide.addEventListener("click", mode("hidden"));
  uncover.addEventListener("click", mode("uncovered"));
  slider.addEventListener("input", () => {
    halt(view);
    view.moved = true;
    view.at = Number(slider.value);
    mark(view);
  });
  slider.addEventListener("keydown", (event) => {
    if (event.key.startsWith("Arrow")) event.stopPropagation(); // or the page would turn to the next chapter
  });
  play.addEventListener("click", () => (view.timer ? halt(view) : start(view)));
  new ResizeObserver(() => view.data && view.width !== root.clientWidth && fill(view)).observe(root);
  return view;
}

function start(view) {
  view.moved = true;
  view.at = view.at >= view.data.done - 1 ? 0 : view.at;
  view.timer = setInterval(() => {
    if (!view.root.isConnected || view.at >= view.data.done - 1) return halt(view);
    view.at += 1;
    mark(view);
  }, FRAME_MS);
  view.play.textContent = view.data.words.pause;
}

function halt(view) {
  clearInterval(view.timer);
  view.timer = 0;
  view.play.textContent = view.data.words.play;
}

// --- pictures -----------------------------------------------------------------------------------------

async function pixels(address) {
  const image = new Image();
  image.src = address;
  await image.decode();
  const sheet = make("canvas", { width: image.naturalWidth, height: image.naturalHeight });
  const pen = sheet.getContext("2d", { willReadFrequently: true });
  pen.drawImage(image, 0, 0);
  return pen.getImageData(0, 0, sheet.width, sheet.height);
}

async function load(view) {
  view.pictures = null;
  const { data } = view;
  if (!data.racers[0].steps) return;
  const [seen, cover, ...steps] = await Promise.all([data.view, data.cover, ...data.racers.map((one) => one.steps)].map(pixels));
  if (view.data.racers[0].steps !== data.racers[0].steps) return;
  view.pictures = { seen, cover, steps };
  mark(view);
}

function paint(view, canvas, racer) {
  const { seen, cover, steps } = view.pictures;
  canvas.width = seen.width;
  canvas.height = seen.height;
  const shown = new ImageData(seen.width, seen.height);
  const when = steps[racer].data, from = seen.data, other = cover.data, to = shown.data;
  for (let i = 0; i < to.length; i += 4) {
    const hidden = when[i] <= view.at ? view.mode === "hidden" : view.mode !== "hidden";
    const source = hidden ? other : from;
    to[i] = source[i];
    to[i + 1] = source[i + 1];
    to[i + 2] = source[i + 2];
    to[i + 3] = 255;
  }
  canvas.getContext("2d").putImageData(shown, 0, 0);
}

// --- drawing ------------------------------------------------------------------------------------------

const colour = (data, place) => (data.racers[place].random ? "var(--ink)" : `var(--c${place % 6})`);
const percent = (value) => `${(100 * value).toFixed(value < 0.0995 ? 1 : 0)}%`;

function fill(view) {
  const { data, tiles, slider, words = data.words } = view;
  view.width = view.root.clientWidth;
  view.hide.textContent = words.hide;
  view.uncover.textContent = words.uncover;
  view.hide.setAttribute("aria-pressed", view.mode === "hidden");
  view.uncover.setAttribute("aria-pressed", view.mode === "uncovered");
  if (!view.timer) view.play.textContent = words.play;
  slider.max = data.done - 1;
  slider.setAttribute("aria-label", words.slider);
  while (tiles.children.length > data.racers.length) tiles.lastChild.remove();
  data.racers.forEach((racer, place) => {
    let figure = tiles.children[place];
    if (!figure) {
      figure = make("figure", {}, make("canvas", { role: "img" }), make("figcaption", {}, make("b"), make("span", { class: "number" })));
      figure.addEventListener("pointerenter", () => light(view, place));
      figure.addEventListener("pointerleave", () => light(view, -1));
      tiles.append(figure);
    }
    const name = figure.querySelector("b");
    const badge = make("i", { style: `background: ${colour(data, place)}` }, String(place + 1));
    name.replaceChildren(badge, racer.name);
  });
  draw(view);
  mark(view);
}

function light(view, place) {
  view.chart.classList.toggle("faded", place >= 0);
  for (const part of view.chart.querySelectorAll("[data-racer]")) part.classList.toggle("lit", Number(part.dataset.racer) === place);
}

function draw(view) {
  const { data, chart, mode } = view;
  const width = Math.max(260, view.width);
  const last = data.shares.length - 1;
  const top = Math.max(0.02, ...data.racers.flatMap((one) => one[mode]));
  const x = (step) => EDGE.left + (step / last) * (width - EDGE.left - EDGE.right);
  const y = (value) => EDGE.above + (1 - value / top) * (HEIGHT - EDGE.above - EDGE.below);
  chart.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
  chart.setAttribute("height", HEIGHT);
  chart.setAttribute("aria-label", data.words.alt.replace("{name}", data.category));
  chart.replaceChildren(drawn("text", { x: EDGE.left, y: 13 }, filled(data.words[`axis_${mode}`], { name: data.category })));
  for (const value of [0, top / 2, top]) {
    chart.append(drawn("line", { class: "grid-line", x1: EDGE.left, x2: width - EDGE.right, y1: y(value), y2: y(value) }));
    chart.append(drawn("text", { x: EDGE.left - 6, y: y(value) + 4, "text-anchor": "end" }, percent(value).replace(".0%", "%")));
  }
  for (const share of TICKS) {
    const place = x(last * Math.sqrt(share)); // the steps are squares
    chart.append(drawn("line", { class: "grid-line", x1: place, x2: place, y1: y(0), y2: y(0) + 5 }));
    chart.append(drawn("text", { x: place, y: y(0) + 18, "text-anchor": share === 1 ? "end" : "middle" }, `${100 * share}`));
  }
  chart.append(drawn("text", { x: (EDGE.left + width) / 2, y: HEIGHT - 3, "text-anchor": "middle" }, data.words[`share_${mode}`]));
  const badges = [];
  data.racers.forEach((racer, place) => {
    const values = racer[mode];
    const points = values.map((value, step) => `${x(step).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
    chart.append(drawn("polyline", {
      class: "line", points, "data-racer": place, stroke: colour(data, place), "stroke-dasharray": racer.random ? "6 4" : "none",
    }));
    // Its number stands where the curve is half way down (or up), at a height of its own.
    const half = values.findIndex((value, step) => step && (value - values[0] / 2 <= 0) === (mode === "hidden") && (mode === "hidden" || value >= values.at(-1) / 2));
    badges.push([half < 0 ? values.length - 1 : half, place]);
  });
  const taken = [];
  for (const [step, place] of badges) {
    let at = [x(step), y(data.racers[place][mode][step])];
    while (taken.some(([a, b]) => Math.hypot(a - at[0], b - at[1]) < 17)) at = [at[0] + 17, at[1]];
    taken.push(at);
    chart.append(drawn("g", { class: "badge", "data-racer": place },
      drawn("circle", { cx: at[0], cy: at[1], r: 8, fill: colour(data, place) }),
      drawn("text", { x: at[0], y: at[1] + 4, "text-anchor": "middle" }, String(place + 1))));
  }
  view.cursor = drawn("line", { class: "cursor", y1: EDGE.above, y2: y(0) });
  view.x = x;
  chart.append(view.cursor);
}

function mark(view) {
  const { data, mode, tiles } = view;
  view.slider.value = view.at;
  const share = percent(data.shares[view.at]);
  view.said.textContent = `${share} ${data.words[mode]}`;
  view.slider.setAttribute("aria-valuetext", view.said.textContent);
  for (const end of ["x1", "x2"]) view.cursor.setAttribute(end, view.x(view.at));
  const values = data.racers.map((racer) => racer[mode][view.at]);
  const best = mode === "hidden" ? Math.min(...values) : Math.max(...values);
  data.racers.forEach((racer, place) => {
    const figure = tiles.children[place];
    figure.querySelector("span").textContent = percent(values[place]);
    figure.classList.toggle("best", values[place] === best);
    const canvas = figure.querySelector("canvas");
    canvas.hidden = !view.pictures;
    if (!view.pictures) return;
    canvas.setAttribute("aria-label", `${racer.name}: ${view.said.textContent}, ${data.category} ${percent(values[place])}`);
    paint(view, canvas, place);
  });
  for (const control of [view.play, view.slider, view.hide, view.uncover]) control.disabled = !data.racers[0].steps;
}
