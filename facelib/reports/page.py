"""The report as one HTML page: readable offline and on paper, without a script."""

from __future__ import annotations

import functools
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from facelib.errors import PATHS, BadValueError, check_kind
from facelib.reports import chimeric, interventional, observational, paired
from facelib.studies.disclaimer import LIMITS_OF
from facelib.utilities.files import explained, written_whole
from facelib.utilities.ledger import remember

if TYPE_CHECKING:
    import jinja2

    from facelib.reports.parts import Content

KINDS: Final = {
    "interventional": interventional, "observational": observational, "paired": paired, "chimeric": chimeric,
}  # fmt: skip
ARTICLES: Final = {
    "interventional": "an interventional study",
    "observational": "an observational study",
    "paired": "a study of pairs",
    "chimeric": "a study of faces and their symmetric versions",
    "sweep": "a sweep of one face",
}
TEMPLATES: Final = Path(__file__).parent / "templates"
PARTS: Final = (
    ("results", "Results"),
    ("method", "Method"),
    ("declared", "What was set, and when"),
    ("failures", "What failed"),
    ("limits", "Limits"),
    ("paragraph", "Methods paragraph to paste"),
    ("cite", "How to cite"),
    ("provenance", "Provenance"),
    ("appendix", "Appendix"),
)


def write(result: Any, path: str | Path) -> Path:
    """Write the report of a study as one self-contained HTML file.

    It loads nothing from anywhere, holds no script, and prints on A4. What comes from data is escaped.

    Parameters
    ----------
    result
        What a study's ``run`` or `facelib.studies.open_study` returned, finished or not.
    path
        Of the file; it ends with .html.

    Returns
    -------
    Path
        Where it was written: whole, or not at all.

    Raises
    ------
    BadValueError
        If the name ends differently, it is no result, or nothing is done yet.
    WriteError
        If it can't be written: the disk is full, or the folder is closed to us.
    """
    target = target_of(path, "A report", "report.html")
    return save(target, html(content_of(result)))


def target_of(path: str | Path, what: str, example: str) -> Path:
    """Return the path of an HTML file, or raise `BadValueError` if the name ends differently."""
    check_kind(path, PATHS, "The name of a file")
    target = Path(path).expanduser()
    if target.suffix.lower() not in (".html", ".htm"):
        msg = f"{what} is an HTML file, as in {example!r}; got {target.name!r}."
        raise BadValueError(msg)
    return target


def save(target: Path, page: str | bytes) -> Path:
    """Write a page whole, for its owner alone, and note it for `facelib data list`."""
    whole = (
        page if isinstance(page, bytes) else page.encode(errors="replace")
    )  # half a surrogate pair is no text
    with explained(target), written_whole(target, private=True) as file:
        file.write(whole)
    remember("report", target)
    return target


def content_of(result: Any) -> Content:
    """Return the content of the report of a result.

    Raises
    ------
    BadValueError
        If it is no result, or nothing is done yet.
    """
    module = module_of(result)
    lost = result.failures
    if len(lost) and not (result.table["error"] == "").any():
        why = str(lost["error"].value_counts().index[0])
        msg = f"There is nothing to report: all {len(lost):,} readings failed, most of them with: {why}"
        raise BadValueError(msg)
    found: Content = module.content(result)
    return found


def module_of(result: Any) -> Any:
    """Return the report module of this kind of study."""
    kind = getattr(result, "kind", None)
    if kind not in KINDS:
        msg = f"Expected what a study returned (see facelib.studies.open_study); got {type(result).__name__}."
        raise BadValueError(msg)
    return KINDS[kind]


def html(report: Content) -> str:
    """Return the page of a report."""
    import markupsafe

    figures = report.figures
    contents = [
        *PARTS[:1],
        *((one.id, one.heading) for one in report.sections),
        *PARTS[1:],
    ]
    page: str = (
        environment()
        .get_template("report.html")
        .render(
            report=report,
            facts=report.facts,
            study=ARTICLES[report.kind],
            limits=LIMITS_OF[report.kind],
            contents=contents,
            generator=report.generator,
            written=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
            css=markupsafe.Markup((TEMPLATES / "report.css").read_text()),
            drawn={one.name: markupsafe.Markup(one.inline()) for one in figures},
            numbers={one.name: number for number, one in enumerate(figures, 1)},
        )
    )
    return page.strip() + "\n"


@functools.cache
def environment() -> jinja2.Environment:
    """Return the templates; values are escaped, and signs stay with their numbers."""
    import jinja2

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        finalize=_tied,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _tied(value: Any) -> Any:
    r"""Return text with real minus signs, in which a sign and its number aren't parted by the end of a line.

    >>> _tied("at δ = .10 (90 % interval -.2)") == "at δ\xa0=\xa0.10 (90\xa0% interval −.2)"
    True
    """
    if type(value) is not str:  # what is markup already stays as it is
        return value
    tied = re.sub(r"\b([δαpn]) ([=<>]) (?=[−.\d])", "\\1\xa0\\2\xa0", value)
    tied = re.sub(r"(?<=\d) %", "\xa0%", tied)
    return re.sub(r"(?<![\w.-])-(?=\.?\d)", "−", tied)
