"""Shards: which settings each holds, how it is named, and what its folder contains."""

from __future__ import annotations

from dataclasses import dataclass, field

#: Contents of a rendered shard's folder: rows of `chunks.csv`, checksums, a `Report` as JSON, and the WAV files.
TABLE, CHECKSUMS, REPORT, AUDIO = "chunks.csv", "sha256.txt", "report.json", "audio"


def shard_bounds(shard: int, n_shards: int, n_settings: int) -> tuple[int, int]:
    """Return [start, stop) of a shard; shards differ by one setting at most and cover all settings once."""
    return shard * n_settings // n_shards, (shard + 1) * n_settings // n_shards


def shard_names(n_shards: int) -> list[str]:
    """Return the names of all shards, such as 00000-of-00008."""
    return [f"{shard:05}-of-{n_shards:05}" for shard in range(n_shards)]


def parse_shard_name(name: str) -> tuple[int, int]:
    """Return (shard, n_shards) from a shard's name."""
    shard, n_shards = name.split("-of-")
    return int(shard), int(n_shards)


@dataclass
class Report:
    """What a user should know about the sounds: which are silent, which were turned down."""

    n_settings: int = 0
    n_chunks: int = 0
    audio_bytes: int = 0
    silent_settings: list[int] = field(default_factory=list)
    n_attenuated: int = 0
    min_gain: float = 1.0

    def add(self, other: Report) -> None:
        """Add another shard's counts to these."""
        self.n_settings += other.n_settings
        self.n_chunks += other.n_chunks
        self.audio_bytes += other.audio_bytes
        self.silent_settings += other.silent_settings
        self.n_attenuated += other.n_attenuated
        self.min_gain = min(self.min_gain, other.min_gain)
