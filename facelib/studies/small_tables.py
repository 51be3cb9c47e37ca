"""Results as small files that come with facelib: float32 Parquet, and how they were made as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from facelib.errors import BadValueError
from facelib.models.writing import written_whole

if TYPE_CHECKING:
    import pandas as pd

FOLDER: Final = Path(__file__).with_name("results")
DIGITS: Final = 6  # that are significant: numbers are kept as float32


def save_tables(
    folder: str | Path, study: str, tables: Mapping[str, pd.DataFrame], about: Mapping[str, Any]
) -> Path:
    """Write tables as ``<study>_<name>.parquet`` and how they were made; no file is left half-written."""
    target = Path(folder)
    for name, table in tables.items():
        small = table.astype(dict.fromkeys(table.select_dtypes("float64"), np.float32))
        with written_whole(target / f"{study}_{name}.parquet") as file:
            small.to_parquet(file, index=False, compression="zstd", compression_level=19)
    with written_whole(target / f"{study}_about.json") as file:
        file.write(f"{json.dumps(dict(about), indent=1, ensure_ascii=False)}\n".encode())
    return target


def load_tables(
    folder: str | Path, study: str, names: Sequence[str]
) -> tuple[dict[str, pd.DataFrame], Mapping[str, Any]]:
    """Return tables that were saved, by name, and how they were made.

    Raises
    ------
    BadValueError
        If the folder lacks one of them.
    """
    import pandas as pd

    there = Path(folder)
    files = {name: there / f"{study}_{name}.parquet" for name in names}
    about = there / f"{study}_about.json"
    if missing := [name for name, file in [*files.items(), ("about", about)] if not file.exists()]:
        msg = f"{there} holds no result of this study: {', '.join(missing)} missing. Run {study}_study.py."
        raise BadValueError(msg)
    tables = {name: _exact(pd.read_parquet(file)) for name, file in files.items()}
    return tables, json.loads(about.read_text(encoding="utf-8"))


def _exact(table: pd.DataFrame) -> pd.DataFrame:
    """Return float32 as the shortest decimals that they stand for: .1, not .10000000149."""
    wide = table.copy()
    for name in table.select_dtypes("float32").columns:
        wide[name] = [float(f"{number:.{DIGITS}g}") for number in table[name]]
    return wide
