"""An explorable in a real Chromium, from disk and offline: keys, finger, paper, no scripts, hostile words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from geometry import box_of
from hands import Hands
from looks import faint, small, violations
from playwright.sync_api import Browser, BrowserContext, expect

import facelib
from facelib.classifiers import Scale
from facelib.studies import run_references
from tests.unit.reports.test_explorable import CODE, HOSTILE, hostile_classifier
from tests.unit.studies.test_study_of_values import reader as of_values

pytestmark = pytest.mark.packages

STEPS = 21
SIZES = ((1440, 900), (820, 1180), (390, 844))
STICKS_OUT = """
() => [...document.querySelectorAll("p, h1, h2, dd, canvas, img, svg, select, input, .limits, .live-rows")]
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
        self.live = self.page.locator("#facelib-live")
        self.rows = self.live.locator(".live-rows tbody tr")
        self.label = self.page.locator("#facelib-label")
        self.look = self.live.get_by_label("What it looks at")
        self.slider = self.page.get_by_role("slider", name="Strength")

    def at(self, step: int) -> None:
        """Expect a strength to be painted."""
        expect(self.live).to_have_attribute("data-step", str(step))

    def now(self) -> str:
        """The picture of the strength that is shown."""
        return str(self.live.locator("canvas").last.evaluate("canvas => canvas.toDataURL()"))


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


def test_keys_move_it_and_say_where_it_is(opened: Open) -> None:
    reader = opened()
    for key, step in (
        ("End", 20), ("ArrowLeft", 19), ("ArrowDown", 18), ("PageDown", 16), ("PageUp", 18),
        ("ArrowRight", 19), ("Home", 0), ("ArrowUp", 1),
    ):  # fmt: skip
        reader.press(reader.slider, key)
        reader.at(step)
    expect(reader.slider).to_have_attribute("aria-valuetext", "side at 95 %")


def test_a_finger_moves_it_on_a_phone(opened: Open) -> None:
    reader = opened(390, 844, has_touch=True, is_mobile=True)
    x, y = reader.reach(reader.slider, (0.02, 0.5), finger=True)
    box = box_of(reader.slider)
    assert box["height"] >= 24
    reader.swipe((x, y), (box["x"] + box["width"] - 4, y))
    reader.at(STEPS - 1)
    reader.tap(reader.live.get_by_role("button", name="Curves"))
    expect(reader.rows.first.locator(".live-spark")).to_be_visible()
    assert reader.page.evaluate(STICKS_OUT) == []


def test_maps_and_emotions_are_chosen(opened: Open) -> None:
    reader = opened()
    said, values = reader.live.locator(".live-lack"), reader.live.locator(".live-value")
    reader.press(reader.slider, "End")
    reader.at(STEPS - 1)
    plain = reader.now()
    expect(said).to_be_empty()
    reader.choose(reader.look, "known_unbiased")
    expect(said).to_have_text("no part speaks for happy to known_unbiased here")
    assert reader.now() == plain
    reader.choose(reader.look, "known_age_happy")
    expect(said).to_have_text("brighter: speaks for happy")
    assert reader.now() != plain
    numbers, curve = values.all_inner_texts(), reader.live.get_by_role("img", name="known_unbiased: ")
    happy = curve.get_attribute("aria-label")
    reader.choose(reader.label, "sad")
    expect(reader.live.locator("h2")).to_contain_text("sad")
    assert curve.get_attribute("aria-label") != happy
    assert values.all_inner_texts() != numbers
    reader.choose(reader.look, "What it looks at")
    expect(said).to_be_empty()
    assert reader.now() == plain
    assert reader.said == []


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_axe_finds_nothing_and_nothing_sticks_out(opened: Open, width: int, height: int) -> None:
    reader = opened(width, height)
    reader.choose(reader.look, "known_age_happy")
    reader.press(reader.slider, "End")
    reader.at(STEPS - 1)
    assert violations(reader.page) == []
    assert small(reader.page) == []
    assert faint(reader.page) == []
    assert reader.page.evaluate(STICKS_OUT) == []
    assert reader.page.evaluate(LETTERS) >= 13


def test_it_reads_without_scripts(opened: Open) -> None:
    page = opened(java_script_enabled=False).page
    expect(page.get_by_role("img", name="before: rendered face")).to_be_visible()
    expect(page.get_by_role("img", name="at full strength: rendered face")).to_be_visible()
    row = page.locator(".plain").first.locator("tr").filter(has_text="known_age_happy")
    expect(row).to_contain_text("stays")
    expect(page.get_by_text("Scripts are off")).to_be_visible()
    expect(page.get_by_role("slider")).to_have_count(0)
    assert page.locator("img").evaluate_all("all => all.every(one => one.naturalWidth >= 224)")


def test_it_is_printed_as_it_is_shown(opened: Open, tmp_path: Path) -> None:
    reader = opened()
    reader.press(reader.slider, "End")
    reader.at(STEPS - 1)
    reader.page.emulate_media(media="print", forced_colors="active", reduced_motion="reduce")
    reader.page.set_viewport_size({"width": 178 * 96 // 25, "height": 1000})
    expect(reader.slider).to_be_hidden()
    expect(reader.live.locator(".live-amount")).to_be_visible()
    expect(reader.live.locator("canvas").last).to_be_visible()
    assert reader.page.evaluate(STICKS_OUT) == []
    printed = reader.page.pdf(path=tmp_path / "one.pdf", prefer_css_page_size=True)
    assert 1 <= len(re.findall(rb"/Type /Page\b", printed)) <= 4


def test_strangers_words_do_nothing(opened: Open, tmp_path: Path) -> None:
    head = facelib.Head(expression="happy")
    own = hostile_classifier()
    sweep = facelib.sweep(head, "symmetry", [own, "known_unbiased"], steps=3, size=96, replicates=5)
    reader = opened(path=sweep.explorable(tmp_path / "one.html"))
    assert HOSTILE in reader.rows.first.inner_text()
    assert f"label {HOSTILE}" in reader.label.locator("option").all_text_contents()
    for name in reader.look.locator("option").all_text_contents():
        reader.choose(reader.look, name)
        for label in ("sad", *CODE, f"label {HOSTILE}"):
            reader.choose(reader.label, label)
            expect(reader.rows).to_have_count(2)
            expect(reader.live.locator(".live-rows thead")).to_contain_text(label)
    assert reader.page.evaluate("window.pwned") is None
    assert reader.page.locator("img[src=x], [onerror]").count() == 0
    assert reader.asked == [reader.page.url]
    assert reader.said == []


def test_values_are_dragged_in_their_units(opened: Open, tmp_path: Path) -> None:
    ages = of_values(Scale("years"), 20.0, 60.0)
    head = facelib.Head(expression="happy")
    sweep = facelib.sweep(head, "light_strength", [ages, "known_unbiased"], STEPS, label="age", replicates=5)
    values = sweep.series("age_net")
    one = opened(1000, 900, path=sweep.explorable(tmp_path / "age.html", delta=1.0, step=0))
    expect(one.label).to_have_value("age")
    expect(one.live.locator("thead")).to_contain_text("years")
    expect(one.rows.last).to_contain_text("has no such output")
    curve = one.live.get_by_role("img", name="age_net: ")
    expect(curve).to_have_attribute(
        "aria-label", re.compile(rf"from {values[0]:.1f}\d* to {values[-1]:.1f}\d*$")
    )
    for key, step in (("Home", 0), ("End", STEPS - 1)):
        one.press(one.slider, key)
        one.at(step)
        assert float(one.rows.first.locator(".live-value").inner_text()) == pytest.approx(values[step], 0.01)
    one.page.screenshot(path=tmp_path / "age.png")
    assert not violations(one.page)
    one.choose(one.label, "happy")
    expect(one.rows.last.locator(".live-value")).to_have_text(re.compile(r"^\.\d\d$"))
    assert (one.said, one.asked) == ([], one.asked[:1])
