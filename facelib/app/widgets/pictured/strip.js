/* A row of cards that load a case, as ARIA's toolbar has it: one stop of the Tab key, arrows, Home and End go from one to
 * the next. Words are written with textContent only.
 */

const LINE = 16; // px, where a wheel turns by lines

class Strip {
  constructor(model, el) {
    this.model = model;
    this.el = el;
    el.classList.add("facelib-strip");
    this.sheet = new Sheet(model);
    this.row = element("div", "facelib-strip-row");
    this.row.setAttribute("role", "toolbar");
    this.row.setAttribute("aria-label", model.get("label"));
    this.row.addEventListener("keydown", (event) => this.onKey(event));
    this.row.addEventListener("wheel", (event) => this.onWheel(event), { passive: false });
    this.row.addEventListener("focusin", (event) => this.onFocus(event));
    el.replaceChildren(this.row);
    this.build();
    this.heard = { "change:cases": () => this.build(), "change:current": () => this.follow() };
    for (const [name, hear] of Object.entries(this.heard)) model.on(name, hear);
  }

  build() {
    this.buttons = [];
    this.row.replaceChildren(...this.model.get("cases").map((one) => this.card(one)));
    this.buttons.forEach(({ button }, place) => (button.tabIndex = place ? -1 : 0));
    this.follow();
  }

  card(one) {
    const alone = one.ways.length === 1;
    const card = element(alone ? "button" : "div", `facelib-strip-card${alone ? "" : " facelib-strip-several"}`);
    const words = element("span", "facelib-strip-words");
    const title = element("span", "facelib-strip-title", one.title);
    const sentence = element("span", "facelib-strip-sentence", one.sentence);
    title.id = ownId("case");
    sentence.id = ownId("case");
    words.append(title, sentence);
    card.append(this.sheet.tile(one.place), words);
    card.title = one.sentence;
    if (alone) {
      card.setAttribute("aria-labelledby", title.id);
      card.setAttribute("aria-describedby", sentence.id);
      this.bind(card, card, one.id, one.ways[0].id);
      return card;
    }
    const ways = element("span", "facelib-strip-ways");
    card.setAttribute("role", "group");
    card.setAttribute("aria-labelledby", title.id);
    for (const way of one.ways) {
      const button = element("button", "facelib-strip-way", way.title);
      button.id = ownId("way");
      button.setAttribute("aria-labelledby", `${title.id} ${button.id}`);
      button.setAttribute("aria-describedby", sentence.id);
      this.bind(button, card, one.id, way.id);
      ways.append(button);
    }
    words.append(ways);
    return card;
  }

  bind(button, card, id, way) {
    button.type = "button";
    button.addEventListener("click", () => this.model.send({ case: id, way }));
    this.buttons.push({ button, card, key: `${id}:${way}` });
  }

  follow() {
    const current = this.model.get("current");
    for (const { card } of this.buttons) card.classList.remove("facelib-strip-current");
    for (const { button, card, key } of this.buttons) {
      const here = key === current;
      if (here) card.classList.add("facelib-strip-current");
      if (here) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
      if (button === document.activeElement) this.bring(button); // its mark has made it wider
    }
  }

  onFocus({ target }) {
    for (const { button } of this.buttons) button.tabIndex = button === target ? 0 : -1;
    this.bring(target);
  }

  bring(target) {
    const [box, view] = [target.getBoundingClientRect(), this.row.getBoundingClientRect()];
    if (box.left < view.left + 4) this.row.scrollLeft += box.left - view.left - 4;
    else if (box.right > view.right - 4) this.row.scrollLeft += box.right - view.right + 4;
  }

  onKey(event) {
    const last = this.buttons.length - 1;
    const here = this.buttons.findIndex(({ button }) => button === document.activeElement);
    const [next, before] = [Math.min(last, here + 1), Math.max(0, here - 1)];
    const there = { ArrowRight: next, ArrowDown: next, ArrowLeft: before, ArrowUp: before, Home: 0, End: last }[event.key];
    if (here < 0 || (there === undefined && event.key !== "Enter" && event.key !== " ")) return;
    event.stopPropagation(); // JupyterLab's shortcuts
    if (there === undefined) return; // the button is pressed
    event.preventDefault();
    this.buttons[there].button.focus();
  }

  /** A wheel moves the row; at its ends it moves the page. */
  onWheel(event) {
    if (event.ctrlKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) return;
    const most = this.row.scrollWidth - this.row.clientWidth;
    const way = event.deltaY * (event.deltaMode ? LINE : 1);
    const there = Math.max(0, Math.min(most, this.row.scrollLeft + way));
    if (Math.abs(there - this.row.scrollLeft) < 1) return;
    event.preventDefault();
    this.row.scrollLeft = there;
  }

  close() {
    for (const [name, hear] of Object.entries(this.heard)) this.model.off(name, hear);
    this.sheet.close();
  }
}

function render({ model, el }) {
  const strip = new Strip(model, el);
  return () => strip.close();
}

export default { render };
