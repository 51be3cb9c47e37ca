"""Attention rollout: how far the tokens that a vision transformer answers from go back to each patch."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F  # noqa: N812 - its usual name
from torch.overrides import TorchFunctionMode

from facelib.classifiers import Classifier
from facelib.classifiers.split import whole
from facelib.errors import UnavailableError, check_kind

Maps = npt.NDArray[np.float32]

ROLLOUT: Final = "rollout"
"""Name of the method where maps of a sweep are asked for by name."""

_SOFTMAXES: Final = (torch.softmax, F.softmax, torch.Tensor.softmax)


def attention_rollout(
    clf: Classifier, images: npt.NDArray[np.uint8], boxes: npt.ArrayLike | None = None
) -> Maps:
    """Return from which places a vision transformer gathers what it answers from, whatever the class.

    Layer by layer, A = ½ W + ½ I with W the attention averaged over heads and I the shortcut around it; the
    product of all layers says how much of every patch is in every token (Abnar & Zuidema 2020, arXiv
    2005.00928). Rows are those of the tokens that the logits are computed from: the class token, class and
    distillation token, or the mean of all patches. Which these are is found by a gradient; several count
    alike (our choice).

    It is no evidence for a class: a map of attention is the same for every one. See `grad_cam` for that.

    Parameters
    ----------
    clf
        A classifier whose layers attend to one set of tokens: ViT, DeiT, BEiT, DINOv2, CLIP.
    images
        uint8 (N, H, W, 3), RGB.
    boxes
        (4,) or (N, 4), px; None if the whole picture is the face.

    Returns
    -------
    float32 (N, h, w)
        Share of each patch, ≥ 0, not scaled: a map's sum is 1 less what is from class tokens and registers.

    Raises
    ------
    UnavailableError
        The classifier attends to nothing, or within windows, or to tokens that change from layer to layer.
    BadValueError
        Pictures or boxes are not as they should be.

    Examples
    --------
    >>> from torchvision.models import VisionTransformer
    >>> from facelib.classifiers import Preparation, own
    >>> net = VisionTransformer(32, 8, 2, 2, 8, 16, num_classes=2)
    >>> _ = torch.nn.init.eye_(net.heads.head.weight)  # it begins at 0, and would answer nothing
    >>> clf = own(net, labels=["cat", "dog"], preparation=Preparation(32, "rgb", 127.5, 127.5))
    >>> maps = attention_rollout(clf, np.zeros((1, 40, 40, 3), np.uint8))
    >>> maps.shape, bool(0 < maps.sum() < 1)
    ((1, 4, 4), True)
    """
    check_kind(clf, Classifier, "A classifier, as facelib.classifiers.load returns it,")
    if clf.no_maps:
        msg = f"There are no maps of {clf.id}: {clf.no_maps}."
        raise UnavailableError(msg)
    prepared = clf.prepare(images, boxes)
    if clf.layout.kind != "tokens":
        msg = f"{clf.id} has no grid of tokens that attend to each other: take grad_cam."
        raise UnavailableError(msg)
    with torch.no_grad():
        tokens = clf.body(prepared[:1]).shape[1]
    parts = [
        _rolled(clf, prepared[start : start + clf.chunk], tokens)
        for start in range(0, len(prepared), clf.chunk)
    ]
    return np.concatenate(parts)


def _rolled(clf: Classifier, prepared: torch.Tensor, tokens: int) -> Maps:
    count = len(prepared)
    with torch.enable_grad(), _Watch() as watch:
        score = whole(clf.body, clf.head)(prepared.clone().requires_grad_()).square().sum()
    layers = _layers(clf, watch.seen, count, tokens)
    last = layers[-1]
    (gradient,) = torch.autograd.grad(score, last.became, allow_unused=True)
    read = torch.zeros(tokens) if gradient is None else last.by_token(gradient, count, tokens)
    if not read.any():
        msg = f"What {clf.id} answers doesn't depend on its last layer of attention: take grad_cam."
        raise UnavailableError(msg)
    row = (read / read.sum()).expand(count, 1, -1)
    for layer in reversed(layers):
        row = (row + row @ layer.heads(count, tokens)) / 2
    patches = row[:, 0, clf.layout.prefix :]
    side = math.isqrt(patches.shape[1])
    return np.asarray(patches.reshape(count, side, side), np.float32)


@dataclass(frozen=True)
class _Seen:
    """One layer of attention.

    Attributes
    ----------
    weights
        (…, T, T), rows add up to 1.
    became
        What was computed of them: (…, T, d), or (T, N, d).
    tokens_first
        Whether it is the latter.
    """

    weights: torch.Tensor
    became: torch.Tensor
    tokens_first: bool = False

    def heads(self, count: int, tokens: int) -> torch.Tensor:
        """Return the weights averaged over heads, (N, T, T)."""
        return self.weights.detach().reshape(count, -1, tokens, tokens).mean(1)

    def by_token(self, gradient: torch.Tensor, count: int, tokens: int) -> torch.Tensor:
        """Return 1 for each token with a gradient, else 0, (T,)."""
        laid = (
            gradient.transpose(0, 1)
            if self.tokens_first
            else gradient.reshape(count, -1, tokens, gradient.shape[-1])
        )
        return (laid != 0).any(-1).reshape(-1, tokens).any(0).float()


def _layers(clf: Classifier, seen: Iterable[_Seen], count: int, tokens: int) -> list[_Seen]:
    """Return the layers of attention, or raise `UnavailableError` if they don't share the tokens."""
    listed = list(seen)
    for one in listed:
        shape = tuple(one.weights.shape)
        if shape[-2:] != (tokens, tokens) or math.prod(shape) % (count * tokens * tokens):
            msg = (
                f"The layers of {clf.id} don't all attend to the same {tokens} tokens (one attends to "
                f"{shape[-1]} from {shape[-2]}), so there is no attention rollout: take grad_cam."
            )
            raise UnavailableError(msg)
    if not listed:
        msg = f"No attention was seen in {clf.id}: attention rollout is for vision transformers."
        raise UnavailableError(msg)
    return listed


class _Watch(TorchFunctionMode):
    """Notes attention wherever a network computes it in torch, and leaves what it computes as it is."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[_Seen] = []

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Run one step of torch; those that attend are noted."""
        given = kwargs or {}
        if func is F.multi_head_attention_forward:
            return self._many_heads(*args, **given)
        found = func(*args, **given)
        if func is F.scaled_dot_product_attention:
            self.seen.append(_Seen(_weights(*args, **given), found))
        elif func in _SOFTMAXES and isinstance(found, torch.Tensor) and found.ndim > 2:
            self.seen.append(_Seen(found, found))
        return found

    def _many_heads(self, *args: Any, **given: Any) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Run torch's own layer, which gives its weights where it is asked for them."""
        wanted, averaged = given.get("need_weights", True), given.get("average_attn_weights", True)
        asked = given | {"need_weights": True, "average_attn_weights": False}
        became, weights = F.multi_head_attention_forward(*args, **asked)
        assert weights is not None  # asked for
        self.seen.append(_Seen(weights, became, tokens_first=True))
        return became, (weights.mean(-3) if averaged else weights) if wanted else None


def _weights(query: torch.Tensor, key: torch.Tensor, *rest: Any, **given: Any) -> torch.Tensor:
    """Return softmax(q kᵀ · scale + mask), which scaled_dot_product_attention doesn't give."""
    asked = dict(zip(("value", "attn_mask", "dropout_p", "is_causal"), rest, strict=False)) | given
    if query.ndim > 3 and key.shape[-3] != query.shape[-3]:  # several heads share keys
        key = key.repeat_interleave(query.shape[-3] // key.shape[-3], -3)
    scale = asked.get("scale")
    scores = query @ key.transpose(-2, -1) * (1 / math.sqrt(query.shape[-1]) if scale is None else scale)
    mask = asked.get("attn_mask")
    if asked.get("is_causal"):
        mask = torch.ones(scores.shape[-2:], dtype=torch.bool).tril()
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf) if mask.dtype == torch.bool else scores + mask
    return scores.softmax(-1)
