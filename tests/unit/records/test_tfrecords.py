"""TFRecord shards: messages against TensorFlow's own, content through three readers, and no chunk lost."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from soundworks.errors import UserError
from soundworks.records.model import ChunkRecord, RecordHeader, RecordParameter
from soundworks.records.tfrecords import (
    example_bytes,
    feature_spec,
    read_tfrecords,
    shard_count,
    shard_ranges,
    write_tfrecords,
)

N_SAMPLES = 16
CF = RecordParameter("cf", "center frequency", "norm", 4, 0, 1, 0.25, 0.75, 100, 2000, "Hz")
RATE = RecordParameter("rate_exp", "rate_exp", "natural", 1, 0, 1, 0, 1, -10, 10, fixed=True)
HEADER = RecordHeader("Pop", 16000, (CF, RATE))
#: The schema of the original, kind by kind, and what ours adds.
KINDS = {
    "bytes_list": ["pfname", "cf_synth_units", "rate_exp_synth_units", "split"],
    "int64_list": ["segmentNum", "cf_user_nvals", "rate_exp_user_nvals", "samplerate", "setting"],
    "float_list": [
        "soundDuration", "audio",
        *(p + end for p in ("cf", "rate_exp") for end in ("", "_user_minval", "_user_maxval", "_synth_minval",
                                                          "_synth_maxval", "_natural")),
    ],
}  # fmt: skip


def chunk(index: int) -> ChunkRecord:
    natural, user = {"cf": 575.0 + index, "rate_exp": 2.0}, {"cf": index / 100, "rate_exp": 2.0}
    file = f"chunks/Pop--v-{index:03}.wav"
    return ChunkRecord(file, index // 2, index % 2, 0.0, N_SAMPLES / 16000, "train", 1.0, natural, user)


def pcm(index: int) -> NDArray[np.int16]:
    noise = np.random.default_rng(index).integers(-32768, 32768, N_SAMPLES, dtype=np.int16)
    noise[:3] = -32768, 32767, -1
    return noise


def expected(index: int) -> dict[str, Any]:
    """Write out a chunk's features from the format's description."""
    return {
        "pfname": f"Pop--v-{index:03}.params", "soundDuration": [0.0, np.float32(0.001)], "split": "train",
        "audio": pcm(index) / np.float32(32768), "segmentNum": index % 2, "samplerate": 16000, "setting": index // 2,
        "cf": np.float32(index / 100), "cf_natural": 575.0 + index, "cf_synth_units": "norm", "cf_user_nvals": 4,
        "cf_user_minval": 0.0, "cf_user_maxval": 1.0, "cf_synth_minval": 0.25, "cf_synth_maxval": 0.75,
        "rate_exp": 2.0, "rate_exp_natural": 2.0, "rate_exp_synth_units": "natural", "rate_exp_user_nvals": 1,
        "rate_exp_user_minval": -10.0, "rate_exp_user_maxval": 10.0,
        "rate_exp_synth_minval": -10.0, "rate_exp_synth_maxval": 10.0,
    }  # fmt: skip


def assert_is_chunk(example: dict[str, Any], index: int) -> None:
    content = expected(index)
    assert sorted(example) == sorted(content)
    for name, value in content.items():
        np.testing.assert_array_equal(example[name], value, err_msg=name)


@pytest.fixture(scope="module")
def tf() -> Any:
    return pytest.importorskip("tensorflow")


@pytest.fixture(scope="module")
def dataset_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dataset")
    (folder / "chunks").mkdir()
    for index in range(100):
        soundfile.write(folder / chunk(index).file, pcm(index), 16000, subtype="PCM_16")
    return folder


def write(dataset_dir: Path, out_dir: Path, n_chunks: int, shard_bytes: int) -> list[Path]:
    return write_tfrecords(HEADER, [chunk(index) for index in range(n_chunks)], dataset_dir, out_dir, shard_bytes)


def test_bytes_are_those_written_by_hand() -> None:
    record = ChunkRecord("a.wav", 300, 1, 0.0, 1.0, "test", 1.0, {}, {})
    # (tag, length)s of a map entry: 0a entry, 0a key, 12 Feature, 0a/12/1a its list, 0a the packed values
    entries = (
        b"\x0a\x11\x0a\x05audio\x12\x08\x12\x06\x0a\x04\x00\x00\x00\xbf"  # -0.5
        b"\x0a\x16\x0a\x06pfname\x12\x0c\x0a\x0a\x0a\x08a.params"
        b"\x0a\x14\x0a\x0asamplerate\x12\x06\x1a\x04\x0a\x02\x80\x7d"  # 16000 = 125 * 128
        b"\x0a\x13\x0a\x0asegmentNum\x12\x05\x1a\x03\x0a\x01\x01"
        b"\x0a\x11\x0a\x07setting\x12\x06\x1a\x04\x0a\x02\xac\x02"  # 300 = 2 * 128 + 44
        b"\x0a\x1d\x0a\x0dsoundDuration\x12\x0c\x12\x0a\x0a\x08\x00\x00\x00\x00\x00\x00\x80\x3f"
        b"\x0a\x11\x0a\x05split\x12\x08\x0a\x06\x0a\x04test"
    )
    example = example_bytes(RecordHeader("x", 16000, ()), record, np.array([-0.5], np.float32))
    assert example == b"\x0a" + bytes([len(entries) & 0x7F | 0x80, len(entries) >> 7]) + entries


@pytest.mark.tensorflow
@pytest.mark.parametrize("n_samples", [1, 31, 32, 4095, 70000])  # on both sides of longer length prefixes
def test_message_is_that_of_tensorflow(tf: Any, n_samples: int) -> None:
    audio = np.random.default_rng(0).uniform(-1, 1, n_samples).astype(np.float32)
    content = {**expected(5), "audio": audio}
    train, features = tf.train, {}
    for kind, names in KINDS.items():
        list_type = {"bytes_list": train.BytesList, "int64_list": train.Int64List, "float_list": train.FloatList}[kind]
        for name in names:
            value = [content[name].encode()] if kind == "bytes_list" else np.atleast_1d(content[name])
            features[name] = train.Feature(**{kind: list_type(value=value)})
    example = train.Example(features=train.Features(feature=features))
    ours = example_bytes(HEADER, chunk(5), audio)
    assert train.Example.FromString(ours) == example
    assert len(ours) == example.ByteSize()  # the order of a map's entries is free, their encoding is not


@pytest.mark.tensorflow
def test_tensorflow_reads_every_chunk_through_the_spec(tf: Any, dataset_dir: Path, tmp_path: Path) -> None:
    paths = write(dataset_dir, tmp_path, 10, 4 * 32)
    spec = feature_spec(HEADER)
    examples = tf.data.TFRecordDataset([str(path) for path in paths]).map(lambda x: tf.io.parse_single_example(x, spec))
    for index, example in enumerate(examples.as_numpy_iterator()):
        text = {name: value.decode() for name, value in example.items() if isinstance(value, bytes)}
        assert_is_chunk({**example, **text}, index)
    assert index == 9


#: The package brings protobuf descriptors of its own, which cannot be in one process with TensorFlow's.
READ_WITH_PACKAGE = """
import json, sys
from tfrecord.reader import tfrecord_loader
for example in tfrecord_loader(sys.argv[1], None, json.loads(sys.argv[2])):
    print(json.dumps({k: v.decode() if isinstance(v, bytes) else v.tolist() for k, v in example.items()}))
"""


@pytest.mark.tensorflow
def test_the_tfrecord_package_reads_every_chunk(tf: Any, dataset_dir: Path, tmp_path: Path) -> None:
    if importlib.util.find_spec("tfrecord") is None:
        pytest.skip("needs the package tfrecord")
    (path,) = write(dataset_dir, tmp_path, 5, 2**20)
    kinds = {"bytes_list": "byte", "int64_list": "int", "float_list": "float"}
    description = {name: kinds[kind] for kind, names in KINDS.items() for name in names}
    command = [sys.executable, "-c", READ_WITH_PACKAGE, str(path), json.dumps(description)]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    assert len(lines) == 5
    for index, line in enumerate(lines):
        example = json.loads(line)
        for name in {*example} - {"audio", "soundDuration"}:
            (example[name],) = [example[name]] if isinstance(example[name], str) else example[name]
        assert_is_chunk(example, index)


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    ("n_chunks", "shard_bytes", "sizes"),
    [
        (100, 458, [14, 14, 14, 15, 14, 14, 15]),  # the original lost 2 of these settings
        (5, 1, [1, 1, 1, 1, 1]),  # more shards wanted than chunks: its shards were all empty
        (3, 2**20, [3]),
    ],
)
def test_every_chunk_is_written_once_in_order(
    tf: Any, dataset_dir: Path, tmp_path: Path, n_chunks: int, shard_bytes: int, sizes: list[int]
) -> None:
    """Defect 6.1.2: settings per shard were rounded down and the rest dropped."""
    paths = write(dataset_dir, tmp_path / "out", n_chunks, shard_bytes)
    names = [f"Pop.tfrecord-{i:05}-of-{len(sizes):05}" for i in range(len(sizes))]
    assert [path.name for path in paths] == sorted(path.name for path in (tmp_path / "out").iterdir()) == names
    assert [sum(1 for _ in read_tfrecords([path])) for path in paths] == sizes
    for index, example in enumerate(read_tfrecords(paths)):
        assert_is_chunk(example, index)
    assert index == n_chunks - 1


@pytest.mark.tensorflow
def test_ranges_and_counts_are_the_real_ones(tf: Any, dataset_dir: Path, tmp_path: Path) -> None:
    """Defect 6.1.3: the original's number of values was always 1, its ranges always infinite."""
    (example,) = read_tfrecords(write(dataset_dir, tmp_path, 1, 2**20))
    assert example["cf_user_nvals"] == 4
    limits = [value for name, value in example.items() if name.endswith("val")]
    assert len(limits) == 8
    assert np.isfinite(limits).all()
    assert (example["rate_exp_user_minval"], example["rate_exp_synth_maxval"]) == (-10.0, 10.0)


@pytest.mark.tensorflow
def test_bytes_depend_on_nothing_but_the_inputs(tf: Any, dataset_dir: Path, tmp_path: Path) -> None:
    first, second = (write(dataset_dir, tmp_path / name, 9, 100) for name in "ab")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    reordered = replace(HEADER, parameters=HEADER.parameters[::-1])
    third = write_tfrecords(reordered, [chunk(i) for i in range(9)], dataset_dir, tmp_path / "c", 100)
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in third]


@pytest.mark.tensorflow
def test_a_failure_leaves_no_shard(tf: Any, dataset_dir: Path, tmp_path: Path) -> None:
    missing = [*map(chunk, range(4)), replace(chunk(4), file="chunks/missing.wav")]
    with pytest.raises(UserError, match=r"missing\.wav"):
        write_tfrecords(HEADER, missing, dataset_dir, tmp_path, 64)
    with pytest.raises(UserError, match="expected mono at 8000 Hz"):
        write_tfrecords(replace(HEADER, sample_rate=8000), [chunk(0)], dataset_dir, tmp_path, 64)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.tensorflow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_told_in_a_sentence(tf: Any, dataset_dir: Path, tmp_path: Path, monkeypatch: Any) -> None:
    open_writer = tf.io.TFRecordWriter
    monkeypatch.setattr(tf.io, "TFRecordWriter", lambda _path: open_writer("/dev/full"))
    with pytest.raises(UserError, match=r"Pop\.tfrecord.*No space left"):
        write(dataset_dir, tmp_path, 3, 64)


def test_missing_tensorflow_is_told_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(UserError, match=r"requirements/tensorflow\.txt"):
        write_tfrecords(HEADER, [chunk(0)], tmp_path, tmp_path, 64)


@pytest.mark.parametrize("name", ["audio", "setting", "cf_natural"])
def test_a_parameter_with_another_features_name_is_refused(name: str) -> None:
    header = replace(HEADER, parameters=(CF, replace(RATE, name=name)))
    record = replace(chunk(0), natural={"cf": 1.0, name: 1.0})
    with pytest.raises(UserError, match=name):
        example_bytes(header, record, np.zeros(1, np.float32))


def frame(payload: bytes) -> bytes:
    return len(payload).to_bytes(8, "little") + bytes(4) + payload + bytes(4)


def test_reader_needs_no_tensorflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    examples = [example_bytes(HEADER, chunk(i), pcm(i).astype(np.float32) / np.float32(32768)) for i in range(3)]
    (tmp_path / "a").write_bytes(b"".join(map(frame, examples)))
    for index, example in enumerate(read_tfrecords([tmp_path / "a"])):
        assert_is_chunk(example, index)
    assert index == 2


def test_reader_gives_back_a_negative_integer(tmp_path: Path) -> None:
    payload = example_bytes(HEADER, replace(chunk(0), setting=-1), np.zeros(2, np.float32))
    (tmp_path / "a").write_bytes(frame(payload))
    assert next(read_tfrecords([tmp_path / "a"]))["setting"] == -1


@pytest.mark.parametrize("n_bytes", [5, 40, -1])
def test_a_cut_off_file_is_told_in_a_sentence(tmp_path: Path, n_bytes: int) -> None:
    whole = frame(example_bytes(HEADER, chunk(0), np.zeros(2, np.float32)))
    (tmp_path / "a").write_bytes(whole[:n_bytes])
    with pytest.raises(UserError, match="not a complete file of TFRecords"):
        list(read_tfrecords([tmp_path / "a"]))


def test_other_content_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(frame(b"\x0a\x05\x0a\x50abc"))
    with pytest.raises(UserError, match="not a complete file of TFRecords"):
        list(read_tfrecords([tmp_path / "a"]))


@given(st.integers(1, 5000), st.integers(1, 60))
def test_ranges_cover_every_chunk_once_and_evenly(n_chunks: int, n_shards: int) -> None:
    n_shards = min(n_shards, n_chunks)
    ranges = shard_ranges(n_chunks, n_shards)
    assert [index for span in ranges for index in span] == list(range(n_chunks))
    assert len(ranges) == n_shards
    assert max(map(len, ranges)) - min(map(len, ranges)) <= 1


@given(st.integers(0, 60), st.integers(1, 10**4))
def test_no_shard_is_empty_and_the_wanted_size_holds_on_average(n_chunks: int, shard_bytes: int) -> None:
    n_shards = shard_count(HEADER, [chunk(i) for i in range(n_chunks)], shard_bytes)
    total_bytes = n_chunks * N_SAMPLES * 2
    assert n_shards <= n_chunks
    assert n_shards == n_chunks or (n_shards - 1) * shard_bytes < total_bytes <= n_shards * shard_bytes


def test_a_shard_of_no_bytes_is_refused() -> None:
    with pytest.raises(ValueError, match="expected at least 1"):
        shard_count(HEADER, [chunk(0)], 0)
