"""Photographs in the Face panel: the sample, or one's own, and what was found in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import ipywidgets as widgets
import numpy as np
import numpy.typing as npt

from facelib.app.explorer.network_view import picture
from facelib.app.explorer.state import Explorer
from facelib.app.widgets.controls import Quiet, button, grid, hidden_while_empty, menu, paragraphs
from facelib.app.widgets.dropzone import DropZone
from facelib.errors import NoFaceError
from facelib.faces import Face, Head, find_faces, load_face, read_picture, sample_photograph
from facelib.head.geometry.landmarks import FIRST_IRIS

PRIVACY: Final = (
    "Your picture stays in the memory of this session and is gone when you close or reload the page. Nothing "
    "is written to disk, and nothing leaves the computer that facelib runs on."
)
STILL: Final = "The {kind} that was there before is still shown and worked on, not your new picture."
CHECK: Final = "Check the landmarks"
WHOLE: Final = "Whole picture"
SEEN_TURN: Final = 5  # degrees from which a turn is said: the measured symmetry falls with it (our choice)
SMALL: Final = 40  # px between the eyes below which a picture is said to be small (our choice)
SIDE: Final = 480  # px of the picture with the landmarks
AROUND: Final = 0.12  # what is shown around them, as a share of their extent


class PhotoPanel(widgets.VBox):
    """Shows a photograph, and what the networks found in it.

    Parameters
    ----------
    explorer
        The state that is changed.
    guarded
        Of the panel that it is in: shows what goes wrong there.
    """

    def __init__(self, explorer: Explorer, guarded: Callable[[Callable[..., Any]], Any]) -> None:
        self.explorer = explorer
        self._quiet = Quiet()
        self._content = b""
        self._name = ""
        self._mine: Face | None = None
        self._told: Face | None = None
        self.sample = button("Sample", "The astronaut Eileen Collins (NASA, public domain)")
        self.zone = DropZone(guarded(self.take))
        self.cropped = button("It is cropped already", "Take the whole picture as the face; no landmarks")
        self.which = menu(
            "Face", "Which of the faces in your picture: they are numbered there, from the left", ()
        )
        self.check = widgets.ToggleButton(description=CHECK, tooltip="Where the network sees the face")
        self.check.add_class("facelib-fold")
        self.found = widgets.HTML()
        self.found_faces = widgets.HTML()
        self.found_faces.add_class("facelib-landmarks")
        self.whole = widgets.HTML()
        self.whole.add_class("facelib-whole")
        self.landmarks = widgets.HTML()
        self.landmarks.add_class("facelib-landmarks")
        privacy = widgets.HTML(paragraphs(PRIVACY))
        privacy.add_class("facelib-hint")
        for part in (self.cropped, self.which):
            part.layout.display = "none"
        for text in (self.found_faces, self.found, self.whole, self.landmarks):
            hidden_while_empty(text)
        self.sample.on_click(guarded(lambda _button: self.explorer.show(sample_photograph())))
        self.cropped.on_click(guarded(lambda _button: self._load(self._content, detect=False)))
        self.which.observe(guarded(self._on_which), "value")
        self.check.observe(guarded(self.follow), "value")
        super().__init__(
            [
                self.zone,
                grid(self.sample, self.cropped),
                self.which,
                self.found_faces,
                self.found,
                self.whole,
                self.check,
                self.landmarks,
                privacy,
            ]
        )
        self.add_class("facelib-photo")

    def take(self, name: str, content: bytes) -> None:
        """Show the picture of these bytes; if no face is found it is offered whole."""
        self._content, self._name = content, name
        self.which.layout.display = self.cropped.layout.display = "none"
        self.found_faces.value = self.whole.value = ""
        image = read_picture(content)
        found = find_faces(image)
        areas = [one.area for one in found]
        largest = int(np.argmax(areas)) if len(found) > 1 else None
        try:
            self._load(image, which=largest)
        except NoFaceError:
            self.cropped.layout.display = ""
            self.found.value = paragraphs(STILL.format(kind=_kind(self.explorer.face)))
            raise
        finally:
            if largest is not None:  # another one may be large enough
                self._offer(len(found), largest)
            self._show_found(image, [one.box for one in found])

    def _offer(self, count: int, chosen: int) -> None:
        """Let one of several faces be chosen."""
        with self._quiet:
            self.which.options = [(f"{place + 1} of {count}", place) for place in range(count)]
            self.which.value = chosen
        self.which.layout.display = ""

    def _show_found(self, image: npt.NDArray[np.uint8], boxes: Sequence[npt.NDArray[np.float64]]) -> None:
        """Show the whole picture with the faces that were found, folded if it is plain which one is meant."""
        plain = len(boxes) == 1 and not self.cropped_is_offered
        words = f"{len(boxes) or 'no'} face{'' if len(boxes) == 1 else 's'} found in your picture"
        shown = picture(boxed(image, boxes), words)
        self.found_faces.value = "" if plain else shown
        self.whole.value = f"<details><summary>{WHOLE}</summary>{shown}</details>" if plain else ""

    @property
    def cropped_is_offered(self) -> bool:
        """Whether no usable face was found, and the picture can be taken as a whole."""
        return bool(self.cropped.layout.display != "none")

    def _load(self, source: bytes | npt.NDArray[np.uint8], **options: Any) -> None:
        image = read_picture(source)
        face = load_face(image, **options)
        known = {"name": self._name, "picture_size": image.shape[:2]}
        face = face.replace(attributes={**face.attributes, **known})
        self._mine = face
        with self.explorer.lock:
            self.explorer.show(face)

    def _on_which(self, event: Any) -> None:
        if not self._quiet and event["new"] is not None:
            self._load(self._content, which=event["new"])

    def follow(self, _change: object = None) -> None:
        """Show what was found in the photograph that the explorer holds."""
        face = self.explorer.face
        if face is not self._mine:  # what was offered belongs to a picture that isn't shown any more
            self.which.layout.display = self.cropped.layout.display = "none"
            self.found_faces.value = self.whole.value = ""
        if isinstance(face, Head):
            return
        if face is not self._told:
            self._told = face
            self.found.value = paragraphs(*told(face))
        known = bool(np.isfinite(face.landmarks[:FIRST_IRIS]).all())
        self.check.layout.display = "" if known else "none"
        shown = known and bool(self.check.value)
        self.landmarks.layout.display = "" if shown else "none"
        self.landmarks.value = (
            picture(marked(face), "the 478 landmarks as the network found them") if shown else ""
        )


def _kind(face: Face | Head) -> str:
    return "rendered face" if isinstance(face, Head) else "photograph"


def told(face: Face) -> list[str]:
    """Return sentences on what is known of a photograph, and what can't be done with it."""
    from facelib import properties
    from facelib.interventions.symmetry import FRONTAL

    size = face.attributes.get("picture_size", face.size)
    pixels = f"{size[1]} × {size[0]} px"
    if tuple(size) != face.size:
        pixels += f"; the head is worked on at {face.size[1]} × {face.size[0]} px"
    credit = face.attributes.get("credit")
    name = face.attributes.get("name")
    sentences = [f"{name}. {credit}." if credit else f"{name or 'Photograph'}, {pixels}."]
    if note := face.attributes.get("note"):
        sentences.append(str(note))
    if not np.isfinite(face.landmarks[:FIRST_IRIS]).all():
        sentences.append(
            "Its landmarks aren't known: symmetry, pose and movement can't be measured, and no part of the "
            "face can be moved."
        )
        return sentences
    apart = float(np.hypot(*(face.eyes[0] - face.eyes[1])))
    if apart < SMALL:
        sentences.append(f"The eyes are only {apart:.0f} px apart: fine changes can't be seen in it.")
    yaw, pitch = properties.measure([face], ["yaw", "pitch"])[["yaw", "pitch"]].to_numpy(float)[0]
    if SEEN_TURN < abs(yaw) <= FRONTAL:
        sentences.append(f"The head is turned by {abs(yaw):.0f}°: that alone lowers the measured symmetry.")
    if abs(yaw) > FRONTAL:
        sentences.append(
            f"The head is turned by {abs(yaw):.0f}°: changes of symmetry need a frontal picture."
        )
    if abs(pitch) > FRONTAL:
        way = "up" if pitch > 0 else "down"
        sentences.append(f"The head is tilted {way} by {abs(pitch):.0f}°: what is measured may be off.")
    names = ["estimated_age", "estimated_age_spread"]
    if not any(properties.PROPERTIES[name].reason for name in names):
        age, spread = properties.measure([face], names)[names].to_numpy(float)[0]
        if np.isfinite([age, spread]).all():
            sentences.append(f"Networks read the age as {age:.0f} years; they disagree by {spread:.0f}.")
    return sentences


def boxed(image: npt.NDArray[np.uint8], boxes: Sequence[npt.NDArray[np.float64]]) -> npt.NDArray[np.uint8]:
    """Return a whole picture, made small, with the boxes (4,) px of faces, numbered from the left."""
    import cv2

    scale = SIDE / max(image.shape[:2])
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    shown = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    for place, box in enumerate(boxes, start=1):
        x1, y1, x2, y2 = (round(float(edge) * scale) for edge in box)
        for colour, thickness in (((0, 0, 0), 4), ((230, 159, 0), 2)):
            cv2.rectangle(shown, (x1, y1), (x2, y2), colour, thickness, cv2.LINE_AA)
            at = (max(x1, 0) + 6, max(y1, 0) + 24)
            cv2.putText(shown, str(place), at, cv2.FONT_HERSHEY_SIMPLEX, 0.8, colour, thickness, cv2.LINE_AA)
    return np.asarray(shown, np.uint8)


def marked(face: Face) -> npt.NDArray[np.uint8]:
    """Return the face, cut out of its picture and enlarged, with a dot at every landmark, sides by colour."""
    import cv2

    from facelib.properties.mirror_pairs import LEFT, RIGHT

    low, high = face.landmarks.min(axis=0), face.landmarks.max(axis=0)
    half = (0.5 + AROUND) * (high - low).max()
    scale, start = SIDE / (2 * half), (low + high) / 2 - half
    matrix = np.array([[scale, 0, -scale * start[0]], [0, scale, -scale * start[1]]])
    matrix[:, 2] += 0.5 * scale - 0.5  # OpenCV counts from the middle of the first pixel
    shown = cv2.warpAffine(face.image, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR)
    left, right = set(LEFT), set(RIGHT)
    for place, (x, y) in enumerate((face.landmarks - start) * scale):
        colour = (230, 159, 0) if place in left else (86, 180, 233) if place in right else (255, 255, 255)
        at = (round(16 * (x - 0.5)), round(16 * (y - 0.5)))  # with 4 bits of a pixel
        cv2.circle(shown, at, 44, (0, 0, 0), -1, cv2.LINE_AA, 4)
        cv2.circle(shown, at, 30, colour, -1, cv2.LINE_AA, 4)
    return np.asarray(shown, np.uint8)
