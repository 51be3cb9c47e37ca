"""From muscles to a rendered film, to what networks read in it, and back to muscles."""

from __future__ import annotations

import numpy as np
import pytest

from facelib.semg import (
    CHANNELS,
    Expression2EMG,
    SimulatedClip,
    electrode_free_emg,
    pair_of,
    simulate_clip,
    units_of_frames,
)
from facelib.semg.pairs import Pair

pytestmark = pytest.mark.packages


def read(clip: SimulatedClip, size: int) -> Pair:
    return pair_of(clip, units_of_frames(clip.frames(size=size, electrodes=False)))


@pytest.mark.thorough
def test_a_smile_on_one_side_comes_back_on_that_side(single_threaded: None) -> None:
    """In small: fitted to one clip of each side, told of a third."""
    known = [read(simulate_clip(f"Smile-{side}", 1.1, seed=1), 96) for side in ("Left", "Right")]
    model = Expression2EMG.fit(known, scale="logit", context=(-4, 0, 4))
    clip = simulate_clip("Smile-Left", 1.1, seed=2)
    film = units_of_frames(clip.frames(size=96, electrodes=False))
    told = electrode_free_emg(film, model)
    left, right = (told.signals[:, CHANNELS.index(f"zygomaticus_{side}")] for side in ("left", "right"))
    true = clip.envelope.signals[:, CHANNELS.index("zygomaticus_left")]
    assert np.corrcoef(left, true)[0, 1] > 0.8
    assert left.mean() > 1.5 * right.mean()
