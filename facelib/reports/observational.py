"""Content of the report of an observational study."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from facelib.charts.statistics.independence_rows import named
from facelib.charts.studies.effects import strongest_first
from facelib.charts.studies.shares import significant_shares
from facelib.reports import common, drawing
from facelib.reports.observational_method import declared, facts, limits, paragraph, titles_of
from facelib.reports.parts import Content, Figure, Section, Table
from facelib.stats.independence.vote import FACTOR, VOTE, deciding
from facelib.studies.observational import UNCONDITIONAL
from facelib.studies.outcomes import describe_accuracy
from facelib.utilities.wording import NOTHING, capital, chance, counted, listed, percent, slugs

if TYPE_CHECKING:
    from facelib.studies.results import ObservationalResult

UNHELD: Final = "Nothing is held fixed."
MOST: Final = 12  # outputs of a property in its table and figure; all of them are in the appendix
SIZELESS: Final = (
    "ω² is missing: there are too few faces{where} to divide them into groups (a property that is a number "
    "needs ten). So there is no figure of sizes."
)
VOTED: Final = (
    f"The vote rejects where two of three tests have a p below α = {{alpha}}; its p is {FACTOR} times the "
    "second smallest of theirs, and can exceed α there."
)


def tables(result: ObservationalResult) -> dict[str, pd.DataFrame]:
    """Return the tables of a folder, by name."""
    return {
        "grid": result.grid,
        "effects": result.effects,
        "share_significant": result.share_significant,
        "accuracy": result.accuracy,
        "outputs": result.outputs,
        "properties": result.measured,
    }


def content(result: ObservationalResult) -> Content:
    """Return the content of the report."""
    frame = common.frame(result)
    about, names = common.hypothesis_first(result, properties_of(result), {})
    return Content(
        **frame,
        question=question(result),
        answer=(
            *filter(None, [result.few]),
            *(f"{common.ON if name == about else ''}{answer(result, name)}" for name in names),
        ),
        reading=_reading(result),
        sections=(_overview(result), *(_section(result, name) for name in properties_of(result))),
        facts=facts(result),
        declared=declared(result),
        appendix=_appendix(result),
        paragraph=paragraph(result),
        limits=limits(result),
    )


def properties_of(result: ObservationalResult) -> list[str]:
    """Return the properties that were tested, in their order."""
    return [str(name) for name in result.effects["property"].drop_duplicates()]


def question(result: ObservationalResult) -> str:
    """Return the question of the study, in one sentence."""
    titles = titles_of(result)
    asked = listed([titles[name] for name in result.settings["properties"]])
    held = listed(result.settings["labels"])
    whose = common.several(result.settings["classifiers"], "classifier")
    if not held:
        return f"Do outputs of {whose} depend on {asked}? {UNHELD}"
    return f"Among faces with the same {held}: do outputs of {whose} depend on {asked}?"


def shares(result: ObservationalResult) -> pd.DataFrame:
    """Return the shares of the test that decides."""
    table = result.share_significant
    return table[table["method"] == deciding(table["method"])].reset_index(drop=True)


def answer(result: ObservationalResult, name: str) -> str:
    """Describe how many outputs depend on a property, how strongly, and beside chance."""
    row = next(one for one in shares(result).to_dict("records") if one["property"] == name)
    title, tests = capital(titles_of(result)[name]), int(row["tests"])
    if tests == 0:
        return f"{title}: nothing could be tested."
    alpha = common.level(float(row["alpha"]))
    who = f"the test ({named(str(row['method']))})"
    if row["significant"] == 0:
        reach = (
            ": with so few people that says nothing."
            if result.few
            else ". That doesn't prove that it never does."
        )
        text = (
            f"{title}: on none of {counted(tests, 'output')} does {who} find that the output depends on it "
            f"(α = {alpha}){reach}"
        )
    else:
        text = (
            f"{title}: on {row['significant']:,} of {counted(tests, 'output')} ({percent(row['share'])}) "
            f"{who} finds that the output depends on it{_held(result)} (α = {alpha}); after Holm's "
            f"correction on {_corrected(result, row)}. A property of random numbers: "
            f"{percent(row['null_share'])}."
        )
    sizes = result.effects[(result.effects["property"] == name) & result.effects["explained"].notna()]
    if len(sizes):
        best = sizes.to_dict("records")[int(sizes["explained"].to_numpy().argmax())]
        span = "" if _range(best) == NOTHING else f"; {_range(best)}"
        text += (
            f" Largest share of an output's variance that goes with it: {_size(best['explained'])} "
            f"({best['classifier']}: {best['label']}{span})."
        )
    return text


def _held(result: ObservationalResult) -> str:
    return ", the label given" if result.settings["labels"] else ""


def _corrected(result: ObservationalResult, row: Mapping[Any, Any]) -> str:
    """Describe on how many outputs the corrected test rejects, and why it may be none."""
    count = round(row["share_holm"] * row["tests"])
    if count:
        return f"{count:,}"
    grid = result.grid
    notes = grid.loc[grid["property"] == row["property"], "notes"]
    unreachable = notes.str.contains("cannot reach the corrected level", case=False).any()
    return "none (with so few permutations it can't be reached)" if unreachable else "none"


def _reading(result: ObservationalResult) -> tuple[str, ...]:
    fact, held = facts(result), bool(result.settings["labels"])
    first = _sentence(shares(result)) if len(shares(result)) else ""
    fixed = "" if held else f" No label is held fixed. {UNCONDITIONAL}"
    return (
        first,
        f"How strongly an output goes with a property is measured by ω², the share of its variance"
        f"{' inside labels' if held else ''}; below δ = {fact['delta']} it counts as small.",
        f"An output that depends on a property{', the label held fixed,' if held else ''} may still not use "
        "it: something that wasn't measured may move both the property and the picture, or go along with the "
        f"property, as hair goes with gender.{fixed} Independence is never proved.",
        "All of it is about the outputs of classifiers, never about what a person feels.",
    )


def _sentence(table: pd.DataFrame) -> str:
    """Return the sentence on the shares, without the part on conditioners, which stands in the question."""
    return str(table["sentence"].iloc[0]).removesuffix(f" {UNHELD}")


def _overview(result: ObservationalResult) -> Section:
    deciding, titles = shares(result), titles_of(result)
    spoken = "; ".join(
        f"{titles[row['property']]} {percent(row['share'])}, after Holm {percent(row['share_holm'])}, "
        f"random property {percent(row['null_share'])}"
        for row in deciding.to_dict("records")
    )
    figure = Figure(
        "shares",
        with_few(
            result,
            "Share of outputs (classifier × emotion) that go with each property, before and after "
            "correction, beside a property of random numbers (cross) and what is expected if nothing "
            "matters (dashed).",
        ),
        with_few(result, f"Shares by property: {spoken}."),
        lambda: significant_shares(deciding, titles),
    )
    read = tuple(filter(None, [describe_accuracy(result.accuracy, changed=False)]))
    return Section("overview", "Overview", read, tables=(share_table(deciding, result),), figures=(figure,))


def share_table(table: pd.DataFrame, result: ObservationalResult, caption: str = "") -> Table:
    """Return shares of one test or several: one row per property and test."""
    titles = titles_of(result)
    several = len(table["method"].drop_duplicates()) > 1
    names = facts(result)["titles"]
    rows = tuple(
        (
            capital(titles[row["property"]]),
            *((names[row["method"]],) if several else ()),
            f"{row['significant']:,} of {row['tests']:,}",
            *(percent(row[name]) for name in ("share", "share_bh", "share_holm", "null_share")),
            percent(row["share_large"]),
            _large(row),
        )
        for row in table.to_dict("records")
    )
    columns = (
        "Property", *(("Test",) if several else ()), "Outputs", "Share", "after BH", "after Holm", "Random",
        "ω² ≥ δ", "90 % of halves",
    )  # fmt: skip
    text = with_few(result, caption or _sentence(table))
    more = " Random: the same share for a property of random numbers. ω² ≥ δ: share of outputs that aren't "
    return Table(f"{text}{more}small.", columns, rows, words=frozenset({0, 1} if several else {0}))


def with_few(result: ObservationalResult, text: str) -> str:
    """Return a text about the results; where people are too few it begins with that."""
    return f"{result.few} {text}" if result.few else text


def _large(row: Mapping[Any, Any]) -> str:
    """Return the range of the share of sizable dependences; none where no size is known."""
    ends = percent(row["large_low"]), percent(row["large_high"])
    return NOTHING if NOTHING in (percent(row["share_large"]), *ends) else " to ".join(ends)


def _section(result: ObservationalResult, name: str) -> Section:
    titles, fact = titles_of(result), facts(result)
    title, key = capital(titles[name]), slugs(properties_of(result))[name]
    effects = result.effects[result.effects["property"] == name]
    largest = strongest_first(effects).head(MOST)
    sized, ranges = bool(effects["explained"].notna().any()), bool(effects["explained_low"].notna().any())
    alpha, delta = float(result.settings["alpha"]), float(result.settings["delta"])
    spoken = "; ".join(
        f"{row['classifier']}, {row['label']} {_size(row['explained'])}" for row in largest.to_dict("records")
    )
    colour = "; the colour is the share of variance" if sized else ""
    figures = [
        Figure(
            f"map_{key}",
            with_few(
                result,
                f"{title}: whether the test rejects, classifier by emotion. *: also after Holm's correction "
                f"at {fact['alpha']}{colour}.",
            ),
            "Table of decisions, one row per classifier, one column per emotion; all of them stand in the "
            f"appendix, All outputs. {int(effects['rejects'].sum())} of {len(effects)} reject.",
            lambda: drawing.decisions(effects, titles, alpha),
        )
    ]
    held = bool(result.settings["labels"])
    if sized:
        whiskers = "whiskers: 90 % of random halves of the faces. " if ranges else ""
        figures.append(
            Figure(
                f"sizes_{key}",
                f"{title}: share of an output's variance{' inside labels' if held else ''} that goes with "
                f"it, the {len(largest)} largest. {capital(whiskers)}Filled circle: the "
                "test rejects after Holm, too; diamond: only before; square: it doesn't. Grey: up to "
                f"δ = {fact['delta']}.",
                f"Shares of variance{' with intervals' if ranges else ''}, the largest first: {spoken}.",
                lambda: drawing.sizes(effects, titles, delta=delta, alpha=alpha, most=MOST, held=held),
            )
        )
    source = "Measured in the pictures." if name in fact["measured"] else "Given with the faces."
    which = (
        f"the {len(largest)} outputs that go with it most"
        if sized
        else f"{len(largest)} of {len(effects)} outputs that were tested: those that reject first, then by p"
    )
    table = output_table(largest, with_few(result, f"{title}: {which}."), fact)
    return Section(f"property-{key}", title, (source,), tables=(table,), figures=tuple(figures))


def output_table(effects: pd.DataFrame, caption: str, known: Mapping[str, Any]) -> Table:
    """Return sizes and decisions: one row per output."""
    rows = tuple(
        (
            f"{row['classifier']}: {row['label']}",
            _size(row["explained"]),
            _range(row),
            chance(row["p"]),
            chance(row["p_bh"]),
            chance(row["p_holm"]),
            "yes" if row["rejects"] else "no",
        )
        for row in effects.to_dict("records")
    )
    columns = ("Output", "ω²", "90 % of halves", "p", "p, BH", "p, Holm", "Rejects")
    where = " in every label" if known["held"] else ""
    notes = [] if effects["explained"].notna().any() else [("", SIZELESS.format(where=where))]
    notes += [("", VOTED.format(alpha=known["alpha"]))] if known["decides"] == VOTE else []
    return Table(caption, columns, rows, tuple(notes), words=frozenset({0, len(columns) - 1}))


def _appendix(result: ObservationalResult) -> tuple[Section, ...]:
    titles = titles_of(result)
    every = tuple(
        output_table(
            result.effects[result.effects["property"] == name],
            with_few(result, f"{capital(titles[name])}: every output."),
            facts(result),
        )
        for name in properties_of(result)
    )
    sections = [Section("all-outputs", "All outputs", tables=every)]
    table = result.share_significant
    if len(table["method"].drop_duplicates()) > 1:
        caption = f"Shares of every test; {named(deciding(table['method']))} decides."
        sections.append(Section("all-tests", "All tests", tables=(share_table(table, result, caption),)))
    return tuple(sections)


def _size(value: float) -> str:
    """Return a share of variance; an estimate below 0 is none.

    >>> _size(0.213), _size(-0.04), _size(float("nan"))
    ('21 %', '0 %', '–')
    """
    return percent(max(value, 0.0) if value == value else value)  # noqa: PLR0124


def _range(row: Any) -> str:
    low, high = _size(float(row["explained_low"])), _size(float(row["explained_high"]))
    return NOTHING if NOTHING in (low, high) else f"{low} to {high}"
