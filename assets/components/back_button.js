// Lets the browser's Back lead to the chapter before. Streamlit adds an entry to the history for every change of
// the link, and several while a chapter is turned; here a chapter is one entry, which always holds its latest link.

const SETTLED = 400; // ms without another change until a link is taken as the chapter's
const PATIENCE = 10_000; // ms that a click in the menu may take to arrive

let waiting = null; // the change of this chapter's link that has not been written yet
let leaving = null; // {path, until} from a click in the menu to its arrival

function write(original) {
  const { timer, entry } = waiting;
  clearTimeout(timer);
  if (leaving && location.pathname === leaving.path && performance.now() < leaving.until) {
    waiting.timer = setTimeout(write, SETTLED, original); // what changes on leaving is not what to come back to
    return;
  }
  waiting = null;
  original(...entry);
}

function patch() {
  if (history.ofHowMachinesSee) return;
  history.ofHowMachinesSee = true;
  const push = history.pushState.bind(history);
  const replace = history.replaceState.bind(history);
  history.pushState = (state, unused, url) => {
    if (waiting) clearTimeout(waiting.timer);
    const path = new URL(url ?? location.href, location.href).pathname;
    if (path !== location.pathname) {
      waiting = leaving = null;
      push(state, unused, url);
      return;
    }
    waiting = { entry: [state, unused, url] };
    waiting.timer = setTimeout(write, SETTLED, replace);
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || link.origin !== location.origin) return;
    if (link.pathname !== location.pathname) {
      if (waiting) {
        clearTimeout(waiting.timer);
        replace(...waiting.entry); // what was changed just before the click
        waiting = null;
      }
      leaving = { path: location.pathname, until: performance.now() + PATIENCE };
    }
  }, true);
  addEventListener("popstate", () => {
    if (waiting) clearTimeout(waiting.timer);
    waiting = leaving = null;
  }, true);
}

export default function ({ parentElement }) {
  parentElement.hidden = true;
  patch();
}
