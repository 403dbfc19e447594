// Keeps in the browser what the visitor calls detectors: tells a new session what is kept, and writes what changes.
// Every name stands alone, so that pages open beside each other do not write over one another's.

const PREFIX = "how-machines-see name "; // then the network's digest, a blank, and the detector
const MOST = 5000;

function receive({ data, parentElement, setTriggerValue }) {
  parentElement.hidden = true;
  const keeper = (window.namesOfHowMachinesSee ??= { session: null });
  if (keeper.session !== data.session) {
    const kept = readAll();
    Object.assign(keeper, { session: data.session, version: 0, names: kept, waiting: Object.keys(kept).length > 0 });
    if (keeper.waiting) setTriggerValue("kept", kept);
  }
  if ((keeper.waiting && !data.heard) || data.version < keeper.version) return;
  keeper.waiting = false;
  keeper.version = data.version;
  writeChanges(keeper.names, data.names);
  keeper.names = data.names;
}

/** All that is kept: "digest detector" → name; nothing where the browser keeps nothing. */
function readAll() {
  try {
    const keys = Object.keys(localStorage).filter((key) => key.startsWith(PREFIX)).slice(0, MOST);
    return Object.fromEntries(keys.map((key) => [key.slice(PREFIX.length), localStorage.getItem(key)]));
  } catch {
    return {};
  }
}

function writeChanges(before, now) {
  try {
    for (const key of Object.keys(before)) if (!(key in now)) localStorage.removeItem(PREFIX + key);
    for (const [key, name] of Object.entries(now)) if (before[key] !== name) localStorage.setItem(PREFIX + key, name);
  } catch {
    // full, or not allowed: the names last as long as the visit
  }
}
