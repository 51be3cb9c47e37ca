"""Worker of a study: renders, reads, measures, and writes the rows as one part."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import get_args

import numpy as np
import numpy.typing as npt

from facelib import properties
from facelib.classifiers import Classifier, ScoreTable
from facelib.classifiers.alignment import points_of
from facelib.errors import Cancelled, FacelibError, UnavailableError
from facelib.faces import Face, Head
from facelib.interventions.symmetry import Chimeras, Keep, flipped
from facelib.studies.engine.observers import Reader, bring, loaded
from facelib.studies.engine.parquet_part import Job, Rows, measured, outputs
from facelib.studies.engine.store import Store
from facelib.studies.sweeps.frames import Frames, check_accepts, make_frames
from facelib.utilities.progress import Stop

Numbers = npt.NDArray[np.float64]

OURS = (MemoryError, UnavailableError, Cancelled)
"""What isn't the fault of a face: it ends the work."""


@dataclass(frozen=True)
class Done:
    """Result of a batch.

    Attributes
    ----------
    jobs, failed
        Jobs that were done, and those of them that hold a unit that failed.
    seconds, storing
        Spent on all of it, and on writing.
    parts
        Files that were written.
    """

    jobs: int
    failed: int
    seconds: float
    storing: float
    parts: tuple[Path, ...]


def work(
    folder: Path,
    jobs: Sequence[Job],
    readers: Mapping[str, Reader],
    stop: Stop | None = None,
) -> Done:
    """Do a batch of jobs and write their rows, which are the same in any process and batch.

    Parameters
    ----------
    folder
        Of the store.
    jobs
        Whole jobs; each is rendered and read by itself, on one thread.
    readers
        By id.
    stop
        Asked between jobs; what is done by then is written.

    Raises
    ------
    StoreError
        If the rows can't be written.
    UnavailableError
        If a classifier isn't here, or is another one than where the study was planned.
    """
    begun = time.perf_counter()
    done: list[list[Rows]] = []
    for job in jobs:
        if stop is not None and stop():
            break
        try:
            done.append(run_job(job, readers, stop))
        except Cancelled:
            break
        except UnavailableError:  # such as a budget that is spent: what was read before is paid for
            _written(folder, done, begun)
            raise
    return _written(folder, done, begun)


def _written(folder: Path, done: Sequence[Sequence[Rows]], begun: float) -> Done:
    """Write the rows of jobs that were begun at a time."""
    writing = time.perf_counter()
    parts = tuple(_write(Store(folder), [one for rows in done for one in rows]))
    end = time.perf_counter()
    failed = sum(any(one.error for one in rows) for rows in done)
    return Done(len(done), failed, end - begun, end - writing, parts)


@dataclass(frozen=True, eq=False)
class Rendered:
    """A job whose frames are made, and read by all that needs no accelerator.

    Attributes
    ----------
    job
        Its units are those that are left.
    frames
        None where they can't be made: the rows say so.
    rows
        Of the readers that are done.
    error
        What ended the work after this job; None: nothing did.
    """

    job: Job
    frames: Frames | None
    rows: list[Rows]
    error: UnavailableError | None = None


def render(jobs: Sequence[Job], readers: Mapping[str, Reader]) -> list[Rendered]:
    """Make the frames of jobs, and let readers on the processor read them; `feed` does the others.

    Errors are those of `work`; one that comes after whole jobs goes with them, and `feed` raises it.
    """
    made: list[Rendered] = []
    for job in jobs:
        try:
            with _one_thread():
                made.append(_rendered(job, readers))
        except UnavailableError as error:
            if not made:
                raise
            made[-1] = replace(made[-1], error=error)
            break
    return made


def _rendered(job: Job, readers: Mapping[str, Reader]) -> Rendered:
    asked = [readers[name] for name in job.units]
    here = [one for one in asked if not one.device.accelerated]
    left = {one.id: job.units[one.id] for one in asked if one.device.accelerated}
    rows, seeing = _told_and_seeing(job, here, _models(here))
    frames = _frames_or_error(job) if seeing or left else None
    if isinstance(frames, Exception):
        rows += _read_all(job, [one for one in asked if one in seeing or one.id in left], frames)
    elif frames is not None:
        rows += _read_all(job, seeing, frames)
    lean = [replace(row, reader=replace(row.reader, packed=None, model=None)) for row in rows]
    shown = frames if isinstance(frames, Frames) else None
    return Rendered(replace(job, units=left), shown, lean)


def feed(folder: Path, rendered: Sequence[Rendered], readers: Mapping[str, Reader]) -> Done:
    """Read rendered jobs with the readers on accelerators, and write all their rows; see `work`."""
    begun = time.perf_counter()
    done = []
    for one in rendered:
        read = []
        if one.frames is not None:
            with _one_thread():
                read = _read_all(one.job, [readers[name] for name in one.job.units], one.frames)
        done.append([*one.rows, *read])
    written = _written(folder, done, begun)
    for one in rendered:
        if one.error is not None:
            raise one.error
    return written


def run_job(job: Job, readers: Mapping[str, Reader], stop: Stop | None = None) -> list[Rows]:
    """Render the frames of a job and read them; an error becomes its rows.

    `stop` is asked while a function of one's own is waited for; `Cancelled` ends the job, which has no rows
    then.
    """
    asked = [readers[name] for name in job.units]
    with _one_thread():
        models = _models(asked)  # what isn't here ends the work before anything is rendered
        told, seeing = _told_and_seeing(job, asked, models)
        return told + (_read_all(job, seeing, _frames_or_error(job), stop) if seeing else [])


def _models(asked: Sequence[Reader]) -> dict[str, Classifier]:
    return {one.id: loaded(one) for one in asked if one.kind == "outputs"}


def _told_and_seeing(
    job: Job, asked: Sequence[Reader], models: Mapping[str, Classifier]
) -> tuple[list[Rows], list[Reader]]:
    """Return the rows of tables of scores, and the readers that see pictures."""
    tables = {name: model for name, model in models.items() if isinstance(model, ScoreTable)}
    told = [_told(job, one, tables[one.id]) for one in asked if one.id in tables]
    return told, [one for one in asked if one.id not in tables]


def _read_all(
    job: Job, asked: Sequence[Reader], frames: Frames | Exception, stop: Stop | None = None
) -> list[Rows]:
    """Return the rows of some readers for the frames of a job, or for why there are none."""
    if isinstance(frames, Exception):
        return [_failed(job, reader, frames) for reader in asked]
    view = _views(_models(asked), of_heads=job.subject.of_head, stop=stop)
    return [_rows(job, reader, frames, view) for reader in asked]


def _frames_or_error(job: Job) -> Frames | Exception:
    try:
        return _frames(job)
    except OURS:
        raise
    except Exception as error:
        return error


def _views(
    models: Mapping[str, Classifier], *, of_heads: bool, stop: Stop | None
) -> Callable[[str], Classifier]:
    """Return how a classifier is had as it reads these pictures; one may refuse photographs."""
    return lambda name: models[name].for_pictures(of_heads=of_heads, stop=stop)


def _rows(job: Job, reader: Reader, frames: Frames, view: Callable[[str], Classifier]) -> Rows:
    try:
        measuring = reader.kind == "measured"
        read = _measure(frames, reader) if measuring else _read(frames, reader, view(reader.id))
    except OURS:
        raise
    except Exception as error:
        return _failed(job, reader, error)
    return Rows(job.units[reader.id], job, reader, *read)


def _write(store: Store, rows: Sequence[Rows]) -> Iterator[Path]:
    """Write the outputs of the classifiers and the measures, each as a part."""
    read = [one for one in rows if one.reader.kind == "outputs"]
    numbers = [one for one in rows if one.reader.kind == "measured"]
    if read:
        yield store.write("outputs", outputs(read), *_units(read), version=read[0].job.version)
    if numbers:
        yield store.write("measured", measured(numbers), *_units(numbers), version=numbers[0].job.version)


def _units(rows: Sequence[Rows]) -> tuple[list[str], list[str]]:
    """Return the units of some rows, and those that failed."""
    return [one.unit for one in rows], [one.unit for one in rows if one.error]


def _frames(job: Job) -> Frames:
    face = job.subject.open()
    if job.intervention is not None:
        chosen = job.intervention.meant_for(face)
        if isinstance(chosen, Chimeras):
            return _mirrored(face.render(job.size) if isinstance(face, Head) else face, chosen, job.strengths)
        check_accepts(chosen, face)
        return make_frames(face, chosen, job.strengths, size=job.size, workers=1)
    picture = face.render(job.size) if isinstance(face, Head) else face
    return Frames((picture,), np.zeros(1))


class FlippedFrames(Frames):
    """Pictures of which some are flipped: each is read with its own box and points, the same on the face."""

    @property
    def boxes(self) -> Numbers:
        """Face boxes (n, 4), px."""
        return np.stack([face.box for face in self.faces])

    @property
    def points(self) -> Numbers:
        """Points (n, 5, 2), px: those of the unchanged face, and of its flipped copy."""
        start = self.faces[0]
        both = np.repeat(points_of([start, flipped(start)]), len(get_args(Keep)) + 1, axis=0)
        return both[: len(self.faces)]


def _mirrored(face: Face, chimeras: Chimeras, strengths: Sequence[float]) -> Frames:
    check_accepts(chimeras, face)
    made = tuple(islice(chimeras.variants(face), len(strengths)))  # a trial asks for the first two
    return FlippedFrames(made, np.asarray(strengths, np.float64))


def _read(frames: Frames, reader: Reader, classifier: Classifier) -> tuple[Numbers, Numbers]:
    """Return logits and probabilities (n, labels) of the common labels."""
    logits = classifier.logits(frames.images, frames.boxes, frames.points)
    probabilities = classifier.probabilities_from(logits)
    if classifier.scales:  # values, which stand under "logit": what comes out before any link
        probabilities = np.full_like(probabilities, np.nan)
    columns = [place for label in reader.names if (place := classifier.index_of(label)) is not None]
    if not np.isfinite(logits).all():
        msg = "It gave a number that isn't finite."
        raise FacelibError(msg)
    return logits[:, columns].astype(np.float64), probabilities[:, columns].astype(np.float64)


def _told(job: Job, reader: Reader, table: ScoreTable) -> Rows:
    """Return the scores that another tool gave: they stand as logits, and are no probabilities."""
    scores, problem = table.scores_of(job.subject.name)
    if problem or job.intervention is not None:
        return _failed(job, reader, FacelibError(problem or "A table has no scores of changed pictures."))
    columns = [place for label in reader.names if (place := table.index_of(label)) is not None]
    logits = scores[None, columns]
    return Rows(job.units[reader.id], job, reader, logits, np.full_like(logits, np.nan))


def _measure(frames: Frames, reader: Reader) -> tuple[Numbers, Numbers]:
    bring(reader)
    values = properties.measure(frames.faces, reader.names).to_numpy(np.float64)
    return values, values


def _failed(job: Job, reader: Reader, error: Exception) -> Rows:
    nothing = np.full((len(job.strengths), len(reader.names)), np.nan)
    text = error.words if isinstance(error, FacelibError) else f"{type(error).__name__}: {error}"
    return Rows(job.units[reader.id], job, reader, nothing, nothing, text or type(error).__name__)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Compute on one thread, and leave the process as it was."""
    import cv2
    import torch
    from threadpoolctl import threadpool_limits

    from facelib.classifiers.classifier import single_threaded

    torch_threads, cv2_threads = torch.get_num_threads(), cv2.getNumThreads()
    try:
        with threadpool_limits(1):
            single_threaded()
            yield
    finally:
        torch.set_num_threads(torch_threads)
        cv2.setNumThreads(cv2_threads)
