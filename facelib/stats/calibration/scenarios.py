"""Scenarios with a known truth, in which Z causes a property and an output."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, get_args

import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError
from facelib.utilities.checks import Floats, as_count, as_list, as_number
from facelib.utilities.registry import Registry

Kind = Literal["continuous", "binary"]
Noise = Literal["normal", "heteroscedastic", "strongly heteroscedastic", "heavy tails"]
Output = Literal["number", "rare decision", "tied", "saturated", "share"]
Shape = Literal["none", "linear", "quadratic", "signs", "variance", "threshold"]

SHAPES: Final[dict[Shape, str]] = {
    "none": "no effect: the hypothesis of independence is true",
    "linear": "the output rises with the property",
    "quadratic": "the output rises to both sides of the property's mean",
    "signs": "linear, rising under one half of Z and falling under the other",
    "variance": "the property changes the spread of the output, not its mean",
    "threshold": "the output steps up where the property exceeds its mean by one standard deviation",
}
"""Shapes of an effect of the property on the output, given Z."""

NOISE: Final = 0.5
"""Standard deviation of what Z doesn't cause, in property and output; what Z causes has about .6."""
ROUNDING: Final = 1e-9
"""How far shares may be from adding up to 1."""
RARE: Final = 0.05
"""How often a rare decision is taken, and how seldom a tied output isn't at its largest value."""
SPREADS: Final = {"heteroscedastic": (0.5, 2.0), "strongly heteroscedastic": (0.1, 5.0)}
"""Factors on the noise of the first label and of the last."""
_SATURATED: Final = (6.0, 2.5)  # mean and standard deviation of the logit of an output near 1
_OTHERS: Final = 6  # outputs that a share of seven is of
_SHARES: Final = (0.30, 0.22, 0.16, 0.12, 0.09, 0.07, 0.04)  # unequal labels: few people show disgust
_MOSTLY_ONE: Final = (0.70, 0.10, 0.07, 0.05, 0.04, 0.02, 0.02)  # nearly all faces show one expression
_SEVEN: Final = (0.0, 0.8, -0.5, 0.3, -0.9, 0.6, -0.3)  # what labels cause; not in the order of their codes


@dataclass(frozen=True)
class Scenario:
    """One setting: X = f(Z) + noise, Ŷ = f(Z) + effect of X's own part + noise.

    Attributes
    ----------
    id, title
        For tables and charts.
    n_labels
        Number of labels that are held fixed; 0: none.
    n_numbers
        Number of continuous conditioners.
    cause
        How the numbers cause X and Ŷ: `CAUSES`.
    noise
        "normal"; "heteroscedastic": its spread depends on Z, in X and Ŷ alike, and "strongly" so (`SPREADS`);
        "heavy tails": Student t with 3 degrees of freedom.
    shares
        How often each label comes; empty: all equally often.
    kind
        Kind of property: a binary one is whether X exceeds 0, or is among the highest.
    rare
        Share of faces that have a binary property; 0: whether X exceeds 0.
    output
        What is seen of Ŷ: the "number"; a "rare decision", whether it is among the highest 5 %; "tied": the
        lowest 5 %, all others are 1; "saturated": a probability near 1; "share": a probability of seven,
        which add up to 1.

    Raises
    ------
    BadValueError
        If a count, a name or the shares can't be.
    """

    id: str
    title: str
    n_labels: int = 0
    n_numbers: int = 0
    cause: str = "linear"
    noise: Noise = "normal"
    shares: tuple[float, ...] = ()
    kind: Kind = "continuous"
    rare: float = 0.0
    output: Output = "number"

    def __post_init__(self) -> None:
        if as_count(self.n_labels, "The number of labels", least=0) > len(_SEVEN):
            msg = f"A scenario has at most {len(_SEVEN)} labels; got {self.n_labels}."
            raise BadValueError(msg)
        as_count(self.n_numbers, "The number of continuous conditioners", least=0)
        for value, known, what in (
            (self.cause, tuple(CAUSES), "The cause"),
            (self.noise, get_args(Noise), "The noise"),
            (self.kind, get_args(Kind), "The kind of property"),
            (self.output, get_args(Output), "The output"),
        ):
            if value not in known:
                msg = f"{what} is one of {', '.join(known)}; got {value!r}."
                raise BadValueError(msg)
        if self.shares:
            self._check_shares()
        if not 0 <= as_number(self.rare, "The share of faces with the property") < 1:
            msg = f"The share of faces that have the property lies in [0, 1); got {self.rare!r}."
            raise BadValueError(msg)

    def _check_shares(self) -> None:
        shares = as_list(self.shares, "Shares of labels", 1)
        if len(shares) != self.n_labels or not (shares > 0).all() or abs(shares.sum() - 1) > ROUNDING:
            msg = (
                f"Shares of {self.n_labels} labels are {self.n_labels} numbers above 0 that add up to 1; got "
                f"{self.shares!r}."
            )
            raise BadValueError(msg)


CAUSES: Final[dict[str, Callable[[Floats], Floats]]] = {
    "linear": lambda s: s / np.sqrt(2),
    "tanh": np.tanh,
    "sin": np.sin,
    "sin 2": lambda s: np.sin(2 * s),
    "sin 3": lambda s: np.sin(3 * s),
}
"""What the sum of the continuous conditioners causes in X and in Ŷ."""

SCENARIOS: Registry[Scenario] = Registry("calibration scenario")


def _add(id: str, title: str, **settings: Any) -> None:  # noqa: A002
    SCENARIOS.register(id, Scenario(id, title, **settings))


_add("none", "nothing held fixed")
_add("none_heavy_tails", "nothing held fixed, heavy tails", noise="heavy tails")
_add("labels_2", "2 labels", n_labels=2)
_add("labels_7", "7 labels", n_labels=7)
_add("labels_7_unequal", "7 labels, unequal sizes", n_labels=7, shares=_SHARES)
_add(
    "labels_7_heteroscedastic", "7 labels, unequal sizes, spread depends on the label",
    n_labels=7, shares=_SHARES, noise="heteroscedastic",
)  # fmt: skip
_add("labels_7_heavy_tails", "7 labels, heavy tails", n_labels=7, noise="heavy tails")
_add("number_linear", "one number, linear", n_numbers=1)
_add("number_tanh", "one number, tanh", n_numbers=1, cause="tanh")
_add("number_sin", "one number, sin", n_numbers=1, cause="sin")
_add("number_sin_3", "one number, sin 3z", n_numbers=1, cause="sin 3")
_add(
    "number_heteroscedastic", "one number, linear, spread depends on it",
    n_numbers=1, noise="heteroscedastic",
)  # fmt: skip
_add("number_heavy_tails", "one number, linear, heavy tails", n_numbers=1, noise="heavy tails")
_add("numbers_2_linear", "two numbers, linear", n_numbers=2)
_add("numbers_2_sin", "two numbers, sin 2(z₁ + z₂)", n_numbers=2, cause="sin 2")
_add("numbers_5_linear", "five numbers, linear", n_numbers=5)
_add("labels_7_number_tanh", "7 labels and one number, tanh", n_labels=7, n_numbers=1, cause="tanh")
for _name in ("none", "labels_7_unequal", "number_tanh"):
    _plain = SCENARIOS[_name]
    SCENARIOS.register(
        f"{_name}_binary",
        replace(_plain, id=f"{_name}_binary", title=f"{_plain.title}; binary property", kind="binary"),
    )


_add("labels_7_mostly_one", "7 labels, 70 % of the faces one of them", n_labels=7, shares=_MOSTLY_ONE)
_add(
    "labels_7_strongly_heteroscedastic", "7 labels, spread depends on the label by a factor of 50",
    n_labels=7, noise="strongly heteroscedastic",
)  # fmt: skip
_add(
    "labels_7_rare_decision", "7 labels; a property of 10 %, a decision of 5 %",
    n_labels=7, kind="binary", rare=0.1, output="rare decision",
)  # fmt: skip
_add(
    "labels_7_rare_tied", "7 labels; a property of 5 %, an output that is 1 in 95 %",
    n_labels=7, kind="binary", rare=0.05, output="tied",
)  # fmt: skip
_add("labels_7_saturated", "7 labels; a probability near 1", n_labels=7, output="saturated")
_add("labels_7_share", "7 labels; a probability of seven", n_labels=7, output="share")


def as_scenario(scenario: str | Scenario) -> Scenario:
    """Return a scenario by its id, or itself."""
    return scenario if isinstance(scenario, Scenario) else SCENARIOS[scenario]


def simulate(
    scenario: str | Scenario,
    n: int,
    effect: Shape = "none",
    size: float = 0.0,
    rng: np.random.Generator | int = 0,
) -> tuple[Floats, Floats, Any]:
    """Draw one data set of n faces.

    Parameters
    ----------
    scenario
        Id in `SCENARIOS`, or a scenario.
    n
        Faces.
    effect
        Shape of the effect of X on Ŷ given Z, one of `SHAPES`. It acts through e, what Z doesn't cause of X,
        in standard deviations (a binary property: −1 or 1).
    size
        Standard deviation of the effect in units of the output's own noise (for "variance": of the logarithm
        of its spread). A linear effect of .3 is a partial correlation of about .29.
    rng
        Generator or seed.

    Returns
    -------
    x, y, z
        (n,) property (0 or 1 if binary) and output; labels (n,) of text, numbers (n,) or (n, q), a mapping of
        both, or None.

    Raises
    ------
    BadValueError
        If there is no such shape, or a binary property can't have it.

    Examples
    --------
    >>> x, y, z = simulate("labels_7", 200, "linear", 0.5, rng=1)
    >>> x.shape, sorted(set(z.tolist()))[:2]
    ((200,), ['label 0', 'label 1'])
    """
    chosen, faces = as_scenario(scenario), as_count(n, "The number of faces", least=2)
    _check(chosen, effect)
    generator = np.random.default_rng(rng)
    labels, numbers = _conditioner(chosen, faces, generator)
    caused, spread = _caused(chosen, labels, numbers)
    own = _noise(chosen, faces, generator)
    latent = caused + NOISE * spread * own
    if chosen.kind == "binary":
        least = np.quantile(latent, 1 - chosen.rare) if chosen.rare else 0.0
        x = (latent > least).astype(np.float64)
        own = 2 * x - 1
    else:
        x = latent
    noise = _noise(chosen, faces, generator)
    moved = as_number(size, "The size of an effect") * _shaped(effect, own, labels, numbers)
    raised = noise * np.exp(moved) if effect == "variance" else noise + moved
    y: Floats = caused + NOISE * spread * raised
    return x, _seen(chosen, y, generator), _as_given(labels, numbers)


def _seen(scenario: Scenario, y: Floats, rng: np.random.Generator) -> Floats:
    """Return what is seen of an output."""
    if scenario.output == "rare decision":
        return (y > np.quantile(y, 1 - RARE)).astype(np.float64)
    if scenario.output == "tied":
        return np.minimum(y - np.quantile(y, RARE), 0.0) + 1
    if scenario.output == "saturated":
        mean, sd = _SATURATED
        return np.asarray(1 / (1 + np.exp(-(mean + sd * y))), np.float64)
    if scenario.output == "share":
        others = rng.standard_normal((len(y), _OTHERS))
        return np.asarray(np.exp(y) / (np.exp(y) + np.exp(others).sum(axis=1)), np.float64)
    return y


def _check(scenario: Scenario, effect: str) -> None:
    if effect not in SHAPES:
        msg = f"The shape of an effect is one of {', '.join(SHAPES)}; got {effect!r}."
        raise BadValueError(msg)
    if scenario.kind == "binary" and effect in ("quadratic", "threshold"):
        msg = f"A binary property has no {effect} effect: choose linear, signs or variance."
        raise BadValueError(msg)
    if effect == "signs" and not scenario.n_labels and not scenario.n_numbers:
        msg = "An effect changes its sign with Z: choose a scenario that holds something fixed."
        raise BadValueError(msg)


def _conditioner(
    scenario: Scenario, n: int, rng: np.random.Generator
) -> tuple[npt.NDArray[np.intp] | None, Floats]:
    labels = None
    if scenario.n_labels:
        shares = scenario.shares or (1 / scenario.n_labels,) * scenario.n_labels
        # As equal as the shares allow, in random order: designed studies have fixed group sizes.
        ends = np.round(np.cumsum(shares) * n).astype(np.intp)
        labels = rng.permutation(np.searchsorted(ends, np.arange(n), side="right")).astype(np.intp)
    return labels, rng.standard_normal((n, scenario.n_numbers))


def _caused(
    scenario: Scenario, labels: npt.NDArray[np.intp] | None, numbers: Floats
) -> tuple[Floats, Floats]:
    """Return what Z causes in X and in Ŷ, and the factor on their noise; (n,) each."""
    n = len(numbers)
    caused, spread = np.zeros(n), np.ones(n)
    uneven = SPREADS.get(scenario.noise)
    if labels is not None:
        caused += np.array(_SEVEN)[labels]
        if uneven:
            spread *= np.linspace(*uneven, scenario.n_labels)[labels]
    if scenario.n_numbers:
        caused += CAUSES[scenario.cause](numbers.sum(axis=1))
        if uneven:
            spread *= np.exp(numbers[:, 0] / 2)
    return caused, spread


def _noise(scenario: Scenario, n: int, rng: np.random.Generator) -> Floats:
    """Return noise of standard deviation 1, (n,)."""
    noise: Floats = rng.standard_normal(n)
    if scenario.noise == "heavy tails":
        noise = rng.standard_t(3, n) / np.sqrt(3)
    return noise


def _shaped(effect: str, own: Floats, labels: npt.NDArray[np.intp] | None, numbers: Floats) -> Floats:
    """Return the effect of e with mean 0 and standard deviation 1 (for normal e), (n,)."""
    if effect == "none":
        return np.zeros(len(own))
    if effect == "quadratic":
        return np.divide(own**2 - 1, np.sqrt(2))
    if effect == "threshold":
        share = 0.15865525  # of a normal variable above 1
        step: Floats = ((own > 1) - share) / np.sqrt(share * (1 - share))
        return step
    if effect == "signs":
        sign: Floats = np.where(labels % 2, 1.0, -1.0) if labels is not None else np.sign(numbers[:, 0])
        return np.multiply(sign, own)
    return own


def _as_given(labels: npt.NDArray[np.intp] | None, numbers: Floats) -> Any:
    columns: Any = numbers[:, 0] if numbers.shape[1] == 1 else numbers
    if labels is None:
        return columns if numbers.shape[1] else None
    names = np.array([f"label {i}" for i in range(int(labels.max()) + 1)])[labels]
    if not numbers.shape[1]:
        return names
    return {"label": names, **{f"number {i + 1}": column for i, column in enumerate(numbers.T)}}
