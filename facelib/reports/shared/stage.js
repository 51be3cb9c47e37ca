/* The stage: before | after, and the difference, which takes turns with "before" in the page; each opens enlarged.
 *
 * All pictures of a sweep are here already, so moving a slider repaints without asking the kernel. A picture that is
 * not there yet is replaced by `live`, which the kernel sets. Data are written with textContent and canvas calls only.
 */

const KEPT_BITMAPS = 64; // 224 px: 13 MB
const GRID = 112; // side of the smooth map, px; finer cannot be seen on a face of 200 px
const GAIN = 2; // amplification of the difference
const SAME = { start: "No difference yet: the strength is 0.", later: "No difference: no pixel has changed." };
const NOTHING = { map: "no positive evidence at this scale", change: "no change of the map" };
const BLANK = 0.01; // share of the scale below which a map shows nothing
const FAINT = 0.12; // of the largest change along the strengths: too pale to be seen on skin

// Colour-blind safe: inferno without its black end for evidence, blue to orange for its change.
const EVIDENCE = [[58, 12, 99], [101, 21, 110], [147, 38, 103], [188, 55, 84], [221, 81, 58], [243, 120, 25],
  [252, 165, 10], [246, 215, 70], [252, 255, 164]];
const CHANGE = [[5, 48, 130], [33, 102, 190], [92, 157, 220], [190, 218, 243], [250, 250, 250], [254, 214, 170],
  [248, 158, 78], [225, 103, 13], [150, 60, 0]];

/** Colour at share v in [0, 1] of a list of colours, linear between them. */
function mix(colours, v) {
  const at = Math.min(Math.max(v, 0), 1) * (colours.length - 1);
  const low = Math.min(Math.floor(at), colours.length - 2);
  return colours[low].map((c, k) => c + (at - low) * (colours[low + 1][k] - c));
}

function smoothstep(edge, v) {
  const t = Math.min(Math.max(v / edge, 0), 1);
  return t * t * (3 - 2 * t);
}

/** Red, green, blue, alpha of a value in units of the scale: no evidence is transparent. */
function paint(kind, v) {
  if (kind === "change") return [...mix(CHANGE, (v + 1) / 2), smoothstep(0.25, Math.abs(v))];
  return [...mix(EVIDENCE, v), smoothstep(0.3, v)];
}

/** A table of 256 colours, computed once a kind. */
const tables = {};
function table(kind) {
  if (!tables[kind]) {
    const span = kind === "change" ? (k) => k / 127.5 - 1 : (k) => k / 255;
    tables[kind] = Array.from({ length: 256 }, (_, k) => paint(kind, span(k)));
  }
  return tables[kind];
}

/** Where the samples of a map of n cells lie between: low cell, high cell, share; as in cv2.resize and torch. */
function samples(n) {
  return Array.from({ length: GRID }, (_, k) => {
    const at = Math.min(Math.max(((k + 0.5) / GRID) * n - 0.5, 0), n - 1);
    const low = Math.floor(at);
    return [low, Math.min(low + 1, n - 1), at - low];
  });
}

/** The map (h × w, in units of the scale) as a small smooth picture with transparency. */
function mapPicture(values, h, w, kind, opacity, sheet) {
  const colours = table(kind);
  const image = new ImageData(GRID, GRID);
  const rows = samples(h);
  const columns = samples(w);
  for (let y = 0; y < GRID; y++) {
    const [y0, y1, fy] = rows[y];
    for (let x = 0; x < GRID; x++) {
      const [x0, x1, fx] = columns[x];
      const top = values[y0 * w + x0] * (1 - fx) + values[y0 * w + x1] * fx;
      const low = values[y1 * w + x0] * (1 - fx) + values[y1 * w + x1] * fx;
      const v = top * (1 - fy) + low * fy;
      const share = kind === "change" ? (v + 1) / 2 : v;
      const colour = colours[Math.round(Math.min(Math.max(share, 0), 1) * 255)];
      const at = 4 * (y * GRID + x);
      image.data[at] = colour[0];
      image.data[at + 1] = colour[1];
      image.data[at + 2] = colour[2];
      image.data[at + 3] = 255 * opacity * colour[3];
    }
  }
  sheet.getContext("2d").putImageData(image, 0, 0);
  return sheet;
}

/** Grey where nothing changed, lighter or darker by GAIN times the change of each colour; and whether any did. */
function difference(before, after) {
  const image = new ImageData(before.width, before.height);
  const out = image.data;
  let changed = 0;
  for (let k = 0; k < out.length; k += 4) {
    for (let c = k; c < k + 3; c++) {
      const change = after.data[c] - before.data[c];
      changed |= change;
      out[c] = 128 + GAIN * change;
    }
    out[k + 3] = 255;
  }
  return { image, changed: changed !== 0 };
}

const whenIdle = window.requestIdleCallback ?? ((call) => setTimeout(call, 50, { timeRemaining: () => 10 }));
const LEFT = 5; // ms of an idle moment that a difference takes at most

/** Give a canvas the size of a picture; setting it also empties it, so only when it differs. */
function resize(canvas, { width, height }) {
  if (canvas.width === width && canvas.height === height) return;
  canvas.width = width;
  canvas.height = height;
  canvas.style.aspectRatio = `${width} / ${height}`;
}

function number(v) {
  if (v === 0) return "0";
  return Math.abs(v) >= 0.01 && Math.abs(v) < 1000 ? String(Number(v.toPrecision(2))) : v.toExponential(1);
}

/** Decoded pictures of one sweep; the oldest unused are closed so that memory stays bounded. */
class Reel {
  constructor(onReady, onError) {
    this.bitmaps = new Map();
    this.pending = new Set();
    this.onReady = onReady;
    this.onError = onError;
    this.generation = 0;
  }

  clear() {
    this.generation += 1;
    this.pending.clear();
    for (const bitmap of this.bitmaps.values()) bitmap.close();
    this.bitmaps.clear();
  }

  drop(key) {
    this.bitmaps.get(key)?.close();
    this.bitmaps.delete(key);
  }

  /** The bitmap under `key`, or null while it is being decoded. */
  get(key, bytes) {
    const bitmap = this.bitmaps.get(key);
    if (bitmap) {
      this.bitmaps.delete(key); // the newest goes to the end
      this.bitmaps.set(key, bitmap);
      return bitmap;
    }
    if (!this.pending.has(key)) this.decode(key, bytes);
    return null;
  }

  async decode(key, bytes) {
    const generation = this.generation;
    this.pending.add(key);
    try {
      const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/jpeg" }));
      if (generation !== this.generation) {
        bitmap.close();
        return;
      }
      this.pending.delete(key);
      this.bitmaps.set(key, bitmap);
      if (this.bitmaps.size > KEPT_BITMAPS) this.drop(this.bitmaps.keys().next().value);
      this.onReady(key);
    } catch (error) {
      if (generation === this.generation) this.onError(error);
    }
  }
}

/** Pixels of a bitmap, at its own size. */
function pixels(bitmap, sheet) {
  sheet.width = bitmap.width;
  sheet.height = bitmap.height;
  const context = sheet.getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  return context.getImageData(0, 0, bitmap.width, bitmap.height);
}

class StageView {
  constructor(model, el) {
    this.model = model;
    this.el = el;
    this.count = 0;
    this.liveKey = "live 0";
    this.frameRequest = 0;
    this.beforePixels = null;
    this.differences = new Map(); // of a sweep's steps, made ahead: a drag only shows them
    this.waits = false;
    this.sheet = new OffscreenCanvas(1, 1);
    this.mapSheet = new OffscreenCanvas(GRID, GRID);
    this.reel = new Reel(() => this.arrived(), (error) => this.fail(error));
    this.build();
    this.readMaps();
    this.preload();
    this.request();
  }

  build() {
    this.el.classList.add("facelib-stage");
    this.figures = ["before", "after", "difference"].map((name) => figure("stage", name));
    const row = element("div", "facelib-stage-row");
    row.append(...this.figures.map((f) => f.root));
    this.same = element("span", "facelib-stage-none");
    this.figures[2].frame.append(this.same);
    this.enlarged = new Enlarged(this);
    this.figures.forEach((f) => this.enlarged.offer(f));
    this.turn = element("button", "facelib-stage-turn", "Difference");
    this.turn.type = "button";
    this.turn.title = "Show the difference in the place of the face before the change";
    this.turn.addEventListener("click", () => {
      this.model.set("turned", !this.model.get("turned"));
      this.model.save_changes();
    });
    this.showTurn();
    const board = element("div", "facelib-stage-board");
    board.append(row, this.turn);
    this.legend = element("div", "facelib-stage-legend");
    this.legendTitle = element("span", "facelib-stage-legend-title");
    this.legendLow = element("span", "facelib-stage-legend-number");
    this.legendHigh = element("span", "facelib-stage-legend-number");
    this.bar = element("canvas", "facelib-stage-bar");
    this.bar.width = 256;
    this.bar.height = 1;
    this.legend.append(this.legendTitle, this.legendLow, this.bar, this.legendHigh);
    this.error = element("p", "facelib-message");
    this.error.setAttribute("role", "alert");
    this.error.hidden = true;
    this.el.replaceChildren(board, this.legend, this.error, this.enlarged.dialog);
  }

  showTurn() {
    const turned = this.model.get("turned");
    this.el.classList.toggle("facelib-stage-turned", turned);
    this.turn.setAttribute("aria-pressed", String(turned));
  }

  fail(error) {
    this.error.textContent = `A picture could not be shown: ${error.message}`;
    this.error.hidden = false;
  }

  readMaps() {
    const view = this.model.get("maps");
    const [n, h, w] = this.model.get("map_shape");
    const right = view && view.byteLength === 4 * n * h * w;
    // Copied, since a DataView need not start at a multiple of four bytes.
    this.maps = right && n > 0
      ? new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength))
      : null;
  }

  /** A picture is decoded: show it, and make its difference when the page rests. */
  arrived() {
    this.request();
    if (this.waits) return;
    this.waits = true;
    whenIdle((moment) => this.prepare(moment));
  }

  prepare(moment) {
    this.waits = false;
    const before = this.reel.bitmaps.get("before");
    if (!before || this.closed) return;
    for (const [step, bitmap] of this.reel.bitmaps) {
      if (typeof step !== "number" || this.differences.has(step)) continue;
      if (moment.timeRemaining() < LEFT) {
        this.waits = true;
        whenIdle((next) => this.prepare(next));
        return;
      }
      this.differences.set(step, this.differenceOf(before, bitmap));
    }
  }

  /** Decode the pictures ahead, so that a drag never waits for a decoder. */
  preload() {
    this.reel.clear();
    this.enlarged.forget();
    this.differences.clear();
    this.beforePixels = null;
    this.error.hidden = true;
    const before = this.model.get("before");
    if (before?.byteLength) this.reel.get("before", before);
    const live = this.model.get("live");
    if (live?.byteLength) this.reel.get(this.liveKey, live);
    this.model.get("frames").slice(0, KEPT_BITMAPS - 2).forEach((frame, k) => {
      if (frame.byteLength) this.reel.get(k, frame);
    });
  }

  /** Ask for one repaint in the next animation frame; the newest state wins. */
  request() {
    if (!this.frameRequest) {
      this.frameRequest = requestAnimationFrame(() => {
        this.frameRequest = 0;
        this.repaint();
      });
    }
  }

  /** The picture at the index: whether it is this step's, whether it has come, whether it is one of the sweep. */
  current(index) {
    const frame = this.model.get("frames")[index];
    if (frame?.byteLength) return { bitmap: this.reel.get(index, frame), right: true, known: true, own: true };
    const live = this.model.get("live");
    if (live?.byteLength) {
      const right = this.model.get("live_index") === index;
      return { bitmap: this.reel.get(this.liveKey, live), right, known: right };
    }
    return { bitmap: null, right: false, known: false };
  }

  repaint() {
    const [first, after, change] = this.figures;
    const index = this.model.get("index");
    const bytes = this.model.get("before");
    const before = bytes?.byteLength ? this.reel.get("before", bytes) : null;
    const { bitmap, right, known, own } = this.current(index);
    const waiting = bytes?.byteLength && !known;
    after.badge.textContent = waiting ? "computing …" : "";
    this.el.classList.toggle("facelib-stage-waiting", Boolean(waiting));
    this.el.dataset.state = waiting ? "computing" : bytes?.byteLength ? "ready" : "empty";
    if (!before) {
      this.same.textContent = "";
      return;
    }
    this.drawPicture(first, before);
    this.drawMap(first, 0);
    if (bitmap) { // else it is being decoded, and what was there stays until that is done
      this.drawPicture(after, bitmap);
      this.drawMap(after, right ? index : -1);
      this.drawDifference(change, before, bitmap, index, own);
      this.drawLegend();
    }
    this.describe(index);
    this.enlarged.paint();
    if (bitmap && right) {
      this.el.dataset.index = String(index);
      this.el.dataset.painted = String(++this.count);
    }
  }

  drawPicture({ canvas }, bitmap) {
    resize(canvas, bitmap);
    canvas.getContext("2d").drawImage(bitmap, 0, 0);
  }

  /** What `difference` returns of two bitmaps; null where they have not the same size. */
  differenceOf(before, after) {
    this.beforePixels ??= pixels(before, this.sheet);
    const now = pixels(after, this.sheet);
    const alike = now.width === this.beforePixels.width && now.height === this.beforePixels.height;
    return alike ? difference(this.beforePixels, now) : null;
  }

  drawDifference({ canvas }, before, after, index, own) {
    const found = (own && this.differences.get(index)) || this.differenceOf(before, after);
    if (!found) return;
    const { image, changed } = found;
    resize(canvas, image);
    canvas.getContext("2d").putImageData(image, 0, 0);
    this.same.textContent = changed ? "" : this.model.get("strengths")[index] ? SAME.later : SAME.start;
  }

  /** Values of one step in units of the scale, or null where there is nothing to draw. */
  mapValues(step, kind) {
    const [n, h, w] = this.model.get("map_shape");
    const scale = this.model.get("map_scale");
    if (!this.maps || step < 0 || step >= n || !(scale > 0)) return null;
    const size = h * w;
    const own = this.maps.subarray(step * size, (step + 1) * size);
    const start = this.maps.subarray(0, size);
    const values = Float32Array.from(own, (v, k) => (kind === "change" ? v - start[k] : v) / scale);
    return values.some(Number.isNaN) ? null : values;
  }

  drawMap(figure, step) {
    const kind = this.model.get("overlay");
    figure.note.textContent = "";
    if (kind === "none" || (kind === "change" && figure.name === "before")) return;
    const values = this.mapValues(step, kind);
    if (!values && figure.name === "after" && this.maps && step >= 0) {
      const scaled = this.model.get("map_scale") > 0;
      figure.note.textContent = scaled ? "map not computed yet" : NOTHING.map;
    }
    if (!values) return;
    const peak = values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
    if (peak < BLANK) {
      figure.note.textContent = NOTHING[kind];
      return;
    }
    if (kind === "change" && peak < FAINT) figure.note.textContent = "the map hardly changes here";
    const [, h, w] = this.model.get("map_shape");
    const [x, y, width, height] = this.model.get("map_box");
    const { canvas } = figure;
    const context = canvas.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.drawImage(
      mapPicture(values, h, w, kind, this.model.get("opacity"), this.mapSheet),
      x * canvas.width, y * canvas.height, width * canvas.width, height * canvas.height,
    );
  }

  drawLegend() {
    const kind = this.model.get("overlay");
    const scale = this.model.get("map_scale");
    const shown = kind !== "none" && this.maps !== null && scale > 0;
    this.legend.hidden = !shown;
    this.el.classList.toggle("facelib-stage-explained", shown);
    const state = shown ? `${kind} ${scale} ${this.model.get("map_title")}` : "";
    if (state === this.legendState) return;
    this.legendState = state;
    if (!shown) return;
    const title = this.model.get("map_title");
    this.legendTitle.textContent = kind === "change" ? `${title}, since strength 0` : title;
    this.legendLow.textContent = kind === "change" ? `less −${number(scale)}` : "0";
    this.legendHigh.textContent = kind === "change" ? `+${number(scale)} more (own unit)` : `${number(scale)} (own unit)`;
    const image = new ImageData(256, 1);
    table(kind).forEach((colour, k) => image.data.set([colour[0], colour[1], colour[2], 255 * colour[3]], 4 * k));
    this.bar.getContext("2d").putImageData(image, 0, 0);
    this.bar.setAttribute("role", "img");
    this.bar.setAttribute("aria-label", `colour scale from ${this.legendLow.textContent} to ${number(scale)}`);
  }

  describe(index) {
    const strengths = this.model.get("strengths");
    const at = index < strengths.length ? ` (strength ${strengths[index].toFixed(2)})` : "";
    const alt = this.model.get("picture_alt");
    const texts = [["before", `before: ${alt}`], [`after${at}`, `after${at}: ${alt}`],
      [`difference × ${GAIN}`, `difference after minus before${at}, times ${GAIN}; grey means no change`]];
    this.figures.forEach(({ canvas, caption, note }, k) => {
      write(caption, texts[k][0]);
      const overlay = this.model.get("overlay");
      const map = k < 2 && overlay !== "none" && this.model.get("map_title") ? `, with ${this.model.get("map_title")}` : "";
      canvas.setAttribute("aria-label", texts[k][1] + map + (note.textContent ? ` (${note.textContent})` : ""));
    });
    this.figures[2].caption.title = "After minus before, in each colour. Grey: no change.";
  }

  close() {
    cancelAnimationFrame(this.frameRequest);
    this.closed = true;
    this.enlarged.close();
    this.differences.clear();
    this.reel.clear();
  }
}

function render({ model, el }) {
  const view = new StageView(model, el);
  const preview = new Preview(model, el);
  const repaint = () => view.request();
  // One message may change several traits; each of these is cheap or coalesced.
  for (const name of ["index", "strengths", "overlay", "opacity", "map_box", "map_scale", "map_title", "picture_alt",
    "live_index"]) model.on(`change:${name}`, repaint);
  const reload = () => {
    if (view.reloading) return;
    view.reloading = true;
    queueMicrotask(() => {
      view.reloading = false;
      view.preload();
      view.request();
    });
  };
  model.on("change:turned", () => view.showTurn());
  model.on("change:before", reload);
  model.on("change:frames", reload);
  const come = (message, buffers) => Number.isInteger(message?.fine) && view.enlarged.come(message, buffers).catch(() => {}); // what is there stays
  model.on("msg:custom", come);
  let lives = 0;
  model.on("change:live", () => {
    view.reel.drop(view.liveKey);
    view.liveKey = `live ${++lives}`; // a decoder that is still busy with the last one can't overwrite this one
    view.request();
  });
  for (const name of ["maps", "map_shape"]) model.on(`change:${name}`, () => {
    view.readMaps();
    view.request();
  });
  return () => {
    preview.close();
    view.close();
  };
}

export default { render };
