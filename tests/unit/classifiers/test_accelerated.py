"""Classifiers on an accelerator, which is pretended: the same answers, few transfers, no mixed devices."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import nn

import facelib
from facelib import attribution, classifiers
from facelib.classifiers import Classifier, Preparation
from facelib.classifiers.engines import Accelerated
from facelib.errors import BadValueError, UnavailableError
from facelib.models import devices
from facelib.models.devices import CPU, Device
from facelib.models.readers.onnx_graph import Runtime
from facelib.studies.engine import fingerprints
from tests.unit.elsewhere import Elsewhere, pretended

KNOWN = "known_unbiased"
SEEN = Preparation(16, "gray", 0.0, 255.0)
LABELS = ["happy", "sad", "angry"]

Images = npt.NDArray[np.uint8]


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Elsewhere]]:
    monkeypatch.delenv(devices.VARIABLE, raising=False)
    with pretended() as there:
        yield there


@pytest.fixture
def images(rng: np.random.Generator) -> Images:
    return rng.integers(0, 256, (5, 64, 64, 3), np.uint8)


def small(**changes: object) -> nn.Module:
    torch.manual_seed(2)
    ending = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3)]
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), *ending).eval()


def own(network: nn.Module | None = None, device: str | None = None, **how: object) -> Classifier:
    return classifiers.own(network or small(), labels=LABELS, preparation=SEEN, device=device, **how)  # type: ignore[arg-type]


def close(found: npt.NDArray[np.floating], expected: npt.NDArray[np.floating], share: float = 1e-4) -> None:
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, rtol=0, atol=share * float(np.abs(expected).max()))


@pytest.mark.thorough
@pytest.mark.packages
@pytest.mark.parametrize("name", [*classifiers.names(kind="pretrained"), KNOWN])
def test_every_network_gives_the_same_elsewhere(
    name: str, elsewhere: type[Elsewhere], images: Images, load_network: Callable[[str], Classifier]
) -> None:
    here = load_network(name)
    there = classifiers.load(name, "meta")
    assert there is classifiers.load(name, Device("meta"))
    assert (here.device, there.device) == (CPU, Device("meta"))
    try:
        close(there.logits(images), here.logits(images))
        label = here.classes[0]
        close(attribution.grad_cam(there, images, label), attribution.grad_cam(here, images, label), 1e-3)
        close(
            attribution.grad_cam(there, images[:1], label, method="layercam"),
            attribution.grad_cam(here, images[:1], label, method="layercam"),
            1e-3,
        )
    finally:
        classifiers.CLASSIFIERS[name].elsewhere.clear()


def test_pictures_go_there_once_and_logits_come_back_once(elsewhere: type[Elsewhere], images: Images) -> None:
    clf = own().on("meta")
    assert clf.batch == devices.USUAL
    elsewhere.came.clear()
    elsewhere.went.clear()
    many = np.concatenate([images] * 6)  # 30 pictures
    clf.logits(many)
    assert elsewhere.came == [(30, 1, 16, 16)]
    assert elsewhere.went == [(30, 3)]
    features = clf.features(many)
    assert isinstance(features, Elsewhere)
    assert elsewhere.went == [(30, 3)]  # they stay
    maps = attribution.grad_cam_from(clf, features, "happy")
    assert elsewhere.went == [(30, 3), maps.shape]
    assert len(elsewhere.came) == 2


def test_several_threads_prepare_and_one_feeds(
    elsewhere: type[Elsewhere], images: Images, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: 3)
    monkeypatch.setattr(devices, "USUAL", 4)
    clf = own()
    expected, there = clf.logits(many := np.concatenate([images] * 4)), clf.on("meta")
    there.engine  # noqa: B018 - makes it
    elsewhere.came.clear()
    close(there.logits(many), expected)
    assert elsewhere.came == [(4, 1, 16, 16)] * 5


class Forgetful(nn.Module):
    """A network whose weights don't move with it: a plain attribute, neither parameter nor buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.network, self.shift = small(), torch.ones(1, 1, 16, 16)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.network(x + self.shift)  # type: ignore[no-any-return]


@pytest.mark.usefixtures("elsewhere")
def test_tensors_on_two_devices_are_found_out() -> None:
    x = torch.rand(3, 1, 16, 16)
    says = r"forgetful can't run on meta:0.*same device.*='cpu' runs it"
    with pytest.raises(UnavailableError, match=says):
        Accelerated(Forgetful(), nn.Identity(), Device("meta"), example=x, name="forgetful")


class Elsewise(nn.Module):
    """A network that computes something else on an accelerator."""

    def __init__(self) -> None:
        super().__init__()
        self.network = small()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found = self.network(x)
        return found + 0.1 if x.device.type == "meta" else found  # type: ignore[no-any-return]


@pytest.mark.thorough
@pytest.mark.usefixtures("elsewhere")
def test_other_answers_than_on_the_processor_are_refused(images: Images) -> None:
    with pytest.raises(UnavailableError, match="gives other answers on meta:0 than on the processor"):
        own(Elsewise(), "meta").logits(images)


class Little(nn.Module):
    """A network with memory for `most` pictures."""

    most = 3

    def __init__(self) -> None:
        super().__init__()
        self.network = small()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.device.type == "meta" and len(x) > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return self.network(x)  # type: ignore[no-any-return]


@pytest.mark.thorough
@pytest.mark.usefixtures("elsewhere")
def test_memory_runs_out_and_the_work_goes_on(images: Images, monkeypatch: pytest.MonkeyPatch) -> None:
    clf = own(Little())
    there = clf.on("meta")
    many = np.concatenate([images] * 3)
    close(there.logits(many), clf.logits(many))
    assert there.batch <= Little.most  # what did fit is tried first from now on
    monkeypatch.setattr(Little, "most", 0)
    with pytest.raises(UnavailableError, match="memory of meta:0 isn't enough for one picture"):
        there.logits(many)


def test_half_precision_is_a_little_off() -> None:
    """On the processor, where torch can do it, too, though facelib doesn't offer it."""
    body, head = small()[:3], small()[3:]
    x = torch.rand(3, 1, 16, 16, generator=torch.Generator().manual_seed(1))
    whole, half = (
        Accelerated(body, head, Device("cpu", half=half), example=x, name="small") for half in (False, True)
    )
    assert half(x).dtype == half.logits(half(x)).dtype == torch.float32
    difference = (half.logits(half(x)) - whole.logits(whole(x))).abs().max()
    assert 1e-6 < difference < 0.01


@pytest.mark.thorough
@pytest.mark.usefixtures("elsewhere")
def test_a_classifier_stays_where_it_is_unless_it_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    here = own()
    there = here.on("meta")
    assert there.on() is there
    assert there.on("meta:0") is there
    assert there.on("cpu").device == CPU
    assert here.device == CPU
    assert there.body is here.body
    assert next(there.body.parameters()).device == torch.device("cpu")
    monkeypatch.setenv(devices.VARIABLE, "meta")
    assert here.on().device == own().device == classifiers.load(KNOWN).device == Device("meta")
    assert classifiers.load(KNOWN, "cpu").device == CPU
    classifiers.CLASSIFIERS[KNOWN].elsewhere.clear()


@pytest.mark.thorough
@pytest.mark.usefixtures("elsewhere")
def test_it_can_be_sent_to_another_process() -> None:
    there = own(device="meta")
    there.engine  # noqa: B018 - isn't sent
    again = pickle.loads(pickle.dumps(there))
    assert again.device == there.device
    assert type(next(again.body.parameters())) is nn.Parameter


@pytest.mark.thorough
@pytest.mark.usefixtures("elsewhere")
def test_registered_on_a_device() -> None:
    made = own(id="one_elsewhere")
    for given in (small(), made, lambda: own(id="one_elsewhere")):
        how = {"labels": LABELS, "preparation": SEEN} if isinstance(given, nn.Module) else {}
        classifiers.register("one_elsewhere", given, device="meta", **how)  # type: ignore[arg-type]
        try:
            assert classifiers.load("one_elsewhere").device == Device("meta")
            assert classifiers.load("one_elsewhere", "cpu").device == CPU
        finally:
            classifiers.unregister("one_elsewhere")


def test_a_device_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "accelerators", lambda: ())
    head = facelib.Head(expression="happy")
    calls: list[Callable[[], object]] = [
        lambda: classifiers.load(KNOWN, "cuda:1"),
        lambda: own(device="cuda:1"),
        lambda: classifiers.register("never", small(), labels=LABELS, preparation=SEEN, device="cuda:1"),
        lambda: facelib.sweep(head, "symmetry", KNOWN, device="cuda:1"),
        lambda: facelib.InterventionalStudy([head], ["symmetry"], KNOWN, device="cuda:1"),
        lambda: facelib.ObservationalStudy([head], ["age"], KNOWN, device="cuda:1"),
        lambda: facelib.load_face(np.zeros((64, 64, 3), np.uint8), device="cuda:1"),
    ]
    for call in calls:
        with pytest.raises(UnavailableError, match=r"'cuda:1' isn't on this machine; there is cpu"):
            call()
    with pytest.raises(BadValueError, match="A device is 'auto', 'cpu'"):
        facelib.sweep(head, "symmetry", KNOWN, device="gpu 1")
    assert "never" not in classifiers.names()


def even(pictures: np.ndarray, _boxes: np.ndarray) -> np.ndarray:
    return np.full((len(pictures), 3), 1 / 3)


@pytest.mark.usefixtures("elsewhere")
def test_a_function_and_a_table_of_scores_take_no_device(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = facelib.Head(expression="happy")
    function = classifiers.own(even, id="even", labels=LABELS, price=1e-6)
    (tmp_path / "anna.csv").write_text(
        "frame,face_id,timestamp,confidence,success,AU06_r,AU12_r\n1,0,0,0.98,1,1.20,2.75"
    )
    scores = classifiers.from_table(tmp_path / "anna.csv", id="scores")
    why = "code says where it computes, so it runs on no device"
    classifiers.register("even", function)
    try:
        calls: list[tuple[Callable[[str], object], str]] = [
            (lambda name: classifiers.own(even, labels=LABELS, price=1e-6, device=name), why),
            (lambda name: classifiers.register("odd", even, labels=LABELS, price=1e-6, device=name), why),
            (lambda name: classifiers.load("even", name), why),
            (function.on, why),
            (lambda name: facelib.sweep(head, "symmetry", [function], device=name), why),
            (scores.on, "another tool computed these scores"),
            (lambda name: facelib.PairedStudy([head], "when", classifiers=[scores], device=name).models,
             "another tool computed"),
        ]  # fmt: skip
        for call, reason in calls:
            with pytest.raises(BadValueError, match=reason):
                call("meta")
        for name in ("cuda:9", "meta half"):  # there or not: it wouldn't run there
            with pytest.raises(BadValueError, match=why):
                function.on(name)
        for one in (function, scores):
            assert one.on("cpu") is one.on("auto") is one.on() is one
            with pytest.raises(BadValueError, match="A device is"):
                one.on("gpu 1")
        monkeypatch.setenv(devices.VARIABLE, "meta")  # names none for them
        assert classifiers.load("even") is function.on() is function
        assert scores.on() is scores
        assert classifiers.provenance([function, scores])["device"].tolist() == ["", ""]
    finally:
        classifiers.unregister("even")
    assert "odd" not in classifiers.names()


@pytest.mark.thorough
@pytest.mark.packages
@pytest.mark.usefixtures("elsewhere")
def test_aligned_crops_and_values_elsewhere() -> None:
    faces = [facelib.Head(seed=one, expression="happy").render(96) for one in range(3)]
    seen = Preparation(16, "gray", 0.0, 255.0, align="eyes")
    scale = classifiers.Scale("years")
    here = classifiers.own(small(), labels=["age", "pain", "beauty"], preparation=seen, outputs=scale)
    there = here.on("meta")
    images, boxes = np.stack([one.image for one in faces]), np.stack([one.box for one in faces])
    points = np.stack([classifiers.five_points(one) for one in faces])
    close(there.values(images, boxes, points), here.values(images, boxes, points))
    close(there.logits_of(faces), here.logits_of(faces))
    found, expected = there.read(faces), here.read(faces)
    np.testing.assert_allclose(found["value"], expected["value"], rtol=1e-3, atol=1e-4)
    assert (found["unit"] == "years").all()
    maps = [attribution.grad_cam(one, images, "age", boxes, points=points) for one in (there, here)]
    close(*maps, 1e-3)


@pytest.mark.thorough
@pytest.mark.usefixtures("elsewhere")
def test_a_graph_that_onnxruntime_runs_says_that_it_cannot_move(tmp_path: Path, images: Images) -> None:
    from facelib.classifiers.engines import to_onnx

    content = to_onnx(small(), torch.rand(2, 1, 16, 16))
    clf = own(Runtime(content))
    with pytest.raises(UnavailableError, match=r"onnxruntime can't compute on meta:0 here; it has"):
        clf.on("meta")
    assert clf.on("auto").device == CPU
    close(clf.logits(images), own().logits(images))


# Keys and provenance


@pytest.mark.usefixtures("elsewhere")
def test_keys_and_provenance_name_the_device() -> None:
    here = classifiers.load(KNOWN)
    there = here.on("meta")
    assert fingerprints.of_classifier(there) != fingerprints.of_classifier(here)
    rows = classifiers.provenance([here, there])["device"]
    assert rows.tolist() == ["cpu", "meta (pretended)"]


HERE = devices.accelerators()


@pytest.mark.packages
@pytest.mark.skipif(not HERE, reason="no accelerator on this machine: what one computes isn't tried here")
@pytest.mark.parametrize("name", [*classifiers.names(kind="pretrained"), KNOWN])
def test_a_real_accelerator_agrees(
    name: str, images: Images, load_network: Callable[[str], Classifier]
) -> None:
    here, there = load_network(name), classifiers.load(name, HERE[0])
    label = here.classes[0]
    close(there.logits(images), here.logits(images), 1e-3)
    close(attribution.grad_cam(there, images, label), attribution.grad_cam(here, images, label), 1e-2)
    np.testing.assert_array_equal(there.logits(images), there.logits(images))
