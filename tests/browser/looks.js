// What a person with weak sight, a trembling hand or a keyboard meets, by computed styles and boxes.
(() => {
  const CONTROL = "input:not([type=file]), select, textarea, button, .facelib-drop-zone, .facelib-checklist-list";
  const TARGET = "a[href], button, input, select, textarea, summary, [role=slider], [role=tab], [contenteditable=true]";
  const LEAST = 24;

  const shown = (element) => {
    const box = element.getBoundingClientRect();
    return box.width > 1 && box.height > 1 && element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  };
  const say = (element) => {
    const label = element.closest(".widget-slider, .jupyter-widgets")?.querySelector(".widget-label")?.textContent;
    const words = (element.closest("label") ?? element).textContent.trim();
    const name = element.getAttribute("aria-label") || words || label || element.id;
    return `${element.tagName.toLowerCase()}.${element.className || element.type} "${name.slice(0, 40)}"`;
  };

  // colours
  const sheet = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const parse = (colour) => {
    sheet.clearRect(0, 0, 1, 1);
    sheet.fillStyle = colour;
    sheet.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = sheet.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a], under) => [r, g, b].map((c, k) => c * a + under[k] * (1 - a)).concat(1);
  /** The colour that is seen at an element: its own background on those behind it. */
  const ground = (element) => {
    if (!element) return [255, 255, 255, 1];
    const own = parse(getComputedStyle(element).backgroundColor);
    return own[3] === 1 ? own : over(own, ground(element.parentElement));
  };
  const light = (colour) => {
    const [r, g, b] = colour.slice(0, 3).map((c) => {
      const share = c / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (one, other) => {
    const [high, low] = [light(one), light(other)].sort((a, b) => b - a);
    return (high + 0.05) / (low + 0.05);
  };
  /** How far an element, or what is drawn before it, stands out from what is behind. */
  const edge = (element, behind, pseudo = null) => {
    const style = getComputedStyle(element, pseudo);
    const drawn = [over(parse(style.backgroundColor), behind)];
    if (parseFloat(style.borderBottomWidth) >= 1 && style.borderBottomStyle !== "none") {
      drawn.push(over(parse(style.borderBottomColor), behind));
    }
    return Math.max(...drawn.map((colour) => ratio(colour, behind)));
  };

  const trackOf = (handle) => handle.closest(".noUi-target").querySelector(".noUi-connects");

  /** Every control, track and handle whose edge is fainter than 3 : 1. A button that is only a word needs none. */
  function faint() {
    const found = [];
    const note = (element, contrast) => contrast < 3 && found.push(`${say(element)}: ${contrast.toFixed(2)}`);
    for (const element of document.querySelectorAll(`${CONTROL}, .facelib-progress .progress`)) {
      if (!shown(element) || element.disabled || element.closest(":disabled, [disabled]")) continue;
      if (element.matches("[type=range]")) { // the browser draws it: its thumb, and its track up to there
        note(element, ratio(parse(getComputedStyle(element).accentColor), ground(element.parentElement)));
        continue;
      }
      if (element.matches(".facelib-fold, .facelib-help, .facelib-opener, [role=tab], [type=checkbox], [type=radio]")) continue;
      note(element, edge(element, ground(element.parentElement)));
    }
    for (const handle of document.querySelectorAll(".noUi-target:not([disabled]) [role=slider]")) {
      if (!shown(handle)) continue;
      const [page, track] = [ground(handle.closest(".slider-container")), ground(trackOf(handle))];
      note(trackOf(handle), ratio(page, track));
      const most = (behind) => Math.max(edge(handle, behind), edge(handle, behind, "::before"));
      note(handle, Math.min(most(page), most(track)));
    }
    return found;
  }

  /** What is too small to be hit, unless nothing else is near. */
  function small() {
    const targets = [...document.querySelectorAll(TARGET)].filter((element) => shown(element) && !element.disabled);
    const boxes = targets.map((element) => (element.closest("label") ?? element).getBoundingClientRect());
    const less = (box) => box.width < LEAST - 0.05 || box.height < LEAST - 0.05;
    const middle = (box) => [box.x + box.width / 2, box.y + box.height / 2];
    const near = (box, other) => {
      const [x, y] = middle(box);
      if (less(other)) {
        const [u, v] = middle(other);
        return Math.hypot(u - x, v - y) < LEAST;
      }
      const [dx, dy] = [Math.max(other.left - x, 0, x - other.right), Math.max(other.top - y, 0, y - other.bottom)];
      return Math.hypot(dx, dy) < LEAST / 2;
    };
    return targets.flatMap((element, k) => {
      const box = boxes[k];
      if (!less(box) || (element.matches("a") && element.closest("p, li, td"))) return [];
      const crowded = boxes.some((other, j) => j !== k && !targets[j].contains(element) && near(box, other));
      return crowded ? [`${say(element)}: ${box.width.toFixed(1)} × ${box.height.toFixed(1)}`] : [];
    });
  }

  /** Whether an element moves with the page as it is scrolled. */
  const still = (element) => !element || (getComputedStyle(element).position !== "sticky" && still(element.parentElement));

  /** What has the focus: where it is, whether a ring around it can be seen, and what would cover it. */
  function stop() {
    const element = document.activeElement;
    if (!element || element === document.body || element.id === "rendered_cells") return null;
    const target = element.matches(".facelib-drop-input") ? element.parentElement : element;
    const style = getComputedStyle(target);
    const box = target.getBoundingClientRect();
    const [x, y] = [box.x + Math.min(box.width / 2, 12), box.y + box.height / 2];
    const hit = document.elementFromPoint(x, y);
    const wide = parseFloat(style.outlineWidth);
    const behind = target.closest(".slider-container") ?? target.parentElement;
    const top = (document.querySelector(".facelib-app") ?? document.body).getBoundingClientRect().y;
    return {
      what: say(element),
      place: [...document.querySelectorAll("*")].indexOf(element),
      y: still(target) ? (target.closest(".facelib-checklist-list") ?? target).getBoundingClientRect().y - top : null,
      column: [...document.querySelectorAll(".facelib-column")].findIndex((column) => column.contains(element)),
      ring: style.outlineStyle === "none" || wide < 2 ? 0 : ratio(parse(style.outlineColor), ground(behind)),
      seen: hit !== null && (target.contains(hit) || hit.contains(target)) && x >= 0 && x <= innerWidth && y >= 0 && y <= innerHeight,
    };
  }

  /** Text that its box cuts off. */
  function cut() {
    const found = [];
    for (const element of document.querySelectorAll(".facelib-app *, .facelib-app")) {
      if (element.closest("svg, .facelib-announcer, select") || !shown(element)) continue;
      const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
      if (!own) continue;
      for (let box = element; box && !box.matches(".facelib-app"); box = box.parentElement) {
        const style = getComputedStyle(box);
        if (/auto|scroll/.test(style.overflow)) break; // it can be scrolled to
        const [across, down] = [style.overflowX, style.overflowY].map((how) => ["hidden", "clip"].includes(how));
        const range = document.createRange();
        range.selectNodeContents(element);
        const [words, frame] = [range.getBoundingClientRect(), box.getBoundingClientRect()];
        if ((across && (words.right > frame.right + 1 || words.left < frame.left - 1))
          || (down && (words.bottom > frame.bottom + 1 || words.top < frame.top - 1))) {
          found.push(say(element));
          break;
        }
        if (box.matches("dialog:modal")) break; // nothing around it cuts what lies on top
      }
    }
    return found;
  }

  window.facelibLooks = { faint, small, stop, cut };
})();
