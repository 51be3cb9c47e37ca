"""Read a TensorFlow Lite file into a torch module that runs its operators one after the other."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import tflite
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - torch's own habit

from facelib.errors import BadModelError, UnavailableError
from facelib.models.readers.network import Ending, FileNetwork
from facelib.models.readers.trial import MOST_OPERATORS, are_probabilities, first_line, try_out
from facelib.utilities.content import SMALL, read_content

_DTYPES = {0: np.float32, 1: np.float16, 2: np.int32, 3: np.uint8, 4: np.int64, 9: np.int8}
_ACTIVATIONS: dict[int, Callable[[torch.Tensor], torch.Tensor]] = {0: lambda x: x, 1: F.relu, 3: F.relu6}
_KINDS = {code: kind for kind, code in vars(tflite.BuiltinOperator).items() if isinstance(code, int)}
_OPTIONS = {
    "CONV_2D": (tflite.Conv2DOptions, ("Padding", "StrideH", "StrideW", "FusedActivationFunction")),
    "DEPTHWISE_CONV_2D": (
        tflite.DepthwiseConv2DOptions, ("Padding", "StrideH", "StrideW", "FusedActivationFunction"),
    ),
    "MAX_POOL_2D": (tflite.Pool2DOptions, ("Padding", "StrideH", "StrideW", "FilterHeight", "FilterWidth")),
    "ADD": (tflite.AddOptions, ("FusedActivationFunction",)),
    "FULLY_CONNECTED": (tflite.FullyConnectedOptions, ("FusedActivationFunction",)),
    "CONCATENATION": (tflite.ConcatenationOptions, ("Axis",)),
    "MUL": (tflite.MulOptions, ("FusedActivationFunction",)),
    "SUB": (tflite.SubOptions, ("FusedActivationFunction",)),
    "DIV": (tflite.DivOptions, ("FusedActivationFunction",)),
    "MEAN": (tflite.ReducerOptions, ("KeepDims",)),
    "SUM": (tflite.ReducerOptions, ("KeepDims",)),
    "STRIDED_SLICE": (tflite.StridedSliceOptions, ("BeginMask", "EndMask", "ShrinkAxisMask")),
}  # fmt: skip

_IDENTIFIER = b"TFL3"
_LARGEST_GROWTH = 2  # weights that are used twice
_ENDINGS: dict[str, Ending] = {"SOFTMAX": "softmax", "LOGISTIC": "sigmoid"}

Values = dict[int, torch.Tensor]


@dataclass(frozen=True)
class Operator:
    """One step: its kind, the numbers of the tensors it reads and writes, its options, the output's shape."""

    kind: str
    inputs: tuple[int, ...]
    output: int
    options: Mapping[str, int]
    shape: tuple[int, ...]


class Step(nn.Module):
    """An operator as a module, so that a network can be cut after it."""

    def __init__(self, operator: Operator) -> None:
        super().__init__()
        self.operator = operator

    def forward(self, values: Values) -> torch.Tensor:
        """Return the operator's output for the tensors so far."""
        return _RUN[self.operator.kind](values, self.operator)


class TfliteGraph(nn.Module):
    """The first subgraph of a TensorFlow Lite file.

    Parameters
    ----------
    file
        The file, or its bytes where it stands in an archive. Weights may be float32, float16, int8, or uint8
        that hold int8 bytes (old hybrid quantisation); all become float32.

    Attributes
    ----------
    operators
        The steps in the order in which they run.
    constants
        Tensor number to weight, in TensorFlow's order of axes.
    shape
        Of what it takes: (1, h, w, C) for pictures.

    Raises
    ------
    BadModelError
        The file is damaged, or isn't one.
    UnavailableError
        It has an operator that isn't known here.
    """

    def __init__(self, file: Path | bytes) -> None:
        super().__init__()
        content = file if isinstance(file, bytes) else read_content(file)
        name = "The file" if isinstance(file, bytes) else file.name
        try:
            self._read(content)
        except Exception as error:  # flatbuffers believes any offset: struct.error, IndexError, TypeError …
            msg = f"{name} can't be read as a TensorFlow Lite file: {first_line(error)}"
            raise BadModelError(msg) from error
        unknown = {operator.kind for operator in self.operators} - set(_RUN)
        if unknown:
            msg = f"{name} needs the operators {', '.join(sorted(unknown))}, which facelib can't run yet."
            raise UnavailableError(msg)
        self.steps = nn.ModuleList(map(Step, self.operators))

    def _read(self, content: bytes) -> None:
        if content[4:8] != _IDENTIFIER:
            raise ValueError("it doesn't begin as one")
        model = tflite.Model.GetRootAsModel(content, 0)
        graph = model.Subgraphs(0)
        self.constants: Values = {}
        left = max(SMALL, _LARGEST_GROWTH * len(content))
        for number in range(graph.TensorsLength()):
            tensor = graph.Tensors(number)
            if size := model.Buffers(tensor.Buffer()).DataLength():
                left -= size
                if left < 0:
                    raise ValueError("its tensors claim far more bytes than it has")
                self.constants[number] = torch.from_numpy(_constant(model, tensor))
        self.input = int(graph.Inputs(0))
        self.shape = tuple(int(side) for side in np.atleast_1d(graph.Tensors(self.input).ShapeAsNumpy()))
        self.outputs = [int(number) for number in graph.OutputsAsNumpy()]
        if graph.OperatorsLength() > MOST_OPERATORS:
            msg = f"it has {graph.OperatorsLength():,} operators; {MOST_OPERATORS:,} are allowed"
            raise ValueError(msg)
        self.operators: list[Operator] = []
        for number in range(graph.OperatorsLength()):
            operator = _operator(model, graph, number)
            if operator.kind == "DEQUANTIZE" and operator.inputs[0] in self.constants:
                self.constants[operator.output] = self.constants[operator.inputs[0]]  # is float already
            else:
                self.operators.append(operator)

    def _apply(self, fn: Callable[[torch.Tensor], torch.Tensor], recurse: bool = True) -> TfliteGraph:
        """Move the weights with the network; whole numbers are read as sizes and axes, and stay."""
        self.constants = {
            number: fn(tensor) if tensor.is_floating_point() else tensor
            for number, tensor in self.constants.items()
        }
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        return self

    def take_off_ending(self) -> Ending:
        """Take off a softmax or sigmoid that makes the one output, and return which it was."""
        if len(self.outputs) != 1 or not self.operators or self.operators[-1].output != self.outputs[0]:
            return ""
        ending = _ENDINGS.get(self.operators[-1].kind, "")
        if ending:
            self.outputs = [self.operators.pop().inputs[0]]
            del self.steps[-1]
        return ending

    def forward(self, images: torch.Tensor) -> list[torch.Tensor]:
        """Run on float32 (N, C, H, W), or on what is no picture; outputs have TensorFlow's order of axes."""
        given = images.permute(0, 2, 3, 1) if images.ndim == 4 else images
        values = {**self.constants, self.input: given}
        for operator, step in zip(self.operators, self.steps, strict=True):
            values[operator.output] = step(values)
        return [values[number] for number in self.outputs]

    def weights(self, kind: str) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """Return kernel and bias of every operator of one kind, kernels in torch's order of axes."""
        turn = _KERNELS[kind]
        chosen = [operator.inputs for operator in self.operators if operator.kind == kind]
        return [(turn(self.constants[kernel]), self.constants[bias]) for _, kernel, bias in chosen]


class _Rows(nn.Module):
    """The one output of a graph, a row for every picture."""

    def __init__(self, graph: TfliteGraph) -> None:
        super().__init__()
        self.graph = graph

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (N, C, h, w) to (N, K)."""
        (output,) = self.graph(x)
        rows: torch.Tensor = output.flatten(1)
        return rows


def read_tflite_network(path: Path) -> FileNetwork:
    """Return the network of a TensorFlow Lite file that takes one picture and returns one row of numbers.

    Raises
    ------
    BadModelError
        The file is damaged, or holds another kind of network.
    UnavailableError
        It has an operator that isn't known here.
    """
    graph = TfliteGraph(path)
    if len(graph.shape) != 4 or len(graph.outputs) != 1:
        what = f"{graph.shape} and returns {len(graph.outputs)} tensors"
        msg = f"{path.name} takes {what}; one row for one picture is handled."
        raise BadModelError(msg)
    ending = graph.take_off_ending()
    network = _Rows(graph).eval()
    _, height, width, channels = graph.shape
    answers = try_out(network, (channels, height, width), path.name)
    outputs: Literal["logits", "probabilities"] = "logits"
    if not ending and are_probabilities(answers):
        outputs = "probabilities"
    words = f"TensorFlow Lite graph of {len(graph.operators)} operators"
    return FileNetwork(network, (channels, height, width), outputs, ending, words)


def _constant(model: Any, tensor: Any) -> npt.NDArray[Any]:
    """Return a weight as float32 (or integers that were never quantised)."""
    raw = model.Buffers(tensor.Buffer()).DataAsNumpy().tobytes()
    shape = tensor.ShapeAsNumpy() if tensor.ShapeLength() else ()
    array = np.frombuffer(raw, _DTYPES[tensor.Type()]).reshape(shape)
    quantisation = tensor.Quantization()
    if array.dtype in (np.uint8, np.int8) and quantisation is not None and quantisation.ScaleLength():
        zero, scale = quantisation.ZeroPointAsNumpy(), quantisation.ScaleAsNumpy()
        if np.broadcast_shapes(array.shape, np.shape(zero), np.shape(scale)) != array.shape:
            raise ValueError("its scales don't fit its weights")
        if array.dtype == np.uint8 and not np.any(zero):
            array = array.view(np.int8)  # old hybrid quantisation: signed bytes under an unsigned name
        return np.asarray((array.astype(np.float32) - np.float32(zero)) * scale)
    return array.astype(np.float32) if array.dtype in (np.float16, np.float32) else array.copy()


def _operator(model: Any, graph: Any, number: int) -> Operator:
    operator = graph.Operators(number)
    code = model.OperatorCodes(operator.OpcodeIndex())
    kind = _KINDS[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
    options = {}
    if kind in _OPTIONS:
        reader, names = _OPTIONS[kind]
        table = reader()
        table.Init(operator.BuiltinOptions().Bytes, operator.BuiltinOptions().Pos)
        options = {name: int(getattr(table, name)()) for name in names}
    inputs = tuple(int(number) for number in operator.InputsAsNumpy())
    output = int(operator.Outputs(0))
    shape = tuple(int(size) for size in np.atleast_1d(graph.Tensors(output).ShapeAsNumpy()))
    return Operator(kind, inputs, output, options, shape)


def pad_same(
    x: torch.Tensor, kernel: Sequence[int], stride: Sequence[int], value: float = 0.0
) -> torch.Tensor:
    """Pad (N, C, H, W) as TensorFlow's "SAME" does: odd pixels go to the bottom and to the right."""
    padding: list[int] = []
    for axis in (1, 0):
        size = x.shape[2 + axis]
        missing = max((math.ceil(size / stride[axis]) - 1) * stride[axis] + kernel[axis] - size, 0)
        padding += [missing // 2, missing - missing // 2]
    return F.pad(x, padding, value=value) if any(padding) else x


def _convolve(values: Values, operator: Operator, *, depthwise: bool) -> torch.Tensor:
    x = values[operator.inputs[0]].permute(0, 3, 1, 2)
    kernel = _KERNELS[operator.kind](values[operator.inputs[1]])
    stride = operator.options["StrideH"], operator.options["StrideW"]
    if operator.options["Padding"] == tflite.Padding.SAME:
        x = pad_same(x, kernel.shape[2:], stride)
    y = F.conv2d(x, kernel, values[operator.inputs[2]], stride, groups=x.shape[1] if depthwise else 1)
    return _activate(y.permute(0, 2, 3, 1), operator)


def _max_pool(values: Values, operator: Operator) -> torch.Tensor:
    x = values[operator.inputs[0]].permute(0, 3, 1, 2)
    size = operator.options["FilterHeight"], operator.options["FilterWidth"]
    stride = operator.options["StrideH"], operator.options["StrideW"]
    if operator.options["Padding"] == tflite.Padding.SAME:
        x = pad_same(x, size, stride, -math.inf)
    return F.max_pool2d(x, size, stride).permute(0, 2, 3, 1)


def _pad(values: Values, operator: Operator) -> torch.Tensor:
    pairs = values[operator.inputs[1]].tolist()
    return F.pad(values[operator.inputs[0]], [int(side) for pair in reversed(pairs) for side in pair])


def _reshape(values: Values, operator: Operator) -> torch.Tensor:
    x = values[operator.inputs[0]]
    return x.reshape(x.shape[0], *operator.shape[1:])  # the file's batch is 1


def _prelu(values: Values, operator: Operator) -> torch.Tensor:
    x, slope = values[operator.inputs[0]], values[operator.inputs[1]]
    if x.ndim == 4 and slope.numel() == x.shape[-1]:  # one per channel: in one pass, half the time
        return F.prelu(x.permute(0, 3, 1, 2), slope.reshape(-1)).permute(0, 2, 3, 1)
    return torch.where(x >= 0, x, x * slope)


def _reduce(values: Values, operator: Operator, how: Callable[..., torch.Tensor]) -> torch.Tensor:
    axes = [int(axis) for axis in values[operator.inputs[1]].reshape(-1)]
    return how(values[operator.inputs[0]], axes, keepdim=bool(operator.options["KeepDims"]))


def _binary(
    values: Values, operator: Operator, how: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
) -> torch.Tensor:
    return _activate(how(values[operator.inputs[0]], values[operator.inputs[1]]), operator)


def _concatenate(values: Values, operator: Operator) -> torch.Tensor:
    parts = [values[number] for number in operator.inputs]
    batch = max(len(part) for part in parts)
    # The file's batch is 1: a constant stands beside every input.
    parts = [part.expand(batch, *part.shape[1:]) if len(part) == 1 else part for part in parts]
    return torch.cat(parts, operator.options["Axis"])


def _slice(values: Values, operator: Operator) -> torch.Tensor:
    begin, end, step = (values[number].tolist() for number in operator.inputs[1:])
    whole, open_, single = (operator.options[name] for name in ("BeginMask", "EndMask", "ShrinkAxisMask"))
    index = [
        int(begin[axis])
        if single >> axis & 1
        else slice(
            None if whole >> axis & 1 else int(begin[axis]),
            None if open_ >> axis & 1 else int(end[axis]),
            int(step[axis]),
        )
        for axis in range(len(begin))
    ]
    return values[operator.inputs[0]][tuple(index)]


def _dense(values: Values, operator: Operator) -> torch.Tensor:
    x, kernel, bias = (values[number] for number in operator.inputs)
    return _activate(F.linear(x.reshape(x.shape[0], -1), kernel, bias), operator)


def _activate(x: torch.Tensor, operator: Operator) -> torch.Tensor:
    return _ACTIVATIONS[operator.options["FusedActivationFunction"]](x)


_KERNELS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "CONV_2D": lambda kernel: kernel.permute(0, 3, 1, 2),
    "DEPTHWISE_CONV_2D": lambda kernel: kernel.permute(3, 0, 1, 2),
    "FULLY_CONNECTED": lambda kernel: kernel,
}
_RUN: dict[str, Callable[[Values, Operator], torch.Tensor]] = {
    "ADD": lambda v, op: _binary(v, op, torch.add),
    "CONCATENATION": _concatenate,
    "CONV_2D": lambda v, op: _convolve(v, op, depthwise=False),
    "DEPTHWISE_CONV_2D": lambda v, op: _convolve(v, op, depthwise=True),
    "DIV": lambda v, op: _binary(v, op, torch.div),
    "FULLY_CONNECTED": _dense,
    "LOGISTIC": lambda v, op: torch.sigmoid(v[op.inputs[0]]),
    "MAX_POOL_2D": _max_pool,
    "MEAN": lambda v, op: _reduce(v, op, torch.mean),
    "MUL": lambda v, op: _binary(v, op, torch.mul),
    "NEG": lambda v, op: -v[op.inputs[0]],
    "PAD": _pad,
    "PRELU": _prelu,
    "RELU": lambda v, op: F.relu(v[op.inputs[0]]),
    "RESHAPE": _reshape,
    "RSQRT": lambda v, op: v[op.inputs[0]].rsqrt(),
    "SOFTMAX": lambda v, op: torch.softmax(v[op.inputs[0]], -1),
    "SQRT": lambda v, op: v[op.inputs[0]].sqrt(),
    "SQUARED_DIFFERENCE": lambda v, op: (v[op.inputs[0]] - v[op.inputs[1]]) ** 2,
    "STRIDED_SLICE": _slice,
    "SUB": lambda v, op: _binary(v, op, torch.sub),
    "SUM": lambda v, op: _reduce(v, op, torch.sum),
    "TRANSPOSE": lambda v, op: v[op.inputs[0]].permute([int(axis) for axis in v[op.inputs[1]]]),
}
