"""Sounds are read as other readers read them, and what is no sound is a sentence."""

from __future__ import annotations

import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile
from feature_signals import noise, sine
from hypothesis import given, settings
from hypothesis import strategies as st

from soundworks.dataset.audio import resample
from soundworks.dataset.wav import wav_bytes, wav_header
from soundworks.errors import UserError
from soundworks.features import sounds
from soundworks.features.sounds import conform, decode_wav, read_sound

FORMATS = [
    *(("wav", subtype) for subtype in ("PCM_16", "PCM_24", "FLOAT", "PCM_U8", "PCM_32", "DOUBLE")),
    *(("aiff", "PCM_16"), ("flac", "PCM_24"), ("ogg", "VORBIS")),
]


@pytest.mark.parametrize(("extension", "subtype"), FORMATS)
@pytest.mark.parametrize("n_channels", [1, 2, 5])
def test_files_are_read_as_soundfile_reads_them(tmp_path: Path, extension: str, subtype: str, n_channels: int) -> None:
    path = tmp_path / f"a.{extension}"
    channels = np.stack([sine(200.0 * (i + 1), 22050, 3001, 0.7) for i in range(n_channels)], axis=1)
    soundfile.write(path, channels, 22050, subtype=subtype)

    samples, sample_rate = read_sound(path)

    expected, _ = soundfile.read(path, dtype="float32", always_2d=True)
    assert sample_rate == 22050
    assert samples.dtype == np.float32
    assert samples == pytest.approx(expected.mean(axis=1), abs=1e-7)


@pytest.mark.parametrize(("sample_format", "dtype", "scale"), [("PCM_16", "<i2", 2**15), ("FLOAT", "<f4", 1)])
def test_our_own_files_need_no_library(sample_format: str, dtype: str, scale: int) -> None:
    values = (noise(999, 8000) * scale).astype(dtype)

    decoded = decode_wav(wav_bytes(values, wav_header(values.size, 8000, sample_format)))

    assert decoded is not None
    assert decoded[1] == 8000
    assert np.array_equal(decoded[0], values.astype(np.float32) / scale)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "cannot be read as a sound (format not recognised)"),
        (b"hello, I am a text\n" * 100, "cannot be read as a sound (format not recognised)"),
        (wav_header(0, 8000, "PCM_16"), "found no samples, expected a sound"),
        (
            wav_header(100, 8000, "PCM_16") + b"\0" * 199,
            "found 199 bytes of samples, expected 200: the file is cut off",
        ),
        (
            wav_bytes(np.array([0, np.nan], "<f4"), wav_header(2, 8000, "FLOAT")),
            "found NaN or infinity, expected finite",
        ),
        (
            wav_bytes(np.array([0, np.inf], "<f4"), wav_header(2, 8000, "FLOAT")),
            "found NaN or infinity, expected finite",
        ),
    ],
)
def test_a_file_that_is_no_sound_is_a_sentence(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(content)

    with pytest.raises(UserError) as error:
        read_sound(path)

    assert str(error.value).startswith(f"{path}: {reason}")


def test_a_missing_file_and_a_folder_are_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.wav: no such file, expected a sound"):
        read_sound(tmp_path / "none.wav")
    with pytest.raises(UserError, match="cannot be read"):
        read_sound(tmp_path)


def test_a_size_that_the_writer_could_not_know_means_all_that_follows() -> None:
    values = np.arange(50, dtype="<i2")
    content = bytearray(wav_bytes(values, wav_header(50, 8000, "PCM_16")))
    content[40:44] = struct.pack("<I", 0xFFFFFFFF)

    decoded = decode_wav(bytes(content))

    assert decoded is not None
    assert np.array_equal(decoded[0] * 2**15, values)


HEADERS = st.sampled_from([wav_header(8, 8000, name) for name in ("PCM_16", "PCM_24", "FLOAT")])


@settings(max_examples=300, deadline=None)
@given(HEADERS, st.binary(max_size=40), st.lists(st.tuples(st.integers(0, 60), st.integers(0, 255)), max_size=6))
def test_damaged_files_are_a_sound_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, header: bytes, data: bytes, damage: list[tuple[int, int]]
) -> None:
    content = bytearray(header + data)
    for position, value in damage:
        if position < len(content):
            content[position] = value
    path = tmp_path_factory.getbasetemp() / "damaged.wav"
    path.write_bytes(content)

    samples, sample_rate, message = np.zeros(1, np.float32), 1, f"{path}: "
    try:
        samples, sample_rate = read_sound(path)
    except UserError as error:
        message = str(error)

    assert message.startswith(f"{path}: ")
    assert samples.ndim == 1
    assert np.isfinite(samples).all()
    assert sample_rate > 0


def test_sounds_are_cut_or_filled_up_at_the_end() -> None:
    samples = noise(100, 8000)

    assert np.array_equal(conform(samples, 8000, 8000, 60), samples[:60])
    assert np.array_equal(conform(samples, 8000, 8000, 130), np.pad(samples, (0, 30)))
    assert conform(samples.astype(np.float64), 8000, 8000, 100).dtype == np.float32


@pytest.mark.parametrize("own_rate", [8000, 44100, 48000])
def test_another_rate_is_resampled(own_rate: int) -> None:
    expected = sine(440, 16000, 16000, 0.5)

    found = conform(sine(440, own_rate, own_rate, 0.5), own_rate, 16000, 16000)

    assert np.abs(found - expected)[400:-400].max() < 1e-3


@pytest.mark.parametrize(("own_rate", "rate"), [(48000, 44100), (8000, 44100), (96000, 16000), (44100, 44099)])
def test_what_is_cut_off_changes_nothing_before_it(own_rate: int, rate: int) -> None:
    samples = noise(4 * own_rate, own_rate)

    found = conform(samples, own_rate, rate, rate // 2)

    whole = resample(samples.astype(np.float64), own_rate, rate, 4 * rate)[: rate // 2]
    assert np.abs(found - whole).max() < 1e-7


def test_a_header_of_one_hertz_takes_no_memory() -> None:
    tracemalloc.start()
    try:
        found = conform(noise(100_000, 8000), 1, 8000, 8000)
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert found.size == 8000
    assert peak_bytes < 4e8  # all of it at 8000 Hz would be 6.4 GB


def test_a_sound_of_too_many_samples_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sounds, "MAX_SOUND_SAMPLES", 99)
    for name in ("a.wav", "b.flac"):
        soundfile.write(tmp_path / name, noise(100, 8000), 8000)
        with pytest.raises(UserError, match=f"{name}: found 100 samples, expected at most 99"):
            read_sound(tmp_path / name)
