"""Random populations: independent unless asked."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare, kstest, uniform

from facelib.errors import BadValueError, FacelibError, UnknownNameError
from facelib.faces import Head, Light, sample_heads
from facelib.head.sampling import EMOTIONS
from facelib.head.sampling_ranges import WORN

pytestmark = pytest.mark.packages


def table(heads: list[Head]) -> dict[str, np.ndarray]:
    return {
        "age": np.array([head.age for head in heads]),
        "gender": np.array([head.gender for head in heads]),
        "skin_tone": np.array([head.skin_tone for head in heads]),
        "happy": np.array([head.expression == "happy" for head in heads], float),
        "angry": np.array([head.expression == "angry" for head in heads], float),
        "long": np.array([head.hair in ("long", "tied") for head in heads], float),
        "wired": np.array([head.electrodes is not None for head in heads], float),
    }


@pytest.mark.thorough
def test_attributes_are_independent_and_cover_their_ranges() -> None:
    values = table(sample_heads(3000, seed=3))
    names = ("age", "gender", "skin_tone", "happy", "angry")
    correlations = np.corrcoef([values[name] for name in names]) - np.eye(len(names))
    correlations[3, 4] = correlations[4, 3] = 0  # one face shows one expression
    assert np.abs(correlations).max() < 0.06
    assert values["age"].min() >= 18
    assert values["age"].max() <= 80
    assert np.ptp(values["skin_tone"]) > 0.98
    assert abs(values["happy"].mean() - 1 / 7) < 0.025
    assert values["long"][values["gender"] < 0.5].mean() > 0.7  # else women are read as men
    assert values["long"][values["gender"] > 0.5].mean() < 0.2


@pytest.mark.thorough
def test_a_correlation_confounds() -> None:
    values = table(
        sample_heads(
            2000, seed=4, correlate={("age", "happy"): 0.6, ("skin_tone", "electrodes"): -0.7}, electrodes=0.5
        )
    )
    assert np.corrcoef(values["age"], values["happy"])[0, 1] > 0.25
    assert np.corrcoef(values["skin_tone"], values["wired"])[0, 1] < -0.4
    assert abs(np.corrcoef(values["gender"], values["happy"])[0, 1]) < 0.07
    assert abs(values["wired"].mean() - 0.5) < 0.05


def test_seeds_repeat_and_differ() -> None:
    assert sample_heads(5, seed=1) == sample_heads(5, seed=1)
    assert sample_heads(5, seed=1) != sample_heads(5, seed=2)
    assert len({head.seed for head in sample_heads(50)}) == 50
    assert sample_heads(0) == []


def test_choices_are_respected() -> None:
    heads = sample_heads(40, ages=(30, 31), expressions=("happy", "neutral"), expression_set="facs")
    assert {head.expression for head in heads} == {"happy", "neutral"}
    assert all(30 <= head.age <= 31 and head.expression_set == "facs" for head in heads)


def test_wrong_requests_say_so() -> None:
    with pytest.raises(UnknownNameError, match="shoe"):
        sample_heads(3, correlate={("age", "shoe"): 0.5})
    with pytest.raises(BadValueError, match="between -1 and 1"):
        sample_heads(3, correlate={("age", "happy"): 1.0})
    with pytest.raises(BadValueError, match="contradict"):
        sample_heads(3, correlate={("age", "happy"): 0.9, ("age", "sad"): 0.9, ("happy", "sad"): -0.9})
    for n in (-1, 2.5, True, "3"):
        with pytest.raises(BadValueError, match="0 or more"):
            sample_heads(n)  # type: ignore[arg-type]


GOLDEN = "820c4a152d8314d1a40915cacf96d93674a66663b23035f425f0b93779b6f51b"
GOLDEN_CORRELATED = "53e1eff1e5a5a8c43c978b8e7b9db85cf35d8ca154c298c9d13aa14bceb67f55"


def fingerprint(heads: list[Head]) -> str:
    rows = [
        (
            *(f"{value:.9g}" for value in (head.age, head.gender, head.skin_tone)),
            [(name, f"{share:.9g}") for name, share in cast("tuple[tuple[str, float], ...]", head.ancestry)],
            *(head.hair, head.hair_colour, head.eye_colour, f"{head.facial_hair:.9g}"),
            *(head.expression, head.electrodes, head.seed),
        )
        for head in heads
    ]
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def test_seeds_give_the_heads_of_old() -> None:
    """What was drawn before there was anything to stratify or to draw beside is drawn still."""
    assert fingerprint(sample_heads(50, seed=7)) == GOLDEN
    pairs = {("age", "happy"): 0.6, ("skin_tone", "electrodes"): -0.7}
    assert (
        fingerprint(sample_heads(50, seed=7, electrodes=0.5, ages=(16, 90), correlate=pairs))
        == GOLDEN_CORRELATED
    )


def slices(values: Iterable[float], low: float, high: float) -> list[int]:
    """Return in which of n equal parts of a range n values lie, sorted."""
    numbers = np.array([*values])
    return sorted(np.floor((numbers - low) / (high - low) * len(numbers)).astype(int).tolist())


@pytest.mark.parametrize("n", [1, 70, 101])
def test_stratified_heads_are_spread_evenly(n: int) -> None:
    even = ["expression", "gender", "age", "skin_tone", "hair", "hair_colour", "eye_colour"]
    heads = sample_heads(n, seed=5, stratify=even, ages=(10.0, 60.0))
    for name, low, high in (("age", 10.0, 60.0), ("gender", 0.0, 1.0), ("skin_tone", 0.0, 1.0)):
        assert slices((getattr(head, name) for head in heads), low, high) == [*range(n)]
    for name, many in (("expression", 7), ("hair", 4), ("hair_colour", 5), ("eye_colour", 5)):
        counts = Counter(getattr(head, name) for head in heads)
        assert set(counts.values()) <= {n // many, -(-n // many)}


def test_stratified_numbers_are_even_within_the_expressions() -> None:
    for seed in range(5):
        heads = sample_heads(70, seed=seed, stratify=["expression", "gender", "electrodes"], electrodes=0.4)
        for expression in EMOTIONS:
            shown = [head for head in heads if head.expression == expression]
            assert slices((head.gender for head in shown), 0, 1) == [*range(10)]
            assert sum(head.electrodes is not None for head in shown) == 4


@pytest.mark.thorough
def test_stratified_attributes_stay_independent() -> None:
    """Over many populations no two stratified attributes go together: χ² and correlations are small."""
    names = ("age", "skin_tone", "happy", "glasses")
    found = []
    for seed in range(40):
        heads = sample_heads(
            105, seed=seed, stratify=["expression", "age", "skin_tone", "glasses"], also={"glasses": 0.5}
        )
        values = table(heads) | {"glasses": np.array([head.glasses > 0 for head in heads], float)}
        assert 52 <= values["glasses"].sum() <= 53
        shown = [head.expression for head in heads]
        cells = [
            [sum(values["age"][i] > 49 for i, one in enumerate(shown) if one == expression)]
            for expression in EMOTIONS
        ]
        assert np.ptp(cells) <= 1  # of 15 heads each, 7 or 8 are old
        found.append(np.corrcoef([values[name] for name in names])[np.triu_indices(4, 1)])
    assert np.abs(np.mean(found, axis=0)).max() < 0.03
    assert np.abs(found).max() < 0.25  # chance alone: .35


def test_stratifying_leaves_the_rest_as_it_was() -> None:
    plain, even = (sample_heads(30, seed=2, stratify=names) for names in ((), ("skin_tone",)))
    same = [[head.replace(skin_tone=0).key for head in heads] for heads in (plain, even)]
    assert same[0] == same[1]
    assert plain != even


def test_knobs_leave_the_people_as_they_were() -> None:
    plain = sample_heads(30, seed=2)
    drawn = sample_heads(30, seed=2, also={"glasses": 0.5, "pose": 20.0, "light": ("side", "soft")})
    other = sample_heads(30, seed=2, also={"mask": 0.5, "glasses": 0.5})
    bare = [head.replace(glasses=0, pose=(0, 0, 0), light="studio") for head in drawn]
    assert [head.key for head in bare] == [head.key for head in plain]
    assert [head.glasses for head in drawn] == [head.glasses for head in other]


@pytest.mark.thorough
def test_shares_ranges_turns_and_names_are_as_asked() -> None:
    also = {
        "glasses": 0.3, "lens_tint": 0.5, "mask": 0.1, "palsy": 0.4, "synkinesis": 0.5, "facial_hair": 0.6,
        "asymmetry": (0.1, 0.4), "intensity": (0.5, 1.0), "pose": 15, "gaze": (20.0, 0.0), "moles": 1,
        "light": ("studio", "side", Light(azimuth=-60)), "background": "white", "hair": ["bald", "short"],
        "wires": 0.5, "electrode_size": (0.8, 1.2),
    }  # fmt: skip
    heads = sample_heads(2000, seed=9, also=also, electrodes=0.5)

    def part(name: str, among: Callable[[Head], bool] = lambda _: True) -> float:
        return float(np.mean([getattr(head, name) > 0 for head in heads if among(head)]))

    assert part("glasses") == pytest.approx(0.3, abs=0.035)
    assert part("lens_tint", lambda head: head.glasses > 0) == pytest.approx(0.5, abs=0.07)
    assert part("lens_tint", lambda head: head.glasses == 0) == 0
    assert part("mask") == pytest.approx(0.1, abs=0.025)
    assert part("synkinesis", lambda head: head.palsy > 0) == pytest.approx(0.5, abs=0.06)
    assert part("synkinesis", lambda head: head.palsy == 0) == 0
    assert part("facial_hair", lambda head: head.gender > 0.5) == pytest.approx(0.6, abs=0.05)
    assert part("facial_hair", lambda head: head.gender <= 0.5) == 0
    assert part("wires", lambda head: head.electrodes is not None) == pytest.approx(0.5, abs=0.06)
    assert part("wires", lambda head: head.electrodes is None) == 0
    assert part("moles") == 1
    assert {head.electrode_size for head in heads if head.electrodes is None} == {1.0}
    for name, (low, high) in {
        "glasses": WORN["glasses"],
        "asymmetry": (0.1, 0.4),
        "intensity": (0.5, 1),
    }.items():
        there = [getattr(head, name) for head in heads if getattr(head, name) > 0]
        assert kstest(there, uniform(low, high - low).cdf).pvalue > 0.001
    turns = np.array([head.pose for head in heads])
    assert turns.min() < -14
    assert turns.max() > 14
    assert np.abs(turns).max() <= 15
    assert np.abs(np.corrcoef(turns.T) - np.eye(3)).max() < 0.08
    assert {head.gaze[1] for head in heads} == {0.0}
    assert max(abs(head.gaze[0]) for head in heads) > 19
    lights = Counter(head.light for head in heads)
    assert chisquare([*lights.values()]).pvalue > 0.001
    assert len(lights) == 3
    assert {head.background for head in heads} == {"white"}
    assert {head.hair for head in heads} == {"bald", "short"}
    sides = Counter(head.palsy_side for head in heads if head.palsy)
    assert chisquare([sides["left"], sides["right"]]).pvalue > 0.001


@pytest.mark.parametrize("also", [{}, {"facial_hair": 1.0}])
def test_children_have_no_beard(also: dict[str, float]) -> None:
    heads = sample_heads(300, seed=2, ages=(5.0, 30.0), also=also)
    assert {head.facial_hair for head in heads if head.age < 16} == {0.0}
    assert {head.facial_hair > 0 for head in heads if head.age >= 16} == {False, True}


@pytest.mark.thorough
def test_what_is_worn_can_be_confounded() -> None:
    heads = sample_heads(
        2000,
        seed=4,
        correlate={("glasses", "happy"): 0.7, ("mask", "age"): -0.8, ("pose_yaw", "skin_tone"): 0.5},
        also={"glasses": 0.3, "mask": 0.5, "pose": (30.0, 0.0, 0.0), "moles": 0.5},
    )
    values = table(heads) | {
        name: np.array([getattr(head, name) > 0 for head in heads], float) for name in WORN
    }
    assert np.corrcoef(values["glasses"], values["happy"])[0, 1] > 0.25
    assert np.corrcoef(values["mask"], values["age"])[0, 1] < -0.5
    assert np.corrcoef([head.pose[0] for head in heads], values["skin_tone"])[0, 1] > 0.4
    assert values["glasses"].mean() == pytest.approx(0.3, abs=0.035)
    assert abs(np.corrcoef(values["moles"], values["happy"])[0, 1]) < 0.07


def test_all_can_be_stratified_but_what_only_some_have() -> None:
    also = {"glasses": 0.25, "palsy": (0.2, 1.0), "pose": (30.0, 10.0, 0.0), "light": ("studio", "side")}
    heads = sample_heads(40, seed=1, stratify=["light", "palsy_side", "pose", "glasses", "palsy"], also=also)
    assert sum(head.glasses > 0 for head in heads) == 10
    assert slices((head.pose[0] for head in heads), -30, 30) == [*range(40)]
    assert slices((head.palsy for head in heads), 0.2, 1.0) == [*range(40)]
    assert set(Counter((head.light, head.palsy_side) for head in heads).values()) == {10}
    with pytest.raises(BadValueError, match="only those with glasses have it"):
        sample_heads(3, stratify=["lens_tint"], also={"glasses": 0.5, "lens_tint": 0.5})
    with pytest.raises(BadValueError, match="only grown men"):
        sample_heads(3, stratify=["facial_hair"], also={"facial_hair": 0.5})


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"stratify": ["shoe"]}, "got 'shoe'"),
        ({"stratify": "age"}, r"Write \['age'\]"),
        ({"stratify": 5}, "list of names to stratify by; got 5"),
        ({"stratify": [["age"]]}, r"list of names to stratify by; got \[\['age'\]\]"),
        ({"also": 5}, "mapping, or None.*got 5"),
        ({"correlate": [("age", "happy")]}, "mapping, or None"),
        ({"expressions": 5}, "names of one or more different expressions; got 5"),
        ({"expressions": [5]}, "name of one, or a mapping of face units; got 5"),
        ({"also": {"pose": [1, [2, 3], 4]}}, "farthest turn"),
        ({"stratify": ["age", "age"]}, "once each"),
        ({"stratify": ["glasses"]}, "what is drawn"),
        ({"stratify": ["age"], "correlate": {("age", "happy"): 0.5}}, "age came with a correlation"),
        ({"stratify": ["expression"], "correlate": {("age", "happy"): 0.5}}, "happy came with a correlation"),
        ({"correlate": {("age", "age"): 0.5}}, "two different names"),
        ({"correlate": {"age": 0.5}}, "two different names"),
        ({"correlate": {("age", "happy"): 0.5, ("happy", "age"): 0.1}}, "two correlations"),
        ({"correlate": {("age", "glasses"): 0.5}}, "got 'glasses'"),
        ({"also": {"shoe": 0.5}}, "got 'shoe'"),
        ({"also": {"glasses": 1.5}}, "between 0 and 1"),
        ({"also": {"glasses": (0.5, 0.2)}}, "lowest, highest"),
        ({"also": {"glasses": (0.5, 1.2)}}, "glasses between 0 and 1"),
        ({"also": {"intensity": 0.5}}, "lowest, highest"),
        ({"also": {"pose": 200.0}}, "yaw 90, pitch 60, roll 180"),
        ({"also": {"pose": (1.0, 2.0)}}, "one for each axis"),
        ({"also": {"light": ()}}, "different names"),
        ({"also": {"light": ("studio", "studio")}}, "different names"),
        ({"also": {"hair": ("wig",)}}, "got 'wig'"),
        ({"also": {"lens_tint": 0.5}}, "need glasses"),
        ({"also": {"wires": 0.5}}, "need electrodes"),
        ({"electrodes": 2}, "share of heads with electrodes"),
        ({"ages": (60, 20)}, "lowest, highest"),
        ({"ages": (1, 20)}, "between 5 and 90"),
        ({"expressions": ()}, "one or more"),
        ({"expressions": ("happy", "happy")}, "different expressions"),
        ({"expressions": ("bored",)}, "bored"),
        ({"seed": -1}, "seed of a population"),
        ({"seed": None}, "seed of a population"),
    ],
)
def test_wrong_options_say_so(options: dict[str, Any], said: str) -> None:
    with pytest.raises((BadValueError, UnknownNameError), match=said):
        sample_heads(3, **options)


_ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 3), st.floats(), st.text(max_size=4),
    st.sampled_from(["age", "happy", "glasses", "studio", "pose"]),
    st.lists(st.one_of(st.floats(-100, 100), st.sampled_from(["age", "left", "studio"])), max_size=3),
)  # fmt: skip
_OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "seed": _ANYTHING,
        "ages": st.tuples(st.floats(), st.floats()) | _ANYTHING,
        "electrodes": _ANYTHING,
        "expressions": st.lists(st.sampled_from([*EMOTIONS, "bored"]), max_size=3) | _ANYTHING,
        "stratify": st.lists(
            st.sampled_from(["age", "expression", "glasses", "shoe", "lens_tint"]), max_size=3
        )
        | st.text(max_size=3),
        "correlate": st.dictionaries(
            st.tuples(*[st.sampled_from(["age", "happy", "glasses", "shoe"])] * 2), _ANYTHING, max_size=2
        ),
        "also": st.dictionaries(
            st.sampled_from(["glasses", "pose", "light", "hair", "intensity", "lens_tint", "palsy", "shoe"]),
            _ANYTHING,
            max_size=3,
        ),
    },
)


@pytest.mark.thorough
@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(n=st.integers(-1, 5) | _ANYTHING, options=_OPTIONS)
def test_a_population_is_drawn_or_refused_in_words(n: Any, options: dict[str, Any]) -> None:
    try:
        heads = sample_heads(n, **options)
    except FacelibError:
        return
    assert len(heads) == n
    assert heads == sample_heads(n, **options)
