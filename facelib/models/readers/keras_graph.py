"""Turn a Keras file into a torch network: layers that follow each other, or a graph of them."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

import facelib.models.readers.keras_kinds  # noqa: F401 - fills the registry of layers
from facelib.errors import BadModelError, BadValueError
from facelib.models.readers.keras import Path_, Weights, find, read_model
from facelib.models.readers.keras_config import (
    MODELS,
    WAY_OUT,
    ends_of,
    inputs_of,
    layers_of,
    name_of,
    named,
    picture_shape,
)
from facelib.models.readers.keras_layers import LAYERS, Config, Function, Given, Shape
from facelib.models.readers.network import Ending, FileNetwork
from facelib.models.readers.trial import Bounded, are_probabilities, checked_answers, first_line, noise
from facelib.utilities.content import parse_json

_DEEPEST = 8  # models within models
_MOST_LAYERS = 3000
_ENDINGS: dict[type[nn.Module], Ending] = {nn.Softmax: "softmax", nn.Sigmoid: "sigmoid"}


@dataclass(frozen=True)
class Step:
    """One use of a layer: its name, inputs, outputs, and tensors that aren't needed any more."""

    layer: str
    inputs: tuple[str | float, ...]
    output: str
    spent: tuple[str, ...] = ()


class KerasGraph(nn.Module):
    """Layers and how they are connected.

    Parameters
    ----------
    layers
        By names that torch allows.
    steps
        In the order in which they run.
    taken, made
        Name of what the first step takes, and the last one makes.
    """

    def __init__(self, layers: Mapping[str, nn.Module], steps: Sequence[Step], taken: str, made: str) -> None:
        super().__init__()
        self.layers = nn.ModuleDict(layers)
        self.taken, self.made = taken, made
        last = {name: number for number, step in enumerate(steps) for name in step.inputs if name != made}
        self.steps = [
            dataclasses.replace(
                step, spent=tuple(name for name in names_in(step) if last.get(name) == number)
            )
            for number, step in enumerate(steps)
        ]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (N, C, h, w) to the outputs of the last layer."""
        values = {self.taken: x}
        for step in self.steps:
            given = [values[name] if isinstance(name, str) else name for name in step.inputs]
            values[step.output] = self.layers[step.layer](*given)
            for name in step.spent:
                del values[name]
        return values[self.made]

    def take_off_ending(self) -> Ending:
        """Take off a softmax or sigmoid at the end, and return which it was; only reshaping may follow it."""
        made = self.made
        while step := next((step for step in self.steps if step.output == made), None):
            if sum(made in other.inputs for other in self.steps) + (made == self.made) > 1:
                return ""
            module = self.layers[step.layer]
            if ending := self._shortened(step.layer, module):
                return ending
            if not _only_reshapes(module):
                return ""
            (made,) = names_in(step)
        return ""

    def _shortened(self, name: str, module: nn.Module) -> Ending:
        if isinstance(module, KerasGraph):
            return module.take_off_ending()
        last = module[-1] if isinstance(module, nn.Sequential) else module
        ending = _ENDINGS.get(type(last), "")
        if ending:
            rest = module[:-1] if isinstance(module, nn.Sequential) else nn.Identity()
            self.layers[name] = rest[0] if isinstance(rest, nn.Sequential) and len(rest) == 1 else rest
        return ending


def names_in(step: Step) -> tuple[str, ...]:
    """Return the names of the tensors that a step takes, each once."""
    return tuple(dict.fromkeys(name for name in step.inputs if isinstance(name, str)))


def _only_reshapes(module: nn.Module) -> bool:
    parts = list(module.children()) or [module]
    return all(
        isinstance(part, (nn.Identity, nn.Flatten, nn.Unflatten))
        or (isinstance(part, Function) and part.run is torch.permute)
        for part in parts
    )


def read_keras_network(
    path: Path, *, config: Mapping[str, Any] | str | None = None, size: int | None = None
) -> FileNetwork:
    """Return the network of a Keras file, built of torch's layers.

    Parameters
    ----------
    path
        ``.keras``, or ``.h5`` / ``.hdf5`` of Keras 2 or 3.
    config
        What ``model.to_json()`` gives, for a file of weights alone; weights that go by other names there are
        taken in order.
    size
        Side of the pictures, px, where the network takes any.

    Raises
    ------
    BadModelError
        The file is damaged, or has a layer that facelib doesn't know: Lambda layers are programs, and layers
        of one's own are programs in a file of their own.
    BadValueError
        `config` or `size` is needed, or wrong.
    """
    file = read_model(path)
    stated = parse_json(config, "config") if isinstance(config, str) else config or file.config
    if stated is None:
        msg = f"{path.name} holds weights alone. Give config=, what model.to_json() says of the network."
        raise BadValueError(msg)
    try:
        shape = picture_shape(stated, size)
        sample = noise(shape)
        with torch.no_grad(), Bounded():
            network, _ = _Builder(named(stated, file)).model(stated, (), sample[:1])
        with torch.no_grad():
            answers = checked_answers(network(sample), path.name)
    except (BadModelError, BadValueError) as error:
        msg = f"{path.name}: {error}"
        raise type(error)(msg) from error
    except Exception as error:  # a config may be wrong in any way
        what = f"{type(error).__name__} {first_line(error)}"
        msg = f"{path.name} doesn't describe its network as Keras does: {what}"
        raise BadModelError(msg) from error
    ending = network.take_off_ending()
    probable = not ending and are_probabilities(answers)
    count = len(list(layers_of(stated)))
    return FileNetwork(
        network.eval(),
        shape,
        "probabilities" if probable else "logits",
        ending,
        f"Keras {stated['class_name']} of {count} layers",
    )


class _Builder:
    """Build layer after layer, running each on noise, so that errors name the layer."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights

    def model(self, config: Config, above: Path_, x: torch.Tensor) -> tuple[KerasGraph, torch.Tensor]:
        """Return a model, and what it makes of `x`."""
        if len(above) > _DEEPEST:
            raise BadModelError("it has models within models without end")
        layers = list(layers_of(config))
        if config["class_name"] == "Sequential":
            return self._chain(layers, above, x)
        return self._graph(config["config"], layers, above, x)

    def _chain(
        self, layers: Sequence[Config], above: Path_, x: torch.Tensor
    ) -> tuple[KerasGraph, torch.Tensor]:
        modules: dict[str, nn.Module] = {}
        steps: list[Step] = []
        for layer in layers:
            if layer["class_name"] != "InputLayer":
                key, module, x = self._layer(layer, above, [x], modules)
                modules[key] = module
                steps.append(Step(key, (steps[-1].output if steps else "",), f"{key}:{len(steps)}"))
        return KerasGraph(modules, steps, "", steps[-1].output if steps else ""), x

    def _graph(
        self, config: Config, layers: Sequence[Config], above: Path_, x: torch.Tensor
    ) -> tuple[KerasGraph, torch.Tensor]:
        (taken,), (made,) = (ends_of(config, key) for key in ("input_layers", "output_layers"))
        values = {taken: x}
        modules: dict[str, nn.Module] = {}
        steps: list[Step] = []
        waiting = [
            (layer, f"{name_of(layer)}:{number}", inputs_of(node))
            for layer in layers
            for number, node in enumerate(layer.get("inbound_nodes") or ())
        ]
        keys: dict[str, str] = {}
        if len(waiting) > _MOST_LAYERS:
            msg = f"it has {len(waiting)} layers; up to {_MOST_LAYERS} are handled"
            raise BadModelError(msg)
        while waiting:
            ready = [use for use in waiting if all(i in values for i in use[2] if isinstance(i, str))]
            if not ready:
                names = ", ".join(name_of(layer) for layer, _, _ in waiting[:3])
                msg = f"what the layers {names} take isn't made by any layer before"
                raise BadModelError(msg)
            for layer, output, inputs in ready:
                name = name_of(layer)
                arguments = [values[i] if isinstance(i, str) else i for i in inputs]
                if name in keys:  # the same layer once more
                    values[output] = modules[keys[name]](*arguments)
                else:
                    keys[name], module, values[output] = self._layer(layer, above, arguments, modules)
                    modules[keys[name]] = module
                steps.append(Step(keys[name], inputs, output))
            done = {output for _, output, _ in ready}
            waiting = [use for use in waiting if use[1] not in done]
        return KerasGraph(modules, steps, taken, made), values[made]

    def _layer(
        self,
        layer: Config,
        above: Path_,
        given: Sequence[torch.Tensor | float],
        taken: Mapping[str, nn.Module],
    ) -> tuple[str, nn.Module, torch.Tensor]:
        """Return a name that torch allows, the layer, and what it makes."""
        kind, name = str(layer["class_name"]), name_of(layer)
        try:
            if kind in MODELS:
                (x,) = (value for value in given if isinstance(value, torch.Tensor))
                module: nn.Module
                module, made = self.model(layer, (*above, name), x)
            else:
                module = self._built(kind, layer["config"], (*above, name), given).eval()
                made = module(*given)
            if made.ndim not in {2, 4}:
                msg = f"it makes {tuple(made.shape)}; pictures (N, C, h, w) and rows (N, D) are handled"
                raise ValueError(msg)
        except BadModelError as error:
            msg = f"layer {name!r} ({kind}): {error}"
            raise BadModelError(msg) from error
        except Exception as error:  # a layer's config may be wrong in any way
            msg = f"layer {name!r} ({kind}) can't be built: {first_line(error)}"
            raise BadModelError(msg) from error
        key = re.sub(r"\W", "_", name) or "layer"
        while key in taken or hasattr(nn.ModuleDict, key):
            key += "_"
        return key, module, made

    def _built(
        self, kind: str, config: Config, path: Path_, given: Sequence[torch.Tensor | float]
    ) -> nn.Module:
        if kind not in LAYERS:
            what = "is a program of Python, which isn't run" if "Lambda" in kind else "isn't known to facelib"
            msg = f"it {what}. {WAY_OUT}"
            raise BadModelError(msg)
        if config.get("data_format") == "channels_first":
            msg = f"it was trained with channels first, which isn't handled. {WAY_OUT}"
            raise BadModelError(msg)
        shapes: list[Shape] = [tuple(value.shape) for value in given if isinstance(value, torch.Tensor)]
        return LAYERS[kind](Given(config, find(self._weights, path), shapes))
