"""What a study says that it does now."""

from __future__ import annotations

from pathlib import Path

import pytest

import facelib
from facelib.errors import Cancelled
from facelib.studies.engine import execution
from facelib.studies.engine.execution import Progress

pytestmark = pytest.mark.packages


@pytest.mark.thorough
def test_a_study_says_whom_it_reads_and_counts_people_of_earlier_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execution, "MOST", 1)  # face by face, however quick the machine is
    heads = facelib.sample_heads(4, seed=2, expressions=("happy",))
    study = facelib.InterventionalStudy(heads, ["symmetry", "age"], ["known_unbiased"], steps=2, size=64)
    said: list[Progress] = []
    with pytest.raises(Cancelled):
        study.run(tmp_path, n_jobs=1, progress=said.append, stop=lambda: bool(said) and said[-1].done >= 4)
    done = said[-1].done
    study.run(tmp_path, n_jobs=1, progress=said.append)
    words = [at.words for at in said if at.words]
    assert words[0] == "person 1 of 4, one side weaker"
    assert {at.words.partition(",")[0] for at in said if at.words} == {
        f"person {k} of 4" for k in (1, 2, 3, 4)
    }
    again = next(
        at.words for at in said[said.index(next(at for at in said if at.done == done)) + 1 :] if at.words
    )
    assert again.startswith(f"person {done // 2 + 1} of 4")
    assert said[-1].words == ""
