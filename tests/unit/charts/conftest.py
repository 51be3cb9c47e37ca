"""What a chart draws, as numbers: Vega runs inside vl-convert and hands back the marks that it paints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import vl_convert

Marks = Callable[..., list[dict[str, Any]]]
LABELS = ("neutral", "happy", "sad", "surprise", "fear", "disgust", "angry")
CLASSIFIERS = ("fer", "facex", "pyemotion")


@pytest.fixture
def outputs(rng: np.random.Generator) -> pd.DataFrame:
    """Probabilities of three classifiers at five strengths."""
    rows = []
    for classifier in CLASSIFIERS:
        for step in range(5):
            for label, p in zip(LABELS, rng.dirichlet(np.ones(7)), strict=True):
                rows.append((step, step / 4, classifier, label, float(np.log(p)), float(p)))
    return pd.DataFrame(rows, columns=["step", "strength", "classifier", "label", "logit", "probability"])


@pytest.fixture
def marks() -> Marks:
    """Return the items of one kind of mark in one panel: ``marks(chart, 0, "rect")``.

    The chart that was asked for last is kept: drawing it takes half a second.
    """
    kept: list[Any] = [None, None]

    def found(chart: Any, panel: int, kind: str) -> list[dict[str, Any]]:
        if kept[0] is not chart or isinstance(chart, dict):  # which may have been changed since
            spec = chart if isinstance(chart, dict) else chart.to_dict()
            kept[:] = chart, vl_convert.vegalite_to_scenegraph(spec)["scenegraph"]
        scene = kept[1]
        cells = [item for group in walk(scene) if group.get("name") == "cell" for item in group["items"]]
        groups = cells[panel : panel + 1] or [
            group for group in walk(scene) if group.get("name") == f"concat_{panel}_group"
        ]
        assert len(groups) == 1
        drawn = [
            mark for mark in walk(groups[0]) if mark.get("marktype") == kind and mark.get("role") == "mark"
        ]
        return [item for mark in drawn for item in mark["items"]]

    return found


@pytest.fixture
def texts() -> Callable[[Any], list[str]]:
    """Return all texts that a chart writes, their lines joined."""

    def found(chart: Any) -> list[str]:
        scene = vl_convert.vegalite_to_scenegraph(chart.to_dict())["scenegraph"]
        drawn = [mark for mark in walk(scene) if mark.get("marktype") == "text"]
        items = [item["text"] for mark in drawn for item in mark["items"] if item.get("text")]
        return [" ".join(text) if isinstance(text, list) else str(text) for text in items]

    return found


def walk(node: dict[str, Any]) -> list[dict[str, Any]]:
    return [node] + [below for item in node.get("items", []) for below in walk(item)]
