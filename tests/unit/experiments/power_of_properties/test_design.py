"""What is declared: a population in which nothing goes together, and labels that say where they come from."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pandas as pd
import pytest

from facelib.errors import BadValueError
from facelib.experiments.power_of_properties import labelled_population, population_table, power_of_properties
from facelib.experiments.power_of_properties.design import PROPERTIES, SOURCES
from facelib.faces import Face, FaceSet

N = 672  # 8 of each label × hair × light: numbers are even within each of them


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return population_table(labelled_population(N))


@pytest.mark.thorough
def test_labels_are_equally_often_and_everyone_is_someone_else(table: pd.DataFrame) -> None:
    assert set(Counter(table["expression"]).values()) == {N // 7}
    assert len({head.seed for head in labelled_population(N)}) == N
    assert labelled_population(14, 3) == labelled_population(14, 3) != labelled_population(14, 4)


@pytest.mark.thorough
def test_words_are_equally_often_within_every_label(table: pd.DataFrame) -> None:
    for name in ("hair", "light", "electrodes"):
        counts = pd.crosstab(table["expression"], table[name])
        assert counts.to_numpy().max() - counts.to_numpy().min() <= 2, name
    have = {"glasses": 0.4, "facial_hair": 0.5, "weaker_side": 0.5, "palsy": 0.3}
    worn = table.groupby("expression")[list(have)].agg(lambda column: (column > 0).mean())
    for name, share in have.items():
        assert np.allclose(worn[name], share, atol=0.03), name


def test_properties_go_neither_together_nor_with_the_label(table: pd.DataFrame) -> None:
    """Of independent draws a correlation is beyond .1 in about one of 120; by design none is."""
    words = pd.get_dummies(table[["expression", "hair", "light", "electrodes"]]).astype(float)
    numbers = table.select_dtypes("number").rank()
    both = pd.concat([words, numbers], axis=1).corr()
    for first, second in itertools.combinations(both, 2):
        same = first.split("_")[0] == second.split("_")[0] and first in words and second in words
        assert same or abs(both.loc[first, second]) < 0.1, (first, second)


@pytest.mark.thorough
def test_one_side_moves_less_as_of_patients() -> None:
    """The weak side is left as often as right, that of the palsy, and its movement alone is less."""
    heads = labelled_population(N)
    weak = [head for head in heads if head.left != head.right]
    assert all(max(head.left, head.right) == 1 and min(head.left, head.right) <= 0.8 for head in weak)
    assert all(getattr(head, head.palsy_side) < 1 for head in weak)
    affected = Counter(head.palsy_side for head in heads if head.palsy or head in weak)
    assert abs(affected["left"] - affected["right"]) < 0.1 * sum(affected.values())
    assert all(head.palsy == 0 or 0.2 <= head.palsy <= 1 for head in heads)


@pytest.mark.parametrize("n", [6, 7.5, True, "many"])
def test_a_population_has_a_head_for_every_label(n: object) -> None:
    with pytest.raises(BadValueError, match="7 heads or more, one per label"):
        labelled_population(n)  # type: ignore[arg-type]


def photographs(**columns: list[object]) -> FaceSet:
    """Return grey pictures with a table."""
    grey = np.full((64, 64, 3), 128, np.uint8)
    rows = pd.DataFrame(columns).to_dict("records")
    box, nowhere = np.array([0.0, 0, 64, 64]), np.full((2, 2), np.nan)
    return FaceSet.from_faces(
        [Face(grey + place, box, nowhere, attributes=dict(row)) for place, row in enumerate(rows)]
    )


def test_heads_are_tested_for_all_that_was_drawn_and_differs() -> None:
    study = power_of_properties(14, classifiers=["known_unbiased"])
    assert study.names[: len(PROPERTIES) + 2] == (*PROPERTIES, "intensity", "symmetry")
    assert set(study.given) == {*PROPERTIES, "intensity"}
    assert set(study.properties_measured) <= {"symmetry", "activation", "estimated_age", "estimated_gender"}
    assert (study.label_source, study.alpha, study.label_columns) == ("rendered", 0.01, ("expression",))
    heads = [head.replace(glasses=0.0, light="studio") for head in labelled_population(14)]
    fewer = power_of_properties(faces=heads, classifiers=["known_unbiased"]).names
    assert not {"glasses", "light"} & set(fewer)


def test_a_clinical_grade_is_a_property_and_what_names_a_face_is_none() -> None:
    n = 24
    faces = photographs(
        label=["happy", "sad"] * (n // 2), person=[f"p{i // 2}" for i in range(n)], id=list(range(n)),
        house_brackmann=[1 + i % 6 for i in range(n)], session=["before", "after"] * (n // 2),
        Einwilligung=["ja", "nein"] * (n // 2), moles=[0.0] * n, ethnicity=[f"word {i}" for i in range(n)],
        centre=["A", "B", "C"] * (n // 3), age=[20.0 + 0.5 * i for i in range(n)], nr=list(range(1, n + 1)),
    )  # fmt: skip
    study = power_of_properties(faces=faces, label_source="instructed", classifiers=["known_unbiased"])
    assert study.given == ("age", "house_brackmann", "session", "centre")
    assert study.settings["label_source"] == "instructed"
    fixed = power_of_properties(
        faces=faces, label_source="instructed", classifiers=["known_unbiased"], labels=["label", "centre"],
        person="session",
    )  # fmt: skip
    assert fixed.given == ("age", "house_brackmann")


@pytest.mark.parametrize("source", [None, "guessed"])
def test_own_faces_say_where_labels_come_from(source: str | None) -> None:
    faces = photographs(label=["happy", "sad"], age=[20.0, 30.0])
    with pytest.raises(BadValueError, match="rendered, instructed, self-report, rated"):
        power_of_properties(faces=faces, label_source=source)
    assert "collider" in SOURCES["rated"]


def test_faces_of_which_nothing_is_known_are_refused() -> None:
    with pytest.raises(BadValueError, match="name properties to measure"):
        power_of_properties(faces=photographs(label=["happy", "sad"]), label_source="rated")
