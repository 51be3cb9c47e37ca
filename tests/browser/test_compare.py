"""Two scenes side by side on a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from harness import Visit
from playwright.sync_api import Locator, expect

pytestmark = pytest.mark.packages
SOON = 120_000  # ms that a sweep may take on a busy machine


def pinned(one: Visit) -> Locator:
    """Pin the first scene once it is computed; return the card."""
    card = one.page.locator(".facelib-compare")
    pin = card.get_by_role("button", name="Pin this scene")
    expect(pin).to_be_enabled(timeout=SOON)
    one.click(pin)
    expect(card.locator(".facelib-stage")).to_have_count(2, timeout=SOON)
    return card


@pytest.mark.thorough
def test_both_fit_on_a_phone(quick_url: str, visit: Callable[..., Visit]) -> None:
    one = visit(quick_url, 390, 844, touch=True)
    card = pinned(one)
    expect(card.locator(".facelib-stage").first).to_have_attribute("data-state", "ready", timeout=SOON)
    assert one.page.evaluate("document.querySelector('#rendered_cells').scrollWidth <= innerWidth")
    one.reach(card.locator("canvas:visible").first, finger=True)
    one.screenshot("compare_390")
    one.assert_clean()
