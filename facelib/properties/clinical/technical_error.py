"""Limits of the technical error of the commissure displacement, for what is known of how pictures were taken.

The table is `facelib.data.table("clinical_error")`: landmarks found in pictures of rendered heads
against the mesh's own. How strong a palsy is and where the light comes from isn't known of a photograph, so
the widest of all rows that fit is taken.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

from facelib import data

if TYPE_CHECKING:
    import pandas as pd

MEASURE: Final = "commissure_displacement"
OF_SIDE: Final = ("both", "weak", "healthy")
WITHIN: Final = 1.96  # standard deviations of the 95 % limits of agreement
LIGHTS: Final = ("light from one side", "studio light")
YAWS: Final = MappingProxyType({5.0: "yaw 5°", 10.0: "yaw 10°", 20.0: "yaw 20°"})
PITCHES: Final = MappingProxyType({1: "pitch 10°", -1: "pitch −10°"})
SMALLER: Final = MappingProxyType({512: "224 px", 224: "128 px"})
"""Conditions of pictures with fewer px than these, on their shorter side."""
SMALLEST: Final = 128
FRONTAL: Final = "frontal, 512 px"
STRAIGHT: Final = 2.5  # degrees up to which a head counts as frontal (our choice)
MOST_PITCH: Final = 10.0

Of = Literal["side", "difference"]


@dataclass(frozen=True)
class Limits:
    """Limits of the error, found − true, in eye distances.

    Parameters
    ----------
    low, high
        95 % limits of agreement.
    sd
        Standard deviation between heads.
    conditions
        Ways of taking pictures that fit, of which the widest is taken.
    """

    low: float
    high: float
    sd: float
    conditions: tuple[str, ...]


def conditions(yaw: float, pitch: float, size: int) -> tuple[str, ...] | str:
    """Return the conditions of the table that fit a pair of pictures, or why none does, in words.

    Parameters
    ----------
    yaw, pitch
        How the heads are turned, degrees; of two the one that is turned further.
    size
        Shorter side of the picture, px; of two the smaller one.

    Examples
    --------
    >>> conditions(1.0, 0.0, 512)
    ('frontal, 512 px', 'light from one side', 'studio light')
    >>> conditions(-7.0, 0.0, 300)[3:]
    ('yaw 5°', 'yaw 10°', '224 px')
    >>> conditions(0.0, 14.0, 512)
    'the technical error is known up to 10° of pitch; here it is 14°'
    """
    if abs(yaw) > max(YAWS):
        return f"the technical error is known up to {max(YAWS):.0f}° of yaw; here it is {yaw:.0f}°"
    if abs(pitch) > MOST_PITCH:
        return f"the technical error is known up to {MOST_PITCH:.0f}° of pitch; here it is {pitch:.0f}°"
    if size < SMALLEST:
        return f"the technical error is known from {SMALLEST} px on; here there are {size}"
    found = [FRONTAL, *LIGHTS]
    if abs(yaw) > STRAIGHT:
        nearest = min(degrees for degrees in YAWS if degrees >= abs(yaw))
        found += [name for degrees, name in YAWS.items() if degrees <= nearest]
    if abs(pitch) > STRAIGHT:
        found.append(PITCHES[1 if pitch > 0 else -1])
    found += [name for px, name in SMALLER.items() if size < px]
    return tuple(found)


@functools.cache
def limits(of: Of, fitting: tuple[str, ...]) -> Limits:
    """Return the widest limits of all rows that fit: every level of palsy, weak sides and healthy ones.

    Parameters
    ----------
    of
        "side": of either side's displacement. "difference": of left − right.
    fitting
        From `conditions`.

    Examples
    --------
    >>> found = limits("side", (FRONTAL,))
    >>> round(found.low, 2), round(found.high, 2)
    (-0.14, 0.08)
    """
    rows = _rows()
    sides = OF_SIDE if of == "side" else ("difference",)
    own = rows[rows["condition"].isin(fitting) & rows["side"].isin(sides)]
    spread = (own["high"] - own["low"]).max() / (2 * WITHIN)
    return Limits(float(own["low"].min()), float(own["high"].max()), float(spread), fitting)


def shown_of_a_difference() -> float:
    """Return what landmarks show of a true left − right in frontal pictures, over levels 0 to 3.

    >>> round(shown_of_a_difference(), 1)
    0.6
    """
    rows = _rows()
    own = rows[(rows["condition"] == FRONTAL) & (rows["levels"] == "0-3") & (rows["side"] == "difference")]
    return float(own["slope"].iloc[0])


@functools.cache
def _rows() -> pd.DataFrame:
    """Return the rows of the displacement; one copy, which nobody changes."""
    table = data.table("clinical_error")
    return table[table["measure"] == MEASURE]
