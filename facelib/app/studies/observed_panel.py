"""The Observed data tab: faces as they are, which outputs go with their properties, and pairs."""

from __future__ import annotations

import html
import math
from functools import partial
from pathlib import Path
from typing import Any, Final

import ipywidgets as widgets

from facelib.app.explorer.state import Explorer
from facelib.app.studies.confirm_panel import ConfirmPanel
from facelib.app.studies.earlier_runs import EarlierRuns
from facelib.app.studies.effects_panel import FailuresPanel, early
from facelib.app.studies.effects_panel import notes_of as remarks_of
from facelib.app.studies.example_view import observed_example
from facelib.app.studies.exports import OBSERVED, PAIRED, TakeHome
from facelib.app.studies.face_source_panel import WhomPanel
from facelib.app.studies.observed_state import (
    ALPHAS,
    EVERY,
    RATED,
    RENDERED,
    SOURCES,
    Compared,
    Found,
    Observed,
)
from facelib.app.studies.population_panel import classifier_groups
from facelib.app.studies.run_panel import RunPanel, count
from facelib.app.widgets.checklist import CheckList
from facelib.app.widgets.controls import Card, Quiet, folded, labelled, paragraphs
from facelib.app.widgets.livetable import LiveTable
from facelib.app.widgets.patched_chart import PatchedChart
from facelib.app.widgets.style import PageStyle
from facelib.app.widgets.trait_link import bind
from facelib.charts import specs
from facelib.classifiers import EMOTIONS
from facelib.stats.independence import TESTS
from facelib.stats.independence.vote import deciding
from facelib.studies.declared.hypothesis import INTENDED
from facelib.studies.observational import UNCONDITIONAL
from facelib.studies.outcomes import describe_accuracy
from facelib.studies.paired import SHOWN
from facelib.utilities.wording import capital, percent

FILLS: Final = (
    "The map fills in as faces are read: a panel for each property; the tests follow when all faces are read."
)
WAITS: Final = f"Nothing has been run yet. {FILLS}"
RUNS: Final = f"The first faces are being read. {FILLS}"
EARLY: Final = (
    "So far: {done} of {total} faces read{failed}. Cells show how much of the variance goes with the "
    "property."
)
NO_PERSON: Final = ("one picture a person", "")
NO_LABEL: Final = ("nothing", "")
UNHELD: Final = f"Nothing is held fixed. {UNCONDITIONAL}"
COLUMNS: Final = ("labels", "person", "condition", "turned")
ASKED: Final = {
    "properties": ("chosen", "labels", "label_source", "label", "alpha", "delta"),
    "conditions": ("condition", "turned", "shared", "level", "margin"),
}
"""Controls of each question alone."""
NOBODY: Final = "To compare two conditions, choose the column that says who is shown (Person)."
NO_CONDITION: Final = (
    "To compare two conditions, the table needs a column of two values, such as before and after, and people "
    "who have pictures under both."
)
COMPARES: Final = (
    "Each person is compared with herself, second minus first. Other things may differ with the condition: "
    "time, order, camera, light."
)
ALONE: Final = "Partners share the person alone, whatever their pictures show."
PAIRS: Final = "Accuracy under both conditions and the mean difference of every output appear here."
WHATEVER: Final = "Every output, whatever pictures show"
AS_MEANT: Final = "As meant: the output for what each face is meant to show. Others: whatever pictures show"
LONGEST: Final = 40  # characters of a value of the condition in a menu or above a chart
MOST: Final = 600  # people
SHARES: Final = (
    {"title": "property", "align": "left"},
    {
        "title": "outputs",
        "align": "right",
        "help": "How many could be tested: one for each classifier and emotion",
    },
    {
        "title": "reject",
        "align": "right",
        "help": "cHSIC has a p below α: it sees any shape, and is exact where labels are held fixed",
    },
    {"title": "after Holm", "align": "right", "help": "Corrected over the whole grid"},
    {"title": "after BH", "align": "right", "help": "Benjamini and Hochberg over the whole grid"},
    {
        "title": "by chance",
        "align": "right",
        "help": "The same share for random numbers in place of the property",
    },
    {
        "title": "explained ≥ δ",
        "align": "right",
        "help": "Share of outputs of which δ or more of the variance goes with the property; by chance: with "
        "random numbers in its place",
    },
)


class ObservedPanel(widgets.VBox):
    """The whole tab as one widget; it also works alone in a notebook.

    Parameters
    ----------
    explorer
        Whose classifiers are chosen at first; None: all of this machine.
    state
        Its state; None: a fresh one.
    store
        Folder to keep the results in; None: a temporary one that is deleted with the session.
    **settings
        Where a fresh state starts: see `facelib.app.studies.observed_state.Observed`.

    Examples
    --------
    >>> panel = ObservedPanel(models=["known_unbiased"])
    >>> panel.state.close()
    """

    def __init__(
        self,
        explorer: Explorer | None = None,
        state: Observed | None = None,
        *,
        store: str | Path | None = None,
        **settings: Any,
    ) -> None:
        if state is None:
            models = {} if explorer is None else {"models": [model.id for model in explorer.models]}
            state = Observed(store=store, **(models | settings))
        self.state = state
        self.who, self.asked = WhomPanel(state.whom, most=MOST), AskedPanel(state)
        self.confirm = ConfirmPanel(state, self.asked.hypothesis, self.asked.show)
        self.run, self.earlier = RunPanel(state, self._lock), EarlierRuns(state)
        self.map, self.shares, self.pairs = MapPanel(state), SharesPanel(state), PairsPanel(state)
        self.failures, self.home = FailuresPanel(state), TakeHome(state, OBSERVED)
        self.home_of_pairs = TakeHome(state, PAIRED)
        left = widgets.VBox([self.run.skip, self.confirm, self.who, self.asked])
        found = [self.map, self.shares, self.pairs, self.failures, self.home, self.home_of_pairs]
        right = widgets.VBox([self.run, self.earlier, self.run.outdated, *found])
        for column in (left, right):
            column.add_class("facelib-column")
        body = widgets.Box([left, right])
        body.add_class("facelib-study")
        super().__init__([body] if explorer is not None else [PageStyle(), body])
        if explorer is None:
            self.add_class("facelib-app")
        state.observe(self._follow, ["found", "question"])
        self._follow()
        state.start()

    def _follow(self, _change: object = None) -> None:
        """Offer the files of what was found."""
        pairs = self.state.answered == "conditions"
        _show(self.home, here=not pairs)
        _show(self.home_of_pairs, here=pairs)

    def _lock(self, locked: bool) -> None:
        for part in (self.who, self.asked):
            part.lock(locked=locked)


class AskedPanel(Card):
    """Chooses properties or a condition, classifiers, what is held fixed or shared, and the level."""

    def __init__(self, state: Observed) -> None:
        super().__init__("What is asked")
        self.state = state
        self._quiet = Quiet()
        self.chosen = CheckList(
            "Properties",
            "Do outputs go with it, among faces that are alike in what is held fixed?",
            state.offered(),
            state.chosen,
            height=232,
        )
        self.models = CheckList(
            "Classifiers",
            "Which networks read the faces",
            classifier_groups(state.models),
            state.models,
            columns=2,
        )
        self.labels = labelled(
            "Held fixed", "Column that says what each face shows, or nothing", widgets.Dropdown()
        )
        self.label_source = labelled(
            "Label from",
            "What people were asked to show, how others rated them, or what they said themselves",
            widgets.Dropdown(options=[*SOURCES]),
        )
        self.person = labelled(
            "Person",
            "Column that says who is shown: several pictures of one person aren't independent",
            widgets.Dropdown(),
        )
        self.alpha = labelled(
            "Level α",
            "How often the test may find something where nothing is",
            widgets.Dropdown(options=[(f"{a:g}", a) for a in ALPHAS]),
        )
        self.delta = labelled(
            "Margin δ",
            "Share of the output's variance from which on a dependence is no longer called small",
            widgets.FloatSlider(min=0.001, max=0.1, step=0.001, readout_format=".3f"),
        )
        self.label = labelled(
            "Emotion",
            "Which output the hypothesis is about",
            widgets.Dropdown(options=[("every emotion", EVERY), *((name, name) for name in EMOTIONS)]),
        )
        self.hint = widgets.HTML()
        self.hint.add_class("facelib-hint")
        self._add_pairs()
        self.hypothesis = [self.label, self.alpha, self.delta, self.level, self.margin]
        self.rest = widgets.VBox(self.hypothesis[1:])
        self.rest.add_class("facelib-fields")
        self.names = ("question", "models", "person", *ASKED["properties"], *ASKED["conditions"])
        self.follow()
        for name in self.names:
            if name not in COLUMNS:
                bind(state, name, getattr(self, name), state.lock)
        for name in COLUMNS:  # their options change with the faces, before their value may
            getattr(self, name).observe(self.guarded(partial(self._on_column, name)), "value")
        state.observe(self.guarded(self.follow), [*COLUMNS, "label_source", "question", "shared"])
        state.whom.observe(self.guarded(self.follow), ["source", "photographs", "worn"])
        self.fill(
            self.question,
            self.why_not,
            self.condition,
            self.turned,
            self.shared,
            self.chosen,
            self.models,
            self.labels,
            self.label_source,
            self.person,
            self.hint,
            self.rest,
        )

    def _add_pairs(self) -> None:
        """Make the controls of the comparison of two conditions."""
        self.question = widgets.ToggleButtons(
            options=[("Properties", "properties"), ("Compare two conditions", "conditions")],
            tooltips=[
                "Do outputs go with a property, over different people",
                "Do outputs and accuracy of the same people differ between two conditions",
            ],
            style={"button_width": "auto"},
        )
        self.why_not = widgets.HTML()
        self.why_not.add_class("facelib-hint")
        self.condition = labelled(
            "Condition",
            "Column that says under which of two conditions a picture was taken",
            widgets.Dropdown(),
        )
        self.turned = labelled(
            "Order",
            "Which condition comes first: differences are second minus first",
            widgets.Dropdown(options=[("", False)]),
        )
        self.shared = CheckList(
            "Partners share",
            "What two pictures of a person have in common to be compared: what they show, the task",
            [],
            [],
            columns=2,
            height=120,
        )
        self.level = labelled(
            "Level α",
            "How often a test may find a difference where nothing differs; intervals go with it",
            widgets.Dropdown(options=[(f"{a:g}", a) for a in ALPHAS]),
        )
        self.margin = labelled(
            "Margin δ",
            "How large a mean difference of the probability has to be to count; set it before the run",
            widgets.FloatSlider(min=0.01, max=0.5, step=0.01, readout_format=".2f"),
        )

    def show(self, here: bool) -> None:
        """Let level and margin stand here, or leave them to who confirms."""
        self.rest.children = self.hypothesis[1:] if here else []

    def follow(self, _change: object = None) -> None:
        """Offer what is known of the faces that are chosen."""
        state = self.state
        mine = state.whom.source == "mine"
        groups = state.offered()
        if self.chosen.groups != groups:
            self.chosen.groups = groups
        named = [(name, name) for name in state.columns]
        shared = [{"title": "", "items": [{"id": name, "title": name} for name in state.shareable]}]
        if self.shared.groups != shared:
            self.shared.groups = shared
        with self._quiet:
            _offer(self.labels, [NO_LABEL, *named] if mine else [(RENDERED, RENDERED)], state.labels)
            _offer(self.person, [NO_PERSON, *named], state.person)
            _offer(self.condition, [(name, name) for name in state.conditions], state.condition)
            _offer(self.turned, orders_of(state), state.turned)
        self._arrange(mine=mine)
        self.hint.value = paragraphs(*self._hints(mine=mine))

    def _arrange(self, *, mine: bool) -> None:
        """Show the controls of the question that is asked."""
        state = self.state
        for question, names in ASKED.items():
            for name in names:
                _show(getattr(self, name), here=question == state.question)
        _show(self.question, here=bool(state.conditions))
        given = mine and state.whom.photographs is not None and not state.conditions
        self.why_not.value = paragraphs(NO_CONDITION if state.person else NOBODY) if given else ""
        _show(self.why_not, here=given)
        _show(self.person, here=mine)
        if state.question == "properties":
            _show(self.labels, here=mine)
            _show(self.label_source, here=bool(mine and state.labels))

    def _hints(self, *, mine: bool) -> list[str]:
        """Say what the settings mean."""
        state = self.state
        if state.question == "conditions":
            return [COMPARES, *([] if state.shared else [ALONE])]
        hints = [] if mine else ["Held fixed: the expression that each person was rendered with."]
        if mine and not state.labels:
            hints.append(UNHELD)
        elif mine and state.label_source == "rated":
            hints.append(RATED)
        if mine and not state.person:
            hints.append("Assumes one picture a person: several of one break every test.")
        return hints

    def _on_column(self, name: str, event: Any) -> None:
        if not self._quiet and event["new"] is not None:
            setattr(self.state, name, event["new"])

    def lock(self, *, locked: bool) -> None:
        """Let nothing be changed while a study runs."""
        for name in self.names:
            getattr(self, name).disabled = locked


class MapPanel(Card):
    """Which outputs go with which property, and how much."""

    def __init__(self, state: Observed) -> None:
        super().__init__("What goes with each property")
        self.state = state
        self.chart, self.waits, self.notes = PatchedChart(), widgets.HTML(paragraphs(WAITS)), widgets.HTML()
        for words in (self.waits, self.notes):
            words.add_class("facelib-hint")
        self.example = observed_example()
        state.observe(self.guarded(self.follow), ["found", "stage", "question"])
        self.follow()
        self.fill(self.waits, self.example, self.chart, self.notes)

    def follow(self, _change: object = None) -> None:
        """Show what is known; the chart is patched, never embedded again."""
        _show(self, here=self.state.answered == "properties")
        found: Found | Compared | None = self.state.found
        if isinstance(found, Compared):
            return
        self.chart.layout.display = "" if found is not None else "none"
        self.example.show(here=found is None and not self.state.running)
        early = found is not None and not found.tested
        self.waits.layout.display = "" if found is None or early else "none"
        if found is None:
            self.waits.value = paragraphs(RUNS if self.state.running else WAITS)
            self.notes.value = ""
            return
        from facelib.charts.facets import titles_by_order
        from facelib.charts.statistics.dependence import EARLY_HEADING, HEADING, NO_SIZE, dependence_rows

        counts = found.result.counts
        early_words = EARLY.format(done=counts.done, total=counts.total, failed=counts.failures)
        self.waits.value = paragraphs(early_words)
        alpha = float(found.grid["alpha"].iloc[0])
        cells = dependence_rows(found.effects, titles_of(self.state), alpha=alpha, tested=found.tested)
        titles = titles_by_order(cells)
        shape = (titles, {(cell["classifier"], cell["label"]) for cell in cells})
        spec = specs.of("statistics.dependence.dependence_layout")
        heading = list(HEADING if found.tested else EARLY_HEADING)
        if found.effects["explained"].isna().all():
            heading = [heading[0], NO_SIZE] if found.tested else [NO_SIZE, heading[1]]
        self.chart.draw(spec, {"cells": cells}, {"cells_titles": titles, "cells_heading": heading}, shape)
        self.notes.value = paragraphs(
            *filter(None, [*notes_of(found), describe_accuracy(found.result.accuracy, changed=False)])
        )


class SharesPanel(Card):
    """Share of significant tests by property, raw and corrected, beside chance."""

    def __init__(self, state: Observed) -> None:
        super().__init__("Share of outputs that go with it")
        self.state = state
        self.table, self.sentence = LiveTable(), widgets.HTML()
        self.sentence.add_class("facelib-hint")
        state.observe(self.guarded(self.follow), "found")
        self.follow()
        self.fill(self.table, self.sentence)

    def follow(self, _change: object = None) -> None:
        """Show the shares once the tests were run."""
        found = self.state.found
        known = isinstance(found, Found) and found.tested
        self.layout.display = "" if known else "none"
        if not known:
            return
        shares = deciding_rows(found.share)
        names = titles_of(self.state)
        self.table.show(
            SHARES, share_rows(shares, names), "By property; each share is of classifiers × emotions"
        )
        self.sentence.value = paragraphs(
            *filter(None, [found.result.few]), *shares["sentence"].drop_duplicates()
        )


class PairsPanel(Card):
    """How accuracy and outputs of the same people differ between two conditions."""

    def __init__(self, state: Observed) -> None:
        super().__init__("Differences between conditions")
        self.state = state
        self.waits, self.said, self.notes = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self.said.add_class("facelib-sentence")
        for words in (self.waits, self.notes):
            words.add_class("facelib-hint")
        self.accuracy, self.chart = LiveTable(), PatchedChart()
        self.parts = (self.said, self.accuracy, self.chart, self.notes)
        state.observe(self.guarded(self.follow), ["found", "stage", "question"])
        self.follow()
        self.fill(self.waits, *self.parts)

    def follow(self, _change: object = None) -> None:
        """Show what is known; the chart is patched, never embedded again."""
        state, found = self.state, self.state.found
        _show(self, here=state.answered == "conditions")
        so_far = early(found, state.UNITS) if isinstance(found, Compared) else ""
        begun = "The first faces are being read." if state.running else "Nothing has been run yet."
        self.waits.value = paragraphs(so_far or f"{begun} {PAIRS}")
        known = isinstance(found, Compared) and len(found.effects) > 0
        _show(self.waits, here=bool(so_far) or not known)
        for part in self.parts:
            _show(part, here=known)
        if known:
            self._fill(found)

    def _fill(self, found: Compared) -> None:
        from facelib.charts.studies.effects import forest_data
        from facelib.reports import paired

        result = found.result
        unknown = paired.no_accuracy(result) if found.accuracy.empty else ""
        first, second = map(in_short, result.settings["order"])
        *known, every = [capital(words) for words in paired.answers(result, "")]
        heading = f"<strong>{html.escape(f'“{second}” against “{first}”')}</strong>"
        sentences = [*(f"{words}." for words in known), *filter(None, [unknown]), every]
        self.said.value = f"<p>{heading}</p>{paragraphs(*sentences)}"
        _show(self.accuracy, here=not unknown)
        if not unknown:
            table = paired.accuracy_table(result, each=False)
            columns = [
                {"title": title, "align": "left" if place in table.words else "right"}
                for place, title in enumerate(table.columns)
            ]
            self.accuracy.show(columns, table.rows, table.caption)
        data, signals = forest_data(*rows_of(found), f"Mean difference, “{second}” minus “{first}”")
        longest = max(len(row["words"]) for row in data)
        shape = [longest, *((row["order"], row["row"]) for row in data)]
        layout = specs.of("studies.effects.forest_layout", own_rows=False)
        self.chart.draw(layout, {"effects": data}, signals, shape)
        remarks = remarks_of(found.effects.drop_duplicates(["classifier", "notes"]))
        said = paragraphs(paired.what_else(result), *result.pairing.shortfalls(SHOWN))
        self.notes.value = said + folded("Remarks on these numbers", *remarks)


def rows_of(found: Compared) -> tuple[Any, dict[str, str]]:
    """Return the rows of the chart of differences, what is meant first, and the name of its panel."""
    import pandas as pd

    if found.meant.empty:
        return found.effects, {"": WHATEVER}
    meant = found.meant[found.meant["label"] == INTENDED].assign(label="as meant")
    return pd.concat([meant, found.effects], ignore_index=True), {"": AS_MEANT}


def orders_of(state: Observed) -> list[tuple[str, bool]]:
    """Return both orders of the values of the condition, the guessed one first."""
    values = [in_short(word) for word in state.conditions.get(state.condition, ())]
    if not values:
        return [("", False)]
    return [(f"{values[turned]}, then {values[not turned]}", turned) for turned in (False, True)]


def in_short(word: str) -> str:
    """Return a word of a stranger's table, cut where it is long.

    >>> in_short("before"), len(in_short(1000 * "before"))
    ('before', 40)
    """
    return word if len(word) <= LONGEST else f"{word[: LONGEST - 1]}…"


def titles_of(state: Observed) -> dict[str, str]:
    """Return the titles of all properties that are offered, by their names."""
    return {one["id"]: one["title"] for group in state.offered() for one in group["items"]}


def deciding_rows(share: Any) -> Any:
    """Return the rows of the test that decides."""
    return share[share["method"] == deciding(share["method"])]


def share_rows(shares: Any, titles: dict[str, str]) -> list[list[str]]:
    """Return the table of shares, one row a property."""
    return [
        [
            titles.get(str(row["property"]), str(row["property"])),
            str(row["tests"]),
            f"{int(row['significant'])} ({percent(row['share'])})",
            percent(row["share_holm"]),
            percent(row["share_bh"]),
            percent(row["null_share"]),
            large(row),
        ]
        for row in shares.to_dict("records")
    ]


def large(row: Any) -> str:
    """Return the share of sizable dependences with its interval."""
    ends = (row["large_low"], row["large_high"])
    chance = "" if math.isnan(row["null_large"]) else f"; by chance {percent(row['null_large'])}"
    if any(math.isnan(number) for number in (row["share_large"], *ends)):
        return f"{percent(row['share_large'])}{chance}"
    return f"{percent(row['share_large'])} ({percent(ends[0])} … {percent(ends[1])}){chance}"


def notes_of(found: Found) -> list[str]:
    """Return what a reader must know of the tests."""
    rows = found.grid[~found.grid["null_property"]]
    names = [TESTS[name].title for name in rows["method"].drop_duplicates() if name in TESTS]
    notes = [found.result.few] if found.tested and found.result.few else []
    notes += [f"Test: {', '.join(names)}; n = {int(rows['n'].max())}."] if found.tested else []
    notes += [] if found.result.settings["labels"] else [UNHELD]
    if found.left_out:
        notes.append(f"{count(found.left_out, 'face')} left out: a label, property or output is missing.")
    if found.unread:
        notes.append(f"{count(found.unread, 'face')} not read yet.")
    return notes


def _show(widget: Any, *, here: bool) -> None:
    """Let a widget be seen, or take it away."""
    widget.layout.display = "" if here else "none"


def _offer(menu: widgets.Dropdown, options: list[tuple[str, Any]], value: Any) -> None:
    """Offer other options, with one of them chosen."""
    if list(menu.options) != options:
        menu.options = options
    menu.value = value if value in [known for _, known in options] else None
