"""Digital removal of electrodes from pictures of faces: find them, and fill in the skin."""

from facelib.restoration.applied import found_mask
from facelib.restoration.films import restored_frames
from facelib.restoration.generator import own
from facelib.restoration.inpainting import biharmonic, navier_stokes, telea
from facelib.restoration.methods import METHODS
from facelib.restoration.restore import Restored, restore
from facelib.utilities.lazy import listing

__all__ = [
    "METHODS",
    "Restored",
    "biharmonic",
    "found_mask",
    "navier_stokes",
    "own",
    "restore",
    "restored_frames",
    "telea",
]

__dir__ = listing(__all__)
