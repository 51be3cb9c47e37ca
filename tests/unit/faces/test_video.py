"""Videos are written whole or not at all, and what is missing in them is found."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from facelib.errors import BadImageError, BadValueError
from facelib.faces.video import VideoCheck, open_video, write_video


def ramp(count: int, size: int = 64) -> Iterator[np.ndarray]:
    """Give frames whose red rises by 5 a frame, with green on the left and blue on the right."""
    for number in range(count):
        frame = np.zeros((size, size, 3), np.uint8)
        frame[..., 0] = 5 * number
        frame[:, : size // 2, 1] = 200
        frame[:, size // 2 :, 2] = 200
        yield frame


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return write_video(tmp_path / "sub" / "film.mp4", ramp(40), 30)


def test_what_was_written_is_read(film: Path) -> None:
    video = open_video(film)
    assert (video.rate, video.count, video.width, video.height) == (30.0, 40, 64, 64)
    frames = list(video.frames())
    assert len(frames) == 40
    for number, (seen, true) in enumerate(zip(frames, ramp(40), strict=True)):
        inner = np.s_[8:-8, 8:24]
        assert np.abs(seen[inner].astype(int) - true[inner]).mean() < 8, number  # a codec with losses


def test_some_of_the_frames(film: Path) -> None:
    video = open_video(film)
    all_frames = list(video.frames())
    some = list(video.frames(5, 20, 4))
    assert len(some) == 4
    for seen, number in zip(some, (5, 9, 13, 17), strict=True):
        assert np.array_equal(seen, all_frames[number])
        assert np.array_equal(video.frame(number), all_frames[number])
    assert list(video.frames(40)) == []
    for start, stop, step in ((-1, None, 1), (0, None, 0), (5, 4, 1)):
        with pytest.raises(BadValueError):
            next(video.frames(start, stop, step))
    for number in (-1, 40):
        with pytest.raises(BadValueError, match="0 … 39"):
            video.frame(number)


def test_times_and_frames_that_are_the_same(tmp_path: Path) -> None:
    frames = list(ramp(12))
    frames[7] = frames[6]
    check = open_video(write_video(tmp_path / "twice.mp4", frames)).check()
    assert check.same == (7,)
    assert check.dropped == ()
    assert check.missing == 0
    assert np.allclose(check.times, np.arange(12) / 30, atol=2e-3)


def test_gaps_in_the_times_are_frames_that_are_missing() -> None:
    times = np.delete(np.arange(30) / 30, [10, 11, 20])
    check = VideoCheck(30.0, 28, times, ())
    assert check.dropped == ((10, 2), (18, 1))
    assert check.missing == 4


def test_a_video_that_was_cut_off_has_fewer_frames_than_it_says(tmp_path: Path) -> None:
    path = tmp_path / "cut.avi"
    rng = np.random.default_rng(0)
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"MJPG"), 30, (64, 64))
    for _ in range(30):
        writer.write(rng.integers(0, 255, (64, 64, 3), np.uint8))
    writer.release()
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    video = open_video(path)
    check = video.check()
    assert 10 < len(check.times) < 20
    assert check.told in (30, len(check.times))  # by what is left of the index


def test_nothing_is_left_of_an_unfinished_one(tmp_path: Path) -> None:
    def fails() -> Iterator[np.ndarray]:
        yield from ramp(3)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_video(tmp_path / "film.mp4", fails())
    odd = [np.zeros((64, 64, 3), np.uint8), np.zeros((64, 60, 3), np.uint8)]
    for frames in ([], odd, ramp(3, size=63), [np.zeros((64, 64), np.uint8)], [np.zeros((64, 64, 3))]):
        with pytest.raises(BadValueError):
            write_video(tmp_path / "film.mp4", frames)
    assert list(tmp_path.iterdir()) == []
    for name, rate in (("film.gif", 30.0), ("film.mp4", 0.0), ("film.mp4", float("nan"))):
        with pytest.raises(BadValueError):
            write_video(tmp_path / name, ramp(3), rate)


def test_an_older_video_stays_if_a_new_one_fails(film: Path) -> None:
    before = film.read_bytes()
    with pytest.raises(BadValueError):
        write_video(film, [])
    assert film.read_bytes() == before


def test_what_is_no_video_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    with pytest.raises(BadImageError, match="There is no video"):
        open_video(tmp_path / "none.mp4")
    cases = {
        "list.mp4": b"#EXTM3U\n#EXTINF:1,\nother.mp4\n",
        "concat.mkv": b"ffconcat version 1.0\nfile other.mp4\n",
        "empty.mp4": b"",
        "text.txt": b"ftyp",
        "broken.mp4": b"\0\0\0\x18ftypmp42" + bytes(range(256)) * 4,
    }
    for name, content in cases.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(BadImageError):
            open_video(tmp_path / name)
