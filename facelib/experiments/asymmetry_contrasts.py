"""What one weaker side does, asked in five ways: each contrast holds something else fixed.

The structural model: the activation of either side makes the picture, with identity and light; the picture
makes the output. "Asymmetry" is no knob of its own there: weakening one side changes the total activation,
too. So each contrast says what it compares one weaker side with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from facelib import interventions, properties
from facelib.classifiers.alignment import five_points
from facelib.errors import BadValueError
from facelib.experiments.asymmetry import ALL, EXPRESSIONS, SEED, SIDES, SIZE
from facelib.faces import Face, Head, render_heads
from facelib.stats import contrast
from facelib.stats.effects.curves import Value
from facelib.stats.effects.few_people import ALPHA
from facelib.studies.engine.subjects import identity_of
from facelib.utilities.checks import Floats
from facelib.utilities.lazy import listing

if TYPE_CHECKING:
    import pandas as pd

    from facelib.classifiers import Classifier

__all__ = ["ESTIMANDS", "Estimand", "check_arms", "estimate", "read_arms"]

VALUES: Final = ("probability", "logit")
FACTORS: Final = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
"""Shares of the expression on both sides at which its activation is read, to find where it is the same."""
READ_SIZE: Final = 64  # px; the activation is read from landmarks, which don't depend on it
UNCHANGED, NONE, HALF = "unchanged", "none", "half"
ONE, VISIBLE, READ, PALSY = "one", "visible", "read", "palsy"
CHIMERAS: Final = "chimeras"
SIDED: Final = (ONE, VISIBLE, READ, PALSY)
AVERAGED: Final = "averaged"
ONE_OF: Final = MappingProxyType({side: f"{ONE} {side}" for side in SIDES})
"""The arm with one weak side, by that side."""
LEAST: Final = 1e-6  # of a probability, for log-odds


@dataclass(frozen=True)
class Estimand:
    """One contrast: an arm minus another on the same person, and what both share.

    Attributes
    ----------
    arm, against
        Names of the arms.
    fixed
        What is held fixed, as a sentence goes on: "the same total activation".
    """

    arm: str
    against: str
    fixed: str


ESTIMANDS: Final[Mapping[str, Estimand]] = MappingProxyType(
    {
        "stronger side": Estimand(ONE, UNCHANGED, "the stronger side, at its full expression"),
        "total activation": Estimand(ONE, HALF, "the same total activation on both sides"),
        "visible displacement": Estimand(ONE, VISIBLE, "the same mean displacement of the landmarks"),
        "read activation": Estimand(ONE, READ, "the same activation as a network reads it"),
        "chimeras": Estimand(ONE, CHIMERAS, "the two sides: their mean when each stands on both"),
        "curvature": Estimand(HALF, CHIMERAS, "symmetry: half an expression against none and the whole"),
        "palsy": Estimand(PALSY, UNCHANGED, "the stronger side; the other droops as well as being weak"),
        "palsy, total activation": Estimand(PALSY, HALF, "the same total activation, but for the jaw"),
        "droop": Estimand(PALSY, ONE, "the weak side, but for the jaw: with a droop against without"),
        "left against right": Estimand("one left", "one right", "all but which side is weak"),
    }
)
"""The contrasts by name. "chimeras" is "total activation" plus "curvature", person by person.

A palsy leaves the jaw alone, which another nerve moves; weakening one side takes half of its opening.
"""

ARM_COLUMNS: Final = (
    "face", "identity", "expression", "light", "arm", "side", "share", "classifier", "probability",
    "symmetry", "activation", "activation_detected",
)  # fmt: skip
"""Columns of `read_arms`."""
KEPT: Final = (
    "classifier", "n", "start", "mean", "sd", "low", "high", "p", "p_holm", "delta", "verdict_low",
    "verdict_high", "verdict", "room", "sensitive", "smallest_found", "beyond_falls", "beyond_falls_low",
    "beyond_rises", "beyond_rises_low",
)  # fmt: skip
"""Columns that a table of contrasts has from `facelib.stats.contrast`."""


def share_read_alike(read: Floats, target: float, factors: Sequence[float] = FACTORS) -> float | None:
    """Return the share of the expression on both sides at which as much activation is read as `target`.

    Parameters
    ----------
    read
        Activation read at each of the factors, (m,).
    target
        What is read of the face with one weak side.
    factors
        Shares of the expression on both sides, rising.

    Returns
    -------
    float or None
        By linear interpolation; None where the target isn't met, or what is read doesn't rise with the
        expression throughout, as of many a fearful or disgusted face: then there is no match.

    Examples
    --------
    >>> share_read_alike(np.array([2.0, 3.0, 4.0]), 3.5, (0.0, 0.5, 1.0))
    0.75
    >>> share_read_alike(np.array([2.0, 1.0, 4.0]), 3.0, (0.0, 0.5, 1.0)), share_read_alike(np.arange(6), 7.0)
    (None, None)
    """
    values = np.asarray(read, np.float64)
    if (np.diff(values) <= 0).any() or not values[0] <= target <= values[-1]:
        return None
    return float(np.interp(target, values, factors))


def arms_of(heads: Sequence[Head]) -> list[dict[tuple[str, str], Head]]:
    """Return the heads of all arms, by arm and weak side, for each unchanged head.

    The same read activation is found face by face: what the activation network reads of one weak side, and of
    both sides at `FACTORS`; faces without such a share have no arm of it. The reading isn't the muscles'
    activation, and the network shares some of it between the sides.
    """
    made: list[dict[tuple[str, str], Head]] = []
    for head in heads:
        none, half = (_edited(name, head) for name in ("intensity", "weaker_expression"))
        own: dict[tuple[str, str], Head] = {(UNCHANGED, ""): head, (NONE, ""): none, (HALF, ""): half}
        for side in SIDES:
            for arm, name in (
                (ONE, "asymmetric_expression"),
                (VISIBLE, "weaker_by_displacement"),
                (PALSY, "palsy"),
            ):
                own[arm, side] = _edited(name, head, side=side)
        made.append(own)
    tried = [
        edited
        for head, own in zip(heads, made, strict=True)
        for edited in (*(head.replace(left=f, right=f) for f in FACTORS), *(own[ONE, side] for side in SIDES))
    ]
    read = properties.measure(render_heads(tried, READ_SIZE), ["activation"])["activation"].to_numpy(float)
    for head, own, values in zip(heads, made, read.reshape(len(heads), -1), strict=True):
        for side, target in zip(SIDES, values[len(FACTORS) :], strict=True):
            share = share_read_alike(values[: len(FACTORS)], float(target))
            if share is not None:
                own[READ, side] = head.replace(left=share, right=share)
    return made


def _edited(name: str, head: Head, **options: str) -> Head:
    change = interventions.get(name, **options)
    assert isinstance(change, interventions.HeadIntervention)
    return change.edit(head, 1.0)


def read_arms(
    heads: Sequence[Head], classifiers: Sequence[Classifier], size: int = SIZE, *, detect: bool = True
) -> pd.DataFrame:
    """Read every arm of every head, all with the face box of the unchanged head.

    Parameters
    ----------
    heads
        Unchanged, with an expression by name.
    classifiers
        Who reads them.
    size
        Of the pictures, px.
    detect
        Whether landmarks are looked for in the pictures, too, for ``activation_detected``; half of the time.

    Returns
    -------
    pandas.DataFrame
        One row per head, arm, side and classifier that knows the expression: face (key of the unchanged
        head), identity, expression (of the face, and the class of the output), light, arm, side (the
        person's own side that is weak; empty where neither is), share (of the expression on the weak side,
        or on both), classifier, probability, symmetry, activation (as a network reads it from the mesh's
        landmarks), activation_detected (from landmarks that were found in the picture).

        Arms: unchanged; one: one side shows nothing of the expression; half: both show half; visible, read:
        both as much as displaces the landmarks, or is read, as with one; none: no expression; palsy: a
        complete palsy of one side.

    Raises
    ------
    BadValueError
        If a head shows another expression.
    """
    import pandas as pd

    if strange := [head.expression for head in heads if head.expression not in EXPRESSIONS]:
        msg = f"Every head shows one of {', '.join(EXPRESSIONS)}, by name; got {strange[0]!r}."
        raise BadValueError(msg)
    parts = []
    for head, own in zip(heads, arms_of(heads), strict=True):
        faces = render_heads(list(own.values()), size)
        images, points = np.stack([face.image for face in faces]), five_points(faces[0])
        boxes = np.broadcast_to(faces[0].box, (len(images), 4))
        about = pd.DataFrame(list(own), columns=["arm", "side"]).assign(
            face=head.key,
            identity=identity_of(head),
            expression=str(head.expression),
            light=str(head.light),
            share=[_share(edited, side) for (_, side), edited in own.items()],
            **_measured(faces, detect),
        )
        for clf in classifiers:
            column = clf.index_of(str(head.expression))
            if column is not None:
                probabilities = clf.probabilities(images, boxes, points)[:, column]
                parts.append(about.assign(classifier=clf.id, probability=probabilities))
    return pd.concat(parts, ignore_index=True)[list(ARM_COLUMNS)]


def _share(head: Head, side: str) -> float:
    weak = {"left": head.left, "right": head.right}[side or "left"]
    return head.intensity * weak * (1 - head.palsy * (head.palsy_side == side))


def _measured(faces: Sequence[Face], detect: bool) -> dict[str, Floats]:
    mesh = properties.measure(list(faces), ["symmetry", "activation"])
    found = np.full(len(faces), np.nan)
    if detect:
        from facelib.faces.landmarker import find_landmarks

        seen = [Face(f.image, f.box, f.eyes, landmarks=find_landmarks(f.image, f.box, f.eyes)) for f in faces]
        found = properties.measure(seen, ["activation"])["activation"].to_numpy(float)
    own = {name: mesh[name].to_numpy(float) for name in ("symmetry", "activation")}
    return own | {"activation_detected": found}


def tidy_arms(table: pd.DataFrame, sides: str = AVERAGED) -> pd.DataFrame:
    """Return what `read_arms` read as a tidy table of sweeps, an arm as an intervention at strength 1.

    Parameters
    ----------
    table
        One light.
    sides
        "averaged": outputs of a person with the left and with the right side weak are averaged, where both
        are there; or a side.

    Returns
    -------
    pandas.DataFrame
        face, identity, label, intervention (the arm; also "chimeras", the mean of none and unchanged, and
        either side's "one"), strength, classifier, probability, and as logit the log-odds of the probability,
        which is kept within 1e-6 of 0 and 1: raw outputs have a constant that is free.
    """
    import pandas as pd

    keys = ["face", "identity", "expression", "classifier"]
    inside = table["probability"].clip(LEAST, 1 - LEAST).astype(float)
    table = table.assign(logit=np.log(inside / (1 - inside)))
    read = table[(table["side"] == "") | (sides == AVERAGED) | (table["side"] == sides)]
    groups = read.groupby([*keys, "arm"], sort=False)
    means = groups[list(VALUES)].mean()
    if sides == AVERAGED:
        needed = np.where(means.index.get_level_values("arm").isin(SIDED), len(SIDES), 1)
        means = means[groups.size().to_numpy() == needed]
    means = means.reset_index()
    one = table[table["arm"] == ONE]
    each = one.assign(arm=one["side"].map(ONE_OF))[[*keys, "arm", *VALUES]]
    means = pd.concat([means, each], ignore_index=True)
    ends = means[means["arm"].isin([UNCHANGED, NONE])].groupby(keys, sort=False)[list(VALUES)].mean()
    means = pd.concat([means, ends.reset_index().assign(arm=CHIMERAS)], ignore_index=True)
    start = means[means["arm"] == UNCHANGED].drop(columns="arm")
    starts = means[[*keys, "arm"]].merge(start, on=keys, validate="many_to_one")
    both = pd.concat([starts.assign(strength=0.0), means.assign(strength=1.0)], ignore_index=True)
    return both.rename(columns={"arm": "intervention", "expression": "label"})


def estimate(
    table: pd.DataFrame,
    *,
    sides: str = AVERAGED,
    value: Value = "probability",
    names: Sequence[str] = tuple(ESTIMANDS),
    delta: float | None = None,
    alpha: float = ALPHA,
    seed: int = SEED,
) -> pd.DataFrame:
    """Return every contrast, expression by expression and with the expressions of a person averaged.

    Parameters
    ----------
    table
        From `read_arms`; each light is taken for itself.
    sides, value
        As for `tidy_arms`; "probability" or "logit".
    names
        Of `ESTIMANDS`.
    delta, alpha, seed
        As for `facelib.stats.contrast`.

    Returns
    -------
    pandas.DataFrame
        One row per light, contrast, expression ("all": their mean) and classifier. A family, corrected by
        Holm, is one contrast in one light over all expressions and classifiers; the means are one of their
        own. Tested for a fall.

    Raises
    ------
    BadValueError
        If there is no such contrast or side.
    """
    import pandas as pd

    _check(names, sides)
    options: dict[str, Any] = {"value": value, "alternative": "less", "alpha": alpha, "assay": NONE}
    options |= {"delta": delta if value == "probability" else None, "seed": seed}
    parts = []
    for light, own in table.groupby("light", sort=False):
        tidy = tidy_arms(own, sides)
        for name in names:
            estimand = ESTIMANDS[name]
            there = [
                set(tidy.loc[tidy["intervention"] == arm, "face"]) for arm in (estimand.arm, estimand.against)
            ]
            paired = tidy[tidy["face"].isin(there[0] & there[1])]
            for rows in (paired, paired.assign(label=ALL)):
                found = contrast(rows, estimand.arm, estimand.against, **options)
                about = {"light": light, "sides": sides, "contrast": name, "expression": found["label"]}
                parts.append(found[list(KEPT)].assign(value=value, **about))
    return pd.concat(parts, ignore_index=True)


def _check(names: Sequence[str], sides: str) -> None:
    if isinstance(names, str) or (strange := [name for name in names if name not in ESTIMANDS]):
        got = names if isinstance(names, str) else strange[0]
        msg = f"Contrasts are a list out of {', '.join(ESTIMANDS)}; got {got!r}."
        raise BadValueError(msg)
    if sides not in (AVERAGED, *SIDES):
        msg = f"The sides are averaged, or left or right alone; got {sides!r}."
        raise BadValueError(msg)


def check_arms(table: pd.DataFrame) -> pd.DataFrame:
    """Return what the arms did, as measured: one row per light, arm and expression, over people and sides.

    Parameters
    ----------
    table
        From `read_arms`.

    Returns
    -------
    pandas.DataFrame
        light, arm, expression ("all": their mean); n, the people who have this arm; means of symmetry,
        activation and activation_detected, of mismatch and mismatch_detected (activation of one weak side
        minus that of the arm: how far the two readings are from the same) and of share.
    """
    import pandas as pd

    read = table.drop_duplicates(["face", "arm", "side"])
    measures = ["activation", "activation_detected"]
    one = read[read["arm"] == ONE].set_index(["face", "side"])[measures]
    one = pd.concat([one, one.groupby("face").mean().assign(side="").set_index("side", append=True)])
    beside = read.join(one.add_suffix("_one"), on=["face", "side"])
    for name, gap in zip(measures, ("mismatch", "mismatch_detected"), strict=True):
        beside[gap] = beside[f"{name}_one"] - beside[name]
    keys = ["light", "arm", "expression"]
    shown = ["symmetry", *measures, "mismatch", "mismatch_detected", "share"]
    every = pd.concat([beside.assign(expression=ALL), beside])
    people = every.groupby([*keys, "identity"], sort=False)[shown].mean().groupby(keys, sort=False)
    found = people.mean()
    found.insert(0, "n", people.size())
    return found.reset_index()


__dir__ = listing(__all__)
