"""Samples and WAV files: accepted by other readers, exact to half a step, never over full scale, resampled cleanly."""

import io
import struct
import wave

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from soundworks.config.dataset import MAX_SOUND_SAMPLES
from soundworks.dataset.audio import CEILING, encode, peak_of, resample, safe_gain
from soundworks.dataset.wav import wav_bytes, wav_header

STEP = {"PCM_16": 2.0**-15, "PCM_24": 2.0**-23, "FLOAT": 2.0**-24}  # a float32 below 1 is finer than 2^-24


def wav_of(signal, sample_format, sample_rate=16000, gain=1.0):
    header = wav_header(signal.size, sample_rate, sample_format)
    return wav_bytes(encode(signal, gain, sample_format), header)


def noise(n, seed=0):
    return np.random.default_rng(seed).uniform(-CEILING, CEILING, n)


class TestWav:
    @pytest.mark.parametrize("n_samples", [1, 2, 1001])
    @pytest.mark.parametrize("sample_format", ["PCM_16", "PCM_24", "FLOAT"])
    def test_soundfile_reads_what_was_written(self, sample_format, n_samples):
        signal = noise(n_samples)
        content = wav_of(signal, sample_format, 44100)
        with soundfile.SoundFile(io.BytesIO(content)) as file:
            assert (file.samplerate, file.channels, file.subtype, file.frames) == (44100, 1, sample_format, n_samples)
            read = file.read(dtype="float64")
        assert np.abs(read - signal).max() <= 0.5 * STEP[sample_format]

    @pytest.mark.parametrize("n_samples", [1, 2, 1001])
    @pytest.mark.parametrize(("sample_format", "width"), [("PCM_16", 2), ("PCM_24", 3)])
    def test_the_standard_library_reads_what_was_written(self, sample_format, width, n_samples):
        signal = noise(n_samples)
        with wave.open(io.BytesIO(wav_of(signal, sample_format, 8000))) as file:
            assert file.getparams()[:4] == (1, width, 8000, n_samples)
            data = file.readframes(n_samples)
        read = [int.from_bytes(data[i : i + width], "little", signed=True) for i in range(0, len(data), width)]
        assert np.abs(np.array(read) * STEP[sample_format] - signal).max() <= 0.5 * STEP[sample_format]

    @pytest.mark.parametrize("n_samples", [0, 1, 2, 3, 4001])
    @pytest.mark.parametrize("sample_format", ["PCM_16", "PCM_24", "FLOAT"])
    def test_sizes_in_the_header_are_those_of_the_file(self, sample_format, n_samples):
        content = wav_of(noise(n_samples), sample_format)
        assert len(content) % 2 == 0
        assert struct.unpack("<4sI4s", content[:12]) == (b"RIFF", len(content) - 8, b"WAVE")
        chunks, offset = {}, 12
        while offset < len(content):
            name, size = struct.unpack("<4sI", content[offset : offset + 8])
            chunks[name] = size
            offset += 8 + size + size % 2
        assert offset == len(content)
        assert chunks[b"data"] == n_samples * {"PCM_16": 2, "PCM_24": 3, "FLOAT": 4}[sample_format]
        assert (b"fact" in chunks) == (sample_format == "FLOAT")

    def test_the_longest_sound_fits(self):
        assert len(wav_header(MAX_SOUND_SAMPLES, 384000, "FLOAT")) == 58


class TestGain:
    @pytest.mark.parametrize("peak", [0.0, 1e-300, 0.5, CEILING])
    def test_it_is_one_where_nothing_clips(self, peak):
        assert safe_gain(peak) == 1.0

    @pytest.mark.parametrize("sample_format", ["PCM_16", "PCM_24", "FLOAT"])
    @settings(deadline=None, max_examples=30)
    @given(peak=st.floats(CEILING, 1e300, exclude_min=True), sign=st.sampled_from([-1.0, 1.0]))
    def test_the_peak_lands_on_the_ceiling(self, peak, sign, sample_format):
        signal = np.array([0.0, sign * peak, -0.5 * sign * peak])
        read, _ = soundfile.read(io.BytesIO(wav_of(signal, sample_format, gain=safe_gain(peak))))
        assert np.abs(read).max() == CEILING
        assert np.sign(read[1]) == sign

    def test_peak_is_the_largest_magnitude_and_passes_on_what_is_no_number(self):
        assert peak_of(np.array([0.25, -0.75, 0.5])) == 0.75
        assert peak_of(np.zeros(0)) == 0.0
        assert np.isnan(peak_of(np.array([0.0, np.nan, 1.0])))
        assert peak_of(np.array([0.0, -np.inf])) == np.inf


class TestEncoding:
    def test_known_values(self):
        signal = np.array([0.0, 0.5, -0.5, CEILING, -1.0, 0.4 * 2.0**-15, 0.6 * 2.0**-15])
        assert encode(signal, 1.0, "PCM_16").tolist() == [0, 16384, -16384, 32767, -32768, 0, 1]
        assert encode(signal[:2], 0.5, "PCM_16").tolist() == [0, 8192]
        assert encode(np.array([-(2.0**-23), 0.5]), 1.0, "PCM_24").tolist() == [[255, 255, 255], [0, 0, 64]]
        assert encode(np.array([0.1]), 1.0, "FLOAT").tobytes() == struct.pack("<f", 0.1)


class TestResampling:
    @pytest.mark.parametrize(("from_hz", "to_hz"), [(44100, 16000), (16000, 44100), (8000, 22050), (48000, 44100)])
    def test_a_tone_keeps_frequency_level_and_phase(self, from_hz, to_hz):
        tone_hz, duration_s = 1000.0, 0.5
        n_samples = round(duration_s * to_hz)
        tone = 0.5 * np.sin(2 * np.pi * tone_hz * np.arange(round(duration_s * from_hz)) / from_hz)
        resampled = resample(tone, from_hz, to_hz, n_samples)
        expected = 0.5 * np.sin(2 * np.pi * tone_hz * np.arange(n_samples) / to_hz)
        inner = slice(n_samples // 10, -n_samples // 10)  # the filter rings at the tone's abrupt ends
        # The VHQ quality promises 28 bits; that is far below half a step of 24 bits.
        assert resampled.shape == (n_samples,)
        assert np.abs(resampled - expected)[inner].max() < 2.0**-25

    def test_what_the_lower_rate_cannot_hold_is_gone(self):
        tone = np.sin(2 * np.pi * 9000 * np.arange(44100) / 44100)
        assert np.abs(resample(tone, 44100, 16000, 16000)[1000:-1000]).max() < 1e-5

    @pytest.mark.parametrize("n_samples", [1, 3, 1599, 1600, 1601])
    def test_length_is_what_was_asked_for(self, n_samples):
        assert resample(noise(4410), 44100, 16000, n_samples).shape == (n_samples,)

    def test_equal_rates_change_nothing(self):
        signal = noise(100)
        assert resample(signal, 16000, 16000, 100) is signal
