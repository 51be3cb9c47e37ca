"""Notebooks, benchmarks and tests name what facelib has: found here in seconds, not when they are run."""

from __future__ import annotations

import ast
import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
SCRIPTS = sorted(
    path for folder in ("benchmarks", "docs", "research", "tests") for path in (ROOT / folder).rglob("*.py")
)
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def syntax(path: Path) -> ast.Module:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        cells = [cell["source"] for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
        lines = [line for cell in cells for line in "".join(cell).splitlines()]
        text = "\n".join(line for line in lines if not line.lstrip().startswith(("%", "!")))
    return ast.parse(text)


def found(owner: Any, name: str) -> Any:
    """Return what a module has or holds by that name; None if nothing."""
    if not hasattr(owner, name):
        try:
            return importlib.import_module(f"{owner.__name__}.{name}")
        except ImportError:
            return None
    return getattr(owner, name)


def missing(tree: ast.Module) -> Iterator[str]:
    """Give the names that are imported from facelib, or asked of its modules, and aren't there."""
    modules: dict[str, ModuleType] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "facelib":
            owner = importlib.import_module(str(node.module))
            for alias in node.names:
                one = found(owner, alias.name)
                if one is None and not hasattr(owner, alias.name):
                    yield f"{node.module}.{alias.name}"
                if isinstance(one, ModuleType):
                    modules[alias.asname or alias.name] = one
        elif isinstance(node, ast.Import):
            names = [alias for alias in node.names if alias.name.split(".")[0] == "facelib"]
            for alias in names:
                one = importlib.import_module(alias.name)
                modules[alias.asname or "facelib"] = (
                    one if alias.asname else importlib.import_module("facelib")
                )
    given = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    given |= {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            yield from unknown(node, {name: one for name, one in modules.items() if name not in given})


def unknown(node: ast.Attribute, modules: dict[str, ModuleType]) -> Iterator[str]:
    """Give an attribute of a module of facelib that it hasn't got."""
    parts, start = [node.attr], node.value
    while isinstance(start, ast.Attribute):
        parts.insert(0, start.attr)
        start = start.value
    owner: Any = modules.get(start.id) if isinstance(start, ast.Name) else None
    for part in parts:
        if not isinstance(owner, ModuleType) or not owner.__name__.startswith("facelib"):
            return
        here, owner = owner, found(owner, part)
        if owner is None and not hasattr(here, part):
            yield f"{here.__name__}.{part}"


def test_notebooks_use_no_name_before_it_is_there() -> None:
    options = ("check", "--isolated", "--no-cache", "--select", "F821")
    check = [sys.executable, "-m", "ruff", *options, *map(str, NOTEBOOKS)]
    done = subprocess.run(check, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", [*NOTEBOOKS, *SCRIPTS], ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_is_named_is_there(path: Path) -> None:
    assert sorted(set(missing(syntax(path)))) == []
