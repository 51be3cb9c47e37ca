"""TorchScript files: programs, run only if the user trusts their maker."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import torch

from facelib.errors import BadModelError
from facelib.models.readers.trial import first_line
from facelib.utilities.content import open_file, read_content

_UNUSUAL = ("aten::from_file", "aten::save", "prim::PythonOp")


def is_torchscript(path: Path) -> bool:
    """Return whether a file is a TorchScript archive: a zip that has code in it."""
    try:
        with open_file(path) as file, zipfile.ZipFile(file) as archive:
            return any("/code/" in name for name in archive.namelist())
    except (OSError, ValueError, NotImplementedError, zipfile.BadZipFile):
        return False


def read_torchscript(path: Path, *, trust: bool = False) -> Any:
    """Return the network of a TorchScript file, in evaluation mode.

    Parameters
    ----------
    path
        The file.
    trust
        Whether its maker is trusted: loading the file runs it.

    Raises
    ------
    BadModelError
        `trust` isn't True, and then nothing of the file was run; or it is damaged, or no classifier needs
        what it does.
    """
    if trust is not True:
        msg = (
            f"{path.name} is a TorchScript file, and TorchScript is a program: once loaded, it can read and "
            "write files as you can. It was not loaded. If you know its maker, pass trust=True. Otherwise "
            "ask for the network as ONNX, or for its weights (safetensors, or torch.save of a state_dict) "
            "with the function that makes the network (factory=)."
        )
        raise BadModelError(msg)
    content = io.BytesIO(read_content(path))
    try:
        network = torch.jit.load(content, map_location="cpu").eval()  # type: ignore[no-untyped-call]
        text = str(network.inlined_graph)
    except Exception as error:  # a program may raise anything, and torch has kinds of errors of its own
        msg = f"{path.name} can't be read as TorchScript: {first_line(error)}"
        raise BadModelError(msg) from error
    # A mark of damage or of the wrong file, no protection: a program has ways around it.
    if used := [name for name in _UNUSUAL if name in text]:
        msg = f"{path.name} uses {', '.join(used)}, which no network for pictures needs; the file is refused."
        raise BadModelError(msg)
    return network
