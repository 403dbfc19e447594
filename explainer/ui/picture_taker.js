// Takes a picture wherever the visitor is. Everywhere: dropped on the page or pasted. As buttons: chosen from the
// files, or on a phone photographed. The file goes the way of the app's own uploader, which stands hidden on the page.

const GIVEN = "how-machines-see:picture"; // from a button to what listens everywhere
const PATIENCE = 60_000; // ms until a file that never arrives is given up

function receive(component) {
  const { data } = component;
  const taker = standing(component, data.buttons ? buttons : everywhere);
  taker.take(component);
}

// --- buttons -----------------------------------------------------------------------------------------------

function buttons() {
  const own = chooser();
  const photo = chooser({ capture: "environment" });
  const root = make("div", { class: "buttons" },
    button("Your picture", "M4 16v3h16v-3M12 4v11m0-11-4 4m4-4 4 4", own),
    button("Photograph", "M3 8h4l2-3h6l2 3h4v11H3zM12 16.5a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4", photo, "touch"),
    make("span", { class: "ways" }, "or drop or paste one, anywhere on the page"), own, photo);
  const take = ({ data }) => {
    own.accept = photo.accept = ["image/*", ...data.types.map((type) => `.${type}`)].join(",");
    root.classList.toggle("narrow", Boolean(data.narrow));
  };
  return { root, take };
}

function chooser(attributes = {}) {
  const input = make("input", { type: "file", hidden: "", tabindex: -1, "aria-hidden": "true", ...attributes });
  input.addEventListener("change", () => {
    const [file] = input.files;
    if (file) document.dispatchEvent(new CustomEvent(GIVEN, { detail: file }));
    input.value = ""; // so that the same file can be chosen again
  });
  return input;
}

function button(label, path, input, kind = "") {
  const icon = drawn("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, drawn("path", { d: path }));
  const made = make("button", { type: "button", class: kind }, icon, label);
  made.addEventListener("click", () => input.click());
  return made;
}

// --- everywhere --------------------------------------------------------------------------------------------

function everywhere() {
  const veil = make("div", { class: "veil", popover: "manual" }, make("div", {}, "Drop the picture anywhere"));
  const words = make("span");
  const close = make("button", { type: "button", "aria-label": "Close this message" }, "×");
  const note = make("div", { class: "told", popover: "manual" }, words, close);
  const root = make("div", { class: "everywhere" }, veil, note);
  const taker = { root, veil, note, words, data: null, timer: 0, leaving: 0 };
  taker.take = (component) => {
    const before = taker.data;
    taker.data = component.data;
    if (before && before.version === taker.data.version) return; // not about a picture
    hide(taker);
    if (taker.data.complaint) say(taker, taker.data.complaint, true);
  };
  close.addEventListener("click", () => hide(taker));
  document.addEventListener(GIVEN, (event) => root.isConnected && give(taker, event.detail));
  document.addEventListener("paste", (event) => {
    const file = [...(event.clipboardData?.files ?? [])].find((each) => each.type.startsWith("image/"));
    if (!file || !root.isConnected) return;
    event.preventDefault();
    give(taker, file);
  });
  const carries = (event) =>
    root.isConnected && [...(event.dataTransfer?.types ?? [])].includes("Files") &&
    !event.composedPath().some((each) => each.dataset?.testid === "stFileUploaderDropzone");
  const lift = () => veil.matches(":popover-open") && veil.hidePopover();
  document.addEventListener("dragover", (event) => {
    clearTimeout(taker.leaving);
    if (!carries(event)) return lift();
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    if (!veil.matches(":popover-open")) veil.showPopover();
    taker.leaving = setTimeout(lift, 400); // "dragleave" tells of every element on the way
  });
  document.addEventListener("drop", (event) => {
    lift();
    if (!carries(event)) return;
    event.preventDefault();
    const [file] = event.dataTransfer.files;
    if (file) give(taker, file);
  });
  return taker;
}

/** Hand a file to the app's uploader, or say why not. */
function give(taker, file) {
  const { data } = taker;
  const extension = file.name.includes(".") ? file.name.split(".").pop().toLowerCase() : "";
  const kind = file.type.split("/")[1] ?? "";
  if (!data.types.includes(extension)) {
    if (!data.types.includes(kind)) {
      say(taker, `“${file.name || "This file"}” is not a picture that can be opened here: choose one in ${data.formats} format.`, true);
      return;
    }
    file = new File([file], `${file.name || "picture"}.${kind}`, { type: file.type }); // named for what it is
  }
  if (file.size > data.most) {
    const found = (Math.ceil((file.size / 2 ** 20) * 10) / 10).toLocaleString("en");
    say(taker, `“${file.name}” has ${found} MB, and ${data.most / 2 ** 20} MB is the most: save the picture smaller and try again.`, true);
    return;
  }
  const input = document.querySelector(`.st-key-${data.uploader} input[type=file]`);
  if (!input) {
    say(taker, "The page is not ready for a picture yet: try again in a moment.", true);
    return;
  }
  const transfer = new DataTransfer();
  transfer.items.add(file);
  input.files = transfer.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
  say(taker, `Opening “${file.name}” …`, false);
  taker.timer = setTimeout(() => say(taker, "The picture did not arrive: check the connection and try again.", true), PATIENCE);
}

function say(taker, text, serious) {
  clearTimeout(taker.timer);
  taker.words.textContent = text;
  taker.note.setAttribute("role", serious ? "alert" : "status");
  taker.note.classList.toggle("serious", serious);
  if (!taker.note.matches(":popover-open")) taker.note.showPopover();
}

function hide(taker) {
  clearTimeout(taker.timer);
  if (taker.note.matches(":popover-open")) taker.note.hidePopover();
}
