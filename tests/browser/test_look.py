"""The page at the sizes of a desk, a laptop, a tablet and phones, and zoomed: the face first, nothing cut."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from explore import age, at, live, picture, rested, rows, strength
from geometry import COVERED, SIZES, ZOOMED, box_of, inside, readable, resized, touch
from harness import COMES, Visit, visitors
from playwright.sync_api import Browser, Locator, expect

pytestmark = pytest.mark.packages

FIRST = ((1440, 900), (1280, 720), (820, 1180), (1180, 820), (390, 844))


@pytest.fixture(scope="module")
def looker(browser: Browser, page_url: str) -> Iterator[Visit]:
    """The page with its first sweep, by networks; tests leave it as they found it."""
    with visitors(browser) as visit:
        yield rested(visit(page_url), within=COMES)


def main(one: Visit) -> Locator:
    return one.page.locator("#rendered_cells")


def fits(one: Visit) -> bool:
    """Whether nothing scrolls sideways."""
    return bool(main(one).evaluate("main => main.scrollWidth <= main.clientWidth"))


def test_the_face_is_large_at_first(looker: Visit) -> None:
    leasts = dict(zip(SIZES, (320, 270, 340, 150, 120), strict=True)) | {(1920, 1080): 440}
    for (width, height), least in leasts.items():
        resized(looker, width, height)
        for name in ("before", "after"):
            assert box_of(picture(looker, name))["width"] >= least, (width, name)


@pytest.mark.parametrize(("width", "height"), FIRST)
def test_the_first_screen_has_face_strength_and_answer(looker: Visit, width: int, height: int) -> None:
    resized(looker, width, height)
    face, track = box_of(picture(looker, "after")), box_of(strength(looker))
    assert 0 < track["y"] - face["y"] - face["height"] < 60
    question = looker.page.locator(".facelib-asks")
    assert box_of(question)["y"] < face["y"]
    answer = (live(looker).locator("h2"), *rows(looker).all())
    for target in (question, picture(looker, "before"), strength(looker), *answer):
        assert inside(target, looker.page), target
    looker.screenshot(f"look_first_{width}")


def test_every_tab_can_be_touched(looker: Visit) -> None:
    for width, height in (*SIZES, *ZOOMED):
        resized(looker, width, height)
        for tab in looker.page.get_by_role("tab").all():
            x, right = box_of(tab)["x"], box_of(tab)["x"] + box_of(tab)["width"]
            assert x >= 0, (width, tab.inner_text())
            assert right <= width, (width, tab.inner_text())
            assert tab.evaluate("tab => tab.scrollWidth <= tab.clientWidth"), (width, tab.inner_text())
            looker.reach(tab)
    resized(looker, 320, 640)
    for name in ("Observed data", "Explore"):
        touch(looker, looker.page.get_by_role("tab", name=name))
        expect(looker.page.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")
    expect(live(looker)).to_be_visible()


@pytest.mark.parametrize(("width", "height"), [*SIZES, *ZOOMED])
def test_nothing_is_cut(looker: Visit, width: int, height: int) -> None:
    resized(looker, width, height)
    assert fits(looker), "the page scrolls sideways"
    readable(looker.page.locator(".facelib-app"))
    ends = live(looker).locator(".live-rows :is(th, td):visible")
    assert max(ends.evaluate_all("all => all.map((one) => one.getBoundingClientRect().right)")) <= width - 8
    looker.screenshot(f"look_{width}")


def test_curves_take_the_place_of_bars_on_a_phone(looker: Visit) -> None:
    resized(looker, 390, 844)
    turn = live(looker).get_by_role("button", name="Curves", exact=True)
    for shown in (True, False):
        looker.click(turn)
        expect(turn).to_have_attribute("aria-pressed", str(shown).lower())
        expect(rows(looker).first.locator(".live-spark")).to_be_visible(visible=shown)
        expect(rows(looker).first.locator(".live-value")).to_be_visible(visible=not shown)
        assert fits(looker)
    resized(looker, 1440, 900)
    expect(turn).to_be_hidden()
    expect(rows(looker).first.locator(".live-spark")).to_be_visible()


def test_a_pinned_scene_fits_on_a_phone(looker: Visit) -> None:
    resized(looker, 390, 844)
    card = looker.page.locator(".facelib-compare")
    looker.click(card.get_by_role("button", name="Pin this scene"))
    expect(card.locator("tbody tr").first).to_be_visible()
    assert fits(looker)
    readable(card)
    looker.click(card.get_by_role("button", name="Unpin"))
    expect(live(looker).locator("figcaption").first).to_have_text("before")


def test_ends_of_sliders_are_hit_without_aiming(looker: Visit) -> None:
    resized(looker, 390, 844)
    for place, step in (((0.995, 0.8), 20), ((0.005, 0.2), 0)):
        looker.click(strength(looker), at=place)
        at(looker, step)
    track = looker.page.locator(".widget-slider").filter(has=age(looker)).locator(".noUi-base")
    looker.click(track, at=(1.02, 2.3))  # 8 px below its end
    expect(age(looker)).to_have_attribute("aria-valuetext", "90")
    looker.click(looker.page.get_by_role("button", name="Undo", exact=True))
    expect(age(looker)).to_have_attribute("aria-valuetext", "28")
    rested(looker)


def focus_is_seen(one: Visit, width: int, height: int, steps: int) -> None:
    """Fail if something lies over the control that has the focus, on the way down or up."""
    resized(one, width, height)
    for key in ("Tab", "Shift+Tab"):
        covered = []
        for _ in range(steps):
            one.page.keyboard.press(key)
            here = one.page.evaluate(COVERED)
            if here["app"] and here["free"] < 3:
                covered.append(here)
        assert not covered, covered


@pytest.mark.parametrize(("width", "height"), [(390, 844), (720, 450), (820, 1180), (320, 640)])
def test_what_has_the_focus_is_never_covered(looker: Visit, width: int, height: int) -> None:
    focus_is_seen(looker, width, height, 40)


def test_a_name_opens_its_card_by_keys_and_by_touch(looker: Visit) -> None:
    resized(looker, 390, 844)
    name, card = looker.page.get_by_role("button", name="human software"), looker.page.get_by_role("dialog")
    looker.reach(name)
    touch(looker, name)
    expect(card).to_contain_text("no human being rates these faces")
    expect(card).to_contain_text("FER2013")
    expect(card.get_by_role("button", name="Close")).to_be_focused()
    assert card.evaluate("card => card.scrollWidth <= card.clientWidth")
    looker.page.keyboard.press("Escape")
    expect(card).to_have_count(0)
    expect(name).to_be_focused()
    looker.page.keyboard.press("Enter")
    expect(card).to_be_visible()
    looker.page.keyboard.press("Enter")  # on Close
    expect(card).to_have_count(0)
    looker.assert_clean()
