"""The parts of the page's first tab, by the names that tests give them."""

from __future__ import annotations

from harness import Visit
from playwright.sync_api import Locator, expect

SOON = 60_000  # ms that a page or a sweep may take on a busy machine


def swept(visit: Visit, *, within: float = SOON) -> Visit:
    """Wait until the sweep of what is shown is there, with its verdicts."""
    expect(live(visit)).to_have_attribute("data-state", "ready", timeout=within)
    expect(rows(visit).locator(".live-chip").first).to_be_visible(timeout=within)
    return visit


def rested(visit: Visit, *, within: float = SOON) -> Visit:
    """Wait until all is computed, placebos too: rows aren't made anew any more."""
    expect(swept(visit, within=within).page.locator(".facelib-progress").first).to_be_hidden(timeout=within)
    return visit


def live(visit: Visit) -> Locator:
    return visit.page.locator(".facelib-sight .facelib-live")


def rows(visit: Visit) -> Locator:
    return live(visit).locator(".live-rows tbody tr")


def picture(visit: Visit, name: str) -> Locator:
    return live(visit).locator("canvas").nth(["before", "after"].index(name))


def after(visit: Visit) -> bytes:
    return visit.canvas_bytes(picture(visit, "after"))


def look(visit: Visit) -> Locator:
    return live(visit).get_by_label("What it looks at")


def strength(visit: Visit) -> Locator:
    return visit.page.get_by_role("slider", name="Strength", exact=True)


def at(visit: Visit, step: int, *, within: float = SOON) -> None:
    """Wait until a strength is painted."""
    expect(live(visit)).to_have_attribute("data-step", str(step), timeout=within)


def emotion(visit: Visit) -> Locator:
    return visit.page.locator(".facelib-asks").get_by_label("Emotion", exact=True)


def age(visit: Visit) -> Locator:
    return visit.page.get_by_role("slider", name="Age", exact=True)


def tab(visit: Visit, name: str) -> Locator:
    """Open a tab; return what is in it."""
    visit.click(visit.page.get_by_role("tab", name=name, exact=True))
    return visit.page.get_by_role("tabpanel", name=name, exact=True)
