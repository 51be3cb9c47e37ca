"""Charts in a notebook without a network: altair's own widget with the library that vl-convert carries."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

_STYLE: Final = Path(__file__).with_name("notebook.css")


def offline() -> None:
    """Show every altair chart of this notebook offline, in JupyterLab and in Voila (altair's setting).

    In a notebook its style comes along: charts are never wider than their cell, and stand on white paper
    where JupyterLab's theme is dark.
    """
    import altair as alt

    alt.renderers.enable("jupyter", offline=True)
    shell: Any = sys.modules.get("IPython")  # it has no types
    if shell is not None and getattr(shell.get_ipython(), "kernel", None) is not None:  # a notebook runs this
        from IPython import display

        shown: Any = display
        shown.display(shown.HTML(f"<style>{_STYLE.read_text(encoding='utf-8')}</style>"))
