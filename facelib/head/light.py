"""Light on a face: one key light that casts shadows, over a soft surround."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from facelib.errors import BadValueError, UnknownNameError, answers_misspelt
from facelib.utilities.checks import checked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from facelib.head.geometry.makehuman import Floats

_FILL = (0.96, 0.99, 1.04)
_SKY = ((0.60, 0.62, 0.65), (0.30, 0.285, 0.28))  # from above, from below, at full softness


@answers_misspelt("a light")
@dataclass(frozen=True)
class Light:
    """A key light and how soft its surround is.

    Parameters
    ----------
    azimuth
        Degrees; 0 is the camera's direction, positive the person's left.
    elevation
        Degrees above the camera's height, in [-90, 90].
    strength
        Factor on all light; 1 is the calibrated exposure. In [0.05, 4].
    colour
        Linear red, green, blue of the key light relative to white, each in [0, 2].
    softness
        Share of the light that comes from all sides, in [0, 1]; 0.5 is a studio, 1 an overcast sky.

    Examples
    --------
    >>> Light.of("studio").replace(azimuth=-30.0).azimuth
    -30.0
    """

    azimuth: float = 30.0
    elevation: float = 25.0
    strength: float = 1.0
    colour: tuple[float, ...] = (1.0, 0.985, 0.955)
    softness: float = 0.5

    def __post_init__(self) -> None:
        for name, low, high in (
            ("azimuth", -180.0, 180.0),
            ("elevation", -90.0, 90.0),
            ("strength", 0.05, 4.0),
            ("softness", 0.0, 1.0),
        ):
            object.__setattr__(self, name, checked(f"a light's {name}", getattr(self, name), low, high))
        if not isinstance(self.colour, Sequence | np.ndarray) or len(self.colour) != 3:
            msg = f"A light's colour is (red, green, blue); got {self.colour!r}."
            raise BadValueError(msg)
        colour = tuple(checked("a light's colour", value, 0.0, 2.0) for value in self.colour)
        object.__setattr__(self, "colour", colour)

    @classmethod
    def of(cls, light: str | Light) -> Light:
        """Return the light of a preset's name; a light stays as it is."""
        if isinstance(light, Light):
            return light
        if not isinstance(light, str) or light not in LIGHTS:
            msg = f"There is no light {light!r}; known: {', '.join(LIGHTS)}, or give a Light."
            raise UnknownNameError(msg)
        return LIGHTS[light]

    def replace(self, **changes: Any) -> Light:
        """Return a copy with some fields replaced."""
        return replace(self, **changes)

    def lamps(self) -> tuple[Floats, Floats]:
        """Return the lamps and ambient light, cached and read-only.

        A fill stands on the other side of the camera and two weak rims behind the head; the whole is
        symmetric where the key light is.

        Returns
        -------
        lamps
            float32 (4, 6): direction toward the lamp in camera space, linear colour; the key light first.
        sky
            float32 (2, 3): light from above and from below.
        """
        return _lamps(self)


@lru_cache(256)
def _lamps(light: Light) -> tuple[Floats, Floats]:
    hard = 1 - light.softness
    key = 0.98 * (0.35 + 1.3 * hard if hard < 0.5 else 1 + 0.6 * (hard - 0.5))
    fill, rim = 0.30 * light.softness * np.array(_FILL), [0.26] * 3
    rows = [
        [*_direction(light.azimuth, light.elevation), *(key * np.array(light.colour))],
        [*_direction(-0.7 * light.azimuth, 8.0), *fill],
        [*_direction(128.0, 28.0), *rim],
        [*_direction(-128.0, 28.0), *rim],
    ]
    lamps = np.array(rows, np.float32)
    lamps[:, 3:] *= light.strength
    sky = (np.array(_SKY) * light.softness * light.strength).astype(np.float32)
    lamps.flags.writeable = sky.flags.writeable = False
    return lamps, sky


def _direction(azimuth: float, elevation: float) -> tuple[float, float, float]:
    a, e = np.radians([azimuth, elevation])
    return float(np.sin(a) * np.cos(e)), float(np.sin(e)), float(np.cos(a) * np.cos(e))


LIGHTS: Mapping[str, Light] = MappingProxyType(
    {
        "studio": Light(),
        "frontal": Light(azimuth=0.0, elevation=18.0, colour=(1.0, 1.0, 1.0)),
        "soft": Light(azimuth=15.0, elevation=35.0, softness=0.85),
        "side": Light(azimuth=75.0, elevation=12.0, softness=0.3),
        "top": Light(azimuth=0.0, elevation=70.0, softness=0.35),
        "dim": Light(strength=0.5, softness=0.6),
        "warm": Light(azimuth=-40.0, elevation=15.0, colour=(1.15, 0.92, 0.68)),
        "cool": Light(azimuth=40.0, elevation=30.0, colour=(0.85, 0.97, 1.15)),
    }
)
"""Presets by name; "frontal" is the symmetric one."""
