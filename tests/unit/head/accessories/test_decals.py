"""Electrodes of any size and the tape over them: all found, none lost, mirrored."""

from __future__ import annotations

import math

import numpy as np
import pytest

from facelib.faces import ELECTRODE_SCHEMES, Head
from facelib.head.accessories.decals import COLUMNS, ROWS, stick, sticker_at
from facelib.head.geometry import electrode_sites
from facelib.head.geometry.arrays import load
from facelib.head.geometry.textures import AXIS
from facelib.head.rendering import skin

pytestmark = pytest.mark.packages

BARE = Head(expression="neutral", light="frontal", hair="tied")
TEXEL = 0.006  # dm


def shown(head: Head, points: np.ndarray, *, everywhere: bool = False) -> np.ndarray:
    """Return what stickers show at canonical points; `everywhere` looks at all of them, without the grid."""
    stickers, grid = stick(head, skin.skin_colour(head.skin_tone))
    if everywhere:
        grid = np.broadcast_to(np.arange(len(stickers), dtype=np.uint8), (ROWS, COLUMNS, len(stickers)))
    grid = np.ascontiguousarray(grid)
    return np.array(
        [
            sticker_at(stickers, grid, TEXEL, x, y, z, math.atan2(abs(x), z - AXIS))
            for x, y, z in points.astype(np.float32)
        ]
    )


def skin_points(count: int = 4000) -> np.ndarray:
    """Return points near the front of the canonical skin."""
    canonical = load().canonical
    front = canonical[(canonical[:, 2] > 0.6) & (canonical[:, 1] > 6.2) & (canonical[:, 1] < 7.95)]
    rng = np.random.default_rng(0)
    return np.asarray(front[rng.integers(len(front), size=count)] + rng.normal(0, 0.01, (count, 3)))


@pytest.mark.one_case
@pytest.mark.parametrize("scheme", list(ELECTRODE_SCHEMES))
@pytest.mark.parametrize(
    "fields",
    [{}, {"moles": 1.0}, {"electrode_size": 0.5}, {"electrode_size": 2.0}, {"tape": 1.0, "moles": 1.0},
     {"electrode_size": 2.0, "tape": 0.4}],
)  # fmt: skip
def test_the_grid_finds_all_that_is_there(scheme: str, fields: dict[str, float]) -> None:
    head, points = BARE.replace(electrodes=scheme, **fields), skin_points()
    np.testing.assert_array_equal(shown(head, points), shown(head, points, everywhere=True))


@pytest.mark.parametrize("scheme", list(ELECTRODE_SCHEMES))
@pytest.mark.parametrize("size", [0.5, 1.0, 1.5, 2.0])
def test_every_electrode_shows_its_middle(scheme: str, size: float) -> None:
    head = BARE.replace(electrodes=scheme, electrode_size=size)
    middles = shown(head, np.array([electrode_sites.places()[name] for name in ELECTRODE_SCHEMES[scheme]]))
    assert (middles[:, 0] == 1).all()
    np.testing.assert_allclose(middles[:, 1], 0.72, atol=1e-6)  # the snap


@pytest.mark.thorough
def test_alone_a_diameter_twice_as_long_covers_four_times_the_skin() -> None:
    points = skin_points(20_000)
    covered = [
        shown(BARE.replace(electrodes=("F9",), electrode_size=size), points)[:, 0].sum()
        for size in (0.5, 1.0, 2.0)
    ]
    assert covered[1] / covered[0] == pytest.approx(4, rel=0.35)
    assert covered[2] / covered[1] == pytest.approx(4, rel=0.2)


def test_where_electrodes_overlap_each_keeps_what_is_nearer_to_it() -> None:
    pair = BARE.replace(electrodes=("F15", "F16"), electrode_size=2.0)
    alone = BARE.replace(electrodes=("F15",), electrode_size=2.0)
    place = np.array(electrode_sites.places()["F15"])
    near, beyond = place + np.array([0.03, 0, 0]), place + np.array([0.075, 0, 0])
    both, one = (shown(head, np.stack([near, beyond])) for head in (pair, alone))
    np.testing.assert_allclose(both[0], one[0])
    assert both[1, 0] == one[1, 0] == 1
    assert np.abs(both[1, 1:] - one[1, 1:]).max() > 0.05  # the other one's


@pytest.mark.thorough
def test_tape_grows_gradually_and_lets_the_electrode_shine_through() -> None:
    points = skin_points(6000)
    heads = [BARE.replace(electrodes="kuramoto", tape=float(share)) for share in np.linspace(0, 1, 9)]
    covered = np.array([shown(head, points)[:, 0].sum() for head in heads])
    assert (np.diff(covered) >= 0).all()
    assert covered[-1] > 1.5 * covered[0]
    assert np.diff(covered).max() < 0.3 * covered[-1]
    place = np.array(electrode_sites.places()["K9"])[None]
    cup = place + np.array([0.02, 0, 0])
    for at in (place, cup):
        assert shown(heads[-1], at)[0, 0] == 1
    lit = [shown(head, np.concatenate([place, cup]))[:, 1] for head in (heads[0], heads[-1])]
    assert abs(lit[1][0] - lit[1][1]) > 0.15 * abs(lit[0][0] - lit[0][1])


def test_a_strip_has_straight_sides_and_round_ends() -> None:
    head = BARE.replace(electrodes=("K9",), tape=1.0)
    row = stick(head, skin.skin_colour(0.3))[0][1]
    middle, reach, along, across, half = row[:3], row[3], row[9:12], row[12:15], row[15]
    assert abs(along @ across) < 1e-6

    def cover(u: float, v: float) -> float:
        return float(shown(head, (middle + u * along + v * across)[None])[0, 0])

    assert cover(0.9 * reach, 0) > 0.6
    assert cover(1.1 * reach, 0) == 0
    assert cover(reach - half, 0.85 * half) > 0.6
    assert cover(0.98 * reach, 0.85 * half) == 0
    assert cover(0.7 * reach, 1.3 * half) == 0


@pytest.mark.parametrize("scheme", list(ELECTRODE_SCHEMES))
def test_strips_mirror_each_other_and_spare_the_eyes(scheme: str) -> None:
    for name in ELECTRODE_SCHEMES[scheme]:
        x, y, z = electrode_sites.places()[name]
        along, across = map(np.array, electrode_sites.directions()[name])
        assert np.linalg.norm(along) == pytest.approx(1)
        assert np.linalg.norm(across) == pytest.approx(1)
        for share in (-1.0, 1.0):
            end = np.array([x, y, z]) + share * (electrode_sites.RADIUS + electrode_sites.GRIP) * along
            assert np.hypot((abs(end[0]) - 0.31) / 0.17, (end[1] - 7.29) / 0.07) > 1
        other = min(
            ELECTRODE_SCHEMES[scheme],
            key=lambda label: np.linalg.norm(
                np.array(electrode_sites.places()[label]) * [-1, 1, 1] - [x, y, z]
            ),
        )
        mirrored = np.array(electrode_sites.directions()[other][0]) * [-1, 1, 1]
        assert abs(mirrored @ along) == pytest.approx(1, abs=1e-3)


@pytest.mark.one_case
@pytest.mark.parametrize(
    "fields", [{"electrode_size": 2.0}, {"tape": 1.0}, {"electrode_size": 1.5, "tape": 0.7}]
)
@pytest.mark.parametrize("scheme", ["fridlund", ("K3", "K4", "K9", "K10", "K19", "K20", "K24")])
def test_pictures_stay_mirror_symmetric(scheme: str | tuple[str, ...], fields: dict[str, float]) -> None:
    image = BARE.replace(electrodes=scheme, **fields).render(160).image.astype(int)
    difference = np.abs(image - image[:, ::-1]).max(axis=2)
    assert (difference <= 2).mean() >= 0.999
    assert difference.max() <= 12


@pytest.mark.thorough
def test_neutral_values_change_nothing_and_others_do() -> None:
    head = BARE.replace(electrodes="fridlund")
    picture = head.render(128).image
    assert (head.replace(electrode_size=1.0, tape=0.0).render(128).image == picture).all()
    for fields in ({"electrode_size": 0.8}, {"tape": 0.3}):
        assert (head.replace(**fields).render(128).image != picture).any()  # type: ignore[arg-type]
        bare = BARE.render(128).image
        assert (BARE.replace(**fields).render(128).image == bare).all()  # type: ignore[arg-type]
