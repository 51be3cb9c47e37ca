"""Motion of a face in a picture: the face units that explain its landmarks, and what they move.

The landmarks of the parametric head are a linear model in three dimensions: an average resting face, plus the
shapes in which individuals differ, each with about the spread that heads are drawn with, plus the face units.
The most likely explanation of the landmarks of a picture separates how the head stands, who it is and what
it shows (ridge regression within bounds, as morphable models are fitted). A resting shape and an expression
that look alike can't be told apart: what is rare in resting faces is taken for expression.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError
from facelib.face import N_LANDMARKS
from facelib.head.expressions import COMMON, PAIRED, SPLIT
from facelib.head.geometry import mesh
from facelib.head.geometry.arrays import load, rows
from facelib.head.geometry.camera import DISTANCE
from facelib.head.geometry.landmarks import FIRST_IRIS, eyes_between
from facelib.head.head import Head
from facelib.head.individuals import shape_weights

Doubles = npt.NDArray[np.float64]
Units = Mapping[str, float]
Sides = tuple[dict[str, dict[str, float]], dict[str, float]]

ROUNDS: Final = 2  # of placing the head and explaining it
NOISE: Final = 0.01  # dm: how far landmarks lie from what the model can show
SPREAD: Final = 0.5  # of the activation of a face unit, as likely before the picture is seen
CROOKED: Final = 0.2  # spread of the weights of asymmetric resting shapes
PEOPLE: Final = 256  # individuals whose resting shapes are compared
SHAPES: Final = 70  # ways in which resting faces differ that are kept
_GAZE: Final = "eyeLook"
_NEVER: Final = ("tongueOut", "cheekPuff", "jawForward")  # hardly seen from the front
_FLIP: Final = np.array([1.0, -1.0, -1.0])  # OpenCV's axes: y down, z away from the camera
_PIVOT: Final = (0.0, -0.32, -0.55)  # dm from between the eyes to the middle of the head


@dataclass(frozen=True)
class _Model:
    """The landmarks of heads, dm; the middle of the head is at the origin."""

    rest: Doubles  # (478, 3) the average resting face
    people: Doubles  # (p, 478, 3) what individuals differ by, each at one standard deviation
    names: tuple[str, ...]  # of the m unit morphs
    moves: Doubles  # (m, 478, 3) of a unit that goes from 0 to 1


@dataclass(frozen=True)
class _View:
    """Position of a head: its rotation (3, 3), px per dm, and its middle (2,), px."""

    rotation: Doubles
    scale: float
    place: Doubles

    def seen(self, points: Doubles) -> tuple[Doubles, Doubles]:
        """Return where points (n, 3) dm are seen, (n, 2) px, and how much nearer than the middle, (n, 1)."""
        placed = points @ self.rotation.T
        nearer = DISTANCE / (DISTANCE - placed[:, 2:])
        return self.scale * nearer * placed[:, :2] * _FLIP[:2] + self.place, nearer

    def moves(self, points: Doubles, offsets: Doubles) -> Doubles:
        """Return what offsets (k, n, 3) of points, dm, come to in the picture, (k, n, 2) px."""
        flat, nearer = self.seen(points)
        turned = (offsets.reshape(-1, 3) @ self.rotation.T).reshape(offsets.shape)
        ahead = (flat - self.place) / DISTANCE
        return np.asarray(nearer * (self.scale * _FLIP[:2] * turned[..., :2] + ahead * turned[..., 2:]))


@dataclass(frozen=True, eq=False)
class FaceMotion:
    """The explanation of a face's landmarks: pose, identity, face units.

    Parameters
    ----------
    units
        Activation in [0, 1] of every unit morph: "mouthSmileLeft", "browInnerUp@right", "jawOpen"; the sides
        are the person's own.
    moves
        (m, 478, 2) px: how the landmarks move as a unit goes from 0 to 1.
    resting
        (478, 2) px: the landmarks at rest.
    misfit
        Root mean square distance of the landmarks from their explanation, in eye distances.
    """

    units: Units
    moves: Doubles = field(repr=False)
    resting: Doubles = field(repr=False)
    misfit: float

    def at(self, units: Units) -> Doubles:
        """Return the explained landmarks (478, 2), px, with other units; those left out are at rest."""
        amounts = np.array([units.get(name, 0.0) for name in self.units])
        return np.asarray(self.resting + np.tensordot(amounts, self.moves, 1))

    def weakened(self, left: float, right: float | None = None) -> Units:
        """Return the units with factors on the person's two halves (None: the same); the gaze stays.

        What moves both halves as one takes the mean of the two factors.
        """
        other = left if right is None else right
        factors = {"left": left, "right": other, "": (left + other) / 2}
        return {
            name: value * (1.0 if name.startswith(_GAZE) else factors[side_of(name)])
            for name, value in self.units.items()
        }


def side_of(name: str) -> str:
    """Return "left" or "right", the person's side that a unit morph moves, or "" if it moves both as one.

    Examples
    --------
    >>> side_of("mouthSmileLeft"), side_of("browInnerUp@right"), side_of("jawLeft")
    ('left', 'right', '')
    """
    if name in COMMON:
        return ""
    return "left" if name.lower().endswith("left") else "right"


def by_side(units: Units) -> Sides:
    """Return units by the person's side and their name without it, and those that move both sides as one."""
    sides: dict[str, dict[str, float]] = {
        side: dict.fromkeys((*PAIRED, *SPLIT), 0.0) for side in ("left", "right")
    }
    common = dict.fromkeys(COMMON, 0.0)
    for name, value in units.items():
        if side := side_of(name):
            sides[side][name[: -len(side)].removesuffix("@")] = value
        else:
            common[name] = value
    return sides, common


def joined(sides: Sides) -> Units:
    """Return the units that `by_side` has taken apart."""
    halves, common = sides
    units = dict(common)
    for side, own in halves.items():
        for name, value in own.items():
            units[f"{name}@{side}" if name in SPLIT else f"{name}{side.capitalize()}"] = value
    return units


def face_motion(landmarks: npt.NDArray[np.floating]) -> FaceMotion:
    """Return the most likely explanation of the landmarks of a face; the last few are kept.

    Parameters
    ----------
    landmarks
        (478, 2) px; the irises aren't used.

    Raises
    ------
    BadValueError
        Some landmarks aren't known.

    Examples
    --------
    >>> smile = Head(expression={"mouthSmile": 1.0}, pose=(8.0, 0.0, 0.0)).render(128)
    >>> face_motion(smile.landmarks).units["mouthSmileLeft"] > 0.5
    True
    """
    points = np.ascontiguousarray(landmarks, np.float64)
    if points.shape != (N_LANDMARKS, 2) or not np.isfinite(points[:FIRST_IRIS]).all():
        msg = f"Landmarks are ({N_LANDMARKS}, 2) px, all but the irises known; got {points.shape}, or NaN."
        raise BadValueError(msg)
    return _explained(points.tobytes())


@lru_cache(maxsize=32)
def _explained(content: bytes) -> FaceMotion:
    points = np.frombuffer(content).reshape(N_LANDMARKS, 2)
    model = _model()
    everything = np.concatenate([model.people, model.moves])
    people, observed = len(model.people), points[:FIRST_IRIS]
    shape, amounts, view = model.rest, np.zeros(len(everything)), None
    for _ in range(ROUNDS):
        view = _placed(shape, observed, view)
        spread = view.moves(shape, everything)
        seen = view.seen(shape)[0]
        columns = spread[:, :FIRST_IRIS].reshape(len(everything), -1) / (NOISE * view.scale)
        aim = (observed - seen[:FIRST_IRIS]).ravel() / (NOISE * view.scale) + amounts @ columns
        amounts = _likely(columns, aim, people)
        shape = model.rest + np.tensordot(amounts, everything, 1)
    assert view is not None
    moves = view.moves(shape, model.moves)
    seen = view.seen(shape)[0]
    size = float(np.hypot(*np.subtract(*eyes_between(seen.astype(np.float32)))))
    misfit = float(np.sqrt(((seen[:FIRST_IRIS] - observed) ** 2).sum(axis=1).mean())) / size
    resting = seen - np.tensordot(amounts[people:], moves, 1)
    units = dict(zip(model.names, amounts[people:].tolist(), strict=True))
    return FaceMotion(MappingProxyType(units), moves, resting, misfit)


def _likely(columns: Doubles, aim: Doubles, people: int) -> Doubles:
    """Return the most likely amounts (k,), those of the units in [0, 1].

    Parameters
    ----------
    columns
        (k, 2n): what an amount of 1 moves the landmarks by, in units of `NOISE`.
    aim
        (2n,): by how much they are away from the average resting face.
    people
        How many of the amounts are of resting shapes.
    """
    from scipy.optimize import lsq_linear

    gram, toward = columns @ columns.T, columns @ aim
    gram[np.diag_indices(len(gram))] += np.where(np.arange(len(gram)) < people, 1.0, SPREAD**-2)
    solved = np.linalg.solve(
        gram[:people, :people], np.column_stack([gram[:people, people:], toward[:people]])
    )
    root = np.linalg.cholesky(gram[people:, people:] - gram[people:, :people] @ solved[:, :-1])
    wanted = np.linalg.solve(root, toward[people:] - gram[people:, :people] @ solved[:, -1])
    units = lsq_linear(root.T, wanted, (0.0, 1.0), method="bvls").x.clip(0, 1)
    return np.concatenate([solved[:, -1] - solved[:, :-1] @ units, units])


def _placed(shape: Doubles, own: Doubles, before: _View | None) -> _View:
    """Return how a head of this shape (478, 3) stands, if its landmarks lie at `own` (468, 2) px.

    As a portrait at 1.1 m. `before`: an earlier answer, for a start.
    """
    places = np.ascontiguousarray(shape[:FIRST_IRIS] * _FLIP)
    middle = own.mean(axis=0)
    plane = np.linalg.lstsq(places - places.mean(axis=0), own - middle, rcond=None)[0].T
    left, sizes, right = np.linalg.svd(plane, full_matrices=False)
    across, down = left @ right
    start = (
        np.array([across, down, np.cross(across, down)])
        if before is None
        else (_FLIP[:, None] * before.rotation * _FLIP)
    )
    focal, aim = DISTANCE * float(sizes.mean()), middle - plane @ places.mean(axis=0)
    camera = np.array([[focal, 0, aim[0]], [0, focal, aim[1]], [0, 0, 1]])
    _, turn, shift = cv2.solvePnP(
        places,
        np.ascontiguousarray(own),
        camera,
        None,
        cv2.Rodrigues(start)[0],
        np.array([0.0, 0.0, DISTANCE]),
        useExtrinsicGuess=True,
        flags=cv2.SOLVEPNP_ITERATIVE,
    )
    scale = focal / float(shift[2, 0])
    return _View(_FLIP[:, None] * cv2.Rodrigues(turn)[0] * _FLIP, scale, aim + scale * shift[:2, 0])


@cache
def _model() -> _Model:
    geometry, row = load(), rows()
    vertices = geometry.landmark_vertices.ravel().astype(np.intp)

    def landmarks(coarse: npt.NDArray[np.float32]) -> Doubles:
        corners = mesh.fine_at(coarse, geometry, vertices).reshape(-1, 3, 3).astype(np.float64)
        return np.asarray((corners * geometry.landmark_weights[:, :, None]).sum(axis=1))

    even = Head(gender=0.5, ancestry=dict.fromkeys(("african", "asian", "european"), 1.0))
    rest = landmarks(mesh.identity(even))
    others = [even.replace(gender=0.0), even.replace(age=75.0), even.replace(age=10.0)]
    others += [even.replace(ancestry={name: 1.0}) for name in ("african", "asian", "european")]
    groups = np.array([landmarks(mesh.identity(head)) - rest for head in others])
    crooked = np.array([landmarks(morph) for morph in geometry.asymmetry])
    shapes = np.array([landmarks(morph) for morph in geometry.shape])
    weights = np.zeros((PEOPLE, len(shapes)))
    for person, drawn in enumerate(weights, 1):
        for name, weight in shape_weights(person, even.age).items():
            drawn[row[name]] = weight
    weights -= weights.mean(axis=0)
    differing = np.concatenate(
        [
            np.tensordot(weights / np.sqrt(PEOPLE), shapes, 1).reshape(PEOPLE, -1),
            groups.reshape(len(groups), -1),
            CROOKED * (crooked[::2] - crooked[1::2]).reshape(len(crooked) // 2, -1),
        ]
    )
    _, sizes, ways = np.linalg.svd(differing, full_matrices=False)
    names = [str(name) for name in geometry.unit_names if not str(name).startswith(_NEVER)]
    moves = np.array([landmarks(geometry.unit[row[name]]) for name in names])
    people = (sizes[:SHAPES, None] * ways[:SHAPES]).reshape(SHAPES, *rest.shape)
    middle = rest[[263, 362, 33, 133]].mean(axis=0)
    return _Model(rest - middle - np.array(_PIVOT), people, tuple(names), moves)
