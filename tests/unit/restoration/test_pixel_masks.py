"""Masks: what is sure, whole and large enough; and where electrodes of known positions lie."""

from __future__ import annotations

import numpy as np
import pytest

from facelib import interventions
from facelib.errors import BadValueError
from facelib.faces import Face, Head, sample_photograph
from facelib.restoration.pieces import parts_of
from facelib.restoration.pixel_masks import (
    HIGH,
    INNER,
    LEAST,
    LIKELY,
    LOW,
    SURE,
    known_mask,
    settled,
    worn_by,
)


def slow_settled(p: np.ndarray) -> np.ndarray:
    """Flood each piece by hand."""
    found, pieces = np.zeros_like(p), []
    todo = {(int(row), int(column)) for row, column in np.argwhere(p > LOW)}
    while todo:
        piece, edge = set(), [todo.pop()]
        while edge:
            row, column = edge.pop()
            piece.add((row, column))
            around = {(row + i, column + j) for i in (-1, 0, 1) for j in (-1, 0, 1)} & todo
            todo -= around
            edge += list(around)
        if sum(p[place] for place in piece) >= LEAST:
            pieces.append(piece)
    far = [INNER * length / 2 for length in p.shape]
    middle = [(length - 1) / 2 for length in p.shape]
    if not any(
        p[place] >= SURE and all(abs(place[k] - middle[k]) <= far[k] for k in (0, 1))
        for piece in pieces
        for place in piece
    ):
        return found
    for piece in pieces:
        for place in piece if max(p[place] for place in piece) >= LIKELY else ():
            found[place] = min((p[place] - LOW) / (HIGH - LOW), 1)
    return found


def test_pieces_stay_as_a_slow_twin_says() -> None:
    rng = np.random.default_rng(1)
    for _ in range(5):
        p = np.clip(rng.normal(0, 0.5, (40, 40)), 0, 1).astype(np.float32)
        p = np.minimum(p, 0.5) * (rng.random((40, 40)) < 0.4)
        p[30:32, 30:33] = 0.99  # too small on its own
        p[2:10, 25:39] = 0.7  # never sure
        assert not settled(p).any()
        p[10:18, 5:20] = 0.98
        np.testing.assert_allclose(settled(p), slow_settled(p), atol=1e-6)
        assert settled(p)[5, 30] == 1


def test_no_doubt_is_a_mask() -> None:
    assert not settled(np.full((50, 50), np.float32(SURE - 0.01))).any()
    assert settled(np.full((50, 50), np.float32(SURE))).all()


def test_what_is_only_sure_beside_the_face_is_no_electrode() -> None:
    p = np.zeros((100, 100), np.float32)
    p[60:99, 1:8] = 0.99  # hair, or leads
    assert not settled(p).any()
    p[40:46, 40:46] = SURE
    assert settled(p)[70, 4] == settled(p)[43, 43] == 1


def test_parts_have_a_core_each_and_share_their_edges() -> None:
    mask = np.zeros((20, 40), np.float32)
    mask[5:15, 2:38] = 0.3
    mask[8:12, 5:9] = mask[8:12, 25:30] = 1.0
    found = parts_of(mask)
    assert np.array_equal(found > 0, mask > 0)
    cores = np.array([found[9, 6], found[9, 27]])
    assert set(cores.tolist()) == {1, 2}
    rows, columns = np.nonzero(mask == np.float32(0.3))
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        gaps = [
            min(np.hypot(row - r, column - c) for r, c in np.argwhere((found == core) & (mask == 1)))
            for core in cores
        ]
        if abs(gaps[0] - gaps[1]) > 1:
            assert found[row, column] == cores[int(np.argmin(gaps))]
    assert np.array_equal(parts_of(np.minimum(mask, np.float32(0.5))), (mask > 0).astype(int))
    assert not parts_of(np.zeros((4, 4), np.float32)).any()


@pytest.mark.thorough
@pytest.mark.packages
@pytest.mark.parametrize("fields", [{}, {"electrode_size": 1.5}, {"tape": 1.0}], ids=str)
@pytest.mark.parametrize("scheme", ["fridlund", "kuramoto"])
def test_a_known_mask_covers_what_is_drawn_on_a_photograph_and_little_else(fields: dict, scheme: str) -> None:
    face = sample_photograph()
    drawn = interventions.get("electrodes", scheme=scheme).apply(
        face.replace(attributes={**face.attributes, **fields}), 1.0
    )
    strong = np.abs(drawn.image.astype(int) - face.image).max(axis=2) > 25
    mask = known_mask(drawn)
    assert (mask[strong] > 0.5).mean() > 0.97
    touched = (drawn.image != face.image).any(axis=2)
    assert (mask > 0.5).sum() < 1.5 * touched.sum()  # strips of tape under hair aren't drawn


@pytest.mark.packages
def test_a_known_mask_covers_what_a_head_wears() -> None:
    head = Head(seed=4, skin_tone=0.6)
    bare, worn = head.render(), head.replace(electrodes="fridlund").render()
    strong = np.abs(worn.image.astype(int) - bare.image).max(axis=2) > 25
    assert (known_mask(worn)[strong] > 0.5).mean() > 0.9
    assert not known_mask(bare).any()


def test_what_isn_t_known_is_said() -> None:
    face = Face(np.zeros((40, 40, 3), np.uint8), np.array([5.0, 5, 35, 35]), np.zeros((2, 2)))
    with pytest.raises(BadValueError, match="landmarks"):
        known_mask(face)
    for said in (3, 3.0, True):
        with pytest.raises(BadValueError, match=r"mask='found'"):
            worn_by(face.replace(attributes={"electrodes": said}))
    assert worn_by(face) == ()
    assert worn_by(face.replace(attributes={"electrodes": ("F1",)})) == ("F1",)
    assert len(worn_by(face.replace(attributes={"electrodes": "fridlund"}))) == 22
