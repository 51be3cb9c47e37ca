"""The Outputs panel: what every classifier says now, along the strengths, and what it means."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import ipywidgets as widgets
import pandas as pd

from facelib import stats
from facelib.app.explorer.state import STEPS, Explorer, Result
from facelib.app.widgets.cards import ClassifierCards, cards_of
from facelib.app.widgets.chartview import ChartView
from facelib.app.widgets.controls import Card, Fold, folded, hidden_while_empty, paragraphs
from facelib.app.widgets.livetable import LiveTable
from facelib.charts import specs
from facelib.charts.palette import colour
from facelib.charts.tables import BAND, rows
from facelib.reports.sweep_words import (
    BESIDE,
    COLUMNS,
    NO_CLASS,
    between,
    compared,
    nothing_moved,
    sentences,
    told_of,
    verdict_cell,
    within,
)
from facelib.stats import calibration
from facelib.stats.placebo import LEAST_PLACEBOS
from facelib.studies import Snapshot
from facelib.studies.sweeps.effects import NO_OUTPUT
from facelib.studies.sweeps.placebos import References
from facelib.studies.sweeps.sweep import DELTA, tidy
from facelib.utilities.wording import signed

DETAILS = (
    {"title": "classifier", "align": "left"},
    {
        "title": "EPGM",
        "align": "right",
        "help": "Expected property gradient magnitude, the mean step; compare at equal numbers of strengths",
    },
    {"title": "TV", "align": "right", "help": "Total variation: sum of all steps, up and down"},
    {"title": "r", "align": "right", "help": "Correlation with the strength"},
    {"title": "flips", "align": "right", "help": "How often the winning emotion changes along the strengths"},
    {
        "title": "order p",
        "align": "right",
        "help": "Shuffle test: how easily so orderly a curve comes about if their order doesn't matter",
    },
    {
        "title": "90 % of shaken copies",
        "align": "right",
        "help": "The middle 90 % of the change over picture and shaken copies (shift, size, light by up to "
        "3 %): this interval gives the verdict",
    },
)
STANDS_STILL = "not defined: the output doesn't change"
TRUST = "How often are these tests wrong?"
NO_PERSON = "All of them are networks; “human” is the name of one, and no person."


class OutputsPanel(Card):
    """Shows outputs and verdicts; the parts in `linked` follow the strength slider in the browser.

    Parameters
    ----------
    explorer
        The state that is shown.
    apart
        Leave out the sentence: the page shows it first.
    """

    def __init__(self, explorer: Explorer, *, apart: bool = False) -> None:
        super().__init__("Outputs")
        self.add_class("facelib-outputs")
        self.explorer = explorer
        self._shown: object = None
        self._known: tuple[object, pd.DataFrame] = (None, pd.DataFrame())
        names = [model.id for model in explorer.models]
        self.bars = ChartView(spec=specs.bars(names), narrow=specs.bars(names, most=3, lines=True))
        self.response = ChartView(spec=specs.response(names), narrow=specs.response(names, lines=True))
        self.table = LiveTable()
        self.details = LiveTable()
        self.sentence = widgets.HTML()
        self.sentence.add_class("facelib-sentence")
        self.band_words = widgets.HTML()  # under the curves that have the grey band
        self.band_words.add_class("facelib-hint")
        hidden_while_empty(self.band_words)
        self.notes = widgets.HTML()
        self.trust = widgets.HTML()  # of its own: it stays open while the notes change
        for text in (self.notes, self.trust):
            text.add_class("facelib-sentence")
        title = "Details: gradients, order test, shaken copies"
        more = Fold(title, self.details, self.notes, self.trust)
        self.linked = (self.bars, self.response, self.table, self.details)
        explorer.observe(self.guarded(self.update), ["shown", "label", "classifier", "problem"])
        explorer.observe(self.guarded(self._pale), "waits")
        absent = [NO_PERSON] if "human" in names else []
        absent += [f"{name} is not here: {reason}" for name, reason in explorer.missing.items()]
        self.absent = widgets.HTML(paragraphs(*absent))
        self.absent.add_class("facelib-hint")
        self.absent.layout.display = "" if absent else "none"
        self.cards = ClassifierCards(cards=cards_of(explorer.models))
        words = [] if apart else [self.sentence]
        charts = self.response, self.band_words, self.bars
        self.fill(*words, self.cards, self.table, *charts, more, self.absent)

    def update(self, _change: object = None) -> None:
        """Show what the explorer holds, in place: charts are patched, never embedded again."""
        explorer = self.explorer
        result, label = explorer.result, explorer.label
        self._pale()
        if result is not None:
            table = result.sweep.outputs
            band = result.placebos.band(label) if result.placebos else None
            self._charts(table, band, fresh=result.sweep)
            self._verdicts(result, table)
        elif explorer.snapshot is not None:
            table = snapshot_table(explorer.snapshot, explorer.step)
            self._charts(table, None, fresh=explorer.snapshot)
            self._waiting(table)

    def _pale(self, _change: object = None) -> None:
        """Show what is of the former scene pale, until what belongs to this one is there."""
        explorer = self.explorer
        former = explorer.waits or (explorer.result is None and explorer.snapshot is None)
        for part in (self.sentence, self.table, self.response, self.bars):
            (part.add_class if former else part.remove_class)("facelib-former")

    def _charts(self, table: pd.DataFrame, band: pd.DataFrame | None, fresh: object) -> None:
        signals = {"label": self.explorer.label}
        outputs = {"outputs": rows(table)} if fresh is not self._shown else {}
        self._shown = fresh
        self.bars.show(data=outputs, signals=signals)
        known = self.explorer.result
        alone = known is not None and known.finished and (band is None or band.empty)
        self.response.show(
            data=outputs | {"band": rows(band, BAND)}, signals=signals | {"compared": not alone}
        )

    def _verdicts(self, result: Result, table: pd.DataFrame) -> None:
        label = self.explorer.label
        effects = self._effects(result, label)
        now = table[table["label"] == label].sort_values("step")
        verdicts, details = [], []
        unmoved = nothing_moved(result.sweep)
        for effect in effects.to_dict("records"):
            name = effect["classifier"]
            series = [f"{value:.2f}" for value in now.loc[now["classifier"] == name, "probability"]]
            placebos = compared(effect, finished=result.finished)
            verdict = verdict_cell(effect, unmoved)
            verdicts.append(
                [self._name(name), {"series": series}, signed(effect["change"]), placebos, verdict]
            )
            details.append(
                [
                    name,
                    f"{effect['epgm']:.4f}",
                    f"{effect['total_variation']:.2f}",
                    correlation_cell(effect["correlation"]),
                    str(effect["flips"]),
                    stats.format_p(effect["shuffle_p"]),
                    between(effect),
                ]
            )
        self.table.show(
            COLUMNS,
            verdicts + self._without(label),
            f"Probability of {label}, and what the change does to it on this face",
        )
        self.details.show(DETAILS, details, "Statistics of this face along the strengths")
        chosen = effects[effects["classifier"] == self.explorer.classifier]
        told = told_of(effects, unmoved)
        of_one = told.loc[told["classifier"] == self.explorer.classifier, "sentence"]
        if not result.finished:
            of_one = of_one.str.replace("did as much", "did as much so far")
        self.sentence.value = paragraphs(*sentences(result.sweep, label, effects), *of_one)
        beside = BESIDE.format(delta=f"{DELTA:.2f}".removeprefix("0"))
        self.band_words.value = paragraphs(beside) if within(told) else ""
        self.notes.value = paragraphs(*(note for row in chosen.to_dict("records") for note in notes(row)))
        self.trust.value = folded(TRUST, *trust(len(result.sweep.frames.strengths), result.placebos))

    def _effects(self, result: Result, label: str) -> pd.DataFrame:
        """Return the effects, computed once a result and class: another classifier only reads them."""
        key = (id(result), label)
        if self._known[0] != key:
            effects = result.sweep.effects(label, references=result.placebos)
            self._known = (key, effects[effects["verdict"] != NO_OUTPUT])  # their rows are made by _without
        return self._known[1]

    def _name(self, classifier: str) -> dict[str, str]:
        """Return the cell that names a classifier, in its colour in the charts, with what it is."""
        order = [model.id for model in self.explorer.models].index(classifier)
        card = self.explorer.models[order].card
        return {
            "text": classifier,
            "swatch": colour(order),
            "opens": classifier,
            "help": f"{card.title}; {card.licence}",
        }

    def _without(self, label: str) -> list[list[Any]]:
        """Return a row for each classifier that has no such class."""
        return [
            [
                self._name(model.id),
                "–",
                "–",
                "–",
                {"text": NO_CLASS, "help": f"It knows {', '.join(model.labels)}"},
            ]
            for model in self.explorer.models
            if model.index_of(label) is None
        ]

    def _waiting(self, table: pd.DataFrame) -> None:
        label = self.explorer.label
        now = table[table["label"] == label]
        step = self.explorer.step
        waiting = []
        for name, value in zip(now["classifier"], now["probability"], strict=True):
            series = ["…"] * STEPS
            series[step] = f"{value:.2f}"
            waiting.append([self._name(name), {"series": series}, "…", "…", "…"])
        waits = (
            "the sweep over all strengths could not be computed"
            if self.explorer.problem
            else "the sweep is being computed, strength by strength"
        )
        self.table.show(COLUMNS, waiting + self._without(label), f"Probability of {label}; {waits}")
        self.details.show(DETAILS, [])
        self.sentence.value = self.band_words.value = self.notes.value = self.trust.value = ""


def notes(effect: Mapping[str, Any]) -> list[str]:
    """Return what a reader must know besides the numbers of one classifier's row of `Sweep.effects`."""
    found = [f"{effect['classifier']}: {effect['order']}. {_shuffles(effect)}"]
    if math.isnan(effect["correlation"]):
        found.append(f"r is {STANDS_STILL}.")
    if effect["by_kind"]:
        found.append(f"As much did: {effect['by_kind'].replace('_', ' ')}.")
    if effect["reference_p"] is not None and effect["kind_rate"] is not None:
        found.append(
            f"Among placebos its rank has p {stats.format_p(effect['reference_p'])}; at .05, "
            f"{100 * effect['kind_rate']:.0f} % of placebos of an unseen kind would be called "
            "unusual."
        )
    return found


def correlation_cell(r: float) -> str | dict[str, str]:
    """Return a cell of the table of details."""
    if math.isnan(r):
        return {"text": "not defined", "help": STANDS_STILL}
    return f"{round(r, 2) + 0.0:.2f}".replace("-", "−")


def _shuffles(effect: Mapping[str, Any]) -> str:
    """Say how sure the p of the shuffle test is."""
    if effect["shuffle_exact"]:
        return f"All {effect['n_permutations']:,} orders were taken: this p is exact."
    low, high = stats.format_p(effect["shuffle_low"]), stats.format_p(max(effect["shuffle_high"], 0.001))
    between = f"{low} to {high}"
    if effect["shuffle_low"] == 0:
        between = f"at most {high}"
    elif effect["shuffle_high"] == 1:
        between = f"at least {stats.format_p(min(effect['shuffle_low'], 0.999))}"
    return (
        f"{effect['n_permutations']:,} shuffles were drawn (seed {effect['seed']}); all orders would give p "
        f"{between} (95 %)."
    )


def trust(n: int, placebos: References | None = None) -> list[str]:
    """Return how often the tests of a sweep are wrong, as measured nearest to it.

    Parameters
    ----------
    n
        Number of strengths.
    placebos
        Placebo sweeps that are in so far: below 99 they have no p.
    """
    found = [calibration.order_sentence(n)]
    if placebos is not None and len(placebos) >= LEAST_PLACEBOS:
        found.append(calibration.reference_sentence(len(placebos), len(set(placebos.kinds))))
    return [sentence for sentence in found if sentence]


def snapshot_table(snapshot: Snapshot, step: int) -> pd.DataFrame:
    """Return the outputs of the one strength that was looked at, as a tidy table with its step."""
    strength = snapshot.frames.strengths[-1:]
    return tidy(snapshot.readings, strength, face="", intervention="").assign(step=step)
