"""Studies: what is declared is checked, what is planned is done, and only what is new is computed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from torch import nn

import facelib
from facelib import interventions, stats
from facelib.classifiers import Classifier, Preparation, own
from facelib.errors import BadValueError, Cancelled, UnknownNameError
from facelib.faces import Face, FaceSet, Head
from facelib.stats.corrections import adjusted
from facelib.stats.effects.equivalence import DOES_NOT, MATTERS
from facelib.studies import (
    COLUMNS,
    InterventionalStudy,
    ObservationalStudy,
    Progress,
    Result,
    open_study,
    sweep,
)
from facelib.studies.engine.record import read_record, write_record
from facelib.studies.engine.store import Store
from facelib.studies.engine.subjects import identity_of, subjects
from facelib.studies.interventional import intervention_name
from tests.unit.studies.small_study import CLASSIFIERS, PEOPLE, STEPS, small_study

packages = pytest.mark.packages


def heads(n: int, **options: Any) -> list[Head]:
    return facelib.sample_heads(n, seed=3, **options)


class Counting:
    """Progress that remembers."""

    def __init__(self) -> None:
        self.seen: list[Progress] = []

    def __call__(self, progress: Progress) -> None:
        self.seen.append(progress)

    @property
    def computed(self) -> int:
        return self.seen[-1].done - self.seen[0].done if self.seen else 0


def test_names_tell_interventions_apart() -> None:
    get = interventions.get
    assert intervention_name(get("asymmetric_expression")) == "asymmetric_expression"
    assert (
        intervention_name(get("asymmetric_expression", side="right")) == "asymmetric_expression(side=right)"
    )
    assert intervention_name(get("age", to="older")) != intervention_name(get("age", to="younger"))
    for name in interventions.INTERVENTIONS:
        assert intervention_name(get(name)) == name


def test_an_identity_is_who_is_shown_not_what_the_face_does() -> None:
    head = Head(seed=5, age=44)
    same = [head.replace(expression="sad"), head.replace(intensity=0.4), head.replace(left=0.2), head]
    same.append(head.replace(expression="happy", expression_set="facs"))
    assert {identity_of(one) for one in same} == {identity_of(head)}
    assert identity_of(head.replace(seed=6)) != identity_of(head) != identity_of(head.replace(age=45))
    people = subjects([head, head.replace(expression="sad")])
    assert people[0].identity == people[1].identity
    assert people[0].name != people[1].name


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"interventions": []}, "one intervention or more"),
        ({"interventions": ["blur", "blur"]}, "blur came twice"),
        ({"interventions": ["blurr"]}, "Did you mean blur"),
        ({"steps": 1}, "between 2 and 501 steps"),
        ({"steps": "many"}, "between 2 and 501 steps; .*|between 2 and 501"),
        ({"size": 20}, "48"),
        ({"alpha": 1.5}, "alpha"),
        ({"delta": -0.1}, "margin"),
        ({"label": "joy"}, "class is one of"),
        ({"alternative": "smaller"}, "alternative is one of two-sided, less, greater; got 'smaller'"),
        ({"control": "weaker_expression"}, "control is one of the interventions, blur; got"),
        ({"measured": ["beauty"]}, "no property named 'beauty'"),
        ({"seed": -1}, "seed"),
        ({"name": 3}, "name is words"),
    ],
)
def test_what_can_not_be_run_is_told_when_it_is_declared(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises((BadValueError, UnknownNameError), match=told):
        InterventionalStudy(**({"faces": heads(2), "interventions": ["blur"]} | wrong))


@pytest.mark.parametrize("faces", [[], "faces/", [3], None, [Head(), "x"], {"a": Head()}])
def test_faces_are_heads_or_pictures(faces: Any) -> None:
    with pytest.raises(BadValueError, match=r"heads, faces, or a set of faces|at least one face"):
        _ = InterventionalStudy(faces, ["blur"]).people


def test_a_face_is_there_once() -> None:
    with pytest.raises(BadValueError, match="is there twice"):
        _ = InterventionalStudy([Head(), Head()], ["blur"]).people


def test_properties_that_are_known_are_given_the_others_measured() -> None:
    study = ObservationalStudy(heads(3), ["age", "symmetry", "measured_skin_tone", "hair"])
    assert study.given == ("age", "hair")
    assert study.properties_measured == ("symmetry", "skin_tone")
    assert study.settings["label_source"] == "rendered"
    with pytest.raises(UnknownNameError, match="no property named 'beauty'"):
        _ = ObservationalStudy(heads(3), ["beauty"]).properties_measured
    with pytest.raises(BadValueError, match="one property or more, each once"):
        ObservationalStudy(heads(3), [])
    with pytest.raises(UnknownNameError, match=r"named 'kcitt'\. Did you mean kcit"):
        ObservationalStudy(heads(3), ["age"], methods=["kcitt"])


@pytest.mark.thorough
@packages
def test_pictures_that_are_alike_are_two_faces(tmp_path: Path) -> None:
    face = heads(1)[0].render(64)
    twins = [face.replace(attributes={"id": name}) for name in ("one", "two")]
    result = InterventionalStudy(twins, ["blur"], ["known_unbiased"], steps=2, label="happy").run(
        tmp_path, n_jobs=1
    )
    assert result.faces["face"].tolist() == ["one", "two"]
    assert result.table["face"].value_counts().to_dict() == {"one": 14, "two": 14}
    assert result.settings["faces"] == "2 pictures of 2 people"


@pytest.mark.thorough
@packages
@pytest.mark.packages
def test_a_plan_counts_its_questions_by_common_emotions(tmp_path: Path) -> None:
    study = ObservationalStudy(heads(40), ["age", "hair"], ["fer", "facex"])
    said = " ".join(study.plan(tmp_path).notes)  # "surprise" and "surprised" are one class
    assert "28 questions, each with 2,800 permutations while it stays open." in said


@packages
def test_a_study_draws_a_number_of_permutations_and_has_no_seconds(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="no 'budget'"):
        ObservationalStudy(heads(4), ["age"], ["known_unbiased"], budget=60)  # type: ignore[call-arg]
    grids = []
    people = heads(16, expressions=["happy", "sad"])
    for name, draws in (("one", None), ("two", None), ("few", 99)):
        study = ObservationalStudy(people, ["age"], ["known_unbiased"], size=64, n_permutations=draws)
        assert study.settings["n_permutations"] == draws
        grids.append(study.run(tmp_path / name, n_jobs=1).grid)
    pd.testing.assert_frame_equal(grids[0], grids[1])
    assert set(grids[0]["method"]) == {"chsic"}
    assert grids[2]["n_permutations"].max() <= 99


@pytest.mark.thorough
def test_the_plan_is_what_is_done(tmp_path: Path) -> None:
    study = small_study(name="Small")
    plan = study.plan()
    assert (plan.faces, plan.identities, plan.interventions) == (PEOPLE, PEOPLE, 3)
    assert (plan.pictures, plan.units, plan.done) == (PEOPLE * 3 * STEPS, PEOPLE * 3, 0)
    assert plan.rows == plan.pictures * 2 * 7
    told = str(plan)
    assert told.startswith("Small: 12 faces of 12 people × 3 changes × 5 strengths = 180 pictures, read by 2")
    assert "Table: 2,520 rows" in told
    result = study.run(tmp_path / "run", n_jobs=1)
    assert len(result.table) == plan.rows
    on_disk = sum(path.stat().st_size for path in (tmp_path / "run").rglob("*.parquet"))
    assert 0.2 < plan.bytes / on_disk < 5
    again = study.plan(tmp_path / "run")
    assert again.done == 36
    assert "Done before: 36 of 36." in str(again)


@packages
def test_a_row_is_what_a_sweep_says(tmp_path: Path) -> None:
    result = small_study().run(tmp_path, n_jobs=1)
    head = facelib.sample_heads(PEOPLE, seed=1, expressions=["happy", "sad"])[4]
    alone = sweep(head, "symmetry", list(CLASSIFIERS), steps=STEPS, size=64).table
    chosen = result.table["intervention"].eq("asymmetric_expression") & result.table["face"].eq(head.key)
    mine = result.table[chosen].reset_index(drop=True)
    keys = ["classifier", "label", "step"]
    both = mine.merge(alone, on=keys, suffixes=("", "_alone"))
    assert len(both) == len(mine) == len(alone)
    for name in ("strength", "logit", "probability", "measured_symmetry"):
        assert np.allclose(both[name], both[f"{name}_alone"], atol=1e-5), name
    assert list(result.table.columns[: len(COLUMNS)]) == list(COLUMNS)
    assert result.faces["face"].tolist() == [one.name for one in small_study().people]
    assert result.faces["expression"].isin(["happy", "sad"]).all()


@pytest.mark.thorough
@packages
def test_only_what_is_new_is_computed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from facelib.studies.engine import worker as work

    read: list[str] = []
    reading = work._read

    def counted(frames: Any, reader: Any, classifier: Any) -> Any:
        read.append(reader.id)
        return reading(frames, reader, classifier)

    monkeypatch.setattr(work, "_read", counted)
    small_study().run(tmp_path, n_jobs=1)
    read.clear()
    assert small_study().run(tmp_path, n_jobs=1).complete
    assert read == [], "nothing"
    other = small_study(classifiers=["known_unbiased", "known_tone_angry"]).run(tmp_path, n_jobs=1)
    assert set(read) == {"known_tone_angry"}, "one classifier changed: its part alone"
    assert other.complete
    assert set(other.table["classifier"]) == {"known_unbiased", "known_tone_angry"}, "and the old one is out"
    read.clear()
    more = facelib.sample_heads(PEOPLE, seed=1, expressions=["happy", "sad"])[:6] + heads(2)
    study = InterventionalStudy(more, ["symmetry", "blur"], ["known_unbiased"], steps=STEPS, size=64)
    result = study.run(tmp_path, n_jobs=1)
    assert len(read) > 0
    assert result.total == 16
    assert set(result.table["face"]) == {head.key for head in more}
    first = small_study().run(tmp_path, n_jobs=1)
    assert first.complete
    assert set(first.table["classifier"]) == set(CLASSIFIERS), "going back costs nothing"


@pytest.mark.thorough
@packages
def test_other_pictures_are_other_units(tmp_path: Path) -> None:
    small_study().run(tmp_path, n_jobs=1)
    changes: tuple[dict[str, Any], ...] = ({"steps": 6}, {"size": 66})
    for change in changes:
        seen = Counting()
        small_study(**change).run(tmp_path, n_jobs=1, progress=seen)
        assert seen.computed == 36, change


class Moody(Classifier):
    """A classifier that can't read one of the faces."""

    refused: bytes = b""

    def logits(self, images: Any, boxes: Any = None, points: Any = None) -> Any:
        if images[0].tobytes() == self.refused:
            msg = "I don't like this face"
            raise RuntimeError(msg)
        return super().logits(images, boxes, points)


def moody(refused: Face | None) -> Classifier:
    import torch

    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(3, 4, 5), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))
    plain = own(net, labels=["happy", "sad"], preparation=Preparation(32, "rgb", 0.0, 255.0), id="moody")
    plain.__class__ = Moody
    plain.refused = refused.image.tobytes() if refused else b""  # type: ignore[attr-defined]
    return plain


@pytest.mark.thorough
@packages
def test_a_classifier_that_fails_on_one_face_costs_its_rows_alone(tmp_path: Path) -> None:
    people = heads(4)
    net = moody(people[2].render(64))
    models = ["known_unbiased", net]
    study = InterventionalStudy(people, ["blur"], models, steps=3, size=64, label="happy")
    seen = Counting()
    result = study.run(tmp_path, n_jobs=1, progress=seen)
    assert result.complete
    assert seen.seen[-1].failed == 1
    failed = result.table[result.table["error"] != ""]
    assert set(failed["face"]) == {people[2].key}
    assert set(failed["classifier"]) == {"moody"}
    assert len(failed) == 3 * 2, "all its rows are there"
    assert failed[["logit", "probability"]].isna().all(axis=None)
    assert failed["error"].unique().tolist() == ["RuntimeError: I don't like this face"]
    assert result.failures.to_dict("records") == [
        {
            "face": people[2].key,
            "intervention": "blur",
            "classifier": "moody",
            "error": "RuntimeError: I don't like this face",
        }
    ]
    effects = result.effects.set_index("classifier")["n"]
    assert effects.to_dict() == {"known_unbiased": 4, "moody": 3}
    unsettled = Counting()
    assert study.run(tmp_path, n_jobs=1, progress=unsettled).failures.shape[0] == 1
    assert unsettled.computed == 0, "what failed isn't done again"
    net.refused = b""  # type: ignore[attr-defined]
    mended = study.run(tmp_path, n_jobs=1, retry=True)
    assert mended.failures.empty
    assert mended.table["logit"].notna().all()


@pytest.mark.thorough
@packages
def test_a_network_of_ones_own_goes_to_other_processes(tmp_path: Path) -> None:
    import cloudpickle

    study = InterventionalStudy(heads(3), ["blur"], [moody(None)], steps=3, size=64, label="happy")
    cloudpickle.register_pickle_by_value(__import__(__name__, fromlist=["x"]))
    try:
        there = study.run(tmp_path / "two", n_jobs=2).table
    finally:
        cloudpickle.unregister_pickle_by_value(__import__(__name__, fromlist=["x"]))
    pd.testing.assert_frame_equal(there, study.run(tmp_path / "one", n_jobs=1).table, check_exact=True)


@pytest.mark.thorough
@packages
def test_a_face_that_can_not_be_changed_or_read_is_said(tmp_path: Path) -> None:
    good = heads(2)[0].render(96)
    bald = good.replace(landmarks=np.full((478, 2), np.nan, np.float32))
    faces = [good.replace(attributes={"id": "good"}), bald.replace(attributes={"id": "no points"})]
    study = InterventionalStudy(faces, ["symmetrise", "blur"], ["known_unbiased"], steps=3, label="happy")
    assert "symmetrise doesn't work on 1 of the first 2 faces" in str(study.plan())
    result = study.run(tmp_path, n_jobs=1)
    failed = result.failures.query("intervention == 'symmetrise'")
    assert failed["face"].unique().tolist() == ["no points"]
    assert "landmarks" in failed["error"].iloc[0]
    assert result.effects.query("intervention == 'blur'")["n"].tolist() == [2]
    broken = tmp_path / "pictures"
    broken.mkdir()
    (broken / "broken.png").write_bytes(b"no picture")
    good_png = good._repr_png_()
    (broken / "good.png").write_bytes(good_png)
    photographs = FaceSet.from_folder(broken, detect=False)
    found = InterventionalStudy(photographs, ["blur"], ["known_unbiased"], steps=3, label="happy").run(
        tmp_path / "photographs", n_jobs=1
    )
    assert found.failures["face"].unique().tolist() == ["broken.png"]
    assert found.complete
    assert found.effects["n"].tolist() == [1]


@packages
def test_effects_are_those_of_the_tables(tmp_path: Path) -> None:
    study = small_study(control="blur", alternative="less", alpha=0.1, delta=0.2, seed=5)
    result = study.run(tmp_path, n_jobs=1)
    table = result.table.merge(result.faces[["face", "identity", "expression"]], on="face")
    intended = table[table["label"] == table["expression"]].assign(label="intended")
    options: dict[str, Any] = {"alpha": 0.1, "delta": 0.2, "seed": 5}
    expected = stats.effects_over_faces(intended, alternative="less", **options)
    pd.testing.assert_frame_equal(result.effects, expected)
    against = stats.contrast(intended, "weaker_expression", "blur", alternative="less", **options)
    mine = result.contrasts
    assert mine is not None
    assert mine["family"].unique().tolist() == [len(mine)] == [2 * len(against)], "one table, one family"
    assert np.allclose(mine["p_holm"], adjusted(mine["p"].to_numpy())["p_holm"])
    mine = mine[mine["intervention"] == "weaker_expression"].reset_index(drop=True)
    pd.testing.assert_frame_equal(mine[["mean", "low"]], against[["mean", "low"]])
    lowering = result.lowering["weaker_expression"]
    assert replace(lowering, not_because=None) == stats.lowering(
        intended, "weaker_expression", "blur", label="intended", alpha=0.1, seed=5
    )
    rises = mine["verdict"].eq(MATTERS) & (mine["mean"] > 0)
    shown_not_to = mine.loc[mine["verdict"].eq(DOES_NOT) | rises, "classifier"]
    assert set(lowering.not_because or ()) == set(shown_not_to) - set(lowering.because)
    curve = result.curves.query("intervention == 'weaker_expression' and classifier == 'known_unbiased'")
    by_hand = intended.query("intervention == 'weaker_expression' and classifier == 'known_unbiased'")
    assert np.allclose(curve["mean"], by_hand.groupby("strength")["probability"].mean())
    shares = result.share_significant.set_index("intervention")
    labels = result.effects_by_label.query("intervention == 'weaker_expression'")
    assert (labels["alternative"] == "two-sided").all(), "some rise where others fall"
    assert shares.loc["weaker_expression", "significant"] == (labels["p"] <= 0.1).sum()
    assert shares.loc["weaker_expression", "share_matters"] == (labels["verdict"] == "matters").mean()
    again = Result.open(tmp_path)
    pd.testing.assert_frame_equal(again.effects, result.effects)
    assert again.settings["alternative"] == "less"
    assert again.provenance["versions"]["numpy"] == np.__version__


@packages
def test_known_truth_age_is_found_where_it_was_learnt_and_nowhere_else(tmp_path: Path) -> None:
    """The network that learnt that old people smile is flagged, the unbiased one cleared."""
    people = facelib.sample_heads(40, seed=8, expressions=["neutral", "happy", "sad"], ages=(20, 21))
    study = InterventionalStudy(
        people,
        [interventions.get("age", to="older"), "electrodes"],
        ["known_unbiased", "known_age_happy", "known_electrodes_neutral"],
        steps=2,
        size=96,
        label="happy",
    )
    effects = study.run(tmp_path, n_jobs=1).effects.set_index(["intervention", "classifier"])
    age = next(name for name in effects.index.levels[0] if name.startswith("age"))
    assert effects.loc[(age, "known_age_happy"), "verdict"] == "matters"
    assert effects.loc[(age, "known_unbiased"), "verdict"] != "matters"
    assert effects.loc[("electrodes", "known_unbiased"), "verdict"] != "matters"
    assert effects.loc[("electrodes", "known_age_happy"), "verdict"] != "matters"


@packages
def test_observed_faces_are_read_once_and_tested(tmp_path: Path) -> None:
    people = facelib.sample_heads(140, seed=4, stratify=["expression"])
    study = ObservationalStudy(
        people,
        ["age", "gender", "symmetry"],
        ["known_unbiased", "known_age_happy"],
        size=64,
        methods=["partial_correlation", "chsic"],
        alpha=0.05,
    )
    result = study.run(tmp_path, n_jobs=1)
    assert result.outputs.shape == (140, 14)
    assert result.measured["age"].tolist() == pytest.approx([head.age for head in people])
    clf = facelib.classifiers.load("known_age_happy")
    face = people[7].render(64)
    logits = clf.logits(face.image[None], face.box[None])[0]
    assert result.outputs["known_age_happy: happy"][7] == pytest.approx(
        logits[clf.index_of("happy")], abs=1e-5
    )
    grid = result.grid
    expected = stats.independence_grid(
        {"age": [head.age for head in people], "gender": [head.gender for head in people],
         "symmetry": result.measured["symmetry"]},
        result.outputs,
        [str(head.expression) for head in people],
        methods=["partial_correlation", "chsic"],
        alpha=0.05,
        null_property=True,
    )  # fmt: skip
    pd.testing.assert_frame_equal(grid, expected)
    shares = result.share_significant.query("method == 'chsic'").set_index("property")
    assert shares.loc["age", "share"] > shares.loc["gender", "share"]
    happy = result.effects.query("property == 'age' and label == 'happy'").set_index("classifier")[
        "explained"
    ]
    assert happy["known_age_happy"] > 5 * max(happy["known_unbiased"], 0.01)
    kept = list(tmp_path.glob("grid-*.parquet"))
    assert len(kept) == 1
    before = kept[0].stat().st_mtime_ns
    pd.testing.assert_frame_equal(open_study(tmp_path).grid, grid)
    assert kept[0].stat().st_mtime_ns == before, "the tests aren't run again"


@pytest.mark.thorough
@packages
def test_several_pictures_of_a_person_are_told(tmp_path: Path) -> None:
    people = heads(20, expressions=["happy"])
    both = [head.replace(expression=name) for head in people for name in ("happy", "sad")]
    study = ObservationalStudy(both, ["age"], ["known_unbiased"], size=64, methods=["partial_correlation"])
    result = study.run(tmp_path, n_jobs=1)
    assert result.data.person is not None
    assert result.data.person.nunique() == 20
    with pytest.raises(BadValueError, match="The faces have no beauty, which is to be held fixed; they have"):
        ObservationalStudy(people, ["age"], ["known_unbiased"], size=64, labels="beauty").plan()


def test_a_bar_goes_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(BadValueError, match="Progress is reported to a function"):
        small_study().run(tmp_path, progress="yes")  # type: ignore[arg-type]


@packages
def test_a_broken_picture_is_planned_around(tmp_path: Path) -> None:
    """The command line plans before it runs: a broken picture ended it."""
    (tmp_path / "a.png").write_bytes(b"no picture")
    (tmp_path / "b.png").write_bytes(heads(1)[0].render(64)._repr_png_())
    faces = FaceSet.from_folder(tmp_path, detect=False)
    study = InterventionalStudy(faces, ["blur"], ["known_unbiased"], steps=2, label="happy")
    told = str(study.plan())
    assert "1 of the first 2 faces can't be read: a.png" in told


@pytest.mark.thorough
@packages
def test_many_networks_of_ones_own_stay_here(tmp_path: Path) -> None:
    nets = [moody(None) for _ in range(30)]
    for number, net in enumerate(nets):
        net.id = f"mine {number}"
        net.chunk = number + 1  # so that they are different ones
    study = InterventionalStudy(heads(1), ["blur"], nets, steps=2, size=64, label="happy")
    assert len(study.run(tmp_path, n_jobs=1).table) == 30 * 2 * 2
    nets[0].id = "properties"
    with pytest.raises(BadValueError, match="another id"):
        InterventionalStudy(heads(1), ["blur"], nets[:1], steps=2, size=64).plan()


@pytest.mark.thorough
@packages
def test_a_home_folder_is_looked_for_by_the_plan_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    study = InterventionalStudy(heads(1), ["blur"], ["known_unbiased"], steps=2, size=64, label="happy")
    study.run("~/one", n_jobs=1)
    assert study.plan("~/one").done == 1


def observed(*known: dict[str, Any]) -> list[Face]:
    people = facelib.sample_heads(len(known), seed=2)
    return [
        head.render(64).replace(attributes={"id": str(place), "expression": "happy"} | more)
        for place, (head, more) in enumerate(zip(people, known, strict=True))
    ]


@pytest.mark.thorough
@packages
def test_what_is_unknown_is_no_group_of_its_own(tmp_path: Path) -> None:
    """Faces whose sex isn't known were a third sex, "none"."""
    known: list[dict[str, Any]] = [{"sex": "f"}, {"sex": "m"}, {}] * 4
    study = ObservationalStudy(observed(*known), ["sex"], ["known_unbiased"], label_source="told")
    result = study.run(tmp_path, n_jobs=1)
    assert result.measured["sex"].tolist() == ["f", "m"] * 4
    assert result.data.left_out == 4
    heads_with = [Head(seed=n, electrodes="fridlund" if n % 2 else None) for n in range(4)]
    worn = ObservationalStudy(heads_with, ["electrodes"], ["known_unbiased"], size=64)
    assert worn.run(tmp_path / "worn", n_jobs=1).measured["electrodes"].tolist() == ["none", "fridlund"] * 2


@pytest.mark.thorough
@packages
def test_a_column_that_is_not_there_is_told_not_a_key_error(tmp_path: Path) -> None:
    with pytest.raises(BadValueError, match="no who, which would tell who is shown"):
        ObservationalStudy(heads(4), ["symmetry"], ["known_unbiased"], size=64, person="who")
    result = ObservationalStudy(heads(4), ["symmetry"], ["known_unbiased"], size=64).run(tmp_path, n_jobs=1)
    record = read_record(Store(tmp_path))
    unknown = replace(record, settings={**result.settings, "person": "who"})  # as versions before stored it
    write_record(Store(tmp_path), unknown)
    with pytest.raises(BadValueError, match="The faces have no who"):
        _ = open_study(tmp_path).data  # type: ignore[union-attr]
    write_record(Store(tmp_path), record)
    for part in (tmp_path / "measured").iterdir():
        part.unlink()  # as if the run had ended between the two parts of its first batch
    with pytest.raises(BadValueError, match="symmetry isn't measured yet"):
        _ = open_study(tmp_path).data  # type: ignore[union-attr]


@pytest.mark.thorough
@packages
def test_tests_that_were_stopped_are_not_the_result(tmp_path: Path) -> None:
    study = ObservationalStudy(
        facelib.sample_heads(40, seed=2),
        ["age"],
        ["known_unbiased"],
        size=64,
        methods=["partial_correlation", "chsic"],
    )
    result = study.run(tmp_path, n_jobs=1)
    with pytest.raises(Cancelled):
        result.test(stop=lambda: True)
    assert not result.tested
    again = open_study(tmp_path)
    assert isinstance(again, type(result))
    assert again.grid["p"].notna().all()


@pytest.mark.thorough
@packages
def test_a_study_in_which_nothing_is_intended_says_so(tmp_path: Path) -> None:
    smirk = Head(expression={"mouthSmile": 0.5})
    result = InterventionalStudy([smirk], ["blur"], ["known_unbiased"], steps=2, size=64).run(
        tmp_path, n_jobs=1
    )
    for name in ("effects", "curves", "lowering"):
        with pytest.raises(BadValueError, match=r"class of interest \(label\); its outputs are kept"):
            getattr(result, name)
    assert len(result.effects_by_label) == 7
    (tmp_path / "study.json").write_text("[]")
    with pytest.raises(OSError, match="got 'list'"):
        open_study(tmp_path)
