"""Taking a conditioner out: against the matrix inverse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from facelib.stats.independence.conditioning import as_given
from facelib.stats.independence.kernels.gaussian import Gaussian
from facelib.stats.independence.kernels.ridge import Ridge, ridge
from facelib.stats.independence.variables import z_scores

EPSILON, THETA = 1e-3, 1.3


def explained(operator: Ridge) -> np.ndarray:
    """I − R H, (n, n)."""
    return (operator.basis * operator.shrinkage) @ operator.basis.T


def by_inverse(z: Any, n: int) -> np.ndarray:
    h = np.eye(n) - 1 / n
    design = as_given(z, n).design
    if not design.shape[1]:
        return np.eye(n) - h
    kernel = h @ Gaussian.of(z_scores(design), THETA).gram() @ h
    return np.eye(n) - EPSILON * np.linalg.inv(kernel + EPSILON * np.eye(n)) @ h


def conditioner(kind: str, n: int, rng: np.random.Generator) -> Any:
    labels = rng.choice(list("abcde"), n)
    return {
        "nothing": None,
        "labels": labels,
        "a number": rng.standard_normal(n),
        "labels and a number": {"label": labels, "number": rng.standard_normal(n)},
        "rough numbers": rng.standard_t(2, (n, 4)),
    }[kind]


KINDS = ("nothing", "labels", "a number", "labels and a number", "rough numbers")


@pytest.mark.parametrize("kind", KINDS)
def test_it_equals_the_inverse(rng: np.random.Generator, kind: str) -> None:
    n = 240
    z = conditioner(kind, n, rng)
    operator = ridge(as_given(z, n), THETA, EPSILON)
    np.testing.assert_allclose(explained(operator), by_inverse(z, n), atol=1e-10)
    gram = operator.basis.T @ operator.basis
    weights = np.outer(operator.shrinkage, operator.shrinkage)
    assert np.abs((gram - np.eye(len(gram))) * weights).max() < 1e-9
    assert np.ptp(operator.basis[:, 0]) == 0
    assert operator.shrinkage[0] == 1


def test_few_columns_do_where_the_kernel_is_smooth(rng: np.random.Generator) -> None:
    given = as_given(conditioner("labels", 300, rng), 300)
    assert ridge(given, THETA, EPSILON).basis.shape[1] <= 1 + given.n_strata
    given = as_given(conditioner("a number", 300, rng), 300)
    assert ridge(given, THETA, EPSILON).basis.shape[1] < 40
