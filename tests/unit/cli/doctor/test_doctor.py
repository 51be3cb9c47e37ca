"""`facelib doctor` finds what is broken by hand, says what to do, and is content with what works."""

from __future__ import annotations

import importlib.metadata
import json
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from typer.testing import CliRunner

from facelib.cli import doctor
from facelib.cli import main as cli
from facelib.cli.doctor import installed as doctor_installed
from facelib.cli.doctor import machine as doctor_machine
from facelib.cli.doctor.finding import Finding
from facelib.errors import UnavailableError
from facelib.models import PACKAGES, devices
from facelib.utilities.home import home


class Usage(NamedTuple):
    total: float
    used: float
    free: float


def told(findings: list[Finding], subject: str) -> Finding:
    (one,) = [finding for finding in findings if finding.subject == subject]
    return one


@pytest.fixture
def version(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let packages have other versions, or none (None)."""

    def change(**others: str | None) -> None:
        real = importlib.metadata.version

        def asked(name: str) -> str:
            if name not in others:
                return real(name)
            found = others[name]
            if found is None:
                raise importlib.metadata.PackageNotFoundError(name)
            return found

        monkeypatch.setattr(importlib.metadata, "version", asked)

    return change


def test_a_missing_and_an_old_package_are_named_with_what_to_install(version: Callable[..., None]) -> None:
    version(numba=None, pandas="1.5.3", voila=None, timm="0.9.1", tqdm="99.0")
    found = list(doctor_installed.packages())
    assert told(found, "package numba") == Finding(
        "package numba",
        "problem",
        "it isn't installed (facelib needs it)",
        "python -m pip install 'numba>=0.61,<0.69'",
    )
    old = told(found, "package pandas")
    assert (old.state, old.remedy) == ("problem", "python -m pip install 'pandas>=2.2'")
    assert old.says == "1.5.3 is here; facelib is tested with >=2.2"
    page = told(found, "package voila")
    assert (page.state, page.remedy) == ("note", "python -m pip install 'facelib-explorer[app]'")
    assert told(found, "package timm").state == "note"
    assert not [finding for finding in found if finding.subject == "package tqdm"]


def test_requirements_are_those_of_pyproject_installed_or_not(monkeypatch: pytest.MonkeyPatch) -> None:
    here = {(one.name, one.range, one.extra) for one in doctor_installed.requirements()}
    assert ("torch", ">=2.10,<3", "") in here
    assert ("dask", ">=2025.1", "dask") in here
    assert not [one for one in here if one[0] == "pytest"]
    monkeypatch.setattr(doctor_installed, "CHECKOUT", Path("nowhere"))
    monkeypatch.setattr(
        importlib.metadata,
        "requires",
        lambda _: [
            "torch<3,>=2.10",
            "dask[distributed]>=2025.1; extra == 'dask'",
            'pytest>=8.3; extra == "test"',
        ],
    )
    installed = [(one.name, one.range, one.extra) for one in doctor_installed.requirements()]
    assert installed == [("torch", "<3,>=2.10", ""), ("dask", ">=2025.1", "dask")]
    assert doctor_installed.within("3.11.7", doctor_installed.needed_python())


@pytest.mark.parametrize(
    ("version", "wanted", "fits"),
    [
        ("2.10", ">=2.9", True), ("2.9.1", ">=2.10,<3", False), ("3.0.0a1", "<3", False),
        ("6", ">=6,<7", True), ("1.5.5", "==1.5.5", True), ("1.5", "==1.5.0", True),
        ("1.5.6", "!=1.5.6", False), ("x", ">=1", False), ("0.5.11", ">=0.5.11,<0.6", True),
        ("2.10.0+cpu", ">= 2.10 , < 3", True), ("1", "", True),
    ],
)  # fmt: skip
def test_versions_are_compared_as_numbers(version: str, wanted: str, fits: bool) -> None:
    assert doctor_installed.within(version, wanted) is fits


def test_an_old_python_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_installed.platform, "python_version", lambda: "3.9.2")
    found = told(list(doctor_installed.python()), "Python")
    assert (found.state, found.remedy) == ("problem", "Install Python >=3.11, then facelib.")


@pytest.mark.packages
def test_a_damaged_model_file_and_missing_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home with one damaged package, one that is right, and nothing else."""
    real = home()
    fer, facex = PACKAGES["fer"], PACKAGES["facex"]
    monkeypatch.setenv("FACELIB_HOME", str(tmp_path))
    (tmp_path / "packages").mkdir()
    (tmp_path / "packages" / facex.folder).symlink_to(real / "packages" / facex.folder)
    for name in fer.files:
        path = tmp_path / "packages" / fer.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"half a download")
    found = list(doctor_installed.model_packages())
    damaged = told(found, "model package fer")
    assert (damaged.state, damaged.remedy) == ("problem", "facelib models fetch")
    assert "has sha256" in damaged.says
    assert told(found, "model package anny").state == "problem"
    assert told(found, "model package human").state == "note"
    assert not [one for one in found if one.subject in ("model package facex", "model packages")]
    models = list(doctor_installed.classifiers())
    assert told(models, "classifier pyemotion").state == "problem"
    assert told(models, "classifier human").state == "note"
    assert "known_unbiased" in told(models, "classifiers").says


def test_a_face_that_cannot_be_rendered(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> None:
        msg = "The model package anny-0.3.0 (the face) is not on this machine."
        raise UnavailableError(msg)

    monkeypatch.setattr("facelib.Head.render", missing)
    (found,) = doctor_installed.trial()
    assert (found.state, found.remedy) == ("problem", "facelib models fetch")
    assert found.says.startswith("The model package anny")


@pytest.mark.thorough
@pytest.mark.packages
def test_what_works_is_said_with_its_speed() -> None:
    assert [one.state for one in doctor_installed.model_packages() if one.subject == "model packages"] == [
        "ok"
    ]
    (face,) = doctor_installed.trial()
    assert face.state == "ok"
    assert "read by" in face.says


def test_a_page_without_voila_or_template(monkeypatch: pytest.MonkeyPatch) -> None:
    from facelib.app.server import launch

    assert [one.state for one in doctor_installed.page()] == ["ok"]

    def missing(_: str) -> Path:
        msg = "facelib's template is missing."
        raise UnavailableError(msg)

    with monkeypatch.context() as patched:
        patched.setattr(launch, "shared", missing)
        (found,) = doctor_installed.page()
    assert (found.state, found.says) == ("problem", "facelib's template is missing.")
    monkeypatch.setattr(doctor_installed.importlib.util, "find_spec", lambda _: None)
    assert [one.state for one in doctor_installed.page()] == ["note"]


def test_compiled_code_that_cannot_be_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from facelib.head import jit as kernels

    def refused(_: str) -> Path:
        msg = "nothing can be written"
        raise UnavailableError(msg)

    assert [one.state for one in doctor_machine.compiled()] == ["ok"]
    monkeypatch.setattr(kernels, "folder", refused)
    (found,) = doctor_machine.compiled()
    assert found.state == "problem"
    assert "FACELIB_HOME" in found.remedy
    monkeypatch.setattr(kernels, "folder", lambda _: tmp_path / "gone")
    assert [one.state for one in doctor_machine.compiled()] == ["problem"]


def test_settings_that_make_it_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_machine, "usable_cores", lambda: 4)
    monkeypatch.setattr(doctor_machine.os, "cpu_count", lambda: 4)
    assert [one.state for one in doctor_machine.settings({})] == ["ok"]
    (jit,) = doctor_machine.settings({"NUMBA_DISABLE_JIT": "1"})
    assert (jit.state, jit.remedy) == ("problem", "Unset NUMBA_DISABLE_JIT.")
    (many,) = doctor_machine.settings({"OMP_NUM_THREADS": "16"})
    assert (many.state, many.remedy) == ("note", "Set OMP_NUM_THREADS=4, or unset it.")
    (one,) = doctor_machine.settings({"OMP_NUM_THREADS": "1"})
    assert "the explorer could use 4" in one.says
    monkeypatch.setattr(doctor_machine.os, "cpu_count", lambda: 64)
    (share,) = doctor_machine.settings({})
    assert (share.state, share.remedy) == ("note", "Set OMP_NUM_THREADS=4.")
    (processor,) = doctor_machine.processor()
    assert processor.says.startswith("4 cores of 64 may be used")


def test_the_accelerators_that_torch_finds_and_what_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(devices.VARIABLE, raising=False)
    monkeypatch.setattr(devices, "accelerators", lambda: ())
    (none,) = doctor_machine.devices()
    assert (none.subject, none.state) == ("graphics card", "ok")
    assert none.says == "torch finds none; none is needed"
    monkeypatch.setenv(devices.VARIABLE, "cuda")
    (absent,) = doctor_machine.devices()
    assert absent.state == "problem"
    assert absent.remedy == "Unset FACELIB_DEVICE, or set it to one of: auto, cpu."
    monkeypatch.setattr(devices, "accelerators", lambda: ("cuda:0", "cuda:1"))
    monkeypatch.setattr(devices, "_model", lambda device: f"Card {device.index}")
    monkeypatch.setattr(
        devices, "free_memory", lambda device: None if device.index else (3 * 10**9, 8 * 10**9)
    )
    monkeypatch.setattr(devices, "_compute_exactly", lambda: None)
    first, second, chosen = doctor_machine.devices()
    assert first.says == "cuda:0: cuda (Card 0), 3.0 of 8.0 GB are free"
    assert second.says == "cuda:1: cuda (Card 1)"
    assert chosen.state == "ok"
    assert chosen.says.startswith("classifiers run on cuda:0, unless a call says device=…; onnxruntime has ")
    monkeypatch.delenv(devices.VARIABLE)
    assert [one.state for one in doctor_machine.devices()] == ["ok", "ok", "note"]


def test_memory_is_what_a_container_may_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    meminfo, limit = tmp_path / "meminfo", tmp_path / "memory.max"
    meminfo.write_text("MemTotal: 16000000 kB\nMemAvailable: 8000000 kB\n")
    limit.write_text("max\n")
    monkeypatch.setattr(doctor_machine, "MEMINFO", meminfo)
    monkeypatch.setattr(doctor_machine, "CONTAINER", limit)
    assert doctor_machine.free_memory() == pytest.approx(8.192)
    limit.write_text("3000000000\n")
    (tmp_path / "memory.current").write_text("2000000000\n")
    assert doctor_machine.free_memory() == pytest.approx(1.0)
    found = next(iter(doctor_machine.processor()))
    assert found.state == "note"
    assert "--jobs 1" in found.remedy
    monkeypatch.setattr(doctor_machine, "MEMINFO", tmp_path / "none")
    monkeypatch.setattr(doctor_machine, "CONTAINER", tmp_path / "none")
    assert doctor_machine.free_memory() is None
    assert next(iter(doctor_machine.processor())).state == "ok"


@pytest.mark.parametrize(("free", "state"), [(100.0, "ok"), (1.0, "note"), (0.1, "problem")])
def test_room_on_the_disk(free: float, state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(0, 0, free * 1e9))
    found = list(doctor_machine.disk())
    assert {one.state for one in found} == {state}
    assert all(one.remedy for one in found) is (state != "ok")


def test_a_folder_that_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_machine.os, "access", lambda *_: False)
    assert {one.state for one in doctor_machine.disk()} == {"problem"}


def test_little_shared_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(doctor_machine, "SHARED", tmp_path)
    sizes = {tmp_path: 0.06e9}
    monkeypatch.setattr(shutil, "disk_usage", lambda place: Usage(0, 0, sizes.get(place, 100e9)))
    last = list(doctor_machine.disk())[-1]
    assert (last.state, last.remedy.split(",")[0]) == ("note", "Start the container with --shm-size=1g")


def test_a_port_that_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        monkeypatch.setattr(doctor_machine, "PORT", number)
        (found,) = doctor_machine.port()
    assert found.state == "note"
    assert f"{number} is taken" in found.says


def test_programs_that_are_not_needed_are_no_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert [one.state for one in doctor_machine.programs()] == ["note", "note"]
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    assert [one.state for one in doctor_machine.programs()] == ["ok", "ok"]


@pytest.fixture
def three(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Replace all checks by one of a state, and one that breaks if the state is "broken"."""

    def replace(state: str) -> None:
        def check() -> list[Finding]:
            if state == "broken":
                msg = "no such thing"
                raise OSError(msg)
            return [Finding("thing", state, "is so", "do this" if state != "ok" else "")]  # type: ignore[arg-type]

        monkeypatch.setattr(doctor, "CHECKS", {"thing": check})

    return replace


@pytest.mark.one_case
@pytest.mark.parametrize(("state", "code"), [("ok", 0), ("note", 0), ("problem", 1), ("broken", 1)])
def test_the_exit_code_and_the_text(three: Callable[[str], None], state: str, code: int) -> None:
    three(state)
    result = CliRunner().invoke(cli.app, ["doctor"])
    assert result.exit_code == code
    first, *_, last = result.output.splitlines()
    assert first.startswith({"ok": "ok", "note": "note"}.get(state, "PROBLEM"))
    assert last == (
        "facelib works on this machine." if code == 0 else "1 problem; what to do stands after each →."
    )
    if state == "broken":
        assert "couldn't be looked at: OSError: no such thing" in first
    elif state != "ok":
        assert "→ do this" in result.output
    assert result.output == f"{doctor.examine()}\n"


def test_for_programs(three: Callable[[str], None]) -> None:
    three("problem")
    result = CliRunner().invoke(cli.app, ["doctor", "--json"])
    assert result.exit_code == 1
    assert json.loads(result.output) == {
        "sound": False,
        "findings": [{"subject": "thing", "state": "problem", "says": "is so", "remedy": "do this"}],
    }


@pytest.mark.thorough
@pytest.mark.packages
def test_this_machine_is_looked_at_in_full() -> None:
    seen = doctor.examine()
    subjects = {finding.subject for finding in seen.findings}
    assert {"Python", "facelib", "packages", "classifiers", "explorer", "port", "Chromium", "npm"} <= subjects
    assert all(finding.remedy for finding in seen.findings if finding.state == "problem")
    assert not [finding for finding in seen.findings if "couldn't be looked at" in finding.says]
