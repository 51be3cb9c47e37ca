"""Digital removal of electrodes from pictures of faces: find them, and fill in the skin."""

from facelib.restoration.applied import by_network, found_mask
from facelib.restoration.films import restored_frames
from facelib.restoration.generator import own
from facelib.restoration.inpainting import biharmonic, navier_stokes, telea
from facelib.restoration.methods import METHODS, Method
from facelib.restoration.restore import MASKS, Restored, mask_of, restore
from facelib.utilities.lazy import listing

__all__ = [
    "MASKS",
    "METHODS",
    "Method",
    "Restored",
    "biharmonic",
    "by_network",
    "found_mask",
    "mask_of",
    "navier_stokes",
    "own",
    "restore",
    "restored_frames",
    "telea",
]

__dir__ = listing(__all__)
