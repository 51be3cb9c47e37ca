"""Inference engines: the body of a network, fast on a CPU, without gradients.

Measured on six networks (`benchmarks/networks.py`), onnxruntime is the fastest on one core: 1.1 to 2.4 × as
fast as torch in channels_last, which is 1.2 to 2.8 × as fast as plain torch. OpenVINO is as fast to 15 %.
"""

from __future__ import annotations

import copy
import io
import logging
import threading
import warnings
from collections.abc import Callable

import torch
from torch import nn

from facelib.models.readers.onnx import OnnxGraph

Engine = Callable[[torch.Tensor], torch.Tensor]
"""Prepared pictures (N, C, h, w) to their features, without gradient; several threads may call at once."""

TOLERANCE = 1e-5
"""Largest difference of an engine from the plain network, as a share of its largest feature."""


def fast(body: nn.Module, example: torch.Tensor) -> Engine:
    """Return the fastest engine that computes what `body` computes on pictures like the example.

    Its weights are those of this moment.

    Parameters
    ----------
    body
        In evaluation mode.
    example
        float32 (N, C, h, w), two pictures or more; engines are tried on all, and made of fewer.

    Returns
    -------
    Engine
        onnxruntime, or torch in channels_last, or `body` itself: the first that agrees.
    """
    with torch.no_grad():
        expected = body(example.clone())
    for make in (in_onnxruntime, in_channels_last):
        try:
            engine = make(body, example[:-1])
            outputs = engine(example.clone())
        except Exception as error:
            reason = str(error)
        else:
            if _agree(outputs, expected):
                return engine
            reason = "it computes something else"
        logging.getLogger(__name__).info("No engine %s: %s", make.__name__, reason)
    return plain(body)


def _agree(found: torch.Tensor, expected: torch.Tensor) -> bool:
    if found.shape != expected.shape:
        return False
    return bool((found - expected).abs().max() <= TOLERANCE * expected.abs().max())


def plain(body: nn.Module) -> Engine:
    """Return torch itself, without gradient."""
    return torch.no_grad()(body.__call__)


def in_channels_last(body: nn.Module, example: torch.Tensor) -> Engine:  # noqa: ARG001 - as all that make engines
    """Return torch with channels as the innermost axis, which its convolutions prefer.

    A copy, because the way back through such a network can crash torch 2.13.
    """
    turned = copy.deepcopy(body).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    run = plain(turned)
    return lambda x: run(x.contiguous(memory_format=torch.channels_last)).contiguous()


def in_onnxruntime(body: nn.Module, example: torch.Tensor) -> Engine:
    """Return onnxruntime, which also folds normalisations, activations and sums into convolutions.

    Whatever torch's exporter raises for a network that it can't write comes through.
    """
    graph = OnnxGraph(to_onnx(body, example))
    return lambda x: torch.from_numpy(graph(x.numpy()))


_EXPORTER = threading.Lock()  # it has state of its own


def to_onnx(body: nn.Module, example: torch.Tensor) -> bytes:
    """Return a network as an ONNX file whose number of pictures stays open.

    By torch's older exporter: it runs the network once, 0.1 s. The newer one takes seconds.
    """
    written = io.BytesIO()
    names, count = ["pictures", "features"], {0: "N"}
    with _EXPORTER, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it is the older one
        # A step that depends on what is in the pictures would be written as it was for the example.
        warnings.simplefilter("error", torch.jit.TracerWarning)  # type: ignore[attr-defined]
        torch.onnx.export(
            body,
            (example.clone(),),
            written,  # type: ignore[arg-type]  # takes files, too
            input_names=names[:1],
            output_names=names[1:],
            dynamic_axes=dict.fromkeys(names, count),
            opset_version=17,
            dynamo=False,
        )
    return written.getvalue()
