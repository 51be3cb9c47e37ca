"""Maps without gradients: parts of a picture are hidden, and the output is read again.

They work for every classifier, functions of one's own included, and have a price: `maps_price` says it before
it is paid.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, Literal, get_args

import cv2
import numpy as np
import numpy.typing as npt

from facelib.attribution.cam import column_of
from facelib.classifiers import Classifier
from facelib.classifiers.alignment import five_points
from facelib.classifiers.functions.function import FunctionClassifier
from facelib.classifiers.functions.terms import Estimate, Terms
from facelib.classifiers.preparation import check_images
from facelib.errors import BadValueError, UnknownNameError, check_kind
from facelib.face import of_heads
from facelib.faces import Face, Head
from facelib.utilities.checks import as_count, checked, whole
from facelib.utilities.progress import Report, Stop, check_stop, reporting

Maps = npt.NDArray[np.float32]
Images = npt.NDArray[np.uint8]
Pictures = Images | Face | Head | Sequence[Face | Head]
Method = Literal["occlusion", "rise"]

CELLS: Final = 7  # across the square that the classifier saw: as many as most Grad-CAM maps have (our choice)
MASKS: Final = 1000  # of RISE (our choice)
KEEP: Final = 0.5  # share of cells that a mask of RISE keeps (our choice)
SIDE: Final = 64  # points across a map of RISE (our choice)
BLOCK: Final = 32  # pictures that are read at once

_Hidden = Callable[[Images, npt.NDArray[np.int64], int], Images]


def maps_price(
    clf: Classifier,
    method: Method = "occlusion",
    pictures: int = 1,
    *,
    cells: int = CELLS,
    masks: int = MASKS,
) -> Estimate:
    """Return what maps of so many pictures will take, before they are computed.

    Parameters
    ----------
    clf
        The classifier; nothing is asked of it.
    method
        "occlusion", which reads cells² + 1 pictures for each, or "rise", which reads `masks`.
    pictures
        How many are explained.
    cells, masks
        As of `occlusion` and `rise`.

    Examples
    --------
    >>> import facelib
    >>> clf = facelib.classifiers.load("known_unbiased")
    >>> maps_price(clf, "occlusion").pictures, maps_price(clf, "rise", 21).pictures
    (50, 21000)
    """
    check_kind(clf, Classifier, "A classifier, as facelib.classifiers.load returns it,")
    if method not in get_args(Method):
        msg = f"There is no method {method!r}; known: {', '.join(get_args(Method))}."
        raise UnknownNameError(msg)
    each = _cells(cells) ** 2 + 1 if method == "occlusion" else _masks(masks)
    count = each * as_count(pictures, "The number of pictures", least=0)
    return clf.estimate(count) if isinstance(clf, FunctionClassifier) else Terms(batch=BLOCK).estimate(count)


def occlusion(
    clf: Classifier,
    images: Pictures,
    label: str,
    boxes: npt.ArrayLike | None = None,
    *,
    cells: int = CELLS,
    fill: float | None = None,
    at_most: int | None = None,
    progress: bool | Report | None = None,
    stop: Stop | None = None,
) -> Maps:
    """Return by how much the probability of a class falls when a part of the picture is hidden.

    The square that the classifier saw is cut into cells × cells, and one after the other is painted over
    (Zeiler and Fergus 2014, arXiv 1311.2901). A cell that speaks against the class has a negative value.

    Parameters
    ----------
    clf
        Any classifier.
    images
        uint8 (N, H, W, 3), RGB; or a face, a head, or several, whose boxes are known.
    label
        One of the classifier's `classes`.
    boxes
        (4,) or (N, 4), px, of arrays; None if the whole picture is the face.
    cells
        Across the square, 1 … 64.
    fill
        Grey level of what is hidden, 0 … 255; None: the mean colour of the square.
    at_most
        Pictures that may be read in all; needed where asking costs something (`maps_price`).
    progress
        True for a progress bar, or a function called with the `Progress`, which counts pictures.
    stop
        Asked between blocks of pictures; True ends the work.

    Returns
    -------
    float32 (N, cells, cells)
        Differences of probabilities, in [−1, 1], not scaled. `numpy.maximum(maps, 0)` goes into
        `region_evidence` and `overlay`.

    Raises
    ------
    BadValueError
        The classifier doesn't know the class, pictures or boxes aren't as they should be, or more pictures
        would be read than `at_most`.
    UnknownNameError
        There is no such class.
    Cancelled
        If `stop` answered True.

    Examples
    --------
    >>> import facelib
    >>> clf = facelib.classifiers.load("known_unbiased")
    >>> maps = occlusion(clf, facelib.Head(expression="happy"), "happy")
    >>> maps.shape, bool(maps[0, 4:, 2:5].max() > maps[0, :2].max())  # the mouth, the forehead
    ((1, 7, 7), True)
    """
    count = _cells(cells)
    level = _fill(fill)

    def hidden(image: Images, square: npt.NDArray[np.int64], number: int) -> Images:
        if not number:
            return image
        row, column = divmod(number - 1, count)
        xs, ys = (np.rint(np.linspace(square[k], square[k + 2], count + 1)).astype(int) for k in (0, 1))
        changed = image.copy()
        top, left = max(ys[row], 0), max(xs[column], 0)
        bottom, right = max(ys[row + 1], 0), max(xs[column + 1], 0)
        changed[top:bottom, left:right] = _colour(image, square, level)
        return changed

    price = maps_price(clf, "occlusion", 1, cells=count).pictures
    read = _read(
        clf, images, label, hidden, price, name="Occlusion", boxes=boxes, at_most=at_most, progress=progress,
        stop=stop,
    )  # fmt: skip
    return np.asarray((read[:, :1] - read[:, 1:]).reshape(-1, count, count), np.float32)


def rise(
    clf: Classifier,
    images: Pictures,
    label: str,
    boxes: npt.ArrayLike | None = None,
    *,
    masks: int = MASKS,
    cells: int = CELLS,
    keep: float = KEEP,
    fill: float | None = None,
    seed: int = 0,
    at_most: int | None = None,
    progress: bool | Report | None = None,
    stop: Stop | None = None,
) -> Maps:
    """Return the mean probability of a class where a point of the picture is seen, over random masks (RISE).

    A mask is a grid of cells × cells, each kept with probability `keep`, enlarged linearly and shifted at
    random. With M the masks and f the probability, S = Σ f(I ⊙ M) M / (N · keep) (Petsiuk, Das and Saenko
    2018, arXiv 1806.07421). All pictures are read with the same masks, so that their maps compare.

    Parameters
    ----------
    clf, images, label, boxes, fill, at_most, progress, stop
        As of `occlusion`.
    masks
        N, which is how many times each picture is read; noise falls with its root. 1 … 20,000.
    cells
        Across a mask, 1 … 64.
    keep
        Share of cells that are kept, strictly between 0 and 1.
    seed
        Of the masks.

    Returns
    -------
    float32 (N, 64, 64)
        At least 0, not scaled: about the mean probability of masked pictures, more where seeing it helps.

    Raises
    ------
    BadValueError, UnknownNameError, Cancelled
        As of `occlusion`.

    Examples
    --------
    >>> import facelib
    >>> clf = facelib.classifiers.load("known_unbiased")
    >>> rise(clf, facelib.Head(expression="happy"), "happy", masks=20).shape
    (1, 64, 64)
    """
    count = _masks(masks)
    level = _fill(fill)
    share = checked("the share of cells that are kept (keep)", keep, 0.01, 0.99)
    drawn = random_masks(count, _cells(cells), share, as_count(seed, "The seed", least=0))

    def hidden(image: Images, square: npt.NDArray[np.int64], number: int) -> Images:
        x1, y1, x2, y2 = square
        height, width = image.shape[:2]
        left, top, right, bottom = max(x1, 0), max(y1, 0), min(x2, width), min(y2, height)
        large = cv2.resize(drawn[number], (int(x2 - x1), int(y2 - y1)), interpolation=cv2.INTER_LINEAR)
        seen = large[top - y1 : bottom - y1, left - x1 : right - x1, None]
        changed, colour = image.copy(), _colour(image, square, level)
        part = changed[top:bottom, left:right]
        changed[top:bottom, left:right] = np.rint(seen * part + (1 - seen) * colour).astype(np.uint8)
        return changed

    read = _read(
        clf, images, label, hidden, count, name="RISE", boxes=boxes, at_most=at_most, progress=progress,
        stop=stop,
    )  # fmt: skip
    found = np.tensordot(read, drawn.astype(np.float64), 1) / (count * share)
    return np.asarray(found, np.float32)


def random_masks(count: int, cells: int, keep: float, seed: int) -> Maps:
    """Return the masks of RISE, float32 (count, 64, 64) in [0, 1].

    Examples
    --------
    >>> masks = random_masks(200, 7, 0.5, seed=0)
    >>> masks.shape, bool(abs(masks.mean() - 0.5) < 0.05)
    ((200, 64, 64), True)
    """
    rng = np.random.default_rng(seed)
    cell = -(-SIDE // cells)
    side = (cells + 1) * cell
    masks = np.empty((count, SIDE, SIDE), np.float32)
    for mask in masks:
        grid = (rng.random((cells, cells)) < keep).astype(np.float32)
        x, y = rng.integers(0, cell, 2)
        mask[...] = cv2.resize(grid, (side, side), interpolation=cv2.INTER_LINEAR)[y : y + SIDE, x : x + SIDE]
    return masks


def _read(
    clf: Classifier,
    given: Pictures,
    label: str,
    hidden: _Hidden,
    each: int,
    *,
    name: str,
    boxes: npt.ArrayLike | None,
    at_most: int | None,
    progress: bool | Report | None,
    stop: Stop | None,
) -> npt.NDArray[np.float64]:
    """Return the probability of a class in every changed picture, (N, each)."""
    check_kind(clf, Classifier, "A classifier, as facelib.classifiers.load returns it,")
    column = column_of(clf, label)
    images, corners, points, heads = _opened(given, boxes)
    check_price(clf, name, each * len(images), at_most)
    view = clf.for_pictures(of_heads=heads, stop=stop)
    read = np.empty((len(images), each))
    with reporting(progress, read.size, f"{name}, {clf.id}", unit="picture") as report:
        for place, image in enumerate(images):
            box = None if corners is None else corners[place]
            square = clf.crop_boxes(box, image.shape[:2], points[place])[0].astype(int)
            for numbers in _blocks(each):
                check_stop(stop)
                pictures = np.stack([hidden(image, square, number) for number in numbers])
                read[place, numbers] = view.probabilities(pictures, box, points[place])[:, column]
                report.at(place * each + numbers[-1] + 1)
    return read


def check_price(clf: Classifier, name: str, pictures: int, at_most: int | None) -> None:
    """Raise `BadValueError` if more pictures would be read than were agreed to, or none were at a price."""
    if at_most is not None:
        whole("`at_most` is a number of pictures, 1 or more", at_most, 1)
    if pictures <= (at_most or 0) or (at_most is None and not clf.costs):
        return
    price = f" {clf.estimate(pictures)}" if isinstance(clf, FunctionClassifier) else ""
    agreed = "no number was agreed to" if at_most is None else f"{at_most:,} were agreed to"
    msg = f"{name} would let {clf.id} read {pictures:,} pictures; {agreed}.{price}"
    raise BadValueError(msg, hint=f"In Python: at_most={pictures}.")


def _opened(
    given: Any, boxes: npt.ArrayLike | None
) -> tuple[Sequence[Images], Any, Sequence[npt.NDArray[np.float64] | None], bool]:
    """Return pictures, their boxes (None: all of each) and points, and whether all are of rendered heads."""
    listed = [given] if isinstance(given, Face | Head) else given
    if isinstance(listed, Sequence) and listed and all(isinstance(one, Face | Head) for one in listed):
        if boxes is not None:
            msg = "Faces have their boxes; `boxes` are for pictures that are arrays."
            raise BadValueError(msg)
        faces = [one.render() if isinstance(one, Head) else one for one in listed]
        heads = all(of_heads([face]) for face in faces)
        points = [five_points(face) for face in faces]
        return [face.image for face in faces], [face.box for face in faces], points, heads
    check_images(given)
    if boxes is None:
        return given, None, [None] * len(given), False
    corners = np.asarray(boxes, np.float64)
    if corners.shape not in ((4,), (len(given), 4)):
        msg = f"Boxes have shape (4,) or ({len(given)}, 4), one per picture; got {corners.shape}."
        raise BadValueError(msg)
    return given, np.broadcast_to(corners, (len(given), 4)), [None] * len(given), False


def _blocks(count: int) -> Iterator[range]:
    return (range(start, min(start + BLOCK, count)) for start in range(0, count, BLOCK))


def _colour(image: Images, square: npt.NDArray[np.int64], level: float | None) -> npt.NDArray[np.uint8]:
    """Return the colour that hides: a grey, or the mean of what the classifier saw of the picture."""
    if level is not None:
        return np.full(3, round(level), np.uint8)
    x1, y1, x2, y2 = np.maximum(square, 0)
    return np.asarray(np.rint(image[y1:y2, x1:x2].reshape(-1, 3).mean(0)), np.uint8)


def _cells(cells: object) -> int:
    return whole("A map has 1 … 64 cells across", cells, 1, SIDE)


def _masks(masks: object) -> int:
    return whole("RISE takes 1 … 20,000 masks", masks, 1, 20_000)


def _fill(fill: float | None) -> float | None:
    return None if fill is None else checked("a grey level (fill)", fill, 0, 255)
