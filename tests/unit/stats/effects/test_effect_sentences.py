"""Effects over faces in words."""

from __future__ import annotations

import math
import re

import pandas as pd
import pytest

from facelib.app.studies.effects_panel import interval
from facelib.charts.studies.effects import effect_ends, forest, legend
from facelib.charts.studies.heatmap import heatmap_rows
from facelib.errors import BadValueError
from facelib.reports.effect_tables import effect_table, label_table
from facelib.stats.effects.population import effects_over_faces
from facelib.stats.effects.sentences import CUT, describe_effect, possible

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
    "verdict_low": -0.6983,
    "verdict_high": -0.5412,
}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {},
            "Under symmetry, fer's output for happy falls by .63 on average over 24 identities, from .99 "
            "(95 % interval −.71 to −.52). It matters at δ = .10 (90 % interval −.70 to −.54).",
        ),
        (
            {
                "mean": 0.0012,
                "low": -0.0021,
                "high": 0.031,
                "verdict": "does not matter at δ",
                "detectable": False,
                "verdict_low": -0.0011,
                "verdict_high": 0.024,
            },
            "Under symmetry, fer's output for happy changes by less than .005 on average over 24 identities, "
            "from .99 (95 % interval 0 to .03). It does not matter at δ = .10 (90 % interval 0 to .02).",
        ),
        (
            {"mean": 0.05, "low": 0.02, "high": 0.08, "verdict": "does not matter at δ", "alpha": 0.01}
            | {"verdict_low": 0.03, "verdict_high": 0.07},
            "Under symmetry, fer's output for happy rises by .05 on average over 24 identities, from .99 "
            "(99 % interval .02 to .08). It does not matter at δ = .10 (detectable, but smaller than δ; "
            "98 % interval .03 to .07).",
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
        (
            {"n": 2, "mean": -0.4, "low": -0.4, "high": -0.4, "verdict": "cannot tell"}
            | {"verdict_low": -0.4, "verdict_high": -0.4},
            "Under symmetry, fer's output for happy falls by .40 on average over 2 identities, from .99 "
            "(95 % interval −.40 to −.40). Whether it matters at δ = .10 can't be said: the effects of 2 "
            "identities are all the same number. 2 people: “matters” needs at least 6, “does not matter” at "
            "δ = .10 needs at least 29.",
        ),
        (
            {"mean": 0.0012, "low": -0.0011, "high": 0.0028, "delta": 0.004}
            | {"verdict": "does not matter at δ", "detectable": False}
            | {"verdict_low": -0.0007, "verdict_high": 0.0024},
            "Under symmetry, fer's output for happy rises by .001 on average over 24 identities, from .986 "
            "(95 % interval −.001 to .003). It does not matter at δ = .004 (90 % interval −.001 to .002).",
        ),
        (
            {"mean": 0.0002, "delta": 0.004},
            "Under symmetry, fer's output for happy changes by less than .0005 on average over 24 "
            "identities, from .986 (95 % interval −.715 to −.520). It matters at δ = .004 (90 % interval "
            "−.698 to −.541).",
        ),
        (
            {"delta": 0.125},
            "Under symmetry, fer's output for happy falls by .625 on average over 24 identities, from .986 "
            "(95 % interval −.715 to −.520). It matters at δ = .125 (90 % interval −.698 to −.541).",
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
    assert words.endswith(
        "Whether it matters at δ = .10 can't be said (90 % interval −.70 to −.54). 24 people: “does not "
        "matter” at δ = .10 needs at least 29."
    )
    enough = describe_effect({**ROW, "n": 29, "verdict": "cannot tell"})
    assert enough.endswith("can't be said (90 % interval −.70 to −.54).")


@pytest.mark.parametrize(("delta", "text"), [(1 / 3, ".333"), (2.0, "2.00"), (0.05, ".05"), (1e-4, ".0001")])
def test_margins_are_never_rounded_away(delta: float, text: str) -> None:
    assert f"at δ = {text} (" in describe_effect({**ROW, "delta": delta})


@pytest.mark.parametrize("row", [None, "x", 3, pd.DataFrame([ROW])])
def test_what_is_no_row_is_named(row: object) -> None:
    with pytest.raises(BadValueError, match="One row of effects over faces is needed"):
        describe_effect(row)  # type: ignore[arg-type]


def test_another_row_is_refused() -> None:
    with pytest.raises(BadValueError, match="lacks mean, verdict"):
        describe_effect({name: value for name, value in ROW.items() if name not in ("mean", "verdict")})


@pytest.mark.thorough
def test_no_interval_goes_where_no_probability_can() -> None:
    """Of four people an interval of a change in probability reached -1.40."""
    ends = {"a": 0.02, "b": 0.05, "c": 0.9, "d": 0.97}
    rows = [
        (face, "blur", s, "fer", "happy", 0.98 if s == 0 else end)
        for face, end in ends.items()
        for s in (0.0, 1.0)
    ]
    names = ["face", "intervention", "strength", "classifier", "label", "probability"]
    table = effects_over_faces(pd.DataFrame(rows, columns=names))
    assert table["low"].min() < -1.2, "else nothing here would be a test"
    said = [
        describe_effect(table.iloc[0]),
        effect_table(table, "blur"),
        label_table(table, "blur"),
        forest(table).to_dict()["datasets"]["effects"],
        heatmap_rows(table),
        interval(table.iloc[0].to_dict()),
        effect_ends(table)[0],
    ]
    numbers = [float(one.replace("−", "-")) for one in re.findall(r"[−-][1-9]?\.\d+", str(said))]
    assert min(numbers) >= -1.1, numbers  # the axis has some room
    assert "−1.00" in said[0]
    assert all(CUT in str(one) for one in said[:3])
    assert "cut off at −1 and +1" in legend(table)
    logits = table.assign(value="logit")
    assert CUT not in describe_effect(logits.iloc[0])
    assert possible(logits)["low"].equals(table["low"])
    assert CUT not in describe_effect(ROW)
