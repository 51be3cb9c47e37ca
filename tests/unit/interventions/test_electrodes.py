"""What can be done with electrodes: their size, tape and leads, on heads that wear some."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from facelib import interventions, properties
from facelib.errors import BadValueError
from facelib.faces import Head

HEAD = Head(expression="neutral", electrodes="kuramoto", light="frontal")
FIELDS = {"electrode_size": "electrode_size", "electrode_tape": "tape", "electrode_wires": "wires"}


@pytest.mark.parametrize("name", list(FIELDS))
def test_heads_without_electrodes_are_not_accepted(name: str) -> None:
    bare, change = HEAD.replace(electrodes=None), interventions.get(name)
    assert change.accepts(HEAD)
    assert not change.accepts(bare)
    assert name not in set(interventions.available(bare)["id"])
    assert change.edit(bare, 0.0) is bare
    with pytest.raises(BadValueError, match="wears none"):
        change.edit(bare, 0.3)


@pytest.mark.parametrize(
    ("name", "end"), [(name, 2.0 if name == "electrode_size" else 1.0) for name in FIELDS]
)
def test_a_number_grows_from_the_heads_own(name: str, end: float) -> None:
    start = getattr(HEAD, FIELDS[name])
    change = interventions.get(name)
    values = [getattr(change.edit(HEAD, s), FIELDS[name]) for s in np.linspace(0, 1, 11)]
    np.testing.assert_allclose(values, np.linspace(start, end, 11))
    back = change.edit(HEAD.replace(**{FIELDS[name]: end}), 1.0)
    assert getattr(back, FIELDS[name]) == (0.5 if name == "electrode_size" else 0.0)


@pytest.mark.parametrize(
    ("name", "to", "end"),
    [("electrode_size", "smaller", 0.5), ("electrode_tape", "untaped", 0.0), ("electrode_wires", 0.4, 0.4)],
)
def test_the_end_can_be_chosen(name: str, to: Any, end: float) -> None:
    change = interventions.get(name, to=to)
    assert getattr(change.edit(HEAD, 1.0), FIELDS[name]) == end
    assert "{" not in change.clause
    with pytest.raises(BadValueError):
        interventions.get(name, to="enormous")
    with pytest.raises(BadValueError):
        interventions.get(name, to=7)


@pytest.mark.packages
@pytest.mark.parametrize("name", list(FIELDS))
def test_it_moves_its_own_property_and_the_picture_gradually(name: str) -> None:
    change = interventions.get(name)
    faces = [change.apply(HEAD, s, 112) for s in np.linspace(0, 1, 6)]
    moved = properties.measure(faces, [name])[name]
    assert (np.diff(moved) > 0).all()
    images = np.array([face.image.astype(float) for face in faces])
    far = np.abs(images - images[0]).mean(axis=(1, 2, 3))
    assert (np.diff(far) > 0).all()
    step = np.abs(np.diff(images, axis=0)).mean(axis=(1, 2, 3))
    assert step.max() < 0.5 * far[-1]
