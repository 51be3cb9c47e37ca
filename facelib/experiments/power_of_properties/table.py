"""The table of properties: shares of outputs that go with each, sizes, and other explanations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError
from facelib.experiments.power_of_properties.design import (
    ACTIVATION,
    ESTIMATES,
    OF_EXPRESSION,
    ONE_SIDED,
    SYMMETRY,
)
from facelib.stats.independence.vote import VOTE, deciding
from facelib.studies.engine.store import Store
from facelib.studies.grid import BETWEEN
from facelib.studies.kept_tests import find_tests, load_tests, save_tests

if TYPE_CHECKING:
    import pandas as pd

    from facelib.studies.results import ObservationalResult

PROPERTY, EXPRESSION, ESTIMATE = "property", "expression", "estimate"
HELD_MORE: Final = f"measured {ACTIVATION}"
NO_REACH: Final = "Cannot reach the corrected level"

PROPERTY_COLUMNS: Final = {
    "property": "name of the property",
    "role": "property; expression: the expression itself, a yardstick; or estimate: what networks read of a "
    "property, a second row that shares causes with the output",
    "source": "given with the faces, or measured in the picture (which shares causes with the output)",
    "held": "what is held fixed",
    "decision": "what decides: id of the test, or vote; exact_vote, in the shipped table: a vote of cHSIC "
    "and two tests that facelib no longer has",
    "tests": "outputs (classifier × class) that could be tested",
    "significant": "how many of them reject at alpha",
    "share": "significant / tests: it rises with n and says nothing about size",
    "share_holm": "the same with Holm over all properties × outputs of this analysis",
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
    "largest": "whether no other property, with the same held fixed, has a larger share; never where it is 0",
    "companion": "the other property that this one goes with most, inside labels",
    "companion_correlation": "how far: largest absolute correlation of ranks, or of their distances from the "
    "middle, inside labels",
    "n": "people",
    "alpha": "level of a single test",
    "delta": "margin for ω²",
    "sentence": "how to read the share",
}
"""Columns of `properties_table`, with their meaning; ``share_<test>`` for every test stand behind them."""


def grid_with_intensity(
    result: ObservationalResult,
    properties: Sequence[str] = (SYMMETRY,),
) -> pd.DataFrame:
    """Test properties that move with the expression once more, its measured intensity held fixed, too.

    Less of an expression is both more symmetric and less read: with the label alone held fixed, symmetry
    stands for how much is shown. The intensity is the sum of face-unit activations (property "activation").
    It is a number, so the test is KCIT: see `facelib.stats.calibration.level_sentence`.

    Parameters
    ----------
    result
        Of a study in which "activation" was measured.
    properties
        Names.

    Returns
    -------
    pandas.DataFrame
        As from `facelib.stats.independence_grid`, a family of its own; kept beside the study.

    Raises
    ------
    BadValueError
        If intensity or a property isn't in the study.
    """
    import pandas as pd

    from facelib import stats
    from facelib.studies.engine.fingerprints import fingerprint

    data, settings = result.data, result.settings
    there = [str(name) for name in data.properties]
    if missing := [name for name in (ACTIVATION, *properties) if name not in there]:
        msg = (
            f"The study has no {', '.join(missing)}; it has {', '.join(there)}. Declare it with "
            "these among its properties."
        )
        raise BadValueError(msg)
    key = fingerprint(data.key(settings), list(properties), ACTIVATION)[:16]
    kept = Store(result.store)
    if (kept_tests := find_tests(kept, key)) is not None:
        return load_tests(kept, kept_tests)
    tested = stats.independence_grid(
        data.properties[list(properties)],
        data.outputs,
        pd.concat([data.labels, data.properties[[ACTIVATION]]], axis=1),
        alpha=settings["alpha"],
        delta=settings["delta"],
        person=data.person,
        seed=settings["seed"],
        null_property=True,
    )
    save_tests(kept, key, tested)
    return tested


def grids_in_light(
    result: ObservationalResult, properties: Sequence[str] = ONE_SIDED
) -> dict[str, pd.DataFrame]:
    """Test one-sided properties once more in each light alone: light from one side is one-sided, too.

    Parameters
    ----------
    result
        Of a study whose faces have a light.
    properties
        Names.

    Returns
    -------
    dict
        Name of the light to what `facelib.stats.independence_grid` returns, each a family of its own.
    """
    data = result.data
    light = result.faces.set_index("face")["light"].reindex(data.faces).to_numpy()
    grids = {}
    for name in sorted(set(light)):
        rows = light == name
        part = replace(
            data,
            properties=data.properties.loc[rows, list(properties)],
            outputs=data.outputs.loc[rows],
            labels=data.labels.loc[rows],
            person=None if data.person is None else data.person[rows],
            faces=data.faces[rows],
        )
        grids[str(name)] = part.test(result.settings)
    return grids


def properties_table(
    result: ObservationalResult,
    with_intensity: pd.DataFrame | None = None,
    in_light: Mapping[str, pd.DataFrame] | None = None,
) -> pd.DataFrame:
    """Return one row per property: share significant, raw and corrected, beside chance, sizes and companions.

    Parameters
    ----------
    result
        Of a study; its tests are run if they weren't.
    with_intensity
        From `grid_with_intensity`: gives these properties a second row.
    in_light
        From `grids_in_light`: gives one-sided properties a row per light.

    Returns
    -------
    pandas.DataFrame
        Columns as in `PROPERTY_COLUMNS`, then ``share_<test>`` for every test.

    Examples
    --------
    >>> table = properties_table(power_of_properties(350).run("runs/pop"))  # doctest: +SKIP
    """
    labels = " and ".join(result.settings["labels"])
    grids = {labels: result.grid}
    if with_intensity is not None:
        grids[f"{labels} and {HELD_MORE}"] = with_intensity
    grids |= {f"{labels}, in {light} light": grid for light, grid in (in_light or {}).items()}
    return tabulate(
        grids, given=result.settings["given"], companions=companions(result.measured, result.data.labels)
    )


def tabulate(
    grids: Mapping[str, pd.DataFrame],
    given: Sequence[str] = (),
    companions: Mapping[str, tuple[str, float]] | None = None,
) -> pd.DataFrame:
    """Return the table of `properties_table` from grids by what they hold fixed.

    Parameters
    ----------
    grids
        From `facelib.stats.independence_grid`.
    given
        Names of properties that weren't measured in the picture.
    companions
        From `companions`.
    """
    import pandas as pd

    from facelib import stats

    parts = []
    for held, grid in grids.items():
        shares = stats.share_significant(grid)
        method = deciding(shares["method"])
        table = shares[shares["method"] == method].reset_index(drop=True)
        names = table["property"].tolist()
        method_rows = grid[grid["method"] == method]
        cells = {name: method_rows[method_rows["property"] == name] for name in names}
        others = shares[shares["method"] != VOTE].pivot_table(
            index="property", columns="method", values="share", sort=False, dropna=False
        )
        together = [(companions or {}).get(name, ("", np.nan)) for name in names]
        rows = table.drop(columns="method").assign(
            role=[_role(str(name)) for name in names],
            source=["given" if name in given else "measured" for name in names],
            held=held,
            decision=method,
            out_of_reach=[_out_of_reach(cells[name]) for name in names],
            explained=[float(cells[name]["explained"].median()) for name in names],
            explained_most=[float(cells[name]["explained"].max()) for name in names],
            strongest=[_strongest(cells[name]) for name in names],
            companion=[name for name, _ in together],
            companion_correlation=[value for _, value in together],
        )
        counted = rows["role"] == PROPERTY
        rows["largest"] = counted & (rows["share"] > 0) & (rows["share"] == rows.loc[counted, "share"].max())
        several = others.reindex(names).add_prefix("share_").reset_index(drop=True)
        parts.append(pd.concat([rows[list(PROPERTY_COLUMNS)], several], axis=1))
    return pd.concat(parts, ignore_index=True)


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


def properties_by_classifier(result: ObservationalResult) -> pd.DataFrame:
    """Return the share of a classifier's outputs that go with each property.

    Returns
    -------
    pandas.DataFrame
        property, classifier, tests, significant, share, share_holm, share_bh, share_large, explained (median
        ω²); corrections are those over all classifiers.
    """
    from facelib.studies.grid import effects_of

    return by_classifier(effects_of(result.grid), result.settings["alpha"], result.settings["delta"])


def by_classifier(effects: pd.DataFrame, alpha: float, delta: float) -> pd.DataFrame:
    """Return the table of `properties_by_classifier` from `ObservationalResult.effects`."""
    tested = effects.assign(
        significant=effects["rejects"].where(effects["p"].notna()).astype("float"),
        share_holm=(effects["p_holm"] < alpha).where(effects["p"].notna()).astype("float"),
        share_bh=(effects["p_bh"] < alpha).where(effects["p"].notna()).astype("float"),
        share_large=(effects["explained"] >= delta).where(effects["explained"].notna()).astype("float"),
    )
    shares: pd.DataFrame = (
        tested.groupby(["property", "classifier"], sort=False)
        .agg(
            tests=("significant", "count"),
            significant=("significant", "sum"),
            share=("significant", "mean"),
            share_holm=("share_holm", "mean"),
            share_bh=("share_bh", "mean"),
            share_large=("share_large", "mean"),
            explained=("explained", "median"),
        )
        .reset_index()
    )
    return shares.assign(significant=shares["significant"].astype(int))


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
