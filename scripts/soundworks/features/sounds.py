"""Sounds as features take them: one channel of float32 at one sample rate, of one length."""

from __future__ import annotations

import math
import os
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundworks.config.dataset import MAX_SOUND_SAMPLES
from soundworks.dataset.audio import resample
from soundworks.errors import UserError
from soundworks.features.spectrum import Array

#: (format tag, bits) of the WAV files that are read without a library, fifteen times as fast.
_PCM_16, _PCM_24, _FLOAT = (1, 16), (1, 24), (3, 32)
#: From here on, a size in a header means that its writer could not know it.
_UNKNOWN_SIZE = 0x7FFFFF00
#: Samples, at the lower of two rates, that soxr looks ahead of the last one that is kept; those beyond change it by no
#: more than the rounding of float64.
_LOOK_AHEAD = 1024


def read_sound(path: Path | str) -> tuple[Array, int]:
    """Read a sound file, several channels averaged to one, shape (n_samples,); else as `read_channels`."""
    samples, sample_rate = read_channels(path)
    return mono(samples), sample_rate


def read_channels(path: Path | str) -> tuple[Array, int]:
    """Read a sound file.

    Returns
    -------
    samples : ndarray of float32, shape (n_samples,) or (n_samples, n_channels)
        In [-1, 1]; a file of floats may pass it.
    sample_rate : int
        In Hz.

    Raises
    ------
    UserError
        If the file is missing, is no sound, is empty or longer than any sound of ours, or holds NaN or infinity.
    """
    try:
        content = Path(path).read_bytes()
    except FileNotFoundError:
        raise UserError(f"{path}: no such file, expected a sound") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({(error.strerror or str(error)).lower()})") from None
    try:
        samples, sample_rate = decode_wav(content) or _decode(path)
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
    if samples.size == 0:
        raise UserError(f"{path}: found no samples, expected a sound")
    if not np.isfinite(samples).all():
        raise UserError(f"{path}: found NaN or infinity, expected finite samples")
    return samples, sample_rate


def decode_wav(content: bytes) -> tuple[Array, int] | None:
    """Return the samples, shape (n_samples,) or (n_samples, n_channels), and rate of a plain WAV file; None for others.

    Plain is what `soundworks.dataset.wav` writes, and most other programs: 16 or 24-bit integers or 32-bit floats, and
    nothing but `fact` between format and data.

    Raises
    ------
    UserError
        If the file ends before its samples do, or has too many of them.
    """
    if len(content) < 44 or content[:4] != b"RIFF" or content[8:16] != b"WAVEfmt ":
        return None
    fmt_size, tag, n_channels, sample_rate, _, _, bits = struct.unpack_from("<IHHIIHH", content, 16)
    start = 20 + fmt_size
    if content[start : start + 4] == b"fact":
        start += 12
    if content[start : start + 4] != b"data" or len(content) < start + 8:
        return None
    if (tag, bits) not in (_PCM_16, _PCM_24, _FLOAT) or n_channels < 1 or sample_rate < 1:
        return None
    (size,) = struct.unpack_from("<I", content, start + 4)
    left = len(content) - start - 8
    if left < size < _UNKNOWN_SIZE:
        raise UserError(f"found {left} bytes of samples, expected {size}: the file is cut off")
    n_samples = min(size, left) // (n_channels * bits // 8)
    _check_length(n_samples)
    samples = _to_float(content, start + 8, n_samples * n_channels, (tag, bits))
    return (samples if n_channels == 1 else samples.reshape(-1, n_channels)), sample_rate


def _to_float(content: bytes, offset: int, count: int, kind: tuple[int, int]) -> Array:
    if kind == _FLOAT:
        return np.frombuffer(content, "<f4", count, offset)
    if kind == _PCM_16:
        samples = np.frombuffer(content, "<i2", count, offset).astype(np.float32)
        samples *= np.float32(2.0**-15)
        return samples
    wide = np.zeros((count, 4), np.uint8)
    wide[:, 1:] = np.frombuffer(content, np.uint8, 3 * count, offset).reshape(-1, 3)
    samples = wide.view("<i4").ravel().astype(np.float32)
    samples *= np.float32(2.0**-31)
    return samples


def _decode(path: Path | str) -> tuple[Array, int]:
    """Read any sound with libsndfile, by its path: through a Python file it prints a traceback for damaged ones."""
    import soundfile

    try:
        with soundfile.SoundFile(os.fsencode(path)) as file:  # a name may be no UTF-8
            _check_length(file.frames)
            return file.read(dtype="float32"), file.samplerate
    except soundfile.SoundFileError as error:
        reason = getattr(error, "error_string", str(error)).strip().rstrip(".").lower()
        raise UserError(f"cannot be read as a sound ({reason})") from None
    except MemoryError:
        raise UserError("found more samples than memory holds, expected a sound") from None


def _check_length(n_samples: int) -> None:
    if n_samples > MAX_SOUND_SAMPLES:  # a damaged header may tell of any length
        raise UserError(f"found {n_samples:,} samples, expected at most {MAX_SOUND_SAMPLES:,}")


def mono(samples: NDArray[Any]) -> Array:
    """Return the average of all channels of (n_samples, n_channels); a sound of one channel as it is."""
    return (samples if samples.ndim == 1 else samples.mean(axis=1)).astype(np.float32, copy=False)


def conform(samples: NDArray[Any], sample_rate: float, to_rate: float, n_samples: int) -> Array:
    """Return a sound at another rate, cut or filled up with zeros at its end to a number of samples."""
    if sample_rate != to_rate:
        needed = n_samples * sample_rate / to_rate + _LOOK_AHEAD * max(1.0, sample_rate / to_rate)
        samples = samples[: math.ceil(needed)]
        length = min(round(samples.size * to_rate / sample_rate), n_samples)
        samples = resample(samples.astype(np.float64), sample_rate, to_rate, length)  # type: ignore[arg-type]
    if samples.size == n_samples and samples.dtype == np.float32:
        return samples
    fitted = np.zeros(n_samples, np.float32)
    fitted[: samples.size] = samples[:n_samples]
    return fitted
