"""From muscle activity to face units and back: maps that are fitted to clips with both.

`Expression2EMG` makes EMG without electrodes: what it says is an expectation given the face, and it can't
know what the face doesn't show. Which channels are known alone, which only together with others, and which
not at all stands in `Expression2EMG.channels`, by the groups of `facelib.semg.GROUPS`.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError
from facelib.head.expressions import FACE_UNITS
from facelib.semg import regression
from facelib.semg.fitted_map import TINIEST, Given, Map, Scale, Told, back, scaled
from facelib.semg.muscles import CHANNELS, group_of, unit_weights
from facelib.semg.pairs import Pair, envelope_rows, unit_rows
from facelib.semg.recordings.recording import Recording
from facelib.semg.regression import Kind

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]

CONTEXT: Final = (-8, -4, 0, 4, 8)
"""Frames that a map sees around each: envelopes are means over half a second, ± 7.5 frames."""
RATES: Final = 1.25
"""So much quicker or slower may a recording be sampled than what a map was fitted to."""
REST: Final = 5.0
"""Percentile of the training's envelopes that is taken for a face at rest."""
IDENTIFIABLE: Final = tuple(name for name in CHANNELS if group_of(name).identifiable)
"""Channels of which the face shows something: all but masseter."""

CHANNEL_COLUMNS: Final = MappingProxyType(
    {
        "channel": "of facelib.semg.CHANNELS",
        "group": "channels that move the same face units",
        "known": '"alone", "shared" (only what it and others do together), or "not at all"',
        "with": "the others of its group",
        "why": "why it isn't known alone",
    }
)
"""Columns of `Expression2EMG.channels`, with their meaning."""


class EMG2Expression(Map):
    """A map from the envelopes of muscles to face units.

    Examples
    --------
    >>> from facelib.semg import pair_of, simulate_clip
    >>> pairs = [pair_of(simulate_clip(task, 4.0)) for task in ("happy", "sad", "angry")]
    >>> model = EMG2Expression.fit(pairs)
    >>> model.predict(pairs[0].envelope).shape
    (120, 52)
    """

    direction: ClassVar[str] = "envelopes to face units"

    @classmethod
    def fit(
        cls,
        pairs: Pair | Sequence[Pair],
        *,
        kind: Kind = "ridge",
        channels: Sequence[str] = CHANNELS,
        units: Sequence[str] | None = None,
        context: Sequence[int] = CONTEXT,
        scale: Scale = "plain",
        seed: int = 0,
    ) -> Self:
        """Fit the map.

        Parameters
        ----------
        pairs
            Clips; of several sessions their envelopes should be normalised by session.
        kind
            "ridge" or "mlp".
        channels
            That it takes.
        units
            That it predicts; None: those that all clips have.
        context
            Frames that it sees around each.
        scale
            "logit" where units were read by a network.
        seed
            Of the network.

        Raises
        ------
        BadTableError
            If a clip lacks a channel or unit.
        BadValueError
            If there are too few rows without NaN, or settings are out of range.
        """
        clips = _clips(pairs)
        names = tuple(units) if units is not None else _common_units(clips)
        x = [envelope_rows(clip.envelope, channels) for clip in clips]
        y = [scaled(unit_rows(clip, names)[0], scale) for clip in clips]
        settings = Given(kind, tuple(context), scale, seed)
        facts = Told(tuple(channels), names, clips[0].envelope.unit, clips[0].envelope.rate, _rest(x))
        return cls.fitted(x, y, settings, facts)

    def predict(self, envelopes: Any, *, above_rest: bool = False) -> pd.DataFrame:
        """Return the face units expected of envelopes, 0 … 1: one column per output, one row per frame.

        Parameters
        ----------
        envelopes
            A `Recording`, a table by channel, or an array in the order of `inputs`; normalised as for the
            fit. Rows with NaN give NaN.
        above_rest
            Return how far units go beyond those of a face at rest, for heads that are at rest at 0: maps of
            what a network read see brows half raised in any face.

        Raises
        ------
        BadTableError
            If a channel is missing.
        BadValueError
            If a recording isn't normalised and the fit's were, or the other way round; or its rate differs by
            more than a quarter, so that the context would last longer or shorter.
        """
        import pandas as pd

        if isinstance(envelopes, Recording):
            self._check(envelopes)
        found = back(self.mapped(envelope_rows(envelopes, self.inputs)), self.scale)
        if above_rest:
            still = np.tile(self.rest, (1, len(self.context)))
            rest = back(regression.apply(self.weights, still), self.scale)
            found = ((found - rest) / np.maximum(1 - rest, TINIEST)).clip(0, 1)
        return pd.DataFrame(found, columns=list(self.outputs))

    def _check(self, envelopes: Recording) -> None:
        """Raise `BadValueError` if envelopes aren't what the map was fitted to."""
        if envelopes.kind == "envelope" and envelopes.unit != self.unit:
            own, given = (unit or "normalised envelopes" for unit in (self.unit, envelopes.unit))
            msg = (
                f"The map was fitted to {own}; got {given}. Normalise the recording with its session "
                "exactly if the clips of the fit were."
            )
            raise BadValueError(msg, hint="In Python: facelib.semg.normalise.")
        if not 1 / RATES <= envelopes.rate / self.rate <= RATES:
            msg = f"The map was fitted to {self.rate:g} rows a second; got {envelopes.rate:g}."
            raise BadValueError(msg)

    def weight_table(self) -> pd.DataFrame:
        """Return the map beside the declared one: which, unit, channel, weight.

        Units that no recorded muscle moves, and channels that move none, are left out. Weights are changes of
        a unit when an envelope goes from 0 to 1, so they compare where envelopes are normalised.
        """
        import pandas as pd

        declared, fitted = unit_weights(), self.slopes()
        rows = []
        for row, unit in enumerate(FACE_UNITS):
            for column, channel in enumerate(CHANNELS):
                known = unit in self.outputs and channel in self.inputs and channel in IDENTIFIABLE
                if known and declared[row].any():
                    weight = fitted[self.inputs.index(channel), self.outputs.index(unit)]
                    rows += [("declared", unit, channel, declared[row, column])]
                    rows += [("found", unit, channel, float(weight))]
        table = pd.DataFrame(rows, columns=["which", "unit", "channel", "weight"])
        return table.sort_values("which", kind="stable", ignore_index=True)


class Expression2EMG(Map):
    """A map from face units to the envelopes of muscles: EMG without electrodes.

    Examples
    --------
    >>> from facelib.semg import pair_of, simulate_clip
    >>> pairs = [pair_of(simulate_clip(task, 4.0)) for task in ("happy", "sad", "angry")]
    >>> model = Expression2EMG.fit(pairs)
    >>> bool(np.isnan(model.predict(pairs[0]).pick(["masseter_left"]).signals).all())
    True
    """

    direction: ClassVar[str] = "face units to envelopes"

    @classmethod
    def fit(
        cls,
        pairs: Pair | Sequence[Pair],
        *,
        kind: Kind = "ridge",
        units: Sequence[str] | None = None,
        context: Sequence[int] = CONTEXT,
        scale: Scale = "plain",
        seed: int = 0,
    ) -> Self:
        """Fit the map to all channels that the face shows something of; see `EMG2Expression.fit`."""
        clips = _clips(pairs)
        names = tuple(units) if units is not None else _common_units(clips)
        x = [scaled(unit_rows(clip, names)[0], scale) for clip in clips]
        y = [envelope_rows(clip.envelope, IDENTIFIABLE) for clip in clips]
        settings = Given(kind, tuple(context), scale, seed)
        facts = Told(names, IDENTIFIABLE, clips[0].envelope.unit, clips[0].envelope.rate, _rest(y))
        return cls.fitted(x, y, settings, facts)

    def predict(self, units: Any, *, rate: float | None = None) -> Recording:
        """Return the expected envelopes of all 22 channels; NaN for those that the face doesn't show.

        Parameters
        ----------
        units
            A `Pair`, what `units_of_video` returned, a table by unit, or an array in the order of `inputs`.
            Rows with NaN give NaN.
        rate
            Frames a second; None: that of the fit.

        Raises
        ------
        BadTableError
            If a unit is missing.
        """
        found = self.mapped(scaled(unit_rows(units, self.inputs)[0], self.scale))
        if self.unit:  # what was normalised may lie below its 0
            found = found.clip(0)
        signals = np.full((len(found), len(CHANNELS)), np.nan, np.float32)
        signals[:, [CHANNELS.index(name) for name in self.outputs]] = found
        return Recording(signals, rate or self.rate, CHANNELS, "envelope", self.unit, source="estimated")

    @staticmethod
    def channels() -> pd.DataFrame:
        """Return how each channel is known from a face; columns as in `CHANNEL_COLUMNS`."""
        import pandas as pd

        rows = []
        for name in CHANNELS:
            group = group_of(name)
            others = [other for other in group.channels if other != name]
            known = "not at all" if not group.identifiable else "shared" if others else "alone"
            rows.append((name, group.id, known, ", ".join(others), group.why))
        return pd.DataFrame(rows, columns=list(CHANNEL_COLUMNS))


def _clips(pairs: Pair | Sequence[Pair]) -> list[Pair]:
    clips = [pairs] if isinstance(pairs, Pair) else list(pairs)
    if not clips:
        msg = "A map is fitted to one clip or more; got none."
        raise BadValueError(msg)
    kinds = {(clip.envelope.rate, clip.envelope.unit) for clip in clips}
    if len(kinds) > 1:
        msg = f"Envelopes of all clips have one rate and unit; got {sorted(kinds)}."
        raise BadValueError(msg)
    return clips


def _common_units(clips: Sequence[Pair]) -> tuple[str, ...]:
    return tuple(name for name in clips[0].names if all(name in clip.names for clip in clips))


def _rest(rows: Sequence[Floats]) -> tuple[float, ...]:
    known = (column[np.isfinite(column)] for column in np.concatenate(rows).T)
    return tuple(float(np.percentile(column, REST)) if len(column) else float("nan") for column in known)
