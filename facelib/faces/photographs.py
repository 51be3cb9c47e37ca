"""Photographs as faces: read safely, find the face, cut out the head. Nothing is written, nothing is sent."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from facelib.errors import BadImageError, NoFaceError, UnavailableError
from facelib.faces.detector import Detection, detect_faces
from facelib.faces.face import Face
from facelib.faces.landmarker import find_landmarks
from facelib.faces.landmarks import eyes_between

Picture = npt.NDArray[np.uint8]

FORMATS = ("PNG", "JPEG", "WEBP")
MAX_BYTES = 50_000_000
MAX_PIXELS = 50_000_000
MIN_SIDE = 32

HEAD = 2.6  # side of the cut-out, in sides of the face box: hair and chin are in it
RAISE = 0.15  # how far its centre lies above the box's, in sides of the box: there is more hair than chin
MAX_SIDE = 512  # a larger cut-out is shrunk; no classifier sees more


def load_face(source: str | Path | bytes | Picture, detect: bool = True) -> Face:
    """Return the face of a photograph.

    The orientation that a camera noted is applied, and all other metadata is dropped. With several faces
    the largest is taken, and ``attributes["note"]`` says so. Landmarks are found in it if their network is
    on this machine; else they stay unknown.

    Parameters
    ----------
    source
        A file (PNG, JPEG or WebP), its bytes, or an array uint8 (H, W, 3), RGB.
    detect
        True: find the face and cut out the head, at most 512 px wide.
        False: the picture is cropped to the face already; all of it is the face box. Eyes and landmarks
        aren't known.

    Raises
    ------
    BadImageError
        Not a picture of these formats, too large, too small, or damaged.
    NoFaceError
        No face was found.
    UnavailableError
        The detector's package is not on this machine; ``detect=False`` works without it.
    """
    image = _read(source)
    height, width = image.shape[:2]
    if not detect:
        box = np.array([0, 0, width, height], np.float64)
        return Face(image, box, np.full((2, 2), np.nan), source="photograph")
    found = detect_faces(image)
    if not found:
        msg = (
            "No face was found in the picture. A frontal face that fills a good part of it is needed; "
            "if it is cropped to the face already, switch detection off (detect=False)."
        )
        raise NoFaceError(msg)
    attributes: dict[str, Any] = {"faces_found": len(found)}
    if len(found) > 1:
        attributes["note"] = f"{len(found)} faces were found; the largest is used."
    face = _cut_out(image, max(found, key=lambda one: one.area), attributes)
    try:
        landmarks = find_landmarks(face.image, face.box, face.eyes)
    except UnavailableError:  # the picture can be classified all the same
        return face
    return face.replace(landmarks=landmarks, eyes=eyes_between(landmarks))


def sample_photograph() -> Face:
    """Return a photograph that may be shown to anyone: the astronaut Eileen Collins (NASA, public domain)."""
    import skimage.data

    face = load_face(np.ascontiguousarray(skimage.data.astronaut()))
    return face.replace(attributes={"name": "Eileen Collins", "credit": "NASA, public domain"})


def _read(source: str | Path | bytes | Picture) -> Picture:
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


def _content(source: Any) -> bytes:
    """Return the bytes of a file, unless there are too many."""
    if isinstance(source, bytes):
        size = len(source)
    elif not isinstance(source, str | Path):
        msg = f"A picture is a file, its bytes, or an array; got {source!r}."
        raise BadImageError(msg)
    else:
        path = Path(source).expanduser()
        if not path.is_file():
            msg = f"There is no file {path}."
            raise BadImageError(msg)
        size = path.stat().st_size
    if size > MAX_BYTES:
        msg = f"A picture may have at most {MAX_BYTES // 10**6} MB; this one has {size / 1e6:.0f} MB."
        raise BadImageError(msg)
    return source if isinstance(source, bytes) else path.read_bytes()


def _decode(content: bytes) -> Picture:
    """Decode a picture after its format and number of pixels are known to be fine."""
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:  # reads the header only
            if image.width * image.height > MAX_PIXELS:  # stricter than Pillow's own warning
                raise Image.DecompressionBombError
            return _rgb(ImageOps.exif_transpose(image))
    except UnidentifiedImageError:
        msg = "The file isn't a picture in one of the formats PNG, JPEG or WebP."
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        msg = f"A picture may have at most {MAX_PIXELS // 10**6} million pixels; make it smaller first."
    except (OSError, SyntaxError, ValueError, EOFError) as error:  # what Pillow raises on damaged files
        msg = f"The picture is damaged and can't be read: {error}."
    raise BadImageError(msg)


def _rgb(image: Image.Image) -> Picture:
    """Return 8-bit RGB; transparent parts become white."""
    if image.mode.startswith("I"):  # 16-bit gray
        gray = (np.asarray(image).astype(np.float64) / 257).round().clip(0, 255).astype(np.uint8)
        return np.repeat(gray[..., None], 3, -1)
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer)
    return np.array(image.convert("RGB"))


def _cut_out(image: Picture, face: Detection, attributes: dict[str, Any]) -> Face:
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
    return Face(np.ascontiguousarray(head), box, eyes, attributes=attributes, source="photograph")
