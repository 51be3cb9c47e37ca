"""A name becomes a device, or an error that says what there is; memory that runs out halves the batch."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from facelib.errors import BadValueError, FacelibError, UnavailableError
from facelib.models import devices
from facelib.models.devices import CPU, Device, as_device, in_batches, is_out_of_memory


@pytest.fixture
def two_cards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(devices.VARIABLE, raising=False)
    monkeypatch.setattr(devices, "accelerators", lambda: ("cuda:0", "cuda:1"))
    monkeypatch.setattr(devices, "_compute_exactly", lambda: None)
    monkeypatch.setattr(devices, "_model", lambda device: "A100" if device.index else "T4")


@pytest.fixture
def no_card(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(devices.VARIABLE, raising=False)
    monkeypatch.setattr(devices, "accelerators", lambda: ())


@pytest.mark.usefixtures("two_cards")
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (None, CPU),
        ("cpu", CPU),
        ("CPU:0", CPU),
        ("auto", Device("cuda", 0)),
        ("cuda", Device("cuda", 0)),
        (" Cuda:1 ", Device("cuda", 1)),
        ("cuda:1 half", Device("cuda", 1, half=True)),
        ("auto half", Device("cuda", 0, half=True)),
        (Device("cuda", 1), Device("cuda", 1)),
    ],
)
def test_names_of_devices(name: str | Device | None, expected: Device) -> None:
    assert as_device(name) == expected
    assert as_device(str(expected)) == expected


@pytest.mark.usefixtures("no_card")
def test_auto_is_the_processor_where_there_is_nothing_else() -> None:
    assert as_device("auto") == as_device("auto half") == as_device() == CPU
    assert (CPU.key, str(CPU), CPU.torch) == ("", "cpu", torch.device("cpu"))


@pytest.mark.usefixtures("two_cards")
def test_what_is_not_there_is_refused_with_what_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("cuda:2", "mps", "xpu:0"):
        with pytest.raises(
            UnavailableError, match=rf"'{name}' isn't on this machine; there is cpu, cuda:0, cuda:1\."
        ):
            as_device(name)
    monkeypatch.setenv(devices.VARIABLE, "cuda:7")
    with pytest.raises(UnavailableError, match=r"'cuda:7' \(FACELIB_DEVICE\) isn't on this machine"):
        as_device()
    assert as_device("cpu") == CPU
    monkeypatch.setenv(devices.VARIABLE, "my card")
    with pytest.raises(BadValueError, match=r"got 'my card' \(FACELIB_DEVICE\)"):
        as_device()


@pytest.mark.usefixtures("no_card")
@pytest.mark.parametrize(
    "name", ["", "cuda:", "cuda:-1", "cuda 1", "cpu:1", "cpu half", "auto:1", 0, True, [], b"cpu"]
)
def test_what_is_no_device(name: object) -> None:
    with pytest.raises(BadValueError):
        as_device(name)  # type: ignore[arg-type]


@pytest.mark.thorough
@given(st.text(max_size=12))
def test_any_text_is_a_device_or_a_typed_error(name: str) -> None:
    try:
        assert isinstance(as_device(name), Device)
    except FacelibError as error:
        assert error.words  # noqa: PT017


@pytest.mark.usefixtures("two_cards")
def test_keys_name_the_kind_of_card_and_not_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Device("cuda", 0).key == "cuda (T4)"
    assert Device("cuda", 1, half=True).key == "cuda (A100), half precision"
    monkeypatch.setattr(devices, "_model", lambda _device: "T4")
    assert Device("cuda", 1).key == Device("cuda", 0).key


def doubled(most: int, error: Exception, sizes: list[int]) -> nn.Module:
    """Return a network that has memory for `most` pictures."""

    class Network(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            sizes.append(len(x))
            if len(x) > most:
                raise error
            return 2 * x

    return Network()


OUT = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
    RuntimeError("MPS backend out of memory (MPS allocated: 18.00 GB)"),
    RuntimeError("BFCArena::AllocateRawInternal Failed to allocate memory for requested buffer"),
]


@pytest.mark.parametrize("error", OUT, ids=["cuda", "mps", "onnxruntime"])
@pytest.mark.parametrize("most", [1, 3, 8, 100])
def test_memory_that_runs_out_halves_the_batch(error: Exception, most: int) -> None:
    sizes: list[int] = []
    x = torch.arange(21.0)[:, None]
    found, batch = in_batches(doubled(most, error, sizes), x, 64, CPU)
    assert torch.equal(found, 2 * x)
    assert batch == (64 if most > 20 else batch)
    assert max(size for size in sizes[-1:]) <= most
    tried = [size for size in sizes if size > most]
    assert all(after <= (before + 1) // 2 for before, after in pairwise(tried))


def test_too_little_for_one_picture_says_what_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "free_memory", lambda _device: (300_000_000, 8_000_000_000))
    with pytest.raises(UnavailableError, match=r"isn't enough for one picture. 0.3 of its 8.0 GB are free"):
        in_batches(doubled(0, OUT[0], []), torch.ones(3, 1), 2, CPU)


def test_other_errors_come_through() -> None:
    with pytest.raises(RuntimeError, match="shapes"):
        in_batches(doubled(0, RuntimeError("shapes don't fit"), []), torch.ones(3, 1), 2, CPU)
    assert not is_out_of_memory(ValueError("memory"))


@pytest.mark.parametrize(("free", "batch"), [(10_000, 5), (100, 1), (10**9, devices.MOST)])
def test_the_batch_is_a_share_of_the_free_memory(
    monkeypatch: pytest.MonkeyPatch, free: int, batch: int
) -> None:
    """Two pictures need 2,000 bytes; half of what is free may be taken."""
    memory = {"reset_peak_memory_stats": None, "memory_allocated": 500, "max_memory_allocated": 2500}
    for name, value in memory.items():
        monkeypatch.setattr(torch.accelerator, name, lambda _device, value=value: value)
    monkeypatch.setattr(torch.accelerator, "get_memory_info", lambda _device: (free, 10**10))
    assert devices.batch_that_fits(lambda x: x, torch.ones(2, 1), Device("meta")) == batch


def test_where_memory_is_not_told_the_batch_is_the_usual_one() -> None:
    assert devices.batch_that_fits(lambda x: x, torch.ones(2, 1), Device("meta")) == devices.USUAL


def test_onnxruntime_says_what_it_has() -> None:
    assert devices.onnx_providers(CPU) == ["CPUExecutionProvider"]
    with pytest.raises(UnavailableError, match=r"can't compute on cuda:0 here; it has .*CPUExec"):
        devices.onnx_providers(Device("cuda", 0))
