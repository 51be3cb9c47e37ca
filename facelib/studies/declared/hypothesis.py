"""Hypothesis of a study: a statement, its class, direction, margin, level and number of faces."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal, get_args

from facelib.errors import BadValueError, answers_misspelt
from facelib.stats.effects.equivalence import as_level, as_margin
from facelib.stats.effects.few_people import ALPHA, DELTA
from facelib.stats.effects.signflip import Alternative
from facelib.stats.power import plain
from facelib.utilities.checks import as_count
from facelib.utilities.nearest import nearest
from facelib.utilities.wording import listed

Direction = Literal["falls", "rises", "two-sided"]

DIRECTIONS: tuple[Direction, ...] = get_args(Direction)
ALTERNATIVE: Final[Mapping[Direction, Alternative]] = {
    "falls": "less",
    "rises": "greater",
    "two-sided": "two-sided",
}
"""The sign-flip test that a direction asks for."""

INTENDED: Final = "intended"
"""Label of the class that each face is meant to show."""


def utc_now() -> str:
    """Return the time as hypotheses carry it: ISO 8601, UTC, whole seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@answers_misspelt("a hypothesis")
@dataclass(frozen=True)
class Hypothesis:
    """Hypothesis that a study is to confirm, set before its run.

    Attributes
    ----------
    statement
        In words: "If one side weakens, the output for the intended class falls".
    subject
        What it is about: an intervention as it is named in the table of the study (or its id), or a property.
    label
        Class of interest; "intended": the one that each face is meant to show.
    classifiers
        Ids of those it is about; None: all of the study.
    direction
        "falls", "rises" or "two-sided".
    delta, alpha
        Margin, in probability, and level.
    faces
        Number of faces that the study will look at; None: not set.
    created
        When it was written down: ISO 8601 with the time zone, kept as UTC.

    Raises
    ------
    BadValueError
        If a field can't be.

    Examples
    --------
    >>> one = Hypothesis("One-sided weakness lowers it", "palsy", direction="falls", faces=60)
    >>> one.delta, one.alternative
    (0.1, 'less')
    """

    statement: str
    subject: str
    label: str = INTENDED
    classifiers: tuple[str, ...] | None = None
    direction: Direction = "two-sided"
    delta: float = DELTA
    alpha: float = ALPHA
    faces: int | None = None
    created: str = field(default_factory=utc_now)

    def __post_init__(self) -> None:
        names = {"statement": "The statement", "subject": "The subject", "label": "The class of interest"}
        for name, what in names.items():
            _set(self, name, _words(getattr(self, name), what))
        if not isinstance(self.direction, str) or self.direction not in DIRECTIONS:
            msg = f"The direction is one of {', '.join(DIRECTIONS)}; got {self.direction!r}."
            raise BadValueError(msg)
        _set(self, "classifiers", _ids(self.classifiers))
        _set(self, "delta", as_margin(self.delta, below=1))
        _set(self, "alpha", as_level(self.alpha))
        _set(self, "faces", None if self.faces is None else as_count(self.faces, "The number of faces"))
        _set(self, "created", as_utc(self.created))

    @property
    def alternative(self) -> Alternative:
        """Return the alternative of the sign-flip test."""
        return ALTERNATIVE[self.direction]

    def __str__(self) -> str:
        """Return it in words, without the time."""
        statement = self.statement if self.statement[-1] in ".!?" else f"{self.statement}."
        return f"{statement} ({self.details})"

    @property
    def details(self) -> str:
        """Return everything but the statement, in words."""
        label = class_words(self.label)
        moves = "which changes (two-sided)" if self.direction == "two-sided" else f"which {self.direction}"
        parts = [
            f"{self.subject}: {label}, {moves}",
            f"δ = {plain(self.delta)}, α = {plain(self.alpha)}",
            *([] if self.faces is None else [f"{self.faces} face{'' if self.faces == 1 else 's'}"]),
            names_of(self.classifiers),
        ]
        return "; ".join(parts)


def check_subject(
    hypothesis: Hypothesis | None, known: Iterable[str], others: Iterable[str], noun: str
) -> None:
    """Raise `BadValueError` unless a hypothesis is about something that its study has.

    Parameters
    ----------
    hypothesis
        None: there is none.
    known
        Names that the study has, as its tables have them.
    others
        Further names for the same, such as ids without options.
    noun
        Noun of what is named: "intervention", "property".

    Examples
    --------
    >>> check_subject(Hypothesis("It falls", "palsy"), ["blur", "age"], [], "intervention")
    Traceback (most recent call last):
    facelib.errors.BadValueError: The hypothesis is about 'palsy', which is no intervention of this study; it
    has blur and age.
    """
    names = list(known)
    if hypothesis is None or hypothesis.subject in {*names, *others}:
        return
    near = nearest(hypothesis.subject, names)
    hint = f" Did you mean {near[0]}?" if near else ""
    msg = (
        f"The hypothesis is about {hypothesis.subject!r}, which is no {noun} of this study; it has "
        f"{listed(names)}.{hint}"
    )
    raise BadValueError(msg)


def class_words(label: str) -> str:
    """Return a class of interest in words.

    >>> class_words(INTENDED), class_words("happy")
    ('the emotion meant', 'happy')
    """
    return "the emotion meant" if label == INTENDED else label


def names_of(ids: tuple[str, ...] | None) -> str:
    """Return classifiers in words; None: all."""
    return "all classifiers" if ids is None else ", ".join(ids)


def as_utc(stamp: Any) -> str:
    """Return a time in UTC, or raise `BadValueError` if it is none."""
    try:
        moment = datetime.fromisoformat(stamp)
        if moment.tzinfo is None:
            raise ValueError
    except (TypeError, ValueError):
        msg = f"A time is written as 2026-11-26T17:03:00+00:00, with its time zone; got {stamp!r}."
        raise BadValueError(msg) from None
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _set(hypothesis: Hypothesis, name: str, value: Any) -> None:
    object.__setattr__(hypothesis, name, value)  # it is frozen for everyone else


def _words(value: Any, what: str) -> str:
    if not isinstance(value, str) or not value.strip():
        msg = f"{what} is a text that says something; got {value!r}."
        raise BadValueError(msg)
    return " ".join(value.split())


def _ids(classifiers: Any) -> tuple[str, ...] | None:
    if classifiers is None:
        return None
    ids = (classifiers,) if isinstance(classifiers, str) else classifiers
    if not isinstance(ids, Iterable) or not (found := tuple(ids)):
        found = ()
    if not found or not all(isinstance(name, str) and name for name in found) or len(set(found)) < len(found):
        msg = f"Classifiers are named by their ids, each once; got {classifiers!r}."
        raise BadValueError(msg, hint="None stands for all of the study.")
    return found
