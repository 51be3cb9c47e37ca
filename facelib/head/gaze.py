"""Gaze: degrees as the face units that turn both eyes together."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

REACH: Mapping[str, float] = MappingProxyType({"Out": 21.0, "In": 22.0, "Up": 10.5, "Down": 15.5})
"""Degrees by which each of the units eyeLook… turns an eye at activation 1.

Our choice, measured on the mesh. An eye turns by the angle that its iris (landmarks 468 and 473) shows from
the front: the arc sine of its way across the picture from where it rests, in distances between the middle of
the resting eyeball and the iris. The means over 60 resting adults are 21.2, 22.2, 10.5 and 15.4, with
standard deviations of at most 1.0: eyes differ in size. Half an activation is half the angle within 0.3°. The
units slide the eyeball a little too; the ball itself rotates by 15, 15, 10 and 11 degrees.
"""
FARTHEST = min(REACH["Out"], REACH["In"])
"""Degrees by which both eyes can turn to one side."""

Units = Mapping[str, tuple[float, float]]


def turned(units: Units, yaw: float, pitch: float) -> dict[str, tuple[float, float]]:
    """Return the activations of face units with a gaze added, clipped at 1.

    Parameters
    ----------
    units
        Unit to its activation on the person's (left, right) half.
    yaw, pitch
        Degrees; positive is to the person's left and up.

    Examples
    --------
    >>> turned({"eyeLookUpLeft": (0.25, 0.0), "eyeLookUpRight": (0.0, 0.75)}, 0.0, 5.25)
    {'eyeLookUpLeft': (0.75, 0.0), 'eyeLookUpRight': (0.0, 1.0)}
    """
    result = dict(units)
    across = (("Out", "Left"), ("In", "Right")) if yaw > 0 else (("In", "Left"), ("Out", "Right"))
    upright = "Up" if pitch > 0 else "Down"
    for angle, moves in ((abs(yaw), across), (abs(pitch), ((upright, "Left"), (upright, "Right")))):
        for way, side in moves if angle else ():
            name = f"eyeLook{way}{side}"
            total = min(sum(units[name]) + angle / REACH[way], 1.0)
            result[name] = (total, 0.0) if side == "Left" else (0.0, total)
    return result
