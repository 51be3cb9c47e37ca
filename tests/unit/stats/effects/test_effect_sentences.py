"""Effects over faces in words."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from facelib.errors import BadValueError
from facelib.stats.effects import describe_effect

ROW = {
    "intervention": "symmetry",
    "classifier": "fer",
    "label": "happy",
    "value": "probability",
    "summary": "difference",
    "n": 24,
    "start": 0.9861,
    "mean": -0.6251,
    "low": -0.7149,
    "high": -0.5203,
    "alpha": 0.05,
    "verdict": "matters",
    "delta": 0.1,
    "detectable": True,
}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {},
            "Under symmetry, fer's output for happy falls by .63 on average over 24 identities, from .99 "
            "(95 % interval −.71 to −.52). It matters at δ = .10.",
        ),
        (
            {
                "mean": 0.0012,
                "low": -0.0021,
                "high": 0.031,
                "verdict": "does not matter at δ",
                "detectable": False,
            },
            "Under symmetry, fer's output for happy stays within .005 on average over 24 identities, "
            "from .99 (95 % interval 0 to .03). It does not matter at δ = .10.",
        ),
        (
            {"mean": 0.05, "low": 0.02, "high": 0.08, "verdict": "does not matter at δ", "alpha": 0.01},
            "Under symmetry, fer's output for happy rises by .05 on average over 24 identities, from .99 "
            "(99 % interval .02 to .08). It does not matter at δ = .10 (detectable, but smaller than δ).",
        ),
        (
            {"value": "logit", "mean": -3.2, "low": -4.0, "high": -2.5, "start": 4.1, "verdict": ""},
            "Under symmetry, fer's logit for happy falls by 3.20 on average over 24 identities, from 4.10 "
            "(95 % interval −4.00 to −2.50).",
        ),
        (
            {"n": 1, "low": math.nan, "high": math.nan, "verdict": "cannot tell"},
            "Under symmetry, fer's output for happy falls by .63 on average over 1 identity, from .99. "
            "One face says nothing about others.",
        ),
        ({"n": 0, "mean": math.nan}, "Under symmetry, fer's output for happy is not known for any face."),
    ],
)
def test_the_sentence(change: dict[str, object], words: str) -> None:
    assert describe_effect({**ROW, **change}) == words
    assert describe_effect(pd.Series({**ROW, **change})) == words


def test_what_can_not_be_told_is_said() -> None:
    words = describe_effect({**ROW, "verdict": "cannot tell"}, clause="the left side weakens")
    assert words.startswith("As the left side weakens, fer's output for happy falls")
    assert words.endswith("Whether it matters at δ = .10 can't be told.")


def test_another_row_is_refused() -> None:
    with pytest.raises(BadValueError, match="lacks mean, verdict"):
        describe_effect({name: value for name, value in ROW.items() if name not in ("mean", "verdict")})
