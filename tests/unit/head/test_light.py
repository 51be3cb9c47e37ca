"""Lights and their presets."""

from __future__ import annotations

import numpy as np
import pytest

from facelib.errors import BadValueError, UnknownNameError
from facelib.head.light import LIGHTS, Light


def test_presets_have_names_and_lights_stay_themselves() -> None:
    assert {"studio", "frontal", "soft", "side"} <= set(LIGHTS)
    light = Light(azimuth=12.0)
    assert Light.of(light) is light
    assert Light.of("studio") == LIGHTS["studio"]
    with pytest.raises(UnknownNameError, match="moon"):
        Light.of("moon")


@pytest.mark.parametrize(
    ("field", "value"),
    [("azimuth", 200), ("elevation", 91), ("strength", 0), ("softness", -0.1), ("strength", "much")],
)
def test_bad_values_say_what_was_expected(field: str, value: object) -> None:
    with pytest.raises(BadValueError, match=f"{field} between"):
        Light(**{field: value})  # type: ignore[arg-type]
    with pytest.raises(BadValueError, match="red, green, blue"):
        Light(colour=(1.0, 1.0))


def test_positive_azimuth_comes_from_the_persons_left() -> None:
    lamps, _ = Light(azimuth=60.0, elevation=0.0).lamps()
    np.testing.assert_allclose(lamps[0, :3], [np.sin(np.pi / 3), 0, 0.5], atol=1e-6)  # x is the person's left


def test_strength_is_a_factor_on_all_light() -> None:
    once, twice = Light(strength=1.0).lamps(), Light(strength=2.0).lamps()
    np.testing.assert_allclose(twice[0][:, 3:], 2 * once[0][:, 3:])
    np.testing.assert_allclose(twice[1], 2 * once[1])


def test_frontal_light_is_symmetric() -> None:
    lamps, _ = LIGHTS["frontal"].lamps()
    mirrored = lamps * np.array([-1, 1, 1, 1, 1, 1], np.float32)
    for lamp in mirrored:
        assert np.isclose(lamps, lamp, atol=1e-6).all(axis=1).any()
