"""One HTML file in which a computed sweep is dragged as on the page: no network, no server, no other file."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from facelib.errors import BadValueError
from facelib.faces import Head
from facelib.reports import live
from facelib.reports.common import cited
from facelib.reports.page import TEMPLATES, environment, save, target_of
from facelib.studies.consent import consented
from facelib.studies.disclaimer import LIMITS
from facelib.studies.sweeps.sweep import Delta, Sweep
from facelib.utilities.distribution import distribution_version

if TYPE_CHECKING:
    from facelib.studies.sweeps.placebos import References

UNSAFE: Final = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&"}
PACKAGES: Final = ("torch", "numpy", "scipy")
CARD: Final = {
    "classifier": "classifier", "title": "what it is", "source": "source", "licence": "licence",
    "training_data": "training data", "sha256": "SHA-256 of the weights",
}  # fmt: skip
MAPS: Final = "Grad-CAM, one scale for all strengths of a classifier and class, in 255 steps"


def write(
    sweep: Sweep,
    path: str | Path,
    *,
    references: References | None = None,
    step: int | None = None,
    delta: Delta = None,
    with_photograph: bool = False,
    consent: str = "",
) -> Path:
    """Write a sweep as one HTML file that is dragged; see `facelib.studies.Sweep.explorable`."""
    target = target_of(path, "An explorable", "smile.html")
    page = html(
        sweep, references=references, step=step, delta=delta, with_photograph=with_photograph, consent=consent
    )
    return save(target, page)


def html(
    sweep: Sweep,
    *,
    references: References | None = None,
    finished: bool = True,
    step: int | None = None,
    delta: Delta = None,
    with_photograph: bool = False,
    consent: str = "",
) -> bytes:
    """Return the file; parameters as for `write`, and whether all placebos that are wanted are there."""
    photograph = consented(sweep.face, "This explorable", with_photograph=with_photograph, consent=consent)
    last = len(sweep.strengths) - 1
    if step is not None and not (isinstance(step, int | np.integer) and 0 <= step <= last):
        msg = f"The step that is shown first is a whole number from 0 to {last}; got {step!r}."
        raise BadValueError(msg)
    references = references or sweep.references
    content = live.live_data(sweep, references, finished=finished, delta=delta)
    content["step"] = last if step is None else int(step)
    script, style = _script(), _style()
    page = environment().get_template("explorable.html").render(
        title=f"As {sweep.clause}",
        live=content,
        words=content["labels"][sweep.label],
        values=[_at_end(row) for row in content["labels"][sweep.label]["rows"]],
        limits=LIMITS,
        about=about(sweep, references, photograph),
        policy=_markup(policy(script, style)),
        data=_markup(as_json(content)),
        script=_markup(script),
        style=_markup(style),
    )  # fmt: skip
    whole: bytes = (page.strip() + "\n").encode(errors="replace")  # half of a surrogate pair is no text
    return whole


@dataclass(frozen=True)
class About:
    """What a reader needs to repeat a sweep, and to cite it.

    Attributes
    ----------
    facts
        Name and value.
    columns, classifiers
        Headings, and one row a classifier.
    cite
        References.
    generator
        Name and version of the package.
    """

    facts: tuple[tuple[str, str], ...]
    columns: tuple[str, ...]
    classifiers: tuple[tuple[str, ...], ...]
    cite: tuple[str, ...]
    generator: str


def about(sweep: Sweep, references: References | None = None, photograph: str = "") -> About:
    """Return the provenance of a sweep.

    Parameters
    ----------
    photograph
        What is said of a photograph in the file; "": it holds none.
    """
    from importlib.metadata import version

    own = distribution_version()
    table = sweep.classifiers_table
    placebos = "none were run"
    if references:
        kinds = len(set(references.kinds))
        placebos = f"{len(references)} of {kinds} kind{'s' * (kinds > 1)}, seed {references.seed}"
    versions = ", ".join([f"facelib {own}", *(f"{name} {version(name)}" for name in PACKAGES)])
    facts = [
        ("Face", face_words(sweep)),
        ("Photograph", photograph or "none: the face is rendered, and shows nobody"),
        ("Change", f"{sweep.intervention.title}: {sweep.intervention!r}"),
        ("Strengths", f"{len(sweep.strengths)} from 0 to 1"),
        ("Class of interest", sweep.label),
        ("Shaken copies", f"{len(next(iter(sweep.replicates.values()), ()))}, seed {sweep.seed}"),
        ("Placebos", placebos),
        ("Maps", MAPS),
        ("Versions", versions),
        ("Written", f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"),
    ]
    return About(
        facts=tuple(facts),
        columns=tuple(CARD.values()),
        classifiers=tuple(tuple(str(row[name]) or "–" for name in CARD) for row in table.to_dict("records")),
        cite=cited(own),
        generator=f"facelib {own}",
    )


def face_words(sweep: Sweep) -> str:
    """Return what the face is: the head as it is typed in, or the name of a picture with its credit."""
    face = sweep.face
    if isinstance(face, Head):
        return repr(face)
    credit = face.attributes.get("credit")
    return f"{sweep.face_id}{f' ({credit})' if credit else ''}"


def as_json(content: Any) -> str:
    r"""Return JSON that stands in a script element: no sign of it ends the element or begins a comment.

    >>> as_json({"id": "</script><!--\u2028"}) == r'{"id":"\u003c/script\u003e\u003c!--\u2028"}'
    True
    """
    return json.dumps(content, allow_nan=False, separators=(",", ":")).translate(UNSAFE)


def policy(script: str, style: str) -> str:
    """Return a policy that admits this script, this style and pictures of the file, and nothing else."""
    return (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _script() -> str:
    """Return the live picture's module as a constant of a plain script, and what starts it."""
    module, found = re.subn(
        r"^export default \{ render \};\s*\Z", "return { render };\n", live.script(), flags=re.M
    )
    assert found == 1, "live.js ends with its one export"
    own = (TEMPLATES / "explorable.js").read_text(encoding="utf-8")
    return _closed(f'"use strict";\n{{\nconst live = (() => {{\n{module}}})();\n{own}}}\n')


def _style() -> str:
    own = (TEMPLATES / "explorable.css").read_text(encoding="utf-8")
    return _closed(live.STYLE.read_text(encoding="utf-8") + own)


def _at_end(row: dict[str, Any] | None) -> str:
    """Return an output at the last strength as text."""
    value = None if row is None else row["curve"][-1]
    return "–" if value is None else f"{value:.2f}".replace("-", "−")


def _closed(code: str) -> str:
    """Return code of ours that can stand in an element."""
    if re.search(r"</(script|style)|<!--", code, re.IGNORECASE):
        msg = "Code that stands in a page can't hold the signs that end an element."
        raise AssertionError(msg)
    return code.replace("\r\n", "\n")


def _markup(text: str) -> Any:
    import markupsafe

    return markupsafe.Markup(text)
