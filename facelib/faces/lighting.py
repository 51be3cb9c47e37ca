"""How light reaches and leaves a surface: scalar kernels, called once per visible surface of a pixel."""

from __future__ import annotations

import math

import numba

from facelib.faces.camera import DISTANCE
from facelib.faces.frame import Frame

Triple = tuple[float, float, float]
_AWAY = DISTANCE
jit = numba.njit(cache=True, nogil=True)


@jit
def smooth(low: float, high: float, value: float) -> float:
    """Return 0 below `low`, 1 above `high` and a smooth step between; low > high falls."""
    t = min(max((value - low) / (high - low), 0.0), 1.0)
    return t * t * (3.0 - 2.0 * t)


@jit
def lobe(cosine: float, sharpness: float) -> float:
    """Return about cosine ** sharpness without a power (Schlick's rational form)."""
    if cosine <= 0.0:
        return 0.0
    return cosine / (sharpness - sharpness * cosine + cosine)


@jit
def unit(x: float, y: float, z: float) -> Triple:
    """Return the direction of a vector."""
    length = 1.0 / math.sqrt(x * x + y * y + z * z + 1e-20)
    return x * length, y * length, z * length


@jit
def shadow_at(frame: Frame, x: float, y: float, z: float, margin: float) -> float:
    """Return the lit share, [0, 1], of a point: nine taps into the shadow map, each bilinear."""
    shadow, t, scale = frame.shadow, frame.toward, frame.shadow_scale
    size = len(shadow)
    u = size * 0.5 + scale * (x * t[0, 0] + y * t[0, 1] + z * t[0, 2]) - 0.5
    v = size * 0.5 - scale * (x * t[1, 0] + y * t[1, 1] + z * t[1, 2]) - 0.5
    own = x * t[2, 0] + y * t[2, 1] + z * t[2, 2] + 10.0 + margin
    if u < 2 or v < 2 or u > size - 4 or v > size - 4:
        return 1.0
    lit = 0.0
    for j in range(-1, 2):
        for i in range(-1, 2):
            a, b = u + 1.6 * i, v + 1.6 * j
            column, row = int(a), int(b)
            fa, fb = a - column, b - row
            top = (1.0 - fa) * (shadow[row, column] <= own) + fa * (shadow[row, column + 1] <= own)
            low = (1.0 - fa) * (shadow[row + 1, column] <= own) + fa * (shadow[row + 1, column + 1] <= own)
            lit += top * (1.0 - fb) + low * fb
    return lit / 9.0


@jit
def skin_light(
    frame: Frame, p: Triple, n: Triple, bump: Triple, albedo: Triple, gloss: float, under: float, occlusion: float
) -> Triple:
    """Return the light that skin sends to the camera.

    Parameters
    ----------
    p, n, bump
        Position, smooth normal and the normal with relief, in camera space.
    albedo
        Linear colour.
    gloss
        Factor on the highlights: 1 skin, 2 moist.
    under
        How much light wanders under the surface, [0, 1]: it wraps diffuse light around, red the farthest.
    occlusion
        Share of the sky that is open.
    """
    bx, by, bz = bump
    vx, vy, vz = unit(-p[0], -p[1], _AWAY - p[2])
    facing = max(bx * vx + by * vy + bz * vz, 0.0)
    wrap_r, wrap_g, wrap_b = 0.42 * under, 0.22 * under, 0.15 * under
    red = green = blue = shine_r = shine_g = shine_b = 0.0
    for k in range(len(frame.lights)):
        light = frame.lights[k]
        lx, ly, lz = light[0], light[1], light[2]
        plain = n[0] * lx + n[1] * ly + n[2] * lz
        cosine = bx * lx + by * ly + bz * lz
        reach = 1.0
        if k == 0 and plain > -0.45:
            reach = shadow_at(frame, p[0] + n[0] * 0.03, p[1] + n[1] * 0.03, p[2] + n[2] * 0.03, 0.02)
        bleed = reach + 0.5 * under * reach * (1.0 - reach)
        red += light[3] * max((0.6 * plain + 0.4 * cosine + wrap_r) / (1.0 + wrap_r), 0.0) * bleed
        green += light[4] * max((0.2 * plain + 0.8 * cosine + wrap_g) / (1.0 + wrap_g), 0.0) * reach
        blue += light[5] * max((cosine + wrap_b) / (1.0 + wrap_b), 0.0) * reach
        if cosine > 0.0 and gloss > 0.01:
            hx, hy, hz = unit(lx + vx, ly + vy, lz + vz)
            half = bx * hx + by * hy + bz * hz
            rest = 1.0 - (vx * hx + vy * hy + vz * hz)
            fresnel = 0.03 + 0.97 * rest * rest * rest * rest * rest
            broad, narrow = lobe(half, 14.0), lobe(half, 70.0)
            shine = gloss * fresnel * (2.0 * broad * broad + 5.0 * narrow * narrow) * cosine * reach
            shine_r += light[3] * shine
            shine_g += light[4] * shine
            shine_b += light[5] * shine
    sky = frame.sky
    high = 0.5 + 0.5 * by
    open_r = occlusion + 0.3 * under * occlusion * (1.0 - occlusion)
    red += (sky[1, 0] + (sky[0, 0] - sky[1, 0]) * high) * open_r
    green += (sky[1, 1] + (sky[0, 1] - sky[1, 1]) * high) * occlusion
    blue += (sky[1, 2] + (sky[0, 2] - sky[1, 2]) * high) * occlusion
    rest = 1.0 - facing
    glow = 0.25 * gloss * rest * rest * rest * rest * occlusion
    shut = 0.6 + 0.4 * occlusion
    return (
        albedo[0] * red * shut + shine_r * shut + glow * sky[0, 0],
        albedo[1] * green * shut + shine_g * shut + glow * sky[0, 1],
        albedo[2] * blue * shut + shine_b * shut + glow * sky[0, 2],
    )


@jit
def plain_light(frame: Frame, p: Triple, n: Triple, albedo: Triple, gloss: float, occlusion: float) -> Triple:
    """Return the light of a smooth, opaque surface inside the mouth."""
    return skin_light(frame, p, n, n, albedo, gloss, 0.4, occlusion)
