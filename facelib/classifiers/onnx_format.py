"""Write a network as an ONNX file, in memory: the few parts of the format that convolutional networks need.

The bytes follow `onnx.proto3` of ONNX (IR version 8, operators of version 17) in the wire format of protocol
buffers: a field is its number and kind, then a number, or a length and that many bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Attribute = float | int | str | Sequence[int]

INPUT = "x"

_IR_VERSION = 8
_OPERATORS = 17
_FLOAT, _INT64 = 1, 7


class GraphWriter:
    """A growing ONNX graph with one input, `INPUT`.

    Parameters
    ----------
    shape
        Of the input: (N, C, h, w); how many pictures N come at once stays open.
    """

    def __init__(self, shape: Sequence[int]) -> None:
        self._shape = tuple(shape)
        self._nodes: list[bytes] = []
        self._constants: list[bytes] = []

    def constant(self, values: npt.ArrayLike) -> str:
        """Add a constant, whole numbers as int64 and others as float32; return its name."""
        array = np.asarray(values)
        whole = array.dtype.kind == "i"
        array = array.astype(np.int64 if whole else np.float32)
        name = f"constant{len(self._constants)}"
        sides = b"".join(_number(1, side) for side in array.shape)
        self._constants.append(
            sides + _number(2, _INT64 if whole else _FLOAT) + _text(8, name) + _bytes(9, array.tobytes())
        )
        return name

    def node(self, operator: str, *inputs: str | None, **attributes: Attribute) -> str:
        """Add an operator; return the name of its output. Inputs that are None are left out."""
        name = f"value{len(self._nodes)}"
        given = list(inputs)
        while given and given[-1] is None:  # written as "", they cost onnxruntime its fast convolutions
            given.pop()
        self._nodes.append(
            b"".join(_text(1, value or "") for value in given)
            + _text(2, name)
            + _text(4, operator)
            + b"".join(_bytes(5, _attribute(key, value)) for key, value in attributes.items())
        )
        return name

    def model(self, output: str) -> bytes:
        """Return the whole file, of which `output` is the result."""
        graph = (
            b"".join(_bytes(1, node) for node in self._nodes)
            + _text(2, "body")
            + b"".join(_bytes(5, constant) for constant in self._constants)
            + _bytes(11, _text(1, INPUT) + _bytes(2, _tensor_type(self._shape)))
            + _bytes(12, _text(1, output) + _bytes(2, _tensor_type(None)))
        )
        operators = _text(1, "") + _number(2, _OPERATORS)
        return _number(1, _IR_VERSION) + _bytes(7, graph) + _bytes(8, operators)


def _varint(value: int) -> bytes:
    rest = value & (2**64 - 1)  # negative numbers are written as their two's complement
    out = bytearray()
    while rest >= 128:
        out.append(rest & 127 | 128)
        rest >>= 7
    out.append(rest)
    return bytes(out)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _text(field: int, content: str) -> bytes:
    return _bytes(field, content.encode())


def _attribute(name: str, value: Attribute) -> bytes:
    if isinstance(value, float):
        content = _varint(2 << 3 | 5) + struct.pack("<f", value) + _number(20, 1)
    elif isinstance(value, int):
        content = _number(3, value) + _number(20, 2)
    elif isinstance(value, str):
        content = _text(4, value) + _number(20, 3)
    else:
        content = b"".join(_number(8, item) for item in value) + _number(20, 7)
    return _text(1, name) + content


def _tensor_type(shape: Sequence[int] | None) -> bytes:
    """Return a float32 tensor's type; its first axis has any length."""
    if shape is None:
        return _bytes(1, _number(1, _FLOAT))
    sides = [_text(2, "N"), *[_number(1, side) for side in shape[1:]]]
    return _bytes(1, _number(1, _FLOAT) + _bytes(2, b"".join(_bytes(1, side) for side in sides)))
