"""Sweeps and studies of classifiers that see aligned faces: aligned once, on the unchanged face."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

import facelib
from facelib import studies
from facelib.classifiers import Classifier, Preparation, five_points
from facelib.faces import Face, Head
from facelib.interventions import PictureIntervention
from facelib.interventions.symmetry import Chimeras, flipped
from facelib.studies.engine.worker import FlippedFrames

pytestmark = [pytest.mark.packages, pytest.mark.usefixtures("single_threaded")]

TEMPLATE = np.array([[0.31, 0.40], [0.69, 0.40], [0.5, 0.60], [0.35, 0.78], [0.65, 0.78]])
KNOWN = "known_unbiased"


@pytest.fixture(scope="module")
def aligned() -> Classifier:
    """A network that was trained on faces as they are, brought as if on aligned ones."""
    known = facelib.classifiers.load(KNOWN)
    seen = Preparation(64, "rgb", 127.5, 127.5, align="five points", template=TEMPLATE)
    return Classifier(
        "aligned", known.body, known.head, labels=known.labels, emotions=known.emotions, preparation=seen,
        card=known.card,
    )  # fmt: skip


@pytest.fixture(scope="module")
def face() -> Face:
    return Head(seed=3, expression="happy", pose=(0, 0, 12)).render(160)


@dataclass(frozen=True)
class Slide(PictureIntervention):
    """The picture slides to the right, with box, eyes and landmarks: what alignment would undo."""

    id: ClassVar[str] = "slide"
    title: ClassVar[str] = "slide"
    group: ClassVar[str] = "View"
    description: ClassVar[str] = "It slides."
    sentence: ClassVar[str] = "the picture slides"

    def _change(self, face: Face, strength: float) -> Face:
        by = round(24 * strength)
        shift = np.array([by, 0])
        return face.replace(
            image=np.roll(face.image, by, axis=1),
            box=face.box + np.tile(shift, 2),
            eyes=face.eyes + shift,
            landmarks=(face.landmarks + shift).astype(np.float32),
        )


@pytest.mark.thorough
def test_the_points_of_strength_0_serve_all_so_that_alignment_undoes_nothing(
    aligned: Classifier, face: Face
) -> None:
    found = facelib.sweep(face, Slide(), [aligned], steps=3, label="happy")
    images, points = found.images, five_points(face)
    expected = aligned.probabilities(images, face.box, points)
    np.testing.assert_allclose(found.readings["aligned"].probabilities, expected, atol=1e-5)
    followed = np.concatenate(
        [aligned.probabilities(one.image[None], one.box, five_points(one)) for one in found.frames.faces]
    )
    assert np.abs(followed - followed[0]).max() < 0.02, "points that follow undo it"
    assert np.abs(expected - expected[0]).max() > 0.1
    shown = studies.snapshot(face, Slide(), 0.5, [aligned])
    np.testing.assert_allclose(shown.readings["aligned"].probabilities[0], expected[1], atol=1e-5)


def test_placebos_and_maps_of_an_aligned_sweep(aligned: Classifier, face: Face) -> None:
    found = facelib.sweep(face, Slide(), [aligned, KNOWN], steps=3, label="happy")
    *_, references = studies.run_references(found, 2, thinned=2)
    unchanged = references.sweeps[0].probabilities["aligned"][0]
    np.testing.assert_allclose(unchanged, found.readings["aligned"].probabilities[0], atol=1e-5)
    maps = found.attribution
    assert maps.overlays("aligned").shape == found.images.shape
    region = maps.region("aligned")
    corners = aligned.parts(face.box, face.size, five_points(face)).corners()[0]  # type: ignore[union-attr]
    assert (region[:2] <= corners.min(axis=0)).all()
    assert (region[2:] >= corners.max(axis=0)).all()
    assert maps.upright(KNOWN).shape == maps.maps(KNOWN).shape
    assert maps.upright("aligned").shape[1] > maps.maps("aligned").shape[1]
    table = maps.regions("aligned")
    assert table["share"].groupby(table["step"]).sum().round(6).isin([0, 1]).all()


def test_a_study_goes_on_past_a_face_without_landmarks(
    aligned: Classifier, face: Face, tmp_path: Path
) -> None:
    people = [face.replace(attributes={"person": name, "expression": "happy"}) for name in ("Anna", "Ben")]
    blind = people[1].replace(
        landmarks=np.full((478, 2), np.nan, np.float32), attributes={"person": "Cleo", "expression": "happy"}
    )
    study = facelib.InterventionalStudy([*people, blind], ["blur"], classifiers=[aligned, KNOWN], steps=2)
    result = study.run(tmp_path, n_jobs=1)
    table, failures = result.table, result.failures
    failed = table[table["probability"].isna()]
    assert set(failed["classifier"]) == {"aligned"}
    assert failed["face"].nunique() == 1
    assert (table["classifier"] == "aligned").sum() == (table["classifier"] == KNOWN).sum()
    assert failures.astype(str).agg(" ".join, axis=1).str.contains("aligned by its eyes").all()


@pytest.mark.thorough
def test_chimeras_are_aligned_as_the_face_and_its_mirror_image_are(
    aligned: Classifier,
) -> None:
    face = Head(seed=3, expression="happy", left=0.5).render(160)
    made = tuple(Chimeras().variants(face))
    points = FlippedFrames(made, np.zeros(len(made))).points
    assert points.shape == (8, 5, 2)
    for number in range(4):
        np.testing.assert_allclose(points[number], five_points(face))
        np.testing.assert_allclose(points[4 + number], five_points(flipped(face)))
    assert FlippedFrames(made[:2], np.zeros(2)).points.shape == (2, 5, 2)
