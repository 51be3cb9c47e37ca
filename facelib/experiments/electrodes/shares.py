"""Shapley shares of muscle groups and regions in the change by all electrodes, over people.

The value of a coalition of groups is the mean probability of the expression that is meant, or the share that
is named as meant, with the electrodes of these groups attached. A group's Shapley value is what it adds to
that, averaged over all orders in which the groups may be attached: a share of the whole change. It is
about pictures of faces with electrodes and one classifier, not about the muscles below.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from facelib.experiments.electrodes.importance import By, electrode_groups, electrode_series, read, union
from facelib.experiments.electrodes.outcomes import OUTCOMES, Outcomes, corrected, judged
from facelib.stats import shapley
from facelib.stats.shapley import coalitions, shapley_sampled
from facelib.utilities.checks import Floats

if TYPE_CHECKING:
    import pandas as pd

    from facelib.interventions.electrode_sets import ElectrodeSets
    from facelib.studies.results import InterventionalResult

SHARE_COLUMNS: Final = {
    "scheme": "whose positions: fridlund or kuramoto",
    "by": "region or muscle: what the groups are, both sides together",
    "group": "id of the region or muscle",
    "classifier": "id, or mean of all",
    "outcome": "probability (of the expression that is meant) or accuracy (share named as meant)",
    "n": "people",
    "total": "change by all electrodes, mean over people: the values of all groups add up to it",
    "total_low": "lower end of its interval, level 1 - alpha",
    "total_high": "upper end of it",
    "change": "Shapley value of the group, mean over people",
    "low": "lower end of its interval over people, level 1 - alpha (BCa from 20 on, else Student's t)",
    "high": "upper end of it",
    "orders": "that were drawn for each face (low and high hold that error, too); 0: exact, all coalitions",
    "share": "change / total; NaN where the total's interval holds 0",
    "p": "sign-flip test over people",
    "p_holm": "after Holm over groups and classifiers of one scheme, grouping and outcome; the mean is a "
    "family of its own",
    "verdict": "matters, does not matter at δ, or cannot tell: interval at 1 - 2 alpha; not corrected",
    "delta": "margin, set before the run",
    "alpha": "level",
}
"""Columns of `share_table`, with their meaning."""


def share_table(result: InterventionalResult, series: ElectrodeSets | None = None) -> pd.DataFrame:
    """Return the Shapley values of regions (exact) and of muscles (by sampled orders, where there are some).

    Parameters
    ----------
    result
        Of `importance_study`.
    series
        With which it was declared.

    Returns
    -------
    pandas.DataFrame
        One row per grouping, classifier, outcome and group; columns as in `SHARE_COLUMNS`.

    Raises
    ------
    BadValueError
        If the study was declared with another series.
    """
    import pandas as pd

    sets = electrode_series() if series is None else series
    outcomes = read(result, sets)
    parts = [_table(result, sets, outcomes, "region", by_coalitions(outcomes, sets))]
    if sets.pairs:
        parts.append(_table(result, sets, outcomes, "muscle", by_orders(outcomes, sets)))
    return pd.concat(parts, ignore_index=True)


def by_coalitions(found: Outcomes, series: ElectrodeSets) -> Floats:
    """Return each face's exact Shapley values of regions, (classifiers, faces, regions, outcomes)."""
    groups = tuple(electrode_groups(series.scheme).values())
    steps = [series.step_of(union(groups, members)) for members in coalitions(len(groups))]
    values = np.moveaxis(found.values[:, :, steps], 2, 0)
    has_class = ~np.isnan(values[0, ..., 0])
    result = np.full((len(groups), *values.shape[1:]), np.nan)
    result[:, has_class] = shapley(values[:, has_class])
    return np.moveaxis(result, 0, 2)


def by_orders(found: Outcomes, series: ElectrodeSets) -> Floats:
    """Return each face's Shapley values of muscles from its orders, (classifiers, faces, muscles, outcomes).

    Orders are drawn for every face anew, so what is missed for want of orders averages out over faces.
    """
    result = np.full((*found.values.shape[:2], len(series.groups), found.values.shape[-1]), np.nan)
    along = series.steps_along()
    for place, face in enumerate(found.faces):
        outcomes = np.moveaxis(found.values[:, place][:, along], 0, 2)  # (orders, groups + 1, classifiers, 2)
        has_class = ~np.isnan(outcomes[0, 0, :, 0])
        sampled = shapley_sampled(outcomes[:, :, has_class], series.orders(face))
        result[has_class, place] = np.moveaxis(sampled.values, 0, 1)
    return result


def _table(
    result: InterventionalResult,
    series: ElectrodeSets,
    found: Outcomes,
    by: By,
    values: Floats,
) -> pd.DataFrame:
    """Return the table of one grouping from each face's values."""
    import pandas as pd

    settings = {name: result.settings[name] for name in ("delta", "alpha", "seed")}
    groups = list(electrode_groups(series.scheme, by))
    change = np.moveaxis(found.of_people(values), 3, 2)  # (people, classifiers, outcomes, groups)
    keys = pd.MultiIndex.from_product(
        [found.classifiers, OUTCOMES, groups], names=["classifier", "outcome", "group"]
    )
    whole = judged(change.sum(axis=3), **settings)
    totals = {name: np.repeat(whole[name], len(groups)) for name in ("change", "low", "high")}
    table = keys.to_frame(index=False).assign(
        **judged(change, **settings),
        scheme=series.scheme,
        by=by,
        orders=0 if by == "region" else 2 * series.pairs,
        total=totals["change"],
        total_low=totals["low"],
        total_high=totals["high"],
    )
    sure = (table["total_low"] > 0) | (table["total_high"] < 0)
    table["share"] = (table["change"] / table["total"]).where(sure)
    return corrected(table, ["outcome"])[list(SHARE_COLUMNS)]
