"""Maps on pictures: in the right place, on one scale, clear where there is nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from torch import nn

import facelib
from facelib import attribution
from facelib.attribution.overlay import EVIDENCE, overlay_change
from facelib.classifiers import Card, Classifier, Preparation
from facelib.errors import BadValueError

CARD = Card("toy", "here", "", "CC0", "toy", 0, "gray", "2 × 2", "softmax", "none", "all")


@pytest.fixture
def clf() -> Classifier:
    head = nn.Sequential(nn.Flatten(), nn.Linear(64, 1))
    preparation = Preparation(8, "gray", 0.0, 255.0)
    return Classifier(
        "toy",
        nn.Identity(),
        head,
        labels=["happy"],
        emotions={"happy": "happy"},
        preparation=preparation,
        card=CARD,
    )


def bilinear(map_: np.ndarray, side: int) -> np.ndarray:
    """Return `map_` at the centres of side × side pixels, linear between the centres of its own."""
    out = np.zeros((side, side))
    n = len(map_)
    for y in range(side):
        for x in range(side):
            v, u = ((k + 0.5) * n / side - 0.5 for k in (y, x))
            v, u = (min(max(k, 0), n - 1) for k in (v, u))
            v0, u0 = min(int(v), n - 2), min(int(u), n - 2)
            dv, du = v - v0, u - u0
            corners = map_[v0 : v0 + 2, u0 : u0 + 2]
            out[y, x] = np.array([1 - dv, dv]) @ corners @ np.array([1 - du, du])
    return out


def test_a_map_lands_on_the_square_that_was_seen(clf: Classifier, rng: np.random.Generator) -> None:
    maps = rng.random((2, 4, 4)).astype(np.float32)
    found = attribution.project(maps, clf, (5, 10, 25, 26), (40, 50))
    assert found.shape == (2, 40, 50)
    assert found.dtype == np.float32
    for one, map_ in zip(found, maps, strict=True):
        expected = np.zeros((40, 50))
        expected[8:28, 5:25] = bilinear(map_, 20)  # the square of side 20 around (15, 18)
        np.testing.assert_allclose(one, expected, atol=1e-5)


def test_beyond_the_border_it_is_cut_off(clf: Classifier, rng: np.random.Generator) -> None:
    maps = rng.random((1, 4, 4)).astype(np.float32)
    (found,) = attribution.project(maps, clf, (-8, -4, 12, 16), (14, 30))
    expected = np.zeros((14, 30))
    expected[:14, :12] = bilinear(maps[0], 20)[4:18, 8:]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_each_picture_has_its_own_box(clf: Classifier) -> None:
    maps = np.ones((2, 3, 3), np.float32)
    one, two = attribution.project(maps, clf, [(0, 0, 4, 4), (6, 6, 10, 10)], (10, 10))
    assert (one > 0).sum() == (two > 0).sum() == 16
    assert one[:4, :4].all()
    assert two[6:, 6:].all()


def test_no_box_means_the_whole_picture(clf: Classifier) -> None:
    assert attribution.project(np.ones((1, 3, 3), np.float32), clf, None, (10, 10)).all()


def test_shared_scale_is_the_largest_value_of_all() -> None:
    assert attribution.shared_scale(np.float32([[[1, 2]], [[0, 7]]])) == 7
    assert attribution.shared_scale(np.float32([[[1, -9]]])) == 9
    assert attribution.shared_scale(np.zeros((3, 2, 2), np.float32)) == 0


def test_overlay_colours_evidence_and_leaves_the_rest() -> None:
    images = np.full((2, 2, 3, 3), 100, np.uint8)
    projected = np.zeros((2, 2, 3), np.float32)
    projected[0, 0, 0], projected[1, 1, 2] = 4, 1
    found = attribution.overlay(images, projected, 4.0, opacity=1.0)
    assert found.dtype == np.uint8
    assert found[0, 0, 0].tolist() == list(EVIDENCE[-1])
    t = 0.25 / 0.3  # a quarter of the scale is the third colour, and covers nearly all
    cover = t * t * (3 - 2 * t)
    expected = cover * np.array(EVIDENCE[2]) + (1 - cover) * 100
    np.testing.assert_allclose(found[1, 1, 2], expected, atol=1)
    unchanged = np.ones((2, 2, 3), bool)
    unchanged[0, 0, 0] = unchanged[1, 1, 2] = False
    assert (found[unchanged] == 100).all()
    assert (attribution.overlay(images, projected, 4.0, opacity=0.0) == images).all()
    assert (images == 100).all(), "the pictures themselves stay"


def test_a_blank_map_shows_the_picture() -> None:
    images = np.full((1, 2, 2, 3), 9, np.uint8)
    blank = np.zeros((1, 2, 2), np.float32)
    assert (attribution.overlay(images, blank, attribution.shared_scale(blank)) == images).all()


def test_changes_are_blue_and_orange() -> None:
    images = np.full((1, 1, 3, 3), 128, np.uint8)
    change = np.float32([[[-2, 0, 2]]])
    less, same, more = overlay_change(images, change, 2.0, opacity=1.0)[0, 0].astype(int)
    assert less[2] > less[0]
    assert more[0] > more[2]
    assert same.tolist() == [128, 128, 128]


def test_colours_rise_in_lightness() -> None:
    lightness = np.array(EVIDENCE) @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(lightness) > 0).all()


def test_the_browser_paints_in_the_same_colours() -> None:
    script = (Path(facelib.__file__).parent / "reports" / "shared" / "live.js").read_text()
    listed = re.search(r"const EVIDENCE = (\[.*?\]\]);", script, re.DOTALL)
    assert listed is not None
    assert json.loads(listed[1]) == [list(colour) for colour in EVIDENCE]


@pytest.mark.parametrize("opacity", [-0.1, 1.1])
def test_bad_opacity(opacity: float) -> None:
    with pytest.raises(BadValueError, match="between 0 and 1"):
        attribution.overlay(np.zeros((1, 2, 2, 3), np.uint8), np.zeros((1, 2, 2), np.float32), 1.0, opacity)


def test_maps_of_another_size() -> None:
    with pytest.raises(BadValueError, match=r"one map \(H, W\) per picture"):
        attribution.overlay(np.zeros((1, 2, 2, 3), np.uint8), np.zeros((1, 4, 4), np.float32), 1.0)
