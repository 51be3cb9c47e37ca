"""Series of sets of electrodes: each step shows its own; orders are each face's, and then reversed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from facelib import interventions
from facelib.errors import BadValueError
from facelib.face import face_fingerprint
from facelib.faces import Face, Head
from facelib.interventions.electrode_sets import ElectrodeSets
from facelib.interventions.electrodes import Electrodes

HEAD = Head(expression="happy", seed=4)
SETS = (("F1",), ("F2", "F1"), ("F22", "F3"))
GROUPS = (("F1", "F2"), ("F3", "F4"), ("F5",))
SERIES = ElectrodeSets(sets=SETS, groups=GROUPS, pairs=2, seed=7)


def worn(series: ElectrodeSets, head: Head) -> list[tuple[str, ...]]:
    return [series.edit(head, step / series.last).electrode_names for step in range(series.last + 1)]


def test_every_step_has_its_set_alone() -> None:
    series = ElectrodeSets(sets=SETS)
    assert series.last == 3
    assert worn(series, HEAD) == [(), ("F1",), ("F1", "F2"), ("F3", "F22")]
    assert series.edit(HEAD, 0.0) is HEAD
    assert [series.step_of(one) for one in ((), *SETS)] == [0, 1, 2, 3]
    assert series.step_of(("F1", "F2")) == 2
    with pytest.raises(BadValueError, match="no such set"):
        series.step_of(("F9",))


def test_groups_come_in_orders_and_their_reverses() -> None:
    names = worn(SERIES, HEAD)
    assert len(names) == SERIES.last + 1 == 1 + 3 + 2 * 2 * 2 + 1
    orders, steps = SERIES.orders(HEAD.key), SERIES.steps_along()
    np.testing.assert_array_equal(orders[::2], orders[1::2, ::-1])
    for order, row in zip(orders, steps, strict=True):
        for count, step in enumerate(row):
            expected = {name for group in order[:count] for name in GROUPS[group]}
            assert set(names[step]) == expected
    others = [tuple(SERIES.orders(HEAD.replace(seed=seed).key).ravel()) for seed in range(40)]
    assert len(set(others)) > 20


def test_what_the_series_holds_has_a_key() -> None:
    clauses = {
        one.clause
        for one in (
            SERIES,
            ElectrodeSets(sets=SETS, groups=GROUPS, pairs=2, seed=8),
            ElectrodeSets(sets=SETS[:2], groups=GROUPS, pairs=2, seed=7),
            ElectrodeSets(sets=SETS, groups=GROUPS[:2], pairs=2, seed=7),
        )
    }
    assert len(clauses) == 4
    reordered = ElectrodeSets(sets=(("F1",), ("F1", "F2"), ("F3", "F22")), groups=GROUPS, pairs=2, seed=7)
    assert reordered == SERIES
    assert "electrode_sets" not in interventions.INTERVENTIONS


@pytest.mark.packages
def test_pictures_show_what_the_set_alone_shows() -> None:
    photo: Face = HEAD.render(80).replace(source="photograph", attributes={})
    for step, names in ((1, ("F1",)), (3, ("F3", "F22"))):
        one = SERIES.apply(photo, step / SERIES.last)
        np.testing.assert_array_equal(one.image, Electrodes(only=names).apply(photo, 1.0).image)
        head = SERIES.apply(HEAD, step / SERIES.last, 64)
        np.testing.assert_array_equal(head.image, HEAD.replace(electrodes=names).render(64).image)
    assert SERIES.apply(photo, 0.0) is photo
    first = SERIES.orders(face_fingerprint(photo))[0, 0]
    step = SERIES.steps_along()[0, 1]
    assert set(SERIES.apply(photo, step / SERIES.last).attributes["electrodes"]) == set(GROUPS[first])


@pytest.mark.parametrize(
    "options",
    [
        {}, {"sets": ((),)}, {"sets": (("K1",),)}, {"groups": (("F1",), ("F1", "F2")), "pairs": 1},
        {"pairs": 2}, {"sets": SETS, "pairs": -1}, {"sets": SETS, "seed": 0.5}, {"sets": ("F1", 3)},
    ],
)  # fmt: skip
def test_series_that_are_none_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(BadValueError):
        ElectrodeSets(**options)
