// The teacher's window: shows the notes to what another window of this browser presents, and can turn it on and back.

const CHANNEL = "how-machines-see";
const ASKED = 2000; // ms between two questions what is presented: a busy page may have missed its turn to tell

function receive(component) {
  standing(component, build);
}

function build({ wait }) {
  const title = make("h2", {}, "");
  const notes = make("div", { class: "notes", "aria-live": "polite" }, make("p", {}, wait));
  const channel = new BroadcastChannel(CHANNEL);
  const turn = (side) => channel.postMessage({ turn: side });
  const button = (side, label) => {
    const made = make("button", { type: "button", "aria-label": side === "left" ? "Previous" : "Next" }, label);
    made.addEventListener("click", () => turn(side));
    return made;
  };
  const root = make("div", { class: "root" }, make("div", { class: "bar" }, button("left", "←"), title, button("right", "→")), notes);
  channel.onmessage = ({ data }) => {
    if (typeof data.notes !== "string") return;
    if (notes.told === data.notes) return;
    notes.told = data.notes;
    title.textContent = data.title;
    notes.innerHTML = data.notes; // written by this app for this app: another site cannot speak on this channel
  };
  window.addEventListener("keydown", (event) => {
    const side = { PageDown: "right", PageUp: "left" }[event.key];
    if (!side || !root.isConnected) return;
    event.preventDefault();
    turn(side);
  });
  channel.postMessage({ hello: true });
  setInterval(() => root.isConnected && channel.postMessage({ hello: true }), ASKED);
  return { root };
}
