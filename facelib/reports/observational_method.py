"""Method of an observational study: its declaration, its numbers, and a paragraph for papers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from facelib.charts.statistics.independence_rows import named
from facelib.properties import PROPERTIES
from facelib.reports import common
from facelib.reports.parts import Table, two_columns
from facelib.stats.independence.base import title_of
from facelib.stats.independence.vote import VOTE, VOTERS, deciding
from facelib.studies.observational import RENDERED, UNCONDITIONAL
from facelib.utilities.wording import counted, listed

if TYPE_CHECKING:
    from facelib.studies.results import ObservationalResult

MEASURED: Final = "measured_"


def titles_of(result: ObservationalResult) -> dict[str, str]:
    """Return the titles of the properties by name; one that is estimated from the picture says so."""
    return {name: _title(name, name in result.settings["given"]) for name in result.settings["properties"]}


def _title(name: str, given: bool) -> str:
    """Return the title of a property.

    >>> _title("skin_tone", True), _title("measured_age", False)
    ('skin tone', 'age as measured')
    """
    known = name.removeprefix(MEASURED)
    if given or known not in PROPERTIES:
        return name.replace("_", " ")
    title = PROPERTIES[known].title
    title = title[:1].lower() + title[1:]
    return f"{title} as measured" if name.startswith(MEASURED) else f"{title} (measured)"


def facts(result: ObservationalResult) -> dict[str, Any]:
    """Return the values of the method's template."""
    grid, settings = result.grid, result.settings
    methods = [str(name) for name in grid["method"].drop_duplicates()]
    drawn = grid.loc[grid["n_permutations"] > 0, "n_permutations"]
    family = grid[~grid["null_property"] & (grid["method"] == methods[0])]
    return {
        "faces": settings["faces"],
        "n": int(grid["n"].max()),
        "size": settings["size"],
        "classifiers": len(settings["classifiers"]),
        "held": listed(settings["labels"]),
        "label_source": settings["label_source"],
        "given": list(settings["given"]),
        "measured": [name for name in settings["properties"] if name not in settings["given"]],
        "alpha": common.level(float(settings["alpha"])),
        "delta": common.level(float(settings["delta"])),
        "methods": [name for name in methods if name != VOTE],
        "titles": {name: named(name) for name in methods},
        "voters": listed([title_of(name) for name in VOTERS]),
        "voted": VOTE in methods,
        "decides": deciding(methods),
        "family": len(family),
        "permutations": (int(drawn.min()), int(drawn.max())) if len(drawn) else None,
        "left_out": result.left_out,
        "unread": result.unread,
        "persons": result.data.person is not None,
        "notes": _notes(result),
        "seed": settings["seed"],
    }


def _notes(result: ObservationalResult) -> list[str]:
    """Return the notes on a test as a whole: the remarks that all its pairs have."""
    found = []
    for name, rows in result.grid.groupby("method", sort=False):
        notes = rows["notes"].drop_duplicates()
        if len(notes) == 1 and notes.iloc[0]:
            found.append(f"{named(str(name))}: {notes.iloc[0]}")
    return found


def limits(result: ObservationalResult) -> tuple[str, ...]:
    """Return the limits of this study, besides the general disclaimer."""
    fact, titles = facts(result), titles_of(result)
    source = str(fact["label_source"])
    notes = [
        f"The labels that are held fixed come from: {source}. {_about_labels(source)}"
        if fact["held"]
        else f"Nothing is held fixed. {UNCONDITIONAL}"
    ]
    if fact["measured"]:
        names = listed([titles[name] for name in fact["measured"]])
        notes.append(
            f"Measured in the pictures that the classifiers read: {names}. What blurs or lights a picture "
            "moves both, so that a dependence can come from the picture and not from the person."
        )
    if fact["left_out"]:
        notes.append(
            f"{counted(fact['left_out'], 'face')} without all properties, outputs and labels: left out."
        )
    if fact["unread"]:
        notes.append(f"{counted(fact['unread'], 'face')} not read yet: the study is unfinished.")
    if not fact["persons"]:
        notes.append("One picture per person is assumed.")
    return tuple(notes)


def _about_labels(source: str) -> str:
    """Return the consequences of the labels' source for the tests."""
    if source == RENDERED:
        return "They were set before the pictures were made, so that holding them fixed is right."
    if "rate" in source.lower():
        return (
            "A rated label is read from the picture, so that holding it fixed can create a dependence that "
            "isn't there otherwise."
        )
    return "Where labels were read from the picture (rated), holding them fixed can create a dependence."


def declared(result: ObservationalResult) -> Table:
    """Return the settings."""
    settings, titles = result.settings, titles_of(result)
    tests = [named(name) for name in result.grid["method"].drop_duplicates()]
    pairs = [
        ("Hypothesis", str(settings["hypothesis"] or "none: the study explores")),
        ("Properties", listed([titles[name] for name in settings["properties"]])),
        ("Held fixed", listed(settings["labels"]) or "nothing"),
        ("Labels come from", str(settings["label_source"]) if settings["labels"] else ""),
        ("Margin δ", f"{common.level(float(settings['delta']))} of the variance"),
        ("Level α", common.level(float(settings["alpha"]))),
        ("Tests", listed(tests)),
        ("Permutations", str(settings.get("n_permutations") or "as many as Holm's correction needs")),
        ("Person", str(settings["person"] or "as the faces say")),
        ("Faces", str(settings["faces"])),
        ("Pictures", f"{settings['size']} px"),
        ("Classifiers", listed(settings["classifiers"])),
        ("Seed", str(settings["seed"])),
    ]
    return two_columns("As the study was declared.", pairs, names=("What", "Set to"))


def paragraph(result: ObservationalResult) -> str:
    """Return a methods paragraph that can be pasted into a paper."""
    fact, titles = facts(result), titles_of(result)
    names = result.settings["classifiers"]
    tests = listed([fact["titles"][name] for name in fact["methods"]])
    low, high = fact["permutations"] or (0, 0)
    drawn = f"{high:,}" if low == high else f"{low:,} to {high:,}, fewer where p was settled early"
    labels = f"; labels: {fact['label_source']}" if fact["held"] else ""
    text = (
        f"The faces were {fact['faces']} ({fact['size']} px{labels}). Using "
        f"{common.package(result)} (seed {fact['seed']}), we tested for {counted(len(names), 'classifier')} "
        f"({listed(names)}) whether each output (logit) is independent of each of "
        f"{listed([titles[name] for name in result.settings['properties']])}, "
        + (f"given {fact['held']} " if fact["held"] else "with nothing held fixed ")
        + f"(n = {fact['n']}). Tests: {tests}"
        + (f" (permutations: {drawn})" if fact["permutations"] else "")
        + "."
    )
    if fact["decides"] == VOTE:
        text += (
            f" An output was said to go with a property if two of {fact['voters']} rejected at "
            f"α = {fact['alpha']}; the merged p is 1.5 times the second smallest of the three."
        )
    else:
        text += (
            f" An output was said to go with a property if the p of {fact['titles'][fact['decides']]} was "
            f"below α = {fact['alpha']}."
        )
    text += (
        f" p-values were corrected after Holm over {fact['family']} pairs of property and output; sizes are "
        f"ω², the share of an output's variance{' inside labels' if fact['held'] else ''} (margin δ = "
        f"{fact['delta']}), with the range "
        "over random halves of the faces. A property of random numbers was tested beside them."
    )
    return text + common.failed(result)
