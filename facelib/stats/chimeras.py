"""Faces against their symmetric versions: mirror average and chimeras, less the same at rest, over people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from facelib.errors import BadValueError
from facelib.stats.corrections import adjust
from facelib.stats.effects.population import effects_over_faces
from facelib.stats.effects.signflip import Alternative
from facelib.utilities.checks import Floats, as_flag

VARIANTS: Final = ("original", "average", "left", "right")
"""The face, its mirror average, left-left and right-right."""
CONTRASTS: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "mirror average": (("original",), ("average",)),
    "chimeras": (("original",), ("left", "right")),
    "curvature": (("average",), ("left", "right")),
}
"""Names to what is compared: mean output of the first minus mean output of the second.

The first two add up by the third: chimeras = mirror average + curvature, face by face.
"""
AS_IS, LESS_REST = "as it is", "less rest"
ALL: Final = "all"
INTENDED: Final = "intended"
KEYS: Final = ("classifier", "label")
CELL: Final = ["contrast", "reference", "classifier", "label"]
SHUFFLES: Final = 9_999
FEWEST: Final = 4  # people for a correlation with a grade, or of a group that is compared

CHIMERIC_COLUMNS: Final = {
    "group": f"value of the column that names groups; {ALL}: everybody",
    "contrast": "mirror average: face minus its average with its mirror image; chimeras: face minus the mean "
    "of left-left and right-right; curvature: mirror average minus that mean",
    "reference": f"{AS_IS}; or {LESS_REST}: minus the same contrast of the same output in the person's "
    "faces at rest",
    "classifier": "id of the classifier",
    "label": f"class; {INTENDED}: the one that each face is meant to show",
    "shown": f"what the faces are meant to show; {ALL}: a person's mean over what there is of her",
    "n": "people: the unit that counts",
    "sets": "people × expressions behind them; repeated pictures are averaged",
    "symmetric": "mean output of the symmetric faces that show something, over people",
    "face": "mean output of the faces that they are compared with, over people",
    "mean": "mean contrast over people, in probability",
    "sd": "standard deviation over people",
    "low": "lower end of the interval of the mean, level 1 - alpha",
    "high": "upper end of it",
    "p": "sign flips of whole persons",
    "p_holm": "p after Holm over the family",
    "family": "tests in the family: classifiers of one group, contrast, reference and label; of outputs and "
    "of single expressions, these times classifiers",
    "alternative": "two-sided, less or greater",
    "delta": "margin in probability that was declared: drawn, and no verdict",
    "alpha": "level",
    "n_flips": "sign patterns",
    "seed": "seed of flips and resamples",
}
"""Columns of `chimeric_effects`, with their meaning."""

PERSON_COLUMNS: Final = {
    "person": "who is shown",
    "group": "value of the column that names groups; empty: none",
    "grade": "mean grade of the person's pictures; empty: none",
    "contrast": CHIMERIC_COLUMNS["contrast"],
    "reference": CHIMERIC_COLUMNS["reference"],
    "classifier": "id of the classifier",
    "label": f"{INTENDED}: the class that each face is meant to show",
    "sets": "expressions of this person that are averaged",
    "value": "contrast in probability",
}
"""Columns of `person_contrasts`, with their meaning."""

GROUP_COLUMNS: Final = {
    "first": "group that is subtracted",
    "second": "group that it is subtracted from",
    "contrast": CHIMERIC_COLUMNS["contrast"],
    "reference": CHIMERIC_COLUMNS["reference"],
    "classifier": "id of the classifier",
    "label": PERSON_COLUMNS["label"],
    "n_first": "people of the first group",
    "n_second": "people of the second",
    "difference": "mean of the second minus mean of the first group",
    "low": "lower end of Welch's interval, level 1 - alpha",
    "high": "upper end of it",
    "p": "Welch's t test",
    "p_holm": "p after Holm over classifiers",
}
"""Columns of `group_differences`, with their meaning."""

GRADE_COLUMNS: Final = {
    "group": CHIMERIC_COLUMNS["group"],
    "contrast": CHIMERIC_COLUMNS["contrast"],
    "reference": CHIMERIC_COLUMNS["reference"],
    "classifier": "id of the classifier",
    "label": PERSON_COLUMNS["label"],
    "n": "people with a grade",
    "grades": "different grades among them",
    "rho": "Spearman's rank correlation of contrast and grade, over people",
    "rho_low": "lower end of its interval, level 1 - alpha (Fisher's z, Bonett and Wright's error); "
    "missing where all people are in order",
    "rho_high": "upper end of it",
    "slope": "change of the contrast per grade (median of the slopes of all pairs of people, Theil and Sen)",
    "slope_low": "lower end of its interval, level 1 - alpha",
    "slope_high": "upper end of it",
    "p": "permutations of grades over people",
    "p_holm": "p after Holm over classifiers",
}
"""Columns of `grade_associations`, with their meaning."""


SIDE_COLUMNS: Final = {
    "person": "who is shown",
    "group": "value of the column that names groups; empty: none",
    "side": "the affected side, by the column that names it: left or right, the person's own",
    "classifier": "id of the classifier",
    "pictures": "pictures of this person that are averaged",
    "face": "mean output for the class that each face is meant to show",
    "weak": "the same of the affected half, doubled",
    "healthy": "the same of the other half, doubled",
    "difference": "healthy minus weak",
}
"""Columns of `side_outputs`, with their meaning."""


def symmetric_outputs(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the outputs of each face and of its symmetric versions, averaged over flips.

    Parameters
    ----------
    rows
        Tidy outputs: classifier, label, face, step, probability. Steps 0 to 3 are `VARIANTS`, 4 to 7 the same
        flipped.

    Returns
    -------
    pandas.DataFrame
        One row per face, classifier and label: these, and a column for each of `VARIANTS`. Faces of which a
        version wasn't read are left out.
    """
    named = rows.assign(variant=[VARIANTS[step % len(VARIANTS)] for step in rows["step"]])
    wide = named.pivot_table(
        index=["face", *KEYS],
        columns="variant",
        values="probability",
        aggfunc="mean",
        sort=False,
        observed=True,
    )
    return wide.reindex(columns=list(VARIANTS)).dropna().rename_axis(columns=None).reset_index()


def side_outputs(faces: pd.DataFrame | None, sides: Mapping[str, str]) -> pd.DataFrame:
    """Return what is read of the affected half and of the other one, doubled, person by person.

    Parameters
    ----------
    faces
        From `symmetric_outputs`, of the class that each face is meant to show, with person, group, and
        mirrored: whether the picture shows the person's left where her right is. None: there are none.
    sides
        The affected side of everybody who has one, "left" or "right".

    Returns
    -------
    pandas.DataFrame
        One row per person with a side and classifier; columns as in `SIDE_COLUMNS`.

    Examples
    --------
    >>> read = pd.DataFrame({"person": ["p1"], "group": [""], "mirrored": [False], "classifier": ["fer"],
    ...                      "original": [0.6], "left": [0.2], "right": [0.9]})
    >>> side_outputs(read, {"p1": "left"})[["weak", "healthy", "difference"]].round(1).values.tolist()
    [[0.2, 0.9, 0.7]]
    """
    if faces is None or faces.empty:
        return pd.DataFrame(columns=list(SIDE_COLUMNS))
    own = faces[faces["person"].isin(sides)]
    side = own["person"].map(sides)
    flipped = own["mirrored"].map(as_flag).eq(True)
    as_seen = (side == "left") != flipped  # whether that is what the picture takes for the left
    own = own.assign(
        side=side,
        face=own["original"],
        weak=own["left"].where(as_seen, own["right"]),
        healthy=own["right"].where(as_seen, own["left"]),
    )
    groups = own.groupby(["person", "group", "side", "classifier"], sort=False, observed=True)
    means = groups[["face", "weak", "healthy"]].mean().assign(pictures=groups.size()).reset_index()
    return means.assign(difference=means["healthy"] - means["weak"])[list(SIDE_COLUMNS)]


def contrast_sets(faces: pd.DataFrame) -> pd.DataFrame:
    """Return both sides of every contrast for each person, expression, classifier and label.

    Parameters
    ----------
    faces
        From `symmetric_outputs`, with person, meant (the class that a face is meant to show) and at_rest.

    Returns
    -------
    pandas.DataFrame
        person, meant, classifier, label, contrast, symmetric, face (mean outputs of either side), and
        rest_symmetric, rest_face: the same of the person at rest, NaN without such a picture.
    """
    keys = ["person", "meant", "at_rest", *KEYS]
    means = faces.groupby(keys, sort=False, observed=True)[list(VARIANTS)].mean().reset_index()
    parts = [
        means[keys].assign(
            contrast=name,
            face=means[list(first)].mean(axis=1),
            symmetric=means[list(second)].mean(axis=1),
        )
        for name, (first, second) in CONTRASTS.items()
    ]
    both = pd.concat(parts, ignore_index=True)
    resting, shown = both[both["at_rest"]], both[~both["at_rest"]]
    of_rest = resting.groupby(["person", *KEYS, "contrast"], observed=True)[["symmetric", "face"]].mean()
    of_rest = of_rest.add_prefix("rest_").reset_index()
    return shown.drop(columns="at_rest").merge(of_rest, how="left", on=["person", *KEYS, "contrast"])


def chimeric_effects(
    sets: pd.DataFrame,
    *,
    delta: float,
    alpha: float = 0.05,
    alternative: Alternative = "two-sided",
    seed: int = 0,
    interim: bool = False,
    group: str = ALL,
) -> pd.DataFrame:
    """Return how outputs for faces differ from those for their symmetric versions, over people.

    There is no verdict: symmetric faces that are made of a picture are not read as those of the true mesh, by
    a bias that is known on renders alone (``facelib.data.table("chimera_bias")``).

    Parameters
    ----------
    sets
        From `contrast_sets`, of one group.
    delta, alpha, alternative, seed, interim
        As for `facelib.stats.effects_over_faces`.
    group
        Name of the group.

    Returns
    -------
    pandas.DataFrame
        Columns as in `CHIMERIC_COLUMNS`.

    Raises
    ------
    BadValueError
        If there is no face that is meant to show something.

    Examples
    --------
    >>> sets = pd.DataFrame([
    ...     {"person": p, "meant": "happy", "classifier": "fer", "label": "happy",
    ...      "contrast": "mirror average", "face": 0.5 + p / 100, "symmetric": 0.9, "rest_face": 0.1,
    ...      "rest_symmetric": 0.1}
    ...     for p in range(8)
    ... ])
    >>> found = chimeric_effects(sets, delta=0.1)
    >>> found[["reference", "n", "mean"]].round(3).values.tolist()[0]
    ['as it is', 8, -0.365]
    """
    meant = sets[sets["label"] == sets["meant"]]
    if meant.empty:
        msg = "No face is meant to show a class that a classifier knows: there is nothing to compare."
        raise BadValueError(msg)
    asked = [meant.assign(label=INTENDED, shown=ALL), sets.assign(shown=ALL)]
    if len(meant["meant"].drop_duplicates()) > 1:
        asked.insert(1, meant.assign(label=INTENDED, shown=meant["meant"]))
    options = {"alpha": alpha, "alternative": alternative, "seed": seed, "interim": interim}
    found = [
        _effects(own, reference, options | {"delta": delta})
        for rows in asked
        for contrast in sets["contrast"].drop_duplicates()
        for reference, own in _referred(rows[rows["contrast"] == contrast])
    ]
    return pd.concat(found, ignore_index=True).assign(group=group, delta=delta)[list(CHIMERIC_COLUMNS)]


def _referred(sets: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Give the sets with the value of their contrast: as it is, and where there is a face at rest less it."""
    contrast = sets["face"] - sets["symmetric"]
    yield AS_IS, sets.assign(value=contrast)
    less = sets.assign(value=contrast - (sets["rest_face"] - sets["rest_symmetric"])).dropna(subset="value")
    if len(less):
        yield LESS_REST, less


def _effects(sets: pd.DataFrame, reference: str, options: Mapping[str, Any]) -> pd.DataFrame:
    """Return the mean value over people with its interval and p, one family."""
    most = 2 if reference == LESS_REST else 1  # the largest value; a share of it is a change of probability
    half = sets["value"] / (2 * most)
    about = pd.DataFrame(
        {
            "face": sets["person"].astype("str") + "\x1f" + sets["meant"].astype("str"),
            "identity": sets["person"],
            "classifier": sets["classifier"],
            "label": sets["label"].astype("str") + "\x1f" + sets["shown"].astype("str"),
            "intervention": "",
        }
    )
    ends = [
        about.assign(strength=0.0, probability=0.5 - half),
        about.assign(strength=1.0, probability=0.5 + half),
    ]
    found = effects_over_faces(pd.concat(ends, ignore_index=True), **options)
    found = found.rename(columns={"faces": "sets"})
    found[["mean", "sd", "low", "high"]] *= most
    found[["label", "shown"]] = found["label"].str.split("\x1f", expand=True).to_numpy()
    cell = [*KEYS, "shown"]
    by_person = sets.groupby([*cell, "person"], sort=False, observed=True)[["symmetric", "face"]].mean()
    levels = by_person.groupby(cell, sort=False, observed=True).mean()
    return found.join(levels, on=cell).assign(reference=reference, contrast=sets["contrast"].iloc[0])


def person_contrasts(sets: pd.DataFrame) -> pd.DataFrame:
    """Return the contrast of every person for the class that each face is meant to show.

    Parameters
    ----------
    sets
        From `contrast_sets`; may have columns group and grade.

    Returns
    -------
    pandas.DataFrame
        Columns as in `PERSON_COLUMNS`.
    """
    parts = [own.assign(reference=name) for name, own in _referred(sets[sets["label"] == sets["meant"]])]
    both = pd.concat(parts, ignore_index=True)
    for name, nothing in (("group", ""), ("grade", np.nan)):
        both[name] = both.get(name, nothing)
    keys = ["person", "group", "contrast", "reference", "classifier"]
    by_person = both.groupby(keys, sort=False, observed=True)
    found = by_person["value"].mean().to_frame()
    found["sets"], found["grade"] = by_person.size(), by_person["grade"].mean()
    return found.reset_index().assign(label=INTENDED)[list(PERSON_COLUMNS)]


def group_differences(persons: pd.DataFrame, first: str, second: str, *, alpha: float = 0.05) -> pd.DataFrame:
    """Return by how much contrasts differ between two groups of people.

    Parameters
    ----------
    persons
        From `person_contrasts`.
    first, second
        Groups; the first is subtracted.
    alpha
        Level.

    Returns
    -------
    pandas.DataFrame
        Columns as in `GROUP_COLUMNS`; empty where a group has fewer than four people.
    """
    from scipy.stats import ttest_ind

    found = []
    for key, own in persons.groupby(CELL, sort=False, observed=True):
        values = [own.loc[own["group"] == name, "value"].to_numpy(np.float64) for name in (first, second)]
        if min(map(len, values)) < FEWEST or not sum(np.ptp(part) for part in values):
            continue
        test = ttest_ind(values[1], values[0], equal_var=False)
        low, high = test.confidence_interval(1 - alpha)
        found.append(
            dict(zip(CELL, key, strict=True))
            | {"first": first, "second": second, "n_first": len(values[0]), "n_second": len(values[1])}
            | {
                "difference": float(values[1].mean() - values[0].mean()),
                "low": float(low),
                "high": float(high),
            }
            | {"p": float(test.pvalue)}
        )
    return _with_holm(found, ["contrast", "reference"], GROUP_COLUMNS)


def grade_associations(
    persons: pd.DataFrame, *, alpha: float = 0.05, seed: int = 0, group: str = ALL
) -> pd.DataFrame:
    """Return how contrasts go with a clinical grade, over people.

    Parameters
    ----------
    persons
        From `person_contrasts`, of one group.
    alpha
        Level of the intervals.
    seed
        Of the permutations.
    group
        Name of the group.

    Returns
    -------
    pandas.DataFrame
        Columns as in `GRADE_COLUMNS`; empty with fewer than four people, or one grade alone.
    """
    found = []
    for key, own in persons[persons["grade"].notna()].groupby(CELL, sort=False, observed=True):
        value, grade = (own[name].to_numpy(np.float64) for name in ("value", "grade"))
        grades = len(np.unique(grade))
        if len(value) < FEWEST or grades < 2 or not np.ptp(value):
            continue
        found.append(
            dict(zip(CELL, key, strict=True))
            | {"group": group, "n": len(value), "grades": grades}
            | _association(value, grade, alpha, seed)
        )
    return _with_holm(found, ["contrast", "reference"], GRADE_COLUMNS)


def _association(value: Floats, grade: Floats, alpha: float, seed: int) -> dict[str, float]:
    from scipy.stats import norm, permutation_test, rankdata, spearmanr, theilslopes

    rho = float(spearmanr(value, grade).statistic)
    error = np.sqrt((1 + rho**2 / 2) / max(len(value) - 3, 1))
    known = abs(rho) < 1 - 1e-9  # of a perfect order Fisher's z is infinite, and tells no interval
    ends = np.arctanh(rho if known else 0.0) + norm.ppf([alpha / 2, 1 - alpha / 2]) * error
    low, high = np.tanh(ends) if known else (np.nan, np.nan)
    slope, _, slope_low, slope_high = theilslopes(value, grade, 1 - alpha)
    ranks = rankdata(grade)

    def statistic(part: Floats, axis: int) -> Floats:
        shifted = part - part.mean(axis=axis, keepdims=True)
        return np.asarray((shifted * (ranks - ranks.mean())).sum(axis=axis))

    test = permutation_test(
        (rankdata(value),), statistic, permutation_type="pairings", vectorized=True, n_resamples=SHUFFLES,
        rng=np.random.default_rng(seed),
    )  # fmt: skip
    return {
        "rho": rho, "rho_low": float(low), "rho_high": float(high), "slope": float(slope),
        "slope_low": float(slope_low), "slope_high": float(slope_high), "p": float(test.pvalue),
    }  # fmt: skip


def _with_holm(
    rows: Sequence[Mapping[str, Any]], family: list[str], columns: Mapping[str, str]
) -> pd.DataFrame:
    """Return rows with p after Holm inside each family."""
    if not rows:
        return pd.DataFrame(columns=list(columns))
    table = pd.DataFrame(rows)
    holm = table.groupby(family, sort=False)["p"].transform(lambda own: adjust(own.to_numpy(), "holm"))
    return table.assign(p_holm=holm)[list(columns)]
