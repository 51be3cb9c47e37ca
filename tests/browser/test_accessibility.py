"""The real page as assistive technology reads it: names, states and values."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from explore import at, live, look, rested, strength
from geometry import box_of
from harness import COMES, Visit, visitors
from looks import cut, faint, small, stops, violations
from playwright.sync_api import Browser, Locator, expect

pytestmark = pytest.mark.packages

ROLES = {"slider", "button", "combobox", "spinbutton", "textbox", "checkbox", "img", "image"}
SLIDERS = {
    "Intensity", "Age", "Female–male", "Skin tone", "Asymmetry", "Turn", "Nod", "Strength",
}  # fmt: skip


@pytest.fixture(scope="module")
def reader(browser: Browser, page_url: str) -> Iterator[Visit]:
    """The page, its pictures and charts drawn; tests leave it as they found it."""
    with visitors(browser) as visit:
        one = rested(visit(page_url), within=COMES)
        expect(one.page.locator("[role=slider]:not([aria-label])")).to_have_count(0)
        yield one


def computed(one: Visit) -> list[tuple[str, str, dict[str, object]]]:
    """Role, name and properties of everything in the browser's accessibility tree."""
    session = one.context.new_cdp_session(one.page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    return [
        (
            str(node["role"]["value"]),
            str(node.get("name", {}).get("value", "")).strip(),
            {item["name"]: item["value"].get("value") for item in node.get("properties", ())},
        )
        for node in nodes
        if not node["ignored"] and "role" in node
    ]


def test_everything_that_can_be_used_or_seen_has_a_name(reader: Visit) -> None:
    found = [(role, name) for role, name, _ in computed(reader) if role in ROLES]
    assert {"slider", "button", "combobox", "spinbutton", "image"} <= {role for role, _ in found}
    unnamed = [role for role, name in found if not re.search(r"\w", name)]
    assert not unnamed, f"Without a name: {unnamed} among {found}"
    assert {name for role, name in found if role == "slider"} == SLIDERS
    assert {"Play"} <= {name for role, name in found if role == "button"}


def test_slider_and_pictures_say_the_strength(reader: Visit) -> None:
    slider, now = strength(reader), live(reader).get_by_role("img", name=re.compile("^now, "))
    for _ in reader.slide(slider, 5):
        said = slider.get_attribute("aria-valuetext")
        assert re.fullmatch(r"unchanged|side at \d+ %|full strength.*", str(said)), said
    at(reader, 20)
    expect(now).to_have_attribute(
        "aria-label", re.compile(f"^now, {slider.get_attribute('aria-valuetext')}: ")
    )
    reader.press(slider, "Home")
    expect(slider).to_have_attribute("aria-valuetext", "unchanged")
    expect(now).to_have_attribute("aria-label", re.compile("^now, unchanged: "))


def test_a_map_on_the_picture_is_named_there(reader: Visit) -> None:
    reader.choose(look(reader), "human.js")
    said = live(reader).get_by_role("status")
    expect(said).to_have_text(re.compile("speaks? for happy"), timeout=COMES)
    named = re.compile("with what speaks for happy to human.js")
    expect(live(reader).get_by_role("img", name=named)).to_have_count(int("brighter" in said.inner_text()))
    reader.choose(look(reader), "What it looks at")
    expect(said).to_be_empty()


def test_toggle_buttons_say_which_is_pressed(reader: Visit) -> None:
    names = ("Photograph", "Parametric face")
    for pressed, other in (names, names[::-1]):
        reader.click(reader.page.get_by_role("button", name=pressed, exact=True))
        for name, state in ((pressed, True), (other, False)):
            expect(reader.page.get_by_role("button", name=name, exact=True, pressed=state)).to_be_visible()
    states = [facts["pressed"] for _, name, facts in computed(reader) if name in names and "pressed" in facts]
    assert sorted(map(str, states)) == ["false", "true"]
    rested(reader, within=COMES)


def test_controls_that_are_drawn_again_are_named_again(reader: Visit) -> None:
    names = reader.page.locator("[role=slider]").evaluate_all(
        """all => {
          for (const handle of all) {
            const origin = handle.parentElement;
            const copy = origin.cloneNode(true);
            copy.firstChild.removeAttribute("aria-label");
            copy.firstChild.classList.add("facelib-copy");
            origin.after(copy);
          }
          return all.map((handle) => handle.ariaLabel);
        }"""
    )
    copies = reader.page.locator(".facelib-copy")
    expect(reader.page.locator(".facelib-copy[aria-label]")).to_have_count(len(names))
    assert copies.evaluate_all("all => all.map((handle) => handle.ariaLabel)") == names
    copies.evaluate_all("all => all.forEach((handle) => handle.parentElement.remove())")
    reader.assert_clean()


FOLD = "Statistics: gradients, order test, shaken copies"
MOVES = """
() => [...document.querySelectorAll("*")].flatMap(one => ["", "::before", "::after"].flatMap(part => {
  const style = getComputedStyle(one, part || null);
  const takes = (name) => style[name].split(",").some(time => parseFloat(time) > 0);
  const moves = takes("transitionDuration") || (style.animationName !== "none" && takes("animationDuration"));
  return moves || style.scrollBehavior === "smooth" ? [one.tagName + "." + one.className + part] : [];
}))"""
GROUNDS = (
    """queries => queries.map(query => getComputedStyle(document.querySelector(query)).backgroundColor)"""
)
TOLD_APART = {
    "tracks": (".noUi-connects", ".slider-container"),
    "the tab": (".facelib-tab-button[aria-selected=true]", ".facelib-tab-button[aria-selected=false]"),
    "what is chosen": (
        ".widget-toggle-button.mod-active",
        ".widget-toggle-buttons button:not(.mod-active)",
    ),
    "classifiers": (".live-rows tbody tr:nth-child(1) i", ".live-rows tbody tr:nth-child(2) i"),
    "bars": (".live-bar b", ".live-bar > span"),
}


def test_axe_finds_nothing_in_the_dark_and_the_page_is_dark(reader: Visit) -> None:
    page = reader.page
    page.emulate_media(color_scheme="dark")
    try:
        expect(page.locator(".facelib-app")).to_have_class(re.compile("facelib-dark"))
        paper = page.locator(".facelib-card").first.evaluate("one => getComputedStyle(one).backgroundColor")
        assert max(map(int, re.findall(r"\d+", paper)[:3])) < 80
        assert violations(page) == []
        assert faint(page) == []
        reader.screenshot("dark")
        page.emulate_media(media="print")
        assert page.locator(".facelib-tools").is_hidden()
        assert live(reader).locator("canvas:visible").count() == 2
    finally:
        page.emulate_media(color_scheme="light", media="screen")


@pytest.mark.parametrize(("width", "height"), [(1440, 1000), (390, 844)])
def test_controls_stand_out_and_can_be_hit(reader: Visit, width: int, height: int) -> None:
    page = reader.page
    page.set_viewport_size({"width": width, "height": height})
    try:
        assert faint(page) == []
        assert small(page) == []
        handles = page.locator(":is([role=slider], input[type=range]):visible")
        expect(handles).to_have_count(len(SLIDERS), timeout=COMES)
        boxes = handles.evaluate_all("all => all.map(one => one.getBoundingClientRect().toJSON())")
        assert min(min(box["width"], box["height"]) for box in boxes) >= 24
    finally:
        page.set_viewport_size({"width": 1440, "height": 1000})


def test_no_letter_is_cut_or_too_small(reader: Visit) -> None:
    assert cut(reader.page) == []
    sizes = reader.page.locator(".facelib-app *:not(svg *):not(.fa)").evaluate_all(
        """all => all.filter(one => [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim()))
          .filter(one => parseFloat(getComputedStyle(one).fontSize) < 13).map(one => one.className)"""
    )
    assert sizes == []


@pytest.mark.parametrize("target", ["strength", "classifiers"])
def test_links_at_the_top_lead_past_the_settings(reader: Visit, target: str) -> None:
    page = reader.page
    (*_, stop) = stops(page, f"Skip to {target}", most=3)
    assert stop.role == "link"
    assert stop.seen
    assert stop.ring >= 3
    link = page.get_by_role("link", name=f"Skip to {target}", exact=True)
    expect(link).to_be_in_viewport(ratio=1)
    assert min(box_of(link)["width"], box_of(link)["height"]) >= 24
    page.keyboard.press("Enter")
    there = {"strength": strength(reader), "classifiers": live(reader).get_by_role("heading")}
    expect(there[target]).to_be_focused()
    expect(link).not_to_be_in_viewport(ratio=1)


EDGE = 40  # px
HIT = """title => {
  const box = title.getBoundingClientRect();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const hit = (dx, dy) => document.elementFromPoint(x + dx, y + dy)?.closest("button, label") === title;
  return hit(-11, -11) && hit(11, -11) && hit(-11, 11) && hit(11, 11);
}"""


def missed(one: Visit, targets: Locator) -> list[str]:
    """Which of the targets in sight don't take a finger on all of 24 × 24 px, once the page rests.

    A table that is being filled moves them between the look and the touch: who misses tries again.
    """

    def takes(target: Locator) -> bool:
        x, y = one.reach(target)
        under = one.page.evaluate("innerHeight") - y
        if min(y, under) < EDGE:  # its middle is in sight, and a part of it may be beyond the window
            one.wheel((x, y), EDGE if under < EDGE else -EDGE, pause=0.3)
        return bool(target.evaluate(HIT))

    return [
        target.inner_text()
        for target in targets.locator("visible=true").all()
        if not any(takes(target) for _ in range(3))
    ]


@pytest.mark.parametrize(
    ("width", "height"), [pytest.param(1440, 1000, marks=pytest.mark.thorough), (390, 844)]
)
def test_titles_of_columns_and_rows_of_check_boxes_take_a_finger(
    reader: Visit, width: int, height: int
) -> None:
    page = reader.page
    page.set_viewport_size({"width": width, "height": height})
    try:
        reader.click(page.get_by_role("button", name=FOLD, exact=True))
        expect(page.get_by_role("button", name="r", exact=True)).to_be_visible()
        titles = missed(reader, page.locator(".facelib-tab-0 .facelib-help"))
        reader.click(page.get_by_role("button", name=FOLD, exact=True))
        reader.click(page.get_by_role("tab", name="Observed data", exact=True))
        boxes = page.locator(".facelib-tab-2 label:has(> input[type=checkbox])")
        expect(boxes.first).to_be_visible(timeout=COMES)
        rows = missed(reader, boxes)
        reader.click(page.get_by_role("tab", name="Explore", exact=True))
        assert titles + rows == []
    finally:
        page.set_viewport_size({"width": 1440, "height": 1000})


def test_details_are_reached_and_opened_with_the_keyboard(reader: Visit) -> None:
    page = reader.page
    walk = stops(page, FOLD)
    assert walk[-1].name == FOLD
    assert [stop for stop in walk if not stop.name or stop.role in {"generic", "none"}] == []
    assert [stop for stop in walk if stop.ring < 3 or not stop.seen] == []
    named = {stop.name for stop in walk if stop.role == "textbox"}
    assert {"Intensity, as a number", "Age, as a number", "Skin tone, as a number"} <= named
    fold = page.get_by_role("button", name=FOLD, exact=True)
    table = page.locator("table").filter(has_text="along the strengths")
    expect(fold).to_have_attribute("aria-expanded", "false")
    expect(table).to_be_hidden()
    page.keyboard.press("Enter")
    expect(fold).to_have_attribute("aria-expanded", "true")
    expect(table).to_be_visible()
    page.keyboard.press("Space")
    expect(fold).to_have_attribute("aria-expanded", "false")
    expect(table).to_be_hidden()


def test_what_a_column_means_is_read_without_a_mouse(reader: Visit) -> None:
    fold = reader.page.get_by_role("button", name=FOLD, exact=True)
    reader.press(fold, "Enter")
    (*_, stop) = stops(reader.page, "TV")
    assert stop.role == "button"
    tip = reader.page.get_by_role("tooltip").filter(has_text="sum of all steps, up and down")
    expect(tip).to_be_in_viewport()
    reader.page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    reader.press(fold, "Enter")


def test_forced_colours_keep_tracks_titles_and_what_is_chosen(reader: Visit) -> None:
    reader.page.emulate_media(forced_colors="active")
    try:
        grounds = {name: reader.page.evaluate(GROUNDS, pair) for name, pair in TOLD_APART.items()}
        menu = reader.page.locator("select").first.evaluate("one => getComputedStyle(one).appearance")
        reader.screenshot("forced_colours")
    finally:
        reader.page.emulate_media(forced_colors="none")
    assert [name for name, (one, other) in grounds.items() if one == other] == []
    assert menu != "none", "else its arrow is gone"


def test_nothing_moves_by_itself_for_who_asked_for_less_motion(reader: Visit) -> None:
    assert reader.page.evaluate(MOVES) != [], "else nothing is tested"
    reader.page.emulate_media(reduced_motion="reduce")
    try:
        assert reader.page.evaluate(MOVES) == []
    finally:
        reader.page.emulate_media(reduced_motion="no-preference")


def test_places_for_messages_are_there_before_the_messages(reader: Visit) -> None:
    places = reader.page.locator(".facelib-tab-0 .facelib-messages > .widget-html-content")
    found = places.evaluate_all(
        """all => all.map(one => [one.role, one.textContent, one.checkVisibility(),
          one.parentElement.offsetHeight])"""
    )
    assert len(found) >= 5
    assert all(place == ["alert", "", True, 1] for place in found), found
    assert reader.page.locator(".facelib-announcer[role=status]").count() == 1
    reader.assert_clean()


def test_a_title_is_explained_also_where_tab_scrolls_to_it(reader: Visit) -> None:
    """The scroll that brought it into sight had taken its explanation away."""
    page = reader.page
    page.set_viewport_size({"width": 720, "height": 450})
    try:
        reader.click(page.get_by_role("button", name=FOLD, exact=True))
        titles = page.locator(".facelib-tab-0 .facelib-help").locator("visible=true")
        ids = page.locator(".facelib-tip[id]").evaluate_all("all => all.map((one) => one.id)")
        assert len(set(ids)) == len(
            ids
        )  # two tables had the same: a title was explained by another one's words
        expect(page.get_by_role("button", name="r", exact=True)).to_be_visible()
        seen = []
        stops(page, titles.first.inner_text().strip())
        for _ in range(8):
            focused = page.locator(".facelib-help:focus")
            if focused.count():
                tip = page.locator(f"#{focused.get_attribute('aria-describedby')}")
                page.wait_for_timeout(400)  # smooth scrolls end
                seen.append((focused.inner_text(), tip.evaluate("one => one.matches(':popover-open')")))
            page.keyboard.press("Tab")
        assert len(seen) == 6
        assert [title for title, open_ in seen if not open_] == []
        reader.click(page.get_by_role("button", name=FOLD, exact=True))
    finally:
        page.set_viewport_size({"width": 1440, "height": 1000})
