"""What one visitor looks at: face, intervention, strength, class; and what was computed for it.

Computation lives in `facelib.studies`; panels observe these traits. Everything that changes them holds
`lock`, so that callbacks (Voila: main thread, JupyterLab: a thread of their own) and the worker never write
at the same time.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass
from functools import partial
from threading import RLock
from typing import Any

import traitlets

from facelib import classifiers as zoo
from facelib import interventions, studies
from facelib.app.guard import explain
from facelib.app.worker import Latest, Task
from facelib.faces import Face, Head
from facelib.interventions import Intervention

STEPS = 21
REFERENCES = 99
SHOWN_AT = frozenset([1, 5, *range(9, REFERENCES + 1, 10)])  # references in when the page is told
REMEMBERED = 6  # sweeps kept, about 8 MB each
SETTLE = 0.25  # seconds of quiet before the worker starts: a drag on a face slider stays smooth
COALESCE = 1.0  # changes of one field within this time are one step of "undo"

FIRST_HEAD = Head(age=42, gender=0.0, skin_tone=0.25, hair="tied", seed=1, expression="happy")
FIRST_INTERVENTION = "asymmetric_expression"


@dataclass(frozen=True)
class Scene:
    """What "undo" goes back to."""

    face: Face | Head
    intervention: Intervention

    @property
    def key(self) -> tuple[object, Intervention]:
        """Hashable; equal scenes share their sweep."""
        return (self.face.key if isinstance(self.face, Head) else id(self.face), self.intervention)


@dataclass(frozen=True)
class Result:
    """What was computed for one scene."""

    sweep: studies.Sweep
    references: studies.References | None = None


class Explorer(traitlets.HasTraits):
    """State of the explorer.

    Attributes
    ----------
    scene
        Face and intervention; change it with `edit`, `show` and `choose`.
    step
        Frame that is looked at, 0 … STEPS − 1.
    label, classifier, cam
        Class of interest, and whose maps of which kind are shown.
    snapshot
        Before and after of the current strength while no sweep is there.
    result
        The sweep and its references, or None while they are computed.
    status, progress
        What the worker does, in words and as a share; "" and 1 when it rests.
    problem
        What went wrong, for people; "" when nothing did.
    """

    scene = traitlets.Instance(Scene)
    step = traitlets.Int(0, min=0, max=STEPS - 1)
    label = traitlets.Unicode("happy")
    classifier = traitlets.Unicode("")
    cam = traitlets.Unicode("gradcam")
    snapshot = traitlets.Instance(studies.Snapshot, allow_none=True)
    result = traitlets.Instance(Result, allow_none=True)
    status = traitlets.Unicode("")
    progress = traitlets.Float(1.0)
    problem = traitlets.Unicode("")

    def __init__(self, classifiers: tuple[str, ...] | None = None, *, background: bool = True) -> None:
        names = tuple(zoo.available()) if classifiers is None else classifiers
        super().__init__(
            scene=Scene(FIRST_HEAD, interventions.get(FIRST_INTERVENTION)),
            classifier=names[0] if names else "",
        )
        self.lock = RLock()
        self.models = [zoo.load(name) for name in names]
        self.worker = Latest(self.lock)
        self._background = background
        self._past: list[Scene] = []
        self._last_edit: tuple[str, float] = ("", 0.0)
        self._results: OrderedDict[tuple[object, Intervention], Result] = OrderedDict()
        self.observe(self._on_step, "step")
        if not names:
            self.problem = (
                "No classifier is installed. Run `facelib models fetch` once, then reload this page."
            )

    @property
    def face(self) -> Face | Head:
        """The unchanged face or head."""
        face: Face | Head = self.scene.face
        return face

    @property
    def intervention(self) -> Intervention:
        """The property that is changed."""
        chosen: Intervention = self.scene.intervention
        return chosen

    @property
    def strength(self) -> float:
        """Strength of the frame that is looked at."""
        return float(self.step) / (STEPS - 1)

    def edit(self, **changes: Any) -> None:
        """Change fields of the head; a photograph gives way to the head that was shown last."""
        with self.lock:
            head = self.face if isinstance(self.face, Head) else self.last_head
            self._go(Scene(head.replace(**changes), self.intervention), field=",".join(sorted(changes)))

    def show(self, face: Face | Head) -> None:
        """Show another face; if the intervention doesn't work on it, the first that does is chosen."""
        with self.lock:
            chosen = self.intervention
            if not chosen.accepts(face):
                chosen = interventions.ordered(face)[0]
            self._go(Scene(face, chosen))

    def choose(self, intervention: Intervention) -> None:
        """Change another property."""
        with self.lock:
            self._go(Scene(self.face, intervention))

    def undo(self) -> None:
        """Go back one change of face or property."""
        with self.lock:
            if self._past:
                self._last_edit = ("", 0.0)
                self._set(self._past.pop())

    @property
    def can_undo(self) -> bool:
        """Tell whether there is something to undo."""
        return bool(self._past)

    @property
    def last_head(self) -> Head:
        """The head that is shown, or was shown last."""
        scenes = [self.scene, *reversed(self._past)]
        return next((scene.face for scene in scenes if isinstance(scene.face, Head)), FIRST_HEAD)

    def start(self) -> None:
        """Compute the first picture and its sweep."""
        with self.lock:
            self._refresh()

    def close(self) -> None:
        """End the worker."""
        self.worker.close()

    def _go(self, scene: Scene, field: str = "") -> None:
        if scene.key == self.scene.key:
            return
        now = time.monotonic()
        same_gesture = field and field == self._last_edit[0] and now - self._last_edit[1] < COALESCE
        if not same_gesture:
            self._past.append(self.scene)
        self._last_edit = (field, now)
        self._set(scene)

    def _set(self, scene: Scene) -> None:
        self.scene = scene
        self._refresh()

    def _on_step(self, _change: object) -> None:
        with self.lock:
            if self.result is None:
                self._glance()

    def _glance(self) -> None:
        if not self.models:
            return
        self.snapshot = studies.snapshot(self.face, self.intervention, self.strength, self.models)

    def _refresh(self) -> None:
        self.problem = "" if self.models else self.problem
        known = self._results.get(self.scene.key)
        if known is not None:
            self._results.move_to_end(self.scene.key)
            self.result = known
            if known.references is not None and len(known.references) >= REFERENCES:
                self.worker.cancel()
                self.progress, self.status = 1.0, ""
                return
        else:
            self.result = None
            self._glance()
        if self._background and self.models:
            self.worker.submit(partial(self._work, self.scene), self._failed)

    def _work(self, scene: Scene, task: Task) -> None:
        """Run in the worker's thread: the sweep first, then its references one by one."""
        result = self._results.get(scene.key)
        if result is None:
            deadline = time.monotonic() + SETTLE
            while time.monotonic() < deadline:
                task.check()
                time.sleep(0.02)
            result = Result(self.run_sweep(scene, task))
        task.tell(self._deliver, scene, result)
        for found in studies.run_references(
            result.sweep, REFERENCES, seed=result.sweep.seed, start=result.references, stale=task
        ):
            result = Result(result.sweep, found)
            if len(found) in SHOWN_AT:
                task.tell(self._deliver, scene, result)

    def run_sweep(self, scene: Scene, task: Task | None = None) -> studies.Sweep:
        """Compute the whole sweep of a scene; without a task this is the headless twin of the page."""

        def report(share: float, text: str) -> None:
            if task is not None:
                task.tell(self._report, share, text)

        return studies.sweep(
            scene.face,
            scene.intervention,
            self.models,
            STEPS,
            label=self.label,
            progress=report,
            stale=task,
        )

    def _report(self, share: float, text: str) -> None:
        self.progress, self.status = share, text

    def _deliver(self, scene: Scene, result: Result) -> None:
        self._results[scene.key] = result
        self._results.move_to_end(scene.key)
        while len(self._results) > REMEMBERED:
            self._results.popitem(last=False)
        self.result = result
        done = len(result.references) if result.references else 0
        text = f"{done} of {REFERENCES} harmless changes compared" if done < REFERENCES else ""
        self._report(done / REFERENCES, text)

    def _failed(self, error: Exception) -> None:
        self._report(1.0, "")
        if not isinstance(error, studies.Cancelled):
            self.problem = explain(error)
