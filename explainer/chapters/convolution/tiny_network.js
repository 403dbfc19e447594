// A whole convolutional network on one screen: drawing → ten filters → maps → ReLU → pooling → votes → a name; or with
// a second layer of filters before the votes. It is computed here, so that every stroke of the pencil shows at once.

const FILTER = 4;
const MAP = INK_SIDE - FILTER + 1;
const POOL = 2;
const POOLED = Math.floor(MAP / POOL);
const SECOND = 2;
const COLUMNS = { 1: ["filter", "map", "relu", "pool", "vote"], 2: ["filter", "relu", "pool", "second", "join", "vote"] };

function receive(component) {
  const { data } = component;
  const view = standing(component, (data) => new NetworkView(data));
  if (view.layers !== layersOf(component.data.network)) view.build(component.data);
  view.component = component;
  view.take(data);
}

/** Everything the network computes from 100 amounts of ink, as explainer/chapters/convolution/tiny_network.py does. */
export function forward(network, ink) {
  const maps = network.filters.map((weights, n) =>
    [...Array(MAP * MAP)].map((_, place) => {
      const [row, column] = [Math.floor(place / MAP), place % MAP];
      return weights.reduce((sum, weight, i) =>
        sum + (weight * ink[(row + (i >> 2)) * INK_SIDE + column + (i & 3)]) / FULL_INK, network.bias[n]);
    }));
  const rectified = maps.map((map) => map.map((value) => Math.max(0, value)));
  const pooled = rectified.map((map) =>
    [...Array(POOLED * POOLED)].map((_, place) => {
      const corner = Math.floor(place / POOLED) * POOL * MAP + (place % POOLED) * POOL;
      return Math.max(map[corner], map[corner + 1], map[corner + MAP], map[corner + MAP + 1]);
    }));
  const joined = network.second?.map((weights, n) =>
    [...Array(SECOND * SECOND)].map((_, place) => {
      const corner = Math.floor(place / SECOND) * POOLED + (place % SECOND);
      const terms = weights.map((weight, i) => weight * pooled[i >> 2][corner + ((i >> 1) & 1) * POOLED + (i & 1)]);
      return Math.max(0, terms.reduce((sum, term) => sum + term, network.second_bias[n]));
    }));
  // What each of the last maps' numbers says for each animal; a vote is their sum and a bias.
  const last = joined ?? pooled;
  const said = network.votes.map((weights) =>
    last.map((map, n) => map.map((value, i) => value * weights[n * map.length + i])));
  const votes = said.map((maps, animal) => maps.flat().reduce((sum, value) => sum + value, network.vote_bias[animal]));
  const top = Math.max(...votes);
  const powers = votes.map((vote) => Math.exp(vote - top));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return { maps, rectified, pooled, joined, said, votes, probabilities: powers.map((power) => power / total) };
}

const BRIGHT = new Set(["relu", "pool", "join"]); // never below zero
const layersOf = (network) => (network.second ? 2 : 1);
const percent = (share) => (share > 0.9995 ? "> 99.9%" : share < 0.0005 ? "< 0.1%" : `${(100 * share).toFixed(1)}%`);
const plain = (value) => `${value < -0.005 ? "−" : value > 0.005 ? "+" : ""}${Math.abs(value).toFixed(2)}`;

class NetworkView {
  constructor(data) {
    const { words, faces } = data;
    this.words = words;
    this.animal = null; // whose votes are shown; the best guess's unless one is chosen
    this.report = new Report("setup");
    this.pad = new InkPad(words, faces, { paint: () => this.changed() }, { looking: false });
    this.network = make("div", { class: "network", role: "group" });
    this.bars = data.network.animals.map((name, i) => {
      const parts = { name: make("span", { class: "name" }, name), share: make("span", { class: "share number" }), bar: make("i"), vote: make("small", { class: "number" }) };
      const row = button("", () => this.ask(i), { class: "animal", role: "radio" });
      row.append(parts.name, parts.share, make("span", { class: "bar" }, parts.bar), parts.vote);
      return { row, ...parts };
    });
    this.guess = make("div", { class: "guess", "aria-live": "polite" });
    this.big = make("canvas", { class: "big", "aria-hidden": "true" });
    this.note = make("div", { class: "note" });
    this.lens = button(words.put_under, () => this.component.setTriggerValue("lens", this.inspected[0]), { class: "chip" });
    this.inspector = make("div", { class: "inspector" }, this.big, make("div", {}, this.note, this.lens));
    this.root = make("div", { class: "root" }, make("div", { class: "net" },
      make("div", { class: "left" }, make("div", { class: "caption" }, words.picture), this.pad.root),
      make("div", { class: "middle" }, this.network),
      make("div", { class: "right" }, make("div", { class: "caption" }, words.softmax), this.guess,
        make("div", { class: "animals", role: "radiogroup", "aria-label": words.ask }, ...this.bars.map(({ row }) => row)), make("div", { class: "caption ask" }, words.ask)),
      this.inspector));
    this.build(data);
  }

  /** The columns of a network with one layer of filters, or with two. */
  build({ network }) {
    const { words } = this;
    this.layers = layersOf(network);
    this.columns = COLUMNS[this.layers];
    this.inspected = null;
    const size = (name) => (name === "vote" && this.layers === 2 ? words.join_size : words[`${name}_size`]);
    this.heads = this.columns.map((name) => make("div", { class: "head" }, make("b", {}, words[`${name}_head`]), make("small", {}, size(name))));
    this.tiles = network.filters.map((_, n) => Object.fromEntries(this.columns.map((name) => [name, this.tile(n, name)])));
    this.sums = network.filters.map(() => make("span", { class: "said" }));
    const rows = this.tiles.map((tiles, n) => [make("span", { class: "index" }, String(n)), ...this.columns.map((name) => tiles[name]), this.sums[n]]);
    this.network.setAttribute("aria-label", this.layers === 2 ? words.network_alt_two : words.network_alt);
    this.network.classList.toggle("two", this.layers === 2);
    this.network.replaceChildren(make("span"), ...this.heads, make("span"), ...rows.flat());
  }

  tile(n, name) {
    const canvas = make("canvas", { class: `tile ${name}`, tabindex: name === "filter" ? 0 : -1, role: "img" });
    for (const event of ["pointerenter", "focus", "click"]) canvas.addEventListener(event, () => this.inspect([n, name]));
    canvas.addEventListener("keydown", (event) => {
      const step = ARROWS[event.key];
      if (!step) return;
      event.preventDefault();
      event.stopPropagation(); // or the page would turn to the next chapter
      const row = within(n + step[0], this.tiles.length);
      const column = within(this.columns.indexOf(name) + step[1], this.columns.length);
      this.tiles[row][this.columns[column]].focus();
    });
    return canvas;
  }

  take(data) {
    this.data = data;
    if (this.report.isNews(data.setup, this.setup())) this.pad.set(data.setup.ink);
    this.show();
  }

  setup() {
    return { ink: [...this.pad.ink], weights: [...this.data.setup.weights] };
  }

  changed() {
    this.show();
    this.report.send(() => this.component, this.setup());
  }

  ask(animal) {
    this.animal = this.animal === animal ? null : animal;
    this.show();
  }

  show() {
    const { network, signed, magma } = this.data;
    const found = forward(network, this.pad.ink);
    this.found = found;
    const best = found.votes.indexOf(Math.max(...found.votes));
    const asked = this.animal ?? best;
    const largest = (maps) => Math.max(...maps.flat().map(Math.abs)) || 1;
    // One scale a column, so that a loud detector looks louder than a quiet one.
    this.scales = {
      filter: largest(network.filters), map: largest(found.maps), relu: largest(found.maps), pool: largest(found.maps),
      second: largest(network.second ?? [[]]), join: largest(found.joined ?? [[]]), vote: largest(found.said.flat()),
    };
    this.values = {
      filter: network.filters, map: found.maps, relu: found.rectified, pool: found.pooled,
      second: network.second, join: found.joined, vote: found.said[asked],
    };
    for (const name of this.columns) {
      this.values[name].forEach((values, n) => {
        paintTile(this.tiles[n][name], values, this.scales[name], BRIGHT.has(name) ? magma : signed, BRIGHT.has(name));
        this.tiles[n][name].setAttribute("aria-label", this.describe(n, name));
      });
    }
    this.sums.forEach((sum, n) => {
      const value = found.said[asked][n].reduce((total, part) => total + part, 0);
      sum.textContent = plain(value);
      sum.dataset.sign = Math.sign(Math.round(value * 100));
    });
    this.heads.at(-1).firstChild.textContent = `says ${network.animals[asked]}`;
    this.bars.forEach(({ row, share, bar, vote }, i) => {
      share.textContent = percent(found.probabilities[i]);
      bar.style.width = `${100 * found.probabilities[i]}%`;
      vote.textContent = `vote ${plain(found.votes[i])}`;
      row.classList.toggle("first", i === best);
      row.setAttribute("aria-checked", String(i === asked));
    });
    const blank = this.pad.ink.every((ink) => ink === 0);
    this.guess.replaceChildren(make("b", {}, network.animals[best]), make("span", { class: "number" }, percent(found.probabilities[best])));
    this.blank = blank;
    this.asked = asked;
    this.root.dataset.probabilities = JSON.stringify(found.probabilities);
    this.inspect(this.inspected ?? null);
  }

  describe(n, name) {
    const values = this.values[name][n];
    const strongest = values.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
    const note = name === "vote" && this.layers === 2 ? "vote_note_two" : `${name}_note`;
    return this.words[note].replaceAll("{n}", n).replaceAll("{value}", plain(strongest)).replaceAll("{animal}", this.data.network.animals[this.asked ?? 0]);
  }

  /** Enlarge one tile under the drawing and say what it is. */
  inspect(which) {
    this.inspected = which;
    for (const tiles of this.tiles) for (const tile of Object.values(tiles)) tile.classList.remove("here");
    this.inspector.classList.toggle("idle", !which);
    this.lens.hidden = which?.[1] !== "filter";
    if (!which) {
      this.note.textContent = this.blank ? this.words.blank : this.words.inspect;
      return;
    }
    const [n, name] = which;
    const bright = BRIGHT.has(name);
    this.tiles[n][name].classList.add("here");
    this.big.classList.toggle("second", name === "second");
    paintTile(this.big, this.values[name][n], this.scales[name], bright ? this.data.magma : this.data.signed, bright);
    this.note.textContent = this.describe(n, name);
  }
}

/** Numbers as pixels: on a ramp from 0 up, or on one whose middle is zero. A second layer's ten kernels stand in two rows. */
function paintTile(canvas, values, largest, ramp, fromZero) {
  const many = values.length === 10 * SECOND * SECOND;
  const side = Math.round(Math.sqrt(values.length));
  const [width, height] = many ? [5 * (SECOND + 1) - 1, 2 * (SECOND + 1) - 1] : [side, side];
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const pen = canvas.getContext("2d");
  const picture = pen.createImageData(width, height);
  values.forEach((value, i) => {
    const share = value / largest;
    const level = Math.round(fromZero ? 255 * share : 127.5 + 127.5 * share);
    const kernel = i >> 2;
    const [row, column] = many ? [(SECOND + 1) * Math.floor(kernel / 5) + ((i >> 1) & 1), (SECOND + 1) * (kernel % 5) + (i & 1)] : [Math.floor(i / side), i % side];
    picture.data.set([...ramp[Math.max(0, Math.min(255, level))], 255], 4 * (row * width + column));
  });
  pen.putImageData(picture, 0, 0);
}
