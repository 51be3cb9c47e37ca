"""Facing Asymmetry as a study: who is shown, what is done to them, and the table that follows."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facelib import data
from facelib.classifiers import load
from facelib.errors import BadValueError
from facelib.experiments.asymmetry import (
    ARMS,
    EXPRESSIONS,
    TABLE_COLUMNS,
    arms,
    asymmetry_faces,
    asymmetry_table,
    facing_asymmetry,
    of_faces,
)
from facelib.interventions import control_set
from facelib.stats import adjust
from facelib.studies import InterventionalResult, open_study
from facelib.studies.declared.registration import later_changes, registrations
from facelib.studies.engine.subjects import identity_of

PEOPLE = 12
HEADS = asymmetry_faces(2, ("happy", "sad"), (1.0,))


def test_everyone_shows_everything_and_is_neutral_once() -> None:
    heads = asymmetry_faces(PEOPLE)
    shown = Counter((head.expression, head.intensity) for head in heads)
    assert shown == {(name, part): PEOPLE for name in EXPRESSIONS for part in (1.0, 0.5)} | {
        ("neutral", 1.0): PEOPLE
    }
    assert set(Counter(map(identity_of, heads)).values()) == {6 * 2 + 1}
    rest = {head.replace(expression="neutral", intensity=1.0).key for head in heads}
    assert len(rest) == PEOPLE  # faces of a person differ in the expression only
    assert len(asymmetry_faces(PEOPLE, neutral=False)) == PEOPLE * 12


def test_age_gender_and_skin_tone_are_spread_evenly() -> None:
    people = [head for head in asymmetry_faces(PEOPLE) if head.expression == "neutral"]
    for name, (low, high) in {"age": (18, 80), "gender": (0, 1), "skin_tone": (0, 1)}.items():
        share = (np.array([getattr(head, name) for head in people]) - low) / (high - low)
        assert sorted(np.floor(share * PEOPLE).astype(int)) == list(range(PEOPLE)), name


def test_people_follow_from_the_seed_and_are_symmetric_at_rest() -> None:
    assert asymmetry_faces(2, seed=5) == asymmetry_faces(2, seed=5) != asymmetry_faces(2, seed=6)
    assert asymmetry_faces(2, expression_set="tuned")[0].expression_set == "tuned"
    for head in asymmetry_faces(2):
        assert (head.pose, head.light, head.asymmetry, head.palsy) == ((0.0, 0.0, 0.0), "studio", 0.0, 0.0)


def test_arms_are_those_of_the_control_set() -> None:
    known = control_set(HEADS[0])
    names = ("one_sided", "other_side", "equal_total", "equal_displacement")
    assert arms() == [known[name].intervention for name in names]


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"people": 0}, "1 or more; got 0"),
        ({"people": True}, "1 or more"),
        ({"expressions": ("happy", "neutral")}, "added by themselves"),
        ({"expressions": "happy"}, "got 'happy'"),
        ({"expressions": ("sad", "sad")}, "different expressions"),
        ({"intensities": (0.0,)}, "above 0"),
        ({"intensities": 1.0}, "got 1.0"),
        ({"expression_set": "plain"}, "tuned, facs; got 'plain'"),
    ],
)
def test_what_cannot_be_is_named(options: dict[str, Any], match: str) -> None:
    with pytest.raises(BadValueError, match=match):
        asymmetry_faces(**{"people": 2} | options)


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> InterventionalResult:
    study = facing_asymmetry(HEADS, ["known_unbiased", "known_age_happy"], steps=3, size=64)
    folder: Path = tmp_path_factory.mktemp("runs") / "asymmetry"
    found = study.run(folder, n_jobs=1)
    assert isinstance(found, InterventionalResult)
    return found


@pytest.mark.packages
def test_the_table_is_that_of_pictures_rendered_anew(result: InterventionalResult) -> None:
    clf = load("known_unbiased")
    table = asymmetry_table(result)
    assert list(table.columns) == list(TABLE_COLUMNS) == list(data.table("asymmetry/effects").columns)
    assert list(table["expression"].unique()) == ["all", "happy", "sad", "neutral"]
    found = table[table["expression"] == "all"].set_index(["classifier", "side"])
    moving = [head for head in HEADS if head.expression != "neutral"]
    changes = []
    for arm in arms()[:3]:
        ends = [(head.render(64), arm.edit(head, 1.0).render(64), head) for head in moving]  # type: ignore[attr-defined]
        values = [
            clf.probabilities(np.stack([face.image for face in (start, end)]), np.stack([start.box] * 2))
            for start, end, _ in ends
        ]
        columns = [clf.index_of(str(head.expression)) for head in moving]
        changes.append(np.mean([p[1, i] - p[0, i] for p, i in zip(values, columns, strict=True)]))
    for side, change in zip(("left", "right"), changes, strict=False):
        row = found.loc[("known_unbiased", side)]
        assert row["mean"] == pytest.approx(change, abs=1e-4)
        assert row["d"] == pytest.approx(change - changes[2], abs=1e-4)
        assert (row["n"], row["start"] + row["mean"] <= 1) == (2, True)
    assert (table.loc[table["expression"] == "neutral", ["mean", "d"]] == 0).all(axis=None)
    for _, family in table.groupby(["expression", "side"]):
        assert family["p_holm"].tolist() == adjust(family["p"].to_numpy(), "holm").tolist()


@pytest.mark.packages
def test_symmetry_falls_where_one_side_weakens_and_nowhere_else(result: InterventionalResult) -> None:
    table = of_faces(result).table
    wide = table.drop_duplicates(["face", "intervention", "strength"]).pivot(
        index=["intervention", "face"], columns="strength", values="measured_symmetry"
    )
    assert list(result.table["intervention"].unique()) == list(ARMS.values())
    assert (wide.loc[[ARMS["left"], ARMS["right"]]].diff(axis=1).iloc[:, 1:] < -0.05).all(axis=None)
    both = wide.loc[[ARMS["total"], ARMS["displacement"]]]
    assert ((both[1.0] - both[0.0]).abs() < 1e-3).all()


@pytest.mark.packages
def test_faces_that_are_not_there_are_named(result: InterventionalResult) -> None:
    with pytest.raises(BadValueError, match=r"no faces of fear at intensity 1; it has happy at 1, sad at 1"):
        of_faces(result, "fear")


@pytest.mark.packages
def test_the_hypothesis_is_registered_before_the_run(result: InterventionalResult) -> None:
    (entry,) = registrations(result.store)
    assert not entry.begun
    assert (entry.hypothesis.direction, entry.hypothesis.subject) == ("falls", ARMS["left"])
    assert later_changes(result.store, open_study(result.store).settings) == []
