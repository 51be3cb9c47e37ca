"""In a notebook the style of charts comes along; elsewhere nothing is shown."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import altair as alt
import IPython.display
import pytest

from facelib import charts


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    found: list[Any] = []
    monkeypatch.setattr(IPython.display, "display", found.append)
    return found


def test_a_notebook_gets_the_style_and_a_program_nothing(
    monkeypatch: pytest.MonkeyPatch, shown: list[Any]
) -> None:
    with alt.renderers.enable("default"):
        monkeypatch.setitem(sys.modules, "ipykernel", sys)  # a program, or a widget in it, may import it
        charts.offline()
        assert alt.renderers.active == "jupyter"
        for shell in (None, SimpleNamespace()):  # none, and IPython in a terminal
            monkeypatch.setattr(IPython, "get_ipython", lambda one=shell: one)
            charts.offline()
        assert shown == []
        monkeypatch.setattr(IPython, "get_ipython", lambda: SimpleNamespace(kernel=sys))
        charts.offline()
    (style,) = shown
    assert style.data.startswith("<style>")
    assert ".vega-embed" in style.data
    assert "</style>" not in style.data.removesuffix("</style>")
