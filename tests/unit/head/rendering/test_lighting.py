"""Soft shadows against a slow, obvious twin."""

from __future__ import annotations

import math

import numpy as np
import pytest

from facelib.head.rendering.lighting import lit_share

SIZE, OWN = 24, 10.0


def twin(shadow: np.ndarray, u: float, v: float) -> float:
    """Return the mean of 5 × 5 bilinear taps."""
    lit = (shadow <= OWN).astype(float)
    total = 0.0
    for dv in range(-2, 3):
        for du in range(-2, 3):
            column, row = math.floor(u) + du, math.floor(v) + dv
            fa, fb = u - math.floor(u), v - math.floor(v)
            top = (1 - fa) * lit[row, column] + fa * lit[row, column + 1]
            low = (1 - fa) * lit[row + 1, column] + fa * lit[row + 1, column + 1]
            total += top * (1 - fb) + low * fb
    return total / 25


def test_it_is_the_mean_of_its_taps(rng: np.random.Generator) -> None:
    shadow = rng.choice([9.0, 11.0], (SIZE, SIZE)).astype(np.float32)
    for u, v in rng.uniform(2, SIZE - 4, (200, 2)):
        assert lit_share(shadow, u, v, OWN) == pytest.approx(twin(shadow, u, v), abs=1e-12)


def test_outside_the_map_all_is_lit(rng: np.random.Generator) -> None:
    shadow = np.full((SIZE, SIZE), 11, np.float32)
    for u, v in ((-3.0, 9.0), (9.0, 1.9), (SIZE + 2.0, 9.0), (9.0, SIZE - 3.9)):
        assert lit_share(shadow, u, v, OWN) == 1
    assert lit_share(shadow, 9.0, 9.0, OWN) == 0


def test_a_line_as_thin_as_a_texel_casts_an_even_shadow(rng: np.random.Generator) -> None:
    """Spectacle frames do."""
    shadow = np.zeros((SIZE, SIZE), np.float32)
    shadow[:, 12] = 11
    for shift in np.linspace(-2, 2, 41):
        assert lit_share(shadow, 12 + shift, rng.uniform(4, 18), OWN) == pytest.approx(0.8)
    for slant in (0.2, 0.5, 1.0):
        rows = np.arange(SIZE)
        slanted = np.zeros((SIZE, SIZE), np.float32)
        slanted[rows, np.round(12 + slant * (rows - 12)).astype(int).clip(0, SIZE - 1)] = 11
        along = [lit_share(slanted, 12 + slant * t, 12 + t, OWN) for t in np.linspace(-3, 3, 61)]
        assert np.ptp(along) < 0.05
