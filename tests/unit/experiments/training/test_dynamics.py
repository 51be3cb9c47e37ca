"""Property gradients along training: looking changes nothing; the committed table is that of the design."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from facelib import stats
from facelib.classifiers.known_bias import BIASES, training_log
from facelib.errors import BadValueError
from facelib.experiments.training.dynamics import (
    COLUMNS,
    PEOPLE,
    STEPS,
    WATCHED,
    gradients_along_training,
    load_dynamics,
    probe_heads,
)
from facelib.experiments.training.known_bias import EPOCHS, TrainingSet, train, training_heads, training_set


@pytest.fixture(scope="module")
def few() -> TrainingSet:
    return training_set(training_heads(140, seed=1))


@pytest.mark.thorough
def test_looking_at_a_network_in_training_changes_no_bit_of_it(few: TrainingSet) -> None:
    seen: list[tuple[int, float]] = []

    def look(epoch: int, network: torch.nn.Module, accuracy: float) -> None:
        torch.rand(3)  # draws of its own
        for weights in network.parameters():
            weights.data.zero_()
        seen.append((epoch, accuracy))

    plain = train(few, BIASES[1], 3, held_out=20, epochs=2)
    looked = train(few, BIASES[1], 3, held_out=20, epochs=2, after_epoch=look)
    assert [epoch for epoch, _ in seen] == [0, 1, 2]
    assert seen[-1][1] == looked.accuracy
    for one, other in zip(plain.network.parameters(), looked.network.parameters(), strict=True):
        assert torch.equal(one, other)


@pytest.mark.thorough
def test_every_network_epoch_and_property_has_its_row(few: TrainingSet) -> None:
    heads = probe_heads(7, seed=2)
    found = gradients_along_training(few, heads, BIASES[:2], epochs=1, held_out=20)
    assert list(found.columns) == list(COLUMNS)
    assert len(found) == 2 * 2 * len(WATCHED)
    assert set(found["n"]) == {7}
    assert (found["low"] <= found["epgm"]).all()
    assert (found["epgm"] <= found["high"]).all()
    assert found["confounded"].sum() == 2  # of the second network, age, at both epochs
    assert (found["epgm"] < 0.5 / STEPS).all()  # untrained networks hardly move


@pytest.mark.thorough
def test_nobody_to_probe_is_refused(few: TrainingSet) -> None:
    with pytest.raises(BadValueError, match="one person or more"):
        gradients_along_training(few, [], BIASES[:1], epochs=1, held_out=20)


def test_the_committed_table_is_that_of_the_whole_design() -> None:
    found = load_dynamics()
    assert list(found.columns) == list(COLUMNS)
    assert len(found) == len(BIASES) * (EPOCHS + 1) * len(WATCHED)
    assert set(found["n"]) == {PEOPLE}
    assert not found.duplicated(["network", "epoch", "property"]).any()
    last = found[found["epoch"] == EPOCHS].drop_duplicates("network").set_index("network")["accuracy"]
    shipped = {name: record["accuracy"] for name, record in training_log()["networks"].items()}
    for name, accuracy in shipped.items():  # other processors may round weights otherwise
        assert last[name] == pytest.approx(accuracy, abs=0.02)


def test_the_confounded_property_is_used_in_the_end_and_was_not_at_first() -> None:
    """Of each biased network its own property moves its output most, and each is where EPGM says so."""
    found = load_dynamics()
    for bias in BIASES[1:]:
        own = found[found["network"] == bias.id]
        end = own[own["epoch"] == EPOCHS].set_index("property")["epgm"]
        assert end.idxmax() == bias.confounded
        start = own[(own["epoch"] == 0) & own["confounded"]]["epgm"].iloc[0]
        assert end[bias.confounded] > 5 * start


def test_epgm_is_that_of_the_statistics() -> None:
    """The slow way, from the definition: the mean of |central differences|."""
    series = np.random.default_rng(0).random((STEPS, 4))
    slow = [np.abs(np.gradient(series[:, k])).mean() for k in range(4)]
    np.testing.assert_allclose(np.asarray(stats.property_gradient(series).epgm), slow)
