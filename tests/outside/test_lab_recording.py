"""A lab hands over a BDF file: EXG names, a force, triggers, German notes, a crash. No Python is needed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyedflib
import pytest
from harness import Server, Visit
from playwright.sync_api import expect

pytestmark = pytest.mark.packages

WAIT = 240_000  # ms, on a busy machine
RATE, SECONDS = 2048, 12


def session(folder: Path) -> bytes:
    """Two muscles of a smile at 4 … 8 s, a force in N, a status; the recorder crashed after 9 s and a bit."""
    rng = np.random.default_rng(8)
    times = np.arange(RATE * SECONDS) / RATE
    smile = 1 + 30 * ((times > 4) & (times < 8))
    status = np.zeros(RATE * SECONDS)
    status[4 * RATE : 4 * RATE + 200] = 21
    signals = {
        "EXG1": rng.normal(0, 3, len(times)) * smile,
        "EXG2": rng.normal(0, 3, len(times)) * (1 + smile / 2),
    }
    signals |= {"Force": rng.normal(0, 1, len(times)), "Status": status}
    path = folder / "session.bdf"
    with pyedflib.EdfWriter(str(path), len(signals), file_type=pyedflib.FILETYPE_BDFPLUS) as writer:
        for place, name in enumerate(signals):
            plain = name == "Status"
            writer.setSignalHeader(
                place,
                {
                    "label": name, "dimension": {"Force": "N", "Status": "Boolean"}.get(name, "uV"),
                    "sample_frequency": RATE, "physical_max": 8388607 if plain else 1000,
                    "physical_min": -8388608 if plain else -1000, "digital_max": 8388607,
                    "digital_min": -8388608, "transducer": "", "prefilter": "",
                },
            )  # fmt: skip
        writer.setPatientName("Erika_Mustermann")
        writer.writeSamples(list(signals.values()))
        writer.writeAnnotation(1.0, -1, "Ruhe")
        writer.writeAnnotation(4.0, 4.0, "Lächeln")
    content = path.read_bytes()
    head, records = int(content[184:192]), int(content[236:244])
    record = (len(content) - head) // records
    crashed = content[:236] + b"-1      " + content[244:]
    return crashed[: head + round(9.3 * record)]


def test_it_goes_from_the_file_to_a_moving_face(
    server: Server, visit: Callable[..., Visit], tmp_path: Path
) -> None:
    one: Visit = visit(server.url, 1280, 900)
    one.click(one.page.get_by_role("tab", name="Muscles", exact=True))
    panel = one.page.get_by_role("tabpanel", name="Muscles", exact=True)
    one.click(panel.get_by_role("button", name="Your recording"))
    place = panel.locator(".facelib-drop-zone")
    file = {"name": "session.bdf", "mimeType": "application/octet-stream", "buffer": session(tmp_path)}
    one.upload(place, file)
    asks = panel.get_by_role("alert").filter(
        has_text="No channel is known by the names 'EXG1', 'EXG2', 'Force'"
    )
    expect(asks).to_contain_text("Which channel is which muscle", timeout=WAIT)
    assert not re.search(r"Python|columns=|kind=", panel.inner_text())
    one.choose(panel.get_by_label("EXG1", exact=True), "zygomaticus left")
    one.choose(panel.get_by_label("EXG2", exact=True), "zygomaticus right")
    expect(panel.get_by_label("Force", exact=True)).to_have_value("leave out")
    one.screenshot("lab_recording_menus")
    one.click(panel.get_by_role("button", name="Read it so", exact=True))
    expect(panel.get_by_text("session.bdf: 2 bipolar channels, 2048 samples a second, 9.0 s.")).to_be_visible(
        timeout=WAIT
    )
    expect(panel.get_by_text("Events: Ruhe at 1.0 s, 21 at 4.0 s, Lächeln at 4.0 s.")).to_be_visible()
    expect(panel.get_by_text("The recorder didn't close session.bdf")).to_be_attached()
    assert "Mustermann" not in panel.inner_text()
    stage = panel.locator(".facelib-muscles")
    expect(stage).to_have_attribute("data-state", "ready", timeout=WAIT)
    marks = panel.locator(".facelib-chart").first.locator("g.mark-rule.role-mark line")
    expect(marks.first).to_be_attached(timeout=WAIT)
    with one.page.expect_download(timeout=WAIT) as download:
        one.click(panel.get_by_role("button", name="Save as a file", exact=True))
    kept = Path(download.value.path()).read_bytes()
    assert json.loads(kept)["columns"]["Force"] is None
    one.screenshot("lab_recording_read")
    one.assert_local()
    one.assert_clean()

    other: Visit = visit(server.url, 1280, 900)
    other.click(other.page.get_by_role("tab", name="Muscles", exact=True))
    panel = other.page.get_by_role("tabpanel", name="Muscles", exact=True)
    other.click(panel.get_by_role("button", name="Your recording"))
    place = panel.locator(".facelib-drop-zone")
    other.upload(place, {"name": "channels.json", "mimeType": "application/json", "buffer": kept})
    expect(panel.get_by_text("channels.json says which channel is which muscle")).to_be_visible(timeout=WAIT)
    other.upload(place, file)
    expect(panel.get_by_text("session.bdf: 2 bipolar channels, 2048 samples a second, 9.0 s.")).to_be_visible(
        timeout=WAIT
    )
