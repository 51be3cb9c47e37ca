"""Tests that look from outside, as users and attackers do: strace, hostile files, flipped bits."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

for folder in ("outside", "browser"):  # importmode=importlib finds no helper modules by itself
    sys.path.insert(0, str(Path(__file__).parents[1] / folder))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder: `make outside` runs them, `make unit` doesn't."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.outside)
