"""Properties and outputs of a user's table by their names, and a random property."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from facelib.errors import BadValueError
from facelib.stats.independence.variables import Variable, as_variable, coded

NULL_PROPERTY = "(random numbers)"


def variables(columns: Any, what: str) -> list[Variable]:
    """Return a table or mapping as variables with the names of its columns, each of which must come once."""
    if isinstance(columns, pd.Series):
        columns = columns.to_frame(columns.name or what)
    if not isinstance(columns, pd.DataFrame | Mapping):
        msg = f"{what} are a DataFrame or a mapping of names to columns; got {type(columns).__name__}."
        raise BadValueError(msg)
    if isinstance(columns, pd.DataFrame):
        named = [(str(name), columns.iloc[:, i]) for i, name in enumerate(columns.columns)]
    else:
        named = [(str(name), column) for name, column in columns.items()]
    names = [name for name, _ in named]
    if not names:
        msg = f"{what} are a DataFrame or a mapping of names to columns, one at least; got no column."
        raise BadValueError(msg)
    if len(set(names)) < len(names):
        twice = ", ".join(sorted({name for name in names if names.count(name) > 1}))
        msg = (
            f"Every one of the {what} has its own name, as text too; several are called {twice}. Rename them."
        )
        raise BadValueError(msg)
    if NULL_PROPERTY in names:
        msg = f"{NULL_PROPERTY!r} is the name of the random property; rename this one of the {what}."
        raise BadValueError(msg)
    return [as_variable(column, name) for name, column in named]


def random_property(n: int, person: Any, seed: int) -> Variable:
    """Return random numbers, one per face, or one per person."""
    numbers = np.random.default_rng([seed, n]).standard_normal(n)
    return as_variable(numbers if person is None else numbers[coded(person, "person")[0]], NULL_PROPERTY)
