"""Earlier runs in a real browser: by keyboard, at once, one undo away; and what is said while one waits."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from explore import swept
from harness import Visit, wait_until
from looks import violations
from playwright.sync_api import expect

pytestmark = pytest.mark.packages

WAIT = 60_000  # ms, on a busy machine


@pytest.mark.outside
def test_a_run_says_what_it_does_and_comes_back_by_keyboard(
    quick_url: str, visit: Callable[..., Visit]
) -> None:
    one = swept(visit(quick_url, 1440, 900))
    page = one.page
    one.click(page.get_by_role("tab", name="Population", exact=True))
    panel = page.get_by_role("tabpanel", name="Population", exact=True)
    plan = panel.locator(".facelib-plan")
    people = panel.locator(".widget-slider").filter(has_text=re.compile("^People")).locator(".noUi-handle")
    for count, steps in ((12, ["Home", *["ArrowRight"] * 10]), (6, ["ArrowLeft"] * 6)):
        one.press(people.first, *steps)
        expect(plan).to_contain_text(f"{count} people", timeout=WAIT)
        again = panel.get_by_role("button", name=re.compile("^(Run|Show the results)$"))
        expect(again.first).to_be_enabled(timeout=WAIT)
        one.click(again.first)
        if count == 12:
            now = panel.get_by_text(re.compile(r"Now: person \d+ of 12, .* Other tabs can be used meanwhile"))
            expect(now).to_be_visible(timeout=WAIT)
            expect(panel.get_by_text(re.compile(r"\d+ of 24 faces × changes done$"))).to_be_visible()
        expect(panel.get_by_text("Done.", exact=True)).to_be_visible(timeout=WAIT)
    rows = panel.locator(".facelib-run").filter(visible=True)
    expect(rows).to_have_count(2)
    one.press(rows.nth(1), "Enter")
    expect(rows.nth(1)).to_have_text(re.compile(r"^✓ .*12 rendered people.*\(shown now\)$"), timeout=WAIT)
    expect(plan).to_contain_text("12 people", timeout=WAIT)
    expect(panel.get_by_text(re.compile("over 12 people")).first).to_be_visible()
    assert not violations(page)
    assert all(row.bounding_box()["height"] >= 24 for row in rows.all())  # type: ignore[index]
    one.click(page.get_by_role("button", name="Undo", exact=True))
    expect(plan).to_contain_text("6 people", timeout=WAIT)
    wait_until(lambda: panel.get_by_text(re.compile("over 6 people")).count() > 0, 20, "the former results")
    one.assert_clean()
