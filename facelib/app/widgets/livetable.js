/* A table whose numbers follow the strength slider without asking the kernel. Data go through textContent only. */

/** Text of a cell at a step: a string, {text}, or {series: [one string a step]}. */
function textOf(cell, index) {
  if (cell === null || cell === undefined) return "";
  if (typeof cell !== "object") return String(cell);
  if (Array.isArray(cell.series)) return String(cell.series[Math.min(index, cell.series.length - 1)] ?? "");
  return String(cell.text ?? "");
}

/** Mark of a cell at a step: "verdict-changes" becomes the class facelib-verdict-changes. */
function markOf(cell, index) {
  if (typeof cell !== "object" || cell === null) return "";
  const mark = Array.isArray(cell.marks) ? cell.marks[Math.min(index, cell.marks.length - 1)] : cell.mark;
  return /^[a-z][a-z0-9-]*$/.test(mark ?? "") ? `facelib-${mark}` : "";
}

const ROOM = 1.1; // times the least width that a table needs

/** What a column's title means, shown while the pointer or the focus is on it, or after a tap; Escape hides it. */
function tipOf(label, help) {
  const tip = document.createElement("div");
  Object.assign(tip, { id: `facelib-tip-${Math.random().toString(36).slice(2)}`, className: "facelib-tip", popover: "manual", role: "tooltip", textContent: help });
  Object.assign(label, { type: "button", className: "facelib-help" });
  label.setAttribute("aria-describedby", tip.id);
  const hide = () => tip.matches(":popover-open") && tip.hidePopover();
  const show = () => {
    if (!tip.matches(":popover-open")) tip.showPopover();
    const [place, box] = [label.getBoundingClientRect(), tip.getBoundingClientRect()];
    const zoom = tip.currentCSSZoom ?? 1; // of larger text
    tip.style.left = `${Math.max(4, Math.min(place.left, window.innerWidth - box.width - 4)) / zoom}px`;
    tip.style.top = `${(place.top < box.height ? place.bottom : place.top - box.height) / zoom}px`; // above: rows can be read
    window.addEventListener("scroll", scrolled, { once: true, capture: true });
  };
  const scrolled = () => (label.matches(":focus-visible") ? show() : hide()); // Tab brings it into sight

  for (const kind of ["pointerenter", "focus", "click"]) label.addEventListener(kind, show);
  label.addEventListener("blur", hide);
  label.addEventListener("pointerleave", (event) => event.relatedTarget === tip || hide()); // it may be read with the pointer
  tip.addEventListener("pointerleave", hide);
  label.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  return tip;
}

const aligned = (align) => `facelib-align-${["right", "center"].includes(align) ? align : "left"}`;

/** The table without rows; its titles may have the focus, so it stays as long as the columns do. */
function frame(model) {
  const table = document.createElement("table");
  table.className = "facelib-table";
  if (model.get("caption")) table.createCaption().textContent = model.get("caption");
  const head = table.createTHead().insertRow();
  const tips = [];
  for (const { title, help, align } of model.get("columns")) {
    const cell = document.createElement("th");
    cell.scope = "col";
    cell.className = aligned(align);
    const label = document.createElement(help ? "button" : "span");
    label.textContent = title ?? "";
    if (help) tips.push(tipOf(label, help));
    cell.append(label);
    head.append(cell);
  }
  table.createTBody();
  return [table, ...tips];
}

/** The cells of all rows, one after the other, each where it stands; what it shows is written later. */
function rowsInto(table, model) {
  const columns = model.get("columns");
  const body = document.createElement("tbody");
  const live = [];
  for (const row of model.get("rows")) {
    const line = body.insertRow();
    row.forEach((cell, k) => {
      const node = document.createElement(k === 0 ? "th" : "td");
      if (k === 0) node.scope = "row";
      else node.dataset.title = columns[k]?.title ?? ""; // shown where rows become lines
      node.className = aligned(columns[k]?.align);
      if (cell?.swatch) {
        const swatch = document.createElement("span");
        swatch.className = "facelib-swatch";
        swatch.style.background = cell.swatch;
        node.classList.add("facelib-swatched");
        node.append(swatch);
      }
      const text = document.createElement("span");
      if (cell?.opens) {
        const opener = element("button", "facelib-opener");
        Object.assign(opener, { type: "button", title: cell.help ?? "" });
        opener.dataset.opens = cell.opens; // a card of the same panel hears of it
        opener.setAttribute("aria-haspopup", "dialog");
        opener.append(text);
        node.append(opener);
      } else node.append(text);
      line.append(node);
      live.push({ node, text, shown: null });
    });
  }
  table.tBodies[0].replaceWith(body);
  return live;
}

/** What decides about a table's elements: rows of one shape differ in their texts only, and are written in place. */
const shapeOf = (model) => JSON.stringify(model.get("rows").map((row) => row.map((cell) => [cell?.swatch ?? "", cell?.opens ?? ""])));

/** How many characters each column's longest text has: more of them may need another width. */
function longest(live, count) {
  const found = Array(count).fill(0);
  live.forEach(({ shown }, k) => (found[k % count] = Math.max(found[k % count], shown.length)));
  return found;
}

/** Show the rows as lines where the table's columns would be cut or crowded, whatever its fonts and words; at one width
 * it doesn't turn back while its numbers come and go.
 */
function fit(el, { resized }) {
  const table = el.querySelector("table");
  if (!table || !el.clientWidth || (!resized && table.classList.contains("facelib-lines"))) return;
  table.classList.remove("facelib-lines");
  table.style.width = "min-content";
  const least = table.offsetWidth;
  table.style.width = "";
  table.classList.toggle("facelib-lines", ROOM * least > el.clientWidth);
}

function render({ model, el }) {
  el.classList.add("facelib-livetable");
  let live = [];
  let request = 0;
  let count = 0;
  const fill = (all) => {
    const index = model.get("index");
    for (const item of live) {
      if (!all && !item.follows) continue;
      const text = textOf(item.cell, index);
      const mark = markOf(item.cell, index);
      if (text !== item.shown) write(item.text, (item.shown = text).replaceAll(" %", "\u00a0%")); // a number keeps its per cent
      if (item.text.className !== mark) item.text.className = mark;
    }
    el.dataset.index = String(index);
    el.dataset.painted = String(++count);
  };
  const follow = () => {
    request ||= requestAnimationFrame(() => {
      request = 0;
      fill(false);
    });
  };
  let framed = "";
  let shape = "";
  let measured = []; // of each column, the longest text that was measured at this width
  let building = false;
  const build = () => {
    const opener = el.contains(document.activeElement) ? document.activeElement.dataset.opens : undefined;
    const wanted = JSON.stringify([model.get("columns"), model.get("caption")]);
    if (wanted !== framed) {
      const focused = [...el.querySelectorAll(".facelib-help")].indexOf(document.activeElement);
      el.replaceChildren(...frame(model));
      el.querySelectorAll(".facelib-help")[focused]?.focus({ preventScroll: true }); // it stays where it was
      framed = wanted;
      shape = "";
      measured = [];
    }
    const found = shapeOf(model);
    if (found !== shape) live = rowsInto(el.querySelector("table"), model);
    shape = found;
    if (opener && !el.contains(document.activeElement)) {
      [...el.querySelectorAll("[data-opens]")].find((one) => one.dataset.opens === opener)?.focus({ preventScroll: true });
    }
    model.get("rows").flat().forEach((cell, k) => {
      const item = live[k];
      Object.assign(item, { cell, follows: Array.isArray(cell?.series) || Array.isArray(cell?.marks) });
      if (item.node.title !== (cell?.help ?? "")) item.node.title = cell?.help ?? "";
    });
    fill(true);
    const texts = longest(live, model.get("columns").length);
    if (texts.some((length, k) => length > (measured[k] ?? -1))) {
      measured = texts.map((length, k) => Math.max(length, measured[k] ?? 0));
      fit(el, { resized: false }); // costs a layout
    }
  };
  const rebuild = () => {
    if (building) return; // rows and columns come in one message: build once
    building = true;
    queueMicrotask(() => {
      building = false;
      build();
    });
  };
  model.on("change:index", follow);
  for (const name of ["columns", "rows", "caption"]) model.on(`change:${name}`, rebuild);
  let width = 0;
  const sizes = new ResizeObserver(() => {
    if (el.clientWidth !== width) {
      measured = longest(live, model.get("columns").length);
      fit(el, { resized: true });
    }
    width = el.clientWidth;
  });
  build();
  sizes.observe(el);
  return () => {
    sizes.disconnect();
    cancelAnimationFrame(request);
  };
}

export default { render };
