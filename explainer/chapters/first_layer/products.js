// patch × weights = products, as three pictures; hover a pixel to read its three multiplications.

const COLOURS = ["red", "green", "blue"];

function receive(component) {
  const { data } = component;
  const view = standing(component, build);
  view.data = data;
  view.root.style.setProperty("--side", data.side);
  for (const name of ["patch", "weights", "products"]) view[name].querySelector("img").src = data[`${name}_picture`];
  view.sum.textContent = signed(data.total);
  view.note.textContent = data.note;
  view.root.setAttribute("aria-label", data.alt);
  point(view, null);
}

function build() {
  const root = document.createElement("div");
  root.className = "root";
  root.setAttribute("role", "group");
  const panel = (name, text) =>
    `<figure class="${name}"><div class="pixels" tabindex="0"><img alt=""><div class="cell"></div></div><figcaption>${text}</figcaption></figure>`;
  root.innerHTML = `<div class="row">${panel("patch", "patch")}<span class="sign">×</span>${panel("weights", "weights")}
    <span class="sign">=</span>${panel("products", "products")}
    <div class="total"><span class="sign">Σ</span><div><div class="sum number"></div><div class="note"></div></div></div></div>
    <div class="hint number" aria-live="polite"></div>`;
  const find = (name) => root.querySelector(name);
  const view = {
    root, patch: find(".patch"), weights: find(".weights"), products: find(".products"),
    sum: find(".sum"), note: find(".note"), hint: find(".hint"),
  };
  for (const pixels of root.querySelectorAll(".pixels")) {
    pixels.addEventListener("pointermove", (event) => {
      const box = pixels.getBoundingClientRect();
      const at = (offset, length) =>
        Math.max(0, Math.min(view.data.side - 1, Math.floor((offset / length) * view.data.side)));
      point(view, [at(event.clientY - box.top, box.height), at(event.clientX - box.left, box.width)]);
    });
    pixels.addEventListener("pointerleave", () => point(view, null));
    pixels.addEventListener("keydown", (event) => {
      const step = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
      if (!step) return;
      event.preventDefault();
      event.stopPropagation();
      const last = view.data.side - 1;
      const [row, column] = view.at ?? [0, 0];
      point(view, [Math.max(0, Math.min(last, row + step[0])), Math.max(0, Math.min(last, column + step[1]))]);
    });
  }
  return view;
}

function point(view, at) {
  const { data, root, hint } = view;
  view.at = at;
  for (const cell of root.querySelectorAll(".cell")) {
    cell.hidden = !at;
    if (at) {
      cell.style.left = `${(100 * at[1]) / data.side}%`;
      cell.style.top = `${(100 * at[0]) / data.side}%`;
    }
  }
  if (!at) {
    hint.textContent = data.invitation;
    return;
  }
  const i = at[0] * data.side + at[1];
  hint.textContent = COLOURS.map((colour, c) => {
    const n = c * data.side * data.side + i;
    return `${colour} ${signed(data.patch[n])} × ${signed(data.weights[n])} = ${signed(data.products[n])}`;
  }).join("   ");
}

function signed(value) {
  return value.toFixed(3).replace("-", "−");
}
