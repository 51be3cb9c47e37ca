"""How many classifiers change, in words, by the tests that stand in the table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from facelib.stats import contrast, effects_over_faces
from facelib.stats.effects.counting import describe_counts

CHANGES = {"falls": (-0.4, -0.1), "falls alike": (-0.3, -0.3), "rises": (0.3, 0.3), "stays": (0.0, 0.0)}


def rows_of(people: int, rng: np.random.Generator) -> pd.DataFrame:
    """Return a table of people on whom two changes move four classifiers."""
    rows = [
        (f"face {i}", run, strength, name, "happy", 0.5 + strength * (both[k] + rng.normal(0, 0.03)))
        for i in range(people)
        for name, both in CHANGES.items()
        for k, run in enumerate(("one side", "both sides"))
        for strength in (0.0, 1.0)
    ]
    return pd.DataFrame(
        rows, columns=["face", "intervention", "strength", "classifier", "label", "probability"]
    )


def counted(people: int, alternative: str, **options: str) -> str:
    table = rows_of(people, np.random.default_rng(5))
    settings = {"alternative": alternative}
    effects = effects_over_faces(table, **settings).query("intervention == 'one side'")
    against = contrast(table, "one side", "both sides", alternative=alternative)
    return describe_counts(effects, against, clause="one side weakens", control="“both sides”", **options)


def test_rises_are_told_beside_falls_and_what_stands_beyond_the_control() -> None:
    words = counted(40, "two-sided", fixed="the same total activation", aim="the emotion meant")
    assert words == (
        "As one side weakens, 2 of 4 classifiers lower their output for the emotion meant, 1 raises it; 1 "
        "of 4 are shown to fall further than with the same total activation (“both sides”), 3 shown not to "
        "by δ = .10 or more. Two-sided sign-flip tests over 40 people, Holm over 8 tests at .05."
    )


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("alternative", "begins"),
    [
        (
            "less",
            "As one side weakens, 2 of 4 classifiers lower their output for happy; 1 of 4 are shown to fall",
        ),
        ("greater", "As one side weakens, 1 of 4 classifiers raises its output for happy. One-sided (rises)"),
    ],
)
def test_the_side_of_the_tests_is_that_of_the_sentence(alternative: str, begins: str) -> None:
    assert counted(40, alternative).startswith(begins)


def test_too_few_people_for_the_family_are_told_with_the_number_that_it_takes() -> None:
    assert counted(6, "two-sided") == (
        "As one side weakens, it can't be said how many of the 4 classifiers change their output for happy: "
        "the sign-flip test with Holm over 8 tests needs at least 9 people at .05, and there are 6."
    )


def test_a_fall_of_nearly_nothing_is_counted_and_said_to_be_small() -> None:
    """Twelve people whose output falls by .0002 each are sure to fall, and nobody would care."""
    shared = {"label": "happy", "alternative": "two-sided", "alpha": 0.05, "n": 12, "family": 2, "delta": 0.1}
    rows = [("fer", -0.42, 0.001), ("bright", -0.0002, 0.03)]
    effects = pd.DataFrame(
        [{"classifier": name, "mean": mean, "p_holm": p, **shared} for name, mean, p in rows]
    )
    said = describe_counts(effects, clause="the left side weakens")
    assert "2 of 2 classifiers lower their output" in said
    assert said.endswith("By less than δ = .10 on average: bright.")
    assert "By less" not in describe_counts(effects.head(1), clause="the left side weakens")
