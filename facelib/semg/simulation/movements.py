"""Movements of a simulated person: the muscles that take part, and their activity over time.

Names follow the recordings "Mimics, Muscles, and Me": facial movements ("schaede") and six imitated emotions.
Which muscle takes part how much, the one-sided movements, and all durations are our choice, guided by the
muscular basis of the Facial Action Coding System; nothing here was fitted to anyone's signals.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from facelib.errors import UnknownNameError, check_kind
from facelib.head.expressions import expand
from facelib.semg.muscles import CHANNELS, MUSCLES, SIDES, Side
from facelib.utilities.checks import as_number
from facelib.utilities.short_repr import in_short

Floats = npt.NDArray[np.float64]
Mode = Literal["schaede", "emotion"]

RATE: Final = 30.0
"""Activities a second: one per frame of the film."""
MARGIN: Final = 2.0
"""Seconds that are drawn before and after a clip, so that signals may come earlier or later than the film."""

RISE, HOLD, FALL, REST = (0.25, 0.6), (0.2, 0.8), (0.3, 0.7), (0.1, 0.6)  # s, ranges
LEAST = 0.4
"""Smallest peak of a movement; the largest is 1."""
SPREAD = 0.15  # of a channel's share of a movement, standard deviation of its logarithm
ASYNCHRONY = 0.06  # s, by how much a channel starts earlier or later, standard deviation
COMPANION, COMPANIONS = 0.4, 0.3  # how often another channel takes part, and how much at most
FREE = 0.35  # how often a channel takes part in a free movement, with any share from 0.2 to 1
TONUS, SLOWNESS = 0.06, 0.8  # activity that is always there: its usual size, and its time scale in s


@dataclass(frozen=True)
class Task:
    """A movement that is made again and again.

    Parameters
    ----------
    id
        Its name in file names.
    mode
        "schaede" for facial movements, "emotion" for imitated emotions.
    channels
        Channel to its share of the movement, 0 … 1.
    others
        Face units that muscles without an electrode move, and how much: the open jaw, a puffed cheek.
    free
        Whether every movement is another one: channels are drawn anew each time.
    weakened
        Channel to the share of its activity that is left, 0 … 1; all of it where none is given.
    """

    id: str
    mode: Mode
    channels: Mapping[str, float] = field(default_factory=dict)
    others: Mapping[str, float] = field(default_factory=dict)
    free: bool = False
    weakened: Mapping[str, float] = field(default_factory=dict)


def _task(
    name: str,
    mode: Mode,
    muscles: Mapping[str, float],
    others: Mapping[str, float] | None = None,
    sides: tuple[Side, ...] = SIDES,
) -> Task:
    channels = {f"{muscle}_{side}": share for muscle, share in muscles.items() for side in sides}
    assert set(channels) <= set(CHANNELS), name
    return Task(name, mode, MappingProxyType(channels), MappingProxyType(expand(others or {})))


_BROW = {"frontalis_lateral": 1.0, "frontalis_medial": 0.4}
_SMILE = {"zygomaticus": 1.0, "orbicularis_oculi": 0.3}
_TIGHT = {"orbicularis_oculi": 1.0, "corrugator_supercilii": 0.6, "depressor_supercilii": 0.5}
_SNARL = {"levator_labii_superioris": 1.0, "zygomaticus": 0.25}

_ALL = (
    _task("Face-At-Rest", "schaede", {}),
    _task("Forehead", "schaede", {"frontalis_medial": 1.0, "frontalis_lateral": 0.9}),
    _task("Eye-Gentle", "schaede", {"orbicularis_oculi": 0.5}),
    _task("Eye-Tight", "schaede", _TIGHT | {"zygomaticus": 0.15, "levator_labii_superioris": 0.2}),
    _task(
        "Nose-Pucker",
        "schaede",
        {
            "levator_labii_superioris": 0.9,
            "corrugator_supercilii": 0.7,
            "depressor_supercilii": 0.8,
            "orbicularis_oculi": 0.4,
        },
    ),
    _task("Smile-Closed", "schaede", _SMILE | {"orbicularis_oris": 0.15}),
    _task("Smile-Open", "schaede", _SMILE | {"levator_labii_superioris": 0.4}, {"jawOpen": 0.3}),
    _task("Lip-Pucker", "schaede", {"orbicularis_oris": 1.0, "mentalis": 0.5}),
    _task("Cheeks", "schaede", {"orbicularis_oris": 0.7, "masseter": 0.3}, {"cheekPuff": 0.8}),
    _task("Snarl", "schaede", _SNARL | {"depressor_supercilii": 0.3}),
    _task("Depress-Lip", "schaede", {"depressor_anguli_oris": 1.0, "mentalis": 0.7}),
    _task(
        "angry",
        "emotion",
        {
            "corrugator_supercilii": 1.0,
            "depressor_supercilii": 0.8,
            "orbicularis_oculi": 0.4,
            "orbicularis_oris": 0.4,
            "mentalis": 0.4,
            "masseter": 0.9,
        },
    ),
    _task(
        "disgusted",
        "emotion",
        {"levator_labii_superioris": 1.0, "depressor_anguli_oris": 0.5, "depressor_supercilii": 0.5},
    ),
    _task(
        "fearful",
        "emotion",
        {
            "frontalis_medial": 1.0,
            "frontalis_lateral": 0.5,
            "corrugator_supercilii": 0.5,
            "depressor_anguli_oris": 0.3,
        },
        {"jawOpen": 0.25, "eyeWide": 0.8, "mouthStretch": 0.6},
    ),
    _task(
        "happy", "emotion", {"zygomaticus": 1.0, "orbicularis_oculi": 0.7, "levator_labii_superioris": 0.2}
    ),
    _task(
        "sad",
        "emotion",
        {
            "frontalis_medial": 0.8,
            "corrugator_supercilii": 0.6,
            "depressor_anguli_oris": 1.0,
            "mentalis": 0.6,
        },
    ),
    _task(
        "surprised",
        "emotion",
        {"frontalis_medial": 1.0, "frontalis_lateral": 1.0},
        {"jawOpen": 0.6, "eyeWide": 0.9},
    ),
    *(
        _task(f"{name}-{side.capitalize()}", "schaede", muscles, sides=(side,))
        for name, muscles in (("Brow", _BROW), ("Wink", _TIGHT), ("Smile", _SMILE), ("Snarl", _SNARL))
        for side in SIDES
    ),
    _task("Clench", "schaede", {"masseter": 1.0}),
    *(Task(f"Free-{number}", "schaede", free=True) for number in range(1, 7)),
)
TASKS: Final[Mapping[str, Task]] = MappingProxyType({task.id: task for task in _ALL})
"""The tasks by their ids: eleven movements and six emotions as in MMM; ours are eight one-sided movements, to
separate the sides, clenched teeth, which nothing in the face shows, and free mimicry, to separate muscles."""


def task_of(name: str) -> Task:
    """Return a task by its id.

    Raises
    ------
    UnknownNameError
        There is no such task.
    """
    if name not in TASKS:
        msg = f"There is no task {name!r}; known: {', '.join(TASKS)}."
        raise UnknownNameError(msg)
    return TASKS[name]


@in_short()
@dataclass(frozen=True, eq=False)
class Activity:
    """Activity of muscles, from `MARGIN` seconds before a clip to as many after it.

    Parameters
    ----------
    channels
        (n, 22), 0 … 1, `RATE` times a second, in the order of `facelib.semg.CHANNELS`.
    others
        (n, k): face units that no recorded muscle moves, 0 … 1.
    units
        Their names.
    frames
        How many of the rows are the clip.
    """

    channels: Floats
    others: Floats
    units: tuple[str, ...]
    frames: int

    @property
    def times(self) -> Floats:
        """Seconds from the start of the clip, (n,)."""
        return np.arange(len(self.channels)) / RATE - MARGIN

    @property
    def clip(self) -> slice:
        """The rows that are the clip."""
        start = round(MARGIN * RATE)
        return slice(start, start + self.frames)


def draw_activity(task: Task | str, seconds: float, rng: np.random.Generator | int = 0) -> Activity:
    """Draw how active muscles are while a movement is made again and again.

    Every movement rises, holds and falls smoothly, with a peak from `LEAST` to 1. Channels differ a little in
    share and start; others come along at times; and a little activity is always there. So no two channels
    are the same, and every one is active somewhere in every clip but those of the face at rest.
    """
    check_kind(task, (Task, str), "A task, or its name,")
    task = task_of(task) if isinstance(task, str) else task
    seconds = as_number(seconds, "The duration in seconds")
    rng = np.random.default_rng(rng)
    frames = max(round(seconds * RATE), 1)
    times = np.arange(frames + 2 * round(MARGIN * RATE)) / RATE - MARGIN
    total = _tonus(len(times), rng)
    others = np.zeros((len(times), len(task.others)))
    shares = np.array([task.channels.get(channel, 0.0) for channel in CHANNELS])
    moved = np.array(list(task.others.values()))
    start = -MARGIN - rng.uniform(0, 2)
    while start < times[-1] and (task.free or shares.any() or moved.any()):
        rise, hold, fall, rest = (rng.uniform(*span) for span in (RISE, HOLD, FALL, REST))
        peak = rng.uniform(LEAST, 1)
        if task.free:
            shares = (rng.random(len(CHANNELS)) < FREE) * rng.uniform(0.2, 1, len(CHANNELS))
        own = shares * np.exp(SPREAD * rng.standard_normal(len(CHANNELS)))
        along = (rng.random(len(CHANNELS)) < COMPANION) * rng.uniform(0, COMPANIONS, len(CHANNELS))
        late = ASYNCHRONY * rng.standard_normal(len(CHANNELS))
        size = np.where(shares > 0, own * peak, along)
        total += size * movement(times[:, None] - start - late, rise, hold, fall)
        if len(moved):
            others += moved * peak * movement(times[:, None] - start, rise, hold, fall)
        start += rise + hold + fall + rest
    total *= np.array([task.weakened.get(channel, 1.0) for channel in CHANNELS])
    return Activity(np.clip(total, 0, 1), np.clip(others, 0, 1), tuple(task.others), frames)


def movement(times: Floats, rise: float, hold: float, fall: float) -> Floats:
    """Return a movement from 0 to 1 and back, with raised cosines as flanks; `times` in s from its start.

    Examples
    --------
    >>> movement(np.array([0.0, 0.25, 0.5, 1.0, 2.0]), 0.5, 0.5, 0.5).round(6).tolist()
    [0.0, 0.5, 1.0, 1.0, 0.0]
    """
    up = np.clip(times / rise, 0, 1)
    down = np.clip((times - rise - hold) / fall, 0, 1)
    return np.asarray((np.cos(np.pi * down) - np.cos(np.pi * up)) / 2)


def seeds(seed: int, name: str) -> np.random.SeedSequence:
    """Return the seeds of a clip's random numbers: the same clip is the same in any selection."""
    return np.random.SeedSequence([seed, zlib.crc32(name.encode())])


def _tonus(n: int, rng: np.random.Generator) -> Floats:
    """Return activity that is always there, (n, 22): smooth, small, and never below 0."""
    from scipy.ndimage import gaussian_filter1d

    width = SLOWNESS * RATE
    smooth = gaussian_filter1d(rng.standard_normal((n, len(CHANNELS))), width, axis=0, mode="wrap")
    smooth *= np.sqrt(2 * width * np.sqrt(np.pi))  # to a standard deviation of 1
    return np.asarray(TONUS * np.abs(smooth))


assert {channel.rpartition("_")[0] for channel in CHANNELS} == set(MUSCLES)
