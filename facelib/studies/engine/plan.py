"""Plan of a study, before its run: its pictures, its duration and its disk space."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from facelib.errors import FacelibError
from facelib.models import size
from facelib.studies.counts import Counts
from facelib.studies.engine.execution import Progress, about
from facelib.studies.engine.observers import Reader
from facelib.studies.engine.parquet_part import Job
from facelib.studies.engine.worker import run_job
from facelib.utilities.checks import Floats
from facelib.utilities.short_repr import in_short

if TYPE_CHECKING:
    from facelib.stats.forecast import Forecast

BYTES: Final = 8.0  # on disk, of a row of outputs: two compressed numbers, and words as codes
PART: Final = 12_000  # bytes of a part besides
TRIES: Final = 3  # of each change
TIMED: Final = 2  # of those that work
LOOKED_AT: Final = 300  # jobs
STARTING: Final = 2.5  # seconds until a process has imported facelib, and for each classifier besides
LOADING: Final = 0.6  # both measured on one core of a laptop


@in_short()
@dataclass(frozen=True)
class Plan:
    """Plan of a study.

    Attributes
    ----------
    name
        Of the study.
    faces, identities, interventions, strengths, classifiers
        How many of each.
    units
        One face × one intervention each.
    done, failed
        Units that were run already, and those of them that failed: they aren't run again.
    pictures
        That are rendered or changed, and read by every classifier; of all units.
    rows
        Of the tidy table.
    seconds
        Estimated for what is left on a machine that does nothing else: processes that start, pictures, and
        the tests of an observational study; NaN if it wasn't measured.
    bytes
        Estimated on disk.
    processes
        At once.
    notes
        What to know before the start.
    refused
        Why a run in this folder would be refused unless it computes all anew; "" if it wouldn't.
    tests
        `facelib.stats.forecast.Forecast` of the tests, which are part of `seconds`; None: none.
    """

    name: str
    faces: int
    identities: int
    interventions: int
    strengths: int
    classifiers: int
    units: int
    done: int
    pictures: int
    rows: int
    seconds: float
    bytes: float
    processes: int
    notes: tuple[str, ...] = ()
    refused: str = ""
    failed: int = 0
    tests: Forecast | None = None

    def left(self, progress: Progress, p_values: Floats | None = None) -> float:
        """Return the seconds until all is done, tests too, if what is left goes as fast as the units did.

        Parameters
        ----------
        progress
            As reported last; its ``left`` is that of the units alone.
        p_values
            What is known of the pairs that will be tested: those that depend take longer. None: nothing.
        """
        if self.tests is None:
            return progress.left
        return progress.left + self.tests.seconds(p_values, slower=self.slower(progress))

    def slower(self, progress: Progress) -> float:
        """Return how many times longer the units took than was planned; 1 while none is done."""
        done, units = progress.done - self.done, self.units - self.done
        tests = 0.0 if self.tests is None else self.tests.seconds()
        planned = (self.seconds - tests) / max(units, 1)
        return progress.seconds / done / planned if done > 0 and planned > 0 else 1.0

    @property
    def counts(self) -> Counts:
        """Numbers of units done, failed and missing."""
        return Counts(self.done - self.failed, self.failed, self.units - self.done)

    def __str__(self) -> str:
        """Return the plan in words."""
        changes = (
            f" × {self.interventions} {_plural('change', self.interventions)}" if self.interventions else ""
        )
        steps = f" × {self.strengths} strengths" if self.strengths > 1 else ""
        people = f" of {self.identities} {'person' if self.identities == 1 else 'people'}"
        readers = f"{self.classifiers} {_plural('classifier', self.classifiers)}"
        lines = [
            f"{self.name or 'Study'}: {self.faces} {_plural('face', self.faces)}{people}{changes}{steps} = "
            f"{self.pictures:,} pictures, read by {readers}.",
            f"Table: {self.rows:,} rows, about {size(self.bytes)} on disk.",
        ]
        if self.done:
            counts = self.counts
            lines.append(f"Done before: {counts.done} of {counts.total}{counts.others}.")
        if self.done < self.units and np.isfinite(self.seconds):
            where = (
                f"on {self.processes} {_plural('process', self.processes)}" if self.processes > 1 else "here"
            )
            lines.append(f"Time: {about(self.seconds)} {where}, if the machine does nothing else.")
        return "\n".join([*lines, *self.notes, *filter(None, [self.refused])])

    def _repr_markdown_(self) -> str:
        return str(self).replace("\n", "  \n")


def trial(jobs: Sequence[Job], readers: Mapping[str, Reader]) -> tuple[float, float]:
    """Do a job of every change at two strengths, and return seconds and bytes that a whole job will take.

    The first picture of a person costs more than the others, which is part of the work; loading a classifier
    is not: one job is done before the clock starts, and others than that one are timed.

    A function that costs something isn't asked.

    Returns
    -------
    seconds, bytes
        Of one job, on average over changes; NaN seconds where three of each can't be done.
    """
    weight = _bytes(jobs[0], readers) if jobs else 0.0
    here = [
        replace(job, units={name: unit for name, unit in job.units.items() if not readers[name].costs})
        for job in jobs[:LOOKED_AT]
    ]
    jobs = [job for job, whole in zip(here, jobs, strict=False) if job.units or not whole.units]
    seconds: dict[str, list[float]] = {job.name: [] for job in jobs[:LOOKED_AT]}
    failed: Counter[str] = Counter()
    warm: Job | None = None
    for job in [*jobs[:LOOKED_AT], *jobs[:1]]:
        seconds_of_job = seconds[job.name]
        if failed[job.name] == TRIES or len(seconds_of_job) == TIMED or (job is warm and seconds_of_job):
            continue  # the first is timed only where there is no other
        short = job if len(job.strengths) < 3 else replace(job, strengths=(0.0, 1.0))
        try:
            if warm is None:
                run_job(short, readers)
                warm = job
                continue
            begun = time.perf_counter()
            rows = run_job(short, readers)
        except FacelibError:
            failed[job.name] += 1
            continue
        if any(one.error for one in rows):
            failed[job.name] += 1
        else:
            seconds_of_job.append((time.perf_counter() - begun) * len(job.strengths) / len(short.strengths))
    means = [
        sum(seconds_of_job) / len(seconds_of_job) for seconds_of_job in seconds.values() if seconds_of_job
    ]
    mean = sum(means) / len(means) if means else float("nan")
    return mean, weight


def starting(classifiers: int) -> float:
    """Return the seconds until a process of its own reads its first picture.

    >>> round(starting(6), 1)
    6.1
    """
    return STARTING + LOADING * classifiers


def _bytes(job: Job, readers: Mapping[str, Reader]) -> float:
    return BYTES * len(job.strengths) * sum(len(readers[name].names) for name in job.units)


def _plural(noun: str, count: int) -> str:
    return noun if count == 1 else f"{noun}es" if noun.endswith("s") else f"{noun}s"
