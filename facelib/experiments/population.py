"""Population for measuring classifiers: balanced rendered heads, their groups and a description."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from facelib.classifiers import EMOTIONS
from facelib.errors import BadValueError
from facelib.faces import Head, sample_heads
from facelib.head.expressions import TUNED_ON

HEADS, SEED = 350, 20261126  # of each set of expressions
LEAST: Final = 7


def _third(value: float, edges: tuple[float, float], names: tuple[str, str, str]) -> str:
    return names[int(np.searchsorted(edges, value, side="right"))]


GROUPS: Final[Mapping[str, Callable[[Head], str]]] = MappingProxyType(
    {
        "expression": lambda head: str(head.expression),
        "expression set": lambda head: head.expression_set,
        "skin tone": lambda head: _third(head.skin_tone, (1 / 3, 2 / 3), ("light", "medium", "dark")),
        "gender": lambda head: _third(head.gender, (1 / 3, 2 / 3), ("female", "between", "male")),
        "age": lambda head: _third(head.age, (39, 60), ("under 39", "39 to 59", "60 and over")),
    }
)
"""Groups whose accuracy is reported: thirds of the scales of skin tone and gender, and of 18 to 80 years."""

ORDER: Final = (
    *EMOTIONS, "tuned", "facs", "light", "medium", "dark", "female", "between", "male",
    "under 39", "39 to 59", "60 and over",
)  # fmt: skip
"""Expressions and groups as tables and charts show them."""


def usual_population() -> list[Head]:
    """Return the 700 heads of the shipped table.

    Adults of all kinds, frontal, in studio light; every expression at full intensity equally often, half as
    facelib tuned it on the built-in classifiers, which flatters them, and half plainly by the action units of
    FACS.
    """
    even = ("expression", "gender", "skin_tone", "age")
    return [
        head
        for place, kind in enumerate(("tuned", "facs"))
        for head in sample_heads(HEADS, seed=SEED + place, expression_set=kind, stratify=even)  # type: ignore[arg-type]
    ]


def describe_heads(heads: Sequence[Head], size: int) -> str:
    """Describe the heads in words: ``"14 rendered heads, 224 px, 2 of each of 7 expressions …"``."""
    shown = [str(head.expression) for head in heads]
    kinds = sorted(set(shown), key=ORDER.index)
    counts = {name: shown.count(name) for name in kinds}
    even = len(set(counts.values())) == 1
    recipes = {"tuned": f"tuned on {len(TUNED_ON)} classifiers", "facs": "plain FACS"}
    sets = [words for name, words in recipes.items() if any(head.expression_set == name for head in heads)]
    ages = [head.age for head in heads]
    each = (
        f"{counts[kinds[0]]} of each of {len(kinds)} expressions"
        if even and len(kinds) > 1
        else ", ".join(f"{count} {name}" for name, count in counts.items())
    )
    return (
        f"{len(heads)} rendered heads at {size} px, {each} ({', and '.join(sets)}), "
        f"{min(ages):.0f} to {max(ages):.0f} years"
    )


def checked(heads: Sequence[Head]) -> list[Head]:
    """Return the heads, or raise `BadValueError`; see `facelib.experiments.read_heads`."""
    people: list[Any] = list(heads)
    others = sorted({type(head).__name__ for head in people if not isinstance(head, Head)})
    if len(people) < LEAST or others:
        kinds = f" ({', '.join(others)})" if others else ""
        msg = f"Behaviour is measured on {LEAST} heads or more; got {len(people)}{kinds}."
        raise BadValueError(msg)
    odd = next((head.expression for head in people if head.expression not in EMOTIONS), None)
    if odd is not None:
        msg = f"Every head shows one of {', '.join(EMOTIONS)}, by name; got {odd!r}."
        raise BadValueError(msg)
    return people
