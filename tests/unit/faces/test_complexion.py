"""Skin of another tone keeps its shading, and lightening and darkening undo each other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facelib.faces import Head
from facelib.faces.complexion import Complexion, gains

TONES = st.floats(-0.6, 1.6)


@given(TONES, TONES)
@settings(max_examples=50, deadline=None)
def test_gains_fall_with_the_tone_and_undo_each_other(one: float, other: float) -> None:
    np.testing.assert_allclose(gains(one, other) * gains(other, one), 1, rtol=1e-9)
    if other > one + 0.02:
        assert (gains(one, other) <= 1 + 1e-9).all()
        assert gains(one, other)[1] < 1


def test_blue_falls_more_than_red_among_the_tones_of_people() -> None:
    red, green, blue = gains(0.1, 0.8)
    assert red > green
    assert red > blue


def test_grey_skin_gets_a_colour_as_it_darkens() -> None:
    grey = np.array([0.5, 0.5, 0.5])
    np.testing.assert_allclose(gains(0.3, 0.3, grey), 1)
    red, _, blue = grey * gains(0.0, 1.0, grey)
    plain_red, _, plain_blue = grey * gains(0.0, 1.0)
    assert red / blue > plain_red / plain_blue


@pytest.mark.parametrize("tone", [0.1, 0.6])
def test_factors_of_one_leave_every_pixel(tone: float) -> None:
    face = Head(skin_tone=tone, seed=2).render(96)
    skin = Complexion.of(face)
    assert (skin.toned(np.ones(3)) == face.image).all()
    darker = skin.toned(np.array([0.5, 0.5, 0.5]))
    assert (darker <= face.image).all()
    rows, columns = slice(20, 60), slice(30, 70)
    assert (skin.part(rows, columns).toned(np.array([0.5, 0.5, 0.5])) == darker[rows, columns]).all()
