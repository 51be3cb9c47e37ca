"""Results shipped with facelib as small files: float32 Parquet, with their provenance as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

import numpy as np

from facelib.errors import PATHS, BadValueError, check_kind
from facelib.utilities.files import explained, written_whole

if TYPE_CHECKING:
    import pandas as pd

DIGITS: Final = 6  # that are significant: numbers are kept as float32


@dataclass(frozen=True, eq=False, kw_only=True)
class SmallTables:
    """Base of a study's results; a subclass adds one DataFrame per table.

    Parameters
    ----------
    about
        How they were made.

    Attributes
    ----------
    study
        First word of the files' names.
    folder
        Folder of the tables that come with facelib.
    script
        The script that computes them.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> @dataclass(frozen=True, eq=False, kw_only=True)
    ... class Found(SmallTables):
    ...     study = "example"
    ...     effects: pd.DataFrame
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     kept = Found(effects=pd.DataFrame({"mean": [0.1]}), about={"seed": 3}).save(folder)
    ...     again = Found.load(kept)
    >>> again.effects["mean"].tolist(), again.about
    ([0.1], {'seed': 3})
    """

    study: ClassVar[str]
    folder: ClassVar[Path]
    script: ClassVar[str]
    about: Mapping[str, Any]

    @classmethod
    def names(cls) -> list[str]:
        """Return the names of the tables."""
        return [field.name for field in fields(cls) if field.name != "about"]

    def save(self, folder: str | Path | None = None) -> Path:
        """Write ``<study>_<name>.parquet`` and how they were made; no file is left half-written.

        Raises
        ------
        BadValueError, WriteError
            If this is no name of a folder, or it can't be written to.
        """
        check_kind(folder, (*PATHS, type(None)), "The name of a folder")
        target = self.folder if folder is None else Path(folder)
        with explained(target):
            return self._write(target)

    def _write(self, target: Path) -> Path:
        for name in self.names():
            table = getattr(self, name)
            small = table.astype(dict.fromkeys(table.select_dtypes("float64"), np.float32))
            with written_whole(target / f"{self.study}_{name}.parquet") as file:
                small.to_parquet(file, index=False, compression="zstd", compression_level=19)
        with written_whole(target / f"{self.study}_about.json") as file:
            file.write(f"{json.dumps(dict(self.about), indent=1, ensure_ascii=False)}\n".encode())
        return target

    @classmethod
    def load(cls, folder: str | Path | None = None) -> Self:
        """Return tables that were saved; None: those that come with facelib.

        Raises
        ------
        BadValueError
            If the folder lacks one of them.
        """
        import pandas as pd

        check_kind(folder, (*PATHS, type(None)), "The name of a folder")
        there = cls.folder if folder is None else Path(folder)
        files = {name: there / f"{cls.study}_{name}.parquet" for name in cls.names()}
        about = there / f"{cls.study}_about.json"
        if missing := [file.name for file in (*files.values(), about) if not file.is_file()]:
            msg = f"{there} holds no result of this kind: {', '.join(missing)} missing. Run {cls.script}."
            raise BadValueError(msg)
        tables: dict[str, Any] = {name: _exact(pd.read_parquet(file)) for name, file in files.items()}
        return cls(**tables, about=json.loads(about.read_text(encoding="utf-8")))


def _exact(table: pd.DataFrame) -> pd.DataFrame:
    """Return float32 as the shortest decimals that they stand for: .1, not .10000000149."""
    wide = table.copy()
    for name in table.select_dtypes("float32").columns:
        wide[name] = [float(f"{number:.{DIGITS}g}") for number in table[name]]
    return wide
