"""Several pictures a person: averaged per label, persons exchanged as a whole, or one row a person."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from facelib.errors import BadValueError
from facelib.stats.independence import independence_test
from facelib.stats.independence.given import as_given
from facelib.stats.independence.persons import (
    ASSUMED,
    by_appearance,
    differs_within,
    exchangeable,
    independent_rows,
    whole_persons,
    within_persons,
)
from facelib.stats.independence.question import Question, ask
from facelib.stats.independence.variables import as_variable

PEOPLE, LABELS, PICTURES = 12, 3, 2
PERSON = np.repeat(np.arange(PEOPLE), LABELS * PICTURES)
LABEL = np.tile(np.repeat(["a", "b", "c"], PICTURES), PEOPLE)
N = len(PERSON)


def asked(x: Any, y: Any, z: Any, person: Any, seed: int = 0) -> Question:
    xs, ys = [as_variable(x, "x")], [as_variable(y, "y")]
    given = as_given(z, len(xs[0].values))
    rows = independent_rows(person, given, seed)
    return ask(xs, ys, given, rows, seed=seed, within=differs_within(xs[0], rows))


def test_nobody_named_is_said() -> None:
    rows = independent_rows(None, as_given(LABEL, N), 0)
    assert rows.notes == (ASSUMED,)
    assert rows.count == N
    assert rows.persons is None


def test_every_person_once_needs_no_note() -> None:
    rows = independent_rows([f"person {i}" for i in range(N)], as_given(LABEL, N), 0)
    assert rows.notes == ()
    assert rows.persons is None


@pytest.mark.parametrize("bad", [PERSON[:-1], [None, *PERSON[1:].tolist()], np.stack([PERSON, PERSON], 1), 3])
def test_persons_are_known_for_every_face(bad: Any) -> None:
    with pytest.raises(BadValueError, match="person"):
        independent_rows(bad, as_given(LABEL, N), 0)


def test_one_row_a_person_and_label(rng: np.random.Generator) -> None:
    y = rng.standard_normal(N)
    age = rng.uniform(18, 80, PEOPLE)[PERSON]
    order = rng.permutation(N)
    question = asked(age[order], y[order], LABEL[order], PERSON[order])
    problem = question.problem
    assert problem.n == PEOPLE * LABELS
    assert "72 rows of 12 persons: averaged to 36" in question.notes[0]
    means = {(p, z): y[(p == PERSON) & (z == LABEL)].mean() for p in range(PEOPLE) for z in "abc"}
    assert sorted(problem.ys[0].values[:, 0]) == pytest.approx(sorted(means.values()))
    assert problem.persons is not None
    for person in range(PEOPLE):
        assert len(set(problem.xs[0].values[problem.persons == person, 0])) == 1  # age moves with the person
    assert problem.orders is not None
    for drawn in problem.orders.draw(20):
        assert np.array_equal(problem.given.strata[drawn], problem.given.strata)
        partner = problem.persons[drawn]
        assert all(len(set(partner[problem.persons == person])) == 1 for person in range(PEOPLE))


def test_what_differs_within_persons_loses_their_means(rng: np.random.Generator) -> None:
    smile = rng.standard_normal(N) + 10 * PERSON
    problem = asked(smile, rng.standard_normal(N), LABEL, PERSON).problem
    assert problem.persons is not None
    for variable in (problem.xs[0], problem.ys[0]):
        sums = np.bincount(problem.persons, weights=variable.values[:, 0])
        np.testing.assert_allclose(sums, 0, atol=1e-12)


def test_outputs_that_do_not_differ_within_persons_are_not_testable_by_what_does(
    rng: np.random.Generator,
) -> None:
    y = rng.uniform(size=PEOPLE)[PERSON] * 0.3  # one third of their sum isn't always the value itself
    result = independence_test(rng.standard_normal(N), y, LABEL, "partial_correlation", person=PERSON)
    assert np.isnan(result.p_value)
    assert result.notes[0] == "Not testable: y is the same within every label."


def test_a_property_with_rounding_within_persons_is_one_of_persons(rng: np.random.Generator) -> None:
    age = rng.uniform(18, 80, PEOPLE)[PERSON]
    given = as_given(LABEL, N)
    rows = independent_rows(PERSON, given, 0)
    assert not differs_within(as_variable(age * (1 + 1e-16 * rng.integers(-2, 3, N)), "age"), rows)
    assert differs_within(as_variable(age + 0.01 * rng.standard_normal(N), "age"), rows)


def test_centring_leaves_exact_zeros() -> None:
    values = np.array([0.1, 0.1, 0.1, 0.7, 0.7, 0.1])
    variable = as_variable(values, "x")
    (centred,) = within_persons([variable], np.array([0, 0, 0, 1, 1, 1]))
    assert centred.kind == "continuous"
    assert (centred.values[:3] == 0).all()
    hair = as_variable(["a", "b", "c", "a", "b", "c"], "hair")
    assert within_persons([hair], np.array([0, 0, 0, 1, 1, 1]))[0].kind == "vector"


def test_averaged_categories_are_numbers_only_if_they_differ(rng: np.random.Generator) -> None:
    rows = independent_rows(PERSON, as_given(LABEL, N), 0)
    sex = as_variable(np.array(["f", "m"])[PERSON % 2], "sex")
    assert rows.variable(sex).kind == "binary"
    assert rows.variable(as_variable(np.array(["f", "m"])[np.arange(N) % 2], "x")).kind == "continuous"
    hair = as_variable(np.array(["b", "s", "l"])[PERSON % 3], "hair")
    assert rows.variable(hair).kind == "categorical"
    assert rows.variable(as_variable(np.array(list("bsl"))[rng.integers(3, size=N)], "h")).kind == "vector"


def test_numbers_held_fixed_leave_one_row_a_person(rng: np.random.Generator) -> None:
    number, x, y = rng.standard_normal((3, N))
    question = asked(x, y, number, PERSON)
    assert question.problem.n == PEOPLE
    assert question.problem.orders is None
    assert "averaged to one row a person" in question.notes[0]
    means = [y[person == PERSON].mean() for person in range(PEOPLE)]
    assert sorted(question.problem.ys[0].values[:, 0]) == pytest.approx(sorted(means))


def test_numbers_and_labels_leave_one_label_a_person(rng: np.random.Generator) -> None:
    number, x, y = rng.standard_normal((3, N))
    question = asked(x, y, {"label": LABEL, "number": number}, PERSON, seed=4)
    assert question.problem.n == PEOPLE
    assert "one label a person was drawn (seed 4)" in question.notes[0]
    pairs = {round(y[(p == PERSON) & (z == LABEL)].mean(), 9) for p in range(PEOPLE) for z in "abc"}
    assert set(question.problem.ys[0].values[:, 0].round(9)) <= pairs


def test_persons_who_share_no_labels_give_one_label_each(rng: np.random.Generator) -> None:
    person = np.repeat(np.arange(10), 3)
    label = np.array([f"label {(p + k * (1 + p % 4)) % 9}" for p in range(10) for k in range(3)])
    x, y = rng.standard_normal((2, 30))
    question = asked(x, y, label, person)
    assert question.problem.n == 10
    assert question.problem.persons is None


def test_few_persons_limit_p() -> None:
    rng = np.random.default_rng(3)
    person, label = np.repeat(np.arange(4), 6), np.tile(list("abcdef"), 4)
    x = rng.standard_normal(4)[person]
    result = independence_test(x, x + 0.01 * rng.standard_normal(24), label, "within_dcov", person=person)
    assert result.p_value > 1 / 24 - 0.02  # 4! orders of persons
    assert any("can be ordered in few ways only" in note for note in result.notes)
    assert any("The smallest possible p is 0.042" in note for note in result.notes)


def test_persons_without_partners_stay_and_are_counted(rng: np.random.Generator) -> None:
    keep = ~((PERSON < 2) & (LABEL == "a")) & ~((PERSON == 0) & (LABEL == "b"))
    x, y = rng.standard_normal(PEOPLE)[PERSON], rng.standard_normal(N)
    question = asked(x[keep], y[keep], LABEL[keep], PERSON[keep])
    assert "3 rows have no partner with the same labels and stay" in question.notes[0]
    problem = question.problem
    assert problem.orders is not None
    moves = (problem.orders.draw(200) != np.arange(problem.n)).any(axis=0)
    assert (~moves).sum() == 3


def test_sets_of_labels() -> None:
    person = np.array([0, 0, 1, 1, 2, 3, 4])
    label = np.array([0, 1, 1, 0, 0, 0, 1])
    groups = exchangeable(person, label)
    assert [rows.tolist() for rows in groups] == [[[0, 1], [3, 2]], [[4], [5]]]
    assert whole_persons(person, label, 0).log_total == pytest.approx(2 * np.log(2))


def test_names_of_persons_change_nothing(rng: np.random.Generator) -> None:
    assert by_appearance(np.array([9, 4, 9, 1])).tolist() == [0, 1, 0, 2]
    x, y = rng.standard_normal(PEOPLE)[PERSON], rng.standard_normal(N)
    names = np.array([f"{i:02d}" for i in rng.permutation(PEOPLE)])
    order = rng.permutation(N)
    first = independence_test(x, y, LABEL, "within_dcov", person=PERSON, n_permutations=99)
    again = (x[order], y[order], LABEL[order])
    second = independence_test(*again, "within_dcov", person=names[PERSON[order]], n_permutations=99)
    assert first.p_value == second.p_value
    assert first.statistic == pytest.approx(second.statistic, rel=1e-9)


def test_uneven_numbers_of_pictures_are_said_where_they_matter(rng: np.random.Generator) -> None:
    uneven = np.repeat(np.arange(30), np.where(np.arange(30) % 2, 1, 20))
    smile, y = rng.standard_normal((2, len(uneven)))
    age = rng.uniform(18, 80, 30)[uneven]
    said = "were averaged over 1 to 20 pictures"
    assert any(said in note for note in asked(smile, y, None, uneven).notes)
    assert any(said in note for note in asked(smile, y, y + rng.standard_normal(len(y)), uneven).notes)
    assert not any("averaged over" in note for note in asked(age, y, None, uneven).notes)
    assert not any("averaged over" in note for note in asked(smile[:N], y[:N], LABEL, PERSON).notes)
