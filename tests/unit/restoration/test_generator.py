"""A user's own generator: fed as declared, pasted back, and refused where it isn't what it should be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from facelib.errors import BadModelError, BadValueError, FacelibError
from facelib.faces import Face
from facelib.restoration import METHODS, own, restore

pytestmark = pytest.mark.filterwarnings(
    "ignore:`torch.jit.(trace|trace_method|save|load)` is:DeprecationWarning"
)
SHAPE = (96, 120, 3)


def face(seed: int = 0) -> Face:
    smooth = np.linspace(40, 200, SHAPE[1])[None, :, None] + np.array([0, 15, 30])
    image = np.broadcast_to(smooth, SHAPE).astype(np.uint8)
    return Face(image, np.array([30.0, 20, 90, 80]), np.array([[70.0, 40], [50, 40]]))


def patch() -> np.ndarray:
    mask = np.zeros(SHAPE[:2], np.float32)
    mask[40:60, 50:70] = 1
    return mask


class Painter(nn.Module):
    """Like a generator of CycleGAN: convolutions, then tanh."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.ReflectionPad2d(1), nn.Conv2d(3, 3, 3), nn.Tanh())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.body(x)


@pytest.mark.parametrize("values", ["signed", "unit"])
@pytest.mark.parametrize("colours", ["rgb", "bgr"])
def test_a_generator_that_changes_nothing_gives_the_face_back(values: Any, colours: Any) -> None:
    method = own(nn.Identity(), size=192, values=values, colours=colours)
    found = restore(face(), method, patch())
    assert np.abs(found.image.astype(int) - face().image).max() <= 1
    assert np.array_equal(found.image[patch() == 0], face().image[patch() == 0])


@pytest.mark.parametrize(("colours", "shown"), [("rgb", (255, 0, 0)), ("bgr", (0, 0, 255))])
def test_range_and_order_are_those_declared(colours: Any, shown: tuple[int, ...]) -> None:
    """The first channel full, the others empty."""
    seen = []

    def red(x: torch.Tensor) -> torch.Tensor:
        seen.append((float(x.min()), float(x.max()), tuple(x.shape)))
        full = torch.full_like(x, -1)
        full[:, 0] = 1
        return full

    found = restore(face(), own(red, size=64, colours=colours), patch())
    assert tuple(found.image[50, 60]) == shown
    assert seen[-1][2] == (1, 3, 64, 64)
    assert min(low for low, _, _ in seen) < -0.5
    assert max(high for _, high, _ in seen) > 0.5
    assert np.array_equal(found.image[0], face().image[0])


def test_what_lies_beyond_the_crop_stays() -> None:
    white = own(torch.ones_like, size=64, values="unit", margin=1.0)
    found = restore(face(), white, np.ones(SHAPE[:2], np.float32)).image
    assert (found[50, 60] == 255).all()
    assert np.array_equal(found[:, :28], face().image[:, :28])
    assert np.array_equal(found[:, 92:], face().image[:, 92:])


def test_files_are_read_without_running_their_code(tmp_path: Path) -> None:
    torch.manual_seed(0)
    painter = Painter().eval()
    expected = restore(face(), own(painter, size=64), patch()).image
    torch.save(painter.state_dict(), tmp_path / "weights.pt")
    torch.jit.trace(painter, torch.zeros(1, 3, 64, 64)).save(str(tmp_path / "painter.pt"))
    for method in (
        own(tmp_path / "weights.pt", size=64, factory=Painter),
        own(str(tmp_path / "painter.pt"), size=64, trust=True),
    ):
        assert np.array_equal(restore(face(), method, patch()).image, expected)
    torch.save(painter, tmp_path / "whole.pt")
    (tmp_path / "broken.pt").write_bytes(b"PK\x03\x04 no archive")
    for name in ("whole.pt", "broken.pt"):
        with pytest.raises(BadModelError):
            own(tmp_path / name, size=64, factory=Painter)
    with pytest.raises(BadValueError, match="factory="):
        own(tmp_path / "weights.pt", size=64)
    with pytest.raises(BadModelError, match="missing"):
        own(tmp_path / "weights.pt", size=64, factory=lambda: nn.Conv2d(3, 3, 3))
    with pytest.raises(FacelibError):
        own(tmp_path / "none.pt", size=64, factory=Painter)


def fails(x: torch.Tensor) -> torch.Tensor:
    raise RuntimeError("out of luck\nand more")


@pytest.mark.parametrize(
    ("generator", "kind", "words"),
    [
        (fails, BadValueError, "failed on a picture .* RuntimeError: out of luck"),
        (lambda x: x[:, :1], BadValueError, r"got shape \(1, 1, 64, 64\)"),
        (lambda x: x.numpy(), BadValueError, "got ndarray"),
        (lambda x: (x, x), BadValueError, "got tuple"),
        (lambda x: x * torch.nan, BadModelError, "aren't finite"),
        (lambda x: x * 255, BadValueError, "Declare the other range"),
        (7, BadValueError, "a torch module, a function of tensors, or a file"),
    ],
)
def test_what_isn_t_a_generator_is_said(generator: Any, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        own(generator, size=64)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"size": 8}, "from 16 to 1024"),
        ({"values": "bytes"}, "signed or unit"),
        ({"colours": "hsv"}, "rgb or bgr"),
        ({"margin": 0.2}, "margin"),
        ({"name": ""}, "needs a name"),
        ({"factory": Painter}, "a network was given already"),
    ],
)
def test_what_is_declared_is_checked(options: dict[str, Any], words: str) -> None:
    with pytest.raises(BadValueError, match=words):
        own(nn.Identity(), **options)


def test_a_generator_can_be_registered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(METHODS, "_items", dict(METHODS._items))
    own(nn.Identity(), name="mine", size=64, register=True)
    assert restore(face(), "mine", patch()).method == "mine"
    with pytest.raises(BadValueError, match="already registered"):
        own(nn.Identity(), name="mine", size=64, register=True)
