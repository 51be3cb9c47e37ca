"""Hair: no slits, symmetric, and thinner from all of it to none."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from facelib.faces import Head
from facelib.head.geometry import arrays, hair
from facelib.head.geometry.hair_cards import STYLES
from facelib.head.geometry.hair_pattern import EMPTY
from facelib.head.geometry.makehuman import WISP
from facelib.head.rendering import render, skin

pytestmark = pytest.mark.packages


def parts_seen(head: Head, size: int) -> npt.NDArray[np.int64]:
    """Return the part that is seen at every sample (2 × size squared), −1 where there is none."""
    vertices, view, _ = render.pose(head)
    _, frame, _, seen = render.draw(head, size, vertices, view)
    return np.where(seen >= 0, frame.parts[np.maximum(seen, 0)].astype(np.int64), -1)


@pytest.mark.one_case
@pytest.mark.parametrize("yaw", [-45.0, -20.0, 0.0, 30.0])
@pytest.mark.parametrize(("seed", "age"), [(0, 30.0), (9, 85.0)])
def test_long_hair_has_no_slits(yaw: float, seed: int, age: float) -> None:
    """Hardly anything small shows through the wisps at 512 px: no backdrop, no skin, no ear."""
    seen = parts_seen(Head(hair="long", seed=seed, age=age, pose=(yaw, 0.0, 0.0), expression="neutral"), 256)
    wisps = seen == WISP
    _, _, found, _ = cv2.connectedComponentsWithStats((~wisps).astype(np.uint8), connectivity=4)
    areas = found[1:, cv2.CC_STAT_AREA]
    assert areas[areas < 400].sum() < 0.02 * wisps.sum()
    head = np.pad((seen >= 0).astype(np.uint8), 20, mode="edge")
    through = cv2.morphologyEx(head, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8)) - head
    assert through[20:-20, 20:-20].sum() < 0.05 * wisps.sum()


def test_full_hair_is_the_style_as_it_is() -> None:
    for style in STYLES:
        head = Head(hair=style, thinning=0.0)  # type: ignore[arg-type]
        assert hair.variants(head) is arrays.hair(style).variants
        assert skin.parameters(head)[22] == 1


def test_wisps_leave_one_after_another_and_never_come_back() -> None:
    for style in STYLES:
        own, gone = arrays.hair(style).variants, np.zeros(len(arrays.hair(style).variants), bool)
        assert (own != EMPTY).all()
        for thinning in np.linspace(0, 1, 11):
            variants = hair.variants(Head(hair=style, thinning=float(thinning)))  # type: ignore[arg-type]
            left = variants == EMPTY
            assert (left | ~gone).all()
            assert left.mean() == pytest.approx(thinning, abs=0.01)
            np.testing.assert_array_equal(variants[~left], own[~left])
            half = len(left) // 2
            np.testing.assert_array_equal(left[:half], left[half:])  # both sides alike
            gone = left


def test_no_hair_left_is_a_bald_head() -> None:
    bald = Head(hair="bald", age=50).render(96).image
    for style in STYLES:
        thin = Head(hair=style, age=50, thinning=1.0).render(96).image  # type: ignore[arg-type]
        np.testing.assert_array_equal(thin, bald)


@pytest.mark.thorough
@pytest.mark.parametrize("yaw", [0.0, 30.0])
def test_a_thinner_head_of_hair_looks_more_like_a_bald_one(yaw: float) -> None:
    head = Head(hair_colour="black", skin_tone=0.1, pose=(yaw, 0.0, 0.0), expression="neutral")
    bald = head.replace(hair="bald").render(96).image.astype(int)
    for style in STYLES:
        apart = [
            np.abs(head.replace(hair=style, thinning=float(t)).render(96).image - bald).mean()
            for t in np.linspace(0, 1, 8)
        ]
        assert (np.diff(apart) < 0).all()
        assert apart[-1] == 0


def test_thinning_moves_neither_face_nor_box() -> None:
    full, thin = (Head(hair="short", thinning=t).render(128) for t in (0.0, 0.7))
    np.testing.assert_array_equal(full.box, thin.box)
    np.testing.assert_array_equal(full.landmarks[1], thin.landmarks[1])


def test_a_whole_wisp_has_no_gaps_and_an_empty_one_no_hair() -> None:
    pattern = arrays.load().pattern
    assert pattern[EMPTY].max() == 0
    for style in STYLES:
        assert arrays.hair(style).variants.max() < EMPTY


def test_long_hair_is_cut_step_by_step_at_the_same_height_on_both_sides() -> None:
    """The shorter, the less hair is seen, and the higher its lowest vertex lies."""
    whole = hair.grow(Head(hair="long"))
    lowest, lengths = [], (1.0, 0.75, 0.5, 0.25, 0.0)
    for length in lengths:
        head = Head(hair="long", hair_length=length)
        grown = hair.grow(head)
        assert grown.shape == whole.shape
        lowest.append(grown[:, 1].min())
        left, right = np.split(grown, 2)
        np.testing.assert_allclose(left * np.float32([-1, 1, 1]), right, atol=1e-4)
        style = arrays.hair("long")
        for mine, full in zip(hair.combed(head), (style.normals, style.carried), strict=True):
            assert mine.shape == full.shape
        np.testing.assert_array_equal(hair.combed(head)[1][:, 4], style.carried[:, 4])
    assert (np.diff(lowest) > 0.1).all()
    seen = [
        (parts_seen(Head(hair="long", hair_length=length, expression="neutral"), 64) == WISP).sum()
        for length in lengths
    ]
    assert (np.diff(seen) < 0).all()


def test_hair_of_full_length_and_other_styles_stay_as_they_are() -> None:
    full = Head(hair="long")
    assert hair.combed(full)[0] is arrays.hair("long").normals
    nearly = full.replace(hair_length=1 - 1e-12)
    np.testing.assert_allclose(hair.grow(nearly), hair.grow(full), atol=0.02)
    for style in ("short", "tied", "bald"):
        plain, set_ = (Head(hair=style, hair_length=length).render(64) for length in (1.0, 0.2))  # type: ignore[arg-type]
        np.testing.assert_array_equal(plain.image, set_.image)


@pytest.mark.parametrize("wide", [0.0, 1.0])
def test_wisps_are_cut_as_by_interpolation(wide: float) -> None:
    """The slow way: numpy's interpolation along every wisp."""
    rng = np.random.default_rng(5)
    knots, wisps = 5, 7
    values = rng.normal(size=(wisps * knots * 2, 3)).astype(np.float32)
    ends = rng.uniform(2, knots - 1, wisps).astype(np.float32) if wide else np.full(wisps, 4, np.float32)
    found = hair._shortened(values, ends, knots).reshape(wisps, knots, 2, 3)
    table = values.reshape(wisps, knots, 2, 3)
    for wisp, edge, c in np.ndindex(wisps, 2, 3):
        places = np.linspace(0, ends[wisp], knots)
        expected = np.interp(places, np.arange(knots), table[wisp, :, edge, c])
        np.testing.assert_allclose(found[wisp, :, edge, c], expected, atol=1e-5)
