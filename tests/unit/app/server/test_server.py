"""Opening the page in a browser, without one."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit
from urllib.request import url2pathname

import nbformat
import pytest
from tornado.websocket import WebSocketClosedError

from facelib.app.server.launch import LOG_LEVELS, configuration
from facelib.app.server.server import (
    PageServer,
    _worth_reading,
    graphical_browser,
    open_page,
    place_for_browser,
)


def server(ip: str = "127.0.0.1", token: str = "", log_level: str = "WARNING") -> PageServer:
    options = configuration(
        Path("app.ipynb"),
        8866,
        ip,
        token=token,
        preheat=True,
        pool_size=2,
        max_kernels=8,
        idle_minutes=2.0,
        log_level=log_level,
    )
    return PageServer(config=options, page_token=token)


@pytest.mark.parametrize("level", LOG_LEVELS)
def test_server_takes_the_configuration(level: str) -> None:
    one = server(log_level=level.lower())
    assert one.log_level == LOG_LEVELS[level]
    assert one.token == ""
    assert one.port == 8866


@pytest.mark.parametrize(
    ("ip", "here", "others"),
    [
        ("127.0.0.1", "http://127.0.0.1:8866/?token=a%26b", "http://127.0.0.1:8866/?token=a%26b"),
        ("0.0.0.0", "http://127.0.0.1:8866/?token=a%26b", "http://lab-pc:8866/?token=a%26b"),
        ("::", "http://127.0.0.1:8866/?token=a%26b", "http://lab-pc:8866/?token=a%26b"),
        ("::1", "http://[::1]:8866/?token=a%26b", "http://[::1]:8866/?token=a%26b"),
    ],
)
def test_addresses(monkeypatch: pytest.MonkeyPatch, ip: str, here: str, others: str) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "lab-pc")
    one = server(ip, "a&b")
    assert one.address(here=True) == here
    assert one.address(here=False) == others


@pytest.mark.one_case
@pytest.mark.parametrize(("error", "told"), [(WebSocketClosedError(), False), (ValueError("worth it"), True)])
def test_a_page_left_in_midst_of_a_message_fills_no_log(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, error: Exception, told: bool
) -> None:
    async def fail() -> None:
        raise error

    async def nobody_asks() -> None:
        task = asyncio.ensure_future(fail())
        await asyncio.sleep(0)
        del task
        gc.collect()

    monkeypatch.setattr(logging.getLogger("asyncio"), "filters", [_worth_reading])
    asyncio.run(nobody_asks())
    assert ("never retrieved" in caplog.text) == told


class Recorder:
    """Stands in for a browser."""

    def __init__(self) -> None:
        self.opened: list[str] = []
        self.called = threading.Event()

    def open(self, url: str) -> None:
        self.opened.append(url)
        self.called.set()


def test_page_is_opened(tmp_path: Path) -> None:
    browser = Recorder()
    assert open_page("http://127.0.0.1:8866/", tmp_path, lambda: browser)
    assert browser.called.wait(5)
    assert browser.opened == ["http://127.0.0.1:8866/"]


def test_token_stays_off_the_command_line(tmp_path: Path) -> None:
    browser = Recorder()
    assert open_page("http://127.0.0.1:8866/?token=secret", tmp_path, lambda: browser)
    assert browser.called.wait(5)
    (url,) = browser.opened
    assert "secret" not in url
    file = Path(url2pathname(urlsplit(url).path))
    assert "url=http://127.0.0.1:8866/?token=secret" in file.read_text()
    assert file.stat().st_mode & 0o077 == 0


def test_without_a_browser_nothing_is_opened(tmp_path: Path) -> None:
    assert not open_page("http://127.0.0.1:8866/", tmp_path, lambda: None)


def test_text_browsers_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.uname", lambda: SimpleNamespace(sysname="Linux"))
    assert graphical_browser() is None


def test_browsers_from_a_snap_find_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    private, home = tmp_path / "private", tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    assert place_for_browser(private) == private
    (home / "snap").mkdir()
    place = place_for_browser(private)
    assert place.parent == home
    assert not place.name.startswith(".")
    assert place.stat().st_mode & 0o077 == 0


def test_a_page_waits_for_its_last_messages() -> None:
    """Of Voila's 4 s a busy machine needs more for some 800 messages: pages came without their widgets."""
    from voila.execute import VoilaExecutor

    executor = VoilaExecutor(nbformat.v4.new_notebook(), config=server().config)
    assert executor.iopub_timeout >= 60


@pytest.mark.thorough
def test_the_window_says_why_a_page_could_not_be_built(caplog: pytest.LogCaptureFixture) -> None:
    """The page sends its reader there, and there nothing was said."""
    from voila.execute import VoilaExecutor

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 / 0")])
    VoilaExecutor(notebook, config=server().config).execute(notebook, {})
    (said,) = [one.getMessage() for one in caplog.records if one.name == "facelib.app.server.launch"]
    assert "ZeroDivisionError: division by zero" in said
    assert "\x1b" not in said
