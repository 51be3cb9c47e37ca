"""Make the table of landmarks on the base head, `facelib/head/geometry/landmarks.csv`, and compare both.

Run ``python benchmarks/landmark_table.py``; ten seconds. The 478-point network looks at neutral renders of
different people, every point is traced back to the mesh under it, and the median over people is made
symmetric. ``--write`` replaces the table; heads are then compiled anew.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt

import facelib
from facelib.faces import find_landmarks
from facelib.head.geometry import landmarks
from facelib.head.geometry.arrays import load
from facelib.head.geometry.landmarks import FIRST_IRIS, N_LANDMARKS
from facelib.head.geometry.makehuman import EYE, SKIN, SOCKET
from facelib.head.rendering.render import draw, pose
from facelib.properties.mirror_pairs import LEFT, MIDLINE, RIGHT

PEOPLE, SEED, SIZE = 36, 1, 512
LEAST = 6  # people in whose pictures a point must lie on the skin
TABLE = Path(landmarks.__file__).with_name("landmarks.csv")

Floats = npt.NDArray[np.float64]


def traced(head: facelib.Head) -> Floats:
    """Return where the network's points lie on the base head, (478, 3) dm; NaN: on hair or beside it."""
    geometry = load()
    face = head.render(SIZE)
    found = find_landmarks(face.image, face.box, face.eyes)
    vertices, view, _ = pose(head)
    points, _, _, seen = draw(head, SIZE, vertices, view)
    sample = np.floor(found * (len(seen) / SIZE)).astype(int)
    places = np.full((N_LANDMARKS, 3), np.nan)
    for i, (x, y) in enumerate(sample):
        inside = 0 <= x < len(seen) and 0 <= y < len(seen)
        triangle = seen[y, x] if inside else -1
        wanted = (EYE,) if i >= FIRST_IRIS else (SKIN, SOCKET)
        if not 0 <= triangle < len(geometry.triangles) or geometry.parts[triangle] not in wanted:
            continue
        corners = geometry.triangles[triangle]
        (a, b, c), at = points[corners, :2].astype(np.float64), np.array([x, y]) + 0.5 - len(seen) / 2
        u, v = np.linalg.solve(np.stack([b - a, c - a], axis=1), at - a)
        places[i] = np.array([1 - u - v, u, v]) @ geometry.canonical[corners]
    return places


def symmetric(places: Floats) -> Floats:
    """Return the mean of the points and their mirror image."""
    partner = np.arange(N_LANDMARKS)
    partner[list(LEFT)], partner[list(RIGHT)], partner[list(MIDLINE)] = RIGHT, LEFT, MIDLINE
    both: Floats = (places + places[partner] * (-1, 1, 1)) / 2
    return both


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="replace the table")
    write = parser.parse_args().write
    drawn = facelib.sample_heads(PEOPLE, seed=SEED, expressions=("neutral",))
    heads = [head.replace(pose=(0, 0, 0), facial_hair=0.0, moles=0.0) for head in drawn]
    every = np.stack([traced(head) for head in heads])
    enough = np.isfinite(every[:, :, 0]).sum(axis=0) >= LEAST
    places = np.full((N_LANDMARKS, 3), np.nan)
    places[enough] = np.nanmedian(every[:, enough], axis=0)
    places = symmetric(places)
    apart = np.linalg.norm(places - landmarks.table(), axis=1) * 100
    known = np.isfinite(apart)
    median, most = np.quantile(apart[known], (0.5, 0.95))
    print(
        f"{known.sum()} of {N_LANDMARKS} points lie on the skin of {LEAST} people or more; from the table "
        f"they are {median:.1f} mm away (median), 95 % within {most:.1f} mm"
    )
    if write:
        kept = np.where(known[:, None], places, landmarks.table())
        rows = np.column_stack([np.arange(N_LANDMARKS), kept])
        np.savetxt(
            TABLE, rows, fmt=["%d", "%.4f", "%.4f", "%.4f"], delimiter=",", header="point,x,y,z", comments=""
        )


if __name__ == "__main__":
    main()
