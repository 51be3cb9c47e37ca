// What a person sees of an element, and where to turn the wheel (or to move a finger) to see more of it.
//
// `at` is the point of the element that is meant, as parts of its size; `aim` is where in its window it is to stand,
// from 0 (the top) to 1; `insist` asks for another place though it is in its window already (it is covered there);
// `was` is where it stood before the last turn, which takes a moment. A `finger` needs room to move.
async (element, { at, aim, insist, was, finger }) => {
  const MOVES = /auto|scroll|overlay/;
  const USED = "a, button, input, select, textarea, summary, label, canvas, svg, iframe, .noUi-target, [role=slider]";
  const frame = () => new Promise((next) => {
    requestAnimationFrame(next);
    setTimeout(next, 500); // where nothing is painted
  });
  const place = () => {
    const parts = [...element.getClientRects()].sort((a, b) => b.width * b.height - a.width * a.height);
    return parts[0] ?? new DOMRect();
  };
  const point = (box) => [box.x + at[0] * box.width, box.y + at[1] * box.height];
  const same = (one, other) => Math.hypot(one[0] - other[0], one[1] - other[1]) < 0.5;
  const name = (one) => {
    if (!one) return "nothing";
    const words = (one.getAttribute("aria-label") ?? one.textContent ?? "").trim().slice(0, 40);
    return `<${one.tagName.toLowerCase()} class="${one.getAttribute("class") ?? ""}"> ${words}`;
  };

  // Where it stands once it has moved and come to rest.
  const patient = performance.now() + 1000;
  while (was && same(point(place()), was) && performance.now() < patient) await frame();
  let [x, y] = point(place());
  const moved = was && !same([x, y], was);
  const rest = performance.now() + 3000;
  for (let calm = 0; calm < 3 && performance.now() < rest; ) {
    await frame();
    const now = point(place());
    calm = same(now, [x, y]) ? calm + 1 : 0;
    [x, y] = now;
  }
  const found = { x, y, moved, rolled: false };

  const box = place();
  const told = { opacityProperty: true, visibilityProperty: true };
  if (!element.checkVisibility(told) && !element.labels?.length) return { ...found, state: "hidden" };
  if (Math.min(box.width, box.height) < 4) return { ...found, state: "tiny", why: `${box.width} × ${box.height} px` };
  const hit = document.elementFromPoint(x, y);
  if (hit && (element.contains(hit) || hit.closest("label")?.control === element)) return { ...found, state: "free" };

  // The boxes that scroll, from the innermost to the page, each with what can be seen of it.
  const root = document.scrollingElement;
  const boxes = [];
  for (let one = element.parentElement; one && one !== root; one = one.parentElement) {
    const style = getComputedStyle(one);
    if (one === document.body && getComputedStyle(root).overflowY === "visible") break; // the page's own
    const down = MOVES.test(style.overflowY) && one.scrollHeight > one.clientHeight + 1;
    const across = MOVES.test(style.overflowX) && one.scrollWidth > one.clientWidth + 1;
    if (down || across) boxes.push({ one, down, across });
  }
  boxes.push({ one: root, down: root.scrollHeight > root.clientHeight + 1, across: false });
  let sight = { left: 0, top: 0, right: root.clientWidth, bottom: innerHeight };
  for (const each of boxes.toReversed()) {
    if (each.one !== root) {
      const { left, top } = each.one.getBoundingClientRect();
      const inner = [left + each.one.clientLeft, top + each.one.clientTop];
      sight = {
        left: Math.max(sight.left, inner[0]), right: Math.min(sight.right, inner[0] + each.one.clientWidth),
        top: Math.max(sight.top, inner[1]), bottom: Math.min(sight.bottom, inner[1] + each.one.clientHeight),
      };
    }
    each.sight = sight;
  }

  // Whether something scrolls by so much, not being at its end already.
  const gives = (one, dx, dy) => {
    const [left, top] = [one.scrollWidth - one.clientWidth, one.scrollHeight - one.clientHeight];
    if (Math.abs(dy) > 1) return dy < 0 ? one.scrollTop > 0 : one.scrollTop < top - 1;
    return dx < 0 ? one.scrollLeft > 0 : one.scrollLeft < left - 1;
  };
  // A place in a box where the wheel turns this box, and not another that lies in it.
  const spot = ({ one, sight }, dx, dy) => {
    const [width, height] = [sight.right - sight.left, sight.bottom - sight.top];
    if (width < 8 || height < 8) return null;
    const fit = ([x, y], strict) => {
      const top = document.elementFromPoint(x, y);
      if (!top || !one.contains(top) || (strict && top.closest(USED))) return false;
      for (let inner = top; inner && inner !== one && inner !== root; inner = inner.parentElement) {
        const style = getComputedStyle(inner);
        if (MOVES.test(dy ? style.overflowY : style.overflowX) && gives(inner, dx, dy)) return false;
      }
      return true;
    };
    const parts = (way) => {
      if (finger && way) return way > 0 ? [0.9, 0.8, 0.7, 0.5, 0.3] : [0.1, 0.2, 0.3, 0.5, 0.7];
      return [0.5, 0.3, 0.7, 0.1, 0.9, 0.02, 0.98];
    };
    const [rows, columns] = [parts(dy), parts(dx)];
    const places = rows.flatMap((v) => columns.map((u) => [sight.left + u * width, sight.top + v * height]));
    return places.find((one) => fit(one, true)) ?? places.find((one) => fit(one, false)) ?? null;
  };
  const shut = [];
  let [aimed, meant] = [x, y]; // outside a box that scrolls, the box itself is what must come into sight
  for (const each of boxes) {
    const { left, right, top, bottom } = each.sight;
    const turns = [];
    const slack = finger ? 60 : 4; // px by which it may miss its aim
    const far = (way, inside) => (inside ? insist && Math.abs(way) > slack : Math.abs(way) > 1);
    const down = meant - (top + aim * (bottom - top));
    const across = aimed - (left + aim * (right - left));
    if (each.down && far(down, meant >= top && meant <= bottom)) turns.push([0, down]);
    if (each.across && far(across, aimed >= left && aimed <= right)) turns.push([across, 0]);
    for (const [dx, dy] of turns) {
      if (!gives(each.one, dx, dy)) continue;
      const where = spot(each, dx, dy);
      if (where) return { ...found, state: "away", where, turn: [dx, dy], window: [right - left, bottom - top] };
      shut.push(name(each.one));
    }
    if (each.one === root) continue;
    const frame = each.one.getBoundingClientRect();
    aimed = Math.max(frame.left, Math.min(frame.right, aimed));
    meant = Math.max(frame.top, Math.min(frame.bottom, meant));
  }
  const { left, right, top, bottom } = boxes[0].sight;
  const outside = x < left || x > right || y < top || y > bottom;
  if (outside) return { ...found, state: "out", why: `it stays at ${Math.round(x)}, ${Math.round(y)}` };
  return { ...found, state: "covered", why: `there is ${name(hit)}` };
}
