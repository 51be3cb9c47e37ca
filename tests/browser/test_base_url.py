"""All of the page below a path, behind a proxy."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from explore import strength
from harness import COMES, QUICK_PAGE, Server, Visit, write_notebook
from playwright.sync_api import expect

Start = Callable[..., Server]
Visits = Callable[..., Visit]
BASE = "/hub/x/"


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
    tmp_path: Path, start: Start, visit: Visits, proxy: Proxy
) -> None:
    quick = write_notebook(tmp_path / "page.ipynb", QUICK_PAGE)
    server = start(quick, "--base-url", BASE, "--max-kernels", "2", pool=1)
    assert f"{BASE}?token=" in server.url
    proxy.port_behind = int(re.findall(r":(\d+)/", server.url)[0])
    outside = re.sub(r"//[^/]+/", f"//localhost:{proxy.port}/", server.url)
    one = visit(outside.partition("?")[0])
    one.type_into(one.page.get_by_label("Token"), outside.partition("token=")[2])
    one.click(one.page.get_by_role("button", name="Open"))
    expect(strength(one)).to_be_visible(timeout=COMES)
    expect(one.page.locator(".facelib-progress:visible")).to_have_count(0, timeout=COMES)
    asked = [url for url in one.requests if not url.startswith(("data:", "blob:"))]
    assert all(re.match(rf"(http|ws)://localhost:{proxy.port}{BASE}", url) for url in asked), asked
    assert any(url.startswith("ws:") for url in asked)
    assert {cookie.get("path") for cookie in one.context.cookies()} == {BASE}
    assert not proxy.refused
    one.page.reload(wait_until="commit")
    expect(strength(one)).to_be_visible(timeout=COMES)
    server.wait_for_kernels(2)
    two = visit(outside)
    expect(strength(two)).to_be_visible(timeout=COMES)
    three = visit(outside)
    expect(three.page.get_by_role("heading", name="All sessions are in use")).to_be_visible()
    one.assert_clean()
    two.close()  # its last word goes below the path, too
    server.wait_for_kernels(2)  # the pool's next one takes the place
    three.click(three.page.get_by_role("link", name="Try again"))
    expect(strength(three)).to_be_visible(timeout=COMES)
