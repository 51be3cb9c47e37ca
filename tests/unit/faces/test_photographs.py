"""Photographs: safe to open, upright, cut to the head, with errors that say what to do."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
import skimage.data
from PIL import Image

from facelib.errors import (
    BadImageError,
    BadValueError,
    FaceCutError,
    FaceTooSmallError,
    NoFaceError,
    UnavailableError,
)
from facelib.faces import landmarker, photographs
from facelib.faces.photographs import find_faces, load_face, read_picture, sample_photograph

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
    def missing(*_: object, **__: object) -> None:
        raise UnavailableError("not fetched")

    monkeypatch.setattr(landmarker, "find_landmarks", missing)
    face = load_face(astronaut)
    assert np.isnan(face.landmarks).all()
    assert face.attributes == {"faces_found": 1}


@pytest.mark.thorough
@pytest.mark.packages
def test_box_and_eyes_follow_the_cut(astronaut: Picture) -> None:
    """The face box holds the same pixels as in the whole picture."""
    from facelib.faces.detector import detect_faces
    from facelib.faces.landmarker import find_landmarks
    from facelib.head.geometry.landmarks import eyes_between

    face = load_face(astronaut)
    (found,) = detect_faces(astronaut)
    eyes = eyes_between(find_landmarks(astronaut, found.box, found.eyes))
    offset = found.box[:2] - face.box[:2]
    np.testing.assert_allclose(offset, np.rint(offset), atol=1e-9)  # whole pixels: nothing is resampled
    x, y = np.rint(offset).astype(int)
    height, width = face.size
    np.testing.assert_array_equal(face.image, astronaut[y : y + height, x : x + width])
    np.testing.assert_allclose(eyes - offset, face.eyes, atol=0.5)


@pytest.mark.thorough
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


@pytest.fixture(scope="module")
def group(astronaut: Picture) -> Picture:
    """Two faces, the larger one on the right."""
    head = astronaut[0:250, 100:350]
    scene = np.zeros((250, 440, 3), np.uint8)
    scene[:170, :170] = np.array(Image.fromarray(head).resize((170, 170)))
    scene[:, 190:] = head
    return scene


@pytest.mark.thorough
@pytest.mark.packages
def test_all_faces_are_offered_from_left_to_right(group: Picture) -> None:
    left, right = find_faces(group)
    assert left.box[2] < 190 < right.box[0]
    assert left.area < right.area
    small, large = (load_face(group, which=number) for number in (0, 1))
    for face, found in ((small, left), (large, right)):
        np.testing.assert_allclose(face.box[2:] - face.box[:2], found.box[2:] - found.box[:2], atol=1e-6)
        assert face.attributes == {"faces_found": 2}, "who chose need not be told"
    chosen, usual = load_face(group, which="largest"), load_face(group)
    np.testing.assert_allclose(chosen.box[2:] - chosen.box[:2], usual.box[2:] - usual.box[:2])
    assert set(usual.attributes) - set(chosen.attributes) == {"note"}


@pytest.mark.thorough
@pytest.mark.packages
def test_far_faces_are_offered_beside_near_ones(astronaut: Picture) -> None:
    scene = np.full((1000, 1500, 3), 128, np.uint8)
    scene[:, :900] = np.array(Image.fromarray(astronaut[0:250, 100:350]).resize((900, 1000)))
    scene[300:500, 1200:1400] = np.array(Image.fromarray(astronaut[0:250, 100:350]).resize((200, 200)))
    near, far = find_faces(scene)
    assert near.box[0] < 900 < far.box[0]
    assert near.area > 5 * far.area
    assert 1200 < load_face(scene, which=1).size[0] + 1200 < 1500


@pytest.mark.packages
def test_a_face_that_is_not_there_tells_those_that_are(group: Picture) -> None:
    for which in (2, -1):
        with pytest.raises(NoFaceError, match=f"2 faces were found.*no number {which}") as caught:
            load_face(group, which=which)
        assert [box[0] < 190 for box in caught.value.boxes] == [True, False]


@pytest.mark.parametrize("which", ["smallest", 1.0, True, [0]])
def test_which_face_is_a_number_or_the_largest(group: Picture, which: object) -> None:
    with pytest.raises(BadValueError, match="number of a face"):
        load_face(group, which=which)  # type: ignore[arg-type]


@pytest.mark.packages
def test_nothing_found_is_an_empty_offer() -> None:
    assert find_faces(np.full((200, 300, 3), 128, np.uint8)) == []


@pytest.mark.packages
def test_a_tiny_face_says_how_small_it_is(astronaut: Picture) -> None:
    head = Image.fromarray(astronaut[0:250, 100:350])
    with pytest.raises(FaceTooSmallError, match="at least 40 px are needed") as caught:
        load_face(np.array(head.resize((96, 96))))
    ((x1, _, x2, _),) = caught.value.boxes
    assert 30 < x2 - x1 < 40
    assert load_face(np.array(head.resize((130, 130)))).attributes == {"faces_found": 1}


@pytest.mark.one_case
@pytest.mark.packages
@pytest.mark.parametrize("side", ["left", "right", "top", "bottom"])
def test_a_face_may_be_cut_by_a_little(astronaut: Picture, side: str) -> None:
    """Of the box from (178, 81) to (272, 175)."""

    def cut(share: float) -> Picture:
        lost = round(94 * share)
        parts = {
            "left": astronaut[:, 178 + lost :],
            "right": astronaut[:, : 272 - lost],
            "top": astronaut[81 + lost :],
            "bottom": astronaut[: 175 - lost],
        }
        return np.ascontiguousarray(parts[side])

    assert load_face(cut(0.0)).attributes == {"faces_found": 1}
    noted = load_face(cut(0.2))
    assert noted.attributes["note"].startswith("The picture's border cuts off ")
    assert np.isfinite(noted.landmarks).all()
    with pytest.raises(FaceCutError, match="less than 25% may be") as caught:
        load_face(cut(0.35))
    assert len(caught.value.boxes) == 1


@pytest.mark.thorough
@pytest.mark.packages
def test_a_panorama_needs_no_more_memory_than_it_has() -> None:
    with pytest.raises(NoFaceError):
        load_face(np.full((32, 1_500_000, 3), 128, np.uint8))  # as a square: 7 TB


@pytest.mark.packages
def test_no_face_says_what_to_do() -> None:
    with pytest.raises(NoFaceError, match="detect=False"):
        load_face(np.full((100, 100, 3), 128, np.uint8))


@pytest.mark.thorough
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


@pytest.mark.thorough
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


ORIENTATIONS = {  # what a camera's note asks to be done, by the rows and columns of the stored picture
    1: lambda image: image,
    2: lambda image: image[:, ::-1],
    3: lambda image: image[::-1, ::-1],
    4: lambda image: image[::-1],
    5: lambda image: image.swapaxes(0, 1),
    6: lambda image: image.swapaxes(0, 1)[:, ::-1],
    7: lambda image: image.swapaxes(0, 1)[::-1, ::-1],
    8: lambda image: image.swapaxes(0, 1)[::-1],
}


@pytest.mark.one_case
@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_the_cameras_orientation_is_applied(astronaut: Picture, orientation: int, kind: str) -> None:
    exif = Image.Exif()
    exif[ORIENTATION], exif[DESCRIPTION] = orientation, "private"
    stored = astronaut[:, :300]
    expected = ORIENTATIONS[orientation](stored)
    np.testing.assert_array_equal(whole(encoded(stored, kind, exif=exif, lossless=True)), expected)
    jpeg = encoded(stored, "JPEG", exif=exif, quality=95)
    assert np.abs(whole(jpeg).astype(int) - expected).mean() < 3


@pytest.mark.packages
def test_metadata_is_dropped(astronaut: Picture) -> None:
    exif = Image.Exif()
    exif[DESCRIPTION] = "private"
    face = load_face(encoded(astronaut, "JPEG", exif=exif, comment=b"private"))
    assert "private" not in repr(face)
    assert b"private" not in face._repr_png_()


def test_half_transparent_colours_lie_on_white() -> None:
    levels = np.arange(256, dtype=np.uint8)
    image = np.zeros((64, 256, 4), np.uint8)
    image[..., 0], image[..., 1], image[:32, :, 3], image[32:, :, 3] = levels, 40, 128, levels
    share = image[..., 3:] / 255
    expected = np.rint(image[..., :3] * share + 255 * (1 - share))
    assert np.abs(whole(encoded(image)) - expected).max() <= 1
    gray = Image.fromarray(image[..., [0, 3]], "LA")
    expected = np.rint(image[..., :1] * share + 255 * (1 - share)).repeat(3, -1)
    assert np.abs(whole(encoded(gray)) - expected).max() <= 1


def test_a_palette_with_a_transparent_colour_lies_on_white() -> None:
    image = Image.new("P", (40, 40), 1)
    image.putpalette([9, 9, 9, 200, 100, 50])
    image.paste(0, (0, 0, 40, 20))
    found = whole(encoded(image, transparency=0))
    assert (found[:20] == 255).all()
    assert (found[20:] == (200, 100, 50)).all()


def test_16_bits_a_channel_become_8() -> None:
    levels = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    exact = (levels // 257).astype(np.uint8)[..., None]
    gray = whole(encoded(Image.fromarray(levels)))
    np.testing.assert_array_equal(gray[..., 0], np.rint(levels / 257))
    colours = np.stack([levels, levels.T, levels[::-1]], -1)
    found = whole(cv2.imencode(".png", colours[..., ::-1])[1].tobytes())
    np.testing.assert_array_equal(found, colours >> 8)
    assert np.abs(found[..., :1].astype(int) - exact).max() <= 1
    with_alpha = np.dstack([colours[..., ::-1], np.full_like(levels, 65535)])
    np.testing.assert_array_equal(whole(cv2.imencode(".png", with_alpha)[1].tobytes()), colours >> 8)


@pytest.mark.parametrize(
    "ink", [(0, 0, 0, 0), (255, 0, 0, 0), (0, 200, 90, 30), (40, 30, 50, 128), (0, 0, 0, 255)]
)
def test_inks_of_a_print_become_colours(ink: tuple[int, ...]) -> None:
    image = Image.new("CMYK", (48, 48), ink)
    *cmy, black = (1 - np.array(ink) / 255).tolist()
    found = whole(encoded(image, "JPEG", quality=100))
    assert np.abs(found - np.rint(np.array(cmy) * black * 255)).max() <= 2


def test_strips_join_without_a_seam(rng: np.random.Generator) -> None:
    image = rng.integers(0, 256, (2 * photographs.STRIP + 7, 33, 3), dtype=np.uint8)
    np.testing.assert_array_equal(read_picture(encoded(image)), image)


@pytest.mark.thorough
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


@pytest.mark.thorough
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
    with pytest.raises(BadImageError, match=r"a file, its bytes, or an array of numpy.*; got int: 5"):
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
