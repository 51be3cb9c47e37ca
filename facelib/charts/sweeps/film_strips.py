"""Film strips: pictures of growing strength, with their measures and classifier outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import altair as alt

from facelib.charts import theme
from facelib.charts.palette import colour
from facelib.charts.tables import classifiers_of, needed, rows
from facelib.errors import BadValueError

if TYPE_CHECKING:
    import pandas as pd

FRAMES: Final = (
    "strip", "title", "note", "step", "strength", "picture", "measure", "value", "caption", "low", "high",
)  # fmt: skip
OUTPUTS: Final = ("strip", "step", "strength", "classifier", "label", "probability")
GAP: Final = 4  # px between pictures
HEAD: Final = 32  # px for title and note above a strip
FOOT: Final = 22  # px for the captions below
CURVE: Final = 100  # px, width of a curve


def film(frames: pd.DataFrame, outputs: pd.DataFrame, *, size: int = 80) -> alt.HConcatChart:
    """Draw film strips, one below the other, each with the curves of its value and of the classifiers.

    Below every picture stand its strength and its value. Point at a picture: a line shows where it is on the
    curves. The pictures are part of the chart, so it can be saved and shown without a network.

    Parameters
    ----------
    frames
        One row per picture: strip, title, note, step, strength, picture (a URI), measure, value, caption, and
        low and high, the ends of the value's axis. See `facelib.studies.strip_tables`.
    outputs
        One row per picture and classifier: strip, step, strength, classifier, label, probability. All strips
        are drawn with one class of interest.
    size
        Side of a picture, px.

    Raises
    ------
    BadValueError
        If a column is missing, there is no picture, or the strips have several classes of interest.

    Examples
    --------
    >>> import pandas as pd
    >>> frames = pd.DataFrame({
    ...     "strip": 0, "title": "blur", "note": "the picture blurs", "step": [0, 1], "strength": [0.0, 1.0],
    ...     "picture": "data:image/png;base64,", "measure": "sharpness", "value": [0.8, 0.2],
    ...     "caption": ["0.80", "0.20"], "low": 0.2, "high": 0.8,
    ... })
    >>> outputs = pd.DataFrame({
    ...     "strip": 0, "step": [0, 1], "strength": [0.0, 1.0], "classifier": "fer", "label": "happy",
    ...     "probability": [0.9, 0.7],
    ... })
    >>> film(frames, outputs).to_dict()["datasets"]["frames"][0]["words"]
    '0 · 0.80'
    """
    label = _label(outputs)
    strip_texts = [
        f"{strength:.2g} · {caption}"
        for strength, caption in zip(needed(frames, FRAMES)["strength"], frames["caption"], strict=True)
    ]
    data = {
        "frames": rows(frames.assign(words=strip_texts, named=named(frames)), (*FRAMES, "words", "named")),
        "outputs": rows(outputs.assign(named=named(outputs)), (*OUTPUTS, "named")),
    }
    if not strip_texts:
        msg = "A film has at least one picture; the table has no rows."
        raise BadValueError(msg)
    pointed = alt.selection_point(
        name="pointed", fields=["strip", "step"], on="pointerover", clear="pointerout", empty=False
    )
    count = int(frames["step"].max()) + 1
    names = classifiers_of(outputs)
    chart = alt.hconcat(
        _row(_pictures(count, size, pointed), "frames", size),
        _row(_values(size, pointed), "frames", size),
        _row(_probabilities(size, pointed, names, label), "outputs", size),
        spacing=6,
        datasets=data,
    )
    strips = frames.drop_duplicates("strip")
    return chart.properties(
        title=alt.Title(
            text="Below a picture: strength · value; beside it the value and the outputs over the strength",
            color=theme.MUTED,
            fontWeight="normal",
            offset=4,
        ),
        description="Film strips of "
        + "; ".join(f"{title}: {note}" for title, note in zip(strips["title"], strips["note"], strict=True)),
        config=theme.config(),
        autosize=alt.AutoSizeParams(type="pad", contains="padding"),
        padding=2,
    )


def named(table: pd.DataFrame) -> pd.Series[bool]:
    """Return which rows carry the name of their strip's panel: the first of every strip."""
    return ~table["strip"].duplicated()


def _label(outputs: pd.DataFrame) -> str:
    labels = [str(name) for name in needed(outputs, OUTPUTS)["label"].drop_duplicates()]
    if len(labels) != 1:
        msg = f"A film has one class of interest; got {', '.join(labels) or 'no outputs'}."
        raise BadValueError(msg)
    return labels[0]


def _row(layers: list[alt.Chart], data: str, size: int) -> alt.FacetChart:
    """Return the panels of all strips, one below the other, each on its own vertical scale."""
    header = alt.Header(title=None, labels=False)
    panels: alt.FacetChart = (
        alt.layer(*layers, _room(size), data=alt.NamedData(name=data))
        .facet(row=alt.Row("strip:O", header=header), spacing=6)
        .resolve_scale(y="independent")
        .resolve_axis(x="independent")
    )
    return panels


def _pictures(count: int, size: int, pointed: alt.Parameter) -> list[alt.Chart]:
    width = count * (size + GAP)
    base = alt.Chart().encode(
        x=alt.X("step:Q", scale=alt.Scale(domain=[-0.5, count - 0.5], nice=False), axis=None)
    )
    tooltip = [
        alt.Tooltip("title:N"),
        alt.Tooltip("strength:Q", format=".2f"),
        alt.Tooltip("measure:N"),
        alt.Tooltip("caption:N", title="value"),
    ]
    picture = base.mark_image(width=size, height=size, baseline="top").encode(
        y=alt.value(0), url="picture:N", tooltip=tooltip
    )
    frame = (
        base.transform_filter(pointed)
        .mark_point(shape="square", size=size * size, strokeWidth=2, stroke=theme.COUNTED, filled=False)
        .encode(y=alt.value(size / 2))
    )
    captions = base.mark_text(color=theme.MUTED, fontSize=11, baseline="top").encode(
        y=alt.value(size + 5), text="words:N"
    )
    first = alt.Chart().transform_filter("datum.named")
    title = first.mark_text(align="left", baseline="alphabetic", fontWeight=600, fontSize=12).encode(
        x=alt.value(GAP / 2), y=alt.value(-19), text="title:N"
    )
    note = first.mark_text(align="left", baseline="alphabetic", color=theme.MUTED, limit=width).encode(
        x=alt.value(GAP / 2), y=alt.value(-6), text="note:N"
    )
    layers = [picture.add_params(pointed), frame, captions, title, note]
    return [layer.properties(width=width, height=size) for layer in layers]


def _room(size: int) -> alt.Chart:
    """Return an invisible mark that is equally high in all panels of a strip, so that they stand level."""
    area = alt.Chart().transform_filter("datum.named").mark_rect(opacity=0)
    room: alt.Chart = area.encode(
        x=alt.value(0), x2=alt.value(1), y=alt.value(-HEAD), y2=alt.value(size + FOOT)
    )
    return room


def _strength() -> alt.X:
    return alt.X(
        "strength:Q",
        scale=alt.Scale(domain=[-theme.MARGIN, 1 + theme.MARGIN], nice=False),
        axis=alt.Axis(title=None, values=[0, 0.5, 1], format="~g", grid=False),
    )


def _values(size: int, pointed: alt.Parameter) -> list[alt.Chart]:
    axis = alt.Axis(
        title=None, tickCount=3, ticks=False, domain=False, minExtent=theme.ROOM, maxExtent=theme.ROOM
    )
    base = alt.Chart().encode(
        x=_strength(), y=alt.Y("value:Q", scale=alt.Scale(zero=False, padding=8, nice=False), axis=axis)
    )
    tooltip = [alt.Tooltip("strength:Q", format=".2f"), alt.Tooltip("measure:N"), alt.Tooltip("caption:N")]
    layers = [
        *(base.mark_point(opacity=0).encode(y=alt.Y(f"{end}:Q")) for end in ("low", "high")),
        base.mark_line(color=theme.INK, strokeWidth=1.8),
        base.mark_point(color=theme.INK, filled=True, size=22, opacity=1).encode(tooltip=tooltip),
        _rule(pointed),
        _name("measure:N"),
    ]
    return [layer.properties(width=CURVE, height=size) for layer in layers]


def _probabilities(size: int, pointed: alt.Parameter, names: list[str], label: str) -> list[alt.Chart]:
    unit = alt.Scale(domain=[-theme.MARGIN, 1 + theme.MARGIN], nice=False)
    axis = alt.Axis(title=None, values=[0, 0.5, 1], format="~g", ticks=False, domain=False)
    colours, shapes = _series_encodings(names)
    base = alt.Chart().encode(x=_strength(), y=alt.Y("probability:Q", scale=unit, axis=axis), color=colours)
    tooltip = [
        alt.Tooltip("classifier:N"),
        alt.Tooltip("strength:Q", format=".2f"),
        alt.Tooltip("probability:Q", format=".3f"),
    ]
    layers = [
        base.mark_line(strokeWidth=1.8),
        base.mark_point(filled=True, size=26, opacity=1).encode(shape=shapes, tooltip=tooltip),
        _rule(pointed),
        _name(f"probability of {label}"),
    ]
    return [layer.properties(width=CURVE + 20, height=size) for layer in layers]


def _series_encodings(names: list[str]) -> tuple[alt.Color, alt.Shape]:
    legend = alt.Legend(
        title=None, orient="top", direction="horizontal", offset=4, symbolOpacity=1, symbolSize=45
    )
    colours = alt.Scale(domain=names, range=[colour(order) for order in range(len(names))])
    return (
        alt.Color("classifier:N", scale=colours, legend=legend),
        alt.Shape("classifier:N", scale=alt.Scale(domain=names), legend=legend),
    )


def _rule(pointed: alt.Parameter) -> alt.Chart:
    rule: alt.Chart = (
        alt.Chart()
        .transform_filter(pointed)
        .mark_rule(color=theme.COUNTED, strokeWidth=1.2)
        .encode(x=alt.X("strength:Q"))
    )
    return rule


def _name(text: str) -> alt.Chart:
    words = (
        alt.Chart()
        .transform_filter("datum.named")
        .mark_text(align="left", color=theme.MUTED, limit=CURVE + 30)
    )
    shown = alt.Text(text) if text.endswith(":N") else alt.value(text)
    name: alt.Chart = words.encode(x=alt.value(0), y=alt.value(-10), text=shown)
    return name
