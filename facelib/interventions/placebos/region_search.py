"""Search for the amount of a placebo in each quarter of the face box; quarters are joined smoothly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from facelib.interventions.placebos.amount_search import AIM, next_guess
from facelib.interventions.placebos.change import Box, Floats, Image, Placebo, quantised
from facelib.interventions.placebos.distance import Window, quarters, region_distances, window

Four = npt.NDArray[np.float64]

SEAM: Final = 0.1  # half the width, in boxes, over which one quarter's amount fades into the next one's
RUNGS: Final = 11  # amounts tried beforehand, each half of the one before
ROUNDS: Final = 24
NARROW: Final = 0.02  # relative width at which a bracket that holds nothing is given up


class RegionSearch:
    """Finds four amounts for one change of one picture, by a bracket for each quarter.

    Every quarter shows the change by its own amount; around the middle lines of the box one amount fades into
    the other. The fade lies in the quarter that has to change more, so that one that has to stay does, and
    what one quarter needs hardly depends on the others.
    """

    def __init__(self, image: Image, box: Box, change: Placebo) -> None:
        self.image, self.box, self.change = image, np.asarray(box, np.float64), change
        self.rungs = np.append(0.0, change.most * 0.5 ** np.arange(RUNGS)[::-1])
        pictures = (change.picture(image, box, amount) for amount in self.rungs.tolist())
        told = np.stack([region_distances(image, picture, box) for picture in pictures])
        self.told = np.maximum.accumulate(told)
        self.gain = np.ones(4)  # how much more the seams took than `_first` says, at the last distances

    def reach(self, wanted: Four) -> tuple[Four, Image]:
        """Return the amounts (4,) whose distances come nearest to `wanted` (4,), and the picture.

        A quarter that can't be reached takes the largest admissible amount.
        """
        if not wanted.any():
            return np.zeros(4), self.image
        weights = shares(self.image.shape[:2], self.box, wanted)
        first = np.array([self._first(quarter, distance) for quarter, distance in enumerate(wanted.tolist())])
        largest = self.change.most
        guesses = np.minimum(first * self.gain, largest)
        brackets = [
            _Bracket(distance, largest, guess)
            for distance, guess in zip(wanted.tolist(), guesses.tolist(), strict=True)
        ]
        best, least = (np.zeros(4), self.image), np.inf
        changed: dict[float, Image] = {}
        for _ in range(ROUNDS):
            amounts = np.array([bracket.guess for bracket in brackets])
            changed = {
                amount: changed[amount]
                if amount in changed
                else self.change.picture(self.image, self.box, amount)
                for amount in amounts.tolist()
            }
            picture = _joined([changed[amount] for amount in amounts.tolist()], weights)
            distances = region_distances(self.image, picture, self.box)
            miss = float(np.abs(distances - wanted).sum())
            if miss < least:
                best, least = (amounts, picture), miss
            for bracket, distance in zip(brackets, distances.tolist(), strict=True):
                bracket.tell(distance)
            if all(bracket.done for bracket in brackets):
                break
        inside = (first > 0) & (best[0] > 0) & (best[0] < largest)
        self.gain = np.where(inside, best[0] / np.where(inside, first, 1), self.gain)
        return best

    def _first(self, quarter: int, wanted: float) -> float:
        """Return the amount that would give a distance if the whole picture changed by it."""
        ladder = self.told[:, quarter]
        above = int(np.searchsorted(ladder, wanted))
        if above == len(ladder):
            return float(self.rungs[-1])
        if above == 0:
            return 0.0
        ends = (self.rungs[above - 1], ladder[above - 1], self.rungs[above], ladder[above])
        return next_guess(*ends, wanted)


@dataclass
class _Bracket:
    """Between which amounts that of one quarter lies, and which is tried next."""

    wanted: float
    largest: float
    guess: float
    low: float = 0.0
    low_distance: float = 0.0
    high: float = 0.0
    high_distance: float = np.inf
    done: bool = False

    def tell(self, distance: float) -> None:
        """Take the distance that the guess gave, and make the next guess."""
        short = distance < self.wanted
        near = abs(distance - self.wanted) <= AIM * self.wanted
        self.done = near or (self.guess >= self.largest if short else self.guess <= 0)
        if self.done:
            return
        if short:
            self.low, self.low_distance = self.guess, distance
            if self.guess > self.high * (1 - NARROW):  # a neighbour's amount has changed since: look anew
                self.high_distance = np.inf
        else:
            self.high, self.high_distance = self.guess, distance
            if self.guess < self.low * (1 + NARROW):
                self.low = self.low_distance = 0.0
        high = self.high if np.isfinite(self.high_distance) else self.largest
        self.guess = next_guess(self.low, self.low_distance, high, self.high_distance, self.wanted)


def _joined(pictures: list[Image], weights: list[tuple[Window, Floats]]) -> Image:
    joined = np.zeros(pictures[0].shape, np.float32)
    for picture, (where, weight) in zip(pictures, weights, strict=True):
        joined[where] += weight * picture[where]
    return quantised(joined)


def shares(size: tuple[int, ...], box: Box, wanted: Four) -> list[tuple[Window, Floats]]:
    """Return what share of the picture shows each quarter's amount.

    Parameters
    ----------
    size
        Height and width of the picture, px.
    box
        px (4,), face box.
    wanted
        (4,) distances: the seams lie in the quarters with the larger ones.

    Returns
    -------
    list
        For each of `REGIONS`: rows and columns outside of which the share is 0, and the shares inside,
        float32 (h, w, 1). All four add up to 1 everywhere, outside of the box too.
    """
    rows, columns = window(size, box)
    (upper_half, left_half), *_ = quarters(size, box)
    down = _places(size[0], upper_half.stop - 0.5, rows.stop - rows.start)[:, None]
    right = _places(size[1], left_half.start - 0.5, columns.stop - columns.start)[None, :]
    upper_left, upper_right, lower_left, lower_right = wanted.tolist()
    low, left = _step(down), _step(right)  # the person's left is on the right of the picture
    into_upper = left * _lean(upper_left, lower_left) + (1 - left) * _lean(upper_right, lower_right)
    into_left = (1 - low) * _lean(upper_left, upper_right) + low * _lean(lower_left, lower_right)
    low, left = _step(down + into_upper), _step(right - into_left)
    upper, other = 1 - low, 1 - left
    return [_cut(share) for share in (upper * left, upper * other, low * left, low * other)]


def _places(pixels: int, middle: float, length: int) -> npt.NDArray[np.float64]:
    """Return how far pixels lie from a middle line, in half widths of its seam."""
    return (np.arange(pixels, dtype=np.float64) - middle) / max(SEAM * length, 1.0)


def _step(t: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Rise smoothly from 0 at -1 to 1 at 1."""
    x = np.clip((t + 1) / 2, 0, 1)
    return x * x * (3 - 2 * x)


def _lean(one: float, other: float) -> float:
    """Return how much more one wants than the other, in [-1, 1]."""
    return (one - other) / (one + other) if one + other else 0.0


def _cut(share: npt.NDArray[np.float64]) -> tuple[Window, Floats]:
    rows, columns = np.flatnonzero(share.any(axis=1)), np.flatnonzero(share.any(axis=0))
    where = slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
    return where, share[where][:, :, None].astype(np.float32)
