"""The class of properties: one number per face, given with it or measured in its picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from numbers import Real
from typing import Any, Final, Literal, get_args

import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError, UnavailableError
from facelib.faces import Face
from facelib.models import package_path
from facelib.utilities.checks import whole
from facelib.utilities.registry import Registry, place_of

Source = Literal["given", "measured", "estimated"]
Cost = Literal["free", "pixels", "network"]
Need = str | tuple[str, ...]
Values = npt.NDArray[np.float64]
Measure = Callable[[Sequence[Face]], Values]

ALIKE: Final = 0.02
"""Share of its usual range below which a property differs in nothing that counts (our choice)."""


@dataclass(frozen=True)
class Property:
    """A property: one number per face.

    Attributes
    ----------
    name
        Name in the registry and column in tables, for example ``"skin_tone"``.
    title
        Name in menus.
    unit
        Unit, or an empty string.
    source
        "given" with the face (set, or from its metadata), "measured" in its picture or landmarks, or
        "estimated" by networks that were trained on other people's pictures.
    description
        How the value is obtained, in one or two sentences.
    low, high
        Usual range, for axes.
    cost
        "free" (given, or from the landmarks), "pixels" (below a millisecond per face) or "network".
    needs
        Model packages that measuring it needs; of several in a tuple of their own, any one will do.
    read
        Faces -> float64 (n,), or (n, k): itself and its companions, which are read together.
    column
        Its column of the k; None for (n,).
    """

    name: str
    title: str
    unit: str
    source: Source
    description: str
    low: float
    high: float
    cost: Cost
    needs: tuple[Need, ...]
    read: Measure = field(repr=False, compare=False)
    column: int | None = None

    def measure(self, faces: Sequence[Face]) -> Values:
        """Return the values of faces, float64 (n,); NaN where there is none."""
        return self.pick(self.read(faces))

    def pick(self, values: Values) -> Values:
        """Return its own column (n,) of what `read` gave."""
        return values if self.column is None else values[:, self.column]

    @property
    def reason(self) -> str:
        """Why it can't be measured on this machine; empty if it can."""
        for need in self.needs:
            absent = [_absence(package) for package in ((need,) if isinstance(need, str) else need)]
            if all(absent):
                return " Or: ".join(absent)
        return ""


def _absence(package: str) -> str:
    """Return what is said of a package that isn't on this machine; nothing of one that is."""
    try:
        package_path(package)
    except UnavailableError as error:
        return str(error)
    return ""


PROPERTIES: Registry[Property] = Registry("property", "facelib.properties", "facelib.properties.register")


def register(
    name: str,
    *,
    title: str,
    unit: str,
    source: Source,
    description: str,
    low: float,
    high: float,
    cost: Cost = "pixels",
    needs: tuple[Need, ...] = (),
    column: int | None = None,
) -> Callable[[Measure], Measure]:
    """Decorate the function that measures a property: make it available by its name.

    A function that measures several is decorated once for each of its columns, from the bottom up. The
    same function under the same name replaces what was there: a cell of a notebook can be run again.

    Parameters
    ----------
    name, title, unit, source, description, low, high, cost, needs, column
        See `Property`.

    Raises
    ------
    BadValueError
        If one of them is of another kind, `low` isn't below `high`, or the name is taken.

    Examples
    --------
    >>> import numpy as np
    >>> @register("redness", title="Redness", unit="", source="measured", low=0, high=1,
    ...     description="Mean share of red in the picture's light.")  # doctest: +SKIP
    ... def redness(faces):
    ...     return np.array([face.image[..., 0].mean() / face.image.mean() / 3 for face in faces])
    """
    words = {"name": name, "title": title, "unit": unit, "description": description}
    for what, text in words.items():
        value: object = text
        if not isinstance(value, str):
            msg = f"{what} is words; got {value!r}."
            raise BadValueError(msg)
    for what, word, known in (("source", source, Source), ("cost", cost, Cost)):
        if word not in get_args(known):
            msg = f"The {what} of a property is one of {', '.join(get_args(known))}; got {word!r}."
            raise BadValueError(msg)
    ends: tuple[Any, Any] = (low, high)
    if not (all(isinstance(end, Real) for end in ends) and low < high):
        msg = f"Of a property's usual range low is below high; got {low!r} and {high!r}."
        raise BadValueError(msg)
    if column is not None:
        whole("column is a number from 0 on, or None", column, 0)

    def enter(read: Measure) -> Measure:
        function: object = read
        if not callable(function):
            msg = f"A property is read by a function of faces; got {function!r}."
            raise BadValueError(msg)
        PROPERTIES.register(
            name,
            Property(name, title, unit, source, description, low, high, cost, needs, read, column),
            place_of(read),
        )
        return read

    return enter


def given(faces: Sequence[Face], name: str) -> Values:
    """Return a numeric attribute that came with the faces, (n,); NaN where there is none."""
    values = [face.attributes.get(name) for face in faces]
    return np.array([value if isinstance(value, Real) else np.nan for value in values], np.float64)
