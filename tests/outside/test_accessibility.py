"""Every part of the page in its main states, for people who see, hear or move differently."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from explore import at, strength, swept
from harness import QUICK_PAGE, Server, Visit, facelib_app, visitors, write_notebook
from looks import Stop, cut, faint, small, stops, violations
from playwright.sync_api import Browser, Page, expect
from test_photographs import PORTRAIT, choose, encoded
from test_photographs import kept as written
from test_population import OBSERVED, POPULATION, button, people, tab

pytestmark = pytest.mark.packages

WAIT = 240_000  # ms, on a busy machine
SIZES = [{"width": 390, "height": 844}, {"width": 1280, "height": 720}, {"width": 1440, "height": 900}]
CUT_TABLES = """() => [...document.querySelectorAll(".facelib-livetable")]
  .filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.textContent.slice(0, 60))"""


@pytest.fixture(scope="module")
def one(browser: Browser, server: Server) -> Iterator[Visit]:
    """The page; tests go on with it as it is."""
    with visitors(browser) as visit:
        yield swept(visit(server.url, height=900), within=WAIT)


def assert_for_everyone(page: Page) -> None:
    """Fail if axe finds anything, a control is faint or small, or words are cut where they need more room."""
    assert violations(page) == []
    for size in SIZES:
        page.set_viewport_size(size)
        page.wait_for_timeout(300)
        assert faint(page) == []
        assert small(page) == []
        assert page.evaluate(CUT_TABLES) == []
    assert cut(page) == []


def assert_walked(walk: list[Stop], least: int) -> None:
    """Fail unless every stop is named and seen, and their order is that of reading."""
    assert len(walk) >= least
    assert [stop for stop in walk if not stop.name or stop.role in {"generic", "none"}] == []
    assert [stop for stop in walk if stop.ring < 3 or not stop.seen] == []
    for before, after in itertools.pairwise(walk):
        assert after.place > before.place, (before, after)
        if before.column == after.column and before.y is not None and after.y is not None:
            assert after.y > before.y - 40, (before, after)


def opened(page: Page, name: str) -> None:
    """Open what a button unfolds, with the keyboard alone."""
    (*_, stop) = stops(page, name)
    assert (stop.role, stop.name) == ("button", name)
    button = page.get_by_role("button", name=name, exact=True)
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-expanded", "true")


def test_explore(one: Visit) -> None:
    page = one.page
    assert_for_everyone(page)
    assert_walked(stops(page), 45)
    (*_, stop) = stops(page, "Strength")
    assert stop.role == "slider"
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    at(one, 10)
    for name in ("More", "What the network sees", "Statistics: gradients, order test, shaken copies"):
        opened(page, name)
    expect(page.get_by_role("slider", name="Beard", exact=True)).to_be_visible(timeout=WAIT)
    expect(page.locator("[role=slider]:not([aria-label])")).to_have_count(0)
    assert_for_everyone(page)
    assert_walked(stops(page), 75)


@pytest.fixture
def fresh(server: Server, visit: Callable[..., Visit]) -> Visit:
    """A page of its own for each test."""
    return swept(visit(server.url, height=900), within=WAIT)


def test_a_photograph_and_what_is_refused(fresh: Visit, tmp_path: Path) -> None:
    page = fresh.page
    fresh.click(page.get_by_role("button", name="Photograph", exact=True))
    expect(page.get_by_text("Eileen Collins")).to_be_visible(timeout=WAIT)
    assert_for_everyone(page)
    choose(fresh, written(tmp_path, "broken.jpg", PORTRAIT[:3000]))
    expect(page.get_by_role("alert").filter(has_text="The picture is damaged")).to_be_visible(timeout=WAIT)
    assert_for_everyone(page)
    choose(fresh, written(tmp_path, "notes.pdf", b"%PDF-1.7"))
    expect(page.get_by_text("notes.pdf isn't a picture")).to_be_visible()
    two = np.concatenate([skimage.data.astronaut()] * 2, axis=1)
    choose(fresh, written(tmp_path, "two.jpg", encoded(two)))
    expect(page.get_by_role("img", name="2 faces found in your picture")).to_be_visible(timeout=WAIT)
    assert_for_everyone(page)
    fresh.click(page.get_by_role("button", name="Check the landmarks"))
    expect(page.locator(".facelib-landmarks img")).to_be_visible(timeout=WAIT)
    assert_for_everyone(page)


def test_a_finished_study_and_its_report(fresh: Visit, tmp_path: Path) -> None:
    panel = tab(fresh, "Population", POPULATION)
    assert_for_everyone(fresh.page)
    people(fresh, panel, 2)
    fresh.click(button(panel, "Run"))
    expect(panel.get_by_text("Done.", exact=True)).to_be_visible(timeout=WAIT)
    expect(panel.locator(".facelib-chart svg").last).to_be_visible(timeout=WAIT)
    assert_for_everyone(fresh.page)
    with fresh.page.expect_download(timeout=WAIT) as report:
        fresh.click(button(panel, "Report (HTML)"))
    report.value.save_as(tmp_path / "report.html")
    read = fresh.context.new_page()
    read.goto((tmp_path / "report.html").as_uri())
    assert violations(read) == []
    read.close()
    fresh.click(button(panel, "Confirm"))
    expect(panel.get_by_text("Set the hypothesis first")).to_be_visible(timeout=WAIT)
    assert_for_everyone(fresh.page)


def test_observed_data_while_it_runs_and_done(fresh: Visit) -> None:
    panel = tab(fresh, "Observed data", OBSERVED)
    assert_for_everyone(fresh.page)
    fresh.click(button(panel, "Run"))
    expect(button(panel, "Stop")).to_be_enabled(timeout=WAIT)
    assert violations(fresh.page) == []
    expect(panel.get_by_text("Done.", exact=True)).to_be_visible(timeout=WAIT)
    assert_for_everyone(fresh.page)


def test_muscles_while_the_recording_plays(fresh: Visit) -> None:
    fresh.click(fresh.page.get_by_role("tab", name="Muscles", exact=True))
    panel = fresh.page.get_by_role("tabpanel", name="Muscles", exact=True)
    play = button(panel, "Play the recording")
    expect(play).to_be_enabled(timeout=WAIT)
    opened(fresh.page, "Processing")
    assert_for_everyone(fresh.page)
    fresh.click(play)
    expect(button(panel, "Pause")).to_be_visible(timeout=WAIT)
    assert violations(fresh.page) == []


def test_a_page_that_came_back_and_one_whose_session_ended(
    visit: Callable[..., Visit], tmp_path: Path
) -> None:
    notebook = write_notebook(tmp_path / "page.ipynb", QUICK_PAGE)
    with facelib_app(notebook, tmp_path / "log", pool=0) as server:
        one = swept(visit(server.url, height=900), within=WAIT)
        one.press(strength(one), "End")
        one.page.wait_for_timeout(1000)
        one.page.reload(wait_until="commit")
        expect(one.page.get_by_text("As you left it.")).to_be_visible(timeout=WAIT)
        assert_for_everyone(one.page)
        (kernel,) = server.kernels()
        kernel.kill()
        ended = one.page.locator(".facelib-ended")
        expect(ended.get_by_role("button", name="Reload")).to_be_visible(timeout=WAIT)
        assert violations(one.page) == []
