"""Numbers that are compared with committed ones come again on a processor without the newest instructions."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import facelib

HERE = Path(__file__).parents[2]
BLAS = ("Prescott", "Haswell")
OLD = {
    "OPENBLAS_CORETYPE": "Prescott",
    "NUMBA_CPU_NAME": "x86-64",
    "NUMBA_CPU_FEATURES": "",
    "ATEN_CPU_CAPABILITY": "default",
    "ONEDNN_MAX_CPU_ISA": "SSE41",
}
"""What makes libraries compute as on a processor of 2004; NumPy's own list is asked for below."""
NUMBERS = """
import json
import numpy as np
from facelib import properties
from facelib.faces import Head
from facelib.properties.light import _normals
faces = [Head(seed=seed, age=age).render(160) for seed, age in ((1, 30), (2, 70))]
names = ["light_azimuth", "light_elevation", "light_contrast", "symmetry", "skin_tone", "brightness"]
measured = properties.measure(faces, names).to_numpy()
print(json.dumps({"normals": _normals().tolist(), "faces": measured.tolist()}))
"""
COMMITTED = (
    "tests/unit/experiments/test_manipulation.py::test_the_committed_check_comes_again",
    "tests/oracle/test_anny_geometry.py",
)


def disabled() -> str:
    """Return what NumPy can do without here; a name that it doesn't know would be a warning."""
    from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

    return " ".join(name for name in __cpu_dispatch__ if __cpu_features__.get(name))


def child(words: list[str], **more: str) -> subprocess.CompletedProcess[str]:
    given = {**os.environ, **more, "PYTHONPATH": str(Path(facelib.__file__).parents[1])}
    return subprocess.run(words, capture_output=True, text=True, check=False, env=given, cwd=HERE)


def numbers(**more: str) -> dict[str, np.ndarray]:
    import json

    done = child([sys.executable, "-c", NUMBERS], **more)
    assert done.returncode == 0, done.stderr[-2000:]
    return {name: np.array(value) for name, value in json.loads(done.stdout).items()}


def test_measures_are_the_same_on_an_older_processor() -> None:
    """The light came from .4° further aside: NumPy sorts what is equal in another order there."""
    here = numbers()
    for blas in BLAS:
        there = numbers(**{**OLD, "OPENBLAS_CORETYPE": blas, "NPY_DISABLE_CPU_FEATURES": disabled()})
        for name, values in here.items():
            np.testing.assert_allclose(there[name], values, rtol=0, atol=2e-3, err_msg=f"{blas}: {name}")


@pytest.mark.packages
def test_committed_numbers_come_again_on_an_older_processor() -> None:
    done = child(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *COMMITTED],
        **OLD,
        NPY_DISABLE_CPU_FEATURES=disabled(),
    )
    assert done.returncode == 0, done.stdout[-3000:]
