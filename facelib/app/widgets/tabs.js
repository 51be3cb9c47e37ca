/* A row of tabs, as the ARIA pattern has it: one stop of the Tab key, arrows, Home and End go from tab to tab.
 *
 * Which box is seen is a matter of the style sheet: the page's root carries the open tab's number.
 */

let count = 0;

class TabBar {
  constructor(model, el) {
    this.model = model;
    this.el = el;
    this.id = `facelib-tabs-${++count}`;
    el.classList.add("facelib-tabs");
    el.setAttribute("role", "tablist");
    el.setAttribute("aria-label", "Parts of the page");
    this.build();
    el.addEventListener("keydown", (event) => this.onKey(event));
    model.on("change:index", () => this.show());
    this.timer = 0;
    this.attach();
  }

  build() {
    const helps = this.model.get("helps");
    this.tabs = this.model.get("titles").map((title, place) => {
      const tab = document.createElement("button");
      tab.type = "button";
      tab.id = `${this.id}-${place}`;
      tab.className = "facelib-tab-button";
      tab.textContent = title;
      tab.title = helps[place] ?? "";
      tab.setAttribute("role", "tab");
      tab.addEventListener("click", () => this.open(place));
      return tab;
    });
    this.el.replaceChildren(...this.tabs);
  }

  /** Wait until the bar and the boxes stand in the page. */
  attach() {
    this.root = this.el.closest(".facelib-app");
    if (!this.root || this.boxes().length < this.tabs.length) {
      this.timer = window.setTimeout(() => this.attach(), 50);
      return;
    }
    this.boxes().forEach((box, place) => {
      box.id ||= `${this.id}-box-${place}`;
      box.setAttribute("role", "tabpanel");
      box.setAttribute("aria-labelledby", this.tabs[place].id);
      this.tabs[place].setAttribute("aria-controls", box.id);
    });
    this.show();
  }

  boxes() {
    return this.root ? [...this.root.querySelectorAll(":scope > .facelib-tab")] : [];
  }

  open(place) {
    this.model.set("index", place);
    this.model.save_changes();
    this.show();
  }

  show() {
    const index = this.model.get("index");
    this.tabs.forEach((tab, place) => {
      tab.setAttribute("aria-selected", String(place === index));
      tab.tabIndex = place === index ? 0 : -1;
    });
    if (this.root) this.root.dataset.tab = String(index);
  }

  onKey(event) {
    const last = this.tabs.length - 1;
    const here = this.tabs.indexOf(document.activeElement);
    const there = { ArrowRight: here === last ? 0 : here + 1, ArrowLeft: here === 0 ? last : here - 1, Home: 0, End: last }[event.key];
    if (here < 0 || there === undefined) return;
    event.preventDefault();
    this.open(there);
    this.tabs[there].focus();
  }

  close() {
    window.clearTimeout(this.timer);
  }
}

function render({ model, el }) {
  const bar = new TabBar(model, el);
  return () => bar.close();
}

export default { render };
