"""The typed form of a config's `spectrogram` section."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from soundworks.config.schema import validate_section
from soundworks.errors import UserError

#: More samples than this in one sound, or cells in its spectrogram, are a mistake.
_MAX_SAMPLES = 1 << 26


@dataclass(frozen=True)
class SpectrogramOptions:
    """What a sound's spectrogram is; see `config/schemas/spectrogram.schema.yaml` for the meaning of each key.

    `sample_rate` is a number here, in Hz.
    """

    sample_rate: int
    n_fft: int
    hop: int
    frames: int
    window_floor: float
    dynamic_range_db: float
    level: Literal["keep", "normalize"]
    bands: int | None
    pool: int
    fade_out: float
    refine_iterations: int

    @property
    def n_samples(self) -> int:
        """Samples of a sound."""
        return self.frames * self.hop

    @property
    def duration_s(self) -> float:
        """Length of a sound, in seconds."""
        return self.n_samples / self.sample_rate

    @property
    def n_bins(self) -> int:
        """Bins of the Fourier transform, from 0 Hz to half the sample rate."""
        return self.n_fft // 2 + 1

    @property
    def shape(self) -> tuple[int, int]:
        """Frequencies and times of a spectrogram."""
        return self.bands or self.n_bins, self.frames // self.pool

    def to_dict(self) -> dict[str, Any]:
        """Return the options by their names in the config."""
        return asdict(self)


def spectrogram_options(section: dict[str, Any], sample_rate: int) -> SpectrogramOptions:
    """Return the options in a section, its defaults filled in or not, for a data set of a sample rate, in Hz.

    Raises
    ------
    UserError
        In one sentence: key, found, expected.
    """
    options = validate_section("spectrogram", section)
    if options["sample_rate"] is None:
        options["sample_rate"] = sample_rate
    checked = SpectrogramOptions(**options)
    _check(checked)
    return checked


def _check(options: SpectrogramOptions) -> None:
    if options.n_fft % 2:
        raise UserError(f"spectrogram.n_fft: found {options.n_fft}, expected an even number")
    if options.hop > options.n_fft // 2:
        raise UserError(
            f"spectrogram.hop: found {options.hop}, expected at most half of n_fft, {options.n_fft // 2}; without "
            "overlap there are no phases to find"
        )
    if options.frames % options.pool:
        raise UserError(f"spectrogram.frames: found {options.frames}, expected a multiple of pool, {options.pool}")
    if options.bands is not None and options.bands > options.n_bins:
        raise UserError(f"spectrogram.bands: found {options.bands}, expected at most n_fft/2 + 1, {options.n_bins}")
    if max(options.n_samples, options.frames * options.n_bins) > _MAX_SAMPLES:
        raise UserError(f"spectrogram.frames: found a sound of {options.n_samples:,} samples, expected fewer frames")
