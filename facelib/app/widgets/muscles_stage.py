"""A moving face beside the map of its muscles' activity."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import numpy.typing as npt
import traitlets as t

from facelib.app.muscles.film import FULL, OUTSIDE
from facelib.app.widgets.pictures import encode_jpeg
from facelib.app.widgets.scripts import script
from facelib.charts.colour_ramp import RAMP
from facelib.errors import BadValueError
from facelib.semg import face_plane
from facelib.semg.topography import axes

Picture = npt.NDArray[np.uint8]

_HERE = Path(__file__).parent


class MusclesStage(anywidget.AnyWidget):
    """Shows the picture and the map of the moment `index`; it follows a slider in the browser.

    While pictures are made, the nearest one that is there stands for those that aren't, and says so.

    Attributes
    ----------
    frames
        One JPEG a moment, ``b""`` where there is none yet.
    times
        Seconds of each moment.
    said
        What the map shows at each moment, for screen readers.
    maps, map_shape
        Maps, a byte a cell, and their shape (moments, rows, columns); 0 moments: there is none.
    plane
        What is drawn with a map, mm: ``half`` (width and height from the middle of the map), ``lines``
        (outline first), ``dots``.
    ramp, full, outside
        Colours from 0 to `full`, and the byte that means no face.
    index
        The moment shown.
    picture_alt
        What the picture shows, for screen readers.

    Examples
    --------
    >>> stage = MusclesStage()
    >>> stage.show_film([0.0, 0.1], ["", ""], np.zeros((0, 0, 0), np.uint8), ())
    >>> len(stage.frames)
    2
    """

    _esm = script("muscles_stage.js")
    _css = _HERE / "muscles_stage.css"

    frames = t.List(t.Bytes()).tag(sync=True)
    times = t.List(t.Float()).tag(sync=True)
    said = t.List(t.Unicode()).tag(sync=True)
    maps = t.Bytes(b"").tag(sync=True)
    map_shape = t.List(t.Int(), default_value=[0, 0, 0], minlen=3, maxlen=3).tag(sync=True)
    plane = t.Dict().tag(sync=True)
    ramp = t.List(t.Unicode(), default_value=list(RAMP)).tag(sync=True)
    full = t.Int(FULL).tag(sync=True)
    outside = t.Int(OUTSIDE).tag(sync=True)
    index = t.Int(0).tag(sync=True)
    picture_alt = t.Unicode("a face").tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self._encoded: dict[int, tuple[Picture, bytes]] = {}

    def show_film(
        self,
        times: Sequence[float],
        said: Sequence[str],
        maps: Picture,
        dots: Sequence[tuple[float, float]],
        *,
        alt: str = "a face",
    ) -> None:
        """Show another film; its pictures come by `show_frames`.

        Parameters
        ----------
        times, said
            Seconds, and what the map shows, of each moment.
        maps
            uint8 (moments, rows, columns), or empty.
        dots
            Where activity was measured, mm.
        alt
            What the picture shows.

        Raises
        ------
        BadValueError
            If there aren't as many of each.
        """
        if len(said) != len(times) or len(maps) not in {0, len(times)}:
            msg = f"Expected a map and words a moment; got {len(times)}, {len(maps)} and {len(said)}."
            raise BadValueError(msg)
        self._encoded.clear()
        with self.hold_sync():
            self.frames = [b""] * len(times)
            self.times, self.said = [float(time) for time in times], list(said)
            self.maps, self.map_shape = maps.tobytes(), list(maps.shape)
            self.plane = plane_of(maps.shape[1], dots) if len(maps) else {}
            self.picture_alt = alt

    def show_frames(self, frames: Sequence[Picture | None]) -> None:
        """Show the pictures that are there, uint8 (H, W, 3), None where there is none yet.

        Raises
        ------
        BadValueError
            If they aren't as many as the film has moments.
        """
        if len(frames) != len(self.times):
            msg = f"The film has {len(self.times)} moments; got {len(frames)} pictures."
            raise BadValueError(msg)
        for place, frame in enumerate(frames):
            if frame is not None and self._encoded.get(place, (None,))[0] is not frame:
                self._encoded[place] = frame, encode_jpeg(frame)
        self.frames = [
            b"" if frame is None else self._encoded[place][1] for place, frame in enumerate(frames)
        ]

    def clear(self) -> None:
        """Show nothing."""
        self.show_film([], [], np.zeros((0, 0, 0), np.uint8), ())


def plane_of(rows: int, dots: Sequence[tuple[float, float]]) -> dict[str, Any]:
    """Return what is drawn with a map of so many rows, mm."""
    x, y = axes(rows)
    cell = float(x[1] - x[0])
    lines = [face_plane.outline(), *face_plane.features().values()]
    return {
        "half": [float(x[-1]) + cell / 2, float(y[0]) + cell / 2],
        "lines": [[[round(float(value), 1) for value in point] for point in line] for line in lines],
        "dots": [[float(value) for value in dot] for dot in dots],
    }
