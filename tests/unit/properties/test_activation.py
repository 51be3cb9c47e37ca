"""Face units of the left and the right side: they follow what each side does."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from facelib import Head, properties
from facelib.faces import Face, read_face_units, sample_photograph
from facelib.faces.landmarker import UNITS, read_many_face_units
from facelib.properties.activation import MOVING, SIDED, activation

NAMES = ["activation", "activation_left", "activation_right", "activation_asymmetry"]


def told(faces: list[Face]) -> npt.NDArray[np.float64]:
    return properties.measure(faces, NAMES).to_numpy()


def test_the_sides_are_made_of_fourteen_units_each() -> None:
    assert len(SIDED) == 14
    assert {f"{stem}{side}" for stem in SIDED for side in ("Left", "Right")} <= set(MOVING) <= set(UNITS)
    assert not {"jaw", "mouth", "eyeLookIn"} & set(SIDED)


@pytest.mark.packages
def test_it_is_what_the_units_say_one_face_after_the_other() -> None:
    faces = [sample_photograph(), Head(expression="angry", left=0.4).render(96)]
    for face, found in zip(faces, told(faces), strict=True):
        units = read_face_units(face.landmarks)
        left = sum(units[f"{stem}Left"] for stem in SIDED) / len(SIDED)
        right = sum(units[f"{stem}Right"] for stem in SIDED) / len(SIDED)
        total = sum(units[unit] for unit in MOVING)
        assert found == pytest.approx([total, left, right, left - right], abs=1e-4)


@pytest.mark.packages
def test_it_rises_with_the_intensity() -> None:
    found = told([Head(expression="happy", intensity=level).render(96) for level in (0, 0.25, 0.5, 0.75, 1)])
    assert (np.diff(found[:, :3], axis=0) > 0).all()
    assert found[-1, 0] > 2 * found[0, 0]


@pytest.mark.thorough
@pytest.mark.packages
def test_the_weaker_side_is_read_as_weaker() -> None:
    for seed in (0, 2, 5):
        sides = [{"left": level} for level in (0.0, 0.33, 0.67)] + [{}]
        sides += [{"right": level} for level in (0.67, 0.33, 0.0)]
        found = told([Head(expression="happy", seed=seed, **side).render(96) for side in sides])
        assert (np.diff(found[:, 3]) > 0).all()
        assert found[0, 3] < -0.08
        assert found[-1, 3] > 0.08


@pytest.mark.thorough
@pytest.mark.packages
def test_many_faces_are_read_as_one_and_unknown_ones_stay_unknown(rng: np.random.Generator) -> None:
    points = np.stack([Head(seed=seed).render(64).landmarks for seed in range(40)]).astype(float)
    points[7, 33] = np.nan
    scores = read_many_face_units(points)
    assert scores.shape == (40, len(UNITS))
    assert np.isnan(scores[7]).all()
    for row in (0, 6, 8, 39):
        assert scores[row] == pytest.approx(list(read_face_units(points[row]).values()), abs=1e-5)
    assert activation([]).shape == (0, 4)
    nothing = Face(np.zeros((32, 32, 3), np.uint8), np.array([0.0, 0, 32, 32]), np.full((2, 2), np.nan))
    assert np.isnan(told([nothing])).all()
