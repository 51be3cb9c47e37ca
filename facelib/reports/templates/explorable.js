/* An explorable: the app's stage and table on one computed sweep, and its curves; no kernel, no network.
 *
 * All text goes through textContent, all drawing through attributes; data come from one element of the page.
 */

/** What stands in for a widget's model: the state is here, and nobody else is told. */
class Model {
  constructor(state) {
    this.state = state;
    this.calls = {};
  }

  get(name) {
    return this.state[name];
  }

  set(name, value) {
    if (this.state[name] === value) return;
    this.state[name] = value;
    for (const call of this.calls[`change:${name}`] ?? []) call();
  }

  on(name, call) {
    (this.calls[name] ??= []).push(call);
  }

  save_changes() {}
}

const byId = (id) => document.getElementById(`facelib-${id}`);

/** What a table of the data has under a name: names are strangers', and one may be "constructor". */
const under = (table, name) => (table && Object.hasOwn(table, name) ? table[name] : undefined);

/** The bytes of base64, with or without what a data URI has before it. */
const bytesOf = (text) => Uint8Array.from(atob(text.slice(text.indexOf(",") + 1)), (sign) => sign.charCodeAt(0));

const [WIDE, TALL, ABOVE, BELOW] = [160, 118, 26, 20]; // px of a panel and of the room around its plot
const LEFT_OF = { probability: 24, value: 40 }; // values have more digits
const height = (share) => ABOVE + (1 - share) * (TALL - ABOVE - BELOW);

function drawn(tag, attributes, text = "") {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.textContent = text;
  return node;
}

/** A number on an axis: no zero before the point, a real minus sign. */
const short = (value) => String(value).replace(/^(-?)0\./, "$1.").replace("-", "−");

/** One classifier's output along the strengths, the placebos' band behind it, and a cursor that is moved. */
function panel(name, colour, strengths, curve, band, { label, what, places, ends: [low, high] }) {
  const said = (value) => value?.toFixed(places) ?? "no output";
  const up = (value) => height((value - low) / (high - low));
  const left = LEFT_OF[low === 0 && high === 1 ? "probability" : "value"];
  const across = (strength) => left + strength * (WIDE - left - 8);
  const words = curve
    ? `${name}: ${what}, from ${said(curve[0])} at strength 0 to ${said(curve.at(-1))} at strength 1`
    : `${name} has no output for ${label}`;
  const root = drawn("svg", { viewBox: `0 0 ${WIDE} ${TALL}`, role: "img", "aria-label": words });
  root.append(drawn("text", { class: "name", x: 0, y: 14 }, name));
  for (const share of [0, 0.5, 1]) {
    const value = Number((low + share * (high - low)).toPrecision(3));
    root.append(
      drawn("text", { x: left - 6, y: height(share) + 4, "text-anchor": "end" }, short(value)),
      drawn("text", { x: across(share), y: TALL - 4, "text-anchor": "middle" }, short(share)),
    );
  }
  root.append(drawn("path", { class: "axis", d: `M${across(0)} ${height(1)}V${height(0)}H${across(1)}` }));
  if (!curve) {
    root.append(drawn("text", { x: across(0.5), y: height(0.5), "text-anchor": "middle" }, "no such output"));
    return { root, follow: () => {} };
  }
  if (band) {
    const edge = (values) => values.map((value, k) => `${across(band.strength[k])},${up(value)}`);
    root.append(drawn("polygon", { class: "band", points: [...edge(band.low), ...edge(band.high).reverse()].join(" ") }));
  }
  const known = curve.map((value, k) => [strengths[k], value]).filter(([, value]) => value !== null);
  root.append(drawn("polyline", { class: "line", stroke: colour, points: known.map(([s, v]) => `${across(s)},${up(v)}`).join(" ") }));
  const cursor = drawn("path", { class: "cursor", d: `M0 ${height(1)}V${height(0)}` });
  const dot = drawn("circle", { r: 4, fill: colour, stroke: "#fff" });
  root.append(cursor, dot);
  const follow = (step) => {
    const x = across(strengths[step]);
    cursor.setAttribute("transform", `translate(${x} 0)`);
    dot.setAttribute("cx", x);
    dot.setAttribute("cy", up(curve[step] ?? low));
    dot.style.display = curve[step] === null ? "none" : "";
  };
  return { root, follow };
}

class Explorable {
  constructor(data) {
    this.data = data;
    this.names = data.classifiers.map(([name]) => name);
    this.maps = new Map();
    const frames = data.frames.map(bytesOf);
    this.stage = new Model({
      before: frames[0], frames, live: null, live_index: -1, index: data.step, strengths: data.strengths, maps: null,
      map_shape: [0, 0, 0], map_box: [0, 0, 1, 1], map_scale: 0, map_title: "", overlay: "none", opacity: 0.65,
      picture_alt: data.picture_alt, turned: false,
    });
    const { caption, rows } = under(data.classes, data.label);
    this.table = new Model({ columns: data.columns, rows, index: data.step, caption });
    stage.render({ model: this.stage, el: byId("stage") });
    byId("table").replaceChildren();
    livetable.render({ model: this.table, el: byId("table") });
    this.controls();
    this.choose();
  }

  controls() {
    const { data } = this;
    this.slider = byId("strength");
    Object.assign(this.slider, { max: data.strengths.length - 1, value: data.step });
    this.menus = { label: byId("label"), classifier: byId("classifier"), overlay: byId("overlay") };
    const entries = { label: Object.keys(data.classes), classifier: this.names };
    for (const [menu, names] of Object.entries(entries)) {
      this.menus[menu].replaceChildren(...names.map((name) => new Option(name, name)));
    }
    this.menus.label.value = data.label;
    this.slider.addEventListener("input", () => this.move());
    for (const menu of Object.values(this.menus)) {
      menu.addEventListener("change", () => this.choose());
    }
    byId("controls").hidden = false;
    byId("still").hidden = true;
  }

  /** Show the strength of the slider. */
  move() {
    const step = Number(this.slider.value);
    const strength = this.data.strengths[step].toFixed(2);
    this.stage.set("index", step);
    this.table.set("index", step);
    for (const follow of this.follows) follow(step);
    write(byId("now"), strength);
    const [label, name] = [this.menus.label.value, this.menus.classifier.value];
    const { curves, places } = under(this.data.classes, label);
    const value = under(curves, name)?.[step];
    const said = typeof value === "number" ? `, ${name}: ${label} ${value.toFixed(places)}` : "";
    this.slider.setAttribute("aria-valuetext", `strength ${strength}${said}`);
  }

  /** Show another class, classifier or kind of map. */
  choose() {
    const [label, name] = [this.menus.label.value, this.menus.classifier.value];
    const about = under(this.data.classes, label);
    const { caption, rows, sentences, own, curves, bands } = about;
    write(byId("class"), label);
    this.table.set("caption", caption);
    this.table.set("rows", rows);
    const texts = [...sentences, under(own, name)].filter(Boolean);
    byId("sentences").replaceChildren(...texts.map((text) => element("p", "", text)));
    if (label !== this.shown) {
      const { classifiers, strengths } = this.data;
      const panels = classifiers.map(([one, colour]) => panel(one, colour, strengths, under(curves, one), under(bands, one), { label, ...about }));
      const list = element("ul", "curves");
      for (const { root } of panels) list.appendChild(element("li", "")).append(root);
      const band = Object.keys(bands).length ? "; grey: 90 % of placebos, harmless changes of the same size" : "";
      byId("curves").replaceChildren(element("p", "note", `${about.what[0].toUpperCase()}${about.what.slice(1)} over the strength${band}`), list);
      this.follows = panels.map(({ follow }) => follow);
      this.shown = label;
    }
    this.showMap(label, name);
    this.move();
  }

  showMap(label, name) {
    const found = under(under(this.data.maps, label), name);
    const kind = this.menus.overlay.value;
    const lack = byId("lack");
    lack.hidden = kind === "none" || Boolean(found);
    lack.textContent = lack.hidden ? "" : `This file holds no map of ${name} for ${label}.`;
    if (found) {
      this.stage.set("map_shape", found.shape);
      this.stage.set("map_box", found.box);
      this.stage.set("map_scale", found.scale);
      this.stage.set("map_title", `${name}: evidence for ${label}`);
      this.stage.set("maps", this.values(label, name, found));
    }
    this.stage.set("overlay", found ? kind : "none");
  }

  /** The numbers of a map, as the stage reads them; 255 is its scale. */
  values(label, name, { values, scale }) {
    const key = JSON.stringify([label, name]);
    if (!this.maps.has(key)) {
      const numbers = Float32Array.from(bytesOf(values), (level) => (level / 255) * scale);
      this.maps.set(key, new DataView(numbers.buffer));
    }
    return this.maps.get(key);
  }
}

new Explorable(JSON.parse(byId("data").textContent));
