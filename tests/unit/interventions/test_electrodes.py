"""Which electrodes are attached and in what order; their size, tape and leads, on heads that wear some."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from facelib import interventions, properties
from facelib.errors import BadValueError
from facelib.face import face_fingerprint
from facelib.faces import ELECTRODE_SCHEMES, Face, Head
from facelib.interventions.electrodes import Electrodes
from facelib.studies import parse_study
from facelib.studies.interventional import intervention_name

HEAD = Head(expression="neutral", electrodes="kuramoto", light="frontal")
FIELDS = {"electrode_size": "electrode_size", "electrode_tape": "tape", "electrode_wires": "wires"}


@pytest.mark.parametrize("name", list(FIELDS))
def test_heads_without_electrodes_are_not_accepted(name: str) -> None:
    bare, change = HEAD.replace(electrodes=None), interventions.get(name)
    assert change.accepts(HEAD)
    assert not change.accepts(bare)
    assert name not in set(interventions.available(bare)["id"])
    assert change.edit(bare, 0.0) is bare
    with pytest.raises(BadValueError, match="wears none"):
        change.edit(bare, 0.3)


@pytest.mark.parametrize(
    ("name", "end"), [(name, 2.0 if name == "electrode_size" else 1.0) for name in FIELDS]
)
def test_a_number_grows_from_the_heads_own(name: str, end: float) -> None:
    start = getattr(HEAD, FIELDS[name])
    change = interventions.get(name)
    values = [getattr(change.edit(HEAD, s), FIELDS[name]) for s in np.linspace(0, 1, 11)]
    np.testing.assert_allclose(values, np.linspace(start, end, 11))
    back = change.edit(HEAD.replace(**{FIELDS[name]: end}), 1.0)
    assert getattr(back, FIELDS[name]) == (0.5 if name == "electrode_size" else 0.0)


@pytest.mark.parametrize(
    ("name", "to", "end"),
    [("electrode_size", "smaller", 0.5), ("electrode_tape", "untaped", 0.0), ("electrode_wires", 0.4, 0.4)],
)
def test_the_end_can_be_chosen(name: str, to: Any, end: float) -> None:
    change = interventions.get(name, to=to)
    assert getattr(change.edit(HEAD, 1.0), FIELDS[name]) == end
    assert "{" not in change.clause
    with pytest.raises(BadValueError):
        interventions.get(name, to="enormous")
    with pytest.raises(BadValueError):
        interventions.get(name, to=7)


@pytest.mark.one_case
@pytest.mark.packages
@pytest.mark.parametrize("name", list(FIELDS))
def test_it_moves_its_own_property_and_the_picture_gradually(name: str) -> None:
    change = interventions.get(name)
    faces = [change.apply(HEAD, s, 112) for s in np.linspace(0, 1, 6)]
    moved = properties.measure(faces, [name])[name]
    assert (np.diff(moved) > 0).all()
    images = np.array([face.image.astype(float) for face in faces])
    far = np.abs(images - images[0]).mean(axis=(1, 2, 3))
    assert (np.diff(far) > 0).all()
    step = np.abs(np.diff(images, axis=0)).mean(axis=(1, 2, 3))
    assert step.max() < 0.5 * far[-1]


BARE = HEAD.replace(electrodes=None)
FRIDLUND = ELECTRODE_SCHEMES["fridlund"]


def test_only_some_positions_are_used() -> None:
    change = Electrodes(only=("F20", "F3", "F20"))
    assert change.only == ("F3", "F20")
    assert [change.edit(BARE, s).electrodes for s in (0.0, 0.5, 1.0)] == [None, ("F3",), ("F3", "F20")]
    assert change.edit(BARE, 0.0) is BARE
    worn = BARE.replace(electrodes=("F20", "K1"))
    assert change.edit(worn, 1.0).electrodes == ("F20", "K1", "F3")
    assert [change.attached_at(s) for s in (0.0, 0.5, 1.0)] == [0, 1, 2]
    assert change.clause == "electrodes are attached at F3, F20"
    assert Electrodes(only=FRIDLUND[:9]).clause == "electrodes are attached at 9 positions"


def test_what_is_the_same_is_equal_and_has_one_name() -> None:
    assert Electrodes(only=FRIDLUND[::-1]) == Electrodes()
    assert Electrodes(only="F1") == Electrodes(only=("F1",)) == interventions.get("electrodes", only=["F1"])
    assert intervention_name(Electrodes(only=("F2", "F1"))) == "electrodes(only=F1+F2)"
    assert (
        intervention_name(Electrodes("kuramoto", order="random", seed=3))
        == "electrodes(scheme=kuramoto, order=random, seed=3)"
    )
    assert intervention_name(Electrodes()) == "electrodes"


def test_a_declared_study_names_positions() -> None:
    chosen = "{scheme: kuramoto, only: [K2, K1]}"
    declared = f"study: interventional\nfaces: {{heads: 7}}\ninterventions:\n- electrodes: {chosen}"
    (arm,) = parse_study(declared).study().arms
    assert arm.intervention == Electrodes("kuramoto", only=("K1", "K2"))


@pytest.mark.parametrize(
    "options",
    [
        {"only": ("K1",)}, {"only": ("F1", "F23")}, {"only": 3}, {"only": (3,)}, {"only": "fridlund"},
        {"only": ("F1",), "scheme": "kuramoto"}, {"order": "best"}, {"seed": -1}, {"seed": 0.5},
    ],
)  # fmt: skip
def test_wrong_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(BadValueError, match=r"got"):
        interventions.get("electrodes", **options)


def test_menus_offer_words_that_work() -> None:
    assert set(Electrodes().choices) == {"scheme", "order"}
    some = Electrodes(only=("F1",))
    for option, words in some.choices.items():
        assert [interventions.get(some, **{option: word}).accepts(BARE) for word in words] == [True] * len(
            words
        ), option


def test_every_face_has_a_random_order_of_its_own() -> None:
    change = Electrodes(order="random", seed=5)
    heads = [BARE.replace(seed=seed) for seed in range(200)]
    orders = [change.in_order(head) for head in heads]
    assert orders == [Electrodes(order="random", seed=5).in_order(head) for head in heads]
    assert all(sorted(order) == sorted(FRIDLUND) for order in orders)
    assert len(set(orders)) == len(heads)
    assert orders[0] != Electrodes(order="random", seed=6).in_order(heads[0])
    for strength in (0.0, 0.25, 0.5, 1.0):
        got = change.edit(heads[0], strength).electrode_names
        assert got == orders[0][: change.attached_at(strength)]
    place = np.array([[order.index(name) for name in FRIDLUND] for order in orders])
    error = np.sqrt((22**2 - 1) / 12 / len(heads))
    assert np.abs(place.mean(axis=0) - 10.5).max() < 4 * error  # no position comes early, over faces
    assert Electrodes().in_order(heads[0]) == FRIDLUND


def test_a_random_order_runs_over_some_positions() -> None:
    change = Electrodes(only=("F1", "F2", "F3"), order="random", seed=1)
    orders = {change.in_order(BARE.replace(seed=seed)) for seed in range(60)}
    assert len(orders) == 6


@pytest.mark.packages
def test_the_order_leaves_the_ends_as_they_are() -> None:
    straight, mixed = Electrodes(), Electrodes(order="random")
    for strength in (0.0, 1.0):
        one, other = (change.apply(BARE, strength, 64).image for change in (straight, mixed))
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(mixed.apply(BARE, 0.0, 64).image, BARE.render(64).image)


@pytest.mark.packages
def test_photographs_have_their_order_and_positions_too() -> None:
    photo: Face = BARE.render(96).replace(source="photograph", attributes={})
    change = Electrodes(only=("F1", "F2", "F9", "F19"), order="random", seed=2)
    assert change.apply(photo, 0.0) is photo
    order = change.in_order(photo)
    assert change.apply(photo, 0.5).attributes["electrodes"] == order[:2]
    assert set(change.apply(photo, 1.0).attributes["electrodes"]) == {"F1", "F2", "F9", "F19"}
    darker = photo.replace(image=photo.image // 2)
    assert face_fingerprint(darker) != face_fingerprint(photo)
    assert len({Electrodes(order="random").in_order(face) for face in (photo, darker)}) == 2


@pytest.mark.thorough
@pytest.mark.packages
def test_leads_grow_on_photographs_that_show_electrodes() -> None:
    bare: Face = BARE.render(112).replace(source="photograph", attributes={})
    change = interventions.get("electrode_wires")
    assert "names none" in change.why_not(bare)
    shown = Electrodes().apply(bare, 1.0)
    assert change.accepts(shown)
    assert change.apply(shown, 0.0) is shown
    faces = [change.apply(shown, strength) for strength in (0.0, 0.3, 0.6, 1.0)]
    np.testing.assert_allclose(
        properties.measure(faces, ["electrode_wires"])["electrode_wires"], [0.0, 0.3, 0.6, 1.0]
    )
    far = [np.abs(face.image.astype(float) - shown.image).mean() for face in faces]
    assert (np.diff(far) > 0).all()
    assert faces[-1].attributes["electrodes"] == shown.attributes["electrodes"]
    assert "can't be taken off" in change.why_not(faces[-1])
    assert "can't be taken off" in interventions.get("electrode_wires", to="wireless").why_not(shown)
    assert interventions.get("electrode_wires", to=0.6).apply(shown, 1.0).attributes["wires"] == 0.6
    with pytest.raises(BadValueError, match="names none"):
        change.apply(bare, 0.5)


@pytest.mark.thorough
@pytest.mark.packages
def test_electrodes_come_with_the_leads_that_a_table_tells_of() -> None:
    bare: Face = BARE.render(112).replace(source="photograph", attributes={})
    wired = Electrodes().apply(bare.replace(attributes={"wires": 1.0}), 1.0)
    after = interventions.get("electrode_wires").apply(Electrodes().apply(bare, 1.0), 1.0)
    np.testing.assert_array_equal(wired.image, after.image)
    told = bare.replace(attributes={"electrodes": "fridlund"})  # worn in front of the camera, not drawn
    assert interventions.get("electrode_wires").accepts(told)
