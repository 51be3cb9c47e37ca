"""Whatever a head may be, in any combination, it renders: no warning, no hole, no number lost."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from facelib.faces import ELECTRODE_SCHEMES, LIGHTS, Head, Light
from facelib.head.expressions import EXPRESSIONS, FACE_UNITS
from facelib.head.head import _ANGLES, _CHOICES, _RANGES, ANCESTRY, BACKGROUNDS

pytestmark = pytest.mark.packages


def between(low: float, high: float) -> st.SearchStrategy[float]:
    """Return the ends of a range, mostly, what is hardly more than nothing, and what lies between."""
    ends = st.sampled_from((low, high))
    hardly = (low + 1e-38, low + 1e-9) if low == 0 else (low, high)
    return ends | ends | st.sampled_from(hardly) | st.floats(low, high)


def shares(names: tuple[str, ...]) -> st.SearchStrategy[dict[str, float]]:
    return st.dictionaries(st.sampled_from(names), st.floats(1e-9, 1), min_size=1)


LIGHT = st.builds(
    Light,
    azimuth=between(-180, 180),
    elevation=between(-90, 90),
    strength=between(0.05, 4),
    colour=st.tuples(*[between(0, 2)] * 3),
    softness=between(0, 1),
)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    **{name: between(*ends) for name, ends in _RANGES.items()},
    **{name: st.sampled_from(names) for name, names in _CHOICES.items()},
    **{name: st.tuples(*[between(*ends) for ends in axes.values()]) for name, axes in _ANGLES.items()},
    "ancestry": shares(ANCESTRY),
    "background": st.sampled_from(BACKGROUNDS) | shares(BACKGROUNDS),
    "expression": st.sampled_from([*EXPRESSIONS["facs"]])
    | st.dictionaries(st.sampled_from(FACE_UNITS), between(0, 1), max_size=8)
    | st.just(dict.fromkeys(FACE_UNITS, 1.0)),
    "light": st.sampled_from([*LIGHTS]) | LIGHT,
    "seed": st.sampled_from((0, 1, 2**31)) | st.integers(0, 2**63),
}


def electrodes() -> st.SearchStrategy[Any]:
    schemes = [*ELECTRODE_SCHEMES]
    names = [name for scheme in schemes for name in ELECTRODE_SCHEMES[scheme]]
    return st.sampled_from([None, *schemes]) | st.lists(st.sampled_from(names), unique=True, max_size=9)


def test_every_field_is_drawn() -> None:
    assert {field.name for field in fields(Head)} == {*FIELDS, "electrodes"}


def check(head: Head, size: int) -> None:
    face = head.render(size)
    assert face.image.shape == (size, size, 3)
    assert np.ptp(face.image) > 3  # something is seen, even in the dark
    for numbers in (face.landmarks, face.box, face.eyes):
        assert np.isfinite(numbers).all()
        assert np.abs(numbers).max() < 4 * size
    assert face.box[2] - face.box[0] > 0.15 * size
    assert face.box[3] - face.box[1] > 0.15 * size


@pytest.mark.thorough
@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), size=st.sampled_from((48, 64, 97)) | st.integers(48, 256))
def test_any_head_renders(data: st.DataObject, size: int) -> None:
    drawn = data.draw(st.fixed_dictionaries({}, optional=FIELDS | {"electrodes": electrodes()}))
    check(Head(**drawn), size)


@pytest.mark.thorough
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_head_with_everything_at_once_renders(data: st.DataObject) -> None:
    drawn = data.draw(st.fixed_dictionaries(FIELDS | {"electrodes": electrodes()}))
    check(Head(**drawn), 48)


@pytest.mark.one_case
@pytest.mark.parametrize("name", [name for name, (low, _) in _RANGES.items() if low == 0])
@pytest.mark.parametrize("value", [1e-38, 1e-9, 1e-4])
def test_hardly_more_than_nothing_looks_like_nothing(name: str, value: float) -> None:
    base = Head(expression="happy", palsy=0.6, glasses=0.4, electrodes="fridlund")
    base = base.replace(**{name: 0.0})
    change = np.abs(base.replace(**{name: value}).render(64).image.astype(int) - base.render(64).image)
    assert change.mean() < 0.5
