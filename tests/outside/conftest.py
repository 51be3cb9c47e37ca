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

EVERY_TIME = {
    "test_server_page_and_kernels_ask_nobody",
    "test_a_hostile_zip_is_refused_and_nothing_of_it_is_written",
    "test_a_hostile_table_is_refused",
    "test_a_hostile_study_file_is_refused",
    "test_a_pickle_runs_nothing",
    "test_torchscript_is_not_loaded_unless_its_maker_is_trusted",
    "test_a_harmless_zip_is_read",
    "test_a_harmless_table_is_read",
    "test_the_study_file_of_these_tests_is_read_without_the_bomb",
}  # `make thorough` runs the others


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.outside)
            item.add_marker(pytest.mark.xdist_group(item.path.stem))
            every = getattr(item, "originalname", item.name) in EVERY_TIME
            item.add_marker(pytest.mark.timeout(120, method="signal") if every else pytest.mark.thorough)


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
