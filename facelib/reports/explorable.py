"""One HTML file in which a computed sweep is dragged as in the app: no network, no server, no other file.

The app's own stage and table are in it, on a stand-in for their models. Curves are drawn by a few lines
instead of Vega, which compiles its expressions from text: the file's policy forbids that.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from facelib.charts.palette import colour
from facelib.classifiers import EMOTIONS
from facelib.errors import BadValueError
from facelib.reports.explorable_about import about
from facelib.reports.page import TEMPLATES, environment, save, target_of
from facelib.reports.shared_scripts import STAGE, as_constant, shared
from facelib.reports.sweep_words import (
    BESIDE,
    COLUMNS,
    NO_CLASS,
    OF_VALUES,
    Measure,
    compared,
    measure_of,
    nothing_moved,
    sentences,
    told_of,
    verdict_cell,
    within,
)
from facelib.studies.consent import consented
from facelib.studies.disclaimer import LIMITS
from facelib.studies.sweeps.effects import NO_OUTPUT
from facelib.studies.sweeps.film_strips import data_uri
from facelib.studies.sweeps.sweep import Delta, Sweep
from facelib.studies.sweeps.view import cut, fractions, picture_alt, smaller, view_of
from facelib.utilities.wording import NOTHING, capital, signed

if TYPE_CHECKING:
    from facelib.studies.sweeps.placebos import References

LARGEST: Final = 6_000_000  # bytes of the file
PICTURES: Final = 4_000_000  # characters of its pictures at most
MAPS: Final = 1_200_000  # characters of its maps at most; those of the class of interest are always in
SIZES: Final = ((448, 92), (320, 85), (224, 80))  # side in px and JPEG quality, until the pictures fit
MOST_CLASSES: Final = 12
LEVELS: Final = 255  # steps of a map from 0 to its scale
UNSAFE: Final = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&"}
NO_SPACE: Final = (
    "An explorable has {most:,} MB at most, and {n:,} pictures take more. Compute the sweep with fewer steps."
)
NAMED: Final = "A network, no person: what it is stands under Provenance"
ROOM: Final = 0.05  # of an axis beyond the values that stand on it


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
    content = content_of(sweep, references, finished=finished, delta=delta)
    content["step"] = last if step is None else int(step)
    words = content["classes"][sweep.label]
    script, style = _script(), _style()
    page = environment().get_template("explorable.html").render(
        title=f"As {sweep.clause}",
        label=sweep.label,
        menu=content["menu"],
        clause=sweep.clause,
        alt=content["picture_alt"],
        before=content["frames"][0],
        after=content["frames"][-1],
        columns=content["columns"],
        caption=words["caption"],
        rows=[[_still(cell) for cell in row] for row in words["rows"]],
        sentences=[*words["sentences"], *words["own"].values()],
        limits=LIMITS,
        about=about(sweep, references, photograph),
        policy=_markup(policy(script, style)),
        data=_markup(as_json(content)),
        script=_markup(script),
        style=_markup(style),
    )  # fmt: skip
    whole: bytes = (page.strip() + "\n").encode(errors="replace")  # half of a surrogate pair is no text
    if len(whole) > LARGEST:
        raise BadValueError(NO_SPACE.format(most=LARGEST // 10**6, n=len(sweep.strengths)))
    return whole


def content_of(
    sweep: Sweep, references: References | None = None, *, finished: bool = True, delta: Delta = None
) -> dict[str, Any]:
    """Return all that moves in the file, as JSON holds it."""
    first = sweep.frames.faces[0]
    view = view_of(first)
    measures = measures_of(sweep, delta)
    valued = any(measure.scale for measure in measures)
    return {
        "strengths": [round(float(strength), 4) for strength in sweep.strengths],
        "frames": pictures([cut(image, view) for image in sweep.images]),
        "picture_alt": picture_alt(sweep.face),
        "label": sweep.label,
        "classifiers": [[name, colour(order)] for order, name in enumerate(sweep.classifiers)],
        "columns": _columns(references, valued=valued),
        "menu": "Output" if valued else "Emotion",
        "classes": {one.label: words_of(sweep, one, references, finished=finished) for one in measures},
        "maps": maps_of(sweep, [one.label for one in measures], view),
    }


def measures_of(sweep: Sweep, delta: Delta = None) -> list[Measure]:
    """Return the classes that can be chosen; values other than the class of interest need a margin."""
    margins = delta if isinstance(delta, Mapping) else {sweep.label: delta}
    for label in margins:
        sweep.scale(label)  # an unknown one raises
    first = measure_of(sweep, sweep.label, margins.get(sweep.label))
    found = [first]
    for label in classes_of(sweep)[1:]:
        try:
            scale = sweep.scale(label)
        except BadValueError:  # on one scale here and on another there: such numbers can't stand side by side
            continue
        own = margins.get(label, first.delta if scale == first.scale else None)
        if scale is None or own is not None:
            found.append(measure_of(sweep, label, own))
    return found[:MOST_CLASSES]


def classes_of(sweep: Sweep) -> list[str]:
    """Return the classes that can be chosen: the one of interest, then the emotions, then others."""
    known = [reading.classifier for reading in sweep.readings.values()]
    all_of = [sweep.label, *EMOTIONS, *(name for model in known for name in model.classes)]
    there = [name for name in all_of if any(model.index_of(name) is not None for model in known)]
    return list(dict.fromkeys([sweep.label, *there]))


def words_of(
    sweep: Sweep, measure: Measure, references: References | None, *, finished: bool = True
) -> dict[str, Any]:
    """Return what stands about one class: table, sentences, curves and the band of the placebos."""
    label, places = measure.label, measure.places
    effects = sweep.effects(label, delta=measure.delta, references=references)
    effects = effects[effects["verdict"] != NO_OUTPUT]
    unmoved = nothing_moved(sweep)
    told = told_of(effects, unmoved)
    series = {name: sweep.series(name, label) for name in effects["classifier"]}
    rows = [
        [
            _name(sweep, effect["classifier"]),
            {"series": [_written(value, places) for value in series[effect["classifier"]]]},
            signed(effect["change"], places),
            *([compared(effect, finished=finished)] if references else []),
            verdict_cell(effect, unmoved),
        ]
        for effect in effects.to_dict("records")
    ]
    empty = ["–"] * (3 if references else 2)
    rows += [
        [_name(sweep, name), *empty, {"text": NO_CLASS}] for name in sweep.classifiers if name not in series
    ]
    own = {row["classifier"]: row["sentence"] for row in told.to_dict("records")}
    if not finished:
        own = {name: said.replace("did as much", "did as much so far") for name, said in own.items()}
    beside = [BESIDE.format(delta=measure.margin)] if within(told) else []
    bands = _bands(references, label)
    grey = [one[end] for one in bands.values() for end in ("low", "high")]
    at = f" (δ = {measure.margin})" if measure.scale else ""
    return {
        "caption": f"{capital(measure.what)}, and what the change does to it on this face{at}",
        "what": measure.what,
        "places": places,
        "ends": _ends(measure, [*series.values(), *grey]),
        "rows": rows,
        "sentences": sentences(sweep, label, effects) + beside,
        "own": own,
        "curves": {name: _rounded(values) for name, values in series.items()},
        "bands": bands,
    }


def _written(value: float, places: int) -> str:
    """Return an output as it stands in the table: with a leading zero, as digits that change."""
    return f"{value:.{places}f}".replace("-", "−") if math.isfinite(value) else NOTHING


def _ends(measure: Measure, curves: Sequence[Any]) -> list[float]:
    """Return the ends of an axis: those of the scale, or some room around the values."""
    if measure.scale is None:
        return [0.0, 1.0]
    if measure.scale.bounds:
        return list(measure.scale.bounds)
    values = np.concatenate([np.asarray(curve, np.float64) for curve in curves] or [np.zeros(1)])
    values = values[np.isfinite(values)]
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 0.0)
    room = max(ROOM * (high - low), measure.delta)
    return [float(f"{low - room:.4g}"), float(f"{high + room:.4g}")]


def pictures(frames: list[npt.NDArray[np.uint8]]) -> list[str]:
    """Return pictures, uint8 (h, w, 3), as JPEG in URIs: smaller, then coarser, until all of them fit.

    Raises
    ------
    BadValueError
        If they don't.
    """
    for side, quality in SIZES:
        uris = [data_uri(smaller(frame, side), quality) for frame in frames]
        if sum(map(len, uris)) <= PICTURES:
            return uris
    raise BadValueError(NO_SPACE.format(most=LARGEST // 10**6, n=len(frames)))


def maps_of(
    sweep: Sweep, classes: list[str], view: tuple[int, int, int, int]
) -> dict[str, dict[str, dict[str, Any]]]:
    """Return Grad-CAM maps by class and classifier, 8 bits a value; as many classes as fit, in order."""
    x1, y1, x2, y2 = view
    found: dict[str, dict[str, dict[str, Any]]] = {}
    taken = 0
    for label in classes:
        known = [name for name in sweep.classifiers if not sweep.attribution.lack(name, label)]
        maps = {name: levels(sweep.attribution.upright(name, label)) for name in known}
        taken += sum(len(one["values"]) for one in maps.values())
        if found and taken > MAPS:
            break
        for name, one in maps.items():
            region = sweep.attribution.region(name) - np.array([x1, y1, x1, y1])
            one["box"] = [round(edge, 5) for edge in fractions(region, (y2 - y1, x2 - x1))]
        found[label] = maps
    return found


def levels(maps: npt.NDArray[np.float32]) -> dict[str, Any]:
    """Return raw maps, (n, h, w), as bytes of a scale that all of them share.

    >>> one = levels(np.array([[[0.0, 0.5]]], np.float32))
    >>> one["scale"], base64.b64decode(one["values"])[1]
    (0.5, 255)
    """
    scale = float(np.nan_to_num(maps).max(initial=0.0))
    steps = np.round(np.nan_to_num(maps) / (scale or 1.0) * LEVELS).clip(0, LEVELS).astype(np.uint8)
    values = base64.b64encode(steps.tobytes()).decode()
    return {"shape": list(maps.shape), "scale": float(f"{scale:.6g}"), "values": values}


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
    own = (TEMPLATES / "explorable.js").read_text(encoding="utf-8")
    parts = [shared("elements.js"), as_constant("stage.js", *STAGE), as_constant("livetable.js"), own]
    return _closed('"use strict";\n' + "{\n" + "".join(parts) + "}\n")


def _style() -> str:
    own = (TEMPLATES / "explorable.css").read_text(encoding="utf-8")
    return _closed(shared("stage.css") + shared("livetable.css") + own)


def _closed(code: str) -> str:
    """Return code of ours that can stand in an element."""
    if re.search(r"</(script|style)|<!--", code, re.IGNORECASE):
        msg = "Code that stands in a page can't hold the signs that end an element."
        raise AssertionError(msg)
    return code.replace("\r\n", "\n")


def _markup(text: str) -> Any:
    import markupsafe

    return markupsafe.Markup(text)


def _columns(references: References | None, *, valued: bool) -> list[dict[str, str]]:
    columns = [dict(one) for one in COLUMNS if references or one["title"] != "placebos"]
    for one in columns if valued else ():
        one["help"] = OF_VALUES.get(one["title"], one["help"])
    columns[0]["help"] = NAMED
    return columns


def _name(sweep: Sweep, classifier: str) -> dict[str, str]:
    card = sweep.readings[classifier].classifier.card
    order = sweep.classifiers.index(classifier)
    return {"text": classifier, "swatch": colour(order), "help": f"{card.title}; {card.licence}"}


def _bands(references: References | None, label: str) -> dict[str, dict[str, list[float | None]]]:
    if not references:
        return {}
    table = references.band(label)
    return {
        str(name): {column: _rounded(one[column].to_numpy(float)) for column in ("strength", "low", "high")}
        for name, one in table.groupby("classifier")
        if np.isfinite(one["low"]).all()
    }


def _rounded(values: npt.NDArray[np.float64]) -> list[float | None]:
    return [round(float(value), 4) if math.isfinite(value) else None for value in values]


def _still(cell: Any) -> str:
    """Return a cell at strength 1 as text."""
    if isinstance(cell, dict):
        return str(cell["series"][-1] if "series" in cell else cell["text"])
    return str(cell)
