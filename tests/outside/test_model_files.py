"""Model files that strangers made: none runs code, writes a file, hangs or fills the memory."""

from __future__ import annotations

import json
import os
import pickle
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from tests.outside.attempts import Attempts, started

pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")


@pytest.fixture(scope="module")
def attempt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attempts]:
    with started(tmp_path_factory.mktemp("attempts")) as attempts:
        yield attempts


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder; what a file does is seen beside it, at `canary_of`."""
    made = tmp_path / "files"
    made.mkdir()
    return made


def canary_of(folder: Path) -> Path:
    return folder / "canary"


# --- TorchScript: it writes when it is loaded, when it is run, or where no list of operators shows it


class Writes(nn.Module):
    def __init__(self, canary: str) -> None:
        super().__init__()
        self.canary = canary

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        torch.from_file(self.canary, shared=True, size=12, dtype=torch.uint8).fill_(88)
        return x.mean((1, 2, 3))[:, None].expand(-1, 7)


class WritesWhenLoaded(nn.Module):
    def __init__(self, canary: str) -> None:
        super().__init__()
        self.canary = canary
        self.w = nn.Parameter(torch.zeros(1))

    @torch.jit.export
    def __getstate__(self) -> tuple[torch.Tensor, str]:
        return self.w, self.canary

    @torch.jit.export
    def __setstate__(self, state: tuple[torch.Tensor, str]) -> None:
        self.canary = state[1]
        self.training = False
        written = torch.from_file(self.canary, shared=True, size=12, dtype=torch.uint8).fill_(88)
        self.w = (state[0] + written.sum()).detach()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.mean((1, 2, 3))[:, None].expand(-1, 7) + 0 * self.w


class Part(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        pass


with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    Part = torch.jit.interface(Part)


class WritesBehindAnInterface(nn.Module):
    part: Part

    def __init__(self, canary: str) -> None:
        super().__init__()
        self.part = Writes(canary)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.part.forward(x)


WritesBehindAnInterface.__annotations__["part"] = Part  # torch doesn't look a name up


class NeverEnds(nn.Module):
    def __init__(self, canary: str) -> None:
        super().__init__()
        self.canary = canary

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        n = 0
        while n >= 0:
            n = (n + 1) % 1000
        return x.mean((1, 2, 3))[:, None].expand(-1, 7)


SCRIPTS = (Writes, WritesWhenLoaded, WritesBehindAnInterface, NeverEnds)


@pytest.mark.parametrize("door", ["classifier", "generator"])
@pytest.mark.parametrize("program", SCRIPTS)
def test_torchscript_is_not_loaded_unless_its_maker_is_trusted(
    program: type[nn.Module], door: str, folder: Path, attempt: Attempts
) -> None:
    path = folder / "net.pt"
    torch.jit.script(program(str(canary_of(folder)))).save(str(path))
    outcome = attempt(door, path)
    assert outcome.refused(), outcome
    assert "is a program" in outcome.message
    assert "trust=True" in outcome.message
    assert not canary_of(folder).exists()


@pytest.mark.parametrize("name", ["net.pth", "net.bin", "net.ckpt", "net.onnx", "net.safetensors", "net"])
@pytest.mark.parametrize("options", [{}, {"factory": True}, {"kind": "torchscript"}, {"kind": "state_dict"}])
def test_torchscript_under_another_name(
    name: str, options: dict[str, Any], folder: Path, attempt: Attempts
) -> None:
    torch.jit.script(WritesWhenLoaded(str(canary_of(folder)))).save(str(folder / name))
    assert attempt("classifier", folder / name, **options).refused()
    assert not canary_of(folder).exists()


def test_a_trusted_torchscript_is_run_and_this_is_why_it_has_to_be(folder: Path) -> None:
    """What the others would do: without it they would pass for a file that does nothing."""
    from facelib.classifiers import Preparation, own

    torch.jit.script(WritesWhenLoaded(str(canary_of(folder)))).save(str(folder / "net.pt"))
    labels = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
    own(folder / "net.pt", labels=labels, preparation=Preparation(48, "gray", 0.0, 1.0), trust=True)
    assert canary_of(folder).read_bytes() == b"X" * 12


def test_neither_a_study_file_nor_the_page_can_trust(folder: Path, attempt: Attempts) -> None:
    torch.jit.script(WritesWhenLoaded(str(canary_of(folder)))).save(str(folder / "net.pt"))
    start = "study: interventional\nfaces: {heads: 2}\ninterventions: [symmetry]\nlabel: happy\n"
    for line in ("trust: true", "classifiers: [net.pt]", "classifiers: [{net.pt: {trust: true}}]"):
        (folder / "study.yml").write_text(start + line)
        assert attempt("study", folder / "study.yml").refused()
    assert not canary_of(folder).exists()
    package = Path(__file__).parents[2] / "facelib"
    for part in ("app", "studies", "reports", "charts"):
        for code in (package / part).rglob("*.py"):
            assert "trust=" not in code.read_text(encoding="utf-8"), code


# --- pickles


class Runs:
    """Runs a command when it is unpickled."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.canary}",)


def torch_saved(content: object, path: Path) -> None:
    torch.save(content, path)


def torch_saved_as_before(content: object, path: Path) -> None:
    torch.save(content, path, _use_new_zipfile_serialization=False)


def pickled(content: object, path: Path) -> None:
    path.write_bytes(pickle.dumps(content))


def pickled_as_text(content: object, path: Path) -> None:
    path.write_bytes(pickle.dumps(content, protocol=0))


WRITERS = (torch_saved, torch_saved_as_before, pickled, pickled_as_text)


@pytest.mark.parametrize("name", ["net.pt", "net.pth", "net.safetensors", "net.h5", "net.onnx", "net.tflite"])
@pytest.mark.parametrize("write", WRITERS)
def test_a_pickle_runs_nothing(
    write: Callable[[object, Path], None], name: str, folder: Path, attempt: Attempts
) -> None:
    for content in (Runs(canary_of(folder)), {"state_dict": {"w": Runs(canary_of(folder))}}):
        write(content, folder / name)
        outcomes = [attempt("classifier", folder / name)]
        if name.endswith((".pt", ".pth", ".safetensors")):
            outcomes += [attempt(door, folder / name, factory=True) for door in ("classifier", "generator")]
        assert all(outcome.refused() for outcome in outcomes), outcomes
    assert not canary_of(folder).exists()


# --- ONNX: x (N, 1, 48, 48) to y (N, 7); what is given stands between "f" and "s", both (N, 2304)


def constant(name: str, value: Any, kind: Any = np.int64) -> onnx.NodeProto:
    return helper.make_node("Constant", [], [name], value=numpy_helper.from_array(np.array(value, kind)))


def model(*nodes: onnx.NodeProto, functions: tuple[Any, ...] = (), opset: int = 17) -> onnx.ModelProto:
    weights = numpy_helper.from_array(np.full((48 * 48, 7), 1e-3, np.float32), "w")
    made = helper.make_graph(
        [
            helper.make_node("Flatten", ["x"], ["f"]),
            *nodes,
            helper.make_node("MatMul", ["s", "w"], ["y"]),
        ],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 1, 48, 48])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 7])],
        [weights],
    )
    sets = [
        helper.make_opsetid("", opset),
        helper.make_opsetid("own", 1),
        helper.make_opsetid("com.microsoft", 1),
    ]
    return helper.make_model(made, opset_imports=sets, functions=list(functions), ir_version=9)


def function(name: str, *nodes: onnx.NodeProto) -> Any:
    sets = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
    return helper.make_function("own", name, ["a"], ["o"], list(nodes), sets)


def call(name: str, taken: str = "f", made: str = "s") -> onnx.NodeProto:
    return helper.make_node(name, [taken], [made], domain="own")


def body() -> onnx.GraphProto:
    taken = [("i", TensorProto.INT64, []), ("c", TensorProto.BOOL, []), ("v", TensorProto.FLOAT, None)]
    made = [("c2", TensorProto.BOOL, []), ("v2", TensorProto.FLOAT, None)]
    return helper.make_graph(
        [helper.make_node("Identity", ["c"], ["c2"]), helper.make_node("Exp", ["v"], ["v2"])],
        "b",
        [helper.make_tensor_value_info(*one) for one in taken],
        [helper.make_tensor_value_info(*one) for one in made],
    )


def loop(taken: str, made: str) -> tuple[onnx.NodeProto, ...]:
    repeat = helper.make_node("Loop", ["n", "t", taken], [made], body=body())
    return constant("n", 10**12), constant("t", True, bool), repeat


def choice(*inside: onnx.NodeProto, made: str) -> onnx.NodeProto:
    outputs = [helper.make_tensor_value_info(made, TensorProto.FLOAT, None)]
    return helper.make_node(
        "If",
        ["t0"],
        ["o"],
        then_branch=helper.make_graph(list(inside), "then", [], outputs),
        else_branch=helper.make_graph([helper.make_node("Identity", ["a"], [made])], "else", [], outputs),
    )


def generated(taken: str, made: str) -> onnx.NodeProto:
    return helper.make_node("GreedySearch", [taken], [made], domain="com.microsoft", decoder=body())


def doubling(times: int) -> onnx.ModelProto:
    steps = [
        function(f"F{n}", call(f"F{n - 1}", "a", "b"), call(f"F{n - 1}", "b", "o")) for n in range(1, times)
    ]
    first = function("F0", helper.make_node("Relu", ["a"], ["o"]))
    return model(call(f"F{times - 1}"), functions=(first, *steps))


def chain(length: int) -> onnx.ModelProto:
    first = function("F0", helper.make_node("Relu", ["a"], ["o"]))
    steps = [function(f"F{n}", call(f"F{n - 1}", "a", "o")) for n in range(1, length)]
    return model(call(f"F{length - 1}"), functions=(first, *steps))


def heavy(times: int) -> onnx.ModelProto:
    """Calls a function that carries a megabyte again and again: 10 GB once it is unfolded."""
    carried = numpy_helper.from_array(np.zeros(2**18, np.float32))
    first = function(
        "F0", helper.make_node("Constant", [], ["k"], value=carried), helper.make_node("Relu", ["a"], ["o"])
    )
    names = ["f", *(f"r{n}" for n in range(times - 1)), "s"]
    return model(*(call("F0", names[n], names[n + 1]) for n in range(times)), functions=(first,))


def external(place: str, *, within: str) -> onnx.ModelProto:
    tensor = TensorProto(data_type=TensorProto.FLOAT, dims=[1], data_location=TensorProto.EXTERNAL, name="e")
    for key, value in (("location", place), ("offset", "0"), ("length", "4")):
        tensor.external_data.add(key=key, value=value)
    read = helper.make_node("Constant", [], ["k"], value=tensor)
    if within == "a function":
        return model(call("R"), functions=(function("R", read, helper.make_node("Add", ["a", "k"], ["o"])),))
    if within == "an operator":
        return model(read, helper.make_node("Add", ["f", "k"], ["s"]))
    made = model(helper.make_node("Add", ["f", "e"], ["s"]))
    made.graph.initializer.append(tensor)
    return made


def sized(*nodes: onnx.NodeProto, opset: int = 17) -> onnx.ModelProto:
    """Uses "z" (a number made of the picture, 5e9 whatever it shows) as a size; "big" is what comes of it."""
    return model(
        helper.make_node("ReduceSum", ["x"], ["q"], keepdims=0),
        constant("k0", 0, np.float32),
        constant("k1", 5e9, np.float32),
        helper.make_node("Mul", ["q", "k0"], ["q0"]),
        helper.make_node("Add", ["q0", "k1"], ["q1"]),
        helper.make_node("Cast", ["q1"], ["q2"], to=TensorProto.INT64),
        constant("ax", [0]),
        helper.make_node("Unsqueeze", ["q2", "ax"], ["z"]),
        constant("one", [1.0], np.float32),
        *nodes,
        helper.make_node("ReduceSum", ["big"], ["r"], keepdims=0),
        helper.make_node("Add", ["f", "r"], ["s"]),
        opset=opset,
    )


def padded() -> onnx.ModelProto:
    ends = helper.make_node("Concat", ["ax", "z"], ["ends"], axis=0)
    return sized(ends, helper.make_node("Pad", ["one", "ends"], ["big"]))


def resized() -> onnx.ModelProto:
    grow = helper.make_node("Resize", ["one", "", "", "z"], ["big"])
    return sized(grow)


def ranged() -> onnx.ModelProto:
    return sized(
        constant("o", 0), constant("i", 1), helper.make_node("Range", ["o", "q2", "i"], ["g"]),
        helper.make_node("Cast", ["g"], ["big"], to=TensorProto.FLOAT),
    )  # fmt: skip


def hot() -> onnx.ModelProto:
    return sized(
        constant("v", [0, 1], np.float32), helper.make_node("OneHot", ["ax", "z", "v"], ["big"], axis=-1)
    )


def chosen() -> onnx.ModelProto:
    """Goes another, endless way where a picture is bright: noise doesn't show it."""
    outputs = [helper.make_tensor_value_info("p", TensorProto.FLOAT, None)]
    slow = [constant("sides", [4096, 4096]), helper.make_node("ConstantOfShape", ["sides"], ["m0"])]
    slow += [helper.make_node("MatMul", [f"m{n}", f"m{n}"], [f"m{n + 1}"]) for n in range(999)]
    slow += [helper.make_node("ReduceMax", ["m999"], ["p"], keepdims=0)]
    return model(
        helper.make_node("ReduceMin", ["x"], ["q"], keepdims=0),
        constant("k", 0.5, np.float32),
        helper.make_node("Greater", ["q", "k"], ["bright"]),
        helper.make_node(
            "If", ["bright"], ["r"],
            then_branch=helper.make_graph(slow, "slow", [], outputs),
            else_branch=helper.make_graph([constant("p", 0, np.float32)], "fast", [], outputs),
        ),
        helper.make_node("Add", ["f", "r"], ["s"]),
    )  # fmt: skip


def hidden(number: int) -> tuple[onnx.NodeProto, ...]:
    """A constant "z" that shape inference doesn't work out: the root of its square."""
    return (
        constant("d", [float(number) ** 2], np.float64),
        helper.make_node("Sqrt", ["d"], ["e"]),
        helper.make_node("Cast", ["e"], ["z"], to=TensorProto.INT64),
    )


def constant_of(*nodes: onnx.NodeProto) -> onnx.ModelProto:
    return model(
        *nodes,
        helper.make_node("ConstantOfShape", ["z"], ["big"]),
        helper.make_node("ReduceSum", ["big"], ["r"], keepdims=0),
        helper.make_node("Add", ["f", "r"], ["s"]),
    )


def endless() -> onnx.ModelProto:
    """Small tensors and few operators, but 10^14 multiplications; each product depends on the picture."""
    start = [
        helper.make_node("ReduceMax", ["x"], ["q"], keepdims=0),
        constant("sides", [4096, 4096]),
        helper.make_node("Expand", ["q", "sides"], ["m0"]),
    ]
    steps = [helper.make_node("MatMul", [f"m{n}", f"m{n}"], [f"m{n + 1}"]) for n in range(999)]
    end = [
        helper.make_node("ReduceMax", ["m999"], ["r"], keepdims=0),
        helper.make_node("Add", ["f", "r"], ["s"]),
    ]
    return model(*start, *steps, *end)


def batches() -> onnx.ModelProto:
    """Makes a tensor of N^6 numbers of N pictures: nothing for one, 275 GB for 64."""
    names = [f"n{n}" for n in range(6)]
    return constant_of(
        helper.make_node("Shape", ["x"], ["shape"]),
        constant("i", [0]),
        helper.make_node("Gather", ["shape", "i"], ["n"]),
        *(helper.make_node("Identity", ["n"], [name]) for name in names),
        helper.make_node("Concat", names, ["z"], axis=0),
    )


def sparse() -> onnx.ModelProto:
    """A table of 40 GB with one number in it."""
    made = model(
        helper.make_node("ReduceSum", ["e"], ["r"], keepdims=0), helper.make_node("Add", ["f", "r"], ["s"])
    )
    values = numpy_helper.from_array(np.ones(1, np.float32), "e")
    indices = numpy_helper.from_array(np.zeros(1, np.int64))
    made.graph.sparse_initializer.add(values=values, indices=indices, dims=[10**10])
    return made


def unordered() -> onnx.ModelProto:
    """Hides that a size comes of the picture by telling it later."""
    made = sized(helper.make_node("ConstantOfShape", ["z"], ["big"]))
    nodes = list(made.graph.node)
    del made.graph.node[:]
    made.graph.node.extend(reversed(nodes))
    return made


def calling(*nodes: onnx.NodeProto, also: tuple[Any, ...] = ()) -> onnx.ModelProto:
    """Calls a function A that holds these operators."""
    return model(call("A"), functions=(function("A", *nodes), *also))


def mutual() -> onnx.ModelProto:
    return calling(call("B", "a", "o"), also=(function("B", call("A", "a", "o")),))


DEPENDS, LOOPS, ELSEWHERE = "depends on the values", "loops", "another file"
ONNX: dict[str, tuple[Callable[[], onnx.ModelProto], str]] = {
    "a loop": (lambda: model(*loop("f", "s")), LOOPS),
    "a loop in a function": (lambda: calling(*loop("a", "o")), LOOPS),
    "a loop in a choice in a function": (
        lambda: calling(constant("t0", True, bool), choice(*loop("a", "l"), made="l")),
        LOOPS,
    ),
    "a loop under another name": (lambda: model(generated("f", "s")), LOOPS),
    "the same in a function": (lambda: calling(generated("a", "o")), LOOPS),
    "functions that double 24 times": (lambda: doubling(24), "operators"),
    "functions that double 5,000 times": (lambda: doubling(5000), "deep"),
    "a chain of 100,000 functions": (lambda: chain(100_000), "deep"),
    "a megabyte 10,000 times": (lambda: heavy(10_000), "MB"),
    "a function that calls itself": (lambda: calling(call("A", "a", "o")), "itself"),
    "two that call each other": (mutual, "itself"),
    "a file beside it": (lambda: external("canary", within="the graph"), ELSEWHERE),
    "a file above it": (lambda: external("../canary", within="the graph"), ELSEWHERE),
    "a file of the system": (lambda: external("/etc/hostname", within="an operator"), ELSEWHERE),
    "a file in a function": (lambda: external("canary", within="a function"), ELSEWHERE),
    "ConstantOfShape": (lambda: sized(helper.make_node("ConstantOfShape", ["z"], ["big"])), DEPENDS),
    "Expand": (lambda: sized(helper.make_node("Expand", ["one", "z"], ["big"])), DEPENDS),
    "Tile": (lambda: sized(helper.make_node("Tile", ["one", "z"], ["big"])), DEPENDS),
    "Range": (ranged, DEPENDS),
    "Resize": (resized, DEPENDS),
    "Pad": (padded, DEPENDS),
    "OneHot": (hot, DEPENDS),
    "a size in the wrong order": (unordered, "order"),
    "another way for bright pictures": (chosen, DEPENDS),
    "160 GB": (lambda: constant_of(constant("z", [200_000, 200_000])), "tensor of"),
    "20 GB that can't be seen": (lambda: constant_of(*hidden(5 * 10**9)), "GB of memory"),
    "10^14 multiplications": (endless, "processor time"),
    "N^6 for N pictures": (batches, "tensor of"),
    "a sparse table": (sparse, "sparse"),
}  # fmt: skip


@pytest.mark.parametrize("name", ONNX)
def test_a_hostile_onnx_file_ends_in_words(name: str, folder: Path, attempt: Attempts) -> None:
    make, message = ONNX[name]
    (folder / "canary").write_bytes(b"\0\0\x80?")
    (folder / "net.onnx").write_bytes(make().SerializeToString())
    outcome = attempt("classifier", folder / "net.onnx")
    assert outcome.refused(), outcome
    assert message in outcome.message


def test_a_harmless_onnx_file_with_functions_and_sizes_of_its_shapes_is_read(
    folder: Path, attempt: Attempts
) -> None:
    made = model(
        call("F1", "f", "b"),
        helper.make_node("Shape", ["b"], ["shape"]),
        helper.make_node("ConstantOfShape", ["shape"], ["zeros"]),
        helper.make_node("Add", ["b", "zeros"], ["s"]),
        functions=(
            function("F0", helper.make_node("Relu", ["a"], ["o"])),
            function("F1", call("F0", "a", "b"), call("F0", "b", "o")),
        ),
    )
    (folder / "net.onnx").write_bytes(made.SerializeToString())
    outcome = attempt("classifier", folder / "net.onnx")
    assert (outcome.error, outcome.signal) == ("", 0), outcome


# --- Keras


def keras(path: Path, layer: dict[str, Any]) -> None:
    config = {
        "class_name": "Sequential",
        "config": {
            "name": "s",
            "layers": [
                {
                    "class_name": "InputLayer",
                    "config": {"name": "in", "batch_input_shape": [None, 48, 48, 1]},
                },
                layer,
                {"class_name": "Flatten", "config": {"name": "flat"}},
                {"class_name": "Dense", "config": {"name": "dense", "activation": "softmax", "units": 7}},
            ],
        },
    }
    weights = path.with_suffix(".weights") if path.suffix == ".keras" else path
    with h5py.File(weights, "w") as file:
        file.attrs["model_config"] = json.dumps(config)
        group = file.create_group("model_weights/dense")
        file["model_weights"].attrs["layer_names"] = ["dense"]
        group.attrs["weight_names"] = ["kernel:0", "bias:0"]
        group["kernel:0"], group["bias:0"] = np.ones((48 * 48, 7), np.float32), np.ones(7, np.float32)
    if path.suffix == ".keras":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("config.json", json.dumps(config))
            archive.writestr("metadata.json", '{"keras_version": "3.8.0"}')
            archive.write(weights, "model.weights.h5")
        weights.unlink()


def layers(canary: Path) -> dict[str, dict[str, Any]]:
    command = f"__import__('os').system('touch {canary}')"
    packed = pickle.dumps(Runs(canary)).decode("latin-1")
    return {
        "Lambda": {"class_name": "Lambda", "config": {"name": "l", "function": [command, None, None]}},
        "marshalled": {
            "class_name": "Lambda",
            "module": "keras.layers",
            "config": {"name": "l", "function": {"class_name": "__lambda__", "config": {"code": packed}}},
        },
        "a layer of one's own": {
            "class_name": "Net",
            "module": "os",
            "registered_name": "os.system",
            "config": {"name": command},
        },
        "an activation that is a program": {
            "class_name": "Activation",
            "config": {"name": "l", "activation": {"class_name": "function", "config": command}},
        },
    }


@pytest.mark.parametrize("name", ["net.h5", "net.keras"])
@pytest.mark.parametrize(
    "layer", ["Lambda", "marshalled", "a layer of one's own", "an activation that is a program"]
)
def test_a_keras_file_runs_no_program(layer: str, name: str, folder: Path, attempt: Attempts) -> None:
    keras(folder / name, layers(canary_of(folder))[layer])
    assert attempt("classifier", folder / name).refused()
    assert not canary_of(folder).exists()


def test_the_keras_file_of_these_tests_is_read_without_the_program(folder: Path, attempt: Attempts) -> None:
    keras(folder / "net.h5", {"class_name": "Activation", "config": {"name": "l", "activation": "relu"}})
    outcome = attempt("classifier", folder / "net.h5")
    assert (outcome.error, outcome.signal) == ("", 0), outcome


def test_hdf5_follows_no_link_out_of_the_file(folder: Path, attempt: Attempts) -> None:
    with h5py.File(folder / "other.h5", "w") as file:
        file["x"] = np.ones((48 * 48, 7), np.float32)
    (folder / "raw").write_bytes(bytes(4 * 48 * 48 * 7))
    for change in ("external link", "external storage", "virtual"):
        keras(folder / "net.h5", {"class_name": "Activation", "config": {"name": "l", "activation": "relu"}})
        with h5py.File(folder / "net.h5", "a") as file:
            group = file["model_weights/dense"]
            del group["kernel:0"]
            if change == "external link":
                group["kernel:0"] = h5py.ExternalLink("other.h5", "/x")
            elif change == "external storage":
                place = [(str(folder / "raw"), 0, 4 * 48 * 48 * 7)]
                group.create_dataset("kernel:0", (48 * 48, 7), np.float32, external=place)
            else:
                layout = h5py.VirtualLayout((48 * 48, 7), np.float32)
                layout[:] = h5py.VirtualSource(str(folder / "other.h5"), "x", (48 * 48, 7))
                group.create_virtual_dataset("kernel:0", layout)
        outcome = attempt("classifier", folder / "net.h5")
        assert outcome.refused(), (change, outcome)
