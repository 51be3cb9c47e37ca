"""Something else than a study's file or folder is answered with what came, and with what opens it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from facelib.errors import FacelibError
from facelib.faces import sample_heads
from facelib.studies import InterventionalStudy, Result, load_study, open_study, verify

FILE = "A study is declared in a YAML file"
FOLDER = "The folder that a study was run into is needed"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("came")
    heads = sample_heads(2, seed=1, expressions=["happy"])
    study = InterventionalStudy(heads, ["blur"], ["known_unbiased"], steps=2, size=64)
    study.run(root / "runs" / "one", n_jobs=1)
    (root / "report.html").write_text("<html></html>")
    (root / "plans").mkdir()
    (root / "plans" / "plan.yml").write_text(
        "study: interventional\nfaces: {heads: 2}\ninterventions: [blur]\n"
    )
    (root / "table.csv").write_text("a,b\n1,2\n")
    (root / "empty").mkdir()
    (root / "pictures").mkdir()
    Image.new("RGB", (40, 40)).save(root / "pictures" / "a.png")
    return root


OPENED: dict[str, tuple[str, str]] = {
    "report.html": ("a page, such as a report", "browser"),
    "table.csv": ("a table", "pandas"),
    "pictures/a.png": ("a picture", "load_face"),
    "pictures": ("a folder of pictures", r"FaceSet\.from_folder"),
    "empty": ("an empty folder", ""),
    "runs": (r"a folder that has studies in it \(one\)", r"open_study\('.*one'\)"),
    "plans": (r"a folder with files that may declare studies \(plan\.yml\)", r"load_study\('.*plan\.yml'\)"),
}
READERS: tuple[Callable[[Any], Any], ...] = (open_study, verify, Result.open)


@pytest.mark.thorough
@pytest.mark.parametrize("name", OPENED)
@pytest.mark.parametrize("function", [load_study, *READERS], ids=lambda one: one.__qualname__)
def test_neither_a_file_nor_a_folder_of_a_study(
    function: Callable[[Any], Any], name: str, place: Path
) -> None:
    what, instead = OPENED[name]
    with pytest.raises(FacelibError, match=f"{what}.*{FILE if function is load_study else FOLDER}") as caught:
        function(place / name)
    caught.match(instead)
    assert ".." not in str(caught.value).replace("…", "")


@pytest.mark.thorough
def test_a_folder_is_not_a_file_and_a_file_no_folder(place: Path) -> None:
    with pytest.raises(
        FacelibError, match=rf"the folder of a study that was run\. {FILE}.*open_study\('.*one'\)"
    ):
        load_study(place / "runs" / "one")
    for function in READERS:
        with pytest.raises(FacelibError, match=f"a YAML file, .*{FOLDER}.*load_study"):
            function(place / "plans" / "plan.yml")
        with pytest.raises(FacelibError, match=r"a file in the folder of a study.*open_study\('.*one'\)"):
            function(place / "runs" / "one" / "study.json")


def test_nothing_is_there(place: Path) -> None:
    with pytest.raises(FacelibError, match=f"No such file or directory. {FILE}"):
        load_study(place / "none.yml")
    for function in READERS:
        with pytest.raises(FacelibError, match=f"holds no study: nothing is there. {FOLDER}"):
            function(place / "none")
