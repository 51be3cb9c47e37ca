"""Animation of a head by a recording: face units of every frame, pictures on demand.

Without a model the head moves by the declared map `facelib.semg.unit_weights`: muscles that move a face unit
share it, fully active muscles move it fully. That is nobody's face in particular; a model learnt from one
person's film and signals (`facelib.semg.EMG2Expression`) is nearer to that person's.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError, check_kind
from facelib.faces import Face, Head
from facelib.head.expressions import FACE_UNITS
from facelib.semg.activity import ActivityRange, activity_of, at_rate
from facelib.semg.muscles import CHANNELS, unit_weights
from facelib.semg.parameters.tools import check_shown
from facelib.semg.recordings.recording import Recording
from facelib.utilities.bounded_cache import ArrayCache
from facelib.utilities.checks import whole
from facelib.utilities.progress import Report, Reporter, reporting
from facelib.utilities.short_repr import in_short

if TYPE_CHECKING:
    import pandas as pd

Doubles = npt.NDArray[np.float64]
Pictures = npt.NDArray[np.uint8]

RATE: Final = 30.0
KEPT: Final = 64 << 20  # bytes of pictures
DECLARED: Final = "the declared map from muscles to face units"
GIVEN: Final = "face units that were given"
TABLE_COLUMNS: Final = {
    "frame": "number of the picture, from 0",
    "seconds": "since the recording's start",
    "activity_<channel>": "how active the muscle is, 0 … 1; missing where it wasn't recorded",
    "unit_<face unit>": "what the head does, 0 … 1",
}
"""Columns of `Animation.table`."""


class Moves(Protocol):
    """The interface of a model of face units; `facelib.semg.EMG2Expression` has it."""

    def predict(self, envelopes: Any, *, above_rest: bool) -> pd.DataFrame:
        """Return face units, as far as they go beyond rest: one column per unit, one row per frame."""


@in_short()
@dataclass(frozen=True, eq=False)
class Animation:
    """A head at every moment of a recording.

    Parameters
    ----------
    base
        The head; what it does is replaced by what the muscles do.
    times
        (n,) s since the recording's start.
    units
        (n, 52) in the order of `facelib.faces.FACE_UNITS`, 0 … 1.
    activity
        (n, 22) in the order of `facelib.semg.CHANNELS`, 0 … 1; NaN where it wasn't recorded.
    rate
        Pictures a second.
    model
        What turned muscles into face units, in words.
    missing
        Channels that weren't recorded: for the declared map their muscles are at rest.
    """

    base: Head
    times: Doubles
    units: Doubles
    activity: Doubles
    rate: float
    model: str = DECLARED
    missing: tuple[str, ...] = ()
    _pictures: ArrayCache = field(default_factory=lambda: ArrayCache(KEPT), repr=False)

    def __len__(self) -> int:
        """Return the number of pictures."""
        return len(self.times)

    def head(self, index: int) -> Head:
        """Return the head at one moment; negative numbers count from the end."""
        row = self.units[self._at(index)]
        shown = {unit: float(value) for unit, value in zip(FACE_UNITS, row, strict=True) if value > 0}
        return self.base.replace(expression=shown)

    def frame(self, index: int, size: int = 224) -> Pictures:
        """Return the picture of one moment, uint8 (size, size, 3), rendered when first asked for."""
        head = self.head(index)

        def render() -> Pictures:
            return head.render(size).image.copy()

        return self._pictures.get((self._at(index), size), render)

    def frames(self, indices: Iterable[int] | None = None, size: int = 224) -> list[Pictures]:
        """Return the pictures of some moments, or of all, rendered on all processors; see `frame`."""
        chosen = range(len(self)) if indices is None else indices
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            return list(pool.map(lambda index: self.frame(index, size), chosen))

    def faces(self, indices: Iterable[int] | None = None, size: int = 224) -> list[Face]:
        """Return some moments, or all, as faces with box and landmarks, for classifiers and properties."""
        from facelib.faces import render_heads

        chosen = range(len(self)) if indices is None else indices
        return render_heads([self.head(index) for index in chosen], size)

    def table(self) -> pd.DataFrame:
        """Return one row per picture; columns as in `TABLE_COLUMNS`."""
        import pandas as pd

        table = pd.DataFrame({"frame": np.arange(len(self)), "seconds": self.times})
        muscles = pd.DataFrame(self.activity, columns=[f"activity_{name}" for name in CHANNELS])
        units = pd.DataFrame(self.units, columns=[f"unit_{name}" for name in FACE_UNITS])
        return pd.concat([table, muscles, units], axis=1)

    def save_video(
        self,
        path: str | Path,
        size: int = 224,
        *,
        progress: bool | Report | None = None,
    ) -> Path:
        """Save the pictures as MP4.

        Parameters
        ----------
        path
            Where to.
        size
            Side of the pictures, px.
        progress
            True for a progress bar, or a function called with the `Progress`, which counts pictures; what it
            raises ends the work, and no file is left behind.
        """
        from facelib.faces.video import write_video

        def pictures(report: Reporter) -> Iterable[Pictures]:
            for index in range(len(self)):
                yield self.frame(index, size)
                report.at(index + 1)

        target = Path(path)
        with reporting(progress, len(self), "saving the pictures", unit="picture") as report:
            write_video(target, pictures(report), self.rate)
        return target

    def _at(self, index: int) -> int:
        if not -len(self) <= index < len(self):
            msg = f"The animation has {len(self)} pictures; there is no number {index}."
            raise BadValueError(msg)
        return int(index) % len(self)


def animate(
    head: Head,
    moves: Recording | pd.DataFrame | Mapping[str, Sequence[float]] | npt.ArrayLike,
    model: Moves | None = None,
    rate: float | None = None,
    *,
    electrodes: bool | str = False,
    ends: ActivityRange | None = None,
) -> Animation:
    """Move a head by a recording, or by face units.

    Parameters
    ----------
    head
        Whose face moves. Its own expression, intensity and one-sided weakness are put aside: what a side
        doesn't do is in the recording already.
    moves
        Envelopes (see `facelib.semg.recordings.processing.envelope`), or face units: a table or mapping of
        columns by their names, or an array (n, 52); those that aren't named are 0.
    model
        Turns envelopes into face units by `predict`; None: the declared map.
    rate
        Pictures a second; None: 30, or as many as there are rows if they are fewer.
    electrodes
        Whether the head wears the electrodes of the Fridlund scheme, or the name of a scheme.
    ends
        What is rest and what is full activity, as for `facelib.semg.activity.activity_of`.

    Raises
    ------
    BadValueError
        If the recording holds no envelopes, nothing moves in it, or numbers are out of range.
    UnknownNameError
        If a column is no face unit, or a model gives other parameters: the head moves by face units alone.

    Examples
    --------
    >>> film = animate(Head(seed=3), {"mouthSmileLeft": [0.0, 0.5, 1.0]})
    >>> len(film), film.head(1).expression
    (3, (('mouthSmileLeft', 0.5),))
    """
    check_kind(head, Head, "A head")
    worn = "fridlund" if electrodes is True else electrodes or None
    base = head.replace(
        expression="neutral", expression_set="facs", intensity=1.0, left=1.0, right=1.0, palsy=0.0,
        synkinesis=0.0, electrodes=worn,
    )  # fmt: skip
    if isinstance(moves, Recording):
        wanted = _rate(rate, moves.rate)
        _, activity = at_rate(activity_of(moves, ends), moves.rate, wanted)
        units = declared_units(activity) if model is None else _predicted(model, moves, wanted)
        how = DECLARED if model is None else type(model).__name__
    else:
        unit_rows = _given_units(moves)
        wanted = _rate(rate, RATE)
        _, units = at_rate(unit_rows, RATE, wanted)
        activity, how = np.full((len(units), len(CHANNELS)), np.nan), GIVEN
    count = min(len(units), len(activity))
    recorded = ~np.isnan(activity)
    return Animation(
        base=base,
        times=np.arange(count) / wanted,
        units=units[:count],
        activity=activity[:count],
        rate=wanted,
        model=how,
        missing=tuple(name for place, name in enumerate(CHANNELS) if not recorded[:, place].any()),
    )


def declared_units(activity: npt.ArrayLike) -> Doubles:
    """Return face units (n, 52) of activities (n, 22) by the declared map; unknown muscles are at rest.

    Examples
    --------
    >>> moves = np.zeros((1, 22))
    >>> moves[0, CHANNELS.index("zygomaticus_left")] = 0.7
    >>> float(declared_units(moves)[0, FACE_UNITS.index("mouthSmileLeft")])
    0.7
    """
    known = np.nan_to_num(np.asarray(activity, np.float64), nan=0.0)
    return np.asarray((known @ unit_weights().T).clip(0, 1))


def _rate(wanted: float | None, own: float) -> float:
    """Return the rate of the pictures, checked."""
    rate = min(RATE, own) if wanted is None else float(wanted)
    if not (np.isfinite(rate) and 0 < rate <= own):
        msg = f"An animation has more than 0 and at most {own:g} pictures a second here; got {wanted!r}."
        raise BadValueError(msg)
    return rate


def _predicted(model: Moves, recording: Recording, rate: float) -> Doubles:
    """Return a model's face units at the rate of the pictures, (n, 52), 0 … 1; in gaps the face goes on."""
    found = model.predict(recording, above_rest=True).interpolate(limit_direction="both")
    return at_rate(_given_units(found), recording.rate, rate)[1]


def _given_units(moves: Any) -> Doubles:
    """Return face units (n, 52) of a table, a mapping or an array, 0 … 1, or raise what is wrong."""
    if hasattr(moves, "units") and hasattr(moves, "names"):  # a pair, parameters, what was read of a film
        moves = dict(zip(moves.names, np.asarray(moves.units).T, strict=True))
    if isinstance(moves, Mapping) or hasattr(moves, "columns"):
        named = {str(name): np.asarray(moves[name], np.float64) for name in moves}
        for other in ("frame", "seconds", "_neutral"):
            named.pop(other, None)
        check_shown(list(named))
        lengths = {len(column) for column in named.values()}
        if len(lengths) != 1:
            msg = f"Columns of face units are equally long, and one or more; got {sorted(lengths)}."
            raise BadValueError(msg)
        units = np.zeros((whole("Face units have one row per picture", lengths.pop(), 1), len(FACE_UNITS)))
        for name, column in named.items():
            units[:, FACE_UNITS.index(name)] = column
    else:
        units = np.asarray(moves, np.float64)
        if units.ndim != 2 or units.shape[1] != len(FACE_UNITS) or not len(units):
            msg = f"Face units come by name, or as an array (n, {len(FACE_UNITS)}); got {units.shape}."
            raise BadValueError(msg)
    if not np.isfinite(units).all():
        msg = "Face units are numbers; some are missing or infinite."
        raise BadValueError(msg)
    return units.clip(0, 1)
