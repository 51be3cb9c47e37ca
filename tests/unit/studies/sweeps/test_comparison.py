"""Two sweeps beside each other: the difference of their changes, and what copies shaken alike say of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from facelib.errors import BadValueError
from facelib.faces import Head
from facelib.stats.effects.equivalence import NO_FALL
from facelib.studies import Sweep, sweep
from facelib.studies.sweeps.comparison import COLUMNS

pytestmark = pytest.mark.packages
HEAD = Head(age=34, gender=0.0, expression="happy")


@pytest.fixture(scope="module")
def pair() -> tuple[Sweep, Sweep]:
    first, second = (sweep(HEAD, name, ["fer", "pyemotion"], steps=5) for name in ("symmetry", "blur"))
    return first, second


@pytest.mark.thorough
def test_it_is_the_difference_of_the_two_changes(pair: tuple[Sweep, Sweep]) -> None:
    first, second = pair
    found = first.compared_with(second, "happy").set_index("classifier")
    assert [found.index.name, *found.columns] == list(COLUMNS)
    one, two = (each.effects("happy").set_index("classifier") for each in pair)
    for name in ("fer", "pyemotion"):
        row = found.loc[name]
        assert row["change_first"] == one.loc[name, "change"]
        assert row["change_second"] == two.loc[name, "change"]
        assert row["difference"] == pytest.approx(two.loc[name, "change"] - one.loc[name, "change"])
        shaken = []
        for each in pair:  # the slow twin: copy by copy
            column = each.readings[name].classifier.index_of("happy")
            shaken.append([float(copy[1][column]) - float(copy[0][column]) for copy in each.replicates[name]])
        differences = sorted([b - a for a, b in zip(*shaken, strict=True)] + [row["difference"]])
        inside = [value for value in differences if row["low"] <= value <= row["high"]]
        assert 0.9 <= len(inside) / len(differences) <= 0.97
        expected = (
            "differ" if row["low"] > 0.1 or row["high"] < -0.1
            else "do not differ" if row["low"] > -0.1 and row["high"] < 0.1 else "cannot tell"
        )  # fmt: skip
        assert row["verdict"] == expected


@pytest.mark.thorough
def test_a_sweep_does_not_differ_from_itself(pair: tuple[Sweep, Sweep]) -> None:
    found = pair[0].compared_with(pair[0], "happy")
    assert (found["difference"] == 0).all()
    assert (found["verdict"] == "do not differ").all()


def test_what_was_never_there_cannot_differ_by_falling(pair: tuple[Sweep, Sweep]) -> None:
    found = pair[0].compared_with(pair[0], "fear")
    assert (found.loc[found["start_first"] < 0.1, "verdict"] == NO_FALL).all()
    assert (found["start_first"] < 0.1).any()


def test_other_shakes_and_other_classifiers_are_refused(pair: tuple[Sweep, Sweep]) -> None:
    first, second = pair
    with pytest.raises(BadValueError, match="same seed"):
        first.compared_with(replace(second, seed=second.seed + 1))
    fewer = {name: copies[:-1] for name, copies in second.replicates.items()}
    with pytest.raises(BadValueError, match="shaken alike"):
        first.compared_with(replace(second, replicates=fewer))
    with pytest.raises(BadValueError, match="read both"):
        first.compared_with(replace(second, readings={}))
    with pytest.raises(BadValueError):
        first.compared_with(second, delta=0.0)


def test_only_classifiers_that_read_both_are_compared(pair: tuple[Sweep, Sweep]) -> None:
    first, second = pair
    fewer = replace(second, readings={"fer": second.readings["fer"]})
    assert first.compared_with(fewer, "happy")["classifier"].tolist() == ["fer"]
    assert np.isfinite(first.compared_with(fewer, "happy")["difference"]).all()
