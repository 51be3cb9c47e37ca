"""What the live picture of a sweep is drawn from: one dict that JSON holds, the same wherever it is shown.

``shared/live.js`` draws it on the page, in a notebook's cell and in an explorable, and asks for nothing else.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from facelib.charts.palette import colour
from facelib.classifiers import EMOTIONS, Classifier
from facelib.errors import BadValueError
from facelib.reports.words import (
    NOTE,
    Measure,
    Verdict,
    Word,
    amounts,
    counted,
    hardly_read,
    measure_of,
    nothing_moved,
    verdict,
)
from facelib.studies.sweeps.effects import NO_OUTPUT, without
from facelib.studies.sweeps.film_strips import jpeg
from facelib.studies.sweeps.view import cut, fractions, picture_alt, smaller, view_of
from facelib.utilities.wording import shown_name, signed

if TYPE_CHECKING:
    from facelib.faces import Face, Head
    from facelib.interventions import Intervention
    from facelib.studies.sweeps.inference import Reading
    from facelib.studies.sweeps.placebos import References
    from facelib.studies.sweeps.snapshot import Snapshot
    from facelib.studies.sweeps.sweep import Delta, Sweep

SHARED: Final = Path(__file__).parent / "shared"
STYLE: Final = SHARED / "live.css"
MOST_LABELS: Final = 12
SIZES: Final = (
    (448, 88),
    (320, 85),
    (224, 85),
    (224, 70),
)  # px of a side and JPEG quality, until pictures fit
PICTURES: Final = 400_000  # characters that all of them should have at most
LARGEST: Final = 4_000_000  # and may have
NO_SPACE: Final = (
    "The {n:,} pictures of this sweep take more room than a page that is dragged can have. Compute it with "
    "fewer steps."
)
MAPS: Final = 1_000_000  # characters of maps at most; those of the label of interest are always there
LEVELS: Final = 255  # steps of a map from 0 to its scale
ROOM: Final = 0.05  # of an axis beyond the values that stand on it
COMING: Final = "As {clause}: reading all strengths …"


def live_data(
    sweep: Sweep, references: References | None = None, *, finished: bool = True, delta: Delta = None
) -> dict[str, Any]:
    """Return all that a live picture of a sweep shows: `frames_of`, and `label_of` and `maps_of` every label.

    Parameters
    ----------
    sweep
        The sweep.
    references
        Placebos that were run apart; None: its own.
    finished
        Whether all placebos are in that are wanted.
    delta
        Margin as for `Sweep.effects`, or several by label.

    Returns
    -------
    dict
        JSON-able. Keys: title, alt, strengths, amounts, frames (JPEG, base64), classifiers, says, label,
        note, labels (one dict an output: what, ends, places, sentence, notes, rows), maps (by label and
        classifier).

    Examples
    --------
    >>> import facelib
    >>> sweep = facelib.sweep(facelib.Head(seed=3), "symmetry", ["known_unbiased"], 3, size=64)
    >>> data = live_data(sweep)
    >>> len(data["frames"]), data["classifiers"][0]["name"], data["labels"]["happy"]["what"]
    (3, 'known_unbiased', 'happy, 0 to 1')
    """
    references = references or sweep.references
    measures = measures_of(sweep, delta)
    maps: dict[str, Any] = {}
    for one in measures:
        found = maps_of(sweep, one.label)
        taken = sum(len(part["values"]) for own in (*maps.values(), found) for part in own.values())
        if not maps or taken <= MAPS:
            maps[one.label] = found
    return frames_of(sweep) | {
        "labels": {one.label: label_of(sweep, one, references, finished=finished) for one in measures},
        "maps": maps,
    }


def frames_of(sweep: Sweep) -> dict[str, Any]:
    """Return the pictures, who reads them and what each of them says: all that no label changes."""
    view = view_of(sweep.frames.faces[0])
    return _about(sweep.face, sweep.intervention, sweep.strengths.tolist(), sweep.readings) | {
        "frames": pictures([cut(image, view) for image in sweep.images]),
        "says": [_says(reading) for reading in sweep.readings.values()],
        "label": sweep.label,
    }


def glance_of(
    face: Face | Head,
    intervention: Intervention,
    found: Snapshot,
    strengths: Sequence[float],
    *,
    step: int,
) -> dict[str, Any]:
    """Return what is known while a sweep is being computed: the face before, and one strength.

    Parameters
    ----------
    found
        What was read at that strength.
    strengths
        Of the sweep that comes.
    step
        Number of the strength.
    """
    view = view_of(found.before)
    frames, blank = [""] * len(strengths), [""] * len(strengths)
    frames[0], frames[step] = pictures([cut(face.image, view) for face in (found.before, found.after)])
    clause = COMING.format(clause=intervention.clause_on(face))
    says: list[list[str]] = []
    rows: dict[str, list[dict[str, Any] | None]] = {label: [] for label in EMOTIONS}
    for reading in found.readings.values():
        says.append([*blank[:step], _says(reading)[-1], *blank[step + 1 :]])
        for label in EMOTIONS:
            curve: list[float | None] = [None] * len(strengths)
            curve[step] = rounded(reading.series(label))[-1]
            rows[label].append(None if curve[step] is None else {"curve": curve})
    return _about(face, intervention, strengths, found.readings) | {
        "frames": frames,
        "says": says,
        "labels": {
            label: {
                "what": f"{label}, 0 to 1",
                "ends": [0, 1],
                "places": 2,
                "sentence": clause,
                "notes": [],
                "rows": own,
            }
            for label, own in rows.items()
        },
        "maps": {},
    }


def label_of(
    sweep: Sweep, measure: Measure, references: References | None = None, *, finished: bool = True
) -> dict[str, Any]:
    """Return what one output does: sentence, notes, and a row for each classifier (None: it has none)."""
    label, unmoved = measure.label, nothing_moved(sweep)
    effects = sweep.effects(label, delta=measure.delta, references=references)
    bands = bands_of(references, label)
    rows: list[dict[str, Any] | None] = []
    words: list[Word] = []
    for effect in effects.to_dict("records"):
        name = effect["classifier"]
        if effect["verdict"] == NO_OUTPUT:
            rows.append(None)
            continue
        moved = without(sweep, name, label)
        said = verdict(effect, moved=moved, unmoved=bool(unmoved), finished=finished)
        words.append(said.word)
        rows.append(_row(sweep, effect, said, bands.get(name), measure))
    notes = [unmoved, hardly_read(sweep.outputs, label)]
    return {
        "what": f"{label}, 0 to 1" if measure.scale is None else measure.what,
        "ends": _ends(measure, rows),
        "places": measure.places,
        "sentence": counted(sweep.clause, label, words),
        "notes": [note for note in notes if note],
        "rows": rows,
        "own": [
            effect["sentence"] for effect in effects.to_dict("records") if effect["verdict"] != NO_OUTPUT
        ],
    }


def maps_of(sweep: Sweep, label: str, method: str = "gradcam") -> dict[str, dict[str, Any]]:
    """Return the maps of evidence for a label by classifier: shape, scale, box, and bytes in base64."""
    x1, y1, x2, y2 = view_of(sweep.frames.faces[0])
    found = {}
    for name in sweep.classifiers:
        if sweep.attribution.lack(name, label):
            continue
        region = sweep.attribution.region(name) - np.array([x1, y1, x1, y1])
        box = fractions(region, (y2 - y1, x2 - x1))
        found[name] = levels(sweep.attribution.upright(name, label, method)) | {
            "box": [round(edge, 5) for edge in box]
        }
    return found


def measures_of(sweep: Sweep, delta: Delta = None) -> list[Measure]:
    """Return the outputs that can be looked at, the one of interest first; other values need a margin."""
    margins = delta if isinstance(delta, Mapping) else {sweep.label: delta}
    for label in margins:
        sweep.scale(label)  # an unknown one raises
    first = measure_of(sweep, sweep.label, margins.get(sweep.label))
    known = [reading.classifier for reading in sweep.readings.values()]
    all_of = [*EMOTIONS, *(name for model in known for name in model.classes)]
    found = [first]
    for label in dict.fromkeys(all_of):
        if label == sweep.label or all(model.index_of(label) is None for model in known):
            continue
        try:
            scale = sweep.scale(label)
        except BadValueError:  # on one scale here and on another there: such numbers can't stand side by side
            continue
        own = margins.get(label, first.delta if scale == first.scale else None)
        if scale is None or own is not None:
            found.append(measure_of(sweep, label, own))
    return found[:MOST_LABELS]


def script() -> str:
    """Return the module that draws it."""
    return (SHARED / "live.js").read_text(encoding="utf-8")


def levels(maps: npt.NDArray[np.float32]) -> dict[str, Any]:
    """Return raw maps, (n, h, w), as bytes of a scale that all of them share.

    >>> one = levels(np.array([[[0.0, 0.5]]], np.float32))
    >>> one["scale"], base64.b64decode(one["values"])[1]
    (0.5, 255)
    """
    scale = float(np.nan_to_num(maps).max(initial=0.0))
    steps = np.round(np.nan_to_num(maps) / (scale or 1.0) * LEVELS).clip(0, LEVELS).astype(np.uint8)
    values = base64.b64encode(steps.tobytes()).decode()
    return {"shape": list(maps.shape), "scale": float(f"{scale:.6g}"), "values": values}


def pictures(images: Sequence[npt.NDArray[np.uint8]]) -> list[str]:
    """Return pictures, uint8 (h, w, 3), as JPEG in base64: smaller, then coarser, until all of them fit.

    Raises
    ------
    BadValueError
        If they don't.
    """
    for side, quality in SIZES:
        texts = [base64.b64encode(jpeg(smaller(image, side), quality)).decode() for image in images]
        if sum(map(len, texts)) <= PICTURES:
            return texts
    if sum(map(len, texts)) > LARGEST:
        raise BadValueError(NO_SPACE.format(n=len(images)))
    return texts


def bands_of(references: References | None, label: str) -> dict[str, dict[str, list[float | None]]]:
    """Return where 90 % of placebos lie, by classifier: strength, low and high."""
    if not references:
        return {}
    return {
        str(name): {column: rounded(one[column].to_numpy(float)) for column in ("strength", "low", "high")}
        for name, one in references.band(label).groupby("classifier")
        if np.isfinite(one["low"]).all()
    }


def _about(
    face: Face | Head, intervention: Intervention, strengths: Sequence[float], readings: Mapping[str, Reading]
) -> dict[str, Any]:
    """Return what holds at every strength and of every label."""
    return {
        "title": intervention.title,
        "alt": picture_alt(face),
        "strengths": [round(float(strength), 4) for strength in strengths],
        "amounts": amounts(face, intervention, strengths),
        "classifiers": [_named(one.classifier, order) for order, one in enumerate(readings.values())],
        "note": [intervention.description, NOTE],
    }


def _named(model: Classifier, order: int) -> dict[str, str]:
    about = f"{model.card.title}; {model.card.licence}"
    return {"id": model.id, "name": shown_name(model.id), "colour": colour(order), "about": about}


def _says(reading: Reading) -> list[str]:
    """Return the class that wins at each strength; "" where classes don't share one probability."""
    model = reading.classifier
    if model.scales or model.multi_label:
        return [""] * len(reading.probabilities)
    winners = reading.probabilities.argmax(axis=1)
    return [model.emotions.get(model.labels[k]) or model.labels[k] for k in winners]


def _row(
    sweep: Sweep, effect: Mapping[Any, Any], said: Verdict, band: Mapping[str, Any] | None, measure: Measure
) -> dict[str, Any]:
    return {
        "curve": rounded(sweep.series(effect["classifier"], measure.label)),
        "band": band,
        "change": signed(effect["change"], measure.places),
        "verdict": said.word,
        "reason": said.reason,
        "hollow": said.hollow,
    }


def _ends(measure: Measure, rows: Sequence[Mapping[str, Any] | None]) -> list[float]:
    """Return the ends of an axis: those of the scale, or some room around the values."""
    if measure.scale is None:
        return [0.0, 1.0]
    if measure.scale.bounds:
        return list(measure.scale.bounds)
    values = [value for row in rows if row for value in row["curve"] if value is not None]
    values += [
        value for row in rows if row and row["band"] for end in ("low", "high") for value in row["band"][end]
    ]
    low, high = min(values, default=0.0), max(values, default=0.0)
    room = max(ROOM * (high - low), measure.delta)
    return [float(f"{low - room:.4g}"), float(f"{high + room:.4g}")]


def rounded(values: npt.NDArray[np.float64]) -> list[float | None]:
    """Return numbers as JSON has them: four decimals, None for what is none."""
    return [round(float(value), 4) if math.isfinite(value) else None for value in values]
