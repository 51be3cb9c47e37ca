"""The state of the page as plain data: back without loss, and nothing but such states read."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from facelib import attribution, interventions
from facelib.app.page_state import (
    LONGEST,
    TABS_SET,
    VERSION,
    PageState,
    Photograph,
    from_plain,
    from_text,
    to_plain,
    to_text,
)
from facelib.app.widgets.stage import OVERLAYS
from facelib.classifiers import EMOTIONS
from facelib.errors import FacelibError
from facelib.faces import ELECTRODE_SCHEMES, EXPRESSIONS, LIGHTS, Head, Light, sample_heads

pytestmark = pytest.mark.packages
HEADS = sample_heads(60, seed=5, electrodes=0.5)
UNITS = sorted({unit for recipe in EXPRESSIONS["tuned"].values() for unit in recipe})
EVERY = [interventions.INTERVENTIONS[name] for name in interventions.INTERVENTIONS]
CHANGES = [*EVERY, *(interventions.get(one, **{option: word}) for one in EVERY for option in one.choices
                     for word in one.choices[option])]  # fmt: skip
quick = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


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


shares = st.floats(0, 1)
lights = st.one_of(
    st.sampled_from(sorted(LIGHTS)),
    st.builds(
        Light,
        azimuth=st.floats(-180, 180),
        elevation=st.floats(-90, 90),
        strength=st.floats(0.05, 4),
        colour=st.tuples(st.floats(0, 2), st.floats(0, 2), st.floats(0, 2)),
        softness=shares,
    ),
)
heads = st.builds(
    Head.replace,
    st.sampled_from(HEADS),
    age=st.floats(5, 90),
    seed=st.integers(0, 2**80),
    light=lights,
    expression=st.one_of(
        st.sampled_from(EMOTIONS), st.dictionaries(st.sampled_from(UNITS), shares, min_size=1)
    ),
    ancestry=st.dictionaries(
        st.sampled_from(["african", "asian", "european"]), st.floats(0.01, 9), min_size=1
    ),
    background=st.one_of(
        st.just("room"),
        st.dictionaries(st.sampled_from(["grey", "blue", "room"]), st.floats(0.01, 9), min_size=1),
    ),
    electrodes=st.one_of(
        st.none(),
        st.just("kuramoto"),
        st.lists(st.sampled_from(ELECTRODE_SCHEMES["fridlund"]), unique=True, min_size=1),
    ),
    pose=st.tuples(st.floats(-90, 90), st.floats(-60, 60), st.floats(-180, 180)),
    gaze=st.tuples(st.floats(-20, 20), st.floats(-15, 10)),
    glasses=shares,
    mask=shares,
    grey=st.one_of(st.none(), shares),
    palsy=shares,
)
words = st.text(max_size=20)
parts = shares.filter(lambda share: not share.is_integer())  # browsers write 1.0 as 1
states = st.builds(
    PageState,
    head=heads,
    photograph=st.sampled_from(get_args(Photograph)),
    intervention=st.one_of(
        st.sampled_from(CHANGES),
        st.builds(interventions.get, st.just("age"), to=st.floats(5, 90)),
        st.builds(
            interventions.get,
            st.just("electrodes"),
            only=st.lists(st.sampled_from(ELECTRODE_SCHEMES["fridlund"])).map(tuple),
            order=st.just("random"),
            seed=st.integers(0, 2**80),
        ),
    ),
    step=st.integers(0, 20),
    label=st.sampled_from(EMOTIONS),
    classifier=st.text(max_size=60),
    cam=st.sampled_from(sorted(attribution.METHODS)),
    overlay=st.sampled_from(OVERLAYS),
    opacity=shares,
    turned=st.booleans(),
    tab=st.integers(0, 3),
    plans=st.dictionaries(
        st.sampled_from(TABS_SET),
        st.dictionaries(
            words, st.one_of(parts, st.booleans(), words, st.lists(words, max_size=9)), max_size=9
        ),
    ),
)


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


@settings(quick, max_examples=600)
@given(st.sampled_from(PLACES), junk)
def test_what_a_stranger_wrote_is_a_state_or_is_refused(place: str, value: object) -> None:
    try:
        state = from_plain(hostile(place, value))
    except FacelibError:
        return
    assert from_plain(to_plain(state)) == state


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
        '{"version": 2}',
        '{"version": "1"}',
        '{"version": 1, "opacity": NaN}',
        '{"version": 1, "turned": "yes"}',
        '{"version": 1, "opacity": 1e999}',
        '{"version": 1, "step": 21}',
        '{"version": 1, "step": true}',
        '{"version": 1, "code": "import os"}',
        '{"version": 1, "label": "__import__"}',
        '{"version": 1, "head": {"units": {}}}',
        '{"version": 1, "head": {"age": 1e999}}',
        '{"version": 1, "plans": {"muscles": {"start": 1e999}}}',
        '{"version": 1, "plans": {"population": {"toward": {"age": ["older"]}}}}',
        '{"version": 1, "plans": {"elsewhere": {}}}',
        '{"version": 1, "head": {"seed": ' + "9" * 5000 + "}}",
        '{"version": 1, "intervention": {"id": "palsy"}}',
        '{"version": 1, "intervention": {"id": "nothing", "options": {}}}',
        '{"version": 1, "intervention": {"id": "palsy", "options": {"apply": 1}}}',
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
