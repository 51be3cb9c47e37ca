"""Evidence per region: the share of a map on mouth, eyes, brows, electrodes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
import numpy.typing as npt

from facelib.classifiers import Classifier
from facelib.classifiers.alignment import Turned
from facelib.editing.regions import REGIONS, labels
from facelib.errors import BadValueError
from facelib.faces import Face
from facelib.utilities.short_repr import in_short

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]
Maps = npt.NDArray[np.float32]

GRID: Final = 224  # points across the square that the network saw
BLANK: Final = "no positive evidence"
COLUMNS: Final = {
    "step": "number of the frame, 0 is the unchanged face",
    "strength": "strength of the intervention in [0, 1]",
    "classifier": "id of the classifier",
    "label": "common emotion that the map is about",
    "region": "one of facelib.editing.regions.REGIONS; left and right are the person's own",
    "share": "part of the map's evidence that lies in the region, in [0, 1]; NaN for a blank map",
    "evidence": "what the region adds to the mean of the map over the square that the network saw",
    "area": "part of that square that the region takes, in [0, 1]",
    "density": "share / area: 1 if the map is the same everywhere; NaN where the region isn't seen",
    "remark": f"'{BLANK}' for a blank map; why there is no map; else empty",
}
"""Columns of `RegionEvidence.table` with their meaning."""


@in_short()
@dataclass(frozen=True, eq=False)
class RegionEvidence:
    """Share of evidence in each region, one row per map, one column per region.

    Attributes
    ----------
    evidence
        float64 (N, R), ≥ 0: what each region adds to the mean of the map over the square that the network
        saw, so that a fall of everything is seen too.
    area
        float64 (N, R): part of that square that the region takes; rows add up to 1.
    """

    evidence: Floats
    area: Floats

    regions = REGIONS

    @property
    def shares(self) -> Floats:
        """Part of each map's evidence in each region, (N, R); rows add up to 1, NaN for a blank map."""
        total = self.evidence.sum(axis=1, keepdims=True)
        return _divided(self.evidence, np.broadcast_to(total, self.evidence.shape))

    @property
    def densities(self) -> Floats:
        """Share by area, (N, R): 1 if the map is the same everywhere; NaN for what isn't seen."""
        return _divided(self.shares, self.area)

    def table(self, strengths: npt.ArrayLike, classifier: str, label: str) -> pd.DataFrame:
        """Return one row per strength and region, with the columns of `COLUMNS`."""
        import pandas as pd

        count, wide = self.evidence.shape
        shares = self.shares
        columns = {
            "step": np.repeat(np.arange(count), wide),
            "strength": np.repeat(np.asarray(strengths, np.float64), wide),
            "classifier": classifier,
            "label": label,
            "region": np.tile(self.regions, count),
            "share": shares.ravel(),
            "evidence": self.evidence.ravel(),
            "area": self.area.ravel(),
            "density": self.densities.ravel(),
            "remark": np.where(np.isnan(shares).ravel(), BLANK, ""),
        }
        return pd.DataFrame(columns)[list(COLUMNS)]


def no_evidence(strengths: npt.ArrayLike, classifier: str, label: str, reason: str) -> pd.DataFrame:
    """Return the rows of a classifier that has no map of a class: no numbers, and why."""
    import pandas as pd

    steps = np.asarray(strengths, np.float64)
    columns = {
        "step": np.repeat(np.arange(len(steps)), len(REGIONS)),
        "strength": np.repeat(steps, len(REGIONS)),
        "classifier": classifier,
        "label": label,
        "region": np.tile(REGIONS, len(steps)),
        **dict.fromkeys(("share", "evidence", "area", "density"), np.nan),
        "remark": reason,
    }
    return pd.DataFrame(columns)[list(COLUMNS)]


def _divided(part: Floats, whole: Floats) -> Floats:
    """Return part / whole, NaN where there is no whole."""
    result = np.full(part.shape, np.nan)
    np.divide(part, whole, out=result, where=whole > 0)
    return result


def region_evidence(
    maps: Maps,
    clf: Classifier,
    faces: Face | Sequence[Face],
    boxes: npt.ArrayLike | None = None,
    electrodes: str | tuple[str, ...] | None = None,
    *,
    points: npt.ArrayLike | None = None,
) -> RegionEvidence:
    """Return how much evidence lies in each region of the face.

    A map is enlarged as `facelib.attribution.project` does and read at `GRID`² points of the square that the
    network saw; each point belongs to one region. What lies beyond the picture's border is "outside". Maps
    are coarse: a cell of a map of 7 × 7 is larger than an eye, so what lies beside a region is in its number.

    Parameters
    ----------
    maps
        float32 (N, h, w), raw maps of `clf`, ≥ 0.
    clf
        The classifier.
    faces
        The faces of the maps, or one for all: the regions follow from their landmarks.
    boxes
        As they were given to the classifier: (4,), (N, 4) or None.
    electrodes
        A scheme or names that make up the region "electrodes"; None: those that each face shows. Given names
        keep the same places in view before electrodes are attached.
    points
        As they were given to a classifier of aligned faces: (5, 2), (N, 5, 2) or None.

    Raises
    ------
    BadValueError
        The maps aren't such maps, there aren't as many faces, or landmarks aren't known.
    """
    stack = np.asarray(maps)
    if stack.ndim != 3 or not np.isfinite(stack).all() or (stack < 0).any():
        msg = f"Maps are (N, h, w), finite and ≥ 0, as grad_cam returns them; got shape {stack.shape}" + (
            ", with other values." if stack.ndim == 3 else "."
        )
        raise BadValueError(msg)
    shown = [faces] * len(stack) if isinstance(faces, Face) else list(faces)
    if len(shown) != len(stack):
        msg = f"Expected one face per map, {len(stack)}, or one for all; got {len(shown)}."
        raise BadValueError(msg)
    evidence, area = np.zeros((2, len(stack), len(REGIONS)))
    many = len(stack)
    given = None if boxes is None else np.broadcast_to(np.asarray(boxes, np.float64), (many, 4))
    aligned = None if points is None else np.broadcast_to(np.asarray(points, np.float64), (many, 5, 2))
    for number, (map_, face) in enumerate(zip(stack, shown, strict=True)):
        one = None if given is None else given[number], None if aligned is None else aligned[number]
        parts = clf.parts(one[0], face.size, one[1])
        if isinstance(parts, Turned):
            marks = parts.shares(face.landmarks, 0) * GRID
        else:
            square = parts[0].astype(np.float64)
            marks = (face.landmarks - square[:2]) * (GRID / (square[2:] - square[:2]))
        where = labels(face, marks, (GRID, GRID), electrodes).ravel()
        large = cv2.resize(map_.astype(np.float32), (GRID, GRID), interpolation=cv2.INTER_LINEAR)
        evidence[number] = np.bincount(where, large.ravel(), len(REGIONS)) / GRID**2
        area[number] = np.bincount(where, minlength=len(REGIONS)) / GRID**2
    return RegionEvidence(evidence, area)


def region_shares(
    maps: Maps,
    clf: Classifier,
    faces: Face | Sequence[Face],
    boxes: npt.ArrayLike | None = None,
    electrodes: str | tuple[str, ...] | None = None,
    *,
    points: npt.ArrayLike | None = None,
) -> Floats:
    """Return the part of each map's evidence in each region, (N, R); see `region_evidence`.

    Columns are those of `facelib.editing.regions.REGIONS`; rows add up to 1, or are NaN: no positive
    evidence.
    """
    return region_evidence(maps, clf, faces, boxes, electrodes, points=points).shares
