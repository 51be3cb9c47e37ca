"""Validity of split-face reading: face units of halves and of the whole face, against those of the mesh.

Rendered heads of which one side moves less are shown as photographs: landmarks are found in the picture.
Truth is the activation that was set for a side. The readings have another scale, so a straight line from
reading to truth is fitted to all other people, and a person's errors are those of that line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError
from facelib.faces import EXPRESSIONS, PALSY_LEVELS, Face, Head, find_landmarks, sample_heads
from facelib.head.expressions import SPLIT, expand
from facelib.interventions.symmetry import Symmetrise
from facelib.properties.activation import SIDED
from facelib.studies.halves import SIDES, WHOLE, read_halves
from facelib.utilities.checks import whole
from facelib.utilities.progress import Report, reporting

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]

TABLE: Final = Path(__file__).with_name("halves_validity.csv")
PEOPLE, SIZE, SEED = 40, 224, 20261201
RESAMPLES: Final = 4999
LEVELS: Final = tuple(level.movement for level in PALSY_LEVELS)
"""Shares of its movement that the weak side has left: those of `facelib.faces.PALSY_LEVELS`, no droop."""
MOVEMENTS: Final[Mapping[str, Mapping[str, float]]] = MappingProxyType(
    {name: recipe for name, recipe in EXPRESSIONS["tuned"].items() if name != "neutral"}
    | {
        "brows raised": MappingProxyType(expand({"browInnerUp": 1.0, "browOuterUp": 1.0})),
        "eyes closed": MappingProxyType(expand({"eyeBlink": 1.0})),
    }
)
"""What faces do: the six expressions, and two movements for units that these lack (our choice)."""
QUICK: Final = (4, "eyes closed")
"""People and movement with rows of their own: a part of the table that is measured anew in seconds."""
ALL: Final = "all"
SIDE, DIFFERENCE = "side", "left - right"
BETTER, WORSE, OPEN = "halves", "whole", "can't be told"

VALIDITY_COLUMNS: Final = {
    "movements": "all of MOVEMENTS in which the unit is active, or one of them",
    "unit": "face unit without its side; all: mean over the sided ones",
    "sided": "whether the network has one such unit for each side; if not, the whole face's one number "
    "stands for both",
    "of": "side: the activation of a side, both sides alike; left - right: their difference in one face",
    "people": "rendered people",
    "n": "number of values",
    "mae_blind": "mean absolute error of the others' mean truth, which reads nothing",
    "mae_whole": "mean absolute error of the whole face's reading, by a straight line fitted to the others",
    "mae_halves": "that of the halves' reading",
    "gain": "mae_whole - mae_halves: positive where halves are better",
    "gain_low": "lower end of its 95 % interval: percentiles over resampled people, for fixed lines",
    "gain_high": "upper end",
    "answer": "halves, whole: which has the smaller error, if the interval has one sign; can't be told: "
    "otherwise. One unit at a time, not corrected for their number",
    "r_whole": "correlation of the whole face's reading with the truth, over people, movements and levels",
    "r_halves": "that of the halves' reading",
    "r_gain_low": "lower end of the 95 % interval of r_halves - r_whole",
    "r_gain_high": "upper end",
    "slope_whole": "reading per unit of truth of the whole face: least squares, scale of the network",
    "slope_halves": "that of the halves",
    "slope_gain_low": "lower end of the 95 % interval of slope_halves - slope_whole",
    "slope_gain_high": "upper end",
}
"""Columns of the table, with their meaning."""


def validity_heads(people: int = PEOPLE, seed: int = SEED) -> list[Head]:
    """Return adults with a neutral face, frontal in symmetric light.

    They are as asymmetric as people are (0 to half of our scale), and will move with 40 to 100 % of our
    movements (our choice).
    """
    return [
        head.replace(pose=(0, 0, 0), light="frontal")
        for head in sample_heads(
            people, seed, expressions=("neutral",), stratify=("age", "gender", "skin_tone"),
            also={"intensity": (0.4, 1.0), "asymmetry": (0.0, 0.5)},
        )
    ]  # fmt: skip


def readings(
    heads: Sequence[Head],
    movements: Sequence[str] = tuple(MOVEMENTS),
    *,
    size: int = SIZE,
    progress: bool | Report | None = None,
) -> pd.DataFrame:
    """Return what was set, and what was read from the whole face and from its halves.

    Of each person and movement three levels of weakness are shown, every other of `LEVELS`; the next
    movement has the others. The weak side is that of the person: left, right, left … A picture in which the
    head is taken for turned too far is left out.

    Parameters
    ----------
    heads
        As `validity_heads` returns them.
    movements
        Of `MOVEMENTS`.
    size
        Of the pictures, px.
    progress
        True for a progress bar, or a function called with the `Progress`, which counts people.

    Returns
    -------
    pandas.DataFrame
        One row per picture, unit that is active in its movement, and side: person, movement, level (share
        left to the weak side), unit, side, truth, whole, halves.

    Raises
    ------
    BadValueError
        If a movement isn't one of `MOVEMENTS`.
    """
    import pandas as pd

    if others := [name for name in movements if name not in MOVEMENTS]:
        msg = f"Expected movements out of {', '.join(MOVEMENTS)}; got {', '.join(map(repr, others))}."
        raise BadValueError(msg)
    rows: list[dict[str, Any]] = []
    with reporting(progress, len(heads), unit="person") as report:
        for person, head in enumerate(heads):
            weak = SIDES[person % 2]
            for movement in movements:
                first = (person // 2 + list(MOVEMENTS).index(movement)) % 2
                for level in LEVELS[first::2]:
                    shown = head.replace(expression=MOVEMENTS[movement], **{weak: level})
                    about = {"person": person, "movement": movement, "level": level}
                    rows += [about | row for row in _of_face(shown, size)]
            report.at(person + 1)
    return pd.DataFrame(rows)


def _of_face(head: Head, size: int) -> Iterator[dict[str, Any]]:
    drawn = head.render(size)
    seen = Face(drawn.image, drawn.box, drawn.eyes, find_landmarks(drawn.image, drawn.box, drawn.eyes))
    if Symmetrise("left").unfit(seen):
        return
    units = read_halves(seen, ()).units.set_index(["half", "unit"])["activation"]
    for place, side in enumerate(SIDES):
        for unit in (*SIDED, *SPLIT):
            name = f"{unit}{side.capitalize()}" if unit in SIDED else unit
            if head.recipe.get(name, 0.0) > 0:
                yield {
                    "unit": unit,
                    "side": side,
                    "truth": head.units[name][place],
                    "whole": units[WHOLE, name],
                    "halves": units[side, name],
                }


def validity(table: pd.DataFrame, movements: str = ALL, *, seed: int = SEED) -> pd.DataFrame:
    """Return how well units are recognised from halves and from whole faces, `VALIDITY_COLUMNS`.

    Parameters
    ----------
    table
        From `readings`, of two people or more.
    movements
        What to call what they did.
    seed
        Of the resamples.
    """
    import pandas as pd

    people = whole("Readings of 2 people or more are needed", int(table["person"].nunique()), 2)
    draws = np.random.default_rng(seed).multinomial(people, np.full(people, 1 / people), RESAMPLES)
    rows: list[dict[str, Any]] = []
    errors: dict[str, list[Floats]] = {SIDE: [], DIFFERENCE: []}
    for unit, own in table.groupby("unit", sort=False):
        sides = {side: part.set_index(["person", "movement", "level"]) for side, part in own.groupby("side")}
        numbers = ["truth", "whole", "halves"]
        parted = (sides["left"][numbers] - sides["right"][numbers]).reset_index()
        for of, values in ((SIDE, own), (DIFFERENCE, parted)):
            read = [_Read.of(values, name) for name in ("whole", "halves")]
            error = np.stack([_blind(values), *(one.error for one in read)])
            if unit in SIDED:
                errors[of].append(error)
            about = {"unit": unit, "sided": unit in SIDED, "of": of, "n": len(values)}
            rows.append(about | _errors(error, draws) | _lines(read, draws))
    for of, each in errors.items():
        if len(each) > 1:
            error = np.mean(each, axis=0)
            rows.append({"unit": ALL, "sided": True, "of": of, "n": len(each)} | _errors(error, draws))
    found = pd.DataFrame(rows).assign(movements=movements, people=people)
    return found.reindex(columns=list(VALIDITY_COLUMNS))


def load_halves_validity() -> pd.DataFrame:
    """Return the shipped table of 40 rendered people, `VALIDITY_COLUMNS`: halves or the whole face, by unit.

    Made by ``benchmarks/halves_validity.py``. Rendered heads are no patients.
    """
    import pandas as pd

    table = pd.read_csv(TABLE)
    return table[table["movements"] == ALL].reset_index(drop=True)


class _Read:
    """One reading of a unit: sums of every person, from which lines and correlations are made."""

    def __init__(self, person: npt.NDArray[np.int64], truth: Floats, read: Floats) -> None:
        spread = float(read.std())
        self.scale = spread if spread > 0 else 1.0
        self.x = (read - read.mean()) / self.scale  # scores of a millionth are numbers, too
        self.truth, self.person = truth, person
        y = truth - truth.mean()
        self.shift = float(truth.mean())
        parts = (np.ones_like(y), self.x, y, self.x**2, y**2, self.x * y)
        self.sums = np.stack([np.bincount(person, part) for part in parts], axis=1)

    @classmethod
    def of(cls, values: pd.DataFrame, name: str) -> _Read:
        """Return the reading of that name."""
        person = np.unique(values["person"], return_inverse=True)[1]
        return cls(person, values["truth"].to_numpy(float), values[name].to_numpy(float))

    @property
    def error(self) -> Floats:
        """Mean absolute error of each person, by the line that fits all others."""
        n, x, y, xx, _, xy = (self.sums.sum(axis=0) - self.sums).T
        spread = n * xx - x**2
        flat = spread <= 1e-9 * n**2
        slope = np.where(flat, 0.0, (n * xy - x * y) / np.where(flat, 1.0, spread))
        start = (y - slope * x) / n
        told = start[self.person] + slope[self.person] * self.x + self.shift
        return np.bincount(self.person, np.abs(told - self.truth)) / self.sums[:, 0]

    def lines(self, weights: npt.NDArray[np.integer]) -> tuple[Floats, Floats]:
        """Return correlation and slope (reading on truth) for counts of each person (draws, people)."""
        n, x, y, xx, yy, xy = (weights @ self.sums).T
        together, of_x, of_y = n * xy - x * y, n * xx - x**2, n * yy - y**2
        with np.errstate(divide="ignore", invalid="ignore"):
            return together / np.sqrt(of_x * of_y), self.scale * together / of_y


def _blind(values: pd.DataFrame) -> Floats:
    """Return each person's mean absolute error if the others' mean is taken for the truth."""
    nothing = values.assign(nothing=0.0)
    return _Read.of(nothing, "nothing").error


def _errors(error: Floats, draws: npt.NDArray[np.integer]) -> dict[str, Any]:
    """Return mean errors, and their difference, of (blind, whole, halves) × people."""
    blind, whole_face, halves = error.mean(axis=1)
    gain = error[1] - error[2]
    low, high = np.quantile(draws @ gain / len(gain), [0.025, 0.975])
    return {
        "mae_blind": blind,
        "mae_whole": whole_face,
        "mae_halves": halves,
        "gain": gain.mean(),
        "gain_low": low,
        "gain_high": high,
        "answer": BETTER if low > 0 else WORSE if high < 0 else OPEN,
    }


def _lines(read: Sequence[_Read], draws: npt.NDArray[np.integer]) -> dict[str, float]:
    """Return correlations and slopes of (whole, halves), with intervals of what halves add to them."""
    once = np.ones((1, draws.shape[1]), np.int64)
    found: dict[str, float] = {}
    for place, name in enumerate(("r", "slope")):
        (whole_face,), (halves,) = (one.lines(once)[place] for one in read)
        low, high = np.quantile(read[1].lines(draws)[place] - read[0].lines(draws)[place], [0.025, 0.975])
        found |= {f"{name}_whole": whole_face, f"{name}_halves": halves}
        found |= {f"{name}_gain_low": low, f"{name}_gain_high": high}
    return found
