"""Film strips: pictures of an intervention with their measures and classifier outputs."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from facelib import interventions
from facelib.classifiers import Classifier
from facelib.classifiers.alignment import five_points
from facelib.classifiers.scales import scale_of
from facelib.errors import BadValueError, check_all
from facelib.faces import Face, Head
from facelib.interventions import Intervention
from facelib.interventions.placebos.distance import pixel_distance, region_distances
from facelib.interventions.placebos.kinds import KINDS, placebos_of
from facelib.interventions.placebos.matching import MatchedSweep, kinds_in_turn, placebo_sweeps
from facelib.properties import PROPERTIES
from facelib.studies.sweeps.demonstration import demonstration_head
from facelib.studies.sweeps.frames import even_strengths, make_frames
from facelib.studies.sweeps.inference import read
from facelib.studies.sweeps.sweep import load_all, wanted_label
from facelib.utilities.short_repr import in_short

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]

STEPS: Final = 6
SIZE: Final = 160  # px
QUALITY: Final = 88  # of the JPEG in a figure; the stimuli themselves are `Strip.images`
DISTANCE: Final = "change in grey levels"
GAIN: Final = 3  # of difference pictures

FRAME_COLUMNS: Final = {
    "strip": "number of the strip, from the top",
    "title": "what is shown",
    "note": "what happens as the strength rises",
    "step": "number of the frame",
    "strength": "strength in [0, 1]",
    "picture": "the picture, as a data URI (JPEG)",
    "measure": "what `value` is, with its unit",
    "value": "what was set or measured in this picture",
    "caption": "the value, written",
    "low": "lower end of an axis that all strips with this measure share",
    "high": "upper end of it; not so near that what can't be read below the pictures looks like a change",
}
"""Columns of the first table of `strip_tables`, with their meaning."""
OUTPUT_COLUMNS: Final = ("strip", "title", "step", "strength", "classifier", "label", "probability")
"""Columns of the second table of `strip_tables`."""


@in_short(picture=lambda strip: strip.images)
@dataclass(frozen=True, eq=False)
class Strip:
    """Pictures of growing strength, with their measures and classifier outputs.

    Attributes
    ----------
    title, note
        What is shown, and what happens as the strength rises.
    intervention
        What was run.
    strengths
        float64 (n,), from 0 to 1.
    images
        uint8 (n, H, W, 3).
    measure
        What `values` are: the property that the intervention is meant to move, or, where it names none, the
        RMS difference to strength 0 inside the face box.
    values
        float64 (n,).
    digits
        Decimals of `values` that are worth writing.
    label
        The class of interest.
    probabilities
        By classifier, float64 (n,): of `label`.
    """

    title: str
    note: str
    intervention: Intervention
    strengths: Floats
    images: npt.NDArray[np.uint8]
    measure: str
    values: Floats
    digits: int
    label: str
    probabilities: Mapping[str, Floats]

    def differences(self) -> Strip:
        """Return the same strip with difference pictures: mid-grey is no change, all else is `GAIN` times."""
        change = self.images.astype(np.int16) - self.images[:1].astype(np.int16)
        return replace(self, images=np.clip(128 + GAIN * change, 0, 255).astype(np.uint8))


def demonstrate(
    intervention: str | Intervention,
    head: Head | None = None,
    classifiers: Sequence[str | Classifier] | str | None = None,
    *,
    title: str | None = None,
    measure: str | None = None,
    label: str | None = None,
    steps: int = STEPS,
    size: int = SIZE,
) -> Strip:
    """Run an intervention on a head that shows it, as a strip for a figure.

    For statistics use `facelib.sweep`, which also has shaken copies, maps and effects.

    Parameters
    ----------
    intervention
        Id, or an intervention with its options.
    head
        Who is shown; `demonstration_head` puts on what the intervention needs. None: a smiling adult.
    classifiers
        Ids; None: all that are available.
    title
        None: that of the intervention.
    measure
        Name of a property, or "grey levels" for the RMS difference to strength 0; None: the property that the
        intervention is meant to move, or grey levels if there is none or it can't be measured here.
    label
        The class of interest; None: the expression that the head shows.
    steps
        Strengths from 0 to 1.
    size
        Of the pictures, px.

    Examples
    --------
    >>> strip = demonstrate("blur", classifiers="fer", steps=3, size=96)  # doctest: +SKIP
    """
    change = interventions.get(intervention)
    person = demonstration_head(change, head)
    models = load_all(classifiers)
    wanted = wanted_label(label, person, models)
    frames = make_frames(person, change, even_strengths(steps), size=size)
    name, values, digits = _measured(measure or _own_property(change), frames.faces)
    return Strip(
        title=title or change.title,
        note=change.clause,
        intervention=change,
        strengths=frames.strengths,
        images=frames.images,
        measure=name,
        values=values,
        digits=digits,
        label=wanted,
        probabilities=_read(models, frames.images, frames.faces[0], wanted),
    )


def reference_strips(
    intervention: str | Intervention,
    head: Head | None = None,
    classifiers: Sequence[str | Classifier] | str | None = None,
    *,
    n: int | None = None,
    by_region: bool = False,
    label: str | None = None,
    steps: int = STEPS,
    size: int = SIZE,
    seed: int = 0,
) -> list[Strip]:
    """Return placebos that change the picture as much as an intervention does, at every strength.

    Parameters
    ----------
    intervention, head, classifiers, label, steps, size
        As for `demonstrate`.
    n
        How many; None: one of each kind that can change the picture as much (`placebos_of` says which are
        placebos of the intervention).
    by_region
        Match the quarters of the face box too: see `facelib.interventions.placebos.matching.matched_sweep`.
    seed
        Of the random directions.

    Returns
    -------
    list
        Strips in the order of `facelib.interventions.placebos.kinds.KINDS`; the values are the distances
        reached.
    """
    change = interventions.get(intervention)
    person = demonstration_head(change, head)
    models = load_all(classifiers)
    wanted = wanted_label(label, person, models)
    frames = make_frames(person, change, even_strengths(steps), size=size)
    start = frames.faces[0]
    regions = np.stack([region_distances(start.image, image, start.box) for image in frames.images])
    distances = _distances(frames.faces)
    kinds = kinds_in_turn(start, float(np.max(distances)), placebos_of(change.id, change.moves), seed)
    matches = placebo_sweeps(
        start,
        distances,
        len(kinds) if n is None else n,
        seed=seed,
        kinds=kinds,
        regions=regions if by_region else None,
    )
    strips = [
        _matched_strip(match, frames.strengths, wanted, _read(models, match.images, start, wanted))
        for match in matches
    ]
    order = list(KINDS)
    return sorted(strips, key=lambda strip: order.index(strip.intervention.id))


def strip_tables(strips: Iterable[Strip]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return strips as the two tidy tables that `facelib.charts.film` draws.

    Returns
    -------
    frames
        One row per picture, with the columns of `FRAME_COLUMNS`.
    outputs
        One row per picture and classifier, with the columns of `OUTPUT_COLUMNS`; classifiers without the
        class of interest have none.
    """
    strips = check_all(strips, Strip, "A list of strips, as studies.film_strip makes them,")
    import pandas as pd

    shown = list(strips)
    ends = axes(shown)
    frames = [
        (
            place,
            strip.title,
            strip.note,
            step,
            strip.strengths[step],
            data_uri(strip.images[step]),
            strip.measure,
            value,
            written(value, strip.digits),
            *ends[strip.measure],
        )
        for place, strip in enumerate(shown)
        for step, value in enumerate(strip.values.tolist())
    ]
    outputs = [
        (place, strip.title, step, strip.strengths[step], name, strip.label, probability)
        for place, strip in enumerate(shown)
        for name, series in strip.probabilities.items()
        for step, probability in enumerate(series.tolist())
        if np.isfinite(probability)
    ]
    return (
        pd.DataFrame(frames, columns=list(FRAME_COLUMNS)),
        pd.DataFrame(outputs, columns=list(OUTPUT_COLUMNS)),
    )


def axes(strips: Sequence[Strip]) -> dict[str, tuple[float, float]]:
    """Return the ends of the axis of every measure: all values, and at least ten units of the last digit."""
    ends: dict[str, tuple[float, float]] = {}
    for measure in {strip.measure for strip in strips}:
        alike = [strip for strip in strips if strip.measure == measure]
        values = np.concatenate([strip.values for strip in alike])
        finite = values[np.isfinite(values)]
        low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
        missing = max(10.0 * 10 ** -max(strip.digits for strip in alike) - (high - low), 0.0)
        ends[measure] = (low - missing / 2, high + missing / 2)
    return ends


def data_uri(image: npt.NDArray[np.uint8], quality: int = QUALITY) -> str:
    """Return a picture, uint8 (H, W, 3), as a JPEG inside a URI, for figures.

    >>> data_uri(np.zeros((8, 8, 3), np.uint8))[:23]
    'data:image/jpeg;base64,'
    """
    return "data:image/jpeg;base64," + base64.b64encode(jpeg(image, quality)).decode()


def jpeg(image: npt.NDArray[np.uint8], quality: int = QUALITY) -> bytes:
    """Return a picture, uint8 (H, W, 3), as JPEG with all of its colours."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=quality, subsampling=0)
    return buffer.getvalue()


def written(value: float, digits: int) -> str:
    """Return a value as it stands under a picture.

    >>> written(-0.041, 2), written(35.2, 0), written(float("nan"), 2)
    ('−0.04', '35', '?')
    """
    if not np.isfinite(value):
        return "?"
    text = f"{value:.{digits}f}"
    return text.removeprefix("-") if float(text) == 0 else text.replace("-", "−")


def _own_property(intervention: Intervention) -> str | None:
    """Return the property that an intervention is meant to move, if it can be measured on this machine."""
    moves = intervention.moves
    return None if moves is None or PROPERTIES[moves].reason else moves


def _measured(measure: str | None, faces: Sequence[Face]) -> tuple[str, Floats, int]:
    """Return title, values and decimals of a property, or of the distance from the first face."""
    if measure is None or measure == "grey levels":
        return DISTANCE, _distances(faces), 1
    moved = PROPERTIES[measure]
    name = f"{moved.title}, {moved.unit}" if moved.unit else moved.title
    span = moved.high - moved.low
    return name, moved.measure(faces), 2 if span <= 5 else 1 if span <= 20 else 0


def _distances(faces: Sequence[Face]) -> Floats:
    start = faces[0]
    return np.array([pixel_distance(start.image, face.image, start.box) for face in faces])


def _read(
    models: Sequence[Classifier], images: npt.NDArray[np.uint8], start: Face, label: str
) -> dict[str, Floats]:
    if scale_of(models, label) is not None:
        msg = f"The curves of a strip are probabilities, and {label!r} is a value: see charts.response."
        raise BadValueError(msg)
    readings = read(models, images, start.box, points=five_points(start))
    return {name: reading.series(label) for name, reading in readings.items()}


def _matched_strip(
    match: MatchedSweep, strengths: Floats, label: str, probabilities: Mapping[str, Floats]
) -> Strip:
    flags = match.reached if match.by_region is None else match.by_region.reached.all(axis=1)
    return Strip(
        title=match.change.title,
        note=match.change.clause if flags.all() else f"{match.change.clause} (as far as it goes)",
        intervention=match.change,
        strengths=strengths,
        images=match.images,
        measure=DISTANCE,
        values=match.distances,
        digits=1,
        label=label,
        probabilities=probabilities,
    )
