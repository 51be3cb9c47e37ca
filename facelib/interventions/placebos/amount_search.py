"""Search for the amount of a placebo that gives a pixel distance."""

from __future__ import annotations

from typing import Final

import numpy as np

from facelib.interventions.placebos.change import Box, Image, Placebo
from facelib.interventions.placebos.distance import rms, window

AIM: Final = 0.03  # relative distance at which the search stops
EVALUATIONS: Final = 24


class AmountSearch:
    """Finds amounts for one change of one picture; for growing distances it starts from the last answer."""

    def __init__(self, image: Image, box: Box, change: Placebo) -> None:
        self.image, self.box, self.change = image, box, change
        self.window = window(image.shape[:2], box)
        self.inside = np.ascontiguousarray(image[self.window])
        self.last = (0.0, 0.0, image)  # largest amount so far, its distance and picture

    def reach(self, wanted: float) -> tuple[float, Image]:
        """Return the amount whose distance is `wanted`, or the nearest admissible one, and its picture.

        The distance grows roughly like a power of the amount: each guess follows the power law through both
        ends of the bracket, and stays off the ends so that the bracket shrinks.
        """
        low, low_distance, _ = best = self.last
        high, high_distance = self.change.most, np.inf
        guess = min(high, low * wanted / low_distance) if low else high / 8
        for _ in range(EVALUATIONS):
            picture = self.change.picture(self.image, self.box, guess)
            distance = rms(self.inside, picture[self.window])
            if abs(distance - wanted) < abs(best[1] - wanted):
                best = (guess, distance, picture)
            if abs(distance - wanted) <= AIM * wanted or (guess >= self.change.most and distance < wanted):
                break
            if distance < wanted:
                low, low_distance = guess, distance
            else:
                high, high_distance = guess, distance
            guess = next_guess(low, low_distance, high, high_distance, wanted)
            if high - low <= 1e-6 * high:
                break
        if best[0] >= self.last[0]:
            self.last = best
        return best[0], best[2]


def next_guess(low: float, low_distance: float, high: float, high_distance: float, wanted: float) -> float:
    """Return the next amount to try, in (low, high], from both ends of a bracket and their distances."""
    if not np.isfinite(high_distance):  # nothing above yet: the distance is at most about proportional
        return min(high, low * min(wanted / low_distance * 1.05, 8.0) if low_distance > 0 else high)
    if low_distance <= 0:
        return low + (high - low) * float(np.clip(wanted / high_distance, 0.1, 0.9))
    share = (np.log(wanted) - np.log(low_distance)) / (np.log(high_distance) - np.log(low_distance))
    return float(np.exp(np.log(low) + np.clip(share, 0.05, 0.95) * (np.log(high) - np.log(low))))
