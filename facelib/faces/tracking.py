"""Faces followed through films: landmarks and face units frame by frame.

The first frame is searched for a face; from there on the landmarks of a frame lead to the next one's, as long
as the landmark network says that there is a face. What it reads is a network's opinion of a picture: some
units are hardly ever read, neighbours share their scores, and a face at rest isn't 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from facelib.errors import BadImageError, BadValueError, check_kind
from facelib.faces.video import Video, open_video
from facelib.utilities.progress import Report, reporting
from facelib.utilities.short_repr import in_short

if TYPE_CHECKING:
    import pandas as pd


Picture = npt.NDArray[np.uint8]

PRESENT: Final = 0.5
"""Least probability of a face by the landmark network."""
SEARCHED: Final = 8
"""Where no face was, only every so many frames the picture is searched again: a third of a second's wait."""
CHUNK: Final = 64  # frames whose units are read at once


@in_short()
@dataclass(frozen=True, eq=False)
class Watched:
    """Face units of the frames of a film.

    Parameters
    ----------
    units
        float32 (n, 51), 0 … 1, NaN where no face was seen. Read-only.
    names
        Of the units.
    rate
        Frames a second.
    boxes
        float32 (n, 4), px: x1, y1, x2, y2 around the landmarks; NaN where no face was seen.
    source
        Source of the film.
    """

    units: npt.NDArray[np.float32]
    names: tuple[str, ...]
    rate: float
    boxes: npt.NDArray[np.float32]
    source: str = ""

    def __post_init__(self) -> None:
        for name in ("units", "boxes"):
            view = np.asarray(getattr(self, name), np.float32).view()
            view.setflags(write=False)
            object.__setattr__(self, name, view)
        if self.units.ndim != 2 or self.units.shape[1] != len(self.names):
            msg = f"Face units are (frames, {len(self.names)}); got {self.units.shape}."
            raise BadValueError(msg)

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.units)

    @property
    def seen(self) -> float:
        """Share of the frames in which a face was seen."""
        return float(np.isfinite(self.units).all(axis=1).mean()) if len(self) else 0.0

    def frame(self) -> pd.DataFrame:
        """Return a table: a column for each unit, a row for each frame."""
        import pandas as pd

        return pd.DataFrame(self.units, columns=list(self.names))


def units_of_video(path: str | Path | Video, *, progress: bool | Report | None = None) -> Watched:
    """Return the face units of a film.

    Parameters
    ----------
    path
        The file, or what `open_video` returned.
    progress
        True for a progress bar, or a function called with the `Progress`, which counts frames; what it raises
        ends the work.

    Raises
    ------
    BadImageError
        The film can't be read; see `open_video`.
    UnavailableError
        A network's package is not on this machine.
    """
    film = path if isinstance(path, Video) else open_video(path)
    return units_of_frames(
        film.frames(), rate=film.rate, total=film.count, progress=progress, source=film.path.name
    )


def units_of_frames(
    frames: Iterable[Picture],
    *,
    rate: float = 30.0,
    total: int | None = None,
    progress: bool | Report | None = None,
    source: str = "",
) -> Watched:
    """Return the face units of pictures that follow each other.

    Where several faces are there, the largest is followed.

    Parameters
    ----------
    frames
        uint8 (H, W, 3), RGB, one after the other.
    rate
        Frames a second.
    total
        How many there will be, for `progress`; None: the length of `frames`, if it has one.
    progress
        True for a progress bar, or a function called with the `Progress`, which counts frames; what it raises
        ends the work.
    source
        Source of the frames.

    Raises
    ------
    BadImageError
        A frame has another shape or type.
    UnavailableError
        A network's package is not on this machine.
    """
    from facelib.faces.landmarker import UNITS, read_many_face_units

    count = total or (len(frames) if isinstance(frames, Sequence | np.ndarray) else 0)
    units, boxes, chunk = [], [], []
    with reporting(progress, count or math.nan, "reading the frames", unit="frame") as report:
        for done, points in enumerate(followed(frames), 1):
            chunk.append(points)
            if len(chunk) == CHUNK:
                units.append(read_many_face_units(np.stack(chunk)))
                boxes.append(_boxes(chunk))
                chunk = []
                report.at(done)
        if chunk:
            units.append(read_many_face_units(np.stack(chunk)))
            boxes.append(_boxes(chunk))
            report.at(done)
    empty = [np.empty((0, len(UNITS)))], [np.empty((0, 4))]
    return Watched(
        np.concatenate(units or empty[0]).astype(np.float32),
        UNITS,
        rate,
        np.concatenate(boxes or empty[1]).astype(np.float32),
        source,
    )


def followed(frames: Iterable[Picture]) -> Iterator[npt.NDArray[np.float32]]:
    """Yield the landmarks (478, 2) of the face in each frame, px; NaN where none is.

    Raises
    ------
    BadImageError
        A frame has another shape or type.
    UnavailableError
        A network's package is not on this machine.
    """
    from facelib.face import N_LANDMARKS
    from facelib.faces.landmarker import LEFT_EYE, RIGHT_EYE, find_landmarks_and_presence

    nothing = np.full((N_LANDMARKS, 2), np.nan, np.float32)
    before: npt.NDArray[np.float32] | None = None
    waiting = 0
    check_kind(frames, Iterable, "Frames, one after the other,")
    for frame in frames:
        check_kind(frame, np.ndarray, "A frame, uint8 (H, W, 3), RGB,")
        if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] != 3:
            msg = f"A frame is uint8 (H, W, 3), RGB; got {frame.dtype} {frame.shape}."
            raise BadImageError(msg)
        landmarks = None
        if before is not None:
            eyes = before[[LEFT_EYE, RIGHT_EYE]].astype(np.float64)
            points, presence = find_landmarks_and_presence(frame, _boxes([before])[0], eyes, rounds=1)
            landmarks = points if presence >= PRESENT else None
            waiting = 0
        if landmarks is None and waiting == 0:
            landmarks = _searched(frame)
            waiting = SEARCHED
        waiting = max(waiting - 1, 0)
        before = landmarks
        yield nothing if landmarks is None else landmarks


def _searched(frame: Picture) -> npt.NDArray[np.float32] | None:
    """Return the landmarks of the largest face in a picture, or None."""
    from facelib.faces.detector import detect_faces
    from facelib.faces.landmarker import find_landmarks_and_presence

    detected = detect_faces(frame)
    if not detected:
        return None
    face = max(detected, key=lambda one: one.area)
    points, presence = find_landmarks_and_presence(frame, face.box, face.eyes)
    return points if presence >= PRESENT else None


def _boxes(points: Sequence[npt.NDArray[np.float32]]) -> npt.NDArray[np.float64]:
    """Return the boxes (n, 4) around landmarks."""
    all_points = np.stack(points).astype(np.float64)
    return np.concatenate([all_points.min(axis=1), all_points.max(axis=1)], axis=1)
