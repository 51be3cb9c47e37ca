"""Short representations of results: a line in a terminal, a picture and a table in a notebook."""

from __future__ import annotations

import html
import sys
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt

C = TypeVar("C")

LONGEST: Final = 600  # characters of a line
VALUE: Final = 60  # characters of a field's value
ROWS: Final = 5
COLUMNS: Final = 8
WORDS: Final = 160  # of a text, and of a list of texts
SIDE: Final = 160  # px of a small picture
SIDES: Final = 80  # px of each of several
PICTURES: Final = 7

_FEW: Final = 4  # numbers of an array that are written out
_ARRAYS: Final = (("torch", "Tensor"), ("pandas", "Series"))
_PLAIN: Final = (str, bytes, bool, int, float, complex, type(None), np.generic)

Show = Callable[[Any], Any]


def in_short(*, picture: Show | None = None, table: Show | None = None) -> Callable[[type[C]], type[C]]:
    """Return a decorator of dataclasses that hold much: they are shown in short.

    ``repr`` says what each field is, never what all of it holds. A notebook shows the fields as a table, with
    a picture and the first rows of a table if these are given; a class that has a text of its own for
    notebooks keeps it. A property ``notes``, sentences that nobody must miss, comes first in both.

    Parameters
    ----------
    picture
        From an object to its picture, uint8 (H, W, 3), or pictures (n, H, W, 3), of which few are shown.
    table
        From an object to a DataFrame; it must be cheap.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @in_short()
    ... @dataclass
    ... class Found:
    ...     name: str
    ...     values: object
    >>> Found("age", np.zeros((101, 3)))
    Found(name='age', values=<float64 (101, 3)>)
    """

    def decorate(cls: type[C]) -> type[C]:
        cls.__repr__ = line  # type: ignore[method-assign]
        if not hasattr(cls, "_repr_markdown_"):

            def notebook(self: Any) -> str:
                return block(
                    self,
                    None if picture is None else picture(self),
                    None if table is None else table(self),
                )

            cls._repr_html_ = notebook  # type: ignore[attr-defined]
        return cls

    return decorate


def line(thing: Any) -> str:
    """Return a dataclass as one short line, as ``repr`` does, its notes first."""
    found = [f"{name}={value}" for name, value in _fields(thing)]
    notes = _notes(thing)
    text = ", ".join([f"notes={brief(' '.join(notes))}", *found] if notes else found)
    text = f"{type(thing).__qualname__}({text})"
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]} …)"


def block(thing: Any, picture: npt.NDArray[np.uint8] | None = None, table: Any = None) -> str:
    """Return a dataclass as HTML: what it is, notes, its picture, its fields, the first rows of a table.

    Whatever names and tables hold is text: none of it is read as HTML.
    """
    parts = [f"<strong>{html.escape(type(thing).__qualname__)}</strong>"]
    parts += [f"<p>{html.escape(note)}</p>" for note in _notes(thing)]
    if picture is not None and picture.size:
        few = _few(picture)
        parts += [_image(one, SIDE if len(few) == 1 else SIDES) for one in few]
    if is_dataclass(thing):
        rows = "".join(
            f'<tr><th style="text-align:left">{html.escape(name)}</th>'
            f'<td style="text-align:left">{html.escape(value)}</td></tr>'
            for name, value in _fields(thing)
        )
        parts.append(f"<table>{rows}</table>")
    if table is not None:
        first = table.head(ROWS).to_html(max_cols=COLUMNS, border=0)
        more = f"<p>{len(table)} rows × {table.shape[1]} columns</p>" if len(table) > ROWS else ""
        parts.append(f"{first}{more}")
    return f"<div>{''.join(parts)}</div>"


def brief(value: Any) -> str:
    """Return what a value is, in at most `VALUE` characters, `WORDS` of texts.

    >>> brief([1, 2]), brief({"fer": np.zeros(3000), "facex": np.zeros(3000)}), brief("x" * 200)[-4:]
    ('[1, 2]', "{'fer': …, 'facex': …}", "x …'")
    """
    if isinstance(value, np.generic):
        value = value.item()
    most = VALUE
    if isinstance(value, str):
        text, most = repr(value if len(value) <= WORDS - 10 else f"{value[: WORDS - 10]} …"), WORDS
    elif _is(value, "pandas", "DataFrame"):
        text = f"<table of {len(value)} rows × {value.shape[1]} columns>"
    elif (array := _array(value)) is not None:
        text = array
    elif isinstance(value, Mapping):
        text = _mapping(value)
    elif isinstance(value, Sequence | AbstractSet) and not isinstance(value, bytes):
        text, most = _several(value), WORDS
    else:
        text = repr(value)
    return text if len(text) <= most else f"<{type(value).__qualname__}>"


def _fields(thing: Any) -> list[tuple[str, str]]:
    return [(item.name, brief(getattr(thing, item.name))) for item in fields(thing) if item.repr]


def _notes(thing: Any) -> Sequence[str]:
    """Return the sentences of a property ``notes``; none of what isn't whole, which is shown all the same."""
    if not isinstance(getattr(type(thing), "notes", None), property):
        return ()
    try:
        return tuple(map(str, thing.notes))
    except Exception:
        return ()


def _is(value: Any, package: str, name: str) -> bool:
    """Whether a value is of a class of a package that may not have been imported."""
    kind = getattr(sys.modules.get(package), name, None)
    return kind is not None and isinstance(value, kind)


def _array(value: Any) -> str | None:
    """Return kind and shape of what is an array, and its numbers if there are few; None of anything else."""
    if isinstance(value, np.ndarray) and value.size <= _FEW and value.ndim <= 1:
        if value.dtype.kind == "f":
            return repr(value.round(4).tolist())
        if value.dtype.kind in "iub":
            return repr(value.tolist())
    elif not isinstance(value, np.ndarray) and not any(_is(value, *kind) for kind in _ARRAYS):
        return None
    return f"<{str(value.dtype).removeprefix('torch.')} {tuple(value.shape)}>"


def _several(values: Any) -> str:
    """Return a list, tuple or set of few plain values as it is, else how many of what it holds."""
    if len(values) <= VALUE and all(isinstance(value, _PLAIN) for value in values):
        text = repr(values)
        if len(text) <= (WORDS if any(isinstance(value, str) for value in values) else VALUE):
            return text
    kinds = sorted({type(value).__qualname__ for value in values})
    return f"<{len(values)} of {' and '.join(kinds[:_FEW])}>"


def _mapping(value: Mapping[Any, Any]) -> str:
    """Return a mapping of few plain values as it is, else its first keys."""
    if len(value) <= _FEW and all(isinstance(item, _PLAIN) for item in value.values()):
        text = repr(dict(value))
        if len(text) <= VALUE:
            return text
    for count in range(min(len(value), _FEW), 0, -1):
        names = [f"{str(key)!r}: …" for key in list(value)[:count]]
        text = f"{{{', '.join([*names, '…'] if len(value) > count else names)}}}"
        if len(text) <= VALUE:
            return text
    return f"<{len(value)} entries>"


def _few(pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return up to `PICTURES` of them, evenly chosen, the first and the last among them."""
    stack = pictures[None] if pictures.ndim == 3 else pictures
    chosen = np.unique(np.linspace(0, len(stack) - 1, min(len(stack), PICTURES)).round().astype(int))
    few: npt.NDArray[np.uint8] = stack[chosen]
    return few


def _image(picture: npt.NDArray[np.uint8], side: int) -> str:
    """Return a picture as an HTML image whose data stand in it."""
    import base64
    import io

    from PIL import Image

    image, buffer = Image.fromarray(picture), io.BytesIO()
    image.thumbnail((side, side))
    image.save(buffer, "PNG")
    data = base64.b64encode(buffer.getvalue()).decode()
    return f'<img alt="" style="display:inline-block" src="data:image/png;base64,{data}">'
