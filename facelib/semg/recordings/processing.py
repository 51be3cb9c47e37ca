"""From raw signals to envelopes: mean, notch, band-pass, sliding root mean square, 30 rows a second.

The chain is the one of the recordings "Mimics, Muscles, and Me" (Q = 2 notch at 50 Hz, 129 taps from 10 to
500 Hz, 2048 samples of root mean square, all at 4096 Hz; then 30 Hz). Where its description leaves a choice,
ours stands beside the step. Channels are worked on one by one in float64, so that memory stays small.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal, get_args

import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError, UnknownNameError, answers_misspelt, check_kind
from facelib.semg.montage import Pairs, pair_columns
from facelib.semg.recordings.recording import Recording
from facelib.utilities.progress import Report, reporting

Floats = npt.NDArray[np.float64]
Resampling = Literal["fourier", "polyphase"]
Notch = Literal["always", "hum"]
HUM: Final = 15.0
"""dB above its neighbours from which on a line at the mains' frequency is hum (our choice)."""

SETTLES: Final = 12
"""Time constants after which a notch is at rest: e^-12 is 6 millionths."""


@answers_misspelt("a chain")
@dataclass(frozen=True)
class Chain:
    """Constants of the processing chain; the defaults are those of the data set.

    Parameters
    ----------
    mains
        Frequency that the notch takes out, Hz: 50, or 60 in the Americas.
    quality
        Of the notch: `mains` over the width between its −3 dB edges, in one pass. 2 is wide: it takes some
        of the muscle's own signal between 40 and 65 Hz, too.
    low, high
        Edges of the band-pass, Hz.
    taps
        Length of the band-pass at `told_at` Hz, odd. 129 taps at 4096 Hz are 31 ms, less than one period at
        10 Hz: the *upper* edge is sharp (−6 dB at 500 Hz, −60 dB at 600 Hz), the lower hardly there (−3.5 dB
        at 0 Hz, −3.2 dB at 10 Hz, −.3 dB at 50 Hz). Slow drift and movement get through by two thirds;
        1025 taps make an edge of −6 dB at 10 Hz and −57 dB at 0 Hz.
    window
        Of the sliding root mean square, samples at `told_at` Hz: 2048 are half a second.
    told_at
        Rate that `taps` and `window` are given for, Hz. At other rates they last as long.
    rate
        Rows of the envelope a second: those of the video.
    resampling
        "fourier", as in the data set: band-limited, but the end of a clip is taken to meet its start, so
        that it rings at both where they differ (below 0 is set to 0). "polyphase": looks no further than a
        third of a second, and holds the first and last value beyond the ends. Inside a clip they agree.
    notch
        "always", as in the data set; or "hum": of those channels only that have a line at the mains'
        frequency, 15 dB above its neighbours. Where there is none, a notch takes muscle and nothing else.

    Raises
    ------
    BadValueError
        If a constant is out of its range.

    Examples
    --------
    >>> Chain(mains=60).mains
    60
    """

    mains: float = 50.0
    quality: float = 2.0
    low: float = 10.0
    high: float = 500.0
    taps: int = 129
    window: int = 2048
    told_at: float = 4096.0
    rate: float = 30.0
    resampling: Resampling = "fourier"
    notch: Notch = "always"

    @classmethod
    def preset(cls, name: str = "facial", *, mains: float = 50.0, rate: float | None = None) -> Chain:
        """Return a chain by its name.

        Parameters
        ----------
        name
            "facial": for a lab's own recordings of the face. A steep band of 20 to 450 Hz, which takes moving
            leads away, and a narrow notch where hum is found. The numbers are our choice; van Boxtel (2001,
            Psychophysiology 38) measured which bands facial muscles need. "data set": that of the recordings
            "Mimics, Muscles, and Me".
        mains
            50 Hz, or 60 in the Americas.
        rate
            Samples a second of the recording: the upper edge stays below .45 of it.

        Raises
        ------
        UnknownNameError
            There is no such chain.

        Examples
        --------
        >>> Chain.preset("facial", rate=800).high, Chain.preset("data set") == Chain()
        (360.0, True)
        """
        if name == "data set":
            return cls(mains=mains)
        if name != "facial":
            msg = f"A chain is called 'facial' or 'data set'; got {name!r}."
            raise UnknownNameError(msg)
        high = 450.0 if rate is None else min(450.0, 0.45 * rate)
        return cls(mains=mains, quality=30.0, low=20.0, high=high, taps=1025, notch="hum")

    def __post_init__(self) -> None:
        numbers = (self.mains, self.quality, self.low, self.high, self.told_at, self.rate)
        if not all(math.isfinite(number) and number > 0 for number in numbers):
            msg = f"Frequencies, rates and the quality of a chain are above 0; got {self}."
            raise BadValueError(msg)
        if self.low >= self.high:
            msg = f"A band goes from low to high; got {self.low:g} … {self.high:g} Hz."
            raise BadValueError(msg)
        if self.taps < 3 or self.taps % 2 == 0:
            msg = f"A band-pass without delay has an odd number of taps, 3 or more; got {self.taps}."
            raise BadValueError(msg)
        if self.window < 1:
            msg = f"The window of the root mean square is 1 sample or more; got {self.window}."
            raise BadValueError(msg)
        if not isinstance(self.resampling, str) or self.resampling not in get_args(Resampling):
            msg = f"Resampling is {' or '.join(get_args(Resampling))}; got {self.resampling!r}."
            raise BadValueError(msg)
        if not isinstance(self.notch, str) or self.notch not in get_args(Notch):
            msg = f"A notch is {' or '.join(map(repr, get_args(Notch)))}; got {self.notch!r}."
            raise BadValueError(msg)

    def taps_at(self, rate: float) -> int:
        """Return the odd length of the band-pass at a sampling rate.

        >>> Chain().taps_at(4096), Chain().taps_at(2048)
        (129, 65)
        """
        return max(3, 2 * round((self.taps * rate / self.told_at - 1) / 2) + 1)

    def window_at(self, rate: float) -> int:
        """Return the samples of the sliding window at a sampling rate."""
        return max(1, round(self.window * rate / self.told_at))

    def check(self, rate: float) -> None:
        """Raise `BadValueError` if signals of this sampling rate can't go through the chain."""
        half = rate / 2
        if self.high >= half:
            narrower = math.floor(0.45 * rate)
            msg = (
                f"The band {self.low:g} … {self.high:g} Hz needs more than {2 * self.high:g} samples a "
                f"second; the recording has {rate:g}. If that rate is right, take a narrower band, up "
                f"to {narrower} Hz."
            )
            raise BadValueError(msg, hint=f"In Python: Chain(high={narrower}).")
        if self.mains >= half:
            least = 2 * self.mains
            msg = f"A notch at {self.mains:g} Hz needs more than {least:g} samples a second; got {rate:g}."
            raise BadValueError(msg)
        if self.rate > rate:
            msg = f"An envelope has at most as many rows a second as its signal, {rate:g}; got {self.rate:g}."
            raise BadValueError(msg)


def envelope(
    recording: Recording,
    chain: Chain | None = None,
    *,
    pairs: Pairs | None = None,
    progress: bool | Report | None = None,
) -> Recording:
    """Return the amplitude of every channel, 30 times a second; row i belongs to the time i / 30 s.

    Parameters
    ----------
    recording
        Bipolar signals, or monopolar ones, which are paired on the way (see `facelib.semg.bipolar`).
    chain
        Its constants; None: those of the data set.
    pairs
        Inputs of each channel, for monopolar signals; None: by their names.
    progress
        True for a progress bar, or a function called with the `Progress`, which counts channels; what it
        raises ends the work.

    Returns
    -------
    Recording
        Of kind "envelope", unit as before, never below 0. It has a row for every i / 30 s that lies within
        the recording.

    Raises
    ------
    BadValueError
        If the recording is an envelope, too short, or of a rate that doesn't fit the chain.
    BadTableError, UnknownNameError
        If inputs of a monopolar recording don't make pairs.

    Notes
    -----
    NaN count as 0 once the mean is removed, as in the data set: a channel that wasn't recorded for a while
    looks like a muscle at rest. `facelib.semg.missing` counts them, `facelib.semg.check` says where. Our
    choice: inputs are paired first, and a channel is missing where either of its inputs is; what the other
    one picks up alone is mostly mains.

    Examples
    --------
    >>> times = np.arange(4096) / 4096
    >>> wave = (100 * np.sin(2 * np.pi * 300 * times))[:, None]
    >>> strength = envelope(Recording(wave, 4096, ("zygomaticus_left",), "bipolar"))
    >>> len(strength), round(float(strength.signals[15, 0]), 1)
    (30, 70.4)
    """
    check_kind(recording, Recording, "A recording, as facelib.semg.read_signals returns it,")
    chain = chain or Chain()
    if recording.kind == "envelope":
        msg = "This recording is an envelope already; the chain starts from monopolar or bipolar signals."
        raise BadValueError(msg)
    if len(recording) < 2:
        msg = f"The chain needs 2 samples or more; the recording has {len(recording)}."
        raise BadValueError(msg)
    chain.check(recording.rate)
    names, signals = _channels(recording, pairs)
    rows = np.empty((row_count(len(recording), recording.rate, chain.rate), len(names)), np.float32)
    with reporting(progress, len(names), "processing the channels", unit="channel") as report:
        for column, signal in enumerate(signals):
            rows[:, column] = strength(signal, recording.rate, chain)
            report.at(column + 1)
    return recording.replace(signals=rows, rate=chain.rate, channels=names, kind="envelope")


def _channels(recording: Recording, pairs: Pairs | None) -> tuple[tuple[str, ...], Iterator[Floats]]:
    """Return names and signals of bipolar channels, the latter one by one, float64 (n,)."""
    signals = recording.signals
    if recording.kind == "bipolar":
        return recording.channels, (
            signals[:, column].astype(np.float64) for column in range(signals.shape[1])
        )
    columns = pair_columns(recording, pairs)
    return tuple(columns), (
        signals[:, plus].astype(np.float64) - signals[:, minus].astype(np.float64)
        for plus, minus in columns.values()
    )


def strength(signal: Floats, rate: float, chain: Chain) -> Floats:
    """Return the envelope of one bipolar signal: all steps of the chain, (n,) -> (rows,)."""
    clean = centred(signal)
    if chain.notch == "always" or hums(clean, rate, chain.mains):
        clean = notch(clean, rate, chain)
    return resampled(rms(band_pass(clean, rate, chain), chain.window_at(rate)), rate, chain)


def hums(signal: Floats, rate: float, mains: float) -> bool:
    """Return whether a signal (n,) has a line at the mains' frequency, 15 dB or more above its neighbours."""
    from facelib.semg.recordings.spectra import FEWEST, spectra

    if len(signal) < FEWEST:
        return False
    one = Recording(signal[:, None].astype(np.float32), rate, ("channel",), "bipolar")
    return bool(spectra(one).at(mains)[0] >= HUM)


def missing(recording: Recording) -> dict[str, int]:
    """Return how many samples of every channel are NaN or infinite; the chain takes them for 0.

    Examples
    --------
    >>> missing(Recording(np.array([[1.0], [np.nan]]), 30, ("mentalis_left",), "envelope"))
    {'mentalis_left': 1}
    """
    check_kind(recording, Recording, "A recording, as facelib.semg.read_signals returns it,")
    return {
        name: int(np.count_nonzero(~np.isfinite(recording.signals[:, column])))
        for column, name in enumerate(recording.channels)
    }


def centred(signal: npt.NDArray[np.floating]) -> Floats:
    """Return a signal (n,) without its mean; NaN and infinities are left out of that, and then 0."""
    numbers: Floats = np.asarray(signal, np.float64)
    there = np.isfinite(numbers)
    if there.all():
        return numbers - float(numbers.mean())
    mean = float(numbers[there].mean()) if there.any() else 0.0
    return np.where(there, numbers - mean, 0.0)


def notch(signal: Floats, rate: float, chain: Chain) -> Floats:
    """Return a signal (n,) without the mains: an IIR notch of second order, run forwards and backwards.

    Our choice: both directions delay nothing, as muscle and video are to be compared in time; what one pass
    takes, two take twice in dB (−6 instead of −3 at the edges). With Q = 2 that is 10 % of the amplitude at
    100 Hz and 2 % at 200 Hz. Before the ends the signal is continued by its point reflection until the notch
    has settled.
    """
    from scipy.signal import iirnotch, sosfiltfilt, tf2sos

    settling = math.ceil(SETTLES * chain.quality * rate / (math.pi * chain.mains))
    sections = tf2sos(*iirnotch(chain.mains, chain.quality, fs=rate))
    return np.asarray(
        sosfiltfilt(sections, signal, padtype="odd", padlen=min(settling, len(signal) - 1)), np.float64
    )


def band_pass(signal: Floats, rate: float, chain: Chain) -> Floats:
    """Return what lies in the band, (n,): a linear-phase FIR filter (Hamming), its delay taken back.

    Our choice: one pass with its delay of (taps − 1) / 2 samples compensated, which is zero phase; forwards
    and backwards would be, too, but is another filter (−12 dB at the edges). Before the ends the signal is
    continued by its point reflection.
    """
    weights = kernel(rate, chain)
    beside = len(weights) // 2
    longer = np.pad(signal, beside, mode="reflect", reflect_type="odd")
    # For a hundred taps, adding directly is several times quicker than transforms of overlapping blocks.
    if len(weights) <= 512:
        return np.convolve(longer, weights, mode="valid")
    from scipy.signal import oaconvolve

    return np.asarray(oaconvolve(longer, weights, mode="valid"), np.float64)


def kernel(rate: float, chain: Chain) -> Floats:
    """Return the taps of the band-pass at a sampling rate; symmetrical."""
    from scipy.signal import firwin

    return np.asarray(
        firwin(chain.taps_at(rate), [chain.low, chain.high], pass_zero=False, window="hamming", fs=rate),
        np.float64,
    )


def rms(signal: Floats, window: int) -> Floats:
    """Return the root mean square of `window` samples around each sample, (n,).

    Sample i sees i − window // 2 … i + (window − 1) // 2; at the ends, what there is of them. Sums run in
    float64: after ten minutes of 4096 Hz they are exact to a billionth of the signal's mean square.
    """
    sums = np.empty(len(signal) + 1)
    sums[0] = 0.0
    np.cumsum(np.square(signal), out=sums[1:])
    here = np.arange(len(signal))
    first = np.maximum(here - window // 2, 0)
    last = np.minimum(here + (window - 1) // 2 + 1, len(signal))
    squares: Floats = np.maximum(sums[last] - sums[first], 0.0) / (last - first)
    return np.sqrt(squares)


def row_count(samples: int, rate: float, out: float) -> int:
    """Return how many of the times 0, 1 / out, 2 / out … lie within `samples` samples.

    >>> row_count(4096, 4096.0, 30.0), row_count(4097, 4096.0, 30.0)
    (30, 31)
    """
    return max(1, math.ceil(samples * out / rate - 1e-9))


def resampled(signal: Floats, rate: float, chain: Chain) -> Floats:
    """Return a strength (n,) at the times i / `Chain.rate`, (rows,), not below 0.

    Times are exact: where no whole number of rows lasts as long as the signal, its last value is held until
    one does.
    """
    from scipy.signal import resample, resample_poly

    rows = row_count(len(signal), rate, chain.rate)
    ratio = Fraction(chain.rate / rate).limit_denominator(100_000)
    if ratio.denominator > rate:
        # No short stretch has a whole number of samples and of rows: to a rate nearby that has.
        times = np.arange(math.ceil(len(signal) * _near(rate, chain) / rate)) / _near(rate, chain)
        signal = np.interp(times, np.arange(len(signal)) / rate, signal)
        ratio = Fraction(1, round(_near(rate, chain) / chain.rate))
    if chain.resampling == "polyphase":
        envelope_rows: Floats = resample_poly(signal, ratio.numerator, ratio.denominator, padtype="edge")
    else:
        whole = -(-len(signal) // ratio.denominator)
        longer = np.pad(signal, (0, whole * ratio.denominator - len(signal)), mode="edge")
        envelope_rows = resample(longer, whole * ratio.numerator)
    return np.maximum(envelope_rows[:rows], 0.0)


def _near(rate: float, chain: Chain) -> float:
    """Return the multiple of the rate of rows that isn't below a sampling rate."""
    return math.ceil(rate / chain.rate) * chain.rate
