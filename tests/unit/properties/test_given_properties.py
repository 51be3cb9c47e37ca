"""Age, gender and electrodes: told where they came with the face, never guessed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from facelib import properties
from facelib.faces import ELECTRODE_SCHEMES, Face, Head, sample_photograph


def with_attributes(**attributes: Any) -> Face:
    box, eyes = np.array([2.0, 2, 30, 30]), np.array([[20.0, 10], [10, 10]])
    return Face(np.zeros((32, 32, 3), np.uint8), box, eyes, attributes=attributes)


def told(name: str, face: Face) -> float:
    return float(properties.measure(face, name)[name][0])


@pytest.mark.parametrize("name", ["age", "gender"])
@pytest.mark.parametrize("value", [0.25, 1, np.float32(0.5), np.int64(1)])
def test_numbers_are_told(name: str, value: float) -> None:
    assert told(name, with_attributes(**{name: value})) == float(value)


@pytest.mark.parametrize("name", ["age", "gender", "electrodes"])
def test_what_is_not_known_stays_unknown(name: str) -> None:
    assert np.isnan(told(name, with_attributes()))
    assert np.isnan(told(name, with_attributes(**{name: "about forty"})))
    assert np.isnan(told(name, sample_photograph()))


def test_electrodes_are_counted() -> None:
    assert told("electrodes", with_attributes(electrodes=None)) == 0
    assert told("electrodes", with_attributes(electrodes=7)) == 7


@pytest.mark.packages
def test_electrodes_of_schemes_and_positions_are_counted() -> None:
    names = ELECTRODE_SCHEMES["fridlund"]
    assert told("electrodes", with_attributes(electrodes="fridlund")) == len(names)
    assert told("electrodes", with_attributes(electrodes=names[:5])) == 5
    assert told("electrodes", with_attributes(electrodes=names[0])) == 1


@pytest.mark.packages
def test_rendered_heads_tell_what_they_were_set_to() -> None:
    heads = [Head(age=8, gender=0.0), Head(age=70, gender=1.0, electrodes="kuramoto")]
    table = properties.measure([head.render() for head in heads], ["age", "gender", "electrodes"])
    assert table.age.tolist() == [8, 70]
    assert table.gender.tolist() == [0, 1]
    assert table.electrodes.tolist() == [0, len(ELECTRODE_SCHEMES["kuramoto"])]
