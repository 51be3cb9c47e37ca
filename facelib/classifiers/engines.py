"""Inference engines: the body of a network, fast on a CPU or on an accelerator, without gradients.

Measured on six networks, onnxruntime is the fastest on one core: 1.1 to 2.4 × as fast as torch in
channels_last, which is 1.2 to 2.8 × as fast as plain torch (`benchmarks/networks.py` compares with that and
with scripts by hand). OpenVINO is as fast to 15 %.
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

from facelib.errors import UnavailableError
from facelib.models.devices import Device, batch_that_fits, in_batches, is_out_of_memory, precision
from facelib.models.readers.onnx import OnnxGraph

Engine = Callable[[torch.Tensor], torch.Tensor]
"""Prepared pictures (N, C, h, w) to their features, without gradient; several threads may call at once."""

TOLERANCE = 1e-5
"""Largest difference of an engine from the plain network, as a share of its largest feature."""

FAR = 1e-3
"""The same of an accelerator, which adds up in another order (our choice)."""

FAR_HALF = 0.05
"""The same in half precision, of which ten binary places are left (our choice)."""


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


class Accelerated:
    """A network on an accelerator: prepared pictures go there, features and logits stay until asked for.

    One thread uses it at a time; others can prepare pictures meanwhile. Weights are copies of this moment.

    Parameters
    ----------
    body, head
        In evaluation mode, on the processor; they stay as they are.
    device
        Where it computes.
    example
        float32 (N, C, h, w), on the processor; two pictures or more.
    name
        Of the classifier, for errors.

    Raises
    ------
    UnavailableError
        The network can't be run there, computes something else than on the processor, or finds too little
        memory for one picture.
    """

    def __init__(
        self, body: nn.Module, head: nn.Module, device: Device, *, example: torch.Tensor, name: str
    ) -> None:
        self.device = device
        self.batch = len(example)
        self._lock = threading.Lock()
        with torch.no_grad():
            expected = head(body(example.clone()))
        try:
            self._body, self._head = (copy.deepcopy(part).to(device.torch) for part in (body, head))
            difference = self._difference(example, expected)
        except UnavailableError:
            raise
        except Exception as error:
            what = "memory for it" if is_out_of_memory(error) else "what it needs"
            msg = f"{name} can't run on {device}, which lacks {what}: {str(error).partition(chr(10))[0]}"
            raise UnavailableError(msg, hint="device='cpu' runs it.") from error
        if not difference <= (FAR_HALF if device.half else FAR):
            msg = (
                f"{name} gives other answers on {device} than on the processor: {difference:.1e} of the "
                "largest apart."
            )
            raise UnavailableError(msg, hint="device='cpu' is right.")
        self.batch = batch_that_fits(self._features, example.to(device.torch), device)

    def __call__(self, pictures: torch.Tensor) -> torch.Tensor:
        """Return the features of prepared pictures, on the accelerator, without gradient."""
        with self._lock:
            features, self.batch = in_batches(self._features, pictures, self.batch, self.device)
        return features

    def logits(self, features: torch.Tensor) -> torch.Tensor:
        """Return the logits (N, K) of features, on the accelerator; differentiable in them."""
        logits, self.batch = in_batches(self._logits, features, self.batch, self.device)
        return logits

    def _logits(self, features: torch.Tensor) -> torch.Tensor:
        with precision(self.device):
            logits: torch.Tensor = self._head(features.to(self.device.torch))
        return logits.float()

    def _features(self, pictures: torch.Tensor) -> torch.Tensor:
        with torch.no_grad(), precision(self.device):
            features: torch.Tensor = self._body(pictures.to(self.device.torch))
        return features.float()

    def _difference(self, example: torch.Tensor, expected: torch.Tensor) -> float:
        """Return how far its logits are from those of the processor, as a share of the largest."""
        with torch.no_grad():
            found = self.logits(self(example.clone())).cpu()
        return float((found - expected).abs().max() / expected.abs().max().clamp_min(1e-6))
