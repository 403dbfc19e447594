// Remembers, as long as the page is open, which session answered it last and what only that session held. When the
// app was restarted, or has let go of a page that slept, another session answers: then it tells what is lost.

let witness = null; // {data, tell} of the last answer
let away = false;

function receive({ data, parentElement, setTriggerValue }) {
  parentElement.hidden = true;
  const last = window.answeredByHowMachinesSee;
  window.answeredByHowMachinesSee = data;
  if (!witness) watchTheConnection();
  witness = { data, tell: setTriggerValue };
  if (last && last.session !== data.session && last.held.length) setTriggerValue("lost", last.held);
}

/** A page at rest is not drawn anew when the connection is back: ask for it, where there is something to lose. */
function watchTheConnection() {
  const app = document.querySelector(".stApp");
  if (!app) return;
  new MutationObserver(() => {
    const connected = app.dataset.testConnectionState === "CONNECTED";
    if (connected && away && witness.data.held.length) witness.tell("back", true);
    away = !connected;
  }).observe(app, { attributes: true, attributeFilter: ["data-test-connection-state"] });
}
