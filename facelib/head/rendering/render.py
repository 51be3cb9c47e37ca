"""Render a head to a picture."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from functools import cache
from threading import local
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError
from facelib.face import Face
from facelib.head.accessories import lenses, thing
from facelib.head.accessories.registry import worn_by
from facelib.head.geometry import arrays, camera, hair, mesh
from facelib.head.geometry.hair_pattern import strand_gaps
from facelib.head.geometry.landmarks import face_box, place
from facelib.head.geometry.lashes import lay_lashes
from facelib.head.geometry.makehuman import Floats, Ints
from facelib.head.geometry.raster import buffers, rasterise, rasterise_inside, rasterise_wisps
from facelib.head.rendering import backdrop, scene
from facelib.head.rendering.resolve import develop, shade, tone_curve
from facelib.head.rendering.shading_inputs import Frame, surfaces
from facelib.head.rendering.visibility import visible_electrodes
from facelib.utilities.checks import whole

if TYPE_CHECKING:
    from facelib.head.head import Head

SIZES = (48, 1024)
_BAND = 8192  # pixels that are shaded at a time
_SINGLE_LASHES = 640.0  # px; smaller pictures show lashes as a veil


class _Scratch(local):
    """Room that a thread keeps from picture to picture: fresh memory costs as much as what is done there."""

    def __init__(self) -> None:
        self.surfaces = surfaces(4 * _BAND)


_SCRATCH = _Scratch()


def render(head: Head, size: int = 224) -> Face:
    """Return the picture of a head (see `Head.render`)."""
    rule = f"A picture's size is a whole number of pixels from {SIZES[0]} to {SIZES[1]}"
    size = whole(rule, size, *SIZES)
    vertices, view, marks = pose(head)
    points, picture, depth = _picture(head, size, vertices, view, worn_by(head, vertices, size))
    image = develop(picture, _curve())
    share, middle = np.float32(1 / scene.SAMPLES), np.float32(size / 2)
    geometry = arrays.load()
    balls = [points[eye, :2].mean(axis=0) * share for eye in scene.eye_vertices()]
    eyes = np.stack(balls).astype(np.float64) + middle
    landmarks = place(points, geometry.landmark_vertices, geometry.landmark_weights) * share + middle
    box = face_box(camera.project(marks, size)[:, :2] + middle)
    seen = visible_electrodes(head, vertices, view, depth)
    return Face(image, box, eyes, landmarks, attributes(head, seen), "rendered")


def pose(head: Head) -> tuple[Floats, camera.View, Floats]:
    """Return the fine vertices (N, 3) of a head, its view, and the posed landmarks (478, 3) of its rest.

    The resting face places the head: no expression moves the picture, its scale or the face box.
    """
    geometry = arrays.load()
    vertices = mesh.fine(mesh.coarse(head), geometry)
    vertices += hair.cap(head)
    resting = mesh.identity(head)
    balls = [mesh.fine_at(resting, geometry, eye) for eye in scene.eye_vertices()]
    eyes = np.stack([ball.mean(axis=0) for ball in balls]).astype(np.float64)
    view = camera.stand(vertices, eyes, head.pose)
    where = geometry.landmark_vertices.ravel().astype(np.intp)
    corners = mesh.fine_at(resting, geometry, where).reshape(-1, 3, 3)
    marks = (corners * geometry.landmark_weights[:, :, None]).sum(axis=1)
    return vertices, view, view.place(marks)


def draw(
    head: Head, size: int, vertices: Floats, view: camera.View, things: Sequence[thing.Worn] = ()
) -> tuple[Floats, Frame, Floats, npt.NDArray[np.int32]]:
    """Return the projected vertices, the frame, and depth and triangle number of every sample.

    Of what the head wears, `things` are drawn, as solid ones.
    """
    geometry = arrays.load()
    samples = size * scene.SAMPLES
    extra = thing.place(things, view, samples)
    wisps = arrays.hair(head.hair) if hair.has_wisps(head.hair) else None
    head_count = len(view.positions)
    end = head_count + (len(wisps.vertices) if wisps else 0)
    everything = np.empty((end + (len(extra.points) if extra else 0), 3), np.float32)
    carried = np.empty((len(everything), 8), np.float32)
    points, strands = everything[:head_count], everything[head_count:end]
    camera.project_into(view.positions, np.float32(samples * camera.ZOOM), points)
    carried[:head_count] = scene.fixed_attributes()
    around = geometry.around_start, geometry.around_index
    mesh.fill_normals(view.positions, geometry.triangles, *around, carried[:head_count])
    solid, inner = scene.part_numbers()
    depth, seen = buffers(samples)
    rasterise(points, geometry.triangles[:solid], True, 0, depth, seen)
    rasterise_inside(points, geometry.triangles[solid:inner], solid, geometry.parts, depth, seen)
    if wisps:
        count, turned = len(geometry.triangles), carried[head_count:end]
        camera.comb(hair.grow(head), *hair.combed(head), view, samples, strands, turned)
        where, gaps = hair.places(head.hair), strand_gaps(size)
        rasterise_wisps(
            strands, wisps.triangles, count, where, hair.variants(head), geometry.pattern, gaps, depth, seen
        )
    if extra:
        rasterise(extra.points, extra.triangles, True, len(hair.topology(head.hair)[0]), depth, seen)
        everything[end:], carried[end:] = extra.points, extra.carried
    return everything, scene.frame_of(head, size, vertices, view, everything, carried, extra), depth, seen


def _picture(
    head: Head, size: int, vertices: Floats, view: camera.View, things: tuple[thing.Worn, ...]
) -> tuple[Floats, Floats, Floats]:
    """Return the projected vertices, the picture (H, W, 3) in linear light, and the depth of every sample.

    What is see-through is laid over the picture without it.
    """
    thin = next((i for i, piece in enumerate(things) if piece.opacity < 1), None)
    if thin is None:
        points, frame, depth, seen = draw(head, size, vertices, view, things)
        picture = _shaded(head, points, frame, depth, seen)
        lenses.lay(head, view, depth, picture)
        return points, picture, depth
    others, veil = things[:thin] + things[thin + 1 :], np.float32(things[thin].opacity)
    points, without, depth = _picture(head, size, vertices, view, others)
    solid = (*things[:thin], replace(things[thin], opacity=1.0), *things[thin + 1 :])
    _, covered, _ = _picture(head, size, vertices, view, solid)
    return points, without + veil * (covered - without), depth


def _shaded(head: Head, points: Floats, frame: Frame, depth: Floats, seen: Ints) -> Floats:
    """Return the picture (H, W, 3) in linear light."""
    geometry = arrays.load()
    size = len(depth) // scene.SAMPLES
    picture = np.empty((size, size, 3), np.float32)
    backdrop.fill(picture, head)
    shade(frame, depth, seen, picture, _SCRATCH.surfaces)
    lashes = scene.part_numbers()[1]
    lay_lashes(
        points, geometry.triangles[lashes:], geometry.parts[lashes:], geometry.canonical, geometry.lash,
        depth, frame.hair * np.float32(0.12), min(size / _SINGLE_LASHES, 1.0), picture,
    )  # fmt: skip
    return picture


@cache
def _curve() -> npt.NDArray[np.uint8]:
    return tone_curve()


def attributes(head: Head, seen: tuple[str, ...]) -> MappingProxyType[str, Any]:
    """Return the attributes of a rendered face by name: its head, what is set, and what is seen."""
    known = {field.name: getattr(head, field.name) for field in fields(head)}
    return MappingProxyType(known | {"key": head.key, "greying": head.greying, "visible_electrodes": seen})


def render_heads(heads: Sequence[Head], size: int = 224, workers: int | None = None) -> list[Face]:
    """Render many heads in threads.

    Parameters
    ----------
    heads
        Any number of heads.
    size
        Of every picture, px.
    workers
        Number of threads; None takes one for each processor. The bytes don't depend on it.

    Returns
    -------
    list
        Faces in the order of `heads`.

    Raises
    ------
    BadValueError
        Something else than heads, or a size or a number of threads outside what is allowed.
    """
    from facelib.head.head import Head

    listed: list[Any] = list(heads) if isinstance(heads, Iterable) else [None]
    others = [head for head in listed if not isinstance(head, Head)]
    if others:
        came = heads if others == [None] else others[0]
        msg = f"Expected a list of heads; got {came!r}."
        raise BadValueError(msg)
    rule = "The number of threads is a whole number, 1 or more"
    threads = os.cpu_count() or 1 if workers is None else whole(rule, workers, 1)
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(lambda head: render(head, size), listed))


def warm() -> None:
    """Compile the cached geometry and the renderer's functions, so that the first picture comes at once."""
    from facelib.head.head import Head

    render(Head(electrodes="fridlund", moles=1.0, tape=1.0), SIZES[0])
