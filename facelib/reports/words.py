"""The words for what a change does to an output, each with its reason, and the sentence that counts them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import numpy as np
import pandas as pd

from facelib.faces import Face, Head
from facelib.interventions import HeadIntervention, Intervention
from facelib.properties import PROPERTIES
from facelib.properties.property import ALIKE
from facelib.stats.effects.equivalence import BLIND, NO_FALL
from facelib.studies.sweeps.sweep import DELTA, margin_of
from facelib.utilities.wording import in_unit, interval, margin, places_for, plain, signed

if TYPE_CHECKING:
    from facelib.classifiers.scales import Scale
    from facelib.studies.sweeps.sweep import Sweep

Word = Literal["falls", "rises", "stays", "unclear", "no room"]
WORDS: Final[tuple[Word, ...]] = get_args(Word)
ALLOWED: Final = 4 / 99
"""Share of placebos that may do as much where an output is said to fall or to rise: 4 of 99."""
MOST: Final = 4  # placebos that may do as much while they come in
COUNTED: Final[Mapping[Word, str]] = MappingProxyType(
    {
        "falls": "falls in {}",
        "rises": "rises in {}",
        "stays": "stays in {}",
        "unclear": "is unclear in {}",
        "no room": "has no room in {}",
    }
)
NOTE: Final = (
    "Placebos are harmless changes of the same size, such as blur, crop or light. Shaken: the picture is "
    "shifted, resized or lit a little differently. An output falls or rises where it does so by more than "
    f"the margin ({DELTA:.2f} of a probability), also when shaken, and at most 4 of 99 placebos did as much. "
    "It stays where it changes by less, also when shaken. No room: there is too little to lose, or taking "
    "the whole expression away moves it as little, so that staying says nothing. All this is about this one "
    "picture, not about people. Left and right are the person’s own: their left is on the picture’s right."
)


UNMOVED: Final = (
    "Hardly anything to change on this face: its {title} is {start} before and {end} after the change. That "
    "outputs stay as they are says nothing about them then; if one moves, something else changed."
)
SAME: Final = (
    "Nothing was changed: no pixel differs at any strength. That outputs stay says nothing about them."
)
HARDLY: Final = (
    "Before the change the classifiers hardly read {label} (mean {low}), so there is little to lose; they "
    "read {most} (mean {high})."
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


@dataclass(frozen=True)
class Verdict:
    """What a change does to one output of one face.

    Attributes
    ----------
    word
        One of `WORDS`.
    reason
        Why, in a few words: "0 of 99 placebos".
    hollow
        Whether nothing was there to compare it with: no placebo was as large.
    """

    word: Word
    reason: str
    hollow: bool = False


def verdict(
    effect: Mapping[Any, Any], *, moved: float | None = None, unmoved: bool = False, finished: bool = True
) -> Verdict:
    """Return the verdict on one row of `Sweep.effects` (METHODS 2).

    Parameters
    ----------
    effect
        The row.
    moved
        Change of the output as the whole expression is taken away; None: not known.
    unmoved
        Whether there was nothing to change on this face.
    finished
        Whether all placebos are in that are wanted.

    Examples
    --------
    >>> row = {"verdict": "changes", "start": .9, "low": -.6, "high": -.5, "delta": .1, "as_much": 1}
    >>> verdict(row | {"references": 99, "unmatched": 0})
    Verdict(word='falls', reason='1 of 99 placebos', hollow=False)
    >>> verdict(row | {"references": 99, "unmatched": 0, "as_much": 7}).reason
    'so do 7 of 99 placebos'
    """
    places = places_for(effect["delta"])
    shaken = f"{interval(effect['low'], effect['high'], places)} shaken"
    if effect["verdict"] == "changes":
        return _beyond(effect, shaken, finished=finished)
    if unmoved:
        return Verdict("no room", "nothing to change")
    if effect["verdict"] == NO_FALL or (
        effect["start"] < effect["delta"] and effect["high"] <= effect["delta"]
    ):
        return Verdict("no room", f"starts at {plain(effect['start'], places)}")
    if effect["verdict"] == BLIND:
        return Verdict("no room", f"no expression: {signed(moved or 0.0, places)}")
    if effect["verdict"] == "does not change":
        return Verdict("stays", "also when shaken")
    return Verdict("unclear", shaken)


def _beyond(effect: Mapping[Any, Any], shaken: str, *, finished: bool) -> Verdict:
    """Return the verdict on an output that changes by more than the margin, also when shaken."""
    word: Word = "falls" if effect["high"] < 0 else "rises"
    much, of = effect["as_much"], effect["references"]
    if not of:
        return (
            Verdict(word, "no placebo is as large", hollow=True)
            if effect["unmatched"]
            else Verdict(word, shaken)
        )
    so_far = "" if finished else " so far"
    most = math.floor(ALLOWED * of + 1e-9) if finished else MOST
    if much > most:
        return Verdict("unclear", f"so do {much} of {of} placebos")
    return Verdict(word, f"{much} of {of} placebos{so_far}")


def counted(clause: str, label: str, words: Iterable[Word]) -> str:
    """Return the sentence that says in how many classifiers an output does what.

    Parameters
    ----------
    clause
        What happens: "the left side weakens".
    words
        One a classifier that has the output.

    Examples
    --------
    >>> counted("the left side weakens", "happy", ["falls", "stays", "falls"])
    'As the left side weakens, happy falls in 2 of 3 classifiers, stays in 1.'
    >>> counted("the person grows older", "sad", ["falls", "falls"])
    'As the person grows older, sad falls in both classifiers.'
    """
    found = Counter(words)
    total = sum(found.values())
    if not total:
        return f"No classifier here knows {label}."
    parts = [(word, found[word]) for word in WORDS if found[word]]
    (first, count), *others = parts
    whole = {1: "the one classifier", 2: "both classifiers"}.get(total, f"all {total} classifiers")
    said = [COUNTED[first].format(f"{count} of {total} classifiers" if others else whole)]
    said += [COUNTED[word].format(number) for word, number in others]
    return f"As {clause}, {label} {', '.join(said)}."


def amounts(face: Face | Head, intervention: Intervention, strengths: Sequence[float]) -> list[str]:
    """Return how far a change is at each strength, in its own unit where it has one.

    >>> from facelib import interventions
    >>> amounts(Head(age=20), interventions.get("age", to=70), [0, 0.5, 1])
    ['20 years', '45 years', '70 years']
    >>> amounts(Head(), interventions.get("asymmetric_expression"), [0.6])
    ['side at 40 %']
    """
    if intervention.moves == "age" and isinstance(face, Head) and isinstance(intervention, HeadIntervention):
        return [f"{intervention.edit(face, strength).age:.0f} years" for strength in strengths]
    percents = [round(100 * strength) for strength in strengths]
    return [intervention.degree.format(done=done, rest=100 - done) for done in percents]


def between(effect: Mapping[Any, Any]) -> str:
    """Return the middle 90 % of the change over picture and shaken copies, as text."""
    places = places_for(effect.get("delta", DELTA))
    return f"{signed(effect['low'], places)} … {signed(effect['high'], places)}"


def nothing_moved(sweep: Sweep) -> str:
    """Say that a sweep had nothing to change, by its pixels or by what it is meant to move; "" if it had."""
    same = SAME if (sweep.images == sweep.images[:1]).all() else ""
    return same or unmoved_words(sweep.properties, sweep.intervention.moves)


def hardly_read(outputs: pd.DataFrame, label: str) -> str:
    """Say that a class is hardly read at strength 0, and which one is: what isn't there can't be lost.

    >>> outputs = pd.DataFrame({"step": 0, "label": ["happy", "fear"], "probability": [0.9, 0.004]})
    >>> hardly_read(outputs, "happy"), hardly_read(outputs, "fear").partition(",")[0]
    ('', 'Before the change the classifiers hardly read fear (mean .00)')
    """
    starts = outputs[outputs["step"] == 0].groupby("label")["probability"].mean()
    if label not in starts or not starts[label] < DELTA:
        return ""
    most = str(starts.idxmax())
    means = {name: f"{starts[name]:.2f}".removeprefix("0") for name in (label, most)}
    return HARDLY.format(label=label, low=means[label], most=most, high=means[most])


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
