"""How many classifiers lower their output, raw and because of what the control leaves out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import pandas as pd

from facelib.errors import BadValueError
from facelib.stats.effects.contrasts import contrast, only_rows
from facelib.stats.effects.curves import Summary, Value
from facelib.stats.effects.equivalence import ALPHA
from facelib.stats.effects.population import effects_over_faces
from facelib.stats.effects.signflip import FLIPS

Correction = Literal["holm", "bh", "by", "max"]

NAMES = {"holm": "Holm", "bh": "Benjamini-Hochberg", "by": "Benjamini-Yekutieli", "max": "max-statistic"}


@dataclass(frozen=True)
class Lowering:
    """How many of K classifiers lower their output for one label.

    Attributes
    ----------
    label, intervention, control
        What was asked; control None: not asked.
    k, k_uncorrected
        Classifiers whose output falls (one-sided sign-flip test at alpha), corrected over K and not.
    k_because, k_because_uncorrected
        Those whose output falls more than under the control; None without one.
    total
        K, classifiers that know the label.
    classifiers, because
        Names of the k and of the k_because.
    start
        Smallest and largest mean output at strength 0: a start near 1 can only fall.
    n
        Smallest and largest number of identities.
    alpha, correction, seed
        Of the tests.
    notes
        Which classifiers were not testable, and more.
    """

    label: str
    intervention: str
    control: str | None
    k: int
    k_uncorrected: int
    k_because: int | None
    k_because_uncorrected: int | None
    total: int
    classifiers: tuple[str, ...]
    because: tuple[str, ...]
    start: tuple[float, float]
    n: tuple[int, int]
    alpha: float
    correction: Correction
    seed: int
    notes: tuple[str, ...]


def lowering(
    table: pd.DataFrame,
    intervention: str,
    control: str | None = None,
    *,
    label: str,
    value: Value = "probability",
    summary: Summary = "difference",
    alpha: float = ALPHA,
    correction: Correction = "holm",
    n_flips: int = FLIPS,
    seed: int = 0,
) -> Lowering:
    """Count the classifiers that lower their output for `label`, and those that do so beyond a control.

    Parameters
    ----------
    table
        Tidy sweep table.
    intervention, control
        Ids. With a control D = Δ(intervention) - Δ(control) is counted beside the raw fall.
    label
        The intended class.
    value, summary, n_flips, seed
        As for `effects_over_faces`.
    alpha, correction
        Level, and the correction over the K classifiers: "holm", "bh", "by" or "max".

    Raises
    ------
    UnknownNameError
        If the table doesn't hold the label, the intervention or the control.
    BadValueError
        If the table can't be read or an option is unknown.

    Examples
    --------
    >>> rows = [
    ...     (f"face {i}", run, s, "fer", "happy", 0.9 - (fall + i / 50) * s)
    ...     for i in range(8)
    ...     for run, fall in (("one side", 0.4), ("both sides", 0.1))
    ...     for s in (0.0, 1.0)
    ... ]
    >>> names = ["face", "intervention", "strength", "classifier", "label", "probability"]
    >>> found = lowering(pd.DataFrame(rows, columns=names), "one side", "both sides", label="happy")
    >>> found.k, found.k_because, found.total
    (1, 1, 1)
    """
    if correction not in get_args(Correction):
        msg = f"The correction is one of {', '.join(get_args(Correction))}; got {correction!r}."
        raise BadValueError(msg)
    chosen = only_rows(table, "label", label)
    options: dict[str, Any] = {
        "value": value,
        "summary": summary,
        "alpha": alpha,
        "alternative": "less",
        "n_flips": n_flips,
        "n_bootstrap": 99,
        "seed": seed,
    }
    raw = effects_over_faces(only_rows(chosen, "intervention", intervention), mixed=False, **options)
    beyond = None if control is None else contrast(chosen, intervention, control, **options)
    falls = raw[raw[f"p_{correction}"] <= alpha]
    more = raw.iloc[:0] if beyond is None else beyond[beyond[f"p_{correction}"] <= alpha]
    notes = [f"{row['classifier']}: not testable" for _, row in raw[raw["p"].isna()].iterrows()]
    if beyond is not None and len(beyond) < len(raw):
        alone = len(raw) - len(beyond)
        notes.append(f"{alone} {_plural('classifier', alone)} {'has' if alone == 1 else 'have'} no control")
    return Lowering(
        label=label,
        intervention=intervention,
        control=control,
        k=len(falls),
        k_uncorrected=int((raw["p"] <= alpha).sum()),
        k_because=None if beyond is None else len(more),
        k_because_uncorrected=None if beyond is None else int((beyond["p"] <= alpha).sum()),
        total=len(raw),
        classifiers=tuple(falls["classifier"]),
        because=tuple(more["classifier"]),
        start=(float(raw["start"].min()), float(raw["start"].max())),
        n=(int(raw["n"].min()), int(raw["n"].max())),
        alpha=alpha,
        correction=correction,
        seed=seed,
        notes=tuple(notes),
    )


def describe_lowering(found: Lowering, *, cause: str = "", clause: str = "") -> str:
    """Say how many classifiers lower their output, raw and because of the cause.

    Parameters
    ----------
    found
        What `lowering` returned.
    cause
        What the control takes away from the intervention: "asymmetry". Empty: the control is named.
    clause
        What happens, as `Intervention.clause` says it: "the left side weakens".

    Examples
    --------
    >>> found = Lowering("happy", "symmetry", "weaker_expression", 14, 15, 9, 11, 17, (), (), (0.71, 0.99),
    ...     (40, 40), 0.05, "holm", 0, ())
    >>> print(describe_lowering(found, cause="asymmetry", clause="the left side weakens"))
    As the left side weakens, 14 of 17 classifiers lower their output for happy; 9 of 17 do so because of
    asymmetry (more than under weaker_expression). One-sided sign-flip tests over 40 identities, Holm over 17
    classifiers at .05 (uncorrected: 15 and 11). Mean output at strength 0: .71 to .99.
    """
    total = found.total
    start = f"As {clause}, " if clause else f"Under {found.intervention}, "
    lower = "classifier lowers its" if total == 1 else "classifiers lower their"
    parts = [f"{start}{found.k} of {total} {lower} output for {found.label}"]
    uncorrected = f"{found.k_uncorrected}"
    if found.k_because is not None:
        because = (
            f"because of {cause} (more than under {found.control})"
            if cause
            else f"more than under {found.control}"
        )
        parts.append(f"; {found.k_because} of {total} {'does' if total == 1 else 'do'} so {because}")
        uncorrected += f" and {found.k_because_uncorrected}"
    least, most = found.n
    people = f"{most}" if least == most else f"{least} to {most}"
    parts.append(
        f". One-sided sign-flip tests over {people} {'identity' if most == 1 else 'identities'}, "
        f"{NAMES[found.correction]} over {total} {_plural('classifier', total)} at {_short(found.alpha)} "
        f"(uncorrected: {uncorrected}). Mean output at strength 0: {_range(*found.start)}."
    )
    if found.notes:
        parts.append(f" Note: {'; '.join(found.notes)}.")
    return "".join(parts)


def _plural(noun: str, count: int) -> str:
    return noun if count == 1 else f"{noun}s"


def _range(low: float, high: float) -> str:
    first, last = _short(round(low, 2)), _short(round(high, 2))
    return first if first == last else f"{first} to {last}"


def _short(number: float) -> str:
    return f"{number:.2f}".replace("0.", ".", 1) if number != 0 else "0"
