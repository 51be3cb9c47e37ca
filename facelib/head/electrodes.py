"""Positions of surface-EMG electrodes on the face."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

from facelib.errors import UnknownNameError
from facelib.models.electromyogram import SCHEMES, electrode_positions


class _Schemes(Mapping[str, tuple[str, ...]]):
    """Scheme to its position names in the order of the scheme; read from the package on first use."""

    def __getitem__(self, scheme: str) -> tuple[str, ...]:
        for known in SCHEMES:
            if known == scheme:
                return tuple(electrode_positions(known))
        msg = f"There is no electrode scheme {scheme!r}; known: {', '.join(SCHEMES)}."
        raise UnknownNameError(msg)

    def __iter__(self) -> Iterator[str]:
        return iter(SCHEMES)

    def __len__(self) -> int:
        return len(SCHEMES)


ELECTRODE_SCHEMES: Mapping[str, tuple[str, ...]] = _Schemes()


@cache
def positions() -> dict[str, tuple[float, float]]:
    """Return every position's (x, y) in mm from midline and Frankfort plane, + the person's left and up."""
    return {name: place for scheme in SCHEMES for name, place in electrode_positions(scheme).items()}


def resolve(electrodes: str | tuple[str, ...] | None) -> tuple[str, ...] | None:
    """Return position names for None, a scheme's name, or names; unknown names raise `UnknownNameError`."""
    if electrodes is None:
        return None
    if isinstance(electrodes, str):
        if electrodes in SCHEMES:
            return ELECTRODE_SCHEMES[electrodes]
        electrodes = (electrodes,)
    names = tuple(electrodes)
    for name in names:
        if name not in positions():
            msg = f"There is no electrode position {name!r}; see facelib.faces.ELECTRODE_SCHEMES."
            raise UnknownNameError(msg)
    return names or None
