"""Leads: from their electrodes over the skin and down, clear of eyes and mouth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import cKDTree

from facelib.faces import ELECTRODE_SCHEMES, Head
from facelib.head.accessories import leads
from facelib.head.geometry import electrode_sites
from facelib.head.geometry.arrays import load
from facelib.head.geometry.makehuman import SKIN
from facelib.head.rendering import render

pytestmark = pytest.mark.packages

BARE = Head(expression="neutral", light="frontal", hair="tied")
NAMES = [name for scheme in ELECTRODE_SCHEMES.values() for name in scheme]
BOTTOM = 5.6  # dm; below the lower edge of a frontal picture


def way(name: str, head: Head | None = None) -> np.ndarray:
    """Return the lead of an electrode (n, 3) on a head; None: the base head."""
    row = np.array([leads.laid_leads().rows[name]])
    vertices = load().canonical if head is None else render.pose(head)[0]
    return leads.follow(row, vertices)[0, : leads.laid_leads().knots[row[0]]]


def bend(points: np.ndarray) -> np.ndarray:
    """Return the cosines of the angles between one step (n, 3) and the next but two."""
    steps = np.diff(points, axis=0)
    steps /= np.linalg.norm(steps, axis=1, keepdims=True)
    return (steps[3:] * steps[:-3]).sum(axis=1)


def height(points: np.ndarray, vertices: np.ndarray) -> np.ndarray:
    """Return how far points (n, 3) lie outside the skin, along the base normal of the nearest vertex."""
    geometry = load()
    skin = np.unique(geometry.triangles[geometry.parts == SKIN])
    _, near = cKDTree(vertices[skin]).query(points)
    return ((points - vertices[skin][near]) * geometry.facing[skin][near]).sum(axis=1)


def test_without_electrodes_or_leads_nothing_is_worn() -> None:
    vertices, _, _ = render.pose(BARE)
    assert leads.made(BARE.replace(wires=1.0), vertices, 224) is None
    assert leads.made(BARE.replace(electrodes="fridlund"), vertices, 224) is None
    assert (BARE.replace(wires=1.0).render(96).image == BARE.render(96).image).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_lead_starts_on_its_electrode_and_ends_out_of_the_picture(name: str) -> None:
    points, place = way(name), np.array(electrode_sites.places()[name])
    assert np.linalg.norm(points[0] - place) < 0.02
    over_head = place[0] == 0 and place[1] > 7
    assert points[-1, 1] < BOTTOM or (over_head and points[-1, 2] < -0.3)
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    assert steps == pytest.approx(leads.STEP, rel=0.4)
    assert bend(points).min() > 0.3  # no kinks


@pytest.mark.parametrize("name", NAMES)
def test_no_lead_crosses_an_eye_or_the_mouth(name: str) -> None:
    x, y, z = way(name).T
    front = z > 1.0
    assert (np.hypot((np.abs(x) - 0.31) / 0.16, (y - 7.29) / 0.06)[front] > 1).all()
    assert (np.hypot(x / 0.24, (y - 6.62) / 0.07)[front] > 1).all()


@pytest.mark.thorough
@pytest.mark.parametrize(
    "head",
    [
        BARE,
        Head(age=8, expression="happy"),
        Head(age=80, gender=1.0, seed=5, expression="surprise", palsy=0.7),
    ],
)
def test_leads_lie_on_the_skin_of_every_head(head: Head) -> None:
    vertices, _, _ = render.pose(head)
    for name in NAMES:
        points = way(name, head)
        on_skin = np.arange(len(points)) < leads.laid_leads().jaw[leads.laid_leads().rows[name]]
        assert bend(points).min() > 0.1  # no kinks, however the body differs
        over = height(points[on_skin], vertices)
        assert over.min() > -0.03
        assert np.median(over) == pytest.approx(0.012, abs=0.012)
        geometry = load()
        near = np.linalg.norm(geometry.canonical - electrode_sites.places()[name], axis=1).argsort()[:3]
        assert np.linalg.norm(vertices[near].mean(axis=0) - points[0]) < 0.05


@pytest.mark.parametrize("name", ["F2", "F12", "F16", "F22", "K6", "K14"])
def test_mirrored_electrodes_have_mirrored_leads(name: str) -> None:
    number = int(name[1:])
    left, right = way(name), way(f"{name[0]}{number - 1}")
    np.testing.assert_allclose(left * [-1, 1, 1], right, atol=1e-4)


def test_pictures_stay_mirror_symmetric() -> None:
    image = BARE.replace(electrodes="fridlund", wires=1.0).render(160).image.astype(int)
    bare = BARE.replace(electrodes="fridlund").render(160).image.astype(int)
    drawn = np.abs(image - bare).max(axis=2) > 8
    assert drawn.sum() > 300
    assert (drawn == drawn[:, ::-1]).mean() > 0.998


@pytest.mark.thorough
def test_leads_grow_gradually() -> None:
    head = BARE.replace(electrodes="kuramoto")
    bare = head.render(160).image.astype(int)
    images = [
        head.replace(wires=float(share)).render(160).image.astype(int) for share in np.linspace(0, 1, 9)
    ]
    assert (images[0] == bare).all()
    changed = [(np.abs(image - bare).max(axis=2) > 8).sum() for image in images]
    assert (np.diff(changed)[:7] > 0).all()
    assert changed[8] >= changed[7]  # the last of it lies out of the picture
    assert np.diff(changed).max() < 0.3 * changed[-1]


def test_the_strands_are_closed_and_look_outward() -> None:
    head = BARE.replace(electrodes=("F9", "F10"), wires=0.37)
    thing = leads.made(head, render.pose(head)[0], 512)
    assert thing is not None
    a, b, c = thing.vertices[thing.triangles].transpose(1, 0, 2)
    facing = np.cross(b - a, c - a)
    large = np.linalg.norm(facing, axis=1) > 1e-7
    outward = (facing * thing.normals[thing.triangles].mean(axis=1)).sum(axis=1)[large] > 0
    assert outward.mean() > 0.97  # all but the caps
    assert len(np.unique(thing.colours, axis=0)) == 2
    volume = (a * np.cross(b, c)).sum() / 6
    laid = leads.laid_leads()
    whole = sum(0.37 * (laid.knots[laid.rows[name]] - 1) for name in ("F9", "F10"))
    tubes = 2 * np.pi * leads.STRAND**2 * whole * leads.STEP
    assert volume == pytest.approx(tubes, rel=0.35)


def test_thin_leads_fade_in_small_pictures() -> None:
    head = BARE.replace(electrodes="fridlund", wires=1.0)
    vertices, _, _ = render.pose(head)
    small, large = (leads.made(head, vertices, size) for size in (64, 512))
    assert small is not None
    assert large is not None
    assert small.opacity < large.opacity == 1
