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


@pytest.mark.one_case
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


@pytest.mark.thorough
@pytest.mark.packages
def test_rendered_heads_tell_what_they_were_set_to() -> None:
    heads = [Head(age=8, gender=0.0), Head(age=70, gender=1.0, electrodes="kuramoto")]
    table = properties.measure([head.render() for head in heads], ["age", "gender", "electrodes"])
    assert table.age.tolist() == [8, 70]
    assert table.gender.tolist() == [0, 1]
    behind_the_jaw = 2  # K17 and K18 are not seen from the front
    assert table.electrodes.tolist() == [0, len(ELECTRODE_SCHEMES["kuramoto"]) - behind_the_jaw]


@pytest.mark.thorough
@pytest.mark.packages
def test_electrodes_out_of_sight_are_not_counted() -> None:
    head = Head(electrodes="fridlund", expression="neutral", hair="tied", light="frontal")

    def seen(**changes: Any) -> set[str]:
        return set(head.replace(**changes).render(128).attributes["visible_electrodes"])

    left, right = seen(pose=(60, 0, 0)), seen(pose=(-60, 0, 0))
    front = seen()
    assert len(front) == 20
    assert {
        f"F{int(name[1:]) + (1 if int(name[1:]) % 2 else -1)}" for name in front
    } == front  # both of a pair
    assert {"F21", "F19", "F9"} <= left - right  # turned to the left, the person shows the right cheek
    assert {"F22", "F20", "F10"} <= right - left
    assert seen(wires=1.0, tape=1.0, electrode_size=0.5) == front
    assert seen(pose=(0, 0, 180)) == front
    counts = [told("electrodes", head.replace(pose=(yaw, 0, 0)).render(128)) for yaw in (30, 60, 90)]
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] <= 12


@pytest.mark.thorough
@pytest.mark.packages
def test_what_is_worn_over_electrodes_hides_them() -> None:
    head = Head(electrodes="kuramoto", expression="neutral", hair="tied")
    bare, framed = (
        set(head.replace(glasses=weight).render(128).attributes["visible_electrodes"]) for weight in (0, 1)
    )
    assert bare - framed == {"K13", "K14"}  # at the temples
    masked = set(head.replace(mask=1.0).render(128).attributes["visible_electrodes"])
    assert bare - masked >= {"K7", "K8", "K9", "K10", "K20"}
    assert masked >= {"K1", "K2", "K3", "K4", "K19"}


@pytest.mark.thorough
@pytest.mark.packages
def test_size_tape_and_leads_are_told_of_heads_with_electrodes() -> None:
    head = Head(electrodes=("F1",), electrode_size=1.5, tape=0.25, wires=0.5)
    names = ["electrode_size", "electrode_tape", "electrode_wires"]
    table = properties.measure([head.render(48), head.replace(electrodes=None).render(48)], names)
    assert table.iloc[0].tolist() == [1.5, 0.25, 0.5]
    assert table.iloc[1].isna().all()
