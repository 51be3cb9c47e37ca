"""Which electrode matters most, beside the slow way: a network that takes electrodes for neutral."""

from __future__ import annotations

import itertools
from math import factorial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from facelib.errors import BadValueError
from facelib.experiments.electrodes.importance import (
    POSITION_COLUMNS,
    electrode_groups,
    electrode_series,
    importance_study,
    position_table,
)
from facelib.experiments.electrodes.outcomes import MEAN, OUTCOMES
from facelib.experiments.electrodes.shares import SHARE_COLUMNS, share_table
from facelib.faces import ELECTRODE_SCHEMES, Head
from facelib.head.electrodes import positions
from facelib.semg import MUSCLES, REGIONS

SERIES = electrode_series(pairs=1)
FRIDLUND = ELECTRODE_SCHEMES["fridlund"]
SIZE = 64
UNBIASED, BIASED = "known_unbiased", "known_electrodes_neutral"
ONE_SHAPE = [Head(expression="neutral", age=age, skin_tone=0.8, seed=3) for age in (30, 45, 60)]


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Any:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    study = importance_study(ONE_SHAPE, [UNBIASED, BIASED], series=SERIES, size=SIZE)
    found = study.run(tmp_path_factory.mktemp("importance"), n_jobs=1)
    torch.set_num_threads(threads)
    return found


@pytest.fixture(scope="module")
def alone_and_last(result: Any) -> pd.DataFrame:
    return position_table(result, SERIES)


@pytest.fixture(scope="module")
def shares(result: Any) -> pd.DataFrame:
    return share_table(result, SERIES)


def value(result: Any, classifier: str, head: Head, names: tuple[str, ...], outcome: str) -> float:
    """Read one number from the tidy rows, the slow way."""
    rows = result.sound
    own = rows[
        (rows["classifier"] == classifier)
        & (rows["face"] == head.key)
        & (rows["step"] == SERIES.step_of(names))
    ]
    if outcome == "accuracy":
        return float(own.loc[own["logit"].idxmax(), "label"] == head.expression)
    return float(own.loc[own["label"] == head.expression, "probability"].iloc[0])


@pytest.mark.thorough
@pytest.mark.packages
@pytest.mark.parametrize("outcome", OUTCOMES)
def test_each_electrode_is_compared_with_the_faces_that_differ_in_it(
    result: Any, alone_and_last: pd.DataFrame, outcome: str
) -> None:
    table = alone_and_last.set_index(["classifier", "outcome", "how", "position"])["change"]
    for classifier, name in itertools.product((BIASED, UNBIASED), ("F1", "F12", "F20")):
        others = tuple(other for other in FRIDLUND if other != name)
        alone, last = [], []
        for head in ONE_SHAPE:
            at = {
                one: value(result, classifier, head, one, outcome) for one in ((), (name,), others, FRIDLUND)
            }
            alone.append(at[name,] - at[()])
            last.append(at[FRIDLUND] - at[others])
        assert table[classifier, outcome, "alone", name] == pytest.approx(np.mean(alone))
        assert table[classifier, outcome, "last", name] == pytest.approx(np.mean(last))
    both = (table[BIASED] + table[UNBIASED]) / 2
    np.testing.assert_allclose(table[MEAN].to_numpy(), both.to_numpy(), atol=1e-12)


@pytest.mark.thorough
@pytest.mark.packages
def test_regions_have_the_mean_over_all_orders(result: Any, shares: pd.DataFrame) -> None:
    """The slow twin: 7! orders, each group's gain when it comes; one face at a time."""
    groups = electrode_groups()
    names = list(groups)
    expected = np.zeros(len(names))
    for head in ONE_SHAPE:
        game = {}
        for size in range(len(names) + 1):
            for members in itertools.combinations(range(len(names)), size):
                there = tuple(one for one in FRIDLUND if any(one in groups[names[m]] for m in members))
                game[frozenset(members)] = value(result, BIASED, head, there, "probability")
        for player in range(len(names)):
            for coalition, before in game.items():
                if player not in coalition:
                    n = len(coalition)
                    weight = factorial(n) * factorial(len(names) - n - 1) / factorial(len(names))
                    expected[player] += weight * (game[coalition | {player}] - before) / len(ONE_SHAPE)
    own = shares[(shares["by"] == "region") & (shares["classifier"] == BIASED)].set_index(
        ["outcome", "group"]
    )
    np.testing.assert_allclose(own.loc["probability", "change"].loc[names], expected, atol=1e-9)


@pytest.mark.thorough
@pytest.mark.packages
def test_tables_are_whole(result: Any, alone_and_last: pd.DataFrame, shares: pd.DataFrame) -> None:
    assert list(alone_and_last) == list(POSITION_COLUMNS)
    assert list(shares) == list(SHARE_COLUMNS)
    assert len(alone_and_last) == 22 * 2 * 2 * 3
    assert len(shares) == (7 + 11) * 2 * 3
    place = alone_and_last.drop_duplicates("position").set_index("position")
    assert place.loc["F19", ["region", "muscle"]].tolist() == ["midface", "zygomaticus"]
    assert (place.loc["F20", "x"], place.loc["F20", "y"]) == positions()["F20"]
    for _, rows in shares.groupby(["by", "classifier", "outcome"]):
        assert rows["change"].sum() == pytest.approx(rows["total"].iloc[0], abs=1e-9)
    with pytest.raises(BadValueError, match="declared otherwise"):
        position_table(result, electrode_series(pairs=2))


def test_groups_hold_every_position_once() -> None:
    for scheme, names in ELECTRODE_SCHEMES.items():
        grouped = [name for one in electrode_groups(scheme).values() for name in one]
        assert sorted(grouped) == sorted(names)
        assert set(electrode_groups(scheme)) <= set(REGIONS)
    assert list(electrode_groups(by="muscle")) == list(MUSCLES)
    with pytest.raises(BadValueError, match="those of muscles"):
        electrode_groups("kuramoto", "muscle")
    with pytest.raises(BadValueError, match="a grouping"):
        electrode_groups(by="nerve")  # type: ignore[arg-type]


def test_who_cannot_take_part_is_refused() -> None:
    with pytest.raises(BadValueError, match="take them off"):
        importance_study([Head(electrodes="fridlund")])
    with pytest.raises(BadValueError, match="pairs=0"):
        importance_study([Head(), SimpleNamespace()])
