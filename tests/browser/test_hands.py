"""The hands of the tests, on a page that makes things hard to reach: they fail where a person would."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hands import Hands
from playwright.sync_api import Browser, Page, expect

PAGE = (Path(__file__).parent / "hostile.html").read_text()
QUICK = {"patience": 0.3}  # seconds
SIZES = {"laptop": (1280, 720), "phone": (390, 844)}


@pytest.fixture(scope="module")
def contexts(browser: Browser) -> Iterator[dict[str, Page]]:
    pages = {}
    for name, (width, height) in SIZES.items():
        size = {"width": width, "height": height}
        pages[name] = browser.new_page(viewport=size, screen=size, has_touch=name == "phone")
    yield pages
    for page in pages.values():
        page.close()


@pytest.fixture
def person(contexts: dict[str, Page]) -> Hands:
    """Somebody at a laptop."""
    return before(contexts["laptop"])


@pytest.fixture
def fingers(contexts: dict[str, Page]) -> Hands:
    """Somebody with a phone."""
    return before(contexts["phone"])


def before(page: Page) -> Hands:
    page.goto("about:blank")
    page.set_content(PAGE)
    return Hands(page)


def said(person: Hands, kind: str) -> list[str]:
    words = person.page.evaluate("window.said.splice(0)")
    return [text for text in words if text.startswith(kind)]


@pytest.mark.parametrize("name", ["first", "plain", "boxed", "last", "plain first"])
def test_what_can_be_scrolled_to_is_clicked_and_nothing_else(person: Hands, name: str) -> None:
    for one in name.split():
        person.click(person.page.locator(f"#{one}"), **QUICK)
        assert said(person, "click") == [f"click {one}"]


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("covered", "is covered: there is <div class=.lid"),
        ("shy", "is covered: there is <div class=.bar"),
        ("clipped", r"is covered|nobody can scroll to"),
        ("aside", "nobody can scroll to"),
        ("left", "nobody can scroll to"),
        ("folded", "isn't there"),
        ("pale", "can't be seen"),
        ("speck", "too small"),
        ("flat", "isn't there or has no size"),
    ],
)
def test_what_nobody_sees_is_not_clicked(person: Hands, name: str, fault: str) -> None:
    options = {"shown": 0.3} if "isn't there" in fault else QUICK
    with pytest.raises(AssertionError, match=fault):
        person.click(person.page.locator(f"#{name}"), **options)
    assert said(person, "click") == []


def test_a_page_that_does_not_scroll_hides_what_is_below(person: Hands) -> None:
    person.page.add_style_tag(content="html { overflow: hidden; }")
    with pytest.raises(AssertionError, match="nobody can scroll to"):
        person.click(person.page.locator("#last"), **QUICK)


def test_details_are_opened_first(person: Hands) -> None:
    person.press(person.page.get_by_text("Details"), "Enter")
    person.click(person.page.locator("#folded"), **QUICK)
    assert said(person, "click")[-1] == "click folded"


def test_a_thing_under_a_bar_that_stays_is_scrolled_out_from_it(person: Hands) -> None:
    plain = person.page.locator("#plain")
    person.reach(person.page.locator("#last"))
    person.page.evaluate("scrollTo(0, document.querySelector('#plain').offsetTop)")  # as a link does
    person.click(plain, **QUICK)
    assert said(person, "click") == ["click plain"]


def test_keys_words_menus_and_files(person: Hands, tmp_path: Path) -> None:
    page = person.page
    person.tick(page.locator("#tick"))
    person.tick(page.locator("#tick"))
    assert said(person, "change") == ["change tick"]
    person.press(page.locator("#tick"), "Space")
    expect(page.locator("#tick")).not_to_be_checked()
    person.type_into(page.locator("#field"), "new")
    assert page.locator("#field").input_value() == "new"
    person.type_into(page.locator("#field"), "")
    assert page.locator("#field").input_value() == ""
    said(person, "")
    person.choose(page.locator("#menu"), "four")
    assert [text for text in said(person, "change") if "menu" in text] == ["change menu"]
    with pytest.raises(AssertionError, match="'two' isn't one of"):
        person.choose(page.locator("#menu"), "two")
    file = {"name": "mine.txt", "mimeType": "text/plain", "buffer": b"mine"}
    person.upload(page.locator("#file"), file)
    assert page.evaluate("file.files[0].name") == "mine.txt"
    (tmp_path / "other.txt").write_text("other")
    person.drop(page.locator("#zone"), tmp_path / "other.txt")
    page.wait_for_function("window.said.includes('drop other.txt text/plain other')")


def test_a_pointer_rests_on_a_part_of_it(person: Hands) -> None:
    zone = person.page.locator("#zone")
    person.hover(zone, (0.25, 0.9))
    assert said(person, "pointermove")[-1] == "pointermove zone"
    expect(zone).to_be_in_viewport()


def test_fingers_scroll_and_tap(fingers: Hands) -> None:
    for name in ("boxed", "first"):
        fingers.tap(fingers.page.locator(f"#{name}"), **QUICK)
        heard = fingers.page.evaluate("window.said.splice(0)")
        assert [text for text in heard if text.startswith("click")] == [f"click {name}"]
        assert any(text.startswith("touchmove") for text in heard)
        assert not any(text.startswith("wheel") for text in heard)
    with pytest.raises(AssertionError, match="is covered"):
        fingers.tap(fingers.page.locator("#covered"), **QUICK)


def test_two_fingers_move_apart(fingers: Hands) -> None:
    fingers.page.evaluate(
        "addEventListener('touchmove', ({ touches: [one, two] }) =>"
        " said.push(`apart ${two.clientX - one.clientX}`))"
    )
    fingers.pinch(fingers.page.locator("#zone"), 3)
    apart = [float(words.split()[1]) for words in said(fingers, "apart")]
    assert apart == sorted(apart)
    assert apart[-1] == pytest.approx(120, abs=1)


def test_what_can_not_be_used_yet_is_waited_for(person: Hands) -> None:
    person.page.evaluate("setTimeout(() => { off.disabled = false; }, 700)")
    person.click(person.page.get_by_role("button", name=re.compile("^off$")))
    assert said(person, "click") == ["click off"]
