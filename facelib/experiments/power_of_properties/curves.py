"""Effect curves: binned means of an output over a property, with bands, given the expression."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from facelib.experiments.power_of_properties.design import ESTIMATES, OF_EXPRESSION
from facelib.studies.grid import BETWEEN

if TYPE_CHECKING:
    import pandas as pd

    from facelib.studies.results import ObservationalResult

BINS, STRONGEST = 6, 6
ALL: Final = "all"
FEWEST: Final = 3  # faces that a mean with a band takes

EFFECT_CURVE_COLUMNS: Final = {
    "property": "name of the property",
    "classifier": "id of the classifier",
    "label": "class of the output",
    "explained": "ω² of the pair: share of the logit's variance inside expressions",
    "expression": "that is shown; all: outputs without the differences between expressions, plus their mean",
    "bin": "number of the bin, from 0 on: equal shares of the faces, or one per category",
    "value": "mean of the property in the bin; the number of the bin for categories",
    "category": "name of the category; empty for numbers",
    "n": "faces in the bin",
    "mean": "mean probability of the class",
    "low": "lower end of its 95 % interval (Student's t)",
    "high": "upper end of it",
}
"""Columns of `effect_curves`, with their meaning."""


def strongest_pairs(effects: pd.DataFrame, most: int = STRONGEST) -> pd.DataFrame:
    """Return the rows of the outputs that go most with a property, one per property, the strongest first.

    The expression itself doesn't count, nor does what networks estimate.

    Parameters
    ----------
    effects
        Of an `ObservationalResult`.
    most
        Properties.
    """
    rows = effects[~effects["property"].isin([*OF_EXPRESSION, *ESTIMATES]) & effects["explained"].notna()]
    first = rows.sort_values("explained", ascending=False, kind="stable").drop_duplicates("property")
    found: pd.DataFrame = first.head(most).reset_index(drop=True)
    return found


def effect_curves(result: ObservationalResult, most: int = STRONGEST, bins: int = BINS) -> pd.DataFrame:
    """Return mean outputs over the property for the strongest pairs; columns as in `EFFECT_CURVE_COLUMNS`.

    Examples
    --------
    >>> curves = effect_curves(power_of_properties(350).run("runs/pop"))  # doctest: +SKIP
    """
    wide = result.sound.pivot_table(
        index="face", columns=["classifier", "label"], values="probability", sort=False, observed=True
    )
    wide.columns = [BETWEEN.join(pair) for pair in wide.columns]
    data = result.data
    return curves_of(
        data.properties,
        wide.loc[data.faces].reset_index(drop=True),
        data.labels.agg(" ".join, axis=1),
        strongest_pairs(result.effects, most),
        bins=bins,
    )


def curves_of(
    properties: pd.DataFrame,
    probabilities: pd.DataFrame,
    labels: pd.Series[Any],
    pairs: pd.DataFrame,
    *,
    bins: int = BINS,
) -> pd.DataFrame:
    """Return the table of `effect_curves` from one row per face in every table.

    Parameters
    ----------
    properties, probabilities, labels
        Of the same faces, in one order; columns of probabilities are "classifier: label".
    pairs
        property, classifier, label, explained: what is drawn.
    bins
        Of a property that is a number.
    """
    import pandas as pd

    parts = []
    for pair in pairs.to_dict("records"):
        place, value, category = _bins(properties[pair["property"]], bins)
        output = probabilities[f"{pair['classifier']}{BETWEEN}{pair['label']}"].to_numpy(np.float64)
        within = output - pd.Series(output).groupby(labels.to_numpy()).transform("mean").to_numpy()
        for name in (ALL, *dict.fromkeys(labels)):
            in_group = np.ones(len(output), bool) if name == ALL else (labels == name).to_numpy()
            shown = within + output.mean() if name == ALL else output
            table = _means(shown[in_group], place[in_group], value[in_group], category)
            keys = {key: pair[key] for key in ("property", "classifier", "label", "explained")}
            parts.append(table.assign(**keys, expression=name))
    if not parts:
        return pd.DataFrame(columns=list(EFFECT_CURVE_COLUMNS))
    return pd.concat(parts, ignore_index=True)[list(EFFECT_CURVE_COLUMNS)]


def _bins(column: pd.Series[Any], bins: int) -> tuple[Any, Any, Sequence[str]]:
    """Return the bin of every face, its value, and the names of bins that are categories.

    Where many faces have the same number, none mostly, these are a bin of their own.
    """
    import pandas as pd

    if column.dtype.kind not in "fiub":
        codes, names = pd.factorize(column.astype("str"), sort=True)
        return codes, codes.astype(np.float64), [str(name) for name in names]
    values = column.to_numpy(np.float64)
    edges = np.unique(np.quantile(values, np.linspace(0, 1, bins + 1)[1:-1]))
    return np.searchsorted(edges, values, side="left"), values, []


def _means(output: Any, place: Any, value: Any, category: Sequence[str]) -> pd.DataFrame:
    import pandas as pd
    from scipy.stats import t

    cells = pd.DataFrame({"bin": place, "value": value, "output": output}).groupby("bin")
    means = cells.agg(
        n=("output", "size"), value=("value", "mean"), mean=("output", "mean"), sd=("output", "std")
    )
    means = means[means["n"] >= FEWEST].reset_index()
    reach = t.ppf(0.975, means["n"] - 1) * means["sd"] / np.sqrt(means["n"])
    names = [category[number] if category else "" for number in means["bin"]]
    return means.assign(category=names, low=means["mean"] - reach, high=means["mean"] + reach)
