"""Every intervention on heads: identity at 0, gradual, and moving what it says."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from facelib import interventions, properties
from facelib.errors import BadValueError, UnknownNameError
from facelib.faces import ELECTRODE_SCHEMES, EXPRESSIONS, Head, Light
from facelib.interventions import INTERVENTIONS, HeadIntervention
from facelib.interventions.palsy import Palsy

ON_HEADS = [name for name in INTERVENTIONS if isinstance(INTERVENTIONS[name], HeadIntervention)]
HEAD = Head(age=40, gender=0.4, skin_tone=0.3, expression="happy", intensity=0.9, asymmetry=0.3, palsy=0.2)


def ready(name: str) -> Head:
    """Return a head that an intervention accepts: some change what is worn."""
    return (
        HEAD
        if INTERVENTIONS[name].accepts(HEAD)
        else HEAD.replace(electrodes="fridlund", glasses=0.5, hair="long")
    )


@pytest.mark.parametrize("name", ON_HEADS)
def test_strength_zero_is_the_very_head(name: str) -> None:
    assert interventions.get(name).edit(HEAD, 0.0) is HEAD


@pytest.mark.one_case
@pytest.mark.packages
@pytest.mark.parametrize("name", list(INTERVENTIONS))
def test_strength_zero_is_the_picture_bit_for_bit(name: str) -> None:
    changed = interventions.get(name).apply(ready(name), 0.0)
    assert np.array_equal(changed.image, ready(name).render().image)


@pytest.mark.one_case
@pytest.mark.packages
@pytest.mark.parametrize("name", list(INTERVENTIONS))
def test_strength_one_changes_the_picture(name: str) -> None:
    head = ready(name)
    before, after = head.render().image, interventions.get(name).apply(head, 1.0).image
    assert after.shape == before.shape
    assert np.abs(after.astype(int) - before).mean() > 0.05


@pytest.mark.one_case
@pytest.mark.parametrize("name", ON_HEADS)
@pytest.mark.parametrize("strength", [-0.1, 1.1, float("nan"), "a", None])
def test_a_strength_outside_the_range_is_refused(name: str, strength: Any) -> None:
    with pytest.raises(BadValueError, match="between 0"):
        interventions.get(name).edit(HEAD, strength)


def test_one_sided_weakening_and_its_control_have_the_same_total() -> None:
    for strength in np.linspace(0, 1, 11):
        one = interventions.get("asymmetric_expression", side="left").edit(HEAD, strength)
        both = interventions.get("weaker_expression").edit(HEAD, strength)
        assert one.right == HEAD.right
        assert one.left == pytest.approx(HEAD.left * (1 - strength))
        assert both.left == both.right
        assert one.left + one.right == pytest.approx(both.left + both.right)


def test_sides_are_swapped_by_the_option() -> None:
    left = interventions.get("palsy", side="left").edit(HEAD.replace(palsy=0.0), 0.5)
    right = interventions.get("palsy", side="right").edit(HEAD.replace(palsy=0.0), 0.5)
    assert (left.palsy, left.palsy_side) == (0.5, "left")
    assert (right.palsy, right.palsy_side) == (0.5, "right")


def test_symmetrise_ends_in_a_symmetric_head_and_asymmetrise_in_the_whole_pattern() -> None:
    crooked = HEAD.replace(left=0.2, right=1.0)
    straight = interventions.get("symmetrise").edit(crooked, 1.0)
    assert (straight.asymmetry, straight.palsy) == (0.0, 0.0)
    assert straight.left == straight.right == pytest.approx(0.6)
    assert interventions.get("asymmetrise").edit(HEAD, 1.0).asymmetry == pytest.approx(1.0)


@pytest.mark.packages
def test_symmetrise_takes_a_wink_and_a_crooked_jaw_back() -> None:
    wink = Head(expression={"eyeBlinkLeft": 0.8, "mouthSmile": 0.6, "jawRight": 0.5, "browInnerUp": 0.3})
    change = interventions.get("symmetrise")
    assert change.edit(wink, 1.0).recipe == pytest.approx(
        {
            "eyeBlinkLeft": 0.4, "eyeBlinkRight": 0.4, "mouthSmileLeft": 0.6, "mouthSmileRight": 0.6,
            "jawLeft": 0.25, "jawRight": 0.25, "browInnerUp": 0.3,
        }
    )  # fmt: skip
    faces = [change.edit(wink, strength).render(96) for strength in (0.0, 0.5, 1.0)]
    symmetry = properties.measure(faces, "symmetry")["symmetry"]
    assert (np.diff(symmetry) > 0.02).all()
    assert symmetry[2] > 0.99
    assert change.edit(HEAD, 0.7).expression == "happy"


@pytest.mark.parametrize("scheme", ["fridlund", "kuramoto"])
def test_electrodes_come_one_after_the_other(scheme: str) -> None:
    names = ELECTRODE_SCHEMES[scheme]
    attached = [
        interventions.get("electrodes", scheme=scheme).edit(HEAD, k / 20).electrodes or () for k in range(21)
    ]
    counts = [len(found) for found in attached]
    assert counts == sorted(counts)
    assert (counts[0], counts[-1]) == (0, len(names))
    for fewer, more in itertools.pairwise(attached):
        assert set(fewer) <= set(more)


@pytest.mark.thorough
@pytest.mark.parametrize("worn", ["fridlund", ("F3", "F1"), "kuramoto", None])
@pytest.mark.parametrize("scheme", ["fridlund", "kuramoto"])
def test_electrodes_are_added_to_those_worn(worn: str | tuple[str, ...] | None, scheme: str) -> None:
    head = HEAD.replace(electrodes=worn)
    change = interventions.get("electrodes", scheme=scheme)
    attached = [change.edit(head, k / 50).electrode_names for k in range(51)]
    missing = [name for name in ELECTRODE_SCHEMES[scheme] if name not in head.electrode_names]
    assert attached[0] == head.electrode_names
    assert attached[-1] == (*head.electrode_names, *missing)
    for fewer, more in itertools.pairwise(attached):
        assert more[: len(fewer)] == fewer
        assert len(more) - len(fewer) <= 1


def test_a_palsy_grows_from_the_level_of_its_side() -> None:
    head = HEAD.replace(palsy=0.8, palsy_side="right")
    right = interventions.get("palsy", side="right")
    assert [right.edit(head, s).palsy for s in (0.0, 0.5, 1.0)] == pytest.approx([0.8, 0.9, 1.0])
    with pytest.raises(BadValueError, match=r"one side only.*0\.8 on the right.*Choose the right side"):
        interventions.get("palsy", side="left").edit(head, 0.05)
    assert interventions.get("palsy", side="left").edit(head.replace(palsy=0.0), 0.5).palsy_side == "left"


def test_the_shares_of_ancestry_move_to_one_morph() -> None:
    head = HEAD.replace(ancestry={"european": 0.6, "asian": 0.4})
    half = dict(interventions.get("ancestry", to="asian").edit(head, 0.5).ancestry)
    assert half == pytest.approx({"asian": 0.7, "european": 0.3})
    assert dict(interventions.get("ancestry", to="european").edit(head, 1.0).ancestry) == {"european": 1.0}
    least = interventions.get("ancestry").edit(head, 0.25)
    assert dict(least.ancestry) == pytest.approx({"african": 0.25, "asian": 0.3, "european": 0.45})
    assert least.replace(ancestry=head.ancestry) == head
    pure = head.replace(ancestry={"african": 1})
    assert interventions.get("ancestry", to="african").edit(pure, 0.3) == pure
    assert interventions.get("ancestry", to="african").clause == "the shape moves to the african morph"


@pytest.mark.parametrize("chosen", ["tuned", "facs"])
@pytest.mark.parametrize("to", list(EXPRESSIONS["facs"]))
def test_the_expression_blends_unit_by_unit_to_another_emotion(chosen: str, to: str) -> None:
    head = HEAD.replace(expression_set=chosen, expression="fear", right=0.6)
    change = interventions.get("expression", to=to)
    other = EXPRESSIONS[chosen][to]
    for strength in (0.25, 0.5, 1.0):
        changed = change.edit(head, strength)
        for unit in {*head.recipe, *other}:
            start, end = head.recipe.get(unit, 0.0), other.get(unit, 0.0)
            assert changed.recipe.get(unit, 0.0) == pytest.approx(start + (end - start) * strength)
        assert changed.replace(expression="fear") == head
    assert change.edit(head, 1.0).expression == to
    assert change.clause == f"the expression becomes {to}"


def test_a_recipe_of_ones_own_becomes_an_emotion_and_an_emotion_itself() -> None:
    own = HEAD.replace(expression={"mouthSmileLeft": 0.5, "jawOpen": 0.2})
    change = interventions.get("expression", to="surprise")
    assert change.edit(own, 0.5).recipe["jawOpen"] == pytest.approx((0.2 + 0.76) / 2)
    assert change.edit(HEAD.replace(expression="surprise"), 0.3).expression == "surprise"


def test_an_expression_fades_and_grows() -> None:
    weak = HEAD.replace(intensity=0.4)
    assert interventions.get("intensity").edit(weak, 0.5).intensity == pytest.approx(0.2)
    assert interventions.get("stronger_expression").edit(weak, 0.5).intensity == pytest.approx(0.7)
    assert interventions.get("stronger_expression").edit(weak, 1.0).intensity == 1.0
    assert INTERVENTIONS["intensity"].expected == "falls"
    assert INTERVENTIONS["stronger_expression"].expected == "rises"


def test_the_key_light_grows_warm_or_cool() -> None:
    for to in ("warm", "cool"):
        change = interventions.get("light_colour", to=to)
        light = [Light.of(change.edit(HEAD, s).light) for s in (0.0, 0.5, 1.0)]
        assert light[2].colour == Light.of(to).colour
        assert light[1].colour == pytest.approx(tuple(np.mean([light[0].colour, light[2].colour], axis=0)))
        assert light[2].replace(colour=light[0].colour) == light[0]
        assert change.clause == f"the light grows {to}"


@pytest.mark.parametrize(("name", "low", "high"), [("age", 20, 85), ("gender", 0, 1), ("skin_tone", 0, 1)])
def test_a_number_moves_in_a_straight_line_to_the_farther_end(name: str, low: float, high: float) -> None:
    head = HEAD.replace(**{name: low + 0.25 * (high - low)})
    values = [getattr(interventions.get(name).edit(head, s), name) for s in (0.0, 0.5, 1.0)]
    assert values[2] == high
    assert values[1] == pytest.approx((values[0] + values[2]) / 2)
    back = interventions.get(name).edit(HEAD.replace(**{name: high}), 1.0)
    assert getattr(back, name) == low


def test_symmetry_means_one_sided_weakening_on_heads() -> None:
    named = interventions.get("symmetry", side="right")
    assert named.id == "asymmetric_expression"
    assert named.meant_for(HEAD) == interventions.get("asymmetric_expression", side="right")
    assert named.edit(HEAD, 0.5) == interventions.get("asymmetric_expression", side="right").edit(HEAD, 0.5)


def test_wrong_names_and_options_are_answered() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean"):
        interventions.get("symetrise")
    with pytest.raises(BadValueError, match="Its options: side"):
        interventions.get("palsy", sides="left")


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("asymmetric_expression", {"side": "up"}, "left, right; got 'up'"),
        ("palsy", {"side": None}, "left, right; got None"),
        ("palsy", {"side": ["left"]}, "left, right"),
        ("electrodes", {"scheme": "ten-twenty"}, "fridlund, kuramoto; got 'ten-twenty'"),
        ("age", {"to": "old"}, "age between 5 and 90; got 'old'"),
        ("age", {"to": 91}, "age between 5 and 90; got 91"),
        ("age", {"to": 10**400}, "age between 5 and 90; got 1"),
        ("gender", {"to": -0.1}, "gender between 0 and 1"),
        ("skin_tone", {"to": float("nan")}, "skin_tone between 0 and 1"),
        ("pose", {"yaw": "left"}, "yaw between -90 and 90; got 'left'"),
        ("pose", {"yaw": 91}, "yaw between -90 and 90; got 91"),
        ("gaze", {"side": "up"}, "left, right; got 'up'"),
        ("ancestry", {"to": "nordic"}, "african, asian, european; got 'nordic'"),
        ("ancestry", {"to": 1}, "african, asian, european; got 1"),
        ("expression", {"to": "bored"}, "disgust, angry; got 'bored'"),
        ("light_colour", {"to": "green"}, "warm, cool; got 'green'"),
        ("pitch", {"to": 61}, "pitch between -60 and 60; got 61. Or one of the words: down, up"),
        ("weaker_by_displacement", {"side": "both"}, "left, right; got 'both'"),
        ("light_direction", {"azimuth": None}, "azimuth between -180 and 180; got None"),
        ("shift", {"direction": "up"}, "A direction of 'shift'"),
        ("shift", {"direction": 3}, "A direction of 'shift'"),
    ],
)
def test_wrong_options_are_refused_at_once(name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(BadValueError, match=message):
        interventions.get(name, **options)


def test_options_apply_to_an_intervention_too() -> None:
    aged = interventions.get("age", to=70)
    assert interventions.get(aged) is aged
    assert interventions.get(interventions.get("palsy"), side="right") == Palsy("right")
    with pytest.raises(BadValueError, match="left, right"):
        interventions.get(Palsy(), side="up")
    for name in ("palsy", "weaker_expression"):
        with pytest.raises(BadValueError, match="no such options: to"):
            interventions.get(INTERVENTIONS[name], to=70)


@pytest.mark.parametrize(
    ("name", "option", "value"), [("pose", "yaw", -20), ("light_direction", "azimuth", -60)]
)
def test_the_view_ends_at_the_given_angle(name: str, option: str, value: float) -> None:
    start = HEAD.replace(pose=(40.0, 5.0, -3.0))
    end = interventions.get(name, **{option: value}).edit(start, 1.0)
    assert Light.of(end.light).azimuth == (
        value if name == "light_direction" else Light.of(start.light).azimuth
    )
    assert end.pose == ((value, 5.0, -3.0) if name == "pose" else start.pose)


@pytest.mark.thorough
@pytest.mark.packages
@pytest.mark.parametrize(("side", "sign"), [("left", 1), ("right", -1)])
def test_the_eyes_turn_from_their_own_gaze_to_a_side(side: str, sign: int) -> None:
    start = HEAD.replace(gaze=(-sign * 8.0, -6.0))
    change = interventions.get("gaze", side=side)
    heads = [change.edit(start, s) for s in np.linspace(0, 1, 11)]
    assert change.clause == f"the eyes turn to the {side}"
    assert heads[5].gaze == pytest.approx((sign * 6.5, -6.0))
    assert heads[-1].gaze == (sign * 21.0, -6.0)
    assert heads[-1].replace(gaze=start.gaze) == start
    marks = [head.render(224).landmarks[[468, 473], 0] for head in heads]
    assert (np.diff(marks, axis=0) * sign > 0.2).all()  # the person's left is the picture's right


@pytest.mark.parametrize("name", ["pose", "gaze", "light_direction"])
def test_rounding_carries_no_angle_out_of_its_range(name: str) -> None:
    options = {"pose": {"yaw": 90.0}, "gaze": {}, "light_direction": {"azimuth": 180.0}}
    for share in np.random.default_rng(0).uniform(-1, 1, 200):
        head = HEAD.replace(
            pose=(90 * share, 0.0, 0.0), gaze=(21 * share, 0.0), light=Light(azimuth=180 * share)
        )
        end = interventions.get(name, **options[name]).edit(head, 1.0)
        reached = {"pose": end.pose[0], "gaze": end.gaze[0], "light_direction": Light.of(end.light).azimuth}
        assert reached[name] == pytest.approx({"pose": 90, "gaze": 21, "light_direction": 180}[name])


def test_the_list_of_interventions_follows_the_face() -> None:
    table = interventions.available(HEAD)
    assert {"asymmetric_expression", "palsy", "age", "electrodes", "blur"} <= set(table["id"])
    assert table["description"].str.len().min() > 10
    assert (table["placebo"].sum()) >= 10


@pytest.mark.packages
def test_a_picture_is_offered_only_what_works_on_it() -> None:
    face = HEAD.render(96)
    names = set(interventions.available(face)["id"])
    assert "blur" in names
    electrodes = {"electrode_removal", "electrode_wires"}
    assert names | electrodes == {name for name in INTERVENTIONS if INTERVENTIONS[name].on != "heads"}
    assert not names & electrodes  # this face wears none
    worn = set(interventions.available(HEAD.replace(electrodes="fridlund").render(96))["id"])
    assert worn >= electrodes
    with pytest.raises(BadValueError, match="parametric head"):
        interventions.get("ancestry", to="asian").apply(face, 0.5)
