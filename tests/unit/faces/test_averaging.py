"""Averages look like one face, lie on the mean shape, and are made face by face."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from facelib.editing.warp import coverage
from facelib.errors import BadValueError
from facelib.faces import Face, Head, find_landmarks, render_heads, sample_heads, sample_photograph
from facelib.faces.alignment import mean_shape, similarity_of
from facelib.faces.averaging import average, brought, composite, mean_picture
from facelib.faces.face_set import FaceSet
from facelib.head.geometry.landmarks import FIRST_IRIS


@cache
def people(n: int = 12, size: int = 192) -> tuple[Face, ...]:
    heads = [head.replace(expression="neutral", hair="short") for head in sample_heads(n, seed=3)]
    return tuple(face.replace(source="photograph") for face in render_heads(heads, size))


class Lazy:
    """Faces that are made as they are asked for."""

    def __init__(self, faces: tuple[Face, ...]) -> None:
        self.faces, self.passes = faces, 0

    def __len__(self) -> int:
        return len(self.faces)

    def __iter__(self) -> Iterator[Face]:
        self.passes += 1
        return iter(self.faces)


@pytest.mark.thorough
def test_landmarks_are_the_mean_shape() -> None:
    found = average(people(), 256)
    mean = mean_shape(np.array([face.landmarks for face in people()]))
    placed = similarity_of(mean, found.landmarks)(mean)
    np.testing.assert_allclose(placed, found.landmarks, atol=1e-3)
    assert found.image.shape == (256, 256, 3)
    assert found.source == "edited"
    assert found.eyes[0, 0] > found.eyes[1, 0]
    assert found.eyes[0, 1] == pytest.approx(found.eyes[1, 1], abs=1e-3)
    box = found.box
    assert (found.landmarks[1] > box[:2]).all()
    assert (found.landmarks[1] < box[2:]).all()


@pytest.mark.thorough
@pytest.mark.packages
def test_the_network_finds_the_landmarks_where_they_are_said_to_be() -> None:
    found = average(people(), 256)
    again = find_landmarks(found.image, found.box, found.eyes)
    away = np.linalg.norm(again - found.landmarks, axis=1)[:FIRST_IRIS]
    own = [
        np.median(np.linalg.norm(find_landmarks(face.image, face.box, face.eyes) - face.landmarks, axis=1))
        for face in people()[:4]
    ]
    assert np.median(away) < max(own) * 256 / 192 + 1


@pytest.mark.thorough
def test_one_face_is_its_own_average() -> None:
    """Upright, and all else where it was: seen through nothing but a similarity."""
    face = people()[0]
    found = average([face], 192)
    back = similarity_of(found.landmarks, face.landmarks)
    assert back.size == pytest.approx(1, abs=0.01)
    matrix = np.array([[back.turn.real, -back.turn.imag], [back.turn.imag, back.turn.real]])
    shift = np.array([back.shift.real, back.shift.imag]) + matrix @ [0.5, 0.5] - 0.5
    same = cv2.warpAffine(
        face.image,
        np.column_stack([matrix, shift]),
        (192, 192),
        flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REFLECT,
    )
    assert np.abs(same.astype(float) - found.image).mean() < 0.5


def test_features_do_not_blur_as_they_do_without_landmarks() -> None:
    """The eyes and the mouth of an average are nearly as sharp as those of the people."""
    found = average(people(), 192)
    plain = np.mean([face.image for face in people()], axis=0)

    def sharp(image: Any, face: Face) -> float:
        grey = np.asarray(image, np.float32).mean(axis=2)
        edges = np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))
        return float(edges[coverage(face.landmarks, face.size) > 0.99].mean())

    each = np.mean([sharp(face.image, face) for face in people()])
    assert sharp(found.image, found) > 0.7 * each
    assert sharp(found.image, found) > 1.15 * sharp(plain, found)


def test_the_colour_of_the_skin_is_the_mean_colour() -> None:
    def cheek(face: Face) -> np.ndarray:
        x, y = face.landmarks[50].astype(int)
        return face.image[y - 3 : y + 4, x - 3 : x + 4].mean(axis=(0, 1))

    found = average(people(), 192)
    np.testing.assert_allclose(cheek(found), np.mean([cheek(face) for face in people()], axis=0), atol=6)


def test_weights_are_copies_and_zero_leaves_a_face_out() -> None:
    one, two, three = people()[:3]
    weighted = average([one, two, three], 96, [2, 1, 0])
    copied = average([one, one, two], 96)
    to = similarity_of(copied.landmarks, weighted.landmarks)
    np.testing.assert_allclose(to(copied.landmarks), weighted.landmarks, atol=0.01)
    places = weighted.landmarks.astype(float)
    pictures = [
        mean_picture(faces, places, (96, 96), np.array(share))
        for faces, share in (((one, two, three), [2, 1, 0]), ((one, one, two), [1, 1, 1]))
    ]
    np.testing.assert_allclose(*pictures, atol=1e-3)
    assert weighted.attributes["n"] == 2


def test_attributes_are_those_in_common_and_means_of_numbers() -> None:
    found = average(people()[:3], 64, [1, 1, 2], group="three")
    ages = [face.attributes["age"] for face in people()[:3]]
    assert found.attributes["age"] == pytest.approx(np.average(ages, weights=[1, 1, 2]))
    assert found.attributes["expression"] == "neutral"
    assert found.attributes["group"] == "three"
    assert found.attributes["n"] == 3
    assert "seed" not in found.attributes
    assert "key" not in found.attributes
    assert "group" not in average(people()[:2], 64).attributes


def test_two_passes_and_no_more() -> None:
    lazy = Lazy(people()[:3])
    found = average(lazy, 64)  # type: ignore[arg-type]
    assert lazy.passes <= 4  # one of them to see that it isn't an iterator, for each of the two
    np.testing.assert_array_equal(found.image, average(people()[:3], 64).image)


@pytest.mark.thorough
@pytest.mark.packages
def test_a_folder_of_photographs_is_averaged_as_it_is_read(tmp_path: Path) -> None:
    for number, face in enumerate(people()[:4]):
        Image.fromarray(face.image).save(tmp_path / f"{number}.png")
    found = average(FaceSet.from_folder(tmp_path), 128, group="all")
    known = average(people()[:4], 128)
    assert dict(found.attributes) == {"n": 4, "group": "all"}
    to = similarity_of(known.landmarks, found.landmarks)
    away = np.linalg.norm(to(known.landmarks) - found.landmarks, axis=1)[:FIRST_IRIS]
    assert np.median(away) < 1.5  # the network's own error on each, averaged


def test_a_plain_background_leaves_the_face() -> None:
    whole, alone = average(people()[:4], 128), average(people()[:4], 128, background="plain")
    inside = coverage(whole.landmarks, (128, 128)) > 0.99
    np.testing.assert_array_equal(whole.image[inside], alone.image[inside])
    assert (alone.image[[0, 0, -1, -1], [0, -1, 0, -1]] == 128).all()


@pytest.mark.thorough
def test_large_pictures_shrink_without_grain() -> None:
    """Fine stripes of a large picture become even grey, not coarse stripes."""
    face = people(1, 768)[0]
    stripes = np.where(np.arange(768) % 2, 255, 0).astype(np.uint8)
    striped = face.replace(image=np.broadcast_to(stripes[None, :, None], (768, 768, 3)).copy())
    assert average([striped], 96).image[20:-20, 20:-20].std() < 12


def test_pictures_that_end_early_leave_no_edge() -> None:
    """Where a picture is cut close, the others count."""
    tight = people()[0]
    cut = 40
    cropped = tight.replace(
        image=np.ascontiguousarray(tight.image[:, cut:]), landmarks=tight.landmarks - np.float32([cut, 0])
    )
    wide = people()[1:5]
    found = average([*wide, cropped], 192)
    strip = found.image[:, 4:12].astype(float)
    others = average(wide, 192)
    assert np.abs(strip - others.image[:, 4:12]).mean() < 12


def test_a_photograph_joins() -> None:
    found = average([sample_photograph(), *people()[:3]], 128)
    assert found.attributes["n"] == 4


@pytest.mark.parametrize(
    ("faces", "options", "words"),
    [
        ([], {}, "got no face"),
        (iter(()), {}, r"list\(faces\)"),
        ([Head()], {}, "render_heads"),
        (None, {}, "sequence"),
        ("two", {"size": 16}, "32 … 2048"),
        ("two", {"size": 64.5}, "whole number"),
        ("two", {"weights": [1]}, "got 1 weight for 2 faces"),
        ("two", {"weights": [1, -1]}, "0 or more"),
        ("two", {"weights": [0, 0]}, "not all 0"),
        ("two", {"weights": "ab"}, "0 or more"),
        ("two", {"background": "white"}, "average, plain"),
        ("unknown", {}, "facelib models fetch"),
    ],
)
def test_what_cannot_be_averaged_is_said(faces: Any, options: dict[str, Any], words: str) -> None:
    if faces == "two":
        faces = people()[:2]
    elif faces == "unknown":
        faces = [people()[0].replace(landmarks=np.full((478, 2), np.nan, np.float32))]
    with pytest.raises(BadValueError, match=words):
        average(faces, **options)


@pytest.mark.thorough
@given(st.integers(0, 2**16), st.integers(32, 200), st.integers(32, 200), st.floats(-3, 3))
@settings(max_examples=25, deadline=None)
def test_landmarks_that_are_no_face_do_no_harm(seed: int, height: int, width: int, size: float) -> None:
    rng = np.random.default_rng(seed)
    odd = Face(
        rng.integers(0, 255, (height, width, 3), dtype=np.uint8),
        np.array([0.0, 0, width, height]),
        np.full((2, 2), np.nan),
        (rng.normal(0, width, (478, 2)) * 10**size).astype(np.float32),
    )
    face = people()[0]
    for found in (average([odd, face], 64), composite(face, odd), composite(odd, face, "left and right")):
        assert np.isfinite(found.landmarks).all()
        assert np.isfinite(found.box).all()


@pytest.mark.parametrize("halves", ["top and bottom", "left and right"])
def test_halves_of_a_composite_are_those_of_the_two(halves: Any) -> None:
    one, other = people()[:2]
    found = composite(one, other, halves)
    rows, columns = np.mgrid[:192, :192]
    mine = rows < 80 if halves == "top and bottom" else columns > 110
    theirs = rows > 130 if halves == "top and bottom" else columns < 75
    inside = coverage(found.landmarks, found.size) > 0.5
    for face, half, rest in ((one, mine, theirs), (other, theirs, mine)):
        own, _ = brought(face, found.landmarks.astype(float), found.size)
        away = np.abs(found.image.astype(float) - own).mean(axis=2)
        assert away[half & inside].mean() < 1
        assert away[rest & inside].mean() > 8


def test_a_composite_of_one_face_is_that_face() -> None:
    face = people()[0]
    found = composite(face, face)
    assert np.abs(found.image.astype(float) - face.image).mean() < 1
    np.testing.assert_allclose(found.landmarks[:FIRST_IRIS], face.landmarks[:FIRST_IRIS], atol=1e-3)


def test_the_other_half_can_be_shifted_along_the_seam() -> None:
    one, other = people()[:2]
    straight, shifted = composite(one, other), composite(one, other, shift=0.3)
    step = shifted.landmarks - straight.landmarks
    chin, brow = step[152], step[10]
    width = np.ptp(one.landmarks[:FIRST_IRIS, 0])
    assert chin[0] == pytest.approx(0.3 * width, rel=0.2)
    assert abs(brow).max() < 1e-3
    top = slice(0, 70)
    assert np.abs(straight.image[top].astype(float) - shifted.image[top]).mean() < 0.5
    for wrong in ({"halves": "upper"}, {"shift": 2}, {"shift": "far"}):
        with pytest.raises(BadValueError):
            composite(one, other, **wrong)  # type: ignore[arg-type]
