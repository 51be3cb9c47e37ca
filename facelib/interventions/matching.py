"""Reference sweeps: harmless changes whose pixel distance equals the intervention's at every strength."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError
from facelib.faces import Face
from facelib.interventions.reference import KINDS, kind_of
from facelib.interventions.reference_change import Box, Image, ReferenceChange

TOLERANCE: Final = 0.10  # relative distance within which a strength counts as matched
AIM: Final = 0.03  # relative distance at which the search stops
EVALUATIONS: Final = 24
REGIONS: Final = ("upper left", "upper right", "lower left", "lower right")
"""Quarters of the face box; left and right are the person's own."""


@dataclass(frozen=True, eq=False)
class MatchedSweep:
    """One harmless change at n strengths, matched to given pixel distances.

    Attributes
    ----------
    kind
        Id of the change: "blur", "shift" …
    change
        The change with its direction.
    images
        uint8 (n, H, W, 3).
    amounts
        float64 (n,), in the change's unit.
    distances
        float64 (n,): RMS grey-level differences inside the box that were reached.
    reached
        bool (n,): within 10 % of what was asked. Else the amount is the largest admissible.
    regions
        float64 (n, 4): the distance in each quarter of the box, ordered as `REGIONS`.
    """

    kind: str
    change: ReferenceChange
    images: Image
    amounts: npt.NDArray[np.float64]
    distances: npt.NDArray[np.float64]
    reached: npt.NDArray[np.bool_]
    regions: npt.NDArray[np.float64]


def pixel_distance(a: Image, b: Image, box: Box) -> float:
    """Return the root mean square difference of two pictures inside a box, in grey levels (0 … 255).

    Parameters
    ----------
    a, b
        uint8 (H, W, 3) each.
    box
        px (4,): the face box of strength 0.

    Raises
    ------
    BadValueError
        If the shapes differ or no pixel lies in the box.

    Examples
    --------
    >>> white, grey = np.full((8, 8, 3), 255, np.uint8), np.full((8, 8, 3), 250, np.uint8)
    >>> pixel_distance(white, grey, np.array([2.0, 2.0, 6.0, 6.0]))
    5.0
    """
    if a.shape != b.shape:
        msg = f"Pictures of one size are compared; got {a.shape} and {b.shape}."
        raise BadValueError(msg)
    window = _window(a.shape[:2], box)
    return _rms(a[window], b[window])


def region_distances(a: Image, b: Image, box: Box) -> npt.NDArray[np.float64]:
    """Return the distance in the four quarters of the box, (4,), ordered as `REGIONS`."""
    rows, columns = _window(a.shape[:2], box)
    middle_row, middle_column = (rows.start + rows.stop) // 2, (columns.start + columns.stop) // 2
    halves = [slice(rows.start, middle_row), slice(middle_row, rows.stop)]
    # The person's left is on the right of the picture.
    sides = [slice(middle_column, columns.stop), slice(columns.start, middle_column)]
    return np.array([_rms(a[half, side], b[half, side]) for half in halves for side in sides])


def matched_sweep(
    face: Face, distances: npt.ArrayLike, kind: str | ReferenceChange, seed: int | np.random.Generator = 0
) -> MatchedSweep:
    """Change a picture harmlessly, by as much as `distances` say at every strength.

    Parameters
    ----------
    face
        The unchanged face; its box counts.
    distances
        (n,) RMS grey-level differences to reach; 0 gives the original, bit for bit.
    kind
        Id of a harmless change, whose direction is drawn from `seed`; or one with its direction.
    seed
        Seed or generator of the direction.

    Raises
    ------
    BadValueError
        If a distance is negative or missing.
    UnknownNameError
        If there is no such kind.
    """
    wanted = _checked_distances(distances)
    change = kind_of(kind).draw(np.random.default_rng(seed)) if isinstance(kind, str) else kind
    search = _Search(face.image, face.box, change)
    found = {0.0: (0.0, face.image)}
    for distance in np.unique(wanted[wanted > 0]).tolist():
        found[distance] = search.reach(distance)
    amounts = np.array([found[distance][0] for distance in wanted.tolist()])
    images = np.stack([found[distance][1] for distance in wanted.tolist()])
    reached_distances = np.array([pixel_distance(face.image, image, face.box) for image in images])
    return MatchedSweep(
        kind=change.id,
        change=change,
        images=images,
        amounts=amounts,
        distances=reached_distances,
        reached=np.abs(reached_distances - wanted) <= TOLERANCE * wanted,
        regions=np.stack([region_distances(face.image, image, face.box) for image in images]),
    )


def reference_sweeps(
    face: Face,
    distances: npt.ArrayLike,
    n: int,
    seed: int = 0,
    first: int = 0,
    *,
    exclude: str | None = None,
) -> Iterator[MatchedSweep]:
    """Yield the matched reference sweeps number `first` … `n` - 1 of a face.

    The kinds take turns, each round in a new random order; every sweep has a fresh random direction. Number i
    is the same whatever `first` and `n` are: it follows from `seed` and `exclude`.

    Parameters
    ----------
    face, distances
        See `matched_sweep`.
    n
        Number of the last sweep plus one.
    seed
        Seed of orders and directions.
    first
        Number of the first sweep: those before it are there already.
    exclude
        Id of the intervention that is compared: a harmless change isn't compared with its own kind. The id
        of anything else leaves all kinds in.

    Raises
    ------
    BadValueError
        At the call, if a distance, number or seed makes no sense.
    """
    if not 0 <= first <= n or seed < 0:
        msg = (
            f"Reference sweeps are numbered 0 <= first <= n, with a seed >= 0; got {first}, {n}, seed {seed}."
        )
        raise BadValueError(msg)
    wanted = _checked_distances(distances)
    names = [name for name in KINDS if name != exclude]
    return (_numbered(face, wanted, names, number, seed) for number in range(first, n))


def _numbered(
    face: Face, wanted: npt.NDArray[np.float64], names: list[str], number: int, seed: int
) -> MatchedSweep:
    turn, place = divmod(number, len(names))
    order = np.random.default_rng([seed, 0, turn]).permutation(len(names))
    return matched_sweep(face, wanted, names[order[place]], np.random.default_rng([seed, 1, number]))


def _checked_distances(distances: npt.ArrayLike) -> npt.NDArray[np.float64]:
    wanted = np.asarray(distances, np.float64)
    if wanted.ndim != 1 or not len(wanted) or not (np.isfinite(wanted) & (wanted >= 0)).all():
        msg = f"Distances are (n,) grey-level differences of at least 0; got {distances!r}."
        raise BadValueError(msg)
    return wanted


class _Search:
    """Finds amounts for one change of one picture; for growing distances it starts from the last answer."""

    def __init__(self, image: Image, box: Box, change: ReferenceChange) -> None:
        self.image, self.box, self.change = image, box, change
        self.window = _window(image.shape[:2], box)
        self.inside = np.ascontiguousarray(image[self.window])
        self.last = (0.0, 0.0, image)  # largest amount so far, its distance and picture

    def reach(self, wanted: float) -> tuple[float, Image]:
        """Return the amount whose distance is `wanted`, or the nearest admissible one, and its picture.

        The distance grows roughly like a power of the amount: each guess follows the power law through both
        ends of the bracket, and stays off the ends so that the bracket shrinks.
        """
        low, low_distance, _ = best = self.last
        high, high_distance = self.change.largest, np.inf
        guess = min(high, low * wanted / low_distance) if low else high / 8
        for _ in range(EVALUATIONS):
            picture = self.change.picture(self.image, self.box, guess)
            distance = _rms(self.inside, picture[self.window])
            if abs(distance - wanted) < abs(best[1] - wanted):
                best = (guess, distance, picture)
            if abs(distance - wanted) <= AIM * wanted or (guess >= self.change.largest and distance < wanted):
                break
            if distance < wanted:
                low, low_distance = guess, distance
            else:
                high, high_distance = guess, distance
            guess = _between(low, low_distance, high, high_distance, wanted)
            if high - low <= 1e-6 * high:
                break
        if best[0] >= self.last[0]:
            self.last = best
        return best[0], best[2]


def _between(low: float, low_distance: float, high: float, high_distance: float, wanted: float) -> float:
    """Return the next guess in (low, high]."""
    if not np.isfinite(high_distance):  # nothing above yet: the distance is at most about proportional
        return min(high, low * min(wanted / low_distance * 1.05, 8.0) if low_distance > 0 else high)
    if low_distance <= 0:
        return low + (high - low) * float(np.clip(wanted / high_distance, 0.1, 0.9))
    share = (np.log(wanted) - np.log(low_distance)) / (np.log(high_distance) - np.log(low_distance))
    return float(np.exp(np.log(low) + np.clip(share, 0.05, 0.95) * (np.log(high) - np.log(low))))


def _window(size: tuple[int, ...], box: Box) -> tuple[slice, slice]:
    """Return the rows and columns of the pixels in a box."""
    x1, y1, x2, y2 = (round(float(value)) for value in box)
    rows, columns = slice(max(y1, 0), min(y2, size[0])), slice(max(x1, 0), min(x2, size[1]))
    if rows.stop - rows.start < 2 or columns.stop - columns.start < 2:
        msg = f"The face box covers at least 2 × 2 px of the picture; got {box} in {size[0]} × {size[1]} px."
        raise BadValueError(msg)
    return rows, columns


def _rms(a: Image, b: Image) -> float:
    return float(np.sqrt(cv2.norm(a, b, cv2.NORM_L2SQR) / a.size))
