"""Larger text, for a projector or weak eyes: all of it fits, and everything is hit where it is seen."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from explore import at, live, picture, strength, swept
from geometry import box_of, inside, readable, resized
from harness import COMES, Visit, visitors
from looks import small, violations
from playwright.sync_api import Browser, Locator, expect

pytestmark = pytest.mark.packages

SIZES = """app => [...app.querySelectorAll("*")].filter((one) => one.checkVisibility()
  && [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim()))
  .map((one) => [one.currentCSSZoom * parseFloat(getComputedStyle(one).fontSize),
    one.textContent.slice(0, 30)])"""


@pytest.fixture(scope="module")
def hall(browser: Browser, quick_url: str) -> Iterator[Visit]:
    """A teacher's page on a projector, in larger text."""
    with visitors(browser) as visit:
        one = swept(visit(quick_url, 1280, 720), within=COMES)
        before = smallest(one)
        one.click(larger(one))
        expect(larger(one)).to_have_attribute("aria-pressed", "true")
        assert smallest(one) >= 1.2 * before
        yield one


def larger(one: Visit) -> Locator:
    return one.page.get_by_role("button", name="Larger text", exact=True)


def app(one: Visit) -> Locator:
    return one.page.locator(".facelib-app")


def smallest(one: Visit) -> float:
    found: list[tuple[float, str]] = app(one).evaluate(SIZES)
    return min(size for size, _ in found)


def test_type_has_13_px_everywhere(hall: Visit) -> None:
    resized(hall, 1280, 720)
    found = [one for one in app(hall).evaluate(SIZES) if one[0] < 1.25 * 13 - 0.01]
    assert found == []


def test_nothing_is_cut_and_the_first_screen_has_face_strength_and_answer(hall: Visit) -> None:
    resized(hall, 1280, 720)
    main = hall.page.locator("#rendered_cells")
    assert main.evaluate("main => main.scrollWidth <= main.clientWidth"), "the page scrolls sideways"
    readable(app(hall))
    for target in (picture(hall, "after"), strength(hall), live(hall).locator("h2")):
        assert inside(target, hall.page), target
    assert violations(hall.page) == []
    assert [one for one in small(hall.page) if "Skip to" not in one] == []  # seen with the focus only
    hall.screenshot("larger_1280")


def test_everything_is_hit_where_it_is_seen(hall: Visit) -> None:
    resized(hall, 1280, 720)
    for _ in hall.slide(strength(hall)):
        pass
    at(hall, 20)
    hall.press(strength(hall), "Home")
    hall.click(app(hall).get_by_label("Property", exact=True))
    dialog = hall.page.locator(".facelib-chooser-dialog")
    for one in (dialog, dialog.locator("input").first):
        box = box_of(one)
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 1280
        assert box["y"] + box["height"] <= 720
    hall.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_this_browser_keeps_it_and_no_link_does(hall: Visit) -> None:
    assert "arger" not in hall.page.url
    hall.page.reload()
    expect(app(hall)).to_have_class(re.compile("facelib-larger"), timeout=COMES)
    expect(larger(hall)).to_have_attribute("aria-pressed", "true")
    hall.press(larger(hall), "Enter")
    expect(app(hall)).not_to_have_class(re.compile("facelib-larger"))
    assert hall.page.evaluate("localStorage.length") == 0
    hall.assert_clean()
