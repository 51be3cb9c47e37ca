"""The page at the sizes of a desk, a laptop, a tablet and phones, and zoomed: the face first, nothing cut."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from geometry import COVERED, SIZES, ZOOMED, box_of, inside, readable, resized, touch
from harness import Visit, visitors, wait_until
from playwright.sync_api import Browser, Locator, expect

pytestmark = pytest.mark.packages

WAIT = 240_000  # ms until the page is there, on a busy machine
NARROW = 1204  # px of the window below which pictures and strength are one block


@pytest.fixture(scope="module")
def looker(browser: Browser, page_url: str) -> Iterator[Visit]:
    """The page with its first sweep; tests leave it as they found it."""
    with visitors(browser) as visit:
        yield opened(visit(page_url))


def opened(one: Visit) -> Visit:
    """Wait for the first sweep, its charts and verdicts."""
    expect(stage(one)).to_have_attribute("data-state", "ready", timeout=WAIT)
    expect(one.page.locator("[class*='facelib-verdict-']").first).to_be_visible(timeout=WAIT)
    expect(one.page.locator(".facelib-chart svg").nth(1)).to_be_visible(timeout=WAIT)
    return one


def stage(one: Visit) -> Locator:
    return one.page.locator(".facelib-stage")


def picture(one: Visit, name: str) -> Locator:
    return stage(one).locator(f".facelib-stage-{name} canvas")


def verdicts(one: Visit) -> Locator:
    """The table of verdicts; its rows are made anew as placebos come in."""
    return one.page.locator(".facelib-livetable").filter(has_text="verdict").first  # not that of the details


def strength(one: Visit) -> Locator:
    return one.page.get_by_role("slider", name="Strength", exact=True)


def test_the_face_is_large_and_bare_at_first(looker: Visit) -> None:
    leasts = dict(zip(SIZES, (320, 270, 340, 150, 120), strict=True)) | {(1920, 1080): 440}
    for (width, height), least in leasts.items():
        resized(looker, width, height)
        for name in ("before", "after"):
            assert box_of(picture(looker, name))["width"] >= least, (width, name)
    resized(looker, 1440, 900)
    assert not stage(looker).locator(".facelib-stage-legend").is_visible()
    expect(looker.page.get_by_role("button", name="none", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    bare = looker.canvas_bytes(picture(looker, "before"))
    assert looker.canvas_bytes(picture(looker, "after")) == bare


def test_the_first_screen_has_face_strength_and_answer_in_this_order(looker: Visit) -> None:
    page = looker.page
    app = page.locator(".facelib-app")
    answer = page.locator(".facelib-answer .facelib-sentence p").first
    said = page.get_by_text("Move the slider: the right face changes", exact=False)
    expect(answer).to_be_visible(timeout=180_000)  # once the sweep is there
    for width, height in ((1440, 900), (1280, 720), (820, 1180), (1180, 820), (390, 844)):
        resized(looker, width, height)
        face, track = box_of(picture(looker, "after")), box_of(looker.page.locator(".facelib-strength"))
        bottom = face["y"] + face["height"]
        below = track["y"] - bottom
        assert 0 < below < (60 if width > 1200 else 90), (width, below)
        assert box_of(said)["y"] < face["y"], width
        for target in (said, picture(looker, "before"), strength(looker), answer):
            assert inside(target, page), (width, target)
    resized(looker, 1440, 900)
    expect(picture(looker, "difference")).to_be_hidden()
    curves, bars = (page.locator(".facelib-outputs .facelib-chart").nth(k) for k in (0, 1))
    expect(bars).to_contain_text("Outputs now")
    order = [box_of(one)["y"] for one in (answer, verdicts(looker), curves, bars)]
    assert order == sorted(order)
    overlay = app.get_by_role("button", name="map", exact=True)
    assert box_of(overlay)["y"] > box_of(strength(looker))["y"]


def test_a_difference_is_shown_where_there_is_one(looker: Visit) -> None:
    resized(looker, 1440, 900)
    words, canvas = (
        stage(looker).get_by_text("No difference yet: the strength is 0."),
        picture(looker, "difference"),
    )
    turn = looker.page.get_by_role("button", name="Difference", exact=True)
    expect(canvas).to_be_hidden()
    looker.click(turn)
    expect(words).to_be_visible()
    expect(picture(looker, "before")).to_be_hidden()
    assert not canvas.evaluate(
        "node => node === document.elementFromPoint(...(b => [b.x + b.width / 2, b.y + b.height / 2])"
        "(node.getBoundingClientRect()))"
    )
    looker.press(strength(looker), "ArrowRight", by="click")
    expect(words).to_have_count(0)
    expect(canvas).to_be_visible()
    looker.press(strength(looker), "Home")
    expect(words).to_be_visible()
    resized(looker, 390, 844)
    expect(words).to_be_visible()
    looker.click(turn)
    expect(words).to_be_hidden()
    expect(picture(looker, "before")).to_be_visible()
    looker.click(turn)
    expect(words).to_be_visible()
    expect(picture(looker, "before")).to_be_hidden()
    looker.click(turn)
    expect(picture(looker, "before")).to_be_visible()


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
    touch(looker, looker.page.get_by_role("tab", name="Observed data"))
    expect(looker.page.get_by_role("tab", name="Observed data")).to_have_attribute("aria-selected", "true")
    touch(looker, looker.page.get_by_role("tab", name="Explore"))
    expect(stage(looker)).to_be_visible()


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (390, 844), (320, 640)])
def test_nothing_is_cut(looker: Visit, width: int, height: int) -> None:
    resized(looker, width, height)
    main = looker.page.locator("#rendered_cells")
    assert main.evaluate("main => main.scrollWidth <= main.clientWidth"), "the page scrolls sideways"
    readable(looker.page.locator(".facelib-app"))
    looker.reach(verdicts(looker))
    ends = (
        verdicts(looker)
        .locator("[class*='facelib-verdict-']")
        .evaluate_all("all => all.map((verdict) => verdict.getBoundingClientRect().right)")
    )
    assert max(ends) <= width - 12
    looker.screenshot(f"look_{width}")


def together(one: Visit, width: int, height: int, places: tuple[str, ...]) -> None:
    """Fail unless picture and strength are in the window wherever the page is scrolled to."""
    resized(one, width, height)
    for place in places:
        one.reach(one.page.locator(".facelib-app").get_by_label(place, exact=True))
        assert inside(picture(one, "after"), one.page), (width, place)
        assert inside(strength(one), one.page), (width, place)
    one.reach(verdicts(one))
    assert inside(picture(one, "after"), one.page), width
    track = box_of(one.page.locator(".facelib-strength .noUi-base"))
    assert track["width"] >= (150 if width == 390 else 75), width
    if height > width:
        assert box_of(one.page.locator(".facelib-sight"))["height"] <= 0.45 * height


@pytest.mark.parametrize(("width", "height"), [(390, 844), (720, 450)])
def test_face_and_strength_stay_in_sight_together(looker: Visit, width: int, height: int) -> None:
    together(looker, width, height, ("Property",))


def test_on_a_tablet_the_answer_stays_with_the_strength(looker: Visit) -> None:
    """Who dragged the slider below the charts didn't see what the networks answered."""
    together(looker, 820, 1180, ("Property",))
    answer = looker.page.locator(".facelib-answer .facelib-sentence p").first
    for place in (verdicts(looker), looker.page.locator(".facelib-limits")):
        looker.reach(place)
        track = box_of(looker.page.locator(".facelib-strength"))
        assert inside(answer, looker.page)
        assert 0 < box_of(answer)["y"] - track["y"] - track["height"] < 60, "below the strength"
    room = 1180 - box_of(looker.page.locator(".facelib-answer"))["y"]
    assert room - box_of(looker.page.locator(".facelib-answer"))["height"] >= 0.4 * 1180, "the rest has room"
    looker.screenshot("look_820_scrolled")
    focus_is_seen(looker, 820, 1180, 12)


def sight(one: Visit) -> float:
    """Height of what stays in sight."""
    return box_of(one.page.locator(".facelib-sight"))["height"]


def test_what_stays_in_sight_leaves_room_on_a_phone(looker: Visit) -> None:
    page = looker.page
    resized(looker, 844, 390)
    assert sight(looker) <= 390 / 2
    together(looker, 844, 390, ("Property", "Emotion"))
    looker.click(page.get_by_role("button", name="Photograph", exact=True))
    whole = page.get_by_role("button", name="More around the face", exact=True)
    expect(whole).to_be_visible(timeout=WAIT)
    assert sight(looker) <= 390 / 2
    for width, height in ((844, 390), (390, 844)):
        resized(looker, width, height)
        readable(page.locator(".facelib-sight"))
        for name in ("More around the face", "Difference"):
            looker.reach(page.get_by_role("button", name=name, exact=True))
        for name in ("before", "after"):
            assert inside(picture(looker, name), page), (width, name)
        assert inside(strength(looker), page), width
    assert sight(looker) <= 0.3 * 844

    def near() -> bool:
        names = ("Use the camera", "Sample")
        camera, sample = (box_of(page.get_by_role("button", name=name, exact=True)) for name in names)
        return 0 < sample["y"] - camera["y"] - camera["height"] <= 12

    wait_until(near, 20, "no gap between them")
    looker.click(page.get_by_role("button", name="Parametric face", exact=True))
    expect(whole).to_be_hidden(timeout=WAIT)
    expect(stage(looker)).to_have_attribute("data-state", "ready", timeout=WAIT)


def test_on_a_phone_change_and_outputs_are_one_click_apart(looker: Visit) -> None:
    page = looker.page
    resized(looker, 390, 844)
    headings = {name: page.get_by_role("heading", name=name, exact=True) for name in ("Outputs", "Change")}
    for link, there in (("Outputs ↓", "Outputs"), ("Change ↑", "Change")):
        looker.click(page.get_by_role("link", name=link, exact=True))
        expect(headings[there]).to_be_focused()
        assert sight(looker) < box_of(headings[there])["y"] < 844 / 2, there
    resized(looker, 1440, 900)
    for link in ("Outputs ↓", "Change ↑"):
        expect(page.get_by_role("link", name=link, exact=True)).to_be_hidden()


def test_the_ends_of_a_slider_are_hit_without_aiming(looker: Visit) -> None:
    resized(looker, 390, 844)
    track = looker.page.locator(".facelib-strength .noUi-base")
    for at, value in (
        ((1.02, 2.3), "1.00"),
        ((-0.02, -1.3), "0.00"),
    ):  # beside the track, 8 px below or above
        looker.click(track, at=at)
        expect(strength(looker)).to_have_attribute("aria-valuetext", f"strength {value}")
        looker.page.wait_for_timeout(400)  # noUiSlider takes no click while it glides: 300 ms


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


def test_what_has_the_focus_is_never_covered(looker: Visit) -> None:
    focus_is_seen(looker, 390, 844, 40)


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
