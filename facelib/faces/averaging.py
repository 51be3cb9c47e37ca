"""Average faces and composites of two: pictures are brought to one shape first, then they are mixed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal, get_args

import cv2
import numpy as np
import numpy.typing as npt

from facelib.editing.warp import coverage, field, grid, outline, resampled, unknown_landmarks
from facelib.errors import BadValueError
from facelib.face import Face
from facelib.faces.alignment import mean_shape, similarity_of
from facelib.head.geometry.landmarks import FIRST_IRIS, eyes_between, face_box
from facelib.utilities.checks import checked, whole

Doubles = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]
Background = Literal["average", "plain"]
Halves = Literal["top and bottom", "left and right"]

SMALLEST, LARGEST = 32, 2048  # sides of an average, px
BORDER: Final = 0.1  # how far from its border a picture counts in full, in its own side
BEYOND: Final = 1e-3  # what it counts beyond, where it goes on mirrored: nearly nothing
COARSE: Final = 0.75  # a picture that shrinks to less is shrunk by area first: no grain is left over
TIGHT: Final = 0.25  # quantile of how much the pictures show around the face that an average shows
PLAIN: Final = 128  # grey level of a plain background
WIDER: Final = 1.15  # how large what stands on it is, in outlines of the face: chin and brow are in it
NO_MEAN: Final = ("seed", "faces_found")  # numbers whose mean says nothing
BRIDGE: Final = (195, 5)  # landmarks on the ridge of the nose: half way down the face
SEAM: Final = 0.02  # of pixels between the halves of a composite, in heights or widths of the face
JOINT: Final = 0.12  # and of their shapes


def average(
    faces: Sequence[Face],
    size: int = 256,
    weights: Sequence[float] | None = None,
    *,
    background: Background = "average",
    group: str | None = None,
) -> Face:
    """Return the average of faces: the mean of their shapes, and of their pictures brought to that shape.

    Shapes meet by generalised Procrustes alignment (`facelib.faces.alignment.mean_shape`). Every picture is
    warped so that its landmarks lie on the mean shape; what is beyond the face, hair and ears, is only
    shifted, turned and scaled along, and blurs. Grey levels are averaged as they are, which are about even
    to the eye; in linear light, the lightest pictures would count most.

    Two passes are made, face by face: a lazy sequence is never in memory as a whole, but for 4 kB of
    landmarks per face.

    Parameters
    ----------
    faces
        Faces whose landmarks are known, one or more; something that can be gone through twice.
    size
        Side of the square picture, px. As much is seen around the face as in the pictures, of which few are
        tighter (a quarter): there, only the others count.
    weights
        One a face, 0 or more; None: all count alike. Of two faces, (1 − s, s) is a morph. The frame of the
        picture is that of all.
    background
        "average": what is behind the faces is averaged too. "plain": grey, outside the face's outline.
    group
        What the faces have in common, noted in the attributes.

    Returns
    -------
    Face
        Upright, with landmarks, eyes and box. Attributes: `n`, `group`, and those words that all have in
        common; numbers, such as the age, become their (weighted) mean.

    Raises
    ------
    BadValueError
        If there is no face, something else, an iterator, unknown landmarks, or odd weights.

    Examples
    --------
    >>> from facelib.faces import Head, render_heads
    >>> people = render_heads([Head(age=age, seed=age) for age in (30, 40, 50)], 128)
    >>> dict(average(people, 64, group="three people").attributes)["age"]
    40.0
    """
    side = whole(
        f"The size of an average is a whole number of px, {SMALLEST} … {LARGEST}", size, SMALLEST, LARGEST
    )
    if background not in get_args(Background):
        msg = f"The background is one of {', '.join(get_args(Background))}; got {background!r}."
        raise BadValueError(msg)
    shares = _weights(weights)
    landmarks, frames, common = [], [], _Common()
    for face in checked_faces(faces):
        landmarks.append(face.landmarks)
        frames.append((face.size[1] / 2, face.size[0] / 2, np.sqrt(face.size[0] * face.size[1])))
        common.add(face.attributes)
    share = np.ones(len(landmarks)) if shares is None else shares
    if len(share) != len(landmarks) or not len(share):
        said = "1 weight" if len(share) == 1 else f"{len(share)} weights"
        got = f"{said} for {len(landmarks)} faces" if landmarks else "no face"
        msg = f"An average is of one face or more, with one weight each; got {got}."
        raise BadValueError(msg)
    mean = mean_shape(np.array(landmarks), share)
    places = framed(mean, np.array(landmarks), np.array(frames), side)
    picture = mean_picture(faces, places, (side, side), share)
    if background == "plain":
        middle = places[outline()].mean(axis=0)
        shown = coverage(middle + WIDER * (places - middle), (side, side))
        picture = PLAIN + (picture - PLAIN) * shown[..., None]
    attributes = {"n": int((share > 0).sum()), "group": group} | common.values(share)
    return _face(picture, places, {name: value for name, value in attributes.items() if value is not None})


def checked_faces(faces: Any) -> Iterator[Face]:
    """Go through faces whose landmarks are known, one by one; anything else raises `BadValueError`.

    An iterator is refused: averages go through the faces twice.
    """
    if isinstance(faces, Face) or not hasattr(faces, "__iter__") or iter(faces) is faces:
        msg = (
            "Faces are a sequence that can be gone through twice, such as a list or a FaceSet: "
            f"list(faces) makes one; got {type(faces).__name__}."
        )
        raise BadValueError(msg)
    return _checked_one_by_one(faces)


def _checked_one_by_one(faces: Iterable[Any]) -> Iterator[Face]:
    for number, face in enumerate(faces):
        if not isinstance(face, Face):
            msg = (
                f"Averages are made of faces (facelib.faces.render_heads makes them of heads); number "
                f"{number} is {type(face).__name__}."
            )
            raise BadValueError(msg)
        if reason := unknown_landmarks(face):
            msg = f"Face number {number} can't be brought to the shape of others. {reason}"
            raise BadValueError(msg)
        yield face


def mean_picture(
    faces: Sequence[Face], places: Doubles, size: tuple[int, int], weights: npt.NDArray[np.floating]
) -> Floats:
    """Return the mean of pictures whose landmarks were brought to `places`, float32 (H, W, 3), grey levels.

    Parameters
    ----------
    faces
        n faces.
    places
        (478, 2) px, in the result.
    size
        Height and width of the result.
    weights
        (n,): faces of weight 0 are skipped.
    """
    total, count = np.zeros((*size, 3), np.float32), np.zeros(size, np.float32)
    for face, weight in zip(checked_faces(faces), weights, strict=True):
        if weight:
            picture, seen = brought(face, places, size)
            seen *= np.float32(weight)
            total += picture * seen[..., None]
            count += seen
    return total / count[..., None]


def brought(face: Face, places: Doubles, size: tuple[int, int]) -> tuple[npt.NDArray[np.uint8], Floats]:
    """Return a picture whose landmarks lie at `places`, and how much each of its pixels counts.

    Parameters
    ----------
    face
        Landmarks known.
    places
        (478, 2) px.
    size
        Height and width of the picture.

    Returns
    -------
    picture
        uint8 (H, W, 3).
    seen
        float32 (H, W): 1 where it comes from well within the face's picture, nearly 0 where from beyond.
    """
    image, marks = face.image, face.landmarks.astype(np.float64)
    scale = similarity_of(marks, places).size
    if scale < COARSE:
        wide, high = (max(round(side * scale), 1) for side in (image.shape[1], image.shape[0]))
        marks *= np.array([wide / image.shape[1], high / image.shape[0]])
        image = np.asarray(cv2.resize(image, (wide, high), interpolation=cv2.INTER_AREA), np.uint8)
    back = similarity_of(marks, places).inverse
    offsets = field(places, marks - back(places), size)
    start = np.asarray(back(grid(size)), np.float32)
    limits = np.array([image.shape[1], image.shape[0]], np.float32)
    source = start + offsets
    depth = np.minimum(source, limits - source).min(axis=-1) / (BORDER * limits.min())
    return resampled(image, offsets, start), np.clip(depth, BEYOND, 1.0, dtype=np.float32)


def framed(mean: Doubles, landmarks: Doubles, frames: Doubles, side: int) -> Doubles:
    """Return where the mean shape lies in a square picture that shows as much around it as others do, px.

    Parameters
    ----------
    mean
        (478, 2), of any size.
    landmarks
        (n, 478, 2) px.
    frames
        (n, 3) px: middle and side of the pictures; after alignment they make the frame.
    side
        Of the picture, px.
    """
    middles, sides = [], []
    for points, (x, y, extent) in zip(landmarks, frames, strict=True):
        to = similarity_of(points, mean)
        middles.append(to(np.array([x, y])))
        sides.append(to.size * extent)
    scale = side / float(np.quantile(sides, TIGHT))
    places: Doubles = side / 2 + (mean - np.median(middles, axis=0)) * scale
    return places


def composite(one: Face, other: Face, halves: Halves = "top and bottom", *, shift: float = 0.0) -> Face:
    """Return a composite of one half each of two faces: for teaching how faces are seen.

    Both keep their own shape and picture, but for a narrow joint where outline and features meet. One is
    brought to the place, size and tilt that the other has in its picture: the one that shows less around it.

    Parameters
    ----------
    one, other
        Landmarks known. Of "top and bottom", the top is of `one`; of "left and right", the person's own left.
    halves
        How the face is divided: across the ridge of the nose, or along the midline.
    shift
        0: aligned. The other half is shifted along the seam by so many widths (heights) of the face, −1 … 1:
        the usual control, in which two people are seen again.

    Raises
    ------
    BadValueError
        If landmarks aren't known, or for another word or shift.
    """
    if halves not in get_args(Halves):
        msg = f"Expected how a face is divided, one of {', '.join(get_args(Halves))}; got {halves!r}."
        raise BadValueError(msg)
    step = checked("a shift of the other half, in widths of the face,", shift, -1.0, 1.0)
    faces = tuple(checked_faces([one, other]))
    frame = max(faces, key=lambda face: np.ptp(face.landmarks[:FIRST_IRIS]) / max(face.size))
    size, base = frame.size, frame.landmarks.astype(np.float64)
    marks, places = (similarity_of(face.landmarks, base)(face.landmarks.astype(np.float64)) for face in faces)
    left, right = eyes_between(base.astype(np.float32))
    across = (left - right) / np.hypot(*(left - right))  # to the person's left
    down = np.array([-across[1], across[0]])
    way, along = (-down, across) if halves == "top and bottom" else (across, down)
    middle = marks[list(BRIDGE)].mean(axis=0)
    extent = float(np.ptp(marks[:FIRST_IRIS] @ way))
    offset = step * float(np.ptp(marks[:FIRST_IRIS] @ along)) * along
    goal = places + (marks - places) * _share((marks - middle) @ way / (JOINT * extent))[:, None]
    mine, theirs = (brought(face, goal, size)[0] for face in faces)
    if step:
        shift_map = np.column_stack([np.eye(2), offset])
        theirs = cv2.warpAffine(theirs, shift_map, size[::-1], borderValue=(PLAIN,) * 3)
        goal = goal + offset * (_share((goal - middle) @ way / (SEAM * extent)) < 0.5)[:, None]
    part = _share((grid(size) - middle) @ way / (SEAM * extent))[..., None]
    mixed = theirs + (mine.astype(np.float32) - theirs) * part
    names = [str(face.attributes.get("name", face.source)) for face in faces]
    return _face(mixed, goal, {"composite": f"{halves}: {names[0]}, {names[1]}"}).replace(box=frame.box)


def _share(beside: npt.NDArray[np.floating]) -> Doubles:
    """Return the share of the first half, 0 … 1, by how far things lie on its side of the seam, in seams."""
    return np.asarray(0.5 + 0.5 * np.tanh(2 * beside))


def _face(picture: npt.NDArray[np.floating], places: Doubles, attributes: Mapping[str, Any]) -> Face:
    points = places.astype(np.float32)
    image = np.rint(picture).clip(0, 255).astype(np.uint8)
    return Face(image, face_box(points), eyes_between(points), points, dict(attributes), source="edited")


def _weights(weights: Sequence[float] | None) -> Doubles | None:
    if weights is None:
        return None
    try:
        values = np.asarray(weights, np.float64)
    except (TypeError, ValueError):
        values = np.array([np.nan])
    if values.ndim != 1 or not (np.isfinite(values) & (values >= 0)).all() or not values.sum() > 0:
        msg = f"Weights are numbers of 0 or more, one per face, not all 0; got {weights!r}."
        raise BadValueError(msg)
    return values


class _Common:
    """Words that all faces have in common, and their numbers."""

    def __init__(self) -> None:
        self.words: dict[str, Any] | None = None
        self.numbers: dict[str, list[float]] = {}
        self.n = 0

    def add(self, attributes: Mapping[str, Any]) -> None:
        words = {name: value for name, value in attributes.items() if isinstance(value, str) and value}
        self.words = words if self.words is None else dict(self.words.items() & words.items())
        for name, value in attributes.items():
            number = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
            if number and name not in NO_MEAN:
                self.numbers.setdefault(name, []).append(float(value))
        self.n += 1

    def values(self, weights: Doubles) -> dict[str, Any]:
        means = {
            name: float(np.average(values, weights=weights))
            for name, values in self.numbers.items()
            if len(values) == self.n
        }
        return dict(sorted((self.words or {}).items())) | means
