"""Rejection rates of tests of independence over repeated draws of faces: level and power, live."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from facelib.errors import BadValueError
from facelib.stats.causal_model import CausalModel, Held, held_fixed
from facelib.stats.independence.methods import able_tests, as_tests
from facelib.stats.independence.permutation.sequential import Watch
from facelib.stats.independence.prepare import ask
from facelib.stats.independence.result import check_conditioner, check_numbers, run
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

Rejected = dict[tuple[Any, str], bool]
"""Whether a test rejects, by (setting, id of the test)."""


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
        Of one test: output, method, p, notes.

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
    question = ask(xs, ys, z, person, seed=number, workers=threads)
    given = question.problem.given
    for test in as_tests(able_tests(given) if methods is None else methods):
        check_conditioner(test, given)
        check_numbers(test, given, approximate=False)
        outcome = run(test, question, n_permutations=n_permutations, sequential=True, watch=Watch(stop=stop))
        own = [outcome.why_not.get((0, j)) for j in range(len(ys))]
        notes = [" ".join(filter(None, [note, *outcome.notes])) for note in own]
        yield pd.DataFrame(
            {"output": list(outputs), "method": test.id, "p": outcome.p_value[0], "notes": notes}
        )


def power_rounds(
    model: CausalModel,
    n: int,
    *,
    held: Held = "label",
    alpha: float = 0.05,
    effects: Sequence[float] = EFFECTS,
    first: int = 0,
    seed: int = 0,
    **options: Any,
) -> Iterator[Rejected]:
    """Draw n faces of a model again and again, and yield each time which tests reject at which effect.

    One draw serves all effects, so that whatever depends on property and label alone is computed once.

    Parameters
    ----------
    model
        Its own effect is not used.
    n, held, alpha
        Faces, what is held fixed, and level.
    effects
        Where.
    first
        Which repetition comes first: a curve can be left and taken up again.
    seed
        Of everything random.
    **options
        ``methods``, ``workers``, ``stop`` of `run_each`.

    Yields
    ------
    dict
        Of one repetition: whether it rejects, by (effect, id of the test), for `shares`.

    Raises
    ------
    Cancelled
        If `stop` answered True.
    """
    level = as_share(alpha, "The level alpha")
    for repetition in itertools.count(first):
        own = repeated_seed(seed, repetition)
        faces = model.draw(n, own)
        outputs = {effect: model.replace(effect=effect).draw(n, own)["output"] for effect in effects}
        yield _rejected(level, faces["property"], outputs, held_fixed(faces, held), seed=own, **options)


def power(model: CausalModel, n: int, repetitions: int = 30, **options: Any) -> pd.DataFrame:
    """Return the power of every test over the effect: the curve that the lesson fills in live.

    Parameters
    ----------
    model, n
        As for `power_rounds`.
    repetitions
        Draws of n faces.
    **options
        Further parameters of `power_rounds`.

    Returns
    -------
    pandas.DataFrame
        Columns of `shares`, with the effect. At effect 0 the share is the level: it should be alpha.

    Examples
    --------
    >>> table = power(CausalModel(), 100, 20, effects=[0.0, 1.0], methods=["partial_correlation"])
    >>> bool(table["share"].iloc[1] > 0.9)
    True
    """
    count = as_count(repetitions, "The number of repetitions")
    return shares(itertools.islice(power_rounds(model, n, **options), count), "effect")


def levels(
    settings: Mapping[Any, Callable[[int], Mapping[str, Any]]],
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
        Ids of tests, None: all that can hold a setting's z fixed.
    alpha, seed
        Level; seed.

    Returns
    -------
    pandas.DataFrame
        Columns of `shares`, with the setting.

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
    level, rounds = as_share(alpha, "The level alpha"), []
    for repetition in range(as_count(repetitions, "The number of repetitions")):
        own = repeated_seed(seed, repetition)
        rejected: Rejected = {}
        for name, draw in settings.items():
            drawn = draw(own)
            rejected |= _rejected(
                level, drawn["x"], {name: drawn["y"]}, drawn.get("z"),
                person=drawn.get("person"), methods=methods, seed=own,
            )  # fmt: skip
        rounds.append(rejected)
    return shares(rounds, "setting")


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


def shares(rounds: Iterable[Rejected], name: str) -> pd.DataFrame:
    """Return how often each test rejected.

    Parameters
    ----------
    rounds
        Of each repetition, whether a test rejected, by (setting, id of the test).
    name
        What settings are called: the name of their column.

    Returns
    -------
    pandas.DataFrame
        One row per setting and test: the setting, method, rejections, repetitions, share, and low and high:
        its exact 95 % interval.

    Examples
    --------
    >>> rounds = [{(0.0, "kcit"): False, (1.0, "kcit"): True}, {(0.0, "kcit"): False, (1.0, "kcit"): True}]
    >>> shares(rounds, "effect")[["effect", "rejections", "repetitions"]].values.tolist()
    [[0.0, 0.0, 2.0], [1.0, 2.0, 2.0]]
    """
    found: dict[tuple[Any, str], list[bool]] = {}
    for rejected in rounds:
        for key, value in rejected.items():
            found.setdefault(key, []).append(bool(value))
    hits = np.array([sum(values) for values in found.values()], np.intp)
    runs = np.array([len(values) for values in found.values()], np.intp)
    low, high = clopper_pearson(hits, runs)
    return pd.DataFrame(
        {
            name: [setting for setting, _ in found], "method": [method for _, method in found],
            "rejections": hits, "repetitions": runs, "share": hits / runs, "low": low, "high": high,
        }
    )  # fmt: skip


def repeated_seed(seed: int, repetition: int) -> int:
    """Return the seed of one repetition: different for each, the same every time."""
    return int(np.random.SeedSequence([seed, repetition]).generate_state(1)[0])


def _rejected(level: float, x: Any, outputs: Mapping[Any, Any], z: Any, **options: Any) -> Rejected:
    """Return which tests reject, by (name of the output, id of the test)."""
    tests = pd.concat(run_each(x, outputs, z, n_permutations=PERMUTATIONS, **options))
    keys = zip(tests["output"], tests["method"], strict=True)
    return dict(zip(keys, tests["p"] < level, strict=True))
