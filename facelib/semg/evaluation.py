"""Cross-validation of maps: whole clips, or whole sessions, are left out in turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError, UnknownNameError, check_all
from facelib.semg.mapping import EMG2Expression, Expression2EMG
from facelib.semg.muscles import CHANNELS, GROUPS, Group, group_of
from facelib.semg.pairs import Pair, envelope_rows, sessions_of, unit_rows
from facelib.utilities.progress import Report, reporting
from facelib.utilities.short_repr import in_short
from facelib.utilities.wording import with_article

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]
By = Literal["clip", "session"]
Model = type[EMG2Expression] | type[Expression2EMG]

BOOTSTRAP: Final = 1999
LEVEL: Final = 0.95
COLUMNS: Final = MappingProxyType(
    {
        "model": "EMG2Expression or Expression2EMG",
        "kind": "ridge or mlp",
        "by": "what was left out in turn: clip or session",
        "level": "what is predicted: a channel, a face unit, or a group of channels (mean of what it has)",
        "name": "of the channel, face unit or group",
        "known": '"alone", "shared" or "not at all": what the face shows of it (units: their muscles)',
        "n": "rows that were compared",
        "clips": "clips they are from",
        "mse": "mean square of the error",
        "rmse": "its root, in the unit of what is predicted",
        "smape": "mean of |error| / mean of |predicted| and |true|, percent, 0 … 200; large near a true 0",
        "rho": "Spearman's rank correlation of predicted and true over all rows; predicting the mean of the "
        "other clips, which is low where a clip is high, gives less than 0",
        "rho_low": "lower end of its 95 % interval: percentiles over resampled clips, ranks kept",
        "rho_high": "upper end",
        "rho_clip": "median over clips of the rank correlation within each: without differences of clips",
        "baseline_mse": "mean square of the error of always predicting the training's mean",
        "baseline_smape": "SMAPE of that",
        "skill": "1 − mse / baseline_mse: 0 is as good as the mean, 1 is perfect",
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
        What is predicted: channels, or face units.
    true, told
        (n, k) of each clip, by its id.
    baseline
        (k,) of each clip: the mean of what its map was fitted to.
    sessions
        Of each clip.
    """

    model: str
    kind: str
    by: str
    names: tuple[str, ...]
    true: Mapping[str, Floats]
    told: Mapping[str, Floats]
    baseline: Mapping[str, Floats]
    sessions: Mapping[str, str]

    def table(self, *, n_bootstrap: int = BOOTSTRAP, seed: int = 0) -> pd.DataFrame:
        """Return the scores, one row per channel or unit, then per group; see `COLUMNS`."""
        import pandas as pd

        level = "channel" if self.model == Expression2EMG.__name__ else "unit"
        of = _channel if level == "channel" else _unit
        rows = [
            {"level": level, "name": name, "known": of(name), **self._scores(name, n_bootstrap, seed)}
            for name in self.names
        ]
        for group in GROUPS.values():
            if self._members(group):
                scores = self._scores(group.id, n_bootstrap, seed)
                rows.append({"level": "group", "name": group.id, "known": _how_known(group), **scores})
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
        Leave out one "clip" after the other, or one "session".
    n_bootstrap, seed
        Resamples of clips for the intervals, and their seed.
    progress
        True for a progress bar, or a function called with the `Progress`, which counts what is left out.
    options
        Of the model's ``fit``, such as ``kind="mlp"``.

    Raises
    ------
    BadValueError
        If there are fewer than two clips, or sessions, or two of one name.
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
    parts = [[clip] for clip in clips]
    if by == "session":
        parts = [[clip for clip in clips if clip.session == name] for name in sessions_of(clips)]
    if len(parts) < 2:
        msg = f"To leave one {by} out, two or more are needed; got {len(parts)}."
        raise BadValueError(msg)
    true: dict[str, Floats] = {}
    predicted: dict[str, Floats] = {}
    baseline: dict[str, Floats] = {}
    names: tuple[str, ...] = ()
    with reporting(progress, len(parts), f"leaving out one {by} after the other", unit=by) as report:
        for done, part in enumerate(parts, 1):
            out = {clip.id for clip in part}
            rest = [clip for clip in clips if clip.id not in out]
            fitted = model.fit(rest, **options)
            names = fitted.outputs
            usual = np.nanmean(np.concatenate([_true(clip, names) for clip in rest]), axis=0)
            for clip in part:
                true[clip.id], baseline[clip.id] = _true(clip, names), usual
                predicted[clip.id] = _prediction(fitted, clip)
            report.at(done)
    return HeldOut(
        model.__name__,
        str(options.get("kind", "ridge")),
        by,
        names,
        true,
        predicted,
        baseline,
        {clip.id: clip.session for clip in clips},
    )


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
    }


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
    """Return percentiles of the rank correlation over resampled clips; the ranks among all rows are kept."""
    from scipy.stats import rankdata

    if len(clips) < 2:
        return float("nan"), float("nan")
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
        correlations = (ab - a * b / n) / np.sqrt((aa - a * a / n) * (bb - b * b / n))
    correlations = correlations[np.isfinite(correlations)]
    if not len(correlations):
        return float("nan"), float("nan")
    low, high = np.quantile(correlations, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def _true(clip: Pair, names: Sequence[str]) -> Floats:
    if set(names) <= set(CHANNELS):
        return envelope_rows(clip.envelope, names)
    return unit_rows(clip, names)[0]


def _prediction(model: EMG2Expression | Expression2EMG, clip: Pair) -> Floats:
    if isinstance(model, Expression2EMG):
        return envelope_rows(model.predict(clip), model.outputs)
    return np.asarray(model.predict(clip.envelope), np.float64)


def _how_known(group: Group) -> str:
    return "not at all" if not group.identifiable else "shared" if len(group.channels) > 1 else "alone"


def _channel(name: str) -> str:
    return _how_known(group_of(name))


def _unit(name: str) -> str:
    return next((_how_known(group) for group in GROUPS.values() if name in group.units), "not at all")
