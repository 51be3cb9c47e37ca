"""The menu of properties, the row of cases and the cards, by keys, wheel, mouse and finger."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from explore import at, emotion, rested, swept
from geometry import box_of, resized
from harness import COMES, Visit, visitors, wait_until
from looks import cut, faint, small, violations
from playwright.sync_api import Browser, Locator, expect

pytestmark = pytest.mark.packages

SOON = 30_000
SIZES = [
    (1440, 900),
    (390, 844),
    pytest.param(820, 1180, marks=pytest.mark.thorough),
    pytest.param(720, 450, marks=pytest.mark.thorough),
]


@pytest.fixture(scope="module")
def quick(browser: Browser, quick_url: str) -> Iterator[Visit]:
    with visitors(browser) as begin:
        yield rested(begin(quick_url), within=COMES)


@pytest.fixture
def desk(quick: Visit) -> Visit:
    """The page as it was opened, at the size of a desk."""
    quick.page.keyboard.press("Escape")
    resized(quick, 1440, 900)
    quick.click(quick.page.get_by_role("button", name="Reset"))
    expect(now(quick)).to_have_text("one side weaker", timeout=SOON)
    return rested(quick)


def menu(one: Visit) -> Locator:
    return one.page.get_by_label("Property", exact=True)


def now(one: Visit) -> Locator:
    return one.page.locator(".facelib-chooser-now")


def panel(one: Visit) -> Locator:
    return one.page.locator(".facelib-chooser-dialog")


def search(one: Visit) -> Locator:
    return one.page.get_by_role("combobox", name="Search: Property")


def options(one: Visit) -> Locator:
    return panel(one).get_by_role("option")


def active(one: Visit) -> str:
    """The entry that the arrows have come to, as a screen reader hears of it."""
    found = search(one).evaluate(
        "one => document.getElementById(one.getAttribute('aria-activedescendant'))?.innerText"
    )
    return str(found).split("\n")[0].removeprefix("✓ ").strip()


def in_sight(one: Visit) -> bool:
    return bool(
        search(one).evaluate(
            """one => {
              const box = (name) => document.getElementById(one.getAttribute(name)).getBoundingClientRect();
              const [row, view] = [box("aria-activedescendant"), box("aria-controls")];
              return row.top >= view.top - 1 && row.bottom <= view.bottom + 1;
            }"""
        )
    )


def test_a_word_finds_a_property_and_enter_chooses_it(desk: Visit) -> None:
    desk.press(menu(desk), "Enter")
    expect(search(desk)).to_be_focused()
    said = panel(desk).get_by_role("status")
    for typed, wanted in (
        ("bell", "one-sided palsy"),
        ("paresis", "one-sided palsy"),
        ("BLUR", "blur"),
        ("surgical", "surgical mask"),
        ("frec", "moles and freckles"),
        ("emg size", "size of the electrodes"),
        ("wrinkles", "age"),
    ):
        desk.page.keyboard.press("ControlOrMeta+a")
        desk.page.keyboard.type(typed)
        expect(said).to_contain_text(re.compile(r"\d+ of \d+ fits?"))
        assert active(desk) == wanted
        assert in_sight(desk)
        if typed == "emg size":  # no electrodes are worn
            desk.page.keyboard.press("Enter")
            expect(said).to_contain_text("can’t be chosen now")
            expect(panel(desk)).to_be_visible()
    desk.page.keyboard.press("Enter")
    expect(now(desk)).to_have_text("age")
    expect(panel(desk)).to_be_hidden()
    expect(menu(desk)).to_be_focused()
    desk.assert_clean()


def test_arrows_home_end_and_escape(desk: Visit) -> None:
    keyboard = desk.page.keyboard
    desk.press(menu(desk), "ArrowDown")
    expect(search(desk)).to_be_focused()
    assert active(desk) == "one side weaker"
    names = options(desk).locator(".facelib-chooser-name").all_inner_texts()
    titles = [name.removeprefix("✓ ").strip() for name in names]
    keyboard.press("ArrowDown")
    assert active(desk) == titles[1]
    keyboard.press("End")
    assert active(desk) == titles[-1]
    assert in_sight(desk)
    keyboard.press("ArrowDown")
    assert active(desk) == titles[-1]
    keyboard.press("PageUp")
    assert active(desk) == titles[-7]
    keyboard.press("Home")
    assert active(desk) == titles[0]
    assert in_sight(desk)
    keyboard.press("Escape")
    expect(panel(desk)).to_be_hidden()
    expect(menu(desk)).to_be_focused()
    expect(now(desk)).to_have_text("one side weaker")
    expect(menu(desk)).to_have_attribute("aria-expanded", "false")


def test_letters_on_the_closed_menu_search_and_what_is_not_found_is_said(desk: Visit) -> None:
    desk.press(menu(desk), *"gla")
    expect(search(desk)).to_have_value("gla")
    assert active(desk) == "glasses"
    desk.page.keyboard.type("<img src=x>")
    expect(panel(desk).get_by_role("status")).to_have_text("Nothing fits: try another word.")
    desk.page.keyboard.press("Enter")
    expect(panel(desk)).to_be_visible()
    assert panel(desk).locator("img").count() == 0
    desk.page.keyboard.press("Escape")
    expect(now(desk)).to_have_text("one side weaker")


def test_a_wheel_moves_the_list_and_not_the_page(desk: Visit) -> None:
    desk.click(menu(desk))
    before = desk.page.evaluate("document.querySelector('#rendered_cells')?.scrollTop ?? scrollY")
    headings = panel(desk).locator(".facelib-chooser-title").all_inner_texts()
    assert headings[-1] == "Placebos: harmless changes"
    assert headings[:3] == ["Symmetry", "Expression", "Person"]
    assert panel(desk).locator("[role=option] .facelib-tile-empty").count() == 0
    sizes = (
        panel(desk)
        .locator("[role=option] .facelib-tile")
        .evaluate_all("all => all.map(one => [one.offsetWidth, one.offsetHeight])")
    )
    assert {tuple(size) for size in sizes} == {(64, 64)}, "every entry has a picture"
    desk.click(options(desk).last)  # by the wheel: see Hands
    expect(panel(desk)).to_be_hidden()
    expect(now(desk)).not_to_have_text("one side weaker")
    assert desk.page.evaluate("document.querySelector('#rendered_cells')?.scrollTop ?? scrollY") == before


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_open_panel_is_sound_at_every_size(desk: Visit, width: int, height: int) -> None:
    resized(desk, width, height)
    desk.click(menu(desk))
    box = box_of(panel(desk))
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= height + 1
    if width < 700:
        assert box["width"] == width
    desk.screenshot(f"chooser_{width}")
    assert violations(desk.page) == []
    assert faint(desk.page) == []
    assert small(desk.page) == []
    assert cut(panel(desk).page) == []
    desk.page.emulate_media(forced_colors="active")
    try:
        edges = options(desk).evaluate_all(
            """all => [true, false].map((so) => {
              const one = all.find((row) => row.classList.contains("facelib-chooser-active") === so);
              return getComputedStyle(one).borderTopColor;
            })"""
        )
        desk.screenshot(f"chooser_forced_{width}")
    finally:
        desk.page.emulate_media(forced_colors="none")
    assert edges[0] != edges[1]
    desk.page.keyboard.press("Escape")


def test_a_finger_opens_swipes_and_chooses(quick_url: str, visit: Callable[..., Visit]) -> None:
    one = swept(visit(quick_url, width=390, height=844, touch=True), within=COMES)
    one.tap(menu(one))
    expect(panel(one)).to_be_visible()
    assert not search(one).evaluate("one => one === document.activeElement"), (
        "no keyboard rises over the list"
    )
    one.tap(options(one).filter(has_text="surgical mask"))
    expect(now(one)).to_have_text("surgical mask")
    strip = one.page.get_by_role("toolbar", name="Cases")
    card = strip.get_by_role("button", name="Seventy years")
    one.tap(card)
    expect(now(one)).to_have_text("age", timeout=SOON)
    assert box_of(strip)["height"] <= 56
    box, left = box_of(strip), "row => row.scrollLeft"
    was, middle = strip.evaluate(left), box["y"] + box["height"] / 2
    one.swipe((300, middle), (150, middle))
    wait_until(lambda: strip.evaluate(left) > was + 100, 3, "the row follows the finger")
    one.page.wait_for_timeout(600)
    edges = strip.evaluate(
        "row => [...row.children].map((card) => card.getBoundingClientRect().x"
        " - row.getBoundingClientRect().x)"
    )
    last = strip.evaluate("row => row.scrollLeft >= row.scrollWidth - row.clientWidth - 1")
    assert last or min(abs(edge - 3) for edge in edges) <= 1, "it rests with a whole card at its edge"
    one.screenshot("gallery_390_touch")
    assert violations(one.page) == []
    one.assert_clean()


def test_a_case_is_loaded_by_keys_with_one_undo_and_the_focus_stays(desk: Visit) -> None:
    strip = desk.page.get_by_role("toolbar", name="Cases")
    first = strip.get_by_role("button", name="One side weaker")
    desk.press(first, *["ArrowRight"] * 4)
    card = strip.get_by_role("button", name="Seventy years")
    expect(card).to_be_focused()
    desk.page.keyboard.press("Enter")
    expect(now(desk)).to_have_text("age", timeout=SOON)
    expect(card).to_be_focused()
    expect(card).to_have_attribute("aria-current", "true")
    expect(desk.page.get_by_role("slider", name="Age", exact=True)).to_have_attribute("aria-valuetext", "25")
    desk.page.keyboard.press("End")
    expect(strip.get_by_role("button", name="Your photograph")).to_be_focused()
    expect(strip.get_by_role("button", name="Your photograph")).to_be_in_viewport(ratio=0.99)
    desk.click(desk.page.get_by_role("button", name="Undo"))
    expect(now(desk)).to_have_text("one side weaker", timeout=SOON)
    desk.assert_clean()


def test_cases_have_their_strength_their_emotion_and_either_way(desk: Visit) -> None:
    strip = desk.page.get_by_role("toolbar", name="Cases")
    desk.click(strip.get_by_role("button", name="Palsy at rest"))
    at(desk, 20)
    expect(emotion(desk)).to_have_value("neutral")
    for way in ("darker", "lighter"):
        desk.click(strip.get_by_role("button", name=f"Another skin tone {way}"))
        expect(now(desk)).to_have_text("skin tone", timeout=SOON)
        toward = desk.page.locator(".facelib-asks").get_by_label("Toward", exact=True)
        expect(toward.locator("option:checked")).to_have_text(way)
        tone = desk.page.get_by_role("slider", name="Skin tone", exact=True)
        expect(tone).to_have_attribute("aria-valuetext", "0.50")


def test_a_wheel_moves_the_cases_sideways(desk: Visit) -> None:
    resized(desk, 1280, 800)
    row = desk.page.get_by_role("toolbar", name="Cases")
    x, y = desk.reach(row)
    assert row.evaluate("one => one.scrollLeft") == 0
    desk.wheel((x, y), 300, 300)
    wait_until(lambda: row.evaluate("one => one.scrollLeft") > 100, 3, "cases further right")
    desk.wheel((x, y), *[-400] * 8)
    wait_until(lambda: row.evaluate("one => one.scrollLeft") == 0, 3, "the first case again")


def test_your_photograph_opens_its_source(desk: Visit) -> None:
    desk.click(desk.page.get_by_role("toolbar", name="Cases").get_by_role("button", name="Your photograph"))
    expect(desk.page.get_by_role("button", name="Photograph", exact=True, pressed=True)).to_be_visible(
        timeout=SOON
    )
    expect(desk.page.locator(".facelib-drop-zone").first).to_be_visible()


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_page_with_cases_is_sound_at_every_size(desk: Visit, width: int, height: int) -> None:
    resized(desk, width, height)
    desk.screenshot(f"gallery_{width}")
    assert violations(desk.page) == []
    row = desk.page.get_by_role("toolbar", name="Cases")
    assert box_of(row)["height"] <= (56 if width < 800 else 76)
    assert desk.page.evaluate("document.querySelector('#rendered_cells').scrollWidth <= innerWidth")
