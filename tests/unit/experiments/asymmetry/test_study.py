"""The study as the engine runs it: its arms by name, its people, and the table that follows."""

from __future__ import annotations

from pathlib import Path

import pytest

from facelib.classifiers import load
from facelib.experiments.asymmetry import arms, symmetry_check
from facelib.experiments.asymmetry.design import ARMS, asymmetry_faces, face_table, facing_asymmetry
from facelib.experiments.asymmetry.table import asymmetry_table
from facelib.studies import InterventionalResult, open_study
from facelib.studies.declared.registration import later_changes, registrations

pytestmark = pytest.mark.packages
HEADS = asymmetry_faces(2, ("happy", "sad"), (1.0,))


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> InterventionalResult:
    study = facing_asymmetry(HEADS, ["known_unbiased", "known_age_happy"], steps=3, size=64)
    folder: Path = tmp_path_factory.mktemp("runs") / "asymmetry"
    found = study.run(folder, n_jobs=1)
    assert isinstance(found, InterventionalResult)
    return found


def test_arms_and_people_have_the_names_that_the_tables_ask_for(result: InterventionalResult) -> None:
    assert result.complete
    assert list(result.table["intervention"].unique()) == list(ARMS.values())
    known = face_table(HEADS)[["face", "identity", "expression", "intensity"]]
    assert result.faces[list(known)].to_dict("records") == known.to_dict("records")
    assert result.faces["identity"].nunique() == 2


def test_changes_are_those_of_pictures_rendered_anew(result: InterventionalResult) -> None:
    clf = load("known_unbiased")
    found = asymmetry_table(result.table, result.faces, values=("logit",)).set_index(["classifier", "side"])
    for side, arm in zip(("left", "right"), arms(), strict=False):
        changes = []
        for head in HEADS:
            column = clf.index_of(str(head.expression))
            start = head.render(64)
            end = arm.edit(head, 1.0).render(64)  # type: ignore[attr-defined]
            logits = [clf.logits(face.image[None], start.box[None])[0, column] for face in (start, end)]
            if head.expression != "neutral":
                changes.append(float(logits[1] - logits[0]))
        row = found.loc[("known_unbiased", side)]
        assert row["change_mean"] == pytest.approx(sum(changes) / len(changes), abs=1e-4)
        assert row["neutral"] == 0


def test_symmetry_falls_where_one_side_weakens_and_nowhere_else(result: InterventionalResult) -> None:
    check = symmetry_check(result.table, result.faces).set_index("intervention")
    assert (check["monotone"] == 1).all()
    assert (check.loc[[ARMS["left"], ARMS["right"]], "change"] < -0.1).all()
    assert (check.loc[[ARMS["total"], ARMS["displacement"]], "change"].abs() < 1e-3).all()


def test_the_hypothesis_is_registered_before_the_run(result: InterventionalResult) -> None:
    (entry,) = registrations(result.store)
    assert not entry.begun
    assert (entry.hypothesis.direction, entry.hypothesis.subject) == ("falls", ARMS["left"])
    assert later_changes(result.store, open_study(result.store).settings) == []
