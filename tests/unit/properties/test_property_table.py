"""The table of properties: one row per face, one column per property, quickly."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest

from facelib import properties
from facelib.errors import BadValueError, UnknownNameError
from facelib.faces import Face, Head, sample_photograph
from facelib.interventions import INTERVENTIONS
from facelib.properties import PROPERTIES
from facelib.properties.clinical.measures import NAMES as CLINICAL
from facelib.studies.sweeps.sweep import MEASURED

NAMES = {
    "age", "gender", "electrodes", "electrode_size", "electrode_wires", "electrode_tape",
    "glasses", "lens_tint", "mask", "grey_hair", "hair_length", "moles",
    "symmetry", "appearance_symmetry", "yaw", "pitch", "roll",
    "skin_tone", "brightness", "contrast", "sharpness", "light_azimuth", "light_elevation", "light_contrast",
    "estimated_age", "estimated_age_spread", "estimated_gender", "estimated_gender_spread",
    "activation", "activation_left", "activation_right", "activation_asymmetry",
    *CLINICAL,
}  # fmt: skip


def test_every_property_is_listed_with_its_tags() -> None:
    listed = properties.available()
    assert set(listed.name) == set(PROPERTIES) == NAMES
    assert set(listed.source) == {"given", "measured", "estimated"}
    assert set(listed.cost) == {"free", "pixels", "network"}
    assert (listed.low < listed.high).all()
    assert listed.description.str.endswith(".").all()
    assert (listed.title.str.len() > 2).all()


def test_what_interventions_claim_to_move_can_be_measured_or_was_set() -> None:
    moved = {INTERVENTIONS[name].moves for name in INTERVENTIONS} - {None}
    assert {"symmetry", "age", "gender", "skin_tone", "electrodes"} <= moved & set(PROPERTIES)


def test_one_row_a_face_in_the_order_given() -> None:
    bright = sample_photograph()
    dark = bright.replace(image=bright.image // 2)
    table = properties.measure([bright, dark, bright])
    assert list(table) == list(PROPERTIES)
    assert table.index.tolist() == [0, 1, 2]
    assert all(kind == np.float64 for kind in table.dtypes)
    pd.testing.assert_series_equal(table.loc[0], table.loc[2], check_names=False)
    assert table.brightness[1] == pytest.approx(table.brightness[0] / 2, abs=0.01)


def test_names_choose_the_columns_and_their_order() -> None:
    face = sample_photograph()
    assert list(properties.measure(face, ["sharpness", "age"])) == ["sharpness", "age"]
    assert list(properties.measure([face], "contrast")) == ["contrast"]


def test_no_faces_give_an_empty_table_with_the_columns() -> None:
    table = properties.measure([], ["age", "symmetry"])
    assert table.shape == (0, 2)
    assert list(table) == ["age", "symmetry"]


def test_measuring_leaves_the_face_as_it_was() -> None:
    face = sample_photograph()
    before = face.image.copy(), face.box.copy(), face.eyes.copy(), face.landmarks.copy()
    properties.measure(face)
    for was, now in zip(before, (face.image, face.box, face.eyes, face.landmarks), strict=True):
        np.testing.assert_array_equal(was, now)


@pytest.mark.thorough
def test_wrong_names_and_heads_are_answered_in_words() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean symmetry"):
        properties.measure(sample_photograph(), ["symetry"])
    for wrong in (["face"], "face", None):
        with pytest.raises(BadValueError, match=r"faces, heads or a set of faces; got (str|NoneType)"):
            properties.measure(wrong, "age")  # type: ignore[arg-type]
    ages = properties.measure([Head(age=30), Head(age=50)], "age")["age"]
    assert (
        ages.tolist() == [30, 50] == [properties.measure(Head(age=age), "age")["age"].item() for age in ages]
    )


def test_a_sweep_measures_nothing_dear() -> None:
    assert "network" not in {PROPERTIES[name].cost for name in MEASURED}


@pytest.mark.thorough
def test_a_sweep_is_measured_in_no_time() -> None:
    photograph = sample_photograph()
    rng = np.random.default_rng(0)
    landmarks = rng.uniform(0, 224, (478, 2)).astype(np.float32)
    faces = [photograph.replace(landmarks=landmarks) for _ in range(21)]
    assert all(isinstance(face, Face) for face in faces)
    took = []
    for _ in range(5):
        start = time.process_time()
        properties.measure(faces, MEASURED)
        took.append(time.process_time() - start)
    assert min(took) < 0.06
