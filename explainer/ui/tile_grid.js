// A grid of tiles cut from one sheet: hover to read, click or arrow keys to choose.
// Clicks and hovers are answered here; Python hears of a choice through "selected", of a press that acts through "pressed".

const SETTLE_MS = 120; // arrow keys held down report once they come to rest

function receive(component) {
  const { data } = component;
  const grid = standing(component, build);
  grid.component = component;
  draw(grid, data);
}

function build() {
  const root = document.createElement("div");
  root.className = "root";
  root.innerHTML = '<div class="grid" role="listbox" tabindex="-1"></div><div class="hint" aria-live="polite"></div>';
  const grid = { root, box: root.querySelector(".grid"), hint: root.querySelector(".hint"), tiles: [], timer: 0 };
  grid.box.addEventListener("click", (event) => {
    const tile = event.target.closest(".tile");
    if (tile) choose(grid, Number(tile.dataset.index), 0);
  });
  grid.box.addEventListener("pointerover", (event) => {
    const tile = event.target.closest(".tile");
    say(grid, tile ? Number(tile.dataset.index) : grid.selected);
  });
  grid.box.addEventListener("pointerleave", () => say(grid, grid.selected));
  grid.box.addEventListener("keydown", (event) => move(grid, event));
  return grid;
}

function draw(grid, data) {
  const { box } = grid;
  const pending = grid.timer !== 0;
  grid.data = data;
  box.setAttribute("aria-label", data.alt);
  box.style.setProperty("--columns", data.columns);
  box.style.setProperty("--narrow-columns", data.narrow_columns);
  const [width, height] = data.tile;
  box.style.setProperty("--aspect", `${width} / ${height}`);
  box.style.setProperty("--sheet", `url("${data.sheet}")`);
  const rows = Math.ceil(data.count / data.sheet_columns);
  // Each tile stands in the sheet within a frame of a pixel that is never shown.
  const across = data.sheet_columns * (width + 2);
  const down = rows * (height + 2);
  box.style.setProperty("--size", `${(100 * across) / width}% ${(100 * down) / height}%`);
  while (grid.tiles.length > data.order.length) grid.tiles.pop().remove();
  while (grid.tiles.length < data.order.length) {
    const tile = document.createElement("div");
    tile.className = "tile";
    tile.setAttribute("role", "option");
    box.appendChild(tile);
    grid.tiles.push(tile);
  }
  grid.tiles.forEach((tile, place) => {
    const index = data.order[place];
    const column = index % data.sheet_columns;
    const row = Math.floor(index / data.sheet_columns);
    const x = (100 * (column * (width + 2) + 1)) / (across - width);
    const y = (100 * (row * (height + 2) + 1)) / (down - height);
    tile.style.backgroundPosition = `${x}% ${y}%`;
    tile.dataset.index = index;
    tile.dataset.place = place;
    tile.setAttribute("aria-label", data.labels[index]);
    if (data.names?.length) tile.dataset.name = data.names[index];
    else delete tile.dataset.name;
  });
  box.classList.toggle("smooth", Boolean(data.smooth));
  if (!pending) mark(grid, data.selected);
  say(grid, grid.selected);
}

function mark(grid, index) {
  grid.selected = index;
  for (const tile of grid.tiles) {
    const chosen = Number(tile.dataset.index) === index;
    tile.setAttribute("aria-selected", chosen);
    tile.tabIndex = chosen ? 0 : -1;
  }
  if (grid.tiles.length && !grid.tiles.some((tile) => tile.tabIndex === 0)) grid.tiles[0].tabIndex = 0;
}

function say(grid, index) {
  const { labels, invitation, faces } = grid.data;
  grid.hint.textContent = labels[index] ?? invitation ?? "";
  if (faces && index in labels) grid.hint.prepend(face(faces, index));
}

/** The small picture that stands beside a line, cut from the sheet of all of them. */
function face({ sheet, across, count, side }, index) {
  const cut = make("span", { class: "face", "aria-hidden": "true" });
  const step = side + 2; // a frame of a pixel, as around tiles
  const place = (at, length) => `${(100 * (at * step + 1)) / (length * step - side)}%`;
  const rows = Math.ceil(count / across);
  cut.style.backgroundImage = `url("${sheet}")`;
  cut.style.backgroundSize = `${(100 * across * step) / side}% ${(100 * rows * step) / side}%`;
  cut.style.backgroundPosition = `${place(index % across, across)} ${place(Math.floor(index / across), rows)}`;
  return cut;
}

function choose(grid, index, delay) {
  if (grid.data.acts) return grid.component.setTriggerValue("pressed", index);
  mark(grid, index);
  say(grid, index);
  clearTimeout(grid.timer);
  grid.timer = setTimeout(() => {
    grid.timer = 0;
    grid.component.setStateValue("selected", index);
  }, delay);
}

function move(grid, event) {
  const current = grid.tiles.findIndex((tile) => tile === grid.root.getRootNode().activeElement);
  if (current < 0) return;
  const columns = getComputedStyle(grid.box).gridTemplateColumns.split(" ").length;
  const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns };
  const pressed = event.key === "Enter" || event.key === " ";
  let target = null;
  if (event.key in steps) target = current + steps[event.key];
  else if (event.key === "Home") target = 0;
  else if (event.key === "End") target = grid.tiles.length - 1;
  else if (pressed) target = current;
  if (target === null) return;
  event.preventDefault();
  event.stopPropagation(); // or the page would turn to the next chapter
  target = Math.max(0, Math.min(grid.tiles.length - 1, target));
  grid.tiles[target].focus();
  if (grid.data.acts && !pressed) return say(grid, Number(grid.tiles[target].dataset.index));
  choose(grid, Number(grid.tiles[target].dataset.index), SETTLE_MS);
}
