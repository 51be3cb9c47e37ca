"""A recording: signals of several channels, their sampling rate and unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError, UnknownNameError, answers_misspelt, check_all
from facelib.utilities.short_repr import in_short

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["monopolar", "bipolar", "envelope"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)


@dataclass(frozen=True)
class Event:
    """Something that happened while a recording ran: a note of the recorder, a trigger.

    Attributes
    ----------
    seconds
        Since the recording's start.
    name
        The note's text, or the trigger's number.
    duration
        Seconds; 0 of a moment.

    Examples
    --------
    >>> Event(1.5, "smile")
    Event(seconds=1.5, name='smile', duration=0.0)
    """

    seconds: float
    name: str
    duration: float = 0.0


@in_short()
@answers_misspelt("a recording")
@dataclass(frozen=True, eq=False)
class Recording:
    """Signals of one session or clip.

    Parameters
    ----------
    signals
        float32 (n, k): one row per sample, one column per channel; NaN where nothing was recorded. Read-only.
    rate
        Samples a second.
    channels
        Names of the columns: of `facelib.semg.CHANNELS` for bipolar signals and envelopes.
    kind
        "monopolar" (against a common reference), "bipolar" (differences of neighbours), or "envelope" (how
        strong the bipolar signal is).
    unit
        Of the signals: "µV", or "" for what was normalised.
    session, source
        Which session it belongs to, and where it comes from.
    events
        Notes and triggers of its file, in order of time.
    notes
        How its file was read, in sentences: which columns were left out, that it was cut off.

    Raises
    ------
    BadValueError
        If shape, rate, channels and kind don't fit each other.

    Examples
    --------
    >>> one = Recording(np.zeros((4096, 1), np.float32), 4096.0, ("zygomaticus_left",), "bipolar")
    >>> one.seconds
    1.0
    """

    signals: npt.NDArray[np.float32]
    rate: float
    channels: tuple[str, ...]
    kind: Kind
    unit: str = "µV"
    session: str = ""
    source: str = ""
    events: tuple[Event, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        signals = np.asarray(self.signals)
        if signals.ndim != 2 or signals.dtype.kind not in "fiu":
            msg = f"Signals are numbers (samples, channels); got {signals.dtype} {signals.shape}."
            raise BadValueError(msg)
        if len(self.channels) != signals.shape[1] or len(set(self.channels)) != len(self.channels):
            msg = f"{signals.shape[1]} channels need as many different names; got {list(self.channels)}."
            raise BadValueError(msg)
        if not (np.isfinite(self.rate) and self.rate > 0):
            msg = f"A sampling rate is a number of samples a second above 0; got {self.rate!r}."
            raise BadValueError(msg)
        if self.kind not in KINDS:
            msg = f"A recording is {', '.join(KINDS)}; got {self.kind!r}."
            raise BadValueError(msg)
        view = signals.astype(np.float32, copy=False).view()
        view.setflags(write=False)
        object.__setattr__(self, "signals", view)
        object.__setattr__(self, "channels", tuple(self.channels))
        for what, of in (("events", Event), ("notes", str)):
            object.__setattr__(self, what, tuple(check_all(getattr(self, what), of, f"A list of {what}")))
        object.__setattr__(self, "rate", float(self.rate))

    def __len__(self) -> int:
        """Return the number of samples."""
        return len(self.signals)

    @property
    def seconds(self) -> float:
        """Duration."""
        return len(self.signals) / self.rate

    @property
    def times(self) -> npt.NDArray[np.float64]:
        """Seconds since its start, (n,)."""
        return np.arange(len(self.signals)) / self.rate

    def replace(self, **changes: Any) -> Recording:
        """Return a copy with some fields replaced."""
        return replace(self, **changes)

    def cut(self, start: float, stop: float) -> Recording:
        """Return what lies between two times, s, with its events; the sample at `stop` isn't part of it."""
        first, last = round(start * self.rate), round(stop * self.rate)
        if not 0 <= first < last <= len(self):
            msg = f"A cut lies within 0 … {self.seconds:g} s; got {start:g} … {stop:g} s."
            raise BadValueError(msg)
        begins, ends = first / self.rate, last / self.rate
        events = [
            replace(event, seconds=event.seconds - begins)
            for event in self.events
            if begins <= event.seconds < ends
        ]
        return self.replace(signals=self.signals[first:last], events=tuple(events))

    def pick(self, channels: Sequence[str]) -> Recording:
        """Return some of the channels, in the order asked for."""
        missing = [name for name in channels if name not in self.channels]
        if missing:
            msg = f"The recording has no channel {missing[0]!r}; it has {', '.join(self.channels)}."
            raise UnknownNameError(msg)
        columns = [self.channels.index(name) for name in channels]
        return self.replace(signals=self.signals[:, columns], channels=tuple(channels))

    def event_table(self) -> pd.DataFrame:
        """Return a table of its events: ``seconds``, ``name``, ``duration``.

        >>> events = (Event(1.5, "smile"),)
        >>> one = Recording(np.zeros((8, 1)), 4.0, ("zygomaticus_left",), "bipolar", events=events)
        >>> one.event_table().to_dict("records"), one.cut(1.0, 2.0).events[0].seconds
        ([{'seconds': 1.5, 'name': 'smile', 'duration': 0.0}], 0.5)
        """
        import pandas as pd

        rows = [(event.seconds, event.name, event.duration) for event in self.events]
        return pd.DataFrame(rows, columns=["seconds", "name", "duration"])

    def frame(self) -> pd.DataFrame:
        """Return a table: ``seconds``, and a column for each channel."""
        import pandas as pd

        table = pd.DataFrame(self.signals, columns=list(self.channels))
        table.insert(0, "seconds", self.times)
        return table
