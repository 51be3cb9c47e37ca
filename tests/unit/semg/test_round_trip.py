"""From muscles to a rendered film, to what networks read in it, and back to muscles."""

from __future__ import annotations

import numpy as np
import pytest

from facelib.semg import (
    CHANNELS,
    Expression2EMG,
    SimulatedClip,
    electrode_free_emg,
    evaluate,
    normalised_pairs,
    pair_of,
    simulate_clip,
    units_of_frames,
)
from facelib.semg.pairs import Pair

TASKS = (
    *(f"Free-{number}" for number in range(1, 7)), "happy", "sad", "angry", "Forehead", "Depress-Lip",
    "Lip-Pucker",
)  # fmt: skip

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


@pytest.mark.thorough
def test_half_of_the_groups_are_told_well_from_rendered_films(single_threaded: None) -> None:
    clips = [simulate_clip(task, 5.0, session=session, seed=60) for session in ("1S", "2S") for task in TASKS]
    pairs = normalised_pairs([read(clip, 192) for clip in clips])
    table = evaluate(Expression2EMG, pairs, by="session", scale="logit")
    groups = table[table["level"] == "group"].set_index("name")["rho"]
    assert groups.median() >= 0.7, groups.to_dict()
    assert groups.min() > 0.1, groups.to_dict()
