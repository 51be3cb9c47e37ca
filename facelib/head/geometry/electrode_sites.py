"""Electrode sites on the base head, and the direction of tape over them."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import numpy.typing as npt

from facelib.head.electrodes import ELECTRODE_SCHEMES, positions
from facelib.head.geometry.arrays import load
from facelib.head.geometry.makehuman import SKIN

Doubles = npt.NDArray[np.float64]
Triple = tuple[float, float, float]

FRANKFORT = 7.06  # dm; canonical height of the lower rim of the orbit
RADIUS = 0.058  # dm; an electrode with its adhesive ring
GRIP = 0.09  # dm; how far whole strips of tape reach beyond the electrode
_PLANAR = 0.45  # dm; farther out, positions of the scheme are lengths along the skin
_SPARED = (  # middle, half the extent across and upward, dm: eye, mouth, nostrils
    ((0.31, 7.29), (0.19, 0.09)),
    ((0.0, 6.61), (0.27, 0.10)),
    ((0.07, 6.86), (0.08, 0.04)),
)
_SAME = 0.03  # dm; places that are nearer to each other's mirror image are a pair
_TURNS = 12  # directions that a strip may have
_LEANING = 0.25  # what a vertical strip has to gain over a horizontal one, in covered steps


@cache
def places() -> dict[str, Triple]:
    """Return the canonical point of the skin under every electrode position.

    Positions are planar near the midline; beyond 45 mm what is left is measured along the skin, since the
    cheek turns away from the plane.
    """
    geometry = load()
    skin = np.unique(geometry.triangles[geometry.parts == SKIN])
    front = geometry.canonical[skin]
    front = front[(front[:, 2] > 0.2) & (front[:, 1] > 6.0) & (np.abs(front[:, 0]) < 0.72)].astype(np.float64)
    result = {}
    for name, (x, y) in positions().items():
        across, height = abs(x) / 100.0, FRANKFORT + y / 100.0
        point = _nearest(front, min(across, _PLANAR), height)
        rest = across - _PLANAR
        while rest > 0:
            step = _nearest(front, point[0] + 0.02, height)
            length = float(np.hypot(step[0] - point[0], step[2] - point[2]))
            if length < 1e-6:
                break
            rest -= length
            point = step
        result[name] = (math.copysign(point[0], x) if x else 0.0, float(point[1]), float(point[2]))
    return result


def _nearest(front: Doubles, x: float, y: float) -> Doubles:
    """Return the point of the skin at (x, y) of the frontal plane, from the three vertices around it."""
    half = front[front[:, 0] > -0.1]
    gap = np.hypot(half[:, 0] - x, half[:, 1] - y) + 0.15 * (half[:, 2].max() - half[:, 2]).clip(0.9) - 0.135
    near = np.argsort(gap, kind="stable")[:3]
    weight = 1 / (np.hypot(half[near, 0] - x, half[near, 1] - y) + 1e-3) ** 2
    return np.asarray((half[near] * weight[:, None]).sum(axis=0) / weight.sum())


@cache
def normals() -> dict[str, Triple]:
    """Return the direction out of the skin at every electrode position; mirrored places mirror it."""
    geometry = load()
    skin = np.unique(geometry.triangles[geometry.parts == SKIN])
    points, facing = geometry.canonical[skin].astype(np.float64), geometry.facing[skin].astype(np.float64)
    result = {}
    for name, (x, y, z) in places().items():
        gap = np.linalg.norm(points - np.array([abs(x), y, z]), axis=1)
        normal = (facing * np.exp(-((gap / 0.05) ** 2))[:, None]).sum(axis=0)
        if x == 0.0:
            normal[0] = 0.0
        normal /= np.linalg.norm(normal)
        result[name] = (math.copysign(1.0, x) * float(normal[0]), float(normal[1]), float(normal[2]))
    return result


@cache
def directions() -> dict[str, tuple[Triple, Triple]]:
    """Return the unit vectors along and across the strip of tape over every electrode position.

    A strip spares the other electrodes and strips of its scheme, eyes, mouth and nostrils as far as it can.
    It depends on the scheme alone, so that no strip turns when another electrode is attached. Mirrored places
    have mirrored strips.
    """
    result: dict[str, tuple[Triple, Triple]] = {}
    for scheme in ELECTRODE_SCHEMES.values():
        axes: list[tuple[Doubles, Doubles, Doubles]] = []  # place, along and across on the person's left
        electrodes = _both([np.array(places()[name]) for name in scheme])
        for name in scheme:
            x, y, z = places()[name]
            place = np.array([abs(x), y, z])
            known_axes = next((old for old in axes if np.linalg.norm(old[0] - place) < _SAME), None)
            if known_axes is None:
                normal = np.array(normals()[name]) * [math.copysign(1.0, x), 1.0, 1.0]
                taken = [point for at, along, _ in axes for point in _steps(at, along)]
                others = [other for other in electrodes if np.linalg.norm(other - place) > _SAME]
                along = _freest(place, normal, others, _both(taken), lone=x == 0.0)
                known_axes = place, along, np.cross(normal, along)
                axes.append(known_axes)
            side = np.array([math.copysign(1.0, x), 1.0, 1.0])
            result[name] = (_triple(known_axes[1] * side), _triple(known_axes[2] * side))
    return result


def _both(points: list[Doubles]) -> Doubles:
    """Return points and their mirror images, (n, 3)."""
    own = np.array(points).reshape(-1, 3)
    return np.concatenate([own, own * [-1.0, 1.0, 1.0]])


def _steps(place: Doubles, along: Doubles) -> Doubles:
    """Return points along a strip, (n, 3)."""
    return place + np.linspace(-RADIUS - GRIP, RADIUS + GRIP, 13)[:, None] * along


def _freest(place: Doubles, normal: Doubles, others: list[Doubles], taken: Doubles, *, lone: bool) -> Doubles:
    """Return the direction in which a strip covers the least of what is to be spared."""
    level = np.cross([0.0, 1.0, 0.0], normal)
    level /= np.linalg.norm(level)
    upright = np.cross(normal, level)
    turns = np.arange(2 if lone else _TURNS) * math.pi / (2 if lone else _TURNS)  # on the midline: symmetric
    ways = [math.cos(turn) * level + math.sin(turn) * upright for turn in turns]
    costs = []
    for way in ways:
        points = _steps(place, way)
        cost = _LEANING * abs(way[1])
        if others:
            cost += _closeness(points, np.array(others), 2 * RADIUS)
        cost += 0.3 * _closeness(points, taken, 1.5 * RADIUS)
        for (x, y), (wide, tall) in _SPARED:
            gap = np.hypot((np.abs(points[:, 0]) - x) / wide, (points[:, 1] - y) / tall)
            cost += 4 * float(np.maximum(1.4 - gap, 0.0).sum())
        costs.append(round(cost, 6))
    return ways[int(np.argmin(costs))]


def _closeness(points: Doubles, spared: Doubles, reach: float) -> float:
    gap = np.linalg.norm(points[:, None, :] - spared[None, :, :], axis=2)
    return float(np.maximum(1.0 - gap / reach, 0.0).sum())


def _triple(vector: Doubles) -> Triple:
    return float(vector[0]), float(vector[1]), float(vector[2])
