"""Maps of networks that other packages make, found unaided, against pytorch-grad-cam with its reshapes.

The layer and the reshape of each kind are written here by hand, as a user of pytorch-grad-cam writes them;
`own` is given the network and nothing else.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import pytorch_grad_cam
import torch
from torch import nn

from facelib import attribution
from facelib.classifiers import Classifier, DeclarationWarning, Preparation, own
from facelib.classifiers.preparation import Images
from facelib.errors import BadValueError, UnavailableError

pytestmark = pytest.mark.usefixtures("single_threaded")

LABELS = ("ant", "bee", "cat", "dog", "elk", "fox", "gnu")
SIZE = 64
Reshape = Callable[[torch.Tensor], torch.Tensor]


def tokens(prefix: int, side: int) -> Reshape:
    """Return the reshape that pytorch-grad-cam's own example of vision transformers writes."""

    def reshape(tensor: torch.Tensor) -> torch.Tensor:
        grid = tensor[:, prefix:, :].reshape(tensor.size(0), side, side, tensor.size(2))
        return grid.transpose(2, 3).transpose(1, 2)

    return reshape


def channels_last(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.transpose(2, 3).transpose(1, 2)


def as_it_is(tensor: torch.Tensor) -> torch.Tensor:
    return tensor


def torchvision_vit() -> nn.Module:
    from torchvision.models import VisionTransformer

    return VisionTransformer(SIZE, 16, 3, 2, 32, 64, num_classes=7)


def torchvision_swin() -> nn.Module:
    from torchvision.models import SwinTransformer

    return SwinTransformer([4, 4], 16, [1, 2], [1, 2], [4, 4], num_classes=7)


def torchvision_resnet() -> nn.Module:
    from torchvision.models import resnet18

    return resnet18(weights=None, num_classes=7)


def timm_vit(**options: Any) -> nn.Module:
    timm = pytest.importorskip("timm", reason="timm, which makes this network, isn't installed")
    plain = {"img_size": SIZE, "patch_size": 16, "embed_dim": 32, "depth": 3, "num_heads": 2}
    network: nn.Module = timm.models.vision_transformer.VisionTransformer(**plain, num_classes=7, **options)
    return network


def timm_named(name: str, **options: Any) -> nn.Module:
    timm = pytest.importorskip("timm", reason="timm, which makes this network, isn't installed")
    network: nn.Module = timm.create_model(name, pretrained=False, num_classes=7, **options)
    return network


def of_transformers(kind: str, config: str, **options: Any) -> nn.Module:
    package = pytest.importorskip("transformers", reason="transformers, which makes it, isn't installed")
    small = {"hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 64}
    whole = small | {"image_size": SIZE, "patch_size": 16, "num_labels": 7} | options
    made = getattr(package, config)(**whole)
    network: nn.Module = getattr(package, kind)(made)
    return network


def mixer() -> nn.Module:
    timm = pytest.importorskip("timm", reason="timm, which makes this network, isn't installed")
    network: nn.Module = timm.models.mlp_mixer.MlpMixer(
        num_classes=7, img_size=SIZE, patch_size=16, num_blocks=2, embed_dim=32
    )
    return network


def convnext() -> nn.Module:
    package = pytest.importorskip("transformers", reason="transformers, which makes it, isn't installed")
    config = package.ConvNextConfig(depths=[1] * 4, hidden_sizes=[8, 16, 24, 32], num_labels=7)
    network: nn.Module = package.ConvNextForImageClassification(config)
    return network


def clip() -> nn.Module:
    seen = {"hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 64}
    return of_transformers(
        "CLIPForImageClassification",
        "CLIPConfig",
        vision_config=seen | {"image_size": SIZE, "patch_size": 16},
    )


TINY = {"img_size": SIZE, "embed_dim": 32, "depth": 3, "num_heads": 2}


@dataclass(frozen=True)
class Kind:
    """A network, the layer whose output its maps are of, and the reshape; what its rollout reads, if any."""

    make: Callable[[], nn.Module]
    layer: str
    reshape: Reshape
    rows: tuple[int, ...] | slice | None = None


KINDS = {
    "ResNet, torchvision": Kind(torchvision_resnet, "layer4", as_it_is),
    "ViT, torchvision": Kind(torchvision_vit, "encoder.layers.encoder_layer_1", tokens(1, 4), (0,)),
    "ViT, timm": Kind(timm_vit, "blocks.1", tokens(1, 4), (0,)),
    "ViT with registers, timm": Kind(lambda: timm_vit(reg_tokens=4), "blocks.1", tokens(5, 4), (0,)),
    "ViT without class token, timm": Kind(
        lambda: timm_vit(class_token=False, global_pool="avg"), "norm", tokens(0, 4), slice(0, None)
    ),
    "DeiT with distillation token, timm": Kind(
        lambda: timm_named("deit_tiny_distilled_patch16_224", **TINY), "blocks.1", tokens(2, 4), (0, 1)
    ),
    "BEiT, timm": Kind(
        lambda: timm_named("beit_base_patch16_224", **TINY), "norm", tokens(1, 4), slice(1, None)
    ),
    "Mixer, timm": Kind(mixer, "norm", tokens(0, 4)),
    "Swin, timm": Kind(
        lambda: timm_named(
            "swin_tiny_patch4_window7_224",
            img_size=SIZE,
            window_size=4,
            embed_dim=16,
            depths=(1, 1, 2),
            num_heads=(1, 2, 2),
        ),
        "norm",
        channels_last,
    ),
    "Swin, torchvision": Kind(torchvision_swin, "permute", as_it_is),
    "ConvNeXt, timm": Kind(
        lambda: timm_named("convnext_tiny", depths=(1, 1, 1, 1), dims=(8, 16, 24, 32)), "norm_pre", as_it_is
    ),
    "CLIP, transformers": Kind(clip, "vision_model.encoder.layers.2", tokens(1, 4), slice(1, None)),
    "ViT, transformers": Kind(
        lambda: of_transformers("ViTForImageClassification", "ViTConfig"),
        "vit.layers.1",
        tokens(1, 4),
        (0,),
    ),
    "DeiT with teacher, transformers": Kind(
        lambda: of_transformers("DeiTForImageClassificationWithTeacher", "DeiTConfig"),
        "deit.layers.1",
        tokens(2, 4),
        (0, 1),
    ),
    "DINOv2 with registers, transformers": Kind(
        lambda: of_transformers(
            "Dinov2WithRegistersForImageClassification",
            "Dinov2WithRegistersConfig",
            num_register_tokens=4,
            mlp_ratio=2,
        ),
        "dinov2_with_registers.layernorm",
        tokens(5, 4),
    ),
    "ConvNeXt, transformers": Kind(convnext, "convnext.encoder.stages.3", as_it_is),
}


class Logits(nn.Module):
    """A network of transformers as pytorch-grad-cam takes it."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = self.model(x)
        return out if isinstance(out, torch.Tensor) else out.logits


def made(kind: Kind) -> tuple[nn.Module, Classifier]:
    torch.manual_seed(3)
    network = kind.make().eval()
    for name, weight in network.named_parameters():  # heads begin at 0 in some packages
        if not weight.any():
            nn.init.normal_(weight, std=0.2)
        assert torch.isfinite(weight).all(), name
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeclarationWarning)
        clf = own(network, labels=LABELS, preparation=Preparation(SIZE, "rgb", 127.5, 60.0))
    return network, clf


@pytest.fixture(scope="module")
def images() -> Images:
    return np.random.default_rng(4).integers(0, 256, (3, SIZE, SIZE, 3), dtype=np.uint8)


def by_package(
    network: nn.Module, layer: str, reshape: Reshape, x: torch.Tensor, column: int
) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Return pytorch-grad-cam's map of the whole network at a named layer, before it scales each picture."""
    wrapped = Logits(network)
    target = network.get_submodule(layer)
    with pytorch_grad_cam.GradCAM(wrapped, [target], reshape_transform=reshape) as cam:
        outputs = cam.activations_and_grads(x.clone().requires_grad_())
        outputs[:, column].sum().backward()
        taken = cam.activations_and_grads
        raw = cam.get_cam_image(
            x, target, None, taken.activations[0].numpy(), taken.gradients[0].numpy(), False
        )
    return np.maximum(raw, 0)


def found_layer(clf: Classifier) -> str:
    return clf.card.feature_map.removeprefix("layer ").partition(",")[0].removeprefix("model.")


@pytest.mark.thorough
@pytest.mark.parametrize("name", KINDS)
def test_maps_are_those_of_the_package_with_a_reshape_written_by_hand(name: str, images: Images) -> None:
    kind = KINDS[name]
    network, clf = made(kind)
    assert not clf.no_maps
    assert found_layer(clf).startswith(kind.layer)
    for column, label in ((1, "bee"), (4, "elk")):
        found = attribution.grad_cam(clf, images, label)
        expected = by_package(network, found_layer(clf), kind.reshape, clf.prepare(images), column)
        assert expected.max() > 0
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4 * expected.max())


def _ask_for_weights(_part: nn.Module, args: tuple[Any, ...], given: dict[str, Any]) -> Any:
    return args, given | {"need_weights": True, "average_attn_weights": False}


def attentions_of(network: nn.Module, x: torch.Tensor) -> list[torch.Tensor]:
    """Return the attention of every layer, (N, H, T, T), as each package gives it itself."""
    found: list[torch.Tensor] = []
    handles = []
    if hasattr(network, "config"):
        network.set_attn_implementation("eager")
        with torch.no_grad():
            return list(network(x, output_attentions=True).attentions)
    for part in network.modules():
        if hasattr(part, "fused_attn"):  # timm
            part.fused_attn = False
            hook = part.attn_drop.register_forward_hook(lambda _part, _given, out: found.append(out))
            handles.append(hook)
        if isinstance(part, nn.MultiheadAttention):  # torchvision
            handles.append(part.register_forward_pre_hook(_ask_for_weights, with_kwargs=True))
            handles.append(part.register_forward_hook(lambda _part, _given, out: found.append(out[1])))
    with torch.no_grad():
        network(x)
    for handle in handles:
        handle.remove()
    return found


def slow_rollout(layers: list[torch.Tensor], rows: tuple[int, ...] | slice, prefix: int) -> Images:
    """Follow the paper line by line: one picture after the other, all tokens, in double precision."""
    maps = []
    for picture in range(len(layers[0])):
        rollout = np.eye(layers[0].shape[-1])
        for layer in layers:
            raw = layer[picture].double().numpy().mean(0)
            with_shortcut = 0.5 * raw + 0.5 * np.eye(len(raw))
            rollout = with_shortcut @ rollout
        chosen = rollout[list(rows)] if isinstance(rows, tuple) else rollout[rows]
        patches = chosen.mean(0)[prefix:]
        side = int(len(patches) ** 0.5)
        maps.append(patches.reshape(side, side))
    return np.array(maps)


@pytest.mark.one_case
@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if kind.rows is not None])
def test_rollout_follows_the_paper_on_the_packages_own_attention(name: str, images: Images) -> None:
    kind = KINDS[name]
    network, clf = made(kind)
    found = attribution.attention_rollout(clf, images)
    assert kind.rows is not None
    expected = slow_rollout(attentions_of(network, clf.prepare(images)), kind.rows, clf.layout.prefix)
    assert found.shape == expected.shape == (3, 4, 4)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(attribution.attention_rollout(clf, images[1:2]), found[1:2], rtol=1e-4)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("ResNet, torchvision", "has no grid of tokens"),
        ("Swin, timm", "has no grid of tokens"),
        ("Mixer, timm", "No attention was seen"),
    ],
)
def test_who_has_no_rollout_says_why(name: str, why: str, images: Images) -> None:
    _, clf = made(KINDS[name])
    with pytest.raises(UnavailableError, match=why):
        attribution.attention_rollout(clf, images)


def test_layers_that_attend_to_other_tokens_are_refused(images: Images) -> None:
    _, clf = made(
        Kind(
            lambda: timm_named("cait_xxs24_224", img_size=SIZE, embed_dim=32, depth=2, num_heads=2),
            "",
            as_it_is,
        )
    )
    with pytest.raises(UnavailableError, match="don't all attend to the same 16 tokens"):
        attribution.attention_rollout(clf, images)


@pytest.mark.thorough
def test_a_layer_that_is_passed_by_names_those_that_serve() -> None:
    """The layer that tutorials name, norm1 of the last block, has a shortcut around it."""
    network = timm_vit().eval()
    with pytest.raises(BadValueError, match=r"'blocks\.2\.norm1'.*serve, for example: blocks\.1, blocks\.0"):
        own(
            network,
            labels=LABELS,
            preparation=Preparation(SIZE, "rgb", 127.5, 60.0),
            cam_layer="blocks.2.norm1",
        )


@pytest.mark.thorough
def test_rollout_leaves_nothing_behind(images: Images) -> None:
    _, clf = made(KINDS["ViT, transformers"])
    before = clf.logits(images)
    attribution.attention_rollout(clf, images)
    with torch.no_grad():
        attribution.attention_rollout(clf, images)  # and needs no gradients of whoever asks
    for module in (*clf.body.modules(), *clf.head.modules()):
        assert all(weight.grad is None for weight in module.parameters(recurse=False))
    np.testing.assert_array_equal(clf.logits(images), before)
