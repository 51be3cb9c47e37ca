"""Panels of the Muscles tab that compute at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from facelib.app import MusclesPanel
from facelib.app.muscles import state as states


@pytest.fixture
def panels(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., MusclesPanel]]:
    """Make panels for files of the visitor's; they end with the test."""
    monkeypatch.setattr(states, "SETTLE", 0.0)
    made: list[MusclesPanel] = []

    def begin(**settings: Any) -> MusclesPanel:
        given = {"models": ["known_unbiased"], "size": 64, "background": False, "source": "mine"}
        made.append(MusclesPanel(**(given | settings)))
        return made[-1]

    yield begin
    for panel in made:
        panel.state.close()
