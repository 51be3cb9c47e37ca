"""Scales of outputs that are no probabilities: valence, action units, age, a grade."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from facelib.errors import BadValueError, answers_misspelt

if TYPE_CHECKING:
    from facelib.classifiers.classifier import Classifier


@answers_misspelt("a scale")
@dataclass(frozen=True)
class Scale:
    """The scale of an output that is a value and no probability: a regression.

    Parameters
    ----------
    unit
        In words, as it stands behind a number: "years", "points"; "" if it has none.
    low, high
        Ends that the network can't leave, such as those of a tanh or a scaled sigmoid; without them the
        output has no bounds. Ends of the labels it was trained on are none: a linear layer goes beyond.

    Raises
    ------
    BadValueError
        The unit is no word, or the ends aren't two numbers, the lower one first.

    Examples
    --------
    >>> Scale("years").bounded, Scale("", -1, 1).span, str(Scale("points", 0, 5))
    (False, 2.0, 'points, 0 … 5')
    """

    unit: str = ""
    low: float = -math.inf
    high: float = math.inf

    def __post_init__(self) -> None:
        if not isinstance(self.unit, str) or not self.unit.isprintable() or len(self.unit) > 40:
            msg = f"A unit is a word or two, such as 'years' or 'points'; got {self.unit!r:.60}."
            raise BadValueError(msg)
        ends = (self.low, self.high)
        numbers = all(isinstance(end, int | float) and not isinstance(end, bool) for end in ends)
        if not numbers or not self.low < self.high or math.isinf(self.low) != math.isinf(self.high):
            msg = (
                "A scale has both ends, the lower one first, as Scale('points', 0, 5), or none, as "
                f"Scale('years'); got {self.low!r}, {self.high!r}."
            )
            raise BadValueError(msg)

    @property
    def bounded(self) -> bool:
        """Whether it has ends."""
        return math.isfinite(self.low)

    @property
    def span(self) -> float:
        """Distance of its ends, the most that an output can change; infinite without them."""
        return float(self.high - self.low)

    @property
    def bounds(self) -> tuple[float, float] | None:
        """Its ends; None without them."""
        return (float(self.low), float(self.high)) if self.bounded else None

    @property
    def settings(self) -> dict[str, Any]:
        """Unit and bounds, as a study stores them."""
        return {"unit": self.unit, "bounds": None if self.bounds is None else list(self.bounds)}

    def __str__(self) -> str:
        ends = f"{self.low:g} … {self.high:g}".replace("-", "−") if self.bounded else "without bounds"
        return f"{self.unit}, {ends}" if self.unit else ends


def scale_of(models: Iterable[Classifier], label: str) -> Scale | None:
    """Return the scale that an output has in all classifiers that have it; None of a probability.

    Raises
    ------
    BadValueError
        It has different ones: their numbers can't stand beside each other.
    """
    having = [model for model in models if model.index_of(label) is not None]
    found = {model.id: model.scales.get(label) for model in having}
    if len(set(found.values())) > 1:
        listed = "; ".join(f"{name}: {scale or 'a probability'}" for name, scale in found.items())
        msg = (
            f"{label!r} isn't on one scale in all classifiers that have it ({listed}). Give outputs on "
            "different scales different labels, or leave one of these classifiers out."
        )
        raise BadValueError(msg)
    return next(iter(found.values()), None)
