"""Tables of tests kept beside a study: named by the data, the tests, and the version."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from facelib.stats.independence.base import TESTS
from facelib.stats.independence.vote import votes
from facelib.studies.engine.checksums import DamagedError
from facelib.studies.engine.fingerprints import TESTING, code, fingerprint, versions
from facelib.studies.engine.own_code import own_code
from facelib.studies.engine.store import Store, StoreError

if TYPE_CHECKING:
    import pandas as pd

FIRST: Final = re.compile(r"grid-[0-9a-f]{16}\.parquet")
"""Name of a table of format 1, which says neither what was tested nor by which version."""


@dataclass(frozen=True)
class KeptTests:
    """A table of tests that was kept.

    Attributes
    ----------
    path
        Of its file.
    current
        Whether this version of facelib ran the tests.
    """

    path: Path
    current: bool


def save_tests(store: Store, key: str, table: pd.DataFrame, methods: Iterable[str] | None = ()) -> None:
    """Keep a table of tests; `methods` as for `find_tests`."""
    store.save_table(f"grid-{key}{_own(methods) or ''}-{_version()}", table)


def find_tests(
    store: Store,
    key: str,
    fits: Callable[[pd.DataFrame], bool] = lambda _table: False,
    methods: Iterable[str] | None = (),
) -> KeptTests | None:
    """Return the table of the tests of some data: this version's if there is one, else another's.

    Parameters
    ----------
    store
        Of the study.
    key
        Fingerprint of the data and of how they are tested.
    fits
        Returns whether a table of format 1 can be that of these tests.
    methods
        As of the study. The code of tests counts if it is the user's; where one of them isn't here, whatever
        was found with it counts.
    """
    own_key = _own(methods)
    which = f"{key}*" if own_key is None else f"{key}{own_key}"
    for prefix, current in ((f"grid-{which}-{_version()}-", True), (f"grid-{which}-", False)):
        if paths := store.find_tables(prefix):
            return KeptTests(paths[-1], current)
    for path in [] if own_key else reversed(store.find_tables("grid-")):
        if FIRST.fullmatch(path.name):
            try:
                sound = fits(store.load_table(path))
            except StoreError:
                continue  # it can't be said whose it is
            if sound:
                return KeptTests(path, current=False)
    return None


def load_tests(store: Store, kept: KeptTests) -> pd.DataFrame:
    """Return a table of tests; `StoreError` if it is damaged: then it is set aside."""
    try:
        return store.load_table(kept.path)
    except StoreError as error:
        if not isinstance(error.__cause__, DamagedError):
            raise
        store.set_aside(kept.path.name)
        msg = f"{error} It is set aside; running the tests again makes it anew."
        raise StoreError(msg) from error


def _own(methods: Iterable[str] | None) -> str | None:
    """Return a fingerprint of tests that are the user's; "" if none is, None if one of them isn't here."""
    listed = [] if methods is None or votes(methods) else list(methods)
    if not all(name in TESTS for name in listed):
        return None
    parts = own_code(*(TESTS[name] for name in listed)).parts
    return fingerprint(*parts)[:8] if parts else ""


def _version() -> str:
    return fingerprint(code(*TESTING), versions()["scipy"])[:8]
