/* A button with what is chosen, and the panel that it opens: a search box over a list of entries with pictures.
 *
 * The pattern is ARIA's combobox with a listbox, inside a modal dialog: the focus stays in the search box, and
 * aria-activedescendant says which entry the arrows have come to. On a touch screen the list has the focus, so that no
 * keyboard rises over it. Words are written with textContent only.
 */

const NARROW_WINDOW = 700; // px below which the panel is a sheet over the whole width
const TALL = 640; // px of the panel, where there is room
const PAGE = 6; // entries that Page Up and Page Down pass
const WAYS = { ArrowDown: 1, ArrowUp: -1, PageDown: PAGE, PageUp: -PAGE, Home: -Infinity, End: Infinity };

/** Words as they are compared: small letters without accents. */
const bare = (text) => String(text ?? "").normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase();

/** Texts with a space before each word, so that " pal" finds where a word begins. */
const spaced = (...texts) => ` ${bare(texts.filter(Boolean).join(" ")).replace(/[^\p{L}\p{N}]+/gu, " ")}`;

/** How well an entry answers all words of a search: 0 best; Infinity: not at all. */
function rankOf(entry, words) {
  const ranks = words.map((word) => {
    if (entry.title.startsWith(` ${word}`)) return 0;
    if (entry.title.includes(` ${word}`)) return 1;
    if (entry.known.includes(` ${word}`)) return 2;
    if (entry.title.includes(word)) return 3;
    return entry.about.includes(` ${word}`) ? 4 : Infinity;
  });
  return Math.max(0, ...ranks);
}

class Chooser {
  constructor(model, el) {
    this.model = model;
    this.el = el;
    el.classList.add("facelib-chooser");
    this.sheet = new Sheet(model);
    this.entries = [];
    this.button = this.makeButton();
    this.dialog = this.makeDialog();
    el.replaceChildren(this.label, this.button, this.dialog);
    this.build();
    this.heard = {
      "change:groups": () => this.build(),
      "change:value": () => this.follow(),
      "change:refused": () => this.follow(),
    };
    for (const [name, hear] of Object.entries(this.heard)) model.on(name, hear);
    this.place = () => this.dialog.open && this.put();
    window.addEventListener("resize", this.place);
  }

  makeButton() {
    this.label = element("span", "facelib-chooser-label", this.model.get("label"));
    this.label.id = ownId("label");
    this.label.title = this.model.get("help");
    const button = element("button", "facelib-chooser-button");
    Object.assign(button, { type: "button", title: this.model.get("help") });
    this.now = element("span", "facelib-chooser-now");
    this.now.id = ownId("now");
    this.kind = element("span", "facelib-chooser-kind");
    this.shown = this.sheet.tile(-1);
    const sign = element("span", "facelib-chooser-sign");
    sign.setAttribute("aria-hidden", "true");
    const chosen = element("span", "facelib-chooser-chosen");
    chosen.append(this.now, this.kind);
    button.append(this.shown, chosen, sign);
    button.setAttribute("aria-haspopup", "dialog");
    button.setAttribute("aria-expanded", "false");
    button.setAttribute("aria-labelledby", `${this.label.id} ${this.now.id}`);
    button.addEventListener("click", () => this.open());
    button.addEventListener("keydown", (event) => this.onButtonKey(event));
    return button;
  }

  makeDialog() {
    const dialog = element("dialog", "facelib-chooser-dialog");
    const title = `Choose: ${this.model.get("label")}`; // labelled by the button's label, it would be taken for the button
    dialog.setAttribute("aria-label", title);
    this.search = element("input", "facelib-chooser-search");
    Object.assign(this.search, { type: "text", autocomplete: "off", spellcheck: false, placeholder: "Search" });
    const list = (this.list = element("div", "facelib-chooser-list"));
    list.id = ownId("list");
    list.tabIndex = -1;
    for (const [name, value] of [["role", "listbox"], ["aria-label", title]]) list.setAttribute(name, value);
    for (const [name, value] of [
      ["role", "combobox"], ["aria-label", `Search: ${this.model.get("label")}`], ["aria-autocomplete", "list"],
      ["aria-expanded", "true"], ["aria-controls", list.id],
    ]) this.search.setAttribute(name, value);
    this.count = element("p", "facelib-chooser-count");
    this.count.setAttribute("role", "status");
    const close = element("button", "facelib-chooser-close", "Close");
    close.type = "button";
    close.addEventListener("click", () => dialog.close());
    const head = element("div", "facelib-chooser-head");
    head.append(this.search, this.count, close);
    dialog.append(head, list);
    this.search.addEventListener("input", () => this.filter());
    dialog.addEventListener("keydown", (event) => this.onKey(event, close));
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    dialog.addEventListener("close", () => this.closed());
    list.addEventListener("click", (event) => this.onPick(event));
    list.addEventListener("pointermove", (event) => this.onPoint(event));
    return dialog;
  }

  build() {
    this.entries = [];
    this.list.replaceChildren(...this.model.get("groups").map((group) => this.group(group)));
    this.follow();
    if (this.dialog.open) this.filter();
  }

  group({ title, note, apart, items }) {
    const whole = element("div", `facelib-chooser-group${apart ? " facelib-chooser-apart" : ""}`);
    const heading = element("p", "facelib-chooser-title", title);
    heading.setAttribute("role", "presentation");
    whole.setAttribute("role", "group");
    whole.setAttribute("aria-label", `${title}, ${items.length === 1 ? "1 entry" : `${items.length} entries`}`);
    whole.append(heading);
    if (note) {
      const words = element("p", "facelib-chooser-note", note);
      words.setAttribute("role", "presentation");
      whole.append(words);
    }
    const rows = element("div", "facelib-chooser-items");
    rows.setAttribute("role", "presentation");
    rows.append(...items.map((item) => this.entry(item, whole, title)));
    whole.append(rows);
    return whole;
  }

  entry(item, whole, heading) {
    const row = element("div", "facelib-chooser-item");
    row.id = ownId("entry");
    row.setAttribute("role", "option");
    const words = element("span", "facelib-chooser-words");
    const why = element("span", "facelib-chooser-why");
    words.append(element("span", "facelib-chooser-name", item.title), element("span", "facelib-chooser-line", item.line ?? ""), why);
    row.append(this.sheet.tile(item.place ?? -1), words);
    this.entries.push({
      id: item.id, row, why, whole, heading, shown: item.title, picture: item.place ?? -1,
      title: spaced(item.title), known: spaced(heading, item.id, item.words), about: spaced(item.line, item.about),
    });
    return row;
  }

  /** Show what is chosen, and what can't be. */
  follow() {
    const [value, refused] = [this.model.get("value"), this.model.get("refused")];
    for (const entry of this.entries) {
      const why = refused[entry.id] ?? "";
      write(entry.why, why && `Not now: ${why}`);
      entry.row.setAttribute("aria-disabled", String(Boolean(why)));
      entry.row.setAttribute("aria-selected", String(entry.id === value));
    }
    const chosen = this.entries.find((entry) => entry.id === value);
    write(this.now, chosen?.shown ?? value);
    write(this.kind, chosen?.heading ?? "");
    this.sheet.show(this.shown, chosen?.picture ?? -1);
  }

  open(begun = "") {
    if (this.dialog.open) return;
    this.search.value = begun;
    this.dialog.showModal();
    this.put();
    this.button.setAttribute("aria-expanded", "true");
    this.filter();
    const touched = window.matchMedia("(pointer: coarse)").matches && !begun;
    (touched ? this.list : this.search).focus({ preventScroll: true });
  }

  /** Below the button where there is room; over the whole width of a narrow window. */
  put() {
    const { style, classList } = this.dialog;
    const sheet = window.innerWidth < NARROW_WINDOW;
    classList.toggle("facelib-chooser-sheet", sheet);
    if (sheet) {
      for (const name of ["left", "top", "height"]) style[name] = "";
      return;
    }
    const zoom = this.dialog.currentCSSZoom ?? 1; // of larger text: boxes are px of the screen, styles aren't
    const box = this.button.getBoundingClientRect();
    const height = Math.min(TALL * zoom, window.innerHeight - 16);
    style.height = `${height / zoom}px`;
    style.left = `${Math.max(8, Math.min(box.left, window.innerWidth - this.dialog.offsetWidth * zoom - 8)) / zoom}px`;
    style.top = `${Math.max(8, Math.min(box.bottom + 4, window.innerHeight - height - 8)) / zoom}px`;
  }

  closed() {
    this.button.setAttribute("aria-expanded", "false");
    this.button.focus({ preventScroll: true });
  }

  /** Show the entries that answer the search; the best of them, or what is chosen, is where the arrows begin. */
  filter() {
    const words = spaced(this.search.value).split(" ").filter(Boolean);
    const ranks = new Map(this.entries.map((entry) => [entry, rankOf(entry, words)]));
    const hits = this.entries.filter((entry) => ranks.get(entry) < Infinity);
    for (const entry of this.entries) entry.row.hidden = ranks.get(entry) === Infinity;
    for (const whole of this.list.children) whole.hidden = !whole.querySelector("[role=option]:not([hidden])");
    const all = this.entries.length;
    const found = hits.length === 1 ? `1 of ${all} fits` : `${hits.length} of ${all} fit`;
    write(this.count, !words.length ? `${all} to choose from` : hits.length ? found : "Nothing fits: try another word.");
    const able = ({ row }) => (row.getAttribute("aria-disabled") === "true" ? 0.5 : 0);
    const best = [...hits].sort((a, b) => ranks.get(a) + able(a) - ranks.get(b) - able(b))[0];
    const chosen = this.entries.find((entry) => entry.id === this.model.get("value"));
    this.list.scrollTop = 0;
    this.move(words.length ? best : (chosen ?? best), { middle: !words.length });
  }

  /** Make an entry the active one, and bring it into sight. */
  move(entry, { middle = false, scroll = true } = {}) {
    this.active?.row.classList.remove("facelib-chooser-active");
    this.active = entry;
    for (const node of [this.search, this.list]) {
      if (entry) node.setAttribute("aria-activedescendant", entry.row.id);
      else node.removeAttribute("aria-activedescendant");
    }
    if (!entry) return;
    entry.row.classList.add("facelib-chooser-active");
    if (!scroll) return;
    const [box, view] = [entry.row.getBoundingClientRect(), this.list.getBoundingClientRect()];
    if (middle) this.list.scrollTop += box.top - view.top - (view.height - box.height) / 2;
    else if (box.top < view.top + 40) this.list.scrollTop += box.top - view.top - 40; // its heading, too
    else if (box.bottom > view.bottom - 6) this.list.scrollTop += box.bottom - view.bottom + 6;
  }

  onButtonKey(event) {
    const typed = event.key.length === 1 && /\S/.test(event.key) && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (!typed && !["ArrowDown", "ArrowUp"].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation(); // JupyterLab's shortcuts
    this.open(typed ? event.key : "");
  }

  onKey(event, close) {
    event.stopPropagation(); // JupyterLab's shortcuts
    if (event.target === close || event.isComposing) return;
    const shown = this.entries.filter(({ row }) => !row.hidden);
    const way = WAYS[event.key];
    if (way !== undefined && shown.length) {
      const here = shown.indexOf(this.active);
      this.move(shown[Math.max(0, Math.min(shown.length - 1, here + way))]);
    } else if (event.key === "Enter" && this.active) this.pick(this.active);
    else if (event.target === this.list && event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) {
      this.search.focus({ preventScroll: true }); // the letter goes there
      return;
    } else return;
    event.preventDefault();
  }

  entryAt(event) {
    const row = event.target.closest?.("[role=option]");
    return this.entries.find((entry) => entry.row === row);
  }

  onPoint(event) {
    const entry = event.pointerType === "mouse" && this.entryAt(event);
    if (entry && entry !== this.active) this.move(entry, { scroll: false });
  }

  onPick(event) {
    const entry = this.entryAt(event);
    if (entry) this.pick(entry);
  }

  pick(entry) {
    const why = this.model.get("refused")[entry.id];
    if (why) {
      this.move(entry);
      write(this.count, `${entry.shown} can\u2019t be chosen now: ${why}`);
      return;
    }
    if (entry.id !== this.model.get("value")) {
      this.model.set("value", entry.id);
      this.model.save_changes();
    }
    this.dialog.close();
  }

  close() {
    window.removeEventListener("resize", this.place);
    for (const [name, hear] of Object.entries(this.heard)) this.model.off(name, hear);
    this.dialog.close();
    this.sheet.close();
  }
}

function render({ model, el }) {
  const chooser = new Chooser(model, el);
  return () => chooser.close();
}

export default { render };
