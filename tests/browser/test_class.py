"""A class in a real browser: what is closed, the line for a session, what is shared; and a hub's path."""

from __future__ import annotations

import re
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from harness import COMES, QUICK_PAGE, SCREENSHOTS, Server, Visit, wait_until, write_notebook
from playwright.sync_api import Browser, Page, expect

Start = Callable[..., Server]
Visits = Callable[..., Visit]
BASE = "/hub/x/"


def ready(page: Page, milliseconds: float = COMES) -> None:
    expect(page.get_by_text("strength 0", exact=True)).to_be_visible(timeout=milliseconds)


def waiting(page: Page, words: str) -> None:
    expect(page.get_by_role("heading", name="All sessions are in use")).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text(words)


def asks_again(page: Page) -> None:
    """Do at once what the page's own refresh does after some seconds."""
    again = page.locator("meta[http-equiv=refresh]").get_attribute("content")
    assert again is not None
    page.goto(page.url.partition("?")[0] + again.partition("url=")[2], wait_until="commit")


def has_room(page: Page) -> bool:
    """Ask again, and say whether what comes is the page itself."""
    asks_again(page)
    return page.get_by_text("Starting a session").count() > 0


@pytest.mark.thorough
def test_who_comes_to_a_full_class_waits_in_line_without_a_script(
    toy: Path, start: Start, visit: Visits, browser: Browser
) -> None:
    server = start(toy, "--class", "2", pool=1)
    inside = [visit(server.url) for _ in range(2)]
    for one in inside:
        ready(one.page)
    plain = [browser.new_context(java_script_enabled=False) for _ in range(2)]
    first, second = (context.new_page() for context in plain)
    for page, words in ((first, "You are the first in line"), (second, "One person is in line before you")):
        answer = page.goto(server.url)
        assert answer is not None
        assert answer.status == 503
        waiting(page, "2 of 2 sessions have a visitor")
        waiting(page, words)
    first.screenshot(path=SCREENSHOTS / "lobby.png")
    first.reload()
    waiting(first, "You are the first in line")
    with first.expect_navigation(timeout=20000):  # by itself
        pass
    waiting(first, "You are the first in line")
    inside[1].page.reload(wait_until="commit")
    ready(inside[1].page)  # whose page is reloaded keeps the seat
    asks_again(first)
    waiting(first, "You are the first in line")
    inside[0].close()

    def let_in() -> bool:
        assert not has_room(second), "who came later is in first"
        return has_room(first)

    wait_until(let_in, 90, "the first in line has the page")
    server.wait_for_kernels(2)
    asks_again(second)
    waiting(second, "You are the first in line")
    bare = second.url.partition("?")[0]
    second.goto(bare)
    expect(second.get_by_role("heading", name="This page is protected")).to_be_visible()
    for context in plain:
        context.close()


def test_a_class_types_its_word(toy: Path, start: Start, visit: Visits) -> None:
    server = start(toy, "--class", "2", pool=0)
    wait_until(lambda: "For the board" in server.log, 20, "the word")
    page_address, word = re.findall(r"For the board: (http\S+) and the word (\S+)", server.log)[0]
    assert re.fullmatch(r"([a-z]{4}-){3}[a-z]{4}", word)
    one = visit(f"{page_address}#age=70")
    one.type_into(one.page.get_by_label("Word"), word[:-1])
    one.click(one.page.get_by_role("button", name="Open"))
    expect(one.page.get_by_role("alert")).to_have_text("That was not the right word.")
    one.type_into(one.page.get_by_label("Word"), word.replace("-", " ").title())
    one.click(one.page.get_by_role("button", name="Open"))
    ready(one.page)
    assert one.page.url.endswith("#age=70"), "a link's scene survives the question for the word"
    one.assert_local()


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_notebook(tmp_path_factory.mktemp("class") / "page.ipynb", QUICK_PAGE)


@pytest.mark.thorough
def test_nothing_of_ones_own_can_be_given_and_the_page_says_why(
    quick: Path, start: Start, visit: Visits
) -> None:
    server = start(quick, "--class", "2", pool=1)
    one = visit(server.url)
    page = one.page
    one.click(page.get_by_role("button", name="Photograph", exact=True))
    reason = page.locator(".facelib-drop-closed:visible")
    expect(reason).to_have_count(1, timeout=COMES)
    expect(reason).to_contain_text("Article 5 (1) (f)")
    expect(page.locator(".facelib-drop-zone:visible, .facelib-drop-camera:visible")).to_have_count(0)
    expect(page.get_by_text("Eileen Collins")).to_be_visible()  # the public-domain portrait is there
    one.screenshot("class_closed")
    (folder,) = Path(tempfile.gettempdir()).glob(f"facelib-page-{server.process.pid}-*/class")
    wait_until(lambda: list(folder.glob("sweep-*.safetensors")), 60, "the start scene is shared")
    shared = {path.name for path in folder.glob("sweep-*.safetensors")}
    assert len(shared) == 1  # the photograph's isn't
    two = visit(server.url)
    expect(two.page.locator(".facelib-strength")).to_be_visible(timeout=COMES)
    expect(two.page.locator(".facelib-progress:visible")).to_have_count(0, timeout=COMES)
    assert {path.name for path in folder.glob("sweep-*.safetensors")} == shared
    assert folder.stat().st_mode & 0o777 == 0o700
    server.stop()
    assert not folder.exists()
    one.problems.clear()  # a page whose server has ended complains
    two.problems.clear()


class Proxy:
    """A proxy that passes connections on as they are, if they begin below a path."""

    def __init__(self) -> None:
        self.port_behind = 0
        self.refused: list[bytes] = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.socket.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._pass, args=(client,), daemon=True).start()

    def _pass(self, client: socket.socket) -> None:
        with client:
            begin = client.recv(65536)
            if begin and not begin.split(b" ")[1].startswith(BASE.encode()):
                self.refused.append(begin.split(b"\r\n")[0])
                client.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return
            with socket.create_connection(("127.0.0.1", self.port_behind)) as server:
                server.sendall(begin)
                back = threading.Thread(target=pump, args=(server, client), daemon=True)
                back.start()
                pump(client, server)
                back.join(5)


def pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    made = Proxy()
    yield made
    made.socket.close()


@pytest.mark.thorough
def test_all_of_it_lies_below_the_path_of_a_hub(
    quick: Path, start: Start, visit: Visits, proxy: Proxy
) -> None:
    server = start(quick, "--base-url", BASE, "--max-kernels", "2", pool=1)
    assert f"{BASE}?token=" in server.url
    proxy.port_behind = int(re.findall(r":(\d+)/", server.url)[0])
    outside = re.sub(r"//[^/]+/", f"//localhost:{proxy.port}/", server.url)
    one = visit(outside.partition("?")[0])
    one.type_into(one.page.get_by_label("Token"), outside.partition("token=")[2])
    one.click(one.page.get_by_role("button", name="Open"))
    expect(one.page.locator(".facelib-strength")).to_be_visible(timeout=COMES)
    expect(one.page.locator(".facelib-progress:visible")).to_have_count(0, timeout=COMES)
    asked = [url for url in one.requests if not url.startswith(("data:", "blob:"))]
    assert all(re.match(rf"(http|ws)://localhost:{proxy.port}{BASE}", url) for url in asked), asked
    assert any(url.startswith("ws:") for url in asked)
    assert {cookie.get("path") for cookie in one.context.cookies()} == {BASE}
    assert not proxy.refused
    one.page.reload(wait_until="commit")
    expect(one.page.locator(".facelib-strength")).to_be_visible(timeout=COMES)
    server.wait_for_kernels(2)
    two = visit(outside)
    expect(two.page.locator(".facelib-strength")).to_be_visible(timeout=COMES)
    three = visit(outside)
    waiting(three.page, "2 of 2 sessions")
    one.assert_clean()
    two.close()  # its last word goes below the path, too
    asks_again(three.page)
    wait_until(lambda: len(server.kernels()) <= 2, 30, "the session has ended")


@pytest.mark.outside
def test_a_link_made_on_the_teachers_computer_leads_others_in(
    quick: Path, start: Start, visit: Visits
) -> None:
    server = start(quick, "--class", "3", "--ip", "0.0.0.0", pool=1)
    wait_until(lambda: "For the board" in server.log, 20, "the word")
    board, word = re.findall(r"For the board: (http\S+) and the word (\S+)", server.log)[0]
    assert "//127." not in board
    teacher = visit(re.sub(r"//[^/]+:", "//127.0.0.1:", server.url))
    page = teacher.page
    expect(page.locator(".facelib-strength")).to_be_visible(timeout=COMES)
    teacher.click(page.get_by_role("button", name="Share"))
    link = page.get_by_label("Link to this scene")
    expect(link).to_have_value(re.compile(rf"^{re.escape(board)}#"), timeout=COMES)
    code = page.get_by_role("img", name="QR code of the link")
    expect(code).to_be_visible(timeout=COMES)
    teacher.screenshot("share_code")
    assert scanned(code.screenshot()) == link.input_value(), "what is scanned is what stands there"
    assert not {"token", word} & set(re.split(r"[?&=#]", link.input_value())), "projected without the word"
    pupil = visit(f"{link.input_value()}age=70")
    pupil.type_into(pupil.page.get_by_label("Word"), word)
    pupil.click(pupil.page.get_by_role("button", name="Open"))
    expect(pupil.page.get_by_role("slider", name="Age", exact=True)).to_have_attribute(
        "aria-valuetext", "70", timeout=COMES
    )
    pupil.click(pupil.page.get_by_role("button", name="Share"))
    expect(pupil.page.get_by_label("Link to this scene")).to_have_value(
        re.compile(rf"^{re.escape(board)}#age=70"), timeout=COMES
    )


def scanned(picture: bytes) -> str:
    """Return what a code on a picture of the screen says."""
    pixels = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_GRAYSCALE)
    return str(cv2.QRCodeDetector().detectAndDecode(pixels)[0])
