"""The face units in the words of the Facial Action Coding System, and the expressions as a table."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from facelib.errors import UnknownNameError
from facelib.head.expressions import COMMON, EXPRESSIONS, PAIRED, SPLIT

if TYPE_CHECKING:
    import pandas as pd

ACTION_NAMES: Mapping[int, str] = MappingProxyType(
    {
        1: "inner brow raiser",
        2: "outer brow raiser",
        4: "brow lowerer",
        5: "upper lid raiser",
        6: "cheek raiser",
        7: "lid tightener",
        8: "lips toward each other",
        9: "nose wrinkler",
        10: "upper lip raiser",
        12: "lip corner puller",
        14: "dimpler",
        15: "lip corner depressor",
        16: "lower lip depressor",
        17: "chin raiser",
        18: "lip pucker",
        19: "tongue show",
        20: "lip stretcher",
        22: "lip funneler",
        23: "lip tightener",
        24: "lip presser",
        26: "jaw drop",
        28: "lips suck",
        29: "jaw thrust",
        30: "jaw sideways",
        34: "cheek puff",
        45: "blink",
        61: "eyes turn left",
        62: "eyes turn right",
        63: "eyes up",
        64: "eyes down",
    }
)
"""Numbers and names of the action units and descriptors of FACS that the face units come close to."""

ACTIONS: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {
        "browDown": (4,),
        "browInnerUp": (1,),
        "browOuterUp": (2,),
        "cheekPuff": (34,),
        "cheekSquint": (6,),
        "eyeBlink": (45,),
        "eyeLookDown": (64,),
        "eyeLookIn": (62, 61),
        "eyeLookOut": (61, 62),
        "eyeLookUp": (63,),
        "eyeSquint": (7,),
        "eyeWide": (5,),
        "jawForward": (29,),
        "jawLeft": (30,),
        "jawOpen": (26,),
        "jawRight": (30,),
        "mouthClose": (8,),
        "mouthDimple": (14,),
        "mouthFrown": (15,),
        "mouthFunnel": (22,),
        "mouthLeft": (),
        "mouthLowerDown": (16,),
        "mouthPress": (23, 24),
        "mouthPucker": (18,),
        "mouthRight": (),
        "mouthRollLower": (28,),
        "mouthRollUpper": (28,),
        "mouthShrugLower": (17,),
        "mouthShrugUpper": (10, 17),
        "mouthSmile": (12,),
        "mouthStretch": (20,),
        "mouthUpperUp": (10,),
        "noseSneer": (9,),
        "tongueOut": (19,),
    }
)
"""The action units of FACS that a face unit comes close to, by the unit's name without its side.

Our reading of the two sets of names: a face unit is a shape that was drawn, no muscle that was measured. An
eye that looks in or out turns to the left or right by its side: the left eye's comes first. Nothing in FACS
shifts the mouth aside. Lips that part (25) follow from other units.
"""

EXPRESSION_COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "set": "facs or tuned",
        "expression": "name of the emotion, or neutral",
        "unit": "face unit without its side: both sides show it alike",
        "activation": "of the unit, in (0, 1]; NaN in the row of an expression without units",
        "action_units": "numbers in FACS, joined by +",
        "action": "their names",
    }
)
"""Columns of `expression_table`."""


def expression_table(expression_set: str | None = None) -> pd.DataFrame:
    """Return the face units of the expressions, one row per set, expression and face unit.

    Parameters
    ----------
    expression_set
        "facs" or "tuned"; None: both.

    Returns
    -------
    pandas.DataFrame
        `EXPRESSION_COLUMNS`, the strongest units of an expression first. The neutral face of "facs" has one
        row without a unit.

    Raises
    ------
    UnknownNameError
        For another set.

    Examples
    --------
    >>> table = expression_table("facs")
    >>> table[table.expression == "surprise"][["unit", "activation", "action"]].values.tolist()[:2]
    [['browInnerUp', 1.0, 'inner brow raiser'], ['browOuterUp', 1.0, 'outer brow raiser']]
    """
    import pandas as pd

    if expression_set is not None and not (isinstance(expression_set, str) and expression_set in EXPRESSIONS):
        msg = f"The sets of expressions are {' and '.join(EXPRESSIONS)}; got {f'{expression_set!r}':.60}."
        raise UnknownNameError(msg)
    rows = [
        (name, expression, unit, activation)
        for name in EXPRESSIONS
        if expression_set in (None, name)
        for expression, recipe in EXPRESSIONS[name].items()
        for unit, activation in _without_sides(recipe) or [("", float("nan"))]
    ]
    table = pd.DataFrame(rows, columns=["set", "expression", "unit", "activation"])
    table["action_units"] = ["+".join(map(str, ACTIONS.get(unit, ()))) for unit in table["unit"]]
    table["action"] = [" + ".join(ACTION_NAMES[n] for n in ACTIONS.get(unit, ())) for unit in table["unit"]]
    return table


def _without_sides(recipe: Mapping[str, float]) -> list[tuple[str, float]]:
    """Return the units of a recipe, left and right as one, the strongest first, then by action unit."""
    pairs = [(name, recipe.get(f"{name}Left", 0.0)) for name in PAIRED]
    pairs += [(name, recipe.get(name, 0.0)) for name in (*SPLIT, *COMMON)]
    return sorted([pair for pair in pairs if pair[1]], key=lambda pair: (-pair[1], ACTIONS[pair[0]]))
