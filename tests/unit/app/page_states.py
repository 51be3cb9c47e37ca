"""States of the page at random, for tests that write and read them."""

from __future__ import annotations

from typing import get_args

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from facelib import attribution, interventions
from facelib.app.page_state import TABS_SET, PageState, Photograph
from facelib.classifiers import EMOTIONS
from facelib.faces import ELECTRODE_SCHEMES, EXPRESSIONS, LIGHTS, Head, Light, sample_heads

HEADS = sample_heads(60, seed=5, electrodes=0.5)
UNITS = sorted({unit for recipe in EXPRESSIONS["tuned"].values() for unit in recipe})
EVERY = [interventions.INTERVENTIONS[name] for name in interventions.INTERVENTIONS]
CHANGES = [*EVERY, *(interventions.get(one, **{option: word}) for one in EVERY for option in one.choices
                     for word in one.choices[option])]  # fmt: skip
quick = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])

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
    look=st.text(max_size=60),
    tab=st.integers(0, 3),
    plans=st.dictionaries(
        st.sampled_from(TABS_SET),
        st.dictionaries(
            words, st.one_of(parts, st.booleans(), words, st.lists(words, max_size=9)), max_size=9
        ),
    ),
)
