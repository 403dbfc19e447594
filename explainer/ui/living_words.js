// Words that act. A link in the words sets the stage without leaving the page; a term says what it means at the pointer,
// at a tap, and from the keyboard. The words stand in the page itself, so this listens to the whole page.

const PATIENCE = 250; // ms that the pointer may take from a term to what is said of it
let tell = () => {};
let tip = null; // {box, of: the term it speaks of, timer}

function receive({ parentElement, setTriggerValue }) {
  parentElement.hidden = true;
  tell = (link) => setTriggerValue("go", link);
  if (window.ofLivingWords) return window.ofLivingWords({ pressed, pointed, focused, keyed });
  let answers = { pressed, pointed, focused, keyed };
  window.ofLivingWords = (next) => { answers = next; };
  document.addEventListener("click", (event) => answers.pressed(event), true);
  document.addEventListener("pointerover", (event) => answers.pointed(event));
  document.addEventListener("focusin", (event) => answers.focused(event));
  window.addEventListener("keydown", (event) => answers.keyed(event), true);
}

const within = (event, selector) => event.target instanceof Element && event.target.closest(selector);

function pressed(event) {
  const link = within(event, "a.act");
  if (link) return follow(link, event);
  const term = within(event, ".term");
  if (term) return tip?.of === term && event.detail === 0 ? hide() : say(term);
  if (!within(event, ".meaning")) hide();
}

function follow(link, event) {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  event.stopPropagation();
  hide();
  tell(link.dataset.go);
  const stage = document.querySelector(".st-key-stage");
  if (!stage) return;
  const { top, bottom } = stage.getBoundingClientRect();
  if (bottom < 80 || top > innerHeight - 160) stage.scrollIntoView({ block: "start" });
}

function pointed(event) {
  if (event.pointerType !== "mouse") return;
  const term = within(event, ".term");
  if (term) return say(term);
  if (!tip) return;
  clearTimeout(tip.timer);
  if (!within(event, ".meaning") && document.activeElement !== tip.of) tip.timer = setTimeout(hide, PATIENCE);
}

function focused(event) {
  const term = within(event, ".term");
  if (term?.matches(":focus-visible")) say(term);
  else if (!term && !within(event, ".meaning")) hide();
}

function keyed(event) {
  if (event.key === "Escape" && tip) {
    event.preventDefault();
    event.stopPropagation();
    return hide();
  }
  const term = within(event, ".term");
  if (!term || (event.key !== "Enter" && event.key !== " ")) return;
  event.preventDefault();
  event.stopPropagation();
  tip?.box.querySelector("a") ? tip.box.querySelector("a").focus() : say(term);
}

/** What a term means, in a box below it, or above where there is no room. */
function say(term) {
  if (tip?.of === term) return clearTimeout(tip.timer);
  hide();
  const { means, go, where } = term.dataset;
  const [name, state] = go.split("?");
  const page = name === "home" ? "./" : name.replaceAll("_", "-");
  const link = make("a", { class: "act", href: state ? `${page}?${state}` : page, "data-go": go }, where);
  const box = make("div", { class: "meaning", id: "meaning", role: "tooltip" }, make("p", {}, means), link);
  if (location.pathname.endsWith(`/${page}`) && !state) link.remove();
  term.after(box);
  term.setAttribute("aria-describedby", "meaning");
  const zoom = box.currentCSSZoom ?? 1;
  const at = term.getBoundingClientRect();
  const high = box.offsetHeight * zoom;
  const wide = box.offsetWidth * zoom;
  const below = at.bottom + 6 + high <= innerHeight;
  box.style.left = `${Math.max(8, Math.min(at.left, innerWidth - wide - 8)) / zoom}px`;
  box.style.top = `${(below ? at.bottom + 6 : Math.max(8, at.top - high - 6)) / zoom}px`;
  tip = { box, of: term, timer: 0 };
  addEventListener("scroll", hide, { capture: true, once: true });
}

function hide() {
  if (!tip) return;
  clearTimeout(tip.timer);
  tip.of.removeAttribute("aria-describedby");
  tip.box.remove();
  tip = null;
}
