"""Level and power of methods: every run looks at one cell of each claim, `make slow` at all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the further cells of a parametrized test as slow: the first that isn't comes in every run."""
    seen: set[tuple[Path, str]] = set()
    for item in items:
        if HERE not in item.path.parents or item.get_closest_marker("slow"):
            continue
        claim = (item.path, getattr(item, "originalname", item.name))
        if claim in seen:
            item.add_marker("slow")
        seen.add(claim)
