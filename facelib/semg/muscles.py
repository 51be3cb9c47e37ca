"""The muscles of the Fridlund scheme, where their electrodes sit, and which face units they move.

The scheme has eleven muscles on two sides. Which muscle moves what follows the muscular basis of the Facial
Action Coding System (Ekman, Friesen & Hager 2002); how much of a face unit each of them makes up is our
choice: muscles that share a unit share it evenly. A surface electrode picks up its neighbours, too: a channel
bears the name of the muscle below it, and is not that muscle alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import numpy.typing as npt

from facelib.errors import UnknownNameError
from facelib.head.expressions import FACE_UNITS, PAIRED

if TYPE_CHECKING:
    import pandas as pd

Side = Literal["left", "right"]
SIDES: Final[tuple[Side, Side]] = ("left", "right")
"""Of the person, in the order of the channels."""
REGIONS: Final = ("forehead", "brow", "eye", "midface", "mouth", "chin", "jaw")
"""Parts of the face that muscles and electrodes belong to, from above."""


@dataclass(frozen=True)
class Muscle:
    """A muscle that the Fridlund scheme records.

    Parameters
    ----------
    id
        Its name in tables and channels.
    title
        Its anatomical name.
    fridlund
        Electrode positions of the person's right and left side.
    region
        One of `REGIONS`.
    does
        Visible effect of its contraction.
    units
        Face units (without the side) that it moves, and the share of each that is its own.
    note
        What must be known about it.
    """

    id: str
    title: str
    fridlund: tuple[str, str]
    region: str
    does: str
    units: Mapping[str, float] = field(default_factory=dict)
    note: str = ""


_SHARED = (
    "Corrugator and depressor supercilii (with procerus) lower the brow together: one face unit for both."
)
_MIDLINE = "ARKit has one unit for both sides: left and right can't be told apart by it."

_ALL = (
    Muscle(
        "corrugator_supercilii",
        "Corrugator supercilii",
        ("F5", "F6"),
        "brow",
        "draws the brow down and inwards",
        {"browDown": 0.5},
        _SHARED,
    ),
    Muscle(
        "depressor_anguli_oris",
        "Depressor anguli oris",
        ("F13", "F14"),
        "mouth",
        "draws the corner of the mouth down",
        {"mouthFrown": 1.0},
    ),
    Muscle(
        "depressor_supercilii",
        "Depressor supercilii / procerus",
        ("F7", "F8"),
        "brow",
        "draws the inner brow down",
        {"browDown": 0.5},
        _SHARED,
    ),
    Muscle(
        "frontalis_lateral",
        "Frontalis, lateral part",
        ("F3", "F4"),
        "forehead",
        "raises the outer brow",
        {"browOuterUp": 1.0},
    ),
    Muscle(
        "frontalis_medial",
        "Frontalis, medial part",
        ("F1", "F2"),
        "forehead",
        "raises the inner brow",
        {"browInnerUp": 1.0},
        _MIDLINE,
    ),
    Muscle(
        "levator_labii_superioris",
        "Levator labii superioris",
        ("F9", "F10"),
        "midface",
        "raises the upper lip and wrinkles the nose",
        {"mouthUpperUp": 1.0, "noseSneer": 1.0},
    ),
    Muscle(
        "masseter",
        "Masseter",
        ("F21", "F22"),
        "jaw",
        "closes the jaw",
        {},
        "No face unit: clenched teeth are hardly seen, and an open jaw is the work of others.",
    ),
    Muscle(
        "mentalis",
        "Mentalis",
        ("F15", "F16"),
        "chin",
        "raises the chin and pushes the lower lip up",
        {"mouthShrugLower": 1.0},
        _MIDLINE,
    ),
    Muscle(
        "orbicularis_oculi",
        "Orbicularis oculi",
        ("F17", "F18"),
        "eye",
        "narrows and closes the eye, and raises the cheek",
        {"eyeSquint": 1.0, "cheekSquint": 1.0},
        "A blink is this muscle's, too; it is short, and not part of the map.",
    ),
    Muscle(
        "orbicularis_oris",
        "Orbicularis oris",
        ("F11", "F12"),
        "mouth",
        "closes and purses the lips",
        {"mouthPucker": 1.0},
        _MIDLINE,
    ),
    Muscle(
        "zygomaticus",
        "Zygomaticus",
        ("F19", "F20"),
        "midface",
        "draws the corner of the mouth up and outwards",
        {"mouthSmile": 1.0},
    ),
)
MUSCLES: Final[Mapping[str, Muscle]] = MappingProxyType({muscle.id: muscle for muscle in _ALL})
"""The eleven muscles by their ids, in alphabetical order."""
CHANNELS: Final[tuple[str, ...]] = tuple(f"{muscle}_{side}" for muscle in MUSCLES for side in SIDES)
"""The 22 channels: each muscle's left side, then its right side."""
POSITIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        f"{muscle.id}_{side}": position
        for muscle in _ALL
        for side, position in zip(("right", "left"), muscle.fridlund, strict=True)
    }
)
"""Channel to its position in the Fridlund scheme."""

_KURAMOTO: Final = MappingProxyType(
    {
        "forehead": (1, 2, 13, 14),
        "brow": (3, 4, 19),
        "eye": (5, 6, 15, 16, 24),
        "midface": (7, 8, 20),
        "mouth": (9, 10),
        "jaw": (17, 18),
    }
)
"""Regions that the positions of the Kuramoto scheme lie in; between muscles, by design (our choice)."""
_REGION_OF: Final = MappingProxyType(
    {position: muscle.region for muscle in _ALL for position in muscle.fridlund}
    | {f"K{number}": region for region, numbers in _KURAMOTO.items() for number in numbers}
)

MUSCLE_COLUMNS: Final = MappingProxyType(
    {
        "muscle": "id",
        "title": "anatomical name",
        "region": "part of the face",
        "right": "electrode position of the person's right side",
        "left": "electrode position of the person's left side",
        "does": "what is seen when it contracts",
        "units": "face units that it moves, with its share of each",
        "group": "id of the group of channels that the face doesn't distinguish",
        "identifiable": "whether face units show how active that group is",
        "note": "what must be known",
    }
)
"""Columns of `muscle_table`, with their meaning."""


@dataclass(frozen=True)
class Group:
    """Channels that can't be distinguished by what they move.

    Parameters
    ----------
    id, title
        Its names.
    channels
        Of `CHANNELS`; the group's activity is their mean.
    units
        Face units that they move, with their sides.
    identifiable
        Whether face units show how active the group is.
    why
        Why not, or why its channels stand together.
    """

    id: str
    title: str
    channels: tuple[str, ...]
    units: tuple[str, ...]
    identifiable: bool
    why: str = ""


def region_of(position: str) -> str:
    """Return the region that an electrode position of either scheme lies in.

    Raises
    ------
    UnknownNameError
        There is no such position.

    Examples
    --------
    >>> region_of("F19"), region_of("K20")
    ('midface', 'midface')
    """
    if position not in _REGION_OF:
        msg = f"There is no electrode position {position!r}."
        raise UnknownNameError(msg, hint="facelib.faces.ELECTRODE_SCHEMES lists them.")
    return _REGION_OF[position]


def units_of(muscle: str, side: Side) -> dict[str, float]:
    """Return the face units that one side of a muscle moves, and its share of each.

    Units that both sides have in common are shared evenly.

    Examples
    --------
    >>> units_of("zygomaticus", "left"), units_of("mentalis", "left")
    ({'mouthSmileLeft': 1.0}, {'mouthShrugLower': 0.5})
    """
    shares = MUSCLES[muscle].units
    return {
        (f"{unit}{side.capitalize()}" if unit in PAIRED else unit): share if unit in PAIRED else share / 2
        for unit, share in shares.items()
    }


@cache
def unit_weights() -> npt.NDArray[np.float64]:
    """Return the declared map from muscles to face units, (52, 22): units of `FACE_UNITS`, then `CHANNELS`.

    Rows sum to 1, or to 0 where no recorded muscle moves the unit: channels that are all fully active move
    their units fully. Read-only.

    Examples
    --------
    >>> sorted(set(unit_weights().sum(axis=1).tolist()))
    [0.0, 1.0]
    """
    weights = np.zeros((len(FACE_UNITS), len(CHANNELS)))
    for column, channel in enumerate(CHANNELS):
        muscle, side = split(channel)
        for unit, share in units_of(muscle, side).items():
            weights[FACE_UNITS.index(unit), column] = share
    weights.setflags(write=False)
    return weights


def split(channel: str) -> tuple[str, Side]:
    """Return the muscle and the side of a channel.

    Examples
    --------
    >>> split("zygomaticus_left")
    ('zygomaticus', 'left')
    """
    for side in SIDES:
        muscle = channel.removesuffix(f"_{side}")
        if muscle != channel and muscle in MUSCLES:
            return muscle, side
    msg = f"There is no channel {channel!r}."
    raise UnknownNameError(msg, hint="facelib.semg.CHANNELS lists them.")


def _groups() -> dict[str, Group]:
    """Put channels together that move the same face units."""
    by_units: dict[tuple[str, ...], list[str]] = {}
    for channel in CHANNELS:
        by_units.setdefault(tuple(units_of(*split(channel))), []).append(channel)
    groups = {}
    for units, channels in by_units.items():
        muscles = list(dict.fromkeys(split(channel)[0] for channel in channels))
        sides = {split(channel)[1] for channel in channels}
        side = sides.pop() if len(sides) == 1 else ""
        title = " and ".join(MUSCLES[muscle].title for muscle in muscles)
        name = "brow_depressors" if len(muscles) > 1 else muscles[0]
        group = Group(
            f"{name}_{side}" if side else name,
            f"{title}, {side or 'both sides'}",
            tuple(channels),
            units,
            bool(units),
            MUSCLES[muscles[0]].note if len(channels) > 1 else "",
        )
        groups[group.id] = group
    return groups


GROUPS: Final[Mapping[str, Group]] = MappingProxyType(_groups())
"""The muscles that a face distinguishes: channels that move the same face units stand together."""


def group_of(channel: str) -> Group:
    """Return the group that a channel belongs to."""
    return next(group for group in GROUPS.values() if channel in group.channels)


def muscle_table() -> pd.DataFrame:
    """Return the muscles, one row each; columns as in `MUSCLE_COLUMNS`."""
    import pandas as pd

    rows = []
    for muscle in _ALL:
        group = group_of(f"{muscle.id}_left")
        rows.append(
            {
                "muscle": muscle.id,
                "title": muscle.title,
                "region": muscle.region,
                "right": muscle.fridlund[0],
                "left": muscle.fridlund[1],
                "does": muscle.does,
                "units": ", ".join(f"{unit} {share:g}" for unit, share in muscle.units.items()),
                "group": group.id.removesuffix("_left"),
                "identifiable": group.identifiable,
                "note": muscle.note,
            }
        )
    return pd.DataFrame(rows, columns=list(MUSCLE_COLUMNS))
