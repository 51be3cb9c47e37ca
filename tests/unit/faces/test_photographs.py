"""Photographs: safe to open, upright, cut to the head, with errors that say what to do."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import skimage.data
from PIL import Image

from facelib.errors import BadImageError, NoFaceError, UnavailableError
from facelib.faces import photographs
from facelib.faces.photographs import load_face, sample_photograph

Picture = npt.NDArray[np.uint8]
ORIENTATION, DESCRIPTION = 0x0112, 0x010E


@pytest.fixture(scope="module")
def astronaut() -> Picture:
    return np.ascontiguousarray(skimage.data.astronaut())


def encoded(image: Picture | Image.Image, kind: str = "PNG", **options: object) -> bytes:
    stream = io.BytesIO()
    picture = image if isinstance(image, Image.Image) else Image.fromarray(image)
    picture.save(stream, kind, **options)
    return stream.getvalue()


def whole(source: str | Path | bytes | Picture) -> Picture:
    return load_face(source, detect=False).image


@pytest.mark.packages
def test_the_head_is_cut_out(astronaut: Picture) -> None:
    face = load_face(astronaut)
    height, width = face.size
    assert height == width
    assert face.source == "photograph"
    assert face.attributes == {"faces_found": 1}
    x1, y1, x2, y2 = face.box
    assert 0 < x1 < x2 < width
    assert 0 < y1 < y2 < height
    assert height / (y2 - y1) == pytest.approx(photographs.HEAD, abs=0.03)
    left, right = face.eyes
    assert x1 < right[0] < left[0] < x2
    assert (face.eyes[:, 1] > y1).all()
    assert (face.eyes[:, 1] < (y1 + y2) / 2).all()
    inside = (face.landmarks >= face.box[:2] - 20) & (face.landmarks <= face.box[2:] + 20)
    assert inside.all()
    irises = face.landmarks[[473, 468]]
    assert np.abs(irises - face.eyes).max() < 0.08 * (x2 - x1)  # the detector is the coarser one


@pytest.mark.packages
def test_without_the_landmark_network_a_photograph_is_a_face_all_the_same(
    astronaut: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: object) -> None:
        raise UnavailableError("not fetched")

    monkeypatch.setattr(photographs, "find_landmarks", missing)
    face = load_face(astronaut)
    assert np.isnan(face.landmarks).all()
    assert face.attributes == {"faces_found": 1}


@pytest.mark.packages
def test_box_and_eyes_follow_the_cut(astronaut: Picture) -> None:
    """The face box holds the same pixels as in the whole picture."""
    from facelib.faces.detector import detect_faces
    from facelib.faces.landmarker import find_landmarks
    from facelib.faces.landmarks import eyes_between

    face = load_face(astronaut)
    (found,) = detect_faces(astronaut)
    eyes = eyes_between(find_landmarks(astronaut, found.box, found.eyes))
    offset = found.box[:2] - face.box[:2]
    np.testing.assert_allclose(offset, np.rint(offset), atol=1e-9)  # whole pixels: nothing is resampled
    x, y = np.rint(offset).astype(int)
    height, width = face.size
    np.testing.assert_array_equal(face.image, astronaut[y : y + height, x : x + width])
    np.testing.assert_allclose(eyes - offset, face.eyes, atol=0.5)


@pytest.mark.packages
def test_a_large_photograph_is_shrunk(astronaut: Picture) -> None:
    large = np.array(Image.fromarray(astronaut).resize((2048, 2048)))
    face, small = load_face(large), load_face(astronaut)
    assert max(face.size) == photographs.MAX_SIDE
    scale = face.size[0] / small.size[0]
    np.testing.assert_allclose(face.box / scale, small.box, atol=4)


@pytest.mark.packages
def test_with_several_faces_the_largest_is_taken(astronaut: Picture) -> None:
    head = astronaut[0:250, 100:350]
    small = np.array(Image.fromarray(head).resize((170, 170)))
    scene = np.zeros((250, 440, 3), np.uint8)
    scene[:, :250] = head
    scene[:170, 260:430] = small
    face = load_face(scene)
    assert face.attributes["faces_found"] == 2
    assert face.attributes["note"] == "2 faces were found; the largest is used."
    assert face.box[2] - face.box[0] > 80


@pytest.mark.packages
def test_no_face_says_what_to_do() -> None:
    with pytest.raises(NoFaceError, match="detect=False"):
        load_face(np.full((100, 100, 3), 128, np.uint8))


@pytest.mark.packages
def test_sample_photograph() -> None:
    face = sample_photograph()
    assert face.attributes["credit"] == "NASA, public domain"
    assert 200 < min(face.size) <= max(face.size) < 400
    face.image[:] = 0
    assert sample_photograph().image.any(), "everyone gets a copy"


def test_a_cropped_picture_needs_no_detector(
    astronaut: Picture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FACELIB_HOME", str(tmp_path))
    face = load_face(astronaut[:100, :80], detect=False)
    assert face.box.tolist() == [0, 0, 80, 100]
    assert np.isnan(face.eyes).all()


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_lossless_formats(astronaut: Picture, tmp_path: Path, kind: str) -> None:
    content = encoded(astronaut, kind, lossless=True)
    path = tmp_path / "picture.bin"  # the content counts, not the name
    path.write_bytes(content)
    for source in (content, path, str(path), astronaut):
        np.testing.assert_array_equal(whole(source), astronaut)


def test_jpeg(astronaut: Picture) -> None:
    found = whole(encoded(astronaut, "JPEG", quality=95))
    assert np.abs(found.astype(int) - astronaut).mean() < 3


@pytest.mark.parametrize(("orientation", "turns"), [(1, 0), (6, 3), (3, 2), (8, 1)])
def test_the_cameras_orientation_is_applied(astronaut: Picture, orientation: int, turns: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION], exif[DESCRIPTION] = orientation, "private"
    np.testing.assert_array_equal(
        whole(encoded(astronaut[:, :300], exif=exif)), np.rot90(astronaut[:, :300], turns)
    )


def test_gray_palette_alpha_and_16_bit(astronaut: Picture) -> None:
    gray = astronaut[..., 0]
    same = np.repeat(gray[..., None], 3, -1)
    np.testing.assert_array_equal(whole(encoded(gray)), same)
    deep = Image.fromarray(gray.astype(np.uint16) * 257)
    np.testing.assert_array_equal(whole(encoded(deep)), same)
    palette = Image.fromarray(astronaut).quantize(16)
    np.testing.assert_array_equal(whole(encoded(palette)), np.array(palette.convert("RGB")))
    clear = Image.fromarray(np.zeros((40, 40, 4), np.uint8))
    assert (whole(encoded(clear)) == 255).all()  # transparent is white


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"not a picture", "PNG, JPEG or WebP"),
        (b"", "PNG, JPEG or WebP"),
        (encoded(np.zeros((40, 40, 3), np.uint8), "GIF"), "PNG, JPEG or WebP"),
        (encoded(np.zeros((40, 40, 3), np.uint8), "TIFF"), "PNG, JPEG or WebP"),
        (encoded(np.arange(24_300, dtype=np.uint8).reshape(90, 90, 3), "JPEG")[:2000], "damaged"),
        (encoded(np.zeros((20, 40, 3), np.uint8)), "at least 32 px on each side; this one has 40 × 20"),
    ],
)  # fmt: skip
def test_bad_files(content: bytes, message: str) -> None:
    with pytest.raises(BadImageError, match=message):
        load_face(content)


@pytest.mark.parametrize("side", [7200, 10_000, 20_000])  # ours, Pillow's warning, Pillow's error
def test_too_many_pixels_are_never_decoded(side: int, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = encoded(Image.new("1", (side, side)))
    assert len(bomb) < 200_000

    def decoded(*_: object) -> None:
        pytest.fail("the picture was decoded")

    monkeypatch.setattr(Image.Image, "convert", decoded)
    monkeypatch.setattr(Image.Image, "load", decoded)
    with pytest.raises(BadImageError, match="at most 50 million pixels"):
        load_face(bomb)


def test_too_many_bytes_are_never_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photographs, "MAX_BYTES", 1_000_000)
    path = tmp_path / "large.png"
    path.write_bytes(bytes(2_000_000))
    for source in (path, bytes(2_000_000)):
        with pytest.raises(BadImageError, match="at most 1 MB; this one has 2 MB"):
            load_face(source)


def test_what_is_no_picture_at_all_is_refused() -> None:
    with pytest.raises(BadImageError, match="a file, its bytes, or an array; got 5"):
        load_face(5)  # type: ignore[arg-type]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadImageError, match="no file"):
        load_face(tmp_path / "nothing.png")


@pytest.mark.parametrize(
    "array", [np.zeros((50, 50), np.uint8), np.zeros((50, 50, 3)), np.zeros((50, 50, 4), np.uint8)]
)
def test_bad_arrays(array: npt.NDArray[np.uint8]) -> None:
    with pytest.raises(BadImageError, match=r"uint8 \(H, W, 3\), RGB; got"):
        load_face(array)


@pytest.mark.packages
def test_the_eyes_of_a_photograph_lie_where_its_landmarks_say() -> None:
    face = sample_photograph()
    irises = face.landmarks[[473, 468]]
    apart = np.hypot(*(irises[0] - irises[1]))
    assert np.linalg.norm(face.eyes - irises, axis=1).max() < 0.05 * apart
