"""Photographs whose surface changes: only what is said changes, gradually, and nothing else."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from facelib import interventions, properties
from facelib.errors import BadValueError
from facelib.faces import ELECTRODE_SCHEMES, Face, Head, sample_photograph

pytestmark = pytest.mark.packages

TONES = (0.1, 0.5, 0.9)


def as_photograph(head: Head, size: int = 224) -> Face:
    """Return a rendered head whose picture and landmarks alone are known."""
    return head.render(size).replace(source="photograph", attributes={})


@pytest.fixture(scope="module", params=["photograph", *TONES])
def face(request: pytest.FixtureRequest) -> Face:
    if request.param == "photograph":
        return sample_photograph()
    return as_photograph(Head(skin_tone=request.param, seed=3, expression="happy", hair="short"))


SURFACE: dict[str, dict[str, str]] = {
    "electrodes": {}, "glasses": {}, "mask": {}, "light_direction": {},
    "light_elevation": {}, "light_softness": {},
}  # fmt: skip


@pytest.mark.one_case
@pytest.mark.parametrize("name", SURFACE)
def test_strength_zero_is_the_very_face(face: Face, name: str) -> None:
    assert interventions.get(name, **SURFACE[name]).apply(face, 0.0) is face


@pytest.mark.one_case
@pytest.mark.parametrize("name", SURFACE)
def test_far_from_the_head_nothing_changes(face: Face, name: str) -> None:
    changed = interventions.get(name, **SURFACE[name]).apply(face, 1.0)
    low, high = face.landmarks.min(axis=0), face.landmarks.max(axis=0)
    room = 0.45 * (high - low)
    left, top = np.maximum(low - room, 0).astype(int)
    right, bottom = (high + room).astype(int)
    near = np.zeros(face.size, bool)
    near[top:bottom, left:right] = True
    assert (changed.image[~near] == face.image[~near]).all()
    assert (changed.image != face.image).any()
    assert (changed.box == face.box).all()
    assert (changed.landmarks == face.landmarks).all()
    assert changed.source == "edited"


@pytest.mark.one_case
@pytest.mark.parametrize("name", SURFACE)
def test_without_landmarks_the_reason_is_said(face: Face, name: str) -> None:
    bare = face.replace(landmarks=np.full((478, 2), np.nan, np.float32))
    change = interventions.get(name, **SURFACE[name])
    assert not change.accepts(bare)
    with pytest.raises(BadValueError, match="landmarks"):
        change.apply(bare, 0.5)


@pytest.mark.one_case
@pytest.mark.parametrize("scheme", ["fridlund", "kuramoto"])
def test_electrodes_come_one_by_one_in_the_order_of_heads(face: Face, scheme: str) -> None:
    change = interventions.get("electrodes", scheme=scheme)
    frames = [change.apply(face, strength) for strength in np.linspace(0, 1, 11)]
    for strength, frame in zip(np.linspace(0, 1, 11)[1:], frames[1:], strict=True):
        head = change.edit(Head(), strength)
        assert tuple(frame.attributes["electrodes"]) == head.electrode_names
    counted = properties.measure(frames[1:], ["electrodes"])["electrodes"].to_numpy()
    assert (np.diff(counted) >= 0).all()
    assert counted[-1] >= len(ELECTRODE_SCHEMES[scheme]) - 8
    far = [np.abs(frame.image.astype(float) - face.image).mean() for frame in frames[1:]]
    assert ((np.diff(far) > 0) == (np.diff(counted) > 0)).all()  # some lie where they aren't seen


def test_electrodes_that_are_worn_already_stay_as_they_are(face: Face) -> None:
    worn = face.replace(attributes={"electrodes": ("F1", "F2"), "name": "somebody"})
    changed = interventions.get("electrodes").apply(worn, 1.0)
    assert changed.attributes["electrodes"] == ELECTRODE_SCHEMES["fridlund"]
    assert changed.attributes["name"] == "somebody"
    assert set(changed.attributes["visible_electrodes"]) >= {"F1", "F2"}
    whole = worn.replace(attributes={"electrodes": "fridlund"})
    assert interventions.get("electrodes").apply(whole, 1.0) is whole
    table = properties.measure([changed], ["electrode_size", "electrode_tape", "electrode_wires"])
    assert table.iloc[0].tolist() == [1.0, 0.0, 0.0]


@pytest.mark.thorough
def test_regions_of_the_face_tell_where_drawn_electrodes_are(face: Face) -> None:
    from facelib.editing.regions import ELECTRODES, masks

    changed = interventions.get("electrodes", scheme="kuramoto").apply(face, 1.0)
    region = masks(changed)[ELECTRODES]
    drawn = np.abs(changed.image.astype(int) - face.image).sum(axis=2) > 40  # white on light skin is little
    assert drawn[region > 0.9].mean() > 0.5
    assert (region[drawn] > 0).mean() > 0.8


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["glasses", "mask"])
def test_what_is_put_on_comes_gradually(face: Face, name: str) -> None:
    change = interventions.get(name)
    frames = [change.apply(face, float(strength)) for strength in np.linspace(0, 1, 9)]
    told = properties.measure(frames[1:], [name])[name].to_numpy()
    assert (np.diff(told) > 0).all()
    assert told[-1] == change.ends[1]
    images = np.stack([cv2.GaussianBlur(frame.image.astype(float), (0, 0), 9) for frame in frames])
    far = np.abs(images - images[0]).mean(axis=(1, 2, 3))  # from afar: what moves by a pixel is no jump
    step = np.abs(np.diff(images, axis=0)).mean(axis=(1, 2, 3))
    assert (np.diff(far) > 0).all()
    assert step.max() < 0.4 * step.sum()  # not of the end: a frame is metal first, then dark


@pytest.mark.one_case
@pytest.mark.parametrize("name", ["glasses", "mask"])
def test_nothing_is_taken_off_a_photograph(face: Face, name: str) -> None:
    off = interventions.get(name, to=interventions.get(name).words[0])
    assert not off.accepts(face)
    with pytest.raises(BadValueError, match="Nothing can be taken off"):
        off.apply(face, 0.5)
    worn = interventions.get(name).apply(face, 0.7)
    assert not interventions.get(name).accepts(worn)
    with pytest.raises(BadValueError, match="already"):
        interventions.get(name).apply(worn, 0.5)


def test_a_mask_hides_the_mouth_and_leaves_the_eyes(face: Face) -> None:
    changed = interventions.get("mask").apply(face, 1.0)
    difference = np.abs(changed.image.astype(int) - face.image).sum(axis=2)
    for mark in (13, 17, 205, 425, 4):  # mouth, chin, cheeks, tip of the nose
        x, y = face.landmarks[mark].astype(int)
        assert difference[y, x] > 20
    for mark in (159, 386, 105, 334, 151):  # lids, brows, forehead
        x, y = face.landmarks[mark].astype(int)
        assert difference[y, x] < 6


LIGHTS = [
    ("light_direction", {"azimuth": 75.0}, 1),
    ("light_direction", {"azimuth": -75.0}, -1),
    ("light_elevation", {"to": "above"}, 1),
    ("light_elevation", {"to": "below"}, -1),
    ("light_softness", {"to": "harder"}, 1),
]


@pytest.mark.one_case
@pytest.mark.parametrize(("name", "options", "way"), LIGHTS)
def test_the_measured_light_follows_step_by_step(
    face: Face, name: str, options: dict[str, Any], way: int
) -> None:
    change = interventions.get(name, **options)
    frames = [change.apply(face, float(strength)) for strength in np.linspace(0, 1, 6)]
    found = properties.measure(frames, [change.moves])[change.moves].to_numpy()
    assert (way * np.diff(found) > 0).all()
    if name == "light_direction":
        assert abs(found[-1]) > 40
        assert np.sign(found[-1]) == way
    if name == "light_elevation":
        assert found[-1] > 40 if way > 0 else found[-1] < -15


def test_soft_light_leaves_less_shading(face: Face) -> None:
    soft = interventions.get("light_softness", to="softer")
    frames = [face, soft.apply(face, 0.5), soft.apply(face, 1.0)]
    found = properties.measure(frames, ["light_contrast"])["light_contrast"].to_numpy()
    assert found[0] > found[1]
    assert found[2] < found[0] - 0.08


@pytest.mark.one_case
@pytest.mark.parametrize("name", ["light_direction", "light_elevation", "light_softness"])
def test_the_face_stays_as_bright_whatever_the_light(face: Face, name: str) -> None:
    from facelib.editing.drawing import luminance
    from facelib.editing.warp import coverage

    inside = coverage(face.landmarks, face.size) > 0.9
    changed = interventions.get(name).apply(face, 1.0)
    before, after = (luminance(one.image)[inside].mean() for one in (face, changed))
    assert 0.75 < after / before < 1.25


def test_light_without_skin_in_the_picture_is_refused(face: Face) -> None:
    away = face.replace(landmarks=face.landmarks + np.float32(2000))
    with pytest.raises(BadValueError, match="Too little skin"):
        interventions.get("light_direction").apply(away, 0.5)
