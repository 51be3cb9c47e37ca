"""Placebos of detail: blur, sharpening, noise, JPEG."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import cv2
import numpy as np

from facelib.interventions.intervention import register
from facelib.interventions.placebos.change import Box, Direction, Floats, Image, Placebo

BEST, WORST, STEP = 95, 20, 5  # JPEG qualities that the amount walks through
QUALITIES = tuple(range(BEST, WORST - 1, -STEP))
BLOCK = 8


def blurred(levels: Floats, sigma_x: float, sigma_y: float) -> Floats:
    """Return a Gaussian blur, standard deviations in px; smooth in both down to 0."""
    sizes = tuple(2 * max(1, math.ceil(3.5 * sigma)) + 1 for sigma in (sigma_x, sigma_y))
    result: Floats = cv2.GaussianBlur(
        levels, sizes, sigmaX=max(sigma_x, 1e-3), sigmaY=max(sigma_y, 1e-3), borderType=cv2.BORDER_REFLECT_101
    )
    return result


@register
@dataclass(frozen=True)
class Blur(Placebo):
    """Gaussian blur; direction: (anisotropy in [-1, 1],), positive blurs more along x."""

    direction: Direction = (0.0,)

    id: ClassVar[str] = "blur"
    title: ClassVar[str] = "blur"
    moves: ClassVar[str | None] = "sharpness"
    description: ClassVar[str] = "The picture goes out of focus, by up to 2.5 % of the width of the face box."
    sentence: ClassVar[str] = "the picture becomes blurred"
    limits: ClassVar[tuple[tuple[float, float], ...]] = ((-1.0, 1.0),)
    largest: ClassVar[float] = 0.025
    unit: ClassVar[str] = "box widths of standard deviation"

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Blur:
        """Return a random direction of this kind."""
        return cls((float(rng.uniform(-0.6, 0.6)),))

    def _pixels(self, image: Image, box: Box, amount: float) -> Floats:
        sigma = amount * (box[2] - box[0])
        # The wider of both is `amount`: what is admissible holds along every axis.
        narrow = 1 - abs(self.direction[0])
        along_x = self.direction[0] >= 0
        sigmas = (sigma, sigma * narrow) if along_x else (sigma * narrow, sigma)
        return blurred(image.astype(np.float32), *sigmas)


@register
@dataclass(frozen=True)
class Sharpen(Placebo):
    """Unsharp mask; direction: (radius in box widths,)."""

    direction: Direction = (0.012,)

    id: ClassVar[str] = "sharpen"
    title: ClassVar[str] = "sharpening"
    moves: ClassVar[str | None] = "sharpness"
    description: ClassVar[str] = (
        "Fine detail is exaggerated, as cameras and phones do, by up to a factor of 2."
    )
    sentence: ClassVar[str] = "the picture is sharpened"
    limits: ClassVar[tuple[tuple[float, float], ...]] = ((0.002, 0.05),)
    largest: ClassVar[float] = 1.0
    unit: ClassVar[str] = "times the detail added"

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Sharpen:
        """Return a random direction of this kind."""
        return cls((float(rng.uniform(0.006, 0.02)),))

    def _pixels(self, image: Image, box: Box, amount: float) -> Floats:
        levels = image.astype(np.float32)
        sigma = self.direction[0] * (box[2] - box[0])
        return levels + np.float32(amount) * (levels - blurred(levels, sigma, sigma))


@register
@dataclass(frozen=True)
class Noise(Placebo):
    """Gaussian noise; direction: (seed of the pattern, grain in box widths)."""

    direction: Direction = (0.0, 0.0)

    id: ClassVar[str] = "noise"
    title: ClassVar[str] = "noise"
    description: ClassVar[str] = (
        "Sensor noise of up to 24 grey levels; the pattern stays, only its strength grows."
    )
    sentence: ClassVar[str] = "the picture becomes noisy"
    limits: ClassVar[tuple[tuple[float, float], ...]] = ((0.0, 2.0**53), (0.0, 0.02))
    largest: ClassVar[float] = 24 / 255
    unit: ClassVar[str] = "of the range from black to white, standard deviation"

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Noise:
        """Return a random direction of this kind."""
        return cls((float(rng.integers(2**31)), float(rng.uniform(0.0, 0.008))))

    def _pixels(self, image: Image, box: Box, amount: float) -> Floats:
        grain = round(self.direction[1] * float(box[2] - box[0]), 3)
        pattern = _pattern(image.shape[0], image.shape[1], int(self.direction[0]), grain)
        return image + np.float32(amount * 255) * pattern


@lru_cache(maxsize=2)
def _pattern(height: int, width: int, seed: int, grain: float) -> Floats:
    """Return noise of mean 0 and standard deviation 1, float32 (H, W, 3)."""
    pattern = np.random.default_rng(seed).standard_normal((height, width, 3), np.float32)
    if grain > 0:
        pattern = blurred(pattern, grain, grain)
    pattern -= pattern.mean()
    pattern /= pattern.std()
    pattern.setflags(write=False)
    return pattern


@register
@dataclass(frozen=True)
class Jpeg(Placebo):
    """JPEG compression; direction: (x, y), where the 8 px blocks begin, in px."""

    direction: Direction = (0.0, 0.0)

    id: ClassVar[str] = "jpeg"
    title: ClassVar[str] = "JPEG compression"
    description: ClassVar[str] = "The picture is compressed more and more, from quality 95 down to 20."
    sentence: ClassVar[str] = "the picture is compressed"
    limits: ClassVar[tuple[tuple[float, float], ...]] = ((0.0, 7.0), (0.0, 7.0))
    largest: ClassVar[float] = float(len(QUALITIES))
    unit: ClassVar[str] = (
        "steps of 5 in quality, from the uncompressed picture over 95; between steps, a blend"
    )

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Jpeg:
        """Return a random direction of this kind."""
        return cls((float(rng.integers(BLOCK)), float(rng.integers(BLOCK))))

    def _pixels(self, image: Image, box: Box, amount: float) -> Floats:  # noqa: ARG002
        lower = min(int(amount), len(QUALITIES) - 1)
        share = np.float32(amount - lower)
        before = self._compressed(image, lower).astype(np.float32)
        return before + share * (self._compressed(image, lower + 1).astype(np.float32) - before)

    def _compressed(self, image: Image, step: int) -> Image:
        """Return the picture at a step; 0 is the picture itself."""
        if step == 0:
            return image
        left, top = (int(value) % BLOCK for value in self.direction)
        height, width = image.shape[:2]
        padded = cv2.copyMakeBorder(image[:, :, ::-1], top, 0, left, 0, cv2.BORDER_REPLICATE)
        _, data = cv2.imencode(".jpg", padded, [cv2.IMWRITE_JPEG_QUALITY, QUALITIES[step - 1]])
        decoded = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
        return decoded[top : top + height, left : left + width, ::-1]
