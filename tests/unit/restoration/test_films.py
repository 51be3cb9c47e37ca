"""Films: each frame as a picture of its own, and nothing changed where nothing is worn or nobody is seen."""

from __future__ import annotations

import numpy as np
import pytest

from facelib.errors import BadImageError, UnknownNameError
from facelib.faces import Head
from facelib.restoration import restored_frames

pytestmark = [pytest.mark.packages, pytest.mark.usefixtures("single_threaded")]

SIZE = 224
SMILES = (0.0, 0.4, 0.8)


def film(electrodes: str | None) -> list[np.ndarray]:
    heads = [
        Head(expression={"mouthSmileLeft": smile}, seed=3, electrodes=electrodes, light="frontal")
        for smile in SMILES
    ]
    return [head.render(SIZE).image for head in heads]


@pytest.mark.thorough
def test_electrodes_are_taken_off_every_frame() -> None:
    bare, worn = film(None), film("fridlund")
    restored = list(restored_frames(worn))
    assert len(restored) == len(SMILES)
    for before, covered, after in zip(bare, worn, restored, strict=True):
        lost, left = (np.abs(picture.astype(int) - before).max(axis=2) > 24 for picture in (covered, after))
        assert left.sum() < 0.35 * lost.sum()
        assert (after == covered).all(axis=2).mean() > 0.8  # what isn't covered stays bit for bit


@pytest.mark.thorough
def test_frames_without_electrodes_or_faces_stay_as_they_are() -> None:
    empty = np.full((SIZE, SIZE, 3), 90, np.uint8)
    given = [*film(None), empty]
    for before, after in zip(given, restored_frames(iter(given)), strict=True):
        assert np.array_equal(before, after)


@pytest.mark.thorough
def test_other_methods_fill_in_and_unknown_ones_are_named() -> None:
    worn = film("kuramoto")[:1]
    (network,), (classical,) = restored_frames(worn), restored_frames(worn, "telea")
    assert not np.array_equal(network, classical)
    with pytest.raises(UnknownNameError, match="telea"):
        list(restored_frames(worn, "none of these"))


def test_other_frames_are_refused() -> None:
    with pytest.raises(BadImageError, match="uint8"):
        list(restored_frames([np.zeros((8, 8, 3))]))
