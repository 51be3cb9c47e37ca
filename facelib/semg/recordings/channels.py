"""Channel names in recordings: Latin, German, shortened, or positions of the scheme."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from facelib.errors import UnknownNameError
from facelib.semg.muscles import CHANNELS, MUSCLES, POSITIONS, Side
from facelib.utilities.nearest import SLIP, nearest

_WORDS: Final = {
    "corrugator_supercilii": (
        "corrugator supercilii", "corrugator", "corr", "augenbrauenrunzler", "stirnrunzler",
    ),
    "depressor_anguli_oris": (
        "depressor anguli oris", "depressor ang oris", "dao", "triangularis", "mundwinkelherabzieher",
        "mundwinkelsenker",
    ),
    "depressor_supercilii": (
        "depressor supercilii procerus",
        "depressor supercilii",
        "procerus",
        "deprsup",
        "augenbrauensenker",
        "augenbrauenherabzieher",
    ),
    "frontalis_lateral": ("lateraler frontalis", "lateral frontalis", "frontalis lateral", "lat front"),
    "frontalis_medial": ("medialer frontalis", "medial frontalis", "frontalis medial", "med front"),
    "levator_labii_superioris": (
        "levator labii superioris", "levator labii", "llsup", "lls", "oberlippenheber",
    ),
    "masseter": ("masseter", "mass", "kaumuskel"),
    "mentalis": ("mentalis", "ment", "kinnmuskel"),
    "orbicularis_oculi": ("orbicularis oculi", "orboc", "orb oculi", "augenringmuskel"),
    "orbicularis_oris": ("orbicularis oris", "orbor", "orb oris", "mundringmuskel"),
    "zygomaticus": (
        "zygomaticus major", "zygomaticus", "zyg", "zygo", "zyg major", "jochbeinmuskel",
        "grosser jochbeinmuskel",
    ),
}  # fmt: skip
_SIDE: Final[dict[str, Side]] = {
    "l": "left", "li": "left", "lt": "left", "left": "left", "links": "left", "linker": "left",
    "r": "right", "re": "right", "rt": "right", "right": "right", "rechts": "right", "rechter": "right",
}  # fmt: skip
_BEFORE: Final = re.compile(r"^(emg |m |musc |musculus |muscle |muskel )+")
_AFTER: Final = re.compile(r"( emg)( \d+)?$")  # as recorders number their sensors
_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_MUSCLE: Final = {words: muscle for muscle, names in _WORDS.items() for words in names}
_POSITION: Final = {position.lower(): channel for channel, position in POSITIONS.items()}

_SHORT: Final = 5  # letters: of so few, anything is like anything

assert set(_WORDS) == set(MUSCLES)


def channel_of(name: str) -> str:
    """Return the channel that a recording's column means.

    Parameters
    ----------
    name
        As in "Mimics, Muscles, and Me" ("Medialer Frontalis_l"), in the package `electromyogram`
        ("Zyg li"), as labs write them ("M. zygomaticus major li", "R Zygomaticus", "Augenringmuskel_l"), a
        position ("F20"), or one of `CHANNELS`; case, dots, dashes, underscores and an "EMG" before or behind
        it don't count. Left and right are the person's.

    Raises
    ------
    UnknownNameError
        It is none of them.

    Examples
    --------
    >>> channel_of("Medialer Frontalis_l"), channel_of("Zyg re"), channel_of("F20")
    ('frontalis_medial_left', 'zygomaticus_right', 'zygomaticus_left')
    """
    cleaned = _cleaned(name)
    if cleaned in _POSITION:
        return _POSITION[cleaned]
    first, _, behind = cleaned.partition(" ")
    before, _, last = cleaned.rpartition(" ")
    for side, muscle in ((last, before), (first, behind)):
        plain = _BEFORE.sub("", muscle)
        if side in _SIDE and plain in _MUSCLE:
            return f"{_MUSCLE[plain]}_{_SIDE[side]}"
    msg = (
        f"The column {name!r} names no channel. Expected a muscle and a side as in 'Zygomaticus_l', or a "
        f"position as 'F20'; the channels are {', '.join(CHANNELS)}."
    )
    raise UnknownNameError(msg)


def _cleaned(name: str) -> str:
    """Return a name in small letters and blanks, without what labs write around a muscle."""
    words = re.sub(r"[^a-z0-9]+", " ", str(name).casefold().translate(_UMLAUTS)).strip()
    return _AFTER.sub("", _BEFORE.sub("", words)) or words


def like_a_channel(name: str) -> str:
    """Return the channel that a name seems to misspell; "" if it is something else.

    >>> like_a_channel("Zygomatcus_l"), like_a_channel("Force"), like_a_channel("EXG1")
    ('zygomaticus_left', '', '')
    """
    cleaned = _cleaned(name)
    known_names = {
        f"{muscle} {side}": f"{channel}_{there}"
        for muscle, channel in _MUSCLE.items()
        for side, there in _SIDE.items()
    }
    found = nearest(cleaned, known_names, alike=SLIP) if len(cleaned) > _SHORT else []
    return known_names[found[0]] if found else ""


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
