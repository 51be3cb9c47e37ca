"""The landmark network finds what the mesh knows, and face units are read on the side where they are."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from facelib import Face, Head, sample_heads
from facelib.errors import BadValueError
from facelib.faces import find_landmarks, read_face_units, sample_photograph
from facelib.faces.landmarker import READ, UNITS, find_landmarks_and_presence
from facelib.properties.mirror_pairs import LEFT, MIDLINE, RIGHT
from facelib.properties.symmetry import symmetry

pytestmark = pytest.mark.packages

Points = npt.NDArray[np.float32]


def found(face: Face) -> Points:
    return find_landmarks(face.image, face.box, face.eyes)


def apart(one: npt.NDArray[np.floating], other: npt.NDArray[np.floating]) -> float:
    return float(np.hypot(*(one - other).T).mean())


def units(**on: float) -> dict[str, float]:
    head = Head(age=30, gender=0.5, expression=on or "neutral", seed=3)
    return read_face_units(found(head.render(size=224)))


@pytest.fixture(scope="module")
def photograph() -> Face:
    return sample_photograph()


@pytest.mark.thorough
def test_neutral_heads_have_their_landmarks_where_the_network_sees_them() -> None:
    """Within 2 px at 224 px. The table of the mesh was made from other people."""
    heads = [head.replace(expression="neutral", pose=(0, 0, 0)) for head in sample_heads(12, seed=5)]
    distances = [apart(found(face), face.landmarks) for face in (head.render(size=224) for head in heads)]
    assert np.mean(distances) < 2.0
    assert max(distances) < 3.0


@pytest.mark.thorough
def test_expressions_and_turned_heads_are_followed() -> None:
    for head in (
        Head(expression="happy"),
        Head(expression="surprise", pose=(20, 0, 0)),
        Head(pose=(0, 0, 25)),
    ):
        face = head.render(size=224)
        assert apart(found(face), face.landmarks) < 4.5


@pytest.mark.thorough
def test_landmarks_move_with_the_picture(photograph: Face) -> None:
    here = found(photograph)
    moved = np.roll(photograph.image, (3, -5), axis=(0, 1))
    step = np.array([-5.0, 3.0])
    there = find_landmarks(moved, photograph.box + np.tile(step, 2), photograph.eyes + step)
    assert apart(there, here + step) < 0.3
    large = cv2.resize(photograph.image, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)
    assert apart(find_landmarks(large, photograph.box * 2, photograph.eyes * 2) / 2, here) < 0.8


def test_the_mirror_image_has_mirrored_landmarks(photograph: Face) -> None:
    width = photograph.size[1]
    x1, y1, x2, y2 = photograph.box
    flipped = np.ascontiguousarray(photograph.image[:, ::-1])
    eyes = ((width - 1, 0) + photograph.eyes * (-1, 1))[::-1]
    there = find_landmarks(flipped, np.array([width - 1 - x2, y1, width - 1 - x1, y2]), eyes)
    back = (width - 1, 0) + there * (-1, 1)
    partner = np.arange(478)
    partner[list(LEFT)], partner[list(RIGHT)], partner[list(MIDLINE)] = RIGHT, LEFT, MIDLINE
    assert apart(back[partner], found(photograph)) < 2.0


def test_a_box_alone_is_enough(photograph: Face) -> None:
    blind = find_landmarks(photograph.image, photograph.box, np.full((2, 2), np.nan))
    assert apart(blind, found(photograph)) < 1.0
    with pytest.raises(BadValueError, match="width and a height above 0"):
        find_landmarks(photograph.image, np.array([5.0, 5, 5, 5]), photograph.eyes)


def test_the_symmetry_of_a_photograph_is_known(photograph: Face) -> None:
    (score,) = symmetry([photograph])
    assert 0.4 < score < 0.95


@pytest.mark.thorough
def test_the_network_ranks_asymmetric_smiles_as_the_mesh_does() -> None:
    faces = [
        Head(expression="happy", left=left, seed=2).render(size=224) for left in (1.0, 0.75, 0.5, 0.25, 0.0)
    ]
    seen = symmetry([face.replace(landmarks=found(face)) for face in faces])
    assert (np.diff(seen) < 0.02).all()
    assert seen[0] - seen[-1] > 0.15


@pytest.mark.one_case
@pytest.mark.parametrize("side", ["Left", "Right"])
@pytest.mark.parametrize("unit", ["mouthSmile", "eyeBlink"])
def test_a_unit_is_read_on_its_side(unit: str, side: str) -> None:
    other = {"Left": "Right", "Right": "Left"}[side]
    scores = units(**{f"{unit}{side}": 1.0})
    assert scores[f"{unit}{side}"] > scores[f"{unit}{other}"] + 0.25


@pytest.mark.thorough
def test_a_unit_is_read_more_the_more_it_is_on() -> None:
    opened = [units(jawOpen=strength)["jawOpen"] for strength in (0.0, 0.5, 1.0)]
    assert opened[0] < 0.1
    assert opened == sorted(opened)
    assert opened[-1] > 0.4


def test_units_do_not_depend_on_place_size_and_tilt(photograph: Face) -> None:
    points = found(photograph).astype(float)
    turn = np.array([[np.cos(0.5), -np.sin(0.5)], [np.sin(0.5), np.cos(0.5)]])
    plain, moved = read_face_units(points), read_face_units(3 * points @ turn.T + 40)
    assert tuple(plain) == UNITS
    assert list(moved.values()) == pytest.approx(list(plain.values()), abs=1e-3)
    assert all(0 <= score <= 1 for score in plain.values())
    assert min(plain["mouthSmileLeft"], plain["mouthSmileRight"]) > 0.8


def test_units_of_unknown_landmarks_are_unknown(photograph: Face) -> None:
    points = found(photograph)
    points[READ[7]] = np.nan
    assert np.isnan(list(read_face_units(points).values())).all()
    with pytest.raises(BadValueError, match=r"got \(68, 2\)"):
        read_face_units(points[:68])


@pytest.mark.thorough
def test_the_size_of_the_picture_shifts_nothing() -> None:
    """Places count from the corner of the picture, not from the middle of its first pixel."""
    heads = [head.replace(expression="neutral", pose=(0, 0, 0)) for head in sample_heads(4, seed=2)]
    small, large = (
        np.mean([(found(face) - face.landmarks) / size for face in (head.render(size) for head in heads)], 0)
        for size in (80, 448)
    )
    assert (abs(large.mean(axis=0) - small.mean(axis=0)) < 0.002).all()


@pytest.mark.thorough
def test_presence_is_told_of_faces_and_of_nothing_else(rng: np.random.Generator) -> None:
    face = Head(electrodes="fridlund").render(160)
    points, presence = find_landmarks_and_presence(face.image, face.box, face.eyes)
    assert presence > 0.99
    np.testing.assert_array_equal(points, found(face))
    for other in (np.full_like(face.image, 128), rng.integers(0, 255, face.image.shape, dtype=np.uint8)):
        assert find_landmarks_and_presence(other, face.box, face.eyes)[1] < 0.01


def test_one_round_is_enough_around_landmarks_that_are_known() -> None:
    face = Head(expression={"mouthSmile": 0.7}).render(160)
    twice = found(face)
    box = np.concatenate([twice.min(axis=0), twice.max(axis=0)]).astype(float)
    once, _ = find_landmarks_and_presence(face.image, box, twice[[263, 33]].astype(float), rounds=1)
    assert apart(once, twice) < 0.01 * 160
