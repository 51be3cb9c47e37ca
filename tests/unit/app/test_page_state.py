"""The state of the page as plain data: back without loss, and nothing but such states read."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from page_states import CHANGES, EVERY, UNITS, quick, states

from facelib import interventions
from facelib.app.page_state import (
    LONGEST,
    VERSION,
    PageState,
    from_plain,
    from_text,
    to_plain,
    to_text,
)
from facelib.errors import FacelibError
from facelib.faces import ELECTRODE_SCHEMES, Head, Light

pytestmark = pytest.mark.packages


def as_browsers_do(text: str) -> str:
    """Return JSON as JavaScript writes it again, whose numbers are all of 64 bits with a fraction."""
    given = json.loads(text, parse_int=float)

    def shown(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: shown(item) for name, item in value.items()}
        if isinstance(value, list):
            return [shown(item) for item in value]
        return int(value) if isinstance(value, float) and value.is_integer() else value

    return json.dumps(shown(given))


@pytest.mark.thorough
@quick
@given(states)
def test_every_state_comes_back_through_a_browser_as_it_was(state: PageState) -> None:
    text = to_text(state)
    back = from_text(as_browsers_do(text))
    assert back == state
    assert back.head.key == state.head.key
    assert type(back.intervention) is type(state.intervention)
    assert to_text(back) == text
    assert len(text) < LONGEST


@pytest.mark.one_case
@pytest.mark.parametrize("change", CHANGES, ids=repr)
def test_every_change_with_every_word_comes_back(change: interventions.Intervention) -> None:
    state = PageState(intervention=change)
    assert from_text(as_browsers_do(to_text(state))) == state


def test_no_field_is_left_out() -> None:
    plain = to_plain(PageState())
    assert set(plain) == {"version", *(item.name for item in fields(PageState))}
    assert set(plain["head"]) == {item.name for item in fields(Head)}


def test_the_largest_head_is_not_too_long() -> None:
    units = dict.fromkeys(UNITS, 1 / 3)
    head = Head(expression=units, light=Light(azimuth=1 / 3), electrodes=ELECTRODE_SCHEMES["fridlund"])
    assert len(to_text(PageState(head=head))) < LONGEST / 2


KNOWN = to_plain(PageState())
junk = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=12),
        st.sampled_from(["happy", "age", "palsy", "__class__", "id", "options", "1" * 200]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)  # fmt: skip


def hostile(name: str, value: object) -> dict[str, Any]:
    """Return the standard state with one thing of the page, its head, light or change replaced."""
    part, _, inner = name.partition(".")
    if part == "head":
        return KNOWN | {"head": KNOWN["head"] | {inner: value}}
    if part == "light":
        return KNOWN | {"head": KNOWN["head"] | {"light": {inner: value}}}
    if part == "options":
        change, option = inner.split(":")
        return KNOWN | {"intervention": {"id": change, "options": {option: value}}}
    return KNOWN | {name: value}


PLACES = [
    *KNOWN,
    *(f"head.{item.name}" for item in fields(Head)),
    *(f"light.{item.name}" for item in fields(Light)),
    *(f"options.{one.id}:{name}" for one in EVERY for name in vars(one)),
]


@pytest.mark.thorough
@settings(quick, max_examples=600)
@given(st.sampled_from(PLACES), junk)
def test_what_a_stranger_wrote_is_a_state_or_is_refused(place: str, value: object) -> None:
    try:
        state = from_plain(hostile(place, value))
    except FacelibError:
        return
    assert from_plain(to_plain(state)) == state


@pytest.mark.thorough
@quick
@given(junk)
def test_anything_else_is_refused(value: object) -> None:
    with pytest.raises(FacelibError):
        from_plain(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[]",
        "{}",
        '{"version": 1}',
        '{"version": "1"}',
        '{"version": 2, "step": NaN}',
        '{"version": 2, "network": "yes"}',
        '{"version": 2, "step": 1e999}',
        '{"version": 2, "step": 21}',
        '{"version": 2, "step": true}',
        '{"version": 2, "code": "import os"}',
        '{"version": 2, "label": "__import__"}',
        '{"version": 2, "head": {"units": {}}}',
        '{"version": 2, "head": {"age": 1e999}}',
        '{"version": 2, "plans": {"muscles": {"start": 1e999}}}',
        '{"version": 2, "plans": {"population": {"toward": {"age": ["older"]}}}}',
        '{"version": 2, "plans": {"elsewhere": {}}}',
        '{"version": 2, "head": {"seed": ' + "9" * 5000 + "}}",
        '{"version": 2, "intervention": {"id": "palsy"}}',
        '{"version": 2, "intervention": {"id": "nothing", "options": {}}}',
        '{"version": 2, "intervention": {"id": "palsy", "options": {"apply": 1}}}',
        "[" * 15_000,
        '{"a":' * 3000,
        " " * (LONGEST + 1),
    ],
)
def test_texts_that_are_no_state(text: str) -> None:
    with pytest.raises(FacelibError) as caught:
        from_text(text)
    assert len(str(caught.value)) < 700


def test_what_is_left_out_is_as_usual() -> None:
    assert from_plain({"version": VERSION}) == PageState()
    assert from_plain({"version": VERSION, "head": {"age": 70}}) == replace(PageState(), head=Head(age=70))
