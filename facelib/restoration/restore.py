"""Take electrodes off a picture: find what covers the skin, fill it in, and leave all else as it is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError, check_kind
from facelib.faces import Face
from facelib.models.devices import CPU, Device, as_device
from facelib.restoration.applied import by_network, found_mask
from facelib.restoration.crop import Picture
from facelib.restoration.methods import METHODS, Colours, Method, Plane
from facelib.restoration.pixel_masks import known_mask
from facelib.utilities.short_repr import in_short

if TYPE_CHECKING:
    from collections.abc import Callable

MASKS: Final = ("found", "known")
"""Sources of a mask: the network, or the positions that the face is said to wear."""


@in_short(picture=lambda found: found.image)
@dataclass(frozen=True, eq=False)
class Restored:
    """A picture from which electrodes were taken off.

    Attributes
    ----------
    image
        uint8 (H, W, 3); the very picture that was given if nothing was found.
    mask
        float32 (H, W) in [0, 1]: share of a pixel that was filled in.
    fill
        float32 (H, W, 3), grey levels: what was filled in; outside the mask it means nothing.
    method
        Name of what filled in.
    """

    image: Picture
    mask: Plane
    fill: npt.NDArray[np.float32]
    method: str

    @property
    def changed(self) -> bool:
        """Whether anything was covered."""
        return bool(self.mask.any())


def restore(
    face: Face,
    method: str | Method = "network",
    mask: str | Plane = "found",
    *,
    device: str | Device = CPU,
) -> Restored:
    """Return a picture without its electrodes, tape and leads.

    Every pixel outside the mask stays as it is, bit for bit; a face on which nothing is found stays as it is.

    Parameters
    ----------
    face
        A face whose box is known.
    method
        A name in `METHODS`, or what `facelib.restoration.own` returns.
    mask
        "found" by the network; "known" from the positions of the electrodes that the face wears, without
        leads; or a mask, (H, W) in [0, 1].
    device
        Where facelib's own network runs, as for `facelib.models.devices.as_device`; a generator of yours runs
        where `own` was told. FACELIB_DEVICE doesn't count here, so that studies make the same pictures
        everywhere.

    Raises
    ------
    BadValueError
        A mask of another shape, one that isn't known, a method that returns no picture, or no device.
    UnavailableError
        The device isn't on this machine.
    UnknownNameError
        There is no such method.

    Examples
    --------
    >>> from facelib.faces import Head
    >>> face = Head(electrodes="fridlund").render(128)  # doctest: +SKIP
    >>> restore(face).changed  # doctest: +SKIP
    True
    """
    check_kind(face, Face, "A face")
    place = as_device(device)
    how, name = (METHODS[method], method) if isinstance(method, str) else (method, _name(method))
    if how is by_network:
        how = partial(cast("Callable[..., Colours]", by_network), device=place)
    cover = mask_of(face, mask, device=place)
    if not cover.any():
        return Restored(face.image, cover, face.image.astype(np.float32), name)
    fill = _checked(how(face, cover), face, name)
    return Restored(laid_over(face.image, fill, cover), cover, fill, name)


def mask_of(face: Face, mask: str | Plane = "found", *, device: str | Device = CPU) -> Plane:
    """Return the mask of covered pixels of a face, float32 (H, W) in [0, 1]; see `restore`."""
    check_kind(face, Face, "A face")
    if isinstance(mask, str):
        if mask == "known":
            return known_mask(face)
        if mask == "found":
            return found_mask(face, as_device(device))
        msg = f"A mask is {', '.join(MASKS)}, or an array; got {mask!r}."
        raise BadValueError(msg)
    array = np.asarray(mask)
    if array.shape != face.size or not (array >= 0).all() or not (array <= 1).all():
        msg = f"A mask has the picture's height and width, {face.size}, and is in [0, 1]; got {array.shape}"
        msg += f" with {array.min()} … {array.max()}." if array.size else "."
        raise BadValueError(msg)
    return array.astype(np.float32)


def laid_over(image: Picture, fill: npt.NDArray[np.floating], mask: Plane) -> Picture:
    """Return a picture with a fill-in (H, W, 3) over it by a mask (H, W); outside it stays bit for bit."""
    share = mask[:, :, None]
    mixed = np.rint(image * (1 - share) + fill * share).clip(0, 255).astype(np.uint8)
    return np.where(share > 0, mixed, image)


def _name(method: Any) -> str:
    return str(getattr(method, "name", getattr(method, "__name__", type(method).__name__)))


def _checked(fill: Any, face: Face, name: str) -> npt.NDArray[np.float32]:
    """Return a fill-in as float32, or raise `BadValueError`."""
    levels = np.asarray(fill)
    if (
        levels.shape != face.image.shape
        or not np.issubdtype(levels.dtype, np.number)
        or not np.isfinite(levels).all()
    ):
        came = f"{levels.dtype} {levels.shape}"
        msg = f"{name!r} has to return a picture {face.image.shape} of finite numbers; got {came}."
        raise BadValueError(msg)
    return levels.astype(np.float32)
