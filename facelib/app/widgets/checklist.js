/* Check boxes under headings: a fieldset with its legend, so that every reader knows what is chosen. */

class CheckList {
  constructor(model, el) {
    this.model = model;
    this.set = element("fieldset", "facelib-checklist");
    el.replaceChildren(this.set);
    this.build();
    model.on("change:groups", () => this.build());
    model.on("change:value change:disabled", () => this.follow());
    model.on("change:label change:help", () => this.name());
  }

  build() {
    this.legend = element("legend", "facelib-checklist-legend");
    this.list = element("div", "facelib-checklist-list");
    const most = this.model.get("height");
    if (most) this.list.style.maxHeight = `${most}px`;
    this.boxes = [];
    for (const group of this.model.get("groups")) this.list.append(this.group(group));
    this.set.replaceChildren(this.legend, this.list);
    this.name();
    this.follow();
  }

  group({ title, folded, items }) {
    const grid = element("div", "facelib-checklist-items");
    grid.style.setProperty("--facelib-columns", this.model.get("columns"));
    for (const item of items) grid.append(this.entry(item));
    if (!title) return grid;
    const whole = element(folded === undefined ? "div" : "details", "facelib-checklist-group");
    const chosen = new Set(this.model.get("value"));
    if (folded === false || items.some(({ id }) => chosen.has(id))) whole.open = true;
    whole.append(element(folded === undefined ? "p" : "summary", "facelib-checklist-title", title), grid);
    return whole;
  }

  entry({ id, title, help, note }) {
    const label = element("label", "facelib-checklist-item");
    const box = document.createElement("input");
    box.type = "checkbox";
    box.value = id;
    box.addEventListener("change", () => this.send());
    if (help) label.title = help;
    const words = element("span", "", title ?? id);
    if (note) words.append(element("small", "facelib-checklist-note", note));
    label.append(box, words);
    this.boxes.push(box);
    return label;
  }

  name() {
    this.legend.textContent = this.model.get("label");
    this.legend.title = this.model.get("help");
  }

  follow() {
    const chosen = new Set(this.model.get("value"));
    const disabled = this.model.get("disabled");
    for (const box of this.boxes) Object.assign(box, { checked: chosen.has(box.value), disabled });
    this.still(disabled);
  }

  /** Where no box takes the focus, the list does: it can still be scrolled with the keyboard. */
  still(so) {
    this.list.tabIndex = so ? 0 : -1;
    for (const [name, value] of [["role", "group"], ["aria-label", this.model.get("label")]]) {
      so ? this.list.setAttribute(name, value) : this.list.removeAttribute(name);
    }
  }

  send() {
    this.model.set("value", this.boxes.filter((box) => box.checked).map((box) => box.value));
    this.model.save_changes();
  }
}

function render({ model, el }) {
  new CheckList(model, el);
}

export default { render };
