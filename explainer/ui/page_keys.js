// The keys that hold for a whole page. "?" lists them, with the chapter's own. Presenting, the arrows first step what can
// be stepped, then turn the chapters; PageUp and PageDown, which every remote sends, turn them; Escape leaves.

const OVERLAYS = "[data-testid='stPopoverBody'], [role='dialog'], [data-baseweb='popover'], [data-testid='stFullScreenFrame'] > .fullscreen";
const TABLET = 1000; // pixels: up to here the menu is shut until it is wanted
let here = null; // the page's latest view
let covered = false; // whether something lay over the page when the key went down: it is what Escape closes

function receive(component) {
  here = standing(component, build);
  here.take(component.data);
}

function build() {
  const list = make("dl", {});
  const close = make("button", { type: "button", class: "close" }, "Close");
  const title = make("h2", { id: "title" }, "Keys");
  const dialog = make("dialog", { "aria-labelledby": "title" }, title, list, close);
  const opener = make("button", { type: "button", class: "opener", title: "Keys of this page", "aria-label": "? Keys of this page" }, "?");
  const root = make("div", { class: "root" }, opener, dialog);
  const view = { root, dialog, list, data: null, take };
  opener.addEventListener("click", () => dialog.showModal());
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  listen();
  if (innerWidth > 640 && innerWidth <= TABLET) document.querySelector("[data-testid='stSidebarCollapseButton'] button")?.click();
  return view;
}

function take(data) {
  this.data = data;
  this.list.replaceChildren(
    ...data.keys.flatMap(([keys, what]) => [
      make("dt", {}, ...keys.split(" ").map((key) => make("kbd", {}, key))),
      make("dd", {}, what),
    ]),
  );
}

function listen() {
  if (window.ofPageKeys) return window.ofPageKeys((event) => pressed(event));
  let answer = (event) => pressed(event);
  window.ofPageKeys = (next) => { answer = next; };
  window.addEventListener("keydown", () => { covered = Boolean(document.querySelector(OVERLAYS)); }, true);
  window.addEventListener("keydown", (event) => answer(event));
}

function pressed(event) {
  if (!here?.root.isConnected || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const { dialog, data } = here;
  if (dialog.open) return event.key === "?" ? dialog.close() : undefined;
  if (wanted(event)) return;
  if (event.key === "?") return dialog.showModal();
  if (!data.presenting || covered) return;
  const act = {
    ArrowRight: () => step(1) || turn("right"),
    ArrowLeft: () => step(-1) || turn("left"),
    PageDown: () => turn("right"),
    PageUp: () => turn("left"),
    Escape: () => document.querySelector(".st-key-present input")?.click(),
  }[event.key];
  if (!act) return;
  event.preventDefault();
  act();
}

/** Whether the key belongs to a field that is being filled in, or to a control that arrows move. */
function wanted(event) {
  const at = event.composedPath()[0];
  if (!(at instanceof Element)) return false;
  const moved = at.matches("select, [role='slider'], [role='radio'], [role='option'], [role='combobox'], input[type='range'], input[type='radio']");
  const typed = at.matches("textarea, [contenteditable='true'], input:not([type='range'], [type='checkbox'], [type='radio'], [type='button'])");
  return typed || (moved && event.key.startsWith("Arrow"));
}

/** Let a stepper on the page go one on or back; whether one did. */
function step(by) {
  return !document.dispatchEvent(new CustomEvent("step-by", { detail: by, cancelable: true }));
}

function turn(side) {
  const route = document.querySelector(".st-key-route_bar") ? "route" : "turn";
  document.querySelector(`.st-key-${route}_${side} button`)?.click();
}
