"""Keys of a declared study: the kind and meaning of their values, and a check that names the line."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from facelib import classifiers
from facelib import interventions as changes
from facelib.interventions import Intervention
from facelib.models.devices import as_device
from facelib.properties import PROPERTIES
from facelib.stats.effects.signflip import ALTERNATIVES
from facelib.stats.independence.methods import as_tests
from facelib.stats.independence.vote import PAPER
from facelib.studies.declared.yaml_lines import Located
from facelib.studies.sweeps.frames import MAX_STEPS
from facelib.studies.sweeps.sweep import check_label
from facelib.utilities.wording import as_word

SIZES: Final = (48, 1024)  # px
ALL_KINDS: Final = ("pretrained", "known bias", "own")


class Misfit(Exception):  # noqa: N818 (never leaves this module's callers)
    """A value of another kind than its name takes."""


@dataclass(frozen=True)
class Key:
    """A name in a declared study.

    Attributes
    ----------
    what
        What it takes: "a whole number from 2 to 501".
    meaning
        In a sentence.
    check
        From the value to what Python is given; raises `Misfit`, or what facelib says of it.
    """

    what: str
    meaning: str
    check: Callable[[Located], Any]

    def read(self, name: str, at: Located) -> Any:
        """Return the value for Python, or raise an error that says what was expected in which line."""
        try:
            return at.attempt(lambda: self.check(at), before=f"{name}: ")
        except Misfit:
            msg = f"{name} is {self.what}; got {at.shown}. {self.meaning}"
            raise at.error(msg) from None


def text(at: Located) -> str:
    """Return words."""
    if not isinstance(at.value, str) or not at.value.strip():
        raise Misfit
    return at.value


def flag(at: Located) -> bool:
    """Return true or false."""
    if not isinstance(at.value, bool):
        raise Misfit
    return at.value


def number(low: float, high: float = math.inf, *, open_ends: bool = True) -> Callable[[Located], float]:
    """Return the check of a number between two others."""

    def check(at: Located) -> float:
        value = at.value
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Misfit
        if not (low < value < high if open_ends else low <= value <= high):
            raise Misfit
        return float(value)

    return check


def whole(low: int, high: float = math.inf) -> Callable[[Located], int]:
    """Return the check of a whole number."""

    def check(at: Located) -> int:
        value = at.value
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise Misfit
        return value

    return check


def device(at: Located) -> str:
    """Return the name of a device that is on this machine."""
    as_device(name := text(at))
    return name


def choice(words: tuple[str, ...]) -> Callable[[Located], str]:
    """Return the check of one word out of several."""

    def check(at: Located) -> str:
        if at.value not in words:
            raise Misfit
        return str(at.value)

    return check


def names(each: Callable[[str], object] | None = None) -> Callable[[Located], list[str]]:
    """Return the check of a list of different words, or one; `each` raises if it doesn't know one."""

    def check(at: Located) -> list[str]:
        if at.value is None or isinstance(at.value, Mapping):
            raise Misfit
        listed: list[str] = []
        for item in at.items("names"):
            if not isinstance(item.value, str) or not item.value:
                raise Misfit
            if item.value in listed:
                msg = f"{item.value} is there twice: keep one of them."
                raise item.error(msg)
            if each is not None:
                item.attempt(lambda name=item.value: each(name))  # type: ignore[misc]
            listed.append(item.value)
        if not listed:
            raise Misfit
        return listed

    return check


def one_or_several(at: Located) -> str | list[str]:
    """Return one word, or a list of different ones."""
    found = names()(at)
    return found[0] if isinstance(at.value, str) else found


def tests(at: Located) -> str | list[str]:
    """Return the word for the three tests that vote, or ids of tests."""
    return PAPER if at.value == PAPER else names(lambda name: as_tests([name]))(at)


def columns(at: Located) -> str | list[str] | tuple[()]:
    """Return one word, a list of different ones, or an empty list."""
    return () if at.value == () else one_or_several(at)


def two(at: Located) -> tuple[str, str]:
    """Return two different values as text."""
    if not isinstance(at.value, tuple | list):
        raise Misfit
    found = [as_word(item.value) for item in at.items("values") if isinstance(item.value, str | int | float)]
    if len(found) != 2 or found[0] == found[1]:
        raise Misfit
    return found[0], found[1]


def interventions(at: Located) -> list[Intervention]:
    """Return interventions: ids, and ids with their options."""
    items = [at] if isinstance(at.value, Mapping) else list(at.items("interventions"))
    read_ones = []
    for item in items:
        if isinstance(item.value, str):
            read_ones.append(item.attempt(lambda name=item.value: changes.get(name)))  # type: ignore[misc]
            continue
        if not isinstance(item.value, Mapping):
            raise Misfit
        read_ones += [_with_options(name, inner, item) for name, inner in item.value.items()]
    if not read_ones:
        raise Misfit
    return read_ones


def _with_options(name: str, given: Located, item: Located) -> Intervention:
    place = item.key(name)
    if given.value is None:
        return place.attempt(lambda: changes.get(name))
    place.attempt(lambda: changes.get(name))
    options = given.mapping(f"The options of {name} are names with values, as {{side: right}}")
    for option, value in options.items():
        # One by one, so that the wrong one is named; ranges may depend on each other.
        if not isinstance(value.value, tuple):
            one = {option: value.plain}
            given.key(option).attempt(lambda one=one: changes.get(name, **one))  # type: ignore[misc]
    ready = {option: as_tuples(value.plain) for option, value in options.items()}
    return place.attempt(lambda: changes.get(name, **ready))


def as_tuples(value: Any) -> Any:
    """Return plain data with tuples for lists, as facelib's functions take ranges.

    >>> as_tuples({"pose": [30, 10]})
    {'pose': (30, 10)}
    """
    if isinstance(value, list):
        return tuple(as_tuples(item) for item in value)
    return {name: as_tuples(item) for name, item in value.items()} if isinstance(value, dict) else value


def _classifier(name: str) -> None:
    if name not in classifiers.names("*", ALL_KINDS):
        classifiers.CLASSIFIERS[name]


def _label(name: str) -> str:
    """Return a class of interest that is a common emotion, or a label of a classifier that was registered."""
    return check_label(
        name, [] if name in classifiers.EMOTIONS else map(classifiers.load, classifiers.available(kind="own"))
    )


COMMON: Final = {
    "name": Key("a text", "It stands above the report.", text),
    "classifiers": Key(
        "a list of ids", "Left out: all that are on this machine (facelib models list).", names(_classifier)
    ),
    "size": Key(
        f"a whole number from {SIZES[0]} to {SIZES[1]}", "Side of rendered pictures, px.", whole(*SIZES)
    ),
    "alpha": Key("a number above 0 and below .5", "Level of the tests.", number(0, 0.5)),
    "seed": Key("a whole number, 0 or more", "Of everything that is drawn at random.", whole(0)),
    "keep_columns": Key(
        "a column, or a list of columns", "Stored besides those that the study uses.", one_or_several
    ),
    "device": Key(
        "auto, cpu, or an accelerator such as cuda or cuda:1",
        "Where classifiers read; left out: what FACELIB_DEVICE says, else the processor.",
        device,
    ),
}
"""What studies of all kinds take, besides faces and a hypothesis."""

INTERVENTIONAL: Final = {
    "interventions": Key(
        "a list of ids, or of ids with options as {palsy: {side: right}}",
        "facelib.interventions.available() lists them.",
        interventions,
    ),
    "steps": Key(
        f"a whole number from 2 to {MAX_STEPS}",
        "How many strengths there are from 0 to 1.",
        whole(2, MAX_STEPS),
    ),
    "measured": Key(
        "a list of properties", "Measured in every picture.", names(lambda name: PROPERTIES[name])
    ),
    "label": Key(
        "a common emotion, or a label of a classifier of yours",
        "The class of interest; left out: what each face is meant to show.",
        lambda at: _label(text(at)),
    ),
    "delta": Key(
        "a number above 0 and below 1", "Margin in probability, set before the run.", number(0, 1)
    ),
    "alternative": Key(
        f"one of {', '.join(ALTERNATIVES)}", "Of the sign-flip test.", choice(ALTERNATIVES)
    ),
    "control": Key(
        "the name of one of the interventions", "All others are compared with it.", text
    ),
}  # fmt: skip
"""What an interventional study takes besides."""

PAIRED: Final = {
    "condition": Key("a column", "Says under which of two conditions a face was taken.", text),
    "order": Key(
        "a list of two values", "Left out: the column has two; differences are second minus first.", two
    ),
    "labels": Key(
        "a column, or a list of columns",
        "What partners have in common besides the person; []: nothing.",
        columns,
    ),
    "person": Key("a column", "Who is shown; left out: person.", text),
    "side": Key("a column", "The affected side: left, right, links or rechts.", text),
    "after": Key(
        "a list of ids, or of ids with options",
        "Changes of the second condition's pictures, after which these are read once more.",
        interventions,
    ),
    "delta": Key("a number above 0 and below 1", "Margin in probability, set before the run.", number(0, 1)),
    "alternative": Key(
        f"one of {', '.join(ALTERNATIVES)}", "Of what faces are meant to show.", choice(ALTERNATIVES)
    ),
}
"""What a study of pairs takes besides."""

OBSERVATIONAL: Final = {
    "properties": Key(
        "a list of names", "Columns of the faces' table, fields of heads, or what can be measured.", names()
    ),
    "labels": Key("a column, or a list of columns", "What is held fixed.", one_or_several),
    "label_source": Key("a text", "Where the labels come from; it stands in the report.", text),
    "person": Key("a column", "Who is shown, where one comes several times.", text),
    "methods": Key(
        f"a list of tests, or {PAPER}",
        f"Left out: cHSIC. {PAPER}: cHSIC, RCoT and CMIknn, and their vote.",
        tests,
    ),
    "delta": Key(
        "a number above 0 and below 1", "Margin of the share of variance, set before the run.", number(0, 1)
    ),
    "n_permutations": Key(
        "a whole number above 0",
        "Most of a pair; left out: as many as Holm's correction needs.",
        whole(1),
    ),
}
"""What an observational study takes besides."""
