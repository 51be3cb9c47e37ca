"""Sentences about the table of properties, in which a share never stands alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from facelib.experiments.power_of_properties.table import PROPERTY

if TYPE_CHECKING:
    import pandas as pd

PAPER: Final = (
    "The paper The Power of Properties (arXiv 2404.07867) reports that up to 91.25 % of the changes in "
    "output behaviour are statistically significant for basic properties. If that is one count, it is 73 of "
    "80, 146 of 160 or 219 of 240 tests. The share here is another quantity: other faces, other classifiers, "
    "and tests and levels that we chose."
)
"""Stands beside our largest share wherever it is compared with the paper's."""


def describe_properties(table: pd.DataFrame) -> str:
    """Describe the results: the largest share with everything that belongs beside it, then all properties.

    Parameters
    ----------
    table
        From `facelib.experiments.properties_table`.

    Examples
    --------
    >>> from facelib.experiments import load_power_of_properties
    >>> print(describe_properties(load_power_of_properties().properties))  # doctest: +SKIP
    """
    first = table[table["held"] == table["held"].iloc[0]]
    properties = first[first["role"] == PROPERTY].sort_values("share", ascending=False, kind="stable")
    if properties.empty or properties["share"].isna().all():
        return "Nothing could be tested."
    top = properties.iloc[0]
    ties = properties[properties["share"] == top["share"]]["property"].map(_plain).tolist()
    lost = int(top["out_of_reach"])
    far = f" ({lost} could not have been: too few permutations)" if lost else ""
    spread = f"{_percent(top['large_low'])} to {_percent(top['large_high'])}"
    lines = [
        f"Largest share of {len(properties)} properties: {' and '.join(ties)}, {_counted(top)}.",
        str(top["sentence"]),
        f"A property of random numbers reaches {_percent(top['null_share'])}. After Holm's correction over "
        f"all tests {_percent(top['share_holm'])} are left{far}.",
        f"Of {_percent(top['share_large'])} of the outputs {ties[0]} explains {_percent(top['delta'])} or "
        f"more of the variance (90 % range over people {spread}; of random numbers "
        f"{_percent(top['null_large'])}).",
    ]
    others = [
        f"{_plain(row['property'])} {_counted(row)}"
        for row in properties.iloc[len(ties) :].to_dict("records")
    ]
    if others:
        lines.append("The others: " + "; ".join(others) + ".")
    return "\n".join(lines)


def _counted(row: Any) -> str:
    return f"{int(row['significant'])} of {int(row['tests'])} tests ({_percent(row['share'])})"


def _plain(name: Any) -> str:
    return str(name).replace("_", " ")


def _percent(share: Any) -> str:
    """Return a share in per cent with the decimal that counts need.

    >>> _percent(0.9125), _percent(1.0), _percent(float("nan"))
    ('91.2 %', '100 %', 'an unknown share')
    """
    value = float(share)
    return "an unknown share" if value != value else f"{100 * value:.1f} %".replace(".0 %", " %")  # noqa: PLR0124
