"""Make the rule of the face box, `facelib/head/geometry/face_box.csv`, anew and compare both.

Run ``python benchmarks/face_box_table.py``; half a minute. The detector looks at heads of all kinds and
poses, and their mirror images; its boxes are explained by the landmarks of the resting face with a ridge
regression. Other heads tell how well the new rule and the committed one agree with the detector. ``--write``
replaces the rule.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt

import facelib
from facelib.faces import render_heads
from facelib.faces.detector import detect_faces
from facelib.head.geometry import camera, landmarks
from facelib.head.geometry.landmarks import box_feature, box_rule, face_box
from facelib.head.rendering.render import pose

FITTED, OTHERS, SIZE = 150, 70, 224
TURN = (40.0, 20.0, 15.0)  # degrees to both sides
RIDGE = 1e-2  # the points say nearly the same, and more isn't better
MIRRORED = (3, 2, 1, 0, 4, 6, 5, 7, 8, 10, 9)  # where each of BOX_POINTS lies in a mirror image
TABLE = Path(landmarks.__file__).with_name("face_box.csv")
HEADER = (
    "rows: x and y of the middle, width, height; "
    "columns: x, y of each point of facelib.head.geometry.landmarks, and 1"
)

Floats = npt.NDArray[np.float64]
Marks = npt.NDArray[np.float32]


def examined(n: int, seed: int) -> tuple[list[Marks], list[Floats]]:
    """Return the resting landmarks (478, 2) px of heads that the detector found, and its boxes."""
    knobs = {"pose": TURN, "glasses": 0.2, "light": ("studio", "frontal", "soft", "side")}
    heads = facelib.sample_heads(n, seed, ages=(5.0, 90.0), stratify=["expression", "pose"], also=knobs)
    resting, boxes = [], []
    for head, face in zip(heads, render_heads(heads, SIZE), strict=True):
        found = detect_faces(face.image)
        if found:
            resting.append(camera.project(pose(head)[2], SIZE)[:, :2] + np.float32(SIZE / 2))
            boxes.append(found[0].box)
    print(f"found {len(boxes)} of {n}")
    return resting, boxes


def fitted(resting: list[Marks], boxes: list[Floats]) -> Floats:
    """Return the rule (4, 2 × points + 1) that explains the boxes, and their mirror images as well."""
    features, targets = [], []
    for marks, box in zip(resting, boxes, strict=True):
        feature, middle, size = box_feature(marks)
        target = np.append((box[:2] + box[2:]) / 2 - middle, box[2:] - box[:2]) / size
        points = feature[:-1].reshape(-1, 2)[list(MIRRORED)] * (-1, 1)
        features += [feature, np.append(points.ravel(), 1.0)]
        targets += [target, target * (-1, 1, 1, 1)]
    x, y = np.array(features), np.array(targets)
    free = np.ones(x.shape[1])
    free[-1] = 0  # the constant isn't held back
    rule: Floats = np.linalg.solve(x.T @ x + RIDGE * len(x) * np.diag(free), x.T @ y).T
    return rule


def overlap(a: Floats, b: Floats) -> float:
    """Return intersection over union of two boxes."""
    common = float(np.prod(np.clip(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0, None)))
    return common / (float(np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2])) - common)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="replace the rule")
    write = parser.parse_args().write
    rule = fitted(*examined(FITTED, seed=150))
    resting, boxes = examined(OTHERS, seed=70)
    for name, used in (("committed", box_rule()), ("new", rule)):
        overlaps = [overlap(face_box(marks, used), box) for marks, box in zip(resting, boxes, strict=True)]
        mean, least = np.mean(overlaps), min(overlaps)
        print(f"{name} rule: overlap with the detector's boxes {mean:.3f}, at least {least:.3f}")
    both = [overlap(face_box(marks, rule), face_box(marks)) for marks in resting]
    shift = [np.abs(face_box(marks, rule) - face_box(marks)).max() for marks in resting]
    print(
        f"new and committed rule overlap by {np.mean(both):.3f}, at least {min(both):.3f}; an edge moves by "
        f"{np.median(shift):.1f} px (median), {max(shift):.1f} px (most) of {SIZE}"
    )
    if write:
        np.savetxt(TABLE, rule, fmt="%.5f", delimiter=",", header=HEADER)


if __name__ == "__main__":
    main()
