"""The first tab as a person uses it: on real classifiers or quick ones, each control beyond the journeys."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from explore import SOON, after, age, at, emotion, live, look, picture, strength, swept
from geometry import box_of
from harness import COMES, Visit, visitors, wait_until
from playwright.sync_api import Browser, expect

pytestmark = pytest.mark.packages

Visits = Callable[..., Visit]


@pytest.fixture
def networks(page_url: str, visit: Visits) -> Visit:
    """The page with its first sweep computed, by networks."""
    return swept(visit(page_url), within=COMES)


@pytest.fixture(scope="module")
def quick(browser: Browser, quick_url: str) -> Iterator[Visit]:
    """The same with classifiers that answer at once, for what doesn't ask what they answer."""
    with visitors(browser) as begin:
        yield swept(begin(quick_url), within=COMES)


@pytest.fixture
def explorer(quick: Visit) -> Visit:
    """That page as it was opened: one visitor stays for many tests."""
    quick.click(quick.page.get_by_role("button", name="Reset"))
    expect(age(quick)).to_have_attribute("aria-valuetext", "28")
    expect(quick.page.locator(".facelib-chooser-now")).to_have_text("one side weaker")
    at(quick, 0)
    return swept(quick)


def test_what_is_computed_moves_no_button(explorer: Visit) -> None:
    share = explorer.page.get_by_role("button", name="Share", exact=True)
    rests = share.bounding_box()
    explorer.press(age(explorer), "ArrowRight", by="click")
    status = explorer.page.locator(".facelib-status-line .facelib-status")
    expect(status).not_to_be_empty()
    assert share.bounding_box() == rests


def test_the_strengths_are_played_and_halted(explorer: Visit) -> None:
    play, pause = (live(explorer).get_by_role("button", name=name) for name in ("Play", "Pause"))
    explorer.click(play)
    expect(live(explorer)).not_to_have_attribute("data-step", "0")
    explorer.click(pause)
    expect(play).to_be_visible()
    halted = int(live(explorer).get_attribute("data-step") or 0)
    assert 0 < halted < 20
    explorer.click(play)
    at(explorer, 20)
    expect(play).to_be_visible()
    expect(strength(explorer)).to_have_value("20")
    explorer.assert_clean()


def test_what_the_network_sees_follows_the_strength(networks: Visit) -> None:
    view = networks.page.locator(".facelib-seen")
    expect(view.locator("img")).to_have_count(0)  # nothing is sent to who doesn't look
    networks.press(networks.page.get_by_role("button", name="What the network sees"), "Enter")
    expect(view).to_contain_text("fer: gray, 64 × 64 px")
    expect(view.get_by_role("img", name=re.compile("what fer sees"))).to_have_count(2)
    sizes = "images => images.map(image => [image.naturalWidth, image.naturalHeight])"
    assert view.locator("img").evaluate_all(sizes) == [[64, 64], [64, 64]]
    before, same = (image.get_attribute("src") for image in view.locator("img").all())
    assert before == same
    networks.press(strength(networks), "End", by="click")
    expect(view).to_contain_text("after (strength 1.00)")
    expect(view.locator("img").last).not_to_have_attribute("src", str(before))
    networks.screenshot("explorer_seen")
    networks.assert_local()
    networks.assert_clean()


def test_maps_of_networks_follow_classifier_and_emotion(networks: Visit) -> None:
    bare = after(networks)  # the face is looked at first, without a map
    networks.choose(look(networks), "pyemotion")
    expect(live(networks)).to_contain_text("brighter: speaks for happy", timeout=SOON)
    wait_until(lambda: after(networks) != bare, 5, "the picture with its map")
    networks.choose(emotion(networks), "neutral")
    said = live(networks).locator(".live-lack")
    expect(said).to_have_text(re.compile(r"speaks for neutral|no part speaks for neutral"), timeout=SOON)
    networks.choose(look(networks), "What it looks at")
    wait_until(lambda: after(networks) == bare, 5, "the picture without its map")
    networks.assert_clean()


def test_reset_shows_the_page_as_it_was_opened_and_undo_brings_face_and_change_back(explorer: Visit) -> None:
    page, opened = explorer.page, after(explorer)
    menu, expression = page.locator(".facelib-chooser-now"), page.get_by_label("Expression", exact=True).first
    title = menu.inner_text()
    explorer.choose(expression, "surprise")
    explorer.choose_property("one-sided palsy")
    changed = menu.inner_text()
    swept(explorer)
    explorer.press(strength(explorer), "End", by="click")
    explorer.choose(look(explorer), "difference")
    expect(emotion(explorer)).to_have_value("surprise")
    reset = page.get_by_role("button", name="Reset")
    assert "Undo brings face and change back" in str(reset.get_attribute("title"))
    explorer.click(reset)
    wait_until(lambda: after(explorer) == opened, 30, "the first face, without map and strength")
    at(explorer, 0)
    expect(look(explorer)).to_have_value("")
    expect(emotion(explorer)).to_have_value("happy")
    assert menu.inner_text() == title
    explorer.click(page.get_by_role("button", name="Undo"))
    wait_until(lambda: menu.inner_text() == changed, 20, "the change again")
    expect(expression).to_have_value("surprise")
    explorer.assert_clean()


def test_whoever_clicks_a_slider_goes_on_with_the_keys(explorer: Visit) -> None:
    """A click on its track moved a slider and left the focus with the page: arrow keys did nothing."""
    explorer.click(explorer.page.locator(".widget-slider").filter(has=age(explorer)).locator(".noUi-target"))
    expect(age(explorer)).to_be_focused()
    expect(age(explorer)).to_have_attribute("aria-valuetext", re.compile("4[678]"))
    now = int(age(explorer).get_attribute("aria-valuetext") or 0)
    explorer.page.keyboard.press("ArrowRight")
    expect(age(explorer)).to_have_attribute("aria-valuetext", str(now + 1))
    explorer.assert_clean()


def test_numbers_that_are_written_are_taken_or_refused_in_words(explorer: Visit) -> None:
    number = explorer.page.get_by_role("textbox", name="Age, as a number")
    said = explorer.page.locator(".facelib-range")
    for written, key, now, words in (
        ("55", "Tab", "55", ""),
        ("61", "Enter", "61", ""),
        ("300", "Tab", "90", "Age is a number from 5 to 90; it is 90 now."),
        ("abc", "Tab", "90", "Age is a number from 5 to 90; it stays at 90."),
        ("-3", "Enter", "5", "Age is a number from 5 to 90; it is 5 now."),
        ("28", "Enter", "28", ""),
    ):
        explorer.type_into(number, written)
        explorer.page.keyboard.press(key)
        expect(age(explorer)).to_have_attribute("aria-valuetext", now)
        expect(number).to_have_text(now)
        expect(said).to_be_visible(visible=bool(words))
        if words:
            expect(said).to_have_text(words)
    explorer.assert_clean()


@pytest.mark.parametrize("option", ["one-sided palsy", "sEMG electrodes", "^age "])
def test_other_properties(explorer: Visit, option: str) -> None:
    explorer.choose_property(option)
    swept(explorer)
    start = after(explorer)
    for _ in explorer.slide(strength(explorer), 3):
        pass
    at(explorer, 20)
    assert after(explorer) != start
    assert explorer.canvas_bytes(picture(explorer, "before")) == start
    explorer.screenshot("explorer_" + re.sub(r"\W+", "_", option).strip("_"))
    explorer.assert_clean()


def test_property_and_options_can_be_read_on_a_small_page(quick_url: str, visit: Visits) -> None:
    one = swept(visit(quick_url, width=1280, height=800), within=COMES)
    for option, names in (("one-sided palsy", ("Side", "Parts")), ("^age ", ("Toward",))):
        one.choose_property(option)
        shown = one.page.locator(".facelib-chooser-now")
        expect(shown).to_be_visible()
        assert not shown.evaluate("one => one.scrollWidth > one.clientWidth || one.offsetHeight > 40")
        for name in names:
            menu = one.page.locator(".facelib-app").get_by_label(name, exact=True)
            expect(menu).to_be_visible()
            chosen = menu.evaluate("menu => menu.selectedOptions[0]?.text ?? ''")
            assert chosen
            assert box_of(menu)["width"] >= min(7 * len(chosen), 200)


@pytest.mark.outside
def test_three_hundred_updates_do_not_grow_the_page(explorer: Visit) -> None:
    def update(times: int) -> None:
        ways = ("ArrowRight" if number // 20 % 2 == 0 else "ArrowLeft" for number in range(times))
        explorer.press(strength(explorer), *ways, by="click")

    update(40)  # caches fill
    heap, nodes = explorer.heap(), explorer.nodes()
    update(300)
    assert explorer.nodes() <= nodes + 20
    assert explorer.heap() < heap + 8
