"""Find out what a path holds, and make sounds of one rate and length of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from soundworks.config.dataset import MAX_SOUND_SAMPLES
from soundworks.dataset.model import Dataset
from soundworks.errors import UserError
from soundworks.features.inputs import ArraySounds, ChunkSounds, FileSounds, Sounds, count_chunks

#: Files of a folder that are taken for sounds.
EXTENSIONS = (".wav", ".wave", ".aif", ".aiff", ".flac", ".ogg", ".opus", ".mp3", ".au", ".caf", ".w64", ".rf64")
#: Sample rate of arrays where none is given, deepDIVA's, in Hz.
ARRAY_SAMPLE_RATE = 44100


@dataclass(frozen=True)
class Form:
    """The sample rate, in Hz, and the length, in samples at that rate, that sounds shall have; None to take theirs."""

    sample_rate: int | None = None
    n_samples: int | None = None
    duration_s: float | None = None

    def length(self, sample_rate: int) -> int | None:
        """Return the length in samples, if one is asked for."""
        if self.duration_s is not None:
            return max(1, round(self.duration_s * sample_rate))
        return self.n_samples


def is_dataset(path: Path) -> bool:
    """Say whether a folder holds a data set of ours."""
    return (path / "dataset.yaml").is_file() and (path / "chunks.csv").is_file()


def find_sounds(path: Path, form: Form) -> Sounds:
    """Return the sounds of a data set, of a folder and the folders in it, of a file, or of an .npy array.

    Of files whose rates differ, the first one's counts; of lengths, the longest. What is resampled, cut or filled up
    with zeros is told on stderr.

    Raises
    ------
    UserError
        If there is no sound, or the form asked for is another than that of a data set or an array.
    """
    if path.is_dir() and is_dataset(path):
        dataset = Dataset.read(path / "dataset.yaml")
        return _as_asked(ChunkSounds.of(dataset, path / "chunks.csv", 0, count_chunks(dataset)), form, path)
    if path.is_dir():
        return _file_sounds(path, sound_files(path), form)
    if path.suffix.lower() == ".npy":
        return _as_asked(ArraySounds.of(path, form.sample_rate or ARRAY_SAMPLE_RATE), form, path)
    if not path.exists():
        raise UserError(f"{path}: no such file or folder, expected a sound, a folder of sounds, or a data set")
    return _file_sounds(path.parent, [path.name], form)


def sound_files(folder: Path) -> Sequence[str]:
    """Return the sound files in a folder and the folders in it, by their names, relative to it; no hidden ones."""
    paths = (path for path in folder.rglob("*") if path.suffix.lower() in EXTENSIONS and path.is_file())
    names = sorted(str(path.relative_to(folder)) for path in paths)
    return [name for name in names if not any(part.startswith(".") for part in Path(name).parts)]


def _as_asked(sounds: Sounds, form: Form, path: Path) -> Sounds:
    """Return sounds that cannot be changed if they have the form that is asked for."""
    rate, length = form.sample_rate or sounds.sample_rate, form.length(sounds.sample_rate) or sounds.n_samples
    if (rate, length) != (sounds.sample_rate, sounds.n_samples):
        raise UserError(
            f"{path}: found sounds of {sounds.n_samples} samples at {sounds.sample_rate} Hz, expected {length} at "
            f"{rate} Hz, for these are taken as they are"
        )
    return sounds


def _file_sounds(folder: Path, files: Sequence[str], form: Form) -> FileSounds:
    if not files:
        raise UserError(f"{folder}: found no sound file, expected some that end in {' '.join(EXTENSIONS)}")
    known = [size for file in files if (size := _size(folder / file)) is not None]
    rate = form.sample_rate or (known[0][1] if known else ARRAY_SAMPLE_RATE)
    lengths = [round(n_samples * rate / own_rate) for n_samples, own_rate in known]
    length = form.length(rate) or _longest(folder, lengths, rate)
    _tell({
        f"resampled to {rate} Hz": sum(own_rate != rate for _, own_rate in known),
        f"cut to {length / rate:g} s": sum(own > length for own in lengths),
        f"filled up with zeros to {length / rate:g} s": sum(own < length for own in lengths),
    })  # fmt: skip
    return FileSounds(rate, length, folder, tuple(files))


def _longest(folder: Path, lengths: Sequence[int], rate: int) -> int:
    """Return the greatest length that is one of a sound; a wrong rate in a header makes any length of a short one."""
    possible = [length for length in lengths if length <= MAX_SOUND_SAMPLES]
    if lengths and not possible:
        raise UserError(
            f"{folder}: found sounds of {min(lengths):,} samples at {rate} Hz or more, expected at most "
            f"{MAX_SOUND_SAMPLES:,}; ask for a length, or for another rate"
        )
    return max(possible, default=1)


def _size(path: Path) -> tuple[int, int] | None:
    """Return the number of samples and the sample rate of a file; None if it cannot be read, which reading tells."""
    import soundfile

    try:
        info = soundfile.info(os.fsencode(path))
    except (soundfile.SoundFileError, OSError):
        return None
    return (info.frames, info.samplerate) if 0 < info.frames <= MAX_SOUND_SAMPLES and info.samplerate > 0 else None


def _tell(changes: dict[str, int]) -> None:
    parts = [f"{count} {'sound is' if count == 1 else 'sounds are'} {what}" for what, count in changes.items() if count]
    if parts:
        print(f"note: {', '.join(parts)}", file=sys.stderr)
