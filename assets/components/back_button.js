// Lets the browser's Back lead to the chapter before. Streamlit adds an entry to the history for every change of
// the link, and several while a chapter is turned; here a chapter is one entry, which holds its latest link.

const SETTLED = 400; // ms without another change until a link is what to come back to
const PATIENCE = 10_000; // ms that a click in the menu may take to arrive

let settled = location.href; // this chapter's link, before what changes on leaving it
let timer = 0;
let leaving = null; // {path, until} from a click in the menu to its arrival

function settle() {
  clearTimeout(timer);
  settled = location.href;
}

function isLeaving() {
  return leaving && location.pathname === leaving.path && performance.now() < leaving.until;
}

function patch() {
  if (history.ofHowMachinesSee) return;
  history.ofHowMachinesSee = true;
  const push = history.pushState.bind(history);
  const replace = history.replaceState.bind(history);
  history.pushState = (state, unused, url) => {
    const path = new URL(url ?? location.href, location.href).pathname;
    if (path === location.pathname) {
      if (isLeaving()) return;
      replace(state, unused, url);
      clearTimeout(timer);
      timer = setTimeout(settle, SETTLED);
      return;
    }
    if (new URL(settled).pathname === location.pathname) replace(history.state, "", settled);
    leaving = null;
    push(state, unused, url);
    settle();
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || link.origin !== location.origin) return;
    if (link.pathname === location.pathname) return;
    settle();
    leaving = { path: location.pathname, until: performance.now() + PATIENCE };
  }, true);
  addEventListener("popstate", () => {
    leaving = null;
    settle();
  }, true);
}

export default function ({ parentElement }) {
  parentElement.hidden = true;
  patch();
}
