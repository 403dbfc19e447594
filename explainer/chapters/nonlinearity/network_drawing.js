// What the playground draws on canvases: points, the folded sheet, and the wires of a network.

const REACH = 6; // the plane is drawn from −6 to 6
const DOTS = 460; // pixels of the canvases with points

const hundredths = ([x, y]) => [x / 100, y / 100];

/** Points [x, y, kind] in hundredths on a canvas: the seen filled, the unseen as rings; `where` takes a place to −1 … 1. */
function drawPoints(canvas, { seen, unseen, chosen }, where, colour, under = () => {}) {
  if (canvas.width !== DOTS) [canvas.width, canvas.height] = [DOTS, DOTS];
  const pen = canvas.getContext("2d");
  pen.clearRect(0, 0, DOTS, DOTS);
  const px = (place) => where(place).map((v, c) => ((c ? -v : v) + 1) * (DOTS / 2));
  under(pen, px);
  const dot = (point, filled_) => {
    const [x, y] = px(hundredths(point));
    const own = colour(point[2] > 0 ? "--positive" : "--negative");
    pen.beginPath();
    pen.arc(x, y, filled_ ? 5.5 : 4.5, 0, 2 * Math.PI);
    pen.lineWidth = filled_ ? 1.5 : 2;
    pen.fillStyle = own;
    if (filled_) pen.fill();
    pen.strokeStyle = filled_ ? colour("--page") : own;
    pen.stroke();
  };
  unseen.forEach((point) => dot(point, false));
  seen.forEach((point) => dot(point, true));
  if (chosen === null) return;
  const [x, y] = px(hundredths(seen[chosen]));
  pen.beginPath();
  pen.arc(x, y, 11, 0, 2 * Math.PI);
  [pen.lineWidth, pen.strokeStyle] = [3.5, colour("--ink")];
  pen.stroke();
}

/** Where the last hidden layer takes a place: across, the output's sum; up, the widest spread beside it; −1 … 1, on its
 * way from flat (share 0) to folded (1). */
function foldOf(network, seen, share) {
  const [out, bias] = [network.weights.at(-1)[0], network.biases.at(-1)[0]];
  const at = (place) => {
    const said = forward(network, place).at(-2);
    return [said.reduce((sum, v, i) => sum + v * out[i], bias), said.reduce((sum, v, i) => sum + v * network.side[i], 0)];
  };
  const ends = seen.map((point) => at(hundredths(point)));
  const most = 1.15 * Math.max(1e-3, ...ends.map(([u]) => Math.abs(u)));
  const [low, high] = [Math.min, Math.max].map((end) => end(...ends.map(([, v]) => v)));
  const tall = 1.15 * Math.max(1e-3, (high - low) / 2);
  return (place) => {
    const [u, v] = share ? at(place) : [0, 0];
    return [(place[0] / REACH) * (1 - share) + (u / most) * share, (place[1] / REACH) * (1 - share) + ((v - (low + high) / 2) / tall) * share];
  };
}

/** The sheet's lines, and the cut through the middle. */
function drawSheet(pen, px, share, colour) {
  [pen.strokeStyle, pen.lineWidth, pen.globalAlpha] = [colour("--dim"), 1, 0.55];
  for (const [, line] of sheetOf(-REACH, REACH, 13, 49)) {
    pen.beginPath();
    line.forEach((place, i) => pen[i ? "lineTo" : "moveTo"](...px(place)));
    pen.stroke();
  }
  [pen.strokeStyle, pen.lineWidth, pen.globalAlpha] = [colour("--ink"), 3.5, share];
  pen.beginPath();
  pen.moveTo(DOTS / 2, 0);
  pen.lineTo(DOTS / 2, DOTS);
  pen.stroke();
  pen.globalAlpha = 1;
}

/** Wires between tiles {layer, i, button}: orange above 0, blue below, thicker for a larger weight. */
function drawWires(canvas, tiles, network, colour) {
  const box = canvas.getBoundingClientRect();
  if (!box.width) return;
  const scale = Math.min(2, devicePixelRatio || 1);
  [canvas.width, canvas.height] = [box.width * scale, box.height * scale];
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  const place = new Map(tiles.map(({ layer, i, button }) => {
    const at = button.getBoundingClientRect();
    return [`${layer}-${i}`, [at.left - box.left, at.right - box.left, (at.top + at.bottom) / 2 - box.top]];
  }));
  const most = Math.max(1, ...network.weights.flat(2).map(Math.abs));
  pen.globalAlpha = 0.75;
  network.weights.forEach((w, layer) => w.forEach((row, i) => row.forEach((weight, k) => {
    const from = place.get(layer ? `${layer}-${k}` : `0-${network.features[k]}`);
    const to = place.get(`${layer + 1}-${i}`);
    if (!from || !to) return;
    pen.strokeStyle = colour(weight < 0 ? "--negative" : "--positive");
    pen.lineWidth = 0.4 + (4 * Math.abs(weight)) / most;
    pen.beginPath();
    pen.moveTo(from[1], from[2]);
    const bend = (from[1] + to[0]) / 2;
    pen.bezierCurveTo(bend, from[2], bend, to[2], to[0], to[2]);
    pen.stroke();
  })));
}
