"""What can be read and reached on a page: questions to a real browser about boxes."""

from __future__ import annotations

import time
from typing import Any

from harness import Visit
from playwright.sync_api import Locator

IN_SIGHT = """element => {
  const box = element.getBoundingClientRect();
  const x = box.x + box.width / 2, y = box.y + box.height / 2;
  const hit = document.elementFromPoint(x, y);
  return [x, y, hit !== null && (element.contains(hit) || hit.closest("label")?.control === element)];
}"""
SIZES = ((1440, 900), (1280, 720), (820, 1180), (390, 844), (320, 640))
ZOOMED = ((720, 450), (360, 225))
"""1440 × 900 at 200 % and at 400 %."""
CUT = """root => {
  const found = [];
  const seen = (node) => node.checkVisibility({ visibilityProperty: true }) && node.getClientRects().length;
  const view = document.documentElement.clientWidth;
  for (const node of root.querySelectorAll("*")) {
    if (!seen(node) || node.closest("svg, select, input, .noUi-target, .facelib-progress")) continue;
    if (node.closest(".facelib-strip-row")) continue; // it is moved sideways, and has its own tests
    const style = getComputedStyle(node);
    const words = (node.innerText ?? "").trim().slice(0, 40);
    if (style.overflowX !== "visible" && node.clientWidth > 1 && node.scrollWidth > node.clientWidth + 1)
      found.push(`${node.className}: ${node.scrollWidth} in ${node.clientWidth} px: ${words}`);
    if (style.position !== "fixed" && style.clip === "auto" && words) {
      const box = node.getBoundingClientRect();
      if (box.right > view + 1 || box.left < -1) found.push(`${node.className} leaves the page: ${words}`);
    }
  }
  return found;
}"""
MENUS = """root => [...root.querySelectorAll("select")].flatMap((menu) => {
  if (!menu.checkVisibility()) return [];
  const pen = document.createElement("canvas").getContext("2d");
  const style = getComputedStyle(menu);
  pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
  const text = menu.selectedOptions[0]?.text ?? "";
  const room = menu.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  return pen.measureText(text).width > room + 1 ? [`${text}: in ${room} px`] : [];
})"""
OVERLAPS = """root => [...root.querySelectorAll("svg")].flatMap((svg) => {
  if (!svg.checkVisibility()) return [];
  const texts = [...svg.querySelectorAll("text")].filter((text) => text.textContent.trim()
    && getComputedStyle(text).opacity !== "0" && !text.closest("[opacity='0']"));
  const boxes = texts.map((text) => text.getBoundingClientRect());
  const frame = svg.getBoundingClientRect();
  const found = boxes.flatMap((box, k) => box.left < frame.left - 2 || box.right > frame.right + 2
    ? [`${texts[k].textContent} leaves its chart`] : []);
  boxes.forEach((one, k) => boxes.slice(k + 1).forEach((two, l) => {
    const wide = Math.min(one.right, two.right) - Math.max(one.left, two.left);
    const high = Math.min(one.bottom, two.bottom) - Math.max(one.top, two.top);
    if (wide > 1 && high > 3) found.push(`${texts[k].textContent} on ${texts[k + 1 + l].textContent}`);
  }));
  return found;
})"""
COVERED = """() => {
  const node = document.activeElement;
  const box = node.getBoundingClientRect();
  const points = [[0.5, 0.5], [0.1, 0.2], [0.9, 0.2], [0.1, 0.8], [0.9, 0.8]];
  const free = points.filter(([x, y]) => {
    const hit = document.elementFromPoint(box.x + x * box.width, box.y + y * box.height);
    return hit && (node.contains(hit) || hit.contains(node) || hit.closest("label")?.control === node);
  });
  return { name: node.ariaLabel || node.innerText || node.title || node.type || node.className,
    free: free.length, top: box.top, app: Boolean(node.closest(".facelib-app")) };
}"""


def resized(one: Visit, width: int, height: int) -> None:
    """Give the window another size."""
    one.page.set_viewport_size({"width": width, "height": height})
    one.page.wait_for_timeout(100)


def unreadable(root: Locator) -> list[str]:
    """Return what is cut, leaves the page, or lies on other text of a chart."""
    return [*root.evaluate(CUT), *root.evaluate(MENUS), *root.evaluate(OVERLAPS)]


def readable(root: Locator, seconds: float = 20.0) -> None:
    """Fail if something is cut once the charts have followed the size of the window."""
    found = unreadable(root)
    deadline = time.monotonic() + seconds
    while found and time.monotonic() < deadline:
        time.sleep(0.2)
        found = unreadable(root)
    assert not found, "\n".join(found)


def box_of(target: Locator) -> dict[str, float]:
    """Return x, y, width and height of what is seen, px."""
    found = target.bounding_box()
    assert found is not None, f"{target} isn't seen"
    return dict(found)


def inside(target: Locator, page: Any) -> bool:
    """Whether all of a target stands in the window, and nothing lies on its middle."""
    box, size = target.bounding_box(), page.viewport_size
    if box is None:  # it is drawn anew
        return False
    there = box["y"] >= -1 and box["y"] + box["height"] <= size["height"] + 1
    return there and bool(target.evaluate(IN_SIGHT)[2])


def touch(one: Visit, target: Locator) -> None:
    """Tap with a finger on what is in the window."""
    x, y, free = target.evaluate(IN_SIGHT)
    assert free, f"{target} can't be touched at {x:.0f}, {y:.0f}"
    session = one.context.new_cdp_session(one.page)
    session.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    session.send("Emulation.setTouchEmulationEnabled", {"enabled": False})
    session.detach()
