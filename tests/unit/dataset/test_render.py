"""Rendering: the same bytes in any order and number of shards, honest gains, moving parameters that move."""

import csv
import errno
import io
import json
import os

import numpy as np
import pytest
import soundfile
from experiments import axis, files_of, make_dataset

from soundworks.dataset.audio import CEILING
from soundworks.dataset.render import Renderer, render_shard
from soundworks.dataset.settings import Grid, write_settings
from soundworks.dataset.shards import AUDIO, CHECKSUMS, REPORT, TABLE, parse_shard_name, shard_bounds, shard_names
from soundworks.errors import UserError

HALF_STEP = {"PCM_16": 2.0**-16, "PCM_24": 2.0**-24, "FLOAT": 2.0**-25}


def samples_of(chunks):
    return np.concatenate([soundfile.read(io.BytesIO(chunk), dtype="float64")[0] for chunk in chunks])


def render(dataset, index=0):
    """Return a setting's samples, gain, whether it is silent, and the synth's own signal."""
    renderer, setting = Renderer(dataset), Grid(dataset).setting(index)
    chunks, gain, silent = renderer.chunks(setting)
    return samples_of(chunks), gain, silent, renderer.sound(setting)


def render_all(dataset, folder, n_shards):
    """Render every shard, the last first, and return the contents of the shards as one data set's."""
    folder.mkdir()
    write_settings(dataset, Grid(dataset), folder / "settings.csv")
    for shard in reversed(range(n_shards)):
        render_shard(dataset, folder / "settings.csv", shard, n_shards, folder / f"{shard}")
    audio, table, sums = {}, b"", b""
    for shard in range(n_shards):
        audio |= files_of(folder / f"{shard}" / AUDIO)
        table += (folder / f"{shard}" / TABLE).read_bytes()
        sums += (folder / f"{shard}" / CHECKSUMS).read_bytes()
    return audio, table, sums


@pytest.fixture(scope="module")
def small():
    return make_dataset(parameters=[axis("rate_exp", 2, 5, 4), axis("cf", 300, 600, 2)], splits={"test": 0.25})


class TestShards:
    @pytest.mark.parametrize(("n_shards", "n_settings"), [(1, 1), (3, 8), (7, 7), (8, 100), (13, 1000)])
    def test_they_cover_all_settings_once_and_evenly(self, n_shards, n_settings):
        bounds = [shard_bounds(shard, n_shards, n_settings) for shard in range(n_shards)]
        assert [index for start, stop in bounds for index in range(start, stop)] == list(range(n_settings))
        assert {stop - start for start, stop in bounds} <= {n_settings // n_shards, -(-n_settings // n_shards)}

    def test_names_are_read_back(self):
        assert shard_names(2) == ["00000-of-00002", "00001-of-00002"]
        assert parse_shard_name("00003-of-00012") == (3, 12)

    def test_any_number_in_any_order_gives_the_same_bytes(self, small, tmp_path):
        whole = render_all(small, tmp_path / "1", 1)
        assert len(whole[0]) == 16
        for n_shards in (3, 8):
            assert render_all(small, tmp_path / f"{n_shards}", n_shards) == whole

    def test_a_setting_does_not_depend_on_what_was_rendered_before(self, small):
        renderer, grid = Renderer(small), Grid(small)
        forwards = [renderer.chunks(grid.setting(index)) for index in range(8)]
        assert [renderer.chunks(grid.setting(index)) for index in reversed(range(8))] == forwards[::-1]

    def test_reports_add_up(self, small, tmp_path):
        render_all(small, tmp_path / "all", 3)
        reports = [json.loads((tmp_path / "all" / f"{shard}" / REPORT).read_text()) for shard in range(3)]
        assert [report["n_settings"] for report in reports] == [2, 3, 3]
        assert sum(report["n_chunks"] for report in reports) == 16
        assert sum(report["audio_bytes"] for report in reports) == 16 * (44 + 2 * 4000)


class TestChunks:
    @pytest.mark.parametrize("sample_format", ["PCM_16", "PCM_24", "FLOAT"])
    def test_joined_they_are_the_sound_times_the_gain(self, sample_format):
        dataset = make_dataset(parameters=[axis("rate_exp", 3, 3)], sample_format=sample_format)
        samples, gain, silent, sound = render(dataset)
        assert not silent
        assert samples.size == sound.size == 8000
        assert np.abs(samples / gain - sound).max() <= HALF_STEP[sample_format] / gain

    @pytest.mark.parametrize(
        ("sound_s", "chunk_s", "sample_rate", "n_chunks", "chunk_samples"),
        [
            (1.5, 0.25, 16000, 6, 4000),
            (0.3, 0.1, 16000, 3, 1600),  # 3 × 0.1 is more than 0.3, and 0.3 // 0.1 is 2
            (0.7, 0.1, 44100, 7, 4410),
            (2.0, 0.4, 22050, 5, 8820),
            (0.6, 0.25, 16000, 2, 4000),
            (0.3, 0.1, 11025, 3, 1102),  # half a sample a chunk is dropped
            (1.0, 1.0, 16000, 1, 16000),
            (0.00015625, 0.00015625, 16000, 1, 2),  # 2.5 samples
        ],
    )
    def test_fractional_durations(self, sound_s, chunk_s, sample_rate, n_chunks, chunk_samples):
        dataset = make_dataset(sound_duration_s=sound_s, chunk_duration_s=chunk_s, sample_rate=sample_rate)
        renderer, setting = Renderer(dataset), Grid(dataset).setting(0)
        chunks, gain, _ = renderer.chunks(setting)
        assert [samples_of([chunk]).size for chunk in chunks] == [chunk_samples] * n_chunks
        used = renderer.sound(setting)[: n_chunks * chunk_samples]
        assert np.abs(samples_of(chunks) - gain * used).max() <= HALF_STEP["PCM_16"]

    def test_the_remainder_is_dropped_and_does_not_set_the_gain(self):
        # Eight hundred pops a second on each other go over full scale soon, but not in the first 2.5 ms.
        dataset = make_dataset(
            sound_duration_s=0.5, chunk_duration_s=0.0025, parameters=[axis("rate_exp", 9.6, 9.6)], sample_rate=16000
        )
        short = make_dataset(
            sound_duration_s=0.5, chunk_duration_s=0.3, parameters=[axis("rate_exp", 9.6, 9.6)], sample_rate=16000
        )
        whole, gain, _, sound = render(dataset)
        part, part_gain, _, _ = render(short)
        assert (whole.size, part.size) == (8000, 4800)
        assert gain == CEILING / np.abs(sound).max()
        assert part_gain == CEILING / np.abs(sound[:4800]).max()
        assert short.config.dropped_s == pytest.approx(0.2)

    def test_a_silent_setting_is_legal_and_reported(self, tmp_path):
        dataset = make_dataset(parameters=[axis("rate_exp", -10, 5, 2)])
        write_settings(dataset, Grid(dataset), tmp_path / "settings.csv")
        report = render_shard(dataset, tmp_path / "settings.csv", 0, 1, tmp_path / "shard")
        assert report.silent_settings == [0]
        silent, gain, _, _ = render(dataset, 0)
        assert gain == 1.0
        assert not silent.any()

    @pytest.mark.parametrize("sample_format", ["PCM_16", "PCM_24", "FLOAT"])
    def test_a_dense_texture_is_turned_down_and_says_so(self, sample_format, tmp_path):
        dataset = make_dataset(parameters=[axis("rate_exp", 0, 10, 2)], sample_format=sample_format)
        samples, gain, _, sound = render(dataset, 1)
        assert np.abs(sound).max() > 1.0
        assert gain == CEILING / np.abs(sound).max()
        assert np.abs(samples).max() == CEILING
        write_settings(dataset, Grid(dataset), tmp_path / "settings.csv")
        report = render_shard(dataset, tmp_path / "settings.csv", 0, 1, tmp_path / "shard")
        assert (report.n_attenuated, report.min_gain) == (1, gain)
        with (tmp_path / "shard" / TABLE).open(newline="") as stream:
            gains = [float(row[6]) for row in csv.reader(stream)]
        assert gains == [1.0, 1.0, gain, gain]

    def test_a_synth_at_another_rate_is_resampled(self):
        tone = {"synth": "HarmonicTone", "parameters": [axis("pitch", 69, 69)], "sound_duration_s": 0.5}
        samples, _, _, _ = render(make_dataset(**tone, sample_rate=16000, render_sample_rate=44100))
        spectrum = np.abs(np.fft.rfft(samples * np.hanning(samples.size)))
        assert samples.size == 8000
        assert np.argmax(spectrum) * 2.0 == pytest.approx(440.0, abs=2.0)

    def test_what_is_no_number_is_a_sentence(self, monkeypatch):
        renderer = Renderer(make_dataset())
        monkeypatch.setattr(renderer, "sound", lambda _: np.full(8000, np.nan))
        with pytest.raises(
            UserError, match=r"PopPatternSynth: setting 0 gave NaN or infinity, expected finite samples"
        ):
            renderer.chunks(Grid(renderer.dataset).setting(0))


class TestMovingParameters:
    @pytest.fixture
    def dataset(self):
        return make_dataset(
            sound_duration_s=2.0, parameters=[axis("cf", 200, 1600, ramp=[200, 1600]), axis("rate_exp", 7, 7)]
        )

    def test_the_sound_follows(self, dataset):
        renderer = Renderer(dataset)
        chunks, _, _ = renderer.chunks(Grid(dataset).setting(0))
        for chunk, low_hz, high_hz in ((chunks[0], 200, 375), (chunks[-1], 1425, 1600)):
            samples = samples_of([chunk])
            peak_hz = 4.0 * np.argmax(np.abs(np.fft.rfft(samples)))
            # A pop's frequency has a standard deviation of a semitone: three of them beyond the chunk's own range.
            assert low_hz * 2**-0.25 <= peak_hz <= high_hz * 2**0.25

    def test_columns_hold_the_chunks_averages(self, dataset):
        rows = [row.rstrip("\n").split(",") for _, row in Renderer(dataset).rows(Grid(dataset).setting(0), 0.5)]
        assert [float(row[7]) for row in rows] == pytest.approx([287.5 + 175 * chunk for chunk in range(8)], rel=1e-12)
        assert [float(row[3]) for row in rows] == [0.25 * chunk for chunk in range(8)]
        assert {(row[1], row[4], row[5], row[6], row[8], row[10]) for row in rows} == {
            ("0", "0.25", "train", "0.5", "7.0", "7.0")
        }


class TestNoise:
    def test_settings_share_neither_noise_nor_jitter(self):
        dataset = make_dataset(
            examples=4, sound_duration_s=2.0, chunk_duration_s=2.0,
            parameters=[axis("cf", 1000, 1000), axis("Q", 0.5, 0.5), axis("rate_exp", 9, 9)],
        )  # fmt: skip
        sounds = [render(dataset, index)[0] for index in range(4)]
        correlations = np.corrcoef(sounds)[np.triu_indices(4, 1)]
        # Each is a sum of 1,024 pops with signs of their own, and a pop shorter than 2 ms overlaps one or two of the
        # other's: the correlation's standard deviation is at most about 1/√1024.
        assert np.abs(correlations).max() < 4.5 / 32.0

    def test_regular_trains_start_at_times_of_their_own(self):
        dataset = make_dataset(examples=20, parameters=[axis("rate_exp", 3, 3)])
        starts = [np.flatnonzero(render(dataset, index)[0])[0] / 16000 for index in range(20)]
        # Uniform over the 125 ms between pops: 20 draws leave no gap above 60 ms but once in 10^4.
        assert np.ptp(starts) > 0.06
        assert np.diff(np.sort(starts)).max() < 0.06


class TestFaults:
    def test_a_full_disk_names_the_file_and_leaves_no_shard(self, small, tmp_path, monkeypatch):
        write_settings(small, Grid(small), tmp_path / "settings.csv")
        written, write = [], os.write

        def full(descriptor, content):
            if len(written) == 5:
                raise OSError(errno.ENOSPC, "No space left on device")
            written.append(descriptor)
            return write(descriptor, content)

        monkeypatch.setattr(os, "write", full)
        with pytest.raises(OSError, match="No space left on device") as error:
            render_shard(small, tmp_path / "settings.csv", 0, 1, tmp_path / "shard")
        assert error.value.filename.endswith("--v-001.wav")
        assert sorted(path.name for path in tmp_path.iterdir()) == ["settings.csv"]

    def test_a_disk_that_takes_a_part_at_a_time_is_given_the_rest(self, small, tmp_path, monkeypatch):
        write_settings(small, Grid(small), tmp_path / "settings.csv")
        render_shard(small, tmp_path / "settings.csv", 0, 1, tmp_path / "whole")
        write = os.write
        monkeypatch.setattr(os, "write", lambda descriptor, content: write(descriptor, content[:3000]))
        render_shard(small, tmp_path / "settings.csv", 0, 1, tmp_path / "parts")
        assert files_of(tmp_path / "parts") == files_of(tmp_path / "whole")

    def test_a_shard_replaces_an_older_one(self, small, tmp_path):
        write_settings(small, Grid(small), tmp_path / "settings.csv")
        (tmp_path / "shard").mkdir()
        (tmp_path / "shard" / "old").write_text("old")
        render_shard(small, tmp_path / "settings.csv", 0, 2, tmp_path / "shard")
        assert sorted(path.name for path in (tmp_path / "shard").iterdir()) == sorted([AUDIO, TABLE, CHECKSUMS, REPORT])
