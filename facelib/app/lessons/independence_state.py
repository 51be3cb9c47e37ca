"""What the lesson on conditional independence shows: a model, faces drawn from it, tests, and their power."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import islice
from threading import RLock
from typing import Any

import numpy as np
import pandas as pd
import traitlets

from facelib.app.widgets.messages import explain
from facelib.app.worker import Latest, Task
from facelib.stats.causal_model import CONDITIONERS, HELD, SHAPES, CausalModel, Held, held_fixed
from facelib.stats.independence import TESTS
from facelib.stats.independence.base import title_of
from facelib.stats.independence.conditioning import as_given
from facelib.stats.independence.methods import able_tests
from facelib.stats.independence.threads import available
from facelib.stats.independence.vote import deciding
from facelib.stats.rejection_rates import Rejected, power_rounds, run_each, shares

REPETITIONS = 50
"""Draws behind a power curve."""
LEVELS = (0.1, 0.05, 0.01)
SEED = 7
"""The first draw: faces on which each situation of the lesson shows what is claimed."""
SETTLE = 0.12  # seconds of quiet before tests start: a drag moves arrows and points, and nothing else
WAITS = "…"
UNABLE = "holds labels only"
UNTESTED = "not testable"
MODEL = ("effect", "confounding", "shape", "conditioner")
SETTINGS = (*MODEL, "held", "n", "alpha", "seed")


@dataclass(frozen=True)
class Settings:
    """One moment of the lesson's controls."""

    model: CausalModel
    held: Held
    n: int
    alpha: float
    seed: int

    @property
    def tested(self) -> tuple[object, ...]:
        """What p-values depend on."""
        return self.model, self.held, self.n, self.seed

    @property
    def counted(self) -> tuple[object, ...]:
        """What a power curve depends on."""
        return self.model.replace(effect=0.0), self.held, self.n, self.alpha


class World(traitlets.HasTraits):
    """State of the lesson: a world, faces from it, and tests; widgets observe it.

    Attributes
    ----------
    effect, confounding, shape, conditioner
        Of the causal model.
    held
        What the tests hold fixed.
    n, alpha, seed
        Faces, level of every test, seed of the draw and of the tests.
    filling
        Whether the power curve is filled in when the tests are done.
    sample
        Faces drawn: `CausalModel.draw`.
    tests
        One row a test: method, p, rejects, notes; ``words`` where there is no p, ``old`` where the p belongs
        to the settings before.
    curve
        Power of every test so far, as from `facelib.stats.rejection_rates.power`.
    repetitions
        Draws behind `curve`.
    status
        What is computed now, "" when nothing is.
    problem
        What went wrong, for people; "" when nothing did.

    Parameters
    ----------
    background
        Whether a worker computes. Else everything but the power curve is computed at once.
    """

    effect = traitlets.Float(0.3, min=0.0, max=1.0)
    confounding = traitlets.Float(1.0, min=0.0, max=2.0)
    shape = traitlets.Enum(SHAPES, "linear")
    conditioner = traitlets.Enum(CONDITIONERS, "labels")
    held = traitlets.Enum(HELD, "label")
    n = traitlets.Int(300, min=50, max=2000)
    alpha = traitlets.Enum(LEVELS, 0.05)
    seed = traitlets.Int(SEED, min=0, max=10**6)
    filling = traitlets.Bool(True)

    sample = traitlets.Any()
    tests = traitlets.Any()
    curve = traitlets.Any()
    repetitions = traitlets.Int(0)
    status = traitlets.Unicode("")
    problem = traitlets.Unicode("")

    def __init__(self, *, background: bool = True, **settings: Any) -> None:
        super().__init__(**settings)
        self.lock = RLock()
        self.worker = Latest(self.lock, "facelib-world") if background else None
        self._tested: object = None
        self._counted: object = None
        self._rounds: list[Rejected] = []
        self.tests = so_far([], list(TESTS), self.alpha)
        self.curve = shares([], "effect")
        self.observe(self._on_change, [*SETTINGS, "filling"])

    @property
    def settings(self) -> Settings:
        """The controls as they stand now."""
        model = CausalModel(*(getattr(self, name) for name in MODEL))
        return Settings(model, self.held, self.n, self.alpha, self.seed)

    @property
    def missing(self) -> dict[str, str]:
        """What to say of tests without a power curve, by id."""
        return {
            row["method"]: UNABLE if row["words"] == UNABLE else WAITS
            for row in self.tests.to_dict("records")
        }

    def start(self) -> None:
        """Draw and test for the first time."""
        self._on_change(None)

    def change(self, **settings: Any) -> None:
        """Set several controls at once."""
        with self.lock, self.hold_trait_notifications():
            for name, value in settings.items():
                setattr(self, name, value)

    def draw_again(self) -> None:
        """Take other faces from the same model."""
        with self.lock:
            self.seed = (self.seed + 1) % (World.seed.max + 1)

    def close(self) -> None:
        """End the worker."""
        if self.worker is not None:
            self.worker.close()

    def _on_change(self, _change: object) -> None:
        with self.lock:
            work = partial(self._work, settings=self.settings, filling=self.filling)
            if self.worker is not None:
                self.worker.submit(work, failed=self._failed)
                return
            try:
                work(Now())
            except Exception as error:
                self._failed(error)

    def _work(self, task: Task | Now, *, settings: Settings, filling: bool) -> None:
        """Draw, test, and add to the power curve until it is complete or nobody waits for it."""
        fresh = settings.tested != self._tested
        if fresh:
            task.tell(self._show_sample, settings.model.draw(settings.n, settings.seed))
            rest(task, SETTLE)
            self._test(task, settings)
        task.tell(self._decide, settings)
        if filling and self.worker is not None:
            self._fill(task, settings)
        task.tell(setattr, self, "status", "")

    def _test(self, task: Task | Now, settings: Settings) -> None:
        """Run every test that can hold this fixed; each one is shown when it is done."""
        faces = self.sample
        z = held_fixed(faces, settings.held)
        methods = able_tests(as_given(z, settings.n))
        done: list[pd.DataFrame] = []
        tests = run_each(
            faces["property"], {"output": faces["output"]}, z,
            methods=methods, person=np.arange(settings.n), seed=settings.seed, stop=task,
        )  # fmt: skip
        task.tell(self._show_tests, done, methods, settings.alpha)
        for table in tests:
            done.append(table)
            task.tell(self._show_tests, done, methods, settings.alpha)
        task.check()
        task.tell(setattr, self, "_tested", settings.tested)

    def _fill(self, task: Task | Now, settings: Settings) -> None:
        """Add draws to the power curve, each shown at once."""
        begun = len(self._rounds)
        if begun >= REPETITIONS:
            return
        task.tell(setattr, self, "status", f"Power: draw {begun + 1} of {REPETITIONS}")
        rounds = power_rounds(
            settings.model, settings.n, held=settings.held, alpha=settings.alpha,
            workers=max(1, available() - 1), stop=task, first=begun,
        )  # fmt: skip
        for rejected in islice(rounds, REPETITIONS - begun):
            if not task.tell(self._count, rejected):
                return

    def _show_sample(self, faces: pd.DataFrame) -> None:
        with self.hold_trait_notifications():
            self.sample, self.problem = faces, ""
            self.tests = self.tests.assign(old=self.tests["p"].notna())

    def _show_tests(self, done: list[pd.DataFrame], methods: list[str], alpha: float) -> None:
        self._done, self._methods = list(done), methods
        left = methods[len(done) :]
        with self.hold_trait_notifications():
            self.tests = so_far(done, methods, alpha, before=self.tests)
            if left:  # else it stays until what comes of the tests is shown, too
                self.status = f"Testing: {TESTS[left[0]].title}"

    def _decide(self, settings: Settings) -> None:
        """Apply the level, and begin another power curve where settings ask for one."""
        with self.hold_trait_notifications():
            self.tests = so_far(self._done, self._methods, settings.alpha)
            if settings.counted != self._counted:
                self._counted, self._rounds = settings.counted, []
                self.curve, self.repetitions = shares([], "effect"), 0

    def _count(self, rejected: Rejected) -> None:
        self._rounds.append(rejected)
        done = len(self._rounds)
        with self.hold_trait_notifications():
            self.curve, self.repetitions = shares(self._rounds, "effect"), done
            self.status = f"Power: draw {done + 1} of {REPETITIONS}" if done < REPETITIONS else ""

    def _failed(self, error: Exception) -> None:
        with self.hold_trait_notifications():
            self.problem, self.status = explain(error), ""


class Now:
    """Stands in for a `Task` where work is done at once: it is never stale."""

    def __call__(self) -> bool:
        """Say that this is the newest job."""
        return False

    def check(self) -> None:
        """Go on."""

    def tell(self, callback: Callable[..., object], *what: Any) -> bool:
        """Call back."""
        callback(*what)
        return True


def rest(task: Task | Now, seconds: float) -> None:
    """Wait, unless a newer job comes or nobody would notice."""
    end = time.monotonic() + seconds
    while not isinstance(task, Now) and time.monotonic() < end:
        task.check()
        time.sleep(0.02)


def so_far(
    done: list[pd.DataFrame], methods: list[str], alpha: float, before: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return one row for every registered test, whatever of it is known.

    Parameters
    ----------
    done
        Tables of `run_each` so far.
    methods
        Ids of the tests that are run.
    alpha
        Level.
    before
        An older table: its p-values stand, marked ``old``, until there are new ones.

    Returns
    -------
    pandas.DataFrame
        method, p, rejects, notes, words (where there is no p), old.

    Examples
    --------
    >>> so_far([], ["kcit"], 0.05).set_index("method")["words"]["partial_correlation"]
    'holds labels only'
    """
    known = {str(table["method"].iloc[0]): table.iloc[0] for table in done}
    older = {} if before is None else before.set_index("method").to_dict("index")
    rows = []
    for name in TESTS:
        row = {"method": name, "p": math.nan, "rejects": False, "notes": "", "old": False}
        if name in known:
            p = float(known[name]["p"])
            row |= {"p": p, "rejects": p < alpha, "notes": known[name]["notes"], "words": UNTESTED}
        elif name in methods:
            last = older.get(name, {})
            row |= {key: last[key] for key in ("p", "rejects") if key in last}
            row |= {"old": row["p"] == row["p"], "words": WAITS}
        else:
            row["words"] = UNABLE
        rows.append(row)
    return pd.DataFrame(rows)


def in_words(tests: pd.DataFrame, settings: Settings) -> str:
    """Return what the deciding test says, and whether that is right: in this world the truth is known.

    Examples
    --------
    >>> settings = Settings(CausalModel(effect=0.0), "label", 300, 0.05, 1)
    >>> table = pd.DataFrame(
    ...     {"method": ["kcit", "chsic"], "p": [0.4, 0.7], "rejects": False, "old": False, "words": ""}
    ... )
    >>> in_words(table, settings).split(" Right")[0]
    '0 of 2 tests reject; cHSIC, which decides, does not.'
    """
    decides = deciding(tests.loc[tests["words"] != UNABLE, "method"])
    known = tests[tests["p"].notna() & ~tests["old"]]
    own = known[known["method"] == decides]
    if own.empty:
        return ""
    rejects = bool(own["rejects"].iloc[0])
    counts = (
        f"{int(known['rejects'].sum())} of {len(known)} tests reject; {title_of(decides)}, which decides, "
        f"{'does' if rejects else 'does not'}."
    )
    return f"{counts} {verdict(rejects, settings)}"


def verdict(rejects: bool, settings: Settings) -> str:
    """Return whether a decision is right in a world whose truth is known, and for which reason.

    Examples
    --------
    >>> verdict(True, Settings(CausalModel(), "label", 300, 0.05, 1))
    'Right: in this world the output does depend on the property.'
    """
    path, effect = open_path(settings), settings.model.effect != 0
    if effect:
        said = "in this world the output does depend on the property."
    else:
        said = "given the label, the property does nothing here."
    if effect and not rejects:
        return f"Missed: {said}"
    if rejects and not effect:
        return f"False alarm: {said} The reason: {path or _chance(settings)}.{_lines(settings)}"
    if path:
        otherwise = "say so without an effect too" if effect else "reject all the same"
        return f"Right: {said} But with enough faces it would {otherwise}: {path}."
    return f"Right: {said}{_lines(settings)}"


def open_path(settings: Settings) -> str:
    """Return what ties property and output together without any effect, "" where nothing does.

    The labels' places in a list, as a number, still tell the labels apart: KCIT bends its line, where partial
    correlation had 100 % false alarms in 30 draws of 300 faces.

    Examples
    --------
    >>> open_path(Settings(CausalModel(confounding=0.0), "nothing", 300, 0.05, 1))
    ''
    """
    if settings.held == "rated label":  # with or without confounding: raters see X's own noise, and U
        return "raters saw both, and holding their label fixed ties them together"
    if settings.held == "nothing" and settings.model.confounding:
        return "the label drives both, and nothing was held fixed"
    return ""


def _chance(settings: Settings) -> str:
    return "chance" + ", or a test that does not hold its level here" * (settings.model.confounding != 0)


def _lines(settings: Settings) -> str:
    """Say what a straight line does to labels that are held fixed as one number."""
    model = settings.model
    if settings.held != "label as a number" or model.conditioner != "labels" or not model.confounding:
        return ""
    return (
        " With enough faces partial correlation would reject without an effect too: one straight line "
        "through the labels' numbers does not hold them fixed."
    )
