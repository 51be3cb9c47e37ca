"""Common names of emotions."""

from __future__ import annotations

import pytest

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


@pytest.mark.parametrize(
    ("emotion", "words"),
    [
        ("neutral", "Neutral, neutral , NEUTRALITÄT, neutral_face"),
        ("happy", "happy , Happiness, joyful, smiling, Freude, Glück, glücklich, gluecklich, GLÜCKLICH"),
        ("sad", "Sad, Sadness, Trauer, traurig"),
        ("surprise", "Surprise, surprised, Überraschung, überrascht, Ueberraschung, U\u0308berraschung"),
        ("fear", "Fear, fearful, scared, afraid, Angst, Furcht, ängstlich, aengstlich"),
        ("disgust", "Disgust, disgusted, Ekel"),
        ("angry", "Anger, angry, Wut, Ärger, wütend, Aerger"),
    ],
)
def test_words_of_datasets_and_german_ones(emotion: str, words: str) -> None:
    assert common(words.split(",")) == dict.fromkeys(words.split(","), emotion)


def test_what_is_no_common_emotion_stays_none() -> None:
    others = ["contempt", "Contempt", "Verachtung", "cat", "", " ", "7", "happy sad", "calm"]
    assert common(others) == dict.fromkeys(others)
