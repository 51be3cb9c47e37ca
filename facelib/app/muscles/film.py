"""What the Muscles tab shows of a recording: pictures, maps, outputs of every moment, coarse ones first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from facelib import interventions
from facelib.app.muscles.source import Loaded
from facelib.classifiers import EMOTIONS, Classifier, five_points
from facelib.faces import FACE_UNITS, Head
from facelib.semg.activity import summary
from facelib.semg.animation import Animation, Moves, animate
from facelib.semg.muscles import CHANNELS
from facelib.semg.topography import topographies

if TYPE_CHECKING:
    import pandas as pd

SIZE: Final = 224  # px
RATE: Final = 10.0  # pictures a second, where there is time
MOST: Final = 120  # pictures
LONGEST: Final = 30.0  # seconds that are shown at once
STRIDES: Final = (8, 4, 2, 1)
OUTSIDE: Final = 255  # in a map: no face
FULL: Final = 250  # in a map: activity 1
REMOVAL: Final = "electrode_removal"
CHUNK: Final = 8  # pictures that are made and read at once: small enough to stop quickly


@dataclass(frozen=True, eq=False)
class Film:
    """A part of a recording, ready to be shown.

    Attributes
    ----------
    loaded
        The recording.
    start
        Where the part begins, s.
    animation
        The head at every moment; its times count from `start`.
    maps
        uint8 (n, rows, columns): activity 0 … 1 as 0 … `FULL`.
    said
        What is most active at every moment, in words.
    summary
        What each muscle group did: see `facelib.semg.activity.SUMMARY_COLUMNS`.
    removed
        Whether electrodes are taken off the pictures digitally.
    size
        Side of the pictures, px.
    model
        What turned envelopes into face units; None: the declared map.
    """

    loaded: Loaded
    start: float
    animation: Animation
    maps: npt.NDArray[np.uint8]
    said: tuple[str, ...]
    summary: pd.DataFrame
    removed: bool = False
    size: int = SIZE
    model: Moves | None = None

    def __len__(self) -> int:
        """Return the number of moments."""
        return len(self.animation)

    @property
    def times(self) -> npt.NDArray[np.float64]:
        """Seconds since the recording's start, (n,)."""
        return self.animation.times + self.start

    @property
    def peak(self) -> int:
        """Moment at which the muscles are most active in all."""
        return int(np.nan_to_num(self.animation.activity).sum(axis=1).argmax())


@dataclass(frozen=True, eq=False)
class Seen:
    """What was made and read of a film so far.

    Attributes
    ----------
    frames
        Pictures, uint8 (H, W, 3); None: not yet.
    outputs
        Classifier to probabilities of the common emotions, (n, 7); NaN: not read yet, or not one of its
        classes.
    """

    frames: tuple[npt.NDArray[np.uint8] | None, ...]
    outputs: Mapping[str, npt.NDArray[np.float64]]

    @property
    def done(self) -> int:
        """Number of moments whose picture is there."""
        return sum(frame is not None for frame in self.frames)

    def table(self, times: npt.ArrayLike) -> pd.DataFrame:
        """Return outputs as a tidy table: step, seconds, classifier, label, probability."""
        import pandas as pd

        when = np.asarray(times, np.float64)
        parts = [
            pd.DataFrame(
                {
                    "step": np.arange(len(when)),
                    "seconds": when,
                    "classifier": name,
                    "label": label,
                    "probability": values[:, column],
                }
            )
            for name, values in self.outputs.items()
            for column, label in enumerate(EMOTIONS)
        ]
        columns = ["step", "seconds", "classifier", "label", "probability"]
        found = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
        return found.dropna(subset=["probability"]).reset_index(drop=True)


def film_of(
    loaded: Loaded,
    head: Head,
    start: float = 0.0,
    seconds: float = LONGEST,
    *,
    electrodes: bool = False,
    removed: bool = False,
    size: int = SIZE,
    model: Moves | None = None,
) -> Film:
    """Return a part of a recording as a film; nothing is rendered yet.

    The part is cut to what the recording has. Its pictures are `RATE` a second, fewer where they would be
    more than `MOST`.
    """
    recording = loaded.envelope
    first = float(np.clip(start, 0, max(recording.seconds - 1 / recording.rate, 0)))
    last = min(first + min(max(seconds, 0.5), LONGEST), recording.seconds)
    part = recording.cut(first, last) if (first, last) != (0.0, recording.seconds) else recording
    rate = min(RATE, MOST / max(part.seconds, 1e-9), recording.rate)
    animation = animate(head, part, model, rate=rate, electrodes=electrodes or removed, ends=loaded.ends)
    if model is None:
        animation = completed(animation, loaded, first)
    return Film(
        loaded=loaded,
        start=first,
        animation=animation,
        maps=maps_of(animation.activity),
        said=tuple(most_active(row) for row in animation.activity),
        summary=summary(animation.activity, animation.times + first),
        removed=removed,
        size=size,
        model=model,
    )


def completed(animation: Animation, loaded: Loaded, start: float) -> Animation:
    """Return an animation with the face units that no electrode tells as they are known to be.

    `start` is where it begins in the recording, s.
    """
    if not loaded.unrecorded:
        return animation
    units, moments = animation.units.copy(), animation.times + start
    for name, values in loaded.unrecorded.items():
        stamps = np.arange(len(values)) / loaded.envelope.rate
        units[:, FACE_UNITS.index(name)] = np.interp(moments, stamps, values)
    return replace(animation, units=units)


def maps_of(activity: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
    """Return maps of activity for the browser, uint8 (n, rows, columns); none where too little is known."""
    if np.isfinite(activity).sum(axis=1).max(initial=0) < 3:
        return np.zeros((0, 0, 0), np.uint8)
    grid = topographies(activity, everywhere=True)
    return np.where(np.isfinite(grid), np.nan_to_num(grid) * FULL, OUTSIDE).round().astype(np.uint8)


def most_active(row: npt.NDArray[np.float64]) -> str:
    """Say which muscle is most active at a moment.

    Examples
    --------
    >>> row = np.zeros(22)
    >>> row[CHANNELS.index("zygomaticus_left")] = 0.8
    >>> most_active(row)
    'most active: zygomaticus left, 0.80'
    """
    if not np.isfinite(row).any():
        return "nothing is known"
    best = int(np.nanargmax(row))
    return f"most active: {CHANNELS[best].replace('_', ' ')}, {row[best]:.2f}"


def rounds(count: int) -> list[list[int]]:
    """Return all moments in rounds: every eighth and the last, then those between them, and so on.

    Examples
    --------
    >>> rounds(10)
    [[0, 8, 9], [4], [2, 6], [1, 3, 5, 7]]
    """
    done: set[int] = set()
    found = []
    for stride in STRIDES:
        chosen = sorted({*range(0, count, stride), count - 1} - done)
        done.update(chosen)
        if chosen:
            found.append(chosen)
    return found


def watch(film: Film, models: Sequence[Classifier]) -> Iterator[tuple[int, Seen | None]]:
    """Make and read the pictures of a film; after each chunk how many are done, after a round what is seen.

    Whoever asks may stop asking at any moment.
    """
    frames: list[npt.NDArray[np.uint8] | None] = [None] * len(film)
    outputs = {model.id: np.full((len(film), len(EMOTIONS)), np.nan) for model in models}
    start = film.animation.base.render(film.size)
    done = 0
    for chosen in rounds(len(film)):
        for at in range(0, len(chosen), CHUNK):
            chunk = chosen[at : at + CHUNK]
            pictures = pictures_of(film, chunk)
            for index, picture in zip(chunk, pictures, strict=True):
                frames[index] = picture
            images = np.stack(pictures)
            for model in models:
                outputs[model.id][chunk] = read(model, images, start.box, five_points(start))
            done += len(chunk)
            yield done, None
        yield done, Seen(tuple(frames), {name: values.copy() for name, values in outputs.items()})


def pictures_of(film: Film, indices: Sequence[int]) -> list[npt.NDArray[np.uint8]]:
    """Return some pictures of a film as they are shown: with electrodes, without, or with them taken off."""
    if not film.removed:
        return film.animation.frames(indices, film.size)
    removal = interventions.get(REMOVAL)
    return [removal.apply(face, 1.0).image for face in film.animation.faces(indices, film.size)]


def read(
    model: Classifier,
    images: npt.NDArray[np.uint8],
    box: npt.NDArray[np.float64],
    points: npt.NDArray[np.float64] | None = None,
) -> npt.NDArray[np.float64]:
    """Return the probabilities of the common emotions, (n, 7); NaN for classes that a classifier lacks.

    All pictures are read with box and points of the face at rest.
    """
    found = model.probabilities(images, box, points)
    values = np.full((len(images), len(EMOTIONS)), np.nan)
    for column, label in enumerate(EMOTIONS):
        own = model.index_of(label)
        if own is not None:
            values[:, column] = found[:, own]
    return values
