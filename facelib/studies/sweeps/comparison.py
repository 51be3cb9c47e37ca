"""Two sweeps beside each other: how much more one changes an output than the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from facelib import stats
from facelib.errors import BadValueError
from facelib.stats.effects.equivalence import NO_FALL
from facelib.studies.sweeps.effects import lowest

if TYPE_CHECKING:
    from facelib.studies.sweeps.sweep import Sweep

COLUMNS: Final = {
    "classifier": "id of the classifier",
    "label": "the class of interest",
    "start_first": "output at strength 0 in the first sweep: a probability, or a value",
    "end_first": "output at strength 1 in the first sweep",
    "change_first": "end minus start in the first sweep",
    "start_second": "output at strength 0 in the second sweep",
    "end_second": "output at strength 1 in the second sweep",
    "change_second": "end minus start in the second sweep",
    "difference": "change of the second minus change of the first",
    "low": "lower end of the central 90 % of the difference over both pictures and copies shaken alike",
    "high": "upper end of it",
    "delta": "margin, set before the run",
    "verdict": "differ, do not differ, or cannot tell: [low, high] against ± delta; too little to lose: they "
    "do not differ, and neither output has delta at strength 0",
}
"""Columns of what `compare` returns, with their meaning."""

DIFFER: Final = {"changes": "differ", "does not change": "do not differ"}


def compare(first: Sweep, second: Sweep, label: str, *, delta: float) -> pd.DataFrame:
    """Return the change of one class in the second sweep minus that in the first.

    Parameters
    ----------
    first, second
        Sweeps of the same seed, whose copies are shaken alike.
    label
        A class of interest.
    delta
        Margin in probability, or in the units of a value, set before the run.

    Returns
    -------
    pandas.DataFrame
        One row per classifier that read both and has the class, with the columns of `COLUMNS`.

    Raises
    ------
    BadValueError
        If copies of the two were shaken otherwise, or no classifier read both.
    """
    both = [name for name in first.readings if name in second.readings]
    if not both:
        msg = f"Sweeps are compared by classifiers that read both; got {_names(first)} and {_names(second)}."
        raise BadValueError(msg)
    if first.seed != second.seed or any(_copies(first, name) != _copies(second, name) for name in both):
        msg = (
            "Two sweeps are compared by copies that were shaken alike: give both the same seed and number of "
            f"replicates; got seeds {first.seed} and {second.seed}."
        )
        raise BadValueError(msg)
    rows = [
        _row(first, second, (name, name), label, delta)
        for name in both
        if first.readings[name].classifier.index_of(label) is not None
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def compare_networks(sweep: Sweep, first: str, second: str, label: str, *, delta: float) -> pd.DataFrame:
    """Return the change of one class for a second classifier minus that for a first one, in one sweep.

    Parameters
    ----------
    sweep
        What both read.
    first, second
        Ids of two of its classifiers.
    label
        A class that both have.
    delta
        As for `compare`.

    Returns
    -------
    pandas.DataFrame
        One row with the columns of `COLUMNS`, under the name of the second; none if one hasn't the class.
    """
    has = [sweep.readings[name].classifier.index_of(label) is not None for name in (first, second)]
    rows = [_row(sweep, sweep, (first, second), label, delta)] if all(has) else []
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _names(sweep: Sweep) -> str:
    return ", ".join(sweep.readings)


def _copies(sweep: Sweep, name: str) -> int:
    return len(sweep.replicates[name])


def _row(first: Sweep, second: Sweep, names: tuple[str, str], label: str, delta: float) -> dict[str, Any]:
    values: dict[str, float] = {}
    shaken = []
    for word, sweep, name in zip(("first", "second"), (first, second), names, strict=True):
        column = sweep.readings[name].classifier.index_of(label)
        series = sweep.series(name, label)
        values |= {f"start_{word}": float(series[0]), f"end_{word}": float(series[-1])}
        values[f"change_{word}"] = float(series[-1] - series[0])
        copies = sweep.replicates[name][:, :, column].astype(np.float64)
        shaken.append(copies[:, 1] - copies[:, 0])
    difference = values["change_second"] - values["change_first"]
    found = stats.local_verdict(shaken[1] - shaken[0], delta=delta, shown=difference)
    verdict = DIFFER.get(found.verdict, found.verdict)
    starts = max(values["start_first"], values["start_second"])
    if found.verdict == "does not change" and starts - lowest(first, names[0], label) < delta:
        verdict = NO_FALL
    ends = {"low": found.interval[0], "high": found.interval[1], "delta": delta}
    named = {"classifier": names[1], "label": label, "difference": difference, "verdict": verdict}
    return named | values | ends
