"""Age and gender from two estimators: their mean and their disagreement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from facelib.errors import UnavailableError
from facelib.faces import Face
from facelib.properties.estimation.estimators import ESTIMATORS
from facelib.properties.property import Values, register

if TYPE_CHECKING:
    import pandas as pd

PACKAGES: Final = tuple(ESTIMATORS[name].package for name in ESTIMATORS)
_BOTH: Final = "two networks trained on other people's pictures, dlib's and face-api's"


def estimates(faces: Sequence[Face]) -> pd.DataFrame:
    """Return the estimates of each estimator, one row per face.

    Returns
    -------
    pandas.DataFrame
        Two columns per estimator: ``age_<name>``, years, and ``male_<name>``, probability in [0, 1]. NaN for
        faces without eyes and box, and for an estimator whose package isn't on this machine.

    Raises
    ------
    UnavailableError
        If neither estimator is on this machine.
    """
    import pandas as pd

    columns = {}
    missing = []
    for name in ESTIMATORS:
        try:
            values = ESTIMATORS[name].estimate(faces)
        except UnavailableError as error:
            missing.append(error)
            values = np.full((len(faces), 2), np.nan)
        columns[f"age_{name}"], columns[f"male_{name}"] = values.T
    if len(missing) == len(ESTIMATORS):
        raise missing[0]
    return pd.DataFrame(columns)


@register(
    "estimated_gender_spread",
    title="Estimated gender: disagreement",
    unit="",
    source="estimated",
    description=f"Disagreement on the gender of {_BOTH}: larger minus smaller probability.",
    low=0.0,
    high=1.0,
    cost="network",
    needs=PACKAGES,
    column=3,
)
@register(
    "estimated_gender",
    title="Estimated gender",
    unit="",
    source="estimated",
    description=(
        f"Mean probability that a face is read as male by {_BOTH}: 0 female … 1 male. It says how the face "
        "is read, hair and all; never who somebody is."
    ),
    low=0.0,
    high=1.0,
    cost="network",
    needs=(PACKAGES,),
    column=2,
)
@register(
    "estimated_age_spread",
    title="Estimated age: disagreement",
    unit="years",
    source="estimated",
    description=f"Disagreement on the age of {_BOTH}: larger minus smaller.",
    low=0.0,
    high=40.0,
    cost="network",
    needs=PACKAGES,
    column=1,
)
@register(
    "estimated_age",
    title="Estimated age",
    unit="years",
    source="estimated",
    description=f"Mean of {_BOTH}; one alone where the other isn't on this machine. Far from exact.",
    low=0.0,
    high=80.0,
    cost="network",
    needs=(PACKAGES,),
    column=0,
)
def age_and_gender(faces: Sequence[Face]) -> Values:
    """Return (n, 4): mean and spread of the ages, years, and of the probabilities of male.

    A spread is NaN where only one estimator is on this machine.
    """
    table = estimates(faces)
    columns = []
    for kind in ("age", "male"):
        values = table[[f"{kind}_{name}" for name in ESTIMATORS]].to_numpy()
        known = np.isfinite(values)
        total = np.where(known, values, 0.0).sum(axis=1)
        with np.errstate(invalid="ignore"):
            columns.append(total / known.sum(axis=1))
        columns.append(np.where(known.all(axis=1), np.ptp(values, axis=1), np.nan))
    return np.stack(columns, axis=1)
