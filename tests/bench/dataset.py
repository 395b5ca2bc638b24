"""The data set: rendering, recording, and planning, against the plain way and fixed limits."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from project import ROOT, Project

from bench.figures import Figure, peak_mib, timed
from bench.peers import plain_setting

POP = {
    "dataset": {
        "synth": "PopPatternSynth",
        "sound_duration_s": 10,
        "chunk_duration_s": 2,
        "parameters": [
            {"name": "irreg_exp", "range": [0, 1], "count": 20},
            {"name": "cf", "range": [220, 880], "count": 18},
            {"name": "rate_exp", "range": [0, 4], "count": 25},
        ],
        "records": ["params", "nsjson"],
        "shards": 2,  # one a core
    }
}
#: Exponents of the event rate: those of the shipped `pop`, and those of the originals' own training set.
RATES = {"pop": (0, 4), "dense": (2, 5)}
MANY = {
    "dataset": {
        "synth": "PopPatternSynth",
        "sample_rate": 8000,
        "sound_duration_s": 0.02,
        "chunk_duration_s": 0.02,
        "parameters": [
            {"name": "cf", "range": [220, 880], "count": 1000},
            {"name": "rate_exp", "range": [4, 8], "count": 100},
        ],
        "records": ["nsjson"],
        "shards": 4,
    }
}


def bench(folder: Path) -> list[Figure]:
    """Measure all of it in a folder of its own."""
    project = Project(folder / "project")
    return [*bench_records(project), *bench_tfrecords(folder / "tfrecords"), *bench_many(project)]


def bench_records(project: Project) -> list[Figure]:
    """Measure `results/<e>/records` for 25 hours against real time, the plain way, and a fifth of itself."""
    project.experiment("warm", POP, sound_duration_s=2)
    _, memory_fifth = peak_mib(project.command("results/warm/records"), project)
    figures = []
    for name, rates in RATES.items():
        axes = [axis for axis in POP["dataset"]["parameters"] if axis["name"] != "rate_exp"]
        axes.append({"name": "rate_exp", "range": list(rates), "count": 25})
        project.experiment(name, POP, parameters=axes)
        runs = []
        for _ in range(2):  # the better of two, for both sides: the disk of a shared machine is noisy
            os.sync()  # or the writing of what came before is paid for here
            runs.append(peak_mib(project.command(f"results/{name}/records"), project))
            shutil.rmtree(project.folder / "results" / name)
        wall_s, memory = min(wall_s for wall_s, _ in runs), max(memory for _, memory in runs)
        ours, plain = 9000 * 10.0 / wall_s, max(plain_speed(*rates) for _ in range(2))
        span = f"2^{rates[0]} to 2^{rates[1]} pops/s"
        figures += [
            Figure(
                f"25 h of {span}, WAV + params + nsjson, the whole workflow, against real time",
                f"{ours:,.0f} × ({wall_s:.1f} s)",
                "1,000 ×",
                ours >= 1000,
            ),
            Figure(
                "the same against one plain process (iirpeak, lfilter, Python mixing loop)",
                f"{ours / plain:,.0f} × (plain: {plain:.0f} × real time)",
                "100 ×",
                ours / plain >= 100,
            ),
            Figure(
                "largest process at 25 h, and its ratio to that at 5 h",
                f"{memory:.0f} MiB, {memory / memory_fifth:.2f} ×",
                "1,024 MiB",
                memory < 1024,
            ),
        ]
    return figures


def plain_speed(first_rate_exp: float, last_rate_exp: float) -> float:
    """Return the plain way's speed in seconds of audio per second, over settings spread evenly through the grid."""
    rng = np.random.default_rng(0)
    positions = np.linspace(0.0, 1.0, 9).tolist()
    grid = [
        {"irreg_exp": 0.5, "cf": 220.0 + 660.0 * p, "rate_exp": first_rate_exp + p * (last_rate_exp - first_rate_exp)}
        for p in positions
    ]
    records: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:

        def make_all() -> None:
            for index, values in enumerate(grid):
                plain_setting(values, 10.0, 2.0, 16000, Path(folder), index, records, rng)
            (Path(folder) / "nsjson.json").write_text(json.dumps(records))

        return 10.0 * len(grid) / timed(make_all)


def bench_tfrecords(folder: Path) -> list[Figure]:
    """Measure writing a data set's TFRecords against writing the same audio as WAV, in one process."""
    import soundfile

    from soundworks.dataset.wav import wav_bytes, wav_header
    from soundworks.records.model import ChunkRecord, RecordHeader, RecordParameter
    from soundworks.records.tfrecords import write_tfrecords

    rng = np.random.default_rng(0)
    names = ("irreg_exp", "cf", "rate_exp")
    header = RecordHeader("Pop", 16000, tuple(RecordParameter(n, n, "natural", 5, 0, 1, 0, 1, 0, 1) for n in names))
    chunks = [rng.integers(-3000, 3000, 32000).astype("<i2") for _ in range(50)] * 30
    values = dict.fromkeys(names, 0.5)
    records = [ChunkRecord(f"chunks/{i}.wav", i, 0, 0.0, 2.0, "train", 1.0, values, values) for i in range(len(chunks))]
    (folder / "chunks").mkdir(parents=True)
    (folder / "plain").mkdir()
    wav = wav_header(32000, 16000, "PCM_16")

    def write_wavs() -> None:
        for record, samples in zip(records, chunks, strict=True):
            (folder / record.file).write_bytes(wav_bytes(samples, wav))

    def write_with_soundfile() -> None:
        for record, samples in zip(records, chunks, strict=True):
            soundfile.write(folder / "plain" / f"{record.stem}.wav", samples, 16000)

    write_wavs()
    write_tfrecords(header, records[:1], folder, folder / "warm", 2**20)
    ours, plain, tfrecords = (
        min(timed(action) for _ in range(3))
        for action in (
            write_wavs,
            write_with_soundfile,
            lambda: write_tfrecords(header, records, folder, folder / "tf", 64 * 2**20),
        )
    )
    return [
        Figure(
            "TFRecords against our own writing of the same audio as WAV",
            f"{ours / tfrecords:.2f} ×",
            "0.5 ×",
            ours / tfrecords >= 0.5,
        ),
        Figure(
            "TFRecords against soundfile.write of the same audio",
            f"{plain / tfrecords:.2f} ×",
            "0.5 ×",
            plain / tfrecords >= 0.5,
        ),
    ]


def bench_many(project: Project) -> list[Figure]:
    """Measure the planning of 100,000 settings: the command line's dry run, Snakemake's, and a second run."""
    path = project.experiment("many", MANY)
    environment = {**project.environment(), "PYTHONPATH": str(ROOT / "scripts")}
    command = [sys.executable, "-m", "soundworks", "generate", "-n", "--configfile", str(path), "--outputpath", "x"]
    cli_s = timed(lambda: subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL))
    dry_s = timed(lambda: project.snakemake("-n", "results/many/records"))
    project.snakemake("results/many/records")
    again = project.snakemake("results/many/records").stdout
    again_s = timed(lambda: project.snakemake("results/many/records"))
    idle = "Nothing to be done" in again
    return [
        Figure(
            "100,000 settings, dry run of the command line, share of its limit",
            f"{cli_s / 15:.2f} ({cli_s:.1f} s)",
            "15 s",
            cli_s < 15,
        ),
        Figure(
            "100,000 settings, snakemake -n, share of its limit",
            f"{dry_s / 15:.2f} ({dry_s:.1f} s)",
            "15 s",
            dry_s < 15,
        ),
        Figure(
            "100,000 settings, second run says nothing to be done, share of its limit",
            f"{again_s / 10:.2f} ({again_s:.1f} s)",
            "10 s",
            idle and again_s < 10,
        ),
    ]
