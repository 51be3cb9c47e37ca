"""What is declared: heads know where their labels come from, photographs have to say it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from facelib.classifiers import EMOTIONS, Preparation, own
from facelib.errors import BadValueError
from facelib.experiments.power_of_properties import (
    known_use_control,
    label_note,
    labelled_population,
    power_of_properties,
)
from facelib.experiments.power_of_properties.design import SOURCES
from facelib.experiments.power_of_properties.population import PROPERTIES
from facelib.faces import Face, FaceSet


def photographs(**columns: list[object]) -> FaceSet:
    """Return grey pictures with a table."""
    grey = np.full((64, 64, 3), 128, np.uint8)
    rows = pd.DataFrame(columns).to_dict("records")
    box, nowhere = np.array([0.0, 0, 64, 64]), np.full((2, 2), np.nan)
    return FaceSet.from_faces(
        [Face(grey + place, box, nowhere, attributes=dict(row)) for place, row in enumerate(rows)]
    )


@pytest.fixture
def photos() -> FaceSet:
    n = 24
    return photographs(
        label=["happy", "sad"] * (n // 2),
        person=[f"p{i // 2}" for i in range(n)],
        age=[float(20 + i // 2) for i in range(n)],
        electrodes=[i % 2 for i in range(n)],
        hair=["short", "long", "tied"] * (n // 3),
        moles=[0.0] * n,
        ethnicity=[f"word {i}" for i in range(n)],
    )


def test_heads_are_tested_for_all_that_was_drawn() -> None:
    study = power_of_properties(14, classifiers=["known_unbiased"])
    assert study.names[: len(PROPERTIES) + 2] == (*PROPERTIES, "intensity", "symmetry")
    assert set(study.given) == {*PROPERTIES, "intensity"}
    measured = {"symmetry", "activation", "estimated_age", "estimated_gender"}
    assert set(study.properties_measured) <= measured
    assert {"weaker_side", "palsy"} <= set(study.given)
    assert (study.label_source, study.alpha, study.label_columns) == ("rendered", 0.01, ("expression",))


def test_what_is_the_same_for_all_is_no_property() -> None:
    heads = [head.replace(glasses=0.0, light="studio") for head in labelled_population(14)]
    names = power_of_properties(faces=heads, classifiers=["known_unbiased"]).names
    assert not {"glasses", "light"} & set(names)


def test_own_faces_bring_their_columns(photos: FaceSet) -> None:
    study = power_of_properties(faces=photos, classifiers=["known_unbiased"], label_source="instructed")
    assert study.given == ("age", "hair", "electrodes")
    assert "symmetry" in study.properties_measured
    assert study.settings["label_source"] == "instructed"


def test_a_clinical_grade_is_a_property_and_what_names_a_face_is_none() -> None:
    n = 24
    faces = photographs(
        label=["happy", "sad"] * (n // 2), person=[f"p{i // 2}" for i in range(n)], id=list(range(n)),
        house_brackmann=[1 + i % 6 for i in range(n)], session=["before", "after"] * (n // 2),
        Einwilligung=["ja", "nein"] * (n // 2),
        centre=["A", "B", "C"] * (n // 3), age=[20.0 + 0.5 * i for i in range(n)], nr=list(range(1, n + 1)),
    )  # fmt: skip
    study = power_of_properties(faces=faces, label_source="instructed", classifiers=["known_unbiased"])
    assert study.given == ("age", "house_brackmann", "session", "centre")
    fixed = power_of_properties(
        faces=faces, label_source="instructed", classifiers=["known_unbiased"], labels=["label", "centre"],
        person="session",
    )  # fmt: skip
    assert fixed.given == ("age", "house_brackmann")


@pytest.mark.parametrize("source", [None, "guessed"])
def test_own_faces_say_where_labels_come_from(photos: FaceSet, source: str | None) -> None:
    with pytest.raises(BadValueError, match="rendered, instructed, self-report, rated"):
        power_of_properties(faces=photos, label_source=source)


def test_faces_of_which_nothing_is_known_are_refused() -> None:
    with pytest.raises(BadValueError, match="name properties to measure"):
        power_of_properties(faces=photographs(label=["happy", "sad"]), label_source="rated")


def test_a_rated_label_is_told_to_be_a_collider() -> None:
    assert "collider" in label_note({"label_source": "rated"})
    assert "collider" not in label_note({"label_source": "instructed"})
    assert "comes before the picture" in label_note({"label_source": "rendered"})
    assert "not declared" in label_note({"label_source": "not declared"})
    assert set(SOURCES) == {"rendered", "instructed", "self-report", "rated"}


@pytest.mark.thorough
def test_contempt_is_one_of_eight_outputs(tmp_path: Path) -> None:
    """Networks of seven and of eight classes in one study: each output is tested, under its common name."""
    torch.manual_seed(1)
    ending = nn.AdaptiveAvgPool2d(1), nn.Flatten()
    models = [
        own(
            nn.Sequential(nn.Conv2d(3, 4, 5), *ending, nn.Linear(4, len(labels))),
            labels=labels,
            preparation=Preparation.imagenet(32),
            id=name,
        )
        for name, labels in (
            ("seven", EMOTIONS),
            ("eight", (*EMOTIONS, "Contempt")),
            ("acht", (*EMOTIONS, "Verachtung")),
        )
    ]
    study = power_of_properties(70, classifiers=models, properties=["age"], methods=["chsic"], size=64)
    assert "23 questions, each with" in str(study.plan())
    effects = study.run(tmp_path / "run", n_jobs=1).effects
    counts = effects.groupby("classifier")["label"].nunique().to_dict()
    assert counts == {"seven": 7, "eight": 8, "acht": 8}
    assert set(effects.loc[effects["label"] == "contempt", "classifier"]) == {"eight", "acht"}
    assert effects["p"].notna().all()


def test_the_control_shows_people_like_those_the_networks_learnt_from() -> None:
    study = known_use_control(28)
    heads = list(study.faces)  # type: ignore[arg-type]
    assert all(head.glasses == 0 and head.pose == (0, 0, 0) and head.light == "studio" for head in heads)  # type: ignore[union-attr]
    assert 7 <= sum(bool(head.electrodes) for head in heads) <= 21  # type: ignore[union-attr]
    assert [model.id for model in study.models][:2] == ["known_unbiased", "known_age_happy"]
    assert study.names == ("age", "skin_tone", "electrodes")
