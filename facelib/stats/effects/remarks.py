"""Remarks on the rows of the effects over faces."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from facelib.stats.effects.betting import BETS
from facelib.stats.effects.bootstrap import SAME, MeanDistribution
from facelib.stats.effects.curves import FaceEffects
from facelib.stats.effects.equivalence import CANNOT_TELL, DOES_NOT, LEAST_ALIKE, SMALLER
from facelib.stats.effects.few_people import few_people
from facelib.stats.effects.room import reason
from facelib.stats.effects.sentences import ENDS, limits_of, open_words, possible
from facelib.stats.effects.signflip import smallest_p
from facelib.utilities.checks import Floats
from facelib.utilities.wording import p_is, plain, signed

NEAR = 0.05  # of probability 0 or 1: little room on that side
SKEWED = 1.0  # sample skewness; finds 3 of 5 false rejections of exponential effects at n = 20, 4 of 5 at 60
SIDE = {"two-sided": 0, "less": -1, "greater": 1}
TOO_SMALL = "the sign-flip p can be too small"
INTERIM = (
    "A look before all planned people are there: intervals and verdicts are by bets, which hold however "
    "often one looks. p and the verdicts of the study come at the end."
)
CAPITAL = SMALLER[0].upper() + SMALLER[1:] + "."


def remarks(table: pd.DataFrame, effects: FaceEffects, known: MeanDistribution) -> list[str]:
    """Return one text per row, its sentences in one line, empty where there is no remark."""
    skew = _skewness(effects.effects)
    d = np.nan_to_num(effects.effects)
    both_signs = (d.min(axis=0) < 0) & (d.max(axis=0) > 0)
    texts = []
    for number, row in enumerate(table.to_dict("records")):
        lines = [*effects.notes[number]]
        if row["interval_method"] == BETS:
            lines += [INTERIM, *_about_number(row), *_about_start(row)]
        else:
            lines += [
                *_about_size(row, bool(known.constant[number])),
                *_about_number(row),
                *_about_tests(row),
                *_about_shape(row, float(skew[number]), bool(both_signs[number])),
                *_about_start(row),
            ]
        texts.append(" ".join(lines))
    return texts


def _about_size(row: dict[Any, Any], constant: bool) -> Iterator[str]:
    n = row["n"]
    if n == 0:
        yield "No face has this output: not testable."
        return
    if n == 1:
        yield "One identity: nothing can be said about others."
        return
    if constant and row["mean"] == 0:
        yield "No output changed at all."
    elif constant:
        yield "All effects are the same number: the interval has no width."
    elif row["interval_method"] == "t":
        yield f"{n} people are few: Student's intervals."
    if constant and n < LEAST_ALIKE and row["verdict"]:
        yield f"Without spread fewer than {LEAST_ALIKE} identities give no verdict."
    if row["verdict"] == DOES_NOT and row["detectable"]:
        yield CAPITAL


def _about_number(row: dict[Any, Any]) -> Iterator[str]:
    """Say which verdicts are withheld because the people are too few."""
    if row["verdict"] == CANNOT_TELL and row["n"]:
        few = few_people(row["n"], row["delta"], row["alpha"], row["alternative"], **limits_of(row))
        few = few or open_words(row)
        if few:
            yield few
    if row["verdict"] and (why := reason(row)):
        yield why


def _about_tests(row: dict[Any, Any]) -> Iterator[str]:
    if row["n"] < 2:
        return
    alpha, two_sided = row["alpha"], row["alternative"] == "two-sided"
    smallest = smallest_p(row["n"], row["alternative"], row["n_flips"])
    if smallest > alpha:
        yield f"With {row['n']} identities p can't be below {smallest:.2g}: it can't reject at {alpha:g}."
    elif smallest * row["family"] > alpha:
        tests = row["family"]
        yield f"p can't be below {smallest:.2g}: it cannot reach the corrected level over {tests} tests."
    low, high = (row["low"], row["high"]) if two_sided else (row["verdict_low"], row["verdict_high"])
    beyond = {"two-sided": low > 0 or high < 0, "less": high < 0, "greater": low > 0}[row["alternative"]]
    if smallest <= alpha and bool(row["p"] <= alpha) != beyond:
        level = 1 - alpha if two_sided else 1 - 2 * alpha
        shown = possible(row)
        low, high = (shown[name] for name in (ENDS[:2] if two_sided else ENDS[2:]))
        yield (
            f"The sign-flip test (p {p_is(row['p'])}) and the {100 * level:g} % interval "
            f"({plain(low, 3)} to {plain(high, 3)}) disagree about 0."
        )


def _about_shape(row: dict[Any, Any], skew: float, both_signs: bool) -> Iterator[str]:
    if row["n"] > 2 and row["mean"] * row["median"] < 0:
        yield "Mean and median have different signs: a few identities decide."
    if row["n"] > 2 and abs(skew) > SKEWED and both_signs:
        side = (
            SIDE[row["alternative"]] or row["mean"]
        )  # a mean on the side of the long tail is found too rarely
        misled = "the sign-flip p can be too large" if side * skew > 0 else TOO_SMALL
        sides = "two-sided" if row["alternative"] == "two-sided" else "one-sided"
        yield f"The effects are skewed ({signed(skew, 1)}): {misled} ({sides})."
    if row["n"] > 2 and abs(skew) > (SKEWED if row["interval_method"] == "t" else 2 * SKEWED):
        yield f"The interval of effects so skewed ({signed(skew, 1)}) can be too narrow."


def _about_start(row: dict[Any, Any]) -> Iterator[str]:
    if row["value"] == "probability" and row["start"] > 1 - NEAR:
        yield "The output starts near 1 and can only fall: repeat at lower intensity and on logits."
    if row["value"] == "probability" and row["start"] < NEAR and row["alternative"] == "less":
        yield "The output starts near 0 and can hardly fall."


def _skewness(d: Floats) -> Floats:
    """Return the (m,) sample skewness with the usual correction for n; 0 where there is none."""
    present = ~np.isnan(d)
    largest = np.abs(d).max(axis=0, where=present, initial=0.0)
    unit = np.where(present, d, 0.0) / np.where(largest > 0, largest, 1.0)
    n = np.maximum(present.sum(axis=0), 1)
    centred = np.where(present, unit - unit.sum(axis=0) / n, 0.0)
    variance, third = (centred**2).sum(axis=0) / n, (centred**3).sum(axis=0) / n
    usable = (n > 2) & (variance > SAME**2)
    scale = np.where(usable, variance, 1.0) ** 1.5
    corrected = third / scale * np.sqrt(n * np.maximum(n - 1, 1)) / np.maximum(n - 2, 1)
    return np.where(usable, corrected, 0.0)
