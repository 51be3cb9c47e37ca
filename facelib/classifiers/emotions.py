"""The common names of emotions, for comparisons between classifiers that call them differently."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

EMOTIONS = ("neutral", "happy", "sad", "surprise", "fear", "disgust", "angry")

_SYNONYMS = MappingProxyType(
    {
        **{emotion: emotion for emotion in EMOTIONS},
        "anger": "angry",
        "disgusted": "disgust",
        "fearful": "fear",
        "happiness": "happy",
        "joy": "happy",
        "sadness": "sad",
        "surprised": "surprise",
    }
)


def common(labels: Sequence[str]) -> dict[str, str | None]:
    """Return the common emotion of each label, None for one that has none.

    Examples
    --------
    >>> common(["Anger", "contempt"])
    {'Anger': 'angry', 'contempt': None}
    """
    return {label: _SYNONYMS.get(label.lower()) for label in labels}
