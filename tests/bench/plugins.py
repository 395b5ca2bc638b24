"""Plugin data sets: patches per second through the whole workflow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from project import Project

from bench.figures import Figure, timed

#: RenderMan in spiegelib's published notebooks: 57 patches a second with MFCC, 76 with STFT, of 1 s each.
PUBLISHED_PER_S = 76


def _config(engine: str, chosen: str, patches: int) -> dict[str, Any]:
    plugin = {"engine": engine, "random_parameters": chosen, "sample_size": patches}
    return {
        "dataset": {
            "source": "plugin",
            "sample_rate": 44100,
            "sound_duration_s": 1.0,
            "plugin": plugin,
            "records": [],
            "shards": 2,  # one a core
        }
    }


def bench(folder: Path) -> list[Figure]:
    """Measure Dexed and amsynth from the config to the audio and its table."""
    project = Project(folder)
    figures = []
    for engine, chosen, patches in (("dexed", "free9", 8000), ("amsynth", "free33", 3000)):
        project.experiment(engine, _config(engine, chosen, patches))
        wall_s = timed(lambda name=engine: project.snakemake(f"results/{name}/chunks.csv"))
        rate = patches / wall_s
        figures.append(
            Figure(
                f"{engine}, {patches:,} patches of 1 s at 44.1 kHz with their WAVs, the whole workflow",
                f"{rate:,.0f} patches/s, {rate / PUBLISHED_PER_S:.1f} × RenderMan's published {PUBLISHED_PER_S}",
                f"{PUBLISHED_PER_S} patches/s",
                rate > PUBLISHED_PER_S,
            )
        )
    return figures
