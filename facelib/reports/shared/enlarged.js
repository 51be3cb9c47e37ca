/* The pictures of a stage as large as the window: side by side, one over the other with an edge to move (wipe), in
 * turn (blink), or their difference. A wheel, two fingers, buttons or keys zoom; what is zoomed is dragged, or brought
 * to the middle by a click. The strength is set here, too. All is copied from the stage's own pictures, until finer ones
 * come: a kernel that has them (`fine` says so) is asked once the strength rests.
 */

const MODES = { beside: "Side by side", wipe: "Wipe", blink: "Blink", difference: "Difference" };
const BLINK = 600; // ms that each picture is shown: less than one flash a second (WCAG 2.3.1 allows three)
const CLOSEST = 8; // times
const CLOSER = 1.25; // times, with each turn of a button or key
const PER_PIXEL = 0.0015; // log of the zoom that one px of a wheel turns
const RESTS = 400; // ms without another strength until finer pictures are asked for
const SLIP = 4; // px that a click may move
const NUDGE = { ArrowLeft: [0.1, 0], ArrowRight: [-0.1, 0], ArrowUp: [0, 0.1], ArrowDown: [0, -0.1] }; // of a pane
const PUSH = { ArrowLeft: -2, ArrowDown: -2, ArrowRight: 2, ArrowUp: 2, PageDown: -10, PageUp: 10 }; // % of its width
const HELP = "Pictures. Plus and minus zoom, 0 shows all of them, arrow keys move what is zoomed.";

const within = (low, value, high) => Math.min(Math.max(value, low), high);
const lessMotion = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

function button(name, words, act) {
  const made = element("button", `facelib-enlarged-button ${name}`, words);
  made.type = "button";
  made.addEventListener("click", act);
  return made;
}

/** Buttons under one name. */
function group(name, ...children) {
  const made = element("div", "facelib-enlarged-group");
  made.setAttribute("role", "group");
  made.setAttribute("aria-label", name);
  made.append(...children);
  return made;
}

/** The two arrows that stand for "larger", drawn: not every font has them. */
function arrows() {
  const space = "http://www.w3.org/2000/svg";
  const drawn = document.createElementNS(space, "svg");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", "M9 2h5v5M14 2L9.5 6.5M7 14H2V9M2 14l4.5-4.5");
  drawn.setAttribute("viewBox", "0 0 16 16");
  drawn.setAttribute("aria-hidden", "true");
  drawn.append(path);
  return drawn;
}

class Enlarged {
  /** `stage` has a model, three figures, and words that stand for an empty difference. */
  constructor(stage) {
    this.stage = stage;
    this.mode = "beside";
    this.fingers = new Map();
    this.fine = { turn: 0 }; // of one step of one sweep: bitmaps, and their difference
    this.dialog = element("dialog", "facelib-enlarged");
    this.dialog.addEventListener("keydown", (event) => this.onKey(event));
    this.dialog.addEventListener("close", () => this.closed());
  }

  /** A button in the corner of a figure; its picture opens, too, by a click, two fingers, or Ctrl and the wheel. */
  offer({ frame, canvas, name }) {
    const offered = element("button", "facelib-stage-enlarge");
    offered.type = "button";
    offered.title = "Enlarge: beside each other, wipe, blink, difference";
    offered.setAttribute("aria-label", `Enlarge the picture “${name}”`);
    offered.setAttribute("aria-haspopup", "dialog");
    offered.append(arrows());
    const open = () => this.open(offered, name);
    offered.addEventListener("click", open);
    canvas.addEventListener("click", open);
    frame.addEventListener("touchmove", ({ touches }) => touches.length > 1 && open(), { passive: true });
    frame.addEventListener("wheel", (event) => {
      if (!event.ctrlKey) return; // two fingers on a pad come as this
      event.preventDefault();
      open();
    });
    frame.append(offered);
  }

  open(offered, name) {
    if (this.dialog.open || this.stage.el.dataset.state === "empty") return;
    this.offered = offered;
    Object.assign(this, { scale: 1, x: 0, y: 0, edge: 50, asked: null });
    this.build();
    this.dialog.showModal();
    this.choose(name === "difference" ? "difference" : this.mode);
    this.view.focus();
  }

  closed() {
    window.clearInterval(this.timer);
    window.clearTimeout(this.resting);
    this.fingers.clear();
    this.dialog.replaceChildren();
    this.offered.focus({ preventScroll: true });
  }

  build() {
    const title = element("h2", "", "Before and after");
    title.id = "facelib-enlarged-title";
    this.dialog.setAttribute("aria-labelledby", title.id);
    this.modes = Object.entries(MODES).map(([mode, words]) => {
      const made = button("", words, () => this.choose(mode));
      made.dataset.mode = mode;
      return made;
    });
    this.pause = button("facelib-enlarged-pause", "", () => this.blink(!this.timer));
    this.percent = element("span", "facelib-enlarged-number");
    const zoom = [button("", "−", () => this.zoom(1 / CLOSER)), this.percent, button("", "+", () => this.zoom(CLOSER)),
      button("", "Fit", () => this.fit())];
    ["Zoom out", "", "Zoom in", "Show all of the pictures"].forEach((words, k) => words && zoom[k].setAttribute("aria-label", words));
    const head = element("header", "");
    const shut = button("facelib-enlarged-close", "Close", () => this.dialog.close());
    head.append(title, group("How to compare", ...this.modes, this.pause), group("Zoom", ...zoom), shut);
    this.buildView();
    this.said = element("p", "facelib-enlarged-said");
    this.said.setAttribute("role", "status");
    const foot = element("footer", "");
    foot.append(this.buildStrength(), this.said);
    this.dialog.replaceChildren(head, this.view, foot);
  }

  buildView() {
    this.panes = ["first", "second"].map((name) => {
      const part = figure("enlarged", name);
      part.root.replaceChildren(part.frame);
      part.frame.append(part.caption);
      return part;
    });
    this.cover = element("div", "facelib-enlarged-cover");
    this.handle = element("div", "facelib-enlarged-handle");
    this.handle.setAttribute("role", "slider");
    this.handle.setAttribute("aria-label", "Edge between before and after");
    this.handle.setAttribute("aria-valuemin", "0");
    this.handle.setAttribute("aria-valuemax", "100");
    this.handle.tabIndex = 0;
    this.cover.append(this.handle);
    this.view = element("div", "facelib-enlarged-view");
    this.view.setAttribute("role", "group");
    this.view.setAttribute("aria-label", HELP);
    this.view.tabIndex = 0;
    this.view.append(...this.panes.map((pane) => pane.root), this.cover);
    this.view.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoom(Math.exp(-PER_PIXEL * event.deltaY), this.place(event));
    });
    this.view.addEventListener("pointerdown", (event) => this.onDown(event));
    this.view.addEventListener("pointermove", (event) => this.onMove(event));
    for (const kind of ["pointerup", "pointercancel"]) this.view.addEventListener(kind, (event) => this.onUp(event));
  }

  buildStrength() {
    const { model } = this.stage;
    const foot = element("label", "facelib-enlarged-strength");
    this.range = element("input", "");
    Object.assign(this.range, { type: "range", min: 0, max: Math.max(1, model.get("strengths").length - 1), step: 1 });
    this.range.addEventListener("input", () => {
      model.set("index", Number(this.range.value));
      model.save_changes();
    });
    this.strength = element("output", "facelib-enlarged-number");
    foot.append(element("span", "", "Strength"), this.range, this.strength);
    return foot;
  }

  choose(mode) {
    this.mode = mode;
    this.dialog.dataset.mode = mode;
    for (const made of this.modes) made.setAttribute("aria-pressed", String(made.dataset.mode === mode));
    this.blink(mode === "blink" && !lessMotion());
    this.moveEdge(this.edge);
    this.paint();
    this.transform();
  }

  /** Show the pictures in turn, or rest at the one after the change. */
  blink(runs) {
    window.clearInterval(this.timer);
    this.timer = 0;
    delete this.dialog.dataset.turn;
    this.pause.textContent = runs ? "Pause" : "Start";
    if (!runs) return;
    this.timer = window.setInterval(() => {
      if (this.dialog.dataset.turn) delete this.dialog.dataset.turn;
      else this.dialog.dataset.turn = "before";
    }, BLINK);
  }

  /** Copy what the stage shows. */
  paint() {
    if (!this.dialog.open) return;
    const { model, figures, same } = this.stage;
    const [before, after, change] = figures;
    const sources = this.mode === "difference" ? [change, after] : [before, after];
    const fine = this.finer();
    this.panes.forEach((pane, k) => {
      const { canvas, caption, note } = pane;
      const source = sources[k];
      if (fine) this.paintFine(pane, source, fine);
      else {
        resize(canvas, source.canvas);
        canvas.getContext("2d").drawImage(source.canvas, 0, 0);
      }
      canvas.setAttribute("aria-label", source.canvas.getAttribute("aria-label"));
      write(caption, source.caption.textContent);
      write(note, source === change ? same.textContent : source.note.textContent);
    });
    const { width, height } = before.canvas;
    this.view.style.setProperty("--ratio", width / height);
    const index = model.get("index");
    const strength = (model.get("strengths")[index] ?? 0).toFixed(2);
    this.range.value = index;
    this.range.setAttribute("aria-valuetext", `strength ${strength}`);
    write(this.strength, strength);
    this.said.hidden = !model.get("fine");
    write(this.said, fine ? model.get("fine") : "");
    this.dialog.classList.toggle("facelib-enlarged-fine", Boolean(fine));
  }

  /** The finer pictures of what is shown; where they aren't there they are asked for when the strength rests. */
  finer() {
    const { model } = this.stage;
    const index = model.get("index");
    if (this.fine.index === index && model.get("fine")) return this.fine;
    if (this.asked === index || !model.get("fine") || !model.get("frames")[index]?.byteLength) return null;
    window.clearTimeout(this.resting);
    this.asked = index;
    this.resting = window.setTimeout(() => this.ask(index), RESTS);
    return null;
  }

  /** Not while the strength is held. */
  ask(index) {
    if (this.range.matches(":active")) this.resting = window.setTimeout(() => this.ask(index), RESTS);
    else if (this.asked === index) this.stage.model.send({ fine: index, turn: this.fine.turn });
  }

  /** Other pictures are shown: finer ones of the last are dropped. */
  forget() {
    for (const bitmap of this.fine.bitmaps ?? []) bitmap.close();
    this.fine = { turn: this.fine.turn + 1 };
    this.asked = null;
  }

  /** Finer pictures have come; those of other strengths or sweeps come too late. */
  async come({ fine: index, turn }, buffers) {
    const bitmaps = await Promise.all(buffers.map((bytes) => createImageBitmap(new Blob([bytes], { type: "image/jpeg" }))));
    if (turn === this.fine.turn && index === this.stage.model.get("index") && this.dialog.open) {
      for (const bitmap of this.fine.bitmaps ?? []) bitmap.close();
      this.fine = { turn, index, bitmaps };
      this.paint();
    } else for (const bitmap of bitmaps) bitmap.close();
  }

  /** Draw a finer picture with the map that lies over it, or the difference of both. */
  paintFine(pane, { name }, fine) {
    const { stage } = this;
    const [before, after] = fine.bitmaps;
    const { canvas } = pane;
    if (name === "difference") {
      fine.difference ??= difference(pixels(before, stage.sheet), pixels(after, stage.sheet)).image;
      resize(canvas, fine.difference);
      canvas.getContext("2d").putImageData(fine.difference, 0, 0);
      return;
    }
    stage.drawPicture(pane, name === "before" ? before : after);
    stage.drawMap({ ...pane, name }, name === "before" ? 0 : fine.index);
  }

  moveEdge(percent) {
    this.edge = within(0, Math.round(percent), 100);
    this.view.style.setProperty("--edge", `${this.edge}%`);
    this.handle.setAttribute("aria-valuenow", String(this.edge));
    this.handle.setAttribute("aria-valuetext", `${this.edge} % before, ${100 - this.edge} % after`);
  }

  /** Where in its pane an event is, as parts of the pane's size. */
  place({ clientX, clientY }) {
    const boxes = this.panes.map((pane) => pane.frame.getBoundingClientRect()).filter((box) => box.width);
    const away = (box) => Math.max(box.left - clientX, clientX - box.right, 0) + Math.max(box.top - clientY, clientY - box.bottom, 0);
    const box = boxes.reduce((best, one) => (away(one) < away(best) ? one : best));
    return [(clientX - box.left) / box.width, (clientY - box.top) / box.height];
  }

  /** Zoom by a factor such that a place of the pane stays where it is. */
  zoom(factor, [u, v] = [0.5, 0.5]) {
    const scale = within(1, this.scale * factor, CLOSEST);
    const change = scale / this.scale;
    Object.assign(this, { scale, x: u - (u - this.x) * change, y: v - (v - this.y) * change });
    this.transform();
  }

  fit() {
    this.zoom(0);
  }

  move(dx, dy) {
    this.x += dx;
    this.y += dy;
    this.transform();
  }

  /** Place the pictures in their panes, which they always fill. */
  transform() {
    [this.x, this.y] = [this.x, this.y].map((at) => within(1 - this.scale, at, 0));
    const placed = `translate(${100 * this.x}%, ${100 * this.y}%) scale(${this.scale})`;
    for (const { canvas } of this.panes) canvas.style.transform = placed;
    write(this.percent, `${Math.round(100 * this.scale)} %`);
    this.dialog.classList.toggle("facelib-enlarged-zoomed", this.scale > 1);
  }

  onDown(event) {
    if (event.button) return;
    this.fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    this.view.setPointerCapture(event.pointerId);
    this.clicks = this.fingers.size === 1;
    this.held = event.target === this.handle; // later events are the view's
    this.wipes = this.mode === "wipe" && (this.held || this.scale === 1);
  }

  onMove(event) {
    const was = this.fingers.get(event.pointerId);
    if (!was) return;
    const now = { x: event.clientX, y: event.clientY };
    const [dx, dy] = [now.x - was.x, now.y - was.y];
    if (this.clicks && Math.hypot(dx, dy) < SLIP) return;
    this.clicks = false;
    const other = [...this.fingers].find(([id]) => id !== event.pointerId)?.[1];
    this.fingers.set(event.pointerId, now);
    const box = this.panes[0].frame.getBoundingClientRect();
    if (other) {
      const apart = (one) => Math.max(1, Math.hypot(one.x - other.x, one.y - other.y));
      this.zoom(apart(now) / apart(was), this.place({ clientX: (now.x + other.x) / 2, clientY: (now.y + other.y) / 2 }));
    } else if (this.wipes) this.moveEdge(100 * this.place(event)[0]);
    else this.move(dx / box.width, dy / box.height);
  }

  onUp(event) {
    const known = this.fingers.delete(event.pointerId);
    if (!known || !this.clicks || event.type !== "pointerup") return;
    const [u, v] = this.place(event);
    if (this.mode === "wipe" && !this.held) this.moveEdge(100 * u);
    else if (this.scale > 1 && this.mode !== "wipe") this.move(0.5 - u, 0.5 - v);
  }

  onKey(event) {
    event.stopPropagation(); // JupyterLab's shortcuts
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { key, target } = event;
    const zoom = { "+": CLOSER, "=": CLOSER, "-": 1 / CLOSER, 0: 0 }[key];
    if (key === "Tab") this.keepFocus(event);
    else if (zoom !== undefined) this.zoom(zoom);
    else if (target === this.view && NUDGE[key]) {
      event.preventDefault();
      this.move(...NUDGE[key]);
    } else if (target === this.handle && (PUSH[key] || key === "Home" || key === "End")) {
      event.preventDefault();
      this.moveEdge(PUSH[key] ? this.edge + PUSH[key] : key === "Home" ? 0 : 100);
    }
  }

  /** From the last stop Tab leads to the first, and back: not to the browser's own buttons. */
  keepFocus(event) {
    const all = [...this.dialog.querySelectorAll("button, input, [tabindex]")].filter((one) => one.checkVisibility());
    const [first, last] = [all[0], all.at(-1)];
    const leaves = document.activeElement === (event.shiftKey ? first : last);
    if (!leaves) return;
    event.preventDefault();
    (event.shiftKey ? last : first).focus();
  }

  close() {
    window.clearInterval(this.timer);
    window.clearTimeout(this.resting);
    this.forget();
    this.dialog.remove();
  }
}
