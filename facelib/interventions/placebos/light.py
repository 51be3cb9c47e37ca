"""Placebos of light: a gradient, a vignette, haze, bands of shadow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

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
    widest: ClassVar[float] = 0.55
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
    widest: ClassVar[float] = 0.5
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


@register
@dataclass(frozen=True)
class Haze(Placebo):
    """Stray light lies over the picture, or deep shade; direction: (grey level of the veil in [0, 1],)."""

    direction: Direction = (0.9,)

    id: ClassVar[str] = "haze"
    title: ClassVar[str] = "haze"
    moves: ClassVar[str | None] = "contrast"
    description: ClassVar[str] = "A veil of one grey lies over the picture, as a dazzled lens makes it."
    sentence: ClassVar[str] = "a veil lies over the picture"
    limits: ClassVar[tuple[tuple[float, float], ...]] = ((0.0, 1.0),)
    largest: ClassVar[float] = 0.35
    widest: ClassVar[float] = 0.5
    unit: ClassVar[str] = "of the way to the grey of the veil"

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Haze:
        """Return a random direction of this kind."""
        return cls((float(rng.choice([rng.uniform(0.0, 0.15), rng.uniform(0.85, 1.0)])),))

    def _pixels(self, image: Image, box: Box, amount: float) -> Floats:  # noqa: ARG002
        levels = image.astype(np.float32)
        return levels + np.float32(amount) * (np.float32(255 * self.direction[0]) - levels)


@register
@dataclass(frozen=True)
class ShadowBands(Placebo):
    """Bands of shadow, as of blinds; direction: (dx, dy) across them, phase and bands in a box width."""

    direction: Direction = (0.0, 1.0, 0.0, 3.0)

    id: ClassVar[str] = "shadow_bands"
    title: ClassVar[str] = "bands of shadow"
    description: ClassVar[str] = (
        "Soft bands of light and shadow fall on the picture, as through blinds: up to 35 % more and less."
    )
    sentence: ClassVar[str] = "a pattern of shadows falls on the picture"
    limits: ClassVar[tuple[tuple[float, float], ...]] = ((-1.0, 1.0), (-1.0, 1.0), (0.0, 1.0), (1.0, 8.0))
    largest: ClassVar[float] = 0.35
    widest: ClassVar[float] = 0.5
    unit: ClassVar[str] = "of the grey level, more and less"

    @classmethod
    def draw(cls, rng: np.random.Generator) -> ShadowBands:
        """Return a random direction of this kind."""
        return cls((*angle(rng), float(rng.uniform()), float(rng.uniform(2.0, 5.0))))

    def _pixels(self, image: Image, box: Box, amount: float) -> Floats:
        x, y = box_grid(image, box)
        across_x, across_y = unit_vector(self.direction[:2])
        phase, bands = self.direction[2:]
        wave = np.sin(2 * np.pi * ((across_x * x + across_y * y) * bands / 2 + phase))
        return lit(image, 1 + amount * wave)
