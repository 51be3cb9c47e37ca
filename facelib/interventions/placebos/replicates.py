"""Shaken copies of pictures: small shifts, scales and changes of light, the same at all strengths."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError

SHIFT = 0.02
SCALE = 0.02
LIGHT = 0.03


@dataclass(frozen=True)
class Nuisance:
    """One shaken copy of a picture.

    Attributes
    ----------
    shift
        (dx, dy) as fractions of the width and height of the face box, each in [-.02, .02]; + is right, down.
    scale
        Relative change in size about the centre of the box, in [-.02, .02].
    light
        Relative change of all grey levels, in [-.03, .03].
    """

    shift: tuple[float, float]
    scale: float
    light: float

    def __post_init__(self) -> None:
        limits = ((self.shift[0], SHIFT), (self.shift[1], SHIFT), (self.scale, SCALE), (self.light, LIGHT))
        for value, limit in limits:
            if not abs(value) <= limit:
                msg = (
                    f"A nuisance shifts and scales by up to {SHIFT}, lights by up to {LIGHT}; got {value!r}."
                )
                raise BadValueError(msg)

    def apply(self, images: npt.NDArray[np.uint8], box: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
        """Return the pictures with this replicate's shift, scale and light; borders are mirrored.

        Parameters
        ----------
        images
            uint8 (N, H, W, 3).
        box
            px (4,): the face box of the unchanged face, which the classifiers go on using.
        """
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[3] != 3:
            msg = f"Pictures are uint8 (N, H, W, 3); got {images.dtype} {images.shape}."
            raise BadValueError(msg)
        x1, y1, x2, y2 = (float(value) for value in box)
        factor = 1 + self.scale
        centre_x, centre_y = (x1 + x2) / 2, (y1 + y2) / 2
        matrix = np.array(
            [
                [factor, 0.0, (1 - factor) * centre_x + self.shift[0] * (x2 - x1)],
                [0.0, factor, (1 - factor) * centre_y + self.shift[1] * (y2 - y1)],
            ]
        )
        size = (images.shape[2], images.shape[1])
        changed = np.empty_like(images)
        for picture, out in zip(images, changed, strict=True):
            moved = cv2.warpAffine(
                picture, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
            )
            cv2.convertScaleAbs(moved, dst=out, alpha=1 + self.light)
        return changed


def nuisance_replicates(n: int = 20, seed: int = 0) -> list[Nuisance]:
    """Draw `n` replicates, all values uniform within their limits.

    Examples
    --------
    >>> len(nuisance_replicates(20)), nuisance_replicates(3, seed=5) == nuisance_replicates(3, seed=5)
    (20, True)
    """
    if n < 1:
        msg = f"At least one replicate is needed, 20 for a verdict; got n = {n!r}."
        raise BadValueError(msg)
    if not isinstance(seed, int | np.integer) or seed < 0:
        msg = f"The seed is a whole number, 0 or more; got {seed!r}."
        raise BadValueError(msg)
    draws = np.random.default_rng(seed).uniform(-1.0, 1.0, (n, 4)) * [SHIFT, SHIFT, SCALE, LIGHT]
    return [Nuisance((dx, dy), scale, light) for dx, dy, scale, light in draws.tolist()]
