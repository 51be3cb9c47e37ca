"""Tests that look from outside, as users and attackers do: strace, hostile files, flipped bits."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder: `make outside` runs them, `make unit` doesn't."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.outside)
