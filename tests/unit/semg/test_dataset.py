"""Folders in the published layout are opened, and everything that is wrong with them is said."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from facelib.errors import BadTableError, UnknownNameError
from facelib.faces.video import write_video
from facelib.head.expressions import FACE_UNITS
from facelib.semg import CHANNELS, Dataset, finding_table, open_dataset
from facelib.semg.inventory import CLIP_COLUMNS
from facelib.semg.recordings.findings import FINDING_COLUMNS, Finding, worst_first

TITLES = {
    "Corrugator Supercilii": "corrugator_supercilii",
    "Depressor Ang. Oris": "depressor_anguli_oris",
    "Depressor Supercilii Procerus": "depressor_supercilii",
    "Lateraler Frontalis": "frontalis_lateral",
    "Levator Labii Superioris": "levator_labii_superioris",
    "Masseter": "masseter",
    "Medialer Frontalis": "frontalis_medial",
    "Mentalis": "mentalis",
    "Orbicularis Oculi": "orbicularis_oculi",
    "Orbicularis Oris": "orbicularis_oris",
    "Zygomaticus": "zygomaticus",
}
TASKS = (("schaede", 1, "Forehead"), ("schaede", 5, "Smile-Closed"), ("emotion", 1, "happy"))
FRAMES = 24


def signals(rng: np.random.Generator, frames: int = FRAMES) -> pd.DataFrame:
    columns = [f"{title}_{side}" for title in TITLES for side in "lr"]
    return pd.DataFrame(rng.uniform(1, 90, (frames, 22)), columns=columns)


def make(folder: Path) -> Path:
    """Write sessions 1N and 1S of participant 007: three clips each, as the data set names them."""
    rng = np.random.default_rng(0)
    rows, methods = [], []
    film = write_video(
        folder / "film.mp4", (rng.integers(0, 255, (32, 32, 3)).astype(np.uint8) for _ in range(FRAMES))
    )
    for session in ("1N", "1S"):
        sensor = session.endswith("S")
        for mode, number, task in TASKS:
            name = f"-{task}" if task == "Smile-Closed" and not sensor else task
            clip = f"007_{session}_{mode}_{number:02d}_{name}"
            at = f"007_{session}/{clip}"
            row = {
                "source": f"007_{session}_{mode}", "index": clip, "pid": "007", "rec": session, "mode": mode,
                "task": name, "type": "sensor" if sensor else "normal", "sync_grade": 0 if sensor else -1,
                "use": "yes" if sensor else "no", "video": f"video/{at}.mp4", "video_no-cut": "",
                "emg": f"emg/{at}.csv" if sensor else "",
                "video_noelec": f"video_noelec/{at}.mp4" if sensor else "",
            }  # fmt: skip
            rows.append(row)
            for kind in ("video", "video_noelec", "emg"):
                if row[kind]:
                    (folder / row[kind]).parent.mkdir(parents=True, exist_ok=True)
            for kind in ("video", "video_noelec"):
                if row[kind]:
                    shutil.copy(film, folder / row[kind])
            if sensor:
                signals(rng).to_csv(folder / row["emg"])
                units = f"video_noelec_params/MediaPipe/{at}_params.csv.gz"
                (folder / units).parent.mkdir(parents=True, exist_ok=True)
                values = pd.DataFrame(rng.uniform(0, 1, (FRAMES, 52)), columns=list(FACE_UNITS))
                values.to_csv(folder / units, index=False)
                methods.append({"index": clip, "DECA": "", "mediapipe": units})
    film.unlink()
    pd.DataFrame(rows).to_csv(folder / "MMM.csv", index=False)
    pd.DataFrame(methods).to_csv(folder / "MMM_3DMM.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("mmm"))


@pytest.fixture
def folder(sound: Path, tmp_path: Path) -> Path:
    """Give a copy that may be damaged."""
    return shutil.copytree(sound, tmp_path / "mmm")


def change(folder: Path, clip: str, **cells: str) -> None:
    table = pd.read_csv(folder / "MMM.csv", dtype=str, keep_default_na=False)
    for column, value in cells.items():
        table.loc[table["index"] == clip, column] = value
    table.to_csv(folder / "MMM.csv", index=False)


def said(dataset: Dataset, what: str) -> list[Finding]:
    return [finding for finding in dataset.check() if finding.what == what]


HAPPY = "007_1S_emotion_01_happy"


def test_clips_are_what_the_inventory_says(sound: Path) -> None:
    dataset = open_dataset(str(sound))
    clips = dataset.clips
    assert list(clips.columns) == list(CLIP_COLUMNS)
    assert clips["participant"].tolist() == ["007"] * 6  # text
    assert clips["electrodes"].tolist() == clips["paired"].tolist() == [False] * 3 + [True] * 3
    assert clips["task"].tolist() == ["Forehead", "Smile-Closed", "happy"] * 2
    assert clips["number"].tolist() == [1, 5, 1] * 2
    assert dataset.sessions == ("1N", "1S")
    (only,) = dataset.findings
    assert (only.severity, only.what) == ("note", "session without EMG")
    assert "1N" in only.words


def test_a_clip_has_its_parts(sound: Path) -> None:
    clip = open_dataset(sound).clip(HAPPY)
    assert (clip.id, clip.session, clip.mode, clip.task) == (HAPPY, "1S", "emotion", "happy")
    assert clip.recording is not None
    assert clip.recording.channels == CHANNELS
    assert (clip.recording.kind, clip.recording.rate, len(clip.recording)) == ("envelope", 30.0, FRAMES)
    assert (clip.recording.session, clip.recording.source) == ("1S", HAPPY)
    raw = pd.read_csv(sound / "emg" / "007_1S" / f"{HAPPY}.csv")
    for title, muscle in TITLES.items():
        for side, name in (("l", "left"), ("r", "right")):
            column = clip.recording.channels.index(f"{muscle}_{name}")
            assert np.allclose(clip.recording.signals[:, column], raw[f"{title}_{side}"])
    assert clip.blendshapes is not None
    assert list(clip.blendshapes.columns) == list(FACE_UNITS)
    assert len(clip.blendshapes) == FRAMES
    assert clip.video == sound / "video" / "007_1S" / f"{HAPPY}.mp4"
    assert clip.restored == sound / "video_noelec" / "007_1S" / f"{HAPPY}.mp4"
    assert clip.findings == ()


def test_a_session_without_electrodes_has_no_recording_and_no_error(sound: Path) -> None:
    dataset = open_dataset(sound)
    clip = dataset.clip("007_1N_emotion_01_happy")
    assert clip.recording is None
    assert clip.blendshapes is None
    assert clip.restored is None
    assert clip.video is not None
    assert [finding.severity for finding in clip.findings] == ["note"]
    assert "without electrodes" in clip.findings[0].words
    assert dataset.recordings("1N") == {}
    assert list(dataset.recordings("1S")) == [
        "007_1S_schaede_01_Forehead", "007_1S_schaede_05_Smile-Closed", HAPPY,
    ]  # fmt: skip


def test_clips_pair_by_their_number_not_their_name(folder: Path) -> None:
    change(folder, "007_1N_emotion_01_happy", task="joy")
    pairs = open_dataset(folder).pairs()
    assert pairs["sensor"].tolist() == ["007_1S_schaede_01_Forehead", "007_1S_schaede_05_Smile-Closed", HAPPY]
    assert pairs["normal"].tolist() == [
        "007_1N_schaede_01_Forehead", "007_1N_schaede_05_-Smile-Closed", "007_1N_emotion_01_happy",
    ]  # fmt: skip
    assert pairs["take"].tolist() == ["1", "1", "1"]
    assert pairs["same_task"].tolist() == [True, True, False]


def test_sessions_of_two_participants_are_not_mixed(folder: Path) -> None:
    table = pd.read_csv(folder / "MMM.csv", dtype=str, keep_default_na=False)
    other = table.assign(pid="008", index=table["index"].str.replace("007", "008", regex=False))
    pd.concat([table, other]).to_csv(folder / "MMM.csv", index=False)
    dataset = open_dataset(folder)
    one = open_dataset(folder).recordings("007_1S")
    assert set(one) <= set(table["index"])
    assert {recording.session for recording in one.values()} == {"007_1S"}
    assert len(dataset.sessions) == 2 * table["rec"].nunique()
    assert set(dataset.pairs()["participant"]) == {"007", "008"}
    with pytest.raises(UnknownNameError):
        dataset.recordings("1S")


@pytest.mark.thorough
def test_a_path_that_no_file_can_have_is_said(folder: Path) -> None:
    change(folder, HAPPY, emg="a" * 5000)
    (finding,) = (one for one in open_dataset(folder).findings if one.what == "missing file")
    assert finding.clip == HAPPY
    assert "aaa … isn't there" in finding.words


def test_empty_rows_of_the_inventory_are_no_clips(folder: Path) -> None:
    before = open_dataset(folder)
    with (folder / "MMM.csv").open("a") as file:
        file.write(2 * (12 * "," + "\n"))
    after = open_dataset(folder)
    pd.testing.assert_frame_equal(after.clips, before.clips)
    assert after.findings == before.findings


def test_files_that_are_missing_are_said(folder: Path) -> None:
    (folder / "emg" / "007_1S" / f"{HAPPY}.csv").unlink()
    (folder / "video" / "007_1N" / "007_1N_schaede_01_Forehead.mp4").unlink()
    (folder / "video_noelec_params" / "MediaPipe" / "007_1S" / f"{HAPPY}_params.csv.gz").unlink()
    dataset = open_dataset(folder)
    missing = said(dataset, "missing file")
    assert [(finding.clip, finding.severity) for finding in missing] == [
        ("007_1N_schaede_01_Forehead", "warning"), (HAPPY, "warning"), (HAPPY, "warning"),
    ]  # fmt: skip
    clip = dataset.clip(HAPPY)
    assert clip.recording is None
    assert clip.blendshapes is None
    assert clip.restored is not None


def test_a_session_of_which_all_signals_are_missing_is_an_error(folder: Path) -> None:
    shutil.rmtree(folder / "emg")
    errors = [f for f in open_dataset(folder).findings if f.severity == "error"]
    assert [finding.what for finding in errors] == ["session without EMG"]
    assert "1S" in errors[0].words


def test_files_without_a_row_are_counted(folder: Path) -> None:
    for name in ("a", "b"):
        (folder / "emg" / "007_1S" / f"{name}.csv").write_text("x")
    (folder / "emg" / ".hidden").write_text("x")
    (found,) = said(open_dataset(folder), "files without a row")
    assert found.severity == "note"
    assert found.words.startswith("2 files")
    assert "emg/007_1S/a.csv" in found.words


@pytest.mark.one_case
@pytest.mark.parametrize(
    "path", ["../secret.csv", "emg/../../secret.csv", "link/secret.csv", "ABSOLUTE", "..\\secret.csv", "a\0b"]
)
def test_no_path_leads_out_of_the_folder(folder: Path, path: str) -> None:
    outside = folder.parent / "secret.csv"
    signals(np.random.default_rng(1)).to_csv(outside)
    (folder / "link").symlink_to(folder.parent)
    change(folder, HAPPY, emg=str(outside) if path == "ABSOLUTE" else path)
    dataset = open_dataset(folder)
    (found,) = said(dataset, "path")
    assert (found.severity, found.clip) == ("error", HAPPY)
    assert dataset.clip(HAPPY).recording is None


@pytest.mark.thorough
def test_parts_of_different_length_are_said(folder: Path) -> None:
    signals(np.random.default_rng(1), FRAMES - 3).to_csv(folder / "emg" / "007_1S" / f"{HAPPY}.csv")
    (found,) = said(open_dataset(folder), "dropped frames")
    assert found.clip == HAPPY
    assert f"signals {FRAMES - 3}" in found.words
    assert f"video {FRAMES}" in found.words


@pytest.mark.thorough
def test_a_video_of_another_rate_is_said(folder: Path) -> None:
    frames = (np.full((32, 32, 3), number, np.uint8) for number in range(FRAMES))
    write_video(folder / "video" / "007_1S" / f"{HAPPY}.mp4", frames, rate=25)
    (found,) = said(open_dataset(folder), "wrong rate")
    assert (found.severity, found.clip) == ("error", HAPPY)


def test_damaged_files_are_said_and_left_out(folder: Path) -> None:
    (folder / "emg" / "007_1S" / f"{HAPPY}.csv").write_bytes(b"\x00\xff,,,\n1")
    forehead = "007_1S_schaede_01_Forehead"
    (folder / "video_noelec_params" / "MediaPipe" / "007_1S" / f"{forehead}_params.csv.gz").write_bytes(
        b"\x1f\x8b broken"
    )
    (folder / "video" / "007_1S" / f"{forehead}.mp4").write_bytes(b"nothing")
    damaged = said(open_dataset(folder), "damaged file")
    assert {(finding.clip, finding.severity) for finding in damaged} == {
        (HAPPY, "error"),
        (forehead, "error"),
    }
    assert len(damaged) == 3


@pytest.mark.thorough
def test_what_is_wrong_with_signals_is_said_of_clips_and_sessions(folder: Path) -> None:
    rng = np.random.default_rng(1)
    gapped = signals(rng)
    gapped.iloc[5:15, 3] = np.nan
    gapped.to_csv(folder / "emg" / "007_1S" / f"{HAPPY}.csv")
    dataset = open_dataset(folder)
    (gap,) = said(dataset, "missing samples")
    assert (gap.clip, gap.severity, gap.channel) == (HAPPY, "warning", "depressor_anguli_oris_right")
    sides = said(dataset, "swapped sides")
    assert [finding.clip for finding in sides] == ["session 1S"]


@pytest.mark.thorough
def test_frames_of_videos_are_read_if_asked_for(folder: Path) -> None:
    frames = [np.full((32, 32, 3), 9 * number, np.uint8) for number in range(FRAMES)]
    frames[7] = frames[6]
    write_video(folder / "video" / "007_1S" / f"{HAPPY}.mp4", frames)
    dataset = open_dataset(folder)
    assert said(dataset, "frames twice") == []
    (found,) = [finding for finding in dataset.check(frames=True) if finding.what == "frames twice"]
    assert found.clip == HAPPY


@pytest.mark.thorough
def test_channels_that_are_missing_are_said(folder: Path) -> None:
    signals(np.random.default_rng(1)).drop(columns=["Masseter_l", "Masseter_r"]).to_csv(
        folder / "emg" / "007_1S" / f"{HAPPY}.csv"
    )
    (found,) = said(open_dataset(folder), "missing channels")
    assert "masseter_left, masseter_right" in found.words


@pytest.mark.thorough
def test_an_id_that_does_not_fit_its_row_is_said(folder: Path) -> None:
    change(folder, HAPPY, rec="2S")
    dataset = open_dataset(folder)
    (found,) = said(dataset, "inventory")
    assert found.clip == HAPPY
    change(folder, "007_1N_emotion_01_happy", index="happy")
    assert open_dataset(folder).clips["number"].tolist() == [1, 5, -1, 1, 5, 1]


def test_units_are_found_without_the_table_of_methods(folder: Path) -> None:
    (folder / "MMM_3DMM.csv").unlink()
    assert open_dataset(folder).clip(HAPPY).blendshapes is not None


@pytest.mark.thorough
@pytest.mark.parametrize("rows", [0, 1, 2])
def test_face_units_of_hardly_any_frame_are_said_and_end_nothing(folder: Path, rows: int) -> None:
    for path in (folder / "video_noelec_params").rglob(f"{HAPPY}_params.csv.gz"):
        pd.read_csv(path)[:rows].to_csv(path, index=False)
    found = open_dataset(folder).check()
    assert [one.what for one in found if one.clip == HAPPY] == ["dropped frames"]


@pytest.mark.thorough
def test_units_that_no_muscle_moves_may_be_missing(folder: Path) -> None:
    path = folder / "video_noelec_params" / "MediaPipe" / "007_1S" / f"{HAPPY}_params.csv.gz"
    table = pd.read_csv(path)
    table.drop(columns="tongueOut").assign(_neutral=0.1).to_csv(path, index=False)
    blendshapes = open_dataset(folder).clip(HAPPY).blendshapes
    assert blendshapes is not None
    assert list(blendshapes.columns) == list(FACE_UNITS)
    assert blendshapes.isna().all().sum() == 1
    table.drop(columns="mouthSmileLeft").to_csv(path, index=False)
    (found,) = said(open_dataset(folder), "damaged file")
    assert "mouthSmileLeft" in found.words


def test_what_is_no_such_folder_is_said(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(BadTableError, match="no folder"):
        open_dataset(tmp_path / "none")
    with pytest.raises(BadTableError, match=r"no MMM\.csv"):
        open_dataset(tmp_path)
    (tmp_path / "MMM.csv").write_text("index,pid\na,99\n")
    with pytest.raises(BadTableError, match="no column rec, mode") as lacking:
        open_dataset(tmp_path)
    assert "use" in lacking.value.missing
    change(folder, HAPPY, index="007_1S_schaede_01_Forehead")
    with pytest.raises(BadTableError, match="twice"):
        open_dataset(folder)
    (tmp_path / "MMM.csv").write_bytes(b'"' * 99)
    with pytest.raises(BadTableError, match=r"column|read"):
        open_dataset(tmp_path)


def test_names_that_are_not_there_are_said(sound: Path) -> None:
    dataset = open_dataset(sound)
    with pytest.raises(UnknownNameError, match="no clip"):
        dataset.clip("99_1S_emotion_01_happy")
    with pytest.raises(UnknownNameError, match="1N, 1S"):
        dataset.recordings("3S")


@pytest.mark.thorough
def test_progress_is_told(sound: Path) -> None:
    calls = []
    open_dataset(sound).check(lambda at: calls.append((at.done, at.total)))
    assert calls == [(number, 6) for number in range(1, 7)]


def test_findings_are_sentences_and_a_table() -> None:
    findings = [
        Finding("note", "a", "It is so."),
        Finding("error", "b", "It is broken.", "Mend it.", channel="mentalis_left", clip="happy"),
        Finding("warning", "c", "It may be."),
    ]
    assert [finding.severity for finding in worst_first(findings)] == ["error", "warning", "note"]
    assert str(findings[1]) == "happy, mentalis_left: It is broken. Mend it."
    assert str(findings[0]) == "It is so."
    table = finding_table(findings)
    assert list(table.columns) == list(FINDING_COLUMNS)
    assert table["remedy"].tolist() == ["", "Mend it.", ""]
    with pytest.raises(ValueError, match="note, warning, error"):
        Finding("fatal", "a", "b")  # type: ignore[arg-type]
