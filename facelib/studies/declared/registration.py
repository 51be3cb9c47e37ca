"""Registration of a hypothesis with its time, before the run; later changes are reported."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from facelib.errors import PATHS, BadValueError, check_kind
from facelib.stats.power import plain
from facelib.studies.declared.hypothesis import (
    ALTERNATIVE,
    INTENDED,
    Hypothesis,
    as_utc,
    class_words,
    names_of,
    utc_now,
)
from facelib.studies.engine.store import Store, StoreError
from facelib.utilities.short_repr import in_short

FILE: Final = "hypothesis.json"
DESIGN: Final = {
    "faces_key": "The faces",
    "steps": "The number of strengths",
    "size": "The size of pictures",
    "control": "The control",
    "labels": "What is held fixed",
    "methods": "The tests",
    "seed": "The seed",
}
"""Settings of a study that its hypothesis doesn't name, and whose changes are reported, too."""

ALSO: Final = {"symmetry": ("asymmetric_expression", "symmetrise")}
"""What a name stands for, on heads and on photographs."""


@in_short()
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
    design
        What else was settled by then, by the names of `DESIGN`.
    """

    hypothesis: Hypothesis
    registered: str
    begun: bool
    design: Mapping[str, Any] = field(default_factory=dict)


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
        msg = f"Expected a hypothesis; got {type(given).__name__}."
        raise BadValueError(msg, hint="facelib.studies.Hypothesis makes one.")
    planned = _filled(given, settings or {})
    store, history = Store(Path(store_folder)), registrations(store_folder)
    if history and not _changes(history[-1].hypothesis, planned):
        return history[-1]
    begun = any(Path(store_folder).glob("*/*.parquet"))
    design = {name: settings[name] for name in DESIGN if name in settings} if settings else {}
    entry = Registration(planned, as_utc(now()), begun, design)
    store.save(FILE, {"format": 1, "history": [asdict(one) for one in (*history, entry)]})
    return entry


def registrations(store_folder: str | Path) -> list[Registration]:
    """Return every hypothesis that was registered for a study, the first one first; none: empty.

    Raises
    ------
    StoreError
        If the file is there but can't be read.
    """
    check_kind(store_folder, PATHS, "A path, as text or pathlib.Path,")
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
    """Return one sentence per difference between the first registration and the run.

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
    check_kind(store_folder, PATHS, "A path, as text or pathlib.Path,")
    history = registrations(store_folder)
    if not history:
        return []
    first = history[0]
    sentences = []
    if first.begun:
        sentences.append(
            f"The hypothesis was set after the run had begun ({_when(first.registered)}): that confirms "
            "nothing."
        )
    changed: list[tuple[str, str, str]] = []
    for before, after in pairwise(history):
        when = f"{_when(after.registered)}, {'after' if after.begun else 'before'} the run had begun"
        here = _changes(before.hypothesis, after.hypothesis)
        sentences += [f"{what} was changed from {old} to {new} ({when})." for what, old, new in here]
        changed += here
    sentences += [
        f"{what} was registered as {old}; the study ran with {new}."
        for what, old, new in _deviations(first.hypothesis, settings)
        if (what, old, new) not in changed
    ]
    return sentences + list(_redesigned(first, settings))


def describe_hypothesis(entry: Registration) -> str:
    """Describe the hypothesis and its time in two sentences.

    >>> one = Hypothesis("It falls.", "palsy", direction="falls", faces=60)
    >>> print(describe_hypothesis(Registration(one, "2026-11-26T17:03:00+00:00", False)))
    It falls. Set on 2026-11-26 17:03 UTC, before the run: palsy: the emotion meant, which falls; δ = .10,
    α = .05; 60 faces; all classifiers.
    """
    check_kind(entry, Registration, "A registration, as facelib.studies.registrations returns them,")
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
    """Return the differences of two hypotheses, the time apart: what, old, new."""
    fields_in_words: dict[str, tuple[str, Callable[[Any], str]]] = {
        "statement": ("The statement", _quoted),
        "subject": ("The subject", _quoted),
        "label": ("The class", class_words),
        "classifiers": ("The set of classifiers", names_of),
        "direction": ("The direction", _quoted),
        "delta": ("δ", plain),
        "alpha": ("α", plain),
        "faces": ("The number of faces", _number),
    }
    return [
        (what, say(getattr(before, name)), say(getattr(after, name)))
        for name, (what, say) in fields_in_words.items()
        if getattr(before, name) != getattr(after, name)
    ]


def _deviations(first: Hypothesis, settings: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return the differences between registration and run: what, registered, run."""
    deviations = []
    for name, what in (("delta", "δ"), ("alpha", "α")):
        if settings.get(name) is not None and abs(settings[name] - getattr(first, name)) > 1e-12:
            deviations.append((what, plain(getattr(first, name)), plain(float(settings[name]))))
    if "label" in settings and (settings["label"] or INTENDED) != first.label:
        deviations.append(("The class", class_words(first.label), class_words(settings["label"] or INTENDED)))
    asked = settings.get("alternative")
    if asked is not None and asked != first.alternative:
        names = {alternative: direction for direction, alternative in ALTERNATIVE.items()}
        deviations.append(("The direction", _quoted(first.direction), _quoted(names.get(asked, str(asked)))))
    count = settings.get("n_faces")
    if count is not None and first.faces is not None and count != first.faces:
        deviations.append(("The number of faces", str(first.faces), str(count)))
    ran = settings.get("classifiers")
    if ran is not None and first.classifiers is not None and set(ran) != set(first.classifiers):
        deviations.append(("The set of classifiers", names_of(first.classifiers), names_of(tuple(ran))))
    subjects = settings.get("interventions", settings.get("properties"))
    if subjects is not None:
        listed = [one if isinstance(one, Mapping) else {"name": one} for one in subjects]
        declared = {str(one.get(name)) for one in listed for name in ("name", "id")}
        if not declared & {first.subject, *ALSO.get(first.subject, ())}:
            there = ", ".join(str(one.get("name")) for one in listed)
            deviations.append(("The subject", _quoted(first.subject), there))
    return deviations


def _redesigned(first: Registration, settings: Mapping[str, Any]) -> Iterator[str]:
    """Yield sentences on changes of the design since the hypothesis was registered."""
    design = first.design
    for name, what in DESIGN.items():
        if name in design and name in settings and design[name] != settings[name]:
            if name == "faces_key":
                if first.hypothesis.faces != settings.get("n_faces"):
                    continue  # the other number is reported already
                yield f"{what} are others than those for which it was registered."
            else:
                old, new = (_in_words(value) for value in (design[name], settings[name]))
                yield f"{what} was registered as {old}; the study ran with {new}."


def _in_words(value: Any) -> str:
    if value is None:
        return "none"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _read(entry: Mapping[str, Any]) -> Registration:
    known = {item.name for item in fields(Hypothesis)}
    given = {name: value for name, value in entry["hypothesis"].items() if name in known}
    design = dict(entry.get("design", {}))
    return Registration(Hypothesis(**given), as_utc(entry["registered"]), bool(entry["begun"]), design)


def _when(stamp: str) -> str:
    return f"{datetime.fromisoformat(stamp):%Y-%m-%d %H:%M} UTC"


def _quoted(text: str) -> str:
    return f"“{text}”" if text else "none"


def _number(count: int | None) -> str:
    return "not set" if count is None else str(count)
