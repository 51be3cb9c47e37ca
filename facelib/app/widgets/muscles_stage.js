/* A moving face beside the map of its muscles' activity.
 *
 * Pictures and maps of all moments are here, so moving the slider repaints without asking the kernel. Where a picture
 * isn't there yet, the nearest one is shown, and says so. Data are written with textContent and canvas calls only.
 */

const KEPT = 128; // decoded pictures: 26 MB at 224 px
const WIDE = 460; // px of the map's canvas
const INK = "#3a4651";

function seconds(value) {
  return `${value.toFixed(1)} s`;
}

/** Red, green and blue of "#rrggbb". */
function rgb(colour) {
  return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
}

/** The colour of every byte of a map, as bytes red, green, blue, alpha. */
function palette(ramp, full, outside) {
  const stops = ramp.map(rgb);
  const table = new Uint8ClampedArray(4 * 256);
  for (let value = 0; value < 256; value++) {
    const at = (Math.min(value / full, 1)) * (stops.length - 1);
    const low = Math.min(Math.floor(at), stops.length - 2);
    const colour = stops[low].map((c, k) => c + (at - low) * (stops[low + 1][k] - c));
    table.set(value === outside ? [0, 0, 0, 0] : [...colour, 255], 4 * value);
  }
  return table;
}

class MusclesView {
  constructor(model, el) {
    this.model = model;
    this.el = el;
    this.count = 0;
    this.bitmaps = new Map();
    this.pending = new Set();
    this.generation = 0;
    this.frameRequest = 0;
    this.build();
    this.readMaps();
    this.preload();
    this.request();
  }

  build() {
    this.el.classList.add("facelib-muscles");
    this.face = figure("muscles", "face");
    this.map = figure("muscles", "map");
    this.row = element("div", "facelib-muscles-row");
    this.row.append(this.face.root, this.map.root);
    this.legend = element("div", "facelib-muscles-legend");
    this.bar = element("canvas", "facelib-muscles-bar");
    this.bar.width = 251;
    this.bar.height = 1;
    this.bar.setAttribute("role", "img");
    this.bar.setAttribute("aria-label", "colour scale of activity from 0, light, to 1, dark");
    this.legend.append(
      element("span", "", "activity"), element("span", "facelib-muscles-number", "0"), this.bar,
      element("span", "facelib-muscles-number", "1"),
    );
    this.map.root.append(this.legend);
    this.error = element("p", "facelib-message");
    this.error.setAttribute("role", "alert");
    this.error.hidden = true;
    this.el.replaceChildren(this.row, this.error);
  }

  readMaps() {
    const view = this.model.get("maps");
    const [n, h, w] = this.model.get("map_shape");
    const there = n > 0 && view?.byteLength === n * h * w;
    this.maps = there ? new Uint8Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength)) : null;
    this.map.root.hidden = !there;
    this.row.classList.toggle("facelib-muscles-alone", !there);
    if (!there) return;
    this.sheet = new OffscreenCanvas(w, h);
    this.table = palette(this.model.get("ramp"), this.model.get("full"), this.model.get("outside"));
    this.words = new Uint32Array(this.table.buffer); // a colour a word: a map is copied, not computed
    this.image = new ImageData(w, h);
    this.pixels = new Uint32Array(this.image.data.buffer);
    const { half, lines } = this.model.get("plane");
    this.map.canvas.width = WIDE;
    this.map.canvas.height = Math.round((WIDE * half[1]) / half[0]);
    this.scale = WIDE / (2 * half[0]);
    this.paths = lines.map((line) => this.path(line));
    const bar = new ImageData(251, 1);
    bar.data.set(this.table.subarray(0, 4 * 251));
    this.bar.getContext("2d").putImageData(bar, 0, 0);
  }

  /** Decode what is new; pictures of the same film that were decoded stay. */
  preload() {
    const frames = this.model.get("frames");
    const times = this.model.get("times").join();
    if (times !== this.times || frames.every((frame) => !frame.byteLength)) this.forget();
    this.times = times;
    this.error.hidden = true;
    frames.slice(0, KEPT).forEach((frame, k) => {
      if (frame.byteLength) this.decode(k, frame);
    });
  }

  forget() {
    this.generation += 1;
    this.pending.clear();
    for (const bitmap of this.bitmaps.values()) bitmap.close();
    this.bitmaps.clear();
  }

  async decode(key, bytes) {
    if (this.bitmaps.has(key) || this.pending.has(key)) return;
    const { generation } = this;
    this.pending.add(key);
    try {
      const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/jpeg" }));
      if (generation !== this.generation) {
        bitmap.close();
        return;
      }
      this.pending.delete(key);
      this.bitmaps.set(key, bitmap);
      this.request();
    } catch (error) {
      if (generation !== this.generation) return;
      this.error.textContent = `A picture could not be shown: ${error.message}`;
      this.error.hidden = false;
    }
  }

  /** Ask for one repaint in the next animation frame; the newest state wins. */
  request() {
    this.frameRequest ||= requestAnimationFrame(() => {
      this.frameRequest = 0;
      this.repaint();
    });
  }

  /** The moment whose picture is there and that is nearest; -1: there is none. */
  nearest(index) {
    let best = -1;
    for (const key of this.bitmaps.keys()) {
      if (best < 0 || Math.abs(key - index) < Math.abs(best - index)) best = key;
    }
    return best;
  }

  repaint() {
    const times = this.model.get("times");
    const index = Math.min(this.model.get("index"), times.length - 1);
    this.el.dataset.state = times.length ? "computing" : "empty";
    this.row.hidden = !times.length;
    if (index < 0) return;
    this.drawMap(index, times[index]);
    const key = this.nearest(index);
    const { canvas, badge, caption } = this.face;
    const alt = this.model.get("picture_alt");
    write(badge, key === index ? "" : key < 0 ? "being made …" : `picture of ${seconds(times[key])}`);
    write(caption, `the face at ${seconds(times[index])}`);
    if (key >= 0) {
      const bitmap = this.bitmaps.get(key);
      if (canvas.width !== bitmap.width || canvas.height !== bitmap.height) {
        canvas.width = bitmap.width;
        canvas.height = bitmap.height;
      }
      canvas.getContext("2d").drawImage(bitmap, 0, 0);
      canvas.setAttribute("aria-label", `${alt} at ${seconds(times[key])}`);
    }
    const frames = this.model.get("frames");
    if (frames.every((frame) => frame.byteLength)) this.el.dataset.state = "ready";
    this.el.dataset.made = String(frames.filter((frame) => frame.byteLength).length);
    this.el.dataset.shown = String(key);
    this.el.dataset.index = String(index);
    this.el.dataset.painted = String(++this.count);
  }

  /** The place of a point of the face, mm, on the canvas. */
  at([x, y]) {
    const { canvas } = this.map;
    return [canvas.width / 2 + x * this.scale, canvas.height / 2 - y * this.scale];
  }

  path(points) {
    const path = new Path2D();
    points.forEach((point, k) => (k ? path.lineTo(...this.at(point)) : path.moveTo(...this.at(point))));
    return path;
  }

  drawMap(index, time) {
    if (!this.maps) return;
    const [, h, w] = this.model.get("map_shape");
    const cells = this.maps.subarray(index * h * w, (index + 1) * h * w);
    for (let k = 0; k < cells.length; k++) this.pixels[k] = this.words[cells[k]];
    this.sheet.getContext("2d").putImageData(this.image, 0, 0);
    const { canvas, caption } = this.map;
    const context = canvas.getContext("2d");
    const { dots } = this.model.get("plane");
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.save();
    context.clip(this.paths[0]);
    context.imageSmoothingQuality = "high";
    context.drawImage(this.sheet, 0, 0, canvas.width, canvas.height);
    context.restore();
    context.strokeStyle = INK;
    context.lineWidth = 2;
    context.globalAlpha = 0.75;
    this.paths.forEach((path) => context.stroke(path));
    context.globalAlpha = 1;
    for (const dot of dots) {
      context.beginPath();
      context.arc(...this.at(dot), 5, 0, 2 * Math.PI);
      context.fillStyle = "#ffffff";
      context.fill();
      context.stroke();
    }
    context.fillStyle = INK;
    context.font = "20px system-ui, sans-serif";
    context.textBaseline = "bottom";
    [["right", "left", 4], ["left", "right", canvas.width - 4]].forEach(([word, align, x]) => {
      context.textAlign = align;
      context.fillText(word, x, canvas.height);
    });
    write(caption, this.model.get("said")[index] ?? "");
    canvas.setAttribute("aria-label", `Map of muscle activity at ${seconds(time)}; ${caption.textContent}`);
  }

  close() {
    cancelAnimationFrame(this.frameRequest);
    this.forget();
  }
}

function render({ model, el }) {
  const view = new MusclesView(model, el);
  let reading = false;
  const reload = () => {
    if (reading) return; // one message may change several traits
    reading = true;
    queueMicrotask(() => {
      reading = false;
      view.readMaps();
      view.preload();
      view.request();
    });
  };
  model.on("change:index", () => view.request());
  model.on("change:picture_alt", () => view.request());
  for (const name of ["frames", "times", "said", "maps", "map_shape", "plane"]) model.on(`change:${name}`, reload);
  return () => view.close();
}

export default { render };
