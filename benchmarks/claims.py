"""Recompute numbers of README, docs and notebooks from committed tables: `python benchmarks/claims.py`.

Each claim is a piece of prose with its numbers left out, where it stands, and what they are computed from.
What is printed is what should stand there, and whether it does; a test (tests/unit/project/test_claims.py)
holds prose and tables together.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from facelib import experiments, stats
from facelib.experiments.clinical_error import FRONTAL, MEASURES, MILD
from facelib.experiments.halves_validity import DIFFERENCE, SIDE
from facelib.experiments.hard_cases import OURS, case_scores, load_hard_cases
from facelib.stats.calibration.table import load_table
from facelib.stats.effects.betting import equivalence_p
from facelib.stats.effects.equivalence import BLIND, NO_FALL
from facelib.stats.independence.base import TESTS
from facelib.stats.independence.vote import VOTES
from facelib.stats.independence.vote_power import smallest_explained
from facelib.studies.chimera_agreement import agreement

ROOT = Path(__file__).resolve().parents[1]
NETWORKS = ("faceapi", "facemood", "facex", "fer", "human", "pyemotion")
SCENARIOS = {
    "nothing, or labels": ("none", "none_heavy_tails", "labels_2", "labels_7", "labels_7_unequal",
                           "labels_7_heavy_tails", "none_binary", "labels_7_unequal_binary"),
    "labels, spread depends on the label": ("labels_7_heteroscedastic",),
    "labels, one of them of 70 %": ("labels_7_mostly_one",),
    "labels, spread differs by a factor of 50": ("labels_7_strongly_heteroscedastic",),
    "labels; rare property, rare decision": ("labels_7_rare_decision",),
    "labels; rare property, output mostly 1": ("labels_7_rare_tied",),
    "labels; a probability near 1, or one of seven": ("labels_7_saturated", "labels_7_share"),
    "one number, linear": ("number_linear", "number_heavy_tails"),
    "one number, tanh": ("number_tanh",),
    "one number, sin 3z": ("number_sin_3",),
    "two numbers, linear": ("numbers_2_linear",),
    "two numbers, sin 2(z₁ + z₂)": ("numbers_2_sin",),
    "five numbers, linear": ("numbers_5_linear",),
    "7 labels and a number, tanh": ("labels_7_number_tanh",),
}  # fmt: skip
METHODS = (
    "partial_correlation", "kcit", "rcot", "chsic", "cmiknn", "within_dcov", "within_rff",
    "vote", "exact_vote",
)  # fmt: skip
SHAPES = {
    "straight line": "linear", "parabola": "quadratic", "sign turns with the label": "signs",
    "spread alone": "variance", "step": "threshold",
}  # fmt: skip


@dataclass(frozen=True)
class Claim:
    """Prose with its numbers as `{}`, the file that holds it, and the numbers."""

    where: str
    prose: str
    numbers: Callable[[], tuple[str, ...]]

    @property
    def should(self) -> str:
        """What should stand there."""
        return self.prose.format(*self.numbers())

    @property
    def holds(self) -> bool:
        """Whether it does."""
        return plain(self.should) in text_of(self.where)

    def written(self) -> bool:
        """Put the numbers into their page, where its words are found once; marks of emphasis stay."""
        path = ROOT / self.where
        parts = [r"\s+".join(map(re.escape, part.split(" "))) for part in self.prose.split("{}")]
        number = r"([*_`]*)(?<!\w)([−+]?[.\d][^|*_`\n]{0,15}?|–|[a-z]{1,12})([*_`]*)"
        text = path.read_text(encoding="utf-8")
        found = list(re.finditer(number.join(f"({part})" for part in parts), text))
        if len(found) != 1 or path.suffix == ".ipynb":
            return False
        pieces, numbers = list(found[0].groups()), iter(self.numbers())
        for place in range(2, len(pieces), 4):
            pieces[place] = next(numbers)
        begin, end = found[0].span()
        path.write_text(text[:begin] + "".join(pieces) + text[end:], encoding="utf-8")
        text_of.cache_clear()
        return self.holds


@cache
def text_of(where: str) -> str:
    """Return the prose of a file in one line, without marks of emphasis."""
    text = (ROOT / where).read_text(encoding="utf-8")
    if where.endswith(".ipynb"):
        text = "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"])
    return plain(text)


def plain(text: str) -> str:
    """Return a text without line ends and emphasis."""
    return re.sub(r"\s+", " ", re.sub(r"[*_`]", "", text))


def share(value: float, places: int = 2) -> str:
    """Return a share as statisticians write it."""
    return f"{value:.{places}f}".removeprefix("0")


def signed(value: float) -> str:
    """Return a change with its sign."""
    return f"{'−' if value < 0 else '+'}{share(abs(value))}"


@cache
def accuracy() -> pd.Series:
    """Return the mean accuracy of the six networks by expression set."""
    table = experiments.measured_behaviour()
    rows = table[(table["what"] == "accuracy") & (table["row"] == "expression set")]
    return rows[rows["classifier"].isin(NETWORKS)].groupby("column")["value"].mean()


@cache
def room(intensity: float) -> pd.Series:
    """Return what the control of the same total leaves of each output, left side."""
    rows = experiments.load_asymmetry().contrasts
    own = rows[
        (rows["value"] == "probability") & (rows["intensity"] == intensity) & (rows["expression"] == "all")
        & (rows["intervention"] == "asymmetric_expression") & (rows["control"] == "weaker_expression")
    ]  # fmt: skip
    return own.set_index("classifier")["room"]


@cache
def rates() -> pd.DataFrame:
    """Return the rates of rejection at .05 where there is no effect."""
    table = load_table()
    return table[(table["shape"] == "none") & (table["alpha"] == 0.05) & table["method"].isin(METHODS)]


def span(method: str, names: tuple[str, ...]) -> str:
    """Return the lowest and highest rate of a test in scenarios, n from 50 to 1000."""
    rows = rates()
    own = rows[(rows["method"] == method) & rows["scenario"].isin(names) & rows["n"].between(50, 1000)][
        "rate"
    ]
    if own.empty:
        return "–"
    low, high = (two(end) for end in (own.min(), own.max()))
    return low if low == high else f"{low}–{high}"


def found(method: str, shape: str) -> str:
    """Return how often a test finds an effect of .4 in 200 faces with 7 labels."""
    table = load_table()
    rows = table[(table["alpha"] == 0.05) & (table["scenario"] == "labels_7") & (table["n"] == 200)]
    (rate,) = rows[(rows["method"] == method) & (rows["shape"] == shape) & (rows["size"] == 0.4)]["rate"]
    return two(rate)


def two(rate: float) -> str:
    """Return a rate with two decimals, 1.0 only where nothing else was seen to."""
    return "1.0" if rate >= 0.995 else share(rate)


def fewest_by_bets(delta: float) -> int:
    """Return how many people without any change the bets need."""
    return next(n for n in range(2, 1000) if equivalence_p(np.zeros((n, 1)), delta)[0] <= 0.05)


def data_sets() -> tuple[str, str]:
    """Return how many tests were run for the shipped calibration, and on how many data sets, in thousands."""
    table = load_table()
    tests = table[(table["alpha"] == 0.05) & ~table["method"].isin(VOTES)]  # votes count p of the same tests
    sets = tests.groupby(["scenario", "shape", "size", "n", "seed"])["runs"].max().sum()  # all tests see them
    return f"{round(tests['runs'].sum(), -3):,}", f"{round(sets, -3):,}"


def exact_levels() -> tuple[str, ...]:
    """Return data sets and cells behind the level of the exact vote, and what it rejected."""
    table = load_table()
    cells = table[(table["method"] == "exact_vote") & (table["shape"] == "none")]
    ends = [
        f"{end:.{places}f}".removeprefix("0")
        for alpha, places in ((0.05, 3), (0.01, 4))
        for end in cells.loc[cells["alpha"] == alpha, "rate"].agg(["min", "max"])
    ]
    (runs,) = set(cells["runs"])
    return f"{runs:,}", str(len(cells) // 2), *ends


def single_runs() -> tuple[str, str]:
    """Return the fewest and the most data sets of a single test's cell in which there is no effect."""
    table = load_table()
    cells = table[table["method"].isin(TESTS) & (table["shape"] == "none")]
    return f"{cells['runs'].min():,}", f"{cells['runs'].max():,}"


def without_bounds() -> tuple[str, ...]:
    """Return how often the interval alone says "does not matter" of a mean on the margin, and data sets."""
    table = load_table()
    rows = table[(table["method"] == "verdict_does_not_matter") & (table["alpha"] == 0.05)]
    cells = rows[(rows["size"] == 0) & rows["n"].between(50, 200)]
    (runs,) = set(cells["runs"])
    return share(cells["rate"].min()), share(cells["rate"].max()), f"{runs:,}"


def agreeing() -> tuple[str, ...]:
    """Return of how many networks and expressions symmetric faces of pictures agree within half of .10."""
    table = agreement()
    cells = table[
        (table["level"] == "all") & (table["shown"] != "all") & (table["reference"] == "less rest")
        & table["classifier"].isin(NETWORKS)
    ]  # fmt: skip
    within = cells[cells[["low", "high"]].abs().max(axis=1) <= 0.05].groupby("contrast").size()
    total = cells[cells["contrast"] == "chimeras"]
    mean = table[(table["level"] == "all") & (table["shown"] == "all") & (table["reference"] == "less rest")]
    names = ("chimeras", "mirror average")
    spread = mean.groupby("contrast")["sd"].agg(["min", "max"])
    return (
        *(str(within[name]) for name in names), str(len(total)),
        *(share(spread.loc[name, end], 2) for end in ("min", "max") for name in names),
    )  # fmt: skip


@cache
def hard_scores() -> pd.DataFrame:
    """Return how the methods did in the frozen cases, by method and kind."""
    return case_scores(load_hard_cases()).set_index(["method", "kind"])


def answered(method: str, name: str = "right") -> str:
    """Return how many questions of the frozen cases a method answered right, wrong, or left open."""
    return str(hard_scores().loc[(method, "all"), name])


def kinds_won(method: str) -> str:
    """Return in how many kinds of cases a method of ours is as good as the best of the others, or better."""
    net = hard_scores().drop("all", level="kind").pivot_table("net", "kind", "method")
    return str(int((net[method] >= net.drop(columns=list(OURS)).max(axis=1)).sum()))


def wrong_span() -> tuple[str, str]:
    """Return the fewest and most wrong answers of what looks at pictures alone."""
    wrong = [
        int(answered(name, "wrong")) for name in ("grad_cam", "lime", "occlusion", "tcav", "linear_probe")
    ]
    return str(min(wrong)), str(max(wrong))


def claims() -> Iterator[Claim]:
    """Give every claim that is held to a table."""
    own = "notebooks/07_bring_your_own.ipynb"
    yield Claim(
        own,
        "Of the {} frozen questions whose answer is clear, a paired t test on the same pictures answers {} "
        "as it is, a regression that observes 300 people {}, the vote of exact tests {}. The verdict over 60 "
        "people answers {}, leaves {} open and is wrong in {}; over 200 people {}, {} and {}. Among the "
        "rivals' best it is in {} of 12 kinds with 60 people, and in {} with 200",
        lambda: (
            answered("verdict", "questions"), answered("t_test"), answered("regression"), answered("vote"),
            *(answered("verdict", name) for name in ("right", "open", "wrong")),
            *(answered("verdict_200", name) for name in ("right", "open", "wrong")),
            {"0": "none"}.get(kinds_won("verdict"), kinds_won("verdict")), kinds_won("verdict_200"),
        ),
    )  # fmt: skip
    yield Claim(
        "docs/statistics.md",
        "on {} data sets in each of {} cells without an effect it rejected {} to {} at .05, and {} to {} "
        "at .01",
        exact_levels,
    )
    yield Claim(
        own,
        "Wrong and unwarned is it in {} of the questions, {} of {} ({} of the {} that it answers), and in {} "
        "of {} cases ({}; Wilson's 95 % interval {} to {})",
        lambda: (
            f"{hard_scores().loc[('verdict', 'all'), 'wrong_share']:.3f}".removeprefix("0"),
            answered("verdict", "wrong"),
            answered("verdict", "questions"),
            share(
                int(answered("verdict", "wrong"))
                / (int(answered("verdict", "questions")) - int(answered("verdict", "open"))),
                3,
            ),
            str(int(answered("verdict", "questions")) - int(answered("verdict", "open"))),
            answered("verdict", "cases_wrong"),
            answered("verdict", "cases"),
            share(int(answered("verdict", "cases_wrong")) / int(answered("verdict", "cases"))),
            *(share(hard_scores().loc[("verdict", "all"), end]) for end in ("low", "high")),
        ),
    )
    yield Claim(
        own,
        "is wrong in {} to {} of the {}; the published shuffle test in {}",
        lambda: (*wrong_span(), answered("verdict", "questions"), answered("shuffle", "wrong")),
    )
    yield Claim(
        "README.md",
        "The six name {} of rendered faces as they are meant whose expressions we tuned on these same "
        "networks, and {} of faces with plain FACS expressions (chance {})",
        lambda: (
            f"{100 * accuracy()['tuned']:.0f} %",
            f"{100 * accuracy()['facs']:.0f} %",
            f"{100 / 7:.0f} %",
        ),
    )
    statistics = "docs/statistics.md"
    yield Claim(
        statistics,
        "Less rest they do in {} (chimeras) and {} (mirror average) of {} pairs of a network and an "
        "expression: a person's contrast has an error with a standard deviation of {} and {} at least, {} "
        "and {} at most",
        agreeing,
    )
    yield Claim(
        statistics,
        "{} without any spread, {} with a spread of .15 for a chance of 80 %",
        lambda: (
            str(fewest_by_bets(0.10)),
            str(stats.sample_size(0.0, 0.15, question="does not matter").n),
        ),
    )
    yield Claim(statistics, "Below {} people (at δ = .10, α = .05", lambda: (str(stats.fewest_people()),))
    yield Claim(
        statistics,
        "below {} ({} where the test is one-sided",
        lambda: (str(stats.fewest_to_matter()), str(stats.fewest_to_matter(alternative="less"))),
    )
    yield Claim(
        statistics,
        "it was said of {} to {} of {} data sets with 50 to 200 people, whether effects were normal",
        without_bounds,
    )
    yield Claim(
        statistics, "29 people hold none of these in {} of studies", lambda: (share((1 - 1 / 20) ** 29),)
    )
    yield Claim(statistics, "{} tests of {} data sets with a known truth", data_sets)
    yield Claim(statistics, "The single tests' cells without an effect have {} to {}", single_runs)
    for title, names in SCENARIOS.items():
        yield Claim(
            statistics,
            f"| {title} | " + " | ".join(["{}"] * len(METHODS)) + " |",
            lambda names=names: tuple(span(method, names) for method in METHODS),
        )
    for title, shape in SHAPES.items():
        yield Claim(
            statistics,
            f"| {title} | " + " | ".join(["{}"] * len(METHODS)) + " |",
            lambda shape=shape: tuple(found(method, shape) for method in METHODS),
        )
    yield from of_asymmetry()
    yield from of_readers()
    yield from of_properties()
    yield from of_clinical()
    yield from of_halves()
    yield from of_patients()


def of_asymmetry() -> Iterator[Claim]:
    """Give the claims of notebook 06."""
    book = "notebooks/06_facing_asymmetry.ipynb"

    yield Claim(
        book,
        "all six fall further: by {} to {}, and by {} to {}",
        lambda: (
            *ends(of_contrasts("read activation")["mean"].abs(), 3),
            *ends(of_contrasts("chimeras")["mean"].abs(), 3),
        ),
    )
    yield Claim(
        book,
        "differences of {} to {} would have been found",
        lambda: ends(of_contrasts("total activation")["smallest_found"], 3),
    )
    yield Claim(
        book,
        "the control leaves less than that of their output ({} in pyemotion, {} in human)",
        lambda: (
            share(of_contrasts("total activation").set_index("classifier")["room"]["pyemotion"], 3),
            share(of_contrasts("total activation").set_index("classifier")["room"]["human"], 3),
        ),
    )
    yield Claim(
        book,
        "({} of 600 faces could be matched",
        lambda: (str(int(sum(cells("read activation").drop_duplicates("expression")["n"]))),),
    )
    yield Claim(
        book,
        "Beyond what a network reads as the same, the smile loses {} to {}",
        lambda: ends(cells("read activation", "happy")["mean"].abs()),
    )
    yield Claim(
        book,
        "is read as {} less than one weak side",
        lambda: (share(of_arms("half", "mismatch")),),
    )
    yield Claim(
        book,
        "*half* is only {} less, and *read* is {} **more** than one weak side",
        lambda: (share(of_arms("half", "mismatch_detected")), share(-of_arms("read", "mismatch_detected"))),
    )
    yield Claim(
        book,
        "With the same total, {} of {} cells can't show δ",
        lambda: (
            str(int(cells("total activation")["verdict"].isin([NO_FALL, BLIND]).sum())),
            str(len(cells("total activation"))),
        ),
    )
    yield Claim(
        book,
        "*happy* falls further in all six networks, by {} to {}",
        lambda: ends(cells("read activation", "happy")["mean"].abs()),
    )
    yield Claim(
        book,
        "*Happy* falls by {} to {} in all six networks",
        lambda: ends(cells("palsy", "happy")["mean"].abs()),
    )
    yield Claim(
        book,
        "the palsied face gets {} to {} less for it",
        lambda: ends(cells("droop", "happy")["mean"].abs()),
    )
    yield Claim(
        book,
        "and **more** for *surprise* ({} to {})",
        lambda: ends(cells("droop", "surprise")["mean"]),
    )
    yield Claim(
        book,
        "in {} of six networks the control leaves less than δ",
        lambda: ({1: "one", 2: "two", 3: "three", 4: "four"}[int((room(0.5) < 0.10).sum())],),
    )


def of_readers() -> Iterator[Claim]:
    """Give the claims of notebook 08 on who sees an intervention."""
    book = "notebooks/08_power_of_properties.ipynb"
    yield Claim(
        book,
        "that estimate gender follow by {} standard deviations, and in {} % of heads in the direction of "
        "their mean",
        lambda: (
            share(read("gender", "estimated_gender")["moved"]),
            f"{100 * read('gender', 'estimated_gender')['same_way']:.0f}",
        ),
    )
    yield Claim(
        book,
        "which it is made of, by {}, and the appearance by {}, less than counts as seen",
        lambda: (
            share(read("symmetrise", "symmetry")["moved"]),
            share(read("symmetrise", "appearance_symmetry")["moved"]),
        ),
    )


def of_properties() -> Iterator[Claim]:
    """Give the claims of notebook 08 on the full-size study."""
    book = "notebooks/08_power_of_properties.ipynb"

    def outputs(name: str, held: int = 0) -> str:
        return str(int(rows_of(name)["significant"].iloc[held]))

    yield Claim(
        book,
        "Electrodes go with {} of {} outputs. That one side moves less goes with {}, a palsy with {}",
        lambda: (
            outputs("electrodes"),
            str(int(rows_of("age")["tests"].iloc[0])),
            outputs("weaker_side"),
            outputs("palsy"),
        ),
    )
    yield Claim(
        book, "with measured symmetry go {} ({} where", lambda: (outputs("symmetry"), outputs("symmetry", 1))
    )
    yield Claim(book, "it is {} to {} for each of these", in_each_light)
    yield Claim(
        book,
        "The six networks name {} to {} % of these faces as they are meant (chance: {} %)",
        named_as_meant,
    )
    yield Claim(
        book,
        "a straight line that explains {} % of an output's variance in 8 of 10 cases, and one of .4 % hardly "
        "ever; in a single light it takes {} %.",
        lambda: (
            f"{100 * smallest_explained(1050, 19 * 42, labels=7):.1f}",
            f"{100 * smallest_explained(350, 4 * 42, labels=7):.0f}",
        ),
    )
    yield Claim(
        book,
        "One weaker side explains {} % in the median, and {} % of the output that it goes with most",
        lambda: (
            f"{100 * rows_of('weaker_side')['explained'].iloc[0]:.1f}".lstrip("0"),
            f"{100 * rows_of('weaker_side')['explained_most'].iloc[0]:.1f}",
        ),
    )
    yield Claim(
        book,
        "goes with the {} by {}, which we set from 0 to .8, and with one weaker side by {} (the",
        lambda: (
            {"asymmetry": "asymmetry at rest"}[rows_of("symmetry")["companion"].iloc[0]],
            share(rows_of("symmetry")["companion_correlation"].iloc[0]),
            share(
                {"symmetry": rows_of("weaker_side")["companion_correlation"].iloc[0]}[
                    rows_of("weaker_side")["companion"].iloc[0]
                ]
            ),
        ),
    )
    yield Claim(
        book,
        "the counts are {} and {}, those of the age and the shape that were set {} and {}:",
        lambda: tuple(outputs(name) for name in ("estimated_age", "estimated_gender", "age", "gender")),
    )


@cache
def clinical() -> pd.DataFrame:
    """Return the technical errors of the clinical measures by condition, levels, measure and side."""
    return experiments.load_clinical_error().set_index(["condition", "levels", "measure", "side"])


def of_clinical() -> Iterator[Claim]:
    """Give the claims on the technical error of the clinical measures."""
    page, moved = "docs/how-to/clinical.md", "commissure_displacement"

    def error(side: str, column: str = "mae_mm", levels: str = MILD, condition: str = FRONTAL) -> str:
        return signless(clinical().loc[(condition, levels, moved, side), column])

    def pull(measure: str, levels: str = MILD, side: str = "difference", column: str = "slope") -> str:
        return f"{100 * clinical().loc[(FRONTAL, levels, measure, side), column]:.0f}"

    for name in MEASURES:
        if name != "mirror_misfit":
            yield Claim(
                page, f"| {name}{in_units(name)} |" + " {} | {} | {} | {} to {} | {} |", in_table(name)
            )
    yield Claim(
        page,
        "Without a palsy it is met ({} mm), and on the weak side ({} mm); on the healthy side it is not "
        "({} mm, bias {} mm), nor on both together ({} mm). The ratio of left to right is off by {} there.",
        lambda: (
            error("both", levels="0"), error("weak"), error("healthy"), error("healthy", "bias_mm"),
            error("both"), error("ratio", "mae"),
        ),
    )  # fmt: skip
    yield Claim(
        page,
        "it shows {} % in the commissure displacement (95 % interval {} to {}), {} % in the commissure "
        "distance, {} % in the height of the brows and {} % in the openings of the eyes; of the displacement "
        "{}, {}, {}, {} and {} % at levels 1 to 5. The mouth's angles are nearly whole ({} %), and the lip's "
        "middle is drawn further than it is ({} %).",
        lambda: (
            pull(moved), pull(moved, column="slope_low"), pull(moved, column="slope_high"),
            *(pull(name) for name in ("commissure_distance", "brow_height", "palpebral_fissure")),
            *(pull(moved, level) for level in "12345"), pull("mouth_angle"),
            pull("philtrum_deviation", side=""),
        ),
    )  # fmt: skip
    yield Claim(
        page, "symmetry finds {} % of the true misfit", lambda: (pull("mirror_misfit", "all", side=""),)
    )
    conditions = ("yaw 5°", "yaw 10°", "yaw 20°", "light from one side", "128 px")
    yield Claim(
        page,
        "the displacement is off by {} mm frontal, {} mm with the smile turned by 5°, {} mm at 10°, {} mm at "
        "20°, {} mm in light from one side, and {} mm at 128 px",
        lambda: (
            error("both", levels="all"),
            *(error("both", levels="all", condition=condition) for condition in conditions),
        ),
    )
    yield Claim(
        page, "By the iris it is off by {} mm in levels 0 to 3", lambda: (error("both", "mae_iris_mm"),)
    )


def halves(unit: str, of: str) -> pd.Series:
    """Return how well a face unit is told from halves and from whole faces: of a side, or left − right."""
    return experiments.load_halves_validity().set_index(["unit", "of"]).loc[(unit, of)]


def answers(of: str, answer: str) -> str:
    """Return in how many sided face units halves are better, the whole face is, or it can't be told."""
    table = experiments.load_halves_validity()
    own = table[table["sided"] & (table["of"] == of) & (table["unit"] != "all")]
    return str(len(own) if answer == "all" else int((own["answer"] == answer).sum()))


def of_halves() -> Iterator[Claim]:
    """Give the claims on face units read from halves."""
    page, short = "docs/how-to/clinical.md", {"can't be told": "–"}
    both = (SIDE, DIFFERENCE)

    def in_row(unit: str) -> tuple[str, ...]:
        side, parted = (halves(unit, of) for of in both)
        return (
            *(signless(side[f"mae_{name}"]) for name in ("blind", "whole", "halves")),
            short.get(side["answer"], side["answer"]),
            *(signless(parted[f"mae_{name}"]) for name in ("blind", "whole", "halves")),
            short.get(parted["answer"], parted["answer"]),
            *(signless(parted[f"slope_{name}"]) for name in ("whole", "halves")),
        )

    def overall(of: str) -> tuple[str, ...]:
        row = halves("all", of)
        return (
            *(share(row[f"mae_{name}"], 3) for name in ("whole", "halves")),
            *(signless(row[name], 3) for name in ("gain_low", "gain_high")),
        )

    for unit in experiments.load_halves_validity()["unit"].unique():
        if unit != "all":
            yield Claim(page, f"| {unit} |" + " {} |" * 10, lambda unit=unit: in_row(unit))
    yield Claim(
        page,
        "a side is off by {} from the whole face and by {} from halves (gain {} to {}), left − right by {} "
        "and {} (gain {} to {})",
        lambda: overall(SIDE) + overall(DIFFERENCE),
    )
    yield Claim(
        page,
        "Of {} sided units halves tell a side better in {} and worse in {}, and left − right better in {} "
        "and worse in {}",
        lambda: (answers(SIDE, "all"), *(answers(of, name) for of in both for name in ("halves", "whole"))),
    )
    yield Claim(
        page,
        "of a smile {} from the whole face and {} from halves, of a blink {} and {}",
        lambda: tuple(
            share(halves(unit, DIFFERENCE)[f"slope_{name}"])
            for unit in ("mouthSmile", "eyeBlink") for name in ("whole", "halves")
        ),
    )  # fmt: skip


def signless(value: float, places: int = 2) -> str:
    """Return a number with two decimals, or as many as asked, and a true minus."""
    return f"{'−' if value <= -0.5 * 10**-places else ''}{share(abs(value), places)}"


def of_patients() -> Iterator[Claim]:
    """Give the claim of notebook 10 on what pictures were held against."""
    yield Claim(
        "notebooks/10_your_patients.ipynb",
        "95 % limits of agreement, {} people, {} degrees of one weak side",
        lambda: (
            str(agreement().query("level != 'all'")["n"].unique().item()),
            {6: "six"}.get(agreement()["level"].nunique() - 1, "other"),
        ),
    )


def in_units(name: str) -> str:
    """Return the unit of a clinical measure as the page has it, behind a comma."""
    unit = MEASURES[name].unit
    return {"eye distances": ", mm", "": ""}.get(unit, f", {unit}")


def in_table(name: str) -> Callable[[], tuple[str, ...]]:
    """Return the numbers of a clinical measure in the page's table."""
    kind = MEASURES[name]
    side, ending = "both" if kind.together else "", "_mm" if kind.unit == "eye distances" else ""

    def numbers() -> tuple[str, ...]:
        first, mild = (clinical().loc[(FRONTAL, levels, name, side)] for levels in ("0", MILD))
        slope = clinical().loc[(FRONTAL, MILD, name, "difference" if kind.together else ""), "slope"]
        return (
            signless(first[f"mae{ending}"]),
            *(signless(mild[f"{what}{ending}"]) for what in ("mae", "bias", "low", "high")),
            signless(slope),
        )

    return numbers


def rows_of(name: str) -> pd.DataFrame:
    """Return the rows of a property in the shipped study: labels held fixed, then more."""
    table = experiments.load_power_of_properties().properties
    return table[table["property"] == name]


def named_as_meant() -> tuple[str, ...]:
    """Return the lowest and highest share of faces that are named as they are meant, and chance, in %."""
    said = experiments.load_power_of_properties().about["accuracy"]
    shares = sorted(int(share) for share in re.findall(r"(?:in|and \w+ in) (\d+) % \(", said))
    return str(shares[0]), str(shares[-1]), f"{100 / 7:.0f}"


def in_each_light() -> tuple[str, str]:
    """Return the fewest and most outputs that go with what is one-sided in one light."""
    table = experiments.load_power_of_properties().properties
    counts = table.loc[table["held"].str.endswith(" light"), "significant"]
    return str(int(counts.min())), str(int(counts.max()))


def read(intervention: str, name: str) -> pd.Series:
    """Return a row of the shipped manipulation check."""
    table = experiments.load_manipulation()
    return table[(table["intervention"] == intervention) & (table["property"] == name)].iloc[0]


def of_contrasts(*names: str, expression: str = "all") -> pd.DataFrame:
    """Return the contrasts of one weaker side: symmetric light, sides averaged, probabilities."""
    table = experiments.load_asymmetry().contrasted.contrasts
    primary = (
        (table["light"] == "frontal") & (table["sides"] == "averaged") & (table["value"] == "probability")
    )
    return table[primary & table["contrast"].isin(names) & (table["expression"] == expression)]


def cells(name: str, *expressions: str) -> pd.DataFrame:
    """Return the rows of a contrast by expression; all six unless some are named."""
    chosen = expressions or ("happy", "sad", "surprise", "fear", "disgust", "angry")
    return pd.concat([of_contrasts(name, expression=one) for one in chosen])


def of_arms(arm: str, column: str) -> float:
    """Return what an arm of these contrasts did, as measured, over the expressions."""
    check = experiments.load_asymmetry().contrasted.check
    row = check[(check["light"] == "frontal") & (check["expression"] == "all") & (check["arm"] == arm)]
    return float(row[column].iloc[0])


def ends(values: pd.Series[float], places: int = 2) -> tuple[str, str]:
    """Return the smallest and the largest of some shares, in words."""
    return share(values.min(), places), share(values.max(), places)


def main() -> None:
    wrong = 0
    for claim in claims():
        if "--write" in sys.argv[1:] and not claim.holds and claim.written():
            print(f"written  {claim.where}: {claim.should}")
            continue
        wrong += not claim.holds
        print(f"{'ok     ' if claim.holds else 'DIFFERS'}  {claim.where}: {claim.should}")
    print(f"{wrong} of {len(list(claims()))} claims differ from the committed tables.")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
