// A picture as it changes, and a line to drag between what it was and what it is.
// New pictures are decoded before they are shown, so that nothing flickers; all dragging is answered here.

function receive(component) {
  const { data } = component;
  const view = standing(component, build);
  const compares = Boolean(data.before);
  view.root.classList.toggle("compares", compares);
  view.root.classList.toggle("crisp", data.crisp);
  view.frame.style.setProperty("--aspect", data.aspect);
  view.frame.style.setProperty("--widest", data.widest);
  view.now.alt = data.alt;
  view.before.alt = compares ? data.before_alt : "";
  if (compares && view.before.src !== data.before) view.before.src = data.before;
  show(view, data.now);
  view.hint.textContent = compares ? "Drag the line, or use the arrow keys: before on its left, dreamt on its right." : "";
  split(view, view.share);
}

function build() {
  const root = document.createElement("div");
  root.className = "root";
  root.innerHTML = `<div class="frame"><img class="now" draggable="false"><img class="before" draggable="false">
    <div class="line" role="slider" tabindex="0" aria-label="How much of the picture is shown as it was before"
      aria-valuemin="0" aria-valuemax="100"><span class="grip" aria-hidden="true">‹ ›</span></div></div>
    <div class="hint"></div>`;
  const find = (name) => root.querySelector(name);
  const view = {
    root, frame: find(".frame"), now: find(".now"), before: find(".before"), line: find(".line"), hint: find(".hint"),
    share: 0.5, latest: "", count: 0, shown: 0, dragging: false,
  };
  const follow = (event) => {
    const box = view.frame.getBoundingClientRect();
    split(view, (event.clientX - box.left) / box.width);
  };
  view.frame.addEventListener("pointerdown", (event) => {
    if (!root.classList.contains("compares")) return;
    view.dragging = true;
    view.frame.setPointerCapture(event.pointerId);
    view.line.focus({ preventScroll: true });
    event.preventDefault();
    follow(event);
  });
  view.frame.addEventListener("pointermove", (event) => view.dragging && follow(event));
  for (const end of ["pointerup", "pointercancel"]) view.frame.addEventListener(end, () => { view.dragging = false; });
  view.line.addEventListener("keydown", (event) => {
    const moved = { ArrowLeft: view.share - 0.05, ArrowRight: view.share + 0.05, Home: 0, End: 1 }[event.key];
    if (moved === undefined) return;
    event.preventDefault();
    event.stopPropagation(); // or the page would turn to the next chapter
    split(view, moved);
  });
  return view;
}

function show(view, address) {
  if (view.latest === address) return;
  view.latest = address;
  const number = ++view.count;
  const next = new Image();
  next.src = address;
  next.decode().catch(() => {}).then(() => {
    if (number < view.shown) return; // a newer one was faster
    view.shown = number;
    view.now.src = address;
  });
}

function split(view, share) {
  view.share = Math.max(0, Math.min(1, share));
  const percent = 100 * view.share;
  view.frame.style.setProperty("--split", `${percent}%`);
  view.line.setAttribute("aria-valuenow", Math.round(percent));
  view.line.setAttribute("aria-valuetext", `${Math.round(percent)}% before`);
}
