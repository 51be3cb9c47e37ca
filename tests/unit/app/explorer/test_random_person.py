"""The button "Random": women and men alike, hair of all kinds, and nobody who looks put together wrongly."""

from __future__ import annotations

from collections import Counter

from facelib.app.explorer.face_panel import DARK, PERSON, random_person
from facelib.faces import HAIR, Head

WORN = Head(expression="angry", intensity=0.4, glasses=1.0, pose=(10, 0, 0), light="side", mask=0.0)
PEOPLE = [random_person(WORN, number) for number in range(400)]


def test_women_and_men_are_alike_and_all_kinds_of_hair_are_seen() -> None:
    women = [one for one in PEOPLE if one.gender < 0.5]
    assert 160 <= len(women) <= 240
    hair = Counter(one.hair for one in PEOPLE)
    assert min(hair[kind] for kind in HAIR) >= 30
    assert {one.hair for one in women} == {"short", "long", "tied"}
    assert all(one.gender <= 0.35 or one.gender >= 0.65 for one in PEOPLE)
    assert not any(one.facial_hair for one in women)


def test_dark_skin_comes_with_dark_hair_and_eyes_and_ages_and_tones_stay_varied() -> None:
    dark = [one for one in PEOPLE if one.skin_tone >= DARK]
    assert {one.hair_colour for one in dark} == {"black", "brown"}
    assert {one.eye_colour for one in dark} == {"brown"}
    assert 200 <= len(dark) <= 280
    assert min(one.age for one in PEOPLE) < 22
    assert max(one.age for one in PEOPLE) > 75
    assert len({one.hair_colour for one in PEOPLE}) >= 5


def test_only_the_person_changes_and_a_number_is_one_person() -> None:
    kept = WORN.replace(**{field: getattr(PEOPLE[5], field) for field in PERSON})
    assert PEOPLE[5] == kept == random_person(WORN, 5)
    assert [one.seed for one in PEOPLE[:3]] == [0, 1, 2]
