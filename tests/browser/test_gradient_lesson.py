"""The lesson on property gradients under Voila: its controls move what is said and what is drawn."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from harness import COMES, Visit, facelib_app, visitors, wait_until, write_notebook
from playwright.sync_api import Browser, FloatRect, Locator, expect

WAIT = 60_000  # ms that a busy machine may take for one answer
NOTEBOOK = "from facelib.app.lessons.gradient_lesson import GradientLesson", "GradientLesson()"


@pytest.fixture(scope="module")
def page_of_it(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visit]:
    """The lesson with its three charts drawn, once for all tests."""
    folder = tmp_path_factory.mktemp("lesson")
    notebook = write_notebook(folder / "lesson.ipynb", *NOTEBOOK)
    with facelib_app(notebook, folder / "log", pool=1) as server, visitors(browser) as visit:
        one = visit(server.url)
        charts = one.page.locator(".facelib-chart")
        expect(charts).to_have_count(3, timeout=COMES)
        for k in range(3):
            expect(charts.nth(k)).to_have_attribute("data-state", "ready", timeout=COMES)
        yield one


@pytest.fixture
def lesson(page_of_it: Visit) -> Visit:
    """The lesson as it opens, but for the seed."""
    for situation in ("a straight fall", "a smooth fall"):
        page_of_it.choose(page_of_it.page.get_by_label("Situation", exact=True), situation)
    expect(cell(page_of_it, "EPGM")).to_have_text(".038", timeout=WAIT)
    return page_of_it


def cell(lesson: Visit, number: str) -> Locator:
    """The value of one number in the table."""
    row = lesson.page.locator("table tbody tr").filter(has=lesson.page.get_by_text(number, exact=True))
    return row.locator("> :nth-child(2)")


def slider(lesson: Visit, title: str) -> Locator:
    found = lesson.page.locator(".widget-slider").filter(has_text=title)
    expect(found).to_have_count(1)
    return found


def drawn(lesson: Visit) -> list[str]:
    """Everything that the three charts show, as vector graphics."""
    return [str(svg.inner_html()) for svg in lesson.page.locator(".facelib-chart svg").all()]


def plots(lesson: Visit) -> list[FloatRect]:
    """Where the horizontal axes of the three charts stand on the page."""
    across = lesson.page.locator(".facelib-chart svg .role-axis-domain line").all()
    boxes = [line.bounding_box() for line in across]
    return [box for box in boxes if box and box["width"] > 100]


def equally_wide(lesson: Visit) -> bool:
    widths = [box["width"] for box in plots(lesson)]
    return len(widths) == 3 and max(widths) - min(widths) <= 5


def test_a_situation_and_a_slider_move_p_and_the_charts(lesson: Visit) -> None:
    page = lesson.page
    expect(cell(lesson, "p")).to_have_text("< .001")
    before = drawn(lesson)
    lesson.choose(page.get_by_label("Situation", exact=True), "one spike near the end")
    expect(cell(lesson, "side")).to_have_text("larger", timeout=WAIT)
    assert 0.13 < float(cell(lesson, "p").inner_text()) < 0.25  # 4 of 21 places
    wait_until(lambda: all(a != b for a, b in zip(before, drawn(lesson), strict=True)), 10, "other charts")

    lesson.choose(page.get_by_label("Situation", exact=True), "one spike in the middle")
    expect(cell(lesson, "p")).to_have_text("1", timeout=WAIT)
    expect(page.get_by_text("Nothing shows that the outputs depend on the order")).to_be_visible()
    expect(page.get_by_text("It goes as far as the falls do, and p = 1")).to_be_visible()

    for _ in lesson.drag(slider(lesson, "Strengths"), 6):
        pass
    expect(page.get_by_text("Outputs at 101 strengths")).to_be_visible(timeout=WAIT)
    expect(page.get_by_label("Situation", exact=True)).to_have_value("your own setting", timeout=WAIT)
    expect(cell(lesson, "mutual information")).to_contain_text("nats", timeout=WAIT)
    assert page.locator(".facelib-message:visible").count() == 0
    lesson.screenshot("lesson_gradients")
    lesson.assert_local()
    lesson.assert_clean()


def test_the_keyboard_reaches_and_moves_every_control(lesson: Visit) -> None:
    page = lesson.page
    lesson.press(page.get_by_label("Situation", exact=True))
    reached = []
    for _ in range(7):
        reached.append(
            page.evaluate("document.activeElement.closest('.widget-inline-hbox')?.innerText.split('\\n')[0]")
        )
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.classList.contains('widget-readout')"):
            page.keyboard.press("Tab")
    assert reached == ["Situation", "Shape", "Strengths", "Size", "Noise", "Memory ρ", "Seed"]
    handle = slider(lesson, "Noise").locator(".noUi-handle")
    lesson.press(handle, *["ArrowRight"] * 4)
    expect(page.get_by_text("p of 300 repeats; dark: p ≤ .05")).to_be_visible(timeout=WAIT)
    shown = drawn(lesson)[0]
    lesson.press(slider(lesson, "Seed").locator(".noUi-handle"), "ArrowRight")
    wait_until(lambda: drawn(lesson)[0] != shown, 10, "another series")
    lesson.assert_clean()


def test_plots_stand_level_and_are_equally_wide(lesson: Visit) -> None:
    for width in (1440, 1000, 420, 1440):
        lesson.page.set_viewport_size({"width": width, "height": 1000})
        wait_until(
            lambda: equally_wide(lesson), 10, f"three plots of one width; {plots(lesson)} at {width} px"
        )
        heights = [box["y"] for box in plots(lesson)]
        assert width < 960 or max(heights) - min(heights) <= 1
        assert lesson.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        lesson.screenshot(f"lesson_gradients_{width}")
    lesson.assert_clean()
