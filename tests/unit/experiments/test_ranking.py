"""The leaderboard ranks by what each change does to its own start, read one by one."""

from __future__ import annotations

import pandas as pd
import pytest

import facelib
from facelib.errors import BadValueError, UnknownNameError
from facelib.experiments import leaderboard
from facelib.experiments.ranking import LEADERBOARD_COLUMNS, not_expression
from facelib.faces import Head
from facelib.interventions import INTERVENTIONS
from facelib.studies import demonstration_head

pytestmark = pytest.mark.packages

HEAD = Head(age=34, gender=0.0, skin_tone=0.2, expression="happy")
NAMES = ["palsy", "blur", "electrode_size", "age"]
SIZE = 96


@pytest.fixture(scope="module")
def board() -> pd.DataFrame:
    return leaderboard(HEAD, ["fer", "pyemotion"], NAMES, size=SIZE)


@pytest.mark.thorough
def test_every_row_is_what_the_classifier_says_of_the_two_pictures(board: pd.DataFrame) -> None:
    assert list(board.columns) == list(LEADERBOARD_COLUMNS)
    assert len(board) == 2 * len(NAMES)
    for row in board.to_dict("records"):
        chosen, clf = (
            facelib.interventions.get(row["intervention"]),
            facelib.classifiers.load(row["classifier"]),
        )
        start = demonstration_head(chosen, HEAD)
        before, after = start.render(SIZE), chosen.apply(start, 1.0, SIZE)
        for face, value, said in ((before, row["start"], row["before"]), (after, row["end"], row["after"])):
            read = clf.probabilities(face.image[None], before.box[None])[0]
            assert read[clf.index_of("happy")] == pytest.approx(value, abs=1e-5)
            assert clf.emotions[clf.labels[read.argmax()]] == said
        assert row["change"] == row["end"] - row["start"]
        assert (row["title"], row["group"], row["placebo"]) == (chosen.title, chosen.group, chosen.placebo)


def test_the_largest_fall_comes_first(board: pd.DataFrame) -> None:
    for _, rows in board.groupby("classifier"):
        assert rows["change"].is_monotonic_increasing
        assert rows["rank"].tolist() == [1, 2, 3, 4]


def test_who_changes_the_expression_is_left_out() -> None:
    chosen = [item.id for item in not_expression()]
    left = {INTERVENTIONS[name].group for name in INTERVENTIONS if name not in chosen}
    assert left == {"Expression"}
    assert chosen[-1] in {item.id for item in not_expression() if item.placebo}


def test_the_class_of_interest_can_be_another() -> None:
    board = leaderboard(HEAD, "fer", ["palsy"], label="sad", size=SIZE)
    assert board["label"].tolist() == ["sad"]
    assert board["start"].iloc[0] < 0.1


def test_bad_names_are_named() -> None:
    with pytest.raises(BadValueError, match="at least one intervention"):
        leaderboard(HEAD, "fer", [])
    with pytest.raises(UnknownNameError):
        leaderboard(HEAD, "fer", ["no such change"])
