"""The base of interventions: do(property = x), graded by a strength in [0, 1]; 0 changes nothing."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, is_dataclass, replace
from types import MappingProxyType
from typing import Any, ClassVar, Final, Literal, Self, TypeVar, cast, get_args

import numpy as np
import numpy.typing as npt

from facelib.editing.warp import unknown_landmarks
from facelib.errors import BadValueError
from facelib.faces import Face, Head
from facelib.head.geometry.landmarks import eyes_between
from facelib.head.head import Side
from facelib.properties.pose import pose
from facelib.utilities.checks import checked
from facelib.utilities.registry import Registry, place_of

Expected = Literal["falls", "rises", "none", "open"]
Cost = Literal["shape", "shade", "pixels"]

RENDER_SIZE = 224
TURNED: Final = 30.0
"""Degrees that a head may be turned: beyond, one half of the face is hardly seen (our choice)."""

COSTS: Final[Mapping[Cost, float]] = MappingProxyType({"shape": 37.0, "shade": 25.0, "pixels": 0.4})
"""Milliseconds of processor time that one strength takes at 224 px, by class of cost.

Medians over the interventions of a class, measured by ``benchmarks/interventions.py`` on one core of a server
(2026): what they are good for is their ratio.
"""


def check_strength(strength: float) -> float:
    """Return `strength` as a float, or raise `BadValueError` outside [0, 1]."""
    return checked("a strength (0 leaves the face as it was)", strength, 0.0, 1.0)


def check_choice(what: str, value: Any, allowed: Iterable[str]) -> None:
    """Raise `BadValueError` unless `value` is one of the `allowed` names."""
    names = tuple(allowed)
    if not isinstance(value, str) or value not in names:
        msg = f"Expected {what}, one of {', '.join(names)}; got {value!r}."
        raise BadValueError(msg)


def along(*names: str) -> str:
    """Return the sentence of a description that names the measured properties which are moved besides.

    Those that go along by about half of the spread between people or more, as
    `facelib.experiments.manipulation_check` measures it.

    >>> along("sharpness", "light_contrast")
    ' Measured properties that go along: sharpness, light contrast.'
    """
    return f" Measured properties that go along: {', '.join(names).replace('_', ' ')}."


NO_PLACEBO: Final = " No harmless change is as large: it is compared with none."
FEW_PLACEBOS: Final = " Few harmless changes are as large: on some faces it is compared with none."
FEW_KINDS: Final = " Few kinds of harmless change leave the light as it is: a count of them says little."
"""Of interventions whose placebos miss the size in more than one of five cases, or are of few kinds."""


class Intervention(ABC):
    """A gradual change of one property.

    Attributes
    ----------
    id
        Name in the registry, for example ``"palsy"``.
    title
        Name in menus.
    group
        Heading in menus.
    moves
        The property that it moves, by its name in `facelib.properties`, or None.
    placebo
        True for a placebo, a harmless change for comparison.
    expected
        What the literature leads one to expect of the intended class: "falls", "rises", "none" or "open". Of
        a number that moves to either end, on its way to the higher one; see `expects`.
    cost
        What has to be made anew for every strength, a key of `COSTS`: "shape" (the resting shape of the
        person, and the picture), "shade" (the picture of the same person) or "pixels" (a finished picture is
        changed).
    on
        What it works on: "heads", "pictures" or "heads and pictures".
    holds_fixed
        Of a control: the changes that it is made for, by their ids, each with what is then the same in both,
        in words ("" where that has no name). Empty: it may be compared with any change.
    withheld
        Of a change of heads that one may look for on photographs: why it isn't made there, and what to do
        instead. Else empty.
    instead
        The same in Python.
    description
        One sentence for help texts and reports.
    sentence
        The change in words, as a clause: "the {side} side weakens"; options fill the braces.
    degree
        How far it is, in words; {done} and {rest} are percent of the whole change.
    """

    id: ClassVar[str]
    title: ClassVar[str]
    group: ClassVar[str]
    moves: ClassVar[str | None] = None
    placebo: ClassVar[bool] = False
    expected: ClassVar[Expected] = "open"
    cost: ClassVar[Cost]
    on: ClassVar[str] = "heads and pictures"
    holds_fixed: ClassVar[Mapping[str, str]] = MappingProxyType({})
    withheld: ClassVar[str] = ""
    instead: ClassVar[str] = ""
    description: ClassVar[str]
    sentence: ClassVar[str]
    degree: ClassVar[str] = "{done} %"

    @property
    def hint(self) -> str:
        """The Python call to suggest where it doesn't work on a face."""
        return " ".join(
            filter(None, [self.instead, "facelib.interventions.available(face) lists what works on it."])
        )

    @property
    def choices(self) -> Mapping[str, tuple[str, ...]]:
        """Options that take one of a few words, for menus: the words by the option's name."""
        return {}

    @property
    def clause(self) -> str:
        """Sentence with this intervention's options filled in."""
        options: dict[str, Any] = asdict(self) if is_dataclass(self) else {}
        return self.sentence.format(**options)

    def clause_on(self, face: Face | Head) -> str:  # noqa: ARG002
        """Return the change in words, as it goes on one face: where it leads may depend on it."""
        return self.clause

    def expects(self, face: Face | Head | None = None) -> Expected:  # noqa: ARG002
        """Return what to expect, with these options, of the intended class of `face` (None: a usual one)."""
        return self.expected

    def called(self, face: Face | Head) -> str:  # noqa: ARG002
        """Return the name that messages use: what the user wrote."""
        return repr(self.id)

    def why_not(self, face: Face | Head) -> str:  # noqa: ARG002
        """Return why this doesn't work on `face`, and what to do about it; empty if it does."""
        return ""

    def accepts(self, face: Face | Head) -> bool:
        """Return whether this intervention works on `face`."""
        return not self.why_not(face)

    def meant_for(self, face: Face | Head) -> Intervention:  # noqa: ARG002
        """Return the intervention that runs on `face`: this one, or what its word means on photographs."""
        return self

    def fitted(self, face: Face | Head) -> Self | None:
        """Return this intervention, or else with another word for one option, if so it works on `face`."""
        words = ((option, word) for option, known in self.choices.items() for word in known)
        others = (cast("Self", replace(cast("Any", self), **{option: word})) for option, word in words)
        return next((found for found in (self, *others) if found.accepts(face)), None)

    @abstractmethod
    def apply(self, face: Face | Head, strength: float) -> Face:
        """Return the face changed by `strength`; at 0 its picture is the original's, bit for bit."""


class HeadIntervention(Intervention):
    """A change of a parametric face before it is rendered."""

    cost: ClassVar[Cost] = "shade"
    on: ClassVar[str] = "heads"

    def lack(self, head: Head) -> str:  # noqa: ARG002
        """Return what `head` lacks that this change needs, and what to do about it; empty if nothing."""
        return ""

    def unfit(self, face: Face) -> str:  # noqa: ARG002
        """Return why a picture can't be changed so, and what to do about it; empty if it can."""
        return self.withheld or "It changes a parametric head; a picture was given."

    def why_not(self, face: Face | Head) -> str:
        """Say what a head lacks, or why a picture can't be changed so; empty if it works."""
        return self.lack(face) if isinstance(face, Head) else self.unfit(face)

    def edit(self, head: Head, strength: float) -> Head:
        """Return the changed head; at strength 0 the head itself. A `lack` raises `BadValueError`."""
        value = check_strength(strength)
        if value and (lack := self.lack(head)):
            raise BadValueError(lack)
        return self._edit(head, value) if value else head

    @abstractmethod
    def _edit(self, head: Head, strength: float) -> Head: ...

    def apply(self, face: Face | Head, strength: float, size: int = RENDER_SIZE) -> Face:
        """Render the changed head; of a picture that is `unfit`, `BadValueError` says why."""
        if not isinstance(face, Head):
            raise self._refusal(face)
        return self.edit(face, strength).render(size)

    def _refusal(self, face: Face) -> BadValueError:
        words = f"{self.called(face)} doesn't work on this picture. {self.unfit(face)}"
        return BadValueError(words, hint=self.hint)


class FaceIntervention(HeadIntervention):
    """A change of a parametric head before it is rendered, and of a photograph by its landmarks.

    Attributes
    ----------
    frontal
        Degrees that the head of a photograph may be turned to either side, at most.
    turned
        What is wrong with one that is turned more.
    """

    on: ClassVar[str] = "heads and pictures"
    frontal: ClassVar[float] = TURNED
    turned: ClassVar[str] = "one half of the face is hardly seen"

    def unfit(self, face: Face) -> str:
        """Say that landmarks aren't known, or that the head is turned too far; empty if not."""
        if reason := unknown_landmarks(face):
            return reason
        yaw = abs(float(pose([face])[0, 0]))
        if not yaw > (most := self.most_turned()):
            return ""
        degrees = f"{yaw:.0f}" if round(yaw) > most else f"{np.ceil(10 * yaw) / 10:.1f}"
        return (
            f"The head is turned by {degrees}°: {self.turned}. A picture nearer to the front is needed, up "
            f"to {most:.0f}°."
        )

    def most_turned(self) -> float:
        """Return the degrees that a head may be turned, with these options."""
        return self.frontal

    def apply(self, face: Face | Head, strength: float, size: int = RENDER_SIZE) -> Face:
        """Render the changed head, or change a picture; if that is `unfit`, `BadValueError` says why."""
        if isinstance(face, Head):
            return super().apply(face, strength, size)
        value = check_strength(strength)
        if self.unfit(face):
            raise self._refusal(face)
        return self._change(face, value) if value else face

    @abstractmethod
    def _change(self, face: Face, strength: float) -> Face: ...


@dataclass(frozen=True)
class OneSided(HeadIntervention):
    """A change of one half of the face; `side` is the person's own "left" or "right"."""

    side: Side = "left"

    def __post_init__(self) -> None:
        check_choice("a side", self.side, get_args(Side))

    @property
    def choices(self) -> Mapping[str, tuple[str, ...]]:
        """The two sides."""
        return {"side": get_args(Side)}


def edited(face: Face, image: npt.NDArray[Any], landmarks: npt.NDArray[np.floating] | None = None) -> Face:
    """Return a face whose picture (float levels are rounded) and landmarks were changed; its box stays."""
    levels = image if image.dtype == np.uint8 else np.rint(image).clip(0, 255).astype(np.uint8)
    points = face.landmarks if landmarks is None else np.asarray(landmarks, np.float32)
    return face.replace(image=levels, landmarks=points, eyes=eyes_between(points), source="edited")


class PictureIntervention(Intervention):
    """A change of a picture; heads are rendered first."""

    cost: ClassVar[Cost] = "pixels"

    def apply(self, face: Face | Head, strength: float, size: int = RENDER_SIZE) -> Face:
        """Return the changed picture with its box, eyes and landmarks."""
        value = check_strength(strength)
        picture = face.render(size) if isinstance(face, Head) else face
        return self._change(picture, value) if value else picture

    @abstractmethod
    def _change(self, face: Face, strength: float) -> Face: ...


INTERVENTIONS: Registry[Intervention] = Registry(
    "intervention", "facelib.interventions", "facelib.interventions.register"
)
Kind = TypeVar("Kind", bound=type[Intervention])


NEEDED: Final = ("id", "title", "group", "cost", "description", "sentence")
"""Class variables without which an intervention can't be listed."""


ASSAY: Final = "intensity"
"""Id of the change that takes the whole expression away: what it hardly moves can't show a smaller change."""


def held_fixed(control: str, change: str) -> str | None:
    """Return what is the same under a control and a change, in words; None if the control is made for others.

    Parameters
    ----------
    control, change
        Names in tables: ids, with or without options.

    Examples
    --------
    >>> held_fixed("weaker_expression", "asymmetric_expression(side=right)")
    'the same total activation on both sides'
    >>> held_fixed("weaker_expression", "age") is None, held_fixed("blur", "age")
    (True, '')
    """
    name = control.partition("(")[0]
    made_for = INTERVENTIONS[name].holds_fixed if name in INTERVENTIONS else {}
    return made_for.get(change.partition("(")[0]) if made_for else ""


def check_complete(intervention: Intervention | type[Intervention]) -> None:
    """Raise `BadValueError` unless an intervention, or its class, says all that menus and tables need."""
    kind = intervention if isinstance(intervention, type) else type(intervention)
    missing = [name for name in NEEDED if not isinstance(getattr(intervention, name, None), str)]
    missing += [] if "cost" in missing or intervention.cost in COSTS else ["cost"]
    if missing:
        msg = (
            f"{kind.__name__} lacks {', '.join(missing)}: an intervention says its id, title, group, "
            f"cost (one of {', '.join(COSTS)}), description and sentence, as class variables that are words."
        )
        raise BadValueError(msg)


def check_clause(made: Intervention) -> None:
    """Raise `BadValueError` if the braces of an intervention's sentence name what is no option of it."""
    try:
        made.clause  # noqa: B018 (whether it can be made)
    except (KeyError, IndexError, ValueError, AttributeError) as error:
        known = ", ".join(f"{{{name}}}" for name in vars(made)) or "none"
        msg = (
            f"The sentence of {made.id!r}, {made.sentence!r}, can't be filled in: {type(error).__name__}: "
            f"{error}. What its braces may name are its options: {known}."
        )
        raise BadValueError(msg) from error


def settle(kind: type[Intervention]) -> None:
    """Make the options of a class its fields, so that studies distinguish two of them by their content.

    A plain class becomes a frozen dataclass. One that makes itself can't: `BadValueError` says what to write.
    """
    given: Any = kind
    if is_dataclass(given):
        return
    what = f"The options of an intervention are fields. {kind.__name__}"
    if given.__init__ is not object.__init__:
        taken = [name for name in inspect.signature(kind).parameters if name.isidentifier()]
        fields = ", ".join(f"{name}: … = …" for name in taken) or "its options"
        msg = f"{what} has an __init__: put @dataclass(frozen=True) above it and {fields} in place of it."
        raise BadValueError(msg)
    try:
        dataclass(frozen=True)(kind)
    except (TypeError, ValueError) as error:
        msg = f"{what} can't have them: {error}. Put @dataclass(frozen=True) above it, see dataclasses."
        raise BadValueError(msg) from error


def register(intervention: Kind) -> Kind:
    """Class decorator: make an instance of `intervention` available by its id.

    Its options are fields, and a plain class becomes a frozen dataclass. The same class again
    replaces what was there: a cell of a notebook can be run again.

    Raises
    ------
    BadValueError
        The class lacks a name or description, methods, or a default of an option; it has an ``__init__`` of
        its own; or its id is taken.
    """
    given: object = intervention
    if not isinstance(given, type) or not issubclass(given, Intervention):
        msg = f"Expected a class derived from Intervention; got {intervention!r}."
        raise BadValueError(msg)
    check_complete(intervention)
    settle(intervention)
    try:
        made = intervention()
    except TypeError as error:  # an abstract method, or an option without a default
        msg = f"{intervention.__name__} can't be made without options: {error}."
        raise BadValueError(msg) from error
    check_clause(made)
    INTERVENTIONS.register(intervention.id, made, place_of(intervention))
    return intervention
