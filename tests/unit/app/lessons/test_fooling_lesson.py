"""The exercise asks first, ranks then, and says what the table says."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from facelib import classifiers
from facelib.app.lessons.fooling_lesson import LIMITS, FoolingExercise, answer
from facelib.experiments import leaderboard
from facelib.experiments.ranking import not_expression
from facelib.faces import Head

HEAD = Head(age=34, gender=0.0, skin_tone=0.2, expression="happy")


@pytest.fixture
def board() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "intervention": ["palsy", "blur", "age"],
            "title": ["one-sided palsy", "blur", "age"],
            "placebo": [False, True, False],
            "classifier": "fer",
            "label": "happy",
            "start": 0.95,
            "end": [0.1, 0.4, 0.995],
            "change": [-0.85, -0.55, 0.045],
            "before": "happy",
            "after": ["sad", "neutral", "happy"],
            "rank": [1, 2, 3],
        }
    )


def test_the_guess_is_placed_and_the_winner_is_told(board: pd.DataFrame) -> None:
    said = answer(board, "age").sentences
    assert said[0] == "Your guess, age, is number 3 of 3: fer goes from .95 to > .99 for happy."
    assert said[1] == "Most is taken away by one-sided palsy: from .95 to .10, and it says sad now."
    assert said[2].startswith("2 of 3 changes turn its answer into another emotion; 1 of these")
    assert said[-1] == LIMITS


def test_who_finds_it_is_told_so(board: pd.DataFrame) -> None:
    said = answer(board, "palsy").sentences
    assert said[1] == "Nothing takes more away: you have found it."
    assert not any("Most is taken" in sentence for sentence in said)


def test_without_a_guess_nothing_is_marked(board: pd.DataFrame) -> None:
    shown = answer(board)
    assert "your guess" not in set(shown.tables["ranking"]["series"])
    assert shown.sentences[0].startswith("Most is taken away by one-sided palsy")


@pytest.mark.packages
def test_nothing_is_revealed_before_the_guess() -> None:
    exercise = FoolingExercise(HEAD, ["fer", "pyemotion"])
    assert "Guess first" in exercise.sentences.value
    assert exercise.chart.layout.display == "none"
    assert exercise.chart.data == {}
    assert [name for _, name in exercise.guess.options] == ["", *(item.id for item in not_expression())]
    assert "neutral" not in exercise.emotion.options


@pytest.mark.thorough
@pytest.mark.packages
def test_a_guess_reveals_what_the_leaderboard_says() -> None:
    exercise = FoolingExercise(HEAD, ["fer", "pyemotion"])
    before = exercise.faces.value
    exercise.guess.value = "age"
    table = leaderboard(HEAD, "fer")
    rows = exercise.chart.data["ranking"]
    assert [row["row"] for row in rows] == table["title"].tolist()
    np.testing.assert_allclose([row["end"] for row in rows], table["end"], atol=1e-4)
    assert [row["row"] for row in rows if row["series"] == "your guess"] == ["age"]
    assert exercise.chart.layout.display is None
    assert exercise.faces.value != before
    assert 'alt="Faces: happy, age, ' in exercise.faces.value
    place = table.set_index("intervention")["rank"]["age"]
    assert f"number {place} of {len(table)}" in exercise.sentences.value

    exercise.guess.value = "blur"  # the table is there already
    assert [row["row"] for row in exercise.chart.data["ranking"] if row["series"] == "your guess"] == ["blur"]

    exercise.classifier.value = "pyemotion"  # another riddle
    assert exercise.guess.value == ""
    assert exercise.chart.layout.display == "none"
    assert re.search(r"pyemotion gives this face \S+ \S*", exercise.sentences.value)
    exercise.guess.value = "age"
    assert exercise.chart.signals["ranking_heading"].startswith("Probability of happy for pyemotion")
    assert exercise.card.messages.value == ""


@pytest.mark.packages
def test_a_face_that_is_misread_already_is_told() -> None:
    exercise = FoolingExercise(HEAD.replace(age=60), ["fer"])
    clf = classifiers.load("fer")
    exercise.emotion.value = "disgust"
    face = exercise.person.render(160)
    read = clf.probabilities(face.image[None], face.box[None])[0]
    said = clf.emotions[clf.labels[read.argmax()]]
    assert ("takes it for" in exercise.sentences.value) == (said != "disgust")
