"""Book of a function's calls: answers, rate and cost, one for all processes of a session on this machine.

It is a file of SQLite, whose transactions hold between processes and leave nothing half-written when one is
killed. It holds hashes of pictures and the answers to them, never a picture.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from facelib.classifiers.functions.terms import Terms
from facelib.errors import BadValueError, BudgetError, UnavailableError
from facelib.utilities import scratch
from facelib.utilities.files import for_owner

PATIENCE: Final = 60.0  # seconds for which a process waits while another one writes
FARTHEST: Final = 6 * 3600.0  # seconds: a next call that is farther away comes of a clock that was set back

MARK: Final = 0x6661636C  # of our files, which those of other programs lack
ANSWERS: Final = "CREATE TABLE IF NOT EXISTS answers (key BLOB PRIMARY KEY, answer BLOB) WITHOUT ROWID"
CALLS: Final = (
    "CREATE TABLE IF NOT EXISTS calls (one INTEGER PRIMARY KEY, calls INTEGER, pictures INTEGER, cost REAL, "
    "next REAL, spread REAL, spreads INTEGER)"
)

Row = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Account:
    """Calls of a function so far, of all processes of the session.

    Attributes
    ----------
    calls, pictures
        Calls, retries and failed ones among them, and the pictures in them.
    cost
        In the currency of the price.
    spread
        Standard deviation of a probability between draws of the same picture, its mean over pictures and
        labels; NaN where no picture was asked twice.
    """

    calls: int
    pictures: int
    cost: float
    spread: float


@cache
def session_folder() -> Path:
    """Return the private folder of this session's books; it goes with the process that made it."""
    folder, maker = scratch.new_folder("calls"), os.getpid()
    atexit.register(lambda: scratch.remove(folder) if os.getpid() == maker else None)
    return folder


class Book:
    """The book of one function; it can be sent to other processes on this machine.

    Parameters
    ----------
    name
        Of the function and of where it sends pictures: the same name is the same book in a session, so that a
        cell that is run again doesn't spend anew.
    kept
        File of the answers for later sessions; None: they are in the session's own.

    Raises
    ------
    BadValueError
        The file is something else than a book of answers, or can't be made.
    """

    def __init__(self, name: str, kept: Path | None = None) -> None:
        digest = hashlib.sha256(name.encode()).hexdigest()[:32]
        self.path = session_folder() / f"{digest}.sqlite"
        self.answers_path = self.path if kept is None else kept.expanduser().absolute()
        for path in {self.path, self.answers_path}:
            try:
                _made(path)
            except (OSError, sqlite3.Error) as error:
                msg = f"{path.name} can't keep answers: {error}. Choose another file (cache)."
                raise BadValueError(msg) from error

    def reserve(self, pictures: int, terms: Terms) -> float:
        """Book a call before it is made, and return the seconds to wait for its turn.

        Raises
        ------
        BudgetError
            It would cost more than is left.
        """
        price = terms.price * pictures
        with self._writing() as db:
            spent, turn = db.execute("SELECT cost, next FROM calls").fetchone()
            if terms.budget is not None and spent + price > terms.budget * (1 + 1e-9):
                msg = (
                    f"The next call would cost {price:,.2f}, and {spent:,.2f} of the budget of "
                    f"{terms.budget:,.2f} are spent. What was answered is kept: with a larger budget the "
                    "same call goes on."
                )
                raise BudgetError(msg)
            now = time.time()
            at = now
            if terms.per_minute is not None:
                at = max(now, turn) if turn - now < FARTHEST else now
                turn = at + 60 / terms.per_minute
            db.execute(
                "UPDATE calls SET calls = calls + 1, pictures = pictures + ?, cost = cost + ?, next = ?",
                (pictures, price, turn),
            )
        return at - now

    def release(self, pictures: int, terms: Terms) -> None:
        """Take back a call that was booked and not made."""
        with self._writing() as db:
            change = (pictures, terms.price * pictures)
            db.execute("UPDATE calls SET calls = calls - 1, pictures = pictures - ?, cost = cost - ?", change)

    def note_spread(self, spreads: Iterable[float]) -> None:
        """Note by how much draws of the same pictures differed."""
        listed = list(spreads)
        with self._writing() as db:
            change = (sum(listed), len(listed))
            db.execute("UPDATE calls SET spread = spread + ?, spreads = spreads + ?", change)

    def account(self) -> Account:
        """Return what was called and spent so far."""
        with self._open(self.path) as db:
            calls, pictures, cost, spread, spreads = db.execute(
                "SELECT calls, pictures, cost, spread, spreads FROM calls"
            ).fetchone()
        return Account(calls, pictures, cost, spread / spreads if spreads else float("nan"))

    def answers(self, keys: Iterable[bytes], labels: int) -> dict[bytes, Row]:
        """Return the answers that are there, (labels,) each; what isn't as it was written isn't there."""
        found: dict[bytes, Row] = {}
        with self._open(self.answers_path) as db:
            for key in keys:
                kept = db.execute("SELECT answer FROM answers WHERE key = ?", (key,)).fetchone()
                row = _row(kept[0], labels) if kept else None
                if row is not None:
                    found[key] = row
        return found

    def keep(self, answers: Mapping[bytes, Row]) -> None:
        """Keep answers by their keys."""
        rows = [(key, np.ascontiguousarray(row, "<f8").tobytes()) for key, row in answers.items()]
        with self._open(self.answers_path) as db:
            db.execute("BEGIN IMMEDIATE")
            db.executemany("INSERT OR REPLACE INTO answers VALUES (?, ?)", rows)
            db.execute("COMMIT")

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Hold the calls, which no other process can change meanwhile."""
        with self._open(self.path) as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")

    @contextmanager
    def _open(self, path: Path) -> Iterator[sqlite3.Connection]:
        if not path.is_file():
            msg = (
                "The calls of a function are counted in a file of the session that made it, which isn't "
                "here: it was made on another machine, or its session has ended. Make the classifier again."
            )
            raise UnavailableError(msg)
        try:
            with closing(_connect(path)) as db:
                if path == self.path:  # it ends with the session: it needn't outlive a loss of power
                    db.execute("PRAGMA synchronous = OFF")
                yield db
        except sqlite3.Error as error:
            msg = f"The file of a function's calls, {path.name}, can't be used: {error}."
            raise UnavailableError(msg) from error


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)
    db.execute("PRAGMA trusted_schema = OFF")
    return db


def _made(path: Path) -> None:
    """Make a book for its owner alone where there is none, or look whether what is there is one."""
    with suppress(FileExistsError), open(path, "xb", opener=for_owner):
        pass
    with closing(_connect(path)) as db:
        db.execute("BEGIN IMMEDIATE")
        (mark,), (tables,) = (
            db.execute("PRAGMA application_id"),
            db.execute("SELECT COUNT(*) FROM sqlite_master"),
        )
        if mark[0] != MARK and tables[0]:
            msg = "it is a database of another program"
            raise sqlite3.DatabaseError(msg)
        db.execute(f"PRAGMA application_id = {MARK}")
        db.execute(ANSWERS)
        db.execute(CALLS)
        db.execute("INSERT OR IGNORE INTO calls VALUES (1, 0, 0, 0.0, 0.0, 0.0, 0)")
        db.execute("COMMIT")


def _row(kept: object, labels: int) -> Row | None:
    """Return a kept answer; None if it isn't one."""
    if not isinstance(kept, bytes) or len(kept) != 8 * labels:
        return None
    row = np.frombuffer(kept, "<f8").astype(np.float64)
    sound = np.isfinite(row).all() and (row >= 0).all() and abs(float(row.sum()) - 1) < 1e-6
    return row if sound else None
