"""Spectra of signals, and narrow lines in them that no muscle makes: mains and other hum."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError, check_kind
from facelib.semg.recordings.processing import centred
from facelib.semg.recordings.recording import Recording
from facelib.utilities.short_repr import in_short

if TYPE_CHECKING:
    import pandas as pd

Doubles = npt.NDArray[np.float64]

RESOLUTION: Final = 0.5
"""Hz between two frequencies of a spectrum, for recordings that are long enough."""
BESIDE: Final = 8.0
"""Hz on either side of a frequency whose median is what its neighbours have."""
LOWEST: Final = 8.0
"""Hz from which on lines are looked for: below, movement and pulse have peaks of their own."""
HARMONICS: Final = 5
FEWEST: Final = 64
"""Samples that a spectrum needs."""
TOLERANCE: Final = 1.0
"""Hz by which a line may lie beside the mains."""

SPECTRUM_COLUMNS: Final = MappingProxyType(
    {
        "channel": "name",
        "frequency": "Hz",
        "density": "power per frequency, µV²/Hz: median over windows of 2 s, so that events don't count",
        "prominence": "dB above the median of the neighbours within ± 8 Hz",
    }
)
"""Columns of `spectrum_table`, with their meaning."""


@in_short()
@dataclass(frozen=True, eq=False)
class Spectra:
    """Spectra of all channels.

    Parameters
    ----------
    frequencies
        Hz, (f,).
    density
        µV²/Hz, (f, k): median over windows.
    prominence
        dB above the neighbours, (f, k); NaN where a channel has no power.
    channels
        Names.
    """

    frequencies: Doubles
    density: Doubles
    prominence: Doubles
    channels: tuple[str, ...]

    def at(self, frequency: float) -> Doubles:
        """Return the prominence of the line at a frequency, (k,), the largest within 1 Hz."""
        near = np.abs(self.frequencies - frequency) <= TOLERANCE
        if not near.any():
            return np.full(len(self.channels), np.nan)
        return np.asarray(self.prominence[near].max(axis=0))


def spectra(recording: Recording) -> Spectra:
    """Return the spectra of monopolar or bipolar signals; samples that are missing count as the mean.

    Raises
    ------
    BadValueError
        If these are envelopes, or there are too few samples.
    """
    from scipy.ndimage import median_filter
    from scipy.signal import welch

    check_kind(recording, Recording, "A recording, as facelib.semg.read_signals returns it,")
    if recording.kind == "envelope":
        msg = "Spectra are those of monopolar or bipolar signals; an envelope has none of their frequencies."
        raise BadValueError(msg)
    if len(recording) < FEWEST:
        msg = f"A spectrum needs {FEWEST} samples or more; got {len(recording)}."
        raise BadValueError(msg)
    length = min(len(recording), round(recording.rate / RESOLUTION))
    density = []
    frequencies: Doubles = np.zeros(0)
    for column in range(len(recording.channels)):
        frequencies, power = welch(
            centred(recording.signals[:, column]), recording.rate, nperseg=length, average="median"
        )
        density.append(power)
    powers = np.stack(density, 1)
    beside = 2 * round(BESIDE / frequencies[1]) + 1
    usual = median_filter(powers, size=(beside, 1), mode="nearest")
    with np.errstate(divide="ignore", invalid="ignore"):
        prominence = 10 * np.log10(powers / usual)
    return Spectra(frequencies, powers, np.where(usual > 0, prominence, np.nan), recording.channels)


def spectrum_table(found: Spectra, highest: float = 600.0) -> pd.DataFrame:
    """Return spectra up to a frequency as a table, see `SPECTRUM_COLUMNS`."""
    import pandas as pd

    kept = found.frequencies <= highest
    count = int(kept.sum())
    return pd.DataFrame(
        {
            "channel": np.repeat(found.channels, count),
            "frequency": np.tile(found.frequencies[kept], len(found.channels)),
            "density": found.density[kept].T.ravel(),
            "prominence": found.prominence[kept].T.ravel(),
        }
    )


def harmonics(mains: float, highest: float) -> list[float]:
    """Return the mains' frequency and its multiples up to a frequency, five at most.

    >>> harmonics(50, 220)
    [50, 100, 150, 200]
    """
    return [mains * order for order in range(1, HARMONICS + 1) if mains * order <= highest]


def common_lines(found: Spectra, least: float) -> list[float]:
    """Return the frequencies, Hz, of narrow lines that at least half of the channels have, lowest first.

    Parameters
    ----------
    found
        Spectra.
    least
        dB above the neighbours.
    """
    with np.errstate(invalid="ignore"):
        shared = np.nan_to_num(_median(found.prominence), nan=0.0)
    high = (shared >= least) & (found.frequencies >= LOWEST) & (found.frequencies < found.frequencies[-1])
    lines = []
    for place in np.flatnonzero(high):
        near = np.abs(found.frequencies - found.frequencies[place]) <= TOLERANCE
        if shared[place] >= shared[near].max():
            lines.append(float(found.frequencies[place]))
    return lines


def _median(values: Doubles) -> Doubles:
    """Return the median over channels, NaN where none has a number."""
    known = np.isfinite(values)
    filled = np.where(known, values, np.inf)
    order = np.sort(filled, axis=1)
    count = known.sum(axis=1)
    middle = order[np.arange(len(values)), np.maximum((count - 1) // 2, 0)]
    return np.where(count > 0, middle, np.nan)
