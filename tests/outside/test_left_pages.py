"""Pages that are left in every way, and what others put where a page keeps what it shows."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from explore import age, emotion, live, strength
from hands import Hands
from harness import Server, Visit, facelib_app, visitors, wait_until
from playwright.sync_api import Browser, expect
from test_photographs import PORTRAIT, choose
from test_photographs import kept as kept_file
from test_reload import SOON, change_everything, kept, opened, shown

pytestmark = pytest.mark.packages
Visits = Callable[..., Visit]
UNUSABLE = "couldn\u2019t be brought back, so the page starts afresh"
FORBIDDEN = """
Object.defineProperty(window, "sessionStorage", { get() { throw new DOMException("no", "SecurityError"); } });
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("page") / "log"
    with facelib_app(None, log, "--idle-minutes", "30", pool=1) as found:
        yield found


@pytest.fixture
def visit(browser: Browser, server: Server) -> Iterator[Callable[[], Visit]]:
    with visitors(browser) as begin:
        yield lambda: opened(begin(server.url))


def restored(one: Visit, words: str = "As you left it.") -> None:
    expect(one.page.locator(".facelib-restored")).to_contain_text(words, timeout=SOON)
    opened(one)


def test_it_comes_back_from_another_page_and_two_tabs_are_two(visit: Visits, server: Server) -> None:
    one = visit()
    change_everything(one)
    left = shown(one)
    other = one.context.new_page()
    other.goto(server.url, wait_until="commit")
    other.locator(".facelib-live[data-state=ready]").wait_for(timeout=SOON)
    expect(other.locator(".facelib-restored")).to_be_hidden()
    expect(other.locator(".facelib-tab-0").get_by_label("Emotion", exact=True)).to_have_value("happy")
    Hands(other).choose(other.locator(".facelib-tab-0").get_by_label("Emotion", exact=True), "angry")
    other.wait_for_timeout(1000)
    one.page.goto("about:blank")
    one.page.go_back(wait_until="commit")
    restored(one)
    assert shown(one) == left
    other.reload(wait_until="commit")
    expect(other.locator(".facelib-restored")).to_contain_text("As you left it.", timeout=SOON)
    expect(other.locator(".facelib-tab-0").get_by_label("Emotion", exact=True)).to_have_value("angry")
    other.close(run_before_unload=True)


def test_it_comes_back_after_the_death_of_its_kernel(browser: Browser, tmp_path: Path) -> None:
    with facelib_app(None, tmp_path / "log", pool=0) as server, visitors(browser) as begin:
        one = opened(begin(server.url))
        change_everything(one)
        (kernel,) = server.kernels()
        kernel.suspend()
        one.press(strength(one), "Home", *["ArrowRight"] * 13, by="click")  # the kernel never hears of it
        one.page.wait_for_timeout(600)
        left = shown(one)
        kernel.kill()
        again = one.page.locator(".facelib-ended").get_by_role("button", name="Reload")
        expect(again).to_be_visible(timeout=SOON)
        one.click(again)
        restored(one)
        found = shown(one)
        assert "13" in found["live"]
        assert found == left


def test_it_comes_back_by_itself_when_the_server_is_started_again(browser: Browser, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    token = "one-and-the-same"
    with visitors(browser) as begin:
        with facelib_app(None, tmp_path / "first", "--port", port, pool=0, FACELIB_TOKEN=token) as server:
            one = opened(begin(server.url))
            change_everything(one)
            left, address = shown(one), one.page.url
            assert "change=palsy" in address
        gone = one.page.get_by_role("alert").filter(has_text="start it again")
        expect(gone).to_be_visible(timeout=SOON)
        with facelib_app(None, tmp_path / "second", "--port", port, pool=0, FACELIB_TOKEN=token):
            restored(one)
            assert (shown(one), one.page.url) == (left, address)
        with facelib_app(None, tmp_path / "third", "--port", port, pool=0, FACELIB_TOKEN=token[::-1]):
            expect(one.page.get_by_role("alert").filter(has_text="give it that token")).to_be_visible(
                timeout=SOON
            )


HOSTILE = {
    "half": "{",
    "null": "null",
    "step": '{"version":2,"tab":1,"step":21}',
    "version": '{"version":7}',
    "html": "<img src=x onerror=alert(1)>",
    "deep": "[" * 19_000,
    "long": "x" * 3_000_000,
}


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
def test_what_others_wrote_is_not_shown_and_not_run(visit: Visits, server: Server, value: str) -> None:
    one = visit()
    first = shown(one)
    log = len(server.log)
    one.page.evaluate("value => sessionStorage.setItem('facelib ' + location.pathname, value)", value)
    one.page.reload(wait_until="commit")
    restored(one, UNUSABLE)
    assert shown(one) == first
    assert "Traceback" not in server.log[log:]
    wait_until(lambda: kept(one) != value, 10, "what was there is replaced")
    one.click(one.page.get_by_role("button", name="OK", exact=True))
    expect(one.page.locator(".facelib-restored")).to_be_hidden()
    one.assert_clean()


def test_a_browser_that_forbids_keeping_anything_shows_the_page(visit: Visits) -> None:
    one = visit()
    one.context.add_init_script(FORBIDDEN)
    one.page.reload(wait_until="commit")
    opened(one)
    one.choose(emotion(one), "sad")
    expect(live(one).locator("h2")).to_contain_text("sad", timeout=SOON)
    one.assert_clean()


def test_a_photograph_is_warned_about_and_not_kept(visit: Visits, tmp_path: Path) -> None:
    one = visit()
    one.click(one.page.get_by_role("button", name="Photograph", exact=True))
    expect(one.page.get_by_text("Eileen Collins")).to_be_visible(timeout=SOON)
    choose(one, kept_file(tmp_path, "mine.jpg", PORTRAIT))
    expect(one.page.get_by_text("mine.jpg, ")).to_be_visible(timeout=SOON)
    one.choose(emotion(one), "sad")
    one.page.wait_for_timeout(1000)
    text = kept(one) or ""
    assert '"photograph":"own"' in text
    assert "mine" not in text
    assert len(text) < 3000
    one.page.reload(wait_until="commit")
    restored(one, "without your photograph: pictures aren\u2019t kept")
    assert one.asked == 1
    expect(emotion(one)).to_have_value("sad")
    expect(age(one)).to_have_attribute("aria-valuetext", "28")
    one.page.wait_for_timeout(1000)
    one.page.reload(wait_until="commit")
    restored(one)
    assert one.asked == 1
