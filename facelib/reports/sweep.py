"""Content of the report of a sweep: one face, one change, several classifiers; and its page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from facelib.charts import sizes, specs
from facelib.charts.export import with_data
from facelib.charts.tables import BAND, OUTPUTS, rows
from facelib.faces import Head
from facelib.properties import PROPERTIES
from facelib.properties.property import ALIKE
from facelib.reports import common, page
from facelib.reports.explorable import about
from facelib.reports.live import label_of
from facelib.reports.parts import Content, Figure, Picture, Section, Table, footnotes, two_columns
from facelib.reports.words import NOTE, Measure, measure_of
from facelib.studies.consent import consented, is_photograph
from facelib.studies.sweeps.effects import NO_OUTPUT
from facelib.studies.sweeps.film import labelled
from facelib.studies.sweeps.film_strips import data_uri
from facelib.studies.sweeps.sweep import DELTA
from facelib.studies.sweeps.view import cut, picture_alt, smaller, view_of
from facelib.utilities.wording import NOTHING, capital, interval, listed, percent, plain, shown_name, signed

if TYPE_CHECKING:
    import pandas as pd

    from facelib.reports.explorable import About
    from facelib.studies.sweeps.placebos import References
    from facelib.studies.sweeps.sweep import Sweep

SHOWN: Final = 5  # pictures of the face at most
SIDE, QUALITY = 192, 80  # px of each, and of the JPEG: a row has some 60 KB
LEFT_OUT: Final = (
    "No picture is shown: the face is a photograph, and nobody said that the person shown has agreed that it "
    "is passed on."
)
ONE: Final = "It is one face: nothing is inferred to other faces or to people, which takes a study of many."
READING: Final = (
    "Change: {kind} at strength 1 minus that at strength 0. Its interval is the middle 90 % of the "
    "picture and its shaken copies, and reaches as far as the change. δ = {delta}.",
    NOTE,
    ONE,
)


def write(
    sweep: Sweep,
    path: str | Path,
    *,
    references: References | None = None,
    delta: float | None = None,
    with_photograph: bool = False,
    consent: str = "",
) -> Path:
    """Write the report of a sweep as one HTML file; see `facelib.studies.Sweep.report`."""
    target = page.target_of(path, "A report", "smile.html")
    text = html(sweep, references=references, delta=delta, with_photograph=with_photograph, consent=consent)
    return page.save(target, text)


def html(
    sweep: Sweep,
    *,
    references: References | None = None,
    finished: bool = True,
    delta: float | None = None,
    with_photograph: bool = False,
    consent: str = "",
) -> str:
    """Return the page; parameters as for `write`, and whether all placebos that are wanted are there."""
    photograph = LEFT_OUT
    if not is_photograph(sweep.face) or with_photograph is not False:
        photograph = consented(sweep.face, "This report", with_photograph=with_photograph, consent=consent)
    measure = measure_of(sweep, sweep.label, delta)
    references = references or sweep.references
    return page.html(content(sweep, measure, references, finished=finished, photograph=photograph))


def content(
    sweep: Sweep,
    measure: Measure,
    references: References | None = None,
    *,
    finished: bool = True,
    photograph: str = "",
) -> Content:
    """Return the content of the report.

    Parameters
    ----------
    measure
        How the class of interest is written.
    references
        Placebo sweeps that are in so far.
    finished
        Whether all of them are there.
    photograph
        What is said of a photograph in the file, or `LEFT_OUT`; "": the face is rendered.
    """
    effects = sweep.effects(delta=measure.delta, references=references)
    words = label_of(sweep, measure, references, finished=finished)
    known = about(sweep, references, photograph)
    names = common.several(sweep.classifiers, "classifier")
    so_far = "Complete" if finished else "Unfinished: placebos are still being computed"
    return Content(
        kind="sweep",
        title=f"As {sweep.clause}",
        question=f"Does the output of {names} for {sweep.label} change on this face as {sweep.clause}?",
        status=f"{so_far}: one face at {len(sweep.strengths)} strengths, read by {names}.",
        complete=finished,
        answer=(words["sentence"], *words["notes"]),
        reading=tuple(
            line.format(delta=measure.margin, kind="value" if measure.scale else "probability")
            for line in READING
        ),
        registered=(),
        changes=(),
        sections=(
            _faces(sweep, photograph),
            Section(
                "outputs",
                f"Outputs for {sweep.label}",
                sentences=tuple(words["own"]),
                tables=(_verdicts(measure, effects, words["rows"]),),
                figures=(_curves(sweep, measure, effects, references, words["ends"]),),
            ),
            _held(sweep),
        ),
        facts=_facts(sweep, measure, references),
        declared=_declared(sweep, measure, known),
        failures=(sweep.notes or ("Nothing failed.",), None),
        provenance=_provenance(known),
        appendix=_appendix(sweep, effects),
        paragraph=_paragraph(sweep, measure, references, known.generator),
        cite=known.cite,
        limits=(ONE,),
        generator=known.generator,
    )


def _faces(sweep: Sweep, photograph: str) -> Section:
    """Return the pictures at some strengths, side by side, each with its strength."""
    last = len(sweep.strengths) - 1
    steps = np.unique(np.linspace(0, last, min(SHOWN, last + 1)).round().astype(int)).tolist()
    if photograph == LEFT_OUT:
        return Section("face", "The face", picture=LEFT_OUT)
    view = view_of(sweep.frames.faces[0])
    drawn = [
        labelled(smaller(cut(sweep.images[step], view), SIDE), float(sweep.strengths[step])) for step in steps
    ]
    row = np.concatenate(drawn, axis=1)
    at = listed([f"{sweep.strengths[step]:.2f}" for step in steps])
    return Section(
        "face",
        "The face",
        picture=Picture(
            data_uri(row, QUALITY),
            (row.shape[1], row.shape[0]),
            f"As {sweep.clause}: strengths {at}.",
            f"{capital(picture_alt(sweep.face))}, {len(steps)} times side by side, at strengths {at}.",
        ),
    )


def _verdicts(measure: Measure, effects: pd.DataFrame, said: Sequence[Mapping[str, Any] | None]) -> Table:
    """Return one row a classifier: outputs, interval, room, verdict and why."""
    places = measure.places
    marks, notes = footnotes([f"{capital(remark)}." if remark else "" for remark in effects["remark"]])
    cells = []
    for row, mark, own in zip(effects.to_dict("records"), marks, said, strict=True):
        name = f"{shown_name(row['classifier'])}{f' [{mark}]' if mark else ''}"
        if own is None:
            cells.append((name, *[NOTHING] * 6, NO_OUTPUT))
            continue
        cells.append(
            (
                name,
                plain(row["start"], places),
                plain(row["end"], places),
                signed(row["change"], places),
                interval(row["low"], row["high"], places),
                _room(row, measure),
                own["verdict"],
                own["reason"],
            )
        )
    columns = (
        "Classifier", "Strength 0", "Strength 1", "Change", "90 % interval", "Room to fall, to rise",
        f"At δ = {measure.margin}", "Why",
    )  # fmt: skip
    caption = f"{capital(measure.what)} on this face: change, interval over shaken copies, room, verdict."
    return Table(caption, columns, tuple(cells), notes, words=frozenset({0, 6, 7}))


def _room(row: Mapping[Any, Any], measure: Measure) -> str:
    """Say how far an output can fall, and rise."""
    if math.isinf(row["room"]):
        return "no bounds"
    rise = measure.rises_to - row["start"]
    return f"{plain(row['room'], measure.places)} and {plain(rise, measure.places)}"


def _curves(
    sweep: Sweep,
    measure: Measure,
    effects: pd.DataFrame,
    references: References | None,
    ends: Sequence[float],
) -> Figure:
    """Return the outputs over the strength, with the band of the placebos."""
    there = effects[effects["verdict"] != NO_OUTPUT]
    lacks = [name for name in sweep.classifiers if name not in set(there["classifier"])]
    band = references.band(sweep.label) if references else None

    def draw() -> dict[str, Any]:
        last = len(sweep.strengths) - 1
        options: dict[str, Any] = {"unit": measure.unit, "ends": ends} if measure.scale else {}
        spec = specs.response(sweep.classifiers, steps=last + 1, without=lacks, **sizes.CURVES, **options)
        columns = (*OUTPUTS[:-1], "value") if measure.scale else OUTPUTS
        data = {"outputs": rows(sweep.outputs, columns), "band": rows(band, BAND)}
        shown = None if band is None else not band.empty
        return with_data(spec, data, {"label": sweep.label, "step": last, "compared": shown})

    grey = " Grey: where 90 % of placebos (harmless changes of the same size) lie." if references else ""
    places = measure.places
    spoken = "; ".join(
        f"{row['classifier']} from {plain(row['start'], places)} to {plain(row['end'], places)}"
        for row in there.to_dict("records")
    )
    return Figure(
        "curves",
        f"{capital(measure.what)} over the strength, one panel a classifier.{grey}",
        f"Curves of {measure.what} over strengths 0 to 1: {spoken or 'none'}.",
        draw,
    )


def _held(sweep: Sweep) -> Section:
    """Say what was held fixed, and what was measured at both ends."""
    same = float((sweep.images[0] == sweep.images[-1]).all(axis=-1).mean())
    made = (
        "All pictures are of the same head, which stands under Provenance: at each strength only what the "
        "change sets differs from it."
        if isinstance(sweep.face, Head)
        else "All pictures are made from the same one."
    )
    fixed = (
        f"{made} At strength 1, {percent(same)} of the pixels are as at strength 0, bit for bit. Every "
        "picture is cut with the face box of strength 0, and each classifier prepares all of them alike."
    )
    return Section("held", "What was held fixed, and what moved along", (fixed,), tables=(_measured(sweep),))


def _measured(sweep: Sweep) -> Table:
    """Return what was measured at strengths 0 and 1, and what of it moved."""
    cells = []
    for name in sweep.properties:
        kind, values = PROPERTIES[str(name)], sweep.properties[name].to_numpy(float)
        first, last = float(values[0]), float(values[-1])
        if not (math.isfinite(first) and math.isfinite(last)):
            continue
        moved = abs(last - first) >= ALIKE * (kind.high - kind.low)
        meant = name == sweep.intervention.moves
        said = (
            ("as meant" if moved else "meant, and hardly moved") if meant else "moved along" if moved else ""
        )
        title = f"{kind.title}{f', {kind.unit}' if kind.unit else ''}"
        cells.append((title, f"{first:.2f}", f"{last:.2f}", signed(last - first), said or "held"))
    caption = (
        f"Measured in the pictures or known of them. “Moved along”: by {percent(ALIKE)} of its usual range "
        "or more (our choice); what moves along may be why an output follows. Other things weren't measured."
    )
    columns = ("Property", "Strength 0", "Strength 1", "Change", "Moved")
    return Table(caption, columns, tuple(cells), words=frozenset({0, 4}))


def _facts(sweep: Sweep, measure: Measure, references: References | None) -> dict[str, Any]:
    """Return what the method's template needs."""
    return {
        "strengths": len(sweep.strengths),
        "classifiers": len(sweep.classifiers),
        "copies": _copies(sweep),
        "seed": sweep.seed,
        "delta": measure.margin,
        "output": measure.what if measure.scale else "the probability of a class",
        "placebos": len(references) if references else 0,
    }


def _copies(sweep: Sweep) -> int:
    return len(next(iter(sweep.replicates.values()), ()))


def _declared(sweep: Sweep, measure: Measure, known: About) -> Table:
    said = dict(known.facts)
    names = ("Change", "Strengths", "Class of interest", "Shaken copies", "Placebos")
    pairs = [
        *((name, said[name]) for name in names),
        ("Margin δ", _margin(measure)),
        ("Classifiers", listed(sweep.classifiers)),
    ]
    return two_columns("As the sweep was set.", pairs, names=("What", "Set to"))


def _margin(measure: Measure) -> str:
    if measure.scale:
        return f"{measure.margin}, set by who made the sweep; scale: {measure.scale}"
    usual = measure.delta == DELTA
    return f"{measure.margin} in probability{', the same for all sweeps (our choice)' if usual else ''}"


def _provenance(known: About) -> tuple[Table, ...]:
    kept = [(name, said) for name, said in known.facts if name != "Maps"]  # none is in it
    words = frozenset(range(len(known.columns)))
    return (
        two_columns("Face, change, seeds and versions.", kept, names=("What", "Which")),
        Table("Classifiers.", tuple(map(capital, known.columns)), known.classifiers, words=words),
    )


def _appendix(sweep: Sweep, effects: pd.DataFrame) -> tuple[Section, ...]:
    """Return every class of every classifier at both ends, and the statistics of the curves."""
    last = len(sweep.strengths) - 1
    outputs = sweep.outputs
    valued = "value" in outputs
    wide = outputs[outputs["step"].isin([0, last])].pivot_table(
        index=["classifier", "label"],
        columns="step",
        values="value" if valued else "probability",
        sort=False,
        observed=True,
    )
    every = tuple(
        (str(name), str(label), plain(first), plain(end), signed(end - first))
        for (name, label), first, end in zip(wide.index, wide[0], wide[last], strict=True)
    )
    columns = ("Classifier", "Class", "Strength 0", "Strength 1", "Change")
    of = "Every output: probabilities and values." if valued else "Probability of every class."
    shown = Table(of, columns, every, words=frozenset({0, 1}))
    details = tuple(
        (
            str(row["classifier"]), f"{row['epgm']:.4f}", f"{row['total_variation']:.2f}",
            plain(row["correlation"]), _count(row["flips"]), str(row["order"]),
        )
        for row in effects[effects["verdict"] != NO_OUTPUT].to_dict("records")
    )  # fmt: skip
    heads = ("Classifier", "EPGM", "Total variation", "Correlation", "Flips", "Order of the strengths")
    caption = (
        f"Curves of {sweep.label}: mean step in size (EPGM; compare at equal numbers of strengths), all "
        "steps added, correlation with the strength, changes of the winning class, and the shuffle test."
    )
    return (
        Section("all-outputs", "All outputs", tables=(shown,)),
        Section(
            "details", "Gradients and order", tables=(Table(caption, heads, details, (), frozenset({0, 5})),)
        ),
    )


def _count(value: float | None) -> str:
    return NOTHING if value is None or math.isnan(value) else f"{value:g}"


def _paragraph(sweep: Sweep, measure: Measure, references: References | None, generator: str) -> str:
    face = "rendered head" if isinstance(sweep.face, Head) else "picture of a face"
    placebos = (
        f" Beside it stand {len(references)} placebos, harmless changes of the same size in pixels "
        f"(seed {references.seed})."
        if references
        else ""
    )
    return (
        f"One {face} was changed so that {sweep.clause}, in {len(sweep.strengths)} strengths from 0 to 1, "
        f"and every picture was read by {common.several(sweep.classifiers, 'classifier')} with the face box "
        f"of strength 0 ({generator}). For the output {sweep.label}, the middle 90 % of the change over the "
        f"picture and {_copies(sweep)} shaken copies (shift, size, light by up to 3 %; seed {sweep.seed}) "
        f"was compared with ± δ = {measure.margin}{'' if measure.scale else ' in probability'}.{placebos} "
        "It shows nothing of other faces."
    )
