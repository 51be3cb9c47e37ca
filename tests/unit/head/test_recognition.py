"""Real classifiers read the rendered expressions, on people of every skin tone and age."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from facelib import classifiers
from facelib.faces import Head, render_heads, sample_heads
from facelib.head.expressions import TUNED_ON

pytestmark = pytest.mark.packages

SEED = 3030
PEOPLE = 30
CHUNK = 35  # pictures at a time
CHANCE = 1 / 7


def people(n: int) -> list[Head]:
    """Frontal adults with nothing on the face, in studio light."""
    return sample_heads(n, seed=SEED, ages=(20, 60))


def read(heads: list[Head], expression_set: str) -> pd.DataFrame:
    """Return the probability of the intended emotion, one row per head, emotion and available classifier."""
    networks = [classifiers.load(name) for name in classifiers.available() if name in TUNED_ON]
    shown = [
        (i, emotion, head.replace(expression=emotion, expression_set=expression_set))
        for i, head in enumerate(heads)
        for emotion in classifiers.EMOTIONS
    ]
    rows = []
    for start in range(0, len(shown), CHUNK):
        part = shown[start : start + CHUNK]
        faces = render_heads([head for _, _, head in part])
        images, boxes = np.stack([face.image for face in faces]), np.stack([face.box for face in faces])
        for network in networks:
            given = network.probabilities(images, boxes)
            for (i, emotion, head), probability in zip(part, given, strict=True):
                value = float(probability[network.index_of(emotion)])
                rows.append((i, emotion, network.id, head.skin_tone, head.age, value))
    return pd.DataFrame(rows, columns=["head", "emotion", "classifier", "skin_tone", "age", "p"])


def thirds(table: pd.DataFrame, name: str, ends: tuple[float, float]) -> npt.NDArray[np.float64]:
    """Return the mean probability in the lowest, middle and highest third of a range."""
    third = np.clip((table[name] - ends[0]) / (ends[1] - ends[0]) * 3, 0, 2.99).astype(int)
    return table.groupby(third)["p"].mean().reindex(range(3)).to_numpy()


@pytest.fixture(scope="module")
def tuned() -> pd.DataFrame:
    return read(people(PEOPLE), "tuned")


@pytest.mark.thorough
def test_the_tuned_set_is_read_as_intended(tuned: pd.DataFrame) -> None:
    means = tuned.groupby("emotion")["p"].mean()
    assert len(tuned) == PEOPLE * 7 * tuned["classifier"].nunique()
    assert tuned["p"].mean() >= 0.52
    assert means["happy"] >= 0.70
    assert means["surprise"] >= 0.60
    assert means.min() > 1.5 * CHANCE


@pytest.mark.thorough
def test_no_skin_tone_and_no_age_is_left_out(tuned: pd.DataFrame) -> None:
    """Each third of the tones and of the ages is read well, and a smile as well as in the others."""
    happy = tuned[tuned["emotion"] == "happy"]
    for name, ends in (("skin_tone", (0.0, 1.0)), ("age", (20.0, 60.0))):
        assert thirds(tuned, name, ends).min() >= 0.44
        assert thirds(happy, name, ends).min() >= 0.65
        assert np.ptp(thirds(happy, name, ends)) <= 0.15


@pytest.mark.thorough
def test_every_classifier_reads_above_chance(tuned: pd.DataFrame) -> None:
    assert (tuned.groupby("classifier")["p"].mean() > 2 * CHANCE).all()


@pytest.mark.thorough
def test_the_facs_set_is_read_above_chance() -> None:
    means = read(people(6), "facs").groupby("emotion")["p"].mean()
    assert means["happy"] >= 0.4
    assert means.mean() >= 0.3
