"""Architecture configurations of Keras 2 and Keras 3."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from facelib.errors import BadModelError, BadValueError
from facelib.models.readers.keras import KerasFile, Path_, Weights
from facelib.models.readers.keras_layers import WITH_WEIGHTS, Config
from facelib.utilities.wording import with_article

MODELS = ("Sequential", "Functional", "Model")
WAY_OUT = "Export the network as ONNX instead (tf2onnx does that)."


def layers_of(config: Config) -> Iterator[Config]:
    """Yield the layers of a model; the oldest files have a bare list of them."""
    if config["class_name"] not in MODELS:
        what = with_article(str(config["class_name"]))
        msg = f"it is {what}; Sequential and functional models are read. {WAY_OUT}"
        raise BadModelError(msg)
    inner = config["config"]
    yield from inner if isinstance(inner, list) else inner["layers"]


def name_of(layer: Config) -> str:
    """Return the name of a layer, or of a model within a model."""
    return str(layer["config"].get("name") or layer["name"])


def ends_of(config: Config, key: str) -> list[str]:
    """Return the names of a model's inputs or outputs: [name, node, tensor], or a list of such."""
    stated = config[key]
    triples = [stated] if stated and isinstance(stated[0], str) else stated
    if len(triples) != 1:
        msg = f"it has {len(triples)} {key.replace('_', ' ')}; one is handled. {WAY_OUT}"
        raise BadModelError(msg)
    return [f"{name}:{int(node)}" for name, node, *_ in triples]


def inputs_of(node: Any) -> tuple[str | float, ...]:
    """Return a layer's inputs: a table in Keras 3, a list of [name, node, tensor, …] in Keras 2."""
    if isinstance(node, Mapping):
        return tuple(_arguments([node["args"], list(node.get("kwargs", {}).values())]))
    triples = [node] if node and isinstance(node[0], str) else node
    return tuple(f"{name}:{int(number)}" for name, number, *_ in triples)


def _arguments(value: Any) -> Iterator[str | float]:
    if isinstance(value, list):
        for item in value:
            yield from _arguments(item)
    elif isinstance(value, Mapping):
        name, node, _ = value["config"]["keras_history"]
        yield f"{name}:{int(node)}"
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield float(value)


def picture_shape(config: Config, size: int | None) -> tuple[int, int, int]:
    """Return (C, h, w) of the pictures that a model takes."""
    first = next(iter(layers_of(config)))
    while first["class_name"] in MODELS:
        first = next(iter(layers_of(first)))
    inner = first["config"]
    stated = inner.get("batch_shape") or inner.get("batch_input_shape") or _built_for(config)
    if not isinstance(stated, Sequence) or len(stated) != 4:
        msg = f"it takes {stated}, not pictures (N, h, w, C)"
        raise BadModelError(msg)
    _, height, width, channels = stated
    height, width = height or size, width or size
    if height is None or width is None:
        raise BadValueError("it takes pictures of any size; give size=, the one that it was trained on.")
    return int(channels), int(height), int(width)


def _built_for(config: Config) -> Any:
    built = config.get("build_config") or {}
    return built.get("input_shape") or config["config"].get("build_input_shape")


def named(config: Config, file: KerasFile) -> Weights:
    """Return a file's weights under the names of the layers that `config` has.

    Raises
    ------
    BadValueError
        `config` is that of another network.
    """
    return _by_kind(config, file.weights, (), ()) if file.by_kind else _in_order(config, file.weights)


def _by_kind(config: Config, weights: Weights, group: Path_, path: Path_) -> Weights:
    by_layer: Weights = {}
    counts: Counter[str] = Counter()
    for layer in layers_of(config):
        kind = _snake_case(layer["class_name"])
        within = (*group, f"{kind}_{counts[kind]}" if counts[kind] else kind)
        counts[kind] += 1
        if within in weights:
            by_layer[*path, name_of(layer)] = weights[within]
        if layer["class_name"] in MODELS:
            by_layer |= _by_kind(layer, weights, within, (*path, name_of(layer)))
    return by_layer


def _snake_case(name: str) -> str:
    """Return a class's name as Keras writes it in its files: PReLU is p_re_lu, Conv2D is conv2d."""
    apart = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W", "", name))
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", apart).lower()


def _in_order(config: Config, weights: Weights) -> Weights:
    """Give weights that go by other names to the layers in order, as Keras' own ``load_weights`` does."""
    names = [name_of(layer) for layer in layers_of(config)]
    groups = list(dict.fromkeys(path[0] for path, tensors in weights.items() if tensors))
    if set(groups) <= set(names):
        return weights
    kinds = (*WITH_WEIGHTS, *MODELS)
    weighted = [name_of(layer) for layer in layers_of(config) if layer["class_name"] in kinds]
    if len(weighted) != len(groups):
        counts = f"config has {len(weighted)} layers with weights, the file {len(groups)}"
        msg = f"{counts}: {', '.join(groups[:8])} …."
        raise BadValueError(msg)
    renamed = dict(zip(groups, weighted, strict=True))
    return {(renamed[path[0]], *path[1:]): tensors for path, tensors in weights.items() if tensors}
