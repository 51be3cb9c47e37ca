"""Harder cases with a known truth: weak, partial, opposite, double, indirect and badly measured biases.

Written before any network was trained: the cases, the questions, every method's decision, what counts as
right, and which cases are frozen. Development cases serve to find errors in the script; what is reported are
the frozen ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import numpy.typing as npt

from facelib.classifiers.known_bias import MIDDLE
from facelib.errors import BadValueError
from facelib.faces import Head
from facelib.stats.classification import wilson

if TYPE_CHECKING:
    import pandas as pd

Asked = Literal["age", "skin_tone", "electrodes", "grey"]
Group = Literal["all", "women", "men"]
Split = Literal["development", "frozen"]

TABLE: Final = Path(__file__).with_name("hard_cases.csv")
HIGH: Final[Mapping[str, float]] = MappingProxyType(dict[str, float](MIDDLE.items()) | {"grey": 0.5})
"""Above it a property counts as high: years, a head's skin tone, electrodes on or off, share of grey hair."""
ASKED: Final[tuple[Asked, ...]] = ("age", "skin_tone", "electrodes", "grey")
DELTA: Final = 0.10
SEEDS: Final[Mapping[Split, tuple[int, ...]]] = MappingProxyType({"development": (1,), "frozen": (11, 12)})
"""Networks of each case."""
TRUTH_HEADS: Final = 2000
"""Other people whose mean effect is the truth of a network."""


@dataclass(frozen=True)
class Rule:
    """One confounding: in a share of the training faces of a group a property goes with an emotion.

    Parameters
    ----------
    property
        What goes with it, see `HIGH`.
    emotion
        The emotion.
    agreement
        Share of the faces that follow the rule, in [.5, 1]; .5 confounds nothing.
    group
        Among whom; among others nothing is confounded.
    high
        Whether the high end goes with the emotion, or the low one.
    """

    property: Asked
    emotion: str
    agreement: float = 0.95
    group: Group = "all"
    high: bool = True


@dataclass(frozen=True)
class HardCase:
    """A kind of network, and what is asked of it.

    Parameters
    ----------
    id
        Name.
    kind
        What makes it hard; intervals are by kind.
    split
        Whether it was for development or frozen.
    rules
        What was confounded in training.
    watched
        The emotion whose output every question is about.
    noise
        Standard deviation of an error with which those who only observe know the first rule's property.
    together
        Two properties that go together among all people, trained on and observed: in 85 % both are high or
        both low.
    """

    id: str
    kind: str
    split: Split
    rules: tuple[Rule, ...]
    watched: str
    noise: float = 0.0
    together: tuple[Asked, Asked] | None = None


TOGETHER: Final = 0.85
KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "strength .55": "the rule holds in 55 % of the faces",
        "strength .65": "in 65 %",
        "strength .75": "in 75 %",
        "strength .85": "in 85 %",
        "strength .95": "in 95 %",
        "subgroup": "among women only",
        "opposite": "among men the other way round: no mean effect",
        "two": "two properties with two emotions",
        "proxy": "grey hair instead of age, and age is moved without the hair",
        "another class": "another emotion is watched than the confounded one",
        "measured badly": "observers know the property with an error",
        "go together": "another property goes with the one that is used",
    }
)
"""What makes a case hard."""


def _cases() -> tuple[HardCase, ...]:
    first, *others = (("age", "happy"), ("skin_tone", "angry"), ("electrodes", "neutral"))
    found: list[HardCase] = []

    def add(kind: str, property_: Asked, emotion: str, rules: tuple[Rule, ...], **more: object) -> None:
        split: Split = "development" if (property_, emotion) in DEVELOPED or property_ == "age" else "frozen"
        name = f"{kind.replace(' ', '_').replace('.', '')}_{property_}_{emotion}"
        found.append(HardCase(name, kind, split, rules, **({"watched": emotion} | more)))  # type: ignore[arg-type]

    for name, emotion in (first, *others):
        one: Asked = name  # type: ignore[assignment]
        for percent in (55, 65, 75, 85, 95):
            add(f"strength .{percent}", one, emotion, (Rule(one, emotion, percent / 100),))
        add("subgroup", one, emotion, (Rule(one, emotion, group="women"),))
        opposite = (Rule(one, emotion, group="women"), Rule(one, emotion, group="men", high=False))
        add("opposite", one, emotion, opposite)
        other: dict[str, str] = {"age": "sad", "skin_tone": "neutral", "electrodes": "sad"}
        add("another class", one, emotion, (Rule(one, emotion),), watched=other[name])
    add("two", "age", "happy", (Rule("age", "happy", 0.9), Rule("electrodes", "neutral", 0.9)))
    add("two", "skin_tone", "angry", (Rule("skin_tone", "angry", 0.9), Rule("age", "sad", 0.9)))
    add(
        "two",
        "electrodes",
        "neutral",
        (Rule("electrodes", "neutral", 0.9), Rule("skin_tone", "surprise", 0.9)),
    )
    for emotion in ("happy", "angry", "neutral"):
        add("proxy", "grey", emotion, (Rule("grey", emotion),))
    add("measured badly", "age", "happy", (Rule("age", "happy", 0.85),), noise=15.0)
    add("measured badly", "skin_tone", "angry", (Rule("skin_tone", "angry", 0.85),), noise=0.3)
    add("measured badly", "grey", "sad", (Rule("grey", "sad", 0.85),), noise=0.3)
    add("go together", "age", "happy", (Rule("age", "happy"),), together=("age", "skin_tone"))
    add(
        "go together",
        "skin_tone",
        "angry",
        (Rule("skin_tone", "angry"),),
        together=("skin_tone", "electrodes"),
    )
    add(
        "go together",
        "electrodes",
        "neutral",
        (Rule("electrodes", "neutral"),),
        together=("electrodes", "age"),
    )
    return tuple(found)


DEVELOPED: Final = (("grey", "happy"),)
"""The development case that isn't about age."""
HARD_CASES: Final = _cases()
"""36 cases: one of each kind for development, two frozen."""


METHODS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "verdict": "verdict over 60 people: matters or differs between people; does not matter; else open",
        "verdict_200": "the same over 200 people",
        "vote": "vote of cHSIC and two further exact tests, 300 people observed, p < .01",
        "vote_60": "the same, 60 people",
        "placebos": "rank among 99 placebos, p ≤ .05 on more than half of 60 faces",
        "shuffle": "shuffle test as published, p < .05 on more than half of 60 faces",
        "t_test": "paired t test, 60 people, p < .01",
        "subgroup_gap": "Welch's t test between people high and low in it, 300 people, p < .01",
        "regression": "linear regression on all properties and the expression, 300 people, p < .01",
        "linear_probe": "logistic regression from the features, 300 people, balanced accuracy ≥ .75",
        "tcav": "TCAV against random concepts (Kim et al. 2018), 300 people, p < .05",
        "grad_cam": "Grad-CAM, 1.5 times as dense where the picture changes, 60 faces",
        "lime": "LIME, 1.5 times as dense there, 60 faces",
        "occlusion": "occlusion (Captum), 1.5 times as dense there, 60 faces",
    }
)
"""Methods and their decisions. Those that aren't flagged say "not used"; only the verdict, and placebos that
can't be made as large, may stay open. A verdict that is withheld (few people, no room) is open, too."""
NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "verdict": "verdict, 60 people",
        "verdict_200": "verdict, 200 people",
        "vote": "exact vote, 300 observed",
        "vote_60": "exact vote, 60 observed",
        "placebos": "rank among placebos",
        "shuffle": "shuffle test as published",
        "t_test": "paired t test",
        "subgroup_gap": "gap between groups",
        "regression": "regression",
        "linear_probe": "probe of the features",
        "tcav": "TCAV",
        "grad_cam": "Grad-CAM",
        "lime": "LIME",
        "occlusion": "occlusion",
    }
)
"""Short names of the methods."""
PRIMARY: Final = "verdict"
OURS: Final = ("verdict", "verdict_200", "vote", "vote_60", "placebos")
HARD_COLUMNS: Final = {
    "case": "id of the case",
    "kind": "what makes it hard",
    "split": "development or frozen",
    "seed": "of the network",
    "accuracy": "share of held-out faces, nothing confounded, whose expression the network names",
    "property": "what was asked about",
    "effect": "mean effect of moving it from low to high on the watched output, 2,000 other people",
    "beyond": "share of them whose effect is δ = .10 or more, whatever its direction",
    "state": "used (|effect| ≥ δ), not used (≤ δ/2, and beyond ≤ .25), hidden (≤ δ/2, beyond > .25), between",
    "method": "see METHODS",
    "score": "what it says; the larger, the more the property is used",
    "decision": "used, not used, open",
}
"""Columns of `load_hard_cases`, with their meaning."""
SCORE_COLUMNS: Final = {
    "method": "see METHODS",
    "kind": "what makes the cases hard; all: of all",
    "questions": "networks and properties whose state is used or not used",
    "right": "decided as it is",
    "wrong": "decided the other way: wrong and unwarned",
    "open": "left open",
    "net": "(right − wrong) / questions",
    "wrong_share": "wrong / questions",
    "cases": "cases, the units of the interval",
    "cases_wrong": "cases with a wrong decision or more",
    "low": "lower end of the 95 % interval of the share of such cases (Wilson)",
    "high": "upper end of it",
}
"""Columns of `case_scores`, with their meaning."""


def state_of(effect: float, beyond: float) -> str:
    """Say what is true of a network and a property, from its effect in 2,000 other people.

    >>> state_of(-0.3, 0.8), state_of(0.01, 0.2), state_of(0.01, 0.6), state_of(0.07, 0.2)
    ('used', 'not used', 'hidden', 'between')
    """
    if abs(effect) >= DELTA:
        return "used"
    if abs(effect) > DELTA / 2:
        return "between"
    return "not used" if beyond <= HIDDEN else "hidden"


HIDDEN: Final = 0.25
"""Share of people beyond ± δ from which on a mean near zero doesn't say that a property isn't used.

The one number that was changed after development, and before any frozen network: .10 was set first, but
networks without any bias move one person in ten by as much.
"""


def chosen(heads: Sequence[Head], case: HardCase, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Return the places of the heads that a network of a case is trained on.

    A head is taken with a chance in proportion to the product of the shares of all rules (agreement where it
    follows the rule, 1 − agreement where not, .5 outside of the rule's group), and of `TOGETHER`.

    Examples
    --------
    >>> from facelib import sample_heads
    >>> heads = sample_heads(40, seed=1, electrodes=0.5)
    >>> case = next(one for one in HARD_CASES if one.id == "strength_95_electrodes_neutral")
    >>> taken = [heads[place] for place in chosen(heads, case, np.random.default_rng(0))]
    >>> sum((head.expression == "neutral") == bool(head.electrodes) for head in taken) / len(taken) > 0.85
    True
    """
    chance = np.ones(len(heads))
    women = np.array([head.gender <= 0.5 for head in heads])
    for rule in case.rules:
        shown = np.array([head.expression == rule.emotion for head in heads])
        follows = (is_high(heads, rule.property) == rule.high) == shown
        among = {"all": np.ones(len(heads), bool), "women": women, "men": ~women}[rule.group]
        chance *= np.where(among, np.where(follows, rule.agreement, 1 - rule.agreement), 0.5)
    chance *= pulled(heads, case)
    return np.flatnonzero(rng.random(len(heads)) < chance / chance.max())


def pulled(heads: Sequence[Head], case: HardCase) -> npt.NDArray[np.float64]:
    """Return how likely each head is, relative to others, where two properties go together."""
    if case.together is None:
        return np.ones(len(heads))
    one, other = (is_high(heads, name) for name in case.together)
    return np.where(one == other, TOGETHER, 1 - TOGETHER)


def is_high(heads: Sequence[Head], name: Asked) -> npt.NDArray[np.bool_]:
    """Return which heads have a high value of a property, see `HIGH`."""
    return values(heads, name) > HIGH[name]


def values(heads: Sequence[Head], name: Asked) -> npt.NDArray[np.float64]:
    """Return a property of heads as a number."""
    return np.array([float(bool(h.electrodes)) if name == "electrodes" else getattr(h, name) for h in heads])


def load_hard_cases() -> pd.DataFrame:
    """Return what every method said of every network: `HARD_COLUMNS`.

    Made by ``benchmarks/hard_cases.py``.
    """
    import pandas as pd

    return pd.read_csv(TABLE)


def case_scores(table: pd.DataFrame, *, split: Split = "frozen") -> pd.DataFrame:
    """Count how often each method is right, wrong, or leaves it open, by kind of case and over all.

    Parameters
    ----------
    table
        As from `load_hard_cases`.
    split
        Which cases.

    Returns
    -------
    pandas.DataFrame
        One row per method and kind, and one per method with kind "all": `SCORE_COLUMNS`.

    Raises
    ------
    BadValueError
        A column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({
    ...     "case": ["a", "a", "b"], "kind": "two", "split": "frozen", "method": "verdict",
    ...     "state": ["used", "not used", "hidden"], "decision": ["used", "open", "used"],
    ... })
    >>> case_scores(rows)[["kind", "questions", "right", "wrong", "open", "net"]].values.tolist()
    [['two', 2, 1, 0, 1, 0.5], ['all', 2, 1, 0, 1, 0.5]]
    """
    import pandas as pd

    wanted = ("case", "kind", "split", "method", "state", "decision")
    if missing := [name for name in wanted if name not in table.columns]:
        msg = f"One row per method, network and property is needed; {', '.join(missing)} is missing."
        raise BadValueError(msg)
    clear = table[(table["split"] == split) & table["state"].isin(["used", "not used"])]
    clear = clear.assign(
        right=clear["state"] == clear["decision"],
        open=clear["decision"] == "open",
        wrong=(clear["state"] != clear["decision"]) & (clear["decision"] != "open"),
    )
    rows = []
    for method, all_of_it in clear.groupby("method", sort=False):
        for kind, part in (*all_of_it.groupby("kind", sort=False), ("all", all_of_it)):
            counts = {name: int(part[name].sum()) for name in ("right", "wrong", "open")}
            by_case = part.groupby("case")["wrong"].any()
            share = wilson(int(by_case.sum()), len(by_case))
            rows.append(
                {
                    "method": method,
                    "kind": kind,
                    "questions": len(part),
                    "net": (counts["right"] - counts["wrong"]) / len(part),
                    "wrong_share": counts["wrong"] / len(part),
                    "cases": len(by_case),
                    "cases_wrong": int(by_case.sum()),
                    "low": share.low,
                    "high": share.high,
                }
                | counts
            )
    return pd.DataFrame(rows, columns=list(SCORE_COLUMNS))
