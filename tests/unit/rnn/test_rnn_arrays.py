"""Conditioning arrays: the originals' form, names beside them, and a sentence for all that is something else."""

from __future__ import annotations

import io
import json
import os
import pickle
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rnn_fixtures import CUTOFF, PITCH, random_rnn

from soundworks.errors import UserError
from soundworks.rnn.control.arrays import check_fits, read_array, write_array


def save(folder: Path, array: Any, **about: Any) -> Path:
    path = folder / "x.npy"
    np.save(path, array)
    if about:
        path.with_suffix(".json").write_text(json.dumps(about))
    return path


def refusal(path: Path, names: list[str] | None = None) -> str:
    with pytest.raises(UserError) as refused:
        read_array(path, names)
    return str(refused.value)


@pytest.mark.parametrize("shape", [(1, 1000, 1), (1, 1000, 2), (1, 1000, 3), (1, 1, 2)])
def test_the_originals_files_are_read_with_names_given(shape: tuple[int, ...], tmp_path: Path) -> None:
    values = np.random.default_rng(0).random(shape)
    names = ["pitch", "cutoff", "level"][: shape[2]]

    array = read_array(save(tmp_path, values), names)

    assert array.names == tuple(names)
    np.testing.assert_array_equal(array.rows, values[0])
    np.testing.assert_array_equal(array.column(names[-1]), values[0, :, -1])
    assert (array.seconds, array.sample_rate) == (None, None)


def test_a_written_array_is_of_the_originals_form_and_names_itself(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).random((5, 2))
    about = {"seconds": 2.5, "sample_rate": 16000, "parameters": [PITCH.to_dict(), CUTOFF.to_dict()]}
    write_array(tmp_path / "a.npy", rows, ("pitch", "cutoff"), about, json_path=tmp_path / "a.json")

    plain = np.load(tmp_path / "a.npy")
    assert (plain.shape, plain.dtype) == ((1, 5, 2), np.float64)
    array = read_array(tmp_path / "a.npy")
    assert (array.names, array.seconds, array.sample_rate) == (("pitch", "cutoff"), 2.5, 16000)
    assert array.parameters == {"pitch": PITCH, "cutoff": CUTOFF}
    np.testing.assert_array_equal(array.rows, rows)


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int64, np.uint8, ">f8"])
def test_numbers_of_any_kind_are_numbers(dtype: Any, tmp_path: Path) -> None:
    array = read_array(save(tmp_path, np.array([[[0], [1]]], dtype)))
    assert array.rows.dtype == np.float64
    assert array.rows.tolist() == [[0.0], [1.0]]


def test_rounding_beyond_the_range_is_cut_off(tmp_path: Path) -> None:
    assert read_array(save(tmp_path, np.array([[[-1e-9], [1 + 1e-9]]]))).rows.tolist() == [[0.0], [1.0]]


@pytest.mark.parametrize(
    ("array", "found"),
    [
        (np.zeros(5), "found the shape [5], expected [1, T, n]"),
        (np.zeros((5, 2)), "found the shape [5, 2], expected [1, T, n]"),
        (np.zeros((2, 5, 2)), "found the shape [2, 5, 2], expected [1, T, n]"),
        (
            np.array([[[0.5, 0], [0, 1.5], [0, 0]]]),
            "found 1.5 in row 1, column 1, expected values in [0, 1]",
        ),
        (np.array([[[0.5], [np.nan]]]), "found nan in row 1, column 0, expected values in [0, 1]"),
        (np.array([[[-np.inf]]]), "found -inf in row 0, column 0"),
        (np.array([[["a"]]]), "found values of the type <U1, expected real numbers"),
        (np.array([[[1j]]]), "found values of the type complex128"),
        (np.array([[[True]]]), "found values of the type bool"),
    ],
)
def test_another_array_is_refused_in_one_sentence(array: Any, found: str, tmp_path: Path) -> None:
    path = save(tmp_path, array)
    assert refusal(path).startswith(f"{path}: {found}")


def test_what_is_no_array_is_refused_and_never_run(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    assert "found no file that can be read (no such file or directory)" in refusal(path)
    path.mkdir()
    assert "found no file that can be read (is a directory)" in refusal(path)
    path.rmdir()
    whole = io.BytesIO()
    np.save(whole, np.zeros((1, 100, 2)))
    objects = io.BytesIO()
    np.save(objects, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    archive = io.BytesIO()
    np.savez(archive, a=np.zeros(3))
    huge = whole.getvalue().replace(b"(1, 100, 2), }", b"(1, 9999999999999, 2), }")
    for content in (whole.getvalue()[:300], whole.getvalue()[:20], objects.getvalue(), huge):
        path.write_bytes(content)
        assert refusal(path).startswith(f"{path}: this is no array (")
    for content in (b"", b"hello", pickle.dumps([1])):
        path.write_bytes(content)
        assert refusal(path) == f"{path}: found a file of another kind, expected a .npy file"
    for content in (archive.getvalue(), b"PK\x03\x04 and no more"):
        path.write_bytes(content)
        assert refusal(path) == f"{path}: found an archive of arrays, expected a .npy file"
    path.unlink()
    os.mkfifo(path)
    assert refusal(path) == f"{path}: found a pipe or a device, expected a .npy file"


@pytest.mark.parametrize("shape", ["(1, 4, 2", "(" * 3000 + ")" * 3000, "(1, 2**70, 2)", "(1, 9" + "9" * 30 + ", 2)",
                                   "(1, 4294967296, 4294967296)", "(1, -4, 2)", "exit()"])  # fmt: skip
def test_a_damaged_header_is_a_short_sentence(shape: str, tmp_path: Path) -> None:
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (63 - (10 + len(header)) % 64) + "\n"
    path = tmp_path / "x.npy"
    path.write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode())
    found = refusal(path).removeprefix(f"{path}: this is no array (")
    assert 20 < len(found) < 300
    assert "\n" not in found


def test_any_damage_is_a_sentence(tmp_path: Path) -> None:
    whole = save(tmp_path, np.zeros((1, 4, 2))).read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(300):
        content = bytearray(whole)
        for place in rng.integers(128, size=2).tolist():
            content[place] = int(rng.integers(256))
        (tmp_path / "x.npy").write_bytes(content)
        with suppress(UserError), warnings.catch_warnings(action="ignore", category=UserWarning):  # of old headers
            read_array(tmp_path / "x.npy")


def test_an_empty_array_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path, np.zeros((1, 0, 2)))
    assert refusal(path).startswith(f"{path}: ")


@pytest.mark.parametrize(
    ("about", "found"),
    [
        ({"columns": ["a"]}, "columns: found 1 names (a), expected 2, one a column"),
        ({"columns": ["a", "a"]}, "columns: found a, a, expected no name twice"),
        ({"columns": "ab"}, "columns: found no list of names, expected 2"),
        ({"names": ["a", "b"]}, "columns: found no list of names, expected 2"),
        ({"columns": ["a", "b"], "seconds": "3"}, "seconds: found '3', expected a number above 0"),
        ({"columns": ["a", "b"], "sample_rate": 0}, "sample_rate: found 0, expected a number above 0"),
        ({"columns": ["a", "b"], "seconds": 10**400}, "seconds: found 1000"),
        (
            {"columns": ["a", "b"], "format": "soundworks rnn 1"},
            "format: found 'soundworks rnn 1', expected 'soundworks c",
        ),
        (
            {"columns": ["a", "b"], "parameters": [{"name": "a", "minimum": 0, "maximum": 10**400}]},
            "parameters: found no list of parameters with ranges",
        ),
        ({"columns": ["a", "b"], "parameters": [1]}, "parameters: found no list of parameters with ranges"),
    ],
)
def test_a_wrong_file_beside_it_is_refused(about: dict[str, Any], found: str, tmp_path: Path) -> None:
    path = save(tmp_path, np.zeros((1, 3, 2)), **about)
    assert refusal(path).startswith(f"{path.with_suffix('.json')}: {found}")


def test_names_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    path = save(tmp_path, np.zeros((1, 3, 2)))
    assert "found 1 names (a), expected 2, one a column" in refusal(path, ["a"])
    assert "found a, a, expected no name twice" in refusal(path, ["a", "a"])
    named = save(tmp_path, np.zeros((1, 3, 2)), columns=["a", "b"])
    assert "found the names b, a, expected those of x.json: a, b" in refusal(named, ["b", "a"])
    assert read_array(named, ["a", "b"]).names == ("a", "b")


def test_a_column_that_is_not_there_is_refused(tmp_path: Path) -> None:
    array = read_array(save(tmp_path, np.zeros((1, 3, 2))))
    with pytest.raises(UserError, match=r"found 2 columns without names and no x\.json beside it"):
        array.column("a")
    with pytest.raises(UserError, match=r"found 2 columns, expected one of the number 2"):
        array.column(2)
    with pytest.raises(UserError, match=r"found the columns a, b, expected c among them"):
        read_array(array.path, ["a", "b"]).column("c")


def test_an_array_for_another_network_is_refused(tmp_path: Path) -> None:
    rnn = random_rnn(tmp_path / "rnn")
    rate = read_array(save(tmp_path, np.zeros((1, 3, 1)), columns=["pitch"], sample_rate=22050))
    with pytest.raises(
        UserError, match=r"x\.json: sample_rate: found 22050 Hz, expected 16000 Hz, that of the network"
    ):
        check_fits(rate, rnn)
    other = {**PITCH.to_dict(), "maximum": 80.0}
    ranges = read_array(save(tmp_path, np.zeros((1, 3, 1)), columns=["pitch"], parameters=[other]))
    with pytest.raises(UserError, match=r"pitch: found values for 48 to 80 MIDI note, expected 48 to 68 MIDI note"):
        check_fits(ranges, rnn)
    check_fits(read_array(save(tmp_path, np.zeros((1, 3, 1)), columns=["pitch"], sample_rate=16000)), rnn)
