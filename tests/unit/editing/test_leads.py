"""Leads on photographs: they run where those of rendered heads run, and what the face hides isn't drawn."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from facelib.editing.leads import leads_on, way_of
from facelib.editing.regions import sticking
from facelib.editing.surface_normals import lamp, stance
from facelib.faces import ELECTRODE_SCHEMES, Face, Head
from facelib.head.geometry.landmarks import FIRST_IRIS

pytestmark = pytest.mark.packages

FRIDLUND = ELECTRODE_SCHEMES["fridlund"]
HEADS = (
    Head(seed=3, expression="happy", skin_tone=0.2),
    Head(seed=5, skin_tone=0.8, pose=(20, 5, 5)),
    Head(seed=7, pose=(-30, 0, 0), hair="bald"),
)


def as_photograph(head: Head, size: int = 224) -> Face:
    return head.render(size).replace(source="photograph", attributes={})


def painted(one: Face, other: Face, least: int = 12) -> npt.NDArray[np.bool_]:
    return np.abs(one.image.astype(int) - other.image).max(axis=2) > least


@pytest.mark.thorough
@pytest.mark.parametrize("head", HEADS)
def test_they_run_where_those_of_rendered_heads_run(head: Head) -> None:
    wired = head.replace(electrodes="fridlund", wires=1.0)
    real = painted(wired.render(224), wired.replace(wires=0.0).render(224))
    photo = as_photograph(head)
    drawn = painted(leads_on(photo, FRIDLUND), photo)
    near = cv2.dilate(real.astype(np.uint8), np.ones((13, 13), np.uint8)).astype(bool)
    assert near[drawn].mean() > 0.9
    back = cv2.dilate(drawn.astype(np.uint8), np.ones((13, 13), np.uint8)).astype(bool)
    assert back[real].mean() > 0.8
    assert 0.4 < drawn.sum() / real.sum() < 2.0


@pytest.mark.thorough
@pytest.mark.parametrize("scheme", list(ELECTRODE_SCHEMES))
def test_every_lead_starts_at_its_electrode_and_leaves_the_picture(scheme: str) -> None:
    face = as_photograph(HEADS[0])
    stands = stance(face.landmarks)
    lit = lamp(face, stands)
    for name in ELECTRODE_SCHEMES[scheme]:
        way = way_of(face, name, 1.0, stands, lit)
        start = sticking()[name][0, :FIRST_IRIS] @ face.landmarks[:FIRST_IRIS]
        np.testing.assert_allclose(way.points[0], start, atol=1e-6)
        steps = np.linalg.norm(np.diff(way.points, axis=0), axis=1)
        assert steps.max() < 0.06 * stands.scale, name
        assert way.points[-1, 1] > 224 or scheme == "kuramoto", name  # some of it lead over the head


def test_mirrored_faces_have_mirrored_leads() -> None:
    face = as_photograph(Head(seed=1, asymmetry=0.0, hair="bald"))
    stands = stance(face.landmarks)
    lit = lamp(face, stands)
    left, right = (way_of(face, name, 1.0, stands, lit).points for name in ("F20", "F19"))
    middle = float(face.landmarks[:FIRST_IRIS, 0].mean())
    np.testing.assert_allclose(left[:, 0] - middle, middle - right[: len(left), 0], atol=3.0)


def test_what_the_face_hides_is_not_drawn() -> None:
    face = as_photograph(Head(seed=2, pose=(-35, 0, 0), hair="bald"))  # the person's right cheek is hidden
    stands = stance(face.landmarks)
    lit = lamp(face, stands)
    far, near = (way_of(face, name, 1.0, stands, lit) for name in ("F19", "F20"))
    assert near.seen.mean() > 0.95
    assert 0.1 < far.seen.mean() < 0.8
    assert far.seen[-1]  # below the chin it hangs free


@pytest.mark.thorough
def test_they_grow_and_nothing_else_changes() -> None:
    face = as_photograph(HEADS[0])
    assert leads_on(face, FRIDLUND, 0.0) is face
    assert leads_on(face, ()) is face
    counts = [painted(leads_on(face, FRIDLUND, wires), face).sum() for wires in (0.1, 0.4, 0.7, 1.0)]
    assert (np.diff(counts) > 0).all()
    whole = leads_on(face, FRIDLUND)
    assert (whole.landmarks == face.landmarks).all()
    assert whole.attributes == face.attributes
    above = face.landmarks[:, 1].min() - 20
    assert (whole.image[: int(above)] == face.image[: int(above)]).all()


@pytest.mark.thorough
def test_large_pictures_have_the_same_leads() -> None:
    small, large = (as_photograph(HEADS[0], size) for size in (256, 768))
    one = painted(leads_on(small, FRIDLUND), small, 6)
    other = painted(leads_on(large, FRIDLUND), large, 6)
    shrunk = cv2.resize(other.astype(np.float32), (256, 256), interpolation=cv2.INTER_AREA) > 0.1
    near = cv2.dilate(one.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
    assert near[shrunk].mean() > 0.95
