"""Placebos of tone: brightness, exposure, contrast, gamma, colour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np
import numpy.typing as npt

from facelib.interventions.intervention import register
from facelib.interventions.placebos.change import (
    Box,
    Direction,
    Floats,
    Image,
    Placebo,
    sign,
)

GREYS = np.arange(256) / 255


def looked_up(image: Image, curves: npt.NDArray[np.float64]) -> Floats:
    """Send grey levels through curves: (256,) for all channels or (256, 3), values in [0, 1] -> levels."""
    table = np.broadcast_to(curves.reshape(256, -1), (256, 3)) * 255
    levels: Floats = cv2.LUT(image, np.ascontiguousarray(table[:, None], np.float32))
    return levels


@register
@dataclass(frozen=True)
class Brightness(Placebo):
    """An amount is added to all grey levels; direction: (sign, tilt), tilt > 0 adds more to bright pixels."""

    direction: Direction = (1.0, 0.0)

    id: ClassVar[str] = "brightness"
    title: ClassVar[str] = "brightness"
    moves: ClassVar[str | None] = "brightness"
    description: ClassVar[str] = "All grey levels rise or fall by up to 45 of 255."
    sentence: ClassVar[str] = "the picture becomes {trend}"
    trends: ClassVar[tuple[str, str]] = ("darker", "brighter")
    limits: ClassVar[tuple[tuple[float, float], ...]] = ((-1.0, 1.0), (-1.0, 1.0))
    largest: ClassVar[float] = 45 / 255
    widest: ClassVar[float] = 60 / 255
    unit: ClassVar[str] = "of the range from black to white"

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Brightness:
        """Return a random direction of this kind."""
        return cls((sign(rng), float(rng.uniform(-0.5, 0.5))))

    def _pixels(self, image: Image, box: Box, amount: float) -> Floats:  # noqa: ARG002
        way, tilt = self.direction
        return looked_up(image, GREYS + way * amount * (1 + tilt * (2 * GREYS - 1)))


@register
@dataclass(frozen=True)
class Exposure(Placebo):
    """The camera takes in more or less light; direction: (sign, shoulder), + is brighter.

    The shoulder, in [0, 1], tells how much highlights level off instead of being cut.
    """

    direction: Direction = (1.0, 1.0)

    id: ClassVar[str] = "exposure"
    title: ClassVar[str] = "exposure"
    moves: ClassVar[str | None] = "brightness"
    description: ClassVar[str] = "The picture is exposed longer or shorter, by up to one stop."
    sentence: ClassVar[str] = "the picture is exposed {trend}"
    trends: ClassVar[tuple[str, str]] = ("shorter", "longer")
    limits: ClassVar[tuple[tuple[float, float], ...]] = ((-1.0, 1.0), (0.0, 1.0))
    largest: ClassVar[float] = 1.0
    widest: ClassVar[float] = 1.6
    unit: ClassVar[str] = "stops"

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Exposure:
        """Return a random direction of this kind."""
        return cls((sign(rng), float(rng.uniform(0.5, 1.0))))

    def _pixels(self, image: Image, box: Box, amount: float) -> Floats:  # noqa: ARG002
        # Light is the levels' power of 2.2. What gets brighter follows Reinhard's curve, which ends at white.
        way, shoulder = self.direction
        gain = 2.0 ** (way * amount)
        light = gain * GREYS**2.2
        curved = light * (1 + light / max(gain, 1.0) ** 2) / (1 + light) if gain > 1 else light
        return looked_up(image, (light + shoulder * (curved - light)) ** (1 / 2.2))


@register
@dataclass(frozen=True)
class Contrast(Placebo):
    """Grey levels spread from, or draw toward, a pivot; direction: (sign, pivot in [0, 1])."""

    direction: Direction = (1.0, 0.5)

    id: ClassVar[str] = "contrast"
    title: ClassVar[str] = "contrast"
    moves: ClassVar[str | None] = "contrast"
    description: ClassVar[str] = "The spread of the grey levels grows or shrinks by a factor of up to 1.6."
    sentence: ClassVar[str] = "the contrast {trend}"
    trends: ClassVar[tuple[str, str]] = ("falls", "rises")
    limits: ClassVar[tuple[tuple[float, float], ...]] = ((-1.0, 1.0), (0.0, 1.0))
    largest: ClassVar[float] = 0.48
    widest: ClassVar[float] = 0.9
    unit: ClassVar[str] = "log of the gain"

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Contrast:
        """Return a random direction of this kind."""
        return cls((sign(rng), float(rng.uniform(0.35, 0.65))))

    def _pixels(self, image: Image, box: Box, amount: float) -> Floats:  # noqa: ARG002
        way, pivot = self.direction
        return looked_up(image, pivot + (GREYS - pivot) * np.exp(way * amount))


@register
@dataclass(frozen=True)
class Gamma(Placebo):
    """The tone curve bends; direction: (sign, toe >= 0), positive brightens, the toe spares the shadows."""

    direction: Direction = (1.0, 0.0)

    id: ClassVar[str] = "gamma"
    title: ClassVar[str] = "gamma"
    moves: ClassVar[str | None] = "brightness"
    description: ClassVar[str] = "The middle tones become brighter or darker; black and white stay."
    sentence: ClassVar[str] = "the middle tones become {trend}"
    trends: ClassVar[tuple[str, str]] = ("darker", "brighter")
    limits: ClassVar[tuple[tuple[float, float], ...]] = ((-1.0, 1.0), (0.0, 1.0))
    largest: ClassVar[float] = 0.55
    widest: ClassVar[float] = 1.0
    unit: ClassVar[str] = "log of the exponent"

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Gamma:
        """Return a random direction of this kind."""
        return cls((sign(rng), float(rng.uniform(0.0, 0.3))))

    def _pixels(self, image: Image, box: Box, amount: float) -> Floats:  # noqa: ARG002
        way, toe = self.direction
        exponent = np.exp(-way * amount)
        ends = toe**exponent, (1 + toe) ** exponent
        return looked_up(image, ((GREYS + toe) ** exponent - ends[0]) / (ends[1] - ends[0]))


@register
@dataclass(frozen=True)
class ColourTemperature(Placebo):
    """Red and blue are weighed against each other; direction: (sign, tint), + is warmer, tint > 0 greener."""

    direction: Direction = (1.0, 0.0)

    id: ClassVar[str] = "colour_temperature"
    title: ClassVar[str] = "colour temperature"
    description: ClassVar[str] = "The light becomes warmer or cooler, as another white balance would make it."
    sentence: ClassVar[str] = "the light becomes {trend}"
    trends: ClassVar[tuple[str, str]] = ("cooler", "warmer")
    limits: ClassVar[tuple[tuple[float, float], ...]] = ((-1.0, 1.0), (-1.0, 1.0))
    largest: ClassVar[float] = 0.22
    widest: ClassVar[float] = 0.4
    unit: ClassVar[str] = "log of the gain of red"

    @classmethod
    def draw(cls, rng: np.random.Generator) -> ColourTemperature:
        """Return a random direction of this kind."""
        return cls((sign(rng), float(rng.uniform(-0.4, 0.4))))

    def _pixels(self, image: Image, box: Box, amount: float) -> Floats:  # noqa: ARG002
        way, tint = self.direction
        return looked_up(image, GREYS[:, None] * np.exp(amount * np.array([way, tint, -way])))


@register
@dataclass(frozen=True)
class Tint(Placebo):
    """A filter of one colour lies over the picture; direction: (hue as an angle, in turns)."""

    direction: Direction = (0.0,)

    id: ClassVar[str] = "tint"
    title: ClassVar[str] = "colour filter"
    description: ClassVar[str] = "A filter of one colour lies over the picture, as apps offer it."
    sentence: ClassVar[str] = "the picture is tinted"
    limits: ClassVar[tuple[tuple[float, float], ...]] = ((0.0, 1.0),)
    largest: ClassVar[float] = 0.25
    widest: ClassVar[float] = 0.4
    unit: ClassVar[str] = "of the grey level, in the channel that changes most"

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Tint:
        """Return a random direction of this kind."""
        return cls((float(rng.uniform()),))

    def _pixels(self, image: Image, box: Box, amount: float) -> Floats:  # noqa: ARG002
        # Gains of red, green and blue a third of a turn apart: their mean stays 1.
        gains = 1 + amount * np.cos(2 * np.pi * (self.direction[0] - np.arange(3) / 3))
        return looked_up(image, GREYS[:, None] * gains)


@register
@dataclass(frozen=True)
class Saturation(Placebo):
    """Colours fade to grey or deepen; direction: (sign, share of red, share of green) in the grey."""

    direction: Direction = (-1.0, 0.299, 0.587)

    id: ClassVar[str] = "saturation"
    title: ClassVar[str] = "colour saturation"
    description: ClassVar[str] = "Colours fade toward grey or deepen, by up to 80 %."
    sentence: ClassVar[str] = "the colours {trend}"
    trends: ClassVar[tuple[str, str]] = ("fade", "deepen")
    limits: ClassVar[tuple[tuple[float, float], ...]] = ((-1.0, 1.0), (0.0, 1.0), (0.0, 1.0))
    largest: ClassVar[float] = 0.8
    widest: ClassVar[float] = 1.0
    unit: ClassVar[str] = "of the distance from grey"

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Saturation:
        """Return a random direction of this kind."""
        return cls((sign(rng), float(rng.uniform(0.2, 0.4)), float(rng.uniform(0.45, 0.6))))

    def _pixels(self, image: Image, box: Box, amount: float) -> Floats:  # noqa: ARG002
        way, red, green = self.direction
        grey = np.array([red, green, 1 - red - green])
        mix = np.eye(3) * (1 + way * amount) - way * amount * grey[None, :]
        levels: Floats = cv2.transform(image.astype(np.float32), mix)
        return levels
