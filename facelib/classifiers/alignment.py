"""Alignment: faces turned and scaled until their points lie where those of the training pictures lay.

A similarity transform (shift, turn, one scale) does it. The points are facelib's own landmarks; of a sweep,
those of the unchanged face serve all strengths, so that alignment doesn't undo what was changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal

import cv2
import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError
from facelib.head.geometry.landmarks import FIRST_IRIS, eyes_between

if TYPE_CHECKING:
    from facelib.face import Face

Floats = npt.NDArray[np.float64]
Images = npt.NDArray[np.uint8]
Align = Literal["none", "eyes", "five points"]
Template = tuple[tuple[tuple[float, float], ...], ...]

POINTS: Final[Mapping[str, int]] = MappingProxyType({"none": 0, "eyes": 2, "five points": 5})
"""How many of a face's five points each way of aligning looks at."""
NOSE_TIP: Final = 1
MOUTH_CORNERS: Final = (61, 291)
"""Landmarks: corner of the mouth on the person's right, and on the left."""

_SIDE: Final = 112  # px; the templates below are those of pictures of this side
_ARCFACE: Final = (
    (38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041),
)  # fmt: skip
_DDAMFN: Final = (
    ((55.550, 49.477), (62.116, 49.339), (38.075, 70.237), (55.017, 92.262), (61.466, 92.979)),
    ((47.241, 48.598), (72.887, 49.540), (40.555, 71.067), (47.423, 93.643), (71.236, 94.353)),
    ((33.566, 40.559), (78.321, 40.559), (55.338, 64.967), (38.479, 90.276), (73.591, 90.276)),
    ((39.516, 49.540), (65.162, 48.598), (71.849, 71.067), (41.167, 94.353), (64.980, 93.643)),
    ((50.225, 49.339), (56.791, 49.477), (74.266, 70.237), (50.875, 92.979), (65.317, 92.262)),
)


def _shares(*templates: Sequence[tuple[float, float]]) -> Template:
    return tuple(tuple((x / _SIDE, y / _SIDE) for x, y in template) for template in templates)


TEMPLATES: Final[Mapping[str, Template]] = MappingProxyType(
    {"arcface": _shares(_ARCFACE), "ddamfn": _shares(*_DDAMFN)}
)
"""Known templates of five points, as shares of the input's side.

"arcface": github.com/yakhyo/uniface, uniface/face_utils.py (``reference_alignment``). "ddamfn": five, for
faces turned left to right, of which the nearest is taken: github.com/SainingZhang/DDAMFN,
DDAMFN++/Retinaface_alignment_ver2.0/face_align_v2.0.py (``src1`` … ``src5``, ``estimate_norm``).
"""


def five_points(face: Face) -> Floats:
    """Return a face's five points for alignment: eyes, tip of the nose, corners of the mouth.

    An eye is the middle between its corners: it stays where it is as the gaze turns. Where the landmarks
    aren't known, the eyes are those that the detector found, and the rest is NaN.

    Parameters
    ----------
    face
        A face; of a rendered head, the points come from its mesh as its box does.

    Returns
    -------
    float64 (5, 2), px
        The person's right eye, left eye, tip of the nose, right corner of the mouth, left corner.

    Examples
    --------
    >>> from facelib.face import Face
    >>> face = Face(np.zeros((9, 9, 3), np.uint8), np.array([0.0, 0, 9, 9]), np.array([[6.0, 3], [2, 3]]))
    >>> five_points(face)[:3].tolist()
    [[2.0, 3.0], [6.0, 3.0], [nan, nan]]
    """
    marks = face.landmarks.astype(np.float64)
    known = np.isfinite(face.landmarks[:FIRST_IRIS]).all()
    left, right = eyes_between(face.landmarks) if known else face.eyes
    return np.stack([right, left, marks[NOSE_TIP], *marks[list(MOUTH_CORNERS)]])


def points_of(faces: Sequence[Face]) -> Floats:
    """Return the five points of several faces, float64 (N, 5, 2), px; see `five_points`."""
    return np.stack([five_points(face) for face in faces])


def similarity(points: npt.ArrayLike, template: npt.ArrayLike) -> Floats:
    """Return the similarity transform that takes points nearest to those of a template.

    Shift, turn and one scale of least squares, without mirroring (Umeyama 1991,
    doi.org/10.1109/34.88573, in two dimensions).

    Parameters
    ----------
    points, template
        (P, 2), P ≥ 2, in the same order.

    Returns
    -------
    float64 (2, 3)
        Of a point p as a column: A p + t, A the first two columns and t the third.

    Raises
    ------
    BadValueError
        Points aren't finite, or all of one set lie in one place: no transform follows from them.

    Examples
    --------
    >>> similarity([[0, 0], [2, 0]], [[1, 1], [1, 5]]).round(9) + 0.0
    array([[ 0., -2.,  1.],
           [ 2.,  0.,  1.]])
    """
    source, goal = np.asarray(points, np.float64), np.asarray(template, np.float64)
    if source.ndim != 2 or source.shape != goal.shape or source.shape[1:] != (2,) or len(source) < 2:
        msg = f"Points and template have one shape (P, 2), P ≥ 2; got {source.shape} and {goal.shape}."
        raise BadValueError(msg)
    if not (np.isfinite(source).all() and np.isfinite(goal).all()):
        msg = f"Points for alignment are finite; got {source.round(1).tolist()}."
        raise BadValueError(msg)
    from_middle, to_middle = source.mean(axis=0), goal.mean(axis=0)
    # as complex numbers, turn and scale are one factor
    p, q = ((x - middle) @ [1, 1j] for x, middle in ((source, from_middle), (goal, to_middle)))
    spread = float((p.conj() @ p).real)
    factor = complex(p.conj() @ q) / spread if spread > 1e-12 else 0j
    if not abs(factor) > 1e-9:
        msg = (
            f"Points for alignment lie apart and in the template's order; got {source.round(1).tolist()}, "
            "from which no turn and scale follow."
        )
        raise BadValueError(msg)
    turn = np.array([[factor.real, -factor.imag], [factor.imag, factor.real]])
    return np.column_stack([turn, to_middle - turn @ from_middle])


def nearest_similarity(points: Floats, templates: Sequence[npt.ArrayLike]) -> Floats:
    """Return the `similarity` of the template that the points come nearest to, by the sum of distances."""
    found = [similarity(points, template) for template in templates]
    away = [
        np.hypot(*(points @ one[:, :2].T + one[:, 2] - np.asarray(template)).T).sum()
        for one, template in zip(found, templates, strict=True)
    ]
    return found[int(np.argmin(away))]


@dataclass(frozen=True, eq=False)
class Turned:
    """Turned parts of pictures, one each, that a network sees.

    Attributes
    ----------
    matrices
        float64 (N, 2, 3): a place in the picture to its place in the crop, px, both counted from the middle
        of the first pixel, as OpenCV does.
    sizes
        int64 (N, 2): width and height of the crops, px, before they are resized to the network's input.
    """

    matrices: Floats
    sizes: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.matrices)

    def __getitem__(self, part: slice) -> Turned:
        return Turned(self.matrices[part], self.sizes[part])

    def __iter__(self) -> Iterator[tuple[Floats, tuple[int, int]]]:
        sizes = [(int(width), int(height)) for width, height in self.sizes]
        return zip(self.matrices, sizes, strict=True)

    def repeated(self, count: int) -> Turned:
        """Return one part for each of `count` pictures, where there is one for all."""
        return Turned(np.broadcast_to(self.matrices, (count, 2, 3)), np.broadcast_to(self.sizes, (count, 2)))

    def corners(self) -> Floats:
        """Return the corners of the parts in their pictures, float64 (N, 4, 2), px."""
        unit = np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
        crop = unit * self.sizes[:, None] - 0.5
        back = np.linalg.inv(self.matrices[:, :, :2])
        return (crop - self.matrices[:, None, :, 2]) @ back.swapaxes(1, 2) + 0.5

    def bounds(self) -> Floats:
        """Return the upright boxes around the parts, whole px, float64 (N, 4): x1, y1, x2, y2."""
        corners = self.corners()
        # a turn by nothing isn't widened by rounding
        low, high = np.floor(corners.min(axis=1) + 1e-6), np.ceil(corners.max(axis=1) - 1e-6)
        return np.concatenate([low, high], axis=1)

    def shares(self, places: npt.ArrayLike, number: int) -> Floats:
        """Return where places (M, 2), px of picture `number`, lie in its crop, as shares of its sides."""
        matrix = self.matrices[number]
        crop = (np.asarray(places, np.float64) - 0.5) @ matrix[:, :2].T + matrix[:, 2]
        return np.asarray((crop + 0.5) / self.sizes[number])


def cut_turned(image: Images, matrix: Floats, size: tuple[int, int]) -> Images:
    """Cut a turned part out of a picture; beyond the picture, its border is repeated."""
    how: dict[str, Any] = {"flags": cv2.INTER_LINEAR, "borderMode": cv2.BORDER_REPLICATE}
    return np.asarray(cv2.warpAffine(image, matrix, size, **how), np.uint8)


def level(squares: npt.NDArray[np.int64], points: Floats) -> Turned:
    """Return face boxes turned about their middles until the eyes stand level.

    Parameters
    ----------
    squares
        (N, 4), px: x1, y1, x2, y2, whole numbers.
    points
        (N, P, 2), px, P ≥ 2: the person's right eye, left eye …

    Raises
    ------
    BadValueError
        Both eyes of a face lie in one place.
    """
    across = points[:, 1] - points[:, 0]
    length = np.hypot(*across.T)
    if not (length > 1e-6).all():
        msg = f"Eyes lie apart: a face is turned by the line between them; got {points[:, :2].tolist()}."
        raise BadValueError(msg)
    cosine, sine = (across / length[:, None]).T
    turn = np.stack([np.stack([cosine, sine], -1), np.stack([-sine, cosine], -1)], axis=1)
    sizes = squares[:, 2:] - squares[:, :2]
    middles = (squares[:, :2] + squares[:, 2:]) / 2 - 0.5
    shift = (sizes - 1) / 2 - np.einsum("nij,nj->ni", turn, middles)
    return Turned(np.concatenate([turn, shift[:, :, None]], axis=2), sizes)


def onto(templates: Template, points: Floats, size: int, largest: int) -> Turned:
    """Return the parts whose points lie on a template.

    Parameters
    ----------
    templates
        One or several, of which the nearest is taken, in shares of the input's side.
    points
        (N, P, 2), px of the picture; taken as the programs that trained take theirs, in OpenCV's coordinates.
    size
        Side of the network's input, px.
    largest
        Longer side of the pictures, px. Where a pixel of the input is two of the picture or more, the crop
        has a multiple of its pixels, and each is the mean of some, as in crops that aren't turned.

    Raises
    ------
    BadValueError
        As for `similarity`.
    """
    goals = [np.asarray(template) * size for template in templates]
    matrices, sizes = [], []
    for one in points:
        matrix = nearest_similarity(one[: len(goals[0])], goals)
        scale = float(np.hypot(*matrix[:, 0]))
        times = int(np.clip(1 / scale, 1, max(1, 2 * largest // size)))
        matrices.append(times * matrix + [[0, 0, (times - 1) / 2]])
        sizes.append((times * size, times * size))
    return Turned(np.stack(matrices), np.array(sizes, np.int64))


def checked_points(points: npt.ArrayLike | None, needed: int, count: int, size: tuple[int, int]) -> Floats:
    """Return the five points of each picture, or raise `BadValueError`: what was expected, what came.

    Parameters
    ----------
    points
        (5, 2) for all pictures or (N, 5, 2), px.
    needed
        How many of the five have to be known.
    count, size
        Number of the pictures, and their height and width, px.

    Returns
    -------
    float64 (N, 5, 2)
    """
    if points is None:
        msg = "This classifier sees aligned faces, so it needs the points of each face; got only its box."
        hint = "In Python: classifier.read(face), or classifier.logits(images, boxes, five_points(face))."
        raise BadValueError(msg, hint=hint)
    try:
        given = np.asarray(points, np.float64)
    except (TypeError, ValueError):
        given = np.empty(0)
    if given.shape not in ((5, 2), (count, 5, 2)):
        msg = f"Points have shape (5, 2) or ({count}, 5, 2), one set per picture; got {given.shape}."
        raise BadValueError(msg)
    used = given[..., :needed, :]
    if not np.isfinite(used).all():
        what = "eyes" if needed == 2 else "eyes, nose and corners of the mouth"
        msg = (
            f"The face is aligned by its {what}, and they aren't known. Photographs get them from the "
            "landmark network; pictures that are cropped and aligned already need no alignment."
        )
        hint = 'Run facelib models fetch once, then load_face; or declare Preparation(…, align="none").'
        raise BadValueError(msg, hint=hint)
    room = np.array(size[::-1], np.float64)
    if (used < -room).any() or (used > 2 * room).any():
        msg = f"Points lie in or near the picture ({size[1]} × {size[0]} px); got {used.tolist()}."
        raise BadValueError(msg)
    return np.broadcast_to(given, (count, 5, 2))


def as_template(template: object, align: str) -> Template | None:
    """Return a template as numbers, or raise `BadValueError`; a name is looked up in `TEMPLATES`."""
    if template is None:
        if align == "five points":
            msg = (
                "Five points are taken to a template: one of the names "
                f"{', '.join(map(repr, TEMPLATES))}, or the places of your own in shares of the input's side."
            )
            raise BadValueError(msg)
        return None
    if align == "none":
        msg = f'A template is of align="eyes" or align="five points"; got {template!r:.60} with align="none".'
        raise BadValueError(msg)
    if isinstance(template, str):
        if template not in TEMPLATES:
            msg = f"There is no template {template!r:.60}; known: {', '.join(TEMPLATES)}."
            raise BadValueError(msg)
        numbers = np.asarray(TEMPLATES[template])[:, : POINTS[align]]
    else:
        try:
            numbers = np.asarray(template, np.float64)
        except (TypeError, ValueError):
            numbers = np.empty(0)
        numbers = numbers[None] if numbers.ndim == 2 else numbers
    many = POINTS[align]
    if numbers.ndim != 3 or numbers.shape[1:] != (many, 2) or not 1 <= len(numbers) <= 16:
        msg = f"A template of {align} has shape ({many}, 2) or (T, {many}, 2); got {numbers.shape}."
        raise BadValueError(msg)
    if not np.isfinite(numbers).all() or (np.abs(numbers - 0.5) > 1.5).any():
        msg = (
            "A template's places are shares of the input's side, −1 … 2: places in px are divided by the "
            f"side of the picture that they are of (112 for ArcFace); got {numbers.tolist()!s:.80}."
        )
        raise BadValueError(msg)
    if align == "eyes" and len(numbers) > 1:
        msg = f"Two eyes fit every template, so one is needed; got {len(numbers)}. Several need five points."
        raise BadValueError(msg)
    if (np.ptp(numbers, axis=1).max(axis=1) < 0.05).any():
        msg = f"A template's places lie apart, by .05 of the side or more; got {numbers.tolist()!s:.80}."
        raise BadValueError(msg)
    return tuple(tuple((float(x), float(y)) for x, y in one) for one in numbers)


def in_words(align: str, template: Template | None) -> str:
    """Say how faces are aligned, as on a card; "" if they aren't.

    >>> in_words("five points", TEMPLATES["arcface"])
    'aligned by five points (arcface)'
    """
    if align == "none":
        return ""
    if template is None:
        return "turned until the eyes stand level"
    name = next(
        (
            name
            for name, known in TEMPLATES.items()
            if template == tuple(one[: POINTS[align]] for one in known)
        ),
        "own template",
    )
    return f"aligned by {'both eyes' if align == 'eyes' else align} ({name})"
