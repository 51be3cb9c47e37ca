"""Tables of studies that come with facelib, and what they say of how they were made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from facelib.errors import BadValueError, check_kind

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["about", "names", "table"]

FOLDER: Final = Path(__file__).parent
DIGITS: Final = 6  # that are significant: numbers are stored as float32


def names() -> list[str]:
    """Return the names of all tables.

    Examples
    --------
    >>> "asymmetry/effects" in names()
    True
    """
    files = (file.relative_to(FOLDER).with_suffix("") for file in FOLDER.rglob("*.parquet"))
    return sorted(file.as_posix() for file in files)


def table(name: str) -> pd.DataFrame:
    """Return a table that comes with facelib.

    Parameters
    ----------
    name
        One of `names`: the study, and the table where a study has more than one.

    Raises
    ------
    BadValueError
        If there is no such table.

    Examples
    --------
    >>> table("asymmetry/effects")["classifier"].nunique()
    6
    """
    import pandas as pd

    if name not in names():
        check_kind(name, str, "The name of a table")
        msg = f"A table is one of {', '.join(names())}; got {name!r}."
        raise BadValueError(msg)
    return _exact(pd.read_parquet(FOLDER / f"{name}.parquet"))


def about(name: str) -> dict[str, Any]:
    """Return how the tables of a study were made: faces, classifiers, versions, seeds, script and commit.

    Parameters
    ----------
    name
        The study, or one of its tables.

    Raises
    ------
    BadValueError
        If there is no such study.

    Examples
    --------
    >>> about("asymmetry")["n_identities"]
    60
    """
    check_kind(name, str, "The name of a study")
    studies = sorted({known.partition("/")[0] for known in names()})
    study = name.partition("/")[0]
    if study not in studies:
        msg = f"A study is one of {', '.join(studies)}; got {name!r}."
        raise BadValueError(msg)
    found: dict[str, Any] = json.loads((FOLDER / f"{study}.json").read_text(encoding="utf-8"))
    return found


def _exact(small: pd.DataFrame) -> pd.DataFrame:
    """Return float32 as the shortest decimals that they stand for: .1, not .10000000149."""
    wide = small.copy()
    for name in small.select_dtypes(np.float32).columns:
        wide[name] = [float(f"{number:.{DIGITS}g}") for number in small[name]]
    return wide
