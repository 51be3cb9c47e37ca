"""Placebos: nothing at 0, smooth, plainly the same face at 1, and doing what they say."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import skimage.data
from PIL import Image
from scipy import ndimage

from facelib import interventions
from facelib.errors import BadValueError, UnknownNameError
from facelib.faces import Face
from facelib.interventions import INTERVENTIONS
from facelib.interventions.placebos import kinds
from facelib.interventions.placebos.change import quantised
from facelib.interventions.placebos.geometry import GeometricChange
from facelib.interventions.placebos.kinds import GROUP, KINDS, Placebo, kind_of
from facelib.interventions.placebos.matching import pixel_distance

Picture = npt.NDArray[np.uint8]
GEOMETRIC = [name for name, kind in KINDS.items() if issubclass(kind, GeometricChange)]
BOX = np.array([58.0, 38.0, 178.0, 158.0])


@pytest.fixture(scope="module")
def face() -> Face:
    image = np.ascontiguousarray(skimage.data.astronaut()[10:234, 110:334])
    landmarks = np.full((478, 2), np.nan, np.float32)
    landmarks[33], landmarks[263] = (100, 90), (135, 92)
    return Face(image, BOX, np.array([[135.0, 92.0], [100.0, 90.0]]), landmarks)


def drawn(name: str, count: int) -> list[Placebo]:
    return [KINDS[name](), *(KINDS[name].draw(np.random.default_rng(seed)) for seed in range(count))]


def test_the_former_name_of_their_base_still_leads_to_it() -> None:
    assert kinds.ReferenceChange is Placebo


def test_there_are_at_least_ten_kinds_and_all_are_placebos_of_one_group(face: Face) -> None:
    assert len(KINDS) >= 10
    registered = {name for name in INTERVENTIONS if INTERVENTIONS[name].placebo}
    assert registered == set(KINDS)
    for name, kind in KINDS.items():
        assert kind.id == name
        assert kind.group == GROUP
        assert kind.expected == "none"
        assert interventions.get(name).accepts(face)


@pytest.mark.parametrize("name", KINDS)
def test_nothing_happens_at_strength_zero(name: str, face: Face) -> None:
    change = interventions.get(name)
    assert change.apply(face, 0.0) is face
    assert np.array_equal(KINDS[name]().picture(face.image, face.box, 0.0), face.image)


@pytest.mark.one_case
@pytest.mark.parametrize("name", KINDS)
def test_the_change_grows_smoothly_with_the_amount(name: str, face: Face) -> None:
    for change in drawn(name, 4):
        amounts = np.linspace(0, change.largest, 31)
        distances = np.array(
            [pixel_distance(face.image, change.picture(face.image, BOX, amount), BOX) for amount in amounts]
        )
        steps = np.diff(distances)
        assert distances[-1] > 3
        assert (steps > -0.04 * distances[-1]).all(), change  # a blend of two JPEGs lies nearer than both
        assert steps.max() < 0.2 * distances[-1], change


@pytest.mark.parametrize("name", KINDS)
def test_a_small_amount_is_a_small_change(name: str, face: Face) -> None:
    """No jump at 0: a sweep can be matched at its first strengths too."""
    for change in drawn(name, 2):
        tiny = change.picture(face.image, BOX, change.largest / 400)
        assert pixel_distance(face.image, tiny, BOX) < 1.0, change


@pytest.mark.one_case
@pytest.mark.packages
@pytest.mark.parametrize("name", KINDS)
def test_the_face_is_plainly_there_at_strength_one(name: str, face: Face) -> None:
    from facelib.faces.detector import detect_faces

    (before,) = detect_faces(face.image)
    start = replace(face, box=before.box)
    width = before.box[2] - before.box[0]
    for change in drawn(name, 3):
        after = change.apply(start, 1.0)
        found = detect_faces(after.image)
        assert len(found) == 1, change
        assert np.abs(found[0].box - after.box).max() < 0.12 * width, change


@pytest.mark.parametrize("name", KINDS)
def test_the_same_seed_gives_the_same_bytes(name: str, face: Face) -> None:
    one, two, other = (KINDS[name].draw(np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert one == two
    assert one != other
    first = one.picture(face.image, BOX, one.largest / 2)
    assert np.array_equal(first, two.picture(face.image, BOX, one.largest / 2))
    assert np.array_equal(first, KINDS[name]().picture(face.image, BOX, one.largest / 2, one.direction))
    assert not np.array_equal(first, other.picture(face.image, BOX, one.largest / 2))


@pytest.mark.parametrize("name", KINDS)
def test_the_original_is_left_alone(name: str, face: Face) -> None:
    before = face.image.copy()
    changed = KINDS[name]().picture(face.image, BOX, 0.0)
    changed += 1
    KINDS[name]().apply(face, 1.0)
    assert np.array_equal(face.image, before)


@pytest.mark.parametrize("name", KINDS)
def test_clauses_are_whole_sentences(name: str) -> None:
    for change in drawn(name, 6):
        assert "{" not in change.clause
        assert change.clause.startswith(("the ", "a "))


def test_the_clause_names_the_way() -> None:
    assert interventions.get("brightness").clause == "the picture becomes brighter"
    assert interventions.get("brightness", direction=(-1.0, 0.0)).clause == "the picture becomes darker"


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("amount", [-0.01, float("nan"), 1e9])
def test_an_amount_that_is_not_admissible_is_refused(name: str, amount: float, face: Face) -> None:
    with pytest.raises(BadValueError, match="amount"):
        KINDS[name]().picture(face.image, BOX, amount)


@pytest.mark.one_case
@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("direction", [(), (1.0,) * 5, (float("nan"), 0.0), (-9.0, -9.0), (-9.0,)])
def test_a_direction_that_makes_no_sense_is_refused(name: str, direction: tuple[float, ...]) -> None:
    with pytest.raises(BadValueError, match="direction"):
        KINDS[name](direction)


@pytest.mark.parametrize("name", ["shift", "stretch", "light"])
def test_a_direction_without_length_is_refused(name: str, face: Face) -> None:
    with pytest.raises(BadValueError, match="not both 0"):
        interventions.get(name, direction=(0.0, 0.0)).apply(face, 0.5)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="blur"):
        kind_of("blurr")


# ---- rounding


def test_dither_keeps_whole_levels_and_means() -> None:
    whole = np.broadcast_to(np.arange(256, dtype=np.float32)[:, None, None], (256, 64, 3))
    assert np.array_equal(quantised(whole), whole)
    for level in (0.25, 100.5, 254.9):
        rounded = quantised(np.full((120, 120, 3), level, np.float32))
        assert rounded.mean() == pytest.approx(level, abs=0.01)
        assert np.ptp(rounded) == 1
    ends = quantised(np.array([[[-40.0, 300.0, 255.0]]], np.float32))
    assert ends.ravel().tolist() == [0, 255, 255]


# ---- slow, obvious twins


def close(picture: Picture, levels: npt.NDArray[Any], most: float = 1.0) -> None:
    """The picture is `levels` rounded up or down."""
    assert np.abs(picture - np.clip(levels, 0, 255)).max() <= most + 1e-3


def test_brightness_adds(face: Face) -> None:
    picture = KINDS["brightness"]().picture(face.image, BOX, 20.5 / 255)
    close(picture, face.image + 20.5)


def test_contrast_spreads_about_the_pivot(face: Face) -> None:
    picture = KINDS["contrast"]((-1.0, 0.4)).picture(face.image, BOX, 0.3)
    close(picture, 0.4 * 255 + (face.image - 0.4 * 255) * np.exp(-0.3))


def test_gamma_is_a_power(face: Face) -> None:
    picture = KINDS["gamma"]().picture(face.image, BOX, 0.3)
    close(picture, 255 * (face.image / 255) ** np.exp(-0.3))
    assert np.array_equal(picture == 0, face.image == 0)


def test_colour_temperature_weighs_red_against_blue(face: Face) -> None:
    picture = KINDS["colour_temperature"]((-1.0, 0.0)).picture(face.image, BOX, 0.2)
    close(picture, face.image * np.exp([-0.2, 0.0, 0.2]))


def test_saturation_fades_to_grey(face: Face) -> None:
    picture = KINDS["saturation"]().picture(face.image, BOX, 0.5)
    grey = face.image @ [0.299, 0.587, 0.114]
    close(picture, 0.5 * face.image + 0.5 * grey[:, :, None])


def test_light_brightens_the_side_that_it_comes_from() -> None:
    grey = np.full((200, 200, 3), 100, np.uint8)
    box = np.array([50.0, 50.0, 150.0, 150.0])
    lit = KINDS["light"]((0.0, -1.0)).picture(grey, box, 0.3).astype(float)
    assert lit[50, 100].mean() == pytest.approx(130, abs=1)
    assert lit[100, 100].mean() == pytest.approx(100, abs=1)
    assert lit[150, 100].mean() == pytest.approx(70, abs=1)
    assert (np.diff(lit.mean(axis=(1, 2))) < 0.5).all()


def test_vignette_darkens_away_from_the_middle() -> None:
    grey = np.full((200, 200, 3), 100, np.uint8)
    dark = KINDS["vignette"]().picture(grey, np.array([50.0, 50.0, 150.0, 150.0]), 0.3).astype(float)
    assert dark[100, 100].mean() == pytest.approx(100, abs=1)
    assert dark[100, 150].mean() == pytest.approx(70, abs=1)
    assert dark[50, 100].mean() == pytest.approx(70, abs=1)


def test_blur_is_gaussian(face: Face) -> None:
    amount = 0.018
    picture = KINDS["blur"]((0.5,)).picture(face.image, BOX, amount)
    sigma = amount * 120
    expected = ndimage.gaussian_filter(
        face.image.astype(float), (sigma / 2, sigma, 0), mode="mirror", truncate=4
    )
    close(picture, expected, most=1.1)


def test_sharpening_adds_what_a_blur_takes_away(face: Face) -> None:
    picture = KINDS["sharpen"]((0.01,)).picture(face.image, BOX, 0.8)
    levels = face.image.astype(float)
    smooth = ndimage.gaussian_filter(levels, (1.2, 1.2, 0), mode="mirror", truncate=4)
    close(picture, levels + 0.8 * (levels - smooth), most=1.1)


def test_noise_has_the_strength_that_was_asked_for() -> None:
    grey = np.full((200, 200, 3), 128, np.uint8)
    for direction in ((5.0, 0.0), (5.0, 0.008)):
        noisy = KINDS["noise"](direction).picture(grey, BOX, 10 / 255).astype(float)
        assert noisy.mean() == pytest.approx(128, abs=0.1)
        assert noisy.std() == pytest.approx(10, abs=0.1)


def test_noise_keeps_its_pattern() -> None:
    grey = np.full((100, 100, 3), 128, np.uint8)
    weak, strong = (KINDS["noise"]().picture(grey, BOX, level / 255) - 128.0 for level in (8, 16))
    assert np.corrcoef(weak.ravel(), strong.ravel())[0, 1] > 0.99


def test_jpeg_is_what_a_jpeg_file_holds(face: Face) -> None:
    """Steps of the amount are whole files; the twin is pillow's encoder, the same libjpeg underneath."""
    for amount, quality in ((1.0, 95), (10.0, 50), (16.0, 20)):
        stream = io.BytesIO()
        Image.fromarray(face.image).save(stream, "JPEG", quality=quality, subsampling="4:2:0")
        twin = np.asarray(Image.open(stream)).astype(float)
        ours = KINDS["jpeg"]().picture(face.image, BOX, amount)
        assert np.abs(ours - twin).mean() < 0.3, quality


def test_jpeg_blocks_begin_where_the_direction_says(face: Face) -> None:
    one = KINDS["jpeg"]((0.0, 0.0)).picture(face.image[:, 3:], BOX, 15.0)
    two = KINDS["jpeg"]((3.0, 0.0)).picture(face.image[:, 3:], BOX, 15.0)
    whole = KINDS["jpeg"]((0.0, 0.0)).picture(face.image, BOX, 15.0)[:, 3:]
    inside = slice(8, -16)
    assert np.abs(two[:, inside] - whole[:, inside].astype(float)).mean() < 0.2
    assert np.abs(one[:, inside] - whole[:, inside].astype(float)).mean() > 1


def test_shift_moves_whole_pixels_exactly(face: Face) -> None:
    picture = KINDS["shift"]((0.0, 1.0)).picture(face.image, BOX, 6 / 120)
    assert np.array_equal(picture[6:], face.image[:-6])
    assert np.array_equal(picture[:6], face.image[6:0:-1])


@pytest.mark.one_case
@pytest.mark.parametrize("name", GEOMETRIC)
def test_geometry_is_bilinear_interpolation(name: str, face: Face) -> None:
    for change in drawn(name, 2):
        amount = change.largest / 3
        matrix = np.vstack([change._matrix(face.size, BOX, amount), [0, 0, 1]])
        back = np.linalg.inv(matrix)
        y, x = np.mgrid[: face.size[0], : face.size[1]]
        from_x, from_y, _ = np.tensordot(back, np.stack([x, y, np.ones_like(x)]), axes=1)
        expected = np.stack(
            [
                ndimage.map_coordinates(
                    face.image[:, :, channel].astype(float), [from_y, from_x], order=1, mode="mirror"
                )
                for channel in range(3)
            ],
            axis=2,
        )
        picture = change.picture(face.image, BOX, amount)
        # OpenCV 4 has coordinates in 1/32 px: a little more than rounding on the sharpest edges.
        assert np.abs(picture - expected).mean() < 0.5
        assert np.quantile(np.abs(picture - expected), 0.999) < 4


@pytest.mark.parametrize("name", GEOMETRIC)
def test_box_eyes_and_landmarks_follow_the_pixels(name: str, face: Face) -> None:
    spots = {"eye": face.eyes[0], "landmark": face.landmarks[33]}
    for change in drawn(name, 3):
        for what, (x, y) in spots.items():
            dark = np.zeros_like(face.image)
            rows, columns = np.mgrid[: face.size[0], : face.size[1]]
            dark[np.hypot(rows - y, columns - x) < 4] = 200
            after = change.apply(face.replace(image=dark), 1.0)
            weight = after.image[:, :, 0].astype(float)
            found = np.array([(weight * columns).sum(), (weight * rows).sum()]) / weight.sum()
            told = after.eyes[0] if what == "eye" else after.landmarks[33]
            assert np.abs(found - told).max() < 0.3, (change, what)
        assert np.isnan(after.landmarks[0]).all()
        assert after.landmarks.dtype == np.float32


def test_the_box_follows() -> None:
    image = np.zeros((100, 100, 3), np.uint8)
    face = Face(image, np.array([20.0, 30.0, 60.0, 70.0]), np.array([[50.0, 45.0], [30.0, 45.0]]))
    moved = interventions.get("shift", direction=(1.0, 0.0)).apply(face, 1.0)
    assert moved.box == pytest.approx([23.2, 30, 63.2, 70])
    turned = interventions.get("rotate").apply(face, 1.0)
    assert turned.box == pytest.approx(face.box)
    grown = interventions.get("scale").apply(face, 1.0)
    assert grown.box[2] - grown.box[0] == pytest.approx(40 * np.exp(0.1))
    assert (grown.box[:2] + grown.box[2:]) / 2 == pytest.approx([40, 50])
    cropped = interventions.get("crop").apply(face, 1.0)
    assert cropped.box == pytest.approx(face.box / 0.9)


@pytest.mark.parametrize("name", sorted(set(KINDS) - set(GEOMETRIC)))
def test_nothing_moves_where_only_tone_or_detail_changes(name: str, face: Face) -> None:
    after = KINDS[name]().apply(face, 1.0)
    assert after.source == "edited"
    assert after.box is face.box
    assert after.eyes is face.eyes


@pytest.mark.parametrize("name", GEOMETRIC)
def test_borders_are_never_black(name: str) -> None:
    white = np.full((90, 120, 3), 255, np.uint8)
    for change in drawn(name, 5):
        assert (change.picture(white, np.array([30.0, 20.0, 80.0, 70.0]), change.largest) == 255).all()


def test_rotation_turns_clockwise() -> None:
    image = np.zeros((101, 101, 3), np.uint8)
    image[48:53, 88:93] = 255
    picture = KINDS["rotate"]().picture(image, np.array([0.0, 0.0, 100.0, 100.0]), 8.0)
    assert picture[:, :, 0].astype(float).sum(axis=1).argmax() > 53
