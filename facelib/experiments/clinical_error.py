"""Technical error of the clinical measures: landmarks found in pictures against the mesh's own.

Truth are the landmarks of a head's mesh without pose and perspective, in millimetres of the head model, which
scales every head to 61.57 mm between the middles of its eyeballs. Where the landmarks lie on the mesh was
found by the same network on neutral faces, so a bias at rest that all people share isn't seen here, but what
pose, light, size, smile and palsy do to it is. Rendered heads are no patients.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from facelib.errors import BadValueError
from facelib.faces import Face, Head, find_landmarks, sample_heads
from facelib.head.geometry import arrays
from facelib.head.geometry.landmarks import EYE_CORNERS, eyes_between
from facelib.head.palsy import PALSY_LEVELS
from facelib.head.rendering.render import pose
from facelib.properties.clinical.frontal import Floats, on_midline
from facelib.properties.clinical.measures import (
    CLINICAL,
    EYE_DISTANCES,
    LEFT,
    RIGHT,
    SHUT,
    ClinicalMeasure,
    iris_width,
    read,
)
from facelib.properties.clinical.millimetres import scale_of
from facelib.properties.clinical.tables import DISPLACEMENT, displaced
from facelib.properties.clinical.technical_error import TABLE
from facelib.properties.symmetry import mirror_misfit
from facelib.utilities.progress import Report, reporting

if TYPE_CHECKING:
    import pandas as pd

HEADS, PART, SEED = 400, 120, 20261130
DIFFERS: Final = 0.1  # spreads of what is found that a truth needs for a slope (our choice)
WITHIN: Final = 1.96  # standard deviations of the 95 % limits of agreement
MILD: Final = "0-3"
"""Levels of palsy for which the goal was set: 1 mm for the commissure displacement, frontal, 512 px."""
MISFIT: Final = ClinicalMeasure(
    "mirror_misfit", "Misfit with the mirror image", EYE_DISTANCES, "face", "", 0.0, 0.1,
    lambda landmarks, _: mirror_misfit(marks := landmarks.astype(np.float32), eyes_between(marks)),
    "What the property `symmetry` is made of",
)  # fmt: skip
"""Of landmarks in the picture, as that property is; in the first condition alone."""
MEASURES: Final = MappingProxyType({one.name: one for one in (*CLINICAL, DISPLACEMENT, MISFIT)})


@dataclass(frozen=True)
class Condition:
    """How pictures are taken.

    Parameters
    ----------
    heads
        How many, from the first on.
    yaw, pitch
        Of the smile, degrees; every other head is turned to its other side. The rest is frontal.
    light
        Preset.
    size
        Of the pictures, px.
    """

    heads: int = PART
    yaw: float = 0.0
    pitch: float = 0.0
    light: str = "frontal"
    size: int = 512


CONDITIONS: Final[Mapping[str, Condition]] = MappingProxyType(
    {
        "frontal, 512 px": Condition(HEADS),
        "yaw 5°": Condition(yaw=5.0),
        "yaw 10°": Condition(yaw=10.0),
        "yaw 20°": Condition(yaw=20.0),
        "pitch 10°": Condition(pitch=10.0),
        "pitch −10°": Condition(pitch=-10.0),
        "light from one side": Condition(light="side"),
        "studio light": Condition(light="studio"),
        "224 px": Condition(size=224),
        "128 px": Condition(size=128),
    }
)
FRONTAL: Final = next(iter(CONDITIONS))
QUICK: Final = "128 px"
"""The condition whose level 0 has rows of its own: a part of the table that is measured anew in seconds."""

ERROR_COLUMNS: Final = {
    "condition": "how pictures were taken (CONDITIONS); frontal light, 512 px where nothing else is said",
    "levels": "levels of palsy of the heads (facelib.faces.PALSY_LEVELS): our own scale, no clinical grade",
    "measure": "clinical measure, of the smile; commissure_displacement: from rest to smile; mirror_misfit: "
    "what the property symmetry is made of",
    "side": "both: left and right alike; weak, healthy: of a palsy; ratio: left / right; difference: "
    "left − right; empty: of the whole face",
    "unit": "unit of the value; of ratios nothing",
    "n": "number of values that were measured",
    "missing": "share of values that are missing, as of eyes that the lids cover",
    "true": "mean truth",
    "mae": "mean absolute error",
    "bias": "mean error, found − true",
    "low": "lower 95 % limit of agreement of single values: bias − 1.96 standard deviations",
    "high": "upper one",
    "mae_mm": "mean absolute error in mm of the head model; lengths only",
    "bias_mm": "mean error in mm",
    "low_mm": "lower limit in mm",
    "high_mm": "upper limit in mm",
    "mae_iris_mm": "mean absolute error where mm come from the width of the iris",
    "slope": "what is found of a true left − right (or of a signed measure, or the index): least squares "
    "over heads; below 1 the landmarks pull toward symmetry. Empty where the truth hardly differs",
    "slope_low": "lower end of its 95 % interval",
    "slope_high": "upper end",
}
"""Columns of the table of errors, with their meaning."""


def error_heads(count: int = HEADS, seed: int = SEED) -> list[Head]:
    """Return smiling adults with a palsy of each level in turn, of the left side and the right.

    They are as asymmetric as people are (0 to half of our scale), and smile with 40 to 100 % of our smile
    (our choice).
    """
    drawn = sample_heads(
        count, seed, expressions=("happy",), also={"intensity": (0.4, 1.0), "asymmetry": (0.0, 0.5)}
    )
    kinds = len(PALSY_LEVELS)
    return [
        head.replace(
            pose=(0, 0, 0),
            palsy=PALSY_LEVELS[number % kinds].palsy,
            palsy_side=("left", "right")[number // (2 * kinds) % 2],
        )
        for number, head in enumerate(drawn)
    ]


def readings(
    condition: str, levels: Sequence[int] | None = None, *, progress: bool | Report | None = None
) -> pd.DataFrame:
    """Return what is true and what is found of every head in one condition.

    Parameters
    ----------
    condition
        Of `CONDITIONS`.
    levels
        Levels of palsy; None: all.
    progress
        True for a progress bar, or a function called with the `Progress`, which counts heads.

    Returns
    -------
    pandas.DataFrame
        One row per head, measure and side (left, right, or empty): head, level, weak, measure, side, true,
        found (NaN: missing), eye_distance (mm of the head model), by_iris (mm of the true eye distance, from
        the iris), iris (its width on the mesh, mm).
    """
    import pandas as pd

    how = CONDITIONS[condition]
    people = [
        (number, head)
        for number, head in enumerate(error_heads()[: how.heads])
        if levels is None or number % len(PALSY_LEVELS) in levels
    ]
    rows: list[dict[str, Any]] = []
    with reporting(progress, len(people), unit="head") as report:
        for done, (number, head) in enumerate(people, start=1):
            rows += _of_head(number, head, how)
            report.at(done, condition)
    return pd.DataFrame(rows)


def summary(condition: str, table: pd.DataFrame) -> pd.DataFrame:
    """Return the errors in one condition from its `readings`, with the columns of `ERROR_COLUMNS`.

    By level, for levels 0 to 3 and for all in the first condition; for all in the others.
    """
    import pandas as pd

    own = sorted(table["level"].unique())
    alone = {FRONTAL: own, QUICK: [0]}.get(condition, [])
    groups: dict[str, list[int]] = {str(level): [level] for level in alone}
    if condition == FRONTAL and len(own) > 4:
        groups[MILD] = [0, 1, 2, 3]
    if len(own) > 1:
        groups["all"] = own
    rows = []
    for name, levels in groups.items():
        part = table[table["level"].isin(levels)]
        for measure, values in part.groupby("measure", sort=False):
            sides = _sides(str(measure), values, by_palsy=condition == FRONTAL)
            rows += [
                {"condition": condition, "levels": name, "measure": measure, "side": side, **errors}
                for side, errors in sides
            ]
    return pd.DataFrame(rows).reindex(columns=list(ERROR_COLUMNS))


def load_clinical_error() -> pd.DataFrame:
    """Return the shipped table of technical errors, `ERROR_COLUMNS`, of 400 rendered heads.

    Made by ``benchmarks/clinical_error.py``. Technical error against rendered truth, not clinical validity.
    """
    import pandas as pd

    table = pd.read_csv(TABLE, keep_default_na=False, na_values={name: [""] for name in _NUMBERS})
    kinds = table["measure"].map({name: one.unit for name, one in MEASURES.items()})
    table.insert(4, "unit", kinds.mask(table["side"] == "ratio", ""))  # the file has no room for it
    return table


_NUMBERS: Final = tuple(ERROR_COLUMNS)[5:]


def true_places(head: Head) -> tuple[Floats, float]:
    """Return a head's landmarks (478, 2) from its mesh, without pose and perspective, and its eye distance.

    Places are in eye distances from its midline and the line of its eyes; the distance is in mm of the model.
    """
    geometry = arrays.load()
    _, view, _ = pose(head.replace(pose=(0, 0, 0)))
    corners = view.positions[geometry.landmark_vertices].astype(np.float64)
    points = (corners * geometry.landmark_weights[:, :, None]).sum(axis=1)[:, :2]
    places = on_midline(points)
    if places is None:
        msg = "The head has no eyes."
        raise BadValueError(msg)
    left, right = (points[list(pair)].mean(axis=0) for pair in EYE_CORNERS)
    return places, float(100 * np.hypot(*(left - right)))


def _of_head(number: int, head: Head, how: Condition) -> Iterator[dict[str, Any]]:
    way = 1 - 2 * (number // len(PALSY_LEVELS) % 2)
    lit = head.replace(light=how.light)
    rest, smile = lit.replace(expression="neutral"), lit.replace(pose=(way * how.yaw, how.pitch, 0.0))
    drawn, smiling = rest.render(how.size), smile.render(how.size)
    resting, face = _seen(drawn), _seen(smiling)
    before, after = read(resting), read(face)
    (at_rest, _), (places, eye_distance) = true_places(rest), true_places(smile)
    by_iris = np.nan if after[0] is None else scale_of(face, after[0], "iris").mm
    found = {(cell.measure.name, cell.side): cell.value for cell in [*after[1], *displaced(before, after)]}
    true_of = dict.fromkeys(MEASURES, places) | {DISPLACEMENT.name: places - at_rest}
    if how == CONDITIONS[FRONTAL]:
        true_of[MISFIT.name] = smiling.landmarks.astype(np.float64)
        found[MISFIT.name, ""] = MISFIT.of(face.landmarks.astype(np.float64), LEFT)
    for name, measure in MEASURES.items():
        for side in (LEFT, RIGHT) if measure.together else (LEFT,):
            own = side.name if measure.together else ""
            if (name, own) in found:
                yield {
                    "head": number,
                    "level": number % len(PALSY_LEVELS),
                    "weak": head.palsy_side,
                    "measure": name,
                    "side": own,
                    "true": measure.of(true_of[name], side),
                    "found": found[name, own],
                    "eye_distance": eye_distance,
                    "by_iris": by_iris,
                    "iris": iris_width(places, side) * eye_distance,
                }


def _seen(drawn: Face) -> Face:
    """Return a picture with the landmarks that the network finds, and nothing that is known of it."""
    return Face(drawn.image, drawn.box, drawn.eyes, find_landmarks(drawn.image, drawn.box, drawn.eyes))


def _sides(measure: str, values: pd.DataFrame, *, by_palsy: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the errors of a measure by side, and of what both sides make together."""
    kind = MEASURES[measure]
    if not kind.together:
        yield "", _errors(values, kind.unit, sloped=True)
        return
    yield "both", _errors(values, kind.unit)
    if by_palsy and (values["level"] > 0).any():
        weak = values["side"] == values["weak"]
        palsied = values["level"] > 0
        yield "weak", _errors(values[weak & palsied], kind.unit)
        yield "healthy", _errors(values[~weak & palsied], kind.unit)
    left, right = (values[values["side"] == side].set_index("head") for side in ("left", "right"))
    both = ["true", "found"]
    yield "difference", _errors(left.assign(**(left[both] - right[both])), kind.unit, sloped=True)
    if kind.together == "ratio":
        yield "ratio", _errors(left.assign(**(left[both] / right[both].where(right[both] >= SHUT))), "")


def _errors(values: pd.DataFrame, unit: str, *, sloped: bool = False) -> dict[str, Any]:
    there = values[np.isfinite(values["found"]) & np.isfinite(values["true"])]
    found: dict[str, Any] = {"unit": unit, "n": len(there), "missing": 1 - len(there) / len(values)}
    if len(there) < 3:
        return found
    true, error = there["true"].to_numpy(), (there["found"] - there["true"]).to_numpy()
    found |= {"true": true.mean()} | _agreement(error)
    if unit == EYE_DISTANCES:
        distance = there["eye_distance"].to_numpy()
        found |= {f"{name}_mm": value for name, value in _agreement(error * distance).items()}
        in_mm = there["found"] * there["by_iris"] - there["true"] * distance
        found["mae_iris_mm"] = float(in_mm.abs().mean())
    if sloped and true.std() >= DIFFERS * there["found"].to_numpy().std():
        found |= _slope(true, there["found"].to_numpy())
    return found


def _agreement(error: Floats) -> dict[str, float]:
    bias, half = float(error.mean()), WITHIN * float(error.std(ddof=1))
    return {"mae": float(np.abs(error).mean()), "bias": bias, "low": bias - half, "high": bias + half}


def _slope(true: Floats, found: Floats) -> dict[str, float]:
    """Return the least-squares slope of what is found on what is true, with Student's 95 % interval."""
    from scipy import stats as distributions

    line = distributions.linregress(true, found)
    half = float(distributions.t.ppf(0.975, len(true) - 2) * line.stderr)
    slope = float(line.slope)
    return {"slope": slope, "slope_low": slope - half, "slope_high": slope + half}
