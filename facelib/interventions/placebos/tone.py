"""Placebos of tone: brightness, contrast, gamma, colour, light, vignette."""

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
    angle,
    sign,
    unit_vector,
)

GREYS = np.arange(256) / 255


def looked_up(image: Image, curves: npt.NDArray[np.float64]) -> Floats:
    """Send grey levels through curves: (256,) for all channels or (256, 3), values in [0, 1] -> levels."""
    table = np.broadcast_to(curves.reshape(256, -1), (256, 3)) * 255
    levels: Floats = cv2.LUT(image, np.ascontiguousarray(table[:, None], np.float32))
    return levels


def lit(image: Image, gain: npt.NDArray[np.float64]) -> Floats:
    """Multiply every pixel by a gain field (H, W)."""
    levels: Floats = image.astype(np.float32) * gain[:, :, None].astype(np.float32)
    return levels


def box_grid(image: Image, box: Box) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return x (1, W) and y (H, 1) of all pixels, -1 … 1 over the box."""
    height, width = image.shape[:2]
    x = (np.arange(width) - (box[0] + box[2]) / 2) / ((box[2] - box[0]) / 2)
    y = (np.arange(height) - (box[1] + box[3]) / 2) / ((box[3] - box[1]) / 2)
    return x[None, :], y[:, None]


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


@register
@dataclass(frozen=True)
class LightGradient(Placebo):
    """One end of the picture becomes brighter, the other darker; direction: (dx, dy), to the bright end."""

    direction: Direction = (1.0, 0.0)

    id: ClassVar[str] = "light"
    title: ClassVar[str] = "light gradient"
    description: ClassVar[str] = (
        "Light falls in from one side of the picture: up to 40 % more there, 40 % less opposite."
    )
    sentence: ClassVar[str] = "the light shifts to one side of the picture"
    limits: ClassVar[tuple[tuple[float, float], ...]] = ((-1.0, 1.0), (-1.0, 1.0))
    largest: ClassVar[float] = 0.4
    unit: ClassVar[str] = "of the grey level, at the edge of the box"

    @classmethod
    def draw(cls, rng: np.random.Generator) -> LightGradient:
        """Return a random direction of this kind."""
        return cls(angle(rng))

    def _pixels(self, image: Image, box: Box, amount: float) -> Floats:
        x, y = box_grid(image, box)
        toward_x, toward_y = unit_vector(self.direction)
        ramp = np.tanh(toward_x * x + toward_y * y) / np.tanh(1.0)  # levels off outside
        return lit(image, 1 + amount * ramp)


@register
@dataclass(frozen=True)
class Vignette(Placebo):
    """The picture darkens or brightens away from a centre; direction: (sign, x, y), (x, y) in half boxes."""

    direction: Direction = (-1.0, 0.0, 0.0)

    id: ClassVar[str] = "vignette"
    title: ClassVar[str] = "vignette"
    description: ClassVar[str] = (
        "Away from the middle the picture becomes darker or brighter, by up to 35 % at the edge."
    )
    sentence: ClassVar[str] = "the picture becomes {trend} toward its edges"
    trends: ClassVar[tuple[str, str]] = ("darker", "brighter")
    limits: ClassVar[tuple[tuple[float, float], ...]] = ((-1.0, 1.0), (-1.0, 1.0), (-1.0, 1.0))
    largest: ClassVar[float] = 0.35
    unit: ClassVar[str] = "of the grey level, at the edge of the box"

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Vignette:
        """Return a random direction of this kind."""
        return cls((sign(rng), float(rng.uniform(-0.5, 0.5)), float(rng.uniform(-0.5, 0.5))))

    def _pixels(self, image: Image, box: Box, amount: float) -> Floats:
        way, centre_x, centre_y = self.direction
        x, y = box_grid(image, box)
        away = np.tanh((x - centre_x) ** 2 + (y - centre_y) ** 2) / np.tanh(1.0)  # levels off outside
        return lit(image, 1 + way * amount * away)
