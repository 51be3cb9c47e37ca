"""What holds for every registered intervention: identity at 0, gradual, true to its tags, monotone."""

from __future__ import annotations

import itertools
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from scipy.stats import spearmanr

from facelib import interventions, properties
from facelib.errors import BadValueError
from facelib.faces import Face, Head, Light, sample_heads, sample_photograph
from facelib.head.geometry.mesh import identity_key
from facelib.interventions import GROUPS, INTERVENTIONS, HeadIntervention, Intervention
from facelib.interventions.head_numbers import Toward
from facelib.interventions.intervention import COSTS
from facelib.properties import PROPERTIES
from facelib.studies import even_strengths, make_frames

COUNTED = {"electrodes"}  # one after the other, by design
GRADUAL = [name for name in INTERVENTIONS if not INTERVENTIONS[name].placebo and name not in COUNTED]
JUMP = 0.35  # of the whole change, between neighbours of 21 strengths
HEADS = (
    Head(age=40, gender=0.4, skin_tone=0.3, intensity=0.9, asymmetry=0.3, palsy=0.2, electrodes=("F1", "F2")),
    Head(
        age=68, gender=0.9, skin_tone=0.85, hair="bald", expression="fear", intensity=0.6, facial_hair=0.7,
        light="top", pose=(20.0, -8.0, 5.0), palsy=0.5, electrodes="fridlund", seed=12,
        ancestry={"african": 1},
    ),
    Head(
        age=12, gender=0.1, hair="long", expression={"jawOpen": 0.4}, intensity=0.5, left=0.6, palsy=0.3,
        light=Light(azimuth=-60.0, softness=0.9), gaze=(-9.0, 4.0), electrodes=("K1",), seed=5,
    ),
)  # fmt: skip
GEOMETRIC = ("symmetry", "yaw", "pitch", "roll")  # told from landmarks alone
PEOPLE = 30


def able(change: Intervention, head: Head) -> Head:
    """Give the head what the intervention needs."""
    if change.accepts(head):
        return head
    return head.replace(
        intensity=0.5, palsy=0.4, electrodes="fridlund", glasses=0.5, hair="long", hair_length=0.3
    )


@cache
def photograph() -> Face:
    return sample_photograph()


@pytest.mark.packages
@pytest.mark.parametrize("name", list(INTERVENTIONS))
def test_nothing_changes_at_strength_zero(name: str) -> None:
    change = INTERVENTIONS[name]
    for head in (able(change, head) for head in HEADS):
        assert change.accepts(head)
        if isinstance(change, HeadIntervention):
            assert change.edit(head, 0.0) is head
        else:
            face = picture(head)
            assert np.array_equal(change.apply(face, 0.0).image, face.image)
    if change.accepts(photograph()):
        assert np.array_equal(change.apply(photograph(), 0.0).image, photograph().image)


@cache
def picture(head: Head, size: int = 64) -> Face:
    return head.render(size)


@pytest.mark.packages
@pytest.mark.parametrize("name", GRADUAL)
def test_no_step_is_a_jump(name: str) -> None:
    """Seen from afar, so that what moves by a pixel doesn't count as wholly changed."""
    for head in HEADS[:2]:
        frames = make_frames(
            able(INTERVENTIONS[name], head), INTERVENTIONS[name], even_strengths(21), size=128
        )
        seen = [cv2.GaussianBlur(image.astype(np.float32), (0, 0), 128 / 25) for image in frames.images]
        whole = max(apart(seen[0], picture) for picture in seen)
        steps = [apart(one, two) for one, two in itertools.pairwise(seen)]
        assert max(steps) <= JUMP * whole + 0.05, (whole, np.round(steps, 2))


def apart(a: npt.NDArray[np.float32], b: npt.NDArray[np.float32]) -> float:
    return float(np.sqrt(((a - b) ** 2).mean()))


@pytest.mark.parametrize("name", list(INTERVENTIONS))
def test_tags_are_whole(name: str) -> None:
    change = INTERVENTIONS[name]
    assert change.cost in COSTS
    assert change.group in GROUPS or change.placebo
    assert change.moves is None or change.moves in PROPERTIES
    assert change.expected in {"falls", "rises", "none", "open"}
    assert (change.expected == "none") == change.placebo
    assert change.description.endswith(".")
    assert len(change.title) > 2
    assert "{" not in change.clause
    for option, words in change.choices.items():
        assert len({interventions.get(name, **{option: word}).clause for word in words}) >= 1


@pytest.mark.parametrize("name", list(INTERVENTIONS))
def test_the_cost_says_what_has_to_be_made_anew(name: str) -> None:
    change = INTERVENTIONS[name]
    head = able(change, HEADS[0])
    if not isinstance(change, HeadIntervention):
        assert change.cost == "pixels"
        return
    anew = identity_key(change.edit(head, 1.0)) != identity_key(head)
    assert change.cost == ("shape" if anew else "shade")


def test_the_list_says_every_tag() -> None:
    table = interventions.available().set_index("id")
    for name in INTERVENTIONS:
        row, change = table.loc[name], INTERVENTIONS[name]
        assert (row["cost"], row["ms"]) == (change.cost, COSTS[change.cost])
        assert row["property"] == change.moves or (
            change.moves is None and row["property"] != row["property"]
        )
        assert (row["placebo"], row["expected"]) == (change.placebo, change.expected)
    assert table.loc["age", "options"] == "to: younger, older"
    assert table.loc["palsy", "options"].startswith("side: left, right")
    assert COSTS["pixels"] < COSTS["shade"] < COSTS["shape"]


def test_a_head_that_lacks_something_is_told_what() -> None:
    told = {
        "stronger_expression": r"Needs an expression that isn't whole yet\.",
        "synkinesis": r"this head has none\. Give it one first\.",
        "electrode_size": r"this one wears none\. Give it some first\.",
        "sunglasses": r"this head wears none\. Give it some first\.",
    }
    for name, words in told.items():
        with pytest.raises(BadValueError, match=rf"{name}' doesn't work on this head\. .*{words}"):
            make_frames(Head(), INTERVENTIONS[name], (0.0, 1.0))
    with pytest.raises(BadValueError, match=r"0\.3 on the right.*Choose the right side"):
        make_frames(Head(palsy=0.3, palsy_side="right"), INTERVENTIONS["palsy"], (0.0, 1.0))


def test_what_is_expected_turns_around_with_the_way() -> None:
    """A mask hides the mouth; taking one off shows it."""
    masked = interventions.available(Head(mask=1.0)).set_index("id")["expected"]
    assert interventions.available(Head()).set_index("id").loc["mask", "expected"] == "falls"
    assert (masked["mask"], masked["palsy"], masked["age"]) == ("rises", "falls", "open")
    for to, way in (("up", "falls"), ("down", "rises"), (0.9, "falls"), (0.1, "rises"), (0.5, "none")):
        assert interventions.get("mask", to=to).expects(Head(mask=0.5)) == way
    assert interventions.get("electrode_size", to="smaller").expects() == "rises"


def test_what_works_with_another_word_only_is_listed_with_it() -> None:
    right = Head(palsy=0.3, palsy_side="right")
    (listed,) = (item for item in interventions.ordered(right) if item.id == "palsy")
    assert listed == interventions.get("palsy", side="right")
    assert not INTERVENTIONS["palsy"].accepts(right)
    assert INTERVENTIONS["palsy"].fitted(Head()) is INTERVENTIONS["palsy"]
    assert INTERVENTIONS["sunglasses"].fitted(Head()) is None


def test_light_and_pose_name_the_angle_that_tells_them() -> None:
    moved = {
        name: INTERVENTIONS[name].moves for name in ("light_direction", "light_elevation", "pose", "roll")
    }
    assert list(moved.values()) == ["light_azimuth", "light_elevation", "yaw", "roll"]


@pytest.mark.packages
@pytest.mark.parametrize("name", [name for name in INTERVENTIONS if INTERVENTIONS[name].moves])
@pytest.mark.one_case
def test_its_own_property_rises_or_falls_with_the_strength(name: str) -> None:
    """On the mean over 30 identities; what landmarks tell, strictly."""
    change = INTERVENTIONS[name]
    if isinstance(change, Toward):  # all the same way
        change = interventions.get(name, to=change.words[1])
    own, strengths = change.moves, even_strengths(5)
    assert own is not None
    curves = [
        properties.measure(make_frames(head, change, strengths, size=128).faces, own)[own]
        for head in people(change)
    ]
    mean = np.nanmean(curves, axis=0)
    assert len(curves) == PEOPLE
    assert abs(spearmanr(strengths, mean).statistic) >= 0.95, mean
    if own in GEOMETRIC:
        steps = np.diff(mean)
        assert (steps > 0).all() or (steps < 0).all(), mean


def people(change: Intervention) -> list[Head]:
    """Thirty frontal people on whom the intervention works."""
    heads = [head.replace(pose=(0, 0, 0), asymmetry=0.3) for head in sample_heads(PEOPLE, seed=4)]
    return [able(change, head) for head in heads]
