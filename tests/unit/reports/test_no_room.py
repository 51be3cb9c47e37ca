"""A classifier that never read the expression isn't taken for a robust one: the page says that it didn't."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import skimage.data

import facelib
from facelib.faces import Head
from facelib.reports.live import label_of
from facelib.reports.words import hardly_read, measure_of
from facelib.studies import Sweep

pytestmark = pytest.mark.packages
READS, BLIND = "known_age_happy", "known_unbiased"


@pytest.fixture(scope="module")
def smile() -> Sweep:
    """A smile that one network reads and loses, and the other never reads; copies of it jump."""
    head = Head(age=34, gender=0.0, expression="happy")
    found = facelib.sweep(head, "symmetry", [READS, BLIND], steps=3, size=64, replicates=6)
    return outputs(outputs(found, READS, (0.9, 0.6, 0.3), 0.01), BLIND, (0.004, 0.01, 0.02), 0.3)


def outputs(sweep: Sweep, name: str, series: tuple[float, ...], jump: float) -> Sweep:
    """Return the sweep with other outputs for happy, of which shaken copies differ by up to a jump."""
    reading = sweep.readings[name]
    column = reading.classifier.index_of("happy")
    assert column is not None
    read, shaken = reading.probabilities.copy(), sweep.replicates[name].copy()
    read[:, column] = series
    shaken[:, 0, column] = series[0]
    shaken[:, 1, column] = series[-1] + jump * np.linspace(0, 1, len(shaken))
    return replace(
        sweep,
        readings={**sweep.readings, name: replace(reading, probabilities=read)},
        replicates={**sweep.replicates, name: shaken},
    )


def words(sweep: Sweep) -> dict[str, tuple[str, str]]:
    """Return word and reason for happy by classifier."""
    rows = label_of(sweep, measure_of(sweep, "happy"))["rows"]
    return {name: (row["verdict"], row["reason"]) for name, row in zip(sweep.classifiers, rows, strict=True)}


def test_what_is_hardly_read_has_no_room_unless_it_rises(smile: Sweep) -> None:
    assert words(smile)[READS][0] == "falls"
    still = outputs(smile, BLIND, (0.004, 0.004, 0.004), 0.0)
    assert words(still)[BLIND] == ("no room", "starts at .00")
    jumps = outputs(smile, BLIND, (0.6, 0.6, 0.6), 0.3)
    assert words(jumps)[BLIND][0] == "unclear"
    rises = outputs(smile, BLIND, (0.004, 0.4, 0.9), 0.0)
    assert words(rises)[BLIND][0] == "rises", "what rises has shown that it changes"


def test_where_all_hardly_read_it_one_note_says_so_and_names_another_class(smile: Sweep) -> None:
    both = outputs(outputs(smile, READS, (0.03, 0.03, 0.03), 0.0), BLIND, (0.01, 0.01, 0.01), 0.0)
    assert label_of(both, measure_of(both, "happy"))["notes"] == [hardly_read(both.outputs, "happy")]


@pytest.mark.thorough
def test_what_stays_without_any_expression_could_not_have_shown_a_change(smile: Sweep) -> None:
    """An output of .9 that the expression has no part in stays whatever is done to the expression."""
    still = outputs(smile, BLIND, (0.9, 0.9, 0.9), 0.0)
    column = still.readings[BLIND].classifier.index_of("happy")
    assert column is not None
    for there, said in (
        (0.9, ("no room", "no expression: .00")),
        (0.71, ("no room", "no expression: −.19")),
        (0.69, ("stays", "also when shaken")),
    ):
        rested = still.rested[BLIND].copy()
        rested[column] = there
        assert words(replace(still, rested={**still.rested, BLIND: rested}))[BLIND] == said


def test_a_face_at_rest_and_an_output_of_no_emotion_are_not_judged_by_an_expression() -> None:
    rests = facelib.sweep(Head(expression="neutral"), "brightness", [READS], steps=2, size=64, replicates=5)
    assert rests.rested == {}
    assert rests.effects("neutral")["sensitive"].isna().all()


@pytest.mark.thorough
def test_a_photograph_whose_teeth_stay_is_not_called_robust_against_a_fading_smile() -> None:
    """The warp moves the shape alone; fer reads the smile of what is left with .99."""
    face = facelib.faces.load_face(skimage.data.astronaut())
    found = facelib.sweep(face, "palsy", ["fer"], steps=3, replicates=6, label="happy")
    assert abs(found.effects()["change"].iloc[0]) < 0.05, "else nothing is tested"
    assert words(found)["fer"][0] == "no room"
    assert "where teeth, folds and shadows stay" in found.effects()["sentence"].iloc[0]
