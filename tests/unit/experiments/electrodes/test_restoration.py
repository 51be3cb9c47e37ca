"""The study of restoration: its numbers follow from its rows, and what is won back is more than half."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from skimage.metrics import structural_similarity

from facelib.errors import BadValueError, Cancelled, UnknownNameError
from facelib.experiments.electrodes.likeness import Pattern, worn_on
from facelib.experiments.electrodes.restoration import (
    PICTURE_COLUMNS,
    PLACEBO_COLUMNS,
    READING_COLUMNS,
    WITH,
    WITHOUT,
    RestorationRun,
    restoration_study,
)
from facelib.experiments.electrodes.restoration_results import RestorationResults, load_restoration
from facelib.experiments.electrodes.won_back import (
    ACCURACY_COLUMNS,
    ALL,
    LEAST,
    LIKENESS_COLUMNS,
    likeness_table,
    won_back_table,
)
from facelib.experiments.power_of_properties.electrodes import electrode_faces
from facelib.experiments.training.restoration import PAIRS
from facelib.experiments.training.restoration import SEED as LEARNT
from facelib.experiments.training.restoration_pairs import training_heads
from facelib.faces import Head, sample_photograph
from facelib.restoration import restore
from facelib.restoration.weights import training_log

pytestmark = pytest.mark.packages
ONE = {"fridlund": {"electrodes": "fridlund"}}


@pytest.fixture(scope="module")
def run() -> RestorationRun:
    people = electrode_faces(28, 5, expression_set="tuned")
    return restoration_study(
        people, ["known_unbiased", "fer"], worn=ONE, methods=["network", "telea"], size=128, landmarks=False
    )


@pytest.mark.thorough
def test_rows_are_whole_and_documented(run: RestorationRun) -> None:
    for table, columns in (
        (run.readings, READING_COLUMNS),
        (run.pictures, PICTURE_COLUMNS),
        (run.placebo, PLACEBO_COLUMNS),
    ):
        assert list(table) == list(columns)
        assert table["person"].nunique() == 28
    assert len(run.readings) == 28 * 2 * 4
    assert set(run.readings["picture"]) == {WITHOUT, WITH, "network", "telea"}
    assert not run.readings.duplicated(["person", "picture", "classifier", "worn"]).any()


@pytest.mark.thorough
def test_readings_are_those_of_the_pictures(run: RestorationRun) -> None:
    from facelib import classifiers

    head = electrode_faces(28, 5, expression_set="tuned")[3]
    bare = head.render(128)
    worn = head.replace(electrodes="fridlund").render(128)
    reader = classifiers.load("known_unbiased")
    for name, image in (
        (WITHOUT, bare.image),
        (WITH, worn.image),
        ("network", restore(worn).image),
        ("telea", restore(worn, "telea").image),
    ):
        rows = run.readings
        row = rows[(rows["person"] == 3) & (rows["picture"] == name) & (rows["classifier"] == reader.id)]
        p = reader.probabilities(image[None], bare.box[None])[0]
        place = reader.index_of(head.expression)
        assert row["probability"].item() == pytest.approx(p[place], abs=1e-6)
        assert row["right"].item() == (p.argmax() == place)


@pytest.mark.thorough
def test_restored_pictures_are_nearer_and_bare_faces_stay(run: RestorationRun) -> None:
    means = run.pictures.groupby("picture")[["ssim_inside", "ssim_outside", "taken_off", "too_much"]].mean()
    assert means.loc["network", "ssim_inside"] > means.loc["telea", "ssim_inside"] - 0.02
    assert means.loc["telea", "ssim_inside"] > means.loc[WITH, "ssim_inside"] + 0.2
    assert means.loc["network", "ssim_outside"] > 0.97
    assert means.loc["network", "taken_off"] > 0.9
    assert means.loc["network", "too_much"] < 0.01
    assert np.isnan(means.loc[WITH, "taken_off"])
    assert (run.placebo[["changed", "largest"]] == 0).all(axis=None)


@pytest.mark.thorough
def test_more_than_half_of_what_was_lost_is_won_back(run: RestorationRun) -> None:
    """With one that was trained without electrodes."""
    table = won_back_table(run, n_bootstrap=200).set_index(["classifier", "method"])
    row = table.loc["fer", "network"]
    assert row["accuracy_without"] - row["accuracy_with"] > 0.15
    assert row["won_back"] > 0.5
    assert row["probability_won_back"] > 0.5


def slow_share(rows: pd.DataFrame, method: str) -> float:
    def mean(picture: str) -> float:
        return float(rows.loc[rows["picture"] == picture, "right"].mean())

    lost = mean(WITHOUT) - mean(WITH)
    return (mean(method) - mean(WITH)) / lost if lost >= LEAST else np.nan


@pytest.mark.thorough
def test_shares_and_intervals_as_slow_twins_say(run: RestorationRun) -> None:
    table = won_back_table(run, n_bootstrap=400, seed=2)
    assert list(table) == list(ACCURACY_COLUMNS)
    rng = np.random.default_rng(0)
    for row in table.to_dict("records"):
        rows = run.readings
        rows = rows if row["classifier"] == ALL else rows[rows["classifier"] == row["classifier"]]
        assert row["won_back"] == pytest.approx(slow_share(rows, row["method"]), nan_ok=True)
        assert row["n"] == 28
        if row["low"] == row["low"] and row["classifier"] != ALL:
            people = dict(iter(rows.groupby("person")))
            drawn = [
                slow_share(pd.concat([people[person] for person in rng.integers(28, size=28)]), row["method"])
                for _ in range(60)
            ]
            low, high = np.nanquantile(drawn, (0.025, 0.975))
            assert abs(low - row["low"]) < 0.25
            assert abs(high - row["high"]) < 0.25


def test_nothing_lost_is_nothing_to_win_back() -> None:
    rows = [
        {"person": person, "expression_set": "facs", "expression": "sad", "worn": "fridlund",
         "picture": picture, "classifier": "a", "probability": 0.5, "right": True}
        for person in range(5)
        for picture in (WITHOUT, WITH, "network")
    ]  # fmt: skip
    run = RestorationRun(pd.DataFrame(rows), pd.DataFrame(), pd.DataFrame(), {"methods": ["network"]})
    table = won_back_table(run, n_bootstrap=50)
    assert table[["won_back", "low", "high"]].isna().all(axis=None)


def test_likeness_is_what_the_library_says_and_0_change_is_perfect() -> None:
    head = Head(seed=3, electrodes=("F1", "F21"))
    bare, worn = (one.render(96) for one in (head.replace(electrodes=None), head))
    there = worn_on(bare.image, worn.image)
    pattern = Pattern.of(bare, landmarks=False)
    same = pattern.compared(bare, there, np.zeros(bare.size, np.float32))
    assert (same["ssim_inside"], same["ssim_outside"]) == (1.0, 1.0)
    assert (same["taken_off"], same["too_much"]) == (0.0, 0.0)
    _, expected = structural_similarity(bare.image, worn.image, channel_axis=2, full=True)
    found = pattern.compared(worn, there, there.astype(np.float32))
    assert found["ssim_inside"] == pytest.approx(expected.mean(axis=2)[there].mean())
    assert found["ssim_outside"] == pytest.approx(1.0, abs=0.01)
    assert found["taken_off"] == 1.0
    assert np.isnan(found["error"])


@pytest.mark.thorough
def test_landmarks_are_found_anew_and_electrodes_move_them() -> None:
    heads = electrode_faces(14, 3)[:3]
    run = restoration_study(heads, ["known_unbiased"], worn=ONE, methods=["network"], size=160)
    means = run.pictures.groupby("picture")[["error", "error_share", "shift"]].mean()
    assert 0 < means.loc["network", "shift"] < means.loc[WITH, "shift"] < 20
    assert (means["error"] < 12).all()
    table = likeness_table(run)
    assert list(table) == list(LIKENESS_COLUMNS)
    row = table[(table["picture"] == "network") & (table["measure"] == "shift")].iloc[0]
    assert row["mean"] == pytest.approx(means.loc["network", "shift"])
    assert row["low"] < row["mean"] < row["high"]


@pytest.mark.thorough
def test_a_photograph_takes_part() -> None:
    face = sample_photograph()
    meant = face.replace(attributes={**face.attributes, "expression": "happy"})
    run = restoration_study([meant], ["known_unbiased"], methods=["network"])
    inside = run.pictures.set_index(["worn", "picture"])["ssim_inside"]
    for name in ("fridlund", "kuramoto"):
        assert inside[name, "network"] > inside[name, WITH] + 0.2
    assert inside["fridlund, leads and tape", WITH] < 0.8
    assert (run.placebo["changed"] == 0).all()


@pytest.mark.thorough
def test_progress_is_told_and_a_study_can_be_stopped() -> None:
    people, told = electrode_faces(14), []
    settings: dict[str, Any] = {"worn": {}, "methods": [], "size": 48, "landmarks": False}
    restoration_study(
        people, ["known_unbiased"], progress=lambda at: told.append((at.done, at.total)), **settings
    )
    assert told == [(12, 14), (14, 14)]
    with pytest.raises(Cancelled):
        restoration_study(people, ["known_unbiased"], stop=lambda: True, **settings)


@pytest.mark.parametrize(
    ("people", "options", "kind", "words"),
    [
        ([], {}, BadValueError, "needs people"),
        ([Head(electrodes="fridlund")], {}, BadValueError, "without electrodes"),
        ([Head(expression={"jawOpen": 1.0})], {}, BadValueError, "with a name"),
        (["head"], {}, BadValueError, "got str"),
        ([Head()], {"methods": ["magic"]}, UnknownNameError, "magic"),
    ],
)
def test_what_can_t_be_studied_is_said(people: Any, options: Any, kind: Any, words: str) -> None:
    with pytest.raises(kind, match=words):
        restoration_study(people, ["known_unbiased"], **options)


@pytest.mark.thorough
def test_whom_the_study_shows_is_nobody_of_the_training() -> None:
    learnt = {head.seed for head in training_heads(PAIRS, LEARNT)}
    assert len(learnt) == PAIRS
    for name in ("facs", "tuned"):
        assert not learnt & {head.seed for head in electrode_faces(210, 20261130, expression_set=name)}


@pytest.mark.thorough
def test_results_are_kept_and_loaded(run: RestorationRun, tmp_path: Any) -> None:
    found = RestorationResults.of(run, run, run.placebo, {"people": 28})
    assert found.placebo["person"].tolist() == list(range(56))
    found.save(tmp_path)
    again = load_restoration(tmp_path)
    pd.testing.assert_frame_equal(again.accuracy, found.accuracy, rtol=1e-5)
    assert again.about["people"] == 28


def test_the_committed_result_says_what_the_issue_asks_for() -> None:
    found = load_restoration()
    every = found.accuracy[(found.accuracy["classifier"] == ALL) & (found.accuracy["method"] == "network")]
    assert len(every) == 6
    taped = (every["worn"] == "fridlund, leads and tape") & (every["expression_set"] == "facs")
    assert (every.loc[~taped, "won_back"] > 0.5).all()
    assert (every.loc[taped, "high"] > 0.5).all()  # .48: of plain expressions below tape half isn't shown
    assert (every.loc[every["expression_set"] == "tuned", "low"] > 0.5).all()  # where there is enough to lose
    ends = every.groupby("worn")[["accuracy_without", "accuracy_with", "accuracy_restored"]].mean()
    lost, won = (ends[name] - ends["accuracy_with"] for name in ("accuracy_without", "accuracy_restored"))
    assert (won > 0.5 * lost).all()  # both sets together
    assert len(found.placebo) >= 1000
    assert (found.placebo["changed"] == 0).all()
    assert found.about["network"] == training_log()["sha256"]
    inside = found.likeness[found.likeness["measure"] == "ssim_inside"]
    wide = inside.pivot_table(index=["worn", "expression_set"], columns="picture", values="mean")
    assert (wide["network"] > wide[WITH] + 0.2).all()
