// Lets the browser's Back lead to the part of the chapter that was shown before, and from the first to the chapter before.
// Streamlit adds an entry to the history for every change of the link, and several while a chapter is turned; here a part
// of a chapter is one entry, which holds its latest link. Back within a chapter presses the control that chooses the part.

const SETTLED = 400; // ms without another change until a link is what to come back to
const PATIENCE = 10_000; // ms that a click in the menu may take to arrive
// The choice of a chapter's parts: the stage's first row of segments.
const PARTS = ".st-key-stage [data-testid='stButtonGroup']";

let settled = location.href; // this chapter's link, before what changes on leaving it
let timer = 0;
let leaving = null; // {path, until} from a click in the menu to its arrival
let shown = ""; // the part that was chosen before the last press of a key or the pointer
let pressing = false; // from Back's press of a part to its arrival

function settle() {
  clearTimeout(timer);
  settled = location.href;
}

function isLeaving() {
  return leaving && location.pathname === leaving.path && performance.now() < leaving.until;
}

/** The choice of parts, and the part chosen in it. */
const parts = () => document.querySelector(PARTS);
const chosenPart = () => parts()?.querySelector("[aria-checked='true']")?.textContent.trim();

/** The name under which an address holds the part: the key of the choice. */
const nameOfParts = () => parts()?.closest("[class*='st-key-']")?.className.match(/st-key-(\w+)/)?.[1];

/** Whether an address opens another part than the link before it. */
function turns(url) {
  const name = nameOfParts();
  const [before, after] = [settled, url].map((address) => new URL(address, location.href).searchParams.get(name));
  return name && !pressing && before !== after && shown;
}

function noteThePart() {
  shown = chosenPart();
}

/** Press the part that this entry of the history shows; whether there is one to press. */
function pressThePart() {
  const part = history.state?.part;
  const buttons = [...(parts()?.querySelectorAll("button") ?? [])];
  const button = part !== chosenPart() && buttons.find((each) => each.textContent.trim() === part);
  if (!button) return false;
  pressing = true;
  button.click();
  return true;
}

function patch() {
  if (history.ofHowMachinesSee) return;
  history.ofHowMachinesSee = true;
  const push = history.pushState.bind(history);
  const replace = history.replaceState.bind(history);
  /** Another link of the same chapter: another entry if it opens another part. */
  function change(state, unused, url) {
    clearTimeout(timer);
    if (turns(url)) {
      replace({ ...history.state, part: shown }, "", settled);
      push(state, unused, url);
      shown = "";
    } else {
      replace({ ...state, part: history.state?.part }, unused, url);
      pressing = false;
    }
    timer = setTimeout(() => {
      settle();
      if (parts()) replace({ ...history.state, part: chosenPart() }, "", settled);
    }, SETTLED);
  }
  history.pushState = (state, unused, url) => {
    const path = new URL(url ?? location.href, location.href).pathname;
    if (path === location.pathname) return isLeaving() || change(state, unused, url);
    if (new URL(settled).pathname === location.pathname) replace(history.state, "", settled);
    leaving = null;
    push(state, unused, url);
    settle();
  };
  for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, noteThePart, true);
  history.replaceState = (state, unused, url) => change(state, unused, url ?? location.href);
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || link.origin !== location.origin) return;
    if (link.pathname === location.pathname) return;
    settle();
    leaving = { path: location.pathname, until: performance.now() + PATIENCE };
  }, true);
  addEventListener("popstate", (event) => {
    leaving = null;
    const sameChapter = new URL(settled).pathname === location.pathname;
    settle();
    if (sameChapter && pressThePart()) event.stopImmediatePropagation();
  }, true);
}

function receive({ parentElement }) {
  parentElement.hidden = true;
  patch();
}
