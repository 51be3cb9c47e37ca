"""What a study set out to show, written down with its time before the run; later changes are told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Literal, get_args

from facelib.errors import BadValueError
from facelib.stats.checks import as_count
from facelib.stats.effects.equivalence import ALPHA, DELTA, as_level, as_margin
from facelib.stats.effects.signflip import Alternative
from facelib.stats.power import plain
from facelib.studies.store import Store, StoreError

Direction = Literal["falls", "rises", "two-sided"]

DIRECTIONS: tuple[Direction, ...] = get_args(Direction)
ALTERNATIVE: Final[Mapping[Direction, Alternative]] = {
    "falls": "less",
    "rises": "greater",
    "two-sided": "two-sided",
}
"""The sign-flip test that a direction asks for."""

FILE: Final = "hypothesis.json"
ALSO: Final = {"symmetry": ("asymmetric_expression", "symmetrise")}
"""What a name stands for, on heads and on photographs."""

INTENDED: Final = "intended"
"""Label of the class that each face is meant to show."""


def utc_now() -> str:
    """Return the time as hypotheses carry it: ISO 8601, UTC, whole seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass(frozen=True)
class Hypothesis:
    """What a study is to confirm, set before its run.

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
        _set(self, "delta", as_margin(self.delta))
        _set(self, "alpha", as_level(self.alpha))
        _set(self, "faces", None if self.faces is None else as_count(self.faces, "The number of faces"))
        _set(self, "created", _as_utc(self.created))

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
        label = "the intended class" if self.label == INTENDED else self.label
        moves = "which changes (two-sided)" if self.direction == "two-sided" else f"which {self.direction}"
        parts = [
            f"{self.subject}: {label}, {moves}",
            f"δ = {plain(self.delta)}, α = {plain(self.alpha)}",
            *([] if self.faces is None else [f"{self.faces} face{'' if self.faces == 1 else 's'}"]),
            _names(self.classifiers),
        ]
        return "; ".join(parts)


@dataclass(frozen=True)
class Registration:
    """One entry of a study's history.

    Attributes
    ----------
    hypothesis
        What was set.
    registered
        When it was put into the study's folder, UTC.
    begun
        Whether rows were there by then.
    """

    hypothesis: Hypothesis
    registered: str
    begun: bool


def register(
    store_folder: str | Path,
    hypothesis: Hypothesis,
    settings: Mapping[str, Any] | None = None,
    *,
    now: Callable[[], str] = utc_now,
) -> Registration:
    """Write a hypothesis into the folder of a study: the first one stays, a different one is added to it.

    Parameters
    ----------
    store_folder
        Of the study; made if it isn't there.
    hypothesis
        The same as the last one (the time apart): nothing is written.
    settings
        Of the study that will be run: what the hypothesis leaves open, its ``classifiers`` and ``n_faces``,
        is written down with it, so that leaving some out later is a change.
    now
        Gives the time, ISO 8601.

    Returns
    -------
    Registration
        The entry that holds, new or old.

    Raises
    ------
    BadValueError
        If it is no `Hypothesis`.
    StoreError
        If the file can't be written, or what is there can't be read: it is left as it is.
    """
    given: object = hypothesis
    if not isinstance(given, Hypothesis):
        msg = f"Expected a facelib.studies.Hypothesis; got {type(given).__name__}."
        raise BadValueError(msg)
    planned = _filled(given, settings or {})
    store, history = Store(Path(store_folder)), registrations(store_folder)
    if history and not _changes(history[-1].hypothesis, planned):
        return history[-1]
    begun = any(Path(store_folder).glob("*/*.parquet"))
    entry = Registration(planned, _as_utc(now()), begun)
    store.save(FILE, {"format": 1, "history": [_written(one) for one in (*history, entry)]})
    return entry


def registrations(store_folder: str | Path) -> list[Registration]:
    """Return every hypothesis that was registered for a study, the first one first; none: empty.

    Raises
    ------
    StoreError
        If the file is there but can't be read.
    """
    folder = Path(store_folder)
    if not (folder / FILE).exists():
        return []
    content = Store(folder).load(FILE)
    try:
        return [_read(entry) for entry in content["history"]]
    except (KeyError, TypeError, ValueError) as error:  # BadValueError among them
        msg = (
            f"{folder / FILE} isn't as facelib wrote it ({error}). It is left as it is: put the original "
            "back, or choose another folder."
        )
        raise StoreError(msg) from error


def later_changes(store_folder: str | Path, settings: Mapping[str, Any]) -> list[str]:
    """Say in a sentence each what differs between what was registered first and what was run.

    Parameters
    ----------
    store_folder
        Of the study.
    settings
        Of the run, as its result has them: ``delta``, ``alpha``, ``label`` (None: intended), ``alternative``,
        ``classifiers``, ``interventions`` or ``properties``, ``n_faces``. What is missing isn't compared.

    Returns
    -------
    list of str
        Empty if nothing was registered, or all is as registered.

    Raises
    ------
    StoreError
        If what was registered can't be read.
    """
    history = registrations(store_folder)
    if not history:
        return []
    first = history[0]
    told = []
    if first.begun:
        told.append(
            f"The hypothesis was set after the run had begun ({_when(first.registered)}): that confirms "
            "nothing."
        )
    for before, after in pairwise(history):
        when = f"{_when(after.registered)}, {'after' if after.begun else 'before'} the run had begun"
        told += [
            f"{what} was changed from {old} to {new} ({when})."
            for what, old, new in _changes(before.hypothesis, after.hypothesis)
        ]
    return told + [
        f"{what} was registered as {old}; the study ran with {new}."
        for what, old, new in _deviations(first.hypothesis, settings)
    ]


def describe_hypothesis(entry: Registration) -> str:
    """Say what was set, and when, in two sentences.

    >>> one = Hypothesis("It falls.", "palsy", direction="falls", faces=60)
    >>> print(describe_hypothesis(Registration(one, "2026-11-26T17:03:00+00:00", False)))
    It falls. Set on 2026-11-26 17:03 UTC, before the run: palsy: the intended class, which falls; δ = .10,
    α = .05; 60 faces; all classifiers.
    """
    one = entry.hypothesis
    statement = one.statement if one.statement[-1] in ".!?" else f"{one.statement}."
    when = f"{_when(entry.registered)}, {'after the run had begun' if entry.begun else 'before the run'}"
    return f"{statement} Set on {when}: {one.details}."


def _filled(hypothesis: Hypothesis, settings: Mapping[str, Any]) -> Hypothesis:
    """Return the hypothesis with what it leaves open as the study will have it."""
    ids, count = settings.get("classifiers"), settings.get("n_faces")
    return replace(
        hypothesis,
        classifiers=ids if hypothesis.classifiers is None and ids else hypothesis.classifiers,
        faces=count if hypothesis.faces is None else hypothesis.faces,
    )


def _changes(before: Hypothesis, after: Hypothesis) -> list[tuple[str, str, str]]:
    """Return what differs between two hypotheses, the time apart: what, old, new."""
    words: dict[str, tuple[str, Callable[[Any], str]]] = {
        "statement": ("The statement", _quoted),
        "subject": ("The subject", _quoted),
        "label": ("The class", str),
        "classifiers": ("The set of classifiers", _names),
        "direction": ("The direction", _quoted),
        "delta": ("δ", plain),
        "alpha": ("α", plain),
        "faces": ("The number of faces", _number),
    }
    return [
        (what, say(getattr(before, name)), say(getattr(after, name)))
        for name, (what, say) in words.items()
        if getattr(before, name) != getattr(after, name)
    ]


def _deviations(first: Hypothesis, settings: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return what differs between what was registered and what was run: what, registered, run."""
    found = []
    for name, what in (("delta", "δ"), ("alpha", "α")):
        if settings.get(name) is not None and abs(settings[name] - getattr(first, name)) > 1e-12:
            found.append((what, plain(getattr(first, name)), plain(float(settings[name]))))
    if "label" in settings and (settings["label"] or INTENDED) != first.label:
        found.append(("The class", first.label, str(settings["label"] or INTENDED)))
    asked = settings.get("alternative")
    if asked is not None and asked != first.alternative:
        names = {alternative: direction for direction, alternative in ALTERNATIVE.items()}
        found.append(("The direction", _quoted(first.direction), _quoted(names.get(asked, str(asked)))))
    count = settings.get("n_faces")
    if count is not None and first.faces is not None and count != first.faces:
        found.append(("The number of faces", str(first.faces), str(count)))
    ran = settings.get("classifiers")
    if ran is not None and first.classifiers is not None and set(ran) != set(first.classifiers):
        found.append(("The set of classifiers", _names(first.classifiers), _names(tuple(ran))))
    subjects = settings.get("interventions", settings.get("properties"))
    if subjects is not None:
        listed = [one if isinstance(one, Mapping) else {"name": one} for one in subjects]
        known = {str(one.get(name)) for one in listed for name in ("name", "id")}
        if not known & {first.subject, *ALSO.get(first.subject, ())}:
            there = ", ".join(str(one.get("name")) for one in listed)
            found.append(("The subject", _quoted(first.subject), there))
    return found


def _written(entry: Registration) -> dict[str, Any]:
    return {"registered": entry.registered, "begun": entry.begun, "hypothesis": asdict(entry.hypothesis)}


def _read(entry: Mapping[str, Any]) -> Registration:
    known = {item.name for item in fields(Hypothesis)}
    given = {name: value for name, value in entry["hypothesis"].items() if name in known}
    return Registration(Hypothesis(**given), _as_utc(entry["registered"]), bool(entry["begun"]))


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
        msg = f"Classifiers are ids, each once, or None for all of the study; got {classifiers!r}."
        raise BadValueError(msg)
    return found


def _as_utc(stamp: Any) -> str:
    try:
        moment = datetime.fromisoformat(stamp)
        if moment.tzinfo is None:
            raise ValueError
    except (TypeError, ValueError):
        msg = f"A time is written as 2026-11-26T17:03:00+00:00, with its time zone; got {stamp!r}."
        raise BadValueError(msg) from None
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _when(stamp: str) -> str:
    return f"{datetime.fromisoformat(stamp):%Y-%m-%d %H:%M} UTC"


def _quoted(text: str) -> str:
    return f"“{text}”" if text else "none"


def _number(count: int | None) -> str:
    return "not set" if count is None else str(count)


def _names(ids: tuple[str, ...] | None) -> str:
    return "all classifiers" if ids is None else ", ".join(ids)
