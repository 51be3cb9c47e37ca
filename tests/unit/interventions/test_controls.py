"""The controls of one-sided weakening: what each keeps, and the one that is matched on landmarks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from facelib import interventions
from facelib.errors import BadValueError
from facelib.faces import Head
from facelib.interventions import CONTROLS, control_set
from facelib.interventions.controls import weakening
from facelib.interventions.displacement import displacement, landmarks
from facelib.properties import measure
from facelib.studies import make_frames

HEAD = Head(age=40, gender=0.4, expression="happy", expression_set="facs", seed=7)
HEADS = [
    HEAD,
    Head(expression="angry", seed=3, pose=(15.0, 5.0, -8.0)),
    Head(expression="surprise", left=0.7, right=0.9, seed=11),
    Head(expression="sad", palsy=0.4, palsy_side="right", gaze=(12.0, -8.0)),
]
STRENGTHS = np.linspace(0, 1, 6)


def test_every_control_is_named_and_explained() -> None:
    arms = control_set(HEAD, "right")
    assert list(arms) == list(CONTROLS)
    assert {name: arm.intervention.id for name, arm in arms.items()} == {
        "one_sided": "asymmetric_expression",
        "equal_total": "weaker_expression",
        "equal_displacement": "weaker_by_displacement",
        "other_side": "asymmetric_expression",
        "neutral": "asymmetric_expression",
    }
    assert [getattr(arm.intervention, "side", None) for arm in arms.values()] == [
        "right", None, "right", "left", "right",
    ]  # fmt: skip
    for name, (head, _) in arms.items():
        assert head == (HEAD.replace(expression="neutral") if name == "neutral" else HEAD)


@pytest.mark.parametrize(
    ("head", "side", "message"),
    [("a face", "left", "need a Head; got str"), (HEAD, "both", "left, right"), (HEAD, None, "left, right")],
)
def test_what_makes_no_sense_is_refused(head: Any, side: Any, message: str) -> None:
    with pytest.raises(BadValueError, match=message):
        control_set(head, side)


@pytest.mark.packages
@pytest.mark.parametrize("head", HEADS, ids=lambda head: head.expression)
def test_landmarks_are_those_of_the_picture(head: Head) -> None:
    assert landmarks(head, 96) == pytest.approx(head.render(96).landmarks, abs=1e-3)


def slow_displacement(before: Head, after: Head) -> float:
    """Mean distance of the landmarks of two whole pictures, one after the other."""
    pairs = zip(before.render(224).landmarks, after.render(224).landmarks, strict=True)
    return float(np.mean([np.hypot(*(np.asarray(b, float) - a)) for a, b in pairs]))


def slow_weakening(head: Head, side: str, strength: float) -> float:
    """Try losses on both sides, finer and finer, until the landmarks have moved as far."""
    wanted = slow_displacement(head, head.replace(**{side: getattr(head, side) * (1 - strength)}))
    low, high = 0.0, 1.0
    while high - low > 1e-3:
        middle = (low + high) / 2
        weaker = head.replace(left=head.left * (1 - middle), right=head.right * (1 - middle))
        low, high = (middle, high) if slow_displacement(head, weaker) < wanted else (low, middle)
    return (low + high) / 2


@pytest.mark.thorough
@pytest.mark.packages
@pytest.mark.parametrize(("head", "side", "strength"), [(HEAD, "left", 0.5), (HEADS[3], "right", 1.0)])
def test_the_matched_control_agrees_with_its_slow_twin(head: Head, side: Any, strength: float) -> None:
    assert weakening(head, side, strength) == pytest.approx(slow_weakening(head, side, strength), abs=2e-3)


@pytest.mark.one_case
@pytest.mark.packages
@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("head", HEADS, ids=lambda head: head.expression)
def test_landmarks_move_as_far_as_when_one_side_weakens(head: Head, side: str) -> None:
    one_sided = interventions.get("asymmetric_expression", side=side)
    matched = interventions.get("weaker_by_displacement", side=side)
    losses = []
    for strength in STRENGTHS:
        both = matched.edit(head, strength)
        wanted = displacement(head, one_sided.edit(head, strength))
        assert displacement(head, both) == pytest.approx(wanted, abs=2e-4)
        assert both.left * head.right == pytest.approx(both.right * head.left)
        assert both.replace(left=head.left, right=head.right) == head
        losses.append(1 - both.left / head.left)
    assert (np.diff(losses) > 0).all()
    assert losses[0] == 0
    assert losses[-1] < 1


@pytest.mark.packages
def test_the_match_is_the_same_again_and_kept() -> None:
    weakening.cache_clear()
    first = weakening(HEAD, "left", 0.4)
    assert weakening(HEAD, "left", 0.4) == first
    assert weakening.cache_info().hits == 1
    weakening.cache_clear()
    assert weakening(HEAD, "left", 0.4) == first


@pytest.mark.packages
def test_a_face_without_an_expression_has_nothing_to_weaken() -> None:
    still = HEAD.replace(intensity=0.0)
    changed = interventions.get("weaker_by_displacement").edit(still, 0.7)
    assert (changed.left, changed.right) == (1.0, 1.0)
    neutral, one_sided = control_set(HEAD)["neutral"]
    assert np.array_equal(one_sided.apply(neutral, 1.0, 96).image, neutral.render(96).image)


@pytest.mark.thorough
@pytest.mark.packages
def test_only_one_sided_weakening_takes_symmetry_away() -> None:
    fall = {}
    for name, (head, intervention) in control_set(HEAD).items():
        frames = make_frames(head, intervention, (0.0, 0.5, 1.0), size=96)
        symmetry = measure(frames.faces, "symmetry")["symmetry"].to_numpy()
        fall[name] = symmetry[0] - symmetry
    for name in ("one_sided", "other_side"):
        assert (np.diff(fall[name]) > 0.03).all(), fall
    assert fall["one_sided"] == pytest.approx(fall["other_side"], abs=0.02)
    for name in ("equal_total", "equal_displacement", "neutral"):
        assert np.abs(fall[name]).max() < 1e-3, fall
