"""WAV files as bytes: the header, and the samples after it."""

from __future__ import annotations

import struct
from typing import Any

from numpy.typing import NDArray

_FORMATS = {"PCM_16": (1, 2), "PCM_24": (1, 3), "FLOAT": (3, 4)}  # (format tag, bytes per sample)


def wav_header(n_samples: int, sample_rate: int, sample_format: str) -> bytes:
    """Return the header of a mono RIFF/WAVE file (Microsoft/IBM 1991) with nothing in it but format and length.

    The format holds 4 GiB; the limit on a sound's length (`config.dataset.MAX_SOUND_SAMPLES`) keeps far below.
    """
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
