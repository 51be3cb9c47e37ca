"""From the tidy sweep table to one row an intervention, classifier and label."""

from __future__ import annotations

import contextlib
import itertools
import math
import time
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.special import expit, gamma
from statsmodels.stats.proportion import proportion_confint

from facelib.errors import BadValueError, UnknownNameError
from facelib.stats import (
    contrast,
    describe_effect,
    describe_lowering,
    effects_over_faces,
    equivalence,
    lowering,
    mean_distribution,
    sign_flip,
)
from facelib.stats.effects.curves import face_effects
from facelib.stats.effects.population import COLUMNS

STEPS = np.linspace(0, 1, 5)


def make_table(
    rng: np.random.Generator,
    *,
    faces: int = 24,
    interventions: tuple[str, ...] = ("symmetry", "blur"),
    classifiers: tuple[str, ...] = ("fer", "facex"),
    labels: tuple[str, ...] = ("happy", "sad", "angry"),
    steps: np.ndarray = STEPS,
    slope: float = -1.5,
) -> pd.DataFrame:
    """Return a tidy table of logistic responses; the first label falls by about `slope` on the logit."""
    cells = [[f"face {i}" for i in range(faces)], interventions, classifiers, labels]
    names = ["face", "intervention", "classifier", "label"]
    table = pd.DataFrame(itertools.product(*cells), columns=names)
    own = rng.normal(np.where(table["label"] == labels[0], slope, 0.0), 0.4)[:, None]
    logits = (
        rng.normal(0.5, 0.5, (len(table), 1)) + own * steps + rng.normal(0, 0.05, (len(table), len(steps)))
    )
    table = table.loc[table.index.repeat(len(steps))].reset_index(drop=True)
    return table.assign(
        step=np.tile(np.arange(len(steps)), len(logits)),
        strength=np.tile(steps, len(logits)),
        logit=logits.ravel(),
        probability=expit(logits.ravel()),
    )


def slow_differences(
    table: pd.DataFrame, value: str, summary: str
) -> dict[tuple[str, str, str], list[float]]:
    """Go through the table face by face; faces of one identity are averaged."""
    found: dict[tuple[str, str, str], dict[str, list[float]]] = {}
    keys = ["intervention", "classifier", "label", "face"]
    for (intervention, classifier, label, face), rows in table.groupby(keys, sort=False):
        curve = rows.dropna(subset=[value]).sort_values("strength")
        ends = {row["strength"]: row[value] for _, row in curve.iterrows()}
        if summary == "slope":
            if len(curve) < 2:
                continue
            effect = np.polyfit(curve["strength"], curve[value], 1)[0]
        elif 0.0 in ends and 1.0 in ends:
            effect = ends[1.0] - ends[0.0]
        else:
            continue
        identity = rows["identity"].iloc[0] if "identity" in rows else face
        found.setdefault((intervention, classifier, label), {}).setdefault(identity, []).append(effect)
    return {cell: [float(np.mean(v)) for v in people.values()] for cell, people in found.items()}


@pytest.mark.thorough
@pytest.mark.parametrize("value", ["probability", "logit"])
@pytest.mark.parametrize("summary", ["difference", "slope"])
@pytest.mark.parametrize("identities", [False, True])
def test_every_column_is_the_function_it_names(
    value: str, summary: str, identities: bool, rng: np.random.Generator
) -> None:
    labels = ("happy", "sad")
    table = make_table(rng, faces=44 if identities else 22, classifiers=("fer",), labels=labels)
    table = table.sample(frac=1, random_state=1)
    if identities:
        table["identity"] = "person " + (table["face"].str.slice(5).astype(int) // 2).astype(str)
    found = effects_over_faces(table, value=value, summary=summary, seed=3, n_bootstrap=999, delta=0.2)
    expected = slow_differences(table, value, summary)
    assert list(found.columns) == list(COLUMNS)
    assert len(found) == len(expected) == 4
    for _, row in found.iterrows():
        d = expected[(row["intervention"], row["classifier"], row["label"])]
        assert (row["n"], row["faces"]) == (22, 44 if identities else 22)
        assert row["mean"] == pytest.approx(np.mean(d), rel=1e-9)
        assert row["median"] == pytest.approx(np.median(d), rel=1e-9)
        assert row["sd"] == pytest.approx(np.std(d, ddof=1), rel=1e-9)
        correction = gamma(21 / 2) / (math.sqrt(21 / 2) * gamma(20 / 2))
        assert row["g"] == pytest.approx(correction * np.mean(d) / np.std(d, ddof=1), rel=1e-6)


def test_intervals_tests_and_verdicts_agree_with_the_parts(rng: np.random.Generator) -> None:
    table = make_table(rng, faces=12, interventions=("symmetry",), slope=-0.3)
    found = effects_over_faces(table, alternative="less", delta=0.05)
    effects = face_effects(table)
    test = sign_flip(effects.effects, alternative="less")
    np.testing.assert_array_equal(found["p"], test.p_value)
    assert found["exact"].all()
    low, high = mean_distribution(effects.effects).interval(0.95)
    np.testing.assert_array_equal(found["low"], low)
    np.testing.assert_array_equal(found["high"], high)
    for number, row in found.iterrows():
        single = equivalence(effects.effects[:, number], 0.05)
        shares = max(row["beyond_falls_low"], row["beyond_rises_low"])
        differs = single.verdict == "cannot tell" and shares > 0.10
        assert row["verdict"] == ("differs between people" if differs else single.verdict)
        assert (row["verdict_half"], row["verdict_double"]) == (single.verdict_half, single.verdict_double)
        assert (row["verdict_low"], row["verdict_high"]) == pytest.approx(single.interval, rel=1e-12)
        assert row["detectable"] == single.detectable
        assert ("Detectable, but smaller than δ." in row["notes"]) == bool(single.addition)


def test_a_known_effect_is_found_and_nothing_is_found_elsewhere(rng: np.random.Generator) -> None:
    found = effects_over_faces(make_table(rng, faces=40), alternative="less").set_index("label")
    happy, others = found.loc["happy"], found.loc[["sad", "angry"]]
    assert (happy["verdict"] == "matters").all()
    assert (happy["p_holm"] < 0.05).all()
    assert (happy["start"] > 0.55).all()
    assert (others["p_holm"] > 0.05).all()
    assert set(others["verdict"]) <= {"does not matter at δ", "differs between people", "cannot tell"}
    still = others[others["verdict"] == "does not matter at δ"]
    assert (still["betting_p"] <= 0.05).all()
    assert (still[["beyond_falls_low", "beyond_rises_low"]] <= 0.10).all(axis=None)
    assert (others["verdict"] == "does not matter at δ").any()
    assert (found["family"] == 12).all()


@pytest.mark.one_case
@pytest.mark.parametrize("summary", ["difference", "slope"])
def test_row_order_and_index_do_not_matter(summary: str, rng: np.random.Generator) -> None:
    table = make_table(rng, faces=48)
    table["identity"] = "person " + (table["face"].str.slice(5).astype(int) // 2).astype(str)
    keys = ["intervention", "classifier", "label"]
    first = effects_over_faces(table, summary=summary).sort_values(keys, ignore_index=True)  # type: ignore[arg-type]
    shuffled = table.sample(frac=1, random_state=2)
    shuffled.index = np.zeros(len(shuffled), int)  # as concatenated sweeps have
    second = effects_over_faces(shuffled, summary=summary).sort_values(keys, ignore_index=True)  # type: ignore[arg-type]
    chances = ["p", "p_holm", "p_bh"]
    pd.testing.assert_frame_equal(first[chances], second[chances], check_exact=True)
    pd.testing.assert_frame_equal(first, second, rtol=1e-12)


def test_categories_and_numbers_are_names_too(rng: np.random.Generator) -> None:
    table = make_table(rng, interventions=("blur",))
    coded = table.assign(
        face=table["face"].str.slice(5).astype(int), label=table["label"].astype("category"), extra="x"
    )
    pd.testing.assert_frame_equal(effects_over_faces(coded), effects_over_faces(table))


def test_faces_without_an_end_are_left_out_and_counted(rng: np.random.Generator) -> None:
    table = make_table(rng, interventions=("blur",), classifiers=("fer",))
    gone = (table["face"] == "face 3") & (table["strength"] == 1.0) & (table["label"] != "sad")
    gone |= (table["face"] == "face 5") & (table["label"] == "sad")
    found = effects_over_faces(table[~gone]).set_index("label")
    assert found["n"].to_dict() == {"happy": 23, "sad": 23, "angry": 23}
    assert "1 of 24 faces lack strength 0 or 1 and are left out." in found.loc["happy", "notes"]
    assert "1 of 24 faces have no rows here." in found.loc["sad", "notes"]
    slopes = effects_over_faces(table[~gone], summary="slope").set_index("label")
    assert slopes["n"].to_dict() == {"happy": 24, "sad": 23, "angry": 24}
    assert "Slopes are over 4 to 5 strengths" in slopes.loc["happy", "notes"]
    assert "Slopes are over" not in slopes.loc["sad", "notes"]


def test_rows_without_a_value_are_left_out_and_counted(rng: np.random.Generator) -> None:
    table = make_table(rng, interventions=("blur",), classifiers=("fer",), labels=("happy",))
    table.loc[[0, 6], "probability"] = math.nan  # strength 0 of one face, a step between of another
    found = effects_over_faces(table).iloc[0]
    assert found["n"] == 23
    assert "Rows left out because they have no value: 2." in found["notes"]
    table["probability"] = math.nan
    with pytest.raises(BadValueError, match="No face has a difference"):
        effects_over_faces(table)


def test_an_output_that_no_face_has_is_not_testable(rng: np.random.Generator) -> None:
    table = make_table(rng, interventions=("blur",), classifiers=("fer",))
    table.loc[table["label"] == "sad", ["logit", "probability"]] = math.nan
    found = effects_over_faces(table).set_index("label")
    sad = found.loc["sad"]
    assert sad["n"] == 0
    assert np.isnan([sad["p"], sad["p_holm"], sad["mean"], sad["low"], sad["start"]]).all()
    assert (sad["verdict"], sad["family"]) == ("cannot tell", 2)
    assert "not testable" in sad["notes"]
    assert found.loc["happy", "n"] == 24


def test_the_intended_class_of_each_face_can_be_one_label(rng: np.random.Generator) -> None:
    table = make_table(rng, interventions=("blur",), classifiers=("fer",))
    meant = dict(zip(table["face"].unique(), np.tile(["happy", "sad", "angry"], 8), strict=True))
    table["expression"] = table["face"].map(meant)
    found = effects_over_faces(table[table["label"] == table["expression"]].assign(label="intended"))
    assert found[["label", "n"]].to_numpy().tolist() == [["intended", 24]]


def test_one_face_says_nothing_about_others(rng: np.random.Generator) -> None:
    found = effects_over_faces(make_table(rng, faces=1))
    assert (found["n"] == 1).all()
    assert (found["p"] == 1.0).all()
    assert found[["low", "high", "sd", "g"]].isna().all(axis=None)
    assert (found["verdict"] == "cannot tell").all()
    assert found["notes"].str.contains("One identity: nothing can be said about others.").all()


def test_no_spread_is_said(rng: np.random.Generator) -> None:
    table = make_table(rng, faces=33, interventions=("blur",), labels=("happy", "sad"))
    table["probability"] = np.where(table["label"] == "happy", 0.5, 0.8 - 0.3 * table["strength"])
    found = effects_over_faces(table).set_index("label")
    assert found.loc["happy", "notes"].str.contains("No output changed at all.").all()
    assert (found.loc["happy", "verdict"] == "does not matter at δ").all()
    assert (found.loc["happy", "p"] == 1.0).all()
    assert found.loc["sad", "notes"].str.contains("the interval has no width").all()
    assert found["g"].isna().all()
    few = effects_over_faces(table[table["face"].isin(["face 0", "face 1"])]).set_index("label")
    assert (few["verdict"] == "cannot tell").all()
    assert (few["verdict_double"] == "cannot tell").all()
    assert not few["detectable"].any()
    assert few["notes"].str.contains("Without spread fewer than 6 identities give no verdict.").all()
    words = describe_effect(few.loc["sad"].iloc[0].to_dict() | {"label": "sad"})
    assert "can't be said: the effects of 2 identities are all the same number. 2 people:" in words


def test_few_faces_are_told_what_p_they_can_reach(rng: np.random.Generator) -> None:
    five = effects_over_faces(make_table(rng, faces=5))
    assert (
        five["notes"].str.contains("With 5 identities p can't be below 0.062: it can't reject at 0.05").all()
    )
    eight = effects_over_faces(make_table(rng, faces=8))
    assert eight["notes"].str.contains("cannot reach the corrected level over 12 tests").all()
    assert eight["notes"].str.contains("8 people are few").all()
    assert not effects_over_faces(make_table(rng, faces=20))["notes"].str.contains("can't|cannot").any()


def test_disagreement_about_zero_is_said(rng: np.random.Generator) -> None:
    table = make_table(rng, faces=11, interventions=("blur",), classifiers=("fer",), labels=("happy",))
    effects = np.r_[np.full(10, 0.001), 0.9]  # all rise: p is minimal, Student's interval is wide
    table["probability"] = 0.1 * (table["strength"] >= 0)
    for number, effect in enumerate(effects):
        end = (table["face"] == f"face {number}") & (table["strength"] == 1.0)
        table.loc[end, "probability"] = 0.1 + effect
    found = effects_over_faces(table).iloc[0]
    assert found["p"] < 0.01
    assert found["low"] < 0
    assert "disagree about 0" in found["notes"]
    assert "can be too narrow" in found["notes"]


def test_starts_at_the_edge_are_said(rng: np.random.Generator) -> None:
    table = make_table(rng, interventions=("blur",), classifiers=("fer",), labels=("happy",))
    high = effects_over_faces(table.assign(probability=0.99 - 0.1 * table["probability"] * table["strength"]))
    assert "starts near 1 and can only fall" in high["notes"].iloc[0]
    low = table.assign(probability=0.01 + 0.1 * table["probability"] * table["strength"])
    assert "starts near 0" not in effects_over_faces(low)["notes"].iloc[0]
    assert "starts near 0 and can hardly fall" in effects_over_faces(low, alternative="less")["notes"].iloc[0]


@pytest.mark.parametrize(
    ("alternative", "shift", "size"),
    [
        ("two-sided", 0.12, "small"),
        ("two-sided", 0.04, "large"),  # the mean lies on the side of the long tail
        ("less", 0.08, "small"),
        ("greater", 0.08, "large"),
    ],
)
def test_skewed_effects_are_said_with_the_side(
    alternative: str, shift: float, size: str, rng: np.random.Generator
) -> None:
    table = make_table(rng, interventions=("blur",), classifiers=("fer",), labels=("happy",))
    effects = dict(zip(table["face"].unique(), rng.lognormal(0, 1, 24) / 20 - shift, strict=True))
    table["probability"] = 0.4 + table["strength"] * table["face"].map(effects)
    notes = effects_over_faces(table, alternative=alternative)["notes"].iloc[0]
    assert "skewed (+" in notes
    assert f"the sign-flip p can be too {size}" in notes


def test_margins_are_never_made_up_for_logits(rng: np.random.Generator) -> None:
    table = make_table(rng)
    none = effects_over_faces(table, value="logit")
    assert none["delta"].isna().all()
    assert (none["verdict"] == "").all()
    given = effects_over_faces(table, value="logit", delta=0.5)
    assert (given["delta"] == 0.5).all()
    assert set(given["verdict"]) <= {"matters", "does not matter at δ", "cannot tell"}


@pytest.mark.thorough
def test_a_hundred_thousand_rows_take_less_than_a_second(rng: np.random.Generator) -> None:
    names = [[f"face {i}" for i in range(60)], ["symmetry"], np.linspace(0, 1, 21)]
    names += [[f"network {i}" for i in range(12)], [f"label {i}" for i in range(7)]]
    index = pd.MultiIndex.from_product(
        names, names=["face", "intervention", "strength", "classifier", "label"]
    )
    table = index.to_frame(index=False)
    table["probability"] = rng.random(len(table))
    assert len(table) > 100_000
    times = []
    for _ in range(3):
        start = time.process_time()
        assert len(effects_over_faces(table)) == 84
        times.append(time.process_time() - start)
    assert min(times) < 1


@pytest.mark.thorough
def test_a_row_with_few_identities_is_exact_in_a_large_table(rng: np.random.Generator) -> None:
    table = make_table(rng, faces=20, interventions=("blur",), classifiers=("fer",))
    number = table["face"].str.slice(5).astype(int)
    table = table[(table["label"] != "happy") | (number < 4)]
    for seed in range(5):
        found = effects_over_faces(table, seed=seed).set_index("label")
        happy = found.loc["happy"]
        assert (happy["n"], happy["exact"], happy["n_flips"]) == (4, True, 16)
        assert happy["p"] == 0.125
        assert "With 4 identities p can't be below 0.12" in happy["notes"]
        assert found.loc["sad", ["exact", "n_flips"]].tolist() == [False, 9999]


@pytest.mark.thorough
@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10**6))
def test_any_table_is_judged_or_refused_by_name(seed: int) -> None:
    rng = np.random.default_rng(seed)
    kind, steps, faces = rng.choice(["constant", "same", "noise", "saturated"]), rng.choice([2, 3, 5]), 26
    table = make_table(
        rng,
        faces=int(rng.integers(1, faces)),
        interventions=("a", "b")[: rng.integers(1, 3)],
        labels=("happy",),
        steps=np.linspace(0, 1, steps),
    )
    if kind != "noise":
        logit = {"constant": 1.0, "same": table["strength"] ** 2, "saturated": 40.0}[kind]
        table = table.assign(logit=logit, probability=lambda t: expit(t["logit"]))
    if rng.random() < 0.5:
        table["identity"] = "person " + (table["face"].str.slice(5).astype(int) // 2).astype(str)
    if rng.random() < 0.7:
        table = table[rng.random(len(table)) < rng.choice([0.3, 0.6, 0.9])]
    if rng.random() < 0.5:
        table = table.assign(logit=table["logit"].where(rng.random(len(table)) < 0.8))
    options: dict[str, Any] = {"n_flips": 99, "value": rng.choice(["probability", "logit"])}
    options |= {"summary": rng.choice(["difference", "slope"]), "n_bootstrap": 800}
    with contextlib.suppress(BadValueError, UnknownNameError):
        found = effects_over_faces(table, **options)
        assert (found["p"] > 0).sum() == found["family"].iloc[0]
        assert [describe_effect(row) for _, row in found.iterrows()]
    with contextlib.suppress(BadValueError, UnknownNameError):
        contrast(table, "a", "b", **options)
        del options["n_bootstrap"]
        describe_lowering(lowering(table, "a", "b", label="happy", **options))


def twice(table: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([table, table.iloc[:3]])


def same_names(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(face=[1 if name == "face 0" else "1" for name in table["face"]])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.to_numpy(), "Expected the tidy table of sweeps"),
        (lambda t: t.iloc[:0], "no rows"),
        (lambda t: t.drop(columns=["label", "strength"]), "lacks label, strength"),
        (lambda t: t.drop(columns="probability"), "lacks probability"),
        (lambda t: t.assign(strength=t["strength"] * 2), "Strengths lie between 0 and 1"),
        (lambda t: t.assign(strength=math.nan), "Strengths lie between 0 and 1"),
        (lambda t: t.assign(strength="strong"), "strength of the tidy table must hold numbers"),
        (lambda t: t.assign(probability=t["logit"] * 9), "value='logit'"),
        (lambda t: t.assign(probability=math.inf), "infinite"),
        (lambda t: t.assign(face=None), "have no face"),
        (lambda t: t.assign(identity=np.arange(len(t)).astype(str)), "has two"),
        (same_names, "Different values of face have the same name: 1, '1'"),
        (lambda t: pd.concat([t, t["strength"]], axis=1), "more than one column strength"),
        (twice, "3 rows are there twice"),
        (lambda t: t[t["strength"] == 0], "strength 0 and 1 of the same face are needed"),
    ],
)
def test_bad_tables_are_named(change, words: str, rng: np.random.Generator) -> None:  # type: ignore[no-untyped-def]
    table = make_table(rng, faces=2, interventions=("blur",), classifiers=("fer",))
    with pytest.raises(BadValueError) as caught:
        effects_over_faces(change(table))
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"value": "logits"}, '"probability", "logit" or "value"'),
        ({"summary": "area"}, '"difference" or "slope"'),
        ({"delta": 0}, "above 0"),
        ({"delta": -0.1}, "above 0"),
        ({"alpha": 0.6}, "below .5"),
        ({"alternative": "lower"}, "two-sided, less, greater"),
        ({"n_bootstrap": 5}, "99 or more"),
        ({"value": ["logit"]}, '"probability", "logit" or "value"'),
        ({"n_flips": 0}, "whole number"),
        ({"seed": 1.5}, "whole number"),
    ],
)
def test_bad_options_are_named(options: dict[str, object], words: str, rng: np.random.Generator) -> None:
    with pytest.raises(BadValueError) as caught:
        effects_over_faces(make_table(rng, faces=2), **options)
    assert words in str(caught.value)


@pytest.mark.parametrize(("options", "least"), [({"n_bootstrap": 99}, 800), ({"alpha": 0.001}, 40_000)])
def test_intervals_need_enough_resamples(
    options: dict[str, float], least: int, rng: np.random.Generator
) -> None:
    with pytest.raises(BadValueError, match=f"needs {least} resamples or more"):
        effects_over_faces(make_table(rng, faces=20), **options)  # type: ignore[arg-type]
    assert len(effects_over_faces(make_table(rng, faces=19), **options)) == 12  # type: ignore[arg-type]


@pytest.mark.thorough
@given(
    st.lists(st.sampled_from([-0.5, -0.1, 0.0, 0.1, 0.3]), min_size=1, max_size=60),
    st.sampled_from([0.01, 0.05, 0.10]),
)
@settings(max_examples=60, deadline=None)
def test_people_beyond_the_margin_are_counted_one_by_one(changes: list[float], alpha: float) -> None:
    rows = [
        (f"face {i}", "one", s, "fer", "happy", 0.5 + s * change)
        for i, change in enumerate(changes)
        for s in (0.0, 1.0)
    ]
    names = ["face", "intervention", "strength", "classifier", "label", "probability"]
    row = effects_over_faces(pd.DataFrame(rows, columns=names), delta=0.2, alpha=alpha).iloc[0]
    for name, count in (("falls", sum(c < -0.2 for c in changes)), ("rises", sum(c > 0.2 for c in changes))):
        low, high = proportion_confint(count, len(changes), alpha=alpha, method="beta")
        assert row[f"beyond_{name}"] == pytest.approx(count / len(changes))
        assert row[f"beyond_{name}_low"] == pytest.approx(low, abs=1e-9)
        assert row[f"beyond_{name}_high"] == pytest.approx(high, abs=1e-9)


def test_without_a_margin_nobody_is_beyond_it() -> None:
    rows = [(f"face {i}", "one", s, "fer", "happy", 2.0 * s + i) for i in range(4) for s in (0.0, 1.0)]
    names = ["face", "intervention", "strength", "classifier", "label", "logit"]
    found = effects_over_faces(pd.DataFrame(rows, columns=names), value="logit")
    assert found.filter(like="beyond_").isna().all().all()
