"""Charts to files: SVG for papers, PNG for slides; offline, through vl-convert."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from facelib.errors import BadValueError, check_kind
from facelib.utilities.files import explained, written_whole

if TYPE_CHECKING:
    import altair as alt

FORMATS = (".svg", ".png", ".json")
SCALES: Final = (0.1, 20.0)  # of a PNG; beyond, nothing can be seen, or a picture has gigabytes


def figure(chart: alt.TopLevelMixin | Mapping[str, Any], kind: str = "svg", scale: float = 2.0) -> bytes:
    """Return a chart as the bytes of a file.

    Parameters
    ----------
    chart
        An altair chart, or a Vega-Lite dictionary.
    kind
        ``"svg"``, ``"png"``, or ``"json"`` for the Vega-Lite specification with its data.
    scale
        Pixels of a PNG by pixel on screen, 0.1 … 20.

    Raises
    ------
    BadValueError
        For another format or scale.
    """
    import json

    import vl_convert

    if f".{kind}" not in FORMATS:
        msg = f"A figure is saved as {', '.join(FORMATS)}; got .{kind}."
        raise BadValueError(msg)
    if not isinstance(scale, int | float) or not SCALES[0] <= scale <= SCALES[1]:
        msg = f"`scale` is pixels of a PNG by pixel on screen, {SCALES[0]:g} … {SCALES[1]:g}; got {scale!r}."
        raise BadValueError(msg)
    if not isinstance(chart, Mapping) and not hasattr(chart, "to_dict"):
        msg = f"What is saved is a chart or a Vega-Lite specification; got {type(chart).__name__}."
        raise BadValueError(msg)
    spec = dict(chart) if isinstance(chart, Mapping) else chart.to_dict()
    spec = {**spec, "background": "white"}  # transparent is right on a page, wrong in a document
    if kind == "json":
        return json.dumps(spec, indent=1).encode()
    if kind == "svg":
        svg: str = vl_convert.vegalite_to_svg(spec)
        return svg.encode()
    png: bytes = vl_convert.vegalite_to_png(spec, scale=scale)
    return png


def save(chart: alt.TopLevelMixin | Mapping[str, Any], path: str | Path, scale: float = 2.0) -> Path:
    """Save a chart; the format follows from the name (.svg, .png, .json).

    Returns
    -------
    Path
        Where it was written.

    Raises
    ------
    BadValueError
        For another ending or scale.
    WriteError
        If it can't be written: the disk is full, or the folder is closed to us.
    """
    check_kind(path, (str, os.PathLike), "The name of a file")
    target = Path(path)
    content = figure(chart, target.suffix.lstrip(".").lower(), scale)
    with explained(target), written_whole(target) as file:
        file.write(content)
    return target


def with_data(spec: Mapping[str, Any], data: Mapping[str, Any], signals: Mapping[str, Any]) -> dict[str, Any]:
    """Return a specification of the app with its present data and parameters put in, for `save`.

    Examples
    --------
    >>> spec = {"datasets": {"outputs": []}, "params": [{"name": "step", "value": 0}]}
    >>> with_data(spec, {"outputs": [{"step": 3}]}, {"step": 3})["params"]
    [{'name': 'step', 'value': 3}]
    """
    params = [
        {**param, "value": signals[param["name"]]} if param["name"] in signals else dict(param)
        for param in spec.get("params", [])
    ]
    return {**spec, "datasets": {**spec.get("datasets", {}), **data}, "params": params}
