"""Sentences about the tables of electrodes: about outputs of classifiers, never about people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from facelib import stats
from facelib.experiments.electrodes.importance import ALONE
from facelib.experiments.electrodes.outcomes import ACCURACY, MEAN, PROBABILITY
from facelib.stats.effects.equivalence import CANNOT_TELL
from facelib.utilities.wording import p_is, signed, with_article

if TYPE_CHECKING:
    import pandas as pd

CAVEAT: Final = (
    "A value is the share of a group in what all electrodes change in an output, averaged over the orders in "
    "which they may be attached. It is about rendered pictures and classifiers, not about the muscles below."
)
"""Stands beside Shapley values wherever they are shown."""
WHAT: Final = {PROBABILITY: "the output for what is shown", ACCURACY: "the share named as meant"}


def describe_numbers(
    numbers: pd.DataFrame,
    halves: pd.DataFrame | None = None,
    *,
    scheme: str = "fridlund",
    expression_set: str = "tuned",
) -> list[str]:
    r"""Describe for each classifier the change by all electrodes of a scheme, and how many make half of it.

    Parameters
    ----------
    numbers, halves
        From `number_table` and `half_table`.
    scheme, expression_set
        Which of their rows.

    Examples
    --------
    >>> from facelib.experiments import load_electrodes
    >>> found = load_electrodes()
    >>> print(*describe_numbers(found.numbers, found.halves), sep="\n")  # doctest: +SKIP
    """
    own = numbers[(numbers["scheme"] == scheme) & (numbers["expression_set"] == expression_set)]
    said = []
    for name, rows in own.groupby("classifier", sort=False):
        curve = rows.sort_values("number").to_dict("records")
        half = {} if halves is None else _half(halves, scheme, expression_set, str(name))
        said.append(_of_classifier(str(name), curve[0], curve[-1], half))
    return said


def describe_importance(
    positions: pd.DataFrame,
    shares: pd.DataFrame,
    *,
    scheme: str = "fridlund",
    classifier: str = MEAN,
    outcome: str = PROBABILITY,
) -> str:
    """Describe which electrode, region and muscle changes an output most, and for how many this is certain.

    Parameters
    ----------
    positions, shares
        From `position_table` and `share_table`.
    scheme, classifier, outcome
        Which of their rows.
    """
    keys: dict[str, str] = {"scheme": scheme, "classifier": classifier, "outcome": outcome}
    alone = _chosen(positions, keys | {"how": ALONE})
    most = max(alone.to_dict("records"), key=lambda row: abs(row["change"]))
    sure = int((alone["p_holm"] <= alone["alpha"]).sum())
    whom = "Averaged over classifiers" if classifier == MEAN else f"For {classifier}"
    lines = [
        f"{whom}, {most['position']} ({most['region']}) alone changes {WHAT[outcome]} most: "
        f"{small(most['change'])} ({_level(most)} {small(most['low'])} to {small(most['high'])}); {sure} of "
        f"{len(alone)} electrodes alone change it significantly after Holm's correction."
    ]
    for by, rows in _chosen(shares, keys).groupby("by", sort=False):
        ranked = rows.sort_values("change", key=abs, ascending=False, kind="stable").iloc[:3]
        total = rows.iloc[0]
        listed = ", ".join(
            f"{str(row['group']).replace('_', ' ')} {small(row['change'])} ({small(row['low'])} to "
            f"{small(row['high'])})"
            for row in ranked.to_dict("records")
        )
        lines.append(
            f"Of the whole change, {small(total['total'])} ({small(total['total_low'])} to "
            f"{small(total['total_high'])}), the largest shares of {with_article(str(by))} are: {listed}."
        )
    return " ".join([*lines, CAVEAT])


def _of_classifier(
    name: str, first: Mapping[Any, Any], last: Mapping[Any, Any], half: Mapping[Any, Any]
) -> str:
    counted = last["right"] == last["right"]
    who = f"{name} names" if name != MEAN else "On average the classifiers name"
    whom = "its" if name != MEAN else "their"
    test = (
        f" ({int(last['lost'])} lost, {int(last['gained'])} gained, p {p_is(last['p_holm'])} after Holm)"
        if counted
        else ""
    )
    text = (
        f"{who} {_percent(first['accuracy'])} of {int(last['n'])} faces as meant without electrodes and "
        f"{_percent(last['accuracy'])} with all {int(last['number'])}{test}; {whom} output for what is shown "
        f"changes by {signed(last['change'])} ({_level(last)} {signed(last['low'])} to "
        f"{signed(last['high'])}): {_verdict(last)}."
    )
    if half and half["half"] == half["half"]:
        text += (
            f" Half of that change is reached at {half['half']:.0f} electrodes ({half['half_low']:.0f} to "
            f"{half['half_high']:.0f})."
        )
    return text


def _verdict(row: Mapping[Any, Any]) -> str:
    margin = f"{row['delta']:.2f}".removeprefix("0")
    words = f"{str(row['verdict']).removesuffix(' at δ')} at δ = {margin}"
    if row["verdict"] != CANNOT_TELL:
        return words
    few = stats.few_people(int(row["n"]), float(row["delta"]), float(row["alpha"]))
    return f"{words} ({few.removesuffix('.')})" if few else words


def _level(row: Mapping[Any, Any]) -> str:
    """Return the level of the intervals in a row."""
    return f"{100 * (1 - float(row['alpha'])):.4g} % interval"


def _half(halves: pd.DataFrame, scheme: str, expression_set: str, classifier: str) -> Mapping[Any, Any]:
    rows = _chosen(
        halves,
        {
            "scheme": scheme,
            "expression_set": expression_set,
            "classifier": classifier,
            "outcome": PROBABILITY,
        },
    )
    return rows.iloc[0].to_dict() if len(rows) else {}


def _chosen(table: pd.DataFrame, words: Mapping[str, str]) -> pd.DataFrame:
    for name, word in words.items():
        table = table[table[name] == word]
    return table


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def small(value: float) -> str:
    """Return a number with its sign and three decimals: single electrodes change little.

    >>> small(-0.0234), small(0.0002)
    ('−.023', '.000')
    """
    text = f"{abs(value):.3f}".removeprefix("0")
    return text if text == ".000" else ("−" if value < 0 else "+") + text
