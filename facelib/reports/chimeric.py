"""Content of the report of a study of faces and their symmetric versions."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from facelib.classifiers import common as common_of
from facelib.reports import common, drawing
from facelib.reports.effect_tables import levels, numbers, places, sides
from facelib.reports.parts import Content, Figure, Section, Table, two_columns
from facelib.stats.chimeras import ALL, AS_IS, CONTRASTS, INTENDED, LESS_REST
from facelib.studies.chimeric import EACH, who_is_there
from facelib.studies.meant import nameless, slips, taken
from facelib.utilities.wording import (
    NOTHING,
    capital,
    chance,
    counted,
    interval,
    listed,
    margin,
    plain,
    signed,
)

if TYPE_CHECKING:
    import pandas as pd

    from facelib.studies.results import ChimericResult

PRIMARY: Final = "mirror average"
AGAINST: Final = {
    "mirror average": "face minus its mirror average",
    "chimeras": "face minus the mean of its two chimeras",
    "curvature": "mirror average minus the mean of the chimeras",
}
UNJUDGED: Final = (
    "Whether a difference is large enough to count isn't said: symmetric faces made of pictures are not read "
    "as true ones, and a small p doesn't change that."
)


def tables(result: ChimericResult) -> dict[str, pd.DataFrame]:
    """Return the tables of a folder, by name."""
    return {
        "effects": result.effects,
        "persons": result.persons,
        "group_differences": result.group_differences,
        "grade_associations": result.grade_associations,
        "by_grade": result.by_grade,
        "roles": result.roles,
        "bias": result.bias,
    } | ({"sides": result.sides} if result.settings.get("side") else {})


def content(result: ChimericResult) -> Content:
    """Return the content of the report."""
    frame = common.frame(result)
    return Content(
        **frame,
        question=question(result),
        answer=tuple(
            f"{common.ON if frame['registered'] and not place else ''}{text}"
            for place, text in enumerate((*_answers(result), *_beside(result)))
        ),
        reading=_reading(result),
        sections=(_overview(result), *_results(result)),
        facts=facts(result),
        declared=_declared(result),
        appendix=_appendix(result),
        paragraph=paragraph(result),
        limits=_limits(result),
    )


def question(result: ChimericResult) -> str:
    """Return the question of the study, in one sentence."""
    whose = common.several(result.settings["classifiers"], "classifier")
    return (
        f"Do outputs of {whose} for these people's faces differ from those for symmetric faces made of the "
        "same pictures?"
    )


def reference(result: ChimericResult) -> str:
    """Return the reference that is reported first: less rest, where anybody has a face at rest."""
    return LESS_REST if LESS_REST in set(result.effects["reference"]) else AS_IS


def _chosen(table: pd.DataFrame, result: ChimericResult, contrast: str = PRIMARY) -> pd.DataFrame:
    return table[(table["contrast"] == contrast) & (table["reference"] == reference(result))]


def _meant(result: ChimericResult, contrast: str = PRIMARY) -> pd.DataFrame:
    """Return the contrasts of what is meant, over all expressions of a person."""
    rows = _chosen(result.effects, result, contrast)
    return rows[(rows["label"] == INTENDED) & (rows["shown"] == ALL)]


def _answers(result: ChimericResult) -> list[str]:
    """Return what stands first: the output that is meant, by group, against mirror average and chimeras.

    All numbers stand in the tables; in a sentence are the classifiers with a difference.
    """
    said, alpha = [], float(result.settings["alpha"])
    for group in result.effects["group"].drop_duplicates():
        own = _meant(result)
        own = own[own["group"] == group]
        people = counted(int(own["n"].max()), "person", "people")
        whose = f"{_named(result, str(group))}, {people}" if group != ALL else people
        against = _meant(result, "chimeras")
        against = against[against["group"] == group]
        said.append(
            f"{whose}: the mean output for what the faces are meant to show is {_span(own, 'face', plain)}. "
            f"{capital(AGAINST[PRIMARY])}, {reference(result)}: {_whole(own, alpha)}. "
            f"{capital(AGAINST['chimeras'])}: {_whole(against, alpha)}."
        )
    return [*said, UNJUDGED]


def _span(rows: pd.DataFrame, name: str, written: Callable[[float], str]) -> str:
    """Return the values of a column from the lowest to the highest, with the classifiers that have them."""
    ordered = rows.dropna(subset=[name]).sort_values(name)
    if ordered.empty:
        return NOTHING
    ends = [ordered.iloc[0]] if len(ordered) == 1 else [ordered.iloc[0], ordered.iloc[-1]]
    return " to ".join(f"{written(float(row[name]))} ({row['classifier']})" for row in ends)


def _whole(
    rows: pd.DataFrame, alpha: float, value: str = "mean", words: tuple[str, str] = ("below 0", "above 0")
) -> str:
    """Say with which classifiers something differs from 0 after Holm, and how the others lie."""
    if not rows["p_holm"].notna().any():
        return f"{_span(rows, value, signed)}, {common.p_words(math.nan, math.nan)}"
    if few := _too_few(rows, alpha, value):
        return f"{few}; {_span(rows, value, signed)}"
    sure = rows["p_holm"] < alpha
    parts = []
    for word, which in zip(words, (rows[value] < 0, rows[value] > 0), strict=True):
        own = [f"{row['classifier']} {signed(row[value])}" for row in rows[sure & which].to_dict("records")]
        if own:
            parts.append(f"{word} with {listed(own)} (p after Holm below {common.level(alpha)})")
    left = rows[~sure]
    if len(left):
        others = "the other" if len(left) == 1 else f"the other {len(left)}"
        of = f" with {others if parts else 'any classifier'}" if len(rows) > 1 else ""
        what = "no association" if value == "rho" else "no difference"
        parts.append(f"{what} is shown{of}, {_span(left, value, signed)}")
    return "; ".join(parts)


def _too_few(rows: pd.DataFrame, alpha: float, value: str) -> str:
    """Say that so few people make no p after Holm as small as the level, whatever they show; "" if they can.

    The smallest p of sign flips is 2 in 2ⁿ, or 1 where a side is asked; of a correlation 2 in n! orders.
    """
    if value == "difference":
        return ""
    least, tests = int(rows["n"].min()), len(rows)
    sides_asked = 1 if "alternative" in rows and (rows["alternative"] != "two-sided").all() else 2
    smallest = sides_asked * tests / (math.factorial(least) if value == "rho" else 2.0**least)
    if smallest <= alpha:
        return ""
    people = counted(least, "person", "people")
    return f"{people} can't show it: no p after Holm below {plain(min(smallest, 1.0), 2)} is possible"


def _named(result: ChimericResult, group: str) -> str:
    return f"{capital(str(result.settings['group']))} “{group}”" if group != ALL else "Everybody"


def _beside(result: ChimericResult) -> list[str]:
    """Return how groups differ, and how the contrasts go with the grade."""
    said, alpha = [], float(result.settings["alpha"])
    groups = result.group_differences
    for name in groups["second"].drop_duplicates():
        parts = []
        for contrast in (PRIMARY, "chimeras"):
            own = _chosen(groups, result, contrast)
            own = own[own["second"] == name]
            words = ("lower", "higher")
            parts.append(f"{capital(AGAINST[contrast])}: {_whole(own, alpha, 'difference', words)}.")
        said.append(f"“{name}” beside “{own['first'].iloc[0]}”. {' '.join(parts)}")
    for contrast in (PRIMARY, "chimeras"):
        grades = _chosen(result.grade_associations, result, contrast)
        for group in grades["group"].drop_duplicates():
            own = grades[grades["group"] == group]
            of = f" of “{group}”" if group != ALL else ""
            people = counted(int(own["n"].iloc[0]), "person", "people")
            said.append(
                f"{capital(AGAINST[contrast])}, with {result.settings['grade']}, over {people}{of}, ρ: "
                f"{_whole(own, alpha, 'rho', ('falls', 'rises'))}."
            )
    return said


def facts(result: ChimericResult) -> dict[str, Any]:
    """Return the values of the method's template."""
    settings, effects, alpha = result.settings, result.effects, float(result.settings["alpha"])
    roles = result.roles[result.roles["reason"] == ""]
    shown = roles[~roles["at_rest"]]
    delta = float(settings["delta"])
    return {
        "faces": settings["faces"],
        "classifiers": len(settings["classifiers"]),
        "people": shown["person"].nunique(),
        "compared": int(_meant(result).groupby("group", sort=False)["n"].max().sum()),
        "restless": len(_restless(shown, roles)) if LESS_REST in set(effects["reference"]) else 0,
        "rested": roles.loc[roles["at_rest"], "person"].nunique(),
        "rest": settings["rest"],
        "group": settings["group"],
        "healthy": settings["healthy"],
        "grade": settings["grade"],
        "delta": margin(delta),
        "changed": listed(common.earlier_margins(result)),
        "level": f"{100 * (1 - alpha):g} %",
        "flips": common.spanned(effects["n_flips"]),
        "less_rest": LESS_REST in set(effects["reference"]),
        "seed": settings["seed"],
    }


def paragraph(result: ChimericResult) -> str:
    """Return a methods paragraph that can be pasted into a paper."""
    fact, names = facts(result), result.settings["classifiers"]
    rest = (
        f" The same contrast in the person's face at rest ({fact['rest']}; {fact['rested']} people) was "
        "subtracted."
        if fact["less_rest"]
        else ""
    )
    grade = (
        f" Contrasts were related to {fact['grade']} by Spearman's correlation over people (p by "
        "permutation)."
        if fact["grade"] and len(result.grade_associations)
        else ""
    )
    groups = (
        f" Groups were compared with “{fact['healthy']}” by Welch's t test."
        if len(result.group_differences)
        else ""
    )
    return (
        f"The faces were {fact['faces']}. Using {common.package(result)} (seed {fact['seed']}), "
        f"{counted(len(names), 'classifier')} ({listed(names)}) read each picture, its average with its "
        "mirror image, and chimeras of two left and of two right halves, each also flipped; outputs were "
        "averaged over the flips. We report the output for what a face was meant to show, minus that for "
        f"the mirror average, and minus the mean of that for the chimeras.{rest} Expressions of a person "
        f"were averaged; the person was the unit ({_people(fact)}). Mean contrasts are in probability with "
        f"{fact['level']} intervals; p from sign flips of whole persons, {sides(result.effects)}, corrected "
        "after Holm over classifiers; margin ± "
        f"{fact['delta']} ({common.when_set(result)}).{groups}{grade}" + common.failed(result)
    )


def _restless(shown: pd.DataFrame, roles: pd.DataFrame) -> set[str]:
    """Return who shows a common emotion and has no face at rest."""
    named = shown[shown["meant"].map(lambda word: common_of([word])[word] is not None)]
    return set(named["person"]) - set(roles.loc[roles["at_rest"], "person"])


def _people(fact: Mapping[str, Any]) -> str:
    """Return how many people are in the contrasts that are reported first, of how many, and why."""
    if fact["compared"] == fact["people"]:
        return str(fact["people"])
    left = fact["people"] - fact["compared"]
    lacking = [
        f"{counted(count, 'person', 'people')} {what}"
        for count, what in (
            (fact["restless"], "had no face at rest"),
            (left - fact["restless"], "had no face whose label is a common emotion"),
        )
        if count > 0
    ]
    return f"{fact['compared']} of {fact['people']}; {listed(lacking)}"


def _reading(result: ChimericResult) -> tuple[str, ...]:
    fact = facts(result)
    rest = (
        f"Less rest: the same contrast of the same output in the person's face at rest ({fact['rest']}) is "
        "subtracted, and with it what a still face's asymmetry and the making of symmetric faces do to it."
        if fact["less_rest"]
        else "Nobody has a face at rest: what making symmetric faces does by itself is in every number."
    )
    return (
        "Each face is compared with symmetric faces made of its own picture. Below 0, the output is lower "
        "for the face as it is. The mirror average has the mean shape of both halves; the chimeras have each "
        "half twice. Their two contrasts differ by the curvature: a classifier may take half a smile on "
        "both sides for nearly a whole one. Above 0 against the chimeras may be that alone.",
        rest,
        UNJUDGED
        + " How far pictures were off on renders stands under “How well this is known to work”; it isn't "
        "subtracted, since photographs may differ.",
        "All of it is about the outputs of classifiers, never about what a person feels.",
    )


def _overview(result: ChimericResult) -> Section:
    settings = result.settings
    words = result.faces.reindex(columns=["label", "expression"]).fillna("").astype("str")
    pairs = list(words.itertuples(index=False, name=None))
    labels = list(taken(pairs))
    if odd := nameless((emotion, word) for word, emotion in pairs):
        asked = slips(word for word, emotion in pairs if not emotion)
        labels.append(f"{odd}: they count for classifiers that have a class of that name.{asked}")
    there = who_is_there(
        result.roles,
        result.differing,
        **{name: settings[name] for name in ("rest", "group", "grade")},
        shown=40,
    )
    return Section("overview", "Who was compared", (EACH, *settings["notes"], *there, *labels))


def _results(result: ChimericResult) -> list[Section]:
    first = reference(result)
    sections = [
        Section(
            "meant",
            "The output for what faces are meant to show",
            (),
            tables=tuple(
                _effect_table(_meant(result, name), f"{capital(AGAINST[name])}, {first}")
                for name in CONTRASTS
            ),
            figures=(_figure(result),),
        )
    ]
    names = (PRIMARY, "chimeras")
    if len(result.group_differences):
        found = [_chosen(result.group_differences, result, name) for name in names]
        shown = tuple(_group_table(rows, first) for rows in found if len(rows))
        sections.append(Section("groups", "Beside the healthy", (), tables=shown))
    if len(result.grade_associations):
        text = (
            "The order of grades counts, not their distance, but for the slope. Correlation and slope ask "
            "different "
            "questions: with few people and many equal grades one may exclude 0 and the other not."
        )
        found = [_chosen(result.grade_associations, result, name) for name in names]
        shown = tuple(
            table
            for rows in found
            if len(rows)
            for table in (_grade_table(rows, result), _by_grade(result, rows))
        )
        sections.append(Section("grades", "With the grade", (text,), tables=shown))
    sections.append(
        Section(
            "bias",
            "How well this is known to work",
            (
                "Contrasts with symmetric faces made of a rendered picture, against those with faces of the "
                "true mesh (40 rendered people, six degrees of one weak side, in frontal light; no droop at "
                "rest, no asymmetric shape). Photographs may do better or worse.",
            ),
            tables=(_bias_table(rows),) if len(rows := _bias_rows(result)) else (),
        )
    )
    return sections


def _figure(result: ChimericResult) -> Figure:
    import pandas as pd

    rows = [_meant(result, name).assign(intervention=name) for name in (PRIMARY, "chimeras")]
    shown = pd.concat(rows, ignore_index=True)
    several = len(shown["group"].drop_duplicates()) > 1
    shown["intervention"] = shown["intervention"] + (" · " + shown["group"] if several else "")
    titles = {name: capital(str(name)) for name in shown["intervention"]}
    heading = f"Mean contrast, {reference(result)}"
    spoken = "; ".join(
        f"{row['intervention']}, {row['classifier']} {signed(row['mean'])}"
        for row in shown.to_dict("records")
    )
    return Figure(
        "contrasts",
        f"The output for what faces are meant to show: mean contrast over people, {reference(result)}, with "
        f"its interval. Grey: ± δ = {margin(result.settings['delta'])}.",
        f"Mean contrasts with intervals. {spoken}.",
        lambda: drawing.effects(shown, titles, heading),
    )


def _effect_table(rows: pd.DataFrame, title: str) -> Table:
    level, _ = levels(rows)
    several, less = len(rows["group"].drop_duplicates()) > 1, (rows["reference"] == LESS_REST).any()
    cells = tuple(
        (
            _output(row, several=several),
            plain(row["face"], places(row)),
            plain(row["symmetric"], places(row)),
            *numbers(row),
            f"{row['n']:,}",
        )
        for row in rows.to_dict("records")
    )
    columns = ("Output", "Face", "Symmetric", "Contrast", f"{level:g} % interval", "p", "p, Holm", "People")
    caption = (
        f"{title}: means over people. p: sign flips of whole persons, {sides(rows)}, Holm over "
        f"{counted(int(rows['family'].max()), 'test')} of a group."
        f"{' Face and Symmetric are outputs before the face at rest is subtracted.' if less else ''}"
    )
    return Table(caption, columns, cells)


def _output(row: Mapping[Any, Any], *, several: bool) -> str:
    what = f"{row['shown']} in pictures of it" if row["shown"] != ALL else "what is meant"
    label = what if row["label"] == INTENDED else str(row["label"])
    whose = f"{row['group']}, " if several else ""
    return f"{whose}{row['classifier']}: {label}"


def _whose(group: Any) -> str:
    """Return a group before a classifier's name; "" if it is everybody."""
    return f"{group}, " if group not in ("", ALL) else ""


def _group_table(rows: pd.DataFrame, first: str) -> Table:
    cells = tuple(
        (
            f"{row['second']} minus {row['first']}, {row['classifier']}",
            signed(row["difference"]),
            interval(row["low"], row["high"]),
            chance(row["p"]),
            chance(row["p_holm"]),
            f"{row['n_second']:,} and {row['n_first']:,}",
        )
        for row in rows.to_dict("records")
    )
    caption = (
        f"{capital(AGAINST[str(rows['contrast'].iloc[0])])}, of what is meant, {first}: difference of the "
        "groups' means, "
        "Welch's interval and test; Holm over classifiers."
    )
    return Table(caption, ("Groups", "Difference", "Interval", "p", "p, Holm", "People"), cells)


def _grade_table(rows: pd.DataFrame, result: ChimericResult) -> Table:
    cells = tuple(
        (
            _whose(row["group"]) + str(row["classifier"]),
            signed(row["rho"]),
            interval(row["rho_low"], row["rho_high"]),
            chance(row["p"]),
            chance(row["p_holm"]),
            signed(row["slope"], 3),
            interval(row["slope_low"], row["slope_high"], 3),
            f"{row['n']:,}",
        )
        for row in rows.to_dict("records")
    )
    caption = (
        f"{capital(AGAINST[str(rows['contrast'].iloc[0])])}, of what is meant, {reference(result)}, and "
        f"{result.settings['grade']}: Spearman's correlation over people, p by permutations, Holm over "
        "classifiers; slope per grade after Theil and Sen."
    )
    columns = ("Classifier", "ρ", "Interval", "p", "p, Holm", "Slope", "Interval", "People")
    return Table(caption, columns, cells)


def _by_grade(result: ChimericResult, of: pd.DataFrame) -> Table:
    rows = _chosen(result.by_grade, result, str(of["contrast"].iloc[0]))
    grades = sorted(rows["grade"].unique())
    several = len(rows["group"].drop_duplicates()) > 1
    cells: list[tuple[str, ...]] = []
    for (group, classifier), own in rows.groupby(["group", "classifier"], sort=False):
        at = own.set_index("grade")
        means = [
            f"{signed(at.loc[grade, 'mean'])} ({at.loc[grade, 'n']})" if grade in at.index else NOTHING
            for grade in grades
        ]
        cells.append((_whose(group if several else "") + str(classifier), *means))
    caption = "Mean of the same contrast at each grade, and how many people there are."
    return Table(caption, ("Classifier", *(f"{grade:g}" for grade in grades)), tuple(cells))


def _bias_rows(result: ChimericResult) -> pd.DataFrame:
    """Return what is known of the mean over all six expressions, or of those that there are."""
    known = result.bias[result.bias["reference"] == reference(result)]
    means = known[known["shown"] == ALL]
    return means if len(means) else known


def _bias_table(rows: pd.DataFrame) -> Table:
    cells = tuple(
        (
            ", ".join(row[name] for name in ("classifier", "contrast", "shown") if row[name] != ALL),
            signed(row["truth"], 3),
            signed(row["bias"], 3),
            interval(row["bias_low"], row["bias_high"], 3),
            f"{row['n']:,}",
        )
        for row in rows.to_dict("records")
    )
    caption = (
        "Pictures minus mesh: the mean difference (bias) of a person's contrast, and its 95 % interval over "
        "people, at least as wide as it should be."
    )
    return Table(caption, ("Contrast", "Of the mesh", "Bias", "95 % interval", "People"), cells)


def _declared(result: ChimericResult) -> Table:
    settings = result.settings
    pairs = [
        ("Hypothesis", str(settings["hypothesis"] or "none: the study explores")),
        ("At rest", str(settings["rest"] or "nothing is subtracted")),
        ("Groups", str(settings["group"] or "one")),
        ("Healthy", str(settings["healthy"] or "not named")),
        ("Grade", str(settings["grade"] or "none")),
        ("Person", str(settings["person"] or "as the faces say")),
        ("Affected side", str(settings.get("side") or "not declared")),
        ("Margin δ", f"{margin(settings['delta'])} in probability{common.margin_changed(result)}"),
        ("Level α", common.level(float(settings["alpha"]))),
        ("Tests", sides(result.effects)),
        ("Faces", str(settings["faces"])),
        ("Classifiers", listed(settings["classifiers"])),
        ("Seed", str(settings["seed"])),
    ]
    return two_columns("As the study was declared.", pairs, names=("What", "Set to"))


def _limits(result: ChimericResult) -> tuple[str, ...]:
    notes = [
        "A mirror average of a face that is turned, or lit from one side, differs from it in more than "
        "symmetry; faces turned by more than 8° are left out, light is not looked at."
    ]
    if result.settings["group"]:
        notes.append(
            "People of different groups differ in more than their palsy: age, camera and light may, too."
        )
    return tuple(notes)


def _appendix(result: ChimericResult) -> tuple[Section, ...]:
    effects = result.effects
    meant = effects["label"] == INTENDED
    each = effects[meant & (effects["shown"] != ALL)]
    other = AS_IS if reference(result) == LESS_REST else None
    sections = []
    if len(each):
        sections.append(
            Section(
                "by-expression",
                "By expression",
                (),
                tables=tuple(
                    _effect_table(own, f"{capital(AGAINST[name])}, {reference(result)}")
                    for name in (PRIMARY, "chimeras")
                    if len(own := _chosen(each, result, name))
                ),
            )
        )
    if other:
        as_is = effects[meant & (effects["shown"] == ALL) & (effects["reference"] == other)]
        tables_of = [
            _effect_table(as_is[as_is["contrast"] == name], f"{capital(AGAINST[name])}, {other}")
            for name in CONTRASTS
        ]
        sections.append(
            Section("as-it-is", "Without subtracting the face at rest", (), tables=tuple(tables_of))
        )
    every = _chosen(effects[~meant], result)
    sections.append(
        Section(
            "all-outputs",
            "All outputs",
            ("Every class of every classifier, over all expressions of a person.",),
            tables=(_effect_table(every, f"{capital(AGAINST[PRIMARY])}, {reference(result)}"),),
        )
    )
    return tuple(sections)
