"""The small network that segments electrodes on a face and fills in the skin below.

Fully convolutional, in the manner of a U-Net (Ronneberger et al. 2015, arXiv 1505.04597): four grids, each
half as fine as the one before, joined on the way back. It starts from blocks of 2 × 2 pixels and ends in
them, so that its finest grid has a quarter of the pixels.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - torch's own habit

WIDTHS: Final = (32, 48, 64, 96)  # channels, from the finest grid to the coarsest
STEP: Final = 16  # px; sides of its pictures are multiples


class RestorationNetwork(nn.Module):
    """Pictures in [0, 1], (n, 3, h, w), to logits of the mask (n, 1, h, w) and a fill-in (n, 3, h, w).

    Parameters
    ----------
    normalised
        Whether batch normalisations stand behind the convolutions, for training; `folded` takes them in.

    Examples
    --------
    >>> mask, fill = RestorationNetwork()(torch.zeros(2, 3, 32, 48))
    >>> mask.shape, fill.shape
    (torch.Size([2, 1, 32, 48]), torch.Size([2, 3, 32, 48]))
    """

    def __init__(self, *, normalised: bool = False) -> None:
        super().__init__()
        first, second, third, last = WIDTHS
        self.down = nn.ModuleList(
            [
                _pair(12, first, normalised=normalised),
                _pair(first, second, normalised=normalised),
                _pair(second, third, normalised=normalised),
                _pair(third, last, normalised=normalised),
            ]
        )
        self.up = nn.ModuleList(
            [
                _pair(last + third, third, normalised=normalised),
                _pair(third + second, second, normalised=normalised),
                _pair(second + first, first, normalised=normalised),
            ]
        )
        self.out = nn.Conv2d(first, 16, 3, padding=1)

    def forward(self, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the logits of the mask, and the fill-in, which may leave [0, 1] a little."""
        x = F.pixel_unshuffle(pictures - 0.5, 2)
        kept = []
        for place, pair in enumerate(self.down):
            x = pair(F.max_pool2d(x, 2) if place else x)
            kept.append(x)
        kept.pop()
        for pair in self.up:
            finer = kept.pop()
            x = pair(torch.cat([F.interpolate(x, scale_factor=2.0, mode="nearest"), finer], 1))
        planes = F.pixel_shuffle(self.out(x), 2)
        return planes[:, :1], planes[:, 1:] + 0.5

    def folded(self) -> RestorationNetwork:
        """Return the same function without batch normalisation, for use; the network itself stays."""
        plain = RestorationNetwork()
        mine, its = (
            [one for one in network.modules() if isinstance(one, nn.Conv2d)] for network in (self, plain)
        )
        norms = {
            block[0]: block[1]
            for block in self.modules()
            if isinstance(block, nn.Sequential) and isinstance(block[1], nn.BatchNorm2d)
        }
        with torch.no_grad():
            for old, new in zip(mine, its, strict=True):
                weight, bias = old.weight.double(), None if old.bias is None else old.bias.double()
                if old in norms:
                    weight, bias = _taken_in(weight, norms[old])
                assert bias is not None
                assert new.bias is not None
                new.weight.copy_(weight.float())
                new.bias.copy_(bias.float())
        return plain.eval()


def _pair(into: int, out: int, *, normalised: bool) -> nn.Sequential:
    return nn.Sequential(_block(into, out, normalised=normalised), _block(out, out, normalised=normalised))


def _block(into: int, out: int, *, normalised: bool) -> nn.Sequential:
    convolution = nn.Conv2d(into, out, 3, padding=1, bias=not normalised)
    if normalised:
        return nn.Sequential(convolution, nn.BatchNorm2d(out), nn.ReLU(inplace=True))
    return nn.Sequential(convolution, nn.ReLU(inplace=True))


def _taken_in(weight: torch.Tensor, norm: nn.BatchNorm2d) -> tuple[torch.Tensor, torch.Tensor]:
    """Return weight and bias (float64) of a convolution that does what it and the normalisation do."""
    assert norm.running_mean is not None
    assert norm.running_var is not None
    factor = norm.weight.double() / (norm.running_var.double() + norm.eps).sqrt()
    return weight * factor[:, None, None, None], norm.bias.double() - norm.running_mean.double() * factor
