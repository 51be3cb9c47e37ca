"""The stage: one face before and after a change, their difference, and where a classifier looks."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import anywidget
import numpy as np
import numpy.typing as npt
import traitlets as t

from facelib.app.widgets.pictures import encode_frames, encode_jpeg
from facelib.app.widgets.scripts import script
from facelib.errors import BadValueError
from facelib.reports.shared_scripts import SHARED, STAGE

OVERLAYS = ("none", "map", "change")
"""What may lie over the picture: nothing, the class activation map, or the map minus the map at strength
0."""


class Stage(anywidget.AnyWidget):
    """Before, after and difference, following `index` in the browser; a click enlarges them.

    The whole sweep is sent once; link a slider to `index` with `ipywidgets.jslink` and a drag repaints
    without the kernel. A step whose frame is empty shows `live` and a badge until `live_index` says that
    `live` is its picture.

    Attributes
    ----------
    before
        JPEG of the unchanged face.
    frames
        One JPEG a step, ``b""`` where not computed.
    live, live_index
        JPEG of the newest picture made outside the sweep, and the step that it belongs to (-1: none).
    index
        The step shown as *after*.
    strengths
        Strength of each step.
    maps, map_shape
        Raw class activation maps, float32 little endian, and their shape (steps, h, w); NaN where not
        computed.
    map_box
        Where the maps lie: x, y, width, height as fractions of the picture; may reach beyond it.
    map_scale
        The one value that gets the strongest colour, for all steps.
    map_title
        Whose map it is: "fer: where it sees happy".
    overlay
        One of `OVERLAYS`.
    opacity
        Of the overlay, 0 to 1.
    picture_alt
        What the picture shows, for screen readers.
    turned
        Whether the difference takes the place of the face before.
    preview
        Whether a slow sweep shows once, while nobody has touched the page yet, what the slider does.
    fine
        What is said of finer pictures, which are asked for while the faces are enlarged; "": there are none.

    Examples
    --------
    >>> import ipywidgets
    >>> frames = np.zeros((21, 8, 8, 3), np.uint8)
    >>> stage = Stage()
    >>> stage.show_sweep(frames, np.linspace(0, 1, 21))
    >>> slider = ipywidgets.IntSlider(max=20)
    >>> link = ipywidgets.jslink((slider, "value"), (stage, "index"))
    >>> len(stage.frames)
    21
    """

    _esm = script(*STAGE, "stage.js")
    _css = SHARED / "stage.css"

    before = t.Bytes(b"").tag(sync=True)
    frames = t.List(t.Bytes()).tag(sync=True)
    live = t.Bytes(b"").tag(sync=True)
    live_index = t.Int(-1).tag(sync=True)
    index = t.Int(0).tag(sync=True)
    strengths = t.List(t.Float()).tag(sync=True)
    maps = t.Bytes(b"").tag(sync=True)
    map_shape = t.List(t.Int(), default_value=[0, 0, 0], minlen=3, maxlen=3).tag(sync=True)
    map_box = t.List(t.Float(), default_value=[0.0, 0.0, 1.0, 1.0], minlen=4, maxlen=4).tag(sync=True)
    map_scale = t.Float(0.0).tag(sync=True)
    map_title = t.Unicode("").tag(sync=True)
    overlay = t.Enum(OVERLAYS, default_value="none").tag(sync=True)
    opacity = t.Float(0.65, min=0.0, max=1.0).tag(sync=True)
    picture_alt = t.Unicode("a face").tag(sync=True)
    turned = t.Bool(False).tag(sync=True)
    preview = t.Bool(False).tag(sync=True)
    fine = t.Unicode("").tag(sync=True)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._on_fine: Callable[[int, int], None] = lambda _step, _turn: None
        self.on_msg(self._on_message)

    def show_sweep(
        self,
        frames: npt.NDArray[np.uint8] | Sequence[npt.NDArray[np.uint8] | None],
        strengths: npt.ArrayLike,
        *,
        before: npt.NDArray[np.uint8] | None = None,
        index: int | None = None,
        alt: str | None = None,
    ) -> None:
        """Show a new sweep; maps of the last one are dropped.

        Parameters
        ----------
        frames
            Pictures, uint8 (n, H, W, 3), or a list with None where a picture is not computed yet.
        strengths
            Strengths, (n,).
        before
            The unchanged face; None: the first frame.
        index
            Step to show; None: stay where the slider is.
        alt
            What the picture shows, for screen readers.

        Raises
        ------
        BadValueError
            If the numbers of pictures and strengths differ, or there is no picture before the change.
        """
        values = [float(s) for s in np.asarray(strengths, dtype=np.float64)]
        jpegs = encode_frames(frames)
        if len(values) != len(jpegs):
            msg = f"Expected one strength a picture; got {len(jpegs)} pictures and {len(values)} strengths."
            raise BadValueError(msg)
        start = encode_jpeg(before) if before is not None else (jpegs[0] if jpegs else b"")
        if not start:
            msg = "A sweep needs the picture before the change."
            raise BadValueError(msg, hint="In Python: before=, or a first frame.")
        state: dict[str, Any] = {
            "before": start, "frames": jpegs, "strengths": values, "live": b"", "live_index": -1,
            "maps": b"", "map_shape": [0, 0, 0], "map_scale": 0.0,
        }  # fmt: skip
        if index is not None:
            state["index"] = index
        if alt is not None:
            state["picture_alt"] = alt
        self._update(state)

    def show_maps(
        self,
        maps: npt.NDArray[np.float32],
        *,
        box: Sequence[float] = (0.0, 0.0, 1.0, 1.0),
        scale: float | None = None,
        title: str = "",
    ) -> None:
        """Lay class activation maps over the pictures.

        Parameters
        ----------
        maps
            Raw maps, (n, h, w), one a step; NaN where not computed yet.
        box
            Where they lie, x, y, width, height as fractions of the picture.
        scale
            Value of the strongest colour; None: the largest value of all steps.
        title
            Whose maps they are.

        Raises
        ------
        BadValueError
            If `maps` has another number of dimensions, or the scale is negative or infinite.
        """
        values = np.ascontiguousarray(maps, dtype="<f4")
        if values.ndim != 3:
            msg = f"Expected maps of shape (steps, h, w); got {values.shape}."
            raise BadValueError(msg)
        known = values[np.isfinite(values)]
        most = float(known.max(initial=0.0)) if scale is None else float(scale)
        if not (math.isfinite(most) and most >= 0.0):
            msg = f"The scale of a map is a finite number, 0 or more; got {most}."
            raise BadValueError(msg)
        self._update(
            {
                "maps": values.tobytes(),
                "map_shape": list(values.shape),
                "map_scale": most,
                "map_box": [float(edge) for edge in box],
                "map_title": title,
            }
        )

    def clear_maps(self) -> None:
        """Take the maps away; the pictures stay."""
        self._update({"maps": b"", "map_shape": [0, 0, 0], "map_scale": 0.0, "map_title": ""})

    def show_live(self, step: int, image: npt.NDArray[np.uint8]) -> None:
        """Show a picture, uint8 (H, W, 3), for a step that the sweep has no frame for yet."""
        self._update({"live": encode_jpeg(image), "live_index": int(step)})

    def ask_fine(self, on_fine: Callable[[int, int], None]) -> None:
        """Call ``on_fine(step, turn)`` when finer pictures of a step are wanted; `show_fine` brings them.

        `turn` is the browser's number of what is shown: pictures of an earlier one are dropped there.
        """
        self._on_fine = on_fine

    def show_fine(self, step: int, turn: int, before: bytes, after: bytes) -> None:
        """Send finer pictures of the face before and after the change, as JPEG."""
        self.send({"fine": step, "turn": turn}, [before, after])

    def _on_message(self, _widget: object, content: Any, _buffers: object) -> None:
        given = content if isinstance(content, dict) else {}
        step, turn = given.get("fine"), given.get("turn")
        if type(step) is not int or type(turn) is not int:  # a bool is no step
            return
        if self.fine and 0 <= step < len(self.frames):
            self._on_fine(step, turn)

    def clear(self) -> None:
        """Empty the stage; it shimmers until the next sweep comes."""
        self._update(
            {
                "before": b"",
                "frames": [],
                "strengths": [],
                "live": b"",
                "live_index": -1,
                "maps": b"",
                "map_shape": [0, 0, 0],
                "map_scale": 0.0,
            }
        )

    def _update(self, state: dict[str, Any]) -> None:
        """Set several traits in one message, so that the browser never sees half of them."""
        with self.hold_sync():
            for name, value in state.items():
                setattr(self, name, value)
