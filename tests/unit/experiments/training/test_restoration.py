"""Training: pairs differ by electrodes alone, patches tell the truth, runs repeat bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from facelib.errors import BadValueError
from facelib.experiments.training.restoration import FIRST, SECOND, train
from facelib.experiments.training.restoration_pairs import Pairs, covered, training_heads, training_pairs
from facelib.experiments.training.restoration_samples import batch, worse
from facelib.faces import ELECTRODE_SCHEMES, Head

pytestmark = pytest.mark.packages


@pytest.fixture(scope="module")
def few() -> Pairs:
    return training_pairs(training_heads(6, seed=2))


@pytest.mark.thorough
def test_heads_differ_in_all_that_could_be_mistaken() -> None:
    heads = training_heads(400, seed=9)
    assert {head.expression_set for head in heads} == {"tuned", "facs"}
    counts = np.array([len(head.electrode_names) for head in heads])
    assert counts.min() == 1
    assert 0.2 < np.isin(counts, [len(names) for names in ELECTRODE_SCHEMES.values()]).mean() < 0.55
    for name in ("glasses", "moles", "facial_hair", "wires", "tape", "mask"):
        worn = np.array([getattr(head, name) > 0 for head in heads])
        assert 0.01 < worn.mean() < 0.6, name
        assert abs(np.corrcoef(worn, counts)[0, 1]) < 0.2, name
    assert np.histogram([head.skin_tone for head in heads], 5, (0, 1))[0].min() > 60
    assert [head.key for head in training_heads(5, 3)] == [head.key for head in training_heads(5, 3)]


@pytest.mark.thorough
def test_pairs_differ_where_they_say(few: Pairs) -> None:
    for without, worn, pieces in zip(few.without, few.worn, few.pieces, strict=True):
        apart = np.abs(without.astype(int) - worn).max(axis=2)
        assert (apart[pieces == 0] <= 5).all()
        assert pieces.max() >= 1
        assert np.array_equal(pieces > 0, covered(without, worn))


@pytest.mark.thorough
def test_pairs_are_kept_and_made_anew_for_other_heads(tmp_path, few: Pairs) -> None:
    heads = training_heads(6, seed=2)
    file = tmp_path / "pairs.npz"
    for pairs in (training_pairs(heads, cache=file), training_pairs(heads, cache=file)):
        assert np.array_equal(pairs.worn, few.worn)
        assert np.array_equal(pairs.pieces, few.pieces)
    assert len(training_pairs(heads[:2], cache=file)) == 2
    with pytest.raises(BadValueError, match="wear electrodes"):
        training_pairs([Head()])


@pytest.mark.thorough
def test_patches_show_what_the_mask_says(few: Pairs) -> None:
    """Where nothing is covered, both pictures are of one person; where something is, they differ."""
    shown = batch(few, 60, np.random.default_rng(4), patch=64)
    bare = shown.mask.max(axis=(1, 2)) == 0
    assert 0.2 < bare.mean() < 0.6
    apart = np.abs(shown.seen.astype(float) - shown.bare).mean(axis=3)
    assert apart[shown.mask > 0.9].mean() > 4 * apart[shown.mask == 0].mean()


def test_a_worse_camera_spoils_both_alike_but_for_noise() -> None:
    picture = np.random.default_rng(0).integers(60, 200, (64, 64, 3), dtype=np.uint8)
    for seed in range(12):
        seen, bare = worse(picture, picture, np.random.default_rng(seed))
        assert np.abs(seen.mean(axis=(0, 1)) - bare.mean(axis=(0, 1))).max() < 3


@pytest.mark.thorough
def test_two_runs_have_the_same_weights_bit_for_bit_and_learn(few: Pairs) -> None:
    before = torch.random.get_rng_state()
    courses = FIRST._replace(steps=18), SECOND._replace(steps=4)
    settings: dict[str, Any] = {"held_out": 1, "courses": courses, "size": 4, "patch": 48}
    first, again = (train(few, 5, **settings) for _ in range(2))
    other = train(few, 6, **(settings | {"courses": (FIRST._replace(steps=1), SECOND._replace(steps=1))}))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert first.losses == again.losses
    assert first.held_out == again.held_out
    weights = [run.network.state_dict() for run in (first, again, other)]
    assert all(torch.equal(value, weights[1][name]) for name, value in weights[0].items())
    assert not all(torch.equal(value, weights[2][name]) for name, value in weights[0].items())
    assert len(first.losses) == 22
    assert np.mean(first.losses[13:18]) < 0.8 * np.mean(first.losses[:5])
    assert (first.n, first.seed) == (5, 5)


def test_progress_is_told_and_too_little_is_refused(few: Pairs) -> None:
    told: list[tuple[float, float, bool]] = []
    courses = FIRST._replace(steps=1), SECOND._replace(steps=1)
    settings: dict[str, Any] = {"held_out": 1, "courses": courses, "size": 2, "patch": 32}
    train(few, **settings, progress=lambda at: told.append((at.done, at.total, at.loss > 0)))
    assert told == [(1, 2, True), (2, 2, True)]
    none = (FIRST._replace(steps=0), SECOND)
    for wrong in ({"held_out": 0}, {"held_out": 6}, {"courses": none}):
        with pytest.raises(BadValueError, match="Training needs pairs"):
            train(few, **(settings | wrong))
