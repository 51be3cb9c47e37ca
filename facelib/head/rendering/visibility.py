"""Visibility of electrodes in a picture."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from facelib.head.geometry import camera
from facelib.head.geometry.arrays import load
from facelib.head.geometry.electrode_sites import places
from facelib.head.geometry.makehuman import SKIN, Floats, Ints

if TYPE_CHECKING:
    from facelib.head.head import Head

_SLACK = 0.04  # dm; what lies less far in front of an electrode, such as its own lead, doesn't hide it


@cache
def _anchors() -> tuple[dict[str, int], Ints, Floats]:
    """Return the row of every position, and the three fine vertices (n, 3) around it with their shares."""
    geometry = load()
    skin = np.unique(geometry.triangles[geometry.parts == SKIN])
    points = np.array(list(places().values()))
    gap = np.linalg.norm(geometry.canonical[skin][None] - points[:, None], axis=2)
    near = np.argsort(gap, axis=1, kind="stable")[:, :3]
    share = 1 / (np.take_along_axis(gap, near, axis=1) + 1e-3)
    share /= share.sum(axis=1, keepdims=True)
    rows = {name: row for row, name in enumerate(places())}
    return rows, skin[near].astype(np.int32), share.astype(np.float32)


def visible_electrodes(head: Head, vertices: Floats, view: camera.View, depth: Floats) -> tuple[str, ...]:
    """Return the names of the electrodes whose middle is inside the picture and not hidden by anything.

    Parameters
    ----------
    vertices
        float32 (N, 3), fine vertices of the head, dm.
    depth
        (S, S) inverse distance of every sample of the picture, 1/dm; see
        `facelib.head.rendering.render.draw`.
    """
    names = head.electrode_names
    if not names:
        return ()
    rows, near, share = _anchors()
    at = [rows[name] for name in names]
    middles = (vertices[near[at]] * share[at][..., None]).sum(axis=1, dtype=np.float32)
    size = len(depth)
    x, y, inverse = camera.project(view.place(middles), size).T
    columns, lines = np.floor(x + size / 2).astype(int), np.floor(y + size / 2).astype(int)
    inside = (columns >= 0) & (columns < size) & (lines >= 0) & (lines < size)
    nearest = depth[lines.clip(0, size - 1), columns.clip(0, size - 1)]
    seen = inside & (nearest <= inverse + np.float32(_SLACK) * inverse**2)
    return tuple(name for name, shown in zip(names, seen, strict=True) if shown)
