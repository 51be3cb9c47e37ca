"""The real page as assistive technology reads it: names, states and values."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from harness import Server, Visit
from playwright.sync_api import Browser, Locator, expect

pytestmark = pytest.mark.packages

START = 60_000  # ms until the page is there, on a busy machine
ROLES = {
    "slider",
    "button",
    "combobox",
    "spinbutton",
    "textbox",
    "checkbox",
    "img",
    "image",
    "graphics-document",
}
SLIDERS = {
    "Intensity", "Age", "Gender", "Skin tone", "Asymmetry", "Turn", "Nod", "Strength", "Opacity",
}  # fmt: skip


@pytest.fixture(scope="module")
def reader(browser: Browser, page_server: Server) -> Iterator[Visit]:
    """The page, its pictures and charts drawn; tests leave it as they found it."""
    one = Visit(browser, page_server.url)
    one.page.locator(".facelib-strength").wait_for(timeout=START)
    expect(one.page.locator(".facelib-stage")).to_have_attribute("data-state", "ready", timeout=START)
    expect(one.page.locator(".facelib-chart svg").last).to_be_visible(timeout=START)
    expect(one.page.locator("[role=slider]:not([aria-label])")).to_have_count(0)
    yield one
    one.close()


def computed(one: Visit) -> list[tuple[str, str, dict[str, object]]]:
    """Role, name and properties of everything in the browser's accessibility tree."""
    session = one.context.new_cdp_session(one.page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    return [
        (
            str(node["role"]["value"]),
            str(node.get("name", {}).get("value", "")).strip(),
            {item["name"]: item["value"].get("value") for item in node.get("properties", ())},
        )
        for node in nodes
        if not node["ignored"] and "role" in node
    ]


def strength(one: Visit) -> Locator:
    return one.page.get_by_role("slider", name="Strength", exact=True)


def test_everything_that_can_be_used_or_seen_has_a_name(reader: Visit) -> None:
    found = [(role, name) for role, name, _ in computed(reader) if role in ROLES]
    assert {"slider", "button", "combobox", "spinbutton", "image", "graphics-document"} <= {
        role for role, _ in found
    }
    unnamed = [role for role, name in found if not re.search(r"\w", name)]
    assert not unnamed, f"Without a name: {unnamed} among {found}"
    assert {name for role, name in found if role == "slider"} == SLIDERS
    assert {"Play the strengths", "Stop"} <= {name for role, name in found if role == "button"}


def test_the_slider_says_the_strength(reader: Visit) -> None:
    handle = strength(reader)  # by attribute: Chromium's protocol reports every "valuetext" as empty
    expect(handle).to_have_attribute("aria-valuetext", "strength 0.00")
    for _ in range(8):
        handle.press("ArrowRight")
    expect(handle).to_have_attribute("aria-valuetext", "strength 0.40")
    for step in reader.drag(reader.page.locator(".facelib-strength"), 5, pause=0.05):
        expect(handle).to_have_attribute("aria-valuetext", f"strength {step / 4:.2f}")
    handle.press("Home")
    expect(handle).to_have_attribute("aria-valuetext", "strength 0.00")


def test_the_play_button_says_what_it_does_next(reader: Visit) -> None:
    reader.page.get_by_role("button", name="Play the strengths").click()
    expect(reader.page.get_by_role("button", name="Pause")).to_be_visible()
    expect(strength(reader)).to_have_attribute("aria-valuetext", "strength 1.00", timeout=20_000)
    reader.page.get_by_role("button", name="Stop").click()
    expect(reader.page.get_by_role("button", name="Play the strengths")).to_be_visible()
    expect(strength(reader)).to_have_attribute("aria-valuetext", "strength 0.00")


@pytest.mark.parametrize(("first", "second"), [("map", "none"), ("Parametric face", "Photograph")])
def test_toggle_buttons_say_which_is_pressed(reader: Visit, first: str, second: str) -> None:
    for pressed, other in ((second, first), (first, second)):
        reader.page.get_by_role("button", name=pressed, exact=True).click()
        for name, state in ((pressed, True), (other, False)):
            expect(reader.page.get_by_role("button", name=name, exact=True, pressed=state)).to_be_visible()
    states = [
        facts["pressed"]
        for _, name, facts in computed(reader)
        if name in {first, second} and "pressed" in facts
    ]
    assert sorted(map(str, states)) == ["false", "true"]


def test_controls_that_are_drawn_again_are_named_again(reader: Visit) -> None:
    names = reader.page.locator("[role=slider]").evaluate_all(
        """all => {
          for (const handle of all) {
            const origin = handle.parentElement;
            const copy = origin.cloneNode(true);
            copy.firstChild.removeAttribute("aria-label");
            copy.firstChild.classList.add("facelib-copy");
            origin.after(copy);
          }
          return all.map((handle) => handle.ariaLabel);
        }"""
    )
    copies = reader.page.locator(".facelib-copy")
    expect(reader.page.locator(".facelib-copy[aria-label]")).to_have_count(len(names))
    assert copies.evaluate_all("all => all.map((handle) => handle.ariaLabel)") == names
    copies.evaluate_all("all => all.forEach((handle) => handle.parentElement.remove())")
    reader.assert_clean()
