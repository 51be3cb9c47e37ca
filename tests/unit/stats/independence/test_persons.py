"""Several pictures a person: averaged per label, persons exchanged as a whole, or one row a person."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from facelib.errors import BadValueError
from facelib.stats.independence import independence_test
from facelib.stats.independence.conditioning import as_given
from facelib.stats.independence.persons import (
    ASSUMED,
    Rows,
    by_appearance,
    exchangeable,
    fewer,
    independent_rows,
    whole_persons,
)
from facelib.stats.independence.prepare import Question, ask
from facelib.stats.independence.variables import as_variable

PEOPLE, LABELS, PICTURES = 12, 3, 2
PERSON = np.repeat(np.arange(PEOPLE), LABELS * PICTURES)
LABEL = np.tile(np.repeat(["a", "b", "c"], PICTURES), PEOPLE)
N = len(PERSON)


def asked(x: Any, y: Any, z: Any, person: Any, seed: int = 0) -> Question:
    return ask([as_variable(x, "x")], [as_variable(y, "y")], z, person, seed=seed)


def prepared(person: Any, z: Any = LABEL, seed: int = 0, key: Any = None) -> Rows:
    n = len(z)
    return independent_rows(person, as_given(z, n), seed, np.arange(n) * 1.0 if key is None else key)


def test_nobody_named_is_said() -> None:
    rows = prepared(None)
    assert rows.notes == (ASSUMED,)
    assert rows.count == N
    assert rows.persons is None


def test_every_person_once_needs_no_note() -> None:
    rows = prepared([f"person {i}" for i in range(N)])
    assert rows.notes == ()
    assert rows.persons is None


@pytest.mark.parametrize("bad", [PERSON[:-1], [None, *PERSON[1:].tolist()], np.stack([PERSON, PERSON], 1), 3])
def test_persons_are_known_for_every_face(bad: Any) -> None:
    with pytest.raises(BadValueError, match="person"):
        prepared(bad)


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


def test_averaged_categories_are_numbers_only_if_they_differ(rng: np.random.Generator) -> None:
    rows = prepared(PERSON)
    sex = as_variable(np.array(["f", "m"])[PERSON % 2], "sex")
    assert rows.variable(sex).kind == "binary"
    assert rows.variable(as_variable(np.array(["f", "m"])[np.arange(N) % 2], "x")).kind == "continuous"
    hair = as_variable(np.array(["b", "s", "l"])[PERSON % 3], "hair")
    assert rows.variable(hair).kind == "categorical"
    assert rows.variable(as_variable(np.array(list("bsl"))[rng.integers(3, size=N)], "h")).kind == "vector"


def test_a_number_of_pictures_held_fixed_leaves_one_picture_a_person(rng: np.random.Generator) -> None:
    """The mean of sin over a person doesn't follow from the mean of what it is the sine of."""
    number, x, y = rng.standard_normal((3, N))
    question = asked(x, y, number, PERSON)
    assert question.problem.n == PEOPLE
    assert question.problem.orders is None
    assert "one picture was drawn of each person (seed 0)" in question.notes[0]
    rows = [int(np.flatnonzero(y == value)[0]) for value in question.problem.ys[0].values[:, 0]]
    assert sorted(PERSON[rows]) == list(range(PEOPLE))
    np.testing.assert_array_equal(question.problem.xs[0].values[:, 0], x[rows])
    np.testing.assert_array_equal(question.problem.given.numbers[:, 0], number[rows])


def test_a_number_of_persons_held_fixed_leaves_means(rng: np.random.Generator) -> None:
    age = rng.uniform(18, 80, PEOPLE)[PERSON]
    x, y = rng.standard_normal((2, N))
    question = asked(x, y, age, PERSON)
    assert question.problem.n == PEOPLE
    assert "the mean of 6 pictures was drawn of each person" in question.notes[0]
    means = [y[person == PERSON].mean() for person in range(PEOPLE)]
    assert sorted(question.problem.ys[0].values[:, 0]) == pytest.approx(sorted(means))


def test_numbers_and_labels_leave_one_label_a_person(rng: np.random.Generator) -> None:
    number, x, y = rng.standard_normal((3, N))
    question = asked(x, y, {"label": LABEL, "number": number}, PERSON, seed=4)
    assert question.problem.n == PEOPLE
    assert "one picture of one label was drawn of each person (seed 4)" in question.notes[0]
    assert set(question.problem.ys[0].values[:, 0]) <= set(y)
    age = rng.uniform(18, 80, PEOPLE)[PERSON]
    question = asked(x, y, {"label": LABEL, "age": age}, PERSON, seed=4)
    assert "the mean of 2 pictures of one label was drawn of each person" in question.notes[0]
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
    result = independence_test(x, x + 0.01 * rng.standard_normal(24), label, "chsic", person=person)
    assert result.p_value > 1 / 24 - 0.02  # 4! orders of persons
    assert any("can be ordered in few ways only" in note for note in result.notes)
    assert any("The smallest possible p is 0.042" in note for note in result.notes)


def test_persons_without_partners_stay_and_are_counted(rng: np.random.Generator) -> None:
    keep = ~((PERSON < 2) & (LABEL == "a")) & ~((PERSON == 0) & (LABEL == "b"))
    x, y = rng.standard_normal(PEOPLE)[PERSON], rng.standard_normal(N)
    question = asked(x[keep], y[keep], LABEL[keep], PERSON[keep])
    assert "3 rows have no partner with the same labels and numbers and stay" in question.notes[0]
    problem = question.problem
    assert problem.orders is not None
    moves = (problem.orders.draw(200) != np.arange(problem.n)).any(axis=0)
    assert (~moves).sum() == 3


def test_persons_with_the_same_labels_and_numbers_of_pictures_are_exchanged() -> None:
    person = np.array([0, 0, 1, 1, 2, 3, 4])
    label = np.array([0, 1, 1, 0, 0, 0, 1])
    once = np.ones(7, np.intp)
    assert [rows.tolist() for rows in exchangeable(person, label, once)] == [[[0, 1], [3, 2]], [[4], [5]]]
    assert whole_persons(person, label, once, 0).log_total == pytest.approx(2 * np.log(2))
    pictures = np.array([2, 1, 1, 2, 5, 6, 1])
    assert [rows.tolist() for rows in exchangeable(person, label, pictures)] == [[[0, 1], [3, 2]]]


def test_pictures_are_left_out_by_lot() -> None:
    of, lots = np.array([0, 0, 0, 1, 1, -1]), np.array([0.9, 0.1, 0.5, 0.8, 0.2, 0.0])
    assert fewer(of, np.array([2, 1]), lots).tolist() == [-1, 0, 0, -1, 1, -1]


def test_uneven_numbers_of_pictures_are_made_even(rng: np.random.Generator) -> None:
    """As many pictures as possible stay: with partners all, else a power of two, else the fewest."""
    for counts, left, said in (
        ([9] * 6 + [4] * 6, 78, None),
        (list(range(8, 16)), 64, "28 pictures were left out by lot (seed 0)"),
        ([1, 2, 4, 8, 16, 33], 6, "58 pictures were left out by lot"),
    ):
        person = np.repeat(np.arange(len(counts)), counts)
        rows = prepared(person, ["all"] * len(person))
        assert rows.count == len(counts)
        assert (rows.of >= 0).sum() == left
        assert ("left out" in rows.notes[0]) == (said is not None)
        assert said is None or said in rows.notes[0]
    order = rng.permutation(len(person))
    again = prepared(person[order][::1], ["all"] * len(person), key=np.arange(len(person))[order] * 1.0)
    kept, kept_again = (set(np.flatnonzero(of >= 0)) for of in (rows.of, again.of[np.argsort(order)]))
    assert kept == kept_again  # whatever the order of rows


def test_names_of_persons_change_nothing(rng: np.random.Generator) -> None:
    assert by_appearance(np.array([9, 4, 9, 1])).tolist() == [0, 1, 0, 2]
    x, y = rng.standard_normal(PEOPLE)[PERSON], rng.standard_normal(N)
    names = np.array([f"{i:02d}" for i in rng.permutation(PEOPLE)])
    order = rng.permutation(N)
    first = independence_test(x, y, LABEL, "chsic", person=PERSON, n_permutations=99)
    again = (x[order], y[order], LABEL[order])
    second = independence_test(*again, "chsic", person=names[PERSON[order]], n_permutations=99)
    assert first.p_value == second.p_value
    assert first.statistic == pytest.approx(second.statistic, rel=1e-9)
