"""One's own photograph in the Face panel: shown, checked, refused in words, and never kept."""

from __future__ import annotations

import html
import io
import re
from typing import Any

import numpy as np
import pytest
import skimage.data
from PIL import Image

from facelib import interventions, properties
from facelib.app.explorer.change_panel import ChangePanel, unfit_html
from facelib.app.explorer.face_panel import FacePanel
from facelib.app.explorer.photo_panel import PRIVACY, SIDE, boxed, marked, told
from facelib.app.explorer.state import Explorer
from facelib.app.widgets.dropzone import DropZone
from facelib.faces import Face, Head, load_face, read_picture, sample_photograph

pytestmark = [pytest.mark.packages, pytest.mark.usefixtures("single_threaded")]


def encoded(image: Any, kind: str = "JPEG") -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.asarray(image)).save(buffer, kind)
    return buffer.getvalue()


PORTRAIT = encoded(skimage.data.astronaut())


@pytest.fixture
def panel() -> FacePanel:
    return FacePanel(Explorer(("fer",), background=False))


def drop(panel: FacePanel, content: bytes, name: str = "mine.jpg") -> None:
    """Do what the browser does with a file that is dropped."""
    panel.photo.zone._on_msg(None, {"name": name}, [memoryview(content)])


def shown(widget: Any) -> bool:
    return bool(widget.layout.display != "none")


@pytest.mark.thorough
def test_a_dropped_picture_becomes_the_face(panel: FacePanel) -> None:
    panel.photo.zone.busy = True
    drop(panel, PORTRAIT)
    face = panel.explorer.face
    assert isinstance(face, Face)
    assert face.attributes["name"] == "mine.jpg"
    assert np.isfinite(face.landmarks).all()
    assert panel.source.value
    assert shown(panel.photo)
    assert not shown(panel.controls)
    height, width = read_picture(PORTRAIT).shape[:2]
    worked = f"the head is worked on at {face.size[1]} × {face.size[0]} px."
    assert (height, width) != face.size
    assert f"mine.jpg, {width} × {height} px; {worked}" in panel.photo.found.value
    assert PRIVACY in panel.photo.children[-1].value
    assert panel.messages.value == ""
    assert not panel.photo.zone.busy


@pytest.mark.thorough
def test_undo_goes_back_to_what_was_shown(panel: FacePanel) -> None:
    drop(panel, PORTRAIT)
    panel.explorer.undo()
    assert isinstance(panel.explorer.face, Head)
    assert not shown(panel.photo)


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "isn't a picture"),
        (b"GIF89a" + bytes(100), "isn't a picture"),
        (PORTRAIT[:2000], "damaged"),
        (encoded(np.zeros((20, 20, 3), np.uint8), "PNG"), "at least 32 px"),
    ],
)
def test_a_bad_file_is_refused_in_words_and_the_face_stays(
    panel: FacePanel, content: bytes, words: str
) -> None:
    before = panel.explorer.face
    panel.photo.zone.busy = True
    drop(panel, content)
    assert words in panel.messages.value.replace("&#x27;", "'")
    assert panel.explorer.face is before
    assert not panel.photo.zone.busy


@pytest.mark.thorough
def test_without_a_face_the_whole_picture_is_offered(panel: FacePanel) -> None:
    wall = np.random.default_rng(0).integers(100, 140, (200, 160, 3)).astype(np.uint8)
    drop(panel, encoded(wall, "PNG"))
    assert "No face was found" in panel.messages.value
    assert isinstance(panel.explorer.face, Head)
    assert shown(panel.photo.cropped)
    assert 'alt="no faces found in your picture"' in panel.photo.found_faces.value
    panel.photo.cropped.click()
    face = panel.explorer.face
    assert isinstance(face, Face)
    assert face.size == (200, 160)
    assert "landmarks aren't known" in panel.photo.found.value.replace("&#x27;", "'")
    assert not shown(panel.photo.check)
    drop(panel, PORTRAIT)
    assert not shown(panel.photo.cropped)
    assert "mine.jpg" in panel.photo.found.value
    drop(panel, encoded(wall, "PNG"))
    assert "photograph that was there before is still shown" in panel.photo.found.value
    assert "mine.jpg" not in panel.photo.found.value


@pytest.mark.thorough
def test_of_several_faces_each_can_be_chosen(panel: FacePanel) -> None:
    astronaut = skimage.data.astronaut()[:300, 80:380]
    head = Head(age=60, seed=3).render(300).image
    drop(panel, encoded(np.concatenate([astronaut, head], axis=1), "PNG"))
    assert shown(panel.photo.which)
    titles = [title for title, _ in panel.photo.which.options]
    assert titles == ["1 of 2", "2 of 2"]  # short: the menu is
    assert 'alt="2 faces found in your picture"' in panel.photo.found_faces.value
    first = panel.photo.which.value
    images = {}
    for place in (1 - first, first):
        panel.photo.which.value = place
        images[place] = panel.explorer.face.image
    assert images[0].shape != images[1].shape or (images[0] != images[1]).any()
    drop(panel, PORTRAIT)
    assert not shown(panel.photo.which)
    assert panel.photo.found_faces.value == ""
    assert "<summary>Whole picture</summary>" in panel.photo.whole.value  # folded: it is plain who is meant
    panel.photo.sample.click()
    assert panel.photo.whole.value == ""


@pytest.mark.thorough
def test_a_face_that_is_too_small_is_shown_where_it_was_found(panel: FacePanel) -> None:
    before = panel.explorer.face
    far = np.full((600, 800, 3), 120, np.uint8)
    far[200:264, 300:364] = Head(seed=2).render(64).image
    drop(panel, encoded(far, "PNG"))
    assert "px wide; at least 40 px" in panel.messages.value
    assert 'alt="1 face found in your picture"' in panel.photo.found_faces.value
    assert panel.explorer.face is before
    panel.photo.sample.click()
    assert panel.photo.found_faces.value == ""
    assert not shown(panel.photo.cropped)


def test_boxes_stand_where_the_faces_are() -> None:
    drawn = boxed(
        np.zeros((100, 200, 3), np.uint8), [np.array([20.0, 10, 60, 50]), np.array([120.0, 30, 160, 90])]
    )
    assert drawn.shape == (SIDE // 2, SIDE, 3)
    scale = SIDE / 200
    for x1, y1, x2, y2 in ((20, 10, 60, 50), (120, 30, 160, 90)):
        for x, y in ((x1, (y1 + y2) / 2), (x2, (y1 + y2) / 2), ((x1 + x2) / 2, y2)):
            assert drawn[round(y * scale), round(x * scale), 0] > 150


@pytest.mark.thorough
def test_landmarks_are_drawn_only_when_asked_for(panel: FacePanel) -> None:
    drop(panel, PORTRAIT)
    assert panel.photo.landmarks.value == ""
    panel.photo.check.value = True
    assert "<img" in panel.photo.landmarks.value
    assert "478 landmarks" in panel.photo.landmarks.value
    panel.photo.check.value = False
    assert panel.photo.landmarks.value == ""


def test_every_landmark_gets_its_dot_where_it_lies() -> None:
    face = sample_photograph()
    drawn = marked(face)
    sides = {(86, 180, 233): 234, (230, 159, 0): 454, (255, 255, 255): 152}  # right ear, left ear, chin
    places = {}
    for colour, landmark in sides.items():
        rows, columns = np.nonzero(np.abs(drawn.astype(int) - colour).sum(axis=2) < 12)
        seen = np.column_stack([columns, rows]) + 0.5
        expected = face.landmarks[landmark]
        places[landmark] = (seen, expected)
    # outermost dots of each colour: the picture shows the face enlarged, without turning it
    right, left = places[234][0][:, 0].min(), places[454][0][:, 0].max()
    scale = (left - right) / (face.landmarks[:, 0].max() - face.landmarks[:, 0].min())
    assert 2 < scale < 6
    chin = places[152][0][:, 1].max()
    below = (face.landmarks[152, 1] - face.landmarks[:, 1].mean()) * scale
    middle = drawn.shape[0] / 2
    assert abs(chin - (middle + below)) < 0.1 * drawn.shape[0]


@pytest.mark.thorough
def test_what_cannot_be_measured_is_said() -> None:
    turned = Head(pose=(30.0, 20.0, 0.0)).render(160).replace(source="photograph", attributes={})
    words = " ".join(told(turned))
    assert "turned by" in words
    assert "changes of symmetry need a frontal picture" in words
    assert "tilted up" in words
    small = load_face(np.asarray(Image.fromarray(Head().render(64).image)), detect=True)
    assert "px apart" in " ".join(told(small))
    name, age = told(sample_photograph())
    assert name == "Eileen Collins. NASA, public domain."
    values = properties.measure([sample_photograph()], ["estimated_age", "estimated_age_spread"]).iloc[0]
    assert age == (
        f"Networks read the age as {values['estimated_age']:.0f} years; "
        f"they disagree by {values['estimated_age_spread']:.0f}."
    )


@pytest.mark.thorough
def test_what_a_picture_does_not_allow_is_said_with_the_reason() -> None:
    """A turned face left a single change in the menu, and nobody said why."""
    turned = Head(pose=(33.0, 0.0, 0.0)).render(160).replace(source="photograph", attributes={})
    explorer = Explorer(("known_unbiased",), background=False)
    panel = ChangePanel(explorer)
    explorer.show(turned)
    offered = {value for _, value in panel.menu.options}
    words = html.unescape(panel.withheld.value)
    for item in interventions.ordered():
        if item.on != "heads" and not item.placebo and item.id not in offered:
            assert item.title in words
    assert re.search(r"Not on this picture: \d+ changes</summary>", words)
    assert "The head is turned by 3" in words
    assert "A picture nearer to the front is needed" in words
    assert unfit_html(sample_photograph()).count("<p>") < words.count("<p>")
    explorer.show(Head())
    assert panel.withheld.value == ""


@pytest.mark.thorough
def test_a_change_that_a_new_picture_does_not_allow_is_named() -> None:
    """Electrodes had become "electrodes taken off" without a word."""
    explorer = Explorer(("known_unbiased",), background=False)
    panel = ChangePanel(explorer)
    explorer.show(sample_photograph())
    explorer.choose(interventions.get("electrodes"))
    explorer.show(Head(pose=(33.0, 0.0, 0.0)).render(160).replace(source="photograph", attributes={}))
    assert explorer.intervention.id != "electrodes"
    words = html.unescape(panel.withheld.value)
    assert (
        "Another change is shown, as this picture doesn't allow sEMG electrodes. The head is turned" in words
    )
    explorer.show(sample_photograph())
    assert "Another change is shown" not in panel.withheld.value


def test_a_slight_turn_is_said_to_lower_the_symmetry() -> None:
    slight = Head(pose=(11.0, 0.0, 0.0)).render(160).replace(source="photograph", attributes={})
    assert "that alone lowers the measured symmetry" in " ".join(told(slight))
    frontal = Head().render(160).replace(source="photograph", attributes={})
    assert "turned by" not in " ".join(told(frontal))


def test_the_zone_hands_over_only_pictures() -> None:
    taken: list[tuple[str, bytes]] = []
    zone = DropZone(lambda name, content: taken.append((name, content)))
    for message, buffers in (("x", [b"1"]), ({"name": "a"}, []), ({"name": "b.png"}, [memoryview(b"12")])):
        zone._on_msg(None, message, buffers)
    assert taken == [("b.png", b"12")]
