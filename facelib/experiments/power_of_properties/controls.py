"""Controls: networks whose use of a property is known, and estimates of given properties."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from facelib.classifiers.known_bias import BIASES
from facelib.errors import BadValueError

if TYPE_CHECKING:
    import pandas as pd

    from facelib.faces import Face, FaceSet, Head

FLAGGED, CLEARED, OPEN = "found", "cleared", "cannot tell"
USED: Final = 0.14
"""Share of variance from which on a property counts as used by a network of known bias: a large effect after
Cohen (1988). Set after a pilot on other people: trained uses had .42 to .61, others .03 at most."""

CONTROL_COLUMNS: Final = {
    "classifier": "id of the network of known bias",
    "property": "name of the property",
    "label": "emotion that goes with the property in biased networks",
    "trained": "whether the network was trained to use the property for this emotion",
    "rejects": "whether the test that decides rejects",
    "p": "of that test",
    "p_holm": "after Holm over all properties × outputs of the five networks",
    "explained": "ω²: share of the logit's variance inside labels that goes with the property",
    "explained_low": "5 % quantile of it over random halves of the people",
    "explained_high": "95 % quantile of it",
    "verdict": "found: the test rejects after Holm and the range of ω² lies above `used`; cleared: it lies "
    "below, of at least as many people as `facelib.stats.fewest_people` asks for at `used` and alpha; else "
    "cannot tell",
    "right": "whether the verdict is what was trained",
    "used": "share of variance from which on a property counts as used",
    "n": "people",
}
"""Columns of `known_use_table`, with their meaning."""

ESTIMATE_COLUMNS: Final = {
    "property": "age or gender",
    "estimator": "name of the network (facelib.properties.estimation.estimators), or mean of both",
    "expression": "that is shown, or all",
    "n": "faces that have both the given and the estimated value",
    "correlation": "Pearson's, of given and estimated values",
    "correlation_low": "lower end of its 95 % interval (Fisher's z)",
    "correlation_high": "upper end of it",
    "bias": "mean of estimated minus given: years, or probability of male minus shape",
    "error": "mean absolute difference",
    "between": "correlation of the two estimators with each other; NaN with one",
    "sentence": "the row in words",
}
"""Columns of `given_and_estimated`, with their meaning."""
_UNITS: Final = {"age": " years", "gender": ""}
_PREFIX: Final = {"age": "age_", "gender": "male_"}


def known_use_table(effects: pd.DataFrame, alpha: float = 0.01, used: float = USED) -> pd.DataFrame:
    """Compare the results of tests on networks of known bias with their training.

    A network that wasn't trained to use a property isn't blind to it: older skin looks different, and with
    enough people any trace of that is significant (``rejects``). So the verdict is one of size, too.

    Parameters
    ----------
    effects
        Of the result of `known_use_control`.
    alpha
        Level of the test after Holm's correction.
    used
        Share of variance, set before the run.

    Returns
    -------
    pandas.DataFrame
        One row per network and property, for the emotion that the biased networks tie it to; columns as in
        `CONTROL_COLUMNS`.

    Raises
    ------
    BadValueError
        If no network of known bias is there.
    """
    import pandas as pd

    from facelib.stats import fewest_people

    watched = {str(bias.confounded): bias.emotion for bias in BIASES if bias.confounded}
    confounded = {bias.id: bias.confounded for bias in BIASES}
    parts = [
        effects[(effects["property"] == name) & (effects["label"] == emotion)]
        for name, emotion in watched.items()
    ]
    rows = pd.concat(parts, ignore_index=True)
    rows = rows[rows["classifier"].isin(list(confounded))]
    if rows.empty:
        msg = (
            f"Expected effects of {', '.join(watched)} on networks of known bias, from known_use_control; "
            "there are none."
        )
        raise BadValueError(msg)
    order = {name: place for place, name in enumerate(confounded)}
    rows = rows.sort_values(
        "classifier", key=lambda names: names.map(order), kind="stable", ignore_index=True
    )
    trained = [
        confounded[str(name)] == which
        for name, which in zip(rows["classifier"], rows["property"], strict=True)
    ]
    flagged = rows["rejects"].astype(bool) & (rows["p_holm"] < alpha) & (rows["explained_low"] >= used)
    clear = (rows["explained_high"] < used) & (rows["n"] >= fewest_people(used, alpha))
    verdict = np.select([flagged, clear], [FLAGGED, CLEARED], OPEN)
    right = verdict == np.where(trained, FLAGGED, CLEARED)
    table = rows.assign(trained=trained, verdict=verdict, right=right, used=used)
    return table[list(CONTROL_COLUMNS)]


def estimates_of(faces: Sequence[Head | Face] | FaceSet, size: int = 224, *, chunk: int = 32) -> pd.DataFrame:
    """Return the given age and gender of faces beside what each estimator reads in the picture.

    Parameters
    ----------
    faces
        Heads, which are rendered, or faces.
    size
        Of rendered pictures, px.
    chunk
        Faces that are in memory at once.

    Returns
    -------
    pandas.DataFrame
        One row per face: expression, age, gender, and ``age_<estimator>``, ``male_<estimator>``; NaN where
        something isn't known.

    Raises
    ------
    UnavailableError
        If neither estimator is on this machine.
    """
    import pandas as pd

    from facelib.faces import Head, render_heads
    from facelib.properties.estimates import estimates
    from facelib.studies.engine.subjects import faces_table, subjects

    people = subjects(faces)
    attributes = faces_table(people).reindex(columns=["expression", "age", "gender"])
    parts = []
    for start in range(0, len(people), chunk):
        some = [one.open() for one in people[start : start + chunk]]
        heads = [one for one in some if isinstance(one, Head)]
        drawn = iter(render_heads(heads, size)) if heads else iter(())
        parts.append(estimates([next(drawn) if isinstance(one, Head) else one for one in some]))
    return pd.concat([attributes, pd.concat(parts, ignore_index=True)], axis=1)


def given_and_estimated(table: pd.DataFrame) -> pd.DataFrame:
    """Compare given and estimated age and gender, over all faces and for each expression.

    An estimate shares causes with the outputs that are studied (an expression furrows a face and is read as
    age), so a bias that differs between expressions makes an estimated property a poor stand-in for a given
    one.

    Parameters
    ----------
    table
        From `estimates_of`.

    Returns
    -------
    pandas.DataFrame
        Columns as in `ESTIMATE_COLUMNS`; nothing where neither is known.
    """
    import pandas as pd

    from facelib.classifiers import EMOTIONS

    rows = []
    for name, prefix in _PREFIX.items():
        columns = {str(c).removeprefix(prefix): table[c] for c in table if str(c).startswith(prefix)}
        columns = {one: values for one, values in columns.items() if values.notna().any()}
        if len(columns) > 1:
            columns["mean"] = pd.DataFrame(columns).mean(axis=1, skipna=False)
        for estimator, values in columns.items():
            for expression in ("all", *EMOTIONS):
                in_group = (table["expression"] == expression) | (expression == "all")
                complete = in_group & table[name].notna() & values.notna()
                if complete.sum() > 3:  # Fisher's z needs four
                    both: list[Any] = [column[complete] for one, column in columns.items() if one != "mean"]
                    between = float(np.corrcoef(*both)[0, 1]) if len(both) == 2 else float("nan")
                    rows.append(
                        _compared(name, estimator, expression, table.loc[complete, name], values[complete])
                        | {"between": between}
                    )
    compared = pd.DataFrame(rows, columns=list(ESTIMATE_COLUMNS))
    compared["sentence"] = [_sentence(row) for row in compared.to_dict("records")]
    return compared


def _compared(name: str, estimator: str, expression: str, given: Any, estimated: Any) -> dict[str, Any]:
    from scipy.stats import pearsonr

    given_values, read = given.to_numpy(np.float64), estimated.to_numpy(np.float64)
    row = {"property": name, "estimator": estimator, "expression": expression, "n": len(given_values)}
    difference = read - given_values
    sizes = {"bias": float(difference.mean()), "error": float(np.abs(difference).mean())}
    if np.ptp(given_values) == 0 or np.ptp(read) == 0:
        names = ("correlation", "correlation_low", "correlation_high")
        return row | dict.fromkeys(names, float("nan")) | sizes
    correlation = pearsonr(given_values, read)
    interval = correlation.confidence_interval(0.95)
    return row | {
        "correlation": float(correlation.statistic),
        "correlation_low": float(interval.low),
        "correlation_high": float(interval.high),
        **sizes,
    }


def _sentence(row: dict[Any, Any]) -> str:
    """Say how far an estimate follows the given value, and how far it is off."""
    unit = _UNITS[row["property"]]
    digits = 1 if unit else 2
    who = "the mean of both estimators" if row["estimator"] == "mean" else f"the estimator {row['estimator']}"
    faces = "all faces" if row["expression"] == "all" else f"{row['expression']} faces"
    amount = f"{abs(row['bias']):.{digits}f}{unit}"
    side = "too high" if row["bias"] > 0 else "too low"
    return (
        f"Estimated {row['property']}, {who}, {faces}: r = {row['correlation']:.2f} with the given value, on "
        f"average {amount} {side}, mean error {row['error']:.{digits}f}{unit} (n = {row['n']})."
    )
