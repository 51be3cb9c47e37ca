"""What the Muscles tab plays: a simulated recording, a file of the visitor's, or a clip of a data set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError, FacelibError, UnknownNameError
from facelib.semg.activity import ActivityRange, activity_range
from facelib.semg.recordings.channels import known
from facelib.semg.recordings.file_columns import unit_of
from facelib.semg.recordings.recording import Recording

if TYPE_CHECKING:
    import pandas as pd

    from facelib.semg.dataset import Dataset
    from facelib.semg.recordings.findings import Finding
    from facelib.semg.recordings.processing import Chain
    from facelib.utilities.progress import Report

SECONDS: Final = 8.0  # of a simulated recording
SIDES: Final = ("neither", "left", "right")
CHEWING: Final = "masseter"
MOST_BYTES: Final = 100_000_000  # of a file that is uploaded
MOST_SECONDS: Final = 1200.0
SET_THERE: Final = "From, to, mains and window are set under “Processing”."
MAP: Final = "Say which column is which muscle under “Which channel is which muscle”."
BY_ITSELF: Final = "; what no electrode records, as an open jaw, moves as it was simulated"
SIMULATED: Final = "simulated: a test of software, and no finding on humans"


@dataclass(frozen=True, eq=False)
class Loaded:
    """A recording that is ready to be played.

    Attributes
    ----------
    recording
        As it was recorded.
    envelope
        What the processing chain made of it; itself if it was an envelope.
    ends
        What is rest and what is full activity of each channel.
    findings
        Of the quality check.
    title
        What it is, in words.
    unrecorded
        Face units that no electrode tells, by name, and how far on they are at every row of the envelope:
        known of simulated recordings alone.
    """

    recording: Recording
    envelope: Recording
    ends: ActivityRange | None
    findings: tuple[Finding, ...]
    title: str
    unrecorded: Mapping[str, npt.NDArray[np.float32]] = field(default_factory=dict)


def movements() -> dict[str, str]:
    """Return the movements that can be simulated: id to title, emotions first.

    Examples
    --------
    >>> movements()["happy"], movements()["Smile-Open"]
    ('happy (imitated)', 'smile open')
    """
    from facelib.semg.simulation.movements import TASKS

    emotions = {task.id: f"{task.id} (imitated)" for task in TASKS.values() if task.mode == "emotion"}
    others = {name: name.replace("-", " ").lower() for name in TASKS if name not in emotions}
    return emotions | others


def simulated(
    task: str,
    chain: Chain,
    *,
    weak: str = SIDES[0],
    weakness: float = 0.0,
    seed: int = 0,
    progress: bool | Report | None = None,
) -> Loaded:
    """Simulate a recording of a movement, 44 inputs at 4096 Hz, and put it through the chain.

    Parameters
    ----------
    task
        One of `movements`.
    weak, weakness
        The side whose muscles are weaker ("neither", "left", "right"), and by what share, also where they
        only come along. The masseter keeps its strength: another nerve than the facial one moves it.
    seed
        Of all that is drawn.
    chain
        Constants of the processing.
    progress
        True for a progress bar, or a function called with the `Progress`, which counts channels; what it
        raises ends the work.
    """
    from facelib.head.expressions import FACE_UNITS
    from facelib.semg.muscles import CHANNELS
    from facelib.semg.simulation.movements import task_of
    from facelib.semg.simulation.person import simulate_clip

    side = [name for name in CHANNELS if name.endswith(f"_{weak}") and not name.startswith(CHEWING)]
    moved = replace(task_of(task), weakened=dict.fromkeys(side, 1 - weakness))
    clip = simulate_clip(moved, SECONDS, seed=seed, raw=True)
    said = f", {weak} side weaker by {100 * weakness:.0f} %" if weak != SIDES[0] else ""
    others = {name: clip.units[:, FACE_UNITS.index(name)] for name in moved.others}
    title = f"{movements()[task].capitalize()}{said}, {SIMULATED}{BY_ITSELF if others else ''}"
    made = prepared(clip.raw or clip.envelope, title, chain, progress)
    return replace(made, ends=_simulated_range(seed, chain), unrecorded=others)


@lru_cache(maxsize=8)
def _simulated_range(seed: int, chain: Chain) -> ActivityRange:
    """Return what is rest and what is full of a simulated session: that of all movements."""
    from facelib.semg.simulation.movements import TASKS
    from facelib.semg.simulation.person import simulate_clip

    clips = (simulate_clip(task, SECONDS, seed=seed, chain=chain) for task in TASKS.values())
    return activity_range(clip.envelope for clip in clips)


def uploaded(
    name: str,
    content: bytes,
    rate: float | None,
    chain: Chain,
    progress: bool | Report | None = None,
    *,
    columns: Mapping[str, str] | None = None,
) -> Loaded:
    """Read a file of the visitor's; nothing of it is written anywhere.

    What `columns` says of those that it has counts: column to channel, "" of one that is left out.

    Raises
    ------
    FacelibError
        It can't be read, its rate isn't known, or nothing moves in it.
    """
    from facelib.semg.recordings.reading import NoRateError, read_signals, signal_names

    if len(content) > MOST_BYTES:
        most = MOST_BYTES / 1e6
        msg = f"{name} has {len(content) / 1e6:.0f} MB; the page takes up to {most:.0f}. Cut it."
        raise BadValueError(msg)
    try:
        told = used(columns, signal_names(content, name=name)) if columns else None
        recording = read_signals(content, name=name, rate=rate, columns=told)
    except NoRateError as error:
        msg = (
            f"{name} doesn't say how many samples a second it has: give “Samples / s”, or a column of times."
        )
        raise NoRateError(msg) from error
    except UnknownNameError as error:
        msg = f"{error.words.partition('. ')[0]}. {MAP}"
        raise UnknownNameError(msg) from error
    if recording.seconds > MOST_SECONDS:
        msg = f"{name} lasts {recording.seconds / 60:.0f} min; the page takes up to {MOST_SECONDS / 60:.0f}."
        raise BadValueError(msg)
    return prepared(recording, name, chain, progress)


def used(columns: Mapping[str, str], names: list[str]) -> dict[str, str | None] | None:
    """Return what `read_signals` is to take of a file with these columns; None: all by their names.

    Columns of which nothing was said, as of another amplifier, go by their names.

    Raises
    ------
    BadValueError
        Nothing is chosen.

    Examples
    --------
    >>> used({"EXG1": "zygomaticus_left", "Force": "", "EXG9": "mentalis_left"}, ["EXG1", "Force", "F19"])
    {'EXG1': 'zygomaticus_left', 'F19': 'zygomaticus_right'}
    """
    there = {name: meant for name, meant in columns.items() if name in names}
    if not there:
        return None
    plain = {unit_of(name)[0]: name for name in names if name not in columns}
    by_name = {plain[one]: meant for one, meant in known(list(plain)).items()}
    told: dict[str, str | None] = {**{name: meant for name, meant in there.items() if meant}, **by_name}
    if not told:
        msg = "All columns are left out: choose a muscle for one of them at least."
        raise BadValueError(msg)
    return told


def of_clip(dataset: Dataset, clip: str, chain: Chain) -> Loaded:
    """Read a clip of a data set; its session says what is rest and what is full activity."""
    found = dataset.clip(clip)
    if found.recording is None:
        msg = f"The clip {clip} has no signals: sessions that end in N were filmed without electrodes."
        raise BadValueError(msg)
    title = f"{found.task}, session {found.session}"
    made = prepared(found.recording, title, chain, units=found.blendshapes)
    same = dataset.clips[dataset.clips["session"] == found.session]["clip"]
    return replace(
        made,
        ends=_ends(_recordings(dataset, tuple(same)) or [made.envelope]),
        findings=(*found.findings, *made.findings),
    )


def recorded_clips(dataset: Dataset) -> list[str]:
    """Return the clips of a data set that have signals."""
    clips = dataset.clips
    return [str(clip) for clip, there in zip(clips["clip"], clips["emg"], strict=True) if there]


def prepared(
    recording: Recording,
    title: str,
    chain: Chain,
    progress: bool | Report | None = None,
    units: pd.DataFrame | None = None,
) -> Loaded:
    """Check a recording and make its envelopes; with face units of its film, sides are compared, too."""
    from facelib.semg.recordings.processing import envelope
    from facelib.semg.recordings.quality import check

    findings = tuple(check(recording, chain=chain, units=units, progress=progress))
    try:
        made = recording if recording.kind == "envelope" else envelope(recording, chain, progress=progress)
    except BadValueError as error:
        msg = f"{error.words} {SET_THERE}"
        raise BadValueError(msg) from error
    return Loaded(recording, made, _ends([made]), findings, title)


def _ends(recordings: Iterable[Recording]) -> ActivityRange | None:
    """Return what is rest and what is full in envelopes; None for those that were normalised."""
    given = [recording for recording in recordings if recording.unit]
    return activity_range(given) if given else None


@lru_cache(maxsize=8)
def _recordings(dataset: Dataset, clips: tuple[str, ...]) -> list[Recording]:
    """Return the envelopes of clips; those that can't be read are left out, and said where they are shown."""
    found = []
    for clip in clips:
        try:
            recording: Any = dataset.clip(clip).recording
        except FacelibError:
            continue
        if recording is not None:
            found.append(recording)
    return found
