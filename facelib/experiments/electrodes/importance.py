"""Importance of electrodes: each alone, each left out, and Shapley shares of the whole change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import numpy as np

from facelib.classifiers import Classifier
from facelib.errors import BadValueError
from facelib.experiments.electrodes.outcomes import OUTCOMES, Outcomes, corrected, judged, outcomes_of
from facelib.experiments.power_of_properties.electrodes import bare_people
from facelib.faces import ELECTRODE_SCHEMES, Head
from facelib.head.electrodes import positions
from facelib.interventions.electrode_sets import ElectrodeSets
from facelib.interventions.intervention import check_choice
from facelib.stats.shapley import coalitions
from facelib.studies.sweeps.sweep import DELTA

if TYPE_CHECKING:
    import pandas as pd

    from facelib.studies.interventional import InterventionalStudy
    from facelib.studies.results import InterventionalResult

By = Literal["region", "muscle"]

PEOPLE: Final = 42
PAIRS: Final = 4  # of orders of the muscles, a face
ALONE, LAST = "alone", "last"
HOW: Final = (ALONE, LAST)
"""An electrode is attached to a bare face, or as the last of the scheme: what leaving it out gives back."""

POSITION_COLUMNS: Final = {
    "scheme": "whose positions: fridlund or kuramoto",
    "position": "name in the scheme",
    "x": "mm from the midline, + the person's left",
    "y": "mm above the Frankfort plane",
    "region": "part of the face, facelib.semg.REGIONS",
    "muscle": "muscle that is recorded there, facelib.semg.MUSCLES; empty in the scheme of Kuramoto",
    "classifier": "id, or mean of all",
    "outcome": "probability (of the expression that is meant) or accuracy (share named as meant)",
    "how": "alone: attached to a bare face; last: attached to a face that wears all others",
    "n": "people",
    "change": "what the electrode changes, mean over people",
    "low": "lower end of its interval, level 1 - alpha (BCa from 20 people on, else Student's t)",
    "high": "upper end of it",
    "p": "sign-flip test over people",
    "p_holm": "after Holm over positions and classifiers of one scheme, outcome and how; the mean of all is "
    "a family of its own",
    "verdict": "matters, does not matter at δ, or cannot tell: interval at 1 - 2 alpha; not corrected",
    "delta": "margin, set before the run",
    "alpha": "level",
}
"""Columns of `position_table`, with their meaning."""


def electrode_groups(scheme: str = "fridlund", by: By = "region") -> dict[str, tuple[str, ...]]:
    """Return positions of a scheme by the region that they lie in, or by the muscle, both sides together.

    Raises
    ------
    BadValueError
        If there is no such scheme or grouping, or muscles are asked of the scheme of Kuramoto, whose
        positions lie between them.

    Examples
    --------
    >>> electrode_groups()["chin"], electrode_groups(by="muscle")["zygomaticus"]
    (('F15', 'F16'), ('F19', 'F20'))
    """
    from facelib.semg import MUSCLES, REGIONS
    from facelib.semg.muscles import region_of

    check_choice("a scheme", scheme, ELECTRODE_SCHEMES)
    check_choice("a grouping", by, get_args(By))
    names = ELECTRODE_SCHEMES[scheme]
    if by == "muscle":
        if scheme != "fridlund":
            msg = f"Only the positions of the Fridlund scheme are those of muscles; got {scheme!r}."
            raise BadValueError(msg)
        return {muscle.id: muscle.fridlund for muscle in MUSCLES.values()}
    regions = {region: tuple(name for name in names if region_of(name) == region) for region in REGIONS}
    return {region: there for region, there in regions.items() if there}


def electrode_series(scheme: str = "fridlund", *, pairs: int | None = None, seed: int = 0) -> ElectrodeSets:
    """Return the sets of electrodes from which the importance of each is computed.

    All of the scheme; each position alone; all but each; all coalitions of regions (for exact Shapley
    values); and random orders of the muscles with their reverses, drawn for each face.

    Parameters
    ----------
    scheme
        "fridlund" (22 electrodes, 7 regions, 11 muscles) or "kuramoto" (19, 6 regions).
    pairs
        Pairs of orders of the muscles; None: 4 of Fridlund's, none of Kuramoto's, which has no muscles.
    seed
        Of the orders.

    Examples
    --------
    >>> electrode_series().last, electrode_series("kuramoto").last
    (252, 101)
    """
    regions = electrode_groups(scheme)
    count = (PAIRS if scheme == "fridlund" else 0) if pairs is None else pairs
    groups = tuple(electrode_groups(scheme, "muscle").values()) if count else ()
    names = ELECTRODE_SCHEMES[scheme]
    sets = [
        names,
        *((one,) for one in names),
        *(tuple(other for other in names if other != one) for one in names),
        *(union(tuple(regions.values()), members) for members in coalitions(len(regions))[1:]),
    ]
    ordered = (tuple(name for name in names if name in one) for one in sets)
    return ElectrodeSets(scheme, tuple(dict.fromkeys(ordered)), groups, count, seed)


def importance_study(
    faces: Sequence[Any] | None = None,
    classifiers: str | Sequence[str | Classifier] | None = None,
    *,
    series: ElectrodeSets | None = None,
    size: int = 224,
    delta: float = DELTA,
    alpha: float = 0.05,
    seed: int = 0,
    name: str = "",
) -> InterventionalStudy:
    """Declare the study: every person without electrodes, and with each set of the series.

    Its "strengths" are the steps of the series, so curves over them and its report say nothing; read it by
    `position_table` and `share_table`.

    Parameters
    ----------
    faces
        Heads, or pictures (of a series without orders) that say what they are meant to show. None: 42
        rendered people as in a laboratory, at full expression of the tuned set, which there is accuracy to
        lose in.
    classifiers
        None: all pretrained ones that are available on this machine.
    series
        None: `electrode_series` of Fridlund's scheme.
    size, delta, alpha, seed, name
        As for `facelib.InterventionalStudy`.

    Raises
    ------
    BadValueError
        If someone wears electrodes already, or a picture is to go through random orders.

    Examples
    --------
    >>> from facelib.experiments.power_of_properties import electrode_faces
    >>> study = importance_study(electrode_faces(7), ["known_unbiased"], size=64)
    >>> study.steps, len(study.people)
    (253, 7)
    """
    from facelib.studies.interventional import InterventionalStudy

    sets = electrode_series() if series is None else series
    people = bare_people(faces, PEOPLE, expression_set="tuned")
    if sets.pairs and not all(isinstance(one, Head) for one in people):
        msg = "Random orders are those of heads: of pictures take electrode_series(pairs=0)."
        raise BadValueError(msg)
    return InterventionalStudy(
        faces=people,
        interventions=[sets],
        classifiers=classifiers,
        steps=sets.last + 1,
        size=size,
        measured=(),
        delta=delta,
        alpha=alpha,
        seed=seed,
        name=name or f"Electrodes: which of {sets.scheme.capitalize()}'s matters most",
    )


def position_table(result: InterventionalResult, series: ElectrodeSets | None = None) -> pd.DataFrame:
    """Return the change by each electrode, alone and as the last of all, per classifier and on average.

    What isn't seen changes nothing: from the front that is so of the electrodes over the masseters (F21, F22;
    K17, K18).

    Parameters
    ----------
    result
        Of `importance_study`.
    series
        With which it was declared.

    Returns
    -------
    pandas.DataFrame
        One row per classifier, outcome, way and position; columns as in `POSITION_COLUMNS`.

    Raises
    ------
    BadValueError
        If the study was declared with another series.
    """
    import pandas as pd

    sets = electrode_series() if series is None else series
    outcomes = read(result, sets)
    names = ELECTRODE_SCHEMES[sets.scheme]
    whole = sets.step_of(names)
    alone = np.array([sets.step_of((one,)) for one in names])
    without = np.array([sets.step_of(tuple(other for other in names if other != one)) for one in names])
    values = np.moveaxis(outcomes.of_people(outcomes.values), 3, 2)  # (people, classifiers, outcomes, steps)
    change = np.stack([values[..., alone] - values[..., :1], values[..., [whole]] - values[..., without]], 3)
    keys = pd.MultiIndex.from_product(
        [outcomes.classifiers, OUTCOMES, HOW, names], names=["classifier", "outcome", "how", "position"]
    )
    settings = {name: result.settings[name] for name in ("delta", "alpha", "seed")}
    table = corrected(keys.to_frame(index=False).assign(**judged(change, **settings)), ["outcome", "how"])
    places = pd.DataFrame([{"position": name, **place_of(name)} for name in names])
    return table.merge(places, on="position", how="left").assign(scheme=sets.scheme)[list(POSITION_COLUMNS)]


def read(result: InterventionalResult, series: ElectrodeSets) -> Outcomes:
    """Return the outcomes of a study, or raise `BadValueError` if it was declared with another series."""
    clauses = [item["clause"] for item in result.settings["interventions"]]
    if clauses != [series.clause]:
        msg = f"The study was declared otherwise: expected {series.clause!r}; got {', '.join(clauses)!r}."
        raise BadValueError(msg)
    return outcomes_of(result.sound)


def place_of(position: str) -> dict[str, Any]:
    """Return where a position lies: x and y in mm, region, muscle."""
    from facelib.semg import MUSCLES
    from facelib.semg.muscles import region_of

    x, y = positions()[position]
    muscle = next((one.id for one in MUSCLES.values() if position in one.fridlund), "")
    return {"x": x, "y": y, "region": region_of(position), "muscle": muscle}


def union(groups: Sequence[tuple[str, ...]], members: Any) -> tuple[str, ...]:
    """Return the positions of those groups that are members of a coalition."""
    return tuple(name for group, there in zip(groups, members, strict=True) if there for name in group)
