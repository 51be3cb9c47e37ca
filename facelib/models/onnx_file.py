"""Look into an ONNX file before anything runs it: one picture in, logits out, nothing outside of the file."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx

from facelib.errors import BadModelError
from facelib.models.content import read_content
from facelib.models.network import Ending
from facelib.models.trial import LARGEST_TENSOR, first_line

_LOOPS = frozenset({"Loop", "Scan", "SequenceMap"})
_WITHOUT_EFFECT = frozenset({"Identity", "Dropout"})
_COLOURS = (1, 3)
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
        What was taken off.
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
        It is damaged, needs other files, has loops, or doesn't take one picture and return one row.
    """
    content = read_content(path)
    try:
        model = onnx.load_model_from_string(content)
        if not model.graph.node:
            raise ValueError("it holds no operators")
        _refuse(model.graph)
        if model.functions:
            from onnx import inliner

            model = inliner.inline_local_functions(model)
        shape, channels_last = _picture(model.graph, size)
        _rename(model.graph)
        ending = _take_off(model.graph)
        _open_batch(model.graph, shape, channels_last=channels_last)
        _bound(model)
    except Exception as error:  # protocol buffers and onnx raise a dozen kinds
        msg = f"{path.name} can't be read as an ONNX network: {first_line(error)}"
        raise BadModelError(msg) from error
    return OnnxFile(model, shape, channels_last, ending)


def _graphs(graph: Any) -> Iterator[Any]:
    """Yield a graph and those within its operators."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            for inner in (*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs):
                yield from _graphs(inner)


def _tensors(graph: Any) -> Iterator[Any]:
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors


def _refuse(graph: Any) -> None:
    """Raise if something is kept elsewhere, claims what it doesn't have, or may run without end."""
    for inner in _graphs(graph):
        loops = {node.op_type for node in inner.node} & _LOOPS
        if loops:
            msg = f"it has loops ({', '.join(sorted(loops))}), which a classifier of pictures doesn't need"
            raise ValueError(msg)
        for tensor in _tensors(inner):
            if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data:
                msg = (
                    "part of its weights is kept in another file, which isn't followed. Where the files are, "
                    "put them in one: onnx.save(onnx.load('model.onnx'), 'whole.onnx')"
                )
                raise ValueError(msg)
            if any(side < 0 for side in tensor.dims) or math.prod(tensor.dims) > max(
                8 * tensor.ByteSize(), 8
            ):
                msg = f"a table of weights claims {list(tensor.dims)} numbers, which it doesn't have"
                raise ValueError(msg)


def _picture(graph: Any, size: int | None) -> tuple[tuple[int, int, int], bool]:
    """Return (C, h, w) of the one input, and whether its channels are the last axis."""
    weights = {tensor.name for tensor in graph.initializer}
    inputs = [given for given in graph.input if given.name not in weights]
    for number in reversed(range(len(graph.input))):
        if graph.input[number].name in weights:
            del graph.input[number]
    if len(inputs) != 1 or inputs[0].type.tensor_type.elem_type != onnx.TensorProto.FLOAT:
        msg = f"it takes {[given.name for given in inputs]}; one float32 picture is handled"
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

    for number, inner in enumerate(_graphs(graph)):
        inner.name = f"graph{number}"
        del inner.value_info[:]
        for named in (*inner.input, *inner.output, *inner.initializer):
            named.name = renamed(named.name)
        for sparse in inner.sparse_initializer:
            sparse.values.name = renamed(sparse.values.name)
        for place, node in enumerate(inner.node):
            node.name = f"n{number}_{place}_{''.join(filter(str.isalnum, node.op_type))}"
            node.input[:] = [renamed(name) for name in node.input]
            node.output[:] = [renamed(name) for name in node.output]


def _take_off(graph: Any) -> Ending:
    """Drop what has no effect, and a softmax or sigmoid at the end; return which."""
    if len(graph.output) != 1:
        msg = f"it returns {len(graph.output)} tensors; one, the logits, is handled"
        raise ValueError(msg)
    if len(list(_graphs(graph))) == 1:
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
    tried = onnx.ModelProto()
    tried.CopyFrom(model)
    tried.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1
    inferred = onnx.shape_inference.infer_shapes(tried, data_prop=True)
    for value in (*inferred.graph.value_info, *inferred.graph.output):
        numbers = math.prod(max(side.dim_value, 1) for side in value.type.tensor_type.shape.dim)
        if numbers > LARGEST_TENSOR:
            msg = f"it would make a tensor of {numbers:.1e} numbers; {LARGEST_TENSOR:.1e} are allowed"
            raise ValueError(msg)
