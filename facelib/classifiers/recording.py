"""Translate a torch network into ONNX: run it once on an example and write down what is computed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode, resolve_name

from facelib.classifiers.onnx_format import INPUT, GraphWriter
from facelib.classifiers.translations import TRANSLATIONS, WITHOUT_EFFECT, Untranslatable

_ABOUT_SHAPES = frozenset({"__get__", "dim", "is_floating_point", "size"})
"""Functions whose result, if it isn't a tensor, depends on shapes and types alone."""


def to_onnx(body: nn.Module, example: torch.Tensor) -> bytes:
    """Return a network as an ONNX file.

    Parameters
    ----------
    body
        In evaluation mode; float32 (N, C, h, w) to one tensor.
    example
        What it takes; N may be another afterwards.

    Raises
    ------
    Untranslatable
        It computes something that is not known here.
    """
    recorder = _Recorder(example)
    with torch.no_grad(), recorder:
        result = body(recorder.input)
    return recorder.graph.model(recorder.known(result))


class _Recorder(TorchFunctionMode):
    """Writes down every function of torch that sees what became of the input."""

    def __init__(self, example: torch.Tensor) -> None:
        super().__init__()
        self.input = example.clone()  # the network may change it in place
        self.graph = GraphWriter(example.shape)
        self._names: dict[int, str] = {}
        self._kept: list[torch.Tensor] = []  # so that no id is used twice
        self._name(self.input, INPUT)

    def known(self, result: object) -> str:
        """Return the name of a result."""
        if id(result) not in self._names:
            what = f"what makes the output, a {type(result).__name__}, from the input"
            raise Untranslatable(what)
        return self._names[id(result)]

    def __torch_function__(
        self, function: Any, types: Any, args: Sequence[Any] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        inputs = [*args, *kwargs.values()]
        inputs += [item for value in inputs if isinstance(value, (list, tuple)) for item in value]
        if not any(id(value) in self._names for value in inputs):
            return function(*args, **kwargs)  # of weights alone: its result is a constant
        if function not in TRANSLATIONS:
            result = function(*args, **kwargs)
            if isinstance(result, torch.Tensor) or function.__name__ not in _ABOUT_SHAPES:
                raise Untranslatable(resolve_name(function) or function)
            return result
        named = [self._named(value) for value in args]  # before it is run: it may change them in place
        named_too = {key: self._named(value) for key, value in kwargs.items() if key not in WITHOUT_EFFECT}
        result = function(*args, **kwargs)
        self._name(result, TRANSLATIONS[function](self.graph, *named, **named_too))
        return result

    def _name(self, tensor: torch.Tensor, name: str) -> None:
        self._names[id(tensor)] = name
        self._kept.append(tensor)

    def _named(self, value: Any) -> Any:
        """Put names in the place of tensors; one that was not computed from the input is a constant."""
        if isinstance(value, (list, tuple)):
            return [self._named(item) for item in value]
        if not isinstance(value, torch.Tensor):
            return value
        return self._names.get(id(value)) or self.graph.constant(value.detach().numpy())
