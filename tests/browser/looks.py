"""What people with weak sight, without a mouse, or with a screen reader meet on a page; see `looks.js`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

LOOKS = (Path(__file__).parent / "looks.js").read_text()
AXE = Axe()
SPACING = """* {
  line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important;
} p { margin-bottom: 2em !important; }"""
"""The widest that WCAG 1.4.12 asks for."""


def violations(page: Page) -> list[str]:
    """What axe-core finds: one line an element. It comes with a package and asks nothing of the network."""
    found = AXE.run(page).response["violations"]
    return [f"{rule['id']}: {node['html'][:160]}" for rule in found for node in rule["nodes"]]


def faint(page: Page) -> list[str]:
    """Controls, tracks and handles that stand out less than 3 : 1 from what is behind them."""
    return _look(page, "faint")


def small(page: Page) -> list[str]:
    """Targets below 24 × 24 px that others are near."""
    return _look(page, "small")


def cut(page: Page) -> list[str]:
    """Text that its box cuts off with the widest spacing of letters, words and lines."""
    style = page.add_style_tag(content=SPACING)
    try:
        page.wait_for_timeout(300)
        return _look(page, "cut")
    finally:
        style.evaluate("style => style.remove()")


@dataclass(frozen=True)
class Stop:
    """A stop of the Tab key.

    Attributes
    ----------
    what
        For messages.
    role, name
        As the browser computes them.
    ring
        Contrast of the ring around it; 0: none.
    seen
        Whether it is on the screen and nothing lies over it.
    place
        In the order of the document.
    column, y
        Where it is: the number of its column, and px from the top of the page, None of what sticks.
    """

    what: str
    role: str
    name: str
    ring: float
    seen: bool
    place: int
    column: int
    y: float | None


def stops(page: Page, name: str = "", most: int = 250) -> list[Stop]:
    """Press Tab from the top until the page is left, or until the stop called `name`; fail in a trap."""
    page.evaluate(LOOKS)
    page.evaluate("document.querySelector('main').focus({ preventScroll: true })")
    session = page.context.new_cdp_session(page)
    found: list[Stop] = []
    try:
        for _ in range(most):
            page.keyboard.press("Tab")
            seen = page.evaluate("facelibLooks.stop()")
            if seen is None:
                return found
            found.append(_stop(session, seen))
            if name and found[-1].name == name:
                return found
    finally:
        session.detach()
    last = [one.what for one in found[-6:]]
    msg = f"After {most} times Tab the page isn't left: {last}"
    raise AssertionError(msg)


def _stop(session: Any, seen: dict[str, Any]) -> Stop:
    element = session.send("Runtime.evaluate", {"expression": "document.activeElement"})["result"]["objectId"]
    asked = {"objectId": element, "fetchRelatives": False}
    node = session.send("Accessibility.getPartialAXTree", asked)["nodes"][0]
    role, name = (str(node.get(key, {}).get("value", "")).strip() for key in ("role", "name"))
    return Stop(role=role, name=name, **seen)


def _look(page: Page, what: str) -> list[str]:
    page.evaluate(LOOKS)
    return list(page.evaluate(f"facelibLooks.{what}()"))
