"""Validity of split-face reading: its arithmetic by hand, known answers, and the committed table again."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from facelib.errors import BadValueError
from facelib.experiments import load_halves_validity
from facelib.experiments.halves_validity import (
    ALL,
    BETTER,
    DIFFERENCE,
    LEVELS,
    MOVEMENTS,
    OPEN,
    PEOPLE,
    QUICK,
    RESAMPLES,
    SEED,
    SIDE,
    TABLE,
    VALIDITY_COLUMNS,
    WORSE,
    readings,
    validity,
    validity_heads,
)
from facelib.properties.activation import SIDED

KEYS = ["movements", "unit", "of"]


def made_up(
    rng: np.random.Generator,
    units: tuple[str, ...] = ("mouthSmile",),
    whole: float = 0.2,
    halves: float = 0.02,
) -> pd.DataFrame:
    """Readings of 12 people with noise of either reading: scaled, shifted, of a weak side."""
    rows = []
    for person in range(12):
        for movement in ("happy", "sad"):
            for level in (0.2, 0.6, 1.0):
                for unit in units:
                    for side in ("left", "right"):
                        truth = (0.4 + person / 20) * (level if (side == "left") == (person % 2) else 1.0)
                        rows.append(
                            (person, movement, level, unit, side, truth,
                             0.3 * truth + 0.1 + 0.3 * rng.normal(0, whole),
                             1e-6 * (0.5 * truth + 0.2 + 0.5 * rng.normal(0, halves)))
                        )  # fmt: skip
    names = ["person", "movement", "level", "unit", "side", "truth", "whole", "halves"]
    return pd.DataFrame(rows, columns=names)


def by_hand(table: pd.DataFrame, name: str) -> list[float]:
    """Return each person's mean absolute error by the line through the others."""
    found = []
    for person in sorted(table["person"].unique()):
        others, own = table[table["person"] != person], table[table["person"] == person]
        slope, start = np.polyfit(others[name] / table[name].std(), others["truth"], 1)
        told = start + slope * own[name] / table[name].std()
        found.append(float((told - own["truth"]).abs().mean()))
    return found


def test_errors_correlations_and_intervals_are_those_by_hand(rng: np.random.Generator) -> None:
    table = made_up(rng)
    row = validity(table).set_index("of").loc[SIDE]
    whole, halves = by_hand(table, "whole"), by_hand(table, "halves")
    assert row["mae_whole"] == pytest.approx(np.mean(whole))
    assert row["mae_halves"] == pytest.approx(np.mean(halves))
    blind = [
        abs(own["truth"] - table.loc[table["person"] != person, "truth"].mean()).mean()
        for person, own in table.groupby("person")
    ]
    assert row["mae_blind"] == pytest.approx(np.mean(blind))
    for name in ("whole", "halves"):
        assert row[f"r_{name}"] == pytest.approx(np.corrcoef(table["truth"], table[name])[0, 1])
        assert row[f"slope_{name}"] == pytest.approx(np.polyfit(table["truth"], table[name], 1)[0])
    counts = np.random.default_rng(SEED).multinomial(12, np.full(12, 1 / 12), RESAMPLES)
    often = counts[:, table["person"]]  # every row as often as its person is drawn
    found, slopes = {}, {}
    for name in ("whole", "halves"):
        x, y = table["truth"].to_numpy(), (table[name] / table[name].std()).to_numpy()
        of_x, of_y, together = (
            (often @ (one * other)) / often.sum(axis=1)
            - (often @ one) * (often @ other) / often.sum(axis=1) ** 2
            for one, other in ((x, x), (y, y), (x, y))
        )
        found[name] = together / np.sqrt(of_x * of_y)
        slopes[name] = table[name].std() * together / of_x
        first = np.corrcoef(np.repeat(x, often[0]), np.repeat(y, often[0]))[0, 1]
        assert found[name][0] == pytest.approx(first)
    gains = found["halves"] - found["whole"]
    errors = [np.average(np.subtract(whole, halves), weights=count) for count in counts]
    steeper = slopes["halves"] - slopes["whole"]
    for what, values in (("r_gain", gains), ("slope_gain", steeper), ("gain", errors)):
        ends = np.quantile(values, [0.025, 0.975])
        assert (row[f"{what}_low"], row[f"{what}_high"]) == pytest.approx(tuple(ends))
    assert row["gain"] == pytest.approx(np.mean(whole) - np.mean(halves))
    assert row["gain_low"] < row["gain"] < row["gain_high"]


def test_a_difference_is_left_minus_right_of_one_face(rng: np.random.Generator) -> None:
    table = made_up(rng)
    row = validity(table).set_index("of").loc[DIFFERENCE]
    wide = table.pivot_table(index=["person", "movement", "level"], columns="side", values=["truth", "whole"])
    truth, whole = (wide[name]["left"] - wide[name]["right"] for name in ("truth", "whole"))
    assert row["n"] == len(table) / 2
    assert row["slope_whole"] == pytest.approx(np.polyfit(truth, whole, 1)[0])
    assert row["mae_whole"] == pytest.approx(
        np.mean(by_hand(pd.DataFrame({"truth": truth, "whole": whole}).reset_index(), "whole"))
    )


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("whole", "halves", "answer"), [(0.2, 0.02, BETTER), (0.02, 0.2, WORSE), (0.1, 0.1, OPEN)]
)
def test_the_better_reading_is_named(
    rng: np.random.Generator, whole: float, halves: float, answer: str
) -> None:
    found = validity(made_up(rng, ("mouthSmile", "eyeBlink"), whole, halves))
    assert set(found["unit"]) == {"mouthSmile", "eyeBlink", ALL}
    sides = found[(found["of"] == SIDE) & (found["unit"] != ALL)]
    if answer != OPEN:
        assert set(found["answer"]) == {answer}
    else:
        assert (sides["gain_low"] < sides["gain_high"]).all()
        assert OPEN in set(sides["answer"])
    mean = found[found["unit"] == ALL].set_index("of").loc[SIDE, "mae_whole"]
    assert mean == pytest.approx(sides["mae_whole"].mean())


def test_one_number_for_both_sides_tells_no_difference(rng: np.random.Generator) -> None:
    table = made_up(rng, ("browInnerUp",))
    table["whole"] = table.groupby(["person", "movement", "level"])["whole"].transform("mean")
    row = validity(table).set_index("of").loc[DIFFERENCE]
    assert not row["sided"]
    assert row["mae_whole"] == pytest.approx(row["mae_blind"])
    assert np.isnan(row["r_whole"])
    assert row["answer"] == BETTER


def test_the_same_seed_gives_the_same_table(rng: np.random.Generator) -> None:
    table = made_up(rng)
    pd.testing.assert_frame_equal(validity(table), validity(table))
    other = validity(table, seed=SEED + 1)
    assert (other["gain"] == validity(table)["gain"]).all()
    assert (other["gain_low"] != validity(table)["gain_low"]).all()


def test_one_person_and_unknown_movements_are_refused(rng: np.random.Generator) -> None:
    table = made_up(rng)
    with pytest.raises(BadValueError, match="2 people or more are needed; got 1"):
        validity(table[table["person"] == 3])
    with pytest.raises(BadValueError, match=r"Expected movements out of happy, .*; got 'whistling'"):
        readings([], ["whistling"])


def test_every_unit_is_in_the_committed_table() -> None:
    table = pd.read_csv(TABLE)
    assert TABLE.stat().st_size < 40_000
    assert list(table) == list(VALIDITY_COLUMNS)
    assert not table.duplicated(KEYS).any()
    shipped = load_halves_validity()
    assert set(shipped["people"]) == {PEOPLE}
    active = {unit.removesuffix("Left") for recipe in MOVEMENTS.values() for unit in recipe}
    sided = set(shipped.loc[shipped["sided"], "unit"]) - {ALL}
    assert sided == active & set(SIDED)
    assert len(sided) > 10
    assert (shipped["gain_low"] <= shipped["gain"]).all()
    assert (shipped["gain"] <= shipped["gain_high"]).all()
    told = np.where(shipped["gain_low"] > 0, BETTER, np.where(shipped["gain_high"] < 0, WORSE, OPEN))
    assert (shipped["answer"] == told).all()
    assert shipped["gain"].to_numpy() == pytest.approx(
        (shipped["mae_whole"] - shipped["mae_halves"]).to_numpy(), abs=1e-3
    )


def test_weak_sides_and_levels_are_spread_over_people_and_movements() -> None:
    heads = validity_heads()
    assert len(heads) == PEOPLE
    assert all(head.pose == (0, 0, 0) and 0 <= head.asymmetry <= 0.5 and head.age >= 18 for head in heads)
    assert LEVELS == (1.0, 0.8, 0.6, 0.4, 0.2, 0.0)


@pytest.mark.thorough
@pytest.mark.packages
def test_the_truth_is_what_was_set_and_a_small_part_comes_again() -> None:
    people, movement = QUICK
    heads = validity_heads()[:people]
    read = readings(heads, [movement])
    assert set(read["unit"]) == {"eyeBlink"}
    assert len(read) == people * 3 * 2
    assert set(read["level"]) == set(LEVELS)
    for row in read.itertuples():
        head = heads[row.person]
        weak = "left" if row.person % 2 == 0 else "right"
        share = row.level if row.side == weak else 1.0
        assert row.truth == pytest.approx(head.intensity * share)
    made = validity(read, movement).set_index(KEYS)
    again(made, pd.read_csv(TABLE).set_index(KEYS))


@pytest.mark.thorough
@pytest.mark.packages
def test_the_committed_table_comes_again() -> None:
    again(validity(readings(validity_heads())).set_index(KEYS), load_halves_validity().set_index(KEYS))


def again(made: pd.DataFrame, committed: pd.DataFrame) -> None:
    there = committed.loc[made.index]
    assert (made["n"] == there["n"]).all()
    numbers = list(VALIDITY_COLUMNS)[6:12]
    np.testing.assert_allclose(made[numbers], there[numbers].astype(float), rtol=0.02, atol=0.003)
    for name in ("r_whole", "r_halves"):
        np.testing.assert_allclose(made[name], there[name].astype(float), atol=0.02)
