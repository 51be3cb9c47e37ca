"""Nouns have the article of their sound wherever a message is built with one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import facelib
from facelib import interventions
from facelib.errors import BadValueError
from facelib.utilities.wording import with_article

BUILT = re.compile(r"""(?:\b[Aa]n? |'an?'.*)\{(?!kind\}p )""")
"""An article before a word that is filled in; "a {kind}p" is "a p" or "a two-sided p"."""


def test_a_taken_name_is_answered_in_grammar() -> None:
    class Blur(interventions.PictureIntervention):
        id, title, group, description, sentence = "blur", "Blur", "View", "It blurs.", "it blurs"

        def _change(self, face: facelib.Face, _strength: float) -> facelib.Face:
            return face

    with pytest.raises(BadValueError, match=r"^An intervention named 'blur' is already registered"):
        interventions.register(Blur)


@pytest.mark.parametrize(
    ("noun", "said"),
    [
        ("intervention", "an intervention"),
        ("estimator", "an estimator"),
        ("InputLayer", "an InputLayer"),
        ("observational study", "an observational study"),
        ("clip", "a clip"),
        ("unit", "a unit"),
        ("one-sided change", "a one-sided change"),
    ],
)
def test_the_article_fits_the_noun(noun: str, said: str) -> None:
    assert with_article(noun) == said


@pytest.mark.thorough
def test_no_article_is_built_in_another_way() -> None:
    root = Path(facelib.__file__).parent
    found = [
        f"{path.relative_to(root)}: {line.strip()}"
        for path in sorted(root.rglob("*.py"))
        if path.name != "wording.py"
        for line in path.read_text(encoding="utf-8").splitlines()
        if BUILT.search(line)
    ]
    assert found == []
