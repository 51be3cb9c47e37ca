"""Changes of the face units: of a head's, and of those that explain a photograph."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, Final

import numpy as np
import numpy.typing as npt

from facelib.editing.motion import FaceMotion, Units, face_motion
from facelib.editing.mouth_and_eyes import held, slid
from facelib.faces import Face
from facelib.head.geometry.landmarks import FIRST_IRIS, eyes_between
from facelib.interventions.intervention import FaceIntervention, edited

LEAST: Final = 0.01
"""Root mean square way of the landmarks, in eye distances, below which nothing is to change (our choice).

About what resting faces are mistaken for: over neutral heads the median is .009, over weak smiles .026.
"""
SHAPE_ONLY: Final = " Of photographs, the shape moves; folds and shadows stay."
CHIN: Final = 152
TEETH: Final = (
    0.7  # share of the chin's way that the lower teeth go, which are nearer to the hinge (our choice)
)


class OfFaceUnits(FaceIntervention):
    """A change of the face units.

    Of photographs, those that explain the landmarks best (`facelib.editing.motion`): skin, lids and lips
    move as the parametric head's would. Shape only: folds, wrinkles and shadows go along, and don't fade. The
    gaze stays.
    """

    on: ClassVar[str] = "heads and pictures"

    @abstractmethod
    def units_of(self, motion: FaceMotion, strength: float) -> Units:
        """Return the units that a photograph is to show."""

    def unfit(self, face: Face) -> str:
        """Say that landmarks aren't known, that the head is turned, or that there is nothing to change."""
        given: object = face
        if not isinstance(given, Face):
            return f"It changes a head or a picture of a face; got {type(given).__name__}."
        if reason := super().unfit(face):
            return reason
        motion = face_motion(face.landmarks)
        way = motion.at(self.units_of(motion, 1.0)) - motion.at(motion.units)
        eyes = eyes_between(face.landmarks)
        size = float(np.hypot(*(eyes[0] - eyes[1])))
        if np.sqrt((way[:FIRST_IRIS] ** 2).sum(axis=1).mean()) >= LEAST * size:
            return ""
        return "Hardly any expression is there to weaken. Choose a picture in which the face shows one."

    def _change(self, face: Face, strength: float) -> Face:
        own, motion = face.landmarks.astype(np.float64), face_motion(face.landmarks)
        units = self.units_of(motion, strength)
        before, after = motion.at(motion.units), motion.at(units)
        goal = held(own, own + after - before, before, after)
        return edited(face, slid(face.image, own, goal, _jaw(motion, units)), goal)


def _jaw(motion: FaceMotion, units: Units) -> npt.NDArray[np.float64]:
    """Return by how much the lower teeth move, (2,) px."""
    jaw = {name: units[name] - motion.units[name] for name in ("jawOpen", "jawLeft", "jawRight")}
    return np.asarray(TEETH * (motion.at(jaw) - motion.resting)[CHIN])
