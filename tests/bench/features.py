"""Features: their speed against a librosa loop in the same process, and the memory of 50,000 sounds."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import librosa
import numpy as np
from project import Project
from threadpoolctl import threadpool_limits

from bench.figures import Figure, peak_mib
from soundworks.config.features import FEATURES, feature_options
from soundworks.features.extractor import Extractor
from soundworks.features.spectrum import Array

#: Sample rate, FFT, hop and mel bands of the two anchors: speech, and music as in deepDIVA.
SIZES = ((16000, 512, 128, 64), (44100, 2048, 512, 128))
DURATION_S = 2.0
#: What each feature is to be faster by than librosa, and how much faster than real time.
GOALS = {("melspectrogram", 16000): (4.5, 10000.0)}
LEAST_RATIO = 3.0
MANY = {
    "dataset": {
        "synth": "HarmonicTone",
        "sound_duration_s": 0.25,
        "chunk_duration_s": 0.25,
        "parameters": [
            {"name": "pitch", "range": [40, 80], "count": 500},
            {"name": "level", "range": [-40, -12], "count": 100},
        ],
        "records": [],
        "shards": 4,
    }
}


def librosa_call(feature: str, samples: Array, rate: int, n_fft: int, hop: int, n_mels: int) -> Callable[[], Any]:
    """Return what a user of librosa would call for each sound, in decibels."""
    stft = {"n_fft": n_fft, "hop_length": hop}
    mel = {**stft, "n_mels": n_mels, "fmin": 50, "fmax": min(15000, rate / 2)}
    return {
        "melspectrogram": lambda: librosa.power_to_db(
            librosa.feature.melspectrogram(y=samples, sr=rate, **mel), ref=np.max
        ),
        "mfcc": lambda: librosa.feature.mfcc(y=samples, sr=rate, n_mfcc=13, **mel),
        "log_stft": lambda: librosa.amplitude_to_db(np.abs(librosa.stft(samples, **stft)), ref=np.max),
        "cqt": lambda: librosa.amplitude_to_db(np.abs(librosa.cqt(samples, sr=rate, hop_length=hop)), ref=np.max),
    }[feature]


def shortest_s(actions: list[Callable[[], Any]], rounds: int = 15) -> list[float]:
    """Return the shortest processor time of each action, in seconds, in turns so that all meet the same load."""
    best = [float("inf")] * len(actions)
    for _ in range(rounds):
        for index, action in enumerate(actions):
            action()  # fills the caches that the other action has emptied
            started = time.process_time()
            for _ in range(3):
                action()
            best[index] = min(best[index], (time.process_time() - started) / 3)
    return best


def bench_speed(feature: str, rate: int, n_fft: int, hop: int, n_mels: int) -> Figure:
    """Measure one feature of one sound."""
    samples = (0.1 * np.random.default_rng(0).standard_normal(int(DURATION_S * rate))).astype(np.float32)
    given = {"hop_length": hop, **({} if feature == "cqt" else {"n_fft": n_fft})}
    given |= {"n_mels": n_mels} if feature in ("melspectrogram", "mfcc") else {}
    extractor = Extractor(feature_options(feature, rate, **given), rate)
    plain = librosa_call(feature, samples, rate, n_fft, hop, n_mels)
    ours_s, librosa_s = shortest_s([lambda: extractor.extract(samples), plain])
    ratio, speed = librosa_s / ours_s, DURATION_S / ours_s
    least_ratio, least_speed = GOALS.get((feature, rate), (LEAST_RATIO, 0.0))
    sizes = "/".join(str(given[name]) for name in ("n_fft", "hop_length", "n_mels") if name in given)
    return Figure(
        f"{feature} of {DURATION_S:g}-s sounds at {rate / 1000:g} kHz, {sizes}, one core, against librosa",
        f"{ratio:.1f} × ({speed:,.0f} × real time)",
        f"{least_ratio:g} ×" + (f", {least_speed:,.0f} × real time" if least_speed else ""),
        ratio >= least_ratio and speed >= least_speed,
    )


def bench_many(project: Project) -> Figure:
    """Measure the memory and the time of the MFCCs of 50,000 sounds, against those of 5,000."""
    runs = {}
    for name, count in (("few", 50), ("many", 500)):
        pitch, level = MANY["dataset"]["parameters"]
        project.experiment(name, MANY, parameters=[{**pitch, "count": count}, level])
        project.snakemake(f"results/{name}/chunks.csv")
        runs[name] = peak_mib(project.command(f"results/{name}/features/mfcc"), project)
    (wall_s, memory), (_, memory_few) = runs["many"], runs["few"]
    return Figure(
        "mfcc of 50,000 sounds, the whole workflow: largest process, and its ratio to that at 5,000",
        f"{memory:.0f} MiB, {memory / memory_few:.2f} × ({wall_s:.0f} s)",
        "1.1 ×",
        memory / memory_few <= 1.1,
    )


def bench(folder: Path) -> list[Figure]:
    """Measure each feature in one thread, and the workflow."""
    with threadpool_limits(1):
        figures = [bench_speed(feature, *size) for feature in FEATURES for size in SIZES]
    return [*figures, bench_many(Project(folder / "project"))]
