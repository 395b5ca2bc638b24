"""TFRecord shards: one `tf.train.Example` per chunk with its audio and parameters.

`tf.train.Example` takes a millisecond to swallow 32,000 floats one by one, so the messages are put together here from
the arrays' bytes. Features stand in the order of their names: the bytes depend on no version of protobuf, whose own
"deterministic" order differs between implementations. TensorFlow is imported by the functions that need it, and no GPU
is touched.
"""

from __future__ import annotations

import io
import itertools
import os
import struct
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from soundworks.dataset.model import Dataset
from soundworks.dataset.table import ChunkTable
from soundworks.dataset.wav import wav_header
from soundworks.errors import UserError
from soundworks.files import atomic_dir, atomic_path
from soundworks.records.model import ChunkRecord, RecordHeader, RecordParameter
from soundworks.records.params import synth_range, synth_units, user_range, user_value

_FIRST, _SECOND = b"\x0a", b"\x12"  # protobuf tags of fields 1 and 2, length-delimited
_BYTES, _FLOATS, _INTS = b"\x0a", b"\x12", b"\x1a"  # the fields of Feature: bytes_list, float_list, int64_list
Part = bytes | memoryview

_ARRAYS = ("audio", "soundDuration")
_PCM16_BYTES = 2


def write_tfrecords(
    header: RecordHeader, records: Iterable[ChunkRecord], dataset_dir: Path, out_dir: Path, shard_bytes: int
) -> list[Path]:
    """Write every chunk once, in order, into shards of about equally many chunks.

    Parameters
    ----------
    header : RecordHeader
        What the chunks share.
    records : iterable of ChunkRecord
        The chunks; `file` is relative to `dataset_dir`. It is gone through more than once: no iterator.
    dataset_dir : Path
        Folder of the data set, with the WAVs.
    out_dir : Path
        Folder for the shards, best one of their own: shards of an older, differently split run are left there.
    shard_bytes : int
        Wanted size of a shard, in bytes of 16-bit audio (the shard itself holds 32-bit floats).

    Returns
    -------
    list of Path
        `<sound_name>.tfrecord-00000-of-00003` and so on; they appear by rename when all are complete.
    """
    tf = _tensorflow()
    n_chunks = sum(1 for _ in records)
    ranges = shard_ranges(n_chunks, shard_count(header, records, shard_bytes))
    chunks = iter(records)
    paths = [out_dir / f"{header.sound_name}.tfrecord-{i:05d}-of-{len(ranges):05d}" for i in range(len(ranges))]
    with ExitStack() as stack:
        parts = [stack.enter_context(atomic_path(path)) for path in paths]
        for part, span in zip(parts, ranges, strict=True):
            _write_shard(tf, header, itertools.islice(chunks, len(span)), dataset_dir, part)
    return paths


def write_dataset_tfrecords(dataset: Dataset, folder: Path, output_dir: Path, shard_mib: float) -> None:
    """Write shards of a finished data set into `output_dir`, which appears whole; 0 MiB is one chunk a file."""
    shard_bytes = max(1, round(shard_mib * 2**20))
    with atomic_dir(output_dir) as out:
        write_tfrecords(dataset.header(), ChunkTable(folder), folder, out, shard_bytes)


def shard_count(header: RecordHeader, records: Iterable[ChunkRecord], shard_bytes: int) -> int:
    """Return ceil(bytes of all chunks as 16-bit PCM / shard_bytes), at least 1 and at most the number of chunks."""
    if shard_bytes < 1:
        raise ValueError(f"shard_bytes is {shard_bytes}, expected at least 1")
    sizes = [round(record.duration_s * header.sample_rate) * _PCM16_BYTES for record in records]
    return min(max(1, -(-sum(sizes) // shard_bytes)), len(sizes))


def shard_ranges(n_chunks: int, n_shards: int) -> list[range]:
    """Cut range(n_chunks) into n_shards consecutive ranges whose lengths differ by one at most."""
    return [range(i * n_chunks // n_shards, (i + 1) * n_chunks // n_shards) for i in range(n_shards)]


def example_bytes(header: RecordHeader, record: ChunkRecord, audio: NDArray[np.float32]) -> bytes:
    """Serialise one chunk as a `tf.train.Example`.

    Parameters
    ----------
    header, record : RecordHeader, ChunkRecord
        The chunk's parameters.
    audio : ndarray, shape (n_samples,)
        Its samples in [-1, 1).
    """
    features = dict(_shared_features(header))
    features["audio"] = _feature("audio", _FLOATS, audio.astype("<f4", copy=False).data.cast("B"))
    features["pfname"] = _text_feature("pfname", f"{record.stem}.params")
    features["soundDuration"] = _float_feature("soundDuration", 0.0, record.duration_s)
    features["segmentNum"] = _int_feature("segmentNum", record.chunk)
    features["setting"] = _int_feature("setting", record.setting)
    features["split"] = _text_feature("split", record.split)
    for parameter in header.parameters:
        name = parameter.name
        features[name] = _float_feature(name, user_value(parameter, record))
        features[f"{name}_natural"] = _float_feature(f"{name}_natural", record.natural[name])
    return b"".join(_message(_FIRST, [part for name in _feature_names(header) for part in features[name]]))


def feature_spec(header: RecordHeader) -> dict[str, Any]:
    """Return the features of a data set for `tf.io.parse_single_example`; `audio` has the length of its chunk."""
    tf = _tensorflow()
    scalar = {kind: tf.io.FixedLenFeature([], kind) for kind in (tf.string, tf.float32, tf.int64)}
    spec: dict[str, Any] = dict.fromkeys(("pfname", "split"), scalar[tf.string])
    spec |= dict.fromkeys(("segmentNum", "samplerate", "setting"), scalar[tf.int64])
    spec["audio"] = tf.io.FixedLenSequenceFeature([], tf.float32, allow_missing=True)
    spec["soundDuration"] = tf.io.FixedLenFeature([2], tf.float32)
    for parameter in header.parameters:
        spec |= dict.fromkeys(_parameter_names(parameter), scalar[tf.float32])
        spec[f"{parameter.name}_synth_units"] = scalar[tf.string]
        spec[f"{parameter.name}_user_nvals"] = scalar[tf.int64]
    return spec


def read_tfrecords(paths: Iterable[Path]) -> Iterator[dict[str, Any]]:
    """Yield the chunks of several shards, in their order, without TensorFlow.

    A chunk maps feature names to a str, an int or a float, `audio` and `soundDuration` to arrays of float32, shape
    (n_samples,) and (2,). The structure of the file is checked, its checksums are not.
    """
    for path in paths:
        try:
            yield from map(_parse_example, _payloads(path))
        except (IndexError, ValueError, struct.error) as error:
            raise UserError(f"{path}: not a complete file of TFRecords written by soundworks ({error})") from error


def _tensorflow() -> ModuleType:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        import tensorflow
    except ImportError as error:
        raise UserError(
            "records: tfrecords needs TensorFlow; install requirements/tensorflow.txt, or take tfrecords off the list"
        ) from error
    return tensorflow


def _write_shard(
    tf: ModuleType, header: RecordHeader, records: Iterable[ChunkRecord], dataset_dir: Path, path: Path
) -> None:
    try:
        with tf.io.TFRecordWriter(str(path)) as writer:
            for record in records:
                writer.write(example_bytes(header, record, _read_audio(header, dataset_dir / record.file)))
    except tf.errors.OpError as error:
        raise UserError(f"{path}: TensorFlow could not write it: {error.message}") from error


def _read_audio(header: RecordHeader, path: Path) -> NDArray[np.float32]:
    """Return a chunk's samples in [-1, 1), shape (n_samples,); integers are divided by their full scale."""
    try:
        content = path.read_bytes()
        plain = wav_header(len(content[44:]) // _PCM16_BYTES, header.sample_rate, "PCM_16")
        if content.startswith(plain):  # as the renderer writes it: no parser needed, which is most of the cost
            integers = np.frombuffer(content, "<i2", offset=len(plain))
            return np.multiply(integers, np.float32(2.0**-15), dtype=np.float32)
        audio, sample_rate = soundfile.read(io.BytesIO(content), dtype="float32")
    except soundfile.LibsndfileError as error:
        raise UserError(f"{path}: {error.error_string}") from error
    except FileNotFoundError:
        raise UserError(f"{path}: missing, expected the WAV of a chunk") from None
    if sample_rate != header.sample_rate or audio.ndim != 1:
        got = f"{sample_rate} Hz and an array of shape {audio.shape}"
        raise UserError(f"{path}: got {got}, expected mono at {header.sample_rate} Hz")
    return audio


@lru_cache(maxsize=8)
def _feature_names(header: RecordHeader) -> tuple[str, ...]:
    names = ["audio", "pfname", "samplerate", "segmentNum", "setting", "soundDuration", "split"]
    for parameter in header.parameters:
        names += _parameter_names(parameter)
        names += (f"{parameter.name}_synth_units", f"{parameter.name}_user_nvals")
    twice = sorted(name for name in set(names) if names.count(name) > 1)
    if twice:
        raise UserError(f"records: tfrecords has two meanings for {', '.join(twice)}; rename the synth's parameter")
    return tuple(sorted(names))


def _parameter_names(parameter: RecordParameter) -> list[str]:
    ends = ("", "_natural", "_user_minval", "_user_maxval", "_synth_minval", "_synth_maxval")
    return [f"{parameter.name}{end}" for end in ends]


@lru_cache(maxsize=8)
def _shared_features(header: RecordHeader) -> dict[str, list[Part]]:
    features = {"samplerate": _int_feature("samplerate", header.sample_rate)}
    for parameter in header.parameters:
        names = _parameter_names(parameter)[2:]
        limits = (*user_range(parameter), *synth_range(parameter))
        features |= {name: _float_feature(name, limit) for name, limit in zip(names, limits, strict=True)}
        units, count = f"{parameter.name}_synth_units", f"{parameter.name}_user_nvals"
        features[units] = _text_feature(units, synth_units(parameter))
        features[count] = _int_feature(count, 1 if parameter.fixed else parameter.count)
    return {name: [b"".join(parts)] for name, parts in features.items()}


def _message(tag: bytes, parts: list[Part]) -> list[Part]:
    """Put a tag and a length before a message; its parts are joined only once, at the end."""
    return [tag + _varint(sum(map(len, parts))), *parts]


def _feature(name: str, kind: bytes, values: Part) -> list[Part]:
    """Encode an entry of the map Features.feature, whose key is field 1 and whose value is field 2."""
    value = _message(_SECOND, _message(kind, _message(_FIRST, [values])))
    return _message(_FIRST, _message(_FIRST, [name.encode()]) + value)


def _float_feature(name: str, *values: float) -> list[Part]:
    return [_float_head(name, len(values)), struct.pack(f"<{len(values)}f", *values)]


@lru_cache(maxsize=1024)
def _float_head(name: str, n_values: int) -> bytes:
    """Encode all of a float feature but its values: the same for every chunk, and most of the encoding's cost."""
    return b"".join(_feature(name, _FLOATS, bytes(4 * n_values)))[: -4 * n_values]


def _int_feature(name: str, value: int) -> list[Part]:
    return _feature(name, _INTS, _varint(value % 2**64))


def _text_feature(name: str, text: str) -> list[Part]:
    return _feature(name, _BYTES, text.encode())


def _varint(value: int) -> bytes:
    """Encode an unsigned integer in groups of seven bits, the lowest first."""
    groups = bytearray()
    while value > 0x7F:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    groups.append(value)
    return bytes(groups)


def _read_varint(data: memoryview, start: int) -> tuple[int, int]:
    """Decode the unsigned integer at `start`; return it and the position after it."""
    value, shift = 0, 0
    while data[start] > 0x7F:
        value |= (data[start] & 0x7F) << shift
        start, shift = start + 1, shift + 7
    return value | data[start] << shift, start + 1


def _payloads(path: Path) -> Iterator[memoryview]:
    """Yield the records of a file: length (8 bytes), its checksum (4), the payload, its checksum (4)."""
    left = path.stat().st_size
    with path.open("rb") as stream:
        while left:
            (n_bytes,) = struct.unpack("<Q", stream.read(12)[:8])
            left -= n_bytes + 16
            if left < 0:
                raise ValueError("a record is cut off")
            yield memoryview(stream.read(n_bytes + 4))[:n_bytes]


def _fields(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Yield tag and content of a message's fields, all of them length-delimited."""
    position = 0
    while position < len(data):
        n_bytes, start = _read_varint(data, position + 1)
        if start + n_bytes > len(data):
            raise ValueError("a field is cut off")
        yield bytes(data[position : position + 1]), data[start : start + n_bytes]
        position = start + n_bytes


def _parse_example(data: memoryview) -> dict[str, Any]:
    (_, features), *_ = _fields(data)
    entries = (dict(_fields(entry)) for _, entry in _fields(features))
    return {name: _decode(name, entry[_SECOND]) for entry in entries for name in [str(entry[_FIRST], "utf-8")]}


def _decode(name: str, feature: memoryview) -> Any:
    (kind, values), *_ = _fields(feature)
    (_, data), *_ = _fields(values)
    if kind == _BYTES:
        return str(data, "utf-8")
    if kind == _INTS:
        value, _ = _read_varint(data, 0)
        return value - 2**64 if value >= 2**63 else value
    array = np.frombuffer(data, "<f4").astype(np.float32)
    return array if name in _ARRAYS else float(array[0])
