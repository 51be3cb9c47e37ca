"""Imports run one way, and `import facelib` stays light."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import facelib

ROOT = Path(facelib.__file__).parent
ORDER = [
    "models",
    "faces",
    "semg",
    "restoration",
    "properties",
    "interventions",
    "classifiers",
    "attribution",
    "studies",
    "charts",
    "reports",
    "app",
]
LAYERS = [*ORDER, "stats"]
BASE = {"errors", "lazy", "registry", "showing"}


def imported_layers(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            parts = name.split(".")
            if parts[0] == "facelib" and len(parts) > 1:
                found.add(parts[1])
    return found


@pytest.mark.parametrize("layer", LAYERS)
def test_nothing_imports_to_the_right(layer: str) -> None:
    if layer == "stats":
        allowed = {"stats"}
    else:
        allowed = {*ORDER[: ORDER.index(layer) + 1], "stats"} - ({"stats"} if layer == "models" else set())
    allowed |= BASE
    for path in sorted((ROOT / layer).rglob("*.py")):
        wrong = imported_layers(path) - allowed
        assert not wrong, f"{path.relative_to(ROOT)} imports {sorted(wrong)}"


def test_computation_never_imports_a_widget() -> None:
    for path in sorted(ROOT.rglob("*.py")):
        if path.relative_to(ROOT).parts[0] == "app":
            continue
        text = path.read_text()
        assert "ipywidgets" not in text.split('"""')[-1], path
        assert "import anywidget" not in text, path


def test_modules_stay_small() -> None:
    for path in sorted(ROOT.rglob("*.py")):
        assert len(path.read_text().splitlines()) <= 500, path  # a few hundred, as one noun needs


def test_import_is_light() -> None:
    code = (
        "import time, sys; t = time.process_time(); import facelib; s = time.process_time() - t; "
        "heavy = {'torch', 'pandas', 'altair', 'scipy', 'numba', 'cv2'} & set(sys.modules); "
        "assert not heavy, heavy; assert s < 0.3, s"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("layer", ["faces", "semg", "restoration", "properties", "interventions"])
def test_torch_is_loaded_when_it_is_needed(layer: str) -> None:
    code = f"import sys, facelib.{layer}; print('torch' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told == "False\n"
