"""Limits on ONNX files, checked before anything of them is unfolded or run.

Three rules make one trial on noise speak for every picture: nothing is repeated (no loops), unfolded it has a
bounded number of operators, and neither the size of a tensor nor which operators run depends on the values of
the picture.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import onnx

from facelib.models.readers.trial import MOST_OPERATORS
from facelib.utilities.content import LARGEST_GROWTH, SMALL

DEEPEST = 32
"""Functions within functions."""

_LOOPS = frozenset({"Loop", "Scan", "SequenceMap"})
_CHOICE = "If"  # the one operator that may hold a graph
_SHAPES = frozenset({"Shape", "Size"})  # don't depend on the values of what they take
_RANDOM = frozenset(
    {"Bernoulli", "Dropout", "Multinomial", "RandomNormal", "RandomNormalLike", "RandomUniform"}
    | {"RandomUniformLike"}
)
_SIZES: dict[str, tuple[int, ...]] = {
    "AffineGrid": (1,),
    "BlackmanWindow": (0,),
    "CenterCropPad": (1,),
    "Col2Im": (1, 2),
    "Compress": (1,),
    "ConstantOfShape": (0,),
    "ConvTransposeWithDynamicPads": (2,),
    "CropAndResize": (3,),
    "DFT": (1, 2),
    "Expand": (1,),
    "HammingWindow": (0,),
    "HannWindow": (0,),
    "If": (0,),
    "ImageDecoder": (0,),
    "MaxUnpool": (2,),
    "MelWeightMatrix": (0, 1, 2, 3, 4),
    "NonMaxSuppression": (0, 1, 2, 3, 4),
    "NonZero": (0,),
    "OneHot": (1,),
    "Pad": (1, 3),
    "Range": (0, 1, 2),
    "Reshape": (1,),
    "Resize": (1, 2, 3),
    "STFT": (1, 3),
    "SequenceAt": (1,),
    "SequenceErase": (1,),
    "SequenceInsert": (2,),
    "Slice": (1, 2, 3, 4),
    "Split": (1,),
    "SplitToSequence": (1,),
    "Squeeze": (1,),
    "StringNormalizer": (0,),
    "StringSplit": (0,),
    "Tile": (1, 2),
    "TopK": (1,),
    "Unique": (0,),
    "Unsqueeze": (1,),
    "Upsample": (1,),
}
"""Inputs of operators, by number, whose values decide how large the result is, or what is run."""
_REDUCTIONS = (1,)  # the axes of ReduceSum, ReduceMean …

_Key = tuple[str, str, str]


def refuse(model: Any, size: int) -> None:
    """Raise `ValueError` unless a model can be unfolded and checked safely.

    Parameters
    ----------
    model
        As it was read; nothing of it is unfolded.
    size
        Bytes of its file.

    Raises
    ------
    ValueError
        It has loops, keeps weights elsewhere, claims weights that it doesn't have, calls functions in a
        circle, or would be too large once its functions are unfolded.
    """
    for nodes in (model.graph.node, *(function.node for function in model.functions)):
        _refuse_nodes(nodes)
    for graph in graphs(model.graph):
        _refuse_tensors(graph.initializer)
        if graph.sparse_initializer:
            raise ValueError(_SPARSE)
    _Unfolded(model).check(max(SMALL, LARGEST_GROWTH * size))


_SPARSE = "it holds sparse tables, which a classifier of pictures doesn't need"


def graphs(graph: Any) -> Iterator[Any]:
    """Yield a graph and those within its operators."""
    yield graph
    for inner in _within(graph.node):
        yield from graphs(inner)


def _within(nodes: Iterable[Any]) -> Iterator[Any]:
    """Yield the graphs that operators hold themselves."""
    for node in nodes:
        for attribute in node.attribute:
            yield from (*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs)


def _refuse_nodes(nodes: Iterable[Any]) -> None:
    nodes = list(nodes)
    loops = {node.op_type for node in nodes if node.op_type in _LOOPS or _repeats(node)}
    if loops:
        msg = f"it has loops ({', '.join(sorted(loops))}), which a classifier of pictures doesn't need"
        raise ValueError(msg)
    for node in nodes:
        for attribute in node.attribute:
            _refuse_tensors([*([attribute.t] if attribute.HasField("t") else []), *attribute.tensors])
            if attribute.HasField("sparse_tensor") or attribute.sparse_tensors:
                raise ValueError(_SPARSE)
    for inner in _within(nodes):
        _refuse_nodes(inner.node)


def _repeats(node: Any) -> bool:
    """Return whether an operator holds a graph that it may run again and again, whatever it is called."""
    return node.op_type != _CHOICE and any(True for _ in _within([node]))


def _refuse_tensors(tensors: Iterable[Any]) -> None:
    for tensor in tensors:
        if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data:
            msg = (
                "part of its weights is kept in another file, which isn't followed. Where the files are, "
                "put them in one: onnx.save(onnx.load('model.onnx'), 'whole.onnx')"
            )
            raise ValueError(msg)
        if any(side < 0 for side in tensor.dims) or math.prod(tensor.dims) > max(8 * tensor.ByteSize(), 8):
            msg = f"a table of weights claims {list(tensor.dims)} numbers, which it doesn't have"
            raise ValueError(msg)


def _key(thing: Any, name: str) -> _Key:
    """Return what a function goes by, of the function or of an operator that calls it."""
    domain = "" if thing.domain == "ai.onnx" else thing.domain
    return domain, name, getattr(thing, "overload", "")


_TOO_DEEP = f"its functions call each other more than {DEEPEST} deep"


@dataclass(frozen=True)
class _Size:
    """Operators, bytes without the graph's weights, and functions within functions."""

    operators: int = 0
    content: int = 0
    depth: int = 0


class _Unfolded:
    """Numbers of operators and bytes of a model with its functions unfolded; each is visited once."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._functions: dict[_Key, Any] = {}
        for function in model.functions:
            if self._functions.setdefault(_key(function, function.name), function) is not function:
                msg = f"it has two functions {function.name}"
                raise ValueError(msg)
        self._known: dict[_Key, _Size] = {}
        self._open: list[_Key] = []

    def check(self, most_bytes: int) -> None:
        """Raise if it has more than `MOST_OPERATORS`, or `most_bytes` without its weights."""
        whole = self._sum(self._model.graph.node)
        if whole.operators > MOST_OPERATORS:
            count = f"{whole.operators:,}" if whole.operators < 10**9 else "more than 1,000,000,000"
            msg = f"unfolded it would have {count} operators; {MOST_OPERATORS:,} are allowed"
            raise ValueError(msg)
        if whole.content > most_bytes:
            msg = f"unfolded it would have {whole.content / 1e6:,.0f} MB, far more than the file has"
            raise ValueError(msg)

    def _sum(self, nodes: Iterable[Any]) -> _Size:
        whole = _Size()
        for node in nodes:
            called = self._called(_key(node, node.op_type))
            parts = [self._sum(inner.node) for inner in _within([node])]
            whole = _Size(
                whole.operators + called.operators + sum(part.operators for part in parts),
                whole.content + max(called.content, node.ByteSize() + sum(part.content for part in parts)),
                max([whole.depth, called.depth, *(part.depth for part in parts)]),
            )
        return whole

    def _called(self, key: _Key) -> _Size:
        """Return what a function becomes, or the size of an operator."""
        if key not in self._functions:
            return _Size(1)
        if key in self._open:
            msg = f"its function {key[1]} calls itself"
            raise ValueError(msg)
        if len(self._open) >= DEEPEST:
            raise ValueError(_TOO_DEEP)
        if key not in self._known:
            self._open.append(key)
            inside = self._sum(self._functions[key].node)
            self._known[key] = replace(inside, depth=inside.depth + 1)
            self._open.pop()
        if self._known[key].depth + len(self._open) > DEEPEST:
            raise ValueError(_TOO_DEEP)
        return self._known[key]


def refuse_free_sizes(graph: Any) -> None:
    """Raise `ValueError` if what is run, or how large a tensor becomes, depends on the values of the picture.

    Parameters
    ----------
    graph
        Without functions; its one input is the picture.
    """
    free = {given.name for given in graph.input}  # names of what depends on the values of the picture
    known = {"", *free, *(tensor.name for tensor in graph.initializer)}
    _follow(graph.node, free, known)


def _follow(nodes: Iterable[Any], free: set[str], known: set[str]) -> None:
    for node in nodes:
        if not known.issuperset(node.input):
            raise ValueError("its operators don't stand in the order in which they are run")
        deciding = _REDUCTIONS if node.op_type.startswith("Reduce") else _SIZES.get(node.op_type, ())
        if any(number < len(node.input) and node.input[number] in free for number in deciding):
            msg = (
                f"what its operator {node.op_type} makes, or how large it is, depends on the values of the "
                "picture; only sizes that are fixed beforehand are handled"
            )
            raise ValueError(msg)
        taken = node.op_type in _RANDOM or not free.isdisjoint(node.input)
        for inner in _within([node]):
            known.update(tensor.name for tensor in inner.initializer)
            _follow(inner.node, free, known)
            taken = taken or any(made.name in free for made in inner.output)
        known.update(node.output)
        if taken and node.op_type not in _SHAPES:
            free.update(node.output)
