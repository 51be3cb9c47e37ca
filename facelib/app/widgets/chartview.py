"""Charts in the page: embedded once, then their data and signals are patched."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import anywidget
import traitlets as t

from facelib.utilities import code_digests as sources
from facelib.utilities.kept_files import kept

_HERE = Path(__file__).parent
_PACKAGE = "vl-convert-python"


def library_version() -> str:
    """Return the version of the package that the chart library comes from."""
    return metadata.version(_PACKAGE)


def library_bundle() -> bytes:
    """Return Vega, Vega-Lite and Vega-Embed as one JavaScript module that exports ``vegaEmbed``.

    It is made once for a version of `vl_convert` and of this code, from what `vl_convert` carries (about 1 s,
    no network), and kept in the cache folder.
    """

    def make() -> bytes:
        import vl_convert

        text: str = vl_convert.javascript_bundle("export { vegaEmbed };")
        return text.encode()

    return kept(f"vega-{library_version()}-{_made_by()}.js", make)


@functools.cache
def _made_by() -> str:
    return sources.digest(__name__)[:16]


class VegaLoader(anywidget.AnyWidget):
    """Brings the chart library into the page, once; not shown, made by the first `ChartView`."""

    _esm = _HERE / "vegaloader.js"

    version = t.Unicode().tag(sync=True)
    bundle = t.Bytes().tag(sync=True)

    @t.default("version")
    def _default_version(self) -> str:
        return library_version()

    @t.default("bundle")
    def _default_bundle(self) -> bytes:
        return library_bundle()


@functools.cache
def _loaders() -> list[VegaLoader]:
    return []


def shared_loader() -> VegaLoader:
    """Return the kernel's one `VegaLoader`; a closed one is replaced."""
    loaders = _loaders()
    if not loaders or loaders[-1].comm is None:
        loaders[:] = [VegaLoader()]
    return loaders[-1]


class ChartView(anywidget.AnyWidget):
    """A Vega-Lite chart that follows `index` in the browser.

    Attributes
    ----------
    spec
        Vega-Lite specification; setting another one embeds anew. ``usermeta["facelib"]["columns"]`` says how
        many panels stand beside each other, so that they can be widened to fill the page; ``least``, to how
        many px they may be narrowed (30).
    narrow
        Specification for a place less than 450 px wide, with the same data sets and parameters; empty:
        `spec` serves every place.
    data
        Rows by the name of a data set of the spec; patched into the chart.
    signals
        Values by the name of a parameter of the spec; patched into the chart.
    index
        The step shown: the value of the parameter ``step``.

    Examples
    --------
    >>> from facelib.charts import specs
    >>> view = ChartView(spec=specs.response(["fer", "facex"]))
    >>> view.data = {"outputs": [], "band": []}
    >>> view.signals = {"label": "happy"}
    """

    _esm = _HERE / "chartview.js"
    _css = _HERE / "chartview.css"

    spec = t.Dict().tag(sync=True)
    narrow = t.Dict().tag(sync=True)
    data = t.Dict().tag(sync=True)
    signals = t.Dict().tag(sync=True)
    index = t.Int(0).tag(sync=True)
    library_version = t.Unicode().tag(sync=True)

    def __init__(self, **kwargs: Any) -> None:
        self._loader = shared_loader()
        super().__init__(library_version=self._loader.version, **kwargs)

    def show(
        self,
        spec: Mapping[str, Any] | None = None,
        *,
        data: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
        signals: Mapping[str, Any] | None = None,
    ) -> None:
        """Change what is given, in one message; data sets and signals that aren't named stay."""
        with self.hold_sync():
            if spec is not None and dict(spec) != self.spec:
                self.spec = dict(spec)
            if data is not None:
                self.data = {
                    **self.data,
                    **{name: [dict(row) for row in rows] for name, rows in data.items()},
                }
            if signals is not None:
                self.signals = {**self.signals, **signals}
