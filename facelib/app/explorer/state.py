"""What one visitor looks at: face, intervention, strength, class; and what was computed for it.

Computation lives in `facelib.studies`; panels observe these traits. Everything that changes them holds
`lock`, so that callbacks (Voila: main thread, JupyterLab: a thread of their own) and the worker never write
at the same time.
"""

from __future__ import annotations

import os
import time
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from functools import partial
from threading import Event, RLock
from typing import Any, cast

import traitlets

from facelib import classifiers as zoo
from facelib import interventions, studies
from facelib.app import own_classifiers
from facelib.app.widgets.messages import explain
from facelib.app.worker import Latest, Task
from facelib.errors import BadModelError, BadValueError, Cancelled, UnavailableError
from facelib.faces import Face, Head, sample_photograph
from facelib.interventions import Intervention
from facelib.studies.sweeps.placebos import References
from facelib.studies.sweeps.sweep import default_label
from facelib.utilities.progress import Progress

NO_CLASSIFIER = (
    "No classifier is installed. Type “facelib models fetch” once into a terminal, then reload this page."
)
SWEPT = "before and after are here"
USABLE = "all else is ready"
STEPS = 21
PLACEBOS = 99
SHOWN_AT = frozenset([1, 5, *range(9, PLACEBOS + 1, 10)])  # placebos in when the page is updated
REMEMBERED = 6  # sweeps kept, about 8 MB each
SETTLE = 0.1  # seconds of quiet before the worker starts
GESTURE, LONGER = 1.0, 3.0  # that many times longer within so many seconds of another change: a drag goes on
REST = 0.2  # seconds that the page has for a sweep before placebos take its processor cores again
STRIDE = 0.2  # share of a sweep between two words of progress: each costs the page a repaint
TOLD = 1.0  # seconds between two words on how many placebos are in
COALESCE = 1.0  # changes of one field within this time are one step of "undo"

FIRST_HEAD = Head(
    age=28, gender=0.0, skin_tone=0.4, hair="tied", seed=19, expression="happy", intensity=0.9
)  # all read it as happy; most then change their mind, and one certainly doesn't
FIRST_INTERVENTION = "asymmetric_expression"


@dataclass(frozen=True)
class Scene:
    """What "undo" goes back to."""

    face: Face | Head
    intervention: Intervention
    step: int | None = field(default=None, compare=False)  # comes back with the scene; None: it stays

    @property
    def key(self) -> tuple[object, Intervention]:
        """Hashable; equal scenes share their sweep."""
        return (self.face.key if isinstance(self.face, Head) else id(self.face), self.intervention)

    @property
    def parts(self) -> tuple[Face | Head, Intervention]:
        """Face and change."""
        return self.face, self.intervention


@dataclass(frozen=True)
class Result:
    """What was computed for one scene."""

    sweep: studies.Sweep
    placebos: References | None = None
    finished: bool = False  # all placebos are in, or there is nothing to compare with


class Explorer(traitlets.HasTraits):
    """State of the explorer.

    Attributes
    ----------
    scene
        Face and intervention; change it with `edit`, `show` and `choose`.
    shown
        What is known of the scene: a `Snapshot` of the current strength at first, then a `Result`; None if
        not even that could be computed.
    step
        Frame that is looked at, 0 … STEPS − 1.
    label, classifier, cam
        Class of interest, and whose maps of which kind are shown.
    status, progress
        What the worker does, in words and as a share; "" and 1 when it rests.
    waits
        Whether the first pictures of another scene are being made: what is shown is still the former one's.
    ready
        What can be used meanwhile, in words; "" when the worker rests.
    problem
        What went wrong, for people; "" when nothing did.
    resets
        How often `reset` was called: panels then show what is theirs alone as at first.

    Parameters
    ----------
    classifiers
        Ids; None: all pretrained ones and those of one's own. One that can't be loaded is left out, its
        reason is in `missing`.
    background
        Whether the sweep and its placebos are computed by the worker.
    """

    scene = traitlets.Instance(Scene)
    shown = traitlets.Any()
    step = traitlets.Int(0, min=0, max=STEPS - 1)
    label = traitlets.Unicode("happy")
    classifier = traitlets.Unicode("")
    cam = traitlets.Unicode("gradcam")
    status = traitlets.Unicode("")
    ready = traitlets.Unicode("")
    progress = traitlets.Float(1.0)
    waits = traitlets.Bool(False)
    problem = traitlets.Unicode("")
    resets = traitlets.Int(0)

    def __init__(self, classifiers: tuple[str, ...] | None = None, *, background: bool = True) -> None:
        self.models: list[zoo.Classifier] = []
        self.missing: dict[str, str] = {}
        if classifiers is None:
            self.missing |= own_classifiers.registered(os.environ.get(own_classifiers.VARIABLE, ""))
        for name in zoo.names() if classifiers is None else classifiers:
            try:
                model = zoo.load(name, "cpu")
                if reason := own_classifiers.why_not(model):
                    self.missing[name] = reason
                else:
                    self.models.append(model)
            except (UnavailableError, BadModelError, BadValueError) as error:
                self.missing[name] = explain(error)
        super().__init__(
            scene=Scene(FIRST_HEAD, interventions.get(FIRST_INTERVENTION)),
            classifier=self.models[0].id if self.models else "",
        )
        self.replaced: Intervention | None = None  # chosen, but not possible on the face that is shown now
        self.lock = RLock()
        self.worker = Latest(self.lock)
        self.awake = Event()
        self.awake.set()
        self._background = background
        self._past: list[Scene] = []
        self._future: list[Scene] = []  # what "undo" left
        self._home: Scene = self.scene  # of the last head, where `_past` has none
        self._last_edit: tuple[str, float] = ("", 0.0)
        self._last_refresh = -GESTURE
        self._results: OrderedDict[tuple[object, Intervention], Result] = OrderedDict()
        self._pictures: dict[tuple[object, Intervention], dict[float, Face]] = {}  # of the scene's glances
        self.observe(self._on_step, "step")

    @property
    def model(self) -> zoo.Classifier | None:
        """The classifier whose maps are shown; None if there is none."""
        return next((model for model in self.models if model.id == self.classifier), None)

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
        return float(studies.even_strengths(STEPS)[self.step])

    @property
    def result(self) -> Result | None:
        """The sweep of the scene and its placebos, once they are there."""
        return self.shown if isinstance(self.shown, Result) else None

    @property
    def computes(self) -> bool:
        """Whether every strength of a scene is computed, sooner or later."""
        return self._background and bool(self.models)

    @property
    def snapshot(self) -> studies.Snapshot | None:
        """Before and after of the current strength, while the sweep is not there."""
        return self.shown if isinstance(self.shown, studies.Snapshot) else None

    def edit(self, **changes: Any) -> None:
        """Change fields of the head; a photograph gives way to the head that was shown last."""
        with self.lock:
            scene = self.last_head_scene
            head = cast("Head", scene.face).replace(**changes)
            self._go(Scene(head, usable(scene.intervention, head)), field=",".join(sorted(changes)))

    def show(self, face: Face | Head) -> None:
        """Show another face, with the property that was changed on the last face of this kind."""
        with self.lock:
            same_kind = isinstance(face, Head) == isinstance(self.face, Head)
            own = self.intervention if same_kind or not isinstance(face, Head) else None
            chosen = own or self.last_head_scene.intervention
            shown = usable(chosen, face)
            self.replaced = chosen if shown.id != chosen.meant_for(face).id else None
            self._go(Scene(face, shown))

    def choose(self, intervention: Intervention) -> None:
        """Change another property."""
        with self.lock:
            self._go(Scene(self.face, intervention))

    def undo(self) -> None:
        """Go back one change of face or property."""
        self._step(self._past, self._future)

    def redo(self) -> None:
        """Take back the last `undo`."""
        self._step(self._future, self._past)

    def _step(self, there: list[Scene], back: list[Scene]) -> None:
        """Go to the last scene of a list that is another one; the other list leads back."""
        with self.lock:
            here = self.scene
            while there:
                scene = there.pop()
                if scene.key != here.key:
                    back.append(replace(here, step=None if scene.step is None else self.step))
                    self._last_edit = ("", 0.0)
                    self._set(replace(scene, step=None))
                    if scene.step is not None:
                        self.step = scene.step
                    return

    def restore(self, scene: Scene, last_head: Head, *, undoable: bool = False, **shown: Any) -> None:
        """Show a scene as it was left; nothing of the one that is shown now is computed any more.

        Parameters
        ----------
        scene, last_head
            The scene, and the head that was shown last where it shows a photograph.
        undoable
            Whether "undo" leads back to what is shown now; else there is nothing to undo.
        **shown
            The traits step, label, classifier and cam.
        """
        with self.lock:
            self.worker.cancel()
            self._past = [*self._past, replace(self.scene, step=self.step)] if undoable else []
            self._future = []
            self._last_edit = ("", 0.0)
            self._home = Scene(last_head, usable(scene.intervention, last_head))
            self.shown = None
            self.unobserve(self._on_step, "step")
            try:
                self.scene = scene
                for name, value in shown.items():
                    self.set_trait(name, value)
            finally:
                self.observe(self._on_step, "step")
            self._refresh()

    def reset(self) -> None:
        """Show the page as it was opened; "undo" leads back to the face and the change that are shown now."""
        with self.lock:
            first = {"step": 0, "label": FIRST_HEAD.expression, "cam": type(self).cam.default_value}
            classifier = self.models[0].id if self.models else ""
            scene = Scene(FIRST_HEAD, interventions.get(FIRST_INTERVENTION))
            self.restore(scene, FIRST_HEAD, undoable=True, classifier=classifier, **first)
            self.resets += 1

    @property
    def can_undo(self) -> bool:
        """Tell whether there is something to undo."""
        return any(scene.key != self.scene.key for scene in self._past)

    @property
    def can_redo(self) -> bool:
        """Tell whether there is an "undo" to take back."""
        return any(scene.key != self.scene.key for scene in self._future)

    @property
    def last_head_scene(self) -> Scene:
        """The scene that shows a head, or did so last."""
        scenes = [self.scene, *reversed(self._past)]
        return next((scene for scene in scenes if isinstance(scene.face, Head)), self._home)

    @property
    def last_head(self) -> Head:
        """The head that is shown, or was shown last."""
        return cast("Head", self.last_head_scene.face)

    def start(self) -> None:
        """Compute the first picture and its sweep; without the head's package the photograph is shown."""
        with self.lock:
            try:
                self._refresh()
            except UnavailableError as error:
                self.show(sample_photograph())
                self.problem = explain(error)
            if not self.models:
                self.problem = NO_CLASSIFIER

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
        self._future = []
        self._last_edit = (field, now)
        self._set(scene)

    def _set(self, scene: Scene) -> None:
        before = getattr(self.face, "expression", None)
        self.scene = scene
        expression = getattr(scene.face, "expression", None)
        if expression != before and expression in zoo.EMOTIONS:
            self.label = expression  # the class that the face is meant to show comes first
        elif expression is None and self.label == before:
            self.label = default_label(scene.face)  # that of the head was nobody's choice
        self._refresh()

    def _on_step(self, _change: object) -> None:
        with self.lock:
            if self.result is None:
                self.shown = self._glance()

    def _glance(self) -> studies.Snapshot:
        """Show the current strength; pictures of this scene that were shown before are not made again."""
        known = self._pictures.get(self.scene.key, {})
        found = studies.snapshot(self.face, self.intervention, self.strength, self.models, known=known)
        pictures = zip(found.frames.strengths.tolist(), found.frames.faces, strict=True)
        self._pictures = {self.scene.key: known | dict(pictures)}
        return found

    def _refresh(self) -> None:
        """Show what is known of the scene, and let the worker find out the rest."""
        self.worker.cancel()
        self.problem = ""
        known = self._results.get(self.scene.key)
        if known is not None:
            self._deliver(self.scene, known)
        else:
            self.waits = True
            try:
                self.shown = self._glance()
            except Exception:
                self.shown = None  # never another scene's picture
                raise
            finally:
                self.waits = False
        now = time.monotonic()
        settle = SETTLE * (LONGER if now - self._last_refresh < GESTURE else 1.0)
        self._last_refresh = now
        if self.computes and not (known is not None and known.finished):
            self.worker.submit(partial(self._work, self.scene, settle), self._failed)

    def _work(self, scene: Scene, settle: float, task: Task) -> None:
        """Run in the worker's thread: the sweep first, then its placebos one by one."""
        result = self._results.get(scene.key)
        if result is None:
            _pause(task, settle)
            result = Result(self.run_sweep(scene, task))
        task.tell(self._deliver, scene, result)
        _pause(task, REST)
        while not self.awake.wait(0.2):
            task.check()  # a page computed ahead: what only a visitor needs can wait for one
        told = time.monotonic()
        sweep, start = result.sweep, result.placebos
        for found in studies.run_references(sweep, PLACEBOS, seed=sweep.seed, start=start, stop=task):
            result = Result(sweep, found)
            if len(found) in SHOWN_AT:
                task.tell(self._deliver, scene, result)
            elif time.monotonic() >= told + TOLD:
                task.tell(self._report, len(found) / PLACEBOS, compared(len(found)), USABLE)
            else:
                continue
            told = time.monotonic()
        task.tell(self._deliver, scene, Result(sweep, result.placebos, finished=True))

    def run_sweep(self, scene: Scene, task: Task | None = None) -> studies.Sweep:
        """Compute the whole sweep of a scene; without a task this is the headless twin of the page."""
        told = -1.0

        def report(at: Progress) -> None:
            nonlocal told
            if task is not None and at.share >= told + STRIDE:
                told = at.share
                task.tell(self._report, at.share, at.words, SWEPT)

        return studies.sweep(
            scene.face,
            scene.intervention,
            self.models,
            STEPS,
            label=self.label,
            known=self._pictures.get(scene.key),
            progress=report,
            stop=task,
        )

    def _report(self, share: float, text: str, ready: str = "") -> None:
        with self.hold_trait_notifications():
            self.progress, self.status, self.ready = share, text, ready

    def remember(self, scene: Scene, result: Result) -> None:
        """Keep what was found of a scene, so that it needn't be computed when it is shown."""
        self._results[scene.key] = result
        self._results.move_to_end(scene.key)
        while len(self._results) > REMEMBERED:
            self._results.popitem(last=False)

    def _deliver(self, scene: Scene, result: Result) -> None:
        self.remember(scene, result)
        if scene.key == self.scene.key:
            self.shown = result
            done = len(result.placebos) if result.placebos else 0
            said = ("", "") if result.finished else (compared(done), USABLE)
            self._report(done / PLACEBOS, *said)

    def _failed(self, error: Exception) -> None:
        self._report(1.0, "")
        if not isinstance(error, Cancelled):
            self.problem = explain(error)


def _pause(task: Task, seconds: float) -> None:
    """Wait, but not for a task that nobody needs any more."""
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        task.check()
        time.sleep(min(left, 0.02))


def compared(done: int) -> str:
    """Say how many placebos are in."""
    return f"Placebos: {done} of {PLACEBOS}"


def usable(chosen: Intervention, face: Face | Head) -> Intervention:
    """Return the chosen intervention, if need be with another word for an option, or else the first."""
    return chosen.fitted(face) or interventions.ordered(face)[0]
