"""Materials of a head: colour and finish of skin, lips, eyes, teeth, tongue, cloth."""

from __future__ import annotations

import math

import numpy as np

from facelib.head.accessories.decals import sticker_at
from facelib.head.accessories.thing import WORN
from facelib.head.geometry.camera import DISTANCE, ZOOM
from facelib.head.geometry.makehuman import (
    CAVITY,
    EYE,
    SOCKET,
    TEETH_LOWER,
    TEETH_UPPER,
    TONGUE,
    WISP,
    Floats,
)
from facelib.head.geometry.textures import AXIS, BOTTOM, FRONT, FRONT_SHARE, TOP
from facelib.head.jit import jit
from facelib.head.rendering.lighting import lobe, smooth, unit
from facelib.head.rendering.shading_inputs import Frame, Surfaces
from facelib.head.rendering.skin import STEP

# kernel constants as float32, so that numba doesn't widen them
_AXIS, _STEP = np.float32(AXIS), np.float32(STEP)
# coefficients of an odd polynomial for the arctangent on [0, 1]
_ARC = tuple(
    np.float32(c) for c in (0.99997726, -0.33262347, 0.19354346, -0.11643287, 0.05265332, -0.01172120)
)
_TINY, _QUARTER, _HALF_TURN = np.float32(1e-20), np.float32(math.pi / 2), np.float32(math.pi)
_FRONT, _SHARE, _SPAN = float(FRONT), FRONT_SHARE, TOP - BOTTOM
_SOFT = DISTANCE / (ZOOM * 224.0)  # dm of skin per pixel; the eye's spark is soft in pictures up to 224 px
_SPARK = (0.9975, 0.99995)  # cosine at its edge, and where it is whole
_COLLAR = 0.075  # dm; width of the ribbed band of the shirt


@jit
def column_of(angle: float) -> float:
    """Return the column in [0, 1] of an angle from the middle of the face (see `maps.column`)."""
    if angle < _FRONT:
        return angle / _FRONT * _SHARE
    return _SHARE + (angle - _FRONT) / (math.pi - _FRONT) * (1.0 - _SHARE)


@jit
def turn(x: float, z: float) -> float:
    """Return atan2(x, z) for x ≥ 0, within 1e-5: an odd polynomial, in a third of a library's time."""
    depth = abs(z)
    ratio = min(x, depth) / (max(x, depth) + _TINY)
    square = ratio * ratio
    series = _ARC[5]
    for k in range(4, -1, -1):
        series = series * square + _ARC[k]
    angle = series * ratio
    if x > depth:
        angle = _QUARTER - angle
    return angle if z >= 0 else _HALF_TURN - angle  # type: ignore[return-value]  # numba keeps float32


@jit
def neckline(z: float) -> float:
    """Return the canonical height of the shirt's edge: low in front, higher at the sides and the back."""
    # heights, depths and shares of the neckline, dm: our choice, by eye
    side = min(max((0.72 - z) / 0.6, 0.0), 1.0)
    back = min(max((0.1 - z) / 0.7, 0.0), 1.0)
    return 5.80 + 0.12 * side + 0.10 * back


@jit
def paint(frame: Frame, surfaces: Surfaces, count: int) -> None:
    """Give the first `count` surfaces their colour, relief and finish, in place."""
    part, bumps, carried, positions = surfaces.part, surfaces.bumps, surfaces.carried, surfaces.positions
    colours, finish, rotation, mouth = surfaces.colours, surfaces.finish, frame.rotation, frame.mouth
    centres, lids, iris, lights, hair = frame.eye_centres, frame.lids, frame.iris, frame.lights, frame.hair
    crisp = smooth(1.0, 0.4, frame.texel / _SOFT)
    thrown = 0.12 + 11.0 * frame.lip[1]  # light that lips and cheeks throw into the mouth
    for s in range(count):
        for k in range(3):
            bumps[s, k] = carried[s, k]
        kind = part[s]
        if kind == EYE:
            _paint_eye(
                rotation, centres, lids, iris, lights, crisp, positions[s], carried[s], colours[s], finish[s]
            )
        elif kind == TEETH_UPPER or kind == TEETH_LOWER:  # noqa: PLR1714, SIM109, a set would be built each time
            _paint_tooth(rotation, mouth, kind, carried[s], bumps[s], colours[s], finish[s])
        elif kind == TONGUE:
            # tongue: dark red, darker toward the throat and in a shut mouth; all by eye
            deep = smooth(0.85, 1.38, carried[s, 5])
            shut = (0.25 + 0.75 * mouth * deep) * (0.05 + 0.85 * thrown)
            _set(
                colours[s],
                finish[s],
                0.46 * shut,
                0.15 * shut,
                0.14 * shut,
                0.8 * shut,
                0.4,
                0.1 + 0.6 * mouth * deep,
            )
        elif kind == WISP:
            # hair card: lighter and darker strands; root darker and duller under the hair above it
            root = smooth(0.0, 0.35, carried[s, 7])
            shade = max(0.9 + 0.20 * carried[s, 6], 0.4)
            _set(
                colours[s],
                finish[s],
                hair[0] * shade,
                hair[1] * shade,
                hair[2] * shade,
                0.6 + 0.4 * root,
                0.0,
                0.55 + 0.45 * root,
            )
        elif kind == CAVITY:
            # mouth cavity: dark red, lit by what the open mouth lets in
            reach = 0.06 + 0.55 * mouth * smooth(1.0, 1.5, carried[s, 5])
            _set(colours[s], finish[s], 0.23 * thrown, 0.045 * thrown, 0.045 * thrown, 0.5, 0.4, reach)
        elif kind >= WORN:
            # accessories bring their own colour, gloss and occlusion
            c = carried[s]
            _set(colours[s], finish[s], c[3], c[4], c[5], c[6], 0.0, c[7])
    _paint_skin(frame, surfaces, count)


@jit
def _set(  # noqa: PLR0917, a kernel
    colour: Floats,
    finish: Floats,
    red: float,
    green: float,
    blue: float,
    gloss: float,
    under: float,
    sky: float,
) -> None:
    colour[0], colour[1], colour[2] = red, green, blue
    finish[0], finish[1], finish[2], finish[3] = gloss, under, sky, 0.0


@jit
def _blend(
    above: Floats,
    below: Floats,
    j: int,
    k: int,
    shares: tuple[np.float32, np.float32, np.float32, np.float32],
) -> np.float32:
    """Return channel k between columns j and j + 1 of two rows of a map."""
    return (
        shares[0] * np.float32(above[j, k])
        + shares[1] * np.float32(above[j + 1, k])
        + shares[2] * np.float32(below[j, k])
        + shares[3] * np.float32(below[j + 1, k])
    )


@jit
def _paint_skin(frame: Frame, surfaces: Surfaces, count: int) -> None:  # noqa: PLR0915, one loop
    """Paint skin, lips, lids and shirt."""
    skin, furrows, top, lips = frame.skin, frame.furrows, frame.furrows_top, frame.lip
    shirt, r, texel_size = frame.shirt, frame.rotation, frame.texel
    stickers, grid = frame.stickers, frame.sticker_grid
    part, carried, bumps, colours, finish = (
        surfaces.part, surfaces.carried, surfaces.bumps, surfaces.colours, surfaces.finish,
    )  # fmt: skip
    height, width = skin.shape[:2]
    sides, wrinkled, forward = furrows.shape[0], furrows.shape[1] - 1, furrows.shape[2] - 1
    for s in range(count):
        if part[s] != 0 and part[s] != SOCKET:
            continue
        cx, cy, cz = carried[s, 3], carried[s, 4], carried[s, 5]
        # texture coordinates: unrolled head, mirrored at the midline; bilinear in the baked skin
        angle = turn(abs(cx), cz - _AXIS)
        a = min(max(column_of(angle) * width - 0.5, 0.0), width - 1.001)
        b = min(max((TOP - cy) / _SPAN * height - 0.5, 0.0), height - 1.001)
        i, j = int(b), int(a)
        fb, fa = b - i, a - j
        w00, w01 = np.float32((1.0 - fb) * (1.0 - fa)), np.float32((1.0 - fb) * fa)
        shares = w00, w01, np.float32(fb * (1.0 - fa)), np.float32(fb * fa)
        above, below = skin[i], skin[i + 1]
        red = _STEP * _blend(above, below, j, 0, shares)
        green = _STEP * _blend(above, below, j, 1, shares)
        blue = _STEP * _blend(above, below, j, 2, shares)
        gloss = _STEP * _blend(above, below, j, 3, shares)
        along = _STEP * _blend(above, below, j, 4, shares)
        up = _STEP * _blend(above, below, j, 5, shares)
        under = _STEP * _blend(above, below, j, 7, shares)
        # eye socket: inner lids, redder and wetter than the skin around
        if part[s] == SOCKET:
            _set(colours[s], finish[s], red * 0.95, green * 0.70, blue * 0.68, 1.6, 0.4, 0.75)
            continue
        # wrinkles: slopes add to the relief, and the furrows darken (red least)
        occlusion, side = carried[s, 7], 0 if cx >= 0.0 else 1
        dark = 0.0
        row = i - top
        if 0 <= row < wrinkled and j < forward:
            lines = furrows[side if sides == 2 else 0]
            over, beneath = lines[row], lines[row + 1]
            along += _blend(over, beneath, j, 0, shares)
            up += _blend(over, beneath, j, 1, shares)
            dark = _blend(over, beneath, j, 2, shares)
        dark = 0.22 * min(dark, 1.6)
        # lips: their own colour over the skin, moist and smooth
        lip = min(1.15 * carried[s, 6], 1.0) * lips[3]
        red = red * (1.0 - 0.75 * dark) * (1.0 - lip) + lips[0] * lip
        green = green * (1.0 - dark) * (1.0 - lip) + lips[1] * lip
        blue = blue * (1.0 - dark) * (1.0 - lip) + lips[2] * lip
        gloss += 1.1 * lip
        along *= 1.0 - lip
        up *= 1.0 - lip
        # relief: tangents along the head's circumference and upward turn with the head
        radius = 1.0 / math.sqrt(cx * cx + (cz - AXIS) * (cz - AXIS) + 1e-12)
        tx, tz = (cz - AXIS) * radius * (1.0 if cx >= 0.0 else -1.0), -abs(cx) * radius
        gx = along * (r[0, 0] * tx + r[0, 2] * tz) + up * r[0, 1]
        gy = along * (r[1, 0] * tx + r[1, 2] * tz) + up * r[1, 1]
        gz = along * (r[2, 0] * tx + r[2, 2] * tz) + up * r[2, 1]
        # shirt: cloth below the neckline, with a ribbed collar band and a seam; a soft shadow above it
        if cy < 6.15:
            edge = neckline(cz) - cy
            cloth = smooth(-0.005, 0.005, edge)
            if cloth > 0.0:
                seam = 1.0 - 0.35 * smooth(0.009, 0.0, abs(edge - _COLLAR))
                shade = seam * (0.93 + 0.07 * math.cos(cx * 150.0) if edge < _COLLAR else 0.98)
                red += (shirt[0] * shade - red) * cloth
                green += (shirt[1] * shade - green) * cloth
                blue += (shirt[2] * shade - blue) * cloth
                gloss *= 1.0 - cloth
                under *= 1.0 - cloth
                gx, gy, gz = gx * (1.0 - cloth), gy * (1.0 - cloth), gz * (1.0 - cloth)
            else:
                occlusion *= 1.0 - 0.4 * smooth(-0.07, 0.0, edge)
        # decals: electrodes, tape and moles cover the skin with their own colour, gloss and tilt
        if len(stickers):
            cover, mr, mg, mb, shine, tilt_x, tilt_y = sticker_at(
                stickers, grid, texel_size, cx, cy, cz, angle
            )
            if cover > 0.0:
                red += (mr - red) * cover
                green += (mg - green) * cover
                blue += (mb - blue) * cover
                gloss += (shine - gloss) * cover
                under *= 1.0 - cover
                gx = gx * (1.0 - cover) - tilt_x * r[0, 0] - tilt_y * r[0, 1]
                gy = gy * (1.0 - cover) - tilt_x * r[1, 0] - tilt_y * r[1, 1]
                gz = gz * (1.0 - cover) - tilt_x * r[2, 0] - tilt_y * r[2, 1]
        # shading normal: the relief's slope within the tangent plane is taken off the smooth normal
        nx, ny, nz = carried[s, 0], carried[s, 1], carried[s, 2]
        inside = gx * nx + gy * ny + gz * nz
        bumps[s, 0], bumps[s, 1], bumps[s, 2] = unit(
            nx - gx + inside * nx, ny - gy + inside * ny, nz - gz + inside * nz
        )
        _set(colours[s], finish[s], red, green, blue, gloss, under, occlusion)


@jit
def _paint_eye(  # noqa: PLR0917, a kernel
    r: Floats,
    centres: Floats,
    lids: Floats,
    iris_colour: Floats,
    lights: Floats,
    crisp: float,
    p: Floats,
    carried: Floats,
    colour: Floats,
    finish: Floats,
) -> None:
    """Paint an eyeball: white, iris, pupil, the shade of the lids, and a moist spark of the first light.

    The spark is a soft spot where it is but a pixel or two, and one with an edge the more `crisp` it is.
    """
    f, n = carried[3:], carried[:3]
    side = 0 if f[0] >= 0.0 else 1
    sign = 1.0 if side == 0 else -1.0
    # direction on the eyeball, and angle from the optical axis (0.05 rad outward); all by eye
    qx, qy, qz = unit(f[0] - centres[side, 0], f[1] - centres[side, 1], f[2] - centres[side, 2])
    ax, ay, az = unit(sign * 0.05, 0.0, 1.0)
    away = math.sqrt(max(1.0 - (qx * ax + qy * ay + qz * az) ** 2, 0.0)) if qz > 0.0 else 1.0
    # sclera: off-white, yellower and redder toward the corners
    corner = smooth(0.55, 0.95, abs(qx))
    red, green, blue = 0.74, 0.70 - 0.14 * corner, 0.67 - 0.15 * corner
    # iris: radial fibres, dark limbal ring, lower half brighter; pupil nearly black
    iris = smooth(0.462, 0.425, away)
    if iris > 0.0:
        fibre = math.atan2(qy, sign * qx - 0.05)
        rays = 1.0 + 0.22 * math.sin(fibre * 29.0 + 3.0 * math.sin(fibre * 7.0)) * smooth(0.16, 0.3, away)
        ring = 1.0 - 0.70 * smooth(0.34, 0.45, away)
        glow = (0.75 + 0.75 * smooth(0.40, 0.20, away) + 0.7 * max(-qy, 0.0)) * rays * ring
        pupil = smooth(0.185, 0.155, away)
        red += (iris_colour[0] * glow * (1.0 - pupil) + 0.006 * pupil - red) * iris
        green += (iris_colour[1] * glow * (1.0 - pupil) + 0.006 * pupil - green) * iris
        blue += (iris_colour[2] * glow * (1.0 - pupil) + 0.006 * pupil - blue) * iris
    # ambient occlusion by the lids: a deep shade under the upper one, a faint one over the lower
    arch = 1.0 - 0.8 * qx * qx
    upper, lower = lids[side, 0] * arch, lids[side, 1] * arch
    sky = (0.30 + 0.70 * smooth(upper + 0.02, upper - 0.42, qy)) * (
        0.65 + 0.35 * smooth(lower, lower + 0.25, qy)
    )
    sky *= 1.0 - 0.35 * corner
    _set(colour, finish, red, green, blue, 0.0, 0.25, sky)
    # cornea: it bulges over the iris, where the normal leans away from the optical axis
    vx, vy, vz = unit(-p[0], -p[1], DISTANCE - p[2])
    bulge = 0.19 * iris  # the cornea is steeper than the eyeball
    mx, my, mz = unit(
        n[0] - bulge * (r[0, 0] * ax + r[0, 1] * ay + r[0, 2] * az),
        n[1] - bulge * (r[1, 0] * ax + r[1, 1] * ay + r[1, 2] * az),
        n[2] - bulge * (r[2, 0] * ax + r[2, 1] * ay + r[2, 2] * az),
    )
    # catchlight of the key light, drawn a little toward the camera so that most lights show one
    kx, ky, kz = unit(lights[0, 0] * 0.8, 0.55 * lights[0, 1] + 0.28, abs(lights[0, 2]) + 0.6)
    hx, hy, hz = unit(vx + kx, vy + ky, vz + kz)
    facing = mx * hx + my * hy + mz * hz
    spark = lobe(facing, 260.0)
    spark = (1.0 - crisp) * spark * spark + crisp * smooth(_SPARK[0], _SPARK[1], facing)
    finish[3] = 1.1 * spark + 0.012 * lobe(facing, 12.0) * sky


@jit
def _paint_tooth(  # noqa: PLR0917, a kernel
    r: Floats, mouth: float, part: int, carried: Floats, bump: Floats, colour: Floats, finish: Floats
) -> None:
    """Paint teeth and gums; the deeper in the mouth, the darker."""
    n = carried[:3]
    x, y = abs(carried[3]), carried[4]
    # teeth: darker to the sides of the mouth, dark gaps between them at these distances from the midline, dm
    reach = mouth * (1.0 - 0.75 * smooth(0.10, 0.30, x))
    gap = 1.0
    for edge in (0.0, 0.082, 0.150, 0.222, 0.288):
        gap -= 0.30 * smooth(0.007, 0.0, abs(x - edge))
    # gums: beyond these heights, dm
    rim = smooth(6.775, 6.795, y) if part == TEETH_UPPER else smooth(6.48, 6.46, y)
    shut = 0.18 + 0.82 * reach
    tooth = gap * (1.0 - rim) * shut
    # ivory teeth and pink gums, glossy, darker in a shut mouth; colours by eye
    red, green, blue = (
        0.80 * tooth + 0.48 * rim * shut,
        0.755 * tooth + 0.19 * rim * shut,
        0.675 * tooth + 0.18 * rim * shut,
    )
    _set(colour, finish, red, green, blue, 0.9 * shut, 0.4, 0.12 + 0.80 * reach)
    for k in range(3):  # lit like a row that faces forward: the mesh of the teeth is coarse
        n[k] = 0.45 * n[k] + 0.55 * r[k, 2]
    n[0], n[1], n[2] = unit(n[0], n[1], n[2])
    for k in range(3):
        bump[k] = n[k]
