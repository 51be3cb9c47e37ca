"""Drawn electrodes lie where those of the same rendered head are, as large, and hide as they do."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from facelib.editing.electrodes import attached, seen
from facelib.faces import ELECTRODE_SCHEMES, Face, Head, Light

HEADS = (
    Head(seed=3, skin_tone=0.15, expression="happy", age=35, gender=0.2),
    Head(seed=12, skin_tone=0.9, pose=(12.0, -4.0, 3.0)),
)


def photograph(head: Head, size: int = 320) -> Face:
    return head.render(size).replace(source="photograph", attributes={})


def spot(image: npt.NDArray[np.uint8], before: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.float64], int]:
    """Return the middle (x, y) and the area of what differs clearly."""
    change = np.abs(image.astype(float) - before).sum(axis=2)
    rows, columns = np.nonzero(change > max(30.0, 0.3 * change.max()))
    return np.array([columns.mean(), rows.mean()]), len(rows)


@pytest.mark.thorough
@pytest.mark.parametrize("head", HEADS)
def test_places_and_areas_are_those_of_rendered_electrodes(head: Head) -> None:
    face = photograph(head)
    gaps, areas = [], []
    for name in ELECTRODE_SCHEMES["fridlund"][::2] + ELECTRODE_SCHEMES["kuramoto"][1::4]:
        truth = head.replace(electrodes=(name,)).render(320)
        if name in truth.attributes["visible_electrodes"]:
            there, area = spot(attached(face, (name,)).image, face.image)
            place, extent = spot(truth.image, face.image)
            gaps.append(float(np.linalg.norm(there - place)))
            areas.append(area / extent)
    assert len(gaps) > 8
    assert max(gaps) < 2.0
    assert np.mean(gaps) < 0.9
    assert 0.75 < np.median(areas) < 1.2


@pytest.mark.one_case
@pytest.mark.parametrize("yaw", [0.0, 20.0, -38.0])
def test_what_faces_away_is_not_drawn(yaw: float) -> None:
    """As many as in the rendered picture, but for those at the very edge of what is seen."""
    head = Head(seed=4, pose=(yaw, 0.0, 0.0), expression="neutral")
    names = (*ELECTRODE_SCHEMES["fridlund"], *ELECTRODE_SCHEMES["kuramoto"])
    truth = set(head.replace(electrodes=names).render(224).attributes["visible_electrodes"])
    found = set(seen(photograph(head, 224), names))
    assert len(truth ^ found) <= 0.1 * len(names)


@pytest.mark.thorough
def test_light_skin_and_dark_light_make_them_dimmer() -> None:
    """The adhesive ring is about as bright as the rendered one."""
    for light in (Light(strength=0.35), Light(strength=1.0)):
        for tone in (0.1, 0.85):
            head = Head(skin_tone=tone, light=light, seed=1)
            face, truth = photograph(head, 224), head.replace(electrodes=("F13", "F14")).render(224)
            drawn = attached(face, ("F13", "F14"))
            changed = np.abs(truth.image.astype(int) - face.image).sum(axis=2) > 60
            there, real = (np.percentile(one.image[changed], 80) for one in (drawn, truth))
            assert abs(there - real) < 45


def test_tape_lies_over_them_and_size_scales_them() -> None:
    face = photograph(HEADS[0], 224)
    areas = [spot(attached(face, ("F7",), size).image, face.image)[1] for size in (0.5, 1.0, 2.0)]
    assert 2.5 < areas[1] / areas[0] < 6
    assert 2.5 < areas[2] / areas[1] < 6
    taped = spot(attached(face, ("F7",), 1.0, 1.0).image, face.image)[1]
    assert taped > 1.5 * areas[1]


def test_none_changes_nothing_and_drawing_stays_near() -> None:
    face = photograph(HEADS[0], 160)
    assert attached(face, ()) is face
    assert seen(face, ()) == ()
    changed = attached(face, ELECTRODE_SCHEMES["fridlund"])
    low, high = face.landmarks.min(axis=0) - 12, face.landmarks.max(axis=0) + 12
    rows, columns = np.nonzero((changed.image != face.image).any(axis=2))
    assert (columns > low[0]).all()
    assert (columns < high[0]).all()
    assert (rows > low[1]).all()
    assert (rows < high[1]).all()
