"""Positions of surface-electromyography electrodes, read (not run) from the package `electromyogram`."""

from __future__ import annotations

import ast
import functools
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, cast

from facelib.errors import BadValueError, UnavailableError
from facelib.models.packages import data_path

Scheme = Literal["fridlund", "kuramoto"]
SCHEMES: tuple[Scheme, ...] = ("fridlund", "kuramoto")


@functools.cache
def electrode_positions(scheme: Scheme) -> Mapping[str, tuple[float, float]]:
    """Return the planar position of every electrode of a scheme.

    Parameters
    ----------
    scheme
        "fridlund" (22 electrodes, F1 … F22) or "kuramoto" (19, K1 … K24 with gaps).

    Returns
    -------
    Mapping
        Name to (x, y) in mm: x = 0 is the symmetry axis, y = 0 the Frankfort plane, y grows upwards,
        negative x is the person's right (odd numbers).

    Raises
    ------
    BadValueError
        There is no such scheme.
    UnavailableError
        The package is not on this machine.
    """
    if scheme not in SCHEMES:
        msg = f"Electrode schemes are {' and '.join(SCHEMES)}; got {scheme!r}."
        raise BadValueError(msg)
    source = data_path("electromyogram", "electromyogram/schemes.py").read_text(encoding="utf-8")
    return MappingProxyType(_locations(ast.parse(source), scheme.capitalize()))


def _locations(module: ast.Module, class_name: str) -> dict[str, tuple[float, float]]:
    """Return the literal assigned to `locations` in the body of a class."""
    for node in module.body:
        if isinstance(node, ast.ClassDef) and node.name == class_name:
            for statement in node.body:
                if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "locations":
                    table = cast("dict[str, list[float]]", ast.literal_eval(statement.value))
                    return {name: (float(x), float(y)) for name, (x, y) in table.items()}
    msg = f"The package electromyogram has no class {class_name} with a table `locations`."
    raise UnavailableError(msg)
