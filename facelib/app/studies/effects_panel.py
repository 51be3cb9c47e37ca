"""What a population's study has found: the map of effects, how many classifiers fall, verdicts, failures."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import ipywidgets as widgets

from facelib import classifiers as zoo
from facelib import stats
from facelib.app.studies.example_view import population_example
from facelib.app.studies.population_state import Found, Population
from facelib.app.studies.run_panel import count
from facelib.app.widgets.controls import Card, labelled, paragraphs
from facelib.app.widgets.livetable import LiveTable
from facelib.app.widgets.patched_chart import PatchedChart
from facelib.charts import specs
from facelib.charts.palette import colour
from facelib.interventions.intervention import held_fixed
from facelib.stats.effects.counting import describe_counts
from facelib.stats.effects.equivalence import CANNOT_TELL, DOES_NOT, MATTERS, UNDECIDED
from facelib.stats.effects.room import describe_room, reason
from facelib.stats.effects.sentences import beyond_words, cut_off, open_words, possible
from facelib.stats.power import plain
from facelib.studies.declared.hypothesis import INTENDED
from facelib.studies.interventional import title_with_end
from facelib.studies.outcomes import describe_accuracy
from facelib.utilities.wording import percent, sentences

if TYPE_CHECKING:
    import pandas as pd

FILLS: Final = "The map fills in as faces are done: a row for each classifier, a column for each emotion."
WAITS: Final = f"Nothing has been run yet. {FILLS}"
RUNS: Final = f"The first faces are being read. {FILLS}"
EARLY: Final = (
    "So far: {done} of {total} {units}{failed}. Numbers change until the end. Intervals and verdicts are by "
    "bets, which hold however often one looks; p comes at the end."
)
MARKS: Final = {MATTERS: "verdict-changes", DOES_NOT: "verdict-unchanged"} | dict.fromkeys(
    UNDECIDED, "verdict-unclear"
)
SHOWN: Final = 12  # failures that are listed
SIDED: Final = {"two-sided": "two-sided", "less": "one-sided (falls)", "greater": "one-sided (rises)"}
CELL: Final = 90  # px of a cell of the map

VERDICTS: Final = (
    {"title": "classifier", "align": "left", "help": "A network, not a person"},
    {"title": "start", "align": "right", "help": "Mean probability over people at strength 0"},
    {"title": "change", "align": "right", "help": "Mean change from strength 0 to 1 over people"},
    {
        "title": "{level} interval",
        "align": "left",
        "help": "Of the mean change over people, at level 1 − α: it goes with p, not with the verdict",
    },
    {
        "title": "p",
        "align": "right",
        "help": "Sign-flip test: how easily so large a mean change comes about if nothing happens",
    },
    {"title": "p corrected", "align": "right", "help": "After Holm's correction for the number of tests"},
    {
        "title": "beyond control",
        "align": "left",
        "help": "Mean change minus that of the control, person by person, with its own verdict at δ: what "
        "the change does besides",
    },
    {
        "title": "people beyond δ",
        "align": "left",
        "help": "Share of people whose output falls (↓) and rises (↑) by more than δ, whatever the mean is",
    },
    {
        "title": "{inner} interval",
        "align": "left",
        "help": "Of the mean change over people, at level 1 − 2α: this one gives the verdict",
    },
    {
        "title": "verdict at δ",
        "align": "left",
        "help": "By the {inner} interval against ± δ. “Differs between people”: surely more than a tenth of "
        "them change by more than δ. “Cannot fall that far”: less than δ is there to lose",
    },
)
SHARES: Final = (
    {"title": "change", "align": "left"},
    {"title": "tests", "align": "right", "help": "One for each classifier and emotion"},
    {"title": "significant", "align": "right", "help": "p below α"},
    {"title": "after Holm", "align": "right", "help": "Corrected over all tests"},
    {
        "title": "after BH",
        "align": "right",
        "help": "After Benjamini and Hochberg: at most a share α of these is false, on average",
    },
    {"title": "matter at δ", "align": "right", "help": "Whose verdict is that the change matters"},
)


NOT_SHOWN: Final = "What isn't counted isn't shown to change, which is not the same as no change."


class EffectsPanel(Card):
    """The map classifier × emotion, and how many classifiers lower their output."""

    def __init__(self, state: Population) -> None:
        super().__init__("Effects over people")
        self.state = state
        self.chart = PatchedChart()
        self.lowering, self.waits = widgets.HTML(), widgets.HTML(paragraphs(WAITS))
        self.lowering.add_class("facelib-sentence")
        self.waits.add_class("facelib-hint")
        self.shares = LiveTable()
        self.parts = (self.chart, self.lowering, self.shares)
        self.example = population_example()
        state.observe(self.guarded(self.follow), ["found", "stage"])
        self.follow()
        self.fill(self.waits, self.example, *self.parts)

    def follow(self, _change: object = None) -> None:
        """Show what is known; the chart is patched, never embedded again."""
        found: Found | None = self.state.found
        known = found is not None and len(found.by_label) > 0
        self.example.show(here=found is None and not self.state.running)
        for part in self.parts:
            part.layout.display = "" if known else "none"
        self.waits.value = paragraphs(early(found) or (RUNS if self.state.running else WAITS))
        self.waits.layout.display = "" if early(found) or not known else "none"
        if found is None or not known:
            return
        cells, titles = map_of(found)
        shape = (titles, {(cell["classifier"], cell["label"]) for cell in cells})
        spec = specs.of("studies.heatmap.heatmap_layout", width=CELL)
        signals = {"cells_titles": titles, "cells_heading": map_heading(found)}
        self.chart.draw(spec, {"cells": cells}, signals, shape)
        self.lowering.value = paragraphs(
            *filter(None, [*lowered(found), describe_accuracy(found.result.accuracy)])
        )
        caption = f"Share of the tests of each change that are significant; {family_of(found.by_label)}"
        self.shares.show(SHARES, share_rows(found), caption)


class VerdictsPanel(Card):
    """A table in words: one row a classifier, of one change, on the class of interest."""

    def __init__(self, state: Population) -> None:
        super().__init__("Verdicts")
        self.state = state
        self.menu = labelled("Change", "Whose verdicts are shown", widgets.Dropdown())
        self.table, self.sentence = LiveTable(), widgets.HTML()
        self.sentence.add_class("facelib-hint")
        self.menu.observe(self.guarded(self.show), "value")
        state.observe(self.guarded(self.follow), "found")
        self.follow()
        self.fill(self.menu, self.table, self.sentence)

    def follow(self, _change: object = None) -> None:
        """Offer the changes that something is known of."""
        found: Found | None = self.state.found
        known = found is not None and len(found.effects) > 0
        self.layout.display = "" if known else "none"
        if found is None or not known:
            return
        titles = titles_of(found)
        names = [name for name in titles if name in set(found.effects["intervention"])]
        options = [(titles[name], name) for name in names]
        if list(self.menu.options) != options:
            kept = self.menu.value if self.menu.value in names else names[0]
            self.menu.options = options
            self.menu.value = kept
        self.menu.layout.display = "" if len(options) > 1 else "none"
        self.show()

    def show(self, _change: object = None) -> None:
        """Show the verdicts of the change that is chosen."""
        found: Found | None = self.state.found
        if found is None or self.menu.value is None:
            return
        rows = found.effects[found.effects["intervention"] == self.menu.value]
        if not len(rows):
            return
        first = rows.iloc[0]
        n = sorted({int(number) for number in rows["n"]})
        people = count(n[0], "person", "people") if len(n) == 1 else f"{n[0]} to {n[-1]} people"
        caption = (
            f"{label_words(str(first['label']))}, over {people}; margin δ = {plain(first['delta'])}, "
            f"level α = {plain(first['alpha'])}; p: {family_of(found.effects)}"
        )
        columns = verdict_columns(float(first["alpha"]))
        self.table.show(columns, verdict_rows(found, str(self.menu.value)), caption)
        self.sentence.value = paragraphs(*filter(None, [describe_room(rows), cut_off(rows), *notes_of(rows)]))


class FailuresPanel(Card):
    """What couldn't be done, and why; not there while everything could."""

    def __init__(self, state: Any) -> None:
        super().__init__("What failed")
        self.state = state
        self.words = widgets.HTML()
        self.words.add_class("facelib-sentence")
        state.observe(self.guarded(self.follow), "found")
        self.follow()
        self.fill(self.words)

    def follow(self, _change: object = None) -> None:
        """Say what failed."""
        found = self.state.found
        failures = None if found is None else found.failures
        self.layout.display = "" if failures is not None and len(failures) else "none"
        if failures is not None:
            self.words.value = failures_html(failures)


def titles_of(found: Found) -> dict[str, str]:
    """Return the titles of the changes by their names in the tables, those that were chosen first."""
    return {
        str(change["name"]): title_with_end(str(change["name"]), str(change.get("title") or change["name"]))
        for change in found.result.settings["interventions"]
    }


def map_of(found: Found) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the cells of the map, and the names of its panels: the emotion meant first.

    Where that is the same emotion for all faces, its own column says it already.

    Changes of which nothing is known yet have empty cells, so that the map fills in.
    """
    import pandas as pd

    from facelib.charts.studies.heatmap import INTENDED, heatmap_rows

    titles = titles_of(found)
    meant = found.effects[found.effects["label"] == INTENDED]
    table = found.by_label if repeats(meant, found.by_label) else pd.concat([meant, found.by_label])
    there = set(table["intervention"])
    blank = table[table["intervention"] == table["intervention"].iloc[0]].assign(
        mean=math.nan, low=math.nan, high=math.nan, p=math.nan, p_holm=math.nan, verdict=""
    )
    missing = [blank.assign(intervention=name) for name in titles if name not in there]
    order = {name: place for place, name in enumerate(titles)}
    table = pd.concat([table, *missing]).sort_values(
        "intervention", key=lambda names: names.map(order), kind="stable"
    )
    return heatmap_rows(table, titles), list(titles.values())


def largest_change(by_label: pd.DataFrame, clauses: Mapping[str, str]) -> str:
    """Say which significant change of an output is the largest, of whatever emotion; "" if none is.

    >>> import pandas as pd
    >>> row = {"intervention": "palsy", "classifier": "fer", "p_holm": 0.001, "alpha": 0.05}
    >>> rows = [row | {"label": "happy", "mean": -0.2}, row | {"label": "surprise", "mean": 0.44}]
    >>> largest_change(pd.DataFrame(rows), {"palsy": "one side is palsied"})
    'Of all emotions most changes surprise for fer: by +.44, as one side is palsied (significant after Holm).'
    """
    found = by_label[by_label["p_holm"] <= by_label["alpha"]]
    if found.empty:
        return ""
    top = found.iloc[int(found["mean"].abs().to_numpy().argmax())]
    return (
        f"Of all emotions most changes {top['label']} for {top['classifier']}: by {signed(top['mean'])}, as "
        f"{clauses[str(top['intervention'])]} (significant after Holm)."
    )


def map_heading(found: Found) -> list[str]:
    """Return the heading of the map: what its marks mean, and by which tests in which columns."""
    from facelib.charts.studies.heatmap import HEADING, INTENDED, MEANT

    emotions, own = family_of(found.by_label), family_of(found.effects)
    meant = found.effects[found.effects["label"] == INTENDED]
    if not len(meant):
        return [*HEADING, f"Tests: {emotions}"]
    if repeats(meant, found.by_label):
        return [*HEADING, f"Tests of the map: {emotions}", f"Tests of the verdicts below: {own}"]
    return [*HEADING, f"Column “{MEANT}”: {own}", f"Columns of emotions: {emotions}"]


def repeats(meant: pd.DataFrame, by_label: pd.DataFrame) -> bool:
    """Tell whether the emotion meant is one and the same for all faces: its numbers stand there twice.

    >>> import pandas as pd
    >>> row = {"intervention": "palsy", "classifier": "fer", "n": 8, "mean": -0.3}
    >>> repeats(pd.DataFrame([row]), pd.DataFrame([row | {"label": "happy"}]))
    True
    >>> repeats(pd.DataFrame([row]), pd.DataFrame([row | {"label": "happy", "mean": -0.1}]))
    False
    """
    keys = ["intervention", "classifier", "n", "mean"]
    wanted = set(map(tuple, meant[keys].dropna().round(12).to_numpy().tolist()))
    return bool(wanted) and any(
        wanted <= set(map(tuple, rows[keys].dropna().round(12).to_numpy().tolist()))
        for _, rows in by_label.groupby("label")
    )


def family_of(effects: pd.DataFrame) -> str:
    """Say which side the tests of a table look at, and over how many of them they are corrected.

    >>> import pandas as pd
    >>> family_of(pd.DataFrame({"alternative": ["less"], "family": [6]}))
    'one-sided (falls), corrected over 6 tests'
    """
    count = int(effects["family"].max())
    tests = "1 test" if count == 1 else f"{count} tests"
    return f"{SIDED[effects['alternative'].iloc[0]]}, corrected over {tests}"


def lowered(found: Found) -> list[str]:
    """Say of every change how many classifiers lower and raise their output, by the tests of the table."""
    clauses = {
        str(change["name"]): str(change.get("clause") or f"{change['name']} changes")
        for change in found.result.settings["interventions"]
    }
    control, titles = found.result.settings["control"] or "", titles_of(found)
    said = []
    for name in found.effects["intervention"].unique():
        contrasts = found.contrasts
        beside = None if contrasts is None else contrasts[contrasts["intervention"] == name]
        rows = found.effects[found.effects["intervention"] == name]
        words = describe_counts(
            rows,
            beside,
            clause=clauses[name],
            control=f"“{titles[control].removesuffix(' (control)')}”" if control else "",
            fixed=held_fixed(control, name) or "",
            aim="the emotion meant" if rows["label"].iloc[0] == INTENDED else "",
        )
        said.append(words)
    if (found.effects["p_holm"] > found.effects["alpha"]).any():
        said.append(NOT_SHOWN)
    return [*said, largest_change(found.by_label, clauses)]


def verdict_columns(alpha: float) -> list[dict[str, str]]:
    """Return the columns of the table of verdicts, with the levels of its intervals.

    >>> [column["title"] for column in verdict_columns(0.05)][3::5]
    ['95 % interval', '90 % interval']
    """
    levels = {"level": f"{100 * (1 - alpha):g} %", "inner": f"{100 * (1 - 2 * alpha):g} %"}
    return [{key: text.format(**levels) for key, text in column.items()} for column in VERDICTS]


def places_of(names: Sequence[str]) -> dict[str, int]:
    """Return the places of classifiers in the palette: those of this machine keep theirs everywhere."""
    every = dict.fromkeys([*zoo.available(), *names])
    return {name: place for place, name in enumerate(every)}


def verdict_rows(found: Found, name: str) -> list[list[Any]]:
    """Return the table of verdicts of one change."""
    rows = found.effects[found.effects["intervention"] == name]
    beyond: dict[str, Mapping[Any, Any]] = {}
    if found.contrasts is not None:
        against = found.contrasts[found.contrasts["intervention"] == name]
        beyond = {str(row["classifier"]): row for row in against.to_dict("records")}
    order = places_of(found.result.settings["classifiers"])
    return [
        [
            {"text": row["classifier"], "swatch": colour(order.get(str(row["classifier"]), 0))},
            short(row["start"]),
            signed(row["mean"]),
            interval(row),
            told(row["p"]),
            told(row["p_holm"]),
            against_control(beyond.get(str(row["classifier"]))),
            beyond_cell(row),
            interval(row, "verdict_"),
            verdict_cell(row),
        ]
        for row in rows.to_dict("records")
    ]


def verdict_cell(row: Mapping[Any, Any]) -> dict[str, str]:
    """Return the cell of a verdict, with those at δ/2 and 2δ as its help."""
    verdict = str(row["verdict"])
    if not verdict:
        return {"text": "–"}
    smaller = " (detectable, but smaller)" if verdict == DOES_NOT and row["detectable"] else ""
    return {
        "text": verdict.removesuffix(" at δ") + smaller,
        "mark": MARKS[verdict],
        "help": f"At δ/2: {row['verdict_half']}; at 2δ: {row['verdict_double']}{few_words(row)}",
    }


def beyond_cell(row: Mapping[Any, Any]) -> str | dict[str, str]:
    """Return the shares of people beyond δ, with their intervals as its help."""
    words = beyond_words(row)
    if words == "–":
        return words
    ends = [percent(row[f"beyond_{name}_{end}"]) for name in ("falls", "rises") for end in ("low", "high")]
    level = f"{100 * (1 - row['alpha']):g} %"
    return {
        "text": words,
        "help": f"{level} intervals: falls {ends[0]} … {ends[1]}, rises {ends[2]} … {ends[3]}",
    }


def few_words(row: Mapping[Any, Any]) -> str:
    """Say in the help of a verdict why it is no other one."""
    if row["verdict"] != CANNOT_TELL:
        why = reason(row)
        return why and f". {why}"
    few = stats.few_people(int(row["n"]), row["delta"], row["alpha"], row["alternative"]) or open_words(row)
    return few and f". {few}"


def against_control(row: Mapping[Any, Any] | None) -> str | dict[str, str]:
    """Return what a change does beyond its control, with its own verdict: that of the change leaves it in."""
    if row is None or math.isnan(row["mean"]):
        return "–"
    p = "" if math.isnan(row["p"]) else f", p {told(row['p'])}, corrected {told(row['p_holm'])}"
    level = f"{100 * (1 - row['alpha']):g} % interval"
    cell = {"text": signed(row["mean"]), "help": f"Against {row['control']}: {level} {interval(row)}{p}"}
    if not (verdict := str(row["verdict"])):
        return cell
    return cell | {"text": f"{cell['text']} {verdict.removesuffix(' at δ')}", "mark": MARKS[verdict]}


def told(p: float) -> str:
    """Return a p-value, or a dash where nothing could be tested."""
    return "–" if math.isnan(p) else stats.format_p(p)


def interval(row: Mapping[Any, Any], which: str = "") -> str:
    """Return the interval of a mean; "verdict_": the one behind the verdict."""
    shown = possible(row)
    low, high = shown[f"{which}low"], shown[f"{which}high"]
    return f"{signed(low)} … {signed(high)}" if math.isfinite(low) else "–"


def share_rows(found: Found) -> list[list[Any]]:
    """Return the shares of significant tests, one row a change."""
    titles = titles_of(found)
    return [
        [
            titles.get(str(row["intervention"]), str(row["intervention"])),
            str(row["tests"]),
            f"{int(row['significant'])} ({percent(row['share'])})",
            percent(row["share_holm"]),
            percent(row["share_bh"]),
            percent(row["share_matters"]),
        ]
        for row in found.share.to_dict("records")
    ]


def early(found: Any, units: str = Population.UNITS) -> str:
    """Say that a result isn't complete; "" if it is, or there is none."""
    if found is None or found.result.complete:
        return ""
    counts = found.result.counts
    return EARLY.format(done=counts.done, total=counts.total, units=units, failed=counts.failures)


def notes_of(rows: pd.DataFrame) -> list[str]:
    """Return what a reader must know of the rows, each sentence once with whom it is about.

    >>> import pandas as pd
    >>> notes_of(pd.DataFrame({"classifier": ["fer", "human"], "notes": ["Few.", "Few. Skewed."]}))
    ['Few.', 'human: Skewed.']
    """
    about: dict[str, list[str]] = {}
    for row in rows.to_dict("records"):
        for note in sentences(str(row["notes"])):
            about.setdefault(note, []).append(str(row["classifier"]))
    said: dict[tuple[str, ...], list[str]] = {}
    for note, names in about.items():
        said.setdefault(() if len(names) == len(rows) else tuple(names), []).append(note)
    return [f"{', '.join(names)}{(names and ': ') or ''}{' '.join(notes)}" for names, notes in said.items()]


def failures_html(failures: pd.DataFrame) -> str:
    """Return failures by their reason, the most frequent first: one face and change counts once."""
    units = len(failures.drop_duplicates(["face", "intervention"]))
    failures = failures.drop_duplicates(["face", "intervention", "error"])
    counted = failures["error"].value_counts()
    lines = [
        f"{number} × {reason} (for example {failures.loc[failures['error'] == reason, 'face'].iloc[0]})"
        for reason, number in counted.head(SHOWN).items()
    ]
    more = [f"and {len(counted) - SHOWN} other reasons"] if len(counted) > SHOWN else []
    listed = "".join(f"<li>{html.escape(line)}</li>" for line in [*lines, *more])
    return f"<p>{units} failed; the rest of the study is not affected.</p><ul>{listed}</ul>"


def label_words(label: str) -> str:
    """Return what class the numbers are about."""
    if label == "intended":
        return "Probability of the emotion meant, the one that each face is meant to show"
    return f"Probability of {label}"


def signed(value: float) -> str:
    """Return a change of probability, with its sign.

    >>> signed(-0.314), signed(0.0), signed(float("nan"))
    ('−.31', '.00', '–')
    """
    if math.isnan(value):
        return "–"
    text = f"{abs(value):.2f}".replace("0.", ".", 1)
    return text if text == ".00" else ("−" if value < 0 else "+") + text


def short(value: float) -> str:
    """Return a probability without its leading zero."""
    return "–" if math.isnan(value) else f"{value:.2f}".replace("0.", ".", 1)
