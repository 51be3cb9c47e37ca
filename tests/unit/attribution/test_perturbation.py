"""Occlusion and RISE: against Captum, against slow twins, and where the answer is planted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import facelib
from facelib import attribution, classifiers
from facelib.attribution.perturbation import SIDE, random_masks
from facelib.classifiers import Preparation, own
from facelib.errors import BadValueError, Cancelled, FacelibError, UnknownNameError

pytestmark = pytest.mark.usefixtures("single_threaded")

PLAIN = Preparation(56, "rgb", 0.0, 255.0)


@pytest.fixture
def network() -> nn.Module:
    torch.manual_seed(4)
    return nn.Sequential(
        nn.Conv2d(3, 6, 5, 2),
        nn.ReLU(),
        nn.Conv2d(6, 6, 3, 2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(6 * 144, 3),
    ).eval()


@pytest.fixture
def image(rng: np.random.Generator) -> Any:
    coarse = rng.integers(0, 256, (7, 7, 3), dtype=np.uint8)
    return np.kron(coarse, np.ones((8, 8, 1), np.uint8))


def test_occlusion_is_that_of_captum(network: nn.Module, image: Any) -> None:
    from captum.attr import Occlusion

    clf = own(network, labels=["a", "b", "c"], preparation=PLAIN)
    found = attribution.occlusion(clf, image[None], "b", cells=7, fill=51)[0]
    inputs = PLAIN(image[None])
    expected = Occlusion(lambda x: network(x).softmax(1)).attribute(
        inputs, target=1, sliding_window_shapes=(3, 8, 8), strides=(3, 8, 8), baselines=0.2
    )
    np.testing.assert_allclose(np.kron(found, np.ones((8, 8))), expected[0, 0].numpy(), atol=1e-5)
    assert (found < 0).any(), "what speaks against the class keeps its sign"


def slow_rise(network: nn.Module, image: Any, masks: Any, keep: float, *, colour: Any, column: int) -> Any:
    """RISE line by line: S(λ) = Σ f(I ⊙ M) M(λ) / (N · E[M])."""
    total = np.zeros(masks.shape[1:])
    for mask in masks:
        shown = np.zeros_like(image)
        for y in range(image.shape[0]):
            for x in range(image.shape[1]):
                for k in range(3):
                    shown[y, x, k] = round(
                        float(mask[y, x]) * image[y, x, k] + (1 - float(mask[y, x])) * colour[k]
                    )
        with torch.no_grad():
            p = network(torch.tensor(shown.transpose(2, 0, 1)[None] / 255, dtype=torch.float32)).softmax(1)
        total += float(p[0, column]) * mask
    return total / (len(masks) * keep)


@pytest.mark.thorough
def test_rise_is_that_of_the_paper(rng: np.random.Generator) -> None:
    torch.manual_seed(1)
    network = nn.Sequential(nn.Conv2d(3, 2, 16, 16), nn.Flatten(), nn.Linear(32, 2)).eval()
    image = rng.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    clf = own(network, labels=["a", "b"], preparation=Preparation(SIDE, "rgb", 0.0, 255.0))
    found = attribution.rise(clf, image[None], "a", masks=6, cells=4, keep=0.4, seed=3)[0]
    colour = np.rint(image.reshape(-1, 3).mean(0))
    expected = slow_rise(network, image, random_masks(6, 4, 0.4, 3), 0.4, colour=colour, column=0)
    np.testing.assert_allclose(found, expected, rtol=2e-3)


def slow_mask(grid: Any, cell: int, shift: tuple[int, int]) -> Any:
    """Enlarge a grid linearly, its border repeated, and cut SIDE × SIDE out of it, point by point."""
    cells = len(grid)
    scale = cells / ((cells + 1) * cell)
    found = np.empty((SIDE, SIDE))
    for y in range(SIDE):
        for x in range(SIDE):
            at = [(one + 0.5) * scale - 0.5 for one in (y + shift[1], x + shift[0])]
            low = [int(np.floor(one)) for one in at]
            part = [one - start for one, start in zip(at, low, strict=True)]
            corner = [[min(max(low[k] + d, 0), cells - 1) for d in (0, 1)] for k in (0, 1)]
            found[y, x] = sum(
                grid[corner[0][i], corner[1][j]]
                * (part[0] if i else 1 - part[0])
                * (part[1] if j else 1 - part[1])
                for i in (0, 1)
                for j in (0, 1)
            )
    return found


def test_masks_are_enlarged_grids_shifted_at_random() -> None:
    masks = random_masks(3, 5, 0.5, seed=8)
    rng = np.random.default_rng(8)
    for mask in masks:
        grid = (rng.random((5, 5)) < 0.5).astype(float)
        x, y = rng.integers(0, 13, 2)
        np.testing.assert_allclose(mask, slow_mask(grid, 13, (int(x), int(y))), atol=1e-5)
    assert np.array_equal(masks, random_masks(3, 5, 0.5, seed=8))
    assert not np.array_equal(masks, random_masks(3, 5, 0.5, seed=9))


def corner_reader(pictures: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """A function that looks at nothing but the lower right quarter of the box."""
    answers = []
    for picture, (x1, y1, x2, y2) in zip(pictures, boxes.astype(int), strict=True):
        part = picture[(y1 + y2) // 2 : y2, (x1 + x2) // 2 : x2, 0]
        answers.append([part.mean() / 255, 1 - part.mean() / 255])
    return np.array(answers)


def test_both_find_where_a_function_looks() -> None:
    clf = own(corner_reader, id="corner", labels=["cat", "dog"])
    image = np.full((1, 80, 80, 3), 40, np.uint8)
    image[0, 40:70, 40:70] = 250
    box = (10.0, 10, 70, 70)
    hidden = attribution.occlusion(clf, image, "cat", box, cells=8, fill=40)[0]
    inside = np.zeros((8, 8), bool)
    inside[4:7, 4:7] = True  # of the whole picture, which a function with boxes sees
    assert hidden[inside].min() > 5 * abs(hidden[~inside]).max()
    seen = attribution.rise(clf, image, "cat", box, masks=300, cells=3, fill=40, seed=1)[0]
    y, x = np.unravel_index(seen.argmax(), seen.shape)
    assert 32 <= y < 56
    assert 32 <= x < 56
    assert seen[32:56, 32:56].mean() > np.quantile(seen, 0.75)  # it is a seventh of the map


@pytest.mark.thorough
def test_maps_of_faces_go_where_grad_cam_goes() -> None:
    clf = classifiers.load("known_unbiased")
    face = facelib.Head(expression="happy").render()
    maps = attribution.occlusion(clf, face, "happy")
    again = attribution.occlusion(clf, face.image[None], "happy", face.box)
    np.testing.assert_array_equal(maps, again)
    projected = attribution.project(np.maximum(maps, 0), clf, face.box, face.size)
    evidence = attribution.region_evidence(np.maximum(maps, 0), clf, face)
    assert projected.shape == (1, *face.size)
    assert evidence.densities[0][list(evidence.regions).index("mouth")] > 1.5
    two = attribution.occlusion(clf, [face, facelib.Head(expression="happy")], "happy", cells=3)
    np.testing.assert_array_equal(two[0], two[1])


def test_a_box_that_reaches_beyond_the_picture(image: Any) -> None:
    clf = own(corner_reader, id="beyond", labels=["cat", "dog"], preparation=None)
    seen = classifiers.load("known_unbiased")
    for reader, label in ((clf, "cat"), (seen, "happy")):
        maps = attribution.occlusion(reader, image[None], label, (-10.0, -6, 50, 54), cells=4)
        assert np.isfinite(maps).all()
        assert np.isfinite(attribution.rise(reader, image[None], label, (-10.0, -6, 50, 54), masks=3)).all()


def test_progress_counts_pictures_and_a_stop_stops(image: Any) -> None:
    clf = own(corner_reader, id="told", labels=["cat", "dog"])
    told: list[Any] = []
    attribution.occlusion(clf, np.stack([image] * 2), "cat", cells=7, progress=told.append)
    assert [one.done for one in told] == [32, 50, 82, 100]
    assert told[-1].total == attribution.maps_price(clf, pictures=2).pictures == 100
    with pytest.raises(Cancelled):
        attribution.rise(clf, image[None], "cat", stop=lambda: True)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"cells": 0}, "1 … 64 cells"),
        ({"cells": 2.5}, "1 … 64 cells"),
        ({"fill": 300}, "grey level"),
        ({"boxes": (1.0, 2, 3)}, "Boxes have shape"),
        ({"boxes": (50.0, 5, 40, 30)}, "A face box is"),
        ({"at_most": 0}, "1 or more"),
        ({"at_most": 49}, "read 50 pictures; 49 were agreed to"),
        ({"label": "fox"}, "There is no class 'fox'"),
        ({"label": "fear"}, "has no output for 'fear'"),
        ({"images": np.zeros((4, 4))}, "Pictures are a uint8 array"),
        ({"images": [facelib.Head()], "boxes": (1.0, 2, 3, 4)}, "Faces have their boxes"),
        ({"clf": "fer"}, "A classifier, as facelib.classifiers.load"),
    ],
)
def test_bad_input_is_answered_in_words(image: Any, how: dict[str, Any], words: str) -> None:
    clf = own(corner_reader, id="strict", labels=["cat", "dog"])
    given = {"clf": clf, "images": image[None], "label": "cat", "boxes": None} | how
    with pytest.raises(FacelibError, match=words):
        attribution.occlusion(**given)


def test_bad_input_of_rise_and_of_the_price(image: Any) -> None:
    clf = own(corner_reader, id="strict", labels=["cat", "dog"])
    for how, words in (({"masks": 0}, "masks"), ({"keep": 1.0}, "share of cells"), ({"seed": -1}, "seed")):
        with pytest.raises(BadValueError, match=words):
            attribution.rise(clf, image[None], "cat", **how)  # type: ignore[arg-type]
    with pytest.raises(UnknownNameError, match="no method 'lime'"):
        attribution.maps_price(clf, "lime")  # type: ignore[arg-type]
    with pytest.raises(BadValueError, match="number of pictures"):
        attribution.maps_price(clf, "rise", -1)
