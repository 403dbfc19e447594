// Heat maps over the photograph they are about. A slider makes them stronger or weaker, and a place pointed at in
// one is marked in all; both are answered here.

function receive(component) {
  const { data } = component;
  const view = standing(component, build);
  view.root.classList.toggle("small", data.small);
  view.root.style.setProperty("--pale", data.pale);
  if (!view.moved) strengthen(view, data.strength);
  const wanted = [...(data.alone ? [{ name: data.alone[0], words: data.alone[1] }] : []), ...data.tiles];
  while (view.tiles.children.length > wanted.length) view.tiles.lastChild.remove();
  wanted.forEach((tile, place) => fill(view, view.tiles.children[place] ?? added(view), data.view, tile));
}

function build() {
  const root = make("div", { class: "root" });
  const slider = make("input", { type: "range", min: 0, max: 100, step: 5, "aria-label": "Strength of the heat over the photograph" });
  const tiles = make("div", { class: "tiles" });
  const label = make("span");
  root.append(tiles, make("div", { class: "bar" }, make("span", {}, "strength"), slider, label)); // in the room that the last row leaves
  const view = { root, slider, tiles, label, moved: false };
  slider.addEventListener("input", () => {
    view.moved = true;
    strengthen(view, slider.value / 100);
  });
  slider.addEventListener("keydown", (event) => {
    if (event.key.startsWith("Arrow")) event.stopPropagation(); // or the page would turn to the next chapter
  });
  tiles.addEventListener("pointermove", (event) => {
    const frame = event.target.closest(".frame");
    root.classList.toggle("pointing", Boolean(frame));
    if (!frame) return;
    const box = frame.getBoundingClientRect();
    root.style.setProperty("--x", `${(100 * (event.clientX - box.left)) / box.width}%`);
    root.style.setProperty("--y", `${(100 * (event.clientY - box.top)) / box.height}%`);
  });
  tiles.addEventListener("pointerleave", () => root.classList.remove("pointing"));
  return view;
}

function strengthen(view, strength) {
  view.root.style.setProperty("--strength", strength);
  view.slider.value = 100 * strength;
  view.label.textContent = `${Math.round(100 * strength)}%`;
  view.slider.setAttribute("aria-valuetext", view.label.textContent);
}

function added(view) {
  const frame = make("div", { class: "frame" }, make("img", { class: "under", draggable: "false" }));
  frame.append(make("img", { class: "heat", draggable: "false", alt: "" }), make("i", { class: "spot" }));
  const figure = make("figure", {}, frame, make("figcaption", {}, make("b"), make("span")));
  view.tiles.append(figure);
  return figure;
}

function fill(view, figure, photograph, tile) {
  const [under, heat] = figure.querySelectorAll("img");
  if (under.src !== photograph) under.src = photograph;
  under.style.filter = tile.heat ? "" : "none";
  under.alt = tile.heat ? `What ${tile.name} marks, over the picture` : "The picture as the network sees it";
  heat.hidden = !tile.heat;
  if (tile.heat && heat.src !== tile.heat) heat.src = tile.heat;
  figure.querySelector("b").textContent = tile.name;
  figure.querySelector("figcaption span").textContent = tile.words;
}
