"""Maps of classifiers that see aligned faces: back in the picture's own frame, wherever they are shown."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from facelib import attribution
from facelib.attribution.overlay import upright
from facelib.classifiers import Card, Classifier, Preparation, five_points
from facelib.classifiers.alignment import Turned
from facelib.editing.regions import REGIONS, masks
from facelib.faces import Face, Head

pytestmark = [pytest.mark.packages, pytest.mark.usefixtures("single_threaded")]

CARD = Card("toy", "here", "", "CC0", "toy", 0, "rgb", "7 × 7", "softmax", "none", "all")
ALIGNED = Preparation(112, "rgb", 0.0, 255.0, align="five points", template="arcface")


class Redness(nn.Module):
    """The mean red of 7 × 7 cells, as far as it is more than green: what a network of red things looks at."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        red = nn.functional.relu(x[:, :1] - x[:, 1:2])
        return nn.functional.avg_pool2d(red, x.shape[-1] // 7)


def sees_red(preparation: Preparation) -> Classifier:
    return Classifier(
        "red", Redness(), nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()), labels=["happy"],
        emotions={"happy": "happy"}, preparation=preparation, card=CARD,
    )  # fmt: skip


@pytest.fixture(scope="module")
def tilted() -> Face:
    return Head(seed=3, expression="happy", pose=(0, 0, 24)).render(224)


def painted(face: Face, mask: np.ndarray) -> Face:
    image = np.repeat(face.image[..., 1:2], 3, axis=2)
    image[mask] = (255, 0, 0)
    return face.replace(image=image)


def slow(map_: np.ndarray, parts: Turned, size: tuple[int, int]) -> np.ndarray:
    """Look up every pixel of the picture in the map, linear between the middles of its cells."""
    out = np.zeros(size)
    n = len(map_)
    for y in range(size[0]):
        for x in range(size[1]):
            u, v = parts.shares([[x + 0.5, y + 0.5]], 0)[0]
            if not (0 <= u <= 1 and 0 <= v <= 1):
                continue
            column, row = (min(max(share * n - 0.5, 0), n - 1) for share in (u, v))
            c, r = min(int(column), n - 2), min(int(row), n - 2)
            dc, dr = column - c, row - r
            out[y, x] = np.array([1 - dr, dr]) @ map_[r : r + 2, c : c + 2] @ np.array([1 - dc, dc])
    return out


def test_a_map_is_turned_back_pixel_by_pixel(tilted: Face, rng: np.random.Generator) -> None:
    face = Head(seed=3, pose=(0, 0, 24)).render(64)
    clf, points = sees_red(ALIGNED), five_points(face)
    maps = rng.random((2, 7, 7)).astype(np.float32)
    found = attribution.project(maps, clf, face.box, face.size, points=points)
    parts = clf.parts(face.box, face.size, points)
    assert isinstance(parts, Turned)
    for one, map_ in zip(found, maps, strict=True):
        np.testing.assert_allclose(one, slow(map_, parts, (64, 64)), atol=0.03)  # OpenCV: 32 steps a cell


def test_evidence_is_shown_where_it_was_painted(tilted: Face) -> None:
    clf, points = sees_red(ALIGNED), five_points(tilted)
    rows, columns = np.indices(tilted.size)
    for place in (points[0], points[4]):  # an eye, a corner of the mouth
        face = painted(tilted, np.hypot(columns + 0.5 - place[0], rows + 0.5 - place[1]) < 9)
        maps = attribution.grad_cam(clf, face.image[None], "happy", face.box, points=points)
        (shown,) = attribution.project(maps, clf, face.box, face.size, points=points)
        middle = [(axis + 0.5)[shown > 0].mean() for axis in (columns, rows)]
        weights = shown / shown.sum()
        middle = [((axis + 0.5) * weights).sum() for axis in (columns, rows)]
        np.testing.assert_allclose(middle, place, atol=4)
        laid, region = upright(maps, clf, face.box, face.size, points=points)
        h, w = laid.shape[1:]
        v, u = np.indices((h, w)) + 0.5
        weights = laid[0] / laid[0].sum()
        across = region[0] + (u * weights).sum() / w * (region[2] - region[0])
        down = region[1] + (v * weights).sum() / h * (region[3] - region[1])
        np.testing.assert_allclose((across, down), place, atol=4)


def test_a_map_that_is_not_known_stays_unknown(tilted: Face) -> None:
    clf, maps = (
        sees_red(ALIGNED),
        np.stack([np.full((7, 7), np.nan, np.float32), np.ones((7, 7), np.float32)]),
    )
    laid, _ = upright(maps, clf, tilted.box, tilted.size, points=five_points(tilted))
    assert np.isnan(laid[0]).all()
    assert not np.isnan(laid[1]).any()
    assert (laid[1] == 0).any(), "what the network saw is a turned square in an upright one"


def test_maps_of_what_is_not_aligned_are_given_back_as_they_are(
    tilted: Face, rng: np.random.Generator
) -> None:
    clf, maps = sees_red(Preparation(112, "rgb", 0.0, 255.0)), rng.random((3, 7, 7)).astype(np.float32)
    laid, region = upright(maps, clf, tilted.box, tilted.size, points=five_points(tilted))
    assert laid is maps
    assert region.tolist() == clf.crop_boxes(tilted.box, tilted.size)[0].tolist()


def test_regions_are_found_in_the_turned_square(tilted: Face) -> None:
    clf, points = sees_red(ALIGNED), five_points(tilted)
    parts = masks(tilted)
    for name in ("mouth", "left eye"):
        face = painted(tilted, parts[REGIONS.index(name)] > 0.5)
        maps = attribution.grad_cam(clf, face.image[None], "happy", face.box, points=points)
        evidence = attribution.region_evidence(maps, clf, face, face.box, points=points)
        assert evidence.regions[int(np.nanargmax(evidence.densities[0]))] == name
        np.testing.assert_allclose(evidence.area.sum(), 1)
