"""An explorable in a real Chromium, from disk and offline: mouse, keys, finger, paper, no scripts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hands import Hands
from looks import faint, small, violations
from playwright.sync_api import Browser, BrowserContext, Page, expect

import facelib
from facelib.classifiers import Scale
from facelib.studies import run_references
from tests.unit.reports.test_explorable import CODE, HOSTILE, hostile_classifier
from tests.unit.studies.test_study_of_values import reader as of_values

pytestmark = pytest.mark.packages

STEPS = 21
SIZES = ((1440, 900), (820, 1180), (390, 844))
PIXELS = """
([name]) => {
  const canvas = document.querySelector(`.facelib-stage-${name} canvas`);
  const sheet = new OffscreenCanvas(canvas.width, canvas.height);
  const copy = sheet.getContext("2d", { willReadFrequently: true });
  copy.drawImage(canvas, 0, 0);
  return [...copy.getImageData(0, 0, canvas.width, canvas.height).data].join();
}
"""
STICKS_OUT = """
() => [...document.querySelectorAll("p, h1, dd, canvas, img, svg, select, input, .limits, .facelib-table")]
  .filter((one) => one.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
  .map((one) => `${one.tagName} ${one.textContent.slice(0, 60)}`)
"""


LETTERS = """
() => Math.min(...[...document.body.querySelectorAll("*")]
  .filter((one) => [...one.childNodes].some((part) => part.nodeType === 3 && part.data.trim()))
  .filter((one) => one.checkVisibility() && !one.closest("svg, option, script"))
  .map((one) => parseFloat(getComputedStyle(one).fontSize)))
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An explorable of networks that answer at once, with a few placebos."""
    head = facelib.Head(age=28, gender=0.0, skin_tone=0.4, hair="tied", seed=19, expression="happy")
    sweep = facelib.sweep(head, "symmetry", ["known_unbiased", "known_age_happy"], steps=STEPS, replicates=5)
    *_, placebos = run_references(sweep, 4)
    return sweep.explorable(tmp_path_factory.mktemp("one") / "smile.html", references=placebos, step=0)


class Reader(Hands):
    """Somebody who opens a file, far from any network."""

    def __init__(self, context: BrowserContext, path: Path) -> None:
        super().__init__(context.new_page())
        self.asked: list[str] = []
        self.said: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("dialog", lambda dialog: self.said.append(dialog.message))
        self.page.goto(path.as_uri())
        self.slider = self.page.get_by_role("slider", name="Strength")

    def at(self, step: int) -> None:
        """Expect picture, table, curves and number at a step."""
        expect(self.page.locator(".facelib-stage")).to_have_attribute("data-index", str(step))
        expect(self.page.locator("#facelib-table")).to_have_attribute("data-index", str(step))
        expect(self.page.locator("#facelib-now")).to_have_text(f"{step / (STEPS - 1):.2f}")


Open = Callable[..., Reader]


@pytest.fixture
def opened(browser: Browser, file: Path) -> Iterator[Open]:
    contexts = []

    def begin(width: int = 1440, height: int = 900, path: Path = file, **options: object) -> Reader:
        context = browser.new_context(viewport={"width": width, "height": height}, offline=True, **options)
        contexts.append(context)
        return Reader(context, path)

    yield begin
    for context in contexts:
        context.close()


def now(page: Page) -> list[str]:
    return page.locator("#facelib-table td:nth-child(2)").all_inner_texts()


def test_keys_move_it_and_say_where_it_is(opened: Open) -> None:
    reader = opened()
    for key, step in (
        ("End", 20), ("ArrowLeft", 19), ("ArrowDown", 18), ("PageDown", 16), ("PageUp", 18),
        ("ArrowRight", 19), ("Home", 0), ("ArrowUp", 1),
    ):  # fmt: skip
        reader.press(reader.slider, key)
        reader.at(step)
    said = reader.slider.get_attribute("aria-valuetext") or ""
    assert re.fullmatch(r"strength 0\.05, known_unbiased: happy [01]\.\d\d", said), said


def test_a_finger_moves_it_on_a_phone(opened: Open) -> None:
    reader = opened(390, 844, has_touch=True, is_mobile=True)
    y = reader.reach(reader.slider, finger=True)[1]
    box = reader.slider.bounding_box()
    assert box is not None
    assert box["height"] >= 24
    reader.swipe((box["x"] + 8, y), (box["x"] + box["width"] - 4, y))
    reader.at(STEPS - 1)
    reader.tap(reader.page.get_by_role("button", name="Difference"))
    expect(reader.page.locator(".facelib-stage-difference")).to_be_visible()
    assert reader.page.evaluate(STICKS_OUT) == []


def test_maps_and_emotions_are_chosen(opened: Open) -> None:
    reader = opened()
    page = reader.page
    reader.press(reader.slider, "End")
    reader.at(STEPS - 1)
    plain = page.evaluate(PIXELS, ["before"])
    expect(page.locator(".facelib-stage-legend")).to_be_hidden()
    reader.choose(page.get_by_role("combobox", name="Map"), "evidence")
    expect(page.locator(".facelib-stage-before .facelib-stage-note")).to_contain_text("no positive evidence")
    assert page.evaluate(PIXELS, ["before"]) == plain, "this network finds none for happy"
    reader.choose(page.get_by_role("combobox", name="Classifier"), "known_age_happy")
    legend = page.locator(".facelib-stage-legend")
    expect(legend).to_be_visible()
    expect(legend).to_contain_text("known_age_happy: evidence for happy")
    page.wait_for_timeout(100)
    assert page.evaluate(PIXELS, ["before"]) != plain
    happy = page.locator("#facelib-curves svg").first.get_attribute("aria-label")
    numbers = now(page)
    reader.choose(page.get_by_role("combobox", name="Emotion"), "sad")
    expect(page.locator("#facelib-class")).to_have_text("sad")
    expect(page.locator("#facelib-table caption")).to_contain_text("Probability of sad")
    expect(page.locator("#facelib-sentences")).to_contain_text("the output for sad")
    assert page.locator("#facelib-curves svg").first.get_attribute("aria-label") != happy
    assert now(page) != numbers
    reader.choose(page.get_by_role("combobox", name="Map"), "none")
    page.wait_for_timeout(100)
    assert page.evaluate(PIXELS, ["before"]) == plain
    assert reader.said == []


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_axe_finds_nothing_and_nothing_sticks_out(opened: Open, width: int, height: int) -> None:
    reader = opened(width, height)
    reader.choose(reader.page.get_by_role("combobox", name="Map"), "evidence")
    reader.press(reader.slider, "End")
    reader.at(STEPS - 1)
    assert violations(reader.page) == []
    assert small(reader.page) == []
    assert [one for one in faint(reader.page) if not one.startswith("input.range")] == [], "its track is dark"
    assert reader.page.evaluate(STICKS_OUT) == []
    letters = reader.page.evaluate(LETTERS)
    assert letters >= 13


def test_it_reads_without_scripts(opened: Open) -> None:
    reader = opened(java_script_enabled=False)
    page = reader.page
    expect(page.get_by_role("img", name="before: rendered face")).to_be_visible()
    expect(page.get_by_role("img", name="after, strength 1")).to_be_visible()
    expect(page.get_by_role("rowheader", name="known_age_happy").first).to_be_visible()
    expect(page.get_by_text("Scripts are off")).to_be_visible()
    expect(page.locator("#facelib-sentences")).to_contain_text("the output for happy")
    expect(page.locator("#facelib-strength")).to_be_hidden()
    assert page.locator("img").evaluate_all("all => all.every(one => one.naturalWidth === 224)")


def test_it_is_printed_as_it_is_shown(opened: Open, tmp_path: Path) -> None:
    reader = opened()
    reader.press(reader.slider, "End")
    reader.at(STEPS - 1)
    reader.page.emulate_media(media="print", forced_colors="active", reduced_motion="reduce")
    reader.page.set_viewport_size({"width": 178 * 96 // 25, "height": 1000})
    expect(reader.slider).to_be_hidden()
    expect(reader.page.locator("#facelib-now")).to_have_text("1.00")
    expect(reader.page.locator(".facelib-stage-after canvas")).to_be_visible()
    assert reader.page.evaluate(STICKS_OUT) == []
    printed = reader.page.pdf(path=tmp_path / "one.pdf", prefer_css_page_size=True)
    assert 1 <= len(re.findall(rb"/Type /Page\b", printed)) <= 4


def test_strangers_words_do_nothing(opened: Open, tmp_path: Path) -> None:
    head = facelib.Head(expression="happy")
    own = hostile_classifier()
    sweep = facelib.sweep(head, "symmetry", [own, "known_unbiased"], steps=3, size=96, replicates=5)
    reader = opened(path=sweep.explorable(tmp_path / "one.html"))
    page = reader.page
    labels = page.get_by_role("combobox", name="Emotion").locator("option").all_text_contents()
    names = page.get_by_role("combobox", name="Classifier").locator("option").all_text_contents()
    assert f"label {HOSTILE}" in labels
    assert names[0] == HOSTILE
    reader.choose(page.get_by_role("combobox", name="Map"), "evidence")
    for label in ("sad", *CODE, f"label {HOSTILE}"):
        reader.choose(page.get_by_role("combobox", name="Emotion"), label)
        for name in names:
            reader.choose(page.get_by_role("combobox", name="Classifier"), name)
            expect(page.locator("#facelib-curves svg")).to_have_count(2)
            expect(page.locator("#facelib-class")).to_have_text(label)
    assert page.evaluate("window.pwned") is None
    assert page.locator("img[src=x], [onerror]").count() == 0
    assert reader.asked == [page.url]
    assert reader.said == []


def test_values_are_dragged_in_their_units(opened: Open, tmp_path: Path) -> None:
    ages = of_values(Scale("years"), 20.0, 60.0)
    head = facelib.Head(expression="happy")
    sweep = facelib.sweep(head, "light_strength", [ages, "known_unbiased"], STEPS, label="age", replicates=5)
    values = sweep.series("age_net")
    one = opened(1000, 900, path=sweep.explorable(tmp_path / "age.html", delta=1.0, step=0))
    page = one.page
    label, classifier = page.locator("#facelib-label"), page.locator("#facelib-classifier")
    expect(label).to_have_value("age")
    curve = page.get_by_role("img", name="age_net: age (years)")
    expect(curve).to_have_attribute(
        "aria-label", re.compile(rf"from {values[0]:.2f} .* to {values[-1]:.2f} ")
    )
    expect(page.get_by_text("Age (years) over the strength")).to_be_visible()
    expect(page.get_by_role("img", name="known_unbiased has no output for age")).to_be_visible()
    heights = []
    for key, step in (("Home", 0), ("End", STEPS - 1)):
        one.press(one.slider, key)
        one.at(step)
        expect(one.slider).to_have_attribute(
            "aria-valuetext", re.compile(rf"age_net: age {values[step]:.2f}$")
        )
        heights.append(curve.locator("circle").bounding_box())
    higher, lower = sorted(heights, key=lambda box: box["y"])  # type: ignore[index]
    assert higher["y"] + 3 < lower["y"], "the dot follows the value on an axis of its own"
    page.screenshot(path=tmp_path / "age.png")
    assert not violations(page)
    one.choose(label, "happy")
    expect(page.get_by_text("Probability of happy over the strength")).to_be_visible()
    expect(page.get_by_role("img", name="known_unbiased: probability of happy")).to_be_visible()
    one.choose(classifier, "known_unbiased")
    expect(one.slider).to_have_attribute("aria-valuetext", re.compile("known_unbiased: happy [01]"))
    assert (one.said, one.asked) == ([], one.asked[:1])
