"""One number in a straight line: where it starts, where it ends, and what may be asked for."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facelib import interventions
from facelib.errors import BadValueError
from facelib.faces import Head, Light
from facelib.interventions import INTERVENTIONS
from facelib.interventions.head_numbers import StraightLine, Toward, between, number_of, with_number

LINES = [name for name in INTERVENTIONS if isinstance(INTERVENTIONS[name], StraightLine)]
TOWARD = [name for name in INTERVENTIONS if isinstance(INTERVENTIONS[name], Toward)]
HEAD = Head(
    age=44.0,
    gender=0.35,
    hair="long",
    hair_length=0.4,
    grey=0.2,
    pose=(5.0, -4.0, 3.0),
    gaze=(-2.0, 1.5),
    intensity=0.7,
    light=Light(azimuth=-20.0, elevation=10.0, strength=0.9, softness=0.4),
    electrodes="fridlund",
    glasses=0.4,
)
FIELDS = {
    "age": 44.0,
    "gender": 0.35,
    "pose.yaw": 5.0,
    "pose.pitch": -4.0,
    "pose.roll": 3.0,
    "gaze.yaw": -2.0,
    "gaze.pitch": 1.5,
    "light.azimuth": -20.0,
    "light.elevation": 10.0,
    "light.strength": 0.9,
    "light.softness": 0.4,
}


@pytest.mark.parametrize("field", FIELDS)
def test_a_number_is_read_and_replaced_alone(field: str) -> None:
    assert number_of(HEAD, field) == FIELDS[field]
    changed = with_number(HEAD, field, FIELDS[field] * 0.5)
    assert number_of(changed, field) == FIELDS[field] * 0.5
    for other in FIELDS.keys() - {field}:
        assert number_of(changed, other) == FIELDS[other]
    assert with_number(changed, field, FIELDS[field]) == HEAD


def test_a_preset_of_the_light_has_numbers_too() -> None:
    head = Head(light="dim")
    assert number_of(head, "light.strength") == Light.of("dim").strength
    assert with_number(head, "light.strength", 1.0).light == Light.of("dim").replace(strength=1.0)


@pytest.mark.parametrize("name", LINES)
def test_the_number_moves_in_a_straight_line_and_nothing_else_does(name: str) -> None:
    change = INTERVENTIONS[name]
    assert isinstance(change, StraightLine)
    start, end = number_of(HEAD, change.field), change.end(HEAD)
    for strength in np.linspace(0, 1, 6):
        changed = change.edit(HEAD, strength)
        assert number_of(changed, change.field) == pytest.approx(start + (end - start) * strength)
        assert with_number(changed, change.field, start) == HEAD
    assert number_of(change.edit(HEAD, 1.0), change.field) == end


@pytest.mark.parametrize("name", TOWARD)
def test_the_end_is_the_farther_one_or_the_one_that_is_named_or_given(name: str) -> None:
    change = INTERVENTIONS[name]
    assert isinstance(change, Toward)
    low, high = change.ends
    for share, farther in ((0.2, high), (0.5, high), (0.8, low)):
        head = with_number(HEAD, change.field, low + share * (high - low))
        assert change.end(head) == farther
        for word, end in zip(change.words, change.ends, strict=True):
            assert number_of(interventions.get(name, to=word).edit(head, 1.0), change.field) == end
        middle = (low + high) / 2
        assert number_of(interventions.get(name, to=middle).edit(head, 1.0), change.field) == middle


@pytest.mark.parametrize("name", TOWARD)
def test_menus_offer_the_words_and_sentences_say_them(name: str) -> None:
    change = INTERVENTIONS[name]
    assert isinstance(change, Toward)
    assert change.choices["to"] == change.words
    clauses = {interventions.get(name, to=word).clause for word in change.words}
    assert len(clauses | {change.clause}) == 3
    for word in change.words:
        assert word in interventions.get(name, to=word).clause
    assert change.clause == interventions.get(name, to=sum(change.ends) / 2).clause


BAD = st.one_of(
    st.floats(min_value=1e3), st.floats(max_value=-1e3), st.just(float("nan")),
    st.text("xyz ", max_size=8), st.lists(st.floats(), max_size=2),
)  # fmt: skip


@pytest.mark.one_case
@pytest.mark.parametrize("name", TOWARD)
@given(to=BAD)
def test_anything_else_is_refused_with_range_and_words(name: str, to: Any) -> None:
    change = INTERVENTIONS[name]
    assert isinstance(change, Toward)
    with pytest.raises(BadValueError, match=rf"between .* Or one of the words: {', '.join(change.words)}\."):
        interventions.get(name, to=to)


@given(st.floats(-90, 90), st.floats(-90, 90), st.floats(0, 1))
def test_rounding_stays_between_the_ends(start: float, end: float, strength: float) -> None:
    assert min(start, end) <= between(start, end, strength) <= max(start, end)
    assert between(start, end, 0.0) == start


@pytest.mark.parametrize("name", TOWARD)
def test_a_clause_on_a_head_names_the_end_that_it_leads_to(name: str) -> None:
    change = interventions.get(name)
    assert isinstance(change, Toward)
    for word in change.words:
        head = Head()
        with contextlib.suppress(BadValueError):
            head = with_number(head, change.field, change.ends[1 - change.words.index(word)])
            expected = interventions.get(name, to=change.words[change.ends.index(change.end(head))]).clause
            assert change.clause_on(head) == expected
    chosen = interventions.get(name, to=change.words[0])
    assert chosen.clause_on(Head()) == chosen.clause


def test_age_leads_to_the_farther_end_in_words() -> None:
    age = interventions.get("age")
    assert age.clause == "the age of the person changes"
    assert age.clause_on(Head(age=25)) == "the person grows older"
    assert age.clause_on(Head(age=80)) == "the person grows younger"
