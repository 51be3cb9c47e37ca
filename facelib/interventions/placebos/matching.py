"""Placebo sweeps: placebos whose pixel distance equals the intervention's at every strength."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError
from facelib.faces import Face
from facelib.interventions.placebos.amount_search import AmountSearch
from facelib.interventions.placebos.change import Image, Placebo
from facelib.interventions.placebos.distance import REGIONS, pixel_distance, region_distances
from facelib.interventions.placebos.kinds import KINDS, LEAST_KINDS, kind_of
from facelib.interventions.placebos.region_search import RegionSearch
from facelib.utilities.short_repr import in_short

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

TOLERANCE: Final = (
    0.10  # relative distance within which a strength, or a quarter of the box, counts as matched
)
UNSEEN: Final = 0.1  # grey levels by which a quarter may always differ: it can't be seen


@in_short()
@dataclass(frozen=True, eq=False)
class RegionMatch:
    """The match of each quarter of the face box.

    Attributes
    ----------
    wanted
        float64 (n, 4): the distances that were asked for, ordered as `REGIONS`.
    amounts
        float64 (n, 4), in the change's unit.
    reached
        bool (n, 4): within 10 % of what was asked, or .1 grey levels. Else the largest admissible amount was
        taken; or none, where what fades in from the other quarters is too much already.
    """

    wanted: Floats
    amounts: Floats
    reached: Flags


@in_short(picture=lambda found: found.images)
@dataclass(frozen=True, eq=False)
class MatchedSweep:
    """One placebo at n strengths, matched to given pixel distances.

    Attributes
    ----------
    kind
        Id of the change: "blur", "shift" …
    change
        The change with its direction.
    images
        uint8 (n, H, W, 3).
    amounts
        float64 (n,), in the change's unit; matched by region, the largest of the four.
    distances
        float64 (n,): RMS grey-level differences inside the box that were reached.
    reached
        bool (n,): within 10 % of what was asked. Else the amount is the largest admissible.
    regions
        float64 (n, 4): the distance in each quarter of the box, ordered as `REGIONS`.
    by_region
        How the quarters were matched; None where the whole box was.
    """

    kind: str
    change: Placebo
    images: Image
    amounts: Floats
    distances: Floats
    reached: Flags
    regions: Floats
    by_region: RegionMatch | None = None


def matched_sweep(
    face: Face,
    distances: npt.ArrayLike,
    kind: str | Placebo,
    seed: int | np.random.Generator = 0,
    *,
    regions: npt.ArrayLike | None = None,
) -> MatchedSweep:
    """Apply a placebo to a picture, by as much as `distances` say at every strength.

    Parameters
    ----------
    face
        The unchanged face; its box counts.
    distances
        (n,) RMS grey-level differences to reach; 0 gives the original, bit for bit.
    kind
        Id of a placebo, whose direction is drawn from `seed`; or one with its direction.
    seed
        Seed or generator of the direction.
    regions
        None: one amount changes the whole picture. Or (n, 4) distances to reach in the quarters of the box,
        ordered as `REGIONS`: each quarter is changed by its own amount, and around the middle lines of the
        box one amount fades into the other. Then `distances` tell only what counts as reached.

    Raises
    ------
    BadValueError
        If a distance is negative or missing.
    UnknownNameError
        If there is no such kind.
    """
    wanted = _checked_distances(distances)
    quarters = None if regions is None else _checked_regions(regions, len(wanted))
    change = kind_of(kind).draw(np.random.default_rng(seed)) if isinstance(kind, str) else kind
    if quarters is None:
        amounts, images = _by_box(face, wanted, change)
    else:
        amounts, images = _by_quarter(face, quarters, change)
    reached = np.array([pixel_distance(face.image, image, face.box) for image in images])
    by_quarter = np.stack([region_distances(face.image, image, face.box) for image in images])
    return MatchedSweep(
        kind=change.id,
        change=change,
        images=images,
        amounts=amounts if quarters is None else amounts.max(axis=1),
        distances=reached,
        reached=np.abs(reached - wanted) <= TOLERANCE * wanted,
        regions=by_quarter,
        by_region=None
        if quarters is None
        else RegionMatch(quarters, amounts, _matched(by_quarter, quarters)),
    )


def _by_box(face: Face, wanted: Floats, change: Placebo) -> tuple[Floats, Image]:
    search = AmountSearch(face.image, face.box, change)
    found = {0.0: (0.0, face.image)}
    for distance in np.unique(wanted[wanted > 0]).tolist():
        found[distance] = search.reach(distance)
    amounts = np.array([found[distance][0] for distance in wanted.tolist()])
    return amounts, np.stack([found[distance][1] for distance in wanted.tolist()])


def _by_quarter(face: Face, wanted: Floats, change: Placebo) -> tuple[Floats, Image]:
    search = RegionSearch(face.image, face.box, change)
    found = [search.reach(four) for four in wanted]
    return np.stack([amounts for amounts, _ in found]), np.stack([image for _, image in found])


def _matched(reached: Floats, wanted: Floats) -> Flags:
    return np.abs(reached - wanted) <= np.maximum(TOLERANCE * wanted, UNSEEN)


def placebo_sweeps(
    face: Face,
    distances: npt.ArrayLike,
    n: int,
    seed: int = 0,
    first: int = 0,
    *,
    kinds: Collection[str] | None = None,
    regions: npt.ArrayLike | None = None,
) -> Iterator[MatchedSweep]:
    """Yield the matched placebo sweeps number `first` … `n` - 1 of a face.

    The kinds that can change the face as much take turns, each round in a new random order; every sweep has a
    fresh random direction. Where fewer than ten of them can, all take turns, and most miss the size. Number i
    is the same whatever `first` and `n` are: it follows from face, distances, `seed` and `kinds`.

    Parameters
    ----------
    face, distances, regions
        See `matched_sweep`; with `regions` every quarter of the face box is matched too.
    n
        Number of the last sweep plus one.
    seed
        Seed of orders and directions.
    first
        Number of the first sweep: those before it are there already.
    kinds
        Ids of the kinds that may be taken, as `placebos_of` returns them for an intervention; None: all.

    Raises
    ------
    BadValueError
        At the call, if a distance, number or seed makes no sense, or there are no kinds.
    UnknownNameError
        At the call, if there is no such kind.
    """
    if not 0 <= first <= n or seed < 0:
        msg = f"Placebo sweeps are numbered 0 <= first <= n, with a seed >= 0; got {first}, {n}, seed {seed}."
        raise BadValueError(msg)
    wanted = _checked_distances(distances)
    quarters = None if regions is None else _checked_regions(regions, len(wanted))
    names = kinds_in_turn(face, float(wanted.max()), kinds, seed)

    def numbered(number: int) -> MatchedSweep:
        turn, place = divmod(number, len(names))
        order = np.random.default_rng([seed, 0, turn]).permutation(len(names))
        direction = np.random.default_rng([seed, 1, number])
        return matched_sweep(face, wanted, names[order[place]], direction, regions=quarters)

    return (numbered(number) for number in range(first, n))


def kinds_in_turn(
    face: Face, distance: float, kinds: Collection[str] | None = None, seed: int = 0
) -> list[str]:
    """Return the kinds that take turns in `placebo_sweeps`: those that can change a face by a distance.

    Parameters
    ----------
    face, kinds, seed
        As for `placebo_sweeps`.
    distance
        The largest RMS grey-level difference that is to be reached.

    Returns
    -------
    list
        Ids; all that were given where fewer than ten can.

    Raises
    ------
    BadValueError
        If there are no kinds.
    UnknownNameError
        If there is no such kind.
    """
    allowed = list(KINDS) if kinds is None else [kind_of(name).id for name in kinds]
    if not allowed:
        msg = "Placebo sweeps need a kind or more to take turns; got none."
        raise BadValueError(msg)
    far = [name for name in allowed if _reaches(face, distance, name, seed)]
    return far if len(far) >= min(LEAST_KINDS, len(allowed)) else allowed


def _reaches(face: Face, wanted: float, kind: str, seed: int) -> bool:
    """Say whether a kind changes a face as much, in one of two random directions."""
    rng = np.random.default_rng([seed, 2, list(KINDS).index(kind)])
    draws = (kind_of(kind).draw(rng) for _ in range(2))
    pictures = (draw.picture(face.image, face.box, draw.most) for draw in draws)
    return any(pixel_distance(face.image, one, face.box) >= wanted * (1 - TOLERANCE) for one in pictures)


def _checked_distances(distances: npt.ArrayLike) -> Floats:
    wanted = np.asarray(distances, np.float64)
    if wanted.ndim != 1 or not len(wanted) or not (np.isfinite(wanted) & (wanted >= 0)).all():
        msg = f"Distances are (n,) grey-level differences of at least 0; got {distances!r}."
        raise BadValueError(msg)
    return wanted


def _checked_regions(regions: npt.ArrayLike, n: int) -> Floats:
    wanted = np.asarray(regions, np.float64)
    if wanted.shape != (n, len(REGIONS)) or not (np.isfinite(wanted) & (wanted >= 0)).all():
        msg = f"Distances of regions are ({n}, {len(REGIONS)}) differences of at least 0; got {regions!r}."
        raise BadValueError(msg)
    return wanted
