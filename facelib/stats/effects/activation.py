"""Numbers of classifiers that lower their output, raw and beyond the control."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from facelib.errors import check_kind
from facelib.stats.effects.contrasts import differences, only_rows
from facelib.stats.effects.curves import Bounds, Summary, Value, face_effects
from facelib.stats.effects.equivalence import DOES_NOT, MATTERS
from facelib.stats.effects.few_people import ALPHA, fewest_to_matter
from facelib.stats.effects.population import judge
from facelib.stats.effects.remarks import TOO_SMALL
from facelib.stats.effects.signflip import EXACT_UP_TO, FLIPS, smallest_p
from facelib.utilities.short_repr import in_short


@in_short()
@dataclass(frozen=True)
class Lowering:
    """Number of K classifiers that lower their output for one label.

    Attributes
    ----------
    label, intervention, control
        What was asked; control None: not asked.
    k, k_uncorrected
        Classifiers whose output falls (one-sided sign-flip test at alpha), corrected over K (Holm) and not.
    k_because, k_because_uncorrected
        Those of them whose output also falls more than under the control; None without one.
    total
        K, classifiers that know the label.
    tested, tested_because
        Classifiers that could be tested, and tested against the control: what is corrected over.
    classifiers, because
        Names of the k and of the k_because.
    start
        Smallest and largest mean output at strength 0: a start near 1 can only fall.
    n
        Smallest and largest number of identities.
    alpha, seed
        Of the tests.
    notes
        Which classifiers were not testable, what could not be shown with so few identities, whose effects are
        too skewed to be sure, and who falls more than under the control without a fall of its own.
    not_because
        Names of those shown not to fall further than under the control (`not_beyond`); None: that was not
        asked, as no margin is known.
    """

    label: str
    intervention: str
    control: str | None
    k: int
    k_uncorrected: int
    k_because: int | None
    k_because_uncorrected: int | None
    total: int
    tested: int
    tested_because: int | None
    classifiers: tuple[str, ...]
    because: tuple[str, ...]
    start: tuple[float, float]
    n: tuple[int, int]
    alpha: float
    seed: int
    notes: tuple[str, ...]
    not_because: tuple[str, ...] | None = None


def not_beyond(contrasts: pd.DataFrame, because: Sequence[str]) -> tuple[str, ...]:
    """Return which outputs don't fall more than under the control: D lies within ± δ, or is a rise beyond it.

    Parameters
    ----------
    contrasts
        Rows of one intervention: classifier, mean (D), verdict.
    because
        Who is shown to fall more: never returned, however small the difference is.
    """
    rises = (contrasts["verdict"] == MATTERS) & (contrasts["mean"] > 0)
    names = contrasts.loc[(contrasts["verdict"] == DOES_NOT) | rises, "classifier"]
    return tuple(name for name in names if name not in because)


def lowering(
    table: pd.DataFrame,
    intervention: str,
    control: str | None = None,
    *,
    label: str,
    value: Value = "probability",
    bounds: Bounds | None = None,
    summary: Summary = "difference",
    alpha: float = ALPHA,
    n_flips: int = FLIPS,
    seed: int = 0,
) -> Lowering:
    """Count the classifiers that lower their output for `label`, and those that do so beyond a control.

    Beyond the control takes both: a fall, and one that is larger than the control's.
    An output that rises less than under the control isn't lowered.

    Parameters
    ----------
    table
        Tidy sweep table.
    intervention, control
        Ids. With a control D = Δ(intervention) - Δ(control) is counted beside the raw fall.
    label
        The intended class.
    value, bounds, summary, n_flips, seed
        As for `effects_over_faces`.
    alpha
        Level, corrected over the K classifiers after Holm.

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
    chosen = only_rows(table, "label", label)
    options: dict[str, Any] = {
        "delta": None,
        "alpha": alpha,
        "alternative": "less",
        "n_flips": n_flips,
        "seed": seed,
        "method": "t",  # of intervals that nobody sees
    }
    run = only_rows(chosen, "intervention", intervention)
    raw = judge(face_effects(run, value=value, summary=summary, bounds=bounds), **options)
    beyond = None
    if control is not None:
        difference, means = differences(chosen, intervention, control, value, summary, bounds=bounds)
        beyond = judge(difference, **options).assign(**means)
    falls = _rejected(raw, "p_holm", alpha)
    because = [name for name in falls if name in _rejected(beyond, "p_holm", alpha)]
    uncorrected = _rejected(raw, "p", alpha)
    return Lowering(
        label=label,
        intervention=intervention,
        control=control,
        k=len(falls),
        k_uncorrected=len(uncorrected),
        k_because=None if beyond is None else len(because),
        k_because_uncorrected=None
        if beyond is None
        else len(set(uncorrected) & set(_rejected(beyond, "p", alpha))),
        total=len(raw),
        tested=int(raw["p"].notna().sum()),
        tested_because=None if beyond is None else int(beyond["p"].notna().sum()),
        classifiers=tuple(falls),
        because=tuple(because),
        start=(float(raw["start"].min()), float(raw["start"].max())),
        n=(int(raw["n"].min()), int(raw["n"].max())),
        alpha=alpha,
        seed=seed,
        notes=tuple(_notes(raw, beyond, str(control), alpha)),
    )


def _rejected(rows: pd.DataFrame | None, column: str, alpha: float) -> list[str]:
    return [] if rows is None else rows.loc[rows[column] <= alpha, "classifier"].tolist()


def _notes(raw: pd.DataFrame, beyond: pd.DataFrame | None, control: str, alpha: float) -> Iterator[str]:
    for name in raw.loc[raw["p"].isna(), "classifier"]:
        yield f"{name}: not testable"
    doubts = list(_doubts(raw, alpha))
    yield from doubts
    if beyond is None:
        return
    if len(beyond) < len(raw):
        alone = len(raw) - len(beyond)
        yield f"{alone} {_plural('classifier', alone)} {'has' if alone == 1 else 'have'} no control"
    for text in _doubts(beyond, alpha, f"differences D from {control}"):
        if TOO_SMALL in text:
            yield text
        elif text not in doubts:
            yield f"{text}, against {control}"
    falls, more = (_rejected(rows, "p_holm", alpha) for rows in (raw, beyond))
    apart = beyond[beyond["classifier"].isin(set(more) - set(falls))]
    rises = apart["mean_intervention"] > 0
    for names, what in (
        (apart.loc[rises, "classifier"], f"rises less than under {control}: no lower output"),
        (apart.loc[~rises, "classifier"], f"more below {control}, but no fall of its own is shown"),
    ):
        if len(names):
            yield f"{', '.join(names)}: {what}"


def _doubts(rows: pd.DataFrame, alpha: float, what: str = "changes") -> Iterator[str]:
    """Say which tests can't reject however large the fall, and which reject too easily.

    The latter only where the mean falls: a mean that rises is never called a fall, and its two-sided p errs
    the other way.
    """
    tested = rows[rows["p"].notna()]
    count = len(tested)
    reasons: dict[str, list[str]] = {}
    for row in tested.to_dict("records"):
        n, draws = row["n"], row["n_flips"]
        smallest = smallest_p(n, "less", draws)
        of = f"{draws} sign patterns" if n > EXACT_UP_TO else f"{n} {'identity' if n == 1 else 'identities'}"
        floor = f"with {of} p can't be below {_plain(smallest)}"
        if smallest > alpha:
            text = f"{floor}: nothing can be shown at {_plain(alpha)}"
            reasons.setdefault(text, []).append(row["classifier"])
        elif smallest * count > alpha:
            text = f"{floor}: Holm over {count} tests can't reach {_plain(alpha)}"
            reasons.setdefault(text, []).append(row["classifier"])
        if TOO_SMALL in row["notes"] and row["mean"] < 0:
            reasons.setdefault(f"skewed {what}: {TOO_SMALL} (one-sided)", []).append(row["classifier"])
    for text, names in reasons.items():
        yield text if len(names) == count else f"{', '.join(names)}: {text}"


def describe_lowering(found: Lowering, *, fixed: str = "", clause: str = "") -> str:
    """Describe how many classifiers lower their output, raw and beyond the control.

    Parameters
    ----------
    found
        What `lowering` returned.
    fixed
        What is the same under the control: "the same total activation on both sides". Empty: the control is
        named alone.
    clause
        What happens, as `Intervention.clause` says it: "the left side weakens".

    Examples
    --------
    >>> found = Lowering("happy", "symmetry", "weaker_expression", 14, 15, 9, 11, 17, 17, 17, (), (),
    ...     (0.71, 0.99), (40, 40), 0.05, 0, ())
    >>> same = "the same total activation on both sides"
    >>> print(describe_lowering(found, fixed=same, clause="the left side weakens"))
    As the left side weakens, 14 of 17 classifiers lower their output for happy; 9 of 17 fall further than
    with the same total activation on both sides (weaker_expression). One-sided sign-flip tests over 40
    identities, Holm over 17 classifiers at .05 (uncorrected: 15 and 11). Mean output at strength 0: .71 to
    .99.
    """
    check_kind(found, Lowering, "A count, as lowering returns it,")
    total = found.total
    start = f"As {clause}, " if clause else f"Under {found.intervention}, "
    lower = "classifier lowers its" if total == 1 else "classifiers lower their"
    needs = fewest_to_matter(found.alpha / max(found.tested, 1), "less")
    if found.n[1] < needs:
        which = "whether the classifier lowers its" if total == 1 else f"how many of {total} {lower}"
        who = "1 person" if found.n[1] == 1 else f"{found.n[1]} people"
        family = f" with Holm over {found.tested} tests" if found.tested > 1 else ""
        return (
            f"{start}{which} output for {found.label} can't be said: {who}, where the "
            f"sign-flip test needs at least {needs} at {_plain(found.alpha)}{family}."
            f"{_of_size(found.alpha) if found.tested > 1 else ''}"
        )
    parts = [f"{start}{found.k} of {total} {lower} output for {found.label}"]
    uncorrected = f"{found.k_uncorrected}"
    if found.k_because is not None:
        than = f"with {fixed} ({found.control})" if fixed else f"under {found.control}"
        parts.append(f"; {_beyond(found, than)}")
        uncorrected += f" and {found.k_because_uncorrected}"
    least, most = found.n
    people = f"{most}" if least == most else f"{least} to {most}"
    family = f"{found.tested} {_plural('classifier', found.tested)}"
    if found.tested_because not in (None, found.tested):
        family += f" ({found.tested_because} against {found.control})"
    parts.append(
        f". One-sided sign-flip tests over {people} {'identity' if most == 1 else 'identities'}, "
        f"Holm over {family} at {_plain(found.alpha)} "
        f"(uncorrected: {uncorrected}). Mean output at strength 0: {_range(*found.start)}."
    )
    if found.notes:
        parts.append(f" Note: {'; '.join(found.notes)}.")
    return "".join(parts)


def _beyond(found: Lowering, than: str) -> str:
    """Describe for how many it is shown, for how many the opposite, and for how many neither."""
    k, total = found.k_because or 0, found.total
    if found.not_because is None or k == total:
        return f"{k} of {total} {'falls' if total == 1 else 'fall'} further than {than}"
    neither = total - k - len(found.not_because)
    rest = f"; for {neither} it can't be said" if neither else ""
    return (
        f"{k} of {total} {'is' if total == 1 else 'are'} shown to fall further than {than}, "
        f"{len(found.not_because)} shown not to{rest}"
    )


def _of_size(alpha: float) -> str:
    """Say that a verdict needs fewer people than a test that is corrected."""
    two, one = fewest_to_matter(alpha), fewest_to_matter(alpha, "less")
    return (
        f" Verdicts of size aren't corrected: “matters” needs at least {two} people ({one} where the test is "
        "one-sided)."
    )


def _plural(noun: str, count: int) -> str:
    return noun if count == 1 else f"{noun}s"


def _plain(p: float) -> str:
    return f"{p:.3g}".removeprefix("0")


def _range(low: float, high: float) -> str:
    first, last = _short(round(low, 2)), _short(round(high, 2))
    return first if first == last else f"{first} to {last}"


def _short(number: float) -> str:
    return f"{number:.2f}".replace("0.", ".", 1) if number != 0 else "0"
