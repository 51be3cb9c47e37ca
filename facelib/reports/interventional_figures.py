"""Figures of the report of an interventional study."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from facelib.charts.studies.averages import axis_ends
from facelib.reports import drawing
from facelib.reports.interventional_method import aim, control_title, keys_of, quantity
from facelib.reports.parts import Figure
from facelib.stats.effects.equivalence import CANNOT_TELL, DOES_NOT, MATTERS, UNDECIDED, VERDICTS
from facelib.utilities.wording import capital, in_unit, margin, plain, signed

if TYPE_CHECKING:
    import pandas as pd

    from facelib.studies.results import InterventionalResult

SAYS: Final = {word: word for word in VERDICTS} | {DOES_NOT: "does not matter", CANNOT_TELL: "can't be said"}
FORMS: Final = {MATTERS: "filled circle", DOES_NOT: "square"} | dict.fromkeys(UNDECIDED, "diamond")
CELLS: Final = {MATTERS: "framed", DOES_NOT: "neither"} | dict.fromkeys(UNDECIDED, "?")
"""What stands for each verdict in the figure of effects, and in the map."""


def figures(
    result: InterventionalResult, name: str, titles: Mapping[str, str], own: pd.DataFrame | None
) -> tuple[Figure, ...]:
    """Return the figures of one intervention: effects, effects beyond the control, curves, map.

    Parameters
    ----------
    result
        Of the study.
    name, titles
        The intervention, and the titles of all.
    own
        Its rows of the contrasts, if there are any.
    """
    effects = result.effects[result.effects["intervention"] == name]
    by_label = result.effects_by_label[result.effects_by_label["intervention"] == name]
    key, title, delta = (
        keys_of(result)[name],
        capital(titles[name]),
        in_unit(margin(result.settings["delta"]), result.unit),
    )
    alpha = float(result.settings["alpha"])
    what = quantity(result)
    heading = f"Change of the {what} of {aim(result)} from strength 0 to 1"
    ends = None if result.unit is None else axis_ends(result.curves, result.bounds)
    cut = ", cut off below 0 and above 1" if ends is None else ""
    drawn = [
        Figure(
            f"effects_{key}",
            f"{title}: mean change over people with its intervals: thin {100 * (1 - alpha):g} %, bold "
            f"{100 * (1 - 2 * alpha):g} %, which gives the verdict. {capital(_key(effects, FORMS))} at "
            f"δ = {delta} (grey band).",
            f"Mean changes with intervals, one row per classifier: {_spoken(effects)}.",
            lambda: drawing.effects(effects, titles, heading),
        )
    ]
    if own is not None and len(own):
        control = control_title(result)
        drawn.append(
            Figure(
                f"contrasts_{key}",
                f"{title}, beyond the control ({control}): D, the change minus that of the control on the "
                "same people. Signs as before.",
                f"Differences to the control with intervals, one row per classifier: {_spoken(own)}.",
                lambda: drawing.effects(own, titles, f"D: change minus that under {control}"),
            )
        )
    shown = [name] if name == result.control or result.control is None else [name, result.control]
    curves = result.curves[result.curves["intervention"].isin(shown)]
    curves = curves.sort_values("intervention", key=lambda names: names.map(shown.index), kind="stable")
    lines = "; the dashed line is the control" if len(shown) > 1 else ""
    drawn.append(
        Figure(
            f"curves_{key}",
            f"{title}: mean {what} of {aim(result)} over the strength of the change; bands: "
            f"{100 * (1 - alpha):g} % intervals over people{cut}{lines}.",
            f"Response curves, one panel per classifier: {_ends(curves, name)}.",
            lambda: drawing.curves(curves, titles, f"Mean {what} of {aim(result)} over the strength", ends),
        )
    )
    if result.unit is not None:  # a map of emotions has one scale of colours, that of probabilities
        return tuple(drawn)
    drawn.append(
        Figure(
            f"map_{key}",
            f"{title}: mean change of every emotion's probability. *: significant after Holm's correction "
            f"over all {int(by_label['family'].max())} tests, two-sided, of all changes; (*): only before "
            f"it; at δ = {delta}: {_key(by_label, CELLS)}.",
            "Table of numbers, one row per classifier, one column per emotion; all of them stand in the "
            f"appendix, All outputs. {_largest(by_label)}",
            lambda: drawing.emotions(by_label, titles),
        )
    )
    return tuple(drawn)


def _key(table: pd.DataFrame, marks: Mapping[str, str]) -> str:
    """Say which mark stands for which verdict, of those that are there."""
    there = set(table["verdict"])
    said: dict[str, list[str]] = {}
    for word in VERDICTS:
        if word in there:
            said.setdefault(marks[word], []).append(SAYS[word])
    meanings = [f"{mark}: {' or '.join(words)}" for mark, words in said.items()]
    return "; ".join(meanings) or "no verdicts"


def _ends(curves: pd.DataFrame, name: str) -> str:
    own = curves[curves["intervention"] == name].sort_values("strength", kind="stable")
    ends = own.groupby("classifier", sort=False)["mean"].agg(["first", "last"])
    return "; ".join(
        f"{clf} from {plain(row['first'])} to {plain(row['last'])}" for clf, row in ends.iterrows()
    )


def _largest(by_label: pd.DataFrame) -> str:
    known = by_label[by_label["mean"].notna()]
    if known.empty:
        return ""
    row = known.iloc[int(known["mean"].abs().to_numpy().argmax())]
    return f"The largest change is {plain(row['mean'])}: {row['classifier']}, {row['label']}."


def _spoken(effects: pd.DataFrame) -> str:
    return "; ".join(
        f"{row['classifier']} {signed(row['mean'])}, {SAYS.get(row['verdict'], 'no verdict')}"
        for row in effects.to_dict("records")
    )
