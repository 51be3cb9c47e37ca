"""The pictures of a sweep: one face, one intervention, growing strengths."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from facelib.classifiers.alignment import five_points
from facelib.errors import BadValueError
from facelib.face import shown_of
from facelib.faces import Face, Head
from facelib.interventions import HeadIntervention, Intervention
from facelib.interventions.expression import Intensity
from facelib.utilities.checks import whole
from facelib.utilities.progress import Stop, check_stop
from facelib.utilities.registry import named, place_of
from facelib.utilities.short_repr import in_short

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_STEPS = 501


@in_short(picture=lambda frames: shown_of(frames.faces))
@dataclass(frozen=True, eq=False)
class Frames:
    """Pictures of growing strength, all read with the face box and points of strength 0.

    Attributes
    ----------
    faces
        One `Face` a strength; the first is the unchanged face.
    strengths
        float64 (n,), from 0 to 1.
    """

    faces: tuple[Face, ...]
    strengths: npt.NDArray[np.float64]

    @property
    def boxes(self) -> npt.NDArray[np.float64]:
        """Face boxes (n, 4), px, with which the pictures are read: that of strength 0."""
        return np.broadcast_to(self.box, (len(self.faces), 4))

    @property
    def points(self) -> npt.NDArray[np.float64]:
        """Points (n, 5, 2), px, by which the faces are aligned: those of strength 0.

        Points that followed the change would undo it: a mouth that shifts would be shifted back.
        """
        return np.broadcast_to(five_points(self.faces[0]), (len(self.faces), 5, 2))

    @property
    def images(self) -> npt.NDArray[np.uint8]:
        """Return the pictures, uint8 (n, H, W, 3)."""
        return np.stack([face.image for face in self.faces])

    @property
    def box(self) -> npt.NDArray[np.float64]:
        """Face box of strength 0, px (4,): a box that followed the change would be a confound."""
        return self.faces[0].box

    def strip(self, count: int = 7) -> Image:
        """Return `count` frames from strength 0 to 1 side by side, as a picture that a notebook shows.

        Raises
        ------
        BadValueError
            If the table of the face says that there is no consent to show it.
        """
        shown = shown_of(self.faces)
        if shown is None:
            msg = "No consent is recorded for this face (column consent), so that its pictures aren't shown."
            raise BadValueError(msg)
        return film_strip(shown, count)


def film_strip(images: npt.NDArray[np.uint8], count: int = 7) -> Image:
    """Return `count` of the pictures (n, H, W, 3), evenly spread from first to last, side by side."""
    from PIL import Image as Pictures

    if np.ndim(images) != 4 or not len(images):
        msg = f"A strip is made of pictures (n, H, W, 3); got {type(images).__name__} {np.shape(images)}."
        raise BadValueError(msg)
    chosen = np.unique(np.linspace(0, len(images) - 1, min(count, len(images))).round().astype(int))
    return Pictures.fromarray(np.concatenate([images[number] for number in chosen], axis=1))


def even_strengths(steps: int) -> npt.NDArray[np.float64]:
    """Return `steps` evenly spaced strengths from 0 to 1.

    >>> even_strengths(3)
    array([0. , 0.5, 1. ])
    """
    if not isinstance(steps, (int, np.integer)) or not 2 <= steps <= MAX_STEPS:
        msg = f"A sweep has between 2 and {MAX_STEPS} steps, a whole number; got {steps!r}."
        raise BadValueError(msg)
    return np.linspace(0.0, 1.0, steps)


def check_accepts(intervention: Intervention, face: Any) -> None:
    """Raise `BadValueError` if the intervention doesn't work on this kind of face."""
    if not isinstance(face, (Face, Head)):
        msg = f"Expected a Head or a Face; got {type(face).__name__}."
        raise BadValueError(msg, hint="facelib.load_face reads a picture.")
    if not intervention.accepts(face):
        needs = (
            f"doesn't work on this head. {intervention.why_not(face) or intervention.description}"
            if isinstance(face, Head)
            else f"doesn't work on this picture. {intervention.why_not(face)}"
        )
        name = intervention.called(face)
        msg = f"{name} {needs}"
        raise BadValueError(msg, hint=intervention.hint)


def check_known(known: object) -> None:
    """Raise `BadValueError` unless these are faces by their strength, or None."""
    if known is None or (isinstance(known, Mapping) and all(isinstance(one, Face) for one in known.values())):
        return
    msg = f"What is known are faces by their strength; got {f'{known!r}':.60}."
    raise BadValueError(msg, hint="In Python: known={0.0: face}, or None.")


def make_frames(
    face: Face | Head,
    intervention: Intervention,
    strengths: Sequence[float] | npt.NDArray[np.float64],
    *,
    size: int = 224,
    workers: int | None = None,
    known: Mapping[float, Face] | None = None,
    stop: Stop | None = None,
) -> Frames:
    """Apply `intervention` to `face` at every strength.

    Parameters
    ----------
    face
        A head (rendered at `size` px) or a picture.
    strengths
        (n,) in [0, 1]; the first must be 0.
    workers
        Threads that make pictures; None: one per core.
    known
        Pictures of this face, intervention and size that are there already, by strength.
    stop
        Asked before each picture; True ends the work.

    Raises
    ------
    BadValueError
        If the strengths are no such list, there is no thread, or the intervention doesn't work on the face.
    Cancelled
        If `stop` answered True.
    """
    check_accepts(intervention, face)
    check_known(known)
    grades = np.asarray(strengths, np.float64)
    if grades.ndim != 1 or len(grades) < 1 or grades[0] != 0.0:
        msg = f"Strengths are a list that starts at 0, the unchanged face; got {strengths!r}."
        raise BadValueError(msg)
    rule = "The number of threads is a whole number, 1 or more"
    threads = os.cpu_count() or 1 if workers is None else whole(rule, workers, 1)
    ready = known or {}
    drawn = isinstance(face, Head) and isinstance(intervention, HeadIntervention)
    picture = face.render(size) if isinstance(face, Head) and not drawn else face
    if isinstance(picture, Face) and place_of(type(intervention)):
        picture = picture.lent()

    def make(grade: float) -> Face:
        check_stop(stop)
        if grade in ready:
            return ready[grade]
        with named(type(intervention), "intervention", intervention.id, f"at strength {grade:g}"):
            if isinstance(face, Head) and isinstance(intervention, HeadIntervention):
                return intervention.edit(face, grade).render(size)
            return _checked(intervention, intervention.apply(picture, grade), picture)

    with ThreadPoolExecutor(threads) as pool:
        return Frames(tuple(pool.map(make, grades.tolist())), grades)


def without_expression(start: Face, face: Face | Head) -> Face | None:
    """Return a face without its expression, which shows whether an output could have shown anything.

    Parameters
    ----------
    start
        The picture at strength 0.
    face
        What it is of: of a head, it is rendered at rest; of a photograph, its shape is.

    Returns
    -------
    Face or None
        As large as `start`; None of a face that shows none, or whose landmarks aren't known.

    Examples
    --------
    >>> head, rests = Head(expression="happy"), Head(expression="neutral")
    >>> without_expression(head.render(64), head).size, without_expression(rests.render(64), rests)
    ((64, 64), None)
    """
    fade = Intensity()
    if isinstance(face, Head):
        rests = face.expression == "neutral" or not face.intensity
        return None if rests else fade.edit(face, 1.0).render(start.size[0])
    return fade.apply(face, 1.0) if fade.accepts(face) else None


def _checked(intervention: Intervention, changed: object, start: Face | Head) -> Face:
    """Return an intervention's face, or raise `BadValueError` if it is no face of the same size."""
    if not isinstance(changed, Face):
        what = type(changed).__name__
        msg = f"{intervention.id!r} has to return a face; got {what}."
        raise BadValueError(msg, hint="face.replace(image=…) makes one.")
    if isinstance(start, Face) and changed.size != start.size:
        was, now = (" × ".join(map(str, one.size)) for one in (start, changed))
        msg = f"{intervention.id!r} has to return pictures of {was} px, as it is given; got {now} px."
        raise BadValueError(msg)
    return changed
