"""Placebos of framing: shift, scale, rotation, crop, stretch. Borders are mirrored, never black."""

from __future__ import annotations

from abc import abstractmethod
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

Matrix = npt.NDArray[np.float64]
OFFSET = (
    0.15  # how far from the centre of the box the fixed point of a random scaling or rotation lies, in boxes
)


def fixed_point_map(linear: Matrix, point: Matrix) -> Matrix:
    """Return the affine map (2, 3) with this linear part that leaves `point` where it is."""
    return np.column_stack([linear, point - linear @ point])


def in_box(box: Box, x: float, y: float) -> Matrix:
    """Return the pixel at (x, y), measured from the centre of the box in box widths and heights."""
    return np.array(
        [(box[0] + box[2]) / 2 + x * (box[2] - box[0]), (box[1] + box[3]) / 2 + y * (box[3] - box[1])]
    )


def offset(rng: np.random.Generator) -> Direction:
    """Draw a fixed point near the centre of the box."""
    x, y = rng.uniform(-OFFSET, OFFSET, 2)
    return float(x), float(y)


@dataclass(frozen=True)
class GeometricChange(Placebo):
    """A change that moves pixels by an affine map."""

    @abstractmethod
    def _matrix(self, size: tuple[int, int], box: Box, amount: float) -> Matrix: ...

    def _pixels(self, image: Image, box: Box, amount: float) -> Floats:
        height, width = image.shape[:2]
        warped: Floats = cv2.warpAffine(
            image.astype(np.float32),
            self._matrix((height, width), box, amount),
            (width, height),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT_101,
        )
        return warped


@register
@dataclass(frozen=True)
class Shift(GeometricChange):
    """The picture moves; direction: (dx, dy), right and down, of any length."""

    direction: Direction = (1.0, 0.0)

    id: ClassVar[str] = "shift"
    title: ClassVar[str] = "shift"
    description: ClassVar[str] = "The picture moves by up to 8 % of the width of the face box."
    sentence: ClassVar[str] = "the picture shifts"
    limits: ClassVar[tuple[tuple[float, float], ...]] = ((-1.0, 1.0), (-1.0, 1.0))
    largest: ClassVar[float] = 0.08
    widest: ClassVar[float] = 0.12
    unit: ClassVar[str] = "box widths"

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Shift:
        """Return a random direction of this kind."""
        return cls(angle(rng))

    def _matrix(self, size: tuple[int, int], box: Box, amount: float) -> Matrix:  # noqa: ARG002
        step = unit_vector(self.direction) * amount * (box[2] - box[0])
        return np.column_stack([np.eye(2), step])


@register
@dataclass(frozen=True)
class Scale(GeometricChange):
    """The picture grows or shrinks; direction: (sign, x, y), (x, y) stays, in boxes from the box's centre."""

    direction: Direction = (1.0, 0.0, 0.0)

    id: ClassVar[str] = "scale"
    title: ClassVar[str] = "scale"
    description: ClassVar[str] = (
        "The picture grows or shrinks by up to 10 %, nearly about the middle of the face."
    )
    sentence: ClassVar[str] = "the picture {trend}"
    trends: ClassVar[tuple[str, str]] = ("shrinks", "grows")
    limits: ClassVar[tuple[tuple[float, float], ...]] = ((-1.0, 1.0), (-0.5, 0.5), (-0.5, 0.5))
    largest: ClassVar[float] = 0.1
    widest: ClassVar[float] = 0.16
    unit: ClassVar[str] = "log of the factor"

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Scale:
        """Return a random direction of this kind."""
        return cls((sign(rng), *offset(rng)))

    def _matrix(self, size: tuple[int, int], box: Box, amount: float) -> Matrix:  # noqa: ARG002
        way, x, y = self.direction
        return fixed_point_map(np.eye(2) * np.exp(way * amount), in_box(box, x, y))


@register
@dataclass(frozen=True)
class Rotate(GeometricChange):
    """The picture turns in its plane; direction: (sign, x, y), + is clockwise, (x, y) stays (see `Scale`)."""

    direction: Direction = (1.0, 0.0, 0.0)

    id: ClassVar[str] = "rotate"
    title: ClassVar[str] = "rotation"
    description: ClassVar[str] = (
        "The picture turns in its plane by up to 10 degrees, nearly about the middle of the face."
    )
    sentence: ClassVar[str] = "the picture turns {trend}"
    trends: ClassVar[tuple[str, str]] = ("counter-clockwise", "clockwise")
    limits: ClassVar[tuple[tuple[float, float], ...]] = ((-1.0, 1.0), (-0.5, 0.5), (-0.5, 0.5))
    largest: ClassVar[float] = 10.0
    widest: ClassVar[float] = 16.0
    unit: ClassVar[str] = "degrees"

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Rotate:
        """Return a random direction of this kind."""
        return cls((sign(rng), *offset(rng)))

    def _matrix(self, size: tuple[int, int], box: Box, amount: float) -> Matrix:  # noqa: ARG002
        way, x, y = self.direction
        turn = np.radians(way * amount)
        linear = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        return fixed_point_map(linear, in_box(box, x, y))


@register
@dataclass(frozen=True)
class Crop(GeometricChange):
    """Margins are cut off, the rest fills the picture; direction: (dx, dy), the corner that is kept."""

    direction: Direction = (-1.0, -1.0)

    id: ClassVar[str] = "crop"
    title: ClassVar[str] = "crop"
    description: ClassVar[str] = (
        "Up to 10 % of the picture is cut off opposite a kept corner, and the rest fills it."
    )
    sentence: ClassVar[str] = "the picture is cropped"
    limits: ClassVar[tuple[tuple[float, float], ...]] = ((-1.0, 1.0), (-1.0, 1.0))
    largest: ClassVar[float] = 0.1
    widest: ClassVar[float] = 0.2
    unit: ClassVar[str] = "of width and height cut off"

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Crop:
        """Return a random direction of this kind."""
        x, y = rng.uniform(-1, 1, 2)
        return cls((float(x), float(y)))

    def _matrix(self, size: tuple[int, int], box: Box, amount: float) -> Matrix:  # noqa: ARG002
        height, width = size
        x, y = self.direction
        kept = np.array([(1 + x) / 2 * (width - 1), (1 + y) / 2 * (height - 1)])
        return fixed_point_map(np.eye(2) / (1 - amount), kept)


@register
@dataclass(frozen=True)
class Stretch(GeometricChange):
    """The picture is stretched along an axis, its area stays; direction: (dx, dy) of any length."""

    direction: Direction = (1.0, 0.0)

    id: ClassVar[str] = "stretch"
    title: ClassVar[str] = "stretch"
    description: ClassVar[str] = (
        "The aspect ratio changes by up to 15 % along one axis, as careless resizing does."
    )
    sentence: ClassVar[str] = "the picture is stretched"
    limits: ClassVar[tuple[tuple[float, float], ...]] = ((-1.0, 1.0), (-1.0, 1.0))
    largest: ClassVar[float] = 0.14
    widest: ClassVar[float] = 0.25
    unit: ClassVar[str] = "log of the aspect ratio"

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Stretch:
        """Return a random direction of this kind."""
        return cls(angle(rng))

    def _matrix(self, size: tuple[int, int], box: Box, amount: float) -> Matrix:  # noqa: ARG002
        axis = unit_vector(self.direction)
        along = np.outer(axis, axis)
        linear = along * np.exp(amount / 2) + (np.eye(2) - along) * np.exp(-amount / 2)
        return fixed_point_map(linear, in_box(box, 0.0, 0.0))
