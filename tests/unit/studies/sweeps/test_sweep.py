"""A sweep on the real networks: its tables, its statistics, its maps, and how it stops."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import facelib
from facelib.classifiers import EMOTIONS
from facelib.errors import BadValueError, UnavailableError, UnknownNameError
from facelib.faces import Head
from facelib.interventions.intervention import HeadIntervention
from facelib.studies import (
    COLUMNS,
    Cancelled,
    Sweep,
    even_strengths,
    make_frames,
    run_references,
    snapshot,
    sweep,
)
from facelib.studies.sweeps.cam_maps import SweepMaps
from facelib.studies.sweeps.frames import Frames
from facelib.studies.sweeps.sweep import MEASURED, PHOTOGRAPHED, measured

pytestmark = pytest.mark.packages

HEAD = Head(age=34, gender=0.0, expression="happy")
NAMES = ["fer", "pyemotion"]


@pytest.fixture(scope="module")
def smile() -> Sweep:
    return sweep(HEAD, "symmetry", NAMES, steps=7)


@pytest.mark.thorough
def test_the_result_names_what_was_run(smile: Sweep) -> None:
    assert smile.intervention.id == "asymmetric_expression"
    assert smile.face_id == HEAD.key
    assert smile.label == "happy"
    assert smile.classifiers == tuple(NAMES)


@pytest.mark.thorough
def test_it_tells_which_classifiers_it_is_of(smile: Sweep) -> None:
    table = smile.classifiers_table.set_index("classifier")
    assert tuple(table.index) == smile.classifiers
    for name, row in table.iterrows():
        clf = facelib.classifiers.load(str(name))
        assert row["sha256"] == clf.card.sha256
        assert tuple(row["labels"].split("; ")) == clf.labels
        assert (row["size"], row["colour"]) == (clf.preparation.size, clf.preparation.colour)


def test_the_first_picture_is_the_unchanged_face_and_its_box_serves_all(smile: Sweep) -> None:
    face = HEAD.render()
    assert np.array_equal(smile.images[0], face.image)
    assert np.array_equal(smile.box, face.box)
    assert smile.images.shape == (7, 224, 224, 3)
    assert smile.strengths.tolist() == even_strengths(7).tolist()


def test_outputs_are_what_the_classifier_says_picture_by_picture(smile: Sweep) -> None:
    table = smile.outputs
    assert list(table.columns) == list(COLUMNS)
    assert len(table) == 7 * len(NAMES) * len(EMOTIONS)
    for name in NAMES:
        clf = facelib.classifiers.load(name)
        for step in (0, 3, 6):
            alone = clf.probabilities(smile.images[step][None], smile.box[None])[0]
            rows = table[(table["classifier"] == name) & (table["step"] == step)].set_index("label")
            for label in EMOTIONS:
                column = clf.index_of(label)
                assert rows.loc[label, "probability"] == pytest.approx(alone[column], abs=1e-5)


def test_probabilities_of_a_picture_sum_to_one(smile: Sweep) -> None:
    sums = smile.outputs.groupby(["classifier", "step"])["probability"].sum()
    assert np.allclose(sums, 1.0, atol=1e-5)


class Nod(HeadIntervention):
    """A made-up intervention."""

    id, title, group, description, sentence = "nod", "nod", "View", "It nods.", "it nods"

    def __init__(self, moves: str | None) -> None:
        self.moves = moves  # type: ignore[misc]

    def _edit(self, head: Head, strength: float) -> Head:
        return head.replace(pose=(0, 20 * strength, 0))


@pytest.mark.parametrize("moves", [None, "symmetry", "estimated_age", "charm"])
def test_a_sweep_measures_the_same_for_most_interventions(moves: str | None) -> None:
    assert measured(Nod(moves)) == MEASURED


def test_a_sweep_also_measures_what_its_intervention_moves_if_that_is_cheap() -> None:
    assert measured(Nod("pitch")) == (*MEASURED, "pitch")
    result = sweep(Head(seed=2), Nod("pitch"), ["fer"], steps=3, size=96)
    assert (np.diff(result.properties["pitch"]) > 5).all()
    assert "measured_pitch" in result.table


def test_a_picture_is_measured_where_a_head_is_set() -> None:
    picture = facelib.faces.sample_photograph()
    found = measured(facelib.interventions.get("blur"), picture)
    assert found == (*MEASURED, *PHOTOGRAPHED)
    result = sweep(picture, "blur", ["fer"], steps=3)
    assert result.properties[list(PHOTOGRAPHED)].notna().all(axis=None)
    assert result.properties["age"].isna().all()


def test_the_change_is_gradual_and_symmetry_falls(smile: Sweep) -> None:
    assert (np.diff(smile.properties["symmetry"]) < 0).all()
    moved = np.abs(smile.images.astype(int) - smile.images[0]).mean((1, 2, 3))
    assert (np.diff(moved) > 0).all()


def test_effects_hold_one_row_a_classifier_and_read_as_sentences(smile: Sweep) -> None:
    table = smile.effects(delta=0.1)
    assert table["classifier"].tolist() == NAMES
    for row in table.to_dict("records"):
        series = smile.series(row["classifier"])
        assert row["change"] == pytest.approx(series[-1] - series[0])
        assert row["epgm"] == pytest.approx(np.abs(np.gradient(series)).mean())
        assert row["verdict"] in {"changes", "does not change", "cannot tell"}
        assert "the left side weakens" in row["sentence"]
        assert "happy" in row["sentence"]
        copies = np.diff(smile.replicates[row["classifier"]], axis=1)[:, 0, 3]
        low, high = np.quantile([*copies, row["change"]], [0.05, 0.95])  # the picture is one of its copies
        low, high = min(low, row["change"]), max(high, row["change"])
        assert row["low"] <= row["change"] <= row["high"]
        assert row["low"] == pytest.approx(low, abs=1e-6)
        assert row["high"] == pytest.approx(high, abs=1e-6)


def test_what_is_hardly_read_cannot_fall_that_far(smile: Sweep) -> None:
    """A smile that isn't read as disgust can't be read less so: that says nothing of the change."""
    seen = 0
    for label in ("disgust", "fear", "angry"):
        for row in smile.effects(label, delta=0.1).to_dict("records"):
            assert row["verdict"] != "does not change" or row["start"] >= 0.1
            if row["verdict"] == "cannot fall that far":
                seen += 1
                assert row["start"] < 0.1
                assert row["remark"].endswith("is there to lose")
    assert seen


@pytest.mark.thorough
def test_the_same_seed_gives_the_same_numbers(smile: Sweep) -> None:
    again = sweep(HEAD, "symmetry", NAMES, steps=7)
    assert again.outputs.equals(smile.outputs)
    for name in NAMES:
        assert np.array_equal(again.replicates[name], smile.replicates[name])


def test_maps_are_raw_and_share_one_scale(smile: Sweep) -> None:
    found = smile.attribution
    clf = facelib.classifiers.load("fer")
    maps = found.maps("fer")
    direct = facelib.attribution.grad_cam(clf, smile.images, "happy", np.tile(smile.box, (7, 1)))
    assert np.allclose(maps, direct, atol=1e-5)
    assert found.scale("fer") == pytest.approx(maps.max())
    assert np.array_equal(found.change("fer")[0], np.zeros_like(maps[0]))
    assert found.overlays("fer").shape == smile.images.shape


def test_regions_say_where_the_evidence_lies_at_every_strength(smile: Sweep) -> None:
    from facelib.attribution.regions import COLUMNS as REGION_COLUMNS
    from facelib.editing.regions import REGIONS

    table = smile.attribution.regions()
    assert list(table.columns) == list(REGION_COLUMNS)
    assert len(table) == len(NAMES) * 7 * len(REGIONS)
    sums = table.groupby(["classifier", "step"])["share"].sum()
    assert np.allclose(sums[sums > 0], 1)
    clf = facelib.classifiers.load("fer")
    direct = facelib.attribution.region_shares(
        smile.attribution.maps("fer"), clf, smile.frames.faces, smile.box
    )
    rows = smile.attribution.regions("fer")
    assert np.allclose(rows["share"].to_numpy().reshape(7, -1), direct, equal_nan=True)
    assert rows["strength"].unique().tolist() == smile.strengths.tolist()


@pytest.mark.thorough
def test_regions_say_who_has_no_maps_and_refuse_it_alone() -> None:
    fer = facelib.classifiers.load("fer")
    blind = facelib.classifiers.Classifier(
        "blind", torch.nn.Sequential(fer.body, fer.head), torch.nn.Identity(), labels=fer.labels,
        emotions=fer.emotions, preparation=fer.preparation, card=fer.card,
        no_maps="its file holds no gradient",
    )  # fmt: skip
    found = sweep(HEAD, "age", ["fer", blind], steps=3).attribution
    table = found.regions()
    assert table.dropna(subset=["area"])["classifier"].unique().tolist() == ["fer"]
    blank = table[table["classifier"] == "blind"]
    assert set(blank["remark"]) == {"There are no maps of blind: its file holds no gradient."}
    assert blank[["share", "evidence", "area", "density"]].isna().all(axis=None)
    with pytest.raises(UnavailableError, match="no maps of blind: its file holds no gradient"):
        found.regions("blind")


@pytest.mark.thorough
def test_regions_of_a_photograph_have_the_landmarks_of_strength_0_where_a_frame_lost_them() -> None:
    face = facelib.faces.sample_photograph()
    result = sweep(face, "blur", ["fer"], steps=3)
    frames = result.frames
    lost = frames.faces[2].replace(landmarks=np.full((478, 2), np.nan, np.float32))
    bare = Frames((*frames.faces[:2], lost), frames.strengths)
    expected = result.attribution.regions()
    again = SweepMaps(result.readings, bare, result.label).regions()
    assert expected.equals(again)
    assert expected["share"].notna().all()


@pytest.mark.thorough
def test_placebos_are_matched_kept_and_resumed(smile: Sweep) -> None:
    *_, three = run_references(smile, 3, thinned=4)
    *_, five = run_references(smile, 5, thinned=4)
    *_, resumed = run_references(smile, 5, thinned=4, start=three)
    assert (len(three), len(five)) == (3, 5)
    assert resumed.kinds == five.kinds
    for name in NAMES:
        assert np.allclose(resumed.series(name, "happy"), five.series(name, "happy"))
        assert np.allclose(five.series(name, "happy")[:, 0], smile.series(name)[0], atol=1e-5)
    band = five.band("happy")
    assert (band["low"] <= band["high"]).all()
    effects = smile.effects(references=five)
    assert (effects["references"] == 5).all()
    assert effects["as_much"].between(0, 5).all()
    assert effects["reference_p"].isna().all()  # never a p from fewer than 99


def test_a_sweep_stops_when_a_newer_one_is_wanted() -> None:
    with pytest.raises(Cancelled):
        sweep(HEAD, "symmetry", NAMES, steps=5, stop=lambda: True)


def test_a_stale_sweep_renders_no_more_pictures() -> None:
    drawn: list[float] = []

    class Watched(Nod):
        def _edit(self, head: Head, strength: float) -> Head:
            drawn.append(strength)
            return super()._edit(head, strength)

    with pytest.raises(Cancelled):
        make_frames(HEAD, Watched(None), even_strengths(21), size=96, workers=1, stop=lambda: len(drawn) >= 3)
    assert len(drawn) == 3


@pytest.mark.parametrize("name", ["symmetry", "blur"])
def test_pictures_that_are_there_are_not_made_again(name: str) -> None:
    chosen, strengths = facelib.interventions.get(name), even_strengths(5)
    plain = make_frames(HEAD, chosen, strengths, size=96)
    known = {float(strengths[k]): plain.faces[k] for k in (0, 3)}
    again = make_frames(HEAD, chosen, strengths, size=96, known=known)
    assert [new is old for new, old in zip(again.faces, plain.faces, strict=True)] == [
        True, False, False, True, False,
    ]  # fmt: skip
    assert np.array_equal(again.images, plain.images)
    assert snapshot(HEAD, chosen, 0.75, [], size=96, known=known).after is plain.faces[3]


def test_progress_rises_to_one() -> None:
    told: list[float] = []
    sweep(HEAD, "age", ["fer"], steps=3, progress=lambda at: told.append(at.share))
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_the_fast_path_says_what_the_sweep_says(smile: Sweep) -> None:
    models = [facelib.classifiers.load(name) for name in NAMES]
    one = snapshot(HEAD, smile.intervention, 0.5, models)
    assert np.array_equal(one.after.image, smile.images[3])
    for name in NAMES:
        assert np.allclose(
            one.readings[name].probabilities[0], smile.readings[name].probabilities[3], atol=1e-5
        )


def test_a_photograph_is_read_too() -> None:
    face = facelib.faces.sample_photograph()
    result = sweep(face, "blur", ["fer"], steps=3)
    assert np.array_equal(result.images[0], face.image)
    with pytest.raises(BadValueError, match="changes a parametric head"):
        sweep(face, "ancestry", ["fer"])


def test_export_tables_hold_what_was_measured(smile: Sweep) -> None:
    assert {"measured_symmetry", "measured_age"} <= set(smile.table.columns)
    assert len(smile.table) == len(smile.outputs)
    assert smile.wide.shape == (7, len(NAMES) * len(EMOTIONS))


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"steps": 1}, BadValueError, "between 2 and"),
        ({"label": "joy"}, BadValueError, "neutral, happy"),
        ({"classifiers": ["ferr"]}, UnknownNameError, "Did you mean fer"),
        ({"classifiers": []}, BadValueError, "needs a classifier"),
        ({"intervention": "simmetry"}, UnknownNameError, "no intervention"),
        ({"size": 5000}, BadValueError, "1024"),
        ({"steps": 2.5}, BadValueError, "whole number"),
        ({"classifiers": ["fer", "fer"]}, BadValueError, "its own id"),
        ({"workers": 0}, BadValueError, "number of threads .* got 0"),
        ({"replicates": 1}, BadValueError, "at least 5 replicates"),
    ],
)
def test_bad_input_is_answered_in_words(change: dict, error: type[Exception], words: str) -> None:
    arguments = {"intervention": "age", "classifiers": ["fer"], "steps": 3} | change
    with pytest.raises(error, match=words):
        sweep(HEAD, **arguments)


def test_a_path_is_no_face() -> None:
    with pytest.raises(BadValueError, match="load_face"):
        sweep("photo.jpg", "blur", ["fer"])  # type: ignore[arg-type]


@pytest.mark.thorough
def test_one_name_is_a_list_of_one_and_own_networks_work() -> None:
    fer = facelib.classifiers.load("fer")
    own = facelib.classifiers.Classifier(
        "own", fer.body, fer.head, labels=fer.labels, emotions=fer.emotions,
        preparation=fer.preparation, card=fer.card,
    )  # fmt: skip
    alone, both = sweep(HEAD, "age", "fer", steps=3), sweep(HEAD, "age", [own, "fer"], steps=3)
    assert both.classifiers == ("own", "fer")
    assert np.array_equal(both.series("own"), alone.series("fer"))
    assert both.effects()["classifier"].tolist() == ["own", "fer"]


@pytest.mark.thorough
def test_a_placebo_is_not_compared_with_its_own_kind() -> None:
    blurred = sweep(HEAD, "blur", ["fer"], steps=5)
    *_, found = run_references(blurred, 30, thinned=3)
    assert "blur" not in found.kinds


@pytest.mark.thorough
def test_what_never_changes_the_picture_has_no_placebos() -> None:
    same = sweep(HEAD, "symmetrise", ["fer"], steps=3)
    (found,) = run_references(same, 5)
    assert len(found) == 0
    assert (same.effects(references=found)["references"] == 0).all()


def test_effects_have_their_columns_even_without_rows(smile: Sweep) -> None:
    from facelib.studies.sweeps.effects import COLUMNS as EFFECTS

    assert list(smile.effects().columns) == list(EFFECTS)
    with pytest.raises(BadValueError, match="neutral, happy"):
        smile.effects("hapy")
