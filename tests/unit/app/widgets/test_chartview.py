from __future__ import annotations

from pathlib import Path

import pytest
import vl_convert

from facelib.app.widgets import chartview
from facelib.app.widgets.chartview import ChartView, VegaLoader


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FACELIB_HOME", str(tmp_path))
    return tmp_path / "compiled"


@pytest.fixture
def bundles(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Snippets that were bundled; the bundle itself is replaced by a short one."""
    made: list[str] = []

    def bundle(snippet: str) -> str:
        made.append(snippet)
        return f"/* {len(made)} */ {snippet}"

    monkeypatch.setattr(vl_convert, "javascript_bundle", bundle)
    return made


def test_library_is_bundled_once_and_named_by_its_version(bundles: list[str], cache: Path) -> None:
    first = chartview.library_bundle()
    assert chartview.library_bundle() == first
    assert len(bundles) == 1
    (kept,) = cache.iterdir()
    assert kept.name.startswith(f"vega-{chartview.library_version()}-")


def test_a_bundle_of_other_code_is_another_one(
    bundles: list[str], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chartview.library_bundle()
    monkeypatch.setattr(chartview, "_made_by", lambda: "other")
    chartview.library_bundle()
    assert len(bundles) == len(list(cache.iterdir())) == 2


def test_failed_bundle_leaves_nothing(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    def fail(snippet: str) -> str:
        raise OSError(snippet)

    monkeypatch.setattr(vl_convert, "javascript_bundle", fail)
    with pytest.raises(OSError, match="vegaEmbed"):
        chartview.library_bundle()
    assert not cache.exists() or not list(cache.iterdir())


@pytest.mark.thorough
def test_real_bundle_exports_the_library_and_asks_no_server() -> None:
    text = chartview.library_bundle().decode()
    assert "export{" in text.replace(" ", "").splitlines()[-1][-200:]
    assert "vegaEmbed" in text[-200:]
    assert "\nimport " not in text
    assert "https://cdn" not in text


def test_views_share_one_loader(bundles: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chartview, "_loaders", lambda loaders=[]: loaders)
    one, two = ChartView(), ChartView()
    assert one._loader is two._loader
    assert one._loader.bundle.endswith(b"export { vegaEmbed };")
    assert one.library_version == one._loader.version == chartview.library_version()
    one._loader.close()
    three = ChartView()
    assert three._loader is not one._loader
    assert three._loader.comm is not None
    assert len(bundles) == 1


def test_a_view_does_not_carry_the_library() -> None:
    view = ChartView(spec={"mark": "bar"})
    assert len(str(view.get_state())) < 30_000
    assert "bundle" not in view.keys
    assert "bundle" in VegaLoader.class_trait_names(sync=True)


def test_show_patches_what_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    view = ChartView(spec={"mark": "bar"}, data={"band": [{"low": 0.1}]}, signals={"label": "happy"})
    sent: list[set[str]] = []
    monkeypatch.setattr(
        view, "send_state", lambda key=None: sent.append({key} if isinstance(key, str) else set(key))
    )
    view.show({"mark": "bar"}, data={"outputs": [{"step": 0}]}, signals={"other": 2})
    assert sent == [{"data", "signals"}]  # the same spec is not sent: it would embed anew
    assert view.data == {"band": [{"low": 0.1}], "outputs": [{"step": 0}]}
    assert view.signals == {"label": "happy", "other": 2}
    view.show({"mark": "line"})
    assert sent[1:] == [{"spec"}]
