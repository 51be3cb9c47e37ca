"""Expressions of photographs weaken as those of the heads would: the heads' own changes are the truth."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from facelib import interventions, properties
from facelib.editing.mouth_and_eyes import MOUTH
from facelib.errors import BadValueError
from facelib.faces import Face, Head, find_landmarks, sample_photograph
from facelib.head.geometry.landmarks import FIRST_IRIS, LIP_CONTOUR, LOWER_RIM, UPPER_RIM
from facelib.interventions.face_units import LEAST, OfFaceUnits
from facelib.interventions.intervention import TURNED

KINDS: list[tuple[str, dict[str, str]]] = [
    ("intensity", {}),
    ("weaker_expression", {}),
    ("asymmetric_expression", {"side": "left"}),
    ("palsy", {"side": "right"}),
    ("palsy", {"side": "left", "parts": "resting"}),
]
LIPS = [*LIP_CONTOUR, *UPPER_RIM, *LOWER_RIM]
Compare = Callable[[Face, Face], None]
pytestmark = pytest.mark.packages


def head(expression: str, seed: int = 3, **changes: Any) -> Head:
    return Head(seed=seed, expression=expression, expression_set="facs", **changes)


def photograph(of: Head, size: int = 320) -> Face:
    """Return a rendered head as if it were a photograph: its head isn't known."""
    return of.render(size).replace(source="photograph", attributes={})


@pytest.fixture(scope="module", params=["photograph", "happy", "surprise", "angry", "sad"])
def face(request: pytest.FixtureRequest) -> Face:
    return sample_photograph() if request.param == "photograph" else photograph(head(request.param))


@pytest.mark.one_case
@pytest.mark.parametrize(("name", "options"), KINDS)
def test_strength_zero_is_the_very_face(face: Face, name: str, options: dict[str, str]) -> None:
    assert interventions.get(name, **options).apply(face, 0.0) is face


@pytest.mark.one_case
@pytest.mark.parametrize(("name", "options"), KINDS)
def test_a_small_strength_changes_little(face: Face, name: str, options: dict[str, str]) -> None:
    changed = interventions.get(name, **options).apply(face, 1e-4)
    assert np.abs(changed.landmarks - face.landmarks)[:FIRST_IRIS].max() < 0.05
    assert np.abs(changed.image.astype(int) - face.image).mean() < 0.15


@pytest.mark.one_case
@pytest.mark.parametrize(("name", "options"), KINDS)
def test_far_from_the_face_nothing_changes(
    face: Face, name: str, options: dict[str, str], only_near_the_face: Callable[[Face, Face], None]
) -> None:
    changed = interventions.get(name, **options).apply(face, 1.0)
    only_near_the_face(face, changed)


@pytest.mark.thorough
@pytest.mark.parametrize("strength", [0.5, 1.0])
@pytest.mark.parametrize(
    ("name", "options", "limits"),
    [
        ("intensity", {}, {"happy": 0.4, "surprise": 0.3, "angry": 0.3, "sad": 0.4}),
        (
            "asymmetric_expression",
            {"side": "left"},
            {"happy": 0.4, "surprise": 0.3, "angry": 0.3, "sad": 0.4},
        ),
        ("palsy", {"side": "right"}, {"happy": 0.2, "surprise": 0.4, "angry": 0.2, "sad": 0.3}),
        ("palsy", {"side": "left", "parts": "resting"}, {"happy": 0.1, "surprise": 0.15, "neutral": 0.1}),
    ],
)
def test_most_of_the_way_is_that_of_the_head(
    name: str, options: dict[str, str], limits: dict[str, float], strength: float
) -> None:
    """Mean way of the lips that is left over, as a share of the way of the head itself; 320 px."""
    change = interventions.get(name, **options)
    assert isinstance(change, OfFaceUnits)
    for expression, limit in limits.items():
        left_over = way = 0.0
        for seed in (3, 11, 26, 40):
            own = head(expression, seed)
            face, truth = photograph(own), change.edit(own, strength).render(320)
            found = change.apply(face, strength)
            left_over += float(np.linalg.norm((found.landmarks - truth.landmarks)[LIPS], axis=1).mean())
            way += float(np.linalg.norm((face.landmarks - truth.landmarks)[LIPS], axis=1).mean())
        assert left_over < limit * way, expression


@pytest.mark.thorough
def test_the_picture_comes_nearer_to_the_heads_own() -> None:
    """Where lips and teeth are, and around: pixels, not landmarks."""
    for expression, share in (("happy", 0.9), ("surprise", 0.6), ("angry", 0.65)):  # folds stay
        own = head(expression, 11)
        face, truth = photograph(own), own.replace(intensity=0.0).render(320)
        changed = interventions.get("intensity").apply(face, 1.0)
        low, high = (edge(face.landmarks[LIPS], axis=0).astype(int) for edge in (np.min, np.max))
        mouth = np.s_[low[1] - 5 : high[1] + 5, low[0] - 5 : high[0] + 5]
        before, after = (
            np.abs(one.image[mouth].astype(float) - truth.image[mouth]).mean() for one in (face, changed)
        )
        assert after < share * before, expression


@pytest.mark.one_case
@pytest.mark.parametrize("name", ["intensity", "weaker_expression"])
def test_activation_falls_along_the_strength(face: Face, name: str) -> None:
    frames = [interventions.get(name).apply(face, strength) for strength in np.linspace(0, 1, 5)]
    values = properties.measure(frames, ["activation"])["activation"].to_numpy()
    assert (np.diff(values)[:-1] < 0).all()  # heads that fade to rest read a bit higher there, too
    assert values[-1] < (0.75 if name == "intensity" else 0.88) * values[0]


@pytest.mark.one_case
@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("name", ["asymmetric_expression", "palsy"])
def test_symmetry_falls_and_one_side_shows_less(face: Face, name: str, side: str) -> None:
    frames = [interventions.get(name, side=side).apply(face, strength) for strength in np.linspace(0, 1, 5)]
    values = properties.measure(frames, ["symmetry", f"activation_{side}"])
    assert (np.diff(values["symmetry"]) < 0).all()
    own = values[f"activation_{side}"].to_numpy()
    assert own[2] < own[0]
    assert own[-1] < own[0]


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["asymmetric_expression", "palsy"])
@pytest.mark.parametrize("expression", ["photograph", "happy", "surprise", "angry"])
def test_the_difference_between_the_sides_grows(name: str, expression: str) -> None:
    face = sample_photograph() if expression == "photograph" else photograph(head(expression))
    for side, way in (("left", -1), ("right", 1)):
        change = interventions.get(name, side=side)
        frames = [change.apply(face, strength) for strength in np.linspace(0, 1, 5)]
        values = properties.measure(frames, ["activation_asymmetry"])["activation_asymmetry"].to_numpy()
        assert (way * np.diff(values) > 0).all()


def test_left_is_the_persons_own() -> None:
    """The person's left corner of the mouth, at the right in the picture, is the one that moves."""
    face = sample_photograph()
    for name in ("asymmetric_expression", "palsy"):
        changed = interventions.get(name, side="left").apply(face, 1.0)
        way = np.linalg.norm(changed.landmarks - face.landmarks, axis=1)
        assert way[291] > 3 * way[61] or name == "palsy"
        assert way[[336, 296, 334]].mean() > 3 * way[[107, 66, 105]].mean()
        assert changed.landmarks[291, 1] - face.landmarks[291, 1] > 1.0


@pytest.mark.thorough
def test_the_smile_of_the_photograph_is_gone_in_its_pixels() -> None:
    """The network that finds landmarks agrees on the changed picture."""
    face = sample_photograph()
    for strength in (0.5, 1.0):
        changed = interventions.get("intensity").apply(face, strength)
        found = find_landmarks(changed.image, changed.box, changed.eyes)
        away = np.linalg.norm(found - changed.landmarks, axis=1)[:FIRST_IRIS]
        assert np.median(away) < 1.0
        assert np.quantile(away, 0.95) < 3.0
    again = properties.measure([face, face.replace(image=changed.image, landmarks=found)], ["activation"])
    assert again["activation"].iloc[1] < 0.75 * again["activation"].iloc[0]


@pytest.mark.thorough
def test_lips_do_not_cross_and_closed_ones_stay_closed() -> None:
    for expression in ("happy", "angry", "surprise"):
        face = photograph(head(expression, 7))
        own = MOUTH.gaps(face.landmarks.astype(float), np.array([0.0, 1.0]))
        for name, options in KINDS:
            changed = interventions.get(name, **options).apply(face, 1.0)
            gaps = MOUTH.gaps(changed.landmarks.astype(float), np.array([0.0, 1.0]))
            assert gaps.min() > -1.0
            if expression == "angry":
                assert gaps.max() < own.max() + 1.0


def test_the_gaze_stays() -> None:
    own = head("happy", gaze=(12.0, 0.0))
    face = photograph(own)
    changed = interventions.get("intensity").apply(face, 1.0)
    assert (changed.landmarks[FIRST_IRIS:] == face.landmarks[FIRST_IRIS:]).all()
    x, y = np.rint(face.landmarks[473] - 0.5).astype(int)
    iris = np.s_[y - 2 : y + 3, x - 2 : x + 3]
    np.testing.assert_allclose(changed.image[iris].astype(int), face.image[iris], atol=6)


def test_what_cannot_be_changed_is_refused_with_the_reason() -> None:
    turned = photograph(head("happy", pose=(TURNED + 8, 0.0, 0.0)), 128)
    bare = photograph(head("happy"), 128).replace(landmarks=np.full((478, 2), np.nan, np.float32))
    for name, options in KINDS:
        change = interventions.get(name, **options)
        with pytest.raises(BadValueError, match=r"turned by \d\d°.*nearer to the front"):
            change.apply(turned, 0.5)
        with pytest.raises(BadValueError, match="facelib models fetch"):
            change.apply(bare, 0.5)
        assert not change.accepts(bare)


@pytest.mark.thorough
def test_a_face_at_rest_has_nothing_to_weaken_but_can_droop() -> None:
    face = photograph(head("neutral", 0), 224)
    names = set(interventions.available(face)["id"])
    assert not names & {"intensity", "weaker_expression", "asymmetric_expression"}
    assert "palsy" in names
    for name in ("intensity", "weaker_expression", "asymmetric_expression"):
        with pytest.raises(BadValueError, match="Hardly any expression"):
            interventions.get(name).apply(face, 0.5)
    assert not interventions.get("palsy", parts="dynamic").accepts(face)
    changed = interventions.get("palsy", side="left").apply(face, 1.0)
    assert changed.landmarks[291, 1] > face.landmarks[291, 1] + 0.5
    assert LEAST < 0.02  # a weak smile is enough
    assert interventions.get("intensity").accepts(photograph(head("happy", intensity=0.4)))


@pytest.mark.one_case
@pytest.mark.parametrize("pose", [(18.0, 0.0, 0.0), (-10.0, 8.0, 15.0)])
def test_heads_that_are_turned_move_as_heads_do(pose: tuple[float, float, float]) -> None:
    own = head("happy", 11, pose=pose)
    face, truth = photograph(own), own.replace(intensity=0.0).render(320)
    found = interventions.get("intensity").apply(face, 1.0)
    left_over = np.linalg.norm((found.landmarks - truth.landmarks)[LIPS], axis=1).mean()
    assert left_over < 0.5 * np.linalg.norm((face.landmarks - truth.landmarks)[LIPS], axis=1).mean()
