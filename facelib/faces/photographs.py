"""Photographs as faces: read safely, detect, crop. Nothing is written, nothing is sent."""

from __future__ import annotations

import io
import threading
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from facelib.editing.sunglasses import DARK, light_around_eyes
from facelib.errors import (
    BadImageError,
    BadValueError,
    FaceCutError,
    FaceTooSmallError,
    NoFaceError,
    UnavailableError,
)
from facelib.face import Face
from facelib.head.geometry.landmarks import eyes_between
from facelib.models.devices import CPU, Device, as_device
from facelib.utilities.content import read_file

if TYPE_CHECKING:
    from facelib.faces.detector import Detection

Picture = npt.NDArray[np.uint8]

FORMATS = ("PNG", "JPEG", "WEBP")
MAX_BYTES = 50_000_000
MAX_PIXELS = 50_000_000
MIN_SIDE = 32
STRIP = 256  # rows that are converted at once
LARGE = 12_000_000  # px: such pictures are decoded one after the other, so that memory stays bounded

MIN_FACE = 40  # px, longer side of the face box (our choice)
MAX_CUT = 0.25
"""Most of a face's box that may lie beyond the border: landmarks of rendered heads are off by 1.8 % of its
width then, by 1.4 % where nothing is cut, and by 3.3 % at 40 %."""
NOTED_CUT = 0.05  # from this share on it is noted

SEVERAL = "faces were found; the largest is used."
"""In the note of a face that nobody chose among several."""

HEAD = 2.6  # side of the cut-out, in sides of the face box: hair and chin are in it
RAISE = 0.15  # how far its centre lies above the box's, in sides of the box: there is more hair than chin
MAX_SIDE = 512  # a larger cut-out is shrunk; no classifier sees more


def load_face(
    source: str | Path | bytes | Picture,
    detect: bool = True,
    which: int | Literal["largest"] | None = None,
    *,
    device: str | Device = CPU,
) -> Face:
    """Return the face of a photograph.

    The orientation that a camera noted is applied, and all other metadata is dropped; colours are taken as
    sRGB. With several faces the largest is taken unless `which` says another, and ``attributes["note"]`` says
    so; it also names a face that the border cuts a little, and dark glasses. Landmarks are found if
    their network is on this machine; else they stay unknown.

    Parameters
    ----------
    source
        A file (PNG, JPEG or WebP), its bytes, or an array uint8 (H, W, 3), RGB.
    detect
        True: find the face and cut out the head, at most 512 px wide.
        False: the picture is cropped to the face already; all of it is the face box. Eyes and landmarks
        aren't known.
    which
        Which face of several: its place in `find_faces`, from the picture's left to its right, or "largest".
    device
        Where landmarks are found, as for `find_landmarks`.

    Raises
    ------
    BadImageError
        Not a picture of these formats, too large, too small, or damaged.
    NoFaceError
        No face was found, or not the one of number `which`: `FaceTooSmallError` below 40 px,
        `FaceCutError` if more than a quarter of the face's box lies beyond the border. Its ``boxes`` say
        what was found.
    BadValueError
        If `which` is something else.
    UnavailableError
        The detector's package is not on this machine; ``detect=False`` works without it.

    Examples
    --------
    >>> load_face(np.full((60, 50, 3), 128, np.uint8), detect=False).box
    array([ 0.,  0., 50., 60.])
    """
    numbered = isinstance(which, int) and not isinstance(which, bool)
    if not (numbered or which is None or which == "largest"):
        msg = f'Expected the number of a face, from left to right, or "largest"; got {which!r}.'
        raise BadValueError(msg, hint="In Python: which=.")
    place, image = as_device(device), read_picture(source)
    height, width = image.shape[:2]
    if not detect:
        box = np.array([0, 0, width, height], np.float64)
        return Face(image, box, np.full((2, 2), np.nan), source="photograph")
    from facelib.faces.detector import detect_faces  # torch is loaded when a face is looked for
    from facelib.faces.landmarker import find_landmarks

    detections = find_faces(image) if numbered else _in_order(detect_faces(image))
    detection = _detection_of(detections, which)
    attributes: dict[str, Any] = {"faces_found": len(detections)}
    notes = []
    if len(detections) > 1 and which is None:
        notes.append(f"{len(detections)} {SEVERAL}")
    beyond = _fit(detection, width, height)
    if beyond > NOTED_CUT:
        notes.append(f"The picture's border cuts off {beyond:.0%} of the face's box.")
    face = _cut_out(image, detection)
    with suppress(UnavailableError):  # the picture can be classified all the same
        landmarks = find_landmarks(face.image, face.box, face.eyes, device=place)
        face = face.replace(landmarks=landmarks, eyes=eyes_between(landmarks))
        light = light_around_eyes(face.image, landmarks)
        if light < DARK:
            notes.append(
                f"Around the eyes there is {light:.0%} of the light on the skin, as behind dark glasses; "
                "what is read of covered eyes is a guess."
            )
    if notes:
        attributes["note"] = " ".join(notes)
    return face.replace(attributes=attributes)


def find_faces(source: str | Path | bytes | Picture) -> list[Detection]:
    """Return all faces of a photograph, near and far, from the picture's left to its right.

    Boxes and key points are px of the upright picture, as `read_picture` returns it; the place in the list is
    the ``which`` of `load_face`. None found: an empty list. Errors are those of `load_face`.
    """
    from facelib.faces.detector import detect_all_faces

    return _in_order(detect_all_faces(read_picture(source)))


def read_picture(source: str | Path | bytes | Picture) -> Picture:
    """Return a photograph upright, uint8 (H, W, 3), RGB; transparent parts become white.

    Of 16 bits per channel the upper 8 count, in gray pictures rounded. Of animations the first frame is read.

    Raises
    ------
    BadImageError
        Not a PNG, JPEG or WebP, or an array of another kind; too large, too small, or damaged.

    Examples
    --------
    >>> read_picture(b"GIF89a")
    Traceback (most recent call last):
    facelib.errors.BadImageError: ... isn't a picture in one of the formats PNG, JPEG or WebP; save ...
    """
    if isinstance(source, np.ndarray):
        if source.dtype != np.uint8 or source.ndim != 3 or source.shape[2] != 3:
            msg = f"A picture as an array is uint8 (H, W, 3), RGB; got {source.dtype} {source.shape}."
            raise BadImageError(msg)
        image = np.ascontiguousarray(source)
    else:
        image = _decode(_content(source))
    if min(image.shape[:2]) < MIN_SIDE:
        height, width = image.shape[:2]
        msg = f"A picture needs at least {MIN_SIDE} px on each side; this one has {width} × {height}."
        raise BadImageError(msg)
    return image


def sample_photograph() -> Face:
    """Return a photograph that may be shown to anyone: the astronaut Eileen Collins (NASA, public domain)."""
    import skimage.data

    face = load_face(np.ascontiguousarray(skimage.data.astronaut()))
    return face.replace(attributes={"name": "Eileen Collins", "credit": "NASA, public domain"})


def _in_order(found: Sequence[Detection]) -> list[Detection]:
    return sorted(found, key=lambda one: float(one.box[0] + one.box[2]))


def _detection_of(found: Sequence[Detection], which: int | Literal["largest"] | None) -> Detection:
    """Return the face that was asked for."""
    if not found:
        msg = (
            "No face was found in the picture. A frontal face that fills a good part of it is needed; "
            "if it is cropped to the face already, take the whole picture as the face."
        )
        raise NoFaceError(msg, hint="In Python: detect=False.")
    if which is None or which == "largest":
        return max(found, key=lambda one: one.area)
    if not 0 <= which < len(found):
        one = "1 face was" if len(found) == 1 else f"{len(found)} faces were"
        msg = f"{one} found in the picture, counted from 0 on its left; there is no number {which}."
        raise NoFaceError(msg, [one.box for one in found])
    return found[which]


def _fit(face: Detection, width: int, height: int) -> float:
    """Return which share of a face's box lies beyond the picture, unless it is too small or cut too much."""
    sides = face.box[2:] - face.box[:2]
    if sides.max() < MIN_FACE:
        msg = (
            f"The face is {sides.max():.0f} px wide; at least {MIN_FACE} px are needed. "
            "Take a picture with more pixels, or one from nearer."
        )
        raise FaceTooSmallError(msg, [face.box])
    inside = np.clip(face.box, 0, [width, height, width, height])
    beyond = 1 - float((inside[2:] - inside[:2]).prod() / sides.prod())
    if beyond > MAX_CUT:
        msg = (
            f"The picture's border cuts off {beyond:.0%} of the face's box; less than {MAX_CUT:.0%} may be. "
            "Take a picture with the whole face in it, or take the picture as it is as the face."
        )
        raise FaceCutError(msg, [face.box], hint="In Python: detect=False.")
    return beyond


def _content(source: Any) -> bytes:
    """Return the bytes of a file, unless there are too many."""
    if isinstance(source, bytes):
        size = len(source)
    elif not isinstance(source, str | Path):
        shape = f" of shape {tuple(source.shape)}" if hasattr(source, "shape") else ""
        what = f"{type(source).__name__}{shape or f': {source!r}':.60}"
        msg = f"A picture is a file, its bytes, or an array of numpy, uint8 (H, W, 3), RGB; got {what}."
        raise BadImageError(msg)
    else:
        path = Path(source).expanduser()
        if path.is_dir():
            msg = f"{path} is a folder, not a picture."
            raise BadImageError(msg, hint=f"facelib.FaceSet.from_folder({str(source)!r}) reads its pictures.")
        if not path.is_file():
            msg = f"There is no file {path}."
            raise BadImageError(msg)
        size = path.stat().st_size
    if size > MAX_BYTES:
        msg = f"A picture may have at most {MAX_BYTES // 10**6} MB; this one has {size / 1e6:.0f} MB."
        raise BadImageError(msg)
    try:
        return source if isinstance(source, bytes) else read_file(path)
    except OSError as error:
        msg = f"The picture {path.name} can't be read: {error.strerror or error}."
        raise BadImageError(msg) from error


def _decode(content: bytes) -> Picture:
    """Decode a picture after its format and number of pixels are known to be fine."""
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:  # reads the header only
            pixels = image.width * image.height
            if pixels > MAX_PIXELS:  # stricter than Pillow's own warning
                raise Image.DecompressionBombError
            with _ONE_LARGE if pixels > LARGE else nullcontext():
                image.load()
                with suppress(Exception):  # metadata that can't be read says nothing of the orientation
                    ImageOps.exif_transpose(image, in_place=True)
                return _rgb(image)
    except UnidentifiedImageError:
        msg = "The file isn't a picture in one of the formats PNG, JPEG or WebP; save it as one of these."
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        msg = f"A picture may have at most {MAX_PIXELS // 10**6} million pixels; make it smaller first."
    except Exception as error:  # damaged files make Pillow raise nearly anything, struct.error to KeyError
        msg = f"The picture is damaged and can't be read: {str(error).rstrip(' .')}."
    raise BadImageError(msg)


_ONE_LARGE = threading.Lock()


def _rgb(image: Image.Image) -> Picture:
    """Return 8-bit RGB; transparent parts become white. By strips: a large picture isn't there twice."""
    width, height = image.size
    result = np.empty((height, width, 3), np.uint8)
    for top in range(0, height, STRIP):
        bottom = min(top + STRIP, height)
        result[top:bottom] = _strip(image.crop((0, top, width, bottom)))
    return result


def _strip(image: Image.Image) -> Picture:
    if image.mode.startswith("I"):  # 16-bit gray
        levels = np.clip(np.asarray(image), 0, 65535).astype(np.uint32)
        gray = ((levels + 128) // 257).astype(np.uint8)  # nearest: 65535 / 257 = 255
        return np.repeat(gray[..., None], 3, -1)
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        image = Image.new("RGB", layer.size, "white")
        image.paste(layer, mask=layer)
    return np.asarray(image.convert("RGB"))


def _cut_out(image: Picture, face: Detection) -> Face:
    """Cut a square around the head, as far as the picture goes, and shrink it to `MAX_SIDE`."""
    height, width = image.shape[:2]
    extent = float((face.box[2:] - face.box[:2]).max())
    side = round(HEAD * extent)
    centre = (face.box[:2] + face.box[2:]) / 2 - (0, RAISE * extent)
    start = np.rint(centre - side / 2).astype(int)
    low = np.clip(start, 0, np.maximum(np.array([width, height]) - side, 0))
    high = np.minimum(low + side, [width, height])
    head = image[low[1] : high[1], low[0] : high[0]]
    scale = min(1.0, MAX_SIDE / max(head.shape[:2]))
    if scale < 1:
        size = (round(head.shape[1] * scale), round(head.shape[0] * scale))
        head = cv2.resize(head, size, interpolation=cv2.INTER_AREA)
    box = (face.box.reshape(2, 2) - low).reshape(4) * scale
    eyes = (face.eyes - low) * scale
    return Face(np.ascontiguousarray(head), box, eyes, source="photograph")
