"""Colour and finish of what a head is made of: skin, lips, eyes, teeth, tongue, cloth."""

from __future__ import annotations

import math

from facelib.faces.anatomy import CAVITY, SKIN, SOCKET, TEETH_UPPER, Floats
from facelib.faces.camera import DISTANCE
from facelib.faces.frame import Frame
from facelib.faces.lighting import Triple, jit, lobe, plain_light, skin_light, smooth, unit
from facelib.faces.maps import AXIS, BOTTOM, FRONT, FRONT_SHARE, SLOPE, TOP
from facelib.faces.stickers import sticker_at

_FRONT, _SHARE, _SPAN = float(FRONT), FRONT_SHARE, TOP - BOTTOM
_COLLAR = 0.075  # dm; width of the ribbed band of the shirt
_FIRST_WRINKLE = 12  # in the pigment map; in the slope map the wrinkles start at 4


@jit
def column_of(angle: float) -> float:
    """Return the column in [0, 1] of an angle from the middle of the face (see `maps.column`)."""
    if angle < _FRONT:
        return angle / _FRONT * _SHARE
    return _SHARE + (angle - _FRONT) / (math.pi - _FRONT) * (1.0 - _SHARE)


@jit
def neckline(z: float) -> float:
    """Return the canonical height of the shirt's edge: low in front, higher at the sides and the back."""
    side = min(max((0.72 - z) / 0.6, 0.0), 1.0)
    back = min(max((0.1 - z) / 0.7, 0.0), 1.0)
    return 5.80 + 0.12 * side + 0.10 * back


@jit
def shade_skin(frame: Frame, part: int, p: Triple, n: Triple, f: Floats, texel: Floats) -> Triple:
    """Return the light of skin, lips, lids, the mouth's cavity or the shirt.

    Parameters
    ----------
    p, n
        Position and normal in camera space.
    f
        Canonical x, y, z, lip, occlusion.
    texel
        Scratch (8,).
    """
    cx, cy, cz = f[0], f[1], f[2]
    if part == CAVITY:
        open_mouth = 0.06 + 0.55 * frame.mouth * smooth(1.0, 1.5, cz)
        return plain_light(frame, p, n, (0.23, 0.045, 0.045), 0.5, open_mouth)
    angle = math.atan2(abs(cx), cz - AXIS)
    height, width = frame.skin.shape[:2]
    a = min(max(column_of(angle) * width - 0.5, 0.0), width - 1.001)
    b = min(max((TOP - cy) / _SPAN * height - 0.5, 0.0), height - 1.001)
    i, j = int(b), int(a)
    fb, fa = b - i, a - j
    w00, w01, w10, w11 = (1.0 - fb) * (1.0 - fa), (1.0 - fb) * fa, fb * (1.0 - fa), fb * fa
    skin = frame.skin
    for k in range(8):
        texel[k] = w00 * skin[i, j, k] + w01 * skin[i, j + 1, k] + w10 * skin[i + 1, j, k] + w11 * skin[i + 1, j + 1, k]
    red, green, blue, gloss, along, up, under = (
        texel[0], texel[1], texel[2], texel[3], texel[4], texel[5], texel[7],
    )  # fmt: skip
    occlusion = f[4]
    if part == SOCKET:
        return plain_light(frame, p, n, (red * 0.95, green * 0.70, blue * 0.68), 1.6, 0.75)
    dark = 0.0
    wrinkles = frame.wrinkles[0 if cx >= 0.0 else 1]
    for k in range(4):
        depth = wrinkles[k]
        if depth > 0.02:
            s, c = 4 + 2 * k, _FIRST_WRINKLE + k
            along += depth / SLOPE * _between(frame.slope, i, j, s, w00, w01, w10, w11)
            up += depth / SLOPE * _between(frame.slope, i, j, s + 1, w00, w01, w10, w11)
            dark += depth / 255.0 * _between(frame.pigment, i, j, c, w00, w01, w10, w11)
    dark = 0.20 * min(dark, 1.2)
    lip = min(1.15 * f[3], 1.0) * frame.lip[3]
    red = red * (1.0 - 0.75 * dark) * (1.0 - lip) + frame.lip[0] * lip
    green = green * (1.0 - dark) * (1.0 - lip) + frame.lip[1] * lip
    blue = blue * (1.0 - dark) * (1.0 - lip) + frame.lip[2] * lip
    gloss += 1.1 * lip
    along *= 1.0 - lip
    up *= 1.0 - lip
    sign = 1.0 if cx >= 0.0 else -1.0
    bump = _bumped(frame, n, along, up, sign * math.cos(angle), -math.sin(angle))
    if cy < 6.15:
        edge = neckline(cz) - cy
        cloth = smooth(-0.005, 0.005, edge)
        if cloth > 0.0:
            seam = 1.0 - 0.35 * smooth(0.009, 0.0, abs(edge - _COLLAR))
            weave = 0.93 + 0.07 * math.cos(cx * 150.0) if edge < _COLLAR else 0.98
            shade = seam * weave
            red += (frame.shirt[0] * shade - red) * cloth
            green += (frame.shirt[1] * shade - green) * cloth
            blue += (frame.shirt[2] * shade - blue) * cloth
            gloss *= 1.0 - cloth
            under *= 1.0 - cloth
        else:
            occlusion *= 1.0 - 0.4 * smooth(-0.07, 0.0, edge)
    if len(frame.stickers):
        cover, mr, mg, mb, shine, tilt_x, tilt_y = sticker_at(frame, cx, cy, cz, angle)
        if cover > 0.0:
            red += (mr - red) * cover
            green += (mg - green) * cover
            blue += (mb - blue) * cover
            gloss += (shine - gloss) * cover
            under *= 1.0 - cover
            r = frame.rotation
            bump = unit(
                bump[0] + tilt_x * r[0, 0] + tilt_y * r[0, 1],
                bump[1] + tilt_x * r[1, 0] + tilt_y * r[1, 1],
                bump[2] + tilt_x * r[2, 0] + tilt_y * r[2, 1],
            )
    return skin_light(frame, p, n, bump, (red, green, blue), gloss, under, occlusion)


@jit
def _between(table: Floats, i: int, j: int, k: int, w00: float, w01: float, w10: float, w11: float) -> float:
    return w00 * table[i, j, k] + w01 * table[i, j + 1, k] + w10 * table[i + 1, j, k] + w11 * table[i + 1, j + 1, k]


@jit
def _bumped(frame: Frame, n: Triple, along: float, up: float, tx: float, tz: float) -> Triple:
    """Tilt a normal by slopes along the head's circumference and upward; the tangents turn with the head."""
    r = frame.rotation
    gx = along * (r[0, 0] * tx + r[0, 2] * tz) + up * r[0, 1]
    gy = along * (r[1, 0] * tx + r[1, 2] * tz) + up * r[1, 1]
    gz = along * (r[2, 0] * tx + r[2, 2] * tz) + up * r[2, 1]
    inside = gx * n[0] + gy * n[1] + gz * n[2]
    return unit(n[0] - gx + inside * n[0], n[1] - gy + inside * n[1], n[2] - gz + inside * n[2])


@jit
def shade_eye(frame: Frame, p: Triple, n: Triple, f: Floats) -> Triple:
    """Return the light of an eyeball: white, iris, pupil, the shade of the lids, and a moist highlight."""
    side = 0 if f[0] >= 0.0 else 1
    sign = 1.0 if side == 0 else -1.0
    centre = frame.eye_centres[side]
    qx, qy, qz = unit(f[0] - centre[0], f[1] - centre[1], f[2] - centre[2])
    ax, ay, az = unit(sign * 0.05, 0.0, 1.0)
    away = math.sqrt(max(1.0 - (qx * ax + qy * ay + qz * az) ** 2, 0.0)) if qz > 0.0 else 1.0
    corner = smooth(0.55, 0.95, abs(qx))
    red, green, blue = 0.74, 0.70 - 0.14 * corner, 0.67 - 0.15 * corner
    iris = smooth(0.462, 0.425, away)
    if iris > 0.0:
        fibre = math.atan2(qy, sign * qx - 0.05)
        rays = 1.0 + 0.22 * math.sin(fibre * 29.0 + 3.0 * math.sin(fibre * 7.0)) * smooth(0.16, 0.3, away)
        ring = 1.0 - 0.70 * smooth(0.34, 0.45, away)
        glow = (0.75 + 0.75 * smooth(0.40, 0.20, away) + 0.7 * max(-qy, 0.0)) * rays * ring
        red += (frame.iris[0] * glow - red) * iris
        green += (frame.iris[1] * glow - green) * iris
        blue += (frame.iris[2] * glow - blue) * iris
        pupil = smooth(0.185, 0.155, away)
        red += (0.006 - red) * pupil
        green += (0.006 - green) * pupil
        blue += (0.006 - blue) * pupil
    arch = 1.0 - 0.8 * qx * qx
    upper, lower = frame.lids[side, 0] * arch, frame.lids[side, 1] * arch
    open_sky = (0.30 + 0.70 * smooth(upper + 0.02, upper - 0.42, qy)) * (0.65 + 0.35 * smooth(lower, lower + 0.25, qy))
    open_sky *= 1.0 - 0.35 * corner
    base = skin_light(frame, p, n, n, (red, green, blue), 0.0, 0.25, open_sky)
    vx, vy, vz = unit(-p[0], -p[1], DISTANCE - p[2])
    bulge = 0.55 * iris
    r = frame.rotation
    cx, cy, cz = (
        r[0, 0] * ax + r[0, 1] * ay + r[0, 2] * az,
        r[1, 0] * ax + r[1, 1] * ay + r[1, 2] * az,
        r[2, 0] * ax + r[2, 1] * ay + r[2, 2] * az,
    )
    mx, my, mz = unit(n[0] - bulge * 0.35 * cx, n[1] - bulge * 0.35 * cy, n[2] - bulge * 0.35 * cz)
    key = frame.lights[0]
    kx, ky, kz = unit(key[0] * 0.8, 0.55 * key[1] + 0.28, abs(key[2]) + 0.6)
    hx, hy, hz = unit(vx + kx, vy + ky, vz + kz)
    spark = lobe(mx * hx + my * hy + mz * hz, 260.0)
    shine = 1.6 * spark * spark + 0.03 * lobe(mx * hx + my * hy + mz * hz, 12.0) * open_sky
    return (
        base[0] + shine * (0.3 + 0.7 * key[3]),
        base[1] + shine * (0.3 + 0.7 * key[4]),
        base[2] + shine * (0.3 + 0.7 * key[5]),
    )


@jit
def shade_teeth(frame: Frame, part: int, p: Triple, n: Triple, f: Floats) -> Triple:
    """Return the light of teeth and gums; the deeper in the mouth, the darker."""
    x, y = abs(f[0]), f[1]
    reach = frame.mouth * (1.0 - 0.75 * smooth(0.10, 0.30, x))
    gap = 1.0
    for edge in (0.0, 0.082, 0.150, 0.222, 0.288):
        gap -= 0.30 * smooth(0.007, 0.0, abs(x - edge))
    rim = smooth(6.775, 6.795, y) if part == TEETH_UPPER else smooth(6.515, 6.495, y)
    red = 0.80 * gap * (1.0 - rim) + 0.48 * rim
    green = 0.755 * gap * (1.0 - rim) + 0.19 * rim
    blue = 0.675 * gap * (1.0 - rim) + 0.18 * rim
    r = frame.rotation
    m = unit(0.45 * n[0] + 0.55 * r[0, 2], 0.45 * n[1] + 0.55 * r[1, 2], 0.45 * n[2] + 0.55 * r[2, 2])
    light = plain_light(frame, p, m, (red, green, blue), 0.9, 0.12 + 0.80 * reach)
    shut = 0.18 + 0.82 * reach
    return light[0] * shut, light[1] * shut, light[2] * shut


@jit
def shade_tongue(frame: Frame, p: Triple, n: Triple, f: Floats) -> Triple:
    """Return the light of the tongue."""
    deep = smooth(0.85, 1.38, f[2])
    light = plain_light(frame, p, n, (0.46, 0.15, 0.14), 0.8, 0.10 + 0.6 * frame.mouth * deep)
    shut = 0.25 + 0.75 * frame.mouth * deep
    return light[0] * shut, light[1] * shut, light[2] * shut


@jit
def is_skin(part: int) -> bool:
    """Tell whether a part is shaded by `shade_skin`."""
    return part in {SKIN, CAVITY, SOCKET}
