"""A network small enough to be trained in a quarter of a minute: those of known bias."""

from __future__ import annotations

import itertools

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from facelib.classifiers.networks.network import Network

_CHANNELS = (3, 16, 24, 32, 48)
_STRIDES = (2, 2, 1, 2)


class SmallConvolutions(Network):
    """RGB pictures (N, 3, 64, 64) in [−1, 1] to 7 logits; feature map (N, 48, 8, 8) after its ReLU.

    Parameters
    ----------
    normalised
        With batch normalisation and dropout, to be trained; without, `folded`, to be used.
    """

    def __init__(self, *, normalised: bool = False) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for channels, out, stride in zip(_CHANNELS[:-1], _CHANNELS[1:], _STRIDES, strict=True):
            layers.append(nn.Conv2d(channels, out, 3, stride, padding=1, bias=not normalised))
            layers += [nn.BatchNorm2d(out)] * normalised
            layers.append(nn.ReLU(inplace=True))
        self.body = nn.Sequential(*layers)
        self.head = nn.Sequential(
            nn.Flatten(), *[nn.Dropout(0.3)] * normalised, nn.Linear(_CHANNELS[-1] * 8 * 8, 7)
        )

    def folded(self) -> SmallConvolutions:
        """Return what was trained, its normalisation folded into the convolutions."""
        layers, plain = [*self.eval().body.children()], SmallConvolutions()
        folds = [
            fuse_conv_bn_eval(layer, norm)
            for layer, norm in itertools.pairwise(layers)
            if isinstance(layer, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d)
        ]
        convolutions = [layer for layer in plain.body.children() if isinstance(layer, nn.Conv2d)]
        dense, target = ([*network.head.children()][-1] for network in (self, plain))
        sources: list[nn.Module] = [*folds, dense]
        targets: list[nn.Module] = [*convolutions, target]
        for source, target in zip(sources, targets, strict=True):
            target.load_state_dict(source.state_dict())
        return plain.eval()
