"""Population and Observed data in a real browser: a map is moved, confirm, two conditions."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from explore import swept
from harness import Visit, wait_until
from looks import violations
from PIL import Image
from playwright.sync_api import Locator, expect

from facelib.classifiers import EMOTIONS
from facelib.faces import Head

pytestmark = pytest.mark.packages

WAIT = 60_000  # ms, on a busy machine
TOP = "one => one.getBoundingClientRect().top"
EXPLORE, POPULATION, OBSERVED = range(3)


@pytest.fixture
def one(quick_url: str, visit: Callable[..., Visit]) -> Visit:
    """The page, its first face shown."""
    return swept(visit(quick_url, width=1280, height=1600))


def tab(visit: Visit, name: str, place: int) -> Locator:
    """Open a tab; return what is in it."""
    visit.click(visit.page.get_by_role("tab", name=name, exact=True))
    panel = visit.page.get_by_role("tabpanel", name=name, exact=True)
    expect(panel.get_by_role("button", name="Run", exact=True)).to_be_visible(timeout=WAIT)
    assert "facelib-tab-" + str(place) in str(panel.get_attribute("class"))
    return panel


def button(panel: Locator, name: str) -> Locator:
    return panel.get_by_role("button", name=name, exact=True)


def slider(panel: Locator, name: str) -> Locator:
    return (
        panel.locator(".widget-slider").filter(has_text=re.compile(f"^{name}")).locator(".noUi-handle").first
    )


def people(one: Visit, panel: Locator, count: int) -> None:
    """Set the number of people with the keyboard."""
    one.press(slider(panel, "People"), "Home", *["ArrowRight"] * (count - 2))
    expect(panel.locator(".facelib-plan")).to_contain_text(f"{count} people", timeout=WAIT)
    expect(button(panel, "Run")).to_be_enabled(timeout=WAIT)


@pytest.mark.parametrize("name", ["Population", pytest.param("Observed data", marks=pytest.mark.thorough)])
def test_names_of_rows_and_the_legend_stay_while_a_map_is_moved(
    quick_url: str, visit: Callable[..., Visit], name: str
) -> None:
    one = swept(visit(quick_url, 390, 844, touch=True))
    one.tap(one.page.get_by_role("tab", name=name, exact=True))
    plot = one.page.get_by_role("tabpanel", name=name, exact=True).locator(".facelib-map").first
    expect(plot).to_have_class(re.compile("facelib-aside"), timeout=WAIT)
    expect(one.page.locator(".facelib-plan dt").first).to_be_visible(timeout=WAIT)  # all above has its height
    x, y = one.reach(plot.locator(".mark-text.role-mark text").first, finger=True)
    row = plot.locator("svg").get_by_text("pyemotion", exact=True)
    height = row.evaluate(TOP)
    one.swipe((x + 160, y), (x, y))
    wait_until(lambda: row.evaluate("one => one.getBoundingClientRect().right") < 40, 5, "a moved map")
    pinned = plot.locator(".facelib-chart-pinned").get_by_text("pyemotion", exact=True)
    expect(pinned).to_be_in_viewport(ratio=1, timeout=5000)
    assert abs(pinned.evaluate(TOP) - row.evaluate(TOP)) < 3
    assert abs(height - row.evaluate(TOP)) < 30, "it was moved aside"
    legend = plot.get_by_text(re.compile(r"\*:.* after Holm's correction"))
    box = legend.first.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    one.assert_clean()


def test_confirm_asks_first_stamps_and_tells_later_changes(one: Visit) -> None:
    panel = tab(one, "Population", POPULATION)
    people(one, panel, 6)
    one.click(button(panel, "Confirm"))
    expect(panel.get_by_text("Set the hypothesis first")).to_be_visible(timeout=WAIT)
    expect(button(panel, "Run")).to_be_disabled()
    expect(panel.get_by_text(re.compile("With 6 people, a true change of −.20")).first).to_be_visible()
    chart = panel.locator(".facelib-card").first.locator(".facelib-chart")
    expect(chart).to_have_attribute("data-state", "ready", timeout=WAIT)
    one.press(slider(panel, "People"), "ArrowRight")
    expect(panel.get_by_text(re.compile("With 7 people")).first).to_be_visible(timeout=WAIT)
    expect(chart.locator("svg")).to_contain_text("7 people, ")
    hypothesis = "As one side weakens, outputs for the class meant fall."
    one.type_into(panel.get_by_label("Hypothesis", exact=True), hypothesis)
    one.choose(panel.get_by_label("Direction", exact=True), "outputs fall")
    expect(button(panel, "Set the hypothesis")).to_be_enabled(timeout=WAIT)
    one.click(button(panel, "Set the hypothesis"))
    expect(
        panel.get_by_text(re.compile(r"Set on \d{4}-\d\d-\d\d \d\d:\d\d UTC, before the run"))
    ).to_be_visible(timeout=WAIT)
    expect(panel.get_by_text("Nothing was changed since.")).to_be_visible(timeout=WAIT)
    one.choose(panel.get_by_label("Level α", exact=True), "0.01")
    expect(panel.get_by_text("α was registered as .05; now it is set to .01.")).to_be_visible(timeout=WAIT)
    one.choose(panel.get_by_label("Level α", exact=True), "0.05")
    expect(panel.get_by_text("Nothing was changed since.")).to_be_visible(timeout=WAIT)
    expect(button(panel, "Run")).to_be_enabled(timeout=WAIT)
    one.click(button(panel, "Run"))
    expect(panel.get_by_text(re.compile("Answer over 7 people: "))).to_be_visible(timeout=WAIT)
    one.screenshot("confirm")
    one.assert_clean()


def photographs() -> bytes:
    """A zip of 42 rendered people with what is known of them."""
    buffer, lines = io.BytesIO(), ["file,person,label,age"]
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(42):
            head = Head(seed=number + 1, age=20 + number, expression=EMOTIONS[number % 7])
            picture = io.BytesIO()
            Image.fromarray(head.render(64).image).save(picture, "PNG")
            archive.writestr(f"mine/{number}.png", picture.getvalue())
            lines.append(f"{number}.png,p{number},{EMOTIONS[number % 7]},{20 + number}")
        archive.writestr("mine/faces.csv", "\n".join(lines))
    return buffer.getvalue()


def twice() -> bytes:
    """A zip of 12 rendered people without and with electrodes; the last has no second picture."""
    buffer, lines = io.BytesIO(), ["file,person,label,session"]
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(12):
            head = Head(seed=number + 1, age=20 + 4 * number, expression=EMOTIONS[1 + number % 2])
            for session, worn in (("before", None), ("after", "fridlund")):
                if (number, session) == (11, "after"):
                    continue
                picture = io.BytesIO()
                Image.fromarray(head.replace(electrodes=worn).render(64).image).save(picture, "PNG")
                archive.writestr(f"{number}_{session}.png", picture.getvalue())
                lines.append(f"{number}_{session}.png,p{number},{head.expression},{session}")
        archive.writestr("faces.csv", "\n".join(lines))
    return buffer.getvalue()


@pytest.mark.outside
def test_the_same_people_are_compared_under_two_conditions(one: Visit) -> None:
    panel = tab(one, "Observed data", OBSERVED)
    compare = button(panel, "Compare two conditions")
    one.click(button(panel, "Your photographs"))
    expect(compare).to_be_hidden()
    one.tick(panel.get_by_label("Cropped to the face already"))
    place = panel.locator(".facelib-drop-zone")
    one.upload(place, {"name": "none.zip", "mimeType": "application/zip", "buffer": photographs()})
    expect(panel.get_by_text("the table needs a column of two values")).to_be_visible(timeout=WAIT)
    expect(compare).to_be_hidden()
    one.upload(place, {"name": "mine.zip", "mimeType": "application/zip", "buffer": twice()})
    expect(compare).to_be_visible(timeout=WAIT)
    one.press(compare, "Enter")
    expect(panel.get_by_label("Condition", exact=True)).to_have_value("session", timeout=WAIT)
    expect(panel.get_by_role("group", name="Partners share").get_by_label("label")).to_be_checked()
    expect(panel.get_by_role("group", name="Properties")).to_be_hidden()
    plan, pairs = panel.locator(".facelib-plan"), "11 pairs of 11 people (22 faces), with the same person"
    expect(plan).to_contain_text(f"{pairs} and label: session 'after' minus 'before'", timeout=WAIT)
    expect(plan).to_contain_text("p11, sad has no 'after'")
    one.choose(panel.get_by_label("Order", exact=True), "after, then before")
    expect(plan).to_contain_text("session 'before' minus 'after'", timeout=WAIT)
    one.choose(panel.get_by_label("Order", exact=True), "before, then after")
    expect(plan).to_contain_text("session 'after' minus 'before'", timeout=WAIT)
    expect(button(panel, "Run")).to_be_enabled(timeout=WAIT)
    one.press(button(panel, "Run"), "Enter")
    expect(panel.get_by_text("Done.", exact=True)).to_be_visible(timeout=WAIT)
    said = panel.get_by_text("“after” against “before”", exact=True)
    expect(said).to_be_visible()
    accuracy = panel.locator("table").filter(has_text="Lost")
    expect(accuracy.locator("tbody tr")).to_have_count(2)
    chart = panel.locator(".facelib-chart:not(.facelib-example .facelib-chart)").locator("visible=true")
    expect(chart.locator("svg")).to_contain_text("As meant: the output for what each face is meant to show")
    words = chart.locator("svg text").filter(has_text="differs between conditions").first
    ends = [box["x"] + box["width"] for box in (words.bounding_box(), chart.bounding_box()) if box]
    assert ends[0] <= ends[1] + 1, "the verdict is cut off"
    one.screenshot("pairs")
    with one.page.expect_download(timeout=WAIT) as report:
        one.click(button(panel, "Report (HTML)"))
    assert "Report of a study of pairs" in Path(report.value.path()).read_text()
    one.page.set_viewport_size({"width": 390, "height": 844})
    one.reach(said)
    one.screenshot("pairs_390")
    main = one.page.locator("#rendered_cells")
    assert main.evaluate("main => main.scrollWidth <= main.clientWidth"), "the page scrolls sideways"
    assert violations(one.page) == []
    one.assert_local()
    one.assert_clean()
