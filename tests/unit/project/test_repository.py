"""What must never get into the repository."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
MEGABYTE = 1_000_000


def tracked(pattern: str = "*") -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z", pattern], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:  # an unpacked archive instead of a clone
        return [p for p in ROOT.rglob(pattern) if p.is_file() and not {".venv", ".git"} & set(p.parts)]
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("path", tracked("*.ipynb"), ids=lambda path: path.name)
def test_notebooks_have_no_outputs(path: Path) -> None:
    notebook = json.loads(path.read_text())
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [], f"{path.name} holds outputs: run nbstripout {path}"
            assert cell["execution_count"] is None


def test_no_weights_and_no_large_files() -> None:
    for path in tracked():
        assert path.suffix not in {".h5", ".hdf5", ".pkl", ".pt", ".pth", ".tflite", ".onnx", ".task"}, path
        assert path.stat().st_size < MEGABYTE, path


def test_no_link_and_no_environment_is_tracked() -> None:
    """A tracked link called .venv takes the place of whoever merges it: git removes the ignored folder."""
    listed = subprocess.run(["git", "ls-files", "-s"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert [line for line in listed.stdout.splitlines() if line.startswith("120000")] == []
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert ".venv" in ignored  # with a slash only folders are ignored, and not a link to one


def test_no_path_of_a_machine_and_no_registry_host() -> None:
    # written in pieces, so that this file doesn't find itself
    hosts = [
        "py" + "pi.org",
        "files.python" + "hosted",
        "registry.np" + "mjs",
        "hugging" + "face.co",
        "cdn.js" + "delivr",
    ]
    folders = "|".join(["wo" + "rk", "ro" + "ot", "t" + "mp", "fa" + "rm"])
    machine = re.compile(rf"(?<![\w.])/(?:{folders})/\w")
    for path in tracked():
        if path.suffix in {".png", ".jpg", ".webp", ".npz", ".safetensors", ".parquet"}:
            continue
        text = path.read_text(encoding="utf-8")
        assert not machine.search(text), f"{path}: {machine.search(text)}"
        for host in hosts:
            assert host not in text, f"{path}: {host}"


@pytest.mark.thorough
def test_the_package_never_prints_and_leaves_nothing_unfinished() -> None:
    for path in tracked("facelib/*.py"):
        text = path.read_text()
        assert not re.search(r"^\s*print\(", text, re.MULTILINE), path
        assert not re.search(r"\b(TO" + "DO|FIX" + "ME|XX" + r"X)\b", text), path


def test_what_the_readme_and_the_index_point_to_is_there() -> None:
    targets = []
    for page in (ROOT / "README.md", ROOT / "docs" / "index.md"):
        text = page.read_text()
        targets += [page.parent / name for name in re.findall(r"\]\(([^)#]+)", text)]
        targets += [ROOT / name for name in re.findall(r"`((?:notebooks|data|benchmarks)/[\w./]+)`", text)]
    assert ROOT / "docs" / "explorer.png" in targets
    for target in targets:
        assert target.exists(), target
