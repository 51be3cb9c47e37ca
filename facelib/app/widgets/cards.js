/* A row of classifiers' names, each of which opens its card as a dialog: Escape, the button and the ground close it,
 * and the focus goes back to the name. Words are written with textContent only.
 */

class Cards {
  constructor(model, el) {
    this.model = model;
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
  }

  build() {
    this.note.textContent = this.model.get("note");
    this.row.setAttribute("aria-label", "Cards of the classifiers");
    this.row.replaceChildren(...this.model.get("cards").map((card) => {
      const name = element("button", "facelib-cards-name", card.id);
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
    const list = element("dl", "");
    for (const [name, words] of card.lines) list.append(element("dt", "", name), element("dd", "", words));
    const head = element("header", "");
    head.append(title, close);
    this.dialog.setAttribute("aria-labelledby", title.id);
    this.dialog.replaceChildren(head, element("p", "", card.says), list);
    this.dialog.showModal();
    this.dialog.scrollTop = 0;
  }
}

function render({ model, el }) {
  const cards = new Cards(model, el);
  return () => cards.dialog.close();
}

export default { render };
