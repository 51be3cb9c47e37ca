"""The lesson on conditional independence in a real browser: move the effect, and see what follows."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator

import pytest
from harness import Server, Visit, facelib_app, wait_until, write_notebook
from playwright.sync_api import Locator, expect

Visits = Callable[..., Visit]

NOTEBOOK = """
from facelib.app.lessons.independence_lesson import IndependenceLesson

IndependenceLesson()
"""
TESTS = 5
WAIT = 60_000  # ms, on a busy machine


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("independence")
    server = facelib_app(write_notebook(folder / "lesson.ipynb", NOTEBOOK), folder / "log", pool=1)
    yield server
    server.stop()


@pytest.fixture
def lesson(server: Server, visit: Visits) -> Visit:
    """The page with its first tests done."""
    one = visit(server.url)
    expect(sentence(one)).to_contain_text("tests reject; cHSIC, which decides", timeout=3 * WAIT)
    for chart in one.page.locator(".facelib-chart").all():
        expect(chart).to_have_attribute("data-state", "ready", timeout=WAIT)
    return one


def sentence(one: Visit) -> Locator:
    return one.page.locator(".facelib-sentence")


def chart(one: Visit, title: str) -> Locator:
    card = one.page.locator(".facelib-card").filter(has=one.page.get_by_role("heading", name=title))
    return card.locator(".facelib-chart")


def handle(one: Visit, name: str) -> Locator:
    slider = one.page.locator(".widget-slider").filter(has=one.page.get_by_text(name, exact=True))
    return slider.locator(".noUi-handle")


def decisions(one: Visit) -> list[str]:
    """What the tests say in the chart, in words."""
    texts = chart(one, "The tests").locator("svg text").all_text_contents()
    return [text for text in texts if re.search(r"rejects$|does not$|labels only$", text)]


def draws(one: Visit) -> int:
    text = one.page.get_by_text(re.compile(r"\d+ of 50 draws")).inner_text()
    return int(text.split()[0])


def drawing(place: Locator) -> str:
    return str(place.locator("svg").first.inner_html())


def test_the_effect_moves_p_values_decision_faces_and_power(lesson: Visit) -> None:
    wait_until(lambda: len(decisions(lesson)) == TESTS, 20, "a word for every test")
    wait_until(lambda: draws(lesson) > 0, 30, "the first draw of the power curve")
    power, faces = drawing(chart(lesson, "Power")), drawing(chart(lesson, "The faces"))
    for _ in lesson.drag(lesson.page.locator(".widget-slider").first, 12, pause=0.02):
        pass
    expect(handle(lesson, "Effect")).to_have_attribute("aria-valuenow", "1.0")
    wait_until(lambda: all(one.endswith("rejects") for one in decisions(lesson)), 20, "all tests reject")
    expect(sentence(lesson)).to_contain_text("cHSIC, which decides, does.")
    expect(sentence(lesson)).to_contain_text("Right: in this world the output does depend")
    expect(lesson.page.locator(".facelib-diagram")).to_contain_text("effect 1.00")
    wait_until(lambda: drawing(chart(lesson, "The faces")) != faces, 10, "other faces")
    wait_until(lambda: drawing(chart(lesson, "Power")) != power, 10, "the cursor elsewhere")
    done = draws(lesson)
    wait_until(lambda: draws(lesson) > done, 30, "power that fills in")
    lesson.screenshot("independence_lesson")
    lesson.assert_local()
    lesson.assert_clean()


def test_the_keyboard_does_all_of_it(lesson: Visit) -> None:
    lesson.press(handle(lesson, "Effect"), "Home")
    expect(lesson.page.locator(".facelib-diagram")).to_contain_text("no effect", timeout=WAIT)
    expect(sentence(lesson)).to_contain_text("cHSIC, which decides, does not.", timeout=WAIT)
    before, words = sentence(lesson).inner_text(), decisions(lesson)
    lesson.press(lesson.page.get_by_role("button", name="Draw again"), "Enter")
    wait_until(lambda: decisions(lesson) != words, 20, "other p-values of other faces")
    menu = lesson.page.get_by_label("Situation", exact=True)
    lesson.press(menu, *["ArrowDown"] * 4)  # from "no effect" to "labels as a number"
    expect(lesson.page.locator(".facelib-diagram")).to_contain_text("as a number", timeout=WAIT)
    wait_until(lambda: decisions(lesson).count("holds labels only") == 1, 20, "cHSIC left out")
    expect(sentence(lesson)).to_contain_text("KCIT, which decides", timeout=WAIT)
    panels = chart(lesson, "Power").locator("g.mark-group.cell > g")
    expect(panels).to_have_count(TESTS)
    wait_until(lambda: sentence(lesson).inner_text() != before, 90, "another sentence")  # CMIknn is slow here
    lesson.press(lesson.page.get_by_role("button", name="Stop"), "Enter")
    expect(lesson.page.get_by_role("button", name="Go on")).to_be_visible(timeout=WAIT)
    expect(lesson.page.get_by_text(re.compile("^(Power: draw|Testing)"))).to_have_count(0, timeout=WAIT)
    done = draws(lesson)
    time.sleep(1.5)
    assert draws(lesson) == done
    lesson.press(lesson.page.get_by_text("How far can each test be trusted here?"), "Enter")
    table = lesson.page.locator("table").filter(has=lesson.page.get_by_text("its level, as we measured it"))
    expect(table.locator("tbody tr")).to_have_count(TESTS)
    lesson.assert_clean()
