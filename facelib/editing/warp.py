"""Move the pixels of a picture so that the landmarks of its face come to lie elsewhere.

The landmarks span a net of triangles (`facelib.editing.regions.net`). What its corners move by is
interpolated within the triangles and smoothed; around the net it fades out, and beyond that nothing moves.
Places are in px from the corner of the picture: pixel (0, 0) has its middle at (0.5, 0.5).
"""

from __future__ import annotations

from functools import cache
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from facelib.editing.regions import net
from facelib.errors import BadValueError
from facelib.face import N_LANDMARKS, Face
from facelib.head.geometry.landmarks import FIRST_IRIS
from facelib.head.jit import jit

Doubles = npt.NDArray[np.float64]
Field = npt.NDArray[np.float32]
Picture = npt.NDArray[np.uint8]

RING: Final = 0.35  # how far around the net moves fade out, in its own radius
SMOOTH: Final = 0.006  # standard deviation of the smoothing, in widths of the face
FEATHER: Final = 0.12  # of the edge of `coverage`, in widths of the face


def unknown_landmarks(face: Face) -> str:
    """Return that the landmarks of a face aren't known, and what to do; empty if they are."""
    if np.isfinite(face.landmarks[:FIRST_IRIS]).all():
        return ""
    return (
        "It moves the 478 landmarks of a face, and they aren't known. Photographs get them as a face is "
        "looked for in them, if the networks are on this machine: “facelib models fetch” brings them."
    )


def moved(image: Picture, landmarks: npt.NDArray[np.floating], target: npt.NDArray[np.floating]) -> Picture:
    """Return the picture whose landmarks lie at `target`; where nothing moves its pixels stay as they are.

    Parameters
    ----------
    image
        uint8 (H, W, 3).
    landmarks, target
        (478, 2) px: where the landmarks are, and where they are to be. Irises aren't used: they go along.

    Raises
    ------
    BadValueError
        Some landmarks aren't known.
    """
    source, goal = _checked(landmarks), _checked(target)
    return resampled(image, field(goal, source - goal, image.shape[:2], around=source))


def field(
    points: npt.NDArray[np.floating],
    offsets: npt.NDArray[np.floating],
    size: tuple[int, int],
    *,
    around: npt.NDArray[np.floating] | None = None,
) -> Field:
    """Return the smooth field of offsets over a picture, float32 (H, W, 2), 0 far from the face.

    Parameters
    ----------
    points
        (478, 2) px: the landmarks in this picture.
    offsets
        (478, 2) px: what the field is to be there.
    size
        Height and width of the picture.
    around
        (478, 2) px: landmarks whose outline, made larger by `RING`, ends the field; None: `points`.
    """
    corners, values = _checked(points), _checked(offsets)
    edge = outline()
    outer = corners if around is None else _checked(around)
    centre = outer[edge].mean(axis=0)
    ring = centre + (1 + RING) * (outer[edge] - centre)
    all_corners = np.concatenate([corners[:FIRST_IRIS], ring])
    all_values = np.concatenate([values[:FIRST_IRIS], np.zeros_like(ring)])
    dense = np.zeros((*size, 2), np.float32)
    _spread(all_corners, all_values, _strip(), dense)
    _spread(all_corners, all_values, net()[0], dense)
    return _smoothed(dense, SMOOTH * _width(outer))


def resampled(image: Picture, offsets: Field, start: Field | None = None) -> Picture:
    """Return the picture (H, W, 3) whose pixel at x comes from ``start(x) + offsets(x)``.

    Parameters
    ----------
    image
        uint8 (H, W, 3).
    offsets
        float32 (h, w, 2) px.
    start
        float32 (h, w, 2) px; None: x itself. Beyond the border the picture goes on mirrored.
    """
    origin = grid(offsets.shape[:2]) if start is None else start
    places = origin + offsets - np.float32(0.5)  # OpenCV counts from the middle of the first pixel
    seen = cv2.remap(image, places, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(seen, np.uint8)


@cache
def _grid(height: int, width: int) -> Field:
    rows, columns = np.mgrid[:height, :width].astype(np.float32) + np.float32(0.5)
    places = np.stack([columns, rows], axis=-1)
    places.setflags(write=False)
    return places


def grid(size: tuple[int, int]) -> Field:
    """Return the places (H, W, 2) of the pixels' middles, px."""
    return _grid(*size)


def coverage(points: npt.NDArray[np.floating], size: tuple[int, int], feather: float = FEATHER) -> Field:
    """Return how far each pixel is in the face, float32 (H, W): 0 at its outline and beyond, 1 well inside.

    Parameters
    ----------
    points
        (478, 2) px.
    size
        Height and width of the picture.
    feather
        How far inside the outline it becomes 1, in widths of the face.
    """
    corners = _checked(points)
    inside = np.zeros(size, np.uint8)
    places = np.rint((corners[outline()] - 0.5) * 16).astype(np.int32)  # with 4 bits of a pixel
    cv2.fillPoly(inside, [places], 1, shift=4)
    depth = cv2.distanceTransform(inside, cv2.DIST_L2, 5) / max(feather * _width(corners), 1e-6)
    depth = np.clip(depth, 0.0, 1.0, dtype=np.float32)
    return np.asarray(depth * depth * (3 - 2 * depth), np.float32)


@cache
def outline() -> npt.NDArray[np.int64]:
    """Return the landmarks (m,) around the net, in order."""
    triangles = net()[0]
    sides = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    there = {(int(a), int(b)) for a, b in sides}
    after = {a: b for a, b in there if (b, a) not in there}
    chain = [min(after)]
    while len(chain) < len(after):
        chain.append(after[chain[-1]])
    return np.array(chain)


@cache
def _strip() -> npt.NDArray[np.int32]:
    """Return the triangles (2m, 3) between the outline and the ring, whose corners follow the landmarks."""
    edge = outline()
    ring = FIRST_IRIS + np.arange(len(edge))
    nearer, farther = np.roll(edge, -1), np.roll(ring, -1)
    return np.concatenate(
        [np.column_stack([edge, ring, nearer]), np.column_stack([nearer, ring, farther])]
    ).astype(np.int32)


def _width(points: Doubles) -> float:
    return float(np.ptp(points[outline(), 0]))


def _smoothed(dense: Field, sigma: float) -> Field:
    return np.asarray(cv2.GaussianBlur(dense, (0, 0), max(sigma, 1e-3)), np.float32)


def _checked(points: npt.NDArray[np.floating]) -> Doubles:
    found = np.array(points, np.float64)
    if found.shape != (N_LANDMARKS, 2) or not np.isfinite(found[:FIRST_IRIS]).all():
        msg = f"Landmarks are ({N_LANDMARKS}, 2) px, all but the irises known; got {found.shape}, or NaN."
        raise BadValueError(msg)
    found[FIRST_IRIS:] = 0.0  # whatever they are, known or not
    return found


@jit
def _spread(points: Doubles, values: Doubles, triangles: npt.NDArray[np.int32], dense: Field) -> None:
    """Interpolate the values of the corners in all pixels whose middle a triangle covers; the last one stays.

    Triangles that are turned over come first: what faces the camera covers them.
    """
    rows, columns, _ = dense.shape
    for away in (True, False):
        for t in range(len(triangles)):
            a, b, c = triangles[t]
            ax, ay = points[a, 0] - 0.5, points[a, 1] - 0.5
            bx, by = points[b, 0] - 0.5, points[b, 1] - 0.5
            cx, cy = points[c, 0] - 0.5, points[c, 1] - 0.5
            area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
            if (area < 0.0) != away or area == 0.0:
                continue
            top, bottom = max(np.ceil(min(ay, by, cy)), 0.0), min(np.floor(max(ay, by, cy)), rows - 1.0)
            left, right = max(np.ceil(min(ax, bx, cx)), 0.0), min(np.floor(max(ax, bx, cx)), columns - 1.0)
            for row in range(int(top), int(bottom) + 1):
                for column in range(int(left), int(right) + 1):
                    of_b = ((column - ax) * (cy - ay) - (row - ay) * (cx - ax)) / area
                    of_c = ((bx - ax) * (row - ay) - (by - ay) * (column - ax)) / area
                    of_a = 1.0 - of_b - of_c
                    if of_a >= -1e-9 and of_b >= -1e-9 and of_c >= -1e-9:
                        for axis in range(2):
                            dense[row, column, axis] = (
                                of_a * values[a, axis] + of_b * values[b, axis] + of_c * values[c, axis]
                            )
