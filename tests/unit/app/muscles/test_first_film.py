"""The film that the Muscles tab opens with smiles, and most networks see it."""

from __future__ import annotations

import numpy as np
import pytest

from facelib import classifiers
from facelib.app.muscles.film import pictures_of, read
from facelib.app.muscles.state import Muscles
from facelib.classifiers import EMOTIONS
from facelib.faces import FACE_UNITS


@pytest.mark.thorough
@pytest.mark.packages
@pytest.mark.usefixtures("single_threaded")
def test_the_first_film_smiles_and_most_networks_say_happy() -> None:
    state = Muscles(models=[], background=False)
    state.begin()
    film, state_step = state.film, state.step
    assert state_step == film.peak  # what is shown first
    assert film.times[film.peak] < 3
    shown = dict(zip(FACE_UNITS, film.animation.units[film.peak], strict=True))
    assert min(shown["mouthSmileLeft"], shown["mouthSmileRight"]) > 0.8
    assert shown["jawOpen"] > 0.15  # teeth are seen
    picture = np.stack(pictures_of(film, [film.peak]))
    box = film.animation.base.render(film.size).box
    said = [
        EMOTIONS[int(np.nanargmax(read(classifiers.load(name), picture, box)))]
        for name in classifiers.available()
    ]
    assert said.count("happy") >= 0.6 * len(said), said
    state.close()
