"""Muscles, their channels and groups, and the declared map to face units."""

from __future__ import annotations

import numpy as np
import pytest

from facelib.errors import UnknownNameError
from facelib.head.expressions import FACE_UNITS, expand
from facelib.semg import CHANNELS, GROUPS, MUSCLES, REGIONS, muscle_table, unit_weights
from facelib.semg.muscles import MUSCLE_COLUMNS, POSITIONS, group_of, region_of, split, units_of


def test_the_scheme_has_eleven_muscles_on_two_sides() -> None:
    assert len(MUSCLES) == 11
    assert len(CHANNELS) == len(set(CHANNELS)) == 22
    assert sorted(POSITIONS) == sorted(CHANNELS)
    assert sorted(POSITIONS.values(), key=lambda name: int(name[1:])) == [f"F{n}" for n in range(1, 23)]


def test_odd_positions_are_the_persons_right() -> None:
    for channel, position in POSITIONS.items():
        assert split(channel)[1] == ("right" if int(position[1:]) % 2 else "left")


@pytest.mark.packages
def test_every_position_of_both_schemes_has_its_region_and_its_side() -> None:
    from facelib.head.electrodes import positions

    for name, (x, _) in positions().items():
        assert region_of(name) in REGIONS
        if name in POSITIONS.values():
            channel = next(channel for channel, at in POSITIONS.items() if at == name)
            assert (x > 0) == channel.endswith("_left")


@pytest.mark.packages
def test_regions_lie_as_they_are_named() -> None:
    from facelib.head.electrodes import positions

    def height(region: str) -> float:
        return float(np.mean([y for name, (_, y) in positions().items() if region_of(name) == region]))

    assert height("forehead") > height("brow") > height("eye") > height("midface")
    assert height("midface") > height("mouth") > height("chin") - 5


def test_groups_share_the_channels_out() -> None:
    assert sorted(channel for group in GROUPS.values() for channel in group.channels) == sorted(CHANNELS)
    for channel in CHANNELS:
        assert channel in group_of(channel).channels


def test_the_weights_are_what_the_muscles_declare() -> None:
    weights = unit_weights()
    slow = np.zeros_like(weights)
    for i, unit in enumerate(FACE_UNITS):
        for j, channel in enumerate(CHANNELS):
            muscle, side = split(channel)
            for stem, share in MUSCLES[muscle].units.items():
                if unit == f"{stem}{side.capitalize()}":
                    slow[i, j] = share
                elif unit == stem:
                    slow[i, j] = share / 2
    np.testing.assert_array_equal(weights, slow)
    assert set(weights.sum(axis=1)) == {0.0, 1.0}


def test_only_groups_that_move_something_are_identifiable() -> None:
    columns = {channel: unit_weights()[:, CHANNELS.index(channel)] for channel in CHANNELS}
    for group in GROUPS.values():
        first = columns[group.channels[0]]
        assert group.identifiable == bool(first.any())
        for channel in group.channels:
            np.testing.assert_array_equal(columns[channel] > 0, first > 0)
    assert not GROUPS["masseter"].identifiable
    assert GROUPS["masseter"].why.startswith("No face unit")
    # the map of the groups has full rank: their activity can be told from the units
    grouped = np.stack(
        [
            sum(columns[channel] for channel in group.channels)
            for group in GROUPS.values()
            if group.identifiable
        ]
    )
    assert np.linalg.matrix_rank(grouped) == len(grouped) == len(GROUPS) - 1


def test_units_are_those_of_heads() -> None:
    for muscle in MUSCLES:
        for side in ("left", "right"):
            assert set(units_of(muscle, side)) <= set(expand(units_of(muscle, side)))


def test_the_table_tells_all() -> None:
    table = muscle_table()
    assert list(table.columns) == list(MUSCLE_COLUMNS)
    assert table["muscle"].tolist() == list(MUSCLES)
    assert table.set_index("muscle").loc["masseter", "identifiable"] == False  # noqa: E712
    assert not table["does"].eq("").any()


@pytest.mark.parametrize("name", ["zygomaticus", "left", "zygomaticus_middle", "risorius_left", ""])
def test_a_channel_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(UnknownNameError, match="There is no channel"):
        split(name)


def test_a_position_that_is_none_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="no electrode position 'F23'"):
        region_of("F23")
