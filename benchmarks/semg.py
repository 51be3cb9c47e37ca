"""How long signals take, beside whole arrays and MNE's filters: `python benchmarks/semg.py [--minutes M]`.

The peers do the same with whole float64 arrays, all channels at once. Every way has a process of its own; its
peak of memory is the process's, with libraries and the signals themselves.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from timing import end, header, peak_of_this_process, row, seconds

from facelib.semg import CHANNELS, Chain, Recording, check, envelope, read_signals
from facelib.semg.montage import inputs_of
from facelib.semg.recordings.processing import kernel

RATE, BLOCK = 4096.0, 65_536
INPUTS = [f"{channel} {which}" for channel in CHANNELS for which in (1, 2)]


def signals(minutes: float) -> Recording:
    """Return noise of all inputs with the mains in it, and a second of NaN in one; block by block."""
    rng, length = np.random.default_rng(0), round(minutes * 60 * RATE)
    values = np.empty((length, len(INPUTS)), np.float32)
    for start in range(0, length, BLOCK):
        block = values[start : start + BLOCK]
        rng.standard_normal(block.shape, np.float32, out=block)
        block *= 20
        block += (50 * np.sin(2 * np.pi * 50 / RATE * np.arange(start, start + len(block))))[:, None]
    values[4096:8192, 3] = np.nan
    return Recording(values, RATE, tuple(INPUTS), "monopolar")


def ours(recording: Recording) -> object:
    return envelope(recording)


def bipolar(recording: Recording) -> np.ndarray:
    x = recording.signals.astype(np.float64)
    x = np.nan_to_num(x - np.nanmean(x, axis=0))
    columns = {name: column for column, name in enumerate(recording.channels)}
    pairs = inputs_of(recording.channels).values()
    return x[:, [columns[plus] for plus, _ in pairs]] - x[:, [columns[minus] for _, minus in pairs]]


def root_mean_square(x: np.ndarray, chain: Chain) -> np.ndarray:
    from scipy import ndimage, signal

    x = np.sqrt(ndimage.uniform_filter1d(x**2, chain.window, axis=0))
    return np.maximum(signal.resample(x, round(len(x) * chain.rate / RATE), axis=0), 0)


def whole_arrays(recording: Recording) -> object:
    from scipy import signal

    chain = Chain()
    x = signal.filtfilt(*signal.iirnotch(chain.mains, chain.quality, fs=RATE), bipolar(recording), axis=0)
    x = signal.oaconvolve(x, kernel(RATE, chain)[:, None], mode="same", axes=0)
    return root_mean_square(x, chain)


def with_mne(recording: Recording) -> object:
    import mne

    chain, x = Chain(), bipolar(recording).T
    widths = chain.mains / chain.quality
    x = mne.filter.notch_filter(x, RATE, chain.mains, notch_widths=widths, method="iir", verbose="error")
    x = mne.filter.filter_data(x, RATE, chain.low, chain.high, method="iir", verbose="error")
    return root_mean_square(x.T, chain)


WAYS: dict[str, Callable[[Recording], object]] = {
    "facelib": ours, "whole arrays": whole_arrays, "mne": with_mne,
}  # fmt: skip


def run(way: str, minutes: float) -> None:
    """Work one way, and print seconds, seconds of all processors, and the peak of memory, GB."""
    recording = signals(minutes)
    WAYS[way](recording.cut(0, 10))  # loads what is loaded once
    worked = time.process_time()
    wall = seconds(lambda: WAYS[way](recording))
    print(wall, time.process_time() - worked, peak_of_this_process() / 1000)


def measured(way: str, minutes: float) -> list[float]:
    command = [sys.executable, __file__, "--way", way, "--minutes", str(minutes)]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [float(word) for word in out.split()]


def compare(minutes: float) -> None:
    """Print what each way takes."""
    wall, worked, most = measured("facelib", minutes)
    promised = minutes == 10
    what = f"{minutes:g} minutes of 44 inputs become 22 envelopes"
    row(what, wall, below=20 if promised else None)
    row("memory", most, "GB", below=1.5 if promised else None)
    for way in ("whole arrays", "mne"):
        if way == "mne" and not find_spec("mne"):
            print("mne isn't installed: left out")
            continue
        _, theirs, memory = measured(way, minutes)
        row(f"time of all processors; {way}", worked, peer=theirs)
        row(f"memory; {way}", most, "GB", peer=memory)


def others() -> None:
    """Print what reading and checking a minute take."""
    recording = signals(1.0)
    table = recording.frame().drop(columns="seconds")
    with tempfile.TemporaryDirectory() as name:
        csv, parquet = Path(name, "a.csv"), Path(name, "a.parquet")
        table.to_csv(csv, index=False, float_format="%.3f")
        table.to_parquet(parquet)
        for file in (csv, parquet):
            took = seconds(lambda file=file: read_signals(file, rate=RATE))
            row(f"reading a minute, {file.suffix[1:]} of {file.stat().st_size / 1e6:.0f} MB", took)
    row("checking it", seconds(lambda: check(recording)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        run(options.way, options.minutes)
        return
    header("Muscle signals")
    compare(options.minutes)
    others()
    end()


if __name__ == "__main__":
    main()
