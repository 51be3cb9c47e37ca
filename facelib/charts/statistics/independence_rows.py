"""Rows for the charts of tests, and p-values in words."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from facelib.charts.palette import colour
from facelib.charts.tables import needed, panelled, rows
from facelib.errors import BadValueError
from facelib.stats.causal_model import LABELS
from facelib.stats.independence.base import TESTS, title_of
from facelib.stats.independence.methods import COST
from facelib.stats.independence.vote import VOTE, deciding, without_run
from facelib.utilities.checks import as_floats
from facelib.utilities.wording import p_is, percent

ALL: Final = "all faces"
SHOWN: Final = 420  # faces drawn at most: more only hide each other
SLICES: Final = 7  # of a label that is a number
REACHES: Final = (3, 4, 6, 8, 12, 16)  # ends of the axes of faces: few, so that they seldom jump
LEAST: Final = 1e-4  # smaller p-values are drawn here
LINE: Final = 24  # characters of a panel's name
VOTED: Final = "vote of three"
FACES: Final = ("group", "order", "kind", "property", "output", "colour")
TESTED: Final = ("order", "title", "row", "place", "start", "shown", "rejects", "old", "words")
POWER: Final = ("title", "order", "effect", "share", "low", "high", "first", "words")
DECISIONS: Final = ("order", "title", "property", "output", "explained", "rejects", "words", "says")
RATES: Final = ("order", "title", "row", "series", "share", "low", "high", "words")


def face_rows(table: pd.DataFrame, shown: int = SHOWN) -> list[dict[str, Any]]:
    """Return the points and lines of `faces`: the first `shown` faces; lines use all.

    Raises
    ------
    BadValueError
        If a column or a value is missing.
    """
    needed(table, ("label", "property", "output"))
    for name in ("property", "output", *(["label"] if _numeric(table["label"]) else [])):
        as_floats(table[name].to_numpy(), f"The column {name}")
    if missing := int(table["label"].isna().sum()):
        msg = f"Every face needs its label; {missing} of {len(table)} are missing. Leave those faces out."
        raise BadValueError(msg)
    groups = _groups(table["label"])
    names = [str(name) for name in groups.cat.categories]
    parts = [(ALL, table), *((name, table[(groups == name).to_numpy()]) for name in names)]
    paint = groups.map({name: colour(order) for order, name in enumerate(names)}).astype(str)
    drawn = table.index[:shown]
    panels: list[dict[str, Any]] = []
    for order, (name, part) in enumerate(parts):
        here = part.loc[part.index.isin(drawn), ["property", "output"]]
        face = here.assign(group=name, order=order, kind="face", colour=paint[here.index])
        panels += rows(face, FACES, digits=2)
        panels += rows(_trend(part).assign(group=name, order=order, kind="line", colour=""), FACES, digits=2)
    return panels


def reach(points: Sequence[Mapping[str, Any]]) -> int:
    """Return where the axes of `faces` end: the first of few steps that holds 99.5 % of all values."""
    values = np.abs([[row["property"], row["output"]] for row in points if row["kind"] == "face"])
    largest = float(np.quantile(values, 0.995)) if values.size else 0.0
    return next((step for step in REACHES if step >= largest), REACHES[-1])


def p_rows(tests: pd.DataFrame, alpha: float) -> list[dict[str, Any]]:
    """Return the rows of `p_values`; ``words`` of the table, if it has any, stand where there is no p.

    Raises
    ------
    BadValueError
        If a column is missing or a test has several rows.
    """
    table = titled(needed(tests, ("method", "p")))
    if several := sorted(table.loc[table["method"].duplicated(), "title"].unique()):
        msg = (
            f"Expected one row per test; {', '.join(several)} has several. Choose one property and one "
            "output, as in grid[(grid['property'] == 'age') & (grid['output'] == 'happy')]."
        )
        raise BadValueError(msg)
    p = table["p"].astype(float)
    said = table["words"] if "words" in table else pd.Series("not testable", table.index)
    decided = p < alpha
    if "rejects" in tests:
        decided = tests["rejects"].fillna(False).astype(bool)
    decisions = [
        word if pd.isna(value) else says(value, rejects=rejects)
        for value, word, rejects in zip(p, said, decided, strict=True)
    ]
    shown = panelled(table, "").assign(
        row=table["title"], place=table["order"], start=1.0, shown=p.clip(lower=LEAST),
        rejects=decided.to_numpy(), old=table.get("old", False), words=decisions,
    )  # fmt: skip
    return rows(shown, TESTED, digits=None)


def says(p: float, *, rejects: bool) -> str:
    """Return a test's result in words: its p and its decision, never one without the other.

    Examples
    --------
    >>> says(0.0004, rejects=True), says(0.2, rejects=False)
    ('p < .001, rejects', 'p = .200, does not')
    """
    return f"p {p_is(p)}, {'rejects' if rejects else 'does not'}"


def level_rows(alpha: float) -> list[dict[str, Any]]:
    """Return the data of the dashed line."""
    return [{"at": alpha, "words": f"α = {f'{alpha:g}'.removeprefix('0')}"}]


def power_rows(table: pd.DataFrame, missing: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """Return the rows of `power`.

    Parameters
    ----------
    table
        effect, method, share, low, high, rejections, repetitions.
    missing
        Words by id, for panels of tests that have no row yet.
    """
    checked = titled(needed(table, ("effect", "method", "share", "low", "high", "rejections", "repetitions")))
    counts = [
        f"{hits} of {runs} at effect {effect:g}"
        for hits, runs, effect in zip(
            checked["rejections"], checked["repetitions"], checked["effect"], strict=True
        )
    ]
    methods = set(table["method"])
    absent = {name: text for name, text in (missing or {}).items() if name not in methods}
    empty = titled(pd.DataFrame({"method": list(absent), "words": list(absent.values())}, dtype=object))
    empty = empty.assign(effect=0.0, share=math.nan, low=math.nan, high=math.nan, first=True)
    return [
        *rows(checked.assign(words=counts, first=checked["effect"] == checked["effect"].min()), POWER),
        *rows(empty, POWER),
    ]


def decision_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of `decisions.grid`: those of the test that decides.

    Raises
    ------
    BadValueError
        If a column is missing.
    """
    needed(table, ("property", "output", "method", "explained", "p", "p_holm", "rejects", "alpha"))
    own = table[table["method"] == deciding(table["method"])]
    without = without_run(own) if "notes" in own else [False] * len(own)
    words = [
        ("not run" if absent else "not testable")
        if pd.isna(p)
        else f"{'yes' if rejects else 'no'}{' *' if holm < alpha else ''}"
        for p, rejects, holm, alpha, absent in zip(
            own["p"], own["rejects"], own["p_holm"], own["alpha"], without, strict=True
        )
    ]
    said = [
        word if pd.isna(p) else f"p {p_is(p)}, explained {percent(max(size, 0.0))}"
        for p, word, size in zip(own["p"], words, own["explained"], strict=True)
    ]
    return rows(panelled(own, "").assign(words=words, says=said), DECISIONS)


def titles_of(data: Sequence[Mapping[str, Any]], name: str) -> list[str]:
    """Return the names of panels by place, long ones in two lines.

    >>> titles_of([{"order": 1, "title": "b"}, {"order": 0, "title": "a"}], "title")
    ['a', 'b']
    """
    known = {int(row["order"]): str(row[name]) for row in data}
    return [
        "\n".join(textwrap.wrap(known.get(place, ""), LINE)) for place in range(max(known, default=-1) + 1)
    ]


def named(method: str) -> str:
    """Return the title of a test, or of the vote.

    >>> named("vote"), named("partial_correlation")
    ('vote of three', 'partial correlation')
    """
    return VOTED if method == VOTE else title_of(method)


def placed(method: str) -> tuple[int, str]:
    """Return a key that sorts tests: cheap ones first, the vote last."""
    return len(COST) if method == VOTE else COST.index(TESTS[method].cost), method


def titled(table: pd.DataFrame) -> pd.DataFrame:
    """Return rows of tests with their titles and their places.

    Raises
    ------
    BadValueError
        If there is no column ``method``, or a test in it isn't known.
    """
    ids = sorted([*TESTS, VOTE], key=placed)
    if unknown := set(needed(table, ("method",))["method"]) - set(ids):
        msg = f"A method is one of {', '.join(ids)}; got {', '.join(sorted(map(str, unknown)))}."
        raise BadValueError(msg)
    return table.assign(
        title=[named(name) for name in table["method"]],
        order=[ids.index(name) for name in table["method"]],
    )


def _groups(label: pd.Series) -> pd.Series:
    """Return labels as ordered groups; a number is cut into equal shares, unless it has few values."""
    if not _numeric(label):
        names = sorted((str(name) for name in label.unique()), key=_usual_place)
        return label.astype(str).astype(pd.CategoricalDtype(names, ordered=True))
    if label.nunique() <= SLICES:
        values = label.astype(pd.CategoricalDtype(sorted(label.unique()), ordered=True))
        return values.cat.rename_categories(_named_apart([[value] for value in values.cat.categories], "g"))
    cut = pd.qcut(label, SLICES, duplicates="drop")
    ends = label.groupby(cut, observed=False).agg(["min", "max"]).to_numpy().tolist()
    return cut.cat.rename_categories(_named_apart(ends, ".1f"))


def _numeric(label: pd.Series) -> bool:
    return label.dtype.kind in "fiu"


def _named_apart(groups: Sequence[Sequence[float]], shortest: str) -> list[str]:
    """Return names of groups by their values, with as many digits as tell them apart.

    >>> _named_apart([[-1.26, -0.04], [0.0, 1.0]], ".1f"), _named_apart([[0.01], [0.04]], ".1f")
    (['label −1.3 … 0.0', 'label 0.0 … 1.0'], ['label 0.01', 'label 0.04'])
    """
    for form in (shortest, ".2f", ".3f", ".6g", ""):  # the last: all digits
        names = ["label " + " … ".join(_plainly(value, form) for value in values) for values in groups]
        if len(set(names)) == len(names):
            break
    return names


def _plainly(value: float, form: str) -> str:
    """Return a number with a real minus sign, and none before a zero."""
    text = f"{value:{form}}"
    return text.removeprefix("-") if float(text) == 0 else text.replace("-", "−")


def _usual_place(label: str) -> tuple[int, str]:
    """Return a key that sorts emotions in their usual order, other labels after them by name."""
    return (LABELS.index(label) if label in LABELS else len(LABELS), label)


def _trend(part: pd.DataFrame) -> pd.DataFrame:
    """Return a smooth line through the faces: a parabola by least squares, where there are five or more.

    A property with two values has a straight line; one with a single value has none.
    """
    values = part["property"].nunique()
    if len(part) < 5 or values < 2:
        return pd.DataFrame({"property": [], "output": []})
    x = part["property"].to_numpy(np.float64)
    low, high = (float(end) for end in np.quantile(x, (0.02, 0.98)))
    line = np.linspace(low, high, 21)
    centre, spread = x.mean(), x.std() or 1.0
    fit = np.polyfit((x - centre) / spread, part["output"].to_numpy(np.float64), min(2, values - 1))
    return pd.DataFrame({"property": line, "output": np.polyval(fit, (line - centre) / spread)})


def rate_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of `rejections`."""
    given = titled(needed(table, ("setting", "method", "share", "low", "high", "repetitions")))
    said = [percent(share) for share in given["share"]]
    return rows(
        panelled(given, "").assign(row=given["setting"].astype(str), series=given["title"], words=said), RATES
    )
