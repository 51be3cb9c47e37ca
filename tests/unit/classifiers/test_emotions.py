"""Common names of emotions."""

from __future__ import annotations

from facelib.classifiers import EMOTIONS, common


def test_the_order_is_fixed() -> None:
    assert EMOTIONS == ("neutral", "happy", "sad", "surprise", "fear", "disgust", "angry")


def test_synonyms_and_case() -> None:
    assert common(("Happiness", "SAD", "Fearful", "disgusted", "surprised", "anger", "neutral")) == {
        "Happiness": "happy",
        "SAD": "sad",
        "Fearful": "fear",
        "disgusted": "disgust",
        "surprised": "surprise",
        "anger": "angry",
        "neutral": "neutral",
    }
    assert common(["boredom"]) == {"boredom": None}
