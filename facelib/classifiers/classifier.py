"""An emotion classifier: pictures to features, features to logits, logits to probabilities."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Self

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from facelib.classifiers.alignment import Turned, five_points
from facelib.classifiers.card import Card
from facelib.classifiers.emotions import EMOTIONS, class_name, shortened
from facelib.classifiers.engines import Accelerated, Engine, fast
from facelib.classifiers.preparation import Boxes, Images, Parts, Preparation
from facelib.classifiers.scales import Scale
from facelib.classifiers.split import CHANNELS_FIRST, Layout
from facelib.errors import BadValueError, UnavailableError, check_kind
from facelib.models.devices import CPU, Device, as_device, is_automatic, onnx_providers

if TYPE_CHECKING:
    import pandas as pd

    from facelib.classifiers.checking import Check
    from facelib.faces import Face, Head
    from facelib.utilities.progress import Report, Stop

Logits = npt.NDArray[np.float32]

_PROXIES: Final = ("emotions", "scales")  # views, which can't be pickled
BLOCK: Final = 64  # pictures whose features are held at once where only logits are asked for


def single_threaded() -> None:
    """Let torch and OpenCV use one CPU core per thread, in this process and until it ends.

    For kernels and workers that share a machine: two processes with two threads each on two cores take
    twice as long as two with one, and single pictures are slower with two threads than with one.
    """
    torch.set_num_threads(1)
    cv2.setNumThreads(1)


def softmax(logits: npt.NDArray[np.floating]) -> Logits:
    """Return exp(z) / Σ exp(z) along the last axis."""
    _check_logits(logits)
    powers = np.exp(logits - logits.max(-1, keepdims=True))
    return np.asarray(powers / powers.sum(-1, keepdims=True), np.float32)


def normalised_sigmoid(logits: npt.NDArray[np.floating]) -> Logits:
    """Return σ(z) / Σ σ(z) along the last axis, for networks with one sigmoid per class."""
    _check_logits(logits)
    # log σ(z) = −log(1 + e^−z) stays exact where all sigmoids are tiny
    return softmax(-np.logaddexp(0.0, -logits.astype(np.float64)))


def sigmoid(logits: npt.NDArray[np.floating]) -> Logits:
    """Return σ(z), one probability for each output: several may be true at once, or none."""
    _check_logits(logits)
    return np.asarray(np.exp(-np.logaddexp(0.0, -logits.astype(np.float64))), np.float32)


def as_values(outputs: npt.NDArray[np.floating]) -> Logits:
    """Return outputs as they are: those of a regression."""
    _check_logits(outputs)
    return np.asarray(outputs, np.float32)


def _check_logits(logits: npt.NDArray[np.floating]) -> None:
    check_kind(logits, np.ndarray, "An array of logits (N, K)")
    if logits.dtype.kind not in "fiu" or logits.ndim == 0 or logits.shape[-1] == 0:
        msg = f"Logits are numbers, (N, K) with K ≥ 1 classes; got {logits.dtype} {logits.shape}."
        raise BadValueError(msg)


def _columns(labels: tuple[str, ...], emotions: Mapping[str, str | None]) -> dict[str, int]:
    """Return the column of every class: common emotions in the order of `EMOTIONS`, then all others."""
    known = {emotions[label]: column for column, label in enumerate(labels)}
    own = {label.strip(): column for column, label in enumerate(labels) if emotions[label] is None}
    named = {name if (name := class_name(label)) not in own else label: own[label] for label in own}
    others = {name: column for name, column in named.items() if name not in EMOTIONS}
    return {emotion: known[emotion] for emotion in EMOTIONS if emotion in known} | others


def _evaluate(part: nn.Module) -> None:
    """Set a network to evaluation, in which `torch.onnx.export` of one made of its parts doesn't leave it."""
    if any(module.training for module in part.modules()):
        part.eval()


class Classifier:
    """A network that names the emotion of a face, or something else that its labels say.

    It is in evaluation mode, holds no gradients, and may be used from several threads at once. Features are
    computed by an engine that is made of `body` when first asked for them; later changes of its weights
    don't reach the engine. `body` and `head` stay on the processor, whatever `device` is: the engine has
    copies of them.

    Parameters
    ----------
    id
        Name in the registry.
    body
        Prepared pictures (N, C, h, w) to the features that Grad-CAM reads, (N, D, h', w') if `layout` isn't
        another.
    head
        Features to logits (N, K); differentiable.
    labels
        The classifier's own names of its K outputs, in their order.
    emotions
        Own name to one of `facelib.classifiers.EMOTIONS`, or None where there is no such emotion. Where every
        one is None, the network isn't about emotions.
    preparation
        Picture and box to what `body` expects.
    card
        The model card.
    to_probabilities
        Logits (N, K) to probabilities (N, K).
    chunk
        How many pictures go through the engine at once; small chunks stay in the processor's cache.
    layout
        How features become maps.
    no_maps
        Why class activation maps can't be read, for people; "" if they can. `body` then gives the logits, and
        `head` passes them on.
    scales
        Label to the scale of its output, of all labels or none: then the outputs are values and no
        probabilities.
    """

    sends_pictures: bool = False
    """Whether pictures leave this machine to be read: functions of one's own may do so."""

    device: Device = CPU
    """Where it reads; see `on`."""

    def __init__(
        self,
        id: str,  # noqa: A002
        body: nn.Module,
        head: nn.Module,
        *,
        labels: Sequence[str],
        emotions: Mapping[str, str | None],
        preparation: Preparation,
        card: Card,
        to_probabilities: Callable[[Logits], Logits] = softmax,
        chunk: int = 4,
        layout: Layout = CHANNELS_FIRST,
        no_maps: str = "",
        scales: Mapping[str, Scale] = MappingProxyType({}),
    ) -> None:
        if scales and set(scales) != set(labels):
            msg = f"`scales` has every label of {id!r}: {', '.join(labels)}; got {', '.join(scales)}."
            raise BadValueError(msg)
        if set(emotions) != set(labels):
            msg = f"`emotions` has every label of {id!r}: {', '.join(labels)}; got {', '.join(emotions)}."
            raise BadValueError(msg)
        self.id = id
        self.labels = tuple(labels)
        self.emotions = MappingProxyType({label: emotions[label] for label in labels})
        self._columns = _columns(self.labels, emotions)
        self.preparation = preparation
        self.card = card
        self.chunk = chunk
        self.layout = layout
        self.no_maps = no_maps
        self.scales = MappingProxyType({label.strip(): scale for label, scale in scales.items()})
        self.body = body.eval().requires_grad_(requires_grad=False)
        self.head = head.eval().requires_grad_(requires_grad=False)
        self._to_probabilities = to_probabilities
        self._engine: Engine | Accelerated | None = None
        self._lock = threading.Lock()

    def where(self, device: str | Device | None = None) -> Device:
        """Return the device that `on` would take it to; errors are the same."""
        return as_device(device, self.device)

    def on(self, device: str | Device | None = None) -> Classifier:
        """Return the classifier on a device: itself if it is there, else another one with the same weights.

        Parameters
        ----------
        device
            "cpu", "cuda", "cuda:1", "mps", "auto", with " half" behind it for half precision; None: what the
            environment variable FACELIB_DEVICE says, else where it is (`facelib.models.devices.as_device`).

        Raises
        ------
        BadValueError
            It is no name of a device, or another one than the processor is named for a function or a table of
            scores, which run on no device of facelib's.
        UnavailableError
            The device isn't on this machine, or can't run this network.

        Examples
        --------
        >>> import facelib
        >>> clf = facelib.classifiers.load("known_unbiased")
        >>> clf.on("cpu") is clf
        True
        """
        place = self.where(device)
        if place == self.device:
            return self
        if place.accelerated and any(getattr(part, "in_onnxruntime", False) for part in self.body.modules()):
            try:
                onnx_providers(place)
            except UnavailableError:
                if is_automatic(device):
                    return self.on(CPU)
                raise
        other = copy.copy(self)
        other.device = place
        return other

    def __getstate__(self) -> dict[str, Any]:
        """Return what goes to another process: all but the engine, which is made there, and the lock."""
        return {name: value for name, value in vars(self).items() if name not in ("_engine", "_lock")} | {
            name: dict(getattr(self, name)) for name in _PROXIES
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, **{name: MappingProxyType(state.get(name, {})) for name in _PROXIES})
        self._engine, self._lock = None, threading.Lock()

    @property
    def costs(self) -> bool:
        """Whether reading costs money, or waits for its turn: so of some functions of one's own."""
        return False

    @property
    def how_asked(self) -> str:
        """How a function is asked, in words; "" of a network."""
        return ""

    @property
    def not_reproducible(self) -> str:
        """Why its numbers can't be had again; "" if they can."""
        return ""

    @property
    def input_size(self) -> int:
        """Side of the network's input, px."""
        return self.preparation.size

    @property
    def sigmoids(self) -> bool:
        """Whether each logit has a sigmoid of its own instead of one softmax for all."""
        return self._to_probabilities in (normalised_sigmoid, sigmoid)

    @property
    def multi_label(self) -> bool:
        """Whether each output is a probability of its own, so that they don't sum to one."""
        return self._to_probabilities is sigmoid

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes of tables and charts, one per output: the common emotions that it knows, then others.

        Common emotions stand in the order of `EMOTIONS`; what is none of them has the classifier's own name,
        and contempt its common one.
        """
        return tuple(self._columns)

    def index_of(self, label: str) -> int | None:
        """Return the column of one of `classes`, or None if this classifier doesn't know it."""
        return self._columns.get(label)

    def lack(self, label: str) -> str:
        """Say that it has no output for a class, and which it has; empty if it has one."""
        if self.index_of(label) is not None:
            return ""
        return f"{self.id} has no output for {label!r}; it knows {shortened(self.labels)}."

    def crop_boxes(
        self,
        boxes: npt.ArrayLike | None,
        image_size: tuple[int, int],
        points: npt.ArrayLike | None = None,
    ) -> Boxes:
        """Return the squares that the network sees of pictures of `image_size` (height, width).

        Of aligned faces, they are the upright boxes around the turned squares.

        Returns
        -------
        float64 (N, 4), px: N as in `boxes` or `points`, 1 for one of each or None.
        """
        parts = self.parts(boxes, image_size, points)
        return parts.bounds() if isinstance(parts, Turned) else parts.astype(np.float64)

    def parts(
        self,
        boxes: npt.ArrayLike | None,
        image_size: tuple[int, int],
        points: npt.ArrayLike | None = None,
    ) -> Parts:
        """Return what `crop_boxes` is about as it is cut: whole px (N, 4), or turned parts."""
        given = [(boxes, 1), (points, 2)]
        count = max(
            len(array) if (array := np.asarray(one)).ndim > single else 1
            for one, single in given
            if one is not None or single == 1
        )
        return self.preparation.parts(boxes, count, image_size, points)

    def prepare(
        self,
        images: Images,
        boxes: npt.ArrayLike | None = None,
        points: npt.ArrayLike | None = None,
    ) -> torch.Tensor:
        """Return the network's inputs, float32 (N, C, h, w).

        Parameters
        ----------
        images
            uint8 (N, H, W, 3), RGB.
        boxes
            (4,) or (N, 4), px: x1, y1, x2, y2; None if the whole picture is the face.
        points
            (5, 2) or (N, 5, 2), px, as `facelib.classifiers.five_points` returns them; needed, with boxes, by
            classifiers that see aligned faces. Those of the unchanged face serve all strengths.

        Raises
        ------
        BadValueError
            Shape or type is another, a box is outside its picture, or points are needed and not known.
        """
        return self.preparation(images, boxes, points)

    def features(
        self,
        images: Images,
        boxes: npt.ArrayLike | None = None,
        points: npt.ArrayLike | None = None,
    ) -> torch.Tensor:
        """Return the features that Grad-CAM reads, float32 (N, …) as `layout` says, without gradient.

        Chunks are shared out to as many threads as torch has been given. On an accelerator these prepare
        pictures while it reads others, and the features stay there.
        """
        return self._features(images, self.preparation.squares(images, boxes, points))

    def _features(self, images: Images, squares: Parts) -> torch.Tensor:
        engine, size = self.engine, self.batch

        def cut(start: int) -> torch.Tensor:
            part = slice(start, start + size)
            return self.preparation.cut(images[part], squares[part])

        def read(start: int) -> torch.Tensor:
            return engine(cut(start))

        starts = range(0, max(len(images), 1), size)
        threads = min(torch.get_num_threads(), len(starts))
        if threads < 2:
            return torch.cat([read(start) for start in starts])
        with ThreadPoolExecutor(threads) as pool:
            if self.device.accelerated:  # fed by this thread alone
                return torch.cat([engine(pictures) for pictures in pool.map(cut, starts)])
            return torch.cat(list(pool.map(read, starts)))

    @property
    def engine(self) -> Engine | Accelerated:
        """The engine that computes features of prepared pictures, fast and without gradient."""
        with self._lock:
            _evaluate(self.body)
            if self._engine is None:
                size = self.input_size
                noise = np.random.default_rng(0).integers(0, 256, (3, size, size, 3), np.uint8)
                example = self.prepare(noise)
                self._engine = (
                    Accelerated(self.body, self.head, self.device, example=example, name=self.id)
                    if self.device.accelerated
                    else fast(self.body, example)
                )
            return self._engine

    @property
    def batch(self) -> int:
        """How many pictures go through the engine at once: `chunk`, or what an accelerator has memory for."""
        engine = self.engine if self.device.accelerated else None
        return engine.batch if isinstance(engine, Accelerated) else self.chunk

    def ready(self) -> None:
        """Make the engine now, before several threads ask for it."""
        self.engine  # noqa: B018

    def for_pictures(self, *, of_heads: bool, stop: Stop | None = None) -> Self:  # noqa: ARG002
        """Return it as it reads such pictures; a function that sends them away may refuse photographs.

        Parameters
        ----------
        of_heads
            Whether all pictures are of rendered heads.
        stop
            Asked while a function waits; True ends the reading with `facelib.errors.Cancelled`.
        """
        return self

    def logits_of(self, faces: Sequence[Face]) -> Logits:
        """Return the logits of faces, float32 (N, K); their pictures may differ in size."""
        logits = []
        with torch.no_grad():
            for start in range(0, len(faces), batch := self.batch):
                some = faces[start : start + batch]
                pictures = [self.prepare(face.image[None], face.box, five_points(face)) for face in some]
                logits.append(np.asarray(self.logits_from(self.engine(torch.cat(pictures))).cpu()))
        return np.concatenate(logits)

    def logits_from(self, features: torch.Tensor) -> torch.Tensor:
        """Return the logits (N, K) of features, differentiable in them, where the classifier is."""
        engine = self.engine if self.device.accelerated else None
        _evaluate(self.head)
        logits: torch.Tensor = (
            engine.logits(features) if isinstance(engine, Accelerated) else self.head(features)
        )
        return logits

    def logits(
        self,
        images: Images,
        boxes: npt.ArrayLike | None = None,
        points: npt.ArrayLike | None = None,
    ) -> Logits:
        """Return the logits, float32 (N, K), before softmax or sigmoid; no features are kept."""
        squares, size = self.preparation.squares(images, boxes, points), max(BLOCK, self.batch)
        parts = [slice(start, start + size) for start in range(0, max(len(images), 1), size)]
        with torch.no_grad():
            read = [self.logits_from(self._features(images[part], squares[part])).cpu() for part in parts]
        return np.concatenate([np.asarray(one) for one in read])

    def probabilities(
        self,
        images: Images,
        boxes: npt.ArrayLike | None = None,
        points: npt.ArrayLike | None = None,
    ) -> Logits:
        """Return the probabilities, float32 (N, K), each row summing to one unless `multi_label`.

        Raises
        ------
        BadValueError
            Its outputs are values on `scales`: those are had by `values`.
        """
        if self.scales:
            label, scale = next(iter(self.scales.items()))
            msg = f"{self.id} gives values and no probabilities ({label}: {scale}): ask for its values."
            raise BadValueError(msg, hint="In Python: classifier.values(images, boxes).")
        return self.values(images, boxes, points)

    def values(
        self,
        images: Images,
        boxes: npt.ArrayLike | None = None,
        points: npt.ArrayLike | None = None,
    ) -> Logits:
        """Return the outputs on their scales, float32 (N, K): probabilities where there are no `scales`."""
        return self.probabilities_from(self.logits(images, boxes, points))

    # Its code and these words are part of the keys of stored studies.
    def probabilities_from(self, logits: Logits) -> Logits:
        """Return the probabilities that belong to logits."""
        return self._to_probabilities(logits)

    def read(
        self,
        faces: Face | Head | Sequence[Face | Head],
        *,
        skip_broken: bool = True,
        progress: bool | Report | None = None,
    ) -> pd.DataFrame:
        """Return every output for faces, heads or a `FaceSet`: one row per face and output.

        See `facelib.classifiers.reading.read`.

        Examples
        --------
        >>> import facelib
        >>> clf = facelib.classifiers.load("known_unbiased")
        >>> clf.read(facelib.Head(expression="happy")).nlargest(1, "probability")["label"].item()
        'happy'
        """
        from facelib.classifiers.reading import read

        return read(self, faces, skip_broken=skip_broken, progress=progress)

    def check(self) -> Check:
        """Compare the declared preparation and order of labels with others, on rendered heads.

        See `facelib.classifiers.checking.check`.
        """
        from facelib.classifiers.checking import check

        return check(self)

    def __repr__(self) -> str:
        return f"<Classifier {self.id}: {self.card.title}>"
