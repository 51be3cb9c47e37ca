"""Normalisation of envelopes over sessions: constants per session and channel, never per clip.

How many µV a muscle makes depends on skin, electrode and distance, which stay as they are for a session and
not longer. Within a session clips keep their proportions: a weak smile stays weaker than a strong one.

Each channel has constants of its own, so a difference between left and right that lasts all session goes with
them. Where sides are to be compared, `facelib.semg.activity_of` gives both sides of a muscle one scale.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError, UnknownNameError, check_all
from facelib.semg.recordings.findings import Finding
from facelib.semg.recordings.recording import Recording
from facelib.utilities.short_repr import in_short

Method = Literal["percentile", "max", "rest", "z"]
METHODS: Final[Mapping[Method, str]] = {
    "percentile": "0 is a low percentile of the session (rest), 1 a high one (strong activity); an artefact "
    "of less than a hundredth of the time moves neither",
    "max": "0 is no signal at all, 1 the largest value of the session, be it an artefact",
    "rest": "0 is the median of the clips at rest, 1 a high percentile of the session",
    "z": "0 is the mean of the session, 1 a standard deviation above it",
}
"""Methods, and what they make 0 and 1."""

LOW: Final = 5.0
HIGH: Final = 99.0
FLAT: Final = 1e-4
"""Span, µV, from which on down a channel is flat."""
SHORT: Final = 30.0
"""Seconds below which it is said that constants of a session were asked for, not of a clip."""
AT_REST: Final = "face-at-rest"
"""Text in the source of a recording at rest, in small letters."""

Doubles = npt.NDArray[np.float64]
Given = Recording | Iterable[Recording] | Mapping[str, Recording]


@in_short()
@dataclass(frozen=True, eq=False)
class Scale:
    """Constants of a session, to be applied to its clips, and undone.

    Parameters
    ----------
    channels
        Names, in the order of the constants.
    offset, span
        (k,): what becomes 0, and how far above it 1 lies, in the recordings' unit. A flat channel has the
        span 1: it becomes 0, and undone it is itself again.
    method
        One of `METHODS`.
    session
        Whose constants they are.
    unit
        Of what they are applied to.
    findings
        Channels that are flat or not recorded, and constants that come from very little.
    """

    channels: tuple[str, ...]
    offset: Doubles
    span: Doubles
    method: Method
    session: str = ""
    unit: str = "µV"
    findings: tuple[Finding, ...] = ()

    def apply(self, recording: Recording) -> Recording:
        """Return envelopes normalised, their unit "".

        Raises
        ------
        BadValueError
            If they are normalised already, or of another session.
        UnknownNameError
            If they have a channel that the scale doesn't know.
        """
        if recording.unit != self.unit:
            msg = f"The scale is for {self.unit}; the recording is {recording.unit or 'normalised already'}."
            raise BadValueError(msg)
        offset, span = self._of(recording)
        return recording.replace(signals=((recording.signals - offset) / span).astype(np.float32), unit="")

    def undo(self, recording: Recording) -> Recording:
        """Return envelopes as they were before `apply`, in the scale's unit.

        Raises
        ------
        BadValueError
            If they aren't normalised, or of another session.
        UnknownNameError
            If they have a channel that the scale doesn't know.
        """
        if recording.unit:
            msg = f"Only normalised recordings can be undone; this one is in {recording.unit}."
            raise BadValueError(msg)
        offset, span = self._of(recording)
        return recording.replace(
            signals=(recording.signals * span + offset).astype(np.float32), unit=self.unit
        )

    def _of(self, recording: Recording) -> tuple[Doubles, Doubles]:
        """Return the constants in the order of a recording's channels."""
        if self.session and recording.session and self.session != recording.session:
            msg = (
                f"The constants are of session {self.session}, the recording is of {recording.session}: "
                "electrodes were placed anew, so µV aren't comparable."
            )
            raise BadValueError(msg)
        if missing := [name for name in recording.channels if name not in self.channels]:
            msg = f"The scale has no channel {missing[0]!r}; it has {', '.join(self.channels)}."
            raise UnknownNameError(msg)
        columns = [self.channels.index(name) for name in recording.channels]
        return self.offset[columns], self.span[columns]


@in_short()
@dataclass(frozen=True, eq=False)
class Normalised:
    """Recordings of a session that were normalised together.

    Parameters
    ----------
    recordings
        In the order they were given.
    scale
        Their constants.
    """

    recordings: tuple[Recording, ...]
    scale: Scale


def normalise(
    recordings: Given,
    method: Method = "percentile",
    *,
    low: float = LOW,
    high: float = HIGH,
    rest: Given | None = None,
) -> Normalised:
    """Normalise envelopes of one session together; see `scale_of`.

    Examples
    --------
    >>> rows = np.arange(101.0)[:, None]
    >>> session = normalise(Recording(rows, 30, ("mentalis_left",), "envelope"), "max")
    >>> float(session.recordings[0].signals[50, 0]), session.scale.span.tolist()
    (0.5, [100.0])
    """
    listed = _listed(recordings)
    scale = scale_of(listed, method, low=low, high=high, rest=rest)
    return Normalised(tuple(scale.apply(recording) for recording in listed), scale)


def scale_of(
    recordings: Given,
    method: Method = "percentile",
    *,
    low: float = LOW,
    high: float = HIGH,
    rest: Given | None = None,
) -> Scale:
    """Return the constants of a session.

    Parameters
    ----------
    recordings
        Envelopes in µV of one session: one recording, several, or clips by name.
    method
        One of `METHODS`.
    low, high
        Percentiles of the whole session: `low` for "percentile", `high` for "percentile" and "rest".
    rest
        Recordings at rest, for "rest"; None: those of `recordings` whose source is a Face-At-Rest clip.

    Raises
    ------
    BadValueError
        If there is none, they aren't envelopes of one session with the same channels, percentiles aren't in
        order, or "rest" finds no recording at rest.
    """
    if method not in get_args(Method):
        msg = f"Methods are {', '.join(get_args(Method))}; got {method!r}."
        raise BadValueError(msg)
    if not 0 <= low < high <= 100:
        msg = f"Percentiles go up within 0 … 100; got {low!r} and {high!r}."
        raise BadValueError(msg)
    listed = _listed(recordings)
    first = listed[0]
    values = _values(listed)
    if method == "rest":
        quiet = _at_rest(listed) if rest is None else _listed(rest)
        baseline = _values([first, *quiet])[len(first) :]
    else:
        baseline = values
    offset, top = np.zeros(values.shape[1]), np.zeros(values.shape[1])
    for column in range(values.shape[1]):
        known = values[np.isfinite(values[:, column]), column]
        still = baseline[np.isfinite(baseline[:, column]), column]
        if known.size and still.size:
            offset[column], top[column] = _ends(known, still, method, low, high)
    span = top - offset
    findings = tuple(_findings(listed, values, span))
    session = next((recording.session for recording in listed if recording.session), "")
    kept = np.where(span > FLAT, span, 1.0)
    return Scale(first.channels, offset, kept, method, session, first.unit, findings)


def _ends(known: Doubles, still: Doubles, method: Method, low: float, high: float) -> tuple[float, float]:
    """Return what becomes 0 and what becomes 1 of a channel."""
    if method == "max":
        return 0.0, float(known.max())
    if method == "z":
        return float(known.mean()), float(known.mean() + known.std())
    top = float(np.percentile(known, high))
    return float(np.median(still) if method == "rest" else np.percentile(known, low)), top


def _findings(given: list[Recording], values: Doubles, span: Doubles) -> Iterable[Finding]:
    for column, channel in enumerate(given[0].channels):
        if not np.isfinite(values[:, column]).any():
            text = "The channel has no number in the whole session."
            yield Finding("error", "missing channel", text, "It stays NaN; leave it out.", channel)
        elif not span[column] > FLAT:
            text = f"The channel is flat: what would become 0 … 1 is {max(span[column], 0):.2g} µV."
            remedy = "It becomes 0 throughout; check the electrode and leave the channel out."
            yield Finding("warning", "flat channel", text, remedy, channel)
    seconds = sum(recording.seconds for recording in given)
    if seconds < SHORT:
        text = f"The constants come from {seconds:.1f} s only: is that the whole session?"
        yield Finding("note", "short session", text, "Normalise all clips of a session together.")


def _listed(recordings: Given) -> list[Recording]:
    """Return recordings as a list, checked: envelopes of one session, of the same channels and unit."""
    if isinstance(recordings, Recording):
        listed = [recordings]
    else:
        several = recordings.values() if isinstance(recordings, Mapping) else recordings
        listed = check_all(several, Recording, "A recording, or several,")
    if not listed:
        msg = "Constants are those of one recording or more; got none."
        raise BadValueError(msg)
    first = listed[0]
    for recording in listed:
        if recording.kind != "envelope":
            msg = (
                f"Envelopes are normalised; got {recording.kind} signals: facelib.semg.envelope comes first."
            )
            raise BadValueError(msg)
        if set(recording.channels) != set(first.channels) or recording.unit != first.unit:
            msg = "Recordings of a session have the same channels and unit; pick those that all have."
            raise BadValueError(msg)
    if not first.unit:
        msg = "The recordings are normalised already."
        raise BadValueError(msg)
    if len(sessions := {recording.session for recording in listed if recording.session}) > 1:
        msg = f"Each session is normalised by itself; got {', '.join(sorted(sessions))} at once."
        raise BadValueError(msg)
    return listed


def _values(given: list[Recording]) -> Doubles:
    """Return all rows, (n, k), in the order of the first one's channels."""
    channels = given[0].channels
    for recording in given:
        if set(recording.channels) != set(channels):
            msg = "The recordings at rest have other channels than the session."
            raise BadValueError(msg)
    return np.concatenate([recording.pick(channels).signals for recording in given]).astype(np.float64)


def _at_rest(given: list[Recording]) -> list[Recording]:
    quiet = [recording for recording in given if AT_REST in recording.source.lower()]
    if not quiet:
        msg = "No recording at rest is known: give `rest`, or clips whose source names Face-At-Rest."
        raise BadValueError(msg)
    return quiet
