"""The live picture on the page and in notebooks: a widget that sends the dict of `facelib.reports.live`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

import anywidget
import traitlets as t

from facelib.app.explorer.state import STEPS, Explorer
from facelib.classifiers import EMOTIONS
from facelib.reports.live import STYLE, frames_of, glance_of, label_of, live_data, maps_of, script
from facelib.reports.words import measure_of
from facelib.studies import Snapshot, Sweep, even_strengths
from facelib.studies.sweeps.placebos import References

FAILED: Final = "The other strengths could not be read."


class Live(anywidget.AnyWidget):
    """Shows a change on one face: a drag moves pictures, bars and curves in the browser, without the kernel.

    Pictures travel as messages, never as traits, so that no notebook keeps them.

    Attributes
    ----------
    step
        Number of the strength that is shown.
    label
        The output that is watched.
    look
        Whose map of evidence lies on the picture: the id of a classifier, "difference" for that of the
        pictures, or "" for none.

    Examples
    --------
    >>> import facelib
    >>> sweep = facelib.sweep(facelib.Head(seed=3), "symmetry", ["known_unbiased"], 3, size=64)
    >>> live = Live()
    >>> live.show(live_data(sweep))
    >>> live.step, live.label
    (0, 'happy')
    """

    _esm = script()
    _css = STYLE

    step = t.Int(0, min=0).tag(sync=True)
    label = t.Unicode("happy").tag(sync=True)
    look = t.Unicode("").tag(sync=True)

    def __init__(self, **kwargs: Any) -> None:
        self.data: dict[str, Any] | None = None
        self.pinned: dict[str, Any] | None = None
        self._rev = 0
        super().__init__(**kwargs)
        self.on_msg(self._on_message)

    def show(self, data: dict[str, Any] | None) -> None:
        """Show another scene, or None: nothing; parts of the one before are dropped from now on."""
        self.data, self._rev = data, self._rev + 1
        self.send({"live": self._rev, "whole": True, "data": data})

    def add(self, **parts: dict[str, Any]) -> None:
        """Add to what is shown: `labels` or `maps`, each by name."""
        if self.data is None:
            return
        for name, part in parts.items():
            self.data[name].update(part)
        self.send({"live": self._rev, "whole": False, "data": parts})

    def pin(self, data: dict[str, Any] | None) -> None:
        """Show another sweep's pictures in the place of the face before, its curves dashed; None: no more."""
        self.pinned = data
        self.send({"pin": data})

    def wait(self, *, waits: bool) -> None:
        """Show what is there pale, as it is of a former scene."""
        self.send({"waits": waits})

    def _on_message(self, _widget: object, content: Any, _buffers: object) -> None:
        if isinstance(content, dict) and content.get("hello") and self.data is not None:
            self.send({"live": self._rev, "whole": True, "data": self.data})
            self.send({"pin": self.pinned})


def cell(sweep: Sweep) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what a notebook shows of a sweep: the live picture, and in short where there is no kernel."""
    shown = Live(label=sweep.label)
    shown.show(live_data(sweep))
    bundle, metadata = shown._repr_mimebundle_()
    return {"text/html": sweep._repr_html_()} | bundle, metadata  # type: ignore[attr-defined]


class Follower:
    """Shows in a `Live` what an explorer holds, and tells the explorer what is chosen there.

    Parameters
    ----------
    explorer
        The state.
    guarded
        Of the panel that it is in: shows what goes wrong there.
    """

    def __init__(self, explorer: Explorer, guarded: Callable[[Callable[..., Any]], Any]) -> None:
        self.explorer = explorer
        self.live = Live(label=explorer.label, step=explorer.step)
        self._sweep: Sweep | None = None
        self._placebos: References | None = None
        explorer.observe(guarded(self.update), ["shown", "problem"])
        explorer.observe(guarded(self._on_label), "label")
        explorer.observe(lambda change: self.live.set_trait("step", change["new"]), "step")
        explorer.observe(lambda change: self.live.wait(waits=change["new"]), "waits")
        explorer.observe(lambda _change: self.live.set_trait("look", ""), "resets")
        self.live.observe(guarded(self._on_step), "step")
        self.live.observe(guarded(self._on_look), "look")
        self.update()

    def update(self, _change: object = None) -> None:
        """Send what the explorer holds, or what is new of it."""
        result, snapshot = self.explorer.result, self.explorer.snapshot
        if result is None:
            self._sweep = self._placebos = None
            self.live.show(None if snapshot is None else self._glance(snapshot))
            return
        if result.sweep is not self._sweep:
            self._sweep, self._placebos = result.sweep, result.placebos
            first = [self.explorer.label]
            self.live.show(frames_of(result.sweep) | {"labels": self._labels(first), "maps": {}})
            self._send_maps()
            self.live.add(labels=self._labels(label for label in EMOTIONS if label not in first))
        elif result.placebos is not self._placebos or result.finished:
            self._placebos = result.placebos
            self.live.add(labels=self._labels(EMOTIONS if result.finished else [self.explorer.label]))

    def _glance(self, snapshot: Snapshot) -> dict[str, Any]:
        explorer, strengths = self.explorer, even_strengths(STEPS).tolist()
        found = glance_of(explorer.face, explorer.intervention, snapshot, strengths, step=explorer.step)
        if explorer.problem:
            for about in found["labels"].values():
                about["sentence"] = FAILED
        return found

    def _labels(self, labels: Iterable[str]) -> dict[str, Any]:
        result = self.explorer.result
        if result is None:
            return {}
        sweep, placebos = result.sweep, result.placebos
        return {
            label: label_of(sweep, measure_of(sweep, label), placebos, finished=result.finished)
            for label in labels
        }

    def _send_maps(self) -> None:
        result, label = self.explorer.result, self.explorer.label
        if result is not None and self.live.look:
            self.live.add(maps={label: maps_of(result.sweep, label, self.explorer.cam)})

    def _on_label(self, _change: object) -> None:
        self.live.label = self.explorer.label
        if self._placebos is not None:
            self.live.add(labels=self._labels([self.explorer.label]))
        self._send_maps()

    def _on_step(self, change: Any) -> None:
        with self.explorer.lock:
            self.explorer.step = min(max(change["new"], 0), STEPS - 1)

    def _on_look(self, _change: object) -> None:
        with self.explorer.lock:
            if self.live.look in {model.id for model in self.explorer.models}:
                self.explorer.classifier = self.live.look
            self._send_maps()
