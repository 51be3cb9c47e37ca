"""The twenty pictures: what a reference run says is compared, and without one nothing is verified."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import facelib
from facelib.classifiers import Classifier, self_test
from facelib.classifiers.alignment import points_of
from facelib.classifiers.self_tests import COLUMNS, PICTURES, names, reference_faces, write_pictures
from facelib.errors import BadValueError

pytestmark = [pytest.mark.packages, pytest.mark.usefixtures("single_threaded")]


@pytest.fixture(scope="module")
def clf() -> Classifier:
    return facelib.classifiers.load("known_unbiased")


def logits(clf: Classifier, folder: Path) -> np.ndarray:
    """What somebody's own program says of the files, given the boxes beside them."""
    table = pd.read_csv(folder / "faces.csv")
    pictures = [np.asarray(Image.open(folder / name)) for name in table["picture"]]
    return clf.logits(np.stack(pictures), table[["x1", "y1", "x2", "y2"]].to_numpy())


@pytest.mark.thorough
def test_without_a_reference_run_it_is_unverified_and_says_what_to_do(clf: Classifier) -> None:
    found = self_test(clf)
    assert (found.state, found.n) == ("unverified", 0)
    assert "is unverified: there is no reference run" in str(found)
    assert list(found.table.columns) == list(COLUMNS)
    assert len(found.table) == PICTURES * len(clf.labels)
    assert found.table["found"].groupby(found.table["picture"]).sum().round(4).eq(1).all()


@pytest.mark.thorough
def test_a_run_on_the_files_agrees_and_one_with_another_order_of_labels_differs(
    clf: Classifier, tmp_path: Path
) -> None:
    write_pictures(tmp_path)
    assert sorted(path.name for path in tmp_path.glob("*.png")) == list(names())
    reference = logits(clf, tmp_path)
    found = self_test(clf, reference)
    assert (found.state, found.n, found.same) == ("agrees", 20, 1.0)
    assert found.difference < 1e-4
    by_name = pd.DataFrame(reference, columns=list(clf.labels))[list(reversed(clf.labels))]
    assert self_test(clf, by_name).state == "agrees"
    assert self_test(clf, clf.probabilities_from(reference), outputs="probabilities").difference < 1e-4
    other = self_test(clf, reference[:, ::-1])
    assert other.state == "differs"
    assert "differs: on 20 pictures" in str(other)


@pytest.mark.thorough
def test_faces_that_the_other_program_did_not_find_are_left_out(clf: Classifier, tmp_path: Path) -> None:
    write_pictures(tmp_path)
    reference = logits(clf, tmp_path)
    reference[[2, 5]] = np.nan
    found = self_test(clf, reference)
    assert (found.state, found.n) == ("agrees", 18)
    assert self_test(clf, np.full_like(reference, np.nan)).state == "unverified"


@pytest.mark.thorough
def test_a_wrong_alignment_shows(clf: Classifier) -> None:
    """What another program says that turns faces upright, which ours was declared not to do."""
    seen = dataclasses.replace(clf.preparation, align="eyes")
    turns = Classifier(
        "turns", clf.body, clf.head, labels=clf.labels, emotions=clf.emotions, preparation=seen, card=clf.card
    )
    faces = reference_faces()
    images, boxes = np.stack([face.image for face in faces]), np.stack([face.box for face in faces])
    reference = turns.logits(images, boxes, points_of(faces))
    assert self_test(turns, reference).difference < 1e-4
    wrong = self_test(clf, reference)
    assert wrong.difference > 0.02
    assert wrong.same < 1


@pytest.mark.parametrize(
    ("expected", "words"),
    [
        (np.zeros((19, 7)), r"shape \(20, 7\).*got \(19, 7\)"),
        (np.zeros(20), r"got \(20,\)"),
        ("logits.csv", "are numbers"),
        (pd.DataFrame({"joy": np.zeros(20)}), "column for each label"),
        (np.full((20, 7), 14.3), "between 0 and 1"),
    ],
)
def test_what_is_no_such_run_is_refused(clf: Classifier, expected: object, words: str) -> None:
    with pytest.raises(BadValueError, match=words):
        self_test(clf, expected, outputs="probabilities")  # type: ignore[arg-type]


def test_other_arguments_are_refused(clf: Classifier) -> None:
    with pytest.raises(BadValueError, match="`outputs` is one of"):
        self_test(clf, outputs="scores")  # type: ignore[arg-type]
    with pytest.raises(BadValueError, match="A classifier"):
        self_test("fer")  # type: ignore[arg-type]
