"""The light on the face: its direction, strength, softness and colour."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from facelib.editing.relighting import relit
from facelib.editing.skin_region import skin_region
from facelib.editing.surface_normals import normals
from facelib.faces import LIGHTS, Face, Head, Light
from facelib.interventions.head_numbers import StraightLine, Toward, between, farther
from facelib.interventions.intervention import (
    FEW_KINDS,
    FEW_PLACEBOS,
    FaceIntervention,
    HeadIntervention,
    along,
    check_choice,
    edited,
    register,
)
from facelib.properties.light import lamp, shading
from facelib.properties.pose import rotation

Doubles = npt.NDArray[np.float64]

COLOURS: Final[Mapping[str, tuple[float, ...]]] = MappingProxyType(
    {name: LIGHTS[name].colour for name in ("warm", "cool")}
)
"""Linear red, green, blue of the key light, by word: those of the presets."""
CLEAR: Final = 0.75
"""Share of the light that comes from the lamp, at least, by the time that it has moved on a photograph."""
HARDEST: Final = 0.95
"""The largest share of the light that comes from a lamp, of a photograph."""
WHITE: Final = 245  # level of red, green and blue from which skin is overexposed
BURNT: Final = 0.04  # share of the skin that may be (our choice)
_WRAP: Final = 0.15  # how far light reaches around an edge, a cosine: lamps aren't points


class _Shining(NamedTuple):
    """A distant lamp and light from all sides: estimated from the shading of a photographed face.

    Attributes
    ----------
    azimuth, elevation
        Of the lamp, degrees.
    share
        Of the light on skin that faces the lamp, what comes from it, [0, 1].
    """

    azimuth: float
    elevation: float
    share: float

    def on(self, facing: Doubles) -> Doubles:
        """Return the light on skin with normals (k, 3), in the camera's axes; 1 where it faces the lamp."""
        across, up = np.radians([self.azimuth, self.elevation])
        way = np.array([np.sin(across) * np.cos(up), np.sin(up), np.cos(across) * np.cos(up)])
        lit = np.maximum((facing @ way + _WRAP) / (1 + _WRAP), 0.0)
        return np.asarray(1 - self.share + self.share * lit)

    def to(self, strength: float, **ends: float) -> _Shining:
        """Return the light on the way to other numbers."""
        return self._replace(
            **{name: between(getattr(self, name), end, strength) for name, end in ends.items()}
        )


def _shining(face: Face) -> _Shining | None:
    """Return the light on a photographed face; None if too little skin shows it."""
    shaded = shading(face)
    if shaded is None or not shaded[1].any():
        return None
    facing, level = shaded
    azimuth, elevation = lamp(facing, level)
    lit = _Shining(azimuth, elevation, 1.0).on(facing)
    slope, rest = np.polyfit(lit, level, 1, w=1 / (0.3 * level.mean() + np.abs(level - np.median(level))))
    slope, rest = max(float(slope), 0.0), max(float(rest), 0.0)
    return _Shining(azimuth, elevation, min(slope / max(slope + rest, 1e-9), HARDEST))


def overexposed(face: Face) -> float:
    """Return the share of the skin of a face, whose landmarks are known, that is white."""
    shown = face.image[skin_region(face) > 0.5]
    return float((shown.min(axis=1) >= WHITE).mean()) if len(shown) else 0.0


class _Relit(FaceIntervention):
    """A change of the light that photographs show by the shading of the face."""

    def unfit(self, face: Face) -> str:
        """Say that the face isn't seen well enough, or that its skin doesn't show the light."""
        if reason := super().unfit(face):
            return reason
        burnt = overexposed(face)
        if burnt > BURNT:
            return (
                f"{100 * burnt:.0f} % of the skin is overexposed, white: shading it leaves grey spots. A "
                f"picture is needed of whose skin at most {100 * BURNT:.0f} % is."
            )
        if _shining(face) is not None:
            return ""
        return (
            "Too little skin is in the picture to tell where its light comes from. A picture that shows "
            "forehead, cheeks and chin is needed."
        )

    def _change(self, face: Face, strength: float) -> Face:
        own, matrix = _shining(face), rotation(face)
        if own is None or matrix is None:  # `unfit` has given the reason
            return face
        facing = normals() @ matrix.T
        before, after = own.on(facing), self._aim(own, strength).on(facing)
        seen = facing[:, 2] > 0
        factors = (after / after[seen].mean()) / (before / before[seen].mean())
        return edited(face, relit(face, np.log(np.maximum(factors, 1e-3))))

    @abstractmethod
    def _aim(self, own: _Shining, strength: float) -> _Shining:
        """Return the light at a strength, on the way from a photograph's own."""


@register
@dataclass(frozen=True)
class LightDirection(StraightLine, _Relit):
    """The key light wanders to `azimuth` degrees (positive: the person's left).

    Photographs are shaded as the skin lies, without shadows that one part casts on another.
    """

    azimuth: float = 75.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "azimuth", Light(azimuth=self.azimuth).azimuth)

    id: ClassVar[str] = "light_direction"
    title: ClassVar[str] = "light from the side"
    group: ClassVar[str] = "Light"
    moves: ClassVar[str | None] = "light_azimuth"
    description: ClassVar[str] = (
        "The key light wanders to the side; its strength stays."
        + FEW_KINDS
        + along(
            "appearance_symmetry", "brightness", "skin_tone", "light_elevation", "light_contrast", "sharpness"
        )
    )
    sentence: ClassVar[str] = "the light wanders to the side"
    field: ClassVar[str] = "light.azimuth"

    def end(self, head: Head) -> float:  # noqa: ARG002
        """Return the angle at strength 1."""
        return self.azimuth

    def _aim(self, own: _Shining, strength: float) -> _Shining:
        return own.to(strength, azimuth=self.azimuth, share=max(own.share, CLEAR))


@register
@dataclass(frozen=True)
class LightElevation(Toward, _Relit):
    """The key light rises above the head or sinks below it; its side stays."""

    id: ClassVar[str] = "light_elevation"
    title: ClassVar[str] = "light from above or below"
    group: ClassVar[str] = "Light"
    moves: ClassVar[str | None] = "light_elevation"
    description: ClassVar[str] = (
        "The key light sinks until it shines from below, or rises if it stands low; its side and "
        "strength stay." + FEW_KINDS + along("light_azimuth", "light_contrast")
    )
    sentence: ClassVar[str] = "the light rises or sinks"
    toward: ClassVar[str] = "the light moves {to}"
    field: ClassVar[str] = "light.elevation"
    ends: ClassVar[tuple[float, float]] = (-45.0, 75.0)
    words: ClassVar[tuple[str, str]] = ("below", "above")

    def _aim(self, own: _Shining, strength: float) -> _Shining:
        end = _end(self, own.elevation)
        return own.to(strength, elevation=end, share=max(own.share, CLEAR))


def _end(change: Toward, own: float) -> float:
    """Return the number at strength 1 for a photograph whose own number is known."""
    if isinstance(change.to, str):
        return change.ends[change.words.index(change.to)]
    return farther(own, *change.ends) if change.to is None else change.to


@register
@dataclass(frozen=True)
class LightStrength(Toward):
    """All light grows weaker or stronger, the background's too; where it comes from stays."""

    id: ClassVar[str] = "light_strength"
    title: ClassVar[str] = "strength of the light"
    group: ClassVar[str] = "Light"
    moves: ClassVar[str | None] = "brightness"
    description: ClassVar[str] = (
        "All light grows dimmer or brighter; where it comes from stays."
        + FEW_PLACEBOS
        + along("contrast", "skin_tone")
    )
    sentence: ClassVar[str] = "the strength of the light changes"
    toward: ClassVar[str] = "the light grows {to}"
    field: ClassVar[str] = "light.strength"
    ends: ClassVar[tuple[float, float]] = (0.3, 1.8)
    words: ClassVar[tuple[str, str]] = ("dimmer", "brighter")


@register
@dataclass(frozen=True)
class LightSoftness(Toward, _Relit):
    """The light grows hard, with deep shadows, or soft; its strength and direction stay."""

    id: ClassVar[str] = "light_softness"
    title: ClassVar[str] = "softness of the light"
    group: ClassVar[str] = "Light"
    moves: ClassVar[str | None] = "light_contrast"
    description: ClassVar[str] = (
        "The light comes from all sides, or from one if it is soft already; the key light stands still."
        + FEW_KINDS
        + along("appearance_symmetry", "contrast", "light_azimuth", "light_elevation")
    )
    sentence: ClassVar[str] = "the softness of the light changes"
    toward: ClassVar[str] = "the light grows {to}"
    field: ClassVar[str] = "light.softness"
    ends: ClassVar[tuple[float, float]] = (0.1, 1.0)
    words: ClassVar[tuple[str, str]] = ("harder", "softer")

    def _aim(self, own: _Shining, strength: float) -> _Shining:
        return own.to(strength, share=min(1 - _end(self, 1 - own.share), HARDEST))


@register
@dataclass(frozen=True)
class LightColour(HeadIntervention):
    """The colour of the key light moves in a straight line to a warm or a cool one.

    Parameters
    ----------
    to
        "warm" or "cool", a key of `COLOURS`.
    """

    to: str = "warm"

    id: ClassVar[str] = "light_colour"
    title: ClassVar[str] = "colour of the light"
    group: ClassVar[str] = "Light"
    description: ClassVar[str] = "The key light grows warm, as of a lamp, or cool, as of the sky."
    sentence: ClassVar[str] = "the light grows {to}"

    def __post_init__(self) -> None:
        check_choice("a colour of light", self.to, COLOURS)

    @property
    def choices(self) -> Mapping[str, tuple[str, ...]]:
        """Names of the colours."""
        return {"to": tuple(COLOURS)}

    def _edit(self, head: Head, strength: float) -> Head:
        light = Light.of(head.light)
        ends = zip(light.colour, COLOURS[self.to], strict=True)
        colour = tuple(between(start, end, strength) for start, end in ends)
        return head.replace(light=light.replace(colour=colour))
