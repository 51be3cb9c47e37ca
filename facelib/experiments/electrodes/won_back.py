"""Share of the accuracy lost to electrodes that a restoration wins back, with its interval over people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from facelib.experiments.electrodes.restoration import WITH, WITHOUT, RestorationRun

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]

ALL: Final = "all"
RESAMPLES: Final = 2000
LEAST: Final = 0.02
"""Of accuracy or probability: a smaller loss is none to win back."""

ACCURACY_COLUMNS: Final = {
    "worn": "name of what is worn, a key of WORN",
    "expression_set": "facs or tuned",
    "classifier": "id of the classifier, or all: every reading counts once",
    "method": "that took electrodes off",
    "n": "people who show an expression that the classifier knows",
    "accuracy_without": "share named as meant, without electrodes",
    "accuracy_with": "the same with electrodes",
    "accuracy_restored": "the same after they were taken off",
    "won_back": "(restored - with) / (without - with); NaN if less than .02 was lost",
    "low": "lower end of its 95 % interval, bootstrap over people (percentiles); NaN if some lost nothing",
    "high": "upper end of it",
    "probability_without": "mean probability of the expression that is shown, without electrodes",
    "probability_with": "the same with electrodes",
    "probability_restored": "the same after they were taken off",
    "probability_won_back": "as won_back, of the probability",
    "probability_low": "lower end of its interval",
    "probability_high": "upper end of it",
}
"""Columns of `won_back_table`, with their meaning."""

LIKENESS_COLUMNS: Final = {
    "worn": "name of what is worn",
    "expression_set": "facs or tuned",
    "picture": "with, or the method that took electrodes off",
    "measure": "name of what is measured, a column of PICTURE_COLUMNS",
    "n": "people",
    "mean": "over people",
    "low": "lower end of its 95 % interval (BCa from 20 people on, else Student's t)",
    "high": "upper end of it",
}
"""Columns of `likeness_table`."""

MEASURES: Final = ("error", "error_share", "shift", "ssim_inside", "ssim_outside", "taken_off", "too_much")


def won_back_table(run: RestorationRun, *, n_bootstrap: int = RESAMPLES, seed: int = 0) -> pd.DataFrame:
    """Return accuracies without, with and after, and the share of the loss that was won back.

    Parameters
    ----------
    run
        Of `restoration_study`.
    n_bootstrap, seed
        Resamples of people, and their seed.

    Returns
    -------
    pandas.DataFrame
        One row per worn, expression set, classifier ("all" last) and method; `ACCURACY_COLUMNS`.
    """
    import pandas as pd

    rows = []
    every = pd.concat([run.readings, run.readings.assign(classifier=ALL)], ignore_index=True)
    for key, cells in every.groupby(["worn", "expression_set", "classifier"], sort=False):
        keys = dict(zip(("worn", "expression_set", "classifier"), key, strict=True))
        sums = {
            value: cells.pivot_table(index="person", columns="picture", values=value, aggfunc="sum")
            for value in ("right", "probability")
        }
        counts = cells[cells["picture"] == WITHOUT].groupby("person").size().to_numpy(float)
        draws = _draws(len(counts), n_bootstrap, seed)
        for name in run.settings["methods"]:
            row: dict[str, Any] = keys | {"method": name, "n": len(counts)}
            for value, prefix, word in (
                ("right", "", "accuracy"),
                ("probability", "probability_", "probability"),
            ):
                three = sums[value][[WITHOUT, WITH, name]].to_numpy(float)
                means = three.sum(axis=0) / counts.sum()
                low, high = _interval((draws @ three) / (draws @ counts)[:, None])
                row |= {
                    f"{word}_{end}": mean
                    for end, mean in zip(("without", "with", "restored"), means, strict=True)
                }
                row |= {f"{prefix}won_back": _share(means), f"{prefix}low": low, f"{prefix}high": high}
            rows.append(row)
    return pd.DataFrame(rows, columns=list(ACCURACY_COLUMNS))


def likeness_table(run: RestorationRun) -> pd.DataFrame:
    """Return the means over people of the likeness of pictures; `LIKENESS_COLUMNS`."""
    import pandas as pd

    from facelib.stats.effects.bootstrap import mean_distribution

    rows = []
    for key, cells in run.pictures.groupby(["worn", "expression_set", "picture"], sort=False):
        keys = dict(zip(("worn", "expression_set", "picture"), key, strict=True))
        for measure in MEASURES:
            values = cells[measure].to_numpy(float)
            values = values[np.isfinite(values)]
            if len(values):
                distribution = mean_distribution(values)
                low, high = distribution.interval()
                rows.append(
                    keys
                    | {"measure": measure, "n": len(values), "mean": float(distribution.mean[0]),
                       "low": float(low[0]), "high": float(high[0])}
                )  # fmt: skip
    return pd.DataFrame(rows, columns=list(LIKENESS_COLUMNS))


def _draws(n: int, count: int, seed: int) -> Floats:
    """Return how often each of n people is in each resample, (count, n)."""
    return np.random.default_rng([seed, 8]).multinomial(n, np.full(n, 1 / n), size=count).astype(np.float64)


def _share(means: Floats) -> float:
    """Return the share won back from means without, with and restored."""
    without, worn, restored = means
    return float((restored - worn) / (without - worn)) if without - worn >= LEAST else float("nan")


def _interval(means: Floats) -> tuple[float, float]:
    """Return the 95 % interval of the share from resampled means (B, 3); NaN if some lost nothing."""
    lost = means[:, 0] - means[:, 1]
    if np.quantile(lost, 0.025) <= 0:
        return float("nan"), float("nan")
    shares = (means[:, 2] - means[:, 1])[lost > 0] / lost[lost > 0]
    low, high = np.quantile(shares, (0.025, 0.975))
    return float(low), float(high)
