"""What the Muscles tab holds: a recording, the part that is shown, and what was made and read of it.

One worker thread does all of it; the newest wish wins. A change of what is shown goes on from the recording
that is there; a change of the recording starts from it.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any, Final

import traitlets

from facelib import classifiers as zoo
from facelib.app.explorer.state import FIRST_HEAD
from facelib.app.muscles.film import LONGEST, SIZE, Film, Seen, film_of, watch
from facelib.app.muscles.source import (
    MOST_BYTES,
    SIDES,
    Loaded,
    movements,
    of_clip,
    prepared,
    recorded_clips,
    simulated,
    uploaded,
)
from facelib.app.studies.state import known_classifiers
from facelib.app.widgets.messages import explain
from facelib.app.worker import Latest, Task
from facelib.classifiers import EMOTIONS
from facelib.errors import BadValueError, FacelibError
from facelib.faces import Head

if TYPE_CHECKING:
    from facelib.semg.animation import Moves
    from facelib.semg.dataset import Dataset
    from facelib.semg.recordings.processing import Chain
    from facelib.semg.recordings.recording import Recording
    from facelib.utilities.progress import Progress

SOURCES: Final = ("recording", "simulated", "mine", "dataset")
MAINS: Final = (50, 60)
SETTLE: Final = 0.15  # seconds of quiet before the worker starts
TOLD: Final = 0.2  # seconds between two words of progress
WATCHED: Final = "{done} of {of} pictures made and read. The slider shows those that are there."
MEANT: Final = {
    "happy": "happy", "Smile-Closed": "happy", "Smile-Open": "happy", "Smile-Left": "happy",
    "Smile-Right": "happy", "sad": "sad", "angry": "angry", "disgusted": "disgust", "fearful": "fear",
    "surprised": "surprise",
}  # fmt: skip
"""Movement to the class that is looked at first."""
BANDS: Final = {"data set": (10.0, 500.0), "facial": (20.0, 450.0)}
"""Chains by name, with their bands in Hz."""
RECORDING: Final = (
    "source", "task", "weak", "weakness", "seed", "given", "rate", "columns", "clip", "filters", "mains",
    "low", "high", "window",
)  # fmt: skip
SHOWN: Final = ("head", "start", "seconds", "models", "electrodes", "removed")
KEPT: Final = (
    "task", "weak", "weakness", "seed", "filters", "mains", "low", "high", "window", "start", "seconds",
    "models", "electrodes", "removed", "label",
)  # fmt: skip
"""What outlives a reload: of a simulated recording, as files aren't kept."""


class Muscles(traitlets.HasTraits):
    """State of the Muscles tab.

    Attributes
    ----------
    source
        "simulated", "mine" (a file), "dataset" (a clip of a folder), or "recording" (the one that was given).
    task, weak, weakness, seed
        Of a simulated recording: movement, the side that moves less, by what share, and of what is drawn.
    given
        Name and bytes of the visitor's file; None: none yet.
    rate
        Samples a second of it; 0: as the file says.
    columns
        Which channel a column of it is, "" of one that is left out; those that aren't in it don't count.
    clip
        Of the data set.
    filters, mains, low, high, window
        Of the processing: the chain (`BANDS`), and Hz, Hz, Hz, ms.
    head
        Whose face is moved.
    start, seconds
        The part that is shown.
    models
        Ids of classifiers that read the pictures.
    electrodes, removed
        Whether the head wears electrodes, and whether they, if it does, are taken off the pictures digitally.
    step
        The moment that is looked at; of another recording first the one at which muscles are most active.
    label
        The class that is looked at.
    loaded, film, seen
        What is known so far; None: nothing.
    status, progress
        What the worker does, and how far it is.
    recording_problem, film_problem
        What went wrong, for people.

    Parameters
    ----------
    models
        Ids of classifiers; None: all that are here.
    dataset
        Folder in the layout of "Mimics, Muscles, and Me", on this machine; None: none is offered.
    recording
        A recording at hand, for notebooks.
    model
        Turns envelopes into face units; None: the declared map. See `facelib.semg.animate`.
    size
        Side of the pictures, px.
    background
        Whether a worker does the work; else it is done at once.

    Raises
    ------
    BadTableError
        If the folder is no such data set.
    BadValueError
        If none of its clips has signals.
    """

    source = traitlets.Enum(SOURCES, "simulated")
    task = traitlets.Unicode("Smile-Open")
    weak = traitlets.Enum(SIDES, "neither")
    weakness = traitlets.Float(0.8, min=0.0, max=1.0)
    seed = traitlets.Int(3, min=0)  # it smiles widely, and soon
    given = traitlets.Any()
    rate = traitlets.Float(0.0, min=0.0)
    columns = traitlets.Dict()
    clip = traitlets.Unicode("")
    mains = traitlets.Enum(MAINS, 50)
    filters = traitlets.Enum(tuple(BANDS), "data set")
    low = traitlets.Float(10.0, min=1.0)
    high = traitlets.Float(500.0, min=2.0)
    window = traitlets.Float(500.0, min=10.0, max=2000.0)
    head = traitlets.Instance(Head)
    start = traitlets.Float(0.0, min=0.0)
    seconds = traitlets.Float(12.0, min=0.5, max=LONGEST)
    models = traitlets.List(traitlets.Unicode())
    electrodes = traitlets.Bool(default_value=False)
    removed = traitlets.Bool(default_value=False)
    step = traitlets.Int(0, min=0)
    label = traitlets.Enum(EMOTIONS, "happy")
    loaded = traitlets.Any()
    film = traitlets.Any()
    seen = traitlets.Any()
    status = traitlets.Unicode("")
    progress = traitlets.Float(1.0)
    recording_problem = traitlets.Unicode("")
    film_problem = traitlets.Unicode("")

    def __init__(
        self,
        *,
        models: list[str] | tuple[str, ...] | None = None,
        dataset: str | Path | None = None,
        recording: Recording | None = None,
        model: Moves | None = None,
        head: Head | None = None,
        size: int = SIZE,
        background: bool = True,
        **settings: Any,
    ) -> None:
        self.offered = zoo.available() if models is None else list(models)
        self.size, self.recording, self.model = size, recording, model
        self.dataset: Dataset | None = None
        if dataset is not None:
            from facelib.semg.dataset import open_dataset

            self.dataset = open_dataset(dataset)
            if not (clips := recorded_clips(self.dataset)):
                msg = f"No clip in {dataset} has signals."
                raise BadValueError(msg, hint="open_dataset(…).findings says what is missing.")
            settings = {"source": "dataset", "clip": clips[0]} | settings
        if recording is not None:
            settings = {"source": "recording"} | settings
        settings = {"head": head or FIRST_HEAD, "models": self.offered} | settings
        super().__init__(**settings)
        self.lock = RLock()
        self.worker = Latest(self.lock, "facelib-muscles") if background else None
        self._key: object = None  # of what is loaded
        self._wanted: object = None
        self._told = 0.0
        self.observe(self._on_task, "task")
        self.observe(self._on_filters, "filters")
        self.observe(self._on_change, [*RECORDING, *SHOWN])

    @property
    def sources(self) -> tuple[str, ...]:
        """What can be chosen here: a recording or a data set only where one was given."""
        absent = {"recording": self.recording is None, "dataset": self.dataset is None}
        return tuple(name for name in SOURCES if not absent.get(name))

    @property
    def chain(self) -> Chain:
        """Constants of the processing as they are set.

        Raises
        ------
        BadValueError
            They don't fit each other.
        """
        from facelib.semg.recordings.processing import Chain

        window = round(self.window / 1000 * 4096)
        named: Chain = Chain.preset(self.filters, mains=float(self.mains))
        return replace(named, low=self.low, high=self.high, window=window)

    def take(self, name: str, content: bytes) -> None:
        """Read a file of the visitor's; its bytes stay in memory, for another rate or processing.

        Raises
        ------
        BadValueError
            It is too large.
        """
        if len(content) > MOST_BYTES:
            msg = f"{name} has {len(content) / 1e6:.0f} MB; the page takes up to {MOST_BYTES / 1e6:.0f}."
            raise BadValueError(msg)
        with self.lock, self.hold_trait_notifications():
            if self.given is None:
                self.filters = "facial"  # the data set's chain is for the data set
            self.start, self.given, self.source = 0.0, (name, content), "mine"

    @property
    def kept(self) -> dict[str, Any]:
        """The settings as plain data."""
        return {name: getattr(self, name) for name in KEPT}

    def take_up(self, kept: Mapping[str, Any]) -> None:
        """Set what was kept; names that can't be chosen any more are passed over.

        Raises
        ------
        BadValueError
            It isn't what `kept` returns.
        """
        known = {"task": set(movements()), "models": set(known_classifiers(self.offered))}
        with self.lock:
            try:
                with self.hold_trait_notifications():
                    for name in KEPT:
                        if name in kept and _is_among(kept[name], known.get(name)):
                            setattr(self, name, kept[name])
                self.label = kept.get("label", self.label)  # a movement brings its own
            except (traitlets.TraitError, TypeError, ValueError) as error:
                msg = f"These are no settings of a recording: {error!s:.100}."
                raise BadValueError(msg) from error

    def on_settings(self, handler: Callable[[Any], None]) -> None:
        """Call `handler` when one of the settings changes."""
        self.observe(handler, list(KEPT))

    def begin(self) -> None:
        """Load what is set, and show it."""
        with self.lock:
            self._wanted = None
            self._on_change(None)

    def close(self) -> None:
        """End the worker, and forget the visitor's file."""
        if self.worker is not None:
            self.worker.close()
        self.given = None

    def _on_task(self, change: Any) -> None:
        if change["new"] in MEANT:
            self.label = MEANT[change["new"]]

    def _on_filters(self, change: Any) -> None:
        if (self.low, self.high) == BANDS[change["old"]]:  # a band of one's own stays
            self.low, self.high = BANDS[change["new"]]

    def _on_change(self, _change: object) -> None:
        with self.lock:
            wanted = tuple(map(self._value, (*RECORDING, *SHOWN)))
            if wanted != self._wanted:  # several settings may change at once
                self._wanted = wanted
                self._hand(self._work)

    def _value(self, name: str) -> Any:
        value = getattr(self, name)
        if isinstance(value, dict):
            return tuple(value.items())
        return tuple(value) if isinstance(value, list) else value

    # in the worker's thread

    def _work(self, task: Task | None) -> None:
        if task is not None:
            _settle(task)
        with self.lock:
            key = tuple(map(self._value, RECORDING))
        if key != self._key or self.loaded is None:
            try:
                loaded = self._load(task)
            except Exception as error:
                self._tell(task, self._lost, key, explain(error))
                raise
            self._tell(task, self._got, key, loaded)
        if self.loaded is not None:
            self._show(task)

    def _load(self, task: Task | None) -> Loaded | None:
        """Return the recording that is set; None where there is none to choose yet."""

        def progress(at: Progress) -> None:
            self._say(task, at.share, f"Processing: {at.counted} channels")

        self._tell(task, self._report, 0.0, "Reading the recording")
        if self.source == "simulated":
            return simulated(
                self.task, self.chain, weak=self.weak, weakness=self.weakness, seed=self.seed,
                progress=progress,
            )  # fmt: skip
        if self.source == "dataset":
            if self.dataset is None:
                msg = "No data set is here: choose another recording."
                raise BadValueError(msg, hint="In Python: MusclesPanel(dataset='its folder').")
            return of_clip(self.dataset, self.clip or recorded_clips(self.dataset)[0], self.chain)
        if self.source == "recording" and self.recording is not None:
            return prepared(self.recording, self.recording.source or "Recording", self.chain, progress)
        if self.given is None:
            return None
        name, content = self.given
        return uploaded(name, content, self.rate or None, self.chain, progress, columns=self.columns)

    def _show(self, task: Task | None) -> None:
        """Make the pictures of the part that is set, and read them."""
        try:
            film = film_of(
                self.loaded, self.head, self.start, self.seconds,
                electrodes=self.electrodes, removed=self.electrodes and self.removed,
                size=self.size, model=self.model,
            )  # fmt: skip
            models = [zoo.load(name, "cpu") for name in self.models]
            self._tell(task, self._begun, film)
            for done, seen in watch(film, models):
                if seen is not None:
                    self._tell(task, setattr, self, "seen", seen)
                self._say(task, done / len(film), WATCHED.format(done=done, of=len(film)))
        except Exception as error:
            self._tell(task, setattr, self, "film_problem", explain(error))
            self._tell(task, self._report, 1.0, "")
            raise
        self._tell(task, self._report, 1.0, "")

    # what it tells

    def _report(self, share: float, words: str) -> None:
        with self.hold_trait_notifications():
            self.progress, self.status = share, words

    def _got(self, key: object, loaded: Loaded | None) -> None:
        self._key = key
        with self.hold_trait_notifications():
            self.loaded, self.recording_problem = loaded, ""
            if loaded is None:
                self.film = self.seen = None
        self._report(1.0, "")

    def _lost(self, key: object, problem: str) -> None:
        """Forget what was loaded before: nothing may look as if it were what was asked for."""
        self._key = key
        with self.hold_trait_notifications():
            self.loaded = self.film = self.seen = None
            self.recording_problem = problem
        self._report(1.0, "")

    def _begun(self, film: Film) -> None:
        with self.hold_trait_notifications():
            another = self.film is None or self.film.loaded is not film.loaded
            self.seen = Seen((None,) * len(film), {})
            self.film, self.film_problem = film, ""
            self.step = film.peak if another else min(self.step, len(film) - 1)

    # who does it

    def _say(self, task: Task | None, share: float, words: str) -> None:
        """Tell how far it is, not too often; end work that nobody waits for."""
        if task is not None:
            task.check()
        now = time.monotonic()
        if now >= self._told + TOLD:
            self._told = now
            self._tell(task, self._report, share, words)

    def _tell(self, task: Task | None, callback: Callable[..., object], *what: Any) -> None:
        if task is not None:
            task.check()
            task.tell(callback, *what)
        else:
            callback(*what)

    def _hand(self, work: Callable[[Task | None], None]) -> None:
        if self.worker is not None:
            self.worker.submit(work)
            return
        with contextlib.suppress(FacelibError):  # the state says what went wrong
            work(None)


def _settle(task: Task) -> None:
    """Wait for other changes: a drag of a slider makes many."""
    deadline = time.monotonic() + SETTLE
    while time.monotonic() < deadline:
        task.check()
        time.sleep(0.02)


def _is_among(value: Any, known: set[str] | None) -> bool:
    """Tell whether a name, or each of a list of them, is known."""
    return known is None or set(value if isinstance(value, list) else [value]) <= known
