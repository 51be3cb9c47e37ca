"""Words on one face's sweep: columns of its table, cells, and sentences; of the page and of explorables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from facelib.properties import PROPERTIES
from facelib.properties.property import ALIKE
from facelib.stats.effects.equivalence import BLIND, NO_FALL
from facelib.stats.verdicts import STILL
from facelib.studies.sweeps.effects import summarise
from facelib.studies.sweeps.sweep import DELTA, margin_of
from facelib.utilities.wording import in_unit, listed, margin, places_for, plain, signed

if TYPE_CHECKING:
    from facelib.classifiers.scales import Scale
    from facelib.studies.sweeps.sweep import Sweep

COLUMNS: Final = (
    {
        "title": "classifier",
        "align": "left",
        "help": "A network, no person: the names above open cards",
    },
    {
        "title": "now",
        "align": "right",
        "help": "Probability that it gives the emotion, at the strength of the slider",
    },
    {
        "title": "change, 0\u00a0to\u00a01",
        "align": "right",
        "help": "Probability at strength 1 minus that at strength 0; it stays while the slider moves",
    },
    {
        "title": "placebos",
        "align": "left",
        "help": "How many placebos, harmless changes (blur, crop …) of the same size in pixels, did as much",
    },
    {
        "title": "verdict",
        "align": "left",
        "help": f"Whether the middle 90 % of picture and shaken copies change by more than {DELTA:.2f}, "
        "or by less; the placebos have no part in it",
    },
)
OF_VALUES: Final = {
    "now": "Output at the strength of the slider: a probability, or a value in its unit",
    "change, 0\u00a0to\u00a01": "Output at strength 1 minus that at strength 0; it stays while the slider "
    "moves",
    "verdict": "Whether the middle 90 % of picture and shaken copies change by more than the margin δ, or by "
    "less; the placebos have no part in it",
}
"""Help of columns where outputs are values."""
MARKS: Final = {
    "changes": "verdict-changes",
    "does not change": "verdict-unchanged",
    NO_FALL: "verdict-unclear",
    BLIND: "verdict-unclear",
    "cannot tell": "verdict-unclear",
}
UNCHANGED = "does not change"
STAYED: Final = (UNCHANGED, NO_FALL, BLIND)
WORDS: Final = {
    "changes": "changes this face's output",
    "does not change": "does not change it",
    NO_FALL: "hardly read: too little to lose",
    BLIND: "could not have shown it",
    "cannot tell": "cannot tell",
}
OPEN = "hardly read: cannot tell"

NOTHING = "nothing to change on this face"
UNMOVED = (
    "Hardly anything to change on this face: its {title} is {start} before and {end} after the change. That "
    "outputs stay as they are says nothing about them then; if one moves, something else changed."
)
SAME = "Nothing was changed: no pixel differs at any strength. That outputs stay says nothing about them."
NO_CLASS = "has no such class"
BESIDE = (
    "The grey band and the column placebos ask: do harmless changes of the same size move the output as "
    "much? The verdict asks: is the change larger than {delta}, also where the picture is shaken a little? "
    "So an output can change and stay in the grey band: some blur or crop would have moved it as far."
)
NONE_AS_LARGE = "Most placebos could not be made as large as this change: nothing is compared"
STAYS = "The output stays within .005: there is no change to compare"
HARDLY = (
    "At strength 0 the networks hardly read {label} (mean {low}), but {most} (mean {high}): what a change "
    "takes away shows in {most}. Choose it under Emotion."
)


NO_SIGN = (
    "{names} hardly read{s} {label} on this face to begin with: there is too little to lose, so an output "
    "that stays is no sign that a classifier is robust."
)


@dataclass(frozen=True)
class Measure:
    """What an output of one face's sweep is, and how its numbers are written.

    Attributes
    ----------
    label
        Its class.
    delta
        The margin.
    scale
        Of a value; None: it is a probability.

    Examples
    --------
    >>> Measure("happy").what, Measure("age", 3.0, None).margin
    ('probability of happy', '3.00')
    """

    label: str
    delta: float = DELTA
    scale: Scale | None = None

    @property
    def unit(self) -> str:
        """Unit of a value; "" of what has none."""
        return self.scale.unit if self.scale else ""

    @property
    def what(self) -> str:
        """What it is, in words."""
        if self.scale is None:
            return f"probability of {self.label}"
        return f"{self.label} ({self.unit})" if self.unit else self.label

    @property
    def places(self) -> int:
        """Decimals that are shown."""
        return places_for(self.delta)

    @property
    def margin(self) -> str:
        """The margin δ with its unit."""
        return in_unit(margin(self.delta), self.unit)

    @property
    def rises_to(self) -> float:
        """The end of its scale; infinite without one."""
        return 1.0 if self.scale is None else self.scale.high


def measure_of(sweep: Sweep, label: str, delta: float | None = None) -> Measure:
    """Return how a class of a sweep is written; errors are those of `Sweep.effects`."""
    scale = sweep.scale(label)
    return Measure(label, margin_of(scale, label, delta), scale)


def verdict_cell(effect: Mapping[Any, Any], unmoved: str = "") -> dict[str, str]:
    """Return the cell with the verdict on one classifier.

    Parameters
    ----------
    effect
        A row of `Sweep.effects`.
    unmoved
        What `nothing_moved` said.

    Examples
    --------
    >>> row = {"verdict": "changes", "low": -0.6, "high": -0.5, "remark": ""}
    >>> verdict_cell(row)["text"], verdict_cell(row | {"verdict": "does not change"}, "Hardly …")["text"]
    ("changes this face's output", 'nothing to change on this face')
    """
    ends = between(effect)
    cell = {
        "text": WORDS[effect["verdict"]],
        "mark": MARKS[effect["verdict"]],
        "help": f"90 % of shaken copies: {ends}{effect['remark'] and '; '}{effect['remark']}",
    }
    if effect["verdict"] == "cannot tell" and _hardly_reads(effect):
        cell["text"] = OPEN
    if unmoved and effect["verdict"] in STAYED:
        cell |= {"text": NOTHING, "mark": MARKS["cannot tell"]}
    return cell


def between(effect: Mapping[Any, Any]) -> str:
    """Return the middle 90 % of the change over picture and shaken copies, as text."""
    places = places_for(effect.get("delta", DELTA))
    return f"{signed(effect['low'], places)} … {signed(effect['high'], places)}"


def nothing_moved(sweep: Sweep) -> str:
    """Say that a sweep had nothing to change, by its pixels or by what it is meant to move; "" if it had."""
    same = SAME if (sweep.images == sweep.images[:1]).all() else ""
    return same or unmoved_words(sweep.properties, sweep.intervention.moves)


def told_of(effects: pd.DataFrame, unmoved: str = "") -> pd.DataFrame:
    """Return the rows that sentences are made of: where nothing moved, that outputs stay says nothing."""
    return effects[~effects["verdict"].isin(STAYED)] if unmoved else effects


def sentences(sweep: Sweep, label: str, effects: pd.DataFrame) -> list[str]:
    """Return what a sweep says of one class, caveats first.

    Parameters
    ----------
    effects
        Rows of `Sweep.effects` of classifiers that have the class.
    """
    unmoved = nothing_moved(sweep)
    told = told_of(effects, unmoved)
    by_all = hardly_read(sweep.outputs, label)
    by_some = "" if by_all else hardly_read_by(told, label)
    return [one for one in (by_all, unmoved, summarise(told, sweep.clause), by_some) if one]


def compared(effect: Mapping[Any, Any], *, finished: bool) -> str | dict[str, str]:
    """Return the cell that says how many placebos did as much."""
    if not effect["references"] and not finished:
        return "…"
    if not effect["references"] and effect["unmatched"]:
        return {"text": "none as large", "help": NONE_AS_LARGE}
    if not effect["references"] or abs(effect["change"]) < STILL * effect.get("delta", DELTA) / DELTA:
        return {"text": "–", "help": STAYS}
    return f"{effect['as_much']} of {effect['references']}{'' if finished else ' so far'}"


def hardly_read(outputs: pd.DataFrame, label: str) -> str:
    """Say that a class is hardly read at strength 0, and which one is: what isn't there can't be lost.

    >>> outputs = pd.DataFrame({"step": 0, "label": ["happy", "fear"], "probability": [0.9, 0.004]})
    >>> hardly_read(outputs, "happy"), hardly_read(outputs, "fear").partition(":")[0]
    ('', 'At strength 0 the networks hardly read fear (mean .00), but happy (mean .90)')
    """
    starts = outputs[outputs["step"] == 0].groupby("label")["probability"].mean()
    if label not in starts or not starts[label] < DELTA:
        return ""
    most = str(starts.idxmax())
    means = {name: f"{starts[name]:.2f}".removeprefix("0") for name in (label, most)}
    return HARDLY.format(label=label, low=means[label], most=most, high=means[most])


def hardly_read_by(effects: pd.DataFrame, label: str) -> str:
    """Say which classifiers hardly read a class at strength 0, where that may be taken for robust; or "".

    >>> row = {"classifier": "rmn", "verdict": "cannot tell", "start": 0.004, "delta": 0.1}
    >>> hardly_read_by(pd.DataFrame([row]), "happy").partition(":")[0]
    'rmn (.00) hardly reads happy on this face to begin with'
    >>> hardly_read_by(pd.DataFrame([row | {"verdict": "changes"}]), "happy")
    ''
    """
    rows = [row for row in effects.to_dict("records") if row["verdict"] != "changes" and _hardly_reads(row)]
    if not rows:
        return ""
    names = listed([f"{row['classifier']} ({plain(row['start'], places_for(row['delta']))})" for row in rows])
    return NO_SIGN.format(names=names, s="s" if len(rows) == 1 else "", label=label)


def _hardly_reads(effect: Mapping[Any, Any]) -> bool:
    """Tell whether less than the margin is there at strength 0."""
    return bool(effect.get("room", effect.get("start", 1.0)) < effect.get("delta", DELTA))


def within(effects: pd.DataFrame) -> bool:
    """Tell whether an output changes, and placebos did as much: two answers that need a word.

    >>> row = {"verdict": "changes", "as_much": 3, "references": 9}
    >>> within(pd.DataFrame([row])), within(pd.DataFrame([row | {"as_much": 0}]))
    (True, False)
    """
    known = effects[effects["references"] > 0]
    return bool(((known["verdict"] == "changes") & (known["as_much"] > 0)).any())


def unmoved_words(measured: pd.DataFrame, name: str | None) -> str:
    """Say that a change had nothing to change, by the property that it is meant to move; "" if it had.

    >>> unmoved_words(pd.DataFrame({"symmetry": [0.99, 1.0]}), "symmetry")[:62]
    'Hardly anything to change on this face: its facial symmetry is'
    >>> unmoved_words(pd.DataFrame({"symmetry": [0.9, 1.0]}), "symmetry")
    ''
    """
    if name is None or name not in measured:
        return ""
    kind, values = PROPERTIES[name], measured[name].to_numpy(float)
    if not np.ptp(values) < ALIKE * (kind.high - kind.low):  # not known: NaN
        return ""
    title = kind.title[:1].lower() + kind.title[1:]
    return UNMOVED.format(title=title, start=f"{values[0]:.2f}", end=f"{values[-1]:.2f}")
