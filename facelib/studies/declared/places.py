"""Places of keys in a declared study: one at the wrong depth is answered with where it belongs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Final

from facelib.interventions import ALIASES, INTERVENTIONS
from facelib.studies.declared.hypothesis import Hypothesis
from facelib.studies.declared.yaml_lines import Located

TOP: Final = ""
SECTIONS: Final = {TOP: "at the top level", "faces": "under faces", "hypothesis": "under hypothesis"}
"""Where a key stands or belongs, in words, by the mapping that holds it."""


def check_places(tree: Located, top: Collection[str], faces: Collection[str]) -> None:
    """Raise `DeclarationError` for the first key that is known, but not where it stands.

    Parameters
    ----------
    tree
        The whole file, a mapping.
    top, faces
        Keys at the top level, and under ``faces``.
    """
    known = {TOP: top, "faces": faces, "hypothesis": [one.name for one in fields(Hypothesis)]}
    sections = {TOP: tree} | {
        name: tree.value[name] for name in ("faces", "hypothesis") if name in tree.value
    }
    changes = list(_entries(tree.value.get("interventions")))
    listed = [name for entry in changes for name in entry.value if name in INTERVENTIONS]
    for section, at in sections.items():
        for name in at.value if isinstance(at.value, Mapping) else ():
            if name not in known[section]:
                _refuse(at.key(name), SECTIONS[section], _belongs(name, known, section, listed))
    for entry in changes:
        _check_entry(entry, known, listed)


def _check_entry(entry: Located, known: Mapping[str, Collection[str]], listed: Collection[str]) -> None:
    """Check the names of changes in one entry of ``interventions``, and their options."""
    for name, inner in entry.value.items():
        if name not in INTERVENTIONS and name not in ALIASES:
            beside = [one for one in entry.value if one in INTERVENTIONS]
            where = "under interventions, where changes are named"
            _refuse(entry.key(name), where, _belongs(name, known, "interventions", beside or listed))
            continue
        for option in inner.value if isinstance(inner.value, Mapping) else ():
            if option not in _options(name):
                where = f"among the options of {name}"
                _refuse(inner.key(option), where, _belongs(option, known, "interventions", ()))


def _refuse(at: Located, where: str, places: Collection[str]) -> None:
    if places:
        msg = f"{at.value} stands {where}; it belongs {' or '.join(places)}."
        raise at.error(msg)


def _belongs(
    name: str, known: Mapping[str, Collection[str]], here: str, changes: Collection[str]
) -> list[str]:
    """Return in words where a key belongs, other than here.

    Parameters
    ----------
    changes
        Ids of changes whose option it is in all likelihood.
    """
    places = [words for section, words in SECTIONS.items() if section != here and name in known[section]]
    taking = [one for one in changes if name in _options(one)]
    taking = taking or [one for one in INTERVENTIONS if here == TOP and name in _options(one)]
    if taking:
        places.append(f"inside the entry of a change, as “- {taking[0]}: {{{name}: …}}”")
    return places


def _entries(at: Located | None) -> Iterator[Located]:
    """Give the mappings in ``interventions``: the list's, or itself."""
    if at is None:
        return
    for one in at.value if isinstance(at.value, tuple) else (at,):
        if isinstance(one.value, Mapping):
            yield one
        elif isinstance(one.value, str) and one.value in INTERVENTIONS:
            yield Located({one.value: Located(None, one.source, one.line, {})}, one.source, one.line, {})


def _options(name: str) -> Collection[str]:
    """Return the names of a change's options.

    >>> "side" in _options("palsy"), "steps" in _options("palsy")
    (True, False)
    """
    change: Any = ALIASES[name] if name in ALIASES else INTERVENTIONS[name]
    return [one.name for one in fields(change)] if is_dataclass(change) else ()
