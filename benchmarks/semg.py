"""How long signals take, beside the obvious way: `python benchmarks/semg.py [--minutes M]`.

Promised: ten minutes of 44 inputs at 4096 Hz become 22 envelopes in less than 20 s and 1.5 GB. The peer does
the same with the same functions of scipy on whole float64 arrays, all channels at once; where MNE is
installed (it is no dependency), its filters are timed, too. Every way has a process of its own; its peak of
memory is the process's, with libraries and the signals themselves.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from facelib.semg import CHANNELS, Chain, Recording, check, envelope, read_signals
from facelib.semg.montage import inputs_of
from facelib.semg.recordings.processing import kernel

RATE = 4096.0
INPUTS = [f"{channel} {which}" for channel in CHANNELS for which in (1, 2)]
GAP = 3  # the input with a second of NaN
SECONDS, GIGABYTES = 20.0, 1.5  # promised


def signals(minutes: float) -> Recording:
    """Return noise of all inputs with the mains in it, and a second of NaN; block by block."""
    rng = np.random.default_rng(0)
    length = round(minutes * 60 * RATE)
    values = np.empty((length, len(INPUTS)), np.float32)
    for start in range(0, length, 65_536):
        block = values[start : start + 65_536]
        rng.standard_normal(block.shape, np.float32, out=block)
        block *= 20
        block += (50 * np.sin(2 * np.pi * 50 / RATE * np.arange(start, start + len(block))))[:, None]
    values[4096:8192, GAP] = np.nan
    return Recording(values, RATE, tuple(INPUTS), "monopolar")


def ours(recording: Recording) -> np.ndarray:
    return envelope(recording).signals


def peer(recording: Recording) -> np.ndarray:
    """Return the same by whole arrays in float64: every step for all channels at once."""
    from scipy import ndimage, signal

    chain = Chain()
    x = recording.signals.astype(np.float64)
    x = np.nan_to_num(x - np.nanmean(x, axis=0))
    columns = {name: column for column, name in enumerate(recording.channels)}
    pairs = inputs_of(recording.channels).values()
    x = x[:, [columns[plus] for plus, _ in pairs]] - x[:, [columns[minus] for _, minus in pairs]]
    x = signal.filtfilt(*signal.iirnotch(chain.mains, chain.quality, fs=RATE), x, axis=0)
    x = signal.oaconvolve(x, kernel(RATE, chain)[:, None], mode="same", axes=0)
    x = np.sqrt(ndimage.uniform_filter1d(x**2, chain.window, axis=0))
    return np.maximum(signal.resample(x, round(len(x) * chain.rate / RATE), axis=0), 0)


def with_mne(recording: Recording) -> np.ndarray:
    """Return the same by MNE's filters, as far as it has them."""
    import mne
    from scipy import ndimage, signal

    chain = Chain()
    x = recording.signals.T.astype(np.float64)
    x = np.nan_to_num(x - np.nanmean(x, axis=1, keepdims=True))
    x = x[::2] - x[1::2]
    x = mne.filter.notch_filter(
        x, RATE, chain.mains, notch_widths=chain.mains / chain.quality, method="iir", verbose="error"
    )
    x = mne.filter.filter_data(
        x, RATE, chain.low, chain.high, filter_length=chain.taps, fir_design="firwin", verbose="error"
    )
    x = np.sqrt(ndimage.uniform_filter1d(x**2, chain.window, axis=1))
    return np.maximum(signal.resample(x, round(x.shape[1] * chain.rate / RATE), axis=1).T, 0)


WAYS: dict[str, Callable[[Recording], np.ndarray]] = {"facelib": ours, "whole arrays": peer, "MNE": with_mne}


def peak() -> float:
    """Return the most memory that this process held so far, GB; getrusage tells the parent's, if more."""
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 2**20


def run(way: str, minutes: float, folder: Path) -> None:
    """Work one way, and print seconds, seconds of all processors, and the peak of memory."""
    recording = signals(minutes)
    WAYS[way](recording.cut(0, 10))  # loads what is loaded once
    start, worked = time.perf_counter(), time.process_time()
    found = WAYS[way](recording)
    wall, worked = time.perf_counter() - start, time.process_time() - worked
    np.save(folder / f"{way}.npy", found)
    print(wall, worked, peak())


def compare(minutes: float) -> None:
    """Print what each way takes."""
    ways = ["whole arrays", "facelib", *(["MNE"] if find_spec("mne") else [])]
    times: dict[str, tuple[float, float, float]] = {}
    with tempfile.TemporaryDirectory() as name:
        for way in ways:
            command = [sys.executable, __file__, "--way", way, "--minutes", str(minutes), "--folder", name]
            out = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
            times[way] = (float(out[0]), float(out[1]), float(out[2]))
        found = {way: np.load(Path(name, f"{way}.npy")) for way in ways}
    wall, worked, most = times["facelib"]
    kept = f" (promised < {SECONDS:g} s, < {GIGABYTES} GB)" if minutes == 10 else ""
    print(
        f"{minutes:g} minutes of 44 inputs: {wall:.1f} s, {worked:.1f} s of processors, {most:.2f} GB{kept}"
    )
    for way in ways:
        if way != "facelib":
            seconds, processors, memory = times[way]
            # not the ends, which each way continues otherwise, and not the channel with the NaN
            gap = np.delete(np.abs(found[way] - found["facelib"])[30:-30], GAP // 2, axis=1).max()
            print(
                f"  {way}: {seconds:.1f} s, {processors:.1f} s of processors, {memory:.2f} GB: "
                f"{processors / worked:.1f} × our time on the processors, {memory / most:.1f} × our memory; "
                f"envelopes differ by {gap:.2g} µV at most"
            )


def others() -> None:
    """Print what reading and checking take."""
    recording = signals(1.0)
    table = recording.frame().drop(columns="seconds")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table.to_csv(folder / "a.csv", index=False, float_format="%.3f")
        table.to_parquet(folder / "a.parquet")
        write_bdf(folder / "a.bdf", recording)
        for file in ("a.csv", "a.parquet", "a.bdf"):
            size = (folder / file).stat().st_size / 1e6
            start = time.perf_counter()
            read_signals(folder / file, rate=RATE)
            seconds = time.perf_counter() - start
            print(f"reading a minute of 44 inputs, {file[2:]} of {size:.0f} MB: {seconds:.2f} s")
    start = time.perf_counter()
    found = check(recording)
    print(f"checking that minute: {time.perf_counter() - start:.2f} s, {len(found)} findings")


def write_bdf(path: Path, recording: Recording) -> None:
    import pyedflib

    with pyedflib.EdfWriter(str(path), len(INPUTS), file_type=pyedflib.FILETYPE_BDF) as writer:
        headers = pyedflib.highlevel.make_signal_headers(
            [f"F{1 + i // 2}{'ab'[i % 2]}" for i in range(len(INPUTS))], dimension="uV",
            sample_frequency=RATE, physical_min=-5000, physical_max=5000, digital_min=-8388608,
            digital_max=8388607,
        )  # fmt: skip
        writer.setSignalHeaders(headers)
        writer.writeSamples(list(np.ascontiguousarray(np.nan_to_num(recording.signals.T), np.float64)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--way", choices=list(WAYS), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        run(options.way, options.minutes, options.folder)
        return
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    compare(options.minutes)
    others()


if __name__ == "__main__":
    main()
