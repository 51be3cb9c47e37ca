"""From envelopes to activity 0 … 1: sides share a scale, quiet muscles stay quiet, gaps stay gaps."""

from __future__ import annotations

import numpy as np
import pytest

from facelib.errors import BadValueError
from facelib.semg import CHANNELS, GROUPS, MUSCLES, Recording
from facelib.semg.activity import (
    LEAST,
    SUMMARY_COLUMNS,
    activity_of,
    activity_range,
    at_rate,
    muscle_groups,
    summary,
)

LEFT, RIGHT = CHANNELS.index("zygomaticus_left"), CHANNELS.index("zygomaticus_right")
BROW = CHANNELS.index("corrugator_supercilii_left")


@pytest.fixture
def smile() -> Recording:
    """Ten seconds: a smile whose right side is a fifth of the left one, all else at rest with noise."""
    times = np.arange(300) / 30
    pulse = np.clip(np.sin(2 * np.pi * times / 5), 0, 1)
    signals = np.full((300, 22), 4.0) + 0.5 * np.random.default_rng(0).random((300, 22))
    signals[:, LEFT] = 5 + 100 * pulse
    signals[:, RIGHT] = 3 + 20 * pulse
    return Recording(signals, 30, CHANNELS, "envelope")


def test_both_sides_share_a_scale_so_that_a_weak_side_stays_weak(smile: Recording) -> None:
    active = activity_of(smile)
    assert active[:, LEFT].max() == pytest.approx(1.0)
    assert active[:, RIGHT].max() == pytest.approx(0.2, abs=0.01)
    assert active.min() >= 0
    assert active.max() <= 1


def test_a_muscle_at_rest_is_not_blown_up(smile: Recording) -> None:
    # Its noise spans 0.5 µV; the most active muscle moves by 100 µV.
    assert activity_of(smile)[:, BROW].max() < 1.5 * 0.5 / (LEAST * 100)


def test_a_session_shares_its_scale(smile: Recording) -> None:
    half = smile.replace(signals=smile.signals / 2)
    shared = activity_range([smile, half])
    assert activity_of(half)[:, LEFT].max() == pytest.approx(1.0)
    assert activity_of(half, shared)[:, LEFT].max() == pytest.approx(0.5, abs=0.03)


def test_of_a_session_the_recording_counts_in_which_a_muscle_is_strongest(smile: Recording) -> None:
    rest = smile.replace(signals=np.full((3000, 22), 4.0))  # ten times as long: percentiles of all would drop
    other = smile.signals.copy()
    other[:, BROW] = 4 + 60 * np.linspace(0, 1, 300)
    frown = smile.replace(signals=other)
    shared = activity_range([rest, smile, frown])
    assert activity_of(smile, shared)[:, LEFT].max() == pytest.approx(1.0)
    assert shared.full[BROW] == pytest.approx(60 * 0.98, rel=0.02)
    assert activity_range(smile).full[BROW] == pytest.approx(LEAST * activity_range(smile).full[LEFT])


def test_what_was_normalised_is_taken_as_it_is() -> None:
    given = Recording(np.array([[0.25], [1.5], [-0.5]]), 30, ("Zygomaticus_l",), "envelope", unit="")
    active = activity_of(given)
    assert active[:, LEFT].tolist() == [0.25, 1.0, 0.0]
    assert np.isnan(np.delete(active, LEFT, axis=1)).all()


def test_channels_are_found_by_name_and_missing_ones_stay_missing(smile: Recording) -> None:
    some = smile.pick(["zygomaticus_right", "zygomaticus_left"])
    active = activity_of(some)
    np.testing.assert_allclose(active[:, [LEFT, RIGHT]], activity_of(smile)[:, [LEFT, RIGHT]])
    assert np.isnan(active[:, BROW]).all()


def test_what_is_wrong_is_said(smile: Recording) -> None:
    with pytest.raises(BadValueError, match="this recording is bipolar"):
        activity_of(smile.replace(kind="bipolar"))
    with pytest.raises(BadValueError, match="Nothing moves"):
        activity_of(smile.replace(signals=np.full((300, 22), 5.0)))
    with pytest.raises(BadValueError, match="Nothing moves"):
        activity_of(smile.replace(signals=np.full((300, 22), np.nan)))
    with pytest.raises(BadValueError, match="got none"):
        activity_range([])


def test_other_rates_keep_times_and_gaps() -> None:
    times = np.arange(91) / 30
    values = np.column_stack([np.sin(times), times])
    values[30:61, 1] = np.nan
    found, moved = at_rate(values, 30, 10)
    np.testing.assert_allclose(found, np.arange(31) / 10)
    np.testing.assert_allclose(moved[:, 0], np.sin(found), atol=1e-9)
    assert np.isnan(moved[10:21, 1]).all()
    np.testing.assert_allclose(moved[:10, 1], found[:10])


def test_the_summary_says_what_each_side_did_and_what_a_face_can_tell(smile: Recording) -> None:
    table = summary(activity_of(smile), smile.times)
    assert list(table) == list(SUMMARY_COLUMNS)
    rows = table.set_index("group")
    one = rows.loc["zygomaticus"]
    assert one["ratio"] == pytest.approx(5, rel=0.02)
    assert one["at_left"] == pytest.approx(1.25, abs=0.2)
    assert (one["identifiable"], one["sides_apart"]) == (True, True)
    assert np.isnan(rows.loc["mentalis", "ratio"])  # it rests
    assert (rows.loc["mentalis", "identifiable"], rows.loc["mentalis", "sides_apart"]) == (True, False)
    assert not rows.loc["masseter", "identifiable"]
    assert "No face unit" in rows.loc["masseter", "note"]
    assert rows.loc["brow_depressors", "muscles"] == "corrugator_supercilii, depressor_supercilii"


@pytest.mark.parametrize(("still", "ratio"), [(RIGHT, np.inf), (LEFT, 0.0)])
def test_a_side_that_never_moves_is_not_said_to_rest_with_the_other(
    smile: Recording, still: int, ratio: float
) -> None:
    signals = smile.signals.copy()
    signals[:, still] = 5.0
    active = activity_of(smile.replace(signals=signals))
    assert summary(active, smile.times).set_index("group").loc["zygomaticus", "ratio"] == ratio


def test_groups_cover_every_muscle_once() -> None:
    found = muscle_groups()
    muscles = [muscle for group in found.values() for muscle in group]
    assert sorted(muscles) == sorted(MUSCLES)
    assert set(found) == {name.removesuffix("_left").removesuffix("_right") for name in GROUPS}


def test_a_side_that_was_not_recorded_has_no_numbers(smile: Recording) -> None:
    some = smile.pick(["zygomaticus_left"])
    row = summary(activity_of(some), some.times).set_index("group").loc["zygomaticus"]
    assert row["peak_left"] == pytest.approx(1.0)
    assert np.isnan([row["peak_right"], row["at_right"], row["mean_right"], row["ratio"]]).all()
