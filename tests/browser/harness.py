"""A real server and a real browser, and what tests and benchmarks want to know of them."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import nbformat
import psutil
import pytest
from hands import SHOWN, Hands, plain
from playwright.sync_api import Browser, Dialog, Locator, Playwright, Request, expect, sync_playwright

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SCREENSHOTS = ROOT / "screenshots"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OFF = (
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup"),  # two pages a window, for an address bar nobody sees
    # What Playwright switches off: of two lists Chromium takes the last.
    *("AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades"),
    *("HttpsFirstBalancedModeAutoEnable", "LensOverlay", "MediaRouter", "PaintHolding"),
    *("ThirdPartyStoragePartitioning", "AvoidCorsURLLoaderRestartOnRedirect", "OptimizationHints"),
    *("NetworkTimeServiceQuerying", "AimEnabled", "PreconnectToSearch"),
)
BROWSER_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--js-flags=--expose-gc",
    f"--disable-features={','.join(OFF)}",
    "--enable-precise-memory-info",
]
LOCAL = {"127.0.0.1", "localhost", "[::1]", "::1"}
HARMLESS = ("Unsatisfied version", "No satisfying version")  # Voila's JupyterLab modules are older than Lab's
QUICK_PAGE = """
from facelib.app import Explorer, page

page(Explorer(("known_unbiased", "known_age_happy")))
"""
"""A notebook with the page, read by classifiers that answer at once."""
START = 180.0  # seconds that a server may take on a busy machine
_PLAYS: list[Playwright] = []
COMES = 180_000  # ms that a page or an answer may take there


def find_browser() -> str | None:
    """Return the path of the system's Chromium."""
    return next((path for path in map(shutil.which, BROWSERS) if path), None)


def launch_browser(playwright: Playwright) -> Browser:
    """Start the system's Chromium without a window."""
    return playwright.chromium.launch(executable_path=find_browser(), args=BROWSER_OPTIONS)


@contextlib.contextmanager
def playing() -> Iterator[Playwright]:
    """Playwright, of which a process has one: a module's browser may come beside the session's."""
    if _PLAYS:
        yield _PLAYS[0]
        return
    with sync_playwright() as playwright:
        _PLAYS.append(playwright)
        try:
            yield playwright
        finally:
            _PLAYS.clear()


@contextlib.contextmanager
def open_browser() -> Iterator[Browser]:
    """A Chromium for tests; without one they are skipped, in CI they fail."""
    if find_browser() is None:
        text = "No Chromium found. Install it, for example with: apt-get install chromium"
        pytest.fail(text) if os.environ.get("CI") else pytest.skip(text)
    with playing() as playwright:
        expect.set_options(timeout=30_000)  # ms; a busy machine may need more than Playwright's 5 s
        browser = launch_browser(playwright)
        stuck = threading.Timer(60, end_chromium)  # closing waits for its processes without end
        try:
            yield browser
        finally:
            stuck.start()
            browser.close()
            stuck.cancel()


def end_chromium() -> None:
    """Kill the browsers of this process."""
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if "chrom" in process.name():
                process.kill()


def wait_until(condition: Callable[[], object], seconds: float, what: str) -> None:
    """Wait until `condition()` is true; fail with `what` after so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"Not within {seconds:g} s: {what}"
        time.sleep(0.05)


def write_notebook(path: Path, *cells: str) -> Path:
    """Write a notebook of code cells."""
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell.strip()) for cell in cells],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    nbformat.write(notebook, path)
    return path


class Server:
    """A server of pages in a process of its own, by default the real command ``python -m facelib app``."""

    def __init__(self, command: Sequence[str], log: Path, address: str, **variables: str) -> None:
        self.log_file = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={**os.environ, **variables},
            )
        pattern = re.compile(address)
        try:
            wait_until(lambda: pattern.search(self.log) or self._dead(), START, "the server's address")
        except BaseException:
            self.kill()
            raise
        found = pattern.search(self.log)
        assert found, self.log
        self.url = found.group(1)

    def at(self, path: str, *, token: bool = True) -> str:
        """Return the address of a path on the server, with the token that the printed address has."""
        bare, _, query = self.url.partition("?")
        if not (query and token):
            return bare + path
        return f"{bare}{path}{'&' if '?' in path else '?'}{query}"

    @property
    def log(self) -> str:
        """What the server and its kernels have written."""
        return self.log_file.read_text(errors="replace")

    def kernels(self) -> list[psutil.Process]:
        """Return the processes of the kernels that run."""
        found = []
        with contextlib.suppress(psutil.NoSuchProcess):
            for process in psutil.Process(self.process.pid).children(recursive=True):
                with contextlib.suppress(psutil.NoSuchProcess):
                    alive = process.status() != psutil.STATUS_ZOMBIE
                    forked = process.name() == "facelib-kernel"
                    if alive and (forked or any("ipykernel_launcher" in word for word in process.cmdline())):
                        found.append(process)
        return found

    def wait_for_kernels(self, count: int, seconds: float = 60.0) -> None:
        """Wait until exactly `count` kernels run, and go on doing so for a second."""

        def settled() -> bool:
            if len(self.kernels()) != count:
                return False
            time.sleep(1.0)
            return len(self.kernels()) == count

        wait_until(settled, seconds, f"{count} kernels; there are {len(self.kernels())}.\n{self.log[-3000:]}")

    def stop(self) -> int:
        """End the server as Ctrl-C does; return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(60)
        finally:
            self.kill()

    def kill(self) -> None:
        """End the server and its kernels at once."""
        kernels = self.kernels()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        for kernel in kernels:
            with contextlib.suppress(psutil.NoSuchProcess):
                kernel.kill()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _dead(self) -> bool:
        return self.process.poll() is not None


def facelib_app(notebook: Path | None, log: Path, *options: str, pool: int = 1, **variables: str) -> Server:
    """Start ``python -m facelib app`` on a free port and wait until its pool is filled."""
    command = [sys.executable, "-m", "facelib", "app", *([str(notebook)] if notebook else [])]
    settings = ["--no-browser", "--port", "0", "--pool-size", str(pool), *(["--log", "INFO"] if pool else [])]
    server = Server([*command, *settings, *options], log, r"facelib is at (http\S+)", **variables)
    if pool:
        wait_until(lambda: "is filled with" in server.log, START, f"a filled pool\n{server.log}")
    return server


@contextlib.contextmanager
def shared_server(place: Path, notebook: Path | None, *options: str) -> Iterator[str]:
    """Give the address of one server for all processes that run tests: who comes first starts and ends it.

    It ends once nobody uses it; who comes later starts another.
    """
    place.mkdir(parents=True, exist_ok=True)
    address, mine = place / "address", place / f"{os.getpid()}.user"
    server = None
    with locked(place):
        if not address.exists():
            server = facelib_app(notebook, place / f"{os.getpid()}.log", *options)
            address.write_text(server.url)
        url = address.read_text()
        mine.touch()
    try:
        yield url
    finally:
        mine.unlink()
        while server and not unused(place):
            time.sleep(0.2)
        if server:
            server.stop()


@contextlib.contextmanager
def locked(place: Path) -> Iterator[None]:
    """Keep a folder to this process."""
    with (place / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def unused(place: Path) -> bool:
    """Tell whether nobody uses a shared server any more; nobody can begin to, then."""
    with locked(place):
        users = [int(user.stem) for user in place.glob("*.user")]
        free = not any(psutil.pid_exists(user) for user in users)
        if free:
            (place / "address").unlink()
    return free


def shared_folder(folders: pytest.TempPathFactory, name: str) -> Path:
    """Return the same folder in all processes of a run."""
    base = folders.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name


def resident_memory(process: psutil.Process) -> dict[str, float]:
    """Return the memory of a process in megabytes: "rss", and "pss", which counts shared pages in part."""
    memory = process.memory_full_info()
    return {"rss": memory.rss / 2**20, "pss": getattr(memory, "pss", float("nan")) / 2**20}


class Visit(Hands):
    """One visitor: a page in a browser profile of its own, with everything that it asked and complained."""

    def __init__(
        self,
        browser: Browser,
        url: str,
        width: int = 1440,
        height: int = 1000,
        scale: float = 1.0,
        *,
        touch: bool = False,
        scripts: Sequence[str] = (),
    ) -> None:
        self.context = browser.new_context(
            viewport={"width": width, "height": height},
            device_scale_factor=scale,
            has_touch=touch,
            is_mobile=touch,
        )
        for script in ("probe.js", *scripts):
            self.context.add_init_script(path=HERE / script)
        self.requests: list[str] = []
        self.failures: list[str] = []
        self.problems: list[str] = []
        self.context.set_default_timeout(COMES)
        self.context.on("request", lambda request: self.requests.append(request.url))
        self.context.on("requestfailed", self._on_failure)
        super().__init__(self.context.new_page())
        self.page.on("websocket", lambda socket: self.requests.append(socket.url))
        self.page.on("console", self._on_console)
        self.stays = False
        self.asked = 0  # whether to leave: tests do
        self.page.on("dialog", self._on_dialog)
        self.page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        self.url = url
        self.began = time.monotonic()
        self.response = self.page.goto(url, wait_until="commit")

    def close(self) -> None:
        """Close the page as a visitor does, then the profile."""
        if not self.page.is_closed():
            self.page.close(run_before_unload=True)
            with contextlib.suppress(Exception):
                self.page.wait_for_event("close", timeout=3000)
        self.context.close()

    def crash(self) -> None:
        """Go away without a word: no event of the page is run."""
        self.context.close()

    def assert_local(self) -> None:
        """Fail if the page has asked anything of another machine."""
        away = [url for url in self.requests if urlsplit(url).scheme not in {"data", "blob"}]
        away = [url for url in away if urlsplit(url).hostname not in LOCAL]
        assert self.requests, "The page has asked for nothing: the log of requests is broken"
        assert not away, f"Requests left this machine: {away}"

    def assert_clean(self) -> None:
        """Fail if the console has an error or a warning, the page an exception, or a request failed."""
        assert not self.problems, "\n".join(self.problems)
        assert not self.failures, "\n".join(self.failures)

    def choose_property(self, pattern: str) -> None:
        """Choose the property whose title matches, and wait until the live picture is of it."""
        card = self.page.locator(".facelib-asks")
        self.click(card.get_by_label("Property", exact=True))
        panel = card.locator(".facelib-chooser-dialog")
        names = panel.locator("[role=option] .facelib-chooser-name")
        titles = [plain(text) for text in names.all_text_contents()]
        (wanted,) = [place for place, title in enumerate(titles) if re.search(pattern, f"{title} ")]
        self.click(names.nth(wanted))
        expect(panel).to_be_hidden()
        live = self.page.locator(".facelib-sight .facelib-live")
        expect(live).to_have_attribute("aria-label", titles[wanted], timeout=1000 * SHOWN)

    def canvas_bytes(self, canvas: Locator) -> bytes:
        """Return the pixels of a canvas as PNG."""
        url = str(canvas.evaluate("canvas => canvas.toDataURL('image/png')"))
        return base64.b64decode(url.partition(",")[2])

    def heap(self) -> float:
        """Return the size of the page's JavaScript heap in megabytes, after collecting garbage."""
        session = self.context.new_cdp_session(self.page)
        session.send("HeapProfiler.collectGarbage")
        size = float(session.send("Runtime.getHeapUsage")["usedSize"]) / 2**20
        session.detach()
        return size

    def nodes(self) -> int:
        """Return the number of elements in the page."""
        return int(self.page.evaluate("document.getElementsByTagName('*').length"))

    def screenshot(self, name: str) -> Path:
        """Keep a picture of the page in the ignored folder ``screenshots``."""
        SCREENSHOTS.mkdir(exist_ok=True)
        path = SCREENSHOTS / f"{name}.png"
        self.page.screenshot(path=path)
        return path

    def waits(self, kind: str) -> list[float]:
        """Return for each event of the probe the milliseconds until the last paint of `kind` it caused.

        `kind` is "picture", "chart", "text" or "" for all.
        """
        paints = self.page.evaluate("window.facelibProbe.paints")
        last: dict[float, float] = {}
        for paint in paints:
            if kind in {paint["kind"], ""}:
                last[paint["cause"]] = max(paint["wait"], last.get(paint["cause"], 0.0))
        return list(last.values())

    def _on_dialog(self, dialog: Dialog) -> None:
        self.asked += 1
        dialog.dismiss() if self.stays else dialog.accept()

    def _on_console(self, message: object) -> None:
        kind, text = getattr(message, "type", ""), getattr(message, "text", "")
        if kind in {"error", "warning"} and not any(words in text for words in HARMLESS):
            self.problems.append(f"{kind}: {text}")

    def _on_failure(self, request: Request) -> None:
        if not request.url.endswith("/shutdown") and "/api/shutdown/" not in request.url:
            self.failures.append(f"{request.failure}: {request.url}")


@contextlib.contextmanager
def visitors(browser: Browser) -> Iterator[Callable[..., Visit]]:
    """Open pages that close at the end: ``visit(url)``."""
    visits: list[Visit] = []

    def begin(url: str, *size: float, **options: Any) -> Visit:
        visits.append(Visit(browser, url, *size, **options))
        return visits[-1]

    try:
        yield begin
    finally:
        for one in visits:
            one.close()
