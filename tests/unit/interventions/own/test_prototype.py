"""The difference of two groups is found as it is known to be, and moves other faces the right way."""

from __future__ import annotations

import itertools
import pickle
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

import facelib
from facelib import interventions, properties
from facelib.editing.warp import coverage, outline
from facelib.errors import BadValueError, UnknownNameError
from facelib.faces import Face, Head, find_landmarks, render_heads, sample_heads, sample_photograph
from facelib.faces.alignment import mean_shape, similarity_of
from facelib.faces.face_set import FaceSet
from facelib.head.geometry.landmarks import FIRST_IRIS
from facelib.interventions import INTERVENTIONS, Prototype, add
from facelib.studies import even_strengths, make_frames

Compare = Callable[[Face, Face], None]
pytestmark = pytest.mark.packages
Doubles = npt.NDArray[np.float64]

SIZE, N = 160, 28
PLAIN: dict[str, Any] = {"expression": "neutral", "facial_hair": 0.0}
KINDS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "age": ({"age": 20.0}, {"age": 85.0}),
    "gender": ({"gender": 0.0}, {"gender": 1.0}),
    "expression": ({}, {"expression": "happy"}),
}
MOVED = {"age": "estimated_age", "gender": "estimated_gender", "expression": "activation"}


@cache
def people(seed: int, n: int = N, **changes: Any) -> tuple[Face, ...]:
    """Return people, differing in all else, as photographs of which nothing is known."""
    heads = [head.replace(**(PLAIN | changes)) for head in sample_heads(n, seed=seed)]
    return tuple(face.replace(source="photograph", attributes={}) for face in render_heads(heads, SIZE))


@cache
def made(kind: str) -> Prototype:
    """Of different people in the two groups."""
    one, other = KINDS[kind]
    return Prototype.between(people(1, **one), people(2, **other), kind, moves=MOVED[kind])


@cache
def strangers(kind: str, n: int = 4, size: int = 224) -> tuple[Face, ...]:
    """Return people of neither group, who look like group a."""
    looks: dict[str, Any] = {"age": 24.0, "gender": 0.15, **PLAIN, **KINDS[kind][0]}
    heads = [Head(seed=990 + number, skin_tone=number / n, hair="short", **looks) for number in range(n)]
    return tuple(face.replace(source="photograph", attributes={}) for face in render_heads(heads, size))


def slopes(change: Doubles, truth: Doubles) -> tuple[float, float]:
    """Return the correlation of two differences of shapes, and how large one is in units of the other."""
    a, b = change[:FIRST_IRIS].ravel(), truth[:FIRST_IRIS].ravel()
    return float(a @ b / np.sqrt((a @ a) * (b @ b))), float(a @ b / (b @ b))


@pytest.mark.thorough
@pytest.mark.parametrize("kind", list(KINDS))
def test_the_difference_in_shape_is_that_of_the_same_people_in_the_other_group(kind: str) -> None:
    """Known truth: third persons, rendered in both groups."""
    one, other = (np.array([face.landmarks for face in people(3, **side)]) for side in KINDS[kind])
    before, after = mean_shape(one), mean_shape(other)
    truth = similarity_of(after, before)(after) - before
    change = made(kind)
    correlation, size = slopes(change.change, similarity_of(before, change.shape).turned(truth))
    assert correlation > 0.9
    assert 0.75 < size < 1.25


@pytest.mark.thorough
@pytest.mark.parametrize("kind", list(KINDS))
def test_the_same_people_in_both_groups_give_the_difference_exactly(kind: str) -> None:
    one, other = (people(3, **side) for side in KINDS[kind])
    change = Prototype.between(one, other, kind)
    before, after = (mean_shape(np.array([face.landmarks for face in faces])) for faces in (one, other))
    truth = similarity_of(before, change.shape).turned(similarity_of(after, before)(after) - before)
    correlation, size = slopes(change.change, truth)
    assert correlation > 0.995
    assert 0.95 < size < 1.05


@pytest.mark.thorough
@pytest.mark.parametrize("kind", list(KINDS))
def test_faces_of_neither_group_move_the_right_way(kind: str) -> None:
    """Every one from start to end, and step by step on average: networks are rough on one face."""
    change, column = made(kind), MOVED[kind]
    films = [[change.apply(face, strength) for strength in np.linspace(0, 1, 6)] for face in strangers(kind)]
    values = np.array([properties.measure(film, [column])[column].to_numpy() for film in films])
    assert (values[:, -1] > values[:, 0]).all()
    assert (values[:, -1] - values[:, 0]).mean() > {"age": 10, "gender": 0.2, "expression": 5}[kind]
    assert (np.diff(values.mean(axis=0)) > 0).all()


@pytest.mark.thorough
def test_toward_group_a_is_the_other_way() -> None:
    face = people(4, 1, **KINDS["expression"][1])[0]
    back = interventions.get(made("expression"), amount=-1.0)
    values = properties.measure([back.apply(face, strength) for strength in (0, 0.5, 1)], ["activation"])
    assert (np.diff(values["activation"]) < -1).all()
    assert "from the average of group b toward that of group a" in back.clause


@pytest.mark.thorough
def test_strength_zero_is_the_very_face() -> None:
    face = sample_photograph()
    assert made("age").apply(face, 0.0) is face
    assert interventions.get(made("age"), amount=0.0).apply(face, 1.0) is face


@pytest.mark.thorough
@pytest.mark.parametrize("kind", list(KINDS))
def test_far_from_the_face_nothing_changes(
    kind: str, only_near_the_face: Callable[[Face, Face], None]
) -> None:
    face = sample_photograph()
    changed = made(kind).apply(face, 1.0)
    only_near_the_face(face, changed)


@pytest.mark.thorough
def test_colour_alone_stays_within_the_outline_and_moves_nothing() -> None:
    face = sample_photograph()
    changed = interventions.get(made("age"), part="colour").apply(face, 1.0)
    outside = coverage(face.landmarks, face.size) == 0
    assert (changed.image[outside] == face.image[outside]).all()
    assert np.array_equal(changed.landmarks, face.landmarks)
    shape = interventions.get(made("age"), part="shape").apply(face, 1.0)
    both = made("age").apply(face, 1.0)
    assert np.array_equal(shape.landmarks, both.landmarks)
    assert not np.array_equal(shape.image, both.image)


@pytest.mark.thorough
def test_landmarks_come_to_lie_where_they_were_sent() -> None:
    face = sample_photograph()
    changed = interventions.get(made("expression"), part="shape").apply(face, 0.6)
    found = find_landmarks(changed.image, changed.box, changed.eyes)
    away = np.linalg.norm(found - changed.landmarks, axis=1)[:FIRST_IRIS]
    assert np.median(away) < 1.2
    steps = np.linalg.norm(changed.landmarks - face.landmarks, axis=1)[:FIRST_IRIS]
    assert steps.max() > 4


@pytest.mark.thorough
def test_the_average_of_group_a_becomes_that_of_group_b() -> None:
    """In its middle, away from hair; a known end of the road.

    The same people are in both groups: the tone that others would differ in isn't added.
    """
    from facelib.faces.averaging import average, brought

    one, other = (people(3, **side) for side in KINDS["expression"])
    start, goal = average(one, 256), average(other, 256)
    end = Prototype.between(one, other, "expression").apply(start, 1.0)
    target, _ = brought(goal, end.landmarks.astype(float), end.size)
    inside = coverage(end.landmarks, end.size) > 0.99
    before, _ = brought(goal, start.landmarks.astype(float), start.size)
    left = np.abs(end.image.astype(float) - target)[inside].mean()
    first = np.abs(start.image.astype(float) - before)[inside].mean()
    assert left < 4
    assert left < 0.7 * first
    assert (
        np.linalg.norm(
            similarity_of(goal.landmarks, end.landmarks)(goal.landmarks) - end.landmarks, axis=1
        ).max()
        < 1.5
    )


def test_no_step_is_a_jump() -> None:
    frames = make_frames(sample_photograph(), made("age"), even_strengths(11))
    seen = [cv2.GaussianBlur(image.astype(np.float32), (0, 0), 3) for image in frames.images]
    steps = [float(np.sqrt(((b - a) ** 2).mean())) for a, b in itertools.pairwise(seen)]
    assert max(steps) < 2.5 * min(steps)


@pytest.mark.thorough
def test_the_grain_of_few_faces_is_that_of_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two groups that differ in nothing, all fine detail is grain."""

    def grain(n: int) -> float:
        change = Prototype.between(people(1, 28)[:n], people(2, 28)[:n], "nothing")
        fine = change.colour - cv2.GaussianBlur(
            change.colour, (0, 0), 0.02 * np.ptp(change.shape[outline(), 0])
        )
        return float(np.sqrt((fine[coverage(change.shape, fine.shape[:2]) > 0.99] ** 2).mean()))

    assert 0.7 < grain(5) / grain(28) < 1.4
    monkeypatch.setattr("facelib.interventions.own.prototype.GRAIN", 0.0)
    assert grain(5) / grain(28) > 1.9


@pytest.mark.thorough
def test_hand_in_hand_with_sweeps_lists_and_exports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(INTERVENTIONS, "_items", dict(INTERVENTIONS._items))
    change = made("age")
    assert add(change) is change
    assert add(made("age")) is change
    assert interventions.get(change.id) is change
    face = sample_photograph()
    row = interventions.available(face).set_index("id").loc[change.id]
    assert row["group"] == "Prototypes"
    assert row["property"] == "estimated_age"
    result = facelib.sweep(face, change.id, ["fer"], steps=5)
    assert result.intervention is change
    assert set(result.outputs["intervention"]) == {change.id}
    assert np.array_equal(result.images[0], face.image)
    effects = result.effects()
    assert set(effects["intervention"]) == {change.id}
    assert "measured_yaw" in result.table
    assert change.id in repr(change)
    assert "array" not in repr(change)
    assert len(repr(change)) < 300
    with pytest.raises(BadValueError, match="already registered"):
        add(interventions.get(change, part="shape"))
    with pytest.raises(BadValueError, match="Expected an intervention"):
        add("age")


def test_heads_are_rendered_first() -> None:
    head = Head(seed=5, expression="neutral")
    assert made("expression").accepts(head)
    changed = made("expression").apply(head, 1.0, 128)
    assert changed.image.shape == (128, 128, 3)
    assert not made("expression").accepts(head.replace(pose=(30, 0, 0)))
    frames = make_frames(head, made("expression"), [0.0, 1.0], size=96)
    assert np.array_equal(frames.images[0], head.render(96).image)


def test_what_was_given_is_not_known_any_more() -> None:
    face = strangers("age")[0].replace(attributes={"age": 24.0, "estimated_age": 25.0, "name": "A"})
    changed = made("age").apply(face, 0.5)
    assert dict(changed.attributes) == {"name": "A"}
    assert np.isnan(properties.measure([changed], ["age"])["age"].iloc[0])


@pytest.mark.thorough
def test_equal_groups_give_equal_prototypes() -> None:
    one, other = (people(1, 5, **side) for side in KINDS["gender"])
    first, second = (Prototype.between(one, list(other), "Gender, ours") for _ in range(2))
    assert first == second
    assert hash(first) == hash(second)
    assert first.id == second.id
    assert first.id.startswith("prototype_gender_ours_")
    assert pickle.loads(pickle.dumps(first)) == first
    assert Prototype.between(other, one, "Gender, ours").id != first.id
    assert interventions.get(first, amount=0.5) != first
    with pytest.raises(ValueError, match="read-only"):
        first.colour[0] = 0


@pytest.mark.thorough
def test_groups_count_as_one_each_however_many_they_are() -> None:
    one, other = people(1, N, **KINDS["gender"][0]), people(2, N, **KINDS["gender"][1])
    few = Prototype.between(one, other[:6], "gender")
    assert few.n == (N, 6)
    assert (
        slopes(few.change, similarity_of(made("gender").shape, few.shape).turned(made("gender").change))[0]
        > 0.8
    )


@pytest.mark.thorough
def test_groups_are_subsets_of_the_own_pictures(tmp_path: Path) -> None:
    for label, seed in (("calm", 1), ("smiling", 2)):
        (tmp_path / label).mkdir()
        for number, face in enumerate(people(seed, 5, **KINDS["expression"][seed - 1])):
            Image.fromarray(face.image).save(tmp_path / label / f"{number}.png")
    faces = FaceSet.from_folder(tmp_path)
    calm, smiling = (faces.subset(f"folder == '{label}'") for label in ("calm", "smiling"))
    change = Prototype.between(calm, smiling, "smile", people=("calm people", "smiling people"))
    assert change.n == (5, 5)
    assert change.clause == "the face moves from the average of calm people toward that of smiling people"
    known = similarity_of(made("expression").shape, change.shape).turned(made("expression").change)
    assert slopes(change.change, known)[0] > 0.85
    again = Prototype.between([*calm], [*smiling], "smile", people=("calm people", "smiling people"))
    assert again == change


def once(faces: tuple[Face, ...]) -> Iterator[Face]:
    yield from faces


@pytest.mark.thorough
def test_what_makes_no_prototype_is_said() -> None:
    one, other = people(1, 5), people(2, 5)
    unknown = one[0].replace(landmarks=np.full((478, 2), np.nan, np.float32))
    for groups, words in (
        ((one[:4], other), "at least 5 faces per group.*group a has 4"),
        ((one, other[:2]), "group b has 2"),
        ((one, (*other, one[2])), "number 5 of group b is the same picture as number 2 of group a"),
        ((one, (*other[:4], other[0])), "number 4 of group b is the same picture as number 0 of group b"),
        (((*one[:4], unknown), other), "facelib models fetch"),
        ((once(one), other), r"list\(faces\)"),
        ((one, 3), "sequence"),
        ((one, [Head()] * 5), "render_heads"),
    ):
        with pytest.raises(BadValueError, match=words):
            Prototype.between(*groups, "age")  # type: ignore[arg-type]
    with pytest.raises(BadValueError, match="needs a name"):
        Prototype.between(one, other, " !")
    with pytest.raises(UnknownNameError, match="estimated_age"):
        Prototype.between(one, other, "age", moves="estimated_ages")
    for wrong in ({"part": "hair"}, {"amount": 3}, {"amount": "much"}):
        with pytest.raises(BadValueError):
            interventions.get(made("age"), **wrong)
    turned = Head(pose=(32.0, 0, 0)).render(128).replace(source="photograph")
    with pytest.raises(BadValueError, match=r"turned by 3\d°"):
        made("age").apply(turned, 0.5)
    with pytest.raises(BadValueError, match="facelib models fetch"):
        made("age").apply(unknown, 0.5)
    nowhere = one[0].replace(landmarks=np.zeros((478, 2), np.float32))
    with pytest.raises(BadValueError, match="as those of a face do"):
        made("age").apply(nowhere, 0.5)
