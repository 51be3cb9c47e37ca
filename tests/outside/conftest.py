"""Tests that look from outside, as users and attackers do: strace, hostile files, flipped bits."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

sys.path.insert(0, str(Path(__file__).parent))  # importmode=importlib finds no helper modules by itself
sys.path.insert(0, str(Path(__file__).parents[1] / "browser"))

from harness import QUICK_PAGE, Server, Visit, facelib_app, open_browser, visitors, write_notebook


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder: `make outside` runs them, `make unit` doesn't."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.outside)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as found:
        yield found


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visit]]:
    """Open pages that close with the test: ``visit(url)``."""
    with visitors(browser) as begin:
        yield begin


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of the page, with classifiers that answer at once."""
    folder = tmp_path_factory.mktemp("page")
    notebook = write_notebook(folder / "page.ipynb", QUICK_PAGE)
    with facelib_app(notebook, folder / "log", "--idle-minutes", "30", pool=1) as found:
        yield found
