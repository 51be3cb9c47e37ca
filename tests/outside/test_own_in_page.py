"""Network files that strangers made, as the page hands them on: the child ends, the page lives on."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from facelib.app import Explorer
from facelib.app.explorer.own_panel import OwnPanel
from facelib.app.explorer.own_state import OwnNetwork
from facelib.errors import BadValueError
from facelib.models import data_path, sandbox
from facelib.models.architectures import ARCHITECTURES, network_of
from facelib.models.landlock import abi
from facelib.models.readers.tflite import read_tflite_network
from facelib.models.sandbox import Sandbox
from facelib.utilities.content import Held

pytestmark = [
    pytest.mark.packages,
    pytest.mark.usefixtures("single_threaded"),
    pytest.mark.filterwarnings("ignore:.*ipykernel.*"),
]

SIDE = 24


def graph(*nodes: onnx.NodeProto, outputs: int = 7, weights: tuple[TensorProto, ...] = ()) -> bytes:
    """Return a network that flattens pictures to "f" and is to make "y"."""
    size = SIDE * SIDE
    kernel = np.random.default_rng(0).normal(0, 0.05, (size, outputs)).astype(np.float32)
    made = helper.make_graph(
        [helper.make_node("Flatten", ["x"], ["f"]), helper.make_node("MatMul", ["f", "w"], ["m"]), *nodes],
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 1, SIDE, SIDE])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(kernel, "w"), *weights],
    )
    file = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    return file.SerializeToString()


def identity() -> onnx.NodeProto:
    return helper.make_node("Identity", ["m"], ["y"])


def loop() -> bytes:
    """Runs a body 2^62 times."""
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in ("a", "b")]
    number = helper.make_tensor_value_info("i", TensorProto.INT64, [])
    go, on = (helper.make_tensor_value_info(name, TensorProto.BOOL, []) for name in ("go", "on"))
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["on"]), helper.make_node("Identity", ["a"], ["b"])],
        "body", [number, go, values[0]], [on, values[1]],
    )  # fmt: skip
    times = numpy_helper.from_array(np.array(2**62), "times")
    yes = numpy_helper.from_array(np.array(True), "yes")
    return graph(helper.make_node("Loop", ["times", "yes", "m"], ["y"], body=body), weights=(times, yes))


def elsewhere() -> bytes:
    tensor = TensorProto(data_type=TensorProto.FLOAT, dims=[1], data_location=TensorProto.EXTERNAL, name="e")
    tensor.external_data.add(key="location", value="/etc/hostname")
    return graph(helper.make_node("Add", ["m", "e"], ["y"]), weights=(tensor,))


def long() -> bytes:
    """Takes 10^14 multiplications in small tensors, each of which depends on the picture."""
    sides = numpy_helper.from_array(np.array([4096, 4096]), "sides")
    steps = [helper.make_node("MatMul", [f"p{n}", f"p{n}"], [f"p{n + 1}"]) for n in range(999)]
    return graph(
        helper.make_node("ReduceMax", ["x"], ["q"], keepdims=0),
        helper.make_node("Expand", ["q", "sides"], ["p0"]),
        *steps,
        helper.make_node("ReduceMax", ["p999"], ["r"], keepdims=0),
        helper.make_node("Add", ["m", "r"], ["y"]),
        weights=(sides,),
    )


def nested(depth: int) -> bytes:
    """A choice in a choice in a choice."""
    yes = helper.make_node("Constant", [], ["t"], value=numpy_helper.from_array(np.array(True)))
    out = helper.make_tensor_value_info("o", TensorProto.FLOAT, None)
    inner = helper.make_graph([helper.make_node("Identity", ["m"], ["o"])], "last", [], [out])
    for _ in range(depth):
        choice = helper.make_node("If", ["t"], ["o"], then_branch=inner, else_branch=inner)
        inner = helper.make_graph([yes, choice], "inner", [], [out])
    return graph(yes, helper.make_node("If", ["t"], ["y"], then_branch=inner, else_branch=inner))


def not_numbers() -> bytes:
    zero = numpy_helper.from_array(np.zeros(1, np.float32), "zero")
    return graph(
        helper.make_node("Mul", ["m", "zero"], ["n"]),
        helper.make_node("Div", ["n", "n"], ["y"]),
        weights=(zero,),
    )


def header(length: int, text: bytes) -> bytes:
    return struct.pack("<Q", length) + text


def claims(shape: list[int]) -> bytes:
    """Weights that claim far more numbers than there are."""
    text = json.dumps({"fc.weight": {"dtype": "F32", "shape": shape, "data_offsets": [0, 4]}}).encode()
    return header(len(text), text) + bytes(4)


HOSTILE: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "an endless loop": ("net.onnx", loop, "loops"),
    "weights elsewhere": ("net.onnx", elsewhere, "another file"),
    "an operator of its own": (
        "net.onnx",
        lambda: graph(helper.make_node("Own", ["m"], ["y"], domain="evil")),
        "can't",
    ),
    "choices in choices": ("net.onnx", lambda: nested(12), ""),
    "no numbers": ("net.onnx", not_numbers, "finite"),
    "one output": ("net.onnx", lambda: graph(identity(), outputs=1), "1 output"),
    "10,000 outputs": ("net.onnx", lambda: graph(identity(), outputs=10_000), "10,000 outputs"),
    "nothing": ("net.onnx", lambda: b"", "can't be read"),
    "noise": ("net.onnx", lambda: np.random.default_rng(0).bytes(5000), "can't be read"),
    "TensorFlow Lite that ends": ("net.tflite", lambda: b"\x1c\0\0\0TFL3" + bytes(40), "can't be read"),
    "a header without end": ("net.safetensors", lambda: header(2**62, b"{"), "whole safetensors"),
    "weights that aren't there": ("net.safetensors", lambda: claims([10**6, 10**6]), "whole safetensors"),
    "weights of nothing known": ("net.safetensors", lambda: claims([1]), "any architecture"),
}


@pytest.fixture(scope="module")
def panel() -> Iterator[OwnPanel]:
    explorer = Explorer(("known_unbiased",), background=False)
    made = OwnPanel(explorer, OwnNetwork(explorer, background=False))
    made.fold.button.value = True
    yield made
    made.state.close()
    explorer.close()


def give(panel: OwnPanel, name: str, content: bytes) -> None:
    """Send a file as the page's script does, in parts."""
    size = max(1, len(content) // 3)
    parts = [content[at : at + size] for at in range(0, len(content), size)] or [b""]
    for place, part in enumerate(parts):
        message = {"name": name, "place": place, "parts": len(parts)}
        panel.zone._on_msg(panel.zone, message, [memoryview(part)])


@pytest.mark.thorough
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_ends_in_words(name: str, panel: OwnPanel) -> None:
    file, make, words = HOSTILE[name]
    give(panel, file, make())
    state = panel.state
    if name == "choices in choices":  # harmless, if odd: either answer will do
        assert state.stage in {"empty", "asked"}
        state.remove()
        return
    assert (state.stage, panel.state.explorer.roster) == ("empty", ("known_unbiased",))
    assert words in state.problem or words in panel.messages.value
    assert "Traceback" not in panel.messages.value
    assert state._sandbox is None


@pytest.mark.thorough
def test_a_computation_without_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "PATIENCE", 25.0)
    began = time.monotonic()
    with pytest.raises(
        sandbox.BadModelError, match=r"was ended, and isn't used|multiplications|processor time"
    ):
        Sandbox("net.onnx", long())
    assert time.monotonic() - began < 60


def test_a_page_that_sends_more_than_it_may_is_not_listened_to(
    panel: OwnPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "_start", lambda *_asked: pytest.fail("a child was started"))
    panel.zone.most = 1000
    give(panel, "net.onnx", bytes(3000))
    assert panel.state.stage == "empty"
    panel.zone.most = 10**12  # whoever plays the page says so
    monkeypatch.setattr(sandbox, "LARGEST", 1000)
    give(panel, "net.onnx", b"\x08" * 3000)
    assert "MB" in panel.state.problem


@pytest.mark.parametrize("dead", [9, 11])
def test_a_child_that_dies_is_told_in_words(dead: int, monkeypatch: pytest.MonkeyPatch) -> None:
    start = sandbox._start

    def killed(*asked: object) -> object:
        child = start(*asked)  # type: ignore[arg-type]
        child.send_signal(dead)
        return child

    monkeypatch.setattr(sandbox, "_start", killed)
    with pytest.raises(sandbox.BadModelError, match=r"net\.onnx (needed more|broke the process)"):
        Sandbox("net.onnx", b"\x08")


@pytest.mark.thorough
def test_a_child_cannot_write_reach_a_network_or_start_a_program(tmp_path: Path) -> None:
    """What would run in a child whose reader had a hole."""
    import sys

    canary = tmp_path / "canary"
    code = f"""
import os, socket, subprocess
from facelib.models.readers.confined import confine
from facelib.models.sandbox import SECONDS
confine(SECONDS, 2**30)
done = []
for name, attempt in (
    ("write", lambda: open({str(canary)!r}, "w")),
    ("network", socket.socket),
    ("program", lambda: subprocess.run(["true"])),
    ("memory", lambda: bytearray(2**33)),
):
    try:
        attempt()
        done.append(name)
    except (OSError, MemoryError):
        pass
print(done)
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"
    assert not canary.exists()


HOLE = """
import os, socket, subprocess, sys, threading
import facelib.models.sandbox as sandbox
from facelib.errors import BadModelError

THREADS = []
confine = sandbox.confine

def looked_at(*limits):
    with open("/proc/self/status") as status:
        THREADS.append(next(line.split()[1] for line in status if line.startswith("Threads")))
    confine(*limits)

def hole(file, *_):
    done = ["threads before: " + THREADS[0], "got " + str(len(file.content))]
    for name, attempt in (
        ("read", lambda: open("/etc/passwd").read()),
        ("read a secret", lambda: open({secret!r}).read()),
        ("read its environment", lambda: open("/proc/self/environ").read()),
        ("read its own code", lambda: open(os.__file__).read()),
        ("list", lambda: os.listdir({folder!r})),
        ("write among temporary files", lambda: open({temporary!r} + "/facelib-hole", "w")),
        ("make", lambda: os.open({folder!r} + "/new", os.O_CREAT | os.O_WRONLY)),
        ("start a program", lambda: subprocess.run(["/bin/true"], check=True)),
        ("run a program in its place", lambda: os.execv("/bin/true", ["true"])),
        ("network", socket.socket),
    ):
        try:
            attempt()
            done.append(name)
        except OSError:
            pass
    raise BadModelError("; ".join(done))

sandbox.confine = looked_at
sandbox._READERS = dict.fromkeys(sandbox._READERS, hole)
sys.exit(sandbox.main())
"""


@pytest.mark.skipif(not abi(), reason="this kernel has no Landlock")
@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("net.onnx", b"\x08"),
        pytest.param("net.tflite", b"\x1c\0\0\0TFL3", marks=pytest.mark.thorough),
        pytest.param("net.safetensors", bytes(8) + b"{", marks=pytest.mark.thorough),
    ],
)
def test_a_reader_with_a_hole_gets_at_no_file_and_no_program(
    file: str, content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What runs in the very child of the page, once its reader has been taken over."""
    (tmp_path / "secret").write_text("of a patient")
    code = HOLE.format(secret=str(tmp_path / "secret"), folder=str(tmp_path), temporary=tempfile.gettempdir())
    started = subprocess.Popen

    def taken_over(command: list[str], **how: Any) -> subprocess.Popen[bytes]:
        return started([*command[:2], "-c", code], **how)

    monkeypatch.setattr(sandbox.subprocess, "Popen", taken_over)
    with pytest.raises(sandbox.BadModelError) as told:
        Sandbox(file, content)
    assert str(told.value) == f"threads before: 1; got {len(content)}"
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]
    assert not Path(tempfile.gettempdir(), "facelib-hole").exists()


@pytest.mark.thorough
def test_a_good_tensorflow_lite_file_is_read_without_files() -> None:
    content = data_path("facex", "facex/assets/model_optimized.tflite").read_bytes()
    expected = read_tflite_network(Held("net.tflite", content))
    pictures = torch.rand(2, 3, 200, 200)
    with Sandbox("net.tflite", content) as found, torch.no_grad():
        assert (found.about.ending, found.about.outputs, found.about.size) == ("softmax", 7, 200)
        rows = found.rows(pictures.numpy())
        np.testing.assert_allclose(rows, expected.network(pictures).numpy(), atol=1e-3)


@pytest.mark.thorough
@pytest.mark.parametrize("architecture", [name for name in ARCHITECTURES if name != "vit_b_16"])
def test_every_known_architecture_is_read_without_files(architecture: str) -> None:
    """What is imported late would be missed in the child, which opens no file any more.

    ViT-B is larger than what is taken.
    """
    from safetensors.torch import save

    torch.manual_seed(0)
    network = network_of(architecture, 5).eval()
    with Sandbox("net.safetensors", save(network.state_dict()), size=64) as found:
        assert (found.about.architecture, found.about.outputs) == (architecture, 5)
        pictures = torch.rand(1, 3, 64, 64)
        with torch.no_grad():
            expected = network(pictures).numpy()
        np.testing.assert_allclose(found.rows(pictures.numpy()), expected, atol=1e-3)


@pytest.mark.thorough
def test_weights_of_a_known_architecture_are_recognised() -> None:
    from safetensors.torch import save
    from torchvision.models import mobilenet_v3_small

    torch.manual_seed(0)
    network = mobilenet_v3_small(num_classes=5).eval()
    with Sandbox("net.safetensors", save(network.state_dict()), size=64) as found:
        assert (found.about.architecture, found.about.outputs) == ("mobilenet_v3_small", 5)
        pictures = torch.rand(3, 3, 64, 64)
        with torch.no_grad():
            expected = network(pictures).numpy()
        np.testing.assert_allclose(found.rows(pictures.numpy()), expected, atol=1e-4)


@pytest.mark.thorough
def test_a_softmax_at_the_end_is_taken_off_and_a_gray_network_is_asked_about(panel: OwnPanel) -> None:
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(1, 4, 5), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 20 * 20, 3), nn.Softmax(1)
    )
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(network.eval(), (torch.rand(1, 1, SIDE, SIDE),), file, dynamo=False)
    give(panel, "net.onnx", file.getvalue())
    state = panel.state
    assert (state.stage, state.about.ending, state.about.channels) == ("asked", "softmax", 1)
    assert state.labels == ["", "", ""]
    assert state.outputs == "logits"
    with pytest.raises(BadValueError, match="one output at least"):
        state.accept()
    state.remove()
