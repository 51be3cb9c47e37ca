"""The pictures as large as the window: opened, compared, zoomed and left by mouse, fingers and keys."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from geometry import box_of, inside, resized
from harness import Visit, visitors, wait_until
from looks import cut, faint, small, violations
from playwright.sync_api import Browser, Locator, expect

pytestmark = pytest.mark.packages

WAIT = 120_000  # ms until the page is there, on a busy machine


@pytest.fixture(scope="module")
def page_once(browser: Browser, quick_url: str) -> Iterator[Visit]:
    """The page with its first sweep; tests leave it as they found it."""
    with visitors(browser) as visit:
        one = visit(quick_url, 1440, 900)
        expect(stage(one)).to_have_attribute("data-state", "ready", timeout=WAIT)
        expect(one.page.get_by_text("the sweep is being computed")).to_have_count(0, timeout=WAIT)
        expect(one.page.locator("[class*='facelib-verdict-']").first).to_be_visible(timeout=WAIT)
        yield one


@pytest.fixture
def viewer(page_once: Visit) -> Iterator[Visit]:
    resized(page_once, 1440, 900)
    yield page_once
    if dialog(page_once).is_visible():
        page_once.page.keyboard.press("Escape")
    page_once.press(strength(page_once), "Home")
    page_once.assert_clean()


def stage(one: Visit) -> Locator:
    return one.page.locator(".facelib-stage")


def strength(one: Visit) -> Locator:
    return one.page.locator(".facelib-strength [role=slider]")


def dialog(one: Visit) -> Locator:
    return one.page.get_by_role("dialog", name="Before and after")


def opener(one: Visit, name: str = "after") -> Locator:
    return one.page.get_by_role("button", name=f"Enlarge the picture “{name}”", exact=True)


def pane(one: Visit, name: str) -> Locator:
    return dialog(one).locator(f".facelib-enlarged-{name} canvas")


def mode(one: Visit, name: str) -> None:
    one.click(dialog(one).get_by_role("button", name=name, exact=True))
    expect(dialog(one).get_by_role("button", name=name, exact=True, pressed=True)).to_be_visible()


def test_a_click_enlarges_and_escape_gives_the_focus_back(viewer: Visit) -> None:
    shown = viewer.canvas_bytes(stage(viewer).locator("canvas").nth(1))
    viewer.click(stage(viewer).locator("canvas").nth(1))
    expect(dialog(viewer)).to_be_visible()
    same = viewer.canvas_bytes(pane(viewer, "second")) == shown
    finer = "facelib-enlarged-fine" in (dialog(viewer).get_attribute("class") or "")
    assert same or finer, "the picture of the page, until finer ones come"
    for name in ("first", "second"):
        assert box_of(pane(viewer, name))["width"] >= 680, name
        assert inside(pane(viewer, name), viewer.page), name
    stops = []
    for _ in range(30):
        viewer.page.keyboard.press("Tab")
        stops.append(viewer.page.evaluate("Boolean(document.activeElement.closest('dialog'))"))
    assert all(stops), "the focus leaves what is open"
    viewer.page.keyboard.press("Escape")
    expect(dialog(viewer)).to_be_hidden()
    expect(opener(viewer)).to_be_focused()


LOW = [pytest.param(*size, marks=pytest.mark.thorough) for size in ((844, 390), (720, 450))]


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844), *LOW])
def test_everyone_can_use_it(viewer: Visit, width: int, height: int) -> None:
    resized(viewer, width, height)
    viewer.press(opener(viewer, "before"), "Enter")
    try:
        for name in ("Wipe", "Blink", "Difference", "Side by side"):
            mode(viewer, name)
            for control in dialog(viewer).get_by_role("button").locator("visible=true").all():
                assert inside(control, viewer.page), (width, name, control.inner_text())
            assert inside(dialog(viewer).get_by_role("slider", name="Strength"), viewer.page), (width, name)
        assert (faint(viewer.page), small(viewer.page)) == ([], [])
        if width == 1440:
            assert violations(viewer.page) == []
            assert cut(viewer.page) == []
        sizes = (
            dialog(viewer)
            .locator("*")
            .evaluate_all("all => all.map(one => parseFloat(getComputedStyle(one).fontSize))")
        )
        assert min(sizes) >= 13
        viewer.screenshot(f"enlarged_{width}")
    finally:
        viewer.page.keyboard.press("Escape")
    expect(opener(viewer, "before")).to_be_focused()


def test_the_strength_is_set_in_it_for_the_whole_page(viewer: Visit) -> None:
    viewer.press(opener(viewer), "Enter")
    before = viewer.canvas_bytes(pane(viewer, "second"))
    inner = dialog(viewer).get_by_role("slider", name="Strength")
    viewer.press(inner, *["ArrowRight"] * 4, by="click")  # from its middle
    expect(inner).to_have_attribute("aria-valuetext", "strength 0.70")
    wait_until(lambda: viewer.canvas_bytes(pane(viewer, "second")) != before, 5, "another picture")
    caption = dialog(viewer).locator(".facelib-enlarged-second figcaption")
    expect(caption).to_have_text("after (strength 0.70)")
    viewer.page.keyboard.press("Escape")
    expect(strength(viewer)).to_have_attribute("aria-valuetext", "strength 0.70")
    expect(viewer.page.locator(".facelib-livetable").first).to_have_attribute("data-index", "14")


FINE = "Drawn with 512 px to be looked at; networks read the same face with 224 px."
MEAN = """canvas => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return data.reduce((sum, level) => sum + level, 0) / data.length;
}"""


def test_finer_faces_come_when_the_strength_rests_and_networks_see_what_they_saw(viewer: Visit) -> None:
    expect(viewer.page.locator(".facelib-progress").first).to_be_hidden(timeout=WAIT)  # all placebos are in
    said = viewer.page.locator(".facelib-answer").inner_text()
    viewer.press(strength(viewer), *["PageUp"] * 3)
    small_mean = viewer.page.locator(".facelib-stage-after canvas").evaluate(MEAN)
    viewer.press(opener(viewer), "Enter")
    side = "canvas => canvas.width"
    for name in ("first", "second"):
        wait_until(lambda name=name: pane(viewer, name).evaluate(side) == 512, 30, "a finer picture")
    expect(dialog(viewer).get_by_text(FINE)).to_be_visible()
    assert pane(viewer, "second").evaluate(MEAN) == pytest.approx(small_mean, abs=1.5), "it is the same face"
    viewer.screenshot("enlarged_fine")
    inner = dialog(viewer).get_by_role("slider", name="Strength")
    box = box_of(inner)
    begin, end = ((box["x"] + part * box["width"], box["y"] + box["height"] / 2) for part in (0.3, 0.8))
    with viewer.holding(begin, end):
        viewer.page.wait_for_timeout(1500)
        assert pane(viewer, "second").evaluate(side) == 224, "nothing of it while the strength is held"
    wait_until(lambda: pane(viewer, "second").evaluate(side) == 512, 30, "a finer picture")
    mode(viewer, "Difference")
    assert pane(viewer, "first").evaluate(side) == 512
    mode(viewer, "Side by side")
    viewer.page.keyboard.press("Escape")
    assert viewer.page.locator(".facelib-stage-after canvas").evaluate(side) == 224
    assert viewer.page.locator(".facelib-answer").inner_text() == said


def test_an_edge_is_wiped_over_the_faces_by_hand_and_keys(viewer: Visit) -> None:
    viewer.press(strength(viewer), "End")
    viewer.press(opener(viewer), "Enter")
    mode(viewer, "Wipe")
    edge = dialog(viewer).get_by_role("slider", name="Edge between before and after")
    expect(edge).to_have_attribute("aria-valuenow", "50")
    place = viewer.reach(edge)
    viewer.pull(place, (place[0] - 200, place[1]))
    moved = int(edge.get_attribute("aria-valuenow") or 50)
    assert moved < 35
    x = box_of(edge)["x"] + box_of(edge)["width"] / 2
    assert abs(x - place[0] + 200) < 8, "the edge is where it was let go"
    clip = "one => getComputedStyle(one).clipPath"
    assert f"{moved}%" in dialog(viewer).locator(".facelib-enlarged-second").evaluate(clip)
    viewer.press(edge, "ArrowRight", "PageUp", by="click")
    expect(edge).to_have_attribute("aria-valuenow", str(moved + 12))
    viewer.click(pane(viewer, "second"), at=(0.9, 0.3))  # without dragging
    expect(edge).to_have_attribute("aria-valuenow", re.compile("^(89|90|91)$"))


def test_pictures_blink_slowly_and_not_for_who_asked_for_less_motion(viewer: Visit) -> None:
    seen = "one => getComputedStyle(one).visibility"
    viewer.press(opener(viewer), "Enter")
    mode(viewer, "Blink")
    turns = dialog(viewer).evaluate(
        """one => new Promise((done) => {
          let count = 0;
          new MutationObserver(() => count++).observe(one, { attributeFilter: ["data-turn"] });
          setTimeout(() => done(count), 2200);
        })"""
    )
    assert 2 <= turns <= 4, "below one flash a second"
    viewer.click(dialog(viewer).get_by_role("button", name="Pause", exact=True))
    panes = [dialog(viewer).locator(f".facelib-enlarged-{name}") for name in ("first", "second")]
    assert [one.evaluate(seen) for one in panes] == ["hidden", "visible"]
    viewer.page.emulate_media(reduced_motion="reduce")
    try:
        mode(viewer, "Wipe")
        mode(viewer, "Blink")
        viewer.page.wait_for_timeout(800)
        assert dialog(viewer).get_attribute("data-turn") is None
        viewer.click(dialog(viewer).get_by_role("button", name="Start", exact=True))
        wait_until(lambda: dialog(viewer).get_attribute("data-turn") == "before", 3, "it was asked for")
    finally:
        viewer.page.emulate_media(reduced_motion="no-preference")


def test_a_difference_is_words_where_there_is_none(viewer: Visit) -> None:
    viewer.press(opener(viewer), "Enter")
    mode(viewer, "Difference")
    expect(dialog(viewer).get_by_text("No difference yet: the strength is 0.")).to_be_visible()
    viewer.press(dialog(viewer).get_by_role("slider", name="Strength"), "End", by="click")
    expect(dialog(viewer).get_by_text("No difference yet")).to_have_count(0)
    expect(dialog(viewer).get_by_text("difference × 2")).to_be_visible()
    mode(viewer, "Side by side")


def test_it_is_zoomed_and_moved_by_wheel_hand_buttons_and_keys(viewer: Visit) -> None:
    viewer.press(opener(viewer), "Enter")
    view = dialog(viewer).locator(".facelib-enlarged-view")
    percent = dialog(viewer).locator(".facelib-enlarged-number").first
    first = box_of(pane(viewer, "first"))
    spot = viewer.reach(pane(viewer, "first"), (0.25, 0.25))
    viewer.wheel(spot, -400, -400)
    wide = box_of(pane(viewer, "first"))
    assert wide["width"] > 2 * first["width"]
    assert box_of(pane(viewer, "second"))["width"] == pytest.approx(wide["width"]), "both are zoomed"
    part = (spot[0] - wide["x"]) / wide["width"], (spot[1] - wide["y"]) / wide["height"]
    assert part == pytest.approx((0.25, 0.25), abs=0.01), "what is under the pointer stays there"
    viewer.pull(spot, (spot[0] + 60, spot[1] + 40))
    assert box_of(pane(viewer, "first"))["x"] == pytest.approx(wide["x"] + 60, abs=2)
    viewer.page.keyboard.press("0")
    expect(percent).to_have_text("100 %")
    assert box_of(pane(viewer, "first")) == pytest.approx(first, abs=0.5)
    viewer.click(dialog(viewer).get_by_role("button", name="Zoom in", exact=True))
    viewer.press(view, "+", "ArrowRight", by="click")
    expect(percent).to_have_text("156 %")
    moved = box_of(pane(viewer, "first"))["x"]
    viewer.page.keyboard.press("ArrowLeft")
    assert box_of(pane(viewer, "first"))["x"] > moved
    viewer.click(dialog(viewer).get_by_role("button", name="Show all of the pictures"))
    expect(percent).to_have_text("100 %")


def test_fingers_open_and_zoom_it(browser: Browser, quick_url: str) -> None:
    with visitors(browser) as visit:
        one = visit(quick_url, 390, 844, touch=True)
        expect(stage(one)).to_have_attribute("data-state", "ready", timeout=WAIT)
        face = stage(one).locator("canvas").nth(1)
        one.tap(face)
        expect(dialog(one)).to_be_visible()
        one.tap(dialog(one).get_by_role("button", name="Close", exact=True))
        expect(dialog(one)).to_be_hidden()
        one.pinch(face, 2)
        expect(dialog(one)).to_be_visible()
        assert one.page.evaluate("visualViewport.scale") == 1, "the page itself is not zoomed"
        width = box_of(pane(one, "first"))["width"]
        one.pinch(pane(one, "first"), 2)
        assert box_of(pane(one, "first"))["width"] == pytest.approx(2 * width, rel=0.1)
        one.assert_clean()
