"""What is folded away in the Face panel, in the real page: it opens, and its knobs change the picture."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from explore import picture, swept
from harness import COMES, Visit, wait_until
from playwright.sync_api import Locator, expect

pytestmark = pytest.mark.packages


def before(one: Visit) -> bytes:
    """The unchanged face, as it is painted."""
    return one.canvas_bytes(picture(one, "before"))


def slider(one: Visit, name: str) -> Locator:
    return one.page.get_by_role("slider", name=name, exact=True)


@pytest.mark.outside
def test_gaze_and_glasses_change_the_picture(quick_url: str, visit: Callable[..., Visit]) -> None:
    one = swept(visit(quick_url, width=1280, height=900), within=COMES)
    fold = one.page.get_by_role("button", name="More", exact=True)
    undo = one.page.get_by_role("button", name="Undo")
    expect(slider(one, "Glasses")).to_have_count(0)
    first = before(one)
    one.screenshot("more_closed")
    one.press(fold, "Enter")
    expect(one.page.get_by_role("button", name="More", exact=True, expanded=True)).to_be_visible()
    expect(slider(one, "Glasses")).to_be_visible()
    expect(one.page.get_by_role("combobox", name="Electrodes")).to_be_visible()
    expect(undo).to_be_disabled()  # to look at the knobs changes nothing
    assert before(one) == first
    seen = [first]
    for name, key in (("Gaze aside", "PageUp"), ("Glasses", "End"), ("Lens tint", "End")):
        handle = slider(one, name)
        one.press(handle, key)
        wait_until(lambda: before(one) not in seen, 20, f"another picture after {name}")
        seen.append(before(one))
    one.choose(one.page.get_by_role("combobox", name="Electrodes"), "kuramoto")
    wait_until(lambda: before(one) not in seen, 20, "another picture with electrodes")
    one.reach(slider(one, "Warmth"))
    one.screenshot("more_open")
    sideways = one.page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert sideways <= 0
    one.click(one.page.get_by_role("button", name="Reset"))
    wait_until(lambda: before(one) == first, 30, "the first face again")
    expect(slider(one, "Glasses")).to_have_attribute("aria-valuetext", "0.00")
    one.click(fold)
    expect(slider(one, "Glasses")).to_be_hidden()
    one.assert_local()
    one.assert_clean()
