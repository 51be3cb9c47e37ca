"""Videos of faces: frames one by one, their times, and which of them are missing or twice."""

from __future__ import annotations

import math
import secrets
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from facelib.errors import PATHS, BadImageError, BadValueError, WriteError, check_kind
from facelib.utilities.files import explained
from facelib.utilities.short_repr import in_short

Frame = npt.NDArray[np.uint8]

SUFFIXES: Final = (".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm")
MOST_BYTES: Final = 8 * 2**30
MOST_PIXELS: Final = 4096 * 4096
LATE: Final = 1.5
"""Distance of two frames, in frames, from which on something is missing between them."""
CODEC: Final = "vp09"
"""Of films that are written: OpenCV has no encoder of H.264, and browsers don't play its MPEG-4 part 2."""
LONGEST_COMMENT: Final = 60_000  # bytes: its length is written in 16 bits
UNDETERMINED: Final = 0x55C4  # "und", as MP4 packs languages: the comment is read as UTF-8
_BOXES: Final = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")  # of MP4 and QuickTime


@dataclass(frozen=True)
class Video:
    """A video file; frames are read when they are asked for.

    Parameters
    ----------
    path
        Of the file.
    rate
        Frames a second, as the file says.
    count
        Frames, as the file says; `check` counts them.
    width, height
        Of a frame, px.
    """

    path: Path
    rate: float
    count: int
    width: int
    height: int

    @property
    def seconds(self) -> float:
        """Duration."""
        return self.count / self.rate

    def frames(self, start: int = 0, stop: int | None = None, step: int = 1) -> Iterator[Frame]:
        """Yield frames in order, RGB uint8 (height, width, 3), every one once it is needed.

        Parameters
        ----------
        start, stop, step
            Which; None: to the end. The frames left out are passed without unpacking their colours.

        Raises
        ------
        BadValueError
            If they don't name frames in order.
        BadImageError
            If the file can't be read.
        """
        if start < 0 or step < 1 or (stop is not None and stop < start):
            msg = f"Frames are asked for in order, from 0 on; got start {start}, stop {stop}, step {step}."
            raise BadValueError(msg)
        with _opened(self.path) as capture:
            number = 0
            while (stop is None or number < stop) and capture.grab():
                if number >= start and (number - start) % step == 0:
                    good, picture = capture.retrieve()
                    if not good:
                        return
                    yield _rgb(picture)
                number += 1

    def frame(self, number: int) -> Frame:
        """Return one frame, RGB uint8 (height, width, 3).

        Raises
        ------
        BadValueError
            If there is none of this number.
        """
        import cv2

        if number >= 0:
            with _opened(self.path) as capture:
                capture.set(cv2.CAP_PROP_POS_FRAMES, number)
                good, picture = capture.read()
                if good and number < max(self.count, 1):
                    return _rgb(picture)
        msg = f"{self.path.name} has the frames 0 … {self.count - 1}; got {number}."
        raise BadValueError(msg)

    def check(self) -> VideoCheck:
        """Read the whole video once, and return which frames are missing or twice."""
        import cv2

        times: list[float] = []
        same: list[int] = []
        before: Any = None
        with _opened(self.path) as capture:
            while True:
                good, picture = capture.read()
                if not good:
                    break
                if before is not None and np.array_equal(picture, before):
                    same.append(len(times))
                times.append(capture.get(cv2.CAP_PROP_POS_MSEC) / 1000)
                before = picture
        return VideoCheck(self.rate, self.count, np.array(times, np.float64), tuple(same))


@in_short()
@dataclass(frozen=True, eq=False)
class VideoCheck:
    """The result of reading a whole video.

    Parameters
    ----------
    rate, told
        Frames a second, and how many frames there are, as the file says.
    times
        Seconds at which each frame that could be read is shown, (m,).
    same
        Frames that equal the one before in every pixel. Cameras have noise: there, a frame is one that was
        shown twice. Rendered faces at rest may be the same for long.
    """

    rate: float
    told: int
    times: npt.NDArray[np.float64]
    same: tuple[int, ...]

    @property
    def dropped(self) -> tuple[tuple[int, int], ...]:
        """Gaps, by the times of the frames: (frame after the gap, number of missing frames)."""
        steps = np.diff(self.times) * self.rate
        return tuple(
            (int(place) + 1, max(1, round(float(steps[place])) - 1)) for place in np.flatnonzero(steps > LATE)
        )

    @property
    def missing(self) -> int:
        """Number of missing frames: between others, and of those that the file claims."""
        return sum(count for _, count in self.dropped) + max(0, self.told - len(self.times))


def open_video(path: str | Path) -> Video:
    """Open a video of a face.

    Parameters
    ----------
    path
        Of a file that ends in one of `SUFFIXES`. What isn't a container of video by its first bytes is
        refused before any decoder sees it: playlists would name other files and addresses.

    Raises
    ------
    BadImageError
        If there is no such file, it is too large, no video, or has no frame.
    """
    check_kind(path, PATHS, "The name of a film")
    import cv2

    file = Path(path)
    if not file.is_file():
        msg = f"There is no video {file}."
        raise BadImageError(msg)
    if file.suffix.lower() not in SUFFIXES:
        msg = f"A video ends in {', '.join(SUFFIXES)}; got {file.name!r}."
        raise BadImageError(msg)
    if file.stat().st_size > MOST_BYTES:
        size, most = file.stat().st_size / 2**30, MOST_BYTES / 2**30
        msg = f"{file.name} has {size:.1f} GB; at most {most:.0f} are read."
        raise BadImageError(msg)
    if not _is_container(file):
        msg = f"{file.name} is no video: expected MP4, QuickTime, AVI, Matroska or WebM."
        raise BadImageError(msg)
    with _opened(file) as capture:
        rate = float(capture.get(cv2.CAP_PROP_FPS))
        count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
        good, first = capture.read()
    if not good:
        msg = f"{file.name} has no frame that can be read."
        raise BadImageError(msg)
    if not (math.isfinite(rate) and rate > 0):
        msg = f"{file.name} doesn't say how many frames a second it has."
        raise BadImageError(msg)
    height, width = first.shape[:2]
    if height * width > MOST_PIXELS:
        most = MOST_PIXELS / 1e6
        msg = f"{file.name} has {width} × {height} px; frames of at most {most:.0f} megapixels are read."
        raise BadImageError(msg)
    return Video(file, rate, max(count, 1), width, height)


def write_video(path: str | Path, frames: Iterable[Frame], rate: float = 30.0, *, comment: str = "") -> Path:
    """Write frames as an MP4 that browsers play (VP9); nothing is left of one that wasn't finished.

    Parameters
    ----------
    path
        Ends in ".mp4"; its folder is made where it isn't there.
    frames
        RGB uint8 (height, width, 3), all of one size, even numbers of px; taken one by one.
    rate
        Frames a second.
    comment
        What the file says of itself: where players show its comment.

    Returns
    -------
    Path
        Of the file.

    Raises
    ------
    BadValueError
        If there are no frames, they differ in size or aren't RGB uint8, or the path or rate isn't one.
    BadImageError
        If the encoder can't be had.
    WriteError
        If the file can't be written: most likely the disk is full.
    """
    import cv2

    file = Path(path)
    if file.suffix.lower() != ".mp4" or not (math.isfinite(rate) and rate > 0):
        msg = f"A video is written as .mp4 with frames a second above 0; got {file.name!r}, {rate!r}."
        raise BadValueError(msg)
    with explained(file):
        file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f"{file.stem}{secrets.token_hex(8)}.part.mp4")  # the writer needs the ending
    writer: Any = None
    shape: tuple[int, ...] | None = None
    try:
        for number, frame in enumerate(frames):
            picture = np.asarray(frame)
            if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
                got = f"frame {number} is {picture.dtype} {picture.shape}"
                msg = f"Frames are RGB uint8 (height, width, 3); {got}."
                raise BadValueError(msg)
            if shape is None:
                shape = picture.shape
                if shape[0] % 2 or shape[1] % 2:
                    msg = (
                        f"MP4 has an even number of px either way; got {shape[1]} × {shape[0]}: cut one off."
                    )
                    raise BadValueError(msg)
                code = cv2.VideoWriter.fourcc(*CODEC)
                writer = cv2.VideoWriter(str(part), cv2.CAP_FFMPEG, code, rate, (shape[1], shape[0]))
                if not writer.isOpened():
                    msg = f"OpenCV can't write {file.name} at {shape[1]} × {shape[0]} px."
                    raise BadImageError(msg)
            if picture.shape != shape:
                msg = f"All frames have one size; frame {number} is {picture.shape}, the first was {shape}."
                raise BadValueError(msg)
            writer.write(np.ascontiguousarray(picture[..., ::-1]))
        if shape is None:
            msg = "A video needs a frame."
            raise BadValueError(msg)
        writer.release()
        _check_whole(part, number + 1)
        if comment:
            with explained(file):
                _say(part, comment)
        with explained(file):
            part.replace(file)
    finally:
        if writer is not None:
            writer.release()
        part.unlink(missing_ok=True)
    return file


def _say(file: Path, comment: str) -> None:
    """Put a comment into an MP4: at the end of its last box, the table of contents, so that nothing moves.

    Raises
    ------
    BadImageError
        If that box isn't the last.
    """
    film = bytearray(file.read_bytes())
    ends = _boxes_within(film, 0, len(film))
    kind, start = ends[-1] if ends else (b"", 0)
    if kind != b"moov":
        msg = f"The film {file.name} has its table of contents elsewhere: it can't be given a comment."
        raise BadImageError(msg)
    text = comment.encode(errors="replace")[:LONGEST_COMMENT]
    note = struct.pack(">I4sHH", len(text) + 12, b"\xa9cmt", len(text), UNDETERMINED) + text
    grown = [start]
    inside = _boxes_within(film, start + 8, len(film))
    if inside and inside[-1][0] == b"udta":
        grown.append(inside[-1][1])
    else:
        note = struct.pack(">I4s", len(note) + 8, b"udta") + note
    for place in grown:
        size = int.from_bytes(film[place : place + 4], "big") + len(note)
        film[place : place + 4] = size.to_bytes(4, "big")
    file.write_bytes(film + note)


def _boxes_within(film: bytearray, start: int, end: int) -> list[tuple[bytes, int]]:
    """Return kind and place of the boxes that fill a part of an MP4; none if they don't."""
    found = []
    while start + 8 <= end:
        size, kind = struct.unpack(">I4s", film[start : start + 8])
        size = int.from_bytes(film[start + 8 : start + 16], "big") if size == 1 else size
        if not 8 <= size <= end - start:
            return []
        found.append((kind, start))
        start += size
    return found


def _check_whole(file: Path, frames: int) -> None:
    """Raise if a film lacks frames: OpenCV doesn't say when the disk is full."""
    import cv2

    try:
        with _opened(file) as capture:
            there = round(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    except BadImageError:
        there = 0
    if there < frames:
        msg = (
            f"The film could not be written into {file.parent}: {there} of {frames} frames are there. Make "
            "room on the disk, or choose another folder."
        )
        raise WriteError(msg)


@contextmanager
def _opened(file: Path) -> Iterator[Any]:
    """Open a capture of a file, and close it."""
    import cv2

    capture = cv2.VideoCapture(str(file.absolute()), cv2.CAP_FFMPEG)
    try:
        if not capture.isOpened():
            msg = f"{file.name} can't be read as a video: it is damaged, or of a codec that OpenCV lacks."
            raise BadImageError(msg)
        yield capture
    finally:
        capture.release()


def _rgb(picture: Any) -> Frame:
    return np.ascontiguousarray(picture[..., ::-1])


def _is_container(file: Path) -> bool:
    """Return by its first bytes whether a file is one of the containers that are read."""
    with file.open("rb") as opened:
        start = opened.read(12)
    riff = start[:4] == b"RIFF" and start[8:12] == b"AVI "
    return start[4:8] in _BOXES or riff or start[:4] == b"\x1a\x45\xdf\xa3"
