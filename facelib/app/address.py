"""A scene as the short text behind the # of a link: readable, and read as what a stranger wrote."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, unquote

from facelib.app.explorer.state import STEPS
from facelib.app.page_state import EXACT, TABS_SET, VERSION, PageState, from_plain, to_plain
from facelib.errors import BadValueError, UnknownNameError
from facelib.faces import Head
from facelib.interventions import INTERVENTIONS
from facelib.utilities.nearest import nearest

LONGEST_ADDRESS: Final = 8_000  # characters; a head with all its face units has 3,000
LONGEST_NUMBER: Final = 100  # characters
TAB_NAMES: Final = ("explore", *TABS_SET)
WORDS: Final = {
    "face": "photograph",
    "emotion": "label",
    "classifier": "classifier",
    "method": "cam",
    "look": "look",
}
"""Words of an address, and the field of a `PageState` that each of them is."""
OPTION: Final = "change-"
LIGHT: Final = "light-"
SHARED: Final = ("ancestry", "background")  # fields of a head that are normalised to 1
_NUMBER = re.compile(r"-?\d+(\.\d+)?(e-?\d+)?", re.ASCII)
_SAFE = "-._~*@/ "

# What an address leaves out is as it is here. Links rely on it: it stays when the page opens otherwise.
_BASE: Final = PageState(
    head=Head(age=28, gender=0.0, skin_tone=0.4, hair="tied", seed=19, expression="happy", intensity=0.9),
    intervention=INTERVENTIONS["asymmetric_expression"],
)


def to_address(state: PageState) -> str:
    """Return face, change, strength, emotion, classifier, look and tab as text; "" for the first scene.

    How the other tabs are set isn't in it, nor is a photograph: `facelib.app.session` keeps the former.

    Examples
    --------
    >>> from facelib import interventions
    >>> palsy = interventions.get("palsy", side="right")
    >>> to_address(PageState(Head(age=70), intervention=palsy, step=9))
    'change=palsy&change-side=right&age=70&gender=0.3&skin_tone=0.3&hair=short&intensity=1&seed=0&strength=0.45'
    """
    plain, base = to_plain(state), to_plain(_BASE)
    parts = []
    if plain["intervention"] != base["intervention"]:
        parts.append(("change", plain["intervention"]["id"]))
        parts += [(OPTION + name, value) for name, value in plain["intervention"]["options"].items()]
    for name, given in plain["head"].items():
        if given != base["head"][name]:
            value = _shares(name, given)
            own = value.items() if name == "light" and isinstance(value, Mapping) else ()
            parts += [(LIGHT + part, number) for part, number in own] or [(name, value)]
    parts += [(word, plain[name]) for word, name in WORDS.items() if plain[name] != base[name]]
    written = [f"{name}={_written(value)}" for name, value in parts]
    if state.step:
        written.append(f"strength={_written(state.step / (STEPS - 1))}")
    if state.tab:
        written.append(f"tab={TAB_NAMES[state.tab]}" if state.tab < len(TAB_NAMES) else f"tab={state.tab}")
    return "&".join(written)


def from_address(text: str) -> PageState:
    """Return the scene of an address, with or without its #; what is left out is as in the first scene.

    Raises
    ------
    BadValueError
        For anything else than `to_address` returns.

    Examples
    --------
    >>> from_address("#age=70&strength=0.45").step
    9
    >>> from_address("agee=70")
    Traceback (most recent call last):
    facelib.errors.UnknownNameError: This link has “agee”, which is no word of links. Did you mean “age”?
    """
    if len(text) > LONGEST_ADDRESS:
        msg = f"The scene of a link has {LONGEST_ADDRESS:,} characters at most; got {len(text):,}."
        raise BadValueError(msg)
    plain: dict[str, Any] = to_plain(_BASE)
    head: dict[str, Any] = dict(plain["head"])
    light: dict[str, Any] = {}
    options: dict[str, Any] = {}
    for name, value in _pairs(text.removeprefix("#")).items():
        if name == "change":
            plain["intervention"] = {"id": value, "options": options}
        elif name.startswith(OPTION):
            options[name.removeprefix(OPTION)] = value
        elif name.startswith(LIGHT):
            light[name.removeprefix(LIGHT)] = value
        elif name in head:
            head[name] = value
        elif name == "strength":
            plain["step"] = _step(value)
        elif name == "tab":
            plain["tab"] = TAB_NAMES.index(value) if value in TAB_NAMES else value
        elif name in WORDS:
            plain[WORDS[name]] = value
        else:
            raise UnknownNameError(_unknown(name, head))
    if options and plain["intervention"]["options"] is not options:
        plain["intervention"] = {**plain["intervention"], "options": options}
    return from_plain({**plain, "version": VERSION, "head": {**head, **({"light": light} if light else {})}})


def _shares(name: str, value: Any) -> Any:
    """Return shares of the whole as the small numbers that give the same ones, where there are such.

    >>> _shares("ancestry", [["african", 1 / 3], ["asian", 2 / 3]]), _shares("age", 70)
    ([['african', 1], ['asian', 2]], 70)
    """
    if name not in SHARED or not isinstance(value, list) or len(value) < 2:
        return value
    least = min(share for _, share in value)
    parts = [[word, round(share / least)] for word, share in value]
    whole = sum(count for _, count in parts)
    same = all(count / whole == share for (_, count), (_, share) in zip(parts, value, strict=True))
    return parts if same else value


def _unknown(name: str, head: Mapping[str, Any]) -> str:
    near = nearest(name, [*head, *WORDS, "change", "strength", "tab"])
    hint = f" Did you mean “{near[0]}”?" if near else ""
    return f"This link has “{name:.40}”, which is no word of links.{hint}"


def _pairs(text: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in filter(None, text.split("&")):
        name, equals, value = part.partition("=")
        if not equals or name in found:
            reason = "stands there twice" if equals else "has no value"
            msg = f"In a link each name has a value behind its equals sign; “{name:.40}” {reason}."
            raise BadValueError(msg)
        found[name] = _read(value)
    return found


def _step(strength: Any) -> int:
    if not isinstance(strength, int | float) or not 0 <= strength <= 1:
        msg = f"A strength is a number from 0 to 1; got {strength!r:.40}."
        raise BadValueError(msg)
    return round(strength * (STEPS - 1))


def _written(value: Any) -> str:
    """Return a plain value as text: numbers, words, lists with commas, mappings with colons, "" for None.

    >>> [_written(value) for value in (0.5, 1.0, "two", [1, 2], ["one"], [["jawOpen", 0.5]], None, "12")]
    ['0.5', '1', 'two', '1,2', 'one,', 'jawOpen:0.5,', '', "'12"]
    """
    if value is None:
        return ""
    if isinstance(value, str):
        bare = not (value == "" or value[0] == "'" or _NUMBER.fullmatch(value))
        return quote(value if bare else f"'{value}", safe=_SAFE + "'").replace(" ", "%20")
    if isinstance(value, list):
        pairs = [":".join(_written(part) for part in item) if isinstance(item, list) else _written(item)
                 for item in value]  # fmt: skip
        return ",".join(pairs) + ("," if len(pairs) < 2 else "")
    return str(int(value)) if float(value).is_integer() and abs(value) <= EXACT else repr(value)


def _read(text: str) -> Any:
    """Return what `_written` was given; a mapping comes as one."""
    if ":" in text:
        pairs = [part.partition(":") for part in text.split(",") if part]
        return {unquote(name): _one(value) for name, _, value in pairs}
    if "," in text:
        return [_one(part) for part in text.removesuffix(",").split(",") if part]
    return _one(text)


def _one(text: str) -> Any:
    """Return a number, a word, or None."""
    if len(text) < LONGEST_NUMBER and _NUMBER.fullmatch(text):
        return float(text) if {".", "e"} & set(text) else int(text)
    word = unquote(text)
    return word.removeprefix("'") if word else None
