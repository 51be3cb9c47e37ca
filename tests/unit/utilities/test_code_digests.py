"""Whatever a module is made of is in its digest: one changed byte of any kind of file is another one."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from facelib.errors import BadValueError
from facelib.utilities import code_digests

Digest = Callable[..., str]


@pytest.fixture
def forget() -> Iterator[Callable[[], None]]:
    """Forget what was read: a process reads every file once."""
    yield code_digests.forget
    code_digests.forget()


@pytest.fixture
def made(tmp_path: Path, forget: Callable[[], None]) -> Callable[[dict[str, str]], Digest]:
    """Write a package named facelib of a few files; gives what makes digests of its modules."""
    folder = tmp_path / "facelib"

    def write(files: dict[str, str]) -> Digest:
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        forget()
        return lambda *names, **how: code_digests.digest(*names, folder=folder, **how)

    return write


def closure(made: Callable[[dict[str, str]], Digest], files: dict[str, str], tmp_path: Path) -> list[str]:
    made(files)
    return list(code_digests.closure("facelib.a.start", folder=tmp_path / "facelib"))


@pytest.mark.parametrize(
    "line",
    [
        "from facelib.b.other import thing",
        "from facelib.b import other",
        "import facelib.b.other",
        "import os, facelib.b.other as it",
        "from ..b.other import thing",
        "from ..b import other",
        "def f():\n    from facelib.b import (\n        other,\n    )",
        "try:\n    pass\nexcept OSError:\n    from facelib.b import other",
        "class A:\n    if 1:\n        with open('x'):\n            from facelib.b import other",
        "match 1:\n    case 1:\n        from facelib.b import other",
        "from importlib import import_module\nimport_module('facelib.b.other')",
        "import importlib\ndef f(name):\n    return importlib.import_module(f'facelib.b.{name}')",
        "from facelib.b import named",
        "from facelib.b import *",
        "import facelib.b",
        "from facelib import b",
        "from facelib.c import passed_on",
    ],
)
def test_every_way_to_import_is_followed(
    made: Callable[[dict[str, str]], Digest], tmp_path: Path, line: str
) -> None:
    files = {
        "__init__.py": "",
        "a/__init__.py": "",
        "a/start.py": line,
        "b/__init__.py": "TYPE_CHECKING = False\nif TYPE_CHECKING:\n    from facelib.b.other import named",
        "b/other.py": "thing = named = 1",
        "c/__init__.py": "from facelib.b import named as passed_on",
    }
    if "passed_on" in line:
        files["c/__init__.py"] = "from facelib.b import named\npassed_on = named"
    assert "facelib.b.other" in closure(made, files, tmp_path)


@pytest.mark.parametrize(
    "line",
    [
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from facelib.b.other import thing",
        "import typing\nif typing.TYPE_CHECKING:\n    from facelib.b.other import thing",
        "'''\nfrom facelib.b.other import thing\n'''",
        "from facelib.b.alone import x",
        "from facelib.b import alone",
    ],
)
def test_what_is_not_imported_is_not_followed(
    made: Callable[[dict[str, str]], Digest], tmp_path: Path, line: str
) -> None:
    files = {
        "__init__.py": "",
        "a/__init__.py": "",
        "a/start.py": line,
        "b/__init__.py": "if TYPE_CHECKING:\n    from facelib.b.other import named",
        "b/other.py": "thing = named = 1",
        "b/alone.py": "x = 1",
    }
    assert "facelib.b.other" not in closure(made, files, tmp_path)


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("a/start.py", True),
        ("b/other.py", True),
        ("a/table.csv", True),
        ("a/weights/net.safetensors", True),
        ("a/weights/net.npz", True),
        ("a/about.json", True),
        ("b/unused.py", False),
        ("a/look.css", False),
        ("a/look.js", False),
        ("a/page.html", False),
        ("a/README.md", False),
        ("d/table.csv", False),
    ],
)
def test_one_changed_byte(made: Callable[[dict[str, str]], Digest], name: str, counts: bool) -> None:
    files = dict.fromkeys(
        ["__init__.py", "a/__init__.py", "b/__init__.py", "b/other.py", "b/unused.py", "a/table.csv",
         "a/weights/net.safetensors", "a/weights/net.npz", "a/about.json", "a/look.css", "a/look.js",
         "a/page.html", "a/README.md", "d/table.csv"],
        "x = 1\n",
    ) | {"a/start.py": "from facelib.b.other import x\n"}  # fmt: skip
    before = made(files)("facelib.a.start")
    assert made(files)("facelib.a.start") == before
    assert (made(files | {name: f"{files[name]}\n"})("facelib.a.start") != before) is counts


def test_a_file_that_comes_or_goes_counts(made: Callable[[dict[str, str]], Digest], tmp_path: Path) -> None:
    files = {"__init__.py": "", "a/__init__.py": "", "a/start.py": ""}
    before = made(files)("facelib.a.start")
    assert made({"a/new.csv": "1"})("facelib.a.start") != before
    (tmp_path / "facelib/a/new.csv").unlink()
    assert made({})("facelib.a.start") == before


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of facelib that a test may change."""
    ignored = shutil.ignore_patterns("__pycache__", "*.parquet")
    return shutil.copytree(code_digests.FOLDER, tmp_path / "facelib", ignore=ignored)


WORKER = ("facelib.studies.engine.worker",)
KERNEL = ("facelib.head.geometry.raster",)
GEOMETRY = ("facelib.head.geometry.build", "facelib.head.geometry.arrays")
CHART = ("facelib.charts.sweeps.curves",)


@pytest.mark.thorough
def test_what_keeps_something_sees_every_kind_of_file_that_made_it(
    copy: Path, forget: Callable[[], None]
) -> None:
    """One byte of each kind in a copy of the real package: units, Numba's functions, geometry, layouts."""
    cases = {
        "restoration/trained/restoration.safetensors": {WORKER},
        "classifiers/known_bias_weights/known_unbiased.safetensors": {WORKER},
        "restoration/network.py": {WORKER},
        "faces/video.py": {WORKER},
        "utilities/registry.py": {WORKER, GEOMETRY},
        "head/geometry/landmarks.csv": {WORKER, KERNEL, GEOMETRY},
        "head/rendering/lighting.py": {WORKER},
        "head/geometry/makehuman.py": {WORKER, KERNEL, GEOMETRY},
        "head/geometry/build.py": {WORKER, GEOMETRY},
        "head/jit.py": {WORKER, KERNEL, GEOMETRY},
        "charts/palette.py": {CHART},
        "charts/sweeps/curves.py": {CHART},
        "data/behaviour.parquet": set(),
        "studies/declared/declaration.py": set(),
        "studies/__init__.py": set(),
        "app/widgets/style.css": set(),
        "app/explorer.py": set(),
        "reports/templates/report.css": set(),
    }
    kinds = (WORKER, KERNEL, GEOMETRY, CHART)

    def keys() -> dict[tuple[str, ...], str]:
        forget()
        return {kind: code_digests.digest(*kind, folder=copy) for kind in kinds}

    before = keys()
    assert before == {kind: code_digests.digest(*kind) for kind in kinds}, "where it lies is no difference"
    for name, changed in cases.items():
        path = copy / name
        path.parent.mkdir(exist_ok=True)
        content = path.read_bytes() if path.exists() else None
        path.write_bytes((content or b"") + b"\n")
        now = keys()
        assert {kind for kind in kinds if now[kind] != before[kind]} == changed, name
        path.unlink() if content is None else path.write_bytes(content)


@pytest.mark.thorough
def test_these_are_the_keys_of_what_is_kept() -> None:
    from facelib.app.widgets import chartview
    from facelib.charts import specs
    from facelib.head import jit
    from facelib.head.geometry import arrays
    from facelib.studies.engine import fingerprints

    assert arrays.cache_path().name == f"head-{code_digests.digest(*GEOMETRY)[:16]}.npz"
    assert jit.version("head.geometry.raster") == code_digests.digest(*KERNEL)[:16]
    assert code_digests.digest(*CHART) in specs._fingerprint("sweeps.curves")
    assert chartview._made_by() == code_digests.digest("facelib.app.widgets.chartview")[:16]
    assert fingerprints.versions()["code"] == code_digests.digest(*WORKER, without=fingerprints.STORING)


@pytest.mark.thorough
def test_it_is_cheap(forget: Callable[[], None]) -> None:
    """Some .25 s of the processor; the bound is what a slow machine under load takes."""
    forget()
    begun = time.process_time()
    first = code_digests.digest(*WORKER)
    spent = time.process_time() - begun
    assert spent < 3.0
    begun = time.process_time()
    assert code_digests.digest(*WORKER) == first
    assert time.process_time() - begun < spent / 10


def test_names_only_packages_do_nothing_but_name() -> None:
    """Their own file isn't hashed, so nothing in it may compute."""
    import ast

    allowed = (ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign, ast.If, ast.FunctionDef)
    for name in code_digests.NAMES_ONLY:
        path = code_digests._path(code_digests.FOLDER, name)
        assert path is not None
        for node in ast.parse(path.read_text()).body:
            doc = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            silences = ast.unparse(node) in {"os.environ.update(_SILENCED)", "_show_sweeps()"}
            assert doc or silences or isinstance(node, allowed), ast.unparse(node)
            if isinstance(node, ast.FunctionDef):
                assert node.name in {"__getattr__", "__dir__", "_show_sweeps"}


def test_a_module_that_is_not_there_has_no_digest() -> None:
    """An empty one would be the same for all of them."""
    with pytest.raises(BadValueError, match=r"no module facelib\.faces\.rastre"):
        code_digests.digest("facelib.faces.rastre")


@pytest.mark.thorough
def test_another_process_finds_the_same() -> None:
    code = (
        "from facelib.utilities import code_digests; "
        "print(code_digests.digest('facelib.studies.engine.worker'))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == code_digests.digest("facelib.studies.engine.worker")
