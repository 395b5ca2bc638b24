"""What a user could run instead, written the plain way."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.signal import iirpeak, lfilter


def plain_pops(
    rate_exp: float, irreg_exp: float, cf_hz: float, q: float, duration_s: float, sr: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Render pops one event at a time: a second of noise tick through `lfilter`, mixed in by a Python loop."""
    rate = 2.0**rate_exp
    n_events = int(rate * duration_s)
    jitter = rng.normal(0.0, 0.04 * 10.0**irreg_exp / rate, n_events)
    times_s = np.sort((np.arange(n_events) / rate + jitter) % duration_s)
    signal = np.zeros(int(duration_s * sr))
    for time_s in times_s:
        tick = np.zeros(sr)
        tick[:3] = rng.uniform(-1.0, 1.0, 3)
        b, a = iirpeak(cf_hz * 2.0 ** (rng.normal() / 12.0), q, fs=sr)
        pop = lfilter(b, a, tick)
        pop *= 0.9 / np.max(np.abs(pop))
        start = round(time_s * sr)
        for i in range(min(sr, signal.size - start)):
            signal[start + i] += pop[i]
    return signal


def plain_setting(values: dict[str, float], duration_s: float, chunk_s: float, sr: int, folder: Path, index: int,
                  records: dict[str, dict[str, float]], rng: np.random.Generator) -> None:  # fmt: skip
    """Make one setting's chunks as WAV, .params and nsjson entries the plain way."""
    signal = plain_pops(values["rate_exp"], values["irreg_exp"], values["cf"], 40.0, duration_s, sr, rng)
    size = int(sr * chunk_s)
    for chunk in range(len(signal) // size):
        stem = f"Pop--{index}--v-{chunk:03}"
        soundfile.write(folder / f"{stem}.wav", signal[chunk * size : (chunk + 1) * size], sr)
        params = {name: {"times": [0, chunk_s], "values": [v, v]} for name, v in values.items()}
        (folder / f"{stem}.params").write_text(json.dumps(params, indent=4))
        records[stem] = dict(values)
