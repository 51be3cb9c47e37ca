"""Content of the report of an interventional study."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import pandas as pd

from facelib import properties, stats
from facelib.interventions.intervention import held_fixed
from facelib.reports import common
from facelib.reports.effect_tables import contrast_table, effect_table, label_table, share_table, too_few
from facelib.reports.examples import example
from facelib.reports.interventional_figures import figures
from facelib.reports.interventional_method import (
    aim,
    control_title,
    declared,
    facts,
    item_of,
    keys_of,
    paragraph,
    titles_of,
)
from facelib.reports.parts import Content, Section, Table
from facelib.stats.effects.counting import describe_counts
from facelib.stats.effects.equivalence import (
    BLIND,
    CANNOT_TELL,
    DIFFERS,
    DOES_NOT,
    MATTERS,
    NO_FALL,
    NO_RISE,
    VERDICTS,
)
from facelib.studies.declared.hypothesis import INTENDED
from facelib.studies.interventional import UNBOUNDED
from facelib.studies.outcomes import describe_accuracy
from facelib.utilities.wording import capital, in_unit, listed, margin, signed

if TYPE_CHECKING:
    from facelib.studies.results import InterventionalResult

SENTENCES: Final = {
    MATTERS: "{it} matters{at} for {whom}",
    DOES_NOT: "{it} does not matter{at} for {whom}",
    DIFFERS: "{it} differs between people{at} for {whom}",
    NO_FALL: "{it} cannot be a fall{at} for {whom}, less is there",
    NO_RISE: "{it} cannot be a rise{at} for {whom}, less is left",
    BLIND: "{it} could not have shown anything{at} for {whom}, "
    "which hardly move even when the whole expression goes",
    CANNOT_TELL: "whether {it} matters{at} can't be said for {whom}",
}
BETS: Final = (
    "And bets on every person's change, which hold for all distributions, have to agree with the interval."
)
NAMED: Final = 4  # classifiers that are named in the answer; more are counted
MOVES: Final = {"two-sided": "change", "less": "fall", "greater": "rise"}


def tables(result: InterventionalResult) -> dict[str, pd.DataFrame]:
    """Return the tables of a folder, by name."""
    by_name = {
        "effects": result.effects,
        "effects_by_label": result.effects_by_label,
        "curves": result.curves,
        "share_significant": result.share_significant,
        "manipulation": manipulation(result),
        "accuracy": result.accuracy,
    }
    if result.contrasts is not None:
        by_name["contrasts"] = result.contrasts
    return by_name


def content(result: InterventionalResult) -> Content:
    """Return the content of the report."""
    _ = result.intended  # raises where there is nothing to report
    titles = titles_of(result)
    frame = common.frame(result)
    by_label = result.effects_by_label
    return Content(
        **frame,
        question=question(result),
        answer=answers(result),
        reading=_reading(result),
        sections=(
            *_overview(result, titles),
            *(_section(result, name, titles) for name in result.interventions),
        ),
        facts=facts(result),
        declared=declared(result),
        appendix=(
            Section(
                "all-outputs",
                "All outputs",
                (_every_output(result),),
                tables=tuple(
                    label_table(by_label[by_label["intervention"] == name], titles[name])
                    for name in result.interventions
                ),
            ),
        ),
        paragraph=paragraph(result),
    )


def _every_output(result: InterventionalResult) -> str:
    if result.unit is None:
        return "Every common emotion of every classifier, whatever a face is meant to show."
    return "Every output on the same scale as the class of interest: a margin is in its units."


def question(result: InterventionalResult) -> str:
    """Return the question of the study, in one sentence."""
    clauses = [item["clause"] for item in result.settings["interventions"]]
    names = result.settings["classifiers"]
    outputs = "output" if len(names) == 1 else "outputs"
    moves = MOVES[result.settings["alternative"]]
    does = "Does" if len(names) == 1 else "Do"
    when = (
        clauses[0] if len(clauses) == 1 else ", ".join(f"({k}) {text}" for k, text in enumerate(clauses, 1))
    )
    meant = ", the one that each face is meant to show," if result.label == INTENDED else ""
    return (
        f"{does} the {outputs} of {common.several(names, 'classifier')} for {aim(result)}{meant} "
        f"{moves} as {when}?"
    )


def answers(result: InterventionalResult) -> tuple[str, ...]:
    """Return the answer for every change; that of the hypothesis comes first and says so."""
    ids = {item["name"]: item["id"] for item in result.settings["interventions"]}
    about, names = common.hypothesis_first(result, result.interventions, ids)
    return tuple(f"{common.ON if name == about else ''}{answer(result, name)}" for name in names)


def answer(result: InterventionalResult, name: str) -> str:
    """Return for which classifiers a change matters, and how many lower their output."""
    rows = result.effects[result.effects["intervention"] == name]
    it = f"the change of the output for {aim(result)}"
    parts_of_answer = [
        f"As {item_of(result, name)['clause']}, {_verdicts(result, rows, it)}.",
        _beyond_control(result, name),
        too_few(rows),
        _counts(result, name),
    ]
    return " ".join(filter(None, parts_of_answer))


def _verdicts(result: InterventionalResult, rows: pd.DataFrame, it: str) -> str:
    """Return for which classifiers each verdict was given of it."""
    at, parts, what = f" at δ = {in_unit(margin(result.settings['delta']), result.unit)}", [], it
    for verdict in VERDICTS:
        group = rows[rows["verdict"] == verdict]
        if group.empty:
            continue
        parts.append(SENTENCES[verdict].format(it=what, at=at, whom=_with_changes(group, len(rows))))
        what, at = "it", ""
    return "; ".join(parts) or f"nothing is known of {it}"


def _beyond_control(result: InterventionalResult, name: str) -> str:
    """Return the same of what is left when the control's change is taken away; "" without a control of it."""
    contrasts = result.contrasts
    rows = None if contrasts is None else contrasts[contrasts["intervention"] == name]
    if rows is None or rows.empty:
        return ""
    fixed = held_fixed(result.control or "", name)
    than = f", which keeps {fixed}" if fixed else ""
    it = "what is left of the change"
    return f"Beyond the control ({control_title(result)}{than}), {_verdicts(result, rows, it)}."


def _with_changes(own: pd.DataFrame, of: int) -> str:
    """Return classifiers with their mean changes; many of them as a number, with the range."""
    means = own["mean"]
    if len(own) <= NAMED and (len(own) < of or of == 1):
        names = listed(
            [f"{name} ({signed(mean)})" for name, mean in zip(own["classifier"], means, strict=True)]
        )
        return names if of == 1 else f"{names}, {len(own)} of {of}"
    many = f"{len(own)} of {of}" if len(own) < of else "both" if of == 2 else f"all {of}"
    finite = means.dropna()
    size = f" (mean change {signed(finite.min())} to {signed(finite.max())})" if len(finite) else ""
    return f"{many} classifiers{size}"


def sentences(result: InterventionalResult, name: str) -> tuple[str, ...]:
    """Return one sentence per classifier."""
    rows = result.effects[result.effects["intervention"] == name].assign(label=aim(result))
    clause = item_of(result, name)["clause"]
    return tuple(stats.describe_effect(row, clause=clause) for row in rows.to_dict("records"))


def manipulation(result: InterventionalResult) -> pd.DataFrame:
    """Return the effect of the changes on measured properties: mean over faces at strength 0 and 1.

    Columns: intervention, property, meant (whether it is the one that is meant to move), faces, start, end,
    change.
    """
    rows = result.sound.drop_duplicates(["face", "intervention", "step"])
    moved = []
    for item in result.settings["interventions"]:
        part = rows[rows["intervention"] == item["name"]]
        for name in result.settings["measured"]:
            if f"measured_{name}" not in part or part.empty:
                continue
            values = part.pivot_table(index="face", columns="strength", values=f"measured_{name}")
            if not {0.0, 1.0} <= set(values.columns):
                continue
            ends = values[[0.0, 1.0]].dropna()
            moved.append(
                {
                    "intervention": item["name"],
                    "property": name,
                    "meant": item["moves"] == name,
                    "faces": len(ends),
                    "start": ends[0.0].mean(),
                    "end": ends[1.0].mean(),
                    "change": (ends[1.0] - ends[0.0]).mean(),
                }
            )
    columns = ["intervention", "property", "meant", "faces", "start", "end", "change"]
    return pd.DataFrame(moved, columns=columns)


def _counts(result: InterventionalResult, name: str) -> str:
    contrasts, control = result.contrasts, result.control
    return describe_counts(
        result.effects[result.effects["intervention"] == name],
        None if contrasts is None else contrasts[contrasts["intervention"] == name],
        clause=item_of(result, name)["clause"],
        control=control_title(result) if control is not None else "",
        fixed=held_fixed(control or "", name) or "",
        aim=aim(result),
    )


def _reading(result: InterventionalResult) -> tuple[str, ...]:
    fact = facts(result)
    return (
        f"A change matters if the whole {fact['verdict_level']} interval of its mean lies beyond a margin "
        f"of ± {fact['delta']} {fact['in_units']}; it doesn't if the whole interval lies inside; else "
        f"it can't be said from these people, and more of them may show it. With fewer than {fact['least']} "
        f"people the first is never said, with fewer than {fact['fewest']} the second.",
        "The second takes more than that interval. “Differs between people”: surely more than "
        "a tenth of the people fall, or rise, by more than the margin, so that a mean says little. “Cannot "
        "fall that far”: less than the margin is there to lose. “Could not have shown it”: the output hardly "
        f"moves even when the whole expression goes. {BETS if result.bounds is not None else UNBOUNDED}",
        "The verdict is about size. A p is about chance alone: how easily so large a mean arises if nothing "
        "happens. It gets smaller with the number of people, however small the change. Both stand in the "
        "tables, p before and after correction for the number of tests; the verdict is not corrected.",
        "All of it is about the outputs of classifiers, never about what a person feels.",
    )


def _overview(result: InterventionalResult, titles: Mapping[str, str]) -> tuple[Section, ...]:
    """Return the section that compares interventions, and says whether they did what they should."""
    checked = manipulation(result)
    overview = [share_table(result.share_significant, titles)] if len(result.interventions) > 1 else []
    if len(checked):
        overview.append(_check_table(checked, titles))
    read = describe_accuracy(result.accuracy)
    if not overview and not read:
        return ()
    return (Section("overview", "Overview", tuple(filter(None, [read])), tables=tuple(overview)),)


def _check_table(checked: pd.DataFrame, titles: Mapping[str, str]) -> Table:
    catalogue = properties.PROPERTIES
    rows = tuple(
        (
            capital(titles[row["intervention"]]),
            catalogue[row["property"]].title if row["property"] in catalogue else str(row["property"]),
            "yes" if row["meant"] else "",
            *(_measured(row[name]) for name in ("start", "end")),
            f"{row['faces']:,}",
        )
        for row in checked.to_dict("records")
    )
    return Table(
        "Did the changes do what they should? Properties measured in the pictures, means over faces. What "
        "isn't listed was not measured, and may have moved too.",
        ("Change", "Property", "Meant to move", "At strength 0", "At strength 1", "Faces"),
        rows,
        words=frozenset({0, 1, 2}),
    )


def _measured(value: float) -> str:
    """Return a measured number with three significant digits.

    >>> _measured(0.98765), _measured(41.26), _measured(-3.14159)
    ('0.988', '41.3', '−3.14')
    """
    return f"{value:.3g}".replace("-", "−")


def _section(result: InterventionalResult, name: str, titles: Mapping[str, str]) -> Section:
    item, title = item_of(result, name), titles[name]
    effects = result.effects[result.effects["intervention"] == name]
    contrasts = result.contrasts
    contrast = None if contrasts is None else contrasts[contrasts["intervention"] == name]
    contrast = None if contrast is None or contrast.empty else contrast
    tables = [effect_table(effects, title)]
    if contrast is not None:
        tables.append(contrast_table(contrast, title, control_title(result)))
    role = " It is the control that the others are compared with." if name == result.control else ""
    return Section(
        f"change-{keys_of(result)[name]}",
        capital(title),
        (f"{item['description']} Here, {item['clause']}.{role}",),
        sentences(result, name),
        tuple(tables),
        figures(result, name, titles, contrast),
        example(result, item),
    )
