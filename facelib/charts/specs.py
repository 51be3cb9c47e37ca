"""Chart specifications from a cache, so that the app's kernel does not wait for altair.

Importing altair takes more than a second. A layout depends on the names of the classifiers only, never on
data, so its Vega-Lite dictionary is kept in the cache folder under a hash of its arguments, of altair's
version, and of the code that draws it. Words are as large as the page's: in figures of reports and notebooks
they may be smaller.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import json
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from facelib.utilities import code_digests as sources
from facelib.utilities.kept_files import kept

TYPE: Final = 13
"""Size of words in charts of the page, px: that of all its other words."""
IN_CELLS: Final = 12
"""Size of words that are marks, px: as a number in a cell, which has no more room."""


def bars(classifiers: Sequence[str], **options: Any) -> dict[str, Any]:
    """Return `facelib.charts.sweeps.outputs.layout` as a Vega-Lite dictionary."""
    return _cached("sweeps.outputs", "layout", [list(classifiers)], options)


def response(classifiers: Sequence[str], **options: Any) -> dict[str, Any]:
    """Return `facelib.charts.sweeps.curves.layout` as a Vega-Lite dictionary."""
    return _cached("sweeps.curves", "layout", [list(classifiers)], options)


def of(chart: str, **options: Any) -> dict[str, Any]:
    """Return a chart without data as a Vega-Lite dictionary: ``"studies.heatmap.heatmap_layout"``.

    The function must draw itself without data when it is given none.
    """
    module, _, function = chart.rpartition(".")
    return _cached(module, function, [], options)


def fingerprint(chart: str, module: str, *files: Path) -> str:
    """Return a hash of a chart's code, of the code of the module that makes its data, and of files."""
    content = [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]
    return hashlib.sha256(f"{_fingerprint(chart)} {sources.digest(module)} {content}".encode()).hexdigest()[
        :20
    ]


@functools.cache
def _fingerprint(module: str) -> str:
    """Hash of everything but the arguments that a layout of a module depends on."""
    drawn = sources.digest(f"facelib.charts.{module}")
    mine = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
    return f"{metadata.version('altair')} {drawn} {mine}"


def _cached(module: str, function: str, given: list[Any], options: dict[str, Any]) -> dict[str, Any]:
    question = json.dumps([module, function, given, options, _fingerprint(module)], sort_keys=True)
    key = hashlib.sha256(question.encode()).hexdigest()[:20]

    def make() -> bytes:
        layout = getattr(importlib.import_module(f"facelib.charts.{module}"), function)
        return json.dumps(layout(*given, **options).to_dict()).encode()

    return in_type_of_page(json.loads(kept(f"chart-{module}-{key}.json", make)))


def in_type_of_page(spec: dict[str, Any]) -> dict[str, Any]:
    """Return a chart with words as large as those of the page; Vega's own are smaller.

    >>> in_type_of_page({"config": {"axis": {"labelFontSize": 15}}})["config"]["axis"]
    {'labelFontSize': 15, 'titleFontSize': 13}
    """
    words = dict(spec.get("config", {}))
    for part in ("axis", "header", "legend"):
        words[part] = {"labelFontSize": TYPE, "titleFontSize": TYPE} | words.get(part, {})
    grown: dict[str, Any] = legible({**spec, "config": words})
    return grown


def legible(spec: Any, least: float = TYPE) -> Any:
    """Return a specification whose words have `least` px or more, those that are marks `IN_CELLS`.

    >>> legible({"title": {"fontSize": 11, "dy": 3}, "axis": [{"labelFontSize": 14}]})
    {'title': {'fontSize': 13, 'dy': 3}, 'axis': [{'labelFontSize': 14}]}
    >>> legible({"mark": {"type": "text", "fontSize": 11}})
    {'mark': {'type': 'text', 'fontSize': 12}}
    """
    if isinstance(spec, list):
        return [legible(part, least) for part in spec]
    if not isinstance(spec, dict):
        return spec
    least = IN_CELLS if spec.get("type") == "text" else least
    return {
        name: max(part, least)
        if name.lower().endswith("fontsize") and isinstance(part, (int, float))
        else legible(part, least)
        for name, part in spec.items()
    }
