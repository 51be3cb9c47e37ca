"""The base of placebos: a picture changed along one direction by a continuous amount."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, TypeVar

import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError
from facelib.faces import Face
from facelib.interventions.intervention import Expected, PictureIntervention

Image = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Box = npt.NDArray[np.float64]
Direction = tuple[float, ...]
Self = TypeVar("Self", bound="Placebo")

GROUP = "Placebos"


@dataclass(frozen=True)
class Placebo(PictureIntervention):
    """A placebo: a harmless change of the whole picture.

    Attributes
    ----------
    direction
        Along which the change grows; its first number carries the sign where there is one.
    largest
        Largest admissible amount, reached at strength 1: the face is still plainly the same.
    unit
        Unit of the amount.
    limits
        Lowest and highest value of each number of the direction.
    widest
        How far a placebo may go where a large change is matched: as much as pictures vary in daily use, with
        the face still plainly the same (our choice; 0: no farther than `largest`).
    trends
        Words for a negative and a positive first number of the direction: ``{trend}`` in the sentence.
    """

    direction: Direction = ()

    group: ClassVar[str] = GROUP
    placebo: ClassVar[bool] = True
    expected: ClassVar[Expected] = "none"
    largest: ClassVar[float]
    widest: ClassVar[float] = 0.0
    unit: ClassVar[str]
    limits: ClassVar[tuple[tuple[float, float], ...]]
    trends: ClassVar[tuple[str, str]] = ("", "")

    def __post_init__(self) -> None:
        limits = self.limits
        try:
            numbers = tuple(float(value) for value in self.direction)
        except (TypeError, ValueError):
            numbers = (np.nan,)  # within no limits
        if len(numbers) != len(limits) or not all(
            low <= value <= high for value, (low, high) in zip(numbers, limits, strict=True)
        ):
            msg = f"A direction of {self.id!r} is numbers within {limits}; got {self.direction!r}."
            raise BadValueError(msg)
        object.__setattr__(self, "direction", numbers)

    @classmethod
    @abstractmethod
    def draw(cls: type[Self], rng: np.random.Generator) -> Self:
        """Return this kind of change along a random direction."""

    @property
    def most(self) -> float:
        """The farthest that a placebo goes, in its unit."""
        return max(self.largest, self.widest)

    @property
    def clause(self) -> str:
        """The change in words, as the strength rises."""
        return self.sentence.format(trend=self.trends[bool(self.direction and self.direction[0] > 0)])

    def picture(self, image: Image, box: Box, amount: float, direction: Direction | None = None) -> Image:
        """Return the picture changed by `amount`, a copy; 0 gives the same bytes.

        Parameters
        ----------
        image
            uint8 (H, W, 3).
        box
            px (4,), face box.
        amount
            In [0, `most`], in `unit`; the pixel distance grows with it without jumps.
        direction
            None: this instance's own.
        """
        if not 0 <= amount <= self.most * (1 + 1e-9):
            msg = f"The amount of {self.id!r} lies in [0, {self.most}] {self.unit}; got {amount!r}."
            raise BadValueError(msg)
        if amount == 0:
            return image.copy()
        chosen = self if direction is None else type(self)(direction)
        return quantised(chosen._pixels(image, np.asarray(box, np.float64), float(amount)))

    @abstractmethod
    def _pixels(self, image: Image, box: Box, amount: float) -> Floats:
        """Return grey levels, float32 (H, W, 3), not yet rounded."""

    def _matrix(self, size: tuple[int, int], box: Box, amount: float) -> npt.NDArray[np.float64] | None:  # noqa: ARG002
        """Return the affine map (2, 3) from old to new pixels, or None where nothing moves."""
        return None

    def _change(self, face: Face, strength: float) -> Face:
        amount = strength * self.largest
        changed = face.replace(image=self.picture(face.image, face.box, amount), source="edited")
        matrix = self._matrix(face.size, face.box, amount)
        return changed if matrix is None else moved(changed, matrix)


def moved(face: Face, matrix: npt.NDArray[np.float64]) -> Face:
    """Return `face` with box, eyes and landmarks sent through an affine map; the box stays upright."""
    linear, offset = matrix[:, :2], matrix[:, 2]
    x1, y1, x2, y2 = face.box
    centre = linear @ [(x1 + x2) / 2, (y1 + y2) / 2] + offset
    # An upright box that is scaled as the axes are; rotating it leaves its size alone.
    half = np.array([(x2 - x1) / 2 * np.hypot(*linear[:, 0]), (y2 - y1) / 2 * np.hypot(*linear[:, 1])])
    return face.replace(
        box=np.concatenate([centre - half, centre + half]),
        eyes=face.eyes @ linear.T + offset,
        landmarks=(face.landmarks @ linear.T + offset).astype(np.float32),
    )


def sign(rng: np.random.Generator) -> float:
    """Draw -1 or 1."""
    return float(rng.choice([-1.0, 1.0]))


def angle(rng: np.random.Generator) -> Direction:
    """Draw a unit vector."""
    turn = rng.uniform(0, 2 * np.pi)
    return float(np.cos(turn)), float(np.sin(turn))


def unit_vector(direction: Direction) -> npt.NDArray[np.float64]:
    """Return a direction in the picture at length 1, (2,)."""
    vector = np.array(direction, np.float64)
    length = float(np.hypot(vector[0], vector[1]))
    if length == 0:
        msg = "A direction in the picture is (dx, dy), not both 0."
        raise BadValueError(msg)
    return vector / length


def quantised(levels: Floats) -> Image:
    """Round grey levels with an ordered dither: half a level more shows in half of the pixels.

    Plain rounding would make small amounts jump from nothing to a whole level. Whole numbers stay as they
    are.
    """
    raised = levels + dither(*levels.shape[:2])
    np.clip(raised, 0, 255.998, out=raised)
    return raised.astype(np.uint8)


@lru_cache(maxsize=4)
def dither(height: int, width: int) -> Floats:
    """Return evenly spread thresholds in [.002, .998], float32 (H, W, 1).

    Interleaved gradient noise (Jimenez, SIGGRAPH course 2014).
    """
    y, x = np.mgrid[:height, :width]
    threshold = np.modf(52.9829189 * np.modf(0.06711056 * x + 0.00583715 * y)[0])[0]
    thresholds: Floats = (0.002 + 0.996 * threshold[:, :, None]).astype(np.float32)
    thresholds.setflags(write=False)
    return thresholds
