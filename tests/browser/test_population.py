"""Population and Observed data in a real browser: choose, run, watch it fill in, stop, take home, confirm."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from harness import Server, Visit, facelib_app, wait_until, write_notebook
from PIL import Image
from playwright.sync_api import Locator, expect

from facelib.classifiers import EMOTIONS
from facelib.faces import Head
from facelib.studies.limits import LIMITS

pytestmark = pytest.mark.packages

NOTEBOOK = """
from facelib.app import Explorer, page

page(Explorer(("known_unbiased", "known_age_happy")))
"""
WAIT = 60_000  # ms, on a busy machine
EXPLORE, POPULATION, OBSERVED = range(3)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("population")
    server = facelib_app(write_notebook(folder / "page.ipynb", NOTEBOOK), folder / "log", pool=1)
    yield server
    server.stop()


@pytest.fixture
def one(server: Server, visit: Callable[..., Visit]) -> Visit:
    """The page, its first face shown."""
    found = visit(server.url, width=1280, height=1600)
    expect(found.page.locator(".facelib-stage")).to_have_attribute("data-state", "ready", timeout=WAIT)
    return found


def tab(visit: Visit, name: str, place: int) -> Locator:
    """Open a tab; return what is in it."""
    visit.page.get_by_role("tab", name=name, exact=True).click()
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


def people(panel: Locator, count: int) -> None:
    """Set the number of people with the keyboard."""
    handle = slider(panel, "People")
    handle.press("Home")
    for _ in range(count - 2):
        handle.press("ArrowRight")
    expect(panel.locator(".facelib-plan")).to_contain_text(f"{count} people", timeout=WAIT)
    expect(button(panel, "Run")).to_be_enabled(timeout=WAIT)


def known(panel: Locator) -> int:
    """How many cells of the map hold a number."""
    texts = panel.locator(".facelib-chart svg text").all_text_contents()
    return sum(bool(re.match(r"[+−]?\.\d\d", text)) for text in texts)


def test_a_population_fills_in_is_stopped_gone_on_with_and_taken_home(one: Visit) -> None:
    first = one.page.get_by_role("tab", name="Explore", exact=True)
    expect(first).to_have_attribute("aria-selected", "true")
    first.focus()
    one.page.keyboard.press("ArrowRight")
    panel = one.page.get_by_role("tabpanel", name="Population", exact=True)
    expect(panel.get_by_label("one side weaker", exact=True)).to_be_checked(timeout=WAIT)
    expect(one.page.locator(".facelib-tab-2 > *")).to_have_count(0)  # nobody has opened it
    panel.get_by_label("one-sided palsy", exact=True).check()
    people(panel, 14)
    expect(panel.locator(".facelib-plan")).to_contain_text("3 at 5 strengths")
    button(panel, "Run").click()
    wait_until(lambda: known(panel) >= 16, 60, "a change with numbers")
    button(panel, "Stop").click()
    expect(panel.get_by_text("Stopped. What is done is kept")).to_be_visible(timeout=WAIT)
    expect(panel.get_by_text(re.compile(r"So far: \d+ of 42 done"))).to_be_visible()
    button(panel, "Go on").click()
    one.page.get_by_role("tab", name="Explore", exact=True).click()  # it can be used while a study runs
    one.page.locator(".facelib-strength .noUi-handle").press("End")
    expect(one.page.locator(".facelib-stage")).to_have_attribute("data-index", "20", timeout=WAIT)
    one.page.get_by_role("tab", name="Population", exact=True).click()
    expect(panel.get_by_text("Done.", exact=True)).to_be_visible(timeout=WAIT)
    assert known(panel) == 3 * 2 * 8  # changes × classifiers × (the class meant, and seven emotions)
    expect(panel.get_by_text("because of asymmetry")).to_be_visible()
    verdicts = panel.locator("table").filter(has_text="verdict at δ")
    expect(verdicts.locator("tbody tr")).to_have_count(2)
    one.screenshot("population")
    with one.page.expect_download(timeout=WAIT) as report:
        button(panel, "Report (HTML)").click()
    page = Path(report.value.path()).read_text()
    assert LIMITS.split(".")[0] in page
    with one.page.expect_download(timeout=WAIT) as table:
        button(panel, "Table").click()
    lines = Path(table.value.path()).read_text().splitlines()
    assert len(lines) == 1 + 14 * 3 * 5 * 2 * 7
    one.assert_local()
    one.assert_clean()


def test_confirm_asks_first_stamps_and_tells_later_changes(one: Visit) -> None:
    panel = tab(one, "Population", POPULATION)
    people(panel, 6)
    button(panel, "Confirm").click()
    expect(panel.get_by_text("Set the hypothesis first")).to_be_visible(timeout=WAIT)
    expect(button(panel, "Run")).to_be_disabled()
    expect(panel.get_by_text(re.compile("With 6 people, a true change of −.20")).first).to_be_visible()
    chart = panel.locator(".facelib-card").first.locator(".facelib-chart")
    expect(chart).to_have_attribute("data-state", "ready", timeout=WAIT)
    slider(panel, "People").press("ArrowRight")
    expect(panel.get_by_text(re.compile("With 7 people")).first).to_be_visible(timeout=WAIT)
    expect(chart.locator("svg")).to_contain_text("7 people: ")
    panel.get_by_label("Hypothesis", exact=True).fill(
        "As one side weakens, outputs for the class meant fall."
    )
    panel.get_by_label("Direction", exact=True).select_option("outputs fall")
    expect(button(panel, "Set the hypothesis")).to_be_enabled(timeout=WAIT)
    button(panel, "Set the hypothesis").click()
    expect(
        panel.get_by_text(re.compile(r"Set on \d{4}-\d\d-\d\d \d\d:\d\d UTC, before the run"))
    ).to_be_visible(timeout=WAIT)
    expect(panel.get_by_text("Nothing was changed since.")).to_be_visible(timeout=WAIT)
    panel.get_by_label("Level α", exact=True).select_option("0.01")
    expect(panel.get_by_text("α was registered as .05; now it is set to .01.")).to_be_visible(timeout=WAIT)
    panel.get_by_label("Level α", exact=True).select_option("0.05")
    expect(panel.get_by_text("Nothing was changed since.")).to_be_visible(timeout=WAIT)
    expect(button(panel, "Run")).to_be_enabled(timeout=WAIT)
    button(panel, "Run").click()
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


def test_a_zip_of_photographs_is_tested_by_its_own_table(one: Visit) -> None:
    panel = tab(one, "Observed data", OBSERVED)
    button(panel, "Your photographs").click()
    expect(panel.get_by_text("give a zip of them")).to_be_visible(timeout=WAIT)
    panel.get_by_label("Cropped to the face already").check()
    field = panel.locator(".facelib-drop-input")
    field.set_input_files({"name": "notes.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"})
    expect(panel.locator(".facelib-drop-message")).to_have_text("notes.pdf isn't a zip.")
    field.set_input_files({"name": "broken.zip", "mimeType": "application/zip", "buffer": b"not a zip"})
    expect(panel.get_by_role("alert").filter(has_text="isn't a zip, or it is damaged")).to_be_visible(
        timeout=WAIT
    )
    field.set_input_files({"name": "mine.zip", "mimeType": "application/zip", "buffer": photographs()})
    expect(panel.get_by_text("42 pictures; mine/faces.csv has: person, label, age.")).to_be_visible(
        timeout=WAIT
    )
    expect(panel.get_by_label("Held fixed", exact=True)).to_have_value("label")
    panel.get_by_label("Label from", exact=True).select_option("rated")
    expect(panel.get_by_text("a collider")).to_be_visible()
    panel.get_by_label("Label from", exact=True).select_option("instructed")
    chosen = panel.get_by_role("group", name="Properties")
    checked = chosen.get_by_role("checkbox", checked=True)
    while checked.count():
        checked.first.uncheck()
    chosen.get_by_label("Age", exact=True).check()
    expect(button(panel, "Run")).to_be_enabled(timeout=WAIT)
    button(panel, "Run").click()
    expect(panel.get_by_text("Done.", exact=True)).to_be_visible(timeout=WAIT)
    votes = panel.locator(".facelib-chart svg text").filter(has_text=re.compile(r"^\d of 3"))
    expect(votes).to_have_count(2 * 7)
    shares = panel.locator("table").filter(has_text="by chance")
    expect(shares.locator("tbody tr")).to_have_count(1)
    one.screenshot("observed")
    one.assert_local()
    one.assert_clean()
