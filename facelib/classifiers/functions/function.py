"""A classifier that is a function of one's own: pictures to probabilities, without features and gradients."""

from __future__ import annotations

import copy
import hashlib
import marshal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from facelib.classifiers.card import Card
from facelib.classifiers.classifier import Classifier, Logits
from facelib.classifiers.functions.answers import checked_rows, row_faults
from facelib.classifiers.functions.book import Account, Book
from facelib.classifiers.functions.calling import LOOK, call, pause
from facelib.classifiers.functions.terms import Estimate, Terms
from facelib.classifiers.preparation import Images, Preparation, Squares, check_images
from facelib.errors import BadValueError, FunctionError, UnavailableError
from facelib.models.devices import Device, refuse_accelerator
from facelib.utilities.progress import Stop, check_stop

if TYPE_CHECKING:
    from facelib.classifiers.checking import Check
    from facelib.classifiers.engines import Engine
    from facelib.face import Face

Function = Callable[..., Any]
"""Crops (N, h, w, C), or whole pictures (N, H, W, 3) and boxes (N, 4), to probabilities (N, K)."""

SMALLEST: Final = 1e-12  # probabilities below it are taken for it: their logarithm is the logit
LONGEST_PAUSE: Final = 60.0  # seconds between two retries
NO_MAPS: Final = "it is a function, through which no gradient flows"
NOWHERE: Final = "a function's own code says where it computes, so it runs on no device of facelib's"
NOT_REPRODUCIBLE: Final = (
    "another machine answers ({host}, model {version}), whose model may change and whose answers may differ "
    "from call to call"
)
REFUSED: Final = (
    "{id} sends pictures to {host}, and takes rendered heads only: {these}. Photographs leave this machine "
    "only if the function was made with photographs=True, which needs the consent of those shown."
)

Rows = npt.NDArray[np.float64]


@dataclass(frozen=True)
class WholePicture(Preparation):
    """Whole pictures as they are, RGB, 0 … 255, and the face's box, which a function uses as it likes.

    Examples
    --------
    >>> WholePicture().describe()
    'whole pictures, RGB, 0 … 255, with the face box'
    """

    size: int = 224  # of pictures that show what it sees
    colour: Any = "rgb"
    mean: Any = 0.0
    std: Any = 1.0

    def describe(self) -> str:
        """Say in words what the function sees."""
        return "whole pictures, RGB, 0 … 255, with the face box"

    def _squares(self, boxes: npt.ArrayLike | None, count: int, height: int, width: int) -> Squares:
        """Return the whole picture for each, int64 (N, 4), px; boxes are checked all the same."""
        super()._squares(boxes, count, height, width)
        return np.broadcast_to(np.array([0, 0, width, height]), (count, 4))


class FunctionClassifier(Classifier):
    """A classifier that asks a function; `facelib.classifiers.own` makes it.

    One call runs at a time in a process. Its logits are the logarithms of the probabilities.

    Parameters
    ----------
    id, labels, emotions, card
        As of every classifier.
    function
        What is asked; see `Function`.
    terms
        How it is asked.
    preparation
        What it sees; `WholePicture`: whole pictures, and boxes as a second argument.
    """

    def __init__(
        self,
        id: str,  # noqa: A002
        function: Function,
        terms: Terms,
        *,
        labels: Sequence[str],
        emotions: Mapping[str, str | None],
        preparation: Preparation,
        card: Card,
    ) -> None:
        super().__init__(
            id,
            nn.Identity(),
            nn.Identity(),
            labels=labels,
            emotions=emotions,
            preparation=preparation,
            card=card,
            no_maps=NO_MAPS,
        )
        self.function = function
        self.terms = terms
        self.sends_pictures = terms.sends_pictures
        self.book = Book(
            f"{id}|{terms.host}", Path(terms.cache) if isinstance(terms.cache, str | Path) else None
        )
        self._of_heads = False
        self._stop: Stop | None = None
        self.function_code = code_of(function)

    def __getstate__(self) -> dict[str, Any]:
        return super().__getstate__() | {"_of_heads": False, "_stop": None}

    @property
    def whole(self) -> bool:
        """Whether it sees whole pictures and boxes, instead of crops."""
        return isinstance(self.preparation, WholePicture)

    @property
    def identity(self) -> tuple[object, ...]:
        """What its answers depend on besides its code: where it asks, which model, what it is shown."""
        asked = (self.terms.host, self.terms.version, self.terms.asked)
        return (self.id, *asked, self.labels, type(self.preparation).__name__, repr(self.preparation))

    @property
    def how_asked(self) -> str:
        """How it is asked, in words, as it stands in provenance."""
        return f"{'whole pictures with boxes' if self.whole else 'crops'}, {self.terms.describe()}"

    @property
    def not_reproducible(self) -> str:
        """Why its answers can't be had again; "" if they can, as far as that is known."""
        terms = self.terms
        return NOT_REPRODUCIBLE.format(host=terms.host, version=terms.version) if terms.sends_pictures else ""

    @property
    def costs(self) -> bool:
        """Whether asking it costs money, or time that a limit of calls sets."""
        terms = self.terms
        return bool(terms.sends_pictures or terms.price or terms.per_minute)

    def estimate(self, pictures: int) -> Estimate:
        """Return what reading so many different pictures takes: calls, cost, and time by the limit of calls.

        Examples
        --------
        >>> from facelib.classifiers import own
        >>> def even(pictures, boxes):
        ...     return [[0.5, 0.5]] * len(pictures)
        >>> asked = own(even, labels=["cat", "dog"], batch=8, price=0.01)
        >>> asked.estimate(20).calls, asked.estimate(20).cost
        (3, 0.2)
        """
        return self.terms.estimate(pictures, self.book.account().cost)

    def account(self) -> Account:
        """Return calls and cost so far, of all processes of the session, and the spread between draws."""
        return self.book.account()

    def for_pictures(self, *, of_heads: bool, stop: Stop | None = None) -> Self:
        """Return it as it reads such pictures, for this reading alone.

        Parameters
        ----------
        of_heads
            Whether all pictures are of rendered heads.
        stop
            Asked while it waits; True ends the reading with `Cancelled`.

        Raises
        ------
        BadValueError
            They are photographs, and it mayn't send them away.
        """
        self._admit(of_heads, "these are photographs, or it isn't known what they show")
        found = copy.copy(self)
        found._lock, found._of_heads, found._stop = self._lock, of_heads, stop
        return found

    def where(self, device: str | Device | None = None) -> Device:
        """Return where it is: a function decides by itself where it computes.

        Raises
        ------
        BadValueError
            An accelerator is named.
        """
        refuse_accelerator(device, self._name, NOWHERE)
        return self.device

    def _admit(self, of_heads: bool, these: str) -> None:
        if self.terms.sends_pictures and not (of_heads or self.terms.photographs):
            raise BadValueError(REFUSED.format(id=self.id, host=self.terms.host, these=these))

    @property
    def engine(self) -> Engine:
        """There is none."""
        msg = f"{self.id} has no engine: {NO_MAPS}."
        raise UnavailableError(msg)

    def ready(self) -> None:
        """Do nothing: it is ready."""

    def features(
        self,
        images: Images,
        boxes: npt.ArrayLike | None = None,
        points: npt.ArrayLike | None = None,  # noqa: ARG002 - crops are upright
    ) -> torch.Tensor:
        """Return the logits (N, K): it has no other features."""
        return torch.from_numpy(self.logits(images, boxes))

    def logits_of(self, faces: Sequence[Face]) -> Logits:
        """Return the logits of faces, float32 (N, K); their pictures may differ in size."""
        view = self.for_pictures(of_heads=all(face.source == "rendered" for face in faces), stop=self._stop)
        sizes = {face.size for face in faces}
        found = np.empty((len(faces), len(self.labels)), np.float32)
        for size in sizes:
            places = [place for place, face in enumerate(faces) if face.size == size]
            images = np.stack([faces[place].image for place in places])
            found[places] = view.logits(images, np.stack([faces[place].box for place in places]))
        return found

    def logits(
        self,
        images: Images,
        boxes: npt.ArrayLike | None = None,
        points: npt.ArrayLike | None = None,  # noqa: ARG002 - crops are upright
    ) -> Logits:
        """Return the logarithms of the probabilities, float32 (N, K).

        Raises
        ------
        FunctionError
            It raised, hung, or opened a connection that it may not.
        BadAnswerError
            It didn't answer with probabilities; answers to other pictures are kept.
        BudgetError
            The budget is spent.
        BadValueError
            It sends pictures away, and these may be photographs: of arrays that isn't known.
        """
        check_images(images)
        self._admit(self._of_heads, "of arrays it isn't known what they show (`read` takes heads)")
        if not len(images):
            return np.empty((0, len(self.labels)), np.float32)
        given = self._given(images, boxes)
        rows = np.stack([self._draw(given, number) for number in range(self.terms.asked)])
        if len(rows) > 1:
            self.book.note_spread(rows.std(0, ddof=1).mean(1))
        return np.asarray(np.log(np.maximum(rows.mean(0), SMALLEST)), np.float32)

    def check(self) -> Check:
        """Compare the order of labels with others, on rendered heads: it is asked for 56 pictures at most.

        See `facelib.classifiers.checking.check_labels`.
        """
        from facelib.classifiers.checking import check_labels

        return check_labels(self)

    def _given(self, images: Images, boxes: npt.ArrayLike | None) -> tuple[npt.NDArray[Any], ...]:
        """Return what the function is given for all pictures."""
        count, height, width = images.shape[:3]
        squares = self.preparation.squares(images, boxes)
        if self.whole:
            corners = np.asarray((0, 0, width, height) if boxes is None else boxes, np.float64)
            return images, np.broadcast_to(corners, (count, 4))
        crops = self.preparation.cut(images, squares).permute(0, 2, 3, 1).contiguous().numpy()
        plain = not np.any(self.preparation.mean) and np.all(np.asarray(self.preparation.std) == 1)
        return (crops.astype(np.uint8) if plain else crops,)

    def _draw(self, given: tuple[npt.NDArray[Any], ...], number: int) -> Rows:
        """Return the answers of one draw, (N, K): those that are kept, and the others asked for."""
        count = len(given[0])
        if self.terms.cache is False:
            found: dict[Any, Rows] = {}
            keys: list[Any] = list(range(count))
        else:
            keys = [self._key(number, [part[place] for part in given]) for place in range(count)]
            found = dict(self.book.answers(dict.fromkeys(keys), len(self.labels)))
        first: dict[Any, int] = {}
        for place, key in enumerate(keys):
            first.setdefault(key, place)
        wanted = [place for key, place in first.items() if key not in found]
        for start in range(0, len(wanted), self.terms.batch):
            places = wanted[start : start + self.terms.batch]
            rows, faults = self._ask(given, places)
            sound = {keys[place]: rows[at] for at, place in enumerate(places) if at not in faults}
            found |= sound
            if sound and self.terms.cache is not False:
                self.book.keep(sound)
            if faults:
                raise row_faults(faults, self._name, places, count)
        return np.stack([found[key] for key in keys])

    def _ask(self, given: tuple[npt.NDArray[Any], ...], places: Sequence[int]) -> tuple[Rows, dict[int, str]]:
        """Ask for some pictures, again where that fails; return rows and what is wrong in them."""
        for attempt in range(retries := self.terms.retries or 0, -1, -1):
            if attempt < retries:
                pause(min(2.0 ** (retries - attempt - 1), LONGEST_PAUSE), self._stop)
            try:
                rows, faults = self._once(given, places)
            except FunctionError:
                if not attempt:
                    raise
                continue
            if not (faults and attempt):
                return rows, faults
        raise AssertionError  # the last attempt returns or raises

    def _once(
        self, given: tuple[npt.NDArray[Any], ...], places: Sequence[int]
    ) -> tuple[Rows, dict[int, str]]:
        with self._alone():
            wait = self.book.reserve(len(places), self.terms)
            try:
                pause(wait, self._stop)
            except BaseException:
                self.book.release(len(places), self.terms)
                raise
            answer = call(
                self.function,
                tuple(part[list(places)] for part in given),  # copies: the function may write into them
                name=self._name,
                seconds=self.terms.seconds,
                sends=self.terms.sends_pictures,
                stop=self._stop,
            )
        return checked_rows(answer, len(places), self.labels, self._name)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the function for one call: few functions may be called by two threads at once."""
        while not self._lock.acquire(timeout=LOOK if self._stop else -1):
            check_stop(self._stop)
        try:
            yield
        finally:
            self._lock.release()

    @property
    def _name(self) -> str:
        return f"The function {name_of(self.function)}"

    def _key(self, draw: int, parts: Sequence[npt.NDArray[Any]]) -> bytes:
        content = hashlib.sha256(repr((self.identity, self.function_code, draw)).encode())
        for part in parts:
            content.update(f"{part.dtype}{part.shape}".encode())
            content.update(np.ascontiguousarray(part).tobytes())
        return content.digest()


def name_of(function: Function) -> str:
    """Return the name of a function for people.

    >>> name_of(len), name_of(lambda x: x)
    ('len', '<lambda>')
    """
    inner = getattr(function, "func", function)  # of a partial one
    return str(getattr(inner, "__qualname__", type(inner).__name__)).rpartition("<locals>.")[2]


def code_of(function: Function) -> str:
    """Return a hash of a function's own code; what it calls isn't in it.

    >>> code_of(lambda x: x) == code_of(lambda x: x + 1)
    False
    """
    inner = getattr(function, "func", function)
    inner = getattr(inner, "__func__", inner)
    plain = inner if isinstance(inner, FunctionType) else vars(type(inner)).get("__call__")
    code = getattr(plain, "__code__", None)
    text = marshal.dumps(code) if code is not None else repr(type(inner)).encode()
    return hashlib.sha256(text).hexdigest()
