"""Heads: what they accept, their key, their sides."""

from __future__ import annotations

import subprocess
import sys

import pytest

import facelib
from facelib.errors import BadValueError, FacelibError, UnknownNameError
from facelib.faces import ELECTRODE_SCHEMES, Head, Light, render_heads

pytestmark = pytest.mark.packages


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("age", 2),
        ("age", float("nan")),
        ("gender", 1.2),
        ("skin_tone", -0.1),
        ("intensity", 2),
        ("left", -1),
        ("palsy", 1.5),
        ("asymmetry", 3),
        ("hair", "mohawk"),
        ("hair_colour", "blue"),
        ("palsy_side", "up"),
        ("seed", -1),
        ("seed", 0.5),
        ("pose", (0, 0)),
        ("pose", (100, 0, 0)),
        ("pose", 5),
        ("gaze", (30, 0)),
        ("ancestry", {"european": 0}),
        ("expression_set", "best"),
        ("expression", {"mouthSmile": 2}),
        ("expression", {"mouthSmile": "much"}),
        ("expression", ["mouthSmile"]),
        ("expression", 3),
        ("ancestry", "european"),
        ("background", None),
        ("seed", "first"),
        ("seed", None),
        ("seed", float("nan")),
        ("seed", float("inf")),
        ("electrodes", 5),
        ("electrodes", [["F1"]]),
    ],
)
def test_bad_values_are_refused_with_what_came(field: str, value: object) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011, it is a FacelibError too
        Head(**{field: value})  # type: ignore[arg-type]
    assert isinstance(caught.value, FacelibError)
    assert len(str(caught.value)) > 20


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("expression", "smug"),
        ("light", "moon"),
        ("light", {}),
        ("ancestry", {"martian": 1}),
        ("electrodes", ("F1", "X9")),
    ],
)
def test_unknown_names_are_refused(field: str, value: object) -> None:
    with pytest.raises(UnknownNameError):
        Head(**{field: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("size", ["large", None, 64.5, True, 47, float("inf")])
def test_a_size_is_a_whole_number_of_pixels(size: object) -> None:
    with pytest.raises(BadValueError, match="whole number of pixels from 48 to 1024"):
        Head().render(size)  # type: ignore[arg-type]


@pytest.mark.parametrize("workers", [-1, 0, "all", 1.5, True])
def test_threads_are_a_whole_number(workers: object) -> None:
    with pytest.raises(BadValueError, match="number of threads"):
        render_heads([Head()], 48, workers=workers)  # type: ignore[arg-type]


@pytest.mark.parametrize("heads", [None, Head(), [Head(), 1], 3])
def test_only_heads_are_rendered(heads: object) -> None:
    with pytest.raises(BadValueError, match="Expected a list of heads; got"):
        render_heads(heads, 48)  # type: ignore[arg-type]


def test_a_side_that_is_named_counts_more_than_both_in_any_order() -> None:
    one = Head(expression={"mouthSmile": 0.5, "mouthSmileLeft": 0.2})
    other = Head(expression={"mouthSmileLeft": 0.2, "mouthSmile": 0.5})
    assert one == other
    assert dict(one.recipe) == {"mouthSmileLeft": 0.2, "mouthSmileRight": 0.5}


def test_an_electrode_is_attached_once() -> None:
    head = Head(electrodes=["F2", "F1", "F2"])  # type: ignore[arg-type]
    assert head == Head(electrodes=("F2", "F1"))


def test_a_lights_colour_is_three_numbers() -> None:
    with pytest.raises(BadValueError, match="red, green, blue"):
        Light(colour=5)  # type: ignore[arg-type]


def test_bad_value_names_field_and_value() -> None:
    with pytest.raises(BadValueError, match=r"age between 5 and 90; got 3"):
        Head(age=3)


def test_equal_heads_have_equal_keys() -> None:
    one = Head(
        ancestry={"asian": 2, "european": 2}, expression={"mouthSmileLeft": 0.5, "mouthSmileRight": 0.5}
    )
    two = Head(ancestry={"european": 0.5, "asian": 0.5}, expression={"mouthSmile": 0.5}, pose=(-0.0, 0, 0))
    assert one == two
    assert one.key == two.key
    assert hash(one) == hash(two)
    assert one.key != one.replace(seed=1).key
    assert one.key != one.replace(light=Light(azimuth=1.0)).key


def test_fields_given_again_stay_the_same_to_the_last_bit() -> None:
    """Also shares that don't quite add up to 1 after they were divided by their sum."""
    for head in facelib.sample_heads(200, seed=2):
        assert head.replace(age=head.age) == head
    mixed = Head(background={"grey": 0.1, "room": 0.6, "blue": 0.2})
    assert mixed.replace(age=mixed.age) == mixed


@pytest.mark.thorough
def test_the_key_is_the_same_in_another_process() -> None:
    code = "from facelib import Head; print(Head(age=44, electrodes='fridlund', light='side').key)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == Head(age=44, electrodes="fridlund", light="side").key


def test_every_field_changes_the_key() -> None:
    head = Head()
    changes = {
        "age": 36,
        "gender": 0.4,
        "ancestry": {"asian": 1},
        "skin_tone": 0.4,
        "hair": "long",
        "expression": "sad",
        "intensity": 0.5,
        "pose": (1, 0, 0),
        "light": "side",
        "electrodes": "fridlund",
        "seed": 1,
        "expression_set": "facs",
        "left": 0.5,
        "right": 0.5,
        "palsy": 0.5,
        "palsy_side": "right",
        "asymmetry": 0.5,
        "facial_hair": 0.5,
        "hair_colour": "red",
        "eye_colour": "blue",
        "moles": 0.5,
        "gaze": (1, 0),
        "palsy_parts": "resting",
        "synkinesis": 0.5,
        "thinning": 0.5,
        "glasses": 0.5,
        "lens_tint": 0.5,
        "mask": 0.5,
        "background": "room",
        "electrode_size": 1.5,
        "wires": 0.5,
        "tape": 0.5,
        "grey": 0.5,
        "moles_side": "left",
        "hair_length": 0.5,
    }
    keys = {head.replace(**{name: value}).key for name, value in changes.items()} | {head.key}
    assert len(keys) == len(changes) + 1
    assert set(changes) == set(Head.__dataclass_fields__)


def test_units_resolve_sides_and_intensity() -> None:
    head = Head(expression={"mouthSmile": 0.8}, intensity=0.5, left=0.5)
    assert head.units["mouthSmileLeft"] == (0.2, 0.0)
    assert head.units["mouthSmileRight"] == (0.0, 0.4)


def test_electrodes_are_a_scheme_or_names_in_order() -> None:
    assert Head(electrodes="fridlund").electrode_names == ELECTRODE_SCHEMES["fridlund"]
    assert Head(electrodes=("F3", "F1")).electrode_names == ("F3", "F1")
    assert Head(electrodes=()).electrode_names == () == Head().electrode_names
    assert {name: len(names) for name, names in ELECTRODE_SCHEMES.items()} == {"fridlund": 22, "kuramoto": 19}
    with pytest.raises(UnknownNameError, match="kuramoto"):
        ELECTRODE_SCHEMES["tesla"]


def test_the_documented_head_works() -> None:
    head = facelib.Head(
        age=35,
        gender=0.3,
        ancestry={"european": 1.0},
        skin_tone=0.3,
        hair="short",
        expression="happy",
        intensity=1.0,
        pose=(0, 0, 0),
        light="studio",
        electrodes=None,
        seed=0,
    )
    assert head == Head()
    assert head.replace(age=70).age == 70
