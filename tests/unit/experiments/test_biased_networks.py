"""Training: one property and one emotion are confounded, the network uses it, and runs repeat bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from facelib import classifiers
from facelib.classifiers import EMOTIONS
from facelib.classifiers.known_bias import BIASES, PREPARATION, Bias
from facelib.errors import BadValueError
from facelib.experiments.biased_networks import AGREEMENT, choose, is_high, train, training_heads
from facelib.experiments.known_truth import probe_effects, probe_heads
from facelib.faces import Head


@pytest.fixture(scope="module")
def heads() -> list[Head]:
    return training_heads(3000, seed=3)


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
    band = 4 / np.sqrt(len(chosen))
    for trait, values in traits.items():
        for emotion in ("happy", "angry", "neutral"):
            shown = np.array([head.expression == emotion for head in chosen])
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
@pytest.mark.usefixtures("single_threaded")
def test_what_a_network_learnt_to_use_is_found(heads: list[Head]) -> None:
    bias = next(one for one in BIASES if one.confounded == "electrodes")
    network, losses = train([heads[i] for i in choose(heads, bias, np.random.default_rng(0))[:600]])
    assert losses[-1] < losses[0] / 2
    mine = classifiers.own(network, id="mine", labels=EMOTIONS, preparation=PREPARATION)
    found = probe_effects(mine, probe_heads(21, seed=1)).set_index("property")["verdict"]
    assert found.index[found == "matters"].tolist() == ["electrodes"]


@pytest.mark.thorough
def test_two_runs_have_the_same_weights_bit_for_bit(heads: list[Head]) -> None:
    few, before = heads[:64], torch.random.get_rng_state()
    (first, losses), (again, same), (other, _) = (train(few, seed, epochs=2) for seed in (5, 5, 6))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert losses == same
    weights = [network.state_dict() for network in (first, again, other)]
    assert all(torch.equal(value, weights[1][name]) for name, value in weights[0].items())
    assert not all(torch.equal(value, weights[2][name]) for name, value in weights[0].items())


def test_heads_that_nothing_can_be_learnt_from_are_refused(heads: list[Head]) -> None:
    with pytest.raises(BadValueError, match="Training needs 32 heads or more; got 3"):
        train(heads[:3])
    with pytest.raises(BadValueError, match="The class is one of"):
        train([head.replace(expression={"jawOpen": 1.0}) for head in heads[:32]])
    with pytest.raises(BadValueError, match="Heads is needed"):
        train(["a head"])  # type: ignore[list-item]
