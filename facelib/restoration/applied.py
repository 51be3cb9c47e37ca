"""The trained network at work: what it finds on a face, and what it fills in."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from facelib.faces import Face
from facelib.restoration.crop import SIDE, Floats, crop_of, inverse, resampled
from facelib.restoration.masks import settled
from facelib.restoration.methods import Colours, Plane, method


@lru_cache(maxsize=2)  # the mask is asked for, then what lies below it
def seen(face: Face) -> tuple[Plane, Colours]:
    """Return what the network says of the crop of a face: probabilities (s, s) of a cover, and a fill-in.

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
    with torch.inference_mode():
        given = torch.from_numpy(np.ascontiguousarray(part)).permute(2, 0, 1)[None].float() / 255
        logits, fill = trained_network()(given)
        p = torch.sigmoid(logits)[0, 0].numpy()
        colours = (255 * fill[0].clamp(0, 1)).permute(1, 2, 0).contiguous().numpy()
    p.setflags(write=False)
    colours.setflags(write=False)
    return p, colours


def found_mask(face: Face) -> Plane:
    """Return what the network takes for covered, float32 (H, W) in [0, 1]; all 0 where nothing is sure."""
    mask = settled(seen(face)[0])
    if not mask.any():
        return np.zeros(face.size, np.float32)
    return _back(mask, crop_of(face.box, face.eyes), face.size)


@method("network")
def by_network(face: Face, mask: Plane) -> Colours:  # noqa: ARG001, the network has its own opinion
    """Fill in what the network learnt to lie below electrodes."""
    way = crop_of(face.box, face.eyes)
    return np.asarray(resampled(seen(face)[1], inverse(way), face.size), np.float32)


def _back(plane: Plane, way: Floats, size: tuple[int, int]) -> Plane:
    """Return a plane of the crop where it lies in the picture; 0 around it."""
    centred = inverse(way)
    centred[:, 2] += centred[:, :2] @ [0.5, 0.5] - 0.5
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    found = cv2.warpAffine(plane, centred, size[::-1], flags=how, borderMode=cv2.BORDER_CONSTANT)
    return np.asarray(found, np.float32).clip(0, 1)
