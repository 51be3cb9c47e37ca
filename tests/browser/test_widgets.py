"""Live picture, charts and table in a real browser, on numbers that the test knows."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from harness import COMES, Server, Visit, facelib_app, write_notebook
from PIL import Image
from playwright.sync_api import expect

Visits = Callable[..., Visit]

NOTEBOOK = """
import time
import numpy as np
import ipywidgets as widgets
import facelib
from facelib.app.live import Live
from facelib.app.widgets.chartview import ChartView,  VegaLoader
from facelib.app.widgets.livetable import LiveTable
from facelib.app.widgets.style import PageStyle
from facelib.charts import specs
from facelib.reports.live import levels, live_data, pictures

STEPS, NAMES = 21, ["fer", "facex"]
LABELS = ("neutral", "happy", "sad", "surprise", "fear", "disgust", "angry")

def outputs(seed, names=NAMES, steps=STEPS):
    p = np.random.default_rng(seed).dirichlet(np.ones(7), (len(names), steps)).round(4).tolist()
    return [
        {"step": s, "strength": s / (STEPS - 1), "classifier": c, "label": label, "probability": p[k][s][i]}
        for k, c in enumerate(names) for s in range(steps) for i, label in enumerate(LABELS)
    ]

def band(seed):
    low = np.random.default_rng(seed).random(7).round(4).tolist()
    return [{"classifier": c, "label": "happy", "strength": k / 6, "low": 0.4 * v, "high": 0.4 * v + 0.2}
            for c in NAMES for k, v in enumerate(low)]

sweep = facelib.sweep(facelib.Head(seed=3), "symmetry", ["known_unbiased"], STEPS, size=64, replicates=5)
maps = np.zeros((STEPS, 2, 2), np.float32)
maps[:, 0, 0] = np.linspace(1, 0, STEPS)  # evidence in the upper left corner, gone at the end
squares = [np.full((32, 32, 3), 60 + 3 * step, np.uint8) for step in range(STEPS)]  # a JPEG of grey is exact
shown = live_data(sweep) | {
    "alt": "a grey square",
    "frames": pictures(squares),
    "maps": {"happy": {"known_unbiased": levels(maps) | {"box": [0, 0, 1, 1]}}},
}
THREE = specs.bars(["a", "b", "c"])
live, slider = Live(), widgets.IntSlider(max=STEPS - 1, description="Step")
bars, curves = ChartView(spec=specs.bars(NAMES)), ChartView(spec=specs.response(NAMES))
again = ChartView()  # the same chart, embedded afresh with the last data
table = LiveTable()
for follower in (bars, curves, table):
    widgets.jslink((slider, "value"), (follower, "index"))
widgets.jslink((slider, "value"), (live, "step"))

def send(seed):
    live.show(shown)
    bars.show(data={"outputs": outputs(seed)}, signals={"label": "happy"})
    curves.show(data={"outputs": outputs(seed), "band": band(seed)}, signals={"label": "happy"})
    table.show(
        [{"title": "classifier"}, {"title": "now", "align": "right", "help": "p"}, {"title": "verdict"}],
        [
            ["<img src=x onerror=alert(1)>", {"series": [f"{s:02d}/{seed}" for s in range(STEPS)]},
             {"text": "changes it", "mark": "verdict-changes"}],
            ["facex", {"series": ["a"] * STEPS}, {"text": "cannot tell", "mark": "x' onclick='y"}],
        ],
        "happy, on this face",
    )

done, status = widgets.Label("start"), widgets.HTML()

def count():
    for k in range(12):
        status.value = f'<p class="facelib-status">{k} of 12 done</p>'
        time.sleep(0.3)
    status.value = ""

def button(name, action):
    made = widgets.Button(description=name)
    made.on_click(lambda _button: (action(), setattr(done, "value", name)))
    return made

def updates():
    for seed in range(300):
        send(seed)
        time.sleep(0.02)

def snapshots():  # as when faces are changed faster than sweeps are ready: one step, then all, then one again
    for seed in range(60):
        bars.show(data={"outputs": outputs(seed, steps=1)})
        time.sleep(0.02)
        bars.show(data={"outputs": outputs(seed)})
        time.sleep(0.02)

def fresh():
    again.index = slider.value
    again.show(specs.bars(NAMES), data={"outputs": outputs(7)}, signals={"label": "sad"})

def patch():
    send(7)
    bars.show(signals={"label": "sad"})

def holes():  # one strength is known
    known = [frame if k in (0, slider.value) else "" for k, frame in enumerate(shown["frames"])]
    live.show(shown | {"frames": known})

buttons = {
    "library": lambda: VegaLoader(), "updates": updates, "snapshots": snapshots, "fresh": fresh,
    "patch": patch, "holes": holes, "count": count, "sleep": lambda: time.sleep(8),
    "three": lambda: bars.show(THREE, data={"outputs": outputs(1, ["a", "b", "c"])}),
    "broken spec": lambda: setattr(curves, "spec", {"mark": "no such mark"}),
    "broken data": lambda: bars.show(data={"nowhere": [{"a": 1}]}),
    "mended": lambda: (setattr(curves, "spec", specs.response(NAMES)), setattr(bars, "data", {}), send(3)),
}
send(0)
bars._loader.close()  # the charts are in the page before their library
page = widgets.VBox([
    PageStyle(), slider, live, bars, curves, table, again, done, status,
    widgets.Box([button(name, action) for name, action in buttons.items()], layout={"flex_flow": "row wrap"}),
])
page.add_class("facelib-app")
page
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("widgets")
    with facelib_app(write_notebook(folder / "widgets.ipynb", NOTEBOOK), folder / "log", pool=1) as found:
        yield found


@pytest.fixture
def demo(server: Server, visit: Visits) -> Demo:
    return Demo(visit(server.url))


class Demo:
    """The page of the notebook above, with its charts painted."""

    def __init__(self, visit: Visit) -> None:
        self.visit, self.page = visit, visit.page
        self.live = self.page.locator(".facelib-live")
        self.bars, self.curves, self.again = (self.page.locator(".facelib-chart").nth(k) for k in range(3))
        self.table = self.page.locator(".facelib-livetable")
        self.slider = self.page.locator(".widget-slider")
        expect(self.live).to_have_attribute("data-step", "0", timeout=COMES)
        self.click("library")
        for chart in (self.bars, self.curves):
            expect(chart).to_have_attribute("data-state", "ready", timeout=15_000)

    def click(self, name: str, seconds: float = 10.0) -> None:
        """Press a button and wait until its callback has run."""
        self.visit.click(self.page.get_by_role("button", name=name, exact=True))
        expect(self.page.locator(".widget-label").get_by_text(name, exact=True)).to_be_visible(
            timeout=1000 * seconds
        )

    def go(self, step: int) -> None:
        """Move the slider with the keyboard and wait until charts and table have followed."""
        handle = self.slider.locator(".noUi-handle")
        now = int(handle.get_attribute("aria-valuenow").split(".")[0])  # type: ignore[union-attr]
        self.visit.press(handle, *["ArrowUp" if step > now else "ArrowDown"] * abs(step - now))
        for follower in (self.bars, self.curves, self.table):
            expect(follower).to_have_attribute("data-index", str(step))

    def picture(self, place: int) -> np.ndarray:
        """Pixels of one of the two pictures, float (32, 32, 3)."""
        canvas = self.live.locator("canvas").nth(place)
        image = Image.open(io.BytesIO(self.visit.canvas_bytes(canvas))).convert("RGB")
        return np.asarray(image).astype(float)

    def marks(self, chart: Any, kind: str = "mark-rect") -> list[tuple[str | None, str | None]]:
        """What a chart has drawn: the description and the outline of every mark."""
        return sorted(
            (path.get_attribute("aria-label"), path.get_attribute("d"))
            for path in chart.locator(f"g.{kind} path[aria-label]").all()
        )


def test_everything_follows_the_slider_without_the_kernel(demo: Demo) -> None:
    before = demo.marks(demo.bars)
    demo.visit.click(demo.page.get_by_role("button", name="sleep", exact=True))
    demo.go(12)
    expect(demo.live).to_have_attribute("data-step", "12", timeout=1500)
    assert abs(demo.picture(0) - 60).max() <= 1
    assert abs(demo.picture(1) - (60 + 36)).max() <= 1
    label = demo.live.locator("canvas").last.get_attribute("aria-label")
    assert re.fullmatch(r"now, .+: a grey square", str(label)), label
    assert demo.marks(demo.bars) != before
    dots = demo.marks(demo.curves, "mark-symbol")
    assert len(dots) == 2
    assert all("strength: 0.6;" in str(text) for text, _outline in dots)
    assert demo.table.locator("tbody tr").first.locator("td").first.inner_text() == "12/0"
    demo.go(0)
    assert demo.marks(demo.bars) == before
    asleep = demo.page.locator(".widget-label").get_by_text("sleep", exact=True)
    assert asleep.count() == 0, "the kernel still sleeps"
    demo.visit.assert_local()
    demo.visit.assert_clean()


def test_a_map_lies_where_the_evidence_is(demo: Demo) -> None:
    plain = demo.picture(1)
    look, said = demo.live.locator("select"), demo.live.locator(".live-lack")
    demo.visit.choose(look, "known_unbiased")
    expect(said).to_have_text("brighter: speaks for happy")
    tint = np.abs(demo.picture(1) - plain).max(axis=2)
    assert tint[:6, :6].min() > 60
    assert tint[-6:, -6:].max() <= 1
    assert tint[0, 0] > tint[12, 12] > tint[20, 20], "it fades smoothly, no block of one colour"
    demo.go(20)
    expect(said).to_have_text("no part speaks for happy to known_unbiased here")
    assert abs(demo.picture(1) - 120).max() <= 1
    demo.visit.choose(look, "difference")
    expect(said).to_have_text("black: nothing changed")
    assert abs(demo.picture(1) - 2 * 60).max() <= 3, "twice as bright"
    assert abs(demo.picture(0) - 60).max() <= 1
    demo.visit.assert_clean()


def test_what_is_not_computed_yet_waits(demo: Demo) -> None:
    demo.go(3)
    demo.click("holes")
    expect(demo.live).to_have_attribute("data-state", "computing")
    expect(demo.live).to_have_attribute("data-step", "3")
    assert abs(demo.picture(1) - 69).max() <= 1
    demo.go(4)
    expect(demo.live).to_have_class(re.compile("live-waiting"))
    assert demo.live.get_attribute("data-step") == "3", "what was there stays"
    expect(demo.live.get_by_role("button", name="Play")).to_have_attribute("aria-disabled", "true")
    demo.visit.assert_clean()


def test_patched_chart_equals_one_embedded_afresh(demo: Demo) -> None:
    demo.go(5)
    demo.click("snapshots", 30)
    demo.click("patch")
    demo.click("fresh")
    expect(demo.again).to_have_attribute("data-state", "ready")
    expect(demo.bars.locator("text=sad first")).to_be_visible()
    patched, fresh = demo.marks(demo.bars), demo.marks(demo.again)
    assert len(fresh) == 2 * 14
    assert patched == fresh
    demo.visit.assert_clean()


def test_charts_fill_their_place(demo: Demo) -> None:
    for width in (1300, 700, 1000):
        demo.page.set_viewport_size({"width": width, "height": 900})
        for chart in (demo.bars, demo.curves):
            svg = chart.locator("svg")
            expect(svg).to_have_count(1)
            demo.page.wait_for_function(
                "([svg, place]) => Math.abs(svg.clientWidth - place.clientWidth) < 6",
                arg=[svg.element_handle(), chart.element_handle()],
                timeout=3000,
            )


def test_other_spec_replaces_the_chart(demo: Demo) -> None:
    demo.go(2)
    demo.click("three")
    expect(demo.bars.locator("text=c").first).to_be_visible()
    expect(demo.bars.locator("svg")).to_have_count(1)
    assert len(demo.marks(demo.bars)) == 3 * 14
    assert demo.bars.get_attribute("data-index") == "2"
    demo.go(4)
    demo.visit.assert_clean()


def test_errors_are_shown_where_they_happen(demo: Demo) -> None:
    demo.click("broken spec")
    expect(demo.curves.get_by_role("alert")).to_contain_text("could not be drawn")
    demo.click("broken data")
    expect(demo.bars.get_by_role("alert")).to_contain_text("nowhere")
    demo.click("mended")
    for part in (demo.curves, demo.bars):
        expect(part.get_by_role("alert")).to_be_hidden()
    demo.go(1)


def test_table_shows_data_as_text(demo: Demo) -> None:
    rows = demo.table.locator("tbody tr")
    assert rows.first.locator("th[scope=row]").inner_text() == "<img src=x onerror=alert(1)>"
    assert demo.table.locator("img").count() == 0
    assert demo.table.locator("caption").inner_text() == "happy, on this face"
    assert demo.table.locator("th[scope=col]").count() == 3
    assert rows.first.locator(".facelib-verdict-changes").inner_text() == "changes it"
    assert demo.table.locator("[onclick]").count() == 0


def test_new_rows_leave_the_titles_and_so_the_focus_alone(demo: Demo) -> None:
    demo.page.evaluate("window.title = document.querySelector('.facelib-livetable .facelib-help')")
    demo.click("patch")
    expect(demo.table.locator("tbody tr").first).to_contain_text("00/7")
    assert demo.page.evaluate("window.title.isConnected")


def test_what_explains_a_title_covers_no_row(demo: Demo) -> None:
    title = demo.table.get_by_role("button", name="now", exact=True)
    demo.visit.hover(title)
    tip = demo.page.get_by_role("tooltip")
    expect(tip).to_be_visible()
    box, first = tip.bounding_box(), demo.table.locator("tbody tr").first.bounding_box()
    assert box is not None
    assert first is not None
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= first["y"]


def test_numbers_that_run_are_read_out_once_and_then_that_it_is_done(demo: Demo) -> None:
    demo.page.evaluate(
        """() => { window.heard = []; new MutationObserver(() => {
             const text = document.querySelector(".facelib-announcer").textContent;
             if (text) window.heard.push(text);
           }).observe(document.querySelector(".facelib-announcer"), { childList: true }); }"""
    )
    demo.click("count", 20)
    expect(demo.page.locator(".facelib-announcer")).to_have_text("Done.", timeout=10_000)
    first, *rest = demo.page.evaluate("window.heard")
    assert re.fullmatch(r"\d+ of 12 done", first)
    assert rest == ["Done."]


def test_a_status_on_a_page_that_never_rests_is_read_out(demo: Demo) -> None:
    demo.page.evaluate(
        """() => {
             const root = document.querySelector(".facelib-announcer").parentElement;
             const [restless, status] = [document.createElement("div"), document.createElement("div")];
             root.append(restless);
             window.restless = setInterval(() => restless.replaceChildren(document.createElement("p")), 40);
             status.innerHTML = '<p class="facelib-status">Reading 3 of 9 files</p>';
             setTimeout(() => root.append(status), 500);
           }"""
    )
    expect(demo.page.locator(".facelib-announcer")).to_have_text("Reading 3 of 9 files", timeout=10_000)
    demo.page.evaluate("clearInterval(window.restless)")


@pytest.mark.thorough
def test_three_hundred_updates_leave_the_page_as_it_was(demo: Demo) -> None:
    demo.click("patch")
    demo.click("snapshots", 30)
    heap, nodes = demo.visit.heap(), demo.visit.nodes()
    demo.click("updates", 90)
    demo.page.wait_for_timeout(500)
    assert int(demo.bars.get_attribute("data-painted") or 0) > 100
    assert demo.visit.nodes() - nodes < 40
    assert demo.visit.heap() - heap < 8


def test_drag_is_quick(demo: Demo) -> None:
    """A generous ceiling; the real figure is in benchmarks/."""
    for _ in range(2):
        for _step in demo.visit.drag(demo.slider, 25, pause=0.05):
            pass
    for kind in ("picture", "chart", "text"):
        waits = demo.visit.waits(kind)
        assert len(waits) >= 20
        assert np.percentile(waits, 95) < 500, kind
