"""Common names of emotions, for comparisons between classifiers with different labels."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from facelib.errors import check_all

EMOTIONS = ("neutral", "happy", "sad", "surprise", "fear", "disgust", "angry")

# Nouns, adjectives and what AffectNet, RAF-DB, FER+, RaFD, KDEF and FaceReader write; then German.
_WORDS = MappingProxyType(
    {
        "neutral": "neutrality, neutral face, neutral expression, expressionless, rest, at rest, resting; "
        "neutralität, neutraler ausdruck, ausdruckslos, ruhe, in ruhe",
        "happy": "happiness, joy, joyful, joyous, smile, smiling, cheerful; "
        "freude, freudig, fröhlich, froh, glück, glücklich, lächeln, lächelnd",
        "sad": "sadness, sorrow, sorrowful, unhappy; trauer, traurig, traurigkeit",
        "surprise": "surprised, astonished, astonishment; überraschung, überrascht, erstaunen, erstaunt",
        "fear": "fearful, afraid, scared, frightened, fright; "
        "angst, ängstlich, furcht, furchtsam, verängstigt",
        "disgust": "disgusted; ekel, angeekelt, angewidert, abscheu",
        "angry": "anger, rage, furious, mad; wut, wütend, ärger, ärgerlich, verärgert, zorn, zornig",
    }
)
# An eighth class, which AffectNet, FER+ and RAF-ML have and the seven don't.
_FURTHER = MappingProxyType({"contempt": "contemptuous, disdain, scorn; verachtung, verächtlich"})
_TYPED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})  # how umlauts are typed without their keys


def _plain(word: str) -> str:
    """Return a word in small letters, without blanks around it, and with one blank between parts.

    >>> _plain("  Neutral_Face ")
    'neutral face'
    """
    text = unicodedata.normalize("NFC", str(word)).casefold()
    return " ".join(text.replace("_", " ").replace("-", " ").split())


def _table(names: Mapping[str, str]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for emotion, words in names.items():
        for word in (emotion, *words.replace(";", ",").split(",")):
            plain = _plain(word)
            found |= {plain: emotion, plain.translate(_TYPED): emotion}
    return MappingProxyType(found)


SYNONYMS = _table(_WORDS)
"""Words in small letters, English and German, and the common emotion that each stands for."""
_FURTHER_SYNONYMS = _table(_FURTHER)


def common(labels: Sequence[str]) -> dict[str, str | None]:
    """Return the common emotion of each label, None for one that has none.

    Capitals and blanks don't matter, and nouns, adjectives and German words are known (`SYNONYMS`).

    Examples
    --------
    >>> common(["Anger", "happy ", "scared", "Überraschung", "contempt"])
    {'Anger': 'angry', 'happy ': 'happy', 'scared': 'fear', 'Überraschung': 'surprise', 'contempt': None}
    """
    labels = check_all(labels, str, "A list of labels")
    return {label: SYNONYMS.get(_plain(label)) for label in labels}


def class_name(label: str) -> str:
    """Return the name that an output without a common emotion has in tables: a common one where there is one.

    Examples
    --------
    >>> class_name("Verachtung"), class_name(" calm")
    ('contempt', 'calm')
    """
    return _FURTHER_SYNONYMS.get(_plain(label), label.strip())


def is_further(label: str) -> bool:
    """Return whether a label is a class that many classifiers have beside the common emotions: contempt."""
    return _plain(label) in _FURTHER_SYNONYMS


def shortened(words: Sequence[str], most: int = 8) -> str:
    """Return words in a row, of many the first ones and how many more there are.

    Examples
    --------
    >>> shortened(["cat", "dog", "fox"], most=2)
    'cat, dog and 1 more'
    """
    more = f" and {len(words) - most} more" if len(words) > most else ""
    return f"{', '.join(words[:most])}{more}"
