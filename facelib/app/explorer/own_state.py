"""A network of the visitor's: its file, what was said of it, how it reads twelve heads, and its use.

The file is read and tried out in a child process with limits (`facelib.models.sandbox`). It comes into this
process by the same gate as in Python (`facelib.classifiers.own`) once it has passed there and was accepted.
"""

from __future__ import annotations

import re
import time
import warnings
from collections.abc import Sequence
from functools import partial
from typing import Any, Final, cast

import numpy as np
import numpy.typing as npt
import traitlets

from facelib import classifiers as zoo
from facelib.app import visitors
from facelib.app.explorer.state import Explorer
from facelib.app.widgets.messages import explain
from facelib.app.worker import Latest, Task
from facelib.classifiers import guesses
from facelib.classifiers.classifier import normalised_sigmoid, softmax
from facelib.classifiers.emotions import EMOTIONS, common
from facelib.classifiers.guesses import HEADS, SCALES, Guess
from facelib.classifiers.preparation import Colour, Preparation
from facelib.errors import BadValueError, Cancelled, FacelibError
from facelib.models.sandbox import About, Sandbox, plain_name
from facelib.utilities.scratch import folder_for

STAGES: Final = ("empty", "reading", "asked", "making", "used")
OUTPUTS: Final = ("logits", "log", "probabilities", "sigmoids")
MARGINS: Final = (0.0, 0.1, 0.2, 0.4)
SIZES: Final = (48, 64, 96, 112, 128, 160, 192, 224, 256, 299)
QUICK: Final = 8.0  # seconds of the first readings up to which other margins are tried, too (our choice)
FITS: Final = 0.5  # share of the heads that an order of labels has to read right to be guessed (our choice)
LONGEST_NAME: Final = 24
LONGEST_LABEL: Final = 40
FURTHER: Final = ("contempt",)
NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
NOTHING: Final = ""
RELOADED: Final = (
    "It stays in the memory of this session: a reload of the page forgets it, and so does closing it. "
    "Nothing of it is kept on disk."
)
TAKEN_OUT: Final = "{name} was taken out of all tabs."

Rows = npt.NDArray[np.floating]


class OwnNetwork(traitlets.HasTraits):
    """The questions about one file, and the classifier that comes of it.

    Attributes
    ----------
    stage
        "empty", "reading" (in the child process), "asked", "making" (it is taken into use), "used".
    status, problem, notes
        What is done, what went wrong, and what is to be known of the one in use; for people.
    about
        `facelib.models.sandbox.About` of the file; None before.
    colour, scale, margin, size
        Answer to the first question: `scale` is a key of `SCALES`.
    labels, outputs
        Answer to the second: emotion of each output ("" for none), and one of `OUTPUTS`.
    own_labels
        The outputs' names where they were written; empty: their emotions.
    title
        Name of one's own.
    guess
        `Guess` that was made at first.
    version
        Grows with everything that is found out.

    Parameters
    ----------
    explorer
        Where the classifier is used.
    background
        Whether a worker reads; else whoever asks waits.
    """

    stage = traitlets.Enum(STAGES, "empty")
    status = traitlets.Unicode("")
    problem = traitlets.Unicode("")
    notes = traitlets.Unicode("")
    about = traitlets.Any()
    colour = traitlets.Unicode("rgb")
    scale = traitlets.Enum(tuple(SCALES), next(iter(SCALES)))
    margin = traitlets.Enum(MARGINS, 0.0)
    size = traitlets.Int(224)
    labels = traitlets.List(traitlets.Unicode())
    outputs = traitlets.Enum(OUTPUTS, "logits")
    own_labels = traitlets.List(traitlets.Unicode())
    title = traitlets.Unicode("")
    guess = traitlets.Any()
    version = traitlets.Int(0)

    def __init__(self, explorer: Explorer, *, background: bool = True) -> None:
        super().__init__()
        self.explorer = explorer
        self.lock = explorer.lock
        self.worker: Latest | None = None  # begins with the first file
        self._background = background
        self.name = ""
        self.used = ""  # id of the classifier in use
        self._content = b""
        self._architecture: str | None = None
        self._sandbox: Sandbox | None = None
        self._rows: dict[Preparation, Rows] = {}
        self.observe(self._on_pictures, ["colour", "scale", "margin"])
        self.observe(self._on_size, "size")
        self.observe(self._grow, ["labels", "outputs"])

    @property
    def closed(self) -> str:
        """Why nothing is taken here; "" where it is."""
        return visitors.closed()

    # the file

    def take(self, name: str, content: bytes, architecture: str | None = None) -> None:
        """Read a file in a child process, guess, and ask.

        Raises
        ------
        BadValueError
            Others can come to this page, or one is in use already.
        """
        if reason := self.closed:
            raise BadValueError(reason)
        with self.lock:
            if self.stage in {"making", "used"}:
                msg = f"{self.used or 'One'} is in use; remove it first."
                raise BadValueError(msg)
            self.name, self._content, self._architecture = plain_name(name), bytes(content), architecture
            self._hand(partial(self._read, None), "reading", f"Reading {self.name} in a process with limits")

    def _read(self, size: int | None, task: Task | None) -> None:
        self._put_away()
        found = Sandbox(self.name, self._content, architecture=self._architecture, size=size)
        try:
            self._tell(task, setattr, self, "status", "Reading twelve heads in the usual ways")
            rows = self._first_readings(found, task)
        except BaseException:
            found.close()
            raise
        self._sandbox = found
        self._tell(task, self._ask, found.about, rows, size is None)

    def _first_readings(self, sandbox: Sandbox, task: Task | None) -> dict[Preparation, Rows]:
        """Return what it answers without a margin, and with others where that is quick."""
        began = time.monotonic()
        rows = self._readings(sandbox, sandbox.about, MARGINS[0], task)
        if time.monotonic() - began < QUICK:
            for margin in MARGINS[1:]:
                rows |= self._readings(sandbox, sandbox.about, margin, task)
        return rows

    def _readings(
        self, sandbox: Sandbox, about: About, margin: float, task: Task | None
    ) -> dict[Preparation, Rows]:
        images, boxes = guesses.pictures_of(guesses.twelve())
        rows: dict[Preparation, Rows] = {}
        for preparation in guesses.preparations(about.channels, about.size, margin=margin):
            if task is not None:
                task.check()
            rows[preparation] = sandbox.rows(preparation(images, boxes).numpy())
        return rows

    def _ask(self, about: About, rows: dict[Preparation, Rows], anew: bool) -> None:
        self._rows = rows if anew else self._rows | rows
        with self.hold_trait_notifications():
            self.about, self.size = about, about.size
            if anew:
                self._guess(about)
            self.stage, self.status, self.problem = "asked", "", ""
            self.version += 1

    def _guess(self, about: About) -> None:
        found = guesses.guess(self._rows, about.outputs)
        self.guess = found
        made = found.preparation
        self.colour, self.scale, self.margin = made.colour, scale_of(made), made.margin
        fits = found.order and found.right >= FITS * HEADS
        self.labels = list(guesses.ORDERS[found.order]) if fits else [NOTHING] * about.outputs
        self.own_labels = []
        self.outputs = "sigmoids" if about.ending == "sigmoid" else about.returns
        self.title = self.title or _title(self.name)

    # the questions

    @property
    def preparation(self) -> Preparation:
        """What the network sees, as it is answered now."""
        mean, std = SCALES[self.scale]
        if not isinstance(mean, float) and self.colour not in ("rgb", "bgr"):
            mean, std = SCALES["0 … 1"]
        colour = cast("Colour", self.colour)  # Preparation checks it
        return Preparation(self.about.size, colour, mean, std, self.margin)

    @property
    def choices(self) -> list[Preparation]:
        """The ways to prepare the pictures that can be chosen."""
        if self.about is None:
            return []
        return list(guesses.preparations(self.about.channels, self.about.size, margin=self.margin))

    @property
    def rows(self) -> Rows | None:
        """The outputs for the twelve heads as it is answered now, (12, K); None: not read yet."""
        return self._rows.get(self.preparation) if self.about is not None else None

    @property
    def probabilities(self) -> Rows | None:
        """The probabilities that come of them, (12, K)."""
        rows = self.rows
        return None if rows is None else probabilities(rows, self.outputs)

    @property
    def judged(self) -> Guess | None:
        """How the twelve heads are read as it is answered now."""
        rows = self.rows
        return None if rows is None else guesses.judge(self.preparation, rows, self.labels)

    @property
    def ranking(self) -> list[Guess]:
        """All ways that were tried, the best first, by the labels as they are answered."""
        rows = (
            {}
            if self.about is None
            else {one: rows for one, rows in self._rows.items() if one.size == self.about.size}
        )
        some = any(self.labels)
        return guesses.ranked(rows, self.about.outputs, self.labels if some else None) if rows else []

    def name_outputs(self, text: str) -> None:
        """Name the outputs by words in their order, divided by commas; the emotions follow from them.

        Raises
        ------
        BadValueError
            There are more or fewer than outputs, two are the same, or one isn't printable or is too long.
        """
        words = [" ".join(word.split()) for word in text.split(",")]
        count = self.about.outputs
        if len(words) != count or len(set(words)) < count:
            msg = f"It has {count} outputs, so {count} different names are needed, divided by commas."
            raise BadValueError(msg)
        if not all(word.isprintable() and 0 < len(word) <= LONGEST_LABEL for word in words):
            msg = f"A name of an output has 1 to {LONGEST_LABEL} printable signs."
            raise BadValueError(msg)
        table = common(words)
        found = [table[word] or (word.lower() if word.lower() in FURTHER else NOTHING) for word in words]
        with self.lock, self.hold_trait_notifications():
            self.own_labels = words
            self.labels = [one if found.index(one) == place else NOTHING for place, one in enumerate(found)]

    def _on_pictures(self, _change: object) -> None:
        if self.about is None or self.stage != "asked":
            return
        if self.rows is None:
            self._hand(self._read_more, "asked", "Reading twelve heads in the usual ways")
        self._grow()

    def _read_more(self, task: Task | None) -> None:
        sandbox, about = self._sandbox, self.about
        if sandbox is not None and about is not None:
            self._tell(task, self._ask, about, self._readings(sandbox, about, self.margin, task), False)

    def _on_size(self, _change: object) -> None:
        about = self.about
        if self.stage == "asked" and about is not None and about.any_size and self.size != about.size:
            size = min(max(self.size, min(SIZES)), max(SIZES))
            self._hand(partial(self._read, size), "reading", f"Reading {self.name} anew")

    def _grow(self, _change: object = None) -> None:
        self.version += 1

    # its use

    def accept(self) -> None:
        """Take the network into use, in all tabs.

        Raises
        ------
        BadValueError
            The name is none, or two outputs have the same emotion.
        """
        if reason := self.closed:
            raise BadValueError(reason)
        with self.lock:
            if self.stage != "asked":
                return
            name = checked_name(self.title, [*zoo.names(kind=("pretrained", "known bias", "own"))])
            emotions = [one for one in self.labels if one in EMOTIONS]
            twice = next((one for one in emotions if emotions.count(one) > 1), "")
            if twice or not emotions:
                msg = (
                    f"Two outputs are called {twice}; each emotion belongs to one output at most."
                    if twice
                    else "Say of one output at least which emotion it stands for."
                )
                raise BadValueError(msg)
            self._hand(partial(self._make, name, self.preparation), "making", f"Taking {name} into use")

    def _make(self, name: str, preparation: Preparation, task: Task | None) -> None:
        """Load the file in this process, as in Python: it has passed the child's."""
        labels, emotions = self._declared()
        options: dict[str, Any] = (
            {"architecture": f"torchvision:{self.about.architecture}"} if self.about.architecture else {}
        )
        outputs: Any = "logits" if self.outputs == "log" else self.outputs
        with folder_for("network") as folder, warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            path = folder / self.name
            path.write_bytes(self._content)
            made = zoo.own(
                path, id=name, labels=labels, emotions=emotions, preparation=preparation, outputs=outputs,
                title=f"{name} (yours)", limits=self._said(), **options,
            )  # fmt: skip
        self._put_away()
        words = [str(one.message) for one in said if isinstance(one.message, zoo.DeclarationWarning)]
        self._tell(task, self._use, made, " ".join(words))

    def _declared(self) -> tuple[list[str], dict[str, str | None]]:
        """Return the labels, each different, and their emotions."""
        named = self.own_labels or [one or f"output {n}" for n, one in enumerate(self.labels, start=1)]
        pairs = zip(named, self.labels, strict=True)
        return list(named), {name: one if one in EMOTIONS else None for name, one in pairs}

    def _said(self) -> str:
        """Say what was said of it, for its card."""
        judged = self.judged
        read = f"; named {judged.right} of {judged.n} rendered heads as intended" if judged else ""
        return (
            f"your classifier, from {self.name}; said of it in the page: {self.preparation.describe()}; "
            f"outputs {', '.join(self._declared()[0])} as {self.outputs}{read}"
        )

    def _use(self, made: zoo.Classifier, notes: str) -> None:
        zoo.register(made.id, made)
        self.used, self.notes = made.id, notes
        self._content = b""
        self.explorer.use(made)
        with self.hold_trait_notifications():
            self.stage, self.status, self.problem = "used", "", ""

    def remove(self) -> None:
        """Take the classifier out of all tabs, or put away the file that is asked about."""
        with self.lock:
            if self.worker is not None:
                self.worker.cancel()
            if name := self.used:
                if reason := self.explorer.why_kept(name):
                    raise BadValueError(reason)
                zoo.unregister(name)  # first: tabs look up who is there
                self.explorer.leave(name)
            self.used = ""
            self._put_away()
            self._content, self._rows = b"", {}
            with self.hold_trait_notifications():
                self.about, self.stage, self.problem, self.title = None, "empty", "", ""
                self.status, self.notes = TAKEN_OUT.format(name=name) if name else "", ""

    def close(self) -> None:
        """End the worker and the child."""
        if self.worker is not None:
            self.worker.close()
        self._put_away()

    # who does it

    def _put_away(self) -> None:
        sandbox, self._sandbox = self._sandbox, None
        if sandbox is not None:
            sandbox.close()

    def _hand(self, work: Any, stage: str, status: str) -> None:
        with self.hold_trait_notifications():
            self.stage, self.status, self.problem = stage, status, ""
        failed = partial(self._failed, stage)
        if self._background and self.worker is None:
            self.worker = Latest(self.lock, "facelib-own")
        if self.worker is not None:
            self.worker.submit(work, failed)
            return
        try:
            work(None)
        except Exception as error:
            self._failed(stage, error)

    def _failed(self, stage: str, error: Exception) -> None:
        if isinstance(error, Cancelled):
            return
        if not isinstance(error, FacelibError) and self.worker is None:
            raise error
        back = "asked" if stage == "making" and self._sandbox is not None else "empty"
        if back == "empty":
            self._put_away()
        with self.hold_trait_notifications():
            self.stage, self.status, self.problem = back, "", explain(error)

    def _tell(self, task: Task | None, callback: Any, *what: Any) -> None:
        if task is not None:
            task.tell(callback, *what)
        else:
            with self.lock:
                callback(*what)


def scale_of(preparation: Preparation) -> str:
    """Return the key of `SCALES` that a preparation scales by.

    Examples
    --------
    >>> scale_of(Preparation(64, "rgb", 127.5, 127.5))
    '−1 … 1'
    """
    pair = preparation.mean, preparation.std
    return next((words for words, one in SCALES.items() if one == pair), next(iter(SCALES)))


def probabilities(rows: Rows, outputs: str) -> Rows:
    """Return the probabilities (N, K) that belong to outputs of one of `OUTPUTS`.

    Examples
    --------
    >>> probabilities(np.zeros((1, 4)), "logits")
    array([[0.25, 0.25, 0.25, 0.25]])
    """
    numbers = np.asarray(rows, np.float64)
    if outputs == "probabilities":
        return numbers
    if outputs != "sigmoids":
        return np.asarray(softmax(numbers), np.float64)
    if numbers.min() >= 0 and numbers.max() <= 1:  # after the sigmoid already
        return np.asarray(numbers / np.maximum(numbers.sum(1, keepdims=True), 1e-12))
    return np.asarray(normalised_sigmoid(numbers), np.float64)


def checked_name(text: str, taken: Sequence[str]) -> str:
    """Return a name for menus, tables and files; raise `BadValueError` if it can't be one.

    Examples
    --------
    >>> checked_name(" my_net ", ["fer"])
    'my_net'
    """
    name = text.strip()
    if not NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        msg = (
            f"A name has 1 to {LONGEST_NAME} letters (A to Z), digits, - or _, and begins with a letter; "
            f"this one hasn't: “{name[:40]}”."
        )
        raise BadValueError(msg)
    if name.casefold() in {one.casefold() for one in taken}:
        msg = f"There is a classifier called {name} already; choose another name."
        raise BadValueError(msg)
    return name


def _title(name: str) -> str:
    stem = re.sub(r"[^A-Za-z0-9_]+", "_", name.rsplit(".", 1)[0]).strip("_-")
    found = stem if NAME.fullmatch(stem) else f"own_{stem}".rstrip("_")
    taken = {one.casefold() for one in zoo.names(kind=("pretrained", "known bias", "own"))}
    found = found[: LONGEST_NAME - 4]
    return f"own_{found}" if found.casefold() in taken else found
