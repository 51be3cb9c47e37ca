"""What a person meets who types in a notebook: Tab, a cell's last line, pictures without labels."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import facelib

ROOT = Path(facelib.__file__).parent
PACKAGES = sorted(
    ".".join(("facelib", *path.parent.relative_to(ROOT).parts)) for path in ROOT.rglob("__init__.py")
)
LOOK = """
import importlib, json, sys
import facelib
found = {}
for name in sys.argv[1:]:
    package = importlib.import_module(name)
    found[name] = {"shown": [one for one in dir(package) if not one.startswith("__")], "all": package.__all__}
for name in found:
    for one in found[name]["all"]:
        getattr(sys.modules[name], one)
print(json.dumps(found))
"""


def fresh(code: str, *words: str, seconds: float = 300) -> str:
    """Run code in an interpreter that has imported nothing, and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, timeout=seconds, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_tab_shows_what_a_package_offers_and_nothing_else() -> None:
    assert {"facelib", "facelib.charts", "facelib.semg", "facelib.stats.independence"} <= set(PACKAGES)
    found = json.loads(fresh(LOOK, *PACKAGES))
    for name, package in found.items():
        assert package["all"], name
        assert sorted(package["shown"]) == sorted(package["all"]), name
        private = [one for one in package["shown"] if one.startswith("_")]
        assert not private, f"{name}: {private}"
        assert not {"annotations", "importlib", "TYPE_CHECKING", "Any"} & set(package["shown"]), name


def test_tab_works_on_what_nobody_has_used_yet() -> None:
    code = "import facelib; print(*dir(facelib.charts), *dir(facelib.faces), *dir(facelib.semg))"
    shown = fresh(code).split()
    assert {"response", "forest", "FaceSet", "load_face", "read_signals", "Recording"} <= set(shown)
