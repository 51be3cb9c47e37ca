"""A report in the real browser: nothing is asked of any network, nothing sticks out on screen or paper."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from facelib import sample_heads, studies
from tests.unit.reports.report_reader import one_sided

pytestmark = pytest.mark.packages

STICKS_OUT = """
() => [...document.querySelectorAll("p, li, h1, h2, h3, table, figure, svg, math, .box, .limits")]
  .filter(one => one.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
  .map(one => one.tagName + " " + one.textContent.slice(0, 60))
"""
A4 = {"width": 178 * 96 // 25, "height": 1000}  # px between the margins


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    return one_sided().run(folder / "run", n_jobs=1).report(folder / "one.html")


def test_it_is_read_and_printed_offline(browser: Browser, report: Path, tmp_path: Path) -> None:
    context = browser.new_context(viewport={"width": 1100, "height": 900}, offline=True)
    page = context.new_page()
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(report.as_uri())
    assert asked == [report.as_uri()]
    assert page.locator("figure svg").count() == 10
    assert page.locator("math").first.bounding_box()["height"] > 15, "formulas are drawn as such"
    assert page.evaluate(STICKS_OUT) == []
    printed = page.pdf(path=tmp_path / "one.pdf", prefer_css_page_size=True)
    assert printed.startswith(b"%PDF")
    assert 8 <= printed.count(b"/Type /Page\n") + printed.count(b"/Type /Page ") <= 25
    assert said == [], "no policy is broken"
    context.close()


def test_it_fits_on_paper_and_on_a_phone(browser: Browser, report: Path) -> None:
    context = browser.new_context(viewport=A4)
    page = context.new_page()
    page.emulate_media(media="print")
    page.goto(report.as_uri())
    assert page.evaluate(STICKS_OUT) == []
    assert not page.locator("nav").is_visible(), "links are for the screen"
    page.emulate_media(media="screen")
    page.set_viewport_size({"width": 390, "height": 800})
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 391, "tables scroll by themselves"
    figures = page.evaluate(FIGURES)
    assert len(figures) == 10
    assert min(one["letter"] for one in figures) >= 9, "on a phone figures keep the size of their words"
    large = [one for one in figures if one["over"] > 1]
    assert large, "else nothing is tested"
    assert all(one["scrolls"] and one["reached"] for one in large), large
    context.close()


FIGURES = """
() => [...document.querySelectorAll("figure")].map(one => {
  const drawn = one.querySelector("svg"), box = drawn.parentElement;
  const scale = drawn.getBoundingClientRect().width / drawn.viewBox.baseVal.width;
  return {
    letter: scale * Math.min(
      ...[...drawn.querySelectorAll("text")].map(words => parseFloat(getComputedStyle(words).fontSize))
    ),
    over: box.scrollWidth - box.clientWidth, reached: box.tabIndex === 0,
    scrolls: ["auto", "scroll"].includes(getComputedStyle(box).overflowX),
  };
})
"""


CUT = """
() => [...document.querySelectorAll(".wide")].map(one => {
  const table = one.querySelector("table").getBoundingClientRect(), words = one.querySelector("caption");
  return {
    name: words.textContent.slice(0, 40), over: table.width - one.clientWidth, reached: one.tabIndex === 0,
    scrolls: ["auto", "scroll"].includes(getComputedStyle(one).overflowX),
    caption: words.getBoundingClientRect().right - one.getBoundingClientRect().right,
  };
})
"""


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people with intervals as wide as they come, and names that are long."""
    folder = tmp_path_factory.mktemp("wide")
    heads = sample_heads(2, seed=4, expressions=["happy"])
    study = studies.InterventionalStudy(
        heads, ["symmetry", "weaker_expression", "glasses"], ["known_electrodes_neutral", "known_age_happy"],
        steps=3, size=64, control="weaker_expression",
    )  # fmt: skip
    return study.run(folder / "run", n_jobs=1).report(folder / "one.html")


def test_no_table_is_cut_on_screen_or_paper(browser: Browser, wide: Path) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(wide.as_uri())
    tables = page.evaluate(CUT)
    assert len(tables) > 10
    assert [one for one in tables if one["over"] > 1] == [], "on a usual screen all of it is seen"
    page.set_viewport_size({"width": 700, "height": 900})
    narrow = [one for one in page.evaluate(CUT) if one["over"] > 1]
    assert narrow, "else nothing is tested"
    assert all(one["scrolls"] and one["reached"] for one in narrow), narrow
    assert [one for one in narrow if one["caption"] > 1] == [], "its caption is read without scrolling"
    page.emulate_media(media="print")
    page.set_viewport_size(A4)
    assert [one for one in page.evaluate(CUT) if one["over"] > 1] == []
    context.close()


def test_bands_stay_inside_their_panels(browser: Browser, wide: Path) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(wide.as_uri())
    heights = page.locator("figure[id^=curves] svg").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect().height)"
    )
    assert len(heights) == 3
    assert max(heights) < 260, "intervals beyond 0 and 1 blow no panel up"
    context.close()


def test_screen_readers_find_what_they_need(browser: Browser, report: Path) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(report.as_uri())
    assert page.get_by_role("heading", name="Answer").count() == 1
    assert page.get_by_role("img").count() == 10 + 3
    assert page.get_by_role("img", name="Three pictures of one rendered head").count() == 3
    assert page.get_by_role("img", name="Mean changes with intervals").count() == 3
    assert page.get_by_role("columnheader", name="p, Holm").count() >= 5
    assert page.get_by_role("rowheader", name="known_unbiased").count() >= 5
    context.close()
