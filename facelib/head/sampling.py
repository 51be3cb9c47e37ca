"""Random heads: attributes independent of each other unless a correlation is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral
from typing import Any, cast
from zlib import crc32

import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError, UnknownNameError
from facelib.head.expressions import EXPRESSIONS
from facelib.head.head import ANCESTRY, EYE_COLOURS, HAIR, ExpressionSet, HairColour, Head
from facelib.head.sampling_ranges import ANGLES, PART_OF, Amount, is_number, read, several, share, span
from facelib.head.stratify import strata

EMOTIONS = tuple(EXPRESSIONS["facs"])
PEOPLE = ("age", "gender", "skin_tone", "electrodes")
"""Numbers that are always drawn."""
_HAIR_OF_WOMEN = (0.17, 0.50, 0.01, 0.32)  # short, long, bald, tied
_HAIR_OF_MEN = (0.74, 0.06, 0.14, 0.06)
_HAIR_COLOURS: tuple[tuple[HairColour, float], ...] = (
    ("black", 0.34),
    ("brown", 0.34),
    ("chestnut", 0.16),
    ("blond", 0.12),
    ("red", 0.04),
)
_EYE_COLOURS = (0.52, 0.16, 0.08, 0.16, 0.08)  # brown, hazel, green, blue, grey
_BEARDS_FROM = 16.0  # years
_LOOKS = {"hair": HAIR, "hair_colour": tuple(name for name, _ in _HAIR_COLOURS), "eye_colour": EYE_COLOURS}


def sample_heads(
    n: int,
    seed: int = 0,
    correlate: Mapping[tuple[str, str], float] | None = None,
    *,
    ages: tuple[float, float] = (18.0, 80.0),
    expressions: Sequence[str] = EMOTIONS,
    expression_set: ExpressionSet = "tuned",
    electrodes: float = 0.0,
    stratify: Sequence[str] = (),
    also: Mapping[str, Any] | None = None,
) -> list[Head]:
    """Draw `n` heads whose attributes are independent of each other and of the expression, unless asked.

    Age, gender (shape), skin tone, ancestry, colours of hair and eyes, and expression are independent. Hair
    style and beard follow the gender morph as they do among people (most women's hair is long or tied): with
    short hair only, rendered women are read as men. Children have no beard.

    Parameters
    ----------
    n
        How many.
    seed
        Seed of everything that is drawn.
    correlate
        Pairs of names to a correlation in (−1, 1), for confounded populations: ``{("age", "happy"): 0.6}``
        makes the old look happy more often. Names are "age", "gender", "skin_tone", "electrodes", an
        expression, and the numbers of `also` (of pose and gaze an axis: "pose_yaw"). It is the correlation of
        normal scores behind the attributes (a Gaussian copula); an expression is shown where its score is
        the largest, and glasses are worn where theirs is above the share, so what is measured afterwards is
        smaller.
    ages
        Lowest and highest age, years.
    expressions
        Names that are drawn from, equally likely.
    expression_set
        See `Head`.
    electrodes
        Share of heads with electrodes at the Fridlund positions.
    stratify
        Names of what is not left to chance, the most important first: "expression", "age", "gender",
        "skin_tone", "electrodes", "hair", "hair_colour", "eye_colour" and what is drawn by `also`. Of names,
        each is as frequent as any other (to one head), and so are their combinations, from the first on; a
        number has one head in each n-th of its range, also within the combinations: of 70 heads stratified by
        expression and gender, 10 show each expression, and 5 of these are women. Stratified hair is no longer
        that of a gender. What is stratified is independent of all else and can't be correlated.
    also
        What else is drawn, by the name of a `Head`'s field, independent of all else unless correlated:

        - of "glasses", "lens_tint", "mask", "facial_hair", "moles", "asymmetry", "thinning", "palsy",
          "synkinesis", "wires" and "tape" either the *share* of heads with it, as much as is usual
          (``facelib.head.sampling_ranges.WORN``): ``{"glasses": 0.3}``; or a range, for all heads:
          ``{"asymmetry": (0.0, 0.5)}``;
        - of "intensity", "left", "right", "electrode_size", "grey" and "hair_length" the range;
        - of "pose" and "gaze" the farthest turn to both sides in degrees, of all axes or one by one:
          ``{"pose": 15.0}``, ``{"pose": (30.0, 10.0, 0.0)}``;
        - of "light", "background", "hair", "hair_colour", "eye_colour", "palsy_side", "palsy_parts" and
          "moles_side" the names, equally likely: ``{"light": ("studio", "side")}``.

        Numbers are equally likely anywhere in their range. A part is drawn for heads with the whole: of
        those with glasses, a share of ``lens_tint`` are tinted; facial hair is that of a share of the men
        (gender above 0.5, 16 years or older). Who the heads are doesn't change with what they wear.

    Raises
    ------
    BadValueError
        A number, share or range outside what is allowed, correlations that contradict each other, or
        something to be both stratified and correlated.
    UnknownNameError
        A name that can't be drawn, correlated or stratified.

    Examples
    --------
    >>> heads = sample_heads(3, seed=1)
    >>> [round(head.age) for head in heads] == [round(head.age) for head in sample_heads(3, seed=1)]
    True
    >>> confounded = {("glasses", "happy"): 0.6}  # those who wear glasses look happy more often
    >>> heads = sample_heads(140, correlate=confounded, stratify=["age", "gender"], also={"glasses": 0.3})
    >>> sum(head.gender < 0.5 for head in heads)
    70
    """
    _check(n, seed, ages, expressions, expression_set)
    mappings: tuple[Any, ...] = (also, correlate)
    for asked in mappings:
        if not isinstance(asked, Mapping | None):
            msg = f"Expected a mapping, or None, of what else is drawn and of correlations; got {asked!r}."
            raise BadValueError(msg)
    knobs = read(also or {}, share("electrodes", electrodes))
    amounts = {
        "age": Amount(float(ages[0]), float(ages[1])),
        "gender": Amount(0.0, 1.0),
        "skin_tone": Amount(0.0, 1.0),
        "electrodes": Amount(1.0, 1.0, float(electrodes)),
        **knobs.amounts,
    }
    choices: dict[str, Sequence[Any]] = {"expression": expressions, **_LOOKS, **knobs.choices}
    names, first, last = (*PEOPLE, *expressions, *knobs.amounts), len(PEOPLE), len(PEOPLE) + len(expressions)
    mixing = _mixing(names, correlate or {})
    even = _even(stratify, amounts, choices)
    _check_apart(even, expressions, correlate or {})

    rng = np.random.default_rng(seed)
    drawn = [rng.standard_normal((n, last))]
    drawn += [_stream(seed, name).standard_normal((n, 1)) for name in knobs.amounts]
    scores = np.hstack(drawn) @ mixing.T
    quantiles = dict(zip(names, _normal_cdf(scores).T, strict=True))
    chosen = {"expression": np.argmax(scores[:, first:last], axis=1)}
    for name, options in knobs.choices.items():
        chosen[name] = _stream(seed, name).integers(len(options), size=n)

    levels, numbers = ([name for name in even if name in kind] for kind in (choices, amounts))
    sizes = [len(choices[name]) for name in levels]
    categories, spread = strata(n, sizes, len(numbers), _stream(seed, "strata"))
    chosen |= dict(zip(levels, categories, strict=True))
    quantiles |= dict(zip(numbers, spread, strict=True))

    columns: dict[str, list[Any]] = {name: amounts[name].of(quantiles[name]).tolist() for name in amounts}
    columns |= {name: [choices[name][i] for i in indices] for name, indices in chosen.items()}
    return [
        _head({name: column[i] for name, column in columns.items()}, expression_set, rng) for i in range(n)
    ]


def _head(drawn: dict[str, Any], expression_set: ExpressionSet, rng: np.random.Generator) -> Head:
    """Return a head with what was drawn for it; the rest is drawn here."""
    man = drawn["gender"] > 0.5
    beard = man and rng.random() < 0.35
    grown = drawn["age"] >= _BEARDS_FROM
    fields: dict[str, Any] = {
        "ancestry": dict(zip(ANCESTRY, rng.dirichlet([0.6] * len(ANCESTRY)).tolist(), strict=True)),
        "hair": str(rng.choice(HAIR, p=_HAIR_OF_MEN if man else _HAIR_OF_WOMEN)),
        "hair_colour": _hair_colour(rng),
        "eye_colour": str(rng.choice(EYE_COLOURS, p=_EYE_COLOURS)),
        "facial_hair": float(rng.uniform(0.15, 0.9)) if beard else 0.0,
        "seed": int(rng.integers(1, 2**31)),
    }
    if not grown:
        fields["facial_hair"] = 0.0
    for name, axes in ANGLES.items():
        fields[name] = tuple(drawn.pop(f"{name}_{axis}", 0.0) for axis in axes)
    wired = bool(drawn.pop("electrodes"))
    there = {"electrodes": wired} | {
        whole: drawn.get(whole, 0.0) > 0 for whole in ("glasses", "moles", "palsy")
    }
    there["beard"] = man and grown
    for name, value in drawn.items():
        if there.get("beard" if name == "facial_hair" else PART_OF.get(name, ""), True):
            fields[name] = value
    return Head(**fields, electrodes="fridlund" if wired else None, expression_set=expression_set)


def _even(
    stratify: Sequence[str], amounts: Mapping[str, Amount], choices: Mapping[str, Sequence[Any]]
) -> list[str]:
    """Return the names that are stratified, of pose and gaze the axes, or raise an error."""
    names: list[Any] = list(stratify) if isinstance(stratify, Iterable) else [None]
    if isinstance(stratify, str) or not all(isinstance(name, str) for name in names):
        msg = f"Expected a list of names to stratify by; got {stratify!r}. Write [{stratify!r}]."
        raise BadValueError(msg)
    even: list[str] = []
    for name in names:
        parts = [f"{name}_{axis}" for axis in ANGLES.get(name, ())] or [name]
        if not all(part in amounts or part in choices for part in parts):
            known = ", ".join([*choices, *amounts])
            msg = f"Heads can be stratified by what is drawn, here {known}; got {name!r}."
            raise UnknownNameError(msg)
        whole = PART_OF.get(name)
        few = "grown men" if name == "facial_hair" else f"those with {whole}"
        if name == "facial_hair" or (whole and amounts[whole].share < 1):
            msg = f"Heads can't be stratified by {name}: only {few} have it. Leave it out."
            raise BadValueError(msg)
        even += parts
    if len(set(even)) != len(even):
        msg = f"Names to stratify by are given once each; got {names!r}."
        raise BadValueError(msg)
    return even


def _check_apart(
    even: Sequence[str], expressions: Sequence[str], correlate: Mapping[tuple[str, str], float]
) -> None:
    """Raise an error if something is both stratified and correlated."""
    correlated = {name for pair in correlate for name in pair}
    both = correlated & {*even, *(expressions if "expression" in even else ())}
    if both:
        msg = (
            f"What is stratified is independent of all else; {', '.join(sorted(both))} came with a "
            "correlation too. Take it out of one of the two."
        )
        raise BadValueError(msg)


def _check(
    n: int, seed: int, ages: tuple[float, float], expressions: Sequence[str], expression_set: ExpressionSet
) -> None:
    """Raise what is wrong with what is always drawn."""
    counts: dict[str, Any] = {"number of heads": n, "seed of a population": seed}
    for what, number in counts.items():
        if isinstance(number, bool) or not isinstance(number, Integral) or number < 0:
            msg = f"The {what} is a whole number, 0 or more; got {number!r}."
            raise BadValueError(msg)
    for age in span("ages", ages):
        Head(age=age)  # raises where a head can't have it
    names = several(expressions)
    if not names or any(name in names[:i] for i, name in enumerate(names)):
        msg = f"Expected the names of one or more different expressions; got {expressions!r}."
        raise BadValueError(msg)
    for name in expressions:
        Head(expression=name, expression_set=expression_set)  # raises on an unknown name


def _stream(seed: int, name: str) -> np.random.Generator:
    """Return the draws of one knob: the same whatever else is drawn."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(crc32(name.encode()),)))


def _hair_colour(rng: np.random.Generator) -> HairColour:
    names, shares = zip(*_HAIR_COLOURS, strict=True)
    return cast("HairColour", str(rng.choice(names, p=shares)))


def _mixing(names: Sequence[str], correlate: Mapping[tuple[str, str], float]) -> npt.NDArray[np.float64]:
    """Return the matrix that gives independent normal scores the asked correlations."""
    correlation = np.eye(len(names))
    for pair, value in correlate.items():
        if not isinstance(pair, tuple) or len({*pair}) != 2 or len(pair) != 2:
            msg = f"A correlation is that of two different names, (first, second); got {pair!r}."
            raise BadValueError(msg)
        for name in pair:
            if name not in names:
                msg = f"Heads can be correlated in {', '.join(names)}; got {name!r}."
                raise UnknownNameError(msg)
        i, j = (names.index(name) for name in pair)
        if not is_number(value) or not -1.0 < value < 1.0:
            msg = f"A correlation lies between -1 and 1; {pair[0]} and {pair[1]} came with {value!r}."
            raise BadValueError(msg)
        if correlation[i, j] not in {0.0, value}:
            msg = f"{pair[0]} and {pair[1]} came with two correlations, {correlation[i, j]} and {value}."
            raise BadValueError(msg)
        correlation[i, j] = correlation[j, i] = value
    values, vectors = np.linalg.eigh(correlation)
    if values.min() < 1e-9:
        msg = "These correlations contradict each other: no distribution has them. Ask for weaker ones."
        raise BadValueError(msg)
    return np.asarray(vectors * np.sqrt(values) @ vectors.T)


def _normal_cdf(scores: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    from scipy.special import ndtr

    return np.asarray(ndtr(scores))
