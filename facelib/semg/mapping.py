"""From muscle activity to face units, or other parameters of a face, and back: maps fitted to pairs.

Face units are those of `facelib.faces.FACE_UNITS`, 0 … 1. Any other named columns (FLAME's as SMIRK, DECA and
EMOCA give them, action units …) keep their own units: each is scaled by its mean and standard deviation in
the rows of the fit, and both are kept in the map.

`Expression2EMG` makes EMG without electrodes: what it says is an expectation given the face, and it can't
know what the face doesn't show. Which channels are known alone, which only together with others, and which
not at all stands in `Expression2EMG.channels`, by the groups of `facelib.semg.GROUPS`.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, Self

import numpy as np
import numpy.typing as npt

from facelib.errors import BadTableError, BadValueError
from facelib.head.expressions import FACE_UNITS
from facelib.semg import regression
from facelib.semg.fitted_map import TINIEST, Given, Map, Scale, Told, moments, scaled, standardised
from facelib.semg.muscles import CHANNELS, group_of, unit_weights
from facelib.semg.pairs import Pair, envelope_rows, rows_of
from facelib.semg.parameters.columns import Groups, listed, restricted
from facelib.semg.parameters.tools import are_face_units, check_shown, whose
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
    """A map from the envelopes of muscles to face units, or to other parameters of a face.

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
            Face units or other parameters that it predicts; None: those that all clips have.
        context
            Frames that it sees around each.
        scale
            "logit" where units, 0 … 1, were read by a network.
        seed
            Of the network.

        Raises
        ------
        BadTableError
            If a clip lacks a channel, unit or parameter (``missing``).
        BadValueError
            If there are too few rows without NaN, a parameter has no number or always the same, groups of the
            clips differ, or settings are out of range.
        """
        clips = _clips(pairs)
        names, groups = _columns(clips, units)
        x = [envelope_rows(clip.envelope, channels) for clip in clips]
        y, centre, spread = _face(clips, names, scale)
        settings = Given(kind, tuple(context), scale, seed)
        envelope = clips[0].envelope
        facts = Told(
            tuple(channels), names, envelope.unit, envelope.rate, _rest(x), groups, centre, spread
        )  # fmt: skip
        return cls.fitted(x, y, settings, facts)

    def predict(self, envelopes: Any, *, above_rest: bool = False) -> pd.DataFrame:
        """Return the face units, 0 … 1, or parameters expected of envelopes: one column per output.

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
        UnknownNameError
            If `above_rest` is asked of parameters that aren't face units: no head moves by them.
        BadValueError
            If a recording isn't normalised and the fit's were, or the other way round; or its rate differs by
            more than a quarter, so that the context would last longer or shorter.
        """
        import pandas as pd

        if isinstance(envelopes, Recording):
            self._check(envelopes)
        if above_rest:
            check_shown(self.outputs)
        found = self.given_back(self.mapped(envelope_rows(envelopes, self.inputs)))
        if above_rest:
            still = np.tile(self.rest, (1, len(self.context)))
            rest = self.given_back(regression.apply(self.weights, still))
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
        a unit when an envelope goes from 0 to 1, so they compare where envelopes are normalised. Of other
        parameters nothing is declared; their weights are `slopes`.

        Raises
        ------
        UnknownNameError
            If the parameters aren't face units.
        """
        import pandas as pd

        check_shown(self.outputs)
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
    """A map from face units, or other parameters, to the envelopes of muscles: EMG without electrodes.

    Examples
    --------
    >>> from facelib.semg import pair_of, simulate_clip
    >>> pairs = [pair_of(simulate_clip(task, 4.0)) for task in ("happy", "sad", "angry")]
    >>> model = Expression2EMG.fit(pairs)
    >>> bool(np.isnan(model.predict(pairs[0]).pick(["masseter_left"]).signals).all())
    True
    """

    direction: ClassVar[str] = "face units to envelopes"
    face_side: ClassVar[Literal["inputs", "outputs"]] = "inputs"

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
        names, groups = _columns(clips, units)
        x, centre, spread = _face(clips, names, scale)
        y = [envelope_rows(clip.envelope, IDENTIFIABLE) for clip in clips]
        settings = Given(kind, tuple(context), scale, seed)
        envelope = clips[0].envelope
        facts = Told(
            names, IDENTIFIABLE, envelope.unit, envelope.rate, _rest(y), groups, centre, spread
        )  # fmt: skip
        return cls.fitted(x, y, settings, facts)

    def predict(self, units: Any, *, rate: float | None = None) -> Recording:
        """Return the expected envelopes of all 22 channels; NaN for those that the face doesn't show.

        Parameters
        ----------
        units
            A `Pair`, what `units_of_video` or `read_parameters` returned, a table by unit or parameter, or an
            array in the order of `inputs`. Rows with NaN give NaN.
        rate
            Frames a second; None: that of the fit.

        Raises
        ------
        BadTableError
            If a unit or parameter is missing (``missing``).
        """
        found = self.mapped(self.taken(rows_of(units, self.inputs)))
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


def _columns(clips: Sequence[Pair], units: Sequence[str] | None) -> tuple[tuple[str, ...], Groups]:
    """Return the columns of a fit and their groups, or raise if the clips don't have the same."""
    first = clips[0].names
    names = tuple(units) if units is not None else tuple(
        name for name in first if all(name in clip.names for clip in clips)
    )  # fmt: skip
    for clip in clips:
        lacking = [name for name in (first if units is None else names) if name not in clip.names]
        lacking += [name for name in clip.names if units is None and name not in first]
        if lacking and not (names and are_face_units([*first, *clip.names])):
            msg = (
                f"All clips of a fit have the same columns. {clips[0].id} has {whose(first)}, {clip.id} "
                f"{whose(clip.names)}; not in both: {listed(lacking)}."
            )
            raise BadTableError(msg, missing=lacking)
    groups = restricted(clips[0].groups or {}, names)
    sets = [_sets(restricted(clip.groups or {}, names)) for clip in clips]
    other = next((clip for clip, held in zip(clips, sets, strict=True) if held != sets[0]), None)
    if other is not None:
        msg = f"All clips of a fit have the same groups; those of {clips[0].id} and {other.id} differ."
        raise BadValueError(msg)
    return names, groups


def _sets(groups: Groups) -> dict[str, frozenset[str]]:
    return {group: frozenset(part) for group, part in groups.items()}


def _face(
    clips: Sequence[Pair], names: Sequence[str], scale: Scale
) -> tuple[list[Floats], tuple[float, ...], tuple[float, ...]]:
    """Return the face's parameters of each clip as a map takes them, and by what they were scaled."""
    rows = [rows_of(clip, names) for clip in clips]
    centre, spread = moments(rows, names, scale)
    return [standardised(scaled(part, scale), centre, spread) for part in rows], centre, spread


def _rest(rows: Sequence[Floats]) -> tuple[float, ...]:
    known = (column[np.isfinite(column)] for column in np.concatenate(rows).T)
    return tuple(float(np.percentile(column, REST)) if len(column) else float("nan") for column in known)
