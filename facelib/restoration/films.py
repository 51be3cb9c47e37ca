"""Removal of electrodes from films, frame by frame."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import tee

import numpy as np

from facelib.faces import Face
from facelib.faces.tracking import followed
from facelib.head.geometry.landmarks import eyes_between, face_box
from facelib.restoration.crop import Picture
from facelib.restoration.methods import Method
from facelib.restoration.restore import restore


def restored_frames(frames: Iterable[Picture], method: str | Method = "network") -> Iterator[Picture]:
    """Yield the frames of a film with electrodes taken off the face, as `restore` does in a picture.

    Each frame is restored by itself: what is filled in may flicker. Frames in which no face is seen, and
    those in which nothing is found on it, are yielded as they are.

    Parameters
    ----------
    frames
        uint8 (H, W, 3), RGB, one after the other; one is kept at a time.
    method
        A name in `METHODS`, or what `facelib.restoration.own` returns.

    Raises
    ------
    BadImageError
        A frame has another shape or type.
    UnknownNameError
        There is no such method.
    UnavailableError
        A network's package is not on this machine.

    Examples
    --------
    >>> from facelib import semg
    >>> film = semg.open_video("smile.mp4")  # doctest: +SKIP
    >>> semg.units_of_frames(restored_frames(film.frames()), rate=film.rate)  # doctest: +SKIP
    """
    given, looked_at = tee(frames)
    for frame, points in zip(given, followed(looked_at), strict=True):
        if not np.isfinite(points).all():
            yield frame
            continue
        face = Face(frame, face_box(points.astype(np.float64)), eyes_between(points), points)
        yield restore(face, method).image
