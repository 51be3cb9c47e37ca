"""Functions as classifiers, as their users make and misuse them."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np
import pandas as pd
import pytest

import facelib
from facelib import attribution, classifiers
from facelib.classifiers import CLASSIFIERS, EMOTIONS, DeclarationWarning, Preparation, catalogue, own
from facelib.classifiers.functions import function as functions
from facelib.classifiers.functions.function import FunctionClassifier
from facelib.classifiers.functions.terms import Terms
from facelib.errors import (
    BadAnswerError,
    BadValueError,
    BudgetError,
    Cancelled,
    FacelibError,
    FunctionError,
    UnavailableError,
)

pytestmark = pytest.mark.usefixtures("single_threaded")

SEEN = Preparation(64, "rgb", 127.5, 127.5, margin=0.1)
PLAIN = Preparation(16, "rgb", 0.0, 1.0)
AWAY: dict[str, Any] = {"sends_pictures": True, "host": "api.example.com", "version": "vision-1"}
BOX = (4.0, 4.0, 36.0, 36.0)
NUMBER = itertools.count()


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(CLASSIFIERS, "_items", dict(CLASSIFIERS._items))
    catalogue._discover.cache_clear()
    yield
    catalogue._discover.cache_clear()


@pytest.fixture
def images(rng: np.random.Generator) -> Any:
    return rng.integers(0, 256, (5, 40, 40, 3), dtype=np.uint8)


class Counted:
    """A function of the share of red that notes what it was given; its errors come in the given order."""

    def __init__(self, *errors: BaseException | None) -> None:
        self.given: list[tuple[np.ndarray, ...]] = []
        self.errors = list(errors)

    def __call__(self, *given: np.ndarray) -> Any:
        self.given.append(given)
        if self.errors and (error := self.errors.pop(0)) is not None:
            raise error
        return red(*given)

    @property
    def sizes(self) -> list[int]:
        return [len(one[0]) for one in self.given]


def red(pictures: np.ndarray, _boxes: object = None) -> np.ndarray:
    share = 1 / (1 + np.exp(1 - pictures[..., 0].mean((1, 2), dtype=np.float64) / 100))
    return np.stack([share, 1 - share], 1)


def made(function: Any, preparation: Preparation | None = PLAIN, **how: Any) -> FunctionClassifier:
    """A classifier of cats and dogs under a name of its own; heads that were read for trial don't count."""
    found = own(
        function, id=f"function {next(NUMBER)}", labels=["cat", "dog"], preparation=preparation, **how
    )
    assert isinstance(found, FunctionClassifier)
    if isinstance(function, Counted):
        function.given.clear()
    return found


def known(pictures: np.ndarray, _boxes: object = None) -> np.ndarray:
    """The network without a bias, as somebody's function of scaled crops."""
    import torch

    network = classifiers.load("known_unbiased")
    with torch.no_grad():
        inputs = torch.from_numpy(np.ascontiguousarray(pictures.transpose(0, 3, 1, 2)))
        return network.probabilities_from(network.head(network.body(inputs)).numpy())


@pytest.mark.thorough
def test_a_network_as_a_function_answers_as_the_network() -> None:
    heads = facelib.sample_heads(3, seed=2)
    network = classifiers.load("known_unbiased")
    asked = own(known, labels=EMOTIONS, preparation=SEEN)
    got, expected = (clf.read(heads)["probability"].to_numpy() for clf in (asked, network))
    np.testing.assert_allclose(got, expected, atol=1e-5)
    assert asked.id == "known"
    assert asked.classes == network.classes


def test_crops_come_as_declared(images: Any) -> None:
    function = Counted()
    for seen in (PLAIN, Preparation(16, "bgr", 127.5, 127.5), Preparation(16, "gray", 0.0, 1.0)):
        made(function, seen).probabilities(images, BOX)
        (crops,) = function.given.pop()
        prepared = seen(images, BOX).numpy().transpose(0, 2, 3, 1)
        np.testing.assert_array_equal(crops, prepared)
        assert crops.dtype == (np.uint8 if seen.std == 1.0 else np.float32)


def test_whole_pictures_come_with_their_boxes(images: Any) -> None:
    function = Counted()
    clf = made(function, None)
    boxes = np.array([BOX] * 5) + np.arange(5)[:, None] / 10
    got = clf.probabilities(images, boxes)
    (pictures, corners), *more = function.given
    assert not more
    np.testing.assert_array_equal(pictures, images)
    np.testing.assert_array_equal(corners, boxes)
    np.testing.assert_allclose(got, red(images), atol=1e-6)
    clf.probabilities(images[:1])
    np.testing.assert_array_equal(function.given[-1][1], [[0, 0, 40, 40]])
    assert clf.card.input == "whole pictures, RGB, 0 … 255, with the face box"


def test_a_function_that_writes_into_its_pictures_changes_nobodys(images: Any) -> None:
    def writes(pictures: np.ndarray, _boxes: np.ndarray) -> np.ndarray:
        answer = red(pictures)
        pictures[:] = 0
        return answer

    before = images.copy()
    made(writes, None).probabilities(images)
    np.testing.assert_array_equal(images, before)


def test_batches_and_what_was_answered_is_not_asked_again(images: Any) -> None:
    function = Counted()
    clf = made(function, batch=2)
    first = clf.probabilities(images, BOX)
    assert function.sizes == [2, 2, 1]
    np.testing.assert_array_equal(clf.probabilities(images[::-1], BOX)[::-1], first)
    assert len(function.given) == 3
    clf.probabilities(images, (3.0, 4.0, 36.0, 36.0))  # another crop
    assert len(function.given) == 6
    forgetful = made(function, batch=9, cache=False)
    forgetful.probabilities(np.stack([images[0]] * 3), BOX)
    forgetful.probabilities(images[:1], BOX)
    assert function.sizes == [3, 1]


def test_answers_outlive_the_session_in_a_file(images: Any, tmp_path: Path) -> None:
    function, path = Counted(), tmp_path / "answers.sqlite"
    one = made(function, cache=path)
    first = one.probabilities(images, BOX)
    again = own(function, id=one.id, labels=["cat", "dog"], preparation=PLAIN, cache=str(path))
    function.given.clear()
    np.testing.assert_array_equal(again.probabilities(images, BOX), first)
    assert not function.given
    other = own(function, id=one.id, labels=["cat", "dog"], preparation=PLAIN, cache=path, version="2")
    function.given.clear()
    other.probabilities(images, BOX)
    assert function.given, "another version is another model"


def test_nan_on_some_pictures_names_them_and_keeps_the_others(images: Any) -> None:
    images[[1, 3]] = 0
    asked = []

    def of_bright(pictures: np.ndarray) -> np.ndarray:
        asked.append(len(pictures))
        return np.where((pictures.mean((1, 2, 3)) > 5)[:, None], red(pictures), np.nan)

    clf = made(of_bright)
    asked.clear()
    with pytest.raises(BadAnswerError, match=r"for pictures 1 of 5|for pictures? 1, 3 of 5|picture 1 of 5"):
        clf.logits(images, BOX)
    clf.logits(images[[0, 2, 4]], BOX)
    assert asked == [4]  # the two black pictures are one; the bright ones weren't asked again


@pytest.mark.parametrize(
    ("function", "kind", "words"),
    [
        (lambda _: 1 / 0, FunctionError, "failed: ZeroDivisionError"),
        (lambda x: [[0.9, 0.9]] * len(x), BadAnswerError, "sum to 1.8, not to 1"),
        (lambda x: [[3.0, -2.0]] * len(x), BadAnswerError, "lie between -2 and 3"),
        (lambda _: [[0.5, 0.5]], BadAnswerError, r"1 row for 2 pictures"),
        (lambda x: [[0.2, 0.3, 0.5]] * len(x), BadAnswerError, r"the shape \(2, 3\)"),
        (lambda _: None, BadAnswerError, "answered with NoneType"),
    ],
)
def test_one_that_does_not_answer_is_refused_when_it_is_made(function: Any, kind: type, words: str) -> None:
    with pytest.raises(kind, match=words):
        made(function)


def test_one_that_hangs_is_refused_when_it_is_made() -> None:
    import threading

    waiting = threading.Event()
    with pytest.raises(FunctionError, match=r"hasn't answered within 0\.1 s"):
        made(lambda _: waiting.wait(5), seconds=0.1)
    waiting.set()


def test_what_is_random_is_a_warning(rng: np.random.Generator) -> None:
    with pytest.warns(DeclarationWarning, match="Two reads of the same picture differ"):
        made(lambda x: rng.dirichlet([1, 1], len(x)))


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"labels": None}, "doesn't state its labels"),
        ({"outputs": "logits"}, "make them of its logits"),
        ({"cam_layer": "last"}, "has no layers"),
        ({"retrys": 3}, "no option 'retrys'.*Did you mean retries"),
        ({"batch": 0}, "1 … 10,000 pictures"),
        ({"batch": True}, "1 … 10,000 pictures"),
        ({"seconds": float("nan")}, "time limit of a call"),
        ({"per_minute": 0}, "calls a minute"),
        ({"price": -1}, "price of a picture"),
        ({"budget": "much"}, "budget"),
        ({"cache": 3}, "`cache` is True, False, or the path"),
        ({"sends_pictures": 1}, "`sends_pictures` is True or False"),
        ({"sends_pictures": True}, "names where they go and which model answers"),
        ({"host": "api.example.com"}, "say sends_pictures=True"),
        ({"photographs": True}, "say sends_pictures=True"),
        ({**AWAY, "draws": 1}, "asked twice or more"),
        ({**AWAY, "host": "two\nlines"}, "a text in one line"),
    ],
)
def test_terms_that_make_no_sense_are_answered_in_words(how: dict[str, Any], words: str) -> None:
    with pytest.raises(FacelibError, match=words):
        own(red, **({"labels": ["cat", "dog"], "preparation": PLAIN} | how))


def test_retries_are_those_that_were_agreed_to(images: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(functions, "pause", lambda seconds, _stop=None: pauses.append(seconds))
    function = Counted(OSError("busy"), OSError("busy"))
    clf = made(function, **AWAY, photographs=True, draws=2)
    got = clf.probabilities(images, BOX)
    np.testing.assert_allclose(got, red(PLAIN(images, BOX).numpy().transpose(0, 2, 3, 1)), atol=1e-6)
    assert function.sizes == [5, 5, 5, 5]  # two fail, then one for each draw
    assert [one for one in pauses if one] == [1, 2]
    assert clf.account().calls == 4
    function.errors = [OSError("busy")] * 3
    with pytest.raises(FunctionError, match="busy"):
        clf.probabilities(images + 1, BOX)
    function.errors = [None, OSError("later")]
    with pytest.raises(FunctionError, match="later"):
        made(function, retries=0, **AWAY, photographs=True).probabilities(images, BOX)


def test_draws_are_averaged_and_their_spread_is_told(images: Any, rng: np.random.Generator) -> None:
    answers: list[np.ndarray] = []

    def draws(pictures: np.ndarray) -> np.ndarray:
        answers.append(rng.dirichlet([2, 3], len(pictures)))
        return answers[-1]

    clf = made(draws, **AWAY, photographs=True, draws=4)
    assert not answers, "one that sends pictures away isn't tried out"
    got = clf.probabilities(images, BOX)
    np.testing.assert_allclose(got, np.mean(answers, 0), atol=1e-6)
    assert clf.account().spread == pytest.approx(np.std(answers, 0, ddof=1).mean())
    np.testing.assert_array_equal(clf.probabilities(images, BOX), got)
    assert len(answers) == 4


def test_a_budget_ends_it_and_what_was_answered_is_kept(images: Any) -> None:
    function = Counted()
    clf = made(function, batch=1, price=0.5, budget=1.5)
    assert clf.estimate(5).cost == 2.5
    assert "1.50 of the budget are left: it ends there" in str(clf.estimate(5))
    with pytest.raises(BudgetError, match="are spent"):
        clf.probabilities(images, BOX)
    assert len(function.given) == 3
    more = own(function, id=clf.id, labels=["cat", "dog"], preparation=PLAIN, batch=1, price=0.5, budget=2.5)
    more.probabilities(images, BOX)
    assert len(function.given) == 5  # the cell that was run again goes on
    assert more.account().cost == 2.5


def test_photographs_stay_here_unless_it_is_said(images: Any) -> None:
    function = Counted()
    clf = made(function, **AWAY)
    photograph = facelib.load_face(images[0], detect=False)
    disguised = photograph.replace(source="edited")
    for reading in (
        lambda: clf.logits(images, BOX),
        lambda: clf.probabilities(images),
        lambda: clf.features(images),
        lambda: clf.read(photograph),
        lambda: clf.read([facelib.Head(), disguised]),
        lambda: facelib.sweep(photograph, "blur", [clf], steps=2),
        lambda: attribution.occlusion(clf, images, "cat", at_most=999),
        lambda: cloudpickle.loads(cloudpickle.dumps(clf.for_pictures(of_heads=True))).logits(images),
    ):
        with pytest.raises(
            BadValueError, match=r"sends pictures to api\.example\.com, and takes rendered heads only"
        ):
            reading()
    assert not function.given
    assert len(clf.read(facelib.Head(seed=3))) == 2
    assert len(function.given) == 3  # draws
    made(function, **AWAY, photographs=True).logits(images, BOX)


@pytest.mark.thorough
def test_a_sweep_of_heads_is_read_and_has_maps_with_a_price() -> None:
    function = Counted()
    clf = made(function, SEEN, **AWAY, draws=2)
    sweep = facelib.sweep(facelib.Head(expression="happy"), "symmetry", [clf], steps=3, label="cat", size=64)
    assert np.isfinite(sweep.series(clf.id)).all()
    with pytest.raises(UnavailableError, match="it is a function, through which no gradient flows"):
        sweep.attribution.maps(clf.id)
    before = len(function.given)
    with pytest.raises(
        BadValueError, match=r"read 50 pictures; no number was agreed to\. 50 pictures × 2 draws are 8 calls"
    ):
        attribution.occlusion(clf, facelib.Head(expression="happy"), "cat")
    assert len(function.given) == before
    maps = attribution.occlusion(clf, facelib.Head(expression="happy"), "cat", at_most=50)
    assert maps.shape == (1, 7, 7)


def test_it_says_in_provenance_that_it_is_not_reproducible(images: Any) -> None:
    away, here = made(red, **AWAY, per_minute=30), made(red, None)
    table = classifiers.provenance([away, here, classifiers.load("known_unbiased")])
    assert table["not_reproducible"].str.contains(r"api\.example\.com, model vision-1").tolist() == [
        True,
        False,
        False,
    ]
    assert table["function"].tolist() == [
        "crops, at most 16 pictures a call, 30 calls a minute, mean of 3 draws; sent to api.example.com, "
        "model vision-1",
        "whole pictures with boxes, at most 16 pictures a call",
        "",
    ]
    assert (
        away.card.source == "function red, sent to api.example.com, model vision-1"
        or "test_function.red" in away.card.source
    )


def test_one_that_sends_pictures_takes_part_only_where_it_is_named(images: Any) -> None:
    classifiers.register("cloud", Counted(), labels=["cat", "dog"], preparation=PLAIN, **AWAY)
    classifiers.register("late", lambda: own(red, id="late", labels=["cat", "dog"], **AWAY))
    classifiers.register("local", red, labels=["cat", "dog"], preparation=PLAIN)
    assert {"cloud", "late"}.isdisjoint(classifiers.available())
    assert "local" in classifiers.available()
    assert {"cloud", "late"} <= set(classifiers.available(kind="sends pictures"))
    assert classifiers.load("cloud").sends_pictures
    from facelib.app.explorer.state import Explorer

    state = Explorer(background=False)
    assert {"cloud", "late"}.isdisjoint(model.id for model in state.models)
    named = Explorer(("cloud", "known_unbiased"), background=False)
    assert [model.id for model in named.models] == ["known_unbiased"]
    assert "sends pictures to another machine" in named.missing["cloud"]
    classifiers.unregister("cloud")


def shuffled(pictures: np.ndarray) -> np.ndarray:
    """The known network whose columns for happy and sad are swapped."""
    return known(pictures)[:, [0, 2, 1, 3, 4, 5, 6]]


@pytest.mark.thorough
def test_a_wrong_order_of_labels_is_noticed_in_a_function() -> None:
    with pytest.warns(
        DeclarationWarning,
        match=r"It calls \d+ % of the (happy heads sad|sad heads happy): are the labels in order\?",
    ):
        own(shuffled, labels=EMOTIONS, preparation=SEEN)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        own(known, labels=EMOTIONS, preparation=SEEN)


@pytest.mark.thorough
def test_a_wrong_order_of_labels_is_noticed_in_a_module_alike() -> None:
    import torch

    network = classifiers.load("known_unbiased")
    order = [0, 2, 1, 3, 4, 5, 6]

    class Shuffled(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body, self.head = network.body, network.head

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.head(self.body(x))[:, order]

    with pytest.warns(
        DeclarationWarning, match=r"It calls \d+ % of the .* heads .*: are the labels in order\?"
    ):
        own(Shuffled(), labels=EMOTIONS, preparation=SEEN)


def test_one_that_sends_pictures_is_checked_when_it_is_asked_for() -> None:
    clf = own(shuffled, id="away and shuffled", labels=EMOTIONS, preparation=SEEN, draws=2, **AWAY)
    assert clf.account().calls == 0
    found = clf.check()
    assert "are the labels in order?" in str(found)
    assert found.n == 56
    assert clf.account().pictures == 112


def test_read_goes_on_where_it_fails_on_some() -> None:
    faces = [facelib.Head(seed=seed).render(64) for seed in range(3)]
    bad = faces[1].image.mean()

    def picky(pictures: np.ndarray, _boxes: np.ndarray) -> Any:
        if any(one.mean() == bad for one in pictures):
            msg = "no face here"
            raise LookupError(msg)
        return red(pictures)

    clf = made(picky, None)
    table = clf.read(faces)
    assert table["probability"].isna().tolist() == [False, False, True, True, False, False]
    assert table["remark"].str.contains("failed: LookupError: no face here").tolist() == [0, 0, 1, 1, 0, 0]
    with pytest.raises(FunctionError):
        clf.read(faces, skip_broken=False)


@pytest.mark.thorough
def test_waiting_for_its_turn_can_be_stopped(images: Any) -> None:
    clf = made(red, per_minute=1, batch=1, price=1.0)
    asked = iter([False] * 3 + [True] * 99)
    with pytest.raises(Cancelled):
        clf.for_pictures(of_heads=True, stop=lambda: next(asked)).logits(images, BOX)
    account = clf.account()
    assert (account.calls, account.cost) == (1, 1.0)  # the second was booked, and given back


def test_models_of_keras_are_still_sent_to_a_file() -> None:
    fake = type("Sequential", (), {"__module__": "keras.models", "__call__": lambda _self, x: x})()
    with pytest.raises(BadValueError, match=r"model\.save\('net\.keras'\)"):
        own(fake, labels=["cat", "dog"], preparation=PLAIN)


def test_terms_are_plain_words() -> None:
    words = str(Terms(batch=4, price=0.02, per_minute=30, draws=3).estimate(50))
    assert words == (
        "50 pictures × 3 draws are 39 calls; they cost 3.00, and take 1 min 16 s or more. What was answered "
        "before is not asked again, and each retry costs a call."
    )
    assert isinstance(classifiers.table(), pd.DataFrame)
