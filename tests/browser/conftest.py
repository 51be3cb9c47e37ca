"""Fixtures: one browser, servers that last for the session, and a visitor for each test."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

sys.path.insert(0, str(Path(__file__).parent))  # importmode=importlib finds no helper modules by itself

from harness import (
    QUICK_PAGE,
    Server,
    Visit,
    facelib_app,
    open_browser,
    shared_folder,
    shared_server,
    visitors,
    write_notebook,
)

TOY = """
import os, time
import ipywidgets as widgets
from facelib.app.widgets.messages import Messages,  guarded
from facelib.app.widgets.style import PageStyle
from facelib.app.widgets.watchdog import Watchdog
from facelib.errors import BadValueError

messages = Messages()
slider = widgets.IntSlider(description="Strength", max=20)
echo = widgets.Label("strength 0")
broken, wrong, slow = (widgets.Button(description=name) for name in ("Broken", "Wrong", "Slow"))
upload = widgets.FileUpload()

@guarded(messages)
def moved(change):
    echo.value = f"strength {change['new']}"

@guarded(messages)
def fail(_button):
    raise ZeroDivisionError("a secret of the <b>inside</b>")

@guarded(messages)
def complain(_button):
    raise BadValueError("A picture may be 16 MB at most; <this> one has 20 MB.")

@guarded(messages)
def sleep(_button):
    time.sleep(2.5)
    echo.value = "slept"

@guarded(messages)
def uploaded(change):
    echo.value = f"received {len(change['new'][0].content)}"

slider.observe(moved, "value")
broken.on_click(fail)
wrong.on_click(complain)
slow.on_click(sleep)
upload.observe(uploaded, "value")
buttons = widgets.HBox([broken, wrong, slow, upload])
page = widgets.VBox([PageStyle(), Watchdog(), slider, echo, buttons, messages])
page.add_class("facelib-app")
page
"""

LONGEST = {
    f"test_{name}": place
    for place, name in enumerate(("server", "visitors", "explorer", "widgets", "population"))
}
EVERY_TIME = {"test_journeys"}  # files; `make thorough` runs the others


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder, and run them last.

    Playwright keeps an event loop and a greenlet in this thread for the rest of the session; asyncio.run and
    ast.parse in other tests don't bear that. The longest files come first, so that none is left at the end.
    """
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if item.path.stem not in EVERY_TIME:
                item.add_marker(pytest.mark.thorough)
    items.sort(key=lambda item: (here in item.path.parents, LONGEST.get(item.path.stem, len(LONGEST))))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with open_browser() as found:
        yield found


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A notebook with a slider, a watchdog, and callbacks that fail in different ways."""
    return write_notebook(tmp_path_factory.mktemp("toy") / "toy.ipynb", TOY)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start servers that end with the test: ``start(notebook, *options, pool=1)``."""
    servers: list[Server] = []

    def begin(notebook: Path | None, *options: str, pool: int = 1, **variables: str) -> Server:
        log = tmp_path / f"{len(servers)}.log"
        servers.append(facelib_app(notebook, log, *options, pool=pool, **variables))
        return servers[-1]

    yield begin
    for server in servers:
        server.stop()


@pytest.fixture(scope="session")
def toy_server(toy: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of the toy with one kernel in its pool; tests leave it as they found it."""
    server = facelib_app(toy, tmp_path_factory.mktemp("server") / "log", pool=1)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def page_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The whole page on a server that all processes share; tests leave it as they found it."""
    with shared_server(shared_folder(tmp_path_factory, "page"), None) as url:
        yield url


@pytest.fixture(scope="session")
def quick_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page with classifiers that answer at once, on a server that all processes share."""
    notebook = write_notebook(tmp_path_factory.mktemp("quick") / "page.ipynb", QUICK_PAGE)
    folder = shared_folder(tmp_path_factory, "quick")
    with shared_server(folder, notebook, "--max-kernels", "12") as url:  # three visitors who reload
        yield url


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visit]]:
    """Open pages that close with the test: ``visit(url)``."""
    with visitors(browser) as begin:
        yield begin
