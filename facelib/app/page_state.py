"""What the page shows, as plain data: it outlives a reload, and is read as what a stranger wrote."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from typing import Any, Final, Literal, NoReturn, get_args

from facelib import attribution, interventions
from facelib.app.explorer.state import FIRST_HEAD, FIRST_INTERVENTION, STEPS
from facelib.classifiers import EMOTIONS
from facelib.errors import BadValueError, FacelibError
from facelib.faces import Head, Light
from facelib.interventions import INTERVENTIONS, Intervention
from facelib.utilities.checks import whole

VERSION: Final = 2
LONGEST: Final = 20_000  # characters of a state; a head with all its face units has 6,000
EXACT: Final = 2**53  # whole numbers beyond this are written as text: JavaScript would round them
TABS: Final = 20  # more than there will be
TABS_SET: Final = ("population", "observed", "muscles")
"""Tabs with settings of their own."""
LONGEST_WORD: Final = 200  # characters

Photograph = Literal["none", "sample", "own", "first"]


@dataclass(frozen=True)
class PageState:
    """What a visitor looks at; photographs themselves are no part of it.

    Attributes
    ----------
    head
        The head that is shown, or was shown last.
    photograph
        What is shown instead of it: "none", the "sample", one of the visitor's "own", or the one that the
        page opened with ("first").
    intervention
        The property that is changed.
    step, label, classifier, cam
        As in `facelib.app.explorer.state.Explorer`.
    look
        As in `facelib.app.live.Live`.
    tab
        Number of the open tab.
    plans
        How the other tabs are set, by the name of the tab: what their `kept` returns.

    Examples
    --------
    >>> state = PageState(Head(age=70), step=5)
    >>> from_text(to_text(state)) == state
    True
    """

    head: Head = FIRST_HEAD
    photograph: Photograph = "none"
    intervention: Intervention = INTERVENTIONS[FIRST_INTERVENTION]
    step: int = 0
    label: str = "happy"
    classifier: str = ""
    cam: str = "gradcam"
    look: str = ""
    tab: int = 0
    plans: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def to_plain(state: PageState) -> dict[str, Any]:
    """Return a state as what JSON can hold.

    >>> to_plain(PageState(intervention=interventions.get("palsy", side="right")))["intervention"]
    {'id': 'palsy', 'options': {'side': 'right'}}
    """
    return {"version": VERSION} | {item.name: _plain(getattr(state, item.name)) for item in fields(state)}


def from_plain(given: object) -> PageState:
    """Return the state that plain data describe; what is left out is as in a `PageState()`.

    Raises
    ------
    BadValueError
        For anything else than `to_plain` returns.

    Examples
    --------
    >>> from_plain({"version": 2, "step": 500})
    Traceback (most recent call last):
    facelib.errors.BadValueError: step is a whole number from 0 to 20; got 500.
    """
    try:
        values = dict(_mapping("The state of a page", given, ["version", *_READERS]))
        if values.pop("version", None) != VERSION:
            msg = f"The state of a page is of version {VERSION}; got {given!r:.60}."
            raise BadValueError(msg)
        return PageState(**{name: _READERS[name](value) for name, value in values.items()})
    except FacelibError:
        raise
    except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError) as error:
        msg = f"This is no state of a page: {type(error).__name__}: {error!s:.100}."
        raise BadValueError(msg) from error


def to_text(state: PageState) -> str:
    """Return a state as JSON."""
    return json.dumps(to_plain(state), separators=(",", ":"))


def from_text(text: str) -> PageState:
    """Return the state that a text of JSON describes, or raise `BadValueError`."""
    if len(text) > LONGEST:
        msg = f"The state of a page has {LONGEST:,} characters at most; got {len(text):,}."
        raise BadValueError(msg)
    try:
        given = json.loads(text, parse_constant=no_number)
    except (ValueError, RecursionError) as error:
        msg = f"The state of a page is JSON; got {text!r:.60}."
        raise BadValueError(msg) from error
    return from_plain(given)


def _plain(value: Any) -> Any:
    if isinstance(value, Intervention):
        return {"id": value.id, "options": _options(value)}
    if is_dataclass(value):
        return {item.name: _plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, int) and abs(value) > EXACT:
        return str(value)
    return value


def _options(changed: Intervention) -> dict[str, Any]:
    """Return the options that differ from those under which it is registered, if they are plain."""
    given: Any = changed
    known = changed.id in INTERVENTIONS
    usual = INTERVENTIONS[changed.id] if known else None
    found: dict[str, Any] = {}
    for item in fields(given) if is_dataclass(given) else ():
        value = getattr(given, item.name)
        if item.init and _is_plain(value) and value != getattr(usual, item.name, MISSING):
            found[item.name] = _plain(value)
    return found


def _is_plain(value: object) -> bool:
    if isinstance(value, tuple):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, str | int | float)


def _mapping(what: str, given: object, known: Iterable[str]) -> Mapping[str, Any]:
    names = list(known)
    if not isinstance(given, Mapping) or not set(given) <= set(names):
        msg = f"{what} is a mapping with {', '.join(names)}; got {given!r:.60}."
        raise BadValueError(msg)
    return given


def _head(given: object) -> Head:
    values = dict(_mapping("A head", given, [item.name for item in fields(Head)]))
    if isinstance(values.get("light"), Mapping):
        values["light"] = Light(**values["light"])
    return Head(**{name: _number(value) if name == "seed" else value for name, value in values.items()})


def _intervention(given: object) -> Intervention:
    values = _mapping("A change", given, ["id", "options"])
    options = {name: _number(item) if name == "seed" else item for name, item in values["options"].items()}
    ready = {name: tuple(item) if isinstance(item, list) else item for name, item in options.items()}
    found = interventions.get(INTERVENTIONS[values["id"]], **ready)
    hash(found)  # sweeps are kept by it
    return found


def _number(value: Any) -> Any:
    """Return a whole number that was too large for JavaScript."""
    text = isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 100
    return int(value) if text else value


def _count(name: str, most: int) -> Callable[[Any], int]:
    return lambda value: whole(f"{name} is a whole number from 0 to {most}", value, 0, most)


def _word(name: str, words: Iterable[str]) -> Callable[[Any], Any]:
    known = tuple(words)

    def read(value: Any) -> str:
        if value not in known:
            msg = f"{name} is one of {', '.join(known)}; got {value!r:.60}."
            raise BadValueError(msg)
        return str(value)

    return read


def _name(value: object) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_WORD:
        msg = f"classifier is the id of one; got {value!r:.60}."
        raise BadValueError(msg)
    return value


def _plans(given: object) -> dict[str, dict[str, Any]]:
    """Return settings of studies; whether they can be chosen is for the studies to say."""
    plans = _mapping("The plans of a page", given, TABS_SET)
    for plan in plans.values():
        for name, value in dict(plan).items():
            _short(name)
            for item in _parts(value):
                if not isinstance(item, bool | int | float) or not math.isfinite(item):
                    _short(item)
    return {tab: dict(plan) for tab, plan in plans.items()}


def _parts(value: object) -> list[object]:
    if isinstance(value, dict):
        return [*value, *value.values()]
    return value if isinstance(value, list) else [value]


def _short(word: object) -> None:
    if not isinstance(word, str) or len(word) > LONGEST_WORD:
        msg = f"A plan has numbers, and words of {LONGEST_WORD} characters at most; got {word!r:.60}."
        raise BadValueError(msg)


def no_number(word: str) -> NoReturn:
    """Refuse NaN and the infinities, which are no JSON: for ``json.loads(parse_constant=…)``."""
    raise ValueError(word)


_READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "head": _head,
    "photograph": _word("photograph", get_args(Photograph)),
    "intervention": _intervention,
    "step": _count("step", STEPS - 1),
    "label": _word("label", EMOTIONS),
    "classifier": _name,
    "cam": _word("cam", attribution.METHODS),
    "look": _name,
    "tab": _count("tab", TABS),
    "plans": _plans,
}
