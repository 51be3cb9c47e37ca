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

function build(model, el) {
  const columns = model.get("columns");
  const table = document.createElement("table");
  table.className = "facelib-table";
  if (model.get("caption")) table.createCaption().textContent = model.get("caption");
  const head = table.createTHead().insertRow();
  for (const { title, help, align } of columns) {
    const cell = document.createElement("th");
    cell.scope = "col";
    cell.className = `facelib-align-${align === "right" ? "right" : align === "center" ? "center" : "left"}`;
    const label = document.createElement("span");
    label.textContent = title ?? "";
    if (help) {
      label.className = "facelib-help";
      label.title = help;
      label.tabIndex = 0;
      label.setAttribute("aria-label", `${title}: ${help}`);
    }
    cell.append(label);
    head.append(cell);
  }
  const body = table.createTBody();
  const live = [];
  for (const row of model.get("rows")) {
    const line = body.insertRow();
    row.forEach((cell, k) => {
      const node = document.createElement(k === 0 ? "th" : "td");
      if (k === 0) node.scope = "row";
      const align = columns[k]?.align;
      node.className = `facelib-align-${align === "right" ? "right" : align === "center" ? "center" : "left"}`;
      if (cell?.swatch) {
        const swatch = document.createElement("span");
        swatch.className = "facelib-swatch";
        swatch.style.background = cell.swatch;
        node.append(swatch);
      }
      if (cell?.help) node.title = cell.help;
      const text = document.createElement("span");
      node.append(text);
      line.append(node);
      live.push({ cell, text, follows: Array.isArray(cell?.series) || Array.isArray(cell?.marks), shown: null });
    });
  }
  el.replaceChildren(table);
  return live;
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
      if (text !== item.shown) item.text.textContent = item.shown = text;
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
  let building = false;
  const rebuild = () => {
    if (building) return; // rows and columns come in one message: build once
    building = true;
    queueMicrotask(() => {
      building = false;
      live = build(model, el);
      fill(true);
    });
  };
  model.on("change:index", follow);
  for (const name of ["columns", "rows", "caption"]) model.on(`change:${name}`, rebuild);
  live = build(model, el);
  fill(true);
  return () => cancelAnimationFrame(request);
}

export default { render };
