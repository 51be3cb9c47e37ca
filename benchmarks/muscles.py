"""Fit maps between simulated muscles and faces, and measure them on clips and sessions that they don't know.

Two sessions of all tasks are simulated, and their films, without electrodes, are read by the networks frame
by frame: ``nice python benchmarks/muscles.py FOLDER`` keeps what was read of each clip there, goes on after
an interruption, and at the end writes the tables that `facelib.semg.load_results` returns. Reading takes ten
minutes of one core, fitting as long; ``--only 1S`` reads one session, so that two processes share the work.

By design this is circular: the face is moved by the very map that is looked for. It tests the software and
says nothing of humans. Set beforehand, on clips of other seeds: rank correlations of .9 and more for every
group that the table calls identifiable from true face units, and a median of .7 and more over groups from
what the networks read; odds for read face units; the frames that a map sees.
"""

from __future__ import annotations

import argparse
import time
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from facelib.classifiers.classifier import single_threaded
from facelib.head.expressions import FACE_UNITS
from facelib.restoration import restored_frames
from facelib.semg import (
    CHANNELS,
    GROUPS,
    TASKS,
    EMG2Expression,
    Expression2EMG,
    HeldOut,
    SimulatedClip,
    normalised_pairs,
    pair_of,
    simulate_clip,
    synchronise,
    unit_weights,
    units_of_frames,
)
from facelib.semg.evaluation import held_out, rank_correlation, scores
from facelib.semg.pairs import Pair
from facelib.semg.shipped_results import SCORES, SYNCHRONISED, UNITS, MuscleResults
from facelib.utilities.files import written_whole

SESSIONS, SECONDS, SIZE, SEED = ("1S", "2S"), 5.0, 286, 20261126
TRUE, READ = "true face units", "read from the film"
WITH, REMOVED, WITHOUT = "read with electrodes", "read as they are taken off", "the same without"
WORN = "1S"
WORN_TASKS = (
    "Face-At-Rest", "Forehead", "Eye-Gentle", "Smile-Closed", "Lip-Pucker", "Depress-Lip", "angry", "happy",
    "sad", "Free-1", "Free-2", "Free-3",
)  # fmt: skip
MAPPED = "read, by a map of the other session"
SCALES = {TRUE: "plain", READ: "logit"}
SHOWN = "2S_Smile-Left"
NAMES = (
    "zygomaticus_left", "zygomaticus_right", "orbicularis_oculi_left", "orbicularis_oculi_right",
    "frontalis_medial", "mentalis",
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where parts are kept")
    parser.add_argument("--only", nargs="*", default=SESSIONS, help="sessions to read")
    parser.add_argument("--tables", type=Path)
    options = parser.parse_args()
    single_threaded()
    for session in options.only:
        for task in TASKS:
            read(options.folder, clip_of(session, task))
    if set(options.only) == set(SESSIONS):
        found = results(options.folder)
        found.save(options.tables)
        shown(found)


def results(folder: Path) -> MuscleResults:
    """Fit and measure everything; parts are kept in the folder, too."""
    clips = [clip_of(session, task) for session in SESSIONS for task in TASKS]
    plain = {TRUE: [pair_of(clip) for clip in clips], READ: [read(folder, clip) for clip in clips]}
    pairs = {source: normalised_pairs(those) for source, those in plain.items()}
    tables = []
    for source, those in pairs.items():
        for model, kind, by in (
            (Expression2EMG, "ridge", "clip"),
            (EMG2Expression, "ridge", "clip"),
            (Expression2EMG, "ridge", "session"),
            (EMG2Expression, "ridge", "session"),
            (Expression2EMG, "mlp", "session"),
            (EMG2Expression, "mlp", "session"),
        ):
            name = f"scores_{source[:4]}_{model.__name__}_{kind}_{by}"
            tables.append(kept(folder, name, those, model, source=source, kind=kind, by=by))
    tables += worn(folder, pairs[READ])
    told = held_out(Expression2EMG, pairs[READ], by="session", scale="logit")
    maps = {
        session: Expression2EMG.fit([pair for pair in pairs[READ] if pair.session != session], scale="logit")
        for session in SESSIONS
    }
    about = {
        "made by": "benchmarks/muscles.py: simulated, nobody was recorded; the map that is found was put in",
        "sessions": SESSIONS,
        "tasks": len(TASKS),
        "seconds": SECONDS,
        "size": SIZE,
        "seed": SEED,
        "frames": sum(map(len, clips)),
        "trace": SHOWN,
        "promised": {TRUE: "rho >= .9 for every identifiable group", READ: "median rho >= .7 over groups"},
    }
    return MuscleResults(
        scores=pd.concat(tables, ignore_index=True).query("level != 'all'")[list(SCORES)],
        units=units_read(plain[TRUE], plain[READ]),
        weights=EMG2Expression.fit(pairs[TRUE]).weight_table(),
        traces=told.traces(SHOWN, NAMES),
        synchronised=synchronised(clips, plain, maps),
        about=about,
    )


def worn(folder: Path, bare: Sequence[Pair]) -> list[pd.DataFrame]:
    """Return how well a map of films without electrodes tells clips with them, restored and bare ones."""
    model = Expression2EMG.fit([pair for pair in bare if pair.session != WORN], scale="logit")
    columns = [CHANNELS.index(name) for name in model.outputs]
    known = np.concatenate([pair.envelope.signals for pair in bare if pair.session != WORN])
    usual = known[:, columns].mean(axis=0).astype(np.float64)
    clips = {pair.id: pair for pair in bare if pair.id in {f"{WORN}_{task}" for task in WORN_TASKS}}
    films = {name: clip_of(WORN, name.split("_")[1]) for name in clips}
    seen = {name: read(folder, clip, "electrodes") for name, clip in films.items()}
    removed = {name: read(folder, clip, "removed") for name, clip in films.items()}
    true = {name: pair.envelope.signals[:, columns].astype(np.float64) for name, pair in clips.items()}
    tables = []
    for source, pairs in ((WITH, seen), (REMOVED, removed), (WITHOUT, clips)):
        told = {name: model.predict(pair).signals[:, columns] for name, pair in pairs.items()}
        found = HeldOut(
            "Expression2EMG", "ridge", "session", model.outputs, true, told, dict.fromkeys(true, usual),
            dict.fromkeys(true, WORN),
        )  # fmt: skip
        table = found.table()
        table.insert(0, "source", source)
        tables.append(table)
    return tables


def kept(
    folder: Path, name: str, pairs: Sequence[Pair], model: Any, *, source: str, kind: str, by: str
) -> pd.DataFrame:
    """Return the scores of a kind of map; kept in the folder."""
    part = folder / f"{name}.csv"
    if not part.exists():
        begun = time.perf_counter()
        table = held_out(model, pairs, by=by, kind=kind, scale=SCALES[source]).table()  # type: ignore[arg-type]
        table.insert(0, "source", source)
        with written_whole(part) as file:
            file.write(table.to_csv(index=False).encode())
        print(f"{name}: {time.perf_counter() - begun:.0f} s", flush=True)
    return pd.read_csv(part)


def units_read(true: Sequence[Pair], read: Sequence[Pair]) -> pd.DataFrame:
    """Return how well the networks read the units that muscles move."""
    rows = []
    for row in np.flatnonzero(unit_weights().any(axis=1)):
        unit = FACE_UNITS[row]
        clips = [
            (a.units[:, row], b.units[:, b.names.index(unit)], np.zeros(len(a)))
            for a, b in zip(true, read, strict=True)
        ]
        found = scores(clips)
        truth = np.concatenate([clip[0] for clip in clips])
        others = {
            name: rank_correlation(truth, np.concatenate([pair.units[:, column] for pair in read]))
            for column, name in enumerate(read[0].names)
        }
        best = max(others, key=lambda name: abs(others[name]))
        low, high = np.percentile(np.concatenate([clip[1] for clip in clips]), [5, 95])
        rows.append((unit, found["rho"], found["rho_low"], found["rho_high"], low, high, best, others[best]))
    return pd.DataFrame(rows, columns=list(UNITS))


def synchronised(
    clips: Sequence[SimulatedClip], pairs: dict[str, list[Pair]], maps: dict[str, Expression2EMG]
) -> pd.DataFrame:
    """Return lags that were put in, and what was found: by true and read units, and a map of the others."""
    rows = []
    for number, clip in enumerate(clips):
        rng = np.random.default_rng([SEED, zlib.crc32(clip.id.encode())])
        lag = float(rng.uniform(-1, 1))
        late = simulate_clip(clip.task, SECONDS, session=clip.session, seed=SEED, name=clip.id, lag=lag)
        for source, kind, model in (
            (TRUE, TRUE, None),
            (READ, READ, None),
            (MAPPED, READ, maps[clip.session]),
        ):
            pair = pairs[kind][number]
            units = pd.DataFrame(pair.units, columns=list(pair.names))
            found = synchronise(late.envelope, units, model=model)
            rows.append((clip.id, source, lag, found.lag, found.grade, found.how, 30 * (found.lag - lag)))
    return pd.DataFrame(rows, columns=list(SYNCHRONISED))


def shown(found: MuscleResults) -> None:
    groups = found.scores[found.scores["level"] == "group"]
    keys = ["source", "model", "kind", "by"]
    print(
        groups.groupby(keys, sort=False)[["rho", "rho_clip", "skill"]]
        .agg(["min", "median"])
        .round(2)
        .to_string()
    )
    known = [name for name, group in GROUPS.items() if group.identifiable]
    assert set(groups["name"]) == set(known)
    print(found.units.round(3).to_string(index=False))
    for source, table in found.synchronised.groupby("source"):
        right = table[table["grade"] > 0]
        print(
            source, table["grade"].value_counts().to_dict(), "error, frames", right["error"].abs().describe()
        )


def clip_of(session: str, task: str) -> SimulatedClip:
    return simulate_clip(task, SECONDS, session=session, seed=SEED, name=f"{session}_{task}")


def read(folder: Path, clip: SimulatedClip, face: Literal["bare", "electrodes", "removed"] = "bare") -> Pair:
    """Return a clip with what the networks read of its film; kept in the folder."""
    part = folder / f"{clip.id}_{face}.parquet"
    if not part.exists():
        begun = time.perf_counter()
        film = clip.frames(size=SIZE, electrodes=face != "bare")
        watched = units_of_frames(restored_frames(film) if face == "removed" else film)
        with written_whole(part) as file:
            watched.frame().to_parquet(file, index=False)
        print(f"{clip.id}: {watched.seen:.0%} seen, {time.perf_counter() - begun:.0f} s", flush=True)
    return pair_of(clip, pd.read_parquet(part))


if __name__ == "__main__":
    main()
