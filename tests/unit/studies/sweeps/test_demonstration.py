"""Every intervention finds a head that it changes, whatever is registered."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from facelib import interventions
from facelib.errors import BadValueError, UnknownNameError
from facelib.faces import Head
from facelib.interventions import INTERVENTIONS, HeadIntervention
from facelib.studies import demonstration_head

PEOPLE = (
    Head(),
    Head(age=70, gender=1.0, skin_tone=0.9, hair="bald", expression="angry"),
    Head(age=20, hair="long", facial_hair=1.0, glasses=0.5, electrodes="kuramoto", palsy=0.2),
)


@pytest.mark.parametrize("name", list(INTERVENTIONS))
def test_every_intervention_changes_its_head(name: str) -> None:
    chosen = interventions.get(name)
    for person in PEOPLE:
        head = demonstration_head(name, person)
        assert chosen.accepts(head)
        if isinstance(chosen, HeadIntervention):
            assert chosen.edit(head, 1.0) != head


def test_no_more_is_put_on_than_is_needed() -> None:
    assert demonstration_head("age", PEOPLE[1]) is not None
    assert demonstration_head("age", PEOPLE[1]) == PEOPLE[1]
    assert demonstration_head("blur", PEOPLE[2]) == PEOPLE[2]
    assert demonstration_head("electrode_size", PEOPLE[2]) == PEOPLE[2]
    assert demonstration_head("electrode_size", PEOPLE[1]) == PEOPLE[1].replace(electrodes="fridlund")
    assert demonstration_head("symmetrise").asymmetry == 1.0
    assert demonstration_head("synkinesis").palsy == 0.4


def test_options_count() -> None:
    to_happy = interventions.get("expression", to="happy")
    assert demonstration_head("expression").intensity == 1.0
    with pytest.raises(BadValueError, match="changes none of the heads"):
        demonstration_head(to_happy, Head(expression="happy"))


def test_what_changes_nothing_is_said() -> None:
    class Nothing(HeadIntervention):
        id: ClassVar[str] = "nothing"

        def _edit(self, head: Head, strength: float) -> Head:  # noqa: ARG002
            return head

    with pytest.raises(BadValueError, match="'nothing' changes none of the heads"):
        demonstration_head(Nothing())
    with pytest.raises(UnknownNameError):
        demonstration_head("no such change")


@pytest.mark.parametrize("wrong", ["a head", 0])
def test_only_heads_demonstrate(wrong: Any) -> None:
    with pytest.raises(BadValueError, match=f"on a Head; got {type(wrong).__name__}"):
        demonstration_head("age", wrong)
