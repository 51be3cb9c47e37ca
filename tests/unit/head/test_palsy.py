"""A one-sided palsy: its parts, its levels, what comes along, and its side."""

from __future__ import annotations

import itertools
from functools import cache

import numpy as np
import numpy.typing as npt
import pytest

from facelib.faces import PALSY_LEVELS, Head
from facelib.head.geometry import lids, mesh
from facelib.head.geometry.arrays import load
from facelib.head.geometry.landmarks import place
from facelib.head.rendering import skin
from facelib.head.rendering.wrinkles import furrows

pytestmark = pytest.mark.packages

PEOPLE = [Head(expression={}, age=20.0 + 10 * (k % 6), gender=k % 2, seed=200 + k) for k in range(12)]
LEVELS = np.arange(6) / 5
CORNER, BROW = 291, 334  # of the person's left side; the right side's are 61 and 105
FOLD = 3
EMOTIONS = ("neutral", "happy", "sad", "surprise", "fear", "disgust", "angry")


@cache
def points(head: Head) -> npt.NDArray[np.float64]:
    """Return the landmarks (478, 3) of a head, dm."""
    geometry = load()
    fine = mesh.fine(mesh.coarse(head), geometry).astype(np.float64)
    flat = [place(fine[:, k : k + 2], geometry.landmark_vertices, geometry.landmark_weights) for k in (0, 1)]
    return np.concatenate([flat[0], flat[1][:, 1:]], axis=1)


def heights(mark: int, parts: str, **fields: object) -> npt.NDArray[np.float64]:
    """Return the height of a landmark (people, levels) as the palsy grows, dm."""
    heads = [[head.replace(palsy=p, palsy_parts=parts, **fields) for p in LEVELS] for head in PEOPLE]
    return np.array([[points(head)[mark, 1] for head in row] for row in heads])


def open_eye(parts: str, **fields: object) -> npt.NDArray[np.float64]:
    """Return the widest gap (people, levels) between the lids of the weak eye as it shuts, of the healthy."""
    shut = {"expression": {"eyeBlink": 1.0}} | fields
    return np.array(
        [
            [
                lids.gaps(mesh.coarse(head.replace(palsy=p, palsy_parts=parts, **shut)))[0].max()
                / lids.gaps(mesh.coarse(head))[0].max()
                for p in LEVELS
            ]
            for head in PEOPLE
        ]
    )


def twin_weights(head: Head) -> dict[str, float]:
    """A palsy with both its parts, written out for the left side as it was before the parts came."""
    weights = mesh.unit_weights(head.replace(palsy=0.0))
    palsy = head.palsy
    for name in list(weights):
        if (name.endswith(("Left", "@left"))) and not name.startswith(("eyeLook", "jaw")):
            weights[name] *= 1 - (0.7 if name == "eyeBlinkLeft" else 1.0) * palsy
    for name, sag in {
        "mouthFrownLeft": 0.4,
        "browOuterUpLeft": -0.45,
        "browInnerUp@left": -0.35,
        "eyeWideLeft": 0.3,
        "mouthSmileLeft": -0.12,
    }.items():
        weights[name] = weights.get(name, 0.0) + sag * palsy
    healthy = [weights.get(f"mouth{name}Right", 0.0) for name in ("Smile", "Stretch", "UpperUp", "Frown")]
    weights["mouthRight"] = weights.get("mouthRight", 0.0) + palsy * (0.18 + 0.25 * max(healthy))
    return {name: value for name, value in weights.items() if value}


@pytest.mark.parametrize("expression", EMOTIONS)
@pytest.mark.parametrize("palsy", [0.13, 1 / 3, 1.0])
def test_both_parts_are_what_a_palsy_was_before(expression: str, palsy: float) -> None:
    head = Head(expression=expression, palsy=palsy, right=0.9)
    assert mesh.unit_weights(head) == twin_weights(head)
    assert head == head.replace(palsy_parts="both", synkinesis=0.0)


@pytest.mark.parametrize("expression", EMOTIONS)
def test_no_palsy_no_parts_no_synkinesis(expression: str) -> None:
    head = Head(expression=expression)
    for parts in ("dynamic", "resting"):
        assert mesh.unit_weights(head.replace(palsy_parts=parts, synkinesis=1.0)) == mesh.unit_weights(head)


@pytest.mark.thorough
@pytest.mark.parametrize("parts", ["both", "resting"])
def test_the_resting_face_hangs_with_the_level(parts: str) -> None:
    for mark in (CORNER, BROW):
        assert (np.diff(heights(mark, parts), axis=1) < -0.001).all()
    rest = [[mesh.coarse(head.replace(palsy=p, palsy_parts=parts)) for p in LEVELS] for head in PEOPLE]
    wide = np.array([[lids.gaps(vertices)[0].max() for vertices in row] for row in rest])
    assert (np.diff(wide, axis=1) > 0).all()
    assert (wide[:, -1] < 1.2 * wide[:, 0]).all()  # slightly wide


def test_a_dynamic_palsy_does_not_show_at_rest() -> None:
    for head in PEOPLE:
        np.testing.assert_array_equal(
            mesh.coarse(head.replace(palsy=1.0, palsy_parts="dynamic")), mesh.coarse(head)
        )


def test_a_resting_palsy_moves_all_the_way() -> None:
    """From a resting face that hangs, every expression goes as far as that of a healthy side."""
    for head, expression in itertools.product(PEOPLE[:4], ("happy", "surprise", {"mouthPucker": 1.0})):
        way = {
            parts: points(head.replace(expression=expression, palsy=p, palsy_parts=parts))
            - points(head.replace(palsy=p, palsy_parts=parts))
            for parts, p in (("both", 0.0), ("resting", 1.0))
        }
        np.testing.assert_allclose(way["resting"], way["both"], atol=2e-3)


@pytest.mark.thorough
@pytest.mark.parametrize("parts", ["both", "dynamic"])
def test_movement_shrinks_with_the_level(parts: str) -> None:
    for expression, mark in (({"mouthSmile": 1.0}, CORNER), ({"browOuterUp": 1.0}, BROW)):
        moved = heights(mark, parts, expression=expression) - heights(mark, parts)
        assert (np.diff(moved, axis=1) < 0).all()
        assert (np.abs(moved[:, -1]) < 0.25 * moved[:, 0]).all()


@pytest.mark.thorough
def test_the_eye_of_the_weak_side_stays_open_the_more_the_worse() -> None:
    for parts in ("both", "dynamic"):
        opened = open_eye(parts)
        assert (opened[:, 0] < 0.01).all()  # without a palsy both shut
        assert (np.diff(opened, axis=1) > -1e-3).all()
        assert (np.diff(opened.mean(axis=0))[1:] > 0.04).all()  # the slightest palsy still shuts it
        assert (opened[:, -1] > 0.4).all()
    assert (open_eye("resting") < 0.01).all()  # it can move, so it shuts


def test_the_fold_beside_the_nose_flattens_with_the_level() -> None:
    def fold(parts: str, **fields: object) -> list[float]:
        head = Head(age=60, expression={"mouthSmile": 0.5}, palsy_parts=parts, **fields)
        return [float(skin.wrinkles(head.replace(palsy=p))[0, FOLD]) for p in LEVELS]

    at_rest = {parts: fold(parts, intensity=0.0) for parts in ("both", "resting", "dynamic")}
    smiling = {parts: fold(parts) for parts in ("both", "resting", "dynamic")}
    assert at_rest["both"] == at_rest["resting"] == sorted(at_rest["both"], reverse=True)
    assert at_rest["both"][-1] == pytest.approx(0.25 * at_rest["both"][0])
    assert at_rest["dynamic"] == [at_rest["both"][0]] * 6
    for way in smiling.values():
        assert (np.diff(way) < 0).all()
    lost = {parts: way[0] - way[-1] for parts, way in smiling.items()}
    assert lost["both"] == pytest.approx(lost["resting"] + lost["dynamic"])


def test_the_levels_say_what_is_measured() -> None:
    drop = (heights(CORNER, "both") - heights(CORNER, "both")[:, :1]).mean(axis=0) * 100  # mm
    brow = (heights(BROW, "both") - heights(BROW, "both")[:, :1]).mean(axis=0) * 100
    opened = open_eye("both").mean(axis=0)
    assert [step.level for step in PALSY_LEVELS] == list(range(6))
    for step in PALSY_LEVELS:
        assert step.palsy == step.level / 5 == pytest.approx(1 - step.movement)
        assert step.drop == pytest.approx(-drop[step.level], abs=0.06)
        assert 0.4 * step.drop == pytest.approx(-brow[step.level], abs=0.1)
        assert step.open_eye == pytest.approx(opened[step.level], abs=0.02)
    assert len({step.name for step in PALSY_LEVELS}) == len({step.looks for step in PALSY_LEVELS}) == 6


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("expression", [{"mouthSmile": 1.0}, {"mouthPucker": 1.0}, {"mouthStretch": 1.0}])
def test_the_eye_narrows_as_the_mouth_moves(side: str, expression: dict[str, float]) -> None:
    eye = ("left", "right").index(side)
    head = Head(expression=expression, palsy=0.4, palsy_side=side)
    opened = np.array(
        [lids.gaps(mesh.coarse(head.replace(synkinesis=s))).max(axis=1) for s in np.linspace(0, 1, 6)]
    )
    assert (np.diff(opened[:, eye]) < -0.002).all()
    assert opened[-1, eye] > 0.01  # narrow, not shut
    assert (opened[:, 1 - eye] == opened[0, 1 - eye]).all()


@pytest.mark.parametrize(("side", "corner", "other"), [("left", 291, 61), ("right", 61, 291)])
def test_the_corner_of_the_mouth_pulls_as_the_eye_closes(side: str, corner: int, other: int) -> None:
    head = Head(expression={"eyeBlink": 1.0}, palsy=0.4, palsy_side=side)
    way = np.array([points(head.replace(synkinesis=s)) - points(head) for s in np.linspace(0, 1, 6)])
    outward = way[:, corner, 0] * (1 if side == "left" else -1)
    assert (np.diff(outward) > 0.002).all()
    assert (np.diff(way[:, corner, 1]) > 0.002).all()
    assert np.abs(way[:, other]).max() < 1e-6


def test_synkinesis_follows_what_is_meant_and_grows_in_with_the_palsy() -> None:
    def narrowing(**fields: object) -> float:
        head = Head(**({"expression": {"mouthSmile": 0.8}, "palsy": 1.0, "synkinesis": 0.5} | fields))
        weights = mesh.unit_weights(head)
        return weights.get("eyeSquintLeft", 0.0)

    assert narrowing() == pytest.approx(0.5 * 0.5 * 0.8)  # though the mouth itself no longer moves
    assert narrowing(palsy=0.2) == pytest.approx(narrowing())
    assert narrowing(palsy=0.1) == pytest.approx(narrowing() / 2)
    assert narrowing(intensity=0.5) == pytest.approx(narrowing() / 2)
    assert narrowing(left=0.25) == pytest.approx(narrowing() / 4)
    assert narrowing(synkinesis=1.0) == pytest.approx(2 * narrowing())
    assert narrowing(palsy_parts="resting") == narrowing(palsy_parts="dynamic") == narrowing()
    assert narrowing(palsy_side="right") == narrowing(expression={"jawOpen": 1.0}) == 0.0


def test_what_comes_along_folds_the_skin_of_its_side() -> None:
    eye, fold = 2, FOLD
    for expression, kind in (({"mouthPucker": 1.0}, eye), ({"eyeBlink": 1.0}, fold)):
        head = Head(age=50, expression=expression, palsy=0.3, palsy_side="right")
        deeper = skin.wrinkles(head.replace(synkinesis=1.0)) - skin.wrinkles(head)
        assert deeper[1, kind] > 0.1
        assert (deeper[0] == 0).all()
        assert (
            skin.wrinkles(head.replace(palsy=0.0, synkinesis=1.0)) == skin.wrinkles(head.replace(palsy=0.0))
        ).all()


@pytest.mark.parametrize("parts", ["both", "dynamic", "resting"])
def test_left_mirrors_right(parts: str) -> None:
    left, right = (
        mesh.coarse(Head(expression="happy", palsy=0.6, palsy_side=side, palsy_parts=parts, synkinesis=0.7))
        for side in ("left", "right")
    )
    np.testing.assert_array_equal(left[load().mirror] * np.array([-1, 1, 1], np.float32), right)


def test_no_unit_leaves_its_range() -> None:
    expressions = (*EMOTIONS, {"eyeBlink": 1, "mouthSmile": 1})
    for expression, parts in itertools.product(expressions, ("both", "dynamic")):
        head = Head(expression=expression, palsy=1.0, palsy_parts=parts, synkinesis=1.0)
        assert all(-0.5 < weight <= 1.4 for weight in mesh.unit_weights(head).values())


def test_wrinkles_pass_from_one_side_to_the_other_without_a_step() -> None:
    head = Head(age=75, expression={}, palsy=1.0)
    for level in range(3):
        (left, right), _ = furrows(head, level)
        (smooth,), _ = furrows(head.replace(palsy=0.0), level)
        far = 24 >> level
        np.testing.assert_array_equal(right[:, far:], smooth[:, far:])  # the healthy side
        np.testing.assert_allclose(left[:, far:], 0.25 * smooth[:, far:], atol=1e-5)
        apart = np.abs(left - right)
        assert apart[:, 0].max() < 0.2 * apart.max()
        assert np.abs(np.diff(apart[:, : far + 1], axis=1)).max() < 0.5 * apart.max()
