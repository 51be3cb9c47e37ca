"""Cross-validation of maps: whole clips, sessions or persons are left out in turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError, FacelibError, UnknownNameError, check_all
from facelib.semg.mapping import EMG2Expression, Expression2EMG
from facelib.semg.muscles import CHANNELS, GROUPS, Group, group_of
from facelib.semg.pairs import Pair, envelope_rows, rows_of, session_of
from facelib.semg.parameters.columns import ALL, Groups
from facelib.semg.regression import STILL
from facelib.utilities.progress import Report, reporting
from facelib.utilities.short_repr import in_short
from facelib.utilities.wording import with_article

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]
By = Literal["clip", "session", "person"]
Model = type[EMG2Expression] | type[Expression2EMG]

BOOTSTRAP: Final = 1999
LEVEL: Final = 0.95
COLUMNS: Final = MappingProxyType(
    {
        "model": "EMG2Expression or Expression2EMG",
        "kind": "ridge or mlp",
        "by": "what was left out in turn: clip, session or person",
        "level": "what is predicted: a channel; a face unit (unit); another parameter; a group of channels "
        "that move the same face units (mean of what it has); a named group of parameters; or all",
        "name": "of the channel, face unit, parameter or group",
        "known": '"alone", "shared" or "not at all": what the face shows of it (units: their muscles); "" '
        "where parameters aren't face units, and for several columns",
        "n": "rows that were compared",
        "clips": "clips they are from",
        "mse": "mean square of the error; of named groups and all columns each in its standard deviations in "
        "the rows that maps were fitted to, so that columns count alike",
        "rmse": "its root, in the unit of what is predicted",
        "smape": "mean of |error| / mean of |predicted| and |true|, percent, 0 … 200; large near a true 0",
        "rho": "Spearman's rank correlation of predicted and true over all rows; predicting the mean of the "
        "other clips, which is low where a clip is high, gives less than 0; of several columns their mean",
        "rho_low": "lower end of its 95 % interval: percentiles over resampled clips, ranks kept",
        "rho_high": "upper end",
        "rho_clip": "median over clips of the rank correlation within each: without differences of clips",
        "baseline_mse": "mean square of the error of always predicting the training's mean",
        "baseline_smape": "SMAPE of that",
        "skill": "1 − mse / baseline_mse: 0 is as good as the mean, 1 is perfect",
        "r2": "R², 1 − sum of squared errors / sum of squares around the mean of these rows; "
        "skill asks the same of a mean known before",
    }
)
"""Columns of `evaluate`, with their meaning."""


@in_short()
@dataclass(frozen=True, eq=False)
class HeldOut:
    """Predictions of maps for clips that they weren't fitted to.

    Parameters
    ----------
    model, kind, by
        As in `COLUMNS`.
    names
        What is predicted: channels, face units, or other parameters.
    true, told
        (n, k) of each clip, by its id.
    baseline
        (k,) of each clip: the mean of what its map was fitted to.
    sessions
        Of each clip.
    spread
        (k,) of each clip: standard deviation of what its map was fitted to; empty: errors of several columns
        together aren't told.
    groups
        Of parameters: group to its columns; of channels empty.
    of_face_units
        Whether the face's parameters are face units, of which it is known which muscles move them.
    """

    model: str
    kind: str
    by: str
    names: tuple[str, ...]
    true: Mapping[str, Floats]
    told: Mapping[str, Floats]
    baseline: Mapping[str, Floats]
    sessions: Mapping[str, str]
    spread: Mapping[str, Floats] = field(default_factory=dict)
    groups: Groups = field(default_factory=dict)
    of_face_units: bool = True

    def table(self, *, n_bootstrap: int = BOOTSTRAP, seed: int = 0) -> pd.DataFrame:
        """Return the scores, one row per channel or unit, then per group; see `COLUMNS`."""
        import pandas as pd

        channels = self.model == Expression2EMG.__name__
        level = "channel" if channels else "unit" if self.of_face_units else "parameter"
        of = _unasked if not self.of_face_units else _channel if channels else _unit
        rows = [
            {"level": level, "name": name, "known": of(name), **self._scores(name, n_bootstrap, seed)}
            for name in self.names
        ]
        for group in GROUPS.values():
            if self._members(group):
                scores = self._scores(group.id, n_bootstrap, seed)
                known = _how_known(group) if self.of_face_units else ""
                rows.append({"level": "group", "name": group.id, "known": known, **scores})
        if self.spread:
            several = [("named group", *one) for one in self.groups.items()] + [(ALL, ALL, self.names)]
            for kind, name, columns in several:
                scores = self._several(columns, n_bootstrap, seed)
                rows.append({"level": kind, "name": name, "known": "", **scores})
        shown = [{"model": self.model, "kind": self.kind, "by": self.by, **row} for row in rows]
        return pd.DataFrame(shown, columns=list(COLUMNS))

    def trace(self, clip: str, name: str) -> tuple[Floats, Floats]:
        """Return the true and the predicted values of a channel, unit or group in a clip, each (n,).

        Raises
        ------
        UnknownNameError
            There is no such clip or name.
        """
        if clip not in self.true:
            msg = f"No clip {clip!r} was predicted; there are {', '.join(self.true)}."
            raise UnknownNameError(msg)
        return self._rows(self.true[clip], name), self._rows(self.told[clip], name)

    def traces(self, clip: str, names: Sequence[str], rate: float = 30.0) -> pd.DataFrame:
        """Return `trace` of several names as one table: seconds, name, true, told."""
        import pandas as pd

        parts = []
        for name in names:
            true, predicted = self.trace(clip, name)
            seconds = np.arange(len(true)) / rate
            parts.append(pd.DataFrame({"seconds": seconds, "name": name, "true": true, "told": predicted}))
        return pd.concat(parts, ignore_index=True)

    def _members(self, group: Group) -> tuple[str, ...]:
        own = group.channels if self.model == Expression2EMG.__name__ else group.units
        return own if set(own) <= set(self.names) else ()

    def _rows(self, rows: Floats, name: str) -> Floats:
        if name in self.names:
            return rows[..., self.names.index(name)]
        if name not in GROUPS or not self._members(GROUPS[name]):
            msg = f"Nothing was predicted for {name!r}; there are {', '.join(self.names)}, and their groups."
            raise UnknownNameError(msg)
        columns = [self.names.index(member) for member in self._members(GROUPS[name])]
        return np.asarray(rows[..., columns].mean(axis=-1))

    def _several(self, names: Sequence[str], n_bootstrap: int, seed: int) -> dict[str, float]:
        """Return the scores of several columns together, see `several_scores`."""
        places = [self.names.index(name) for name in names]
        kept = []
        for clip, true in self.true.items():
            parts = true[:, places], self.told[clip][:, places]
            whole = np.isfinite(parts[0]).all(axis=1) & np.isfinite(parts[1]).all(axis=1)
            if whole.any():
                kept.append((parts[0][whole], parts[1][whole], self.baseline[clip][places]))
        if not kept:
            return {"n": 0, "clips": 0}
        spread = np.sqrt(np.mean([np.square(self.spread[clip][places]) for clip in self.true], axis=0))
        return several_scores(kept, spread, n_bootstrap=n_bootstrap, seed=seed)

    def _scores(self, name: str, n_bootstrap: int, seed: int) -> dict[str, float]:
        true = [self._rows(self.true[clip], name) for clip in self.true]
        predicted = [self._rows(self.told[clip], name) for clip in self.true]
        usual = [
            np.full(len(rows), float(self._rows(self.baseline[clip], name)))
            for clip, rows in zip(self.true, true, strict=True)
        ]
        whole = [np.isfinite(a) & np.isfinite(b) for a, b in zip(true, predicted, strict=True)]
        kept = [
            (a[w], b[w], c[w]) for a, b, c, w in zip(true, predicted, usual, whole, strict=True) if w.any()
        ]
        if not kept:
            return {"n": 0, "clips": 0}
        return scores(kept, n_bootstrap=n_bootstrap, seed=seed)


def evaluate(
    model: Model,
    pairs: Sequence[Pair],
    *,
    by: By = "clip",
    n_bootstrap: int = BOOTSTRAP,
    seed: int = 0,
    progress: bool | Report | None = None,
    **options: Any,
) -> pd.DataFrame:
    """Return how well maps predict clips that they weren't fitted to; columns as in `COLUMNS`.

    On simulated recordings this tests the software: the map that is found is the one that was put in.

    Parameters
    ----------
    model
        `EMG2Expression` or `Expression2EMG`.
    pairs
        Clips; envelopes of several sessions normalised by session.
    by
        Leave out one "clip" after the other, one "session", or one "person".
    n_bootstrap, seed
        Resamples of clips for the intervals, and their seed.
    progress
        True for a progress bar, or a function called with the `Progress`, which counts what is left out.
    options
        Of the model's ``fit``, such as ``kind="mlp"``.

    Raises
    ------
    BadValueError
        If there are fewer than two clips, sessions or persons, two clips of one name, or a clip without a
        person where these are left out; or what `fit` raises without one of them, with a note which.
    """
    return held_out(model, pairs, by=by, progress=progress, **options).table(
        n_bootstrap=n_bootstrap, seed=seed
    )


def held_out(
    model: Model,
    pairs: Sequence[Pair],
    *,
    by: By = "clip",
    progress: bool | Report | None = None,
    **options: Any,
) -> HeldOut:
    """Return the predictions of maps for clips that they weren't fitted to; see `evaluate`."""
    clips = check_all(pairs, Pair, "A list of pairs, as semg.pair_of makes them,")
    if by not in get_args(By):
        msg = f"What is left out in turn is {' or '.join(map(with_article, get_args(By)))}; got {by!r}."
        raise BadValueError(msg)
    if len({clip.id for clip in clips}) != len(clips):
        msg = "Clips have different ids; some of these have the same."
        raise BadValueError(msg)
    parts = _parts(clips, by)
    if len(parts) < 2:
        msg = f"To leave one {by} out, two or more are needed; got {len(parts)}."
        raise BadValueError(msg)
    true: dict[str, Floats] = {}
    predicted: dict[str, Floats] = {}
    baseline: dict[str, Floats] = {}
    spread: dict[str, Floats] = {}
    fitted = None
    with reporting(progress, len(parts), f"leaving out one {by} after the other", unit=by) as report:
        for done, (left_out, part) in enumerate(parts.items(), 1):
            out = {clip.id for clip in part}
            rest = [clip for clip in clips if clip.id not in out]
            try:
                fitted = model.fit(rest, **options)
            except FacelibError as error:
                error.add_note(f"So it is while {by} {left_out!r} is left out.")
                raise
            known = np.concatenate([_true(clip, fitted.outputs) for clip in rest])
            usual, size = np.nanmean(known, axis=0), np.nanstd(known, axis=0)
            for clip in part:
                true[clip.id] = _true(clip, fitted.outputs)
                baseline[clip.id], spread[clip.id] = usual, size
                predicted[clip.id] = _prediction(fitted, clip)
            report.at(done)
    assert fitted is not None  # there are two parts or more
    return HeldOut(
        model.__name__,
        str(options.get("kind", "ridge")),
        by,
        fitted.outputs,
        true,
        predicted,
        baseline,
        {clip.id: clip.session for clip in clips},
        spread,
        fitted.groups if fitted.face_side == "outputs" else {},
        fitted.of_face_units,
    )


def _parts(clips: Sequence[Pair], by: By) -> dict[str, list[Pair]]:
    """Return what is left out in turn, by its name."""
    if by == "person" and (without := [clip.id for clip in clips if not clip.person]):
        msg = f"To leave out persons, every clip has to say whose it is; {without[0]!r} doesn't."
        raise BadValueError(msg, hint='In Python: pair_of(…, person="anna").')
    names: dict[By, Callable[[Pair], str]] = {
        "clip": lambda clip: clip.id,
        "session": session_of,
        "person": lambda clip: clip.person,
    }
    parts: dict[str, list[Pair]] = {}
    for clip in clips:
        parts.setdefault(names[by](clip), []).append(clip)
    return parts


def scores(
    clips: Sequence[tuple[Floats, Floats, Floats]], *, n_bootstrap: int = BOOTSTRAP, seed: int = 0
) -> dict[str, float]:
    """Return the numbers of one row of `evaluate`.

    Parameters
    ----------
    clips
        (true, told, baseline) of each clip, each (n,), without NaN.
    n_bootstrap, seed
        Resamples of clips, and their seed.
    """
    true, predicted, usual = (np.concatenate(rows) for rows in zip(*clips, strict=True))
    mse, plain = (float(np.square(rows - true).mean()) for rows in (predicted, usual))
    low, high = _interval(clips, n_bootstrap, seed)
    return {
        "n": len(true),
        "clips": len(clips),
        "mse": mse,
        "rmse": mse**0.5,
        "smape": smape(true, predicted),
        "rho": rank_correlation(true, predicted),
        "rho_low": low,
        "rho_high": high,
        "rho_clip": _median([rank_correlation(a, b) for a, b, _ in clips]),
        "baseline_mse": plain,
        "baseline_smape": smape(true, usual),
        "skill": 1 - mse / plain if plain > 0 else float("nan"),
        "r2": 1 - mse / float(true.var()) if np.ptp(true) > 0 else float("nan"),
    }


def several_scores(
    clips: Sequence[tuple[Floats, Floats, Floats]],
    spread: Floats,
    *,
    n_bootstrap: int = BOOTSTRAP,
    seed: int = 0,
) -> dict[str, float]:
    """Return the numbers of a row over several columns; those without any spread are left out.

    Errors are in spreads and pooled over columns, so that each counts alike; correlations are the columns'
    means; a percentage of error is told of single columns only.

    Parameters
    ----------
    clips
        (true, told, baseline) of each clip: (n, k), (n, k) and (k,), without NaN.
    spread
        (k,), by which columns are divided.
    n_bootstrap, seed
        Resamples of clips, the same for all columns, and their seed.
    """
    kept = np.flatnonzero(spread > STILL)
    if not len(kept):
        return {"n": 0, "clips": 0}
    unit = spread[kept]
    true, predicted = (np.concatenate([rows[k][:, kept] for rows in clips]) / unit for k in (0, 1))
    usual = np.concatenate([np.tile(rows[2][kept], (len(rows[0]), 1)) for rows in clips]) / unit
    mse, plain, own = (float(np.square(rows - true).mean()) for rows in (predicted, usual, true.mean(axis=0)))
    columns = [[(a[:, k], b[:, k], b[:, k]) for a, b, _ in clips] for k in kept]
    drawn = np.array([_resampled(one, n_bootstrap, seed) for one in columns])
    low, high = _ends(_mean(drawn))
    return {
        "n": len(true),
        "clips": len(clips),
        "mse": mse,
        "rmse": mse**0.5,
        "smape": float("nan"),
        "rho": float(_mean([rank_correlation(a, b) for a, b in zip(true.T, predicted.T, strict=True)])),
        "rho_low": low,
        "rho_high": high,
        "rho_clip": float(_mean([_median([rank_correlation(a, b) for a, b, _ in one]) for one in columns])),
        "baseline_mse": plain,
        "baseline_smape": float("nan"),
        "skill": 1 - mse / plain if plain > 0 else float("nan"),
        "r2": 1 - mse / own if own > 0 else float("nan"),
    }


def _mean(values: npt.ArrayLike) -> Floats:
    """Return means over the first axis of the numbers that are known."""
    array = np.asarray(values, np.float64)
    known = np.isfinite(array)
    count = known.sum(axis=0)
    return np.asarray(
        np.where(count > 0, np.where(known, array, 0).sum(axis=0) / np.maximum(count, 1), np.nan)
    )


def smape(true: Floats, told: Floats) -> float:
    """Return the symmetric mean absolute percentage error, 0 … 200; where both are 0 the error is 0.

    Examples
    --------
    >>> smape(np.array([1.0, 0.0]), np.array([3.0, 0.0]))
    50.0
    """
    size = (np.abs(true) + np.abs(told)) / 2
    shares = np.divide(np.abs(told - true), size, out=np.zeros_like(size), where=size > 0)
    return float(100 * shares.mean())


def rank_correlation(true: Floats, told: Floats) -> float:
    """Return Spearman's rank correlation; NaN where one of them doesn't change."""
    from scipy.stats import spearmanr

    if len(true) < 3 or np.ptp(true) == 0 or np.ptp(told) == 0:
        return float("nan")
    return float(spearmanr(true, told).statistic)


def _median(values: Sequence[float]) -> float:
    known = [value for value in values if np.isfinite(value)]
    return float(np.median(known)) if known else float("nan")


def _interval(
    clips: Sequence[tuple[Floats, Floats, Floats]], n_bootstrap: int, seed: int
) -> tuple[float, float]:
    """Return percentiles of the rank correlation over resampled clips."""
    return _ends(_resampled(clips, n_bootstrap, seed))


def _resampled(clips: Sequence[tuple[Floats, Floats, Floats]], n_bootstrap: int, seed: int) -> Floats:
    """Return the rank correlation of resampled clips, (n_bootstrap,); the ranks among all rows are kept."""
    from scipy.stats import rankdata

    if len(clips) < 2:
        return np.full(n_bootstrap, np.nan)
    ends = np.cumsum([len(rows[0]) for rows in clips])[:-1]
    ranks = [rankdata(np.concatenate([rows[k] for rows in clips])) for k in (0, 1)]
    x, y = (np.split(one - one.mean(), ends) for one in ranks)
    sums = np.array(
        [(len(a), a.sum(), b.sum(), a @ a, b @ b, a @ b) for a, b in zip(x, y, strict=True)], np.float64
    )
    drawn = np.random.default_rng(seed).multinomial(
        len(clips), np.full(len(clips), 1 / len(clips)), n_bootstrap
    )
    n, a, b, aa, bb, ab = (drawn @ sums).T
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((ab - a * b / n) / np.sqrt((aa - a * a / n) * (bb - b * b / n)))


def _ends(correlations: Floats) -> tuple[float, float]:
    correlations = correlations[np.isfinite(correlations)]
    if not len(correlations):
        return float("nan"), float("nan")
    low, high = np.quantile(correlations, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def _true(clip: Pair, names: Sequence[str]) -> Floats:
    if set(names) <= set(CHANNELS):
        return envelope_rows(clip.envelope, names)
    return rows_of(clip, names)


def _prediction(model: EMG2Expression | Expression2EMG, clip: Pair) -> Floats:
    if isinstance(model, Expression2EMG):
        return envelope_rows(model.predict(clip), model.outputs)
    return np.asarray(model.predict(clip.envelope), np.float64)


def _unasked(_: str) -> str:
    return ""


def _how_known(group: Group) -> str:
    return "not at all" if not group.identifiable else "shared" if len(group.channels) > 1 else "alone"


def _channel(name: str) -> str:
    return _how_known(group_of(name))


def _unit(name: str) -> str:
    return next((_how_known(group) for group in GROUPS.values() if name in group.units), "not at all")
