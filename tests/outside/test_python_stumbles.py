"""What a person meets who types in a notebook: Tab, a cell's last line, pictures without labels."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import facelib

ROOT = Path(facelib.__file__).parent
PACKAGES = sorted(
    ".".join(("facelib", *path.parent.relative_to(ROOT).parts))
    for path in ROOT.rglob("__init__.py")
    if "__all__" in path.read_text(encoding="utf-8")  # the others offer their modules
)
LOOK = """
import importlib, json, sys
import facelib
found = {}
for name in sys.argv[1:]:
    package = importlib.import_module(name)
    found[name] = {"shown": [one for one in dir(package) if not one.startswith("__")], "all": package.__all__}
for name in found:
    for one in found[name]["all"]:
        getattr(sys.modules[name], one)
print(json.dumps(found))
"""


def fresh(code: str, *words: str, seconds: float = 300) -> str:
    """Run code in an interpreter that has imported nothing, and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, timeout=seconds, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_tab_shows_what_a_package_offers_and_nothing_else() -> None:
    assert {"facelib", "facelib.charts", "facelib.semg", "facelib.stats.independence"} <= set(PACKAGES)
    found = json.loads(fresh(LOOK, *PACKAGES))
    for name, package in found.items():
        assert package["all"], name
        assert sorted(package["shown"]) == sorted(package["all"]), name
        private = [one for one in package["shown"] if one.startswith("_")]
        assert not private, f"{name}: {private}"
        assert not {"annotations", "importlib", "TYPE_CHECKING", "Any"} & set(package["shown"]), name


def test_tab_works_on_what_nobody_has_used_yet() -> None:
    code = "import facelib; print(*dir(facelib.charts), *dir(facelib.faces), *dir(facelib.semg))"
    shown = fresh(code).split()
    assert {"response", "forest", "FaceSet", "load_face", "read_signals", "Recording"} <= set(shown)


PICTURES = """
import json, sys
from pathlib import Path
from tempfile import TemporaryDirectory
import pandas as pd
import facelib
from facelib.faces import FaceSet

def folder(labels, n=24, column="label"):
    place = Path(sys.argv[1])
    people = facelib.sample_heads(n, seed=1, expressions=["happy"])
    for number, head in enumerate(people):
        (place / f"{number:02}.png").write_bytes(head.render(64)._repr_png_())
    if labels is None:
        return FaceSet.from_folder(place, detect=False)
    table = pd.DataFrame({"file": [f"{number:02}.png" for number in range(n)],
                          column: [labels[number % len(labels)] for number in range(n)],
                          "age": [one.age for one in people]})
    return FaceSet.from_folder(place, table, detect=False)

def study(faces, properties=("brightness",), **more):
    return facelib.ObservationalStudy(
        faces, list(properties), ["known_unbiased"], methods=["partial_correlation", "chsic"], **more)
"""


def test_pictures_without_labels_are_studied_with_nothing_held_fixed(tmp_path: Path) -> None:
    """They were all read first, and then it was for nothing."""
    (tmp_path / "faces").mkdir()
    code = f"""{PICTURES}
faces = folder(None)
for how in ({{}}, {{"labels": ()}}, {{"labels": []}}):
    told = str(study(faces, **how).plan())
    assert "Nothing is held fixed" in told, told
result = study(faces).run(sys.argv[1] + "/../run", n_jobs=1)
shares = result.share_significant
assert set(shares["method"]) == {{"partial_correlation", "chsic"}}
assert shares["sentence"].str.contains("Nothing is held fixed").all()
assert result.grid["n"].min() == 24 and result.grid.loc[~result.grid["null_property"], "p"].notna().all()
page = result.report(sys.argv[1] + "/../report.html").read_text()
assert "Nothing is held fixed" in page and "the label given" not in page
import numpy as np
from facelib import stats
alone = stats.independence_test(result.measured["brightness"], result.outputs.iloc[:, 0], method="chsic")
row = result.grid[(result.grid["method"] == "chsic") & ~result.grid["null_property"]].iloc[0]
assert abs(row["statistic"] - alone.statistic) < 1e-9 * max(1, abs(alone.statistic)), (row, alone)
"""
    fresh(code, str(tmp_path / "faces"))


def test_a_column_that_is_empty_is_refused_before_a_picture_is_read(tmp_path: Path) -> None:
    code = f"""{PICTURES}
from facelib.faces import sources
faces = folder(None)
def read(*_words, **_more):
    raise AssertionError("a picture was read")
sources.Folder.read = read
for how, word in (({{"labels": "expression"}}, "expression"), ({{"labels": ["mood"]}}, "mood"),
                  ({{"person": "who"}}, "who")):
    for act in ("plan", "run"):
        try:
            one = study(faces, **how)
            one.plan() if act == "plan" else one.run(sys.argv[1] + "/run", n_jobs=1)
        except facelib.FacelibError as error:
            assert f"The faces have no {{word}}" in str(error) and "identity, " in str(error), error
        else:
            raise SystemExit(f"{{how}} was taken")
"""
    fresh(code, str(tmp_path))


def test_words_of_a_data_set_are_taken_for_the_emotions_that_they_name(tmp_path: Path) -> None:
    code = f"""{PICTURES}
faces = folder(["Happiness", "Traurigkeit", "neutral"])
one = study(faces)
assert one.label_columns == ("expression",)
told = str(one.plan())
assert "Happiness for happy" in told and "Traurigkeit for sad" in told and "neutral for" not in told, told
assert set(one.known["expression"]) == {{"happy", "sad", "neutral"}}
change = facelib.InterventionalStudy(faces, ["blur"], ["known_unbiased"], steps=2)
assert "Happiness for happy" in str(change.plan())
assert not change.run(sys.argv[1] + "/change", n_jobs=1).effects.empty
"""
    fresh(code, str(tmp_path))


def test_any_words_can_be_held_fixed(tmp_path: Path) -> None:
    code = f"""{PICTURES}
one = study(folder(["relaxed", "tense"]))
assert one.label_columns == ("label",)
result = one.run(sys.argv[1] + "/run", n_jobs=1)
assert set(result.data.labels["label"]) == {{"relaxed", "tense"}}
assert "Nothing is held fixed" not in str(one.plan())
few = study(folder(["happy", None, "sad", "sad"]), ["age"])
assert "6 of 24 faces will be left out: 6 lack expression" in str(few.plan())
none = study(folder([None, "sad"]).subset([i % 2 == 0 for i in range(24)]), ["age"])
assert "Nothing is held fixed: no face says" in str(none.plan())
"""
    fresh(code, str(tmp_path))


def test_a_sweep_starts_with_the_class_that_a_study_takes(tmp_path: Path) -> None:
    code = f"""{PICTURES}
from facelib.studies.engine.subjects import subjects
face = facelib.Head(expression="sad").render(64)
for known, meant in (({{"label": "sad"}}, "sad"), ({{"label": "Freude"}}, "happy"),
                     ({{"expression": "fear"}}, "fear"),
                     ({{"expression": "", "label": "Anger"}}, "angry"), ({{"label": "cat"}}, "")):
    one = face.replace(attributes=known)
    found = facelib.sweep(one, "brightness", ["known_unbiased"], steps=3, replicates=5)
    assert found.label == (meant or "happy"), (known, found.label)
    assert subjects([one])[0].expression == meant, known
"""
    fresh(code, str(tmp_path))


def test_a_sweep_is_a_short_last_line_of_a_cell() -> None:
    """It printed 395,087 characters; a notebook shows pictures and both ends instead."""
    code = """
import facelib
found = facelib.sweep(facelib.Head(), "symmetry", ["known_unbiased"], steps=11, replicates=5)
face = found.frames.faces[0]
for one in (found, found.frames, face, found.readings["known_unbiased"], found.attribution, found.face):
    assert len(repr(one)) <= 600 and "\\n" not in repr(one), repr(one)
shown = found._repr_html_()
assert shown.count("data:image/png;base64,") == 7 and len(shown) < 200_000
assert "known_unbiased" in shown and "start" in shown and "end" in shown
assert face._repr_html_().count("data:image/png;base64,") == 1
study = facelib.InterventionalStudy([face], ["blur"], ["known_unbiased"], steps=2, label="happy")
assert len(repr(study)) <= 600
import sys
result = study.run(sys.argv[1], n_jobs=1)
assert len(repr(result)) <= 600 and "<table" in result._repr_html_()
"""
    with TemporaryDirectory() as folder:
        fresh(code, f"{folder}/run")


def test_misspelt_labels_are_counted_in_result_and_report(tmp_path: Path) -> None:
    faces = [
        facelib.Head(seed=n)
        .render(64)
        .replace(attributes={"id": f"f{n}", "label": "happy" if n < 3 else "hapy"})
        for n in range(6)
    ]
    study = facelib.InterventionalStudy(faces, ["brightness"], ["known_unbiased"], steps=2, size=64)
    result = study.run(tmp_path / "kept", n_jobs=1)
    (said,) = [note for note in result.notes if "hapy" in note]
    assert said.startswith("3 of 6 faces show no common emotion (hapy)")
    report = result.report(tmp_path / "report.html").read_text(encoding="utf-8")
    assert "meant to show happy; 3 of 6 faces show no common emotion (hapy)" in report
