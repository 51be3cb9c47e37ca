"""Bring faces into one frame: shift, turn and size are taken away, what remains is their shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError
from facelib.head.geometry.landmarks import EYE_CORNERS, FIRST_IRIS

Doubles = npt.NDArray[np.float64]
Complexes = npt.NDArray[np.complex128]

ROUNDS: Final = 50  # of the alignment, at most; about five bring it to the last digit
STILL: Final = 1e-12  # a mean shape that moves by less has settled, in its own size


@dataclass(frozen=True)
class Similarity:
    """A shift, turn and change of size of the plane: z becomes ``turn · z + shift``; places are x + iy.

    Parameters
    ----------
    turn
        Its angle turns, its absolute value scales.
    shift
        Image of the origin.
    """

    turn: complex
    shift: complex

    def __call__(self, places: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
        """Return places (…, 2) where they come to lie, of the same type."""
        found = self.turned(places)
        found += np.array([self.shift.real, self.shift.imag], places.dtype)
        return found

    def turned(self, steps: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
        """Return differences of places (…, 2), which no shift changes, of the same type."""
        x, y = steps[..., 0], steps[..., 1]
        found = np.empty_like(steps)
        found[..., 0] = self.turn.real * x - self.turn.imag * y
        found[..., 1] = self.turn.imag * x + self.turn.real * y
        return found

    @property
    def size(self) -> float:
        """The factor by which sizes grow."""
        return abs(self.turn)

    @property
    def inverse(self) -> Similarity:
        """The inverse similarity."""
        return Similarity(1 / self.turn, -self.shift / self.turn)

    def then(self, second: Similarity) -> Similarity:
        """Return this one followed by another."""
        return Similarity(second.turn * self.turn, second.turn * self.shift + second.shift)


def similarity_of(landmarks: npt.NDArray[np.floating], places: npt.NDArray[np.floating]) -> Similarity:
    """Return the similarity that brings landmarks (478, 2) nearest to places (478, 2), by least squares.

    Irises don't count.

    Raises
    ------
    BadValueError
        If the landmarks lie all on one place, or some aren't known.
    """
    fit = nearest(_skin(landmarks), _skin(places))
    if not np.isfinite(fit.turn) or not fit.size > 0:
        msg = (
            "Faces are aligned by landmarks that are known and lie apart: these aren't known, or they lie on "
            "one place."
        )
        raise BadValueError(msg)
    return fit


def nearest(start: npt.NDArray[Any], end: npt.NDArray[Any]) -> Similarity:
    """Return the similarity that brings points nearest to others, by least squares; NaN if all are one.

    Parameters
    ----------
    start, end
        complex (k,): places x + iy.
    """
    own = start - start.mean()
    span = float(np.vdot(own, own).real)
    turn = np.vdot(own, end - end.mean()) / span if span > 0 else np.nan
    return Similarity(complex(turn), complex(end.mean() - turn * start.mean()))


def mean_shape(shapes: npt.NDArray[np.floating], weights: npt.NDArray[np.floating] | None = None) -> Doubles:
    """Return the mean of shapes after generalised Procrustes alignment, float64 (478, 2).

    Every shape is moved to the origin, brought to the same size and turned toward the mean, in turns until
    the mean stands still. Irises don't count for that, and go along.

    Parameters
    ----------
    shapes
        (n, 478, 2), in any unit.
    weights
        (n,), 0 or more; None: all count alike.

    Returns
    -------
    numpy.ndarray
        Its middle is at 0, its size (root mean square distance from there) is 1, its eyes are level. Irises
        that no shape knows are NaN.

    Raises
    ------
    BadValueError
        If there is no shape, or one has no size or unknown landmarks.
    """
    stacked = np.asarray(shapes, np.float64)
    share = np.ones(len(stacked)) if weights is None else np.asarray(weights, np.float64)
    if not len(stacked) or not share.sum() > 0:
        msg = "A mean shape needs a shape, with a weight above 0; got none."
        raise BadValueError(msg)
    points = stacked @ np.array([1, 1j])
    centred = points - points[:, :FIRST_IRIS].mean(axis=1, keepdims=True)
    size = np.sqrt((abs(centred[:, :FIRST_IRIS]) ** 2).mean(axis=1, keepdims=True))
    if not (size > 0).all():  # NaN isn't either
        msg = "A mean shape needs shapes with a size, whose landmarks are known but for the irises."
        raise BadValueError(msg)
    centred /= size
    mean = centred[np.argmax(share), :FIRST_IRIS]
    for _ in range(ROUNDS):
        toward = centred[:, :FIRST_IRIS].conj() @ mean
        turned = centred * (toward / abs(toward))[:, None]
        before, mean = mean, share @ turned[:, :FIRST_IRIS]
        mean /= np.sqrt((abs(mean) ** 2).mean())
        if abs(mean - before).max() < STILL:
            break
    known = np.isfinite(turned)
    whole = share @ np.where(known, turned, 0)
    count = share @ known
    whole = np.divide(whole, count, out=np.full(len(whole), np.nan, complex), where=count > 0)
    whole /= np.sqrt((abs(whole[:FIRST_IRIS]) ** 2).mean())
    left, right = (whole[list(pair)].mean() for pair in EYE_CORNERS)
    whole *= abs(left - right) / (left - right)  # the person's left is to the right in the picture
    return np.stack([whole.real, whole.imag], axis=-1)


def _skin(places: npt.NDArray[np.floating]) -> Complexes:
    return np.asarray(np.asarray(places, np.float64)[:FIRST_IRIS] @ np.array([1, 1j]), np.complex128)
