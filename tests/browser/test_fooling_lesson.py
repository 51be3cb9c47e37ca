"""The exercise under Voila: guess, and see where the guess stands; a film strip that answers the pointer."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from harness import Visit, facelib_app, visitors, wait_until, write_notebook
from playwright.sync_api import Browser, Locator, expect

pytestmark = [pytest.mark.packages, pytest.mark.thorough]

START = 240_000  # ms until the page is there, on a busy machine
WAIT = 60_000  # ms that a busy machine may take for all changes
CELLS = (
    """
from facelib import Head, charts, studies
from facelib.app.lessons.fooling_lesson import FoolingExercise

charts.offline()
head = Head(age=34, gender=0.0, skin_tone=0.2, hair="tied", seed=4)
FoolingExercise(head, ["fer", "pyemotion"])
""",
    """
charts.film(*studies.strip_tables([studies.demonstrate("palsy", head, ["fer", "pyemotion"])]))
""",
)


@pytest.fixture(scope="module")
def page_of_it(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visit]:
    folder = tmp_path_factory.mktemp("fooling")
    notebook = write_notebook(folder / "fooling.ipynb", *CELLS)
    with facelib_app(notebook, folder / "log", pool=1) as server, visitors(browser) as visit:
        one = visit(server.url, width=1280)
        expect(sentence(one)).to_contain_text("Guess first", timeout=START)
        yield one


def sentence(one: Visit) -> Locator:
    return one.page.locator(".facelib-sentence")


def test_a_guess_shows_all_changes_and_marks_itself(page_of_it: Visit) -> None:
    page = page_of_it.page
    assert page.locator(".facelib-chart svg").count() == 0
    before = page.locator(".facelib-card img").get_attribute("src")
    page_of_it.choose(page.get_by_label("Your guess", exact=True), "age · Person")
    expect(sentence(page_of_it)).to_contain_text("Your guess, age, is number", timeout=WAIT)
    chart = page.locator(".facelib-chart")
    expect(chart).to_have_attribute("data-state", "ready", timeout=WAIT)
    expect(chart.locator("svg text", has_text="your guess")).to_be_visible()
    expect(chart.locator("svg .mark-text.role-mark text[font-weight='bold']")).to_have_count(1)
    assert page.locator(".facelib-card img").get_attribute("src") != before
    expect(page.locator(".facelib-card img")).to_have_attribute("alt", re.compile("Faces: happy, age, "))
    page_of_it.screenshot("fooling_lesson")

    page_of_it.choose(page.get_by_label("Classifier", exact=True), "pyemotion")
    expect(sentence(page_of_it)).to_contain_text("pyemotion gives this face", timeout=WAIT)
    expect(sentence(page_of_it)).to_contain_text("Guess first")
    expect(chart).to_be_hidden()
    assert page.locator(".facelib-message:visible").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_picture_of_a_film_is_found_on_its_curves(page_of_it: Visit) -> None:
    film = page_of_it.page.locator(".vega-embed").last
    pictures = film.locator("svg image, canvas")
    expect(pictures.first).to_be_visible(timeout=WAIT)
    page_of_it.reach(film)
    canvas = film.locator("canvas")

    def shown() -> bytes:
        return page_of_it.canvas_bytes(canvas) if canvas.count() else film.inner_html().encode()

    wait_until(lambda: len(shown()) > 10_000, 20, "a drawn film")
    page_of_it.page.wait_for_timeout(1000)
    still = shown()
    box = film.bounding_box()
    assert box is not None
    page_of_it.hover(film, (220 / box["width"], 120 / box["height"]))
    wait_until(lambda: shown() != still, 10, "a line on the curves")
    page_of_it.screenshot("film")
    page_of_it.assert_local()
    page_of_it.assert_clean()
