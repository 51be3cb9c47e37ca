/* A row of classifiers' names, each of which opens its card as a dialog: Escape, the button and the ground close it,
 * and the focus goes back to the name. Names in headings of charts and in cells of tables of the same panel open it,
 * too. Words are written with textContent only.
 */

const PANEL = ".facelib-outputs";
const HEADING = "svg text"; // of charts: those whose words are a name
const OPENER = "[data-opens]"; // in tables
const NAMED_HEAD = ["shows", "named so", "faces", "instead, most often"];
const UNMEASURED = "Not measured: no rendered faces were read with these weights for this card.";

class Cards {
  constructor(model, el) {
    this.model = model;
    this.el = el;
    el.classList.add("facelib-cards");
    this.note = element("p", "facelib-cards-note");
    this.row = element("div", "facelib-cards-row");
    this.row.setAttribute("role", "group");
    this.dialog = element("dialog", "facelib-cards-dialog");
    this.dialog.addEventListener("click", (event) => {
      if (event.target === this.dialog) this.dialog.close();
    });
    this.dialog.addEventListener("keydown", (event) => event.stopPropagation()); // JupyterLab's shortcuts
    el.replaceChildren(this.note, this.row, this.dialog);
    model.on("change:cards", () => this.build());
    this.build();
    this.heard = { click: (event) => this.onNamed(event), pointerover: (event) => this.onPoint(event) };
    this.attach();
  }

  /** Hear the names of the whole panel, once the row stands in it. */
  attach() {
    this.panel = this.el.closest(PANEL);
    if (this.panel) for (const [kind, hear] of Object.entries(this.heard)) this.panel.addEventListener(kind, hear);
    else this.timer = window.setTimeout(() => this.attach(), 50);
  }

  /** The card whose name an element is: a cell that opens it, or a heading that has no other words. */
  named(target) {
    const id = target.closest?.(OPENER)?.dataset.opens ?? (target.matches?.(HEADING) ? target.textContent.trim() : "");
    return id && this.model.get("cards").find((card) => card.id === id);
  }

  onNamed({ target }) {
    const card = this.el.contains(target) ? undefined : this.named(target);
    if (card) this.open(card);
  }

  onPoint({ target }) {
    if (target.matches?.(HEADING) && this.named(target)) target.style.cursor = "pointer";
  }

  end() {
    window.clearTimeout(this.timer);
    if (this.panel) for (const [kind, hear] of Object.entries(this.heard)) this.panel.removeEventListener(kind, hear);
    this.dialog.close();
  }

  build() {
    this.note.textContent = this.model.get("note");
    this.row.setAttribute("aria-label", "Cards of the classifiers");
    this.row.replaceChildren(...this.model.get("cards").map((card) => {
      const name = element("button", "facelib-cards-name", card.name);
      name.type = "button";
      name.title = card.title;
      name.setAttribute("aria-haspopup", "dialog");
      name.append(" ", element("small", "", card.word));
      name.addEventListener("click", () => this.open(card));
      return name;
    }));
  }

  open(card) {
    const title = element("h2", "", card.title);
    title.id = "facelib-card-title";
    const close = element("button", "facelib-cards-close", "Close");
    close.type = "button";
    close.addEventListener("click", () => this.dialog.close());
    const head = element("header", "");
    head.append(title, close);
    this.dialog.setAttribute("aria-labelledby", title.id);
    const good = card.named.length ? [this.table(card.named), pairs(card.measured)] : [element("p", "", UNMEASURED)];
    this.dialog.replaceChildren(
      head, element("p", "", card.says),
      element("h3", "", "How good it was on rendered faces"), ...good,
      element("h3", "", "What it calls what: its own label, and the emotion here"), pairs(card.labels),
      element("h3", "", "What it can\u2019t say"), element("p", "", card.silent),
      element("h3", "", "What it is"), pairs(card.lines),
    );
    this.dialog.showModal();
    this.dialog.scrollTop = 0;
  }

  table(rows) {
    const table = element("table", "facelib-cards-table");
    table.createCaption().textContent = "Share of rendered faces named as they show (95 % interval), and what they were named instead";
    const head = table.createTHead().insertRow();
    for (const words of NAMED_HEAD) head.append(Object.assign(element("th", "", words), { scope: "col" }));
    const body = table.createTBody();
    for (const [first, ...rest] of rows) {
      const line = body.insertRow();
      line.append(Object.assign(element("th", "", first), { scope: "row" }), ...rest.map((words) => element("td", "", words)));
    }
    return table;
  }
}

/** Names with their words. */
function pairs(lines) {
  const list = element("dl", "");
  for (const [name, words] of lines) list.append(element("dt", "", name), element("dd", "", words));
  return list;
}

function render({ model, el }) {
  const cards = new Cards(model, el);
  return () => cards.end();
}

export default { render };
