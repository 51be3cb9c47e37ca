"""Export of a study as a folder: figures, tables with their columns explained, and provenance."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from facelib.errors import PATHS, BadValueError, check_kind
from facelib.reports.columns import meanings
from facelib.reports.page import content_of, module_of
from facelib.studies.disclaimer import LIMITS_OF
from facelib.utilities.content import read_file
from facelib.utilities.files import explained
from facelib.utilities.ledger import files_at, remember
from facelib.utilities.spreadsheet import write_csv

if TYPE_CHECKING:
    import pandas as pd

    from facelib.reports.parts import Content

ABOUT: Final = "provenance.json"
MADE: Final = "facelib export"
MOST: Final = 2_000_000
"""Rows that are written as CSV at most: larger tables are there as Parquet only."""


def export(result: Any, folder: str | Path) -> Path:
    """Write figures (SVG, PNG), tables (CSV, Parquet) and provenance of a study into a folder.

    Parameters
    ----------
    result
        What a study's ``run`` or `facelib.studies.open_study` returned, finished or not.
    folder
        Made if it isn't there. An earlier export is replaced; what its user put beside it stays.

    Returns
    -------
    Path
        The folder: it is there whole, or as it was before.

    Raises
    ------
    BadValueError
        If the folder holds something else, it is no result, or nothing is done yet.
    WriteError
        If it can't be written: the disk is full, or the folder is closed to us.

    Notes
    -----
    ``figures/`` has what the report shows, ``tables/`` everything behind it, ``columns.json`` what their
    columns mean, ``provenance.json`` versions, seeds, machine, classifiers and the study as declared.
    """
    check_kind(folder, PATHS, "The name of a folder")
    target = Path(folder).expanduser()
    _check_free(target)
    report, tables = content_of(result), _tables(result)
    with explained(target):
        _write(result, report, tables, target)
    remember("export", target)
    return target


def _write(result: Any, report: Content, tables: Mapping[str, pd.DataFrame], target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}-", suffix=".part"))
    try:
        _write_figures(report, part / "figures")
        left = _write_tables(tables, part / "tables")
        columns = {
            name: meanings(name, [str(one) for one in table.columns]) for name, table in tables.items()
        }
        _write_json(part / "columns.json", columns)
        _write_json(part / ABOUT, _about(result, report, left))
        _keep_own(target, part)
        _put(part, target)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _check_free(target: Path) -> None:
    if not target.exists():
        return
    if not target.is_dir():
        msg = f"An export is a folder; {target} is a file. Choose another name."
        raise BadValueError(msg)
    if any(target.iterdir()) and not _is_export(target):
        msg = f"The folder {target} holds something that is no export. Choose another, or an empty one."
        raise BadValueError(msg)


def _is_export(folder: Path) -> bool:
    try:
        content = json.loads(read_file(folder / ABOUT))
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and content.get("made_by") == MADE


def _keep_own(target: Path, part: Path) -> None:
    """Link the user's own files in an earlier export into the new one, too."""
    ours = set(files_at("export", target))
    for place, folders, names in os.walk(target):
        inside = part / Path(place).relative_to(target)
        inside.mkdir(exist_ok=True)
        links = [name for name in folders if Path(place, name).is_symlink()]
        for path in (Path(place, name) for name in [*names, *links]):
            new = inside / path.name
            if path in ours or new.exists():  # what the new export writes is its own
                continue
            if path.is_symlink():
                new.symlink_to(path.readlink())
                continue
            try:
                os.link(path, new)
            except OSError:  # not every disk has links
                shutil.copy2(path, new)


def _put(part: Path, target: Path) -> None:
    """Let a finished folder take its place; what was there goes only when the new one is in."""
    if not target.exists():
        part.replace(target)
        return
    old = part.with_suffix(".old")
    target.replace(old)
    try:
        part.replace(target)
    except OSError:
        old.replace(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _tables(result: Any) -> dict[str, pd.DataFrame]:
    """Return all tables by name, those of every study first."""
    common = {"table": result.table, "faces": result.faces, "failures": result.failures}
    found: dict[str, pd.DataFrame] = common | module_of(result).tables(result)
    return found


def _write_figures(report: Content, folder: Path) -> None:
    folder.mkdir()
    for one in report.figures:
        for kind in ("svg", "png"):
            (folder / f"{one.name}.{kind}").write_bytes(one.file(kind))
    captions = {one.name: {"caption": one.caption, "alt": one.alt} for one in report.figures}
    _write_json(folder / "captions.json", captions)


def _write_tables(tables: Mapping[str, pd.DataFrame], folder: Path) -> list[str]:
    """Write every table twice, and return the names of those that are too large for a CSV."""
    folder.mkdir()
    large = []
    for name, table in tables.items():
        plain = table.copy(deep=False)
        plain.attrs = {}
        plain.to_parquet(folder / f"{name}.parquet", index=False)
        if len(plain) > MOST:
            large.append(name)
        else:
            write_csv(plain, folder / f"{name}.csv")
    return large


def _about(result: Any, report: Content, left: list[str]) -> dict[str, Any]:
    return {
        "made_by": MADE,
        "title": report.title,
        "kind": report.kind,
        "status": report.status,
        "question": report.question,
        "answer": list(report.answer),
        "registered": list(report.registered),
        "changes": list(report.changes),
        "failures": list(report.failures[0]),
        "settings": dict(result.settings),
        "provenance": dict(result.provenance),
        "methods": report.paragraph,
        "cite": list(report.cite),
        "limits": [LIMITS_OF[report.kind], *report.limits],
        "parquet_only": left,
    }


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False, default=str))
