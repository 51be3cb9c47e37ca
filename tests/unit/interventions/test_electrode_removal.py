"""Electrodes taken off digitally: piece by piece, nowhere else, and told by what is still seen."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from facelib import interventions, properties
from facelib.errors import BadValueError, UnknownNameError
from facelib.faces import Face, Head, sample_photograph
from facelib.restoration import restore

HEAD = Head(age=50, skin_tone=0.55, seed=8, electrodes="fridlund", expression="happy")
pytestmark = pytest.mark.packages


@cache
def worn() -> Face:
    return HEAD.render(160)


@cache
def bare() -> Face:
    return HEAD.replace(electrodes=None).render(160)


def apart(one: Face, other: Face) -> float:
    return float(np.abs(one.image.astype(float) - other.image).mean())


@pytest.mark.thorough
def test_the_end_is_what_the_restoration_gives() -> None:
    for method in ("network", "telea"):
        change = interventions.get("electrode_removal", method=method)
        assert np.array_equal(change.apply(worn(), 1.0).image, restore(worn(), method).image)
        assert change.apply(worn(), 0.0) is worn()


@pytest.mark.thorough
def test_a_head_is_rendered_and_comes_nearer_to_its_bare_self_with_every_step() -> None:
    change = interventions.get("electrode_removal")
    faces = [change.apply(HEAD, strength, size=160) for strength in np.linspace(0, 1, 6)]
    assert np.array_equal(faces[0].image, worn().image)
    gaps = [apart(face, bare()) for face in faces]
    assert (np.diff(gaps) < 0).all()
    assert gaps[-1] < 0.25 * gaps[0]


def test_pieces_go_from_the_forehead_down_and_the_rest_stays_bit_for_bit() -> None:
    change = interventions.get("electrode_removal")
    mask = restore(worn()).mask
    before = np.zeros(worn().size, bool)
    for strength in (0.2, 0.5, 0.8, 1.0):
        face = change.apply(worn(), strength)
        changed = (face.image != worn().image).any(axis=2)
        assert not changed[mask == 0].any()
        assert changed[before].sum() >= 0.97 * before.sum()  # what was gone stays so
        before = changed
        rows = np.flatnonzero(changed.any(axis=1))
        assert rows[0] <= np.flatnonzero((mask > 0.5).any(axis=1))[0] + 4
    half = change.apply(worn(), 0.4)
    lowest = np.flatnonzero((half.image != worn().image).any(axis=(1, 2)))[-1]
    assert lowest < np.flatnonzero((mask > 0).any(axis=1))[-1] - 20


def test_what_is_seen_is_told() -> None:
    change = interventions.get("electrode_removal")
    faces = [change.apply(worn(), strength) for strength in np.linspace(0, 1, 5)]
    counts = properties.measure(faces, "electrodes")["electrodes"].to_numpy()
    assert counts[0] == len(worn().attributes["visible_electrodes"]) > 15
    assert (np.diff(counts) < 0).all()
    assert counts[-1] <= 1
    assert faces[-1].attributes["electrodes"] == "fridlund"
    assert faces[-1].attributes["electrodes_removed_by"] == "network"
    assert faces[-1].source == "edited"
    for name in ("landmarks", "eyes", "box"):
        assert np.array_equal(getattr(faces[-1], name), getattr(worn(), name))


@pytest.mark.parametrize("said", [None, 22])
def test_of_a_picture_of_which_less_is_known_nothing_is_claimed(said: Any) -> None:
    known = {} if said is None else {"electrodes": said}
    blind = Face(worn().image, worn().box, worn().eyes, attributes=known)
    found = interventions.get("electrode_removal").apply(blind, 1.0)
    assert np.array_equal(found.image, restore(worn()).image)
    assert set(found.attributes) == {"electrodes_removed_by"}
    assert np.isnan(properties.measure([found], "electrodes")["electrodes"][0])


@pytest.mark.thorough
def test_a_face_without_electrodes_stays_as_it_is_and_is_not_in_the_menu() -> None:
    change = interventions.get("electrode_removal")
    assert change.apply(bare(), 1.0) is bare()
    for face in (bare(), HEAD.replace(electrodes=None)):
        assert "electrode_removal" not in set(interventions.available(face)["id"])
        assert "this face wears none" in change.why_not(face)
    for face in (worn(), HEAD, sample_photograph()):
        assert change.accepts(face)


@pytest.mark.thorough
def test_the_photograph_stays_and_loses_what_is_drawn_on_it() -> None:
    face = sample_photograph()
    change = interventions.get("electrode_removal")
    assert change.apply(face, 1.0).image is face.image
    drawn = interventions.get("electrodes").apply(face, 1.0)
    off = change.apply(drawn, 1.0)
    covered = np.abs(drawn.image.astype(int) - face.image).max(axis=2) > 5
    gaps = [np.abs(one.image.astype(float) - face.image)[covered].mean() for one in (off, drawn)]
    assert gaps[0] < 0.6 * gaps[1]
    assert len(off.attributes["visible_electrodes"]) < 5 < len(drawn.attributes["visible_electrodes"])


def test_a_known_mask_needs_no_network() -> None:
    found = interventions.get("electrode_removal", method="navier_stokes", mask="known").apply(worn(), 1.0)
    assert apart(found, bare()) < 0.5 * apart(worn(), bare())


def test_options_are_checked() -> None:
    with pytest.raises(UnknownNameError, match="telea"):
        interventions.get("electrode_removal", method="telae")
    with pytest.raises(BadValueError, match="found, known"):
        interventions.get("electrode_removal", mask="guessed")
    with pytest.raises(BadValueError, match="between 0"):
        interventions.get("electrode_removal").apply(worn(), 1.2)
