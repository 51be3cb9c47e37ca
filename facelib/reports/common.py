"""Parts of the reports of all kinds of studies: status, registration, failures, provenance, citation."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from facelib.faces.table import ABSENT
from facelib.reports.parts import Table, two_columns
from facelib.studies.counts import UNITS, unchanged
from facelib.studies.declared.registration import ALSO, describe_hypothesis, later_changes, registrations
from facelib.utilities.wording import counted, listed, margin, p_is

if TYPE_CHECKING:
    import pandas as pd

    from facelib.studies.results import Result

PAPERS: Final = (
    "Büchner, Penzel, Guntinas-Lichius, Denzler: Facing Asymmetry. ACCV 2024, arXiv 2409.15927.",
    "Büchner, Penzel, Guntinas-Lichius, Denzler: Power of Properties. 2024, arXiv 2404.07867.",
)
"""What the studies rebuild; no number of a report is a paper's."""

ON: Final = "On the hypothesis: "
SHOWN: Final = 20  # failures in the page; all of them are in the folder


def title_of(result: Result) -> str:
    """Return the name of the study, or else its kind."""
    return str(result.settings["name"] or f"{result.kind.capitalize()} study")


def status(result: Result) -> str:
    """Describe the progress of the study: units done, failed and missing."""
    counts = result.counts
    done = f"{counts.done:,} of {counts.total:,} {units_of(result)}{counts.others}"
    if result.complete:
        return f"{'All were run' if counts.failed else 'Complete'}: {done}."
    return (
        f"Unfinished: {done}. Everything below is about what is done alone and may change; run the study "
        "again to finish it."
    )


def units_of(result: Result) -> str:
    """Return the units that a study is counted in."""
    return "faces" if unchanged(result.settings) else UNITS


def failed(result: Result) -> str:
    """Describe failures, and pictures that weren't there, for the methods paragraph; "" if there are none.

    Readings that failed are counted in those units in which they did, as everywhere.
    """
    counts = result.counts
    missing = "".join(
        f" {note.partition(':')[0]}." for note in result.settings.get("notes", ()) if ABSENT in note
    )
    if not counts.failed:
        return missing
    whole = "face" if unchanged(result.settings) else "face × change"
    return (
        f" Something failed in {counts.failed:,} of {counts.total:,} {units_of(result).split(' (')[0]} (one "
        f"{whole} each); those readings were left out.{missing}"
    )


def registered(result: Result) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the registration before the run and later changes, in sentences."""
    history = registrations(result.store)
    if not history:
        return (), ()
    return (describe_hypothesis(history[0]),), tuple(later_changes(result.store, result.settings))


def frame(result: Result) -> dict[str, Any]:
    """Return what reports of all kinds of studies have around their own parts, as `Content` names it."""
    before, changes = registered(result)
    return {
        "kind": result.kind,
        "title": title_of(result),
        "status": status(result),
        "complete": result.complete,
        "registered": before,
        "changes": changes,
        "failures": failures(result),
        "provenance": provenance_tables(result),
        "cite": citation(result),
        "generator": package(result),
    }


def hypothesis_first(
    result: Result, names: Sequence[str], ids: Mapping[str, str]
) -> tuple[str | None, list[str]]:
    """Return the name that the registered hypothesis is about, if any, and all names with it first.

    Parameters
    ----------
    result
        Of the study.
    names
        Interventions or properties, as they stand in tables.
    ids
        Their ids by name, where they differ.
    """
    history = registrations(result.store)
    if not history:
        return None, list(names)
    subject = history[0].hypothesis.subject
    known = (subject, *ALSO.get(subject, ()))
    about = next((name for name in names if name in known or ids.get(name) in known), None)
    return about, sorted(names, key=lambda name: name != about)


def failures(result: Result) -> tuple[tuple[str, ...], Table | None]:
    """Describe how many readings failed, and why; the table counts them."""
    table = result.failures
    if table.empty:
        return ("Nothing failed.",), None
    faces = int(table["face"].nunique())
    whole = result.counts
    text = (
        f"{whole.failed:,} of {whole.total:,} {units_of(result)} failed, on {faces:,} of "
        f"{len(result.faces):,} faces: {counted(len(table), 'reading')}, by a classifier or a measure. What "
        "failed is left out of all numbers above; nothing is filled in."
    )
    keys = ["intervention", "classifier", "error"]
    counts = table.groupby(keys, sort=False)["face"].agg(["size", "first"]).reset_index()
    counts = counts.sort_values("size", ascending=False, kind="stable")
    rows = tuple(
        (str(row["error"]), str(row["intervention"]) or "–", str(row["classifier"]), f"{row['size']:,}",
         str(row["first"]))
        for row in counts.head(SHOWN).to_dict("records")
    )  # fmt: skip
    left = len(counts) - len(rows)
    more = f" The {SHOWN} most frequent; {left:,} more are in the exported table." if left else ""
    caption = f"Failed readings by their reason.{more}"
    columns = ("Reason", "Change", "Read by", "Times", "First face")
    return (text,), Table(caption, columns, rows, words=frozenset({0, 1, 2, 4}))


def provenance_tables(result: Result) -> tuple[Table, ...]:
    """Return versions and machine, runs, classifiers, as tables."""
    provenance = result.provenance
    machine = provenance.get("machine", {})
    pairs = [
        *((str(name), str(version)) for name, version in provenance.get("versions", {}).items()),
        *((f"machine: {name}", str(value)) for name, value in machine.items()),
        ("seed", str(provenance.get("seed", result.settings["seed"]))),
    ]
    said = [("as stored", note) for note in result.notes]
    tables = [two_columns("Versions, machine and seed.", [*pairs, *said], names=("What", "Which"))]
    if runs := provenance.get("runs"):
        passed = tuple(
            (str(place), str(run.get("begun")), str(run.get("ended") or "not ended"), _jobs(run))
            for place, run in enumerate(runs, 1)
        )
        heads = ("Run", "Begun", "Ended", "Processes")
        tables.append(Table("Runs of this study.", heads, passed, words=frozenset({0, 1, 2})))
    if networks := tuple(_classifier(row) for row in provenance.get("classifiers", [])):
        columns = ("Classifier", "Title and source", "Licence", "sha256 of weights", "Trained on", "Limits")
        tables.append(Table("Classifiers.", columns, networks, words=frozenset(range(6))))
    return tuple(tables)


def _jobs(run: Mapping[str, Any]) -> str:
    return "as configured" if run.get("n_jobs") is None else str(run["n_jobs"])


def _classifier(row: Mapping[str, Any]) -> tuple[str, ...]:
    source = f"{row.get('title', '')}; {row.get('source', '')}".strip("; ")
    return (
        str(row["classifier"]),
        source,
        str(row.get("licence") or "not stated"),
        str(row.get("sha256") or "none: from memory"),
        str(row.get("training_data") or "not stated"),
        str(row.get("limits") or "–"),
    )


def citation(result: Result) -> tuple[str, ...]:
    """Return citations: the package as it was run, and the papers that it rebuilds."""
    versions = result.provenance.get("versions", {})
    code = f" (code {versions['code'][:12]})" if versions.get("code") else ""
    return cited(f"{versions.get('facelib', '')}{code}")


def cited(version: str) -> tuple[str, ...]:
    """Return citations of a version of the package, and of the papers that it rebuilds."""
    package = (
        f"The facelib authors: facelib {version}. Change one property of a face gradually and watch emotion "
        "classifiers follow."
    )
    return (package, *PAPERS)


def package(result: Result) -> str:
    """Return name and version of the package that ran the study."""
    return f"facelib {result.provenance.get('versions', {}).get('facelib', '')}".strip()


def spanned(counts: pd.Series[Any]) -> str:
    """Return the counts of some rows, from the least to the most.

    >>> import pandas as pd
    >>> spanned(pd.Series([32, 64, 32])), spanned(pd.Series([10000, 10000]))
    ('32 to 64', '10,000')
    """
    least, most = int(counts.min()), int(counts.max())
    return f"{least:,}" if least == most else f"{least:,} to {most:,}"


def several(names: Sequence[str], noun: str) -> str:
    """Return a few names in a sentence, or how many there are.

    >>> several(["fer"], "classifier"), several(["a", "b", "c", "d", "e"], "classifier")
    ('the classifier fer', 'five classifiers')
    """
    if len(names) == 1:
        return f"the {noun} {names[0]}"
    if len(names) <= 3:
        return f"the {noun}s {listed(names)}"
    words = dict(zip(range(4, 10), ("four", "five", "six", "seven", "eight", "nine"), strict=True))
    return f"{words.get(len(names), f'{len(names)}')} {noun}s"


def p_words(p: float, p_holm: float) -> str:
    """Return p before and after Holm in a sentence; an unfinished study has none.

    >>> p_words(0.012, 0.036), p_words(float("nan"), float("nan"))
    ('p = .012, after Holm = .036', 'no p before all is done')
    """
    return f"p {p_is(p)}, after Holm {p_is(p_holm)}" if math.isfinite(p) else "no p before all is done"


def level(alpha: float) -> str:
    """Return a level without its leading zero.

    >>> level(0.05), level(0.001)
    ('.05', '.001')
    """
    return f"{alpha:g}".removeprefix("0")


def when_set(result: Result) -> str:
    """State the evidence that the margin was set before the run."""
    history, delta = registrations(result.store), float(result.settings["delta"])
    if earlier := earlier_margins(result):
        return f"δ was {listed(earlier)} in an earlier run of this study, and changed after its results"
    if not history:
        return "δ was declared with the study, and not registered"
    if history[0].begun:
        return "δ was registered after the run had begun"
    if any(not math.isclose(one.hypothesis.delta, delta) for one in history):
        return f"δ was registered as {margin(history[0].hypothesis.delta)} before the run, and changed later"
    return "δ was set, and registered, before the run"


def earlier_margins(result: Result) -> list[str]:
    """Return the margins of earlier runs of the same pictures that differ from the study's."""
    delta = float(result.settings["delta"])
    before = [run.get("delta") for run in result.provenance.get("runs", ())]
    others = {float(one) for one in before if one is not None and not math.isclose(float(one), delta)}
    return [margin(one) for one in sorted(others)]


def margin_changed(result: Result) -> str:
    """Return what is said beside a margin that was another one in an earlier run."""
    earlier = earlier_margins(result)
    return f"; {listed(earlier)} in an earlier run, changed after its results" if earlier else ""
