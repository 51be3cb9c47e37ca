"""Tools that read parameters of a face, and the names and groups of their columns.

An entry stands on its tool's own code or documentation, whose address is in `Tool.source`; without one there
is none. Tools give arrays; in tables a column is called by its array and a number: ``expression_params_0``,
``exp[12]``, ``pose.3`` or ``exp7``, counted from 0 or 1 (our choice, no tool's).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from facelib.errors import BadTableError, UnknownNameError
from facelib.head.expressions import FACE_UNITS
from facelib.utilities.registry import Registry

if TYPE_CHECKING:
    import pandas as pd

FEWEST: Final = 2
"""So many columns of a tool have to be there before it is recognised."""
OTHER: Final = "other"
"""The group of columns that belong to no other group."""
UNGROUPED: Final = "parameters"
"""The group of all columns where no tool was recognised."""

TOOL_COLUMNS: Final = MappingProxyType(
    {
        "tool": "id",
        "title": "name",
        "model": "what its numbers are parameters of",
        "group": "of columns",
        "columns": "names of the columns, or of the array that they are from",
        "source": "where that is written",
    }
)
"""Columns of `tool_table`, with their meaning."""


@dataclass(frozen=True)
class Numbered:
    """Columns that are called by their array and a number.

    Parameters
    ----------
    array
        Names that the array may have.
    first, last
        Places in it, counted from 0, that belong here; `last` None: to its end.
    length
        Of the whole array, to tell whether numbers are counted from 0 or from 1; 0: not needed.
    """

    array: tuple[str, ...]
    first: int = 0
    last: int | None = None
    length: int = 0

    def among(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return those of some names, in the order of their numbers."""
        matches = ((_NUMBERED.fullmatch(name), name) for name in names)
        found = sorted((int(m["number"]), name) for m, name in matches if m and m["array"] in self.array)
        numbers = {number for number, _ in found}
        base = int(0 not in numbers and self.length in numbers)
        last = float("inf") if self.last is None else self.last
        return tuple(name for number, name in found if self.first <= number - base <= last)

    def __str__(self) -> str:
        """Return the names in words."""
        part = "" if self.last is None else f" from place {self.first} to {self.last}"
        return " or ".join(self.array) + part


@dataclass(frozen=True)
class Named:
    """Columns by their names, in that order."""

    names: tuple[str, ...]

    def among(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return those of some names that belong here."""
        there = set(names)
        return tuple(name for name in self.names if name in there)

    def __str__(self) -> str:
        """Return the names."""
        return ", ".join(self.names)


@dataclass(frozen=True)
class Tool:
    """A tool, and how its columns are called.

    Parameters
    ----------
    id, title
        Its names.
    model
        What its numbers are parameters of: "FLAME", "action units" or "face units".
    groups
        Group to its columns.
    source
        Addresses of what says so.
    """

    id: str
    title: str
    model: str
    groups: Mapping[str, Numbered | Named]
    source: str

    def among(self, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Return those of some names that are this tool's, by group; groups without any are left out."""
        found = {group: columns.among(names) for group, columns in self.groups.items()}
        return {group: columns for group, columns in found.items() if columns}


_NUMBERED: Final = re.compile(r"(?P<array>[A-Za-z][A-Za-z_]*?)[_.\- ]?\[?(?P<number>\d{1,4})\]?")

TOOLS: Final[Registry[Tool]] = Registry("tool")
"""Tools by their ids."""


def _tool(made: Tool) -> None:
    TOOLS.register(made.id, made)


def _actions(numbers: Iterable[int], ending: str = "") -> Named:
    return Named(tuple(f"AU{number:02d}{ending}" for number in numbers))


_tool(
    Tool(
        "arkit",
        "ARKit",
        "face units",
        {
            part: Named(tuple(unit for unit in FACE_UNITS if unit.startswith(part)))
            for part in (
                "brow",
                "cheek",
                "eye",
                "jaw",
                "mouth",
                "nose",
                "tongue",
            )  # our choice: the first word
        },
        "https://developer.apple.com/documentation/arkit/arfaceanchor/blendshapelocation",
    )
)
_tool(
    Tool(
        "smirk",
        "SMIRK",
        "FLAME",
        {
            "expression": Numbered(("expression_params",)),
            "jaw": Numbered(("jaw_params",)),
            "eyelids": Numbered(("eyelid_params",)),
        },
        "https://github.com/georgeretsi/smirk/blob/66fd6f606a44f179dd11ff87fc4860846b3ef01a/src/smirk_encoder.py",
    )
)
_tool(
    Tool(  # what EMOCA saves has the same names: exp.npy, pose.npy
        "deca",
        "DECA, or EMOCA as it saves",
        "FLAME",
        {"expression": Numbered(("exp",)), "jaw": Numbered(("pose",), 3, 5, 6)},
        "https://github.com/yfeng95/DECA/blob/11c4d44adc5346c50f7aa77589bc98ebb55dfb52/decalib/deca.py "
        "https://github.com/radekd91/emoca/blob/581f518d447d6a21f05fcb2c32aa43154ed89a1c/gdl_apps/EMOCA/utils/io.py",
    )
)
_tool(
    Tool(
        "emoca",
        "EMOCA",
        "FLAME",
        {"expression": Numbered(("expcode",)), "jaw": Numbered(("posecode",), 3, 5, 6)},
        "https://github.com/radekd91/emoca/blob/02c512ad976ba986d3fa7190e06a798e430cc1d3/gdl/models/EmotionMLP.py",
    )
)
_tool(
    Tool(  # how strong, 0 … 5; whether present (AU01_c) isn't taken
        "openface",
        "OpenFace",
        "action units",
        {"action units": _actions((1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26, 28, 45), "_r")},
        "https://github.com/TadasBaltrusaitis/OpenFace/wiki/Action-Units",
    )
)
_tool(
    Tool(
        "pyfeat",
        "py-feat",
        "action units",
        {"action units": _actions((1, 2, 4, 5, 6, 7, 9, 10, 11, 12, 14, 15, 17, 20, 23, 24, 25, 26, 28, 43))},
        "https://github.com/cosanlab/py-feat/blob/f91f6ba93d03c535adf817b316e6a7c83ddba1d2/docs/data/news_sample/"
        "001.csv",
    )
)


def _tools() -> list[Tool]:
    return [TOOLS[name] for name in TOOLS]


def recognised(names: Sequence[str]) -> Tool | None:
    """Return the tool whose columns these are; None if no tool's are among them.

    Raises
    ------
    BadTableError
        If columns of several tools stand side by side.

    Examples
    --------
    >>> recognised(["AU01_r", "AU12_r", "AU12_c", "confidence"]).title
    'OpenFace'
    """
    found = [tool for tool in _tools() if sum(map(len, tool.among(names).values())) >= FEWEST]
    if len(found) > 1:
        titles = " and ".join(tool.title for tool in found)
        msg = f"Columns of {titles} stand in one table: say which of them are meant, group by group."
        raise BadTableError(msg, hint=_BY_HAND)
    return found[0] if found else None


_BY_HAND: Final = 'In Python: groups={"jaw": ["jaw_params_0", …], …}.'


def are_face_units(names: Iterable[str]) -> bool:
    """Return whether all columns are face units, which facelib's head has, 0 … 1."""
    return set(names) <= set(FACE_UNITS)


def whose(names: Sequence[str]) -> str:
    """Return in words whose parameters columns are.

    >>> whose(["exp_0", "exp_1"]), whose(["a", "b"])
    ('parameters of FLAME (DECA, or EMOCA as it saves)', 'parameters of your own')
    """
    try:
        tool = recognised(names)
    except BadTableError:
        tool = None
    if tool is not None and tool.id == "arkit":
        return "face units"
    return f"parameters of {tool.model} ({tool.title})" if tool else "parameters of your own"


def check_shown(names: Sequence[str]) -> None:
    """Raise `UnknownNameError` unless a head can be moved by columns: all are face units.

    Examples
    --------
    >>> check_shown(["jaw_params_0", "jaw_params_1"])
    Traceback (most recent call last):
    facelib.errors.UnknownNameError: 'jaw_params_0' is no face unit: these are parameters of FLAME (SMIRK). \
The head moves by face units alone, so they can't be shown; maps of them are judged by their numbers. \
In Python: facelib.faces.FACE_UNITS lists face units; facelib.semg.evaluate judges maps.
    """
    other = next((name for name in names if name not in FACE_UNITS), None)
    if other is not None:
        msg = (
            f"{other!r} is no face unit: these are {whose(names)}. The head moves by face units alone, so "
            "they can't be shown; maps of them are judged by their numbers."
        )
        hint = "In Python: facelib.faces.FACE_UNITS lists face units; facelib.semg.evaluate judges maps."
        raise UnknownNameError(msg, hint=hint)


def tool_table() -> pd.DataFrame:
    """Return the tools whose columns are recognised, one row per group; columns as in `TOOL_COLUMNS`."""
    import pandas as pd

    rows = [
        (tool.id, tool.title, tool.model, group, str(columns), tool.source)
        for tool in _tools()
        for group, columns in tool.groups.items()
    ]
    return pd.DataFrame(rows, columns=list(TOOL_COLUMNS))
