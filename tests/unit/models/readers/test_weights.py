"""Weights are read without running anything, whatever the file holds."""

from __future__ import annotations

import hashlib
import io
import json
import os
import pickle
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save, save_file
from torch import nn

from facelib.errors import BadModelError
from facelib.models import data_path
from facelib.models.readers.torchscript import is_torchscript
from facelib.models.readers.weights import load_into, read_weights

Bounded = Callable[[], AbstractContextManager[None]]


def network() -> nn.Sequential:
    torch.manual_seed(5)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(16, 7))


class Bomb:
    """Writes a file when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[object, ...]:
        return os.system, (f"touch {self.marker}",)


def legacy(content: object, path: Path) -> None:
    torch.save(content, path, _use_new_zipfile_serialization=False)


WRITERS: dict[str, Callable[[object, Path], None]] = {
    "zip": torch.save,
    "legacy": legacy,
    "safetensors": save_file,
}


@pytest.mark.parametrize("writer", WRITERS)
def test_weights_come_back_as_they_were(tmp_path: Path, writer: str) -> None:
    expected = network().state_dict()
    path = tmp_path / "weights.any"
    WRITERS[writer](expected, path)
    found = read_weights(path)
    assert list(found) == list(expected) or writer == "safetensors"  # which sorts by size
    for name, tensor in expected.items():
        torch.testing.assert_close(found[name], tensor, rtol=0, atol=0)


@pytest.mark.parametrize("key", ["state_dict", "model", "net", "network"])
@pytest.mark.parametrize("prefix", ["", "module.", "_orig_mod."])
def test_holders_and_prefixes(tmp_path: Path, key: str, prefix: str) -> None:
    expected = network().state_dict()
    path = tmp_path / "checkpoint.pt"
    named = {prefix + name: tensor for name, tensor in expected.items()}
    torch.save({key: named, "epoch": 3, "history": [0.5, 0.25]}, path)
    assert list(read_weights(path)) == list(expected)


@pytest.mark.packages
def test_a_published_file() -> None:
    weights = read_weights(data_path("PyEmotion", "PyEmotion/model/main_model.pkl"))
    assert sum(tensor.numel() for tensor in weights.values()) > 2_700_000


@pytest.mark.thorough
@pytest.mark.parametrize("writer", ["zip", "legacy", "pickle"])
@pytest.mark.parametrize("place", ["value", "holder", "whole"])
def test_a_pickle_bomb_does_not_go_off(tmp_path: Path, writer: str, place: str, bounded: Bounded) -> None:
    marker = tmp_path / "marker"
    bomb = Bomb(marker)
    content = {
        "value": {"a": bomb},
        "holder": {"state_dict": network().state_dict(), "x": bomb},
        "whole": bomb,
    }
    path = tmp_path / "weights.pt"
    if writer == "pickle":
        path.write_bytes(pickle.dumps(content[place], protocol=2))
    else:
        WRITERS[writer](content[place], path)
    with bounded(), pytest.raises(BadModelError, match="more than weights"):
        read_weights(path)
    assert not marker.exists()


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_protocol_of_a_bomb_is_refused(tmp_path: Path, protocol: int) -> None:
    marker = tmp_path / "marker"
    path = tmp_path / "weights.pt"
    path.write_bytes(pickle.dumps({"a": Bomb(marker)}, protocol=protocol))
    with pytest.raises(BadModelError):
        read_weights(path)
    assert not marker.exists()


@pytest.mark.parametrize("writer", ["zip", "legacy"])
def test_a_whole_model_is_refused_with_the_way_out(tmp_path: Path, writer: str) -> None:
    path = tmp_path / "model.pt"
    WRITERS[writer](network(), path)
    with pytest.raises(BadModelError, match=r"torch\.nn\.modules.*torch\.save\(model\.state_dict\(\)"):
        read_weights(path)


@pytest.mark.thorough
@pytest.mark.parametrize(
    "called", [b"builtins\nbytearray\n", b"torch\nFloatTensor\n", b"torch.storage\nUntypedStorage\n"]
)
@pytest.mark.parametrize("zipped", [True, False])
def test_a_constructor_that_takes_ten_gigabytes(
    tmp_path: Path, called: bytes, zipped: bool, bounded: Bounded
) -> None:
    size = (10**10).to_bytes(5, "little")
    program = b"\x80\x02}X\x01\x00\x00\x00ac" + called + b"\x8a\x05" + size + b"\x85Rs."
    path = tmp_path / "weights.pt"
    if zipped:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("w/data.pkl", program)
            archive.writestr("w/version", "3\n")
    else:
        path.write_bytes(
            pickle.dumps(0x1950A86A20F9469CFC6C, 2) + pickle.dumps(1001, 2) + pickle.dumps({}, 2) + program
        )
    with bounded(), pytest.raises(BadModelError, match="more than weights"):
        read_weights(path)


@pytest.mark.thorough
@pytest.mark.parametrize("numbers", [100, 2_000_000_000])
def test_a_storage_that_claims_more_than_the_file_has(tmp_path: Path, numbers: int, bounded: Bounded) -> None:
    whole, path = tmp_path / "whole.pt", tmp_path / "weights.pt"
    torch.save({"a": torch.arange(4.0)}, whole)
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(path, "w") as archive:
        for name in source.namelist():
            content = source.read(name)
            if name.endswith("data.pkl"):
                claim = b"J" + numbers.to_bytes(4, "little")
                claimed = content.replace(b"cpuq\x06K\x04", b"cpuq\x06" + claim)
                assert claimed != content
                content = claimed.replace(b"K\x00K\x04\x85", b"K\x00" + claim + b"\x85")
            archive.writestr(name, content)
    with bounded(), pytest.raises(BadModelError):
        read_weights(path)


@pytest.mark.thorough
@pytest.mark.parametrize("writer", ["zip", "legacy"])
def test_a_stretched_tensor_claims_what_it_does_not_have(
    tmp_path: Path, writer: str, bounded: Bounded
) -> None:
    path = tmp_path / "weights.pt"
    WRITERS[writer]({"a": torch.zeros(1).expand(10**10)}, path)
    with bounded(), pytest.raises(BadModelError, match="claims"):
        read_weights(path)


@pytest.mark.thorough
def test_a_zip_bomb(tmp_path: Path, bounded: Bounded) -> None:
    path = tmp_path / "weights.pt"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("w/data.pkl", b"\0" * 2**26)
    with bounded(), pytest.raises(BadModelError, match="unpacked"):
        read_weights(path)


@pytest.mark.thorough
@pytest.mark.parametrize(
    "header",
    [
        {"a": {"dtype": "F32", "shape": [2_500_000_000], "data_offsets": [0, 10_000_000_000]}},
        {"a": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 16]}},
        {"a": {"dtype": "F32", "shape": [4], "data_offsets": [16, 0]}},
        {"a": {"dtype": "F99", "shape": [4], "data_offsets": [0, 16]}},
        {},
    ],
)
def test_a_safetensors_header_that_lies(tmp_path: Path, header: object, bounded: Bounded) -> None:
    text = json.dumps(header).encode()
    path = tmp_path / "weights.safetensors"
    path.write_bytes(len(text).to_bytes(8, "little") + text + b"\0" * 16)
    with bounded(), pytest.raises(BadModelError):
        read_weights(path)


@pytest.mark.thorough
@pytest.mark.parametrize("length", [2**63, 10**10, 99_999_999])
def test_a_safetensors_header_without_end(tmp_path: Path, length: int, bounded: Bounded) -> None:
    path = tmp_path / "weights.safetensors"
    path.write_bytes(length.to_bytes(8, "little") + b"[" * 1_000_000)
    with bounded(), pytest.raises(BadModelError):
        read_weights(path)
    nested = b"{" + b'"a":[' * 200_000
    path.write_bytes(len(nested).to_bytes(8, "little") + nested)
    with bounded(), pytest.raises(BadModelError):
        read_weights(path)


@pytest.mark.parametrize("writer", WRITERS)
def test_truncated_anywhere(tmp_path: Path, writer: str) -> None:
    whole, path = tmp_path / "whole", tmp_path / "weights.pt"
    WRITERS[writer]({"a": torch.rand(40), "b": torch.rand(3, 5)}, whole)
    content = whole.read_bytes()
    for end in range(0, len(content), 64):
        path.write_bytes(content[:end])
        with pytest.raises(BadModelError):
            read_weights(path)


@pytest.mark.thorough
@settings(deadline=None, max_examples=150)
@given(data=st.data(), writer=st.sampled_from(["zip", "legacy", "safetensors"]))
def test_damaged_anywhere(data: st.DataObject, writer: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    buffer = io.BytesIO()
    weights = {"a": torch.ones(9), "b": torch.ones(3, 2)}
    if writer == "safetensors":
        buffer.write(save(weights))
    else:
        torch.save(weights, buffer, _use_new_zipfile_serialization=writer == "zip")
    content = bytearray(buffer.getvalue())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("damaged") / "weights"
    path.write_bytes(content)
    try:
        found = read_weights(path)
    except BadModelError:
        return
    assert all(isinstance(tensor, torch.Tensor) for tensor in found.values())


@pytest.mark.thorough
@settings(deadline=None, max_examples=100)
@given(content=st.binary(max_size=300))
def test_any_bytes(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("any") / "weights"
    path.write_bytes(content)
    with pytest.raises(BadModelError):
        read_weights(path)
    assert not is_torchscript(path)


def test_the_hash_is_compared_before_anything_is_read(tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    torch.save(network().state_dict(), path)
    right = hashlib.sha256(path.read_bytes()).hexdigest()
    assert read_weights(path, sha256=right.upper())
    with pytest.raises(BadModelError, match="sha256"):
        read_weights(path, sha256="0" * 64)


@pytest.mark.parametrize("content", [[torch.zeros(2)], {"a": 1}, {}, {1: torch.zeros(2)}, torch.zeros(3)])
def test_what_is_no_table_of_tensors(tmp_path: Path, content: object) -> None:
    path = tmp_path / "weights.pt"
    torch.save(content, path)
    with pytest.raises(BadModelError, match="no table of tensors"):
        read_weights(path)


def test_a_sparse_tensor_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    torch.save({"a": torch.eye(3).to_sparse()}, path)
    with pytest.raises(BadModelError):
        read_weights(path)


@pytest.mark.parametrize("path", ["missing.pt", "."])
def test_no_file(tmp_path: Path, path: str) -> None:
    with pytest.raises(BadModelError, match="can't be read"):
        read_weights(tmp_path / path)


def test_loading_tells_what_does_not_fit() -> None:
    weights = network().state_dict()
    other = nn.Sequential(nn.Conv2d(3, 4, 5), nn.BatchNorm2d(4), nn.Linear(2, 2))
    before = {name: tensor.clone() for name, tensor in other.state_dict().items()}
    told = (
        r"2 missing: 2\.weight, 2\.bias; 2 unexpected: 4\.weight, 4\.bias; "
        r"1 of another shape: 0\.weight \(4, 3, 3, 3\) instead of \(4, 3, 5, 5\)"
    )
    with pytest.raises(BadModelError, match=told):
        load_into(other, weights)
    for name, tensor in other.state_dict().items():
        torch.testing.assert_close(tensor, before[name], rtol=0, atol=0)


def test_loading_sets_all_and_old_files_may_lack_a_counter() -> None:
    weights = network().state_dict()
    del weights["1.num_batches_tracked"]
    fresh = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(16, 7))
    load_into(fresh, weights)
    x = torch.rand(2, 3, 4, 4)
    torch.testing.assert_close(fresh.eval()(x), network().eval()(x), rtol=0, atol=0)


@pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")
def test_torchscript_is_told_apart(tmp_path: Path) -> None:
    script, weights = tmp_path / "script.pt", tmp_path / "weights.pt"
    torch.jit.save(torch.jit.trace(network().eval(), torch.rand(1, 3, 4, 4)), script)
    torch.save(network().state_dict(), weights)
    assert is_torchscript(script)
    assert not is_torchscript(weights)
    assert not is_torchscript(tmp_path)
    with pytest.raises(BadModelError, match="not one of weights"):
        read_weights(script)
