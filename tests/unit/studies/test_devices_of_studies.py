"""Sweeps and studies on an accelerator, which is pretended: the same tables, and stored ones say where."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import cloudpickle
import joblib
import numpy as np
import pandas as pd
import pytest

import facelib
from facelib.errors import BadValueError, BudgetError, UnavailableError
from facelib.models import devices
from facelib.restoration import restore
from facelib.studies import Progress, open_study
from facelib.studies.engine import execution, worker
from facelib.studies.engine.parquet_part import Job
from facelib.studies.engine.record import read_provenance
from facelib.studies.engine.store import Store
from tests.unit.elsewhere import Elsewhere, pretended

KNOWN = ("known_unbiased", "known_age_happy")


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Elsewhere]]:
    monkeypatch.delenv(devices.VARIABLE, raising=False)
    with pretended() as there:
        yield there
    for name in KNOWN:
        facelib.classifiers.CLASSIFIERS[name].elsewhere.clear()


def little(**changes: Any) -> facelib.InterventionalStudy:
    """Return 5 people × one change × 3 strengths at 64 px for two small networks."""
    heads = facelib.sample_heads(5, seed=1, expressions=["happy"])
    return facelib.InterventionalStudy(
        heads, ["blur"], **({"classifiers": KNOWN, "steps": 3, "size": 64} | changes)
    )


def alike(one: pd.DataFrame, other: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(one, other, check_exact=False, rtol=1e-3, atol=1e-4)


@pytest.mark.thorough
@pytest.mark.usefixtures("elsewhere")
def test_a_sweep_elsewhere() -> None:
    head = facelib.Head(expression="happy", seed=4)
    here, there = (
        facelib.sweep(head, "symmetry", KNOWN, 3, size=64, replicates=5, device=device)
        for device in (None, "meta")
    )
    alike(there.table, here.table)
    alike(there.effects(), here.effects())
    assert there.classifiers_table["device"].tolist() == ["meta (pretended)"] * 2
    assert here.classifiers_table["device"].tolist() == ["cpu"] * 2
    for method in ("gradcam", "layercam"):
        maps = there.attribution.maps(KNOWN[0], method=method)
        expected = here.attribution.maps(KNOWN[0], method=method)
        np.testing.assert_allclose(maps, expected, atol=1e-3 * expected.max())


@pytest.mark.thorough
def test_a_study_says_where_it_was_read(elsewhere: type[Elsewhere], tmp_path: Path) -> None:
    here = little().run(tmp_path / "here", n_jobs=1)
    there = little(device="meta").run(tmp_path / "there", n_jobs=1)
    assert elsewhere.came
    alike(there.table, here.table)
    said = [row["device"] for row in read_provenance(Store(tmp_path / "there"))["classifiers"]]
    assert said == ["meta (pretended)"] * 2
    again: list[Progress] = []
    little(device="meta").run(tmp_path / "there", n_jobs=1, progress=again.append)
    assert not [one for one in again if one.done < one.total]  # nothing is computed anew
    plan = little().plan(tmp_path / "there")
    assert plan.done == 0  # digits differ: no row of another device counts


def mixed() -> tuple[facelib.classifiers.Classifier, ...]:
    """Return one classifier here and one elsewhere."""
    return facelib.classifiers.load(KNOWN[0]), facelib.classifiers.load(KNOWN[1], "meta")


@pytest.mark.thorough
def test_what_others_rendered_is_read_by_one(
    elsewhere: type[Elsewhere], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = little(classifiers=mixed()).run(tmp_path / "alone", n_jobs=1)
    sizes: list[int] = []

    class Processes:
        """joblib's, in this process: what goes in and out is pickled all the same."""

        def __init__(self, **how: object) -> None:
            assert how["n_jobs"] == 2

        def __call__(self, tasks: Iterable[Any]) -> Iterator[Any]:
            for function, args, named in tasks:
                sent = len(elsewhere.came)
                made = function(*pickle.loads(cloudpickle.dumps(args)), **named)
                assert len(elsewhere.came) == sent  # who renders sends nothing there
                sizes.append(len(made[1]))
                yield pickle.loads(cloudpickle.dumps(made))

    monkeypatch.setattr(joblib, "Parallel", Processes)
    monkeypatch.setattr(execution, "_end_with_parent", lambda _: None)
    both = little(classifiers=mixed()).run(tmp_path / "both", n_jobs=2)
    assert sum(sizes) == 5
    assert max(sizes) <= execution.RENDERED
    pd.testing.assert_frame_equal(both.table, alone.table, check_exact=True)


@pytest.mark.thorough
@pytest.mark.usefixtures("elsewhere")
def test_one_process_feeds_while_others_render(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The processes know nothing of the pretended device: had they read there, they would have failed."""
    alone = little(classifiers=mixed()).run(tmp_path / "alone", n_jobs=1)
    fed: list[int] = []
    feed = execution.feed

    def seen(folder: Path, rendered: list[worker.Rendered], *rest: object) -> worker.Done:
        fed.append(len(rendered))
        return feed(folder, rendered, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(execution, "feed", seen)
    both = little(classifiers=mixed()).run(tmp_path / "both", n_jobs=2)
    assert sum(fed) == both.counts.total
    pd.testing.assert_frame_equal(both.table, alone.table, check_exact=True)


@pytest.mark.usefixtures("elsewhere")
def test_faces_that_fail_are_rows_there_too(tmp_path: Path) -> None:
    faces = [facelib.Head(seed=1), facelib.Head(seed=2).render(64).replace(box=np.full(4, np.nan))]
    study = facelib.ObservationalStudy(faces, ["symmetry"], KNOWN, labels=(), size=64, device="meta")
    jobs, _ = study._jobs(readers := study._readers(travels=True))
    rendered = worker.render(jobs, readers)
    store = Store(tmp_path)
    with store.writing():
        done = worker.feed(tmp_path, rendered, readers)
    assert (done.jobs, done.failed) == (2, 1)


def red(pictures: np.ndarray, _boxes: np.ndarray) -> np.ndarray:
    share = pictures[..., 0].mean((1, 2)) / 255
    return np.stack([share, 1 - share], 1)


@pytest.mark.thorough
@pytest.mark.usefixtures("elsewhere")
def test_a_function_beside_a_network_elsewhere_is_asked_by_who_renders(tmp_path: Path) -> None:
    def run(folder: str, **how: Any) -> tuple[Store, list[Job], Any]:
        function = facelib.classifiers.own(red, id=folder, labels=("happy", "sad"), **how)
        study = little(classifiers=[facelib.classifiers.load(KNOWN[1], "meta"), function])
        jobs, _ = study._jobs(readers := study._readers(travels=True))
        store = Store(tmp_path / folder)
        with store.writing():
            return store, jobs, lambda: worker.feed(store.folder, worker.render(jobs, readers), readers)

    _, _, whole = run("whole", price=1e-6)
    assert (whole().jobs, whole().failed) == (5, 0)
    store, jobs, spent = run("spent", price=1.0, budget=7.0)
    with store.writing(), pytest.raises(BudgetError):
        spent()
    kept = [set(job.units.values()) <= set(store.contents().parts) for job in jobs]
    assert kept == [True, True, False, False, False]  # two people's whole rows, which are paid for


@pytest.mark.usefixtures("elsewhere")
def test_a_table_of_scores_beside_a_network_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "fex.csv").write_text("frame,face_id,timestamp,confidence,success,AU12_r\n1,0,0,0.9,1,2.75")
    scores = facelib.classifiers.from_table(tmp_path / "fex.csv", id="scores")
    grey = np.full((48, 48, 3), 128, np.uint8)
    plain = facelib.load_face(grey, detect=False)
    faces = [plain.replace(attributes={"id": name}) for name in ("fex.png", "b.png")]
    models = [facelib.classifiers.load(KNOWN[0], "meta"), scores]
    study = facelib.ObservationalStudy(faces, ["symmetry"], models, labels=(), size=48)
    jobs, _ = study._jobs(readers := study._readers(travels=True))
    rendered = worker.render(jobs, readers)
    assert [[row.reader.id for row in one.rows][:1] for one in rendered] == [["scores"]] * 2
    assert [list(one.job.units) for one in rendered] == [[KNOWN[0]]] * 2
    store = Store(tmp_path / "store")
    with store.writing():
        done = worker.feed(store.folder, rendered, readers)
    assert (done.jobs, done.failed) == (2, 1)  # one has no score


@pytest.mark.usefixtures("elsewhere")
def test_a_declared_study_names_its_device(tmp_path: Path) -> None:
    text = "study: interventional\nfaces: {{heads: 3}}\ninterventions: [blur]\n"
    text += "classifiers: [known_unbiased]\ndevice: {}\n"
    path = tmp_path / "study.yml"
    path.write_text(text.format("meta"))
    assert [one.device.type for one in facelib.InterventionalStudy.from_yaml(path).models] == ["meta"]
    path.write_text(text.format("cuda:9"))
    with pytest.raises(facelib.FacelibError, match=r"line 5.*device: The device 'cuda:9' isn't on"):
        facelib.InterventionalStudy.from_yaml(path)
    with pytest.raises(BadValueError, match="device"):
        little(device=1)


def test_the_fixture_of_a_former_release_is_of_the_processor(elsewhere: type[Elsewhere]) -> None:
    """What was stored before devices were named was read on the processor."""
    folder = Path(__file__).parents[2] / "fixtures/studies/of_80850c4/heads"
    assert open_study(folder).complete
    assert not elsewhere.came


@pytest.mark.thorough
@pytest.mark.packages
def test_landmarks_elsewhere(elsewhere: type[Elsewhere]) -> None:
    from facelib.faces.landmarker import find_landmarks, read_many_face_units

    face = facelib.Head(seed=3, expression="happy").render(128)
    here, there = (find_landmarks(face.image, face.box, face.eyes, device=one) for one in ("cpu", "meta"))
    np.testing.assert_allclose(there, here, atol=0.01)
    assert sum(shape == (1, 3, 256, 256) for shape in elsewhere.came) == 2  # a round each
    units = read_many_face_units(here[None], device="meta")
    np.testing.assert_allclose(units, read_many_face_units(here[None]), atol=1e-4)


def test_restoration_elsewhere(elsewhere: type[Elsewhere]) -> None:
    face = facelib.Head(electrodes="fridlund", seed=3).render(128)
    here, there = restore(face), restore(face, device="meta")
    assert elsewhere.came
    assert here.changed
    assert np.abs(here.image.astype(int) - there.image).max() <= 1
    with pytest.raises(UnavailableError, match="isn't on this machine"):
        restore(face, device="cuda")


def test_a_generator_elsewhere(elsewhere: type[Elsewhere]) -> None:
    from torch import nn

    from facelib.restoration import own

    torch_net = nn.Sequential(nn.Conv2d(3, 3, 3, padding=1), nn.Tanh())
    face = facelib.Head(electrodes="fridlund", seed=3).render(128)
    here, there = (own(torch_net, size=64, device=device)(face, np.ones(face.size, np.float32))
                   for device in ("cpu", "meta"))  # fmt: skip
    assert elsewhere.came
    np.testing.assert_allclose(there, here, atol=1e-2)
