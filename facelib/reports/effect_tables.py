"""Tables of effects over faces for the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from facelib.reports.common import level
from facelib.reports.parts import Table, footnotes
from facelib.stats import few_people, fewest_to_matter
from facelib.stats.effects.equivalence import BLIND, CANNOT_TELL, DIFFERS, DOES_NOT, MATTERS, NO_FALL, NO_RISE
from facelib.stats.effects.room import describe_room
from facelib.stats.effects.sentences import beyond_words, cut_off, limits_of, possible
from facelib.utilities.wording import (
    NOTHING,
    capital,
    chance,
    interval,
    margin,
    percent,
    places_for,
    plain,
    signed,
)

if TYPE_CHECKING:
    import pandas as pd

SHORT: Final = {
    MATTERS: "matters",
    DOES_NOT: "does not",
    DIFFERS: "differs",
    NO_FALL: "can't fall",
    NO_RISE: "can't rise",
    BLIND: "can't show",
    CANNOT_TELL: "cannot tell",
}
"""Verdicts in a column of a table."""
NOT_ASSAYED: Final = (
    " Not asked: whether these outputs move when the whole expression is taken away (the change “weaker "
    "expression”, intensity)."
)
LOWER: Final = {"two-sided": "two-sided", "less": "one-sided, falls", "greater": "one-sided, rises"}


def effect_table(effects: pd.DataFrame, title: str) -> Table:
    """Return the main table of one intervention: one row per classifier."""
    marks, notes = footnotes(effects["notes"].astype(str))
    level, inner = levels(effects)
    rows = tuple(
        (
            _marked(row["classifier"], mark),
            plain(row["start"], places(row)),
            *numbers(row),
            signed(row["g"]),
            beyond_words(row),
            *_verdicts(row),
            f"{row['n']:,}",
        )
        for row, mark in zip(possible(effects).to_dict("records"), marks, strict=True)
    )
    columns = (
        "Classifier", "Start", "Change", f"{level:g} % interval", "p", "p, Holm",
        "g", "Beyond δ", f"{inner:g} % interval", "at δ", "at δ/2", "at 2δ", "People",
    )  # fmt: skip
    caption = (
        f"{title}: mean output at strength 0 (start), its change to strength 1, and whether it matters. "
        "Near 0 or 1 an output has little room on that side. g: the change in units of its spread over "
        "people. Beyond δ: share of people whose output falls (↓) and rises (↑) by more than δ. p: sign-flip "
        f"test, {sides(effects)}. The {inner:g} % interval gives the verdicts.{_sensitivity(effects)}"
    )
    return _without_people(
        Table(_with_cut(caption, effects), columns, rows, notes, words=frozenset({0, 9, 10, 11}))
    )


def judged(row: Mapping[Any, Any]) -> tuple[str, ...]:
    """Return the cells of a mean over people: its size, who is beyond δ, the interval behind the verdict."""
    return (
        *numbers(row),
        beyond_words(row),
        interval(row["verdict_low"], row["verdict_high"], places(row)),
        str(row["verdict"]) or NOTHING,
        f"{row['n']:,}",
    )


def contrast_table(contrasts: pd.DataFrame, title: str, control: str) -> Table:
    """Return D of one intervention against its control: one row per classifier."""
    marks, notes = footnotes(contrasts["notes"].astype(str))
    level, inner = levels(contrasts)
    rows = tuple(
        (
            _marked(row["classifier"], mark),
            signed(row["mean_intervention"], places(row)),
            signed(row["mean_control"], places(row)),
            *numbers(row),
            *_verdicts(row),
            f"{row['n']:,}",
        )
        for row, mark in zip(possible(contrasts).to_dict("records"), marks, strict=True)
    )
    columns = (
        "Classifier", "Change", "Control", "D", f"{level:g} % interval", "p", "p, Holm",
        f"{inner:g} % interval", "at δ", "at δ/2", "at 2δ", "People",
    )  # fmt: skip
    caption = (
        f"{title}, beyond the control ({control}): D is the change minus that under the control, on the same "
        f"people: what the control doesn't explain. p: sign-flip test of D, {sides(contrasts)}. The "
        f"{inner:g} % interval gives the verdicts.{_sensitivity(contrasts)}"
    )
    return _without_people(
        Table(_with_cut(caption, contrasts), columns, rows, notes, words=frozenset({0, 8, 9, 10}))
    )


def label_table(effects: pd.DataFrame, title: str) -> Table:
    """Return every output of one intervention: one row per classifier and emotion."""
    level, inner = levels(effects)
    rows = tuple(
        (
            f"{row['classifier']}: {row['label']}",
            plain(row["start"], places(row)),
            signed(row["mean"], places(row)),
            interval(row["low"], row["high"], places(row)),
            chance(row["p"]),
            chance(row["p_holm"]),
            interval(row["verdict_low"], row["verdict_high"], places(row)),
            SHORT.get(row["verdict"], NOTHING),
            f"{row['n']:,}",
        )
        for row in possible(effects).to_dict("records")
    )
    columns = (
        "Output", "Start", "Change", f"{level:g} % interval", "p", "p, Holm", f"{inner:g} % interval", "at δ",
        "People",
    )  # fmt: skip
    said = filter(None, [cut_off(effects), too_few(effects), describe_room(effects)])
    more = "".join(f" {text}" for text in said)
    caption = (
        f"{capital(title)}: every output. p: sign-flip test, {sides(effects)}. The {inner:g} % interval "
        f"gives the verdict.{more}"
    )
    return _without_people(Table(caption, columns, rows, words=frozenset({0, 7})))


def share_table(shares: pd.DataFrame, titles: Mapping[str, str]) -> Table:
    """Return the share of significant outputs of every intervention, with what belongs beside it."""
    rows = tuple(
        (
            capital(titles[row["intervention"]]),
            f"{row['significant']:,} of {row['tests']:,}",
            *(percent(row[name]) for name in ("share", "share_bh", "share_holm", "share_matters")),
            f"{row['n']:,}",
        )
        for row in shares.to_dict("records")
    )
    alpha, delta = float(shares["alpha"].iloc[0]), float(shares["delta"].iloc[0])
    columns = ("Change", "Rejected", "share", "after BH", "after Holm", "Matters at δ", "People")
    least = fewest_to_matter(alpha)
    caption = (
        "Counted over every output (each emotion of each classifier), not over the class of interest alone, "
        f"which the answer is about. Rejected: how many two-sided tests reject at {level(alpha)}, and their "
        f"share; about {percent(alpha)} is expected if nothing changes; it rises with the number of people "
        f"and says nothing about size. Matters at δ: the share of these outputs whose whole "
        f"{100 * (1 - 2 * alpha):g} % interval lies beyond ± {margin(delta)}, of those with {least} people "
        "or more. It can be 0 % though the change matters for the class of interest of some classifier: "
        "that is one output of many, tested as the study declares."
    )
    return _without_people(Table(caption, columns, rows, words=frozenset({0})))


def levels(table: pd.DataFrame) -> tuple[float, float]:
    """Return the levels of the interval that is shown and of the one behind the verdict, per cent."""
    alpha = float(table["alpha"].iloc[0])
    return 100 * (1 - alpha), 100 * (1 - 2 * alpha)


def too_few(table: pd.DataFrame) -> str:
    """Describe which verdicts are withheld because rows have too few people; "" if none are.

    Of the undecided rows the one with the fewest people counts: what it lacks, others may lack too.
    """
    untold = table[(table["verdict"] == CANNOT_TELL) & (table["n"] > 0)]
    if untold.empty:
        return ""
    row = untold.sort_values("n", kind="stable").iloc[0]
    return few_people(
        int(row["n"]), row["delta"], row["alpha"], row["alternative"], **limits_of(row.to_dict())
    )


def _sensitivity(table: pd.DataFrame) -> str:
    """Say what this many people would have shown, and where nothing could be shown."""
    asked = "sensitive" in table and bool(table["sensitive"].notna().any() or table["room"].isna().all())
    return "".join(f" {text}" for text in (found_words(table), describe_room(table)) if text) + (
        "" if asked else NOT_ASSAYED
    )


def found_words(table: pd.DataFrame) -> str:
    """Describe the smallest mean change that the people of a table tell from none; "" if none is known.

    >>> import pandas as pd
    >>> found_words(pd.DataFrame({"smallest_found": [0.031, 0.088], "delta": 0.1}))
    'With these people and spreads a mean change of .03 to .09 would be found in 80 % of studies.'
    """
    if "smallest_found" not in table or table["smallest_found"].isna().all():
        return ""
    known = table["smallest_found"].dropna()
    digits = places_for(float(table["delta"].iloc[0]))
    ends = list(dict.fromkeys(plain(end, digits) for end in (known.min(), known.max())))
    size = " to ".join(ends)
    return f"With these people and spreads a mean change of {size} would be found in 80 % of studies."


def places(row: Mapping[Any, Any]) -> int:
    """Return how many decimals the numbers of a row have."""
    return places_for(float(row["delta"]))


def numbers(row: Mapping[Any, Any]) -> tuple[str, ...]:
    """Return mean, interval, p and p after Holm of a row, as they stand in tables."""
    digits = places(row)
    return (
        signed(row["mean"], digits),
        interval(row["low"], row["high"], digits),
        chance(row["p"]),
        chance(row["p_holm"]),
    )


def _verdicts(row: Mapping[Any, Any]) -> tuple[str, ...]:
    words = (SHORT.get(row[name], NOTHING) for name in ("verdict", "verdict_half", "verdict_double"))
    return (interval(row["verdict_low"], row["verdict_high"], places(row)), *words)


def _without_people(table: Table) -> Table:
    """Name the number of people in the caption where all rows have the same: their column is the last."""
    counts = {row[-1] for row in table.rows}
    if len(counts) != 1:
        return table
    count = counts.pop()
    caption = f"{table.caption} {count} {'person' if count == '1' else 'people'}."
    rows = tuple(row[:-1] for row in table.rows)
    return replace(table, caption=caption, columns=table.columns[:-1], rows=rows)


def _with_cut(caption: str, table: pd.DataFrame) -> str:
    """Return a caption that says where intervals are cut off."""
    return " ".join(filter(None, [capital(caption), cut_off(table)]))


def sides(table: pd.DataFrame) -> str:
    """Return the alternative of a table of effects in words."""
    return LOWER[str(table["alternative"].iloc[0])]


def _marked(name: str, mark: str) -> str:
    """Return a name with the mark of its note."""
    return f"{name} [{mark}]" if mark else name
