"""A simulated person: muscles of known activity, the face that they move, and what electrodes record.

What is found on simulated recordings is a test of software, and no finding on humans: the face is moved by
the very map (`facelib.semg.unit_weights`) that models are then asked to find, and signals have the noise that
we gave them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError
from facelib.head.expressions import FACE_UNITS
from facelib.semg.muscles import CHANNELS, unit_weights
from facelib.semg.recordings.processing import Chain, envelope
from facelib.semg.recordings.recording import Recording
from facelib.semg.simulation.movements import RATE, Activity, Task, draw_activity, seeds, task_of
from facelib.semg.simulation.signals import NO_FAULTS, Faults, draw_strengths, expected_envelope, raw_signals
from facelib.utilities.short_repr import in_short

if TYPE_CHECKING:
    import pandas as pd

    from facelib.head.head import Head

SHOWN: Final = 1e-3
"""Activation of a face unit below which it isn't rendered."""
SHORTEST, LONGEST = 0.5, 120.0
"""Seconds of a simulated clip."""


@in_short()
@dataclass(frozen=True, eq=False)
class SimulatedClip:
    """A simulated clip with its truth.

    Parameters
    ----------
    id, session, task
        Its names; sessions that end in S have electrodes.
    activity
        True activity of the 22 channels, 0 … 1, at the times of the film's frames (kind "envelope", no unit).
    units
        float32 (n, 52): true face units, in the order of `facelib.faces.FACE_UNITS`. Read-only.
    envelope
        What the processing chain makes of the signals, µV: one row per frame, later by `lag`.
    raw
        The 44 monopolar inputs, if asked for.
    lag
        Seconds by which the signals come later than the film.
    faults
        Faults that were simulated.
    shown
        Numbers of the frames that the film has: all, unless some were dropped.
    """

    id: str
    session: str
    task: Task
    activity: Recording
    units: npt.NDArray[np.float32]
    envelope: Recording
    raw: Recording | None
    lag: float
    faults: Faults
    shown: npt.NDArray[np.intp]

    def __len__(self) -> int:
        """Return the number of frames, dropped ones included."""
        return len(self.units)

    @cached_property
    def electrodes(self) -> bool:
        """Whether electrodes are on the face."""
        return self.session.endswith("S")

    def unit_table(self) -> pd.DataFrame:
        """Return the true face units: one column per unit, one row per frame."""
        import pandas as pd

        return pd.DataFrame(self.units, columns=list(FACE_UNITS))

    def heads(self, head: Head | None = None, *, electrodes: bool | None = None) -> list[Head]:
        """Return the head of every frame of the film.

        Parameters
        ----------
        head
            The person; None: `person`. Its expression is replaced.
        electrodes
            Whether the Fridlund scheme is on the face; None: as in the session.
        """
        worn = self.electrodes if electrodes is None else electrodes
        base = (head or person()).replace(electrodes="fridlund" if worn else None)
        return [moved(base, row) for row in self.units[self.shown]]

    def frames(
        self, head: Head | None = None, size: int = 286, *, electrodes: bool | None = None
    ) -> Iterator[npt.NDArray[np.uint8]]:
        """Render the film, frame by frame: uint8 (size, size, 3), RGB."""
        from facelib.head.rendering.render import render_heads

        heads = self.heads(head, electrodes=electrodes)
        for start in range(0, len(heads), _BATCH):
            for face in render_heads(heads[start : start + _BATCH], size):
                yield face.image


_BATCH = 16  # frames that are rendered at once


def simulate_clip(
    task: Task | str = "happy",
    seconds: float = 6.0,
    *,
    session: str = "1S",
    seed: int = 0,
    name: str = "",
    lag: float = 0.0,
    faults: Faults = NO_FAULTS,
    raw: bool = False,
    chain: Chain | None = None,
) -> SimulatedClip:
    """Simulate a clip in memory; nothing is rendered before it is asked for.

    Parameters
    ----------
    task
        Name of a task in `facelib.semg.TASKS`, or one of your own.
    seconds
        Its duration.
    session
        Electrodes of a session sit the same in all of its clips; names that end in S have them on.
    seed
        Of everything that is drawn. Clips of the same seed, session and name are the same.
    name
        The clip's id; None: session and task.
    lag
        Seconds by which the signals come later than the film, within ± 2.
    faults
        What goes wrong.
    raw
        Whether the 44 inputs are made at 4096 Hz, and put through the processing chain: about half a second
        for ten. Else the envelope is drawn around its expected value, in milliseconds.
    chain
        Constants of the processing.

    Raises
    ------
    UnknownNameError
        There is no such task.
    BadValueError
        If a number is out of its range.

    Examples
    --------
    >>> clip = simulate_clip("Smile-Left", 2.0)
    >>> len(clip), clip.envelope.signals.shape, clip.units.shape
    (60, (60, 22), (60, 52))
    """
    task = task_of(task) if isinstance(task, str) else task
    if not SHORTEST <= seconds <= LONGEST:
        msg = f"A simulated clip lasts {SHORTEST:g} … {LONGEST:g} s; got {seconds!r}."
        raise BadValueError(msg)
    name = name or f"{session}_{task.id}"
    movement, noise, dropping = seeds(seed, name).spawn(3)
    activity = draw_activity(task, seconds, np.random.default_rng(movement))
    strengths = draw_strengths(np.random.default_rng(seeds(seed, session)))
    rng = np.random.default_rng(noise)
    recorded = None
    if raw:
        recorded = raw_signals(activity, strengths, rng, lag=lag, faults=faults)
        recorded = recorded.replace(session=session)
        measured = envelope(recorded.replace(rate=4096.0), chain).pick(CHANNELS)
    else:
        measured = expected_envelope(activity, strengths, rng, lag=lag, faults=faults, chain=chain)
    truth = activity.channels[activity.clip].astype(np.float32)
    units = face_units(activity)
    units.setflags(write=False)
    return SimulatedClip(
        name,
        session,
        task,
        Recording(truth, RATE, CHANNELS, "envelope", "", session, "simulated truth"),
        units,
        measured.replace(session=session),
        recorded,
        lag,
        faults,
        _shown(len(truth), faults.dropped, np.random.default_rng(dropping)),
    )


def face_units(activity: Activity) -> npt.NDArray[np.float32]:
    """Return how far each of the 52 face units is on in a clip, float32 (n, 52): by the declared map.

    Units that no recorded muscle moves are added as they are.
    """
    units = activity.channels[activity.clip] @ unit_weights().T
    for name, moved_by in zip(activity.units, activity.others[activity.clip].T, strict=True):
        units[:, FACE_UNITS.index(name)] += moved_by
    return np.clip(units, 0, 1).astype(np.float32)


def person() -> Head:
    """Return the head that simulated recordings are of, unless another one is given."""
    from facelib.head.head import Head

    return Head(age=30, gender=0.5, hair="short", expression={}, light="frontal", seed=0)


def moved(head: Head, units: Sequence[float] | npt.NDArray[np.floating]) -> Head:
    """Return a head with face units (52,) in place of its expression; those below `SHOWN` are 0."""
    shown = {name: float(value) for name, value in zip(FACE_UNITS, units, strict=True) if value >= SHOWN}
    return head.replace(expression=shown, intensity=1.0)


def _shown(frames: int, dropped: int, rng: np.random.Generator) -> npt.NDArray[np.intp]:
    if dropped >= frames:
        msg = f"A film of {frames} frames can't lose {dropped}."
        raise BadValueError(msg)
    lost = rng.choice(np.arange(1, frames), dropped, replace=False)
    return np.setdiff1d(np.arange(frames), lost)
