"""Sweeps as files: what is read is what was written, bit for bit, and anything else is refused."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from facelib import interventions, studies
from facelib.classifiers import load
from facelib.errors import BadValueError, FacelibError, ReadError
from facelib.faces import Head, sample_photograph
from facelib.studies.sweeps.files import placebo_bytes, read_placebos, read_sweep, sweep_bytes
from facelib.studies.sweeps.placebos import References
from facelib.studies.sweeps.sweep import Sweep

pytestmark = [pytest.mark.packages, pytest.mark.usefixtures("single_threaded")]

MODELS = ("known_unbiased", "known_age_happy")
HEAD = Head(seed=3, expression="happy", electrodes="fridlund", light="studio")


def computed(change: str, head: Head = HEAD, steps: int = 3) -> Sweep:
    return studies.sweep(head, change, MODELS, steps, replicates=5)


def written(sweep: Sweep, folder: Path) -> Path:
    path = folder / "sweep.safetensors"
    path.write_bytes(sweep_bytes(sweep))
    return path


def read_back(sweep: Sweep, path: Path) -> Sweep:
    assert isinstance(sweep.face, Head)
    models = [load(name) for name in MODELS]
    return read_sweep(path, sweep.face, sweep.intervention, models, sweep.label)


def assert_same(one: Sweep, other: Sweep) -> None:
    assert one.face == other.face
    assert one.intervention == other.intervention
    assert (one.label, one.seed, one.classifiers) == (other.label, other.seed, other.classifiers)
    np.testing.assert_array_equal(one.strengths, other.strengths)
    for first, second in zip(one.frames.faces, other.frames.faces, strict=True):
        for name in ("image", "box", "eyes", "landmarks"):
            np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
            assert getattr(first, name).dtype == getattr(second, name).dtype
        assert dict(first.attributes) == dict(second.attributes)
        assert first.source == second.source
    for name, reading in one.readings.items():
        for part in ("logits", "probabilities"):
            np.testing.assert_array_equal(getattr(reading, part), getattr(other.readings[name], part))
        assert reading.features.equal(other.readings[name].features)
        np.testing.assert_array_equal(one.replicates[name], other.replicates[name])
        np.testing.assert_array_equal(one.rested[name], other.rested[name])
    assert one.properties.equals(other.properties)


@pytest.mark.thorough
@pytest.mark.parametrize("change", ["palsy", "age", "electrodes", "blur"])
def test_a_sweep_comes_back_bit_for_bit_and_says_the_same(change: str, tmp_path: Path) -> None:
    sweep = computed(change)
    again = read_back(sweep, written(sweep, tmp_path))
    assert_same(sweep, again)
    assert again.effects("happy").equals(sweep.effects("happy"))
    assert again.table.equals(sweep.table)
    scales = [one.attribution.scale(MODELS[0]) for one in (sweep, again)]
    assert scales[0] == scales[1]


@pytest.mark.thorough
@pytest.mark.parametrize("change", sorted(interventions.available(HEAD)["id"]))
def test_every_change_of_a_head_can_be_shared(change: str, tmp_path: Path) -> None:
    sweep = computed(change, steps=2)
    assert_same(sweep, read_back(sweep, written(sweep, tmp_path)))


@pytest.mark.thorough
def test_placebos_come_back_and_go_on(tmp_path: Path) -> None:
    sweep = computed("palsy", steps=5)
    every = list(studies.run_references(sweep, 4, seed=2))
    path = tmp_path / "placebos.safetensors"
    path.write_bytes(placebo_bytes(every[1], finished=False))
    models = [load(name) for name in MODELS]
    found, finished = read_placebos(path, models)
    assert not finished
    assert len(found) == 2
    *_, last = studies.run_references(sweep, 4, seed=2, start=found)
    assert_same_placebos(last, every[-1])
    path.write_bytes(placebo_bytes(last, finished=True))
    assert read_placebos(path, models)[1]


def assert_same_placebos(one: References, other: References) -> None:
    assert one.kinds == other.kinds
    assert one.seed == other.seed
    np.testing.assert_array_equal(one.steps, other.steps)
    np.testing.assert_array_equal(one.matched, other.matched)
    for name in MODELS:
        np.testing.assert_array_equal(one.series(name, "happy"), other.series(name, "happy"))
    assert one.where().equals(other.where())


def test_a_photograph_is_never_written() -> None:
    sweep = studies.sweep(sample_photograph(), "blur", MODELS[:1], 2, replicates=5)
    with pytest.raises(BadValueError, match="photograph is kept in its session"):
        sweep_bytes(sweep)


def test_a_file_of_other_classifiers_or_shapes_is_refused(tmp_path: Path) -> None:
    sweep = computed("palsy", steps=2)
    path = written(sweep, tmp_path)
    for names in (MODELS[:1], MODELS[::-1]):
        with pytest.raises(ReadError, match="holds no sweep"):
            read_sweep(path, HEAD, sweep.intervention, [load(name) for name in names], "happy")
        with pytest.raises(ReadError):
            read_placebos(path, [load(name) for name in names])
    path.unlink()
    with pytest.raises(ReadError):
        read_back(sweep, path)


@pytest.fixture(scope="module")
def content() -> bytes:
    return sweep_bytes(computed("palsy", steps=2))


@pytest.mark.thorough
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 5000), st.binary(min_size=1, max_size=40), st.booleans())
def test_a_damaged_file_is_read_or_refused_and_never_a_crash(
    content: bytes, tmp_path: Path, at: int, bad: bytes, cut: bool
) -> None:
    path = tmp_path / "bad.safetensors"
    path.write_bytes(content[:at] + bad + (b"" if cut else content[at + len(bad) :]))
    with suppress(FacelibError):
        read_sweep(path, HEAD, interventions.get("palsy"), [load(name) for name in MODELS], "happy")
