"""Digests of code: a module, all that it imports from facelib, and the data beside it.

Whatever is kept (units of studies, compiled functions, the head's geometry, layouts of charts) has such a
digest in its key, so that it is made anew when anything changes that it was made by.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

from facelib.errors import BadValueError

TOP: Final = "facelib"
FOLDER: Final = Path(__file__).parents[1]  # of facelib

NAMES_ONLY: Final = (TOP, f"{TOP}.models", f"{TOP}.studies", f"{TOP}.experiments")
"""Packages whose ``__init__`` gives names to what lies in their modules, and does nothing besides.

What is imported from them is followed name by name, so that what computes a study doesn't change with every
report about studies.
"""

SHOWN_ONLY: Final = ("experiments", "semg")
"""Folders of facelib whose data are results that are committed to be shown: nothing is computed from them."""

NO_DATA: Final = (".py", ".pyc", ".pyi", ".typed", ".md", ".js", ".css", ".html", ".j2", ".svg")
"""Ends of files that say or show something."""

EVERY: Final = "*"  # whatever a package gives

LENGTH: Final = 32  # hexadecimal digits

ADDED: Final[Mapping[str, bool]] = MappingProxyType({"added": True})
"""Metadata of a dataclass's field that came later: while it has its default, keys are those of before."""


class Import(NamedTuple):
    """One import in a module.

    Attributes
    ----------
    module
        Dotted name of what is imported, or imported from.
    names
        What is used of it; `EVERY`: all that it gives.
    typing
        Whether it is for types only.
    """

    module: str
    names: tuple[str, ...]
    typing: bool


def closure(*start: str, without: Collection[str] = (), folder: Path | None = None) -> tuple[str, ...]:
    """Return modules of facelib and all modules of facelib that they import, wherever in their code.

    Parameters
    ----------
    start
        Dotted names of modules or packages; of packages their ``__init__``, not all that lies in them.
    without
        Modules and packages that are neither listed nor followed.
    folder
        Of another copy of facelib.

    Returns
    -------
    tuple of str
        Sorted; imports for types alone aren't followed, lazy names of packages where they are used.

    Raises
    ------
    BadValueError
        If there is no such module.

    Examples
    --------
    >>> closure("facelib.utilities.files")
    ('facelib.errors', 'facelib.utilities', 'facelib.utilities.files')
    """
    return _closure(tuple(start), tuple(without), folder or FOLDER)


@cache
def _closure(start: tuple[str, ...], without: tuple[str, ...], top: Path) -> tuple[str, ...]:
    if unknown := [name for name in start if _path(top, name) is None]:
        msg = f"facelib has no module {', '.join(unknown)}."
        raise BadValueError(msg)
    modules: set[str] = set()
    waiting = list(start)
    while waiting:
        name = waiting.pop()
        known = name in modules or name in NAMES_ONLY or _left_out(name, without)
        if known or (path := _path(top, name)) is None:
            continue
        modules.add(name)
        waiting.append(name.rpartition(".")[0])  # packages are imported before what lies in them
        for one in _imports(path, name):
            if not one.typing:
                waiting += _meant(top, one.module, one.names)
    return tuple(sorted(modules))


def files(modules: Collection[str], *, folder: Path | None = None) -> list[Path]:
    """Return the files of modules, and the data in the folders in which they lie."""
    top = folder or FOLDER
    code = {path for name in modules if (path := _path(top, name)) is not None}
    data = {path for place in {path.parent for path in code} for path in _data(top, place)}
    return sorted(code | data)


def digest(*start: str, without: Collection[str] = (), folder: Path | None = None) -> str:
    """Return a hash of the files of `closure`, and of the data beside them; made once per process.

    >>> digest("facelib.utilities.files") == digest("facelib.utilities.files") != digest("facelib.errors")
    True
    """
    return _digest(tuple(start), tuple(without), folder or FOLDER)


@cache
def _digest(start: tuple[str, ...], without: tuple[str, ...], top: Path) -> str:
    content = hashlib.sha256()
    for path in files(_closure(start, without, top), folder=top):
        content.update(path.relative_to(top).as_posix().encode() + b"\0" + _hash(path))
    return content.hexdigest()[:LENGTH]


def forget() -> None:
    """Forget what this process has read, so that changed files are read again."""
    for kept in (_closure, _digest, _hash, _imports, _path):
        kept.cache_clear()


@cache
def _hash(path: Path) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()


def _left_out(name: str, without: Collection[str]) -> bool:
    return any(name == one or name.startswith(f"{one}.") for one in without)


@cache
def _path(top: Path, name: str) -> Path | None:
    """Return the file of a module or package; None if facelib has none of this name."""
    first, *inner = name.split(".")
    if first != TOP:
        return None
    path = top.joinpath(*inner)
    for one in (path / "__init__.py", path.with_name(f"{path.name}.py")):
        if one.is_file():
            return one
    return None


def _data(top: Path, place: Path) -> Iterator[Path]:
    """Yield the data in a folder, and in the folders in it that are no packages."""
    if place == top or place.relative_to(top).parts[0] in SHOWN_ONLY:
        return
    for path in sorted(place.iterdir()):
        if path.is_dir():
            if path.name != "__pycache__" and not (path / "__init__.py").exists():
                yield from _data(top, path)
        elif path.suffix not in NO_DATA and not path.name.startswith("."):
            yield path


def _meant(top: Path, module: str, names: Collection[str]) -> Iterator[str]:
    """Yield the modules in which names lie that are imported from a module or package."""
    path = _path(top, module)
    if path is None:
        return
    yield module
    if path.name != "__init__.py":
        return
    given = {name: one.module for one in _imports(path, module) for name in one.names}
    for name in given if EVERY in names else names:
        if _path(top, f"{module}.{name}") is not None:
            yield from _meant(top, f"{module}.{name}", [EVERY])
        elif given.get(name, module) != module:
            yield from _meant(top, given[name], [name])


@cache
def _imports(path: Path, module: str) -> tuple[Import, ...]:
    """Return what a module imports of facelib, in functions, too."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    found = list(_statements(tree.body, package, typing=False))
    if "import_module" in text:
        found += _called(tree, path, module)
    return tuple(found)


def _statements(body: list[ast.stmt], package: str, *, typing: bool) -> Iterator[Import]:
    """Yield the imports in statements, and in statements in them."""
    for node in body:
        if isinstance(node, ast.Import):
            for item in node.names:
                yield Import(item.name, (EVERY,), typing)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) + 1 - node.level] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            yield Import(module, tuple(item.name for item in node.names), typing)
        elif isinstance(node, ast.If) and _name(node.test) == "TYPE_CHECKING":
            yield from _statements(node.body, package, typing=True)
            yield from _statements(node.orelse, package, typing=typing)
        else:
            for name in ("body", "orelse", "finalbody", "handlers", "cases"):
                inner = getattr(node, name, None)
                if isinstance(inner, list):
                    yield from _statements(inner, package, typing=typing)


def _name(node: ast.expr) -> str:
    """Return the last part of a dotted name."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _called(tree: ast.Module, path: Path, module: str) -> Iterator[Import]:
    """Yield what is imported by `import_module`: one module, or all that begin with what is said of it.

    A package's lazy names are followed where they are used.
    """
    lazy = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "__getattr__"]
    skipped = {id(inner) for node in lazy for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or id(node) in skipped:
            continue
        if _name(node.func) != "import_module" or not node.args:
            continue
        asked = node.args[0]
        if isinstance(asked, ast.Constant) and isinstance(asked.value, str):
            yield Import(asked.value, (EVERY,), typing=False)
        elif isinstance(asked, ast.JoinedStr) and isinstance(first := asked.values[0], ast.Constant):
            yield from _beginning(str(first.value), path, module)


def _beginning(start: str, path: Path, module: str) -> Iterator[Import]:
    """Yield all modules of a package."""
    package = start.rpartition(".")[0]
    top = path.parents[len(module.split(".")) - (path.name != "__init__.py")]
    place = top.joinpath(*package.split("."))
    for one in sorted(place.rglob("*.py")):
        inner = one.relative_to(top).with_suffix("").parts
        yield Import(".".join(inner[:-1] if inner[-1] == "__init__" else inner), (EVERY,), typing=False)
