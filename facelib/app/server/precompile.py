"""What takes long the first time, done ahead: on a machine, and in a session once its visitor has come."""

from __future__ import annotations

import importlib.util


def warm() -> None:
    """Compile the geometry and the renderer, and (where the page is installed) charts and their library."""
    from facelib import classifiers
    from facelib.head.rendering.render import warm as warm_renderer

    warm_renderer()
    if importlib.util.find_spec("anywidget") is None:
        return  # installed without the extra "app"
    from facelib.app.muscles.film import RATE
    from facelib.app.muscles.playback import NARROW, NOW
    from facelib.app.studies.effects_panel import CELL
    from facelib.app.widgets.chartview import library_bundle
    from facelib.charts import specs

    names = classifiers.available()
    library_bundle()
    specs.bars(names)
    specs.response(names)
    specs.of("sweeps.compared.layout", classifiers=names)
    specs.of("muscles.traces.layout", rate=RATE)
    specs.of("muscles.traces.layout", rate=RATE, beside=NARROW, lines=True)
    specs.of("muscles.traces.outputs_layout", classifiers=names, rate=RATE)
    specs.of("muscles.traces.outputs_layout", classifiers=names, rate=RATE, most=NARROW)
    specs.of("sweeps.outputs.layout", classifiers=names, **NOW)
    specs.of("sweeps.outputs.layout", classifiers=names, **NOW, most=NARROW, lines=True)
    specs.of("studies.heatmap.heatmap_layout", width=CELL)
    specs.of("statistics.dependence.dependence_layout")
    specs.of("studies.effects.forest_layout", own_rows=False)


def imports() -> None:
    """Import what the tabs need that nobody has opened yet; the kernel's other threads go on meanwhile."""
    import scipy.signal

    from facelib.app.muscles import panel as muscles_panel
    from facelib.app.studies import observed_panel, population_panel

    assert scipy.signal, (muscles_panel, observed_panel, population_panel)
