"""The mirror image of a face in its picture: the reflection that lays it over the face best."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from facelib.head.geometry.landmarks import FIRST_IRIS
from facelib.properties.mirror_pairs import LEFT, PARTNER, RIGHT

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Mirror:
    """A reflection of the picture at the midline of a face; places are x + iy, px.

    Parameters
    ----------
    left
        Direction, of size 1, across the midline to the person's left.
    shift
        Mirror image of the picture's corner.
    """

    left: complex
    shift: complex

    def __call__(self, places: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
        """Return mirrored places (…, 2), px, of the same type."""
        turn = -(self.left**2)
        x, y = places[..., 0], places[..., 1]
        found = np.empty_like(places)
        found[..., 0] = turn.real * x + turn.imag * y + self.shift.real
        found[..., 1] = turn.imag * x - turn.real * y + self.shift.imag
        return found

    def beside(self, places: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
        """Return how far places (…, 2) lie to the person's left of the midline, px; right: below 0."""
        across = np.array([self.left.real, self.left.imag], places.dtype)
        return np.asarray((places - self(places)) @ across / 2)


def mirror_of(landmarks: npt.NDArray[np.floating]) -> Mirror:
    """Return the reflection that brings the mirror partners nearest to the landmarks (478, 2), px.

    Nearest in the least-squares sense; the irises don't count.
    """
    places = np.asarray(landmarks, np.float64) @ [1, 1j]
    skin = places[:FIRST_IRIS]
    partners = places[PARTNER[:FIRST_IRIS]].conj()
    turn = np.vdot(partners - partners.mean(), skin - skin.mean())
    left = np.sqrt(-turn / abs(turn))  # mirrored at a line: z becomes −n² z̄, with n across the line
    if ((places[list(LEFT)].mean() - places[list(RIGHT)].mean()) * left.conjugate()).real < 0:
        left = -left
    return Mirror(complex(left), complex(skin.mean() + left**2 * partners.mean()))


def symmetric(landmarks: npt.NDArray[np.floating], mirror: Mirror) -> Doubles:
    """Return the average (478, 2) of the landmarks and those of the mirror image, px."""
    own = np.asarray(landmarks, np.float64)
    return np.asarray((own + mirror(own[PARTNER])) / 2)
