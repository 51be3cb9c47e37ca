"""Likeness of a picture to that of the same person without electrodes: landmarks, structure, changes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from facelib.errors import UnavailableError
from facelib.faces import Face
from facelib.head.geometry.landmarks import FIRST_IRIS

Bools = npt.NDArray[np.bool_]
Points = npt.NDArray[np.float32]
Plane = npt.NDArray[np.float32]

APART = 5  # grey levels: what differs by more is covered
BESIDE = 3  # px: half the window of SSIM


@dataclass(frozen=True, eq=False)
class Pattern:
    """A face without electrodes, which others are compared with.

    Attributes
    ----------
    face
        Its picture, and its true landmarks (NaN: not known).
    found
        Landmarks (478, 2) px that the network finds in it, or None.
    """

    face: Face
    found: Points | None

    @classmethod
    def of(cls, face: Face, *, landmarks: bool = True) -> Pattern:
        """Find the landmarks of a face, if asked to, and if the network is on this machine."""
        return cls(face, _found(face) if landmarks else None)

    def compared(self, face: Face, worn: Bools, mask: Plane | None = None) -> dict[str, float]:
        """Return the likeness of another picture of the same person.

        Parameters
        ----------
        face
            Of the same size and place.
        worn
            (H, W), where something is worn.
        mask
            (H, W) in [0, 1], what was filled in; None: nothing was.

        Returns
        -------
        dict
            error, error_share, shift, ssim_inside, ssim_outside, taken_off and too_much, as
            `facelib.experiments.electrodes.restoration.PICTURE_COLUMNS` says; NaN where something isn't
            known.
        """
        import cv2
        from skimage.metrics import structural_similarity

        near = cv2.dilate(worn.astype(np.uint8), np.ones((2 * BESIDE + 1,) * 2, np.uint8)).astype(bool)
        _, alike = structural_similarity(self.face.image, face.image, channel_axis=2, full=True)
        similar = alike.mean(axis=2)
        taken = np.full_like(similar, np.nan) if mask is None else mask > 0.5
        much = np.full_like(similar, np.nan) if mask is None else mask > 0
        return self._places(face) | {
            "ssim_inside": _mean(similar[worn]),
            "ssim_outside": _mean(similar[~near]),
            "taken_off": _mean(taken[worn]),
            "too_much": _mean(much[~near]),
        }

    def _places(self, face: Face) -> dict[str, float]:
        after = None if self.found is None else _found(face)
        if self.found is None or after is None:
            return dict.fromkeys(("error", "error_share", "shift"), np.nan)
        eyes = float(np.hypot(*(self.face.eyes[0] - self.face.eyes[1])))
        error = _distance(after, self.face.landmarks)
        return {
            "error": error,
            "error_share": 100 * error / eyes,
            "shift": 100 * _distance(after, self.found) / eyes,
        }


def worn_on(bare: npt.NDArray[np.uint8], worn: npt.NDArray[np.uint8]) -> Bools:
    """Return where two pictures (H, W, 3) differ by more than `APART` grey levels, bool (H, W)."""
    return np.asarray(np.abs(bare.astype(np.int16) - worn).max(axis=2) > APART)


def _found(face: Face) -> Points | None:
    from facelib.faces.landmarker import find_landmarks

    try:
        return find_landmarks(face.image, face.box, face.eyes)
    except UnavailableError:
        return None


def _distance(one: Points, other: Points) -> float:
    """Return the mean distance of landmarks, px; irises don't count."""
    return float(np.hypot(*(one - other)[:FIRST_IRIS].T).mean())


def _mean(values: npt.NDArray[np.generic]) -> float:
    return float(values.mean()) if values.size else float("nan")
