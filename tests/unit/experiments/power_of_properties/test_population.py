"""The labelled population: labels equally often, and nothing goes with anything else."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from facelib.errors import BadValueError
from facelib.experiments.power_of_properties import labelled_population, population_table
from facelib.experiments.power_of_properties.population import PROPERTIES
from facelib.properties import measure

N = 672  # 8 of each label × hair × light: numbers are even within each of them


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return population_table(labelled_population(N))


@pytest.mark.thorough
def test_labels_are_equally_often(table: pd.DataFrame) -> None:
    assert set(Counter(table["expression"]).values()) == {N // 7}
    uneven = Counter(head.expression for head in labelled_population(24))
    assert max(uneven.values()) - min(uneven.values()) == 1


@pytest.mark.thorough
def test_everyone_is_someone_else() -> None:
    heads = labelled_population(N)
    assert len({head.key for head in heads}) == len({head.seed for head in heads}) == N


@pytest.mark.thorough
def test_words_are_equally_often_within_every_label(table: pd.DataFrame) -> None:
    for name in ("hair", "light", "electrodes"):
        counts = pd.crosstab(table["expression"], table[name])
        assert counts.to_numpy().max() - counts.to_numpy().min() <= 2, name
    have = {"glasses": 0.4, "facial_hair": 0.5, "weaker_side": 0.5, "palsy": 0.3}
    worn = table.groupby("expression")[list(have)].agg(lambda column: (column > 0).mean())
    for name, share in have.items():
        assert np.allclose(worn[name], share, atol=0.03), name


def test_numbers_cover_their_range_evenly_within_every_label(table: pd.DataFrame) -> None:
    ranges = {
        "age": (18, 80), "gender": (0, 1), "skin_tone": (0, 1), "asymmetry": (0, 0.8), "yaw": (-4, 4),
        "pitch": (-8, 8), "roll": (-6, 6), "intensity": (0.5, 1),
    }  # fmt: skip
    for name, (low, high) in ranges.items():
        for label, own in table.groupby("expression"):
            quarters = np.floor(4 * (own[name] - low) / (high - low)).clip(0, 3)
            counts = np.bincount(quarters.astype(int), minlength=4)
            assert counts.tolist() == [N // 28] * 4, (name, label)


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
    assert 0.1 < np.mean([head.palsy > 0 and head in weak for head in heads]) < 0.2  # .15 by design


@pytest.mark.thorough
def test_smiles_are_measured_as_less_symmetric_as_of_patients() -> None:
    """The less one side moves, for whatever reason, the less symmetric a smile is in the picture."""
    heads = [head.replace(expression="happy") for head in labelled_population(63)]
    measured = measure(heads, ["symmetry"])["symmetry"]
    moves = [min(head.left, head.right) * (1 - head.palsy) for head in heads]
    assert spearmanr(measured, moves).statistic > 0.4


def test_beards_and_hair_are_not_those_of_a_gender(table: pd.DataFrame) -> None:
    women, men = (table[(table["gender"] > 0.5) == man] for man in (False, True))
    assert (women["facial_hair"] > 0).mean() == pytest.approx((men["facial_hair"] > 0).mean(), abs=0.06)
    assert (women["hair"] == "bald").mean() == pytest.approx((men["hair"] == "bald").mean(), abs=0.06)


@pytest.mark.thorough
def test_people_follow_from_the_seed() -> None:
    assert labelled_population(14, 3) == labelled_population(14, 3)
    assert labelled_population(14, 3) != labelled_population(14, 4)
    assert {head.expression_set for head in labelled_population(7, expression_set="tuned")} == {"tuned"}


def test_all_properties_are_told(table: pd.DataFrame) -> None:
    assert list(table) == ["expression", *PROPERTIES, "intensity"]
    assert not table.isna().any().any()


@pytest.mark.parametrize("n", [6, 7.5, True, "many"])
def test_a_population_has_a_head_for_every_label(n: object) -> None:
    with pytest.raises(BadValueError, match="7 heads or more, one per label"):
        labelled_population(n)  # type: ignore[arg-type]
