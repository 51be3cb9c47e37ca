"""A simulated recording is written whole, in the published layout, and goes on where it stopped."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from facelib.errors import BadValueError, Cancelled, WriteError
from facelib.semg import (
    CHANNELS,
    Faults,
    envelope,
    open_dataset,
    open_video,
    read_signals,
    simulate,
    simulate_clip,
    units_of_video,
)
from facelib.semg.pairs import pairs_of
from facelib.semg.recordings.channels import channels_of

SETTINGS = {
    "sessions": ("1N", "1S"), "tasks": ("happy", "Brow-Left"), "seconds": 0.5, "size": 48,
    "readings": "truth", "seed": 3,
}  # fmt: skip


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return simulate(tmp_path_factory.mktemp("mmm") / "one", **SETTINGS)  # type: ignore[arg-type]


@pytest.mark.thorough
@pytest.mark.packages
def test_the_inventory_tells_of_every_file(folder: Path) -> None:
    table = pd.read_csv(folder / "MMM.csv", dtype=str, keep_default_na=False)
    assert table["index"].tolist() == [
        "99_1N_emotion_01_happy", "99_1N_schaede_02_Brow-Left", "99_1S_emotion_01_happy",
        "99_1S_schaede_02_Brow-Left",
    ]  # fmt: skip
    assert table["emg"].eq("").tolist() == [True, True, False, False]
    assert table["sync_grade"].tolist() == ["-1", "-1", "0", "0"]
    named = {name for column in ("video", "emg", "video_noelec") for name in table[column] if name}
    assert all((folder / name).is_file() for name in named)
    assert "SIMULATED" in (folder / "README.txt").read_text()


@pytest.mark.thorough
@pytest.mark.packages
def test_row_i_of_the_signals_is_frame_i_of_the_film(folder: Path) -> None:
    table = pd.read_csv(folder / "emg/99_1S/99_1S_emotion_01_happy.csv", index_col=0)
    assert table.index.tolist() == list(range(15))
    assert list(table.columns[:2]) == ["Corrugator Supercilii_l", "Corrugator Supercilii_r"]
    assert sorted(table.columns, key=lambda name: name.lower()) == list(table.columns)
    assert set(channels_of(table.columns)) == set(CHANNELS)
    assert len(list(open_video(folder / "video/99_1S/99_1S_emotion_01_happy.mp4").frames())) == 15
    clip = simulate_clip("happy", 0.5, session="1S", seed=3, name="99_1S_emotion_01_happy")
    found = table.set_axis(channels_of(table.columns), axis=1)[list(CHANNELS)].to_numpy()
    np.testing.assert_allclose(found, clip.envelope.signals, atol=1e-3)


@pytest.mark.thorough
@pytest.mark.packages
def test_the_truth_stands_beside_it(folder: Path) -> None:
    clip = simulate_clip("Brow-Left", 0.5, session="1S", seed=3, name="99_1S_schaede_02_Brow-Left")
    truth = pd.read_parquet(folder / "truth/99_1S/99_1S_schaede_02_Brow-Left.parquet")
    np.testing.assert_allclose(truth[list(CHANNELS)], clip.activity.signals, atol=1e-6)
    units = pd.read_csv(
        folder / "video_noelec_params/MediaPipe/99_1S/99_1S_schaede_02_Brow-Left_params.csv.gz"
    )
    np.testing.assert_allclose(units, clip.units, atol=1e-5)
    about = json.loads((folder / "truth/about.json").read_text())
    assert about["lag"] == 0.0
    assert "simulated" in about["made by"]


@pytest.mark.thorough
@pytest.mark.packages
def test_stopped_it_goes_on_and_ends_the_same(folder: Path, tmp_path: Path) -> None:
    asked = iter([False] * 40 + [True] * 100)  # in the middle of a film
    target = tmp_path / "two"
    with pytest.raises(Cancelled, match="go on"):
        simulate(target, stop=lambda: next(asked), **SETTINGS)  # type: ignore[arg-type]
    assert not (target / "MMM.csv").exists()
    assert not [path for path in target.rglob("*") if "part" in path.name]
    shares: list[float] = []
    simulate(target, progress=lambda at: shares.append(at.share), **SETTINGS)  # type: ignore[arg-type]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)
    assert contents(target) == contents(folder)


@pytest.mark.one_case
@pytest.mark.packages
@pytest.mark.parametrize(
    "name", ["about.json", "README.txt", "*.parquet", "*.mp4", "emg/*/*.csv", "*.csv.gz", "MMM*.csv"]
)
def test_a_full_disk_is_told_and_nothing_half_written_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    original = Path.replace

    def full(path: Path, target: Path) -> Path:
        if Path(target).match(name):
            raise OSError(errno.ENOSPC, "No space left on device")
        return original(path, target)

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(WriteError, match=r"The disk of .* is full\. Make room"):
        simulate(tmp_path / "mmm", **{**SETTINGS, "sessions": ("1S",), "tasks": ("happy",), "seconds": 0.5})  # type: ignore[arg-type]
    assert not list(tmp_path.rglob("*.part*"))
    assert not list(tmp_path.rglob("MMM.csv"))


@pytest.mark.packages
def test_other_folders_are_left_alone(folder: Path, tmp_path: Path) -> None:
    before = contents(folder)
    with pytest.raises(BadValueError, match="other settings"):
        simulate(folder, **SETTINGS | {"seed": 4})  # type: ignore[arg-type]
    assert contents(folder) == before
    (tmp_path / "diary.txt").write_text("mine")
    with pytest.raises(BadValueError, match="something else"):
        simulate(tmp_path, **SETTINGS)  # type: ignore[arg-type]
    assert [path.name for path in tmp_path.iterdir()] == ["diary.txt"]


def test_impossible_settings_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    target = tmp_path / "none"
    for wrong, words in (
        ({"size": 97}, "even number"),
        ({"sessions": ("first",)}, "Sessions"),
        ({"readings": "guess"}, "read by the network"),
        ({"faults": {"99_1S_happy": Faults(dropped=1)}}, "no clip"),
    ):
        with pytest.raises(BadValueError, match=words):
            simulate(target, **SETTINGS | wrong)  # type: ignore[arg-type]
    assert not target.exists()


@pytest.mark.packages
def test_the_folder_opens_as_a_data_set_whose_clips_are_pairs(folder: Path) -> None:
    pairs = pairs_of(open_dataset(folder))
    assert [pair.id for pair in pairs] == ["99_1S_emotion_01_happy", "99_1S_schaede_02_Brow-Left"]
    clip = simulate_clip("happy", 0.5, session="1S", seed=3, name=pairs[0].id)
    np.testing.assert_allclose(pairs[0].units, clip.units, atol=1e-5)
    np.testing.assert_allclose(pairs[0].envelope.pick(CHANNELS).signals, clip.envelope.signals, atol=1e-3)


@pytest.mark.thorough
@pytest.mark.packages
def test_networks_read_the_film_and_dropped_frames_are_missed(tmp_path: Path, single_threaded: None) -> None:
    settings = {"sessions": ("1S",), "tasks": ("happy",), "seconds": 0.5, "size": 96}
    name = "99_1S_emotion_01_happy"
    made = simulate(tmp_path / "one", **settings, raw=True, faults={name: Faults(dropped=3)})  # type: ignore[arg-type]
    read = pd.read_csv(made / f"video_noelec_params/MediaPipe/99_1S/{name}_params.csv.gz")
    assert read.shape == (12, 51)
    assert read.notna().all(axis=None)
    watched = units_of_video(made / f"video_noelec/99_1S/{name}.mp4")
    np.testing.assert_allclose(read, watched.units, rtol=1e-4)
    assert len(list(open_video(made / f"video/99_1S/{name}.mp4").frames())) == 12
    dataset = open_dataset(made)
    assert any(finding.what == "dropped frames" for finding in dataset.clip(name).findings)
    with pytest.raises(BadValueError, match="Lost frames"):
        pairs_of(dataset)
    raw = read_signals(made / f"raw/99_1S/{name}.parquet", rate=4096.0)
    assert raw.signals.shape == (2048, 44)
    assert raw.kind == "monopolar"
    again = envelope(raw).pick(CHANNELS).signals
    written = pd.read_csv(made / f"emg/99_1S/{name}.csv", index_col=0)
    rows = written.set_axis(channels_of(written.columns), axis=1)[list(CHANNELS)].to_numpy()
    np.testing.assert_allclose(again, rows, atol=1e-3, rtol=1e-3)
