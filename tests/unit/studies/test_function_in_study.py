"""Studies whose classifier is a function: it fails on some, costs something, hangs, and nothing is lost."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import facelib
from facelib import studies
from facelib.classifiers import own
from facelib.classifiers.functions.function import FunctionClassifier
from facelib.errors import BadValueError, BudgetError, Cancelled

pytestmark = pytest.mark.usefixtures("single_threaded")

LABELS = ("happy", "sad")
AWAY: dict[str, Any] = {"sends_pictures": True, "host": "api.example.com", "version": "vision-1", "draws": 2}
HEADS = tuple(facelib.sample_heads(4, seed=3, expressions=["happy"]))


def red(pictures: np.ndarray, _boxes: np.ndarray) -> np.ndarray:
    share = pictures[..., 0].mean((1, 2)) / 255
    return np.stack([share, 1 - share], 1)


def asked(name: str, function: Any = red, **how: Any) -> FunctionClassifier:
    found = own(function, id=name, labels=LABELS, **({"price": 1e-6} | how))  # at a price it isn't tried out
    assert isinstance(found, FunctionClassifier)
    return found


def study(*readers: Any, faces: Any = HEADS, **how: Any) -> studies.InterventionalStudy:
    return facelib.InterventionalStudy(faces, ["blur"], list(readers), steps=3, size=64, **how)


@pytest.mark.thorough
def test_what_fails_is_recorded_and_the_others_are_there(tmp_path: Path) -> None:
    wrong = HEADS[1].render(64).image.mean()

    def fails_on_one(pictures: np.ndarray, boxes: np.ndarray) -> Any:
        if any(abs(one.mean() - wrong) < 1e-9 for one in pictures):
            return np.full((len(pictures), 2), np.nan)
        return red(pictures, boxes)

    found = study(asked("fails on one", fails_on_one), "known_unbiased").run(tmp_path, n_jobs=1)
    table = found.table
    mine = table[table["classifier"] == "fails on one"]
    bad = mine[mine["probability"].isna()]
    assert set(bad["face"].astype(str)) == {HEADS[1].key}
    assert (
        bad["error"].astype(str).str.contains("none of its numbers is finite").all()
        if "error" in bad
        else True
    )
    assert table.loc[table["classifier"] == "known_unbiased", "probability"].notna().all()
    assert mine.loc[mine["face"].astype(str) != HEADS[1].key, "probability"].notna().all()


@pytest.mark.thorough
def test_a_plan_says_what_it_costs_and_asks_nothing(tmp_path: Path) -> None:
    clf = asked("priced", **AWAY, price=0.01, per_minute=60, batch=8)
    plan = study(clf).plan()
    assert clf.account().calls == 0
    note = next(one for one in plan.notes if one.startswith("priced: "))
    assert "12 pictures × 2 draws are 4 calls; they cost 0.24, and take 3 s or more" in note
    assert "priced: 12 pictures" in str(plan)


@pytest.mark.thorough
def test_provenance_of_a_study_says_that_it_is_not_reproducible(tmp_path: Path) -> None:
    import json

    clf = asked("away", **AWAY)
    found = study(clf).run(tmp_path, n_jobs=1)
    assert any(note.startswith("away is not reproducible: another machine answers") for note in found.notes)
    (row,) = json.loads((tmp_path / "provenance.json").read_text())["classifiers"]
    assert "api.example.com, model vision-1" in row["not_reproducible"]
    assert "mean of 2 draws; sent to api.example.com, model vision-1" in row["function"]


def test_photographs_are_refused_before_anything_is_done(tmp_path: Path) -> None:
    photograph = facelib.load_face(HEADS[0].render(64).image, detect=False)
    clf = asked("heads only", **AWAY)
    for run in (lambda one: one.plan(), lambda one: one.run(tmp_path / "s", n_jobs=1)):
        with pytest.raises(BadValueError, match="takes rendered heads only"):
            run(study(clf, faces=[photograph]))
    assert clf.account().calls == 0
    assert not (tmp_path / "s" / "study.json").exists()


@pytest.mark.thorough
def test_a_spent_budget_ends_it_and_with_a_larger_one_it_goes_on(tmp_path: Path) -> None:
    with pytest.raises(BudgetError, match="What was answered is kept"):
        study(asked("budget", price=1.0, budget=7.0)).run(tmp_path, n_jobs=1)
    more = asked("budget", price=1.0, budget=12.0)
    assert more.account().cost == 6.0  # two people at three strengths
    found = study(more).run(tmp_path, n_jobs=1)
    assert more.account().cost == 12.0  # none was asked twice
    assert found.table["probability"].notna().all()


@pytest.mark.thorough
def test_a_budget_holds_over_processes(tmp_path: Path) -> None:
    def mean_red(pictures: np.ndarray, _boxes: np.ndarray) -> np.ndarray:  # goes to other processes as it is
        share = pictures[..., 0].mean((1, 2)) / 255
        return np.stack([share, 1 - share], 1)

    with pytest.raises(BudgetError):
        study(asked("processes", mean_red, price=1.0, budget=7.0)).run(tmp_path, n_jobs=2)
    assert asked("processes", mean_red, price=1.0).account().cost == 6.0
    more = asked("processes", mean_red, price=1.0, budget=12.0)
    found = study(more).run(tmp_path, n_jobs=1)
    assert more.account().cost == 12.0
    assert found.table["probability"].notna().all()


@pytest.mark.thorough
def test_one_that_hangs_on_one_face_is_recorded_and_can_be_stopped(tmp_path: Path) -> None:
    import threading

    waiting, slow = threading.Event(), HEADS[2].render(64).image.mean()

    def hangs_on_one(pictures: np.ndarray, boxes: np.ndarray) -> Any:
        if abs(pictures[0].mean() - slow) < 1e-9:
            waiting.wait(20)
        return red(pictures, boxes)

    found = study(asked("hangs", hangs_on_one, seconds=0.3)).run(tmp_path / "one", n_jobs=1)
    assert found.table["probability"].isna().sum() == 6  # three strengths, two labels
    begun = time.monotonic()
    with pytest.raises(Cancelled, match="are done and kept"):
        study(asked("stopped", hangs_on_one, seconds=15)).run(
            tmp_path / "two", n_jobs=1, stop=lambda: time.monotonic() > begun + 3
        )
    assert time.monotonic() - begun < 10
    waiting.set()
    again = study(asked("stopped", hangs_on_one, seconds=15)).run(tmp_path / "two", n_jobs=1)
    assert again.table["probability"].notna().all()


def test_another_function_is_another_unit() -> None:
    from facelib.studies.engine.fingerprints import of_classifier

    def other(pictures: np.ndarray, _boxes: np.ndarray) -> np.ndarray:
        return red(pictures, _boxes)[:, ::-1]

    keys = {
        of_classifier(asked("keyed", function, **how))
        for function in (red, other)
        for how in ({}, {"version": "2"}, AWAY)
    }
    assert len(keys) == 6
    assert of_classifier(asked("keyed")) == of_classifier(asked("keyed", batch=3, seconds=9))
