"""Labels that are numbers: which expression each stands for, by the data set."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

NUMBERS: Final[Mapping[str, Mapping[int, str]]] = MappingProxyType(
    {
        # Mollahosseini, Hasani, Mahoor 2017, doi 10.1109/TAFFC.2017.2740923; 8 none, 9 uncertain, 10 no face
        "affectnet": dict(
            enumerate(("neutral", "happy", "sad", "surprise", "fear", "disgust", "angry", "contempt"))
        ) | dict.fromkeys((8, 9, 10), ""),
        # Barsoum, Zhang, Canton Ferrer, Zhang 2016, doi 10.1145/2993148.2993165; 8 unknown, 9 no face
        "ferplus": dict(
            enumerate(("neutral", "happy", "surprise", "sad", "angry", "disgust", "fear", "contempt"))
        ) | dict.fromkeys((8, 9), ""),
        # Li, Deng, Du 2017, doi 10.1109/CVPR.2017.277
        "raf-db": dict(
            enumerate(("surprise", "fear", "disgust", "happy", "sad", "angry", "neutral"), start=1)
        ),
    }
)  # fmt: skip
"""Labels that are numbers, by the data set whose they are, as its authors give them; "": no expression."""
