"""Small studies that are done, and their reports."""

from __future__ import annotations

from pathlib import Path

import pytest

import facelib
from facelib import studies
from facelib.reports import parts
from facelib.studies import InterventionalResult, ObservationalResult
from tests.unit.reports.report_reader import CLASSIFIERS, one_sided


@pytest.fixture(scope="session")
def changed(tmp_path_factory: pytest.TempPathFactory) -> InterventionalResult:
    """An interventional study that is done."""
    return one_sided().run(tmp_path_factory.mktemp("changed"), n_jobs=1)


@pytest.fixture(scope="session")
def observed(tmp_path_factory: pytest.TempPathFactory) -> ObservationalResult:
    """An observational study that is done: age matters to one network, and the other is unbiased."""
    study = studies.ObservationalStudy(
        facelib.sample_heads(70, seed=2),
        ["age", "symmetry"],
        classifiers=CLASSIFIERS,
        size=64,
        methods=["partial_correlation", "rcot", "chsic"],
    )
    return study.run(tmp_path_factory.mktemp("observed"), n_jobs=1)


@pytest.fixture(scope="session")
def pages(
    changed: InterventionalResult, observed: ObservationalResult, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """The two reports, as text."""
    folder: Path = tmp_path_factory.mktemp("pages")
    return {
        result.kind: result.report(folder / f"{result.kind}.html").read_text()
        for result in (changed, observed)
    }


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw no figures: a fifth of a second each."""

    def blank(_figure: parts.Figure, kind: str) -> bytes:
        return b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"></svg>' if kind == "svg" else b""

    monkeypatch.setattr(parts.Figure, "file", blank)
