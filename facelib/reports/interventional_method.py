"""Method of an interventional study: its declaration, its numbers, and a paragraph for papers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from facelib import properties
from facelib.reports import common
from facelib.reports.parts import Table, two_columns
from facelib.stats import fewest_to_matter
from facelib.studies.declared.hypothesis import INTENDED
from facelib.studies.declared.registration import registrations
from facelib.studies.interventional import title_with_end
from facelib.utilities.wording import NOTHING, counted, in_unit, listed, margin, slugs

if TYPE_CHECKING:
    from facelib.studies.results import InterventionalResult


def titles_of(result: InterventionalResult) -> dict[str, str]:
    """Return the titles of the interventions by name; equal titles get their description added."""
    items = result.settings["interventions"]
    titles = [title_with_end(item["name"], item["title"]) for item in items]
    clauses = [item["clause"] for item in items]
    details = {
        item["name"]: item["clause" if clauses.count(item["clause"]) == 1 else "name"] for item in items
    }
    return {
        item["name"]: title if titles.count(title) == 1 else f"{title}: {details[item['name']]}"
        for item, title in zip(items, titles, strict=True)
    }


def keys_of(result: InterventionalResult) -> dict[str, str]:
    """Return the key of each intervention in names of files and anchors."""
    return slugs([item["name"] for item in result.settings["interventions"]])


def control_title(result: InterventionalResult) -> str:
    """Return the title of the control without saying again that it is one; empty: there is none."""
    return titles_of(result)[result.control].replace(" (control)", "") if result.control else ""


def aim(result: InterventionalResult) -> str:
    """Return the class of interest in words."""
    return "the emotion meant" if result.label == INTENDED else result.label


def quantity(result: InterventionalResult) -> str:
    """Return what outputs are, in words: probability, or a value with its unit."""
    if result.unit is None:
        return "probability"
    return f"value ({result.unit})" if result.unit else "value"


def in_units(result: InterventionalResult) -> str:
    """Return the words behind a margin: "in probability", "years"."""
    if result.unit is None:
        return "in probability"
    return result.unit or f"in units of {result.label}"


def bets(result: InterventionalResult) -> str:
    """Return the sentence part on bets in a methods paragraph; "" where outputs have no bounds."""
    if result.bounds is None:
        return ""
    span = result.bounds[1] - result.bounds[0]
    named = "(Waudby-Smith and Ramdas 2024)"
    return f"if hedged bets on changes within ± {span:g} {named} agreed, if δ or more was there to lose, "


def facts(result: InterventionalResult) -> dict[str, Any]:
    """Return the values of the method's template."""
    effects, settings = result.effects, result.settings
    alpha = float(settings["alpha"])
    methods, exact = set(effects["interval_method"]), bool(effects["exact"].all())
    return {
        "aim": aim(result),
        "quantity": quantity(result),
        "in_units": in_units(result),
        "bounded": result.bounds is not None,
        "span": None if result.bounds is None else f"{result.bounds[1] - result.bounds[0]:g}",
        "faces": settings["faces"],
        "n": _span(int(effects["n"].min()), int(effects["n"].max())),
        "steps": settings["steps"],
        "size": settings["size"],
        "classifiers": len(settings["classifiers"]),
        "delta": margin(settings["delta"]),
        "changed": listed(common.earlier_margins(result)),
        "alpha": common.level(alpha),
        "level": f"{100 * (1 - alpha):g} %",
        "verdict_level": f"{100 * (1 - 2 * alpha):g} %",
        "fewest": int(effects["fewest"].iloc[0]) if effects["fewest"].notna().all() else NOTHING,
        "least": fewest_to_matter(alpha, settings["alternative"]),
        "alternative": settings["alternative"],
        "exact": exact,
        "flips": int(effects.loc[effects["exact"] == exact, "n_flips"].max()),
        "family": int(effects["family"].max()),
        "bca": "bca" in methods,
        "t": "t" in methods,
        "resamples": int(effects["n_bootstrap"].max()),
        "control": control_title(result),
        "measured": [title_of(name) for name in settings["measured"]],
        "seed": settings["seed"],
        "interventions": [item for item in settings["interventions"] if item["name"] in result.interventions],
    }


def _span(low: int, high: int) -> str:
    """Return a range of numbers.

    >>> _span(12, 12), _span(8, 12)
    ('12', '8 to 12')
    """
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def paragraph(result: InterventionalResult) -> str:
    """Return a methods paragraph that can be pasted into a paper."""
    fact, titles = facts(result), titles_of(result)
    names = result.settings["classifiers"]
    ways = [titles[name] for name in result.interventions]
    changes = f"by {ways[0]}" if len(ways) == 1 else f"in {len(ways)} ways ({'; '.join(ways)})"
    interval = listed(
        [
            *(
                [f"BCa bootstrap widened to Student's quantiles, {fact['resamples']:,} resamples"]
                if fact["bca"]
                else []
            ),
            *(["Student's t"] if fact["t"] else []),
        ]
    )
    sides = "two-sided" if fact["alternative"] == "two-sided" else "one-sided"
    patterns = f"all {fact['flips']:,} sign patterns" if fact["exact"] else f"{fact['flips']:,} sign patterns"
    family = counted(fact["family"], "test")
    text = (
        f"The faces were {fact['faces']}. Using {common.package(result)} (seed {fact['seed']}), we changed "
        f"each of them {changes}, in {fact['steps']} even steps from strength 0 (the unchanged face) to 1; "
        f"nothing else was set anew{_measured(fact['measured'])}. Each picture ({fact['size']} px) was "
        f"read by {counted(len(names), 'classifier')} ({listed(names)}), always with the face box of the "
        f"unchanged face. The effect was the difference in the {fact['quantity']} of {fact['aim']} between "
        "strength 1 and 0, "
        f"averaged over the faces of a person; the person was the unit of analysis (n = {fact['n']}). We "
        f"report means over people with {fact['level']} intervals ({interval or 'none'}) and {sides} "
        f"sign-flip tests over people ({patterns}), corrected after Holm over {family} at "
        f"α = {fact['alpha']}. A change was said to matter if the {fact['verdict_level']} interval of its "
        f"mean lay wholly outside ± δ = {_margin(result)} ({fact['least']} people at least), not to "
        f"matter if it lay wholly inside ({fact['fewest']} people at least), {bets(result)}and if at most a "
        "tenth of people (lower limit, Clopper and Pearson) changed by more than δ, and undecided otherwise; "
        f"{common.when_set(result)}."
    )
    if result.control:
        text += (
            f" Effects beyond the control ({control_title(result)}) are differences between the two changes "
            "on the same people, tested in the same way."
        )
    return text + common.failed(result)


def _margin(result: InterventionalResult) -> str:
    return in_unit(margin(result.settings["delta"]), result.unit)


def title_of(name: str) -> str:
    """Return the title of a property inside a sentence.

    >>> title_of("symmetry"), title_of("of_my_own")
    ('facial symmetry', 'of_my_own')
    """
    known = properties.PROPERTIES[name].title if name in properties.PROPERTIES else name
    return known if known[:2].isupper() else known[:1].lower() + known[1:]


def _measured(titles: list[str]) -> str:
    """Describe the measured properties that may move along with a change."""
    if not titles:
        return "; what else moved with it was not measured"
    return f"; of all that this may move, we measured {listed(titles)} in the pictures"


def declared(result: InterventionalResult) -> Table:
    """Return the settings."""
    settings = result.settings
    sides = {"two-sided": "two-sided", "less": "one-sided: it falls", "greater": "one-sided: it rises"}
    control = titles_of(result)[settings["control"]] if settings["control"] else "none"
    none = [] if registrations(result.store) else [("Hypothesis", "none: the study explores")]
    pairs = [
        *none,
        ("Class of interest", aim(result)),
        ("Margin δ", f"{margin(settings['delta'])} {in_units(result)}{common.margin_changed(result)}"),
        ("Level α", common.level(settings["alpha"])),
        ("Test", sides[settings["alternative"]]),
        ("Control", control),
        ("Faces", str(settings["faces"])),
        ("Strengths", f"{settings['steps']}, from 0 to 1"),
        ("Pictures", f"{settings['size']} px"),
        ("Classifiers", listed(settings["classifiers"])),
        ("Seed", str(settings["seed"])),
    ]
    return two_columns("As the study was run.", pairs, names=("What", "Set to"))


def item_of(result: InterventionalResult, name: str) -> Mapping[str, Any]:
    """Return an intervention as it was declared."""
    found: Mapping[str, Any] = next(item for item in result.settings["interventions"] if item["name"] == name)
    return found
