"""Studies: pictures a second, what storing costs, how two processes share the work, memory, large tables.

Run it on an idle machine: ``python benchmarks/study.py [--people 24] [--dask]``. Everything is measured
in one run, side by side: the same jobs computed without a store, with it, in two processes.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import joblib
import psutil

import facelib
from facelib.studies import InterventionalStudy, open_study
from facelib.studies.engine.execution import BATCHES, MOST, batch_size
from facelib.studies.engine.plan import size
from facelib.studies.engine.worker import run_job
from facelib.utilities.wording import duration

INTERVENTIONS = ("symmetry", "age", "blur")
KNOWN = (
    "known_unbiased",
    "known_age_happy",
    "known_age_happy_reversed",
    "known_tone_angry",
    "known_electrodes_neutral",
)


def study(people: int, seed: int = 7, **options: Any) -> InterventionalStudy:
    settings: dict[str, Any] = {"steps": 11, "size": 224} | options
    heads = facelib.sample_heads(people, seed=seed)
    return InterventionalStudy(heads, INTERVENTIONS, settings.pop("classifiers", None), **settings)


def timed(work: Any) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def one_process(people: int, folder: Path) -> float:
    """Print pictures a second, and what storing and scheduling cost; return seconds with the store."""
    plain, stored = [], []
    for turn in range(3):  # new people every time, one way after the other
        now = study(people, seed=10 + turn)
        readers = now._readers(travels=False)
        jobs, _ = now._jobs(readers)
        run_job(jobs[0], readers)
        plain.append(timed(lambda jobs=jobs, readers=readers: [run_job(job, readers) for job in jobs]))
        other = study(people, seed=20 + turn)
        stored.append(timed(lambda other=other, turn=turn: other.run(folder / f"one{turn}", n_jobs=1)))
    pictures = len(jobs) * 11
    bare, whole, count = statistics.median(plain), statistics.median(stored), len(now.models)
    print(
        f"one process, {count} classifiers, 224 px: {pictures / bare:.1f} pictures a second without a store, "
        f"{pictures / whole:.1f} with it: storing, planning and opening cost {whole / bare - 1:+.1%}"
    )
    return whole / pictures


def two_processes(people: int, folder: Path, alone: float) -> None:
    """Print how two processes share the work, once they have loaded their classifiers, and their memory."""
    begun = time.perf_counter()
    study(2, seed=1).run(folder / "warm", n_jobs=2)
    print(f"two processes, the first time: {time.perf_counter() - begun:.1f} s until they are there and warm")
    with memory() as peak:
        seconds = timed(lambda: study(people, seed=30).run(folder / "two", n_jobs=2))
    pictures = people * len(INTERVENTIONS) * 11
    print(
        f"two processes: {pictures / seconds:.1f} pictures a second, "
        f"efficiency {alone * pictures / 2 / seconds:.2f}; "
        f"memory of a worker at most {max(peak.values(), default=0) / 1e6:.0f} MB"
    )


def dask(people: int, folder: Path, alone: float) -> None:
    from dask.distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        Client(cluster),
        joblib.parallel_config(backend="dask"),
    ):
        study(2, seed=2).run(folder / "warm dask")
        seconds = timed(lambda: study(people, seed=40).run(folder / "dask"))
    pictures = people * len(INTERVENTIONS) * 11
    print(
        f"Dask, two workers: {pictures / seconds:.1f} pictures a second, "
        f"efficiency {alone * pictures / 2 / seconds:.2f}"
    )


def large_table(folder: Path) -> None:
    """Print how long a table of 100,000 rows takes to open and to summarise."""
    study(87, classifiers=KNOWN, size=64).run(folder / "large", n_jobs=2)
    found = open_study(folder / "large")
    opened, summarised = [], []
    for _ in range(3):
        opened.append(timed(lambda: open_study(folder / "large").table))
        fresh = open_study(folder / "large")
        summarised.append(timed(lambda fresh=fresh: (fresh.effects, fresh.share_significant)))  # type: ignore[attr-defined]
    parts = list((folder / "large").rglob("*.parquet"))
    disk = sum(path.stat().st_size for path in parts)
    opens, says = statistics.median(opened), statistics.median(summarised)
    print(
        f"a table of {len(found.table):,} rows in {len(parts)} files ({size(disk)}): opens in {opens:.2f} s, "
        f"its effects are there {says:.2f} s later"
    )


def on_paper(alone: float) -> None:
    """Print what 10 million pictures would take: tasks, files, disk, and calls of the scheduler."""
    jobs, job = 10_000_000 // 11, alone * 11
    for workers in (2, 64, 512):
        some = batch_size(jobs, workers)
        tasks = -(-jobs // some)
        print(
            f"10 million pictures on {workers} processes: {tasks:,} tasks of {duration(some * job)}, "
            f"{2 * tasks:,} files, {duration(jobs * job / workers)}; for the scheduler "
            f"{workers / (some * job):.1f} tasks a second, {2 * workers} waiting at once"
        )
    print(f"(batches: a {BATCHES}th of a process's share, at most {MOST} jobs)")


@contextmanager
def memory() -> Iterator[dict[int, int]]:
    """Give the largest resident memory of every child process so far, by its number."""
    peak: dict[int, int] = {}
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.2):
            for child in psutil.Process().children(recursive=True):
                try:
                    peak[child.pid] = max(peak.get(child.pid, 0), child.memory_info().rss)
                except psutil.Error:
                    continue

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peak
    finally:
        over.set()
        thread.join()


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--people", type=int, default=24)
    asked.add_argument("--dask", action="store_true", help="also on a Dask cluster of two workers")
    options = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        alone = one_process(options.people, Path(folder))
        two_processes(options.people, Path(folder), alone)
        if options.dask:
            dask(options.people, Path(folder), alone)
        large_table(Path(folder))
        on_paper(alone)


if __name__ == "__main__":
    main()
