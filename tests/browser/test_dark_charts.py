"""Charts in the dark: measured by the pixels of the screen; on paper and in files they stay on white."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from explore import rows, swept, tab
from harness import COMES, Visit, visitors
from PIL import Image
from playwright.sync_api import Browser, Locator, expect

pytestmark = pytest.mark.packages

Pixels = npt.NDArray[np.uint8]
WORDS, MARKS = 4.5, 3.0  # contrast that WCAG asks of words and of marks
PALETTE = re.compile("#(0072b2|d55e00|009e73|cc79a7|e69f00|56b4e9|7a5195|595959)")
TEXTS = """chart => [...chart.querySelectorAll("svg text")].filter((text) => text.textContent.trim()
  && text.checkVisibility({ opacityProperty: true }) && !text.closest("[opacity='0']")).map((text) => {
  const { x, y, width, height } = text.getBoundingClientRect();
  return { words: text.textContent, colour: getComputedStyle(text).fill, box: [x, y, width, height] };
})"""
PAINTED = """chart => [...chart.querySelectorAll("svg .role-mark :is(path, line)")].flatMap((mark) => {
  const style = getComputedStyle(mark);
  return ["fill", "stroke"].flatMap((name) => [[mark.getAttribute(name) ?? "", style[name]]]);
})"""


@pytest.fixture(scope="module")
def night(browser: Browser, quick_url: str) -> Iterator[Visit]:
    """The page in the dark, with its first sweep and verdicts."""
    with visitors(browser) as visit:
        one = visit(quick_url, 1440, 900)
        one.page.emulate_media(color_scheme="dark")
        swept(one, within=COMES)
        expect(one.page.locator(".facelib-app")).to_have_class(re.compile("facelib-dark"))
        yield one


def colour_of(css: str) -> tuple[int, int, int]:
    red, green, blue = (int(float(number)) for number in re.findall(r"[\d.]+", css)[:3])
    return red, green, blue


def lightness(colour: Any) -> float:
    shares = np.asarray(colour, float) / 255
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(one: Any, other: Any) -> float:
    low, high = sorted((lightness(one), lightness(other)))
    return (high + 0.05) / (low + 0.05)


def seen(one: Visit) -> Pixels:
    return np.asarray(Image.open(io.BytesIO(one.page.screenshot())).convert("RGB"))


def ground(pixels: Pixels) -> Any:
    """The most frequent colour of a part of the screen."""
    colours, counts = np.unique(pixels.reshape(-1, 3), axis=0, return_counts=True)
    return colours[counts.argmax()]


def words_of(one: Visit, chart: Locator) -> list[tuple[str, float]]:
    """Every word of a chart that is in the window, with its contrast to what is around it on the screen."""
    one.reach(chart, (0.5, 0.1))
    one.page.wait_for_timeout(300)
    screen, found = seen(one), []
    for text in chart.evaluate(TEXTS):
        x, y, width, height = (round(number) for number in text["box"])
        part = screen[max(0, y - 1) : y + height + 1, max(0, x - 2) : x + width + 2]
        if y >= 0 and y + height <= screen.shape[0] and part.size:
            found.append((text["words"], contrast(colour_of(text["colour"]), ground(part))))
    return found


def test_bars_have_the_colours_of_their_curves_and_stand_out(night: Visit) -> None:
    paper = night.page.locator(".facelib-card").first.evaluate("one => getComputedStyle(one).backgroundColor")
    drawn = "row => [getComputedStyle(row.querySelector('b')).backgroundColor, getComputedStyle("
    drawn += "row.querySelector('.line')).stroke, getComputedStyle(row.querySelector('i')).backgroundColor]"
    colours = [set(row.evaluate(drawn)) for row in rows(night).all()]
    assert [len(one) for one in colours] == [1, 1]
    assert colours[0] != colours[1], "classifiers are told apart"
    assert all(contrast(colour_of(name), colour_of(paper)) >= MARKS for one in colours for name in one)


def test_words_and_marks_of_charts_are_read_in_the_dark(night: Visit) -> None:
    charts = tab(night, "Muscles").locator(".facelib-chart")
    expect(charts).to_have_count(3, timeout=COMES)
    for chart in charts.all():
        expect(chart).to_have_attribute("data-state", "ready", timeout=COMES)
        assert [one for one in words_of(night, chart) if one[1] < WORDS] == []
        paper = ground(seen(night))
        assert lightness(paper) < 0.1, "the chart has no white sheet"
        marks = [(name, colour_of(now)) for name, now in chart.evaluate(PAINTED) if PALETTE.fullmatch(name)]
        assert [one for one in marks if contrast(one[1], paper) < MARKS] == []
    night.screenshot("dark_charts")


def test_numbers_on_cells_are_read_in_the_dark(night: Visit) -> None:
    chart = tab(night, "Population").locator(".facelib-example .facelib-map").first
    expect(chart).to_have_attribute("data-state", "ready", timeout=COMES)
    words = words_of(night, chart)
    assert sum(bool(re.search(r"\d", text)) for text, _ in words) > 10
    assert [one for one in words if one[1] < WORDS] == []
    night.screenshot("dark_cells")


def test_on_paper_and_in_files_charts_stay_on_white(night: Visit) -> None:
    chart = tab(night, "Muscles").locator(".facelib-chart").first
    expect(chart).to_have_attribute("data-state", "ready", timeout=COMES)
    name = "Copy or save this chart"
    night.click(chart.get_by_role("button", name=name))
    with night.page.expect_download() as saved:
        night.click(chart.get_by_role("group", name=name).get_by_role("button", name="Save SVG"))
    text = saved.value.path().read_text(encoding="utf-8")
    assert 'fill="white"' in text
    assert "#52606d" in text, "dark words"
    assert "#e7ecf1" not in text
    night.page.keyboard.press("Escape")
    night.page.emulate_media(media="print")
    try:
        ink = {contrast(colour_of(one["colour"]), (255, 255, 255)) for one in chart.evaluate(TEXTS)}
        assert min(ink) >= WORDS
    finally:
        night.page.emulate_media(media="screen")
    night.assert_clean()
