"""Charts in a notebook without a network: altair's own widget with the library that vl-convert carries."""

from __future__ import annotations


def offline() -> None:
    """Show every altair chart of this notebook offline, in JupyterLab and in Voila (altair's setting)."""
    import altair as alt

    alt.renderers.enable("jupyter", offline=True)
