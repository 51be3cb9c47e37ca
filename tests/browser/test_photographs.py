"""A visitor brings a picture of her own: chosen or dropped, checked, changed, refused in words."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from explore import SOON, picture, swept
from geometry import box_of
from harness import BROWSER_OPTIONS, Visit, find_browser, wait_until
from PIL import Image
from playwright.sync_api import Browser, expect

pytestmark = pytest.mark.packages


@pytest.fixture
def photographs(quick_url: str, visit: Callable[..., Visit]) -> Visit:
    """The page, with the place for photographs open."""
    return opened(visit(quick_url))


def opened(one: Visit) -> Visit:
    """Wait for the first face, then show the place for photographs."""
    swept(one)
    one.click(one.page.get_by_role("button", name="Photograph", exact=True))
    expect(one.page.get_by_text("Eileen Collins")).to_be_visible(timeout=SOON)
    return one


def encoded(image: object, kind: str = "JPEG") -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.asarray(image)).save(buffer, kind)
    return buffer.getvalue()


PORTRAIT = encoded(skimage.data.astronaut()[:, ::-1])


def choose(one: Visit, file: Path) -> None:
    one.upload(one.page.locator(".facelib-tab-0 .facelib-drop-zone"), file)


def drop(one: Visit, file: Path) -> None:
    one.drop(one.page.locator(".facelib-tab-0 .facelib-drop-zone"), file)


def kept(folder: Path, name: str, content: bytes) -> Path:
    file = folder / name
    file.write_bytes(content)
    return file


def test_a_dropped_picture_is_shown_and_its_landmarks_checked(photographs: Visit, tmp_path: Path) -> None:
    before = photographs.canvas_bytes(picture(photographs, "before"))
    drop(photographs, kept(tmp_path, "mine.jpg", PORTRAIT))
    expect(photographs.page.get_by_text("mine.jpg, ")).to_be_visible(timeout=SOON)
    wait_until(lambda: photographs.canvas_bytes(picture(photographs, "before")) != before, 60, "the picture")
    photographs.click(photographs.page.get_by_role("button", name="Check the landmarks"))
    found = photographs.page.locator(".facelib-landmarks img")
    expect(found).to_be_visible()
    box = box_of(found)
    assert box["width"] > 200
    assert abs(box["width"] - box["height"]) < 2
    photographs.assert_clean()
    photographs.assert_local()


def test_what_is_no_picture_is_refused_before_it_is_sent(photographs: Visit, tmp_path: Path) -> None:
    message = photographs.page.locator(".facelib-drop-message")
    choose(photographs, kept(tmp_path, "notes.pdf", b"%PDF-1.7"))
    expect(message).to_have_text("notes.pdf isn't a picture in PNG, JPEG or WebP.")
    drop(photographs, kept(tmp_path, "huge.png", bytes(20_500_000)))
    expect(message).to_contain_text("20.5 MB; a picture may have 20 MB")
    choose(photographs, kept(tmp_path, "mine.jpg", PORTRAIT))
    expect(message).to_be_hidden()
    expect(photographs.page.get_by_text("mine.jpg, ")).to_be_visible(timeout=SOON)


def test_a_damaged_picture_and_one_without_a_face_are_told_in_the_panel(
    photographs: Visit, tmp_path: Path
) -> None:
    choose(photographs, kept(tmp_path, "broken.jpg", PORTRAIT[:3000]))
    expect(photographs.page.get_by_text("The picture is damaged")).to_be_visible(timeout=SOON)
    wall = np.random.default_rng(0).integers(100, 140, (200, 160, 3)).astype(np.uint8)
    choose(photographs, kept(tmp_path, "wall.png", encoded(wall, "PNG")))
    expect(photographs.page.get_by_text("No face was found")).to_be_visible(timeout=SOON)
    photographs.click(photographs.page.get_by_role("button", name="It is cropped already"))
    expect(photographs.page.get_by_text("wall.png, 160 × 200 px")).to_be_visible(timeout=SOON)
    expect(photographs.page.get_by_text("Its landmarks aren't known")).to_be_visible()


def test_the_place_for_pictures_works_with_the_keyboard(photographs: Visit) -> None:
    field = photographs.page.locator(".facelib-drop-input")
    with photographs.page.expect_file_chooser() as opened:
        photographs.press(field, "Enter")
    opened.value.set_files({"name": "mine.jpg", "mimeType": "image/jpeg", "buffer": PORTRAIT})
    expect(photographs.page.get_by_text("mine.jpg, ")).to_be_visible(timeout=SOON)


def test_the_camera_takes_a_picture_and_is_switched_off(
    quick_url: str, browser: Browser, tmp_path: Path
) -> None:
    film = tmp_path / "camera.mjpeg"  # what Chromium's pretended camera sees
    film.write_bytes(encoded(skimage.data.astronaut()) * 20)
    options = [
        *BROWSER_OPTIONS,
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    ]
    own = browser.browser_type.launch(executable_path=find_browser(), args=options)
    try:
        one = opened(Visit(own, quick_url))
        one.click(one.page.get_by_role("button", name="Use the camera"))
        video = one.page.locator(".facelib-drop-video")
        expect(video).to_be_visible()
        one.page.wait_for_function("document.querySelector('.facelib-drop-video').videoWidth > 0")
        one.click(one.page.get_by_role("button", name="Take the picture"))
        expect(one.page.get_by_text("camera, ")).to_be_visible(timeout=SOON)
        expect(video).to_be_hidden()
        expect(one.page.get_by_role("button", name="Use the camera")).to_be_visible()
        one.assert_clean()
        one.close()
    finally:
        own.close()
