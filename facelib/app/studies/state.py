"""A study of the page: declared, planned, run in the background, stopped, gone on with; and what it found.

Widgets observe it. What it computes lives in `facelib.studies`; this is who waits for it.
"""

from __future__ import annotations

import logging
from abc import ABCMeta, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any, ClassVar, Final

import traitlets
from traitlets.traitlets import MetaHasTraits

from facelib import classifiers, studies
from facelib.app.lessons.independence_state import rest
from facelib.app.studies.earlier_runs import Run, reference, remembered
from facelib.app.studies.face_source import Whom
from facelib.app.studies.folder import StudyFolder
from facelib.app.studies.throttle import Looks, need
from facelib.app.widgets.messages import explain
from facelib.app.worker import Latest, Superseded, Task
from facelib.classifiers.known_bias import BIASES
from facelib.errors import BadValueError, Cancelled, FacelibError
from facelib.studies.declared.hypothesis import Hypothesis
from facelib.studies.declared.registration import later_changes, register
from facelib.studies.engine.execution import Progress as StudyProgress

logger = logging.getLogger(__name__)

KNOWN: Final = tuple(bias.id for bias in BIASES)
"""Networks whose bias is known."""
OWN: Final = ("source", "photographs")
"""Settings of the faces that nobody keeps."""
MODES: Final = ("explore", "confirm")
UNSET: Final = "Set the hypothesis first: what is confirmed is written down before it is looked at."
SEEN: Final = (
    "These faces were looked at in Explore. What was found on them can't be confirmed on them: draw others "
    "(another seed), or give other photographs."
)
MOST_ROWS: Final = 2_000_000  # of the table, which the page holds in memory
LARGE: Final = (
    "This study has {rows:.1f} million rows, more than a page should hold. Choose fewer faces, changes or "
    "strengths, or run it from the command line: facelib study run."
)
NAMED: Final = 2  # classifiers in a line
STAGES: Final = ("ready", "running", "stopping", "stopped", "done")
JOBS: Final = 1  # in this process, face by face: the explorer stays usable
SETTLE: Final = 0.25  # seconds of quiet before a plan is made: a drag of the number of people stays smooth
SHARE: Final = 0.15  # of the time that may go to what is shown while a study runs
LEAST: Final = 1.0  # seconds between two looks at what is known so far


def known_classifiers(more: Sequence[str] = ()) -> list[str]:
    """Return the classifiers of this machine, `more` of them, and the networks whose bias is known."""
    return list(dict.fromkeys([*classifiers.available(), *more, *KNOWN]))


class _AbstractTraits(MetaHasTraits, ABCMeta):
    """Traits, and methods that a kind of study has to have."""


class StudyState(traitlets.HasTraits, metaclass=_AbstractTraits):
    """A study, its plan, its progress, and what it has found.

    Attributes
    ----------
    whom
        The faces.
    stage
        "ready", "running", "stopping", "stopped" (it can go on), "done".
    plan
        `facelib.studies.Plan` of the study as it is declared now; None while it isn't known.
    lacks
        What is missing before it can start, in words; "" if nothing is.
    progress
        `facelib.studies.Progress` of the run, as told last; None before.
    step
        What is done besides, in words.
    found
        What is known so far: see `gather`. None: nothing.
    fresh
        Whether `found` belongs to the settings as they are now.
    problem
        What went wrong, for people.
    mode
        "explore": look around; "confirm": one hypothesis, set before the run, on faces of its own.
    hypothesis
        `facelib.studies.Hypothesis` that was set, with its time; None: none yet.
    changes
        What was changed since, a sentence each.
    runs
        `facelib.app.studies.earlier_runs.Run` of this session, the last one first.

    Parameters
    ----------
    store
        Folder for the results; None: a temporary one, deleted with this object or at the end of the process.
    background
        Whether a worker plans and runs. Else both are done at once, in whoever asks.
    """

    SETTINGS: ClassVar[tuple[str, ...]] = ()
    NAME: ClassVar[str] = "facelib-study"
    UNITS: ClassVar[str] = "done"
    MEANWHILE: ClassVar[str] = ""  # what can be used while it runs, in words

    whom = traitlets.Instance(Whom)
    stage = traitlets.Enum(STAGES, "ready")
    plan = traitlets.Any()
    lacks = traitlets.Unicode("")
    progress = traitlets.Any()
    step = traitlets.Unicode("")
    found = traitlets.Any()
    fresh = traitlets.Bool(default_value=True)
    problem = traitlets.Unicode("")
    mode = traitlets.Enum(MODES, "explore")
    hypothesis = traitlets.Any()
    changes = traitlets.List(traitlets.Unicode())
    runs = traitlets.Tuple()

    def __init__(
        self, whom: Whom, *, store: str | Path | None = None, background: bool = True, **settings: Any
    ) -> None:
        super().__init__(whom=whom, **settings)
        self.lock = whom.lock
        self.worker = Latest(self.lock, self.NAME) if background else None
        self._stopped = Event()
        self.folder = StudyFolder(store)
        self._asked: object = None  # settings of what was found last
        self._looked: set[object] = set()  # faces that Explore has shown something of
        self._other = Kept()  # what was found in the other mode
        self._sides: list[tuple[tuple[Any, ...], Kept]] = []  # settings and results beside the last `recall`
        self.gesture: object = None  # while several settings change at once: for "undo" that is one step
        self.observe(self._on_change, list(self.SETTINGS))
        whom.observe(self._on_change, list(Whom.SETTINGS))
        self.observe(self._on_mode, "mode")

    # what a kind of study says of itself

    @abstractmethod
    def declare(self) -> Any:
        """Return the study as it is set now.

        Raises
        ------
        FacelibError
            Something is missing or impossible.
        """

    @property
    def change_words(self) -> str:
        """What is changed, in a few words; "" where nothing is."""
        return ""

    @abstractmethod
    def gather(self, result: Any, task: Task | None = None) -> Any:
        """Return what is to be shown of a result, finished or not."""

    @abstractmethod
    def hypothesise(self, statement: str) -> Hypothesis:
        """Return the hypothesis that the settings amount to, in the words of `statement`."""

    @abstractmethod
    def answer(self, found: Any) -> str:
        """Say what a finished run says of the hypothesis."""

    @property
    def reader_words(self) -> str:
        """The classifiers by their names; many are counted."""
        models = list(getattr(self, "models", ()))
        return ", ".join(models) if len(models) <= NAMED else f"{len(models)} classifiers"

    @property
    @abstractmethod
    def setting_words(self) -> str:
        """The settings in a line."""

    @abstractmethod
    def headline(self, found: Any) -> str:
        """Say what was found in a line."""

    # confirming

    def set_hypothesis(self, statement: str) -> None:
        """Write down with its time what is to be confirmed; another one later is reported as a change.

        Raises
        ------
        FacelibError
            It says nothing, or the study can't be run as it is set.
        """
        with self.lock:
            if self.running:
                return
            study = self.declare()
            wanted = self.hypothesise(statement)
            register(self.store, wanted, study.settings)
            self.hypothesis = wanted
            self._on_change(None)

    def begin_anew(self) -> None:
        """Leave the hypothesis as it is written down, and begin another one."""
        with self.lock:
            if self.running:
                return
            self.folder.begin_another()
            with self.hold_trait_notifications():
                self.hypothesis, self.found, self.progress, self.stage = None, None, None, "ready"
            self._on_change(None)

    @property
    def explored(self) -> Any:
        """What Explore has found; None: nothing."""
        return self.found if self.mode == "explore" else self._other.found

    @property
    def warning(self) -> str:
        """What speaks against confirming on these faces, in words; "" if nothing does."""
        confirming = self.mode == "confirm"
        return SEEN if confirming and self._faces in self._looked else ""

    @property
    def _faces(self) -> tuple[Any, ...]:
        whom = self.whom
        return ("mine", whom.archive) if whom.source == "mine" else ("rendered", whom.seed)

    @traitlets.validate("mode")
    def _keep_mode(self, proposal: Any) -> Any:
        return self.mode if self.running else proposal["value"]

    def _on_mode(self, _change: object) -> None:
        """Show what was found in this mode before."""
        with self.lock:
            _, here = self._now
            self._sides = []
            self._put(self._other)
            self._other = here
        self._on_change(None)

    # runs of this session

    @property
    def listed(self) -> tuple[Run, ...]:
        """Runs that can be shown now: those of this mode, and in Confirm of this hypothesis."""
        confirming = self.mode == "confirm"
        return tuple(
            run
            for run in self.runs
            if run.mode == self.mode and (not confirming or run.hypothesis == self.hypothesis)
        )

    def recall(self, run: Run) -> None:
        """Show an earlier run's results and its settings; nothing is computed again.

        Where its photographs are gone, or a name can't be chosen any more, its results stand as those of
        other settings.
        """
        with self.lock:
            if self.running or run not in self.listed:
                return
            former = self._now
            same = run.source != "mine" or run.photographs is reference(self.whom.photographs)
            self.gesture = object()
            try:
                if same:
                    self.whom.source = run.source
                    self.take_up(run.kept)
            finally:
                self.gesture = None
            asked = self.settings if same and self.kept == run.kept else None
            then = Kept(run.found, asked, run.progress, run.stage)
            self._sides = [former, (self.settings, then)]
            self._put(then)
            self._on_change(None)

    @property
    def _now(self) -> tuple[tuple[Any, ...], Kept]:
        return self.settings, Kept(self.found, self._asked, self.progress, self.stage)

    def _put(self, kept: Kept) -> None:
        with self.hold_trait_notifications():
            self.found, self._asked, self.progress, self.stage = (
                kept.found, kept.asked, kept.progress, kept.stage,
            )  # fmt: skip

    def _remember(self, found: Any, stage: str) -> None:
        whom = self.whom
        run = Run(
            found, self.progress, stage, self.kept, whom.source, self.mode, self.hypothesis,
            self.setting_words, self.headline(found),
            reference(whom.photographs) if whom.source == "mine" else None,
        )  # fmt: skip
        self.runs = remembered(self.runs, run)

    # coming back after a reload

    @property
    @abstractmethod
    def choices(self) -> Mapping[str, Collection[str]]:
        """What settings that are names can be now, where their trait doesn't say it."""

    @property
    def kept(self) -> dict[str, Any]:
        """The settings as plain data, without photographs: those aren't kept, so rendered people return."""
        rendered = [name for name in Whom.SETTINGS if name not in OWN]
        plain = {name: getattr(self.whom, name) for name in rendered}
        plain |= {name: getattr(self, name) for name in self.SETTINGS}
        return {name: copy(value) for name, value in plain.items()}

    def on_settings(self, handler: Callable[[Any], None]) -> None:
        """Call `handler` when one of the settings changes."""
        self.observe(handler, list(self.SETTINGS))
        self.whom.observe(handler, list(Whom.SETTINGS))

    def take_up(self, kept: Mapping[str, Any]) -> None:
        """Set what was kept; names that can't be chosen any more are passed over, and so is all amid a run.

        Raises
        ------
        BadValueError
            It isn't what `kept` returns.
        """
        with self.lock:
            if self.running:
                return
            try:
                for owner, names in ((self.whom, Whom.SETTINGS), (self, self.SETTINGS)):
                    with owner.hold_trait_notifications():
                        for name in names:
                            if name in kept and name not in OWN:
                                self._take(owner, name, kept[name])
            except (traitlets.TraitError, TypeError, ValueError) as error:
                msg = f"These are no settings of a study: {error!s:.100}."
                raise BadValueError(msg) from error

    def _take(self, owner: Any, name: str, value: Any) -> None:
        known = self.choices.get(name)
        if known is not None and isinstance(value, list):
            value = [one for one in value if one in known] or getattr(owner, name)
        elif known is not None and value not in known:
            return
        setattr(owner, name, value)

    # planning

    @property
    def settings(self) -> tuple[Any, ...]:
        """All that the study depends on."""
        here = [getattr(self, name) for name in self.SETTINGS]
        there = [getattr(self.whom, name) for name in Whom.SETTINGS]
        return tuple(_hashable(value) for value in (*here, *there))

    @property
    def running(self) -> bool:
        """Whether a run is on its way."""
        return self.stage in {"running", "stopping"}

    def start(self) -> None:
        """Plan for the first time."""
        self._on_change(None)

    def _on_change(self, _change: object) -> None:
        with self.lock:
            if self.running:
                return
            if self.gesture is None:  # undone, or redone: the results go with the settings
                for settings, kept in self._sides:
                    if settings == self.settings and kept.found is not self.found:
                        self._put(kept)
            with self.hold_trait_notifications():
                self.fresh = self.found is None or self._asked == self.settings
                self.stage = "ready" if self.stage in {"done", "stopped"} and not self.fresh else self.stage
                self.plan, self.problem = None, ""
            self._hand(self._planning)

    def _planning(self, task: Task | None) -> None:
        """Find out what the study would take, or what it lacks."""
        if task is not None:
            rest(task, SETTLE)
        try:
            with self.lock:
                study = self.declare()
            plan, lacks = study.plan(self.folder.known(self.mode)), ""
            changes = later_changes(self.store, study.settings) if self.hypothesis is not None else []
        except FacelibError as error:
            plan, lacks, changes = None, explain(error), None
        self._tell(task, self._planned, plan, lacks, changes)

    def _planned(self, plan: Any, lacks: str, changes: list[str] | None) -> None:
        if plan is not None and plan.rows > MOST_ROWS:
            lacks = LARGE.format(rows=plan.rows / 1e6)
        elif self.mode == "confirm" and self.hypothesis is None:
            lacks = lacks or UNSET
        with self.hold_trait_notifications():
            self.plan, self.lacks = plan, lacks
            if changes is not None:
                self.changes = changes

    # running

    def run(self) -> None:
        """Start, or go on.

        Raises
        ------
        FacelibError
            Something is missing or impossible: nothing was started.
        """
        with self.lock:
            if self.running:
                return
            study = self.declare()
            if self.mode == "confirm":
                need(self.hypothesis, UNSET)
            else:
                self._looked.add(self._faces)
            self._stopped, self._sides = Event(), []
            with self.hold_trait_notifications():
                if self._asked != self.settings:
                    self.found = None
                self._asked = self.settings
                self.stage, self.fresh, self.problem = "running", True, ""
                self.progress, self.step = None, "Looking at what is there already"
            self._hand(partial(self._work, study, self.store, self._stopped))

    def stop(self) -> None:
        """End the run; what is done is kept, and `run` goes on from there."""
        with self.lock:
            if self.stage == "running":
                self._stopped.set()
                self.stage = "stopping"

    def close(self) -> None:
        """End the run and the worker, and delete what was written, unless a folder was named."""
        self._stopped.set()
        if self.worker is not None:
            self.worker.close()
        self.folder.delete()

    @property
    def store(self) -> Path:
        """Folder of the results; every hypothesis has one of its own."""
        return self.folder.of(self.mode)

    def _work(self, study: Any, store: Path, stopped: Event, task: Task | None) -> None:
        """Run in the worker's thread; what is known so far is looked at now and then."""
        looks = Looks()

        def report(progress: StudyProgress) -> None:
            self._tell(task, self._report, progress)
            if progress.part and looks.due and progress.done < progress.total:
                with looks:
                    self._look(store, task)

        def stop() -> bool:
            return stopped.is_set() or (task is not None and task())

        try:
            result, stage = study.run(store, progress=report, stop=stop, n_jobs=JOBS), "done"
        except Cancelled:
            if task is not None:
                task.check()
            result, stage = studies.open_study(store), "stopped"
        self._tell(task, setattr, self, "step", "Statistics of what was found")
        try:
            found = self.gather(result, task)
        except Cancelled:
            self._tell(task, self._ended, None, "stopped", "")
        except FacelibError as error:  # what was read is there all the same
            self._tell(task, self._ended, None, stage, explain(error))
        else:
            self._tell(task, self._ended, found, stage, "")

    def _look(self, store: Path, task: Task | None) -> None:
        """Show what is known so far; whatever goes wrong with that, the run goes on."""
        try:
            found = self.gather(studies.open_study(store), task)
        except (Superseded, Cancelled, FacelibError):
            return  # nobody waits for it, or nothing can be said yet
        except Exception:
            logger.exception("What a study has found so far could not be shown")
        else:
            self._tell(task, self._show, found)

    def _report(self, progress: StudyProgress) -> None:
        with self.hold_trait_notifications():
            self.progress, self.step = progress, ""

    def _show(self, found: Any) -> None:
        self.found = found

    def _ended(self, found: Any, stage: str, problem: str) -> None:
        if found is not None:
            self.found = found  # shown before "Done." stands beside it
            self._remember(found, stage)
        with self.hold_trait_notifications():
            self.stage, self.step, self.problem = stage, "", problem
            self.fresh = self._asked == self.settings
            if self.plan is not None and self.progress is not None:
                self.plan = replace(self.plan, done=self.progress.done, failed=self.progress.failed)
        if self.plan is None:
            self._hand(self._planning)

    def _failed(self, error: Exception) -> None:
        with self.hold_trait_notifications():
            if self.running:
                self.stage = "stopped"
            self.step, self.problem = "", explain(error)

    # who does it

    def _hand(self, work: Callable[[Task | None], None]) -> None:
        if self.worker is not None:
            self.worker.submit(work, self._failed)
            return
        try:
            work(None)
        except Exception as error:
            self._failed(error)

    def _tell(self, task: Task | None, callback: Callable[..., object], *what: Any) -> None:
        if task is not None:
            task.tell(callback, *what)
        else:
            with self.lock:
                callback(*what)


def _hashable(value: Any) -> Any:
    if isinstance(value, dict):
        return tuple(sorted(value.items()))
    return tuple(value) if isinstance(value, list) else value


@dataclass(frozen=True)
class Kept:
    """What was found in a mode that isn't shown now."""

    found: Any = None
    asked: object = None
    progress: StudyProgress | None = None
    stage: str = "ready"
