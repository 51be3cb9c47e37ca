"""Read the weights of an old-format Keras file (.h5, .hdf5) as torch tensors."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import torch

from facelib.models import layout


def read_keras(path: Path) -> dict[str, dict[str, torch.Tensor]]:
    """Return the weights of every layer that has some.

    Parameters
    ----------
    path
        A file written by Keras' ``Model.save`` or ``save_weights`` in HDF5.

    Returns
    -------
    dict
        Layer name to weight name ("kernel", "bias", "gamma", "moving_mean" …) to float32 tensor,
        kernels in torch's order of axes.
    """
    layers: dict[str, dict[str, torch.Tensor]] = {}
    with h5py.File(path, "r") as file:
        root = file.get("model_weights", file)
        for layer, group in root.items():
            names = [_text(name) for name in group.attrs.get("weight_names", ())]
            if names:
                layers[layer] = dict(_weight(name, np.asarray(group[name])) for name in names)
    return layers


def _weight(name: str, array: np.ndarray) -> tuple[str, torch.Tensor]:
    short = name.rsplit("/", 1)[-1].split(":", maxsplit=1)[0]
    tensor = torch.from_numpy(array.astype(np.float32))
    if tensor.ndim == 4:
        turn = layout.depthwise if short.startswith("depthwise") else layout.convolution
        return short, turn(tensor)
    return short, layout.dense(tensor) if tensor.ndim == 2 else tensor


def _text(name: bytes | str) -> str:
    return name.decode() if isinstance(name, bytes) else name
