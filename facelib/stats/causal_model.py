"""A structural causal model with a known truth: a label, a property, an output, and their effects."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from facelib.errors import BadValueError
from facelib.utilities.checks import Floats, as_count, as_number

Shape = Literal["linear", "quadratic", "sign-flipping"]
Conditioner = Literal["labels", "number", "wavy number"]
Held = Literal["label", "nothing", "label as a number", "rated label"]

SHAPES: tuple[Shape, ...] = get_args(Shape)
CONDITIONERS: tuple[Conditioner, ...] = get_args(Conditioner)
HELD: tuple[Held, ...] = get_args(Held)

LABELS = ("neutral", "happy", "sad", "surprise", "fear", "disgust", "angry")
_PULL = np.array([-0.2, 1.4, -1.3, 0.9, -0.6, 0.8, -1.0])
PULL: Floats = _PULL / np.sqrt((_PULL**2).mean())
"""How far each label pulls property and output: mean 0, variance 1, hardly any trend."""
SIGN: Floats = np.array([0.0, 1.0, 1.0, 1.0, -1.0, -1.0, -1.0])
"""The effect's sign under each label if it flips: their sum is 0."""
MOST_CONFOUNDING, MOST_EFFECT = 2.0, 1.0  # what the thickest arrows of a diagram stand for
SEEN = 0.8  # share of the output's noise (as a loading) that raters see in the picture too (our choice)


@dataclass(frozen=True)
class CausalModel:
    """A structural causal model: label L → property X, L → output Ŷ, X → Ŷ; all noise has variance 1.

        X = c·m(L) + ε,   Ŷ = c·m(L) + e·g(X, L) + 0.8·U + 0.6·ε'

    with confounding c, effect e, U what the picture shows besides, and m(L) of mean 0 and variance 1. X and Ŷ
    are independent given L if and only if e = 0. Raters who look at the picture see X and U.

    Attributes
    ----------
    effect
        e: what one unit of g(X) adds to the output.
    confounding
        c: what one standard deviation of the label adds to both.
    shape
        "linear": g = X; "quadratic": g = (X² − 1)/√2; "sign-flipping": g = X under half of the labels, −X
        under the other half, 0 under "neutral".
    conditioner
        "labels": seven, equally frequent; "number": L ~ N(0, 1), m(L) = L; "wavy number": m(L) = √2·sin 3L.

    Examples
    --------
    >>> table = CausalModel(effect=0.5).draw(7, seed=0)
    >>> list(table.columns), sorted(table["label"]) == sorted(LABELS)
    (['label', 'rated', 'property', 'output'], True)
    """

    effect: float = 0.3
    confounding: float = 1.0
    shape: Shape = "linear"
    conditioner: Conditioner = "labels"

    def __post_init__(self) -> None:
        as_number(self.effect, "The effect")
        as_number(self.confounding, "The confounding")
        _one_of(self.shape, SHAPES, "The shape of the effect")
        _one_of(self.conditioner, CONDITIONERS, "The kind of label")

    def replace(self, **changes: Any) -> CausalModel:
        """Return the model with other parameters."""
        return replace(self, **changes)

    def draw(self, n: int, seed: int = 0) -> pd.DataFrame:
        """Return n faces; the same seed gives the same noise whatever the parameters are.

        Returns
        -------
        pandas.DataFrame
            ``label`` as instructed: one of `LABELS` in equal shares and random order, or a number; ``rated``:
            what raters read from the picture, in which X and U show; ``property``; ``output``.

        Raises
        ------
        BadValueError
            If n isn't a whole number of at least 1.
        """
        n = as_count(n, "The number of faces")
        rng = np.random.default_rng(as_count(seed, "The seed", least=0))
        codes = rng.permutation(np.arange(n) % len(LABELS))
        number, property_noise, seen, rest = rng.standard_normal((4, n))
        categorical = self.conditioner == "labels"
        pull = PULL[codes] if categorical else _pull(number, self.conditioner)
        sign = SIGN[codes] if categorical else np.sign(number)
        x = self.confounding * pull + property_noise
        noise = SEEN * seen + np.sqrt(1 - SEEN**2) * rest
        y = self.confounding * pull + self.effect * _shaped(x, sign, self.shape) + noise
        look = (property_noise + seen) / np.sqrt(2)
        label: Any = np.array(LABELS)[codes] if categorical else number
        rated: Any = np.array(LABELS)[_rated(codes, look)] if categorical else number + look
        return pd.DataFrame({"label": label, "rated": rated, "property": x, "output": y})


def held_fixed(table: pd.DataFrame, held: Held = "label") -> Any:
    """Return the conditioner of a test on the faces of `CausalModel.draw`.

    "label as a number" is a mistake that is often made: the labels' places in a list, as one number. facelib
    takes whole numbers with few values for labels; so they are divided by 10 here, to get past it.

    Raises
    ------
    BadValueError
        If there is no such choice.

    Examples
    --------
    >>> table = CausalModel().draw(20, seed=1)
    >>> held_fixed(table, "nothing") is None
    True
    >>> sorted(set(held_fixed(table, "label as a number").tolist()))
    [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6]
    """
    _one_of(held, HELD, "What is held fixed")
    if held == "nothing":
        return None
    label = table["rated" if held == "rated label" else "label"]
    if held == "label as a number" and isinstance(label.iloc[0], str):
        return label.map({name: code / 10 for code, name in enumerate(LABELS)}).to_numpy()
    return label.to_numpy()


def nodes(held: Held = "label") -> pd.DataFrame:
    """Return the nodes of the model's diagram, one row per variable.

    Returns
    -------
    pandas.DataFrame
        ``node``, ``title``, ``words``, and ``held``: whether it is held fixed.

    Raises
    ------
    BadValueError
        If there is no such choice of what is held fixed.

    Examples
    --------
    >>> table = nodes("nothing")
    >>> table["node"].tolist(), bool(table["held"].any())
    (['label', 'property', 'output'], False)
    """
    _one_of(held, HELD, "What is held fixed")
    fixed = {"nothing": "not held fixed", "rated label": "not held fixed", "label": "held fixed"}
    shown = [
        ("label", "label L", fixed.get(held, "as a number"), held in ("label", "label as a number")),
        ("property", "property X", "such as age", False),
        ("output", "output Ŷ", "such as happy", False),
    ]
    if held == "rated label":
        shown += [
            ("rated", "rated label", "held fixed", True),
            ("picture", "picture U", "other looks", False),
        ]
    return pd.DataFrame(shown, columns=["node", "title", "words", "held"])


def arrows(model: CausalModel, held: Held = "label") -> pd.DataFrame:
    """Return the arrows of the model's diagram.

    Returns
    -------
    pandas.DataFrame
        ``source``, ``target``, ``share`` of the thickest arrow, 0 … 1, and ``words``.

    Raises
    ------
    BadValueError
        If there is no such choice of what is held fixed.

    Examples
    --------
    >>> arrows(CausalModel(effect=0.0))["words"].tolist()
    ['confounding 1.0', '', 'no effect']
    """
    _one_of(held, HELD, "What is held fixed")
    shape = {"linear": "", "quadratic": " (curved)", "sign-flipping": " (flips)"}[model.shape]
    confounding = f"confounding {model.confounding:.1f}" if model.confounding else "no confounding"
    effect = f"effect {model.effect:.2f}{shape}" if model.effect else "no effect"
    pull = min(abs(model.confounding) / MOST_CONFOUNDING, 1.0)
    drawn = [
        ("label", "property", pull, confounding),
        ("label", "output", pull, ""),
        ("property", "output", min(abs(model.effect) / MOST_EFFECT, 1.0), effect),
    ]
    if held == "rated label":
        seen = [("label", "rated"), ("property", "rated"), ("picture", "rated"), ("picture", "output")]
        drawn += [(*ends, 0.3, "") for ends in seen]
    return pd.DataFrame(drawn, columns=["source", "target", "share", "words"])


def repeated_pictures(
    persons: int = 30, pictures: int = 10, icc: float = 0.3, effect: float = 0.0, seed: int = 0
) -> pd.DataFrame:
    """Return several pictures per person: one property of the person, as age is, and an output a picture.

    Persons differ in their outputs for reasons of their own; `icc` is the share of the output's variance
    inside labels that they explain (intra-class correlation).

    Returns
    -------
    pandas.DataFrame
        ``person``, ``label``, ``property``, ``output``; persons × pictures rows.

    Raises
    ------
    BadValueError
        If a number is out of range.

    Examples
    --------
    >>> repeated_pictures(3, 2).groupby("person")["property"].nunique().tolist()
    [1, 1, 1]
    """
    persons, pictures = as_count(persons, "The number of persons"), as_count(pictures, "Pictures per person")
    share = as_number(icc, "The intra-class correlation")
    if not 0 <= share <= 1:
        msg = f"The intra-class correlation lies between 0 and 1; got {icc!r}."
        raise BadValueError(msg)
    rng = np.random.default_rng(as_count(seed, "The seed", least=0))
    who = np.repeat(np.arange(persons), pictures)
    codes = rng.integers(len(LABELS), size=len(who))
    x, own_noise = rng.standard_normal((2, persons))[:, who]
    noise = np.sqrt(share) * own_noise + np.sqrt(1 - share) * rng.standard_normal(len(who))
    y = PULL[codes] + as_number(effect, "The effect") * x + noise
    return pd.DataFrame({"person": who, "label": np.array(LABELS)[codes], "property": x, "output": y})


def _pull(number: Floats, conditioner: Conditioner) -> Floats:
    pull: Floats = np.sqrt(2) * np.sin(3 * number) if conditioner == "wavy number" else number
    return pull


def _shaped(x: Floats, sign: Floats, shape: Shape) -> Floats:
    shaped: Floats = (x**2 - 1) / np.sqrt(2) if shape == "quadratic" else x
    return sign * x if shape == "sign-flipping" else shaped


def _rated(codes: npt.NDArray[np.int64], look: Floats) -> npt.NDArray[np.int64]:
    """Return codes of labels as rated by looks: happy above 1, sad below −1, else as instructed."""
    seen = np.where(look > 1, LABELS.index("happy"), codes)
    return np.where(look < -1, LABELS.index("sad"), seen)


def _one_of(value: object, known: tuple[str, ...], what: str) -> None:
    if value not in known:
        msg = f"{what} is one of {', '.join(known)}; got {value!r}."
        raise BadValueError(msg)
