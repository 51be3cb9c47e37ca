"""EDF and BDF recordings, read by pyedflib. The names of persons in their headers aren't read."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, cast

import numpy as np

from facelib.errors import BadTableError, BadValueError, UnavailableError
from facelib.semg.recordings.file_columns import (
    Columns,
    is_beside,
    is_trigger,
    microvolts,
    piece,
    triggers,
    wanted,
)
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
_CODES: Final = 0xFFFF  # bits of a BioSemi status that are triggers; those above tell of the amplifier
_MOMENT: Final = re.compile(rb"\d\d\.\d\d\.\d\d")  # a date or a time
_NOTES: Final = ("EDF Annotations", "BDF Annotations")
_UNITS: Final = 96  # bytes of label and transducer of a signal, before its unit


@dataclass(frozen=True)
class _Header:
    """What the header of a file says, but for whom it shows.

    Attributes
    ----------
    head
        Its bytes.
    records
        How many there are; −1 of a recorder that never closed its file.
    seconds
        Of a record.
    labels, samples
        Of each signal: its name, and how many samples a record has.
    record
        Bytes of a record.
    """

    head: bytes
    records: int
    seconds: float
    labels: tuple[str, ...]
    samples: tuple[int, ...]
    record: int

    @property
    def kind(self) -> str:
        """What the file says that it is: "EDF+C", "BDF+D", "24BIT"; or ""."""
        return self.head[192:197].decode("latin-1").strip()

    @property
    def signals(self) -> list[str]:
        """Names of the signals, without those that hold notes."""
        return [name for name in self.labels if "+" not in self.kind or name not in _NOTES]

    def mended(self, records: int) -> bytes:
        """Return the header as the library takes it: this many records, ASCII, nobody's name, a date."""
        fixed = bytearray(self.head[:8] + _ascii(self.head[8:HEAD]))
        texts = {8: "X X X X".ljust(80), 88: "Startdate X X X X".ljust(80), 236: f"{records:<8}"}
        for place, other in ((168, "01.01.85"), (176, "00.00.00")):
            if not _MOMENT.fullmatch(self.head[place : place + 8]):
                texts[place] = other
        for place, text in texts.items():
            fixed[place : place + len(text)] = text.encode("ascii")
        signals = bytearray(self.head[HEAD:])
        for number in range(len(self.labels)):
            place = _UNITS * len(self.labels) + 8 * number
            unit = _decoded(bytes(signals[place : place + 8]))
            unit = unit.replace("µ", "u").replace("μ", "u").ljust(8)[:8]
            signals[place : place + 8] = unit.encode("ascii", "replace")
        return bytes(fixed) + _ascii(bytes(signals))


@dataclass(frozen=True)
class Asked:
    """What is asked of a file.

    Attributes
    ----------
    columns, kind
        As for `facelib.semg.read_signals`.
    most
        Numbers that are read.
    span
        Seconds between which it is read; None: an end of it.
    """

    columns: Mapping[str, str | None] | None
    kind: Kind | None
    most: int
    span: tuple[float | None, float | None] = (None, None)


def read_edf(content: Path | bytes, name: str, asked: Asked) -> Columns:
    """Read the signals of a European or BioSemi data file, µV by its own units.

    Notes and triggers become events. A recorder that crashed leaves a file without the number of its records,
    or with half a last one: what is whole is read. pyedflib reads from the disk, and takes few headers. So
    bytes, and files whose header has to be mended, go to a temporary folder that is removed before this
    returns.

    Raises
    ------
    UnavailableError
        If pyedflib isn't installed.
    BadTableError
        If it isn't such a file, is damaged, interrupted (EDF+D), or holds more numbers than are asked for.
    BadValueError
        If the signals have different rates, no unit of voltage, or the span lies outside of them.
    UnknownNameError
        If a name means no channel.
    """
    pyedflib = _library()
    suffix = Path(name).suffix.lower()
    header = _header(content, name, suffix)
    size = len(content) if isinstance(content, bytes) else content.stat().st_size
    whole, rest = divmod(size - len(header.head), header.record)
    if whole < 1 or 0 <= header.records < whole:
        expected = len(header.head) + max(header.records, 1) * header.record
        msg = (
            f"{name} is damaged or was cut off: by its header it has {expected} bytes, but there are {size}."
        )
        raise BadTableError(msg)
    if header.kind.endswith("+D"):
        msg = f"{name} is interrupted ({header.kind}): its pieces don't follow each other. Export it as one."
        raise BadTableError(msg)
    crashed = header.records != whole or rest > 0
    mended = header.mended(whole)
    odd = crashed or mended[168:184] != header.head[168:184] or not header.head[1:].isascii()
    with _on_disk(content, suffix, mended if odd else None, whole * header.record) as file:
        try:
            reader = pyedflib.EdfReader(str(file))
        except (OSError, ValueError) as error:
            msg = f"{name} can't be read: {str(error).replace(str(file), name)}."
            raise BadTableError(msg) from error
        try:
            found = _read(reader, name, header, asked)
        finally:
            reader.close()
    if not crashed:
        return found
    told = "as many as there are" if header.records < 0 else f"{header.records * header.seconds:g} s"
    note = (
        f"The recorder didn't close {name}: by its header it has {told}; what is whole was read, "
        f"{whole * header.seconds:g} s."
    )
    return Columns(found.names, found.values, found.rate, found.events, (note, *found.notes))


def edf_names(content: Path | bytes, name: str) -> list[str]:
    """Return the names of the signals of a file by its header alone; errors are those of `read_edf`."""
    return _header(content, name, Path(name).suffix.lower()).signals


def _read(reader: Any, name: str, header: _Header, asked: Asked) -> Columns:
    """Read the chosen signals, and the events beside them."""
    labels = header.signals
    if twice := sorted({label for label in labels if labels.count(label) > 1 and not is_beside(label)}):
        msg = f"{name} has several signals of the same name: {', '.join(twice)}."
        raise BadTableError(msg, duplicates=twice)
    chosen, notes = wanted(labels, asked.columns, asked.kind)
    places = [labels.index(label) for label in chosen]
    lengths = reader.getNSamples()[places]
    rates = np.asarray(reader.getSampleFrequencies(), np.float64)[places]
    if len(set(rates.tolist())) > 1 or len(set(lengths.tolist())) > 1:
        told = ", ".join(f"{label} {rate:g}" for label, rate in zip(chosen, rates, strict=True))
        msg = f"All signals of a recording have one rate; got {told} Hz. Keep those of one rate."
        raise BadValueError(msg, hint="In Python: choose them by columns=.")
    first, last = piece(asked.span, float(rates[0]), int(lengths[0]), name)
    if last <= first or (last - first) * len(places) > asked.most:
        msg = (
            f"{name} has {last - first} samples of {len(places)} signals; 1 to {asked.most} numbers are read "
            "at once. Read it in pieces."
        )
        raise BadTableError(msg, hint="In Python: start=0, stop=600 are its first ten minutes.")
    scales = [
        microvolts(_voltage(reader.getPhysicalDimension(place)), label)
        for label, place in zip(chosen, places, strict=True)
    ]
    values = np.empty((last - first, len(places)), np.float32)
    for column, (place, scale) in enumerate(zip(places, scales, strict=True)):
        values[:, column] = reader.readSignal(place, first, last - first) * scale
    events, remarks = _events(reader, labels, set(chosen), float(rates[0]), (first, last))
    return Columns(tuple(chosen.values()), values, float(rates[0]), events, (*notes, *remarks))


def _events(
    reader: Any, labels: list[str], chosen: set[str], rate: float, rows: tuple[int, int]
) -> tuple[tuple[tuple[float, str, float], ...], tuple[str, ...]]:
    """Return the notes and triggers between two rows, by rows of the signals, and what is to be said."""
    first, last = rows
    found, notes = [], []
    for onset, duration, text in zip(*reader.readAnnotations(), strict=True):
        row = float(onset) * rate - first
        if 0 <= row < last - first and str(text).strip():
            found.append((row, str(text).strip(), max(float(duration), 0.0) * rate))
    for place, label in enumerate(labels):
        if label in chosen or not is_trigger(label):
            continue
        share = float(reader.getSampleFrequency(place)) / rate
        begin, count = round(first * share), round((last - first) * share)
        lead = min(begin, 1)  # what changes at the first row is told by the one before
        codes = reader.readSignal(place, begin - lead, count + lead, digital=True) & _CODES
        of_one, note = triggers(codes, label)
        found += [((row - lead) / share, name, length) for row, name, length in of_one]
        notes += [note] if note else []
    return tuple(sorted(found)), tuple(notes)


def _voltage(unit: str) -> str:
    """Return a unit as it was meant: the library turns a µ that was written as UTF-8 into "Au"."""
    return "uV" if unit.strip() == "AuV" else unit


@contextmanager
def _on_disk(content: Path | bytes, suffix: str, head: bytes | None, length: int) -> Iterator[Path]:
    """Yield the file itself, or a temporary one: its bytes, or this much data under another header."""
    if isinstance(content, Path) and head is None:
        yield content
        return
    with folder_for("recording") as folder:
        file = folder / f"recording{suffix}"
        if head is None:
            file.write_bytes(cast("bytes", content))
        else:
            with file.open("wb") as copy, _opened(content) as source:
                copy.write(head)
                source.seek(len(head))
                shutil.copyfileobj(source, copy, 1 << 20)
                copy.truncate(len(head) + length)
        yield file


def _opened(content: Path | bytes) -> IO[bytes]:
    return cast("IO[bytes]", io.BytesIO(content) if isinstance(content, bytes) else content.open("rb"))


def _header(content: Path | bytes, name: str, suffix: str) -> _Header:
    """Return what a file's header says, or raise `BadTableError` if it is none."""
    with _opened(content) as file:
        head = file.read(HEAD)
        if head[:8] != _STARTS[suffix]:
            msg = f"{name} is no {suffix[1:].upper()} file: its first bytes are {head[:8]!r}."
            raise BadTableError(msg)
        try:
            length, records, signals = int(head[184:192]), int(head[236:244]), int(head[252:256])
            seconds = float(head[244:252])
            head += file.read(max(length - HEAD, 0))
            own = head[HEAD:]
            labels = [_decoded(own[16 * place :][:16]) for place in range(signals)]
            samples = [int(own[216 * signals + 8 * place :][:8]) for place in range(signals)]
        except ValueError as error:
            msg = f"{name} is damaged: its header holds no numbers where it should."
            raise BadTableError(msg) from error
    fits = len(head) == length == HEAD * (signals + 1) and signals > 0 and min(samples) > 0 and records >= -1
    if not fits or not records or not np.isfinite(seconds) or seconds <= 0:
        has = f"{len(head)} bytes of {length}, {signals} signals"
        msg = f"{name} is damaged or was cut off: its header has {has}."
        raise BadTableError(msg)
    return _Header(head, records, seconds, tuple(labels), tuple(samples), sum(samples) * _SAMPLE[suffix])


def _decoded(field: bytes) -> str:
    """Return a text of a header: ASCII by the format, UTF-8 or Latin-1 by some recorders."""
    try:
        return field.decode("utf-8").strip()
    except UnicodeDecodeError:
        return field.decode("latin-1").strip()


def _ascii(field: bytes) -> bytes:
    """Return bytes of the same length in which what is no letter, digit or sign of ASCII is "?"."""
    return bytes(one if 32 <= one < 127 else ord("?") for one in field)


def _library() -> ModuleType:
    try:
        import pyedflib
    except ImportError as error:
        msg = "EDF and BDF files are read by the package pyedflib, which isn't installed."
        raise UnavailableError(msg, hint=f"pip install '{with_extra('semg')}' installs it.") from error
    return pyedflib
