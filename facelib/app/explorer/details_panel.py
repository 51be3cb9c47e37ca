"""The classifiers in detail: their cards, statistics along the strengths, and what a network sees."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import ipywidgets as widgets

from facelib import stats
from facelib.app.explorer.network_view import SeenView
from facelib.app.explorer.state import Explorer
from facelib.app.widgets.cards import ClassifierCards, cards_of
from facelib.app.widgets.controls import Card, Fold, folded, hidden_while_empty, paragraphs
from facelib.app.widgets.livetable import LiveTable
from facelib.reports.words import between
from facelib.stats import calibration
from facelib.stats.placebo import LEAST_PLACEBOS
from facelib.studies.sweeps.effects import NO_OUTPUT
from facelib.studies.sweeps.placebos import References
from facelib.utilities.wording import shown_name

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


class DetailsPanel(Card):
    """Shows what stands behind the verdicts; `table` follows the strength in the browser.

    Parameters
    ----------
    explorer
        The state that is shown.
    """

    def __init__(self, explorer: Explorer) -> None:
        super().__init__("Classifiers in detail")
        self.explorer = explorer
        self.cards = ClassifierCards(cards=cards_of(explorer.models))
        self.table = LiveTable()
        self.notes = widgets.HTML()
        self.trust = widgets.HTML()  # of its own: it stays open while the notes change
        self.absent = widgets.HTML(
            paragraphs(*(f"{n} is not here: {r}" for n, r in explorer.missing.items()))
        )
        for text in (self.notes, self.trust):
            text.add_class("facelib-sentence")
        self.absent.add_class("facelib-hint")
        hidden_while_empty(self.absent)
        statistics = Fold(
            "Statistics: gradients, order test, shaken copies", self.table, self.notes, self.trust
        )
        explorer.observe(self.guarded(self.update), ["shown", "label", "classifier", "problem"])
        self.fill(self.cards, statistics, SeenView(explorer, self.guarded), self.absent)

    def update(self, _change: object = None) -> None:
        """Show what the explorer holds."""
        result, label, chosen = self.explorer.result, self.explorer.label, self.explorer.classifier
        if result is None:
            self.table.show(DETAILS, [])
            self.notes.value = self.trust.value = ""
            return
        effects = result.sweep.effects(label, references=result.placebos)
        effects = effects[effects["verdict"] != NO_OUTPUT]
        details = [
            [
                shown_name(effect["classifier"]),
                f"{effect['epgm']:.4f}",
                f"{effect['total_variation']:.2f}",
                correlation_cell(effect["correlation"]),
                str(effect["flips"]),
                stats.format_p(effect["shuffle_p"]),
                between(effect),
            ]
            for effect in effects.to_dict("records")
        ]
        self.table.show(DETAILS, details, f"Statistics of {label} along the strengths")
        own = effects[effects["classifier"] == chosen].to_dict("records")
        self.notes.value = paragraphs(*(line for row in own for line in (row["sentence"], *notes(row))))
        self.trust.value = folded(TRUST, *trust(len(result.sweep.frames.strengths), result.placebos))


def notes(effect: Mapping[str, Any]) -> list[str]:
    """Return what a reader must know besides the numbers of one classifier's row of `Sweep.effects`."""
    found = [f"{shown_name(effect['classifier'])}: {effect['order']}. {_shuffles(effect)}"]
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
