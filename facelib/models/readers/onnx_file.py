"""Inspect ONNX files before they run: one picture in, logits out, nothing outside of the file."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx

from facelib.errors import BadModelError
from facelib.models.readers.network import Ending
from facelib.models.readers.onnx_budget import graphs, refuse, refuse_free_sizes
from facelib.models.readers.trial import LARGEST_TENSOR, first_line
from facelib.utilities.content import read_content

_WITHOUT_EFFECT = frozenset({"Identity", "Dropout"})
_COLOURS = (1, 3)
_BATCH = 64  # pictures at once, for which sizes are worked out, too
_SMALL_WEIGHT = 4096  # bytes; numbers that say shapes are few
_ENDINGS: dict[str, Ending] = {"Softmax": "softmax", "Sigmoid": "sigmoid"}


@dataclass(frozen=True, eq=False)
class OnnxFile:
    """A checked graph.

    Attributes
    ----------
    model
        Names within it are ours; its softmax or sigmoid is taken off; the length of the batch is open.
    shape
        (C, h, w) of the pictures.
    channels_last
        Whether it takes (N, h, w, C).
    ending
        The ending that was taken off.
    """

    model: Any
    shape: tuple[int, int, int]
    channels_last: bool
    ending: Ending


def read_onnx(path: Path, *, size: int | None = None) -> OnnxFile:
    """Read and check a file; nothing is run.

    Parameters
    ----------
    path
        The ``.onnx`` file.
    size
        Side of the pictures, px, where the file leaves it open.

    Raises
    ------
    BadModelError
        It is damaged, needs other files, has loops, would be too large, lets sizes depend on the picture's
        values, or doesn't take one picture and return one row.
    """
    content = read_content(path)
    try:
        model = onnx.load_model_from_string(content)
        if not model.graph.node:
            raise ValueError("it holds no operators")
        model = _unfolded(model, len(content))
        shape, channels_last = _picture(model.graph, size)
        _rename(model.graph)
        ending = _take_off(model.graph)
        _open_batch(model.graph, shape, channels_last=channels_last)
        refuse_free_sizes(model.graph)
        _bound(model)
    except Exception as error:  # protocol buffers and onnx raise a dozen kinds
        msg = f"{path.name} can't be read as an ONNX network: {first_line(error)}"
        raise BadModelError(msg) from error
    return OnnxFile(model, shape, channels_last, ending)


def _unfolded(model: Any, size: int) -> Any:
    """Return a model without functions, checked before they are unfolded and after it."""
    refuse(model, size)
    if not model.functions:
        return model
    from onnx import inliner

    model = inliner.inline_local_functions(model)
    refuse(model, size)
    return model


def _picture(graph: Any, size: int | None) -> tuple[tuple[int, int, int], bool]:
    """Return (C, h, w) of the one input, and whether its channels are the last axis."""
    weights = {tensor.name for tensor in graph.initializer}
    inputs = [entry for entry in graph.input if entry.name not in weights]
    for number in reversed(range(len(graph.input))):
        if graph.input[number].name in weights:
            del graph.input[number]
    if len(inputs) != 1 or inputs[0].type.tensor_type.elem_type != onnx.TensorProto.FLOAT:
        msg = f"it takes {[entry.name for entry in inputs]}; one float32 picture is handled"
        raise ValueError(msg)
    sides = [
        side.dim_value if side.HasField("dim_value") else 0 for side in inputs[0].type.tensor_type.shape.dim
    ]
    if len(sides) != 4:
        msg = f"it takes {sides}, not pictures (N, C, h, w)"
        raise ValueError(msg)
    channels_last = sides[3] in _COLOURS and sides[1] not in _COLOURS
    channels, height, width = (sides[3], *sides[1:3]) if channels_last else sides[1:]
    height, width = height or size or 0, width or size or 0
    if not (channels and height and width):
        msg = f"it takes pictures of any size ({sides}); give size=, the one that it was trained on"
        raise ValueError(msg)
    return (channels, height, width), channels_last


def _rename(graph: Any) -> None:
    """Give operators and tensors names of ours: other programs make code of them."""
    names: dict[str, str] = {"": ""}

    def renamed(name: str) -> str:
        return names.setdefault(name, f"t{len(names)}")

    for number, inner in enumerate(graphs(graph)):
        inner.name = f"graph{number}"
        del inner.value_info[:]
        for named in (*inner.input, *inner.output, *inner.initializer):
            named.name = renamed(named.name)
        for place, node in enumerate(inner.node):
            node.name = f"n{number}_{place}_{''.join(filter(str.isalnum, node.op_type))}"
            node.input[:] = [renamed(name) for name in node.input]
            node.output[:] = [renamed(name) for name in node.output]


def _take_off(graph: Any) -> Ending:
    """Drop what has no effect, and a softmax or sigmoid at the end; return which."""
    if len(graph.output) != 1:
        msg = f"it returns {len(graph.output)} tensors; one, the logits, is handled"
        raise ValueError(msg)
    if len(list(graphs(graph))) == 1:
        same = {node.output[0]: node.input[0] for node in graph.node if node.op_type in _WITHOUT_EFFECT}
        kept = [node for node in graph.node if node.op_type not in _WITHOUT_EFFECT]
        for node in kept:
            node.input[:] = [_source(same, name) for name in node.input]
        graph.output[0].name = _source(same, graph.output[0].name)
        del graph.node[:]
        graph.node.extend(kept)
    made = graph.output[0].name
    (last,) = (node for node in graph.node if made in node.output)
    ending = _ENDINGS.get(last.op_type, "")
    if ending and not any(made in node.input for node in graph.node):
        graph.output[0].name = last.input[0]
        graph.node.remove(last)
    return ending


def _source(same: dict[str, str], name: str) -> str:
    for _ in range(len(same) + 1):
        if name not in same:
            return name
        name = same[name]
    raise ValueError("its operators go round in a circle")


def _open_batch(graph: Any, shape: tuple[int, int, int], *, channels_last: bool) -> None:
    channels, height, width = shape
    sides = (height, width, channels) if channels_last else shape
    tensor = onnx.helper.make_tensor_value_info(graph.input[0].name, onnx.TensorProto.FLOAT, ["N", *sides])
    graph.input[0].CopyFrom(tensor)
    output = onnx.helper.make_tensor_value_info(graph.output[0].name, onnx.TensorProto.FLOAT, None)
    graph.output[0].CopyFrom(output)


def _bound(model: Any) -> None:
    """Raise if a tensor would be far too large; shapes are worked out without computing anything."""
    for batch in (1, _BATCH):
        tried = _without_weights(model)
        tried.graph.input[0].type.tensor_type.shape.dim[0].dim_value = batch
        inferred = onnx.shape_inference.infer_shapes(tried, data_prop=True)
        for graph in graphs(inferred.graph):
            for value in (*graph.value_info, *graph.output):
                sides = value.type.tensor_type.shape.dim
                numbers = math.prod(max(side.dim_value, 1) for side in sides) / batch
                if numbers > LARGEST_TENSOR:
                    msg = f"it would make a tensor of {numbers:.1e} numbers; {LARGEST_TENSOR:.1e} are allowed"
                    raise ValueError(msg)


def _without_weights(model: Any) -> Any:
    """Return a copy for its shapes alone: large weights keep their sides and lose their numbers."""
    copied = onnx.ModelProto(ir_version=model.ir_version, opset_import=model.opset_import)
    copied.graph.name = model.graph.name
    copied.graph.node.extend(model.graph.node)
    copied.graph.input.extend(model.graph.input)
    copied.graph.output.extend(model.graph.output)
    for weight in model.graph.initializer:
        if weight.ByteSize() <= _SMALL_WEIGHT:
            copied.graph.initializer.append(weight)
        else:
            copied.graph.initializer.add(name=weight.name, data_type=weight.data_type, dims=weight.dims)
    return copied
