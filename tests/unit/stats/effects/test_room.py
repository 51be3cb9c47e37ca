"""Room and assay sensitivity: nothing is said not to matter that could not have shown it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from facelib.errors import UnknownNameError
from facelib.stats import contrast, describe_effect, effects_over_faces
from facelib.stats.effects.room import describe_room
from facelib.stats.effects.sizes import smallest_found

CELLS = {"happy": (0.9, -0.7), "sad": (0.03, -0.03), "angry": (0.5, -0.1), "fear": (0.95, -0.9)}
"""Where outputs start, and by how much they move as the whole expression goes."""


def table_of(rng: np.random.Generator, n: int = 80, share: float = 0.0) -> pd.DataFrame:
    """People whom "one" hardly changes, but for a `share` of them, whose fear falls."""
    rows = []
    for person in range(n):
        for label, (start, fall) in CELLS.items():
            own = -0.6 if label == "fear" and person < share * n else float(rng.normal(0, 0.004))
            for name, change in (("one", own), ("intensity", fall)):
                rows += [
                    (
                        f"face {person}",
                        name,
                        strength,
                        "fer",
                        label,
                        min(max(start + strength * change, 0), 1),
                    )
                    for strength in (0.0, 1.0)
                ]
    columns = ["face", "intervention", "strength", "classifier", "label", "probability"]
    return pd.DataFrame(rows, columns=columns)


def of_one(table: pd.DataFrame, side: str = "less", assay: str | None = None) -> pd.DataFrame:
    found = effects_over_faces(table, alternative=side, assay=assay)  # type: ignore[arg-type]
    return found[found["intervention"] == "one"].set_index("label")


def test_what_starts_below_the_margin_cannot_fall_that_far(rng: np.random.Generator) -> None:
    rows = of_one(table_of(rng))
    assert rows["verdict"].to_dict() == {
        "happy": "does not matter at δ",
        "sad": "cannot fall that far",
        "angry": "does not matter at δ",
        "fear": "does not matter at δ",
    }
    assert rows["room"].round(3).to_dict() == {"happy": 0.9, "sad": 0.03, "angry": 0.5, "fear": 0.95}
    assert rows["room_share"].tolist() == [1, 0, 1, 1]
    assert "Only .03 is there to lose, less than δ = .10." in rows.loc["sad", "notes"]
    words = describe_effect(rows.reset_index().iloc[1])
    assert "It cannot fall by δ = .10: only .03 is there to lose" in words
    assert "does not matter" not in words
    rises = of_one(table_of(rng), "greater")["verdict"]
    assert (rises["fear"], rises["sad"]) == ("cannot rise that far", "does not matter at δ")


def test_what_hardly_moves_without_any_expression_could_not_have_shown_it(rng: np.random.Generator) -> None:
    rows = of_one(table_of(rng), assay="intensity")
    assert rows["sensitive"].tolist() == [True, False, False, True]
    assert rows["verdict"].tolist() == [
        "does not matter at δ",
        "cannot fall that far",
        "could not have shown it",
        "does not matter at δ",
    ]
    words = describe_effect(rows.reset_index().iloc[2])
    assert "This output could not have shown it. It moves by less than twice δ = .10" in words
    assert describe_room(rows) == (
        "1 of 4 outputs can't fall by δ = .10: at strength 0, or under the control, less than that is there. "
        "2 of 4 move by less than 2δ when the whole expression goes: they could not have shown an effect of "
        "δ."
    )
    with pytest.raises(UnknownNameError, match="no intervention 'nothing'"):
        of_one(table_of(rng), assay="nothing")


def test_people_who_differ_are_not_averaged_away(rng: np.random.Generator) -> None:
    """A fifth falls by .6, the others stay: the mean says −.12, and nobody moves by that."""
    row = of_one(table_of(rng, 100, share=0.2)).loc["fear"]
    assert row["verdict"] == "differs between people"
    assert 0.10 < row["beyond_falls_low"] < 0.20 == row["beyond_falls"]
    words = describe_effect(row.to_dict() | {"label": "fear", "classifier": "fer"})
    assert "It differs between people: 20 % of people fall by more than δ = .10 (at least 13 %)" in words
    assert of_one(table_of(rng, 100, share=0.05)).loc["fear", "verdict"] != "differs between people"


def test_people_who_are_alike_about_the_margin_do_not_differ(rng: np.random.Generator) -> None:
    """All fall by about .09: some by more than δ, and yet nobody is another kind of person."""
    rows = [
        ("face " + str(k), "one", strength, "fer", "fear", 0.9 + strength * fall)
        for k, fall in enumerate(rng.normal(-0.09, 0.04, 40))
        for strength in (0.0, 1.0)
    ]
    columns = ["face", "intervention", "strength", "classifier", "label", "probability"]
    row = effects_over_faces(pd.DataFrame(rows, columns=columns)).iloc[0]
    assert row["beyond_falls_low"] > 0.10
    assert row["sd"] < 0.10
    assert row["verdict"] == "cannot tell"


def test_of_a_contrast_the_room_is_what_the_control_leaves(rng: np.random.Generator) -> None:
    rows = contrast(table_of(rng), "one", "intensity", alternative="less", assay="intensity")
    room = rows.set_index("label")["room"]
    assert room.round(2).to_dict() == {"happy": 0.2, "sad": 0.0, "angry": 0.4, "fear": 0.05}
    assert rows.set_index("label").loc["sad", "verdict"] == "cannot fall that far"


def test_logits_have_no_end(rng: np.random.Generator) -> None:
    rows = table_of(rng).assign(logit=lambda table: 3 * table["probability"])
    found = effects_over_faces(rows, value="logit", delta=0.5)
    assert found[["room", "room_share", "betting_p"]].isna().all(axis=None)
    assert "cannot fall that far" not in set(found["verdict"])


@pytest.mark.parametrize("side", ["two-sided", "less"])
def test_the_smallest_change_that_is_found_is_found_as_often_as_said(
    side: str, rng: np.random.Generator
) -> None:
    n, sd, runs = 24, 0.15, 2000
    change = float(smallest_found(n, sd, alternative=side)[0])  # type: ignore[arg-type]
    d = rng.normal(-change, sd, (n, runs))
    t = d.mean(axis=0) / (d.std(axis=0, ddof=1) / np.sqrt(n))
    bar = 2.0687 if side == "two-sided" else 1.7139  # Student's quantiles, 23 degrees of freedom
    assert (t < -bar).mean() == pytest.approx(0.80, abs=0.03)
