"""From a synth's signal to the bytes of WAV files: gain, sample format, header."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundworks.contour import Floats

#: The loudest sample that all formats can hold: one step below full scale at 16 bits.
CEILING = 1.0 - 2.0**-15

_FORMATS = {"PCM_16": (1, 2), "PCM_24": (1, 3), "FLOAT": (3, 4)}  # (format tag, bytes per sample)


def safe_gain(signal: Floats) -> float:
    """Return the factor that keeps a signal below full scale: 1, or less where it would clip."""
    peak = max(float(signal.max(initial=0.0)), -float(signal.min(initial=0.0)))
    return 1.0 if peak <= CEILING else CEILING / peak


def resample(signal: Floats, from_hz: int, to_hz: int, n_samples: int) -> Floats:
    """Resample with soxr at its highest quality; the result is cut or padded to `n_samples`."""
    if from_hz == to_hz:
        return signal
    import soxr

    resampled = soxr.resample(signal, from_hz, to_hz, quality="VHQ")[:n_samples]
    return np.pad(resampled, (0, n_samples - resampled.size))


def encode(signal: Floats, sample_format: str) -> NDArray[Any]:
    """Return the samples of a signal within ±1 in a file's format, little-endian, rounded to the nearest step.

    The scale is 2^15 or 2^23, the one by which readers divide, so a value read back differs by half a step at most.
    """
    if sample_format == "FLOAT":
        return signal.astype("<f4")
    if sample_format == "PCM_16":
        return np.rint(signal * 32768.0).astype("<i2")
    wide = np.rint(signal * 8388608.0).astype("<i4")
    return wide.view(np.uint8).reshape(-1, 4)[:, :3]


def wav_header(n_samples: int, sample_rate: int, sample_format: str) -> bytes:
    """Return the header of a mono RIFF/WAVE file (Microsoft/IBM 1991) with nothing in it but format and length."""
    tag, width = _FORMATS[sample_format]
    n_bytes = n_samples * width
    extension = b"" if tag == 1 else struct.pack("<H", 0)
    facts = b"" if tag == 1 else struct.pack("<4sII", b"fact", 4, n_samples)
    fmt = struct.pack("<HHIIHH", tag, 1, sample_rate, sample_rate * width, width, 8 * width) + extension
    body = b"WAVE" + struct.pack("<4sI", b"fmt ", len(fmt)) + fmt + facts
    body += struct.pack("<4sI", b"data", n_bytes)
    return b"RIFF" + struct.pack("<I", len(body) + n_bytes + n_bytes % 2) + body


def wav_bytes(samples: NDArray[Any], header: bytes) -> bytes:
    """Return a whole WAV file from encoded samples and the header for that many; odd data gets its pad byte."""
    data = samples.tobytes()
    return header + data + b"\0" * (len(data) % 2)
