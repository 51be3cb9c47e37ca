"""Movements are smooth, keep to their muscles and sides, and are the same for the same seed."""

from __future__ import annotations

import numpy as np
import pytest

from facelib.errors import UnknownNameError
from facelib.head.expressions import FACE_UNITS
from facelib.semg import CHANNELS, TASKS, draw_activity, unit_weights
from facelib.semg.simulation.movements import MARGIN, RATE, movement

MMM = (
    "Face-At-Rest", "Forehead", "Eye-Gentle", "Eye-Tight", "Nose-Pucker", "Smile-Closed", "Smile-Open",
    "Lip-Pucker", "Cheeks", "Snarl", "Depress-Lip", "angry", "disgusted", "fearful", "happy", "sad",
    "surprised",
)  # fmt: skip


def means(task: str) -> dict[str, float]:
    activity = draw_activity(task, 60.0, 3)
    return dict(zip(CHANNELS, activity.channels[activity.clip].mean(axis=0).tolist(), strict=True))


def test_the_tasks_of_the_data_set_are_there() -> None:
    assert tuple(TASKS)[: len(MMM)] == MMM
    assert {task.mode for task in TASKS.values()} == {"schaede", "emotion"}


@pytest.mark.one_case
@pytest.mark.parametrize("task", TASKS.values(), ids=lambda task: task.id)
def test_what_takes_part_is_what_is_active(task) -> None:  # type: ignore[no-untyped-def]
    found = means(task.id)
    others = max(value for name, value in found.items() if name not in task.channels)
    for name, share in task.channels.items():
        if share >= 0.5:
            assert found[name] > 1.5 * others, name


def test_one_sided_movements_have_their_side() -> None:
    left, right = means("Smile-Left"), means("Smile-Right")
    assert left["zygomaticus_left"] > 3 * left["zygomaticus_right"]
    assert right["zygomaticus_right"] > 3 * right["zygomaticus_left"]


def test_free_movements_use_every_channel_and_none_together() -> None:
    activity = draw_activity("Free-1", 90.0, 4)
    found = activity.channels[activity.clip]
    assert found.max(axis=0).min() > 0.5
    alike = np.corrcoef(found.T)[np.triu_indices(len(CHANNELS), 1)]
    assert np.abs(alike).max() < 0.5


def test_others_are_units_that_no_recorded_muscle_moves() -> None:
    moved = {FACE_UNITS[row] for row in np.flatnonzero(unit_weights().any(axis=1))}
    for task in TASKS.values():
        assert not moved & set(task.others), task.id


def test_activity_is_smooth_and_within_0_and_1() -> None:
    activity = draw_activity("angry", 20.0, 1)
    assert activity.channels.min() >= 0
    assert activity.channels.max() <= 1
    steepest = np.pi / 2 / 0.25 / RATE  # a raised cosine that rises in its shortest time
    assert np.abs(np.diff(activity.channels, axis=0)).max() < 1.6 * steepest
    assert activity.times[activity.clip][0] == pytest.approx(0.0)
    assert activity.times[0] == pytest.approx(-MARGIN)
    assert activity.frames == 600


def test_no_two_channels_are_the_same() -> None:
    activity = draw_activity("happy", 30.0, 2)
    alike = np.corrcoef(activity.channels.T)[np.triu_indices(len(CHANNELS), 1)]
    assert alike.max() < 0.99


def test_the_same_seed_gives_the_same_activity() -> None:
    first, again, other = (draw_activity("sad", 3.0, seed).channels for seed in (5, 5, 6))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.2


def test_a_movement_has_its_mean() -> None:
    times = np.arange(-100, 400) / 100
    curve = movement(times, 0.4, 1.0, 0.6)
    assert curve.sum() / 100 == pytest.approx(0.4 / 2 + 1.0 + 0.6 / 2, abs=1e-3)


def test_unknown_tasks_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="There is no task 'smile'"):
        draw_activity("smile", 2.0)
