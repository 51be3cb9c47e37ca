"""Placebos beside a sweep: the outputs under harmless changes of the same size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from facelib.classifiers import Classifier
from facelib.errors import BadValueError
from facelib.face import of_heads
from facelib.interventions.placebos.distance import REGIONS, pixel_distance, region_distances
from facelib.interventions.placebos.kinds import LEAST_KINDS, placebos_of
from facelib.interventions.placebos.matching import placebo_sweeps
from facelib.stats.gradients import epgm
from facelib.studies.sweeps.inference import read
from facelib.utilities.progress import Stop
from facelib.utilities.short_repr import in_short

if TYPE_CHECKING:
    from facelib.studies.sweeps.sweep import Sweep

THINNED = 7  # strengths of a placebo sweep; the intervention's statistic is recomputed on the same ones
BAND = (0.05, 0.95)
LEAST_MATCHED: Final = 0.5  # share of the same size, our choice: below it nothing is compared


@in_short()
@dataclass(frozen=True, eq=False)
class PlaceboSweep:
    """One placebo, matched to the intervention in pixel distance at every strength.

    Attributes
    ----------
    kind
        What was done: "blur", "shift" …
    reached
        bool (m,): whether the distance was matched within 10 %; else the largest admissible change was taken.
    regions
        float64 (m, 4): the distance in each quarter of the face box, ordered as
        `facelib.interventions.placebos.distance.REGIONS`.
    probabilities
        By classifier, float32 (m, K).
    regions_reached
        bool (m, 4): whether the distance was matched within 10 % in each quarter too; None where only the
        whole box was matched.
    """

    kind: str
    reached: npt.NDArray[np.bool_]
    regions: npt.NDArray[np.float64]
    probabilities: Mapping[str, npt.NDArray[np.float32]]
    regions_reached: npt.NDArray[np.bool_] | None = None


@in_short()
@dataclass(frozen=True, eq=False)
class References:
    """The placebo sweeps that are finished so far.

    Attributes
    ----------
    steps
        int (m,): which frames of the sweep the placebos stand beside.
    strengths
        float64 (m,).
    sweeps
        The placebo sweeps.
    models
        The classifiers that read them, by id.
    seed
        Seed of their random directions.
    regions
        float64 (m, 4): how far the intervention itself moves each quarter of the face box.
    by_region
        Whether the placebos are matched in each quarter of the face box too.
    """

    steps: npt.NDArray[np.int64]
    strengths: npt.NDArray[np.float64]
    sweeps: tuple[PlaceboSweep, ...]
    models: Mapping[str, Classifier]
    seed: int
    regions: npt.NDArray[np.float64]
    by_region: bool = False

    def __len__(self) -> int:
        return len(self.sweeps)

    @property
    def kinds(self) -> list[str]:
        """Kind of every placebo sweep, (B,)."""
        return [sweep.kind for sweep in self.sweeps]

    def series(self, classifier: str, label: str) -> npt.NDArray[np.float64]:
        """Probability of `label` along every placebo sweep, (B, m)."""
        column = self.models[classifier].index_of(label)
        if column is None or not self.sweeps:
            return np.full((len(self), len(self.steps)), np.nan)
        return np.stack([sweep.probabilities[classifier][:, column] for sweep in self.sweeps]).astype(float)

    def changes(self, classifier: str, label: str) -> pd.DataFrame:
        """Return the change of one output in every placebo sweep: number, kind, change, epgm, matched.

        ``change`` is the probability at the last strength minus that at the first; ``matched`` says whether
        the distance was reached at every strength.
        """
        series = self.series(classifier, label)
        return pd.DataFrame(
            {
                "number": np.arange(len(self)),
                "kind": self.kinds,
                "change": series[:, -1] - series[:, 0],
                "epgm": epgm(series.T) if len(self) else np.empty(0),
                "matched": self.matched,
            }
        )

    def where(self) -> pd.DataFrame:
        """Return where the picture changes at the last strength: region, change, harmless (grey levels).

        Unless `by_region`, sizes are matched over the whole face box only. ``harmless`` is the median of the
        placebo sweeps in the same quarter: where the two differ much, the comparison is of another place.
        ``reached`` is the share of placebo sweeps that were matched in this quarter; NaN where that wasn't
        tried.
        """
        placebos = [sweep.regions[-1] for sweep in self.sweeps] or [np.full(len(REGIONS), np.nan)]
        tried = [sweep.regions_reached[-1] for sweep in self.sweeps if sweep.regions_reached is not None]
        return pd.DataFrame(
            {
                "region": REGIONS,
                "change": self.regions[-1],
                "harmless": np.median(placebos, axis=0),
                "reached": np.mean(tried, axis=0) if tried else np.nan,
            }
        )

    def band(self, label: str) -> pd.DataFrame:
        """Where 90 % of those of the same size lie: classifier, label, step, strength, low, high.

        It is empty where fewer than half are of that size.
        """
        parts = []
        for classifier in self.sweeps[0].probabilities if self.comparable else ():
            low, high = np.quantile(self.series(classifier, label)[self.matched], BAND, axis=0)
            parts.append(
                pd.DataFrame(
                    {
                        "classifier": classifier,
                        "label": label,
                        "step": self.steps,
                        "strength": self.strengths,
                        "low": low,
                        "high": high,
                    }
                )
            )
        columns = ["classifier", "label", "step", "strength", "low", "high"]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)

    @property
    def matched(self) -> npt.NDArray[np.bool_]:
        """Which placebo sweeps reached the distance at every strength, (B,)."""
        return np.array([bool(sweep.reached.all()) for sweep in self.sweeps], dtype=bool)

    @property
    def unmatched(self) -> int:
        """Number of those that didn't: they aren't of the same size, and nothing is ranked among them."""
        return int((~self.matched).sum())

    @property
    def comparable(self) -> bool:
        """Whether half of them or more are of the same size: else nothing is compared."""
        return bool(self.sweeps) and bool(self.matched.mean() >= LEAST_MATCHED)

    @property
    def enough_kinds(self) -> bool:
        """Whether those of the same size are of ten kinds or more: else they give no p."""
        return len({sweep.kind for sweep in self.sweeps if sweep.reached.all()}) >= LEAST_KINDS


def run_references(
    sweep: Sweep,
    n: int = 99,
    *,
    seed: int = 0,
    thinned: int = THINNED,
    by_region: bool = False,
    start: References | None = None,
    workers: int = 1,
    stop: Stop | None = None,
) -> Iterator[References]:
    """Read `n` placebo sweeps one after the other; yields all finished ones after each.

    Parameters
    ----------
    sweep
        The sweep that they stand beside.
    n
        Number of placebo sweeps, cycling through the kinds with a fresh random direction each.
    thinned
        Strengths of each.
    by_region
        Match the pixel distance in each quarter of the face box too, so that a placebo lies where the
        intervention does. Making one takes about 50 ms instead of 7 (7 strengths, 224 px).
    start
        Placebos of the same sweep, seed and way of matching that are in already; they are kept and not
        computed again.
    stop
        Asked between sweeps; when it answers True, `facelib.errors.Cancelled` is raised.
    """
    if n < 1 or thinned < 2:
        msg = f"Placebos need n >= 1 sweeps of >= 2 strengths; got n = {n}, thinned = {thinned}."
        raise BadValueError(msg)
    last = len(sweep.strengths) - 1
    steps = np.unique(np.linspace(0, last, min(thinned, last + 1)).round().astype(np.int64))
    images = sweep.images
    distances = [pixel_distance(images[0], images[step], sweep.box) for step in steps]
    models = {name: reading.classifier for name, reading in sweep.readings.items()}
    regions = np.stack([region_distances(images[0], images[step], sweep.box) for step in steps])
    found = start or References(steps, sweep.strengths[steps], (), models, seed, regions, by_region)
    if found.by_region != by_region:
        sides = ["by the face as a whole", "region by region"]
        msg = f"Placebos go on as they began, matched {sides[found.by_region]}; got {sides[by_region]}."
        raise BadValueError(msg, hint=f"In Python: by_region={found.by_region}.")
    if not any(distances):
        yield found  # the picture never changed: nothing to compare with
        return
    matches = placebo_sweeps(
        sweep.frames.faces[0],
        np.asarray(distances),
        n,
        seed=seed,
        first=len(found),
        kinds=placebos_of(sweep.intervention.id, sweep.intervention.moves),
        regions=regions if by_region else None,
    )
    for matched in matches:
        readings = read(
            [*models.values()],
            matched.images,
            sweep.box,
            points=sweep.frames.points[0],
            workers=workers,
            of_heads=of_heads(sweep.frames.faces),
            stop=stop,
        )
        placebo = PlaceboSweep(
            kind=matched.kind,
            reached=np.asarray(matched.reached, bool),
            regions=matched.regions,
            probabilities={name: reading.probabilities for name, reading in readings.items()},
            regions_reached=matched.by_region.reached if matched.by_region else None,
        )
        found = replace(found, sweeps=(*found.sweeps, placebo))
        yield found
