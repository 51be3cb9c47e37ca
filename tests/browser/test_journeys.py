"""What people do with the page, each way from its beginning to its end: a part of every `make test`.

All share one server, whose classifiers answer at once. `make thorough` walks the page's other corners.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import skimage.data
from explore import SOON, after, age, emotion, live, picture, rows, strength, swept, tab
from geometry import box_of, inside, readable, resized, touch
from hands import Hands
from harness import Visit, visitors, wait_until
from looks import stops, violations
from PIL import Image
from playwright.sync_api import Browser, Locator, expect

import facelib
from facelib.classifiers import EMOTIONS
from facelib.faces import Head
from facelib.studies import run_references
from facelib.studies.disclaimer import LIMITS

pytestmark = [pytest.mark.packages, pytest.mark.timeout(120, method="signal")]

CONTROLS = """
() => {
  const kinds = "button, select, input, textarea, summary, a[href], [role=slider], [contenteditable=true]";
  const shown = [...document.querySelectorAll(kinds)].filter((one) => one.checkVisibility());
  const inside = (one) => {
    const { left, right, top, bottom, width } = one.getBoundingClientRect();
    return left < innerWidth && right > 0 && top < innerHeight && bottom > 0 && width > 2;
  };
  const usable = (one) => !one.disabled && one.getAttribute("aria-disabled") !== "true";
  return [shown.length, shown.filter((one) => inside(one) && usable(one)).length];
}
"""
"""How many controls there are, and how many of them can be used in the window."""
Visits = Callable[..., Visit]


@pytest.fixture
def one(quick_url: str, visit: Visits) -> Visit:
    """A page of one's own, its first sweep computed."""
    return swept(visit(quick_url, width=1280, height=900))


@pytest.fixture(scope="module")
def looker(browser: Browser, quick_url: str) -> Iterator[Visit]:
    """A page that is only looked at."""
    with visitors(browser) as begin:
        yield swept(begin(quick_url))


def button(place: Locator, name: str) -> Locator:
    return place.get_by_role("button", name=name, exact=True)


def people(visit: Visit, panel: Locator, count: int) -> None:
    """Set the number of people with the keyboard."""
    visit.press(panel.get_by_role("slider", name="People", exact=True), "Home", *["ArrowRight"] * (count - 2))
    expect(panel.locator(".facelib-plan")).to_contain_text(f"{count} people", timeout=SOON)
    expect(button(panel, "Run")).to_be_enabled(timeout=SOON)


def numbers_on(panel: Locator) -> list[str]:
    """The numbers on the cells of a tab's map; the example that stands there first doesn't count."""
    charts = panel.locator(".facelib-chart:not(.facelib-example .facelib-chart)")
    return [text for text in charts.locator("svg text").all_text_contents() if re.match(r"[+−]?\.\d\d", text)]


def encoded(image: object, kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.asarray(image)).save(buffer, kind)
    return buffer.getvalue()


def face_set() -> bytes:
    """A zip of 28 rendered people with what is known of them."""
    buffer, lines = io.BytesIO(), ["file,person,label,age"]
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(28):
            head = Head(seed=number + 1, age=20 + number, expression=EMOTIONS[number % 7])
            archive.writestr(f"mine/{number}.png", encoded(head.render(64).image, "PNG"))
            lines.append(f"{number}.png,p{number},{EMOTIONS[number % 7]},{20 + number}")
        archive.writestr("mine/faces.csv", "\n".join(lines))
    return buffer.getvalue()


@pytest.mark.xdist_group("looker")
def test_the_first_screen_has_face_strength_sentence_and_every_row(looker: Visit) -> None:
    page = looker.page
    sentence = live(looker).locator("h2")
    expect(sentence).to_contain_text("As the left side weakens, happy ")
    for width, height in ((1440, 900), (1280, 720)):
        resized(looker, width, height)
        places = (picture(looker, "before"), picture(looker, "after"), strength(looker), sentence)
        for target in (*places, *rows(looker).all()):
            wait_until(
                lambda target=target: inside(target, page), 20, f"{target} in the window of {width} px"
            )
        assert min(box_of(picture(looker, name))["width"] for name in ("before", "after")) >= 300
    assert after(looker) == looker.canvas_bytes(picture(looker, "before")), "strength 0 is the face unchanged"
    looker.screenshot("first_screen")
    looker.assert_local()
    looker.assert_clean()


def test_a_drag_moves_pictures_values_bars_and_curves(one: Visit) -> None:
    moving = rows(one).locator(".live-value"), rows(one).locator(".live-bar b"), rows(one).locator(".at")

    def shown() -> list[object]:
        first, values, bars, cursors = after(one), *moving
        styles = [bar.get_attribute("style") for bar in bars.all()]
        places = [cursor.get_attribute("transform") for cursor in cursors.all()]
        return [first, values.all_inner_texts(), styles, places]

    begun, seen = shown(), set()
    for _ in one.slide(strength(one)):
        seen.add(after(one))
    assert len(seen) >= 5, "it is painted on the way"
    expect(live(one)).to_have_attribute("data-step", "20")
    wait_until(
        lambda: all(now != was for now, was in zip(shown(), begun, strict=True)), 20, "all of it moved"
    )
    assert one.page.locator(".facelib-message:visible").count() == 0
    one.screenshot("drag")
    one.assert_local()
    one.assert_clean()


def test_verdicts_tell_a_biased_network_from_one_that_is_not(one: Visit) -> None:
    """The age of a face moves the network that takes age for happiness, and only that; a map shows where."""
    page = one.page.locator(".facelib-tab-0")
    one.choose(page.get_by_label("Expression", exact=True), "neutral")
    expect(emotion(one)).to_have_value("neutral", timeout=SOON)  # it follows the expression
    one.choose(emotion(one), "happy")
    one.choose_property("^age ")
    swept(one)
    biased, other = (rows(one).filter(has_text=name) for name in ("known_age_happy", "known_unbiased"))
    expect(biased.locator(".live-chip")).to_have_text(re.compile("rises|falls"), timeout=SOON)
    expect(other.locator(".live-chip")).not_to_have_text(re.compile("rises|falls"), timeout=SOON)
    bare = after(one)
    one.choose(live(one).get_by_label("What it looks at"), "known_age_happy")
    expect(live(one)).to_contain_text("brighter: speaks for happy", timeout=SOON)
    wait_until(lambda: after(one) != bare, 20, "evidence on the picture")
    one.screenshot("verdict")
    one.assert_clean()


def test_a_photograph_is_checked_changed_and_refused_in_words(one: Visit) -> None:
    head = one.canvas_bytes(picture(one, "before"))
    one.click(button(one.page.locator(".facelib-app"), "Photograph"))
    place = one.page.locator(".facelib-tab-0 .facelib-drop-zone")
    one.upload(place, {"name": "notes.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"})
    refused = one.page.locator(".facelib-drop-message")
    expect(refused).to_have_text("notes.pdf isn't a picture in PNG, JPEG or WebP.")
    portrait = encoded(skimage.data.astronaut()[:, ::-1], "JPEG")
    broken = {"name": "broken.jpg", "mimeType": "image/jpeg", "buffer": portrait[:3000]}
    one.upload(place, broken)
    expect(one.page.get_by_text("The picture is damaged")).to_be_visible(timeout=SOON)
    one.upload(place, {"name": "mine.jpg", "mimeType": "image/jpeg", "buffer": portrait})
    expect(one.page.get_by_text("mine.jpg, ")).to_be_visible(timeout=SOON)
    expect(one.page.get_by_text("stays in the memory of this session")).to_be_visible()
    one.choose_property("more symmetric")
    swept(one)
    wait_until(lambda: one.canvas_bytes(picture(one, "before")) != head, 60, "the photograph")
    for _ in one.slide(strength(one), 5):
        pass
    wait_until(lambda: after(one) != one.canvas_bytes(picture(one, "before")), 60, "a changed photograph")
    one.screenshot("photograph")
    one.assert_local()
    one.assert_clean()


def test_one_face_leads_on_to_forty_people(one: Visit) -> None:
    one.choose_property("^age ")
    one.choose(emotion(one), "sad")
    one.click(one.page.get_by_role("button", name="Does it hold for 40 people?"))
    panel = one.page.get_by_role("tabpanel", name="Population", exact=True)
    expect(panel.get_by_label("age", exact=True)).to_be_checked(timeout=SOON)
    expect(panel.locator(".facelib-plan")).to_contain_text("40 people", timeout=SOON)
    one.assert_clean()


def test_the_first_state_is_a_few_controls(one: Visit) -> None:
    resized(one, 1280, 720)
    every, seen = one.page.evaluate(CONTROLS)
    assert every <= 60
    assert seen <= 25


def test_a_population_is_stopped_gone_on_with_and_taken_home(one: Visit) -> None:
    panel = tab(one, "Population")
    expect(panel.get_by_label("one side weaker", exact=True)).to_be_checked(timeout=SOON)
    people(one, panel, 6)
    one.click(button(panel, "Run"))
    one.click(button(panel, "Stop"))
    stopped = panel.get_by_text("Stopped. What is done is kept; “Go on” does the rest.")
    expect(stopped).to_be_visible(timeout=SOON)
    one.click(button(panel, "Go on"))
    wait_until(lambda: numbers_on(panel), 60, "a change with numbers")
    expect(panel.get_by_text("Done.", exact=True)).to_be_visible(timeout=SOON)
    wait_until(lambda: len(numbers_on(panel)) == 2 * 2 * 7, 20, "changes × classifiers × emotions")
    expect(panel.locator("table").filter(has_text="verdict at δ").locator("tbody tr")).to_have_count(2)
    one.screenshot("population")
    with one.page.expect_download(timeout=SOON) as report:
        one.click(button(panel, "Report (HTML)"))
    assert LIMITS.split(".")[0] in Path(report.value.path()).read_text()
    with one.page.expect_download(timeout=SOON) as table:
        one.click(button(panel, "Table"))
    assert len(Path(table.value.path()).read_text().splitlines()) == 1 + 6 * 2 * 5 * 2 * 7
    one.assert_local()
    one.assert_clean()


def test_a_face_set_of_ones_own_is_tested_in_observed_data(one: Visit) -> None:
    panel = tab(one, "Observed data")
    one.click(button(panel, "Your photographs"))
    expect(panel.get_by_text("give a zip of them")).to_be_visible(timeout=SOON)
    one.tick(panel.get_by_label("Cropped to the face already"))
    place = panel.locator(".facelib-drop-zone")
    one.upload(place, {"name": "broken.zip", "mimeType": "application/zip", "buffer": b"not a zip"})
    damaged = panel.get_by_role("alert").filter(has_text="isn't a zip, or it is damaged")
    expect(damaged).to_be_visible(timeout=SOON)
    one.upload(place, {"name": "mine.zip", "mimeType": "application/zip", "buffer": face_set()})
    found = panel.get_by_text("28 pictures; mine/faces.csv has: person, label, age.")
    expect(found).to_be_visible(timeout=SOON)
    checked = panel.get_by_role("group", name="Properties").get_by_role("checkbox", checked=True)
    while checked.count():
        one.click(checked.first)
    one.tick(panel.get_by_role("group", name="Properties").get_by_label("Age", exact=True))
    expect(button(panel, "Run")).to_be_enabled(timeout=SOON)
    one.click(button(panel, "Run"))
    expect(panel.get_by_text("Done.", exact=True)).to_be_visible(timeout=SOON)
    charts = panel.locator(".facelib-chart:not(.facelib-example .facelib-chart)")
    decisions = charts.locator("svg text").filter(has_text=re.compile(r"^(yes|no)( \*)?$"))
    expect(decisions).to_have_count(2 * 7)
    one.screenshot("observed")
    one.assert_local()
    one.assert_clean()


def test_muscles_are_played_and_moved_through(one: Visit) -> None:
    panel = tab(one, "Muscles")
    film = panel.locator(".facelib-muscles")
    expect(film).to_have_attribute("data-state", "ready", timeout=SOON)
    expect(panel.get_by_text("simulated: a test of software, and no finding on humans")).to_be_visible()

    def drawn() -> list[bytes]:
        return [one.canvas_bytes(film.locator(".facelib-muscles-canvas").nth(place)) for place in (0, 1)]

    moment = panel.get_by_role("slider", name="Moment", exact=True)
    one.press(moment, "Home")
    expect(film).to_have_attribute("data-shown", "0")
    rest = drawn()
    one.click(button(panel, "Play the recording"))
    wait_until(lambda: int(film.get_attribute("data-shown") or 0) >= 5, 20, "a film that plays")
    one.click(button(panel, "Pause"))
    assert all(now != was for now, was in zip(drawn(), rest, strict=True))
    one.press(moment, "End")
    expect(film).to_have_attribute("data-shown", "79")
    one.press(moment, "Home")
    expect(film).to_have_attribute("data-shown", "0")
    wait_until(lambda: drawn() == rest, 5, "the first face and map again")
    one.screenshot("muscles")
    one.assert_local()
    one.assert_clean()


def test_a_reload_and_a_link_bring_the_scene_back(one: Visit, visit: Visits) -> None:
    page = one.page
    one.press(age(one), "End", by="click")
    expect(page).to_have_url(re.compile(r"#age=90$"), timeout=SOON)
    one.choose(emotion(one), "sad")
    one.press(strength(one), "Home", *["ArrowRight"] * 9, by="click")
    expect(page).to_have_url(re.compile(r"#age=90&emotion=sad&strength=0.45$"), timeout=SOON)
    one.click(button(page.locator("body"), "Share"))
    link = page.get_by_role("dialog", name="Share what is shown").get_by_label("Link to this scene")
    expect(link).to_have_value(re.compile(r"^http://[^?]*#age=90&emotion=sad&strength=0.45$"), timeout=SOON)
    other = visit(one.url.partition("#")[0] + "#" + link.input_value().partition("#")[2])
    page.keyboard.press("Escape")
    page.reload(wait_until="commit")
    for there in (one, other):
        expect(age(there)).to_have_attribute("aria-valuetext", "90", timeout=SOON)
        expect(emotion(there)).to_have_value("sad")
        expect(live(there)).to_have_attribute("data-step", "9", timeout=SOON)
        there.assert_clean()


def test_undo_and_redo_by_keys_and_buttons(one: Visit) -> None:
    undo, redo = (button(one.page.locator("body"), name) for name in ("Undo", "Redo"))
    expect(undo).to_have_attribute("aria-disabled", "true")
    one.press(age(one), "End", by="click")
    expect(undo).to_have_attribute("aria-disabled", "false", timeout=SOON)
    for act, years in (
        (lambda: one.page.keyboard.press("Control+z"), "28"),
        (lambda: one.page.keyboard.press("Control+Shift+z"), "90"),
        (lambda: one.click(undo), "28"),
        (lambda: one.click(redo), "90"),
    ):
        act()
        expect(age(one)).to_have_attribute("aria-valuetext", years, timeout=SOON)
    one.assert_clean()


def test_a_scene_is_pinned_compared_and_swapped(one: Visit) -> None:
    one.click(button(one.page.locator(".facelib-app"), "Compare, measured values, classifiers in detail"))
    card = one.page.locator(".facelib-compare")
    pin = card.get_by_role("button", name="Pin this scene")
    expect(pin).to_be_enabled(timeout=SOON)
    one.click(pin)
    expect(live(one).locator("figcaption").first).to_have_text("pinned", timeout=SOON)
    one.press(age(one), "End", by="click")
    expect(card).to_contain_text("28 years", timeout=SOON)
    expect(card).to_contain_text("90 years", timeout=SOON)
    expect(card.locator("tbody tr").first).to_contain_text(re.compile(r"[−+]?\.?\d"), timeout=SOON)
    swept(one)
    one.press(strength(one), "Home", *["ArrowRight"] * 8, by="click")
    expect(live(one)).to_have_attribute("data-step", "8", timeout=SOON)
    assert one.canvas_bytes(picture(one, "before")) != after(one)
    expect(rows(one).locator(".live-pinned")).to_have_count(2)
    one.screenshot("compare")
    one.click(card.get_by_role("button", name="Swap"))
    expect(age(one)).to_have_attribute("aria-valuetext", "28", timeout=SOON)
    one.click(card.get_by_role("button", name="Unpin"))
    expect(live(one).locator("figcaption").first).to_have_text("before", timeout=SOON)
    one.assert_local()
    one.assert_clean()


def test_the_table_of_a_sweep_is_taken_home(one: Visit) -> None:
    one.click(button(one.page.locator(".facelib-app"), "Download"))
    with one.page.expect_download(timeout=SOON) as download:
        one.click(button(one.page.locator(".facelib-app"), "Table"))
    table = pd.read_csv(Path(download.value.path()))
    assert {"strength", "classifier", "label", "probability", "measured_symmetry"} <= set(table.columns)
    assert table["step"].max() == 20
    one.assert_clean()


def test_an_explorable_is_dragged_from_disk_without_a_network(browser: Browser, tmp_path: Path) -> None:
    head = facelib.Head(age=28, gender=0.0, hair="tied", seed=19, expression="happy")
    sweep = facelib.sweep(head, "symmetry", ["known_unbiased", "known_age_happy"], steps=21, replicates=5)
    path = sweep.explorable(tmp_path / "smile.html", references=[*run_references(sweep, 4)][-1], step=0)
    context = browser.new_context(viewport={"width": 1440, "height": 900}, offline=True)
    page, asked, said = context.new_page(), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(path.as_uri())
    shown = page.locator("#facelib-live")
    canvas, values = shown.locator("canvas").last, shown.locator(".live-value")
    expect(shown).to_have_attribute("data-step", "0")
    first = canvas.evaluate("canvas => canvas.toDataURL()"), values.all_inner_texts()
    for _ in Hands(page).slide(page.get_by_role("slider", name="Strength"), 30):
        pass
    expect(shown).to_have_attribute("data-step", "20")
    last = canvas.evaluate("canvas => canvas.toDataURL()"), values.all_inner_texts()
    assert all(now != was for now, was in zip(last, first, strict=True))
    page.screenshot(path=tmp_path / "explorable.png")
    assert asked == [page.url], "nothing is loaded"
    assert said == [], "no policy is broken, and nothing fails"
    context.close()


def test_the_keyboard_reaches_and_moves_the_strength(one: Visit) -> None:
    resized(one, 1440, 1000)
    (*_, stop) = stops(one.page, "Skip to strength", most=3)
    assert stop.seen
    one.page.keyboard.press("Enter")
    expect(strength(one)).to_be_focused()
    picture_at_0 = after(one)
    for key, index in (("End", 20), ("ArrowLeft", 19), ("Home", 0), *[("ArrowRight", k) for k in (1, 2, 3)]):
        one.page.keyboard.press(key)
        expect(live(one)).to_have_attribute("data-step", str(index))
    expect(strength(one)).to_have_attribute("aria-valuetext", "side at 85 %")
    assert after(one) != picture_at_0
    trap = stops(one.page)
    assert {"slider", "button", "combobox", "tab"} <= {stop.role for stop in trap}
    assert not [stop.what for stop in trap if not stop.name], "every stop has a name"
    one.assert_clean()


@pytest.mark.xdist_group("looker")
def test_on_a_phone_nothing_is_cut_and_fingers_do_it(looker: Visit) -> None:
    resized(looker, 390, 844)
    main = looker.page.locator("#rendered_cells")
    readable(looker.page.locator(".facelib-app"))
    assert main.evaluate("main => main.scrollWidth <= main.clientWidth"), "the page scrolls sideways"
    for target in (picture(looker, "after"), strength(looker), *rows(looker).all()):
        wait_until(lambda target=target: inside(target, looker.page), 20, f"{target} in sight")
    for name in ("Muscles", "Explore"):
        tab = looker.page.get_by_role("tab", name=name)
        looker.reach(tab)
        touch(looker, tab)
        expect(tab).to_have_attribute("aria-selected", "true")
    expect(live(looker)).to_be_visible()
    looker.screenshot("phone")
    resized(looker, 1440, 900)


@pytest.mark.xdist_group("looker")
def test_axe_finds_nothing(looker: Visit) -> None:
    assert violations(looker.page) == []
    looker.page.emulate_media(color_scheme="dark")
    try:
        expect(looker.page.locator(".facelib-app")).to_have_class(re.compile("facelib-dark"))
        assert violations(looker.page) == []
    finally:
        looker.page.emulate_media(color_scheme="light")
