"""Things worn: drawn where they stand, hidden where they are behind, thin ones see-through."""

from __future__ import annotations

import numpy as np
import pytest

from facelib.faces import Head
from facelib.head.accessories import registry, thing
from facelib.head.geometry import camera
from facelib.head.rendering import render

pytestmark = pytest.mark.packages

BARE = Head(expression="neutral", light="frontal")
RED = (0.6, 0.02, 0.02)
ROUNDING = 2.0  # grey levels; the thinnest rod changes a column by four, in two pictures of whole levels


def rod(depth: float, radius: float = 0.03, size: int = 128, opacity: float = 1.0) -> thing.Worn:
    """Stand a rod, level, in front of the forehead or behind it."""
    thick, share = thing.drawable(radius, size)
    path = np.linspace([-0.4, 7.7, depth], [0.4, 7.7, depth], 9, dtype=np.float32)
    return thing.coated(*thing.tube(path, thick), RED, 1.0, share * opacity)


def redness(head: Head, size: int = 128) -> np.ndarray:
    picture = head.render(size).image.astype(float)
    return np.asarray(picture[..., 0] - picture[..., 1:].max(axis=2))


@pytest.fixture
def wears(monkeypatch: pytest.MonkeyPatch):
    def put_on(*things: thing.Worn) -> None:
        monkeypatch.setattr(registry, "MAKERS", tuple(lambda *_, piece=piece: piece for piece in things))

    return put_on


def test_who_wears_nothing_is_drawn_as_if_nothing_could_be_worn(wears) -> None:
    head = Head(hair="long", electrodes="fridlund")
    picture = head.render(96).image
    wears()
    assert (head.render(96).image == picture).all()
    assert thing.place((), render.pose(head)[1], 96) is None


def test_a_thing_is_seen_in_front_of_the_face_and_not_behind_it(wears) -> None:
    bare = redness(BARE)
    wears(rod(1.8))
    seen = redness(BARE) - bare > 40
    rows, columns = np.nonzero(seen)
    _, view, _ = render.pose(BARE)
    middle = camera.project(view.place(np.array([[0.0, 7.7, 1.8]], np.float32)), 128)[0, :2] + 64
    assert rows.mean() == pytest.approx(middle[1], abs=1.0)
    assert columns.mean() == pytest.approx(middle[0], abs=0.6)
    wide = np.ptp(columns) + 1
    assert seen.sum() == pytest.approx(wide * 0.06 * camera.ZOOM * 128 / (11 - 0.9), rel=0.35)
    wears(rod(0.5))
    assert (BARE.render(128).image == Head(expression="neutral", light="frontal").render(128).image).all()
    assert np.abs(redness(BARE) - bare).max() == 0


def test_it_casts_a_shadow(wears) -> None:
    lit = BARE.render(128).image.astype(float).mean(axis=2)
    wears(rod(2.2, 0.06))
    shade = lit - BARE.render(128).image.astype(float).mean(axis=2)
    assert (shade[redness(BARE) < 30] > 8).sum() > 30  # beside the rod itself


def test_thin_things_fade_instead_of_breaking_into_dots(wears) -> None:
    bare = redness(BARE)
    total = []
    for radius in (0.0005, 0.001, 0.002, 0.004, 0.008):
        wears(rod(1.8, radius))
        change = redness(BARE) - bare
        columns = change.sum(axis=0)[50:78]
        assert columns.min() > max(0.5 * columns.mean() - ROUNDING, 0)
        total.append(change.sum())
    assert np.all(np.diff(total) > 0)
    assert total[0] < 0.15 * total[-1]


def test_two_thin_things_lie_over_each_other_in_any_order(wears) -> None:
    one, other = rod(1.8, opacity=0.5), rod(1.9, opacity=0.3)
    wears(one, other)
    picture = BARE.render(96).image.astype(int)
    wears(other, one)
    assert np.abs(picture - BARE.render(96).image).max() <= 1


@pytest.mark.parametrize("hair", ["short", "long", "bald"])
def test_landmarks_eyes_and_box_take_no_notice(wears, hair) -> None:
    head = Head(hair=hair)
    before = head.render(96)
    wears(rod(1.8), rod(1.9, 0.001))
    after = head.render(96)
    np.testing.assert_array_equal(before.landmarks, after.landmarks)
    np.testing.assert_array_equal(before.eyes, after.eyes)
    np.testing.assert_array_equal(before.box, after.box)


def test_the_surface_of_a_tube_looks_outward() -> None:
    path = np.array([[0, 0, 0], [0.3, 0.1, 0], [0.6, 0.3, 0.1], [0.8, 0.7, 0.2]], np.float32)
    vertices, normals, triangles = thing.tube(path, 0.05)
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-6)
    a, b, c = vertices[triangles].transpose(1, 0, 2)
    facing = np.cross(b - a, c - a)
    assert ((facing * normals[triangles].mean(axis=1)).sum(axis=1)[:-12] > 0).all()
    volume = (a * np.cross(b, c)).sum() / 6  # positive where the surface is closed and looks outward
    length = np.linalg.norm(np.diff(path, axis=0), axis=1).sum()
    assert volume == pytest.approx(np.pi * 0.05**2 * length, rel=0.2)


@pytest.mark.parametrize("closed", [True, False])
def test_a_sweep_is_whole(closed) -> None:
    turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    out = np.stack([np.cos(turn), np.sin(turn), 0 * turn], axis=1).astype(np.float32)
    side = np.tile(np.array([0, 0, 1.0], np.float32), (24, 1))
    square = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]], np.float32) * 0.1
    vertices, triangles = thing.sweep(out, side, out, square, closed)
    edges = np.sort(triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    assert (np.unique(edges, axis=0, return_counts=True)[1] == 2).all()  # no edge is a border
    a, b, c = vertices[triangles].transpose(1, 0, 2)
    assert (a * np.cross(b, c)).sum() / 6 == pytest.approx(
        2 * np.pi * 0.04 * (1 if closed else 23 / 24), rel=0.05
    )
