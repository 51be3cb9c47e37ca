"""Loader of image classifiers of the package transformers, from a folder on this machine."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import nn

from facelib.classifiers.loaders.loaded import LOADERS, Declared, Loaded, Loader, Source
from facelib.classifiers.preparation import Preparation
from facelib.errors import BadModelError, UnavailableError
from facelib.models.catalogue import file_hash
from facelib.utilities.distribution import with_extra

_WEIGHTS = "model.safetensors"
_LARGEST_JSON = 1_000_000  # bytes
_LARGEST_NUMBER = 1_000_000  # in a config
_LAYERS = re.compile("layers|depth")


class Pixels(nn.Module):
    """A model of transformers as a plain network."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map pictures (N, 3, h, w) to logits (N, K)."""
        logits: torch.Tensor = self.model(pixel_values=x).logits
        return logits


def is_of_transformers(network: nn.Module) -> bool:
    """Return whether a module is a model of the package transformers, or of a class derived from one."""
    names = [f"{one.__module__}.{one.__qualname__}" for one in type(network).__mro__]
    return "transformers.modeling_utils.PreTrainedModel" in names


def stated_labels(model: Any) -> tuple[str, ...] | None:
    """Return the names of a model's outputs in their order; None where they are only numbered."""
    names = getattr(model.config, "id2label", None) or {}
    labels = tuple(str(names[number]) for number in sorted(names))
    numbered = all(label == f"LABEL_{number}" for number, label in enumerate(labels))
    return None if numbered else labels


def read(source: Source, _declared: Declared) -> Loaded:
    """Read ``config.json``, ``model.safetensors`` and ``preprocessor_config.json``; nothing is looked up."""
    folder = Path(str(source))
    config = _json(folder / "config.json")
    weights = folder / _WEIGHTS
    if foreign := _foreign(config, folder):
        msg = (
            f"{folder.name} brings code of its own or names something to be fetched ({foreign}), which "
            "facelib doesn't run; export it as ONNX."
        )
        raise BadModelError(msg)
    if not weights.is_file():
        msg = (
            f"{folder.name} has no {_WEIGHTS}; pickled weights aren't read. Save it anew: "
            "model.save_pretrained(folder, safe_serialization=True)."
        )
        raise BadModelError(msg)
    try:
        from transformers import AutoModelForImageClassification
    except ImportError:
        msg = f"Folders of transformers need that package: pip install '{with_extra('models')}'."
        raise UnavailableError(msg) from None
    try:
        _bound(config, folder, weights)
        model = AutoModelForImageClassification.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False, use_safetensors=True
        )
    except Exception as error:  # whatever a broken folder brings about in another package
        msg = f"transformers can't read {folder.name}: {str(error).splitlines()[0]}"
        raise BadModelError(msg) from error
    return Loaded(
        Pixels(model),
        f"{type(model).__name__} of transformers",
        folder.name,
        file_hash(weights),
        stated_labels(model),
        preparation=_preparation(folder),
    )


def _foreign(config: dict[str, Any], folder: Path) -> str:
    """Return what in a folder would make transformers run or fetch something else, or ""."""
    if (folder / "adapter_config.json").exists():
        return "adapter_config.json"
    for name, value in _values(config, ""):
        if "auto_map" in name:
            return "auto_map"
        if ("implementation" in name and "/" in str(value)) or (
            name.endswith("use_pretrained_backbone") and value
        ):
            return name
    return ""


def _bound(config: dict[str, Any], folder: Path, weights: Path) -> None:
    """Raise if a config asks for more than its weights have: transformers would make it all the same."""
    from safetensors import safe_open
    from transformers import AutoConfig, AutoModelForImageClassification

    numbers = [(name, value) for name, value in _values(config, "") if isinstance(value, (int, float))]
    for name, value in numbers:
        if value > _LARGEST_NUMBER:
            msg = f"its config has {name} = {value}; numbers up to {_LARGEST_NUMBER:,} are handled"
            raise ValueError(msg)
    with safe_open(weights, "pt") as file:
        tables = len(file.keys())
    layers = max((value for name, value in numbers if _LAYERS.search(name)), default=0)
    if layers > tables:
        msg = f"its config has {layers} layers, its weights are only {tables} tables"
        raise ValueError(msg)
    stated = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    with torch.device("meta"):  # takes no memory
        empty = AutoModelForImageClassification.from_config(stated, trust_remote_code=False)
    asked, there = sum(weight.numel() for weight in empty.parameters()), weights.stat().st_size
    if asked > there:  # of a byte each at least
        msg = f"its config asks for {asked:,} weights; the file has {there:,} bytes"
        raise ValueError(msg)


def _values(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Yield the values of a config, however deep, each with the names that lead to it."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _values(inner, f"{name}.{key}".strip("."))
    elif isinstance(value, list):
        for inner in value:
            yield from _values(inner, name)
    else:
        yield name, value


def _preparation(folder: Path) -> Preparation | None:
    """Return what ``preprocessor_config.json`` states, or None if there is none."""
    path = folder / "preprocessor_config.json"
    if not path.is_file():
        return None
    stated = _json(path)
    size = stated.get("crop_size") or stated.get("size") or 224
    if isinstance(size, dict):
        size = size.get("height") or size.get("shortest_edge") or 224
    scale = stated.get("rescale_factor", 1 / 255) if stated.get("do_rescale", True) else 1.0
    mean, std = stated.get("image_mean"), stated.get("image_std")
    if not stated.get("do_normalize", True) or mean is None or std is None:
        return Preparation(int(size), "rgb", 0.0, 1 / scale)
    return Preparation(int(size), "rgb", _colour(mean, scale), _colour(std, scale))


def _colour(values: Any, scale: float) -> tuple[float, float, float]:
    red, green, blue = (float(value) / scale for value in values)
    return red, green, blue


def _json(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _LARGEST_JSON:
            raise ValueError(path.stat().st_size)
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        msg = f"{path.name} of {path.parent.name} can't be read as a table in JSON: {error}"
        raise BadModelError(msg) from error
    if not isinstance(content, dict):
        msg = f"{path.name} of {path.parent.name} should hold a table; it holds {type(content).__name__}."
        raise BadModelError(msg)
    return content


def _accepts(source: Source) -> bool:
    return isinstance(source, Path) and (source / "config.json").is_file()


LOADERS.register("transformers", Loader(_accepts, read, {}))
