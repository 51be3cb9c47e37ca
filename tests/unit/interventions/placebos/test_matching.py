"""Placebo sweeps: as large as the intervention at every strength, and honest where they can't be."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import skimage.data
from hypothesis import given, settings
from hypothesis import strategies as st

from facelib import interventions
from facelib.errors import BadValueError, UnknownNameError
from facelib.faces import Face
from facelib.interventions.placebos.kinds import KINDS, LEAST_KINDS, MOVES, moved, placebos_of
from facelib.interventions.placebos.matching import (
    REGIONS,
    MatchedSweep,
    kinds_in_turn,
    matched_sweep,
    pixel_distance,
    placebo_sweeps,
    region_distances,
)

BOX = np.array([58.0, 38.0, 178.0, 158.0])
EYES = np.array([[135.0, 92.0], [100.0, 90.0]])


def photograph() -> Face:
    return Face(np.ascontiguousarray(skimage.data.astronaut()[10:234, 110:334]), BOX, EYES)


FACE = photograph()


def twin_distance(a: npt.NDArray[np.uint8], b: npt.NDArray[np.uint8], box: npt.NDArray[np.float64]) -> float:
    """Pixel by pixel."""
    squares = [
        (float(a[y, x, channel]) - float(b[y, x, channel])) ** 2
        for y in range(a.shape[0])
        for x in range(a.shape[1])
        for channel in range(3)
        if box[0] <= x < box[2] and box[1] <= y < box[3]
    ]
    return float(np.sqrt(np.mean(squares)))


def test_pixel_distance_is_the_root_mean_square_in_the_box(rng: np.random.Generator) -> None:
    a, b = rng.integers(0, 256, (2, 20, 30, 3), np.uint8)
    for box in ([3, 4, 12, 17], [-5, -5, 10, 9], [20, 10, 99, 99]):
        assert pixel_distance(a, b, np.array(box, float)) == pytest.approx(twin_distance(a, b, np.array(box)))
    assert pixel_distance(a, a, np.array([0.0, 0, 9, 9])) == 0


def test_pixel_distance_needs_equal_sizes_and_a_box_in_the_picture() -> None:
    image = np.zeros((10, 10, 3), np.uint8)
    with pytest.raises(BadValueError, match="one size"):
        pixel_distance(image, image[:5], np.array([0.0, 0, 5, 5]))
    for box in ([20.0, 20, 30, 30], [0, 0, 1, 9], [5, 5, 3, 3]):
        with pytest.raises(BadValueError, match="2 × 2"):
            pixel_distance(image, image, np.array(box))


def test_regions_are_the_persons_own() -> None:
    before = np.zeros((100, 100, 3), np.uint8)
    after = before.copy()
    after[:50, 50:] = 60  # above, on the right of the picture: the person's left
    told = dict(zip(REGIONS, region_distances(before, after, np.array([0.0, 0, 100, 100])), strict=True))
    assert told == {"upper left": 60, "upper right": 0, "lower left": 0, "lower right": 0}


def test_regions_add_up_to_the_whole(rng: np.random.Generator) -> None:
    a, b = rng.integers(0, 256, (2, 40, 40, 3), np.uint8)
    box = np.array([4.0, 6, 24, 36])
    parts = region_distances(a, b, box)
    assert np.sqrt(np.mean(parts**2)) == pytest.approx(pixel_distance(a, b, box))


@pytest.mark.one_case
@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("distances", [[0.0, 0.3, 0.9, 2.0, 4.0, 6.0, 8.0], [0.0, 5.0, 5.0, 1.0, 0.0, 3.0]])
def test_distances_are_matched_at_every_strength(name: str, distances: list[float]) -> None:
    for seed in range(3):
        sweep = matched_sweep(FACE, distances, name, seed)
        check(sweep, np.array(distances))
        assert sweep.reached[np.array(distances) <= 6].all(), (name, seed, sweep.distances)


def check(sweep: MatchedSweep, wanted: npt.NDArray[np.float64]) -> None:
    """What every matched sweep keeps to."""
    assert sweep.images.shape == (len(wanted), *FACE.image.shape)
    assert sweep.images.dtype == np.uint8
    assert sweep.regions.shape == (len(wanted), 4)
    for image, amount, distance, reached, asked in zip(
        sweep.images, sweep.amounts, sweep.distances, sweep.reached, wanted, strict=True
    ):
        assert distance == pixel_distance(FACE.image, image, BOX)
        assert np.array_equal(image, sweep.change.picture(FACE.image, BOX, amount))
        assert reached == (abs(distance - asked) <= 0.1 * asked)
        if asked == 0:
            assert amount == 0
            assert np.array_equal(image, FACE.image)


@pytest.mark.parametrize("name", KINDS)
def test_what_cannot_be_reached_takes_the_largest_admissible_change_and_says_so(name: str) -> None:
    sweep = matched_sweep(FACE, [0.0, 2.0, 150.0], name)
    assert sweep.reached.tolist() == [True, True, False]
    assert sweep.amounts[2] == pytest.approx(sweep.change.most)


@pytest.mark.thorough
@settings(max_examples=25, deadline=None)
@given(
    distances=st.lists(st.floats(0, 40), min_size=1, max_size=5),
    name=st.sampled_from(sorted(KINDS)),
    seed=st.integers(0, 2**32),
)
def test_any_distances(distances: list[float], name: str, seed: int) -> None:
    sweep = matched_sweep(FACE, distances, name, seed)
    for asked, distance, amount in zip(distances, sweep.distances, sweep.amounts, strict=True):
        if asked > 0.2 and not abs(distance - asked) <= 0.1 * asked:
            assert amount == pytest.approx(sweep.change.most)
            assert distance < asked


@pytest.mark.thorough
def test_larger_distances_take_larger_amounts() -> None:
    for name in KINDS:
        amounts = matched_sweep(FACE, np.linspace(0, 6, 7), name, 1).amounts
        assert (np.diff(amounts) > 0).all(), name


def test_a_change_can_be_given_with_its_direction() -> None:
    change = KINDS["shift"]((0.0, -1.0))
    sweep = matched_sweep(FACE, [0.0, 3.0], change)
    assert sweep.change is change
    assert sweep.kind == "shift"


@pytest.mark.parametrize("distances", [[], [[1.0]], [-1.0], [float("nan")], [float("inf")]])
def test_bad_distances_are_refused(distances: list[float]) -> None:
    with pytest.raises(BadValueError, match="Distances"):
        matched_sweep(FACE, distances, "blur")
    with pytest.raises(BadValueError, match="Distances"):
        placebo_sweeps(FACE, distances, 3)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="shift"):
        matched_sweep(FACE, [1.0], "shfit")


def test_a_flat_picture_takes_the_largest_admissible_change() -> None:
    """Nothing to see moving: a shift of a plain wall has distance 0 whatever the amount."""
    flat = FACE.replace(image=np.full_like(FACE.image, 90))
    sweep = matched_sweep(flat, [0.0, 4.0], "shift")
    assert sweep.reached.tolist() == [True, False]
    assert sweep.distances.tolist() == [0, 0]


# ---- many sweeps


@pytest.mark.thorough
def test_kinds_take_turns_in_random_order() -> None:
    sweeps = list(placebo_sweeps(FACE, [0.0, 2.0], 2 * len(KINDS), seed=7))
    kinds = [sweep.kind for sweep in sweeps]
    one, two = kinds[: len(KINDS)], kinds[len(KINDS) :]
    assert set(one) == set(two) == set(KINDS)
    assert one != two
    directions = {sweep.change for sweep in sweeps}
    assert len(directions) == len(sweeps)


def test_a_sweep_is_the_same_whatever_came_before() -> None:
    whole = list(placebo_sweeps(FACE, [0.0, 2.0], 6, seed=2))
    rest = list(placebo_sweeps(FACE, [0.0, 2.0], 6, seed=2, first=4))
    assert len(rest) == 2
    for one, two in zip(whole[4:], rest, strict=True):
        assert one.change == two.change
        assert np.array_equal(one.images, two.images)
    other = next(placebo_sweeps(FACE, [0.0, 2.0], 1, seed=3))
    assert other.change != whole[0].change


@pytest.mark.thorough
def test_only_the_kinds_that_are_given_take_turns() -> None:
    kinds = sorted(set(KINDS) - {"blur"})
    n = 2 * len(kinds)
    whole = list(placebo_sweeps(FACE, [0.0, 2.0], n, seed=7, kinds=kinds))
    for turn in (whole[: n // 2], whole[n // 2 :]):
        assert sorted(sweep.kind for sweep in turn) == kinds
    rest = list(placebo_sweeps(FACE, [0.0, 2.0], n, seed=7, first=n - 3, kinds=kinds))
    assert [sweep.change for sweep in rest] == [sweep.change for sweep in whole[-3:]]
    with pytest.raises(BadValueError, match="a kind or more"):
        placebo_sweeps(FACE, [1.0], 1, kinds=[])
    with pytest.raises(UnknownNameError, match="blurr"):
        placebo_sweeps(FACE, [1.0], 1, kinds=["blurr"])


@pytest.mark.thorough
def test_kinds_that_are_too_weak_take_no_turn_while_ten_others_can() -> None:
    small, large, huge = (set(kinds_in_turn(FACE, distance)) for distance in (2.0, 22.0, 120.0))
    assert small == set(KINDS)
    assert len(large) >= LEAST_KINDS
    assert not large & {"jpeg", "sharpen"}, "they change no picture by so much"
    assert huge == set(KINDS), "where hardly any can, all are tried, and what they miss is said"
    sweeps = list(placebo_sweeps(FACE, [0.0, 22.0], 2 * len(large)))
    assert {sweep.kind for sweep in sweeps} == large
    assert np.mean([sweep.reached.all() for sweep in sweeps]) >= 0.8


def test_no_placebo_moves_what_the_intervention_is_to_move() -> None:
    for one in interventions.ordered():
        kinds = placebos_of(one.id, one.moves)
        assert one.id not in kinds
        assert all(moved()[kind].get(one.moves or "", 0.0) < MOVES for kind in kinds), one.id
    assert set(moved()) == set(KINDS)
    # a colour cast is no placebo of the colour of skin, nor is any light; moving the picture is
    assert set(placebos_of("skin_tone", "skin_tone")) >= {"shift", "scale", "rotate", "crop", "stretch"}
    assert not set(placebos_of("skin_tone", "skin_tone")) & {"brightness", "gamma", "exposure", "haze"}
    assert set(placebos_of("background", None)) == set(KINDS)


@pytest.mark.parametrize(("n", "first", "seed"), [(-1, 0, 0), (3, 4, 0), (3, -1, 0), (3, 0, -1)])
def test_bad_numbers_are_refused_at_the_call(n: int, first: int, seed: int) -> None:
    with pytest.raises(BadValueError, match="numbered"):
        placebo_sweeps(FACE, [1.0], n, seed=seed, first=first)
