"""Write a simulated recording in the layout of "Mimics, Muscles, and Me", with its truth beside it."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from facelib.errors import PATHS, BadValueError, Cancelled, check_kind
from facelib.faces.tracking import Picture, units_of_video
from facelib.faces.video import write_video
from facelib.head.expressions import FACE_UNITS
from facelib.semg.muscles import CHANNELS
from facelib.semg.simulation.movements import RATE, TASKS, Task, task_of
from facelib.semg.simulation.person import SimulatedClip, person, simulate_clip
from facelib.semg.simulation.signals import NO_FAULTS, Faults
from facelib.utilities.files import explained, written_whole
from facelib.utilities.progress import Report, Stop, reporting
from facelib.utilities.spreadsheet import csv_of

if TYPE_CHECKING:
    import pandas as pd

    from facelib.head.head import Head

Readings = Literal["network", "truth"]

SESSIONS: Final = ("1N", "1S", "2N", "2S")
PARTICIPANT: Final = "99"
METHOD: Final = "MediaPipe"
INVENTORY: Final = "MMM.csv"
COLUMNS_OF: Final[Mapping[str, str]] = {
    "corrugator_supercilii": "Corrugator Supercilii",
    "depressor_anguli_oris": "Depressor Ang. Oris",
    "depressor_supercilii": "Depressor Supercilii Procerus",
    "frontalis_lateral": "Lateraler Frontalis",
    "levator_labii_superioris": "Levator Labii Superioris",
    "masseter": "Masseter",
    "frontalis_medial": "Medialer Frontalis",
    "mentalis": "Mentalis",
    "orbicularis_oculi": "Orbicularis Oculi",
    "orbicularis_oris": "Orbicularis Oris",
    "zygomaticus": "Zygomaticus",
}
"""Muscle to its column in the layout, in the layout's order; `_l` and `_r` follow."""

README: Final = """\
SIMULATED. No person was filmed or recorded for this folder: facelib made it up.

The layout is that of the data set "Mimics, Muscles, and Me". Muscles of known activity move a parametric
face by the table of facelib.semg.unit_weights; their signals are noise whose strength is that activity. So
whatever a model finds here was put in: a test of software, and no finding on humans.

video/                 the film; in sessions that end in S electrodes are on the face
video_noelec/          the same without electrodes, rendered so: as if they had been removed perfectly
video_noelec_params/   face units: {readings}
emg/                   envelopes, µV, one row per frame; later than the film by the lag in truth/about.json
truth/                 for each clip the true activity of the muscles (0 … 1) and the true face units
raw/                   where asked for: the 44 monopolar inputs at 4096 Hz
"""
READ: Final[Mapping[Readings, str]] = {
    "network": "as the blendshape network reads video_noelec/, frame by frame",
    "truth": "the true ones",
}


@dataclass(frozen=True)
class _Plan:
    """A clip that is to be written."""

    id: str
    session: str
    number: int
    task: Task
    seconds: float
    faults: Faults

    @property
    def folder(self) -> str:
        return f"{PARTICIPANT}_{self.session}"

    def path(self, kind: str, ending: str) -> str:
        return f"{kind}/{self.folder}/{self.id}{ending}"


def simulate(
    folder: str | Path,
    *,
    head: Head | None = None,
    sessions: Sequence[str] = SESSIONS,
    tasks: Sequence[str | Task] | None = None,
    seconds: float | Mapping[str, float] = 4.0,
    size: int = 286,
    seed: int = 0,
    lag: float = 0.0,
    faults: Faults | Mapping[str, Faults] = NO_FAULTS,
    readings: Readings = "network",
    raw: bool = False,
    progress: bool | Report | None = None,
    stop: Stop | None = None,
) -> Path:
    """Write a simulated recording; `facelib.semg.open_dataset` opens it.

    A second of film takes one core .8 s without electrodes and 2.1 s with, at 286 px; .3 s and 1.2 s at 128.
    The inventory (MMM.csv) is written last: a folder with one is whole. Killed or stopped, the same call goes
    on after the last finished file.

    Parameters
    ----------
    folder
        New, empty, or of the same call before.
    head
        The person; None: `facelib.semg.person`. Electrodes of the Fridlund scheme are put on in sessions S.
    sessions
        Names; those that end in S have electrodes and signals, those in N neither.
    tasks
        Names in `facelib.semg.TASKS`, or tasks of your own; None: all.
    seconds
        Of a clip, or by mode; in the data set "schaede" has about 22, "emotion" about 6.
    size
        Of the film, px, an even number.
    seed
        Of everything that is drawn.
    lag
        Seconds by which the signals of all clips come later than the film.
    faults
        What goes wrong in all clips, or by the clip's id.
    readings
        What stands for the face units: "network", what the blendshape network reads in the packed film
        without electrodes, as in the data set; or "truth", which needs no network.
    raw
        Whether the 44 inputs are written, too, as Parquet, and envelopes made of them by the whole chain.
    progress
        True for a progress bar, or a function called with the `Progress`: the share that is done, of 1.
    stop
        Asked before each frame; True ends the work.

    Returns
    -------
    pathlib.Path
        The folder.

    Raises
    ------
    BadValueError
        If a setting is out of its range, or the folder holds something else.
    UnknownNameError
        There is no such task.
    Cancelled
        If `stop` answered True: clips that are finished are kept, and the same call goes on from there.
    UnavailableError
        A package for rendering or reading is not on this machine.
    WriteError
        A file can't be written: most likely the disk is full. What is finished is kept.
    """
    check_kind(folder, PATHS, "A path, as text or pathlib.Path,")
    target = Path(folder)
    face = head or person()
    plans = _plans(sessions, tasks, seconds, faults)
    if size % 2:
        msg = f"A film has an even number of px; got {size}."
        raise BadValueError(msg)
    if readings not in READ:
        msg = f"Face units are read by the network, or are the truth; got {readings!r}."
        raise BadValueError(msg)
    about = {
        "made by": "facelib.semg.simulate: simulated, nobody was recorded",
        "head": face.key,
        "size": size,
        "seed": seed,
        "lag": lag,
        "readings": readings,
        "raw": raw,
        "clips": [_record(plan) for plan in plans],
    }
    _begin(target, about, readings)
    total = sum(plan.seconds * (3 if plan.session.endswith("S") else 1) for plan in plans)
    done = 0.0

    def go_on(*_: object) -> None:
        if stop is not None and stop():
            msg = f"Stopped after {done / total:.0%}; call it again to go on."
            raise Cancelled(msg)

    with reporting(progress, 1.0) as report:
        for plan in plans:
            clip = simulate_clip(
                plan.task, plan.seconds, session=plan.session, seed=seed, name=plan.id, lag=lag,
                faults=plan.faults, raw=raw,
            )  # fmt: skip
            for write in _files(target, plan, clip, face, size=size, readings=readings, go_on=go_on):
                go_on()
                write()
            done += plan.seconds * (3 if plan.session.endswith("S") else 1)
            report.at(done / total, f"{plan.id} is written")
    _write_table(target / "MMM_3DMM.csv", _methods(plans))
    _write_table(target / INVENTORY, _inventory(plans))
    return target


def _plans(
    sessions: Sequence[str],
    tasks: Sequence[str | Task] | None,
    seconds: float | Mapping[str, float],
    faults: Faults | Mapping[str, Faults],
) -> list[_Plan]:
    wrong = [name for name in sessions if not (name.endswith(("N", "S")) and name[:-1].isalnum())]
    if wrong or not sessions or len(set(sessions)) != len(sessions):
        msg = f"Sessions are different names that end in N or S, such as 1N, 1S; got {list(sessions)}."
        raise BadValueError(msg)
    chosen = [task_of(task) if isinstance(task, str) else task for task in (tasks or list(TASKS))]
    plans = []
    for session in sessions:
        for number, task in enumerate(chosen, 1):
            name = f"{PARTICIPANT}_{session}_{task.mode}_{number:02d}_{task.id}"
            lasts = seconds.get(task.mode, 4.0) if isinstance(seconds, Mapping) else seconds
            wrong_with = faults if isinstance(faults, Faults) else faults.get(name, NO_FAULTS)
            plans.append(_Plan(name, session, number, task, lasts, wrong_with))
    if isinstance(faults, Mapping) and (unknown := set(faults) - {plan.id for plan in plans}):
        msg = f"There is no clip {min(unknown)!r} to go wrong; clips are named as {plans[0].id!r}."
        raise BadValueError(msg)
    return plans


def _record(plan: _Plan) -> dict[str, Any]:
    task = {
        "id": plan.task.id,
        "channels": dict(plan.task.channels),
        "others": dict(plan.task.others),
        "free": plan.task.free,
    }
    return {"id": plan.id, "seconds": plan.seconds, "task": task, "faults": asdict(plan.faults)}


def _begin(target: Path, about: Mapping[str, Any], readings: Readings) -> None:
    """Write what is planned, unless the folder is of the same plan; nothing of others is touched."""
    plan = target / "truth" / "about.json"
    text = f"{json.dumps(about, indent=1, ensure_ascii=False)}\n"
    if plan.is_file():
        if plan.read_text(encoding="utf-8") != text:
            msg = f"{target} holds a recording that was simulated with other settings; take another folder."
            raise BadValueError(msg)
        return
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        msg = f"{target} holds something else; a simulated recording needs a folder of its own."
        raise BadValueError(msg)
    _write(plan, text.encode())
    _write(target / "README.txt", README.format(readings=READ[readings]).encode())


def _files(
    target: Path,
    plan: _Plan,
    clip: SimulatedClip,
    head: Head,
    *,
    size: int,
    readings: Readings,
    go_on: Callable[..., None],
) -> Iterator[Callable[[], object]]:
    """Yield, for each file of a clip that isn't there yet, what writes it; `go_on` may end it anywhere."""

    def film(path: Path, **options: Any) -> None:
        write_video(path, _while(clip.frames(head, size, **options), go_on), RATE)

    bare = plan.path("video_noelec", ".mp4")
    units = plan.path(f"video_noelec_params/{METHOD}", "_params.csv.gz")
    jobs: dict[str, Callable[[Path], object]] = {
        plan.path("truth", ".parquet"): lambda path: _write_parquet(path, truth_table(clip)),
        plan.path("video", ".mp4"): film,
    }
    if clip.electrodes:
        jobs[plan.path("emg", ".csv")] = lambda path: _write_table(path, emg_table(clip), index=True)
        jobs[bare] = partial(film, electrodes=False)
        jobs[units] = lambda path: _write_units(path, unit_table(clip, target / bare, readings, go_on))
    if clip.electrodes and clip.raw is not None:
        jobs[plan.path("raw", ".parquet")] = lambda path: _write_parquet(path, raw_table(clip))
    for name, write in jobs.items():
        path = target / name
        if not path.is_file():
            yield partial(write, path)


def _while(frames: Iterator[Picture], go_on: Callable[..., None]) -> Iterator[Picture]:
    for frame in frames:
        go_on()
        yield frame


def emg_table(clip: SimulatedClip) -> pd.DataFrame:
    """Return the envelopes of a clip with the columns of the layout, one row per frame."""
    import pandas as pd

    columns = {}
    for muscle, title in COLUMNS_OF.items():
        for side in ("left", "right"):
            column = CHANNELS.index(f"{muscle}_{side}")
            columns[f"{title}_{side[0]}"] = clip.envelope.signals[:, column].astype(np.float64).round(4)
    return pd.DataFrame(columns)


def truth_table(clip: SimulatedClip) -> pd.DataFrame:
    """Return the truth of a clip: activity of channels, and face units, one row per frame."""
    import pandas as pd

    return pd.concat([clip.activity.frame(), clip.unit_table()], axis=1)


def raw_table(clip: SimulatedClip) -> pd.DataFrame:
    """Return the 44 inputs of a clip at 4096 Hz, float32, with their times."""
    import pandas as pd

    assert clip.raw is not None
    return pd.DataFrame(clip.raw.signals, columns=list(clip.raw.channels))


def unit_table(
    clip: SimulatedClip, film: Path, readings: Readings, progress: bool | Report | None = None
) -> pd.DataFrame:
    """Return the face units of a clip, one row per frame of its film without electrodes."""
    import pandas as pd

    if readings == "truth":
        return pd.DataFrame(clip.units[clip.shown], columns=list(FACE_UNITS))
    return units_of_video(film, progress=progress).frame()


def _inventory(plans: Sequence[_Plan]) -> pd.DataFrame:
    import pandas as pd

    rows = []
    for plan in plans:
        sensor = plan.session.endswith("S")
        rows.append(
            {
                "source": f"{plan.folder}_{plan.task.mode}",
                "index": plan.id,
                "pid": PARTICIPANT,
                "rec": plan.session,
                "mode": plan.task.mode,
                "task": plan.task.id,
                "type": "sensor" if sensor else "normal",
                "sync_grade": 0 if sensor else -1,
                "use": "yes" if sensor else "no",
                "video": plan.path("video", ".mp4"),
                "video_no-cut": "",
                "emg": plan.path("emg", ".csv") if sensor else "",
                "video_noelec": plan.path("video_noelec", ".mp4") if sensor else "",
            }
        )
    return pd.DataFrame(rows)


def _methods(plans: Sequence[_Plan]) -> pd.DataFrame:
    """Return where the face units of each clip with signals stand."""
    table = _inventory(plans)
    sensors = table[table["type"] == "sensor"][["source", "index", "pid", "rec", "mode", "task"]]
    paths = [
        plan.path(f"video_noelec_params/{METHOD}", "_params.csv.gz")
        for plan in plans
        if plan.session.endswith("S")
    ]
    return sensors.assign(**{METHOD: paths})


def _write_table(path: Path, table: pd.DataFrame, *, index: bool = False) -> None:
    _write(path, csv_of(table, index=index, lineterminator="\n"))


def _write_units(path: Path, table: pd.DataFrame) -> None:
    buffer = io.BytesIO()
    with gzip.GzipFile("", "wb", fileobj=buffer, mtime=0) as packed:
        packed.write(csv_of(table, float_format="%.6g", lineterminator="\n"))
    _write(path, buffer.getvalue())


def _write_parquet(path: Path, table: pd.DataFrame) -> None:
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False)
    _write(path, buffer.getvalue())


def _write(path: Path, content: bytes) -> None:
    with explained(path), written_whole(path) as file:
        file.write(content)
