// What every component shares: how it comes to stand on the page, elements made in one line, and what Python sends.

const received = new WeakMap();

/**
 * What Streamlit calls with every new data; a component's own part is `receive`, which may return what to do when it is
 * taken off the page. While a module loads, calls can overtake one another: the late one is then taken back at once, and
 * what came before it stands again.
 */
export default function (component) {
  const place = component.parentElement;
  const before = received.get(place);
  let late = true;
  setTimeout(() => { late = false; });
  received.set(place, component);
  const leave = receive(component);
  return () => {
    if (!late) return leave?.();
    if (before) received.set(place, before);
    if (before) receive(before);
  };
}

const stands = new WeakMap();

/** What stands at a component's place on the page: built from its data, with its `root`, when it is first drawn there. */
function standing({ parentElement, data }, build) {
  let view = stands.get(parentElement);
  if (!view) {
    view = build(data);
    parentElement.append(view.root);
    stands.set(parentElement, view);
  }
  return view;
}

/** An element of HTML. */
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** An element of SVG. */
function drawn(name, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** Bytes that came as base64. */
function bytes(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/** Numbers that came as base64 of float32. */
export function floats(text) {
  return new Float32Array(bytes(text).buffer);
}

/** A sentence of the chapter's, with its {names} filled in. */
function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

/** Red, green and blue, 0 to 255, of a colour as style sheets write it. */
function rgb(colour) {
  const pen = rgb.pen ?? (rgb.pen = document.createElement("canvas").getContext("2d"));
  pen.fillStyle = "#000";
  pen.fillStyle = colour.trim();
  return [1, 3, 5].map((at) => parseInt(pen.fillStyle.slice(at, at + 2), 16));
}
