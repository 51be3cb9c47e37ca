"""Visitors with hands, slow lines and patience: what they see of the page, and when."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from explore import strength
from hands import Hands
from harness import COMES, SCREENSHOTS, Server, Visit, wait_until, write_notebook
from playwright.sync_api import Browser, Page, Route, expect

Start = Callable[..., Server]
Visits = Callable[..., Visit]
SIZES = {"laptop": (1280, 720), "desktop": (1440, 900), "tablet": (820, 1180), "phone": (390, 844)}
LATER = {"laptop": pytest.mark.thorough}
TABS = ("Explore", "Population", "Observed data", "Muscles")
LONG = """
import time
import ipywidgets as widgets
from facelib.app.widgets.watchdog import Watchdog

told = widgets.Label("strength 0")
buttons = [widgets.Button(description=name) for name in ("Compute", "Compute aside")]

def compute(_=None):
    time.sleep(9)
    told.value = "computed"

def aside(_):
    import asyncio
    asyncio.get_running_loop().call_later(0.1, compute)  # the server hears nothing of such work

buttons[0].on_click(compute)
buttons[1].on_click(aside)
widgets.VBox([Watchdog(), told, *buttons])
"""


def held(page: Page) -> list[Route]:
    """Let the page's script wait, as on a slow line, until `let_go`."""
    routes: list[Route] = []
    page.route("**/static/voila.js*", lambda route: routes.append(route))  # noqa: PLW0108
    return routes


def let_go(page: Page, routes: list[Route]) -> None:
    """Let it arrive; events of the page come while Playwright waits only."""
    while not routes:
        page.wait_for_timeout(50)
    routes[0].continue_()


def ready(page: Page, milliseconds: float = COMES) -> None:
    expect(page.get_by_text("strength 0", exact=True)).to_be_visible(timeout=milliseconds)


def old_kernel(server: Server, seconds: float) -> None:
    """Wait until the kernel that stands ready is older than the time after which idle ones end."""
    server.wait_for_kernels(1)
    (kernel,) = server.kernels()
    wait_until(lambda: time.time() - kernel.create_time() > seconds + 4, seconds + 60, "an old kernel")


@pytest.mark.thorough
def test_who_comes_to_an_idle_server_by_a_slow_line_gets_the_page(
    toy: Path, start: Start, browser: Browser
) -> None:
    server = start(toy, "--idle-minutes", "0.25")
    old_kernel(server, 15)
    page = browser.new_page()
    script = held(page)
    page.goto(server.url, wait_until="commit")
    page.wait_for_timeout(14000)
    let_go(page, script)
    ready(page)
    page.close()


@pytest.mark.thorough
def test_a_page_whose_session_is_gone_says_so(toy: Path, start: Start, browser: Browser) -> None:
    server = start(toy, pool=1)
    (kernel,) = server.kernels()
    page = browser.new_page()
    script = held(page)
    response = page.goto(server.url, wait_until="commit")
    assert response is not None
    response.finished()
    kernel.kill()
    let_go(page, script)
    failure = page.get_by_role("alert").filter(has_text="could not be built")
    expect(failure).to_be_visible(timeout=COMES)
    assert "VBox(" not in page.locator("body").inner_text()
    page.screenshot(path=SCREENSHOTS / "session_gone.png")
    page.unroute_all()
    Hands(page).click(failure.get_by_role("button", name="Reload"))
    ready(page)
    page.close()


BUSY = """
import time
import anywidget
import ipywidgets as widgets
import traitlets

class Late(anywidget.AnyWidget):  # longer than anywidget waits
    _esm = '''
await new Promise((wake) => setTimeout(wake, 3000));
export default { render({ model, el }) {
  const show = () => { el.textContent = `late: ${model.get("text")}`; };
  model.on("change:text", show);
  show();
} };
'''
    text = traitlets.Unicode("nothing").tag(sync=True)

class Busy(widgets.Label):
    asked = -1  # not when it is made

    def get_state(self, key=None, drop_defaults=False):
        state = super().get_state(key, drop_defaults)
        if key is None:
            self.asked += 1
            time.sleep(2.5 if self.asked else 0)  # ipywidgets asks twice for one answer
            state["value"] = f"asked {self.asked} times"
        return state

late, button = Late(), widgets.Button(description="Go on")
button.on_click(lambda _: late.set_trait("text", "heard"))
widgets.VBox([Busy(), late, button])
"""


def test_a_busy_session_is_asked_once_and_a_late_widget_hears_of_changes(
    tmp_path: Path, start: Start, visit: Visits
) -> None:
    one = visit(start(write_notebook(tmp_path / "busy.ipynb", BUSY), pool=0).url)
    expect(one.page.get_by_text("asked 2 times")).to_be_visible(timeout=COMES)
    expect(one.page.get_by_text("late: nothing")).to_be_visible()
    one.click(one.page.get_by_role("button", name="Go on"))
    expect(one.page.get_by_text("late: heard")).to_be_visible()


@pytest.mark.thorough
def test_a_page_that_computes_for_long_says_so_and_goes_on(
    tmp_path: Path, start: Start, visit: Visits
) -> None:
    server = start(write_notebook(tmp_path / "long.ipynb", LONG), pool=0)
    one = visit(server.url)
    ready(one.page)
    one.page.evaluate(
        """() => { window.banners = 0; new MutationObserver(() => {
             window.banners += document.querySelectorAll('.facelib-ended').length;
           }).observe(document.body, {childList: true, subtree: true}); }"""
    )
    computing = one.page.get_by_role("status").filter(has_text="Still computing")
    for button in ("Compute", "Compute aside"):
        expect(computing).to_have_count(0)
        one.click(one.page.get_by_role("button", name=button, exact=True))
        expect(computing).to_be_visible(timeout=8000)
        expect(computing).to_have_count(0, timeout=20000)
    assert one.page.evaluate("window.banners") == 0
    one.assert_clean()
    server.kill()
    expect(one.page.get_by_role("alert").filter(has_text="facelib doesn\u2019t answer")).to_be_visible(
        timeout=15000
    )


@pytest.mark.parametrize("size", [pytest.param(one, marks=LATER.get(one, ())) for one in SIZES])
def test_everything_can_be_scrolled_to(page_url: str, visit: Visits, size: str) -> None:
    width, height = SIZES[size]
    one = visit(page_url, width=width, height=height)
    strength(one).wait_for(timeout=COMES)
    limits = one.page.locator(".facelib-limits")
    for tab in TABS if size in {"laptop", "desktop"} else TABS[:1]:
        one.click(one.page.get_by_role("tab", name=tab, exact=True))
        expect(one.page.get_by_text("One moment: this part")).to_have_count(0, timeout=COMES)
        one.reach(limits)
        one.screenshot(f"scrolled_{size}_{tab.split()[0].lower()}")
        one.reach(one.page.get_by_role("tab", name=tab, exact=True))


def test_keys_and_fingers_scroll(page_url: str, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(page_url, wait_until="commit")
    expect(page.locator(".facelib-live")).to_have_attribute("data-state", "ready", timeout=COMES)
    cells = page.locator("#rendered_cells")

    def top() -> float:
        return float(cells.evaluate("cells => cells.scrollTop"))

    def at_rest() -> bool:
        before = top()
        page.wait_for_timeout(300)
        return top() == before

    def press(key: str, there: Callable[[], bool]) -> None:
        page.keyboard.press(key)
        try:
            wait_until(there, 5, f"{key} scrolls")
        except AssertionError:  # what grows while it scrolls stops it: one presses again
            page.keyboard.press(key)
            wait_until(there, 20, f"{key} scrolls")
        wait_until(at_rest, 20, "what was scrolled comes to rest")  # Chromium swallows a key at the last step

    longer = "cells => cells.scrollHeight > cells.clientHeight + 400"
    wait_until(lambda: cells.evaluate(longer), 60, "a page that is longer than its window")
    for key in ("End", "PageDown"):
        press(key, lambda: top() > 300)
        press("Home", lambda: top() == 0)
    Hands(page).swipe((195, 700), (195, 300))
    wait_until(lambda: top() > 200, 20, "a finger scrolls")
    context.close()


LATE = """
import threading
import time
import ipywidgets as widgets
from facelib.app.widgets.style import PageStyle

asked = threading.Event()
asked.set()  # not yet: while the notebook runs

class Late(widgets.HTML):  # what a worker finds while the page is on its way
    def get_state(self, key=None, drop_defaults=False):
        state = super().get_state(key, drop_defaults)
        if key is None and not asked.is_set():
            asked.set()
            threading.Thread(target=find).start()
        return state

def find():
    for number, text in enumerate(texts):
        text.value = f"found {number}"
        time.sleep(0.005)

late = Late()
texts = [late, *(widgets.HTML("nothing yet") for _ in range(200))]
page = widgets.VBox([PageStyle(), *texts])
page.add_class("facelib-app")
display(page)
asked.clear()
"""


@pytest.mark.thorough
def test_what_is_found_while_the_page_comes_is_shown(tmp_path: Path, start: Start, visit: Visits) -> None:
    page = visit(start(write_notebook(tmp_path / "late.ipynb", LATE), pool=0).url).page
    expect(page.get_by_text("found 200")).to_be_visible(timeout=20_000)
    assert page.get_by_text("nothing yet").count() == 0
    assert page.get_by_text("found").count() == 201


HELD = """
import ipywidgets as widgets
from facelib.app.widgets.watchdog import Watchdog

dog = Watchdog()
told = widgets.Label("strength 0")
buttons = [widgets.Button(description=name) for name in ("Work", "Done")]

def work(there):
    dog.keep("photograph", there=there)
    told.value = "at stake" if there else "strength 0"

buttons[0].on_click(lambda _: work(True))
buttons[1].on_click(lambda _: work(False))
widgets.VBox([dog, told, *buttons])
"""


@pytest.mark.outside
def test_who_would_lose_something_is_asked_before_leaving(
    tmp_path: Path, start: Start, visit: Visits
) -> None:
    server = start(write_notebook(tmp_path / "held.ipynb", HELD), pool=0)
    one = visit(server.url)
    ready(one.page)
    one.click(one.page.get_by_role("button", name="Work"))
    expect(one.page.get_by_text("at stake")).to_be_visible()
    one.stays = True
    one.page.evaluate("setTimeout(() => location.reload(), 0)")
    one.page.wait_for_timeout(3000)
    assert one.asked == 1
    one.click(one.page.get_by_role("button", name="Done"))  # who stays can go on
    ready(one.page)
    one.page.reload(wait_until="commit")
    ready(one.page)
    assert one.asked == 1
    server.wait_for_kernels(1)
