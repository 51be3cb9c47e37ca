"""Take home: explorable, report, film, table, figures, stimuli; made when asked for, saved by the browser."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import ipywidgets as widgets

import facelib
from facelib.app.explorer.state import Explorer, Result
from facelib.app.widgets.controls import Card, grid
from facelib.app.widgets.download import Download, DownloadButton
from facelib.app.widgets.pictures import encode_png
from facelib.charts import sizes, specs
from facelib.charts.export import figure, with_data
from facelib.charts.tables import BAND, rows
from facelib.errors import FacelibError
from facelib.studies.consent import is_photograph
from facelib.studies.disclaimer import LIMITS
from facelib.utilities.consent import recorded
from facelib.utilities.distribution import distribution_version
from facelib.utilities.scratch import folder_for
from facelib.utilities.spreadsheet import csv_of


@dataclass(frozen=True)
class Shown:
    """What the page shows of a sweep: class, step of the strength, and whose map by which method."""

    label: str
    step: int
    classifier: str
    cam: str
    agreed: bool = False  # whether the photograph may be passed on


Make = Callable[[Result, Shown], Download]

AGREED = "Files with pictures then hold this photograph: the person shown has agreed"
AGREED_HELP = (
    "What the person agreed to: that the picture is passed on in a file. The file says that you ticked this"
)


class NotReadyError(FacelibError):
    """There is nothing to export yet."""

    def __init__(self) -> None:
        super().__init__("The other strengths are still being computed; try again in a moment.")


class NotAgreedError(FacelibError):
    """A file would hold a photograph, and nobody said that it may be passed on."""

    def __init__(self) -> None:
        super().__init__(f"This file would hold the photograph: tick “{AGREED}” first.")


class ExportPanel(Card):
    """One button a file; a photograph leaves in a page or film once a tick says that it may."""

    def __init__(self, explorer: Explorer) -> None:
        super().__init__("Download")
        self.explorer = explorer
        self.buttons = tuple(self._offer(*offer) for offer in OFFERS)
        self.agreed = widgets.Checkbox(description=AGREED, tooltip=AGREED_HELP, indent=False)
        self.agreed.layout.width = "auto"
        self.agreed.add_class("facelib-agreed")
        self._face: object = None
        explorer.observe(self.guarded(self.follow), "scene")
        self.follow()
        self.fill(grid(*self.buttons, columns=3), self.agreed)

    def follow(self, _change: object = None) -> None:
        """Ask about a photograph; what was said of another face isn't said of this one."""
        face = self.explorer.face
        if face is not self._face:
            self.agreed.value = False
        self._face = face
        self.agreed.layout.display = "" if is_photograph(face) else "none"

    def _offer(self, make: Make, label: str, help_text: str) -> DownloadButton:
        def on_press() -> Download:
            with self.explorer.lock:
                explorer = self.explorer
                result = explorer.result
                agreed = bool(self.agreed.value) and result is not None and result.sweep.face is self._face
                chosen = Shown(explorer.label, explorer.step, explorer.classifier, explorer.cam, agreed)
            if result is None:
                raise NotReadyError
            return make(result, chosen)

        return DownloadButton(self.guarded(on_press), label=label, help=help_text)


def provenance(result: Result, shown: Shown) -> dict[str, Any]:
    """Return what a reader needs to repeat the sweep: face, change, classifiers, seeds, versions."""
    from importlib.metadata import version

    sweep = result.sweep
    photograph = is_photograph(sweep.face)
    return {
        "face": repr(sweep.face) if isinstance(sweep.face, facelib.Head) else sweep.face_id,
        "intervention": repr(sweep.intervention),
        "label": shown.label,
        "strengths": sweep.strengths.tolist(),
        "shown": {
            "strength": float(sweep.strengths[shown.step]),
            "map": shown.classifier,
            "method": shown.cam,
        },
        "classifiers": sweep.classifiers_table.to_dict("records"),
        "seed": sweep.seed,
        "references": len(result.placebos) if result.placebos else 0,
        "versions": {"facelib": distribution_version()}
        | {name: version(name) for name in ("torch", "numpy", "scipy")},
        "photograph": _said(result, shown)["consent"] if photograph and shown.agreed else None,
        "note": LIMITS,
    }


def explorable_html(result: Result, shown: Shown) -> Download:
    """Return one HTML file in which the sweep is dragged as here."""
    from facelib.reports.explorable import html

    sweep = replace(result.sweep, label=shown.label)
    said, there = _said(result, shown), result.finished
    page = html(sweep, references=result.placebos, finished=there, step=shown.step, **said)
    return Download(_name(result, "html", "explorable"), page, "text/html")


def report_html(result: Result, shown: Shown) -> Download:
    """Return the report of the sweep; a photograph that nobody agreed to is left out, and it says so."""
    from facelib.reports.sweep import html

    sweep = replace(result.sweep, label=shown.label)
    said = _said(result, shown) if shows_pictures(result, shown) else {}
    page = html(sweep, references=result.placebos, finished=result.finished, **said)
    return Download(_name(result, "html", "report"), page.encode(errors="replace"), "text/html")


def film_mp4(result: Result, shown: Shown) -> Download:
    """Return the pictures as MP4, to strength 1 and back."""
    return _film(result, shown, "mp4", "video/mp4")


def film_gif(result: Result, shown: Shown) -> Download:
    """Return the pictures as GIF, to strength 1 and back."""
    return _film(result, shown, "gif", "image/gif")


def _film(result: Result, shown: Shown, suffix: str, kind: str) -> Download:
    said = _said(result, shown)
    with folder_for("film") as folder:
        path = result.sweep.film(folder / f"film.{suffix}", **said)
        return Download(_name(result, suffix, "film"), path.read_bytes(), kind)


def _said(result: Result, shown: Shown) -> dict[str, Any]:
    """Return what was said of a photograph.

    Raises
    ------
    NotAgreedError
        If there is one, and nothing was said.
    """
    if not is_photograph(result.sweep.face):
        return {}
    if not shown.agreed:
        raise NotAgreedError
    written = recorded(result.sweep.face.attributes)
    return {"with_photograph": True, "consent": written or f"a tick on the page, “{AGREED}”"}


def shows_pictures(result: Result, shown: Shown) -> bool:
    """Return whether pictures may be among figures: rendered ones, or a photograph that was agreed to."""
    return shown.agreed or not is_photograph(result.sweep.face)


def table_csv(result: Result, _shown: Shown) -> Download:
    """Return the tidy table as CSV."""
    return Download(_name(result, "csv"), csv_of(result.sweep.table), "text/csv")


def table_parquet(result: Result, _shown: Shown) -> Download:
    """Return the tidy table as Parquet, with the classifiers in its ``attrs``."""
    buffer = io.BytesIO()
    table = result.sweep.table
    table.attrs = {"classifiers": result.sweep.classifiers_table.to_dict("records")}
    table.to_parquet(buffer, index=False)
    return Download(_name(result, "parquet"), buffer.getvalue())


def wide_csv(result: Result, _shown: Shown) -> Download:
    """Return the wide table as CSV."""
    table = result.sweep.wide
    table.columns = ["_".join(pair) for pair in table.columns]
    return Download(_name(result, "csv", "wide"), csv_of(table, index=True), "text/csv")


def classifiers_csv(result: Result, _shown: Shown) -> Download:
    """Return hash, labels and preparation of every classifier as CSV."""
    table = result.sweep.classifiers_table
    return Download(_name(result, "csv", "classifiers"), csv_of(table), "text/csv")


def figures_zip(result: Result, shown: Shown) -> Download:
    """Return the figures as SVG and PNG, at the strength that is shown, with the map and their provenance."""
    sweep, label = result.sweep, shown.label
    data = {
        "outputs": rows(sweep.outputs),
        "band": rows(result.placebos.band(label) if result.placebos else None, BAND),
    }
    steps = {"start": 0, "shown": shown.step, "end": len(sweep.strengths) - 1}
    spec = specs.response(sweep.classifiers, **sizes.CURVES)
    figures = {"response": with_data(spec, data, {"label": label, "step": shown.step})}
    for name, step in steps.items():
        spec = specs.bars(sweep.classifiers, **sizes.BARS)
        figures[f"outputs_{name}"] = with_data(spec, data, {"label": label, "step": step})
    at = {"response": ""} | {
        f"outputs_{name}": f", strength {sweep.strengths[k]:.2f}" for name, k in steps.items()
    }
    for name, spec in figures.items():
        spec["title"] = {**spec["title"], "subtitle": f"As {sweep.clause}{at[name]}"}
    files = {
        f"{name}.{kind}": figure(spec, kind) for name, spec in figures.items() for kind in ("svg", "png")
    }
    if not sweep.attribution.lack(shown.classifier, label) and shows_pictures(result, shown):
        maps = sweep.attribution.overlays(shown.classifier, label, shown.cam)
        files |= {
            f"map_{shown.classifier}_{name}.png": encode_png(maps[step]) for name, step in steps.items()
        }
    files["captions.txt"] = captions(result, shown).encode()
    return _zip(_name(result, "zip", "figures"), files, result, shown)


def captions(result: Result, shown: Shown) -> str:
    """Return what the figures show, in words, one paragraph for each."""
    sweep, label = result.sweep, shown.label
    found = " ".join(sweep.effects(label, references=result.placebos)["sentence"])
    strength = f"{sweep.strengths[shown.step]:.2f}"
    return "\n\n".join(
        [
            f"response: probability of {label} over the strength, as {sweep.clause}, on one face. Grey: "
            f"where 90 % of placebos (harmless changes of the same size) lie. {found}",
            f"outputs (start, shown, end): all outputs at strength 0, {strength} and 1.",
            f"map (start, shown, end): where {shown.classifier} finds evidence for {label} ({shown.cam})."
            if shows_pictures(result, shown)
            else f"Maps lie over the photograph and were left out: “{AGREED}” wasn't ticked.",
            LIMITS,
            "",
        ]
    )


def stimuli_zip(result: Result, shown: Shown) -> Download:
    """Return every picture as PNG, lossless, with a key."""
    _said(result, shown)
    frames = zip(result.sweep.strengths, result.sweep.images, strict=True)
    files = {f"strength_{strength:.2f}.png": encode_png(image) for strength, image in frames}
    return _zip(_name(result, "zip", "stimuli"), files, result, shown)


def _zip(name: str, files: dict[str, bytes], result: Result, shown: Shown) -> Download:
    about = json.dumps(provenance(result, shown), indent=2).encode()
    files = files | {"about.json": about, "classifiers.csv": classifiers_csv(result, shown).data}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, data in files.items():
            archive.writestr(member, data)
    return Download(name, buffer.getvalue(), "application/zip")


def _name(result: Result, suffix: str, kind: str = "sweep") -> str:
    return f"facelib_{kind}_{result.sweep.intervention.id}_{result.sweep.face_id[:8]}.{suffix}"


OFFERS: tuple[tuple[Make, str, str], ...] = (
    (
        explorable_html,
        "Explorable",
        "One HTML file in which strength, emotion and map are chosen as here, without a network or facelib: "
        "for papers, slides and lessons",
    ),
    (
        report_html,
        "Report",
        "One HTML file to read and print: the face at some strengths, curves, verdicts, what was held fixed, "
        "provenance, limits; a photograph is in it only after the tick",
    ),
    (film_mp4, "Film (MP4)", "The face to strength 1 and back, for pages and players that know VP9"),
    (film_gif, "Film (GIF)", "The same for slides, with fewer colours"),
    (table_csv, "Table", "CSV: one row for each strength, classifier and emotion, with measured properties"),
    (table_parquet, "Parquet", "The table for pandas, R and DuckDB"),
    (wide_csv, "Wide table", "CSV: one row for each strength, one column for each classifier and emotion"),
    (
        figures_zip,
        "Figures (zip)",
        "Response curves, outputs and the map, at the strength shown and at both ends, as SVG and PNG",
    ),
    (
        stimuli_zip,
        "Stimuli (zip)",
        "The picture of every strength as PNG, without loss, with a list of what they are",
    ),
    (
        classifiers_csv,
        "Classifiers",
        "CSV: what each of them is, its labels, what it sees, and its licence; in the zips, too",
    ),
)
