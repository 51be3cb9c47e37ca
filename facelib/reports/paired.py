"""Content of the report of a study of pairs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from facelib.reports import common, drawing
from facelib.reports.effect_tables import judged, levels, places, sides
from facelib.reports.parts import Content, Figure, Section, Table, footnotes, two_columns
from facelib.stats import fewest_people, fewest_to_matter
from facelib.stats.effects.equivalence import DIFFERS, DOES_NOT, MATTERS
from facelib.stats.effects.sentences import limits_of, possible
from facelib.stats.paired import ALL, FLIPS, MCNEMAR, WORDS
from facelib.studies.declared.hypothesis import INTENDED
from facelib.studies.meant import taken
from facelib.utilities.wording import (
    capital,
    chance,
    counted,
    interval,
    listed,
    margin,
    percent,
    plain,
    signed,
)

if TYPE_CHECKING:
    import pandas as pd

    from facelib.studies.results import PairedResult

FEW: Final = 3  # expressions that are told apart in the answer
SMALL: Final = 3  # places of a standard error
MISSING: Final = 40  # missing halves in the page; all of them are in the exported table


def tables(result: PairedResult) -> dict[str, pd.DataFrame]:
    """Return the tables of a folder, by name."""
    pairing = result.pairing
    return {
        "effects": result.effects,
        "intended_effects": result.intended_effects,
        "accuracy_change": result.accuracy_change,
        "retests": result.retests,
        "differences": result.differences,
        "pairs": pairing.pairs,
        "missing_halves": pairing.alone,
        "left_out": pairing.left_out,
    }


def content(result: PairedResult) -> Content:
    """Return the content of the report."""
    frame = common.frame(result)
    effects = result.effects
    names = [str(name) for name in effects["intervention"].drop_duplicates()]
    return Content(
        **frame,
        question=question(result),
        answer=tuple(
            f"{common.ON if frame['registered'] and not name else ''}{answer(result, name)}" for name in names
        ),
        reading=_reading(result),
        sections=(_overview(result), *_results(result, names)),
        facts=facts(result),
        declared=_declared(result),
        appendix=(
            Section(
                "all-outputs",
                "All outputs",
                ("Every class of every classifier, over all pictures, whatever they show.",),
                tables=tuple(
                    _effect_table(effects[effects["intervention"] == name], _titles(result)[name])
                    for name in names
                ),
            ),
        ),
        paragraph=paragraph(result),
        limits=_limits(result),
    )


def question(result: PairedResult) -> str:
    """Return the question of the study, in one sentence."""
    first, second = result.settings["order"]
    whose = common.several(result.settings["classifiers"], "classifier")
    return (
        f"Do outputs of {whose} for the same people differ between {result.settings['condition']} “{first}” "
        f"and “{second}”?"
    )


def answer(result: PairedResult, name: str) -> str:
    """Say how the output that is meant, accuracy and all outputs differ; after a change of pictures: so."""
    *said, every = answers(result, name)
    first, second = result.settings["order"]
    begin = f"{_after(result, name)}“{second}” against “{first}”: "
    told = ". ".join([*said[:1], *map(capital, said[1:])])
    return f"{begin}{told}. {every}" if said else begin + every


def answers(result: PairedResult, name: str) -> list[str]:
    """Return what `answer` says, one by one: the output that is meant and accuracy, if known; all outputs."""
    rows = result.effects[result.effects["intervention"] == name]
    return [*filter(None, [_meant(result, name), _named_right(result, name)]), _all_outputs(result, rows)]


def _meant(result: PairedResult, name: str) -> str:
    """Return the mean difference of the output for what each face is meant to show, by classifier."""
    meant = result.intended_effects
    own = meant[meant["intervention"] == name]
    rows = own[own["label"] == INTENDED].to_dict("records")
    each = own[own["label"] != INTENDED]
    level = facts(result)["level"]
    changes = [_change(row) for row in rows]
    if not changes:
        return ""
    alone = "; ".join(
        f"{label}: {', '.join(_change(row) for row in some.to_dict('records'))}"
        for label, some in each.groupby("label", sort=False)
    )
    apart = f". By expression: {alone}" if 0 < len(each["label"].drop_duplicates()) <= FEW else ""
    return f"the output for what each face is meant to show ({level} intervals): {'; '.join(changes)}{apart}"


def _change(row: Mapping[Any, Any]) -> str:
    return (
        f"{row['classifier']} {signed(row['mean'])} ({interval(row['low'], row['high'])}, {row['verdict']})"
    )


def _named_right(result: PairedResult, name: str) -> str:
    """Return the accuracy under both conditions, by classifier."""
    accuracy = result.accuracy_change
    moves = [
        f"{row['classifier']} {percent(row['second'])} against {percent(row['first'])}, a change of "
        f"{signed(row['change'])} ({interval(row['change_low'], row['change_high'])}; "
        f"{common.p_words(row['p'], row['p_holm'])})"
        for row in accuracy[(accuracy["intervention"] == name) & (accuracy["label"] == ALL)].to_dict(
            "records"
        )
    ]
    return f"faces named as they are meant: {'; '.join(moves)}" if moves else ""


def _all_outputs(result: PairedResult, rows: pd.DataFrame) -> str:
    """Count the outputs by verdict, whatever pictures show, and name the one that differs most."""
    at, words = f"δ = {margin(result.settings['delta'])}", list(rows["verdict"])
    counts = [
        (words.count(WORDS[MATTERS]), f"differ on average by more than {at}"),
        (words.count(WORDS[DOES_NOT]), f"differ by less than {at}"),
        (words.count(DIFFERS), "differ between people"),
    ]
    said = [f"{count} {what}" for count, what in counts if count]
    rest = len(words) - sum(count for count, _ in counts)
    most = rows.iloc[int(rows["mean"].abs().to_numpy().argmax())]
    return (
        f"Of {counted(len(rows), 'output')} over all pictures, whatever they show, {', '.join([*said, ''])}"
        f"of {rest} it can't be said. The largest mean difference of all: {most['classifier']}, "
        f"{most['label']}, {signed(most['mean'])} ({interval(most['low'], most['high'])}; "
        f"{counted(int(most['n']), 'person', 'people')})."
    )


def facts(result: PairedResult) -> dict[str, Any]:
    """Return the values of the method's template."""
    settings, effects, pairing = result.settings, result.effects, result.pairing
    alpha = float(settings["alpha"])
    first, second = settings["order"]
    accuracy = result.accuracy_change
    every = accuracy["label"] == ALL
    return {
        "faces": settings["faces"],
        "size": settings["size"],
        "classifiers": len(settings["classifiers"]),
        "condition": settings["condition"],
        "first": first,
        "second": second,
        "shared": listed(["person", *pairing.within]),
        "pairs": len(pairing.pairs),
        "people": pairing.people,
        "alone": len(pairing.alone),
        "left_out": len(pairing.left_out),
        "repeats": pairing.repeats,
        "delta": margin(settings["delta"]),
        "changed": listed(common.earlier_margins(result)),
        "rendered": bool(settings.get("rendered")),
        "level": f"{100 * (1 - alpha):g} %",
        "verdict_level": f"{100 * (1 - 2 * alpha):g} %",
        "fewest": fewest_people(float(settings["delta"]), alpha, **limits_of(effects.iloc[0])),
        "least": fewest_to_matter(alpha),
        "family": int(effects["family"].max()),
        "meant_family": int(result.intended_effects["family"].max()) if len(result.intended_effects) else 0,
        "flips": common.spanned(effects["n_flips"]),
        "accuracy": _tests_of(accuracy[every]),
        "accuracy_family": int(every.sum()),
        "each_accuracy": _tests_of(accuracy[~every]),
        "each_family": int((~every).sum()),
        "after": list(settings["after"]),
        "seed": settings["seed"],
        "unit": result.unit,
        "bounded": result.bounds is not None,
        "ends": tuple(f"{end:g}".replace("-", "−") for end in result.bounds or ()),
        "scores": "unit" in settings,
    }


def paragraph(result: PairedResult) -> str:
    """Return a methods paragraph that can be pasted into a paper."""
    fact, names = facts(result), result.settings["classifiers"]
    averaged = "Repeated pictures were averaged. " if fact["repeats"] else ""
    families = f"{counted(fact['family'], 'test')} (all outputs)"
    if fact["meant_family"]:
        families += f" and {counted(fact['meant_family'], 'test')} (the outputs that faces are meant to show)"
    text = (
        f"The faces were {fact['faces']}. Using {common.package(result)} (seed {fact['seed']}), {len(names)} "
        f"{'classifier' if len(names) == 1 else 'classifiers'} ({listed(names)}) read each of them once. "
        if not fact["scores"]
        else f"The faces were {fact['faces']}. Their scores ({fact['unit']}) were taken from that tool's "
        f"tables ({listed(names)}), and evaluated with {common.package(result)} (seed {fact['seed']}). "
    )
    text += (
        f"Partners were pictures with the same {fact['shared']} under {fact['condition']} “{fact['first']}” "
        f"and “{fact['second']}”: {counted(fact['pairs'], 'pair')} of "
        f"{counted(fact['people'], 'person', 'people')}; {fact['alone']} without a partner were left out. "
        f"{averaged}The differences of a person's pairs (second minus first) were averaged; the "
        f"person was the unit. We report the mean difference in {fact['unit']} with its {fact['level']} "
        f"interval, and judged the {fact['verdict_level']} interval against a margin of ± {fact['delta']} "
        f"({common.when_set(result)}); p from sign flips of whole persons, corrected after Holm over "
        f"{families}."
    )
    if fact["accuracy"]:
        text += (
            f" Accuracy was compared by {fact['accuracy']} ({counted(fact['accuracy_family'], 'test')}, Holm)"
        )
        by_each = f", by expression by {fact['each_accuracy']} ({counted(fact['each_family'], 'test')}, Holm)"
        text += f"{by_each if fact['each_accuracy'] else ''}."
    return text + common.failed(result)


def _tests_of(accuracy: pd.DataFrame) -> str:
    """Name the tests of some rows; "" where there is none."""
    return listed([name for name in (MCNEMAR, FLIPS) if name in set(accuracy["test"])])


def _after(result: PairedResult, name: str) -> str:
    titles = {item["name"]: item["title"] for item in result.settings["after"]}
    second = result.settings["order"][1]
    return f"With “{titles[name].lower()}” in the pictures of “{second}”: " if name else ""


def _reading(result: PairedResult) -> tuple[str, ...]:
    fact = facts(result)
    noise = (
        "The table of retests says how large that noise is."
        if len(result.retests)
        else "How large that noise is isn't known: nobody has two pictures alike in labels and condition."
    )
    bets = ", and bets on every person's difference agree" if fact["bounded"] else ""
    room = (
        f"“Cannot fall (rise) that far” stands where most people's output is nearer to {fact['ends'][0]} (or "
        f"{fact['ends'][1]}) than δ under the first condition. "
        if fact["bounded"]
        else f"These {'scores' if fact['scores'] else 'outputs'} are no probabilities: they can't be "
        "compared with those of another unit. "
    )
    return (
        f"The same people are compared with themselves. {what_else(result)}",
        f"An output differs between conditions if the whole {fact['verdict_level']} interval of its mean "
        f"difference over people lies beyond ± {fact['delta']} in {fact['unit']}; it does not differ at δ if "
        f"the whole interval lies inside{bets}; else it can't be said, "
        f"even where p is small: p is about 0, the verdict about δ. With fewer than {fact['least']} people "
        f"the first is never said, with fewer than {fact['fewest']} the second; the tables' notes say why. "
        f"{room}Verdicts are those of each output by itself; only p is corrected for how many "
        "there are.",
        "“Differs between people”: surely more than a tenth of the differences are falls, or rises, by more "
        "than δ. The mean stands beside it, but isn't what happens to everybody. That share is one of "
        "differences between pictures, not of people who change: the noise of a picture is in it. "
        f"{noise}",
        "All of it is about the outputs of classifiers, never about what a person feels.",
    )


def _overview(result: PairedResult) -> Section:
    pairing = result.pairing
    known = result.faces.reindex(columns=["label", "expression"]).dropna().astype("str")
    labels = taken(known.itertuples(index=False, name=None))
    texts = [pairing.sentence, *result.settings["notes"], *pairing.shortfalls(), *labels]
    missing = (_missing_table(pairing),) if len(pairing.alone) else ()
    return Section("overview", "Who was compared", tuple(texts), tables=missing)


def what_else(result: PairedResult) -> str:
    """Say in what else partners differ, or may differ."""
    others = result.differing
    known = (
        f" What is known of the faces differs between partners in {listed(others)}, too." if others else ""
    )
    if not result.settings.get("rendered"):
        return (
            "The condition is not of our making: time, order, camera and light may differ between the "
            f"conditions, too.{known} No difference is shown to be an effect of the condition."
        )
    if known:
        return f"The faces are rendered.{known} No difference is shown to be an effect of one of them."
    condition = result.settings["condition"]
    return (
        f"The faces are rendered, and partners differ in {condition} and in nothing else. What is true of "
        "renders is to be confirmed on photographs."
    )


def _results(result: PairedResult, names: list[str]) -> tuple[Section, ...]:
    """Return accuracy, outputs that are meant, all outputs, and retests."""
    first, second = result.settings["order"]
    titles, effects, meant = _titles(result), result.effects, result.intended_effects
    accuracy = Section(
        "accuracy",
        "Accuracy",
        (no_accuracy(result),) if result.accuracy_change.empty else (),
        tables=() if result.accuracy_change.empty else (accuracy_table(result),),
    )
    named = meant.assign(label=[_whose(str(label)) for label in meant["label"]])
    title = "the class that faces are meant to show: over all of them, and of each by itself"
    of_meant = Section(
        "meant",
        "The output for what faces are meant to show",
        (),
        tables=tuple(
            _effect_table(own, f"{titles[name]}, {title}")
            for name in names
            if len(own := named[named["intervention"] == name])
        ),
    )
    heading = f"Mean difference, “{second}” minus “{first}”"
    spoken = "; ".join(
        f"{titles[row['intervention']]}, {row['classifier']}, {row['label']} {signed(row['mean'])}: "
        f"{row['verdict']}"
        for row in effects.to_dict("records")
    )
    figure = Figure(
        "differences",
        f"Mean difference over people, “{second}” minus “{first}”, whatever pictures show, with its "
        f"interval; bold the one behind the verdict. Grey: ± δ = {margin(result.settings['delta'])}.",
        f"Mean differences with intervals. {spoken}.",
        lambda: drawing.effects(effects, titles, heading),
    )
    every = Section("outputs", "All outputs, whatever pictures show", (), figures=(figure,))
    again = Section("retests", "Retests", (), tables=(_retest_table(result),))
    return (
        accuracy, *([of_meant] if of_meant.tables else []), every, *([again] if len(result.retests) else [])
    )  # fmt: skip


def no_accuracy(result: PairedResult) -> str:
    """Say why accuracy isn't compared."""
    if not any(result.meant.values()):
        return "Accuracy isn't compared: no face says what it is meant to show (column label)."
    return "Accuracy isn't compared: no classifier has a class of what faces are meant to show."


def accuracy_table(result: PairedResult, *, each: bool = True) -> Table:
    """Return accuracy under both conditions, its change and its test by classifier, and by each emotion."""
    accuracy = result.accuracy_change
    accuracy = accuracy if each else accuracy[accuracy["label"] == ALL]
    first, second = result.settings["order"]
    changes = _titles(result)
    rows = tuple(
        (
            f"{_named(row, changes)}: {row['label']}",
            f"{row['pairs']:,}",
            *(_share(row, side) for side in ("first", "second")),
            signed(row["change"]),
            interval(row["change_low"], row["change_high"]),
            f"{row['lost']:,}",
            f"{row['gained']:,}",
            chance(row["p"]),
            chance(row["p_holm"]),
            f"{row['n']:,}",
        )
        for row in accuracy.to_dict("records")
    )
    columns = (
        "Classifier", "Pairs", first, second, "Change", "Interval", "Lost", "Gained", "p", "p, Holm",
        "People",
    )  # fmt: skip
    tests, fact = accuracy["test"], facts(result)
    others = "; those of expressions over the others" if each and fact["each_family"] else ""
    wilson = (
        " Accuracies with Wilson's 95 % interval, and changes with Newcombe's, where every person has one "
        "pair."
        if (tests == MCNEMAR).any()
        else ""
    )
    return Table(
        "Faces named as they are meant: means over people, of each person's mean over pairs. Lost: pairs "
        f"that are named so under “{first}” only (of several pictures, more often); gained: under "
        f"“{second}”. Interval: {fact['level']}, of the mean change over people. p: "
        f"{_tests_of(accuracy)}; Holm over the rows of all{others}.{wilson}",
        columns,
        rows,
    )


def _share(row: Mapping[Any, Any], side: str) -> str:
    ends = (row[f"{side}_low"], row[f"{side}_high"])
    span = f" ({percent(ends[0])} to {percent(ends[1])})" if ends[0] == ends[0] else ""
    return f"{percent(row[side])}{span}"


def _retest_table(result: PairedResult) -> Table:
    changes = _titles(result)
    rows = tuple(
        (
            f"{_named(row, changes)}: {row['label']}",
            str(row["shown"]),
            f"{row['sets']:,}",
            f"{row['pictures']:,}",
            plain(row["sem"], SMALL),
            f"{plain(row['sem_low'], SMALL)} to {plain(row['sem_high'], SMALL)}",
            plain(row["smallest_change"], SMALL),
        )
        for row in result.retests.to_dict("records")
    )
    return Table(
        "Retests: how much an output varies between pictures of one person under one condition (standard "
        "error of measurement, SEM), and the smallest change of one person between two single pictures that "
        "isn't noise: 1.96 · √2 · SEM.",
        ("Output", "Shown", "Sets", "Pictures", "SEM", "95 % interval", "Smallest change"),
        rows,
        words=frozenset({0, 1}),
    )


def _missing_table(pairing: Any) -> Table:
    names = ["person", *pairing.within, "missing", "faces"]
    rows = tuple(
        tuple(str(row[name]) for name in names) for row in pairing.alone.head(MISSING).to_dict("records")
    )
    left = len(pairing.alone) - len(rows)
    more = f" The first {MISSING}; {left:,} more are in the exported table." if left else ""
    heads = ("Person", *(capital(name) for name in pairing.within), "Missing", "Left out")
    return Table(f"Halves that are missing.{more}", heads, rows, words=frozenset(range(len(heads))))


def _whose(label: str) -> str:
    return "what is meant" if label == INTENDED else f"{label} in pictures of it"


def _effect_table(rows: pd.DataFrame, title: str) -> Table:
    level, inner = levels(rows)
    marks, notes = footnotes(rows["notes"].astype(str))
    cells = tuple(
        (
            f"{row['classifier']}: {row['label']}{f' [{mark}]' if mark else ''}",
            plain(row["start"], places(row)),
            plain(row["second"], places(row)),
            *judged(row),
        )
        for row, mark in zip(possible(rows).to_dict("records"), marks, strict=True)
    )
    columns = (
        "Output", "First", "Second", "Difference", f"{level:g} % interval", "p", "p, Holm", "Beyond δ",
        f"{inner:g} % interval", "At δ", "People",
    )  # fmt: skip
    caption = (
        f"{title}: mean output under the first condition, and the mean difference over people (second minus "
        f"first). p: sign flips of whole persons, {sides(rows)}, Holm over the "
        f"{counted(int(rows['family'].max()), 'test')} of this table and its changes. The {inner:g} % "
        "interval gives the verdict."
    )
    return Table(caption, columns, cells, notes, words=frozenset({0, 9}))


def _titles(result: PairedResult) -> dict[str, str]:
    return {"": "Pictures as they are"} | {
        item["name"]: f"After the change “{item['title'].lower()}”" for item in result.settings["after"]
    }


def _named(row: Mapping[Any, Any], titles: Mapping[str, str]) -> str:
    after = f" ({titles[row['intervention']].lower()})" if row["intervention"] else ""
    return f"{row['classifier']}{after}"


def _declared(result: PairedResult) -> Table:
    settings = result.settings
    first, second = settings["order"]
    pairs = [
        ("Hypothesis", str(settings["hypothesis"] or "none: the study explores")),
        ("Condition", f"{settings['condition']}: {second!r} minus {first!r}"),
        ("Partners share", listed(["person", *settings["labels"]])),
        ("Person", str(settings["person"] or "as the faces say")),
        ("Affected side", str(settings.get("side") or "not declared")),
        ("Read once more after", listed([item["title"] for item in settings["after"]]) or "nothing"),
        ("Margin δ", f"{margin(settings['delta'])} in {result.unit}{common.margin_changed(result)}"),
        ("Level α", common.level(float(settings["alpha"]))),
        ("Faces", str(settings["faces"])),
        ("Pictures", f"{settings['size']} px"),
        ("Classifiers", listed(settings["classifiers"])),
        ("Seed", str(settings["seed"])),
    ]
    return two_columns("As the study was declared.", pairs, names=("What", "Set to"))


def _limits(result: PairedResult) -> tuple[str, ...]:
    fact = facts(result)
    notes = []
    if fact["alone"] or fact["left_out"]:
        notes.append(
            f"{counted(fact['alone'], 'half', 'halves')} without a partner and "
            f"{counted(fact['left_out'], 'face')} that can't have one were left out: if those who are "
            "missing differ from those who came, the differences may, too."
        )
    if fact["after"]:
        notes.append(
            f"Changes were made to the pictures of “{fact['second']}” alone: what they do to a picture in "
            "which there is nothing to change isn't seen here."
        )
    return tuple(notes)
