"""Turn an ONNX file into a torch network through which gradients flow, where that gives the same answers."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import onnx
import torch
from torch import nn

from facelib.errors import BadModelError
from facelib.models.devices import CPU, Device
from facelib.models.readers.network import FileNetwork
from facelib.models.readers.onnx import OnnxGraph
from facelib.models.readers.onnx_file import OnnxFile, read_onnx
from facelib.models.readers.onnx_trial import try_alone
from facelib.models.readers.trial import are_probabilities, checked_answers, first_line, noise, try_out
from facelib.utilities.distribution import with_extra

TOLERANCE = 1e-4
"""Largest difference of torch's answers from onnxruntime's, as a share of the largest (or of 1)."""
_OPERATORS = (17, 13, 11)
"""Versions of ONNX' operators that onnx2torch knows well, the newest first."""


class Runtime(nn.Module):
    """A graph run by onnxruntime: no gradient flows through it."""

    in_onnxruntime = True
    """What tells it from torch's layers, for those that move networks to accelerators."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.content = content
        self._graphs = {CPU.torch: OnnxGraph(content)}
        self._lock = threading.Lock()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map pictures to the graph's answers, computed where the pictures are."""
        graph = self._graph(x.device)
        return torch.from_numpy(graph(x.detach().cpu().numpy())).to(x.device)

    def _graph(self, place: torch.device) -> OnnxGraph:
        with self._lock:
            if place not in self._graphs:
                self._graphs[place] = OnnxGraph(self.content, Device(place.type, place.index or 0))
            return self._graphs[place]

    def __deepcopy__(self, _memo: dict[int, object]) -> Runtime:
        return self  # it has no weights to change, and several threads may run it

    def __reduce__(self) -> tuple[type[Runtime], tuple[bytes]]:
        return Runtime, (self.content,)


class Fitted(nn.Module):
    """A graph with its pictures as it wants them: its order of axes, one at a time if it takes no batch."""

    def __init__(self, graph: nn.Module, *, channels_last: bool, one_by_one: bool) -> None:
        super().__init__()
        self.graph = graph
        self.channels_last, self.one_by_one = channels_last, one_by_one

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map pictures (N, C, h, w) to rows (N, K)."""
        if self.channels_last:
            x = x.permute(0, 2, 3, 1)
        if self.one_by_one:
            return torch.cat([self.graph(x[number : number + 1]) for number in range(len(x))]).flatten(1)
        return self.graph(x).flatten(1)  # type: ignore[no-any-return]


def read_onnx_network(path: Path, *, size: int | None = None, trust: bool = False) -> FileNetwork:
    """Return the network of an ONNX file.

    Parameters
    ----------
    path
        The ``.onnx`` file; one of its own, without others beside it.
    size
        Side of the pictures, px, where the file leaves it open.
    trust
        Leave out the trial in a process with limits.

    Returns
    -------
    FileNetwork
        Of torch's layers if these give what onnxruntime gives, within `TOLERANCE`; otherwise run by
        onnxruntime, with the reason in `no_gradient`.

    Raises
    ------
    BadModelError
        The file is damaged, isn't a network that takes one picture and returns one row of numbers, or needs
        more time or memory than `facelib.models.readers.onnx_trial` allows.
    """
    file = read_onnx(path, size=size)
    pictures = noise(file.shape)
    content = file.model.SerializeToString()
    if not trust:
        channels, height, width = file.shape
        sides = (height, width, channels) if file.channels_last else file.shape
        try_alone(content, sides, path.name)
    try:
        runtime = Runtime(content)
    except Exception as error:  # onnxruntime has kinds of errors of its own
        msg = f"onnxruntime can't run {path.name}: {first_line(error)}"
        raise BadModelError(msg) from error
    network, expected = _fitted(runtime, file, pictures, path.name)
    reason = "torch can't do what the file asks for"
    for converted in _converted(file.model):
        candidate = Fitted(converted, channels_last=file.channels_last, one_by_one=network.one_by_one)
        try:
            answers = try_out(candidate, file.shape, path.name)
            difference = (answers - expected).abs().max() / expected.abs().max().clamp_min(1)
        except BadModelError as error:
            logging.getLogger(__name__).info("%s", error)
            continue
        if difference <= TOLERANCE:
            network, reason = candidate, ""
            break
        reason = f"turned into torch it gives other answers ({difference:.1e} of the largest apart)"
    probable = not file.ending and are_probabilities(expected)
    operators = len(file.model.graph.node)
    return FileNetwork(
        network.eval().requires_grad_(requires_grad=False),
        file.shape,
        "probabilities" if probable else "logits",
        file.ending,
        f"ONNX graph of {operators} operators",
        reason and f"it is run by onnxruntime, since {reason}: no gradient flows through it",
    )


def _fitted(
    runtime: Runtime, file: OnnxFile, pictures: torch.Tensor, name: str
) -> tuple[Fitted, torch.Tensor]:
    """Return the graph in onnxruntime and its answers, with a batch if it takes one."""
    alone = Fitted(runtime, channels_last=file.channels_last, one_by_one=True)
    together = Fitted(runtime, channels_last=file.channels_last, one_by_one=False)
    try:
        expected = checked_answers(alone(pictures), name)
    except BadModelError:
        raise
    except Exception as error:
        msg = f"onnxruntime can't run {name}: {first_line(error)}"
        raise BadModelError(msg) from error
    try:
        same = torch.allclose(together(pictures), expected, rtol=TOLERANCE, atol=TOLERANCE)
    except Exception:  # a batch of one is written into the graph
        same = False
    return (together if same else alone), expected


def _converted(model: Any) -> Iterator[nn.Module]:
    """Yield the graph in torch's layers: as it is, then with its operators of older versions."""
    try:
        import onnx2torch
    except ImportError:
        logging.getLogger(__name__).warning(
            "Without onnx2torch no gradient flows through ONNX networks: pip install '%s'.",
            with_extra("models"),
        )
        return
    ways: list[Callable[[], Any]] = [lambda: model]
    ways += [partial(way, model, version) for version in _OPERATORS for way in (_older, _called)]
    for way in ways:
        try:
            copied = onnx.ModelProto()
            copied.CopyFrom(way())
            yield onnx2torch.convert(copied)
        except Exception as error:  # both raise whatever they like
            logging.getLogger(__name__).info("Not turned into torch: %s", first_line(error))


def _older(model: Any, version: int) -> Any:
    """Return the graph with its operators brought to an older version."""
    return onnx.version_converter.convert_version(model, version)


def _called(model: Any, version: int) -> Any:
    """Call its operators those of an older version: often the same, and the answers show if they are not."""
    renamed = onnx.ModelProto()
    renamed.CopyFrom(model)
    for operators in renamed.opset_import:
        if operators.domain in {"", "ai.onnx"}:
            operators.version = version
    return renamed
