"""The table of properties: shares of outputs that go with each, sizes, companions; and effect curves."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from facelib import stats
from facelib.experiments.power_of_properties.design import ESTIMATES, OF_EXPRESSION
from facelib.stats.independence.vote import deciding
from facelib.studies.grid import BETWEEN

if TYPE_CHECKING:
    import pandas as pd

    from facelib.studies.results import ObservationalResult

PROPERTY, EXPRESSION, ESTIMATE = "property", "expression", "estimate"
NO_REACH: Final = "Cannot reach the corrected level"
BINS, STRONGEST = 6, 6
ALL: Final = "all"
FEWEST: Final = 3  # faces that a mean with a band takes

PROPERTY_COLUMNS: Final = {
    "property": "name of the property",
    "role": "property; expression: the expression itself, a yardstick; or estimate: what networks read of a "
    "property, a second row that shares causes with the output",
    "source": "given with the faces, or measured in the picture (which shares causes with the output)",
    "method": "what decides: id of the test, or vote",
    "tests": "outputs (classifier × class) that could be tested",
    "significant": "how many of them reject at alpha",
    "share": "significant / tests: it rises with n and says nothing about size",
    "share_holm": "the same with Holm over all properties × outputs",
    "share_bh": "the same with Benjamini-Hochberg",
    "out_of_reach": "outputs that reject, not after Holm, and could not have: too few permutations",
    "null_share": "share for a property of random numbers",
    "share_large": "share of outputs of which the property explains delta or more",
    "large_low": "5 % quantile of it over random halves of the people, centred on it",
    "large_high": "95 % quantile",
    "null_large": "share_large for random numbers",
    "explained": "median ω² over outputs: share of the logit's variance inside labels",
    "explained_most": "largest ω²",
    "strongest": "the output that has it",
    "companion": "the other property that this one goes with most, inside labels",
    "companion_correlation": "how far: largest absolute correlation of ranks, or of their distances from the "
    "middle, inside labels",
    "n": "people",
    "alpha": "level of a single test",
    "delta": "margin for ω²",
}
"""Columns of `properties_table`, with their meaning."""

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


def properties_table(result: ObservationalResult) -> pd.DataFrame:
    """Return one row per property: share significant, raw and corrected, beside chance, sizes and companions.

    Parameters
    ----------
    result
        Of a study; its tests are run if they weren't.

    Returns
    -------
    pandas.DataFrame
        Columns as in `PROPERTY_COLUMNS`, of the test that decides;
        ``facelib.stats.share_significant(result.grid)`` has the shares of all tests.

    Examples
    --------
    >>> table = properties_table(power_of_properties(350).run("runs/pop"))  # doctest: +SKIP
    """
    return tabulate(
        result.grid,
        given=result.settings["given"],
        companions=companions(result.measured, result.data.labels),
    )


def tabulate(
    grid: pd.DataFrame,
    given: Collection[str] = (),
    companions: Mapping[str, tuple[str, float]] | None = None,
) -> pd.DataFrame:
    """Return the table of `properties_table` from a grid of tests.

    Parameters
    ----------
    grid
        From `facelib.stats.independence_grid`.
    given
        Names of properties that weren't measured in the picture.
    companions
        From `companions`.
    """
    shares = stats.share_significant(grid)
    method = deciding(shares["method"])
    table = shares[shares["method"] == method].reset_index(drop=True)
    decided = grid[grid["method"] == method]
    names = [str(name) for name in table["property"]]
    cells = [decided[decided["property"] == name] for name in names]
    together = [(companions or {}).get(name, ("", np.nan)) for name in names]
    return table.assign(
        role=[_role(name) for name in names],
        source=["given" if name in given else "measured" for name in names],
        out_of_reach=[_out_of_reach(own) for own in cells],
        explained=[float(own["explained"].median()) for own in cells],
        explained_most=[float(own["explained"].max()) for own in cells],
        strongest=[_strongest(own) for own in cells],
        companion=[name for name, _ in together],
        companion_correlation=[value for _, value in together],
    )[list(PROPERTY_COLUMNS)]


def companions(properties: pd.DataFrame, labels: pd.DataFrame) -> dict[str, tuple[str, float]]:
    """Return, for each property, the other one that it goes with most inside labels, and how far.

    Of numbers the ranks count, and the distance of the rank from the middle (a face turned to either side is
    less symmetric); of words, whether it is this one. Correlations are taken inside labels. An estimate is
    nobody's companion: it stands for what it estimates.

    Parameters
    ----------
    properties, labels
        One row per face.

    Returns
    -------
    dict
        Name to (other name, largest absolute correlation in [0, 1]); nothing for a single property.
    """
    groups = labels.astype("str").agg(" ".join, axis=1).to_numpy()
    columns = {str(name): _inside(_coded(properties[name]), groups) for name in properties}
    companion_of = {}
    for name, ranks in columns.items():
        others = {
            other: float(np.abs(ranks.T @ z).max())
            for other, z in columns.items()
            if other != name and other not in ESTIMATES
        }
        if others:
            first = max(others, key=lambda other: others[other])
            companion_of[name] = (first, others[first])
    return companion_of


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


def _role(name: str) -> str:
    return EXPRESSION if name in OF_EXPRESSION else ESTIMATE if name in ESTIMATES else PROPERTY


def _out_of_reach(cells: pd.DataFrame) -> int:
    far = cells["notes"].fillna("").str.contains(NO_REACH, regex=False)
    return int((cells["rejects"].astype(bool) & ~(cells["p_holm"] < cells["alpha"]) & far).sum())


def _strongest(cells: pd.DataFrame) -> str:
    sizes = cells["explained"].to_numpy(np.float64)
    if np.isnan(sizes).all():
        return ""
    return str(cells["output"].iloc[int(np.nanargmax(sizes))]).replace(BETWEEN, " ")


def _coded(column: pd.Series[Any]) -> npt.NDArray[np.float64]:
    """Return (n, k): ranks and their distances from the middle, or one column per word."""
    import pandas as pd

    if column.dtype.kind in "fiub":
        ranks = column.rank().to_numpy(np.float64)
        return np.stack([ranks, np.abs(ranks - ranks.mean())], axis=1)
    return pd.get_dummies(column).to_numpy(np.float64)


def _inside(values: npt.NDArray[np.float64], groups: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Return columns centred inside groups, each of length 1, or 0 where it is constant there."""
    centred = values.copy()
    for name in np.unique(groups):
        rows = groups == name
        centred[rows] -= values[rows].mean(axis=0)
    size = np.sqrt((centred**2).sum(axis=0))
    return centred / np.where(size > 1e-9, size, np.inf)


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
