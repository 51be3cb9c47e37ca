"""A photograph becomes its own mirror image, gradually, and nothing moves outside the face."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import facelib
from facelib import interventions, properties
from facelib.editing.forehead import covered
from facelib.editing.warp import coverage
from facelib.errors import BadValueError
from facelib.faces import Face, Head, find_landmarks, sample_photograph
from facelib.head.geometry.landmarks import FIRST_IRIS
from facelib.interventions.mirror import mirror_of, symmetric
from facelib.properties.mirror_pairs import PARTNER

KINDS = [
    ("symmetrise", {}),
    ("symmetrise", {"keep": "left"}),
    ("symmetrise", {"keep": "right"}),
    ("asymmetrise", {}),
]
Compare = Callable[[Face, Face], None]
pytestmark = pytest.mark.packages


def crooked(size: int = 320, **changes: Any) -> Face:
    """Return a rendered face with a weak side as if it were a photograph: its head isn't known."""
    head = Head(expression="happy", palsy=0.6, asymmetry=0.6, seed=5, **changes)
    return head.render(size).replace(source="photograph")


@pytest.fixture(scope="module", params=["photograph", "rendered"])
def face(request: pytest.FixtureRequest) -> Face:
    return sample_photograph() if request.param == "photograph" else crooked()


@pytest.mark.parametrize(("name", "options"), KINDS)
def test_strength_zero_is_the_very_face(face: Face, name: str, options: dict[str, str]) -> None:
    assert interventions.get(name, **options).apply(face, 0.0) is face


@pytest.mark.parametrize(("name", "options"), KINDS)
def test_far_from_the_face_nothing_changes(
    face: Face, name: str, options: dict[str, str], only_near_the_face: Callable[[Face, Face], None]
) -> None:
    changed = interventions.get(name, **options).apply(face, 1.0)
    only_near_the_face(face, changed)


@pytest.mark.parametrize("keep", ["both", "left", "right"])
def test_at_full_strength_the_face_is_its_mirror_image(face: Face, keep: str) -> None:
    changed = interventions.get("symmetrise", keep=keep).apply(face, 1.0)
    before, after = (
        properties.measure([one], ["symmetry", "appearance_symmetry"]).iloc[0] for one in (face, changed)
    )
    assert after["symmetry"] > 0.995 > before["symmetry"]
    assert after["appearance_symmetry"] > max(0.95, before["appearance_symmetry"])
    mirror = mirror_of(face.landmarks)
    rows, columns = np.mgrid[: face.size[0], : face.size[1]] + 0.5
    places = mirror(np.stack([columns, rows], axis=-1)).astype(np.float32) - np.float32(0.5)
    flipped = cv2.remap(changed.image, places, None, cv2.INTER_CUBIC)
    hair = cv2.dilate(covered(face), np.ones((9, 9), np.uint8))  # stays, of the face and of its mirror image
    hair = np.maximum(hair, cv2.remap(hair, places, None, cv2.INTER_LINEAR))
    inside = (coverage(changed.landmarks, face.size) > 0.999) & (hair < 0.01)
    difference = np.abs(flipped.astype(float) - changed.image)[inside]
    assert difference.mean() < 2.5
    assert np.quantile(difference, 0.95) < 8


@pytest.mark.parametrize("keep", ["left", "right"])
def test_the_half_that_is_kept_stays(face: Face, keep: str) -> None:
    changed = interventions.get("symmetrise", keep=keep).apply(face, 1.0)
    rows, columns = np.mgrid[: face.size[0], : face.size[1]] + 0.5
    to_left = mirror_of(face.landmarks).beside(np.stack([columns, rows], axis=-1))
    width = np.ptp(face.landmarks[:, 0])
    inside = coverage(face.landmarks, face.size) > 0.999
    kept = inside & ((to_left if keep == "left" else -to_left) > 0.15 * width)
    other = inside & ((to_left if keep == "left" else -to_left) < -0.15 * width)
    change = np.abs(changed.image.astype(float) - face.image).mean(axis=2)
    assert change[kept].mean() < 1.5
    assert change[other].mean() > 3 * change[kept].mean()


@pytest.mark.one_case
def test_symmetry_rises_along_the_strength_and_falls_the_other_way(face: Face) -> None:
    for name, way in (("symmetrise", 1), ("asymmetrise", -1)):
        frames = [interventions.get(name).apply(face, strength) for strength in np.linspace(0, 1, 6)]
        values = properties.measure(frames, ["symmetry"])["symmetry"].to_numpy()
        assert (way * np.diff(values) > 0).all()


@pytest.mark.thorough
def test_landmarks_come_to_lie_where_they_were_sent() -> None:
    """The network finds them there, but for its own error on the unchanged picture and a pixel."""
    face = sample_photograph()
    for strength in (0.5, 1.0):
        changed = interventions.get("symmetrise").apply(face, strength)
        found = find_landmarks(changed.image, changed.box, changed.eyes)
        away = np.linalg.norm(found - changed.landmarks, axis=1)[:FIRST_IRIS]
        assert np.median(away) < 1.0
        assert np.quantile(away, 0.95) < 3.0


def test_a_turned_head_and_unknown_landmarks_are_refused_with_the_reason() -> None:
    turned = crooked(128, pose=(28.0, 0.0, 0.0))
    assert "symmetrise" not in set(interventions.available(turned)["id"])
    with pytest.raises(BadValueError, match=r"turned by \d\d°.*nearer to the front"):
        interventions.get("symmetrise").apply(turned, 0.5)
    bare = crooked(128).replace(landmarks=np.full((478, 2), np.nan, np.float32))
    assert "symmetrise" not in set(interventions.available(bare)["id"])
    with pytest.raises(BadValueError, match="facelib models fetch"):
        interventions.get("symmetrise").apply(bare, 0.5)


@pytest.mark.one_case
def test_symmetry_means_the_mirror_average_on_photographs_and_sweeps_name_it(face: Face) -> None:
    named = interventions.get("symmetry")
    assert (named.apply(face, 0.5).image == interventions.get("symmetrise").apply(face, 0.5).image).all()
    found = facelib.sweep(face, "symmetry", ["fer"], steps=3, label="happy")
    assert set(found.table["intervention"]) == {"symmetrise"}
    assert found.effects()["sentence"].str.startswith("As the face becomes more symmetric").all()


def test_a_half_is_kept_of_photographs_only() -> None:
    with pytest.raises(BadValueError, match="choose “both” for what is kept"):
        interventions.get("symmetrise", keep="left").edit(Head(), 0.5)
    with pytest.raises(BadValueError, match="both, left, right"):
        interventions.get("symmetrise", keep="top")


@pytest.mark.thorough
@given(st.floats(-np.pi, np.pi), st.floats(0.2, 5), st.floats(-200, 200), st.integers(0, 2**16))
@settings(max_examples=40, deadline=None)
def test_the_mirror_follows_the_face(turn: float, scale: float, shift: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    face = Head(seed=3).render(64).landmarks + rng.normal(0, 0.5, (478, 2))
    mirror = mirror_of(face)
    twice = mirror(mirror(face))
    np.testing.assert_allclose(twice, face, atol=1e-8)
    rotation = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    there = face @ rotation.T + shift
    moved = mirror_of(there)
    np.testing.assert_allclose(moved(there), mirror(face) @ rotation.T + shift, atol=1e-6 * (1 + abs(shift)))
    np.testing.assert_allclose(moved.beside(there), scale * mirror.beside(face), atol=1e-6 * (1 + abs(shift)))
    average = symmetric(face, mirror)
    np.testing.assert_allclose(mirror(average[PARTNER]), average, atol=1e-8)
    left, right = mirror.beside(face)[[263, 33]]
    assert left > 0 > right
