"""Imports run one way, `import facelib` stays light, and rooms stay small."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import facelib

ROOT = Path(facelib.__file__).parent
LINTER = tomllib.loads((ROOT.parent / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
ORDER = tuple(name.removeprefix("facelib.") for name in reversed(LINTER["contracts"][0]["layers"]))
"""Rooms from the ground up: each may import those before it."""
GROUND = {"errors", "face"}
LAZY = {("studies", "reports")}
"""The one way back: results and sweeps write their reports and explorables; the module is imported late."""
WIDGETS = {"anywidget", "ipywidgets", "traitlets", "voila"}
MOST_LINES = 95  # of a function, without its docstring
MOST_NAMES = 454  # in all `__all__` together


def imported(path: Path) -> Iterator[str]:
    """Give the dotted names that a module imports, in functions and by strings, too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "import_module":
            asked = node.args[0]
            if isinstance(asked, ast.Constant):
                yield str(asked.value)
            elif isinstance(asked, ast.JoinedStr) and isinstance(first := asked.values[0], ast.Constant):
                yield str(first.value)


def modules() -> list[Path]:
    return sorted(path for path in ROOT.rglob("*.py") if "__pycache__" not in path.parts)


def test_every_room_has_its_place() -> None:
    rooms = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert rooms == set(ORDER)


@pytest.mark.one_case
@pytest.mark.parametrize("room", ORDER)
def test_nothing_imports_to_the_right(room: str) -> None:
    allowed = {*ORDER[: ORDER.index(room) + 1], *GROUND, "__version__"}
    allowed |= {there for here, there in LAZY if here == room}
    for path in sorted((ROOT / room).rglob("*.py")):
        names = [name.split(".") for name in imported(path) if name.split(".")[0] == "facelib"]
        wrong = {parts[1] for parts in names if len(parts) > 1 and parts[1] in ORDER} - allowed
        assert not wrong, f"{path.relative_to(ROOT)} imports {sorted(wrong)}"


@pytest.mark.thorough
def test_computation_never_imports_a_widget() -> None:
    for path in modules():
        if path.relative_to(ROOT).parts[0] != "app":
            tops = {name.split(".")[0] for name in imported(path)}
            assert not tops & WIDGETS, path


def test_a_room_holds_at_most_twenty_modules() -> None:
    for folder in {path.parent for path in modules()}:
        held = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
        assert len(held) <= 20, f"{folder.relative_to(ROOT)} holds {len(held)}"


def test_no_module_hides_a_name_that_is_imported_when_asked_for() -> None:
    """`experiments.behaviour` was a function until somebody imported the module of the same name."""
    for path in ROOT.rglob("__init__.py"):
        if "lazy(__name__" in path.read_text(encoding="utf-8"):
            package = importlib.import_module(".".join(("facelib", *path.parent.relative_to(ROOT).parts)))
            here = {one.stem for one in path.parent.glob("*.py")}
            here |= {one.parent.name for one in path.parent.glob("*/__init__.py")}
            for name in here & set(package.__all__):
                assert isinstance(getattr(package, name), ModuleType), f"{package.__name__}.{name}"


@pytest.mark.thorough
def test_public_names_stay_few() -> None:
    """Each is a promise. What only facelib's own rooms use is imported from the module that holds it."""
    offered: dict[str, int] = {}
    for path in modules():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
                offered[str(path.relative_to(ROOT))] = len(ast.literal_eval(node.value))
    assert len(offered) > 10
    assert sum(offered.values()) <= MOST_NAMES, offered


@pytest.mark.thorough
def test_functions_stay_small() -> None:
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                said = node.body[0] if ast.get_docstring(node) else None
                lines = (node.end_lineno or 0) - node.lineno + 1
                if said is not None:
                    lines -= (said.end_lineno or 0) - said.lineno + 1
                assert lines <= MOST_LINES, f"{path.relative_to(ROOT)}: {node.name} has {lines} lines"


def test_import_is_light() -> None:
    code = (
        "import time, sys; t = time.process_time(); import facelib; s = time.process_time() - t; "
        "heavy = {'torch', 'pandas', 'altair', 'scipy', 'numba', 'cv2'} & set(sys.modules); "
        "assert not heavy, heavy; assert s < 0.3, s"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.one_case
@pytest.mark.parametrize("room", ORDER[ORDER.index("head") : ORDER.index("classifiers")])
def test_torch_is_loaded_when_it_is_needed(room: str) -> None:
    code = f"import sys, facelib.{room}; print('torch' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told == "False\n"
