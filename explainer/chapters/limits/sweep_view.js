// A sweep: the picture at one step, its guesses, and curves along all steps. Drag in the curves, click the
// film, or use the slider and its arrow keys; all is answered here, and Python hears of the step that it rests on.

const SETTLE_MS = 250;
const EDGE = { left: 40, right: 58 }; // on the right stand the layers’ names

function receive(component) {
  const { data } = component;
  const view = standing(component, build);
  view.component = component;
  if (!view.timer || view.data?.name !== data.name) view.step = data.step;
  view.data = data;
  fill(view);
}

function build() {
  const root = document.createElement("div");
  root.className = "root";
  root.innerHTML = `<div class="layout">
    <div class="shown"><div class="frame" role="img"></div>
      <div><div class="value"></div><div class="readout" aria-live="polite"></div><div class="guesses"></div></div></div>
    <div class="curves"><div class="film" aria-hidden="true"></div>
      <svg class="chart" data-chart="probability" role="img"></svg><svg class="chart" data-chart="rank" role="img"></svg>
      <svg class="chart" data-chart="distance" role="img"></svg><input type="range" min="0" step="1"></div></div>`;
  const find = (name) => root.querySelector(name);
  const view = {
    root, frame: find(".frame"), value: find(".value"), readout: find(".readout"), guesses: find(".guesses"),
    film: find(".film"), slider: find("input"), charts: [...root.querySelectorAll(".chart")], timer: 0, step: 0,
  };
  view.slider.addEventListener("input", () => go(view, Number(view.slider.value)));
  view.slider.addEventListener("keydown", (event) => {
    if (event.key.startsWith("Arrow")) event.stopPropagation(); // or the page would turn to the next chapter
  });
  for (const chart of view.charts) {
    const drag = (event) => {
      const box = chart.getBoundingClientRect();
      const share = (event.clientX - box.left - EDGE.left) / (box.width - EDGE.left - EDGE.right);
      go(view, Math.round(share * (view.data.values.length - 1)));
    };
    chart.addEventListener("pointerdown", (event) => {
      chart.setPointerCapture(event.pointerId);
      view.dragging = true;
      drag(event);
    });
    chart.addEventListener("pointermove", (event) => view.dragging && drag(event));
    for (const end of ["pointerup", "pointercancel"]) chart.addEventListener(end, () => { view.dragging = false; });
  }
  view.film.addEventListener("click", (event) => {
    const step = event.target.dataset.step;
    if (step !== undefined) go(view, Number(step));
  });
  view.width = 0;
  new ResizeObserver(() => {
    if (view.data && find(".curves").clientWidth !== view.width) fill(view);
  }).observe(root);
  return view;
}

function go(view, step) {
  step = Math.max(0, Math.min(view.data.done - 1, step));
  if (step === view.step) return;
  view.step = step;
  mark(view);
  clearTimeout(view.timer);
  view.timer = setTimeout(() => {
    view.timer = 0;
    view.component.setStateValue("step", view.step);
  }, SETTLE_MS);
}

// --- drawing -----------------------------------------------------------------------------------------

function sprite(element, { sheet, columns, values }, step) {
  const rows = Math.ceil(values.length / columns);
  const share = (place, count) => (count > 1 ? (100 * place) / (count - 1) : 0);
  element.style.backgroundImage = `url("${sheet}")`;
  element.style.backgroundSize = `${columns * 100}% ${rows * 100}%`;
  element.style.backgroundPosition = `${share(step % columns, columns)}% ${share(Math.floor(step / columns), rows)}%`;
}

function fill(view) {
  const { data, slider, film } = view;
  view.width = view.root.querySelector(".curves").clientWidth;
  const count = data.values.length;
  slider.max = count - 1;
  slider.setAttribute("aria-label", data.axis);
  const frames = Math.max(5, Math.min(count, Math.floor(view.width / 46)));
  film.innerHTML = "";
  film.style.padding = `0 ${EDGE.right}px 0 ${EDGE.left}px`;
  for (let i = 0; i < frames; i++) {
    const cell = document.createElement("div");
    cell.dataset.step = Math.round(((i + 0.5) / frames) * (count - 1)); // below it lies its place in the curves
    sprite(cell, data, Number(cell.dataset.step));
    film.appendChild(cell);
  }
  slider.style.marginLeft = `${EDGE.left - 8}px`; // its thumb is as wide as that
  slider.style.width = `${view.width - EDGE.left - EDGE.right + 16}px`;
  for (const chart of view.charts) draw(view, chart);
  mark(view);
}

const SHAPES = { probability: [136, 20, 8], rank: [78, 19, 8], distance: [160, 19, 32] }; // height, above, below
const FLAT = { probability: [92, 18, 6], rank: [62, 18, 6], distance: [124, 18, 32] }; // on a wall, which is wide and low

function draw(view, chart) {
  const { data } = view;
  const kind = chart.dataset.chart;
  const [height, above, below] = (view.root.clientWidth >= 860 ? FLAT : SHAPES)[kind];
  const width = Math.max(view.width, 120);
  chart.setAttribute("viewBox", `0 0 ${width} ${height}`);
  chart.setAttribute("height", height);
  chart.setAttribute("aria-label", data.alts[kind]);
  const x = (step) => EDGE.left + (step / Math.max(1, data.values.length - 1)) * (width - EDGE.left - EDGE.right);
  const inside = height - above - below;
  const parts = [];
  const [low, high] = data.held;
  parts.push(`<rect class="held" x="${x(low)}" y="${above}" width="${Math.max(2, x(high) - x(low))}" height="${inside}"/>`);
  let y, ticks;
  if (kind === "rank") {
    const most = Math.log10(Math.max(10, data.categories));
    y = (place) => above + (Math.log10(place) / most) * inside;
    ticks = [1, 10, 100, 1000].filter((place) => place <= data.categories || place === 1).map((place) => [place, place]);
  } else {
    const top = kind === "probability" ? data.highest : Math.max(1, data.farthest);
    y = (value) => above + (1 - value / top) * inside;
    ticks = kind === "probability"
      ? [0, top / 2, top].map((value) => [value, `${+(value * 100).toFixed(1)}%`])
      : [[0, "0"], [0.5, "0.5"], [1, "1"]];
  }
  for (const [value, text] of ticks) {
    parts.push(`<line class="grid-line" x1="${EDGE.left}" x2="${width - EDGE.right}" y1="${y(value)}" y2="${y(value)}"/>`);
    parts.push(`<text x="${EDGE.left - 5}" y="${y(value) + 4}" text-anchor="end">${text}</text>`);
  }
  parts.push(`<line class="neutral" x1="${x(data.neutral)}" x2="${x(data.neutral)}" y1="${above}" y2="${above + inside}"/>`);
  const path = (values, style, title = "") => {
    const points = values.map((value, step) => (value === null ? "" : `${x(step).toFixed(1)},${y(value).toFixed(1)}`));
    parts.push(`<polyline class="line" points="${points.filter(Boolean).join(" ")}" style="${style}"><title>${title}</title></polyline>`);
  };
  if (kind === "distance") {
    data.distances.forEach((values, layer) => path(values, layerStyle(data, layer), data.layers[layer]));
    const ends = data.distances.map((values, layer) => ({ layer, at: y(values.findLast((value) => value !== null) ?? 0) }));
    for (const { layer, at, said } of apart(ends, 8, above + inside + 12)) { // names beside the ends of their lines
      const style = layerStyle(data, layer).split(";")[0];
      parts.push(`<path d="M${width - EDGE.right + 1} ${at}L${width - EDGE.right + 9} ${said}" style="${style}; fill: none"/>`);
      parts.push(`<text x="${width - EDGE.right + 11}" y="${said + 4}">${escape(data.layers[layer])}</text>`);
    }
  } else {
    if (data.beside) path(data.beside[kind], "stroke: var(--negative); stroke-width: 2; stroke-dasharray: 5 4");
    path(data[kind], "stroke: var(--accent); stroke-width: 2.5");
  }
  parts.push(`<text class="title" x="${EDGE.left}" y="12">${escape(data.titles[kind])}</text>`);
  if (kind === "distance") {
    for (const [step, text] of data.ticks) {
      const anchor = step === 0 ? "start" : step === data.values.length - 1 ? "end" : "middle";
      parts.push(`<text x="${x(step)}" y="${above + inside + 14}" text-anchor="${anchor}">${text}</text>`);
    }
    parts.push(`<text class="title" x="${(EDGE.left + width) / 2}" y="${height - 3}" text-anchor="middle">${escape(data.axis)}</text>`);
  }
  chart.innerHTML = `${parts.join("")}<g class="here"></g>`;
  chart.place = { x, y, above, inside };
}

// Names in the order of their lines, each a line of type from the next: as near to its own as the room between allows.
// Where there is no room for all, the deepest stay.
function apart(ends, top, bottom) {
  const most = Math.max(1, Math.floor((bottom - top) / 12) + 1);
  const kept = ends.slice(-most).sort((one, other) => one.at - other.at);
  let free = top;
  for (const end of kept) free = (end.said = Math.max(end.at, free)) + 12;
  free = bottom;
  for (const end of kept.reverse()) free = (end.said = Math.min(end.said, free)) - 12;
  return kept;
}

// The deeper a layer, the stronger its line; the last one before the names carries the accent.
function layerStyle(data, layer) {
  const share = data.layers.length > 1 ? layer / (data.layers.length - 1) : 1;
  if (share === 1) return "stroke: var(--accent); stroke-width: 2.5";
  const ink = Math.round(25 + 75 * share);
  return `stroke: color-mix(in srgb, var(--ink) ${ink}%, var(--line)); stroke-width: ${(1 + share).toFixed(2)}`;
}

function mark(view) {
  const { data, step, slider, film } = view;
  sprite(view.frame, data, step);
  view.frame.setAttribute("aria-label", `The picture, ${data.said[step]}`);
  slider.value = step;
  slider.setAttribute("aria-valuetext", data.said[step]);
  view.value.textContent = data.said[step];
  const here = (found) => `<b>${escape(data.followed)}</b> ${percent(found.probability[step])}, place ${found.rank[step].toLocaleString("en")}`;
  let said = here(data);
  if (data.beside) said += `<br>${escape(data.beside.title)}: ${percent(data.beside.probability[step])}, place ${data.beside.rank[step].toLocaleString("en")}`;
  const moved = data.distances.map((values) => values[step]);
  const last = data.layers.length - 1;
  said += `<br>moved: ${data.layers[0]} <span class="number">${moved[0].toFixed(2)}</span>, ${data.layers[last]} <span class="number">${moved[last].toFixed(2)}</span>`;
  view.readout.innerHTML = said;
  view.guesses.innerHTML = list(data, data.tops[step], data.title) + (data.beside ? list(data, data.beside.tops[step], data.beside.title) : "");
  for (const cell of film.children) {
    const nearest = Math.abs(Number(cell.dataset.step) - step) <= (data.values.length - 1) / film.children.length / 2;
    cell.classList.toggle("now", nearest);
  }
  for (const chart of view.charts) {
    const { x, y, above, inside } = chart.place;
    const dots = [];
    if (chart.dataset.chart === "distance") {
      for (const layer of [0, last]) dots.push([moved[layer], layer === last ? "var(--accent)" : "var(--dim)"]);
    } else {
      if (data.beside) dots.push([data.beside[chart.dataset.chart][step], "var(--negative)"]);
      dots.push([data[chart.dataset.chart][step], "var(--accent)"]);
    }
    chart.querySelector(".here").innerHTML =
      `<line class="cursor" x1="${x(step)}" x2="${x(step)}" y1="${above}" y2="${above + inside}"/>` +
      dots.map(([value, colour]) => `<circle class="dot" cx="${x(step)}" cy="${y(value)}" r="5" style="fill: ${colour}"/>`).join("");
  }
}

function list(data, best, title) {
  const rows = best.map(([name, probability]) =>
    `<li class="${name === data.followed ? "followed" : ""}"><span class="name" title="${escape(name)}">${escape(name)}</span>` +
    `<span class="number">${percent(probability)}</span><span class="bar"><i style="width: ${100 * probability}%"></i></span></li>`);
  return `<div class="who">${escape(title)}</div><ol>${rows.join("")}</ol>`;
}

function percent(value) {
  const said = value > 0 && value < 0.0005 ? "&lt; 0.1" : value < 1 && value > 0.9995 ? "&gt; 99.9" : (100 * value).toFixed(1);
  return `<span class="number">${said}%</span>`;
}

function escape(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
