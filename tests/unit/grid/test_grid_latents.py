"""Latent vectors as files: read back exactly, and everything else refused in a sentence, nothing run."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from soundworks.errors import UserError
from soundworks.grid.latents import read_latent, write_latent


def test_a_latent_comes_back_as_the_original_and_others_read_it(tmp_path: Path) -> None:
    latent = np.random.default_rng(1).standard_normal(64).astype(np.float32)

    write_latent(tmp_path / "z.pt", latent)

    assert np.array_equal(read_latent(tmp_path / "z.pt", 64), latent)
    tensor = torch.load(tmp_path / "z.pt", weights_only=True)
    assert tensor.dtype == torch.float32
    assert tensor.shape == (64,)
    assert np.array_equal(tensor.numpy(), latent)


def test_equal_latents_are_equal_bytes_whatever_the_name(tmp_path: Path) -> None:
    for name in ("a.pt", "another.pt"):
        write_latent(tmp_path / name, np.arange(4, dtype=np.float32))

    assert (tmp_path / "a.pt").read_bytes() == (tmp_path / "another.pt").read_bytes()


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16, torch.int32])
def test_tensors_of_other_types_and_forms_are_read(dtype: torch.dtype, tmp_path: Path) -> None:
    torch.save(torch.arange(3).to(dtype)[None], tmp_path / "z.pt", _use_new_zipfile_serialization=False)

    assert read_latent(tmp_path / "z.pt").tolist() == [0.0, 1.0, 2.0]


def test_text_and_json_are_read(tmp_path: Path) -> None:
    (tmp_path / "z.txt").write_text("0.5\n-1e-1, 2\n")
    (tmp_path / "z.json").write_text("[0.5, -0.1, 2]")
    (tmp_path / "named.json").write_text('{"latent": [0.5, -0.1, 2]}')

    for name in ("z.txt", "z.json", "named.json"):
        assert read_latent(tmp_path / name, 3).tolist() == np.array([0.5, -0.1, 2], np.float32).tolist()


class Malicious:
    """Runs code when it is unpickled by anything that runs code."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("how", ["torch", "old torch", "pickle"])
def test_a_malicious_pickle_is_refused_and_not_run(how: str, tmp_path: Path) -> None:
    path, mark = tmp_path / "z.pt", tmp_path / "it-ran"
    if how == "pickle":
        path.write_bytes(pickle.dumps(Malicious(mark)))
    else:
        torch.save(Malicious(mark), path, _use_new_zipfile_serialization=how == "torch")

    with pytest.raises(UserError, match=r"z.pt: found a file .*(would run code|cannot read).*, expected one tensor"):
        read_latent(path)

    assert not mark.exists()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (torch.zeros(2, 3), r"found an array of shape \(2, 3\), expected one latent vector"),
        (torch.zeros(0), r"found an array of shape \(0,\), expected one latent vector"),
        (torch.tensor(1.0), r"found an array of shape \(\), expected"),
        (torch.tensor([1.0, float("nan"), 0, 0]), r"found NaN or infinity, expected finite"),
        (torch.zeros(5), r"found a latent vector of 5 numbers, expected 4, as the GAN takes them"),
        (torch.zeros(4, dtype=torch.complex64), r"found a tensor of torch.complex64, expected real numbers"),
        ({"state": torch.zeros(4)}, r"found a dict, expected one tensor"),
        ((torch.zeros(1, 1, 2, 2), torch.zeros(1, 4)), r"found a tuple, expected one tensor"),
        (torch.tensor([1.0, -1e300, 0, 0], dtype=torch.float64), r"found 1e\+300, expected numbers that float32 holds"),
        (torch.ones(4, dtype=torch.bool), r"found a tensor of torch.bool, expected real numbers"),
        (torch.empty(4, device="meta"), r"found a tensor of torch.float32, expected real numbers"),
        (torch.zeros(1).expand(10**12), r"found 1,000,000,000,000 numbers, expected the few of one latent vector"),
    ],
)
def test_what_is_no_latent_is_told_in_a_sentence(content: Any, sentence: str, tmp_path: Path) -> None:
    torch.save(content, tmp_path / "z.pt")

    with pytest.raises(UserError, match=rf"^{tmp_path}/z.pt: {sentence}"):
        read_latent(tmp_path / "z.pt", 4)


@pytest.mark.filterwarnings("ignore")  # both kinds are deprecated, or were never finished
@pytest.mark.parametrize("kind", ["quantized", "nested"])
def test_tensors_without_plain_numbers_are_told_in_a_sentence(kind: str, tmp_path: Path) -> None:
    if kind == "nested":
        torch.save(torch.nested.nested_tensor([torch.zeros(2), torch.zeros(2)]), tmp_path / "z.pt")
    else:
        torch.save(torch.quantize_per_tensor(torch.zeros(4), 0.1, 0, torch.qint8), tmp_path / "z.pt")

    with pytest.raises(UserError, match=rf"^{tmp_path}/z.pt: found a (file|tensor) .*, expected"):
        read_latent(tmp_path / "z.pt", 4)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("z.pt", b"", "cannot read"),
        ("z.pt", b"PK\x03\x04 and then nothing", "cannot read"),
        ("z.txt", b"0.1 nought", "something else than numbers"),
        ("z.txt", b"\xff\xfe", "something else than numbers"),
        ("z.json", b"{", "no JSON"),
        ("z.json", json.dumps({"z": [1]}).encode(), "expected"),
        ("z.json", b'["a"]', "something else than numbers"),
        ("z.json", b'["1", "2"]', "something else than numbers"),
        ("z.json", b"[0.5, true]", "something else than numbers"),
        ("z.json", b"[[1, 2], [3]]", "something else than numbers"),
        ("z.json", b"[1e300]", r"found 1e\+300, expected numbers that float32 holds"),
        ("z.json", b"[1, " + b"9" * 400 + b"]", "found a whole number that no float holds"),
        ("z.json", b"[" * 100_000, "found JSON of too many levels, expected a list of numbers"),
        ("z.txt", b"0.1 1e300", r"found 1e\+300, expected numbers that float32 holds"),
    ],
)
def test_damaged_files_are_told_in_a_sentence(name: str, content: bytes, sentence: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)

    with pytest.raises(UserError, match=sentence):
        read_latent(tmp_path / name)


def test_a_missing_file_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none.pt: found no file that can be read \(no such file"):
        read_latent(tmp_path / "none.pt")
    with pytest.raises(UserError, match=r"found no file that can be read \(is a directory"):
        read_latent(tmp_path)
