"""Pictures and functions of other programs are checked before anything is concluded from them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import facelib
from facelib import interventions
from facelib.errors import BadImageError, BadValueError, UnavailableError, UnknownNameError
from facelib.faces import Face, Head, sample_photograph
from facelib.interventions import INTERVENTIONS, add
from facelib.interventions.own.outside import editor, frames
from facelib.studies import even_strengths, make_frames

Picture = npt.NDArray[np.uint8]


@cache
def person(seed: int = 1) -> Face:
    return Head(seed=seed, expression="neutral").render(96).replace(source="photograph")


def darker(image: Picture, strength: float) -> Picture:
    return np.rint(image * (1 - 0.4 * strength)).astype(np.uint8)


def edits(n: int = 5, seed: int = 1) -> list[Picture]:
    return [darker(person(seed).image, strength) for strength in np.linspace(0, 1, n)]


def test_each_strength_shows_its_picture() -> None:
    face, pictures = person(), edits()
    change = frames(pictures, face, name="Darkness", landmarks="kept")
    assert change.apply(face, 0.0) is face
    for strength, picture in zip((0.25, 0.5, 0.75, 1.0), pictures[1:], strict=True):
        found = change.apply(face, strength)
        assert np.array_equal(found.image, picture)
        assert found.source == "edited"
        assert np.array_equal(found.box, face.box)
        assert np.array_equal(found.landmarks, face.landmarks)
    assert change.clause == "another program changes the Darkness"
    assert change.id.startswith("frames_darkness_")


def test_between_them_the_nearest_is_shown_or_the_two_are_mixed() -> None:
    face, pictures = person(), edits()
    nearest = frames(pictures, face, landmarks="kept")
    assert np.array_equal(nearest.apply(face, 0.6).image, pictures[2])
    assert np.array_equal(nearest.apply(face, 0.64).image, pictures[3])
    assert nearest.apply(face, 0.1) is face
    blend = interventions.get(nearest, between="blend")
    mixed = blend.apply(face, 0.6).image.astype(float)
    np.testing.assert_allclose(mixed, 0.6 * pictures[2] + 0.4 * pictures[3], atol=0.51)
    assert np.array_equal(blend.apply(face, 0.5).image, pictures[2])


@given(st.floats(0, 1), st.lists(st.floats(0.01, 0.99), min_size=1, max_size=6, unique=True))
@settings(max_examples=60, deadline=None)
def test_blends_are_the_straight_line_between_the_frames(strength: float, inner: list[float]) -> None:
    """Interpolated as numpy does it, pixel by pixel."""
    grades = [0.0, *sorted(inner), 1.0]
    pictures = [darker(person().image, (number * 7 % 5) / 5) for number in range(len(grades))]
    pictures[0] = person().image
    change = frames(pictures, person(), grades, between="blend", landmarks="kept")
    found = change.apply(person(), strength).image[40, 40].astype(float)
    expected = [np.interp(strength, grades, [picture[40, 40, k] for picture in pictures]) for k in range(3)]
    np.testing.assert_allclose(found, expected, atol=0.51)


def test_declared_strengths_may_leave_out_the_unedited_face() -> None:
    face, pictures = person(), edits()
    change = frames(pictures[1:], face, [0.1, 0.4, 0.9, 1.0], landmarks="kept")
    assert change.strengths == (0.0, 0.1, 0.4, 0.9, 1.0)
    assert np.array_equal(change.apply(face, 0.3).image, pictures[2])
    assert change.apply(face, 0.04) is face
    assert frames(pictures[-1:], face, landmarks="kept").strengths == (0.0, 1.0)


def test_the_first_picture_has_to_be_the_face() -> None:
    face, pictures = person(), edits()
    with pytest.raises(BadValueError, match=r"differs from the face by \d+\.\d grey levels"):
        frames(pictures[2:], face)
    near = np.clip(face.image.astype(int) + 2, 0, 255).astype(np.uint8)
    change = frames([near, pictures[-1]], face, landmarks="kept")
    assert change.apply(face, 0.0) is face


def test_a_folder_is_read_by_the_numbers_in_its_names(tmp_path: Path) -> None:
    face, pictures = person(), edits(11)
    for number, picture in enumerate(pictures):
        Image.fromarray(picture).save(tmp_path / f"step {number}.png")
    (tmp_path / "notes.txt").write_text("not a picture")
    change = frames(tmp_path, face, landmarks="kept")
    assert len(change.strengths) == 11
    for strength, picture in zip(np.linspace(0, 1, 11), pictures, strict=True):
        assert np.array_equal(change.apply(face, strength).image, picture)
    assert frames(str(tmp_path), face, landmarks="kept") == change


def test_fractions_in_names_are_in_order_too(tmp_path: Path) -> None:
    for name, picture in zip(("0.0", "0.25", "0.5", "0.75", "1.0"), edits(), strict=True):
        Image.fromarray(picture).save(tmp_path / f"{name}.webp", lossless=True)
    change = frames(tmp_path, person(), landmarks="kept")
    assert np.array_equal(change.pictures, np.stack(edits()))


def test_a_broken_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "0.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    with pytest.raises(BadImageError):
        frames(tmp_path, person())
    with pytest.raises(BadValueError, match="There is no folder"):
        frames(tmp_path / "none", person())


def test_the_pictures_are_of_one_face() -> None:
    change = frames(edits(), person(), landmarks="kept")
    assert change.accepts(person())
    assert change.accepts(person().replace(attributes={}))
    for other in (person(2), Head()):
        assert not change.accepts(other)
        with pytest.raises(BadValueError, match="of another face"):
            change.apply(other, 0.5)


def test_equal_frames_are_equal() -> None:
    one, same = (frames(edits(), person(), name="dark") for _ in range(2))
    assert one == same
    assert hash(one) == hash(same)
    assert one != frames(edits(4), person(), name="dark")
    assert one != interventions.get(one, between="blend")
    assert len(repr(one)) < 250


@pytest.mark.parametrize(
    ("pictures", "strengths", "words"),
    [
        ([], None, "1 … 501"),
        (7, None, "a folder or a list"),
        ("two", [0.0], "one per picture: 2"),
        ("two", [1.0, 0.5], "Strengths rise"),
        ("two", [0.0, 0.5], "to 1"),
        ("two", [0.0, 2.0], "between 0 and 1"),
        ("two", 1, "Strengths rise"),
        ([np.zeros((8, 8, 3), np.uint8)], None, r"got uint8 \(8, 8, 3\)"),
        ([np.zeros((96, 96, 3))], None, "got float64"),
        ([None], None, "NoneType"),
    ],
)
def test_what_makes_no_frames_is_said(pictures: Any, strengths: Any, words: str) -> None:
    shown = edits(2) if pictures == "two" else pictures
    with pytest.raises(BadValueError, match=words):
        frames(shown, person(), strengths)


def test_options_are_checked() -> None:
    with pytest.raises(BadValueError, match="rendered first"):
        frames(edits(), Head())  # type: ignore[arg-type]
    with pytest.raises(BadValueError, match="nearest, blend"):
        frames(edits(), person(), between="mix")  # type: ignore[arg-type]
    with pytest.raises(BadValueError, match="found, kept"):
        frames(edits(), person(), landmarks="none")  # type: ignore[arg-type]
    with pytest.raises(BadValueError, match="needs a name"):
        frames(edits(), person(), name="?")
    with pytest.raises(UnknownNameError):
        frames(edits(), person(), moves="darkness")
    with pytest.raises(BadValueError, match="is a function"):
        editor("edit")  # type: ignore[arg-type]
    with pytest.raises(BadValueError, match="found, kept"):
        editor(darker, landmarks="lost")  # type: ignore[arg-type]


def test_a_function_edits() -> None:
    face = person()
    change = editor(darker, "darkness", version="2.1", landmarks="kept", moves="brightness")
    assert change.id == "editor_darkness_2_1"
    assert change.apply(face, 0.0) is face
    assert np.array_equal(change.apply(face, 0.5).image, darker(face.image, 0.5))
    assert "0x" not in repr(change)
    values = [change.apply(face, strength).image.mean() for strength in np.linspace(0, 1, 5)]
    assert (np.diff(values) < 0).all()


def test_the_face_is_safe_from_the_editor() -> None:
    """An editor that works in place, or keeps its result and goes on changing it."""
    kept = []

    def in_place(image: Picture, strength: float) -> Picture:
        if strength:
            image[:] = 0
        kept.append(image)
        return image

    before = person().image.copy()
    found = editor(in_place, landmarks="kept").apply(person(), 0.5)
    kept[-1][:] = 77
    assert np.array_equal(person().image, before)
    assert not found.image.any()


def test_an_editor_that_changes_a_picture_at_strength_zero_is_refused() -> None:
    def coded(image: Picture, strength: float) -> Picture:
        return (image // 8 * 8).astype(np.uint8)

    with pytest.raises(BadValueError, match=r"At strength 0 .* changes it by \d\.\d\d grey levels"):
        editor(coded, landmarks="kept").apply(person(), 0.5)


def test_that_is_looked_at_once_a_picture() -> None:
    asked = []

    def edit(image: Picture, strength: float) -> Picture:
        asked.append(strength)
        return darker(image, strength)

    change = editor(edit, landmarks="kept")
    for strength in (0.5, 1.0):
        change.apply(person(), strength)
    assert asked == [0.0, 0.5, 1.0]
    change.apply(person(2), 0.5)
    assert asked[3:] == [0.0, 0.5]


def broken(image: Picture) -> Picture:
    raise ZeroDivisionError("no guidance")


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (np.float64, "got float64"),
        (lambda image: image[:-1], r"got uint8 \(95, 96, 3\)"),
        (Image.fromarray, "Image"),
        (print, "NoneType"),
        (broken, "failed at strength 0: ZeroDivisionError: no guidance"),
    ],
)
def test_what_an_editor_returns_is_checked(result: Any, words: str) -> None:
    def edit(image: Picture, strength: float) -> Any:
        return result(image)

    with pytest.raises(BadValueError, match=words):
        editor(edit).apply(person(), 0.5)


@pytest.mark.packages
def test_landmarks_are_found_in_what_was_edited() -> None:
    """A picture that is moved by 9 px has its landmarks 9 px on."""
    face = sample_photograph()

    def shift(image: Picture, strength: float) -> Picture:
        return np.roll(image, round(9 * strength), axis=1)

    for change in (
        editor(shift, "place"),
        frames([shift(face.image, strength) for strength in (0, 0.5, 1)], face, name="place"),
    ):
        found = change.apply(face, 1.0)
        step = np.median(found.landmarks - face.landmarks, axis=0)
        np.testing.assert_allclose(step, [9, 0], atol=0.7)
        np.testing.assert_allclose(found.eyes - face.eyes, [[9, 0]] * 2, atol=1.5)


def test_without_the_network_landmarks_are_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*given: Any) -> None:
        raise UnavailableError("no network")

    monkeypatch.setattr("facelib.faces.landmarker.find_landmarks", missing)
    found = editor(darker).apply(person(), 0.5)
    assert np.isnan(found.landmarks).all()
    assert np.array_equal(found.eyes, person().eyes)


def test_what_was_given_of_it_is_not_known_any_more() -> None:
    face = person().replace(attributes={"age": 30.0, "name": "A"})
    assert dict(editor(darker, "age", landmarks="kept").apply(face, 0.5).attributes) == {"name": "A"}


@pytest.mark.thorough
@pytest.mark.packages
def test_sweeps_and_lists_take_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(INTERVENTIONS, "_items", dict(INTERVENTIONS._items))
    face = person()
    for change in (
        frames(edits(), face, name="dark", landmarks="kept"),
        editor(darker, "dark", landmarks="kept"),
    ):
        assert add(change) is change
        assert add(interventions.get(change)) is change
        result = facelib.sweep(face, change.id, ["fer"], steps=5)
        assert np.array_equal(result.images, np.stack(edits()))
        assert set(result.outputs["intervention"]) == {change.id}
        assert change.id in set(interventions.available(face)["id"])
        assert make_frames(face, change, even_strengths(3)).images.shape == (3, 96, 96, 3)
    assert not {row for row in interventions.available(person(2))["id"] if row.startswith("frames")}
