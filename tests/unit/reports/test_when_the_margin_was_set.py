"""The paragraph that is pasted into papers says when the margin was set, and no more than that is so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from facelib.reports.interventional_method import _when_set
from facelib.studies.declared.hypothesis import Hypothesis
from facelib.studies.declared.registration import register

FIRST = Hypothesis("It falls.", "palsy", direction="falls", faces=60)


@pytest.mark.parametrize(
    ("margins", "begun", "words"),
    [
        ((), False, "declared with the study, and not registered"),
        ((0.10,), False, "set, and registered, before the run"),
        ((0.10,), True, "registered after the run had begun"),
        ((0.05, 0.10), False, "registered as .05 before the run, and changed later"),
    ],
)
def test_it_says_when(tmp_path: Path, margins: tuple[float, ...], begun: bool, words: str) -> None:
    if begun:
        (tmp_path / "outputs").mkdir()
        (tmp_path / "outputs" / "a.parquet").touch()
    for margin in margins:
        register(tmp_path, replace(FIRST, delta=margin))
    result: Any = SimpleNamespace(store=tmp_path, settings={"delta": 0.10})
    assert _when_set(result).removeprefix("δ was ") == words
