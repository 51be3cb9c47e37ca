from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from facelib.errors import BadValueError
from facelib.faces import Face, Head
from facelib.studies.engine.subjects import faces_table, subjects
from facelib.studies.grid import incomplete, lacking
from facelib.studies.meant import meant, translations, usual_labels


def face(**known: object) -> Face:
    return Face(
        np.zeros((64, 64, 3), np.uint8), np.array([0.0, 0, 64, 64]), np.full((2, 2), np.nan), attributes=known
    )


@pytest.mark.parametrize(
    ("known", "emotion"),
    [
        ({"expression": "happy"}, "happy"),
        ({"label": " Surprised "}, "surprise"),
        ({"label": "Wut", "expression": float("nan")}, "angry"),
        ({"label": "Wut", "expression": "sad"}, "sad"),
        ({"label": "cat"}, ""),
        ({"label": 3}, ""),
        ({}, ""),
    ],
)
def test_what_a_face_is_meant_to_show(known: dict[str, object], emotion: str) -> None:
    assert meant(known) == meant(face(**known)) == subjects([face(**known)])[0].expression == emotion


def test_a_head_shows_its_expression() -> None:
    assert meant(Head(expression="fear")) == "fear"
    assert meant(Head(expression={"jawOpen": 0.5})) == ""


def test_other_words_than_emotions_are_kept() -> None:
    people = subjects([face(expression="relaxed", id="1"), face(expression="Freude", id="2")])
    table = faces_table(people)
    assert table["label"].tolist() == ["relaxed", "Freude"]
    assert table["expression"].tolist() == ["", "happy"]
    assert usual_labels(table) == ("label",)
    assert list(translations(people)) == ["Labels were taken for common emotions: Freude for happy."]


def test_what_is_held_fixed_unless_another_column_is_named() -> None:
    assert usual_labels(faces_table(subjects([face(id="1")]))) == ()
    assert usual_labels(faces_table(subjects([face(id="1"), face(id="2", label="sad")]))) == ("expression",)


def test_what_is_missing_is_counted() -> None:
    table = pd.DataFrame({"label": ["a", "", None], "age": [np.nan, 3, np.nan]})
    lacks = lacking(table, ["label", "age"])
    assert {name: missing.tolist() for name, missing in lacks.items()} == {
        "label": [False, True, True],
        "age": [True, False, True],
    }
    with pytest.raises(BadValueError, match="of 3 faces, 2 lack label, 2 lack age"):
        incomplete(lacks, 3)
    assert incomplete(lacking(table, ["label"]), 3).tolist() == [False, True, True]
    assert incomplete({}, 2).tolist() == [False, False]
