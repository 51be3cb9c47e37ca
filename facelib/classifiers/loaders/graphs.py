"""Loaders of files with a network and its weights: ONNX, Keras and TensorFlow Lite."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from facelib.classifiers.loaders.loaded import LOADERS, Declared, Loaded, Loader, Source, has_suffix
from facelib.errors import BadValueError
from facelib.models.catalogue import file_hash
from facelib.models.readers.keras_graph import read_keras_network
from facelib.models.readers.network import FileNetwork
from facelib.models.readers.tflite import read_tflite_network


def _onnx(path: Path, declared: Declared) -> FileNetwork:
    from facelib.models.readers.onnx_graph import read_onnx_network

    return read_onnx_network(path, size=declared.size, trust=declared.trust)


def _keras(path: Path, declared: Declared, config: Mapping[str, Any] | str | None = None) -> FileNetwork:
    return read_keras_network(path, size=declared.size, config=config)


def _tflite(path: Path, _declared: Declared) -> FileNetwork:
    return read_tflite_network(path)


def _reader(read: Callable[..., FileNetwork]) -> Callable[..., Loaded]:
    """Return how a loader reads such files."""

    def load(source: Source, declared: Declared, **options: Any) -> Loaded:
        path = Path(str(source))
        network = read(path, declared, **options)
        if declared.size is not None and network.shape[1:] != (declared.size, declared.size):
            taken = " × ".join(map(str, network.shape))
            msg = f"{path.name} takes pictures of {taken}; `preparation` makes them {declared.size} px wide."
            raise BadValueError(msg)
        return Loaded(
            network.network,
            network.description,
            path.name,
            file_hash(path),
            outputs=network.outputs,
            sigmoids=network.ending == "sigmoid",
            softmax_off=network.ending == "softmax",
            no_gradient=network.no_gradient,
        )

    return load


_CONFIG = {"config": "what model.to_json() gives, for a file of weights alone"}

LOADERS.register("onnx", Loader(has_suffix(".onnx"), _reader(_onnx), {}))
LOADERS.register("tflite", Loader(has_suffix(".tflite"), _reader(_tflite), {}))
LOADERS.register("keras", Loader(has_suffix(".h5", ".hdf5", ".keras"), _reader(_keras), _CONFIG))
