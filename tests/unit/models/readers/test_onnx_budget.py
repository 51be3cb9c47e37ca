"""ONNX files are counted as if unfolded, and what decides on sizes is found."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, inliner

from facelib.models.readers import onnx_budget, onnx_trial
from facelib.models.readers.onnx_budget import refuse, refuse_free_sizes

OWN = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]


def call(name: str, taken: str, made: str) -> onnx.NodeProto:
    own = name.startswith("F")
    return helper.make_node(name, [taken], [made], domain="own" if own else "")


def function(name: str, *names: str) -> Any:
    """A function that calls others, or operators, one after the other."""
    values = ["a", *(f"v{n}" for n in range(len(names) - 1)), "o"]
    nodes = [call(one, values[n], values[n + 1]) for n, one in enumerate(names)]
    return helper.make_function("own", name, ["a"], ["o"], nodes, OWN)


def model(*functions: Any, calls: str) -> onnx.ModelProto:
    shape = (TensorProto.FLOAT, ["N", 4])
    graph = helper.make_graph(
        [call(calls, "x", "y")],
        "g",
        [helper.make_tensor_value_info("x", *shape)],
        [helper.make_tensor_value_info("y", *shape)],
    )
    return helper.make_model(graph, opset_imports=OWN, functions=list(functions), ir_version=9)


@pytest.mark.parametrize("seed", range(20))
def test_operators_are_counted_as_the_inliner_would_make_them(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(seed)
    functions = [function("F0", "Relu", "Exp")]
    for number in range(1, 7):
        known = [*(f"F{n}" for n in range(number)), "Relu", "Tanh"]
        functions.append(function(f"F{number}", *rng.choice(known, rng.integers(1, 4))))
    made = model(*rng.permuted(functions), calls="F6")
    count = len(inliner.inline_local_functions(made).graph.node)
    monkeypatch.setattr(onnx_budget, "MOST_OPERATORS", count)
    refuse(made, 10**6)
    monkeypatch.setattr(onnx_budget, "MOST_OPERATORS", count - 1)
    with pytest.raises(ValueError, match=f"unfolded it would have {count} operators"):
        refuse(made, 10**6)


@pytest.mark.parametrize("order", [1, -1])
def test_depth_is_found_in_any_order(order: int) -> None:
    steps = [function("F0", "Relu"), *(function(f"F{n}", f"F{n - 1}") for n in range(1, 40))]
    shallow, deep = (model(*steps[:length][::order], calls=f"F{length - 1}") for length in (30, 40))
    refuse(shallow, 10**6)
    with pytest.raises(ValueError, match="deep"):
        refuse(deep, 10**6)


def test_two_functions_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two functions F0"):
        refuse(model(function("F0", "Relu"), function("F0", "Exp"), calls="F0"), 10**6)


def graph(*nodes: onnx.NodeProto) -> onnx.GraphProto:
    return helper.make_graph(
        list(nodes), "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 4])], []
    )


def node(kind: str, *taken: str, made: str = "y") -> onnx.NodeProto:
    return helper.make_node(kind, list(taken), [made])


@pytest.mark.parametrize("kind", onnx_budget._SIZES)
def test_an_input_that_decides_on_sizes_may_not_come_of_the_picture(kind: str) -> None:
    places = onnx_budget._SIZES[kind]
    for place in places:
        taken = [""] * (max(places) + 1)
        taken[place] = "v"
        with pytest.raises(ValueError, match=f"operator {kind} makes"):
            refuse_free_sizes(graph(node("Exp", "x", made="v"), node(kind, *taken)))
        refuse_free_sizes(graph(node("Shape", "x", made="v"), node(kind, *taken)))


def test_what_comes_of_chance_decides_on_nothing() -> None:
    with pytest.raises(ValueError, match="operator Expand makes"):
        refuse_free_sizes(graph(node("RandomUniform", made="v"), node("Expand", "x", "v")))


@pytest.mark.parametrize("kind", ["ReduceSum", "ReduceMean", "ReduceLogSumExp"])
def test_axes_may_not_come_of_the_picture(kind: str) -> None:
    refuse_free_sizes(graph(node(kind, "x")))
    with pytest.raises(ValueError, match=f"operator {kind} makes"):
        refuse_free_sizes(graph(node("Exp", "x", made="v"), node(kind, "x", "v")))


def test_the_trial_reports_nothing_and_finds_this_package() -> None:
    environment = onnx_trial._environment()
    assert environment["ORT_DISABLE_TELEMETRY"] == "1"
    assert environment["OMP_NUM_THREADS"] == "1"
    root = onnx_trial.__file__.split("/facelib/models/")[0]
    assert root in environment["PYTHONPATH"]
