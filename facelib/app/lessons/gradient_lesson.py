"""The lesson on property gradients: make a series, shuffle it, repeat it, and read what the test says."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

import ipywidgets as widgets
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.signal import lfilter

from facelib import stats
from facelib.app.lessons.lesson import NUMBERS, Answer, Lesson, Situation
from facelib.app.widgets.controls import labelled
from facelib.charts import specs
from facelib.charts.statistics.null_distributions import histogram
from facelib.errors import BadValueError
from facelib.stats.shuffle import EXACT_UP_TO, clopper_pearson, shuffle_null
from facelib.stats.verdicts import STILL, TOLERANCE
from facelib.utilities.wording import format_number

Floats = npt.NDArray[np.float64]

ALPHA: Final = 0.05
SHUFFLES: Final = 1000
REPEATS: Final = 300
FEWER_REPEATS: Final = 100  # where every repeat takes all orders
FEWER_SHUFFLES: Final = 199  # of a repeat: enough for a decision at .05
SIZES: Final = [(f"{size:.7f}".rstrip("0").rstrip("."), size) for size in (
    1e-6, 1e-5, 1e-4, 0.001, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0
)]  # fmt: skip
PLAIN: Final = {"n": 21, "size": 0.8, "noise": 0.0, "rho": 0.0}

SHAPES: Final[dict[str, Callable[[Floats], Floats]]] = {
    "straight fall": lambda s: 1 - s,
    "S-shaped fall": lambda s: 1 / (1 + np.exp(12 * (s - 0.5))),
    "no trend": lambda s: np.full_like(s, 0.5),
    "spike in the middle": lambda s: _spike(s, len(s) // 2),
    "spike near the end": lambda s: _spike(s, len(s) - 2),
    "zigzag": lambda s: np.resize([1.0, 0.0], len(s)),
    "jumps in pairs": lambda s: np.resize([1.0, 1.0, 0.0, 0.0], len(s)),
}
"""Shapes from 0 to 1 over the strengths, by title."""

SITUATIONS: Final = (
    Situation(
        "a smooth fall",
        "A curve that only falls by d has an EPGM between d / n and 1.5 d / n. Its shuffles are rougher, so "
        "it lies on the small side: a small p is not a large gradient.",
        {**PLAIN, "shape": "S-shaped fall"},
    ),
    Situation(
        "a straight fall",
        "The EPGM is d / (n − 1). The mean of the shuffles needs no shuffling: (n + 2) / (2n) times the mean "
        "difference of two outputs. Move n: the EPGM halves as n doubles, so compare at equal n only.",
        {**PLAIN, "shape": "straight fall"},
    ),
    Situation(
        "a constant series",
        "Nothing moves: EPGM 0 and p = 1, since all orders are the same.",
        {**PLAIN, "shape": "no trend"},
    ),
    Situation(
        "a fall of a millionth",
        "The same p as for a fall of .8: the exact one is about 4e-5. Significance without relevance.",
        {**PLAIN, "shape": "straight fall", "n": 11, "size": 1e-6},
    ),
    Situation(
        "one spike in the middle",
        "It goes as far as the falls do, and p = 1: wherever the spike is put, two frames or more from an "
        "end, the EPGM is the same. With 5, 6 and 7 strengths there are few such places: p = .20, .33, .43.",
        {**PLAIN, "shape": "spike in the middle"},
    ),
    Situation(
        "one spike near the end",
        "Two places at each end count one and a half times as much: p = 4 / n, .19 at 21 strengths and .36 "
        "at 11. With 8 or fewer p = 1: there the places inside are no nearer to the mean of all.",
        {**PLAIN, "shape": "spike near the end"},
    ),
    Situation(
        "five strengths",
        "With 5 strengths no curve that only falls can have a p below .067, with 6 none below .022, with 7 "
        ".0048, with 8 .0012. Up to 8 strengths all orders are taken, so the p is exact.",
        {**PLAIN, "shape": "S-shaped fall", "n": 5},
    ),
    Situation(
        "a zigzag",
        "Central differences cancel what goes up and down again: the total variation is large, the EPGM is "
        "small, and smaller than that of its shuffles.",
        {**PLAIN, "shape": "zigzag"},
    ),
    Situation(
        "jumps in pairs",
        "Here p is small because the EPGM is larger than that of its shuffles; for falls and zigzags it is "
        "smaller. A small p alone does not say which: read the side.",
        {**PLAIN, "shape": "jumps in pairs"},
    ),
    Situation(
        "independent noise",
        "Here the test keeps what it promises: about one series in twenty is rejected at .05, at every n.",
        {**PLAIN, "shape": "no trend", "noise": 0.1},
    ),
    Situation(
        "noise that remembers",
        "The trap. No trend, but neighbours resemble each other (AR(1), ρ = .9): nearly every such series is "
        "“significant”. Move ρ: .3 already rejects too often.",
        {**PLAIN, "shape": "no trend", "noise": 0.1, "rho": 0.9, "n": 101},
    ),
)


def series(
    shape: str,
    n: int,
    *,
    size: float = 0.8,
    noise: float = 0.0,
    rho: float = 0.0,
    seed: int = 0,
    repeats: int = 1,
) -> Floats:
    """Return outputs over n strengths: a shape around .5, and noise whose neighbours correlate.

    Parameters
    ----------
    shape
        One of `SHAPES`.
    n
        Number of strengths, >= 3.
    size
        From the lowest to the highest value of the shape, in [0, 1].
    noise
        Standard deviation of the noise, stationary AR(1).
    rho
        Correlation of its neighbours, in [0, 1).
    seed
        Of the noise.
    repeats
        k, series with other noise; the first is the same whatever k is.

    Returns
    -------
    numpy.ndarray
        float64 (n, k), in [0, 1].

    Raises
    ------
    BadValueError
        If there is no such shape.

    Examples
    --------
    >>> series("straight fall", 5).ravel().round(2).tolist()
    [0.9, 0.7, 0.5, 0.3, 0.1]
    """
    if shape not in SHAPES:
        msg = f"The shape is one of {', '.join(SHAPES)}; got {shape!r}."
        raise BadValueError(msg)
    drawn = np.random.default_rng(seed).standard_normal((repeats, n)).T
    drawn[1:] *= np.sqrt(1 - rho**2)
    remembered = lfilter([1.0], [1.0, -rho], drawn, axis=0)
    trend = 0.5 + size * (SHAPES[shape](np.linspace(0, 1, n)) - 0.5)
    outputs: Floats = np.clip(trend[:, None] + noise * remembered, 0.0, 1.0)
    return outputs


def rejections(
    correlations: Iterable[float], strengths: Iterable[int], repeats: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """Return how often the test rejects noise without a trend at .05: x (ρ), rate, low, high, series (n).

    The interval is the exact binomial one of 95 %.
    """
    wanted = [(rho, n) for n in strengths for rho in correlations]
    found = []
    for rho, n in wanted:
        outputs = series("no trend", n, noise=0.1, rho=rho, seed=seed, repeats=repeats)
        hits = int(
            (np.asarray(stats.shuffle_test(outputs, FEWER_SHUFFLES, seed=seed).p_value) <= ALPHA).sum()
        )
        low, high = clopper_pearson(hits, repeats)
        found.append((rho, hits / repeats, float(low), float(high), f"n = {n}"))
    return pd.DataFrame(found, columns=["x", "rate", "low", "high", "series"])


def situations() -> pd.DataFrame:
    """Return the series of all `SITUATIONS` with what the test says: situation, note, strength, value."""
    parts = []
    for situation in SITUATIONS:
        values = series(**situation.setting)[:, 0]
        test = stats.shuffle_test(values, SHUFFLES)
        parts.append(
            pd.DataFrame(
                {
                    "situation": situation.title,
                    "note": f"{_chance(float(test.p_value))}; EPGM {test.side}",
                    "strength": np.linspace(0, 1, len(values)),
                    "value": values,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def answer(*, shape: str, n: int, size: float, noise: float, rho: float, seed: int = 0) -> Answer:
    """Return everything that the lesson shows: the lesson without a screen.

    Parameters
    ----------
    shape, n, size, noise, rho, seed
        As for `series`; the seed is also that of the shuffles.

    Examples
    --------
    >>> shown = answer(shape="straight fall", n=11, size=1e-6, noise=0.0, rho=0.0)
    >>> shown.sentences[1]
    'The size is another question: from strength 0 to 1 the output falls by 1.0e−06.'
    """
    repeats = 1 if not noise else REPEATS if n > EXACT_UP_TO else FEWER_REPEATS
    outputs = series(shape, n, size=size, noise=noise, rho=rho, seed=seed, repeats=repeats)
    values = outputs[:, 0]
    test = stats.shuffle_test(values, SHUFFLES, seed=seed)
    p_values = np.asarray(stats.shuffle_test(outputs, FEWER_SHUFFLES, seed=seed).p_value)
    rejected = int((p_values <= ALPHA).sum())
    low, high = clopper_pearson(rejected, len(p_values))
    tables = {"curve": pd.DataFrame({"strength": np.linspace(0, 1, n), "value": values})}
    tables |= _null_tables(values, test, seed)
    tables |= _repeat_tables(p_values if noise else np.repeat(p_values, REPEATS))
    orders = f"{test.n_permutations:,}"
    drawn = f"All {orders} orders" if test.exact else f"{orders} shuffles"
    signals = {
        "curve_heading": f"Outputs at {n} strengths",
        "null_heading": f"{drawn}; dark: count for p",
        "p_heading": f"p of {repeats} repeats; dark: p ≤ .05"
        if noise
        else "Without noise every repeat is the same",
    }
    said = _sentences(values, test)
    if noise:
        rate = f"{100 * rejected / repeats:.0f} % ({100 * low:.0f} to {100 * high:.0f} %)"
        said += (_repeats(rate, shape, rho),)
    return Answer(tables, signals, _numbers(values, test), (*said, *test.notes))


class GradientLesson(Lesson):
    """What the shuffle test says about a series and what it doesn't, live; `answer` is its headless twin."""

    def __init__(self) -> None:
        controls = {
            "shape": labelled(
                "Shape", "How the outputs run along the strengths", widgets.Dropdown(options=list(SHAPES))
            ),
            "n": labelled("Strengths", "Number of strengths n", widgets.IntSlider(21, 5, 101)),
            "size": labelled(
                "Size",
                "Difference between the lowest and the highest output of the shape",
                widgets.SelectionSlider(options=SIZES, value=0.8),
            ),
            "noise": labelled(
                "Noise",
                "Standard deviation of the noise around the shape",
                widgets.FloatSlider(0.0, min=0, max=0.2, step=0.005, readout_format=".3f"),
            ),
            "rho": labelled(
                "Memory ρ",
                "Correlation of neighbouring noise, AR(1): 0 is independent",
                widgets.FloatSlider(0.0, min=0, max=0.95, step=0.05, readout_format=".2f"),
            ),
            "seed": labelled(
                "Seed",
                "Another seed draws other noise and other shuffles",
                widgets.IntSlider(0, 0, 99),
            ),
        }
        charts = [
            specs.of("statistics.gradients.curve"),
            specs.of("statistics.null_distributions.null_distribution", x="EPGM; dashed: mean of all orders"),
            specs.of("statistics.null_distributions.p_histogram"),
        ]
        super().__init__("Shuffle a series", controls, charts, answer, SITUATIONS)


def _spike(strengths: Floats, place: int) -> Floats:
    spike = np.zeros_like(strengths)
    spike[place] = 1.0
    return spike


def _null_tables(values: Floats, test: stats.ShuffleTest, seed: int) -> dict[str, pd.DataFrame]:
    null = shuffle_null(values, SHUFFLES, seed=seed)
    each = 2 if null.exact else 1  # an order and its reversal
    bars = histogram(np.repeat(null.epgm[:, 0], each), np.repeat(null.counted[:, 0], each))
    marks = pd.DataFrame({"value": [test.epgm, test.null_mean], "name": ["observed", ""]})
    return {"null": bars, "null_marks": marks}


def _repeat_tables(p_values: Floats) -> dict[str, pd.DataFrame]:
    bars = histogram(p_values, p_values <= ALPHA, np.linspace(0, 1, 21).tolist())
    marks = pd.DataFrame({"value": [len(p_values) / 20], "name": ["dashed: if there is nothing to find"]})
    return {"p_values": bars, "p_marks": marks}


def _numbers(values: Floats, test: stats.ShuffleTest) -> pd.DataFrame:
    low, high = (float(end) for end in np.asarray(test.p_interval))
    least, most = (f"{end:.4f}".removeprefix("0") for end in (low, high))
    between = f"at most {most}" if low == 0 else f"at least {least}" if high == 1 else f"{least} to {most}"
    drawn = f"{test.n_permutations:,} orders were drawn; all of them would give {between} (95 %)"
    found = [
        (
            "p",
            _p(float(test.p_value)),
            f"exact: all {test.n_permutations:,} orders were taken" if test.exact else drawn,
        ),
        (
            "side",
            str(test.side),
            f"the mean over all orders is {format_number(float(test.null_mean))}; smooth curves and "
            "zigzags alike lie below it",
        ),
    ]
    gradient = stats.property_gradient(values)
    described = stats.describe_gradient(gradient, float(values[-1] - values[0]), len(values))
    return pd.DataFrame([*found, *described], columns=list(NUMBERS))


def _sentences(values: Floats, test: stats.ShuffleTest) -> tuple[str, ...]:
    order, change, span = stats.describe_order(test), float(values[-1] - values[0]), float(np.ptp(values))
    moves = "ends where it began"
    if change:
        moves = f"{'rises' if change > 0 else 'falls'} by {format_number(abs(change))}"
    if span > abs(change) * (1 + TOLERANCE):
        moves += f" and spans {format_number(span)} on the way"
    said: tuple[str, ...] = (
        f"{order[0].upper()}{order[1:]}.",
        f"The size is another question: from strength 0 to 1 the output {moves}.",
    )
    if float(test.p_value) <= ALPHA and span < STILL:
        said += ("No one would notice such a change: significant is not the same as relevant.",)
    return said


def _repeats(rate: str, shape: str, rho: float) -> str:
    """Say how often such series are rejected, and what that means where there is nothing to find."""
    if shape != "no trend":
        return f"At .05 the test rejects {rate} of such series."
    memory = f" Neighbours resemble each other (ρ = {rho:.2f}): the test takes that for order." if rho else ""
    return f"Nothing here depends on the strength. At .05 the test rejects {rate} of such series.{memory}"


def _chance(p_value: float) -> str:
    text = _p(p_value)
    return f"p {text}" if text[0] in "<>" else f"p = {text}"


def _p(p_value: float) -> str:
    """Return p as text; where all shuffles count it is 1, not nearly 1."""
    return "1" if p_value == 1 else stats.format_p(p_value)
