"""Networks of one's own: from memory, weights, TorchScript and a folder of transformers."""

from __future__ import annotations

import json
import pickle
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
import torchvision
from safetensors.torch import save_file
from torch import nn

from facelib import attribution, classifiers
from facelib.classifiers import CLASSIFIERS, LabelWarning, Preparation, catalogue, own
from facelib.classifiers.preparation import Images
from facelib.errors import BadModelError, BadValueError, FacelibError, UnavailableError

pytestmark = [
    pytest.mark.usefixtures("single_threaded"),
    pytest.mark.filterwarnings("ignore:`torch.jit.(script|save|load)` is deprecated:DeprecationWarning"),
]

SEVEN = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
SMALL = Preparation(48, "gray", 127.5, 127.5)
COLOUR = Preparation(64, "rgb", (123.7, 116.3, 103.5), (58.4, 57.1, 57.4), margin=0.1)
BOX = (12.0, 10.0, 70.0, 68.0)


class Net(nn.Module):
    """A small network; three-letter names and a pool before the last layer."""

    def __init__(self, outputs: int = 7) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 8, 3, 2), nn.BatchNorm2d(8), nn.ReLU())
        self.block = nn.Sequential(nn.Conv2d(8, 12, 3, 2), nn.ReLU())
        self.last = nn.Linear(12, outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.last(self.block(self.stem(x)).mean((2, 3)))
        return out


class Chain(nn.Module):
    """What torchvision's networks look like: parts in a row, flattened before the last."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, 8, 5, 2)
        self.relu = nn.ReLU()
        self.second = nn.Conv2d(8, 8, 3, 2)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.last = nn.Linear(8, 7)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.pool(self.second(self.relu(self.first(x))))
        out: torch.Tensor = self.last(torch.flatten(y, 1))
        return out


@pytest.fixture
def images(rng: np.random.Generator) -> Images:
    return rng.integers(0, 256, (3, 80, 90, 3), dtype=np.uint8)


@pytest.fixture
def net() -> Net:
    torch.manual_seed(3)
    return Net()


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(CLASSIFIERS, "_items", dict(CLASSIFIERS._items))
    catalogue._discover.cache_clear()
    yield
    catalogue._discover.cache_clear()


def expected(net: nn.Module, preparation: Preparation, images: Images) -> torch.Tensor:
    with torch.no_grad():
        logits: torch.Tensor = net.eval()(preparation(images, BOX))
        return logits


@pytest.mark.thorough
def test_a_module_in_one_line_and_it_stays_as_it_is(net: Net, images: Images) -> None:
    net.train()
    clf = own(net, labels=SEVEN, preparation=SMALL)
    assert net.training
    assert all(weight.requires_grad for weight in net.parameters())
    torch.testing.assert_close(
        torch.from_numpy(clf.logits(images, BOX)), expected(net, SMALL, images), rtol=1e-4, atol=1e-5
    )
    np.testing.assert_allclose(clf.probabilities(images, BOX).sum(1), 1, atol=1e-6)
    with torch.no_grad():
        net.last.bias.add_(
            1000
        )  # what happens to the reader's own network later doesn't reach the classifier
    assert np.abs(clf.logits(images, BOX)).max() < 100


@pytest.mark.thorough
def test_maps_move_when_the_class_moves(net: Net, images: Images) -> None:
    clf = own(net, labels=SEVEN, preparation=SMALL)
    maps = {label: attribution.grad_cam(clf, images, label, BOX) for label in ("happy", "sad", "fear")}
    assert all(np.isfinite(map_).all() for map_ in maps.values())
    assert any((map_ > 0).any() for map_ in maps.values())
    assert not np.allclose(maps["happy"], maps["sad"])
    assert clf.card.feature_map == "layer block, 12 × 11 × 11"


@pytest.mark.thorough
def test_a_layer_by_name(net: Net, images: Images) -> None:
    clf = own(net, labels=SEVEN, preparation=SMALL, cam_layer="stem")
    assert clf.features(images, BOX).shape == (3, 8, 23, 23)
    with pytest.raises(BadValueError, match="no layer 'nose'"):
        own(net, labels=SEVEN, preparation=SMALL, cam_layer="nose")


@pytest.mark.thorough
def test_the_card_says_what_is_known(net: Net) -> None:
    card = own(net, labels=SEVEN, preparation=SMALL, title="My net", training_data="nothing yet").card
    assert card.title == "My net"
    assert card.network == "torch module Net"
    assert card.input == "gray, 48 × 48 px, scaled to [−1, 1]"
    assert card.parameters == sum(weight.numel() for weight in net.parameters())
    assert (card.training_data, card.licence, card.limits) == ("nothing yet", "not stated", "not stated")


@pytest.mark.thorough
def test_registered_in_one_line(net: Net, images: Images) -> None:
    classifiers.register("mine", net, labels=SEVEN, preparation=SMALL)
    assert "mine" in classifiers.available()
    assert classifiers.available(kind="own") == ["mine"]
    assert classifiers.load("mine").logits(images).shape == (3, 7)
    with pytest.raises(BadValueError, match="takes labels; 'other' is none"):
        classifiers.register("other", classifiers.load("mine"), labels=SEVEN)


@pytest.mark.thorough
def test_probabilities_come_back_as_they_are(net: Net, images: Images) -> None:
    ending = nn.Sequential(net, nn.Softmax(1)).eval()
    clf = own(ending, labels=SEVEN, preparation=SMALL, outputs="probabilities")
    p = expected(ending, SMALL, images).numpy()
    np.testing.assert_allclose(clf.probabilities(images, BOX), p, atol=1e-5)
    np.testing.assert_allclose(clf.logits(images, BOX), np.log(p), atol=1e-4)
    with pytest.raises(BadValueError, match=r"probabilities that sum to one .* outputs='logits'"):
        own(net, labels=SEVEN, preparation=SMALL, outputs="probabilities")


@pytest.mark.thorough
@pytest.mark.parametrize("word", ["contempt", "Contempt", "Verachtung", "disdain"])
def test_the_eighth_class_stands_in_tables_by_its_common_name(word: str) -> None:
    clf = own(Net(8).eval(), labels=(*SEVEN, word), preparation=SMALL)
    assert clf.classes == (*classifiers.EMOTIONS, "contempt")
    assert clf.index_of("contempt") == 7


@pytest.mark.filterwarnings("ignore::facelib.classifiers.LabelWarning")
def test_every_output_has_a_name_of_its_own_in_tables() -> None:
    labels = ("Verachtung", "contempt", "joy", "happy", " calm")
    clf = own(Net(5).eval(), labels=labels, preparation=SMALL)
    assert {name: clf.index_of(name) for name in clf.classes} == {
        "happy": 3, "Verachtung": 0, "contempt": 1, "joy": 2, "calm": 4,
    }  # fmt: skip


@pytest.mark.thorough
def test_a_label_without_counterpart_is_said_once(net: Net) -> None:
    labels = (*SEVEN[:6], "bored")
    with pytest.warns(LabelWarning, match="corresponds to bored: it stands .* by its own name"):
        clf = own(net, labels=labels, preparation=SMALL)
    assert clf.emotions["bored"] is None
    assert clf.index_of("neutral") is None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = dict.fromkeys(labels) | {"happy": "happy"}
        assert own(net, labels=labels, emotions=table, preparation=SMALL).index_of("happy") == 3


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": None}, "doesn't state its labels"),
        ({"preparation": None}, "doesn't state its preparation"),
        ({"labels": None, "preparation": None}, "its labels and preparation"),
        ({"labels": SEVEN[:5]}, r"has 5 labels .* shape \(2, 5\) .* got shape \(2, 7\)"),
        ({"labels": ("happy",) * 7}, "a label of its own"),
        ({"labels": "happy"}, r"`labels` is a list of the outputs' names .* got 'happy'"),
        ({"labels": range(7)}, r"`labels` is a list of the outputs' names"),
        ({"emotions": dict.fromkeys(SEVEN)}, "can't be no emotion"),
        ({"emotions": ["happy"]}, "`emotions` is a table"),
        ({"preparation": 224}, r"Preparation\.imagenet\(224\); got 224"),
        ({"outputs": "probs"}, "`outputs` is one of 'logits', 'probabilities'"),
        ({"lables": SEVEN}, r"has no option 'lables'; it has: none\. Did you mean labels\?"),
        ({"emotions": {"happy": "happy"}}, "gives each of the labels"),
        ({"emotions": dict.fromkeys(SEVEN, "joyful")}, "gives each of the labels"),
        ({"emotions": dict.fromkeys(SEVEN, "happy")}, "at most once"),
        ({"preparation": COLOUR}, r"can't be run on pictures of 3 × 64 × 64, as `preparation` makes them"),
        ({"kind": "onyx"}, "no kind of classifier named 'onyx'"),
        ({"factory": Net}, "has no option 'factory'; it has: none"),
    ],
)
def test_what_is_not_declared_or_does_not_fit(net: Net, changes: dict[str, object], message: str) -> None:
    with pytest.raises(FacelibError, match=message):
        own(net, **{"labels": SEVEN, "preparation": SMALL} | changes)  # type: ignore[arg-type]


def test_damaged_weights_are_seen_at_once(net: Net) -> None:
    net.last.weight.data[0, 0] = float("nan")
    with pytest.raises(BadModelError, match="aren't finite"):
        own(net, labels=SEVEN, preparation=SMALL)


@pytest.mark.parametrize("suffix", [".safetensors", ".pt", ".pth"])
def test_weights_and_a_factory(net: Net, images: Images, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"weights{suffix}"
    weights = {f"module.{name}": value for name, value in net.state_dict().items()}
    save_file(weights, path) if suffix == ".safetensors" else torch.save({"state_dict": weights}, path)
    clf = own(path, factory=Net, labels=SEVEN, preparation=SMALL)
    torch.testing.assert_close(
        torch.from_numpy(clf.logits(images, BOX)), expected(net, SMALL, images), rtol=1e-4, atol=1e-5
    )
    assert clf.card.source == path.name
    assert len(clf.card.sha256) == 64


def test_weights_for_another_network_are_refused(net: Net, tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    torch.save(net.state_dict(), path)
    with pytest.raises(BadModelError, match="last"):
        own(path, factory=lambda: Net(5), labels=SEVEN[:5], preparation=SMALL)
    with pytest.raises(BadValueError, match="either factory="):
        own(path, labels=SEVEN, preparation=SMALL)
    with pytest.raises(BadValueError, match=r"has to return a torch.nn.Module; got int"):
        own(path, factory=lambda: 3, labels=SEVEN, preparation=SMALL)


def test_a_pickled_model_is_refused_with_the_way_out(net: Net, tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    torch.save(net, path)
    with pytest.raises(BadModelError, match=r"save its weights alone"):
        own(path, factory=Net, labels=SEVEN, preparation=SMALL)


def test_a_pickle_bomb_does_not_go_off(tmp_path: Path) -> None:
    marker = tmp_path / "went off"

    class Bomb:
        def __reduce__(self) -> tuple[object, ...]:
            return Path.touch, (marker,)

    for name, content in (("a.pt", pickle.dumps(Bomb())), ("b.pkl", pickle.dumps({"state_dict": Bomb()}))):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(BadModelError):
            own(tmp_path / name, factory=Net, labels=SEVEN, preparation=SMALL)
    assert not marker.exists()


@pytest.mark.thorough
@pytest.mark.parametrize("architecture", ["timm:resnet10t", "torchvision:shufflenet_v2_x0_5"])
def test_well_known_architectures(images: Images, tmp_path: Path, architecture: str) -> None:
    torch.manual_seed(0)
    collection, name = architecture.split(":")
    make = timm.create_model if collection == "timm" else torchvision.models.get_model
    network = make(name, num_classes=7).eval()
    save_file(network.state_dict(), tmp_path / "weights.safetensors")
    clf = own(tmp_path / "weights.safetensors", architecture=architecture, labels=SEVEN, preparation=COLOUR)
    torch.testing.assert_close(
        torch.from_numpy(clf.logits(images, BOX)), expected(network, COLOUR, images), rtol=1e-3, atol=1e-4
    )
    assert attribution.grad_cam(clf, images, "happy", BOX).max() >= 0
    if collection == "timm":
        stated = own(tmp_path / "weights.safetensors", architecture=architecture, labels=SEVEN)
        assert stated.card.input.startswith("RGB, 176 × 176 px, minus (123.7, 116.3, 103.5)")


def test_unknown_architectures_are_answered(net: Net, tmp_path: Path) -> None:
    save_file(net.state_dict(), tmp_path / "weights.safetensors")
    for architecture, message in (
        ("resnet18", "'collection:name'"),
        ("keras:resnet18", "no collection of architectures named 'keras'"),
        ("timm:resnet_of_mine", "timm has no architecture 'resnet_of_mine'; near: resnet"),
        ("torchvision:mine", "torchvision has no architecture 'mine'"),
    ):
        with pytest.raises(FacelibError, match=message):
            own(tmp_path / "weights.safetensors", architecture=architecture, labels=SEVEN)


def save_script(network: nn.Module, folder: Path) -> None:
    torch.jit.script(network).save(str(folder / "net.pt"))  # type: ignore[no-untyped-call]


@pytest.mark.thorough
def test_torchscript_that_is_a_chain_has_maps(images: Images, tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = Chain().eval()
    save_script(network, tmp_path)
    clf = own(tmp_path / "net.pt", labels=SEVEN, preparation=SMALL, trust=True)
    torch.testing.assert_close(
        torch.from_numpy(clf.logits(images, BOX)), expected(network, SMALL, images), rtol=1e-4, atol=1e-5
    )
    assert clf.card.feature_map == "layer second, 8 × 10 × 10"
    whole = own(network, labels=SEVEN, preparation=SMALL, cam_layer="second")
    np.testing.assert_allclose(
        attribution.grad_cam(clf, images, "sad", BOX),
        attribution.grad_cam(whole, images, "sad", BOX),
        atol=1e-5,
    )


@pytest.mark.thorough
def test_torchscript_that_is_no_chain_says_why_it_has_no_maps(
    net: Net, images: Images, tmp_path: Path
) -> None:
    save_script(net.eval(), tmp_path)
    clf = own(tmp_path / "net.pt", labels=SEVEN, preparation=SMALL, trust=True)
    torch.testing.assert_close(
        torch.from_numpy(clf.logits(images, BOX)), expected(net, SMALL, images), rtol=1e-4, atol=1e-5
    )
    assert clf.card.feature_map.startswith("none: ")
    with pytest.raises(UnavailableError, match="There are no maps of net: "):
        attribution.grad_cam(clf, images, "happy", BOX)


def test_torchscript_that_plainly_reads_files_is_refused_though_trusted(tmp_path: Path) -> None:
    class Reads(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            secret = torch.from_file("/etc/hostname", shared=False, size=4, dtype=torch.uint8)
            return x.mean((1, 2, 3))[:, None].expand(-1, 7) + secret.sum()

    save_script(Reads(), tmp_path)
    with pytest.raises(BadModelError, match=r"uses aten::from_file.*refused"):
        own(tmp_path / "net.pt", labels=SEVEN, preparation=SMALL, trust=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessor

    torch.manual_seed(0)
    config = ViTConfig(
        hidden_size=24,
        num_hidden_layers=3,
        num_attention_heads=2,
        intermediate_size=48,
        image_size=64,
        patch_size=8,
        id2label=dict(enumerate(SEVEN)),
        label2id={label: number for number, label in enumerate(SEVEN)},
    )
    ViTForImageClassification(config).save_pretrained(tmp_path / "vit")
    ViTImageProcessor(size={"height": 64, "width": 64}).save_pretrained(tmp_path / "vit")
    return tmp_path / "vit"


def test_a_folder_of_transformers_states_all_itself(folder: Path, images: Images) -> None:
    from transformers import AutoImageProcessor, AutoModelForImageClassification

    clf = own(folder)
    assert clf.labels == SEVEN
    assert clf.card.input == "RGB, 64 × 64 px, scaled to [−1, 1]" or "minus" in clf.card.input
    model = AutoModelForImageClassification.from_pretrained(folder).eval()
    pictures = [image[5:69, 5:69] for image in images]
    pixels = AutoImageProcessor.from_pretrained(folder)(pictures, return_tensors="pt")
    with torch.no_grad():
        logits = model(**pixels).logits.numpy()
    found = clf.logits(np.stack(pictures))
    np.testing.assert_allclose(found, logits, rtol=1e-3, atol=1e-4)
    maps = attribution.grad_cam(clf, np.stack(pictures), "happy")
    assert maps.shape == (3, 8, 8)
    assert (maps > 0).any()


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda folder: (folder / "model.safetensors").unlink(), "has no model.safetensors"),
        (lambda folder: (folder / "model.safetensors").write_bytes(b"nothing"), "can't read vit"),
        (lambda folder: (folder / "config.json").write_text("{"), "can't be read as a table"),
        (lambda folder: (folder / "config.json").write_text("[1]"), "should hold a table"),
        (lambda folder: (folder / "config.json").write_text("[" * 100_000), "can't be read as a table"),
        (lambda folder: (folder / "config.json").write_text('{"model_type": "mine"}'), "can't read vit"),
        (
            lambda folder: (folder / "config.json").write_text(
                json.dumps({"auto_map": {"AutoModel": "x.Y"}})
            ),
            "code of its own",
        ),
    ],
)
def test_a_broken_folder(folder: Path, spoil: object, message: str) -> None:
    spoil(folder)  # type: ignore[operator]
    with pytest.raises(BadModelError, match=message):
        own(folder)


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("stated", "message"),
    [
        ({"hidden_size": 20_000, "intermediate_size": 80_000}, "its config asks for .* weights"),
        ({"num_hidden_layers": 900_000}, "900000 layers"),
        ({"num_labels": 10**9}, "num_labels = 1000000000"),
        ({"image_size": 900_000}, "its config asks for"),
        ({"_attn_implementation": "somebody/kernels"}, "something to be fetched"),
        ({"vision_config": {"attn_implementation": "somebody/kernels"}}, "something to be fetched"),
        ({"use_pretrained_backbone": True}, "something to be fetched"),
        ({"backbone_config": {"auto_map": {"AutoModel": "x.Y"}}}, "code of its own"),
    ],
)
def test_a_folder_that_asks_for_too_much_or_for_others(
    folder: Path, stated: dict[str, object], message: str
) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | stated))
    with pytest.raises(BadModelError, match=message):
        own(folder)


def test_what_is_not_there_or_not_known(tmp_path: Path) -> None:
    with pytest.raises(BadValueError, match="There is no file or folder"):
        own(tmp_path / "no.onnx", labels=SEVEN, preparation=SMALL)
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(BadValueError, match=r"It isn't clear what .* holds; say it by `kind`: "):
        own(tmp_path / "notes.txt", labels=SEVEN, preparation=SMALL)
