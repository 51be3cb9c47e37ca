"""Folders in the layout of "Mimics, Muscles, and Me": clips with video, signals and face units.

The data set itself (CC BY-NC) isn't part of facelib; `facelib.semg.simulate` writes a folder like it.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from facelib.errors import PATHS, BadTableError, FacelibError, UnknownNameError, check_kind
from facelib.faces.video import open_video
from facelib.head.expressions import FACE_UNITS
from facelib.semg.inventory import METHOD, clips_of
from facelib.semg.muscles import CHANNELS, unit_weights
from facelib.semg.parameters.columns import Parameters, checked_groups
from facelib.semg.parameters.reading import read_parameters
from facelib.semg.recordings.findings import Finding
from facelib.semg.recordings.reading import read_signals
from facelib.semg.recordings.recording import Recording
from facelib.utilities.content import open_file
from facelib.utilities.progress import Report, reporting
from facelib.utilities.short_repr import in_short

if TYPE_CHECKING:
    import pandas as pd

RATE: Final = 30.0
"""Rows of the envelopes a second: those of the videos."""
UNITS: Final = frozenset(unit for unit, row in zip(FACE_UNITS, unit_weights(), strict=True) if row.any())
"""Face units that recorded muscles move."""
MOST_BYTES: Final = 200_000_000
"""Of a table of face units, unpacked."""

PAIR_COLUMNS: Final = MappingProxyType(
    {
        "participant": "who",
        "take": "what both sessions have in common: 1 of 1N and 1S",
        "mode": "schaede or emotion",
        "number": "place of the task in its session and mode",
        "task": "what was asked for",
        "sensor": "clip with electrodes",
        "normal": "clip without",
        "same_task": "whether both name the task alike",
    }
)
"""Columns of `Dataset.pairs`, with their meaning."""


@in_short()
@dataclass(frozen=True, eq=False)
class Clip:
    """One clip, with those of its files that exist.

    Parameters
    ----------
    id, session, mode, task
        As in `Dataset.clips`.
    recording
        Envelopes, row i of them at frame i of the video; None where there are none.
    video, restored
        Paths of the video, and of the one with the electrodes taken out; None where there are none.
    blendshapes
        Face units, one of `FACE_UNITS` a column, row i at frame i of the restored video; None where there
        are none.
    raw
        Path of the signals before processing.
    findings
        Findings on the clip's files.
    parameters
        Readings by another method than MediaPipe's face units, if the folder was opened for one: columns in
        groups, row i at frame i of the restored video; None where there are none.
    """

    id: str
    session: str
    mode: str
    task: str
    recording: Recording | None
    video: Path | None
    restored: Path | None
    blendshapes: pd.DataFrame | None
    raw: Path | None = None
    findings: tuple[Finding, ...] = ()
    parameters: Parameters | None = None


@in_short(table=lambda data: data.clips)
@dataclass(frozen=True, eq=False)
class Dataset:
    """A folder that was opened.

    Parameters
    ----------
    folder
        Its path.
    clips
        One row per clip; columns as in `facelib.semg.inventory.CLIP_COLUMNS`.
    findings
        What is missing or wrong, by the inventory and the names of files; `check` looks into the files.
    method
        What read the face.
    groups
        Of the columns of its readings; None: by their names.
    """

    folder: Path
    clips: pd.DataFrame
    findings: tuple[Finding, ...]
    method: str = METHOD
    groups: Mapping[str, Sequence[str]] | None = None

    @property
    def sessions(self) -> tuple[str, ...]:
        """Names of the sessions, in the order of the inventory."""
        return tuple(dict.fromkeys(self.clips["session"]))

    def clip(self, clip: str) -> Clip:
        """Return one clip, its signals and face units read.

        Files that are damaged are left out, and said in `Clip.findings`.

        Raises
        ------
        UnknownNameError
            If there is no such clip.
        """
        rows = self.clips[self.clips["clip"] == clip]
        if rows.empty:
            msg = f"There is no clip {clip!r}; see the column 'clip' of Dataset.clips."
            raise UnknownNameError(msg)
        row = {str(name): value for name, value in rows.iloc[0].items()}
        findings = [finding for finding in self.findings if finding.clip == clip]
        if not row["electrodes"]:
            words = "Filmed without electrodes: it has no EMG."
            findings.append(Finding("note", "session without EMG", words, clip=clip))
        paths = {name: self.folder / str(row[name]) if row[name] else None for name in _FILES}
        recording = blendshapes = parameters = None
        if paths["emg"]:
            with _said(findings, clip, "signals"):
                recording = _envelopes(paths["emg"], str(row["session"]), clip, findings)
        if paths["blendshapes"]:
            with _said(findings, clip, "face units" if self.method == METHOD else "parameters"):
                if self.method == METHOD:
                    blendshapes = read_units(paths["blendshapes"])
                else:
                    parameters = read_parameters(paths["blendshapes"], groups=self.groups)
        findings.extend(_lengths(clip, recording, blendshapes if parameters is None else parameters, paths))
        return Clip(
            clip,
            str(row["session"]),
            str(row["mode"]),
            str(row["task"]),
            recording,
            paths["video"],
            paths["restored"],
            blendshapes,
            paths["raw"],
            tuple(findings),
            parameters,
        )

    def recordings(self, session: str) -> dict[str, Recording]:
        """Return the envelopes of a session by their clips, those that can be read.

        Raises
        ------
        UnknownNameError
            If there is no such session.
        """
        if session not in self.sessions:
            msg = f"There is no session {session!r}; the folder has {', '.join(self.sessions)}."
            raise UnknownNameError(msg)
        chosen = self.clips[(self.clips["session"] == session) & (self.clips["emg"] != "")]
        read = {str(clip): self.clip(str(clip)).recording for clip in chosen["clip"]}
        return {clip: recording for clip, recording in read.items() if recording is not None}

    def pairs(self) -> pd.DataFrame:
        """Return clips with electrodes beside the same task without, see `PAIR_COLUMNS`.

        They belong together by participant, take, mode and number, not by the task's name, which the
        original data write differently for some.
        """
        known = self.clips[self.clips["number"] >= 0]
        keyed = known.assign(take=known["session"].str.slice(0, -1))
        keys = ["participant", "take", "mode", "number"]
        columns = [*keys, "task", "clip"]
        sensor = keyed.loc[keyed["electrodes"], columns].drop_duplicates(keys)
        normal = keyed.loc[~keyed["electrodes"], columns].drop_duplicates(keys)
        both = sensor.rename(columns={"clip": "sensor"}).merge(
            normal.rename(columns={"clip": "normal"}), on=keys, suffixes=("", "_normal")
        )
        both["same_task"] = both["task"] == both.pop("task_normal")
        return both[list(PAIR_COLUMNS)]

    def check(self, progress: bool | Report | None = None, *, frames: bool = False) -> tuple[Finding, ...]:
        """Look into the files of all clips, and return what is wrong with them and with the folder.

        Parameters
        ----------
        progress
            True for a progress bar, or a function called with the `Progress`, which counts clips; what it
            raises ends the work.
        frames
            Whether every frame of every video is read, to find those that are missing or twice: about a
            second per clip.
        """
        from facelib.semg.dataset_check import check_clip, check_session

        findings = [finding for finding in self.findings if not finding.clip]
        done = 0
        with reporting(progress, len(self.clips), "checking the clips", unit="clip") as report:
            for session in self.sessions:
                clips = []
                for name in self.clips.loc[self.clips["session"] == session, "clip"]:
                    clip = self.clip(str(name))
                    findings.extend(check_clip(clip, frames=frames))
                    clips.append(clip)
                    done += 1
                    report.at(done)
                findings.extend(check_session(session, clips))
        return tuple(findings)


_FILES: Final = ("emg", "video", "restored", "blendshapes", "raw")


def open_dataset(
    folder: str | Path, method: str = METHOD, groups: Mapping[str, Sequence[str]] | None = None
) -> Dataset:
    """Open a folder in the layout of "Mimics, Muscles, and Me".

    Nothing but the inventory is read. Files that are missing, files without a row, sessions without EMG and
    paths that lead out of the folder are said in `Dataset.findings`, not raised.

    Parameters
    ----------
    folder
        Its path.
    method
        Whose readings of the face are wanted: "MediaPipe" (face units, in `Clip.blendshapes`), or another
        column of MMM_3DMM.csv or folder in ``video_noelec_params``, such as "SMIRK" (in `Clip.parameters`).
    groups
        Of the columns of another method, as for `facelib.semg.parameters_of`; None: by their names.

    Raises
    ------
    BadTableError
        If the folder has no inventory (MMM.csv), or one that lacks columns or names a clip twice.
    UnknownNameError
        If there is no reading by the method.
    """
    check_kind(folder, PATHS, "A path, as text or pathlib.Path,")
    where = Path(folder)
    if not where.is_dir():
        msg = f"There is no folder {where}."
        raise BadTableError(msg)
    check_kind(method, str, "The name of a method")
    wanted = METHOD if method.lower() == METHOD.lower() else method
    if groups is not None:
        checked_groups(groups)
    clips, findings = clips_of(where, wanted)
    return Dataset(where, clips, findings, wanted, groups)


def read_units(path: Path) -> pd.DataFrame:
    """Read face units, gzipped CSV: one row per frame, one column per unit, values in [0, 1].

    Units that no recorded muscle moves may be missing (the blendshape network doesn't read the tongue) and
    are NaN; other columns are left out.

    Raises
    ------
    BadTableError
        If it can't be read, or lacks a unit that a muscle moves.
    """
    import pandas as pd

    try:
        with open_file(path) as file:
            packed = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            content = (gzip.GzipFile(fileobj=file) if packed else file).read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            msg = f"{path.name} unpacks to more than {MOST_BYTES // 10**6} MB."
            raise BadTableError(msg)
        table = pd.read_csv(io.BytesIO(content))
        if not UNITS.issubset(table.columns):
            lacking = [unit for unit in FACE_UNITS if unit in UNITS and unit not in table.columns]
            msg = f"{path.name} lacks the face units {', '.join(lacking[:5])}{' …' if lacking[5:] else ''}."
            raise BadTableError(msg, missing=lacking)
        return table.reindex(columns=list(FACE_UNITS)).astype("float64")
    except (OSError, EOFError, zlib.error, ValueError, LookupError) as error:
        if isinstance(error, FacelibError):
            raise
        msg = f"{path.name} can't be read as face units: {error}."
        raise BadTableError(msg) from error


@contextmanager
def _said(found: list[Finding], clip: str, part: str) -> Iterator[None]:
    """Turn what a damaged file raises into a finding."""
    try:
        yield
    except FacelibError as error:
        words = f"Its {part} can't be read: {error}"
        remedy = "They are left out; fetch the file again."
        found.append(Finding("error", "damaged file", words, remedy, clip=clip))


def _envelopes(path: Path, session: str, clip: str, found: list[Finding]) -> Recording:
    recording = read_signals(path, rate=RATE, kind="envelope", session=session)
    if lacking := [channel for channel in CHANNELS if channel not in recording.channels]:
        words = f"It lacks {len(lacking)} of {len(CHANNELS)} channels: {', '.join(lacking)}."
        found.append(Finding("warning", "missing channels", words, "They are left out.", clip=clip))
    return recording.replace(source=clip)


def _lengths(
    clip: str,
    recording: Recording | None,
    blendshapes: pd.DataFrame | Parameters | None,
    paths: dict[str, Path | None],
) -> Iterator[Finding]:
    """Compare how many frames the parts of a clip have."""
    counts = {}
    if recording is not None:
        counts["signals"] = len(recording)
    if blendshapes is not None:
        counts["parameters" if isinstance(blendshapes, Parameters) else "face units"] = len(blendshapes)
    for name, title in (("video", "video"), ("restored", "restored video")):
        path = paths[name]
        if path is None:
            continue
        try:
            video = open_video(path)
        except FacelibError as error:
            text = f"Its {title} can't be read: {error}"
            yield Finding("error", "damaged file", text, "Fetch the file again.", clip=clip)
            continue
        counts[title] = video.count
        if abs(video.rate / RATE - 1) > 0.001:
            text = f"The {title} has {video.rate:g} frames a second, the signals {RATE:g}."
            remedy = "Row i doesn't belong to frame i: resample one of them."
            yield Finding("error", "wrong rate", text, remedy, clip=clip)
    if len(set(counts.values())) > 1:
        told = ", ".join(f"{title} {count}" for title, count in counts.items())
        text = f"Its parts differ in length, in frames: {told}. Frames were dropped, or an end was cut."
        remedy = "Row i may not belong to frame i: look at Video.check, and synchronise anew."
        yield Finding("warning", "dropped frames", text, remedy, clip=clip)
