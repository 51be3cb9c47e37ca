"""A visitor brings a network: dropped, asked about, used in the tabs, removed; and where it is off."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from harness import QUICK_PAGE, Server, Visit, write_notebook
from looks import violations
from playwright.sync_api import Locator, expect
from safetensors.torch import save
from torch import nn
from torchvision.models import mobilenet_v3_small

from facelib import classifiers
from facelib.models import data_path

pytestmark = [pytest.mark.packages, pytest.mark.thorough]

LONG = 120_000  # ms on a busy machine


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of a network whose answers are known."""
    model = classifiers.load("known_unbiased")
    pictures = torch.rand(1, 3, model.input_size, model.input_size)
    file = tmp_path_factory.mktemp("network") / "my net.onnx"
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(nn.Sequential(model.body, model.head), (pictures,), buffer, dynamo=False)
    file.write_bytes(buffer.getvalue())
    return file


def opened(one: Visit) -> Locator:
    """Open the card when the first face is there."""
    expect(one.page.locator(".facelib-stage").first).to_have_attribute("data-state", "ready", timeout=LONG)
    one.click(one.page.get_by_role("button", name="Try a network of your own"))
    card = one.page.locator(".facelib-own")
    card.locator(".facelib-drop").wait_for(timeout=LONG)
    return card


def test_a_network_is_dropped_asked_about_and_used(
    quick_url: str, visit: Callable[..., Visit], network: Path, tmp_path: Path
) -> None:
    one = visit(quick_url, 1440, 900)
    page, card = one.page, opened(one)
    program = tmp_path / "net.pt"
    program.write_bytes(b"\x80\x02")
    one.drop(card.locator(".facelib-drop-zone"), program)
    expect(card.get_by_text("isn’t a network")).to_be_visible()
    one.drop(card.locator(".facelib-drop-zone"), network)
    expect(card.get_by_role("heading", name="1. What does it see?")).to_be_visible(timeout=LONG)
    ways = card.get_by_role("toolbar", name="What the network sees").get_by_role("button")
    expect(ways).to_have_count(11)
    expect(card.locator("[aria-current=true]")).to_contain_text("RGB, −1 … 1")
    one.click(card.get_by_role("button", name="BGR, 0 … 1"))
    expect(card.get_by_text(re.compile("As answered, .* heads are read as intended")).first).to_be_visible()
    one.press(ways.nth(4), "ArrowLeft", "ArrowLeft", "ArrowLeft", "Enter", by="click")
    expect(card.locator("[aria-current=true]")).to_contain_text("RGB, −1 … 1")
    expect(card.locator(".facelib-own-table tbody tr")).to_have_count(12)
    expect(card.get_by_text(re.compile("It names (9|10|11|12) of 12 heads"))).to_be_visible()
    assert not violations(page)
    name = card.get_by_label("Its name")
    one.type_into(name, "<b>")
    one.click(card.get_by_role("button", name="Use it in all tabs"))
    expect(card.get_by_text("begins with a letter")).to_be_visible()
    one.type_into(name, "mine")
    one.click(card.get_by_role("button", name="Use it in all tabs"))
    expect(card.get_by_role("button", name="Remove it")).to_be_visible(timeout=LONG)
    expect(page.locator(".facelib-outputs").get_by_role("button", name="mine").first).to_be_visible(
        timeout=LONG
    )
    one.click(page.get_by_role("tab", name="Population"))
    box = page.get_by_role("checkbox", name="mine", exact=True)
    expect(box).to_be_checked(timeout=LONG)
    one.click(page.get_by_role("tab", name="Explore"))
    one.click(card.get_by_role("button", name="Remove it"))
    expect(card.get_by_text("mine was taken out of all tabs.")).to_be_visible(timeout=LONG)
    one.click(page.get_by_role("tab", name="Population"))
    expect(box).to_have_count(0)
    one.assert_clean()


@pytest.mark.parametrize("kind", ["tflite", "safetensors"])
def test_files_of_the_other_kinds_go_through_the_page(
    kind: str, quick_url: str, visit: Callable[..., Visit], tmp_path: Path
) -> None:
    """The child that reads them opens no file: what it lacks would be missed here."""
    file = tmp_path / f"net.{kind}"
    if kind == "tflite":
        file.write_bytes(data_path("facex", "facex/assets/model_optimized.tflite").read_bytes())
    else:
        torch.manual_seed(0)
        file.write_bytes(save(mobilenet_v3_small(num_classes=7).eval().state_dict()))
    one = visit(quick_url, 1440, 900)
    card = opened(one)
    one.drop(card.locator(".facelib-drop-zone"), file)
    expect(card.get_by_role("heading", name="1. What does it see?")).to_be_visible(timeout=LONG)
    one.type_into(card.get_by_label("Names"), "anger, disgust, fear, happy, neutral, sadness, surprised")
    one.click(card.get_by_role("button", name="Take these names"))
    named = "9|10|11|12" if kind == "tflite" else r"\d+"  # the other one has random weights
    said = card.get_by_text(re.compile(f"names ({named}) of 12 heads"))
    expect(said.first).to_be_visible(timeout=LONG)
    one.type_into(card.get_by_label("Its name"), "theirs")
    one.click(card.get_by_role("button", name="Use it in all tabs"))
    expect(card.get_by_role("button", name="Remove it")).to_be_visible(timeout=LONG)
    outputs = one.page.locator(".facelib-outputs")
    expect(outputs.get_by_role("button", name="theirs").first).to_be_visible(timeout=LONG)
    one.assert_clean()


def test_on_a_phone_nothing_is_wider_than_the_page_and_a_reload_says_what_it_forgets(
    quick_url: str, visit: Callable[..., Visit], network: Path
) -> None:
    one = visit(quick_url, 390, 844)
    card = opened(one)
    one.drop(card.locator(".facelib-drop-zone"), network)
    expect(card.get_by_role("heading", name="1. What does it see?")).to_be_visible(timeout=LONG)
    assert one.page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    inside = card.bounding_box()
    table = card.locator(".facelib-own-table")
    assert inside is not None
    assert table.evaluate("e => e.getBoundingClientRect().right") <= inside["x"] + inside["width"]
    one.press(table, "ArrowRight", by="click")
    assert not violations(one.page)
    one.click(card.get_by_role("button", name="Use it in all tabs"))
    expect(card.get_by_role("button", name="Remove it")).to_be_visible(timeout=LONG)
    one.page.reload()
    expect(one.page.get_by_text("Your classifier is forgotten")).to_be_visible(timeout=LONG)
    expect(one.page.get_by_role("button", name="Remove it")).to_be_hidden()
    one.assert_clean()


@pytest.mark.parametrize("option", [("--ip", "0.0.0.0"), ("--base-url", "/hub/x/")])
def test_it_is_off_where_others_can_come(
    option: tuple[str, str],
    start: Callable[..., Server],
    visit: Callable[..., Visit],
    tmp_path: Path,
) -> None:
    server = start(write_notebook(tmp_path / "page.ipynb", QUICK_PAGE), *option, pool=0)
    one = visit(re.sub(r"//[^/:]+:", "//127.0.0.1:", server.url))
    card = opened(one)
    expect(card.get_by_text("Off here:")).to_be_visible()
    expect(card.locator(".facelib-drop-zone")).to_be_hidden()
