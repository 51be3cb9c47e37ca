"""One strength of a sweep: the fast path while a whole sweep is not there yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from facelib.classifiers import Classifier
from facelib.face import of_heads
from facelib.faces import Face, Head
from facelib.interventions import Intervention
from facelib.interventions.intervention import check_strength
from facelib.studies.sweeps.frames import Frames, make_frames
from facelib.studies.sweeps.inference import Reading, read
from facelib.utilities.short_repr import in_short


@in_short()
@dataclass(frozen=True, eq=False)
class Snapshot:
    """The unchanged and the changed face, and every classifier's outputs for the changed one."""

    frames: Frames
    readings: Mapping[str, Reading]

    @property
    def before(self) -> Face:
        """The unchanged face."""
        return self.frames.faces[0]

    @property
    def after(self) -> Face:
        """The changed face."""
        return self.frames.faces[-1]


def snapshot(
    face: Face | Head,
    intervention: Intervention,
    strength: float,
    classifiers: Sequence[Classifier],
    *,
    size: int = 224,
    workers: int = 2,
    known: Mapping[float, Face] | None = None,
) -> Snapshot:
    """Render and read one strength; the face box is that of the unchanged face.

    `known` holds pictures that are there already, as in `facelib.studies.make_frames`.
    """
    strength = check_strength(strength)
    grades = np.array([0.0, strength]) if strength else np.array([0.0])
    frames = make_frames(face, intervention, grades, size=size, workers=workers, known=known)
    heads, points = of_heads(frames.faces), frames.points[0]
    readings = read(
        classifiers, frames.images[-1:], frames.box, points=points, workers=workers, of_heads=heads
    )
    return Snapshot(frames, readings)
