"""The state of the lesson on conditional independence: what is computed, when, and what is left alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest
import traitlets

from facelib.app.lessons import independence_state as states
from facelib.app.lessons.independence_state import (
    SEED,
    UNABLE,
    WAITS,
    Settings,
    World,
    in_words,
    so_far,
    verdict,
)
from facelib.errors import BadValueError
from facelib.stats.causal_model import CONDITIONERS, HELD, CausalModel, held_fixed
from facelib.stats.independence import TESTS, independence_test
from facelib.stats.rejection_rates import power, power_rounds, run_each

ROUNDS = 3
FAST = ["partial_correlation", "kcit"]
Live = Callable[..., World]


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    """Worlds with a worker, which end with the test; few draws of two tests make a power curve."""
    monkeypatch.setattr(states, "REPETITIONS", ROUNDS)
    monkeypatch.setattr(states, "power_rounds", partial(power_rounds, methods=FAST))
    made: list[World] = []

    def begin(**settings: Any) -> World:
        made.append(World(**{"n": 60, **settings}))
        made[-1].start()
        return settled(made[-1])

    yield begin
    for world in made:
        world.close()


def settled(world: World) -> World:
    assert world.worker is not None
    assert world.worker.wait(30)
    return world


def started(**settings: Any) -> World:
    """A world that computes at once."""
    world = World(background=False, **settings)
    world.start()
    return world


def p_of(world: World) -> dict[str, float]:
    return dict(zip(world.tests["method"], world.tests["p"], strict=True))


@pytest.mark.thorough
def test_every_test_says_what_it_says_alone() -> None:
    world = started(n=80, seed=3)
    faces = CausalModel(0.3).draw(80, 3)
    pd.testing.assert_frame_equal(world.sample, faces)
    found = p_of(world)
    assert set(found) == set(TESTS)
    for name in ("partial_correlation", "kcit", "rcot"):
        alone = independence_test(
            faces["property"], faces["output"], held_fixed(faces), name, 3, person=np.arange(80)
        )
        assert found[name] == pytest.approx(alone.p_value, rel=1e-9)
    assert world.status == world.problem == ""
    assert not world.tests["old"].any()


@pytest.mark.thorough
def test_another_level_changes_decisions_and_nothing_else() -> None:
    world = started(n=80, seed=3, effect=0.35)
    sample, before = world.sample, world.tests
    for alpha in (0.1, 0.01):
        world.alpha = alpha
        assert world.sample is sample
        np.testing.assert_array_equal(world.tests["p"], before["p"])
        assert world.tests["rejects"].tolist() == (world.tests["p"] < alpha).tolist()


@pytest.mark.thorough
def test_numbers_leave_out_tests_that_hold_labels_only() -> None:
    world = started(n=60, conditioner="number")
    left_out = world.tests[world.tests["p"].isna()]
    assert set(left_out["method"]) == {"chsic"}
    assert set(left_out["words"]) == {UNABLE}
    assert {name for name, words in world.missing.items() if words == UNABLE} == set(left_out["method"])


@pytest.mark.thorough
def test_the_same_seed_gives_the_same_and_another_draw_others() -> None:
    world = started(n=60)
    first = p_of(world)
    world.draw_again()
    assert world.seed == SEED + 1
    assert p_of(world) != first
    world.seed = SEED
    assert p_of(world) == first


@pytest.mark.thorough
def test_several_controls_change_at_once() -> None:
    world = started(n=60)
    samples = []
    world.observe(lambda change: samples.append(len(change["new"])), "sample")
    world.change(n=70, effect=0.0, held="nothing")
    assert samples == [70]
    assert world.settings == Settings(CausalModel(0.0), "nothing", 70, 0.05, SEED)


@pytest.mark.parametrize(
    "wrong", [{"effect": 1.5}, {"n": 3}, {"alpha": 0.2}, {"held": "hands"}, {"seed": -1}, {"shape": "round"}]
)
def test_settings_out_of_range_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(traitlets.TraitError):
        World(background=False, **wrong)


@pytest.mark.thorough
def test_power_fills_in_to_what_is_measured_at_once(live: Live) -> None:
    world = live()
    expected = power(CausalModel(), 60, ROUNDS, methods=FAST)
    assert world.repetitions == ROUNDS
    pd.testing.assert_frame_equal(world.curve, expected)
    assert world.status == ""


@pytest.mark.thorough
def test_the_effect_moves_through_the_curve_and_the_number_of_faces_begins_another(live: Live) -> None:
    world = live()
    curve, before = world.curve, p_of(world)
    world.effect = 0.9
    settled(world)
    assert world.curve is curve
    assert p_of(world) != before
    world.n = 90
    settled(world)
    pd.testing.assert_frame_equal(world.curve, power(CausalModel(), 90, ROUNDS, methods=FAST))


@pytest.mark.thorough
def test_filling_stops_and_goes_on_where_it_was(live: Live) -> None:
    world = World(n=60)
    seen: list[int] = []

    def stop(change: Any) -> None:
        seen.append(change["new"])
        if change["new"] == 1 and world.filling:
            world.filling = False

    world.observe(stop, "repetitions")
    try:
        world.start()
        settled(world)
        assert world.repetitions == 1
        world.filling = True
        settled(world)
        assert seen == [1, 2, 3]
        pd.testing.assert_frame_equal(world.curve, power(CausalModel(), 60, ROUNDS, methods=FAST))
    finally:
        world.close()


@pytest.mark.thorough
def test_a_drag_tests_only_where_it_ends(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    world = live(filling=False)
    tested: list[float] = []
    monkeypatch.setattr(
        states,
        "run_each",
        lambda *args, **options: tested.append(world.effect) or run_each(*args, **options),  # type: ignore[func-returns-value]
    )
    for step in range(1, 11):
        world.effect = step / 20
    settled(world)
    assert tested == [0.5]
    assert p_of(world) == p_of(started(n=60, effect=0.5, filling=False))


@pytest.mark.thorough
def test_old_numbers_stand_pale_until_there_are_new_ones(live: Live) -> None:
    world = live(filling=False)
    before, seen = p_of(world), []
    world.observe(lambda change: seen.append(change["new"].set_index("method")), "tests")
    world.seed = 8
    settled(world)
    assert seen[0]["old"].all()
    assert seen[0]["p"].to_dict() == before
    pale = [int(table["old"].sum()) for table in seen]
    assert pale == sorted(pale, reverse=True)
    assert pale[-1] == 0
    for table in seen:  # a number is either the old one, pale, or the new one
        for name, row in table.iterrows():
            assert row["p"] == (before[str(name)] if row["old"] else p_of(world)[str(name)])


@pytest.mark.thorough
def test_what_goes_wrong_is_said_and_can_be_mended(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object, **_options: object) -> None:
        raise BadValueError("Take more faces.")

    world = started(n=60)
    with monkeypatch.context() as patched:
        patched.setattr(states, "run_each", fail)
        world.seed = 2
    assert "Take more faces." in world.problem
    assert world.status == ""
    world.seed = 3
    assert world.problem == ""
    assert not world.tests["old"].any()


@pytest.mark.thorough
def test_a_closed_world_ends_its_worker(live: Live) -> None:
    world = live()
    world.close()
    assert world.worker is not None
    assert not world.worker._thread.is_alive()


def test_what_is_known_so_far() -> None:
    done = [pd.DataFrame({"output": ["y"], "method": ["kcit"], "p": [0.03], "n": [9], "notes": ["A note."]})]
    rows = {
        row["method"]: row
        for row in so_far(done, ["kcit", "rcot", "chsic", "cmiknn"], 0.05).to_dict("records")
    }
    assert [rows["kcit"][name] for name in ("p", "rejects", "notes")] == [0.03, True, "A note."]
    assert rows["rcot"]["words"] == WAITS
    assert rows["partial_correlation"]["words"] == UNABLE


@pytest.mark.parametrize(
    ("effect", "held", "rejects", "begins"),
    [
        (0.3, "label", True, "Right: in this world the output does"),
        (0.3, "label", False, "Missed"),
        (0.0, "label", False, "Right: given the label"),
        (0.0, "label", True, "False alarm"),
    ],
)
def test_decisions_are_judged_by_the_truth(effect: float, held: Any, rejects: bool, begins: str) -> None:
    assert verdict(rejects, Settings(CausalModel(effect), held, 60, 0.05, 1)).startswith(begins)


BOTH, RATED = "the label drives both", "raters saw both"
CHANCE, LEVEL, LINE = "chance", "does not hold its level", "straight line"
KNOWN = (BOTH, RATED, CHANCE, LEVEL, LINE)


def reasons(effect: float, confounding: float, conditioner: Any, held: Any, rejects: bool) -> set[str]:
    """What a verdict gives as reasons."""
    model = CausalModel(effect, confounding, conditioner=conditioner)
    said = verdict(rejects, Settings(model, held, 60, 0.05, 1))
    truth = "given the label, the property does nothing here."
    if effect:
        truth = "in this world the output does depend on the property."
    beginning = {(0, 0): "Right", (0, 1): "False alarm", (1, 0): "Missed", (1, 1): "Right"}
    assert said.startswith(f"{beginning[effect > 0, rejects]}: {truth}")
    return {reason for reason in KNOWN if reason in said}


@pytest.mark.parametrize("conditioner", CONDITIONERS)
@pytest.mark.parametrize("confounding", [0.0, 2.0])
@pytest.mark.parametrize("effect", [0.0, 0.05, 1.0])
@pytest.mark.parametrize("held", HELD)
def test_every_verdict_has_its_reason(held: Any, effect: float, confounding: float, conditioner: Any) -> None:
    open_path = {RATED} if held == "rated label" else {BOTH} if held == "nothing" and confounding else set()
    lines = {LINE} if held == "label as a number" and conditioner == "labels" and confounding else set()
    chance = {CHANCE, LEVEL} if confounding else {CHANCE}
    setting = effect, confounding, conditioner, held
    missed_or_nothing = set() if effect else open_path | lines
    assert reasons(*setting, rejects=False) == missed_or_nothing
    assert reasons(*setting, rejects=True) == (open_path | lines if effect else (open_path or chance) | lines)


@pytest.mark.parametrize("effect", [0.0, 0.3])
def test_a_right_answer_over_an_open_path_says_that_it_would_be_given_anyway(effect: float) -> None:
    said = verdict(bool(effect), Settings(CausalModel(effect, 2.0), "nothing", 60, 0.05, 1))
    assert "with enough faces it would" in said
    assert said.endswith("the label drives both, and nothing was held fixed.")
    closed = verdict(bool(effect), Settings(CausalModel(effect, 2.0), "label", 60, 0.05, 1))
    assert "would" not in closed


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("held", "confounding", "conditioner", "rejects"),
    [
        ("nothing", 1.0, "labels", (0.7, 1.0)), ("nothing", 0.0, "labels", (0.0, 0.25)),
        ("rated label", 1.0, "labels", (0.5, 1.0)), ("rated label", 0.0, "labels", (0.4, 1.0)),
        ("rated label", 0.0, "number", (0.6, 1.0)), ("label as a number", 1.0, "labels", (0.0, 0.25)),
        ("label as a number", 1.0, "number", (0.0, 0.25)), ("label", 1.0, "labels", (0.0, 0.25)),
    ],
)  # fmt: skip
def test_paths_that_are_called_open_are(
    held: Any, confounding: float, conditioner: Any, rejects: tuple[float, float]
) -> None:
    model = CausalModel(0.0, confounding, conditioner=conditioner)
    numbers = held == "label as a number" or conditioner == "number"
    decides = "kcit" if numbers else "chsic"
    methods = ["partial_correlation", decides]
    table = power(model, 300, 20, held=held, effects=[0.0], methods=methods, seed=1).set_index("method")
    least, most = rejects
    assert least <= table["share"][decides] <= most
    assert (states.open_path(Settings(model, held, 300, 0.05, 1)) != "") == (least > 0)
    if (held, conditioner) == ("label as a number", "labels"):
        assert table["share"]["partial_correlation"] > 0.9  # what is said of straight lines


@pytest.mark.thorough
def test_nothing_is_said_before_the_test_that_decides() -> None:
    settings = Settings(CausalModel(0.0), "label", 60, 0.05, 1)
    assert in_words(so_far([], list(TESTS), 0.05), settings) == ""
    world = started(n=60, effect=0.0)
    known = world.tests
    count = int(known["rejects"].sum())
    assert in_words(known, settings).startswith(f"{count} of 5 tests reject; cHSIC, which decides, does")
    waits = known.assign(p=known["p"].where(known["method"] != "chsic"))
    assert in_words(waits, settings) == "", "KCIT doesn't decide where cHSIC will"
    number = started(n=60, effect=0.0, conditioner="number")
    assert "; KCIT, which decides, does" in in_words(number.tests, number.settings)
    assert in_words(known.assign(old=True), settings) == ""
    assert in_words(known.assign(p=math.nan), settings) == ""
