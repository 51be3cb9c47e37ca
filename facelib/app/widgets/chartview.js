/* A Vega-Lite chart that is embedded once; afterwards its data and signals are patched.
 *
 * index -> signal "step"; data -> view.data(name, rows); signals -> view.signal(name, value). Only another `spec`
 * embeds anew, and finalizes the old view first.
 */

const PATIENCE = 15000; // ms until a missing chart library is reported
const ROWS = "g.role-axis[aria-label^='Y-axis'] g.role-axis-label";
const NARROW = 450; // px of the place below which the spec for narrow ones is drawn

function shelf(version) {
  const entries = (globalThis.facelibVega ??= {});
  if (!entries[version]) {
    const entry = { loading: false };
    entry.promise = new Promise((resolve, reject) => Object.assign(entry, { resolve, reject }));
    entry.promise.catch(() => {});
    entries[version] = entry;
  }
  return entries[version];
}

async function library(version) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error("the chart library did not arrive; reload the page")), PATIENCE);
  });
  try {
    return await Promise.race([shelf(version).promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The spec without input elements: the app's own slider drives the parameters. */
function driven(spec) {
  const copy = structuredClone(spec);
  for (const parameter of copy.params ?? []) delete parameter.bind;
  return copy;
}

const NAMES = { rect: "bars", symbol: "points", rule: "lines", line: "lines", area: "areas", text: "words" };

/** Screen readers skip marks that describe nothing, such as a cursor; a place whose marks may all go has a name. */
function silent(spec) {
  for (const mark of spec.marks ?? []) {
    const described = mark.description || Object.values(mark.encode ?? {}).some((step) => step.description);
    if (mark.type === "group") silent(mark);
    else if (described) mark.description ??= NAMES[mark.type] ?? mark.type;
    else mark.aria = false;
  }
  return spec;
}

/** Note in a change set what must change for a row to read like another; fields that Vega added stay Vega's. */
function rewrite(changes, fields, tuple, row) {
  for (const field of fields) {
    const value = row[field] ?? null;
    if (tuple[field] !== value) changes.modify(tuple, field, value);
  }
}

/** What a chart says under a finger goes with the next touch, or when the page is scrolled: nothing else takes it away. */
function hideTip() {
  document.getElementById("vg-tooltip-element")?.classList.remove("visible");
}

const SHARP = 2; // px of a picture by px on screen
const WHITE = '<rect width="100%" height="100%" fill="white"/>'; // transparent is right on a page, wrong in a document

/** Hand a file to the browser. */
function hand(name, content) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** The chart as PNG, on white. */
async function pngOf(view) {
  const canvas = await view.toCanvas(SHARP);
  const context = canvas.getContext("2d");
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.globalCompositeOperation = "destination-over";
  context.fillStyle = "white";
  context.fillRect(0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("it is too large"))), "image/png");
  });
}

/** What may be done with a chart: name, and a function of it that says what was done. */
const TAKEN = [
  ["Copy PNG", async (chart) => {
    const png = await pngOf(chart.view);
    try {
      await navigator.clipboard.write([new ClipboardItem({ "image/png": png })]);
      return "Copied";
    } catch { // no clipboard here, or not allowed
      hand(nameOf(chart, "png"), png);
      return "Saved, since this page may not copy";
    }
  }],
  ["Save SVG", async (chart) => {
    const text = (await chart.view.toSVG()).replace(/<svg[^>]*>/, (start) => start + WHITE);
    hand(nameOf(chart, "svg"), new Blob([text], { type: "image/svg+xml" }));
    return "Saved";
  }],
  ["Save Vega JSON", async (chart) => {
    hand(nameOf(chart, "vl.json"), new Blob([JSON.stringify(chart.whole(), null, 1)], { type: "application/json" }));
    return "Saved";
  }],
];

/** A file's name, from the chart's heading: the longest of its titles, the others name panels. */
function nameOf(chart, ending) {
  const titles = [...chart.mount.querySelectorAll(".role-title text")].map(({ textContent }) => textContent);
  const heading = titles.reduce((one, other) => (other.length > one.length ? other : one), "");
  const words = heading.toLowerCase().match(/[a-z0-9]+/g)?.slice(0, 5).join("_");
  return `facelib_${words || "chart"}.${ending}`;
}

/** A button that opens the list of what may be done with a chart. */
function menuOf(chart) {
  const [root, button, list, said] = ["div", "button", "div", "p"].map((tag) => document.createElement(tag));
  root.className = "facelib-chart-menu";
  root.hidden = true;
  Object.assign(button, { type: "button", className: "facelib-chart-more", textContent: "⋯", title: "Copy or save this chart" });
  button.setAttribute("aria-label", "Copy or save this chart");
  Object.assign(list, { className: "facelib-chart-list", popover: "auto" });
  list.setAttribute("role", "group");
  list.setAttribute("aria-label", "Copy or save this chart");
  button.popoverTargetElement = list; // no id: each widget has a module of its own, and would count from one
  said.setAttribute("role", "status");
  for (const [name, take] of TAKEN) {
    const one = document.createElement("button");
    Object.assign(one, { type: "button", textContent: name });
    one.addEventListener("click", async () => {
      try {
        said.textContent = await take(chart);
      } catch (error) {
        said.textContent = `This could not be done: ${error.message ?? error}`;
      }
    });
    list.append(one);
  }
  list.append(said);
  list.addEventListener("toggle", (event) => {
    said.textContent = "";
    if (event.newState !== "open") return;
    const [place, box] = [button.getBoundingClientRect(), list.getBoundingClientRect()];
    const zoom = list.currentCSSZoom ?? 1; // of larger text
    list.style.left = `${Math.max(4, Math.min(place.right - box.width, window.innerWidth - box.width - 4)) / zoom}px`;
    list.style.top = `${(place.bottom + box.height < window.innerHeight ? place.bottom : Math.max(4, place.top - box.height)) / zoom}px`;
  });
  window.addEventListener("scroll", () => list.matches(":popover-open") && list.hidePopover(), { capture: true, passive: true, signal: chart.closed.signal });
  root.append(button, list);
  return root;
}

for (const kind of ["touchstart", "scroll"]) window.addEventListener(kind, hideTip, { capture: true, passive: true });

class Chart {
  constructor(model, el) {
    this.model = model;
    this.el = el;
    this.view = null;
    this.result = null;
    this.turn = 0;
    this.count = 0;
    this.dirty = { data: false, signals: false, step: false };
    this.mount = document.createElement("div");
    this.mount.className = "facelib-chart-mount";
    this.message = document.createElement("p");
    this.message.className = "facelib-message";
    this.message.setAttribute("role", "alert");
    this.message.hidden = true;
    this.legend = document.createElement("p");
    this.legend.className = "facelib-chart-legend";
    this.legend.hidden = true;
    this.pinned = document.createElement("div");
    this.pinned.className = "facelib-chart-pinned";
    this.pinned.setAttribute("aria-hidden", "true"); // the chart itself says them
    el.classList.add("facelib-chart");
    this.closed = new AbortController();
    this.menu = menuOf(this);
    el.replaceChildren(this.legend, this.mount, this.pinned, this.message, this.menu);
    this.mount.addEventListener("scroll", () => this.pin(), { passive: true });
    this.observer = new ResizeObserver(() => {
      if (this.drawn && this.spec() !== this.drawn) this.embed();
      else this.fit();
      this.tell();
    });
    this.observer.observe(el);
  }

  /** Say so where a part of the chart is beside its place, to be moved into it; its heading then stands above it. */
  tell() {
    const { el, mount } = this;
    const moves = getComputedStyle(mount).overflowX === "auto";
    const aside = moves && mount.scrollWidth > mount.clientWidth + 8;
    el.classList.toggle("facelib-aside", aside);
    const reached = { tabindex: "0", role: "group", "aria-label": "Chart, wider than its place" }; // moved by arrow keys
    for (const [name, value] of Object.entries(reached)) aside ? mount.setAttribute(name, value) : mount.removeAttribute(name);
    const apart = Boolean(moves && this.heading);
    if (apart === this.legend.hidden) {
      this.legend.hidden = !apart;
      this.change("signals");
    }
    this.pin();
  }

  /** Keep the names of the rows in sight while the chart is moved. */
  pin() {
    const { el, mount } = this;
    if (!mount.scrollLeft) return this.pinned.replaceChildren();
    const zoom = el.currentCSSZoom ?? 1; // of larger text: boxes are px of the screen, styles aren't
    const [place, start] = [el.getBoundingClientRect(), mount.getBoundingClientRect().left - zoom * mount.scrollLeft];
    const strips = [...mount.querySelectorAll(ROWS)].map((axis) => {
      const strip = document.createElement("div");
      const boxes = [...axis.querySelectorAll("text")].map((text) => [text, text.getBoundingClientRect()]);
      const [top, bottom] = [Math.min(...boxes.map(([, box]) => box.top)), Math.max(...boxes.map(([, box]) => box.bottom))];
      strip.style.cssText = `top: ${(top - place.top) / zoom}px; height: ${(bottom - top) / zoom}px; width: ${(Math.max(...boxes.map(([, box]) => box.right)) - start) / zoom + 6}px`;
      for (const [text, box] of boxes) {
        const name = document.createElement("span");
        const { fontSize, fontFamily } = getComputedStyle(text);
        name.textContent = text.textContent;
        name.style.cssText = `top: ${(box.top - top) / zoom}px; line-height: ${box.height / zoom}px; font-size: ${fontSize}; font-family: ${fontFamily}`;
        strip.append(name);
      }
      return strip;
    });
    this.pinned.replaceChildren(...strips);
  }

  say(error) {
    this.message.textContent = error ? `This chart could not be drawn: ${error.message ?? error}` : "";
    this.message.hidden = !error;
    if (error) this.el.dataset.state = "error";
  }

  /** Vega does not throw what goes wrong while it draws, it logs it. */
  logger() {
    const logger = { level: () => logger, warn: () => logger, info: () => logger, debug: () => logger };
    logger.error = (error) => {
      this.problem = error;
      return logger;
    };
    return logger;
  }

  /** The specification with the data and parameters that are shown: it opens in any editor of Vega-Lite. */
  whole() {
    const spec = this.drawn;
    const values = { ...this.model.get("signals"), step: this.model.get("index") };
    const params = (spec.params ?? []).map((one) => (Object.hasOwn(values, one.name) ? { ...one, value: values[one.name] } : one));
    return { ...spec, background: "white", datasets: { ...spec.datasets, ...this.model.get("data") }, params };
  }

  finalize() {
    this.menu.hidden = true;
    this.result?.finalize();
    this.result = null;
    this.view = null;
    this.mount.replaceChildren();
  }

  /** The spec for the width that the chart has. */
  spec() {
    const narrow = this.model.get("narrow");
    const tight = this.el.clientWidth > 0 && this.el.clientWidth < NARROW;
    return tight && Object.keys(narrow ?? {}).length ? narrow : this.model.get("spec");
  }

  /** Embed the spec; called again only when it changes on purpose, or its place is another one. */
  async embed() {
    const turn = ++this.turn;
    const spec = this.spec();
    this.drawn = spec;
    try {
      if (!spec || Object.keys(spec).length === 0) {
        this.finalize();
        this.el.dataset.state = "empty";
        return;
      }
      const vegaEmbed = await library(this.model.get("library_version"));
      if (turn !== this.turn) return;
      const place = document.createElement("div"); // the old chart stays until the new one is there
      const result = await vegaEmbed(place, driven(spec), { actions: false, renderer: "svg", defaultStyle: false, patch: silent });
      if (turn !== this.turn) {
        result.finalize();
        return;
      }
      this.finalize();
      this.mount.replaceChildren(place);
      this.result = result;
      this.view = result.view;
      this.view.logger(this.logger());
      this.fitted = false;
      this.tuples = new Map(); // our rows in the view, by name of the data set
      this.park = spec.usermeta?.facelib?.park ?? false;
      this.columns = spec.usermeta?.facelib?.columns ?? 1;
      this.least = spec.usermeta?.facelib?.least ?? 30;
      this.names = new Set(Object.keys(this.view.getState({ signals: () => true, data: () => false }).signals));
      this.heading = [...this.names].find((name) => name.endsWith("_heading"));
      this.said = this.heading && this.view.signal(this.heading);
      this.say(null);
      this.change("data", "signals", "step");
    } catch (error) {
      if (turn === this.turn) this.say(error);
    }
  }

  /** Note what changed and paint in the next animation frame; the newest values win. */
  change(...what) {
    for (const name of what) this.dirty[name] = true;
    this.request ||= requestAnimationFrame(() => {
      this.request = 0;
      this.flush();
    });
  }

  async flush() {
    if (this.running || !this.view) return;
    this.running = true;
    try {
      while (this.view && Object.values(this.dirty).some(Boolean)) {
        const { view } = this;
        const index = this.model.get("index");
        if (this.dirty.data) this.patchData(view);
        if (this.dirty.signals) this.patchSignals(view);
        if (this.names.has("step")) view.signal("step", index);
        const resized = this.dirty.data && !this.fitted;
        this.dirty = { data: false, signals: false, step: false };
        this.problem = null;
        await view.runAsync();
        if (view !== this.view) continue;
        if (resized) {
          this.fit();
          this.tell();
        }
        this.say(this.problem);
        if (this.problem) break;
        this.el.dataset.state = "ready";
        this.menu.hidden = false;
        this.el.dataset.index = String(index);
        this.el.dataset.painted = String(++this.count);
      }
    } catch (error) {
      this.dirty = { data: false, signals: false, step: false };
      this.tuples.clear();
      this.say(error);
    } finally {
      this.running = false;
    }
  }

  patchData(view) {
    for (const [name, rows] of Object.entries(this.model.get("data"))) {
      view.change(name, this.changes(view, name, rows));
    }
  }

  /** Vega's change set from the rows that are there to `rows`.
   *
   * Rows are rewritten in place: Vega's bookkeeping grows with every row that was ever inserted (20 to 100 MB in 300
   * updates of a sweep), and not at all with rewritten ones. A chart that ignores rows of nulls says so by `park`:
   * its surplus rows are emptied and kept for later.
   */
  changes(view, name, rows) {
    const changes = view.changeset();
    if (!this.tuples.has(name)) {
      const fresh = rows.map((row) => ({ ...row })); // Vega marks the objects that it is given
      this.tuples.set(name, { old: fresh, fields: new Set(fresh.flatMap(Object.keys)) });
      return changes.remove(() => true).insert(fresh);
    }
    const { old, fields } = this.tuples.get(name);
    for (const row of rows) for (const field in row) fields.add(field);
    rows.slice(0, old.length).forEach((row, k) => rewrite(changes, fields, old[k], row));
    if (rows.length > old.length) {
      const fresh = rows.slice(old.length).map((row) => ({ ...row }));
      old.push(...fresh);
      changes.insert(fresh);
    } else if (this.park) {
      old.slice(rows.length).forEach((tuple) => rewrite(changes, fields, tuple, {}));
    } else {
      changes.remove(old.splice(rows.length));
    }
    return changes;
  }

  patchSignals(view) {
    for (const [name, value] of Object.entries(this.model.get("signals"))) {
      if (name === this.heading) this.said = value;
      else view.signal(name, value);
    }
    if (!this.heading) return;
    this.legend.textContent = this.legend.hidden ? "" : [this.said].flat().join(". "); // never said twice
    view.signal(this.heading, this.legend.hidden ? this.said : [""]);
  }

  /** Widen or narrow the panels so that the chart fills its place; text keeps its size. */
  fit() {
    const svg = this.mount.querySelector("svg");
    const place = this.el.clientWidth;
    if (!this.view || !svg || place < 50) return;
    const widths = [...this.names].filter((name) => /(^|_|child)width$/i.test(name));
    const own = widths.length > 1 ? widths.filter((name) => name !== "width") : widths;
    const numbers = own.map((name) => this.view.signal(name)).filter((v) => typeof v === "number");
    if (!numbers.length) return;
    const now = Math.max(...numbers);
    const rest = Number(svg.getAttribute("width")) - this.columns * now; // axes, gaps and padding
    const next = Math.max(this.least, Math.floor((place - rest) / this.columns));
    this.fitted = true;
    if (Math.abs(next - now) < 1) return;
    for (const name of own) this.view.signal(name, next);
    this.view.resize();
    this.change("step");
  }

  close() {
    this.turn += 1;
    this.closed.abort();
    cancelAnimationFrame(this.request);
    this.observer.disconnect();
    this.finalize();
  }
}

function render({ model, el }) {
  const chart = new Chart(model, el);
  model.on("change:spec", () => chart.embed());
  model.on("change:data", () => chart.change("data"));
  model.on("change:signals", () => chart.change("signals"));
  model.on("change:index", () => chart.change("step"));
  chart.embed();
  return () => chart.close();
}

export default { render };
