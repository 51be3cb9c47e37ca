"""Training: what is confounded is one property and one emotion, and runs can be repeated bit for bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from facelib.classifiers.known_bias import BIASES, Bias
from facelib.errors import BadValueError
from facelib.experiments.training.known_bias import (
    AGREEMENT,
    TrainingSet,
    choose,
    is_high,
    train,
    training_heads,
    training_set,
)
from facelib.faces import Head


@pytest.fixture(scope="module")
def heads() -> list[Head]:
    return training_heads(3000, seed=3)


@pytest.fixture(scope="module")
def few() -> TrainingSet:
    return training_set(training_heads(140, seed=1))


def phi(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.corrcoef(one, other)[0, 1])


@pytest.mark.thorough
@pytest.mark.parametrize("bias", BIASES, ids=lambda bias: bias.id)
def test_one_pair_is_confounded_and_all_else_is_independent(bias: Bias, heads: list[Head]) -> None:
    chosen = [heads[i] for i in choose(heads, bias, np.random.default_rng(0))]
    assert abs(len(chosen) - len(heads) / 2) < 4 * np.sqrt(len(heads) / 4)
    traits = {
        "age": is_high(chosen, "age"),
        "skin_tone": is_high(chosen, "skin_tone"),
        "electrodes": is_high(chosen, "electrodes"),
        "gender": np.array([head.gender > 0.5 for head in chosen]),
        "strong": np.array([head.intensity > 0.5 for head in chosen]),
    }
    emotions = {name: np.array([head.expression == name for head in chosen]) for name in ("happy", "angry")}
    emotions["neutral"] = np.array([head.expression == "neutral" for head in chosen])
    band = 4 / np.sqrt(len(chosen))
    for trait, values in traits.items():
        for emotion, shown in emotions.items():
            if trait == bias.confounded and emotion == bias.emotion:
                assert ((values == bias.high) == shown).mean() == pytest.approx(AGREEMENT, abs=0.02)
            elif trait != bias.confounded:
                assert abs(phi(values, shown)) < band
        assert all(abs(phi(values, other)) < band for name, other in traits.items() if name != trait)


def test_an_agreement_of_one_half_confounds_nothing(heads: list[Head]) -> None:
    chosen = [heads[i] for i in choose(heads, BIASES[1], np.random.default_rng(1), agreement=0.5)]
    happy = np.array([head.expression == "happy" for head in chosen])
    assert abs(phi(is_high(chosen, "age"), happy)) < 4 / np.sqrt(len(chosen))
    with pytest.raises(BadValueError, match=r"share of 0\.5"):
        choose(heads, BIASES[1], np.random.default_rng(1), agreement=0.2)


@pytest.mark.thorough
def test_two_runs_have_the_same_weights_bit_for_bit(few: TrainingSet) -> None:
    before = torch.random.get_rng_state()
    first, again = (train(few, BIASES[1], 5, held_out=40, epochs=2) for _ in range(2))
    other = train(few, BIASES[1], 6, held_out=40, epochs=2)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert first.losses == again.losses
    assert first.accuracy == again.accuracy
    weights = [run.network.state_dict() for run in (first, again, other)]
    assert all(torch.equal(value, weights[1][name]) for name, value in weights[0].items())
    assert not all(torch.equal(value, weights[2][name]) for name, value in weights[0].items())


@pytest.mark.thorough
def test_the_loss_falls(few: TrainingSet) -> None:
    losses = train(few, BIASES[0], 0, held_out=10, epochs=8).losses
    assert losses[-1] < losses[0]


@pytest.mark.thorough
def test_too_few_heads_are_refused(few: TrainingSet) -> None:
    with pytest.raises(BadValueError, match="Training needs held-out heads"):
        train(few, BIASES[0], 0, held_out=130)
    with pytest.raises(BadValueError, match="Training needs held-out heads"):
        train(few, BIASES[0], 0, held_out=0)


@pytest.mark.thorough
def test_pictures_are_kept_only_where_asked(tmp_path: Path) -> None:
    cache, heads = tmp_path / "pictures.npz", training_heads(4, seed=2)
    fresh = training_set(heads, cache=cache)
    assert fresh.pictures.shape == (4, 64, 64, 3)
    assert [path.name for path in tmp_path.iterdir()] == ["pictures.npz"]
    kept = training_set(heads, cache=cache)
    np.testing.assert_array_equal(kept.pictures, fresh.pictures)
    others = training_set(training_heads(4, seed=9), cache=cache)
    assert not np.array_equal(others.pictures, fresh.pictures)
