"""Pictures on their way to the browser or to a file: pixels to JPEG or PNG."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from facelib.errors import BadImageError

QUALITY = 92
"""JPEG quality: at 92 without colour subsampling the difference picture shows the change, not the encoder."""


def encode_jpeg(image: npt.NDArray[np.uint8], quality: int = QUALITY) -> bytes:
    """Return a picture as JPEG; the same pixels give the same bytes.

    Parameters
    ----------
    image
        RGB, uint8 (H, W, 3).
    quality
        1 to 100; the default keeps the noise of the encoder below what the eye sees, about 15 kB at 224 px.

    Raises
    ------
    BadImageError
        If `image` is no RGB picture of bytes.

    Examples
    --------
    >>> encode_jpeg(np.zeros((8, 8, 3), np.uint8))[:2].hex()
    'ffd8'
    """
    from PIL import Image

    pixels = np.asarray(image)
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or 0 in pixels.shape:
        msg = f"Expected an RGB picture, uint8 (H, W, 3); got {pixels.dtype} {pixels.shape}."
        raise BadImageError(msg)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality, subsampling=0)
    return buffer.getvalue()


def encode_png(image: npt.NDArray[np.uint8]) -> bytes:
    """Return a picture, RGB, uint8 (H, W, 3), as PNG: without loss, larger and slower than JPEG."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return buffer.getvalue()


def encode_frames(
    images: npt.NDArray[np.uint8] | Sequence[npt.NDArray[np.uint8] | None], quality: int = QUALITY
) -> list[bytes]:
    """Return one JPEG per picture, ``b""`` where a picture is None (not computed yet)."""
    return [b"" if image is None else encode_jpeg(image, quality) for image in images]
