"""A stranger brings a network and declares it wrongly, runs cells twice, and asks what one asks first."""

from __future__ import annotations

import dataclasses
import gc
import warnings
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import cv2
import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from torch.utils._pytree import tree_map

import facelib
from facelib import attribution, charts, classifiers, interventions, properties, stats
from facelib.classifiers import (
    CLASSIFIERS,
    EMOTIONS,
    Classifier,
    DeclarationWarning,
    LabelWarning,
    Preparation,
    catalogue,
    load,
    own,
)
from facelib.classifiers.classifier import normalised_sigmoid
from facelib.errors import BadAnswerError, BadModelError, BadValueError, FacelibError, FacelibWarning
from facelib.interventions import INTERVENTIONS
from facelib.properties import PROPERTIES

pytestmark = pytest.mark.usefixtures("single_threaded")

FER2013 = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
SMALL = Preparation(32, "gray", 0.0, 255.0)


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for registry in (CLASSIFIERS, INTERVENTIONS, PROPERTIES, stats.independence.TESTS):
        monkeypatch.setattr(registry, "_items", dict(registry._items))
    catalogue._discover.cache_clear()
    yield
    catalogue._discover.cache_clear()


@pytest.fixture(scope="module")
def unbiased() -> Classifier:
    return load("known_unbiased")


@pytest.fixture(scope="module")
def network(unbiased: Classifier) -> nn.Module:
    """Seven emotions; names 9 of 10 rendered heads if it sees RGB of −1 … 1 with a margin of 10 %."""
    return nn.Sequential(unbiased.body, unbiased.head)


class Scaled(nn.Module):
    """A network whose own first step scales and clips: it wants other values than its inside does."""

    def __init__(self, network: nn.Module, scale: float, shift: float) -> None:
        super().__init__()
        self.network, self.scale, self.shift = network, scale, shift

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.network((self.scale * x + self.shift).clamp(-1, 1))
        return logits


def small(outputs: int = 7) -> nn.Sequential:
    torch.manual_seed(0)
    pool = nn.AdaptiveAvgPool2d(1)
    return nn.Sequential(nn.Conv2d(1, 4, 5), nn.ReLU(), pool, nn.Flatten(), nn.Linear(4, outputs)).eval()


def quietly(*args: Any, **how: Any) -> Classifier:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return own(*args, **how)


# What is declared


def test_a_softmax_inside_is_taken_for_what_it_is(network: nn.Module, unbiased: Classifier) -> None:
    ending = nn.Sequential(network, nn.Softmax(1))
    with pytest.warns(DeclarationWarning, match=r"taken as probabilities.*outputs='probabilities'") as caught:
        clf = own(ending, labels=EMOTIONS, preparation=unbiased.preparation)
    assert issubclass(caught[0].category, FacelibWarning)
    face = facelib.Head(expression="happy")
    right = unbiased.read(face)["probability"]
    np.testing.assert_allclose(clf.read(face)["probability"], right, atol=1e-5)
    assert right.max() > 0.9  # with a softmax over a softmax nothing is above e / (e + 6) = .31
    said = quietly(ending, labels=EMOTIONS, preparation=unbiased.preparation, outputs="probabilities")
    np.testing.assert_allclose(said.read(face)["probability"], right, atol=1e-5)
    with pytest.warns(DeclarationWarning, match="declared to be logits, but they are probabilities"):
        own(ending, labels=EMOTIONS, preparation=unbiased.preparation, outputs="logits")


class Squashed(nn.Module):
    """A network whose forward ends in a function that keeps its outputs within 0 … 1."""

    def __init__(self, network: nn.Module, last: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.network, self.last = network, last

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(self.network(x))


SQUASHED: dict[str, Callable[[nn.Module], nn.Module]] = {
    "a layer": lambda net: nn.Sequential(net, nn.Sigmoid()),
    "a function": lambda net: Squashed(net, lambda z: z.sigmoid()),
    "a function and a shape": lambda net: Squashed(net, lambda z: z[:, :, None].sigmoid().squeeze(2)),
    "by another way": lambda net: Squashed(net, lambda z: (1 + torch.tanh(z / 2)) / 2),
}


@pytest.mark.parametrize("how", SQUASHED)
def test_a_sigmoid_at_the_end_is_said(how: str, network: nn.Module, unbiased: Classifier) -> None:
    ending, seen = SQUASHED[how](network), unbiased.preparation
    for outputs in (None, "logits"):
        with pytest.warns(DeclarationWarning, match="look like sigmoids, one per class.*outputs='sigmoids'"):
            clf = own(ending, labels=EMOTIONS, preparation=seen, outputs=outputs)
        assert "look like sigmoids" in str(clf.check())
    with pytest.raises(BadValueError, match=r"that sum to one .* declare outputs='sigmoids'"):
        own(ending, labels=EMOTIONS, preparation=seen, outputs="probabilities")


@pytest.mark.parametrize("outputs", ["sigmoids", normalised_sigmoid])
@pytest.mark.parametrize("ends", [True, False])
def test_sigmoids_can_be_declared(
    outputs: Any,
    ends: bool,
    network: nn.Module,
    unbiased: Classifier,
) -> None:
    ending = SQUASHED["a function"](network) if ends else network
    clf = quietly(ending, labels=EMOTIONS, preparation=unbiased.preparation, outputs=outputs)
    face = facelib.Head(expression="happy")
    logits = unbiased.read(face)["logit"].to_numpy()
    np.testing.assert_allclose(clf.read(face)["logit"].clip(-16, 16), logits.clip(-16, 16), atol=0.2)
    sigmoids = 1 / (1 + np.exp(-logits))
    np.testing.assert_allclose(clf.read(face)["probability"], sigmoids / sigmoids.sum(), atol=1e-4)
    assert clf.card.probabilities == "sigmoids divided by their sum"
    assert clf.check().findings == ()


def test_mean_and_std_of_values_up_to_1_are_seen_at_once(network: nn.Module) -> None:
    pasted = Preparation(64, "rgb", (0.485, 0.456, 0.406), (0.229, 0.224, 0.225), margin=0.1)
    with pytest.warns(
        DeclarationWarning, match=r"values up to 1\d\d\d\. Multiply both by 255.*imagenet\(64\)"
    ):
        own(network, labels=EMOTIONS, preparation=pasted)
    ready = Preparation.imagenet(64, margin=0.1)
    np.testing.assert_allclose(ready.mean, 255 * np.array(pasted.mean))
    np.testing.assert_allclose(ready.std, 255 * np.array(pasted.std))


WRONG: dict[str, tuple[Callable[[nn.Module], nn.Module], dict[str, Any], Any, str]] = {
    "0 … 255 for 0 … 1": (
        lambda net: Scaled(net, 2.0, -1.0), {"mean": 0.0, "std": 1.0}, EMOTIONS,
        r"values 0 … 1 \(mean 0, std 255\)",
    ),
    "0 … 1 for 0 … 255": (
        lambda net: Scaled(net, 1 / 127.5, -1.0), {"mean": 0.0, "std": 255.0}, EMOTIONS, "values 0 … 255",
    ),
    "BGR for RGB": (lambda net: net, {"colour": "bgr"}, EMOTIONS, "colour='rgb'"),
    "no margin": (lambda net: net, {"margin": 0.0}, EMOTIONS, r"margin=0\.1"),
    "FER2013's order": (lambda net: net, {}, FER2013, "labels in the order of AffectNet: neutral, happy"),
    "an order of nobody": (
        lambda net: nn.Sequential(net, Turned()), {}, EMOTIONS, "order that fits best: happy, sad, neutral",
    ),
}  # fmt: skip


class Turned(nn.Module):
    """The first three outputs change places."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x[:, [1, 2, 0, 3, 4, 5, 6]]


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_declaration_is_said_with_numbers(
    case: str, network: nn.Module, unbiased: Classifier
) -> None:
    change, preparation, labels, words = WRONG[case]
    seen = dataclasses.replace(unbiased.preparation, **preparation)
    with pytest.warns(
        DeclarationWarning, match=rf"As declared, \.\d\d of 56 .* with .*{words}.* it is \.\d\d"
    ):
        clf = own(change(network), labels=labels, preparation=seen)
    found = clf.check()
    best = found.table.loc[found.table["right"].idxmax()]
    assert best["better"]
    assert best["right"] >= 0.85
    assert found.table["right"].iloc[0] <= 0.7
    assert any(best["how"] in sentence for sentence in found.findings)
    assert f"{clf.id} names" in str(found)
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.n = 3  # type: ignore[misc]


@pytest.mark.parametrize("name", [name for name in CLASSIFIERS if name.startswith("known_")])
def test_swapped_colours_are_found_on_every_small_network(name: str) -> None:
    """Of known_electrodes_neutral they weren't: it names few heads more, but is surer of nearly all."""
    clf = load(name)
    swapped = dataclasses.replace(clf.preparation, colour="bgr")
    with pytest.warns(DeclarationWarning, match="colour='rgb'"):
        own(nn.Sequential(clf.body, clf.head), labels=clf.labels, preparation=swapped)


@pytest.mark.parametrize("name", [name for name in CLASSIFIERS if name.startswith("known_")])
def test_no_alarm_where_the_declaration_is_right(name: str) -> None:
    clf = load(name)
    again = quietly(nn.Sequential(clf.body, clf.head), labels=clf.labels, preparation=clf.preparation)
    assert again.check().findings == ()


@pytest.mark.packages
@pytest.mark.parametrize("name", [name for name in CLASSIFIERS if not name.startswith("known_")])
def test_no_alarm_for_the_built_in_ones(name: str, load_network: Callable[[str], Classifier]) -> None:
    clf = load_network(name)
    found = clf.check()
    assert found.findings == ()
    assert found.table["right"].iloc[0] > 2 * found.chance
    quietly(nn.Sequential(clf.body, clf.head), labels=clf.labels, preparation=clf.preparation)


@pytest.mark.parametrize("seed", range(5))
def test_no_alarm_for_a_network_that_guesses(seed: int) -> None:
    torch.manual_seed(seed)
    net = small()
    for part in net:
        getattr(part, "reset_parameters", lambda: None)()
    quietly(net, labels=FER2013, preparation=SMALL)


def untrained() -> nn.Module:
    torch.manual_seed(1)
    pool = nn.AdaptiveAvgPool2d(2)
    return nn.Sequential(nn.Conv2d(1, 8, 5), nn.ReLU(), pool, nn.Flatten(), nn.Linear(32, 7))


class Constant(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.arange(7.0))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.weights + 0 * x.mean((1, 2, 3))[:, None]


def test_a_network_at_chance_says_so_when_it_is_checked() -> None:
    found = quietly(untrained(), labels=FER2013, preparation=SMALL).check()
    assert len(found.findings) == 1
    assert "no better than chance on these heads" in str(found)
    assert "Nothing speaks against" not in str(found)
    other = quietly(untrained(), labels=tuple("abcdefg"), preparation=SMALL).check()
    assert other.findings == ()  # of cats and dogs there are no heads


@pytest.mark.parametrize("labels", [FER2013, tuple("abcdefg")])
def test_one_answer_for_every_picture_is_said(labels: tuple[str, ...]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeclarationWarning)
        found = own(Constant(), labels=labels, preparation=SMALL).check()
    assert len(found.findings) == 1
    assert "the same answer for every picture" in str(found)


@pytest.mark.parametrize("labels", [FER2013, tuple("abcdefg")])
def test_something_random_that_is_on_is_said(labels: tuple[str, ...]) -> None:
    random = Squashed(small(), lambda z: nn.functional.dropout(z, 0.5, training=True))
    with pytest.warns(DeclarationWarning, match="Two reads of the same picture differ: something random is"):
        clf = own(random, labels=labels, preparation=SMALL)
    assert "Two reads of the same picture differ" in str(clf.check())


# Cells that are run twice

CELLS = {
    "classifier": """
from torch import nn
class Mine(nn.Module):
    def __init__(self):
        super().__init__()
        pool = nn.AdaptiveAvgPool2d(1)
        self.layers = nn.Sequential(nn.Conv2d(1, 4, 5), pool, nn.Flatten(), nn.Linear(4, 2))
    def forward(self, x):
        return self.layers(x)
seen = classifiers.Preparation(32, "gray", 0.0, 255.0)
classifiers.register("NAME", Mine(), labels=["happy", "sad"], preparation=seen)
found = classifiers.load("NAME")
""",
    "classifier of a function": """
def made():
    fer = classifiers.load("known_unbiased")
    clf = classifiers.Classifier("NAME", fer.body, fer.head, labels=fer.labels, emotions=fer.emotions,
                                 preparation=fer.preparation, card=fer.card)
    return clf
classifiers.register("NAME", made)
found = classifiers.load("NAME")
""",
    "property": """
@properties.register("NAME", title="Mine", unit="", source="measured", description="x", low=0, high=1)
def mine(faces):
    return np.zeros(len(faces))
found = properties.PROPERTIES["NAME"]
""",
    "intervention": """
@interventions.register
class Mine(interventions.PictureIntervention):
    id, title, group, description, sentence = "NAME", "Mine", "View", "It darkens.", "it gets darker"
    def _change(self, face, strength):
        return face.replace(image=(face.image * (1 - strength)).astype(np.uint8))
found = interventions.get("NAME")
""",
    "intervention for a session": """
class Mine(interventions.PictureIntervention):
    id, title, group, description, sentence = "NAME", "Mine", "View", "It darkens.", "it gets darker"
    def _change(self, face, strength):
        return face
found = interventions.add(Mine())
""",
    "test": """
@stats.independence.register
class Mine(stats.independence.IndependenceTest):
    id, title, conditioners = "NAME", "Mine", frozenset({"categorical"})
    def prepare(self, problem):
        return None
found = stats.independence.TESTS["NAME"]
""",
}  # fmt: skip
TAKEN = {"classifier": "fer", "property": "symmetry", "intervention": "palsy", "test": "kcit"}


@pytest.mark.parametrize("cell", CELLS)
def test_a_cell_is_run_twice(cell: str) -> None:
    space = {
        "__name__": "__main__", "classifiers": classifiers, "properties": properties, "np": np,
        "interventions": interventions, "stats": stats,
    }  # fmt: skip
    found = []
    for _ in range(2):
        exec(CELLS[cell].replace("NAME", "mine_too"), space)
        found.append(space["found"])
    assert found[0] is not found[1], "the second run's takes the place of the first's"
    with pytest.raises(BadValueError, match="already registered"):
        exec(CELLS[cell].replace("NAME", TAKEN[cell.split(maxsplit=1)[0]]), space)


def test_packages_of_statistics_are_listed() -> None:
    assert {"independence", "calibration"} <= set(dir(stats))


def test_another_thing_under_a_taken_name_is_refused() -> None:
    classifiers.register("mine", small(), labels=FER2013, preparation=SMALL)
    with pytest.raises(BadValueError, match="'mine' is already registered"):
        classifiers.register("mine", Scaled(small(), 1.0, 0.0), labels=FER2013, preparation=SMALL)


# The first question: what does it say of these faces?


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five pictures of several sizes, and two that are none."""
    root = tmp_path_factory.mktemp("pictures")
    lines = ["file,person,label"]
    for number, emotion in enumerate(("happy", "sad", "angry", "surprise", "neutral")):
        face = facelib.Head(seed=number, expression=emotion).render(160 + 16 * number)
        Image.fromarray(face.image).save(root / f"{emotion}.png")
        lines.append(f"{emotion}.png,p{number},{emotion}")
    (root / "broken.png").write_bytes(b"not a picture")
    Image.new("RGB", (80, 80), "grey").save(root / "wall.png")
    lines += ["broken.png,p8,happy", "wall.png,p9,"]
    (root / "faces.csv").write_text("\n".join(lines))
    return root


def test_a_face_a_head_a_list_and_a_set_in_one_call(unbiased: Classifier) -> None:
    head = facelib.Head(expression="sad")
    face = head.render(180)
    logits = unbiased.logits(face.image[None], face.box)[0]
    table = unbiased.read(face)
    np.testing.assert_allclose(table["logit"], logits, rtol=1e-4, atol=1e-4)
    assert table["label"].tolist() == list(EMOTIONS)
    assert table["probability"].sum() == pytest.approx(1, abs=1e-5)
    assert set(table["shown"]) == {"sad"}
    several = unbiased.read([face, head, face.replace(image=face.image[:170])], progress=False)
    assert several["face"].nunique() == 3
    assert len(several) == 21
    of_set = unbiased.read(facelib.FaceSet.from_faces([face, face]))
    np.testing.assert_allclose(of_set["logit"], np.tile(logits, 2), rtol=1e-4, atol=1e-4)
    assert list(unbiased.read([])) == list(classifiers.reading.COLUMNS)


@pytest.mark.packages
def test_a_folder_with_broken_pictures(unbiased: Classifier, folder: Path) -> None:
    faces = facelib.FaceSet.from_folder(folder, "faces.csv")
    seen: list[tuple[float, float]] = []
    table = unbiased.read(faces, progress=lambda at: seen.append((at.done, at.total)))
    assert seen[-1] == (7, 7)
    assert table["face"].drop_duplicates().tolist() == faces.table["id"].tolist()
    broken = table[table["probability"].isna()]
    assert set(broken["face"]) == {"broken.png", "wall.png"}
    assert all(broken["remark"])
    assert set(broken["person"]) == {"p8", "p9"}
    read = table.dropna(subset=["probability"])
    winners = read.loc[read.groupby("face")["probability"].idxmax()]
    assert (winners["label"] == winners["shown"]).mean() >= 0.6
    assert read["remark"].eq("").all()
    with pytest.raises(FacelibError, match=r"broken\.png|wall\.png"):
        unbiased.read(faces, skip_broken=False)


@pytest.mark.parametrize("call", ["read", "probabilities"])
def test_features_of_thousands_are_never_held_together(call: str, unbiased: Classifier) -> None:
    clf = Classifier(
        "counted", unbiased.body, unbiased.head, labels=unbiased.labels, emotions=unbiased.emotions,
        preparation=unbiased.preparation, card=unbiased.card, chunk=16,
    )  # fmt: skip
    engine, alive, most = clf.engine, weakref.WeakSet[torch.Tensor](), 0

    def counting(x: torch.Tensor) -> torch.Tensor:
        nonlocal most
        features = engine(x)
        alive.add(features)
        gc.collect(0)
        most = max(most, sum(len(one) for one in alive))
        return features

    clf._engine = counting
    image = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    face = facelib.Face(image, np.array([4.0, 4, 60, 60]), np.full((2, 2), np.nan))
    if call == "read":
        assert len(clf.read([face] * 2000)) == 14_000
    else:
        assert clf.probabilities(np.broadcast_to(image, (2000, 64, 64, 3)), face.box).shape == (2000, 7)
    assert most <= 256


@pytest.mark.parametrize("method", ["logits", "probabilities", "features", "prepare"])
def test_a_face_given_where_an_array_belongs_is_answered(method: str, unbiased: Classifier) -> None:
    head = facelib.Head()
    for given in (head, head.render(96), [head.render(96)], facelib.FaceSet.from_faces([head.render(96)])):
        with pytest.raises(BadValueError, match=r"classifier\.read\(faces\)"):
            getattr(unbiased, method)(given)
    for given in ("portrait.jpg", head.render(96).image, [1], None):
        with pytest.raises(BadValueError, match="load_face"):
            unbiased.read(given)  # type: ignore[arg-type]


# Maps, devices, compiled networks


@pytest.mark.parametrize("name", ["vit_tiny_patch16_224", "deit_tiny_distilled_patch16_224"])
def test_vision_transformers_of_timm_have_maps(name: str, rng: np.random.Generator) -> None:
    import timm

    torch.manual_seed(0)
    net = timm.create_model(name, num_classes=7, pretrained=False).eval()
    clf = own(net, labels=FER2013, preparation=Preparation(224, "rgb", 127.5, 127.5))
    assert clf.card.feature_map.startswith("layer blocks.10, ")
    images = rng.integers(0, 256, (2, 224, 224, 3), np.uint8)
    with torch.no_grad():
        plain = net(clf.prepare(images)).numpy()
    np.testing.assert_allclose(clf.logits(images), plain, rtol=1e-3, atol=1e-4)
    maps = attribution.grad_cam(clf, images, "happy")
    assert maps.shape == (2, 14, 14)
    assert np.isfinite(maps).all()
    assert (maps > 0).any()


class Elsewhere(torch.Tensor):
    """A tensor on another device: it computes nothing here, and `.cpu()` brings its numbers."""

    @staticmethod
    def __new__(cls, inner: torch.Tensor) -> Self:
        made = torch.Tensor._make_wrapper_subclass(cls, inner.shape, dtype=inner.dtype, device="cuda:0")
        made.inner = inner
        return made

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        name = func.overloadpacket.__name__
        device = kwargs.get("device")
        moves = name == "_to_copy" and device is not None and torch.device(device).type == "cpu"
        if not moves and name not in ("clone", "detach", "alias", "view"):
            msg = f"Expected all tensors to be on the same device, but got cuda:0 and cpu ({name})"
            raise RuntimeError(msg)
        inside = tree_map(lambda one: one.inner if isinstance(one, Elsewhere) else one, (args, kwargs))
        out = func(*inside[0], **inside[1])
        return out if moves else Elsewhere(out)


@pytest.fixture
def _swapped() -> Iterator[None]:
    """Weights of another class are replaced when a network moves, as those of a graphics card are."""
    torch.__future__.set_swap_module_params_on_conversion(True)
    yield
    torch.__future__.set_swap_module_params_on_conversion(False)


@pytest.mark.usefixtures("_swapped")
def test_a_network_on_another_device_is_brought_here() -> None:
    net = small()
    expected = own(net, labels=FER2013, preparation=SMALL)
    for part in net.modules():
        for name, weight in list(part.named_parameters(recurse=False)):
            setattr(part, name, nn.Parameter(Elsewhere(weight.detach()), requires_grad=False))
    with pytest.raises(RuntimeError, match="same device"):
        net(torch.zeros(1, 1, 32, 32))
    clf = quietly(net, labels=FER2013, preparation=SMALL)
    images = np.random.default_rng(0).integers(0, 256, (3, 40, 40, 3), np.uint8)
    np.testing.assert_array_equal(clf.logits(images), expected.logits(images))
    assert next(net.parameters()).device.type == "cuda", "the reader's own stays where it was"


def test_a_network_without_numbers_says_so() -> None:
    with pytest.raises(
        BadModelError, match=r"4 of its 4 weights are on the device 'meta', for example 0\.weight"
    ):
        own(small().to("meta"), labels=FER2013, preparation=SMALL)


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
def test_half_precision_and_compiled_networks_are_read() -> None:
    images = np.random.default_rng(0).integers(0, 256, (3, 40, 40, 3), np.uint8)
    expected = own(small(), labels=FER2013, preparation=SMALL)
    inner = small()
    inner[1] = torch.compile(inner[1])
    in_place = small()
    in_place.compile()
    scripted = torch.jit.script(small())  # type: ignore[no-untyped-call]
    for net in (torch.compile(small()), inner, in_place, small().double(), scripted):
        clf = quietly(net, labels=FER2013, preparation=SMALL)
        np.testing.assert_allclose(clf.logits(images), expected.logits(images), atol=1e-6)
        assert clf.card.feature_map.endswith(", 4 × 28 × 28")
    half = quietly(small().half(), labels=FER2013, preparation=SMALL)
    np.testing.assert_allclose(half.logits(images), expected.logits(images), atol=1e-2)


def test_a_model_of_transformers_in_memory_needs_its_preparation_only() -> None:
    from transformers import ViTConfig, ViTForImageClassification

    sizes = {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48}
    config = ViTConfig(**sizes, image_size=64, patch_size=8, num_labels=7)
    model = ViTForImageClassification(config)
    seen = Preparation(64, "rgb", 127.5, 127.5)
    with pytest.raises(BadValueError, match="doesn't state its labels"):  # LABEL_0 … LABEL_6 say nothing
        own(model, preparation=seen)
    model.config.id2label = dict(enumerate(FER2013))
    clf = own(model, preparation=seen)
    assert clf.labels == FER2013
    assert clf.id == "vi_t_for_image_classification"
    assert clf.logits(np.zeros((2, 64, 64, 3), np.uint8)).shape == (2, 7)


# Other things than emotions


@pytest.fixture(scope="module")
def pets(network: nn.Module, unbiased: Classifier) -> Classifier:
    torch.manual_seed(1)
    two = nn.Sequential(network, nn.Linear(7, 2))
    return quietly(two, labels=["cat", "dog"], preparation=unbiased.preparation, id="pets")


def test_cats_and_dogs_have_their_own_words(pets: Classifier, tmp_path: Path) -> None:
    assert pets.classes == ("cat", "dog")
    head = facelib.Head(expression="happy")
    sweep = facelib.sweep(head, "symmetry", [pets], steps=5, label="cat")
    effects = sweep.effects()
    assert effects["label"].tolist() == ["cat"]
    assert "pets's output for cat" in effects["sentence"].item()
    assert "happy" not in effects["sentence"].item()
    assert set(sweep.outputs["label"]) == {"cat", "dog"}
    assert sweep.effects("dog")["change"].item() == pytest.approx(-effects["change"].item(), abs=1e-5)
    assert sweep.attribution.maps("pets", "dog").shape[0] == 5
    drawn = str(charts.bars(sweep.outputs, label="cat").to_dict())
    assert "'cat'" in drawn
    assert "disgust" not in drawn
    assert facelib.sweep(head, "symmetry", [pets], steps=3).label == "cat"
    assert facelib.sweep(head, "symmetry", [pets, "known_unbiased"], steps=3).label == "happy"
    study = facelib.InterventionalStudy(
        facelib.sample_heads(4, seed=1), ["symmetry"], [pets], steps=3, label="cat"
    )
    assert set(study.run(tmp_path / "study").effects["label"]) == {"cat"}
    for wrong in ("cow", "Cat"):
        with pytest.raises(BadValueError, match=f"cat, dog; got '{wrong}'"):
            facelib.sweep(head, "symmetry", [pets], steps=3, label=wrong)
        with pytest.raises(BadValueError, match=f"cat, dog; got '{wrong}'"):
            facelib.InterventionalStudy([head], ["symmetry"], [pets], label=wrong)


def test_words_of_emotions_are_found_and_misspelt_ones_are_asked_about() -> None:
    labels = ["happy ", "Trauer", "scared", "Überraschung", "NEUTRAL", "wütend", "Ekel"]
    clf = quietly(small(), labels=labels, preparation=SMALL)
    assert [clf.emotions[label] for label in labels] == [
        "happy", "sad", "fear", "surprise", "neutral", "angry", "disgust",
    ]  # fmt: skip
    with pytest.warns(LabelWarning, match="hapy, nuetral: no common emotion, but nearly one"):
        own(small(2), labels=["hapy", "nuetral"], preparation=SMALL)
    many = [f"class {number}" for number in range(993)] + list(FER2013)
    with pytest.warns(LabelWarning, match=r"class 0, .*, class 7 and 985 more: they stand") as caught:
        own(small(1000), labels=many, preparation=SMALL)
    assert len(str(caught[0].message)) < 400
    with pytest.warns(LabelWarning, match="corresponds to smiling: it stands"):
        both = own(small(2), labels=["smiling", "happy"], preparation=SMALL)
    assert both.index_of("happy") == 1


# Pictures that aren't square


def test_pictures_that_are_not_square_can_be_squeezed_or_cropped(rng: np.random.Generator) -> None:
    from torchvision.transforms.v2 import functional

    coarse = rng.integers(0, 256, (6, 10, 3), np.uint8)
    image = cv2.resize(coarse, (100, 60), interpolation=cv2.INTER_CUBIC)
    squeezed = Preparation(30, "rgb", 0.0, 1.0, fit="stretch")(image[None])[0]
    whole = torch.from_numpy(image).permute(2, 0, 1).float()
    expected = functional.resize(whole, [30, 30], antialias=True)
    assert (squeezed - expected).abs().mean() < 0.1 * expected.std()
    squares = Preparation(30, "rgb", 0.0, 1.0)(image[None])[0]
    assert (squares - expected).abs().mean() > 0.5 * expected.std()
    cropped = Preparation(60, "rgb", 0.0, 1.0, fit="crop")(image[None])[0]
    torch.testing.assert_close(cropped, functional.center_crop(whole, [60, 60]))
    usual = Preparation(60, "rgb", 0.0, 1.0)(image[None])[0]
    assert not torch.equal(usual, cropped)
    boxed = Preparation(20, "rgb", 0.0, 1.0, fit="stretch").crop_boxes((10, 10, 50, 30), 1, 60, 100)
    assert boxed.tolist() == [[10, 10, 50, 30]]
    with pytest.raises(BadValueError, match="`fit` is one of 'square', 'stretch', 'crop'; got 'pad'"):
        Preparation(20, "rgb", 0.0, 1.0, fit="pad")  # type: ignore[arg-type]


# Raw errors


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (lambda x: x, r"probabilities \(2, 7\).*its answer has the shape \(2, 32, 32, 1\)"),
        (nn.Linear, r"Give an instance: Linear\(\)"),
        ({"weight": 1}, "load_state_dict"),
        (7, "a file, a folder or a torch.nn.Module; got int"),
        (None, "got NoneType"),
    ],
)
def test_what_is_no_source_is_answered(source: Any, message: str) -> None:
    with pytest.raises((BadValueError, BadAnswerError), match=message):
        own(source, labels=FER2013, preparation=SMALL)


def test_a_pickled_model_is_refused_before_a_factory_is_asked_for(tmp_path: Path) -> None:
    torch.save(small(), tmp_path / "model.pt")
    with pytest.raises(BadModelError, match="A pickled model is a program"):
        own(tmp_path / "model.pt", labels=FER2013, preparation=SMALL)


def test_two_networks_have_ids_of_their_own(unbiased: Classifier) -> None:
    ids = [own(net, labels=FER2013, preparation=SMALL).id for net in (small(), Scaled(small(), 1.0, 0.0))]
    assert ids == ["sequential", "scaled"]


class Sometimes(nn.Module):
    """NaN for dark pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.network = small()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        dark = (x.mean((1, 2, 3)) < 0.4)[:, None]
        logits: torch.Tensor = self.network(x)
        return torch.where(dark, torch.full_like(logits, float("nan")), logits)


def test_nan_names_the_classifier() -> None:
    clf = own(Sometimes(), labels=FER2013, preparation=SMALL, id="moody")
    dimmer = interventions.get("light_strength", to="dimmer")
    sweep = facelib.sweep(facelib.Head(expression="happy"), dimmer, [clf, "known_unbiased"], steps=5)
    assert np.isnan(sweep.series("moody")).any()
    with pytest.raises(
        BadValueError,
        match=r"moody gives no finite outputs for \d+ of \d+ pictures.*Leave this",
    ):
        sweep.effects()


def changing(what: Any) -> type[interventions.PictureIntervention]:
    class Mine(interventions.PictureIntervention):
        id, title, group, description, sentence = "mine", "Mine", "View", "It changes.", "it changes"

        def _change(self, face: facelib.Face, strength: float) -> Any:  # noqa: ARG002
            return what(face)

    return Mine


@pytest.mark.parametrize(
    ("what", "message"),
    [
        (lambda face: face.image, r"'mine' has to return a face; got ndarray\. face\.replace"),
        (lambda _face: None, "got NoneType"),
        (
            lambda face: face.replace(image=face.image[:50]),
            r"pictures of 96 × 96 px, as it is given; got 50 × 96 px",
        ),
    ],
)
def test_an_intervention_that_returns_something_else(what: Any, message: str) -> None:
    head = facelib.Head()
    with pytest.raises(BadValueError, match=message):
        facelib.sweep(head, changing(what)(), ["known_unbiased"], steps=3, size=96)
    with pytest.raises(BadValueError, match=message):
        facelib.sweep(head.render(96), changing(what)(), ["known_unbiased"], steps=3)


def test_an_intervention_says_all_that_menus_need() -> None:
    class Nameless(interventions.PictureIntervention):
        def _change(self, face: facelib.Face, strength: float) -> facelib.Face:  # noqa: ARG002
            return face

    with pytest.raises(BadValueError, match="Nameless lacks id, title, group, description, sentence"):
        interventions.register(Nameless)
    with pytest.raises(BadValueError, match="Nameless lacks id"):
        interventions.add(Nameless())

    class Half(interventions.PictureIntervention):
        id, title, group, description, sentence = "half", "Half", "View", "Half.", "half"

    with pytest.raises(BadValueError, match="Half can't be made without options"):
        interventions.register(Half)
    with pytest.raises(BadValueError, match="Expected a class derived from Intervention"):
        interventions.register(len)  # type: ignore[type-var]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            lambda faces: np.zeros(len(faces) - 1),
            r"one number per face, shape \(3,\) for 3 faces; got shape \(2,\)",
        ),
        (lambda _faces: 0.5, r"got shape \(\)"),
        (lambda faces: np.zeros((len(faces), 2)), r"got shape \(3, 2\)"),
        (lambda faces: ["a"] * len(faces), "reads numbers, float64"),
    ],
)
def test_a_property_that_returns_too_little(values: Any, message: str) -> None:
    properties.property.register(
        "mine", title="Mine", unit="", source="measured", description="x", low=0, high=1
    )(values)
    faces = [facelib.Head(seed=seed).render(96) for seed in range(3)]
    with pytest.raises(BadValueError, match=message):
        properties.measure(faces, "mine")


def test_a_plain_class_in_a_study_is_told_what_to_put_above_it(tmp_path: Path) -> None:
    class Plain(interventions.PictureIntervention):
        id, title, group, description, sentence = "plain", "Plain", "View", "It darkens.", "it gets darker"

        def _change(self, face: facelib.Face, strength: float) -> facelib.Face:
            return face.replace(image=(face.image * (1 - strength)).astype(np.uint8))

    faces = facelib.FaceSet.from_faces([facelib.Head(seed=seed).render(64) for seed in (1, 2)])
    study = facelib.InterventionalStudy(faces, interventions=[Plain()], classifiers=["known_unbiased"])
    with pytest.raises(BadValueError, match=r"put @dataclass\(frozen=True\) above it"):
        study.run(tmp_path / "study")
    made = dataclasses.dataclass(frozen=True)(Plain)()
    study = facelib.InterventionalStudy(faces, interventions=[made], classifiers=["known_unbiased"])
    study.run(tmp_path / "study", n_jobs=1)
