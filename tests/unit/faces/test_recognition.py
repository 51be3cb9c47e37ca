"""Real classifiers read the rendered expressions."""

from __future__ import annotations

import numpy as np
import pytest

from facelib import classifiers
from facelib.faces import render_heads, sample_heads
from facelib.faces.expressions import TUNED_ON

pytestmark = pytest.mark.packages


def read(expression_set: str) -> dict[str, float]:
    """Return the mean probability of the intended emotion over heads and classifiers, by emotion."""
    heads = sample_heads(10, seed=3030, ages=(20, 60), expression_set=expression_set)  # type: ignore[arg-type]
    networks = [classifiers.load(name) for name in classifiers.available() if name in TUNED_ON]
    means = {}
    for emotion in classifiers.EMOTIONS:
        faces = render_heads([head.replace(expression=emotion) for head in heads])
        images, boxes = np.stack([face.image for face in faces]), np.stack([face.box for face in faces])
        read_as = [network.probabilities(images, boxes)[:, network.index_of(emotion)] for network in networks]
        means[emotion] = float(np.mean(read_as))
    return means


def test_the_tuned_set_is_read_as_intended() -> None:
    means = read("tuned")
    assert means["happy"] >= 0.7
    assert means["surprise"] >= 0.6
    assert np.mean(list(means.values())) >= 0.5
    assert min(means.values()) > 1 / 7  # each emotion above chance


def test_the_facs_set_is_read_above_chance() -> None:
    means = read("facs")
    assert means["happy"] >= 0.4
    assert np.mean(list(means.values())) >= 0.3
