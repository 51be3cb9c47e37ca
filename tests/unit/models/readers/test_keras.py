"""Weights of Keras files, by layer and name."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
import torch

from facelib.models.readers.keras import read_keras


@pytest.mark.parametrize("root", ["model_weights", ""])
def test_weights_by_layer(tmp_path: Path, rng: np.random.Generator, root: str) -> None:
    kernel, depthwise = rng.normal(size=(3, 2, 4, 5)), rng.normal(size=(3, 3, 4, 1))
    dense, bias = rng.normal(size=(7, 2)), rng.normal(size=2)
    path = tmp_path / "model.h5"
    with h5py.File(path, "w") as file:
        top = file.create_group(root) if root else file
        for layer, weights in {
            "conv": {"conv/kernel:0": kernel},
            "separable": {"separable/depthwise_kernel:0": depthwise},
            "dense": {"dense/kernel:0": dense, "dense/bias:0": bias},
        }.items():
            group = top.create_group(layer)
            group.attrs["weight_names"] = [name.encode() for name in weights]
            for name, value in weights.items():
                group[name] = value
        top.create_group("relu").attrs["weight_names"] = np.array([], "S1")
    found = read_keras(path)
    assert set(found) == {"conv", "separable", "dense"}  # a layer without weights is left out
    assert found["conv"]["kernel"].shape == (5, 4, 3, 2)
    assert found["conv"]["kernel"].dtype == torch.float32
    assert found["conv"]["kernel"][1, 2, 0, 1] == pytest.approx(kernel[0, 1, 2, 1])
    assert found["separable"]["depthwise_kernel"].shape == (4, 1, 3, 3)
    np.testing.assert_allclose(found["dense"]["kernel"], dense.T, rtol=1e-6)
    np.testing.assert_allclose(found["dense"]["bias"], bias, rtol=1e-6)
