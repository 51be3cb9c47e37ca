"""The recipes for SLURM in docs/scale.md, as they stand there, on the local executors of their packages."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import facelib
from facelib import studies

DOCS = Path(__file__).parents[2] / "docs" / "scale.md"
LOCAL = """
import dask_jobqueue
from dask_jobqueue.local import LocalCluster

from dask_jobqueue.slurm import SLURMJob


def here(**options):
    print(SLURMJob("tcp://scheduler:8786", "worker", **options).job_script())
    return LocalCluster(cores=2, processes=2, memory="4GB")


dask_jobqueue.SLURMCluster = here
"""
DECLARED = """
study: interventional
faces: {heads: 4, seed: 1, expressions: [happy]}
interventions: [symmetry]
classifiers: [known_unbiased]
steps: 3
size: 64
"""


def recipe(package: str) -> str:
    """Return the example of a package, as its reader copies it."""
    blocks = re.findall(r"```python\n(.*?)```", DOCS.read_text(), re.DOTALL)
    (code,) = [block for block in blocks if package in block]
    return code


def run(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    script = folder / "recipe.py"
    script.write_text(code.replace("/shared/", f"{folder}/"))
    return subprocess.run(
        [sys.executable, str(script)],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def declared(folder: Path, name: str = "study") -> Path:
    path = folder / f"{name}.yml"
    path.write_text(DECLARED)
    return path


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """The same study by one process."""
    folder = tmp_path_factory.mktemp("alone")
    return facelib.InterventionalStudy.from_yaml(declared(folder)).run(folder / "run", n_jobs=1).table


def test_jobqueue_reads_the_same_numbers(tmp_path: Path, alone: pd.DataFrame) -> None:
    begin = f'import facelib\nstudy = facelib.InterventionalStudy.from_yaml("{declared(tmp_path)}")\n'
    code = recipe("dask_jobqueue").replace("\n", "\n    ").replace("jobs=4", "jobs=1")
    done = run(f"{LOCAL}\n{begin}\nif __name__ == '__main__':\n    {code}", tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
    for line in ("#SBATCH -p normal", "#SBATCH -A mine", "#SBATCH -t 04:00:00", "#SBATCH --cpus-per-task=16"):
        assert line in done.stdout
    found = studies.open_study(tmp_path / "runs" / "one")
    assert found.complete
    pd.testing.assert_frame_equal(found.table, alone)


def test_submitit_reads_the_same_numbers(tmp_path: Path, alone: pd.DataFrame) -> None:
    (tmp_path / "studies").mkdir()
    for name in ("one", "other"):
        declared(tmp_path / "studies", name)
    done = run(recipe("submitit").replace("n_jobs=16", "n_jobs=1"), tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.strip().endswith("[True, True]")
    for name in ("one", "other"):
        pd.testing.assert_frame_equal(studies.open_study(tmp_path / "runs" / name).table, alone)
