"""Two scenes side by side, as a person compares them: pinned, changed, dragged, swapped."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from harness import Visit, wait_until
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


def test_a_scene_is_pinned_compared_and_swapped(quick_url: str, visit: Callable[..., Visit]) -> None:
    one = visit(quick_url)
    page = one.page
    card = pinned(one)
    age = page.get_by_role("slider", name="Age", exact=True)
    one.press(age, "End", by="click")
    stages = card.locator(".facelib-stage")
    for stage in stages.all():
        expect(stage).to_have_attribute("data-state", "ready", timeout=SOON)
    expect(card).to_contain_text("28 years")
    expect(card).to_contain_text("90 years", timeout=SOON)
    rows = card.locator("tbody tr")
    expect(rows.first).to_contain_text(re.compile(r"[−+]?\.?\d"), timeout=SOON)
    boxes = [stage.locator(".facelib-stage-after canvas").bounding_box() for stage in stages.all()]
    assert all(box is not None for box in boxes)
    assert abs(boxes[0]["width"] - boxes[1]["width"]) < 2
    assert abs(boxes[0]["y"] - boxes[1]["y"]) < 2
    one.press(page.locator(".facelib-sight .facelib-strength [role=slider]"), *["ArrowRight"] * 8, by="click")
    for stage in stages.all():
        expect(stage).to_have_attribute("data-index", re.compile(r"^[1-9]"), timeout=SOON)
    shown = [*stages.all(), page.locator(".facelib-sight .facelib-stage")]
    wait_until(
        lambda: len({one.get_attribute("data-index") for one in shown}) == 1, SOON / 1000, "one strength"
    )
    one.screenshot("compare")
    one.click(card.get_by_role("button", name="Swap"))
    expect(age).to_have_attribute("aria-valuetext", "28", timeout=SOON)
    one.click(page.get_by_role("button", name="Undo", exact=True))
    expect(age).to_have_attribute("aria-valuetext", "90", timeout=SOON)
    one.click(card.get_by_role("button", name="Unpin"))
    expect(stages).to_have_count(0, timeout=SOON)
    one.assert_local()
    one.assert_clean()


@pytest.mark.thorough
def test_both_fit_on_a_phone(quick_url: str, visit: Callable[..., Visit]) -> None:
    one = visit(quick_url, 390, 844, touch=True)
    card = pinned(one)
    expect(card.locator(".facelib-stage").first).to_have_attribute("data-state", "ready", timeout=SOON)
    assert one.page.evaluate("document.querySelector('#rendered_cells').scrollWidth <= innerWidth")
    one.reach(card.locator("canvas:visible").first, finger=True)
    one.screenshot("compare_390")
    one.assert_clean()
