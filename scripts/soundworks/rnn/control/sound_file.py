"""Sounds in any file format that libsndfile writes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundworks.dataset.audio import encode, peak_of, safe_gain
from soundworks.errors import UserError
from soundworks.files import atomic_path

#: Formats that are more than one file.
_SEVERAL = ("SD2",)
#: Subtype of formats that have none of their own, as raw samples.
_PLAIN = "PCM_16"
#: Extensions that are not the names of their formats; and the subtype, where the extension says that too.
_EXTENSIONS = {"AIF": ("AIFF", None), "OGA": ("OGG", None), "OPUS": ("OGG", "OPUS"), "SND": ("AU", None)}


def choose_format(path: Path, file_format: str | None, subtype: str | None) -> tuple[str, str]:
    """Return libsndfile's names of format and subtype, by a file's extension where they are not given.

    Raises
    ------
    UserError
        If libsndfile does not know one of them, or does not know them together.
    """
    import soundfile

    extension = path.suffix.removeprefix(".").upper()
    by_extension, its_subtype = _EXTENSIONS.get(extension, (extension, None))
    known = sorted(set(soundfile.available_formats()) - set(_SEVERAL))
    wanted = (file_format or by_extension).upper()
    if wanted not in known:
        where = "--format" if file_format else f"{path}"
        found = file_format or path.suffix or "no extension"
        raise UserError(f"{where}: found {found!r}, expected one of: {', '.join(known).lower()}")
    subtypes = sorted(soundfile.available_subtypes(wanted))
    chosen = subtype or (None if file_format else its_subtype) or soundfile.default_subtype(wanted) or _PLAIN
    if chosen.upper() not in subtypes:
        raise UserError(f"--subtype: found {chosen!r}, expected one of {wanted}: {', '.join(subtypes)}")
    return wanted, chosen.upper()


def write_sound_file(
    path: Path, samples: NDArray[np.float32], sample_rate: int, file_format: str | None, subtype: str | None
) -> None:
    """Write samples in [-1, 1] as a sound file; it appears whole, or not at all.

    Raises
    ------
    UserError
        If the format is unknown, or does not take this sample rate.
    """
    import soundfile

    chosen, kind = choose_format(path, file_format, subtype)
    with atomic_path(path) as temporary:
        temporary.touch()  # libsndfile does not say why it cannot
        try:
            soundfile.write(os.fsencode(temporary), _rounded(samples, kind), sample_rate, subtype=kind, format=chosen)
        except soundfile.SoundFileError as error:
            reason = getattr(error, "error_string", str(error)).strip().rstrip(".").lower()
            raise UserError(f"{path}: libsndfile cannot write {chosen} of {kind} at {sample_rate} Hz ({reason}), "
                            "expected another format") from None  # fmt: skip


def _rounded(samples: NDArray[np.float32], kind: str) -> NDArray[Any]:
    """Return samples as our own WAV files of 16 bits have them, whose bytes this must give; others are libsndfile's."""
    if kind != "PCM_16":
        return samples
    signal = samples.astype(np.float64)
    return encode(signal, safe_gain(peak_of(signal)), kind)
