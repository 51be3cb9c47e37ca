"""Empty studies at every size, and a photograph: looks that the browser tests have no time for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from explore import picture, swept
from geometry import SIZES, resized
from harness import COMES, Visit, facelib_app, visitors, wait_until
from playwright.sync_api import Browser, expect
from test_photographs import choose, encoded, kept

pytestmark = pytest.mark.packages


@pytest.fixture(scope="module")
def looker(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visit]:
    """The page with its first sweep."""
    log = tmp_path_factory.mktemp("look") / "log"
    with facelib_app(None, log) as server, visitors(browser) as visit:
        yield swept(visit(server.url), within=COMES)


@pytest.mark.parametrize("tab", ["Population", "Observed data"])
def test_empty_studies_show_an_example_that_fits(looker: Visit, tab: str) -> None:
    resized(looker, 1440, 900)
    looker.click(looker.page.get_by_role("tab", name=tab))
    example = looker.page.locator(".facelib-example:visible")
    expect(example).to_contain_text("Example, not a result of yours", timeout=COMES)
    expect(example.locator("svg text", has_text="human").first).to_be_visible(timeout=COMES)
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
    painted = "canvas => canvas.toDataURL()"
    head = picture(looker, "before").evaluate(painted)
    expect(looker.page.get_by_text("Eileen Collins")).to_be_visible(timeout=COMES)
    wait_until(lambda: picture(looker, "before").evaluate(painted) != head, 60, "the sample's face")
    sample = picture(looker, "before").evaluate(painted)
    wide = np.pad(skimage.data.astronaut(), ((300, 200), (500, 500), (0, 0)), mode="edge")
    choose(looker, kept(tmp_path, "wide.jpg", encoded(wide)))
    expect(looker.page.get_by_text("wide.jpg")).to_be_visible(timeout=COMES)
    wait_until(lambda: picture(looker, "before").evaluate(painted) != sample, 60, "another face")
    swept(looker, within=COMES)
    width, height = picture(looker, "before").evaluate("canvas => [canvas.width, canvas.height]")
    assert width == height, "the face alone"
    looker.click(looker.page.get_by_text("Whole picture", exact=True))
    shown = looker.page.get_by_role("img", name="1 face found in your picture")
    expect(shown).to_be_visible()
    assert shown.evaluate("image => image.naturalWidth > 1.4 * image.naturalHeight")
    looker.screenshot("look_photograph")
    looker.click(looker.page.get_by_role("button", name="Parametric face", exact=True))
    looker.assert_clean()
