"""Everything that is compiled once on a machine, done ahead: the first page then opens quickly."""

from __future__ import annotations

import importlib.util


def warm() -> None:
    """Compile the geometry and the renderer, and (where the page is installed) charts and their library."""
    from facelib import classifiers, faces

    faces.warm()
    if importlib.util.find_spec("anywidget") is None:
        return  # installed without the extra "app"
    from facelib.app.chartview import library_bundle
    from facelib.app.muscles_film import RATE
    from facelib.app.muscles_watch import NOW
    from facelib.charts import specs

    names = classifiers.available()
    library_bundle()
    specs.bars(names)
    specs.response(names)
    specs.of("traces.layout", rate=RATE)
    specs.of("traces.outputs_layout", classifiers=names, rate=RATE)
    specs.of("outputs.layout", classifiers=names, **NOW)
