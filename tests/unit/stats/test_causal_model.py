"""The causal model does what its formula says, and nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import pearsonr

from facelib.errors import BadValueError
from facelib.stats.causal_model import (
    CONDITIONERS,
    LABELS,
    PULL,
    SHAPES,
    SIGN,
    CausalModel,
    arrows,
    held_fixed,
    nodes,
    repeated_pictures,
)

NULL = CausalModel(effect=0.0)


def test_pull_and_sign_are_balanced() -> None:
    assert PULL.mean() == pytest.approx(0, abs=1e-12)
    assert (PULL**2).mean() == pytest.approx(1)
    assert SIGN.sum() == 0
    assert abs(np.corrcoef(PULL, np.arange(7))[0, 1]) < 0.3  # a line through the codes misses most of it


@pytest.mark.thorough
@given(
    effect=st.floats(-1, 1),
    confounding=st.floats(0, 2),
    shape=st.sampled_from(SHAPES),
    conditioner=st.sampled_from(CONDITIONERS),
    seed=st.integers(0, 99),
)
def test_output_follows_the_formula(
    effect: float, confounding: float, shape: Any, conditioner: Any, seed: int
) -> None:
    model = CausalModel(effect, confounding, shape, conditioner)
    table, null = model.draw(40, seed), model.replace(effect=0.0).draw(40, seed)
    np.testing.assert_array_equal(table["property"], null["property"])  # the same seed, the same noise
    for i, face in enumerate(table.to_dict("records")):
        x, label = face["property"], face["label"]
        if shape == "linear":
            moved = x
        elif shape == "quadratic":
            moved = (x * x - 1) / 2**0.5
        elif conditioner == "labels":
            moved = SIGN[LABELS.index(label)] * x
        else:
            moved = x if label > 0 else -x
        assert face["output"] - null["output"][i] == pytest.approx(effect * moved, abs=1e-9)


def test_labels_come_equally_often_and_numbers_are_standard() -> None:
    assert set(NULL.draw(70, 3)["label"].value_counts()) == {10}
    numbers = NULL.replace(conditioner="number").draw(20_000, 3)["label"]
    assert abs(numbers.mean()) < 0.03
    assert numbers.std() == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize("conditioner", CONDITIONERS)
def test_given_the_label_nothing_is_left_without_an_effect(conditioner: Any) -> None:
    model = NULL.replace(conditioner=conditioner)
    table, plain = model.draw(20_000, 5), model.replace(confounding=0.0).draw(20_000, 5)
    assert pearsonr(table["property"], table["output"])[0] > 0.3  # confounded
    assert abs(pearsonr(plain["property"], plain["output"])[0]) < 0.03  # noise alone is independent
    own = table[["property", "output"]] - plain[["property", "output"]]
    np.testing.assert_allclose(own["property"], own["output"], atol=1e-9)  # the label pulls both alike


def test_raters_see_what_property_and_output_share() -> None:
    table = NULL.replace(confounding=0.0).draw(20_000, 1)
    changed = table["rated"] != table["label"]
    assert 0.2 < changed.mean() < 0.35
    assert set(table.loc[changed, "rated"]) == {"happy", "sad"}
    happy = table[table["rated"] == "happy"]
    assert happy["property"].mean() > 0.5
    assert happy["output"].mean() > 0.4
    number = NULL.replace(conditioner="number").draw(20_000, 1)
    look = number["rated"] - number["label"]
    assert pearsonr(look, number["output"])[0] > 0.4


def test_held_fixed_hands_out_what_was_asked() -> None:
    table = NULL.draw(35, 0)
    assert held_fixed(table, "nothing") is None
    assert held_fixed(table, "label").tolist() == table["label"].tolist()
    assert held_fixed(table, "rated label").tolist() == table["rated"].tolist()
    codes = held_fixed(table, "label as a number")
    assert [LABELS[round(10 * code)] for code in codes] == table["label"].tolist()
    number = NULL.replace(conditioner="number").draw(35, 0)
    assert held_fixed(number, "label as a number").tolist() == number["label"].tolist()


@pytest.mark.parametrize("icc", [0.0, 0.5, 1.0])
def test_persons_share_what_the_intra_class_correlation_says(icc: float) -> None:
    table = repeated_pictures(3000, 2, icc, seed=2)
    noise = table["output"] - table["label"].map(dict(zip(LABELS, PULL, strict=True)))
    pairs = noise.to_numpy().reshape(3000, 2)
    assert pearsonr(*pairs.T)[0] == pytest.approx(icc, abs=0.06)
    assert noise.std() == pytest.approx(1, abs=0.04)
    assert (table.groupby("person")["property"].nunique() == 1).all()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"shape": "round"}, "linear, quadratic, sign-flipping"),
        ({"conditioner": "colour"}, "labels, number, wavy number"),
        ({"effect": float("nan")}, "finite"),
        ({"confounding": "much"}, "numbers"),
    ],
)
def test_wrong_settings_say_what_is_right(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(BadValueError, match=words):
        CausalModel(**wrong)


def test_wrong_draws_say_what_is_right() -> None:
    with pytest.raises(BadValueError, match="whole number"):
        NULL.draw(0)
    with pytest.raises(BadValueError, match="held fixed is one of"):
        held_fixed(NULL.draw(7), "hands")  # type: ignore[arg-type]
    with pytest.raises(BadValueError, match="held fixed is one of"):
        nodes("hands")  # type: ignore[arg-type]
    with pytest.raises(BadValueError, match="held fixed is one of"):
        arrows(NULL, "hands")  # type: ignore[arg-type]
    with pytest.raises(BadValueError, match="between 0 and 1"):
        repeated_pictures(icc=1.5)


def test_the_diagram_says_what_the_model_does() -> None:
    drawn = arrows(CausalModel(0.5, 0.5, "sign-flipping")).set_index(["source", "target"])
    assert drawn.loc[("property", "output"), "words"] == "effect 0.50 (flips)"
    assert drawn.loc[("property", "output"), "share"] == 0.5
    assert drawn.loc[("label", "property"), "share"] == 0.25
    assert nodes("label").set_index("node")["held"].to_dict() == {
        "label": True,
        "property": False,
        "output": False,
    }
    rated = nodes("rated label").set_index("node")["held"]
    assert rated["rated"]
    assert not rated["label"]
    collider = arrows(CausalModel(), "rated label")
    assert {"property", "picture", "label"} == set(collider.loc[collider["target"] == "rated", "source"])
