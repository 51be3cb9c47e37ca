"""The page at more sizes, tab by tab, and a photograph: looks that the browser tests have no time for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from geometry import SIZES, ZOOMED, box_of, readable, resized
from harness import Visit, facelib_app, visitors, wait_until
from playwright.sync_api import Browser, expect
from test_look import WAIT, focus_is_seen, opened, picture, stage, together
from test_photographs import choose, encoded, kept

pytestmark = pytest.mark.packages


@pytest.fixture(scope="module")
def looker(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visit]:
    """The page with its first sweep."""
    log = tmp_path_factory.mktemp("look") / "log"
    with facelib_app(None, log) as server, visitors(browser) as visit:
        yield opened(visit(server.url))


@pytest.mark.parametrize(("width", "height"), [*SIZES, *ZOOMED])
def test_nothing_is_cut_at_any_size(looker: Visit, width: int, height: int) -> None:
    resized(looker, width, height)
    main = looker.page.locator("#rendered_cells")
    assert main.evaluate("main => main.scrollWidth <= main.clientWidth"), "the page scrolls sideways"
    readable(looker.page.locator(".facelib-app"))
    looker.screenshot(f"look_{width}")


@pytest.mark.parametrize(("width", "height"), [(820, 1180), (320, 640), (844, 390), (1024, 768)])
def test_face_and_strength_stay_together_at_other_sizes(looker: Visit, width: int, height: int) -> None:
    together(looker, width, height, ("Expression", "Property", "Method"))
    looker.screenshot(f"look_sight_{width}")


def test_without_room_the_pictures_scroll_away(looker: Visit) -> None:
    resized(looker, 360, 225)
    looker.reach(looker.page.locator(".facelib-app").get_by_label("Method", exact=True))
    assert box_of(looker.page.locator(".facelib-sight"))["y"] < -100


@pytest.mark.parametrize(("width", "height"), [(720, 450), (820, 1180), (320, 640)])
def test_the_focus_is_seen_at_other_sizes(looker: Visit, width: int, height: int) -> None:
    focus_is_seen(looker, width, height, 60)


@pytest.mark.parametrize("tab", ["Population", "Observed data"])
def test_empty_studies_show_an_example_that_fits(looker: Visit, tab: str) -> None:
    resized(looker, 1440, 900)
    looker.click(looker.page.get_by_role("tab", name=tab))
    example = looker.page.locator(".facelib-example:visible")
    expect(example).to_contain_text("Example, not a result of yours", timeout=WAIT)
    expect(example.locator("svg text", has_text="human").first).to_be_visible(timeout=WAIT)
    for width, height in SIZES:
        resized(looker, width, height)
        main = looker.page.locator("#rendered_cells")
        assert main.evaluate("main => main.scrollWidth <= main.clientWidth"), width
        looker.screenshot(f"look_{tab.partition(' ')[0]}_{width}")
    looker.click(looker.page.get_by_role("tab", name="Explore"))
    looker.assert_clean()


def test_a_photograph_is_shown_around_its_face(looker: Visit, tmp_path: Path) -> None:
    resized(looker, 1440, 900)
    looker.click(looker.page.get_by_role("button", name="Photograph", exact=True))
    size = "canvas => [canvas.width, canvas.height]"
    wait_until(lambda: picture(looker, "before").evaluate(size)[0] < 200, 60, "the sample's face")
    sample = picture(looker, "before").evaluate(size)
    wide = np.pad(skimage.data.astronaut(), ((300, 200), (500, 500), (0, 0)), mode="edge")
    choose(looker, kept(tmp_path, "wide.jpg", encoded(wide)))
    expect(looker.page.get_by_text("wide.jpg")).to_be_visible(timeout=WAIT)
    expect(stage(looker)).to_have_attribute("data-state", "ready", timeout=WAIT)
    wait_until(lambda: picture(looker, "before").evaluate(size) != sample, 60, "another face")
    assert picture(looker, "before").evaluate(size)[0] < 200, "the face alone"
    width, height = picture(looker, "before").evaluate(size)
    assert width == height
    looker.click(looker.page.get_by_text("Whole picture", exact=True))
    shown = looker.page.get_by_role("img", name="1 face found in your picture")
    expect(shown).to_be_visible()
    assert shown.evaluate("image => image.naturalWidth > 1.4 * image.naturalHeight")
    looker.screenshot("look_photograph")
    whole = looker.page.get_by_role("button", name="More around the face", exact=True)
    looker.click(whole)
    wait_until(lambda: picture(looker, "before").evaluate(size)[0] > width, 30, "all that is read")
    looker.click(whole)
    wait_until(lambda: picture(looker, "before").evaluate(size) == [width, height], 30, "the face again")
    looker.click(looker.page.get_by_role("button", name="map", exact=True))
    looker.screenshot("look_photograph_map")
    looker.click(looker.page.get_by_role("button", name="Parametric face", exact=True))
    looker.assert_clean()
