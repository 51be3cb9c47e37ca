"""Folders of strangers: only files are opened, what leads out isn't followed, and no walk is endless."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facelib.errors import BadTableError, BadValueError
from facelib.faces import FaceSet
from facelib.faces import sources as face_sources
from tests.outside.attempts import Attempts, started

pytestmark = pytest.mark.skipif(os.name != "posix", reason="pipes and devices have names on POSIX only")

PLAN = """
study: interventional
faces: {{folder: {folder}, detect: false}}
interventions: [symmetry]
classifiers: [known_unbiased]
label: happy
steps: 3
size: 96
"""


@pytest.fixture(scope="module")
def attempt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attempts]:
    with started(tmp_path_factory.mktemp("attempts")) as attempts:
        yield attempts


def picture(seed: int = 0) -> bytes:
    stream = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 255, (64, 64, 3), np.uint8)
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder with three pictures, in a folder of a stranger's."""
    folder = tmp_path / "files" / "pictures"
    folder.mkdir(parents=True)
    for number in range(3):
        (folder / f"{number}.png").write_bytes(picture(number))
    return folder


def plan(pictures: Path, folder: str = "pictures") -> Path:
    path = pictures.parent / "study.yml"
    path.write_text(PLAN.format(folder=folder))
    return path


def socket_at(path: Path) -> None:
    import socket

    here = Path.cwd()
    os.chdir(path.parent)  # names of sockets are short
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


STRANGE: dict[str, Callable[[Path], object]] = {
    "a pipe": os.mkfifo,
    "a socket": socket_at,
    "a link to endless zeros": lambda path: path.symlink_to("/dev/zero"),
    "a link to a terminal": lambda path: path.symlink_to("/dev/tty"),
    "a link to a file of the system": lambda path: path.symlink_to("/proc/self/environ"),
    "a link to itself": lambda path: path.symlink_to(path.name),
}


@pytest.mark.parametrize("name", STRANGE)
@pytest.mark.parametrize("file", ["face.jpg", "faces.csv"])
def test_planning_opens_only_files(name: str, file: str, pictures: Path, attempt: Attempts) -> None:
    STRANGE[name](pictures / file)
    outcome = attempt("plan", plan(pictures))
    assert (outcome.error, outcome.signal) == ("", 0), outcome
    assert outcome.memory < 1_000_000_000


def test_the_plan_says_what_is_left_out_and_why(pictures: Path) -> None:
    os.mkfifo(pictures / "pipe.jpg")
    (pictures / "led.png").symlink_to("/dev/zero")
    command = [sys.executable, "-m", "facelib", "study", "plan", "study.yml"]
    plan(pictures)
    told = subprocess.run(
        command, cwd=pictures.parent, capture_output=True, text=True, timeout=300, check=False
    )
    assert told.returncode == 0, told.stderr
    assert "3 faces" in told.stdout
    assert "1 left out, a link that leads out of the folder: led.png" in told.stdout
    assert "1 left out, no file but a pipe, a socket or a device: pipe.jpg" in told.stdout


@pytest.mark.parametrize("folder", ["/", "/proc", "/sys/kernel", "/dev", "//", "/usr/..", "link"])
def test_folders_of_the_system_are_refused(folder: str, pictures: Path, attempt: Attempts) -> None:
    if folder == "link":
        (pictures.parent / "link").symlink_to("/")
    outcome = attempt("plan", plan(pictures, folder))
    assert outcome.refused(), outcome
    assert "folder of the system" in outcome.message
    assert "line 3" in outcome.message


def test_walking_ends(pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(30):
        (pictures / "deep" / str(number)).mkdir(parents=True)
        (pictures / "deep" / f"{number}.txt").touch()
    for limit, value in (("MAX_ENTRIES", 40), ("MAX_FOLDERS", 20)):
        with monkeypatch.context() as patch:
            patch.setattr(face_sources, limit, value)
            with pytest.raises(BadValueError, match=f"more than {value} .*[Cc]hoose the folder"):
                FaceSet.from_folder(pictures)
    assert len(FaceSet.from_folder(pictures)) == 3


def test_no_more_is_looked_at_than_the_limit(pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    original = os.scandir

    def counted(path: Path) -> object:
        seen.append(path)
        return original(path)

    for number in range(200):
        (pictures / str(number)).mkdir()
    monkeypatch.setattr(os, "scandir", counted)
    monkeypatch.setattr(face_sources, "MAX_FOLDERS", 10)
    with pytest.raises(BadValueError, match="more than 10 folders"):
        FaceSet.from_folder(pictures)
    assert len(seen) <= 11


def test_links_stay_in_the_folder(pictures: Path) -> None:
    outside = pictures.parent / "private.png"
    outside.write_bytes(picture(9))
    (pictures.parent / "others").mkdir()
    (pictures.parent / "others" / "8.png").write_bytes(picture(8))
    (pictures / "passport.png").symlink_to("../private.png")
    (pictures / "more").symlink_to("../others")
    (pictures / "again.png").symlink_to("0.png")
    (pictures / "round").symlink_to(".")
    (pictures / "gone.png").symlink_to("nowhere.png")
    (pictures / "notes.txt").symlink_to("/etc/hostname")  # no picture: it doesn't matter
    faces = FaceSet.from_folder(pictures, detect=False)
    assert faces.table["file"].tolist() == ["0.png", "1.png", "2.png", "again.png"]
    assert faces.notes == (
        "2 left out, links that lead out of the folder: more, passport.png. Put the pictures themselves "
        "there.",
        "1 left out, a link that leads nowhere: gone.png.",
        "Byte for byte the same picture under several names: 0.png = again.png. Is one of them mixed up?",
    )
    assert "2 left out, links that lead out" in repr(faces)
    assert faces[:2].notes == faces.notes[:2]
    assert faces.subset("file == '0.png'").notes == faces.notes[:2]
    assert (faces["again.png"].image == faces["0.png"].image).all()


def test_a_table_that_lists_what_is_left_out_says_why(pictures: Path) -> None:
    (pictures / "3.png").symlink_to("/etc/hostname")
    (pictures / "faces.csv").write_text("file\n0.png\n1.png\n2.png\n3.png\n")
    with pytest.raises(
        BadTableError, match=r"not there: 3\.png.*a link that leads out of the folder: 3\.png"
    ):
        FaceSet.from_folder(pictures, "faces.csv")


def test_the_folder_itself_may_be_a_link(pictures: Path) -> None:
    """Whoever names it means where it leads."""
    (pictures.parent / "link").symlink_to("pictures")
    faces = FaceSet.from_folder(pictures.parent / "link", detect=False)
    assert (len(faces), faces.notes) == (3, ())


def test_folders_that_are_closed_are_said(pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (pictures / "closed").mkdir()
    original = os.scandir

    def closed(path: Path) -> object:
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied")
        return original(path)

    monkeypatch.setattr(os, "scandir", closed)  # root reads everything
    faces = FaceSet.from_folder(pictures)
    assert (len(faces), faces.notes) == (3, ("1 left out, a folder that can't be read: closed.",))
    with pytest.raises(BadValueError, match=r"closed can't be read \(Permission denied\)"):
        FaceSet.from_folder(pictures / "closed")


def test_a_huge_file_is_not_hashed_to_its_end(pictures: Path, attempt: Attempts) -> None:
    with (pictures / "huge.png").open("wb") as stream:
        stream.truncate(2**42)  # takes no room on the disk
    outcome = attempt("plan", plan(pictures))
    assert (outcome.error, outcome.signal) == ("", 0), outcome


@pytest.mark.parametrize("name", [name for name in STRANGE if name != "a link to a file of the system"])
@pytest.mark.parametrize(
    "tried",
    [
        ("plan", "study.yml", {}),
        ("zip", "faces.zip", {}),
        ("signals", "signals.csv", {}),
        ("signals", "signals.edf", {}),
        ("units", "units.csv", {}),
        ("classifier", "net.onnx", {"kind": "onnx"}),
        ("classifier", "net.onnx", {}),
        ("classifier", "net.keras", {"kind": "keras"}),
        ("classifier", "net.tflite", {"kind": "tflite"}),
        ("classifier", "net.pt", {"kind": "torchscript", "trust": True}),
        ("classifier", "net.pt", {"kind": "state_dict", "factory": True}),
        ("generator", "net.onnx", {}),
        ("generator", "net.pt", {"factory": True}),
    ],
    ids=lambda tried: "-".join(map(str, (*tried[:2], *tried[2].values()))),
)
def test_what_is_no_file_is_refused(
    name: str, tried: tuple[str, str, dict[str, object]], tmp_path: Path, attempt: Attempts
) -> None:
    what, file, options = tried
    (folder := tmp_path / "files").mkdir()
    STRANGE[name](folder / file)
    outcome = attempt(what, folder / file, **options)
    assert outcome.refused(), outcome


@pytest.mark.parametrize("name", ["a pipe", "a link to endless zeros"])
@pytest.mark.parametrize("file", ["study.json", "provenance.json", "units.parquet", "outputs/x.parquet"])
def test_a_strangers_study_is_opened_or_refused(
    name: str, file: str, tmp_path: Path, attempt: Attempts
) -> None:
    import shutil

    fixture = Path(__file__).parents[1] / "fixtures/studies/of_80850c4/heads"
    shutil.copytree(fixture, folder := tmp_path / "files" / "run")
    (folder / file).unlink(missing_ok=True)
    STRANGE[name](folder / file)
    outcome = attempt("open", folder)
    assert outcome.refused(), outcome
