"""Power over the number of people: how many a study needs, and what more of them would add."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from facelib.charts import theme
from facelib.charts.palette import colour
from facelib.charts.sizes import CURVE
from facelib.charts.tables import needed, rows
from facelib.errors import BadValueError
from facelib.stats.power import plain
from facelib.stats.power_sentences import percent

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd
else:
    from facelib.charts.deferred import altair as alt

NEEDED: Final = ("n", "question", "power", "delta")
CURVES: Final = ("n", "series", "power", "words")
MARKS: Final = ("n", "series", "power", "text", "height", "left")
WANTED: Final = 0.80
DASHES: Final = ([1, 0], [6, 3], [2, 2])


def power_curve(
    table: pd.DataFrame,
    *,
    wanted: float | None = WANTED,
    people: int | None = None,
    width: int = CURVE["width"],
    height: int = CURVE["height"],
) -> theme.Layered:
    """Draw the power of a study over the number of people, one line per question.

    A dot marks the smallest number of people in the table that reaches the wanted power, or `people` if they
    are given.

    Parameters
    ----------
    table
        From `facelib.stats.power_curve`.
    wanted
        Power that is drawn as a dashed line, above 0 and below 1; None: no line.
    people
        A number of people of the table to mark instead. None: the smallest that reaches `wanted`.
    width, height
        px.

    Raises
    ------
    BadValueError
        If a column is missing, the table is empty or has several rows for one question and number, or
        `wanted` or `people` is impossible.

    Examples
    --------
    >>> from facelib.stats import power_curve as curve
    >>> chart = power_curve(curve(-0.20, 0.15))
    >>> [row["text"] for row in chart.to_dict()["datasets"]["marks"]]
    ['16 people: 82 %']
    """
    if wanted is not None and not 0 < wanted < 1:
        msg = f"The wanted power lies above 0 and below 1; got {wanted!r}."
        raise BadValueError(msg)
    data = curve_rows(table)
    marks = marked(data, wanted, people)
    series = [str(name) for name in data["series"].drop_duplicates()]
    spoken = "; ".join(f"{row.series}: {row.text}" for row in marks.itertuples())
    missed = [name for name in series if name not in set(marks["series"])]
    if missed and wanted is not None:
        largest = int(data["n"].max())
        spoken += "; " * bool(spoken) + f"{', '.join(missed)}: not reached with {largest} people"
    chart = alt.layer(*_layers(series, wanted)).properties(
        width=width,
        height=height,
        datasets={"powers": rows(data, CURVES), "marks": rows(marks, MARKS)},
    )
    line = "" if wanted is None else f" Dashed: the wanted {percent(wanted)}."
    return theme.single(
        chart,
        name="power",
        heading="Share of studies that find it, over the number of people",
        description=f"Power over the number of people. {spoken}.{line}",
        above=10,
    )


def curve_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that are drawn: n, series (the question in words), power, words."""
    checked = needed(table, NEEDED)
    series = [_title(str(q), float(d)) for q, d in zip(checked["question"], checked["delta"], strict=True)]
    texts = [
        f"{percent(power)} with {n} people" for n, power in zip(checked["n"], checked["power"], strict=True)
    ]
    data = checked.assign(series=series, words=texts).sort_values("n", kind="stable", ignore_index=True)
    if data.empty or data.duplicated(["n", "series"]).any():
        why = "it is empty" if data.empty else "there are several: draw one assumed change at a time"
        msg = f"Expected one row per number of people and question, from facelib.stats.power_curve; {why}."
        raise BadValueError(msg)
    order = {name: place for place, name in enumerate(dict.fromkeys(series))}
    return data.sort_values("series", key=lambda names: names.map(order), kind="stable", ignore_index=True)


def marked(data: pd.DataFrame, wanted: float | None, people: int | None) -> pd.DataFrame:
    """Return the row of each series that is marked, with its ``text``; none where `wanted` isn't reached."""
    if people is not None:
        at_people = data[data["n"] == people]
        if at_people.empty:
            msg = (
                f"Expected a number of people of the table, {data['n'].min()} to {data['n'].max()}; got "
                f"{people!r}. Ask facelib.stats.power_curve for it by sizes=."
            )
            raise BadValueError(msg)
    else:
        reached = data[data["power"] >= (2.0 if wanted is None else wanted)]
        at_people = reached.drop_duplicates("series")
    names = list(data["series"].drop_duplicates())
    asked = list(at_people["question"]) if len(names) > 1 else [""] * len(at_people)  # which curve it is
    text = [
        f"{n} people{f', {question}' if question else ''}: {percent(power)}"
        for n, power, question in zip(at_people["n"], at_people["power"], asked, strict=True)
    ]
    # Texts stand below the curve, each at a height of its own, on the side where there is room.
    return at_people.assign(
        text=text,
        height=[0.06 + 0.1 * names.index(name) for name in at_people["series"]],
        left=at_people["n"] > 0.7 * data["n"].max(),
    )


def _title(question: str, delta: float) -> str:
    margin = f"δ = {plain(delta)}"
    return {
        "matters": f"matters at {margin}",
        "does not matter": f"does not matter at {margin}",
        "differs": "differs from no change",
    }.get(question, question)


def _layers(series: list[str], wanted: float | None) -> list[alt.Chart]:
    scale = alt.Scale(domain=[0, 1.02], nice=False)
    axis = alt.Axis(title=None, values=[0, 0.2, 0.4, 0.6, 0.8, 1], format="~%", ticks=False, domain=False)
    x = alt.X("n:Q", scale=alt.Scale(nice=False, zero=True), axis=alt.Axis(title="people", grid=False))
    y = alt.Y("power:Q", scale=scale, axis=axis)
    legend = alt.Legend(title=None, symbolOpacity=1, symbolSize=60, symbolStrokeWidth=0)
    shown = legend if len(series) > 1 else None
    paint = alt.Scale(domain=series, range=[colour(order) for order in range(len(series))])
    hue = alt.Color("series:N", scale=paint, legend=shown)
    shape = alt.Shape("series:N", scale=alt.Scale(domain=series), legend=shown)
    dash = alt.StrokeDash(
        "series:N",
        scale=alt.Scale(domain=series, range=[list(DASHES[i % len(DASHES)]) for i in range(len(series))]),
        legend=shown,
    )
    curves, marks = (alt.Chart(alt.NamedData(name=name)) for name in ("powers", "marks"))
    layers = [
        curves.mark_line(strokeWidth=2).encode(x=x, y=y, color=hue, strokeDash=dash),
        # Invisible, but large enough to be found by the pointer.
        curves.mark_point(size=60, opacity=0, filled=True).encode(
            x=x, y=y, tooltip=[alt.Tooltip("series:N", title="found"), alt.Tooltip("words:N", title="in")]
        ),
        marks.mark_rule(strokeWidth=1, strokeDash=[2, 2]).encode(
            x=x, y=alt.Y("power:Q", scale=scale, axis=axis), y2=alt.datum(0), color=hue
        ),
        marks.mark_point(filled=True, size=70, opacity=1, stroke="white", strokeWidth=1).encode(
            x=x, y=y, color=hue, shape=shape
        ),
        marks.mark_text(
            align=alt.ExprRef(expr="datum.left ? 'right' : 'left'"),
            dx=alt.ExprRef(expr="datum.left ? -5 : 5"),
            fontWeight="bold",
        ).encode(x=x, y=alt.Y("height:Q", scale=scale, axis=axis), text="text:N"),
    ]
    if wanted is not None:
        rule = (
            alt.Chart(alt.InlineData([{}]))
            .mark_rule(color=theme.INK, strokeDash=[4, 3], strokeWidth=1)
            .encode(y=alt.datum(wanted, scale=scale))
        )
        layers.insert(0, rule)
    return layers
