// The lectern: the clock of a route, and the notes to what is presented, sent to the windows of this browser that listen.

const CHANNEL = "how-machines-see";
let here = null; // the lectern on the page
const channel = new BroadcastChannel(CHANNEL);

function receive(component) {
  here = standing(component, build);
  here.take(component.data);
}

function build() {
  const clock = make("button", { type: "button", class: "clock", title: "Set the clock to 0" });
  const view = { root: make("div", { class: "root" }, clock), clock, data: null, take };
  clock.addEventListener("click", () => { begin(view.data.clock.route); tick(); });
  channel.onmessage = ({ data }) => {
    if (!here?.root.isConnected) return;
    if (data.hello) post();
    if (data.turn) document.querySelector(`.st-key-route_${data.turn} button, .st-key-turn_${data.turn} button`)?.click();
  };
  setInterval(tick, 1000);
  return view;
}

function take(data) {
  this.data = data;
  this.clock.hidden = !data.clock;
  if (data.clock && !sessionStorage.getItem(key(data.clock.route))) begin(data.clock.route);
  tick();
  post();
}

const key = (route) => `clock-of-${route}`;
const begin = (route) => sessionStorage.setItem(key(route), Date.now());

/** Minutes and seconds since the route began, and the minute at which this stop should end. */
function tick() {
  const clock = here?.data?.clock;
  if (!clock || !here.root.isConnected) return;
  const seconds = Math.max(0, Math.floor((Date.now() - sessionStorage.getItem(key(clock.route))) / 1000));
  const shown = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")} ${clock.of}`;
  if (here.clock.textContent !== shown) here.clock.textContent = shown;
  here.clock.classList.toggle("late", seconds > clock.end * 60);
}

function post() {
  channel.postMessage({ title: here.data.title, notes: here.data.notes });
}
