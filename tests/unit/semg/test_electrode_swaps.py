"""Exchanged electrodes are found where the face tells them apart, and only there."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from facelib.errors import BadTableError, BadValueError
from facelib.head.expressions import FACE_UNITS
from facelib.semg import CHANNELS, Recording, unit_weights
from facelib.semg.electrode_swaps import (
    AS_LABELLED,
    CANNOT_TELL,
    SWAP_COLUMNS,
    SWAPPED,
    swap_findings,
    swapped,
)

N = 900


def bump(at: int, length: int = 90) -> np.ndarray:
    movement = np.zeros(N)
    movement[at : at + length] = np.hanning(length)
    return movement


def person(seed: int = 0, *, symmetric: bool = False, lag: int = 4) -> tuple[Recording, pd.DataFrame]:
    """Move muscles one after the other, some of them on one side; the signal is `lag` rows late."""
    rng = np.random.default_rng(seed)
    activity = np.zeros((N, len(CHANNELS)))
    plan = {"zygomaticus": (50, 250), "frontalis_lateral": (350, 500), "orbicularis_oculi": (600, 700)}
    for name, (left, right) in plan.items():
        activity[:, CHANNELS.index(f"{name}_left")] += bump(left) + (bump(right) if symmetric else 0)
        activity[:, CHANNELS.index(f"{name}_right")] += bump(right) + (bump(left) if symmetric else 0)
    for side in ("left", "right"):
        activity[:, CHANNELS.index(f"mentalis_{side}")] += bump(780)
    units = pd.DataFrame(activity @ unit_weights().T, columns=list(FACE_UNITS))
    units += rng.normal(0, 0.01, units.shape)
    gains = rng.uniform(50, 200, len(CHANNELS))
    signals = np.roll(activity, lag, axis=0) * gains + np.abs(rng.normal(3, 0.5, activity.shape))
    return Recording(signals, 30, CHANNELS, "envelope"), units


def exchanged(recording: Recording, *pairs: tuple[str, str]) -> Recording:
    names = list(recording.channels)
    for a, b in pairs:
        i, j = names.index(a), names.index(b)
        names[i], names[j] = b, a
    return recording.replace(channels=tuple(names))


def sides(table: pd.DataFrame) -> dict[str, str]:
    rows = table[table["what"] == "sides"]
    return {
        channel.removesuffix("_left"): verdict
        for channel, verdict in zip(rows["channel"], rows["verdict"], strict=True)
    }


MOVED = {"zygomaticus", "frontalis_lateral", "orbicularis_oculi"}


@pytest.mark.one_case
@pytest.mark.parametrize("lag", [0, 4, -9, 15])
def test_sound_recordings_are_as_labelled(lag: int) -> None:
    for seed in range(5):
        table = swapped(*person(seed, lag=lag))
        assert list(table.columns) == list(SWAP_COLUMNS)
        verdicts = sides(table)
        assert {name for name, verdict in verdicts.items() if verdict == AS_LABELLED} == MOVED
        assert set(verdicts.values()) == {AS_LABELLED, CANNOT_TELL}
        assert (table["what"] == "sides").all()
        assert list(swap_findings(table)) == []


def test_one_muscle_whose_sides_are_exchanged() -> None:
    recording, units = person()
    table = swapped(exchanged(recording, ("zygomaticus_left", "zygomaticus_right")), units)
    verdicts = sides(table)
    assert verdicts["zygomaticus"] == SWAPPED
    assert verdicts["orbicularis_oculi"] == AS_LABELLED
    (finding,) = swap_findings(table)
    assert (finding.severity, finding.what, finding.channel) == ("error", "swapped sides", "zygomaticus_left")


def test_a_recording_of_which_both_sides_are_exchanged_is_said_once() -> None:
    recording, units = person()
    pairs = [(left, left.replace("_left", "_right")) for left in CHANNELS[::2]]
    table = swapped(exchanged(recording, *pairs), units)
    assert {name for name, verdict in sides(table).items() if verdict == SWAPPED} == MOVED
    (finding,) = swap_findings(table)
    assert "whole recording" in finding.remedy


def test_symmetric_movements_cannot_tell() -> None:
    recording, units = person(symmetric=True)
    for given in (recording, exchanged(recording, ("zygomaticus_left", "zygomaticus_right"))):
        table = swapped(given, units)
        assert set(sides(table).values()) == {CANNOT_TELL}
        (finding,) = swap_findings(table)
        assert finding.severity == "note"
        assert "It isn't clear whether left and right" in finding.words


def test_muscles_without_sides_of_their_own_cannot_be_told() -> None:
    table = swapped(*person()).set_index("channel")
    assert table.loc["mentalis_left", "verdict"] == CANNOT_TELL
    assert "one unit for both" in table.loc["mentalis_left", "why"]
    assert "no face unit" in table.loc["masseter_left", "why"]


def test_two_muscles_that_are_exchanged() -> None:
    recording, units = person()
    wrong = exchanged(recording, ("zygomaticus_left", "frontalis_lateral_left"))
    rows = swapped(wrong, units)
    rows = rows[rows["what"] == "muscles"]
    assert rows[["channel", "other"]].to_numpy().tolist() == [["frontalis_lateral_left", "zygomaticus_left"]]
    assert (rows["crossed"] > 0.9).all()


def test_several_clips_tell_together() -> None:
    recording, units = person()
    halves = [(recording.cut(0, 15), units[:450]), (recording.cut(15, 30), units[450:])]
    table = swapped([half for half, _ in halves], [half for _, half in halves])
    assert {name for name, verdict in sides(table).items() if verdict == AS_LABELLED} == MOVED


def test_channels_that_are_missing_and_frames_without_a_face() -> None:
    recording, units = person()
    part = recording.pick(["zygomaticus_left", "zygomaticus_right", "mentalis_left"])
    units.iloc[::50] = np.nan
    verdicts = sides(swapped(part, units))
    assert verdicts == {"zygomaticus": AS_LABELLED}


def test_what_cannot_be_compared_is_said() -> None:
    recording, units = person()
    with pytest.raises(BadValueError, match="units' 25 Hz"):
        swapped(recording, units, 25.0)
    with pytest.raises(BadValueError, match="bipolar"):
        swapped(recording.replace(kind="bipolar"), units)
    with pytest.raises(BadValueError, match="one table"):
        swapped([recording], [units, units])
    with pytest.raises(BadTableError, match="mouthSmileLeft") as lacking:
        swapped(recording, units.drop(columns="mouthSmileLeft"))
    assert lacking.value.missing == ("mouthSmileLeft",)
