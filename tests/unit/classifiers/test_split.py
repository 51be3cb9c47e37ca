"""Any network is cut in two where class activation maps can be read, or says why it can't."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
import torchvision
from torch import nn

from facelib.classifiers.split import Layout, split
from facelib.errors import BadValueError

pytestmark = pytest.mark.usefixtures("single_threaded")


class Untraceable(nn.Module):
    """Steps that depend on the values can't be traced."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 6, 3, 2, 1)
        self.block = nn.Sequential(nn.Conv2d(6, 8, 3, 2, 1), nn.ReLU(inplace=True))
        self.last = nn.Linear(8, 7)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.block(self.stem(x) if x.sum() > -1e9 else x)
        out: torch.Tensor = self.last(y.mean((2, 3)))
        return out


class Tokens(nn.Module):
    """A vision transformer in small: a class token before a grid, blocks with shortcuts."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 16, 8, 8)
        self.token = nn.Parameter(torch.randn(1, 1, 16))
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(16, 2, 32, batch_first=True, dropout=0.0) for _ in range(3)
        )
        self.norm = nn.LayerNorm(16)
        self.last = nn.Linear(16, 7)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.patches(x).flatten(2).transpose(1, 2)
        y = torch.cat([self.token.expand(len(x), -1, -1), y], 1)
        for block in self.blocks:
            y = block(y)
        out: torch.Tensor = self.last(self.norm(y)[:, 0])
        return out


class Past(nn.Module):
    """A second path flows past the block."""

    def __init__(self) -> None:
        super().__init__()
        self.block = nn.Conv2d(3, 3, 3, padding=1)
        self.last = nn.Linear(3, 7)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.last((x + self.block(x)).mean((2, 3)))
        return out


def sample(count: int, size: int = 64, seed: int = 0) -> torch.Tensor:
    return torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(seed))


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("resnet18", "layer4"),
        ("mobilenet_v3_small", "features"),
        ("densenet121", "features"),  # its head begins with a ReLU in place
        ("shufflenet_v2_x0_5", "conv5"),
        ("squeezenet1_0", "classifier"),
        ("swin_t", "permute"),
    ],
)
def test_networks_of_torchvision_are_cut_before_their_pool(name: str, layer: str) -> None:
    torch.manual_seed(0)
    network = torchvision.models.get_model(name, weights=None, num_classes=7).eval()
    halves = split(network, sample(2))
    assert halves.layer.startswith(layer)
    assert not halves.no_maps
    pictures = sample(3, seed=1)
    with torch.no_grad():
        features = halves.body(pictures)
        again = features.clone()
        torch.testing.assert_close(halves.head(features), network(pictures), rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(features, again)  # the head leaves the features as they were
    assert halves.layout.maps(features).shape[2] == halves.layout.maps(features).shape[3] > 1


def test_a_network_that_cannot_be_traced_is_cut_by_its_hooks_in_several_threads() -> None:
    torch.manual_seed(0)
    network = Untraceable().eval()
    halves = split(network, sample(2))
    assert halves.layer == "block"
    with ThreadPoolExecutor(4) as pool:
        batches = [sample(1 + seed % 3, seed=seed) for seed in range(24)]
        found = list(pool.map(lambda x: halves.head(halves.body(x)), batches))
    for x, logits in zip(batches, found, strict=True):
        torch.testing.assert_close(logits, network(x))
    assert not any(module._forward_hooks for module in network.modules())


def test_tokens_become_a_grid_without_the_class_token() -> None:
    torch.manual_seed(0)
    network = Tokens().eval()
    halves = split(network, sample(2))
    # Behind the last block only the class token reaches the logits: its places don't matter there.
    assert halves.layer == "blocks.1"
    assert halves.layout == Layout("tokens", 1)
    features = halves.body(sample(3))
    maps = halves.layout.maps(features)
    assert maps.shape == (3, 16, 8, 8)
    torch.testing.assert_close(maps[1, :, 2, 5], features[1, 1 + 2 * 8 + 5])


def test_a_layer_that_is_passed_by_is_refused_and_the_network_stays_usable() -> None:
    torch.manual_seed(0)
    network = Past().eval()
    with pytest.raises(BadValueError, match="flows past it"):
        split(network, sample(2), "block")
    halves = split(network, sample(2))
    assert "no layer was found" in halves.no_maps
    torch.testing.assert_close(halves.head(halves.body(sample(3))), network(sample(3)))


def test_an_unknown_layer_is_answered_with_the_names_that_there_are() -> None:
    with pytest.raises(BadValueError, match=r"no layer 'layer9'; it has, among others, block, last"):
        split(Past(), sample(2), "layer9")


@pytest.mark.parametrize(
    ("shape", "layout"),
    [
        ((2, 64, 7, 7), Layout()),
        ((2, 7, 7, 64), Layout("channels last")),
        ((2, 49, 64), Layout("tokens", 0)),
        ((2, 50, 64), Layout("tokens", 1)),
        ((2, 201, 64), Layout("tokens", 5)),
        ((2, 64, 1, 1), None),
        ((2, 64), None),
        ((2, 3, 64), None),
    ],
)
def test_layouts_are_read_from_shapes(shape: tuple[int, ...], layout: Layout | None) -> None:
    assert Layout.of(shape) == layout


class WithOptions(nn.Module):
    """Further inputs that have a default, as vision transformers of timm have them, used behind the layer."""

    def __init__(self) -> None:
        super().__init__()
        self.block = nn.Conv2d(3, 6, 3, 2, 1)
        self.last = nn.Linear(6, 7)

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None, scale: float = 2.0) -> torch.Tensor:
        y = self.block(x).mean((2, 3)) * scale
        out: torch.Tensor = self.last(nn.functional.dropout(y, 0.0) if mask is None else y)
        return out


class InsideALeaf(nn.Module):
    """The only layer with a grid that serves lies within one that a traced graph shows as a whole."""

    def __init__(self) -> None:
        super().__init__()
        self.whole = nn.Sequential(nn.Conv2d(3, 6, 3, 2, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.whole.__class__ = type("Leaf", (nn.Sequential,), {"__module__": "torch.nn.mine"})
        self.last = nn.Linear(6, 7)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.last(self.whole(x))
        return out


@pytest.mark.parametrize(("kind", "layer"), [(WithOptions, "block"), (InsideALeaf, "whole.0")])
def test_defaults_are_carried_over_and_layers_that_a_graph_hides_are_tapped(
    kind: type[nn.Module], layer: str
) -> None:
    torch.manual_seed(0)
    network = kind().eval()
    halves = split(network, sample(2))
    assert halves.layer == layer
    pictures = sample(3, seed=1)
    torch.testing.assert_close(halves.head(halves.body(pictures)), network(pictures), rtol=0, atol=0)


def test_why_there_is_no_layer_is_said() -> None:
    assert "flows past it" not in split(Past().eval(), sample(2)).no_maps
    assert "past each layer with a grid of places (block) flows" in split(Past().eval(), sample(2)).no_maps
    flat = nn.Sequential(nn.Flatten(), nn.Linear(3 * 64 * 64, 7)).eval()
    assert "no layer was found whose output is a square grid" in split(flat, sample(2)).no_maps
