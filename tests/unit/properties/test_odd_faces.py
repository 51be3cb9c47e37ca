"""Whatever a face's landmarks, eyes and box are, every property is a number of its range's kind, or NaN."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from facelib import properties
from facelib.faces import Face

KINDS = ("scattered", "heap", "line", "column", "holes", "infinite", "unknown")


def odd_face(seed: int, kind: str, spread: float) -> Face:
    rng = np.random.default_rng(seed)
    height, width = rng.integers(1, 90, 2)
    points = rng.normal(0, spread, (478, 2)) + rng.normal(0, 50, 2)
    if kind == "heap":
        points[:] = points[0]
    if kind == "line":
        points[:, 1] = points[:, 0] * rng.normal()
    if kind == "column":
        points[:, 0] = points[0, 0]
    if kind in {"holes", "infinite"}:
        points[rng.random(478) < 0.2] = np.nan if kind == "holes" else np.inf
    if kind == "unknown":
        points[:] = np.nan
    eyes, box = rng.normal(40, spread, (2, 2)), rng.normal(40, 30, 4)
    eyes[rng.random(2) < 0.2] = np.nan
    if rng.random() < 0.5:
        box = np.array([0.0, 0, width, height])
    image = rng.integers(0, 256, (height, width, 3), np.uint8)
    return Face(image, box, eyes, points.astype(np.float32))


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 999), st.sampled_from(KINDS), st.sampled_from([1e-3, 1.0, 30.0, 1e3, 1e5]))
def test_nothing_breaks_and_nothing_is_infinite(seed: int, kind: str, spread: float) -> None:
    (row,) = properties.measure(odd_face(seed, kind, spread)).to_dict("records")
    assert not np.isinf(list(row.values())).any()
    for name in ("symmetry", "appearance_symmetry", "light_contrast", "estimated_gender"):
        assert not row[name] < 0
        assert not row[name] > 1 + 1e-9
    for name in ("yaw", "pitch", "roll", "light_azimuth", "light_elevation"):
        assert not abs(row[name]) > 180
