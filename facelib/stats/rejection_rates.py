"""Rejection rates of tests of independence over repeated draws of faces: level and power, live."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from facelib.errors import BadValueError
from facelib.stats.causal_model import CausalModel, Held, held_fixed
from facelib.stats.independence.conditioning import as_given
from facelib.stats.independence.methods import able_tests, as_tests
from facelib.stats.independence.permutation.sequential import Watch
from facelib.stats.independence.prepare import ask
from facelib.stats.independence.result import check_numbers, run
from facelib.stats.independence.threads import available
from facelib.stats.independence.variables import as_variable
from facelib.stats.shuffle import clopper_pearson
from facelib.utilities.checks import as_count, as_share
from facelib.utilities.progress import Stop

EFFECTS = (0.0, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0)
"""Effects at which power is measured: the first is the level."""
PERMUTATIONS = 209
"""In a power curve. A test rejects where p < α: that gives permutation tests a level of 10/210 at .05 and of
2/210 at .01, nearly all that they may have. 199 permutations would leave them .045 and .005."""


def run_each(
    x: Any,
    outputs: Mapping[Any, Any],
    z: Any = None,
    *,
    methods: Sequence[str] | None = None,
    person: Any = None,
    n_permutations: int | None = None,
    seed: int = 0,
    workers: int | None = None,
    stop: Stop | None = None,
) -> Iterator[pd.DataFrame]:
    """Test one property against some outputs, and hand out each test's rows as soon as it is done.

    `independence_grid` gives the whole table at once; this one is for live displays.

    Parameters
    ----------
    x
        (n,) property.
    outputs
        (n,) outputs by name.
    z, person
        What is held fixed, and who is in each picture, as for `independence_test`.
    methods
        Ids of tests; None: all that can hold z fixed, cheap ones first.
    n_permutations
        Most surrogates per pair; None: each test's default. A pair is settled by 10 surrogates as extreme.
    seed, workers
        Seed of everything random; threads.
    stop
        Asked now and then; True ends the work.

    Yields
    ------
    pandas.DataFrame
        Of one test: output, method, statistic, effect, p, n, n_permutations, notes.

    Raises
    ------
    BadValueError
        As `independence_test`.
    Cancelled
        If `stop` answered True.

    Examples
    --------
    >>> faces = CausalModel(effect=1.0).draw(200)
    >>> first = next(run_each(faces["property"], {"happy": faces["output"]}, faces["label"]))
    >>> bool(first["p"].iloc[0] < 0.01)
    True
    """
    xs = [as_variable(x, "property")]
    ys = [as_variable(values, str(name)) for name, values in outputs.items()]
    number = as_count(seed, "The seed", least=0)
    threads = available() if workers is None else as_count(workers, "The number of threads")
    if n_permutations is not None:
        n_permutations = as_count(n_permutations, "The number of permutations")
    question = ask(xs, ys, z, person, seed=number, workers=threads)
    given = question.problem.given
    for test in as_tests(able_tests(given) if methods is None else methods):
        check_numbers(test, given, approximate=False)
        outcome = run(test, question, n_permutations=n_permutations, sequential=True, watch=Watch(stop=stop))
        table = {
            "output": list(outputs),
            "method": test.id,
            "statistic": outcome.statistic[0],
            "effect": outcome.effect[0],
            "p": outcome.p_value[0],
            "n": outcome.n,
            "n_permutations": outcome.drawn[0],
            "notes": [
                " ".join([*filter(None, [outcome.why_not.get((0, j))]), *outcome.notes])
                for j in range(len(ys))
            ],
        }
        yield pd.DataFrame(table)


class Tally:
    """Counts rejections by setting and test.

    Parameters
    ----------
    name
        What settings are called: the name of their column.

    Examples
    --------
    >>> tally = Tally("effect")
    >>> tally.add({(0.0, "kcit"): False, (1.0, "kcit"): True})
    >>> tally.add({(0.0, "kcit"): False, (1.0, "kcit"): True})
    >>> tally.table()[["effect", "rejections", "repetitions"]].values.tolist()
    [[0.0, 0.0, 2.0], [1.0, 2.0, 2.0]]
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.repetitions = 0
        self._counts: dict[tuple[Any, str], list[int]] = {}

    def add(self, rejected: Mapping[tuple[Any, str], bool]) -> None:
        """Count one repetition: whether the test rejected, by (setting, id of the test)."""
        self.repetitions += 1
        for key, value in rejected.items():
            counts = self._counts.setdefault(key, [0, 0])
            counts[0] += int(value)
            counts[1] += 1

    def table(self) -> pd.DataFrame:
        """Return one row per setting and test.

        Returns
        -------
        pandas.DataFrame
            The setting, method, rejections, repetitions, share, and low and high: its exact 95 % interval.
        """
        keys = list(self._counts)
        hits, runs = (
            np.array([self._counts[key][k] for key in keys], np.intp).reshape(len(keys)) for k in (0, 1)
        )
        low, high = clopper_pearson(hits, np.maximum(runs, 1))
        return pd.DataFrame(
            {
                self.name: [key[0] for key in keys], "method": [key[1] for key in keys],
                "rejections": hits, "repetitions": runs, "share": hits / np.maximum(runs, 1),
                "low": low, "high": high,
            }
        )  # fmt: skip


def power_rounds(
    model: CausalModel,
    n: int,
    *,
    held: Held = "label",
    alpha: float = 0.05,
    effects: Sequence[float] = EFFECTS,
    methods: Sequence[str] | None = None,
    seed: int = 0,
    workers: int | None = None,
    stop: Stop | None = None,
    first: int = 0,
) -> Iterator[dict[tuple[Any, str], bool]]:
    """Draw n faces of a model again and again, and yield each time which tests reject at which effect.

    One draw serves all effects, so that whatever depends on property and label alone is computed once.

    Parameters
    ----------
    model
        Its own effect is not used.
    n, held, alpha
        Faces, what is held fixed, and level.
    effects, methods
        Where and which; None: all tests that can hold this fixed.
    seed, workers
        Seed; threads.
    stop
        Asked now and then; True ends the work.
    first
        Which repetition comes first: a curve can be left and taken up again.

    Yields
    ------
    dict
        Of one repetition: whether it rejects, by (effect, id of the test), for `Tally.add`.

    Raises
    ------
    Cancelled
        If `stop` answered True.
    """
    level = as_share(alpha, "The level alpha")
    for repetition in itertools.count(first):
        round_seed = repeated_seed(seed, repetition)
        faces = model.draw(n, round_seed)
        outputs = {effect: model.replace(effect=effect).draw(n, round_seed)["output"] for effect in effects}
        z = held_fixed(faces, held)
        tests = run_each(
            faces["property"], outputs, z,
            methods=methods, n_permutations=PERMUTATIONS, seed=round_seed, workers=workers, stop=stop,
        )  # fmt: skip
        table = pd.concat(tests, ignore_index=True)
        rejects = table["p"] < level
        yield dict(zip(zip(table["output"], table["method"], strict=True), rejects, strict=True))


def power(
    model: CausalModel,
    n: int,
    repetitions: int = 30,
    *,
    held: Held = "label",
    alpha: float = 0.05,
    effects: Sequence[float] = EFFECTS,
    methods: Sequence[str] | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Return the power of every test over the effect: the curve that the lesson fills in live.

    Parameters
    ----------
    repetitions
        Draws of n faces.
    model, n, held, alpha, effects, methods, seed
        As for `power_rounds`.

    Returns
    -------
    pandas.DataFrame
        effect, method, rejections, repetitions, share, low, high (exact 95 % interval). At effect 0 the share
        is the level: it should be alpha.

    Examples
    --------
    >>> table = power(CausalModel(), 100, 20, effects=[0.0, 1.0], methods=["partial_correlation"])
    >>> bool(table["share"].iloc[1] > 0.9)
    True
    """
    rounds = power_rounds(model, n, held=held, alpha=alpha, effects=effects, methods=methods, seed=seed)
    tally = Tally("effect")
    for rejected in itertools.islice(rounds, as_count(repetitions, "The number of repetitions")):
        tally.add(rejected)
    return tally.table()


def levels(
    settings: Mapping[str, Callable[[int], Mapping[str, Any]]],
    repetitions: int = 100,
    *,
    methods: Sequence[str] | None = None,
    alpha: float = 0.05,
    seed: int = 0,
) -> pd.DataFrame:
    """Return how often tests reject in settings that are drawn again and again.

    Parameters
    ----------
    settings
        By name, a function from a seed to x, y, and if wanted z and person.
    repetitions
        Draws per setting.
    methods
        Ids of tests, None: all. Those that can't hold a setting's z fixed are left out there.
    alpha, seed
        Level; seed.

    Returns
    -------
    pandas.DataFrame
        setting, method, rejections, repetitions, share, low, high (exact 95 % interval).

    Raises
    ------
    BadValueError
        If there is no setting, or alpha isn't a level.

    Examples
    --------
    >>> def null(seed):
    ...     x, y = np.random.default_rng(seed).normal(size=(2, 50))
    ...     return {"x": x, "y": y}
    >>> levels({"no effect": null}, 20, methods=["partial_correlation"])["rejections"].item() < 6
    True
    """
    if not settings:
        msg = "At least one setting is needed: a name, and a function from a seed to x and y."
        raise BadValueError(msg)
    level = as_share(alpha, "The level alpha")
    tally = Tally("setting")
    for repetition in range(as_count(repetitions, "The number of repetitions")):
        round_seed = repeated_seed(seed, repetition)
        rejected = {}
        for name, draw in settings.items():
            drawn = dict(draw(round_seed))
            z, person = drawn.get("z"), drawn.get("person")
            able = able_tests(as_given(z, len(drawn["x"])))
            tests = run_each(
                drawn["x"],
                {name: drawn["y"]},
                z,
                methods=able if methods is None else [test for test in methods if test in able],
                person=person,
                n_permutations=PERMUTATIONS,
                seed=round_seed,
            )
            for test in tests:
                rejected[name, str(test["method"].iloc[0])] = bool(test["p"].iloc[0] < level)
        tally.add(rejected)
    return tally.table()


def drawn_from(model: CausalModel, n: int, held: Held = "label") -> Callable[[int], dict[str, Any]]:
    """Return a setting for `levels`: n faces of a model, and what is held fixed of them.

    Examples
    --------
    >>> sorted(drawn_from(CausalModel(), 50)(seed=1))
    ['x', 'y', 'z']
    """

    def draw(seed: int) -> dict[str, Any]:
        faces = model.draw(n, seed)
        return {"x": faces["property"], "y": faces["output"], "z": held_fixed(faces, held)}

    return draw


def repeated_seed(seed: int, repetition: int) -> int:
    """Return the seed of one repetition: different for each, the same every time."""
    return int(np.random.SeedSequence([seed, repetition]).generate_state(1)[0])
