"""The registry refuses duplicates and helps with wrong names."""

from __future__ import annotations

import pytest

from facelib.errors import BadValueError, FacelibError, UnknownNameError
from facelib.utilities.registry import Registry, place_of


def test_a_duplicate_name_raises() -> None:
    registry: Registry[int] = Registry("fruit")
    registry.register("apple", 1)
    with pytest.raises(BadValueError, match="fruit named 'apple' is already registered"):
        registry.register("apple", 2)
    assert registry["apple"] == 1


def test_the_same_place_replaces_and_another_does_not() -> None:
    registry: Registry[int] = Registry("fruit")
    registry.register("apple", 1, place_of(test_a_duplicate_name_raises))
    registry.register("apple", 2, place_of(test_a_duplicate_name_raises))
    assert registry["apple"] == 2
    for place in ("", place_of(pytest.raises), place_of(Registry)):
        with pytest.raises(BadValueError, match="already registered"):
            registry.register("apple", 3, place)
    registry.register("pear", 4)
    with pytest.raises(BadValueError, match="already registered"):
        registry.register("pear", 5)
    assert registry.names() == ["apple", "pear"]


def test_a_wrong_name_is_answered_with_the_nearest() -> None:
    registry: Registry[int] = Registry("fruit")
    registry.register("apple", 1)
    with pytest.raises(UnknownNameError, match="Did you mean apple") as caught:
        registry["appel"]
    assert isinstance(caught.value, FacelibError)
    assert isinstance(caught.value, KeyError)
    for name in ("zzz", 5, ["z"]):
        with pytest.raises(UnknownNameError, match="Known: apple"):
            registry[name]  # type: ignore[index]


def test_names_keep_their_order_and_filter() -> None:
    registry: Registry[int] = Registry("fruit")
    for number, name in enumerate(["pear", "apple", "apricot"]):
        registry.register(name, number)
    assert registry.names() == list(registry) == ["pear", "apple", "apricot"]
    assert registry.names("ap*") == ["apple", "apricot"]
    assert len(registry) == 3
    assert "pear" in registry
