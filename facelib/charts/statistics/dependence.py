"""Maps of dependence: classifier × emotion, one panel per property, the decision beside its size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from facelib.charts.cells import cells
from facelib.charts.tables import needed, panelled, rows
from facelib.classifiers import EMOTIONS
from facelib.utilities.wording import percent

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

NEEDED: Final = ("property", "classifier", "label", "explained", "rejects", "p_holm", "n")
CELLS: Final = ("order", "title", "classifier", "label", "explained", "words", "rejects", "says")
FULL: Final = 0.25  # share of the variance at which the colour is full
LEVEL: Final = 0.01
HEADING: Final = (
    "Does the output go with the property? *: after Holm's correction, too",
    "Colour: share of the output's variance inside labels",
)
NO_SIZE: Final = "No colour: with so few faces per label the share of variance can't be estimated"
"""In place of the heading's second line."""

EARLY_HEADING: Final = (
    "Share of the output's variance inside labels, so far",
    "The tests follow",
)


def dependence(
    table: pd.DataFrame, titles: Mapping[str, str] | None = None, *, alpha: float = LEVEL, columns: int = 2
) -> alt.FacetChart:
    """Draw for every property which outputs go with it, given the label: in words, size as colour.

    Parameters
    ----------
    table
        From `facelib.studies.ObservationalResult.effects`: property, classifier, label, explained,
        rejects, p_holm, n.
    titles
        Names of the properties; None: as they are.
    alpha
        Level of the star.
    columns
        Panels beside each other.

    Raises
    ------
    BadValueError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"property": ["age"], "classifier": ["fer"], "label": ["happy"],
    ...     "explained": [0.12], "rejects": [True], "p_holm": [0.002], "n": [140]})
    >>> [cell["words"] for cell in dependence(table).to_dict()["datasets"]["cells"]]
    ['yes *']
    """
    return dependence_layout(data=dependence_rows(table, titles, alpha=alpha), columns=columns)


def dependence_layout(
    titles: Sequence[str] = (), *, data: Sequence[Mapping[str, Any]] = (), columns: int = 2
) -> alt.FacetChart:
    """Return `dependence` without data: data set ``cells``, parameter ``cells_titles``."""
    return cells(
        data, row="classifier", column="label", amount="explained", full=FULL, bold="rejects",
        sort=EMOTIONS, heading=HEADING, tooltip=["title", "classifier", "label", "says"], said="says",
        description="Table: whether a test finds that an output depends on a property given the label. "
        "Star: significant after correction.", width=52, columns=columns, titles=titles,
    )  # fmt: skip


def dependence_rows(
    table: pd.DataFrame,
    titles: Mapping[str, str] | None = None,
    *,
    alpha: float = LEVEL,
    tested: bool = True,
) -> list[dict[str, Any]]:
    """Return the cells of `dependence`, also for a chart without data.

    Parameters
    ----------
    table, titles, alpha
        As for `dependence`.
    tested
        Whether the tests were run; else cells hold the share of variance only.
    """
    checked = needed(table, NEEDED)
    records = checked.to_dict("records")
    return rows(
        panelled(checked, "property", titles).assign(
            words=[_words(row, alpha) if tested else _size(row) for row in records],
            says=[_says(row, alpha) if tested else f"{_size(row)} of the variance so far" for row in records],
            rejects=checked["rejects"].astype(bool) & tested,
        ),
        CELLS,
    )


def _words(row: Mapping[Any, Any], alpha: float) -> str:
    star = " *" if row["p_holm"] < alpha else ""
    return ("yes" if row["rejects"] else "no") + star if row["p_holm"] == row["p_holm"] else "–"


def _size(row: Mapping[Any, Any]) -> str:
    return "–" if row["explained"] != row["explained"] else percent(max(row["explained"], 0.0))


def _says(row: Mapping[Any, Any], alpha: float) -> str:
    """Return a cell in one line, for the tooltip and for screen readers."""
    words = _words(row, alpha)
    decision = "goes with the property" if row["rejects"] else "not shown to go with it"
    known = row["explained"] == row["explained"]
    size = f"{_size(row)} of the variance" if known else "share of the variance not known"
    return f"{words}: {decision}; {size}, n = {int(row['n'])}"
