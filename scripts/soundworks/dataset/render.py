"""Render a shard of settings: sound, gain, chunks on disk, and their rows of the table."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from soundworks.contour import Contour, Floats, Value
from soundworks.dataset.audio import encode, peak_of, resample, safe_gain
from soundworks.dataset.model import Dataset
from soundworks.dataset.names import chunk_file, chunk_names
from soundworks.dataset.settings import Setting, mean_value, read_settings
from soundworks.dataset.shards import AUDIO, CHECKSUMS, REPORT, TABLE, Report, shard_bounds
from soundworks.dataset.voice import Voice, load_voice
from soundworks.dataset.wav import wav_bytes, wav_header
from soundworks.errors import UserError
from soundworks.files import atomic_dir, write_bytes


class Renderer:
    """Renders settings of one data set."""

    def __init__(self, dataset: Dataset, synth_path: Path | None = None) -> None:
        self.dataset = dataset
        config = dataset.config
        self.voice: Voice = load_voice(dataset, synth_path)
        self.names = chunk_names(dataset)
        self.header = wav_header(config.chunk_samples, config.sample_rate, config.sample_format)

    def sound(self, setting: Setting) -> Floats:
        """Return a setting's sound at the data set's sample rate, before any gain."""
        return self.render(setting.natural, setting.seed)

    def render(self, values: Mapping[str, Value], seed: int = 0) -> Floats:
        """Return the sound of some values, in natural units by the synth's names, at the data set's sample rate.

        Parameters that the data set fixes may be left out.
        """
        config = self.dataset.config
        signal = self.voice.sound(values, seed)
        return resample(signal, config.render_rate, config.sample_rate, config.sound_samples)

    def chunks(self, setting: Setting) -> tuple[list[bytes], float, bool]:
        """Return the WAV files of a setting's chunks, the gain applied to its sound, and whether it is silent.

        Raises
        ------
        UserError
            If the synth returns something other than finite numbers.
        """
        config = self.dataset.config
        used = config.chunks_per_setting * config.chunk_samples
        sound = self.sound(setting)[:used]
        peak = peak_of(sound)
        if not math.isfinite(peak):
            raise UserError(
                f"{config.sound_name}: setting {setting.index} gave NaN or infinity, expected finite samples"
            )
        gain = safe_gain(peak)
        samples = encode(sound, gain, config.sample_format)
        parts = samples.reshape(config.chunks_per_setting, -1)
        silent = peak < config.silence_peak or not samples.any()
        return [wav_bytes(part, self.header) for part in parts], gain, silent

    def rows(self, setting: Setting, gain: float) -> Iterator[tuple[str, str]]:
        """Yield a setting's file names and table rows; a moving parameter gives its average over the chunk."""
        config = self.dataset.config
        stem = self.names.stem(setting.index)
        duration_s = config.chunk_samples / config.sample_rate
        moving = any(isinstance(value, Contour) for value in setting.natural.values())
        values = "" if moving else _values(setting, 0.0, 1.0)
        for chunk in range(config.chunks_per_setting):
            onset_s = chunk * config.chunk_samples / config.sample_rate
            here = _values(setting, onset_s, onset_s + duration_s) if moving else values
            name = chunk_file(stem, chunk)
            row = f"chunks/{name},{setting.index},{chunk},{onset_s!r},{duration_s!r},{setting.split},{gain!r}{here}\n"
            yield name, row


def _values(setting: Setting, start_s: float, end_s: float) -> str:
    both = (*setting.natural.values(), *setting.user.values())
    return "".join(f",{mean_value(value, start_s, end_s)!r}" for value in both)


def render_shard(
    dataset: Dataset,
    settings_path: Path,
    shard: int,
    n_shards: int,
    output_dir: Path,
    synth_path: Path | None = None,
    *,
    on_setting: Callable[[], None] = lambda: None,
) -> Report:
    """Render one shard into a folder of its own that appears whole: audio, table rows, checksums and a report.

    Parameters
    ----------
    dataset : Dataset
    settings_path : Path
        The data set's `settings.csv`.
    shard, n_shards : int
        Which part of the settings; see `shard_bounds`.
    output_dir : Path
        Folder to make; replaced if it exists.
    synth_path : Path, optional
        File or folder of the user's own synth class.
    on_setting : callable
        Called after each setting, to report progress.
    """
    start, stop = shard_bounds(shard, n_shards, dataset.config.n_settings)
    renderer = Renderer(dataset, synth_path)
    report = Report()
    with atomic_dir(output_dir) as folder:
        (folder / AUDIO).mkdir()
        with (folder / TABLE).open("w", encoding="utf-8") as table, (folder / CHECKSUMS).open("w") as sums:
            for setting in read_settings(settings_path, start, stop):
                files, gain, silent = renderer.chunks(setting)
                for (name, row), content in zip(renderer.rows(setting, gain), files, strict=True):
                    write_bytes(f"{folder}/{AUDIO}/{name}", content)
                    table.write(row)
                    sums.write(f"{hashlib.sha256(content).hexdigest()}  chunks/{name}\n")
                _count(report, setting, files, gain, silent)
                on_setting()
        (folder / REPORT).write_text(json.dumps(vars(report)), encoding="utf-8")
    return report


def _count(report: Report, setting: Setting, files: list[bytes], gain: float, silent: bool) -> None:
    report.n_settings += 1
    report.n_chunks += len(files)
    report.audio_bytes += sum(map(len, files))
    report.n_attenuated += gain < 1.0
    report.min_gain = min(report.min_gain, gain)
    if silent:
        report.silent_settings.append(setting.index)
