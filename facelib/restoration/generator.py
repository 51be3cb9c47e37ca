"""Bring your own generator: a network that paints a face without electrodes, in the manner of CycleGAN.

It is given the head, cut out level and resized as it was trained to see it, and gives a picture of the same
kind; that is resized and pasted back. What stands behind it is the user's, and what it changes besides isn't
known: its picture is taken only where the mask of `restore` says that something is covered. A mask of ones
takes all of it, and then a face without electrodes doesn't stay as it is.

A generator that has an argument named ``geometry`` gets a geometry picture of the face beside the photograph
(`facelib.restoration.geometry`), of the same size and place. All others are called with the photograph alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from inspect import Parameter, signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import numpy as np
import numpy.typing as npt

from facelib.errors import BadModelError, BadValueError
from facelib.faces import Face
from facelib.models.devices import CPU, Device, as_device, computed
from facelib.restoration.crop import MARGIN, crop_of, inverse, resampled
from facelib.restoration.geometry import Normals, geometry_picture, trial_landmarks
from facelib.restoration.methods import METHODS, Colours, Plane
from facelib.utilities.checks import checked, whole

if TYPE_CHECKING:
    import torch
    from torch import nn

Values = Literal["signed", "unit"]
Order = Literal["rgb", "bgr"]

SIZES: Final = (16, 1024)  # px
SLACK: Final = 0.1  # by which colours may leave their range before they are taken for those of another one


@dataclass(frozen=True, eq=False)
class OwnGenerator:
    """A generator that fills in what is covered; made by `own`.

    Parameters
    ----------
    network
        Tensor (1, 3, s, s) to a tensor of the same shape; if it has an argument named ``geometry``, that gets
        the normals of the face's surface, float32 (1, 3, s, s): to the right, up and toward the camera, each
        in [-1, 1] whatever `values` and `colours` are, and 0 where there is no face.
    name
        In tables and menus.
    size
        Side of the pictures that it sees, px.
    values
        What black and white are: "signed" −1 and 1, "unit" 0 and 1.
    colours
        Order of its channels.
    margin
        Side of the crop in sides of the face box.
    geometry
        Whether it asks for a geometry picture.
    device
        Where it runs.
    """

    network: Callable[..., torch.Tensor] = field(repr=False)
    name: str = "own"
    size: int = 256
    values: Values = "signed"
    colours: Order = "rgb"
    margin: float = MARGIN
    geometry: bool = False
    device: Device = CPU

    def __call__(self, face: Face, mask: Plane, /) -> Colours:  # noqa: ARG002
        """Return its picture, float32 (H, W, 3) in [0, 255], within the crop; around it the face's own."""
        way = crop_of(face.box, face.eyes, self.size, self.margin)
        painted = self.paint(*self.inputs(face))
        back = np.asarray(resampled(painted, inverse(way), face.size), np.float32)
        rows, columns = np.indices(face.size) + 0.5
        (a, b, c), (d, e, f) = inverse(way)
        x, y = a * columns + b * rows + c, d * columns + e * rows + f
        inside = (x >= 0) & (x <= self.size) & (y >= 0) & (y <= self.size)
        return np.where(inside[:, :, None], back, face.image).astype(np.float32)

    def inputs(self, face: Face) -> tuple[npt.NDArray[np.uint8], Normals | None]:
        """Return what it sees of a face: to be trained by, too.

        Returns
        -------
        part
            uint8 (s, s, 3), RGB: the crop of the photograph.
        geometry
            float32 (s, s, 3), see `facelib.restoration.geometry.geometry_picture`, pixel by pixel with the
            crop; None if it doesn't ask for one.

        Raises
        ------
        BadValueError
            It asks for a geometry picture, and the landmarks of the face aren't known.
        """
        way = crop_of(face.box, face.eyes, self.size, self.margin)
        part = np.asarray(resampled(face.image, way, (self.size, self.size)), np.uint8)
        if not self.geometry:
            return part, None
        there = inverse(way)
        return part, geometry_picture(face.landmarks @ there[:, :2].T + there[:, 2], self.size)

    def paint(self, part: npt.NDArray[np.uint8], geometry: Normals | None = None) -> Colours:
        """Return what it makes of a crop (s, s, 3), float32 in [0, 255].

        Parameters
        ----------
        part, geometry
            As `inputs` returns them.

        Raises
        ------
        BadValueError
            It asks for a geometry picture, and none is given; it fails, or returns something else than a
            picture of the same size in the declared range.
        BadModelError
            It returns numbers that aren't finite.
        """
        import torch

        turned = part if self.colours == "rgb" else part[:, :, ::-1]
        batch = torch.from_numpy(np.ascontiguousarray(turned)).permute(2, 0, 1)[None].float() / 255
        beside = {}
        if self.geometry:
            if geometry is None:
                msg = f"The generator {self.name!r} asks for a geometry picture beside the photograph."
                raise BadValueError(msg)
            beside["geometry"] = torch.from_numpy(geometry).permute(2, 0, 1)[None].contiguous()
        try:
            painted: Any = self._run(batch * 2 - 1 if self.values == "signed" else batch, beside)
        except Exception as error:
            first = str(error).splitlines()[0] if str(error) else "no message"
            msg = (
                f"The generator {self.name!r} failed on a picture {tuple(batch.shape)}: "
                f"{type(error).__name__}: {first}"
            )
            raise BadValueError(msg) from error
        if not isinstance(painted, torch.Tensor) or painted.shape != batch.shape:
            came = (
                f"shape {tuple(painted.shape)}"
                if isinstance(painted, torch.Tensor)
                else type(painted).__name__
            )
            msg = f"The generator {self.name!r} has to return a tensor {tuple(batch.shape)}; got {came}."
            raise BadValueError(msg)
        if not torch.isfinite(painted).all():
            msg = (
                f"The generator {self.name!r} returns numbers that aren't finite: its weights are "
                "damaged, or its input is another."
            )
            raise BadModelError(msg)
        light = ((painted.float() + 1) / 2 if self.values == "signed" else painted.float())[0].permute(
            1, 2, 0
        )
        low, high = float(light.min()), float(light.max())
        if low < -SLACK or high > 1 + SLACK:
            range_ = "[-1, 1]" if self.values == "signed" else "[0, 1]"
            msg = (
                f"The generator {self.name!r} is declared to paint in {range_}, values={self.values!r}, but "
                f"paints from {float(painted.min()):.3g} to {float(painted.max()):.3g}. Declare the other "
                "range, or scale its output."
            )
            raise BadValueError(msg)
        levels = (255 * light.clamp(0, 1)).numpy()
        return np.ascontiguousarray(levels if self.colours == "rgb" else levels[:, :, ::-1], np.float32)

    def _run(self, batch: torch.Tensor, beside: dict[str, torch.Tensor]) -> Any:
        import torch

        if isinstance(self.network, torch.nn.Module) and self.device.accelerated:
            return computed(self.network, batch, self.device, **beside)[0]
        with torch.no_grad():
            return self.network(batch, **beside)


def own(
    source: str | Path | nn.Module | Callable[..., torch.Tensor],
    *,
    name: str = "own",
    size: int = 256,
    values: Values = "signed",
    colours: Order = "rgb",
    margin: float = MARGIN,
    factory: Callable[[], nn.Module] | None = None,
    trust: bool = False,
    register: bool = False,
    device: str | Device = CPU,
) -> OwnGenerator:
    """Return your generator as a method of `facelib.restoration.restore`, checked on a picture of noise.

    Parameters
    ----------
    source
        A torch module (set to evaluation), a function of tensors, a TorchScript file, or a file of weights
        (safetensors, or what ``torch.save`` made of a ``state_dict``; they need `factory`). No code of a file
        is run unless `trust` is True. If the function, or the module's ``forward``, has an argument named
        ``geometry``, it gets the geometry of the face, too: see `OwnGenerator`.
    name
        In tables and menus.
    size, values, colours, margin
        What it was trained to see; see `OwnGenerator`.
    factory
        Makes the network for a file of weights.
    trust
        Whether you know and trust the maker of a TorchScript file. TorchScript is a program that can read and
        write files as you can: without ``trust=True`` it isn't loaded.
    register
        Whether it is added to `METHODS` under its name, for menus and studies.
    device
        Where it runs, as for `facelib.models.devices.as_device`; a function of tensors is given tensors on
        the processor, and runs where it wants to.

    Raises
    ------
    BadValueError
        Something isn't declared as it can be, or the generator doesn't do what is declared.
    BadModelError
        The file isn't what it should be, or is a program and `trust` isn't True.

    Examples
    --------
    >>> from torch import nn
    >>> own(nn.Identity(), name="nothing", size=64).name
    'nothing'
    >>> own(lambda photograph, geometry: photograph * (geometry == 0), size=64).geometry
    True
    """
    if not isinstance(name, str) or not name:
        msg = f"A generator needs a name; got {name!r}."
        raise BadValueError(msg)
    for what, value, known in (("values", values, Values), ("colours", colours, Order)):
        if value not in get_args(known):
            msg = f"A generator's {what} are {' or '.join(get_args(known))}; got {value!r}."
            raise BadValueError(msg)
    side = whole(
        f"The size of a generator's pictures is a whole number from {SIZES[0]} to {SIZES[1]} px", size, *SIZES
    )
    wide = checked("a generator's margin", margin, 1.0, 4.0)
    place, network = as_device(device), _network(source, factory, trust=trust)
    made = OwnGenerator(network, name, side, values, colours, wide, _asks_for_geometry(network), place)
    noise = np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)
    made.paint(noise, geometry_picture(trial_landmarks(side, wide), side) if made.geometry else None)
    if register:
        METHODS.register(name, made)
    return made


def _asks_for_geometry(network: Any) -> bool:
    """Return whether a generator has an argument named geometry that isn't set already."""
    import torch

    if isinstance(network, torch.jit.ScriptModule):
        method: Any = network.forward
        return any(argument.name == "geometry" for argument in method.schema.arguments)
    if isinstance(network, partial) and "geometry" in network.keywords:
        return False
    try:
        known = signature(network.forward if isinstance(network, torch.nn.Module) else network).parameters
    except (TypeError, ValueError):  # of functions that are written in C
        return False
    argument = known.get("geometry")
    return argument is not None and argument.kind in {Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY}


def _network(
    source: Any, factory: Callable[[], nn.Module] | None, *, trust: bool
) -> Callable[..., torch.Tensor]:
    from torch import nn

    if isinstance(source, str | Path):
        return _read(Path(source).expanduser(), factory, trust=trust)
    if factory is not None:
        msg = "`factory` makes the network for a file of weights; a network was given already."
        raise BadValueError(msg)
    if isinstance(source, nn.Module):
        return source.eval()
    if callable(source):
        return source  # type: ignore[no-any-return]
    msg = f"A generator is a torch module, a function of tensors, or a file; got {source!r}."
    raise BadValueError(msg)


def _read(path: Path, factory: Callable[[], nn.Module] | None, *, trust: bool) -> nn.Module:
    from torch import nn

    from facelib.models.readers.torchscript import is_torchscript, read_torchscript
    from facelib.models.readers.weights import load_into, read_weights

    if is_torchscript(path):
        return read_torchscript(path, trust=trust)  # type: ignore[no-any-return]
    weights = read_weights(path)
    made: Any = factory() if factory is not None else None
    if not isinstance(made, nn.Module):
        msg = f"{path.name} holds weights. Give factory=, a function that makes their torch.nn.Module."
        raise BadValueError(msg)
    load_into(made, weights)
    return made.eval()
