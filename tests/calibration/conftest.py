"""How many data sets a level is measured on: a third of them in `make unit`, all in `make slow`."""

from __future__ import annotations

from collections.abc import Callable

import pytest


@pytest.fixture(params=["a third", pytest.param("all", marks=pytest.mark.slow)])
def portion(request: pytest.FixtureRequest) -> Callable[[int], int]:
    """Return how many of so many data sets are drawn; bands are exact for each number."""
    return (lambda runs: runs) if request.param == "all" else (lambda runs: runs // 3)
