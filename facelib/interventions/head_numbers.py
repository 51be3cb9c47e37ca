"""Interventions on one number of the head, which moves in a straight line."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import ClassVar, Final

from facelib.errors import BadValueError
from facelib.faces import Face, Head, Light
from facelib.interventions.intervention import Expected, HeadIntervention

_OPPOSITE: Final[Mapping[Expected, Expected]] = MappingProxyType(
    {"falls": "rises", "rises": "falls", "none": "none", "open": "open"}
)
_READ: Final = {"grey": "greying"}  # fields that may be None, and their default then
_ANGLES: Final = {"pose": ("yaw", "pitch", "roll"), "gaze": ("yaw", "pitch")}


def number_of(head: Head, field: str) -> float:
    """Return a number of a head: a field, or a part of one.

    Parameters
    ----------
    field
        Name of a numeric field, or ``"pose.pitch"``, ``"gaze.yaw"``, ``"light.strength"`` and the like.

    Examples
    --------
    >>> number_of(Head(age=40), "age"), number_of(Head(pose=(0, 5, 0)), "pose.pitch")
    (40.0, 5.0)
    """
    name, _, part = field.partition(".")
    if name == "light":
        return float(getattr(Light.of(head.light), part))
    value = getattr(head, _READ.get(name, name))
    return float(value[_ANGLES[name].index(part)] if part else value)


def with_number(head: Head, field: str, number: float) -> Head:
    """Return the head with a number replaced (see `number_of`); a bad one raises `BadValueError`."""
    name, _, part = field.partition(".")
    if name == "light":
        return head.replace(light=Light.of(head.light).replace(**{part: number}))
    if not part:
        return head.replace(**{name: number})
    angles = zip(_ANGLES[name], getattr(head, name), strict=True)
    return head.replace(**{name: tuple(number if part == own else value for own, value in angles)})


def between(start: float, end: float, strength: float) -> float:
    """Return a number on the way from `start` to `end`, which rounding doesn't carry past its ends."""
    if strength == 1:
        return end
    low, high = sorted((start, end))
    return min(max(start + (end - start) * strength, low), high)


def farther(value: float, low: float, high: float) -> float:
    """Return the end of [low, high] that lies farther from `value`."""
    return high if value <= (low + high) / 2 else low


class StraightLine(HeadIntervention):
    """Moves one number of the head in a straight line to its `end`; everything else stays.

    Attributes
    ----------
    field
        Which number: see `number_of`.
    """

    field: ClassVar[str]

    @abstractmethod
    def end(self, head: Head) -> float:
        """Return the number at strength 1."""

    def _edit(self, head: Head, strength: float) -> Head:
        return with_number(head, self.field, between(number_of(head, self.field), self.end(head), strength))


@dataclass(frozen=True)
class Toward(StraightLine):
    """A straight line whose end can be chosen.

    Parameters
    ----------
    to
        The number at strength 1, or one of the two `words`, or None: the one of the two `ends` that lies
        farther from the head's own number.

    Attributes
    ----------
    ends
        Lower and higher end, well inside what people and pictures show.
    words
        Names of the two ends, for menus and sentences.
    toward
        Sentence where `to` is a word.
    """

    to: float | str | None = None

    ends: ClassVar[tuple[float, float]]
    words: ClassVar[tuple[str, str]]
    toward: ClassVar[str]

    def __post_init__(self) -> None:
        if self.to is None or (isinstance(self.to, str) and self.to in self.words):
            return
        try:  # a head knows its ranges
            own = number_of(with_number(Head(), self.field, self.to), self.field)  # type: ignore[arg-type]
        except BadValueError as error:
            msg = f"{error} Or one of the words: {', '.join(self.words)}."
            raise BadValueError(msg) from None
        object.__setattr__(self, "to", own)

    @property
    def choices(self) -> Mapping[str, tuple[str, ...]]:
        """Words that `to` takes."""
        return {"to": self.words}

    @property
    def clause(self) -> str:
        """The change in words, as the strength rises."""
        return (self.toward if isinstance(self.to, str) else self.sentence).format(to=self.to)

    def clause_on(self, face: Face | Head) -> str:
        """Return the change in words, with the end that it leads to on a head."""
        end = self.end(face) if self.to is None and isinstance(face, Head) else None
        return replace(self, to=self.words[self.ends.index(end)]).clause if end in self.ends else self.clause

    def expects(self, face: Face | Head | None = None) -> Expected:
        """Return `expected` on the way to the higher end, its opposite to the lower, "none" on no way."""
        head = face if isinstance(face, Head) else Head()
        way = self.end(head) - number_of(head, self.field)
        return self.expected if way > 0 else _OPPOSITE[self.expected] if way else "none"

    def end(self, head: Head) -> float:
        """Return the number at strength 1."""
        if isinstance(self.to, str):
            return self.ends[self.words.index(self.to)]
        return farther(number_of(head, self.field), *self.ends) if self.to is None else self.to
