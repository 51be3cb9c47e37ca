"""What a physician does: pictures of a patient in a folder, one call, one table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import facelib
from facelib import properties
from facelib.errors import BadValueError, UnknownNameError
from facelib.faces import Face, FaceSet, Head, load_face
from facelib.properties.clinical.measures import NAMES
from facelib.properties.clinical.millimetres import IRIS, IRIS_SD
from facelib.properties.clinical.tables import COLUMNS

PATIENT = Head(seed=5, palsy=1.0, palsy_side="left", expression="happy", light="frontal", hair="short")

ORDINARY = Head(seed=1, expression="neutral").render(96)


def rows(table: pd.DataFrame, face: object = None) -> pd.DataFrame:
    own = table if face is None else table[table["face"] == face]
    return own.set_index(["measure", "side"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("patients")
    pictures = {
        "rest.png": PATIENT.replace(expression="neutral"),
        "smile.png": PATIENT,
        "closed.png": PATIENT.replace(expression={"eyeBlink": 1.0}),
        "turned.png": PATIENT.replace(pose=(18, 0, 0)),
        "aside.png": PATIENT.replace(gaze=(20, 0)),
        "dark.png": PATIENT.replace(glasses=0.7, lens_tint=1.0),
    }
    for name, head in pictures.items():
        Image.fromarray(head.render(384).image).save(place / name)
    smile = np.asarray(Image.open(place / "smile.png"))
    Image.fromarray(np.ascontiguousarray(smile[:, ::-1])).save(place / "selfie.png")
    (place / "broken.png").write_bytes(b"\x89PNG no picture")
    files = [*pictures, "selfie.png", "broken.png"]
    table = pd.DataFrame(
        {"file": files, "person": "one", "mirrored": [name == "selfie.png" for name in files]}
    )
    table.to_csv(place / "faces.csv", index=False)
    return place


@pytest.fixture(scope="module")
def faces(folder: Path) -> FaceSet:
    return FaceSet.from_folder(folder, metadata="faces.csv")


@pytest.fixture(scope="module")
def table(faces: FaceSet) -> pd.DataFrame:
    return properties.clinical_measures(faces)


@pytest.mark.thorough
@pytest.mark.packages
def test_one_call_makes_one_tidy_table(faces: FaceSet, table: pd.DataFrame) -> None:
    assert list(table) == list(COLUMNS)
    assert set(table["face"]) == set(faces.table["id"])
    assert not table.duplicated(["face", "measure", "side"]).any()
    assert ((table["missing"] != "") >= table["value"].isna()).all(), "what is missing has a reason"
    smile = rows(table, "smile.png")
    assert smile.loc[("commissure_distance", "ratio"), "value"] < 0.9, "the left corner is drawn to the right"
    assert smile.loc[("mouth_angle", "difference"), "value"] < -5
    assert smile.loc[("philtrum_deviation", ""), "value"] < 0
    assert 15 < smile.loc[("commissure_distance", "right"), "mm"] < 60


@pytest.mark.thorough
@pytest.mark.packages
def test_a_selfie_that_is_said_to_be_mirrored_has_its_sides_right(table: pd.DataFrame, folder: Path) -> None:
    smile, selfie = rows(table, "smile.png"), rows(table, "selfie.png")
    for key in (("commissure_distance", "ratio"), ("mouth_angle", "difference"), ("brow_height", "left")):
        # the network itself reads a picture and its mirror image a little differently
        assert selfie.loc[key, "value"] == pytest.approx(smile.loc[key, "value"], rel=0.3)
    silent = rows(properties.clinical_measures(load_face(folder / "selfie.png")))
    assert silent.loc[("mouth_angle", "difference"), "value"] > 5, "unsaid, it is taken as it is"


@pytest.mark.thorough
@pytest.mark.packages
def test_what_cannot_be_seen_is_missing_with_its_reason(table: pd.DataFrame) -> None:
    closed = rows(table, "closed.png")
    assert "lids cover the iris" in closed.loc[("mrd1", "right"), "missing"]
    assert closed.loc[("palpebral_fissure", "right"), "value"] < 0.05
    turned = rows(table, "turned.png")
    assert "mm" in turned.loc[("commissure_distance", "left"), "missing"]
    assert "turned by 1" in turned.loc[("commissure_distance", "left"), "missing"]
    assert np.isfinite(turned.loc[("commissure_distance", "left"), "value"])
    assert np.isnan(turned.loc[("commissure_distance", "left"), "mm"])
    assert "gaze isn't primary" in rows(table, "aside.png").loc[("mrd1", "left"), "missing"]
    assert np.isfinite(rows(table, "aside.png").loc[("palpebral_fissure", "left"), "value"])
    dark = rows(table, "dark.png")
    for name in ("mrd1", "palpebral_fissure", "eye_aspect_ratio"):
        assert "dark glasses" in dark.loc[(name, "left"), "missing"]
    assert np.isfinite(dark.loc[("mouth_angle", "left"), "value"])
    assert "dark glasses" in dark.loc[("brow_height", "left"), "missing"], "no iris, no millimetres"
    broken = rows(table, "broken.png")
    assert broken["value"].isna().all()
    assert (broken["missing"] != "").all()


@pytest.mark.packages
def test_a_smile_is_measured_against_the_rest(faces: FaceSet) -> None:
    moved = rows(properties.commissure_displacement(faces["rest.png"], faces["smile.png"]))
    weak, healthy = (moved.loc[("commissure_displacement", side), "value"] for side in ("left", "right"))
    assert weak < 0.6 * healthy
    assert moved.loc[("commissure_displacement", "ratio"), "value"] == pytest.approx(weak / healthy)
    assert moved.loc[("commissure_displacement", "right"), "mm"] > 6
    assert moved.loc[("commissure_displacement_vertical", "right"), "value"] > 0
    turned = rows(properties.commissure_displacement(faces["rest.png"], faces["turned.png"]))
    assert "turned by" in turned.loc[("commissure_displacement", "right"), "missing"]
    assert np.isnan(turned.loc[("commissure_displacement", "right"), "mm"])
    nothing = rows(properties.commissure_displacement(faces["rest.png"], faces["rest.png"]))
    assert nothing.loc[("commissure_displacement", "right"), "value"] == pytest.approx(0, abs=1e-9)
    assert "no ratio" in nothing.loc[("commissure_displacement", "ratio"), "missing"]


@pytest.mark.packages
def test_an_eye_that_does_not_close_is_compared_with_its_own_open_one(faces: FaceSet) -> None:
    eyes = rows(properties.relative_eye_opening(faces["rest.png"], faces["closed.png"]))["value"]
    assert eyes["eye_aspect_ratio_relative", "left"] > eyes["eye_aspect_ratio_relative", "right"] + 0.2
    dark = rows(properties.relative_eye_opening(faces["rest.png"], faces["dark.png"]))
    assert dark["missing"].str.contains("dark glasses").all()


@pytest.mark.packages
def test_the_properties_are_the_same_numbers(faces: FaceSet, table: pd.DataFrame) -> None:
    measured = properties.measure(faces, [*NAMES])
    wide = table.assign(name=(table["measure"] + "_" + table["side"]).str.rstrip("_"))
    wide = wide.pivot_table(index="face", columns="name", values="value", dropna=False).loc[measured["id"]]
    np.testing.assert_allclose(measured[list(NAMES)], wide[list(NAMES)], equal_nan=True)


def test_millimetres_by_the_iris_carry_its_spread() -> None:
    one = rows(properties.clinical_measures(PATIENT)).loc[("brow_height", "left")]
    assert one["mm_low"] / one["mm"] == pytest.approx(1 - 1.96 * IRIS_SD / IRIS)
    assert one["mm_high"] / one["mm"] == pytest.approx(1 + 1.96 * IRIS_SD / IRIS)


def test_a_distance_that_was_measured_sets_the_millimetres() -> None:
    face = PATIENT.render(128)
    places = face.landmarks.astype(float)
    found = rows(properties.clinical_measures(face, mm={"interpupillary": 63.0}))
    left = found.loc[("brow_height", "left")]
    px = np.hypot(*(places[468] - places[473]))
    eyes = np.hypot(*(places[[33, 133]].mean(axis=0) - places[[263, 362]].mean(axis=0)))
    assert left["mm"] / left["value"] == pytest.approx(63 * eyes / px, rel=0.01)
    assert np.isnan(left["mm_low"])
    assert np.isnan(found.loc[("mouth_angle", "left"), "mm"]), "degrees aren't millimetres"
    people = [
        face.replace(attributes={"id": "a", "pd": 60.0}),
        face.replace(attributes={"id": "b", "pd": "wide"}),
    ]
    own = properties.clinical_measures(people, mm={"interpupillary": "pd"})
    assert rows(own, "a").loc[("brow_height", "left"), "mm"] == pytest.approx(left["mm"] * 60 / 63)
    assert "'wide'" in rows(own, "b").loc[("brow_height", "left"), "missing"]


def test_children_have_no_millimetres_by_the_iris() -> None:
    child = rows(properties.clinical_measures(Head(age=9)))
    assert "adults; the age is 9" in child.loc[("brow_height", "left"), "missing"]
    given = rows(properties.clinical_measures(Head(age=9), mm={"inner_canthal": 30}))
    assert np.isfinite(given.loc[("brow_height", "left"), "mm"])


def test_a_face_without_landmarks_says_so() -> None:
    grey = load_face(np.full((80, 80, 3), 99, np.uint8), detect=False)
    table = properties.clinical_measures([grey])
    assert table["missing"].eq("the landmarks aren't known").all()
    moved = properties.commissure_displacement(grey, PATIENT)
    assert moved["missing"].str.contains("landmarks aren't known").all()
    no_iris = PATIENT.render(96)
    landmarks = no_iris.landmarks.copy()
    landmarks[468:] = np.nan
    table = rows(properties.clinical_measures(no_iris.replace(landmarks=landmarks)))
    assert "no iris is seen" in table.loc[("brow_height", "left"), "missing"]
    assert np.isfinite(table.loc[("brow_height", "left"), "value"])
    assert "iris" in table.loc[("mrd1", "left"), "missing"]


@pytest.mark.thorough
@settings(deadline=None, max_examples=40)
@given(
    st.integers(0, 999),
    st.sampled_from(["scattered", "heap", "holes", "infinite"]),
    st.sampled_from([1e-3, 1.0, 30.0, 1e4]),
    st.sampled_from(["iris", {"interpupillary": 60.0}, {"inner_canthal": "pd"}]),
)
def test_every_number_is_finite_or_missing_for_a_reason(
    seed: int, kind: str, spread: float, mm: object
) -> None:
    rng = np.random.default_rng(seed)
    points = ORDINARY.landmarks + rng.normal(0, spread, (478, 2))
    if kind == "heap":
        points[:] = points[0]
    if kind in {"holes", "infinite"}:
        points[rng.random(478) < 0.1] = np.nan if kind == "holes" else np.inf
    face = ORDINARY.replace(landmarks=points.astype(np.float32))
    table = properties.clinical_measures(face, mm=mm)  # type: ignore[arg-type]
    numbers = table[["value", "mm", "mm_low", "mm_high"]].to_numpy()
    assert not np.isinf(numbers).any()
    assert (
        table["value"].notna() == ((table["missing"] == "") | table["missing"].str.startswith("in mm"))
    ).all()
    long = (table["unit"] == "eye distances") & (table["missing"] == "")
    assert table.loc[long, "mm"].notna().all()


@pytest.mark.parametrize("said", ["maybe", 2, (1, 2), b"yes"])
def test_strange_words_about_mirrors_measure_nothing(said: object) -> None:
    face = PATIENT.render(64)
    table = properties.clinical_measures(face.replace(attributes={"mirrored": said}))
    assert table["value"].isna().all()
    assert table["missing"].str.contains("mirrored is true or false").all()


@pytest.mark.parametrize(
    ("mm", "error", "said"),
    [
        ("pupil", BadValueError, "one distance"),
        (63.0, BadValueError, "one distance"),
        ({}, BadValueError, "one distance"),
        ({"interpupilary": 63.0}, UnknownNameError, "Did you mean 'interpupillary'"),
        ({"interpupillary": -3}, BadValueError, "millimetres above 0"),
        ({"interpupillary": np.nan}, BadValueError, "millimetres above 0"),
        ({"interpupillary": None}, BadValueError, "millimetres above 0"),
    ],
)
def test_wrong_millimetres_are_answered_in_words(mm: object, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        properties.clinical_measures([], mm=mm)  # type: ignore[arg-type]


def test_wrong_faces_are_answered_in_words() -> None:
    for wrong in ("rest.png", ["rest.png"], None):
        with pytest.raises(BadValueError, match="faces, heads or a set of faces"):
            properties.clinical_measures(wrong)  # type: ignore[arg-type]
    with pytest.raises(BadValueError, match="Two faces of one person"):
        properties.commissure_displacement(PATIENT, "smile.png")  # type: ignore[arg-type]
    one, other = (PATIENT.render(64).replace(attributes={"person": name}) for name in ("Anna", "Ben"))
    with pytest.raises(BadValueError, match="'Anna' and 'Ben'"):
        properties.relative_eye_opening(one, other)
    assert properties.clinical_measures([]).empty
    assert isinstance(one, Face)
    assert facelib.properties.clinical_measures is properties.clinical_measures
