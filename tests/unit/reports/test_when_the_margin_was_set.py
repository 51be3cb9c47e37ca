"""The paragraph that is pasted into papers says when the margin was set, and no more than that is so."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from facelib.faces import sample_heads
from facelib.reports.common import when_set
from facelib.studies import InterventionalStudy
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
    result: Any = SimpleNamespace(store=tmp_path, settings={"delta": 0.10}, provenance={})
    assert when_set(result).removeprefix("δ was ") == words


@pytest.mark.thorough
def test_a_margin_that_was_changed_after_a_run_is_not_said_to_have_been_set_before(tmp_path: Path) -> None:
    """A psychologist moved δ from .10 to .02 and pressed Run again: the report said "set before the run"."""
    for delta in (0.10, 0.02):
        study = InterventionalStudy(
            sample_heads(2, seed=1), ["blur"], ["known_unbiased"], steps=2, size=64, delta=delta
        )
        result = study.run(store=tmp_path / "run", n_jobs=1)
        result.report(tmp_path / f"{delta}.html")
    words = [re.sub(r"\s+", " ", (tmp_path / f"{delta}.html").read_text()) for delta in (0.10, 0.02)]
    assert "set before the run and never derived" in words[0]
    assert "set before the run and never derived" not in words[1]
    assert "δ was .10 in an earlier run of this study, and changed after its results" in words[1]
    assert ".02 in probability; .10 in an earlier run, changed after its results" in words[1]
