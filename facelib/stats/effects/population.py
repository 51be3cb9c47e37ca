"""Effects over faces, one row per intervention, classifier and label: size, interval, tests, verdict."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd

from facelib.errors import BadValueError, UnknownNameError
from facelib.stats.corrections import adjust
from facelib.stats.effects.betting import BETS, betting_interval
from facelib.stats.effects.bootstrap import RESAMPLES, MeanDistribution, Method, mean_distribution
from facelib.stats.effects.curves import (
    Bounds,
    FaceEffects,
    Summary,
    Value,
    check_options,
    summarise_rows,
)
from facelib.stats.effects.equivalence import (
    MARGINS,
    SLOPE_BOUND,
    as_level,
    as_margin,
    bets_p,
    verdicts,
    where_told,
)
from facelib.stats.effects.few_people import ALPHA, DELTA, fewest_people, fewest_to_matter
from facelib.stats.effects.remarks import remarks
from facelib.stats.effects.room import assayed, room_of, with_reasons
from facelib.stats.effects.rows import Codes, read_rows, read_values
from facelib.stats.effects.sentences import counted_in
from facelib.stats.effects.signflip import EXACT_UP_TO, FLIPS, Alternative, SignFlipTest, sign_flip
from facelib.stats.effects.sizes import hedges_g, smallest_found
from facelib.stats.shuffle import clopper_pearson
from facelib.utilities.checks import Floats, as_count
from facelib.utilities.wording import with_article

COLUMNS: Final = {
    "intervention": "id of the intervention that was run",
    "classifier": "id of the classifier",
    "label": "common emotion",
    "value": "what was summarised: probability, logit, or value (of an output on a scale of its own)",
    "span": "the most that an output can change: 1 of a probability; NaN without bounds",
    "summary": "difference (strength 1 minus strength 0) or slope (least squares, from strength 0 to 1)",
    "n": "identities: the unit that counts; faces of one identity are averaged",
    "faces": "faces behind them",
    "start": "mean value at strength 0",
    "mean": "mean effect over identities",
    "median": "median effect over identities",
    "sd": "standard deviation of the effects over identities",
    "low": "lower end of the interval of the mean, level 1 - alpha",
    "high": "upper end of it",
    "interval_method": "bca (widened to Student's quantiles; from 20 identities on), t, none (below two), or "
    "bets (in an interim look)",
    "g": "standardised effect: Cohen's d_z with Hedges' correction",
    "p": "sign-flip test over identities",
    "exact": "whether all sign patterns were enumerated: up to 16 identities",
    "n_flips": "sign patterns: all 2^n where exact, else those drawn, which all rows share",
    "alternative": "two-sided, less or greater",
    "p_holm": "p after Holm over the family",
    "p_bh": "p after Benjamini and Hochberg",
    "family": "tests in the family: all rows of this table with a p",
    "delta": "margin, set before the run; NaN: none",
    "alpha": "level",
    "verdict_low": "lower end of the interval behind the verdict, level 1 - 2 alpha",
    "verdict_high": "upper end of it",
    "verdict": "matters; does not matter at δ; differs between people (beyond_falls_low or beyond_rises_low "
    "above .10: in place of does not matter, and of cannot tell where sd exceeds delta); cannot fall (rise) "
    "that far (room below delta); could not have shown it (not sensitive); or cannot tell (also where n is "
    "below what a verdict needs, see fewest and notes); not corrected for the family",
    "fewest": 'identities below which nothing "does not matter" at δ, a floor: `facelib.stats.fewest_people`',
    "verdict_half": "the verdict at δ/2",
    "verdict_double": "the verdict at 2δ",
    "detectable": "whether the interval low to high excludes 0; not without spread below 6 identities",
    "betting_p": "p of equivalence (of a mean at ± delta or beyond) by bets, valid for every distribution of "
    "bounded changes; does not matter takes both below alpha; NaN without bounds",
    "room": "how far the mean output can fall (rise, if that is the alternative): what is there at strength "
    "0, of contrasts under the control; NaN without bounds",
    "room_share": "share of identities who have a room of delta or more",
    "sensitive": "whether the output moves by 2 delta or more when the whole expression is taken away; "
    "empty: no such change was run",
    "smallest_found": "smallest mean change that this n and sd tell from none in 80 % of studies (sign-flip "
    "test, uncorrected, effects taken as normal)",
    "beyond_falls": "share of identities whose effect is a fall by more than delta; of one picture each "
    "it is a share of differences, the noise of the picture among them",
    "beyond_falls_low": "lower end of its Clopper-Pearson interval, level 1 - alpha",
    "beyond_falls_high": "upper end of it",
    "beyond_rises": "share of identities whose effect is a rise by more than delta",
    "beyond_rises_low": "lower end of its interval",
    "beyond_rises_high": "upper end of it",
    "n_bootstrap": "resamples",
    "seed": "seed of flips and resamples",
    "notes": "what the reader must know about this row",
}
"""Columns of what `effects_over_faces` returns, with their meaning."""


def effects_over_faces(
    table: pd.DataFrame,
    *,
    value: Value = "probability",
    bounds: Bounds | None = None,
    summary: Summary = "difference",
    delta: float | None = None,
    alpha: float = ALPHA,
    alternative: Alternative = "two-sided",
    assay: str | None = None,
    n_flips: int = FLIPS,
    n_bootstrap: int = RESAMPLES,
    seed: int = 0,
    interim: bool = False,
) -> pd.DataFrame:
    """Estimate how much each output changes over faces, with intervals, tests and verdicts.

    Parameters
    ----------
    table
        Tidy table of the sweeps of many faces (``pd.concat([sweep.table ...])``): ``face``, ``intervention``,
        ``strength``, ``classifier``, ``label``, ``logit``, ``probability``. Where several faces (expressions,
        sides) show one person, a column ``identity`` names the person: they are averaged and flip together.
    value
        "probability", "logit", or "value": the column of that name holds outputs that are neither, such as
        valence or age.
    bounds
        Of "value" only: ends that no output can leave. Bets, room and looks before the end need them; without
        them "does not matter" rests on the interval, from 29 people on (at δ = .10 or more, α = .05).
    summary
        "difference" between strength 1 and 0, or "slope" over all strengths.
    delta
        Margin in units of `value`, set before the run, never derived from the same data. None: .10 for a
        probability; none for a logit, whose scale differs between classifiers; of a value it has to be said.
    alpha
        Level: intervals at 1 - α, the verdict's at 1 - 2α.
    alternative
        Of the sign-flip test: "less" where the hypothesis says that outputs fall.
    assay
        The intervention of this table that takes the whole expression away ("intensity" does): outputs that
        move by less than 2δ under it could not have shown an effect of δ, and are never said not to matter.
        None: that isn't known, and ``sensitive`` stays empty.
    n_flips, n_bootstrap, seed
        Random sign patterns (above 16 identities), resamples (from 20 identities on; an interval needs 20
        beyond each end: 800 at α = .05, 4000 at .01), and their seed.
    interim
        Whether this is a look before the planned number of people is there. Then only bets speak, which hold
        their level however often one looks (`betting_interval`): intervals are theirs, verdicts go by them,
        and there is no p. Of bounded outputs; of others there is no verdict either.

    Returns
    -------
    pandas.DataFrame
        One row per intervention, classifier and label, in order of appearance; columns as in `COLUMNS`. All
        rows are one family of tests: leave out beforehand what was not asked.

    Raises
    ------
    BadValueError
        If the table can't be read (see `read_rows`) or an option is impossible.

    Notes
    -----
    Where faces are meant to show different emotions, keep the intended class of each and give it one name:
    ``table[table["label"] == table["expression"]].assign(label="intended")``.

    Examples
    --------
    >>> rows = [
    ...     (f"face {i}", "symmetry", s, "fer", "happy", 3 - 2 * s, 0.9 - (0.3 + i / 50) * s)
    ...     for i in range(8)
    ...     for s in (0.0, 0.5, 1.0)
    ... ]
    >>> names = ["face", "intervention", "strength", "classifier", "label", "logit", "probability"]
    >>> effect = effects_over_faces(pd.DataFrame(rows, columns=names), alternative="less").iloc[0]
    >>> int(effect["n"]), round(float(effect["mean"]), 3), float(effect["p"]), effect["verdict"]
    (8, -0.37, 0.00390625, 'matters')
    """
    ends = check_options(value, summary, bounds)
    if value == "value" and delta is None:
        msg = "The margin of a value is in its units and has to be said, before the run; none was given."
        raise BadValueError(msg, hint="In Python: delta=….")
    rows = read_rows(table)
    effects = summarise_rows(rows, read_values(table, value, ends), value, summary, ends)
    return judge(
        effects,
        delta=delta,
        alpha=alpha,
        alternative=alternative,
        n_flips=n_flips,
        n_bootstrap=n_bootstrap,
        seed=seed,
        assay=assay_changes(effects, assay),
        interim=interim,
    )


def assay_changes(effects: FaceEffects, assay: str | None) -> dict[tuple[str, str], float]:
    """Return the mean change of each classifier and label as the whole expression is taken away.

    Raises
    ------
    UnknownNameError
        If the table doesn't hold that intervention.
    """
    if assay is None:
        return {}
    names = list(dict.fromkeys(effects.cells["intervention"]))
    if assay not in names:
        msg = f"The table has no intervention {assay!r} to assay with; it has: {', '.join(map(str, names))}."
        raise UnknownNameError(msg)
    means = _nan_mean(effects.effects)
    rows = zip(effects.cells.to_dict("records"), means.tolist(), strict=True)
    return {
        (str(row["classifier"]), str(row["label"])): mean
        for row, mean in rows
        if row["intervention"] == assay
    }


def judge(
    effects: FaceEffects,
    *,
    delta: float | None,
    alpha: float,
    alternative: Alternative,
    n_flips: int,
    n_bootstrap: int = RESAMPLES,
    seed: int,
    method: Method = "auto",
    reference: Floats | None = None,
    assay: Mapping[tuple[str, str], float] = MappingProxyType({}),
    interim: bool = False,
) -> pd.DataFrame:
    """Return the table of `COLUMNS` from one number per identity and cell.

    `reference` holds the outputs (n, m) that effects are counted from; None: those at strength 0.
    """
    level = as_level(alpha)
    number = as_count(seed, "The seed", least=0)
    default = DELTA if effects.value == "probability" else np.nan
    margin = default if delta is None else as_margin(delta)
    d = effects.effects
    if not d.size:
        needs = "strength 0 and 1" if effects.summary == "difference" else "two strengths"
        what = with_article(effects.summary)
        msg = f"No face has {what}: {needs} of the same face are needed, with their outputs."
        raise BadValueError(msg)
    distribution = mean_distribution(d, method=method, n_bootstrap=n_bootstrap, seed=number)
    low, high = distribution.interval(1 - level)
    test = sign_flip(d, alternative=alternative, n_flips=n_flips, seed=number)
    table = effects.cells.assign(
        value=effects.value,
        span=effects.span,
        summary=effects.summary,
        n=distribution.n,
        faces=effects.faces,
        start=_nan_mean(effects.starts),
        mean=distribution.mean,
        median=_nan_median(d),
        sd=distribution.spread,
        low=low,
        high=high,
        interval_method=distribution.method,
        g=hedges_g(distribution.mean, distribution.spread, distribution.n),
        **_tests(test, distribution.n),
        **_beyond(d, margin, level),
        **_room(effects, reference, margin, alternative, assay),
        smallest_found=smallest_found(
            distribution.n, distribution.spread, alpha=level, alternative=alternative
        ),
        alpha=level,
        n_bootstrap=distribution.n_bootstrap,
        seed=number,
    )
    if interim:
        table = table.assign(**_so_far(effects, level))
    table = table.assign(
        **_verdicts(
            effects,
            distribution,
            table,
            margin=margin,
            alpha=level,
            alternative=alternative,
            interim=interim,
        )
    )
    table["notes"] = remarks(table, effects, distribution)
    return table[list(COLUMNS)]


def _tests(test: SignFlipTest, n: Codes) -> dict[str, Any]:
    return {
        "p": test.p_value,
        "exact": test.exact,
        "n_flips": np.where(test.exact, 2 ** np.minimum(n, EXACT_UP_TO), test.n_flips),
        "alternative": test.alternative,
        "p_holm": adjust(test.p_value, "holm"),
        "p_bh": adjust(test.p_value, "bh"),
        "family": int(np.isfinite(test.p_value).sum()),
    }


def _room(
    effects: FaceEffects,
    reference: Floats | None,
    margin: float,
    alternative: Alternative,
    assay: Mapping[tuple[str, str], float],
) -> dict[str, Any]:
    """Return how far outputs can move, and whether they do when the whole expression goes."""
    starts = effects.starts if reference is None else reference
    nothing = np.full(len(effects.cells), np.nan)
    columns: dict[str, Any] = {"room": nothing, "room_share": nothing}
    if effects.bounds is not None:
        columns = dict(room_of(starts, effects.effects, margin, alternative, effects.bounds))
    return columns | {"sensitive": pd.array(assayed(effects.cells, assay, margin), dtype="boolean")}


def _verdicts(
    effects: FaceEffects,
    known: MeanDistribution,
    table: pd.DataFrame,
    *,
    margin: float,
    alpha: float,
    alternative: Alternative,
    interim: bool,
) -> dict[str, Any]:
    bounded = effects.bounds is not None
    if interim:
        low, high = _bets(effects, 1 - 2 * alpha)
        columns: dict[str, Any] = {"delta": margin, "verdict_low": low, "verdict_high": high}
        columns["detectable"] = (table["low"] > 0) | (table["high"] < 0)
    else:
        low, high = known.interval(1 - 2 * alpha)
        columns = {"delta": margin, "verdict_low": low, "verdict_high": high}
        low, high = where_told(known, low, high)
        outer = where_told(known, *known.interval(1 - alpha))
        columns["detectable"] = (outer[0] > 0) | (outer[1] < 0)
    if np.isnan(margin) or (interim and not bounded):
        unknown = {"fewest": np.nan, "betting_p": np.nan}
        return columns | dict.fromkeys(MARGINS, "") | unknown
    enough = np.asarray(known.n) >= fewest_to_matter(alpha, alternative)
    shares = table[["beyond_falls_low", "beyond_rises_low"]].max(axis=1)
    at_margin = {  # shares and the assay are about δ itself
        "blind": ~table["sensitive"].fillna(value=True).to_numpy(bool),
        "beyond": np.where(enough & (not interim), shares, 0.0),
        "spread": known.spread,
    }
    bets, words = {}, {}
    span = effects.span if bounded else counted_in(effects.value, margin)
    for name, factor in MARGINS.items():
        at = factor * margin
        bets[name] = bets_p(effects.effects, at, _bound(effects), bounded=bounded)
        found = verdicts(
            low, high, at, known.n, bets[name], alpha=alpha, alternative=alternative,
            span=span,
        )  # fmt: skip
        more = at_margin if name == "verdict" else {}
        words[name] = with_reasons(found, at, table["room"], alternative == "greater", **more)
    return (
        columns
        | words
        | {
            "fewest": fewest_people(margin, alpha, bounded=bounded, span=span),
            "betting_p": bets["verdict"] if bounded else np.nan,
        }
    )


def _so_far(effects: FaceEffects, alpha: float) -> dict[str, Any]:
    """Return the columns of an interim look that differ: intervals by bets, and nothing that p stands for."""
    low, high = _bets(effects, 1 - alpha)
    without = ("p", "p_holm", "p_bh", "smallest_found")
    there = np.isfinite(low)
    shown = {"low": low, "high": high, "interval_method": np.where(there, BETS, "none")}
    return shown | dict.fromkeys(without, np.nan)


def _bets(effects: FaceEffects, level: float) -> tuple[Floats, Floats]:
    """Return intervals by bets; NaN of what has no bounds."""
    if effects.bounds is None:
        nothing = np.full(len(effects.cells), np.nan)
        return nothing, nothing
    return betting_interval(effects.effects, level, _bound(effects))


def _bound(effects: FaceEffects) -> float:
    span = 1.0 if effects.bounds is None else effects.span
    return span if effects.summary == "difference" else SLOPE_BOUND * span


def _beyond(d: Floats, margin: float, alpha: float) -> dict[str, Any]:
    """Return the shares of identities beyond the margin, falls and rises apart, with exact intervals."""
    n = (~np.isnan(d)).sum(axis=0)
    columns: dict[str, Any] = {}
    for name, sign in (("falls", -1.0), ("rises", 1.0)):
        k = (sign * d > margin).sum(axis=0)
        none = np.isnan(margin) | (n == 0)
        low, high = clopper_pearson(k, n, 1 - alpha)
        shares = {"": k / np.maximum(n, 1), "_low": low, "_high": high}
        columns |= {f"beyond_{name}{end}": np.where(none, np.nan, share) for end, share in shares.items()}
    return columns


def _nan_mean(values: Floats) -> Floats:
    given = ~np.isnan(values)
    total = np.where(given, values, 0.0).sum(axis=0)
    return np.where(given.any(axis=0), total / np.maximum(given.sum(axis=0), 1), np.nan)


def _nan_median(values: Floats) -> Floats:
    """Return (m,) medians of the numbers that aren't NaN; an empty column has none."""
    count = (~np.isnan(values)).sum(axis=0)
    ordered = np.sort(values, axis=0)
    columns = np.arange(values.shape[1])
    lower, upper = np.maximum(count - 1, 0) // 2, np.minimum(count // 2, len(values) - 1)
    middle: Floats = (ordered[lower, columns] + ordered[upper, columns]) / 2
    return middle
