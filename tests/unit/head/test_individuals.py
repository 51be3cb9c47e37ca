"""Shapes of an individual, of age, and of asymmetry."""

from __future__ import annotations

import numpy as np
import pytest

from facelib.head.individuals import asymmetry_weights, build, shape_weights
from facelib.utilities.bounded_cache import ArrayCache


def test_seed_zero_is_the_average_person() -> None:
    assert set(shape_weights(0, 30.0)) == {"mouth-angles-up"}
    assert build(0) == (0.5, 0.5)


def test_seeds_repeat_and_differ() -> None:
    assert shape_weights(5, 40.0) == shape_weights(5, 40.0)
    assert shape_weights(5, 40.0) != shape_weights(6, 40.0)
    assert build(5) == build(5) != build(6)


def test_of_two_opposite_shapes_only_one_is_drawn() -> None:
    weights = shape_weights(9, 25.0)
    for name in weights:
        if name.endswith("-incr"):
            assert f"{name.removesuffix('incr')}decr" not in weights
    assert all(0 < weight < 1 for weight in weights.values())


def test_age_adds_its_shapes_without_changing_the_individual() -> None:
    young, old = shape_weights(4, 25.0), shape_weights(4, 85.0)
    assert set(young) < set(old)
    assert old["head-age-incr"] == pytest.approx(0.9)
    for name in young:
        assert old[name] >= young[name]


def test_asymmetry_takes_one_side_of_each_pair() -> None:
    weights = asymmetry_weights(3, 29)
    assert weights.shape == (58,)
    assert (weights[0::2] * weights[1::2] == 0).all()
    assert weights.max() <= 1
    np.testing.assert_array_equal(weights, asymmetry_weights(3, 29))


def test_a_cache_keeps_to_its_bytes_and_forgets_what_was_used_least() -> None:
    cache = ArrayCache(3000)
    made = []

    def make(key: int) -> np.ndarray:
        def build_array() -> np.ndarray:
            made.append(key)
            return np.zeros(1000, np.uint8)

        return cache.get(key, build_array)

    for key in (1, 2, 3, 1, 4, 1, 2):
        assert not make(key).flags.writeable
    assert made == [1, 2, 3, 4, 2]
