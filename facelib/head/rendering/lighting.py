"""Lighting model: light that reaches surfaces and leaves them toward the camera."""

from __future__ import annotations

import math

import numpy as np

from facelib.head.geometry.camera import DISTANCE
from facelib.head.geometry.makehuman import WISP, Floats
from facelib.head.jit import jit
from facelib.head.rendering.shading_inputs import Frame, Surfaces

Triple = tuple[float, float, float]
_TWO, _FIVE = np.uint64(2), np.uint64(5)
_DARK = -0.35  # cosine up to which a light neither wraps around hair nor makes it shine
_FILLED = 1.45  # of a shadow by light from lit skin around, in skin that would reflect all of it


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
def lit_share(shadow: Floats, u: float, v: float, own: float) -> float:
    """Return the lit share, [0, 1], of a point of the shadow map: the mean of 5 × 5 bilinear taps.

    They stand a texel apart: what is as thin as a texel casts the same shadow wherever it falls among them.
    """
    size = len(shadow)
    if u < 2 or v < 2 or u > size - 4 or v > size - 4:
        return 1.0
    column, row = np.uint64(u) - _TWO, np.uint64(v) - _TWO  # unsigned: none is looked up from the end
    right, low = u - math.floor(u), v - math.floor(v)
    lit = 0.0
    for j in range(6):
        line, whole = shadow[row + np.uint64(j)], 0
        for i in range(1, 5):
            whole += line[column + np.uint64(i)] <= own
        ends = (1.0 - right) * (line[column] <= own) + right * (line[column + _FIVE] <= own)
        lit += (whole + ends) * min(1.0 - low if j == 0 else 1.0, low if j == 5 else 1.0)
    return lit / 25.0


@jit
def illuminate(frame: Frame, surfaces: Surfaces, count: int) -> None:  # noqa: PLR0915, one loop
    """Turn the colours of the first `count` surfaces into the light that they send to the camera, in place.

    Diffuse light wraps around where it wanders under the surface, red the farthest and along the smooth
    normal; highlights have a broad and a narrow lobe.
    """
    positions, carried, bumps, colours, finish = (
        surfaces.positions, surfaces.carried, surfaces.bumps, surfaces.colours, surfaces.finish,
    )  # fmt: skip
    kinds = surfaces.part
    lights, sky, shadow, axes, scale = frame.lights, frame.sky, frame.shadow, frame.toward, frame.shadow_scale
    middle = len(shadow) * 0.5 - 0.5
    for s in range(count):
        px, py, pz = positions[s, 0], positions[s, 1], positions[s, 2]
        nx, ny, nz = carried[s, 0], carried[s, 1], carried[s, 2]
        bx, by, bz = bumps[s, 0], bumps[s, 1], bumps[s, 2]
        gloss, under, occlusion, spark = finish[s, 0], finish[s, 1], finish[s, 2], finish[s, 3]
        vx, vy, vz = unit(-px, -py, DISTANCE - pz)
        # hair: shadow looked up 0.09 dm nearer to the light, against self-shadowing (the map adds 10 dm)
        if kinds[s] == WISP:
            reach = 1.0
            if nx * lights[0, 0] + ny * lights[0, 1] + nz * lights[0, 2] > _DARK:
                u = middle + scale * (px * axes[0, 0] + py * axes[0, 1] + pz * axes[0, 2])
                v = middle - scale * (px * axes[1, 0] + py * axes[1, 1] + pz * axes[1, 2])
                toward_lamp = px * axes[2, 0] + py * axes[2, 1] + pz * axes[2, 2] + 10.09
                reach = lit_share(shadow, u, v, toward_lamp)
            _light_hair(lights, sky, carried[s], vx, vy, vz, reach, gloss, occlusion, colours[s])
            continue
        bounce = (
            0.9 * colours[s, 1]
        )  # light that goes from skin to skin fills shade, more so the lighter it is
        occlusion /= 1.0 - bounce * (1.0 - occlusion)
        # diffuse wrap: how far light spreads under the skin, red the farthest; our choice, by eye
        wrap_r, wrap_g, wrap_b = 0.42 * under, 0.22 * under, 0.15 * under
        red = green = blue = shine_r = shine_g = shine_b = 0.0
        facing = bx * vx + by * vy + bz * vz
        for k in range(len(lights)):
            lx, ly, lz = lights[k, 0], lights[k, 1], lights[k, 2]
            plain = nx * lx + ny * ly + nz * lz
            cosine = bx * lx + by * ly + bz * lz
            # light from well behind the surface adds next to nothing
            if plain < -0.45 and cosine <= 0.0:
                continue
            reach = 1.0
            # key light: shadow looked up 0.03 dm off the skin and 0.02 dm nearer to the light
            if k == 0:
                qx, qy, qz = px + 0.03 * nx, py + 0.03 * ny, pz + 0.03 * nz
                u = middle + scale * (qx * axes[0, 0] + qy * axes[0, 1] + qz * axes[0, 2])
                v = middle - scale * (qx * axes[1, 0] + qy * axes[1, 1] + qz * axes[1, 2])
                reach = lit_share(shadow, u, v, qx * axes[2, 0] + qy * axes[2, 1] + qz * axes[2, 2] + 10.02)
                reach += _FILLED * bounce * (1.0 - reach)
            # red diffuses widest: it follows the smooth normal most, and bleeds into the penumbra
            bleed = reach + 0.5 * under * reach * (1.0 - reach)
            red += lights[k, 3] * max((0.6 * plain + 0.4 * cosine + wrap_r) / (1.0 + wrap_r), 0.0) * bleed
            green += lights[k, 4] * max((0.2 * plain + 0.8 * cosine + wrap_g) / (1.0 + wrap_g), 0.0) * reach
            blue += lights[k, 5] * max((cosine + wrap_b) / (1.0 + wrap_b), 0.0) * reach
            if cosine > 0.0 and gloss > 0.01:
                # specular: Schlick's Fresnel term (3 % at normal incidence), a broad and a narrow lobe by eye
                along = lx * vx + ly * vy + lz * vz
                between = 1.0 / math.sqrt(2.0 + 2.0 * along + 1e-20)  # of the sum of the two directions
                half = (cosine + facing) * between
                rest = 1.0 - (1.0 + along) * between
                fresnel = 0.03 + 0.97 * rest * rest * rest * rest * rest
                broad, narrow = lobe(half, 14.0), lobe(half, 70.0)
                shine = gloss * fresnel * (1.1 * broad * broad + 4.0 * narrow * narrow) * cosine * reach
                shine_r += lights[k, 3] * shine
                shine_g += lights[k, 4] * shine
                shine_b += lights[k, 5] * shine
        # ambient: sky above to ground below by the normal's height, times occlusion; red bleeds into creases
        high = 0.5 + 0.5 * by
        open_r = occlusion + 0.3 * under * occlusion * (1.0 - occlusion)
        red += (sky[1, 0] + (sky[0, 0] - sky[1, 0]) * high) * open_r
        green += (sky[1, 1] + (sky[0, 1] - sky[1, 1]) * high) * occlusion
        blue += (sky[1, 2] + (sky[0, 2] - sky[1, 2]) * high) * occlusion
        # rim sheen at grazing angles, and darker deep creases
        rest = 1.0 - max(facing, 0.0)
        glow = 0.16 * gloss * rest * rest * rest * rest * occlusion
        shut = 0.6 + 0.4 * occlusion
        colours[s, 0] = colours[s, 0] * red * shut + shine_r * shut + glow * sky[0, 0] + spark * lights[0, 3]
        colours[s, 1] = (
            colours[s, 1] * green * shut + shine_g * shut + glow * sky[0, 1] + spark * lights[0, 4]
        )
        colours[s, 2] = colours[s, 2] * blue * shut + shine_b * shut + glow * sky[0, 2] + spark * lights[0, 5]


@jit
def _light_hair(  # noqa: PLR0917, a kernel
    lights: Floats,
    sky: Floats,
    carried: Floats,
    vx: float,
    vy: float,
    vz: float,
    reach: float,
    gloss: float,
    occlusion: float,
    colour: Floats,
) -> None:
    """Turn the colour of a wisp into light: two highlights across the strands (Kajiya, Kay), one tinted."""
    nx, ny, nz = carried[0], carried[1], carried[2]
    tx, ty, tz = unit(carried[3], carried[4], carried[5])
    red = green = blue = white = tinted = 0.0
    for k in range(len(lights)):
        lx, ly, lz = lights[k, 0], lights[k, 1], lights[k, 2]
        cosine = nx * lx + ny * ly + nz * lz
        if cosine <= _DARK:
            continue
        share = reach if k == 0 else 1.0
        # diffuse: wrapped, less along the strand than across it
        soft = max((cosine + 0.35) / 1.35, 0.0) * share
        along = tx * lx + ty * ly + tz * lz
        body = soft * (0.45 + 0.55 * math.sqrt(max(1.0 - along * along, 0.0)))
        red += lights[k, 3] * body
        green += lights[k, 4] * body
        blue += lights[k, 5] * body
        # specular: tangents shifted along the normal set the white highlight apart from the tinted one
        hx, hy, hz = unit(lx + vx, ly + vy, lz + vz)
        first = (tx + 0.10 * nx) * hx + (ty + 0.10 * ny) * hy + (tz + 0.10 * nz) * hz
        second = (tx - 0.16 * nx) * hx + (ty - 0.16 * ny) * hy + (tz - 0.16 * nz) * hz
        first, second = math.sqrt(max(1.0 - first * first, 0.0)), math.sqrt(max(1.0 - second * second, 0.0))
        edge = max(min(cosine * 2.0 + 0.4, 1.0), 0.0) * share * lights[k, 4]
        white += lobe(first, 60.0) * edge
        tinted += lobe(second, 18.0) * edge
    high = 0.5 + 0.5 * ny
    red += (sky[1, 0] + (sky[0, 0] - sky[1, 0]) * high) * occlusion
    green += (sky[1, 1] + (sky[0, 1] - sky[1, 1]) * high) * occlusion
    blue += (sky[1, 2] + (sky[0, 2] - sky[1, 2]) * high) * occlusion
    # strengths by eye
    white *= 0.07 * gloss
    tinted *= 1.5 * gloss * (1.0 - 0.8 * colour[1])  # fair hair scatters instead
    colour[0] = colour[0] * (red * occlusion + tinted) + white
    colour[1] = colour[1] * (green * occlusion + tinted) + white
    colour[2] = colour[2] * (blue * occlusion + tinted) + white
