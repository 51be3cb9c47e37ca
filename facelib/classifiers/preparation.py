"""Cut the face out of a picture and bring it to what a network expects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt
import torch

from facelib.errors import BadValueError

Images = npt.NDArray[np.uint8]
Boxes = npt.NDArray[np.float64]
Squares = npt.NDArray[np.int64]

Colour = Literal["gray", "gray three times", "rgb"]


@dataclass(frozen=True)
class Preparation:
    """Square crop around the face box, resize, colour, scaling.

    Parameters
    ----------
    size
        Side of the network's input, px.
    colour
        "gray" (one channel), "gray three times" or "rgb".
    mean, std
        The network sees (value − mean) / std of values 0 … 255; one number, or one a channel.
    """

    size: int
    colour: Colour
    mean: float | tuple[float, float, float]
    std: float | tuple[float, float, float]

    @property
    def channels(self) -> int:
        """Number of different channels that the network sees."""
        return 3 if self.colour == "rgb" else 1

    def crop_boxes(self, boxes: npt.ArrayLike | None, count: int, height: int, width: int) -> Boxes:
        """Return the square of each picture that the network sees.

        Its side is the longer one of the face box; corners are rounded to whole pixels, and what lies
        outside the picture is filled with its border.

        Parameters
        ----------
        boxes
            (4,) for all pictures or (N, 4), px: x1, y1, x2, y2; None for the whole picture.
        count, height, width
            Number and size of the pictures.

        Returns
        -------
        float64 (N, 4), px.

        Raises
        ------
        BadValueError
            The boxes have another shape, or one is empty, not finite, or wholly outside the picture.
        """
        given = np.asarray((0, 0, width, height) if boxes is None else boxes, np.float64)
        if given.shape not in ((4,), (count, 4)):
            msg = f"Boxes have shape (4,) or ({count}, 4), one a picture; got {given.shape}."
            raise BadValueError(msg)
        low, high = given[..., :2], given[..., 2:]
        half = np.maximum((high - low).max(-1, keepdims=True), 2.0) / 2
        centre = (low + high) / 2
        squares = np.rint(np.concatenate([centre - half, centre + half], -1))
        inside = (squares[..., :2] < (width, height)) & (squares[..., 2:] > 0)
        if not np.all(np.isfinite(given)) or not np.all(high > low) or not np.all(inside):
            msg = f"A face box is (x1, y1, x2, y2), x1 < x2, y1 < y2, in the picture; got {given.tolist()}."
            raise BadValueError(msg)
        return np.broadcast_to(squares, (count, 4))

    def __call__(self, images: Images, boxes: npt.ArrayLike | None = None) -> torch.Tensor:
        """Return what the network sees.

        Parameters
        ----------
        images
            uint8 (N, H, W, 3), RGB.
        boxes
            See `crop_boxes`.

        Returns
        -------
        float32 (N, C, size, size)
        """
        return self.cut(images, self.squares(images, boxes))

    def squares(self, images: Images, boxes: npt.ArrayLike | None = None) -> Squares:
        """Return the square of each picture that the network sees, int64 (N, 4), px; see `crop_boxes`."""
        check_images(images)
        return self.crop_boxes(boxes, *images.shape[:3]).astype(int)

    def cut(self, images: Images, squares: Squares) -> torch.Tensor:
        """Return what the network sees of squares that were found before."""
        planes = np.empty((len(images), self.channels, self.size, self.size), np.uint8)
        for picture, image, square in zip(planes, images, squares, strict=True):
            self._shrink(_crop(image, square), picture)
        mean, std = (
            torch.tensor(value, dtype=torch.float32).view(-1, 1, 1) for value in (self.mean, self.std)
        )
        x = torch.from_numpy(planes).float().sub_(mean).div_(std)
        return x.expand(-1, 3, -1, -1) if self.colour == "gray three times" else x

    def _shrink(self, crop: Images, planes: Images) -> None:
        """Resize a square crop and write its channels, each in one piece, into (channels, size, size)."""
        if self.colour != "rgb":
            crop = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
        method = cv2.INTER_AREA if crop.shape[0] > self.size else cv2.INTER_LINEAR
        small = cv2.resize(crop, (self.size, self.size), interpolation=method)
        for plane, channel in zip(planes, cv2.split(small), strict=True):
            plane[...] = channel


def check_images(images: Images) -> None:
    """Raise `BadValueError` unless `images` is a batch of RGB pictures."""
    if (
        not isinstance(images, np.ndarray)
        or images.dtype != np.uint8
        or images.ndim != 4
        or images.shape[3] != 3
    ):
        got = f"{images.dtype} {images.shape}" if isinstance(images, np.ndarray) else type(images).__name__
        msg = f"Pictures are a uint8 array (N, H, W, 3), RGB; got {got}."
        raise BadValueError(msg)


def _crop(image: Images, square: Squares) -> Images:
    """Cut out a square; its parts outside the picture repeat the picture's border."""
    x1, y1, x2, y2 = square
    height, width = image.shape[:2]
    inside = image[max(y1, 0) : y2, max(x1, 0) : x2]
    sides = max(-y1, 0), max(y2 - height, 0), max(-x1, 0), max(x2 - width, 0)
    return cv2.copyMakeBorder(inside, *sides, cv2.BORDER_REPLICATE) if any(sides) else inside
