"""Times and memory, ours beside a peer's in the same run: one table of what, ours, peer, times, unit."""

from __future__ import annotations

import importlib
import os
import re
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType

import psutil

Work = Callable[[], object]
Clock = Callable[[], float]
MB = 1e6
PEAK = f"""
import sys
sys.path.append({str(Path(__file__).parent)!r})
from timing import peak_of_this_process
print(peak_of_this_process())
"""
_missed: list[str] = []


def seconds(work: Work, clock: Clock = time.perf_counter) -> float:
    """Return how long some work takes."""
    start = clock()
    work()
    return clock() - start


def median(work: Work, repeats: int = 7, clock: Clock = time.perf_counter) -> float:
    """Return the median seconds of some runs, after one that isn't counted."""
    work()
    return statistics.median(seconds(work, clock) for _ in range(repeats))


def best(works: Mapping[str, Work], repeats: int = 7, clock: Clock = time.process_time) -> dict[str, float]:
    """Return the least seconds of each; they take turns, so that all see the same machine."""
    for work in works.values():
        work()
    turns = [{name: seconds(work, clock) for name, work in works.items()} for _ in range(repeats)]
    return {name: min(turn[name] for turn in turns) for name in works}


def peak_while(work: Work, *, children: bool = False) -> tuple[float, float]:
    """Return the seconds of some work, and MB: how far our memory rises, or the most that one child holds."""
    process, over, most = psutil.Process(), threading.Event(), [0]
    before = 0 if children else process.memory_info().rss

    def watch() -> None:
        while not over.wait(0.02):
            for one in process.children(recursive=True) if children else [process]:
                try:
                    most[0] = max(most[0], one.memory_info().rss - before)
                except psutil.Error:
                    continue

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        return seconds(work), most[0] / MB
    finally:
        over.set()
        watcher.join()


def peak_of_this_process() -> float:
    """Return the most memory that this process held so far, MB; getrusage tells the parent's, if more."""
    status = Path("/proc/self/status")
    if not status.exists():
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MB
    return int(re.search(r"VmHWM:\s+(\d+)", status.read_text())[1]) / 1000


def python(code: str, **variables: str) -> list[str]:
    """Return the words that some code prints in a process of its own."""
    environment = os.environ | variables
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    ).stdout.split()


def peer(name: str) -> ModuleType | None:
    """Return a package that we are compared with; say so where it isn't installed."""
    try:
        return importlib.import_module(name)
    except ImportError:
        print(f"{name} isn't installed: left out")
        return None


def header(what: str) -> None:
    """Print the head of the table, and how busy the machine is."""
    print(f"{what}; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"{'what':60} {'ours':>9} {'peer':>9} {'times':>7} unit")


def row(
    what: str, ours: float, unit: str = "s", *, peer: float | None = None,
    below: float | None = None, times: float | None = None, remark: str = "",
) -> None:  # fmt: skip
    """Print a row; `below` and `times` are what is promised of ours, and of peer / ours."""
    factor = None if peer is None else peer / ours
    promised = [] if below is None else [(f"< {below:g}", ours < below)]
    if times is not None and factor is not None:
        promised.append((f"≥ {times:g} ×", factor >= times))
    said = ", ".join(words for words, _ in promised)
    if not all(kept for _, kept in promised):
        _missed.append(what)
        said += ": MISSED"
    said = "; ".join(filter(None, [said and f"promised {said}", remark]))
    other = "–" if peer is None else f"{peer:.4g}"
    faster = "–" if factor is None else f"{factor:.3g}"
    print(f"{what:60} {ours:9.4g} {other:>9} {faster:>7} {unit:4} {said}", flush=True)


def end() -> None:
    """End with 1 if a promise was missed."""
    sys.exit(bool(_missed))
