"""The scene is the address; links, sessions, undo and redo, as a person uses them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from explore import SOON, age, at, emotion, strength, swept
from harness import Visit
from playwright.sync_api import Locator, expect

pytestmark = pytest.mark.packages


def expect_age(one: Visit, years: int) -> None:
    expect(age(one)).to_have_attribute("aria-valuetext", str(years), timeout=SOON)


def expect_address(one: Visit, pattern: str) -> None:
    expect(one.page).to_have_url(re.compile(pattern), timeout=SOON)


def step(one: Visit, target: Locator, key: str, times: int = 1) -> None:
    one.click(target)
    for _ in range(times):
        one.page.keyboard.press(key)


def test_the_address_is_the_scene_and_leads_back_and_forth(
    quick_url: str, visit: Callable[..., Visit]
) -> None:
    one = swept(visit(quick_url))
    page = one.page
    assert "#" not in page.url
    step(one, age(one), "End")
    expect_address(one, r"#age=90$")
    page.wait_for_timeout(1500)
    one.choose(emotion(one), "sad")
    expect_address(one, r"#age=90&emotion=sad$")
    one.press(strength(one), *["ArrowRight"] * 9)
    expect_address(one, r"#age=90&emotion=sad&strength=0.45$")
    page.wait_for_timeout(1500)
    one.click(page.get_by_role("tab", name="Population"))
    expect_address(one, r"&strength=0.45&tab=population$|tab=population&strength=0.45$")
    address = page.url
    page.go_back()
    expect(page.locator(".facelib-app")).to_have_attribute("data-tab", "0", timeout=SOON)
    page.go_back()
    expect(emotion(one)).to_have_value("happy", timeout=SOON)
    page.go_back()
    expect_age(one, 28)
    expect_address(one, r"/[^#]*$")
    page.go_forward()
    expect_age(one, 90)

    other = swept(visit(address))
    expect(other.page.locator(".facelib-app")).to_have_attribute("data-tab", "1", timeout=SOON)
    expect(other.page.locator(".facelib-restored")).to_contain_text("what was shared", timeout=SOON)
    other.click(other.page.get_by_role("tab", name="Explore"))
    expect_age(other, 90)
    expect(emotion(other)).to_have_value("sad")
    at(other, 9)
    other.screenshot("opened_link")
    for visited in (one, other):
        visited.assert_clean()


HOSTILE = [
    "<img src=x onerror=window.pwned=1>", "javascript:alert(1)", "age=70&age=70", "change=%3Cscript%3E",
    "x" * 30_000, "%", "%ff%fe", "age=9e99",
]  # fmt: skip


def test_what_others_put_into_an_address_is_words(quick_url: str, visit: Callable[..., Visit]) -> None:
    one = swept(visit(quick_url))
    for text in HOSTILE:
        one.page.evaluate("text => { window.location.hash = text; }", text)
        expect(one.page.locator(".facelib-restored")).to_contain_text("be opened", timeout=SOON)
        expect_address(one, r"/[^#]*$")
        one.click(one.page.get_by_role("button", name="OK", exact=True))
    assert one.page.evaluate("window.pwned") is None
    expect_age(one, 28)
    one.assert_clean()


def test_a_link_is_copied_and_a_session_goes_out_and_in(
    quick_url: str, visit: Callable[..., Visit], tmp_path: Path
) -> None:
    one = swept(visit(quick_url))
    page = one.page
    one.context.grant_permissions(["clipboard-read", "clipboard-write"])
    step(one, age(one), "End")
    one.click(page.get_by_role("tab", name="Population"))
    people = page.get_by_role("slider", name="People", exact=True)
    step(one, people, "ArrowRight")
    many = people.get_attribute("aria-valuetext")
    share = page.get_by_role("button", name="Share", exact=True)
    one.click(share)
    dialog = page.get_by_role("dialog", name="Share what is shown")
    link = dialog.get_by_label("Link to this scene")
    expect(link).to_have_value(re.compile(r"^http://[^?]*#age=90&tab=population$"), timeout=SOON)
    one.screenshot("share")
    one.click(dialog.get_by_role("button", name="Copy link"))
    expect(dialog.get_by_role("status")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == link.input_value()
    with page.expect_download() as saved:
        one.click(dialog.get_by_role("button", name="Save session"))
    path = tmp_path / saved.value.suggested_filename
    saved.value.save_as(path)
    state = json.loads(path.read_text())["state"]
    assert (state["head"]["age"], str(state["plans"]["population"]["people"])) == (90, many)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(share).to_be_focused()

    other = swept(visit(quick_url))
    other.click(other.page.get_by_role("button", name="Share", exact=True))
    there = other.page.get_by_role("dialog", name="Share what is shown")
    asks = there.get_by_label("Session’s file")
    other.upload(asks, {"name": "x.json", "mimeType": "application/json", "buffer": b"[1]"})
    expect(there.get_by_role("status")).to_contain_text("no session", timeout=SOON)
    other.upload(asks, path)
    expect(there).to_be_hidden(timeout=SOON)
    expect(other.page.locator(".facelib-app")).to_have_attribute("data-tab", "1", timeout=SOON)
    expect(other.page.get_by_role("slider", name="People", exact=True)).to_have_attribute(
        "aria-valuetext", many or "", timeout=SOON
    )
    other.click(other.page.get_by_role("tab", name="Explore"))
    expect_age(other, 90)
    for visited in (one, other):
        visited.assert_clean()


@pytest.mark.parametrize("size", [(820, 1180), (390, 844)])
def test_there_is_room_for_it_on_small_screens(
    quick_url: str, visit: Callable[..., Visit], size: tuple[int, int]
) -> None:
    one = swept(visit(quick_url, *size, touch=True))
    one.screenshot(f"header_{size[0]}")
    one.tap(one.page.get_by_role("button", name="Share", exact=True))
    dialog = one.page.get_by_role("dialog", name="Share what is shown")
    expect(dialog.get_by_label("Link to this scene")).to_have_value(re.compile("^http"), timeout=SOON)
    box = dialog.bounding_box()
    assert box is not None
    assert box["width"] <= size[0]
    one.screenshot(f"share_{size[0]}")
    assert one.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    one.assert_clean()


def test_undo_and_back_bring_the_strength_back(quick_url: str, visit: Callable[..., Visit]) -> None:
    one = swept(visit(quick_url))
    page = one.page
    one.press(strength(one), *["ArrowRight"] * 9)
    expect_address(one, r"#strength=0.45$")
    page.wait_for_timeout(1500)
    one.click(page.get_by_role("button", name=re.compile("Both sides weaker")))
    expect_address(one, r"#change=weaker_expression$|#change=weaker_expression&")
    at(one, 0)
    one.click(page.get_by_role("button", name="Undo", exact=True))
    at(one, 9)
    expect_address(one, r"#strength=0.45$")
    page.wait_for_timeout(1500)
    one.click(page.get_by_role("button", name=re.compile("Both sides weaker")))
    expect_address(one, r"#change=weaker_expression$|#change=weaker_expression&")
    page.go_back()
    at(one, 9)
    one.assert_clean()
