"""Take home of the Muscles tab: tables, figures and the film, made when asked for."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from facelib.app.muscles.film import Film, Seen, pictures_of
from facelib.app.muscles.state import Muscles
from facelib.app.widgets.controls import Card, grid
from facelib.app.widgets.download import Download, DownloadButton
from facelib.errors import FacelibError
from facelib.semg.animation import RATE, animate
from facelib.studies.disclaimer import LIMITS
from facelib.utilities.distribution import distribution_version
from facelib.utilities.scratch import folder_for
from facelib.utilities.spreadsheet import csv_of

BATCH: Final = 16  # pictures of the film that are made at once


class NothingShownError(FacelibError):
    """There is nothing to take home yet."""

    def __init__(self) -> None:
        super().__init__("No recording is shown yet: there is nothing to download.")


class NothingReadError(FacelibError):
    """No classifier has read a picture."""

    def __init__(self) -> None:
        super().__init__(
            "No classifier has read a picture: choose one under “Shown”, and wait for its curve."
        )


@dataclass(frozen=True, eq=False)
class Shown:
    """What is on the page when a button is pressed."""

    film: Film
    seen: Seen
    step: int
    label: str


Make = Callable[[Shown], Download]


class MusclesTakeHome(Card):
    """One button a file."""

    def __init__(self, state: Muscles) -> None:
        super().__init__("Download")
        self.state = state
        self.buttons = tuple(self._offer(*offer) for offer in OFFERS)
        state.observe(self.guarded(self.follow), "film")
        self.follow()
        self.fill(grid(*self.buttons, columns=3))

    def _offer(self, make: Make, label: str, help_text: str) -> DownloadButton:
        def on_press() -> Download:
            state = self.state
            with state.lock:
                if state.film is None or state.seen is None:
                    raise NothingShownError
                step = min(state.step, len(state.film) - 1)
                shown = Shown(state.film, state.seen, step, state.label)
            return make(shown)

        return DownloadButton(self.guarded(on_press), label=label, help=help_text)

    def follow(self, _change: object = None) -> None:
        """Offer files once there is something in them; what was said of those before is over."""
        self.messages.clear()
        for one in self.buttons:
            one.disabled = self.state.film is None


def activity_table(film: Film) -> Any:
    """Return activity and face units of the part that is shown, 30 rows a second."""
    recording = film.loaded.envelope
    last = min(film.start + len(film) / film.animation.rate, recording.seconds)
    rate = min(RATE, recording.rate)
    part = recording.cut(film.start, last)
    moved = animate(film.animation.base, part, film.model, rate=rate, ends=film.loaded.ends)
    table = moved.table()
    return table.assign(seconds=table["seconds"] + film.start)


def activity_csv(shown: Shown) -> Download:
    """Return activity and face units as CSV."""
    return Download("facelib_muscles.csv", csv_of(activity_table(shown.film)), "text/csv")


def activity_parquet(shown: Shown) -> Download:
    """Return activity and face units as Parquet."""
    buffer = io.BytesIO()
    activity_table(shown.film).to_parquet(buffer, index=False)
    return Download("facelib_muscles.parquet", buffer.getvalue())


def summary_csv(shown: Shown) -> Download:
    """Return what each muscle group did as CSV."""
    table = csv_of(shown.film.summary)
    return Download("facelib_muscle_groups.csv", table, "text/csv")


def outputs_csv(shown: Shown) -> Download:
    """Return what classifiers said of every picture that was read, as CSV."""
    table = shown.seen.table(shown.film.times)
    if table.empty:
        raise NothingReadError
    return Download("facelib_muscle_outputs.csv", csv_of(table), "text/csv")


def figures_zip(shown: Shown) -> Download:
    """Return signals, maps and outputs as SVG and PNG, with what is needed to repeat them."""
    from facelib import charts
    from facelib.charts.export import figure
    from facelib.charts.muscles.traces import trace_table

    film, label = shown.film, shown.label
    times = film.times
    now, peak = float(times[shown.step]), film.peak
    drawn = {"signals": charts.muscle_traces(trace_table(film.animation.activity, times), now=now)}
    if len(film.maps):
        moments = {f"{now:.1f} s": film.animation.activity[shown.step]}
        moments[f"{times[peak]:.1f} s, most activity"] = film.animation.activity[peak]
        drawn["maps"] = charts.muscle_maps(charts.moments(moments))
    outputs = shown.seen.table(times)
    if (outputs["label"] == label).any():
        drawn["outputs"] = charts.outputs_over_time(outputs, label, now=now)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, chart in drawn.items():
            for kind in ("svg", "png"):
                archive.writestr(f"{name}.{kind}", figure(chart, kind))
        archive.writestr("about.json", json.dumps(provenance(shown), indent=2))
    return Download("facelib_muscle_figures.zip", buffer.getvalue(), "application/zip")


def film_mp4(shown: Shown) -> Download:
    """Return the pictures as MP4, as many a second as on the page."""
    from facelib.faces.video import write_video

    with folder_for("film") as folder:
        path = folder / "film.mp4"
        write_video(path, _pictures(shown.film), shown.film.animation.rate)
        return Download("facelib_muscles.mp4", path.read_bytes(), "video/mp4")


def provenance(shown: Shown) -> dict[str, Any]:
    """Return what a reader needs to repeat what is shown."""
    from importlib.metadata import version

    film = shown.film
    return {
        "recording": film.loaded.title,
        "channels": list(film.loaded.envelope.channels),
        "seconds": [float(film.times[0]), float(film.times[-1])],
        "pictures_a_second": film.animation.rate,
        "face": repr(film.animation.base),
        "moved_by": film.animation.model,
        "electrodes_removed_digitally": film.removed,
        "classifiers": list(shown.seen.outputs),
        "findings": [str(finding) for finding in film.loaded.findings],
        "versions": {"facelib": distribution_version()}
        | {name: version(name) for name in ("numpy", "scipy")},
        "note": LIMITS,
    }


def _pictures(film: Film) -> Iterator[npt.NDArray[np.uint8]]:
    for start in range(0, len(film), BATCH):
        yield from pictures_of(film, range(start, min(start + BATCH, len(film))))


OFFERS: Final[tuple[tuple[Make, str, str], ...]] = (
    (activity_csv, "Activity", "CSV: one row for each moment, 30 a second: muscles and face units"),
    (activity_parquet, "Activity (Parquet)", "The same for pandas, R and DuckDB"),
    (summary_csv, "Muscle groups", "CSV: peaks, means, left against right, and what a face can show"),
    (outputs_csv, "Outputs", "CSV: one row for each picture, classifier and emotion"),
    (figures_zip, "Figures (zip)", "Signals, maps and outputs as SVG and PNG"),
    (film_mp4, "Film (MP4)", "The face, as many pictures a second as here"),
)
