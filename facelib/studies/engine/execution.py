"""Execution of a study's jobs on joblib: processes of this machine, or Dask or Ray where configured."""

from __future__ import annotations

import logging
import math
import os
import threading
import time
import warnings
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Final

from facelib.errors import BadValueError, Cancelled, FacelibError
from facelib.studies.counts import Counts
from facelib.studies.engine.observers import Reader
from facelib.studies.engine.parquet_part import Job
from facelib.studies.engine.store import Store
from facelib.studies.engine.worker import Done, Rendered, feed, render, work
from facelib.utilities.progress import Progress as AnyProgress
from facelib.utilities.progress import Stop, check_stop

BATCHES: Final = 32  # of each process: the end is then even
MOST: Final = 64  # jobs of a batch: other processes end it before they stop
LOSSES: Final = 3  # times in a row that processes are lost without anything done
LOOK: Final = 2.0  # seconds between two looks whether the process that started a worker is still there
RENDERED: Final = 4  # jobs at a time that come rendered from another process: their pictures stay few
WAVE: Final = 4  # batches of each process at a time, where results can't be had one by one: Ray
LOST: Final = (
    "TerminatedWorkerError", "BrokenProcessPool", "KilledWorker", "WorkerCrashedError", "RayActorError",
    "ActorDiedError",
)  # fmt: skip
"""How joblib, Dask and Ray call it when a process was killed."""

LOCAL: Final = "LokyBackend"  # joblib's backend unless configured otherwise

logger = logging.getLogger(__name__)

Batches = Generator[tuple[range, Done], None, None]


class WorkersLostError(FacelibError):
    """Processes were killed again and again, most likely because memory ran out."""


@dataclass(frozen=True)
class Progress(AnyProgress):
    """Progress of a study.

    Attributes
    ----------
    done, total
        Jobs (one face × one intervention) that were run, those of earlier runs among them, and all.
    failed
        Jobs among those that were run in which something failed.
    part
        Files that were just written.
    words
        What is done now, "person 12 of 40, one side weaker"; "" where several are at work.

    Examples
    --------
    >>> print(Progress(30, 120, failed=2))
    28 of 120, 2 failed
    """

    done: int
    total: int
    failed: int = 0
    part: tuple[Path, ...] = ()

    @property
    def counts(self) -> Counts:
        """Numbers of jobs done, failed and missing."""
        return Counts(self.done - self.failed, self.failed, self.total - self.done)

    def __str__(self) -> str:
        """Return it in words."""
        return f"{self.counts.done} of {self.total}{self.counts.failures}"


StudyReport = Callable[[Progress], object]
"""Called with the progress of a study; a function of any `facelib.utilities.progress.Progress` will do."""


def execute(
    store: Store,
    jobs: Sequence[Job],
    readers: Mapping[str, Reader],
    *,
    before: int = 0,
    failed: int = 0,
    people: int = 0,
    n_jobs: int | None = None,
    progress: StudyReport | None = None,
    stop: Stop | None = None,
) -> None:
    """Do all jobs; finished ones are in the store, however this ends.

    Parameters
    ----------
    store
        Held by the caller.
    jobs
        Those that are left.
    readers
        By id.
    before, failed
        Jobs that were run before, and those of them that failed.
    people
        Of the whole study; fewer than those of `jobs`: these.
    n_jobs
        Processes. None: as ``joblib.parallel_config`` says, else one per core; 1: this process.
    progress
        Called when a batch is done.
    stop
        Asked between batches, in this process between jobs.

    Raises
    ------
    Cancelled
        If `stop` answered True while jobs were left, or Ctrl-C was pressed.
    StoreError
        If rows can't be written.
    WorkersLostError
        If processes were lost again and again.
    """
    left, at = list(jobs), Progress(before, before + len(jobs), failed=failed)
    _, here = workers(n_jobs)
    losses = 0
    said = _spoken(jobs, people) if here else {}
    if said and progress is not None:
        progress(replace(at, words=said[0]))
    while left:
        finished: set[int] = set()
        try:
            running = _batches(store, left, readers, n_jobs=n_jobs, stop=stop)
            with _ended(running) as batches:
                for numbers, done in batches:
                    finished |= set(numbers[: done.jobs])
                    count, bad = at.done + done.jobs, at.failed + done.failed
                    words = said.get(count - before, "")
                    at = replace(at, done=count, failed=bad, part=done.parts, words=words)
                    if progress is not None:
                        progress(at)
                    if len(finished) < len(left):
                        check_stop(stop)
            return
        except KeyboardInterrupt:
            raise Cancelled from None
        except Exception as error:
            if type(error).__name__ not in LOST:
                raise
            losses = 0 if finished else losses + 1
            if losses >= LOSSES:
                msg = (
                    f"Processes were killed {LOSSES} times without finishing anything, most likely because "
                    "memory ran out. What was done before is kept; run again with fewer processes."
                )
                raise WorkersLostError(msg, hint="In Python: n_jobs=1.") from error
            logger.warning("A process was lost; what it was doing is done again.")
            there = store.contents()
            sound = there.parts.keys() - there.failed  # what failed before may be what is done again
            left = [
                job
                for number, job in enumerate(left)
                if number not in finished and not sound >= set(job.units.values())
            ]
            at = replace(at, done=at.total - len(left))


@contextmanager
def _ended(batches: Batches) -> Iterator[Batches]:
    """End the work when the block ends: joblib warns of what it drops, which is what was asked for."""
    try:
        yield batches
    finally:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", r"(?s).*tasks? which (were|was|have been)", UserWarning)
            batches.close()


def _spoken(jobs: Sequence[Job], people: int) -> dict[int, str]:
    """Return what is done when so many of the jobs are behind, in words; people of earlier runs count."""
    order = {name: place for place, name in enumerate(dict.fromkeys(job.subject.identity for job in jobs))}
    total = max(people, len(order))
    first = total - len(order) + 1
    return {
        place: f"person {order[job.subject.identity] + first} of {total}"
        + (f", {job.intervention.title}" if job.intervention is not None else "")
        for place, job in enumerate(jobs)
    }


def in_random_order(jobs: Sequence[Job], seed: int) -> list[Job]:
    """Return jobs with the people in a random order, the same for a seed; one person's stay together.

    Who looks at a study before its end sees some of its people. In the order of a folder, or of a table,
    these would be of one kind.
    """

    def place(job: Job) -> bytes:
        return blake2b(f"{seed} {job.subject.identity}".encode(), digest_size=8).digest()

    return sorted(jobs, key=place)


def _batches(
    store: Store,
    jobs: Sequence[Job],
    readers: Mapping[str, Reader],
    *,
    n_jobs: int | None,
    stop: Stop | None,
) -> Batches:
    """Do jobs batch by batch, as they finish; yield their numbers and results."""
    import joblib

    processes, here = workers(n_jobs)
    backend, _ = joblib.parallel.get_active_backend()
    size = batch_size(len(jobs), processes)
    fed = type(backend).__name__ == LOCAL and any(one.device.accelerated for one in readers.values())
    size = min(size, RENDERED) if fed else size
    numbers = [range(start, min(start + size, len(jobs))) for start in range(0, len(jobs), size)]
    if here:
        for some in numbers:
            yield some, work(store.folder, [jobs[number] for number in some], readers, stop)
        return
    if fed:
        yield from _fed(store, jobs, readers, numbers=numbers, processes=processes)
        return
    task = joblib.delayed(_batch)
    tasks = (
        task(os.getpid(), store.folder, some, [jobs[number] for number in some], readers) for some in numbers
    )
    if backend.supports_return_generator:
        parallel = joblib.Parallel(
            n_jobs=processes,
            return_as="generator_unordered",
            batch_size=1,
            pre_dispatch="2 * n_jobs",
            max_nbytes=None,  # larger pictures would go to other processes by a file
        )
        yield from parallel(tasks)
        return
    with joblib.Parallel(n_jobs=processes, batch_size=1, max_nbytes=None) as parallel:
        while wave := list(islice(tasks, WAVE * processes)):
            yield from parallel(wave)


def _fed(
    store: Store,
    jobs: Sequence[Job],
    readers: Mapping[str, Reader],
    *,
    numbers: Sequence[range],
    processes: int,
) -> Batches:
    """Let processes render, and read what they made in this one, which alone uses the accelerator."""
    import joblib

    task = joblib.delayed(_render)
    lean = {name: replace(one, packed=None, model=None) if one.device.accelerated else one
            for name, one in readers.items()}  # fmt: skip
    parallel = joblib.Parallel(
        n_jobs=processes,
        return_as="generator_unordered",
        batch_size=1,
        pre_dispatch="2 * n_jobs",
        max_nbytes=None,
    )
    for some, rendered in parallel(
        task(os.getpid(), some, [jobs[number] for number in some], lean) for some in numbers
    ):
        yield some, feed(store.folder, rendered, readers)


def _render(
    asker: int, numbers: range, jobs: Sequence[Job], readers: Mapping[str, Reader]
) -> tuple[range, list[Rendered]]:
    """Render one batch in another process than the one that asks for it."""
    _end_with_parent(asker)
    return numbers, render(jobs, readers)


def _batch(
    asker: int, folder: Path, numbers: range, jobs: Sequence[Job], readers: Mapping[str, Reader]
) -> tuple[range, Done]:
    """Do one batch in another process than the one that asks for it."""
    _end_with_parent(asker)
    return numbers, work(folder, jobs, readers)


@cache
def _end_with_parent(asker: int) -> None:
    """End this process once the one that started it is gone: killed, it can't say so.

    Where threads do the work this is the process that asks: it lives on without whoever started it.
    """
    if os.getpid() == asker:
        return
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(LOOK)
        os._exit(1)

    if os.name == "posix":  # elsewhere a process keeps the number of its parent
        threading.Thread(target=watch, name="facelib-parent", daemon=True).start()


def batch_size(jobs: int, processes: int) -> int:
    """Return how many jobs make a batch.

    >>> batch_size(20, 2), batch_size(420, 2), batch_size(900_000, 64)
    (1, 7, 64)
    """
    return max(1, min(math.ceil(jobs / (processes * BATCHES)), MOST))


def workers(n_jobs: int | None) -> tuple[int, bool]:
    """Return how many processes there will be, and whether all is done in this one.

    Raises
    ------
    BadValueError
        If `n_jobs` is no number of processes.
    """
    import joblib

    if n_jobs is not None and (isinstance(n_jobs, bool) or not isinstance(n_jobs, int) or n_jobs == 0):
        msg = f"Expected a number of processes, 1 or more; got {n_jobs!r}."
        raise BadValueError(msg, hint="In Python: n_jobs=; None is as many as there are cores.")
    backend, configured = joblib.parallel.get_active_backend()
    if type(backend).__name__ != LOCAL:
        return max(1, backend.effective_n_jobs(n_jobs or configured or -1)), False
    count = max(1, joblib.effective_n_jobs(n_jobs or configured or joblib.cpu_count()))
    return count, count == 1
