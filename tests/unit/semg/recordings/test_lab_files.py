"""Files as labs hand them over: other sensors, notes, crashes, prose above the table, names of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyedflib
import pytest

from facelib import semg
from facelib.errors import BadTableError, BadValueError, UnknownNameError
from facelib.semg import Event, Recording, read_signals
from facelib.semg.recordings import edf, reading

RATE, SECONDS = 512, 6
LABELS = ("EXG1", "EXG2", "Force", "Status")
MUSCLES = {"EXG1": "Zygomaticus_l", "EXG2": "Augenringmuskel re", "Force": None}


def biosemi(folder: Path, name: str = "session.bdf", labels: tuple[str, ...] = LABELS, **more: str) -> Path:
    """Write a file as an amplifier does: EXG inputs, a force in N, a status with triggers, German notes."""
    rng = np.random.default_rng(4)
    plus = pyedflib.FILETYPE_BDFPLUS if name.endswith("bdf") else pyedflib.FILETYPE_EDFPLUS
    top = 2 ** (23 if name.endswith("bdf") else 15)
    with pyedflib.EdfWriter(str(folder / name), len(labels), file_type=plus) as writer:
        for place, label in enumerate(labels):
            status = label == "Status"
            writer.setSignalHeader(
                place,
                {
                    "label": label, "dimension": "Boolean" if status else "N" if label == "Force" else "uV",
                    "sample_frequency": RATE, "physical_max": top - 1 if status else 1000,
                    "physical_min": -top if status else -1000, "digital_max": top - 1, "digital_min": -top,
                    "transducer": more.get("transducer", ""), "prefilter": "",
                },
            )  # fmt: skip
        signals = [rng.normal(0, 50, RATE * SECONDS) for _ in labels]
        if "Status" in labels:
            codes = np.zeros(RATE * SECONDS)
            codes[RATE : RATE + 40] = 7
            codes[4 * RATE :] = 12
            signals[labels.index("Status")] = codes
        writer.writeSamples(signals)
        writer.writeAnnotation(0.5, -1, "Ruhe")
        writer.writeAnnotation(2.25, 1.5, "Lächeln")
    return folder / name


def patched(content: bytes, place: int, text: bytes) -> bytes:
    return content[:place] + text + content[place + len(text) :]


def test_a_biosemi_file_with_force_status_and_german_notes(tmp_path: Path) -> None:
    recording = read_signals(biosemi(tmp_path), columns=MUSCLES)
    assert recording.channels == ("orbicularis_oculi_right", "zygomaticus_left")
    assert recording.rate == RATE
    assert recording.events == (
        Event(0.5, "Ruhe"), Event(1.0, "7"), Event(2.25, "Lächeln", 1.5), Event(4.0, "12"),
    )  # fmt: skip
    assert recording.event_table()["name"].tolist() == ["Ruhe", "7", "Lächeln", "12"]
    piece = recording.cut(2.0, 5.0)
    assert [(event.name, event.seconds) for event in piece.events] == [("Lächeln", 0.25), ("12", 2.0)]
    assert len(piece) == 3 * RATE


def test_other_sensors_are_left_out_and_named_and_a_slip_is_asked_about(tmp_path: Path) -> None:
    labels = ("M. zygomaticus l", "R Zygomaticus", "Force", "ECG")
    found = read_signals(biosemi(tmp_path, labels=labels))
    assert found.channels == ("zygomaticus_left", "zygomaticus_right")
    assert found.notes == ("Left out, since no muscle is known by these names: Force, ECG.",)
    said = [finding.words for finding in semg.check(found) if finding.what == "reading"]
    assert said == list(found.notes)
    with pytest.raises(
        UnknownNameError, match=r"'Zygomatcus_l'.*Is 'Zygomatcus_l' meant to be zygomaticus_left"
    ):
        read_signals(biosemi(tmp_path, labels=("Zygomatcus_l", "R Zygomaticus", "Force")))
    without = read_signals(biosemi(tmp_path, labels=labels), columns={"R Zygomaticus": None})
    assert without.channels == ("zygomaticus_left",)
    with pytest.raises(UnknownNameError, match="'EXG1', 'EXG2', 'Force'"):
        read_signals(biosemi(tmp_path))


@pytest.mark.parametrize(
    ("name", "channel"),
    [
        ("M. zygomaticus major li", "zygomaticus_left"),
        ("R Zygomaticus", "zygomaticus_right"),
        ("Augenringmuskel_l", "orbicularis_oculi_left"),
        ("Großer Jochbeinmuskel rechts", "zygomaticus_right"),
        ("L Corrugator: EMG 3", "corrugator_supercilii_left"),
        ("EMG Mentalis-re", "mentalis_right"),
        ("Musculus mentalis links", "mentalis_left"),
        ("rechter Kaumuskel", "masseter_right"),
        ("Lt. Depressor anguli oris", "depressor_anguli_oris_left"),
    ],
)
def test_names_as_labs_write_them(name: str, channel: str) -> None:
    assert semg.channel_of(name) == channel


@pytest.mark.parametrize("name", ["session.bdf", "session.edf"])
@pytest.mark.parametrize("whole", [3, 6])
def test_what_a_crashed_recorder_left_is_read_to_its_last_whole_record(
    tmp_path: Path, name: str, whole: int
) -> None:
    path = biosemi(tmp_path, name)
    complete = read_signals(path, columns=MUSCLES)
    content = path.read_bytes()
    head, records = int(content[184:192]), int(content[236:244])
    record = (len(content) - head) // records
    seconds = float(content[244:252])
    left = patched(content[: head + whole * record + record // 3], 236, b"-1      ")
    if whole == records:
        left = left[: head + whole * record]
    for told in (left, patched(left, 236, content[236:244])):
        if len(told) == len(content) and told == content:
            continue
        path.write_bytes(told)
        for found in (read_signals(path, columns=MUSCLES), read_signals(told, name=name, columns=MUSCLES)):
            assert found.seconds == pytest.approx(whole * seconds)
            np.testing.assert_array_equal(found.signals, complete.signals[: len(found)])
            assert found.notes[0].startswith(f"The recorder didn't close {name}")
            assert f"{whole * seconds:g} s" in found.notes[0]
    path.write_bytes(content[: head + record // 2])
    with pytest.raises(BadTableError, match="cut off"):
        read_signals(path, columns=MUSCLES)


QUIRKS: dict[str, Any] = {
    "µ in Latin-1": lambda content, head: patched(content, 256 + 96 * head, b"\xb5V      "),
    "µ in UTF-8": lambda content, head: patched(content, 256 + 96 * head, b"\xc2\xb5V     "),
    "an umlaut in the patient": lambda content, _: patched(
        content, 8, "X F 03-MÄR-1980 Müller".encode("latin-1")
    ),
    "a dash in the date": lambda content, _: patched(content, 168, b"03-11-26"),
    "a date that is none": lambda content, _: patched(content, 168, b"xx.xx.xx"),
}


@pytest.mark.parametrize("quirk", QUIRKS)
def test_headers_that_the_library_refuses_are_read(
    tmp_path: Path, quirk: str, capfd: pytest.CaptureFixture
) -> None:
    path = biosemi(tmp_path)
    complete = read_signals(path, columns=MUSCLES)
    content = path.read_bytes()
    odd = QUIRKS[quirk](content, int(content[252:256]))
    assert odd != content
    path.write_bytes(odd)
    found = read_signals(path, columns=MUSCLES)
    np.testing.assert_array_equal(found.signals, complete.signals)
    assert (found.events, found.notes) == (complete.events, ())
    assert path.read_bytes() == odd, "nothing of theirs is changed"
    assert "Müller" not in repr(found) + capfd.readouterr().out


def test_an_interrupted_file_is_refused_for_what_it_is(tmp_path: Path) -> None:
    path = biosemi(tmp_path, "session.edf")
    path.write_bytes(patched(path.read_bytes(), 192, b"EDF+D"))
    with pytest.raises(BadTableError, match=r"is interrupted \(EDF\+D\)"):
        read_signals(path, columns=MUSCLES)


def test_a_piece_is_read_and_a_long_recording_by_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = biosemi(tmp_path)
    whole = read_signals(path, columns=MUSCLES)
    monkeypatch.setattr(reading, "MOST_NUMBERS", 2 * 2 * RATE)
    with pytest.raises(BadTableError, match="Read it in pieces"):
        read_signals(path, columns=MUSCLES)
    pieces = [read_signals(path, columns=MUSCLES, start=at, stop=at + 2) for at in (0, 2, 4)]
    np.testing.assert_array_equal(np.concatenate([one.signals for one in pieces]), whole.signals)
    assert [[event.name for event in one.events] for one in pieces] == [["Ruhe", "7"], ["Lächeln"], ["12"]]
    assert pieces[1].events[0].seconds == pytest.approx(0.25)
    for wrong in ({"start": 5, "stop": 2}, {"stop": 7}, {"start": 6}):
        with pytest.raises(BadValueError, match=r"lies within 0 … 6 s, start before stop"):
            read_signals(path, columns=MUSCLES, **wrong)
    with pytest.raises(BadValueError, match="start is -1"):
        read_signals(path, columns=MUSCLES, start=-1)


DELSYS = """Exported by a recorder, version 3
Probandin: p07; Rate: 1000 Hz

Zeit;L Zygomaticus: EMG 1;R Zygomaticus: EMG 2;Kraft;Marker
ms;mV;mV;N;
0;0,5;0,25;1,5;
1;0,25;0,5;1,5;Beginn
2;0,125;0,5;1,5;
"""


@pytest.mark.parametrize("skip", [None, 3])
def test_prose_above_the_names_and_a_line_of_units(skip: int | None) -> None:
    found = read_signals(DELSYS.encode(), name="export.csv", skip=skip)
    assert (found.rate, found.channels) == (1000.0, ("zygomaticus_left", "zygomaticus_right"))
    assert found.signals[:, 0].tolist() == [500.0, 250.0, 125.0], "mV by the line of units"
    assert found.events == (Event(0.001, "Beginn"),)
    assert found.notes == ("Left out, since no muscle is known by this name: Kraft.",)
    part = read_signals(DELSYS.encode(), name="export.csv", skip=skip, start=0.001)
    assert part.signals[:, 0].tolist() == [250.0, 125.0]
    assert part.events == (Event(0.0, "Beginn"),)


@pytest.mark.parametrize(
    "text",
    [
        "F19,F20\n,\n1,2\n3,4\n5,6\n",
        "F19,F20\n1,2\n",
        "F19;F20;\n1;2;\n3;4;\n",
        "time [ms],F19\n0,1\n1,2\n2,3\n",
    ],
)
def test_a_table_that_begins_at_once_stays_as_it_is(text: str) -> None:
    found = read_signals(text.encode(), name="a.csv", rate=None if "time" in text else 100)
    rows = [line for line in text.splitlines()[1:] if line]
    assert len(found) == len(rows)


def test_a_counter_is_no_trigger(tmp_path: Path) -> None:
    lines = "\n".join(f"{row % 7},{row}" for row in range(12_000))
    found = read_signals(f"F19,Status\n{lines}\n".encode(), name="a.csv", rate=100)
    assert found.events == ()
    assert found.notes == ("Status changes 11,999 times: it isn't taken for a trigger.",)


def test_a_recording_says_what_is_no_event() -> None:
    with pytest.raises(BadValueError, match="A list of events"):
        Recording(np.zeros((4, 1)), 4.0, ("zygomaticus_left",), "bipolar", events=("smile",))  # type: ignore[arg-type]


@pytest.mark.thorough
def test_what_mne_read_becomes_a_recording(tmp_path: Path) -> None:
    mne = pytest.importorskip("mne")
    path = biosemi(tmp_path, "session.edf")
    own = read_signals(path, columns=MUSCLES)
    raw = mne.io.read_raw_edf(path, verbose="error", infer_types=False, units=dict.fromkeys(LABELS[:2], "uV"))
    found = semg.from_mne(raw, columns=MUSCLES)
    assert (found.rate, found.channels) == (own.rate, own.channels)
    np.testing.assert_allclose(found.signals, own.signals, atol=0.01)
    notes = [event for event in own.events if event.name in {"Ruhe", "Lächeln"}]
    assert [event.name for event in found.events] == [event.name for event in notes]
    assert [event.seconds for event in found.events] == pytest.approx([event.seconds for event in notes])
    part = semg.from_mne(raw, columns=MUSCLES, start=2.0, stop=4.0)
    np.testing.assert_array_equal(part.signals, found.signals[2 * RATE : 4 * RATE])
    assert [(event.name, event.seconds) for event in part.events] == [("Lächeln", 0.25)]
    with pytest.raises(BadValueError, match="A recording that MNE has read is needed; got dict"):
        semg.from_mne({})  # type: ignore[arg-type]


def test_the_header_is_read_by_its_fields(tmp_path: Path) -> None:
    path = biosemi(tmp_path)
    header = edf._header(path, path.name, ".bdf")
    assert header.signals == list(LABELS)
    mended = header.mended(header.records)
    assert len(mended) == len(header.head)
    assert b"X X X X" in mended
