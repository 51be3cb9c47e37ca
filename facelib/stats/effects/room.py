"""Room and assay sensitivity: whether an output could have shown an effect at all, and how people differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from facelib.stats.effects.equivalence import (
    BLIND,
    CANNOT_TELL,
    DIFFERS,
    DOES_NOT,
    MATTERS,
    NO_FALL,
    NO_RISE,
    Verdict,
)
from facelib.utilities.checks import Floats
from facelib.utilities.wording import margin, percent, plain

MANY: Final = 0.10  # share of people: a lower limit above it means that people differ
VERBS: Final = {"falls": "fall", "rises": "rise"}
ASSAY: Final = 2.0  # times δ that an output moves when the whole expression goes, if it can show δ


def room_of(
    reference: Floats,
    present: Floats,
    delta: float,
    alternative: str,
    ends: tuple[float, float] = (0.0, 1.0),
) -> dict[str, Floats]:
    """Return the columns ``room`` and ``room_share``: how far outputs can fall, or rise if that is asked.

    Parameters
    ----------
    reference
        (n, m) outputs of the arm that changes are counted from: the unchanged face, or the control at
        strength 1. Probabilities, or other bounded outputs.
    present
        (n, m) effects, NaN where a person has none.
    delta
        Margin; NaN: none.
    alternative
        "greater": to rise; else to fall, which is what losing an expression does.
    ends
        Of the outputs' scale.

    Returns
    -------
    dict
        room: mean over people; room_share: share of people who have δ or more.

    Examples
    --------
    >>> found = room_of(np.array([[0.9], [0.05]]), np.zeros((2, 1)), 0.10, "less")
    >>> {name: values.round(3).tolist() for name, values in found.items()}
    {'room': [0.475], 'room_share': [0.5]}
    """
    known = ~np.isnan(present) & ~np.isnan(reference)
    each = ends[1] - reference if alternative == "greater" else reference - ends[0]
    count = np.maximum(known.sum(axis=0), 1)
    none = ~known.any(axis=0)
    mean = np.where(known, each, 0.0).sum(axis=0) / count
    share = (known & (each >= delta)).sum(axis=0) / count
    return {
        "room": np.where(none, np.nan, mean),
        "room_share": np.where(none | np.isnan(delta), np.nan, share),
    }


def assayed(cells: pd.DataFrame, assay: Mapping[tuple[str, str], float], delta: float) -> list[bool | None]:
    """Return for each cell whether it moves by 2δ or more when the whole expression is taken away.

    Parameters
    ----------
    cells
        (m,) rows with ``classifier`` and ``label``.
    assay
        Mean change of each classifier and label as the whole expression is taken away.
    delta
        Margin.

    Returns
    -------
    list
        (m,) True, False, or None where that is not known.
    """
    moved = [assay.get((str(row["classifier"]), str(row["label"]))) for row in cells.to_dict("records")]
    return [
        None if change is None or np.isnan(change) or np.isnan(delta) else bool(abs(change) >= ASSAY * delta)
        for change in moved
    ]


def with_reasons(
    words: npt.ArrayLike,
    delta: npt.ArrayLike,
    room: npt.ArrayLike,
    rises: npt.ArrayLike,
    *,
    blind: npt.ArrayLike = False,
    beyond: npt.ArrayLike = 0.0,
    spread: npt.ArrayLike = 0.0,
) -> list[Verdict]:
    """Return verdicts in which "does not matter" is left to cells that could have shown the opposite.

    Parameters
    ----------
    words
        (m,) what the intervals say (`verdicts`).
    delta
        Margin.
    room
        (m,) how far the outputs can move the way that is asked for; NaN: without end.
    rises
        Whether that is up.
    blind
        (m,) whether the outputs hardly move when the whole expression goes (`assayed`).
    beyond
        (m,) lower limit of the share of people who fall, or of those who rise, by more than δ: the larger.
    spread
        (m,) standard deviations between people. An open verdict becomes "differs" only where they exceed δ:
        about a mean near the margin many people lie on either side of it, however alike they are.

    Examples
    --------
    >>> with_reasons([DOES_NOT] * 4, 0.10, [0.5, 0.03, 0.5, 0.5], False, blind=[False, False, True, False],
    ...     beyond=[0.02, 0.0, 0.0, 0.12])
    ['does not matter at δ', 'cannot fall that far', 'could not have shown it', 'differs between people']
    """
    said, margins = np.asarray(words, object), np.asarray(delta, np.float64)
    still = said == DOES_NOT
    open_but_wide = (said == CANNOT_TELL) & (np.asarray(spread) > margins)
    differs = (np.asarray(beyond) > MANY) & (still | open_but_wide)
    short = still & (np.asarray(room, np.float64) < margins)
    rules = [differs, short & np.asarray(rises), short, still & np.asarray(blind)]
    return list(np.select(rules, [DIFFERS, NO_RISE, NO_FALL, BLIND], said))


def describe_room(table: pd.DataFrame) -> str:
    """Say how many outputs could not have shown an effect of δ; "" if all could, or nothing has a bound.

    Parameters
    ----------
    table
        What `effects_over_faces` or `contrast` returned.

    Examples
    --------
    >>> from textwrap import fill
    >>> rows = pd.DataFrame({"room": [0.03, 0.8], "delta": 0.1, "alternative": "less",
    ...                      "sensitive": pd.array([None, False], dtype="boolean")})
    >>> print(fill(describe_room(rows), 102))
    1 of 2 outputs can't fall by δ = .10: at strength 0, or under the control, less than that is there. 1 of 1
    moves by less than 2δ when the whole expression goes: it could not have shown an effect of δ.
    """
    if not {"room", "delta"} <= set(table.columns):
        return ""
    known = table[table["room"].notna()]
    short = int((known["room"] < known["delta"]).sum())
    asked = table["sensitive"].dropna().astype(bool) if "sensitive" in table else pd.Series([], dtype=bool)
    blind, delta = int((~asked).sum()), float(table["delta"].iloc[0])
    sentences = []
    if short:
        moves = "rise" if str(table["alternative"].iloc[0]) == "greater" else "fall"
        outputs = "output" if len(known) == 1 else "outputs"
        sentences.append(
            f"{short} of {len(known)} {outputs} can't {moves} by δ = {margin(delta)}: at strength 0, or "
            "under the control, less than that is there."
        )
    if blind:
        moves, they = ("moves", "it") if blind == 1 else ("move", "they")
        sentences.append(
            f"{blind} of {len(asked)} {moves} by less than 2δ when the whole expression goes: {they} could "
            "not have shown an effect of δ."
        )
    return " ".join(sentences)


def reason(row: Mapping[Any, Any] | pd.Series[Any]) -> str:
    """Say why a verdict is neither "matters" nor "does not matter", in one sentence; "" where it has none.

    >>> reason({"verdict": NO_FALL, "room": 0.034, "delta": 0.10})
    'Only .03 is there to lose, less than δ = .10.'
    """
    word, than = row["verdict"], f"δ = {margin(float(row['delta']))}"
    if word in {NO_FALL, NO_RISE}:
        what = "lose" if word == NO_FALL else "gain"
        return f"Only {plain(float(row['room']))} is there to {what}, less than {than}."
    if word == BLIND:
        return f"It moves by less than twice {than} even when the whole expression is taken away."
    if word not in {DIFFERS, MATTERS}:
        return ""
    many = [side for side in VERBS if float(row.get(f"beyond_{side}_low", 0.0)) > MANY]

    def share(side: str, end: str = "") -> str:
        return percent(float(row[f"beyond_{side}{end}"]))

    if word == DIFFERS:
        parts = [
            f"{share(side)} of people {VERBS[side]} by more than {than} (at least {share(side, '_low')})"
            for side in many
        ]
        return f"{' and '.join(parts)}, whatever the mean is." if parts else ""
    opposite = "rises" if row["mean"] < 0 else "falls"
    return (
        f"But {share(opposite)} of people {VERBS[opposite]} by more than {than}." if opposite in many else ""
    )
