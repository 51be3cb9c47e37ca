"""A class: what a page sends of anybody's own is refused by the kernel, whatever the page says."""

from __future__ import annotations

import copy
import io
import zipfile
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import numpy as np
import pytest
import skimage.data
from PIL import Image

from facelib import classifiers
from facelib.app import classroom
from facelib.app.explorer.photo_panel import PhotoPanel
from facelib.app.explorer.state import Explorer
from facelib.app.muscles.signals_panel import RecordingPanel
from facelib.app.muscles.state import Muscles
from facelib.app.studies.face_source import Whom
from facelib.app.studies.face_source_panel import WhomPanel
from facelib.app.studies.state import known_classifiers
from facelib.app.widgets.dropzone import DropZone
from facelib.faces import Head

pytestmark = [pytest.mark.packages, pytest.mark.usefixtures("single_threaded")]

QUICK = ("known_unbiased",)
TABLE = b"time,Zygomaticus_l\n" + b"".join(f"{k / 30},{k % 7}\n".encode() for k in range(300))


@pytest.fixture
def in_class(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv(classroom.VARIABLE, str(tmp_path))
    return tmp_path


def picture() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.asarray(skimage.data.astronaut())).save(buffer, "PNG")
    return buffer.getvalue()


def zipped(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("me.png", content)
    return buffer.getvalue()


def send(widget: widgets.Widget, content: Any, *buffers: bytes) -> None:
    """Do what a page, or who plays one, does with a message of its own to a widget."""
    data = {"method": "custom", "content": content}
    widget._handle_msg({"content": {"data": data}, "buffers": [memoryview(one) for one in buffers]})


def panels(sent: list[Any]) -> tuple[PhotoPanel, WhomPanel, RecordingPanel]:
    """All places where something of one's own can be given."""
    photo = PhotoPanel(Explorer(QUICK, background=False), lambda function: function)
    whom, recording = WhomPanel(Whom()), RecordingPanel(Muscles(models=QUICK, background=False))
    for panel in (photo, whom, recording):
        panel.zone.send = lambda content, buffers=None: sent.append(content)  # noqa: ARG005
    return photo, whom, recording


def give_all(photo: PhotoPanel, whom: WhomPanel, recording: RecordingPanel, *, parts: bool = True) -> None:
    for zone, name, content in (
        (photo.zone, "me.png", picture()),
        (whom.zone, "us.zip", zipped(picture())),
        (recording.zone, "my.csv", TABLE),
    ):
        half = len(content) // 2
        send(zone, {"name": name}, content)
        if not parts:
            continue
        send(zone, {"name": name, "place": 0, "parts": 2}, content[:half])
        send(zone, {"name": name, "place": 1, "parts": 2}, content[half:])


@pytest.mark.thorough
def test_elsewhere_all_of_it_is_taken() -> None:
    photo, whom, recording = panels([])
    give_all(photo, whom, recording, parts=False)
    assert not isinstance(photo.explorer.face, Head)
    assert whom.whom.photographs is not None
    assert recording.state.given is not None


@pytest.mark.thorough
def test_in_a_class_nothing_is_taken_and_the_page_is_told_why(in_class: Path) -> None:
    sent: list[Any] = []
    photo, whom, recording = panels(sent)
    for panel in (photo, whom, recording):
        assert panel.zone.closed == classroom.CLOSED
        panel.zone.set_state({"closed": "", "camera": True, "disabled": False})  # whoever plays the page
    give_all(photo, whom, recording)
    assert isinstance(photo.explorer.face, Head)
    assert whom.whom.photographs is None
    assert recording.state.given is None
    assert [message for message in sent if isinstance(message, dict) and "refused" in message] == [
        {"refused": classroom.CLOSED}
    ] * 9
    assert not list(in_class.iterdir())


def test_the_reason_names_its_source() -> None:
    for words in ("Article 5 (1) (f)", "education institutions", "2024/1689", "no legal advice"):
        assert words in classroom.CLOSED


def test_only_these_places_read_what_a_page_sends_in_bytes() -> None:
    """Another widget that takes files would be open in a class."""
    found = []
    for path in Path(classroom.__file__).parent.rglob("*.py"):
        text = path.read_text()
        if "FileUpload" in text or ("buffers[" in text and path.name != "dropzone.py"):
            found.append(path.name)
    assert not found
    assert "buffers[" in Path(DropZone._on_msg.__code__.co_filename).read_text()


@pytest.mark.usefixtures("in_class")
def test_in_a_class_only_networks_of_facelib_are_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classifiers.CLASSIFIERS, "_items", dict(classifiers.CLASSIFIERS._items))

    twin = copy.copy(classifiers.load("known_unbiased"))
    twin.id = "class_own"
    classifiers.register("class_own", twin)
    assert "class_own" in classifiers.available()
    assert "class_own" not in known_classifiers()
    assert "class_own" not in [model.id for model in Explorer(background=False).models]
    assert "class_own" not in Muscles(background=False).offered
