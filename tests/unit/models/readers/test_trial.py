"""A network that would make or need too much is stopped before it does."""

from __future__ import annotations

import time

import pytest
import torch
from torch import nn

from facelib.errors import BadModelError
from facelib.models.readers import trial


class Times(nn.Module):
    """Multiplies a matrix by itself, again and again, and returns one row per picture."""

    def __init__(self, side: int, times: int) -> None:
        super().__init__()
        self.side, self.times = side, times

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        matrix = x.mean().expand(self.side, self.side)
        for _ in range(self.times):
            matrix = matrix @ matrix / self.side
        return matrix[0, 0].expand(len(x), 3)


def test_work_is_added_up_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    each = 2 * 64**3
    monkeypatch.setattr(trial, "MOST_WORK", 11 * each)
    trial.try_out(Times(64, 9), (1, 4, 4), "net.h5")
    with pytest.raises(BadModelError, match=r"net\.h5 .* multiplications and additions"):
        trial.try_out(Times(64, 12), (1, 4, 4), "net.h5")


def test_work_is_counted_before_it_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "MOST_WORK", 10**11)
    matrix = torch.zeros(1).expand(5000, 5000)
    start = time.thread_time()
    with pytest.raises(BadModelError, match="multiplications"), trial.Bounded():
        matrix @ matrix  # 2.5e11
    assert time.thread_time() - start < 0.5


def test_large_tensors_are_not_made() -> None:
    with pytest.raises(BadModelError, match=r"a tensor of 1\.0e\+12 numbers"), trial.Bounded():
        torch.zeros(10**6, 10**6)
