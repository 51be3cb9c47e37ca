"""A sweep as a film: there and back, with its strength, its comment, and nobody's photograph by chance."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import facelib
from facelib.errors import BadValueError
from facelib.faces import Head
from facelib.faces.video import open_video, write_video
from facelib.studies import Sweep
from facelib.studies.disclaimer import LIMITS
from facelib.studies.sweeps.film import ACCENT, BELOW, pictures

pytestmark = pytest.mark.packages
ORDER = [0, 0, 0, 0, 0, 1, 2, 3, 4, 4, 4, 4, 4, 3, 2, 1]


@pytest.fixture(scope="module")
def smile() -> Sweep:
    head = Head(age=34, expression="happy")
    return facelib.sweep(head, "symmetry", "known_unbiased", steps=5, size=97, replicates=5)


def test_the_film_goes_there_and_back_and_shows_its_strength(smile: Sweep) -> None:
    shown = pictures(smile)
    assert len(shown) == len(ORDER)
    for picture, step in zip(shown, ORDER, strict=True):
        assert picture.shape == (96 + BELOW, 96, 3), "an even number of px either way"
        np.testing.assert_array_equal(picture[:96], smile.images[step][:96, :96])
    faces = [face.replace(image=np.zeros((200, 300, 3), np.uint8)) for face in smile.frames.faces]
    wide = replace(smile, frames=replace(smile.frames, faces=faces))
    filled = [int((picture == ACCENT).all(axis=2).any(axis=0).sum()) for picture in pictures(wide)]
    assert filled[:5] == [0] * 5
    assert filled[4:9] == sorted(filled[4:9])
    assert max(filled) > 100


def test_the_mp4_is_read_back(smile: Sweep, tmp_path: Path) -> None:
    film = open_video(smile.film(tmp_path / "new" / "smile.mp4", rate=8))
    assert (film.rate, film.width, film.height) == (8, 96, 96 + BELOW)
    frames = list(film.frames())
    assert len(frames) == len(ORDER)
    for frame, picture in zip(frames, pictures(smile), strict=True):
        assert np.abs(frame.astype(int) - picture.astype(int)).mean() < 8, "but for the encoder"


@pytest.mark.thorough
def test_the_gif_is_read_back_and_goes_on_for_ever(smile: Sweep, tmp_path: Path) -> None:
    with Image.open(smile.film(tmp_path / "smile.GIF", rate=20)) as film:
        seconds = 0.0
        for number in range(film.n_frames):
            film.seek(number)
            seconds += film.info["duration"] / 1000
        assert film.info["loop"] == 0
        assert seconds == pytest.approx(len(ORDER) / 20)
        film.seek(0)
        first = np.asarray(film.convert("RGB"))
        assert LIMITS.encode() in film.info["comment"]
    assert np.abs(first.astype(int) - pictures(smile)[0].astype(int)).mean() < 8


def boxes(data: bytes) -> dict[bytes, bytes]:
    """Return the boxes of a part of an MP4, read as the standard says."""
    found = {}
    while data:
        size = int.from_bytes(data[:4], "big")
        assert 8 <= size <= len(data), "boxes fill it without a rest"
        found[data[4:8]] = data[8:size]
        data = data[size:]
    return found


def test_the_comment_stands_where_players_look(tmp_path: Path) -> None:
    frames = [np.full((32, 32, 3), level, np.uint8) for level in (0, 100, 200)]
    plain = write_video(tmp_path / "plain.mp4", frames, 5)
    said = write_video(tmp_path / "said.mp4", frames, 5, comment="who agreed: Zoë")
    before, after = boxes(plain.read_bytes()), boxes(said.read_bytes())
    assert list(before) == list(after)
    assert all(before[kind] == after[kind] for kind in before if kind != b"moov"), "no picture moves"
    note = boxes(boxes(after[b"moov"])[b"udta"])[b"\xa9cmt"]
    assert int.from_bytes(note[:2], "big") == len(note) - 4
    assert note[4:].decode() == "who agreed: Zoë"
    assert set(boxes(before[b"moov"])) <= set(boxes(after[b"moov"]))
    assert len(list(open_video(said).frames())) == 3


@pytest.mark.one_case
@pytest.mark.parametrize("kind", ["mp4", "gif"])
def test_a_photograph_leaves_only_if_it_is_said_that_it_may(smile: Sweep, tmp_path: Path, kind: str) -> None:
    face = replace(Head().render(97), source="photograph", attributes={"name": "one"})
    portrait = replace(smile, face=face)
    with pytest.raises(BadValueError, match="photograph of a person"):
        portrait.film(tmp_path / f"one.{kind}")
    assert list(tmp_path.iterdir()) == []
    path = portrait.film(tmp_path / f"one.{kind}", with_photograph=True, consent="form 7")
    said = path.read_bytes()
    if kind == "gif":
        with Image.open(path) as film:
            said = film.info["comment"]
    assert b"agreed to its being passed on; recorded in: form 7." in said


def test_bad_arguments_are_named(smile: Sweep, tmp_path: Path) -> None:
    for name, rate, words in (
        ("a.avi", 10, "MP4 or a GIF"),
        ("a.gif", 0, "1 to 50"),
        ("a.mp4", "10", "1 to 50"),
    ):
        with pytest.raises(BadValueError, match=words):
            smile.film(tmp_path / name, rate=rate)
    assert list(tmp_path.iterdir()) == []
