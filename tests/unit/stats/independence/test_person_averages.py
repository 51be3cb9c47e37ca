"""What is the same in all pictures of a person stays the same when they are averaged, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest

from facelib.stats.causal_model import repeated_pictures
from facelib.stats.independence import independence_test
from facelib.stats.independence.conditioning import as_given
from facelib.stats.independence.persons import independent_rows
from facelib.stats.independence.variables import as_variable


@pytest.mark.parametrize("seed", range(5))
def test_a_property_of_persons_does_not_differ_within_them(seed: int) -> None:
    faces = repeated_pictures(30, 10, seed=seed)  # uneven numbers of pictures a label: sums round differently
    given = as_given(faces["label"], len(faces))
    rows = independent_rows(faces["person"], given, seed, np.arange(len(faces)) * 1.0)
    age = as_variable(faces["property"], "age")
    averaged = rows.variable(age).values[:, 0]
    assert set(averaged) <= set(faces["property"])


def test_averages_are_means(rng: np.random.Generator) -> None:
    person, label = rng.integers(6, size=60), rng.integers(2, size=60)
    given = as_given(np.array(["a", "b"])[label], 60)
    rows = independent_rows(person, given, 0, np.arange(60) * 1.0)
    values = rng.normal(size=(60, 3))
    slow = [values[rows.of == row].mean(axis=0) for row in range(rows.count)]
    np.testing.assert_allclose(rows.mean(values), slow, rtol=1e-12)


@pytest.mark.thorough
def test_persons_with_some_labels_in_common_hold_the_level() -> None:
    p = []
    for seed in range(120):
        faces = repeated_pictures(30, 10, icc=0.3, seed=seed)
        result = independence_test(
            faces["property"],
            faces["output"],
            faces["label"],
            "partial_correlation",
            seed,
            person=faces["person"],
            n_permutations=99,
        )
        p.append(result.p_value)
    assert 0.35 < np.mean(np.array(p) <= 0.5) < 0.65  # uniform: 99.9 % band of 120 draws
    assert np.mean(np.array(p) <= 0.05) < 0.13
