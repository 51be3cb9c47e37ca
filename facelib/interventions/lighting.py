"""The light on the face: where it stands, how strong, how soft and of which colour it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, Final

from facelib.faces import LIGHTS, Head, Light
from facelib.interventions.intervention import HeadIntervention, along, check_choice, register
from facelib.interventions.number import StraightLine, Toward, between

COLOURS: Final[Mapping[str, tuple[float, ...]]] = MappingProxyType(
    {name: LIGHTS[name].colour for name in ("warm", "cool")}
)
"""Linear red, green, blue of the key light, by word: those of the presets."""


@register
@dataclass(frozen=True)
class LightDirection(StraightLine):
    """The key light wanders to `azimuth` degrees (positive: the person's left)."""

    azimuth: float = 75.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "azimuth", Light(azimuth=self.azimuth).azimuth)

    id: ClassVar[str] = "light_direction"
    title: ClassVar[str] = "light from the side"
    group: ClassVar[str] = "Light"
    moves: ClassVar[str | None] = "light_azimuth"
    description: ClassVar[str] = "The key light wanders to the side; its strength stays." + along(
        "appearance_symmetry", "brightness", "skin_tone", "light_elevation", "light_contrast", "sharpness"
    )
    sentence: ClassVar[str] = "the light wanders to the side"
    field: ClassVar[str] = "light.azimuth"

    def end(self, head: Head) -> float:  # noqa: ARG002
        """Return the angle at strength 1."""
        return self.azimuth


@register
@dataclass(frozen=True)
class LightElevation(Toward):
    """The key light rises above the head or sinks below it; its side stays."""

    id: ClassVar[str] = "light_elevation"
    title: ClassVar[str] = "light from above or below"
    group: ClassVar[str] = "Light"
    moves: ClassVar[str | None] = "light_elevation"
    description: ClassVar[str] = (
        "The key light sinks until it shines from below, or rises if it stands low; its side and "
        "strength stay." + along("light_azimuth", "light_contrast")
    )
    sentence: ClassVar[str] = "the light rises or sinks"
    toward: ClassVar[str] = "the light moves {to}"
    field: ClassVar[str] = "light.elevation"
    ends: ClassVar[tuple[float, float]] = (-45.0, 75.0)
    words: ClassVar[tuple[str, str]] = ("below", "above")


@register
@dataclass(frozen=True)
class LightStrength(Toward):
    """All light grows weaker or stronger, the background's too; where it comes from stays."""

    id: ClassVar[str] = "light_strength"
    title: ClassVar[str] = "strength of the light"
    group: ClassVar[str] = "Light"
    moves: ClassVar[str | None] = "brightness"
    description: ClassVar[str] = "All light grows dimmer or brighter; where it comes from stays." + along(
        "contrast", "skin_tone"
    )
    sentence: ClassVar[str] = "the strength of the light changes"
    toward: ClassVar[str] = "the light grows {to}"
    field: ClassVar[str] = "light.strength"
    ends: ClassVar[tuple[float, float]] = (0.3, 1.8)
    words: ClassVar[tuple[str, str]] = ("dimmer", "brighter")


@register
@dataclass(frozen=True)
class LightSoftness(Toward):
    """The light grows hard, with deep shadows, or soft; its strength and direction stay."""

    id: ClassVar[str] = "light_softness"
    title: ClassVar[str] = "softness of the light"
    group: ClassVar[str] = "Light"
    moves: ClassVar[str | None] = "light_contrast"
    description: ClassVar[str] = (
        "The light comes from all sides, or from one if it is soft already; the key light stands still."
        + along("appearance_symmetry", "contrast", "light_azimuth", "light_elevation")
    )
    sentence: ClassVar[str] = "the softness of the light changes"
    toward: ClassVar[str] = "the light grows {to}"
    field: ClassVar[str] = "light.softness"
    ends: ClassVar[tuple[float, float]] = (0.1, 1.0)
    words: ClassVar[tuple[str, str]] = ("harder", "softer")


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
