"""Preparation: cut the face out of a picture, resize and scale it as a network expects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

import cv2
import numpy as np
import numpy.typing as npt
import torch

from facelib.classifiers.alignment import (
    POINTS,
    Align,
    Turned,
    as_template,
    checked_points,
    cut_turned,
    in_words,
    level,
    onto,
)
from facelib.errors import BadValueError, answers_misspelt
from facelib.utilities.code_digests import ADDED

Images = npt.NDArray[np.uint8]
Boxes = npt.NDArray[np.float64]
Squares = npt.NDArray[np.int64]
Parts = Squares | Turned

Colour = Literal["gray", "gray three times", "rgb", "bgr"]
Values = float | tuple[float, float, float]
Fit = Literal["square", "stretch", "crop"]

_WORDS: Mapping[Colour, str] = MappingProxyType(
    {"gray": "gray", "gray three times": "gray repeated as three channels", "rgb": "RGB", "bgr": "BGR"}
)
_FITS: Mapping[Fit, str] = MappingProxyType(
    {"square": "", "stretch": "stretched to a square", "crop": "cropped to a square in the middle"}
)
# 255 × (0.485, 0.456, 0.406) and 255 × (0.229, 0.224, 0.225)
_IMAGENET = ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375))
_LARGEST = 1024  # px; no classifier of faces comes near


@answers_misspelt("a preparation")
@dataclass(frozen=True)
class Preparation:
    """Crop around the face box, resize to a square, colour, scaling.

    Parameters
    ----------
    size
        Side of the network's input, px.
    colour
        "gray" (one channel), "gray three times", "rgb" or "bgr".
    mean, std
        The network sees (value − mean) / std of values 0 … 255; one number, or one each for red, green, blue.
    margin
        How far the crop reaches beyond the face box on every side, as a share of its longer side; −0.25 … 2.
    fit
        What becomes of a box that isn't square, or of a picture without a box: "square" takes the square
        around it and repeats the picture's border where that ends; "stretch" takes the box alone, its margin
        a share of each side, and squeezes it; "crop" takes the largest square in its middle, as Resize and
        CenterCrop of torchvision do (Resize(256), CenterCrop(224): ``margin=(224 / 256 - 1) / 2``).
    align
        Whether faces are turned as in training: "none"; "eyes", until the eyes stand level, or lie on
        `template`; "five points", until eyes, nose and corners of the mouth lie nearest to it. What lies
        beyond the picture repeats its border. Pictures without box and points count as aligned already.
    template
        Where the points lie in the network's input, as shares of its side: (5, 2), of "eyes" (2, 2), or
        (T, 5, 2) of which the nearest is taken; or a name of `facelib.classifiers.alignment.TEMPLATES`. With
        it, the face box, `margin` and `fit` don't count.

    Raises
    ------
    BadValueError
        A value is outside what is possible.

    Examples
    --------
    >>> Preparation(64, "gray", 127.5, 127.5, margin=0.1).describe()
    'gray, 64 × 64 px, scaled to [−1, 1], face box with a margin of 10 % on every side'
    >>> Preparation(112, "rgb", 127.5, 127.5, align="five points", template="arcface").describe()
    'RGB, 112 × 112 px, scaled to [−1, 1], aligned by five points (arcface)'
    """

    size: int
    colour: Colour
    mean: Values
    std: Values
    margin: float = 0.0
    fit: Fit = "square"
    align: Align = field(default="none", metadata=ADDED)
    template: Any = field(default=None, metadata=ADDED)

    @classmethod
    def imagenet(
        cls,
        size: int = 224,
        colour: Literal["rgb", "bgr"] = "rgb",
        *,
        margin: float = 0.0,
        fit: Fit = "square",
        align: Align = "none",
        template: Any = None,
    ) -> Preparation:
        """Return the preparation of most networks of torchvision and timm: ImageNet's mean and std.

        Examples
        --------
        >>> Preparation.imagenet(224).mean
        (123.675, 116.28, 103.53)
        """
        if colour not in ("rgb", "bgr"):
            msg = (
                "ImageNet's mean and std are of colours: Preparation.imagenet takes colour 'rgb' or 'bgr'; "
                f"got {colour!r}. Of gray pictures say one mean and one std, as "
                f"Preparation({size}, 'gray', 127.5, 127.5)."
            )
            raise BadValueError(msg)
        return cls(size, colour, *_IMAGENET, margin, fit, align, template)

    def __post_init__(self) -> None:
        if not isinstance(self.size, int) or not 4 <= self.size <= _LARGEST:
            msg = f"A network's input is 4 … {_LARGEST} px wide; got {self.size!r}."
            raise BadValueError(msg)
        if not isinstance(self.colour, str) or self.colour not in _WORDS:
            msg = f"The colour is one of {', '.join(map(repr, _WORDS))}; got {self.colour!r}."
            raise BadValueError(msg)
        for name, values in (("mean", self.mean), ("std", self.std)):
            try:
                per_channel = np.atleast_1d(np.asarray(values))
            except ValueError:  # some of other lengths
                per_channel = np.empty(0)
            numbers = per_channel.astype(np.float64) if per_channel.dtype.kind in "iuf" else np.empty(0)
            fits = numbers.shape == (1,) or (numbers.shape == (3,) and self.colour in ("rgb", "bgr"))
            if not fits or not np.all(np.isfinite(numbers)) or (name == "std" and not np.all(numbers > 0)):
                above = " above 0" if name == "std" else ""
                msg = f"`{name}` is one number{above}, or one each for red, green and blue; got {values!r}."
                raise BadValueError(msg)
            told: object = values
            if not isinstance(told, tuple | int | float):  # a list or an array: it can't be hashed
                object.__setattr__(
                    self, name, numbers.item() if len(numbers) == 1 else tuple(numbers.tolist())
                )
        if not isinstance(self.margin, int | float | np.number) or not -0.25 <= self.margin <= 2:
            msg = f"The margin is a share of the face box, −0.25 … 2 (0.1 is 10 %); got {self.margin!r}."
            raise BadValueError(msg)
        if not isinstance(self.fit, str) or self.fit not in _FITS:
            msg = f"`fit` is one of {', '.join(map(repr, _FITS))}; got {self.fit!r}."
            raise BadValueError(msg)
        if not isinstance(self.align, str) or self.align not in POINTS:
            msg = f"`align` is one of {', '.join(map(repr, POINTS))}; got {self.align!r:.60}."
            raise BadValueError(msg)
        object.__setattr__(self, "template", as_template(self.template, self.align))

    @property
    def channels(self) -> int:
        """Number of different channels that the network sees."""
        return 3 if self.colour in ("rgb", "bgr") else 1

    def describe(self) -> str:
        """Say in words what the network sees, as on a card."""
        ends = [(edge - np.asarray(self.mean)) / np.asarray(self.std) for edge in (0.0, 255.0)]
        if all(end.ndim == 0 for end in ends):
            low, high = (f"{float(end):.3g}".replace("-", "−") for end in ends)
            scaling = f"scaled to [{low}, {high}]"
        else:
            mean, std = (
                ", ".join(f"{value:.4g}" for value in np.broadcast_to(values, 3))
                for values in (self.mean, self.std)
            )
            scaling = f"minus ({mean}), divided by ({std})"
        margin = f"face box with a margin of {100 * self.margin:.3g} % on every side" if self.margin else ""
        cut = [margin, _FITS[self.fit]] if self.template is None else []
        aligned = in_words(self.align, self.template)
        words = (_WORDS[self.colour], f"{self.size} × {self.size} px", scaling, *cut, aligned)
        return ", ".join(word for word in words if word)

    def crop_boxes(
        self,
        boxes: npt.ArrayLike | None,
        count: int,
        height: int,
        width: int,
        *,
        points: npt.ArrayLike | None = None,
    ) -> Boxes:
        """Return the part of each picture that the network sees: a square, or a rectangle with "stretch".

        The side of a square is the longer one of the face box ("crop": the shorter one) and its margins;
        corners are rounded to whole pixels, and what lies outside the picture is filled with its border. Of
        aligned faces, it is the upright box around the turned part.

        Parameters
        ----------
        boxes
            (4,) for all pictures or (N, 4), px: x1, y1, x2, y2; None for the whole picture.
        count, height, width
            Number and size of the pictures.
        points
            (5, 2) for all pictures or (N, 5, 2), px, see `facelib.classifiers.five_points`; of no account
            where faces aren't aligned.

        Returns
        -------
        float64 (N, 4), px.

        Raises
        ------
        BadValueError
            The boxes have another shape, or one is empty, not finite, or wholly outside the picture; points
            are needed and not there, or none that faces have.
        """
        parts = self.parts(boxes, count, (height, width), points)
        return parts.bounds() if isinstance(parts, Turned) else parts.astype(np.float64)

    def parts(
        self, boxes: npt.ArrayLike | None, count: int, size: tuple[int, int], points: npt.ArrayLike | None
    ) -> Parts:
        """Return the part of each picture of `size` (height, width) that the network sees, turned or not.

        See `crop_boxes`.
        """
        if self.align == "none" or (boxes is None and points is None):
            return self._squares(boxes, count, *size)
        found = checked_points(points, POINTS[self.align], count, size)
        if self.template is not None:
            return onto(self.template, found, self.size, max(size))
        return level(self._squares(boxes, count, *size), found)

    def _squares(self, boxes: npt.ArrayLike | None, count: int, height: int, width: int) -> Squares:
        """Return upright parts, int64 (N, 4), px."""
        corners = np.asarray((0, 0, width, height) if boxes is None else boxes, np.float64)
        if corners.shape not in ((4,), (count, 4)):
            msg = f"Boxes have shape (4,) or ({count}, 4), one per picture; got {corners.shape}."
            raise BadValueError(msg)
        low, high = corners[..., :2], corners[..., 2:]
        sides = high - low
        if self.fit != "stretch":
            sides = (sides.max if self.fit == "square" else sides.min)(-1, keepdims=True)
        half = np.maximum(sides, 2.0) * (0.5 + self.margin)
        centre = (low + high) / 2
        squares = np.rint(np.concatenate([centre - half, centre + half], -1))
        inside = (squares[..., :2] < (width, height)) & (squares[..., 2:] > 0)
        if not np.all(np.isfinite(corners)) or not np.all(high > low) or not np.all(inside):
            msg = f"A face box is (x1, y1, x2, y2), x1 < x2, y1 < y2, in the picture; got {corners.tolist()}."
            raise BadValueError(msg)
        return np.broadcast_to(squares, (count, 4)).astype(np.int64)

    def __call__(
        self,
        images: Images,
        boxes: npt.ArrayLike | None = None,
        points: npt.ArrayLike | None = None,
    ) -> torch.Tensor:
        """Return what the network sees.

        Parameters
        ----------
        images
            uint8 (N, H, W, 3), RGB.
        boxes, points
            See `crop_boxes`.

        Returns
        -------
        float32 (N, C, size, size)
        """
        return self.cut(images, self.squares(images, boxes, points))

    def squares(
        self,
        images: Images,
        boxes: npt.ArrayLike | None = None,
        points: npt.ArrayLike | None = None,
    ) -> Parts:
        """Return the part of each picture that the network sees: int64 (N, 4), px, or turned ones.

        See `crop_boxes`.
        """
        check_images(images)
        count, height, width = images.shape[:3]
        return self.parts(boxes, count, (height, width), points)

    def cut(self, images: Images, squares: Parts) -> torch.Tensor:
        """Return the network's inputs, cut out by `squares`."""
        mean, std = (
            torch.tensor(value, dtype=torch.float32).view(-1, 1, 1) for value in (self.mean, self.std)
        )
        x = torch.from_numpy(self._planes(images, squares)).float().sub_(mean).div_(std)
        if self.colour == "bgr":
            return x.flip(1)
        return x.expand(-1, 3, -1, -1) if self.colour == "gray three times" else x

    def seen(
        self,
        images: Images,
        boxes: npt.ArrayLike | None = None,
        points: npt.ArrayLike | None = None,
    ) -> Images:
        """Return the pictures that the network sees as people can look at them, uint8 (N, size, size, 3).

        They are RGB whatever the order of the network's channels, and before scaling.
        """
        planes = self._planes(images, self.squares(images, boxes, points))
        rgb = np.broadcast_to(planes, (len(planes), 3, self.size, self.size))
        return np.ascontiguousarray(rgb.transpose(0, 2, 3, 1))

    def _planes(self, images: Images, squares: Parts) -> Images:
        """Return crops, resized, uint8 (N, channels, size, size); colours in the order of the picture."""
        planes = np.empty((len(images), self.channels, self.size, self.size), np.uint8)
        if isinstance(squares, Turned):
            crops = (cut_turned(image, *part) for image, part in zip(images, squares, strict=True))
        else:
            crops = (_crop(image, square) for image, square in zip(images, squares, strict=True))
        for picture, crop in zip(planes, crops, strict=True):
            self._shrink(crop, picture)
        return planes

    def _shrink(self, crop: Images, planes: Images) -> None:
        """Resize a crop and write its channels, each in one piece, into (channels, size, size)."""
        if self.channels == 1:
            crop = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
        method = cv2.INTER_AREA if max(crop.shape[:2]) > self.size else cv2.INTER_LINEAR
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
        hint = "" if isinstance(images, np.ndarray) else " Of faces, classifier.read(faces) gives a table."
        msg = f"Pictures are a uint8 array (N, H, W, 3), RGB; got {got}.{hint}"
        raise BadValueError(msg)


def _crop(image: Images, square: Squares) -> Images:
    """Cut out a rectangle; its parts outside the picture repeat the picture's border."""
    x1, y1, x2, y2 = square
    height, width = image.shape[:2]
    inside = image[max(y1, 0) : y2, max(x1, 0) : x2]
    sides = max(-y1, 0), max(y2 - height, 0), max(-x1, 0), max(x2 - width, 0)
    return cv2.copyMakeBorder(inside, *sides, cv2.BORDER_REPLICATE) if any(sides) else inside
