"""Recordings come out of files as they went in, and what can't be read is said."""

from __future__ import annotations

import gzip
import io
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyedflib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facelib.errors import BadTableError, BadValueError, FacelibError, UnavailableError, UnknownNameError
from facelib.semg import CHANNELS, Recording
from facelib.semg.muscles import POSITIONS
from facelib.semg.recordings import reading
from facelib.semg.recordings.file_columns import rate_of
from facelib.semg.recordings.reading import read_signals


def table(rate: float = 30.0, n: int = 60, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(rng.normal(0, 50, (n, 3)).round(3), columns=["Zyg li", "F19", "Mentalis_r"])


NAMED = ("mentalis_right", "zygomaticus_left", "zygomaticus_right")


def matches(recording: Recording, frame: pd.DataFrame) -> None:
    assert recording.channels == NAMED
    assert np.allclose(recording.signals, frame[["Mentalis_r", "Zyg li", "F19"]].to_numpy(), atol=1e-4)


def rows_that_end_in_a_separator(frame: pd.DataFrame, *, index: bool) -> bytes:
    text = frame.to_csv(index=index, sep=";", lineterminator=";\n")
    return text.replace(";\n", "\n", 1).encode()  # the first line doesn't


def test_text_of_every_kind(tmp_path: Path) -> None:
    frame = table()
    cases = {
        "plain.csv": frame.to_csv(index=False).encode(),
        "index.csv": frame.to_csv().encode(),
        "marked.csv": frame.to_csv(index=False, encoding="utf-8").encode("utf-8-sig"),
        "tabs.tsv": frame.to_csv(index=False, sep="\t").encode(),
        "tabs.txt": frame.to_csv(index=False, sep="\t", decimal=",").encode(),
        "german.csv": frame.to_csv(index=False, sep=";", decimal=",").encode(),
        "windows.csv": frame.rename(columns={"F19": "F19 [µV]"})
        .to_csv(index=False, sep=";", decimal=",", lineterminator="\r\n")
        .encode("cp1252"),
        "excel.txt": frame.to_csv(index=False, sep="\t").encode("utf-16"),
        "ends.csv": frame.to_csv(index=False, sep=";", decimal=",", lineterminator=";\r\n").encode(),
        "rows end.csv": frame.to_csv(index=False, sep=";", lineterminator=";\n")
        .replace(";\n", "\n", 1)
        .encode(),
        "counted.csv": frame.to_csv(sep=";", lineterminator=";\n").replace(";\n", "\n", 1).encode(),
        "packed.csv.gz": gzip.compress(frame.to_csv(index=False).encode()),
    }
    for name, content in cases.items():
        (tmp_path / name).write_bytes(content)
        for source in (content, tmp_path / name, str(tmp_path / name)):
            recording = read_signals(source, name=name, rate=30, session="1S")
            matches(recording, frame)
            assert (recording.kind, recording.rate, recording.session) == ("envelope", 30.0, "1S")
            assert recording.source == name


@pytest.mark.parametrize("text", ["Zyg li,Zyg re\n0,5,1,5\n2,5,1\n", "Zyg li;Zyg re\n0;1;2\n1;2;\n"])
def test_no_column_stands_below_another_ones_name(text: str) -> None:
    with pytest.raises(BadTableError, match="more fields in its rows than its first line has names"):
        read_signals(text.encode(), name="a.csv", rate=30)


def test_times_in_ms_that_do_not_say_so_are_not_taken_for_seconds() -> None:
    rows = "".join(f"{place},{place}\n" for place in range(100))
    with pytest.raises(BadValueError, match=r"1 samples a second, .*as in 'time \[ms\]'"):
        read_signals(f"timestamp,Zyg li\n{rows}".encode(), name="a.csv")
    assert read_signals(f"timestamp [ms],Zyg li\n{rows}".encode(), name="a.csv").rate == 1000
    assert read_signals(f"timestamp [s],Zyg li\n{rows}".encode(), name="a.csv").rate == 1


def test_parquet(tmp_path: Path) -> None:
    frame = table()
    frame.insert(0, "time", np.arange(60) / 30)
    frame.to_parquet(tmp_path / "a.parquet")
    matches(read_signals(tmp_path / "a.parquet"), frame)
    content = (tmp_path / "a.parquet").read_bytes()
    assert read_signals(content, name="b.pq").rate == 30.0


@pytest.mark.parametrize(
    "index",
    [
        pd.Index([0, 1, 2, 4]),
        pd.Index([7, 8, 9, 11], name="frame"),
        pd.Index([0.0, 0.01, 0.02, 0.04], name="seconds"),
        pd.DatetimeIndex(pd.to_datetime([0, 10, 20, 40], unit="ms"), name="time"),
    ],
)
def test_an_index_of_parquet_tells_what_is_missing(index: pd.Index) -> None:
    buffer = io.BytesIO()
    pd.DataFrame({"Zyg li": [1.0, 2.0, 3.0, 4.0]}, index=index).to_parquet(buffer)
    recording = read_signals(buffer.getvalue(), name="a.parquet", rate=100)
    np.testing.assert_array_equal(recording.signals[:, 0], [1, 2, 3, np.nan, 4])


def test_the_columns_of_the_data_set(rng: np.random.Generator) -> None:
    titles = [
        "Corrugator Supercilii", "Depressor Ang. Oris", "Depressor Supercilii Procerus",
        "Lateraler Frontalis",
        "Levator Labii Superioris", "Masseter", "Medialer Frontalis", "Mentalis", "Orbicularis Oculi",
        "Orbicularis Oris", "Zygomaticus",
    ]  # fmt: skip
    frame = pd.DataFrame(
        rng.uniform(0, 9, (40, 22)), columns=[f"{title}_{side}" for title in titles for side in "lr"]
    )
    recording = read_signals(frame.to_csv().encode(), name="99_1S_emotion_01_happy.csv", rate=30)
    assert recording.channels == CHANNELS
    assert np.allclose(recording.pick(["frontalis_medial_left"]).signals[:, 0], frame["Medialer Frontalis_l"])


def test_44_inputs_are_monopolar(rng: np.random.Generator) -> None:
    names = [f"{position}{which}" for position in POSITIONS.values() for which in "ab"]
    frame = pd.DataFrame(rng.normal(size=(20, 44)), columns=names)
    recording = read_signals(frame.to_csv(index=False).encode(), name="raw.csv", rate=4096)
    assert recording.kind == "monopolar"
    assert recording.channels == tuple(names)


def test_kinds_by_rate_and_by_word() -> None:
    content = table().to_csv(index=False).encode()
    assert read_signals(content, name="a.csv", rate=30).kind == "envelope"
    assert read_signals(content, name="a.csv", rate=2000).kind == "bipolar"
    assert read_signals(content, name="a.csv", rate=200, kind="envelope").kind == "envelope"
    told = read_signals(content, name="a.csv", rate=2000, kind="monopolar")
    assert told.channels == ("Zyg li", "F19", "Mentalis_r")  # names of inputs stay


@pytest.mark.parametrize("rate", [30.0, 1000.0, 2048.0, 4096.0, 1925.926])
@pytest.mark.parametrize("digits", [3, 6])
def test_rates_by_times_that_were_rounded(rate: float, digits: int) -> None:
    times = (np.arange(round(20 * rate)) / rate).round(digits)
    found, rows = rate_of(times)
    assert found == pytest.approx(rate, rel=1e-4)
    assert np.array_equal(rows, np.arange(len(times)))
    if rate == round(rate):
        assert found == rate


@pytest.mark.parametrize(
    ("rate", "digits"), [(4096.0, 4), (700.0, 3), (900.0, 3), (990.0, 3), (2048.0, 4), (30.0, 2)]
)
def test_rounding_to_few_steps_is_no_gap_and_gaps_stay_ones(rate: float, digits: int) -> None:
    exact = np.arange(round(20 * rate)) / rate
    found, rows = rate_of(exact.round(digits))
    assert found == pytest.approx(rate, rel=1e-3)
    assert np.array_equal(rows, np.arange(len(exact)))
    found, rows = rate_of(np.delete(exact, np.arange(200, 240)).round(digits))
    assert found == pytest.approx(rate, rel=1e-3)
    assert rows[199] == 199
    assert rows[200] == pytest.approx(240, abs=2)  # times don't tell more


@pytest.mark.parametrize("share", [0.01, 0.1, 0.3])
def test_samples_lost_one_by_one_of_times_in_whole_periods_are_gaps(
    share: float, rng: np.random.Generator
) -> None:
    kept = np.r_[0, 1 + np.flatnonzero(rng.random(5000) >= share)]
    found, rows = rate_of(kept / 1000)
    assert found == 1000
    assert np.array_equal(rows, kept)


def test_times_that_jitter(rng: np.random.Generator) -> None:
    for rate in (30.0, 1000.0):
        times = (np.arange(3000) + rng.uniform(0, 0.9, 3000)) / rate
        found, rows = rate_of(times)
        assert found == pytest.approx(rate, rel=1e-3)
        assert np.array_equal(rows, np.arange(3000))
        found, rows = rate_of(np.delete(times, np.arange(1000, 1500)))
        assert found == pytest.approx(rate, rel=1e-3)
        assert rows[-1] == pytest.approx(2999, abs=2)


def test_samples_that_are_missing_by_times_or_index_are_nan() -> None:
    frame = table(n=200)
    frame.insert(0, "Time (ms)", np.arange(200) / 0.5)
    gone = [50, 51, 52, 120]
    recording = read_signals(frame.drop(gone).to_csv(index=False).encode(), name="a.csv")
    assert recording.rate == 500.0
    assert len(recording) == 200
    assert np.flatnonzero(np.isnan(recording.signals[:, 0])).tolist() == gone
    indexed = frame.drop(columns="Time (ms)").drop(gone).to_csv().encode()
    assert (
        np.flatnonzero(np.isnan(read_signals(indexed, name="a.csv", rate=500).signals[:, 1])).tolist() == gone
    )


def test_times_of_day() -> None:
    frame = table()
    moments = pd.Timestamp("2024-05-01 10:00:00") + pd.to_timedelta(np.arange(60) * 20, unit="ms")
    frame.insert(0, "Timestamp", moments.astype(str))
    assert read_signals(frame.to_csv(index=False).encode(), name="a.csv").rate == 50.0


def test_units_become_microvolts() -> None:
    text = b"seconds,Zyg li [mV],F19 (nV),Mentalis_r [V],F1\n0,1,1,1,1\n1,2,2,2,2\n"
    recording = read_signals(text, name="a.csv")
    wanted = {"zygomaticus_left": 1e3, "zygomaticus_right": 1e-3, "mentalis_right": 1e6}
    wanted |= {"frontalis_medial_right": 1.0}
    assert recording.unit == "µV"
    for channel, value in wanted.items():
        assert recording.signals[0, recording.channels.index(channel)] == pytest.approx(value)


def test_columns_can_be_named_and_the_others_left_out() -> None:
    text = b"time [s];EMG 1;EMG 2;Notes\n0;1;2;hello\n,5;3;4;\n1;5;6;x\n".replace(b",5", b"0,5")
    columns = {"EMG 1": "Zyg li", "EMG 2": "F19"}
    recording = read_signals(text, name="a.csv", columns=columns)
    assert recording.channels == ("zygomaticus_left", "zygomaticus_right")
    assert recording.rate == 2.0
    with pytest.raises(UnknownNameError, match=r"'EMG 1', 'EMG 2', 'Notes'.*columns="):
        read_signals(text, name="a.csv")
    with pytest.raises(UnknownNameError, match="no column EMG 3"):
        read_signals(text, name="a.csv", columns={"EMG 3": "F1"})
    beside = b"time [s],F19,Trigger,Status\n0,1,0,9\n1,2,0,9\n"
    assert read_signals(beside, name="a.csv").channels == ("zygomaticus_right",)


def edf(
    folder: Path,
    name: str = "a.edf",
    labels: Sequence[str] = ("F20", "Zyg re"),
    dimensions: Sequence[str] = ("uV", "mV"),
    rates: Sequence[int] = (1000, 1000),
) -> tuple[Path, list[np.ndarray]]:
    """Write a file of 4 s with notes, and return what is in it."""
    rng = np.random.default_rng(1)
    kind = pyedflib.FILETYPE_BDFPLUS if name.endswith("bdf") else pyedflib.FILETYPE_EDFPLUS
    largest = 8388607 if name.endswith("bdf") else 32767
    signals = [rng.normal(0, 100, 4 * rate) for rate in rates]
    with pyedflib.EdfWriter(str(folder / name), len(labels), file_type=kind) as writer:
        writer.setSignalHeaders(
            [
                {
                    "label": label, "dimension": dimension, "sample_frequency": rate, "transducer": "",
                    "physical_max": 1000, "physical_min": -1000, "digital_max": largest,
                    "digital_min": -largest - 1, "prefilter": "",
                }
                for label, dimension, rate in zip(labels, dimensions, rates, strict=True)
            ]
        )  # fmt: skip
        writer.setPatientName("Somebody")
        writer.writeSamples(signals)
        writer.writeAnnotation(0, 1, "begins")
    return folder / name, signals


@pytest.mark.parametrize(("name", "step"), [("a.edf", 2000 / 2**16), ("a.bdf", 2000 / 2**24)])
def test_edf_and_bdf(tmp_path: Path, name: str, step: float, capfd: pytest.CaptureFixture) -> None:
    path, (left, right) = edf(tmp_path, name)
    for recording in (read_signals(path), read_signals(path.read_bytes(), name=name.upper())):
        assert (recording.rate, recording.kind) == (1000.0, "bipolar")
        assert recording.channels == ("zygomaticus_left", "zygomaticus_right")
        assert np.abs(recording.signals[:, 0] - left).max() < 1.01 * step + 1e-4
        assert np.abs(recording.signals[:, 1] - 1000 * right).max() < 1010 * step + 0.1  # mV
        assert "Somebody" not in repr(recording)
    assert capfd.readouterr() == ("", "")


def test_an_upload_leaves_nothing_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, _ = edf(tmp_path)
    content = path.read_bytes()
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    read_signals(content, name="a.edf")
    assert read_signals(content[:-5], name="a.edf").notes, "its last record is half, and left out"
    for wrong in (content[:300], content[:256] + bytes(200)):
        with pytest.raises(FacelibError):
            read_signals(wrong, name="a.edf")
    assert list(place.iterdir()) == []


def test_what_edf_may_hold(tmp_path: Path, capfd: pytest.CaptureFixture) -> None:
    path, _ = edf(tmp_path, "a.bdf", ("F20", "Zyg re", "Status"), ("uV", "uV", "Boolean"), (1000, 1000, 500))
    assert len(read_signals(path).channels) == 2  # the trigger has another rate and no unit
    path, _ = edf(tmp_path, rates=(1000, 500))
    with pytest.raises(BadValueError, match="F20 1000, Zyg re 500"):
        read_signals(path)
    assert read_signals(path, columns={"Zyg re": "Zyg re"}).rate == 500.0
    path, _ = edf(tmp_path, dimensions=("µV", "uV"))
    assert np.abs(read_signals(path).signals).max() < 1000
    path, _ = edf(tmp_path, dimensions=("degC", "uV"))
    with pytest.raises(BadValueError, match="degC"):
        read_signals(path)
    path, _ = edf(tmp_path, labels=("F20", "F20"))
    with pytest.raises(BadTableError, match="several signals"):
        read_signals(path)
    with pytest.raises(BadValueError, match="1000 samples a second by its own account, not 2000"):
        read_signals(edf(tmp_path)[0], rate=2000)
    content = path.read_bytes()
    for wrong in (b"", content[:100], content[:700], b"\xff" * 600):
        with pytest.raises(BadTableError):
            read_signals(wrong, name="a.edf")
    with pytest.raises(BadTableError, match="no BDF"):
        read_signals(content, name="a.bdf")
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        (b"", BadTableError, "can't be read"),
        (b"F1,F2\n", BadTableError, "no row"),
        (b"F1,F2\n1,2\n3,4,5\n", BadTableError, "can't be read"),
        (b"F1,F2\n1,2\n3,x\n", BadTableError, "'x' in row 1"),
        (b"F1,Frontalis medial re\n1,2\n", BadTableError, "same channel"),
        (b"F1,Zygomatcus_l\n1,2\n", UnknownNameError, "'Zygomatcus_l'"),
        (b"cheek,chin\n1,2\n", UnknownNameError, "'cheek', 'chin'"),
        (b"1,2\n3,4\n", UnknownNameError, "'1', '2'"),
        (b"time,F1\n0,1\n1,1\n.5,1\n", BadValueError, "run forwards"),
        (b"time,F1\n0,1\n,1\n", BadValueError, "none of them missing"),
        (b"index,F1\n0,1\n0,1\n", BadValueError, "counts rows"),
        (b"time,F1\n0,1\n.0001,1\n.0002,1\n9e9,2\n", BadTableError, "would have"),
        (b"time,Trigger\n0,1\n1,1\n", BadTableError, "no column of signals"),
        (b"F1;F2\n1.234,5;3\n", BadTableError, "One kind of decimal sign"),
        (b"F1a,F1b,F2a\n1,2,3\n", BadTableError, "no partner"),
        (b"\x1f\x8b\x00\x01F1", BadTableError, "no row"),
        (b"F1\n" + bytes(range(256)), BadTableError, "can't be read|no number"),
    ],
)
def test_text_that_can_not_be_read_is_said(content: bytes, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        read_signals(content, name="a.csv", rate=None if b"time" in content else 30)


def test_what_must_be_known_is_asked_for(tmp_path: Path) -> None:
    content = table().to_csv(index=False).encode()
    with pytest.raises(BadValueError, match=r"samples a second it has.*rate="):
        read_signals(content, name="a.csv")
    with pytest.raises(BadTableError, match="ends in"):
        read_signals(content)
    with pytest.raises(BadTableError, match="ends in"):
        read_signals(content, name="a.pkl", rate=30)
    with pytest.raises(BadTableError, match="There is no recording"):
        read_signals(tmp_path / "none.csv")
    for wrong in (0, -30, np.nan, np.inf):
        with pytest.raises(BadValueError, match="above 0"):
            read_signals(content, name="a.csv", rate=wrong)
    with pytest.raises(BadValueError, match="monopolar, bipolar"):
        read_signals(content, name="a.csv", rate=30, kind="raw")  # type: ignore[arg-type]
    with pytest.raises(BadTableError):
        read_signals(b"PAR1 no", name="a.parquet")


def test_limits_come_before_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = table(n=2000)
    content = frame.to_csv(index=False).encode()
    packed = gzip.compress(content)
    stored = io.BytesIO()
    frame.to_parquet(stored)
    monkeypatch.setattr(reading, "MOST_BYTES", len(packed) + 100)
    with pytest.raises(BadTableError, match="at most"):
        read_signals(content, name="a.csv", rate=30)
    with pytest.raises(BadTableError, match="unpacks to more"):
        read_signals(packed, name="a.csv.gz", rate=30)
    monkeypatch.undo()
    with pytest.raises(BadTableError, match="damaged"):
        read_signals(packed[:-50], name="a.csv.gz", rate=30)
    monkeypatch.setattr(reading, "MOST_NUMBERS", 5000)
    for data, name in ((content, "a.csv"), (stored.getvalue(), "a.parquet")):
        with pytest.raises(BadTableError, match="numbers"):
            read_signals(data, name=name, rate=30)


def test_edf_without_its_library_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, _ = edf(tmp_path)
    monkeypatch.setitem(sys.modules, "pyedflib", None)
    with pytest.raises(UnavailableError, match=r"facelib-explorer\[semg\]"):
        read_signals(path)


@pytest.mark.thorough
@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=200), st.sampled_from(["a.csv", "a.tsv", "a.csv.gz", "a.parquet", "a.edf", "a.bdf"])
)
def test_any_bytes_are_a_recording_or_a_typed_error(content: bytes, name: str) -> None:
    try:
        recording = read_signals(content, name=name, rate=100)
    except FacelibError:
        return
    assert isinstance(recording, Recording)


CELLS = st.one_of(
    st.floats(width=32).map(str),
    st.sampled_from(["", "NaN", "1,5", "x", "1e999", "-", "true", '"', "2024-01-01"]),
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from(["F1", "F20", "time", "index", "Zyg re [mV]", "F20a", "Trigger"]), min_size=1),
    st.lists(st.lists(CELLS, min_size=1, max_size=4), max_size=6),
    st.sampled_from(",;\t"),
)
def test_any_table_is_a_recording_or_a_typed_error(
    names: list[str], cells: list[list[str]], separator: str
) -> None:
    text = "\n".join([separator.join(names), *(separator.join(row) for row in cells)])
    try:
        recording = read_signals(text.encode(), name="a.csv", rate=100)
    except FacelibError:
        return
    if '"' not in text:  # which goes on over ends of lines
        assert len(recording) >= len([row for row in cells if any(row)])


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_damaged_edf_is_read_or_a_typed_error(data: st.DataObject) -> None:
    content = bytearray(_sound_edf())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, min(len(content), 1100) - 1))
        content[place] = data.draw(st.integers(0, 255))
    try:
        read_signals(bytes(content), name="a.edf")
    except FacelibError:
        return


def _sound_edf(kept: list[bytes] = []) -> bytes:  # noqa: B006  written once
    if not kept:
        with tempfile.TemporaryDirectory() as folder:
            kept.append(edf(Path(folder), rates=(50, 50))[0].read_bytes())
    return kept[0]
