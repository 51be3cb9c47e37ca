"""EDF and BDF recordings, read by pyedflib. The names of persons in their headers aren't read."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from facelib.errors import BadTableError, BadValueError, UnavailableError
from facelib.semg.recordings.file_columns import Columns, is_beside, microvolts, wanted
from facelib.semg.recordings.recording import Kind
from facelib.utilities.distribution import with_extra
from facelib.utilities.scratch import folder_for

if TYPE_CHECKING:
    from types import ModuleType

SUFFIXES: Final = (".edf", ".bdf")
HEAD: Final = 256
"""Bytes of a header, and as many again for each signal."""
_SAMPLE: Final = {".edf": 2, ".bdf": 3}  # bytes
_STARTS: Final = {".edf": b"0       ", ".bdf": b"\xffBIOSEMI"}


def read_edf(
    content: Path | bytes, name: str, columns: Mapping[str, str] | None, kind: Kind | None, most: int
) -> Columns:
    """Read the signals of a European or BioSemi data file, µV by its own units.

    Triggers, markers and notes are left out. pyedflib reads from the disk: bytes go to a temporary folder
    that is removed before this returns.

    Raises
    ------
    UnavailableError
        If pyedflib isn't installed.
    BadTableError
        If it isn't such a file, is damaged, interrupted (EDF+D), or holds more than `most` numbers.
    BadValueError
        If the signals have different rates, or no unit of voltage.
    UnknownNameError
        If a name means no channel.
    """
    pyedflib = _library()
    suffix = Path(name).suffix.lower()
    _check_header(content, name, suffix)
    with _on_disk(content, suffix) as file:
        try:
            reader = pyedflib.EdfReader(str(file), annotations_mode=pyedflib.DO_NOT_READ_ANNOTATIONS)
        except (OSError, ValueError) as error:
            reason = str(error).replace(str(file), name)
            msg = f"{name} can't be read: {reason}. Interrupted files (EDF+D) have to be continuous first."
            raise BadTableError(msg) from error
        try:
            return _read(reader, name, wanted(_labels(reader, name), columns, kind), most)
        finally:
            reader.close()


def _labels(reader: Any, name: str) -> list[str]:
    labels = [label.strip() for label in reader.getSignalLabels()]
    if twice := sorted({label for label in labels if labels.count(label) > 1 and not is_beside(label)}):
        msg = f"{name} has several signals of the same name: {', '.join(twice)}."
        raise BadTableError(msg, duplicates=twice)
    return labels


def _read(reader: Any, name: str, chosen: Mapping[str, str], most: int) -> Columns:
    """Read the chosen signals, label -> name."""
    labels = _labels(reader, name)
    places = [labels.index(label) for label in chosen]
    lengths = reader.getNSamples()[places]
    rates = np.asarray(reader.getSampleFrequencies(), np.float64)[places]
    if len(set(rates.tolist())) > 1 or len(set(lengths.tolist())) > 1:
        told = ", ".join(f"{label} {rate:g}" for label, rate in zip(chosen, rates, strict=True))
        msg = f"All signals of a recording have one rate; got {told} Hz. Keep those of one rate."
        raise BadValueError(msg, hint="In Python: choose them by columns=.")
    if lengths[0] < 1 or lengths[0] * len(places) > most:
        msg = f"{name} has {lengths[0]} samples of {len(places)} signals; 1 to {most} numbers are read."
        raise BadTableError(msg)
    scales = [
        microvolts(_voltage(reader.getPhysicalDimension(place)), label)
        for label, place in zip(chosen, places, strict=True)
    ]
    values = np.empty((int(lengths[0]), len(places)), np.float32)
    for column, (place, scale) in enumerate(zip(places, scales, strict=True)):
        values[:, column] = reader.readSignal(place) * scale
    return Columns(tuple(chosen.values()), values, float(rates[0]))


def _voltage(unit: str) -> str:
    """Return a unit as it was meant: the library turns a µ that was written as UTF-8 into "Au"."""
    return "uV" if unit.strip() == "AuV" else unit


@contextmanager
def _on_disk(content: Path | bytes, suffix: str) -> Iterator[Path]:
    """Yield the file itself, or a temporary one with the bytes."""
    if isinstance(content, Path):
        yield content
        return
    with folder_for("recording") as folder:
        file = folder / f"recording{suffix}"
        file.write_bytes(content)
        yield file


def _check_header(content: Path | bytes, name: str, suffix: str) -> None:
    """Compare the length of a file with what its header says: the library prints where they differ."""
    size = len(content) if isinstance(content, bytes) else content.stat().st_size
    with io.BytesIO(content) if isinstance(content, bytes) else content.open("rb") as file:
        head = file.read(HEAD)
        if head[:8] != _STARTS[suffix]:
            msg = f"{name} is no {suffix[1:].upper()} file: its first bytes are {head[:8]!r}."
            raise BadTableError(msg)
        try:
            header, records, signals = int(head[184:192]), int(head[236:244]), int(head[252:256])
            file.seek(HEAD + 216 * max(signals, 0))
            lengths = [int(file.read(8)) for _ in range(signals)]
        except ValueError as error:
            msg = f"{name} is damaged: its header holds no numbers where it should."
            raise BadTableError(msg) from error
    expected = header + records * sum(lengths) * _SAMPLE[suffix]
    if records < 1 or signals < 1 or min(lengths) < 1 or size != expected:
        msg = (
            f"{name} is damaged or was cut off: by its header it has {expected} bytes, but there are {size}."
        )
        raise BadTableError(msg)


def _library() -> ModuleType:
    try:
        import pyedflib
    except ImportError as error:
        msg = "EDF and BDF files are read by the package pyedflib, which isn't installed."
        raise UnavailableError(msg, hint=f"pip install '{with_extra('semg')}' installs it.") from error
    return pyedflib
