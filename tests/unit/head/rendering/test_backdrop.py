"""What is behind the head: names, shares, the same on both sides, and no light on the face."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from facelib.errors import BadValueError, UnknownNameError
from facelib.faces import Head
from facelib.head.head import BACKGROUNDS
from facelib.head.light import Light
from facelib.head.rendering import backdrop
from facelib.head.rendering.render import pose

LIGHT = Light(azimuth=0.0)


def behind(size: int = 61, **fields: object) -> np.ndarray:
    picture = np.full((size, size, 3), np.nan, np.float32)
    backdrop.fill(picture, Head(**fields))  # type: ignore[arg-type]
    return picture


def test_grey_is_a_glow_about_the_face() -> None:
    """Slow twin: sRGB (.70, .715, .73) in the middle to (.47, .50, .54) at .72 picture widths from it."""
    picture = behind(light=LIGHT)
    for row in range(0, 61, 6):
        for column in range(0, 61, 6):
            x, y = (column + 0.5) / 61 - 0.5, (row + 0.5) / 61 - 0.42
            far = min((x**2 + 0.8 * y**2) ** 0.5 / 0.72, 1)
            share = 3 * far**2 - 2 * far**3
            for k, (middle, border) in enumerate(((0.70, 0.47), (0.715, 0.50), (0.73, 0.54))):
                ends = [((value + 0.055) / 1.055) ** 2.4 for value in (middle, border)]
                expected = ends[0] * (1 - share) + ends[1] * share
                assert picture[row, column, k] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("name", BACKGROUNDS)
def test_every_background_is_its_own_mirror_image_and_follows_the_light(name: str) -> None:
    picture = behind(background=name, light=LIGHT)
    np.testing.assert_allclose(picture, picture[:, ::-1], atol=1e-6)
    assert np.isfinite(picture).all()
    assert picture.min() >= 0
    dim = behind(background=name, light=LIGHT.replace(strength=0.4))
    np.testing.assert_allclose(dim, picture * 0.55, rtol=1e-5)


def test_plain_backgrounds_have_the_colour_of_their_name() -> None:
    for name, channel in (("green", 1), ("blue", 2)):
        picture = behind(background=name)
        assert np.ptp(picture.reshape(-1, 3), axis=0).max() == 0
        assert picture[0, 0].argmax() == channel
    assert behind(background="white").min() > 1
    assert behind(background="black").max() < 0.01


def test_a_room_is_the_same_at_every_size_and_out_of_focus() -> None:
    small = behind(96, background="room")
    large = behind(384, background="room")
    assert np.abs(cv2.resize(large, (96, 96), interpolation=cv2.INTER_AREA) - small).max() < 0.05
    assert small.std() > 0.1
    assert np.abs(np.diff(large, axis=0)).max() < 0.15  # of a range of 1.6: no edge is sharp


def test_shares_shine_through_each_other() -> None:
    mixed = behind(background={"room": 3.0, "grey": 1.0})
    expected = 0.75 * behind(background="room") + 0.25 * behind(background="grey")
    np.testing.assert_allclose(mixed, expected, rtol=1e-5)


def test_shares_are_kept_in_order_and_one_alone_is_its_name() -> None:
    head = Head(background={"room": 3.0, "grey": 1.0})
    assert head.background == (("grey", 0.25), ("room", 0.75))
    assert head.key == Head(background=(("room", 0.75), ("grey", 0.25))).key
    assert Head(background={"room": 2.0, "grey": 0.0}) == Head(background="room")


@pytest.mark.parametrize("wrong", ["beach", {"grey": 0.5, "beach": 0.5}, {"grey": -1.0}, {"grey": 0.0}])
def test_others_are_refused(wrong: object) -> None:
    with pytest.raises((UnknownNameError, BadValueError), match=r"beach|background|grey"):
        Head(background=wrong)  # type: ignore[arg-type]


@pytest.mark.packages
def test_the_face_does_not_notice() -> None:
    head = Head(hair="bald", expression="neutral")
    grey = head.render(128)
    vertices, view, _ = pose(head)
    assert len(vertices) == len(view.positions)
    for name in BACKGROUNDS:
        face = head.replace(background=name).render(128)
        np.testing.assert_array_equal(face.image[40:90, 40:88], grey.image[40:90, 40:88])
        np.testing.assert_array_equal(face.landmarks, grey.landmarks)
        changed = np.abs(face.image.astype(int) - grey.image).max(axis=2) > 0
        assert changed[:20, :20].all() == (name != "grey")
