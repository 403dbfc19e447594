// Small networks on the plane, worked out as in Python, and their values as pictures: orange above 0, blue below.

const BENDS = {
  tanh: Math.tanh,
  relu: (z) => Math.max(0, z),
  sigmoid: (z) => 0.5 + 0.5 * Math.tanh(0.5 * z),
  linear: (z) => z,
};
const FEATURES = {
  x: (x) => x,
  y: (x, y) => y,
  x2: (x) => x * x,
  y2: (x, y) => y * y,
  xy: (x, y) => x * y,
  sinx: (x) => Math.sin(x),
  siny: (x, y) => Math.sin(y),
};

/** What every layer says about a place, the features first; the last layer is the output, through tanh. */
export function forward({ features, bend, weights, biases }, [x, y]) {
  const said = [features.map((name) => FEATURES[name](x, y))];
  for (let layer = 0; layer < weights.length; layer += 1) {
    const from = said[layer];
    const curve = layer === weights.length - 1 ? Math.tanh : BENDS[bend];
    said.push(weights[layer].map((row, i) => {
      let z = biases[layer][i];
      for (let k = 0; k < row.length; k += 1) z += row[k] * from[k];
      return curve(z);
    }));
  }
  return said;
}

/** The line that keeps farthest from both kinds of points: {normal, middle, width}, or null where none separates them. */
export function widestGap(points, kinds) {
  const [above, below] = [1, -1].map((kind) => points.filter((_, i) => kinds[i] === kind));
  const directions = above.flatMap(([x, y]) => below.map(([u, v]) => [x - u, y - v]));
  for (const side of [above, below])
    side.forEach((p, i) => side.forEach((q, j) => { if (i !== j) directions.push([p[1] - q[1], q[0] - p[0]]); }));
  let best = null;
  for (const [a, b] of directions) {
    const length = Math.hypot(a, b);
    if (length < 1e-9) continue;
    const normal = [a / length, b / length];
    const along = ([x, y]) => x * normal[0] + y * normal[1];
    const [low, high] = [Math.max(...below.map(along)), Math.min(...above.map(along))];
    if (high - low > 1e-6 && (!best || high - low > best.width + 1e-12)) best = { normal, middle: (high + low) / 2, width: high - low };
  }
  return best;
}

/** Places in the middles of the squares of a grid, row by row from the top: side² of them between low and high. */
function gridOf(side, low, high) {
  const step = (high - low) / side;
  return Array.from({ length: side * side }, (_, i) => [low + (i % side + 0.5) * step, high - (Math.floor(i / side) + 0.5) * step]);
}

/** From negative over neutral to positive, as 256 colours in the theme of an element. */
function rampOf(element) {
  const style = getComputedStyle(element);
  const [low, zero, high] = ["--negative", "--soft", "--positive"].map((name) => rgb(style.getPropertyValue(name)));
  return Array.from({ length: 256 }, (_, i) => {
    const [from, to, share] = i < 128 ? [low, zero, i / 127.5] : [zero, high, (i - 127.5) / 127.5];
    return from.map((value, c) => value + (to[c] - value) * share);
  });
}

/** Paint side² values onto a canvas, ±most as the ends of the ramp; faint: towards neutral. */
function paint(canvas, values, most, ramp, faint = 1) {
  const side = Math.round(Math.sqrt(values.length));
  if (canvas.width !== side) [canvas.width, canvas.height] = [side, side];
  const pen = canvas.getContext("2d");
  const image = pen.createImageData(side, side);
  values.forEach((value, i) => {
    const share = Math.max(-1, Math.min(1, value / most)) * faint;
    const colour = ramp[Math.round(127.5 + 127.5 * share)];
    image.data.set([colour[0], colour[1], colour[2], 255], 4 * i);
  });
  pen.putImageData(image, 0, 0);
}

/** Lines of a sheet of paper: for each of `count` lines along either way, `fine` places from low to high. */
function sheetOf(low, high, count, fine) {
  const even = (n) => Array.from({ length: n }, (_, i) => low + ((high - low) * i) / (n - 1));
  return [...even(count).map((a) => ["sheet", even(fine).map((t) => [a, t])]), ...even(count).map((b) => ["sheet across", even(fine).map((t) => [t, b])])];
}

/** A number for the page, with a true minus. */
function shown(value, digits = 2) {
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) !== 0 ? `−${text}` : text;
}

/** Take something from one state to another in some milliseconds; at once where motion is not wanted. */
function glide(milliseconds, draw, done = () => {}) {
  if (milliseconds <= 0 || matchMedia("(prefers-reduced-motion: reduce)").matches) {
    draw(1);
    done();
    return () => {};
  }
  const begun = performance.now();
  let frame = 0;
  const next = () => {
    const share = Math.min(1, (performance.now() - begun) / milliseconds);
    draw(share);
    if (share < 1) frame = requestAnimationFrame(next);
    else done();
  };
  frame = requestAnimationFrame(next);
  return () => cancelAnimationFrame(frame);
}
