"""Whatever a file holds, it becomes a picture or an error in words, soon and in little memory."""

from __future__ import annotations

import io
import struct
import time
import tracemalloc
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from facelib.errors import BadImageError, FacelibError
from facelib.faces.photographs import load_face, read_picture

SIDE = 60


def pattern() -> Image.Image:
    y, x = np.mgrid[:SIDE, :SIDE]
    return Image.fromarray(np.stack([4 * x, 4 * y, x * y % 256], -1).astype(np.uint8))


def encoded(kind: str, image: Image.Image | None = None, **options: object) -> bytes:
    stream = io.BytesIO()
    (image or pattern()).save(stream, kind, **options)
    return stream.getvalue()


WHOLE = {kind: encoded(kind) for kind in ("PNG", "JPEG", "WEBP")}


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(width: int, height: int, *chunks: bytes, depth: int = 8, colour: int = 2) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(chunks) + chunk(b"IEND", b"")


def packed(name: str, content: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(name, content)
    return stream.getvalue()


REFUSED = {
    "nothing": b"",
    "one byte": b"\x89",
    "text": "Ein Gesicht, eine Fläche".encode() * 50,
    "page": b"<!DOCTYPE html><html><body><img src=x onerror=alert(1)></body></html>",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" width="90" height="90"><rect width="9"/></svg>',
    "entities": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><svg>&b;</svg>',
    "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 90 90\nshowpage\n",
    "pdf": b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>",
    "gif": encoded("GIF"),
    "tiff": encoded("TIFF"),
    "bmp": encoded("BMP"),
    "icon": encoded("ICO"),
    "jpeg 2000": b"\x00\x00\x00\x0cjP  \r\n\x87\n" + bytes(90),
    "heic": b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(200),
    "avif": b"\x00\x00\x00\x18ftypavif\x00\x00\x00\x00mif1avif" + bytes(200),
    "zip": packed("face.png", WHOLE["PNG"]),
    "zip with a png before": b"GIF89a" + packed("face.png", WHOLE["PNG"]),
    "gif that is a jpeg behind": encoded("GIF") + WHOLE["JPEG"],
    "only the signature": b"\x89PNG\r\n\x1a\n",
    "jpeg of markers": b"\xff\xd8" + b"\xff\xe0\x00\x02" * 5000,
    "jpeg of fill": b"\xff\xd8" + b"\xff" * 100_000,
    "bomb": png(30_000, 30_000, chunk(b"IDAT", zlib.compress(bytes(100_000)))),
    "thin bomb": png(2**31 - 1, 1, chunk(b"IDAT", zlib.compress(bytes(1000)))),
    "negative": png(2**32 - 1, 2**32 - 1, chunk(b"IDAT", b"")),
    "no pixels": png(0, 0, chunk(b"IDAT", zlib.compress(b""))),
    "no data": png(SIDE, SIDE),
    "too little data": png(SIDE, SIDE, chunk(b"IDAT", zlib.compress(bytes(1000)))),
    "no such depth": png(SIDE, SIDE, chunk(b"IDAT", zlib.compress(bytes(9000))), depth=7),
    "bytes that aren't packed": png(SIDE, SIDE, chunk(b"IDAT", bytes(9000))),
    "text bomb": png(SIDE, SIDE, chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(90_000_000)))),
    "profile bomb": png(SIDE, SIDE, chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(90_000_000)))),
}


@pytest.mark.one_case
@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_picture_is_refused_soon_and_in_little_memory(name: str) -> None:
    tracemalloc.start()
    start = time.process_time()
    try:
        with pytest.raises(BadImageError) as caught:
            load_face(REFUSED[name], detect=False)
        assert tracemalloc.get_traced_memory()[1] < 100_000_000
    finally:
        tracemalloc.stop()
    assert time.process_time() - start < 2
    assert str(caught.value).endswith(".")
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("kind", WHOLE)
def test_no_truncated_file_is_taken_for_a_picture(kind: str) -> None:
    content = WHOLE[kind]
    for end in np.linspace(1, 0.9 * len(content), 60).astype(int):
        with pytest.raises(BadImageError):
            read_picture(content[:end])


@pytest.mark.parametrize("kind", WHOLE)
def test_what_hangs_behind_a_picture_is_dropped(kind: str) -> None:
    with_more = WHOLE[kind] + packed("run.exe", b"MZ" + bytes(500)) + b"<script>alert(1)</script>"
    np.testing.assert_array_equal(read_picture(with_more), read_picture(WHOLE[kind]))


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".txt", ""])
@pytest.mark.parametrize("kind", WHOLE)
def test_the_content_counts_and_not_the_name(kind: str, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"face{suffix}"
    path.write_bytes(WHOLE[kind])
    np.testing.assert_array_equal(read_picture(path), read_picture(WHOLE[kind]))


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_of_an_animation_the_first_frame_is_read(kind: str) -> None:
    later = [Image.new("RGB", (SIDE, SIDE), colour) for colour in ("red", "blue")]
    content = encoded(kind, save_all=True, append_images=later, duration=100, lossless=True)
    with Image.open(io.BytesIO(content)) as animation:
        assert getattr(animation, "n_frames", 1) == 3
    np.testing.assert_array_equal(read_picture(content), np.array(pattern()))


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")  # Pillow's own word
@pytest.mark.parametrize(
    "exif", [b"Exif\0\0", b"Exif\0\0MM\0*\xff\xff\xff\xff", b"Exif\0\0nothing that is known"]
)
@pytest.mark.parametrize("kind", WHOLE)
def test_broken_metadata_breaks_no_picture(kind: str, exif: bytes) -> None:
    options = {"quality": 75} if kind == "JPEG" else {"lossless": True}
    expected = read_picture(encoded(kind, **options))
    np.testing.assert_array_equal(read_picture(encoded(kind, exif=exif, **options)), expected)


def test_folders_and_pipes_are_no_pictures(tmp_path: Path) -> None:
    with pytest.raises(BadImageError, match="is a folder"):
        read_picture(tmp_path)


@given(st.binary(max_size=400), st.sampled_from([b"", *(content[:24] for content in WHOLE.values())]))
@settings(max_examples=150, deadline=20_000)
def test_any_bytes_are_answered(noise: bytes, start: bytes) -> None:
    with pytest.raises(BadImageError):
        read_picture(start + noise)


@pytest.mark.thorough
@given(st.data(), st.sampled_from(list(WHOLE)))
@settings(max_examples=250, deadline=20_000)
def test_a_picture_with_wrong_bytes_is_read_or_refused(data: st.DataObject, kind: str) -> None:
    content = bytearray(WHOLE[kind])
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=6)):
        content[place] = data.draw(st.integers(0, 255))
    with suppress(FacelibError):
        image = read_picture(bytes(content))
        assert image.dtype == np.uint8
        assert image.shape[2] == 3
