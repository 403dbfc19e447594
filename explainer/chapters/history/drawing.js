// A drawing that came ready from the server. Its parts with data-pick can be pointed at, clicked and walked by arrow keys;
// the card below belongs to the part pointed at, else to the one picked. Python hears only of what is picked.

function receive(component) {
  const view = standing(component, () => new View());
  view.take(component);
}

class View {
  constructor() {
    this.root = document.createElement("div");
    this.root.className = "holder";
    this.root.innerHTML = '<div class="root"><div class="wide"></div><div class="narrow"></div><div class="card" aria-live="polite"></div></div>';
    [this.sheet] = this.root.children;
    [this.wide, this.narrow, this.card] = this.sheet.children;
    this.listen();
  }

  take(component) {
    const { data } = component;
    const anew = !this.data || data.svg !== this.data.svg;
    const moved = !this.data || data.picked !== this.data.picked;
    this.component = component;
    this.data = data;
    this.names = Object.keys(data.cards);
    if (anew) {
      this.wide.innerHTML = data.svg;
      this.narrow.innerHTML = data.narrow;
      this.sheet.classList.toggle("has-narrow", Boolean(data.narrow));
      for (const svg of this.sheet.querySelectorAll("svg")) svg.setAttribute("role", this.names.length ? "group" : "img");
      for (const part of this.parts()) part.setAttribute("role", "button");
    }
    if (anew || moved) this.picked = data.picked;
    this.show();
  }

  parts() {
    return this.sheet.querySelectorAll("[data-pick]");
  }

  show() {
    for (const part of this.parts()) {
      const picked = part.dataset.pick === this.picked;
      part.setAttribute("aria-pressed", picked);
      part.setAttribute("tabindex", picked ? 0 : -1);
    }
    this.tell(this.picked);
  }

  tell(name) {
    this.card.hidden = !this.names.length;
    if (this.card.dataset.of === name) return;
    this.card.dataset.of = name;
    this.card.innerHTML = this.data.cards[name] ?? "";
  }

  pick(name) {
    if (name === this.picked) return;
    this.picked = name;
    this.show();
    this.component.setStateValue("picked", name);
  }

  listen() {
    const of = (event) => event.target.closest?.("[data-pick]");
    this.sheet.addEventListener("pointerover", (event) => {
      const part = of(event);
      if (part && event.pointerType === "mouse") this.tell(part.dataset.pick);
    });
    this.sheet.addEventListener("pointerout", (event) => of(event) && this.tell(this.picked));
    this.sheet.addEventListener("click", (event) => of(event) && this.pick(of(event).dataset.pick));
    this.sheet.addEventListener("keydown", (event) => {
      const part = of(event);
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (!part || !step) return;
      event.preventDefault();
      event.stopPropagation(); // or the page would turn to the next chapter
      const next = this.names[this.names.indexOf(part.dataset.pick) + step];
      if (!next) return;
      this.pick(next);
      part.parentElement.querySelector(`[data-pick="${CSS.escape(next)}"]`).focus();
    });
  }
}
