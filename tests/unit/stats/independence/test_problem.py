"""How rows are arranged: by stratum, and the same whatever order, names or units the user has."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facelib.errors import BadValueError
from facelib.stats.independence.conditioning import Given, as_given
from facelib.stats.independence.prepare import ask
from facelib.stats.independence.problem import FEWEST, arrange, check_size, content_key
from facelib.stats.independence.variables import as_variable

FEW = settings(max_examples=40, deadline=None, derandomize=True)


def arranged(x: np.ndarray, y: np.ndarray, z: np.ndarray, seed: int = 0) -> tuple[np.ndarray, Given]:
    return arrange([as_variable(x, "x")], [as_variable(y, "y")], as_given(z, len(x)), seed)


@FEW
@given(st.integers(0, 10**6), st.booleans())
def test_the_same_faces_are_arranged_alike(seed: int, tied: bool) -> None:
    rng = np.random.default_rng(seed)
    n = 30
    x, y = rng.integers(0, 2, (2, n)) if tied else rng.standard_normal((2, n))
    x[:2], y[:2] = [0, 1], [0, 1]
    z = rng.permutation(np.repeat(["a", "b", "c"], [14, 9, 7]))
    rows, found = arranged(x, y, z)
    assert np.array_equal(np.sort(rows), np.arange(n))
    assert (np.diff(found.strata) >= 0).all()
    assert np.array_equal(found.strata, np.repeat([0, 1, 2], [14, 9, 7]))  # by size
    order = rng.permutation(n)
    renamed = np.array(["c", "a", "b"])[np.searchsorted(["a", "b", "c"], z[order])]
    again, other = arranged(5 * x[order] - 3, 0.1 * y[order] + 7, renamed)
    assert np.array_equal(other.strata, found.strata)
    assert np.array_equal(x[order][again], x[rows])
    assert np.array_equal(y[order][again], y[rows])
    assert np.array_equal(z[order][again], z[rows])


def test_rows_are_shuffled_inside_strata() -> None:
    x = np.arange(300.0)
    rows, _ = arranged(x, x**2, np.repeat(["a", "b"], 150))
    assert abs(np.corrcoef(np.arange(150), x[rows[:150]])[0, 1]) < 0.25
    other, _ = arranged(x, x**2, np.repeat(["a", "b"], 150), seed=1)
    assert not np.array_equal(rows, other)


def test_strata_of_one_size_are_sorted_by_content() -> None:
    x = np.arange(20.0)
    for names in (["a", "b"], ["b", "a"]):
        rows, _ = arranged(x, x**2, np.repeat(names, 10))
        assert set(rows[:10]) == set(range(10))


def test_keys_depend_on_content_not_on_units(rng: np.random.Generator) -> None:
    columns = [rng.standard_normal((9, 2)), rng.standard_normal((9, 1))]
    key = content_key(columns)
    np.testing.assert_allclose(content_key([10 * c + 3 for c in columns]), key, rtol=1e-10)
    assert len(np.unique(key.round(9))) == 9


def test_too_few_faces() -> None:
    check_size(FEWEST)
    with pytest.raises(BadValueError, match="at least 8 faces; got 7"):
        check_size(FEWEST - 1)


def test_a_question_sets_constant_variables_apart(rng: np.random.Generator) -> None:
    n = 24
    z = np.repeat(["a", "b"], 12)
    xs = [as_variable(rng.standard_normal(n), "age"), as_variable((z == "a") * 1.0, "sex")]
    ys = [as_variable(np.ones(n), "happy"), as_variable(rng.standard_normal(n), "sad")]
    question = ask(xs, ys, z, seed=0)
    assert question.problem.shape == (1, 1)
    assert (question.rows, question.columns, question.shape) == ((0,), (1,), (2, 2))
    assert question.why_not == {
        (0, 0): "Not testable: happy is the same within every label.",
        (1, 0): "Not testable: sex and happy are the same within every label.",
        (1, 1): "Not testable: sex is the same within every label.",
    }
    assert question.problem.n == n
    whole = ask(xs, ys, seed=0)
    assert set(whole.why_not.values()) == {"Not testable: happy is the same for all faces."}
