"""Matching by region: every quarter as far as asked, joined without a seam, and honest where it can't be."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import skimage.data
from hypothesis import given, settings
from hypothesis import strategies as st

from facelib.errors import BadValueError
from facelib.faces import Face
from facelib.interventions.placebos.distance import quarters, region_distances
from facelib.interventions.placebos.kinds import KINDS
from facelib.interventions.placebos.matching import REGIONS, MatchedSweep, matched_sweep, placebo_sweeps
from facelib.interventions.placebos.region_search import SEAM, shares

BOX = np.array([58.0, 38.0, 178.0, 158.0])
FACE = Face(
    np.ascontiguousarray(skimage.data.astronaut()[10:234, 110:334]),
    BOX,
    np.array([[135.0, 92.0], [100.0, 90.0]]),
)
LOPSIDED = np.array([[0.0, 0, 0, 0], [0.9, 0.1, 2.5, 0.6], [1.5, 0.3, 3.5, 1.2], [2.2, 0.5, 4.5, 2.0]])
Distances = npt.NDArray[np.float64]


def whole(regions: Distances) -> Distances:
    return np.sqrt((regions**2).mean(axis=1))


def by_region(regions: Distances, kind: Any, seed: int = 0) -> MatchedSweep:
    return matched_sweep(FACE, whole(regions), kind, seed, regions=regions)


def twin_distances(before: Face, after: npt.NDArray[np.uint8]) -> list[float]:
    """The four distances, pixel by pixel; the person's left is on the picture's right."""
    x1, y1, x2, y2 = (int(value) for value in before.box)
    middle_x, middle_y = (x1 + x2) // 2, (y1 + y2) // 2
    squares: dict[str, list[float]] = {name: [] for name in REGIONS}
    for y in range(y1, y2):
        for x in range(x1, x2):
            name = f"{'upper' if y < middle_y else 'lower'} {'left' if x >= middle_x else 'right'}"
            for channel in range(3):
                one, other = int(before.image[y, x, channel]), int(after[y, x, channel])
                squares[name].append((one - other) ** 2)
    return [float(np.sqrt(np.mean(squares[name]))) for name in REGIONS]


@pytest.mark.one_case
@pytest.mark.parametrize("name", ["shift", "jpeg", "light"])
def test_the_distances_are_those_of_the_pictures(name: str) -> None:
    sweep = by_region(LOPSIDED, name)
    match = sweep.by_region
    assert match is not None
    for place in (1, 3):
        told = twin_distances(FACE, sweep.images[place])
        assert sweep.regions[place] == pytest.approx(told)
        assert sweep.distances[place] == pytest.approx(np.sqrt(np.mean(np.square(told))))
        for quarter in range(4):
            asked = LOPSIDED[place, quarter]
            near = abs(told[quarter] - asked) <= max(0.1 * asked, 0.1)
            assert bool(match.reached[place, quarter]) == near


@pytest.mark.thorough
@pytest.mark.parametrize("name", KINDS)
def test_every_quarter_is_matched_at_every_strength(name: str) -> None:
    for seed in range(3):
        sweep = by_region(LOPSIDED, name, seed)
        assert sweep.by_region is not None
        assert sweep.by_region.reached.all(), (name, seed, sweep.regions)
        assert sweep.reached.all(), (name, seed, sweep.distances)
        assert np.array_equal(sweep.images[0], FACE.image)
        assert np.array_equal(sweep.by_region.wanted, LOPSIDED)
        assert np.array_equal(sweep.amounts, sweep.by_region.amounts.max(axis=1))


@pytest.mark.one_case
@pytest.mark.parametrize("name", KINDS)
def test_away_from_the_seams_a_quarter_shows_the_change_itself(name: str) -> None:
    sweep = by_region(LOPSIDED[[0, 3]], name)
    assert sweep.by_region is not None
    height, width = (int(2 * SEAM * 120) + 1,) * 2
    for quarter, (rows, columns) in enumerate(quarters(FACE.size, BOX)):
        upper, left = quarter < 2, quarter % 2 == 0
        inner = (
            slice(rows.start, rows.stop - height) if upper else slice(rows.start + height, rows.stop),
            slice(columns.start + width, columns.stop)
            if left
            else slice(columns.start, columns.stop - width),
        )
        alone = sweep.change.picture(FACE.image, BOX, sweep.by_region.amounts[1, quarter])
        assert np.array_equal(sweep.images[1][inner], alone[inner])


@pytest.mark.one_case
@pytest.mark.parametrize("name", KINDS)
def test_what_stays_stays_bit_for_bit(name: str) -> None:
    """The eyes turn: nothing below them does."""
    wanted = np.array([[0.0, 0, 0, 0], [4.0, 3.0, 0, 0]])
    sweep = by_region(wanted, name)
    assert sweep.by_region is not None
    assert sweep.by_region.reached.all()
    assert sweep.by_region.amounts[1, 2:].tolist() == [0, 0]
    assert np.array_equal(sweep.images[1][98:], FACE.image[98:])


@pytest.mark.one_case
@pytest.mark.parametrize("name", KINDS)
def test_what_cannot_be_reached_takes_the_largest_admissible_change_and_says_so(name: str) -> None:
    sweep = by_region(np.array([[0.0, 0, 0, 0], [2.0, 150.0, 2.0, 1.0]]), name)
    assert sweep.by_region is not None
    assert sweep.by_region.reached[1].tolist() == [True, False, True, True]
    assert sweep.by_region.amounts[1, 1] == pytest.approx(sweep.change.most)
    assert sweep.reached.tolist() == [True, False]


@pytest.mark.thorough
@settings(max_examples=30, deadline=None)
@given(
    wanted=st.lists(st.floats(0, 30), min_size=4, max_size=4),
    name=st.sampled_from(sorted(KINDS)),
    seed=st.integers(0, 2**32),
)
def test_any_distances(wanted: list[float], name: str, seed: int) -> None:
    sweep = by_region(np.array([wanted]), name, seed)
    match = sweep.by_region
    assert match is not None
    for quarter in np.flatnonzero(~match.reached[0]):
        amount = match.amounts[0, quarter]
        if sweep.regions[0, quarter] < wanted[quarter]:
            assert amount == pytest.approx(sweep.change.most), (sweep.regions, wanted)
        else:  # it hardly changes itself: the other quarters fade in
            alone = sweep.change.picture(FACE.image, BOX, amount)
            assert region_distances(FACE.image, alone, BOX)[quarter] < 0.1, (sweep.regions, wanted)


def test_equal_quarters_are_changed_nearly_as_a_whole() -> None:
    sweep = by_region(np.full((1, 4), 3.0), "noise")
    assert sweep.by_region is not None
    assert np.ptp(sweep.by_region.amounts) < 0.1 * sweep.by_region.amounts.max()


@pytest.mark.thorough
@settings(max_examples=60, deadline=None)
@given(
    size=st.tuples(st.integers(16, 90), st.integers(16, 90)),
    corners=st.tuples(*[st.floats(0.05, 0.95)] * 4),
    wanted=st.lists(st.sampled_from([0.0, 0.3, 2.0, 9.0]), min_size=4, max_size=4),
)
def test_shares_add_up_to_one_and_fade_in_the_quarter_that_changes_more(
    size: tuple[int, int], corners: tuple[float, float, float, float], wanted: list[float]
) -> None:
    x1, x2 = sorted((corners[0] * size[1], corners[1] * size[1]))
    y1, y2 = sorted((corners[2] * size[0], corners[3] * size[0]))
    box = np.array([x1, y1, max(x2, x1 + 8), max(y2, y1 + 8)])
    total = np.zeros((*size, 1))
    for where, share in shares(size, box, np.array(wanted)):
        assert 0 <= share.min() <= share.max() <= 1 + 1e-6
        total[where] += share
    assert total == pytest.approx(1, abs=1e-5)


@pytest.mark.thorough
def test_a_sweep_is_the_same_whatever_came_before() -> None:
    asked = {"distances": whole(LOPSIDED), "seed": 2, "regions": LOPSIDED}
    every = list(placebo_sweeps(FACE, n=6, **asked))  # type: ignore[arg-type]
    rest = list(placebo_sweeps(FACE, n=6, first=4, **asked))  # type: ignore[arg-type]
    plain = list(placebo_sweeps(FACE, whole(LOPSIDED), 6, seed=2))
    for one, two in zip(every[4:], rest, strict=True):
        assert one.change == two.change
        assert np.array_equal(one.images, two.images)
    assert [sweep.change for sweep in every] == [sweep.change for sweep in plain]
    assert all(sweep.by_region is None for sweep in plain)


@pytest.mark.thorough
def test_matching_by_region_brings_the_quarters_nearer_than_matching_the_whole() -> None:
    def miss(sweep: MatchedSweep) -> float:
        return float(np.abs(sweep.regions - LOPSIDED).mean())

    for kind in KINDS:
        assert miss(by_region(LOPSIDED, kind)) < 0.25 * miss(matched_sweep(FACE, whole(LOPSIDED), kind))


@pytest.mark.parametrize(
    "regions",
    [[1.0, 1, 1, 1], [[1.0, 1, 1]], [[1.0] * 4] * 3, [[1.0, -1, 1, 1]], [[1.0, 1, float("nan"), 1]]],
)
def test_bad_distances_of_regions_are_refused(regions: Any) -> None:
    with pytest.raises(BadValueError, match=r"Distances of regions are \(1, 4\)"):
        matched_sweep(FACE, [1.0], "blur", regions=regions)
    with pytest.raises(BadValueError, match=r"Distances of regions are \(1, 4\)"):
        placebo_sweeps(FACE, [1.0], 3, regions=regions)
