"""The page as a person uses it: on real classifiers or quick ones, each control beyond the journeys."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator

import pytest
from hands import entry_of
from harness import Server, Visit, visitors, wait_until
from playwright.sync_api import Browser, Locator, expect

pytestmark = pytest.mark.packages

Visits = Callable[..., Visit]
START = 240_000  # ms until the page is there, on a busy machine
SWEEP = 60_000  # ms that a sweep may take on a busy machine


@pytest.fixture
def networks(page_url: str, visit: Visits) -> Visit:
    """The page with its first sweep computed, by networks."""
    return swept(visit(page_url))


@pytest.fixture(scope="module")
def quick(browser: Browser, quick_url: str) -> Iterator[Visit]:
    """The same with classifiers that answer at once, for what doesn't ask what they answer."""
    with visitors(browser) as begin:
        yield swept(begin(quick_url))


@pytest.fixture
def explorer(quick: Visit) -> Visit:
    """That page as it was opened: one visitor stays for many tests."""
    quick.click(quick.page.get_by_role("button", name="Reset"))
    expect(frame(quick)).to_have_attribute("data-index", "0")
    return swept(quick)


def swept(one: Visit) -> Visit:
    """Wait until the sweep of what is shown is there: every verdict is a verdict."""
    one.page.locator(".facelib-strength").wait_for(timeout=START)
    verdicts = one.page.locator("[class*='facelib-verdict-']")
    expect(verdicts.first).to_be_visible(timeout=SWEEP)
    expect(frame(one)).to_have_attribute("data-state", "ready", timeout=SWEEP)
    expect(one.page.get_by_text("the sweep is being computed")).to_have_count(0, timeout=SWEEP)
    expect(one.page.locator(".facelib-chart[data-state=error]")).to_have_count(0)
    return one


def frame(one: Visit) -> Locator:
    return one.page.locator(".facelib-stage")


def after(one: Visit) -> bytes:
    return one.canvas_bytes(frame(one).locator("canvas").nth(1))


def choose(one: Visit, label: str, option: str) -> None:
    menu = one.page.locator(".facelib-app").get_by_label(label, exact=True)
    one.choose(menu, entry_of(menu, option))


def test_the_track_is_pressed_and_dragged_on(explorer: Visit) -> None:
    """Who presses beside the knob goes on dragging: it came there, and stayed."""
    slider = explorer.page.locator(".facelib-sight .facelib-strength")
    handle = slider.get_by_role("slider")
    for step in explorer.drag(slider, 5, track=True):
        expect(handle).to_have_attribute("aria-valuetext", f"strength {step / 4:.2f}")
    explorer.hover(frame(explorer).first)
    expect(handle).to_have_attribute("aria-valuetext", "strength 1.00")


def test_what_is_computed_moves_no_button(explorer: Visit) -> None:
    share = explorer.page.get_by_role("button", name="Share", exact=True)
    rests = share.bounding_box()
    explorer.press(explorer.page.get_by_role("slider", name="Age", exact=True), "ArrowRight", by="click")
    status = explorer.page.locator(".facelib-status-line .facelib-status")
    expect(status).not_to_be_empty()
    assert share.bounding_box() == rests


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
    networks.press(networks.page.locator(".facelib-strength .noUi-handle"), "End")
    expect(view).to_contain_text("after (strength 1.00)")
    expect(view.locator("img").last).not_to_have_attribute("src", str(before))
    networks.screenshot("explorer_seen")
    networks.assert_local()
    networks.assert_clean()


def test_reset_shows_the_page_as_it_was_opened_and_undo_brings_face_and_change_back(explorer: Visit) -> None:
    page, picture = explorer.page, after(explorer)
    menu = page.locator(".facelib-chooser-now")
    opened = menu.inner_text()
    choose(explorer, "Expression", "surprise")
    explorer.choose_property("one-sided palsy")
    changed = menu.inner_text()
    explorer.press(page.locator(".facelib-strength .noUi-handle"), "End")
    explorer.click(page.get_by_role("button", name="map", exact=True))
    expect(page.locator(".facelib-app").get_by_label("Emotion", exact=True)).to_have_value("surprise")
    reset = page.get_by_role("button", name="Reset")
    assert "Undo brings face and change back" in str(reset.get_attribute("title"))
    explorer.click(reset)
    wait_until(lambda: after(explorer) == picture, 30, "the first face, without map and strength")
    expect(frame(explorer)).to_have_attribute("data-index", "0")
    expect(page.get_by_role("button", name="none", exact=True, pressed=True)).to_be_visible()
    expect(page.locator(".facelib-app").get_by_label("Emotion", exact=True)).to_have_value("happy")
    assert menu.inner_text() == opened
    explorer.click(page.get_by_role("button", name="Undo"))
    wait_until(lambda: menu.inner_text() == changed, 20, "the change again")
    expect(page.locator(".facelib-app").get_by_label("Expression", exact=True)).to_have_value("surprise")
    explorer.assert_clean()


def test_whoever_clicks_a_slider_goes_on_with_the_keys(explorer: Visit) -> None:
    """A click on its track moved a slider and left the focus with the page: arrow keys did nothing."""
    track = explorer.page.locator(".facelib-strength .noUi-target")
    handle = explorer.page.locator(".facelib-strength .noUi-handle")
    explorer.press(handle, "Home")
    explorer.click(track)
    explorer.page.wait_for_timeout(1500)  # the reader looked at what happened
    now = float(handle.get_attribute("aria-valuenow") or 0)
    assert 8 <= now <= 12
    explorer.page.keyboard.press("ArrowRight")
    expect(handle).to_have_attribute("aria-valuenow", f"{now + 1:.1f}")
    explorer.press(handle, "Home")
    explorer.assert_clean()


def test_the_strength_can_be_typed(quick_url: str, visit: Callable[..., Visit]) -> None:
    explorer = swept(visit(quick_url))  # of its own: a late answer to Reset sets the strength, too
    handle = explorer.page.locator(".facelib-strength .noUi-handle")
    number = explorer.page.get_by_role("textbox", name="Strength, as a number")
    said = explorer.page.locator(".facelib-range")
    for written, key, step, words in (
        ("0.42", "Tab", 8, ""),
        ("0,9", "Enter", 18, ""),
        ("2", "Tab", 18, "Strength is a number from 0 to 1; it stays at 0.90."),
        ("much", "Enter", 18, "Strength is a number from 0 to 1; it stays at 0.90."),
        ("1", "Enter", 20, ""),
    ):
        explorer.type_into(number, written)
        explorer.page.keyboard.press(key)
        expect(frame(explorer)).to_have_attribute("data-index", str(step), timeout=5000)
        expect(number).to_have_value(f"{step / 20:.2f}")
        expect(said).to_be_visible(visible=bool(words))
        if words:
            expect(said).to_have_text(words)
    explorer.press(handle, "Home")
    expect(number).to_have_value("0.00")
    explorer.assert_clean()


def test_the_menu_of_changes_is_searched_by_typing(explorer: Visit) -> None:
    menu = explorer.page.locator(".facelib-app").get_by_label("Property", exact=True)
    explorer.press(menu, *"age", "Enter", by="Tab")
    expect(explorer.page.locator(".facelib-chooser-now")).to_have_text("age")
    expect(menu).to_be_focused()
    headings = explorer.page.locator(".facelib-chooser-dialog .facelib-chooser-title").all_text_contents()
    assert len(set(headings)) == len(headings) > 6, "each group stays together"


def test_the_strengths_are_played_once_they_are_there(explorer: Visit) -> None:
    play = explorer.page.get_by_role("button", name="Play the strengths")
    expect(play).to_be_enabled()
    explorer.choose_property("sEMG electrodes")
    expect(play).to_be_disabled(timeout=5000)
    around = explorer.page.locator(".facelib-sight .widget-play")
    expect(around).to_have_attribute("title", "It can be played once every strength is computed.")
    expect(play).to_be_enabled(timeout=SWEEP)
    expect(frame(explorer)).to_have_attribute("data-state", "ready")
    explorer.click(play)
    expect(frame(explorer)).to_have_attribute("data-index", "20", timeout=20_000)
    explorer.assert_clean()


def test_numbers_that_are_written_are_taken_or_refused_in_words(explorer: Visit) -> None:
    page = explorer.page
    slider = page.get_by_role("slider", name="Age", exact=True)
    number = page.get_by_role("textbox", name="Age, as a number")
    said = page.locator(".facelib-range")
    for written, key, now, words in (
        ("55", "Tab", "55", ""),
        ("61", "Enter", "61", ""),
        ("300", "Tab", "90", "Age is a number from 5 to 90; it is 90 now."),
        ("abc", "Tab", "90", "Age is a number from 5 to 90; it stays at 90."),
        ("-3", "Enter", "5", "Age is a number from 5 to 90; it is 5 now."),
        ("28", "Enter", "28", ""),
    ):
        explorer.click(number)
        page.keyboard.press("ControlOrMeta+A")
        page.keyboard.type(written)
        page.keyboard.press(key)
        expect(slider).to_have_attribute("aria-valuetext", now)
        expect(number).to_have_text(now)
        if words:
            expect(said).to_be_visible()
            expect(said).to_have_text(words)
        else:
            expect(said).to_be_hidden()
    explorer.assert_clean()


@pytest.mark.parametrize("option", ["one-sided palsy", "sEMG electrodes", "^age "])
def test_other_properties(explorer: Visit, option: str) -> None:
    explorer.choose_property(option)
    swept(explorer)
    start = after(explorer)
    for _ in explorer.drag(explorer.page.locator(".facelib-strength"), 3):
        pass
    wait_until(lambda: after(explorer) != start, 20, "another picture")
    explorer.screenshot("explorer_" + re.sub(r"\W+", "_", option).strip("_"))
    explorer.assert_clean()


def test_property_and_options_can_be_read_on_a_small_page(quick_url: str, visit: Visits) -> None:
    one = swept(visit(quick_url, width=1280, height=800))
    for option, names in (("one-sided palsy", ("Side", "Parts")), ("^age ", ("Toward",))):
        one.choose_property(option)
        shown = one.page.locator(".facelib-chooser-now")
        expect(shown).to_be_visible()
        assert not shown.evaluate("one => one.scrollWidth > one.clientWidth || one.offsetHeight > 40")
        for name in names:
            menu = one.page.locator(".facelib-app").get_by_label(name, exact=True)
            expect(menu).to_be_visible()
            chosen = menu.evaluate("menu => menu.selectedOptions[0]?.text ?? ''")
            place = menu.bounding_box()
            assert chosen
            assert place
            assert place["width"] >= min(7 * len(chosen), 200)


def test_the_photograph_with_a_placebo(explorer: Visit) -> None:
    head = after(explorer)
    explorer.click(explorer.page.get_by_role("button", name="Photograph", exact=True))
    expect(explorer.page.get_by_text("Eileen Collins")).to_be_visible(timeout=20_000)
    wait_until(lambda: after(explorer) != head, 20, "the photograph")  # its own menu came just before
    explorer.choose_property("^blur")
    swept(explorer)
    explorer.screenshot("explorer_photograph")
    explorer.assert_clean()


def test_class_classifier_and_map(networks: Visit) -> None:
    bare = after(networks)  # the face is looked at first, without a map
    assert "evidence" not in frame(networks).inner_text()
    networks.click(networks.page.get_by_role("button", name="map", exact=True))
    wait_until(lambda: after(networks) != bare, 5, "the picture with its map")
    title = frame(networks).inner_text()
    choose(networks, "Classifier", "pyemotion")
    expect(frame(networks)).to_contain_text("pyemotion: evidence for happy")
    choose(networks, "Emotion", "neutral")
    expect(frame(networks)).to_contain_text("pyemotion: evidence for neutral")
    assert frame(networks).inner_text() != title
    shown = after(networks)
    networks.click(networks.page.get_by_role("button", name="none", exact=True))
    wait_until(lambda: after(networks) != shown, 5, "the picture without its map")
    networks.assert_clean()


@pytest.mark.outside
def test_three_hundred_updates_do_not_grow_the_page(explorer: Visit) -> None:
    handle = explorer.page.locator(".facelib-strength .noUi-handle")

    def update(times: int) -> None:
        ways = ("ArrowRight" if number // 20 % 2 == 0 else "ArrowLeft" for number in range(times))
        explorer.press(handle, *ways)

    update(40)  # caches fill
    heap, nodes = explorer.heap(), explorer.nodes()
    update(300)
    assert explorer.nodes() <= nodes + 20
    assert explorer.heap() < heap + 8


@pytest.mark.thorough
def test_no_kernel_stays_behind_and_a_killed_one_is_announced(
    start: Callable[..., Server], visit: Visits
) -> None:
    server = start(None)
    server.wait_for_kernels(1, 60)
    pool = {kernel.pid for kernel in server.kernels()}
    one = swept(visit(server.url))
    one.close()
    server.wait_for_kernels(1, 60)
    two = visit(server.url)
    two.page.locator(".facelib-strength").wait_for(timeout=START)
    mine = [kernel for kernel in server.kernels() if kernel.pid not in pool]
    assert mine
    for kernel in server.kernels():
        kernel.send_signal(signal.SIGKILL)
    expect(two.page.locator(".facelib-ended")).to_be_visible(timeout=20_000)
