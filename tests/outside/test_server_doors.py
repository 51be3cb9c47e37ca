"""Who gets into a server: not other sites' pages, not other users of the machine, not who lacks the token."""

from __future__ import annotations

import http.server
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import ClassVar

import psutil
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "browser"))

from harness import Server, Visit, facelib_app, open_browser, wait_until, write_notebook
from playwright.sync_api import expect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

TOY = """
import ipywidgets
from facelib.app.widgets.watchdog import Watchdog
ipywidgets.VBox([Watchdog(), ipywidgets.Label("the page is here")])
"""
ASKING = """
from voila.utils import get_query_string
print("seven" if "x=7" in get_query_string() else "nothing")
"""
EVIL = """<!doctype html><title>evil</title><body>
<a id="bare" href="{bare}">one</a> <a id="full" href="{full}">two</a>
<script>
const wait = [];
const embed = (tag, name, value) => wait.push(new Promise((done) => {{
  const one = document.createElement(tag);
  one.onload = one.onerror = done;
  one[name] = value;
  if (tag === "link") one.rel = "prefetch";
  document.body.append(one);
  setTimeout(done, 4000);
}}));
for (const address of ["{bare}", "{full}"]) {{
  const mark = address.includes("?") ? "&" : "?";
  for (let k = 0; k < 12; k++) embed("img", "src", `${{address}}${{mark}}${{k}}`);
  for (const tag of ["script", "iframe", "embed"]) embed(tag, "src", address);
  embed("object", "data", address);
  embed("link", "href", address);
  for (const mode of ["cors", "no-cors"])
    wait.push(fetch(address, {{ mode, credentials: "include" }}).then((r) => r.text()).then(
      (text) => {{ if (text) window.stolen = text; }}, () => null));
}}
Promise.all(wait).then(() => {{ window.over = true; }});
</script>"""
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec_WebSocket_Version": "13",
    "Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ==",
}
NOBODY = 65534
STRANGER = """
import os, sys, urllib.request
address, began, folders = sys.argv[1], float(sys.argv[2]), sys.argv[3:]
secret = sys.stdin.read().encode()
for process in filter(str.isdigit, os.listdir("/proc")):
    for name in ("cmdline", "environ", "fd/1"):
        try:
            with open(f"/proc/{process}/{name}", "rb") as file:
                content = file.read(10**6)
        except OSError:
            continue
        if secret in content:
            print("token in", process, name, content[:200])
for folder in folders:
    for root, _, names in os.walk(folder):
        for name in names:
            try:
                if os.stat(os.path.join(root, name)).st_mtime < began:
                    continue
                with open(os.path.join(root, name), "rb") as file:
                    if secret in file.read(10**7):
                        print("token in", root, name)
            except OSError:
                pass
print(urllib.request.urlopen(address).geturl())
"""


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    return write_notebook(tmp_path / "toy.ipynb", TOY)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def begin(notebook: Path, *options: str, pool: int = 0, **variables: str) -> Server:
        log = tmp_path / f"{len(servers)}.log"
        servers.append(facelib_app(notebook, log, *options, pool=pool, **variables))
        return servers[-1]

    yield begin
    for server in servers:
        server.stop()


class Evil(http.server.BaseHTTPRequestHandler):
    """Another site's page; ``page`` is what it sends, ``learned`` what browsers send to it."""

    page = ""
    learned: ClassVar[set[str]] = set()

    def do_GET(self) -> None:
        self.learned.update(self.headers.get_all("Cookie", []))
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(self.page.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def other_site() -> Iterator[Callable[[Server], int]]:
    """Serve a hostile page about a server; returns its port."""
    sites: list[http.server.ThreadingHTTPServer] = []

    def begin(server: Server) -> int:
        page = EVIL.format(bare=server.at("", token=False), full=server.url)
        Evil.learned.clear()
        handler = type("Site", (Evil,), {"page": page})
        site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        sites.append(site)
        threading.Thread(target=site.serve_forever, daemon=True).start()
        return int(site.server_address[1])

    yield begin
    for site in sites:
        site.shutdown()
        site.server_close()


def in_browser(work: Callable[..., None]) -> None:
    """Call ``work(visit)`` in a thread of its own: Playwright leaves an event loop behind."""

    def run() -> None:
        with open_browser() as browser:
            work(lambda url: Visit(browser, url))

    with ThreadPoolExecutor(1) as pool:
        pool.submit(run).result()


def shown(visit: Visit) -> Visit:
    expect(visit.page.get_by_text("the page is here", exact=True)).to_be_visible(timeout=60000)
    return visit


class Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirect."""

    def redirect_request(self, *_: object) -> None:
        return None


def answer(url: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str]]:
    """Return status and headers of an answer."""
    request = urllib.request.Request(
        url, method=method, headers={k.replace("_", "-"): v for k, v in headers.items()}
    )
    try:
        with urllib.request.build_opener(Stay).open(request, timeout=60) as found:
            return int(found.status), dict(found.headers)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, dict(error.headers)


@pytest.mark.parametrize("options", [[], ["--no-token"]], ids=["token", "no token"])
def test_another_sites_page_takes_no_session(
    toy: Path, start: Callable[..., Server], other_site: Callable[[Server], int], options: list[str]
) -> None:
    server = start(toy, "--max-kernels", "2", *options)
    port = other_site(server)

    def work(visit: Callable[[str], Visit]) -> None:
        one = shown(visit(server.url))  # this browser knows the page
        for name in ("localhost", "127.0.0.1"):  # another site, and the same one at another port
            page = one.context.new_page()
            page.goto(f"http://{name}:{port}/", wait_until="commit")
            page.wait_for_function("window.over", timeout=60000)
            assert page.evaluate("window.stolen") is None
            assert len(server.kernels()) == 1
            page.close()
        shown(visit(server.url))  # a real visitor gets the last session
        assert len(server.kernels()) == 2
        if options:
            return
        # Browsers send the cookies of 127.0.0.1 to each of its ports, so to other users' servers, too.
        path = f"api/kernels/{kernel_id(one)}"
        for cookie in Evil.learned:
            forged = {"Cookie": cookie, "X_XSRFToken": cookie.partition("_xsrf=")[2].partition(";")[0]}
            assert answer(server.at("", token=False), **forged)[0] == 302
            for method in ("GET", "DELETE"):
                assert answer(server.at(path, token=False), method, **forged)[0] in {302, 403}
            assert answer(server.at(f"{path}/channels", token=False), **UPGRADE, **forged)[0] in {302, 403}
            with pytest.raises(InvalidStatus) as refused:
                connect(
                    server.at(f"{path}/channels?session_id=x", token=False).replace("http", "ws", 1),
                    subprotocols=["v1.kernel.websocket.jupyter.org"],
                    additional_headers={"Cookie": cookie},
                )
            assert refused.value.response.status_code == 403

    in_browser(work)


def test_a_link_on_another_site_needs_the_token(
    toy: Path, start: Callable[..., Server], other_site: Callable[[Server], int]
) -> None:
    server = start(toy)
    port = other_site(server)

    def work(visit: Callable[[str], Visit]) -> None:
        one = visit(f"http://localhost:{port}/")
        one.page.wait_for_function("window.over", timeout=60000)
        one.click(one.page.locator("#bare"))
        expect(one.page.get_by_role("heading", name="This page is protected")).to_be_visible()
        assert not server.kernels()
        one.page.goto(f"http://localhost:{port}/", wait_until="commit")
        one.click(one.page.locator("#full"))
        shown(one)
        one.page.reload(wait_until="commit")
        shown(one)
        one.page.goto(f"http://localhost:{port}/", wait_until="commit")
        one.click(
            one.page.locator("#bare")
        )  # nothing is remembered that would let in a link without the token
        expect(one.page.get_by_role("heading", name="This page is protected")).to_be_visible()
        one.type_into(one.page.get_by_label("Token"), server.url.partition("token=")[2])
        one.click(one.page.get_by_role("button", name="Open"))
        shown(one)

    in_browser(work)


def kernel_id(visit: Visit) -> str:
    """Return the id of a page's kernel."""
    (found,) = {
        match.group(1) for url in visit.requests if (match := re.search(r"/kernels/([\w-]+)/channels", url))
    }
    return str(found)


def test_every_door_is_closed_without_the_token(toy: Path, start: Callable[..., Server]) -> None:
    server = start(toy)

    def work(visit: Callable[[str], Visit]) -> None:
        one = shown(visit(server.url))
        try_doors(server, one)
        one.assert_clean()
        one.close()  # its last word has the token: the kernel ends at once, not once it counts as abandoned
        server.wait_for_kernels(0, 15)

    in_browser(work)


def try_doors(server: Server, visit: Visit) -> None:
    known = kernel_id(visit)
    (kernel,) = server.kernels()
    assert known not in " ".join(kernel.cmdline())  # which every user of the machine can see
    doors = {
        "": {},
        "?token=wrong": {},
        "?token=": {},
        "toy.ipynb": {},
        "voila/files/toy.ipynb": {},
        "voila/query/" + known: UPGRADE,
        f"api/kernels/{known}": {},
        f"api/kernels/{known}/channels": UPGRADE,
        f"voila/api/shutdown/{known}": {"method": "POST"},
        "api/contents": {},
        "api/kernels": {},
        "api/kernels?": {"method": "POST"},
    }
    for door, more in doors.items():
        name = "username-" + server.at("", token=False)[7:-1].replace(".", "-").replace(":", "-")
        for extra in (
            {},
            {"Authorization": "token wrong"},
            {"Cookie": f"{name}=x; _xsrf=a", "X-XSRFToken": "a"},
        ):
            status, headers = answer(server.at(door, token=False), **more, **extra)
            assert status in {302, 401, 403, 404, 405}, (door, status)
            assert status != 302 or "/login?" in headers["Location"], door
    for extra in ({}, {"Cookie": "_xsrf=a", "X-XSRFToken": "a"}):  # anybody can choose both
        assert answer(server.at(f"api/kernels/{known}", token=False), "DELETE", **extra)[0] == 403
    assert [one.pid for one in server.kernels()] == [kernel.pid]
    for nowhere in ("voila/templates/lab", "voila/templates/lab/x/y/z", "voila/templates/lab/static/.."):
        assert answer(server.at(nowhere))[0] == 404, nowhere


@pytest.mark.parametrize("options", [[], ["--no-token"]], ids=["token", "no token"])
def test_the_one_cookie_stays_on_this_site(
    toy: Path, start: Callable[..., Server], options: list[str]
) -> None:
    server = start(toy, *options)
    with urllib.request.urlopen(server.url, timeout=60) as found:
        (cookie,) = found.headers.get_all("Set-Cookie")
    assert cookie.startswith("_xsrf=")  # opens nothing; the page's own script sends it back
    assert "SameSite=Strict" in cookie


def test_a_socket_that_speaks_another_protocol_hangs_nothing(toy: Path, start: Callable[..., Server]) -> None:
    server = start(toy)

    def work(visit: Callable[[str], Visit]) -> None:
        known = kernel_id(shown(visit(server.url)))
        channels = server.at(f"api/kernels/{known}/channels?session_id=other").replace("http", "ws", 1)
        for protocols in (None, ["chat"]):
            with pytest.raises(InvalidStatus) as refused, connect(channels, subprotocols=protocols):
                pass
            assert refused.value.response.status_code == 400
        assert answer(server.url)[0] == 200  # it still serves
        with connect(channels, subprotocols=["v1.kernel.websocket.jupyter.org"]):
            pass

    in_browser(work)


def sheaf(*parts: bytes, begins: list[int] | None = None) -> bytes:
    """Return a message of the page's protocol; `begins` says something else of where its parts begin."""
    count = len(parts) + 1
    places = [8 * (1 + count)]
    for part in parts:
        places.append(places[-1] + len(part))
    numbers = [count, *(places if begins is None else begins)]
    return b"".join(number.to_bytes(8, "little") for number in numbers) + b"".join(parts)


def read_on(socket: ClientConnection) -> None:
    """Read what the kernel says until the server hangs up."""
    while True:
        socket.recv(timeout=20)


HEADER = b'{"msg_id": "1", "msg_type": "comm_info_request", "username": "", "session": "1", "version": "5.3"}'
ASKED = (b"shell", HEADER, b"{}", b"{}", b"{}")
MALFORMED = [
    b"\xff" * 100,  # so many parts that the server counted until its memory was full
    b"",
    b"\x03",
    sheaf(b"shell"),
    sheaf(*ASKED)[:90],
    sheaf(*ASKED, begins=[56, 2**63, 61, 62, 63, 64]),
    '{"channel": "shell"}',
]


def test_a_malformed_message_hangs_nothing(toy: Path, start: Callable[..., Server]) -> None:
    server = start(toy)

    def work(visit: Callable[[str], Visit]) -> None:
        known = kernel_id(shown(visit(server.url)))
        channels = server.at(f"api/kernels/{known}/channels?session_id=other").replace("http", "ws", 1)
        for message in MALFORMED:
            with connect(channels, subprotocols=["v1.kernel.websocket.jupyter.org"]) as socket:
                socket.send(message)
                with pytest.raises(ConnectionClosed):
                    read_on(socket)
            assert answer(server.url)[0] == 200
        with connect(channels, subprotocols=["v1.kernel.websocket.jupyter.org"]) as socket:
            socket.send(sheaf(*ASKED))
            while b"comm_info_reply" not in socket.recv(timeout=30):
                pass

    in_browser(work)


def test_the_log_never_shows_the_token(toy: Path, start: Callable[..., Server]) -> None:
    server = start(toy, "--log", "DEBUG", FACELIB_TOKEN="open-sesame-open")
    kernel = "api/kernels/9f0ab3c2-0000-0000-0000-000000000000"
    for path in ("voila/files/x", kernel, "nothing", "voila/static/x"):
        answer(server.at(path))
    gone = server.at(f"{kernel}/channels").replace("http", "ws", 1)
    with pytest.raises(InvalidStatus), connect(gone, subprotocols=["v1.kernel.websocket.jupyter.org"]):
        pass
    assert "9f0ab3c2" in server.log
    assert "sesame" not in server.log.replace(server.url, "")


def test_the_login_keeps_what_else_the_address_says(tmp_path: Path, start: Callable[..., Server]) -> None:
    server = start(write_notebook(tmp_path / "asking.ipynb", ASKING))

    def work(visit: Callable[[str], Visit]) -> None:
        one = visit(server.at("?x=7", token=False))
        one.type_into(one.page.get_by_label("Token"), server.url.partition("token=")[2])
        one.click(one.page.get_by_role("button", name="Open"))
        expect(one.page.get_by_text("seven")).to_be_visible(timeout=60000)

    in_browser(work)


def test_a_kernel_that_stands_ready_learns_its_request(tmp_path: Path, start: Callable[..., Server]) -> None:
    server = start(write_notebook(tmp_path / "asking.ipynb", ASKING), pool=1)
    with urllib.request.urlopen(server.at("?x=7"), timeout=60) as found:
        assert b"seven" in found.read()


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root can become another user")
def test_another_user_of_the_machine_gets_nothing(toy: Path, tmp_path: Path) -> None:
    seen, browser = tmp_path / "opened", tmp_path / "browser.sh"
    browser.write_text(f'#!/bin/sh\necho "$1" > "{seen}.part"; mv "{seen}.part" "{seen}"; sleep 60\n')
    browser.chmod(0o755)
    command = [
        sys.executable,
        "-m",
        "facelib",
        "app",
        str(toy),
        "--port",
        "0",
        "--pool-size",
        "1",
        "--log",
        "INFO",
    ]
    began = time.time() - 2  # what the server writes is newer, on coarse clocks, too
    with Server(command, tmp_path / "log", r"facelib is at (http\S+)", BROWSER=f"{browser} %s") as server:
        secret = server.url.partition("token=")[2]
        assert len(secret) >= 24
        wait_until(seen.exists, 60, "the page was opened in the browser")
        file = Path(seen.read_text().strip().removeprefix("file://"))
        assert secret in file.read_text()
        assert file.stat().st_mode & 0o077 == 0
        before = [kernel.pid for kernel in server.kernels()]
        python = shutil.which("python3", path="/usr/bin:/usr/local/bin") or sys.executable
        become = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        bare = server.at("", token=False)
        told = subprocess.run(
            [*become, python, "-c", STRANGER, bare, f"{began}", tempfile.gettempdir(), "/dev/shm"],
            input=secret,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            cwd="/",
        )
        assert told.returncode == 0, told.stderr
        assert told.stdout.strip() == f"{bare}login?next=%2F", told.stdout
        assert [kernel.pid for kernel in server.kernels()] == before
        for process in psutil.process_iter(["cmdline"]):
            assert not any(secret in word for word in process.info["cmdline"] or ()), process
    assert not file.exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--token", "secret"], "FACELIB_TOKEN"),
        (["--no-token", "--ip", "0.0.0.0"], "needs a token"),
        (["--token-file", "nowhere"], "can't be read"),
        (["--token-file", "short"], "can be guessed"),
    ],
)
def test_what_would_give_the_token_away_is_refused(options: list[str], words: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "facelib", "app", "--no-browser", *options]
    (tmp_path / "short").write_text("7 chars")
    (tmp_path / "short").chmod(0o600)
    told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path)
    assert told.returncode == 2
    assert words in told.stderr
    assert "secret" not in told.stderr


@pytest.mark.parametrize("own", [False, True])
def test_kernels_listen_on_no_port(toy: Path, tmp_path: Path, own: bool) -> None:
    with facelib_app(toy if own else None, tmp_path / "log", pool=1) as server:
        (kernel,) = server.kernels()
        wait_until(
            lambda: not [one for one in kernel.net_connections("inet") if one.status == psutil.CONN_LISTEN],
            10,
            "no port that other users of the machine could write to",
        )


def test_localhost_is_one_address(toy: Path, start: Callable[..., Server]) -> None:
    server = start(toy, "--ip", "localhost")
    assert server.url.startswith("http://127.0.0.1:")  # on ::1 somebody else may listen, and get the token
    assert answer(server.url)[0] == 200


def test_the_environments_token_goes_no_further(toy: Path, start: Callable[..., Server]) -> None:
    server = start(toy, "--log", "DEBUG", pool=1, FACELIB_TOKEN="open sesame")
    assert server.url.endswith("?token=open+sesame")
    assert "sesame" not in server.log.replace(server.url, "")  # which people paste when they ask for help
    (kernel,) = server.kernels()
    assert "FACELIB_TOKEN" not in kernel.environ()
    assert "PYTHONSAFEPATH" not in kernel.environ()  # a notebook may import a module beside it
    assert answer(server.url)[0] == 200
    assert answer(server.at("?token=open+sesam", token=False))[0] == 302


@pytest.mark.parametrize("seconds", [0, 1.5, 4, 9])
def test_ctrl_c_ends_it_also_while_kernels_start(tmp_path: Path, seconds: float) -> None:
    """What kernels need is imported for seconds, and nobody waits for that who wants to end."""
    command = [sys.executable, "-m", "facelib", "app", "--no-browser", "--port", "0", "--pool-size", "2"]
    server = Server(command, tmp_path / "log", r"facelib is at (http\S+)", TMPDIR=str(tmp_path))
    started = {process.pid for process in psutil.Process(server.process.pid).children(recursive=True)}
    time.sleep(seconds)
    started |= {process.pid for process in psutil.Process(server.process.pid).children(recursive=True)}
    assert started
    began = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - began < 20
    assert "error" not in server.log
    assert "Traceback" not in server.log
    assert [path.name for path in tmp_path.glob("facelib-*")] == []
    wait_until(lambda: not any(psutil.pid_exists(pid) for pid in started), 20, "all processes have ended")
