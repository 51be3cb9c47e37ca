"""Who is shown in Facing Asymmetry: as many as said, evenly spread, the same people throughout."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from facelib.errors import BadValueError
from facelib.experiments.asymmetry import arms
from facelib.experiments.asymmetry.design import ARMS, EXPRESSIONS, asymmetry_faces, face_table
from facelib.interventions import CONTROLS, control_set

PEOPLE = 12


def test_everyone_shows_everything_and_is_neutral_once() -> None:
    heads = asymmetry_faces(PEOPLE)
    assert len(heads) == PEOPLE * (6 * 2 + 1)
    assert len({head.key for head in heads}) == len(heads)
    shown = Counter((head.expression, head.intensity) for head in heads)
    assert shown == {(name, part): PEOPLE for name in EXPRESSIONS for part in (1.0, 0.5)} | {
        ("neutral", 1.0): PEOPLE
    }
    assert len(asymmetry_faces(PEOPLE, neutral=False)) == PEOPLE * 12


def test_faces_of_a_person_differ_in_the_expression_only() -> None:
    heads = asymmetry_faces(3, ("happy", "angry"))
    faces = face_table(heads)
    assert faces["identity"].nunique() == 3
    assert faces.groupby("identity").size().tolist() == [5, 5, 5]
    for _, own in faces.groupby("identity"):
        people = {heads[row].replace(expression="neutral", intensity=1.0).key for row in own.index}
        assert len(people) == 1


def test_age_and_gender_are_spread_evenly() -> None:
    people = [head for head in asymmetry_faces(PEOPLE) if head.expression == "neutral"]
    for name, (low, high) in {"age": (18, 80), "gender": (0, 1), "skin_tone": (0, 1)}.items():
        share = (np.array([getattr(head, name) for head in people]) - low) / (high - low)
        assert sorted(np.floor(share * PEOPLE).astype(int)) == list(range(PEOPLE)), name


def test_heads_are_frontal_in_studio_light_and_symmetric_at_rest() -> None:
    for head in asymmetry_faces(2):
        assert (head.pose, head.light, head.asymmetry, head.palsy) == ((0.0, 0.0, 0.0), "studio", 0.0, 0.0)
        assert (head.left, head.right, head.expression_set) == (1.0, 1.0, "facs")


def test_people_follow_from_the_seed() -> None:
    assert asymmetry_faces(2, seed=5) == asymmetry_faces(2, seed=5)
    assert asymmetry_faces(2, seed=5) != asymmetry_faces(2, seed=6)
    assert asymmetry_faces(2, expression_set="tuned")[0].expression_set == "tuned"


def test_arms_are_those_of_the_control_set() -> None:
    head = asymmetry_faces(1, ("happy",))[0]
    known = control_set(head)
    assert {"neutral", *known} == set(CONTROLS)
    expected = [
        known[name].intervention for name in ("one_sided", "other_side", "equal_total", "equal_displacement")
    ]
    assert arms() == expected
    assert len(ARMS) == len(expected)


@pytest.mark.packages
def test_the_other_sides_displacement_is_the_same_to_a_hundredth() -> None:
    """One control of the same displacement serves both sides: symmetric people move alike."""
    from facelib.interventions.displacement import displacement

    left, right, _, both = arms()
    for head in asymmetry_faces(2, ("happy", "fear"), (1.0,), neutral=False):
        moved = [displacement(head, arm.edit(head, 1.0)) for arm in (left, right, both)]  # type: ignore[attr-defined]
        assert moved[2] == pytest.approx(moved[0], rel=1e-4)
        assert all(a == pytest.approx(b, rel=0.01) for a, b in pairwise(moved))


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"people": 0}, "1 or more; got 0"),
        ({"people": True}, "1 or more"),
        ({"expressions": ("happy", "neutral")}, "added by themselves"),
        ({"expressions": "happy"}, "got 'happy'"),
        ({"expressions": ("sad", "sad")}, "different expressions"),
        ({"expressions": ()}, "different expressions"),
        ({"intensities": (0.0,)}, "above 0"),
        ({"intensities": (1.0, 1.0)}, "different intensities"),
        ({"intensities": 1.0}, "got 1.0"),
        ({"expression_set": "plain"}, "tuned, facs; got 'plain'"),
    ],
)
def test_what_cannot_be_is_named(options: dict[str, Any], match: str) -> None:
    with pytest.raises(BadValueError, match=match):
        asymmetry_faces(**{"people": 2} | options)
