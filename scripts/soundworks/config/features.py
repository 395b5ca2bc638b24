"""The typed form of a config's `features` section, and the rules that tie its keys to each other and to the sound."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from soundworks.config.experiment import Experiment
from soundworks.config.schema import load_schema, validate
from soundworks.errors import UserError

#: Upper edge of the mel bands where the config names none and the sample rate leaves room for it, in Hz.
DEFAULT_FMAX_HZ = 15000.0
#: Octaves of a constant-Q transform whose config names no number of bins.
DEFAULT_OCTAVES = 7
#: Bandwidth of a window, in bins of its own length: how far a constant-Q filter reaches above its frequency.
_BANDWIDTH_BINS = {"hann": 1.50018310546875, "hamming": 1.3629455320350348, "blackman": 1.7269681554262326,
                   "boxcar": 1.0}  # fmt: skip


@dataclass(frozen=True)
class FeatureOptions:
    """What all features have; see `config/schemas/features.schema.yaml` for the meaning of each key.

    `scale_axis` holds the axes as a tuple, all of them where the config has null.
    """

    feature: str
    hop_length: int
    window: str
    top_db: float
    scaler: str
    scale_axis: tuple[int, ...]
    clip: bool
    time_major: bool
    channel_axis: bool

    @property
    def n_axes(self) -> int:
        """Number of axes of the array, that of the sounds among them."""
        return 4 if self.channel_axis else 3

    def to_dict(self) -> dict[str, Any]:
        """Return the options by their names, such as `feature_options` takes."""
        options = asdict(self)
        del options["feature"]
        return {**options, "scale_axis": list(self.scale_axis)}


@dataclass(frozen=True)
class StftOptions(FeatureOptions):
    """Options of the features that rest on a short-time Fourier transform."""

    n_fft: int
    win_length: int


@dataclass(frozen=True)
class LogStftOptions(StftOptions):
    """Options of `log_stft`."""

    reference: str
    flip: bool


@dataclass(frozen=True)
class MelOptions(LogStftOptions):
    """Options of `melspectrogram`; `fmin` and `fmax` in Hz."""

    n_mels: int
    fmin: float
    fmax: float


@dataclass(frozen=True)
class MfccOptions(StftOptions):
    """Options of `mfcc`; `fmin` and `fmax` in Hz."""

    n_mels: int
    fmin: float
    fmax: float
    n_mfcc: int


@dataclass(frozen=True)
class CqtOptions(FeatureOptions):
    """Options of `cqt`; `fmin` in Hz."""

    reference: str
    flip: bool
    fmin: float
    n_bins: int
    bins_per_octave: int
    filter_scale: float


_CLASSES: dict[str, type[FeatureOptions]] = {
    "melspectrogram": MelOptions,
    "mfcc": MfccOptions,
    "log_stft": LogStftOptions,
    "cqt": CqtOptions,
}
FEATURES = tuple(_CLASSES)


def feature_options(feature: str, sample_rate: float, /, **given: Any) -> FeatureOptions:
    """Return a feature's options for sounds of a sample rate: those given, and the schema's defaults.

    Parameters
    ----------
    feature : str
        One of `FEATURES`.
    sample_rate : float
        Sample rate of the sounds, in Hz.
    **given
        Options by their names in the config.

    Raises
    ------
    UserError
        In one sentence: key, found, expected.
    """
    if feature not in _CLASSES:
        raise UserError(f"feature: found {feature!r}, expected one of: {', '.join(FEATURES)}")
    try:
        section = validate({feature: given}, load_schema("features"))[feature]
        return _CLASSES[feature](**_resolved(feature, section, sample_rate))
    except UserError as error:
        raise UserError(f"features.{error}") from None


def check_features(experiment: Experiment) -> None:
    """Check the options of all features against the sample rate; raise a `UserError` that names file and key."""
    try:
        for feature, options in experiment.sections["features"].items():
            feature_options(feature, experiment.dataset.sample_rate, **options)
    except UserError as error:
        raise experiment.error(error) from None


def _resolved(feature: str, section: dict[str, Any], sample_rate: float) -> dict[str, Any]:
    """Check a section whose keys are complete against a sample rate, and put numbers where it has null."""
    options = {"feature": feature, **section, "top_db": float(section["top_db"])}
    try:
        if "n_fft" in options:
            _resolve_window(options)
        if "n_mels" in options:
            _resolve_bands(options, sample_rate / 2)
        if "n_bins" in options:
            _resolve_bins(options, sample_rate / 2)
        options["scale_axis"] = _axes(options)
    except UserError as error:
        raise UserError(f"{feature}.{error}") from None
    return options


def _resolve_window(options: dict[str, Any]) -> None:
    if options["win_length"] is None:
        options["win_length"] = options["n_fft"]
    if options["win_length"] > options["n_fft"]:
        raise UserError(f"win_length: found {options['win_length']}, expected at most n_fft, {options['n_fft']}")


def _resolve_bands(options: dict[str, Any], nyquist_hz: float) -> None:
    if options["fmax"] is None:
        options["fmax"] = min(DEFAULT_FMAX_HZ, nyquist_hz)
    options["fmin"], options["fmax"] = float(options["fmin"]), float(options["fmax"])
    if options["fmax"] > nyquist_hz:
        raise UserError(f"fmax: found {options['fmax']:g} Hz, expected at most {nyquist_hz:g}, half the sample rate")
    if options["fmin"] >= options["fmax"]:
        raise UserError(f"fmin: found {options['fmin']:g} Hz, expected less than fmax, {options['fmax']:g} Hz")
    if options.get("n_mfcc", 0) > options["n_mels"]:
        raise UserError(f"n_mfcc: found {options['n_mfcc']}, expected at most n_mels, {options['n_mels']}")


def _resolve_bins(options: dict[str, Any], nyquist_hz: float) -> None:
    per_octave, fmin = options["bins_per_octave"], float(options["fmin"])
    bandwidth = relative_bandwidth(per_octave) / options["filter_scale"]
    reach = 1 + 0.5 * _BANDWIDTH_BINS[options["window"]] * bandwidth
    n_fitting = math.floor(per_octave * math.log2(nyquist_hz / (reach * fmin)) + 1e-9) + 1
    n_bins = DEFAULT_OCTAVES * per_octave if options["n_bins"] is None else options["n_bins"]
    if n_fitting < 1 or (options["n_bins"] is not None and n_bins > n_fitting):
        key, found = ("fmin", f"{fmin:g} Hz") if n_fitting < 1 else ("n_bins", str(n_bins))
        limit = f"below {nyquist_hz / reach:g} Hz" if n_fitting < 1 else f"at most {n_fitting}"
        raise UserError(f"{key}: found {found}, expected {limit}, so that all filters stay below half the sample rate")
    options |= {"n_bins": min(n_bins, n_fitting), "fmin": fmin, "filter_scale": float(options["filter_scale"])}


def relative_bandwidth(bins_per_octave: int) -> float:
    """Return the bandwidth of a constant-Q filter relative to its frequency, as librosa defines it."""
    ratio = 2.0 ** (2.0 / bins_per_octave)
    return (ratio - 1) / (ratio + 1)


def _axes(options: dict[str, Any]) -> tuple[int, ...]:
    n_axes = 4 if options["channel_axis"] else 3
    given = options["scale_axis"]
    axes = tuple(range(n_axes)) if given is None else tuple(sorted({given} if isinstance(given, int) else set(given)))
    if 0 not in axes or axes[-1] >= n_axes:
        raise UserError(f"scale_axis: found {given}, expected 0 (the sounds), alone or with others up to {n_axes - 1}")
    return axes
