"""Regions of a face lie where its parts are, in rendered heads and photographs, however a head is turned."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from facelib.editing.regions import OUTSIDE, REGIONS, labels, masks, net, shown, sticking
from facelib.errors import BadValueError, UnknownNameError
from facelib.faces import Face, Head, sample_heads, sample_photograph
from facelib.head.geometry import camera
from facelib.head.geometry.electrode_sites import RADIUS
from facelib.head.rendering import render, visibility
from facelib.properties.mirror_pairs import LEFT, RIGHT

pytestmark = pytest.mark.packages

SIDES = {"left": "right", "right": "left"}
MIRRORED = [REGIONS.index(" ".join(SIDES.get(word, word) for word in name.split(" "))) for name in REGIONS]
"""The place of every region's mirror image."""


def region_at(face: Face, point: npt.ArrayLike) -> str:
    column, row = np.floor(np.asarray(point)).astype(int)
    return REGIONS[int(masks(face)[:, row, column].argmax())]


@pytest.mark.one_case
@pytest.mark.parametrize("pose", [(-40, 0, 0), (0, 0, 0), (40, 0, 0), (10, -15, 20)])
@pytest.mark.parametrize("expression", ["neutral", "happy", {"jawOpen": 0.9}, {"eyeBlink": 1.0}])
def test_every_pixel_belongs_somewhere(pose: tuple[float, float, float], expression: object) -> None:
    found = masks(Head(pose=pose, expression=expression, electrodes="fridlund").render(128))
    assert found.dtype == np.float32
    assert found.shape == (len(REGIONS), 128, 128)
    np.testing.assert_allclose(found.sum(axis=0), 1, atol=1e-6)
    assert found.min() >= 0
    assert (found.reshape(len(REGIONS), -1).sum(axis=1) > 0).all()


@pytest.mark.thorough
def test_parts_of_the_face_lie_in_their_regions() -> None:
    for face in (Head(seed=4, expression="happy").render(224), sample_photograph()):
        mark = face.landmarks
        assert region_at(face, face.eyes[0]) == "left eye"
        assert region_at(face, face.eyes[1]) == "right eye"
        assert region_at(face, mark[[13, 14]].mean(axis=0)) == "mouth"
        assert region_at(face, mark[4]) == "nose"
        assert region_at(face, mark[9]) == "forehead"
        assert region_at(face, mark[199]) == "chin"
        assert region_at(face, mark[[50, 205]].mean(axis=0)) == "right cheek"
        assert region_at(face, mark[[280, 425]].mean(axis=0)) == "left cheek"
        assert region_at(face, mark[[52, 105]].mean(axis=0)) == "right brow"
        assert region_at(face, (2, 2)) == "outside"


@pytest.mark.thorough
def test_an_open_mouth_is_mouth_and_closed_eyes_are_eyes() -> None:
    wide = Head(expression={"jawOpen": 0.9, "eyeBlink": 1.0}).render(224)
    assert region_at(wide, wide.landmarks[[13, 14]].mean(axis=0)) == "mouth"
    assert region_at(wide, wide.landmarks[[159, 145]].mean(axis=0)) == "right eye"
    closed = Head(expression="neutral").render(224)
    mouth = REGIONS.index("mouth")
    assert masks(wide)[mouth].sum() > 1.3 * masks(closed)[mouth].sum()


@pytest.mark.parametrize("yaw", [-40, 40])
def test_the_nose_hides_the_cheek_that_it_stands_before(yaw: float) -> None:
    face = Head(pose=(yaw, 0, 0)).render(224)
    found = masks(face)
    assert region_at(face, face.landmarks[4]) == "nose"
    near, far = ("right cheek", "left cheek") if yaw > 0 else ("left cheek", "right cheek")
    assert found[REGIONS.index(near)].sum() > 4 * found[REGIONS.index(far)].sum()


def slow_labels(points: npt.NDArray[np.float64], size: int) -> npt.NDArray[np.uint8]:
    """Ask every triangle about every pixel, by its barycentric coordinates."""
    grid = np.full((size, size), OUTSIDE, np.uint8)
    triangles, regions = net()
    for row in range(size):
        for column in range(size):
            last: tuple[bool, int] | None = None
            for number, (a, b, c) in enumerate(points[triangles]):
                area = float(np.linalg.det(np.array([b - a, c - a])))
                rest = np.array([column + 0.5, row + 0.5]) - a
                u = float(np.linalg.det(np.array([rest, c - a]))) / area
                v = float(np.linalg.det(np.array([b - a, rest]))) / area
                if u >= 0 and v >= 0 and u + v <= 1:
                    last = max(last or (False, -1), (area >= 0, number))
            if last is not None:
                grid[row, column] = regions[last[1]]
    return grid


@pytest.mark.thorough
def test_the_fast_grid_equals_the_slow_one() -> None:
    face = Head(pose=(35, 5, 10), expression="happy", seed=3).render(48)
    points = face.landmarks.astype(np.float64) / 3
    fast = labels(face, points, (16, 16))
    assert (fast == slow_labels(points, 16)).mean() > 0.995  # at most an edge that meets a middle
    assert len(np.unique(fast)) > 5


def test_the_net_covers_the_face_once_and_is_symmetric() -> None:
    triangles, regions = net()
    mirror = np.arange(478)
    mirror[list(RIGHT)], mirror[list(LEFT)] = LEFT, RIGHT
    mirror[358], mirror[331] = 102, 102  # 129 and 102 lie on one place, and so do their partners
    found = {
        (*sorted(corners), kind) for corners, kind in zip(triangles.tolist(), regions.tolist(), strict=True)
    }
    assert found == {(*sorted(mirror[list(corners)].tolist()), MIRRORED[kind]) for *corners, kind in found}
    edges = np.sort(triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    assert np.unique(edges, axis=0, return_counts=True)[1].max() == 2  # a surface without folds


def test_a_mirrored_face_has_mirrored_regions() -> None:
    face = Head(seed=9, pose=(25, 5, 8), expression="happy", electrodes=None).render(160)
    points = face.landmarks * np.float32([-1, 1]) + np.float32([160, 0])
    swapped = points.copy()
    swapped[list(RIGHT)], swapped[list(LEFT)] = points[list(LEFT)], points[list(RIGHT)]
    flipped = face.replace(image=face.image[:, ::-1].copy(), landmarks=swapped)
    difference = np.abs(masks(flipped)[MIRRORED] - masks(face)[:, :, ::-1])
    assert difference.sum() < 0.002 * difference[0].size


def test_regions_scale_and_shift_with_the_landmarks() -> None:
    face = Head(pose=(20, 0, 0), electrodes="kuramoto").render(96)
    small = labels(face, face.landmarks, (96, 96))
    large = labels(face, face.landmarks * 3 + [5, 7], (300, 300))
    assert (large[7 + 1 : 7 + 288 : 3, 5 + 1 : 5 + 288 : 3] == small).mean() > 0.999


def true_middles(head: Head, size: int) -> dict[str, npt.NDArray[np.float64]]:
    """Return where the mesh carries the electrodes, px."""
    vertices, view, _ = render.pose(head)
    rows, near, share = visibility._anchors()
    at = [rows[name] for name in head.electrode_names]
    middles = (vertices[near[at]] * share[at][..., None]).sum(axis=1, dtype=np.float32)
    places = camera.project(view.place(middles), size)[:, :2].astype(np.float64) + size / 2
    return dict(zip(head.electrode_names, places, strict=True))


@pytest.mark.thorough
def test_electrodes_are_found_where_they_are(rng: np.random.Generator) -> None:
    gaps = []
    expressions = ("happy", "sad", "surprise", "angry", "disgust", "fear", "neutral")
    for number, head in enumerate(sample_heads(14, seed=11)):
        pose = tuple(rng.normal(0, [20, 8, 5]).clip(-40, 40).tolist())
        worn = head.replace(electrodes="fridlund", pose=pose, expression=expressions[number % 7])
        face = worn.render(224)
        for name, true in true_middles(worn, 224).items():
            if name in shown(face) and name not in {"F21", "F22"}:
                found = sticking()[name][0, :468] @ face.landmarks[:468]
                gaps.append(np.linalg.norm(found - true))
    assert np.mean(gaps) < 1.0
    assert np.max(gaps) < 3.0


@pytest.mark.thorough
def test_discs_are_as_large_as_the_electrodes() -> None:
    for size in (1.0, 1.6):
        face = Head(electrodes="F9", electrode_size=size, expression="neutral").render(224)
        area = masks(face)[REGIONS.index("electrodes")].sum()
        radius = RADIUS * size * 224 * camera.ZOOM / (camera.DISTANCE - 0.6)
        assert area == pytest.approx(np.pi * radius**2, rel=0.25)


def test_tape_is_part_of_the_electrodes() -> None:
    bare, taped = (Head(electrodes="fridlund", tape=tape).render(128) for tape in (0.0, 1.0))
    electrodes = REGIONS.index("electrodes")
    assert masks(taped)[electrodes].sum() > 1.3 * masks(bare)[electrodes].sum()


def test_electrodes_are_those_shown_or_those_asked_for() -> None:
    electrodes = REGIONS.index("electrodes")
    plain = Head(expression="neutral").render(128)
    assert shown(plain) == ()
    assert not masks(plain)[electrodes].any()
    worn = Head(expression="neutral", electrodes="fridlund").render(128)
    asked = masks(plain, shown(worn))[electrodes]
    np.testing.assert_array_equal(asked, masks(worn)[electrodes])
    assert asked.sum() > 50
    with pytest.raises(UnknownNameError, match="no electrode position 'F99'"):
        masks(plain, "F99")


def test_unknown_landmarks_are_answered_in_words() -> None:
    face = Head().render(64)
    marks = face.landmarks.copy()
    marks[17] = np.nan
    with pytest.raises(BadValueError, match="aren't all known"):
        masks(face.replace(landmarks=marks))
    marks = face.landmarks.copy()
    marks[470] = np.nan  # irises aren't needed
    assert masks(face.replace(landmarks=marks))[0].any()
