"""Batch inference: several classifiers on a stack of pictures, on a few threads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from facelib.classifiers import Classifier
from facelib.errors import BadValueError, UnknownNameError, check_kind
from facelib.utilities.nearest import nearest
from facelib.utilities.progress import Report, Stop, check_stop, reporting
from facelib.utilities.short_repr import in_short

if TYPE_CHECKING:
    import torch

CHUNK = 7  # pictures per task: small enough to stop quickly, large enough to keep the threads busy


@in_short()
@dataclass(frozen=True, eq=False)
class Reading:
    """Outputs of one classifier for n pictures.

    Attributes
    ----------
    classifier
        Who read them.
    logits, probabilities
        float32 (n, K), columns in the order of the classifier's own labels. Of a classifier with `scales`
        both are its values.
    features
        float32 (n, C, h, w): output of the CAM layer, kept so that any class can be explained afterwards,
        where the classifier is.
    """

    classifier: Classifier
    logits: npt.NDArray[np.float32]
    probabilities: npt.NDArray[np.float32]
    features: torch.Tensor

    def series(self, label: str) -> npt.NDArray[np.float64]:
        """Return the probability of a class, or its value, (n,); NaN where there is no such output."""
        column = self.classifier.index_of(label)
        if column is None:
            return np.full(len(self.probabilities), np.nan)
        return self.probabilities[:, column].astype(np.float64)

    def first(self, n: int) -> Reading:
        """Return the reading of the first `n` pictures."""
        return Reading(self.classifier, self.logits[:n], self.probabilities[:n], self.features[:n].clone())


def _read_chunk(
    classifier: Classifier,
    images: npt.NDArray[np.uint8],
    box: npt.NDArray[np.float64],
    points: npt.NDArray[np.float64] | None,
) -> tuple[npt.NDArray[np.float32], torch.Tensor]:
    import torch

    boxes = np.broadcast_to(box, (len(images), 4))
    features = classifier.features(images, boxes, points)
    with torch.no_grad():
        return classifier.logits_from(features).cpu().numpy(), features


def reading_of(readings: Mapping[str, Reading], classifier: str) -> Reading:
    """Return the reading of a classifier, or raise `UnknownNameError` with the ids of those that did."""
    if isinstance(classifier, str) and classifier in readings:
        return readings[classifier]
    near = nearest(classifier, readings)
    hint = f" Did you mean {near[0]}?" if near else ""
    msg = f"{f'{classifier!r}':.60} isn't in this sweep; it was read by {', '.join(readings)}.{hint}"
    raise UnknownNameError(msg)


def read(
    classifiers: Sequence[Classifier],
    images: npt.NDArray[np.uint8],
    box: npt.NDArray[np.float64],
    *,
    points: npt.NDArray[np.float64] | None = None,
    workers: int = 2,
    of_heads: bool = False,
    progress: bool | Report | None = None,
    stop: Stop | None = None,
) -> Mapping[str, Reading]:
    """Read every picture with every classifier, all with one face box and the same points.

    Parameters
    ----------
    images
        uint8 (n, H, W, 3).
    box
        px (4,), the face box of the unchanged face.
    points
        px (5, 2), its points, which classifiers of aligned faces need.
    of_heads
        Whether all pictures are of rendered heads: a function that sends pictures away takes no others.
    progress
        True for a progress bar, or a function called with the `Progress`, which counts pieces of work.
    stop
        Asked between tasks; True ends the work.

    Raises
    ------
    BadValueError
        If something else than classifiers or pictures is given, or photographs to a function that sends
        pictures away and takes heads only.
    Cancelled
        If `stop` answered True.
    """
    import torch

    for classifier in classifiers if isinstance(classifiers, Sequence) else [classifiers]:
        check_kind(classifier, Classifier, "A list of classifiers")
    if np.ndim(images) != 4 or not len(images):
        msg = f"Pictures (n, H, W, 3) are read; got {type(images).__name__} {np.shape(images)}."
        raise BadValueError(msg)
    if workers < 1:
        msg = f"At least one thread reads the pictures; got workers = {workers!r}."
        raise BadValueError(msg)
    views = [classifier.for_pictures(of_heads=of_heads, stop=stop) for classifier in classifiers]
    sizes = {one.id: max(CHUNK, one.batch) if one.device.accelerated else CHUNK for one in classifiers}
    parts: dict[tuple[str, int], tuple[npt.NDArray[np.float32], torch.Tensor]] = {}
    pool = ThreadPoolExecutor(max_workers=workers)
    try:
        tasks = {
            pool.submit(_read_chunk, one, images[start : start + sizes[one.id]], box, points): (one.id, start)
            for one in views
            for start in range(0, len(images), sizes[one.id])
        }
        with reporting(progress, len(tasks), unit="piece") as report:
            for done in as_completed(tasks):
                parts[tasks[done]] = done.result()
                check_stop(stop)
                report.at(len(parts), f"{tasks[done][0]} reads the faces")
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    readings = {}
    for classifier in classifiers:
        size = sizes[classifier.id]
        chunks = [parts[classifier.id, start] for start in range(0, len(images), size)]
        logits = np.concatenate([chunk[0] for chunk in chunks])
        readings[classifier.id] = Reading(
            classifier=classifier,
            logits=logits,
            probabilities=classifier.probabilities_from(logits),
            features=torch.cat([chunk[1] for chunk in chunks]),
        )
    return readings
