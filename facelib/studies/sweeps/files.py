"""Sweeps of rendered heads, and their placebos, as files of numbers that processes share.

A file is in the format safetensors: a header in JSON, then arrays; nothing in it is ever run. What it is of
(head, change, classifiers) isn't in it: whoever reads it has them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from facelib.classifiers import Classifier
from facelib.errors import BadValueError, ReadError
from facelib.face import N_LANDMARKS
from facelib.faces import Face, Head, Light
from facelib.interventions import Intervention
from facelib.studies.sweeps.frames import Frames
from facelib.studies.sweeps.inference import Reading
from facelib.studies.sweeps.placebos import PlaceboSweep, References
from facelib.studies.sweeps.sweep import Sweep

if TYPE_CHECKING:
    import torch

    Tensors = Mapping[str, torch.Tensor]

ABOUT: Final = "about"
LIGHT: Final = "facelib.Light"
"""Key under which a light stands among a face's attributes."""


def sweep_bytes(sweep: Sweep) -> bytes:
    """Return the content of a file with a sweep of a rendered head.

    Raises
    ------
    BadValueError
        For a photograph, which is never shared, and for what JSON and arrays can't hold.

    Examples
    --------
    >>> from facelib.app.explorer.state import FIRST_HEAD  # doctest: +SKIP
    >>> content = sweep_bytes(facelib.sweep(FIRST_HEAD, "palsy"))  # doctest: +SKIP
    """
    import torch
    from safetensors.torch import save

    if not isinstance(sweep.face, Head):
        msg = "A sweep of a photograph is kept in its session alone; got one."
        raise BadValueError(msg, hint="Only sweeps of a Head are written to such a file.")
    faces, table = sweep.frames.faces, sweep.properties
    arrays = {
        "strengths": sweep.strengths,
        "images": sweep.images,
        "boxes": np.stack([face.box for face in faces]),
        "eyes": np.stack([face.eyes for face in faces]),
        "landmarks": np.stack([face.landmarks for face in faces]),
        "properties": _numbers(table),
    }
    for number, (name, reading) in enumerate(sweep.readings.items()):
        arrays[f"logits {number}"] = reading.logits
        arrays[f"probabilities {number}"] = reading.probabilities
        arrays[f"features {number}"] = reading.features.detach().cpu().numpy()
        arrays[f"replicates {number}"] = sweep.replicates[name]
        if name in sweep.rested:
            arrays[f"rested {number}"] = sweep.rested[name]
    about = {
        "classifiers": list(sweep.readings),
        "properties": list(table.columns),
        "seed": sweep.seed,
        "sources": [face.source for face in faces],
        "attributes": [_plain(dict(face.attributes)) for face in faces],
    }
    tensors = {name: torch.from_numpy(np.array(array, order="C")) for name, array in arrays.items()}
    return bytes(save(tensors, {ABOUT: json.dumps(about)}))


def read_sweep(
    path: Path, face: Head, intervention: Intervention, models: Sequence[Classifier], label: str
) -> Sweep:
    """Return the sweep that a file holds; its arrays stay in the file, which processes share.

    Parameters
    ----------
    path
        A file with the content that `sweep_bytes` returned.
    face, intervention, models
        What the sweep is of.
    label
        The class of interest.

    Raises
    ------
    ReadError
        If the file holds anything else.
    """
    tensors, about = _opened(path)
    try:
        n = len(tensors["strengths"])
        _check_shapes(tensors, models, n)
        if about["classifiers"] != [model.id for model in models]:
            raise ValueError(about["classifiers"])
        arrays = {name: tensor.numpy() for name, tensor in tensors.items()}
        faces = tuple(
            Face(
                arrays["images"][at],
                arrays["boxes"][at],
                arrays["eyes"][at],
                arrays["landmarks"][at],
                MappingProxyType(_restored(about["attributes"][at])),
                str(about["sources"][at]),
            )
            for at in range(n)
        )
        readings = {
            model.id: Reading(
                model, arrays[f"logits {k}"], arrays[f"probabilities {k}"], tensors[f"features {k}"]
            )
            for k, model in enumerate(models)
        }
        return Sweep(
            face=face,
            intervention=intervention,
            frames=Frames(faces, arrays["strengths"].copy()),
            readings=readings,
            replicates={model.id: arrays[f"replicates {k}"] for k, model in enumerate(models)},
            label=label,
            seed=int(about["seed"]),
            properties=pd.DataFrame(arrays["properties"].copy(), columns=about["properties"]),
            rested={
                model.id: arrays[f"rested {k}"] for k, model in enumerate(models) if f"rested {k}" in arrays
            },
        )
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise _wrong(path) from error


def placebo_bytes(found: References, *, finished: bool) -> bytes:
    """Return the content of a file with placebos of a sweep.

    Parameters
    ----------
    found
        The placebos.
    finished
        Whether no more of them will come.
    """
    import torch
    from safetensors.torch import save

    arrays: dict[str, Any] = {
        "steps": found.steps,
        "strengths": found.strengths,
        "regions": found.regions,
    }
    for at, one in enumerate(found.sweeps):
        arrays |= {f"reached {at}": one.reached, f"regions {at}": one.regions}
        if one.regions_reached is not None:
            arrays[f"regions reached {at}"] = one.regions_reached
        arrays |= {f"{at} {k}": one.probabilities[name] for k, name in enumerate(found.models)}
    about = {
        "classifiers": list(found.models),
        "kinds": found.kinds,
        "seed": found.seed,
        "by_region": found.by_region,
        "finished": finished,
    }
    tensors = {name: torch.from_numpy(np.array(array, order="C")) for name, array in arrays.items()}
    return bytes(save(tensors, {ABOUT: json.dumps(about)}))


def read_placebos(path: Path, models: Sequence[Classifier]) -> tuple[References, bool]:
    """Return the placebos that a file holds, and whether no more of them will come.

    Raises
    ------
    ReadError
        If the file holds anything else.
    """
    tensors, about = _opened(path)
    try:
        arrays = {name: tensor.numpy().copy() for name, tensor in tensors.items()}
        if about["classifiers"] != [model.id for model in models]:
            raise ValueError(about["classifiers"])
        m = len(arrays["steps"])
        sweeps = []
        for at, kind in enumerate(about["kinds"]):
            read = {model.id: arrays[f"{at} {k}"] for k, model in enumerate(models)}
            shapes = {model.id: (m, len(model.labels)) for model in models}
            if {name: one.shape for name, one in read.items()} != shapes or arrays[f"reached {at}"].shape != (
                m,
            ):
                raise ValueError(at)
            sweeps.append(
                PlaceboSweep(
                    str(kind),
                    arrays[f"reached {at}"],
                    arrays[f"regions {at}"],
                    read,
                    arrays.get(f"regions reached {at}"),
                )
            )
        found = References(
            arrays["steps"],
            arrays["strengths"],
            tuple(sweeps),
            {model.id: model for model in models},
            int(about["seed"]),
            arrays["regions"],
            bool(about["by_region"]),
        )
        return found, bool(about["finished"])
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise _wrong(path) from error


def _opened(path: Path) -> tuple[Tensors, Mapping[str, Any]]:
    """Return the arrays of a file, mapped into memory, and what is said of them."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            about = json.loads((file.metadata() or {})[ABOUT])
            return {name: file.get_tensor(name) for name in file.keys()}, about  # noqa: SIM118
    except (SafetensorError, OSError, LookupError, ValueError, RecursionError) as error:
        raise _wrong(path) from error


def _check_shapes(tensors: Tensors, models: Sequence[Classifier], n: int) -> None:
    """Raise ValueError unless all arrays are as a sweep of `n` strengths has them."""
    import torch

    height, width = tensors["images"].shape[1:3]
    expected: dict[str, tuple[Any, tuple[int, ...]]] = {
        "strengths": (torch.float64, (n,)),
        "images": (torch.uint8, (n, height, width, 3)),
        "boxes": (torch.float64, (n, 4)),
        "eyes": (torch.float64, (n, 2, 2)),
        "landmarks": (torch.float32, (n, N_LANDMARKS, 2)),
    }
    for k, model in enumerate(models):
        classes = len(model.labels)
        expected[f"logits {k}"] = expected[f"probabilities {k}"] = (torch.float32, (n, classes))
        copies = len(tensors[f"replicates {k}"])
        expected[f"replicates {k}"] = (torch.float32, (copies, 2, classes))
        if f"rested {k}" in tensors:
            expected[f"rested {k}"] = (torch.float32, (classes,))
        if len(tensors[f"features {k}"]) != n:
            raise ValueError(k)
    for name, (kind, shape) in expected.items():
        if tensors[name].dtype != kind or tuple(tensors[name].shape) != shape:
            raise ValueError(name)


def _numbers(table: pd.DataFrame) -> Any:
    if not all(kind == np.float64 for kind in table.dtypes):
        msg = f"What is shared of a sweep are numbers; got columns of {', '.join(map(str, table.dtypes))}."
        raise BadValueError(msg)
    return table.to_numpy(np.float64)


def _plain(value: Any) -> Any:
    """Return a value as JSON holds it: sequences as lists, a light as a mapping."""
    if isinstance(value, Light):
        return {LIGHT: _plain(asdict(value))}
    if isinstance(value, Mapping):
        if not all(isinstance(name, str) for name in value):
            msg = "What is shared of a face has words as names."
            raise BadValueError(msg)
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if value is None or type(value) in {bool, int, float, str}:
        return value
    msg = f"What is shared of a face are numbers and words; got {type(value).__name__}."
    raise BadValueError(msg)


def _restored(value: Any) -> Any:
    """Return what `_plain` was given."""
    if isinstance(value, Mapping):
        if list(value) == [LIGHT] and isinstance(value[LIGHT], Mapping):
            return Light(**_restored(value[LIGHT]))
        return {name: _restored(item) for name, item in value.items()}
    return tuple(map(_restored, value)) if isinstance(value, list) else value


def _wrong(path: Path) -> ReadError:
    msg = f"{path.name:.60} holds no sweep as facelib writes it: it is damaged, or something else."
    return ReadError(msg)
