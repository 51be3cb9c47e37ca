"""Channel names in recordings: Latin, German, shortened, or positions of the scheme."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from facelib.errors import UnknownNameError
from facelib.semg.muscles import CHANNELS, MUSCLES, POSITIONS, Side

_WORDS: Final = {
    "corrugator_supercilii": ("corrugator supercilii", "corrugator", "corr"),
    "depressor_anguli_oris": ("depressor anguli oris", "depressor ang oris", "dao"),
    "depressor_supercilii": (
        "depressor supercilii procerus",
        "depressor supercilii",
        "procerus",
        "deprsup",
    ),
    "frontalis_lateral": ("lateraler frontalis", "lateral frontalis", "frontalis lateral", "lat front"),
    "frontalis_medial": ("medialer frontalis", "medial frontalis", "frontalis medial", "med front"),
    "levator_labii_superioris": ("levator labii superioris", "levator labii", "llsup"),
    "masseter": ("masseter", "mass"),
    "mentalis": ("mentalis", "ment"),
    "orbicularis_oculi": ("orbicularis oculi", "orboc"),
    "orbicularis_oris": ("orbicularis oris", "orbor"),
    "zygomaticus": ("zygomaticus major", "zygomaticus", "zyg"),
}
_SIDE: Final[dict[str, Side]] = {
    "l": "left", "li": "left", "left": "left", "links": "left",
    "r": "right", "re": "right", "right": "right", "rechts": "right",
}  # fmt: skip
_MUSCLE: Final = {words: muscle for muscle, names in _WORDS.items() for words in names}
_POSITION: Final = {position.lower(): channel for channel, position in POSITIONS.items()}

assert set(_WORDS) == set(MUSCLES)


def channel_of(name: str) -> str:
    """Return the channel that a recording's column means.

    Parameters
    ----------
    name
        As in "Mimics, Muscles, and Me" ("Medialer Frontalis_l"), in the package `electromyogram`
        ("Zyg li"), a position ("F20"), or one of `CHANNELS`; case, dots, dashes, underscores and the "EMG"
        that EDF+ writes before it don't count. Left and right are the person's.

    Raises
    ------
    UnknownNameError
        It is none of them.

    Examples
    --------
    >>> channel_of("Medialer Frontalis_l"), channel_of("Zyg re"), channel_of("F20")
    ('frontalis_medial_left', 'zygomaticus_right', 'zygomaticus_left')
    """
    cleaned = re.sub(r"[^a-z0-9]+", " ", str(name).lower()).strip().removeprefix("emg ")
    if cleaned in _POSITION:
        return _POSITION[cleaned]
    muscle, _, side = cleaned.rpartition(" ")
    if side in _SIDE and muscle in _MUSCLE:
        return f"{_MUSCLE[muscle]}_{_SIDE[side]}"
    msg = (
        f"The column {name!r} names no channel. Expected a muscle and a side as in 'Zygomaticus_l', or a "
        f"position as 'F20'; the channels are {', '.join(CHANNELS)}."
    )
    raise UnknownNameError(msg)


def channels_of(names: Iterable[str]) -> tuple[str, ...]:
    """Return the channels of several columns; see `channel_of`."""
    return tuple(channel_of(name) for name in names)


def known(names: Sequence[str]) -> dict[str, str]:
    """Return, for those names that mean a channel, name to channel; the others are left out."""
    found = {}
    for name in names:
        try:
            found[name] = channel_of(name)
        except UnknownNameError:
            continue
    return found
