"""What a data set will amount to, known before anything is rendered."""

from __future__ import annotations

from dataclasses import dataclass

from soundworks.dataset.model import Dataset
from soundworks.dataset.names import ChunkNames, PatchNames, chunk_names
from soundworks.dataset.wav import wav_header

_BYTES_PER_SAMPLE = {"PCM_16": 2, "PCM_24": 3, "FLOAT": 4}


@dataclass(frozen=True)
class Plan:
    """What a data set will amount to, known before anything is rendered."""

    settings: int
    chunks: int
    seconds: float
    audio_bytes: int
    shards: int
    dropped_s: float
    names: ChunkNames | PatchNames

    def file(self, index: int) -> str:
        """Return the name of the chunk with this number in the table."""
        per_setting = self.chunks // self.settings
        return self.names.file(*divmod(index, per_setting))


def plan_dataset(dataset: Dataset) -> Plan:
    """Count a data set's settings, chunks, seconds and bytes."""
    config = dataset.config
    chunks = config.n_settings * config.chunks_per_setting
    header = len(wav_header(config.chunk_samples, config.sample_rate, config.sample_format))
    per_chunk = header + config.chunk_samples * _BYTES_PER_SAMPLE[config.sample_format]
    return Plan(
        config.n_settings, chunks, chunks * config.chunk_samples / config.sample_rate,
        chunks * (per_chunk + per_chunk % 2), config.n_shards, config.dropped_s, chunk_names(dataset),
    )  # fmt: skip
