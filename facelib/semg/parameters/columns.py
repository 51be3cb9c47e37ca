"""Parameters of a face, frame by frame: named columns of numbers in groups."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from facelib.errors import BadTableError, BadValueError
from facelib.semg.parameters.tools import OTHER, UNGROUPED, recognised, whose
from facelib.utilities.short_repr import in_short

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]
Groups = Mapping[str, tuple[str, ...]]

ALL: Final = "all"
"""What rows over all columns are called in tables; no group may have that name."""
MOST_COLUMNS: Final = 2000
BESIDE: Final = ("frame", "time", "timestamp", "seconds", "index", "unnamed0", "neutral", "")
"""Columns, in small letters and without signs, that count frames or tell times: they are no parameters."""
_SHOWN: Final = 5
_LONGEST: Final = 100  # characters of a name


@in_short()
@dataclass(frozen=True, eq=False)
class Parameters:
    """Parameters of a face, one row per frame.

    Parameters
    ----------
    units
        float64 (n, k) in their own units; NaN where they aren't known. Read-only.
    names
        Of the columns.
    groups
        Group to its columns; each column belongs to one.
    tool
        Id of the tool that was recognised (`facelib.semg.tool_table`), or "".
    left_out
        Columns of the table that were not taken.
    """

    units: Floats
    names: tuple[str, ...]
    groups: Groups
    tool: str = ""
    left_out: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.units)

    def frame(self) -> pd.DataFrame:
        """Return a table, one column per parameter."""
        import pandas as pd

        return pd.DataFrame(self.units, columns=list(self.names))


def parameters_of(given: Any, groups: Mapping[str, Sequence[str]] | None = None) -> Parameters:
    """Return the parameters of a face that a table holds.

    Parameters
    ----------
    given
        A table, or a mapping of names to columns (n,) or to arrays (n, k) as tools give them, whose columns
        are then called ``expression_params_0`` and so on.
    groups
        Group to names of columns, which are taken in this order; None: those of the tool that is recognised
        by its names (`facelib.semg.tool_table`), or, if none is, all columns as one group, "parameters", but
        for those that count frames or tell times.

    Raises
    ------
    BadTableError
        If a name stands twice, isn't there (``missing``), or its column holds text; or if columns of several
        tools stand side by side.
    BadValueError
        If a group is empty, a column is in two of them, or columns differ in length.

    Examples
    --------
    >>> arrays = {"expression_params": np.zeros((9, 50)), "jaw_params": np.ones((9, 3))}
    >>> found = parameters_of(arrays | {"cam": np.ones((9, 3))})
    >>> found.tool, {group: len(columns) for group, columns in found.groups.items()}, found.left_out
    ('smirk', {'expression': 50, 'jaw': 3}, ('cam_0', 'cam_1', 'cam_2'))
    """
    if isinstance(given, Parameters):
        if groups is None:
            return given
        given = given.frame()
    columns = _columns_of(given)
    tool = None
    if groups is None:
        tool = recognised(list(columns))
        taken = tool.among(list(columns)) if tool else {}
        if not tool:
            taken = {UNGROUPED: tuple(name for name in columns if not _is_beside(name))}
    else:
        taken = checked_groups(groups)
        lacking = [name for part in taken.values() for name in part if name not in columns]
        if lacking:
            msg = f"The table has no column {listed(lacking)}; it has {listed(list(columns))}."
            raise BadTableError(msg, missing=lacking)
    names = tuple(name for part in taken.values() for name in part)
    if not 0 < len(names) <= MOST_COLUMNS:
        there = listed(list(columns))
        msg = f"A face has 1 to {MOST_COLUMNS} parameters; the table has {len(names)}: {there}."
        raise BadTableError(msg)
    rows = np.column_stack([_numbers(columns[name], name) for name in _of_one_length(columns, names)])
    rows.setflags(write=False)
    left_out = tuple(name for name in columns if name not in set(names))
    return Parameters(rows, names, MappingProxyType(dict(taken)), tool.id if tool else "", left_out)


def grouped(names: Sequence[str], groups: Mapping[str, Sequence[str]] | None = None) -> Groups:
    """Return the groups of columns: as given, or as their tool has them; what is left is "other".

    Raises
    ------
    BadValueError
        If a name stands twice or is no name, or the groups given don't hold each column once.

    Examples
    --------
    >>> dict(grouped(["jaw_params_0", "jaw_params_1", "mine"]))
    {'jaw': ('jaw_params_0', 'jaw_params_1'), 'other': ('mine',)}
    """
    check_names(names)
    if groups is None:
        tool = recognised(names)
        found = tool.among(names) if tool else {}
        held = {name for part in found.values() for name in part}
        rest = tuple(name for name in names if name not in held)
        return MappingProxyType(found | ({OTHER if tool else UNGROUPED: rest} if rest else {}))
    taken = checked_groups(groups)
    held = {name for part in taken.values() for name in part}
    wrong = sorted(held ^ set(names))
    if wrong:
        msg = f"Groups hold every column once; {listed(wrong)} doesn't stand in both columns and groups."
        raise BadValueError(msg)
    return MappingProxyType(taken)


def restricted(groups: Groups, names: Iterable[str]) -> Groups:
    """Return groups with nothing but some columns."""
    kept = set(names)
    found = {group: tuple(name for name in part if name in kept) for group, part in groups.items()}
    return MappingProxyType({group: part for group, part in found.items() if part})


def checked_groups(groups: object) -> dict[str, tuple[str, ...]]:
    """Return groups given by hand as tuples of names, or raise `BadValueError`."""
    if not isinstance(groups, Mapping) or not groups:
        msg = f"Groups are names of columns by the name of their group; got {f'{groups!r}':.60}."
        raise BadValueError(msg, hint='In Python: groups={"jaw": ["jaw_params_0", …], …}.')
    found: dict[str, tuple[str, ...]] = {}
    for group, part in groups.items():
        if not isinstance(group, str) or not group or group == ALL:
            msg = f"A group of columns has a name of its own, and not {ALL!r}; got {f'{group!r}':.60}."
            raise BadValueError(msg)
        if isinstance(part, str) or not isinstance(part, Iterable):
            msg = f"The group {group!r} is a list of columns; got {f'{part!r}':.60}."
            raise BadValueError(msg)
        found[group] = tuple(part)
        if not found[group]:
            msg = f"The group {group!r} holds no column."
            raise BadValueError(msg)
    check_names([name for part in found.values() for name in part])
    return found


def check_names(names: Sequence[object]) -> None:
    """Raise `BadValueError` unless names are texts, each of them once."""
    for name in names:
        if not isinstance(name, str) or not name or len(name) > _LONGEST:
            msg = f"A column's name is a text of up to {_LONGEST} characters; got {f'{name!r}':.60}."
            raise BadValueError(msg)
    if len(set(names)) < len(names):
        twice = sorted({str(name) for name in names if names.count(name) > 1})
        msg = f"Columns have different names; {listed(twice)} stands twice."
        raise BadValueError(msg)


def expression_rows(given: Any, names: Sequence[str] | None = None) -> tuple[Floats, tuple[str, ...]]:
    """Return any parameters as rows (n, k), and their names.

    Parameters
    ----------
    given
        A `Pair`, `Parameters`, a table, a mapping of names to columns or arrays, or an array with one column
        for each of `names`.
    names
        Columns that are wanted, in this order; None: all parameters that are there, see `parameters_of`.

    Raises
    ------
    BadTableError
        If one of `names` is missing (``missing``), or holds text.
    BadValueError
        If an array has another shape.
    """
    if hasattr(given, "units") and hasattr(given, "names"):
        rows, there = np.asarray(given.units, np.float64), tuple(given.names)
        if names is None:
            return rows, there
        _check_there(there, names)
        return rows[:, [there.index(name) for name in names]], tuple(names)
    if isinstance(given, Mapping) or hasattr(given, "columns"):
        if names is None:
            found = parameters_of(given)
            return found.units, found.names
        columns = _columns_of(given)
        _check_there(tuple(columns), names)
        wanted = _of_one_length(columns, names)
        return np.column_stack([_numbers(columns[name], name) for name in wanted]), tuple(names)
    rows = _numbers(given, "parameters")
    if names is None or rows.ndim != 2 or rows.shape[1] != len(names):
        expected = "with a name for each column" if names is None else f"(rows, {len(names)})"
        msg = f"Parameters as an array are {expected}; got {rows.shape}."
        raise BadValueError(msg)
    return rows, tuple(names)


def _check_there(there: Sequence[str], names: Sequence[str]) -> None:
    lacking = [name for name in names if name not in there]
    if lacking:
        msg = (
            f"Expected {len(names)} {whose(names)}; {listed(lacking)} missing. What was given has "
            f"{listed(list(there))}: {whose(there)}."
        )
        raise BadTableError(msg, missing=lacking)


def _columns_of(given: Any) -> dict[str, Any]:
    """Return the columns of a table or mapping by their names, arrays (n, k) as k of them."""
    if not (isinstance(given, Mapping) or hasattr(given, "columns")):
        msg = f"Parameters come as a table with named columns; got {type(given).__name__}."
        raise BadTableError(msg)
    if hasattr(given, "columns"):
        parts = [(str(name).strip(), given.iloc[:, place]) for place, name in enumerate(given.columns)]
    else:
        parts = []
        for name, values in given.items():
            array = _array(values, str(name))
            if array.ndim == 2:
                parts += [(f"{name}_{place}", array[:, place]) for place in range(array.shape[1])]
            else:
                parts.append((str(name).strip(), array))
    names = [name for name, _ in parts]
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        msg = f"Columns have different names; {listed(twice)} stands twice. Rename or drop one of each."
        raise BadTableError(msg, duplicates=twice)
    return dict(parts)


def _array(values: Any, name: str) -> npt.NDArray[Any]:
    try:
        return np.asarray(values) if hasattr(values, "__array__") else np.asarray(values, object)
    except (TypeError, ValueError, RuntimeError) as error:  # of tensors elsewhere, or with gradients
        msg = f"{name!r} is no column of numbers: {f'{error}':.100}."
        raise BadTableError(msg) from error


def _of_one_length(columns: Mapping[str, Any], names: Sequence[str]) -> Sequence[str]:
    for name in names:
        if np.ndim(columns[name]) != 1:
            msg = f"A column has one number per frame; {name!r} is {np.shape(columns[name])}."
            raise BadTableError(msg)
    lengths = {name: len(columns[name]) for name in names}
    if len(set(lengths.values())) > 1:
        first = lengths[names[0]]
        other = next(name for name in names if lengths[name] != first)
        told = f"{names[0]} has {first} rows, {other} {lengths[other]}"
        msg = f"All columns are equally long, one row per frame; {told}."
        raise BadValueError(msg)
    return names


def _numbers(column: Any, name: str) -> Floats:
    """Return a column as numbers; empty cells are NaN."""
    try:
        array = np.asarray(column)
        if array.dtype.kind not in "fiub":
            import pandas as pd

            array = pd.Series(array, dtype=object).map(_number).to_numpy(np.float64)
        found = np.array(array, np.float64)
    except (TypeError, ValueError) as error:
        word = next((cell for cell in np.asarray(column, object).ravel() if _is_text(cell)), column)
        msg = (
            f"The column {name!r} holds {f'{word!r}':.40}, which is no number. Leave it out, or say which "
            "columns are wanted, group by group."
        )
        raise BadTableError(msg, hint='In Python: groups={"mine": [...]}.') from error
    found[~np.isfinite(found)] = np.nan
    return found


def _number(cell: Any) -> float:
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return float("nan")
    return float(cell)


def _is_text(cell: Any) -> bool:
    try:
        _number(cell)
    except (TypeError, ValueError):
        return True
    return False


def _is_beside(name: str) -> bool:
    return re.sub(r"[^a-z0-9]+", "", name.lower()) in BESIDE


def listed(names: Sequence[str]) -> str:
    """Return the first few names, and how many more there are.

    >>> listed(["a", "b", "c", "d", "e", "f", "g"])
    'a, b, c, d, e and 2 more'
    """
    shown = ", ".join(f"{name:.40}" for name in names[:_SHOWN])
    return shown + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
