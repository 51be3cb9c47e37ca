"""The user's own code behind a result: its content, and the names that it refers to."""

from __future__ import annotations

import dis
import functools
import hashlib
import inspect
import re
import sys
import sysconfig
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec, resolve_name
from pathlib import Path, PurePath
from types import CodeType, FunctionType, ModuleType
from typing import Any, Final

import numpy as np

PLAIN: Final = (str, bytes, bool, int, float, complex, np.generic, PurePath, type(None), type(...), range)
"""What is all said by its text."""

MAIN: Final = "__main__"  # a script, a notebook: of these only what is named counts

INSTALLED: Final = {"site-packages", "dist-packages"}
"""Folders that package managers fill, wherever they lie."""

OPAQUE: Final = (
    "The key of {what} doesn't cover {names}, which can't be looked into: where that changes, run the study "
    "with recompute=True."
)


@dataclass(frozen=True)
class OwnCode:
    """Content of the user's own code.

    Attributes
    ----------
    parts
        Texts, another one for every change: code, what it holds, names and calls; of modules also files.
    opaque
        Names of what it uses that can't be looked into: a lock, an open file.
    """

    parts: tuple[str, ...]
    opaque: tuple[str, ...]

    def note(self, what: str) -> str:
        """State what is not covered; "" if all is."""
        return OPAQUE.format(what=what, names=", ".join(self.opaque)) if self.opaque else ""


def own_code(*roots: Any) -> OwnCode:
    """Return the content of functions, classes and objects, as far as they are the user's.

    What facelib and installed packages have isn't followed: their versions are recorded.

    Examples
    --------
    >>> own_code(len, OwnCode).parts
    ()
    """
    reader = _Reader()
    parts = [reader.text(root, getattr(root, "__qualname__", "it")) for root in roots if runs_own(root)]
    return OwnCode(tuple(parts), tuple(sorted(reader.opaque)))


def code_text(code: CodeType) -> str:
    """Return a hash of a function's code; line numbers and comments don't count."""
    constants = [_constant(item) for item in code.co_consts]
    return hashlib.sha256(f"{code.co_code!r} {code.co_names} {constants}".encode()).hexdigest()


@cache
def is_own(module: str) -> bool:
    """Return whether a module is the user's: a notebook, a script; not facelib's, nor installed."""
    top = module.partition(".")[0]
    if top in {"facelib", "builtins"} or top in sys.stdlib_module_names - {MAIN}:
        return False
    place = _place(top)
    installed = {sysconfig.get_path(name) for name in ("purelib", "platlib", "stdlib")}
    return place is None or not (
        INSTALLED & set(place.parts) or any(Path(one) in place.parents for one in installed)
    )


def _place(top: str) -> Path | None:
    """Return where a module or package lies; None of one that has no place, such as a notebook."""
    module = sys.modules.get(top)
    if module is None:
        try:
            module = find_spec(top)  # type: ignore[assignment]
        except (ImportError, ValueError):
            return None
    names = [getattr(module, name, None) for name in ("__file__", "origin")]
    folders = getattr(module, "__path__", None) or getattr(module, "submodule_search_locations", None)
    place = next((name for name in [*names, *(folders or ())] if isinstance(name, str)), None)
    return None if place is None else Path(place)


def runs_own(value: Any) -> bool:
    """Return whether a function, class or object is the user's."""
    held = getattr(value, "func", None) if isinstance(value, functools.partial) else None
    if held is not None:
        return runs_own(held)
    named = value if hasattr(value, "__qualname__") else type(value)
    return is_own(str(named.__module__))


class _Reader:
    """Follows names and values, each once."""

    def __init__(self) -> None:
        self.opaque: set[str] = set()
        self._seen: dict[int, tuple[int, Any]] = {}

    def text(self, value: Any, name: str) -> str:
        """Return a text that differs between different values."""
        if isinstance(value, PLAIN):
            kind = type(value).__qualname__
            return f"{kind} {value.item()!r}" if isinstance(value, np.generic) else f"{kind} {value!r}"
        if id(value) in self._seen:
            return f"again {self._seen[id(value)][0]}"
        self._seen[id(value)] = (len(self._seen), value)
        try:
            return self._content(value, name)
        except RecursionError:
            self.opaque.add(name)
            return name

    def _content(self, value: Any, name: str) -> str:
        """Return the content of a value as text, by its kind."""
        content: str | list[Any]
        if isinstance(value, np.ndarray) and value.dtype != object:
            content = f"{value.dtype} {value.shape} {hashlib.sha256(value.tobytes()).hexdigest()}"
        elif type(value) in (set, frozenset):
            content = sorted(self.text(item, name) for item in sorted(value, key=repr))
        elif isinstance(value, Mapping):
            content = [(self.text(key, name), self.text(item, name)) for key, item in value.items()]
        elif type(value) in (list, tuple) or isinstance(value, np.ndarray):
            content = [self.text(item, name) for item in value]
        elif isinstance(value, re.Pattern):
            content = f"{value.pattern!r} {value.flags}"
        elif isinstance(value, ModuleType):
            content = self._module(value)
        elif isinstance(value, type):
            content = self._class(value)
        elif isinstance(value, property):
            content = self.text((value.fget, value.fset), name)
        elif isinstance(value, functools.partial):
            content = self.text([value.func, value.args, value.keywords], name)
        else:
            content = self._callable(value, name)
        return f"{type(value).__qualname__} {content}"

    def _callable(self, value: Any, name: str) -> str:
        if isinstance(value, FunctionType):
            return self._function(value)
        inner = [getattr(value, word, None) for word in ("__func__", "__wrapped__", "py_func", "pyfunc")]
        if function := next((one for one in inner if callable(one)), None):  # methods, caches, compiled ones
            held = getattr(value, "__self__", None)
            return f"{self.text(function, name)} of {self.text(held, name)}"
        if inspect.isbuiltin(value) or isinstance(value, np.ufunc):
            return f"{getattr(value, '__module__', '')} {getattr(value, '__name__', '')}"
        return self._object(value, name)

    def _object(self, value: Any, name: str) -> str:
        """Return the content of an object: its fields, its values, or its pickle."""
        kind = type(value)
        if callable(getattr(value, "detach", None)):  # a tensor
            return f"tensor {self.text(value.detach().cpu().numpy(), name)}"
        if callable(getattr(value, "state_dict", None)):  # a network
            kinds = {type(part) for part in value.modules()} if hasattr(value, "modules") else set()
            classes = [self._class(one) for one in sorted(kinds, key=repr) if is_own(one.__module__)]
            return f"{value!r} {self.text(dict(value.state_dict()), name)} {classes}"
        kind_text = self.text(kind, name)
        if is_dataclass(value):
            held: Any = {one.name: getattr(value, one.name) for one in fields(value) if one.name[0] != "_"}
        elif is_own(kind.__module__) and hasattr(value, "__dict__"):
            held = vars(value)
        else:
            try:
                held = value.__reduce_ex__(2)
            except Exception:  # whatever a class of others makes of it
                self.opaque.add(f"{name} ({kind.__qualname__})")
                return kind_text
            held = [list(one) if isinstance(one, Iterator) else one for one in held]
        return f"{kind_text} {self.text(held, name)}"

    def _class(self, kind: type) -> str:
        """Return the code of a class and of those that it derives from, and what they hold."""
        texts = [f"{kind.__module__} {kind.__qualname__}"]
        for one in kind.__mro__:
            if is_own(one.__module__):
                texts += self.members(vars(one))
                texts.append(self._file(one.__module__))
        return "; ".join(texts)

    def members(self, held: Mapping[str, Any]) -> list[str]:
        """Return the members of a class but for those that Python adds."""
        return [
            f"{name}: {self.text(member, name)}"
            for name, member in sorted(held.items())
            if not name.startswith("_abc_")
            and (isinstance(member, FunctionType) or not (name.startswith("__") and name.endswith("__")))
            and not inspect.isgetsetdescriptor(member)
            and not inspect.ismemberdescriptor(member)
        ]

    def _function(self, function: FunctionType) -> str:
        """Return a function's code, the values it holds and those it finds by name."""
        cells = [_in_cell(cell) for cell in function.__closure__ or ()]
        module, name = function.__module__ or "", function.__qualname__
        if not is_own(module):
            held = [self.text(one, name) for one in cells if callable(one) and runs_own(one)]
            return f"{module} {name} {held}"
        parts = [function.__defaults__, function.__kwdefaults__, cells]
        texts = [f"{module} {name} {code_text(function.__code__)} {self.text(parts, name)}"]
        names, found = sorted(_names(function.__code__)), function.__globals__
        texts += [f"{one}: {self.text(found[one], one)}" for one in names if one in found]
        for one in (*_modules(function), *(found[one] for one in names if one in found)):
            if isinstance(one, ModuleType) and _followed(one):
                texts.append(self.text(one, one.__name__))
                texts += [
                    f"{one.__name__}.{n}: {self.text(vars(one)[n], n)}" for n in names if n in vars(one)
                ]
        return "; ".join([*texts, self._file(module)])

    def _module(self, module: ModuleType) -> str:
        """Return a module's file, and the code in it as it was loaded: files change meanwhile."""
        if not _followed(module):
            return f"module {module.__name__} {getattr(module, '__version__', '')}"
        texts = [f"module {module.__name__}", self._file(module.__name__)]
        for name, member in sorted(vars(module).items()):
            if not (name.startswith("__") and name.endswith("__")) and (
                isinstance(member, (*PLAIN, ModuleType)) or _is_code(member)
            ):
                texts.append(f"{name}: {self.text(member, name)}")
        return "; ".join(texts)

    def _file(self, module: str) -> str:
        """Return a digest of a module's file; of a script or notebook nothing: what is named counts."""
        file = getattr(sys.modules.get(module), "__file__", None)
        if module == MAIN or file is None:
            return ""
        try:
            return hashlib.sha256(Path(file).read_bytes()).hexdigest()
        except OSError:
            return ""


def _followed(module: ModuleType) -> bool:
    return module.__name__ != MAIN and is_own(module.__name__)


def _is_code(value: Any) -> bool:
    """Return whether this is a function or class of the user's."""
    return (isinstance(value, FunctionType | type) or hasattr(value, "__wrapped__")) and runs_own(value)


def _in_cell(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not filled yet
        return None


def _constant(value: Any) -> str:
    """Return a text of a constant in a function; the order of a set is another one in every process."""
    if isinstance(value, frozenset):
        return f"{{{', '.join(sorted(map(repr, value)))}}}"
    return code_text(value) if isinstance(value, CodeType) else repr(value)


def _codes(code: CodeType) -> Iterator[CodeType]:
    """Give a function's code and that of the functions in it."""
    yield code
    for item in code.co_consts:
        if isinstance(item, CodeType):
            yield from _codes(item)


def _names(code: CodeType) -> set[str]:
    return {name for one in _codes(code) for name in one.co_names}


def _modules(function: FunctionType) -> Iterator[ModuleType]:
    """Give modules of the user's that a function imports when it runs."""
    package = str(function.__globals__.get("__package__") or "")
    for code in _codes(function.__code__):
        steps = list(dis.get_instructions(code))
        for number, step in enumerate(steps):
            if step.opname != "IMPORT_NAME":
                continue
            level, given = steps[number - 2].argval, steps[number - 1].argval
            try:
                name = resolve_name("." * int(level or 0) + str(step.argval or ""), package)
            except (ImportError, ValueError, TypeError):
                continue
            yield from _imported(name, given if isinstance(given, Sequence) else ())


def _imported(name: str, given: Sequence[str]) -> Iterator[ModuleType]:
    """Give a module of the user's, and the modules in it that are meant by names; imported if need be."""
    if name == MAIN or not is_own(name):
        return
    for one in (name, *(f"{name}.{inner}" for inner in given)):
        try:
            yield import_module(one)
        except Exception:  # no module, or one that fails: the function itself will say so
            continue
