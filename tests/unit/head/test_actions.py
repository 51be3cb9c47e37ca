"""The expressions as a table, in the words of FACS."""

from __future__ import annotations

import numpy as np
import pytest

from facelib.errors import UnknownNameError
from facelib.faces import EXPRESSIONS, expression_table
from facelib.head.actions import ACTION_NAMES, ACTIONS, EXPRESSION_COLUMNS
from facelib.head.expressions import COMMON, PAIRED, SPLIT, expand

EMFACS = {  # prototypes of the emotions, the action units that the set "facs" has to hold
    "happy": {6, 12},
    "sad": {1, 4, 15},
    "surprise": {1, 2, 5, 26},
    "fear": {1, 2, 4, 5, 20},
    "disgust": {9, 15, 16},
    "angry": {4, 5, 7, 23},
}


def test_every_unit_has_its_action() -> None:
    assert set(ACTIONS) == {*PAIRED, *SPLIT, *COMMON}
    assert {number for numbers in ACTIONS.values() for number in numbers} == set(ACTION_NAMES)
    assert len(set(ACTION_NAMES.values())) == len(ACTION_NAMES)


def test_the_table_holds_the_sets_and_nothing_else() -> None:
    table = expression_table()
    assert tuple(table.columns) == tuple(EXPRESSION_COLUMNS)
    assert not table.duplicated(["set", "expression", "unit"]).any()
    for name, expressions in EXPRESSIONS.items():
        for expression, recipe in expressions.items():
            rows = table[(table["set"] == name) & (table["expression"] == expression) & (table["unit"] != "")]
            assert expand(dict(zip(rows["unit"], rows["activation"], strict=True))) == dict(recipe)
            assert rows["activation"].is_monotonic_decreasing
    still = table[table["unit"] == ""]
    assert still[["set", "expression"]].to_numpy().tolist() == [["facs", "neutral"]]
    assert np.isnan(still["activation"]).all()
    assert (still["action"] == "").all()


def test_one_set_alone() -> None:
    both = expression_table()
    for name in EXPRESSIONS:
        alone = expression_table(name)
        assert alone.equals(both[both["set"] == name].reset_index(drop=True))
    with pytest.raises(UnknownNameError, match="facs and tuned; got 'faces'"):
        expression_table("faces")


@pytest.mark.parametrize("expression", EMFACS)
def test_the_plain_set_follows_the_prototypes(expression: str) -> None:
    table = expression_table("facs")
    numbers = "+".join(table.loc[table["expression"] == expression, "action_units"])
    assert {int(number) for number in numbers.split("+")} >= EMFACS[expression]
