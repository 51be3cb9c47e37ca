"""What is said of electrodes holds the numbers of the tables, their uncertainty and the verdict."""

from __future__ import annotations

import pandas as pd
import pytest

from facelib.experiments.electrodes import describe_importance
from facelib.experiments.electrodes.outcomes import MEAN
from facelib.experiments.electrodes.sentences import CAVEAT, describe_numbers

NAN = float("nan")


@pytest.fixture
def numbers() -> pd.DataFrame:
    rows = []
    for classifier in ("fer", MEAN):
        for number, accuracy in ((22, 0.44), (0, 0.71)):
            counted = classifier != MEAN
            rows.append(
                {
                    "scheme": "fridlund", "expression_set": "tuned", "classifier": classifier,
                    "number": number, "n": 105, "accuracy": accuracy, "right": 46.0 if counted else NAN,
                    "lost": 33.0 if counted else NAN, "gained": 4.0 if counted else NAN,
                    "p_holm": 0.0002 if counted and number else NAN, "change": -0.204 if number else 0.0,
                    "low": -0.26, "high": -0.15, "verdict": "does not matter at δ", "delta": 0.1,
                    "alpha": 0.05,
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


@pytest.fixture
def halves() -> pd.DataFrame:
    rows = [
        ("fer", "probability", 7.3, 6.1, 10.5),
        ("fer", "accuracy", 1.0, 1.0, 1.0),
        (MEAN, "probability", NAN, NAN, NAN),
    ]
    names = ["classifier", "outcome", "half", "half_low", "half_high"]
    return pd.DataFrame(rows, columns=names).assign(scheme="fridlund", expression_set="tuned")


def test_numbers_are_told_with_test_interval_and_verdict(numbers: pd.DataFrame, halves: pd.DataFrame) -> None:
    one, mean = describe_numbers(numbers, halves)
    assert one == (
        "fer names 71 % of 105 faces as meant without electrodes and 44 % with all 22 (33 lost, 4 gained, "
        "p < .001 after Holm); its output for what is shown changes by −.20 (95 % interval −.26 to −.15): "
        "does not matter at δ = .10. Half of that change is reached at 7 electrodes (6 to 10)."
    )
    assert mean == (
        "On average the classifiers name 71 % of 105 faces as meant without electrodes and 44 % with all 22; "
        "their output for what is shown changes by −.20 (95 % interval −.26 to −.15): does not matter at "
        "δ = .10."
    )
    assert "Half" not in describe_numbers(numbers)[0]
    few = describe_numbers(numbers.assign(n=21, verdict="cannot tell"))[0]
    assert few.endswith("cannot tell at δ = .10 (21 people: “does not matter” at δ = .10 needs at least 29).")
    assert describe_numbers(numbers, scheme="kuramoto") == []


def test_the_largest_are_told_whichever_way_they_go() -> None:
    words = {"scheme": "fridlund", "classifier": MEAN, "outcome": "probability"}
    positions = pd.DataFrame(
        [
            ("F1", "forehead", -0.02, -0.03, -0.01, 0.2), ("F19", "midface", 0.05, 0.03, 0.07, 0.01),
            ("F3", "forehead", -0.04, -0.06, -0.02, 0.05),
        ],
        columns=["position", "region", "change", "low", "high", "p_holm"],
    ).assign(**words, how="alone", alpha=0.05)  # fmt: skip
    shares = pd.DataFrame(
        [("region", "eye", -0.01), ("region", "mouth", 0.09), ("region", "chin", -0.02),
         ("region", "jaw", 0.0), ("muscle", "frontalis_medial", -0.1)],
        columns=["by", "group", "change"],
    )  # fmt: skip
    shares = shares.assign(**words, low=shares["change"] - 0.01, high=shares["change"] + 0.01)
    shares = shares.assign(total=-0.16, total_low=-0.2, total_high=-0.13)
    said = describe_importance(positions, shares)
    assert (
        "F19 (midface) alone changes the output for what is shown most: +.050 (95 % interval +.030 to +.070)"
        in said
    )
    assert "2 of 3 electrodes alone change it significantly" in said
    assert "mouth +.090 (+.080 to +.100), chin −.020 (−.030 to −.010), eye −.010" in said
    assert "shares of a muscle are: frontalis medial −.100" in said
    assert "−.160 (−.200 to −.130)" in said
    assert said.endswith(CAVEAT)
    assert "less happy" not in said
