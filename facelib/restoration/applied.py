"""The trained network applied to a face: its mask, and what it fills in."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import cv2
import numpy as np

from facelib.errors import check_kind
from facelib.faces import Face
from facelib.models.devices import CPU, Device, computed
from facelib.restoration.crop import SIDE, Floats, crop_of, inverse, resampled
from facelib.restoration.methods import Colours, Plane, method
from facelib.restoration.pixel_masks import settled

CLOSE: Final = ((1.0, 2.5), (0.02, 6.0), (1e-4, 20.0))
"""Weights and spreads, px of the crop, of those pixels whose colours show by how much a fill-in is off."""


@lru_cache(maxsize=2)  # the mask is asked for, then what lies below it
def seen(face: Face, device: Device = CPU) -> tuple[Plane, Colours]:
    """Return the network's outputs for the crop of a face: probabilities (s, s) of a cover, and a fill-in.

    Returns
    -------
    tuple
        float32 (224, 224) in [0, 1], and float32 (224, 224, 3), grey levels; not to be written to.

    Raises
    ------
    BadValueError
        If the face's box has no size.
    """
    import torch

    from facelib.restoration.weights import trained_network

    part = resampled(face.image, crop_of(face.box, face.eyes), (SIDE, SIDE))
    given = torch.from_numpy(np.ascontiguousarray(part)).permute(2, 0, 1)[None].float() / 255
    logits, fill = computed(trained_network(), given, device)
    p = torch.sigmoid(logits)[0, 0].numpy()
    colours = (255 * fill[0].clamp(0, 1)).permute(1, 2, 0).contiguous().numpy()
    p.setflags(write=False)
    colours.setflags(write=False)
    return p, colours


def found_mask(face: Face, device: Device = CPU) -> Plane:
    """Return the network's mask of covered pixels, float32 (H, W) in [0, 1]; all 0 where nothing is sure."""
    check_kind(face, Face, "A face")
    mask = settled(seen(face, device)[0])
    if not mask.any():
        return np.zeros(face.size, np.float32)
    return _back(mask, crop_of(face.box, face.eyes), face.size)


@method("network")
def by_network(face: Face, mask: Plane, device: Device = CPU) -> Colours:
    """Fill in the skin that the network predicts below electrodes, in the light and colours around it.

    By how much its picture is off around the mask is carried on into it smoothly.
    """
    check_kind(face, Face, "A face")
    way = crop_of(face.box, face.eyes)
    fill = np.asarray(resampled(seen(face, device)[1], inverse(way), face.size), np.float32)
    return fill + carried(face.image - fill, mask, float(np.sqrt(abs(np.linalg.det(way[:, :2])))))


def carried(off: Colours, mask: Plane, step: float = 1.0) -> Colours:
    """Return the error outside a mask, averaged by closeness: near pixels first, far ones where none is.

    Parameters
    ----------
    off
        float32 (H, W, 3).
    mask
        (H, W) in [0, 1]; what it covers at all doesn't count.
    step
        Px of the picture that are one of the crop.
    """
    clear = 1 - cv2.dilate((mask > 0).astype(np.float32), np.ones((3, 3), np.uint8))
    weighted, counted = np.zeros_like(off), np.full(mask.shape, 1e-9, np.float32)
    for weight, spread in CLOSE:
        sigma = max(spread * step, 0.5)
        weighted += weight * cv2.GaussianBlur(off * clear[:, :, None], (0, 0), sigma)
        counted += weight * cv2.GaussianBlur(clear, (0, 0), sigma)
    return np.asarray(weighted / counted[:, :, None], np.float32)


def _back(plane: Plane, way: Floats, size: tuple[int, int]) -> Plane:
    """Return a plane of the crop where it lies in the picture; 0 around it."""
    centred = inverse(way)
    centred[:, 2] += centred[:, :2] @ [0.5, 0.5] - 0.5
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    found = cv2.warpAffine(plane, centred, size[::-1], flags=how, borderMode=cv2.BORDER_CONSTANT)
    return np.asarray(found, np.float32).clip(0, 1)
