"""How many classifiers change, in words, by the tests of a table of effects: its side, its family."""

from __future__ import annotations

from typing import Final

import pandas as pd

from facelib.stats.effects.activation import not_beyond
from facelib.stats.effects.betting import BETS
from facelib.stats.effects.few_people import fewest_to_matter
from facelib.stats.power import plain
from facelib.utilities.wording import listed

SIDES: Final = {"two-sided": "Two-sided", "less": "One-sided (falls)", "greater": "One-sided (rises)"}


def describe_counts(
    effects: pd.DataFrame,
    contrasts: pd.DataFrame | None = None,
    *,
    clause: str,
    control: str = "",
    fixed: str = "",
    aim: str = "",
) -> str:
    """Describe how many classifiers lower and raise their output, by the tests that stand in the table.

    Parameters
    ----------
    effects
        What `effects_over_faces` returned, of one intervention and label: one row per classifier.
    contrasts
        What `contrast` returned of it; None: it has no control.
    clause
        What happens, as `Intervention.clause` says it: "the person grows older".
    control, fixed
        Name of the control for readers, and what is the same under it, if that has a name.
    aim
        Name of the label for readers; "": as in the table.

    Examples
    --------
    >>> shared = {"label": "happy", "alternative": "two-sided", "alpha": 0.05, "n": 30, "family": 3}
    >>> rows = [("fer", -0.3, 0.001), ("facex", 0.2, 0.01), ("human", 0.0, 1.0)]
    >>> effects = pd.DataFrame(
    ...     [{"classifier": name, "mean": mean, "p_holm": p, **shared} for name, mean, p in rows])
    >>> print(describe_counts(effects, clause="the person grows older"))
    As the person grows older, 1 of 3 classifiers lowers its output for happy, 1 raises it. Two-sided
    sign-flip tests over 30 people, Holm over 3 tests at .05.
    """
    first = effects.iloc[0]
    total, alternative, alpha = len(effects), str(first["alternative"]), float(first["alpha"])
    label, family = aim or str(first["label"]), int(effects["family"].max())
    least, most = int(effects["n"].min()), int(effects["n"].max())
    people = f"{most} {'person' if most == 1 else 'people'}" if least == most else f"{least} to {most} people"
    if "interval_method" in effects and (effects["interval_method"] == BETS).any():
        return f"As {clause}, how many of {total} classifiers change is counted at the end: so far {people}."
    needs = fewest_to_matter(alpha / max(family, 1), alternative)  # type: ignore[arg-type]
    tests = f"{family} test{'s' * (family != 1)}"
    if most < needs:
        return (
            f"As {clause}, it can't be said how many of the {total} classifiers change their output for "
            f"{label}: the sign-flip test with Holm over {tests} needs at least {needs} people at "
            f"{plain(alpha)}, and there {'is' if most == 1 else 'are'} {most}."
        )
    shown = effects["p_holm"] <= alpha
    falls, rises = shown & (effects["mean"] < 0), shown & (effects["mean"] > 0)
    noun = "classifier" if total == 1 else "classifiers"
    parts = []
    if alternative != "greater":
        parts.append(f"{_of(falls, total)} {noun} {_verb(falls, 'lower')} {_its(falls)} output for {label}")
    if alternative != "less":
        count = int(rises.sum())
        again = f"{count or 'none'} {_verb(rises, 'raise') if count else 'raises'} it"
        alone = f"{_of(rises, total)} {noun} {_verb(rises, 'raise')} {_its(rises)} output for {label}"
        parts.append(again if parts else alone)
    beyond = ""
    if contrasts is not None and len(contrasts) and alternative != "greater":
        further = contrasts[(contrasts["p_holm"] <= alpha) & (contrasts["mean"] < 0)]["classifier"]
        names = [name for name in effects.loc[falls, "classifier"] if name in set(further)]
        than = f"with {fixed} ({control})" if fixed else f"under {control}"
        still = [name for name in not_beyond(contrasts, names) if name not in names]
        rest = total - len(names) - len(still)
        open_ones = f"; for {rest} it can't be said" if rest else ""
        margin = plain(float(contrasts["delta"].iloc[0]))
        beyond = (
            f"; {len(names)} of {total} {'is' if total == 1 else 'are'} shown to fall further than {than}"
        )
        if len(names) < total:
            beyond += f", {len(still)} shown not to by δ = {margin} or more{open_ones}"
        if rest == total:
            them = "it falls" if total == 1 else f"any of the {total} fall"
            beyond = f"; whether {them} further than {than} can't be said"
    return (
        f"As {clause}, {', '.join(parts)}{beyond}. {SIDES[alternative]} sign-flip tests over {people}, Holm "
        f"over {tests} at {plain(alpha)}.{_small(effects, falls | rises)}"
    )


def _small(effects: pd.DataFrame, counted: pd.Series[bool]) -> str:
    """Say which of the classifiers that are counted change by less than the margin; "" if none does."""
    if "delta" not in effects:
        return ""
    less = effects.loc[counted & (effects["mean"].abs() < effects["delta"]), ["classifier", "delta"]]
    if less.empty:
        return ""
    margin, names = plain(float(less["delta"].iloc[0])), listed(less["classifier"].tolist())
    return f" By less than δ = {margin} on average: {names}."


def _of(which: pd.Series[bool], total: int) -> str:
    return f"{int(which.sum())} of {total}"


def _verb(which: pd.Series[bool], verb: str) -> str:
    return f"{verb}s" if int(which.sum()) == 1 else verb


def _its(which: pd.Series[bool]) -> str:
    return "its" if int(which.sum()) == 1 else "their"
