/* The live picture of a sweep: before and now, a slider, one sentence, one row a classifier. It draws, and asks nobody.
 *
 * Its model has `step`, `label` and `look` (whose map lies on the picture: a classifier's id, "difference", or ""), and
 * sends the data as messages {live: rev, data, whole}: see live_data in live.py. A part of an older rev is dropped. All
 * words are written as text, and no style as an attribute, which an explorable's policy forbids; a drag changes
 * transforms, attributes and texts in place, and lays nothing out.
 */

const SIGNS = { falls: "▼", rises: "▲", stays: "=", unclear: "?", "no room": "–" };
const BEAT = 120; // ms of a strength while it plays
const BLANK = 0.01; // share of a map's scale below which nothing is seen
const EVIDENCE = [[58, 12, 99], [101, 21, 110], [147, 38, 103], [188, 55, 84], [221, 81, 58], [243, 120, 25], [252, 165, 10], [246, 215, 70], [252, 255, 164]];
const DIFFERENCE = "difference";
const WAITS = "…";

const make = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
const draw = (tag, attributes, ...children) => fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** What a table of the data has under a name: names are strangers', and one may be "constructor". */
const under = (table, name) => (table && Object.hasOwn(table, name) ? table[name] : undefined);
const bytesOf = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
/** A text node that is rewritten in place: one that is replaced lays out the whole page anew. */
const rewrite = (node, text) => { if (node.nodeValue !== text) node.nodeValue = text; };
const known = (value) => typeof value === "number";

/** A number of a probability without its leading zero, a value with it. */
function said(value, { places, ends }) {
  if (!known(value)) return WAITS;
  const text = value.toFixed(places).replace("-", "−");
  return ends[0] === 0 && ends[1] === 1 ? text.replace(/^0\./, ".") : text;
}

/** The curve of an output over the strengths, with the band of the placebos and a cursor. */
function spark(name, { curve, band }, pinned, about, strengths) {
  const [low, high] = about.ends;
  const across = (strength) => 100 * strength, up = (value) => 36 - (34 * (value - low)) / (high - low);
  const pairs = (values) => values.map((value, k) => [strengths[k], value]).filter(([, value]) => known(value));
  const line = (kind, found) => draw("polyline", { class: kind, "vector-effect": "non-scaling-stroke", points: found.map(([s, v]) => `${across(s)},${up(v)}`).join(" ") });
  const points = pairs(curve);
  const told = points.length > 1 ? `from ${said(points[0][1], about)} to ${said(points.at(-1)[1], about)}` : "coming";
  const svg = draw("svg", { class: "live-spark", viewBox: "0 0 100 38", preserveAspectRatio: "none", role: "img", "aria-label": `${name}: ${told}` });
  if (band) {
    const edge = (values) => values.map((value, k) => `${across(band.strength[k])},${up(value)}`);
    svg.append(draw("polygon", { class: "band", points: [...edge(band.low), ...edge(band.high).reverse()].join(" ") }));
  }
  const cursor = draw("path", { class: "at", d: "M0 0V38", "vector-effect": "non-scaling-stroke" });
  if (pinned) svg.append(line("line live-pinned", pairs(pinned)));
  svg.append(line("line", points), cursor);
  return { svg, follow: (strength) => cursor.setAttribute("transform", `translate(${across(strength)} 0)`) };
}

/** What is said of an output: word and reason; dots while it is being computed. */
function verdictOf({ verdict, reason, hollow }) {
  if (!verdict) return [make("span", {}, WAITS)];
  const chip = make("span", { class: `live-chip live-${verdict.replace(" ", "-")}${hollow ? " live-hollow" : ""}` }, make("span", { "aria-hidden": "true" }, SIGNS[verdict]), verdict);
  return [chip, make("small", {}, reason)];
}

/** One classifier's row; `follow(step)` moves all that moves in it. */
function rowOf(classifier, order, { row, says, pinned }, about, strengths) {
  const value = document.createTextNode(""), word = document.createTextNode("");
  const name = make("th", { scope: "row", class: "live-name", title: classifier.about }, make("i"), make("span", {}, classifier.name, make("small", {}, word)));
  const tr = make("tr", {}, name);
  tr.style.setProperty("--c", `var(--facelib-series-${order % 8}, ${classifier.colour})`);
  if (!row) {
    tr.append(make("td", { class: "live-none", colspan: 5 }, "has no such output"));
    return { tr, follow: (step) => rewrite(word, says[step] ? `says ${says[step]}` : "") };
  }
  const [low, high] = about.ends, share = (v) => Math.min(Math.max((v - low) / (high - low), 0), 1);
  const bar = make("b"), start = row.curve[0];
  const mark = make("s");
  mark.style.left = `clamp(0px, ${100 * share(start ?? 0)}%, calc(100% - 2px))`;
  const curve = spark(classifier.name, row, pinned, about, strengths);
  tr.append(
    make("td", { class: "live-bar" }, make("span", { "aria-hidden": "true" }, bar, ...(known(start) ? [mark] : []))),
    make("td", { class: "live-value" }, value),
    make("td", { class: "live-change" }, row.change ?? WAITS),
    make("td", { class: "live-verdict" }, ...verdictOf(row)),
    make("td", { class: "live-curve" }, curve.svg),
  );
  const follow = (step) => {
    const now = row.curve[step];
    bar.style.transform = `scaleX(${known(now) ? share(now) : 0})`;
    rewrite(value, said(now, about));
    rewrite(word, says[step] ? `says ${says[step]}` : "\u00a0");
    curve.follow(strengths[step]);
  };
  return { tr, follow };
}

/** The evidence of one strength as a small picture: the less there is, the more of the face is seen. */
function mapPicture({ shape: [, h, w] }, levels) {
  const image = new ImageData(w, h);
  levels.forEach((level, k) => {
    const at = (level / 255) * (EVIDENCE.length - 1), low = Math.min(Math.floor(at), EVIDENCE.length - 2);
    EVIDENCE[low].forEach((c, n) => { image.data[4 * k + n] = c + (at - low) * (EVIDENCE[low + 1][n] - c); });
    const shown = Math.min(level / 76, 1);
    image.data[4 * k + 3] = 166 * shown * shown * (3 - 2 * shown);
  });
  const sheet = new OffscreenCanvas(w, h);
  sheet.getContext("2d").putImageData(image, 0, 0);
  return sheet;
}

class Live {
  constructor(model, el) {
    Object.assign(this, { model, el, rev: -1, data: null, pinned: null, bitmaps: [], pins: [], follows: [], maps: new Map(), frame: 0, timer: 0 });
    this.build();
    this.listen();
    model.send({ hello: true });
  }

  build() {
    const canvas = (what) => make("canvas", { width: 224, height: 224, role: "img", "aria-label": `${what}: not there yet` });
    this.before = canvas("before");
    this.now = canvas("now");
    this.lack = document.createTextNode("");
    this.look = make("select", { class: "live-look", "aria-label": "What it looks at" });
    this.play = make("button", { type: "button", class: "live-play", "aria-label": "Play", "aria-disabled": "true" }, "▶");
    this.slider = make("input", { type: "range", class: "live-strength", min: 0, max: 20, value: 0, "aria-label": "Strength" });
    this.amount = document.createTextNode("\u00a0");
    this.last = document.createTextNode("full strength");
    this.sentence = document.createTextNode("\u00a0");
    this.what = document.createTextNode("now");
    this.notes = make("div", { class: "live-notes" });
    this.body = make("tbody");
    this.note = make("div");
    this.meaning = make("details", { class: "live-meaning", hidden: "" },
      make("summary", {}, make("span", { class: "live-key live-mark" }), "before ", make("span", { class: "live-key live-cursor" }), "now ", make("span", { class: "live-key live-grey" }), "placebos. What do these mean?"),
      this.note);
    this.curves = make("button", { type: "button", class: "live-turn", "aria-pressed": "false" }, "Curves");
    const head = [["classifier", "live-name"], [this.what, "live-bar"], ["now", "live-value"], ["change", "live-change"], ["at full strength", "live-verdict"], ["none to full", "live-curve"]];
    const table = make("table", { class: "live-rows" }, make("thead", {}, make("tr", {}, ...head.map(([text, kind]) => make("th", { scope: "col", class: kind }, text)))), this.body);
    this.first = document.createTextNode("before");
    const figure = (picture, word, ...more) => make("figure", {}, picture, make("figcaption", {}, word), ...more);
    const stage = make("div", { class: "live-stage" },
      make("div", { class: "live-faces" }, figure(this.before, this.first), figure(this.now, "now", this.look, make("p", { class: "live-lack", role: "status" }, this.lack))),
      make("div", { class: "live-slide" }, this.play, this.slider, make("span", { class: "live-amount" }, this.amount),
        make("span", { class: "live-ends", "aria-hidden": "true" }, make("span", {}, "unchanged"), make("span", {}, this.last))));
    const answer = make("div", { class: "live-answer" }, make("h2", {}, this.sentence), this.notes, table, this.curves, this.meaning);
    this.el.classList.add("facelib-live");
    this.el.setAttribute("role", "group");
    this.el.dataset.state = "empty";
    this.el.replaceChildren(make("div", { class: "live-grid" }, stage, answer));
  }

  listen() {
    const { model, slider } = this;
    const choose = (name, value) => { model.set(name, value); model.save_changes(); };
    this.calls = { "msg:custom": (message) => this.take(message), "change:step": () => this.request(), "change:label": () => this.choose(), "change:look": () => this.showLook() };
    for (const [name, call] of Object.entries(this.calls)) model.on(name, call);
    let held = 0;
    slider.addEventListener("pointerdown", () => { held = model.get("step"); });
    slider.addEventListener("pointercancel", () => choose("step", held)); // a finger that began to scroll
    slider.addEventListener("input", () => {
      this.stop();
      choose("step", Number(slider.value));
    });
    this.look.addEventListener("change", () => choose("look", this.look.value));
    this.play.addEventListener("click", () => (this.timer ? this.stop() : this.start()));
    this.curves.addEventListener("click", () => {
      const shown = this.el.classList.toggle("live-curves");
      this.curves.setAttribute("aria-pressed", String(shown));
    });
    // JupyterLab takes single keys for commands; those with Ctrl are the page's.
    this.el.addEventListener("keydown", (event) => { if (!event.ctrlKey && !event.metaKey) event.stopPropagation(); });
  }

  /** Data come: all of another scene, or a part of this one. */
  take({ live, data, whole, waits, pin }) {
    if (waits !== undefined) this.el.classList.toggle("live-former", waits);
    if (pin !== undefined) this.pin(pin);
    if (live === undefined || live < this.rev || (!whole && live !== this.rev)) return;
    if (!whole) {
      for (const name of ["labels", "maps"]) Object.assign(this.data[name], data[name]);
      if (data.maps) this.maps.clear();
      if (under(data.labels, this.model.get("label"))) this.choose();
      this.showLook();
      return;
    }
    Object.assign(this, { data, rev: live });
    this.maps.clear();
    this.el.classList.remove("live-former");
    if (!data) return this.clear(); // never another scene's pictures
    const last = data.strengths.length - 1, all = data.frames.every(Boolean);
    this.slider.max = last;
    this.el.setAttribute("aria-label", data.title);
    rewrite(this.last, data.amounts[last].endsWith("100 %") ? "full strength" : data.amounts[last]);
    this.play.setAttribute("aria-disabled", String(!all));
    if (!all) this.stop();
    this.el.dataset.state = all ? "ready" : "computing";
    this.note.replaceChildren(...data.note.map((text) => make("p", {}, text)));
    this.meaning.hidden = !data.note.length;
    this.bitmaps = this.decode(data.frames, this.bitmaps);
    this.choose();
    this.showLook();
  }

  clear() {
    this.stop();
    this.bitmaps = this.decode([], this.bitmaps);
    this.el.dataset.state = "empty";
    for (const canvas of [this.before, this.now]) canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
    this.body.replaceChildren();
    this.notes.replaceChildren();
    rewrite(this.sentence, "This face can’t be shown.");
  }

  /** Another sweep stands beside this one: its pictures for those before, its curves dashed. */
  pin(data) {
    this.pinned = data;
    this.pins = this.decode(data?.frames ?? [], this.pins);
    rewrite(this.first, data ? "pinned" : "before");
    this.choose();
  }

  /** Decode pictures ahead, those that are looked at first: a drag never waits for a decoder. */
  decode(frames, former) {
    for (const bitmap of former) bitmap?.close();
    former.length = 0; // who still decodes for it sees that nobody waits
    const bitmaps = frames.map(() => null), shown = this.step;
    const order = [0, shown, ...frames.keys()].filter((k, place, all) => frames[k] && all.indexOf(k) === place);
    const next = async () => {
      for (const k of order) {
        const bitmap = await createImageBitmap(new Blob([bytesOf(frames[k])], { type: "image/jpeg" })).catch(() => null);
        if (!bitmaps.length) return bitmap?.close();
        bitmaps[k] = bitmap;
        if (k === 0 || k === this.step) this.request();
      }
    };
    next();
    return bitmaps;
  }

  get step() {
    return Math.min(Math.max(this.model.get("step"), 0), (this.data?.strengths.length ?? 1) - 1);
  }

  /** Show another label: its sentence and its rows. */
  choose() {
    const { data } = this, about = under(data?.labels, this.model.get("label"));
    if (!about) return;
    rewrite(this.sentence, about.sentence);
    rewrite(this.what, about.what);
    this.notes.replaceChildren(...about.notes.map((note) => make("p", {}, note)));
    const pinned = under(this.pinned?.curves, this.model.get("label"));
    const made = about.rows.map((row, k) => rowOf(data.classifiers[k], k, { row, says: data.says[k], pinned: pinned?.[k] }, about, data.strengths));
    this.body.replaceChildren(...made.map(({ tr }) => tr));
    this.follows = made.map(({ follow }) => follow);
    this.maps.clear();
    this.request();
  }

  /** Offer the maps that can be looked at, and show the one that is chosen. */
  showLook() {
    if (!this.data) return;
    const entries = [["", "What it looks at"], ...this.data.classifiers.map(({ id, name }) => [id, name]), [DIFFERENCE, "difference"]];
    if (entries.map(String).join() !== this.entries) {
      this.entries = entries.map(String).join();
      this.look.replaceChildren(...entries.map(([value, name]) => new Option(name, value)));
    }
    this.look.value = this.model.get("look");
    this.request();
  }

  /** One repaint in the next animation frame; the newest state wins. */
  request() {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      if (this.data && !this.closed) this.paint();
    });
  }

  paint() {
    const { data, step, pinned } = this, amount = step ? data.amounts[step] : "unchanged";
    const [start, now] = [this.bitmaps[0], this.bitmaps[step]], first = pinned ? this.pins[step] : start;
    this.slider.value = step;
    this.slider.setAttribute("aria-valuetext", amount);
    rewrite(this.amount, amount);
    for (const follow of this.follows) follow(step);
    this.el.classList.toggle("live-waiting", !data.frames[step]);
    if (first) this.show(this.before, first, pinned ? `pinned, ${pinned.amounts[step]}: ${pinned.alt}` : `before: ${data.alt}`);
    if (!now) return; // it is being decoded or computed: what was there stays
    this.show(this.now, now, `now, ${amount}: ${data.alt}`);
    rewrite(this.lack, this.lay(start, step));
    this.el.dataset.step = step;
  }

  show(canvas, bitmap, words) {
    if (canvas.width !== bitmap.width || canvas.height !== bitmap.height) Object.assign(canvas, { width: bitmap.width, height: bitmap.height });
    canvas.getContext("2d").drawImage(bitmap, 0, 0);
    canvas.setAttribute("aria-label", words);
  }

  /** Lay over the picture what is looked at; return why nothing is seen of it, or what it is. */
  lay(first, step) {
    const { data } = this, look = this.model.get("look"), label = this.model.get("label");
    const context = this.now.getContext("2d"), { width, height } = this.now;
    if (!look) return "";
    if (look === DIFFERENCE) {
      if (!first) return "";
      context.globalCompositeOperation = "difference";
      context.drawImage(first, 0, 0);
      context.globalCompositeOperation = "lighter"; // twice as bright
      context.drawImage(this.now, 0, 0);
      context.globalCompositeOperation = "source-over";
      return "black: nothing changed";
    }
    const name = data.classifiers.find(({ id }) => id === look)?.name ?? look, map = under(under(data.maps, label), look);
    if (!map) return under(data.maps, label) ? `no map of ${label} from ${name}` : "its map comes with the sweep";
    const levels = this.levels(look, map, step);
    if (!levels.some((level) => level > 255 * BLANK)) return `no part speaks for ${label} to ${name} here`;
    const [x, y, w, h] = map.box;
    context.imageSmoothingQuality = "high";
    context.drawImage(mapPicture(map, levels), x * width, y * height, w * width, h * height);
    this.now.setAttribute("aria-label", `${this.now.getAttribute("aria-label")}, with what speaks for ${label} to ${name}`);
    return `brighter: speaks for ${label}`;
  }

  levels(name, { shape: [, h, w], values }, step) {
    if (!this.maps.has(name)) this.maps.set(name, bytesOf(values));
    return this.maps.get(name).subarray(step * h * w, (step + 1) * h * w);
  }

  start() {
    if (this.play.getAttribute("aria-disabled") === "true") return;
    const last = this.data.strengths.length - 1;
    const go = (step) => { this.model.set("step", step); this.model.save_changes(); };
    if (this.step === last) go(0);
    this.timer = setInterval(() => {
      if (this.step >= last || document.querySelector("dialog[open]")) this.stop();
      else go(this.step + 1);
    }, BEAT);
    this.showPlay("❚❚", "Pause");
  }

  stop() {
    clearInterval(this.timer);
    this.timer = 0;
    this.showPlay("▶", "Play");
  }

  showPlay(sign, word) {
    this.play.textContent = sign;
    this.play.setAttribute("aria-label", word);
  }

  close() {
    this.closed = true;
    this.stop();
    cancelAnimationFrame(this.frame);
    for (const [name, call] of Object.entries(this.calls)) this.model.off(name, call);
    for (const bitmaps of [this.bitmaps, this.pins]) this.decode([], bitmaps);
  }
}

function render({ model, el }) {
  const view = new Live(model, el);
  return () => view.close();
}

export default { render };
