"""A machine-learning engineer brings networks and changes of their own, and mistypes."""

from __future__ import annotations

import dataclasses
import html
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import vl_convert
from PIL import Image
from torch import nn

import facelib
from facelib import charts, classifiers, interventions, properties, stats, studies
from facelib.classifiers import Classifier, Preparation, own
from facelib.errors import BadValueError
from facelib.interventions import INTERVENTIONS
from facelib.stats import independence
from facelib.studies.sweeps.frames import make_frames

pytestmark = pytest.mark.usefixtures("single_threaded")

HEAD = facelib.Head(expression="happy")
KNOWN = "known_unbiased"


def texts(chart: Any) -> list[str]:
    """Return what a chart writes, as it is drawn."""
    svg = vl_convert.vegalite_to_svg(chart.to_dict())
    return [html.unescape(text) for text in re.findall(r"<text[^>]*>([^<]*)<", svg)]


@pytest.fixture(scope="module")
def glum() -> Classifier:
    """A network that knows sad, angry and neutral only."""
    torch.manual_seed(0)
    pool = nn.AdaptiveAvgPool2d(1)
    net = nn.Sequential(nn.Conv2d(1, 4, 5), nn.ReLU(), pool, nn.Flatten(), nn.Linear(4, 3)).eval()
    seen = Preparation(32, "gray", 0.0, 255.0)
    return own(net, labels=["sad", "angry", "neutral"], preparation=seen, id="glum")


# A network without the emotion that is looked at says so in its place (data/README.md)

LACK = "glum has no output for 'happy'; it knows sad, angry, neutral."


@pytest.fixture(scope="module")
def both(glum: Classifier) -> facelib.studies.Sweep:
    return facelib.sweep(HEAD, "brightness", [KNOWN, glum], steps=3, replicates=5, label="happy")


def test_effects_have_a_row_of_who_lacks_the_emotion(both: facelib.studies.Sweep) -> None:
    rows = both.effects().set_index("classifier")
    assert list(rows.index) == [KNOWN, "glum"]
    assert rows.loc["glum", ["start", "end", "change", "shuffle_p"]].isna().all()
    assert rows.loc["glum", "verdict"] == "no such output"
    assert rows.loc["glum", "sentence"] == rows.loc["glum", "remark"] == LACK
    assert rows.loc[KNOWN, "verdict"] in ("changes", "does not change", "cannot tell")
    assert rows[["n", "seed", "shuffle_tests", "references"]].dtypes.eq(np.int64).all()
    assert both.effects("sad").set_index("classifier").loc["glum", "change"] == pytest.approx(
        np.ptp(both.series("glum", "sad")[[0, -1]]) * np.sign(np.diff(both.series("glum", "sad")[[0, -1]]))[0]
    )


def test_results_say_who_lacks_the_emotion(both: facelib.studies.Sweep) -> None:
    assert both.notes == both.attribution.notes == (LACK,)
    for thing in (both, both.attribution):
        assert LACK in repr(thing)
        assert "glum has no output for &#x27;happy&#x27;" in thing._repr_html_()  # type: ignore[attr-defined]
    alone = facelib.sweep(HEAD, "brightness", [KNOWN], steps=3, replicates=5)
    assert alone.notes == ()
    assert "notes" not in repr(alone)


def test_the_chart_says_who_lacks_the_emotion(both: facelib.studies.Sweep) -> None:
    chart = charts.response(both.outputs, label="happy")
    found = texts(chart)
    assert "no such output" in found
    assert any("no such output: glum" in text for text in found), found
    assert "no such output: glum" in chart.to_dict()["description"]
    assert "no such output" not in str(texts(charts.response(both.outputs, label="sad")))


def test_regions_say_who_has_no_map(both: facelib.studies.Sweep) -> None:
    table = both.attribution.regions()
    mine = table[table["classifier"] == "glum"]
    assert len(mine) == len(table) / 2
    assert mine[["share", "evidence", "area", "density"]].isna().all(axis=None)
    assert set(mine["remark"]) == {LACK}
    assert any("no map: glum" in text for text in texts(charts.region_curves(table)))
    with pytest.raises(facelib.FacelibError, match="None of glum has a map of happy"):
        charts.region_curves(mine)


# Changes and properties of one's own


@pytest.fixture
def _as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    for registry in (INTERVENTIONS, properties.PROPERTIES, independence.TESTS, classifiers.CLASSIFIERS):
        monkeypatch.setattr(registry, "_items", dict(registry._items))


class Plain(interventions.PictureIntervention):
    """As one writes it first: a class, and nothing above it."""

    id, title, group, description, sentence = "plain", "Plain", "View", "It darkens.", "it gets darker"
    power: float = 0.5

    def _change(self, face: facelib.Face, strength: float) -> facelib.Face:
        return face.replace(image=(face.image * (1 - self.power * strength)).astype(np.uint8))


@pytest.mark.usefixtures("_as_before")
@pytest.mark.parametrize("enter", [interventions.register, lambda kind: interventions.add(kind())])
def test_a_plain_class_that_is_registered_can_be_studied(enter: Callable[..., Any], tmp_path: Path) -> None:
    enter(type("Mine", (Plain,), {"__annotations__": {"power": "float"}, "power": 0.5, "id": "mine"}))
    heads = [facelib.Head(seed=1, expression="happy"), facelib.Head(seed=2, expression="happy")]
    stronger = interventions.get("mine", power=0.9)
    study = facelib.InterventionalStudy(heads, ["mine", stronger], [KNOWN], steps=2, size=64)
    assert [arm.name for arm in study.arms] == ["mine", "mine(power=0.9)"]
    assert set(study.run(tmp_path / "study", n_jobs=1).table["intervention"]) == {"mine", "mine(power=0.9)"}


OWN = """
import sys
import facelib, numpy as np
from facelib import properties

@properties.register(
    "redness", title="Redness", unit="", source="measured", low=0, high=1, description="Red."
)
def redness(faces):
    return np.array([face.image[..., 0].mean() / 255 for face in faces])

if __name__ == "__main__":
    heads = facelib.sample_heads(4, seed=1)
    names = {"measured": ["redness", "symmetry"], "size": 64, "steps": 3}
    study = facelib.InterventionalStudy(heads, ["brightness"], ["known_unbiased"], **names)
    two = study.run(sys.argv[1] + "/two", n_jobs=2)
    assert not len(two.failures), two.failures
    one = study.run(sys.argv[1] + "/one", n_jobs=1)
    columns = ["measured_redness", "measured_symmetry"]
    assert one.table[columns].equals(two.table[columns]) and one.table[columns].notna().all(axis=None)
    assert study.plan(sys.argv[1] + "/two").done == study.plan(sys.argv[1] + "/one").done == 4
"""


def test_an_own_property_is_measured_in_other_processes(tmp_path: Path) -> None:
    (script := tmp_path / "script.py").write_text(OWN)
    command = [sys.executable, script, tmp_path]
    run = subprocess.run(command, check=False, capture_output=True, text=True, timeout=500)
    assert run.returncode == 0, run.stderr


@pytest.mark.usefixtures("_as_before")
def test_a_class_that_makes_itself_is_told_what_to_write_when_it_is_registered() -> None:
    class Mine(Plain):
        id = "mine"

        def __init__(self, power: float = 1.0) -> None:
            self.power = power

    for enter in (lambda: interventions.register(Mine), lambda: interventions.add(Mine(0.3))):
        with pytest.raises(
            BadValueError,
            match=r"Mine has an __init__: put @dataclass\(frozen=True\) above it and power: … =",
        ):
            enter()
    assert "mine" not in INTERVENTIONS


@pytest.mark.usefixtures("_as_before")
@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"low": 1, "high": 0}, "low is below high; got 1 and 0"),
        ({"low": 1, "high": 1}, "low is below high"),
        ({"low": float("nan")}, "low is below high; got nan and 1"),
        ({"high": "much"}, "low is below high"),
        ({"source": "measurd"}, "source .*one of given, measured, estimated; got 'measurd'"),
        ({"cost": "pixel"}, "cost .*one of free, pixels, network; got 'pixel'"),
        ({"title": None}, "title is words; got None"),
        ({"name": 3}, "name is words; got 3"),
        ({"column": -1}, "column"),
    ],
)
def test_a_property_that_cannot_be_shown_is_refused(wrong: dict[str, Any], words: str) -> None:
    told: dict[str, Any] = {
        "name": "mine", "title": "Mine", "unit": "", "source": "measured", "description": "It.", "low": 0,
        "high": 1,
    }  # fmt: skip
    with pytest.raises(BadValueError, match=words):
        properties.register(**(told | wrong))(lambda faces: np.zeros(len(faces)))
    with pytest.raises(BadValueError, match="function of faces; got 3"):
        properties.register(**told)(3)  # type: ignore[arg-type]


# What fails inside one's own code says whose it is


def failing(_self: Any, face: facelib.Face, strength: float) -> facelib.Face:
    return face.replace(image=face.image[:, :, [7]]) if strength == 1 else face


@pytest.mark.usefixtures("_as_before")
@pytest.mark.parametrize("start", [HEAD, HEAD.render(64)], ids=["head", "picture"])
def test_an_error_inside_an_own_intervention_has_its_name(start: Any, tmp_path: Path) -> None:
    kind = type("Failing", (Plain,), {"_change": failing, "id": "failing"})
    interventions.register(kind)
    words = r"'failing', an intervention of yours, failed at strength 1: IndexError: index 7 is out of bounds"
    with pytest.raises(BadValueError, match=words) as caught:
        facelib.sweep(start, "failing", [KNOWN], steps=3, replicates=5, size=64)
    assert isinstance(caught.value.__cause__, IndexError)
    study = facelib.InterventionalStudy([start], ["failing"], [KNOWN], steps=2, size=64, label="happy")
    done = study.run(tmp_path / "study", n_jobs=1)
    assert "'failing', an intervention of yours, failed" in str(done.failures.to_dict())


@pytest.mark.usefixtures("_as_before")
@pytest.mark.parametrize("part", ["yawn", "age"])
def test_an_error_inside_an_own_change_of_heads_has_its_name(part: str) -> None:
    class Turning(interventions.HeadIntervention):
        id, title, group, description, sentence = "turning", "Turning", "View", "It turns.", "it turns"

        def _edit(self, head: facelib.Head, strength: float) -> facelib.Head:
            return head.replace(**{part: 1000 * strength})

    interventions.register(Turning)
    with pytest.raises(facelib.FacelibError, match=part) as caught:
        facelib.sweep(HEAD, "turning", [KNOWN], steps=3, replicates=5, size=64)
    said = f"{caught.value} {getattr(caught.value, '__notes__', '')}"
    assert "'turning', an intervention of yours, failed at strength 0.5" in said


@pytest.mark.usefixtures("_as_before")
def test_an_error_inside_an_own_property_has_its_name() -> None:
    told: dict[str, Any] = {"title": "Mine", "unit": "", "source": "measured", "description": "It."}
    properties.register("mine", **told, low=0, high=1)(lambda faces: len(faces) / 0)
    with pytest.raises(
        BadValueError, match="'mine', a property of yours, failed: ZeroDivisionError"
    ) as caught:
        properties.measure(HEAD.render(64), ["mine"])
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


@pytest.mark.usefixtures("_as_before")
def test_an_error_inside_an_own_independence_test_has_its_name() -> None:
    class Mine(independence.IndependenceTest):
        id, title, conditioners = "mine", "Mine", frozenset({"none", "categorical"})

        def prepare(self, problem: Any) -> Any:
            return problem.nothing_of_this_name

    independence.register(Mine)
    x = np.arange(20.0)
    with pytest.raises(BadValueError, match="'mine', a test of yours, failed: AttributeError"):
        stats.independence_test(x, x, method="mine")


# Wrong words are answered where they are written


def study(**more: Any) -> facelib.InterventionalStudy:
    return facelib.InterventionalStudy(**({"faces": [HEAD], "interventions": ["blur"]} | more))


LATE: dict[str, tuple[Callable[[], Any], str]] = {
    "a margin of no probability": (lambda: study(delta=2), "delta lies above 0 and below 1.*got 2"),
    "a margin of all": (lambda: study(delta=1.0), "above 0 and below 1"),
    "a hypothesis of no probability": (
        lambda: studies.Hypothesis("It falls", "palsy", delta=5),
        "above 0 and below 1",
    ),
    "a misspelt classifier": (lambda: study(classifiers=["ferr"]), "Did you mean .*fer"),
    "a misspelt classifier alone": (
        lambda: study(classifiers="known_unbiasd"),
        "Did you mean known_unbiased",
    ),
    "a misspelt classifier of an observational study": (
        lambda: facelib.ObservationalStudy([HEAD], ["age"], ["ferr"]),
        "Did you mean .*fer",
    ),
    "a hypothesis in a word": (
        lambda: study(hypothesis="falls"),
        r"facelib.studies.Hypothesis, such as Hypothesis\(.*direction='falls'\).*got str: 'falls'",
    ),
    "a wrong kind of classifiers": (
        lambda: classifiers.available(kind="known"),  # type: ignore[arg-type]
        "one of pretrained, known bias, own, sends pictures, or several; got .known.. Did you mean .known b",
    ),
    "a misspelt expression": (lambda: facelib.Head(expression="hapy"), "Did you mean 'happy'"),
    "a misspelt label": (
        lambda: own(
            net(), labels=["happy", "sad"], preparation=SEEN, emotions={"hap": "happy", "sad": "sad"}
        ),
        r"No label: 'hap' \(did you mean 'happy'\?\). Not there: 'happy'",
    ),
    "a misspelt emotion": (
        lambda: own(net(), labels=["joy", "sad"], preparation=SEEN, emotions={"joy": "hapy", "sad": "sad"}),
        r"No emotion: 'hapy' \(did you mean 'happy'\?\)",
    ),
}
SEEN = Preparation(32, "gray", 0.0, 255.0)


def net() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(32 * 32, 2))


@pytest.mark.parametrize("case", LATE)
def test_a_wrong_word_is_answered_where_it_is_written(case: str) -> None:
    call, words = LATE[case]
    with pytest.raises(facelib.FacelibError, match=words):
        call()


def test_a_margin_of_no_probability_is_refused_by_effects(both: facelib.studies.Sweep) -> None:
    with pytest.raises(BadValueError, match="above 0 and below 1"):
        both.effects(delta=2)


# One call for all, and the page that shows how


def test_properties_of_heads_are_measured() -> None:
    sad = HEAD.replace(expression="sad")
    table = properties.measure([HEAD, sad, HEAD], ["symmetry", "brightness"])
    drawn = properties.measure([HEAD.render(224), sad.render(224)], ["symmetry", "brightness"])
    assert table.equals(drawn.iloc[[0, 1, 0]].reset_index(drop=True))
    assert properties.measure(HEAD, "brightness").equals(table[["brightness"]].iloc[:1])
    with pytest.raises(BadValueError, match="faces, heads or a set of faces; got str"):
        properties.measure("portrait.jpg")  # type: ignore[arg-type]


def test_several_classifiers_read_in_one_call(glum: Classifier) -> None:
    table = classifiers.read([HEAD, HEAD.replace(expression="sad")], [KNOWN, glum])
    assert table.groupby("classifier", sort=False).size().to_dict() == {KNOWN: 14, "glum": 6}
    for name, clf in ((KNOWN, classifiers.load(KNOWN)), ("glum", glum)):
        own_rows = table[table["classifier"] == name].reset_index(drop=True)
        assert own_rows.equals(clf.read([HEAD, HEAD.replace(expression="sad")]))
    for wrong in ([], [3], 3, "ferr", [None]):
        with pytest.raises(facelib.FacelibError):
            classifiers.read(HEAD, wrong)  # type: ignore[arg-type]


def test_the_page_on_things_of_ones_own_runs(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "own.md").read_text(encoding="utf-8")
    cells = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert len(cells) == 9
    ends = """
assert sweep.effects()["end"].notna().all() and sweep.intervention.clause == "the picture gets redder by 0.3"
assert properties.measure(head, ["redness"])["redness"].between(0.3, 0.7).all()
assert (round(result.statistic, 2), result.p_value) == (-1.0, 0.001)
assert len(table) == 28
study = facelib.InterventionalStudy([head], ["reddening"], ["known_unbiased"], steps=2, size=64)
assert study.run("study", n_jobs=1).failures.empty
assert restored.method == "mine" and restored.changed and geometry.shape == photograph.shape == (128, 128, 3)
"""
    code = "\n".join(cells) + ends
    (tmp_path / "page.py").write_text(code, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "page.py"], capture_output=True, text=True, cwd=tmp_path, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr[-3000:]


# A blank map is said


def test_blank_maps_are_said_in_the_picture_and_in_words() -> None:
    torch.manual_seed(0)
    pool = nn.AdaptiveAvgPool2d(1)
    blank = nn.Sequential(nn.Conv2d(1, 4, 5), nn.ReLU(), pool, nn.Flatten(), nn.Linear(4, 2)).eval()
    with torch.no_grad():
        blank[-1].weight.copy_(torch.tensor([[-1.0], [1.0]]).expand(2, 4))  # nothing speaks for the first
    clf = own(blank, labels=["happy", "sad"], preparation=SEEN, id="never_happy")
    found = facelib.sweep(HEAD, "brightness", [clf], steps=3, replicates=5, label="happy")
    maps = found.attribution
    assert not maps.maps("never_happy").any()
    shown = maps.overlays("never_happy")
    assert all((one != was).any() for one, was in zip(shown, found.images, strict=True))
    np.testing.assert_array_equal(shown[:, :150], found.images[:, :150])  # the words stand at the lower edge
    assert "no positive evidence at the strengths 0, 0.5, 1" in maps.caption("never_happy")
    told = maps.caption("never_happy", "sad")
    assert "one scale for its 3 pictures, 0 to" in told
    assert "no positive" not in told


# What is declared wrongly without a sound


@pytest.fixture(scope="module")
def known() -> Classifier:
    return classifiers.load(KNOWN)


def test_two_errors_of_a_declaration_are_found_together(known: Classifier) -> None:
    wrong = dataclasses.replace(known.preparation, colour="bgr", mean=0.0, std=255.0)
    with pytest.warns(classifiers.DeclarationWarning, match="colour='rgb'"):
        clf = own(nn.Sequential(known.body, known.head), labels=known.labels, preparation=wrong)
    assert "values −1 … 1 (mean 127.5, std 127.5) and colour='rgb' it is ." in clf.check().findings[0]


def test_a_softmax_declared_as_sigmoids_is_not_said_to_be_declared_as_logits(known: Classifier) -> None:
    ending = nn.Sequential(known.body, known.head, nn.Softmax(1))
    with pytest.warns(classifiers.DeclarationWarning, match="declared to be sigmoids, but they are prob"):
        own(ending, labels=known.labels, preparation=known.preparation, outputs="sigmoids")


def test_labels_without_an_order_are_refused() -> None:
    for unordered in ({"happy", "sad"}, frozenset({"happy", "sad"}), {"happy": 0, "sad": 1}.keys()):
        with pytest.raises(BadValueError, match=r"in their order.*A set has no order of its own"):
            own(net(), labels=unordered, preparation=SEEN)  # type: ignore[arg-type]


class Company(nn.Module):
    """It takes its mean over all pictures that it is given."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = self.inner(x)
        return y - y.mean()


def test_a_network_that_heeds_the_other_pictures_is_said(known: Classifier) -> None:
    clubbed = Company(nn.Sequential(known.body, known.head))
    with pytest.warns(classifiers.DeclarationWarning, match="depends on the pictures that are read along"):
        clf = own(clubbed, labels=known.labels, preparation=known.preparation)
    assert "each picture alone" in str(clf.check())


# An id that means something else already would never be found

SYMMETRY = {"id": "symmetry", "title": "Mine", "group": "Light", "description": "Mine.", "sentence": "mine"}


def test_an_id_that_is_another_name_of_facelibs_is_refused() -> None:
    change = {"_change": lambda _self, face, _strength: face}
    kind = type("Mine", (interventions.PictureIntervention,), SYMMETRY | change)
    for enter in (interventions.register, lambda one: interventions.add(one())):
        with pytest.raises(BadValueError, match=r"'symmetry' is already registered; choose another name"):
            enter(kind)
    assert "symmetry" not in INTERVENTIONS


# A folder as it lies on the disk


@pytest.fixture
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "pp"
    folder.mkdir()
    for name in ("a.png", "b.bmp", "c.tif"):
        Image.fromarray(np.full((64, 64, 3), 128, np.uint8)).save(folder / name)
    monkeypatch.chdir(tmp_path)
    return folder


def test_pictures_of_other_kinds_are_said(pictures: Path) -> None:
    faces = facelib.FaceSet.from_folder("pp", detect=False)
    assert [face.attributes["id"] for face in faces] == ["a.png"]
    (note,) = faces.notes
    assert note.startswith("2 left out, pictures of other kinds: b.bmp, c.tif. PNG, JPEG and WebP are read")
    with zipfile.ZipFile("pp.zip", "w") as archive:
        for path in pictures.iterdir():
            archive.write(path, path.name)
    assert facelib.FaceSet.from_zip("pp.zip", detect=False).notes == faces.notes
    for place, words in ((999, "The set has 1 faces, numbers 0 … 0; got 999"), (1.5, "a number or an id")):
        with pytest.raises(facelib.FacelibError, match=words):
            faces[place]  # type: ignore[call-overload]


def test_the_folders_own_table_comes_first_and_words_for_numbers_are_said(pictures: Path) -> None:
    Path("m.csv").write_text("file,age\na.png,99\n", encoding="utf-8")
    Image.open(pictures / "a.png").save(pictures / "b.png")
    (pictures / "m.csv").write_text("file,age\na.png,30\nb.png,old\n", encoding="utf-8")
    faces = facelib.FaceSet.from_folder("pp", "m.csv", detect=False)
    assert list(faces.table["age"]) == ["30", "old"]
    found = properties.measure(faces, ["age"])
    assert found["age"].isna().all()
    assert (
        found["remark"].str.contains("The column age is words, not numbers, for one of them is 'old'").all()
    )


def test_what_is_no_picture_is_called_by_its_name(pictures: Path) -> None:
    with pytest.raises(facelib.FacelibError, match=r"pp is a folder, not .*from_folder\('pp'\) reads"):
        facelib.load_face("pp")
    with pytest.raises(facelib.FacelibError, match=r"got Tensor of shape \(3, 64, 64\)\.$"):
        facelib.load_face(torch.zeros(3, 64, 64))  # type: ignore[arg-type]


# Code that writes into the picture that it is given would change later frames, and its user's photograph


@pytest.mark.usefixtures("_as_before")
@pytest.mark.parametrize("what", ["change", "property"])
def test_a_picture_is_not_changed_in_place(what: str, rng: np.random.Generator) -> None:
    photograph = rng.integers(0, 256, (64, 64, 3), np.uint8)
    before = photograph.copy()
    face = facelib.Face(photograph, np.array([0.0, 0.0, 64.0, 64.0]), np.full((2, 2), np.nan))

    def written(one: facelib.Face, _strength: float = 1.0) -> facelib.Face:
        one.image[:8] = 0
        return one

    words = {"id": "scrawl", "title": "Scrawl", "group": "Light", "description": "It.", "sentence": "it"}
    change = {"_change": lambda _self, one, strength: written(one, strength)}
    kind = type("Scrawl", (interventions.PictureIntervention,), words | change)

    def read(faces: Any) -> Any:
        return np.array([written(one).image.mean() for one in faces])

    about: dict[str, Any] = {"title": "Scrawl", "unit": "", "source": "measured", "description": "It."}
    properties.register("scrawl", **about, low=0, high=1)(read)
    ways: dict[str, Callable[[], Any]] = {
        "change": lambda: make_frames(face, kind(), [0.0, 1.0], workers=1),
        "property": lambda: properties.measure([face], ["scrawl"]),
    }
    with pytest.raises(BadValueError, match=r"'scrawl', an? .* of yours, failed.*read-only.*image\.copy\(\)"):
        ways[what]()
    np.testing.assert_array_equal(photograph, before)
    photograph[:] = 0  # it stays its user's own
