"""Comparisons of a table's columns with values, written as text; parsed, never run."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError

if TYPE_CHECKING:
    import pandas as pd

LONGEST: Final = 10_000  # characters

_PIECES: Final = re.compile(
    r"(?P<text>'[^'\\\n]*'|\"[^\"\\\n]*\")|`(?P<name>[^`\n]+)`|(?P<rest>[^'\"`]+)|.", re.S
)
_TRIPLE: Final = ("'''", '"""')
_OF_PANDAS: Final = {"&": " and ", "|": " or "}  # its words for the same

_COMPARED: Final[Mapping[type[ast.cmpop], Callable[[Any, Any], Any]]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_LISTED: Final = {ast.In: False, ast.Eq: False, ast.NotIn: True, ast.NotEq: True}
"""Comparisons with a list, and whether they ask for what isn't in it."""

_CALCULATED: Final[Mapping[type[ast.operator], Callable[[Any, Any], Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_PARTS: Final = (
    ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.Invert, ast.USub, ast.UAdd, ast.BinOp,
    *_CALCULATED, ast.Compare, *_COMPARED, ast.In, ast.NotIn, ast.Name, ast.Load, ast.Constant, ast.List,
    ast.Tuple,
)  # fmt: skip
"""Syntax nodes that a comparison may have: no call, no attribute, no index."""


@dataclass(frozen=True)
class Comparison:
    """A comparison of columns with values, joined by and, or, not; made by `parse`.

    The text is taken apart and computed here: it never reaches an interpreter, pandas' among them.

    Attributes
    ----------
    text
        As it was written.
    tree
        Its parts.
    names
        Column by the word that stands for it in the tree: those in `backquotes` may be any.
    """

    text: str
    tree: ast.expr
    names: Mapping[str, str]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a comparison.

        Raises
        ------
        BadValueError
            If it is anything else, or longer than 10,000 characters.

        Examples
        --------
        >>> Comparison.parse("label == 'happy' and `eye colour` in ['green', 'grey']").names["column_0"]
        'eye colour'
        >>> Comparison.parse("open('notes.txt', 'w') == 1")
        Traceback (most recent call last):
        ...
        facelib.errors.BadValueError: Expected a comparison of columns with values, ...
        """
        names: dict[str, str] = {}
        try:
            if len(text) > LONGEST or any(quotes in text for quotes in _TRIPLE):
                raise SyntaxError
            source = "".join(_rewritten(piece, names) for piece in _PIECES.finditer(text))
            tree = ast.parse(source.strip(), mode="eval").body
            if not all(isinstance(part, _PARTS) and _is_plain(part) for part in ast.walk(tree)):
                raise SyntaxError
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            msg = (
                "Expected a comparison of columns with values, as \"label == 'happy' and age > 30\": ==, !=, "
                "<, <=, >, >=, in, not in, joined by and, or, not; names of several words stand in "
                f"`backquotes`; nothing else is computed. Got {text[:200]!r}."
            )
            raise BadValueError(msg) from None
        return cls(text, tree, names)

    def chosen(self, table: pd.DataFrame) -> npt.NDArray[np.bool_]:
        """Return for each row of a table whether the comparison holds; not for a missing value.

        Raises
        ------
        BadValueError
            If a column isn't there, or what is compared can't be.

        Examples
        --------
        >>> import pandas as pd
        >>> table = pd.DataFrame({"age": [20, 40, None], "label": ["happy", "sad", "happy"]})
        >>> Comparison.parse("not (age > 30 or label == 'sad')").chosen(table).tolist()
        [True, False, True]
        """
        try:
            with np.errstate(all="ignore"):
                return _mask(self._value(self.tree, table), table)
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            if isinstance(error, BadValueError):
                raise
            columns = ", ".join(map(str, table.columns))
            msg = f"The comparison {self.text!r} can't be answered: {error}. The columns are {columns}."
            raise BadValueError(msg) from error

    def _value(self, node: ast.expr, table: pd.DataFrame) -> Any:
        kinds: Mapping[type[ast.expr], Callable[[Any, pd.DataFrame], Any]] = {
            ast.BoolOp: self._joined,
            ast.UnaryOp: self._signed,
            ast.BinOp: self._calculated,
            ast.Compare: self._compared,
            ast.Name: self._column,
            ast.Constant: lambda constant, _table: constant.value,
            ast.List: self._list,
            ast.Tuple: self._list,
        }
        return kinds[type(node)](node, table)

    def _joined(self, node: ast.BoolOp, table: pd.DataFrame) -> npt.NDArray[np.bool_]:
        masks = [_mask(self._value(part, table), table) for part in node.values]
        join = np.logical_and if isinstance(node.op, ast.And) else np.logical_or
        joined: npt.NDArray[np.bool_] = join.reduce(masks)
        return joined

    def _signed(self, node: ast.UnaryOp, table: pd.DataFrame) -> Any:
        value = self._value(node.operand, table)
        if isinstance(node.op, ast.Not | ast.Invert):
            return ~_mask(value, table)
        return -_number(value) if isinstance(node.op, ast.USub) else _number(value)

    def _calculated(self, node: ast.BinOp, table: pd.DataFrame) -> Any:
        left, right = (_number(self._value(part, table)) for part in (node.left, node.right))
        return _CALCULATED[type(node.op)](left, right)

    def _compared(self, node: ast.Compare, table: pd.DataFrame) -> npt.NDArray[np.bool_]:
        values = [self._value(part, table) for part in (node.left, *node.comparators)]
        if not any(_is_column(value) for value in values):
            msg = "no column is compared"
            raise ValueError(msg)
        steps = [
            _mask(_compare(op, left, right), table)
            for op, left, right in zip(node.ops, values, values[1:], strict=False)
        ]
        joined: npt.NDArray[np.bool_] = np.logical_and.reduce(steps)
        return joined

    def _column(self, node: ast.Name, table: pd.DataFrame) -> pd.Series[Any]:
        import pandas as pd

        name = self.names.get(node.id, node.id)
        if name in table:
            return table[name]
        if name == "index":  # a row's number, as pandas has it
            return pd.Series(np.arange(len(table)), index=table.index)
        msg = f"there is no column {name!r}"
        raise ValueError(msg)

    def _list(self, node: ast.List | ast.Tuple, table: pd.DataFrame) -> list[Any]:
        values = [self._value(part, table) for part in node.elts]
        if any(isinstance(value, list) or _is_column(value) for value in values):
            msg = "a list holds numbers and words"
            raise ValueError(msg)
        return values


def _rewritten(piece: re.Match[str], names: dict[str, str]) -> str:
    """Return a piece of the text as Python has it: words in backquotes become names, & and | and and or."""
    if piece["text"] is not None:
        return piece["text"]
    if piece["name"] is not None:
        word = f"column_{len(names)}"
        names[word] = piece["name"]
        return f" {word} "
    if piece["rest"] is None or re.search(r"[#\\]|\bcolumn_\d", piece["rest"]):
        raise SyntaxError  # a quote without its partner, a comment
    return "".join(_OF_PANDAS.get(sign, sign) for sign in piece["rest"])


def _is_plain(part: ast.AST) -> bool:
    """Return whether a constant is a word, a number, or true or false."""
    return not isinstance(part, ast.Constant) or isinstance(part.value, str | bool | int | float | None)


def _is_column(value: Any) -> bool:
    return hasattr(value, "dtype") and getattr(value, "ndim", 0) == 1


def _number(value: Any) -> Any:
    """Return a number or a column of them for calculating, as float64: nothing grows without end."""
    if _is_column(value):
        return value.astype(np.float64)
    if isinstance(value, bool | int | float):
        return np.float64(value)
    msg = f"{value!r} is no number to calculate with"
    raise TypeError(msg)


def _compare(op: ast.cmpop, left: Any, right: Any) -> Any:
    """Compare two values: columns, constants, or a list on the right."""
    if isinstance(left, list):
        msg = "a list stands on the right, as in label in ['happy', 'sad']"
        raise TypeError(msg)
    if isinstance(right, list):
        if type(op) not in _LISTED or not _is_column(left):
            msg = "a list is compared with a column by in or not in"
            raise TypeError(msg)
        found = left.isin(right)
        return ~found if _LISTED[type(op)] else found
    if type(op) not in _COMPARED:
        msg = "in is followed by a list, as in label in ['happy', 'sad']"
        raise TypeError(msg)
    return _COMPARED[type(op)](left, right)


def _mask(value: Any, table: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Return what is true of each row; where that isn't known, it isn't."""
    import pandas as pd

    if isinstance(value, bool | np.bool_):
        return np.full(len(table), bool(value))
    if isinstance(value, np.ndarray) and value.dtype == np.bool_:
        return value
    if isinstance(value, pd.Series):
        known = value[value.notna()]
        if all(isinstance(item, bool | np.bool_) for item in known):
            return value.eq(True).fillna(False).to_numpy(np.bool_)
    msg = "what and, or and not join is true or false of each face, as a comparison is"
    raise TypeError(msg)
