"""A walk through the page at every size of window: each tab, one control of each kind, and back to the tabs.

What fails is gathered: one walk names all the places where a person gets stuck.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from explore import swept
from harness import Server, Visit, wait_until
from playwright.sync_api import Locator, expect

pytestmark = pytest.mark.packages

WAIT = 90_000  # ms, on a busy machine
LOOK = 1500  # ms that she looks at what a choice has brought
QUICK = {"shown": 5.0, "patience": 2.0}  # seconds
TABS = {"Explore": "Random", "Population": "Run", "Observed data": "Run", "Muscles": "Play the recording"}
AFTER = {"Run": "Stop", "Play the recording": "Pause"}  # what is pressed next
SIZES = {  # width, height, pixels for each of CSS, whether fingers are used
    "laptop": (1280, 720, 1.0, False),
    "desktop": (1440, 900, 1.0, False),
    "tablet": (820, 1180, 1.0, True),
    "phone": (390, 844, 1.0, True),
    "small phone": (320, 640, 1.0, True),
    "laptop at 200 %": (640, 360, 2.0, False),
}
BETWEEN = {"laptop", "phone"}  # a larger and a smaller one are walked through each time


class Walker:
    """A visitor with a mouse or with fingers, who notes where she gets stuck."""

    def __init__(self, one: Visit, *, fingers: bool) -> None:
        self.one, self.page, self.fingers = one, one.page, fingers
        self.stuck: list[str] = []
        self.used: set[str] = set()

    def reach(self, target: Locator) -> tuple[float, float]:
        return self.one.reach(target, finger=self.fingers, **QUICK)

    def hit(self, target: Locator) -> None:
        (self.one.tap if self.fingers else self.one.click)(target, **QUICK)

    def attempt(self, place: str, kind: str, use: Callable[[Locator], None], found: Locator) -> None:
        """Use the first control of a kind that is there."""
        shown = found.locator("visible=true")
        if not shown.count():
            return
        try:
            use(shown.first)
            self.used.add(kind)
        except AssertionError as error:
            text = " ".join(str(error).split())
            self.stuck.append(f"{place}, {kind}: {text[-330:]}")

    def drag(self, slider: Locator) -> None:
        handle, bar = slider.locator(".noUi-handle"), slider.locator(".noUi-base")
        begin = self.reach(handle)
        box = bar.bounding_box()
        assert box is not None
        before, middle = handle.get_attribute("aria-valuenow"), box["x"] + box["width"] / 2
        end = box["x"] + box["width"] * (0.9 if begin[0] < middle else 0.1)
        (self.one.swipe if self.fingers else self.one.pull)(begin, (end, begin[1]))
        wait_until(lambda: handle.get_attribute("aria-valuenow") != before, 10, "a slider that was dragged")

    def keys(self, slider: Locator) -> None:
        handle = slider.locator(".noUi-handle")
        self.reach(handle)
        self.one.press(handle, "Home")
        before = handle.get_attribute("aria-valuenow")
        self.one.press(handle, "ArrowRight")
        wait_until(lambda: handle.get_attribute("aria-valuenow") != before, 10, "a slider moved by a key")

    def menu(self, menu: Locator) -> None:
        chosen = "menu => menu.selectedOptions[0].text"
        first, texts = menu.evaluate(chosen), menu.locator("option:enabled").all_text_contents()
        self.reach(menu)
        self.one.choose(menu, texts[-1] if texts[0] == first else texts[0])
        self.reach(menu)
        self.one.choose(menu, first)

    def toggle(self, group: Locator) -> None:
        pressed, other = group.locator(".mod-active"), group.locator("button:not(.mod-active)").first
        name, back = other.inner_text(), pressed.first.inner_text()
        self.hit(other)
        for last in (name, back):
            expect(pressed).to_have_text(last, timeout=20_000)
            self.page.wait_for_timeout(LOOK)
            if last != back:
                self.hit(group.locator("button").filter(has_text=re.compile(f"^{re.escape(back)}$")))

    def tick(self, box: Locator) -> None:
        for ticked in (not box.is_checked(), box.is_checked()):
            self.hit(box)
            expect(box).to_be_checked(checked=ticked, timeout=20_000)

    def number(self, field: Locator) -> None:
        value = field.input_value()
        self.reach(field)
        self.one.type_into(field, value)
        self.page.keyboard.press("Enter")
        assert field.input_value() == value

    def table(self, table: Locator) -> None:
        """Both ends of the last row can be seen."""
        last = table.locator("tr").last.locator("th, td")
        for cell in (last.first, last.last):
            if cell.inner_text().strip():
                self.reach(cell)

    def details(self, summary: Locator) -> None:
        self.hit(summary)
        self.reach(summary)
        self.one.press(summary, "Enter")  # and closed with a key

    def press(self, button: Locator) -> None:
        name = button.inner_text().strip() or button.get_attribute("aria-label") or ""
        expect(button).to_be_enabled(timeout=WAIT)
        self.hit(button)
        if name in AFTER:
            tab = self.page.get_by_role("tabpanel").locator("visible=true")
            self.hit(tab.get_by_role("button", name=AFTER[name], exact=True))

    def tab(self, name: str) -> None:
        self.hit(self.page.get_by_role("tab", name=name, exact=True))
        box = self.page.get_by_role("tabpanel", name=name, exact=True)
        expect(box).to_be_visible(timeout=WAIT)
        expect(self.page.get_by_text("One moment: this part")).to_have_count(0, timeout=WAIT)
        button = box.get_by_role("button", name=TABS[name], exact=True)
        expect(button).to_be_visible(timeout=WAIT)
        for kind, use, found in (
            ("slider by hand", self.drag, box.locator(".widget-slider:not(:has([disabled]))")),
            ("slider by keys", self.keys, box.locator(".widget-slider:not(:has([disabled]))")),
            ("menu", self.menu, box.locator("select")),
            ("toggle", self.toggle, box.locator(".widget-toggle-buttons")),
            ("checkbox", self.tick, box.locator("input[type=checkbox]")),
            ("number", self.number, box.locator("input[type=number]")),
            ("table", self.table, box.locator("table")),
            ("last table", self.table, box.locator("table").locator("visible=true").last),
            ("last chart", self.reach, box.locator(".facelib-chart").locator("visible=true").last),
            ("details", self.details, box.locator("summary, .jupyter-widget-Collapse-header, .facelib-fold")),
            ("button", self.press, button),
            ("limits", self.reach, self.page.locator(".facelib-limits")),
            ("back to the tabs", self.reach, self.page.get_by_role("tab", name=name, exact=True)),
        ):
            self.attempt(name, kind, use, found)


@pytest.mark.parametrize(
    "size", [pytest.param(one, marks=pytest.mark.thorough) if one in BETWEEN else one for one in SIZES]
)
def test_a_walk_through_all_tabs(server: Server, visit: Callable[..., Visit], size: str) -> None:
    width, height, scale, fingers = SIZES[size]
    one = swept(visit(server.url, width, height, scale, touch=fingers), within=WAIT)
    walker = Walker(one, fingers=fingers)
    for name in TABS:
        walker.attempt("page", f"tab {name}", lambda _, name=name: walker.tab(name), one.page.locator("body"))
        one.screenshot(f"walk_{size.replace(' ', '_')}_{name.split()[0].lower()}")
    assert not walker.stuck, "\n".join(walker.stuck)
    kinds = {
        "button",
        "slider by hand",
        "slider by keys",
        "menu",
        "toggle",
        "checkbox",
        "table",
        "details",
    }
    assert kinds <= walker.used, f"never met: {kinds - walker.used}"


def test_a_finger_that_scrolls_changes_nothing(server: Server, visit: Callable[..., Visit]) -> None:
    one = swept(visit(server.url, 390, 844, touch=True), within=WAIT)
    slider = one.page.locator(".widget-slider").filter(has_text="Intensity")
    handle, track = slider.locator(".noUi-handle"), slider.locator(".noUi-base")
    before = handle.get_attribute("aria-valuenow")
    x, y = one.reach(track, (0.3, 0.5), finger=True)
    one.swipe((x, y), (x, y - 300))
    wait_until(lambda: (track.bounding_box() or {"y": y})["y"] < y - 150, 10, "a page that scrolls")
    assert handle.get_attribute("aria-valuenow") == before
    one.tap(track, (0.3, 0.5))
    wait_until(lambda: handle.get_attribute("aria-valuenow") != before, 10, "a slider that was tapped")


def test_the_focus_goes_to_run_to_stop_and_back(server: Server, visit: Callable[..., Visit]) -> None:
    one = swept(visit(server.url, 1280, 720), within=WAIT)
    one.click(one.page.get_by_role("tab", name="Population", exact=True))
    panel = one.page.get_by_role("tabpanel", name="Population", exact=True)
    run, stop = (panel.get_by_role("button", name=name, exact=True) for name in ("Run", "Stop"))
    expect(run).to_be_enabled(timeout=WAIT)
    one.click(one.page.get_by_role("tab", name="Population", exact=True))
    for tool in ("Undo", "Redo", "Share", "Larger text"):
        one.page.keyboard.press("Tab")
        expect(one.page.get_by_role("button", name=tool, exact=True)).to_be_focused()
    one.page.keyboard.press("Tab")
    expect(panel.get_by_role("button", name="Go to Run", exact=True)).to_be_focused()
    expect(panel.locator(".facelib-skip")).to_be_in_viewport(ratio=1)
    assert (panel.locator(".facelib-skip").bounding_box() or {"height": 0})["height"] >= 24
    one.page.keyboard.press("Enter")
    expect(run).to_be_focused(timeout=WAIT)
    one.page.keyboard.press("Enter")
    expect(stop).to_be_focused(timeout=WAIT)
    one.page.keyboard.press("Enter")
    expect(panel.get_by_role("button", name="Go on", exact=True)).to_be_focused(timeout=WAIT)


def test_a_map_that_reaches_beyond_the_page_says_so(server: Server, visit: Callable[..., Visit]) -> None:
    one = swept(visit(server.url, 390, 844, touch=True), within=WAIT)
    one.tap(one.page.get_by_role("tab", name="Population", exact=True))
    plot = one.page.locator(".facelib-tab-1 .facelib-map").locator("visible=true").first
    expect(plot).to_have_class(re.compile("facelib-aside"), timeout=WAIT)
    said = plot.evaluate("one => getComputedStyle(one, '::before').content")
    assert "More to the right" in said
    one.page.set_viewport_size({"width": 1280, "height": 844})
    expect(plot).not_to_have_class(re.compile("facelib-aside"), timeout=WAIT)


def test_names_of_muscles_lie_beside_each_other_on_a_phone(
    server: Server, visit: Callable[..., Visit]
) -> None:
    one = swept(visit(server.url, 390, 844, touch=True), within=WAIT)
    one.tap(one.page.get_by_role("tab", name="Muscles", exact=True))
    plot = one.page.locator(".facelib-tab-3 .facelib-map").first
    expect(plot.get_by_text("Levator labii")).to_be_visible(timeout=WAIT)
    boxes = plot.locator(".role-title-text text").evaluate_all(
        """all => all.map(one => one.getBoundingClientRect())
             .map(box => [box.left, box.top, box.right, box.bottom])"""
    )
    assert len(boxes) > 10
    for k, (left, top, right, bottom) in enumerate(boxes):
        assert right <= 390
        for other in boxes[k + 1 :]:
            apart = right <= other[0] or other[2] <= left or bottom <= other[1] + 1 or other[3] <= top + 1
            assert apart, (boxes[k], other)
