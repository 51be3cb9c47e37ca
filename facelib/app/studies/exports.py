"""Take home of a study: tables, figures, report, the whole run; made in a folder that is deleted at once."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from facelib.app.studies.state import StudyState
from facelib.app.widgets.controls import Card, grid
from facelib.app.widgets.download import Download, DownloadButton
from facelib.errors import BadValueError, FacelibError
from facelib.studies import open_study
from facelib.studies.engine.fingerprints import fingerprint
from facelib.utilities.scratch import folder_for
from facelib.utilities.spreadsheet import csv_of

Make = Callable[[Any], Download]


class NothingYetError(FacelibError):
    """There is nothing to take home yet."""

    def __init__(self) -> None:
        super().__init__("Nothing has been run yet: there is nothing to download.")


class TakeHome(Card):
    """One button a file; what isn't finished says so in the report.

    Parameters
    ----------
    state
        The study.
    offers
        Makers, names and help texts.
    """

    def __init__(self, state: StudyState, offers: tuple[tuple[Make, str, str], ...]) -> None:
        super().__init__("Download")
        self.state = state
        self.buttons = tuple(self._offer(*offer) for offer in offers)
        state.observe(self.guarded(self.follow), "found")
        self.follow()
        self.fill(grid(*self.buttons, columns=3))

    def _offer(self, make: Make, label: str, help_text: str) -> DownloadButton:
        def on_press() -> Download:
            with self.state.lock:
                found = self.state.found
            if found is None:
                raise NothingYetError
            self.messages.clear()  # what failed before doesn't stand beside what works
            return make(found)

        return DownloadButton(self.guarded(on_press), label=label, help=help_text)

    def follow(self, _change: object = None) -> None:
        """Offer files once there is something in them."""
        self.messages.clear()
        for one in self.buttons:
            one.disabled = self.state.found is None


def table_csv(found: Any) -> Download:
    """Return the tidy table as CSV."""
    return Download(_name(found, "table", "csv"), csv_of(found.result.table), "text/csv")


def table_parquet(found: Any) -> Download:
    """Return the tidy table as Parquet."""
    buffer = io.BytesIO()
    table = found.result.table
    table.attrs = {}
    table.to_parquet(buffer, index=False)
    return Download(_name(found, "table", "parquet"), buffer.getvalue())


def effects_csv(found: Any) -> Download:
    """Return the effects over people as CSV, on the class of interest and on every emotion."""
    import pandas as pd

    table = pd.concat([found.effects, found.by_label]).drop_duplicates(
        ["intervention", "classifier", "label"]
    )
    return Download(_name(found, "effects", "csv"), csv_of(table), "text/csv")


def grid_csv(found: Any) -> Download:
    """Return the independence grid as CSV."""
    return Download(_name(found, "grid", "csv"), csv_of(found.grid), "text/csv")


def differences_csv(found: Any) -> Download:
    """Return the mean differences between two conditions as CSV."""
    return Download(_name(found, "differences", "csv"), csv_of(found.effects), "text/csv")


def figures_zip(found: Any) -> Download:
    """Return figures (SVG, PNG) and tables as a zip."""
    return Download(_name(found, "figures", "zip"), _zipped(found.result.export), "application/zip")


def report_html(found: Any) -> Download:
    """Return the report: one file that needs nothing else."""
    with folder_for("report") as folder:
        path = folder / "report.html"
        found.result.report(path)
        return Download(_name(found, "report", "html"), path.read_bytes(), "text/html")


def run_zip(found: Any) -> Download:
    """Return the whole run as a zip: unpacked, ``facelib.studies.open_study`` opens it, and it can go on."""
    store = Path(found.result.store)
    if open_study(store).settings != found.result.settings:
        msg = "Another run has been made since. Press Run once more, which computes nothing again, then this."
        raise BadValueError(msg)
    files = [path for path in sorted(store.rglob("*")) if path.is_file() and path.suffix in KEPT]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for path in files:
            archive.write(path, path.relative_to(store).as_posix())
    return Download(_name(found, "run", "zip"), buffer.getvalue(), "application/zip")


def _zipped(write: Callable[[Path], object]) -> bytes:
    """Return what `write` puts into a folder as a zip; the folder is gone afterwards."""
    buffer = io.BytesIO()
    with folder_for("export") as folder:
        root = folder / "export"
        write(root)
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(root.rglob("*")):
                if path.is_file():
                    archive.write(path, path.relative_to(root).as_posix())
    return buffer.getvalue()


def _name(found: Any, kind: str, suffix: str) -> str:
    """Name a file after its study: those of two studies lie beside each other in a folder."""
    return f"facelib_{found.result.kind}_{kind}_{fingerprint(found.result.settings)[:8]}.{suffix}"


KEPT: Final = (".json", ".parquet")
POPULATION: Final[tuple[tuple[Make, str, str], ...]] = (
    (
        report_html,
        "Report (HTML)",
        "Question, method, verdicts, figures, limits, versions: one file, offline",
    ),
    (figures_zip, "Figures (zip)", "Every figure as SVG and PNG, and every table"),
    (
        effects_csv,
        "Effects",
        "CSV: one row for each change, classifier and emotion, with intervals and verdicts",
    ),
    (table_csv, "Table", "CSV: one row for each face, change, strength, classifier and emotion"),
    (table_parquet, "Parquet", "The table for pandas, R and DuckDB"),
    (
        run_zip,
        "Whole run (zip)",
        "All that was computed: to go on with later or elsewhere, with facelib in Python",
    ),
)
OBSERVED: Final[tuple[tuple[Make, str, str], ...]] = (
    (report_html, "Report (HTML)", "Question, method, results, figures, limits, versions: one file, offline"),
    (figures_zip, "Figures (zip)", "Every figure as SVG and PNG, and every table"),
    (grid_csv, "Grid", "CSV: one row for each property, output and test, with corrections"),
    (table_csv, "Table", "CSV: one row for each face, classifier and emotion"),
    (table_parquet, "Parquet", "The table for pandas, R and DuckDB"),
    (
        run_zip,
        "Whole run (zip)",
        "All that was computed: to go on with later or elsewhere, with facelib in Python",
    ),
)
PAIRED: Final[tuple[tuple[Make, str, str], ...]] = (
    *OBSERVED[:2],
    (
        differences_csv,
        "Differences",
        "CSV: one row for each classifier and emotion, over all pictures, with intervals and verdicts",
    ),
    *OBSERVED[3:],
)
