"""A classifier that never read the expression isn't taken for a robust one: the page says that it didn't."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import skimage.data

import facelib
from facelib.faces import Head
from facelib.reports import explorable
from facelib.reports.sweep_words import Measure, hardly_read, sentences, verdict_cell
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


@pytest.mark.thorough
def test_may_or_may_not_change_is_said_with_what_was_there_to_lose(smile: Sweep) -> None:
    row = smile.effects().set_index("classifier").loc[BLIND]
    assert row["verdict"] == "cannot tell", "else nothing is tested"
    assert row["remark"] == "only .00 is there to lose"
    assert (
        f"{BLIND} hardly read happy here to begin with (.00): there is too little to lose." in row["sentence"]
    )
    said = " ".join(sentences(smile, "happy", smile.effects()))
    assert f"{BLIND} (.00) hardly reads happy on this face to begin with" in said
    assert "no sign that a classifier is robust" in said
    assert f"{READS} (.9" not in said, "who reads it isn't named so"


def test_the_verdict_says_it_too(smile: Sweep) -> None:
    cells = {row["classifier"]: verdict_cell(row)["text"] for row in smile.effects().to_dict("records")}
    assert cells == {READS: "changes this face's output", BLIND: "hardly read: cannot tell"}
    still = outputs(smile, BLIND, (0.004, 0.004, 0.004), 0.0).effects().set_index("classifier").loc[BLIND]
    assert still["verdict"] == "cannot fall that far"
    assert verdict_cell({"classifier": BLIND, **still})["text"] == "hardly read: too little to lose"
    assert "hardly read happy here to begin with (.00)" in still["sentence"]


def test_who_reads_it_and_cannot_be_told_is_not_called_blind(smile: Sweep) -> None:
    open_ = outputs(smile, BLIND, (0.6, 0.6, 0.6), 0.3)
    row = open_.effects().set_index("classifier").loc[BLIND]
    assert (row["verdict"], row["remark"]) == ("cannot tell", "")
    assert verdict_cell({"classifier": BLIND, **row})["text"] == "cannot tell"
    assert "to begin with" not in row["sentence"] + " ".join(sentences(open_, "happy", open_.effects()))
    rises = outputs(smile, BLIND, (0.004, 0.4, 0.9), 0.0)
    assert "to begin with" not in " ".join(rises.effects()["sentence"]), (
        "what rises has shown that it changes"
    )


def test_where_all_hardly_read_it_one_sentence_says_so_and_names_another_class(smile: Sweep) -> None:
    both = outputs(smile, READS, (0.03, 0.03, 0.03), 0.0)
    said = sentences(both, "happy", both.effects())
    assert said[0] == hardly_read(both.outputs, "happy")
    assert sum("hardly read" in one for one in said) == 1


def test_explorables_say_it(smile: Sweep) -> None:
    words = explorable.words_of(smile, Measure("happy"), None)
    assert any("no sign that a classifier is robust" in one for one in words["sentences"])
    assert [row[-1]["text"] for row in words["rows"]][1] == "hardly read: cannot tell"


@pytest.mark.thorough
def test_what_stays_without_any_expression_could_not_have_shown_a_change(smile: Sweep) -> None:
    """An output of .9 that the expression has no part in stays whatever is done to the expression."""
    still = outputs(smile, BLIND, (0.9, 0.9, 0.9), 0.0)
    column = still.readings[BLIND].classifier.index_of("happy")
    assert column is not None
    for there, verdict, sensitive in (
        (0.9, "could not have shown it", False),
        (0.71, "could not have shown it", False),
        (0.69, "does not change", True),
    ):
        rested = still.rested[BLIND].copy()
        rested[column] = there
        found = replace(still, rested={**still.rested, BLIND: rested})
        row = found.effects().set_index("classifier").loc[BLIND]
        assert (row["verdict"], row["sensitive"]) == (verdict, sensitive)
        said = row["sentence"] + " ".join(sentences(found, "happy", found.effects()))
        assert ("could not have shown" in said) is not sensitive
        assert ("does not change for" in said) is sensitive
    cell = verdict_cell({"classifier": BLIND, **row, "verdict": "could not have shown it"})
    assert (cell["text"], cell["mark"]) == ("could not have shown it", "verdict-unclear")


def test_a_face_at_rest_and_an_output_of_no_emotion_are_not_judged_by_an_expression() -> None:
    rests = facelib.sweep(Head(expression="neutral"), "brightness", [READS], steps=2, size=64, replicates=5)
    assert rests.rested == {}
    assert rests.effects("neutral")["sensitive"].isna().all()


@pytest.mark.thorough
def test_a_photograph_whose_teeth_stay_is_not_called_robust_against_a_fading_smile() -> None:
    """The warp moves the shape alone; fer reads the smile of what is left with .99."""
    face = facelib.faces.load_face(skimage.data.astronaut())
    found = facelib.sweep(face, "palsy", ["fer"], steps=3, replicates=6)
    row = found.effects("happy").iloc[0]
    assert abs(row["change"]) < 0.05, "else nothing is tested"
    assert row["verdict"] == "could not have shown it"
    assert "where teeth, folds and shadows stay, the photograph moves it by" in row["sentence"]
    assert "without the whole expression" not in row["sentence"], "its expression was never whole away"
    assert "does not change" not in " ".join(sentences(found, "happy", found.effects("happy")))
