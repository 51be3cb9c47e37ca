"""Where a map lies: shares of regions against a loop over pixels, mirrors, and networks of known taste."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

from facelib import attribution
from facelib.attribution.regions import BLANK, COLUMNS
from facelib.classifiers import Card, Classifier, Preparation
from facelib.editing.regions import REGIONS, masks
from facelib.errors import BadValueError
from facelib.faces import Face, Head, render_heads
from facelib.properties.mirror_pairs import LEFT, RIGHT

pytestmark = [pytest.mark.packages, pytest.mark.usefixtures("single_threaded")]

CARD = Card("toy", "here", "", "CC0", "toy", 0, "gray", "none", "softmax", "none", "all")
MOUTH, ELECTRODES = REGIONS.index("mouth"), REGIONS.index("electrodes")


def toy(body: nn.Module, side: int = 112) -> Classifier:
    """A network whose only logit is the mean of its features: its map is the features, where positive."""
    head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
    preparation = Preparation(side, "gray", 0.0, 255.0)
    emotions = {"happy": "happy"}
    return Classifier(
        "toy", body, head, labels=["happy"], emotions=emotions, preparation=preparation, card=CARD
    )


@pytest.fixture
def clf() -> Classifier:
    return toy(nn.Identity())


@pytest.fixture
def face() -> Face:
    return Head(pose=(20, 5, 8), expression="happy", seed=3, electrodes="fridlund").render(160)


@pytest.mark.thorough
def test_shares_are_those_of_a_loop_over_pixels(
    clf: Classifier, face: Face, rng: np.random.Generator
) -> None:
    maps = rng.random((1, 7, 7)).astype(np.float32)
    (projected,) = attribution.project(maps, clf, face.box, face.size)
    regions = masks(face)
    sums = np.zeros(len(REGIONS))
    for row in range(160):
        for column in range(160):
            for region in range(len(REGIONS)):
                sums[region] += projected[row, column] * regions[region, row, column]
    found = attribution.region_shares(maps, clf, face, face.box)
    np.testing.assert_allclose(found[0], sums / sums.sum(), atol=3e-3)
    assert found.sum() == pytest.approx(1)
    x1, y1, x2, y2 = clf.crop_boxes(face.box, face.size)[0]
    evidence = attribution.region_evidence(maps, clf, face, face.box).evidence
    np.testing.assert_allclose(evidence[0], sums / ((x2 - x1) * (y2 - y1)), atol=2e-3)


def test_a_map_that_is_the_same_everywhere_has_density_one(clf: Classifier, face: Face) -> None:
    found = attribution.region_evidence(np.full((2, 7, 7), 3, np.float32), clf, face, face.box)
    np.testing.assert_allclose(found.area.sum(axis=1), 1)
    np.testing.assert_allclose(found.densities, 1, rtol=1e-5)
    np.testing.assert_allclose(found.evidence.sum(axis=1), 3, rtol=1e-5)


def test_the_mirror_image_swaps_left_and_right(clf: Classifier, face: Face, rng: np.random.Generator) -> None:
    maps = rng.random((3, 7, 7)).astype(np.float32)
    points = face.landmarks * np.float32([-1, 1]) + np.float32([160, 0])
    swapped = points.copy()
    swapped[list(RIGHT)], swapped[list(LEFT)] = points[list(LEFT)], points[list(RIGHT)]
    plain = face.replace(attributes={}, box=np.array([40.0, 40.0, 120.0, 120.0]))
    mirrored = plain.replace(image=face.image[:, ::-1].copy(), landmarks=swapped)
    there = attribution.region_shares(maps, clf, plain, plain.box)
    back = attribution.region_shares(maps[:, :, ::-1].copy(), clf, mirrored, plain.box)
    sides = {"left": "right", "right": "left"}
    order = [REGIONS.index(" ".join(sides.get(word, word) for word in name.split(" "))) for name in REGIONS]
    np.testing.assert_allclose(back[:, order], there, atol=2e-3)
    assert not np.allclose(back, there, atol=2e-2)


def test_neither_the_place_nor_the_size_of_the_picture_nor_the_height_of_the_map_counts(
    clf: Classifier, face: Face, rng: np.random.Generator
) -> None:
    maps = rng.random((1, 7, 7)).astype(np.float32)
    box = np.array([30.0, 40.0, 120.0, 130.0])
    plain = face.replace(box=box)
    expected = attribution.region_evidence(maps, clf, plain, box)
    canvas = np.zeros((200, 220, 3), np.uint8)
    moved = plain.replace(image=canvas, landmarks=face.landmarks + np.float32([25, 15]))
    doubled = plain.replace(image=np.zeros((320, 320, 3), np.uint8), landmarks=face.landmarks * 2)
    for other, where in ((moved, box + np.array([25, 15, 25, 15])), (doubled, box * 2)):
        found = attribution.region_evidence(maps, clf, other, where)
        np.testing.assert_allclose(found.evidence, expected.evidence, atol=1e-4)
    louder = attribution.region_evidence(maps * 5, clf, plain, box)
    np.testing.assert_allclose(louder.shares, expected.shares, rtol=1e-5)
    np.testing.assert_allclose(louder.evidence, expected.evidence * 5, rtol=1e-5)


def test_beyond_the_border_is_outside(clf: Classifier, face: Face) -> None:
    ones = np.ones((1, 7, 7), np.float32)
    found = attribution.region_evidence(ones, clf, face, (-80, 0, 80, 160))
    assert found.shares.sum() == pytest.approx(1)
    assert found.area[0, REGIONS.index("outside")] > 0.5


class Window(nn.Module):
    """Sees a part of the picture only."""

    def __init__(self, keep: np.ndarray) -> None:
        super().__init__()
        self.keep = nn.Parameter(torch.from_numpy(keep).float())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.keep


def test_a_network_that_sees_the_mouth_only_has_its_evidence_there() -> None:
    face = Head(expression="happy", seed=2).render(224)
    mouth = masks(face)[MOUTH]
    x1, y1, x2, y2 = toy(nn.Identity()).crop_boxes(face.box, face.size)[0].astype(int)
    rows = np.linspace(y1, y2 - 1, 112).astype(int)
    columns = np.linspace(x1, x2 - 1, 112).astype(int)
    keep = mouth[np.ix_(rows, columns)] > 0.99
    clf = toy(Window(keep))
    maps = attribution.grad_cam(clf, face.image[None], "happy", face.box)
    shares = attribution.region_shares(maps, clf, face, face.box)
    assert shares[0, MOUTH] > 0.9
    assert attribution.region_evidence(maps, clf, face, face.box).densities[0, MOUTH] > 5


class Bright(nn.Module):
    """Reacts to what is as bright as an electrode's ring."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(x - 0.6)


def test_electrodes_draw_the_evidence_of_a_network_that_reacts_to_them() -> None:
    base = Head(expression="neutral", skin_tone=0.7, seed=1)
    names = ("F9", "F10", "F17", "F18", "F19", "F20")
    heads = [base, base.replace(electrodes=names[:2]), base.replace(electrodes=names)]
    faces = render_heads(heads, 224)
    clf = toy(Bright())
    maps = attribution.grad_cam(clf, np.stack([face.image for face in faces]), "happy", faces[0].box)
    same = attribution.region_evidence(maps, clf, faces, faces[0].box, electrodes=names)
    own = attribution.region_evidence(maps, clf, faces, faces[0].box)
    assert (np.diff(same.evidence[:, ELECTRODES]) > 0).all()
    assert own.evidence[0, ELECTRODES] == 0
    assert np.isnan(own.densities[0, ELECTRODES])
    assert own.shares[2, ELECTRODES] > 0.5
    assert own.densities[2, ELECTRODES] > 5


def test_a_blank_map_has_no_shares_and_says_so(clf: Classifier, face: Face) -> None:
    maps = np.stack([np.zeros((7, 7)), np.ones((7, 7))]).astype(np.float32)
    found = attribution.region_evidence(maps, clf, face, face.box)
    assert np.isnan(found.shares[0]).all()
    assert np.isnan(found.densities[0]).all()
    assert not found.evidence[0].any()
    table = found.table([0.0, 1.0], "toy", "happy")
    assert list(table.columns) == list(COLUMNS)
    assert len(table) == 2 * len(REGIONS)
    assert (table.loc[table["step"] == 0, "remark"] == BLANK).all()
    assert (table.loc[table["step"] == 1, "remark"] == "").all()
    assert table.loc[table["step"] == 1, "share"].sum() == pytest.approx(1)


def test_bad_maps_and_faces_are_answered_in_words(clf: Classifier, face: Face) -> None:
    ones = np.ones((2, 7, 7), np.float32)
    for bad in (ones[0], -ones, ones * np.nan):
        with pytest.raises(BadValueError, match="finite and ≥ 0"):
            attribution.region_evidence(bad, clf, face, face.box)
    with pytest.raises(BadValueError, match="one face per map, 2, or one for all; got 3"):
        attribution.region_evidence(ones, clf, [face] * 3, face.box)
    blind = face.replace(landmarks=np.full((478, 2), np.nan, np.float32))
    with pytest.raises(BadValueError, match="aren't all known"):
        attribution.region_evidence(ones, clf, blind, face.box)


@pytest.mark.one_case
@pytest.mark.parametrize("name", ["fer", "facex", "pyemotion", "facemood", "faceapi", "human"])
def test_real_networks_have_finite_numbers(name: str, load_network: Callable[[str], Classifier]) -> None:
    clf = load_network(name)
    faces = render_heads([Head(expression="happy", pose=(yaw, 0, 0)) for yaw in (-20, 0, 20)], 160)
    boxes = np.stack([face.box for face in faces])
    maps = attribution.grad_cam(clf, np.stack([face.image for face in faces]), "happy", boxes)
    found = attribution.region_evidence(maps, clf, faces, boxes)
    assert np.isfinite(found.evidence).all()
    blank = maps.max((1, 2)) == 0
    assert np.array_equal(np.isnan(found.shares).all(axis=1), blank)
    np.testing.assert_allclose(found.shares[~blank].sum(axis=1), 1)
    assert (found.evidence.sum(axis=1) <= maps.max((1, 2)) * (1 + 1e-5)).all()
