"""Random populations: independent unless asked."""

from __future__ import annotations

import numpy as np
import pytest

from facelib.errors import BadValueError, UnknownNameError
from facelib.faces import Head, sample_heads

pytestmark = pytest.mark.packages


def table(heads: list[Head]) -> dict[str, np.ndarray]:
    return {
        "age": np.array([head.age for head in heads]),
        "gender": np.array([head.gender for head in heads]),
        "skin_tone": np.array([head.skin_tone for head in heads]),
        "happy": np.array([head.expression == "happy" for head in heads], float),
        "angry": np.array([head.expression == "angry" for head in heads], float),
        "long": np.array([head.hair in ("long", "tied") for head in heads], float),
        "wired": np.array([head.electrodes is not None for head in heads], float),
    }


def test_attributes_are_independent_and_cover_their_ranges() -> None:
    values = table(sample_heads(3000, seed=3))
    names = ("age", "gender", "skin_tone", "happy", "angry")
    correlations = np.corrcoef([values[name] for name in names]) - np.eye(len(names))
    correlations[3, 4] = correlations[4, 3] = 0  # one face shows one expression
    assert np.abs(correlations).max() < 0.06
    assert values["age"].min() >= 18
    assert values["age"].max() <= 80
    assert np.ptp(values["skin_tone"]) > 0.98
    assert abs(values["happy"].mean() - 1 / 7) < 0.025
    assert values["long"][values["gender"] < 0.5].mean() > 0.7  # else women are read as men
    assert values["long"][values["gender"] > 0.5].mean() < 0.2


def test_a_correlation_confounds() -> None:
    values = table(
        sample_heads(
            2000, seed=4, correlate={("age", "happy"): 0.6, ("skin_tone", "electrodes"): -0.7}, electrodes=0.5
        )
    )
    assert np.corrcoef(values["age"], values["happy"])[0, 1] > 0.25
    assert np.corrcoef(values["skin_tone"], values["wired"])[0, 1] < -0.4
    assert abs(np.corrcoef(values["gender"], values["happy"])[0, 1]) < 0.07
    assert abs(values["wired"].mean() - 0.5) < 0.05


def test_seeds_repeat_and_differ() -> None:
    assert sample_heads(5, seed=1) == sample_heads(5, seed=1)
    assert sample_heads(5, seed=1) != sample_heads(5, seed=2)
    assert len({head.seed for head in sample_heads(50)}) == 50
    assert sample_heads(0) == []


def test_choices_are_respected() -> None:
    heads = sample_heads(40, ages=(30, 31), expressions=("happy", "neutral"), expression_set="facs")
    assert {head.expression for head in heads} == {"happy", "neutral"}
    assert all(30 <= head.age <= 31 and head.expression_set == "facs" for head in heads)


def test_wrong_requests_say_so() -> None:
    with pytest.raises(UnknownNameError, match="shoe"):
        sample_heads(3, correlate={("age", "shoe"): 0.5})
    with pytest.raises(BadValueError, match="between -1 and 1"):
        sample_heads(3, correlate={("age", "happy"): 1.0})
    with pytest.raises(BadValueError, match="contradict"):
        sample_heads(3, correlate={("age", "happy"): 0.9, ("age", "sad"): 0.9, ("happy", "sad"): -0.9})
    with pytest.raises(BadValueError, match="0 or more"):
        sample_heads(-1)
