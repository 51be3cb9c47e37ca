"""Simulated signals of electrodes: noise whose strength is the muscles' known activity.

Signals are made up: Gaussian noise between 20 and 450 Hz, its amplitude following the activity (the usual
model of an interference pattern), on two electrodes with opposite signs, beneath noise of the amplifier,
drift, movement, the mains, and what all electrodes pick up alike. All sizes are our choice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError, UnknownNameError, answers_misspelt
from facelib.semg.muscles import CHANNELS, MUSCLES, SIDES
from facelib.semg.recordings.processing import Chain, kernel
from facelib.semg.recordings.recording import Recording
from facelib.semg.simulation.movements import MARGIN, Activity

Floats = npt.NDArray[np.float64]

RATE: Final = 4096.0
BAND: Final = (20.0, 450.0)
ORDER: Final = 4
"""Hz, edges of the muscles' noise, and the order of its Butterworth filter."""
INPUTS: Final = tuple(f"{channel} {which}" for channel in CHANNELS for which in (1, 2))
"""Names of the 44 monopolar inputs."""
STRENGTHS: Final[Mapping[str, float]] = MappingProxyType(
    {
        "corrugator_supercilii": 180.0,
        "depressor_anguli_oris": 150.0,
        "depressor_supercilii": 150.0,
        "frontalis_lateral": 120.0,
        "frontalis_medial": 140.0,
        "levator_labii_superioris": 140.0,
        "masseter": 400.0,
        "mentalis": 220.0,
        "orbicularis_oculi": 160.0,
        "orbicularis_oris": 200.0,
        "zygomaticus": 250.0,
    }
)
"""µV, root mean square of a muscle's bipolar signal at full activity."""
ATTACHED: Final = 0.25
"""Standard deviation of the logarithm of a channel's factor in a session: how electrodes sit that day."""
AMPLIFIER, DRIFT, MOVED = (
    1.5,
    1.0,
    0.8,
)  # µV an electrode: white noise, slow drift, movement per 1/s of activity
HUM, MISMATCH, ALIKE = 15.0, 0.03, 40.0  # µV of mains, how differently electrodes take it, µV of slow common
MAINS: Final = 50.0

NEIGHBOURS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "corrugator_supercilii": ("depressor_supercilii", "frontalis_medial"),
        "depressor_anguli_oris": ("mentalis", "orbicularis_oris"),
        "depressor_supercilii": ("corrugator_supercilii",),
        "frontalis_lateral": ("frontalis_medial",),
        "frontalis_medial": ("frontalis_lateral", "corrugator_supercilii"),
        "levator_labii_superioris": ("zygomaticus", "orbicularis_oris"),
        "masseter": ("zygomaticus",),
        "mentalis": ("depressor_anguli_oris",),
        "orbicularis_oculi": ("zygomaticus",),
        "orbicularis_oris": ("depressor_anguli_oris", "levator_labii_superioris"),
        "zygomaticus": ("orbicularis_oculi", "masseter", "levator_labii_superioris"),
    }
)
"""Muscles whose signal a channel picks up, too, on its side, where cross-talk is asked for."""


@answers_misspelt("a set of faults")
@dataclass(frozen=True)
class Faults:
    """Faults of a simulated recording, to be found by checks.

    Parameters
    ----------
    missing
        (channel, start s, end s): stretches in which nothing was recorded (NaN).
    flat
        Channels both electrodes of which record the same.
    swapped
        Whether the left side's electrodes are plugged in on the right side, and the other way round.
    told_rate
        Samples a second that the recording claims to have; None: the true rate.
    crosstalk
        Share of each neighbour's signal that a channel picks up, 0 … 1.
    dropped
        How many frames of the film are lost; those after them move up.

    Raises
    ------
    UnknownNameError
        There is no such channel.
    BadValueError
        If a number is out of its range.
    """

    missing: tuple[tuple[str, float, float], ...] = ()
    flat: tuple[str, ...] = ()
    swapped: bool = False
    told_rate: float | None = None
    crosstalk: float = 0.0
    dropped: int = 0

    def __post_init__(self) -> None:
        for name in (*self.flat, *(channel for channel, _, _ in self.missing)):
            if name not in CHANNELS:
                msg = f"There is no channel {name!r}; see facelib.semg.CHANNELS."
                raise UnknownNameError(msg)
        for name, start, end in self.missing:
            if not start < end:
                msg = f"What is missing of {name} goes from a time to a later one; got {start:g} … {end:g} s."
                raise BadValueError(msg)
        if not 0 <= self.crosstalk <= 1 or self.dropped < 0:
            msg = f"Cross-talk is a share, 0 … 1, and dropped frames are 0 or more; got {self}."
            raise BadValueError(msg)


NO_FAULTS: Final = Faults()


def draw_strengths(rng: np.random.Generator | int = 0) -> Floats:
    """Draw how strong each channel is at full activity in a session, (22,) µV; see `STRENGTHS`."""
    rng = np.random.default_rng(rng)
    usual = np.array([STRENGTHS[channel.rpartition("_")[0]] for channel in CHANNELS])
    return usual * np.exp(ATTACHED * rng.standard_normal(len(CHANNELS)))


def raw_signals(
    activity: Activity,
    strengths: Floats,
    rng: np.random.Generator | int = 0,
    *,
    lag: float = 0.0,
    faults: Faults = NO_FAULTS,
    rate: float = RATE,
) -> Recording:
    """Return the 44 monopolar inputs of a clip, as an amplifier would have recorded them.

    Parameters
    ----------
    activity
        Known truth, from `facelib.semg.draw_activity`.
    strengths
        (22,) µV at full activity.
    rng
        Of the noise.
    lag
        Seconds by which the signals come later than the film, within ± `MARGIN`.
    faults
        What goes wrong.
    rate
        Samples a second.

    Raises
    ------
    BadValueError
        If the lag is larger, or the rate too small for the muscles' band.
    """
    _check_lag(lag)
    if not rate > 2 * BAND[1]:
        msg = f"Signals up to {BAND[1]:g} Hz need more than {2 * BAND[1]:g} samples a second; got {rate:g}."
        raise BadValueError(msg)
    rng = np.random.default_rng(rng)
    count = round(activity.frames / 30.0 * rate)
    times = np.arange(count) / rate
    sources = np.empty((count, len(CHANNELS)), np.float32)
    for column in range(len(CHANNELS)):
        size = strengths[column] * np.interp(times - lag, activity.times, activity.channels[:, column])
        sources[:, column] = size * band_noise(count, rate, rng)
    if faults.crosstalk:
        sources = sources @ mixing(faults.crosstalk).astype(np.float32)
    hum = HUM * np.sin(2 * np.pi * MAINS * times + rng.uniform(0, 2 * np.pi))
    alike = ALIKE * _slow(count, rate, 1.0, rng)
    inputs = np.empty((count, len(INPUTS)), np.float32)
    for column, channel in enumerate(CHANNELS):
        speed = np.gradient(activity.channels[:, column], activity.times)
        moved = MOVED * np.interp(times - lag, activity.times, speed)
        for which, sign in enumerate((0.5, -0.5)):
            own = AMPLIFIER * rng.standard_normal(count) + DRIFT * _slow(count, rate, 0.5, rng)
            taken = 1 + MISMATCH * rng.standard_normal()
            inputs[:, 2 * column + which] = (
                sign * sources[:, column] + own + rng.standard_normal() * moved + taken * hum + alike
            )
        if channel in faults.flat:
            inputs[:, 2 * column + 1] = inputs[:, 2 * column]
        for name, start, stop in faults.missing:
            if name == channel:
                inputs[round(start * rate) : round(stop * rate), 2 * column : 2 * column + 2] = np.nan
    if faults.swapped:
        inputs = inputs[:, [2 * column + which for column in _swapped() for which in (0, 1)]]
    return Recording(inputs, faults.told_rate or rate, INPUTS, "monopolar", source="simulated")


def expected_envelope(
    activity: Activity,
    strengths: Floats,
    rng: np.random.Generator | int = 0,
    *,
    lag: float = 0.0,
    faults: Faults = NO_FAULTS,
    chain: Chain | None = None,
) -> Recording:
    """Return the envelope of a clip without its raw signals: a hundred times as quick.

    The mean power in the chain's window is known in closed form; what a window's noise adds to it by chance
    is drawn. Drift and movement, which the chain lets through in part, are left out.
    """
    _check_lag(lag)
    rng = np.random.default_rng(rng)
    chain = chain or Chain()
    fine = 8  # points per frame
    step = 1 / (fine * 30.0)
    times = np.arange(-MARGIN, activity.times[-1] + step / 2, step)
    power = np.empty((len(times), len(CHANNELS)))
    for column in range(len(CHANNELS)):
        size = np.interp(times - lag, activity.times, activity.channels[:, column])
        power[:, column] = (strengths[column] * size) ** 2
    if faults.crosstalk:
        power = power @ mixing(faults.crosstalk) ** 2
    muscle, noise = passed(chain)
    power = muscle * power + 2 * noise * AMPLIFIER**2
    for column, channel in enumerate(CHANNELS):
        power[:, column] *= channel not in faults.flat
        for name, start, stop in faults.missing:
            if name == channel:
                power[(times >= start) & (times < stop), column] = 0.0
    seconds = chain.window / chain.told_at
    frames = np.arange(activity.frames) / 30.0
    clip = power[(times > -step / 2) & (times < activity.frames / 30.0 - step / 2)]
    sums = np.concatenate([np.zeros((1, power.shape[1])), np.cumsum(clip, axis=0)])
    first = np.clip(np.round((frames - seconds / 2) / step), 0, len(clip) - 1).astype(int)
    last = np.clip(np.round((frames + seconds / 2) / step), 1, len(clip)).astype(int)
    mean = (sums[last] - sums[first]) / (last - first)[:, None]
    width = max(round(seconds * 30), 1)
    white = rng.standard_normal((len(frames) + width, len(CHANNELS)))
    sums = np.concatenate([np.zeros((1, white.shape[1])), np.cumsum(white, axis=0)])
    chance = (sums[width:] - sums[:-width])[: len(frames)] / np.sqrt(width)
    spread = 1 / np.sqrt(4 * (BAND[1] - BAND[0]) * seconds)
    rows = np.sqrt(mean) * np.maximum(1 + spread * chance, 0)
    if faults.swapped:
        rows = rows[:, _swapped()]
    return Recording(rows.astype(np.float32), 30.0, CHANNELS, "envelope", source="simulated, expected")


def band_noise(count: int, rate: float, rng: np.random.Generator) -> Floats:
    """Return Gaussian noise between the edges of `BAND`, (count,), with a root mean square of 1."""
    from scipy.signal import sosfilt

    settling = round(0.2 * rate)
    sections = _sections(rate)
    white = rng.standard_normal(count + settling)
    return np.asarray(sosfilt(sections, white)[settling:] / np.sqrt(_gain(rate)))


def mixing(crosstalk: float) -> Floats:
    """Return how much of each muscle (row) every channel (column) records, (22, 22)."""
    mixed = np.eye(len(CHANNELS))
    for muscle, others in NEIGHBOURS.items():
        for side in SIDES:
            for other in others:
                mixed[CHANNELS.index(f"{other}_{side}"), CHANNELS.index(f"{muscle}_{side}")] = crosstalk
    return mixed


@cache
def passed(chain: Chain) -> tuple[float, float]:
    """Return which share of the power of a muscle's noise, and of white noise, gets through a chain."""
    from scipy.signal import freqz, iirnotch, sosfreqz

    hertz = np.linspace(0, RATE / 2, 8193)
    source = np.abs(sosfreqz(_sections(RATE), hertz, fs=RATE)[1]) ** 2
    notch = np.abs(freqz(*iirnotch(chain.mains, chain.quality, fs=RATE), hertz, fs=RATE)[1]) ** 4
    band = np.abs(freqz(kernel(RATE, chain), worN=hertz, fs=RATE)[1]) ** 2
    return float((source * notch * band).sum() / source.sum()), float((notch * band).mean())


@cache
def _sections(rate: float) -> Floats:
    from scipy.signal import butter

    return np.asarray(butter(ORDER, BAND, "bandpass", fs=rate, output="sos"))


@cache
def _gain(rate: float) -> float:
    """Return the power of white noise of power 1 behind the filter: the energy of its impulse response."""
    from scipy.signal import sosfilt

    impulse = np.zeros(round(rate))
    impulse[0] = 1
    return float(np.square(sosfilt(_sections(rate), impulse)).sum())


def _slow(count: int, rate: float, hertz: float, rng: np.random.Generator) -> Floats:
    """Return smooth noise below some Hz, (count,), with a standard deviation of about 1."""
    from scipy.interpolate import CubicSpline

    knots = max(int(np.ceil(count / rate * 2 * hertz)) + 4, 4)
    smooth = CubicSpline(np.arange(knots) / (2 * hertz), rng.standard_normal(knots))
    return np.asarray(smooth(np.arange(count) / rate))


def _swapped() -> list[int]:
    """Return for every channel the place of the one on the other side."""
    other = {"left": "right", "right": "left"}
    return [
        CHANNELS.index(f"{name.rpartition('_')[0]}_{other[name.rpartition('_')[2]]}") for name in CHANNELS
    ]


def _check_lag(lag: float) -> None:
    if not abs(lag) <= MARGIN:
        msg = f"A lag of the signals is −{MARGIN:g} … {MARGIN:g} s; got {lag!r}."
        raise BadValueError(msg)


assert set(STRENGTHS) == set(MUSCLES) == set(NEIGHBOURS)
