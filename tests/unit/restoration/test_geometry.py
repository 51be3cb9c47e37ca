"""Geometry pictures lie on the face, tell how its surface lies, and go to those who ask for them."""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from facelib.editing.regions import OUTSIDE, masks
from facelib.errors import BadValueError
from facelib.faces import Face, Head
from facelib.head.geometry import arrays, mesh
from facelib.head.geometry.landmarks import table
from facelib.head.rendering.render import pose
from facelib.restoration import own, restore
from facelib.restoration.crop import crop_of, inverse
from facelib.restoration.geometry import geometry_picture, trial_landmarks

SIZE = 128
HEADS = {
    "frontal": Head(seed=3),
    "turned": Head(seed=4, pose=(25.0, 5.0, 0.0)),
    "tilted, surprised": Head(seed=5, expression="surprise", pose=(-15.0, 0.0, 12.0)),
}


@cache
def face(name: str) -> Face:
    return HEADS[name].render(SIZE)


def normals_of(head: Head) -> np.ndarray:
    """Normals (478, 3) of a head's own mesh at its landmarks, before the camera: x right, y up, z near."""
    _, view, _ = pose(head)
    geometry = arrays.load()
    carried = np.zeros((len(view.positions), 8), np.float32)
    mesh.fill_normals(
        view.positions, geometry.triangles, geometry.around_start, geometry.around_index, carried
    )
    found = (carried[:, :3][geometry.landmark_vertices] * geometry.landmark_weights[:, :, None]).sum(axis=1)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


@pytest.mark.one_case
@pytest.mark.parametrize("name", HEADS)
def test_normals_are_those_of_the_heads_own_mesh(name: str) -> None:
    picture = geometry_picture(face(name).landmarks, SIZE)
    true = normals_of(HEADS[name])
    columns, rows = np.floor(face(name).landmarks.T).astype(int)
    found = picture[rows, columns]
    drawn = (np.linalg.norm(found, axis=1) > 0.5) & (true[:, 2] > 0.3)
    assert drawn.sum() > 300
    angles = np.degrees(np.arccos(np.clip((found * true).sum(axis=1)[drawn], -1, 1)))
    assert np.median(angles) < 18
    assert np.quantile(angles, 0.9) < 40
    mixed = np.degrees(np.arccos(np.clip((np.roll(found, 1, axis=1) * true).sum(axis=1)[drawn], -1, 1)))
    assert np.median(mixed) > 40  # channels in another order


@pytest.mark.parametrize("name", HEADS)
def test_it_covers_the_face_and_nothing_else(name: str) -> None:
    picture = geometry_picture(face(name).landmarks, SIZE)
    assert picture.shape == (SIZE, SIZE, 3)
    assert picture.dtype == np.float32
    size = np.linalg.norm(picture, axis=2)
    drawn = size > 0
    np.testing.assert_allclose(size[drawn], 1, atol=1e-5)
    assert (picture[drawn][:, 2] > -0.2).all()
    inside = masks(face(name))[OUTSIDE] < 0.5
    assert (drawn & inside).sum() / (drawn | inside).sum() > 0.97


def test_a_mirrored_face_has_the_mirrored_geometry() -> None:
    points = trial_landmarks(SIZE, 1.6)
    picture = geometry_picture(points, SIZE)
    np.testing.assert_allclose(picture[:, ::-1] * [-1, 1, 1], picture, atol=0.15)
    assert picture[60:70, 30:40, 0].mean() < -0.2  # the person's right cheek looks to the left of the picture
    assert picture[20:26, 60:68, 1].mean() > 0.05  # the forehead looks up


def test_an_open_mouth_is_seen() -> None:
    shut, wide = (Head(seed=3, expression=unit).render(SIZE) for unit in ({}, {"jawOpen": 1.0}))
    first, second = (geometry_picture(one.landmarks, SIZE) for one in (shut, wide))
    low = np.linalg.norm(first - second, axis=2)[80:].max()
    forehead = np.linalg.norm(first - second, axis=2)[:40]
    assert low > 0.5
    assert np.median(forehead) < 0.05


def fed(seen: list[Any]) -> Any:
    def paint(photograph: torch.Tensor, *, geometry: torch.Tensor) -> torch.Tensor:
        seen.append((photograph, geometry))
        return geometry.clone()

    return paint


@pytest.mark.parametrize("colours", ["rgb", "bgr"])
@pytest.mark.parametrize("values", ["signed", "unit"])
def test_who_asks_gets_it_beside_the_photograph(values: Any, colours: Any) -> None:
    seen: list[Any] = []

    def paint(photograph: torch.Tensor, geometry: torch.Tensor) -> torch.Tensor:
        seen.append(geometry)
        assert geometry.shape == photograph.shape == (1, 3, 96, 96)
        assert geometry.dtype == torch.float32
        return photograph

    one = face("tilted, surprised")
    made = own(paint, size=96, values=values, colours=colours)
    assert made.geometry
    trial = seen[-1]
    assert float(trial.norm(dim=1).max()) == pytest.approx(1, abs=1e-4)
    restore(one, made, np.ones(one.size, np.float32))
    way = inverse(crop_of(one.box, one.eyes, 96, 1.6))
    expected = geometry_picture(one.landmarks @ way[:, :2].T + way[:, 2], 96)
    np.testing.assert_array_equal(seen[-1][0].permute(1, 2, 0).numpy(), expected)
    part, geometry = made.inputs(one)
    np.testing.assert_array_equal(geometry, expected)
    assert part.shape == (96, 96, 3)


def test_it_lies_pixel_by_pixel_on_the_photograph() -> None:
    """A generator that paints where the face is: pasted back, that is where the face is."""

    def paint(photograph: torch.Tensor, geometry: torch.Tensor) -> torch.Tensor:
        there = (geometry != 0).any(dim=1, keepdim=True)
        return torch.where(there, 1.0, -1.0) * torch.ones_like(photograph)

    for name in HEADS:
        one = face(name)
        found = restore(one, own(paint, size=256), np.ones(one.size, np.float32)).image[:, :, 0] > 127
        x, y = np.meshgrid(np.arange(SIZE) + 0.5, np.arange(SIZE) + 0.5)
        in_crop = (x > one.box[0]) & (x < one.box[2]) & (y > one.box[1]) & (y < one.box[3])
        inside = masks(one)[OUTSIDE] < 0.5
        assert (found & inside & in_crop).sum() / ((found | inside) & in_crop).sum() > 0.95, name


class Asks(nn.Module):
    def forward(self, photograph: torch.Tensor, geometry: torch.Tensor) -> torch.Tensor:
        return photograph * (geometry.abs().sum(dim=1, keepdim=True) > 0).float()


class Keeps(nn.Module):
    def forward(self, photograph: torch.Tensor) -> torch.Tensor:
        return photograph


@pytest.mark.filterwarnings("ignore:`torch.jit.(script|save|load)` is:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:.*torch.jit.script.*")
def test_modules_and_their_files_are_asked_alike(tmp_path: Path) -> None:
    torch.jit.script(Asks()).save(str(tmp_path / "asks.pt"))
    torch.jit.script(Keeps()).save(str(tmp_path / "keeps.pt"))
    torch.save(Asks().state_dict(), tmp_path / "weights.pt")
    one = face("frontal")
    every = np.ones(one.size, np.float32)
    expected = restore(one, own(Asks(), size=64), every).image
    assert (expected != restore(one, own(Keeps(), size=64), every).image).any()
    for made in (own(tmp_path / "asks.pt", size=64, trust=True),):
        assert made.geometry
        np.testing.assert_array_equal(restore(one, made, every).image, expected)
    assert not own(tmp_path / "keeps.pt", size=64, trust=True).geometry


def test_others_are_called_as_before() -> None:
    calls: list[dict[str, Any]] = []

    def anything(photograph: torch.Tensor, **more: Any) -> torch.Tensor:
        calls.append(more)
        return photograph

    def set_already(photograph: torch.Tensor, geometry: float) -> torch.Tensor:
        assert geometry == 3.0
        return photograph

    for network in (anything, torch.ones_like, nn.Identity(), partial(set_already, geometry=3.0)):
        made = own(network, size=64, values="unit")
        assert not made.geometry
        assert (
            made.inputs(Face(np.zeros((80, 80, 3), np.uint8), np.array([9.0, 9, 70, 70]), np.zeros((2, 2))))[
                1
            ]
            is None
        )
    assert calls == [{}]


def test_faces_without_landmarks_are_refused_in_words() -> None:
    bare = Face(face("frontal").image, face("frontal").box, face("frontal").eyes)
    every = np.ones(bare.size, np.float32)
    made = own(fed([]), size=64)
    with pytest.raises(BadValueError, match="478 landmarks, and they aren't all known"):
        restore(bare, made, every)
    with pytest.raises(BadValueError, match="asks for a geometry picture"):
        made.paint(np.zeros((64, 64, 3), np.uint8))
    assert restore(bare, own(nn.Identity(), size=64), every).method == "own"
    nothing = geometry_picture(np.full((478, 2), 5.0), 64)  # all in one place
    assert not nothing.any()
    assert not geometry_picture(table()[:, :2] * [40, -40] - 1e4, 64).any()  # beyond the picture


def test_a_generator_that_fails_with_its_geometry_is_named() -> None:
    def fails(photograph: torch.Tensor, geometry: torch.Tensor) -> torch.Tensor:
        return photograph[:, :, :10] + geometry

    with pytest.raises(BadValueError, match=r"'own' failed on a picture"):
        own(fails, size=64)
